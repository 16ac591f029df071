//! A plan under review: its newest revision, what the compiler says of it now, and how a change to it is kept.

use std::ops::Range;
use std::sync::Arc;

use compiler::{Compilation, Decided, Difference, Document};
use jiff::civil::Date;
use model::{
    Diagnostic, Item, MeasureKind, Plan, PlanId, Proposal, ProposalState, Review, Severity, SourceText, Span,
};
use serde_json::Value;
use store::{File, PlanHead, PlanRevision, PlanSave, Saved};
use web::extract::Fields;
use web::view::Said;
use web::{App, Reply, cookie};
use work::{Actor, Fault};

/// A revision of a plan with what the compiler makes of its text. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Draft {
    pub(crate) head: PlanHead,
    pub(crate) revision: Arc<PlanRevision>,
    pub(crate) review: Arc<Review>,
    pub(crate) compiled: Arc<Compilation>,
}

/// Items on one page of a plan; each takes some three kilobytes.
pub(super) const ITEMS_A_PAGE: usize = 80;

/// The pages on which the items of a plan are shown: whole sections together as far as they fit, a long section on several.
pub(super) fn pages(plan: &Plan) -> Vec<Range<usize>> {
    let mut out: Vec<Range<usize>> = Vec::new();
    for section in plan.items.chunk_by(|a, b| a.section == b.section) {
        let start = out.last().map_or(0, |page| page.end);
        match out.last_mut() {
            Some(page) if page.len() + section.len() <= ITEMS_A_PAGE => page.end += section.len(),
            _ => {
                let end = start + section.len();
                out.extend((start..end).step_by(ITEMS_A_PAGE).map(|at| at..end.min(at + ITEMS_A_PAGE)));
            }
        }
    }
    out
}

/// By what the page names an item: its number, or its place where it has none or an earlier one has the same.
pub(crate) fn anchor(plan: &Plan, index: usize) -> String {
    match plan.items.get(index) {
        Some(item)
            if !item.number.is_empty()
                && plan.items.iter().position(|i| i.number == item.number) == Some(index) =>
        {
            format!("i-{}", item.number)
        }
        _ => format!("i-n{index}"),
    }
}

/// As of which day a revision is compiled: a day that was still to come when the plan was published is no mistake in it
/// today.
fn on_day(app: &App, head: &PlanHead, revision: u32) -> Date {
    match &head.published {
        Some(p) if p.revision == revision => p.made,
        _ => app.clock.today(),
    }
}

impl Draft {
    /// Reads the newest revision of a plan.
    pub(crate) async fn read(app: &App, actor: &Actor, id: PlanId) -> Result<Self, Fault> {
        let head = app.store.plan(actor.institution, id).await?;
        let newest = head.revision;
        Self::of_number(app, actor, head, newest).await
    }

    /// Reads one revision of a plan.
    pub(crate) async fn at(app: &App, actor: &Actor, id: PlanId, revision: u32) -> Result<Self, Fault> {
        let head = app.store.plan(actor.institution, id).await?;
        Self::of_number(app, actor, head, revision).await
    }

    /// The text, to compare it with another.
    pub(crate) fn document(&self) -> Document<'_> {
        Document { source: &self.revision.source, plan: &self.review.plan }
    }

    /// What was decided about this text, to carry it over to another.
    pub(crate) fn decided(&self) -> Decided<'_> {
        Decided { source: &self.revision.source, review: &self.review, guesses: &self.compiled.proposals }
    }

    /// The draft with another text: read and compiled anew, with what the clerk decided carried over.
    ///
    /// # Errors
    /// When too many wait to have something worked out.
    pub(crate) async fn recompiled(
        &self,
        app: &App,
        actor: &Actor,
        source: &SourceText,
    ) -> Result<(Review, Arc<Compilation>), Fault> {
        let text = source.clone();
        let plan = app.heavy.run(move || plan::read(&text)).await?;
        let compiled = work::compile::compile(app, actor, source, &plan, self.revision.year).await?;
        let (draft, source, fresh) = (self.clone(), source.clone(), compiled.proposals.clone());
        let carry = move || compiler::carry(draft.decided(), plan, &source, fresh);
        Ok((app.heavy.run(carry).await?, compiled))
    }

    async fn of_number(app: &App, actor: &Actor, head: PlanHead, revision: u32) -> Result<Self, Fault> {
        let on = on_day(app, &head, revision);
        let work::compile::Read { revision, review, compiled } =
            work::compile::revision(app, actor, head.id, revision, on).await?;
        Ok(Self { head, revision, review, compiled })
    }

    /// Where an item is shown: on the page of the plan that holds it.
    pub(crate) fn place(&self, item: Option<usize>) -> String {
        let id = self.head.id;
        let plan = &self.review.plan;
        match item {
            None => format!("/plans/{id}"),
            Some(i) if plan.items.len() <= ITEMS_A_PAGE => format!("/plans/{id}#{}", anchor(plan, i)),
            Some(i) => format!("/plans/{id}?item={i}#{}", anchor(plan, i)),
        }
    }

    /// Where an obligation is shown.
    pub(crate) fn place_of(&self, key: &str) -> String {
        let item = self.review.proposals.iter().find(|p| p.key == key).and_then(|p| p.item);
        let page = self.place(item);
        format!("{}#o-{key}", page.split('#').next().unwrap_or_default())
    }

    /// The item of that number in the plan, from 0.
    pub(crate) fn item(&self, index: usize) -> Result<&Item, Fault> {
        self.review.plan.items.get(index).ok_or_else(|| Fault::not_found("这一条"))
    }

    /// The words under a span, line wraps removed.
    pub(crate) fn words(&self, span: Span) -> String {
        span.of(&self.revision.source.text).chars().filter(|c| !matches!(c, '\n' | '\r')).collect()
    }

    /// The proposal of that key.
    pub(crate) fn proposal(&self, key: &str) -> Result<&Proposal, Fault> {
        self.review.proposals.iter().find(|p| p.key == key).ok_or_else(|| Fault::not_found("这项要求"))
    }

    /// Under what a diagnostic is noted as seen.
    pub(crate) fn seen_key(&self, d: &Diagnostic) -> String {
        format!("{} {}", d.code, self.words(d.span))
    }

    /// Whether the clerk has seen it; nothing need be seen of what is only good to know.
    pub(crate) fn is_seen(&self, d: &Diagnostic) -> bool {
        d.severity == Severity::Info || self.review.seen.contains(&self.seen_key(d))
    }

    /// What the compiler says, less what the clerk has settled.
    ///
    /// What it says of the text stands until the text is mended or, for a warning, seen. What it says of obligations
    /// (nobody bears one, no ledger shows it) is asked again of the obligations as the clerk left them. That a unit is
    /// missing or unknown is settled once every obligation of the item has a lead and bearers and the clerk says so.
    pub(crate) fn diagnostics(&self) -> Vec<Diagnostic> {
        let of_proposals = ["L011", "L012"];
        let mut out: Vec<Diagnostic> = self
            .compiled
            .diagnostics
            .iter()
            .filter(|d| !of_proposals.contains(&d.code.as_str()))
            .filter(|d| !(self.may_settle(d) && self.review.seen.contains(&self.seen_key(d))))
            .cloned()
            .collect();
        let known = |code: &str, p: &Proposal| {
            let stands = |d: &&Diagnostic| d.code == code && Some(d.span) == p.origin.span();
            self.compiled.diagnostics.iter().find(stands).map(|d| d.help.clone()).unwrap_or_default()
        };
        for p in self.review.proposals.iter().filter(|p| is_live(p)) {
            let mut say = |code: &str, message: String| {
                out.push(Diagnostic {
                    code: code.to_owned(),
                    severity: Severity::Error,
                    span: p.origin.span().unwrap_or_default(),
                    message,
                    help: known(code, p),
                    replacement: None,
                    item: p.item,
                });
            };
            if p.ledger.is_none() {
                say("L011", format!("要求{}“{}”没有台账可以证明", p.key, p.title));
            }
            if p.bearers.is_nobody() {
                say("L012", format!("要求{}“{}”没有人承担", p.key, p.title));
            }
        }
        out.sort_by_key(|d| (d.item.is_none(), d.item, d.span.start, d.severity));
        out
    }

    /// Whether a missing or unknown owner may be settled without touching the text: everything that the item asks has
    /// a lead and bearers.
    pub(crate) fn may_settle(&self, d: &Diagnostic) -> bool {
        let mut asks = self.review.proposals.iter().filter(|p| p.item == d.item && is_live(p));
        matches!(d.code.as_str(), "L001" | "L002")
            && asks.all(|p| !p.lead.is_empty() && !p.bearers.is_nobody())
    }

    /// Keeps a changed review (and text) as the next revision. `Some` when somebody else was faster: nothing is
    /// changed, and that is the newest revision.
    pub(crate) async fn keep(
        &self,
        app: &App,
        actor: &Actor,
        based_on: u32,
        change: Change<'_>,
    ) -> Result<Option<PlanRevision>, Fault> {
        let save = PlanSave {
            title: change.review.plan.title.clone().unwrap_or_else(|| self.revision.title.clone()),
            year: self.revision.year,
            issuer: self.head.issuer,
            file: change.file,
            source: change.source,
            review: serde_json::to_string(change.review).map_err(|e| Fault::Internal(e.into()))?,
        };
        let act = actor.act(app, change.action).on(self.head.id).with(change.detail);
        match app.store.save_plan(actor.institution, self.head.id, based_on, &save, &act).await? {
            Saved::Done(_) | Saved::Already(_) => Ok(None),
            Saved::Stale(newest) => Ok(Some(newest)),
        }
    }
}

/// A step that a clerk takes on a draft: the newest revision, and the one on which the form was filled in.
pub(crate) struct Step {
    pub(crate) draft: Draft,
    pub(crate) based_on: u32,
}

impl Step {
    /// Reads the draft that a form is about.
    pub(crate) async fn on(app: &App, actor: &Actor, id: PlanId, sent: &Fields) -> Result<Self, Fault> {
        let draft = Draft::read(app, actor, id).await?;
        Ok(Self { draft, based_on: sent.parsed::<u32>("revision").unwrap_or(0) })
    }

    /// Keeps a change. `Some` when somebody else was faster: nothing is changed, and that is the newest draft, to show
    /// beside what was typed.
    pub(crate) async fn keep(
        &self,
        app: &App,
        actor: &Actor,
        change: Change<'_>,
    ) -> Result<Option<Draft>, Fault> {
        match self.draft.keep(app, actor, self.based_on, change).await? {
            None => Ok(None),
            Some(newest) => {
                let head = app.store.plan(actor.institution, newest.plan).await?;
                Draft::of_number(app, actor, head, newest.revision).await.map(Some)
            }
        }
    }

    /// Keeps a change that nothing was typed for, and leads to `to`: with these words, or with the news that somebody
    /// else was faster.
    pub(crate) async fn take(
        &self,
        app: &App,
        actor: &Actor,
        change: Change<'_>,
        to: &str,
        words: impl Into<String>,
    ) -> Reply {
        let stale = self.keep(app, actor, change).await?.is_some();
        cookie::done(to, &Said::new(if stale { FASTER.to_owned() } else { words.into() }))
    }
}

/// The same words for every step that came too late.
pub(crate) const FASTER: &str = "别人刚改过这份要点，这一步没有做；页面已是最新的，请看过再做一次。";

/// How the texts of two drafts differ.
///
/// # Errors
/// When too many wait to have something worked out.
pub(crate) async fn differing(app: &App, before: &Draft, after: &Draft) -> Result<Difference, Fault> {
    let (before, after) = (before.clone(), after.clone());
    app.heavy.run(move || compiler::difference(before.document(), after.document())).await
}

impl<'a> Change<'a> {
    /// Other decisions about the same text.
    pub(crate) fn of(review: &'a Review, action: &'a str, detail: Value) -> Self {
        Self { review, source: None, file: None, action, detail }
    }
}

/// A change to a draft.
pub(crate) struct Change<'a> {
    pub(crate) review: &'a Review,
    /// The new text, when it changes.
    pub(crate) source: Option<SourceText>,
    /// The file, when the text comes from one.
    pub(crate) file: Option<File>,
    /// What was done, as a stable word for the audit log.
    pub(crate) action: &'a str,
    pub(crate) detail: Value,
}

/// Whether publishing would make duties of it, once a ledger shows it.
pub(crate) fn is_live(p: &Proposal) -> bool {
    matches!(p.state, ProposalState::Proposed | ProposalState::Confirmed)
        && !matches!(p.kind, MeasureKind::Title | MeasureKind::Directional)
}
