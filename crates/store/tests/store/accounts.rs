//! Organisation, accounts, grants, sessions, settings, the audit chain.

use jiff::SignedDuration;
use model::{AccountId, GrantId, Role, UnitId, UnitKind};
use store::{
    AuditFilter, Draft, LockRule, NewAccount, Saved, Scope, Session, SetupLink, Store, StoreError, sha256,
};

use crate::fixture::{at, day, raw, start, story, unit};

fn refused<T>(result: Result<T, StoreError>) -> String {
    match result {
        Err(StoreError::Constraint(name)) => name,
        Err(other) => format!("another error: {other}"),
        Ok(_) => "nothing".to_owned(),
    }
}

story!(organisation_comes_back_as_saved_in_tree_order, |f| {
    let org = f.store.organisation(f.inst).await.unwrap();
    assert_eq!(org.name, "春晖职业技术学院");
    assert_eq!(org.units.iter().map(|u| u.id).collect::<Vec<_>>(), f.units);
    assert_eq!(org.units[2], unit(f.units[2], Some(f.units[1]), UnitKind::Branch, "第一党支部", 1));

    let mut changed = org.units[2].clone();
    changed.name = "机关第一党支部".to_owned();
    changed.dissolved = Some(day("2026-09-01"));
    let saved =
        f.store.save_units(f.inst, &[changed.clone(), org.units[3].clone()], &f.act("unit.save")).await;
    assert_eq!(saved.unwrap(), 1, "the unit that is as it was is left alone");
    let history = f.store.unit_history(f.inst, f.units[2]).await.unwrap();
    assert_eq!(history.iter().map(|h| h.0).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(history[0].1, changed);
    assert_eq!(history[0].3, Some(f.clerk));

    let mut circle = org.units[1].clone();
    circle.parent = Some(f.units[2]);
    assert_eq!(refused(f.store.save_units(f.inst, &[circle], &f.act("unit.save")).await), "unit_circle");
    let orphan = unit(UnitId::fresh(), Some(UnitId::fresh()), UnitKind::Branch, "孤支部", 1);
    assert_eq!(refused(f.store.save_units(f.inst, &[orphan], &f.act("unit.save")).await), "foreign_key");
});

story!(members_are_those_of_the_day_and_of_the_scope, |f| {
    let first = Scope::Units([f.units[2]].into());
    let found = f.store.members_on(f.inst, &first, day("2026-04-20")).await.unwrap();
    assert_eq!(found.iter().map(|m| m.person.id).collect::<Vec<_>>(), f.people[..2]);
    assert!(f.store.members_on(f.inst, &first, day("2019-12-31")).await.unwrap().is_empty());
    assert_eq!(f.store.members_on(f.inst, &Scope::All, day("2026-04-20")).await.unwrap().len(), 3);
    assert!(f.store.members_on(f.inst, &Scope::Nothing, day("2026-04-20")).await.unwrap().is_empty());
    let own = Scope::Own { person: f.people[2], units: [].into() };
    assert_eq!(f.store.members_on(f.inst, &own, day("2026-04-20")).await.unwrap().len(), 1);

    let everyone = f.store.people(f.inst).await.unwrap();
    let mut moved = everyone.memberships[0].clone();
    moved.until = Some(day("2026-03-01"));
    let change = store::People { memberships: vec![moved], ..store::People::default() };
    f.store.save_people(f.inst, &change, &f.act("people.save")).await.unwrap();
    assert_eq!(f.store.members_on(f.inst, &first, day("2026-03-01")).await.unwrap().len(), 1);
    assert_eq!(f.store.members_on(f.inst, &first, day("2026-02-28")).await.unwrap().len(), 2);
    let posts = f.store.posts_on(f.inst, &first, day("2026-04-20")).await.unwrap();
    assert_eq!(posts[0].title, "书记");
});

story!(a_login_is_unique_on_the_server, |f| {
    let found = f.store.account_by_login("  CLERK ").await.unwrap().unwrap();
    assert_eq!((found.id, found.institution, found.person), (f.clerk, f.inst, Some(f.people[0])));
    assert_eq!(found.password_at, Some(start()));

    let other = model::InstitutionId::fresh();
    f.store.create_institution(other, "另一所学校", &f.act("institution.create")).await.unwrap();
    let same = NewAccount {
        id: AccountId::fresh(),
        person: None,
        login: "clerk".to_owned(),
        name: "同名".to_owned(),
        password: String::new(),
    };
    assert_eq!(
        refused(f.store.create_accounts(other, &[same], &f.act("account.create")).await),
        "login_pkey"
    );
    assert!(f.store.accounts(other).await.unwrap().is_empty());
    assert!(matches!(f.store.account(other, f.clerk).await, Err(StoreError::NotFound)));
});

story!(grants_are_ended_never_lost_and_administrators_exclude_each_other, |f| {
    let id = GrantId::fresh();
    f.store.grant(f.inst, &[(id, f.clerk, Role::Office, f.units[0])], &f.act("grant.give")).await.unwrap();
    let admin = [(GrantId::fresh(), f.clerk, Role::AuditAdmin, f.units[0])];
    assert_eq!(refused(f.store.grant(f.inst, &admin, &f.act("grant.give")).await), "roles_exclude");
    f.store.end_grant(f.inst, id, &f.act("grant.end")).await.unwrap();
    assert!(matches!(f.store.end_grant(f.inst, id, &f.act("grant.end")).await, Err(StoreError::NotFound)));
    f.store.grant(f.inst, &admin, &f.act("grant.give")).await.unwrap();
    let held = f.store.grants_of(f.inst, f.clerk).await.unwrap();
    assert_eq!(held.iter().map(|g| g.role).collect::<Vec<_>>(), [Role::AuditAdmin]);
    let all = f.store.grants(f.inst).await.unwrap();
    assert_eq!(all.iter().filter(|g| g.ended.is_some()).count(), 1);
    assert_eq!(all[0].ended, Some((f.act("").at, Some(f.clerk))));
});

fn session_of(f: &crate::fixture::Fixture, token: &[u8], until: &str) -> Session {
    Session {
        token_hash: sha256(token),
        institution: f.inst,
        account: f.clerk,
        created_at: start(),
        seen_at: start(),
        expires_at: at(until),
        address: "10.0.0.7".to_owned(),
        agent: "browser".to_owned(),
    }
}

story!(sessions_end_by_time_by_sign_out_and_by_a_new_password, |f| {
    let now = at("2026-01-05T02:00:00Z");
    for token in [b"one", b"two"] {
        let session = session_of(f, token, "2026-01-05T09:00:00Z");
        f.store.begin_session(&session, &f.act("session.begin")).await.unwrap();
        assert_eq!(f.store.session(&sha256(token), now).await.unwrap(), Some(session));
    }
    assert_eq!(f.store.session(&sha256(b"one"), at("2026-01-05T09:00:00Z")).await.unwrap(), None);
    f.store.touch_session(&sha256(b"one"), now, at("2026-01-05T10:00:00Z")).await.unwrap();
    assert!(f.store.session(&sha256(b"one"), at("2026-01-05T09:30:00Z")).await.unwrap().is_some());

    f.store
        .set_password(f.inst, f.clerk, "$argon2id$two", Some(&sha256(b"two")), &f.act("password"))
        .await
        .unwrap();
    let left = f.store.sessions_of(f.inst, f.clerk, now).await.unwrap();
    assert_eq!(left.iter().map(|s| s.token_hash).collect::<Vec<_>>(), [sha256(b"two")]);
    f.store.end_session(f.inst, &sha256(b"two"), &f.act("session.end")).await.unwrap();
    assert_eq!(f.store.session(&sha256(b"two"), now).await.unwrap(), None);

    f.store
        .begin_session(&session_of(f, b"three", "2026-01-05T09:00:00Z"), &f.act("session.begin"))
        .await
        .unwrap();
    f.store.disable_account(f.inst, f.clerk, true, &f.act("account.disable")).await.unwrap();
    assert_eq!(f.store.session(&sha256(b"three"), now).await.unwrap(), None);
    assert!(f.store.account(f.inst, f.clerk).await.unwrap().disabled_at.is_some());
});

story!(a_setup_link_works_once_and_not_after_its_time, |f| {
    let link = |token: &[u8], institution| SetupLink {
        token_hash: sha256(token),
        institution,
        account: None,
        purpose: "first-start".to_owned(),
        created_at: start(),
        expires_at: at("2026-01-06T00:00:00Z"),
        used_at: None,
    };
    f.store.create_setup_link(&link(b"a", None)).await.unwrap();
    f.store.create_setup_link(&link(b"b", Some(f.inst))).await.unwrap();
    let now = at("2026-01-05T03:00:00Z");
    assert!(f.store.use_setup_link(&sha256(b"a"), now).await.unwrap());
    assert!(!f.store.use_setup_link(&sha256(b"a"), now).await.unwrap());
    assert_eq!(f.store.setup_link(&sha256(b"a")).await.unwrap().unwrap().used_at, Some(now));
    assert!(!f.store.use_setup_link(&sha256(b"b"), at("2026-01-06T00:00:00Z")).await.unwrap());
    assert_eq!(f.store.sweep_sessions(at("2026-01-08T00:00:00Z")).await.unwrap(), 2);
    assert_eq!(f.store.setup_link(&sha256(b"b")).await.unwrap(), None);
});

story!(failed_sign_ins_lock_out_and_are_forgotten, |f| {
    let rule =
        LockRule { after: 3, within: SignedDuration::from_mins(15), lasts: SignedDuration::from_mins(10) };
    let minute = |m: i64| start() + SignedDuration::from_mins(m);
    for m in 0..2 {
        assert_eq!(f.store.attempt_failed("login:clerk", minute(m), rule).await.unwrap().locked_until, None);
    }
    let third = f.store.attempt_failed("login:clerk", minute(2), rule).await.unwrap();
    assert_eq!((third.failures, third.locked_until), (3, Some(minute(12))));
    assert_eq!(f.store.attempts("login:clerk").await.unwrap(), Some(third));
    assert_eq!(f.store.attempt_failed("login:clerk", minute(30), rule).await.unwrap().failures, 1);
    f.store.clear_attempts("login:clerk").await.unwrap();
    assert_eq!(f.store.attempts("login:clerk").await.unwrap(), None);
    // The clock stood eight years ahead for a while.
    let ahead = minute(8 * 365 * 24 * 60);
    for _ in 0..3 {
        f.store.attempt_failed("login:clerk", ahead, rule).await.unwrap();
    }
    let made = f.store.attempts("login:clerk").await.unwrap().unwrap();
    assert!(made.locked(ahead, rule.lasts).is_some() && made.locked(minute(0), rule.lasts).is_none());
    let anew = f.store.attempt_failed("login:clerk", minute(0), rule).await.unwrap();
    assert_eq!((anew.failures, anew.locked_until), (1, None));
    f.store.clear_attempts("login:clerk").await.unwrap();
    let strict = LockRule { after: 1, ..rule };
    assert!(f.store.attempt_failed("address:::1", start(), strict).await.unwrap().locked_until.is_some());
});

story!(settings_keep_their_history_and_tell_the_second_writer, |f| {
    let save = async |based_on, value: &str| {
        f.store
            .save_setting(f.inst, "exempt-months", based_on, value.to_owned(), &f.act("setting"))
            .await
            .unwrap()
    };
    assert!(matches!(save(0, "1,2,8").await, Saved::Done(s) if s.revision == 1));
    assert!(matches!(save(1, "2,8").await, Saved::Done(s) if s.revision == 2));
    assert!(matches!(save(1, "2,8").await, Saved::Already(s) if s.revision == 2));
    assert!(matches!(save(1, "8").await, Saved::Stale(s) if s.value == "2,8"));
    let history = f.store.setting_history::<String>(f.inst, "exempt-months").await.unwrap();
    assert_eq!(history.iter().map(|s| s.value.as_str()).collect::<Vec<_>>(), ["2,8", "1,2,8"]);
    assert_eq!(f.store.setting::<String>(f.inst, "none").await.unwrap(), None);
});

story!(running_numbers_have_no_gaps_even_when_asked_for_at_once, |f| {
    let act = f.act("number");
    let ask = || f.store.next_number(f.inst, "督办单", 2026, &act);
    let (a, b, c, d) = tokio::join!(ask(), ask(), ask(), ask());
    let mut numbers = [a, b, c, d].map(Result::unwrap);
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2, 3, 4]);
    assert_eq!(f.store.next_number(f.inst, "督办单", 2027, &act).await.unwrap(), 1);
});

story!(drafts_belong_to_their_account, |f| {
    let draft =
        Draft { key: "entry/1".to_owned(), body: serde_json::json!({"title": "主题党日"}), at: start() };
    f.store.keep_draft(f.inst, f.clerk, &draft).await.unwrap();
    let later = Draft { body: serde_json::json!({"title": "主题党日（四月）"}), ..draft };
    f.store.keep_draft(f.inst, f.clerk, &later).await.unwrap();
    assert_eq!(f.store.drafts(f.inst, f.clerk).await.unwrap(), std::slice::from_ref(&later));
    assert_eq!(f.store.draft(f.inst, AccountId::fresh(), "entry/1").await.unwrap(), None);
    f.store.drop_draft(f.inst, f.clerk, "entry/1").await.unwrap();
    assert_eq!(f.store.draft(f.inst, f.clerk, "entry/1").await.unwrap(), None);
});

story!(every_write_leaves_a_line_and_the_log_can_be_searched, |f| {
    for n in 0..5 {
        f.store
            .record(f.inst, &f.act("export.matrix").on(n).with(serde_json::json!({"名称": "一季度"})))
            .await
            .unwrap();
    }
    let all = f.store.audit(f.inst, &AuditFilter::default(), 100).await.unwrap();
    assert_eq!(all.len(), 9, "four lines of the fixture, five of this test");
    assert!(all.windows(2).all(|w| w[0].seq == w[1].seq + 1));
    let find = async |filter: AuditFilter| f.store.audit(f.inst, &filter, 3).await.unwrap();
    let page = find(AuditFilter { action: Some("export.".to_owned()), ..AuditFilter::default() }).await;
    assert_eq!(page.iter().map(|l| l.subject.as_str()).collect::<Vec<_>>(), ["4", "3", "2"]);
    let before = page.last().map(|l| l.seq);
    let rest =
        find(AuditFilter { action: Some("export.".to_owned()), before, ..AuditFilter::default() }).await;
    assert_eq!(rest.len(), 2);
    assert_eq!(find(AuditFilter { words: Some("一季".to_owned()), ..AuditFilter::default() }).await.len(), 3);
    assert_eq!(find(AuditFilter { words: Some("%".to_owned()), ..AuditFilter::default() }).await.len(), 0);
    assert_eq!(
        find(AuditFilter { account: Some(AccountId::fresh()), ..AuditFilter::default() }).await.len(),
        0
    );
    assert_eq!(f.store.verify_audit(f.inst).await.unwrap(), Ok(9));
});

async fn fault(store: &Store, inst: model::InstitutionId) -> i64 {
    store.verify_audit(inst).await.unwrap().expect_err("the chain is broken").seq
}

story!(a_changed_line_is_named, |f| {
    raw(&f.target, "update audit set subject = 'somebody else' where seq = 3").await.unwrap();
    assert_eq!(fault(&f.store, f.inst).await, 3);
});

story!(a_line_taken_out_is_named, |f| {
    raw(&f.target, "delete from audit where seq = 2").await.unwrap();
    assert_eq!(fault(&f.store, f.inst).await, 2);
});

story!(a_cut_off_end_is_named, |f| {
    raw(&f.target, "delete from audit where seq = 4").await.unwrap();
    assert_eq!(fault(&f.store, f.inst).await, 4);
});

story!(a_line_with_a_forged_hash_breaks_the_next, |f| {
    raw(
        &f.target,
        "update audit set action = 'x', hash = (select audit_hash from institution) where seq = 2",
    )
    .await
    .unwrap();
    assert_eq!(fault(&f.store, f.inst).await, 2);
});

story!(a_refused_write_leaves_no_line, |f| {
    let before = f.store.verify_audit(f.inst).await.unwrap();
    let admin = [(GrantId::fresh(), AccountId::fresh(), Role::Office, f.units[0])];
    assert_eq!(refused(f.store.grant(f.inst, &admin, &f.act("grant.give")).await), "foreign_key");
    assert_eq!(f.store.verify_audit(f.inst).await.unwrap(), before);
    let nobody = model::InstitutionId::fresh();
    assert!(matches!(f.store.record(nobody, &f.act("x")).await, Err(StoreError::NotFound)));
});
