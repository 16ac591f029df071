//! The Party office's morning: what waits for it, what changed since the last working day, and how the plan stands.

use std::collections::{BTreeSet, HashMap};

use axum::extract::State;
use jiff::civil::{Date, Weekday};
use model::{DutyId, Standing};
use runtime::{Line, Pick, SchoolCalendar};
use store::{CaseFilter, EntryFilter, Scope};
use web::permit::{Right, Route, Rule, get};
use web::view::{Count, Empty, Frame, Link, Place, Said, day_words, instant_words, page, weekday};
use web::{App, Reply};
use work::clock::china;
use work::{Actor, Fault};

use work::counts::Records;

use crate::seen::Seen;
use crate::seen::entries::{self, Heap};
use crate::seen::loose::{Loose, loose};
use crate::seen::sections::{SectionView, sections};
use work::units::full_name;

pub(super) fn routes() -> Vec<Route> {
    vec![get("/office", Rule::May(Right::EditPlan), show)]
}

/// How many cases wait for the units of this account, and of how many a step is past its day.
async fn cases_open(app: &App, actor: &Actor, today: Date) -> Result<(u64, u64), Fault> {
    let sight = work::cases::sight(actor);
    let waiting = CaseFilter { bearers: Some(actor.own_units(Right::Record)), ..CaseFilter::default() };
    let late = CaseFilter { late: Some(today), ..CaseFilter::default() };
    Ok((
        app.store.count_cases(actor.institution, &sight, &waiting).await?,
        app.store.count_cases(actor.institution, &sight, &late).await?,
    ))
}

/// A waiver or an extension that waits for a decision.
struct Waiting {
    request: String,
    duty: DutyId,
    title: String,
    unit: String,
    due: String,
    what: String,
    reason: String,
    asked: String,
}

/// A plan whose text has changes that nobody has published.
struct Begun {
    title: String,
    href: String,
    words: String,
}

/// A line of what changed.
struct Change {
    standing: Standing,
    title: String,
    href: String,
    unit: String,
    unit_href: String,
    day: String,
}

/// A record that was entered.
struct Entered {
    title: String,
    href: String,
    unit: String,
    words: String,
    late: bool,
}

#[derive(askama::Template)]
#[template(path = "board/office.html")]
struct OfficePage {
    frame: Frame,
    day: String,
    today_due: Option<Count>,
    week_due: Option<Count>,
    week_end: String,
    waiting: Vec<Waiting>,
    drafts: Vec<Begun>,
    since: String,
    newly_late: Option<Count>,
    late: Vec<Change>,
    done: Vec<Change>,
    newly_done: Option<Count>,
    done_late: usize,
    waived: usize,
    entered: Vec<Entered>,
    entered_total: Records,
    entered_href: String,
    entered_late: Records,
    title: String,
    big: Vec<Count>,
    sections: Vec<SectionView>,
    empty: Option<Empty>,
    /// What a college that has just begun does first.
    steps: Vec<super::first::Step>,
    corrections: usize,
    /// Cases that wait for the office, and those past their day: how many.
    cases: (u64, u64),
    /// What is not connected yet, once a plan runs.
    loose: Vec<Loose>,
    /// Records that wait for the office's confirmation.
    to_confirm: Heap,
}

/// How many lines of each kind are shown; the numbers say how many there are.
const SHOWN: usize = 6;

/// The last working day before `today`: on a Monday, what happened since Friday is news.
fn last_working_day(calendar: Option<&SchoolCalendar>, today: Date) -> Date {
    let before = |d: Date| d.yesterday().unwrap_or(d);
    let mut day = before(today);
    // Ten days are longer than any public holiday.
    for _ in 0..10 {
        let working = calendar.map_or_else(
            || !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday),
            |c| c.is_working_day(day),
        );
        if working {
            break;
        }
        day = before(day);
    }
    day
}

async fn waiting(app: &App, actor: &Actor) -> Result<Vec<Waiting>, work::Fault> {
    let scope = actor.scope_for(Right::ApproveExemption);
    let all = app.store.exemptions(actor.institution, &scope, None, true).await?;
    let ids: Vec<DutyId> = all.iter().map(|a| a.duty).collect();
    let duties = app.duties(actor.institution, &scope, &ids).await?;
    let row = |asked: &store::Asked| {
        let request = &asked.request;
        let duty = duties.get(&asked.duty);
        Waiting {
            request: request.id.to_string(),
            duty: asked.duty,
            title: duty.map_or_else(String::new, |d| d.title.clone()),
            unit: full_name(&actor.known.organisation, asked.unit),
            due: duty.map_or_else(String::new, |d| day_words(d.due)),
            what: match request.wish {
                model::Wish::Extension { due, .. } => format!("延期到{}", day_words(due)),
                other => other.kind().word().to_owned(),
            },
            reason: request.reason.clone(),
            asked: instant_words(request.asked_at),
        }
    };
    Ok(all.iter().map(row).collect())
}

/// That no plan of the year runs yet, and what of the last one is left: what the office has to know in January.
async fn january(app: &App, actor: &Actor, today: Date) -> Result<Option<Said>, work::Fault> {
    let number = today.year();
    let heads = app.store.plans(actor.institution).await?;
    let published = |year: i16| heads.iter().any(|h| h.year == year && h.published.is_some());
    if published(number) || !published(number - 1) {
        return Ok(None);
    }
    let last = app.book(actor.institution, number - 1, None).await?;
    let late = last.map_or(0, |y| {
        let seen = Seen::of(actor, &y, today, today);
        seen.tally(&Pick::default()).of(Standing::Overdue)
    });
    let left = if late > 0 {
        format!("{}年还有 {late} 项逾期没有办。", number - 1)
    } else {
        String::new()
    };
    let words = format!("{number}年还没有发布要点，现在只有常规要求在运行。{left}");
    let way = if late > 0 {
        ("看去年没有办的", format!("/duties?year={}&standing=overdue", number - 1))
    } else {
        ("上传要点", "/plans".to_owned())
    };
    Ok(Some(Said::new(words).link(way.0, way.1)))
}

/// What changed between the end of one day and now.
struct Changes {
    late: Vec<Line>,
    done: Vec<Line>,
    waived: usize,
}

fn changes(seen: &Seen<'_>, before: Date) -> Changes {
    let old: HashMap<DutyId, Standing> =
        seen.lines_on(&Pick::default(), before).into_iter().map(|l| (l.duty, l.standing)).collect();
    let mut out = Changes { late: Vec::new(), done: Vec::new(), waived: 0 };
    for line in seen.lines(&Pick::default()) {
        let was = old.get(&line.duty).copied();
        match line.standing {
            // By the due day, as the list that the number opens is asked for.
            Standing::Overdue if line.due >= before => out.late.push(line),
            Standing::Met | Standing::MetLate if was.is_some_and(|s| !s.is_done()) => out.done.push(line),
            Standing::Waived if was.is_some_and(|s| s != Standing::Waived) => out.waived += 1,
            _ => {}
        }
    }
    out
}

async fn show(State(app): State<App>, actor: Actor, frame: Frame) -> Reply {
    let today = app.clock.today();
    let year = app.year(actor.institution, None).await?;
    let frame = match january(&app, &actor, today).await? {
        Some(said) => frame.noting(said),
        None => frame,
    };
    let since = last_working_day(year.as_deref().map(|y| &y.calendar), today);
    let before = since.yesterday().unwrap_or(since);
    let waiting = waiting(&app, &actor).await?;
    let drafts = app
        .store
        .plans(actor.institution)
        .await?
        .into_iter()
        .filter_map(|h| {
            let words = match &h.published {
                None => "还没有发布".to_owned(),
                Some(p) if p.revision != h.revision => {
                    format!("{}发布之后又改过，改动还没有发布", day_words(work::clock::day_of(p.at)))
                }
                Some(_) => return None,
            };
            Some(Begun { title: h.title, href: format!("/plans/{}", h.id), words })
        })
        .collect();
    let midnight = since.to_zoned(china()).map(|z| z.timestamp()).unwrap_or_default();
    let filter = EntryFilter { entered_from: Some(midnight), ..EntryFilter::default() };
    let scope = actor.scope_for(Right::SeeEntries);
    let entered_total = work::counts::how_many(&app, &actor, &scope, &filter).await?;
    let late_ones = EntryFilter { late: Some(true), ..filter.clone() };
    let entered_late = work::counts::how_many(&app, &actor, &scope, &late_ones).await?;
    let entered = app
        .store
        .entries(actor.institution, &scope, &filter, u32::try_from(SHOWN).unwrap_or(6))
        .await?
        .into_iter()
        .map(|row| Entered {
            href: format!("/entries/{}", row.entry.id),
            unit: full_name(&actor.known.organisation, row.entry.unit),
            words: format!("{}发生，{}记", day_words(row.entry.day), instant_words(row.entry.entered_at)),
            title: row.entry.title,
            late: row.late,
        })
        .collect();
    let mut shown = OfficePage {
        frame: frame.titled("今天").at(Place::Today),
        day: format!("{} {}", day_words(today), weekday(today)),
        today_due: None,
        week_due: None,
        week_end: String::new(),
        waiting,
        drafts,
        since: format!("{} {}", day_words(since), weekday(since)),
        newly_late: None,
        late: Vec::new(),
        done: Vec::new(),
        newly_done: None,
        done_late: 0,
        waived: 0,
        entered,
        entered_total,
        entered_href: format!("/entries?entered={since}"),
        entered_late,
        title: String::new(),
        big: Vec::new(),
        sections: Vec::new(),
        empty: Some(
            Empty::new("还没有发布的要点", "上传要点，改好，发布，各组织的应办事项就排出来了。")
                .with(Link::new("上传要点", "/plans")),
        ),
        steps: Vec::new(),
        loose: Vec::new(),
        to_confirm: entries::waiting(&app, &actor).await?,
        corrections: app.store.corrections(actor.institution, None).await?.len(),
        cases: cases_open(&app, &actor, today).await?,
    };
    let Some(year) = year else {
        shown.steps = super::first::first_steps(&app, &actor).await?;
        return page(&shown);
    };
    shown.loose = loose(&app, &actor, Some(&year)).await?;
    let (late, done) = {
        let seen = Seen::of(&actor, &year, today, today);
        if let Some(week) = seen.year.calendar.week_of_term(today) {
            shown.day = format!("{}　第{week}周", shown.day);
        }
        let monday_offset = i64::from(today.weekday().to_monday_zero_offset());
        let sunday = today.checked_add(jiff::Span::new().days(6 - monday_offset)).unwrap_or(today);
        let ahead = BTreeSet::from([Standing::DueSoon, Standing::Open]);
        let due = |last: Date| {
            let pick = Pick { standings: Some(ahead.clone()), due: Some((today, last)), ..Pick::default() };
            let (from, to) = (today.to_string(), last.to_string());
            Count {
                standing: Standing::DueSoon,
                count: u64::from(seen.tally(&pick).total()),
                href: seen.href(&[
                    ("standing", "due_soon"),
                    ("standing", "open"),
                    ("from", &from),
                    ("to", &to),
                ]),
            }
        };
        shown.today_due = Some(due(today));
        shown.week_due = Some(due(sunday));
        shown.week_end = day_words(sunday);
        let Changes { late, mut done, waived } = changes(&seen, before);
        let from = before.to_string();
        shown.newly_late = Some(Count {
            standing: Standing::Overdue,
            count: u64::try_from(late.len()).unwrap_or_default(),
            href: seen.href(&[("standing", "overdue"), ("from", &from)]),
        });
        shown.newly_done = Some(Count {
            standing: Standing::Met,
            count: u64::try_from(done.len()).unwrap_or_default(),
            href: seen.href(&[("standing", "done"), ("done", &since.to_string())]),
        });
        shown.done_late = done.iter().filter(|l| l.standing == Standing::MetLate).count();
        shown.waived = waived;
        done.sort_by_key(|l| (l.standing, l.unit, l.due));
        let all = seen.tally(&Pick::default());
        shown.big = seen.all_counts(all);
        shown.title = seen.year.title.clone();
        shown.sections = sections(&seen, &actor, &app);
        (late, done)
    };
    shown.late = named(&app, &actor, &late).await?;
    shown.done = named(&app, &actor, &done).await?;
    shown.empty = None;
    page(&shown)
}

/// The first lines with their titles and units.
async fn named(app: &App, actor: &Actor, lines: &[Line]) -> Result<Vec<Change>, work::Fault> {
    let ids: Vec<DutyId> = lines.iter().take(SHOWN).map(|l| l.duty).collect();
    // These were found by what the account sees.
    let duties = app.store.duties_by_ids(actor.institution, &Scope::All, &ids).await?;
    Ok(lines
        .iter()
        .take(SHOWN)
        .filter_map(|l| {
            let duty = duties.iter().find(|d| d.id == l.duty)?;
            Some(Change {
                standing: l.standing,
                title: duty.title.clone(),
                href: format!("/duties/{}", l.duty),
                unit: full_name(&actor.known.organisation, l.unit),
                unit_href: format!("/units/{}", l.unit),
                day: day_words(l.due),
            })
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn on_a_monday_news_begins_on_friday() {
        assert_eq!(last_working_day(None, date(2022, 4, 25)), date(2022, 4, 22));
        assert_eq!(last_working_day(None, date(2022, 4, 22)), date(2022, 4, 21));
        let rules = rulebook::Rulebook::built_in().expect("the built-in rulebook has no faults");
        let calendar = SchoolCalendar::from_rulebook(rules.calendar_data(), 2022);
        assert!(
            last_working_day(Some(&calendar), date(2022, 10, 8)) < date(2022, 10, 1),
            "after the national holiday"
        );
    }
}
