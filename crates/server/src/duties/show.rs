//! One duty: how it stands and why, the words that ask for it, the records that count for it.

use axum::extract::State;
use jiff::civil::Date;
use model::{DutyId, Standing};
use store::Scope;
use web::extract::{Path, Query};
use web::permit::{Right, Route, Rule, get};
use web::view::{Form, Frame, Place, Said, day_words, days_left, long_day_words, page_with, weekday};
use web::{App, Reply};
use work::chase::{self, About};
use work::{Actor, Fault, requests};

use super::exempt;
use crate::seen::chase::{Next, Tried, next, tried};
use crate::seen::source::{self, Source};

pub(super) fn routes() -> Vec<Route> {
    vec![get("/duties/{id}", Rule::May(Right::SeePlan), show)]
}

/// A record that counts or counted.
struct Counted {
    href: String,
    title: String,
    happened: String,
    known: String,
    amount: String,
    /// Why it does not count on the day that is shown; empty when it does.
    not: String,
}

/// Something that was asked for, with its decision.
pub(super) struct Request {
    pub(super) id: String,
    /// 免办, 延期到4月30日.
    pub(super) what: String,
    pub(super) reason: String,
    pub(super) asked: String,
    /// The decision in words; empty while it waits.
    pub(super) decided: String,
}

#[derive(askama::Template)]
#[template(path = "duties/show.html")]
struct DutyPage {
    frame: Frame,
    id: String,
    title: String,
    unit: String,
    unit_href: String,
    person: String,
    on: String,
    standing: Option<Standing>,
    why: String,
    facts: Vec<(&'static str, String)>,
    source: Source,
    /// What else asks the same.
    also: Vec<Source>,
    kind: &'static str,
    cadence: String,
    ledger: String,
    obligation_href: String,
    credits: Vec<Counted>,
    requests: Vec<Request>,
    record: String,
    /// Whether a waiver or an extension may be asked for; else the reason why not, when the account could ask at all.
    may_ask: bool,
    not_ask: String,
    waive: Form,
    waive_id: String,
    extend: Form,
    extend_id: String,
    may_decide: bool,
    /// What was tried while it was late; and what comes next, where it is late today.
    tried: Vec<Tried>,
    next: Option<Next>,
    /// Where its unit says how it stands; empty where it may not or need not.
    answer: String,
    /// The id of the form by which it is noted that a rung was seen; empty where none was released.
    seen: String,
    /// Where it is chased, for whoever does.
    chase: String,
}

async fn show(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path(id): Path<DutyId>,
    Query(query): Query,
) -> Reply {
    let on = query.day("on");
    render(&app, &actor, frame, id, on, exempt::waive_form(), exempt::extend_form()).await
}

fn why(standing: Option<Standing>, due: Date, met: Option<Date>, waived: Option<Date>, on: Date) -> String {
    match standing {
        None => "这一天还没有这件事，或已被后来的要点取消。".to_owned(),
        Some(Standing::Met) => {
            format!("{}办成，不晚于到期日{}。", met.map(day_words).unwrap_or_default(), day_words(due))
        }
        Some(Standing::MetLate) => {
            format!(
                "{}办成，晚于到期日{}；算完成，注明迟办。",
                met.map(day_words).unwrap_or_default(),
                day_words(due)
            )
        }
        Some(Standing::Waived) => format!("{}批准免办。", waived.map(day_words).unwrap_or_default()),
        Some(Standing::Overdue) => {
            format!("到期日{}已过，没有足够的记录；{}。补办仍算完成。", day_words(due), days_left(on, due))
        }
        Some(Standing::DueSoon) => format!("{}到期，{}。", day_words(due), days_left(on, due)),
        Some(Standing::Open) => format!("在期间内，{}到期，{}。", day_words(due), days_left(on, due)),
        Some(Standing::NotDue) => "期间还没有开始。".to_owned(),
    }
}

/// The page, with the forms as they are: empty, or with what was typed and what is wrong with it.
pub(super) async fn render(
    app: &App,
    actor: &Actor,
    frame: Frame,
    id: DutyId,
    on: Option<Date>,
    waive: Form,
    extend: Form,
) -> Reply {
    let today = app.clock.today();
    let day = on.unwrap_or(today);
    let (duty, year) = requests::duty(app, actor, id).await?;
    let askers = year.board().askers(id, day);
    let first = askers.first().copied().unwrap_or(duty.obligation);
    let obligation = year.obligation(first).ok_or_else(|| Fault::not_found("这件应办事项"))?;
    let also = askers.iter().skip(1).filter_map(|o| year.obligation(*o));
    let also: Vec<Source> = also.map(|o| source::of(o, &year, &app.rulebook)).collect();
    let facts = year.board().facts(id).ok_or_else(|| Fault::not_found("这件应办事项"))?;
    let standing = runtime::standing(&facts, day, app.settings.soon_days);
    let due = runtime::due_on(&facts, day);
    let met = runtime::met_day(&facts, day);
    let hours = matches!(obligation.cadence, model::Cadence::Hours { .. });
    let person = match duty.person {
        Some(person) => {
            let name = app.store.person(actor.institution, person).await.map_or(String::new(), |p| p.name);
            if obligation.bearers.are_people() { name } else { format!("关于{name}") }
        }
        None => String::new(),
    };
    let mut rows = vec![
        ("期间", format!("{}至{}", long_day_words(duty.starts), day_words(duty.due))),
        ("计划", format!("{} {}", day_words(duty.planned), weekday(duty.planned))),
        ("到期", {
            let late = if due == duty.due {
                String::new()
            } else {
                format!("（原定{}，已延期）", day_words(duty.due))
            };
            format!("{} {}{late}", day_words(due), weekday(due))
        }),
        ("已计", crate::seen::amounts(runtime::credited(&facts, day), duty.need, hours)),
        ("产生", format!("{}，规则版本 {}", long_day_words(facts.made), duty.rules)),
    ];
    if let Some(dropped) = facts.dropped {
        rows.push(("取消", format!("{}起不再要求", long_day_words(dropped))));
    }
    let credits = credits(app, actor, id, day, hours).await?;
    let requests = requests(app, actor, id).await?;
    let covers = |right| actor.covers(right, duty.unit);
    let waits = requests.iter().any(|r| r.decided.is_empty());
    let open = standing.is_some_and(|s| !s.is_done() && s != Standing::Waived);
    let due_today = runtime::due_on(&facts, today);
    let not_ask = if !covers(Right::AskExemption) || !open {
        String::new()
    } else if today > due_today {
        format!("到期日{}已过，不能再申请免办或延期；办了照常记录，注明迟办。", day_words(due_today))
    } else if waits {
        "已经申请过，正在等党委办公室批。".to_owned()
    } else {
        String::new()
    };
    let may_ask = covers(Right::AskExemption) && open && not_ask.is_empty();
    let status = if waive.has_errors() || extend.has_errors() {
        axum::http::StatusCode::UNPROCESSABLE_ENTITY
    } else {
        axum::http::StatusCode::OK
    };
    let frame = match on {
        Some(day) if day != today => frame.noting(
            Said::new(format!("这一页是 {} 的样子，不是今天的。", long_day_words(day)))
                .link("回到今天", format!("/duties/{id}")),
        ),
        _ => frame,
    };
    let (unit, number) = (duty.unit.to_string(), year.number.to_string());
    let obligation_id = obligation.id.to_string();
    let about = About::Duty(id);
    let chased = if day == today { Some(chase::chasing(app, actor.institution).await?) } else { None };
    let item = chased
        .as_ref()
        .and_then(|c| c.get(&about))
        .filter(|_| standing == Some(Standing::Overdue) && actor.may(Right::SeeBoard));
    let may_chase = item.is_some() && actor.may(Right::Release);
    let at_chase = if may_chase { format!("/chase?about={about}") } else { String::new() };
    let may_answer = item.is_some_and(|i| !i.personal) && covers(Right::Record);
    // How something late stands is said as the leading unit says how an item goes.
    let answer = app.rulebook.progress().filter(|_| may_answer);
    let answer = answer.map_or(String::new(), |l| format!("/record?about={id}&unit={unit}&ledger={}", l.id));
    let is_new = item.is_some_and(|i| i.unseen().is_some()) && covers(Right::Record);
    let may_record = covers(Right::Record) && obligation.ledger.is_some() && open;
    let built = DutyPage {
        frame: frame.titled(duty.title.clone()).at(Place::Month),
        id: id.to_string(),
        title: duty.title.clone(),
        unit: actor.known.unit_name(duty.unit).to_owned(),
        unit_href: crate::seen::pick::href(&[("unit", &unit), ("year", &number)]),
        person,
        on: day.to_string(),
        standing,
        why: why(standing, due, met, facts.waived, day),
        facts: rows,
        source: source::of(obligation, &year, &app.rulebook),
        also,
        kind: obligation.kind.word(),
        cadence: obligation.cadence.words(),
        ledger: obligation
            .ledger
            .as_ref()
            .and_then(|l| app.rulebook.ledger(l))
            .map_or(String::new(), |l| l.title.clone()),
        obligation_href: crate::seen::pick::href(&[("obligation", &obligation_id), ("year", &number)]),
        credits,
        requests,
        record: if may_record { format!("/record?duty={id}") } else { String::new() },
        may_ask,
        not_ask,
        waive,
        waive_id: model::RequestId::fresh().to_string(),
        extend,
        extend_id: model::RequestId::fresh().to_string(),
        may_decide: covers(Right::ApproveExemption),
        tried: match (&chased, item) {
            (Some(chased), Some(item)) => tried(chased, item),
            _ => Vec::new(),
        },
        next: match (&chased, item) {
            (Some(chased), Some(item)) => Some(next(app, actor, chased, item)),
            _ => None,
        },
        answer,
        seen: if is_new { uuid::Uuid::now_v7().to_string() } else { String::new() },
        chase: at_chase,
    };
    page_with(status, &built)
}

async fn credits(
    app: &App,
    actor: &Actor,
    id: DutyId,
    day: Date,
    hours: bool,
) -> Result<Vec<Counted>, Fault> {
    let found = app.store.credits_of_duties(actor.institution, &Scope::All, &[id]).await?;
    let ids: Vec<model::EntryId> = found.iter().map(|c| c.entry).collect();
    let scope = actor.scope_for(Right::SeeEntries);
    let entries = app.store.entries_by_ids(actor.institution, &scope, &ids).await?;
    Ok(found
        .iter()
        .map(|c| {
            let entry = entries.iter().find(|r| r.entry.id == c.entry).map(|r| &r.entry);
            let not = if c.known > day {
                format!("{}才录入", day_words(c.known))
            } else if c.ended.is_some_and(|e| e <= day) {
                format!("{}起不再计入（记录修改或撤回）", c.ended.map(day_words).unwrap_or_default())
            } else {
                String::new()
            };
            Counted {
                href: entry.map_or(String::new(), |e| format!("/entries/{}", e.id)),
                title: entry.map_or_else(|| "（不在你的范围内）".to_owned(), |e| e.title.clone()),
                happened: day_words(c.happened),
                known: day_words(c.known),
                amount: if hours {
                    format!("{} 学时", work::numbers::decimal(i64::from(c.amount) * 1000 / 60))
                } else {
                    format!("{} 次", c.amount)
                },
                not,
            }
        })
        .collect())
}

async fn requests(app: &App, actor: &Actor, id: DutyId) -> Result<Vec<Request>, Fault> {
    let all = app.store.exemptions(actor.institution, &Scope::All, Some(id), false).await?;
    Ok(all.iter().map(exempt::shown).collect())
}
