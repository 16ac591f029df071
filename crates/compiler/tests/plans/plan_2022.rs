//! The plan of 2022, which stands beside the repository.

use std::collections::BTreeMap;

use super::college::read_with;
use compiler::{OrgFaults, org_from_toml};
use model::{Cadence, MeasureKind, Organisation, Origin, Proposal, ProposalState, Severity, UnitKind};

fn seed() -> Option<String> {
    let path = testkit::shared("seed/plan-2022.txt")?;
    Some(std::fs::read_to_string(path).expect("the plan is UTF-8"))
}

/// A college that has every unit which the plan names, but for those in `without`.
fn college_of_the_plan(without: &[&str]) -> Result<Organisation, OrgFaults> {
    let units = [
        ("学校党委", "committee"),
        ("纪委", "discipline"),
        ("党委办公室", "department"),
        ("党委组织部", "department"),
        ("党委宣传部", "department"),
        ("党委统战部", "department"),
        ("监察审计处", "department"),
        ("教务处", "department"),
        ("人事处", "department"),
        ("保卫处", "department"),
        ("资产管理处", "department"),
        ("就业中心", "department"),
        ("马克思主义学院", "department"),
        ("校团委", "mass_organisation"),
        ("校工会", "mass_organisation"),
        ("信息工程系教工党支部", "branch"),
        ("信息工程系学生党支部", "branch"),
    ];
    let mut text = String::from("name = \"某职业学院\"\n");
    for (name, kind) in units.iter().filter(|(n, _)| !without.contains(n)) {
        text.push_str(&format!("[[unit]]\nname = \"{name}\"\nkind = \"{kind}\"\n"));
    }
    org_from_toml(&text)
}

fn compiled(text: &str) -> super::college::Read {
    read_with(text, &college_of_the_plan(&[]).unwrap(), None)
}

#[test]
fn regulations() {
    let Some(text) = seed() else { return };
    let read = compiled(&text);
    let found = |code: &str| -> Vec<(usize, String, Option<String>)> {
        read.out
            .diagnostics
            .iter()
            .filter(|d| d.code == code)
            .map(|d| (d.item.unwrap() + 1, d.span.of(&read.source.text).to_owned(), d.replacement.clone()))
            .collect()
    };
    assert_eq!(
        found("L009"),
        [
            (
                3,
                "关于新形势下党内政治生活若干准则".to_owned(),
                Some("关于新形势下党内政治生活的若干准则".to_owned())
            ),
            (
                11,
                "中国共产党员教育管理工作条例".to_owned(),
                Some("中国共产党党员教育管理工作条例".to_owned())
            ),
        ]
    );
    assert_eq!(
        found("L010"),
        [(
            14,
            "中国共产党统一战线工作条例（试行）".to_owned(),
            Some("中国共产党统一战线工作条例".to_owned())
        )]
    );
    assert!(found("L015").is_empty());
    assert_eq!(
        found("L016").into_iter().map(|f| (f.0, f.1)).collect::<Vec<_>>(),
        [(10, "中国共产党支部工作条例（试行）".to_owned())]
    );
}

#[test]
fn units_and_vague_words() {
    let Some(text) = seed() else { return };
    let read = compiled(&text);
    assert!(read.said("L001").is_empty());
    assert!(read.said("L002").len() <= 1, "{:?}", read.said("L002"));
    let lacking = read_with(&text, &college_of_the_plan(&["保卫处"]).unwrap(), None);
    assert!(lacking.words("L002").contains(&"保卫处"));
    let vague: Vec<usize> = read
        .out
        .diagnostics
        .iter()
        .filter(|d| d.code == "L004" && d.severity == Severity::Warning)
        .map(|d| (d.item.unwrap() + 1, d))
        .map(|(n, d)| {
            assert_eq!(d.span.of(&read.source.text), "定期");
            assert!(d.help.contains('每'), "a suggestion with a number: {}", d.help);
            n
        })
        .collect();
    assert_eq!(vague, [6, 19], "the same thing is said once in an item");
    assert!(read.said("L007").is_empty() && read.said("L008").is_empty());
}

/// What docs/plan-2022-reading.md says of each sentence, but for the paraphrase, which is a person's.
#[test]
fn the_table_of_the_docs_is_true() {
    let Some(text) = seed() else { return };
    let docs = include_str!("../../../../docs/plan-2022-reading.md");
    let rows = docs.lines().filter(|l| l.starts_with("| ") && l.split('|').nth(1).is_some_and(is_sentence));
    let want: Vec<Vec<&str>> = rows
        .map(|l| {
            let cells: Vec<&str> = l.trim_matches('|').split('|').map(str::trim).collect();
            cells.iter().enumerate().filter(|(n, _)| *n != 1).map(|(_, c)| *c).collect()
        })
        .collect();
    let read = compiled(&text);
    let rulebook = super::college::built_in();
    let (mut item, mut n) = (usize::MAX, 0);
    assert_eq!(want.len(), read.out.measures.len());
    for (m, want) in read.out.measures.iter().zip(want) {
        n = if m.item == item { n + 1 } else { 0 };
        item = m.item;
        let mechanisms: Vec<&str> =
            m.mechanisms.iter().filter_map(|id| rulebook.mechanism(id)).map(|m| m.title.as_str()).collect();
        let mut ledgers: Vec<&str> = Vec::new();
        for p in read.out.proposals.iter().filter(|p| m.keys.contains(&p.key)) {
            let ledger = p.ledger.as_deref().and_then(|id| rulebook.ledger(id));
            let title = ledger.map_or("无", |l| l.title.as_str());
            if !ledgers.contains(&title) {
                ledgers.push(title);
            }
        }
        let got = [
            format!("{}.{n}", read.plan.items[item].number),
            m.kind.word().to_owned(),
            mechanisms.join("、"),
            ledgers.join("、"),
            m.bearers.join("、"),
            m.keys.join(" "),
        ];
        assert_eq!(got.iter().map(String::as_str).collect::<Vec<_>>(), want);
    }
    let counted = sums(&read.out.proposals);
    assert!(docs.lines().any(|l| l == counted), "docs/plan-2022-reading.md does not say: {counted}");
}

/// The line of the docs that says how many demands the plan makes, and of which kinds.
fn sums(proposals: &[Proposal]) -> String {
    let progress = |p: &&Proposal| matches!(p.origin, Origin::Progress { .. });
    let of_items: Vec<&Proposal> = proposals.iter().filter(|p| p.item.is_some() && !progress(p)).collect();
    let mut kinds: BTreeMap<MeasureKind, usize> = BTreeMap::new();
    for p in &of_items {
        *kinds.entry(p.kind).or_default() += 1;
    }
    let kinds: Vec<String> = kinds.iter().map(|(kind, n)| format!("{}{n}", kind.word())).collect();
    let notes = proposals.iter().filter(progress).count();
    let timed = proposals.iter().filter(|p| p.cadence != Cadence::Standing && !progress(p)).count();
    format!(
        "产生要求{}条：条目中的{}条（{}），可以打开的牵头部门进展情况{notes}条，要点没有写到而照样有效的常规要求{}条；\
         其中有频次或时限、会产生应办事项的{timed}条，其余只在做了以后记录。",
        proposals.len(),
        of_items.len(),
        kinds.join("、"),
        proposals.len() - of_items.len() - notes,
    )
}

fn is_sentence(cell: &str) -> bool {
    let number = |s: &str| !s.is_empty() && s.chars().all(|c| c.is_ascii_digit());
    cell.trim().split_once('.').is_some_and(|(a, b)| number(a) && number(b))
}

#[test]
fn sentences() {
    let Some(text) = seed() else { return };
    let read = compiled(&text);
    assert_eq!(read.plan.items.len(), 20);
    let kind = |words: &str| {
        read.out
            .measures
            .iter()
            .find(|m| m.kind != MeasureKind::Title && m.text.contains(words))
            .map(|m| m.kind)
            .unwrap()
    };
    assert_eq!(kind("每季度至少举行1次党委中心组理论学习"), MeasureKind::Counted);
    assert_eq!(kind("不少于2次"), MeasureKind::Counted);
    assert_eq!(kind("半年专项自查"), MeasureKind::Counted);
    assert_eq!(kind("七一前"), MeasureKind::Dated);
    assert_eq!(kind("组织生活会召开前"), MeasureKind::Dated);
    assert_eq!(kind("签订党风廉政建设工作责任书"), MeasureKind::Ruled);
    assert_eq!(kind("第一议题"), MeasureKind::Ruled);
    assert_eq!(kind("全面梳理总结"), MeasureKind::Deliverable);
    for soft in ["始终坚持旗帜鲜明讲政治", "同谋划、同部署", "积极营造重才爱才护才", "着力打造一支师德高尚"]
    {
        assert_eq!(kind(soft), MeasureKind::Directional, "{soft}");
    }
    let titles = read.out.measures.iter().filter(|m| m.kind == MeasureKind::Title).count();
    assert_eq!(titles, 20);
}

#[test]
fn obligations() {
    let Some(text) = seed() else { return };
    let read = compiled(&text);
    let mut rules: Vec<&str> = read.out.proposals.iter().filter_map(|p| p.origin.rule()).collect();
    let all = rules.len();
    rules.sort_unstable();
    rules.dedup();
    assert_eq!(rules.len(), all, "no standing rule twice");
    let of = |rule: &str| read.out.proposals.iter().find(|p| p.origin.rule() == Some(rule)).unwrap();
    for rule in [
        "branch-assembly",
        "committee-meeting",
        "group-meeting",
        "party-lecture",
        "theme-day",
        "member-review",
    ] {
        let p = of(rule);
        assert_eq!(p.item, Some(2), "{rule} is adopted by the item that is about it");
        assert!(matches!(p.origin, Origin::Adopted { .. }));
    }
    let study = of("center-group-study");
    assert_eq!((study.item, study.kind), (Some(1), MeasureKind::Counted));
    assert_eq!(study.cadence, Cadence::AtLeast { times: 1, per: model::Per::Quarter });
    let org = college_of_the_plan(&[]).unwrap();
    let name = |id| org.unit(id).map(|u| u.name.as_str()).unwrap_or_default();
    let check = of("comprehensive-check");
    assert_eq!(check.bearers.units.iter().map(|u| name(*u)).collect::<Vec<_>>(), ["党委办公室"]);
    assert!(of("self-check").bearers.kinds.contains(&UnitKind::Branch));
    let honours =
        read.out.proposals.iter().find(|p| p.kind == MeasureKind::Dated && p.item == Some(11)).unwrap();
    assert!(honours.bearers.units.iter().any(|u| name(*u) == "党委办公室"));
    let is_note = |p: &&Proposal| matches!(p.origin, Origin::Progress { .. });
    let notes: Vec<&Proposal> = read.out.proposals.iter().filter(is_note).collect();
    assert_eq!(notes.len(), 20, "one is offered for each item");
    assert!(
        notes.iter().all(|p| p.state == ProposalState::NotAssessed),
        "the plan asks for none: each is off until the clerk turns it on"
    );
    assert!(
        !read.out.has_errors(),
        "{:?}",
        read.out.diagnostics.iter().filter(|d| d.severity == Severity::Error).collect::<Vec<_>>()
    );
}
