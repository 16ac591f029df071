//! 要点体检: the document in its own words, what the compiler says of it, and the obligations, side by side.

use std::ops::Range;

use axum::extract::State;
use model::{MeasureKind, OwnerRole, PlanId, Proposal, ProposalState, Severity, Span, UnitKind};
use runtime::{Cost, Kinship};
use web::extract::{Path, Query};
use web::permit::{Right, Route, Rule, get};
use web::view::words::{Mark, Piece, pieces};
use web::view::{DiagnosticCard, Frame, ObligationCard, Place, instant_words, page};
use web::{App, Reply};
use work::Actor;
use work::plans::{Draft, Ground, is_live};

use crate::plan::words::bearer_words;

use super::draft::{anchor, item_href, obligation_href, pages};
use super::last_year::plan_before;
use super::list::name_of;

pub(super) fn routes() -> Vec<Route> {
    vec![get("/plans/{id}", Rule::May(Right::EditPlan), show)]
}

/// A diagnostic with what can be done about it.
pub(super) struct Remark {
    pub(super) card: DiagnosticCard,
    /// Words by which a form names it.
    code: String,
    start: usize,
    end: usize,
    replacement: Option<String>,
    /// Words on the button that applies it.
    replace: String,
    may_see: bool,
    may_settle: bool,
}

/// An obligation with what can be done about it.
struct Ask {
    card: ObligationCard,
    state: &'static str,
    /// Why it is not assessed, and what the button says that changes it.
    off: (&'static str, &'static str),
    merged_into: String,
    reason: String,
    /// Another obligation that asks for the same record, and how many records fewer the year has when they are one.
    same: Option<(String, u32)>,
}

/// A sentence that asks for nothing that can be assessed.
struct Directional {
    text: String,
    /// Its beginning.
    short: String,
}

/// Characters of a directional sentence that are shown: enough to find it beside its words.
const SHORT: usize = 18;

struct Row {
    anchor: String,
    /// The parts of the page that change with what is decided here.
    parts: String,
    number: String,
    index: usize,
    pieces: Vec<Piece>,
    remarks: Vec<Remark>,
    asks: Vec<Ask>,
    directional: Vec<Directional>,
    /// Obligations that wait to be confirmed.
    waiting: usize,
}

struct Part {
    title: String,
    /// Index of the section; none for what stands before the first.
    section: Option<usize>,
    rows: Vec<Row>,
}

impl Part {
    /// Obligations that wait to be confirmed.
    fn waiting(&self) -> usize {
        self.rows.iter().map(|r| r.waiting).sum()
    }
}

/// One bar of the months.
struct Bar {
    x: u32,
    y: String,
    height: String,
    middle: u32,
    month: usize,
    count: u32,
    most: bool,
}

#[derive(askama::Template)]
#[template(path = "plan/reviewing/review.html")]
struct ReviewPage {
    frame: Frame,
    id: PlanId,
    revision: u32,
    title: String,
    by_line: String,
    errors: usize,
    warnings: usize,
    infos: usize,
    first_of: [String; 3],
    summary: String,
    total: u32,
    cost_words: String,
    left: String,
    bars: Vec<Bar>,
    bars_label: String,
    next: Option<String>,
    why_not: String,
    published: bool,
    changed: bool,
    general: Vec<Remark>,
    /// The pages of a long plan; none where one page holds it.
    turns: Vec<Turn>,
    parts: Vec<Part>,
    standing: Vec<Ask>,
    may_undo: bool,
    /// Obligations that wait to be confirmed.
    waiting: usize,
    /// Whether last year's plan is there to compare with.
    has_last: bool,
}

/// Where the obligation is written.
fn source_words(app: &App, p: &Proposal, number: &str) -> String {
    let item = if number.is_empty() { "要点".to_owned() } else { format!("要点 {number}") };
    let Some(rule) = p.origin.rule().and_then(|r| app.rulebook.obligation(r)) else { return item };
    let from = app.rulebook.regulation(&rule.source.regulation).map_or_else(
        || rule.source.level.word().to_owned(),
        |r| format!("《{}》{}", r.title, rule.source.article),
    );
    if p.item.is_some() { format!("{from}；{item}") } else { from }
}

fn ask(app: &App, actor: &Actor, p: &Proposal, number: &str, cost: &Cost) -> Ask {
    let ledger = p.ledger.as_deref().and_then(|l| app.rulebook.ledger(l));
    let count = cost.by_key.get(&p.key).copied();
    let often = match count {
        Some(n) => format!("{}，计 {n}", p.cadence.words()),
        None => p.cadence.words(),
    };
    let lead: Vec<&str> = p.lead.iter().map(|u| actor.known.unit_name(*u)).collect();
    let mut facts = vec![
        ("承担", bearer_words(app, actor, p)),
        ("频次", often),
        ("台账", ledger.map_or_else(|| "没有台账".to_owned(), |l| l.title.clone())),
        ("依据", source_words(app, p, number)),
    ];
    if !lead.is_empty() && p.item.is_some() {
        facts.insert(1, ("牵头", lead.join("、")));
    }
    let (state, merged_into) = match &p.state {
        ProposalState::Proposed => ("proposed", String::new()),
        ProposalState::Confirmed => ("confirmed", String::new()),
        ProposalState::NotAssessed => ("not-assessed", String::new()),
        ProposalState::MergedInto { key } => ("merged", key.clone()),
    };
    Ask {
        card: ObligationCard {
            key: p.key.clone(),
            title: p.title.clone(),
            kind: p.kind,
            confirmed: p.state == ProposalState::Confirmed,
            facts,
        },
        state,
        off: match p.origin {
            model::Origin::Progress { .. } => ("没有要求报进展", "打开"),
            _ => ("导向性，不考核", "恢复"),
        },
        merged_into,
        reason: p.reason.clone(),
        same: cost
            .afternoons
            .iter()
            .find(|a| a.kinship == Kinship::SameRecord && a.keys.1 == p.key)
            .map(|a| (a.keys.0.clone(), a.saves)),
    }
}

/// The words around a diagnostic, cut so that a card shows them.
fn around(draft: &Draft, span: Span) -> (String, String, String) {
    let text = draft.revision.source.text.as_str();
    let line = draft.revision.source.block_at(span.start).map(|b| b.span).unwrap_or(span);
    let cut = |s: &str, from_end: bool| -> String {
        let chars: Vec<char> = s.chars().filter(|c| *c != '\n').collect();
        if from_end {
            let short: String = chars.iter().rev().take(10).rev().collect();
            if chars.len() > 10 { format!("…{short}") } else { short }
        } else {
            let short: String = chars.iter().take(10).collect();
            if chars.len() > 10 { format!("{short}…") } else { short }
        }
    };
    let before = cut(text.get(line.start.min(span.start)..span.start).unwrap_or_default(), true);
    let after = cut(text.get(span.end..line.end.max(span.end)).unwrap_or_default(), false);
    let words = draft.words(span);
    let words =
        if words.chars().count() > 40 { words.chars().take(40).chain(['…']).collect() } else { words };
    (before, words, after)
}

pub(super) fn remark(draft: &Draft, d: &model::Diagnostic) -> Remark {
    let (before, words, after) = around(draft, d.span);
    let place = d.item.and_then(|i| draft.review.plan.items.get(i)).map_or_else(String::new, |item| {
        let sentence = item.sentences.iter().position(|s| s.span.overlaps(d.span));
        match sentence {
            Some(0) | None if !item.number.is_empty() => item.number.clone(),
            Some(n) => format!("{}:{n}", item.number),
            None => String::new(),
        }
    });
    Remark {
        card: DiagnosticCard {
            severity: d.severity,
            code: d.code.clone(),
            place,
            message: d.message.clone(),
            before,
            words,
            after,
            help: d.help.clone(),
        },
        code: d.code.clone(),
        start: d.span.start,
        end: d.span.end,
        replacement: d.replacement.clone(),
        replace: match &d.replacement {
            Some(r) if r.chars().count() <= 10 => format!("改为“{r}”"),
            _ => "改正原文".to_owned(),
        },
        may_see: d.severity == Severity::Warning,
        may_settle: draft.may_settle(d),
    }
}

/// Whether confirming everything confirms it: as it was read, with a bearer and a ledger.
pub(super) fn waits(p: &Proposal) -> bool {
    p.state == ProposalState::Proposed && is_live(p) && p.ledger.is_some() && !p.bearers.is_nobody()
}

fn row(
    app: &App,
    actor: &Actor,
    draft: &Draft,
    cost: &Cost,
    index: usize,
    open: &[model::Diagnostic],
) -> Row {
    let plan = &draft.review.plan;
    let Some(item) = plan.items.get(index) else {
        return Row {
            anchor: String::new(),
            parts: String::new(),
            number: String::new(),
            index,
            pieces: Vec::new(),
            remarks: Vec::new(),
            asks: Vec::new(),
            directional: Vec::new(),
            waiting: 0,
        };
    };
    let mut marks: Vec<(Span, Mark)> = Vec::new();
    let own = |p: &&Proposal| p.item == Some(index);
    for p in draft.review.proposals.iter().filter(own) {
        let whole = matches!(p.origin, model::Origin::Progress { .. });
        if let Some(span) = p.origin.span().filter(|_| !whole) {
            let kind = if is_live(p) { p.kind } else { MeasureKind::Directional };
            marks.push((span, Mark::Measure(kind, vec![p.key.clone()])));
        }
    }
    let mut directional = Vec::new();
    for m in draft.compiled.measures.iter().filter(|m| m.item == index && m.kind == MeasureKind::Directional)
    {
        if !marks.iter().any(|(s, _)| s.overlaps(m.span)) {
            marks.push((m.span, Mark::Measure(MeasureKind::Directional, Vec::new())));
            let mut short: String = m.text.chars().take(SHORT).collect();
            if m.text.chars().nth(SHORT).is_some() {
                short.push('…');
            }
            directional.push(Directional { text: m.text.clone(), short });
        }
    }
    for d in open.iter().filter(|d| d.item == Some(index) && d.severity != Severity::Info) {
        marks.push((d.span, Mark::Wave(d.severity)));
    }
    for o in item.owners.iter().filter(|o| item.span.contains(o.span)) {
        debug_assert!(matches!(o.role, OwnerRole::Lead | OwnerRole::Responsible));
        marks.push((o.span, Mark::Owner));
    }
    Row {
        anchor: anchor(plan, index),
        parts: format!("{} rv-top", anchor(plan, index)),
        number: item.number.clone(),
        index,
        pieces: pieces(&draft.revision.source.text, without_number(item), &marks),
        remarks: open.iter().filter(|d| d.item == Some(index)).map(|d| remark(draft, d)).collect(),
        asks: draft
            .review
            .proposals
            .iter()
            .filter(own)
            .map(|p| ask(app, actor, p, &item.number, cost))
            .collect(),
        directional,
        waiting: draft.review.proposals.iter().filter(own).filter(|p| waits(p)).count(),
    }
}

/// The words of an item after its number, which the page shows beside them.
fn without_number(item: &model::Item) -> Span {
    // “第十二条” and “（十二）” with their blanks; anything longer before the title is no number.
    const LONGEST: usize = 24;
    let start = item.title_span.start;
    let is_number =
        !item.number.is_empty() && item.span.contains(item.title_span) && start - item.span.start <= LONGEST;
    Span::new(if is_number { start } else { item.span.start }, item.span.end)
}

/// The pages of a plan that one page does not hold.
fn turns(draft: &Draft, all: &[Range<usize>], here: &Range<usize>, open: &[model::Diagnostic]) -> Vec<Turn> {
    if all.len() < 2 {
        return Vec::new();
    }
    let plan = &draft.review.plan;
    let turn = |page: &Range<usize>| {
        let section = plan.items.get(page.start).and_then(|i| i.section).and_then(|s| plan.sections.get(s));
        let title: String = section.map_or_else(String::new, |s| s.title.chars().take(SHORT).collect());
        let pressing = |d: &&model::Diagnostic| {
            d.severity != Severity::Info && d.item.is_some_and(|i| page.contains(&i))
        };
        Turn {
            words: format!("第 {}—{} 条　{title}", page.start + 1, page.end).trim_end().to_owned(),
            href: format!("/plans/{}?item={}", draft.head.id, page.start),
            here: page == here,
            remarks: open.iter().filter(pressing).count(),
        }
    };
    all.iter().map(turn).collect()
}

/// The months as bars, 34 high at most.
fn bars(cost: &Cost) -> (Vec<Bar>, String) {
    let most = cost.by_month.iter().copied().max().unwrap_or(0).max(1);
    let heaviest = cost.heaviest_month().map(|(m, _)| m);
    let bars = (0u32..)
        .zip(cost.by_month)
        .map(|(i, count)| {
            let height = f64::from(count) * 34.0 / f64::from(most);
            Bar {
                x: 4 + i * 22,
                y: format!("{:.1}", 46.0 - height),
                height: format!("{height:.1}"),
                middle: 11 + i * 22,
                month: i as usize + 1,
                count,
                most: heaviest == i8::try_from(i + 1).ok(),
            }
        })
        .collect();
    let words: Vec<String> =
        cost.by_month.iter().enumerate().map(|(i, n)| format!("{}月{n}", i + 1)).collect();
    (bars, format!("按月应办事项：{}", words.join("，")))
}

/// A page of the plan's items, as one of the others leads to it.
struct Turn {
    /// 第 1—80 条, with the title of the section in which it begins.
    words: String,
    href: String,
    here: bool,
    /// Remarks that are open on it.
    remarks: usize,
}

async fn show(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path(id): Path<PlanId>,
    Query(query): Query,
) -> Reply {
    let draft = Draft::read(&app, &actor, id).await?;
    let ground = Ground::read(&app, &actor, draft.revision.year).await?;
    let is_new = draft.head.published.is_none();
    let costs = ground.costs(&app, &draft, move |ground, rulebook, proposals| {
        let late = ground.is_late() && is_new;
        (ground.cost_of_year(rulebook, proposals), late.then(|| ground.cost(rulebook, proposals).total))
    });
    let (_, (cost, left)) = costs.await?;
    let item = query.parsed::<usize>("item").unwrap_or(0);
    let accounts = app.store.accounts(actor.institution).await?;
    let by = name_of(&accounts, draft.revision.account);
    let has_last = plan_before(&app, &actor, draft.revision.year).await?.is_some();
    page(&ReviewPage { has_last, ..of(&app, &actor, frame, &draft, (&cost, left), &by, item) })
}

/// The page that holds an item. Beside the cost of the year stands how many duties publishing today would still make, when
/// a part of the year has passed.
fn of(
    app: &App,
    actor: &Actor,
    frame: Frame,
    draft: &Draft,
    (cost, left): (&Cost, Option<u32>),
    by: &str,
    item: usize,
) -> ReviewPage {
    let plan = &draft.review.plan;
    let open: Vec<model::Diagnostic> = draft
        .diagnostics()
        .into_iter()
        .filter(|d| d.severity == Severity::Info || !draft.is_seen(d))
        .collect();
    let count = |s: Severity| open.iter().filter(|d| d.severity == s).count();
    let (errors, warnings, infos) = (count(Severity::Error), count(Severity::Warning), count(Severity::Info));
    let row_of = |i: usize| row(app, actor, draft, cost, i, &open);
    let mut parts: Vec<Part> = Vec::new();
    let mut at: Option<Option<usize>> = None;
    let all = pages(plan);
    let here = all.iter().find(|page| page.contains(&item)).or(all.first()).cloned().unwrap_or_default();
    for (i, item) in plan.items.iter().enumerate().take(here.end).skip(here.start) {
        if at != Some(item.section) {
            at = Some(item.section);
            let title = item.section.and_then(|s| plan.sections.get(s)).map_or_else(String::new, |s| {
                if s.number.is_empty() { s.title.clone() } else { format!("{}、{}", s.number, s.title) }
            });
            parts.push(Part { title, section: item.section, rows: Vec::new() });
        }
        if let Some(part) = parts.last_mut() {
            part.rows.push(row_of(i));
        }
    }
    let first = |s: Severity| {
        let item = open.iter().find(|d| d.severity == s).and_then(|d| d.item);
        item.map_or_else(
            || "#main".to_owned(),
            |i| if here.contains(&i) { format!("#{}", anchor(plan, i)) } else { item_href(draft, Some(i)) },
        )
    };
    let first_of = [first(Severity::Error), first(Severity::Warning), first(Severity::Info)];
    let next = match (errors, warnings) {
        (0, 0) => {
            draft.review.proposals.iter().find(|p| p.state == ProposalState::Proposed && is_live(p)).map(
                |p| match p.item {
                    Some(i) if !here.contains(&i) => obligation_href(draft, &p.key),
                    _ => format!("#o-{}", p.key),
                },
            )
        }
        (0, _) => first_of.get(1).cloned(),
        _ => first_of.first().cloned(),
    };
    let live = draft.review.proposals.iter().filter(|p| is_live(p)).count();
    let confirmed = draft.review.proposals.iter().filter(|p| p.state == ProposalState::Confirmed).count();
    let measures = draft.compiled.measures.iter().filter(|m| m.kind != MeasureKind::Title).count();
    let branches = actor.known.organisation.units.iter().filter(|u| u.kind == UnitKind::Branch).count();
    let (bars, bars_label) = bars(cost);
    let heaviest = cost.heaviest_month().map_or_else(String::new, |(m, _)| format!("；{m}月最多"));
    let why_not = if errors > 0 { format!("还有 {errors} 处错误没有解决") } else { String::new() };
    ReviewPage {
        frame: frame.titled("要点体检").at(Place::Plan),
        id: draft.head.id,
        revision: draft.revision.revision,
        title: draft.revision.title.clone(),
        by_line: format!("第{}稿，{} {by}", draft.revision.revision, instant_words(draft.revision.at)),
        errors,
        warnings,
        infos,
        first_of,
        summary: format!(
            "{} 部分 {} 条，读出措施 {measures} 处、要求 {live} 项，已确认 {confirmed}",
            plan.sections.len(),
            plan.items.len()
        ),
        total: cost.total,
        cost_words: format!("{} 个组织（党支部 {branches}）{heaviest}", cost.by_unit.len()),
        left: match left {
            Some(0) => format!("{}年已经过去，现在发布不再排事项", draft.revision.year),
            Some(n) if n < cost.total => format!("今天发布，排其中还没到期的 {n} 项"),
            _ => String::new(),
        },
        bars,
        bars_label,
        next,
        why_not,
        published: draft.head.published.is_some(),
        changed: draft.head.published.as_ref().is_none_or(|p| p.revision != draft.head.revision),
        general: open
            .iter()
            .filter(|d| d.item.is_none() && here.start == 0)
            .map(|d| remark(draft, d))
            .collect(),
        turns: turns(draft, &all, &here, &open),
        parts,
        standing: draft
            .review
            .proposals
            .iter()
            .filter(|p| p.item.is_none() && here.end == plan.items.len())
            .map(|p| ask(app, actor, p, "", cost))
            .collect(),
        may_undo: draft.revision.revision > 1,
        waiting: draft.review.proposals.iter().filter(|p| waits(p)).count(),
        has_last: false,
    }
}
