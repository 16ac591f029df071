//! What people hand in as a roster that is none, or is wrong: each with its own answer, and nothing half done.

use axum::http::StatusCode;
use model::Role;
use store::{RosterFilter, Scope};

use crate::harness::{Answer, TODAY, TestApp};

async fn upload(test: &TestApp, bytes: &[u8]) -> Answer {
    let mut body =
        b"--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.xlsx\"\r\n\r\n".to_vec();
    body.extend_from_slice(bytes);
    body.extend_from_slice(
        b"\r\n--B\r\nContent-Disposition: form-data; name=\"day\"\r\n\r\n2022-04-22\r\n--B--\r\n",
    );
    let ask = test.post("/people/import", &[]).body("multipart/form-data; boundary=B", body);
    ask.as_(Role::Office).send().await
}

async fn look(test: &TestApp, rows: &str) -> String {
    let mut body = b"--B\r\nContent-Disposition: form-data; name=\"paste\"\r\n\r\n".to_vec();
    body.extend_from_slice(format!("姓名\t工号\t类别\t入党日期\t所在支部\t阶段\n{rows}").as_bytes());
    body.extend_from_slice(
        b"\r\n--B\r\nContent-Disposition: form-data; name=\"day\"\r\n\r\n2022-04-22\r\n--B--\r\n",
    );
    let ask = test.post("/people/import", &[]).body("multipart/form-data; boundary=B", body);
    let answer = ask.as_(Role::Office).send().await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    let page = test.get(answer.to()).as_(Role::Office).send().await.text();
    let filter = RosterFilter { presence: store::Presence::All, ..RosterFilter::on(TODAY) };
    let heads = test.app.store.roster(test.institution, &Scope::All, &filter, 0, 9).await.unwrap();
    assert_eq!(heads.len(), 1, "looking changes nothing");
    page
}

#[tokio::test]
async fn half_a_workbook_is_no_workbook() {
    let test = TestApp::new().await;
    let whole = test.get("/people/template.xlsx").as_(Role::Office).send().await.bytes;
    for length in [whole.len() / 4, whole.len() / 2, whole.len() - 30] {
        let answer = upload(&test, &whole[..length]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{length}");
        assert!(
            answer.text().contains("文件已损坏") || answer.text().contains("不完整"),
            "{}",
            answer.text()
        );
    }
    assert!(
        test.app.store.batches(test.institution, test.accounts[&Role::Office], 9).await.unwrap().is_empty()
    );
}

#[tokio::test]
async fn a_workbook_that_is_too_large_is_refused_in_its_form() {
    let test = TestApp::new().await;
    let answer = upload(&test, &vec![0; 24 * 1024 * 1024 + 1]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let page = answer.text();
    assert!(page.contains("在 Excel 里连表头一起选中") && page.contains("最多 24 MB"), "{page}");
}

#[tokio::test]
async fn a_formula_is_no_name() {
    let test = TestApp::new().await;
    let page = look(&test, "=CONCAT(A1,B1)\tT2\t教职工\t\t教工第一党支部\t积极分子").await;
    assert!(page.contains("A2 姓名") && page.contains("像一个公式"), "{page}");
}

#[tokio::test]
async fn a_person_twice_is_told_with_the_other_row() {
    let test = TestApp::new().await;
    let page = look(&test, "方以宁\t20080117\t\t\t\t\n方以宁\t\t\t\t教工第一党支部\t").await;
    assert!(page.contains("和第 2 行是同一个人"), "{page}");
}

#[tokio::test]
async fn days_of_1900_and_of_the_future_are_told_apart() {
    let test = TestApp::new().await;
    let page = look(
        &test,
        "苏禾\tT2\t教职工\t1900-01-01\t教工第一党支部\t正式党员\n林知夏\tT3\t教职工\t2022-04-23\t教工第一党支部\t正式党员",
    )
    .await;
    assert!(page.contains("D2 入党日期") && page.contains("太早"), "{page}");
    assert!(page.contains("D3 入党日期") && page.contains("还没有到"), "{page}");
}

#[tokio::test]
async fn many_faults_are_summed_up_by_their_column() {
    let test = TestApp::new().await;
    let rows: Vec<String> =
        (0..3_000).map(|n| format!("苏禾{n}\tT{n}\t谁\t2022-13-01\t教工第一党支部\t正式党员")).collect();
    let page = look(&test, &rows.join("\n")).await;
    assert!(page.contains("3000 行要改"), "{page}");
    // A word that is no kind is told as such, and as missing.
    let told = |col: &str| [3_000, 6_000].iter().any(|n| page.contains(&format!("{col} {n} 处")));
    assert!(page.contains("要改的都在这些栏") && told("类别") && told("入党日期"), "{page}");
    assert!(page.contains("第 1—100 条，共 3000 条"));
}

#[tokio::test]
async fn a_branch_that_is_no_more_takes_nobody_in() {
    let test = TestApp::new().await;
    let staff = test.units["教工第一党支部"];
    let known = test.app.known(test.institution).await.unwrap();
    let mut unit = known.organisation.unit(staff).unwrap().clone();
    unit.dissolved = Some(TODAY);
    let act = store::Act::new(None, "", test.app.clock.now(), "test.make");
    test.app.store.save_units(test.institution, &[unit], &act).await.unwrap();
    test.app.forget(test.institution);
    let page = look(&test, "苏禾\tT2\t教职工\t2020-07-01\t教工第一党支部\t正式党员").await;
    assert!(page.contains("E2 所在支部") && page.contains("撤销"), "{page}");
}
