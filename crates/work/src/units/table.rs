//! The units as a table of 名称, 种类, 上级, 别名, 性质, and what taking it in would change.

use std::collections::{BTreeSet, HashMap};

use model::rule::Roles;
use model::{Organisation, Unit, UnitId, UnitKind};
use office::sheet::ReadSheet;
use store::{StoreError, sha256};

use crate::actor::Actor;
use crate::cells::{self, Cells, Wanted};
use crate::fault::Fault;
use crate::right::Right;
use crate::state::Work;

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Col {
    /// Its name.
    Name,
    /// What it is.
    Kind,
    /// The name of the one above it.
    Parent,
    /// Its other names.
    Aliases,
    /// Its traits.
    Traits,
}

/// The columns with their head, and the other heads that offices write for them.
pub const COLS: [(Col, &str, &[&str]); 5] = [
    (
        Col::Name,
        "名称",
        &["组织", "组织名称", "党组织名称", "党组织", "单位", "单位名称", "部门", "部门名称"],
    ),
    (Col::Kind, "种类", &["类别", "类型", "组织种类", "组织类别", "组织类型", "党组织类别"]),
    (Col::Parent, "上级", &["上级组织", "上级党组织", "隶属", "所属", "隶属于", "所属党总支", "上级单位"]),
    (Col::Aliases, "别名", &["简称", "其他叫法", "别称"]),
    (Col::Traits, "性质", &["属性"]),
];

/// Why nothing was taken in when the units are others than those that were looked at.
const CHANGED: &str = "你看过之后，组织又变了。下面是现在的样子，请再核对一次。什么都还没有导入。";
/// Rows that one table takes.
const MOST_ROWS: usize = 10_000;
/// Most characters of a name.
const NAME: usize = 60;

/// What the table does to a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// It is new.
    Add,
    /// It becomes another in these points.
    Change(Vec<String>),
    /// It is as it was.
    Same,
}

/// A row of the table as a unit.
#[derive(Clone, Debug)]
pub struct Line {
    /// The row's number, from 1.
    pub row: u32,
    /// The unit as it will stand.
    pub unit: Unit,
    /// Name of the one above it.
    pub above: String,
    /// What happens to it.
    pub what: What,
}

/// What taking a table in would do.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Row by row.
    pub lines: Vec<Line>,
    /// What of the table was passed over or chosen, in words.
    pub notes: Vec<String>,
}

/// A row before it is known which unit it is.
struct Row {
    number: u32,
    name: String,
    kind: UnitKind,
    parent: String,
    aliases: Vec<String>,
    traits: BTreeSet<String>,
}

/// One that may stand above a row.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Above {
    Root,
    Row(usize),
    Known(UnitId),
}

/// The kind that a name speaks of.
fn kind_of_name(name: &str) -> UnitKind {
    let ends = |all: &[&str]| all.iter().any(|e| name.ends_with(e));
    let has = |all: &[&str]| all.iter().any(|e| name.contains(e));
    if ends(&["小组"]) {
        UnitKind::Group
    } else if ends(&["支部", "支部委员会"]) && !ends(&["总支部", "总支部委员会"]) {
        UnitKind::Branch
    } else if ends(&["总支", "总支部", "总支委员会", "总支部委员会", "党委"])
        || (has(&["中共", "党的"]) && ends(&["委员会"]) && !has(&["纪律检查"]))
    {
        UnitKind::GeneralBranch
    } else if ends(&["办公室", "处", "科", "室", "中心"]) {
        UnitKind::Department
    } else if has(&["纪委", "纪律检查"]) {
        UnitKind::Discipline
    } else if has(&["工会", "团委", "共青团", "妇联", "妇委", "学生会", "学联", "关工委", "科协"])
    {
        UnitKind::MassOrganisation
    } else {
        UnitKind::Department
    }
}

/// The kind that a cell names; other words for 党总支 and the like are taken as well.
fn kind_of_words(words: &str) -> Option<UnitKind> {
    UnitKind::IDS.iter().find(|(id, kind)| *id == words || kind.word() == words).map(|(_, kind)| *kind).or(
        match words {
            "学校党委" | "校党委" | "院党委" => Some(UnitKind::Committee),
            "总支" | "二级党委" | "院系党委" | "党总支部" => Some(UnitKind::GeneralBranch),
            "支部" | "直属党支部" | "直属支部" => Some(UnitKind::Branch),
            "小组" => Some(UnitKind::Group),
            "部门" | "处室" | "行政部门" | "党群部门" | "教学单位" | "二级学院" => {
                Some(UnitKind::Department)
            }
            "群团" | "群众组织" | "群团部门" => Some(UnitKind::MassOrganisation),
            _ => None,
        },
    )
}

/// What the name of a branch says of it: the traits whose words stand in it.
fn traits_of_name(roles: &Roles, kind: UnitKind, name: &str) -> BTreeSet<String> {
    let branch = kind == UnitKind::Branch;
    let said = roles.traits.iter().filter(|t| branch && name.contains(&t.title));
    said.map(|t| t.id.clone()).collect()
}

fn of_head(words: &str) -> Option<Col> {
    let words: String = words.chars().filter(|c| !c.is_whitespace() && *c != '*').collect();
    COLS.iter().find(|(_, title, others)| *title == words || others.contains(&words.as_str())).map(|c| c.0)
}

fn wanted() -> Wanted<'static, Col> {
    Wanted {
        of_head: &of_head,
        is_head: |known| known.contains(&Col::Name),
        no_head: "找不到表头：要有一行写着“名称”，还可以有“种类、上级、别名、性质”",
        empty: "表头下面没有组织",
        most: MOST_ROWS,
    }
}

/// A table as it would be pasted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheets {
    /// The lines, cells parted by tabs.
    pub text: String,
    /// Which sheets were read and which not, in words for whoever handed the workbook in.
    pub notes: Vec<String>,
}

/// The table of a workbook: every sheet with the heads of the first that has any, one below the other. A single one keeps
/// the numbers of its rows.
///
/// # Errors
/// Says in words why there is none.
pub fn of_sheets(sheets: &[ReadSheet]) -> Result<Sheets, String> {
    let read = cells::of_sheets(sheets, &wanted())?;
    let Some(first) = read.rows.first().filter(|_| !read.sheets.is_empty()) else {
        let has_head = |sheet: &&ReadSheet| cells::of_sheets(std::slice::from_ref(*sheet), &wanted()).is_ok();
        let text = sheets.iter().find(has_head).map(text_of).unwrap_or_default();
        // What is the matter with its rows is told when the text is read.
        let notes = read.notes.into_iter().filter(|note| note.starts_with(cells::NOT_READ)).collect();
        return Ok(Sheets { text, notes });
    };
    let title = |col: Col| COLS.iter().find(|c| c.0 == col).map_or("", |c| c.1).to_owned();
    let mut lines = vec![read.columns.iter().map(|(col, _)| title(*col)).collect::<Vec<_>>().join("\t")];
    let (mut sheet, mut begins) = (None, Vec::new());
    for row in &read.rows {
        lines.push(row.cells.iter().map(|c| one_line(c)).collect::<Vec<_>>().join("\t"));
        if sheet != Some(read.sheet(row.number)) || row.number == first.number {
            sheet = Some(read.sheet(row.number));
            begins.push(format!("“{}”从第 {} 行起", read.sheet(row.number).unwrap_or_default(), lines.len()));
        }
    }
    let mut notes = read.notes;
    notes.insert(1, format!("接成下面一张表：{}", begins.join("，")));
    Ok(Sheets { text: lines.join("\n"), notes })
}

fn one_line(words: &str) -> String {
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The rows of a sheet, empty ones too, so that they keep their numbers.
fn text_of(sheet: &ReadSheet) -> String {
    let mut out: Vec<Vec<String>> = Vec::new();
    for row in &sheet.rows {
        let mut cells = Vec::new();
        for cell in &row.cells {
            cells.resize(cell.column as usize, String::new());
            cells.push(one_line(&cell.words));
        }
        out.resize(row.number.saturating_sub(1) as usize, Vec::new());
        out.push(cells);
    }
    out.iter().map(|cells| cells.join("\t")).collect::<Vec<_>>().join("\n")
}

/// The rows of the table; what is wrong goes to `wrong`, each with its cell.
fn rows(table: &Cells<Col>, roles: &Roles, wrong: &mut Vec<String>) -> Vec<Row> {
    let mut out = Vec::new();
    for line in &table.rows {
        let number = line.number;
        let cell = |col: Col| table.get(line, col);
        let place = |col: Col| {
            let title = COLS.iter().find(|c| c.0 == col).map_or("", |c| c.1);
            format!("第 {number} 行 {title}：")
        };
        let name: String = cell(Col::Name).split_whitespace().collect();
        if name.is_empty() {
            wrong.push(format!("{}没有填", place(Col::Name)));
            continue;
        }
        if name.chars().count() > NAME {
            wrong.push(format!("{}太长，最多 {NAME} 个字", place(Col::Name)));
        }
        if name.starts_with(['=', '+', '@', '#']) {
            wrong.push(format!("{}“{name}”是公式或出错的格子，不是名称", place(Col::Name)));
        }
        let kind = match cell(Col::Kind) {
            "" => kind_of_name(&name),
            words => kind_of_words(words).unwrap_or_else(|| {
                let all = UnitKind::ALL.map(UnitKind::word).join("、");
                wrong.push(format!("{}没有“{words}”这一种，有：{all}", place(Col::Kind)));
                UnitKind::Department
            }),
        };
        let mut traits = BTreeSet::new();
        for words in split(cell(Col::Traits)) {
            match roles.traits.iter().find(|t| t.id == words || t.title == words) {
                Some(found) => {
                    traits.insert(found.id.clone());
                }
                None => {
                    let all = trait_titles(roles);
                    wrong.push(format!("{}没有“{words}”这一性质，有：{all}", place(Col::Traits)));
                }
            }
        }
        let parent = cell(Col::Parent).split_whitespace().collect();
        out.push(Row { number, name, kind, parent, aliases: split(cell(Col::Aliases)), traits });
    }
    out
}

/// The names by which those that may stand above are found, and the tree they make.
struct Tree<'a> {
    rows: &'a [Row],
    known: &'a Organisation,
    /// Row that is the root of the institution, if the table has it.
    root: Option<usize>,
    by_name: HashMap<&'a str, Vec<Above>>,
}

impl<'a> Tree<'a> {
    fn new(rows: &'a [Row], known: &'a Organisation) -> Self {
        let top = known.units.iter().find(|u| u.parent.is_none());
        // The college's committee is the one that has nothing above it, whatever the table calls it.
        let root = rows.iter().position(|r| {
            let same = top.is_some_and(|t| t.name == r.name || t.aliases.contains(&r.name));
            r.parent.is_empty() && (r.kind == UnitKind::Committee || same)
        });
        let mut by_name: HashMap<&str, Vec<Above>> = HashMap::new();
        for (i, row) in rows.iter().enumerate() {
            let place = if Some(i) == root { Above::Root } else { Above::Row(i) };
            by_name.entry(&row.name).or_default().push(place);
        }
        // A name that the table gives means the table's unit; other names only where no name is that.
        let in_table: BTreeSet<&str> = rows.iter().map(|r| r.name.as_str()).collect();
        let mut also: Vec<(&str, Above)> = Vec::new();
        for unit in known.units.iter().filter(|u| u.dissolved.is_none()) {
            let place = if unit.parent.is_none() { Above::Root } else { Above::Known(unit.id) };
            if !in_table.contains(unit.name.as_str()) {
                also.push((&unit.name, place));
                also.extend(unit.aliases.iter().map(|a| (a.as_str(), place)));
            } else if unit.parent.is_none() {
                also.extend(unit.aliases.iter().map(|a| (a.as_str(), place)));
            }
        }
        for (i, row) in rows.iter().enumerate() {
            let place = if Some(i) == root { Above::Root } else { Above::Row(i) };
            also.extend(row.aliases.iter().map(|a| (a.as_str(), place)));
        }
        for (name, place) in also {
            let places = by_name.entry(name).or_default();
            if !in_table.contains(name) && !places.contains(&place) {
                places.push(place);
            }
        }
        Self { rows, known, root, by_name }
    }

    /// What stands above the row: `学院党总支/教工第一党支部` where a name alone is not enough.
    fn above(&self, row: &Row) -> Result<Above, String> {
        if row.parent.is_empty() {
            return Ok(Above::Root);
        }
        let (over, name) = row.parent.rsplit_once(['/', '／']).unwrap_or(("", &row.parent));
        let places = self.by_name.get(name).map(Vec::as_slice).unwrap_or_default();
        let fits = |place: &&Above| match place {
            Above::Root => over.is_empty(),
            Above::Row(i) => self.rows.get(*i).is_some_and(|r| r.parent.ends_with(over)),
            Above::Known(id) => self
                .known
                .unit(*id)
                .and_then(|u| u.parent)
                .and_then(|p| self.known.unit(p))
                .is_some_and(|p| p.name.ends_with(over)),
        };
        let found: Vec<Above> = places.iter().filter(fits).copied().collect();
        match found.as_slice() {
            [one] => Ok(*one),
            [] => Err(format!("没有“{}”这个组织，表里和系统里都没有", row.parent)),
            many => Err(format!("有 {} 个“{name}”，写成“上级的上级/{name}”", many.len())),
        }
    }
}

/// What taking in the table would do, row by row; parents come before those below them in no particular order.
///
/// # Errors
/// Everything that is wrong, each with its cell.
pub fn plan(text: &str, known: &Organisation, roles: &Roles) -> Result<Plan, Vec<String>> {
    let table = cells::of_paste(text, &wanted()).map_err(|why| vec![why])?;
    let mut wrong = Vec::new();
    let rows = rows(&table, roles, &mut wrong);
    let tree = Tree::new(&rows, known);
    let mut above = Vec::with_capacity(rows.len());
    for (i, row) in rows.iter().enumerate() {
        match tree.above(row) {
            Ok(place) => {
                if i > 0 && row.kind == UnitKind::Committee && tree.root.is_some_and(|r| r != i) {
                    wrong.push(format!("第 {} 行 学校党委只有一个；院系的党委写“党总支”这一种", row.number));
                }
                above.push(Some(place));
            }
            Err(words) => {
                wrong.push(format!("第 {} 行 上级：{words}", row.number));
                above.push(None);
            }
        }
    }
    let units = match identify(&rows, &above, &tree, roles, &mut wrong) {
        Some(units) if wrong.is_empty() => units,
        _ => return Err(wrong),
    };
    let after: HashMap<UnitId, &Unit> = known.units.iter().chain(&units).map(|u| (u.id, u)).collect();
    // Branches of different general branches share names.
    let name_of = |id: UnitId| match after.get(&id) {
        Some(unit) => match unit.parent.and_then(|p| after.get(&p)) {
            Some(over) if unit.kind == UnitKind::Branch && over.parent.is_some() => {
                format!("{}/{}", over.name, unit.name)
            }
            _ => unit.name.clone(),
        },
        None => String::new(),
    };
    let lines = rows
        .iter()
        .zip(&units)
        .map(|(row, unit)| Line {
            row: row.number,
            above: unit.parent.map(name_of).unwrap_or_default(),
            what: known.unit(unit.id).map_or(What::Add, |before| changes(roles, before, unit, name_of)),
            unit: unit.clone(),
        })
        .collect();
    Ok(Plan { lines, notes: table.notes })
}

/// The units that the rows are: one that is known under the same parent, one of that name that moved, or a new one.
fn identify(
    rows: &[Row],
    above: &[Option<Above>],
    tree: &Tree<'_>,
    roles: &Roles,
    wrong: &mut Vec<String>,
) -> Option<Vec<Unit>> {
    let known = tree.known;
    let root = known.units.iter().find(|u| u.parent.is_none()).map(|u| u.id)?;
    let mut here: HashMap<(Option<UnitId>, &str), &Unit> = HashMap::new();
    let mut named: HashMap<&str, Vec<&Unit>> = HashMap::new();
    for unit in known.units.iter().filter(|u| u.dissolved.is_none()) {
        here.insert((unit.parent, &unit.name), unit);
        named.entry(&unit.name).or_default().push(unit);
    }
    let rows_of_name = rows.iter().fold(HashMap::<&str, usize>::new(), |mut all, r| {
        *all.entry(&r.name).or_default() += 1;
        all
    });
    let mut ids: Vec<Option<UnitId>> = vec![None; rows.len()];
    let mut out: Vec<Option<Unit>> = vec![None; rows.len()];
    let mut left: Vec<usize> = (0..rows.len()).collect();
    while !left.is_empty() {
        let before = left.len();
        left.retain(|&i| {
            let Some(row) = rows.get(i) else { return false };
            let parent = if tree.root == Some(i) {
                None
            } else {
                match above.get(i).copied().flatten() {
                    // Said to be wrong already.
                    None | Some(Above::Root) => Some(root),
                    Some(Above::Known(id)) => Some(id),
                    Some(Above::Row(p)) => match ids.get(p).copied().flatten() {
                        Some(id) => Some(id),
                        None => return true,
                    },
                }
            };
            let moved = || match named.get(row.name.as_str()).map(Vec::as_slice) {
                Some([one]) if one.kind == row.kind && rows_of_name.get(row.name.as_str()) == Some(&1) => {
                    Some(*one)
                }
                _ => None,
            };
            let old = match parent {
                None => known.unit(root),
                Some(_) => here.get(&(parent, row.name.as_str())).copied().or_else(moved),
            };
            let id = old.map_or_else(UnitId::fresh, |u| u.id);
            if let (Some(slot), Some(unit)) = (ids.get_mut(i), out.get_mut(i)) {
                *slot = Some(id);
                *unit = Some(Unit {
                    id,
                    parent,
                    kind: row.kind,
                    name: row.name.clone(),
                    aliases: kept(&row.aliases, old.map(|u| &u.aliases), Vec::is_empty, Vec::new),
                    traits: kept(&row.traits, old.map(|u| &u.traits), BTreeSet::is_empty, || {
                        traits_of_name(roles, row.kind, &row.name)
                    }),
                    sort: old.map_or_else(|| i32::try_from(i).unwrap_or(i32::MAX), |u| u.sort),
                    founded: old.and_then(|u| u.founded),
                    dissolved: None,
                });
            }
            false
        });
        if left.len() == before {
            for i in left {
                let Some(row) = rows.get(i) else { continue };
                wrong.push(format!("第 {} 行 “{}”成了自己的下级", row.number, row.name));
            }
            return None;
        }
    }
    let mut seen: HashMap<(Option<UnitId>, &str), u32> = HashMap::new();
    for (row, unit) in rows.iter().zip(&out) {
        let Some(unit) = unit else { continue };
        if let Some(first) = seen.insert((unit.parent, &row.name), row.number) {
            wrong.push(format!("第 {} 行 “{}”和第 {first} 行是同一个组织", row.number, row.name));
        }
    }
    out.into_iter().collect()
}

/// What the table gives; where it is silent, what is known, or else what follows.
fn kept<T: Clone>(given: &T, before: Option<&T>, empty: fn(&T) -> bool, otherwise: impl FnOnce() -> T) -> T {
    match before {
        _ if !empty(given) => given.clone(),
        Some(before) => before.clone(),
        None => otherwise(),
    }
}

fn trait_words(roles: &Roles, traits: &BTreeSet<String>) -> String {
    traits.iter().map(|t| roles.trait_word(t)).collect::<Vec<_>>().join("、")
}

/// All traits in words.
#[must_use]
pub fn trait_titles(roles: &Roles) -> String {
    roles.traits.iter().map(|t| t.title.as_str()).collect::<Vec<_>>().join("、")
}

fn changes(roles: &Roles, before: &Unit, after: &Unit, name_of: impl Fn(UnitId) -> String) -> What {
    let mut out = Vec::new();
    let mut point = |what: &str, old: String, new: String| {
        if old != new {
            let or_none = |s: String| if s.is_empty() { "（空）".to_owned() } else { s };
            out.push(format!("{what} {} → {}", or_none(old), or_none(new)));
        }
    };
    point("名称", before.name.clone(), after.name.clone());
    point("种类", before.kind.word().to_owned(), after.kind.word().to_owned());
    if before.parent != after.parent {
        let words = |id: Option<UnitId>| id.map(&name_of).unwrap_or_default();
        point("上级", words(before.parent), words(after.parent));
    }
    point("别名", before.aliases.join("、"), after.aliases.join("、"));
    point("性质", trait_words(roles, &before.traits), trait_words(roles, &after.traits));
    if out.is_empty() { What::Same } else { What::Change(out) }
}

/// The units as rows of the table, the heads left out; parents before those below them.
#[must_use]
pub fn table(organisation: &Organisation, roles: &Roles) -> Vec<[String; 5]> {
    let named = organisation.units.iter().fold(HashMap::<&str, usize>::new(), |mut all, u| {
        *all.entry(&u.name).or_default() += 1;
        all
    });
    let path = |id: UnitId| {
        let Some(unit) = organisation.unit(id) else { return String::new() };
        match unit.parent.and_then(|p| organisation.unit(p)) {
            Some(over) if named.get(unit.name.as_str()).is_some_and(|n| *n > 1) => {
                format!("{}/{}", over.name, unit.name)
            }
            _ => unit.name.clone(),
        }
    };
    super::in_order(organisation)
        .into_iter()
        .map(|(unit, _)| unit)
        .filter(|u| u.dissolved.is_none())
        .map(|u| {
            [
                u.name.clone(),
                u.kind.word().to_owned(),
                u.parent.map(path).unwrap_or_default(),
                u.aliases.join("、"),
                trait_words(roles, &u.traits),
            ]
        })
        .collect()
}

/// Names that stand side by side, however they are parted.
#[must_use]
pub fn split(text: &str) -> Vec<String> {
    text.split(['、', '，', ',', '；', ';', '|'])
        .map(str::trim)
        .filter(|s| !s.is_empty())
        .map(str::to_owned)
        .collect()
}

/// What a preview says, in short: what was looked at is what is taken in.
#[must_use]
pub fn mark(lines: &[Line]) -> String {
    let mut text = String::new();
    for line in lines {
        let Unit { id: _, parent: _, kind, name, aliases, traits, sort: _, founded: _, dissolved: _ } =
            &line.unit;
        text.push_str(&format!("{:?}\n", (line.row, kind, name, &line.above, aliases, traits, &line.what)));
    }
    hex::encode(&sha256(text.as_bytes())[..8])
}

/// Takes a table of units in, when it still says what was looked at ([`mark`]): one transaction, after which the table
/// changes nothing more. How many units were added or changed, or why nothing was done.
///
/// # Errors
/// When the store cannot read or write.
pub async fn take_in(
    work: &Work,
    actor: &Actor,
    table: &str,
    looked_at: &str,
) -> Result<Result<usize, &'static str>, Fault> {
    if !actor.may(Right::EditUnits) {
        return Ok(Err("你的账号现在不能维护组织，什么都没有导入。"));
    }
    // Another process may have changed them since this one read them.
    work.forget(actor.institution);
    let known = work.known(actor.institution).await?;
    let Ok(Plan { lines, .. }) = plan(table, &known.organisation, work.rulebook.roles()) else {
        return Ok(Err(CHANGED));
    };
    if lines.iter().all(|l| l.what == What::Same) {
        return Ok(Ok(0));
    }
    if mark(&lines) != looked_at {
        return Ok(Err(CHANGED));
    }
    let units: Vec<Unit> = lines.into_iter().filter(|l| l.what != What::Same).map(|l| l.unit).collect();
    let act = actor.act(work, "unit.import").on(format!("{} 个组织", units.len()));
    match work.store.save_units(actor.institution, &units, &act).await {
        Err(StoreError::Constraint(name)) if name == "unit_circle" => {
            return Ok(Err("有组织成了自己的下级，什么都没有导入。"));
        }
        other => other.map(|_| ())?,
    }
    work.forget(actor.institution);
    Ok(Ok(units.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles() -> &'static Roles {
        static BOOK: std::sync::LazyLock<rulebook::Rulebook> =
            std::sync::LazyLock::new(|| rulebook::Rulebook::built_in().expect("the built-in rulebook"));
        BOOK.roles()
    }

    fn college() -> Organisation {
        let root = Unit {
            id: UnitId::fresh(),
            parent: None,
            kind: UnitKind::Committee,
            name: "中共青梧职业技术学院委员会".to_owned(),
            aliases: vec!["党委".to_owned(), "校党委".to_owned()],
            traits: BTreeSet::new(),
            sort: 0,
            founded: None,
            dissolved: None,
        };
        Organisation { name: "青梧职业技术学院".to_owned(), units: vec![root] }
    }

    fn taken(text: &str, known: &Organisation) -> Organisation {
        let plan = plan(text, known, roles()).unwrap().lines;
        let mut units: Vec<Unit> =
            known.units.iter().filter(|u| plan.iter().all(|l| l.unit.id != u.id)).cloned().collect();
        units.extend(plan.into_iter().map(|l| l.unit));
        Organisation { name: known.name.clone(), units }
    }

    const TABLE: &str = "青梧职业技术学院组织一览\n\
        序号\t党组织名称\t类别\t上级党组织\t简称\t性质\n\
        1\t智能制造学院党总支\t\t校党委\t\t\n\
        2\t信息工程学院党总支\t党总支\t\t\t\n\
        3\t教工第一党支部\t\t智能制造学院党总支\t\t设支委会\n\
        4\t教工第一党支部\t\t信息工程学院党总支\t\t\n\
        5\t第一党小组\t\t信息工程学院党总支/教工第一党支部\t\t\n\
        6\t党委办公室\t\t\t党办、党委办\t\n\
        7\t校工会\t\t\t\t\n\
        8\t纪委\t\t\t\t\n\
        9\t纪委办公室\t\t\t\t";

    #[test]
    fn a_table_of_a_new_college_becomes_its_tree_and_comes_out_again_as_it_went_in() {
        let made = taken(TABLE, &college());
        let of = |name: &str| made.units.iter().filter(|u| u.name == name).collect::<Vec<_>>();
        let info = of("信息工程学院党总支")[0];
        assert_eq!(info.kind, UnitKind::GeneralBranch);
        assert_eq!(info.parent, Some(made.units[0].id));
        let branches = of("教工第一党支部");
        assert_eq!(branches.len(), 2);
        assert!(branches[0].traits.contains("committee"));
        assert_eq!(branches[1].traits, BTreeSet::from(["staff".to_owned()]), "its name says so");
        assert_eq!(of("第一党小组")[0].parent, Some(branches[1].id));
        assert_eq!(of("党委办公室")[0].kind, UnitKind::Department);
        assert_eq!(of("党委办公室")[0].aliases, ["党办", "党委办"]);
        assert_eq!(of("校工会")[0].kind, UnitKind::MassOrganisation);
        assert_eq!(of("纪委")[0].kind, UnitKind::Discipline);
        assert_eq!(of("纪委办公室")[0].kind, UnitKind::Department);

        let mut again = COLS.map(|c| c.1).join("\t");
        for row in table(&made, roles()) {
            again.push('\n');
            again.push_str(&row.join("\t"));
        }
        let plan = plan(&again, &made, roles()).unwrap().lines;
        let moved: Vec<_> = plan.iter().filter(|l| l.what != What::Same).collect();
        assert!(moved.is_empty(), "{moved:?}");
    }

    #[test]
    fn what_the_table_changes_is_said_and_what_it_leaves_empty_stays() {
        let made = taken(TABLE, &college());
        let text = "名称\t上级\n党委办公室\t\n第一党小组\t智能制造学院党总支/教工第一党支部";
        let plan = plan(text, &made, roles()).unwrap().lines;
        assert_eq!(plan[0].what, What::Same, "other names stay");
        assert_eq!(
            plan[1].what,
            What::Change(vec![
                "上级 信息工程学院党总支/教工第一党支部 → 智能制造学院党总支/教工第一党支部".to_owned()
            ])
        );
        assert!(made.unit(plan[1].unit.id).is_some(), "it moved, and is not made anew");
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once_with_its_place() {
        let text = "名称\t种类\t上级\t性质\n\
            甲党支部\t党支\t没有的党总支\t红\n\
            \t党支部\t\t\n\
            =A1\t\t\t\n\
            乙党支部\t\t丙党支部\t\n\
            丙党支部\t\t乙党支部\t\n\
            丁部\t\t\t\n丁部\t\t\t";
        let wrong = plan(text, &college(), roles()).unwrap_err().join("\n");
        for part in [
            "第 2 行 种类：没有“党支”",
            "第 2 行 上级：没有",
            "第 2 行 性质：没有“红”",
            "第 3 行 名称：没有填",
            "第 4 行 名称：“=A1”是公式",
            "成了自己的下级",
        ] {
            assert!(wrong.contains(part), "{part}: {wrong}");
        }
        let twice = plan("名称\n丁部\n丁部", &college(), roles()).unwrap_err();
        assert_eq!(twice, ["第 3 行 “丁部”和第 2 行是同一个组织"]);
        let many = "名称\t上级\n甲总支\t\n乙总支\t\n一支部\t甲总支\n一支部\t乙总支\n小组\t一支部";
        assert!(plan(many, &college(), roles()).unwrap_err()[0].contains("有 2 个“一支部”"));
        assert!(plan("甲\t乙", &college(), roles()).unwrap_err()[0].contains("找不到表头"));
    }
    #[test]
    fn rows_that_are_no_units_are_passed_over_and_told() {
        let text = "名称\t简称\t别名\n党委办公室\t\t党办\n合计：1 个\t\t";
        let plan = plan(text, &college(), roles()).unwrap();
        assert_eq!(plan.lines.len(), 1);
        assert_eq!(plan.lines[0].unit.aliases, ["党办"]);
        assert_eq!(
            plan.notes,
            ["“简称”和“别名”是同一个意思，读的是“别名”", "不是数据、没有读的行：第 3 行“合计：1 个”"]
        );
    }
}
