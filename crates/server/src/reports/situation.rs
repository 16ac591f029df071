//! How the plan stood on a day, as reports tell it: every figure is a tally of the board, and each can be opened.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use model::{DutyId, Item, ObligationId, Organisation, Origin, OwnerRole, Standing, UnitId};
use runtime::{Line, Pick, Tally};
use store::{EntryFilter, Scope};
use web::App;
use web::permit::Right;
use web::view::day_words;
use work::clock::day_of;
use work::{Actor, Fault, Year};

use crate::seen::{Seen, bare_number, clipped};
use work::units::{full_name, owners};

use super::stretch::Portion;

/// A section of the plan, or what is asked beside it.
pub(crate) struct SectionFigures {
    /// Number as printed without its punctuation; empty for what stands beside the plan.
    pub(crate) number: String,
    pub(crate) title: String,
    /// The plan that it stands in, where that is not the first of several.
    pub(crate) mark: String,
    /// What of it was counted.
    pub(crate) due: Tally,
    /// The obligations that were counted.
    pub(crate) obligations: Vec<ObligationId>,
}

/// An item of the plan.
pub(crate) struct ItemFigures {
    /// 第三部分第9条.
    pub(crate) cited: String,
    pub(crate) title: String,
    pub(crate) lead: String,
    /// What is due in the stretch.
    pub(crate) due: Tally,
    /// What was overdue on the day, whenever it was due: each obligation with its count.
    pub(crate) overdue: Vec<(String, u32)>,
    /// How many units are behind with it.
    pub(crate) units: usize,
}

/// A unit with what it was behind with.
pub(crate) struct Behind {
    pub(crate) unit: String,
    pub(crate) what: Vec<String>,
}

/// What is asked in the quarter that follows.
pub(crate) struct Ahead {
    pub(crate) word: &'static str,
    pub(crate) first: Date,
    pub(crate) last: Date,
    pub(crate) total: usize,
    /// Of these, what members owe each for themselves.
    pub(crate) members: usize,
    /// Those that come every month.
    pub(crate) monthly: Vec<String>,
    /// Those that are due before its last day, with their day.
    pub(crate) dated: Vec<String>,
    /// How many others there are, due on its last day.
    pub(crate) others: usize,
    /// All of them: what, who, until when.
    pub(crate) all: Vec<[String; 3]>,
}

/// All that a report says.
pub(crate) struct Situation {
    pub(crate) stretch: Portion,
    /// The plan as the title names it: 2026年党建工作要点.
    pub(crate) plan: String,
    pub(crate) from: Date,
    pub(crate) to: Date,
    /// The day as of which it is told.
    pub(crate) on: Date,
    /// What is due in the stretch.
    pub(crate) due: Tally,
    /// Of these, what members owe each for themselves.
    pub(crate) members: Tally,
    /// What was due from the beginning of the year to the day.
    pub(crate) so_far: Tally,
    /// What was overdue on the day, whenever it was due.
    pub(crate) overdue: u32,
    /// Of these, what was due before the stretch.
    pub(crate) older: u32,
    pub(crate) sections: Vec<SectionFigures>,
    pub(crate) items: Vec<ItemFigures>,
    pub(crate) behind: Vec<Behind>,
    pub(crate) ahead: Option<Ahead>,
    /// Records of the stretch that were entered late, by the day.
    pub(crate) backfilled: usize,
}

/// The plan as a title names it: without the institution's name, and by its year where it has a title of another form.
pub(crate) fn plan_words(year: &Year, institution: &str) -> String {
    let title = year.title.trim();
    let title = title.strip_prefix(institution).unwrap_or(title);
    if title.starts_with(&format!("{}年", year.number)) && title.contains("要点") {
        title.to_owned()
    } else {
        format!("{}年党建工作要点", year.number)
    }
}

/// 第三部分第9条, from the numbers as they are printed; empty when there is none.
pub(crate) fn cited(year: &Year, item: &Item) -> String {
    let section = item.section.and_then(|s| year.plan.sections.get(s)).map_or("", |s| bare_number(&s.number));
    let number = bare_number(&item.number);
    let section = if section.is_empty() { String::new() } else { format!("第{section}部分") };
    let number = if number.is_empty() { String::new() } else { format!("第{number}条") };
    let mark = year.part_of(item).map_or("", |p| p.mark.as_str());
    format!("{mark}{section}{number}")
}

/// The units in the order of the organisation, each before those below it.
fn in_order(organisation: &Organisation, units: &BTreeSet<UnitId>) -> Vec<UnitId> {
    work::units::in_order(organisation)
        .into_iter()
        .map(|(u, _)| u.id)
        .filter(|id| units.contains(id))
        .collect()
}

/// Reads what a report needs.
///
/// # Errors
/// When the store cannot read.
pub(crate) async fn situation(
    app: &App,
    actor: &Actor,
    year: &Year,
    stretch: Portion,
    on: Date,
) -> Result<Situation, Fault> {
    let (from, to) = stretch.days(year.number);
    let late = overdue(&Seen::of(actor, year, on, app.clock.today()), None);
    let own: Vec<DutyId> = late.iter().filter(|l| l.person.is_none()).map(|l| l.duty).collect();
    let mut titles: BTreeMap<DutyId, String> = BTreeMap::new();
    for ids in own.chunks(5_000) {
        // The lines were picked by what the account may see; the names are read for exactly these.
        let duties = app.store.duties_by_ids(actor.institution, &Scope::All, ids).await?;
        titles.extend(duties.into_iter().map(|d| (d.id, d.title)));
    }
    let backfilled = backfilled(app, actor, from, to.min(on), on).await?;
    let seen = Seen::of(actor, year, on, app.clock.today());
    let organisation = &actor.known.organisation;
    let first = Portion::Year.days(year.number).0;
    let in_stretch = Pick { due: Some((from, to)), ..Pick::default() };
    let by_obligation = seen.by_obligation(&in_stretch);
    let due: Tally = by_obligation.values().copied().sum();
    let of_units = seen.tally(&Pick { own: true, ..in_stretch });
    let so_far = seen.tally(&Pick { due: Some((first, on.min(to))), ..Pick::default() });
    let older = late.iter().filter(|l| l.due < from).count();
    let item_of = |id: ObligationId| year.obligation(id).and_then(|o| o.item);
    let mut items: Vec<ItemFigures> = Vec::new();
    for (place, item) in year.plan.items.iter().enumerate() {
        let due = by_obligation.iter().filter(|(id, _)| item_of(**id) == Some(place)).map(|(_, t)| *t).sum();
        let mine: Vec<&Line> = late.iter().filter(|l| item_of(l.obligation) == Some(place)).collect();
        let overdue = year
            .obligations()
            .iter()
            .filter(|o| o.item == Some(place))
            .filter_map(|o| {
                let n = mine.iter().filter(|l| l.obligation == o.id).count();
                (n > 0).then(|| (o.title.clone(), u32::try_from(n).unwrap_or(u32::MAX)))
            })
            .collect();
        items.push(ItemFigures {
            cited: cited(year, item),
            title: clipped(&item.title, 40),
            lead: owners(&item.owners, OwnerRole::Lead),
            due,
            overdue,
            units: mine.iter().map(|l| l.unit).collect::<BTreeSet<_>>().len(),
        });
    }
    Ok(Situation {
        stretch,
        plan: plan_words(year, &organisation.name),
        from,
        to,
        on,
        due,
        members: minus(due, of_units),
        so_far,
        overdue: u32::try_from(late.len()).unwrap_or(u32::MAX),
        older: u32::try_from(older).unwrap_or(u32::MAX),
        sections: sections(year, &by_obligation),
        items,
        behind: behind(organisation, year, &late, &titles),
        ahead: stretch.next().map(|next| ahead(&seen, organisation, next)),
        backfilled,
    })
}

/// The duties that were overdue on the day, of these obligations or of all.
pub(crate) fn overdue(seen: &Seen<'_>, of: Option<BTreeSet<ObligationId>>) -> Vec<Line> {
    seen.lines(&Pick { obligations: of, ..Pick::default() }.standing(Standing::Overdue))
}

fn minus(all: Tally, some: Tally) -> Tally {
    let mut out = Tally::default();
    for s in Standing::ALL {
        for _ in 0..all.of(s).saturating_sub(some.of(s)) {
            out.count(s);
        }
    }
    out
}

/// The tallies of the sections, and of what is asked beside the plan when there is something.
pub(crate) fn sections(year: &Year, by_obligation: &BTreeMap<ObligationId, Tally>) -> Vec<SectionFigures> {
    let of = |number: &str, title: &str| SectionFigures {
        number: bare_number(number).to_owned(),
        title: title.to_owned(),
        mark: String::new(),
        due: Tally::default(),
        obligations: Vec::new(),
    };
    let mut out: Vec<SectionFigures> = year.plan.sections.iter().map(|s| of(&s.number, &s.title)).collect();
    for item in &year.plan.items {
        if let Some(section) = item.section.and_then(|s| out.get_mut(s))
            && let Some(part) = year.part_of(item)
        {
            section.mark.clone_from(&part.mark);
        }
    }
    let mut beside = of("", if out.is_empty() { "各条要点" } else { "要点之外按制度应办的事项" });
    for (id, tally) in by_obligation {
        let section = year.obligation(*id).and_then(|o| year.item_of(o)).and_then(|item| item.section);
        let place = section.and_then(|s| out.get_mut(s)).unwrap_or(&mut beside);
        place.due += *tally;
        place.obligations.push(*id);
    }
    if !beside.due.is_empty() {
        out.push(beside);
    }
    out
}

/// Records of the stretch that were entered late, as far as they had been entered by the day.
async fn backfilled(app: &App, actor: &Actor, from: Date, to: Date, on: Date) -> Result<usize, Fault> {
    const CHUNK: u32 = 2_000;
    let mut filter =
        EntryFilter { late: Some(true), from: Some(from), to: Some(to), ..EntryFilter::default() };
    let scope = actor.scope_for(Right::SeeEntries);
    let mut count = 0;
    loop {
        let found = app.store.entries(actor.institution, &scope, &filter, CHUNK).await?;
        count += found.iter().filter(|r| day_of(r.entry.entered_at) <= on).count();
        filter.after = match found.last() {
            Some(last) if found.len() >= CHUNK as usize => Some((last.entry.day, last.entry.id)),
            _ => return Ok(count),
        };
    }
}

/// Who was behind with what, in the order of the organisation. Members are counted, never named.
fn behind(
    organisation: &Organisation,
    year: &Year,
    late: &[Line],
    titles: &BTreeMap<DutyId, String>,
) -> Vec<Behind> {
    let mut by_unit: BTreeMap<UnitId, Vec<&Line>> = BTreeMap::new();
    for line in late {
        by_unit.entry(line.unit).or_default().push(line);
    }
    let units: BTreeSet<UnitId> = by_unit.keys().copied().collect();
    in_order(organisation, &units)
        .into_iter()
        .map(|unit| {
            let lines = by_unit.remove(&unit).unwrap_or_default();
            let mut what = Vec::new();
            let mut members: BTreeMap<(Date, ObligationId), usize> = BTreeMap::new();
            for line in lines {
                if line.person.is_some() {
                    *members.entry((line.due, line.obligation)).or_default() += 1;
                } else {
                    let title = titles.get(&line.duty).cloned().unwrap_or_default();
                    what.push(format!("{title}，{}", day_words(line.due)));
                }
            }
            for ((due, id), n) in members {
                let title = year.obligation(id).map_or("", |o| o.title.as_str());
                what.push(format!("{title}，{}，{n}人", day_words(due)));
            }
            Behind { unit: full_name(organisation, unit), what }
        })
        .collect()
}

/// What falls due in the stretch that follows and was not yet done on the day.
fn ahead(seen: &Seen<'_>, organisation: &Organisation, next: Portion) -> Ahead {
    #[derive(Default)]
    struct Asked {
        units: BTreeSet<UnitId>,
        people: usize,
        days: BTreeSet<Date>,
    }
    let (first, last) = next.days(seen.year.number);
    let mut by_obligation: BTreeMap<ObligationId, Asked> = BTreeMap::new();
    let mut total = 0;
    for line in seen.lines(&Pick { due: Some((first, last)), ..Pick::default() }) {
        if line.standing.is_done() || line.standing == Standing::Waived {
            continue;
        }
        total += 1;
        let asked = by_obligation.entry(line.obligation).or_default();
        asked.units.insert(line.unit);
        asked.people += usize::from(line.person.is_some());
        asked.days.insert(line.due);
    }
    let mut out = Ahead {
        word: next.word(),
        first,
        last,
        total,
        members: by_obligation.values().map(|a| a.people).sum(),
        monthly: Vec::new(),
        dated: Vec::new(),
        others: 0,
        all: Vec::new(),
    };
    let mut notes: BTreeSet<Date> = BTreeSet::new();
    let mut dated: BTreeMap<Date, Vec<String>> = BTreeMap::new();
    for o in seen.year.obligations() {
        let Some(asked) = by_obligation.get(&o.id) else { continue };
        if matches!(o.origin, Origin::Progress { .. }) {
            notes.extend(&asked.days);
            continue;
        }
        let who = match (asked.people, asked.units.len(), asked.units.first()) {
            (n, ..) if n > 0 => format!("{n}名党员"),
            (_, 1, Some(unit)) => full_name(organisation, *unit),
            (_, n, _) => format!("{n}个组织"),
        };
        let days: Vec<String> = asked.days.iter().map(|d| day_words(*d)).collect();
        let months: BTreeSet<i8> = asked.days.iter().map(|d| d.month()).collect();
        let early: Vec<Date> = asked.days.iter().copied().filter(|d| *d < last).collect();
        if months.len() >= 3 {
            out.monthly.push(o.title.clone());
        } else if early.is_empty() {
            out.others += 1;
        } else {
            for day in early {
                dated.entry(day).or_default().push(o.title.clone());
            }
        }
        out.all.push([o.title.clone(), who, days.join("、")]);
    }
    if !notes.is_empty() {
        out.others += 1;
        let days: Vec<String> = notes.into_iter().map(day_words).collect();
        out.all.push(["各条要点进展情况".to_owned(), "牵头部门".to_owned(), days.join("、")]);
    }
    out.dated =
        dated.into_iter().map(|(day, what)| format!("{}前{}", day_words(day), what.join("、"))).collect();
    out
}
