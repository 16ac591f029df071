//! 发布前: what it will cost, what stands in the way, and the one button.

use std::collections::{BTreeSet, HashMap};

use axum::extract::State;
use axum::http::StatusCode;
use jiff::civil::Date;
use model::{Duty, Obligation, Origin, PlanId, Proposal, ProposalState, Severity, UnitId};
use runtime::{Cost, Kinship, Pick, ShortOfHours, USUAL_HOURS};
use web::extract::{Path, Sent};
use web::permit::{Right, Route, Rule, get, post};
use web::view::{Frame, Place, Said, page, page_with};
use web::{App, Reply, cookie};
use work::plans::{Beside, Change, Draft, Ground, Later, first, hand_over, is_live, publish};
use work::{Actor, Fault, Year};

use crate::plan::reviewing::draft::item_href;
use crate::seen::loose::{Loose, loose};

use super::versions::counted;

pub(super) fn routes() -> Vec<Route> {
    let may = Rule::May(Right::EditPlan);
    vec![get("/plans/{id}/publish", may, show), post("/plans/{id}/publish", may, send)]
}

/// Two meetings that may be held together.
struct Pair {
    meetings: [String; 2],
    units: u32,
    saves: u32,
}

/// The units under one general branch, with their sums; those above all branches by themselves.
struct Family {
    name: String,
    units: Vec<UnitCost>,
    months: [u32; 12],
    total: u32,
}

/// Something that stands in the way: words and where to mend it.
struct Obstacle {
    code: String,
    words: String,
    href: String,
}

#[derive(Default)]
struct UnitCost {
    unit: Option<UnitId>,
    name: String,
    kind: &'static str,
    own: u32,
    persons: u32,
    months: [u32; 12],
}

/// One of two clauses that ask for the same record.
struct Quoted {
    key: String,
    title: String,
    /// Who leads it, or the regulation that it comes from.
    by: String,
    words: String,
}

/// Two demands that may be one.
struct Double {
    /// The one that stays, and the one that may go into it.
    quoted: [Quoted; 2],
    ledger: String,
    words: String,
}

impl Double {
    /// Key of the demand that stays.
    fn stays(&self) -> &str {
        &self.quoted[0].key
    }

    /// Key of the one that may go into it.
    fn goes(&self) -> &str {
        &self.quoted[1].key
    }
}

/// A demand that runs already in the same year.
struct Runs {
    key: String,
    title: String,
    /// Where it runs: 《…》“…”, or 常规“…”.
    whence: String,
    duties: usize,
}

/// What runs in the year beside a plan that is published for the first time.
#[derive(Default)]
struct Others {
    /// The plans, with their pages.
    plans: Vec<(PlanId, String)>,
    /// What is the same: it is not asked twice.
    same: Vec<Runs>,
    /// What asks for records in the same ledger, by other rules: one record may count for both.
    alike: Vec<Runs>,
    shared: usize,
    credits: usize,
    routines: usize,
}

/// Works out what a first publication finds in the Book of its year; how many duties it makes.
async fn others(app: &App, actor: &Actor, draft: &Draft, ground: &Ground) -> Result<(Others, usize), Fault> {
    let today = ground.today();
    let beside = Beside::read(app, actor.institution, ground.year(), today).await?;
    let publication = first(app, actor, draft, ground, &beside).await?;
    let opening = &publication.opening;
    let mut out = Others {
        shared: opening.also.len(),
        credits: opening.credits.len(),
        routines: opening.routines.len(),
        ..Others::default()
    };
    let made = opening.duties.len();
    let Some(year) = &beside.year else { return Ok((out, made)) };
    out.plans.clone_from(&year.plans);
    let whence = |o: &Obligation| match year.plan_of(o) {
        Some(part) => format!("《{}》“{}”", part.head.title, o.title),
        None => format!("{}年度常规“{}”", ground.year(), o.title),
    };
    let new = |id| opening.obligations.iter().find(|o| o.id == id);
    for same in beside.same(opening, today) {
        if let (Some(wants), Some(runs)) = (new(same.wants), year.obligation(same.runs)) {
            out.same.push(Runs {
                key: wants.key.clone(),
                title: wants.title.clone(),
                whence: whence(runs),
                duties: same.duties,
            });
        }
    }
    // By unit and month, what is made here and what runs there in one ledger.
    let general = app.rulebook.general().map(|l| l.id.clone());
    let shared: BTreeSet<_> = opening.also.iter().map(|a| a.by).collect();
    let own = opening.obligations.iter().filter(|o| o.source.plan().is_some() && o.assessed);
    for o in own.filter(|o| !shared.contains(&o.id) && o.ledger != general) {
        let mine: BTreeSet<_> = opening.duties.iter().filter(|d| d.obligation == o.id).map(slot).collect();
        let kin = |r: &&Obligation| r.assessed && r.ledger == o.ledger && year.asked(r.id, today);
        for runs in year.obligations().iter().filter(kin) {
            let lines = year.board().list(&Pick::obligation(runs.id), today);
            let met = lines.iter().filter(|l| mine.contains(&(l.unit, l.due.year(), l.due.month()))).count();
            if met > 0 {
                out.alike.push(Runs {
                    key: o.key.clone(),
                    title: o.title.clone(),
                    whence: whence(runs),
                    duties: met,
                });
            }
        }
    }
    out.alike.sort_by_key(|r| std::cmp::Reverse(r.duties));
    out.alike.truncate(SHOWN);
    Ok((out, made))
}

fn slot(d: &Duty) -> (UnitId, i16, i8) {
    (d.unit, d.due.year(), d.due.month())
}

/// Doubles that the page shows, the greatest first.
const SHOWN: usize = 30;
/// Least likeness (of 1000) by which two clauses in the ledger of everyday work ask for one thing.
const ALIKE: u32 = 500;

#[derive(askama::Template)]
#[template(path = "plan/publishing/page.html")]
struct PublishPage {
    frame: Frame,
    id: PlanId,
    revision: u32,
    title: String,
    errors: Vec<Obstacle>,
    unseen: Vec<Obstacle>,
    unconfirmed: usize,
    assessed: usize,
    shown_only: usize,
    total: u32,
    units: usize,
    families: Vec<Family>,
    /// Of each month what is due in it, and whether it is the heaviest.
    months: Vec<(usize, u32, bool)>,
    heaviest: String,
    afternoons: Vec<Pair>,
    /// What of hours cannot be reached.
    short: Vec<String>,
    doubles: Vec<Double>,
    /// What publishing a later version changes, counted.
    counted: Vec<(&'static str, String)>,
    published: bool,
    changed: bool,
    /// Whether its year is over: nothing can be asked in it any more.
    past: bool,
    /// How many units a later version touches.
    touched: usize,
    others: Others,
    /// What is not connected yet: who would not learn of it.
    loose: Vec<Loose>,
    message: String,
}

fn quoted(app: &App, actor: &Actor, p: &Proposal) -> Quoted {
    let lead: Vec<&str> = p.lead.iter().map(|u| actor.known.unit_name(*u)).collect();
    let rule = p.origin.rule().and_then(|r| app.rulebook.obligation(r));
    let regulation = rule.map(|r| {
        let title = app.rulebook.regulation(&r.source.regulation);
        title.map_or_else(
            || r.source.level.word().to_owned(),
            |g| format!("《{}》{}", g.title, r.source.article),
        )
    });
    let lead = (!lead.is_empty()).then(|| format!("{}牵头", lead.join("、")));
    let by: Vec<String> = regulation.into_iter().chain(lead).collect();
    let note = rule.map(|r| r.note.as_str()).unwrap_or_default();
    let words = p.origin.words().unwrap_or(note).to_owned();
    Quoted { key: p.key.clone(), title: p.title.clone(), by: by.join("；"), words }
}

/// What two clauses, or a clause and a standing rule, ask of the same units in the same ledger. In the ledger of everyday
/// work anything may stand: there only clauses with like words are meant.
fn doubles(app: &App, actor: &Actor, draft: &Draft, cost: &Cost) -> Vec<Double> {
    let by_key: HashMap<&str, &Proposal> =
        draft.review.proposals.iter().map(|p| (p.key.as_str(), p)).collect();
    let of = |key: &str| by_key.get(key).copied();
    let org = &actor.known.organisation;
    let general = app.rulebook.general();
    let mut out = Vec::new();
    for overlap in &cost.overlaps {
        let (Some(one), Some(other)) = (of(&overlap.keys.0), of(&overlap.keys.1)) else { continue };
        // Two rules of the rulebook are told apart by it.
        if one.origin.rule().is_some() && other.origin.rule().is_some() {
            continue;
        }
        let ledger = one.ledger.as_deref().unwrap_or_default();
        let words = |p: &Proposal| p.origin.words().unwrap_or_default().to_owned();
        if general.is_some_and(|g| g.id == ledger) && compiler::likeness(&words(one), &words(other)) < ALIKE {
            continue;
        }
        let title = app.rulebook.ledger(ledger).map_or_else(String::new, |l| l.title.clone());
        let both = if overlap.units as usize == org.units.len() { "所有" } else { "" };
        out.push(Double {
            quoted: [quoted(app, actor, one), quoted(app, actor, other)],
            ledger: title,
            words: format!(
                "{both} {} 个组织两处都要办，全年有 {} 次落在同一个月",
                overlap.units, overlap.times
            ),
        });
        if out.len() == SHOWN {
            break;
        }
    }
    out
}

fn afternoons(draft: &Draft, cost: &Cost) -> Vec<Pair> {
    let title = |key: &str| {
        draft.review.proposals.iter().find(|p| p.key == key).map_or_else(String::new, |p| p.title.clone())
    };
    cost.afternoons
        .iter()
        .filter(|a| a.kinship == Kinship::Together)
        .take(8)
        .map(|a| Pair { meetings: [title(&a.keys.0), title(&a.keys.1)], units: a.units, saves: a.saves })
        .collect()
}

/// What is the matter, with the item in which it is and the words in question: three times 定期 is told apart.
fn place_and_words(draft: &Draft, d: &model::Diagnostic) -> String {
    let item = d.item.and_then(|i| draft.review.plan.items.get(i));
    let place =
        item.map_or_else(String::new, |i| format!("第{}条　", i.number.trim_matches(['.', '．', '、'])));
    format!("{place}{}", d.message)
}

/// The units under the general branch to which they belong, in the order of the tree.
fn families(units: Vec<UnitCost>, org: &model::Organisation) -> Vec<Family> {
    let head = |unit: Option<UnitId>| {
        let mut at = unit.and_then(|u| org.unit(u));
        while let Some(u) = at.filter(|u| u.kind != model::UnitKind::GeneralBranch) {
            at = u.parent.and_then(|p| org.unit(p));
        }
        at.map_or_else(|| "党委、部门和群团".to_owned(), |u| u.name.clone())
    };
    let mut out: Vec<Family> = Vec::new();
    for unit in units {
        let name = head(unit.unit);
        let at = match out.iter().position(|f| f.name == name) {
            Some(at) => at,
            None => {
                out.push(Family { name, units: Vec::new(), months: [0; 12], total: 0 });
                out.len() - 1
            }
        };
        let Some(family) = out.get_mut(at) else { continue };
        family.months.iter_mut().zip(unit.months).for_each(|(sum, n)| *sum += n);
        family.total += unit.own + unit.persons;
        family.units.push(unit);
    }
    out
}

fn heaviest_words((month, n): (i8, u32)) -> String {
    format!("最多的是{month}月，{n} 项到期。")
}

fn heaviest(months: &[u32; 12]) -> String {
    let most = (1_i8..).zip(months).filter(|(_, n)| **n > 0).max_by_key(|(m, n)| (**n, -m));
    most.map_or_else(String::new, |(month, n)| heaviest_words((month, *n)))
}

/// What a plan that runs asks of each unit and in each month.
fn as_it_runs(year: &Year, org: &model::Organisation, today: Date) -> (Vec<UnitCost>, [u32; 12]) {
    let mut by_unit: HashMap<UnitId, UnitCost> = HashMap::new();
    let mut months = [0_u32; 12];
    year.board().each(&Pick::default(), today, |line| {
        let Ok(at) = usize::try_from(line.due.month() - 1) else { return };
        let cost = by_unit.entry(line.unit).or_default();
        *if line.person.is_some() { &mut cost.persons } else { &mut cost.own } += 1;
        for month in [cost.months.get_mut(at), months.get_mut(at)].into_iter().flatten() {
            *month += 1;
        }
    });
    let named = |u: &model::Unit| {
        let cost = by_unit.remove(&u.id)?;
        Some(UnitCost { unit: Some(u.id), name: u.name.clone(), kind: u.kind.word(), ..cost })
    };
    (org.units.iter().filter_map(named).collect(), months)
}

/// The units for which a later version ends or makes something.
fn touched(later: &Later, running: Option<&Year>) -> usize {
    let made = later.amendment.duties.iter().map(|d| d.unit);
    let board = running.map(Year::board);
    let of = |id: &model::DutyId| board.as_ref()?.facts(*id).map(|f| f.unit);
    let dropped = later.amendment.drop.iter().filter_map(of);
    made.chain(dropped).collect::<BTreeSet<UnitId>>().len()
}

/// Whether it is only offered: a note of progress that nobody turned on.
fn is_offer(p: &Proposal) -> bool {
    p.state == ProposalState::NotAssessed && matches!(p.origin, Origin::Progress { .. })
}

/// Hours of study that nobody can reach by the meetings that are asked.
fn short_of_hours(draft: &Draft, cost: &Cost) -> Vec<String> {
    let title = |key: &str| {
        draft.review.proposals.iter().find(|p| p.key == key).map_or_else(String::new, |p| p.title.clone())
    };
    let words = |s: &ShortOfHours| {
        format!(
            "“{}”要 {} 学时，光靠这里要的会够不着：{} 个支部全部开齐，合开的算一次，最少的支部只有 {} 次，一次按 {USUAL_HOURS}              学时算是 {} 学时；其余的要另外安排学习、培训。",
            title(&s.key),
            s.hours,
            s.units,
            s.meetings,
            s.meetings * USUAL_HOURS
        )
    };
    cost.short.iter().map(words).collect()
}

async fn made(
    app: &App,
    actor: &Actor,
    frame: Frame,
    draft: &Draft,
    message: &str,
) -> Result<PublishPage, work::Fault> {
    let ground = Ground::read(app, actor, draft.revision.year).await?;
    let changed = draft.head.published.as_ref().is_none_or(|p| p.revision != draft.head.revision);
    let ground = ground.costs(app, draft, move |ground, rulebook, proposals| {
        if changed { ground.cost(rulebook, proposals) } else { ground.cost_of_year(rulebook, proposals) }
    });
    let (ground, cost) = ground.await?;
    let obstacle = |d: &model::Diagnostic| Obstacle {
        code: d.code.clone(),
        words: place_and_words(draft, d),
        href: item_href(draft, d.item),
    };
    let all = draft.diagnostics();
    let org = &actor.known.organisation;
    let units = org
        .units
        .iter()
        .filter_map(|u| cost.by_unit.get(&u.id).map(|s| (u, s)))
        .map(|(u, s)| UnitCost {
            unit: Some(u.id),
            name: u.name.clone(),
            kind: u.kind.word(),
            own: s.own,
            persons: s.persons,
            months: cost.by_unit_month.get(&u.id).copied().unwrap_or_default(),
        })
        .collect();
    let (others, made) = if changed && draft.head.published.is_none() {
        let (others, made) = others(app, actor, draft, &ground).await?;
        (others, u32::try_from(made).unwrap_or(u32::MAX))
    } else {
        (Others::default(), cost.total)
    };
    let later = if changed { Later::of(app, actor, draft, &ground).await? } else { None };
    let lens = draft.head.published.is_some().then_some(draft.head.id);
    let running = app.book(actor.institution, draft.revision.year, lens).await?;
    // What runs is counted as it runs, so that every page says the same; what would be made, as it would be made.
    let (made, units, months, heaviest) = match running.as_deref().filter(|_| lens.is_some()) {
        Some(year) => {
            let (units, months) = as_it_runs(year, org, ground.today());
            (months.iter().sum(), units, months, heaviest(&months))
        }
        None => {
            let words = cost.heaviest_month().map_or_else(String::new, heaviest_words);
            (made, units, cost.by_month, words)
        }
    };
    // Of a later version only what it asks anew is made: what it changes is counted by itself.
    Ok(PublishPage {
        frame: frame.titled("发布").at(Place::Plan),
        id: draft.head.id,
        revision: draft.revision.revision,
        title: draft.revision.title.clone(),
        errors: all.iter().filter(|d| d.severity == Severity::Error).map(obstacle).collect(),
        unseen: all
            .iter()
            .filter(|d| changed && d.severity == Severity::Warning && !draft.is_seen(d))
            .map(obstacle)
            .collect(),
        unconfirmed: draft
            .review
            .proposals
            .iter()
            .filter(|p| p.state == ProposalState::Proposed && is_live(p))
            .count(),
        assessed: draft.review.proposals.iter().filter(|p| runtime::is_assessed(p)).count(),
        shown_only: draft
            .review
            .proposals
            .iter()
            .filter(|p| !runtime::is_assessed(p) && !is_offer(p))
            .count(),
        total: made,
        units: units.len(),
        families: families(units, org),
        months: {
            let most = months.iter().copied().max().unwrap_or(0);
            months.iter().copied().enumerate().map(|(i, n)| (i + 1, n, n == most && n > 0)).collect()
        },
        heaviest,
        afternoons: afternoons(draft, &cost),
        short: if changed { short_of_hours(draft, &cost) } else { Vec::new() },
        doubles: doubles(app, actor, draft, &cost),
        counted: later.as_ref().map(counted).unwrap_or_default(),
        past: draft.revision.year < ground.today().year(),
        touched: later.as_ref().map_or(0, |l| touched(l, running.as_deref())),
        loose: loose(app, actor, running.as_deref()).await?,
        published: draft.head.published.is_some(),
        changed,
        others,
        message: message.to_owned(),
    })
}

async fn show(State(app): State<App>, actor: Actor, frame: Frame, Path(id): Path<PlanId>) -> Reply {
    let draft = Draft::read(&app, &actor, id).await?;
    page(&made(&app, &actor, frame, &draft, "").await?)
}

async fn send(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path(id): Path<PlanId>,
    Sent(sent): Sent,
) -> Reply {
    let mut draft = Draft::read(&app, &actor, id).await?;
    let mut based_on = sent.parsed::<u32>("revision").unwrap_or(0);
    let done = || {
        let said = Said::new("要点已发布，各组织的应办事项已排好。").link("看矩阵", "/matrix");
        cookie::done("/plan", &said)
    };
    if draft.head.published.as_ref().is_some_and(|p| p.revision == draft.head.revision) {
        // The same button pressed twice.
        return done();
    }
    let all = draft.diagnostics();
    if all.iter().any(|d| d.severity == Severity::Error) {
        let again = made(&app, &actor, frame, &draft, "还有错误没有解决，没有发布。").await?;
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, &again);
    }
    if based_on != draft.head.revision {
        let again =
            made(&app, &actor, frame, &draft, "别人刚改过这份要点，没有发布；请看过下面最新的情况再发布。")
                .await?;
        return page_with(StatusCode::CONFLICT, &again);
    }
    if draft.head.published.is_none() {
        let year = app.book(actor.institution, draft.revision.year, None).await?;
        let running = year.map(|y| y.plans.clone()).unwrap_or_default();
        let other = sent.parsed::<PlanId>("run").and_then(|id| running.iter().find(|(p, _)| *p == id));
        if let Some((other, title)) = other {
            hand_over(&app, &actor, &draft, *other).await?;
            let said = Said::new(format!("已作为《{title}》的修订稿，还没有发布；看过改了什么再发布。"));
            return cookie::done(&format!("/plans/{other}/difference"), &said);
        }
        if !running.is_empty() && sent.text("run") != "beside" {
            let words = "这一年已经有计划在运行：请选并行，还是作为哪一份的修订，再发布。";
            let again = made(&app, &actor, frame, &draft, words).await?;
            return page_with(StatusCode::UNPROCESSABLE_ENTITY, &again);
        }
    }
    let unseen: Vec<String> = all
        .iter()
        .filter(|d| d.severity == Severity::Warning && !draft.is_seen(d))
        .map(|d| draft.seen_key(d))
        .collect();
    if !unseen.is_empty() {
        if !sent.has("seen") {
            let again =
                made(&app, &actor, frame, &draft, "还有警告没有看过；看过之后勾上“都看过了”再发布。").await?;
            return page_with(StatusCode::UNPROCESSABLE_ENTITY, &again);
        }
        let mut review = (*draft.review).clone();
        review.seen.extend(unseen);
        let change = Change::of(&review, "plan.remark", serde_json::json!({ "do": "see all" }));
        if draft.keep(&app, &actor, based_on, change).await?.is_none() {
            draft = Draft::read(&app, &actor, id).await?;
            based_on += 1;
        }
    }
    if publish(&app, &actor, &draft, based_on).await? {
        return done();
    }
    let draft = Draft::read(&app, &actor, id).await?;
    let again =
        made(&app, &actor, frame, &draft, "别人刚改过这份要点，没有发布；请看过下面最新的情况再发布。")
            .await?;
    page_with(StatusCode::CONFLICT, &again)
}
