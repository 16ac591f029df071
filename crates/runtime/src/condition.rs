//! Whether a condition holds: the one place where the grammar of conditions is judged.

use std::collections::BTreeSet;

use model::rule::{Field, Ledger, Means};
use model::{
    Attendance, Bearers, Bound, Condition, Entry, Organisation, Participant, Proportion, Ratio, Row, Unit,
    UnitId, Value, Which,
};

use crate::Missing;

/// How many units or people are named before 等.
const NAMES: usize = 5;

/// What a condition is asked about: a record, read by one of its ledgers, or a unit. The organisation is what names of
/// units and what stands above a unit are looked up in.
#[derive(Clone, Copy, Debug, Default)]
pub struct Facts<'a> {
    /// The record.
    pub entry: Option<&'a Entry>,
    /// The form that it is read by.
    pub ledger: Option<&'a Ledger>,
    /// The line of a table of it that is asked about, with the table: fields are those of the line.
    pub row: Option<(&'a Field, &'a Row)>,
    /// The unit that is asked about.
    pub unit: Option<&'a Unit>,
    /// The units.
    pub organisation: Option<&'a Organisation>,
}

/// How a condition stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It holds.
    Holds,
    /// It does not; how that is told.
    Fails(Missing),
    /// It cannot be told: a number is not there, the form does not ask for the field.
    Untold,
}

impl Verdict {
    /// How it is told that the condition does not hold.
    #[must_use]
    pub fn failure(self) -> Option<Missing> {
        match self {
            Self::Fails(missing) => Some(missing),
            Self::Holds | Self::Untold => None,
        }
    }
}

/// Whether all of these hold; what cannot be told does not hold.
#[must_use]
pub fn hold(conditions: &[Condition], facts: &Facts<'_>) -> bool {
    conditions.iter().all(|c| judge(c, facts) == Verdict::Holds)
}

/// Whether `unit` is one of those whom these bearers mean by kind, traits and what else must hold of it.
#[must_use]
pub fn binds(bearers: &Bearers, unit: &Unit, organisation: &Organisation) -> bool {
    bearers.kinds.contains(&unit.kind) && fits(bearers, unit, organisation)
}

/// Whether `unit` has what these bearers ask of a unit beside its kind.
#[must_use]
pub(crate) fn fits(bearers: &Bearers, unit: &Unit, organisation: &Organisation) -> bool {
    let facts = Facts { unit: Some(unit), organisation: Some(organisation), ..Facts::default() };
    bearers.allow(&unit.traits) && hold(&bearers.when.0, &facts)
}

/// How one condition stands.
#[must_use]
pub fn judge(condition: &Condition, facts: &Facts<'_>) -> Verdict {
    if let Some(field) = unasked(condition, facts)
        && values(facts).is_some_and(|v| !v.contains_key(field))
    {
        return Verdict::Untold;
    }
    match condition {
        Condition::Present { field } => {
            judged(is_filled(facts, field), || lack(field, format!("{}未填", label(facts, field)), false))
        }
        Condition::Is { field, any_of } => judged(any_of.iter().any(|w| says(facts, field, w)), || {
            lack(field, format!("“{}”应是“{}”", label(facts, field), options(facts, field, any_of)), false)
        }),
        Condition::Number { field, bound } => number_within(facts, field, *bound),
        Condition::Rows { field, such, bound, share } => rows(facts, field, such, *bound, *share),
        Condition::Chars { field, at_least } => {
            let written = characters(facts, field);
            judged(written >= *at_least, || {
                let label = label(facts, field);
                let words = match written {
                    0 => format!("{label}未填"),
                    n => format!("{label}仅{n}字，不足{at_least}字"),
                };
                lack(field, words, false)
            })
        }
        Condition::Share(asked) => match Share::of(facts, asked) {
            None => Verdict::Untold,
            Some(share) => match share.told() {
                None => Verdict::Holds,
                Some(words) => Verdict::Fails(lack(&asked.field, words, false)),
            },
        },
        Condition::Covers { field, due } => covers(facts, field, due),
        Condition::EveryAbsenceHasReason => absences(facts),
        Condition::Quorum { percent } => quorum(facts, *percent),
        Condition::Unit { unit, kinds, with, without } => {
            let Some(found) = which(facts, *unit) else { return Verdict::Untold };
            let holds = (kinds.is_empty() || kinds.contains(&found.kind))
                && with.is_subset(&found.traits)
                && without.is_disjoint(&found.traits);
            judged(holds, || lack("", format!("{}不是所指的组织", found.name), true))
        }
        Condition::AnyOf(all) => any_of(all, facts),
        Condition::Not(all) => {
            let verdicts: Vec<Verdict> = all.iter().map(|c| judge(c, facts)).collect();
            if verdicts.iter().any(|v| matches!(v, Verdict::Fails(_))) {
                Verdict::Holds
            } else if verdicts.contains(&Verdict::Untold) {
                Verdict::Untold
            } else {
                let said: Vec<String> = all.iter().map(|c| words_of(c, facts)).collect();
                let field = all.iter().find_map(|c| c.fields().first().copied()).unwrap_or_default();
                Verdict::Fails(lack(field, format!("不应{}", said.join("，且")), false))
            }
        }
    }
}

/// A condition in the words that people read, with the titles of the fields where a ledger gives them.
#[must_use]
pub fn words_of(condition: &Condition, facts: &Facts<'_>) -> String {
    match condition {
        Condition::Present { field } => format!("{}已填", label(facts, field)),
        Condition::Is { field, any_of } => {
            format!("{}为{}", label(facts, field), options(facts, field, any_of))
        }
        Condition::Number { field, bound } => {
            let unit = known(facts, field).map_or("", |f| f.unit.as_str());
            format!("{}{}", label(facts, field), bound_words(*bound, unit))
        }
        Condition::Rows { field, such, bound, share } => {
            let mut out = format!("{}{}", label(facts, field), such_words(facts, field, such));
            out.push_str(&bound_words(lines(*bound), "行"));
            if let Some(ratio) = share {
                out.push_str(&match (ratio.part, ratio.whole) {
                    (a, b) if a == b => "每行如此".to_owned(),
                    _ => format!("不少于全部行的{}", ratio_words(*ratio)),
                });
            }
            out
        }
        Condition::Chars { field, at_least } => format!("{}不少于{at_least}字", label(facts, field)),
        Condition::Share(p) => {
            let word = if p.most { "不超过" } else { "不少于" };
            format!("{}{word}{}的{}", label(facts, &p.field), sum_words(facts, &p.of), ratio_words(p.ratio))
        }
        Condition::Covers { field, due } => format!("{}包括全部{}", label(facts, field), label(facts, due)),
        Condition::EveryAbsenceHasReason => "缺席人员都注明原因".to_owned(),
        Condition::Quorum { percent } => format!("到会不少于{}", part_of(*percent).2),
        Condition::Unit { unit, kinds, with, without } => {
            let mut said = match unit {
                Which::Own => String::new(),
                Which::Above(1) => "上级是".to_owned(),
                Which::Above(n) => format!("上{n}级是"),
            };
            said.push_str(&kinds.iter().map(|k| k.word()).collect::<Vec<_>>().join("、"));
            let list = |all: &BTreeSet<String>| all.iter().cloned().collect::<Vec<_>>().join("、");
            if !with.is_empty() {
                said.push_str(&format!("（{}）", list(with)));
            }
            if !without.is_empty() {
                said.push_str(&format!("（不含{}）", list(without)));
            }
            said
        }
        Condition::AnyOf(all) => all.iter().map(|c| words_of(c, facts)).collect::<Vec<_>>().join("，或者"),
        Condition::Not(all) => {
            format!("并非{}", all.iter().map(|c| words_of(c, facts)).collect::<Vec<_>>().join("，且"))
        }
    }
}

fn judged(holds: bool, otherwise: impl FnOnce() -> Missing) -> Verdict {
    if holds { Verdict::Holds } else { Verdict::Fails(otherwise()) }
}

fn lack(field: &str, words: String, grave: bool) -> Missing {
    Missing { field: field.to_owned(), words, grave }
}

/// The field that a condition speaks of, where the form does not ask for it, given what else was chosen.
fn unasked<'c>(condition: &'c Condition, facts: &Facts<'_>) -> Option<&'c str> {
    let field = match condition {
        Condition::Present { field }
        | Condition::Is { field, .. }
        | Condition::Number { field, .. }
        | Condition::Rows { field, .. }
        | Condition::Chars { field, .. } => field,
        _ => return None,
    };
    let values = values(facts)?;
    known(facts, field).filter(|f| !f.is_asked(values)).map(|_| field.as_str())
}

fn any_of(all: &[Condition], facts: &Facts<'_>) -> Verdict {
    let mut failures: Vec<Missing> = Vec::new();
    let mut untold = false;
    for condition in all {
        match judge(condition, facts) {
            Verdict::Holds => return Verdict::Holds,
            Verdict::Untold => untold = true,
            Verdict::Fails(missing) => failures.push(missing),
        }
    }
    match failures.first() {
        Some(first) if !untold => {
            let words: Vec<&str> = failures.iter().map(|m| m.words.as_str()).collect();
            let grave = failures.iter().all(|m| m.grave);
            Verdict::Fails(lack(&first.field, words.join("，") + "（有一项即可）", grave))
        }
        _ => Verdict::Untold,
    }
}

fn which<'a>(facts: &Facts<'a>, which: Which) -> Option<&'a Unit> {
    let mut unit = facts.unit?;
    if let Which::Above(places) = which {
        for _ in 0..places {
            unit = facts.organisation?.unit(unit.parent?)?;
        }
    }
    Some(unit)
}

fn known<'a>(facts: &Facts<'a>, id: &str) -> Option<&'a Field> {
    match facts.row {
        Some((table, _)) => table.rows.iter().find(|f| f.id == id),
        None => facts.ledger.and_then(|l| l.field(id)),
    }
}

fn values<'a>(facts: &Facts<'a>) -> Option<&'a Row> {
    facts.row.map(|(_, row)| row).or_else(|| facts.entry.map(|e| &e.values))
}

fn value<'a>(facts: &Facts<'a>, id: &str) -> Option<&'a Value> {
    values(facts).and_then(|v| v.get(id))
}

fn label<'a>(facts: &Facts<'a>, id: &'a str) -> &'a str {
    known(facts, id).map_or(id, |f| f.title.as_str())
}

/// What a field may say, by the titles of its options.
fn options(facts: &Facts<'_>, id: &str, any_of: &BTreeSet<String>) -> String {
    let title = |value: &String| -> String {
        let of = known(facts, id).and_then(|f| f.options.iter().find(|(option, _)| option == value));
        of.map_or_else(|| value.clone(), |(_, title)| title.clone())
    };
    any_of.iter().map(title).collect::<Vec<_>>().join("或")
}

/// Whether the field is filled in. The line that says what a record was about is kept with the record itself.
pub(crate) fn is_filled(facts: &Facts<'_>, field: &str) -> bool {
    match value(facts, field) {
        None => {
            known(facts, field).is_some_and(|f| f.means == Some(Means::Title))
                && facts.entry.is_some_and(|e| !e.title.trim().is_empty())
        }
        Some(Value::Text(t) | Value::Choice(t)) => !t.trim().is_empty(),
        Some(Value::Choices(cs)) => !cs.is_empty(),
        Some(Value::Person { id, name }) => id.is_some() || !name.trim().is_empty(),
        Some(Value::People(p)) => !p.is_empty(),
        Some(Value::Units(us)) => !us.is_empty(),
        Some(Value::Files(files)) => !files.is_empty(),
        Some(Value::Rows(rows)) => !rows.is_empty(),
        Some(
            Value::Day(_)
            | Value::Days(..)
            | Value::Number(_)
            | Value::Money(_)
            | Value::Unit(_)
            | Value::Link(_),
        ) => true,
    }
}

/// Whether the record says `wanted` in `field`.
fn says(facts: &Facts<'_>, field: &str, wanted: &str) -> bool {
    match value(facts, field) {
        Some(Value::Text(t)) => t.trim() == wanted,
        Some(Value::Choice(c)) => c == wanted,
        Some(Value::Choices(cs)) => cs.iter().any(|c| c == wanted),
        Some(Value::Day(d)) => d.to_string() == wanted,
        Some(Value::Number(n)) => wanted.parse::<i64>().is_ok_and(|w| w.saturating_mul(1000) == *n),
        Some(Value::Person { name, .. }) => name == wanted,
        Some(Value::Unit(u)) => u.to_string() == wanted,
        Some(Value::Units(us)) => us.iter().any(|u| u.to_string() == wanted),
        Some(
            Value::Money(_)
            | Value::Days(..)
            | Value::People(_)
            | Value::Link(_)
            | Value::Files(_)
            | Value::Rows(_),
        )
        | None => false,
    }
}

fn characters(facts: &Facts<'_>, field: &str) -> u32 {
    match value(facts, field) {
        Some(Value::Text(t)) => {
            u32::try_from(t.chars().filter(|c| !c.is_whitespace()).count()).unwrap_or(u32::MAX)
        }
        _ => 0,
    }
}

fn number_within(facts: &Facts<'_>, field: &str, bound: Bound) -> Verdict {
    let number = match value(facts, field) {
        Some(Value::Number(n)) => *n,
        // Money is kept in fen, bounds in thousandths.
        Some(Value::Money(n)) => n.saturating_mul(10),
        _ => return Verdict::Untold,
    };
    let unit = known(facts, field).map_or("", |f| f.unit.as_str());
    let told = |word: &str, limit: i64| {
        let words = format!(
            "{}{}{unit}，{word}{}{unit}",
            label(facts, field),
            thousandths(number),
            thousandths(limit)
        );
        Verdict::Fails(lack(field, words, false))
    };
    match bound {
        Bound { at_least: Some(least), .. } if number < least => told("不足", least),
        Bound { at_most: Some(most), .. } if number > most => told("超过", most),
        _ => Verdict::Holds,
    }
}

/// Lines are counted in ones, numbers kept in thousandths.
fn lines(bound: Bound) -> Bound {
    let thousand = |n: Option<i64>| n.map(|n| n.saturating_mul(1000));
    Bound { at_least: thousand(bound.at_least), at_most: thousand(bound.at_most) }
}

/// What must hold of a line, in brackets.
fn such_words(facts: &Facts<'_>, field: &str, such: &[Condition]) -> String {
    if such.is_empty() {
        return String::new();
    }
    let empty = Row::new();
    let of_row = Facts { row: known(facts, field).map(|table| (table, &empty)), ..*facts };
    format!("（{}）", such.iter().map(|c| words_of(c, &of_row)).collect::<Vec<_>>().join("，"))
}

fn rows(facts: &Facts<'_>, field: &str, such: &[Condition], bound: Bound, share: Option<Ratio>) -> Verdict {
    let all = match value(facts, field) {
        Some(Value::Rows(all)) => all.as_slice(),
        _ => &[],
    };
    let Some(table) = known(facts, field) else { return Verdict::Untold };
    let fits = |row: &&Row| hold(such, &Facts { row: Some((table, row)), ..*facts });
    let count = i64::try_from(all.iter().filter(fits).count()).unwrap_or(i64::MAX);
    let whole = i64::try_from(all.len()).unwrap_or(i64::MAX);
    let told = |words: String| Verdict::Fails(lack(field, words, false));
    let which = such_words(facts, field, such);
    match bound {
        Bound { at_least: Some(least), .. } if count < least && all.is_empty() && such.is_empty() => {
            return told(format!("{}未填", table.title));
        }
        Bound { at_least: Some(least), .. } if count < least => {
            return told(format!("{}{which}{count}行，不足{least}行", table.title));
        }
        Bound { at_most: Some(most), .. } if count > most => {
            return told(format!("{}{which}{count}行，超过{most}行", table.title));
        }
        _ => {}
    }
    match share {
        // A share of nothing cannot be told.
        Some(_) if whole == 0 => Verdict::Untold,
        Some(Ratio { part, whole: of })
            if count.saturating_mul(of.into()) < whole.saturating_mul(part.into()) =>
        {
            told(format!("{}共{whole}行，其中{count}行{which}", table.title))
        }
        _ => Verdict::Holds,
    }
}

fn bound_words(bound: Bound, unit: &str) -> String {
    let mut out = String::new();
    if let Some(least) = bound.at_least {
        out.push_str(&format!("不少于{}{unit}", thousandths(least)));
    }
    if let Some(most) = bound.at_most {
        out.push_str(&format!("不超过{}{unit}", thousandths(most)));
    }
    out
}

fn covers(facts: &Facts<'_>, field: &str, due: &str) -> Verdict {
    let units = |id: &str| -> Vec<UnitId> {
        match value(facts, id) {
            Some(Value::Units(all)) => all.clone(),
            _ => Vec::new(),
        }
    };
    let (done, due) = (units(field), units(due));
    let name = |u: &UnitId| facts.organisation.and_then(|o| o.unit(*u)).map_or("", |u| u.name.as_str());
    let left: Vec<&str> = due.iter().filter(|u| !done.contains(u)).map(name).collect();
    judged(left.is_empty(), || {
        let words = format!("{}还差{}个：{}", label(facts, field), left.len(), names(&left));
        lack(field, words, false)
    })
}

/// Who came and who did not, by the field that means it in the record's ledgers.
#[must_use]
pub fn attendance<'e>(entry: &'e Entry, ledgers: &[&Ledger]) -> &'e [Participant] {
    let field = ledgers.iter().find_map(|l| l.meaning(Means::Attendance));
    match field.and_then(|f| entry.values.get(&f.id)) {
        Some(Value::People(all)) => all,
        _ => &[],
    }
}

/// The field that says who came, and those in it who were due: guests (列席) are neither due nor absent.
fn due<'a>(facts: &Facts<'a>) -> Option<(&'a str, Vec<&'a Participant>)> {
    let field = facts.ledger?.meaning(Means::Attendance)?;
    let people = match facts.entry?.values.get(&field.id) {
        Some(Value::People(all)) => all.as_slice(),
        _ => &[],
    };
    Some((&field.id, people.iter().filter(|p| !p.guest).collect()))
}

fn absences(facts: &Facts<'_>) -> Verdict {
    let Some((field, due)) = due(facts) else { return Verdict::Untold };
    // A row of a sheet that names nobody says nothing of who came: that is missing, and not in order.
    let said = facts.entry.is_some_and(|e| e.values.contains_key(field));
    if !said {
        let title = facts.ledger.and_then(|l| l.field(field)).map_or(field, |f| f.title.as_str());
        return Verdict::Fails(lack(field, format!("{title}未填"), false));
    }
    let unexplained: Vec<&str> = due
        .iter()
        .filter(|p| p.attendance != Attendance::Present && p.reason.trim().is_empty())
        .map(|p| p.name.as_str())
        .collect();
    judged(unexplained.is_empty(), || {
        let count = unexplained.len();
        lack(field, format!("缺席人员未注明原因：{count}人（{}）", names(&unexplained)), false)
    })
}

fn quorum(facts: &Facts<'_>, percent: u8) -> Verdict {
    let Some((field, due)) = due(facts) else { return Verdict::Untold };
    let came = due.iter().filter(|p| p.attendance == Attendance::Present).count();
    let (part, whole, word) = part_of(percent);
    judged(came * whole >= due.len() * part, || {
        lack(field, format!("应到{}人，实到{came}人，不足{word}", due.len()), true)
    })
}

fn names(all: &[&str]) -> String {
    let shown = all.iter().take(NAMES).copied().collect::<Vec<_>>().join("、");
    if all.len() > NAMES { format!("{shown}等") } else { shown }
}

/// A share in per cent as the fraction that is meant: 67 is two thirds, not sixty-seven hundredths.
fn part_of(percent: u8) -> (usize, usize, String) {
    match percent {
        50 => (1, 2, "半数".to_owned()),
        66 | 67 => (2, 3, "三分之二".to_owned()),
        75 => (3, 4, "四分之三".to_owned()),
        80 => (4, 5, "五分之四".to_owned()),
        p => (usize::from(p), 100, format!("{p}%")),
    }
}

/// A proportion of which all numbers are there, and the sum is not nothing.
pub(crate) struct Share<'a> {
    asked: &'a Proportion,
    title: &'a str,
    unit: &'a str,
    of: String,
    number: i64,
    sum: i64,
}

impl<'a> Share<'a> {
    pub(crate) fn of(facts: &Facts<'a>, asked: &'a Proportion) -> Option<Self> {
        let number = |id: &str| match value(facts, id) {
            Some(Value::Number(n)) => Some(*n),
            _ => None,
        };
        let field = known(facts, &asked.field)?;
        let mut sum = 0_i64;
        for id in &asked.of {
            // One of several may stay empty: nobody was found 不合格.
            let Some(n) = number(id) else {
                if asked.of.len() > 1 {
                    continue;
                }
                return None;
            };
            sum = sum.checked_add(n)?;
        }
        (sum > 0).then_some(Self {
            asked,
            title: &field.title,
            unit: &field.unit,
            of: sum_words(facts, &asked.of),
            number: number(&asked.field)?,
            sum,
        })
    }

    /// In words, when it is out of bounds.
    fn told(&self) -> Option<String> {
        let (part, whole) = (i64::from(self.asked.ratio.part), i64::from(self.asked.ratio.whole));
        let (have, bound) = (self.number.checked_mul(whole)?, self.sum.checked_mul(part)?);
        let out = if self.asked.most { have > bound } else { have < bound };
        let word = if self.asked.most { "超过" } else { "不足" };
        out.then(|| {
            format!(
                "{}{}{unit}，{word}{}{}{unit}的{}",
                self.title,
                thousandths(self.number),
                self.of,
                thousandths(self.sum),
                ratio_words(self.asked.ratio),
                unit = self.unit,
            )
        })
    }

    /// What it is, and how much.
    pub(crate) fn figure(&self) -> (String, String) {
        if self.asked.most {
            let percent = self.number.saturating_mul(1000) / self.sum;
            (format!("{}所占比例", self.title), format!("{}%", thousandths(percent.saturating_mul(100))))
        } else {
            let each = match self.number {
                0 => "—".to_owned(),
                // As people say it: one for so many, to one place.
                n => thousandths(self.sum.saturating_mul(10) / n * 100),
            };
            (format!("{}与{}之比", self.title, self.of), format!("1:{each}"))
        }
    }
}

fn sum_words(facts: &Facts<'_>, of: &[String]) -> String {
    match of {
        [one] => label(facts, one).to_owned(),
        _ => "合计".to_owned(),
    }
}

fn ratio_words(ratio: Ratio) -> String {
    match (ratio.part, ratio.whole) {
        (1, 2) => "二分之一".to_owned(),
        (1, 3) => "三分之一".to_owned(),
        (2, 3) => "三分之二".to_owned(),
        (part, 100) => format!("{part}%"),
        (part, whole) => format!("{part}:{whole}"),
    }
}

/// A number in thousandths as people write it: 1.5.
fn thousandths(n: i64) -> String {
    let sign = if n < 0 { "-" } else { "" };
    let text = format!("{sign}{}.{:03}", (n / 1000).abs(), (n % 1000).abs());
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
