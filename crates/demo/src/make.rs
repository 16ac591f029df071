//! Making the college: from a seed and a plan, the same each time; nothing here is kept yet.

use anyhow::{Context as _, bail};
use jiff::civil::{Date, date};
use model::{
    AlsoAsked, Duty, InstitutionId, MeasureKind, MomentId, Obligation, Organisation, PlanId, Proposal,
    ProposalState, Review, Severity, SourceText, UnitId, UnitKind,
};
use rulebook::Rulebook;
use runtime::{Basis, Moments, Occasion, Roster, SchoolCalendar, gather, publish, share};

use super::{
    accounts::{DemoAccount, accounts, keepers},
    chance::{Chance, id},
    college::{add_lacking, college},
    material::Material,
    people::{People, people},
    world::World,
    year::{Writers, Year, year},
};

/// The event of which the demonstration tells the day.
pub(crate) const CONGRESS: &str = "staff-congress";

/// What is wanted.
#[derive(Clone, Debug)]
pub struct Wish {
    /// The plan; none for the invented one.
    pub plan: Option<SourceText>,
    /// The same number makes the same college.
    pub seed: u64,
    /// The demonstration's day; none for 30 September of the plan's year.
    pub today: Option<Date>,
}

/// The college, its plan, and what was done about it.
#[derive(Clone, Debug, PartialEq)]
pub struct College {
    /// Its id.
    pub institution: InstitutionId,
    pub(crate) org: Organisation,
    /// Units that the plan names and the college lacked.
    pub added: Vec<String>,
    pub(crate) people: People,
    pub(crate) accounts: Vec<DemoAccount>,
    pub(crate) calendar_year: i16,
    /// The college's plan and, with the invented one, the discipline committee's list, in the order of publication.
    pub(crate) plans: Vec<DemoPlan>,
    /// Day of publication.
    pub(crate) made: Date,
    /// The day on which the demonstration stands.
    pub today: Date,
    /// The occasion of the staff congress, and its day, told before the plan was published.
    pub(crate) congress: (MomentId, Date),
    pub(crate) year: Year,
}

/// A plan that runs in the college, with what its publication opens.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct DemoPlan {
    pub(crate) id: PlanId,
    /// Whose plan it is; the college's own when none.
    pub(crate) issuer: Option<UnitId>,
    pub(crate) title: String,
    pub(crate) source: SourceText,
    /// What the compiler and the demonstration's clerk made of the plan.
    pub(crate) review: Review,
    pub(crate) obligations: Vec<Obligation>,
    pub(crate) duties: Vec<Duty>,
    /// Duties of a plan before it that this one asks as well.
    pub(crate) also: Vec<AlsoAsked>,
}

/// Makes it.
///
/// # Errors
/// In Chinese, when nothing can be shown of this plan on this day.
pub fn make(wish: &Wish, rulebook: &Rulebook) -> anyhow::Result<College> {
    let own = || SourceText::from_plain("plan.txt", include_str!("../data/plan.txt"));
    let source = wish.plan.clone().unwrap_or_else(own);
    let plan = plan::read(&source);
    if plan.items.is_empty() {
        bail!("“{}”里没有读到条目，不能作为演示用的工作要点；用 luoshi check 看看问题在哪里", source.name);
    }
    let Some(calendar_year) = plan.year.or(wish.today.map(Date::year)) else {
        bail!("“{}”里没有写明年份；请用 --today 指定演示所在的日期，如 --today 2026-09-30", source.name);
    };
    if !(1950..=2200).contains(&calendar_year) {
        bail!("“{}”写的年份是 {calendar_year}，演示不了", source.name);
    }
    let today = wish.today.unwrap_or(date(calendar_year, 9, 30));
    if today.year() < calendar_year {
        bail!("演示的日期 {today} 早于要点所在的 {calendar_year} 年；--today 请写那一年的日期，或者不写");
    }
    let made = date(calendar_year, 1, 10).min(today);
    let base = millis_of(date(calendar_year, 1, 4));

    let mut org = college()?;
    let added = add_lacking(&mut org, &plan, rulebook, base, wish.seed)?;
    let people = people(&org, calendar_year, base, wish.seed);
    let accounts = accounts(&org, &people, today, base, wish.seed);
    let calendar = SchoolCalendar::from_rulebook(rulebook.calendar_data(), calendar_year);

    let mut chance = Chance::new(wish.seed, "plan");
    let first = id!(PlanId, base, chance);
    let institution = id!(InstitutionId, base, chance);
    let roster = Roster::new(people.memberships.clone(), people.posts.clone());
    let usual = runtime::usual_months(rulebook.in_force(made));
    let congress = date(calendar_year, 4, 24);
    let mut moments = Moments::new(rulebook.events());
    moments.add(CONGRESS, Occasion { day: congress, year: calendar_year, unit: None });
    let congress = (id!(MomentId, base, Chance::new(wish.seed, "events")), congress);
    let basis = Basis {
        org: &org,
        roster: &roster,
        calendar: &calendar,
        year: calendar_year,
        made,
        from: date(calendar_year, 1, 1),
        rules: rulebook.version(),
        moments: &moments,
        usual_months: &usual,
    };
    let published_at = millis_of(made);
    let mut more = Chance::new(wish.seed, "duties");
    let (mut obligation_count, mut duty_count) = (0, 0);
    let mut open = |id: PlanId, source: &SourceText| {
        let plan = plan::read(source);
        let context = compiler::Context { year: calendar_year, today: Some(made) };
        let compiled = compiler::Compiler::new(rulebook).compile(source, &plan, &org, &context);
        let warnings = compiled.diagnostics.iter().filter(|d| d.severity == Severity::Warning);
        let seen = warnings.map(|d| format!("{} {}", d.code, d.span.of(&source.text))).collect();
        let proposals: Vec<Proposal> = compiled.proposals.into_iter().map(settled).collect();
        let published = publish(
            id,
            &proposals,
            &basis,
            &mut || {
                obligation_count += 1;
                id!(ObligationId, published_at + obligation_count, chance)
            },
            &mut || {
                duty_count += 1;
                id!(DutyId, published_at + duty_count, more)
            },
        );
        let title = plan.title.clone().unwrap_or_else(|| format!("{calendar_year}年党建工作要点"));
        DemoPlan {
            id,
            issuer: None,
            title,
            source: source.clone(),
            review: Review { plan, proposals, seen },
            obligations: published.obligations,
            duties: published.duties,
            also: Vec::new(),
        }
    };
    let mut plans = vec![open(first, &source)];
    if wish.plan.is_none() {
        let id = id!(PlanId, base + 1, Chance::new(wish.seed, "discipline"));
        let list = include_str!("../data/discipline.txt").replace("{year}", &calendar_year.to_string());
        let second = open(id, &SourceText::from_plain("discipline.txt", &list));
        let issuer = org.units.iter().find(|u| u.kind == UnitKind::Discipline).map(|u| u.id);
        let second = beside(&plans[0], DemoPlan { issuer, ..second }, made);
        plans.push(second);
    }
    let words = Material::read()?;
    let by_unit = keepers(&org, &accounts);
    let office = accounts.first().map(|a| a.id).context("the college has no office")?;
    let world = World::new(&org, &people, rulebook, &calendar, &words, wish.seed, today);
    let obligations: Vec<Obligation> = plans.iter().flat_map(|p| p.obligations.clone()).collect();
    let duties: Vec<Duty> = plans.iter().flat_map(|p| p.duties.clone()).collect();
    let done = year(&world, &Writers { by_unit, office }, &obligations, &duties);
    Ok(College {
        institution,
        org,
        added,
        people,
        accounts,
        calendar_year,
        plans,
        made,
        today,
        congress,
        year: done,
    })
}

/// A plan that is published beside one that runs: what both ask is one duty.
fn beside(first: &DemoPlan, second: DemoPlan, day: Date) -> DemoPlan {
    let running: Vec<_> =
        first.duties.iter().map(|d| (d.clone(), gather(d, day, None, &[], &[], &[]))).collect();
    let shared = {
        let find = |id| first.obligations.iter().chain(&second.obligations).find(|o| o.id == id);
        share(second.duties, &running, find, day)
    };
    DemoPlan { duties: shared.duties, also: shared.also, ..second }
}

/// What the clerk of the demonstration makes of a proposal: the guess is confirmed where it can be carried out.
fn settled(proposal: Proposal) -> Proposal {
    let open = proposal.state == ProposalState::Proposed;
    let shown_only = matches!(proposal.kind, MeasureKind::Title | MeasureKind::Directional);
    let nobody = proposal.bearers.is_nobody() || proposal.ledger.is_none();
    let state = match (open, shown_only || nobody) {
        (false, _) => proposal.state.clone(),
        (true, true) => ProposalState::NotAssessed,
        (true, false) => ProposalState::Confirmed,
    };
    Proposal { state, ..proposal }
}

/// The first millisecond of a day in China.
pub(crate) fn millis_of(day: Date) -> u64 {
    let start = day.to_zoned(work::clock::china()).map(|z| z.timestamp().as_millisecond());
    start.ok().and_then(|m| u64::try_from(m).ok()).unwrap_or(0)
}
