//! 记一笔: the form, what it counts for while it is written, and the one way in which a record is saved.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use model::rule::Field;
use model::{CaseId, Entry, EntryId, Value};
use serde_json::json;
use store::{Saved, Scope};
use web::extract::{DRAIN, Fields, Parcel, Path, Query, Sent};
use web::permit::{Right, Route, Rule, get, post};
use web::view::{Choice, Frame, Place, Said, instant_words, page, page_with};
use web::{App, Reply, cookie};
use work::entries::{self, Offer, Record};
use work::{Actor, Fault, cases, chase, sight};

use crate::seen::cases as seen;

use super::count::{self, Line};
use super::desk::Desk;
use super::form::{self, Form, Wrong};
use super::next::{self, Together};
use super::{drafts, files, fill, show};

pub(super) fn routes() -> Vec<Route> {
    let rule = Rule::May(Right::Record);
    vec![
        get("/record", rule, open),
        post("/record", rule, send).limit(DRAIN),
        post("/record/preview", rule, preview),
        post("/record/draft", rule, draft),
        post("/record/forget", rule, forget),
        get("/entries/{id}/revise", rule, revise),
    ]
}

/// How many demands are named of those that a saved record counts for.
const NAMED: usize = 3;

#[derive(askama::Template)]
#[template(path = "entries/record.html")]
struct RecordPage {
    frame: Frame,
    crumb: Vec<Choice>,
    heading: String,
    sub: String,
    /// Something to know about what is in the form: a draft, another's revision.
    note: String,
    differences: Vec<show::Difference>,
    id: String,
    revision: u32,
    unit: String,
    duty: String,
    /// The case from whose step it was opened, and the step.
    case: (String, String),
    /// The late duty about which it says how it stands.
    about: String,
    /// The line of the step, and whether the record is of all cases that it names and not of that one alone.
    of_case: (String, bool),
    ledger: String,
    together: Vec<Together>,
    form: Form,
    wrongs: Vec<Wrong>,
    /// What is folded away under 更多, and what of it is filled in already.
    folded: (String, String),
    opens: bool,
    asks_people: bool,
    /// Whether a complete record says who came.
    wants_people: bool,
    /// Whether it is said of anybody.
    came: bool,
    /// Whether it is said that all others came.
    everybody: bool,
    tally: String,
    /// The posts whose holders in the branches may be listed: value, words, whether chosen.
    whoms: Vec<(String, String, bool)>,
    people_list: Vec<String>,
    units_list: Vec<String>,
    live: Live,
    has_draft: bool,
    draft_key: String,
    /// When the draft was kept that this form knows of, in microseconds; 0 for none.
    draft_at: i64,
    /// Another draft of the same record, from another window: its time and the way to it.
    twin: Option<(String, String)>,
    /// Who else is writing this.
    others: String,
    /// Why the level above returned it.
    returned: String,
    /// Whether people can say themselves that they came.
    arrivals: bool,
    another: String,
}

/// What stands beside the form.
struct Live {
    lines: Vec<Line>,
    counted: usize,
    lacks: Vec<(bool, String, String)>,
    /// What is out of bounds, though nothing is lacking.
    warned: Vec<(String, String)>,
    fine: Vec<&'static str>,
    no_plan: bool,
    /// What it would do at cases.
    steps: Vec<seen::Step>,
    /// The cases that it would open: of which procedure, and how many.
    opens: Vec<(String, usize)>,
    /// Whether no day is typed yet.
    day_open: bool,
}

/// The form: from a duty (`?duty=`), of a ledger (`?ledger=&unit=`), or the choice of a ledger.
async fn open(State(app): State<App>, actor: Actor, frame: Frame, Query(query): Query) -> Reply {
    let mut sent = query.clone();
    if !query.text("case").is_empty() && query.text("ledger").is_empty() {
        sent = from_case(&app, &actor, &query).await?;
    } else if !query.text("duty").is_empty() {
        sent = from_duty(&app, &actor, &query).await?;
    } else if query.text("ledger").is_empty() {
        return super::choose::page_of(&app, &actor, frame, &query).await;
    } else if query.text("unit").is_empty() {
        let own = sight::own_units(&app, &actor).await?;
        let first = own.first().copied().ok_or_else(|| Fault::not_found("这个组织"))?;
        let mut pairs = query.pairs().to_vec();
        pairs.push(("unit".to_owned(), first.to_string()));
        sent = Fields::of(pairs);
    }
    let key = drafts::key(&sent);
    if query.text("fresh").is_empty()
        && let Some((fields, at)) = drafts::kept(&app, &actor, &key, query.text("twin") == "1").await?
        // A draft whose ledger or unit is gone is not worth an error: the form begins anew.
        && let Ok(desk) = Desk::open(&app, &actor, &fields).await
    {
        let form = form::read(&desk, &fields, false);
        let note = format!("接着写：{}的草稿，还没有保存成记录。", instant_words(at));
        let mut built = build(&desk, frame, &fields, form, note).await?;
        built.has_draft = true;
        if query.text("twin") == "1" {
            built.draft_at = drafts::TWIN;
        }
        return page(&built);
    }
    let desk = Desk::open(&app, &actor, &sent).await?;
    let fields = fill::fresh(&desk, &sent).await?;
    let form = form::read(&desk, &fields, false);
    page(&build(&desk, frame, &fields, form, String::new()).await?)
}

/// The form that a duty asks for: its unit, its ledger, and the day on which one writes, or the last of its period.
async fn from_duty(app: &App, actor: &Actor, query: &Fields) -> Result<Fields, Fault> {
    let id = query.parsed::<model::DutyId>("duty").ok_or_else(|| Fault::not_found("这件事"))?;
    let scope = actor.scope_for(Right::Record);
    let duty = app.store.duty(actor.institution, &scope, id).await.map_err(|_| Fault::not_found("这件事"))?;
    let year = app.book(actor.institution, duty.year, None).await?;
    let ledger = year.and_then(|year| {
        let askers = year.board().askers(id, app.clock.today());
        askers.into_iter().find_map(|o| year.obligation(o)?.ledger.clone())
    });
    let ledger = ledger.ok_or_else(|| Fault::Conflict("这件事没有台账，不用记录。".to_owned()))?;
    let mut pairs = vec![
        ("duty".to_owned(), duty.id.to_string()),
        ("unit".to_owned(), duty.unit.to_string()),
        ("ledger".to_owned(), ledger),
    ];
    let already = |n: &str| matches!(n, "duty" | "unit" | "ledger" | "id" | "revision");
    pairs.extend(query.pairs().iter().filter(|(n, _)| !already(n)).cloned());
    Ok(Fields::of(pairs))
}

/// The form that a step of a case asks for: its ledger, whose record it is, whom it is about.
async fn from_case(app: &App, actor: &Actor, query: &Fields) -> Result<Fields, Fault> {
    let id = query.parsed::<CaseId>("case").ok_or_else(|| Fault::not_found("这个事项"))?;
    let (line, together) = (query.parsed("line"), query.text("together") == "1");
    let form = cases::step_form(app, actor, id, query.text("step"), line, together).await?;
    let mut pairs = vec![
        ("case".to_owned(), id.to_string()),
        ("step".to_owned(), query.text("step").to_owned()),
        ("unit".to_owned(), form.unit.to_string()),
        ("ledger".to_owned(), form.ledger.clone()),
    ];
    pairs.push(("title".to_owned(), form.title.clone()));
    pairs.push(("guests".to_owned(), form.guests.clone()));
    for name in ["line", "together"].into_iter().filter(|n| !query.text(n).is_empty()) {
        pairs.push((name.to_owned(), query.text(name).to_owned()));
    }
    for (field, value) in &form.values {
        fill::put(&mut pairs, field, value, &actor.known.organisation);
    }
    Ok(Fields::of(pairs))
}

async fn live(desk: &Desk<'_>, sent: &Fields, entry: &Entry) -> Result<Live, Fault> {
    let offer = offered(desk, entry).await?.chosen(sent);
    let mut live = live_of(desk, &offer, entry);
    live.day_open = sent.text("day").is_empty();
    let foreseen = cases::foreseen(desk.app, desk.actor, entry, desk.based_on, desk.of_case()).await?;
    live.steps = foreseen.steps.iter().map(seen::Step::foreseen).collect();
    live.opens = foreseen.opens;
    Ok(live)
}

/// What a record may count for, of which people the desk knows already.
async fn offered(desk: &Desk<'_>, entry: &Entry) -> Result<Offer, Fault> {
    let home = desk.seats.iter().filter(|s| !s.guest).filter_map(|s| s.person).collect();
    entries::offer(desk.app, desk.actor, entry, desk.duty, Some(&home)).await
}

fn live_of(desk: &Desk<'_>, offer: &Offer, entry: &Entry) -> Live {
    let lines = count::lines_of(offer, desk, entry);
    let missing = entries::lacks(desk.app, entry);
    let mut fine = Vec::new();
    let known = |id: &str| desk.ledgers.iter().find_map(|l| l.field(id));
    let who = |id: &str| known(id).is_some_and(Field::is_attendance);
    if !missing.is_empty() && desk.wants_people() && !missing.iter().any(|m| who(&m.field)) {
        fine.push("出席情况齐");
    }
    let target = |m: &runtime::Missing| match m.field.as_str() {
        id if known(id).is_some_and(Field::is_title) => "#f-title".to_owned(),
        id if who(id) => "#who".to_owned(),
        id => format!("#f-{}", form::name_of(id)),
    };
    let lacks = missing.iter().map(|m| (m.grave, target(m), m.words.clone())).collect();
    let seen = work::privacy::readable(desk.app, desk.actor, entry);
    let warned = entries::warnings(desk.app, &seen, &desk.actor.known.organisation);
    Live {
        counted: lines.iter().filter(|l| l.ticked).count(),
        lines,
        lacks,
        warned: warned.iter().map(|m| (target(m), m.words.clone())).collect(),
        fine,
        no_plan: desk.year.is_none(),
        steps: Vec::new(),
        opens: Vec::new(),
        day_open: false,
    }
}

async fn build(
    desk: &Desk<'_>,
    frame: Frame,
    sent: &Fields,
    form: Form,
    note: String,
) -> Result<RecordPage, Fault> {
    let live = live(desk, sent, &form.entry).await?;
    let first = desk.ledgers.first().ok_or_else(|| Fault::not_found("这本台账"))?;
    let organisation = &desk.actor.known.organisation;
    let title = match desk.duty {
        Some(duty) => {
            let scope = Scope::All;
            let found = desk.app.store.duty(desk.actor.institution, &scope, duty).await;
            let asked = desk
                .year
                .as_ref()
                .and_then(|y| y.obligation(y.board().askers(duty, desk.today).first().copied()?));
            // What is owed about each of several people is written down at once.
            let title =
                |d: model::Duty| asked.filter(|_| d.person.is_some()).map_or(d.title, |o| o.title.clone());
            found.map_or_else(|_| first.title.clone(), title)
        }
        None => first.title.clone(),
    };
    let crumb = match &desk.old {
        Some(row) => vec![
            Choice::new("记录", "/entries", false),
            Choice::new(row.entry.title.clone(), format!("/entries/{}", desk.id), false),
            Choice::new("修改", "", true),
        ],
        None => match desk.case {
            Some(case) => vec![
                Choice::new("流程", "/cases", false),
                Choice::new("这个事项", format!("/cases/{case}"), false),
                Choice::new("记一笔", "", true),
            ],
            None => vec![Choice::new("本月", "/month", false), Choice::new("记一笔", "", true)],
        },
    };
    let place = match (&desk.old, desk.case) {
        (Some(_), _) => Place::Entries,
        (None, Some(_)) => Place::Cases,
        (None, None) => Place::Month,
    };
    let key = drafts::key(sent);
    let state = drafts::state(desk.app, desk.actor, &key).await?;
    let returned = match &desk.old {
        Some(row) if row.confirmation == Some(model::Confirmation::Returned) => {
            let notes = desk.app.store.last_notes(desk.actor.institution, &[desk.id]).await?;
            notes.into_values().next().map_or_else(String::new, |n| n.words)
        }
        _ => String::new(),
    };
    let arrivals = desk.asks_people()
        && desk.old.is_none()
        && super::arrivals::hours(desk.app, desk.actor).await?.is_some();
    Ok(RecordPage {
        frame: frame.titled(format!("记一笔：{title}")).at(place),
        crumb,
        sub: format!("{}　台账“{}”", desk.actor.known.unit_name(desk.unit), first.title),
        heading: title,
        note,
        differences: Vec::new(),
        id: desk.id.to_string(),
        revision: desk.based_on,
        unit: desk.unit.to_string(),
        duty: desk.duty.map(|d| d.to_string()).unwrap_or_default(),
        case: (desk.case.map(|c| c.to_string()).unwrap_or_default(), sent.text("step").to_owned()),
        about: desk.about.map(|d| d.to_string()).unwrap_or_default(),
        of_case: (sent.text("line").to_owned(), desk.together),
        ledger: first.id.clone(),
        together: next::together(desk),
        wrongs: form.wrongs(),
        folded: {
            let (all, filled) = form.folded();
            (all.join("、"), filled.join("、"))
        },
        opens: form.opens(),
        asks_people: desk.asks_people(),
        wants_people: desk.wants_people(),
        came: form.rows.iter().any(|r| r.attendance.is_some()) || !form.guests.value.is_empty(),
        everybody: form.everybody,
        tally: form.tally(),
        whoms: desk.whoms(),
        people_list: {
            let all = desk.seats.iter().map(|s| &s.name).chain(desk.named.iter().map(|(name, _)| name));
            let mut seen = BTreeSet::new();
            all.filter(|name| seen.insert(*name)).cloned().collect()
        },
        units_list: organisation.units.iter().map(|u| u.name.clone()).collect(),
        live,
        has_draft: false,
        draft_key: key,
        draft_at: if sent.has("draft") { sent.parsed("draft").unwrap_or(0) } else { state.at },
        twin: state.twin.map(|at| {
            let href = match &desk.old {
                Some(_) => format!("/entries/{}/revise?twin=1", desk.id),
                None => format!("/record{}", drafts::way_back(sent).with("twin", "1")),
            };
            (instant_words(at), href)
        }),
        others: state.others,
        returned,
        arrivals,
        another: format!("/record?unit={}", desk.unit),
        form,
    })
}

/// Saves; or, for those without script, keeps a draft (`do=draft`) or asks for the fields of a ledger that was ticked (`do=form`), or for
/// more lines of a table (`do=rows`).
async fn send(State(app): State<App>, actor: Actor, frame: Frame, parcel: Parcel) -> Reply {
    let mut desk = Desk::open(&app, &actor, &parcel.fields).await?;
    // Without script the files come with the form; what is taken of them stays, whatever else is wrong.
    let (handed_in, not_taken) = match files::take(&mut desk, parcel.files, &parcel.too_large).await {
        Err(fault @ (Fault::Busy | Fault::Disk(_))) => {
            let form = form::read(&desk, &parcel.fields, false);
            return unsaved(&desk, frame, &parcel.fields, form, &fault).await;
        }
        taken => taken?,
    };
    let sent = Fields::of(parcel.fields.pairs().iter().cloned().chain(handed_in).collect());
    if !not_taken.is_empty() {
        let mut form = form::read(&desk, &sent, !matches!(sent.text("do"), "draft" | "form" | "rows"));
        not_taken.iter().for_each(|e| form.wrong(e));
        if sent.text("do") == "draft" {
            drafts::keep(&app, &actor, &sent).await?;
        }
        let built = build(&desk, frame, &sent, form, String::new()).await?;
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, &built);
    }
    match sent.text("do") {
        "form" | "rows" => {
            let form = form::read(&desk, &sent, false);
            return page(&build(&desk, frame, &sent, form, String::new()).await?);
        }
        "arrivals" => return super::arrivals::begin(&app, &actor, &desk, &sent).await,
        "draft" => {
            let mut form = form::read(&desk, &sent, false);
            let kept = match drafts::keep(&app, &actor, &sent).await {
                Err(fault @ (Fault::Busy | Fault::Disk(_))) => {
                    return unsaved(&desk, frame, &sent, form, &fault).await;
                }
                Err(Fault::Conflict(why)) => {
                    form.general.push(why);
                    let built = build(&desk, frame, &sent, form, String::new()).await?;
                    return page_with(StatusCode::CONFLICT, &built);
                }
                kept => kept?,
            };
            let note = format!("{}。下次从同一件事进来就能接着写。", kept.said);
            let mut built = build(&desk, frame, &sent, form, note).await?;
            built.has_draft = true;
            built.draft_at = kept.at;
            return page(&built);
        }
        _ => {}
    }
    let mut form = form::read(&desk, &sent, true);
    if !form.wrongs().is_empty() {
        let built = build(&desk, frame, &sent, form, String::new()).await?;
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, &built);
    }
    let offer = offered(&desk, &form.entry).await?.chosen(&sent);
    let answer = match desk.about.filter(|_| desk.based_on == 0) {
        Some(duty) => Some(chase::answer(&app, &actor, &form.entry, duty).await?),
        None => None,
    };
    let record = Record {
        entry: &form.entry,
        based_on: desk.based_on,
        proposals: &offer.proposals,
        reason: "",
        case: desk.of_case(),
        chase: answer.as_ref(),
    };
    let saved = match entries::save(&app, &actor, &record).await {
        Err(Fault::Invalid(errors)) => {
            for error in &errors {
                form.wrong(error);
            }
            let built = build(&desk, frame, &sent, form, String::new()).await?;
            return page_with(StatusCode::UNPROCESSABLE_ENTITY, &built);
        }
        Err(fault @ (Fault::Busy | Fault::Disk(_) | Fault::Internal(_))) => {
            return unsaved(&desk, frame, &sent, form, &fault).await;
        }
        other => other?,
    };
    let entry = match saved {
        Saved::Done(entry) => entry,
        Saved::Already(entry) => {
            let said = Said::new("这条记录刚才已经保存，没有重复。");
            return cookie::done(&format!("/entries/{}", entry.id), &said);
        }
        Saved::Stale(newest) => return conflict(&app, &actor, frame, &sent, newest).await,
    };
    drafts::forget(&app, &actor, &drafts::key(&sent)).await?;
    let counted: BTreeSet<_> = offer.proposals.iter().filter(|p| p.ticked).map(|p| p.obligation).collect();
    let titles = counted.iter().filter_map(|id| Some(desk.year.as_ref()?.obligation(*id)?.title.as_str()));
    let titles: Vec<&str> = titles.take(NAMED).collect();
    let words = match counted.len() {
        0 => "已保存，没有计入应办事项。".to_owned(),
        n if n > titles.len() => format!("已保存，计入 {n} 项：{}等。", titles.join("、")),
        n => format!("已保存，计入 {n} 项：{}。", titles.join("、")),
    };
    let reached = cases::reached(&app, &actor, entry.id).await?;
    let words = match seen::reached(&reached) {
        steps if steps.is_empty() => words,
        steps => format!("{words}{steps}"),
    };
    let opened =
        if desk.old.is_some() { Vec::new() } else { cases::opened_by(&app, &actor, &[entry.id]).await? };
    let cases = opened.iter().map(|(_, title, n)| format!("开了 {n} 件“{title}”。")).collect::<String>();
    let words = format!("{words}{cases}");
    let said = Said::new(words);
    // A change is no errand of its own: nothing comes after it.
    let back = match desk.case {
        Some(case) if cases::sees(&app, &actor, case).await? => Some(case),
        _ => None,
    };
    let said = match (&desk.old, back) {
        // Whoever answers for something that is late is led back to it.
        (None, None) if desk.about.is_some() => {
            let duty = desk.about.map(|d| d.to_string()).unwrap_or_default();
            said.link("回到这件事", format!("/duties/{duty}"))
        }
        (Some(_), _) => said,
        // Whoever came from a case is back at it, and sees what comes next.
        (None, Some(case)) => {
            let said = said.link("看这条记录", format!("/entries/{}", entry.id));
            return cookie::done(&format!("/cases/{case}"), &said);
        }
        (None, None) if !opened.is_empty() => {
            let workflow = opened.first().map_or("", |(id, ..)| id.as_str());
            said.link("看开了的", format!("/cases?workflow={workflow}"))
        }
        (None, None) => match next::after(&app, &actor, &desk, &entry).await? {
            Some((title, href)) => said.link(format!("下一件：{title}"), href),
            None => said.link("回到本月", "/month"),
        },
    };
    cookie::done(&format!("/entries/{}", entry.id), &said)
}

/// Nothing is stored, and what was typed is still there.
async fn unsaved(desk: &Desk<'_>, frame: Frame, sent: &Fields, mut form: Form, fault: &Fault) -> Reply {
    tracing::error!(error = ?fault, "a record was not saved");
    form.general.push(match fault {
        Fault::Disk(_) => {
            format!("没有存下：{}。写的内容还在下面，请告诉管理员，好了以后再点保存。", fault.title())
        }
        _ => "没有存下：系统正忙或出了错。写的内容还在下面，请过一会儿再点保存。".to_owned(),
    });
    let built = build(desk, frame, sent, form, String::new()).await?;
    page_with(StatusCode::SERVICE_UNAVAILABLE, &built)
}

/// Somebody saved in between: both stay, and what was typed is one button away from being saved on top.
async fn conflict(app: &App, actor: &Actor, frame: Frame, sent: &Fields, newest: Entry) -> Reply {
    let mut pairs: Vec<(String, String)> =
        sent.pairs().iter().filter(|(n, _)| n != "revision").cloned().collect();
    pairs.push(("revision".to_owned(), newest.revision.to_string()));
    let sent = Fields::of(pairs);
    let desk = Desk::open(app, actor, &sent).await?;
    let form = form::read(&desk, &sent, false);
    let history = app.store.entry_history(actor.institution, &Scope::All, newest.id).await?;
    let who = show::name_of_account(app, actor, history.first().and_then(|r| r.account)).await?;
    let note = format!(
        "{who} {} 已经保存了第 {} 版，你写的还在下面，没有丢。对照之后再保存，就在他的上面成为第 {} 版。",
        instant_words(newest.revised_at),
        newest.revision,
        newest.revision + 1
    );
    let differences = show::differences(app, actor, &newest, &form.entry);
    let mut built = build(&desk, frame, &sent, form, note).await?;
    built.differences = differences;
    page_with(StatusCode::CONFLICT, &built)
}

/// The form as it is now, with what it counts for: the script takes the part that it wants.
async fn preview(State(app): State<App>, actor: Actor, frame: Frame, Sent(sent): Sent) -> Reply {
    let desk = Desk::open(&app, &actor, &sent).await?;
    let form = form::read(&desk, &sent, false);
    page(&build(&desk, frame, &sent, form, String::new()).await?)
}

/// Keeps what is typed; the answer is for the script.
async fn draft(State(app): State<App>, actor: Actor, Sent(sent): Sent) -> Reply {
    // Only what would open as a form is kept.
    Desk::open(&app, &actor, &sent).await?;
    let kept = drafts::keep(&app, &actor, &sent).await?;
    Ok(Json(json!({ "said": kept.said, "draft": kept.at })).into_response())
}

/// Throws a draft away and begins anew.
async fn forget(State(app): State<App>, actor: Actor, Sent(sent): Sent) -> Reply {
    drafts::forget(&app, &actor, sent.text("key")).await?;
    let to = match sent.parsed::<EntryId>("entry") {
        Some(id) if sent.text("key").starts_with("entry/") => format!("/entries/{id}/revise"),
        _ => {
            format!("/record{}", drafts::way_back(&sent).with("", ""))
        }
    };
    cookie::done(&to, &Said::new("草稿不要了，重新写。"))
}

/// The form of a record that is there.
async fn revise(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path(id): Path<EntryId>,
    Query(query): Query,
) -> Reply {
    let row = app
        .store
        .entry(actor.institution, &actor.scope(), id)
        .await
        .map_err(|_| Fault::not_found("这条记录"))?;
    actor.must_cover(Right::Record, row.entry.unit).map_err(|_| Fault::not_found("这条记录"))?;
    if row.entry.withdrawn {
        return Err(Fault::Conflict("这条记录已经撤回，要改请先恢复。".to_owned()).into());
    }
    let sent = fill::of_entry(&row.entry, &actor.known.organisation, &app.rulebook);
    let kept = drafts::kept(&app, &actor, &format!("entry/{id}"), query.text("twin") == "1").await?;
    if let Some((fields, at)) = kept
        && fields.parsed::<u32>("revision") == Some(row.entry.revision)
        && let Ok(desk) = Desk::open(&app, &actor, &fields).await
    {
        let form = form::read(&desk, &fields, false);
        let note = format!("接着改：{}的草稿，还没有保存。", instant_words(at));
        let mut built = build(&desk, frame, &fields, form, note).await?;
        built.has_draft = true;
        if query.text("twin") == "1" {
            built.draft_at = drafts::TWIN;
        }
        return page(&built);
    }
    let desk = Desk::open(&app, &actor, &sent).await?;
    let form = form::read(&desk, &sent, false);
    page(&build(&desk, frame, &sent, form, String::new()).await?)
}

/// Whether a value says anything, for lists of what changed.
pub(super) fn is_empty(value: Option<&Value>) -> bool {
    match value {
        None => true,
        Some(Value::Text(t)) => t.trim().is_empty(),
        _ => false,
    }
}
