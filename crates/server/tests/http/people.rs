//! The roster: seen, changed, imported, undone, exported; numbers that stay hidden; what people ask to have corrected.

use axum::http::StatusCode;
use model::{PersonId, Role, SecretKind};
use store::{AuditFilter, RosterFilter, Scope};
use testkit::{Link, Page};

use crate::harness::{Answer, TODAY, TestApp};

const CARD: &str = "11010519491231002X";
const OTHER_CARD: &str = "110105199003070033";

async fn names(test: &TestApp) -> Vec<String> {
    let filter = RosterFilter::on(TODAY);
    let rows = test.app.store.roster(test.institution, &Scope::All, &filter, 0, 100).await.unwrap();
    rows.into_iter().map(|r| r.person.name).collect()
}

async fn id_of(test: &TestApp, name: &str) -> PersonId {
    let filter =
        RosterFilter { presence: store::Presence::All, words: name.into(), ..RosterFilter::on(TODAY) };
    test.app.store.roster(test.institution, &Scope::All, &filter, 0, 9).await.unwrap()[0].person.id
}

async fn paste(test: &TestApp, text: &str) -> Answer {
    let mut body = Vec::new();
    for (name, value) in [("paste", text), ("day", "2022-04-22")] {
        body.extend_from_slice(
            format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").as_bytes(),
        );
    }
    body.extend_from_slice(b"--B--\r\n");
    let ask = test.post("/people/import", &[]).body("multipart/form-data; boundary=B", body);
    ask.as_(Role::Office).send().await
}

/// Takes in a paste without faults; the page of the import.
pub(crate) async fn import(test: &TestApp, text: &str) -> String {
    let at = paste(test, text).await.to().to_owned();
    let look = test.get(&at).as_(Role::Office).send().await.text();
    let mark = Page::read(&look).value("mark");
    let done = test.apply(&at, &[("mark", &mark)], Role::Office).await;
    assert_eq!(done.to(), at, "{}", done.text());
    at
}

fn sheet_rows(bytes: &[u8]) -> Vec<Vec<String>> {
    let sheets = office::sheet::read(bytes).expect("a workbook");
    let width = sheets[0].rows[0].cells.len() as u32;
    sheets[0].rows.iter().map(|r| (0..width).map(|c| r.words(c).to_owned()).collect()).collect()
}

#[tokio::test]
async fn a_person_is_added_changed_transferred_and_every_step_is_kept() {
    let test = TestApp::new().await;
    let branch = test.units["教工第一党支部"].to_string();
    let wrong =
        [("name", "=SUM(A1)"), ("kind", "staff"), ("citizen_id", "110105194912310021"), ("phone", "138")];
    let refused = test.post("/people/new", &wrong).as_(Role::Office).send().await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for words in ["像一个公式", "校验位不对", "手机号是 11 位"] {
        assert!(refused.text().contains(words), "{words}");
    }
    let fields = [
        ("name", "陈砚秋"),
        ("number", "20190301"),
        ("kind", "staff"),
        ("branch", branch.as_str()),
        ("stage", "probationary"),
        ("arrived", "2021-06-30"),
        ("joined", "2021-06-30"),
        ("citizen_id", CARD),
        ("phone", "13812345678"),
    ];
    let added = test.post("/people/new", &fields).as_(Role::Office).send().await;
    assert_eq!(added.status, StatusCode::SEE_OTHER, "{}", added.text());
    let id = id_of(&test, "cyq").await;
    assert_eq!(added.to(), format!("/people/{id}"));
    let page = test.get(&format!("/people/{id}")).as_(Role::Office).send().await.text();
    assert!(page.contains("****************2X") && page.contains("*******5678"), "{page}");
    assert!(!page.contains(CARD) && !page.contains("13812345678"));
    assert!(page.contains("1949年12月31日"), "read from the card");

    let twice = [("name", "别人"), ("kind", "staff"), ("citizen_id", CARD)];
    let refused = test.post("/people/new", &twice).as_(Role::Office).send().await;
    assert!(refused.text().contains("名册里已有人用这个身份证号"));

    let form = test.get(&format!("/people/{id}/move")).as_(Role::Office).send().await.text();
    let revision = Page::read(&form).value("revision");
    let full = [
        ("revision", revision.as_str()),
        ("way", "stage"),
        ("stage", "full"),
        ("day", "2022-04-01"),
        ("note", "支部大会通过"),
    ];
    let moved = test.post(&format!("/people/{id}/move"), &full).as_(Role::Office).send().await;
    assert_eq!(moved.to(), format!("/people/{id}"), "{}", moved.text());
    let stale = test.post(&format!("/people/{id}/move"), &full).as_(Role::Office).send().await;
    assert!(stale.text().contains("别人刚刚改过"));
    let page = test.get(&format!("/people/{id}")).as_(Role::Office).send().await.text();
    assert!(page.contains("转为正式党员：支部大会通过") && page.contains("2022年4月1日起"), "{page}");
    assert!(page.contains("预备党员"), "the stretch before stays");
    // On the last day of March the head count is the old one.
    let then = test.get("/people?on=2022-03-31").as_(Role::Office).send().await.page();
    let opens = |l: &Link| l.href == "?on=2022-03-31&stage=probationary" && l.words == "1";
    assert!(then.says("预备党员 1") && then.links().iter().any(opens), "{}", then.words());
}

/// A page without the ids of rows, in which any three digits may follow one another.
fn without_ids(page: &str) -> String {
    let words = page.split(|c: char| !c.is_ascii_hexdigit() && c != '-');
    let ids = words.filter(|word| word.len() == 36 && word.parse::<PersonId>().is_ok());
    ids.fold(page.to_owned(), |page, id| page.replace(id, ""))
}

/// Everywhere where a number is shown without a reason, its birthday stands beside it.
#[tokio::test]
async fn no_way_out_shows_more_of_a_number_than_its_last_two_characters() {
    let test = TestApp::new().await;
    import(&test, &format!("姓名\t工号\t身份证号\t手机号\n方以宁\t20080117\t{CARD}\t13812345678")).await;
    let id = test.member;
    let edit = test.get(&format!("/people/{id}/edit")).as_(Role::Office).send().await.text();
    let fields = [
        ("revision", Page::read(&edit).value("revision")),
        ("name", "方以宁".to_owned()),
        ("number", "20080117".to_owned()),
        ("kind", "staff".to_owned()),
        ("born", "1990-03-07".to_owned()),
        ("sex", "male".to_owned()),
        ("citizen_id", OTHER_CARD.to_owned()),
    ];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let saved = test.post(&format!("/people/{id}/edit"), &fields).as_(Role::Office).send().await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());
    let mut ways = Vec::new();
    for (path, role) in [
        (format!("/people/{id}"), Role::Office),
        (format!("/people/{id}"), Role::Secretary),
        (format!("/people/{id}/edit"), Role::Office),
        ("/people".to_owned(), Role::Office),
        ("/account/held".to_owned(), Role::Member),
    ] {
        ways.push((path.clone(), test.get(&path).as_(role).send().await.text()));
    }
    assert!(ways[0].1.contains("****************33") && ways[0].1.contains("*******5678"), "{}", ways[0].1);
    assert!(ways[0].1.contains("另一个号码"), "the history says that it changed: {}", ways[0].1);
    for role in [Role::Office, Role::Secretary] {
        let sheet = test.post("/people/export", &[("numbers", "masked")]).as_(role).send().await;
        ways.push((format!("export, {role:?}"), format!("{:?}", sheet_rows(&sheet.bytes))));
    }
    let paste = paste(&test, "姓名\t工号\t手机号\n方以宁\t20080117\t13912345678").await;
    ways.push(("import".to_owned(), test.get(paste.to()).as_(Role::Office).send().await.text()));
    for (way, shown) in &ways {
        let shown = without_ids(shown);
        for part in [&CARD[15..], &OTHER_CARD[15..], &CARD[..6], "1234567", "138****", "139****"] {
            // The form of an import has what was pasted, for whoever pasted it.
            let own = way == "import" && part == "1234567";
            assert!(own || !shown.contains(part), "{way}: {part}\n{shown}");
        }
    }
}

#[tokio::test]
async fn a_secretary_sees_their_branch_and_changes_nothing() {
    let test = TestApp::new().await;
    import(&test, "姓名\t类别\t所在支部\t发展阶段\n林知夏\t学生\t学生第一党支部\t入党积极分子").await;
    let list = test.get("/people").as_(Role::Secretary).send().await.text();
    assert!(list.contains("方以宁") && !list.contains("林知夏"));
    let other = id_of(&test, "林知夏").await;
    for path in [format!("/people/{other}"), format!("/people/{other}/correct")] {
        assert_eq!(test.get(&path).as_(Role::Secretary).send().await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let shown = test.post(&format!("/people/{other}/reveal"), &[("reason", "想看一看")]).as_(Role::Secretary);
    assert_eq!(shown.send().await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        test.get(&format!("/people/{}", test.member)).as_(Role::Secretary).send().await.status,
        StatusCode::OK
    );
    let edit = test.get(&format!("/people/{}/edit", test.member)).as_(Role::Secretary).send().await;
    assert_eq!(edit.status, StatusCode::FORBIDDEN);
    let sheet = test.post("/people/export", &[("numbers", "masked")]).as_(Role::Secretary).send().await;
    assert_eq!(sheet_rows(&sheet.bytes).len(), 2, "the heads and one member");
}

#[tokio::test]
async fn numbers_are_opened_for_a_reason_that_stays_in_the_log() {
    let test = TestApp::new().await;
    import(&test, &format!("姓名\t工号\t身份证号\n方以宁\t20080117\t{CARD}")).await;
    let path = format!("/people/{}/reveal", test.member);
    let refused = test.post(&path, &[("reason", "看")]).as_(Role::Office).send().await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!refused.text().contains(CARD));
    let shown = test.post(&path, &[("reason", "核对转接介绍信")]).as_(Role::Office).send().await;
    assert!(shown.text().contains(CARD));
    assert!(shown.header("cache-control").contains("no-store"), "{}", shown.header("cache-control"));
    let lines = test.app.store.audit(test.institution, &AuditFilter::default(), 3).await.unwrap();
    assert_eq!(lines[0].action, "person.reveal");
    let detail = format!("{:?}", lines[0].detail);
    assert!(detail.contains("核对转接介绍信") && !detail.contains(CARD), "{detail}");
}

#[tokio::test]
async fn a_paste_is_looked_at_mended_taken_in_and_undone() {
    let test = TestApp::new().await;
    let text = format!(
        "姓名\t公民身份证号码\t人员类别\t所在党支部\t入党日期\t转正日期\t工作岗位\t联系电话\t籍贯\n\
         方以宁\t{CARD}\t正式党员\t教工第一党支部\t2014-07-01\t2015-07-01\t高校教师\t13812345678\t陕西\n\
         林知夏\t{OTHER_CARD}\t预备党员\t教工第一支部\t1901-07-01\t\t专任教师\t1381234567\t\n\
         林知夏\t110105194912310021\t团长\t教工第二党支部\t2022-13-01\t\t\t\t\n"
    );
    let at = paste(&test, &text).await.to().to_owned();
    let look = test.get(&at).as_(Role::Office).send().await.text();
    assert!(look.contains("没有用到的栏：籍贯"));
    for words in [
        "B4 身份证号",
        "校验位不对",
        "不是教职工",
        "没有“教工第二党支部”",
        "是否指",
        "没有“2022-13-01”这一天",
        "H3 手机号",
        "太早",
    ] {
        assert!(look.contains(words), "{words}\n{look}");
    }
    assert_eq!(names(&test).await, ["方以宁"], "a draft changes nothing");
    let foreign = test.get(&at).as_(Role::Secretary).send().await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    // Not taken in while something is wrong and nobody said to leave it.
    let mark = Page::read(&look).value("mark");
    let refused = test.apply(&at, &[("mark", &mark)], Role::Office).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert_eq!(names(&test).await, ["方以宁"]);
    let mended = [
        ("r3.手机号", "13900001111"),
        ("r3.入党日期", "2021-07-01"),
        ("r4.身份证号", ""),
        ("r4.类别", "学生"),
        ("r4.所在支部", "学生第一党支部"),
        ("r4.入党日期", ""),
        ("r4.姓名", "苏禾"),
    ];
    test.post(&format!("{at}/mend"), &mended).as_(Role::Office).send().await;
    let look = test.get(&at).as_(Role::Office).send().await.text();
    assert!(look.contains("没有填：积极分子"), "the branch asks for the stage: {look}");
    let mended = [("r4.所在支部", "")];
    test.post(&format!("{at}/mend"), &mended).as_(Role::Office).send().await;
    let look = test.get(&format!("{at}?tab=change")).as_(Role::Office).send().await.text();
    assert!(look.contains("0 处") || !look.contains("行要改"), "{look}");
    assert!(look.contains("（空） → ****************2X") && look.contains("（空） → *******5678"), "{look}");
    let mark = Page::read(&look).value("mark");
    let stale = test.apply(&at, &[("mark", "0000")], Role::Office).await;
    assert!(stale.text().contains("又变了"));
    let done = test.apply(&at, &[("mark", &mark)], Role::Office).await;
    assert_eq!(done.to(), at, "{}", done.text());
    assert_eq!(names(&test).await, ["方以宁", "林知夏"]);
    let again = test.apply(&at, &[("mark", &mark)], Role::Office).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "sent twice, taken in once");
    let page = test.get(&at).as_(Role::Office).send().await.text();
    assert!(page.contains("新增 2 人，修改 1 人"), "{page}");
    // The same again changes nothing.
    let same = paste(&test, &text.lines().take(2).collect::<Vec<_>>().join("\n")).await.to().to_owned();
    let look = test.get(&same).as_(Role::Office).send().await.text();
    assert!(look.contains("新增 0 人，修改 0 人，不变 1 人"), "{look}");
    let undone = test.post(&format!("{at}/undo"), &[]).as_(Role::Office).send().await;
    assert_eq!(undone.to(), at);
    assert_eq!(names(&test).await, ["方以宁"]);
    let held = test.app.store.secret_holders(test.institution, SecretKind::CitizenId, &[CARD]).await.unwrap();
    assert_eq!(held, [vec![]], "nothing of it is left");
    let again = test.post(&format!("{at}/undo"), &[]).as_(Role::Office).send().await;
    assert_eq!(again.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn people_are_found_again_and_never_mixed_up() {
    let test = TestApp::new().await;
    import(&test, &format!("姓名\t工号\t身份证号\t类别\t所在支部\t阶段\t积极分子日期\n林知夏\tS1\t{OTHER_CARD}\t学生\t学生第一党支部\t积极分子\t2021-03-01")).await;
    let text = format!(
        "姓名\t工号\t身份证号\t阶段\t所在支部\n\
         方以宁\tS1\t\t\t\n\
         方以宁\t20080117\t{OTHER_CARD}\t\t\n\
         林知夏\tS1\t\t发展对象\t教工第一党支部\n\
         林知夏\tS1\t\t\t\n"
    );
    let at = paste(&test, &text).await.to().to_owned();
    let look = test.get(&at).as_(Role::Office).send().await.text();
    assert!(look.contains("这个号在名册里是林知夏"), "{look}");
    assert!(look.contains("这个号是方以宁的，身份证号是林知夏的"));
    assert!(look.contains("和第 2 行一样"), "a number twice in the sheet");
    // A stage is never taken back by an import.
    import(&test, "姓名\t工号\t阶段\t发展对象日期\n林知夏\tS1\t发展对象\t2022-03-01").await;
    let at = paste(&test, "姓名\t工号\t阶段\n林知夏\tS1\t积极分子").await.to().to_owned();
    assert!(test.get(&at).as_(Role::Office).send().await.text().contains("导入不能退回"));
    // A transfer.
    import(&test, "姓名\t工号\t所在支部\t到支部日期\t职务\n林知夏\tS1\t教工第一党支部\t2022-04-22\t组织委员")
        .await;
    let page =
        test.get(&format!("/people/{}", id_of(&test, "林知夏").await)).as_(Role::Office).send().await.text();
    assert!(page.contains("发展对象，教工第一党支部") && page.contains("组织委员"), "{page}");
}

#[tokio::test]
async fn what_goes_out_comes_in_and_changes_nothing() {
    let test = TestApp::new().await;
    import(
        &test,
        &format!(
            "姓名\t工号\t身份证号\t手机\t类别\t所在支部\t阶段\t入党日期\t转正日期\t职务\t任职日期\t学历\t其他类别\n\
             单晓雨\tT7\t{OTHER_CARD}\t13900001111\t教职工\t教工第一党支部\t正式党员\t2014-07-01\t2015-07-01\t书记、纪检委员\t2020-01-01\t研究生\t流动党员、生活困难"
        ),
    )
    .await;
    for numbers in ["masked", "full"] {
        let fields = [("numbers", numbers), ("reason", "报上级核对")];
        let sheet = test.post("/people/export", &fields).as_(Role::Office).send().await;
        assert_eq!(sheet.status, StatusCode::OK);
        let rows = sheet_rows(&sheet.bytes);
        assert_eq!(rows.len(), 3);
        assert_eq!(sheet.text().contains(OTHER_CARD) || rows[2][2] == OTHER_CARD, numbers == "full");
        let back = upload(&test, "名册.xlsx", sheet.bytes).await;
        let look = test.get(back.to()).as_(Role::Office).send().await.text();
        assert!(look.contains("新增 0 人，修改 0 人，不变 2 人"), "{numbers}: {look}");
    }
    let no_reason = test.post("/people/export", &[("numbers", "full"), ("reason", "")]).as_(Role::Office);
    assert_eq!(no_reason.send().await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let found = test.post("/people/export?q=shanxy", &[("numbers", "masked")]).as_(Role::Office).send().await;
    assert_eq!(sheet_rows(&found.bytes).len(), 1, "as it was filtered");
}

async fn upload(test: &TestApp, name: &str, bytes: Vec<u8>) -> Answer {
    let mut body = Vec::new();
    body.extend_from_slice(
        format!("--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n")
            .as_bytes(),
    );
    body.extend_from_slice(&bytes);
    body.extend_from_slice(
        b"\r\n--B\r\nContent-Disposition: form-data; name=\"day\"\r\n\r\n2022-04-22\r\n--B--\r\n",
    );
    let ask = test.post("/people/import", &[]).body("multipart/form-data; boundary=B", body);
    ask.as_(Role::Office).send().await
}

#[tokio::test]
async fn the_empty_form_is_taken_in_and_its_example_is_nobody() {
    let test = TestApp::new().await;
    let form = test.get("/people/template.xlsx").as_(Role::Office).send().await;
    let refused = upload(&test, "空表.xlsx", form.bytes).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().contains("表头下面没有人"), "{}", refused.text());
    let broken = upload(&test, "名册.xlsx", b"PK\x03\x04 half a file".to_vec()).await;
    assert_eq!(broken.status, StatusCode::UNPROCESSABLE_ENTITY);
    let nothing = paste(&test, "").await;
    assert!(nothing.text().contains("没有选文件，也没有粘贴"));
}

#[tokio::test]
async fn three_thousand_faults_are_told_on_pages_and_in_a_sheet() {
    let test = TestApp::new().await;
    let mut text = "姓名\t身份证号\t类别\n".to_owned();
    for n in 0..3_000 {
        text.push_str(&format!("=A{n}\t1101051949123100{:02}\t谁\n", n % 100));
    }
    let at = paste(&test, &text).await.to().to_owned();
    let look = test.get(&at).as_(Role::Office).send().await.text();
    assert!(look.contains("3000 行要改") && look.contains("第 1—100 条，共 3000 条"));
    let sheet = test.get(&format!("{at}/wrong.xlsx")).as_(Role::Office).send().await;
    let rows = sheet_rows(&sheet.bytes);
    assert_eq!(rows.len(), 3_001);
    assert!(rows[1][3].contains("第 2 行") && rows[1][3].contains("A2 姓名：像一个公式"), "{}", rows[1][3]);
}

#[tokio::test]
async fn one_sees_takes_away_and_has_corrected_what_is_held_about_one() {
    let test = TestApp::new().await;
    import(&test, &format!("姓名\t工号\t身份证号\t民族\n方以宁\t20080117\t{CARD}\t汉族")).await;
    let page = test.get("/account/held").as_(Role::Member).send().await.text();
    assert!(page.contains("****************2X") && page.contains("汉族") && !page.contains(CARD), "{page}");
    let own = test.post("/account/held/show", &[]).as_(Role::Member).send().await;
    assert!(own.text().contains(CARD));
    let json = test.get("/account/held.json").as_(Role::Member).send().await;
    let held: serde_json::Value = serde_json::from_slice(&json.bytes).unwrap();
    assert_eq!(held["citizen_id"], CARD);
    let sheet = test.get("/account/held.xlsx").as_(Role::Member).send().await;
    assert!(sheet_rows(&sheet.bytes).iter().any(|r| r[0] == "身份证号" && r[1] == CARD));
    let asked = [("words", "入党日期应为 2009-07-01")];
    test.post("/account/held/correct", &asked).as_(Role::Member).send().await;
    let todo = test.get("/people/corrections").as_(Role::Office).send().await.text();
    assert!(todo.contains("入党日期应为 2009-07-01") && todo.contains("方以宁"));
    assert!(test.get("/office").as_(Role::Office).send().await.text().contains("更正申请"));
    let id = test.app.store.corrections(test.institution, None).await.unwrap()[0].id;
    let path = format!("/people/corrections/{id}");
    let silent = test.post(&path, &[("done", "0")]).as_(Role::Office).send().await;
    assert_eq!(silent.status, StatusCode::CONFLICT, "no without a word why");
    test.post(&path, &[("done", "0"), ("remark", "志愿书上如此")]).as_(Role::Office).send().await;
    let page = test.get("/account/held").as_(Role::Member).send().await.text();
    assert!(page.contains("没有更正") && page.contains("志愿书上如此"), "{page}");
    // Somebody who is nobody on the roster is told so.
    let nobody = test.get("/account/held").as_(Role::SystemAdmin).send().await.text();
    assert!(nobody.contains("没有对应到名册里的人"));
}

#[tokio::test]
async fn the_secretaries_get_their_accounts_from_three_hands() {
    let test = TestApp::new().await;
    import(&test, "姓名\t工号\t所在支部\t职务\n方以宁\t20080117\t教工第一党支部\t书记").await;
    // The fixture's member has an account; take another who has none.
    import(
        &test,
        "姓名\t工号\t类别\t所在支部\t阶段\t职务\n林知夏\tT9\t教职工\t学生第一党支部\t正式党员\t书记",
    )
    .await;
    let page = test.get("/people/accounts").as_(Role::Office).send().await.text();
    assert!(page.contains("2 人还没有账号"), "{page}");
    let who = format!("{} {}", id_of(&test, "林知夏").await, test.units["学生第一党支部"]);
    test.post("/people/accounts", &[("who", &who)]).as_(Role::Office).send().await;
    let made = test.post("/admin/accounts/asked", &[]).as_(Role::SystemAdmin).send().await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text());
    assert!(made.text().contains("林知夏") && !made.page().of_class("mono").is_empty());
    let waiting = test.app.store.account_requests(test.institution).await.unwrap();
    let request = waiting[0].id.to_string();
    test.post("/admin/grants/asked", &[("request", &request)]).as_(Role::SecurityAdmin).send().await;
    let account = test.app.store.account_by_login("t9").await.unwrap().expect("opened under the number");
    let grants = test.app.store.grants_of(test.institution, account.id).await.unwrap();
    assert_eq!((grants[0].role, grants[0].unit), (Role::Secretary, test.units["学生第一党支部"]));
}

#[tokio::test]
async fn a_college_that_begins_is_led_step_by_step() {
    let test = TestApp::new().await;
    let page = test.get("/office").as_(Role::Office).send().await.text();
    for words in ["开始使用", "名册里在册 1 人", "/people/accounts", "上传要点"] {
        assert!(page.contains(words), "{words}");
    }
}

#[tokio::test]
async fn who_was_named_for_an_account_is_taken_back_before_it_is_opened() {
    let test = TestApp::new().await;
    import(
        &test,
        "姓名\t工号\t类别\t所在支部\t阶段\t职务\n林知夏\tT9\t教职工\t学生第一党支部\t正式党员\t书记",
    )
    .await;
    let who = format!("{} {}", id_of(&test, "林知夏").await, test.units["学生第一党支部"]);
    test.post("/people/accounts", &[("who", &who)]).as_(Role::Office).send().await;
    let page = test.get("/people/accounts").as_(Role::Office).send().await.page();
    assert_eq!(page.number("已报"), 1);
    let request = test.app.store.account_requests(test.institution).await.unwrap()[0].id;
    let drop = format!("/people/accounts/{request}/drop");
    assert!(page.form(&drop).part().button("撤回").is_some());
    let dropped = test.post(&drop, &[]).as_(Role::Office).send().await;
    assert_eq!(dropped.to(), "/people/accounts", "{}", dropped.text());
    assert!(test.get("/people/accounts").as_(Role::Office).send().await.page().says("1 人还没有账号"));
    let asked = test.get("/admin/accounts").as_(Role::SystemAdmin).send().await.page();
    assert!(!asked.says("党委办公室报来的"), "nothing waits for the administrator any more");
}

#[tokio::test]
async fn a_stretch_is_corrected_and_struck_and_what_it_was_stays() {
    let test = TestApp::new().await;
    let id = test.member;
    let page = test.get(&format!("/people/{id}")).as_(Role::Office).send().await.page();
    let stretch =
        page.links().into_iter().find(|l| l.href.contains("/stretches/")).expect("one stretch").href;
    let form = test.get(&stretch).as_(Role::Office).send().await.page();
    assert_eq!((form.value("since").as_str(), form.value("stage").as_str()), ("2015-07-01", "full"));
    let sent = |changed: &[(&'static str, &'static str)]| {
        let mut fields = form.form("").filled();
        for (name, value) in changed {
            fields.retain(|(n, _)| n != name);
            fields.push(((*name).to_owned(), (*value).to_owned()));
        }
        fields
    };
    let send = async |fields: Vec<(String, String)>| {
        let pairs: Vec<_> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        test.post(&stretch, &pairs).as_(Role::Office).send().await
    };
    let unsaid = send(sent(&[("since", "2016-07-01")])).await;
    assert_eq!(unsaid.status, StatusCode::UNPROCESSABLE_ENTITY, "a correction says why");
    let backwards = send(sent(&[("until", "2014-01-01"), ("note", "抄错了")])).await;
    assert!(backwards.page().says("要晚于开始"), "{}", backwards.page().words());
    let corrected = send(sent(&[("since", "2016-07-01"), ("note", "抄错了一年")])).await;
    assert_eq!(corrected.to(), format!("/people/{id}"), "{}", corrected.text());
    let page = test.get(&format!("/people/{id}")).as_(Role::Office).send().await.page();
    assert!(page.says("2016年7月1日") && page.says("更正一段经历：抄错了一年"), "{}", page.words());
    let stale = send(sent(&[("since", "2017-07-01"), ("note", "再改")])).await;
    assert!(stale.page().says("别人刚刚改过这个人"), "{}", stale.page().words());
    // Struck by the form as it is now.
    let form = test.get(&stretch).as_(Role::Office).send().await.page();
    let mut fields = form.form("").filled();
    fields.retain(|(n, _)| n != "note");
    fields.extend([("note", "登记错了人"), ("delete", "1")].map(|(n, v)| (n.to_owned(), v.to_owned())));
    assert_eq!(send(fields).await.to(), format!("/people/{id}"));
    assert_eq!(test.get(&stretch).as_(Role::Office).send().await.status, StatusCode::NOT_FOUND);
    let page = test.get(&format!("/people/{id}")).as_(Role::Office).send().await.page();
    assert!(page.says("删去一段经历：登记错了人"), "{}", page.words());
}

#[tokio::test]
async fn a_secretary_reports_what_is_wrong_about_one_of_theirs() {
    let test = TestApp::new().await;
    let path = format!("/people/{}/correct", test.member);
    let form = test.get(&path).as_(Role::Secretary).send().await.page();
    assert!(form.says("方以宁") && form.has_field("words"));
    let empty = test.post(&path, &[("words", "")]).as_(Role::Secretary).send().await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    let asked = test.post(&path, &[("words", "学历应为硕士")]).as_(Role::Secretary).send().await;
    assert_eq!(asked.to(), format!("/people/{}", test.member));
    let waiting = test.get("/people/corrections").as_(Role::Office).send().await.page();
    assert!(waiting.says("学历应为硕士") && waiting.says("方以宁"), "{}", waiting.words());
}

#[tokio::test]
async fn a_post_is_taken_up_mended_and_laid_down() {
    let test = TestApp::new().await;
    let id = test.member;
    let path = format!("/people/{id}/posts/new");
    let sent = async |path: &str, changed: &[(&str, &str)]| {
        let form = test.get(path).as_(Role::Office).send().await.page();
        let mut fields = form.form("").filled();
        fields.retain(|(name, _)| changed.iter().all(|(n, _)| n != name));
        fields.extend(changed.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
        let pairs: Vec<_> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        test.post(path, &pairs).as_(Role::Office).send().await
    };
    let nameless = sent(&path, &[("title", "")]).await;
    assert_eq!(nameless.status, StatusCode::UNPROCESSABLE_ENTITY);
    let taken = sent(&path, &[("title", "组织委员"), ("since", "2021-03-01")]).await;
    assert_eq!(taken.to(), format!("/people/{id}"), "{}", taken.text());
    let twice = sent(&path, &[("title", "组织委员"), ("since", "2022-03-01")]).await;
    assert!(twice.page().says("现在就任这个职务"), "{}", twice.page().words());
    let page = test.get(&format!("/people/{id}")).as_(Role::Office).send().await.page();
    let post = page.links().into_iter().find(|l| l.href.contains("/posts/") && !l.href.ends_with("/new"));
    let post = post.expect("the post can be mended").href;
    let backwards = sent(&post, &[("until", "2020-01-01")]).await;
    assert!(backwards.page().says("要晚于任职日期"), "{}", backwards.page().words());
    let laid_down = sent(&post, &[("until", "2022-03-01")]).await;
    assert_eq!(laid_down.to(), format!("/people/{id}"), "{}", laid_down.text());
    let page = test.get(&format!("/people/{id}")).as_(Role::Office).send().await.page();
    assert!(page.says("组织委员") && page.says("2022年3月1日"), "{}", page.words());
}

#[tokio::test]
async fn a_roster_that_was_handed_in_is_thrown_away_before_it_is_taken_in() {
    let test = TestApp::new().await;
    let at = paste(&test, "姓名\t工号\t所在支部\n林知夏\tT9\t学生第一党支部").await.to().to_owned();
    let foreign = test.post(&format!("{at}/drop"), &[]).as_(Role::Secretary).send().await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    assert_eq!(test.get(&at).as_(Role::Office).send().await.status, StatusCode::OK);
    let dropped = test.post(&format!("{at}/drop"), &[]).as_(Role::Office).send().await;
    assert_eq!(dropped.status, StatusCode::SEE_OTHER);
    assert_eq!(test.get(&at).as_(Role::Office).send().await.status, StatusCode::NOT_FOUND);
    assert_eq!(names(&test).await, ["方以宁"]);
}
