//! What a list of records is asked for: the address as a filter, the filter as controls and in words.

use jiff::civil::Date;
use model::rule::{Field, FieldType, Ledger};
use model::{Confirmation, EntryId, PersonId, UnitId};
use store::{EntryFilter, FieldFilter, Wanted};
use web::App;
use web::extract::Fields;
use web::permit::Right;
use work::clock::china;
use work::days::day_words_on;
use work::numbers::decimal;
use work::{Actor, Fault};

use work::units::named;

use super::typed::thousandths;
use work::privacy;

/// The states that a list can be narrowed to, with their words.
pub(super) const STATES: [(&str, &str); 7] = [
    ("complete", "齐全"),
    ("incomplete", "待补"),
    ("late", "补录"),
    ("waiting", "待确认"),
    ("returned", "已退回"),
    ("confirmed", "已确认"),
    ("withdrawn", "已撤回"),
];

/// The filter that a query says: `ledger`, `unit` (with all below it) or `in` (what its name holds), `person`, `from`,
/// `to`, `q`, `entered` (since that day), `late`, `incomplete`, `state`, `above` (1: what one's own units have to
/// confirm), `sort`, `after` (day and id of the last record of the page before), and of the ledger's fields `w_<id>`.
pub(crate) fn filter(app: &App, actor: &Actor, query: &Fields) -> EntryFilter {
    let text = |name: &str| Some(query.text(name)).filter(|t| !t.is_empty()).map(str::to_owned);
    let yes = |name: &str| (query.text(name) == "1").then_some(true);
    let state = query.text("state");
    let after = query
        .text("after")
        .split_once('_')
        .and_then(|(day, id)| Some((day.parse::<Date>().ok()?, id.parse::<EntryId>().ok()?)));
    let units = match (query.parsed::<UnitId>("unit"), query.text("in")) {
        (Some(unit), _) => Some(actor.known.organisation.subtree(unit)),
        (None, "") => None,
        (None, words) => Some(named(&actor.known.organisation, words)),
    };
    let mut wanted = Vec::new();
    if let Some(ledger) = app.rulebook.ledger(query.text("ledger")) {
        for field in &ledger.fields {
            let Some(one) = of_field(field, query) else { continue };
            // What one may not read in a record, one does not find it by.
            let closed = privacy::closed(app, actor, &field.id);
            wanted.push(FieldFilter { field: field.id.clone(), wanted: one, closed });
        }
    }
    EntryFilter {
        ledger: text("ledger"),
        units,
        person: query.parsed("person").map(|p| privacy::named(app, actor, p)),
        from: query.day("from"),
        to: query.day("to"),
        words: text("q").map(|w| w.to_lowercase()),
        entered_from: query.day("entered").and_then(|d| d.to_zoned(china()).ok()).map(|z| z.timestamp()),
        late: yes("late").or((state == "late").then_some(true)),
        incomplete: match state {
            "incomplete" => Some(true),
            "complete" => Some(false),
            _ => yes("incomplete"),
        },
        withdrawn: state == "withdrawn",
        confirmation: Confirmation::ALL.into_iter().find(|c| c.id() == state),
        above: (query.text("above") == "1").then(|| actor.own_units(Right::Confirm)),
        fields: wanted,
        oldest_first: query.text("sort") == "day",
        after,
    }
}

/// Refuses conditions that cannot be read: passed over, or found in nothing, they would make a list that looks like the one
/// that was asked for.
///
/// # Errors
/// [`Fault::BadRequest`] that names each of them.
pub(super) fn understood(app: &App, query: &Fields) -> Result<(), Fault> {
    let mut wrong: Vec<&str> = Vec::new();
    wrong.extend(app.rulebook.ledger(query.text("ledger")).is_none().then_some("ledger"));
    wrong.extend(query.parsed::<UnitId>("unit").is_none().then_some("unit"));
    wrong.extend(query.parsed::<PersonId>("person").is_none().then_some("person"));
    wrong.extend(STATES.iter().all(|(id, _)| *id != query.text("state")).then_some("state"));
    wrong.extend(["from", "to", "entered"].into_iter().filter(|name| query.day(name).is_none()));
    wrong.retain(|name| !query.text(name).is_empty());
    if wrong.is_empty() {
        return Ok(());
    }
    let said: Vec<String> = wrong.iter().map(|name| format!("{name}={}", query.text(name))).collect();
    Err(Fault::BadRequest(format!("网址里有读不懂的条件：{}。请回到“记录”重新选。", said.join("，"))))
}

fn name_of(field: &Field) -> String {
    format!("w_{}", field.id)
}

/// What is asked of one field.
fn of_field(field: &Field, query: &Fields) -> Option<Wanted> {
    let name = name_of(field);
    let (least, most) = (format!("{name}_a"), format!("{name}_b"));
    match field.kind {
        FieldType::Day | FieldType::Days => match (query.day(&least), query.day(&most)) {
            (None, None) => None,
            (a, b) => Some(Wanted::Days(a, b)),
        },
        FieldType::Number | FieldType::Money => {
            let number = |n: &str| {
                let places = if field.kind == FieldType::Money { 2 } else { 3 };
                let found = thousandths(query.text(n), places)?;
                Some(if field.kind == FieldType::Money { found / 10 } else { found })
            };
            match (number(&least), number(&most)) {
                (None, None) => None,
                (a, b) => Some(Wanted::Number(a, b)),
            }
        }
        FieldType::Choice | FieldType::Choices => {
            let chosen = query.text(&name);
            field.options.iter().any(|(id, _)| id == chosen).then(|| Wanted::Id(chosen.to_owned()))
        }
        FieldType::Unit | FieldType::Units => {
            query.parsed::<UnitId>(&name).map(|u| Wanted::Id(u.to_string()))
        }
        FieldType::Link => query.parsed::<EntryId>(&name).map(|e| Wanted::Id(e.to_string())),
        FieldType::File | FieldType::Rows => None,
        FieldType::Text | FieldType::LongText | FieldType::Place | FieldType::Person | FieldType::People => {
            Some(query.text(&name)).filter(|t| !t.is_empty()).map(|t| Wanted::Words(t.to_owned()))
        }
    }
}

/// How a condition on a field is asked for.
pub(super) enum Way {
    /// One of these: value, word, whether chosen.
    Select(Vec<(String, String, bool)>),
    /// Words.
    Words(String),
    /// From and to, as `date` or `text` inputs.
    Span(&'static str, String, String),
}

/// A condition on a field, as a control of the filter.
pub(super) struct Sieve {
    pub(super) name: String,
    pub(super) label: String,
    pub(super) way: Way,
}

/// The conditions that the fields of a ledger allow; those of one whose field nobody here may read are left out.
pub(super) fn sieves(actor: &Actor, ledger: &Ledger, query: &Fields) -> Vec<Sieve> {
    let covered = actor.units_for(Right::SeeEntries);
    ledger
        .fields
        .iter()
        .filter(|f| !matches!(f.kind, FieldType::Link | FieldType::File | FieldType::Rows) && !f.is_title())
        .filter(|f| privacy::reads_any(actor, f.privacy))
        .map(|field| {
            let name = name_of(field);
            let chosen = query.text(&name);
            let way = match field.kind {
                FieldType::Choice | FieldType::Choices => Way::Select(
                    field.options.iter().map(|(id, w)| (id.clone(), w.clone(), id == chosen)).collect(),
                ),
                FieldType::Unit | FieldType::Units => Way::Select(
                    actor
                        .known
                        .organisation
                        .units
                        .iter()
                        .filter(|u| covered.contains(&u.id))
                        .map(|u| (u.id.to_string(), u.name.clone(), u.id.to_string() == chosen))
                        .collect(),
                ),
                FieldType::Day | FieldType::Days | FieldType::Number | FieldType::Money => {
                    let kind =
                        if matches!(field.kind, FieldType::Day | FieldType::Days) { "date" } else { "text" };
                    let end = |e: &str| query.text(&format!("{name}_{e}")).to_owned();
                    Way::Span(kind, end("a"), end("b"))
                }
                _ => Way::Words(chosen.to_owned()),
            };
            let label =
                if field.is_attendance() { "出席情况里的人".to_owned() } else { field.title.clone() };
            Sieve { name, label, way }
        })
        .collect()
}

/// The filter in words, for the place where nothing was found and for what was exported.
pub(super) fn said(app: &App, actor: &Actor, query: &Fields) -> String {
    let mut out = Vec::new();
    if let Some(ledger) = app.rulebook.ledger(query.text("ledger")) {
        out.push(format!("台账“{}”", ledger.title));
        for field in &ledger.fields {
            if let Some(wanted) = of_field(field, query) {
                out.push(format!(
                    "{}{}",
                    field.title,
                    wanted_words(actor, app.clock.today(), field, &wanted)
                ));
            }
        }
    }
    if let Some(unit) = query.parsed::<UnitId>("unit") {
        out.push(actor.known.unit_name(unit).to_owned());
    } else if !query.text("in").is_empty() {
        out.push(format!("组织名称含“{}”", query.text("in")));
    }
    if !query.text("q").is_empty() {
        out.push(format!("含“{}”", query.text("q")));
    }
    let today = app.clock.today();
    out.push(span(today, query.day("from"), query.day("to")));
    let state = STATES.iter().find(|(id, _)| *id == query.text("state"));
    out.push(state.map_or_else(String::new, |(_, word)| (*word).to_owned()));
    if query.text("above") == "1" {
        out.push("由我这一级确认".to_owned());
    }
    out.retain(|w| !w.is_empty());
    out.join("，")
}

/// From when to when, in words; a day of another year than today says which.
fn span(today: Date, from: Option<Date>, to: Option<Date>) -> String {
    let words = |day| day_words_on(today, day);
    match (from, to) {
        (Some(a), Some(b)) => format!("{}至{}", words(a), words(b)),
        (Some(a), None) => format!("{}起", words(a)),
        (None, Some(b)) => format!("至{}", words(b)),
        (None, None) => String::new(),
    }
}

fn wanted_words(actor: &Actor, today: Date, field: &Field, wanted: &Wanted) -> String {
    match wanted {
        Wanted::Id(id) => {
            let option = field.options.iter().find(|(o, _)| o == id).map(|(_, w)| w.clone());
            let unit = || id.parse::<UnitId>().ok().map(|u| actor.known.unit_name(u).to_owned());
            format!("是“{}”", option.or_else(unit).unwrap_or_default())
        }
        Wanted::Words(words) => format!("含“{words}”"),
        Wanted::Days(a, b) => span(today, *a, *b),
        Wanted::Number(a, b) => {
            let scale = if field.kind == FieldType::Money { 10 } else { 1 };
            let n = |v: &Option<i64>| v.map(|v| decimal(v * scale));
            match (n(a), n(b)) {
                (Some(a), Some(b)) => format!("{a}—{b}"),
                (Some(a), None) => format!("不少于 {a}"),
                (None, Some(b)) => format!("不多于 {b}"),
                (None, None) => String::new(),
            }
        }
    }
}
