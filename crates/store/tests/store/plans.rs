//! Plans, publishing, duties, waivers and extensions, the facts that standing rests on.

use model::{
    AccountId, AlsoAsked, Bearers, Cadence, Decision, Duty, DutyId, DutySource, MeasureKind, Obligation,
    ObligationId, Origin, Outcome, Per, PlanId, Request, RequestId, RequestKind, RoutineId, SourceText, Span,
    Wish,
};
use store::{DutyFilter, File, Opening, PlanSave, Publication, Saved, Scope, StoreError, sha256};

use crate::fixture::{Fixture, at, day, story};
use crate::recording::account;

pub(crate) fn save(review: &str) -> PlanSave {
    PlanSave {
        title: "2026年党建工作要点".to_owned(),
        year: 2026,
        issuer: None,
        file: Some(File { name: "要点.txt".to_owned(), bytes: "一、政治建设".into() }),
        source: Some(SourceText::from_plain("要点.txt", "一、政治建设\n1.每月开展主题党日。")),
        review: review.to_owned(),
    }
}

pub(crate) fn obligation(plan: PlanId, key: &str) -> Obligation {
    Obligation {
        id: ObligationId::fresh(),
        source: DutySource::Plan(plan),
        year: 2026,
        key: key.to_owned(),
        item: Some(0),
        title: "主题党日".to_owned(),
        kind: MeasureKind::Counted,
        origin: Origin::Clause { text: "每月开展主题党日".to_owned(), span: Span::new(19, 43) },
        bearers: Bearers::default(),
        lead: vec![],
        cadence: Cadence::AtLeast { times: 1, per: Per::Month },
        ledger: Some("theme-day".to_owned()),
        condition: model::Conditions::saying([("form", "theme")]),
        assessed: true,
    }
}

pub(crate) fn duty(f: &Fixture, of: ObligationId, unit: usize, month: i8) -> Duty {
    let first = jiff::civil::date(2026, month, 1);
    Duty {
        id: DutyId::fresh(),
        obligation: of,
        unit: f.units[unit],
        person: (month == 12).then_some(f.people[0]),
        title: format!("主题党日（{month}月）"),
        starts: first,
        planned: first.saturating_add(jiff::Span::new().days(14)),
        due: first.last_of_month(),
        seq: 1,
        need: 1,
        rules: "rules-1".to_owned(),
        year: 2026,
    }
}

/// A published plan with one obligation, and its duties: 第一支部 and 第二支部 from January to December.
pub(crate) async fn published(f: &Fixture) -> (PlanId, Obligation, Vec<Duty>) {
    let plan = PlanId::fresh();
    f.store.create_plan(f.inst, plan, &save("[]"), &f.act("plan.create")).await.unwrap();
    let asked = obligation(plan, "1.1");
    let duties: Vec<Duty> = [2, 3]
        .into_iter()
        .flat_map(|u| (1..=12).map(move |m| (u, m)))
        .map(|(u, m)| duty(f, asked.id, u, m))
        .collect();
    let publication = Publication {
        made: day("2026-01-20"),
        opening: Opening { obligations: vec![asked.clone()], duties: duties.clone(), ..Opening::default() },
        ..Publication::default()
    };
    f.store
        .publish(f.inst, plan, 1, &publication, &f.act("plan.publish"))
        .await
        .unwrap()
        .or_conflict()
        .unwrap();
    (plan, asked, duties)
}

story!(a_plan_comes_back_whole_and_every_save_is_kept, |f| {
    let plan = PlanId::fresh();
    let act = f.act("plan.create");
    let first = f.store.create_plan(f.inst, plan, &save("[1]"), &act).await.unwrap();
    let Saved::Done(first) = first else { panic!("the first save is done") };
    assert_eq!(first.file_hash.as_deref(), Some(&sha256("一、政治建设".as_bytes())[..]));
    assert_eq!(
        f.store.blob(f.inst, &first.file_hash.clone().unwrap()).await.unwrap(),
        "一、政治建设".as_bytes()
    );
    assert_eq!(first.source, save("").source.unwrap());
    assert!(matches!(
        f.store.create_plan(f.inst, plan, &save("[1]"), &act).await.unwrap(),
        Saved::Already(_)
    ));

    let later = PlanSave { file: None, source: None, ..save("[1,2]") };
    let second = f.store.save_plan(f.inst, plan, 1, &later, &act).await.unwrap().or_conflict().unwrap();
    assert_eq!((second.revision, &second.source, &second.file_hash), (2, &first.source, &first.file_hash));
    assert_eq!(second.review_as::<Vec<u32>>().unwrap(), [1, 2]);
    assert_eq!(f.store.plan_revision(f.inst, plan, Some(1)).await.unwrap(), first);
    assert_eq!(f.store.plan_revision(f.inst, plan, None).await.unwrap(), second);
    let history = f.store.plan_history(f.inst, plan).await.unwrap();
    assert_eq!(history.iter().map(|h| h.0).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(f.store.plans(f.inst).await.unwrap()[0].published, None);

    // Words, not bytes: whatever a review says comes back.
    let long = format!("[\"{}\"]", "每月开展1次主题党日😀".repeat(5_000));
    let save = PlanSave { file: None, source: None, ..save(&long) };
    let third = f.store.save_plan(f.inst, plan, 2, &save, &act).await.unwrap().or_conflict().unwrap();
    assert_eq!(third.review, long);
    assert!(matches!(f.store.save_plan(f.inst, plan, 2, &save, &act).await.unwrap(), Saved::Already(_)));
});

story!(of_two_clerks_the_second_is_told_and_gets_the_newest, |f| {
    let plan = PlanId::fresh();
    let act = f.act("plan.save");
    f.store.create_plan(f.inst, plan, &save("[]"), &act).await.unwrap();
    let one = save("[1]");
    let two = save("[2]");
    let (a, b) = tokio::join!(
        f.store.save_plan(f.inst, plan, 1, &one, &act),
        f.store.save_plan(f.inst, plan, 1, &two, &act)
    );
    let (done, stale) = match (a.unwrap(), b.unwrap()) {
        (Saved::Done(d), Saved::Stale(s)) | (Saved::Stale(s), Saved::Done(d)) => (d, s),
        other => panic!("one is done and one is told: {other:?}"),
    };
    assert_eq!(done, stale);
    assert_eq!(f.store.plan_history(f.inst, plan).await.unwrap().len(), 2);
    let nowhere = f.store.save_plan(f.inst, PlanId::fresh(), 3, &one, &act).await;
    assert!(matches!(nowhere, Err(StoreError::NotFound)));
});

story!(publishing_happens_once_and_a_later_version_changes_only_what_it_names, |f| {
    let (plan, asked, duties) = published(f).await;
    let head = f.store.plan(f.inst, plan).await.unwrap();
    assert_eq!(head.published.as_ref().map(|p| (p.revision, p.made)), Some((1, day("2026-01-20"))));
    let again =
        f.store.publish(f.inst, plan, 1, &Publication::default(), &f.act("plan.publish")).await.unwrap();
    assert_eq!(again, Saved::Already(head));
    assert_eq!(f.store.obligations(f.inst, plan).await.unwrap(), [(asked.clone(), None)]);
    assert_eq!(f.store.obligation(f.inst, asked.id).await.unwrap(), asked);

    f.store.save_plan(f.inst, plan, 1, &save("[2]"), &f.act("plan.save")).await.unwrap();
    let stale =
        f.store.publish(f.inst, plan, 9, &Publication::default(), &f.act("plan.publish")).await.unwrap();
    assert!(matches!(stale, Saved::Stale(_)));
    let next = obligation(plan, "1.1");
    let moved = Obligation { key: "2.1".to_owned(), ..asked.clone() };
    let later = Publication {
        made: day("2026-06-10"),
        opening: Opening {
            obligations: vec![next.clone()],
            duties: vec![duty(f, next.id, 2, 7)],
            ..Opening::default()
        },
        end_obligations: vec![asked.id],
        drop_duties: duties[6..12].iter().map(|d| d.id).collect(),
        follow: vec![moved.clone()],
        as_of: None,
    };
    let before = f.store.facts_changed_since(f.inst, Some(2026), 0).await.unwrap();
    // Something was written since it was worked out.
    let early = Publication { as_of: Some(before.change - 1), ..later.clone() };
    let refused = f.store.publish(f.inst, plan, 2, &early, &f.act("plan.publish")).await;
    assert!(matches!(refused, Err(StoreError::Conflict)));
    assert_eq!(f.store.change_number(f.inst).await.unwrap(), before.change);
    let later = Publication { as_of: Some(before.change), ..later };
    f.store.publish(f.inst, plan, 2, &later, &f.act("plan.publish")).await.unwrap().or_conflict().unwrap();
    let asks = f.store.obligations(f.inst, plan).await.unwrap();
    assert_eq!(asks, [(moved, Some(day("2026-06-10"))), (next, None)]);
    let changed = f.store.facts_changed_since(f.inst, Some(2026), before.change).await.unwrap().facts;
    assert_eq!(changed.len(), 7);
    assert_eq!(changed.iter().filter(|c| c.dropped == Some(day("2026-06-10"))).count(), 6);
    let open = f.store.duties(f.inst, &Scope::All, &DutyFilter::default(), 100).await.unwrap();
    assert_eq!(open.len(), 24 - 6 + 1);
    assert_eq!(f.store.publications(f.inst, plan).await.unwrap().len(), 2);
});

story!(a_publication_that_fails_leaves_nothing, |f| {
    let plan = PlanId::fresh();
    f.store.create_plan(f.inst, plan, &save("[]"), &f.act("plan.create")).await.unwrap();
    let asked = obligation(plan, "1.1");
    let mut lost = duty(f, asked.id, 2, 3);
    lost.unit = model::UnitId::fresh();
    let publication = Publication {
        made: day("2026-01-20"),
        opening: Opening {
            obligations: vec![asked.clone()],
            duties: vec![duty(f, asked.id, 2, 2), lost],
            ..Opening::default()
        },
        ..Publication::default()
    };
    let before = f.store.change_number(f.inst).await.unwrap();
    let refused = f.store.publish(f.inst, plan, 1, &publication, &f.act("plan.publish")).await;
    assert!(matches!(refused, Err(StoreError::Constraint(name)) if name == "foreign_key"));
    assert_eq!(f.store.change_number(f.inst).await.unwrap(), before);
    assert!(f.store.obligations(f.inst, plan).await.unwrap().is_empty());
    assert_eq!(f.store.plan(f.inst, plan).await.unwrap().published, None);
});

story!(duties_are_found_by_filter_and_only_in_scope, |f| {
    let (_, asked, duties) = published(f).await;
    assert_eq!(f.store.duty(f.inst, &Scope::All, duties[3].id).await.unwrap(), duties[3]);
    let second = Scope::Units([f.units[3]].into());
    assert!(matches!(f.store.duty(f.inst, &second, duties[3].id).await, Err(StoreError::NotFound)));
    let find =
        async |scope: &Scope, filter: DutyFilter| f.store.duties(f.inst, scope, &filter, 100).await.unwrap();
    let filter = DutyFilter { year: Some(2026), obligation: Some(asked.id), ..DutyFilter::default() };
    assert_eq!(find(&Scope::All, filter.clone()).await.len(), 24);
    assert_eq!(find(&second, filter.clone()).await.len(), 12);
    assert_eq!(find(&Scope::Nothing, filter.clone()).await.len(), 0);
    let own = Scope::Own { person: f.people[0], units: [f.units[3]].into() };
    assert_eq!(
        find(&own, filter).await.len(),
        12 + 1,
        "the branch's, and one of another branch that is the person's"
    );
    let april = DutyFilter {
        units: Some([f.units[2]].into()),
        due_from: Some(day("2026-03-31")),
        due_to: Some(day("2026-04-30")),
        ..DutyFilter::default()
    };
    assert_eq!(find(&Scope::All, april.clone()).await, duties[2..4]);
    let rest = DutyFilter { after: Some((duties[2].due, duties[2].id)), ..april };
    assert_eq!(find(&Scope::All, rest).await, duties[3..4]);
    let begun = DutyFilter { begun_by: Some(day("2026-02-01")), ..DutyFilter::default() };
    assert_eq!(find(&Scope::All, begun).await.len(), 4);
});

story!(what_a_unit_owes_about_a_member_is_not_in_their_scope, |f| {
    let plan = PlanId::fresh();
    f.store.create_plan(f.inst, plan, &save("[]"), &f.act("plan.create")).await.unwrap();
    let own = obligation(plan, "1.1");
    let mut about = obligation(plan, "1.2");
    about.bearers.about = Some(model::About::default());
    // December's are of a person.
    let duties = [duty(f, own.id, 2, 12), duty(f, about.id, 2, 12), duty(f, about.id, 2, 11)];
    let publication = Publication {
        made: day("2026-01-20"),
        opening: Opening { obligations: vec![own, about], duties: duties.to_vec(), ..Opening::default() },
        ..Publication::default()
    };
    f.store.publish(f.inst, plan, 1, &publication, &f.act("plan.publish")).await.unwrap();
    let found = async |scope: &Scope| {
        let found = f.store.duties(f.inst, scope, &DutyFilter::default(), 9).await.unwrap();
        found.into_iter().map(|d| d.id).collect::<std::collections::BTreeSet<_>>()
    };
    let all = duties.iter().map(|d| d.id).collect();
    assert_eq!(found(&Scope::All).await, all);
    assert_eq!(found(&Scope::Units([f.units[2]].into())).await, all, "the branch has to do it");
    let elsewhere = Scope::Own { person: f.people[0], units: [f.units[3]].into() };
    assert_eq!(found(&elsewhere).await, [duties[0].id].into());
    let here = Scope::Own { person: f.people[0], units: [f.units[2]].into() };
    assert_eq!(found(&here).await, [duties[0].id, duties[2].id].into());
    let refused = f.store.duty(f.inst, &here, duties[1].id).await;
    assert!(matches!(refused, Err(StoreError::NotFound)));
});

fn asks(by: AccountId, wish: Wish, reason: &str) -> Request {
    Request {
        id: RequestId::fresh(),
        wish,
        reason: reason.to_owned(),
        asked_by: by,
        asked_at: at("2026-04-20T06:00:00Z"),
        decision: None,
    }
}

fn yes(f: &Fixture, by: AccountId) -> Decision {
    Decision {
        outcome: Outcome::Approved,
        by: Some(by),
        on: day("2026-01-25"),
        at: f.act("").at,
        remark: "同意".to_owned(),
    }
}

const KINDS: [RequestKind; 2] = [RequestKind::Waiver, RequestKind::Extension];

story!(waivers_and_extensions_are_decided_once_and_by_somebody_else, |f| {
    let (_, _, duties) = published(f).await;
    let office = account(f, "office", 1).await;
    let before = f.store.facts_changed_since(f.inst, None, 0).await.unwrap();
    let waiver = asks(f.clerk, Wish::Waiver { duty: duties[0].id }, "寒假");
    let extension = asks(f.clerk, Wish::Extension { duty: duties[1].id, due: day("2026-03-10") }, "校庆");
    for _ in 0..2 {
        f.store.ask(f.inst, &waiver, &f.act("waiver.ask")).await.unwrap();
        f.store.ask(f.inst, &extension, &f.act("extension.ask")).await.unwrap();
    }
    let waits = f.store.exemptions(f.inst, &Scope::All, None, true).await.unwrap();
    let asked: Vec<_> = waits.iter().map(|a| (&a.request, a.duty, a.unit)).collect();
    let mut expected = [(&waiver, duties[0].id, duties[0].unit), (&extension, duties[1].id, duties[1].unit)];
    expected.sort_by_key(|(r, ..)| r.id);
    assert_eq!(asked, expected);
    let elsewhere = Scope::Units([f.units[3]].into());
    assert!(f.store.exemptions(f.inst, &elsewhere, None, false).await.unwrap().is_empty());
    assert!(f.store.facts_changed_since(f.inst, None, before.change).await.unwrap().facts.is_empty());

    let decide = async |by: AccountId, id: RequestId, duty: DutyId, decision: &Decision| {
        let mut act = f.act("exemption.decide");
        act.account = Some(by);
        f.store.decide(f.inst, id, (&KINDS, Some(duty)), decision, &act).await
    };
    let own = |answer| matches!(answer, Err(StoreError::Constraint(n)) if n == "own_request");
    assert!(own(decide(f.clerk, waiver.id, duties[0].id, &yes(f, f.clerk)).await));
    // Nor under another account of theirs.
    let second = account(f, "second", 0).await;
    assert!(own(decide(second, waiver.id, duties[0].id, &yes(f, second)).await));
    // A request of one duty is not decided as one of another.
    let other = decide(office, waiver.id, duties[1].id, &yes(f, office)).await;
    assert!(matches!(other, Err(StoreError::NotFound)));
    decide(office, waiver.id, duties[0].id, &yes(f, office)).await.unwrap();
    decide(office, extension.id, duties[1].id, &yes(f, office)).await.unwrap();
    let no = Decision { outcome: Outcome::Refused, ..yes(f, office) };
    let twice = decide(office, waiver.id, duties[0].id, &no).await;
    assert!(matches!(twice, Err(StoreError::Conflict)));
    let nothing = decide(office, RequestId::fresh(), duties[1].id, &no).await;
    assert!(matches!(nothing, Err(StoreError::NotFound)));

    let decided = f.store.exemptions(f.inst, &Scope::All, Some(duties[1].id), false).await.unwrap();
    assert_eq!(decided[0].request.approved_on(), Some(day("2026-01-25")));
    assert_eq!(decided[0].request.decision, Some(yes(f, office)));
    assert!(f.store.exemptions(f.inst, &Scope::All, None, true).await.unwrap().is_empty());
    let changed = f.store.facts_changed_since(f.inst, None, before.change).await.unwrap().facts;
    let waived = changed.iter().find(|c| c.duty == duties[0].id).unwrap();
    assert_eq!(waived.waived, Some(day("2026-01-25")));
    let moved = changed.iter().find(|c| c.duty == duties[1].id).unwrap();
    assert_eq!(moved.extended, [(day("2026-01-25"), day("2026-03-10"))]);
    assert_eq!(changed.len(), 2);
    let missing = asks(f.clerk, Wish::Waiver { duty: DutyId::fresh() }, "没有这件事");
    let refused = f.store.ask(f.inst, &missing, &f.act("waiver.ask")).await;
    assert!(matches!(refused, Err(StoreError::Constraint(n)) if n == "foreign_key"));
});

story!(requests_are_taken_over_as_they_were_decided, |f| {
    let (_, _, duties) = published(f).await;
    let before = f.store.facts_changed_since(f.inst, None, 0).await.unwrap();
    let decided = Some(yes(f, f.clerk));
    let waiver = asks(f.clerk, Wish::Waiver { duty: duties[0].id }, "寒假");
    let all = [
        Request { decision: decided.clone(), ..waiver },
        asks(f.clerk, Wish::Waiver { duty: duties[2].id }, "寒假"),
        Request {
            decision: decided,
            ..asks(f.clerk, Wish::Extension { duty: duties[1].id, due: day("2026-03-10") }, "校庆")
        },
    ];
    let act = f.act("request.import");
    f.store.import_requests(f.inst, &all, &act).await.unwrap();
    let kept = async |n: usize| {
        f.store.exemptions(f.inst, &Scope::All, Some(duties[n].id), false).await.unwrap().remove(0).request
    };
    assert_eq!(
        (kept(0).await, kept(2).await, kept(1).await),
        (all[0].clone(), all[1].clone(), all[2].clone())
    );
    assert_eq!(f.store.exemptions(f.inst, &Scope::All, None, true).await.unwrap().len(), 1);
    let changed = f.store.facts_changed_since(f.inst, None, before.change).await.unwrap().facts;
    let of = |n: usize| changed.iter().find(|c| c.duty == duties[n].id).unwrap();
    assert_eq!(of(0).waived, Some(day("2026-01-25")));
    assert_eq!(of(1).extended, [(day("2026-01-25"), day("2026-03-10"))]);
    assert_eq!(of(2).waived, None);
    let twice = f.store.import_requests(f.inst, &all, &act).await;
    assert!(matches!(twice, Err(StoreError::Constraint(_))));
});

story!(a_rule_runs_by_itself_and_a_plan_that_adopts_it_asks_the_same_duty, |f| {
    let routine = RoutineId::fresh();
    let by_rule = Obligation {
        source: DutySource::Rule(routine),
        key: "theme-day".to_owned(),
        ..obligation(PlanId::fresh(), "")
    };
    let april = duty(f, by_rule.id, 2, 4);
    let opening = Opening {
        routines: vec![(routine, 2026, "theme-day".to_owned())],
        obligations: vec![by_rule.clone()],
        duties: vec![april.clone()],
        ..Opening::default()
    };
    let made = day("2026-01-01");
    let as_of = f.store.change_number(f.inst).await.unwrap();
    let act = f.act("routine.open");
    let stale = f.store.open_routines(f.inst, &opening, made, as_of + 1, &act).await;
    assert!(matches!(stale, Err(StoreError::Conflict)));
    f.store.open_routines(f.inst, &opening, made, as_of, &act).await.unwrap();
    let running = f.store.routines(f.inst, 2026).await.unwrap();
    assert_eq!(
        running.iter().map(|r| (r.id, r.rule.as_str(), r.made)).collect::<Vec<_>>(),
        [(routine, "theme-day", made)]
    );
    assert_eq!(f.store.years(f.inst).await.unwrap(), [2026]);
    let twice = f.store.open_routines(f.inst, &opening, made, as_of + 1, &act).await;
    assert!(matches!(twice, Err(StoreError::Constraint(_))));

    let plan = PlanId::fresh();
    f.store.create_plan(f.inst, plan, &save("[]"), &f.act("plan.create")).await.unwrap();
    let clause = obligation(plan, "1.1");
    let also = AlsoAsked { duty: april.id, by: clause.id, since: day("2026-03-15"), until: None };
    let publication = Publication {
        made: day("2026-03-15"),
        opening: Opening { obligations: vec![clause.clone()], also: vec![also], ..Opening::default() },
        ..Publication::default()
    };
    let before = f.store.change_number(f.inst).await.unwrap();
    f.store
        .publish(f.inst, plan, 1, &publication, &f.act("plan.publish"))
        .await
        .unwrap()
        .or_conflict()
        .unwrap();
    let asked = f.store.obligations_of_year(f.inst, 2026).await.unwrap();
    let known: Vec<_> = asked.iter().map(|a| (a.obligation.clone(), a.since, a.until)).collect();
    assert!(
        known.contains(&(by_rule.clone(), made, None))
            && known.contains(&(clause.clone(), day("2026-03-15"), None))
    );
    assert!(f.store.obligations_of_year(f.inst, 2027).await.unwrap().is_empty());
    let news = f.store.facts_changed_since(f.inst, Some(2026), before).await.unwrap();
    assert_eq!(news.facts.len(), 1, "the shared duty is news");
    assert_eq!(news.facts[0].also, [(clause.id, day("2026-03-15"), None)]);
    assert_eq!(f.store.also_asked(f.inst, &[april.id]).await.unwrap(), [also]);
    assert_eq!(f.store.duty(f.inst, &Scope::All, april.id).await.unwrap(), april);

    // A later version no longer asks it: the duty stays the rule's.
    f.store.save_plan(f.inst, plan, 1, &save("[2]"), &f.act("plan.save")).await.unwrap();
    let left = AlsoAsked { until: Some(day("2026-04-02")), ..also };
    let later = Publication {
        made: day("2026-04-02"),
        opening: Opening { also: vec![left], ..Opening::default() },
        end_obligations: vec![clause.id],
        ..Publication::default()
    };
    f.store.publish(f.inst, plan, 2, &later, &f.act("plan.publish")).await.unwrap().or_conflict().unwrap();
    assert_eq!(f.store.also_asked(f.inst, &[april.id]).await.unwrap(), [left]);
    assert_eq!(f.store.verify_kept(f.inst).await.unwrap(), []);
});
