//! The roster: changes with every state kept, what is sealed, imports and their undoing, what people ask for.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    AccountId, BatchId, Decision, GrantId, Membership, MembershipId, Outcome, Person, PersonId, Request,
    RequestId, RequestKind, Role, SecretKind, Stage, Wish,
};
use store::{
    Algorithm, Batch, BatchState, Held, NewAccount, PersonSave, PersonState, Presence, RosterFilter, Scope,
    StoreError, TakeIn,
};

use crate::fixture::{Fixture, at, day, raw, story};
use crate::recording::account;

const CARD: &str = "11010519491231002X";
const OTHER_CARD: &str = "440524188001010014";

fn newcomer(f: &Fixture, name: &str, number: &str) -> PersonSave {
    let person =
        Person { id: PersonId::fresh(), name: name.into(), number: number.into(), kind: "student".into() };
    let membership = Membership {
        id: MembershipId::fresh(),
        person: person.id,
        branch: f.units[2],
        group: None,
        stage: Stage::Activist,
        since: day("2026-03-01"),
        until: None,
    };
    PersonSave {
        state: PersonState { memberships: vec![membership], ..PersonState::of(person) },
        based_on: None,
        secrets: BTreeMap::new(),
        note: "新增".into(),
    }
}

fn with_card(mut save: PersonSave, card: &str) -> PersonSave {
    save.secrets.insert(SecretKind::CitizenId, Some(card.into()));
    save
}

async fn held(f: &Fixture, id: PersonId) -> Held {
    f.store.held(f.inst, &BTreeSet::from([id])).await.unwrap().remove(&id).expect("on the roster")
}

/// A change of what is held now.
fn changed(held: &Held, change: impl FnOnce(&mut PersonState)) -> PersonSave {
    let mut state = held.state.clone();
    change(&mut state);
    PersonSave { state, based_on: Some(held.revision), secrets: BTreeMap::new(), note: "修改".into() }
}

fn batch(f: &Fixture) -> Batch {
    Batch {
        id: BatchId::fresh(),
        account: Some(f.clerk),
        made_at: at("2026-04-20T06:00:00Z"),
        name: "名册.xlsx".into(),
        day: day("2026-04-20"),
        state: BatchState::Draft,
        counts: serde_json::json!({}),
        applied_at: None,
        undone_at: None,
    }
}

async fn names(f: &Fixture, scope: &Scope, filter: &RosterFilter) -> Vec<String> {
    let rows = f.store.roster(f.inst, scope, filter, 0, 100).await.unwrap();
    let total: i64 = f.store.heads(f.inst, scope, filter).await.unwrap().iter().map(|h| h.count).sum();
    assert_eq!(total, i64::try_from(rows.len()).unwrap(), "the number equals the length of the list");
    rows.into_iter().map(|r| r.person.name).collect()
}

story!(the_roster_is_found_by_unit_stage_kind_name_and_day, |f| {
    let today = RosterFilter::on(day("2026-04-20"));
    f.store
        .save_persons(f.inst, &[newcomer(f, "单晓雨", "S001")], None, &f.act("person.save"))
        .await
        .unwrap();
    assert_eq!(names(f, &Scope::All, &today).await, ["林一", "单晓雨", "吴三", "周二"]);
    let with = |change: fn(&mut RosterFilter)| {
        let mut filter = RosterFilter::on(day("2026-04-20"));
        change(&mut filter);
        filter
    };
    assert_eq!(names(f, &Scope::All, &with(|q| q.words = "shanxy".into())).await, Vec::<String>::new());
    for words in ["单", "shanxiaoyu", "sxy", "xiaoyu", "s001"] {
        let filter = RosterFilter { words: words.into(), ..today.clone() };
        assert_eq!(names(f, &Scope::All, &filter).await, ["单晓雨"], "{words}");
    }
    assert_eq!(names(f, &Scope::All, &with(|q| q.stage = Some(Stage::Activist))).await, ["单晓雨"]);
    assert_eq!(names(f, &Scope::All, &with(|q| q.kind = Some("staff".into()))).await.len(), 3);
    let second = RosterFilter { branches: Some([f.units[3]].into()), ..today.clone() };
    assert_eq!(names(f, &Scope::All, &second).await, ["吴三"]);
    assert_eq!(names(f, &Scope::Units([f.units[2]].into()), &today).await, ["林一", "单晓雨", "周二"]);
    assert!(names(f, &Scope::Units([f.units[2]].into()), &second).await.is_empty());
    assert!(names(f, &Scope::Nothing, &today).await.is_empty());
    let before = RosterFilter::on(day("2026-02-28"));
    assert_eq!(names(f, &Scope::All, &before).await.len(), 3, "as it stood then");
    let out = RosterFilter { presence: Presence::Out, ..before.clone() };
    assert_eq!(names(f, &Scope::All, &out).await, ["单晓雨"]);
    assert_eq!(names(f, &Scope::All, &RosterFilter { presence: Presence::All, ..before }).await.len(), 4);
    let page = f.store.roster(f.inst, &Scope::All, &today, 1, 2).await.unwrap();
    assert_eq!(page.iter().map(|r| r.person.name.as_str()).collect::<Vec<_>>(), ["单晓雨", "吴三"]);
    let floating = held(f, f.people[1]).await;
    let save = changed(&floating, |s| {
        s.file.categories.insert("floating".into());
    });
    f.store.save_persons(f.inst, &[save], None, &f.act("person.save")).await.unwrap();
    assert_eq!(names(f, &Scope::All, &with(|q| q.category = Some("floating".into()))).await, ["周二"]);
});

story!(every_state_of_a_person_is_kept, |f| {
    let first = held(f, f.people[0]).await;
    assert_eq!(first.revision, 0);
    let save = changed(&first, |s| {
        s.memberships[0].until = Some(day("2026-04-01"));
        let moved = Membership {
            id: MembershipId::fresh(),
            branch: f.units[3],
            since: day("2026-04-01"),
            until: None,
            ..s.memberships[0].clone()
        };
        s.memberships.push(moved);
        s.posts.clear();
        s.file.nation = "汉族".into();
    });
    f.store.save_persons(f.inst, std::slice::from_ref(&save), None, &f.act("person.save")).await.unwrap();
    let again = f.store.save_persons(f.inst, &[save], None, &f.act("person.save")).await;
    assert!(matches!(again, Err(StoreError::Conflict)), "based on a state that is no more the newest");
    let now = held(f, f.people[0]).await;
    assert_eq!((now.revision, now.state.memberships.len(), now.state.posts.len()), (1, 2, 0));
    let history = f.store.person_history(f.inst, f.people[0]).await.unwrap();
    assert_eq!(history.iter().map(|r| r.revision).collect::<Vec<_>>(), [1, 0]);
    assert_eq!(history[1].state.as_ref(), Some(&first.state), "the post is still in the state before");
    assert_eq!(history[0].account, Some(f.clerk));
    let on = |d: &str| RosterFilter { branches: Some([f.units[2]].into()), ..RosterFilter::on(day(d)) };
    assert_eq!(names(f, &Scope::All, &on("2026-03-31")).await.len(), 2);
    assert_eq!(names(f, &Scope::All, &on("2026-04-01")).await.len(), 1);
});

story!(numbers_are_sealed_and_one_card_is_one_persons, |f| {
    let one = with_card(newcomer(f, "郑四", "S004"), CARD);
    let id = one.state.person.id;
    f.store.save_persons(f.inst, &[one], None, &f.act("person.save")).await.unwrap();
    let state = serde_json::to_string(&f.store.person_history(f.inst, id).await.unwrap()[0].state).unwrap();
    assert!(
        !state.contains("19491231") && state.contains("citizen_id"),
        "the states hold its number only: {state}"
    );
    assert!(!state.contains("2X") && !state.contains("1101"), "no part of it: {state}");
    let masks = f.store.masks(f.inst, &[id]).await.unwrap();
    assert_eq!(masks[&(id, SecretKind::CitizenId)].as_deref(), Some("****************2X"));
    let opened = f.store.reveal(f.inst, &[id], &f.act("person.reveal").on(id)).await.unwrap();
    assert_eq!(opened[&(id, SecretKind::CitizenId)], CARD);
    let lines = f.store.audit(f.inst, &store::AuditFilter::default(), 5).await.unwrap();
    assert_eq!(lines[0].action, "person.reveal");
    let twice = with_card(newcomer(f, "郑五", "S005"), CARD);
    let refused = f.store.save_persons(f.inst, &[twice], None, &f.act("person.save")).await;
    assert!(matches!(refused, Err(StoreError::Constraint(n)) if n == "person_secret_taken"));
    let same = newcomer(f, "郑六", "S004");
    let refused = f.store.save_persons(f.inst, &[same], None, &f.act("person.save")).await;
    assert!(matches!(refused, Err(StoreError::Constraint(n)) if n == "person_number_taken"));
    let holders = f.store.secret_holders(f.inst, SecretKind::CitizenId, &[OTHER_CARD, CARD]).await.unwrap();
    assert_eq!(holders, [vec![], vec![id]]);
    // Corrected, then taken away.
    let now = held(f, id).await;
    f.store
        .save_persons(f.inst, &[with_card(changed(&now, |_| {}), OTHER_CARD)], None, &f.act("x"))
        .await
        .unwrap();
    let opened = f.store.reveal(f.inst, &[id], &f.act("person.reveal")).await.unwrap();
    assert_eq!(opened[&(id, SecretKind::CitizenId)], OTHER_CARD);
    let mut none = changed(&held(f, id).await, |_| {});
    none.secrets.insert(SecretKind::CitizenId, None);
    f.store.save_persons(f.inst, &[none], None, &f.act("x")).await.unwrap();
    assert!(f.store.reveal(f.inst, &[id], &f.act("person.reveal")).await.unwrap().is_empty());
    assert_eq!(
        f.store.secret_holders(f.inst, SecretKind::CitizenId, &[OTHER_CARD]).await.unwrap(),
        [vec![]],
        "free for somebody else"
    );
});

story!(keys_are_changed_and_everything_opens_as_before, |f| {
    let one = with_card(newcomer(f, "郑四", "S004"), CARD);
    let id = one.state.person.id;
    f.store.save_persons(f.inst, &[one], None, &f.act("person.save")).await.unwrap();
    let asked = correction(f, id, "手机号应为 13912345678");
    f.store.ask(f.inst, &asked, &f.act("correction.ask")).await.unwrap();
    f.store.keep_batch(f.inst, &batch(f), "[[\"姓名\"]]").await.unwrap();
    let keys = f.keys.clone();
    for algorithm in [Algorithm::Sm4Gcm, Algorithm::Aes256Gcm] {
        let done = f.store.rotate_keys(&keys, algorithm, || f.act("keys.rotate")).await.unwrap();
        assert_eq!(done, 3);
        let opened = f.store.reveal(f.inst, &[id], &f.act("person.reveal")).await.unwrap();
        assert_eq!(opened[&(id, SecretKind::CitizenId)], CARD);
        let found = f.store.secret_holders(f.inst, SecretKind::CitizenId, &[CARD]).await.unwrap();
        assert_eq!(found, [vec![id]]);
        assert_eq!(f.store.corrections(f.inst, None).await.unwrap()[0].reason, "手机号应为 13912345678");
    }
    raw(&f.target, "update person_secret set sealed_key = 1").await.unwrap();
    assert!(f.store.reveal(f.inst, &[id], &f.act("person.reveal")).await.is_err(), "of a key that is gone");
    let masks = f.store.masks(f.inst, &[id]).await.unwrap();
    assert_eq!(masks[&(id, SecretKind::CitizenId)], None, "the page says so, and shows the rest");
    assert!(f.store.holds_secrets().await.unwrap());
});

story!(an_import_is_a_draft_then_taken_in_at_once_then_undone_at_once, |f| {
    let import = batch(f);
    f.store.keep_batch(f.inst, &import, "[[\"姓名\"]]").await.unwrap();
    assert_eq!(f.store.batch(f.inst, import.id).await.unwrap().1.as_deref(), Some("[[\"姓名\"]]"));
    assert_eq!(f.store.batches(f.inst, AccountId::fresh(), 9).await.unwrap(), [], "a draft is its maker's");
    let before = held(f, f.people[0]).await;
    let other_before = held(f, f.people[1]).await;
    let added = with_card(newcomer(f, "郑四", "S004"), CARD);
    let kept = newcomer(f, "郑五", "S005");
    let (gone, stays) = (added.state.person.id, kept.state.person.id);
    let saves = [
        added,
        kept,
        with_card(changed(&before, |s| s.person.name = "林壹".into()), OTHER_CARD),
        changed(&other_before, |s| s.file.nation = "回族".into()),
    ];
    let counts = serde_json::json!({ "added": 2, "changed": 2 });
    f.store
        .apply_batch(
            f.inst,
            import.id,
            &TakeIn { saves: &saves, counts: &counts, follows: None },
            &f.act("person.import"),
            &|_| (),
        )
        .await
        .unwrap();
    let twice = f
        .store
        .apply_batch(
            f.inst,
            import.id,
            &TakeIn { saves: &saves, counts: &counts, follows: None },
            &f.act("person.import"),
            &|_| (),
        )
        .await;
    assert!(matches!(twice, Err(StoreError::Conflict)), "sent twice, taken in once");
    let (known, cells) = f.store.batch(f.inst, import.id).await.unwrap();
    assert_eq!((known.state, known.counts, cells), (BatchState::Applied, counts, None));
    // Since then one was changed again, and one of those who were added has an account.
    let changed_again = changed(&held(f, f.people[1]).await, |s| s.file.nation = "满族".into());
    f.store.save_persons(f.inst, &[changed_again], None, &f.act("person.save")).await.unwrap();
    let account = NewAccount {
        id: AccountId::fresh(),
        person: Some(stays),
        login: "s005".into(),
        name: "郑五".into(),
        password: String::new(),
    };
    f.store.create_accounts(f.inst, &[account], &f.act("account.create")).await.unwrap();
    let undone = f.store.undo_batch(f.inst, import.id, "撤销导入", &f.act("person.undo")).await.unwrap();
    assert_eq!((undone.restored, undone.removed), (1, 1));
    let mut left: Vec<_> = undone.left.iter().map(|(_, name, why)| format!("{name}{}", why.word())).collect();
    left.sort();
    assert_eq!(left, ["周二导入之后又改过", "郑五已有记录、账号或申请用到"]);
    let now = held(f, f.people[0]).await;
    assert_eq!(now.state, before.state, "as before, the card too");
    assert!(f.store.reveal(f.inst, &[f.people[0], gone], &f.act("person.reveal")).await.unwrap().is_empty());
    assert!(matches!(f.store.person(f.inst, gone).await, Err(StoreError::NotFound)));
    let history = f.store.person_history(f.inst, gone).await.unwrap();
    assert_eq!((history[0].state.is_none(), history[0].note.as_str()), (true, "撤销导入"));
    let twice = f.store.undo_batch(f.inst, import.id, "撤销导入", &f.act("person.undo")).await;
    assert!(matches!(twice, Err(StoreError::Conflict)));
});

/// Owed about somebody, from 第一支部.
fn about(f: &Fixture, of: model::ObligationId, person: PersonId) -> model::Duty {
    model::Duty { person: Some(person), ..crate::plans::duty(f, of, 2, 12) }
}

async fn duties_of(f: &Fixture, person: PersonId) -> Vec<model::DutyId> {
    let filter = store::DutyFilter { people: Some([person].into()), ..store::DutyFilter::default() };
    let found = f.store.duties(f.inst, &Scope::All, &filter, 99).await.unwrap();
    found.into_iter().map(|d| d.id).collect()
}

story!(duties_follow_people_in_the_same_write, |f| {
    let (plan, asked, duties) = crate::plans::published(f).await;
    let as_of = f.store.change_number(f.inst).await.unwrap();
    let save = newcomer(f, "郑四", "S004");
    let id = save.state.person.id;
    let made = about(f, asked.id, id);
    let ends = duties.iter().find(|d| d.person.is_some()).unwrap();
    let follows = store::Following {
        drop: vec![ends.id],
        duties: vec![(model::DutySource::Plan(plan), made.clone())],
        carry: vec![],
        day: day("2026-04-20"),
        as_of: as_of - 1,
    };
    let saves = [save];
    let refused = f.store.save_persons(f.inst, &saves, Some(&follows), &f.act("person.save")).await;
    assert!(matches!(refused, Err(StoreError::Constraint(n)) if n == "facts_changed"));
    assert!(f.store.person(f.inst, id).await.is_err(), "all or none");
    let follows = store::Following { as_of, ..follows };
    f.store.save_persons(f.inst, &saves, Some(&follows), &f.act("person.save")).await.unwrap();
    assert_eq!(duties_of(f, id).await, [made.id]);
    let facts = f.store.facts_changed_since(f.inst, None, as_of).await.unwrap().facts;
    assert_eq!(facts.len(), 2, "the years in memory are told");
    assert_eq!(facts.iter().find(|x| x.duty == ends.id).unwrap().dropped, Some(day("2026-04-20")));
    // Nothing to follow, and nothing written meanwhile.
    let as_of = as_of + 1;
    let nothing = store::Following { drop: vec![], duties: vec![], as_of, ..follows };
    let again = changed(&held(f, id).await, |s| s.file.nation = "汉族".into());
    f.store.save_persons(f.inst, &[again], Some(&nothing), &f.act("person.save")).await.unwrap();
    assert_eq!(f.store.change_number(f.inst).await.unwrap(), as_of);
    assert_eq!(f.store.verify_kept(f.inst).await.unwrap(), []);
});

story!(undoing_an_import_takes_its_duties_back, |f| {
    let (plan, asked, duties) = crate::plans::published(f).await;
    let ends = duties.iter().find(|d| d.person == Some(f.people[0])).unwrap();
    let before = held(f, f.people[0]).await;
    let import = batch(f);
    f.store.keep_batch(f.inst, &import, "[]").await.unwrap();
    let saves = [newcomer(f, "郑四", "S004"), changed(&before, |s| s.memberships.clear())];
    let id = saves[0].state.person.id;
    let follows = store::Following {
        drop: vec![ends.id],
        duties: vec![(model::DutySource::Plan(plan), about(f, asked.id, id))],
        carry: vec![],
        day: day("2026-04-20"),
        as_of: f.store.change_number(f.inst).await.unwrap(),
    };
    let (counts, act) = (serde_json::json!({}), f.act("person.import"));
    let import_in = TakeIn { saves: &saves, counts: &counts, follows: Some(&follows) };
    f.store.apply_batch(f.inst, import.id, &import_in, &act, &|_| ()).await.unwrap();
    assert!(!duties_of(f, f.people[0]).await.contains(&ends.id));
    let undone = f.store.undo_batch(f.inst, import.id, "撤销导入", &f.act("person.undo")).await.unwrap();
    assert_eq!((undone.restored, undone.removed, undone.left.len()), (1, 1, 0));
    assert_eq!(duties_of(f, id).await, []);
    assert!(duties_of(f, f.people[0]).await.contains(&ends.id));
    assert_eq!(held(f, f.people[0]).await.state, before.state);
    assert!(held(f, id).await.state.memberships.is_empty(), "a name in the books, in no unit");
    assert_eq!(f.store.verify_kept(f.inst).await.unwrap(), []);
});

story!(an_import_that_cannot_be_taken_in_changes_nothing, |f| {
    let import = batch(f);
    f.store.keep_batch(f.inst, &import, "[]").await.unwrap();
    let saves = [newcomer(f, "郑四", "S004"), newcomer(f, "郑五", "0042")];
    let refused = f
        .store
        .apply_batch(
            f.inst,
            import.id,
            &TakeIn { saves: &saves, counts: &serde_json::json!({}), follows: None },
            &f.act("person.import"),
            &|_| (),
        )
        .await;
    assert!(matches!(refused, Err(StoreError::Constraint(n)) if n == "person_number_taken"));
    assert_eq!(f.store.batch(f.inst, import.id).await.unwrap().0.state, BatchState::Draft);
    assert_eq!(f.store.people(f.inst).await.unwrap().people.len(), 3);
    f.store.drop_batch(f.inst, Some(import.id), at("2026-01-01T00:00:00Z")).await.unwrap();
    let (dropped, cells) = f.store.batch(f.inst, import.id).await.unwrap();
    assert_eq!((dropped.state, cells), (BatchState::Dropped, None));
});

fn correction(f: &Fixture, person: PersonId, words: &str) -> Request {
    Request {
        id: RequestId::fresh(),
        wish: Wish::Correction { person },
        reason: words.into(),
        asked_by: f.clerk,
        asked_at: at("2026-04-20T06:00:00Z"),
        decision: None,
    }
}

story!(a_correction_waits_until_it_is_decided_once_by_somebody_else, |f| {
    let asked = correction(f, f.people[0], "入党日期应为 2009-07-01");
    f.store.ask(f.inst, &asked, &f.act("correction.ask")).await.unwrap();
    assert_eq!(f.store.corrections(f.inst, None).await.unwrap(), std::slice::from_ref(&asked));
    let office = account(f, "office", 1).await;
    let decide = async |by: AccountId, outcome| {
        let mut act = f.act("correction.decide");
        act.account = Some(by);
        let decision =
            Decision {
                outcome, by: Some(by), on: day("2026-04-21"), at: act.at, remark: "档案如此".into()
            };
        f.store.decide(f.inst, asked.id, (&[RequestKind::Correction], None), &decision, &act).await
    };
    let own = decide(f.clerk, Outcome::Approved).await;
    assert!(matches!(own, Err(StoreError::Constraint(n)) if n == "own_request"));
    decide(office, Outcome::Refused).await.unwrap();
    assert!(matches!(decide(office, Outcome::Approved).await, Err(StoreError::Conflict)));
    assert!(f.store.corrections(f.inst, None).await.unwrap().is_empty());
    let of_person = f.store.corrections(f.inst, Some(f.people[0])).await.unwrap();
    let decision = of_person[0].decision.as_ref().unwrap();
    assert_eq!((decision.outcome, decision.remark.as_str()), (Outcome::Refused, "档案如此"));
    assert_eq!(of_person[0].reason, asked.reason);
});

story!(accounts_are_asked_for_once_opened_and_given_their_role, |f| {
    let wanted = [(f.people[1], Role::Secretary, f.units[2])];
    let act = f.act("account.ask");
    assert_eq!(f.store.ask_accounts(f.inst, &wanted, &act).await.unwrap(), 1);
    assert_eq!(f.store.ask_accounts(f.inst, &wanted, &act).await.unwrap(), 0, "not asked twice");
    let waiting = f.store.account_requests(f.inst).await.unwrap();
    assert_eq!((waiting[0].name.as_str(), waiting[0].account), ("周二", None));
    let account = AccountId::fresh();
    let new = NewAccount {
        id: account,
        person: Some(f.people[1]),
        login: "zhou".into(),
        name: "周二".into(),
        password: String::new(),
    };
    f.store.create_accounts(f.inst, &[new], &act).await.unwrap();
    let waiting = f.store.account_requests(f.inst).await.unwrap();
    assert_eq!(waiting[0].account, Some(account));
    let give = [(waiting[0].id, GrantId::fresh(), account, Role::Secretary, f.units[2])];
    let (today, own) = (day("2026-04-21"), act.clone());
    let refused = f.store.grant_requested(f.inst, &give, today, &own).await;
    assert!(matches!(refused, Err(StoreError::Constraint(n)) if n == "own_request"), "not who asked");
    let mut act = act;
    act.account = Some(account);
    f.store.grant_requested(f.inst, &give, today, &act).await.unwrap();
    assert_eq!(f.store.grants_of(f.inst, account).await.unwrap()[0].role, Role::Secretary);
    assert!(f.store.account_requests(f.inst).await.unwrap().is_empty());
    assert!(matches!(f.store.grant_requested(f.inst, &give, today, &act).await, Err(StoreError::Conflict)));
    f.store.ask_accounts(f.inst, &[(f.people[0], Role::Member, f.units[2])], &act).await.unwrap();
    let waiting = f.store.account_requests(f.inst).await.unwrap();
    f.store.withdraw_account_request(f.inst, waiting[0].id, today, &act).await.unwrap();
    assert!(f.store.account_requests(f.inst).await.unwrap().is_empty());
});
