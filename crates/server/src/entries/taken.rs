//! A row of a spreadsheet as a record: read by the same form that people fill in, so that what is wrong there is wrong
//! here, and is told by its cell.

use std::collections::BTreeSet;

use jiff::civil::Date;
use model::rule::{Field, FieldType, Ledger, Means};
use model::{Entry, EntryId, Unit, UnitId};
use web::App;
use web::extract::Fields;
use web::permit::Right;
use work::cells::{Cells, Row};
use work::{Actor, Fault, cases, entries};

use work::cells::day;

use super::desk::{Desk, keeps};
use super::export::{Out, Who};
use super::form::{self, Form, name_of};
use super::typed::{MANY, columns, seats_of, split_people};

/// What a column means: `day`, `title`, `unit`, `id`, a field as `f_<id>`, names as `p_<who>`.
pub(super) type Table = Cells<String>;

/// What a head means for this ledger.
pub(super) fn meaning(ledger: &Ledger, head: &str) -> Option<String> {
    let head: String = head.chars().filter(|c| !c.is_whitespace() && *c != '*').collect();
    let plain = |s: &str| s.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    let known = Out::asked(ledger).into_iter().chain(Out::taken(ledger)).chain([Out::Id]);
    let found = known.into_iter().find(|out| plain(&out.column().title) == head);
    found.map(key).or_else(|| match head.as_str() {
        "发生日期" | "时间" => Some("day".to_owned()),
        "内容" | "标题" | "议题" => Some("title".to_owned()),
        "支部" | "单位" | "党支部" => Some("unit".to_owned()),
        _ => None,
    })
}

pub(super) fn key(out: Out<'_>) -> String {
    match out {
        Out::Day => "day".to_owned(),
        Out::Title => "title".to_owned(),
        Out::Unit => "unit".to_owned(),
        Out::Field(field) => name_of(&field.id),
        Out::Line(table, column, _) => name_of(&format!("{}.{}", table.id, column.id)),
        Out::Names(Who::Present) => "p_present".to_owned(),
        Out::Names(Who::Absent) => "p_absent".to_owned(),
        Out::Names(Who::Leave) => "p_leave".to_owned(),
        Out::Names(Who::Guest) => "p_guest".to_owned(),
        _ => "id".to_owned(),
    }
}

/// Whether a column is one of a table of the form: then a row of the sheet is a line of it.
pub(super) fn is_line(col: &str) -> bool {
    col.contains('.')
}

/// Of a table whose own name is that of one of its columns, the head may mean either: alone it is the whole table in one
/// cell, as lists are exported.
pub(super) fn settle(ledger: &Ledger, cells: &mut Table) {
    for table in ledger.fields.iter().filter(|f| f.kind == FieldType::Rows && f.rows.len() > 1) {
        let inside = format!("{}.", name_of(&table.id));
        let own = table.rows.iter().find(|c| c.title == table.title).map(|c| format!("{inside}{}", c.id));
        let lines = cells.columns.iter().filter(|(c, _)| c.starts_with(&inside)).count();
        if let (Some(own), 1) = (own, lines)
            && let Some((col, _)) = cells.columns.iter_mut().find(|(c, _)| *c == own)
        {
            *col = name_of(&table.id);
        }
    }
}

/// The rows of which each record is made: one each, or, where a row is a line of a table, those that stand behind one another
/// and say the same of what is said once for all of them, or nothing.
pub(super) fn records(cells: &Table) -> Vec<Vec<&Row>> {
    let lines = cells.columns.iter().any(|(c, _)| is_line(c));
    let mut out: Vec<Vec<&Row>> = Vec::new();
    for row in &cells.rows {
        let goes_on = |first: &&Row| {
            ["day", "title", "unit", "id"].into_iter().all(|col| {
                let (before, here) = (cells.get(first, col.to_owned()), cells.get(row, col.to_owned()));
                here.is_empty() || here == before
            })
        };
        match out.last_mut() {
            Some(rows) if lines && rows.first().is_some_and(goes_on) => rows.push(row),
            _ => out.push(vec![row]),
        }
    }
    out
}

/// One thing that is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) row: u32,
    pub(super) col: String,
    pub(super) words: String,
}

/// A record as it was read, from one row or from several.
pub(super) struct Taken {
    pub(super) row: u32,
    /// How many rows it is made of.
    pub(super) rows: usize,
    pub(super) title: String,
    pub(super) wrong: Vec<Wrong>,
    /// The record, when nothing is wrong.
    pub(super) entry: Option<Entry>,
    /// Why it is left alone: it is there already.
    pub(super) same: String,
    /// What it will lack, in words.
    pub(super) lacks: Vec<String>,
    /// The cases that it will open: of which procedure, and how many.
    pub(super) opens: Vec<(String, usize)>,
}

/// The unit that a cell names, of those whose records the account keeps; the account's own when the cell is empty.
fn unit_of<'a>(
    actor: &'a Actor,
    ledger: &Ledger,
    covered: &BTreeSet<UnitId>,
    words: &str,
) -> Result<&'a Unit, String> {
    let units = &actor.known.organisation.units;
    let found: Vec<&Unit> = if words.is_empty() {
        let own = actor.own_units(Right::Record);
        units.iter().filter(|u| own.contains(&u.id) && keeps(ledger, u.kind)).collect()
    } else {
        let named = |u: &&Unit| u.name == words || u.aliases.iter().any(|a| a == words);
        units.iter().filter(|u| covered.contains(&u.id)).filter(named).collect()
    };
    match found.as_slice() {
        [] if words.is_empty() => Err("没有写是哪个组织".to_owned()),
        [] => Err(format!("没有“{words}”这个组织，或者不归你记")),
        [one] if keeps(ledger, one.kind) => Ok(one),
        [one] => Err(format!("“{}”不记“{}”这本台账", one.name, ledger.title)),
        _ => Err(format!("叫“{words}”的组织不止一个，写全称")),
    }
}

/// What a cell says, as the control of its field takes it.
fn typed(field: &Field, words: &str) -> Result<Vec<(String, String)>, String> {
    let name = name_of(&field.id);
    if words == "限定范围" {
        return Ok(Vec::new());
    }
    let option = |word: &str| {
        let found = field.options.iter().find(|(id, w)| w == word || id == word).map(|(id, _)| id.clone());
        let all = || field.options.iter().map(|(_, w)| w.as_str()).collect::<Vec<_>>().join("、");
        found.ok_or_else(|| format!("选项里没有“{word}”，可以写：{}", all()))
    };
    Ok(match field.kind {
        FieldType::Choice => vec![(name, option(words)?)],
        FieldType::Choices => {
            let chosen = words.split(['、', '，', ',', '；', ';']).map(str::trim).filter(|w| !w.is_empty());
            chosen.map(|w| Ok((name.clone(), option(w)?))).collect::<Result<_, String>>()?
        }
        FieldType::Day => vec![(name, day(words, Date::MAX)?.to_string())],
        FieldType::Days => {
            let (from, to) =
                words.split_once('至').or_else(|| words.split_once('~')).unwrap_or((words, words));
            let (from, to) = (day(from.trim(), Date::MAX)?, day(to.trim(), Date::MAX)?);
            vec![(name.clone(), from.to_string()), (format!("{name}_to"), to.to_string())]
        }
        FieldType::Number | FieldType::Money => {
            vec![(name, amount(words, &field.unit))]
        }
        FieldType::Rows => lines(field, words)?,
        _ => vec![(name, words.to_owned())],
    })
}

/// A number without the words around it: 2小时, 1h, 两学时, 1,200元. What is no number stays as it is, to be refused by its
/// field.
fn amount(words: &str, unit: &str) -> String {
    let half: String = words
        .chars()
        .map(|c| match c {
            '０'..='９' => char::from_u32(c as u32 - '０' as u32 + '0' as u32).unwrap_or(c),
            '．' => '.',
            other => other,
        })
        .filter(|c| !c.is_whitespace() && !matches!(c, ',' | '，'))
        .collect();
    let mut bare = half.trim_end_matches(unit);
    for end in ["个小时", "小时", "学时", "课时", "hours", "h", "H", "元", "人", "次", "个"] {
        bare = bare.trim_end_matches(end);
    }
    let (whole, half) = bare.strip_suffix('半').map_or((bare, ""), |w| (w.trim_end_matches('个'), ".5"));
    const DIGITS: [char; 11] = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九', '十'];
    let mut chars = whole.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) => {
            let c = if c == '两' { '二' } else { c };
            DIGITS
                .iter()
                .position(|d| *d == c)
                .map_or_else(|| format!("{whole}{half}"), |n| format!("{n}{half}"))
        }
        (None, _) if !half.is_empty() => format!("0{half}"),
        _ => format!("{whole}{half}"),
    }
}

/// The lines of a table in one cell, a line each, with “｜” between the columns; the line of titles is passed over.
fn lines(table: &Field, words: &str) -> Result<Vec<(String, String)>, String> {
    let titles: Vec<&str> = table.rows.iter().map(|c| c.title.as_str()).collect();
    let mut out = Vec::new();
    let mut n = 0;
    for line in words.lines().map(str::trim).filter(|l| !l.is_empty()) {
        let cells: Vec<&str> = line.split(['｜', '|']).map(str::trim).collect();
        if cells == titles {
            continue;
        }
        if cells.len() > titles.len() {
            return Err(format!("“{line}”的栏数多了；每行写：{}", titles.join("｜")));
        }
        for (column, cell) in columns(table, n).iter().zip(cells).filter(|(_, cell)| !cell.is_empty()) {
            out.extend(typed(column, cell)?);
        }
        n += 1;
    }
    if n > MANY {
        return Err(format!("最多 {MANY} 行，这里有 {n} 行"));
    }
    Ok(out)
}

/// Reads the rows of one record.
///
/// # Errors
/// When the store cannot read.
pub(super) async fn row(
    app: &App,
    actor: &Actor,
    ledger: &Ledger,
    cells: &Table,
    rows: &[&Row],
    id: EntryId,
) -> Result<Taken, Fault> {
    // What is said once stands in the first row, or in the first that says it.
    let said_in = |col: &str| rows.iter().copied().find(|r| !cells.get(r, col.to_owned()).is_empty());
    let get = |col: &str| said_in(col).map_or("", |r| cells.get(r, col.to_owned()));
    let first = rows.first().map_or(0, |r| r.number);
    let mut wrong: Vec<Wrong> = Vec::new();
    for row in rows {
        for (n, (col, _)) in cells.columns.iter().enumerate() {
            let words = row.cells.get(n).map_or("", String::as_str);
            let odd = ["=", "#REF", "#N/A", "#VALUE"].iter().any(|begin| words.starts_with(begin));
            let other = said_in(col).filter(|said| {
                !is_line(col) && !words.is_empty() && words != get(col) && said.number != row.number
            });
            let told = match other {
                _ if odd => format!("“{words}”是公式，不是内容"),
                Some(said) => {
                    format!("和{}是同一条记录，这一格要写得一样，或者空着", cells.place(said.number))
                }
                None => continue,
            };
            wrong.push(Wrong { row: row.number, col: col.clone(), words: told });
        }
    }
    let mut note = |col: &str, words: String| {
        let row = said_in(col).map_or(first, |r| r.number);
        wrong.push(Wrong { row, col: col.to_owned(), words });
    };
    let unit = unit_of(actor, ledger, &actor.units_for(Right::Record), get("unit"));
    let on = match get("day") {
        "" => Err("没有填".to_owned()),
        words => day(words, app.clock.today()),
    };
    let mut pairs: Vec<(String, String)> = vec![
        ("id".to_owned(), id.to_string()),
        ("ledger".to_owned(), ledger.id.clone()),
        ("title".to_owned(), get("title").to_owned()),
    ];
    for field in &ledger.fields {
        let words = get(&name_of(&field.id));
        if words.is_empty() {
            continue;
        }
        match typed(field, words) {
            Ok(said) => pairs.extend(said),
            Err(why) => note(&name_of(&field.id), why),
        }
    }
    for (field, (n, row)) in of_tables(ledger).flat_map(|f| rows.iter().enumerate().map(move |row| (f, row)))
    {
        for (column, asked) in field.rows.iter().zip(columns(field, n)) {
            let col = name_of(&format!("{}.{}", field.id, column.id));
            let words = cells.get(row, col.clone());
            match typed(&asked, words) {
                _ if words.is_empty() => {}
                Ok(said) => pairs.extend(said),
                Err(words) => wrong.push(Wrong { row: row.number, col, words }),
            }
        }
    }
    // The form takes no more lines: what is said behind them would be left out without a word.
    if let Some(row) = rows.get(MANY) {
        let words =
            format!("一条记录最多 {MANY} 行，这里有 {} 行；分几次导入，或者写成不同的主题", rows.len());
        wrong.push(Wrong { row: row.number, col: "title".to_owned(), words });
    }
    let mut note = |col: &str, words: String| {
        let row = said_in(col).map_or(first, |r| r.number);
        wrong.push(Wrong { row, col: col.to_owned(), words });
    };
    let title = get("title").to_owned();
    let taken = |wrong, entry, lacks, opens| Taken {
        row: first,
        rows: rows.len(),
        title,
        wrong,
        entry,
        same: String::new(),
        lacks,
        opens,
    };
    // What else is wrong is told all the same: read as if it were of one's own unit, of today.
    let sound = unit.is_ok() && on.is_ok();
    let at = unit.as_ref().ok().map(|u| u.id).or_else(|| actor.own_units(Right::Record).first().copied());
    pairs.push(("day".to_owned(), on.as_ref().map_or(app.clock.today(), |d| *d).to_string()));
    unit.err().into_iter().for_each(|why| note("unit", why));
    on.err().into_iter().for_each(|why| note("day", why));
    let Some(at) = at else { return Ok(taken(wrong, None, Vec::new(), Vec::new())) };
    pairs.push(("unit".to_owned(), at.to_string()));
    pairs.push(("guests".to_owned(), get("p_guest").to_owned()));
    let desk = Desk::open(app, actor, &Fields::of(pairs.clone())).await?;
    // Who was on the roster is known only of a day and a unit.
    let said =
        sound && came(&desk, [get("p_present"), get("p_absent"), get("p_leave")], &mut pairs, &mut note);
    let sent = Fields::of(pairs);
    let form = form::read(&desk, &sent, true);
    for (name, words) in form.wrong_fields() {
        let (col, row) = place_of(cells, rows, &name);
        let row = row.or_else(|| said_in(&col)).map_or(first, |r| r.number);
        // A cell that was not understood above is told once.
        if wrong.iter().all(|w| (w.row, &w.col) != (row, &col)) {
            wrong.push(Wrong { row, col, words });
        }
    }
    if !wrong.is_empty() {
        return Ok(taken(wrong, None, Vec::new(), Vec::new()));
    }
    let Form { mut entry, .. } = form;
    if !said {
        // Nobody said who came: then the record does not say it either.
        let field = app.rulebook.ledgers_of(&entry).into_iter().find_map(|l| l.meaning(Means::Attendance));
        if let Some(field) = field {
            entry.values.remove(&field.id);
        }
    }
    let lacks = entries::lacks(app, &entry).into_iter().map(|m| m.words).collect();
    // Of most ledgers no record opens anything: then nothing is read for it.
    let opens = if app.rulebook.workflows().any(|w| w.opened_by(&entry.ledgers)) {
        cases::foreseen(app, actor, &entry, 0, None).await?.opens
    } else {
        Vec::new()
    };
    Ok(taken(wrong, Some(entry), lacks, opens))
}

fn of_tables(ledger: &Ledger) -> impl Iterator<Item = &Field> {
    ledger.fields.iter().filter(|f| f.kind == FieldType::Rows)
}

/// The column, and of a line of a table the row, in which a control of the form stands. Where the sheet has no such column,
/// the lines stand in the table's own cell.
fn place_of<'r>(cells: &Table, rows: &[&'r Row], name: &str) -> (String, Option<&'r Row>) {
    if name == "guests" {
        return ("p_guest".to_owned(), None);
    }
    let mut parts = name.splitn(3, '.');
    let [table, line, column] = [parts.next(), parts.next(), parts.next()].map(Option::unwrap_or_default);
    let col = format!("{table}.{column}");
    if cells.columns.iter().any(|(c, _)| *c == col) {
        return (col, line.parse::<usize>().ok().and_then(|n| rows.get(n).copied()));
    }
    (table.to_owned(), None)
}

/// Whether a cell says that everybody was there: 全体, 全体党员, 全部到会.
fn is_everybody(words: &str) -> bool {
    let bare = words.trim_end_matches(['。', '，']);
    let bare = ["到会", "参加", "出席", "到齐"].iter().fold(bare, |w, end| w.trim_end_matches(end));
    matches!(bare, "全体" | "全体党员" | "全部" | "全部党员" | "全员" | "全体人员" | "全体成员" | "所有党员")
}

/// Whether a cell says how many, and not who: 18人, 应到20人，实到18人.
fn is_count(words: &str) -> bool {
    let known = |c: char| c.is_ascii_digit() || "应到实会共计有人名党员：:，,、；; 　（）()".contains(c);
    words.chars().any(|c| c.is_ascii_digit()) && words.chars().all(known)
}

/// Who came, was absent, on leave, as the buttons of the form say it; whether anything was said of it.
fn came(
    desk: &Desk<'_>,
    cells: [&str; 3],
    pairs: &mut Vec<(String, String)>,
    note: &mut impl FnMut(&str, String),
) -> bool {
    if cells.iter().all(|c| c.is_empty()) || !desk.asks_people() {
        return !cells.iter().all(|c| c.is_empty());
    }
    let words = ["present", "absent", "leave"];
    let [present, away @ ..] = cells;
    // 全体党员 names everybody; a number names nobody, and is kept in the text.
    let (everybody, counted) = (is_everybody(present), is_count(present));
    if counted && away.iter().all(|c| c.is_empty()) {
        let text = ["minutes", "content"].into_iter().find(|id| desk.fields().iter().any(|f| f.id == **id));
        if let Some(text) = text {
            let name = name_of(text);
            let said = pairs.iter().position(|(n, _)| *n == name).map(|at| pairs.remove(at).1);
            let lines = said.into_iter().chain([format!("到会：{present}")]);
            pairs.push((name, lines.collect::<Vec<_>>().join("\n")));
        }
        return false;
    }
    let cells = [if everybody || counted { "" } else { present }, away[0], away[1]];
    // Where only those away are named, the others were there, as in the form.
    let rest = if cells.first().is_some_and(|c| c.is_empty()) { "present" } else { "absent" };
    let mut named = BTreeSet::new();
    for (cell, word) in cells.iter().zip(words) {
        let col = format!("p_{word}");
        for (name, reason) in split_people(cell) {
            match seats_of(desk, &name).as_slice() {
                [] => note(&col, format!("名册里这一天没有“{name}”；不是本组织的人写进“列席”")),
                [_, _, ..] => note(&col, format!("名册里有两个“{name}”，请导入后在记录里点选")),
                [seat] if !named.insert(seat.key.clone()) => {
                    note(&col, format!("“{name}”写了两次"));
                }
                [seat] => {
                    pairs.push((format!("p_{}", seat.key), word.to_owned()));
                    pairs.push((format!("y_{}", seat.key), reason));
                }
            }
        }
    }
    for seat in desk.seats.iter().filter(|s| !named.contains(&s.key)) {
        pairs.push((format!("p_{}", seat.key), rest.to_owned()));
    }
    true
}

#[cfg(test)]
mod tests {
    use super::{amount, is_count, is_everybody};

    #[test]
    fn hours_are_read_in_the_words_of_people() {
        for (words, number) in [
            ("2小时", "2"),
            ("1h", "1"),
            ("两学时", "2"),
            ("一个半小时", "1.5"),
            ("半小时", "0.5"),
            ("１．５", "1.5"),
            ("1,200元", "1200"),
            ("三", "3"),
            ("很多", "很多"),
        ] {
            assert_eq!(amount(words, "学时"), number, "{words}");
        }
    }

    #[test]
    fn who_came_may_be_everybody_or_only_a_number() {
        for words in ["全体党员", "全体", "全体党员到会", "全部党员参加"] {
            assert!(is_everybody(words) && !is_count(words), "{words}");
        }
        for words in ["18人", "应到20人，实到18人", "应到：20 实到：18"] {
            assert!(is_count(words) && !is_everybody(words), "{words}");
        }
        assert!(!is_count("方以宁") && !is_count("人人") && !is_everybody("方以宁"));
    }
}
