//! A published plan with a handful of duties, for tests of what is done in the year.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, date};
use model::{
    Bearers, Cadence, Duty, DutyId, DutySource, MeasureKind, Obligation, ObligationId, Origin, Per, PersonId,
    Plan, PlanId, Review, SourceText, Span, UnitId, UnitKind,
};
use store::{Act, Opening, PlanSave, Publication};

use crate::harness::TestApp;

/// What was published.
pub(crate) struct Published {
    pub(crate) plan: PlanId,
    /// Obligations by key.
    pub(crate) obligations: BTreeMap<&'static str, ObligationId>,
    /// Duties by name.
    pub(crate) duties: BTreeMap<&'static str, DutyId>,
}

/// The text of the plan.
const TEXT: &str = "一、组织建设\n1.过好组织生活。每月开展一次主题党日。每季度召开一次支部党员大会。牵头部门：宣传部；责任部门：各支部\n";

fn obligation(plan: PlanId, key: &str, title: &str, cadence: Cadence, ledger: &str) -> Obligation {
    Obligation {
        id: ObligationId::fresh(),
        source: DutySource::Plan(plan),
        year: 2022,
        key: key.to_owned(),
        item: Some(0),
        title: title.to_owned(),
        kind: MeasureKind::Counted,
        origin: Origin::Clause { text: format!("{title}，{}。", cadence.words()), span: Span::new(0, 6) },
        bearers: Bearers::default(),
        lead: Vec::new(),
        cadence,
        ledger: Some(ledger.to_owned()),
        condition: model::Conditions::default(),
        assessed: true,
    }
}

fn duty(
    of: &Obligation,
    unit: UnitId,
    person: Option<PersonId>,
    title: &str,
    starts: Date,
    due: Date,
) -> Duty {
    Duty {
        id: DutyId::fresh(),
        obligation: of.id,
        unit,
        person,
        title: title.to_owned(),
        starts,
        planned: due,
        due,
        seq: 1,
        need: if matches!(of.cadence, Cadence::Hours { .. }) { 32 * 60 } else { 1 },
        rules: "v1".to_owned(),
        year: 2022,
    }
}

impl TestApp {
    /// Publishes a plan of 2022: 主题党日 of March and April and 支部党员大会 of the first and second quarter for 教工第一党支部,
    /// 主题党日 of April for 学生第一党支部, and 方以宁's study hours.
    pub(crate) async fn publish(&self) -> Published {
        let plan_id = PlanId::fresh();
        let source = SourceText::from_plain("要点.txt", TEXT);
        let plan = Plan {
            title: Some("2022年党建工作要点".to_owned()),
            title_span: None,
            year: Some(2022),
            sections: vec![model::Section {
                number: "一、".to_owned(),
                title: "组织建设".to_owned(),
                span: Span::new(0, 18),
                owners: Vec::new(),
            }],
            items: vec![model::Item {
                number: "1".to_owned(),
                section: Some(0),
                title: "过好组织生活".to_owned(),
                span: Span::new(19, TEXT.len()),
                title_span: Span::new(19, 40),
                owners: Vec::new(),
                sentences: Vec::new(),
                cadences: Vec::new(),
                deadlines: Vec::new(),
                citations: Vec::new(),
                vague: Vec::new(),
            }],
            ..Plan::default()
        };
        let review = Review { plan, proposals: Vec::new(), seen: BTreeSet::new() };
        let act = || Act::new(None, "", self.app.clock.now(), "plan.publish");
        let save = PlanSave {
            title: "2022年党建工作要点".to_owned(),
            year: 2022,
            issuer: None,
            file: None,
            source: Some(source),
            review: serde_json::to_string(&review).expect("a review is JSON"),
        };
        let store = &self.app.store;
        let saved = store.create_plan(self.institution, plan_id, &save, &act()).await.expect("a plan");
        let revision = saved.into_inner().revision;
        let monthly = Cadence::AtLeast { times: 1, per: Per::Month };
        let mut theme = obligation(plan_id, "1.1", "主题党日", monthly, "theme-day");
        theme.lead = vec![self.units["宣传部"]];
        let branches = Bearers { kinds: BTreeSet::from([UnitKind::Branch]), ..Bearers::default() };
        theme.bearers = branches.clone();
        let quarterly = Cadence::AtLeast { times: 1, per: Per::Quarter };
        let mut assembly = obligation(plan_id, "1.2", "支部党员大会", quarterly, "branch-assembly");
        assembly.bearers = branches.clone();
        let term = Cadence::own_term(6);
        let mut election = obligation(plan_id, "1.4", "按期换届", term, "branch-file");
        election.bearers = branches;
        election.condition = model::Conditions::saying([("file_change", "elected")]);
        let hours = obligation(
            plan_id,
            "1.3",
            "党员集中学习",
            Cadence::Hours { hours: 32, per: Per::Year },
            "training",
        );
        let teachers = self.units["教工第一党支部"];
        let students = self.units["学生第一党支部"];
        let member = Some(self.member);
        let rows = [
            ("march", duty(&theme, teachers, None, "主题党日（3月）", date(2022, 3, 1), date(2022, 3, 31))),
            ("april", duty(&theme, teachers, None, "主题党日（4月）", date(2022, 4, 1), date(2022, 4, 28))),
            (
                "q1",
                duty(
                    &assembly,
                    teachers,
                    None,
                    "支部党员大会（一季度）",
                    date(2022, 1, 1),
                    date(2022, 3, 31),
                ),
            ),
            (
                "q2",
                duty(
                    &assembly,
                    teachers,
                    None,
                    "支部党员大会（二季度）",
                    date(2022, 4, 1),
                    date(2022, 6, 30),
                ),
            ),
            (
                "students",
                duty(&theme, students, None, "主题党日（4月）", date(2022, 4, 1), date(2022, 4, 28)),
            ),
            (
                "hours",
                duty(&hours, teachers, member, "党员集中学习（全年）", date(2022, 1, 1), date(2022, 12, 31)),
            ),
        ];
        let publication = Publication {
            made: date(2022, 1, 10),
            opening: Opening {
                obligations: vec![theme.clone(), assembly.clone(), hours.clone(), election],
                duties: rows.iter().map(|(_, d)| d.clone()).collect(),
                ..Opening::default()
            },
            ..Publication::default()
        };
        store.publish(self.institution, plan_id, revision, &publication, &act()).await.expect("published");
        Published {
            plan: plan_id,
            obligations: [("theme", theme.id), ("assembly", assembly.id), ("hours", hours.id)].into(),
            duties: rows.into_iter().map(|(name, d)| (name, d.id)).collect(),
        }
    }
}
