//! What the compiler makes of a text, kept for a while.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use compiler::{Compilation, Context};
use jiff::civil::Date;
use model::{InstitutionId, Organisation, Plan, PlanId, Review, SourceText};
use store::PlanRevision;

use crate::actor::Actor;
use crate::fault::Fault;
use crate::state::Work;

/// What was read and compiled lately.
#[derive(Default)]
pub(crate) struct Compilations {
    /// By the text: most steps of a review decide something and leave it as it is.
    texts: Mutex<VecDeque<Kept>>,
    /// By the revision: every page of a plan, and of one item of it, is made of it.
    revisions: Mutex<VecDeque<KeptRevision>>,
}

struct Kept {
    text: String,
    plan: Plan,
    organisation: Organisation,
    year: i16,
    today: Date,
    made: Arc<Compilation>,
}

/// A revision of a plan, with what was made of it and what the compiler says of its text.
#[derive(Clone, Debug)]
pub struct Read {
    /// The revision.
    pub revision: Arc<PlanRevision>,
    /// What was read and decided.
    pub review: Arc<Review>,
    /// What the compiler says.
    pub compiled: Arc<Compilation>,
}

/// A revision never changes; what the compiler says of it does with the organisation and the day.
struct KeptRevision {
    of: (InstitutionId, PlanId, u32, Date, (i64, i16)),
    read: Read,
}

/// How many of each are kept: a few clerks on a few plans.
const KEPT: usize = 6;

/// Reads a revision of a plan and compiles it as of a day; from memory, while the organisation is the same.
///
/// # Errors
/// [`Fault::NotFound`] when there is none; when the store cannot read; [`Fault::Busy`] when too many wait.
pub async fn revision(
    work: &Work,
    actor: &Actor,
    plan: PlanId,
    revision: u32,
    on: Date,
) -> Result<Read, Fault> {
    let of = (actor.institution, plan, revision, on, actor.known.as_of);
    let compilations = work.kept::<Compilations>();
    let kept = compilations.revisions.lock().ok();
    if let Some(read) = kept.and_then(|all| all.iter().find(|k| k.of == of).map(|k| k.read.clone())) {
        return Ok(read);
    }
    let revision = work.store.plan_revision(actor.institution, plan, Some(revision)).await?;
    let parse = move || revision.review_as::<Review>().map(|review| (Arc::new(revision), Arc::new(review)));
    let (revision, review) = work.heavy.run(parse).await??;
    let compiled = compile_on(work, actor, &revision.source, &review.plan, revision.year, on).await?;
    let read = Read { revision, review, compiled };
    if let Ok(mut kept) = compilations.revisions.lock() {
        kept.truncate(KEPT - 1);
        kept.push_front(KeptRevision { of, read: read.clone() });
    }
    Ok(read)
}

/// Compiles a text for this institution, as of today.
///
/// # Errors
/// [`Fault::Busy`] when too many wait to have something worked out.
pub async fn compile(
    work: &Work,
    actor: &Actor,
    source: &SourceText,
    plan: &Plan,
    year: i16,
) -> Result<Arc<Compilation>, Fault> {
    compile_on(work, actor, source, plan, year, work.clock.today()).await
}

async fn compile_on(
    work: &Work,
    actor: &Actor,
    source: &SourceText,
    plan: &Plan,
    year: i16,
    today: Date,
) -> Result<Arc<Compilation>, Fault> {
    let organisation = &actor.known.organisation;
    let same = |k: &Kept| {
        (k.year, k.today) == (year, today)
            && k.text == source.text
            && k.plan == *plan
            && k.organisation == *organisation
    };
    let compilations = work.kept::<Compilations>();
    if let Ok(kept) = compilations.texts.lock()
        && let Some(k) = kept.iter().find(|k| same(k))
    {
        return Ok(Arc::clone(&k.made));
    }
    let made = work
        .heavy
        .run({
            let (source, plan) = (source.clone(), plan.clone());
            let (rulebook, known) = (Arc::clone(&work.rulebook), Arc::clone(&actor.known));
            let context = Context { year, today: Some(today) };
            move || Arc::new(compiler::compile(&source, &plan, &rulebook, &known.organisation, &context))
        })
        .await?;
    if let Ok(mut kept) = compilations.texts.lock() {
        kept.truncate(KEPT - 1);
        kept.push_front(Kept {
            text: source.text.clone(),
            plan: plan.clone(),
            organisation: organisation.clone(),
            year,
            today,
            made: Arc::clone(&made),
        });
    }
    Ok(made)
}
