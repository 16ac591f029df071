//! A disk that is full or takes no writing: whoever saves is told so and what to do, and what was typed is still there.

use axum::http::StatusCode;
use model::Role;
use work::Settings;

use crate::files::{send, started};
use crate::harness::Answer;

#[tokio::test]
async fn a_full_disk_is_named_and_what_was_typed_is_there_to_be_saved_again() {
    let (test, _, written) = started(Settings::default()).await;
    test.fill_disk().await;
    // The form of a record comes back as it was sent.
    let refused = send(&test, "/record", &written, &[]).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    let page = refused.page();
    assert!(page.says("没有存下：服务器的磁盘写满了") && page.says("告诉管理员"), "{}", page.words());
    for (name, value) in written.pairs().into_iter().filter(|(n, _)| ["title", "day", "id"].contains(n)) {
        assert_eq!(page.value(name), value, "{name}");
    }
    // With a file too, and as a draft.
    let sent = [(
        "file_attachments",
        "说明.pdf",
        include_bytes!("../../../office/tests/files/gbk-euc.pdf").as_slice(),
    )];
    let refused = send(&test, "/record", &written, &sent).await;
    assert!(refused.page().says("没有存下：服务器的磁盘写满了"), "{}", refused.page().words());
    let mut draft = written.pairs();
    draft.push(("do", "draft"));
    let refused = test.post("/record", &draft).as_(Role::Secretary).send().await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(refused.page().says("没有存下：服务器的磁盘写满了"), "{}", refused.page().words());

    // The script is told in its own form.
    let told = send(&test, "/record/file", &written, &sent).await;
    let says = |told: &Answer| {
        assert_eq!(told.status, StatusCode::SERVICE_UNAVAILABLE);
        let said: serde_json::Value = serde_json::from_slice(&told.bytes).expect("JSON");
        assert_eq!(said["code"], "disk");
        assert_eq!(said["title"], "服务器的磁盘写满了");
        assert!(said["detail"].as_str().is_some_and(|d| d.contains("腾出空间")), "{said}");
    };
    says(&told);
    let told = test.post("/record/draft", &written.pairs()).as_(Role::Secretary);
    says(&told.header("accept", "application/json").send().await);
    // Any other act has a page that says it.
    let other = test.post(
        "/account/password",
        &[("old", crate::harness::PASSWORD), ("new", "Xin-Mima-77"), ("again", "Xin-Mima-77")],
    );
    let other = other.as_(Role::Secretary).send().await;
    assert_eq!(other.status, StatusCode::SERVICE_UNAVAILABLE);
    let page = other.page();
    assert!(
        page.says("服务器的磁盘写满了") && page.says("腾出空间") && !page.says("系统出错了"),
        "{}",
        page.words()
    );

    test.make_room().await;
    let saved = send(&test, "/record", &written, &[]).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.text());
}

#[tokio::test]
async fn a_folder_of_files_that_takes_no_writing_is_not_said_to_be_busy() {
    let (test, _, written) = started(Settings::default()).await;
    let place = test.files();
    test.app.store.try_files().await.expect("files are kept there");
    std::fs::remove_dir_all(&place).expect("removed");
    std::fs::write(&place, b"something else").expect("written");
    let sent = [(
        "file_attachments",
        "说明.pdf",
        include_bytes!("../../../office/tests/files/gbk-euc.pdf").as_slice(),
    )];
    let told = send(&test, "/record/file", &written, &sent).await;
    let said: serde_json::Value = serde_json::from_slice(&told.bytes).expect("JSON");
    assert_eq!(
        (said["code"].as_str(), said["title"].as_str()),
        (Some("disk"), Some("服务器的磁盘现在不能写"))
    );
    assert!(test.app.store.try_files().await.is_err());
}
