//! What is late, as an account sees it, with what lists of it need: in the order of the tree.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use model::{DutyId, PersonId, Post, Standing, UnitId, UnitKind};
use runtime::Pick;
use store::{CaseFilter, Scope};
use web::App;
use work::chase::{About, Chasing, Item, chasing};
use work::{Actor, Fault, Year, cases};

use crate::seen::{Seen, source};

/// Steps of cases that one list holds at most.
const STEPS: u32 = 10_000;

/// What is late for an account, and what says who is who.
pub(super) struct Lines {
    pub(super) chasing: Arc<Chasing>,
    pub(super) year: Option<Arc<Year>>,
    /// Late duties of the year: as many as every page says are 逾期.
    pub(super) duties: Vec<Item>,
    /// Late steps of cases.
    pub(super) steps: Vec<Item>,
    names: BTreeMap<PersonId, String>,
    /// Who heads each unit: 书记 and the name.
    heads: HashMap<UnitId, (String, String)>,
    /// The work telephone of each unit.
    phones: BTreeMap<UnitId, String>,
}

impl Lines {
    pub(super) async fn of(app: &App, actor: &Actor) -> Result<Self, Fault> {
        let today = app.clock.today();
        let chasing = chasing(app, actor.institution).await?;
        let year = app.year(actor.institution, None).await?;
        let late = Pick::default().standing(Standing::Overdue);
        let lines = year.as_ref().map(|y| Seen::of(actor, y, today, today).lines(&late)).unwrap_or_default();
        let found = lines.iter().filter_map(|l| chasing.get(&About::Duty(l.duty)).cloned());
        let mut duties: Vec<Item> = found.collect();
        let filter = CaseFilter { late: Some(today), ..CaseFilter::default() };
        let sight = cases::sight(actor);
        let seen = app.store.case_steps(actor.institution, &sight, &filter, None, STEPS).await?;
        let mut steps: Vec<Item> = seen
            .into_iter()
            .filter_map(|(s, _)| chasing.get(&About::Step(s.case, s.step, s.line)).cloned())
            .filter(|i| i.standing == Standing::Overdue)
            .collect();
        let posts = app.store.posts_on(actor.institution, &Scope::All, today).await?;
        let mut people: BTreeSet<PersonId> = posts.iter().map(|p| p.person).collect();
        people.extend(duties.iter().filter_map(|i| i.person));
        let names = app.store.names(actor.institution, &people.into_iter().collect::<Vec<_>>()).await?;
        let phones = app.store.contacts(actor.institution).await?;
        let families: HashMap<UnitId, Option<UnitId>> =
            duties.iter().chain(&steps).map(|i| (i.unit, family(actor, i.unit))).collect();
        let place = |i: &Item| {
            let family = families.get(&i.unit).copied().flatten();
            (family.map(|f| actor.known.place(f)), actor.known.place(i.unit), i.due, i.about.clone())
        };
        duties.sort_by_cached_key(place);
        steps.sort_by_cached_key(place);
        let heads = heads(app, actor, &posts, &names);
        Ok(Self { chasing, year, duties, steps, names, heads, phones })
    }

    /// Who heads a unit: 书记 and the name; nothing where nobody is noted.
    pub(super) fn head(&self, unit: UnitId) -> Option<&(String, String)> {
        self.heads.get(&unit)
    }

    /// The work telephone of a unit.
    pub(super) fn phone(&self, unit: UnitId) -> &str {
        self.phones.get(&unit).map_or("", String::as_str)
    }

    /// The titles of some duties; a step has its own.
    pub(super) async fn titles(
        &self,
        app: &App,
        actor: &Actor,
        items: &[&Item],
    ) -> Result<HashMap<About, String>, Fault> {
        let ids: Vec<DutyId> = items
            .iter()
            .filter_map(|i| match i.about {
                About::Duty(id) => Some(id),
                About::Step(..) => None,
            })
            .collect();
        // They were picked by what the account may see.
        let duties = app.duties(actor.institution, &Scope::All, &ids).await?;
        let mut out: HashMap<About, String> =
            duties.into_iter().map(|(id, d)| (About::Duty(id), d.title)).collect();
        for item in items {
            if let Some(person) = item.person.and_then(|p| self.names.get(&p))
                && let Some(title) = out.get_mut(&item.about)
            {
                title.push_str(&format!("　{}{person}", if item.personal { "" } else { "关于" }));
            }
            if matches!(item.about, About::Step(..)) {
                out.insert(item.about.clone(), item.title.clone());
            }
        }
        Ok(out)
    }

    /// The units that lead what asks for something.
    pub(super) fn leads(&self, item: &Item) -> &[UnitId] {
        let of = item.obligation.and_then(|o| self.year.as_ref()?.obligation(o));
        of.map(|o| o.lead.as_slice()).unwrap_or_default()
    }

    /// Where something comes from: 要点 一·3.
    pub(super) fn source(&self, app: &App, item: &Item) -> String {
        let of =
            item.obligation.and_then(|o| Some((self.year.as_ref()?, self.year.as_ref()?.obligation(o)?)));
        of.map_or(String::new(), |(year, o)| source::of(o, year, &app.rulebook).label)
    }
}

/// Who heads which unit: of several, the first in the order of posts.
fn heads(
    app: &App,
    actor: &Actor,
    posts: &[Post],
    names: &BTreeMap<PersonId, String>,
) -> HashMap<UnitId, (String, String)> {
    let roles = app.rulebook.roles();
    let heads = |p: &&Post| actor.known.unit(p.unit).is_some_and(|u| roles.heads(&p.title, u.kind));
    let mut all: Vec<&Post> = posts.iter().filter(heads).collect();
    all.sort_by_key(|p| roles.rank(&p.title));
    let mut out = HashMap::new();
    for post in all {
        if let Some(name) = names.get(&post.person) {
            out.entry(post.unit).or_insert_with(|| (post.title.clone(), name.clone()));
        }
    }
    out
}

/// The page of something that is chased.
pub(super) fn href(about: &About) -> String {
    match about {
        About::Duty(id) => format!("/duties/{id}"),
        About::Step(case, ..) => format!("/cases/{case}"),
    }
}

/// The general branch that a unit is or stands below.
pub(super) fn family(actor: &Actor, unit: UnitId) -> Option<UnitId> {
    let mut at = actor.known.unit(unit);
    // A tree is no deeper than this.
    for _ in 0..32 {
        let here = at?;
        if here.kind == UnitKind::GeneralBranch {
            return Some(here.id);
        }
        at = here.parent.and_then(|p| actor.known.unit(p));
    }
    None
}
