//! The records of the steps that carry lines. What a unit answers and what somebody judges stands in the record of the
//! step, beside the fields of its ledger: it has one place, its revisions and its line in the audit chain.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use model::flow::{Step, Test};
use model::rule::{Drawn as Draft, Field, FieldType, Ledger};
use model::sheet::{Carries, Line, Source};
use model::{
    Attendance, CaseId, Condition, Entry, EntryId, InstitutionId, Participant, PersonId, UnitId, Value,
};
use runtime::sheet::{Basis, Filled, Fraction, Seen, marks, may_judge};
use serde_json::json;
use store::Saved;

use super::campaign::{Campaign, Row};
use super::figures as figures_of;
use super::said::{Says, Settled, WORDS, filled, row_of, settled};
use crate::days::day_words;
use crate::entries::{Record, offer, save};
use crate::{Actor, Fault, Right, Work};

/// Most characters of an answer, where its line says no other number.
const LONG: usize = 5_000;
/// Before the id of a line, in the values of a record.
const PREFIX: &str = "sheet.";

/// The key under which a record keeps what it says of a line.
#[must_use]
fn value_key(line: &str) -> String {
    format!("{PREFIX}{line}")
}

/// What a record says of the lines that it carries, by line.
#[must_use]
pub fn lines_of(entry: &Entry) -> BTreeMap<String, Value> {
    let of = |(id, value): (&String, &Value)| Some((id.strip_prefix(PREFIX)?.to_owned(), value.clone()));
    entry.values.iter().filter_map(of).collect()
}

/// The values of the judged lines of a row, from the records of those who looked.
pub(super) fn values(campaign: &Campaign<'_>, row: &Row) -> BTreeMap<String, Fraction> {
    let mut out = BTreeMap::new();
    let Some(drawn) = &row.drawn else { return out };
    for line in &campaign.sheet().lines {
        let Source::Judge(judged) = &line.source else { continue };
        let key = value_key(&line.id);
        let mark = |id: &EntryId| match campaign.ground.docket.entries.get(id)?.0.values.get(&key)? {
            Value::Choice(option) => {
                judged.options.iter().find(|(known, ..)| known == option).and_then(|(.., worth)| *worth)
            }
            Value::Number(n) => u32::try_from(n / 1000).ok(),
            _ => None,
        };
        let all: Vec<u32> = drawn.looked.iter().filter_map(mark).collect();
        out.extend(marks(judged, &all).map(|(value, _)| (line.id.clone(), value)));
    }
    out
}

/// What a form asks beside the lines of the sheet.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// The ledger of the record.
    pub ledger: &'a Ledger,
    /// The lines that the record carries, as far as they are for the unit.
    pub lines: Vec<&'a Line>,
    /// The fields that a complete record fills and that nothing else here does.
    pub fields: Vec<&'a Field>,
}

/// What the record of the step that carries such lines asks of somebody for a row.
#[must_use]
pub fn asked<'a>(
    work: &'a Work,
    campaign: &'a Campaign<'_>,
    carries: Carries,
    filled: &[Filled],
) -> Option<Asked<'a>> {
    let step = campaign.workflow().step(campaign.carrier(carries)?)?;
    let ledger = work.rulebook.ledger(step.shown_by.iter().find_map(|s| s.ledger.as_deref())?)?;
    let of = |source: &Source| match carries {
        Carries::Ask => matches!(source, Source::Ask { .. }),
        Carries::Judge => matches!(source, Source::Judge(_)),
        Carries::Vote => false,
    };
    // A judged line is for whoever is looked at: it has no value before.
    let is_for = |line: &&Line| {
        of(&line.source)
            && (carries == Carries::Judge || filled.iter().any(|f| f.line == line.id && f.applies))
    };
    let lines = campaign.sheet().lines.iter().filter(is_for).collect();
    let wanted = ledger.complete.iter().filter_map(|c| match c {
        Condition::Present { field } => ledger.field(field),
        _ => None,
    });
    let typed = |f: &&Field| {
        let plain = matches!(
            f.kind,
            FieldType::LongText | FieldType::Text | FieldType::Choice | FieldType::Day | FieldType::Place
        );
        plain && !f.is_title() && f.drawn.is_none()
    };
    Some(Asked { ledger, lines, fields: wanted.filter(typed).collect() })
}

/// What somebody sends of a row.
#[derive(Clone, Debug)]
pub struct Sending {
    /// The record; made with the form, so that a form sent twice is one record.
    pub id: EntryId,
    /// The row.
    pub unit: UnitId,
    /// What is said of items without a record.
    pub answers: Vec<(Basis, Says, String)>,
    /// What is said of lines.
    pub lines: Vec<(String, Value)>,
    /// What is said in other fields.
    pub fields: Vec<(String, Value)>,
}

/// Sends the sheet of a unit: its answers are kept, its record is saved, and its figures are kept where they stand by it. An
/// empty answer is sent as none; nothing is forced.
///
/// # Errors
/// [`Fault::NotFound`] when the account does not keep the unit's records; [`Fault::Conflict`] when nothing is to be sent;
/// [`Fault::Invalid`] when something that was typed does not fit.
pub async fn send(work: &Work, actor: &Actor, case: CaseId, sending: &Sending) -> Result<EntryId, Fault> {
    let campaign = Campaign::seen(work, actor, case).await?;
    let nowhere = || Fault::not_found("这个单位的自查表");
    let row = campaign.row_of(sending.unit).ok_or_else(nowhere)?;
    if !actor.covers(Right::Record, row.unit) {
        return Err(nowhere());
    }
    if row.sent.is_some_and(|s| s.entry == sending.id) {
        return Ok(sending.id);
    }
    if !row.open {
        return Err(Fault::Conflict("这张自查表现在不用送。".to_owned()));
    }
    let mut now = settled(work, &campaign, &[row]).await?.remove(&row.unit).ok_or_else(nowhere)?;
    let form = asked(work, &campaign, Carries::Ask, &now.lines)
        .ok_or_else(|| Fault::Conflict("这次检查没有要单位答的。".to_owned()))?;
    check(&form, sending)?;
    let said = answers(&campaign, row, &now, sending)?;
    if !said.is_empty() {
        let act = actor.act(work, "sheet.answer").on(case).with(json!({
            "title": campaign.row.title, "unit": actor.known.unit_name(row.unit), "items": said.len(),
        }));
        work.store.say_on_sheet(actor.institution, &said, &act).await?;
        // What the record says of what was lacking is said with the answers; what the Book shows is the same.
        let said = work.store.sheet_said(actor.institution, case, Some(row.unit.0)).await?;
        now = filled(&campaign, row, now.figures, &said);
    }
    let mut entry = record(work, actor, &campaign, row.unit, form.ledger, sending);
    draft(&mut entry, form.ledger, &campaign, &now);
    let entry = put(work, actor, case, entry).await?;
    // With the step done the figures may stand from now on.
    let campaign = Campaign::read(work, actor.institution, case).await?;
    if let Some(row) = campaign.row_of(sending.unit) {
        figures_of::keep(work, Some(actor), &campaign, &[row]).await?;
    }
    Ok(entry)
}

/// Writes down what somebody saw who was assigned to look at a row.
///
/// # Errors
/// [`Fault::NotFound`] when the account has not to look at it; [`Fault::Conflict`] when it must not, or nothing is to be
/// looked at; [`Fault::Invalid`] when something that was typed does not fit.
pub async fn judge(work: &Work, actor: &Actor, case: CaseId, sending: &Sending) -> Result<EntryId, Fault> {
    let campaign = Campaign::seen(work, actor, case).await?;
    let nowhere = || Fault::not_found("这个单位的自查表");
    let row = campaign.row_of(sending.unit).ok_or_else(nowhere)?;
    let drawn =
        row.drawn.as_ref().filter(|d| d.looked.contains(&sending.id) || campaign.may_judge(actor, row));
    let drawn = drawn.ok_or_else(nowhere)?;
    if drawn.looked.contains(&sending.id) {
        return Ok(sending.id);
    }
    let Some(bearer) = drawn.bearer else {
        return Err(Fault::Conflict("这个单位现在不用看。".to_owned()));
    };
    let all = settled(work, &campaign, &[row]).await?;
    let now = all.get(&row.unit).ok_or_else(nowhere)?;
    let form = asked(work, &campaign, Carries::Judge, &now.lines)
        .ok_or_else(|| Fault::Conflict("这次检查没有由人评判的。".to_owned()))?;
    check(&form, sending)?;
    if !barred(work, actor, row, &form.lines).await?.is_empty() {
        return Err(Fault::Conflict("应当回避：你是这个单位的人，由别人来看。".to_owned()));
    }
    let mut entry = record(work, actor, &campaign, bearer, form.ledger, sending);
    let step = campaign.carrier(Carries::Judge).and_then(|id| campaign.workflow().step(id));
    about(&mut entry, form.ledger, row, (actor, drawn.person, &drawn.team), step);
    put(work, actor, case, entry).await
}

/// The units whose people somebody is one of: their branch, and where they hold a post.
///
/// # Errors
/// When the store cannot read.
pub(super) async fn units_of(
    work: &Work,
    institution: InstitutionId,
    person: PersonId,
) -> Result<BTreeSet<UnitId>, Fault> {
    let today = work.clock.today();
    let holds = |since: Date, until: Option<Date>| since <= today && until.is_none_or(|u| today < u);
    let memberships = work.store.memberships_of(institution, person).await?;
    let now = memberships.iter().filter(|m| holds(m.since, m.until));
    let mut out: BTreeSet<UnitId> = now.map(|m| m.branch).collect();
    let posts = work.store.posts_of(institution, &[person]).await?;
    out.extend(posts.iter().filter(|p| holds(p.since, p.until)).map(|p| p.unit));
    Ok(out)
}

/// The lines of a row that an account must not judge.
///
/// # Errors
/// When the store cannot read.
pub async fn barred(
    work: &Work,
    actor: &Actor,
    row: &Row,
    lines: &[&Line],
) -> Result<BTreeSet<String>, Fault> {
    let Some(me) = actor.person else { return Ok(BTreeSet::new()) };
    let own = units_of(work, actor.institution, me).await?;
    let of_unit = |_: PersonId, unit: UnitId| own.contains(&unit);
    // Who is near to whom nobody has told the roster.
    let near = |_: PersonId, _: PersonId| false;
    let is_barred = |line: &&&Line| match &line.source {
        Source::Judge(judged) => !may_judge(judged, me, &row.of(), &near, &of_unit),
        _ => false,
    };
    Ok(lines.iter().filter(is_barred).map(|l| l.id.clone()).collect())
}

/// Whether what was typed fits.
fn check(form: &Asked<'_>, sending: &Sending) -> Result<(), Fault> {
    let mut errors = Vec::new();
    let mut long = |name: String, value: &Value, most: usize| {
        if let Value::Text(text) = value
            && text.chars().count() > most
        {
            errors.push(crate::FieldError { field: name, message: format!("最多 {most} 个字。") });
        }
    };
    for (id, value) in &sending.lines {
        let most = form.lines.iter().find(|l| l.id == *id).and_then(|l| match &l.source {
            Source::Ask { at_most_chars, .. } => at_most_chars.map(|n| n as usize),
            _ => None,
        });
        long(format!("l.{id}"), value, most.unwrap_or(LONG));
    }
    for (id, value) in &sending.fields {
        long(format!("f.{id}"), value, LONG);
    }
    if errors.is_empty() { Ok(()) } else { Err(Fault::Invalid(errors)) }
}

/// What is new of the answers: of items that nobody has answered or of which something else was said.
fn answers(
    campaign: &Campaign<'_>,
    row: &Row,
    now: &Settled,
    sending: &Sending,
) -> Result<Vec<store::SheetSaid>, Fault> {
    let open: BTreeSet<&Basis> = (now.figures.laid.lines.iter().flat_map(|l| &l.items))
        .filter(|i| i.item.seen == Seen::Unseen)
        .map(|i| &i.item.basis)
        .collect();
    let mut out = Vec::new();
    for (basis, says, words) in &sending.answers {
        if !open.contains(basis) {
            return Err(Fault::Conflict("这一项已经有记录，不用再答，刷新再看。".to_owned()));
        }
        if words.chars().count() > WORDS {
            return Err(Fault::field("answers", format!("说明最多 {WORDS} 个字。")));
        }
        let same = now.spoken.get(basis).is_some_and(|s| s.says == *says && s.words == words.trim());
        if !same {
            out.push(row_of(campaign.row.id, row.unit, basis, says.id(), words)?);
        }
    }
    Ok(out)
}

/// A record with what was sent.
fn record(
    work: &Work,
    actor: &Actor,
    campaign: &Campaign<'_>,
    unit: UnitId,
    ledger: &Ledger,
    sending: &Sending,
) -> Entry {
    let title = format!("{}：{}", campaign.row.title, actor.known.unit_name(sending.unit));
    let mut values: BTreeMap<String, Value> = sending.fields.iter().cloned().collect();
    values.extend(sending.lines.iter().map(|(line, value)| (value_key(line), value.clone())));
    if let Some(field) = ledger.fields.iter().find(|f| f.is_title()) {
        values.insert(field.id.clone(), Value::Text(title.clone()));
    }
    let now = work.clock.now();
    Entry {
        id: sending.id,
        unit,
        ledgers: vec![ledger.id.clone()],
        day: work.clock.today(),
        title,
        values,
        revision: 0,
        entered_at: now,
        entered_by: actor.account,
        revised_at: now,
        withdrawn: false,
    }
}

/// What the record says by itself: what the sheet shows, and what it lacks.
fn draft(entry: &mut Entry, ledger: &Ledger, campaign: &Campaign<'_>, now: &Settled) {
    for field in &ledger.fields {
        let words = match &field.drawn {
            Some(Draft::Doings) => shown(campaign, now),
            Some(Draft::Undone) => lacking(campaign, now),
            _ => continue,
        };
        entry.values.entry(field.id.clone()).or_insert(Value::Text(words));
    }
}

/// Line by line how many are met, of how many.
fn shown(campaign: &Campaign<'_>, now: &Settled) -> String {
    let mut out = format!("按{}的记录填出：", day_words(now.figures.window.cutoff));
    for line in now.lines.iter().filter(|l| l.applies && !l.items.is_empty()) {
        let title = campaign.sheet().line(&line.line).map_or("", |l| l.title.as_str());
        let met = line.count(Seen::Met) + line.count(Seen::Late);
        out.push_str(&format!("\n{title}：{} 项中 {met} 项", line.items.len()));
    }
    out
}

/// What lacks, with what was said of it.
fn lacking(campaign: &Campaign<'_>, now: &Settled) -> String {
    let mut out = Vec::new();
    for (line, laid) in now.lines.iter().zip(&now.figures.laid.lines) {
        let title = campaign.sheet().line(&line.line).map_or("", |l| l.title.as_str());
        for item in &line.items {
            let words = laid.items.iter().find(|i| i.item.basis == item.basis);
            let words = words.map_or("", |i| i.words.as_str());
            let said = now.spoken.get(&item.basis);
            let how = match item.seen {
                Seen::Unseen => said.map_or_else(|| "没有看到记录".to_owned(), super::Spoken::said),
                Seen::Undone if item.lacks.is_empty() => "没有办".to_owned(),
                Seen::Undone => item.lacks.join("、"),
                Seen::Met | Seen::Late => continue,
            };
            out.push(format!("{title}　{words}：{how}"));
        }
    }
    if out.is_empty() { "未发现".to_owned() } else { out.join("\n") }
}

/// Whom the record of somebody who looked is about, and who looked: the fields that the guards of its step ask for, and those of
/// a complete record.
fn about(
    entry: &mut Entry,
    ledger: &Ledger,
    row: &Row,
    (actor, person, team): (&Actor, Option<PersonId>, &str),
    step: Option<&Step>,
) {
    let (id, name) = match actor.person {
        Some(me) => (Some(me), actor.name.clone()),
        None => (person, team.to_owned()),
    };
    let guarded: BTreeSet<&str> = (step.into_iter().flat_map(|s| &s.guard))
        .filter_map(|g| match &g.test {
            Test::People(test) => Some(test.field.as_str()),
            _ => None,
        })
        .collect();
    let complete: BTreeSet<&str> = (ledger.complete.iter())
        .filter_map(|c| match c {
            Condition::Present { field } => Some(field.as_str()),
            _ => None,
        })
        .collect();
    for field in &ledger.fields {
        let asked = guarded.contains(field.id.as_str()) || complete.contains(field.id.as_str());
        let value = match field.kind {
            FieldType::Units => Value::Units(vec![row.unit]),
            FieldType::Unit => Value::Unit(row.unit),
            FieldType::Person if asked => Value::Person { id, name: name.clone() },
            FieldType::People if asked => Value::People(vec![Participant {
                person: id,
                name: name.clone(),
                attendance: Attendance::Present,
                reason: String::new(),
                guest: false,
                role: String::new(),
            }]),
            _ => continue,
        };
        entry.values.entry(field.id.clone()).or_insert(value);
    }
}

/// Saves the record of a step, with what it counts for.
pub(super) async fn put(work: &Work, actor: &Actor, case: CaseId, entry: Entry) -> Result<EntryId, Fault> {
    let found = offer(work, actor, &entry, None, None).await?;
    let record = Record {
        entry: &entry,
        based_on: 0,
        proposals: &found.proposals,
        reason: "",
        case: Some(case),
        chase: None,
    };
    match save(work, actor, &record).await? {
        Saved::Done(saved) | Saved::Already(saved) => Ok(saved.id),
        Saved::Stale(_) => Err(Fault::Conflict("这条记录已经改过，刷新再看。".to_owned())),
    }
}
