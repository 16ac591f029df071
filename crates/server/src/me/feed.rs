//! 日历地址: a secret address under which one's own calendar program finds the days of what one owes. Titles and days, no
//! person, no content. What the address is stands on one page once; only its hash is kept.

use std::collections::{BTreeSet, HashMap};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse as _;
use jiff::civil::Date;
use model::{Standing, UnitId};
use office::ical;
use runtime::{Line, Pick};
use store::{CaseFilter, CaseSight, Scope, StoreError, sha256};
use web::extract::Path;
use web::permit::{Route, Rule, get, post};
use web::view::{Frame, Place, Said, page};
use web::{App, Reply, cookie};
use work::clock::china;
use work::{Actor, Fault, Right, sight};

/// How often a calendar program is asked to come again, in hours.
const HOURS: u32 = 6;
/// For how many seconds an answer is good: a program that asks more often is told to wait.
const FRESH: u32 = 900;
/// Times that one address is answered within an hour: two or three devices that come every quarter of an hour, and some more.
const TIMES: u32 = 30;
const WITHIN: Duration = Duration::from_secs(60 * 60);
/// Addresses whose visits are counted at the same time.
const COUNTED: usize = 100_000;
/// Most open steps in one calendar.
const MOST: u32 = 1000;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/cal/{file}", Rule::Public, give),
        post("/account/calendar", Rule::SignedIn, make).limit(16 * 1024),
        post("/account/calendar/end", Rule::SignedIn, end).limit(16 * 1024),
    ]
}

#[derive(askama::Template)]
#[template(path = "me/feed.html")]
struct FeedPage {
    frame: Frame,
    address: String,
}

/// Makes an address and shows it, this once. One that there was before is good no longer.
async fn make(State(app): State<App>, actor: Actor, frame: Frame, headers: HeaderMap) -> Reply {
    if actor.password_due {
        return Err(web::Refusal::PasswordDue);
    }
    let secret = work::token::token();
    let act = actor.act(&app, "account.feed").on(actor.login.as_str());
    app.store.open_feed(actor.institution, actor.account, &sha256(secret.as_bytes()), &act).await?;
    page(&FeedPage {
        frame: frame.titled("日历地址").at(Place::Account),
        address: format!("{}/cal/{secret}.ics", cookie::origin(&app, &headers)),
    })
}

async fn end(State(app): State<App>, actor: Actor) -> Reply {
    let act = actor.act(&app, "account.feed_end").on(actor.login.as_str());
    match app.store.end_feed(actor.institution, actor.account, &act).await {
        // A second click has nothing left to end.
        Ok(()) | Err(StoreError::NotFound) => {}
        Err(other) => return Err(other.into()),
    }
    cookie::done("/account", &Said::new("旧地址已经停用，日历程序不会再收到新的日子。"))
}

/// How often each address was asked for since when, by its hash.
type Visits = HashMap<[u8; 32], (Instant, u32)>;

/// The visits of an hour.
static VISITS: LazyLock<Mutex<Visits>> = LazyLock::new(Mutex::default);

/// Whether an address has been asked for more often than it is answered.
fn too_often(hash: [u8; 32]) -> bool {
    let now = Instant::now();
    let mut visits = VISITS.lock().unwrap_or_else(PoisonError::into_inner);
    if visits.len() >= COUNTED {
        visits.retain(|_, (since, _)| now.duration_since(*since) < WITHIN);
    }
    let (since, times) = visits.entry(hash).or_insert((now, 0));
    if now.duration_since(*since) >= WITHIN {
        (*since, *times) = (now, 0);
    }
    *times += 1;
    *times > TIMES
}

/// The calendar behind an address. One that is not (or no longer) good is not there, whatever it looks like.
async fn give(State(app): State<App>, Path(file): Path<String>, headers: HeaderMap) -> Reply {
    let gone = || Fault::not_found("这个日历");
    let secret = file.strip_suffix(".ics").filter(|s| s.len() == 64).ok_or_else(gone)?;
    let hash = sha256(secret.as_bytes());
    let Some((institution, account)) = app.store.feed(&hash).await? else { return Err(gone().into()) };
    // Counted only for addresses that are good: nobody fills the list with guesses.
    if too_often(hash) {
        let later = [(header::RETRY_AFTER, FRESH.to_string())];
        return Ok((StatusCode::TOO_MANY_REQUESTS, later, "稍后再来\n").into_response());
    }
    let Some(actor) = Actor::of_account(&app, institution, account, "").await? else {
        return Err(gone().into());
    };
    let days = days(&app, &actor).await?;
    let today = app.clock.today();
    let stamp = today.to_zoned(china()).map(|z| z.timestamp()).map_err(anyhow::Error::from)?;
    let text = ical::write(&format!("{}　落实", actor.known.organisation.name), stamp, HOURS, &days);
    let tag = format!("\"{}\"", hex::encode(&sha256(text.as_bytes())[..16]));
    let fresh = [(header::CACHE_CONTROL, format!("private, max-age={FRESH}")), (header::ETAG, tag.clone())];
    let known = headers.get(header::IF_NONE_MATCH).and_then(|t| t.to_str().ok());
    if known.is_some_and(|known| known.split(',').any(|k| k.trim().trim_start_matches("W/") == tag)) {
        return Ok((StatusCode::NOT_MODIFIED, fresh).into_response());
    }
    let kind = [
        (header::CONTENT_TYPE, ical::ICS.to_owned()),
        (header::CONTENT_DISPOSITION, "inline; filename=\"luoshi.ics\"".to_owned()),
    ];
    Ok((fresh, kind, text).into_response())
}

/// What somebody owes: the duties of the units that they answer for, their own, and the open steps of their units.
async fn days(app: &App, actor: &Actor) -> Result<Vec<ical::Day>, Fault> {
    let today = app.clock.today();
    let units = if actor.may(Right::Record) { sight::own_units(app, actor).await? } else { BTreeSet::new() };
    let mut out = Vec::new();
    // What is left of the year before, and the year that begins soon.
    for number in today.year() - 1..=today.year() + 1 {
        let Some(year) = app.book(actor.institution, number, None).await? else { continue };
        let mut lines: Vec<Line> = Vec::new();
        if !units.is_empty() {
            let pick = Pick { units: Some(units.clone()), own: true, ..Pick::default() };
            lines.extend(year.board().list(&pick, today));
        }
        if let Some(person) = actor.person {
            let pick = Pick { obligations: year.owed_by_people(), ..Pick::person(person) };
            lines.extend(year.board().list(&pick, today));
        }
        lines.retain(|l| !l.standing.is_done() && l.standing != Standing::Waived);
        let ids: Vec<model::DutyId> = lines.iter().map(|l| l.duty).collect();
        let duties = app.duties(actor.institution, &Scope::All, &ids).await?;
        for line in &lines {
            let Some(duty) = duties.get(&line.duty) else { continue };
            out.push(ical::Day {
                uid: format!("{}@luoshi", line.duty),
                day: line.due,
                title: titled(actor, &units, line.unit, &duty.title),
                kind: "应办事项".to_owned(),
            });
        }
    }
    out.extend(steps(app, actor, &units).await?);
    out.sort_by(|a, b| (a.day, &a.uid).cmp(&(b.day, &b.uid)));
    out.dedup_by(|a, b| a.uid == b.uid);
    Ok(out)
}

/// The title, with the unit's name before it where somebody answers for several.
fn titled(actor: &Actor, units: &BTreeSet<UnitId>, unit: UnitId, title: &str) -> String {
    let top = units.iter().filter(|u| {
        actor.known.unit(**u).is_some_and(|u| u.parent.is_none_or(|above| !units.contains(&above)))
    });
    if top.count() > 1 && units.contains(&unit) {
        format!("{title}　{}", actor.known.unit_name(unit))
    } else {
        title.to_owned()
    }
}

/// Open steps that these units bear: the procedure and the step, and not about whom it is.
async fn steps(app: &App, actor: &Actor, units: &BTreeSet<UnitId>) -> Result<Vec<ical::Day>, Fault> {
    if units.is_empty() {
        return Ok(Vec::new());
    }
    let filter = CaseFilter { bearers: Some(units.clone()), ..CaseFilter::default() };
    let sight: CaseSight = work::cases::sight(actor);
    let found = app.store.case_steps(actor.institution, &sight, &filter, Some(units), MOST).await?;
    let one = |(step, row): &(store::CaseStepRow, store::CaseRow)| {
        let day: Date = step.due?;
        // As the procedure calls it: the title of an open step says of whom its lane is.
        let workflow = work::cases::workflow_of(app, row)?;
        let title = &workflow.step(&step.step)?.title;
        let line = step.line.map_or_else(String::new, |l| format!("-{l}"));
        Some(ical::Day {
            uid: format!("{}-{}{line}@luoshi", row.id, step.step),
            day,
            title: format!("{}：{title}", workflow.title),
            kind: "流程".to_owned(),
        })
    };
    Ok(found.iter().filter_map(one).collect())
}
