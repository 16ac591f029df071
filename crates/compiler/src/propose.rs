//! Proposals: what each ask of the document becomes before a person has looked at it.

mod adopt;
mod bearers;
mod name;

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use jiff::civil::Date;
use model::rule::{Level, ObligationRule};
use model::{
    Bearers, Cadence, Conditions, Due, Item, MeasureKind, Origin, Per, Proposal, ProposalState, Span,
    UnitKind,
};
use rulebook::Rulebook;

use self::adopt::may_replace;
pub(crate) use self::adopt::yearly;
use self::bearers::{lead_units, subject};
use self::name::short_title;
use crate::figures;
use crate::fold::{Folded, fold};
use crate::ledger_guess::{Guess, LedgerWords};
use crate::measure::{Ask, Reading, fold_line};
use crate::owners::{Owner, bearers_of, leads};
use crate::resolve::Resolver;

/// A proposal and what the diagnostics and the table of measures want to know of it.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub(crate) proposal: Proposal,
    /// Bearers by name.
    pub(crate) names: Vec<String>,
    /// The clause says less than this hard rule: its words, and the rule's own cadence stands.
    pub(crate) below: Option<String>,
    /// A part of what another clause counts: 其中专题研讨不少于6次.
    pub(crate) part: bool,
}

/// A later clause that asks for what an earlier one brought already.
#[derive(Clone, Debug)]
pub(crate) struct Again {
    pub(crate) item: usize,
    pub(crate) span: Span,
    /// Index of the earlier proposal.
    pub(crate) first: usize,
    /// Name of the mechanism or rule.
    pub(crate) name: String,
    /// Both say a number, and not the same.
    pub(crate) differs: bool,
}

/// One item, read.
pub(crate) struct ItemRead<'p> {
    pub(crate) item: &'p Item,
    pub(crate) owners: Vec<Owner<'p>>,
    pub(crate) readings: Vec<Reading>,
    /// What its keys begin with.
    pub(crate) label: String,
}

/// What became of an ask: the proposals that it made or refers to.
pub(crate) type Outcome = Vec<usize>;

/// Everything proposed.
#[derive(Default)]
pub(crate) struct Proposals {
    pub(crate) made: Vec<Made>,
    pub(crate) again: Vec<Again>,
    /// (item, sentence, ask) to what became of it.
    pub(crate) outcome: HashMap<(usize, usize, usize), Outcome>,
}

pub(crate) struct Proposer<'a> {
    pub(crate) source: &'a str,
    pub(crate) rulebook: &'a Rulebook,
    pub(crate) ledgers: &'a LedgerWords<'a>,
    pub(crate) resolver: &'a Resolver<'a>,
    pub(crate) day: Date,
    /// The unit by whose name a clause begins, by the characters at its head: a clause is asked for it by each rule.
    pub(crate) spoken: RefCell<HashMap<String, Option<(Bearers, String)>>>,
}

/// Bearers, and what the document calls them.
type Meant = (Bearers, Vec<String>);

/// Where an ask stands.
type At = (usize, usize, usize);

impl Proposer<'_> {
    pub(crate) fn all(&self, items: &[ItemRead<'_>]) -> Proposals {
        let mut out = Proposals::default();
        let sharp = self.sharpening(items);
        let mut adopted: HashMap<String, usize> = HashMap::new();
        let mut followed: HashMap<usize, Vec<usize>> = HashMap::new();
        for (i, read) in items.iter().enumerate() {
            let first = out.made.len();
            for (s, reading) in read.readings.iter().enumerate() {
                for (a, ask) in reading.asks.iter().enumerate() {
                    let at = (i, s, a);
                    let outcome = self.ask(at, read, ask, &sharp, &mut adopted, &mut followed, &mut out);
                    out.outcome.insert(at, outcome);
                }
            }
            self.progress(i, read, &mut out);
            number(&mut out.made[first..], &read.label);
        }
        self.standing(&adopted, &mut out);
        out
    }

    /// The rule that holds on the plan's day, if any does.
    fn rule(&self, id: &str) -> Option<&ObligationRule> {
        self.rulebook.obligation_on(id, self.day).ok()
    }

    fn brought(&self, mechanism: usize) -> impl Iterator<Item = &ObligationRule> {
        let ids = self.rulebook.mechanisms().get(mechanism).map(|m| m.brings.as_slice()).unwrap_or_default();
        ids.iter().filter_map(|id| self.rule(id))
    }

    /// For each rule that clauses say a number for: the clause whose number is the strictest; the first among equals.
    fn sharpening(&self, items: &[ItemRead<'_>]) -> HashMap<String, At> {
        let mut sharp: HashMap<String, (At, u64)> = HashMap::new();
        for (i, read) in items.iter().enumerate() {
            for (s, reading) in read.readings.iter().enumerate() {
                for (a, ask) in reading.asks.iter().enumerate() {
                    let Some(rule) = self.sharpened(ask, &read.owners) else { continue };
                    let weight = ask.cadence.as_ref().map_or(0, yearly);
                    let best = sharp.entry(rule.id.clone()).or_insert(((i, s, a), weight));
                    if weight > best.1 {
                        *best = ((i, s, a), weight);
                    }
                }
            }
        }
        sharp.into_iter().map(|(rule, (at, _))| (rule, at)).collect()
    }

    /// The standing rule that a clause with a number is about, among those that its mechanisms bring; none where the
    /// clause is for others than the rule.
    fn sharpened(&self, ask: &Ask, owners: &[Owner<'_>]) -> Option<&ObligationRule> {
        // What a neighbouring thing is asked says nothing of the rule.
        if self.is_part(ask) || self.is_beside(ask) {
            return None;
        }
        // Named people do it: the rule must be for the same.
        let same_people = |rule: &&ObligationRule| {
            ask.who.as_ref().is_none_or(|who| {
                who.bearers.members == rule.bearers.members && who.bearers.posts == rule.bearers.posts
            })
        };
        self.about(ask)
            .filter(same_people)
            .filter(|rule| !self.for_another(rule, owners) && !self.of_others(ask, rule, owners))
    }

    /// Whether a clause counts a part of what is counted before it.
    fn is_part(&self, ask: &Ask) -> bool {
        ask.phrase.is_some_and(|p| p.of(self.source).trim_start().starts_with("其中"))
            || ask.span.of(self.source).trim_start().starts_with("其中")
    }

    /// Whether a clause names a mechanism only as a part of something else: 发展党员计划 is a plan, and a 主题党日 with a
    /// partner is one of many.
    fn is_beside(&self, ask: &Ask) -> bool {
        if ask.clause.end - ask.clause.start > LONGEST_CLAUSE {
            return false;
        }
        // 发展党员60名, 培养4名积极分子 count people and things, not how often the practice is held.
        let things = |p: Span| p.of(self.source).trim_end().ends_with(OF_THINGS);
        if ask.phrase.is_some_and(things) {
            return true;
        }
        let words = fold(ask.clause.of(self.source));
        let lists = self.rulebook.lexicon();
        let joint = lists.words("joint_acts").iter().any(|w| words.contains(w.as_str()));
        let named = ask.mechanisms.iter().filter_map(|m| self.rulebook.mechanisms().get(*m));
        let part = |name: &String| {
            let name = fold(name);
            words.match_indices(&name).any(|(at, found)| {
                let rest = &words[at + found.len()..];
                lists.words("parts_of_a_practice").iter().any(|w| rest.starts_with(w.as_str()))
            })
        };
        joint || named.flat_map(|m| std::iter::once(&m.title).chain(&m.aliases)).any(part)
    }

    /// Whether the clause says itself who does it, and none of them is whom the rule binds.
    fn of_others(&self, ask: &Ask, rule: &ObligationRule, owners: &[Owner<'_>]) -> bool {
        let Some((_, kinds)) = self.said_subject(ask, owners) else { return false };
        let bound = &rule.bearers;
        bound.posts.is_empty()
            && !bound.members
            && !kinds.is_empty()
            && kinds.iter().all(|k| *k != UnitKind::Department && !bound.kinds.contains(k))
    }

    /// The units by whose names a clause begins, with their kinds; none where it begins with something else.
    fn said_subject(&self, ask: &Ask, owners: &[Owner<'_>]) -> Option<(Meant, BTreeSet<UnitKind>)> {
        let words = ask.clause.of(self.source);
        let named = subject(words, owners);
        if !named.is_empty() {
            let kinds = named.iter().flat_map(|o| o.kinds.iter().copied()).collect();
            return Some((bearers_of(named, None), kinds));
        }
        let (bearers, name) = self.spoken(words)?;
        let kinds =
            bearers.units.iter().filter_map(|u| self.resolver.kind(*u)).chain(bearers.kinds.iter().copied());
        let kinds = kinds.collect();
        Some(((bearers, vec![name]), kinds))
    }

    /// Whether a body of its own that the rule does not bind leads the item and keeps the ledger: 纪委 studies what the
    /// rule bids 党委 to study. A department acts for the committee, so where only departments lead the rule's bearers stay.
    fn for_another(&self, rule: &ObligationRule, owners: &[Owner<'_>]) -> bool {
        let bound = &rule.bearers;
        let Some(ledger) = self.ledgers.ledger(&rule.ledger) else { return false };
        let any = |o: &Owner<'_>, kinds: &dyn Fn(&UnitKind) -> bool| o.kinds.iter().any(kinds);
        bound.posts.is_empty()
            && !bound.members
            && !owners.iter().any(|o| any(o, &|k| bound.kinds.contains(k)))
            && leads(owners).any(|o| any(o, &|k| *k != UnitKind::Department && ledger.kept_by.contains(k)))
    }

    fn about(&self, ask: &Ask) -> Option<&ObligationRule> {
        let cadence = ask.cadence.as_ref()?;
        // The number and the name may stand in two parts of one clause.
        let mechanisms = if ask.mechanisms.is_empty() { &ask.around } else { &ask.mechanisms };
        let rules: Vec<&ObligationRule> = mechanisms.iter().flat_map(|m| self.brought(*m)).collect();
        let words = Folded::new(self.source, ask.span);
        let comparable = |r: &&&ObligationRule| may_replace(cadence, &r.cadence);
        if ask.span.end - ask.span.start <= LONGEST_CLAUSE
            && let Some(of_act) =
                self.by_act(&words.text, &rules).filter(|r| may_replace(cadence, &r.cadence))
        {
            return Some(of_act);
        }
        if let Some(named) = rules.iter().filter(comparable).find(|r| words.text.contains(&fold(&r.title))) {
            return Some(named);
        }
        if rules.is_empty()
            && ask.mechanisms.is_empty()
            && ask.clause.end - ask.clause.start <= LONGEST_CLAUSE
        {
            let hard = self.rulebook.obligations().iter().filter_map(|r| self.rule(&r.id));
            let hard = hard.filter(|r| r.source.level.is_hard() && per(&r.cadence).is_some());
            let named = self.by_words(&words.text, hard);
            return named.filter(|r| may_replace(cadence, &r.cadence));
        }
        let pointed = self.ledgers.pointed(&words);
        if let Some((ledger, _)) = pointed.first() {
            let mut of_ledger = rules.iter().filter(comparable).filter(|r| r.ledger == ledger.id);
            return match (of_ledger.next(), of_ledger.next()) {
                (Some(one), None) => Some(one),
                (Some(one), Some(_)) if per(cadence).is_some() => {
                    let of_words = self.by_words(&words.text, rules.iter().copied());
                    let same = |r: &&ObligationRule| r.ledger == ledger.id && per(&r.cadence) == per(cadence);
                    of_words.or_else(|| rules.iter().copied().find(same)).or(Some(*one))
                }
                _ => None,
            };
        }
        // 按季度公示 behind 党费收缴: the rule that has the act in its name or in the words of its ledger.
        if ask.mechanisms.is_empty()
            && let Some(act) = self.act_of(ask)
        {
            let has = |r: &&&ObligationRule| {
                let words = self.ledgers.ledger(&r.ledger).map(|l| l.words.as_slice()).unwrap_or_default();
                r.title.contains(&act) || words.iter().any(|w| w.contains(&act))
            };
            return rules.iter().filter(comparable).find(has).copied();
        }
        let mut same = rules.iter().filter(comparable).filter(|r| per(&r.cadence) == per(cadence));
        if let (Some(one), None) = (same.next(), same.next()) {
            return Some(one);
        }
        match rules.as_slice() {
            [one] if may_replace(cadence, &one.cadence) => Some(one),
            _ => None,
        }
    }

    /// The rule whose name the words say, though not in one piece: 对入党积极分子每年考察1次.
    fn by_words<'s>(
        &self,
        words: &str,
        rules: impl IntoIterator<Item = &'s ObligationRule>,
    ) -> Option<&'s ObligationRule> {
        rules.into_iter().find(|r| says_name(words, &fold(&r.title)))
    }

    /// Whether a clause calls the secretaries of branches together where only branches are named: none of them calls it.
    fn is_called_above(&self, ask: &Ask, owners: &[Owner<'_>]) -> bool {
        if ask.clause.end - ask.clause.start > LONGEST_CLAUSE {
            return false;
        }
        let words = fold(ask.clause.of(self.source));
        let meeting = words.contains("支部书记") && words.contains('会') && words.contains("召开");
        let mut leads = leads(owners).peekable();
        meeting
            && leads.peek().is_some()
            && leads.all(|o| !o.kinds.is_empty() && o.kinds.iter().all(|k| *k == UnitKind::Branch))
    }

    /// The act that is all of an ask beside its time (公示).
    fn act_of(&self, ask: &Ask) -> Option<String> {
        let phrase = ask.phrase?;
        let before = Span { start: ask.span.start, end: phrase.start.max(ask.span.start) };
        let after = Span { start: phrase.end.min(ask.span.end), end: ask.span.end };
        let mut words = fold(&format!("{}{}", before.of(self.source), after.of(self.source)));
        if words.is_empty() {
            words = fold(phrase.of(self.source));
        }
        let short = words.chars().count() <= LONGEST_ACT;
        let acts = self.rulebook.lexicon().words("acts_alone");
        acts.iter().find(|a| short && words.contains(a.as_str())).cloned()
    }

    /// The rule that is about the act that a clause does with a practice: 公示党费收缴情况 is asked by the rule about making
    /// public, not by the one about paying.
    fn by_act<'s>(&self, words: &str, rules: &[&'s ObligationRule]) -> Option<&'s ObligationRule> {
        if rules.len() < 2 {
            return None;
        }
        let acts = self.rulebook.lexicon().words("acts_alone");
        acts.iter().filter(|a| words.contains(a.as_str())).find_map(|act| {
            let has = |r: &&&ObligationRule| {
                let words = self.ledgers.ledger(&r.ledger).map(|l| l.words.as_slice()).unwrap_or_default();
                r.title.contains(act.as_str()) || words.iter().any(|w| w.contains(act.as_str()))
            };
            let mut found = rules.iter().filter(has);
            found.next().filter(|_| found.next().is_none()).copied()
        })
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the tables of what earlier clauses brought are part of the question"
    )]
    fn ask(
        &self,
        at: At,
        read: &ItemRead<'_>,
        ask: &Ask,
        sharp: &HashMap<String, At>,
        adopted: &mut HashMap<String, usize>,
        followed: &mut HashMap<usize, Vec<usize>>,
        out: &mut Proposals,
    ) -> Outcome {
        let mut outcome = Outcome::new();
        if ask.cadence.is_some() {
            if let Some(rule) = self.sharpened(ask, &read.owners) {
                if let Some(first) = adopted.get(&rule.id) {
                    let theirs = &out.made[*first].proposal.cadence;
                    let differs = ask.cadence.as_ref().is_some_and(|c| c != theirs);
                    out.again.push(Again {
                        item: at.0,
                        span: ask.span,
                        first: *first,
                        name: rule.title.clone(),
                        differs,
                    });
                    return vec![*first];
                }
                if sharp.get(&rule.id) == Some(&at) {
                    let mechanism =
                        ask.mechanisms.iter().copied().find(|m| self.brought(*m).any(|r| r.id == rule.id));
                    adopted.insert(rule.id.clone(), out.made.len());
                    outcome.push(out.made.len());
                    out.made.push(self.adopt(at.0, read, ask, rule, mechanism));
                    // The other rules that the same words bring are adopted beside it.
                    for m in &ask.mechanisms {
                        self.adopt_all(at, read, ask, *m, sharp, adopted, out, &mut outcome);
                    }
                    return outcome;
                }
            }
            outcome.push(out.made.len());
            out.made.push(self.clause(at.0, read, ask));
            return outcome;
        }
        if ask.mechanisms.is_empty() {
            outcome.push(out.made.len());
            out.made.push(self.clause(at.0, read, ask));
            return outcome;
        }
        for m in &ask.mechanisms {
            if self.brought(*m).next().is_some() && ask.who.is_none() {
                self.adopt_all(at, read, ask, *m, sharp, adopted, out, &mut outcome);
                continue;
            }
            let made = self.clause(at.0, read, ask);
            // The same practice of the same units, named before: one record shows both.
            let before =
                followed.get(m).into_iter().flat_map(|f| f.iter().rev().take(LATEST)).copied().find(|f| {
                    let other = &out.made[*f].proposal;
                    other.bearers == made.proposal.bearers && other.ledger == made.proposal.ledger
                });
            if let Some(first) = before {
                let name = self.rulebook.mechanisms().get(*m).map(|m| m.title.clone()).unwrap_or_default();
                if out.made[first].proposal.item != Some(at.0) {
                    out.again.push(Again { item: at.0, span: ask.span, first, name, differs: false });
                }
                outcome.push(first);
            } else {
                followed.entry(*m).or_default().push(out.made.len());
                outcome.push(out.made.len());
                out.made.push(made);
            }
        }
        outcome
    }

    /// The proposal of a clause's own.
    fn clause(&self, item: usize, read: &ItemRead<'_>, ask: &Ask) -> Made {
        let mechanism = ask.mechanisms.first().and_then(|m| self.rulebook.mechanisms().get(*m));
        let hours = matches!(ask.cadence, Some(Cadence::Hours { .. }));
        let said = self.said_subject(ask, &read.owners);
        let kinds: Vec<UnitKind> = match &said {
            _ if ask.who.is_some() => Vec::new(),
            Some((_, kinds)) if !kinds.is_empty() => kinds.iter().copied().collect(),
            _ => read.owners.iter().flat_map(|o| o.kinds.iter().copied()).collect(),
        };
        let guess = self.ledger(ask, &kinds, hours);
        let (cadence, how) = self.cadence(ask);
        let mut reason = guess.as_ref().map_or_else(|| "没有台账能证明".to_owned(), |g| g.reason.clone());
        reason.push_str(&how);
        let by_sentence = "；句子写明由谁办";
        let (bearers, names, why) = match (&ask.who, said) {
            (Some(who), _) => (who.bearers.clone(), who.names.clone(), by_sentence),
            (None, Some(((bearers, names), _))) => (bearers, names, by_sentence),
            (None, None) if self.is_called_above(ask, &read.owners) => {
                let bearers = Bearers { kinds: BTreeSet::from([UnitKind::Committee]), ..Bearers::default() };
                (bearers, vec![UnitKind::Committee.word().to_owned()], "；支部书记的会由上一级召集")
            }
            (None, None) => self.clause_bearers(guess.as_ref(), &read.owners),
        };
        reason.push_str(why);
        Made {
            proposal: Proposal {
                key: String::new(),
                item: Some(item),
                title: match mechanism {
                    Some(m) if ask.cadence.is_none() => m.title.clone(),
                    _ => short_title(self.source, ask),
                },
                kind: ask.kind,
                origin: Origin::Clause { text: fold_line(ask.span.of(self.source)), span: ask.span },
                bearers,
                lead: lead_units(&read.owners),
                cadence,
                ledger: guess.as_ref().map(|g| g.ledger.clone()),
                condition: Conditions::default(),
                reason,
                added: false,
                state: ProposalState::Proposed,
            },
            names,
            below: None,
            part: self.is_part(ask),
        }
    }

    fn ledger(&self, ask: &Ask, kinds: &[UnitKind], hours: bool) -> Option<Guess> {
        let by_mechanism = ask.mechanisms.iter().filter_map(|m| {
            let m = self.rulebook.mechanisms().get(*m)?;
            let own = m.ledger.as_deref().and_then(|l| self.ledgers.ledger(l));
            let brought =
                m.brings.first().and_then(|b| self.rule(b)).and_then(|r| self.ledgers.ledger(&r.ledger));
            let ledger = own.or(brought)?;
            Some((ledger, format!("“{}”记入《{}》", m.title, ledger.title)))
        });
        let words_of = |span: Span| {
            // The event before which something is due (民主生活会召开前) is not what is to be shown.
            let event = ask.phrase.filter(|p| ask.kind == MeasureKind::Dated && span.contains(*p));
            let (before, after) = event.map_or((span, None), |p| {
                (Span { start: span.start, end: p.start }, Some(Span { start: p.end, end: span.end }))
            });
            let mut pointed = self.ledgers.pointed(&Folded::new(self.source, before));
            if let Some(after) = after {
                pointed.extend(self.ledgers.pointed(&Folded::new(self.source, after)));
            }
            pointed.into_iter().map(|(l, w)| (l, format!("句中“{w}”指向《{}》", l.title)))
        };
        let in_part = words_of(ask.span);
        let around = (ask.clause != ask.span && ask.clause.end - ask.clause.start <= LONGEST_CLAUSE)
            .then(|| words_of(ask.clause))
            .into_iter()
            .flatten();
        // Words beside the number are nearer than a mechanism named elsewhere in the clause; but the names of the people who do
        // it (领导班子成员) say nothing of what is done.
        let candidates: Vec<_> = if ask.phrase.is_some() && ask.who.is_none() {
            in_part.chain(by_mechanism).chain(around).collect()
        } else {
            by_mechanism.chain(in_part).collect()
        };
        self.ledgers.choose(candidates, kinds, hours)
    }

    /// How often or by when, and the words that say where that comes from.
    fn cadence(&self, ask: &Ask) -> (Cadence, String) {
        if let Some(own) = &ask.cadence {
            return (own.clone(), String::new());
        }
        // 6月31日前完成自查: nothing is put in the place of a day that does not exist.
        if ask.clause.end - ask.clause.start <= LONGEST_CLAUSE
            && !figures::impossible(self.source, ask.clause, self.day.year()).is_empty()
        {
            return (Cadence::Standing, "；写的日子不存在，改好以前不排".to_owned());
        }
        if ask.vague {
            let suggested = ask.mechanisms.iter().find_map(|m| {
                let m = self.rulebook.mechanisms().get(*m)?;
                m.suggests.clone().map(|c| (c, m.suggests_reason.trim_end_matches('。').to_owned()))
            });
            return match suggested {
                Some((c, why)) => {
                    let words = format!("；没有写次数，建议{}：{why}", c.words());
                    (c, words)
                }
                None => (Cadence::Standing, "；没有写次数，暂不计次".to_owned()),
            };
        }
        match ask.kind {
            MeasureKind::Deliverable => {
                (Cadence::By(Due::Months { from: 1, to: 12 }), "；没有写时限，按年内办成".to_owned())
            }
            _ => (Cadence::Standing, "；不计次，做了就记".to_owned()),
        }
    }

    /// The leading unit's note on how the item stands, at the half-year and at the year's end: an offer. No plan asks for
    /// it by itself, so it makes no duty until the clerk turns it on.
    fn progress(&self, item: usize, read: &ItemRead<'_>, out: &mut Proposals) {
        let (bearers, names) = bearers_of(leads(&read.owners), None);
        if bearers.is_nobody() {
            return;
        }
        let ledger = self.rulebook.progress().or_else(|| self.rulebook.general());
        out.made.push(Made {
            proposal: Proposal {
                key: String::new(),
                item: Some(item),
                title: format!("第{}条进展情况", read.label),
                kind: MeasureKind::Counted,
                origin: Origin::Progress { text: read.item.title.clone(), span: read.item.title_span },
                bearers,
                lead: lead_units(&read.owners),
                cadence: Cadence::AtLeast { times: 1, per: Per::HalfYear },
                ledger: ledger.map(|l| l.id.clone()),
                condition: Conditions::default(),
                reason: "要点没有要求；打开后，牵头部门半年、年终各报一次进展，由系统按记录起草".to_owned(),
                added: false,
                state: ProposalState::NotAssessed,
            },
            names,
            below: None,
            part: false,
        });
    }

    /// Rules that hold whether or not the plan says so.
    fn standing(&self, adopted: &HashMap<String, usize>, out: &mut Proposals) {
        let rules =
            self.rulebook.in_force(self.day).into_iter().filter(|r| r.always && !adopted.contains_key(&r.id));
        for (n, rule) in rules.enumerate() {
            let (bearers, names) = self.rule_bearers(rule, &[], None);
            let source = self.rulebook.regulation(&rule.source.regulation);
            out.made.push(Made {
                proposal: Proposal {
                    key: format!("s.{}", n + 1),
                    item: None,
                    title: rule.title.clone(),
                    kind: MeasureKind::Ruled,
                    origin: Origin::Standing { rule: rule.id.clone() },
                    bearers,
                    lead: Vec::new(),
                    cadence: rule.cadence.clone(),
                    ledger: Some(rule.ledger.clone()).filter(|l| self.ledgers.ledger(l).is_some()),
                    condition: rule.condition.clone(),
                    reason: match (source, rule.source.level) {
                        (Some(r), _) => format!("常规要求：《{}》{}", r.title, rule.source.article),
                        (None, Level::School | Level::Practice) => "常规要求：本校设定，可改".to_owned(),
                        (None, level) => format!("常规要求（{}）", level.word()),
                    },
                    added: false,
                    state: ProposalState::Proposed,
                },
                names,
                below: None,
                part: false,
            });
        }
    }
}

/// Characters of the longest clause that is nothing but an act and how often it is done.
const LONGEST_ACT: usize = 12;

/// Measures of people and things.
const OF_THINGS: &[char] = &[
    '名', '人', '户', '个', '家', '件', '条', '份', '部', '册', '套', '本', '支', '例', '首', '对', '处',
    '位', '天',
];

/// Bytes beyond which the words around a number are too far from it to say what it counts.
const LONGEST_CLAUSE: usize = 1200;

/// How many earlier proposals of one mechanism are held against a new one: in a document with thousands of different
/// owners, the latest ones.
const LATEST: usize = 32;

/// Numbers the proposals of an item in the order of their words; the progress note comes last.
fn number(made: &mut [Made], label: &str) {
    let mut order: Vec<usize> = (0..made.len()).collect();
    let place = |m: &Made| match &m.proposal.origin {
        Origin::Progress { .. } => (1, 0),
        origin => (0, origin.span().map_or(0, |s| s.start)),
    };
    order.sort_by_key(|i| place(&made[*i]));
    for (n, i) in order.into_iter().enumerate() {
        made[i].proposal.key = match &made[i].proposal.origin {
            Origin::Progress { .. } => format!("{label}.p"),
            _ => format!("{label}.{}", n + 1),
        };
    }
}

/// Whether folded words say a rule's name, its words of time left out, in at most two pieces of two characters and more.
fn says_name(words: &str, title: &str) -> bool {
    let mut name = title.to_owned();
    for time in ["每半年", "半年", "年度", "每月", "季度", "定期", "集中"] {
        name = name.replacen(time, "", 1);
    }
    let cuts: Vec<usize> = name.char_indices().map(|(i, _)| i).collect();
    if cuts.len() < 6 {
        return false;
    }
    words.contains(&name)
        || (2..=cuts.len() - 2).any(|n| {
            let (head, tail) = name.split_at(cuts[n]);
            words.find(head).is_some_and(|at| words[at + head.len()..].contains(tail))
        })
}

fn per(cadence: &Cadence) -> Option<Per> {
    match cadence.core() {
        Cadence::AtLeast { per, .. } | Cadence::EachBy { per, .. } | Cadence::Hours { per, .. } => Some(*per),
        _ => None,
    }
}
