//! The three administrators: each their own part.

use axum::http::StatusCode;
use model::Role;
use testkit::Page;

use crate::harness::{PASSWORD, TestApp};

/// The password that is shown once, in the column of that name.
fn shown_once(page: &Page) -> String {
    page.of_class("mono").first().expect("a password").words()
}

#[tokio::test]
async fn an_account_is_opened_granted_and_used() {
    let test = TestApp::new().await;
    let lines = "20080117x 方小满\n20090233　陈砚秋";
    let made = test.post("/admin/accounts/new", &[("accounts", lines)]).as_(Role::SystemAdmin).send().await;
    assert_eq!(made.status, StatusCode::OK);
    let secret = shown_once(&made.page());
    let inside =
        test.post("/login", &[("login", "20080117x"), ("password", &secret)]).send().await.cookie("luoshi");
    // Without a role and with a password of somebody else's there is only one page.
    let home = test.get("/").cookie(&inside).send().await;
    assert_eq!(home.to(), "/account");
    assert_eq!(test.get("/plan").cookie(&inside).send().await.to(), "/account/password");
    test.post("/account/password", &[("old", &secret), ("new", "Ziji-De-88"), ("again", "Ziji-De-88")])
        .cookie(&inside)
        .send()
        .await;
    let refused = test.get("/plan").cookie(&inside).send().await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.text().contains("你的账号还没有角色"));

    let account = test.app.store.account_by_login("20080117x").await.unwrap().expect("it was made");
    let path = format!("/admin/grants/{}", account.id);
    let unit = test.units["教工第一党支部"].to_string();
    let given =
        test.post(&path, &[("role", "secretary"), ("unit", &unit)]).as_(Role::SecurityAdmin).send().await;
    assert_eq!(given.to(), path);
    assert_eq!(test.get("/month").cookie(&inside).send().await.status, StatusCode::OK);
    let held = test.app.store.grants_of(test.institution, account.id).await.unwrap();
    let by = held[0].granted.1;
    assert_eq!(by, Some(test.accounts[&Role::SecurityAdmin]), "who granted it stays known");

    // 三员 exclude everything else.
    let both =
        test.post(&path, &[("role", "audit_admin"), ("unit", &unit)]).as_(Role::SecurityAdmin).send().await;
    assert_eq!(both.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(both.text().contains("三员不能兼任别的角色"));

    let closed = test
        .post(&format!("/admin/accounts/{}/disable", account.id), &[])
        .as_(Role::SystemAdmin)
        .send()
        .await;
    assert_eq!(closed.to(), "/admin/accounts");
    assert!(test.get("/month").cookie(&inside).send().await.to().starts_with("/login"));
    let again = test.post("/login", &[("login", "20080117x"), ("password", "Ziji-De-88")]).send().await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn every_mistake_in_a_list_of_accounts_is_told_and_none_is_opened() {
    let test = TestApp::new().await;
    let lines = "a01 甲\na01 乙\n只有一个词\noffice 重名";
    let answer = test.post("/admin/accounts/new", &[("accounts", lines)]).as_(Role::SystemAdmin).send().await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let text = answer.text();
    assert!(text.contains("第 2 行的账号 a01 前面已经有了") && text.contains("第 3 行要写成"), "{text}");
    assert!(text.contains("a01 甲"), "what was typed is still there");
    assert!(test.app.store.account_by_login("a01").await.unwrap().is_none());
}

#[tokio::test]
async fn no_administrator_can_become_or_remove_another() {
    let test = TestApp::new().await;
    let audit = test.accounts[&Role::AuditAdmin];
    let reset =
        test.post(&format!("/admin/grants/{audit}/password"), &[]).as_(Role::SecurityAdmin).send().await;
    assert_eq!(reset.status, StatusCode::FORBIDDEN);
    let inside = test.post("/login", &[("login", "audit_admin"), ("password", PASSWORD)]).send().await;
    assert_eq!(inside.status, StatusCode::SEE_OTHER);
    let closed =
        test.post(&format!("/admin/accounts/{audit}/disable"), &[]).as_(Role::SystemAdmin).send().await;
    assert_eq!(closed.status, StatusCode::CONFLICT);
    assert!(closed.text().contains("唯一的审计管理员"));
    let me = test.accounts[&Role::SecurityAdmin];
    let root = test.units["党委办公室"].to_string();
    let own = test
        .post(&format!("/admin/grants/{me}"), &[("role", "office"), ("unit", &root)])
        .as_(Role::SecurityAdmin)
        .send()
        .await;
    assert_eq!(own.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn units_are_changed_imported_and_never_lost() {
    let test = TestApp::new().await;
    let id = test.units["宣传部"];
    let root = test.units["中共青梧职业技术学院委员会"].to_string();
    let path = format!("/admin/units/{id}");
    let fields = [
        ("name", "党委宣传部"),
        ("kind", "department"),
        ("parent", root.as_str()),
        ("aliases", "宣传部、党宣"),
        ("sort", "2"),
    ];
    assert_eq!(test.post(&path, &fields).as_(Role::SystemAdmin).send().await.to(), "/admin/units");
    let page = test.get("/org").as_(Role::Office).send().await.text();
    assert!(page.contains("党委宣传部") && page.contains("宣传部、党宣"));
    assert!(test.get(&path).as_(Role::SystemAdmin).send().await.text().contains("改动"), "what it was stays");

    // Below itself is nowhere to go.
    let general = test.units["智能制造学院党总支"];
    let below = test.units["教工第一党支部"].to_string();
    let fields = [
        ("name", "智能制造学院党总支"),
        ("kind", "general_branch"),
        ("parent", below.as_str()),
        ("sort", "1"),
    ];
    let answer = test.post(&format!("/admin/units/{general}"), &fields).as_(Role::SystemAdmin).send().await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
}

fn sent_table(parts: &[(&str, &str)]) -> Vec<u8> {
    let part = |(name, value): &(&str, &str)| {
        let (name, file) = name.split_once(':').unwrap_or((name, ""));
        let file = if file.is_empty() { String::new() } else { format!("; filename=\"{file}\"") };
        format!("--B\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n{value}\r\n")
    };
    format!("{}--B--\r\n", parts.iter().map(part).collect::<String>()).into_bytes()
}

#[tokio::test]
async fn a_table_of_units_is_looked_at_before_it_is_taken_in() {
    let test = TestApp::new().await;
    let import = async |parts: &[(&str, &str)]| {
        let body = sent_table(parts);
        let multipart = "multipart/form-data; boundary=B";
        test.post("/admin/units/import", &[]).body(multipart, body).as_(Role::SystemAdmin).send().await
    };
    let units = async || test.get("/admin/units").as_(Role::SystemAdmin).send().await.text();
    let table =
        "名称\t种类\t上级\t简称\r\n校工会\t\t\t工会\r\n教工第一党支部\t\t智能制造学院党总支\t智造一支部";
    let look = import(&[("table", table)]).await;
    assert_eq!(look.status, StatusCode::OK);
    let page = look.text();
    assert!(page.contains("新增 1 个，改动 1 个") && page.contains("群团组织"), "{page}");
    assert!(!units().await.contains("校工会"), "looking at it changes nothing");
    let mark = look.page().value("mark");

    let other = table.replace("校工会", "校妇联");
    let again = import(&[("table", &other), ("mark", &mark), ("sure", "1")]).await;
    assert_eq!(again.status, StatusCode::OK, "what was not looked at is shown first");
    let asked = import(&[("table", table), ("mark", &mark), ("sure", "1")]).await;
    let at = asked.to().to_owned();
    let waits = test.get(&at).as_(Role::SystemAdmin).send().await.text();
    assert!(waits.contains("正在导入") && waits.contains("排队等着"), "{waits}");
    assert_eq!(server::run_jobs(&test.app).await.unwrap(), 1);
    assert_eq!(test.get(&at).as_(Role::SystemAdmin).send().await.to(), "/admin/units");
    let page = units().await;
    assert!(page.contains("校工会") && page.contains("智造一支部"));
    assert!(page.contains("党委宣传部") || page.contains("宣传部"), "what the table does not name stays");

    // Between looking and taking in somebody else was faster: nothing is done, and what was handed in is still there.
    let more = format!("{table}\r\n校友会\t群团组织\t\t");
    let mark = import(&[("table", &more)]).await.page().value("mark");
    let at = import(&[("table", &more), ("mark", &mark), ("sure", "1")]).await.to().to_owned();
    let act = store::Act::new(None, "", test.app.clock.now(), "test");
    let branch = test.units["教工第一党支部"];
    let mut unit = test.app.store.organisation(test.institution).await.unwrap().unit(branch).unwrap().clone();
    unit.aliases.push("智造甲支部".to_owned());
    test.app.store.save_units(test.institution, &[unit], &act).await.unwrap();
    server::run_jobs(&test.app).await.unwrap();
    let refused = test.get(&at).as_(Role::SystemAdmin).send().await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    let page = refused.text();
    assert!(page.contains("组织又变了") && page.contains("校友会"), "{page}");
    assert!(!units().await.contains("校友会"));

    let bad = import(&[("table", "名称\t上级\n甲党支部\t没有的")]).await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    let text = bad.text();
    assert!(
        text.contains("第 2 行 上级：没有“没有的”这个组织") && text.contains("甲党支部\t没有的"),
        "{text}"
    );

    let toml = "name = \"x\"\n[[unit]]\nname = \"党委\"\nkind = \"committee\"\n[[unit]]\nname = \"校友会\"\nkind = \"mass_organisation\"\nparent = \"党委\"\n";
    let look = import(&[("file:org.toml", toml)]).await;
    assert_eq!(look.status, StatusCode::OK);
    assert!(look.text().contains("校友会\t群团组织\t党委"), "a file becomes the table that can be mended");
    let bad = import(&[("file:org.toml", &toml.replace("parent = \"党委\"", "parent = \"没有的\""))]).await;
    assert!(bad.status == StatusCode::UNPROCESSABLE_ENTITY && bad.text().contains("第 8 行"));
    assert_eq!(import(&[("table", " ")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn the_calendar_is_checked_and_kept() {
    let test = TestApp::new().await;
    let page = test.get("/admin/calendar").as_(Role::SystemAdmin).send().await;
    assert_eq!(page.status, StatusCode::OK);
    let save = |terms: &'static str, exempt: &'static str| {
        test.post(
            "/admin/calendar",
            &[("year", "2022"), ("revision", "0"), ("terms", terms), ("exempt", exempt)],
        )
        .as_(Role::SystemAdmin)
        .send()
    };
    let bad = save("春季学期 2022-02-30 2022-07-08", "8").await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(bad.text().contains("第 1 行") && bad.text().contains("理由不能少"));
    let good =
        save("春季学期 2022-02-21 2022-07-08\n秋季学期 2022-09-01 2023-01-13", "8 暑假，教师离校").await;
    assert_eq!(good.to(), "/admin/calendar?year=2022");
    // 22 April is in the ninth week that begins on 21 February.
    assert!(test.get("/plan").as_(Role::Office).send().await.text().contains("4月22日 周五　第9周"));
    let late = save("春季学期 2022-02-28 2022-07-08", "").await;
    assert_eq!(late.status, StatusCode::CONFLICT, "the second of two who save is told");
    assert!(late.text().contains("2022-02-28"), "and keeps what was typed");
}

#[tokio::test]
async fn the_log_names_what_was_done_and_can_be_checked() {
    let test = TestApp::new().await;
    test.post("/login", &[("login", "office"), ("password", "wrong")]).send().await;
    let page = test.get("/admin/audit?what=session.").as_(Role::AuditAdmin).send().await.text();
    assert!(page.contains("登录失败") && page.contains("office"));
    assert!(!page.contains("wrong"), "never what was typed");
    let checked = test.post("/admin/audit/check", &[]).as_(Role::AuditAdmin).send().await;
    assert!(checked.text().contains("日志完整"));
    let none = test.get("/admin/audit?from=2023-01-01").as_(Role::AuditAdmin).send().await;
    assert!(none.text().contains("没有符合的日志"));
}

#[tokio::test]
async fn an_account_that_was_closed_is_opened_again() {
    let test = TestApp::new().await;
    let id = test.accounts[&Role::Lead];
    let list = async || test.get("/admin/accounts").as_(Role::SystemAdmin).send().await.page();
    let sign_in =
        async || test.post("/login", &[("login", "lead"), ("password", PASSWORD)]).send().await.status;
    test.post(&format!("/admin/accounts/{id}/disable"), &[]).as_(Role::SystemAdmin).send().await;
    assert!(list().await.row("lead").says("停用恢复"));
    assert_eq!(sign_in().await, StatusCode::UNPROCESSABLE_ENTITY);
    let opened = test.post(&format!("/admin/accounts/{id}/enable"), &[]).as_(Role::SystemAdmin).send().await;
    assert_eq!(opened.to(), "/admin/accounts");
    assert!(list().await.row("lead").button("停用").is_some());
    assert_eq!(sign_in().await, StatusCode::SEE_OTHER);
    let log = test.get("/admin/audit?what=account.").as_(Role::AuditAdmin).send().await.page();
    assert!(log.row("恢复账号").says("lead"));
}

#[tokio::test]
async fn a_role_is_taken_back_and_stays_in_what_was_granted() {
    let test = TestApp::new().await;
    let path = format!("/admin/grants/{}", test.accounts[&Role::Lead]);
    let page = test.get(&path).as_(Role::SecurityAdmin).send().await.page();
    let form = page.form(&format!("{path}/end")).filled();
    let form: Vec<_> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let unknown = [("grant", "00000000-0000-7000-8000-000000000000")];
    let none = test.post(&format!("{path}/end"), &unknown).as_(Role::SecurityAdmin).send().await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    assert_eq!(test.post(&format!("{path}/end"), &form).as_(Role::SecurityAdmin).send().await.to(), path);
    assert_eq!(test.get("/month").as_(Role::Lead).send().await.status, StatusCode::FORBIDDEN);
    let page = test.get(&path).as_(Role::SecurityAdmin).send().await.page();
    assert!(page.row(Role::Lead.word()).button("收回").is_none(), "it is there, and over");
}

#[tokio::test]
async fn a_unit_is_added_and_all_of_them_leave_as_the_table_that_comes_in_again() {
    let test = TestApp::new().await;
    let root = test.units["中共青梧职业技术学院委员会"].to_string();
    let form = test.get("/admin/units/new").as_(Role::SystemAdmin).send().await.page();
    assert!(form.has_field("name") && form.field("parent").options().iter().any(|(id, _)| *id == root));
    let nameless = [("name", ""), ("kind", "department"), ("parent", root.as_str()), ("sort", "9")];
    let refused = test.post("/admin/units/new", &nameless).as_(Role::SystemAdmin).send().await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let fields = [
        ("name", "保卫处"),
        ("kind", "department"),
        ("parent", root.as_str()),
        ("aliases", "安保处"),
        ("sort", "9"),
    ];
    let made = test.post("/admin/units/new", &fields).as_(Role::SystemAdmin).send().await;
    assert_eq!(made.to(), "/admin/units", "{}", made.text());

    let file = test.get("/admin/units/table.xlsx").as_(Role::SystemAdmin).send().await;
    assert_eq!(file.status, StatusCode::OK);
    let sheets = office::sheet::read(&file.bytes).expect("a workbook");
    let rows: Vec<Vec<&str>> =
        sheets[0].rows.iter().map(|r| r.cells.iter().map(|c| c.words.as_str()).collect()).collect();
    assert_eq!(rows.len(), 1 + test.units.len() + 1, "a head, those that were, and the new one");
    let new = rows.iter().find(|r| r.contains(&"保卫处")).expect("the new one");
    assert!(new.contains(&"安保处") && new.contains(&"中共青梧职业技术学院委员会"), "{new:?}");
    // Handed in as it left, it changes nothing.
    let mut body =
        b"--B\r\ncontent-disposition: form-data; name=\"file\"; filename=\"units.xlsx\"\r\n\r\n".to_vec();
    body.extend_from_slice(&file.bytes);
    body.extend_from_slice(b"\r\n--B--\r\n");
    let multipart = "multipart/form-data; boundary=B";
    let look = test.post("/admin/units/import", &[]).body(multipart, body);
    let look = look.as_(Role::SystemAdmin).send().await;
    assert_eq!(look.status, StatusCode::OK, "{}", look.text());
    assert!(look.page().says("新增 0 个，改动 0 个"), "{}", look.page().words());
}

#[tokio::test]
async fn a_new_password_is_handed_over_once_and_the_old_one_ends() {
    let test = TestApp::new().await;
    let path = format!("/admin/grants/{}/password", test.accounts[&Role::Lead]);
    let made = test.post(&path, &[]).as_(Role::SecurityAdmin).send().await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text());
    let secret = shown_once(&made.page());
    assert!(
        test.get("/month").as_(Role::Lead).send().await.to().starts_with("/login"),
        "signed out everywhere"
    );
    let old = test.post("/login", &[("login", "lead"), ("password", PASSWORD)]).send().await;
    assert_eq!(old.status, StatusCode::UNPROCESSABLE_ENTITY);
    let new = test.post("/login", &[("login", "lead"), ("password", &secret)]).send().await;
    let inside = new.cookie("luoshi");
    assert_eq!(
        test.get("/month").cookie(&inside).send().await.to(),
        "/account/password",
        "and is changed first"
    );
}

#[tokio::test]
async fn every_sheet_of_a_workbook_of_units_is_read_or_named() {
    use office::sheet::{Cell, Column, Kind, Sheet};
    let test = TestApp::new().await;
    let sheet = |name: &str, heads: &[&str], rows: &[&[&str]]| Sheet {
        name: name.to_owned(),
        title: name.to_owned(),
        columns: heads.iter().map(|h| Column::new(*h, 20, Kind::Text)).collect(),
        frozen: 0,
        rows: rows.iter().map(|r| r.iter().map(|c| Cell::Text((*c).to_owned())).collect()).collect(),
    };
    let heads = ["名称", "上级"];
    let sheets = [
        sheet("部门", &heads, &[&["校工会", ""], &["合计", "1"]]),
        sheet(
            "支部",
            &heads,
            &[&["教工第二党支部", "智能制造学院党总支"], &["第一党小组", "教工第二党支部"]],
        ),
        sheet("说明", &["怎样填"], &[&["一行一个"]]),
    ];
    let look = async |sheets: &[Sheet]| {
        let bytes = office::sheet::write(test.app.clock.today().at(9, 0, 0, 0), sheets).expect("a workbook");
        let head = "--B\r\ncontent-disposition: form-data; name=\"file\"; filename=\"组织.xlsx\"\r\n\r\n";
        let body = [head.as_bytes(), &bytes, b"\r\n--B--\r\n"].concat();
        let post = test.post("/admin/units/import", &[]).body("multipart/form-data; boundary=B", body);
        post.as_(Role::SystemAdmin).send().await.page()
    };
    let page = look(&sheets).await;
    for words in [
        "新增 3 个",
        "读了 2 张表：部门、支部",
        "“支部”从第 3 行起",
        "不是数据、没有读的行：",
        "“说明”没有这样的表头",
    ] {
        assert!(page.says(words), "{words}\n{}", page.words());
    }
    assert!(page.value("table").contains("第一党小组\t教工第二党支部"), "{}", page.value("table"));
    let page = look(&sheets[1..]).await;
    assert!(page.says("新增 2 个") && page.says("没有读的表：“说明”没有这样的表头"), "{}", page.words());
}

#[tokio::test]
async fn many_accounts_get_a_role_at_once_each_over_the_unit_that_the_roster_says() {
    let test = TestApp::new().await;
    let roster = "姓名\t工号\t类别\t所在支部\t阶段\t职务\n林知夏\tT9\t教职工\t学生第一党支部\t正式党员\t书记";
    crate::people::import(&test, roster).await;
    let opened = test.post("/admin/accounts/new", &[("accounts", "T9 林知夏\nT10 顾某")]);
    assert_eq!(opened.as_(Role::SystemAdmin).send().await.status, StatusCode::OK);
    let id =
        async |login: &str| test.app.store.account_by_login(login).await.unwrap().expect("an account").id;
    let (known, unknown) = (id("t9").await, id("t10").await);
    let page = test.get("/admin/grants").as_(Role::SecurityAdmin).send().await.page();
    for words in ["授予勾上的账号", "记台账，看本支部的名册", "查看和校验审计日志"]
    {
        assert!(page.says(words), "{words} {}", page.words());
    }
    let give = async |accounts: &[String], unit: &str| {
        let mut fields = vec![("role", "secretary"), ("unit", unit)];
        fields.extend(accounts.iter().map(|a| ("account", a.as_str())));
        test.post("/admin/grants/many", &fields).as_(Role::SecurityAdmin).send().await
    };
    let own = test.accounts[&Role::SystemAdmin].to_string();
    let wrong = give(&[known.to_string(), unknown.to_string(), own], "own").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let again = wrong.page();
    for words in ["顾某（t10）：名册里没有他在哪个组织", "三员不能兼任别的角色"] {
        assert!(again.says(words), "{words} {}", again.words());
    }
    let ticked = again.fields("account").iter().filter(|f| f.is_ticked()).count();
    assert_eq!((ticked, again.value("role").as_str()), (3, "secretary"), "what was ticked stays");
    assert!(test.app.store.grants_of(test.institution, known).await.unwrap().is_empty(), "all or none");
    let done = give(&[known.to_string()], "own").await;
    assert_eq!(done.to(), "/admin/grants", "{}", done.text());
    let grants = test.app.store.grants_of(test.institution, known).await.unwrap();
    assert_eq!((grants[0].role, grants[0].unit), (Role::Secretary, test.units["学生第一党支部"]));
    let branch = test.units["教工第一党支部"].to_string();
    assert_eq!(give(&[unknown.to_string()], &branch).await.to(), "/admin/grants");
    let one = test.get(&format!("/admin/grants/{unknown}")).as_(Role::SecurityAdmin).send().await.page();
    assert!(one.says("记台账，看本支部的名册"), "{}", one.words());
}

#[tokio::test]
async fn the_system_administrator_is_told_what_to_set_up_next() {
    let test = TestApp::new().await;
    let page = async || test.get("/admin/accounts").as_(Role::SystemAdmin).send().await.page();
    let told = page().await;
    assert!(told.says("还没有设置好的") && told.leads_to("/admin/calendar"), "{}", told.words());
    assert!(!told.leads_to("/admin/units/import"), "there are units");
    let calendar = test.get("/admin/calendar").as_(Role::SystemAdmin).send().await.page();
    let fields = calendar.form("/admin/calendar").filled();
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let saved = test.post("/admin/calendar", &fields).as_(Role::SystemAdmin).send().await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());
    assert!(!page().await.says("还没有设置好的"), "{}", page().await.words());
}
