//! Signing in, being locked out, changing a password, the first start.

use axum::http::{Method, StatusCode};
use jiff::SignedDuration;
use model::Role;
use work::Settings;

use crate::harness::{Ask, PASSWORD, TestApp, bare, wall};

async fn try_in(test: &TestApp, login: &str, password: &str) -> crate::harness::Answer {
    test.post("/login", &[("login", login), ("password", password), ("back", "/plan?on=2022-03-31")])
        .send()
        .await
}

#[tokio::test]
async fn whoever_is_not_signed_in_signs_in_and_comes_back() {
    let test = TestApp::new().await;
    let sent = test.get("/plan?on=2022-03-31").send().await;
    assert_eq!(sent.to(), "/login?back=%2Fplan%3Fon%3D2022-03-31");
    let form = test.get(sent.to()).send().await.page();
    assert!(form.says("青梧职业技术学院") && form.value("back") == "/plan?on=2022-03-31", "{}", form.words());
    let inside = try_in(&test, " OFFICE ", PASSWORD).await;
    assert_eq!(inside.to(), "/plan?on=2022-03-31");
    let wide = try_in(&test, "ｏｆｆｉｃｅ", PASSWORD).await;
    assert_eq!(wide.to(), "/plan?on=2022-03-31", "typed with the Chinese keyboard");
    let cookie = inside.cookie("luoshi");
    assert_eq!(cookie.len(), "luoshi=".len() + 64);
    assert!(inside.header("set-cookie").contains("HttpOnly; SameSite=Lax"));
    assert_eq!(test.get("/plan").cookie(&cookie).send().await.status, StatusCode::OK);
    let out = test.post("/logout", &[]).cookie(&cookie).send().await;
    assert_eq!(out.to(), "/login");
    assert!(
        test.get("/plan").cookie(&cookie).send().await.to().starts_with("/login"),
        "the session is ended on the server"
    );
}

#[tokio::test]
async fn a_link_back_never_leads_away() {
    let test = TestApp::new().await;
    let fields = [("login", "office"), ("password", PASSWORD), ("back", "//evil.example/")];
    assert_eq!(test.post("/login", &fields).send().await.to(), "/");
}

#[tokio::test]
async fn five_wrong_passwords_lock_the_account_whether_it_exists_or_not() {
    let test = TestApp::new().await;
    for login in ["leader", "nobody"] {
        for left in (1..5).rev() {
            let answer = try_in(&test, login, "wrong").await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(answer.text().contains(&format!("再错 {left} 次将锁定 15 分钟")), "{login} {left}");
        }
        assert_eq!(try_in(&test, login, "wrong").await.status, StatusCode::TOO_MANY_REQUESTS);
        let locked = try_in(&test, login, PASSWORD).await;
        assert_eq!(locked.status, StatusCode::TOO_MANY_REQUESTS, "the right password does not help");
    }
    // The security administrator sees it and lifts it.
    let path = format!("/admin/grants/{}", test.accounts[&Role::Leader]);
    assert!(test.get(&path).as_(Role::SecurityAdmin).send().await.text().contains("连续输错密码"));
    test.post(&format!("{path}/unlock"), &[]).as_(Role::SecurityAdmin).send().await;
    assert_eq!(try_in(&test, "leader", PASSWORD).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn guesses_sent_at_once_are_counted_one_by_one() {
    let test = TestApp::new().await;
    let guess = || try_in(&test, "member", "wrong");
    let (a, b, c, d, e, f, g) = tokio::join!(guess(), guess(), guess(), guess(), guess(), guess(), guess());
    let wrong = [a, b, c, d, e, f, g].iter().filter(|x| x.status == StatusCode::UNPROCESSABLE_ENTITY).count();
    assert_eq!(wrong, 4, "the fifth locks, those after it are not even tried");
}

#[tokio::test]
async fn an_address_is_locked_after_many_accounts() {
    let test =
        TestApp::with(Settings { address_failures: 3, behind_proxy: true, ..Settings::default() }).await;
    let guess = |login: &str, from: &str| {
        test.post("/login", &[("login", login), ("password", "wrong")]).header("x-forwarded-for", from).send()
    };
    for login in ["a", "b"] {
        assert_eq!(guess(login, "1.1.1.1, 10.0.0.7").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(
        guess("c", "2.2.2.2, 10.0.0.7").await.status,
        StatusCode::TOO_MANY_REQUESTS,
        "only our proxy's word counts"
    );
    assert_eq!(guess("d", "10.0.0.8").await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn over_tls_the_cookie_is_bound_to_the_host() {
    let test = TestApp::with(Settings { behind_proxy: true, ..Settings::default() }).await;
    let answer = test
        .post("/login", &[("login", "office"), ("password", PASSWORD)])
        .header("x-forwarded-proto", "https")
        .send()
        .await;
    assert!(answer.header("set-cookie").starts_with("__Host-luoshi="));
    assert!(answer.header("set-cookie").split("; ").any(|word| word == "Secure"));
}

#[tokio::test]
async fn a_new_password_is_checked_in_every_way_at_once() {
    let test = TestApp::new().await;
    let bad = test
        .post("/account/password", &[("old", "wrong"), ("new", "office"), ("again", "other")])
        .as_(Role::Office)
        .send()
        .await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    let text = bad.text();
    for words in ["现在的密码：不对", "至少 8 个字符", "不能含有账号或姓名", "两次输入的新密码不一样"]
    {
        assert!(text.contains(words), "{words}");
    }
    assert!(!bad.page().has_value("wrong"), "a password is never sent back");
    let elsewhere = try_in(&test, "office", PASSWORD).await.cookie("luoshi");
    let good = test
        .post("/account/password", &[("old", PASSWORD), ("new", "Xin-Mima-77"), ("again", "Xin-Mima-77")])
        .as_(Role::Office)
        .send()
        .await;
    assert_eq!(good.to(), "/account");
    let said = good.cookie("luoshi-said");
    let page = test.get("/account").as_(Role::Office).send().await;
    assert_eq!(page.status, StatusCode::OK, "this session goes on");
    assert!(
        test.get("/account").cookie(&elsewhere).send().await.to().starts_with("/login"),
        "the others end"
    );
    let inside = try_in(&test, "office", "Xin-Mima-77").await.cookie("luoshi");
    let page = test.get("/account").cookie(&format!("{inside}; {said}")).send().await;
    assert!(page.text().contains("密码改好了"));
    assert_eq!(page.cookie("luoshi-said"), "luoshi-said=", "it is said once");
}

const SETUP: [(&str, &str); 13] = [
    ("institution", "松原医学院"),
    ("system-login", "xt01"),
    ("system-name", "沈一"),
    ("system-password", "Shezhi-01x"),
    ("system-again", "Shezhi-01x"),
    ("security-login", "aq01"),
    ("security-name", "沈二"),
    ("security-password", "Shezhi-02x"),
    ("security-again", "Shezhi-02x"),
    ("audit-login", "sj01"),
    ("audit-name", "沈三"),
    ("audit-password", "Shezhi-03x"),
    ("audit-again", "Shezhi-03x"),
];

#[tokio::test]
async fn the_first_start_makes_three_administrators_once() {
    let (app, router, _dir) = bare(Settings::default()).await;
    let ask = |method: Method, path: &str| Ask::new(&router, None, method, path);
    assert!(ask(Method::GET, "/login").send().await.text().contains("本系统还没有设置"));
    let path = server::identity::setup_path(&app).await.unwrap().expect("a new store asks to be set up");
    assert_eq!(ask(Method::GET, "/setup/0123").send().await.status, StatusCode::FORBIDDEN);
    assert_eq!(ask(Method::GET, &path).send().await.status, StatusCode::OK);

    let mut twice = SETUP;
    twice[5].1 = "XT01";
    let answer = ask(Method::POST, &path).form(&twice).send().await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text().contains("三个管理员要用三个不同的账号"));

    let answer = ask(Method::POST, &path).form(&SETUP).send().await;
    assert_eq!(answer.to(), "/login");
    assert_eq!(
        ask(Method::POST, &path).form(&SETUP).send().await.status,
        StatusCode::FORBIDDEN,
        "the link works once"
    );
    assert_eq!(server::identity::setup_path(&app).await.unwrap(), None);
    for (login, password, first) in [
        ("xt01", "Shezhi-01x", "/admin/accounts"),
        ("aq01", "Shezhi-02x", "/admin/grants"),
        ("sj01", "Shezhi-03x", "/admin/audit"),
    ] {
        let inside =
            ask(Method::POST, "/login").form(&[("login", login), ("password", password)]).send().await;
        assert_eq!(inside.to(), "/", "{login}");
        let home = ask(Method::GET, "/").cookie(&inside.cookie("luoshi")).send().await;
        assert_eq!(home.to(), first);
    }
}

#[tokio::test]
async fn an_administrator_sets_a_new_password_by_a_link_from_the_server() {
    let test = TestApp::new().await;
    let path =
        server::identity::reset_path(&test.app, "audit_admin").await.unwrap().expect("the account is there");
    assert!(test.get(&path).send().await.text().contains("audit_admin"));
    let fields = [("new", "Xin-Mima-77"), ("again", "Xin-Mima-77")];
    assert_eq!(test.post(&path, &fields).send().await.to(), "/login");
    assert_eq!(test.post(&path, &fields).send().await.status, StatusCode::FORBIDDEN, "it works once");
    assert_eq!(try_in(&test, "audit_admin", "Xin-Mima-77").await.status, StatusCode::SEE_OTHER);
    assert_eq!(server::identity::reset_path(&test.app, "nobody").await.unwrap(), None);
}

#[tokio::test]
async fn everybody_can_see_and_take_away_what_is_held_about_them() {
    let test = TestApp::new().await;
    let page = test.get("/account").as_(Role::Member).send().await.text();
    for words in ["方以宁", "20080117", "正式党员，教工第一党支部，2015年7月1日起"] {
        assert!(page.contains(words), "{words}");
    }
    let data = test.get("/account/data").as_(Role::Member).send().await;
    assert!(data.header("content-disposition").starts_with("attachment"));
    let text = data.text();
    assert!(text.contains("方以宁") && text.contains("教工第一党支部"));
    assert!(!text.contains("argon2") && !text.contains("token"), "no hash leaves the server");
}

#[tokio::test]
async fn one_of_several_places_is_signed_out_from_another() {
    let test = TestApp::new().await;
    let elsewhere = try_in(&test, "office", PASSWORD).await.cookie("luoshi");
    let page = test.get("/account").as_(Role::Office).send().await.page();
    let there = page.rows().into_iter().filter(|row| row.button("退出").is_some());
    let [there] = there.collect::<Vec<_>>()[..] else { panic!("one other place: {}", page.words()) };
    let form = there.form("/account/session/end").filled();
    let form: Vec<_> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let foreign = test.post("/account/session/end", &form).as_(Role::Leader).send().await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND, "nobody ends another account's");
    assert_eq!(test.get("/plan").cookie(&elsewhere).send().await.status, StatusCode::OK);
    let ended = test.post("/account/session/end", &form).as_(Role::Office).send().await;
    assert_eq!(ended.to(), "/account");
    assert!(test.get("/plan").cookie(&elsewhere).send().await.to().starts_with("/login"));
    let page = test.get("/account").as_(Role::Office).send().await.page();
    assert!(page.button("退出").is_none() && page.button("退出这里").is_some(), "only this place is left");
}

#[tokio::test]
async fn what_a_clock_that_stood_ahead_left_behind_is_not_taken() {
    let test = TestApp::new().await;
    let years = SignedDuration::from_hours(8 * 365 * 24);
    // Somebody was locked out in the years ahead.
    let lasts = SignedDuration::from_mins(15);
    let rule = store::LockRule { after: 1, within: lasts, lasts };
    test.app.store.attempt_failed("login:leader", wall() + years, rule).await.unwrap();
    let path = format!("/admin/grants/{}", test.accounts[&Role::Leader]);
    assert!(!test.get(&path).as_(Role::SecurityAdmin).send().await.text().contains("连续输错密码"));
    let wrong = try_in(&test, "leader", "wrong").await;
    assert!(wrong.text().contains("再错 4 次将锁定 15 分钟"), "{}", wrong.text());
    assert_eq!(try_in(&test, "leader", PASSWORD).await.status, StatusCode::SEE_OTHER);

    // And somebody signed in then.
    let begun = async |ahead: SignedDuration| {
        let token = format!("{:064}", ahead.as_secs());
        let session = store::Session {
            token_hash: store::sha256(token.as_bytes()),
            institution: test.institution,
            account: test.accounts[&Role::Office],
            created_at: wall() + ahead,
            seen_at: wall() + ahead,
            expires_at: wall() + ahead + SignedDuration::from_mins(30),
            address: String::new(),
            agent: String::new(),
        };
        let act = store::Act::new(None, "", test.app.clock.now(), "session.begin");
        test.app.store.begin_session(&session, &act).await.unwrap();
        test.get("/plan").cookie(&format!("luoshi={token}")).send().await
    };
    assert!(begun(years).await.to().starts_with("/login"), "it would last for years");
    assert_eq!(
        begun(SignedDuration::from_mins(2)).await.status,
        StatusCode::OK,
        "two servers differ a little"
    );
}

#[tokio::test]
async fn tries_of_the_old_password_are_counted_with_those_of_signing_in() {
    let test = TestApp::new().await;
    let change = async |old: &str| {
        let fields = [("old", old), ("new", "Xin-Mima-77"), ("again", "Xin-Mima-77")];
        test.post("/account/password", &fields).as_(Role::Office).send().await
    };
    for _ in 0..2 {
        assert_eq!(try_in(&test, "office", "wrong").await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(change("wrong").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let fifth = change("wrong").await;
    assert_eq!(fifth.to(), "/login", "{}", fifth.text());
    assert!(change(PASSWORD).await.to().starts_with("/login"), "the session has ended");
    assert_eq!(try_in(&test, "office", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
    let filter = store::AuditFilter::default();
    let log = test.app.store.audit(test.institution, &filter, 1000).await.unwrap();
    assert!(log.iter().any(|line| line.action == "session.lock"));
}

#[tokio::test]
async fn of_several_lines_of_a_proxy_the_last_one_counts_with_or_without_its_port() {
    let settings = Settings { address_failures: 3, behind_proxy: true, ..Settings::default() };
    let test = TestApp::with(settings).await;
    for (login, spoofed, last) in [
        ("a", "6.6.6.1", "10.0.0.7"),
        ("b", "6.6.6.2", "9.9.9.9, 10.0.0.7:52311"),
        ("c", "6.6.6.3", "10.0.0.7"),
    ] {
        let guess = test.post("/login", &[("login", login), ("password", "wrong")]);
        let guess = guess.also("x-forwarded-for", spoofed).also("x-forwarded-for", last).send().await;
        let locks = login == "c";
        assert_eq!(guess.status == StatusCode::TOO_MANY_REQUESTS, locks, "{login}");
    }
    let elsewhere = test.post("/login", &[("login", "d"), ("password", "wrong")]);
    let elsewhere = elsewhere.header("x-forwarded-for", "[2001:db8::1]:443").send().await;
    assert_eq!(elsewhere.status, StatusCode::UNPROCESSABLE_ENTITY);
    let log = test.app.store.attempts("address:2001:db8::1").await.unwrap();
    assert_eq!(log.map(|a| a.failures), Some(1), "the port is no part of the address");
}
