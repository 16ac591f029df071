//! 换届: a branch asks, is answered, nominates, votes, reports, and its secretary is approved and the members filed.

use anyhow::{Result, ensure};

use super::College;
use crate::webdriver;

/// Its term is over in March; nobody of it has an account in the demonstration, and the office writes for it.
const BRANCH: &str = "艺术设计学院学生第一党支部";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_branch_elects_its_committee() -> Result<()> {
    let Some(driver) = webdriver("a_branch_elects_its_committee") else { return Ok(()) };
    let college = College::new("election", driver)?;
    let mut who: Vec<String> = Vec::new();
    college
        .on("2026-10-12", async |screen| {
            screen.sign_in("dangban").await?;
            // Opened by itself, half a year before the term ends.
            screen.by_list(BRANCH).await?;
            screen.waits("上级提醒", "艺术设计学院党总支", "").await?;
            screen.step("上级提醒", &[("f_content", "任期将满，请着手准备。")]).await?;

            let request = [("f_seats", "3"), ("f_sent_on", "2026-10-12"), ("f_content", "拟于十一月召开党员大会。")];
            screen.step("支委会研究，报换届请示（名额、产生办法、时间）", &request).await?;
            screen.waits("上级批复", "委员会", "11月12日前").await?;
            screen.step("上级批复", &[("f_verdict", "同意"), ("f_seats", "3")]).await?;

            screen.write("推荐提名，定候选人预备人选", &[]).await?;
            let names = screen
                .js("return [...document.querySelectorAll('#people-list option')].map((o) => o.value)")
                .await?;
            who = serde_json::from_value(names)?;
            ensure!(who.len() > 6, "{who:?}");
            // Three for three seats are too few.
            screen.enter("n_nominees", "4").await?;
            screen.until("!!document.querySelector('[name=\"f_nominees.3.person\"]')").await?;
            for (n, name) in who.iter().take(3).enumerate() {
                screen.enter(&format!("f_nominees.{n}.person"), name).await?;
            }
            screen.until("document.querySelector('#steps') && document.querySelector('#steps').innerText.includes('第13条')").await?;
            screen.enter("f_nominees.3.person", &who[3]).await?;
            screen.save().await?;
            screen.step("上级审查候选人", &[("f_verdict", "同意")]).await?;
            screen.waits("党员大会选举", BRANCH, "").await
        })
        .await?;
    college
        .on("2026-11-16", async |screen| {
            screen.sign_in("dangban").await?;
            screen.by_list(BRANCH).await?;
            screen
                .write(
                    "党员大会选举",
                    &[("f_vote_due", "24"), ("f_vote_present", "22"), ("f_tellers", &who[5])],
                )
                .await?;
            screen.enter("n_election_ballots", "4").await?;
            screen.until("!!document.querySelector('[name=\"f_election_ballots.3.person\"]')").await?;
            for (n, votes) in ["21", "20", "15", "8"].into_iter().enumerate() {
                screen.enter(&format!("f_election_ballots.{n}.person"), &who[n]).await?;
                screen.enter(&format!("f_election_ballots.{n}.votes"), votes).await?;
            }
            screen.save().await?;
            screen
                .waits("新支委会第一次会议选书记、副书记（不设支委会的由大会直接选）", BRANCH, "11月17日前")
                .await?;
            let first = "新支委会第一次会议选书记、副书记（不设支委会的由大会直接选）";
            screen.step(first, &[]).await?;
            let members = format!("{}、{}", who[1], who[2]);
            screen.step("报告选举结果", &[("f_secretary", &who[0]), ("f_members", &members)]).await?;
            // One reply approves the secretary and files the members.
            let reply =
                [("f_secretary_reply", "批准"), ("f_members_reply", "备案"), ("f_term_ends", "2029-11-16")];
            screen.write("书记、副书记批复", &reply).await?;
            screen.save().await?;
            screen.waits("分工、移交、归档", BRANCH, "12月16日前").await?;
            let file = [
                ("f_term_starts", "2026-11-16"),
                ("f_term_ends", "2029-11-16"),
                ("f_replied_on", "2026-11-16"),
                ("f_committee_members", &members),
            ];
            screen.step("分工、移交、归档", &file).await?;
            screen.ended("办结").await?;
            // Who is secretary now stands at the branch.
            screen.go(&format!("/people?q={}", who[0])).await?;
            let page = screen.words("main").await?;
            ensure!(page.contains("书记"), "{page}");
            Ok(())
        })
        .await
}
