//! 组织关系: a graduate's goes out with a letter and comes back as a receipt; another member's comes in.

use anyhow::{Context as _, Result, ensure};

use super::College;
use crate::webdriver;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_graduate_goes_out_and_somebody_comes_in() -> Result<()> {
    let Some(driver) = webdriver("a_graduate_goes_out_and_somebody_comes_in") else { return Ok(()) };
    let college = College::new("transfer", driver)?;
    let mut who = String::new();
    college
        .on("2026-10-12", async |screen| {
            screen.sign_in("shuji02").await?;
            // A member of the branch, as its roster names them.
            screen.go("/people?stage=full").await?;
            let name = screen
                .js("return [...document.querySelectorAll('main tbody tr')].filter((r) => r.textContent.includes('学生'))
                     .map((r) => r.querySelector('a').textContent.trim()).pop()")
                .await?;
            who = name.as_str().context("nobody on the roster")?.to_owned();
            screen.open_case("组织关系转出", &[("name", &who)]).await?;
            screen.waits("本人报告去向，支部提出", "智能制造学院学生第一党支部", "").await?;
            let ask = [
                ("f_transfer_way", "介绍信"),
                ("f_to_organisation", "滨城市装备集团党委"),
                ("f_dues_paid_until", "2026-10-31"),
            ];
            screen.step("本人报告去向，支部提出", &ask).await?;
            screen.waits("有审批权的党委审批", "委员会", "10月26日前").await?;

            screen.change_to("dangban").await?;
            screen.by_list(&who).await?;
            let page = screen.words("main").await?;
            ensure!(page.contains("滨城市装备集团党委"), "where they go is not told: {page}");
            screen.step("有审批权的党委审批", &[("f_verdict", "同意")]).await?;
            let letter = [
                ("f_transfer_to", "滨城市装备集团党委"),
                ("f_letter_number", "青梧组转2026-041"),
                ("f_sent_on", "2026-10-12"),
            ];
            screen.step("系统发起或开介绍信", &letter).await?;
            // The next number of the series is theirs.
            let head = screen.words("main .head").await?;
            ensure!(head.contains("〔2026〕"), "no number: {head}");
            screen.waits("收到回执", "委员会", "2027年1月10日前").await?;

            // Until the receipt they are still of the branch.
            screen.go(&format!("/people?q={who}")).await?;
            ensure!(screen.words("main table").await?.contains(&who), "gone before the receipt");
            Ok(())
        })
        .await?;
    college
        .on("2026-11-20", async |screen| {
            screen.sign_in("dangban").await?;
            screen.by_list(&who).await?;
            screen.step("收到回执", &[("f_receipt", "已接收"), ("f_receipt_on", "2026-11-18")]).await?;
            screen.step("转出方核销", &[("f_receipt_number", "2026-18")]).await?;
            screen.ended("办结").await?;
            screen.go(&format!("/people?q={who}")).await?;
            let page = screen.words("main").await?;
            ensure!(page.contains("没有符合条件的人"), "still on the branch's roster: {page}");

            // Somebody comes: of no roster yet; the papers first, then the branch.
            let new = [("name", "申屠宁"), ("number", "R20261"), ("kind", "教职工")];
            screen.open_case("组织关系转入", &new).await?;
            let arrive = [("f_materials", "不齐，待补"), ("f_from_organisation", "江州市工业学校党委")];
            screen.step("接收介绍信或系统信息，审查材料", &arrive).await?;
            screen.waits("接收介绍信或系统信息，审查材料", "委员会", "").await?;
            screen
                .step(
                    "接收介绍信或系统信息，审查材料",
                    &[
                        ("f_materials", "齐全"),
                        ("f_arrives_as", "正式党员"),
                        ("f_arrives_since", "2015-07-01"),
                    ],
                )
                .await?;
            screen.waits("编入党支部、党小组", "委员会", "12月20日前").await?;
            let place = [("f_to_branch", "智能制造学院教工第一党支部")];
            screen.step("编入党支部、党小组", &place).await?;
            screen.step("退回回执", &[("f_receipt_number", "江组2026-7")]).await?;
            screen.ended("办结").await?;
            screen.go("/people?q=申屠宁").await?;
            let table = screen.words("main table").await?;
            ensure!(table.contains("智能制造学院教工第一党支部"), "the branch does not have them: {table}");
            Ok(())
        })
        .await
}
