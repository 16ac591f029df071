//! 附件: who may hand files in and have them, what is refused, and that nothing typed is lost over a file.

use std::io::{Cursor, Write as _};

use axum::http::{Method, StatusCode};
use model::{EntryId, Role};
use store::{EntryFilter, Scope};
use testkit::Page;
use work::Settings;

use crate::harness::{Answer, Ask, TestApp};
use crate::record::{Written, theme_day};
use crate::year::Published;

const BOUNDARY: &str = "----------------------luoshi";

/// A docx whose one paragraph reads `words`.
pub(crate) fn docx(words: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let parts = [
        ("[Content_Types].xml", "<?xml version=\"1.0\"?><Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>".to_owned()),
        ("word/document.xml", format!("<?xml version=\"1.0\"?><w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body><w:p><w:r><w:t>{words}</w:t></w:r></w:p></w:body></w:document>")),
    ];
    for (name, text) in parts {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).expect("a part");
        zip.write_all(text.as_bytes()).expect("its text");
    }
    zip.finish().expect("a package").into_inner()
}

/// A photograph of one colour.
fn photograph() -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    let drawn = image::RgbImage::from_pixel(40, 30, image::Rgb([154, 27, 30]));
    image::DynamicImage::ImageRgb8(drawn).write_to(&mut out, image::ImageFormat::Jpeg).expect("a picture");
    out.into_inner()
}

pub(crate) type Sent<'a> = (&'a str, &'a str, &'a [u8]);

/// A form as a browser sends it with files: (input, name, content).
fn form(fields: &[(&str, &str)], files: &[Sent<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend(
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
                .bytes(),
        );
    }
    for (input, name, content) in files {
        body.extend(
            format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{input}\"; filename=\"{name}\"\r\n\
                 Content-Type: application/octet-stream\r\n\r\n"
            )
            .bytes(),
        );
        body.extend_from_slice(content);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{BOUNDARY}--\r\n").bytes());
    body
}

pub(crate) async fn send(test: &TestApp, path: &str, written: &Written, files: &[Sent<'_>]) -> Answer {
    let body = form(&written.pairs(), files);
    Ask::new(&test.router, Some(&test.tokens), Method::POST, path)
        .as_(Role::Secretary)
        .header("accept", if path == "/record/file" { "application/json" } else { "text/html" })
        .body(&format!("multipart/form-data; boundary={BOUNDARY}"), body)
        .send()
        .await
}

pub(crate) async fn started(settings: Settings) -> (TestApp, Published, Written) {
    let test = TestApp::with(settings).await;
    let year = test.publish().await;
    let written = theme_day(&test, &year).await;
    (test, year, written)
}

/// The files of the record, as it stands.
async fn files(test: &TestApp, written: &Written) -> Vec<(String, model::Attached)> {
    let id: EntryId = written.id.parse().expect("an id");
    let row = test.app.store.entry(test.institution, &Scope::All, id).await.expect("the record");
    row.entry.files().map(|(field, file)| (field.to_owned(), file.clone())).collect()
}

async fn found_by(test: &TestApp, role: Role, words: &str) -> bool {
    let path =
        format!("/entries?q={}", form_urlencoded::byte_serialize(words.as_bytes()).collect::<String>());
    test.get(&path).as_(role).send().await.text().contains("走进产业园")
}

#[tokio::test]
async fn files_come_with_the_form_and_are_had_by_those_who_may_read_the_record() {
    let (test, _, written) = started(Settings::default()).await;
    let paper = docx("讨论了滨江实训基地的安排");
    let photo = photograph();
    let sent: [Sent<'_>; 2] =
        [("file_attachments", "活动方案.docx", &paper), ("file_attachments", "现场.png", &photo)];
    let answer = send(&test, "/record", &written, &sent).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    let again = send(&test, "/record", &written, &sent).await;
    assert_eq!(again.to(), answer.to(), "the form sent twice");
    let kept = files(&test, &written).await;
    assert_eq!(
        kept.iter().map(|(_, f)| f.name.as_str()).collect::<Vec<_>>(),
        ["活动方案.docx", "现场.png.jpg"]
    );
    let id: EntryId = written.id.parse().expect("an id");
    let history = test.app.store.entry_history(test.institution, &Scope::All, id).await.expect("revisions");
    assert_eq!(history.len(), 1);

    let page = test.get(answer.to()).as_(Role::Office).send().await.text();
    assert!(page.contains("活动方案.docx") && page.contains("Word 文档"), "{page}");
    let paper_at = format!("/entries/{id}/files/{}", kept[0].1.id);
    let photo_at = format!("/entries/{id}/files/{}", kept[1].1.id);
    assert!(page.contains(&format!("{photo_at}?small=1")) && !page.contains(&format!("{paper_at}?small")));
    for role in [Role::Office, Role::Secretary, Role::Discipline, Role::Leader, Role::Member] {
        let had = test.get(&paper_at).as_(role).send().await;
        assert_eq!((had.status, had.bytes == paper), (StatusCode::OK, true), "{role:?}");
        assert!(had.header("content-disposition").starts_with("attachment; filename=\"file.docx\""));
        assert_eq!(had.header("x-content-type-options"), "nosniff");
        assert_eq!(had.header("cache-control"), "no-store");
    }
    let small = test.get(&format!("{photo_at}?small=1")).as_(Role::Member).send().await;
    assert_eq!((small.status, small.header("content-type")), (StatusCode::OK, "image/jpeg"));
    let none = test.get(&format!("{paper_at}?small=1")).as_(Role::Member).send().await;
    assert_eq!(none.status, StatusCode::NOT_FOUND, "there is no small picture of a paper");
    let log =
        test.app.store.audit(test.institution, &store::AuditFilter::default(), 1000).await.expect("the log");
    assert_eq!(log.iter().filter(|l| l.action == "file.read").count(), 5, "a small picture is no download");

    assert!(found_by(&test, Role::Office, "滨江").await, "by a word inside the docx");
    assert!(found_by(&test, Role::Office, "活动方案").await, "by its name");
    assert!(!found_by(&test, Role::Office, "滨海").await);
}

#[tokio::test]
async fn nobody_else_has_a_file_of_a_record() {
    let (test, year, written) = started(Settings::default()).await;
    let paper = docx("内容");
    let strange = test.units["学生第一党支部"];
    // Handed in, not saved: its owner has it, the others do not.
    let told = send(&test, "/record/file", &written, &[("file_attachments", "方案.docx", &paper)]).await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.text());
    let rows =
        test.app.store.files_of(test.institution, written.id.parse().expect("an id")).await.expect("files");
    let id = rows[0].file.id;
    let draft = format!("/record/{}/files/{id}", written.id);
    let saved = format!("/entries/{}/files/{id}", written.id);
    assert_eq!(test.get(&draft).as_(Role::Secretary).send().await.bytes, paper);
    assert_eq!(test.get(&draft).as_(Role::Office).send().await.status, StatusCode::NOT_FOUND);
    assert_eq!(test.get(&saved).as_(Role::Secretary).send().await.status, StatusCode::NOT_FOUND);
    assert!(test.get(&draft).send().await.to().starts_with("/login"));

    // Somebody else's form cannot name it.
    let other = test.get(&format!("/record?duty={}", year.duties["april"])).as_(Role::Office).send().await;
    assert_eq!(other.status, StatusCode::OK);
    let id_word = id.to_string();
    let mut pairs = written.pairs();
    pairs.push(("f_attachments", &id_word));
    let theirs = test.post("/record", &pairs).as_(Role::Office).send().await;
    assert_eq!(theirs.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(theirs.text().contains("有一个文件已经不在了"));
    let own = test.post("/record", &pairs).as_(Role::Secretary).send().await;
    assert_eq!(own.status, StatusCode::SEE_OTHER, "{}", own.text());

    // A record of another unit, and its files, are not there for those of this one.
    let mut row = test
        .app
        .store
        .entry(test.institution, &Scope::All, written.id.parse().expect("an id"))
        .await
        .expect("it");
    row.entry.unit = strange;
    let save = store::SaveEntry {
        entry: &row.entry,
        based_on: 1,
        late: false,
        incomplete: false,
        words: String::new(),
        above: None,
        reason: "",
        add: &[],
        end: &[],
        on: crate::harness::TODAY,
        follows: None,
        cases: None,
        chase: None,
    };
    let act = store::Act::new(None, "", test.app.clock.now(), "entry.revise");
    test.app.store.save_entry(test.institution, &save, &act).await.expect("moved");
    assert_eq!(test.get(&saved).as_(Role::Secretary).send().await.status, StatusCode::NOT_FOUND);
    assert_eq!(test.get(&saved).as_(Role::Office).send().await.bytes, paper);
    let named = test.get(&saved).as_(Role::Member).send().await;
    assert_eq!(named.bytes, paper, "whoever is named in a record reads it, wherever it is kept");
}

/// Whether the file stays with the record when the form is sent.
fn is_ticked(page: &Page, id: &str) -> bool {
    page.fields("f_attachments").iter().any(|f| f.value() == id && f.is_ticked())
}

#[tokio::test]
async fn every_wrong_file_is_told_at_its_place_and_nothing_typed_is_lost() {
    let settings = Settings { file_bytes: 64 * 1024, ..Settings::default() };
    let (test, _, written) = started(settings).await;
    let (good, large) = (docx("好的"), vec![7; 2 << 20]);
    let sent: [Sent<'_>; 4] = [
        ("file_attachments", "程序.pdf", b"MZ\x90\0\x03\0\0\0"),
        ("file_attachments", "好的.docx", &good),
        ("file_attachments", "照片.jpg", &large),
        ("file_attachments", "说明.txt", "文字".as_bytes()),
    ];
    let answer = send(&test, "/record", &written, &sent).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = answer.text();
    for words in [
        "有 3 处要改",
        "“程序.pdf”：这是可执行程序",
        "“照片.jpg”：文件超过 64 KB 的上限",
        "“说明.txt”：网页和纯文本不收",
        "走进产业园",
        "会议学习了有关文件",
        "好的.docx",
    ] {
        assert!(page.contains(words), "{words}");
    }
    assert!(answer.page().leads_to("#f-f_attachments"), "each leads to its place");
    let all = EntryFilter::default();
    let count = test.app.store.count_entries(test.institution, &Scope::All, &all, 10).await.expect("a count");
    assert_eq!(count, 0);

    // By the script: the same words, as JSON.
    let told = send(&test, "/record/file", &written, &sent[..1]).await;
    assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(told.text().contains("可执行程序"), "{}", told.text());

    // The good one is kept; the form without the others saves.
    let rows =
        test.app.store.files_of(test.institution, written.id.parse().expect("an id")).await.expect("files");
    assert_eq!(rows.len(), 1);
    let id = rows[0].file.id.to_string();
    assert!(is_ticked(&answer.page(), &id), "{page}");
    let mut pairs = written.pairs();
    pairs.push(("f_attachments", &id));
    let saved = test.post("/record", &pairs).as_(Role::Secretary).send().await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER);
    assert_eq!(files(&test, &written).await.len(), 1);
}

#[tokio::test]
async fn a_photograph_of_200_mb_gets_an_answer_and_the_form_keeps_what_was_typed() {
    let (test, _, written) = started(Settings::default()).await;
    let around = form(&written.pairs(), &[("file_attachments", "全景.jpg", b"HERE")]);
    let at = around.windows(4).position(|w| w == b"HERE").expect("the file");
    let mut body = Vec::with_capacity(around.len() + (200 << 20));
    body.extend_from_slice(&around[..at]);
    body.resize(at + (200 << 20), 0xff);
    body.extend_from_slice(&around[at + 4..]);
    let answer = Ask::new(&test.router, Some(&test.tokens), Method::POST, "/record")
        .as_(Role::Secretary)
        .body(&format!("multipart/form-data; boundary={BOUNDARY}"), body)
        .send()
        .await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = answer.text();
    assert!(page.contains("“全景.jpg”：文件超过 20 MB 的上限") && page.contains("走进产业园"), "{page}");
}

#[tokio::test]
async fn a_draft_keeps_its_files_and_taking_one_out_is_a_revision_that_says_so() {
    let (test, year, written) = started(Settings::default()).await;
    let (one, two) = (docx("甲"), docx("乙"));
    let sent: [Sent<'_>; 2] = [("file_attachments", "一.docx", &one), ("file_attachments", "二.docx", &two)];
    let told = send(&test, "/record/file", &written, &sent).await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.text());
    let rows =
        test.app.store.files_of(test.institution, written.id.parse().expect("an id")).await.expect("files");
    let ids: Vec<String> = rows.iter().map(|r| r.file.id.to_string()).collect();
    let mut pairs = written.pairs();
    pairs.extend(ids.iter().map(|id| ("f_attachments", id.as_str())));
    let kept = test.post("/record/draft", &pairs).as_(Role::Secretary).send().await;
    assert_eq!(kept.status, StatusCode::OK);
    let page =
        test.get(&format!("/record?duty={}", year.duties["april"])).as_(Role::Secretary).send().await.page();
    for (id, name) in ids.iter().zip(["一.docx", "二.docx"]) {
        assert!(is_ticked(&page, id) && page.says(name), "{name} is in the draft");
    }
    test.post("/record", &pairs).as_(Role::Secretary).send().await;
    assert_eq!(files(&test, &written).await.len(), 2);

    let page = test.get(&format!("/entries/{}/revise", written.id)).as_(Role::Secretary).send().await.text();
    assert!(page.contains("一.docx") && page.contains("二.docx"));
    let mut pairs: Vec<_> = written.pairs().into_iter().filter(|(n, _)| *n != "revision").collect();
    pairs.extend([("revision", "1"), ("f_attachments", ids[1].as_str())]);
    let saved = test.post("/record", &pairs).as_(Role::Secretary).send().await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());
    let page = test.get(&format!("/entries/{}", written.id)).as_(Role::Office).send().await.page();
    let went = format!("一.docx（{}）", model::size_words(one.len() as u64));
    assert!(page.all(&["del"]).iter().any(|d| d.words() == went), "the revision says what went");
    let leads = |id: &str| page.links().iter().any(|l| l.href.contains(&format!("/files/{id}")));
    assert!(!leads(&ids[0]) && leads(&ids[1]));
    let old = test.get(&format!("/entries/{}/files/{}", written.id, ids[0])).as_(Role::Office).send().await;
    assert_eq!(old.bytes, one, "what was on record is still there for whoever looks back");
    assert!(!found_by(&test, Role::Office, "一.docx").await);
}

#[tokio::test]
async fn a_file_of_a_restricted_field_is_for_few_and_not_found_by_words() {
    let (test, _, _) = started(Settings::default()).await;
    // 四种形态: each of its figures is for the discipline committee and those concerned.
    let ledger = test.app.rulebook.ledger("four-forms").expect("the ledger");
    assert_eq!(
        ledger.fields.iter().find(|f| f.id == "attachments").map(|f| f.privacy),
        Some(model::rule::Privacy::Restricted)
    );
    let unit = test.units["纪委"].to_string();
    let id = EntryId::fresh().to_string();
    let fields = [
        ("id", id.as_str()),
        ("revision", "0"),
        ("unit", &unit),
        ("ledger", "four-forms"),
        ("title", "走进产业园"),
        ("day", "2022-04-20"),
    ];
    let paper = docx("绝不外传的词");
    let sent: [Sent<'_>; 1] = [("file_attachments", "统计表.docx", &paper)];
    let answer = Ask::new(&test.router, Some(&test.tokens), Method::POST, "/record")
        .as_(Role::Discipline)
        .body(&format!("multipart/form-data; boundary={BOUNDARY}"), form(&fields, &sent))
        .send()
        .await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    let rows = test.app.store.files_of(test.institution, id.parse().expect("an id")).await.expect("files");
    let path = format!("/entries/{id}/files/{}", rows[0].file.id);
    assert_eq!(test.get(&path).as_(Role::Discipline).send().await.bytes, paper);
    let page = test.get(&format!("/entries/{id}")).as_(Role::Leader).send().await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text().contains("限定范围内可看") && !page.text().contains("统计表"));
    assert_eq!(test.get(&path).as_(Role::Leader).send().await.status, StatusCode::NOT_FOUND);
    for words in ["绝不外传", "统计表"] {
        for role in [Role::Leader, Role::Discipline] {
            assert!(!found_by(&test, role, words).await, "{words} {role:?}");
        }
    }
}

/// A drawing of one colour: few bytes, many points.
fn large_drawing() -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    let drawn = image::GrayImage::from_pixel(6_000, 4_000, image::Luma([154]));
    image::DynamicImage::ImageLuma8(drawn).write_to(&mut out, image::ImageFormat::Png).expect("a picture");
    out.into_inner()
}

#[tokio::test]
async fn files_that_are_broken_off_are_read_one_at_a_time_all_the_same() {
    let (test, _, written) = started(Settings::default()).await;
    let large = large_drawing();
    let mut seen = test.app.files.watched();
    let sent = [("file_attachments", "图.png", large.as_slice())];
    for round in 1..=4 {
        let upload = || send(&test, "/record/file", &written, &sent);
        tokio::select! {
            _ = async { tokio::join!(upload(), upload(), upload(), upload()) } => {}
            begun = seen.wait_for(|at| at.begun >= round) => assert!(begun.is_ok()),
        }
        // All four are gone; what one of them began goes on, and what the next round sends waits for it.
    }
    let ended = *seen.wait_for(|at| at.running == 0).await.expect("the server is there");
    assert_eq!(ended.most, 1, "{ended:?}");
    let small = photograph();
    let told = send(&test, "/record/file", &written, &[("file_attachments", "照片.jpg", &small)]).await;
    assert_eq!(told.status, StatusCode::OK, "the way is free again: {}", told.text());
}

#[tokio::test]
async fn plans_and_tables_are_read_behind_the_same_gate() {
    let test = TestApp::new().await;
    let seen = test.app.files.watched();
    let begun = || seen.borrow().begun;
    let plan = crate::plans::hand_in(&test, "要点.txt", crate::plans::PLAN.as_bytes()).await;
    assert_eq!((plan.status, begun()), (StatusCode::SEE_OTHER, 1));
    let path = "/entries/import?ledger=theme-day";
    for (n, (path, role)) in
        [("/people/import", Role::Office), (path, Role::Secretary)].into_iter().enumerate()
    {
        let body = form(&[], &[("file", "名册.xlsx", b"PK\x03\x04 half a file")]);
        let ask = Ask::new(&test.router, Some(&test.tokens), Method::POST, path).as_(role);
        let told = ask.body(&format!("multipart/form-data; boundary={BOUNDARY}"), body).send().await;
        assert_eq!(
            (told.status, begun()),
            (StatusCode::UNPROCESSABLE_ENTITY, n + 2),
            "{path}: {}",
            told.text()
        );
    }
    let body = form(&[], &[("file", "组织.xlsx", b"PK\x03\x04 half a file")]);
    let ask = Ask::new(&test.router, Some(&test.tokens), Method::POST, "/admin/units/import")
        .as_(Role::SystemAdmin);
    let told = ask.body(&format!("multipart/form-data; boundary={BOUNDARY}"), body).send().await;
    assert_eq!((told.status, begun()), (StatusCode::UNPROCESSABLE_ENTITY, 4), "{}", told.text());
}
