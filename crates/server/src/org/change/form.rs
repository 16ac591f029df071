//! What is asked for each change, and what it says of the units.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use model::rule::Roles;
use model::{Organisation, Unit, UnitChangeKind, UnitId, UnitKind};
use web::extract::Fields;
use web::view::{Field, Form, Input, long_day_words};
use work::Known;

use work::units::{Regrouping, full_names};

/// Most units that one is split into.
const MOST: usize = 12;

/// The units of these kinds that stand, to choose from, by their whole names.
fn choices(organisation: &Organisation, today: Date, fits: impl Fn(&Unit) -> bool) -> Vec<(String, String)> {
    let names = full_names(organisation);
    let first = std::iter::once((String::new(), "—".to_owned()));
    let there = organisation.units.iter().filter(|u| u.exists_on(today) && fits(u));
    first.chain(there.map(|u| (u.id.to_string(), names.get(&u.id).cloned().unwrap_or_default()))).collect()
}

fn select(name: &str, label: &str, choices: Vec<(String, String)>, chosen: Option<UnitId>) -> Field {
    Field::new(Input::Select, name, label)
        .choices(choices)
        .filled(chosen.map(|u| u.to_string()).unwrap_or_default())
        .wide(6)
}

/// The form of a change; `unit` is chosen already when one came from its page.
pub(super) fn of(
    roles: &Roles,
    kind: UnitChangeKind,
    organisation: &Organisation,
    today: Date,
    unit: Option<UnitId>,
    join: Option<UnitId>,
) -> Form {
    let below_root = |u: &Unit| u.parent.is_some();
    let any = || choices(organisation, today, below_root);
    let parents = || choices(organisation, today, |u| !matches!(u.kind, UnitKind::Branch | UnitKind::Group));
    let root = organisation.units.iter().find(|u| u.parent.is_none()).map(|u| u.id);
    let above = unit.and_then(|u| organisation.unit(u)).and_then(|u| u.parent).or(root);
    let name = |label: &str| Field { max: 60, ..Field::text("name", label).wide(6) };
    let mut fields = match kind {
        // It was entered in the tree by the administrator, and nothing was asked of it.
        UnitChangeKind::Founded if join.is_some() => {
            let one = choices(organisation, today, |u| Some(u.id) == join);
            vec![select("join", "已经录入的组织", one, join)]
        }
        UnitChangeKind::Founded => vec![
            name("名称"),
            Field::new(Input::Select, "of_kind", "种类")
                .choices(UnitKind::ALL.iter().skip(1).map(|k| (k.id(), k.word())))
                .filled(UnitKind::Branch.id())
                .wide(6),
            select("parent", "上级", choices(organisation, today, |u| u.kind != UnitKind::Group), above),
            Field::new(Input::Checks, "traits", "性质")
                .choices(roles.traits.iter().map(|t| (t.id.clone(), t.title.clone())))
                .optional(),
        ],
        UnitChangeKind::Renamed => vec![select("unit", "哪个组织", any(), unit), name("新名称")],
        UnitChangeKind::Moved => {
            vec![select("unit", "哪个组织", any(), unit), select("parent", "新的上级", parents(), None)]
        }
        UnitChangeKind::Merged => vec![
            select("unit", "一个组织", any(), unit),
            select("other", "另一个组织", any(), None),
            Field::new(Input::Radio, "way", "合并成")
                .choices([("other", "前一个并入后一个，后一个保留"), ("new", "两个都撤销，成立一个新的")])
                .filled("other"),
            name("新组织的名称").hint("只在成立新组织时填").optional(),
            select("parent", "新组织的上级", parents(), above).hint("只在成立新组织时选").optional(),
        ],
        UnitChangeKind::Split => vec![
            select("unit", "哪个组织", any(), unit),
            Field {
                rows: 4,
                max: 800,
                ..Field::new(Input::Long, "names", "分成哪几个")
                    .hint("一行一个名称；原来的名称也写上，原组织就保留，否则撤销")
            },
        ],
        UnitChangeKind::Dissolved => vec![
            select("unit", "哪个组织", any(), unit),
            select(
                "members_to",
                "党员转到哪个支部",
                choices(organisation, today, |u| u.kind == UnitKind::Branch),
                None,
            )
            .hint("没有党员的不用选")
            .optional(),
            select("children_to", "下级组织归谁", parents(), None)
                .hint("没有下级的不用选；党小组随支部撤销")
                .optional(),
        ],
    };
    fields.push(Field::new(Input::Day, "day", "从哪天起").filled(today.to_string()).wide(6));
    fields.push(Field {
        max: 100, ..Field::text("note", "依据").hint("例：批复的文号").optional().wide(6)
    });
    Form::of(fields)
}

/// The change that the form describes; every mistake goes to its field.
pub(super) fn read(
    form: &mut Form,
    sent: &Fields,
    kind: UnitChangeKind,
    known: &Known,
    today: Date,
) -> Option<Regrouping> {
    form.take(sent);
    let organisation = &known.organisation;
    let day = form.value("day").parse::<Date>().ok();
    if day.is_some_and(|d| d > today) {
        form.wrong("day", "还没有到，到那天再来办理");
    }
    if day.is_some_and(|d| d.year() < 1921) {
        form.wrong("day", "太早，看看是不是写错了");
    }
    let reader = Reader { organisation, known, day: day.unwrap_or(today) };
    let unit = reader.standing(form, "unit");
    let note = form.value("note").to_owned();
    let draft = match kind {
        UnitChangeKind::Founded if !form.value("join").is_empty() => reader.joined(form),
        UnitChangeKind::Founded => reader.founded(form),
        UnitChangeKind::Renamed => unit.and_then(|u| reader.renamed(form, u)),
        UnitChangeKind::Moved => unit.and_then(|u| reader.moved(form, u)),
        UnitChangeKind::Merged => {
            let other = reader.standing(form, "other");
            unit.zip(other).and_then(|(a, b)| reader.merged(form, a, b))
        }
        UnitChangeKind::Split => unit.and_then(|u| reader.split(form, u)),
        UnitChangeKind::Dissolved => unit.and_then(|u| reader.dissolved(form, u)),
    };
    let draft = draft.filter(|_| !form.has_errors())?;
    let assigned = sent.pairs().iter().filter_map(|(name, value)| {
        let person = name.strip_prefix("to_")?.parse().ok()?;
        Some((person, *draft.to.get(value.parse::<usize>().ok()?)?))
    });
    Some(Regrouping { kind, note, assigned: assigned.collect(), ..draft })
}

struct Reader<'k> {
    organisation: &'k Organisation,
    known: &'k Known,
    day: Date,
}

impl<'k> Reader<'k> {
    fn draft(&self, title: String, from: Vec<UnitId>, to: Vec<UnitId>, after: Vec<Unit>) -> Regrouping {
        Regrouping {
            kind: UnitChangeKind::Founded,
            day: self.day,
            note: String::new(),
            from,
            to,
            after,
            members_to: None,
            assigned: BTreeMap::new(),
            title,
        }
    }

    fn chosen(&self, form: &Form, field: &str) -> Option<&'k Unit> {
        self.organisation.unit(form.value(field).parse().ok()?)
    }

    /// The unit chosen in a field, when it stands on the day and was not changed after it.
    fn standing(&self, form: &mut Form, field: &str) -> Option<&'k Unit> {
        let unit = self.chosen(form, field)?;
        if !unit.exists_on(self.day) {
            form.wrong("day", format!("{}那天还没有成立或已经撤销", unit.name));
        } else if unit.founded == Some(self.day) {
            form.wrong("day", format!("{}那天才成立，要晚于那天", unit.name));
        }
        let last = self.known.changes.iter().filter(|c| c.touches().contains(&unit.id)).max_by_key(|c| c.day);
        if let Some(change) = last.filter(|c| self.day < c.day) {
            let (when, what) = (long_day_words(change.day), change.kind.word());
            form.wrong("day", format!("{}{when}办过{what}，要在那天或以后", unit.name));
        }
        if unit.parent.is_none() {
            form.wrong(field, "学校党委不能这样变动");
        }
        Some(unit)
    }

    fn parent(&self, form: &mut Form, field: &str) -> Option<&'k Unit> {
        let unit = self.chosen(form, field)?;
        if !unit.exists_on(self.day) {
            form.wrong(field, "那天还没有成立或已经撤销");
        }
        Some(unit)
    }

    /// That no unit that stands under the same superior has the name.
    fn free_name(&self, form: &mut Form, field: &str, name: &str, parent: Option<UnitId>, but: &[UnitId]) {
        let taken = self.organisation.units.iter().any(|u| {
            u.parent == parent
                && u.name == name
                && u.dissolved.is_none_or(|d| self.day < d)
                && !but.contains(&u.id)
        });
        if taken {
            form.wrong(field, format!("这个上级下面已有“{name}”"));
        }
    }

    fn founded(&self, form: &mut Form) -> Option<Regrouping> {
        let name = form.value("name").to_owned();
        let parent = self.parent(form, "parent")?;
        let kind = UnitKind::ALL.into_iter().find(|k| k.id() == form.value("of_kind"))?;
        self.free_name(form, "name", &name, Some(parent.id), &[]);
        if kind == UnitKind::Group && parent.kind != UnitKind::Branch {
            form.wrong("parent", "党小组要在一个党支部下面");
        } else if kind != UnitKind::Group && parent.kind == UnitKind::Branch {
            form.wrong("parent", "党支部下面只能设党小组");
        }
        let traits =
            form.fields.iter().find(|f| f.name == "traits").map(|f| f.values.iter().cloned().collect());
        let unit = self.new_unit(&name, kind, Some(parent.id), traits.unwrap_or_default());
        Some(self.draft(format!("成立{name}"), Vec::new(), vec![unit.id], vec![unit]))
    }

    fn joined(&self, form: &mut Form) -> Option<Regrouping> {
        let unit = self.chosen(form, "join")?;
        if !unit.exists_on(self.day) {
            form.wrong("day", format!("{}那天还没有成立或已经撤销", unit.name));
        }
        let title = format!("{}接上今年余下的应办事项", unit.name);
        Some(self.draft(title, Vec::new(), vec![unit.id], vec![unit.clone()]))
    }

    fn new_unit(&self, name: &str, kind: UnitKind, parent: Option<UnitId>, traits: BTreeSet<String>) -> Unit {
        let siblings = self.organisation.units.iter().filter(|u| u.parent == parent);
        Unit {
            id: UnitId::fresh(),
            parent,
            kind,
            name: name.to_owned(),
            aliases: Vec::new(),
            traits,
            sort: siblings.map(|u| u.sort).max().unwrap_or(0).saturating_add(1),
            founded: Some(self.day),
            dissolved: None,
        }
    }

    fn renamed(&self, form: &mut Form, unit: &Unit) -> Option<Regrouping> {
        let name = form.value("name").to_owned();
        if name == unit.name {
            form.wrong("name", "和现在的名称一样");
        }
        self.free_name(form, "name", &name, unit.parent, &[unit.id]);
        let mut aliases = unit.aliases.clone();
        aliases.retain(|a| *a != name);
        // Documents and lists go on using the old name for years; where another unit has it, it says nothing.
        let shared = self.organisation.units.iter().any(|u| u.id != unit.id && u.name == unit.name);
        if !shared && !aliases.contains(&unit.name) {
            aliases.push(unit.name.clone());
        }
        let after = Unit { name: name.clone(), aliases, ..unit.clone() };
        let title = format!("{}改名为{name}", unit.name);
        (!name.is_empty()).then(|| self.draft(title, vec![unit.id], vec![unit.id], vec![after]))
    }

    fn moved(&self, form: &mut Form, unit: &Unit) -> Option<Regrouping> {
        let parent = self.parent(form, "parent")?;
        if Some(parent.id) == unit.parent {
            form.wrong("parent", "现在就是这个上级");
        }
        if self.organisation.subtree(unit.id).contains(&parent.id) {
            form.wrong("parent", "上级不能是它自己或它的下级");
        }
        if unit.kind == UnitKind::Group {
            form.wrong("unit", "党小组不能转到别的支部，在新支部成立一个");
        }
        self.free_name(form, "parent", &unit.name, Some(parent.id), &[unit.id]);
        let after = Unit { parent: Some(parent.id), ..unit.clone() };
        let title = format!("{}改属{}", unit.name, parent.name);
        Some(self.draft(title, vec![unit.id], vec![unit.id], vec![after]))
    }

    /// A unit that ends, and its groups with it; other units below it go to `heir`.
    fn ended(&self, unit: &Unit, heir: Option<UnitId>) -> Vec<Unit> {
        let end =
            |u: &Unit| Unit { dissolved: Some(self.day.max(u.founded.unwrap_or(self.day))), ..u.clone() };
        let mut out = vec![end(unit)];
        for below in self.children(unit) {
            if below.kind == UnitKind::Group {
                out.push(end(below));
            } else {
                out.push(Unit { parent: heir.or(below.parent), ..below.clone() });
            }
        }
        out
    }

    fn children(&self, unit: &Unit) -> impl Iterator<Item = &'k Unit> {
        let id = unit.id;
        let stands = move |u: &&Unit| u.parent == Some(id) && u.dissolved.is_none();
        self.organisation.units.iter().filter(stands)
    }

    fn merged(&self, form: &mut Form, one: &Unit, other: &Unit) -> Option<Regrouping> {
        if one.id == other.id {
            form.wrong("other", "选了同一个组织");
        } else if one.kind != other.kind {
            form.wrong("other", format!("一个是{}，一个是{}，不能合并", one.kind.word(), other.kind.word()));
        } else if self.organisation.subtree(one.id).contains(&other.id)
            || self.organisation.subtree(other.id).contains(&one.id)
        {
            form.wrong("other", "一个在另一个下面，不能合并");
        }
        if form.value("way") != "new" {
            let after = self.ended(one, Some(other.id));
            let title = format!("{}并入{}", one.name, other.name);
            return Some(self.draft(title, vec![one.id, other.id], vec![other.id], after));
        }
        let name = form.value("name").to_owned();
        if name.is_empty() {
            form.wrong("name", "没有填");
        }
        let parent = self.parent(form, "parent").or_else(|| {
            form.wrong("parent", "没有选");
            None
        })?;
        if [one.id, other.id].iter().any(|u| self.organisation.subtree(*u).contains(&parent.id)) {
            form.wrong("parent", "上级不能是要撤销的组织或它的下级");
        }
        self.free_name(form, "name", &name, Some(parent.id), &[one.id, other.id]);
        let traits = one.traits.union(&other.traits).cloned().collect();
        let new = self.new_unit(&name, one.kind, Some(parent.id), traits);
        let mut after = self.ended(one, Some(new.id));
        after.extend(self.ended(other, Some(new.id)));
        let title = format!("{}和{}合并为{name}", one.name, other.name);
        let to = vec![new.id];
        after.push(new);
        Some(self.draft(title, vec![one.id, other.id], to, after))
    }

    fn split(&self, form: &mut Form, unit: &Unit) -> Option<Regrouping> {
        let names: Vec<String> =
            form.value("names").lines().map(str::trim).filter(|n| !n.is_empty()).map(str::to_owned).collect();
        let distinct: BTreeSet<&String> = names.iter().collect();
        let stays = names.contains(&unit.name);
        if distinct.len() < names.len() {
            form.wrong("names", "有两行写了同一个名称");
        } else if names.len() < 2 {
            form.wrong("names", "至少写两个名称，一行一个");
        } else if names.len() > MOST {
            form.wrong("names", format!("最多分成 {MOST} 个"));
        }
        if names.iter().any(|n| n.chars().count() > 60) {
            form.wrong("names", "有名称超过 60 个字");
        }
        if unit.kind == UnitKind::Group {
            form.wrong("unit", "党小组不用拆分，成立新的小组就可以");
        }
        if !stays && self.children(unit).any(|u| u.kind != UnitKind::Group) {
            form.wrong("unit", "下面还有别的组织，先把它们调整到别的上级");
        }
        let mut after = if stays { Vec::new() } else { self.ended(unit, None) };
        let mut to = Vec::new();
        for (name, n) in names.iter().zip(0_i32..) {
            if *name == unit.name {
                to.push(unit.id);
                continue;
            }
            self.free_name(form, "names", name, unit.parent, &[]);
            let new = self.new_unit(name, unit.kind, unit.parent, unit.traits.clone());
            to.push(new.id);
            after.push(Unit { sort: new.sort.saturating_add(n), ..new });
        }
        let title = format!("{}拆分为{}", unit.name, names.join("、"));
        Some(self.draft(title, vec![unit.id], to, after))
    }

    fn dissolved(&self, form: &mut Form, unit: &Unit) -> Option<Regrouping> {
        let members_to = self.parent(form, "members_to");
        if members_to.is_some_and(|u| u.id == unit.id) {
            form.wrong("members_to", "不能是要撤销的支部");
        }
        let heir = self.parent(form, "children_to");
        if heir.is_some_and(|h| self.organisation.subtree(unit.id).contains(&h.id)) {
            form.wrong("children_to", "不能是要撤销的组织或它的下级");
        }
        let below = self.children(unit).filter(|u| u.kind != UnitKind::Group).count();
        if below > 0 && heir.is_none() {
            form.wrong("children_to", format!("下面还有 {below} 个组织，要选归谁"));
        }
        let after = self.ended(unit, heir.map(|h| h.id));
        let draft = self.draft(format!("撤销{}", unit.name), vec![unit.id], Vec::new(), after);
        Some(Regrouping { members_to: members_to.map(|u| u.id), ..draft })
    }
}
