//! 年度常规: the standing rules that run in a year by themselves; which ones do, what opening more would add, opening it.

use axum::extract::State;
use model::Obligation;
use runtime::Pick;

use web::extract::{Query, Sent};
use web::permit::{Right, Route, Rule, get, post};
use web::view::{Choice, Frame, Place, Said, page};
use web::{App, Reply, cookie};
use work::numbers::figure;
use work::routine::{Added, added, open};
use work::{Actor, Fault};

use crate::seen::Seen;

pub(crate) fn routes() -> Vec<Route> {
    let may = Rule::May(Right::EditPlan);
    vec![get("/routine", may, show), post("/routine", may, send)]
}

/// A rule of the year.
struct Line {
    id: String,
    title: String,
    article: String,
    cadence: String,
    /// Whether it runs whatever a plan says, from the first day of the year.
    always: bool,
    runs: bool,
    /// Its duties in the year, with the list of them.
    duties: String,
    href: String,
    /// What opening it would add: new duties, and those that a plan asks already.
    adds: usize,
    shares: usize,
    credits: usize,
}

#[derive(askama::Template)]
#[template(path = "routine/page.html")]
struct RoutinePage {
    frame: Frame,
    year: i16,
    years: Vec<Choice>,
    lines: Vec<Line>,
    running: usize,
}

fn year_of(app: &App, asked: Option<i16>) -> i16 {
    let now = app.clock.today().year();
    asked.filter(|y| (now..=now + 1).contains(y)).unwrap_or(now)
}

async fn show(State(app): State<App>, actor: Actor, frame: Frame, Query(query): Query) -> Reply {
    let number = year_of(&app, query.parsed("year"));
    let today = app.clock.today();
    let year = app.book(actor.institution, number, None).await?;
    let organisation = actor.known.organisation.clone();
    let all = added(&app, actor.institution, organisation, number).await?;
    let line = |one: &Added<'_>| {
        let rule = one.rule;
        let mine = |o: &&Obligation| o.source.plan().is_none() && o.origin.rule() == Some(&rule.id);
        let obligation = year.as_ref().and_then(|y| y.obligations().iter().find(mine));
        let (duties, href) = match (&year, obligation) {
            (Some(year), Some(o)) => {
                let seen = Seen::of(&actor, year, today, today);
                let id = o.id.to_string();
                let pick = Pick::obligation(o.id);
                let n = seen.tally(&pick).total();
                let number = number.to_string();
                (figure(n), seen.href(&[("obligation", &id), ("year", &number)]))
            }
            _ => (String::new(), String::new()),
        };
        let regulation = app.rulebook.regulation(&rule.source.regulation);
        Line {
            id: rule.id.clone(),
            title: rule.title.clone(),
            article: regulation.map_or_else(
                || rule.source.level.word().to_owned(),
                |r| format!("《{}》{}", r.title, rule.source.article),
            ),
            cadence: rule.cadence.words(),
            always: rule.always,
            runs: one.runs,
            duties,
            href,
            adds: one.opening.duties.len(),
            shares: one.opening.also.len(),
            credits: one.opening.credits.len(),
        }
    };
    let lines: Vec<Line> = all.iter().map(line).collect();
    let choice = |y: i16| Choice::new(format!("{y}年"), format!("/routine?year={y}"), y == number);
    page(&RoutinePage {
        frame: frame.titled("年度常规").at(Place::Plan),
        year: number,
        years: vec![choice(today.year()), choice(today.year() + 1)],
        running: lines.iter().filter(|l| l.runs).count(),
        lines,
    })
}

async fn send(State(app): State<App>, actor: Actor, Sent(sent): Sent) -> Reply {
    let number = year_of(&app, sent.parsed("year"));
    let chosen: Vec<String> = sent.all("rule").map(str::to_owned).collect();
    if chosen.is_empty() {
        return Err(Fault::BadRequest("没有选要开的常规。".to_owned()).into());
    }
    let act = actor.act(&app, "routine.open").on(number).with(serde_json::json!({ "rules": chosen }));
    let organisation = actor.known.organisation.clone();
    let made = open(&app, actor.institution, organisation, number, &chosen, &act).await?;
    let words = match made {
        0 => "没有要新排的事项。".to_owned(),
        n => format!("常规已开，新排 {n} 项应办事项。"),
    };
    cookie::done(&format!("/routine?year={number}"), &Said::new(words).link("看矩阵", "/matrix"))
}
