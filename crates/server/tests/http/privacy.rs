//! Every way out of a record against every role: what one may not read on its page, one reads, finds and sorts by
//! nowhere.

use std::collections::BTreeMap;

use model::{AccountId, Attendance, Entry, EntryId, GrantId, Participant, Role, UnitId, Value};
use store::{SaveEntry, Scope};

use crate::entries::{BRANCH, read, save};
use crate::harness::TestApp;

const ABOVE: &str = "智能制造学院党总支";
const OTHER: &str = "学生第一党支部";

/// The discipline committee's account keeps the books of this unit too.
async fn keeps(test: &TestApp, unit: &str) {
    let act = store::Act::new(None, "", test.app.clock.now(), "test.grant");
    let grant = (GrantId::fresh(), test.accounts[&Role::Discipline], Role::Secretary, test.units[unit]);
    test.app.store.grant(test.institution, &[grant], &act).await.expect("a grant");
}

fn encoded(words: &str) -> String {
    form_urlencoded::byte_serialize(words.as_bytes()).collect()
}

/// What an answer says, whatever its form.
async fn says(test: &TestApp, role: Role, path: &str) -> String {
    let answer = test.get(path).as_(role).send().await;
    if path.contains(".xlsx") {
        let sheets = office::sheet::read(&answer.bytes).unwrap_or_else(|e| panic!("{role:?} {path}: {e}"));
        let cells = sheets.iter().flat_map(|s| &s.rows).flat_map(|r| (0..40).map(|c| r.words(c)));
        cells.collect::<Vec<_>>().join("\n")
    } else if path.ends_with("/docx") || path.ends_with(".docx") {
        office::read_document("记录.docx", &answer.bytes)
            .unwrap_or_else(|e| panic!("{role:?} {path}: {e}"))
            .text
    } else {
        answer.text()
    }
}

/// A record in two ledgers of which one is for few: where it is seen, what of it, and by whom.
async fn nothing_leaks(ledger: &str, also: &str, fields: &[(&str, &str)], open: &[(&str, &str)]) {
    let test = TestApp::new().await;
    keeps(&test, ABOVE).await;
    let typed = |marks: char| -> Vec<(String, String)> {
        let narrow = fields.iter().map(|(id, words)| (format!("f_{id}"), format!("{words}{marks}")));
        let open = open.iter().map(|(id, words)| (format!("f_{id}"), (*words).to_owned()));
        let both = [("also".to_owned(), also.to_owned()), ("title".to_owned(), format!("一次谈话{marks}"))];
        narrow.chain(open).chain(both).collect()
    };
    let mut ids = Vec::new();
    for marks in ['甲', '乙'] {
        let typed = typed(marks);
        let typed: Vec<(&str, &str)> = typed.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let (id, refused) = save(&test, Role::Discipline, ABOVE, ledger, &typed).await;
        assert_eq!(refused, "");
        ids.push(id);
    }
    // Revised once, so that the history says what changed.
    let mut again = typed('丙');
    again.extend([("id".to_owned(), ids[0].clone()), ("revision".to_owned(), "1".to_owned())]);
    let again: Vec<(&str, &str)> = again.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let (_, refused) = save(&test, Role::Discipline, ABOVE, ledger, &again).await;
    assert_eq!(refused, "");

    let columns: String = fields.iter().map(|(id, _)| format!("&col=f_{id}")).collect();
    let mut reading = vec![format!("/entries/{}", ids[0]), format!("/entries/{}/docx", ids[0])];
    let mut finding = vec!["/entries?q=WORDS".to_owned()];
    for ledger in [ledger, also] {
        reading.push(format!("/entries?ledger={ledger}{columns}"));
        reading.push(format!("/entries.xlsx?ledger={ledger}"));
        reading.push(format!("/entries.xlsx?ledger={ledger}{columns}"));
        for (id, _) in fields {
            reading.push(format!("/entries?ledger={ledger}{columns}&sort=f_{id}"));
            finding.push(format!("/entries?ledger={ledger}&w_{id}=WORDS"));
            finding.push(format!("/entries.xlsx?ledger={ledger}&w_{id}=WORDS"));
        }
    }
    for (role, may) in [(Role::Discipline, true), (Role::Office, false), (Role::Leader, false)] {
        for path in &reading {
            let said = says(&test, role, path).await;
            assert!(said.contains("一次谈话"), "{role:?} sees that there is one: {path}\n{said}");
            for (id, words) in fields {
                assert_eq!(said.contains(words), may, "{role:?} {path}: {id}\n{said}");
            }
        }
        for path in &finding {
            for (id, words) in fields.iter().filter(|(id, _)| path.contains(&format!("w_{id}="))) {
                let said = says(&test, role, &path.replace("WORDS", &encoded(words))).await;
                assert_eq!(said.contains("一次谈话"), may, "{role:?} {path}: {id}\n{said}");
            }
            // Of no use to anybody: what is for few stands in no index of words.
            for (_, words) in fields.iter().filter(|_| path.contains("?q=")) {
                let said = says(&test, role, &path.replace("WORDS", &encoded(words))).await;
                assert!(!said.contains("一次谈话"), "{role:?} {path}\n{said}");
            }
        }
        // The order gives nothing away either: it is that of the days for whoever may not read.
        let (field, _) = fields[0];
        let mut orders = Vec::new();
        for sign in ["", "-"] {
            let list = says(&test, role, &format!("/entries?ledger={also}&sort={sign}f_{field}")).await;
            let at =
                |title: &str| list.find(&format!(">{title}<")).unwrap_or_else(|| panic!("{title}\n{list}"));
            orders.push(at("一次谈话丙") < at("一次谈话乙"));
        }
        assert_eq!(orders[0] != orders[1], may, "{role:?}: {orders:?}");
    }
    // The log says that it was saved and read, and not what it is called; and who was refused something.
    let refused = test.get("/plans").as_(Role::Discipline).send().await.status;
    assert_eq!(refused, axum::http::StatusCode::FORBIDDEN);
    let log = says(&test, Role::AuditAdmin, "/admin/audit").await;
    assert!(!log.contains("一次谈话"), "{log}");
    assert!(log.contains("查看限定范围的记录") && log.contains("没有权限，未予办理"), "{log}");
    // Those of another unit see nothing of it at all.
    for role in [Role::Secretary, Role::Member] {
        assert!(
            !says(&test, role, &format!("/entries?ledger={also}")).await.contains("一次谈话"),
            "{role:?}"
        );
        let page = read(&test, role, &ids[0]).await;
        assert!(!page.contains("一次谈话"), "{role:?}");
    }
    // A form of the other ledger alone opens nothing that the record's own form does not.
    let form = says(&test, Role::Office, &format!("/entries/{}/revise", ids[0])).await;
    assert!(fields.iter().all(|(_, words)| !form.contains(words)), "{form}");
}

#[tokio::test]
async fn a_warning_talk_that_is_a_heart_talk_too_is_read_as_a_warning_talk() {
    let narrow = [("counterpart", "简不言"), ("content", "说到了三件事"), ("result", "半年之后再看")];
    nothing_leaks("warning-talk", "heart-talk", &narrow, &[("warning_kind", "remind"), ("pair", "leaders")])
        .await;
}

#[tokio::test]
async fn an_appraisal_of_ethics_that_is_everyday_work_too_is_read_as_an_appraisal() {
    let narrow = [("content", "有两位需要提醒")];
    nothing_leaks("ethics-appraisal", "general-work", &narrow, &[("ethics_action", "warned")]).await;
}

#[tokio::test]
async fn somebody_named_in_a_restricted_field_is_found_by_those_who_may_read_it() {
    let test = TestApp::new().await;
    let contact = [("f_united_kind", "contact"), ("f_contact_person", "方以宁"), ("title", "一次联系")];
    let (_, refused) = save(&test, Role::Secretary, BRANCH, "united-front", &contact).await;
    assert_eq!(refused, "");
    let both = [contact[0], contact[1], ("f_responsible", "方以宁"), ("title", "负责的联系")];
    let (_, refused) = save(&test, Role::Secretary, BRANCH, "united-front", &both).await;
    assert_eq!(refused, "");
    for way in ["/entries?person=", "/entries?ledger=united-front&person=", "/entries.xlsx?person="] {
        let path = format!("{way}{}", test.member);
        for (role, may) in
            [(Role::Secretary, true), (Role::Discipline, true), (Role::Office, false), (Role::Leader, false)]
        {
            let said = says(&test, role, &path).await;
            assert_eq!(said.contains("一次联系"), may, "{role:?} {path}\n{said}");
            assert!(said.contains("负责的联系"), "{role:?} {path}: by the field that is open\n{said}");
        }
    }
    // Whom it concerns finds it among their own.
    let own = says(&test, Role::Member, &format!("/entries?person={}", test.member)).await;
    assert!(own.contains("一次联系"), "{own}");
}

/// A record of a branch in which the one member was present.
async fn in_another_branch(test: &TestApp, unit: UnitId, by: AccountId) -> EntryId {
    let member = Participant {
        person: Some(test.member),
        name: "方以宁".to_owned(),
        attendance: Attendance::Present,
        reason: String::new(),
        guest: true,
        role: String::new(),
    };
    let now = test.app.clock.now();
    let entry = Entry {
        id: EntryId::fresh(),
        unit,
        ledgers: vec!["organisation-life".to_owned()],
        day: crate::harness::TODAY,
        title: "专题组织生活会".to_owned(),
        values: BTreeMap::from([
            ("people".to_owned(), Value::People(vec![member])),
            ("minutes".to_owned(), Value::Text("按程序进行了六项".to_owned())),
            ("self_criticism".to_owned(), Value::Text("甲对乙提出了批评意见".to_owned())),
        ]),
        revision: 0,
        entered_at: now,
        entered_by: by,
        revised_at: now,
        withdrawn: false,
    };
    let save = SaveEntry {
        entry: &entry,
        based_on: 0,
        late: false,
        incomplete: false,
        words: runtime::words(&entry, &test.app.rulebook.ledgers_of(&entry), &BTreeMap::new()),
        above: None,
        reason: "",
        add: &[],
        end: &[],
        on: entry.day,
        follows: None,
        cases: None,
        chase: None,
    };
    let act = store::Act::new(Some(by), "", now, "entry.save");
    test.app.store.save_entry(test.institution, &save, &act).await.expect("it is saved");
    entry.id
}

#[tokio::test]
async fn a_search_finds_and_quotes_what_the_page_shows_and_no_more() {
    let test = TestApp::new().await;
    let id = in_another_branch(&test, test.units[OTHER], test.accounts[&Role::Discipline]).await;
    let path = format!("/entries?q={}", encoded("批评意见"));
    for (role, may) in [(Role::Member, false), (Role::Office, true), (Role::Leader, true)] {
        let page = read(&test, role, &id.to_string()).await;
        assert!(page.contains("专题组织生活会") && page.contains("按程序进行了六项"), "{role:?}\n{page}");
        assert_eq!(page.contains("甲对乙"), may, "{role:?}\n{page}");
        let list = says(&test, role, &path).await;
        assert_eq!(list.contains("专题组织生活会"), may, "{role:?}\n{list}");
        assert_eq!(list.contains("甲对乙"), may, "{role:?}\n{list}");
        let by_title = says(&test, role, &format!("/entries?q={}", encoded("组织生活会"))).await;
        assert!(
            by_title.contains("/entries/") && !by_title.contains("没有符合的记录"),
            "{role:?}\n{by_title}"
        );
        let sifted = format!("/entries?ledger=organisation-life&w_self_criticism={}", encoded("批评"));
        assert_eq!(says(&test, role, &sifted).await.contains("专题组织生活会"), may, "{role:?}");
        let listed = says(&test, role, "/entries?ledger=organisation-life&col=f_self_criticism").await;
        assert_eq!(listed.contains("甲对乙"), may, "{role:?}\n{listed}");
    }
    let seen = test.app.store.entry(test.institution, &Scope::All, id).await.expect("it is there");
    assert_eq!(seen.entry.unit, test.units[OTHER]);
}
