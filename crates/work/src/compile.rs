//! What the compiler makes of a text, kept for a while.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use compiler::{Compilation, Context};
use jiff::civil::Date;
use model::{Organisation, Plan, SourceText};

use crate::actor::Actor;
use crate::state::Work;

/// What was compiled lately. Most steps of a review decide something and leave the text as it is; each of them asks for
/// the compilation twice (to change, and to show the page again).
#[derive(Debug, Default)]
pub(crate) struct Compilations(Mutex<VecDeque<Kept>>);

#[derive(Debug)]
struct Kept {
    text: String,
    plan: Plan,
    organisation: Organisation,
    year: i16,
    today: Date,
    made: Arc<Compilation>,
}

/// How many are kept: a few clerks on a few plans.
const KEPT: usize = 6;

/// Compiles a text for this institution, as of today.
#[must_use]
pub fn compile(work: &Work, actor: &Actor, source: &SourceText, plan: &Plan, year: i16) -> Arc<Compilation> {
    compile_on(work, actor, source, plan, year, work.clock.today())
}

/// The same as of another day.
#[must_use]
pub fn compile_on(
    work: &Work,
    actor: &Actor,
    source: &SourceText,
    plan: &Plan,
    year: i16,
    today: Date,
) -> Arc<Compilation> {
    let organisation = &actor.known.organisation;
    let same = |k: &Kept| {
        (k.year, k.today) == (year, today)
            && k.text == source.text
            && k.plan == *plan
            && k.organisation == *organisation
    };
    if let Ok(kept) = work.compilations.0.lock()
        && let Some(k) = kept.iter().find(|k| same(k))
    {
        return Arc::clone(&k.made);
    }
    let context = Context { year, today: Some(today) };
    let made = Arc::new(compiler::compile(source, plan, &work.rulebook, organisation, &context));
    if let Ok(mut kept) = work.compilations.0.lock() {
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
    made
}
