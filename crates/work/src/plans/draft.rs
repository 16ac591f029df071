//! A plan under review: its newest revision, what the compiler says of it now, and how a change to it is kept.

use std::sync::Arc;

use compiler::{Compilation, Decided, Difference, Document};
use jiff::civil::Date;
use model::{
    Diagnostic, Item, MeasureKind, PlanId, Proposal, ProposalState, Review, Severity, SourceText, Span,
};
use serde_json::Value;
use store::{File, PlanHead, PlanRevision, PlanSave, Saved};

use crate::actor::Actor;
use crate::fault::Fault;
use crate::right::Right;
use crate::state::Work;

/// A revision of a plan with what the compiler makes of its text. Cheap to clone.
#[derive(Clone)]
pub struct Draft {
    /// The plan's head.
    pub head: PlanHead,
    /// The revision.
    pub revision: Arc<PlanRevision>,
    /// What was read and decided.
    pub review: Arc<Review>,
    /// What the compiler says.
    pub compiled: Arc<Compilation>,
}

/// As of which day a revision is compiled: a day that was still to come when the plan was published is no mistake in it
/// today.
fn on_day(work: &Work, head: &PlanHead, revision: u32) -> Date {
    match &head.published {
        Some(p) if p.revision == revision => p.made,
        _ => work.clock.today(),
    }
}

impl Draft {
    /// Reads the newest revision of a plan.
    ///
    /// # Errors
    /// [`Fault::NotFound`] when there is none; when the store cannot read.
    pub async fn read(work: &Work, actor: &Actor, id: PlanId) -> Result<Self, Fault> {
        let head = work.store.plan(actor.institution, id).await?;
        let newest = head.revision;
        Self::of_number(work, actor, head, newest).await
    }

    /// Reads one revision of a plan.
    ///
    /// # Errors
    /// [`Fault::NotFound`] when there is none; when the store cannot read.
    pub async fn at(work: &Work, actor: &Actor, id: PlanId, revision: u32) -> Result<Self, Fault> {
        let head = work.store.plan(actor.institution, id).await?;
        Self::of_number(work, actor, head, revision).await
    }

    /// The text, to compare it with another.
    #[must_use]
    pub fn document(&self) -> Document<'_> {
        Document { source: &self.revision.source, plan: &self.review.plan }
    }

    /// What was decided about this text, to carry it over to another.
    #[must_use]
    pub fn decided(&self) -> Decided<'_> {
        Decided { source: &self.revision.source, review: &self.review, guesses: &self.compiled.proposals }
    }

    /// The draft with another text: read and compiled anew, with what the clerk decided carried over.
    ///
    /// # Errors
    /// When too many wait to have something worked out.
    pub async fn recompiled(
        &self,
        work: &Work,
        actor: &Actor,
        source: &SourceText,
    ) -> Result<(Review, Arc<Compilation>), Fault> {
        let text = source.clone();
        let plan = work.heavy.run(move || plan::read(&text)).await?;
        let compiled = crate::compile::compile(work, actor, source, &plan, self.revision.year).await?;
        let (draft, source, fresh) = (self.clone(), source.clone(), compiled.proposals.clone());
        let carry = move || compiler::carry(draft.decided(), plan, &source, fresh);
        Ok((work.heavy.run(carry).await?, compiled))
    }

    /// Reads one revision of a plan whose head is known.
    ///
    /// # Errors
    /// [`Fault::NotFound`] when there is none; when the store cannot read.
    pub async fn of_number(work: &Work, actor: &Actor, head: PlanHead, revision: u32) -> Result<Self, Fault> {
        let on = on_day(work, &head, revision);
        let crate::compile::Read { revision, review, compiled } =
            crate::compile::revision(work, actor, head.id, revision, on).await?;
        Ok(Self { head, revision, review, compiled })
    }

    /// The item of that number in the plan, from 0.
    ///
    /// # Errors
    /// [`Fault::NotFound`] when there is none.
    pub fn item(&self, index: usize) -> Result<&Item, Fault> {
        self.review.plan.items.get(index).ok_or_else(|| Fault::not_found("这一条"))
    }

    /// The words under a span, line wraps removed.
    #[must_use]
    pub fn words(&self, span: Span) -> String {
        span.of(&self.revision.source.text).chars().filter(|c| !matches!(c, '\n' | '\r')).collect()
    }

    /// The proposal of that key.
    ///
    /// # Errors
    /// [`Fault::NotFound`] when there is none.
    pub fn proposal(&self, key: &str) -> Result<&Proposal, Fault> {
        self.review.proposals.iter().find(|p| p.key == key).ok_or_else(|| Fault::not_found("这项要求"))
    }

    /// Under what a diagnostic is noted as seen.
    #[must_use]
    pub fn seen_key(&self, d: &Diagnostic) -> String {
        format!("{} {}", d.code, self.words(d.span))
    }

    /// Whether the clerk has seen it; nothing need be seen of what is only good to know.
    #[must_use]
    pub fn is_seen(&self, d: &Diagnostic) -> bool {
        d.severity == Severity::Info || self.review.seen.contains(&self.seen_key(d))
    }

    /// What the compiler says, less what the clerk has settled.
    ///
    /// What it says of the text stands until the text is mended or, for a warning, seen. What it says of obligations
    /// (nobody bears one, no ledger shows it) is asked again of the obligations as the clerk left them. That a unit is
    /// missing or unknown is settled once every obligation of the item has a lead and bearers and the clerk says so.
    #[must_use]
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
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
    #[must_use]
    pub fn may_settle(&self, d: &Diagnostic) -> bool {
        let mut asks = self.review.proposals.iter().filter(|p| p.item == d.item && is_live(p));
        matches!(d.code.as_str(), "L001" | "L002")
            && asks.all(|p| !p.lead.is_empty() && !p.bearers.is_nobody())
    }

    /// Keeps a changed review (and text) as the next revision. `Some` when somebody else was faster: nothing is
    /// changed, and that is the newest revision.
    ///
    /// # Errors
    /// [`Fault::NotAllowed`] when the account may not; when the store cannot write.
    pub async fn keep(
        &self,
        work: &Work,
        actor: &Actor,
        based_on: u32,
        change: Change<'_>,
    ) -> Result<Option<PlanRevision>, Fault> {
        actor.must(Right::EditPlan)?;
        let save = PlanSave {
            title: change.review.plan.title.clone().unwrap_or_else(|| self.revision.title.clone()),
            year: self.revision.year,
            issuer: self.head.issuer,
            file: change.file,
            source: change.source,
            review: serde_json::to_string(change.review)?,
        };
        let act = actor.act(work, change.action).on(self.head.id).with(change.detail);
        match work.store.save_plan(actor.institution, self.head.id, based_on, &save, &act).await? {
            Saved::Done(_) | Saved::Already(_) => Ok(None),
            Saved::Stale(newest) => Ok(Some(newest)),
        }
    }
}

/// How the texts of two drafts differ.
///
/// # Errors
/// When too many wait to have something worked out.
pub async fn differing(work: &Work, before: &Draft, after: &Draft) -> Result<Difference, Fault> {
    let (before, after) = (before.clone(), after.clone());
    work.heavy.run(move || compiler::difference(before.document(), after.document())).await
}

/// A change to a draft.
pub struct Change<'a> {
    /// What was read and decided.
    pub review: &'a Review,
    /// The new text, when it changes.
    pub source: Option<SourceText>,
    /// The file, when the text comes from one.
    pub file: Option<File>,
    /// What was done, as a stable word for the audit log.
    pub action: &'a str,
    /// What else an auditor should know.
    pub detail: Value,
}

impl<'a> Change<'a> {
    /// Other decisions about the same text.
    #[must_use]
    pub fn of(review: &'a Review, action: &'a str, detail: Value) -> Self {
        Self { review, source: None, file: None, action, detail }
    }
}

/// Whether publishing would make duties of it, once a ledger shows it.
#[must_use]
pub fn is_live(p: &Proposal) -> bool {
    matches!(p.state, ProposalState::Proposed | ProposalState::Confirmed)
        && !matches!(p.kind, MeasureKind::Title | MeasureKind::Directional)
}
