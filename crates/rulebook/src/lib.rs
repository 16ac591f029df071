//! The rulebook: all that Luoshi knows as data, read from TOML and checked.
//!
//! The built-in files stand in the folder `rulebook/` of the repository and are compiled in. An institution may keep
//! a folder of its own with the same layout: a file at the same path takes the place of the built-in one, any other
//! file is added. Mistakes are all told at once, each with its place. docs/rulebook.md says how the files are written.

mod articles;
mod cadence;
mod calendar;
mod called;
mod chase;
mod condition;
mod dated;
mod events;
mod fault;
mod ledger;
mod lexicon;
mod link;
mod load;
mod mechanism;
mod obligation;
pub mod papers;
mod register;
mod roles;
mod tree;
mod votes;
mod walks;
mod words;
mod workflow;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::civil::Date;
use model::Entry;
use model::flow::{Article, Setting, Step, VoteRule, Workflow};
use model::follow::Chase;
use model::rule::{Ledger, Mechanism, ObligationRule, Regulation, Roles};
use papers::Papers;

pub use calendar::{CalendarData, CalendarYear, Stretch};
pub use called::Called;
pub use dated::{Dated, NotInForce};
pub use events::{Event, Events};
pub use fault::RuleFault;
pub use lexicon::{Collective, Lexicon, Persons};
pub use walks::{
    Said, Walk, WalkCase, WalkLine, WalkPerson, WalkUnit, WantedLine, WantedRung, WantedStep, read_walks,
    walks,
};

/// 规则库: everything that is data, read and checked.
#[derive(Clone, Debug)]
pub struct Rulebook {
    pub(crate) mechanisms: Vec<Mechanism>,
    pub(crate) obligations: Vec<ObligationRule>,
    pub(crate) obligation_versions: BTreeMap<String, Vec<Dated<ObligationRule>>>,
    pub(crate) ledgers: Vec<Ledger>,
    pub(crate) ledger_versions: BTreeMap<String, Vec<Dated<Ledger>>>,
    pub(crate) roles: Roles,
    pub(crate) regulations: Vec<Regulation>,
    pub(crate) not_regulations: Vec<String>,
    pub(crate) lexicon: Lexicon,
    pub(crate) calendar: CalendarData,
    pub(crate) events: Events,
    pub(crate) workflows: BTreeMap<String, Vec<Dated<Workflow>>>,
    pub(crate) articles: BTreeMap<String, Article>,
    pub(crate) votes: BTreeMap<String, VoteRule>,
    pub(crate) settings: BTreeMap<String, Setting>,
    pub(crate) words: called::Words,
    pub(crate) chase: Vec<Dated<Chase>>,
    pub(crate) papers: Papers,
    pub(crate) left_out: Vec<RuleFault>,
    pub(crate) version: String,
}

impl Rulebook {
    /// The rulebook that is compiled in.
    ///
    /// # Errors
    ///
    /// Every mistake in its files; there is none in a released build, since a test sees to it.
    pub fn built_in() -> Result<Self, Vec<RuleFault>> {
        load::load(None)
    }

    /// The built-in rulebook with an institution's own folder laid over it.
    ///
    /// # Errors
    ///
    /// Every mistake in the files of both, in the order of the files; a folder or file that cannot be read is one.
    pub fn load(dir: Option<&Path>) -> Result<Self, Vec<RuleFault>> {
        load::load(dir)
    }

    /// Of what the papers that are put together from many records consist.
    #[must_use]
    pub fn papers(&self) -> &Papers {
        &self.papers
    }

    /// Every mechanism, by id.
    #[must_use]
    pub fn mechanisms(&self) -> &[Mechanism] {
        &self.mechanisms
    }

    /// The mechanism with this id.
    #[must_use]
    pub fn mechanism(&self, id: &str) -> Option<&Mechanism> {
        by_id(&self.mechanisms, id, |m| &m.id)
    }

    /// The newest version of every standing obligation, by id; [`Self::in_force`] gives those of a day.
    #[must_use]
    pub fn obligations(&self) -> &[ObligationRule] {
        &self.obligations
    }

    /// The newest version of the standing obligation with this id.
    #[must_use]
    pub fn obligation(&self, id: &str) -> Option<&ObligationRule> {
        by_id(&self.obligations, id, |o| &o.id)
    }

    /// The standing obligation with this id as it reads on a day.
    ///
    /// # Errors
    ///
    /// There is no such id, or no version of it is in force on the day.
    pub fn obligation_on(&self, id: &str, on: Date) -> Result<&ObligationRule, NotInForce> {
        on_day(&self.obligation_versions, id, on)
    }

    /// Every standing obligation in force on a day, by id, each in the one version that holds on it.
    #[must_use]
    pub fn in_force(&self, on: Date) -> Vec<&ObligationRule> {
        self.obligation_versions.values().filter_map(|v| dated::in_force(v, on)).collect()
    }

    /// The newest version of every ledger, by id.
    #[must_use]
    pub fn ledgers(&self) -> &[Ledger] {
        &self.ledgers
    }

    /// The newest version of the ledger with this id.
    #[must_use]
    pub fn ledger(&self, id: &str) -> Option<&Ledger> {
        by_id(&self.ledgers, id, |l| &l.id)
    }

    /// Every form that any ledger has or had.
    pub fn ledger_forms(&self) -> impl Iterator<Item = &Ledger> {
        self.ledger_versions.values().flatten().map(|version| &version.value)
    }

    /// The ledger with this id as its form was on a day: an old record is shown by the form it was made with.
    ///
    /// # Errors
    ///
    /// There is no such id, or no version of it is in force on the day.
    pub fn ledger_on(&self, id: &str, on: Date) -> Result<&Ledger, NotInForce> {
        on_day(&self.ledger_versions, id, on)
    }

    /// The ledgers that a record belongs to, by the form that it was made with; by today's where none was in force on
    /// its day. What is in the rulebook no more is left out.
    #[must_use]
    pub fn ledgers_of(&self, entry: &Entry) -> Vec<&Ledger> {
        let form = |id: &String| self.ledger_on(id, entry.day).ok().or_else(|| self.ledger(id));
        entry.ledgers.iter().filter_map(form).collect()
    }

    /// The ledger that takes what no other does; loading makes sure that there is one.
    #[must_use]
    pub fn general(&self) -> Option<&Ledger> {
        self.ledgers.iter().find(|l| l.general)
    }

    /// The ledger in which the leading unit of an item says how it goes; loading makes sure that there is one.
    #[must_use]
    pub fn progress(&self) -> Option<&Ledger> {
        self.ledgers.iter().find(|l| l.progress)
    }

    /// Posts in their order, and the traits of units.
    #[must_use]
    pub fn roles(&self) -> &Roles {
        &self.roles
    }

    /// Every regulation of the register, by id.
    #[must_use]
    pub fn regulations(&self) -> &[Regulation] {
        &self.regulations
    }

    /// The regulation with this id.
    #[must_use]
    pub fn regulation(&self, id: &str) -> Option<&Regulation> {
        by_id(&self.regulations, id, |r| &r.id)
    }

    /// Titles inside 《》 that are no regulations (books, study readers, 一本通): to be left in peace.
    #[must_use]
    pub fn not_regulations(&self) -> &[String] {
        &self.not_regulations
    }

    /// Word lists for reading clauses.
    #[must_use]
    pub fn lexicon(&self) -> &Lexicon {
        &self.lexicon
    }

    /// Holidays, make-up days and terms.
    #[must_use]
    pub fn calendar_data(&self) -> &CalendarData {
        &self.calendar
    }

    /// What the institution and its units hold and other things wait for.
    #[must_use]
    pub fn events(&self) -> &Events {
        &self.events
    }

    /// The ledgers in which somebody writes of themselves. Left out is what only shows the steps of procedures: no obligation
    /// and no mechanism leads to it and no word points to it, so that outside of a case it would say nothing.
    #[must_use]
    pub fn offered_ledgers(&self) -> Vec<&Ledger> {
        let steps = self.workflows().flat_map(|w| &w.steps).flat_map(|s| &s.shown_by);
        let of_steps: BTreeSet<&str> = steps.filter_map(|s| s.ledger.as_deref()).collect();
        let asked = self.obligations.iter().map(|o| o.ledger.as_str());
        let led: BTreeSet<&str> =
            asked.chain(self.mechanisms.iter().filter_map(|m| m.ledger.as_deref())).collect();
        let offered = |l: &&Ledger| {
            let id = l.id.as_str();
            !of_steps.contains(id) || led.contains(id) || !l.words.is_empty()
        };
        self.ledgers.iter().filter(offered).collect()
    }

    /// The procedures that are in force on a day, by id.
    pub fn workflows_on(&self, on: Date) -> impl Iterator<Item = &Workflow> {
        self.workflows.values().filter_map(move |v| dated::in_force(v, on))
    }

    /// The newest version of every procedure, by id.
    pub fn workflows(&self) -> impl Iterator<Item = &Workflow> {
        self.workflows.values().filter_map(|v| dated::newest(v))
    }

    /// An outcome of a step, as the form by which the step is shown calls it.
    #[must_use]
    pub fn outcome_word(&self, step: &Step, outcome: &str) -> String {
        let field = step.decides.as_ref().and_then(|d| d.field.as_ref());
        let ledgers = step.shown_by.iter().filter_map(|s| self.ledger(s.ledger.as_deref()?));
        let fields = ledgers.flat_map(|l| &l.fields).flat_map(|f| std::iter::once(f).chain(&f.rows));
        // One id may have other options elsewhere: only this step's own forms are asked.
        let mut options = fields.filter(|f| Some(&f.id) == field).flat_map(|f| &f.options);
        let known = options.find(|(id, _)| id == outcome).map(|(_, word)| word.as_str());
        let word = known.unwrap_or(match outcome {
            "passed" => "通过",
            "failed" => "没有通过",
            "done" => "办完",
            "lapsed" => "到期没有办",
            "skipped" => "略过",
            other => other,
        });
        word.to_owned()
    }

    /// The version of a procedure whose text has this fingerprint.
    #[must_use]
    pub fn workflow_of_text(&self, id: &str, fingerprint: &str) -> Option<&Workflow> {
        let versions = self.workflows.get(id)?.iter();
        versions.map(|v| &v.value).find(|w| w.fingerprint == fingerprint)
    }

    /// The procedure with this id as it reads on a day.
    ///
    /// # Errors
    ///
    /// There is no such id, or no version of it is in force on the day.
    pub fn workflow_on(&self, id: &str, on: Date) -> Result<&Workflow, NotInForce> {
        on_day(&self.workflows, id, on)
    }

    /// What keeps built-in procedures out, which an institution's own ledgers no longer serve.
    #[must_use]
    pub fn left_out(&self) -> &[RuleFault] {
        &self.left_out
    }

    /// The row of the table of articles with this id.
    #[must_use]
    pub fn article(&self, id: &str) -> Option<&Article> {
        self.articles.get(id)
    }

    /// Every row of the table of articles, by id.
    pub fn articles(&self) -> impl Iterator<Item = &Article> {
        self.articles.values()
    }

    /// The rule of votes with this id.
    #[must_use]
    pub fn vote(&self, id: &str) -> Option<&VoteRule> {
        self.votes.get(id)
    }

    /// Every rule of votes, by id.
    pub fn votes(&self) -> impl Iterator<Item = &VoteRule> {
        self.votes.values()
    }

    /// The ladder by which what is late is chased, as it reads on a day.
    #[must_use]
    pub fn chase_on(&self, on: Date) -> Option<&Chase> {
        dated::in_force(&self.chase, on)
    }

    /// The settings that procedures ask for, by id.
    pub fn settings(&self) -> impl Iterator<Item = &Setting> {
        self.settings.values()
    }

    /// What a fact, a state, a series or a paper of procedures is called, by its id; a word that is written in Chinese
    /// where it is used is called so. Stages of members have the names of [`model::Stage`].
    #[must_use]
    pub fn called<'a>(&'a self, what: Called, id: &'a str) -> &'a str {
        if let Some(word) = self.words.get(&(what, id.to_owned())) {
            return word;
        }
        match model::Stage::from_id(id) {
            Some(stage) if what == Called::State => stage.word(),
            _ => id,
        }
    }

    /// Short hash of the content: the same files give the same version.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }
}

fn by_id<'t, T>(sorted: &'t [T], id: &str, key: impl Fn(&T) -> &String) -> Option<&'t T> {
    sorted.binary_search_by(|t| key(t).as_str().cmp(id)).ok().and_then(|i| sorted.get(i))
}

fn on_day<'t, T>(all: &'t BTreeMap<String, Vec<Dated<T>>>, id: &str, on: Date) -> Result<&'t T, NotInForce> {
    let versions = all.get(id).ok_or_else(|| NotInForce::Unknown { id: id.to_owned() })?;
    dated::in_force(versions, on).ok_or_else(|| NotInForce::Silent { id: id.to_owned(), on })
}
