//! One case: first what holds it open, then the ladder of steps with days and records, then what happened.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use jiff::civil::Date;
use model::flow::{Due, DueRule, Step, Workflow};
use model::rule::{Field, Privacy};
use model::{AccountId, CaseId, Entry, EntryId, Row, UnitId, Value};
use office::gongwen::{self, Block, Gongwen, Kind, Table};
use rulebook::{Called, Rulebook};
use runtime::flow::{Case, Done, OpenStep, State as Standing, Status, Subject, Unmet, What, grantor};
use store::{CaseEntryRow, CaseEventRow, CaseFilter, CaseSight, EntryRow, Running, Scope};
use web::download::{DOCX, file, local_now};
use web::extract::Path;
use web::permit::{Right, Route, Rule, get};
use web::view::{Choice, Frame, Place, day_words_on, days_left, long_day_words, page};
use web::{App, Reply};
use work::cases::{self, Ground};
use work::privacy::{is_for_few, may_read};
use work::{Actor, Fault};

use crate::seen::values;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/cases/{id}", Rule::May(Right::SeeEntries), show),
        get("/cases/{id}/docx", Rule::May(Right::SeeEntries), docx),
    ]
}

/// Lines of a step that are shown one by one; of more each has a row.
const LANES: usize = 3;

/// Something that a step lacks, or should heed.
struct Need {
    words: String,
    article: String,
    refuses: bool,
}

/// A step that holds the case open.
struct Hold {
    step: String,
    line: String,
    place: usize,
    title: String,
    bearer: String,
    mine: bool,
    since: String,
    days: String,
    first_due: String,
    due: String,
    due_note: String,
    late: bool,
    /// Where the due day comes from: its article, or that it only reminds.
    due_rule: String,
    needs: Vec<Need>,
    disputed: bool,
    /// How many others wait for the same step of the same unit and may be done in one record with this one.
    alike: usize,
    /// Whether it stands beside and holds nothing up.
    beside: bool,
    /// Whether somebody records it; else it passes by itself.
    record: bool,
    may_skip: bool,
    may_extend: bool,
}

/// One step of the ladder.
struct Rung {
    number: usize,
    title: String,
    words: String,
    bearer: String,
    day: String,
    href: String,
    record: String,
    /// Names of the files in its record.
    papers: Vec<String>,
    class: &'static str,
}

/// Something that happened.
struct Past {
    day: String,
    words: String,
    who: String,
}

/// What the newest record of the case says: what was applied for, why it was returned.
struct Newest {
    href: String,
    /// The step that it moved, and what came out of it.
    step: String,
    title: String,
    day: String,
    unit: String,
    says: Vec<(String, String)>,
    papers: Vec<String>,
}

/// A case above, under or beside this one.
struct Kin {
    href: String,
    title: String,
    words: String,
}

#[derive(askama::Template)]
#[template(path = "cases/show.html")]
struct CasePage {
    frame: Frame,
    crumb: Vec<Choice>,
    id: CaseId,
    title: String,
    sub: String,
    holds: Vec<Hold>,
    /// Of a step with many lines those that wait, a row each.
    lanes: Vec<Hold>,
    steps: usize,
    ended: String,
    rungs: Vec<Rung>,
    /// Those that are still far ahead.
    ahead: Vec<Rung>,
    done: usize,
    refused: Vec<(String, String, Vec<Need>)>,
    newest: Option<Newest>,
    numbers: Vec<String>,
    facts: Vec<(String, String)>,
    kin: Vec<Kin>,
    past: Vec<Past>,
    back_to: Vec<(String, String)>,
    units: Vec<(String, String)>,
    may_act: bool,
    hidden: bool,
}

async fn show(State(app): State<App>, actor: Actor, frame: Frame, Path(id): Path<CaseId>) -> Reply {
    page(&built(&app, &actor, frame, id).await?)
}

/// The dossier: which papers there are, step by step, and what is missing.
async fn docx(State(app): State<App>, actor: Actor, frame: Frame, Path(id): Path<CaseId>) -> Reply {
    let case = built(&app, &actor, frame, id).await?;
    let bytes = gongwen::write(local_now(&app), &case.dossier()).map_err(anyhow::Error::from)?;
    file(&format!("{}材料目录.docx", case.title), "luoshi-case.docx", DOCX, bytes)
}

async fn built(app: &App, actor: &Actor, frame: Frame, id: CaseId) -> Result<CasePage, Fault> {
    let institution = actor.institution;
    let filter =
        CaseFilter { ids: Some(BTreeSet::from([id])), running: Running::All, ..CaseFilter::default() };
    let mut seen = app.store.cases(institution, &cases::sight(actor), &filter, (0, 1)).await?;
    if seen.is_empty() && actor.person.is_some() {
        // Whom it is about may see it from a step on, which is looked at below.
        seen = app.store.cases(institution, &CaseSight::all(), &filter, (0, 1)).await?;
        seen.retain(|r| r.subject == "person" && actor.person.is_some_and(|me| me.0 == r.subject_id));
    }
    let Some(row) = seen.first() else { return Err(Fault::not_found("这个事项")) };
    // A unit has its own sheet of a check; how the others stand is not for it.
    if !cases::sees_every_line(actor, row, cases::workflow_of(app, row)) {
        return Err(Fault::not_found("这个事项"));
    }
    let ground = Ground::of_case(app, institution, id).await?;
    let at = ground.place(id).ok_or_else(|| Fault::not_found("这个事项"))?;
    let states = ground.states();
    let (Some(file), Some((case, state))) = (ground.docket.files.get(at), states.get(at)) else {
        return Err(Fault::not_found("这个事项"));
    };
    let (workflow, today) = (file.workflow.as_ref(), ground.today);
    let reads = cases::reads(actor, row);
    if row.subject == "person" && actor.person.is_some_and(|me| me.0 == row.subject_id) {
        subject_may_see(workflow, state)?;
    }
    let open = ground.open_steps(at, &states);
    let links = app.store.case_entries(institution, Some(&BTreeSet::from([id])), None).await?;
    let records = Records::of(app, actor, &ground, (state, &links), row.privacy).await?;
    let world = ground.docket.world(&states);
    let grants = |o: &OpenStep| grantor((workflow, case, state), &world, (&o.step, o.line), today);
    let mut holds: Vec<Hold> =
        open.iter().map(|o| hold(app, actor, (workflow, grants(o)), o, today)).collect();
    for hold in holds.iter_mut().filter(|h| h.mine && h.record && !h.disputed) {
        let bearer = open.iter().find(|o| o.step == hold.step).and_then(|o| o.bearer);
        if let Some(unit) = bearer {
            hold.alike = cases::alike(app, actor, workflow, &hold.step, unit).await?.len().saturating_sub(1);
        }
    }
    // What waits for whoever looks comes first, and what only stands beside comes last.
    holds.sort_by_key(|h| (h.beside, !h.mine, h.place));
    let of_lane = |h: &Hold| !h.line.is_empty();
    let many = holds.iter().filter(|h| of_lane(h)).count() > LANES;
    let alone = holds.iter().filter(|h| of_lane(h) && h.mine).count() == 1;
    let (lanes, holds): (Vec<Hold>, Vec<Hold>) =
        holds.into_iter().partition(|h| many && of_lane(h) && !(h.mine && alone));
    let events = app.store.case_events(institution, &BTreeSet::from([id])).await?;
    let numbers = app.store.case_numbers(institution, &BTreeSet::from([id])).await?;
    let may_act = actor.covers(Right::Record, row.own)
        || actor.covers(Right::Record, row.opened_by)
        || holds.iter().any(|h| h.mine);
    let (ahead, rungs): (Vec<Rung>, Vec<Rung>) =
        rungs(actor, (&app.rulebook, workflow), state, &open, &records, today)
            .into_iter()
            .partition(|r| r.class == "ahead");
    Ok(CasePage {
        frame: frame.titled(format!("{}　{}", row.title, workflow.title)).at(Place::Cases),
        crumb: vec![
            Choice::new("流程", "/cases", false),
            Choice::new(workflow.title.clone(), format!("/cases?workflow={}", workflow.id), false),
        ],
        id,
        title: row.title.clone(),
        sub: sub(actor, case, row.own),
        steps: workflow.steps.len(),
        ended: state
            .ended
            .as_ref()
            .map_or_else(String::new, |(how, on)| format!("{how}　{}", long_day_words(*on))),
        done: rungs.iter().filter(|r| r.class == "done").count(),
        rungs,
        ahead,
        refused: if reads { refused(&links, workflow, &records) } else { Vec::new() },
        newest: if reads { newest(app, actor, (case, workflow), &events, &records) } else { None },
        numbers: numbers
            .iter()
            .map(|(_, series, year, n)| {
                format!("{}〔{year}〕{n}号", app.rulebook.called(Called::Series, series))
            })
            .collect(),
        facts: facts(&ground, case),
        kin: kin(&ground, id, &states),
        past: past(app, actor, workflow, &events, &records).await?,
        back_to: workflow.steps.iter().map(|s| (s.id.clone(), s.title.clone())).collect(),
        units: actor
            .known
            .organisation
            .units
            .iter()
            .filter(|u| u.exists_on(today))
            .map(|u| (u.id.to_string(), u.name.clone()))
            .collect(),
        holds,
        lanes,
        may_act,
        hidden: !reads,
    })
}

/// Whoever a case is about sees it from the step on that the procedure names.
///
/// # Errors
/// [`Fault::NotFound`] before that.
fn subject_may_see(workflow: &Workflow, state: &Standing) -> Result<(), Fault> {
    let sees = match workflow.subject_sees.as_str() {
        "opened" => true,
        "never" => false,
        step => workflow.place(step).is_some_and(|p| state.latest(p, None).is_some() || state.is_open(p)),
    };
    if sees { Ok(()) } else { Err(Fault::not_found("这个事项")) }
}

fn sub(actor: &Actor, case: &Case, own: UnitId) -> String {
    let (own, by) = (actor.known.unit_name(own), actor.known.unit_name(case.opened_by));
    let opened = format!("{}起", long_day_words(case.opened));
    if own == by { format!("{own}　{opened}") } else { format!("{own}　{by}开办　{opened}") }
}

/// The records on which a case rests, as far as the account may see them: whoever sees a case that is open to all reads
/// in it what it rests on (how many may be named, why it was returned), field by field as each is open to them; of a record
/// for few not even what it is called.
struct Records {
    seen: BTreeMap<EntryId, Seen>,
    /// Those whose own page the account may open.
    linked: BTreeSet<EntryId>,
}

/// A record that may be seen.
struct Seen {
    entry: Entry,
    /// Names of its files, as far as they may be read.
    papers: Vec<String>,
}

impl Records {
    async fn of(
        app: &App,
        actor: &Actor,
        ground: &Ground<'_>,
        (state, links): (&Standing, &[CaseEntryRow]),
        privacy: Privacy,
    ) -> Result<Self, Fault> {
        let done = state.places.iter().flat_map(|p| &p.done).filter_map(|d| d.entry);
        let mut ids: BTreeSet<EntryId> = done.collect();
        ids.extend(ground.docket.entries.keys());
        ids.extend(links.iter().map(|l| l.entry));
        let ids: Vec<EntryId> = ids.into_iter().collect();
        let scope: Scope = actor.scope_for(Right::SeeEntries);
        let mut rows = app.store.entries_by_ids(actor.institution, &scope, &ids).await?;
        let linked: BTreeSet<EntryId> = rows.iter().map(|r| r.entry.id).collect();
        if privacy == Privacy::Open {
            let others: Vec<EntryId> = ids.into_iter().filter(|id| !linked.contains(id)).collect();
            let others = app.store.entries_by_ids(actor.institution, &Scope::All, &others).await?;
            rows.extend(others.into_iter().filter(|r| !is_for_few(app, &r.entry)));
        }
        let papers = |e: &Entry| -> Vec<String> {
            let files = e.values.iter().filter(|(field, _)| may_read(app, actor, e, field));
            files
                .filter_map(|(_, v)| match v {
                    Value::Files(files) => Some(files),
                    _ => None,
                })
                .flatten()
                .map(|f| f.name.clone())
                .collect()
        };
        let seen = |r: EntryRow| {
            let papers = papers(&r.entry);
            (r.entry.id, Seen { entry: r.entry, papers })
        };
        Ok(Self { seen: rows.into_iter().map(seen).collect(), linked })
    }

    /// The page of a record; empty where the account may not open it.
    fn page(&self, id: EntryId) -> String {
        if self.linked.contains(&id) { format!("/entries/{id}") } else { String::new() }
    }
}

fn need(unmet: &Unmet) -> Need {
    Need { words: unmet.words.clone(), article: unmet.shown.clone(), refuses: unmet.refuses }
}

fn hold(
    app: &App,
    actor: &Actor,
    (workflow, grantor): (&Workflow, Option<UnitId>),
    open: &OpenStep,
    today: Date,
) -> Hold {
    let place = workflow.place(&open.step).unwrap_or(0);
    let step = workflow.steps.get(place);
    let days = open.since.until(today).map_or(0, |s| s.get_days());
    let mine = open.bearer.is_some_and(|u| actor.covers(Right::Record, u));
    let words = |d: Option<Date>| d.map_or_else(String::new, |d| day_words_on(today, d));
    let extends = step.and_then(|s| s.due.iter().find_map(|d| d.extend.as_ref()));
    Hold {
        step: open.step.clone(),
        line: open.line.map(|l| l.to_string()).unwrap_or_default(),
        place: place + 1,
        title: open.title.clone(),
        bearer: open.bearer.map_or("", |u| actor.known.unit_name(u)).to_owned(),
        mine,
        since: day_words_on(today, open.since),
        days: if days > 0 { format!("已 {days} 天") } else { "今天".to_owned() },
        first_due: if open.first_due == open.due { String::new() } else { words(open.first_due) },
        due: words(open.due),
        due_note: open.due.map_or_else(String::new, |d| days_left(today, d)),
        late: open.late,
        due_rule: open.rule.as_ref().map_or_else(String::new, |d| due_rule(app, workflow, d)),
        needs: open.unmet.iter().map(need).collect(),
        disputed: open.disputed,
        alike: 0,
        beside: step.is_some_and(|s| s.beside.is_some()),
        record: step.is_some_and(|s| s.shown_by.iter().any(|x| x.ledger.is_some())),
        may_skip: step.is_some_and(|s| s.skip.is_some()),
        may_extend: extends.is_some()
            && open.due.is_some()
            && open.first_due == open.due
            && grantor.is_some_and(|u| actor.covers(Right::Record, u)),
    }
}

/// Where a due day comes from, in words.
fn due_rule(app: &App, workflow: &Workflow, due: &Due) -> String {
    let length = match &due.rule {
        DueRule::Within(length, point) => {
            let from = match point {
                model::flow::Point::Step { step, .. } => {
                    workflow.step(step).map_or_else(String::new, |s| format!("“{}”起", s.title))
                }
                model::flow::Point::Opened => "开办起".to_owned(),
                _ => String::new(),
            };
            format!("{from}{}内", length.words())
        }
        DueRule::Before(length, _) => format!("提前{}", length.words()),
        DueRule::On(_) => "按写定的日期".to_owned(),
        DueRule::Every(length) => format!("每{}一次", length.words()),
        DueRule::Each(_) => "每个周期一次".to_owned(),
    };
    let cite = due.cite.article.as_ref().and_then(|id| app.rulebook.article(id));
    match cite {
        Some(row) => {
            let title = app.rulebook.regulation(&row.regulation).map_or("", |r| r.title.as_str());
            format!("{length}，《{title}》{}", row.no)
        }
        None => format!("{length}，超过只提醒"),
    }
}

/// The steps in the order of the procedure: what is done with its record, what is open, what is ahead.
fn rungs(
    actor: &Actor,
    (book, workflow): (&Rulebook, &Workflow),
    state: &Standing,
    open: &[OpenStep],
    records: &Records,
    today: Date,
) -> Vec<Rung> {
    let mut out = Vec::new();
    for (place, (step, at)) in workflow.steps.iter().zip(&state.places).enumerate() {
        let latest = at.done.last();
        let is_open = at.marks.iter().any(|m| m.status == Status::Open);
        let dead = !at.marks.is_empty() && at.marks.iter().all(|m| m.status == Status::Dead);
        let fell = !at.marks.is_empty() && at.marks.iter().all(|m| m.status == Status::FellAway);
        if fell || (dead && latest.is_none()) {
            continue;
        }
        let now = open.iter().find(|o| o.step == step.id && !o.disputed);
        let class = match (is_open, latest) {
            (true, _) => "now",
            (false, Some(_)) => "done",
            (false, None) => "ahead",
        };
        let bearer = match (now.and_then(|o| o.bearer), latest.and_then(|d| d.unit)) {
            (Some(unit), _) | (None, Some(unit)) => actor.known.unit_name(unit).to_owned(),
            _ => String::new(),
        };
        let record = latest.and_then(|d| Some((d.entry?, records.seen.get(&d.entry?)?)));
        let day = match (class, now.and_then(|o| o.due), latest) {
            ("now", Some(due), _) => format!("{}前", day_words_on(today, due)),
            ("done", _, Some(done)) => day_words_on(today, done.day),
            _ => String::new(),
        };
        out.push(Rung {
            number: place + 1,
            title: step.title.clone(),
            words: rung_words(book, step, at.done.as_slice(), is_open),
            bearer,
            day,
            href: record.map_or_else(String::new, |(id, _)| records.page(id)),
            record: record.map_or_else(String::new, |(_, seen)| seen.entry.title.clone()),
            papers: record.map_or_else(Vec::new, |(_, seen)| seen.papers.clone()),
            class,
        });
    }
    out
}

/// What came out of a step, and how often it was done.
fn rung_words(book: &Rulebook, step: &Step, done: &[Done], is_open: bool) -> String {
    let Some(last) = done.last() else { return String::new() };
    let mut out = Vec::new();
    if last.lapsed {
        out.push("到期没有办，按规定过去".to_owned());
    } else if step.decides.is_some() {
        out.push(book.outcome_word(step, &last.outcome));
    }
    if done.len() > 1 {
        out.push(format!("共 {} 次", done.len()));
    }
    if is_open && !out.is_empty() {
        out.insert(0, "上一次".to_owned());
    }
    out.join("　")
}

/// Records that moved nothing, with why.
fn refused(
    links: &[CaseEntryRow],
    workflow: &Workflow,
    records: &Records,
) -> Vec<(String, String, Vec<Need>)> {
    let of = |l: &CaseEntryRow| {
        let Seen { entry, .. } =
            records.seen.get(&l.entry).filter(|s| records.linked.contains(&s.entry.id))?;
        let step = workflow.step(&l.step).map_or(l.step.as_str(), |s| s.title.as_str());
        let told = l.told.as_array()?.iter().map(|t| Need {
            words: t.get("words").and_then(|w| w.as_str()).unwrap_or_default().to_owned(),
            article: t.get("article").and_then(|w| w.as_str()).unwrap_or_default().to_owned(),
            refuses: t.get("refuses").and_then(serde_json::Value::as_bool).unwrap_or(false),
        });
        let told: Vec<Need> = told.filter(|n| n.refuses).collect();
        Some((
            format!("/entries/{}", l.entry),
            format!("{}（{}）没有推动“{step}”", entry.title, long_day_words(entry.day)),
            told,
        ))
    };
    links.iter().filter(|l| l.fate == "refused").filter_map(of).collect()
}

/// What the newest record that moved the case says, as far as the account may read it; of a table only the lines about
/// what the case is about.
fn newest(
    app: &App,
    actor: &Actor,
    (case, workflow): (&Case, &Workflow),
    events: &[CaseEventRow],
    records: &Records,
) -> Option<Newest> {
    let done = |e: &CaseEventRow| match serde_json::from_value(e.body.clone()).ok()? {
        What::Done { step, outcome, row, .. } => Some((step, outcome, row, records.seen.get(&e.entry?)?)),
        _ => None,
    };
    // What another unit wrote in its own lane is that unit's.
    let for_all = |(id, _, _, seen): &(String, String, Option<(String, usize)>, &Seen)| {
        let step = workflow.step(id);
        step.is_some_and(|s| s.per.is_none()) || actor.covers(Right::SeeEntries, seen.entry.unit)
    };
    let (step, outcome, row, Seen { entry, papers }) = events.iter().rev().filter_map(done).find(for_all)?;
    let step = workflow.step(&step)?;
    let about = |value: &Value| match (value, case.subject) {
        (Value::Person { id, .. }, Subject::Person(of)) => *id == Some(of),
        (Value::Unit(id), Subject::Unit(of)) => *id == of,
        (Value::Text(words), Subject::Record(..) | Subject::Matter(_)) => *words == case.title,
        _ => false,
    };
    let own = |table: &str, value: &Value| match value {
        Value::Rows(rows) => {
            let own: Vec<Row> = rows.iter().filter(|r| r.values().any(about)).cloned().collect();
            // Who is on no list stands there by name alone: then it is the line that moved the case.
            Value::Rows(match row.as_ref().filter(|(of, _)| of == table) {
                _ if !own.is_empty() => own,
                Some((_, at)) => rows.get(*at).cloned().into_iter().collect(),
                None => rows.clone(),
            })
        }
        other => other.clone(),
    };
    let fields = values::fields(&app.rulebook.ledgers_of(entry));
    let says = |field: &&Field| {
        let value = entry.values.get(&field.id).filter(|v| !matches!(v, Value::Files(_)))?;
        // Whom the case is about stands above.
        let said = field.is_head() || about(value) || !may_read(app, actor, entry, &field.id);
        (!said).then(|| {
            let words = values::words(Some(field), &own(&field.id, value), &actor.known.organisation);
            (field.title.clone(), words)
        })
    };
    let result = match step.decides {
        Some(_) => format!("：{}", app.rulebook.outcome_word(step, &outcome)),
        None => String::new(),
    };
    Some(Newest {
        href: records.page(entry.id),
        step: format!("{}{result}", step.title),
        title: entry.title.clone(),
        day: long_day_words(entry.day),
        unit: actor.known.unit_name(entry.unit).to_owned(),
        says: fields.iter().filter_map(says).collect(),
        papers: papers.clone(),
    })
}

fn facts(ground: &Ground<'_>, case: &Case) -> Vec<(String, String)> {
    let Subject::Person(id) = case.subject else { return Vec::new() };
    let Some(person) = ground.docket.people.get(&id) else { return Vec::new() };
    let word = |stage: &str| ground.docket.rulebook.called(Called::State, stage).to_owned();
    let mut out: Vec<(String, String)> = Vec::new();
    for (day, stage) in &person.stages {
        if out.last().is_none_or(|(known, _)| *known != word(stage)) {
            out.push((word(stage), format!("{}起", long_day_words(*day))));
        }
    }
    out
}

fn kin(ground: &Ground<'_>, id: CaseId, states: &[(Case, Standing)]) -> Vec<Kin> {
    let parent = ground.rows.get(&id).and_then(|r| r.parent);
    let of = |(file, (case, state)): (&runtime::flow::CaseFile, &(Case, Standing))| {
        let relation = match () {
            () if Some(case.id) == parent => "上级事项",
            () if case.parent == Some(id) => "下属事项",
            () if case.parent.is_some() && case.parent == parent => "同一批",
            () => return None,
        };
        let stands = state.ended.as_ref().map_or_else(|| "在办".to_owned(), |(how, _)| how.clone());
        Some(Kin {
            href: format!("/cases/{}", case.id),
            title: format!("{}：{}", file.workflow.title, case.title),
            words: format!("{relation}　{stands}"),
        })
    };
    ground.docket.files.iter().zip(states).filter(|(f, _)| f.case.id != id).filter_map(of).collect()
}

/// What happened, the newest first, with who and why.
async fn past(
    app: &App,
    actor: &Actor,
    workflow: &Workflow,
    events: &[CaseEventRow],
    records: &Records,
) -> Result<Vec<Past>, Fault> {
    let mut names: BTreeMap<AccountId, String> = BTreeMap::new();
    for id in events.iter().filter_map(|e| e.account) {
        if let std::collections::btree_map::Entry::Vacant(unknown) = names.entry(id) {
            unknown.insert(app.store.account(actor.institution, id).await?.name);
        }
    }
    let title = |id: &str| workflow.step(id).map_or_else(|| id.to_owned(), |s| s.title.clone());
    let mut out = Vec::new();
    for event in events.iter().rev() {
        let what: What = serde_json::from_value(event.body.clone()).map_err(anyhow::Error::from)?;
        let words = match &what {
            What::Done { step, outcome, .. } => {
                let result = workflow
                    .step(step)
                    .filter(|s| s.decides.is_some())
                    .map_or_else(String::new, |s| format!("：{}", app.rulebook.outcome_word(s, outcome)));
                format!("{}{result}", title(step))
            }
            What::Skipped(step, _) => format!("略过“{}”", title(step)),
            What::Returned(step) => format!("退回到“{}”", title(step)),
            What::Extended(step, _, to) => format!("“{}”延到{}", title(step), long_day_words(*to)),
            What::LineAdded(step, _) => format!("“{}”加了一行", title(step)),
            What::HandedOver(unit) => format!("移交给{}", actor.known.unit_name(*unit)),
            What::Disputed(step, _) => format!("“{}”依据的记录改了，等核定", title(step)),
            What::Upheld(step) => format!("“{}”核定有效", title(step)),
            What::Reopened(step) => format!("重开，回到“{}”", title(step)),
            What::Ended(how) => format!("结束：{how}"),
        };
        let reason = if event.reason.is_empty() { String::new() } else { format!("。{}", event.reason) };
        let who = event.account.and_then(|id| names.get(&id)).map_or("系统", String::as_str);
        let record =
            event.entry.and_then(|e| records.seen.get(&e)).map_or("", |seen| seen.entry.title.as_str());
        out.push(Past {
            day: long_day_words(event.day),
            words: format!("{words}{reason}"),
            who: if record.is_empty() { who.to_owned() } else { format!("{who}　{record}") },
        });
    }
    Ok(out)
}

impl CasePage {
    /// The dossier as a paper: a list of what is there and of what is missing.
    fn dossier(&self) -> Gongwen {
        let mut rows = Vec::new();
        for rung in &self.rungs {
            let papers = [rung.record.as_str()].into_iter().chain(rung.papers.iter().map(String::as_str));
            let papers: Vec<&str> = papers.filter(|p| !p.is_empty()).collect();
            let state = match rung.class {
                "done" if papers.is_empty() => "已办，记录限定范围或没有记录".to_owned(),
                "done" => "齐".to_owned(),
                _ => self.missing(rung),
            };
            let step = format!("{}. {}", rung.number, rung.title);
            rows.push(vec![step, rung.day.clone(), rung.bearer.clone(), papers.join("\n"), state]);
        }
        let told = |n: &Need| match n.article.as_str() {
            "" => n.words.clone(),
            article => format!("{}（{article}）", n.words),
        };
        let mut blocks = vec![Block::Paragraph(self.sub.clone())];
        if !self.ended.is_empty() {
            blocks.push(Block::Paragraph(format!("已结束：{}。", self.ended)));
        }
        blocks.push(Block::Table(Table {
            columns: [("环节", 28), ("日期", 13), ("承办", 19), ("材料", 26), ("情况", 14)]
                .map(|(head, share)| (head.to_owned(), share))
                .to_vec(),
            rows,
        }));
        let lacking: Vec<String> = self.holds.iter().flat_map(|h| h.needs.iter().map(told)).collect();
        if !lacking.is_empty() {
            blocks.push(Block::Paragraph(format!("还缺：{}。", lacking.join("；"))));
        }
        if !self.ahead.is_empty() {
            let ahead: Vec<&str> = self.ahead.iter().map(|r| r.title.as_str()).collect();
            blocks.push(Block::Paragraph(format!("后面还有{}步：{}。", ahead.len(), ahead.join("、"))));
        }
        Gongwen::plain(Kind::Minutes, format!("{}材料目录", self.title), blocks)
    }

    /// What the record of an open step lacks, in a few words.
    fn missing(&self, rung: &Rung) -> String {
        let lacks = self.holds.iter().find(|h| h.place == rung.number).map_or(0, |h| h.needs.len());
        if lacks == 0 { "待办".to_owned() } else { format!("待办，还缺 {lacks} 样") }
    }
}
