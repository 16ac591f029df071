//! The columns of a list of records: which there are, which are shown, what stands in them, and how they sort.

use std::cmp::Ordering;

use model::rule::{Field, Ledger};
use model::{Confirmation, Entry, Value};
use store::EntryRow;
use web::App;
use web::extract::Fields;
use work::Actor;

use crate::seen::entries::Row;
use crate::seen::values::words;
use work::privacy::may_read;

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Col<'r> {
    Day,
    Ledgers,
    Title,
    Unit,
    Came,
    Counts,
    Complete,
    Confirmed,
    Entered,
    /// A field of the ledger that the list is of.
    Field(&'r Field),
}

/// Those that every list has, in order.
const PLAIN: [Col<'static>; 9] = [
    Col::Day,
    Col::Ledgers,
    Col::Title,
    Col::Unit,
    Col::Came,
    Col::Counts,
    Col::Complete,
    Col::Confirmed,
    Col::Entered,
];
/// Fields of a ledger that are shown until somebody chooses.
const FIELDS: usize = 3;
/// Most characters of a field in a list; the record itself says the rest.
const SHORT: usize = 60;

impl<'r> Col<'r> {
    pub(super) fn id(self) -> String {
        match self {
            Self::Day => "day".to_owned(),
            Self::Ledgers => "ledgers".to_owned(),
            Self::Title => "title".to_owned(),
            Self::Unit => "unit".to_owned(),
            Self::Came => "came".to_owned(),
            Self::Counts => "counts".to_owned(),
            Self::Complete => "complete".to_owned(),
            Self::Confirmed => "confirmed".to_owned(),
            Self::Entered => "entered".to_owned(),
            Self::Field(field) => format!("f_{}", field.id),
        }
    }

    pub(super) fn title(self) -> String {
        match self {
            Self::Day => "发生".to_owned(),
            Self::Ledgers => "台账".to_owned(),
            Self::Title => "内容".to_owned(),
            Self::Unit => "组织".to_owned(),
            Self::Came => "到会 / 应到".to_owned(),
            Self::Counts => "计入".to_owned(),
            Self::Complete => "是否齐全".to_owned(),
            Self::Confirmed => "上级确认".to_owned(),
            Self::Entered => "填写".to_owned(),
            Self::Field(field) => field.title.clone(),
        }
    }

    pub(super) fn is_right(self) -> bool {
        matches!(self, Self::Came | Self::Counts)
    }

    /// All that there are for this list.
    pub(super) fn all(ledger: Option<&'r Ledger>) -> Vec<Self> {
        let fields = ledger.into_iter().flat_map(|l| &l.fields);
        let own = fields.filter(|f| !f.is_head());
        PLAIN.into_iter().chain(own.map(Self::Field)).collect()
    }

    /// Those that are shown: what was chosen (`col`), or the usual ones. The title is always there: it leads on.
    pub(super) fn shown(ledger: Option<&'r Ledger>, query: &Fields) -> Vec<Self> {
        let all = Self::all(ledger);
        let chosen: Vec<&str> = query.all("col").collect();
        if !chosen.is_empty() {
            return all
                .into_iter()
                .filter(|c| *c == Self::Title || chosen.contains(&c.id().as_str()))
                .collect();
        }
        let asked = ledger.is_some_and(|l| l.confirmed_above)
            || Confirmation::ALL.iter().any(|c| c.id() == query.text("state"));
        let usual = ledger.map(|l| l.columns.as_slice()).unwrap_or_default();
        let mut left = FIELDS;
        let mut out = Vec::new();
        for col in all {
            let here = match col {
                Self::Ledgers => ledger.is_none(),
                Self::Confirmed => asked,
                Self::Field(field) => {
                    let here = usual.contains(&field.id) && left > 0;
                    left -= usize::from(here);
                    here
                }
                _ => true,
            };
            if here {
                out.push(col);
            }
        }
        // The fields of a ledger are its substance: they stand behind what it was about.
        out.sort_by_key(|c| match c {
            Self::Day | Self::Ledgers => 0,
            Self::Title => 1,
            Self::Field(_) => 2,
            _ => 3,
        });
        out
    }
}

/// What a field of a record says in a list.
pub(super) fn field_words(app: &App, actor: &Actor, field: &Field, row: &EntryRow) -> String {
    let entry = &row.entry;
    match entry.values.get(&field.id) {
        None => String::new(),
        Some(_) if !may_read(app, actor, entry, &field.id) => "限定范围".to_owned(),
        Some(value) => {
            let all = words(Some(field), value, &actor.known.organisation).replace('\n', " ");
            match all.char_indices().nth(SHORT) {
                Some((at, _)) => format!("{}…", all.get(..at).unwrap_or_default()),
                None => all,
            }
        }
    }
}

/// The order of a list that is sorted by something else than its day: `sort=unit`, `sort=-f_hours`.
pub(super) fn sort(app: &App, actor: &Actor, col: Col<'_>, down: bool, rows: &mut [(EntryRow, Row)]) {
    let compare = |a: &(EntryRow, Row), b: &(EntryRow, Row)| -> Ordering {
        let (x, y) = (&a.0.entry, &b.0.entry);
        match col {
            Col::Day => (x.day, x.id).cmp(&(y.day, y.id)),
            Col::Ledgers => a.1.ledgers.cmp(&b.1.ledgers),
            Col::Title => x.title.cmp(&y.title),
            Col::Unit => actor.known.place(x.unit).cmp(&actor.known.place(y.unit)),
            Col::Came => share(&a.1.came).cmp(&share(&b.1.came)),
            Col::Counts => a.1.counts.cmp(&b.1.counts),
            Col::Complete => a.1.lacks.len().cmp(&b.1.lacks.len()),
            Col::Confirmed => a.0.confirmation.cmp(&b.0.confirmation),
            Col::Entered => x.entered_at.cmp(&y.entered_at),
            Col::Field(field) => {
                let of = |row: &EntryRow| row.entry.values.get(&field.id).map(key);
                let readable = |e: &Entry| may_read(app, actor, e, &field.id);
                match (readable(x), readable(y)) {
                    (true, true) => of(&a.0).cmp(&of(&b.0)).then_with(|| {
                        field_words(app, actor, field, &a.0).cmp(&field_words(app, actor, field, &b.0))
                    }),
                    (a, b) => b.cmp(&a),
                }
            }
        }
    };
    rows.sort_by(|a, b| {
        let order = compare(a, b);
        let order = if down { order.reverse() } else { order };
        order.then_with(|| (b.0.entry.day, b.0.entry.id).cmp(&(a.0.entry.day, a.0.entry.id)))
    });
}

/// Numbers and days in their own order; words are compared as they are shown.
fn key(value: &Value) -> i64 {
    match value {
        Value::Number(n) | Value::Money(n) => *n,
        Value::Day(d) | Value::Days(d, _) => {
            i64::from(d.year()) * 10_000 + i64::from(d.month()) * 100 + i64::from(d.day())
        }
        _ => 0,
    }
}

/// 24 / 26 as a share in thousandths.
fn share(came: &str) -> u64 {
    let mut numbers = came.split('/').filter_map(|n| n.trim().parse::<u64>().ok());
    match (numbers.next(), numbers.next()) {
        (Some(n), Some(of)) if of > 0 => n * 1000 / of + 1,
        _ => 0,
    }
}
