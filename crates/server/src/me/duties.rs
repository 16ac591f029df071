//! 我的: what somebody owes themselves, their study hours, and what they took part in.

use axum::extract::State;
use model::rule::Means;
use model::{DutyId, Role, Standing, Value};
use runtime::Pick;
use store::{EntryFilter, Scope};
use web::extract::Query;
use web::permit::{Right, Route, Rule, get};
use web::view::{Frame, Place, Said, day_words, days_left, long_day_words, page};
use web::{App, Reply};
use work::Actor;

use crate::seen::entries;
use work::counts::Records;
use work::privacy;

use crate::seen::amounts;
use crate::seen::source;

/// Records of one's own that are listed.
const SHOWN: u32 = 20;

pub(super) fn routes() -> Vec<Route> {
    vec![get("/mine", Rule::May(Right::SeeEntries), show)]
}

struct Owed {
    standing: Standing,
    title: String,
    href: String,
    source: String,
    due: String,
    note: String,
    have: String,
    hours: bool,
}

struct Took {
    day: String,
    title: String,
    href: String,
    how: &'static str,
    hours: String,
}

#[derive(askama::Template)]
#[template(path = "me/duties.html")]
struct DutiesPage {
    frame: Frame,
    name: String,
    known: bool,
    branch: String,
    branch_href: String,
    branch_count: Records,
    owed: Vec<Owed>,
    took: Vec<Took>,
    took_count: Records,
    took_href: String,
}

async fn show(State(app): State<App>, actor: Actor, frame: Frame, Query(query): Query) -> Reply {
    let today = app.clock.today();
    let on = query.day("on").unwrap_or(today);
    let frame = if on == today {
        frame
    } else {
        frame.noting(Said::new(format!("这一页是 {} 的样子。", long_day_words(on))).link("回到今天", "/mine"))
    };
    // Whoever has more than a member's role comes here from the month, which is their first entry.
    let place = if actor.roles().all(|r| r == Role::Member) { Place::Mine } else { Place::Month };
    let mut built = DutiesPage {
        frame: frame.titled("我的").at(place),
        name: actor.name.clone(),
        known: actor.person.is_some(),
        branch: String::new(),
        branch_href: String::new(),
        branch_count: Records::default(),
        owed: Vec::new(),
        took: Vec::new(),
        took_count: Records::default(),
        took_href: String::new(),
    };
    let Some(person) = actor.person else { return page(&built) };
    // What is one's own may be read whatever one's roles are.
    let scope = Scope::Own { person, units: std::collections::BTreeSet::new() };
    let memberships = app.store.memberships_of(actor.institution, person).await?;
    let now = memberships.iter().find(|m| m.since <= on && m.until.is_none_or(|u| on < u));
    if let Some(membership) = now {
        let branch = membership.branch;
        actor.known.unit_name(branch).clone_into(&mut built.branch);
        if actor.covers(Right::SeeEntries, branch) {
            built.branch_href = format!("/entries?unit={branch}");
            let units = actor.known.organisation.subtree(branch);
            let filter = EntryFilter { units: Some(units), ..EntryFilter::default() };
            built.branch_count = work::counts::how_many(&app, &actor, &actor.scope(), &filter).await?;
        }
    }
    if let Some(year) = app.year_on(actor.institution, on).await? {
        let pick = Pick { obligations: year.owed_by_people(), ..Pick::person(person) };
        let lines = year.board().list(&pick, on);
        let ids: Vec<DutyId> = lines.iter().map(|l| l.duty).collect();
        let duties = app.store.duties_by_ids(actor.institution, &scope, &ids).await?;
        for line in &lines {
            let (Some(obligation), Some(facts)) =
                (year.obligation(line.obligation), year.board().facts(line.duty))
            else {
                continue;
            };
            let hours = matches!(obligation.cadence, model::Cadence::Hours { .. });
            let title = duties.iter().find(|d| d.id == line.duty).map(|d| d.title.clone());
            let met = runtime::met_day(&facts, on).filter(|_| line.standing.is_done());
            built.owed.push(Owed {
                standing: line.standing,
                title: title.unwrap_or_else(|| obligation.title.clone()),
                href: format!("/duties/{}", line.duty),
                source: source::of(obligation, &year, &app.rulebook).label,
                due: day_words(line.due),
                note: met.map_or_else(|| days_left(on, line.due), |d| format!("{}办成", day_words(d))),
                have: amounts(runtime::credited(&facts, on), facts.need, hours),
                hours,
            });
        }
        built.owed.sort_by_key(|o| (!o.hours, o.standing));
    }
    let filter = EntryFilter {
        person: Some(privacy::named(&app, &actor, person)),
        to: Some(on),
        ..EntryFilter::default()
    };
    built.took_count = work::counts::how_many(&app, &actor, &scope, &filter).await?;
    built.took_href = format!("/entries?person={person}");
    let found = app.store.entries(actor.institution, &scope, &filter, SHOWN).await?;
    let rows = entries::rows(&app, &actor, &found).await?;
    built.took = found
        .iter()
        .zip(rows)
        .map(|(row, line)| {
            let part = row.entry.people().iter().find(|p| p.person == Some(person));
            let present = part.is_some_and(|p| p.attendance == model::Attendance::Present);
            let forms = app.rulebook.ledgers_of(&row.entry);
            let field = forms.iter().find_map(|l| l.meaning(Means::Hours)).map(|f| f.id.as_str());
            let readable = field.is_some_and(|id| privacy::may_read(&app, &actor, &row.entry, id));
            let hours = match field.and_then(|id| row.entry.values.get(id)) {
                Some(Value::Number(n)) if present && readable => {
                    format!("{} 学时", work::numbers::decimal(*n))
                }
                _ => String::new(),
            };
            Took {
                day: line.day,
                title: line.title,
                href: line.href,
                how: match part.map(|p| p.attendance) {
                    Some(model::Attendance::Present) => "到会",
                    Some(model::Attendance::Absent) => "缺席",
                    Some(model::Attendance::Leave) => "请假",
                    None => "写到名字",
                },
                hours,
            }
        })
        .collect();
    page(&built)
}
