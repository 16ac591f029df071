//! Any text gives a compilation: no panic, spans inside the text, every word of a proposal the document's own.

use std::sync::LazyLock;

use super::college::{built_in, college};
use compiler::{Compiler, Context};
use model::SourceText;
use proptest::prelude::*;
use rulebook::Rulebook;

static RULEBOOK: LazyLock<Rulebook> = LazyLock::new(built_in);

const PIECES: [&str; 40] = [
    "一、",
    "（一）",
    "1.",
    "2.",
    "２．",
    "①",
    "第一，",
    "\n",
    "。",
    "；",
    "，",
    "、",
    "：",
    "（牵头部门：",
    "责任部门：",
    "）",
    "党委办公室",
    "各支部",
    "“三会一课”",
    "主题党日",
    "每季度至少举行1次",
    "每月",
    "6月底前",
    "七一前",
    "在党代会召开前",
    "定期",
    "及时",
    "《",
    "》",
    "〈",
    "《中国共产党员教育管理工作条例》",
    "签订责任书",
    "建立台账",
    "坚持",
    "加强",
    "32学时",
    "半年专项自查",
    "|",
    " ",
    "\u{3000}",
];

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![4 => prop::sample::select(&PIECES[..]).prop_map(str::to_owned), 1 => "\\PC{0,4}"];
    prop::collection::vec(piece, 0..80).prop_map(|p| p.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_text_makes_it_panic(text in text(), other in text()) {
        let compiler = Compiler::new(&RULEBOOK);
        let org = college();
        let context = Context { year: 2022, today: None };
        let source = SourceText::from_plain("甲.txt", &text);
        let plan = plan::read(&source);
        let out = compiler.compile(&source, &plan, &org, &context);
        for d in &out.diagnostics {
            prop_assert!(d.span.end <= source.text.len());
            prop_assert!(source.text.get(d.span.start..d.span.end).is_some());
        }
        for p in &out.proposals {
            if let (Some(span), Some(words)) = (p.origin.span(), p.origin.words()) {
                let own: String = span.of(&source.text).split('\n').map(str::trim).collect();
                let note = matches!(p.origin, model::Origin::Progress { .. });
                prop_assert!(note || own == words);
            }
        }
        let mut keys: Vec<_> = out.proposals.iter().map(|p| &p.key).collect();
        keys.sort();
        let all = keys.len();
        keys.dedup();
        prop_assert_eq!(keys.len(), all, "keys are unique");
        // A plan held against another text (a stale draft) is wrong, but no reason to fall over.
        let wrong = SourceText::from_plain("乙.txt", &other);
        let _ = compiler.compile(&wrong, &plan, &org, &context);
    }
}

/// Texts that lost their marks: were anything to take the square of their length, this would not end.
#[test]
fn long_texts_without_marks() {
    let compiler = Compiler::new(&RULEBOOK);
    let org = college();
    let pieces = [
        "每月至少开展1次定期检查",
        "七一前表彰一批三会一课标兵",
        "、每季度1次主题党日、6月底前",
        "（",
        "《中国共产党员教育管理工作条例》",
        "定期通报，",
    ];
    for piece in pieces {
        let text = format!("1.抓好读书。{}\n", piece.repeat(20_000));
        let source = SourceText::from_plain("长.txt", &text);
        let plan = plan::read(&source);
        let out = compiler.compile(&source, &plan, &org, &Context { year: 2022, today: None });
        assert!(!out.measures.is_empty(), "{piece}");
    }
}
