//! The published plan item by item in its own words, and how each stands on a day.

use std::collections::{BTreeMap, BTreeSet};

use model::{Item, MeasureKind, Obligation, ObligationId, Origin, OwnerRole, Span, Standing, UnitId};
use runtime::{Pick, Tally};
use web::App;
use web::view::words::{Mark, Piece, pieces};
use web::view::{Count, Strip};
use work::numbers::figure;
use work::{Actor, Year, units};

use super::source::article;
use super::{Seen, bare_number, parts};

/// A section with those of its items that are shown.
pub(crate) struct SectionView {
    pub(crate) heading: String,
    pub(crate) total: u32,
    pub(crate) done: u32,
    pub(crate) late: u32,
    pub(crate) strip: Strip,
    pub(crate) items: Vec<ItemView>,
}

/// An item as its line and what it opens.
pub(crate) struct ItemView {
    /// From 1; its anchor is `i-` and this.
    pub(crate) place: usize,
    pub(crate) number: String,
    pub(crate) title: String,
    pub(crate) lead: String,
    pub(crate) responsible: String,
    pub(crate) measures: usize,
    pub(crate) tally: Tally,
    pub(crate) total_href: String,
    pub(crate) strip: Strip,
    pub(crate) lights: Vec<Count>,
    pub(crate) words: Vec<Piece>,
    /// Keys of obligations whose words stand elsewhere: their anchors still lead to this item.
    pub(crate) loose: Vec<String>,
    /// Sentences that only point the way.
    pub(crate) directional: usize,
    pub(crate) obligations: Vec<ObligationView>,
    pub(crate) mine: bool,
}

/// An obligation beside its words.
pub(crate) struct ObligationView {
    pub(crate) key: String,
    pub(crate) tied: bool,
    pub(crate) title: String,
    pub(crate) kind: &'static str,
    pub(crate) who: String,
    pub(crate) rhythm: String,
    pub(crate) total: u32,
    pub(crate) href: String,
    pub(crate) lights: Vec<Count>,
    pub(crate) assessed: bool,
    /// The event whose day it waits for, while it owes nothing; empty for others.
    pub(crate) waits: String,
    /// The article of the rule that it adopts.
    pub(crate) rule: String,
}

/// Everything of the plan that the account sees, on the day.
pub(crate) fn sections(seen: &Seen<'_>, actor: &Actor, app: &App) -> Vec<SectionView> {
    let year = seen.year;
    let organisation = &actor.known.organisation;
    let tallies = seen.by_obligation(&Pick::default());
    let mut owing: BTreeMap<ObligationId, BTreeSet<UnitId>> = BTreeMap::new();
    seen.each(&Pick::default(), |line| {
        owing.entry(line.obligation).or_default().insert(line.unit);
    });
    let leads = actor.leads();
    let mut by_item: BTreeMap<Option<usize>, Vec<&Obligation>> = BTreeMap::new();
    for o in seen.obligations() {
        by_item.entry(o.item.filter(|i| *i < year.plan.items.len())).or_default().push(o);
    }
    let view = |o: &Obligation| {
        let id = o.id.to_string();
        let tally = tallies.get(&o.id).copied().unwrap_or_default();
        let narrow = [("obligation", id.as_str())];
        ObligationView {
            key: o.key.clone(),
            tied: o.origin.span().is_some() && !matches!(o.origin, Origin::Progress { .. }),
            title: o.title.clone(),
            kind: if o.assessed { o.kind.word() } else { "导向" },
            who: units::bearers(&o.bearers, organisation, owing.get(&o.id).map_or(0, BTreeSet::len)),
            rhythm: o.cadence.words(),
            total: tally.total(),
            href: seen.href(&narrow),
            lights: seen.counts(tally, &narrow),
            assessed: o.assessed,
            waits: if tally.total() > 0 { String::new() } else { waits_for(app, o, year.number) },
            rule: article(app, o),
        }
    };
    let none = Vec::new();
    let mut out: Vec<SectionView> = Vec::new();
    let mut of_section: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
    for (i, item) in year.plan.items.iter().enumerate() {
        // A past day shows the plans of that day.
        if year.lens.is_some() || year.part_of(item).is_none_or(|p| p.runs_on(seen.on)) {
            of_section.entry(item.section).or_default().push(i);
        }
    }
    for (section, items) in of_section {
        let first = items.first().and_then(|i| year.plan.items.get(*i));
        let mark = first.and_then(|i| year.part_of(i)).map_or("", |p| p.mark.as_str());
        let heading = section.and_then(|s| year.plan.sections.get(s)).map_or_else(String::new, |s| {
            let number = bare_number(&s.number);
            if number.is_empty() {
                format!("{mark}{}", s.title)
            } else {
                format!("{mark}{number}、{}", s.title)
            }
        });
        let items: Vec<ItemView> = items
            .into_iter()
            .filter_map(|i| Some((i, year.plan.items.get(i)?)))
            .map(|(i, item)| {
                let all = by_item.get(&Some(i)).unwrap_or(&none);
                let shown: Vec<&Obligation> = all.iter().copied().filter(|o| is_shown(o)).collect();
                let tally: Tally = all.iter().filter_map(|o| tallies.get(&o.id)).copied().sum();
                let (words, directional) = in_words(year, item, &shown);
                let place = (i + 1).to_string();
                let narrow = [("item", place.as_str())];
                ItemView {
                    place: i + 1,
                    number: bare_number(&item.number).to_owned(),
                    title: item.title.clone(),
                    lead: units::owners(&item.owners, OwnerRole::Lead),
                    responsible: units::owners(&item.owners, OwnerRole::Responsible),
                    measures: shown.iter().filter(|o| o.assessed).count(),
                    tally,
                    total_href: seen.href(&narrow),
                    strip: Strip::of(&item.title, &parts(tally)),
                    lights: seen.counts(tally, &narrow),
                    loose: shown
                        .iter()
                        .filter(|o| !words.iter().any(|w: &Piece| w.begins.contains(&o.key)))
                        .map(|o| o.key.clone())
                        .collect(),
                    words,
                    directional,
                    obligations: shown.into_iter().map(&view).collect(),
                    mine: all.iter().any(|o| o.lead.iter().any(|u| leads.contains(u))),
                }
            })
            .collect();
        out.push(section_view(heading, items));
    }
    if let Some(standing) = by_item.get(&None) {
        let obligations: Vec<&Obligation> = standing.iter().copied().filter(|o| o.assessed).collect();
        if !obligations.is_empty() {
            out.push(beside(&obligations, &tallies, view));
        }
    }
    out
}

/// Whether an obligation has a line of its own: a title has none, nor has a note of progress that nobody turned on.
fn is_shown(o: &Obligation) -> bool {
    let untaken = !o.assessed && matches!(o.origin, Origin::Progress { .. });
    o.kind != MeasureKind::Title && !untaken
}

/// An item's words with its measures marked, and how many sentences of it only point the way.
fn in_words(year: &Year, item: &Item, obligations: &[&Obligation]) -> (Vec<Piece>, usize) {
    let mut marks: Vec<(Span, Mark)> = obligations
        .iter()
        .filter(|o| !matches!(o.origin, Origin::Progress { .. }))
        .filter_map(|o| {
            let kind = if o.assessed { o.kind } else { MeasureKind::Directional };
            Some((o.origin.span()?, Mark::Measure(kind, vec![o.key.clone()])))
        })
        .collect();
    let asked = marks.clone();
    let mut directional = obligations.iter().filter(|o| !o.assessed).count();
    for sentence in item.sentences.iter().filter(|s| !s.is_title) {
        if !asked.iter().any(|(s, _)| s.overlaps(sentence.span)) {
            marks.push((sentence.span, Mark::Measure(MeasureKind::Directional, Vec::new())));
            directional += 1;
        }
    }
    for owner in item.owners.iter().filter(|o| item.span.contains(o.span)) {
        marks.push((owner.span, Mark::Owner));
    }
    (pieces(&year.source.text, item.span, &marks), directional)
}

fn section_view(heading: String, items: Vec<ItemView>) -> SectionView {
    let tally: Tally = items.iter().map(|i| i.tally).sum();
    SectionView {
        strip: Strip::of(&heading, &parts(tally)),
        heading,
        total: tally.total(),
        done: tally.done(),
        late: tally.of(Standing::Overdue),
        items,
    }
}

/// What is asked by standing rules without a clause of the plan.
fn beside(
    obligations: &[&Obligation],
    tallies: &BTreeMap<ObligationId, Tally>,
    view: impl Fn(&Obligation) -> ObligationView,
) -> SectionView {
    let tally: Tally = obligations.iter().filter_map(|o| tallies.get(&o.id)).copied().sum();
    let item = ItemView {
        place: 0,
        number: String::new(),
        title: "要点没有写明、按制度应办的事项".to_owned(),
        lead: String::new(),
        responsible: String::new(),
        measures: obligations.len(),
        tally,
        total_href: String::new(),
        strip: Strip::of("制度要求", &parts(tally)),
        lights: tally
            .parts()
            .map(|(standing, n)| Count { standing, count: u64::from(n), href: String::new() })
            .collect(),
        words: Vec::new(),
        loose: Vec::new(),
        directional: 0,
        obligations: obligations.iter().map(|o| view(o)).collect(),
        mine: false,
    };
    section_view("制度要求".to_owned(), vec![item])
}

/// What people call the event whose day an obligation hangs on; empty when it hangs on none that must be told or recorded.
fn waits_for(app: &App, obligation: &Obligation, year: i16) -> String {
    compiler::waits_for(&obligation.cadence, &app.rulebook, year).map_or_else(String::new, |w| w.title)
}

impl ItemView {
    /// 301 / 942.
    pub(crate) fn progress(&self) -> String {
        format!("{} / {}", figure(self.tally.done()), figure(self.tally.asked()))
    }

    /// 942.
    pub(crate) fn total(&self) -> String {
        figure(self.tally.total())
    }

    /// Whether it asks nothing that is counted.
    pub(crate) fn is_directional(&self) -> bool {
        self.measures == 0 && self.tally.is_empty()
    }
}
