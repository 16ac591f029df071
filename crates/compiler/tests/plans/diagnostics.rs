//! Each diagnostic: said where it is due, and not said where it is not. All text is invented.

use super::college::{built_in, college, item, read, read_with};
use compiler::{Context, compile};
use jiff::civil::date;
use model::{LeftOut, Omission, Organisation, Severity, SourceText};

/// One plan of one section with these items.
fn plan(items: &[String]) -> String {
    format!("云岭职业学院2022年党建工作要点\n一、以政治建设为统领\n{}", items.concat())
}

fn one(words: &str) -> String {
    plan(&[item("1", words), item("2", "抓好读书。每季度举办1次读书分享会。")])
}

#[test]
fn l001_nobody_answers() {
    let text = plan(&[
        item("1", "抓好读书。每季度举办1次读书会。"),
        "2.抓好写作。每季度举办1次写作会。\n".to_owned(),
    ]);
    assert_eq!(read(&text).words("L001"), ["抓好写作"]);
    assert!(read(&one("抓好写作。每季度举办1次写作会。")).said("L001").is_empty());
    let nobody_at_all =
        "一、工作任务\n1.抓好读书。每季度举办1次读书会。\n2.抓好写作。每季度举办1次写作会。\n";
    assert_eq!(read(nobody_at_all).said("L001").len(), 1, "a document without owners is told once");
}

#[test]
fn l002_no_such_unit() {
    let strange =
        plan(&["1.抓好后勤。每季度检查1次食堂。（牵头部门：膳食服务公司，责任部门：各支部）\n".to_owned()]);
    assert_eq!(read(&strange).words("L002"), ["膳食服务公司"]);
    let slip = plan(&["1.抓好教学。每季度检查1次教案。（牵头部门：教物处，责任部门：各支部）\n".to_owned()]);
    let read_slip = read(&slip);
    assert_eq!(read_slip.said("L002")[0].2, Some("教务处"));
    assert_eq!(
        read_slip.out.diagnostics.iter().find(|d| d.code == "L002").unwrap().severity,
        Severity::Error
    );
    let known =
        plan(&["1.抓好教学。每季度检查1次教案。（牵头部门：党办、组织部，责任部门：各党支部）\n".to_owned()]);
    assert!(read(&known).said("L002").is_empty(), "{:?}", read(&known).said("L002"));
    assert!(
        read_with(&strange, &Organisation::default(), None).said("L002").is_empty(),
        "no organisation, no check"
    );
}

#[test]
fn l003_mostly_directional() {
    let soft = one("抓好写作。每季度举办1次写作会。坚持正确方向。大力营造氛围。不断增强本领。");
    assert_eq!(read(&soft).said("L003").len(), 1);
    assert!(read(&one("抓好写作。每季度举办1次写作会。坚持正确方向。")).said("L003").is_empty());
}

#[test]
fn l004_how_often() {
    assert_eq!(read(&one("抓好整改。定期通报整改情况。")).words("L004"), ["定期"]);
    assert!(read(&one("抓好整改。定期通报整改情况，每季度不少于1次。")).said("L004").is_empty());
    let prompt = read(&one("抓好学习。及时跟进学习重要讲话，举办读书会。"));
    assert!(prompt.out.diagnostics.iter().filter(|d| d.code == "L004").all(|d| d.severity == Severity::Info));
}

#[test]
fn l004_offers_what_the_rulebook_suggests() {
    let read = read(&one("抓好整改。定期反馈通报整改情况。"));
    let d = read.out.diagnostics.iter().find(|d| d.code == "L004").unwrap();
    assert!(d.help.contains("每季度至少1次"), "{}", d.help);
    let p = read.out.proposals.iter().find(|p| p.ledger.as_deref() == Some("circular")).unwrap();
    assert_eq!(p.cadence.words(), "每季度至少1次", "{}", p.reason);
}

#[test]
fn l005_already_past() {
    let text = one("抓好整改。6月底前完成自查，10月底前完成整改。");
    let late = read_with(&text, &college(), Some(date(2022, 9, 1)));
    assert_eq!(late.words("L005"), ["6月底前"]);
    assert!(read_with(&text, &college(), Some(date(2022, 6, 30))).said("L005").is_empty());
    assert!(read(&text).said("L005").is_empty(), "no today, no past");
}

#[test]
fn l006_the_same_record() {
    let text = plan(&[
        item("1", "抓好组织生活。落实“三会一课”制度。"),
        item("2", "抓好学习。用好“三会一课”开展学习。"),
    ]);
    let twice = read(&text);
    assert_eq!(twice.said("L006").len(), 1);
    let assemblies =
        twice.out.proposals.iter().filter(|p| p.origin.rule() == Some("branch-assembly")).count();
    assert_eq!(assemblies, 1, "named twice, owed once");
    let differs = plan(&[
        item("1", "抓好组织生活。每季度召开2次支部党员大会。"),
        item("2", "抓好学习。每季度召开1次支部党员大会。"),
    ]);
    let read_differs = read(&differs);
    let warned =
        read_differs.out.diagnostics.iter().filter(|d| d.code == "L006" && d.severity == Severity::Warning);
    assert_eq!(warned.count(), 1);
    let apart =
        plan(&[item("1", "抓好组织生活。落实主题党日制度。"), item("2", "抓好学习。落实民主评议党员制度。")]);
    assert!(read(&apart).said("L006").is_empty());
}

#[test]
fn l007_l008_numbers() {
    let of = |numbers: &[&str]| {
        let items: Vec<String> = numbers.iter().map(|n| item(n, "抓好读书。每季度举办1次读书会。")).collect();
        let read = read(&plan(&items));
        (read.said("L007").len(), read.said("L008").len())
    };
    assert_eq!(of(&["1", "2", "3"]), (0, 0));
    assert_eq!(of(&["1", "2", "2", "3"]), (1, 0));
    assert_eq!(of(&["1", "2", "4"]), (0, 1));
    let restarts = format!(
        "{}二、以思想建设为基础\n{}",
        plan(&[item("1", "抓好读书。每季度举办1次读书会。")]),
        item("1", "抓好写作。每季度举办1次写作会。")
    );
    let read = read(&restarts);
    assert_eq!((read.said("L007").len(), read.said("L008").len()), (0, 0), "each section may start afresh");
}

#[test]
fn l008_sections_with_a_gap_or_without_a_beginning() {
    let of = |numbers: &[&str]| {
        let part =
            |n: &&str| format!("{n}、第{n}项工作\n1.抓好读书。每季度举办1次读书会。（牵头部门：组织部）\n");
        let text =
            format!("云岭职业学院2022年党建工作要点\n{}", numbers.iter().map(part).collect::<String>());
        read(&text).said("L008").iter().map(|d| d.1.to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(of(&["一", "二", "三"]), Vec::<String>::new());
    assert_eq!(of(&["一", "三"]), ["“一”之后是“三”，缺“二”"]);
    assert_eq!(of(&["一", "二", "五"]), ["“二”之后是“五”，缺“三、四”"]);
    assert_eq!(of(&["二", "三"]), ["编号从“二”开始，缺“一”"]);
    let said = |text: &str| read(text).said("L008").len();
    let item = |n: u8| format!("{n}.抓好读书。每季度举办1次读书会。（牵头部门：组织部）\n");
    let first_lost =
        format!("云岭职业学院2022年要点\n一、学习\n抓好写作。每季度举办1次写作会。\n{}{}", item(2), item(3));
    assert_eq!(said(&first_lost), 0, "the first lost its number and is an item");
    let late = format!("云岭职业学院2022年要点\n{}{}", item(3), item(4));
    assert_eq!(said(&late), 1);
    let parts = "云岭职业学院2022年要点\n第一部分 学习\n一、读书\n1.每季度举办1次读书会。（牵头部门：组织部）\n二、写作\n2.每季度举办1次写作会。（牵头部门：组织部）\n第二部分 组织\n一、换届\n3.6月底前完成换届。（牵头部门：组织部）\n";
    assert_eq!(said(parts), 0);
    assert_eq!(said(&parts.replace("第二部分", "第三部分")), 1);
}

#[test]
fn l019_what_was_read_into_no_item() {
    let text = "云岭职业学院2022年党建工作要点\n今年的工作安排如下。\n一、学习\n1.抓好读书。每季度举办1次读书会。（牵头部门：组织部）\n二、要求\n深入基层，掌握实情。\n听取意见，改进作风。\n三、其他\n2.抓好写作。每季度举办1次写作会。（牵头部门：组织部）\n请各支部每季度末月25日前报送小结。\n党委组织部\n2022年3月1日\n";
    let out = read(text);
    let said: Vec<(Severity, &str, &str)> = out
        .out
        .diagnostics
        .iter()
        .filter(|d| d.code == "L019")
        .map(|d| (d.severity, d.span.of(&out.source.text), d.message.as_str()))
        .collect();
    assert_eq!(
        said,
        [
            (
                Severity::Info,
                "深入基层，掌握实情。\n听取意见，改进作风。",
                "“深入基层，掌握实情。”等2段没有读进任何一条"
            ),
            (
                Severity::Warning,
                "请各支部每季度末月25日前报送小结。",
                "“请各支部每季度末月25日前…”没有读进任何一条"
            ),
        ]
    );
}

#[test]
fn l023_struck_and_hidden_words_are_told_once() {
    let text = one("抓好写作。每季度举办1次写作会。");
    let mut source = SourceText::from_plain("要点.docx", &text);
    source.leave_out(Omission::Struck, "每月1次。");
    source.left_out.push(LeftOut { why: Omission::Struck, words: "每周1次。".to_owned(), at: 0 });
    source.left_out.push(LeftOut { why: Omission::HiddenCells, words: "旧任务 党办".to_owned(), at: 0 });
    let plan = plan::read(&source);
    let context = Context { year: 2022, today: None };
    let out = compile(&source, &plan, &built_in(), &college(), &context);
    let said: Vec<(Severity, &str)> = out
        .diagnostics
        .iter()
        .filter(|d| d.code == "L023")
        .map(|d| (d.severity, d.message.as_str()))
        .collect();
    let struck = (Severity::Info, "划掉的文字没有读：“每月1次。”等2处");
    let hidden = (Severity::Info, "隐藏的行、列没有读：“旧任务 党办”");
    assert!(said.len() == 2 && said.contains(&struck) && said.contains(&hidden), "{said:?}");
    assert!(read(&text).said("L023").is_empty());
}

#[test]
fn l007_each_group_may_start_afresh() {
    let text = "云岭职业学院2022年党建工作要点\n一、任务\n（一）学习\n1.读书。每月1次。（牵头部门：党办）\n（二）组织\n1.换届。6月底前。（牵头部门：党办）\n";
    assert!(read(text).said("L007").is_empty());
}

#[test]
fn l009_misquoted() {
    let wrong = read(&one("保障权利。贯彻《中国共产党员权利保障条例》，举办读书会。"));
    assert_eq!(
        wrong.said("L009"),
        [(
            "中国共产党员权利保障条例",
            "《中国共产党员权利保障条例》与正式标题不符",
            Some("中国共产党党员权利保障条例")
        )]
    );
    for right in ["《中国共产党党员权利保障条例》", "《云岭职业学院党员权利保障办法》", "《读书一本通》"]
    {
        let read = read(&one(&format!("保障权利。贯彻{right}，举办读书会。")));
        assert!(read.said("L009").is_empty(), "{right}");
    }
}

#[test]
fn l009_the_partys_name_belongs_to_the_title() {
    let read = read(&one("保障权利。贯彻《党员权利保障条例》，举办读书会。"));
    assert_eq!(read.said("L009")[0].2, Some("中国共产党党员权利保障条例"));
}

#[test]
fn l010_superseded() {
    let old = read(&one("强化监督。贯彻《中国共产党党内监督条例（试行）》，举办读书会。"));
    assert_eq!(old.said("L010")[0].2, Some("中国共产党党内监督条例"));
    assert!(read(&one("强化监督。贯彻《中国共产党党内监督条例》，举办读书会。")).said("L010").is_empty());
}

#[test]
fn l012_nobody_bears_it() {
    let text = plan(&["1.抓好小组学习。各党小组每月开展1次集中学习。（牵头部门：各党小组）\n".to_owned()]);
    assert_eq!(
        read(&text).said("L012").len(),
        1,
        "the clause; the progress note asks nothing until it is turned on"
    );
    let mut org = college();
    let group = org_with_group(&mut org);
    assert!(read_with(&text, &group, None).said("L012").is_empty());
}

fn org_with_group(org: &mut Organisation) -> Organisation {
    let mut unit = org.units[9].clone();
    unit.id = model::UnitId::from_parts(1, &[7; 10]);
    unit.kind = model::UnitKind::Group;
    unit.name = "第一党小组".to_owned();
    org.units.push(unit);
    org.clone()
}

#[test]
fn l013_nothing_to_assess() {
    assert_eq!(read(&one("把准方向。坚持正确方向。凝聚奋进力量。")).said("L013").len(), 1);
    assert!(read(&one("把准方向。坚持正确方向。每季度举办1次座谈会。")).said("L013").is_empty());
}

#[test]
fn l013_a_document_of_another_kind_is_told_once() {
    let items: Vec<String> =
        (1..=6).map(|n| item(&n.to_string(), "把准方向。坚持正确方向。凝聚奋进力量。")).collect();
    let read = read(&plan(&items));
    assert_eq!(read.said("L013").len(), 1);
    assert!(read.said("L013")[0].1.starts_with("6条中有6条"));
}

#[test]
fn l014_no_items() {
    let prose = read("今年的工作，大家要齐心协力。");
    assert_eq!(prose.said("L014").len(), 1);
    let timed = read("云岭职业学院2022年计划\n每月组织学习。\n");
    assert_eq!(timed.words("L019"), ["每月组织学习。"], "what is there is told beside the error");
    assert!(prose.out.has_errors());
    assert_eq!(read("").said("L014").len(), 1);
    assert!(read(&one("抓好写作。每季度举办1次写作会。")).said("L014").is_empty());
}

#[test]
fn l015_trial_mark() {
    let short = read(&one("公开党务。贯彻《中国共产党党务公开条例》，举办读书会。"));
    assert_eq!(short.said("L015")[0].2, Some("中国共产党党务公开条例（试行）"));
    assert!(
        read(&one("公开党务。贯彻《中国共产党党务公开条例（试行）》，举办读书会。")).said("L015").is_empty()
    );
}

#[test]
fn l016_without_marks() {
    let bare = read(&one("公开党务。贯彻中国共产党党务公开条例（试行），举办读书会。"));
    assert_eq!(bare.words("L016"), ["中国共产党党务公开条例（试行）"]);
    assert!(
        read(&one("公开党务。贯彻《中国共产党党务公开条例（试行）》，举办读书会。")).said("L016").is_empty()
    );
}

#[test]
fn l017_less_than_the_rule() {
    let less = read(&one("抓好组织生活。每半年召开1次支部党员大会。"));
    assert_eq!(less.said("L017").len(), 1);
    let p = less.out.proposals.iter().find(|p| p.origin.rule() == Some("branch-assembly")).unwrap();
    assert_eq!(p.cadence.words(), "每季度至少1次");
    let more = read(&one("抓好组织生活。每季度召开2次支部党员大会。"));
    assert!(more.said("L017").is_empty());
    let p = more.out.proposals.iter().find(|p| p.origin.rule() == Some("branch-assembly")).unwrap();
    assert_eq!(p.cadence.words(), "每季度至少2次", "the clause sharpens the rule");
}

#[test]
fn l018_what_waits_for_a_day() {
    let waits = read(&one("筹备党代会。在学校第二次党代会召开前完成代表选举。"));
    assert_eq!(waits.words("L018"), ["在学校第二次党代会召开前"]);
    let said = waits.out.diagnostics.iter().find(|d| d.code == "L018").expect("a remark");
    assert_eq!(said.severity, model::Severity::Info);
    assert_eq!(said.message, "这条等“党代会”的日子");
    let p = waits.out.proposals.iter().find(|p| p.cadence.is_before()).expect("what is done before it");
    let wait = compiler::waits_for(&p.cadence, &crate::college::built_in(), 2022).expect("it waits");
    assert_eq!((wait.key.as_str(), wait.known), ("party-congress", true));

    let own = read(&one("建设新校区。在新校区启用仪式举行前完成搬迁宣传。"));
    assert_eq!(own.words("L018"), ["在新校区启用仪式举行前"]);
    assert_eq!(own.said("L018")[0].1, "这条等“新校区启用仪式举行”的日子");

    let calendar = read(&one("抓好安全教育。寒假前开展1次安全检查。"));
    assert!(calendar.said("L018").is_empty(), "the school's calendar gives it");
}

#[test]
fn a_good_plan_is_let_alone() {
    let text = plan(&[
        item(
            "1",
            "严肃党内政治生活。每季度召开1次支部党员大会。每半年开展1次专项自查，12月底前报送自查报告。",
        ),
        item("2", "抓好理论学习。每季度至少举行1次党委中心组理论学习。10月底前举办1次读书分享会。"),
    ]);
    let read = read(&text);
    let said: Vec<_> =
        read.out.diagnostics.iter().map(|d| (&d.code, d.span.of(&read.source.text), &d.message)).collect();
    assert!(said.is_empty(), "{said:?}");
}

#[test]
fn the_whole_of_a_small_plan() {
    let text = plan(&[
        item(
            "1",
            "严肃党内政治生活。严格落实“三会一课”、主题党日等制度，健全落实以半年专项自查、年度综合检查为主要内容的督办机制，大力发展积极健康的党内政治文化。",
        ),
        item(
            "3",
            "抓好学习。贯彻《关于新形势下党内政治生活若干准则》。定期通报学习情况。七一前，选树表彰一批读书标兵。",
        ),
        "4.凝聚力量。坚持正确方向，营造良好氛围。（牵头部门：党委办公式）\n".to_owned(),
    ]);
    let read = read(&text);
    let lines: Vec<String> = read
        .out
        .diagnostics
        .iter()
        .map(|d| {
            let (line, column) = read.source.line_column(d.span.start);
            format!(
                "{line}:{column} {} {} “{}”：{} → {}",
                d.severity.word(),
                d.code,
                d.span.of(&read.source.text),
                d.message,
                d.help
            )
        })
        .collect();
    insta::assert_snapshot!("diagnostics of a small plan", lines.join("\n"));
    let proposals: Vec<String> = read
        .out
        .proposals
        .iter()
        .filter(|p| p.item.is_some())
        .map(|p| {
            format!(
                "{} [{}] {}：{}；{}；{}",
                p.key,
                p.kind.word(),
                p.title,
                p.cadence.words(),
                p.ledger.as_deref().unwrap_or("无台账"),
                p.origin.words().unwrap_or_default(),
            )
        })
        .collect();
    insta::assert_snapshot!("proposals of a small plan", proposals.join("\n"));
}
