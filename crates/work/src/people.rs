//! Acts on people, with what follows for duties: who comes owes the rest of the year, or it is owed about them; of who
//! leaves the rest ends; who moves takes it along. Nothing met or due is touched.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use model::{BatchId, Duty, DutyId, DutySource, InstitutionId, Obligation, PersonId, Standing};
use runtime::{Basis, Roster};
use serde_json::{Value, json};
use store::{Act, DutyFilter, Following, Held, PersonSave, PersonState, Scope, StoreError, TakeIn};

use crate::{fault::Fault, moments, state::Work};

/// Tries before giving up, when others write meanwhile.
const TRIES: usize = 5;

impl Work {
    /// Saves people, and what follows for duties, all or none.
    ///
    /// # Errors
    /// What the store refuses, as [`store::Store::save_persons`] says it; `facts_changed` only when others never cease to write.
    pub async fn save_persons(
        &self,
        institution: InstitutionId,
        saves: &[PersonSave],
        act: &Act,
    ) -> Result<Result<(), StoreError>, Fault> {
        for _ in 1..TRIES {
            let follows = self.following(institution, saves).await?;
            let act = said(act, follows.as_ref());
            match self.store.save_persons(institution, saves, follows.as_ref(), &act).await {
                Err(StoreError::Constraint(c)) if c == CHANGED => {}
                Ok(()) => {
                    self.cases_follow(institution, saves).await;
                    return Ok(Ok(()));
                }
                refused => return Ok(refused),
            }
        }
        Ok(Err(StoreError::Conflict))
    }

    /// Takes an import of people in, and what follows for duties, all or none; `passed` is told how far it is, in percent.
    ///
    /// # Errors
    /// What the store refuses, as [`store::Store::apply_batch`] says it.
    pub async fn take_in_people(
        &self,
        institution: InstitutionId,
        batch: BatchId,
        saves: &[PersonSave],
        counts: &Value,
        act: &Act,
        passed: &(dyn Fn(u8) + Sync),
    ) -> Result<Result<(), StoreError>, Fault> {
        for _ in 1..TRIES {
            let follows = self.following(institution, saves).await?;
            let act = said(act, follows.as_ref());
            let import = TakeIn { saves, counts, follows: follows.as_ref() };
            match self.store.apply_batch(institution, batch, &import, &act, passed).await {
                Err(StoreError::Constraint(c)) if c == CHANGED => {}
                Ok(()) => {
                    self.cases_follow(institution, saves).await;
                    return Ok(Ok(()));
                }
                refused => return Ok(refused),
            }
        }
        Ok(Err(StoreError::Conflict))
    }

    /// The cases about people who were saved go where they went.
    async fn cases_follow(&self, institution: InstitutionId, saves: &[PersonSave]) {
        let ids = saves.iter().map(|s| s.state.person.id).collect();
        crate::cases::follow(self, institution, Some(ids)).await;
    }

    /// What follows for the duties of the years that run; none when nobody comes, moves or leaves.
    pub(crate) async fn following(
        &self,
        institution: InstitutionId,
        saves: &[PersonSave],
    ) -> Result<Option<Following>, Fault> {
        let ids = saves.iter().map(|s| s.state.person.id).collect();
        let as_of = self.store.change_number(institution).await?;
        let before = self.store.held(institution, &ids).await?;
        let today = self.clock.today();
        let moves = Moves::of(&before, saves, today);
        if moves.0.is_empty() {
            return Ok(None);
        }
        let mut out =
            Following { drop: Vec::new(), duties: Vec::new(), carry: Vec::new(), day: today, as_of };
        let known = self.known(institution).await?;
        let usual = runtime::usual_months(self.rulebook.in_force(today));
        for head in self.store.plans(institution).await? {
            if head.published.is_none() || head.year < today.year() {
                continue;
            }
            let Some(year) = self.year(institution, Some(head.id)).await? else { continue };
            let asked: Vec<&Obligation> = year
                .obligations()
                .iter()
                .filter(|o| moments::concerns_people(o) && year.asked(o.id, today))
                .collect();
            if asked.is_empty() {
                continue;
            }
            let moments =
                moments::known(self, institution, head.year, asked.iter().filter_map(|o| o.cadence.moment()))
                    .await?;
            let filter = DutyFilter {
                year: Some(head.year),
                obligations: Some(asked.iter().map(|o| o.id).collect()),
                people: Some(moves.people()),
                ..DutyFilter::default()
            };
            let held = self.store.duties(institution, &Scope::All, &filter, u32::MAX).await?;
            let board = year.board();
            let open = |d: &Duty| {
                matches!(
                    board.standing(d.id, today),
                    Some(Standing::NotDue | Standing::Open | Standing::DueSoon)
                )
            };
            for (day, (was, is)) in &moves.0 {
                let all = |roster: &Roster| -> Vec<Duty> {
                    let basis = Basis {
                        org: &known.organisation,
                        roster,
                        calendar: &year.calendar,
                        year: head.year,
                        made: *day,
                        from: Date::new(head.year, 1, 1).map_or(*day, |first| first.max(*day)),
                        rules: self.rulebook.version(),
                        moments: &moments,
                        usual_months: &usual,
                    };
                    asked.iter().flat_map(|o| runtime::schedule(o, &basis, &mut DutyId::fresh)).collect()
                };
                let found = runtime::moved(&held, &all(was), &all(is), *day, open);
                out.drop.extend(found.drop);
                out.carry.extend(found.carry);
                let source = DutySource::Plan(head.id);
                out.duties.extend(found.duties.into_iter().map(|d| (source, d)));
            }
        }
        Ok(Some(out))
    }
}

const CHANGED: &str = "facts_changed";

/// The act, with how many duties end and are made.
fn said(act: &Act, follows: Option<&Following>) -> Act {
    let Some(f) = follows.filter(|f| !f.is_nothing()) else { return act.clone() };
    let mut detail = match &act.detail {
        Value::Object(said) => said.clone(),
        _ => serde_json::Map::new(),
    };
    detail.insert("duties_ended".to_owned(), json!(f.drop.len()));
    detail.insert("duties_made".to_owned(), json!(f.duties.len()));
    act.clone().with(Value::Object(detail))
}

/// Those who come, move or leave, as they were and as they are, by the day from which it counts: the day of the change,
/// or today when that is over.
struct Moves(BTreeMap<Date, (Roster, Roster)>, BTreeSet<PersonId>);

impl Moves {
    fn of(before: &BTreeMap<PersonId, Held>, saves: &[PersonSave], today: Date) -> Self {
        let mut by_day: BTreeMap<Date, (Vec<&PersonState>, Vec<&PersonState>)> = BTreeMap::new();
        let mut people = BTreeSet::new();
        for save in saves {
            let was = before.get(&save.state.person.id).map(|h| &h.state);
            let mut days = changed_days(was, &save.state);
            // Of which category somebody is has no day of its own.
            if was.map_or(&BTreeSet::new(), |w| &w.file.categories) != &save.state.file.categories {
                days.insert(today);
            }
            let Some(first) = days.iter().find(|d| **d >= today).or(days.last()) else { continue };
            people.insert(save.state.person.id);
            let at = by_day.entry(today.max(*first)).or_default();
            at.0.extend(was);
            at.1.push(&save.state);
        }
        let roster = |all: &[&PersonState]| {
            Roster::new(
                all.iter().flat_map(|s| s.memberships.clone()).collect(),
                all.iter().flat_map(|s| s.posts.clone()).collect(),
            )
            .with_categories(all.iter().map(|s| (s.person.id, s.file.categories.clone())).collect())
        };
        Self(by_day.into_iter().map(|(day, (was, is))| (day, (roster(&was), roster(&is)))).collect(), people)
    }

    fn people(&self) -> BTreeSet<PersonId> {
        self.1.clone()
    }
}

/// The days on which a stretch or a post begins or ends that is in one of the states only.
fn changed_days(was: Option<&PersonState>, is: &PersonState) -> BTreeSet<Date> {
    let none = PersonState::of(is.person.clone());
    let was = was.unwrap_or(&none);
    let stretches = |a: &PersonState, b: &PersonState| -> Vec<(Date, Option<Date>)> {
        let m = a.memberships.iter().filter(|m| !b.memberships.contains(m)).map(|m| (m.since, m.until));
        let p = a.posts.iter().filter(|p| !b.posts.contains(p)).map(|p| (p.since, p.until));
        m.chain(p).collect()
    };
    let (gone, come) = (stretches(was, is), stretches(is, was));
    let ends = |all: &[(Date, Option<Date>)]| -> BTreeSet<Date> {
        all.iter().flat_map(|(since, until)| [Some(*since), *until]).flatten().collect()
    };
    let (gone, come) = (ends(&gone), ends(&come));
    // A day that both have did not change; where all are the same, what is between them did.
    let differ: BTreeSet<Date> = gone.symmetric_difference(&come).copied().collect();
    if differ.is_empty() { come } else { differ }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use model::{Membership, MembershipId, Person, Stage, UnitId};

    fn person() -> PersonState {
        PersonState::of(Person {
            id: PersonId::from_parts(1, &[1; 10]),
            name: "齐悦".to_owned(),
            number: String::new(),
            kind: "student".to_owned(),
        })
    }

    fn since(state: &PersonState, day: Date, until: Option<Date>) -> Membership {
        Membership {
            id: MembershipId::from_parts(1, &[1; 10]),
            person: state.person.id,
            branch: UnitId::from_parts(1, &[1; 10]),
            group: None,
            stage: Stage::Activist,
            since: day,
            until,
        }
    }

    #[test]
    fn a_change_counts_from_the_day_that_is_new() {
        let mut was = person();
        was.memberships.push(since(&was, date(2021, 9, 1), None));
        let mut is = was.clone();
        assert_eq!(changed_days(Some(&was), &is), BTreeSet::new());
        is.person.name = "齐越".to_owned();
        assert_eq!(changed_days(Some(&was), &is), BTreeSet::new(), "a name moves nobody");
        is.memberships[0].until = Some(date(2022, 10, 10));
        assert_eq!(changed_days(Some(&was), &is), BTreeSet::from([date(2022, 10, 10)]));
        assert_eq!(changed_days(None, &was), BTreeSet::from([date(2021, 9, 1)]));
        let mut stage = was.clone();
        stage.memberships[0].stage = Stage::Candidate;
        assert_eq!(changed_days(Some(&was), &stage), BTreeSet::from([date(2021, 9, 1)]), "put right");
    }
}
