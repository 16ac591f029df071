//! What holds for every text whatever: no panic, spans on character boundaries that hold the words they stand for, and
//! an end to the reading of long ones.

use model::{BlockKind, Place, Plan, SourceText, Span};
use proptest::prelude::*;

/// Bytes of a long text: a reader whose time grows with the square of it takes many minutes, one that does not, less
/// than a second.
const LONG: usize = 400_000;

/// Pieces of which plans are made, and pieces that have no place in them.
const PIECES: &[&str] = &[
    "一、",
    "二、",
    "（一）",
    "（二）",
    "1.",
    "2．",
    "3、",
    "（1）",
    "①",
    "第一、",
    "● ",
    "第一部分",
    "，",
    "。",
    "；",
    "：",
    "\n",
    "\n\n",
    " ",
    "　　",
    "\t",
    "|",
    "| ",
    "（",
    "）",
    "《",
    "》",
    "〈",
    "〉",
    "“",
    "”",
    "【",
    "】",
    "[",
    "]",
    "〔",
    "〕",
    "牵头部门：",
    "责任单位:",
    "完成时限：",
    "党委办公室",
    "各支部",
    "教务处、学生处等",
    "及各地区",
    "组织部牵头",
    "按职责分工负责",
    "每季度至少",
    "每年",
    "1次",
    "两次",
    "32学时",
    "全年",
    "上半年",
    "6月底前",
    "七一前",
    "3-5月",
    "第三季度",
    "2022年",
    "12月10日",
    "召开前",
    "收到后5个工作日内",
    "定期",
    "及时",
    "工作任务",
    "责任科室",
    "时限要求",
    "附件",
    "- 3 -",
    "抓好学习",
    "完善制度",
    "1",
    "A",
    " b",
    "\u{feff}",
    "\u{200b}",
    "\u{a0}",
    "😀",
    "é",
    "**",
    "#",
    "年",
    "月",
    "次/年",
    "一",
    "十",
    "０",
    "在",
    "前",
    "等",
    "和",
    "其中",
    "一是",
    "第二条",
    "三月份",
    "第3周",
    "项目一：",
    "目录",
    "【牵头部门】",
    "责任人：",
    "序号",
    "│",
    "任务.",
    "3 ",
    "\"",
];

fn any_plan_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        9 => prop::sample::select(PIECES).prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    prop::collection::vec(piece, 0..120).prop_map(|pieces| pieces.concat())
}

fn squeezed(words: &str) -> String {
    words
        .chars()
        .filter(|c| {
            !c.is_whitespace()
                && !matches!(
                    c,
                    '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{2060}' | '\u{2028}' | '\u{2029}' | '\u{202f}'
                )
        })
        .collect::<String>()
        .replace("**", "")
}

/// Checks every span of a plan against the text it was read from.
fn check(source: &SourceText, plan: &Plan) -> Result<(), TestCaseError> {
    let text = &source.text;
    let sound = |span: Span, what: &str| -> Result<(), TestCaseError> {
        prop_assert!(
            span.start <= span.end && text.get(span.start..span.end).is_some(),
            "{what}: {span:?} of {}",
            text.len()
        );
        Ok(())
    };
    // A page number or running head dropped between two lines may stand inside the span, so its words contain those of the text in order.
    let holds = |span: Span, words: &str, what: &str| -> Result<(), TestCaseError> {
        sound(span, what)?;
        let inside = squeezed(span.of(text));
        let mut rest = inside.chars();
        let all = squeezed(words).chars().all(|c| rest.any(|r| r == c));
        prop_assert!(all, "{what}: {words:?} is not in {inside:?}");
        Ok(())
    };
    if let Some(span) = plan.title_span {
        holds(span, plan.title.as_deref().unwrap_or_default(), "title")?;
    }
    for section in &plan.sections {
        holds(section.span, &section.title, "section")?;
    }
    let mut last = 0;
    for item in &plan.items {
        sound(item.span, "item")?;
        prop_assert!(item.span.start >= last, "items in the order of the text");
        last = item.span.start;
        holds(item.title_span, &item.title, "item title")?;
        prop_assert!(item.section.is_none_or(|s| s < plan.sections.len()), "the item's section exists");
        for owner in &item.owners {
            holds(owner.span, &owner.name, "owner")?;
        }
        for sentence in &item.sentences {
            sound(sentence.span, "sentence")?;
            prop_assert!(item.span.contains(sentence.span), "a sentence lies in its item");
        }
        for cadence in &item.cadences {
            holds(cadence.span, &cadence.text, "cadence")?;
            prop_assert!(item.span.contains(cadence.span), "a cadence lies in its item");
        }
        for deadline in &item.deadlines {
            holds(deadline.span, &deadline.text, "deadline")?;
            prop_assert!(item.span.contains(deadline.span), "a deadline lies in its item");
        }
        for citation in &item.citations {
            holds(citation.span, &citation.name, "citation")?;
        }
        for vague in &item.vague {
            holds(vague.span, &vague.word, "vague word")?;
        }
    }
    for not_read in &plan.not_read {
        holds(not_read.span, &not_read.text, "not read")?;
    }
    // To count a column takes time with the length of its line.
    for not_read in plan.not_read.iter().take(20).chain(plan.not_read.iter().rev().take(20)) {
        prop_assert_eq!(source.line_column(not_read.span.start), (not_read.line, not_read.column));
    }
    every_letter_is_told(source, plan)
}

/// What was read, what belongs to the paper and what was not read hold every letter between them.
fn every_letter_is_told(source: &SourceText, plan: &Plan) -> Result<(), TestCaseError> {
    let mut spans: Vec<Span> = plan.title_span.into_iter().collect();
    spans.extend(plan.sections.iter().map(|s| s.span));
    spans.extend(plan.items.iter().map(|i| i.span));
    spans.extend(plan.asides.iter().map(|a| a.span));
    spans.extend(plan.not_read.iter().map(|n| n.span));
    spans.sort_unstable();
    let mut at = 0;
    let end = Span::new(source.text.len(), source.text.len());
    for span in spans.into_iter().chain([end]) {
        let lost = source.text.get(at..span.start).unwrap_or_default();
        prop_assert!(!lost.chars().any(char::is_alphanumeric), "lost: {lost:?} of {:?}", source.text);
        at = at.max(span.end);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn plain_text(text in any_plan_text()) {
        let source = SourceText::from_plain("any", &text);
        let plan = plan::read(&source);
        check(&source, &plan)?;
        prop_assert!(plan::to_json(&plan).is_object());
    }

    #[test]
    fn cells(rows in prop::collection::vec(prop::collection::vec(any_cell(), 1..5), 0..8), header in any::<bool>()) {
        let mut source = SourceText::default();
        let heading = ["序号", "工作任务", "牵头部门", "完成时限"].map(str::to_owned).to_vec();
        let rows = header.then_some(heading).into_iter().chain(rows);
        for (row, cells) in rows.enumerate() {
            for (column, words) in cells.iter().enumerate() {
                let (r, c) = (u32::try_from(row).unwrap_or(0), u32::try_from(column).unwrap_or(0));
                let place = Place::Cell { table: "1".to_owned(), row: r + 1, column: c + 1 };
                source.push(words, BlockKind::Cell { row: r, column: c, table: 0 }, place);
            }
        }
        let plan = plan::read(&source);
        check(&source, &plan)?;
    }
}

fn any_cell() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES), 0..6).prop_map(|pieces| pieces.concat())
}

/// Texts that trap readers whose time grows with the square of the length: such a reader would not come to the end of
/// these. How long they take is for the benchmarks (`cargo bench -p plan`).
#[test]
fn long_texts_come_to_an_end() {
    let item = "1.抓好学习。每季度至少1次，6月底前完成。（牵头部门：党办，责任部门：各支部）";
    let shapes: [(&str, String); 20] = [
        ("items", format!("{item}\n")),
        ("one line", item.to_owned()),
        ("open brackets", "（《“【".to_owned()),
        ("closing brackets", "）》”】".to_owned()),
        ("pairs", "（）".to_owned()),
        ("colons", "责任：".to_owned()),
        ("labels after stops", "。责任单位：".to_owned()),
        ("numbers", "1234567890".to_owned()),
        ("chinese numbers", "一二三四五六七八九十".to_owned()),
        ("periods", "每年".to_owned()),
        ("rates", "次/年".to_owned()),
        ("before", "召开前".to_owned()),
        ("pipes", "|甲|乙|\n".to_owned()),
        ("sections", "一、甲\n乙丙丁\n".to_owned()),
        ("half-width points", "抓好学习,完善制度.".to_owned()),
        ("labels in brackets", "【牵头部门】甲处\n".to_owned()),
        ("months", "三月份\n1、抓好学习\n".to_owned()),
        ("arguments", "一是抓好学习。\n".to_owned()),
        ("cells on lines", "序号\n任务\n责任单位\n1\n抓好学习\n甲处\n".to_owned()),
        ("commas", "序号,任务,责任单位\n1,抓好学习,甲处\n".to_owned()),
    ];
    for (name, piece) in shapes {
        let source = SourceText::from_plain(name, &piece.repeat(LONG / piece.len()));
        check(&source, &plan::read(&source)).unwrap_or_else(|e| panic!("{name}: {e}"));
    }
}

#[test]
fn a_span_that_begins_at_a_joined_word_begins_at_a_character() {
    let source = SourceText::from_plain("any", "一、（一）A\u{feff}32学时收到后5个工作日内");
    check(&source, &plan::read(&source)).expect("every span holds its words");
}
