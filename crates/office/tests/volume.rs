//! A volume as LibreOffice lays it out: parts and sheets begin on the pages that the contents name.

use std::io::{Cursor, Read as _};
use std::process::{Command, Stdio};

use jiff::civil::{DateTime, datetime};
use model::{BlockKind, Place};
use office::gongwen::Table;
use office::volume::{Block, Part, Volume, pages, write};

const MADE: DateTime = datetime(2026, 9, 30, 9, 0, 0, 0);

fn text(seed: usize, length: usize) -> String {
    const WORDS: [&str; 8] = [
        "会议学习了有关文件，",
        "讨论了2026年支部的工作安排；",
        "“主题党日”定在每月25日，",
        "由方以宁（组长）主持，实到18人。",
        "实训楼A201，",
        "大家逐一发言：",
        "下一步按计划办，不另发通知。",
        "《要点》第3条要求每月至少1次，",
    ];
    let mut out = String::new();
    let mut at = seed;
    while out.chars().count() < length {
        out.push_str(WORDS[at % WORDS.len()]);
        at = (at * 5 + 3) % 1009;
    }
    out.chars().take(length).collect()
}

fn form(seed: usize, length: usize) -> Block {
    let row = |label: &str, words: String| vec![label.to_owned(), words];
    Block::Table(Table {
        columns: vec![(String::new(), 22), (String::new(), 78)],
        rows: vec![
            row("主题", text(seed, 14)),
            row("日期", "2026年3月12日 周四".to_owned()),
            row("出席", format!("应到20人，实到18人\n到会：{}\n陆鸣　请假：出差", text(seed, 90))),
            row("会议记录", format!("{}\n{}", text(seed, length), text(seed + 1, length / 2))),
        ],
    })
}

fn volume() -> Volume {
    let sheets = |what: &'static str, many: usize, length: usize| {
        (0..many).flat_map(move |at| {
            [
                Block::Sheet(format!("{}月{}日　{what}{}", at % 12 + 1, at + 1, text(at, 8))),
                form(at, length + at * 37),
            ]
        })
    };
    let roster = Table {
        columns: [("序号", 7), ("姓名", 11), ("入党日期", 15), ("备注", 30)]
            .map(|(h, w)| (h.to_owned(), w))
            .to_vec(),
        rows: (1..=95)
            .map(|n| vec![n.to_string(), "方以宁".to_owned(), "2015.07.01".to_owned(), text(n, n % 23)])
            .collect(),
    };
    let part = |title: &str, blocks: Vec<Block>| Part { title: title.to_owned(), blocks };
    Volume {
        title: "党支部工作手册".to_owned(),
        year: "2026年度".to_owned(),
        cover: vec![("党支部".to_owned(), "教工第一党支部".to_owned())],
        foot: vec!["情况截至2026年9月30日。".to_owned()],
        parts: vec![
            part("一、支部基本情况", vec![Block::Paragraph(text(1, 60)), Block::Narrow(roster)]),
            part(
                "二、党员大会记录",
                std::iter::once(Block::Missing(text(2, 130))).chain(sheets("党员大会", 6, 300)).collect(),
            ),
            part("三、主题党日记录", sheets("主题党日", 12, 700).collect()),
            part("四、谈心谈话登记", vec![Block::Missing("本年没有记录。".to_owned())]),
            part("五、附件目录", vec![Block::Heading("附件".to_owned()), form(9, 2400), form(3, 90)]),
        ],
    }
}

/// The document as a PDF; none where LibreOffice is not installed.
fn printed(docx: &[u8]) -> Option<Vec<u8>> {
    if !office::can_convert() {
        testkit::skipped("LibreOffice");
        return None;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let source = folder.path().join("volume.docx");
    std::fs::write(&source, docx).expect("room");
    let profile = format!("-env:UserInstallation=file://{}", folder.path().join("profile").display());
    let status = Command::new("soffice")
        .args([profile.as_str(), "--headless", "--convert-to", "pdf", "--outdir"])
        .args([folder.path(), source.as_path()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("LibreOffice starts");
    assert!(status.success());
    Some(std::fs::read(folder.path().join("volume.pdf")).expect("a PDF"))
}

#[test]
fn parts_and_sheets_begin_where_the_contents_say() {
    let volume = volume();
    let counted = pages(&volume);
    let docx = write(MADE, &volume).expect("a docx");
    let titles: Vec<String> = (volume.parts.iter())
        .flat_map(|p| {
            let sheets =
                p.blocks.iter().filter_map(|b| if let Block::Sheet(t) = b { Some(t.clone()) } else { None });
            std::iter::once(p.title.clone()).chain(sheets)
        })
        .collect();
    assert_eq!(titles.len(), counted.len());
    // Each line of the contents leads to its heading and names its page.
    let mut zip = zip::ZipArchive::new(Cursor::new(&docx)).expect("a package");
    let mut xml = String::new();
    zip.by_name("word/document.xml").expect("the body").read_to_string(&mut xml).expect("text");
    let plain = |s: &str| s.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    for (at, (title, page)) in titles.iter().zip(&counted).enumerate() {
        let mark = format!("_Toc{:08}", at + 1);
        let line = xml.split(&format!("w:anchor=\"{mark}\"")).nth(1).expect("a line of the contents");
        let line = line.split("</w:hyperlink>").next().expect("its end");
        assert!(line.contains(title) && line.contains(&format!(" PAGEREF {mark} ")), "{line}");
        assert!(line.contains(&format!(">{page}</w:t>")), "{title} {page}\n{line}");
        assert!(xml.contains(&format!("w:name=\"{mark}\"")), "{mark} is somewhere");
    }
    let Some(pdf) = printed(&docx) else { return };
    let read = office::read_document("手册.pdf", &pdf).expect("a PDF with text");
    let lines: Vec<(u32, String)> = (read.blocks.iter())
        .filter(|b| b.kind == BlockKind::Paragraph)
        .filter_map(|b| match b.place {
            Place::Page(page) => Some((page, plain(b.span.of(&read.text)))),
            _ => None,
        })
        .collect();
    // A line of the contents ends with its page; the heading itself does not.
    let found = |title: &str| {
        let title = plain(title);
        lines.iter().filter(|(_, l)| *l == title).map(|(page, _)| *page).next_back()
    };
    let first = found(&titles[0]).expect("the first part is printed") - 1;
    let printed: Vec<Option<u32>> = titles.iter().map(|t| found(t).map(|page| page - first)).collect();
    let counted: Vec<Option<u32>> = counted.into_iter().map(Some).collect();
    assert_eq!(printed, counted, "{titles:?}");
}
