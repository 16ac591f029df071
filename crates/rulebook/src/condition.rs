//! Conditions as rule files write them: one grammar for what counts, what is complete, what is warned of and whom a rule
//! binds. What they say of fields is noted beside them, to be checked against a ledger once it is known.

use std::collections::BTreeSet;
use std::ops::Range;

use model::rule::{Field, FieldType, Means};
use model::{Bound, Condition, Proportion, Which};

use crate::fault::{Faults, did_you_mean, nearest};
use crate::link::Traits;
use crate::obligation::kinds;
use crate::tree::{Node, Table, Value};
use crate::words::meaning;

type Span = Range<usize>;

const FORMS: &str = "写法：\"minutes\"、{ field = \"form\", is = \"lecture\" }（或 not、present、at_least、at_most、at_least_chars）、\
{ field = \"excellent\", at_most = [1, 3], of = [\"all\"] }、{ field = \"signed\", covers = \"due\" }、\
{ rows = \"problems\", where = { … }, at_least = 1 }（或 share = [1, 1]）、{ every_absence_has = \"reason\" }、{ quorum = 50 }、{ any = [ … ] }、{ not = [ … ] }。";

const UNIT_FORMS: &str = "写法：{ unit = \"own\", with = [\"committee\"], without = [\"temporary\"] }、\
{ unit = { above = 1 }, kind = \"general_branch\" }、{ any = [ … ] }、{ not = [ … ] }。";

/// Every key of a condition upon a record, and upon a unit.
const WORDS: &[&str] = &[
    "any",
    "not",
    "field",
    "is",
    "present",
    "at_least",
    "at_most",
    "at_least_chars",
    "of",
    "covers",
    "rows",
    "where",
    "share",
    "every_absence_has",
    "quorum",
];
const UNIT_WORDS: &[&str] = &["any", "not", "unit", "kind", "kinds", "with", "without"];

/// What a condition asks of a field beside being there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wants {
    /// Nothing else.
    Any,
    /// That it may say this.
    Value(String),
    /// That it is a number or money.
    Number,
    /// That it names units.
    Units,
    /// That it is text.
    Text,
    /// That it is a table, and these of its lines.
    Rows(Vec<Use>),
    /// No field by name, but one that says who came.
    Attendance,
}

/// A field of which a condition speaks, and where it does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Use {
    pub(crate) field: String,
    pub(crate) wants: Wants,
    pub(crate) span: Span,
}

impl Use {
    /// What is wrong with it, given the fields there are: message and help.
    pub(crate) fn fault(&self, fields: &[Field], what: &str, whose: &str) -> Option<(String, String)> {
        let id = self.field.as_str();
        if self.wants == Wants::Attendance {
            let known = fields.iter().any(|f| f.means == Some(Means::Attendance));
            return (!known).then(|| {
                (
                    format!("{what}说到出席，{whose}却没有写明谁到会的字段"),
                    "加一个 [[field]]，type = \"people\"，means = \"attendance\"。".to_owned(),
                )
            });
        }
        let near = |fits: &dyn Fn(&Field) -> bool| {
            did_you_mean(id, fields.iter().filter(|f| fits(f)).map(|f| f.id.as_str()))
        };
        let of = |fits: &dyn Fn(&Field) -> bool, word: &str| {
            let fine = fields.iter().any(|f| f.id == id && fits(f));
            (!fine).then(|| (format!("{what}所用的“{id}”不是{whose}的{word}字段"), near(fits)))
        };
        match &self.wants {
            Wants::Any => {
                let known = fields.iter().any(|f| f.id == id);
                (!known).then(|| (format!("{what}“{id}”不是{whose}的字段"), near(&|_| true)))
            }
            Wants::Value(value) => match fields.iter().find(|f| f.id == id) {
                None => Some((format!("{what}“{id}”不是{whose}的字段"), near(&|_| true))),
                Some(f) => {
                    let choice = matches!(f.kind, FieldType::Choice | FieldType::Choices);
                    (choice && f.options.iter().all(|(option, _)| option != value)).then(|| {
                        let help = did_you_mean(value, f.options.iter().map(|(id, _)| id.as_str()));
                        (format!("字段“{}”没有选项“{value}”", f.title), help)
                    })
                }
            },
            Wants::Number => of(&|f| matches!(f.kind, FieldType::Number | FieldType::Money), "数字"),
            Wants::Units => of(&|f| f.kind == FieldType::Units, "多个组织的"),
            Wants::Text => of(&|f| matches!(f.kind, FieldType::Text | FieldType::LongText), "文字"),
            Wants::Rows(uses) => {
                let Some(table) = fields.iter().find(|f| f.id == id && f.kind == FieldType::Rows) else {
                    return of(&|f| f.kind == FieldType::Rows, "表格");
                };
                let whose = format!("表“{}”", table.title);
                uses.iter().find_map(|used| used.fault(&table.rows, what, &whose))
            }
            Wants::Attendance => None,
        }
    }
}

/// What conditions are asked about, and by which name messages call them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A record: `where`, `complete`, `warns`.
    Record(&'static str),
    /// A unit: `when` of bearers.
    Unit,
}

impl Place {
    fn what(self) -> &'static str {
        match self {
            Self::Record(what) => what,
            Self::Unit => "条件",
        }
    }

    fn forms(self) -> &'static str {
        match self {
            Self::Record(_) => FORMS,
            Self::Unit => UNIT_FORMS,
        }
    }

    fn words(self) -> &'static [&'static str] {
        match self {
            Self::Record(_) => WORDS,
            Self::Unit => UNIT_WORDS,
        }
    }
}

/// Reads conditions, noting what they speak of.
pub(crate) struct Reader<'r, 'f> {
    pub(crate) place: Place,
    pub(crate) faults: &'r mut Faults<'f>,
    pub(crate) uses: Vec<Use>,
    pub(crate) traits: &'r mut Traits,
}

impl Reader<'_, '_> {
    /// A list of conditions that hold together, or a single one.
    pub(crate) fn all(&mut self, node: Node) -> Vec<Condition> {
        node.each().into_iter().filter_map(|n| self.one(n)).collect()
    }

    /// `{ form = "assembly", pair = ["one", "other"] }`, the short way to say what fields must say; or a list.
    pub(crate) fn says(&mut self, node: Node) -> Vec<Condition> {
        let span = node.span.clone();
        let Value::Table(fields) = node.value else { return self.all(Node { span, ..node }) };
        if let Some(long) = fields.iter().find(|f| matches!(f.key.as_str(), "field" | "rows" | "any")) {
            let message = format!("用“{}”写的条件要放在列表里", long.key);
            let help = format!("写成 where = [{{ {} = … }}]；不用列表时只写字段和它的值。", long.key);
            self.faults.say(&long.span, message, help);
            return Vec::new();
        }
        let mut out = Vec::new();
        for field in fields {
            let any_of = self.values(&field.key, &field.span, field.node);
            if !any_of.is_empty() {
                out.push(Condition::Is { field: field.key, any_of });
            }
        }
        out
    }

    fn values(&mut self, field: &str, span: &Span, node: Node) -> BTreeSet<String> {
        let nodes = node.each();
        let mut out = BTreeSet::new();
        for node in nodes {
            if let Some(value) = node.text("条件的值", self.faults) {
                self.uses.push(Use {
                    field: field.to_owned(),
                    wants: Wants::Value(value.clone()),
                    span: span.clone(),
                });
                out.insert(value);
            }
        }
        out
    }

    fn one(&mut self, node: Node) -> Option<Condition> {
        let span = node.span.clone();
        if let (Value::Text(id), Place::Record(_)) = (&node.value, self.place) {
            self.uses.push(Use { field: id.clone(), wants: Wants::Any, span });
            return Some(Condition::Present { field: id.clone() });
        }
        let mut table = Table::of(node, self.place.what(), self.faults)?;
        let before = self.faults.count();
        let read = if table.has("any") {
            table.take("any").map(|n| self.all(n)).filter(|all| !all.is_empty()).map(Condition::AnyOf)
        } else if table.has("not") && !table.has("field") {
            table.take("not").map(|n| self.all(n)).filter(|all| !all.is_empty()).map(Condition::Not)
        } else {
            match self.place {
                Place::Record(_) => self.of_record(&mut table, &span),
                Place::Unit => self.of_unit(&mut table),
            }
        };
        if read.is_none() {
            if table.has("units") && table.has("all_in") {
                let message = "提醒“units … all_in …”现在写作“field … covers …”";
                let help = "写成 { field = \"已签的字段\", covers = \"应签的字段\" }。";
                self.faults.say(&span, message, help);
            } else if self.faults.count() == before {
                self.unknown(&mut table, &span);
            }
            return None;
        }
        self.left(&mut table);
        table.finish(self.faults);
        read
    }

    /// Tells that a condition could not be read: the keys that are misspelt, or how one is written.
    fn unknown(&mut self, table: &mut Table, span: &Span) {
        let (what, words) = (self.place.what(), self.place.words());
        let before = self.faults.count();
        for field in table.rest() {
            let key = field.key.as_str();
            // A word of the other place is written rightly, and has no place here.
            let spelt = [WORDS, UNIT_WORDS].iter().any(|all| all.contains(&key));
            if let Some(near) = nearest(key, words.iter().copied()).filter(|_| !spelt) {
                let message = format!("{what}中不认识的键“{}”", field.key);
                self.faults.say(&field.span, message, format!("是否指“{near}”？"));
            }
        }
        if self.faults.count() == before {
            self.faults.say(span, format!("{what}的写法不认识"), self.place.forms());
        }
    }

    /// Tells the keys that are words, but not of the form that was read.
    fn left(&mut self, table: &mut Table) {
        let (what, words) = (self.place.what(), self.place.words());
        let (known, strange): (Vec<_>, Vec<_>) =
            table.rest().into_iter().partition(|f| words.contains(&f.key.as_str()));
        for field in known {
            let message = format!("{what}中“{}”不能与同一对括号里的写法并用", field.key);
            self.faults.say(&field.span, message, "分成两条写在列表里。");
        }
        strange.into_iter().for_each(|field| table.put(field));
    }

    fn of_record(&mut self, table: &mut Table, span: &Span) -> Option<Condition> {
        let attendance = || Use { field: String::new(), wants: Wants::Attendance, span: span.clone() };
        if table.has("every_absence_has") {
            let (word, at) = table.spanned_text("every_absence_has", self.faults)?;
            meaning(&word, &at, &[("reason", ())], "缺席须有的内容", self.faults)?;
            self.uses.push(attendance());
            return Some(Condition::EveryAbsenceHasReason);
        }
        if table.has("quorum") {
            let percent = table.integer("quorum", 1..=100, self.faults)?;
            self.uses.push(attendance());
            return u8::try_from(percent).ok().map(|percent| Condition::Quorum { percent });
        }
        if table.has("rows") {
            return self.of_rows(table);
        }
        let (field, at) = table.spanned_text("field", self.faults)?;
        self.of_field(table, field, at)
    }

    /// `{ rows = "problems", where = { … }, at_least = 1 }` or `share = [1, 1]`.
    fn of_rows(&mut self, table: &mut Table) -> Option<Condition> {
        let (field, span) = table.spanned_text("rows", self.faults)?;
        let outer = std::mem::take(&mut self.uses);
        let such = table.take("where").map_or_else(Vec::new, |n| self.says(n));
        let wants = Wants::Rows(std::mem::replace(&mut self.uses, outer));
        self.uses.push(Use { field: field.clone(), wants, span });
        let bound = Bound {
            at_least: table.integer("at_least", 0..=10_000, self.faults),
            at_most: table.integer("at_most", 0..=10_000, self.faults),
        };
        let share = table.take("share").and_then(Node::pair);
        if bound == Bound::default() && share.is_none() {
            return None;
        }
        Some(Condition::Rows { field, such, bound, share })
    }

    fn of_field(&mut self, table: &mut Table, field: String, at: Span) -> Option<Condition> {
        let mut note = |wants: Wants| {
            self.uses.push(Use { field: field.clone(), wants, span: at.clone() });
        };
        if table.has("is") {
            let any_of = table.take("is").map(|n| self.values(&field, &at, n))?;
            return (!any_of.is_empty()).then_some(Condition::Is { field, any_of });
        }
        if table.has("not") {
            let any_of = table.take("not").map(|n| self.values(&field, &at, n))?;
            return (!any_of.is_empty()).then(|| Condition::Not(vec![Condition::Is { field, any_of }]));
        }
        if table.has("present") {
            note(Wants::Any);
            let present = table.switch("present", self.faults);
            let filled = Condition::Present { field };
            return Some(if present { filled } else { Condition::Not(vec![filled]) });
        }
        if table.has("at_least_chars") {
            note(Wants::Text);
            let chars = table.integer("at_least_chars", 1..=100_000, self.faults)?;
            return u32::try_from(chars).ok().map(|at_least| Condition::Chars { field, at_least });
        }
        if table.has("covers") {
            note(Wants::Units);
            let (due, span) = table.spanned_text("covers", self.faults)?;
            self.uses.push(Use { field: due.clone(), wants: Wants::Units, span });
            return Some(Condition::Covers { field, due });
        }
        if table.has("of") {
            note(Wants::Number);
            let most = table.has("at_most");
            let ratio = table.take(if most { "at_most" } else { "at_least" }).and_then(Node::pair);
            let mut of = Vec::new();
            for (other, span) in table.spanned_texts("of", self.faults) {
                self.uses.push(Use { field: other.clone(), wants: Wants::Number, span });
                of.push(other);
            }
            let ratio = ratio.filter(|_| !of.is_empty())?;
            return Some(Condition::Share(Proportion { field, of, most, ratio }));
        }
        if table.has("at_least") || table.has("at_most") {
            // A proportion without what it is a proportion of is told as a form that nobody knows.
            note(Wants::Number);
            let bound = Bound {
                at_least: thousands(table.integer("at_least", 0..=1_000_000_000, self.faults)),
                at_most: thousands(table.integer("at_most", 0..=1_000_000_000, self.faults)),
            };
            return match bound {
                Bound { at_least: Some(least), at_most: Some(most) } if least > most => {
                    self.faults.say(&at, "下限大于上限，没有记录能够符合", "对调 at_least 和 at_most。");
                    None
                }
                Bound { at_least: None, at_most: None } => None,
                bound => Some(Condition::Number { field, bound }),
            };
        }
        None
    }

    fn of_unit(&mut self, table: &mut Table) -> Option<Condition> {
        let which = match table.take("unit")? {
            Node { value: Value::Text(word), span } => {
                meaning(&word, &span, &[("own", Which::Own)], "组织", self.faults)?
            }
            node => {
                let mut above = Table::of(node, "unit", self.faults)?;
                let places = above.integer("above", 1..=9, self.faults)?;
                above.finish(self.faults);
                Which::Above(u8::try_from(places).ok()?)
            }
        };
        let mut kinds_of = kinds("kind", table, self.faults);
        kinds_of.extend(kinds("kinds", table, self.faults));
        let with = self.traits.read("with", table, self.faults);
        let without = self.traits.read("without", table, self.faults);
        if kinds_of.is_empty() && with.is_empty() && without.is_empty() {
            return None;
        }
        Some(Condition::Unit { unit: which, kinds: kinds_of, with, without })
    }
}

fn thousands(number: Option<i64>) -> Option<i64> {
    number.map(|n| n * 1000)
}
