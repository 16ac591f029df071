//! Reading and compiling: a small invented plan, the 2022 plan where it is at hand, and a long document.

use compiler::{Compiler, Context, Document, difference};
use divan::counter::BytesCount;
use model::{Organisation, SourceText};
use rulebook::Rulebook;

fn main() {
    divan::main();
}

const ITEM: &str = "严肃党内政治生活。严格落实“三会一课”、主题党日等制度，每季度至少举行1次理论学习，定期通报，七一前表彰一批标兵。\
坚持正确方向，贯彻《中国共产党员教育管理工作条例》，营造良好氛围。（牵头部门：党委办公室，责任部门：各支部）\n";

fn long(items: usize) -> String {
    (1..=items).map(|n| format!("{n}.{ITEM}")).collect()
}

fn seed() -> Option<String> {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/seed/plan-2022.txt")).ok()
}

fn run(bencher: divan::Bencher<'_, '_>, text: &str) {
    let rulebook = Rulebook::built_in().unwrap_or_else(|f| panic!("{f:?}"));
    let compiler = Compiler::new(&rulebook);
    let org = Organisation::default();
    let context = Context { year: 2022, today: None };
    bencher.counter(BytesCount::of_str(text)).bench(|| {
        let source = SourceText::from_plain("要点.txt", text);
        let plan = plan::read(&source);
        compiler.compile(&source, &plan, &org, &context)
    });
}

#[divan::bench]
fn small(bencher: divan::Bencher<'_, '_>) {
    run(bencher, &long(20));
}

#[divan::bench]
fn plan_2022(bencher: divan::Bencher<'_, '_>) {
    if let Some(text) = seed() {
        run(bencher, &text);
    }
}

/// Over 10 MB.
#[divan::bench(sample_count = 3)]
fn fifty_thousand_items(bencher: divan::Bencher<'_, '_>) {
    run(bencher, &long(50_000));
}

/// 5 MB without a line end.
#[divan::bench(sample_count = 3)]
fn one_line(bencher: divan::Bencher<'_, '_>) {
    run(bencher, &long(15_000).replace('\n', ""));
}

#[divan::bench(sample_count = 3)]
fn open_brackets(bencher: divan::Bencher<'_, '_>) {
    run(bencher, &"（《“【".repeat(25_000));
}

/// The labelled documents one after another, where they are at hand.
#[divan::bench]
fn real_documents(bencher: divan::Bencher<'_, '_>) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/plans");
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let texts: Vec<String> = entries
        .filter(|e| e.path().extension().is_some_and(|x| x == "txt"))
        .filter_map(|e| std::fs::read_to_string(e.path()).ok())
        .collect();
    let rulebook = Rulebook::built_in().unwrap_or_else(|f| panic!("{f:?}"));
    let compiler = Compiler::new(&rulebook);
    let org = Organisation::default();
    let context = Context { year: 2022, today: None };
    bencher.counter(BytesCount::new(texts.iter().map(String::len).sum::<usize>())).bench(|| {
        texts.iter().for_each(|text| {
            let source = SourceText::from_plain("要点.txt", text);
            let plan = plan::read(&source);
            divan::black_box(compiler.compile(&source, &plan, &org, &context));
        });
    });
}

#[divan::bench(sample_count = 5)]
fn five_thousand_items(bencher: divan::Bencher<'_, '_>) {
    run(bencher, &long(5000));
}

#[divan::bench(sample_count = 5)]
fn five_thousand_items_read_only(bencher: divan::Bencher<'_, '_>) {
    let text = long(5000);
    bencher
        .counter(BytesCount::of_str(&text))
        .bench(|| plan::read(&SourceText::from_plain("要点.txt", &text)));
}

#[divan::bench]
fn tables_of_the_rulebook(bencher: divan::Bencher<'_, '_>) {
    let rulebook = Rulebook::built_in().unwrap_or_else(|f| panic!("{f:?}"));
    bencher.bench(|| {
        Compiler::new(&rulebook).compile(
            &SourceText::default(),
            &Default::default(),
            &Organisation::default(),
            &Context { year: 2022, today: None },
        )
    });
}

/// A plan of so many different clauses; `changed` has words replaced in each, drops every tenth and adds as many.
fn clauses(count: usize, changed: bool) -> String {
    const WHO: [&str; 8] =
        ["各支部", "组织部", "宣传部", "各党总支", "纪委办公室", "学生工作部", "教务处", "后勤处"];
    const DOES: [&str; 10] = ["修订", "制定", "开展", "组织", "推进", "完善", "落实", "汇编", "检查", "通报"];
    const WHAT: [&str; 12] = [
        "议事规则",
        "读书班",
        "主题党日",
        "风险排查",
        "培训计划",
        "工作台账",
        "述职评议",
        "谈心谈话",
        "巡察整改",
        "志愿服务",
        "档案管理",
        "阵地建设",
    ];
    const WHEN: [&str; 6] =
        ["每季度1次", "每月1次", "6月底前完成", "每半年1次", "七一前完成", "11月底前完成"];
    let pick = |list: &[&'static str], n: usize| list[n % list.len()];
    let mut out = String::from("某校2022年党建工作要点\n一、重点任务\n");
    for n in 0..count {
        if changed && n % 10 == 3 {
            continue;
        }
        let m = n * 7919 + n / 13;
        let when = pick(&WHEN, m / 5 + usize::from(changed));
        let (does, what) = (pick(&DOES, m), pick(&WHAT, m / 3));
        let more = pick(&WHAT, m / 7 + 5);
        out.push_str(&format!(
            "{}.{does}{what}第{m}项。{}牵头{does}第{m}项{what}，{when}，并与{more}第{}项同步推进。（牵头部门：{}）\n",
            n + 1, pick(&WHO, m / 11), m % 997, pick(&WHO, m / 2)
        ));
        if changed && n % 10 == 7 {
            out.push_str(&format!(
                "{}.新增第{n}号事项。{more}由{}办理。（牵头部门：工会）\n",
                n + 2,
                pick(&WHO, m)
            ));
        }
    }
    out
}

/// Two texts of a plan with thousands of clauses, each changed.
#[divan::bench(args = [1_250, 2_500, 5_000], sample_count = 5)]
fn two_versions(bencher: divan::Bencher<'_, '_>, count: usize) {
    let read = |text: String| {
        let source = SourceText::from_plain("要点.txt", &text);
        let plan = plan::read(&source);
        (source, plan)
    };
    let (old, new) = (read(clauses(count, false)), read(clauses(count, true)));
    bencher.bench(|| {
        difference(Document { source: &old.0, plan: &old.1 }, Document { source: &new.0, plan: &new.1 })
    });
}
