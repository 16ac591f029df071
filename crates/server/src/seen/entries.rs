//! Records as lines of a list, and those that wait for somebody on a home page.

use model::{Attendance, Confirmation, Entry, EntryId, UnitId};
use store::{EntryFilter, EntryRow, NoteKind};
use web::App;
use web::permit::Right;
use web::view::day_words_on;
use web::view::found::Found;
use work::clock::day_of;
use work::counts::{Records, counted_after};
use work::{Actor, Fault, entries};

/// Records of each kind that a home page shows.
const SHOWN: u32 = 5;

/// One record in the list.
pub(crate) struct Row {
    pub(crate) href: String,
    pub(crate) day: String,
    pub(crate) ledgers: String,
    pub(crate) title: String,
    /// The title with what was looked for marked; empty when nothing was.
    pub(crate) marked: Vec<Found>,
    /// What of the rest holds what was looked for, marked; empty when nothing was looked for, or nothing holds it.
    pub(crate) excerpt: Vec<Found>,
    pub(crate) unit: String,
    pub(crate) unit_href: String,
    /// 24 / 26; a dash when nobody is named.
    pub(crate) came: String,
    pub(crate) counts: usize,
    /// What is lacking; empty when it is complete.
    pub(crate) lacks: Vec<String>,
    pub(crate) entered: String,
    pub(crate) late: String,
    /// How it stands with the level above: sign and word; none where nobody is asked.
    pub(crate) confirm: Option<(&'static str, &'static str)>,
}

/// The mark of a state: its class, its sign and its word.
pub(crate) fn mark(state: Confirmation) -> (&'static str, &'static str) {
    match state {
        Confirmation::Waiting => ("warn", state.word()),
        Confirmation::Confirmed => ("ok", state.word()),
        Confirmation::Returned => ("err", state.word()),
    }
}

pub(crate) fn came(entry: &Entry) -> Option<(usize, usize)> {
    let own = || entry.people().iter().filter(|p| !p.guest);
    (own().count() > 0)
        .then(|| (own().filter(|p| p.attendance == Attendance::Present).count(), own().count()))
}

fn days_late(entry: &Entry) -> i32 {
    entry.day.until(day_of(entry.entered_at)).map_or(0, |s| s.get_days())
}

pub(crate) fn titles(app: &App, entry: &Entry) -> String {
    app.rulebook.ledgers_of(entry).iter().map(|l| l.title.as_str()).collect::<Vec<_>>().join("、")
}

/// Records as lines of a list.
///
/// # Errors
/// When the store cannot read.
pub(crate) async fn rows(app: &App, actor: &Actor, entries: &[EntryRow]) -> Result<Vec<Row>, Fault> {
    let writes = app.store.writes(actor.institution).await?;
    rows_after(app, actor, entries, writes).await
}

pub(crate) async fn rows_after(
    app: &App,
    actor: &Actor,
    entries: &[EntryRow],
    writes: i64,
) -> Result<Vec<Row>, Fault> {
    let counts = counted_after(app, actor, entries, writes).await?;
    let today = app.clock.today();
    Ok(entries
        .iter()
        .map(|row| {
            let entry = &row.entry;
            Row {
                href: format!("/entries/{}", entry.id),
                day: day_words_on(today, entry.day),
                ledgers: titles(app, entry),
                title: entry.title.clone(),
                marked: Vec::new(),
                excerpt: Vec::new(),
                unit: actor.known.unit_name(entry.unit).to_owned(),
                unit_href: format!("/entries?unit={}", entry.unit),
                came: came(entry).map_or_else(|| "—".to_owned(), |(n, of)| format!("{n} / {of}")),
                counts: counts.get(&entry.id).copied().unwrap_or(0),
                lacks: if row.incomplete {
                    entries::lacks(app, entry).into_iter().map(|m| m.words).collect()
                } else {
                    Vec::new()
                },
                entered: day_words_on(today, day_of(entry.entered_at)),
                late: if row.late { format!("补录，隔 {} 天", days_late(entry)) } else { String::new() },
                confirm: row.confirmation.map(mark),
            }
        })
        .collect())
}

/// The list of what waits for somebody's confirmation.
pub(crate) fn waiting_href() -> String {
    "/entries?state=waiting&above=1".to_owned()
}

/// Records of one state on a home page.
#[derive(Default)]
pub(crate) struct Heap {
    pub(crate) count: Records,
    pub(crate) href: String,
    /// Each with what is said of it: for a returned one the reason.
    pub(crate) rows: Vec<(Row, String)>,
}

impl Heap {
    /// Whether there is anything.
    pub(crate) fn is_some(&self) -> bool {
        !self.rows.is_empty()
    }
}

/// What waits for this account's confirmation: in the units for which it was named.
///
/// # Errors
/// When the store cannot read.
pub(crate) async fn waiting(app: &App, actor: &Actor) -> Result<Heap, Fault> {
    if !actor.may(Right::Confirm) {
        return Ok(Heap::default());
    }
    let filter = EntryFilter {
        confirmation: Some(Confirmation::Waiting),
        above: Some(actor.own_units(Right::Confirm)),
        ..EntryFilter::default()
    };
    heap(app, actor, filter, waiting_href()).await
}

/// What was returned to these units.
///
/// # Errors
/// When the store cannot read.
pub(crate) async fn returned(app: &App, actor: &Actor, root: UnitId) -> Result<Heap, Fault> {
    let filter = EntryFilter {
        units: Some(actor.known.organisation.subtree(root)),
        confirmation: Some(Confirmation::Returned),
        ..EntryFilter::default()
    };
    heap(app, actor, filter, format!("/entries?unit={root}&state=returned")).await
}

async fn heap(app: &App, actor: &Actor, filter: EntryFilter, href: String) -> Result<Heap, Fault> {
    let scope = actor.scope_for(Right::SeeEntries);
    let found = app.store.entries(actor.institution, &scope, &filter, SHOWN).await?;
    if found.is_empty() {
        return Ok(Heap::default());
    }
    let ids: Vec<EntryId> = found.iter().map(|r| r.entry.id).collect();
    let notes = app.store.last_notes(actor.institution, &ids).await?;
    let count = work::counts::how_many(app, actor, &scope, &filter).await?;
    let rows = rows(app, actor, &found).await?;
    let said = ids.iter().map(|id| match notes.get(id) {
        Some(note) if note.kind == NoteKind::Returned => note.words.clone(),
        _ => String::new(),
    });
    Ok(Heap { count, href, rows: rows.into_iter().zip(said).collect() })
}
