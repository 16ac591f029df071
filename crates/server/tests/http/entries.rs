//! Ledgers of every kind through the one form: what is typed, computed, linked, folded, printed, and kept from others.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::StatusCode;
use model::rule::{FieldType, Ledger};
use model::{EntryId, Role, Value};
use rulebook::Rulebook;
use store::Scope;
use testkit::Page;
use work::Settings;

use crate::harness::TestApp;

pub(crate) const BRANCH: &str = "教工第一党支部";

/// Saves a record; its id, and the answer's page when it was refused.
pub(crate) async fn save(
    test: &TestApp,
    role: Role,
    unit: &str,
    ledger: &str,
    fields: &[(&str, &str)],
) -> (String, String) {
    let (id, unit) = (EntryId::fresh().to_string(), test.units[unit].to_string());
    let mut all = vec![
        ("id", id.as_str()),
        ("revision", "0"),
        ("unit", unit.as_str()),
        ("ledger", ledger),
        ("title", "一件事"),
        ("day", "2022-04-20"),
    ];
    all.retain(|(name, _)| fields.iter().all(|(n, _)| n != name));
    all.extend(fields);
    let answer = test.post("/record", &all).as_(role).send().await;
    let refused = if answer.status == StatusCode::SEE_OTHER { String::new() } else { answer.text() };
    (id, refused)
}

/// The page of a record.
pub(crate) async fn read(test: &TestApp, role: Role, id: &str) -> String {
    test.get(&format!("/entries/{id}")).as_(role).send().await.text()
}

/// The form of a ledger as it opens.
pub(crate) async fn form(test: &TestApp, role: Role, unit: &str, ledger: &str) -> String {
    let path = format!("/record?ledger={ledger}&unit={}", test.units[unit]);
    test.get(&path).as_(role).send().await.text()
}

async fn kept(test: &TestApp, id: &str, field: &str) -> Option<Value> {
    let id = id.parse().expect("an id");
    let row = test.app.store.entry(test.institution, &Scope::All, id).await.expect("it was saved");
    row.entry.values.get(field).cloned()
}

#[tokio::test]
async fn a_theme_day_needs_a_line_and_a_text_and_folds_the_rest() {
    let test = TestApp::new().await;
    test.publish().await;
    let first = [
        ("f_host", "方以宁"),
        ("f_hours", "2"),
        ("f_place", "实训楼"),
        ("f_minutes", "学习文件，讨论分工。"),
    ];
    let (_, refused) = save(&test, Role::Secretary, BRANCH, "theme-day", &first).await;
    assert_eq!(refused, "");
    let page = Page::read(&form(&test, Role::Secretary, BRANCH, "theme-day").await);
    let folds = page.of_class("more");
    let folded = folds.first().expect("the rest is folded");
    assert!(page.has_field("f_minutes") && !folded.has_field("f_minutes"), "what was done is asked for");
    assert!(!page.says("主要内容"), "and once only");
    assert!(page.value("f_host") == "方以宁" && !folded.has_field("f_host"));
    assert_eq!(folded.value("f_place"), "实训楼");
    assert!(folded.says("已照上次填好：地点"), "what is folded and filled is named");
    // The line, the text, and what stands in the form beforehand make it complete.
    let member = format!("p_{}", test.member);
    let second = [
        ("f_host", "方以宁"),
        ("f_hours", "2"),
        ("f_minutes", "走进产业园，听两位师傅讲课。"),
        (member.as_str(), "present"),
    ];
    let (id, _) = save(&test, Role::Secretary, BRANCH, "theme-day", &second).await;
    assert!(read(&test, Role::Secretary, &id).await.contains("齐全"));
}

#[tokio::test]
async fn excellent_beyond_a_third_is_told_and_saved_all_the_same() {
    let test = TestApp::new().await;
    let graded = [("f_review_excellent", "8"), ("f_review_qualified", "12")];
    let unit = test.units[BRANCH].to_string();
    let mut typed = vec![("ledger", "member-review"), ("unit", unit.as_str()), ("title", "评议")];
    typed.extend(graded);
    let live = test.post("/record/preview", &typed).as_(Role::Secretary).send().await.text();
    assert!(live.contains("请留意") && live.contains("评为优秀8人，超过合计20人的三分之一"));
    let (id, refused) = save(&test, Role::Secretary, BRANCH, "member-review", &graded).await;
    assert_eq!(refused, "");
    let page = read(&test, Role::Secretary, &id).await;
    assert!(
        page.contains("超过合计20人的三分之一") && page.contains("评为优秀所占比例") && page.contains("40%")
    );
}

#[tokio::test]
async fn teachers_for_students_are_computed() {
    let test = TestApp::new().await;
    let typed = [("f_number_of_students", "7000"), ("f_ideology_teachers", "19"), ("f_counsellors", "40")];
    let (id, _) = save(&test, Role::Office, "党委办公室", "ideology-staffing", &typed).await;
    let page = read(&test, Role::Office, &id).await;
    for words in ["专职思政课教师19人，不足全日制在校生7000人的1:350", "1:368.4", "1:175", "齐全"]
    {
        assert!(page.contains(words), "{words}");
    }
    assert!(!page.contains("专职辅导员40人，不足"));
}

#[tokio::test]
async fn who_has_not_signed_is_named_and_a_collective_is_written_out() {
    let test = TestApp::new().await;
    let typed = [
        ("f_letter_kind", "integrity"),
        ("f_signed_by_superior", "柳知行"),
        ("f_letter_due", "各支部"),
        ("f_letter_signed", BRANCH),
    ];
    let root = "中共青梧职业技术学院委员会";
    let (id, refused) = save(&test, Role::Office, root, "responsibility-letter", &typed).await;
    assert_eq!(refused, "");
    let due = Value::Units(vec![test.units[BRANCH], test.units["学生第一党支部"]]);
    assert_eq!(kept(&test, &id, "letter_due").await, Some(due));
    let page = read(&test, Role::Office, &id).await;
    assert!(page.contains("已签单位还差1个：学生第一党支部"));
    let unknown = [("f_letter_due", "教工第九党支部")];
    let (_, refused) = save(&test, Role::Office, root, "responsibility-letter", &unknown).await;
    assert!(refused.contains("组织里没有“教工第九党支部”"));
}

#[tokio::test]
async fn a_list_of_people_keeps_who_was_what() {
    let test = TestApp::new().await;
    test.publish().await;
    let typed = [
        ("f_file_change", "elected"),
        ("f_term_starts", "2022-04-20"),
        ("f_term_ends", "2025-04-19"),
        ("f_committee_members", "方以宁（书记）、柳知行(组织委员)"),
        ("f_replied_on", "2022-04-21"),
    ];
    let (id, refused) = save(&test, Role::Secretary, BRANCH, "branch-file", &typed).await;
    assert_eq!(refused, "");
    let Some(Value::People(people)) = kept(&test, &id, "committee_members").await else { panic!("a list") };
    assert_eq!((people[0].person, people[0].role.as_str()), (Some(test.member), "书记"));
    assert_eq!((people[1].person, people[1].role.as_str()), (None, "组织委员"));
    let page = read(&test, Role::Secretary, &id).await;
    assert!(page.contains("方以宁（书记）、柳知行（组织委员）") && page.contains("齐全"));
    assert!(page.contains("2025年4月19日（还有 1093 天）"), "the days left are told");
    let again = test.get(&format!("/entries/{id}/revise")).as_(Role::Secretary).send().await.page();
    let typed = again.value("f_committee_members");
    assert_eq!(typed, "方以宁（书记）、柳知行（组织委员）", "it is typed again as it was");
    let unit = test.get(&format!("/units/{}", test.units[BRANCH])).as_(Role::Secretary).send().await.text();
    assert!(
        unit.contains("届满") && unit.contains("2025年4月19日"),
        "the page of the branch counts the days"
    );
    // A branch whose term is nearly over is shown to those above.
    let near = [("f_file_change", "elected"), ("f_term_ends", "2022-08-20")];
    save(&test, Role::Office, "学生第一党支部", "branch-file", &near).await;
    let above = test.units["智能制造学院党总支"];
    let page = test.get(&format!("/units/{above}")).as_(Role::Office).send().await.text();
    assert!(page.contains("2022年8月20日届满，还有 120 天，该准备换届了"));
    assert!(!page.contains("2025年4月19日届满"), "what is far away is not told there");
}

#[tokio::test]
async fn a_record_links_to_another_and_says_what_it_is() {
    let test = TestApp::new().await;
    let made = [
        ("title", "亮出承诺"),
        ("day", "2022-03-10"),
        ("f_pledge_stage", "made"),
        ("f_person", "方以宁"),
        ("f_pledge_text", "带好一门课"),
    ];
    let (first, _) = save(&test, Role::Secretary, BRANCH, "pledge", &made).await;
    assert!(
        read(&test, Role::Secretary, &first).await.contains("齐全"),
        "fulfilment is not asked of a promise"
    );
    let page = Page::read(&form(&test, Role::Secretary, BRANCH, "pledge").await);
    let offered = page.field("f_pledge").options();
    assert!(offered.iter().any(|(id, words)| *id == first && words.starts_with("2022年3月10日 亮出承诺")));
    let kept = [
        ("f_pledge_stage", "fulfilled"),
        ("f_person", "方以宁"),
        ("f_pledge_text", "带好一门课"),
        ("f_pledge", first.as_str()),
    ];
    let (second, _) = save(&test, Role::Secretary, BRANCH, "pledge", &kept).await;
    let page = Page::read(&read(&test, Role::Secretary, &second).await);
    assert_eq!(page.link("2022年3月10日　亮出承诺").href, format!("/entries/{first}"));
    assert!(page.says("践诺情况未填"));
    let odd = [("f_pledge_stage", "fulfilled"), ("f_pledge", "https://example.org")];
    let (_, refused) = save(&test, Role::Secretary, BRANCH, "pledge", &odd).await;
    assert!(refused.contains("选一条已有的记录"));
}

#[tokio::test]
async fn what_word_leaves_in_a_text_is_taken_out_and_odd_years_are_refused() {
    let test = TestApp::new().await;
    let pasted = [("f_minutes", "一、学习\u{a0}文件\r\n\u{f0b7}\t讨论\u{ad}\r\n\r\n\r\n\r\n散会\u{200b}")];
    let (id, _) = save(&test, Role::Secretary, BRANCH, "theme-day", &pasted).await;
    let clean = Value::Text("一、学习 文件\n·　讨论\n\n散会".to_owned());
    assert_eq!(kept(&test, &id, "minutes").await, Some(clean));
    let odd = [
        ("f_file_change", "elected"),
        ("f_term_starts", "1900-01-01"),
        ("f_term_ends", "20250-04-19"),
        ("f_number_of_people", "=1+1"),
    ];
    let (_, refused) = save(&test, Role::Secretary, BRANCH, "branch-file", &odd).await;
    for words in ["有 3 处要改", "1900年不对", "写成 2022-04-22 这样", "只能写数字"] {
        assert!(refused.contains(words), "{words}");
    }
    let refused = Page::read(&refused);
    let folds = refused.of_class("more");
    assert!(folds[0].attribute("open").is_some(), "what is wrong is not folded away");
}

#[tokio::test]
async fn counts_of_the_discipline_committee_are_its_own() {
    let test = TestApp::new().await;
    let typed = [
        ("title", "第一季度汇总"),
        ("f_period", "2022-01-01"),
        ("f_period_to", "2022-03-31"),
        ("f_first_form", "37"),
        ("f_second_form", "0"),
        ("f_third_form", "0"),
        ("f_fourth_form", "0"),
    ];
    let (id, refused) = save(&test, Role::Discipline, "纪委", "four-forms", &typed).await;
    assert_eq!(refused, "");
    assert!(read(&test, Role::Discipline, &id).await.contains("37人次"));
    for role in [Role::Office, Role::Leader] {
        let page = read(&test, role, &id).await;
        assert!(!page.contains("37人次") && page.contains("限定范围内可看"), "{role:?}");
        let file = test.get(&format!("/entries/{id}/docx")).as_(role).send().await;
        let text = office::read_document("记录.docx", &file.bytes).expect("a docx").text;
        assert!(!text.contains("37人次") && text.contains("限定范围内可看"), "{role:?}");
    }
    assert_eq!(
        test.get(&format!("/entries/{id}")).as_(Role::Secretary).send().await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn the_yearly_result_of_a_teacher_is_for_few() {
    let test = TestApp::new().await;
    let typed = [("f_person", "方以宁"), ("f_ethics_result", "basic"), ("f_reason", "迟交教案两次")];
    let (id, _) = save(&test, Role::Office, "智能制造学院党总支", "ethics-file", &typed).await;
    for words in ["基本合格", "迟交教案两次"] {
        assert!(read(&test, Role::Discipline, &id).await.contains(words), "{words}");
        assert!(!read(&test, Role::Leader, &id).await.contains(words), "{words}");
    }
}

#[tokio::test]
async fn a_record_is_a_word_file_whatever_its_ledger() {
    let test = TestApp::new().await;
    let member = format!("p_{}", test.member);
    let typed = [
        ("title", "四月主题党日"),
        ("f_host", "方以宁"),
        ("f_minutes", "先学习。\n再讨论。"),
        (member.as_str(), "leave"),
        ("guests", "柳知行（园区书记）"),
    ];
    let (id, _) = save(&test, Role::Secretary, BRANCH, "theme-day", &typed).await;
    let file = test.get(&format!("/entries/{id}/docx")).as_(Role::Secretary).send().await;
    assert_eq!(file.status, StatusCode::OK);
    assert!(file.header("content-disposition").contains("record-2022-04-20.docx"));
    let text = office::read_document("记录.docx", &file.bytes).expect("a docx").text;
    for words in [
        "主题党日记录",
        "四月主题党日",
        BRANCH,
        "应到1人，实到0人",
        "方以宁　请假：没写事由",
        "柳知行（园区书记）",
        "先学习。",
        "再讨论。",
    ] {
        assert!(text.contains(words), "{words} in {text}");
    }
}

/// A ledger whose form changes on a day: each record is shown by the form of its own day.
#[tokio::test]
async fn an_old_record_is_shown_by_the_form_it_was_made_with() {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(dir.path().join("ledgers")).expect("a folder");
    let text = "title = \"试验台账\"\nkept_by = [\"branch\"]\n\
        [[version]]\nuntil = 2022-04-01\ncomplete = [\"old_note\"]\ncolumns = [\"old_note\"]\n\
        [[version.field]]\nid = \"old_note\"\ntitle = \"旧栏目\"\ntype = \"text\"\n\
        [[version]]\nsince = 2022-04-01\ncomplete = [\"new_note\"]\ncolumns = [\"new_note\"]\n\
        [[version.field]]\nid = \"new_note\"\ntitle = \"新栏目\"\ntype = \"text\"\n";
    std::fs::write(dir.path().join("ledgers/trial.toml"), text).expect("a file");
    let rulebook = Rulebook::load(Some(dir.path())).expect("no mistakes");
    let test = TestApp::on(Settings::default(), Arc::new(rulebook)).await;
    let old = [("day", "2022-03-20"), ("f_old_note", "三月写的")];
    let (first, _) = save(&test, Role::Secretary, BRANCH, "trial", &old).await;
    let new = [("day", "2022-04-20"), ("f_new_note", "四月写的")];
    let (second, _) = save(&test, Role::Secretary, BRANCH, "trial", &new).await;
    let page = read(&test, Role::Secretary, &first).await;
    assert!(page.contains("旧栏目") && page.contains("三月写的") && !page.contains("新栏目"));
    assert!(page.contains("齐全"), "it is complete by the form of its day");
    let page = read(&test, Role::Secretary, &second).await;
    assert!(page.contains("新栏目") && page.contains("四月写的") && !page.contains("旧栏目"));
    let again = test.get(&format!("/entries/{first}/revise")).as_(Role::Secretary).send().await.page();
    assert!(again.has_field("f_old_note") && !again.has_field("f_new_note"));
}

/// A field that its ledger no longer has is still shown, under the name that it has elsewhere.
#[tokio::test]
async fn nothing_that_was_written_is_lost_when_a_form_changes() {
    let test = TestApp::new().await;
    let (id, _) = save(&test, Role::Secretary, BRANCH, "theme-day", &[("f_minutes", "学习。")]).await;
    let row = test.app.store.entry(test.institution, &Scope::All, id.parse().unwrap()).await.unwrap();
    let mut entry = row.entry;
    entry.values.insert("content".to_owned(), Value::Text("从前另记的内容".to_owned()));
    let saved = store::SaveEntry {
        entry: &entry,
        based_on: 1,
        late: false,
        incomplete: false,
        words: String::new(),
        above: None,
        reason: "",
        add: &[],
        end: &[],
        on: test.app.clock.today(),
        follows: None,
        cases: None,
        chase: None,
    };
    let act = store::Act::new(None, "", test.app.clock.now(), "entry.revise");
    test.app.store.save_entry(test.institution, &saved, &act).await.expect("saved");
    assert!(read(&test, Role::Secretary, &id).await.contains("从前另记的内容"));
    let fields = [("revision", "2"), ("id", id.as_str()), ("f_minutes", "学习，讨论。")];
    let (_, refused) = save(&test, Role::Secretary, BRANCH, "theme-day", &fields).await;
    assert_eq!(refused, "");
    assert!(kept(&test, &id, "content").await.is_some(), "revising keeps it");
}

/// What a branch secretary or a department would type into every field that this ledger asks.
fn typed(ledger: &Ledger, test: &TestApp) -> Vec<(String, String)> {
    let mut values: BTreeMap<String, Value> = BTreeMap::new();
    let mut out = vec![
        (format!("p_{}", test.member), "present".to_owned()),
        // A department has nobody who is due.
        ("guests".to_owned(), "柳知行（园区书记）".to_owned()),
    ];
    for field in &ledger.fields {
        if !field.is_asked(&values) {
            continue;
        }
        let name = format!("f_{}", field.id);
        let first = || field.options.first().map_or_else(String::new, |(id, _)| id.clone());
        let words = match field.kind {
            FieldType::Text | FieldType::LongText | FieldType::Place => {
                "按要求办了，情况写在这里。".repeat(10)
            }
            FieldType::Day => "2022-04-20".to_owned(),
            FieldType::Days => {
                out.push((format!("{name}_to"), "2022-04-20".to_owned()));
                "2022-04-20".to_owned()
            }
            FieldType::Number | FieldType::Money => "1".to_owned(),
            FieldType::Choice | FieldType::Choices => {
                values.insert(field.id.clone(), Value::Choice(first()));
                first()
            }
            FieldType::Person | FieldType::People => "方以宁".to_owned(),
            FieldType::Unit | FieldType::Units => "宣传部".to_owned(),
            FieldType::Link | FieldType::File | FieldType::Rows => continue,
        };
        let words = match field.kind {
            FieldType::Text | FieldType::Place => words.chars().take(60).collect(),
            _ => words,
        };
        out.push((name, words));
    }
    out
}

/// Whether a record without files and links can be complete.
fn needs_no_file(ledger: &Ledger) -> bool {
    let is_typed = |id: &str| {
        let field = ledger.fields.iter().find(|f| f.id == id);
        field.is_none_or(|f| !matches!(f.kind, FieldType::File | FieldType::Link))
    };
    ledger.complete.iter().filter_map(|c| c.wants()).all(is_typed)
}

/// Fills in a ledger as whoever keeps it would, and sees that the record is kept whole, listed and printed.
pub(crate) async fn keep(test: &TestApp, ledger: &Ledger) {
    let keepers = [
        (Role::Secretary, BRANCH),
        (Role::Lead, "宣传部"),
        (Role::Discipline, "纪委"),
        (Role::Office, "中共青梧职业技术学院委员会"),
        (Role::Office, "智能制造学院党总支"),
    ];
    let typed = typed(ledger, test);
    let mut fields: Vec<(&str, &str)> = typed.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let title = format!("{}的一件事", ledger.title);
    fields.push(("title", &title));
    let mut answers = Vec::new();
    for (role, unit) in keepers {
        let (id, refused) = save(test, role, unit, &ledger.id, &fields).await;
        if refused.is_empty() {
            answers = vec![(role, id)];
            break;
        }
        answers.push((role, refused));
    }
    let [(role, id)] = answers.as_slice() else {
        panic!("nobody can record {}: {answers:?}", ledger.id);
    };
    let row = test.app.store.entry(test.institution, &Scope::All, id.parse().unwrap()).await.unwrap();
    let of_it = vec![ledger];
    let lacks = runtime::missing(&row.entry, &of_it);
    assert!(!row.incomplete || !needs_no_file(ledger), "{}: {lacks:?}", ledger.id);
    let page = read(test, *role, id).await;
    assert!(page.contains(&title), "{}: {page}", ledger.id);
    let list = test.get(&format!("/entries?ledger={}", ledger.id)).as_(*role).send().await.page();
    assert_eq!(list.link(&title).href, format!("/entries/{id}"), "{}", ledger.id);
    let file = test.get(&format!("/entries/{id}/docx")).as_(*role).send().await;
    let printed = office::read_document("记录.docx", &file.bytes).expect("a docx").text;
    assert!(printed.contains(&title), "{}: {printed}", ledger.id);
}

/// What no sentence asks for has a ledger too.
#[tokio::test]
async fn work_without_a_ledger_of_its_own_is_filled_in_kept_listed_and_printed() {
    let test = TestApp::new().await;
    let rulebook = Rulebook::built_in().expect("the built-in rulebook");
    keep(&test, rulebook.ledger("general-work").expect("it is there")).await;
}
