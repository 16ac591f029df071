//! Records beyond the form: confirmed by the level above, listed, imported, many at once, drafted by two, signed in to.

use axum::http::StatusCode;
use model::{Confirmation, GrantId, Role};
use store::{Scope, Store};
use testkit::{Page, Part};

use crate::entries::{BRANCH, form, read, save};
use crate::harness::{Answer, TestApp};

const ABOVE: &str = "智能制造学院党总支";

/// The discipline committee's account keeps the books of the general branch too.
async fn with_general_branch(test: &TestApp) {
    let act = store::Act::new(None, "", test.app.clock.now(), "test.grant");
    let grant = (GrantId::fresh(), test.accounts[&Role::Discipline], Role::Secretary, test.units[ABOVE]);
    test.app.store.grant(test.institution, &[grant], &act).await.expect("a grant");
}

async fn state(test: &TestApp, id: &str) -> Option<Confirmation> {
    let store: &Store = &test.app.store;
    store.entry(test.institution, &Scope::All, id.parse().unwrap()).await.unwrap().confirmation
}

async fn decide(test: &TestApp, role: Role, id: &str, revision: &str, how: &str, reason: &str) -> Answer {
    let form = [("revision", revision), ("do", how), ("reason", reason)];
    test.post(&format!("/entries/{id}/confirm"), &form).as_(role).send().await
}

/// Whether the page of a record offers to confirm it.
fn may_confirm(page: &str) -> bool {
    Page::read(page).button("confirm").is_some()
}

async fn page(test: &TestApp, role: Role, path: &str) -> String {
    test.get(path).as_(role).send().await.text()
}

#[tokio::test]
async fn a_record_is_returned_mended_and_confirmed_by_the_level_above() {
    let test = TestApp::new().await;
    test.publish().await;
    with_general_branch(&test).await;
    let (id, refused) =
        save(&test, Role::Secretary, BRANCH, "organisation-life", &[("title", "年度组织生活会")]).await;
    assert_eq!(refused, "");
    assert_eq!(state(&test, &id).await, Some(Confirmation::Waiting));
    let own = read(&test, Role::Secretary, &id).await;
    assert!(own.contains("待确认") && own.contains("由智能制造学院党总支确认"));
    assert!(!may_confirm(&own), "the branch does not confirm its own");

    // It stands in the home of the level above, and the number is the length of the list that it opens.
    let home = page(&test, Role::Discipline, "/month").await;
    assert_eq!(Page::read(&home).number("等你确认"), 1);
    let list = page(&test, Role::Discipline, "/entries?state=waiting&above=1").await;
    assert!(list.contains("符合条件的 1 条") && list.contains("年度组织生活会") && list.contains("确认所选"));
    assert!(may_confirm(&read(&test, Role::Discipline, &id).await));

    let unsaid = decide(&test, Role::Discipline, &id, "1", "return", "").await;
    assert_eq!(unsaid.status, StatusCode::SEE_OTHER);
    assert_eq!(state(&test, &id).await, Some(Confirmation::Waiting), "a return says why");
    let elsewhere = decide(&test, Role::Secretary, &id, "1", "confirm", "").await;
    assert_eq!(elsewhere.status, StatusCode::NOT_FOUND, "the branch is not above itself");
    decide(&test, Role::Discipline, &id, "1", "return", "请写明整改期限").await;
    assert_eq!(state(&test, &id).await, Some(Confirmation::Returned));
    let month = page(&test, Role::Secretary, "/month").await;
    assert!(month.contains("退回来要改的") && month.contains("请写明整改期限"), "{month}");
    let revise = page(&test, Role::Secretary, &format!("/entries/{id}/revise")).await;
    assert!(revise.contains("上级退回：请写明整改期限"));

    let fields = [
        ("id", id.as_str()),
        ("revision", "1"),
        ("title", "年度组织生活会"),
        ("f_minutes", "列出整改期限。"),
    ];
    let (_, refused) = save(&test, Role::Secretary, BRANCH, "organisation-life", &fields).await;
    assert_eq!(refused, "");
    assert_eq!(state(&test, &id).await, Some(Confirmation::Waiting), "mended, it goes back by itself");
    let stale = decide(&test, Role::Discipline, &id, "1", "confirm", "").await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    assert!(stale.text().contains("你看的是第 1 版，它已经改成第 2 版"), "{}", stale.text());
    let done = decide(&test, Role::Discipline, &id, "2", "confirm", "").await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    assert_eq!(state(&test, &id).await, Some(Confirmation::Confirmed));
    let read = read(&test, Role::Secretary, &id).await;
    for words in ["已确认", "确认第 2 版", "退回第 1 版", "请写明整改期限"] {
        assert!(read.contains(words), "{words}");
    }
    let sheet = test.get("/entries.xlsx?ledger=organisation-life").as_(Role::Office).send().await;
    let rows = office::sheet::read(&sheet.bytes).unwrap();
    let said: Vec<&str> = rows[0].rows[1].cells.iter().map(|c| c.words.as_str()).collect();
    assert!(said.contains(&"已确认"), "{said:?}");
    let actions: Vec<String> = test
        .app
        .store
        .audit(test.institution, &store::AuditFilter::default(), 20)
        .await
        .unwrap()
        .into_iter()
        .map(|l| l.action)
        .collect();
    assert!(actions.contains(&"entry.return".to_owned()) && actions.contains(&"entry.confirm".to_owned()));
}

#[tokio::test]
async fn nobody_confirms_what_they_wrote_whatever_posts_they_hold() {
    let test = TestApp::new().await;
    with_general_branch(&test).await;
    // The secretary of the general branch writes the branch's record.
    let (id, refused) = save(&test, Role::Discipline, BRANCH, "member-review", &[]).await;
    assert_eq!(refused, "");
    let own = read(&test, Role::Discipline, &id).await;
    assert!(own.contains("你写过这条记录，要由别人确认") && !may_confirm(&own));
    let refused = decide(&test, Role::Discipline, &id, "1", "confirm", "").await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.text().contains("要由别人确认"));
    assert_eq!(state(&test, &id).await, Some(Confirmation::Waiting));
    assert_eq!(decide(&test, Role::Office, &id, "1", "confirm", "").await.status, StatusCode::SEE_OTHER);
    assert_eq!(state(&test, &id).await, Some(Confirmation::Confirmed), "the committee is above too");
    // What no ledger asks for, nobody confirms.
    let (plain, _) = save(&test, Role::Secretary, BRANCH, "theme-day", &[]).await;
    assert_eq!(state(&test, &plain).await, None);
    assert!(!read(&test, Role::Secretary, &plain).await.contains("待确认"));
}

#[tokio::test]
async fn a_list_is_filtered_by_fields_sorted_shaped_and_kept_as_a_view() {
    let test = TestApp::new().await;
    let day = |d: &'static str, hours: &'static str, title: &'static str| {
        [("title", title), ("day", d), ("f_hours", hours), ("f_host", "方以宁")]
    };
    save(&test, Role::Secretary, BRANCH, "theme-day", &day("2022-04-01", "2", "甲次")).await;
    save(&test, Role::Secretary, BRANCH, "theme-day", &day("2022-04-02", "1", "乙次")).await;
    save(&test, Role::Secretary, BRANCH, "theme-day", &day("2022-04-03", "3", "丙次")).await;
    let order = |page: &str| -> Vec<&'static str> {
        let page = Page::read(page);
        let title = |row: Part<'_>| ["甲次", "乙次", "丙次"].into_iter().find(|t| row.says(t));
        page.rows().into_iter().filter_map(title).collect()
    };
    let of =
        async |query: &str| page(&test, Role::Secretary, &format!("/entries?ledger=theme-day&{query}")).await;
    assert_eq!(order(&of("").await), ["丙次", "乙次", "甲次"]);
    assert_eq!(order(&of("sort=day").await), ["甲次", "乙次", "丙次"]);
    assert_eq!(order(&of("sort=f_hours").await), ["乙次", "甲次", "丙次"]);
    assert_eq!(order(&of("sort=-f_hours").await), ["丙次", "甲次", "乙次"]);
    assert_eq!(order(&of("w_hours_a=1.5&w_hours_b=2.5").await), ["甲次"]);
    assert_eq!(order(&of("w_host=%E6%96%B9%E4%BB%A5").await).len(), 3);
    let none = of("w_host=%E6%9F%B3").await;
    assert!(none.contains("没有符合的记录") && none.contains("含“柳”"), "{none}");
    let shaped = of("col=day&col=f_hours").await;
    let heads: Vec<String> = Page::read(&shaped).all(&["th"]).into_iter().map(Part::words).collect();
    let has = |head: &str| heads.iter().any(|h| h.starts_with(head));
    assert!(has("学时") && !has("是否齐全") && !has("计入"), "{heads:?}");

    let query = "ledger=theme-day&w_hours_a=1.5&col=day&sort=-f_hours";
    let kept = test
        .post("/entries/views", &[("name", "长的党日"), ("query", &format!("{query}&after=x&page=3"))])
        .as_(Role::Secretary)
        .send()
        .await;
    assert_eq!(kept.status, StatusCode::SEE_OTHER);
    assert_eq!(kept.to(), format!("/entries?{query}"), "the page of a list is no part of its view");
    let list = page(&test, Role::Secretary, kept.to()).await;
    assert!(list.contains("我的视图") && list.contains("长的党日"));
    assert_eq!(order(&list), ["丙次", "甲次"]);
    let theirs = page(&test, Role::Office, kept.to()).await;
    assert!(
        !theirs.contains("长的党日") && order(&theirs) == ["丙次", "甲次"],
        "the address is shared, the name is not"
    );
    test.post("/entries/views/drop", &[("name", "长的党日"), ("query", query)])
        .as_(Role::Secretary)
        .send()
        .await;
    assert!(!page(&test, Role::Secretary, "/entries").await.contains("长的党日"));
}

#[tokio::test]
async fn what_one_may_not_read_one_does_not_find_a_record_by() {
    let test = TestApp::new().await;
    let secret = [("f_dues_month", "2022-03"), ("f_dues_unpaid", "某人困难，已缓交"), ("title", "3月党费")];
    let (_, refused) = save(&test, Role::Secretary, BRANCH, "dues", &secret).await;
    assert_eq!(refused, "");
    let by = "/entries?ledger=dues&w_dues_unpaid=%E5%9B%B0%E9%9A%BE";
    assert!(page(&test, Role::Secretary, by).await.contains("3月党费"));
    let lists = |page: &str| Page::read(page).rows().iter().any(|row| row.says("3月党费"));
    assert!(!lists(&page(&test, Role::Office, by).await));
    assert!(lists(&page(&test, Role::Office, "/entries?ledger=dues").await));
}

#[tokio::test]
async fn many_are_withdrawn_and_confirmed_at_once_and_taken_back() {
    let test = TestApp::new().await;
    test.publish().await;
    let (a, _) = save(&test, Role::Secretary, BRANCH, "theme-day", &[("title", "甲")]).await;
    let (b, _) = save(&test, Role::Secretary, BRANCH, "theme-day", &[("title", "乙")]).await;
    let (c, _) = save(&test, Role::Office, BRANCH, "theme-day", &[("title", "丙")]).await;
    let withdrawn = async |id: &str| {
        test.app
            .store
            .entry(test.institution, &Scope::All, id.parse().unwrap())
            .await
            .unwrap()
            .entry
            .withdrawn
    };
    let pick = |id: &str, revision: u32| format!("{id}:{revision}");
    let (pa, pb, pc) = (pick(&a, 1), pick(&b, 7), pick(&c, 1));
    let mut sent = vec![
        ("do", "withdraw"),
        ("back", "ledger=theme-day"),
        ("pick", &*pa),
        ("pick", &*pb),
        ("pick", &*pc),
    ];
    let unsaid = test.post("/entries/many", &sent).as_(Role::Secretary).send().await;
    assert_eq!(unsaid.to(), "/entries?ledger=theme-day");
    assert!(!withdrawn(&a).await, "no reason, nothing done");
    sent.push(("reason", "记到别的支部了"));
    let answer = test.post("/entries/many", &sent).as_(Role::Secretary).send().await;
    let said = answer.cookie("luoshi-said");
    let next = test
        .get(answer.to())
        .as_(Role::Secretary)
        .cookie(&format!("{}; {said}", session(&test)))
        .send()
        .await;
    let next = next.text();
    assert!(
        next.contains("已撤回 1 条") && next.contains("2 条没有动"),
        "one is another's, one has changed: {next}"
    );
    assert!(withdrawn(&a).await && !withdrawn(&b).await && !withdrawn(&c).await);
    assert!(read(&test, Role::Secretary, &a).await.contains("记到别的支部了"));
    let undo = Page::read(&next)
        .links()
        .into_iter()
        .find_map(|l| Some(l.href.strip_prefix("/entries/many/")?.to_owned()));
    let undo = undo.expect("a way back");
    let look = page(&test, Role::Secretary, &format!("/entries/many/{undo}")).await;
    assert!(look.contains("撤销这次撤回"));
    let foreign = test.post(&format!("/entries/many/{undo}/undo"), &[]).as_(Role::Office).send().await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND);
    test.post(&format!("/entries/many/{undo}/undo"), &[]).as_(Role::Secretary).send().await;
    assert!(!withdrawn(&a).await);
    let again = test.post(&format!("/entries/many/{undo}/undo"), &[]).as_(Role::Secretary).send().await;
    assert_eq!(again.status, StatusCode::CONFLICT);

    let (d, _) = save(&test, Role::Secretary, BRANCH, "member-review", &[("title", "评议")]).await;
    let pd = pick(&d, 1);
    let sent = [("do", "confirm"), ("pick", &*pd), ("pick", &*pa)];
    let answer = test.post("/entries/many", &sent).as_(Role::Office).send().await;
    assert_eq!(state(&test, &d).await, Some(Confirmation::Confirmed));
    let said = answer.cookie("luoshi-said");
    let bytes: Vec<u8> = (0..)
        .step_by(2)
        .map_while(|i| u8::from_str_radix(said.split_once('=')?.1.get(i..i + 2)?, 16).ok())
        .collect();
    let said = String::from_utf8(bytes).unwrap();
    assert!(said.contains("已确认 1 条") && said.contains("1 条没有动"), "{said}");
    let undo = said.lines().last().unwrap();
    test.post(&format!("{undo}/undo"), &[]).as_(Role::Office).send().await;
    assert_eq!(state(&test, &d).await, Some(Confirmation::Waiting));
}

fn session(test: &TestApp) -> String {
    format!("luoshi={}", test.tokens[&Role::Secretary])
}

async fn paste(test: &TestApp, ledger: &str, text: &str) -> Answer {
    let body = format!("--B\r\nContent-Disposition: form-data; name=\"paste\"\r\n\r\n{text}\r\n--B--\r\n");
    hand_in(test, ledger, body.into_bytes()).await
}

async fn upload(test: &TestApp, ledger: &str, bytes: &[u8]) -> Answer {
    let head =
        b"--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.xlsx\"\r\n\r\n".as_slice();
    hand_in(test, ledger, [head, bytes, b"\r\n--B--\r\n"].concat()).await
}

async fn hand_in(test: &TestApp, ledger: &str, body: Vec<u8>) -> Answer {
    let to = format!("/entries/import?ledger={ledger}");
    let ask = test.post(&to, &[]).body("multipart/form-data; boundary=B", body);
    ask.as_(Role::Secretary).send().await
}

#[tokio::test]
async fn a_table_that_is_too_large_is_refused_in_its_form() {
    let test = TestApp::new().await;
    let answer = upload(&test, "theme-day", &vec![0; 16 * 1024 * 1024 + 1]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = answer.text();
    assert!(page.contains("读出来核对") && page.contains("16 MB"), "{page}");
}

#[tokio::test]
async fn what_goes_out_as_a_spreadsheet_comes_in_again() {
    let test = TestApp::new().await;
    test.publish().await;
    let member = format!("p_{}", test.member);
    let fields = [
        ("title", "走进产业园"),
        ("f_host", "方以宁"),
        ("f_hours", "1.5"),
        ("f_minutes", "参观实训车间，\n听两位师傅讲工艺。"),
        (member.as_str(), "leave"),
        (&format!("y_{}", test.member), "出差"),
        ("guests", "柳知行（园区书记）"),
    ];
    let (id, refused) = save(&test, Role::Secretary, BRANCH, "theme-day", &fields).await;
    assert_eq!(refused, "");
    let out = test.get("/entries.xlsx?ledger=theme-day").as_(Role::Secretary).send().await.bytes;
    // Untouched, every row is there already.
    let at = upload(&test, "theme-day", &out).await.to().to_owned();
    let look = page(&test, Role::Secretary, &at).await;
    assert!(look.contains("导入 0 条") && look.contains("编号相同的记录已经有了"), "{look}");
    // Withdrawn and without its number, it is taken in as new, and says the same.
    test.post(&format!("/entries/{id}/withdraw"), &[("revision", "1")]).as_(Role::Secretary).send().await;
    let rows = office::sheet::read(&out).unwrap();
    let heads: Vec<String> = rows[0].rows[0].cells.iter().map(|c| c.words.clone()).collect();
    let cell = |n: usize| {
        let cell = rows[0].rows[1].cell(u32::try_from(n).unwrap());
        cell.map_or(String::new(), |c| c.day.map_or_else(|| c.words.clone(), |d| d.to_string()))
    };
    let line = |f: &dyn Fn(usize) -> String| {
        (0..heads.len())
            .filter(|n| heads[*n] != "记录编号")
            .map(|n| format!("\"{}\"", f(n)))
            .collect::<Vec<_>>()
            .join("\t")
    };
    let text = format!("{}\n{}", line(&|n| heads[n].clone()), line(&cell));
    let at = paste(&test, "theme-day", &text).await.to().to_owned();
    let look = page(&test, Role::Secretary, &at).await;
    assert!(look.contains("导入 1 条"), "{look}");
    let done = test.apply(&at, &[], Role::Secretary).await;
    assert_eq!(done.to(), "/entries?ledger=theme-day", "{}", done.text());
    let all = test
        .app
        .store
        .entries(test.institution, &Scope::All, &store::EntryFilter::default(), 9)
        .await
        .unwrap();
    let old = test.app.store.entry(test.institution, &Scope::All, id.parse().unwrap()).await.unwrap().entry;
    assert_eq!((all.len(), all[0].entry.title.as_str(), all[0].entry.day), (1, "走进产业园", old.day));
    assert_eq!(all[0].entry.values, old.values, "nothing is lost on the way");
    // The whole import is undone.
    let batch = at.rsplit('/').next().unwrap();
    let look = page(&test, Role::Secretary, &format!("/entries/many/{batch}")).await;
    assert!(look.contains("撤销这次导入"));
    test.post(&format!("/entries/many/{batch}/undo"), &[]).as_(Role::Secretary).send().await;
    let left =
        test.app.store.count_entries(test.institution, &Scope::All, &store::EntryFilter::default(), 9).await;
    assert_eq!(left.unwrap(), 0);
}

#[tokio::test]
async fn every_bad_row_of_a_ledger_is_named_with_its_cell_and_nothing_is_half_done() {
    let test = TestApp::new().await;
    test.publish().await;
    let text = "日期\t主题\t组织\t学时\t到会\t请假\n\
                2022-04-01\t甲\t教工第一党支部\t2\t方以宁\t\n\
                2022-04-31\t乙\t教工第九党支部\t不详\t\t\n\
                1900-01-01\t=A1\t\t1\t\t\n\
                2022-05-01\t丁\t\t1\t某甲\t方以宁（病）\n\
                2022-04-01\t甲\t教工第一党支部\t2\t\t\n\
                2022-04-05\t戊\t学生第一党支部\t1\t\t\n";
    let at = paste(&test, "theme-day", text).await.to().to_owned();
    let look = page(&test, Role::Secretary, &at).await;
    for words in [
        "6 行：导入 1 条",
        "：主持人未填；",
        "5 行要改",
        "A3 日期",
        "D3 学时",
        "只能写数字",
        "没有“2022-04-31”这一天",
        "C3 组织",
        "没有“教工第九党支部”这个组织",
        "太早",
        "B4 主题",
        "是公式，不是内容",
        "还没有到",
        "和第 2 行是同一天、同一组织、同一主题",
        "C7 组织",
    ] {
        assert!(look.contains(words), "{words}: {look}");
    }
    let refused = test.apply(&at, &[], Role::Secretary).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    let count = async || {
        let all = store::EntryFilter::default();
        test.app.store.count_entries(test.institution, &Scope::All, &all, 99).await.unwrap()
    };
    assert_eq!(count().await, 0);
    let mended = [("r3.day", "2022-04-11"), ("r3.unit", "教工第一党支部"), ("r3.f_hours", "1")];
    test.post(&format!("{at}/mend"), &mended).as_(Role::Secretary).send().await;
    assert!(page(&test, Role::Secretary, &at).await.contains("导入 2 条"));
    let foreign = test.get(&at).as_(Role::Office).send().await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND, "an import is its account's own");
    test.apply(&at, &[("without", "1")], Role::Secretary).await;
    assert_eq!(count().await, 2);
    let again = test.apply(&at, &[("without", "1")], Role::Secretary).await;
    assert_eq!((again.status, count().await), (StatusCode::CONFLICT, 2), "sent twice, taken once");
    let nothing = paste(&test, "theme-day", "姓名\t电话\n方以宁\t1").await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(nothing.text().contains("找不到表头"));
    let template = test.get("/entries/template.xlsx?ledger=theme-day").as_(Role::Secretary).send().await;
    let empty = upload(&test, "theme-day", &template.bytes).await;
    assert!(empty.text().contains("表头下面没有记录"), "the example is no record");
}

#[tokio::test]
async fn two_who_write_the_same_are_told_and_two_windows_keep_both() {
    let test = TestApp::new().await;
    let unit = test.units[BRANCH].to_string();
    let typed = |title: &'static str, draft: &str| {
        vec![
            ("unit".to_owned(), unit.clone()),
            ("ledger".to_owned(), "theme-day".to_owned()),
            ("title".to_owned(), title.to_owned()),
            ("draft".to_owned(), draft.to_owned()),
        ]
    };
    let send = async |role: Role, fields: Vec<(String, String)>| {
        let pairs: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        test.post("/record/draft", &pairs).as_(role).send().await.text()
    };
    let first = send(Role::Secretary, typed("第一个窗口写的", "0")).await;
    assert!(first.contains("草稿已存") && !first.contains("窗口"), "{first}");
    let second = send(Role::Secretary, typed("第二个窗口写的", "0")).await;
    assert!(second.contains("另一个窗口也在写这一条") && second.contains("两份都在"), "{second}");
    let path = format!("/record?ledger=theme-day&unit={unit}");
    let title = |page: &str| Page::read(page).value("title");
    let one = page(&test, Role::Secretary, &path).await;
    assert!(title(&one) == "第一个窗口写的" && one.contains("还有另一份草稿"));
    let two = page(&test, Role::Secretary, &format!("{path}&twin=1")).await;
    assert!(title(&two) == "第二个窗口写的" && Page::read(&two).value("draft") == "-1");
    send(Role::Secretary, typed("第二个窗口接着写", "-1")).await;
    assert_eq!(title(&page(&test, Role::Secretary, &path).await), "第一个窗口写的", "each keeps its own");
    // Somebody else is told of both, sees neither, and keeps their own.
    let office = page(&test, Role::Office, &path).await;
    assert!(office.contains("也在写这一条，还没有保存") && !office.contains("窗口写的"), "{office}");
    assert!(send(Role::Office, typed("党办写的", "0")).await.contains("也在写这一条"));
    assert!(page(&test, Role::Secretary, &path).await.contains(&format!("{}某", Role::Office.word())));
    let (_, refused) = save(&test, Role::Secretary, BRANCH, "theme-day", &[("draft", "0")]).await;
    assert_eq!(refused, "");
    assert!(!page(&test, Role::Secretary, &path).await.contains("另一份草稿"), "saved, both drafts go");
}

#[tokio::test]
async fn what_changed_between_two_states_is_said_field_by_field_and_person_by_person() {
    let test = TestApp::new().await;
    let member = format!("p_{}", test.member);
    let first = [("f_host", "方以宁"), ("f_hours", "2"), (member.as_str(), "present"), ("guests", "柳知行")];
    let (id, _) = save(&test, Role::Secretary, BRANCH, "theme-day", &first).await;
    let second = [
        ("id", id.as_str()),
        ("revision", "1"),
        ("f_host", "方以宁"),
        ("f_hours", "3"),
        (member.as_str(), "leave"),
        (&format!("y_{}", test.member), "出差"),
        ("p_x1", "present"),
        ("guests", "温如许"),
    ];
    let (_, refused) = save(&test, Role::Secretary, BRANCH, "theme-day", &second).await;
    assert_eq!(refused, "");
    let page = Page::read(&read(&test, Role::Secretary, &id).await);
    for words in ["方以宁：到 → 请假（出差）", "增加：温如许（列席）"] {
        assert!(page.says(words), "{words}: {}", page.words());
    }
    for (mark, hours) in [("del", "2"), ("ins", "3")] {
        assert!(page.all(&[mark]).iter().any(|p| p.words().starts_with(hours)), "{mark}: {}", page.words());
    }
}

#[tokio::test]
async fn arrival_by_code_is_off_until_it_is_turned_on_and_leaves_only_the_record() {
    let test = TestApp::new().await;
    let unit = test.units[BRANCH].to_string();
    assert!(!form(&test, Role::Secretary, BRANCH, "theme-day").await.contains("扫码签到"));
    let typed = [
        ("unit", unit.as_str()),
        ("ledger", "theme-day"),
        ("title", "四月党日"),
        ("draft", "0"),
        ("do", "arrivals"),
    ];
    let off = test.post("/record", &typed).as_(Role::Secretary).send().await;
    assert_eq!(off.status, StatusCode::CONFLICT);
    let on = [("name", "青梧职业技术学院"), ("contact", ""), ("arrivals", "2"), ("revision", "0")];
    let set = test.post("/admin/institution", &on).as_(Role::SystemAdmin).send().await;
    assert_eq!(set.status, StatusCode::SEE_OTHER, "{}", set.text());
    assert!(form(&test, Role::Secretary, BRANCH, "theme-day").await.contains("扫码签到"));
    let opened = test.post("/record", &typed).as_(Role::Secretary).send().await;
    let at = opened.to().to_owned();
    assert!(at.starts_with("/arrivals/"), "{}", opened.text());
    let ask = test.get(&at).as_(Role::Secretary).header("host", "luoshi.example").send().await.text();
    let id = at.trim_start_matches("/arrivals/");
    assert!(ask.contains(&format!("http://luoshi.example/here/{id}")));
    assert!(!Page::read(&ask).of_class("qr").is_empty(), "the code to be held up to");
    assert!(ask.contains("0 / 1 人"));
    assert_eq!(test.get(&at).as_(Role::Office).send().await.status, StatusCode::NOT_FOUND);
    let here = format!("/here/{id}");
    let stranger = page(&test, Role::Office, &here).await;
    assert!(stranger.contains("应到的名单里没有你") && !stranger.contains("我到了"));
    assert!(page(&test, Role::Member, &here).await.contains("我到了"));
    test.post(&here, &[]).as_(Role::Member).send().await;
    assert!(page(&test, Role::Member, &here).await.contains("你已签到"));
    assert!(page(&test, Role::Secretary, &at).await.contains("1 / 1 人"));
    let closed = test.post(&format!("{at}/close"), &[]).as_(Role::Secretary).send().await;
    let form = Page::read(&page(&test, Role::Secretary, closed.to()).await);
    let mine = form.fields(&format!("p_{}", test.member));
    assert!(mine.iter().any(|f| f.value() == "present" && f.is_ticked()), "whoever came is ticked");
    assert_eq!(form.value("title"), "四月党日");
    assert_eq!(test.get(&here).as_(Role::Member).send().await.status, StatusCode::NOT_FOUND, "it ended");
}

#[tokio::test]
async fn a_table_that_was_handed_in_is_thrown_away_before_it_is_taken_in() {
    let test = TestApp::new().await;
    let text = "日期\t主题\t组织\t学时\n2022-04-01\t甲\t教工第一党支部\t2";
    let at = paste(&test, "theme-day", text).await.to().to_owned();
    let foreign = test.post(&format!("{at}/drop"), &[]).as_(Role::Office).send().await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND, "an import is its account's own");
    assert_eq!(test.get(&at).as_(Role::Secretary).send().await.status, StatusCode::OK);
    let dropped = test.post(&format!("{at}/drop"), &[]).as_(Role::Secretary).send().await;
    assert_eq!(dropped.status, StatusCode::SEE_OTHER);
    assert_eq!(test.get(&at).as_(Role::Secretary).send().await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn so_many_drafts_are_kept_and_no_older_one_is_thrown_away_for_another() {
    let test = TestApp::new().await;
    let unit = test.units[BRANCH].to_string();
    let account = test.accounts[&Role::Secretary];
    for n in 0..50 {
        let draft =
            store::Draft { key: format!("k{n}"), body: serde_json::json!([]), at: test.app.clock.now() };
        test.app.store.keep_draft(test.institution, account, &draft).await.unwrap();
    }
    let typed = [("unit", unit.as_str()), ("ledger", "theme-day"), ("title", "第五十一份"), ("draft", "0")];
    let told = test.post("/record/draft", &typed).as_(Role::Secretary).header("accept", "application/json");
    let told = told.send().await;
    assert_eq!(told.status, StatusCode::CONFLICT);
    assert!(told.text().contains("已经有 50 份没有写完的草稿"), "{}", told.text());
    let mut by_hand = typed.to_vec();
    by_hand.push(("do", "draft"));
    let told = test.post("/record", &by_hand).as_(Role::Secretary).send().await;
    assert_eq!(told.status, StatusCode::CONFLICT);
    assert_eq!(told.page().value("title"), "第五十一份", "what was typed is still there");
    assert!(told.page().says("已经有 50 份"), "{}", told.page().words());
    assert_eq!(test.app.store.count_drafts(test.institution, account).await.unwrap(), 50);
    // One that is there is still kept, and there is room when another has gone.
    test.app.store.drop_draft(test.institution, account, "k0").await.unwrap();
    let kept = test.post("/record/draft", &typed).as_(Role::Secretary).send().await;
    assert!(kept.text().contains("草稿已存"), "{}", kept.text());
    let on = [("draft", "1"), ("unit", unit.as_str()), ("ledger", "theme-day"), ("title", "接着写")];
    let kept = test.post("/record/draft", &on[1..]).as_(Role::Secretary).send().await;
    assert!(kept.text().contains("草稿已存"), "{}", kept.text());
}
