//! How fast plans are read, in bytes of text a second: `cargo bench -p plan`.

use std::path::Path;

use divan::Bencher;
use divan::counter::BytesCount;
use model::SourceText;

fn main() {
    divan::main();
}

/// A text of `items` invented items with owners, rhythms, deadlines and citations.
fn invented(items: usize) -> String {
    let mut out = String::from("某学院2022年党建工作要点\n2022年工作安排如下。\n");
    for n in 0..items {
        if n % 20 == 0 {
            out.push_str("一、以政治建设为统领，夯实基层基础\n");
        }
        let no = n + 1;
        out.push_str(&format!(
            "{no}.抓好支部规范化建设。落实《中国共产党支部工作条例（试行）》，每季度至少召开1次党员大会，6月底前完成自查，七一前表彰一批先进。\
             （牵头部门：党委办公室、组织部，责任部门：各支部）\n"
        ));
    }
    out
}

fn bench(bencher: Bencher<'_, '_>, text: &str) {
    let source = SourceText::from_plain("bench", text);
    bencher.counter(BytesCount::of_str(&source.text)).bench(|| plan::read(divan::black_box(&source)));
}

#[divan::bench(args = [100, 50_000], max_time = 10)]
fn items(bencher: Bencher<'_, '_>, items: usize) {
    bench(bencher, &invented(items));
}

/// 5 MB without a line end, and half of it.
#[divan::bench(args = [20_000, 10_000], max_time = 10)]
fn one_line(bencher: Bencher<'_, '_>, items: usize) {
    bench(bencher, &invented(items).replace('\n', ""));
}

/// A task table of so many rows.
#[divan::bench(args = [5_000, 20_000], max_time = 10)]
fn table(bencher: Bencher<'_, '_>, rows: usize) {
    let mut out = String::from("某学院2022年任务分解表\n序号\t任务\t责任部门\t完成时限\n");
    for n in 1..=rows {
        out.push_str(&format!("{n}\t抓好支部规范化建设，每季度至少1次\t组织部、各支部\t6月底前\n"));
    }
    bench(bencher, &out);
}

/// Sentences that end with half-width points, and lines broken at one width.
#[divan::bench(args = [5_000, 20_000], max_time = 10)]
fn half_width_and_wrapped(bencher: Bencher<'_, '_>, items: usize) {
    let text = invented(items).replace('。', ".").replace('，', ",");
    let mut out = String::with_capacity(text.len() + text.len() / 30);
    for line in text.lines() {
        let chars: Vec<char> = line.chars().collect();
        for piece in chars.chunks(36) {
            out.extend(piece);
            out.push('\n');
        }
    }
    bench(bencher, &out);
}

#[divan::bench(max_time = 10)]
fn prose_without_numbers(bencher: Bencher<'_, '_>) {
    bench(bencher, &"坚持学习教育常态化制度化，坚持集中学习与自学相结合。".repeat(60_000));
}

#[divan::bench(max_time = 10)]
fn open_brackets(bencher: Bencher<'_, '_>) {
    bench(bencher, &"（《“【".repeat(100_000));
}

#[divan::bench(max_time = 10)]
fn nested_brackets(bencher: Bencher<'_, '_>) {
    bench(bencher, &format!("{}{}", "（".repeat(40), "）".repeat(40)).repeat(10_000));
}

/// The labelled documents one after another, where they are at hand.
#[divan::bench(max_time = 10)]
fn real_documents(bencher: Bencher<'_, '_>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/plans");
    let mut texts: Vec<String> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|e| e.path().extension().is_some_and(|x| x == "txt"))
        .filter_map(|e| std::fs::read_to_string(e.path()).ok())
        .collect();
    if texts.is_empty() {
        eprintln!("the labelled documents are not here; an invented one stands in");
        texts.push(invented(500));
    }
    let sources: Vec<SourceText> = texts.iter().map(|t| SourceText::from_plain("bench", t)).collect();
    let bytes: usize = sources.iter().map(|s| s.text.len()).sum();
    bencher.counter(BytesCount::new(bytes)).bench(|| sources.iter().map(plan::read).collect::<Vec<_>>());
}
