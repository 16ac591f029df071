//! 评优: one place for each branch. A branch that names two is told; those without an account are written down by the office
//! from one sheet; then reviewed, decided, put up, issued.

use anyhow::{Context as _, Result, ensure};
use jiff::civil::datetime;
use office::sheet::{Cell, Column, Kind, Sheet, write};

use super::College;
use crate::webdriver;

const TITLE: &str = "2026年度优秀共产党员";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn honours_have_a_quota() -> Result<()> {
    let Some(driver) = webdriver("honours_have_a_quota") else { return Ok(()) };
    let college = College::new("honours", driver)?;
    college
        .on("2026-10-12", async |screen| {
            screen.sign_in("zuzhi").await?;
            screen.open_case("评优表彰", &[("title", TITLE)]).await?;
            let notice = [("f_award", "优秀共产党员"), ("f_quota", "1"), ("f_conditions", "民主评议合格以上。")];
            screen.step("发通知：名额、条件", &notice).await?;

            let mut rows: Vec<[String; 4]> = Vec::new();
            for (login, branch) in
                [("shuji01", "智能制造学院教工第一党支部"), ("shuji02", "智能制造学院学生第一党支部")]
            {
                let step = format!("支部推荐（{branch}）");
                screen.change_to(login).await?;
                screen.by_month(TITLE, &step).await?;
                let page = screen.words("main").await?;
                ensure!(page.contains("每个支部名额"), "how many may be named is not told: {page}");
                screen.write(&step, &[]).await?;
                let names = screen
                    .js("return [...document.querySelectorAll('#people-list option')].map((o) => o.value)")
                    .await?;
                let names: Vec<String> = serde_json::from_value(names)?;
                if login == "shuji01" {
                    screen.enter("f_nominated", &format!("{}、{}", names[1], names[2])).await?;
                    let over = "document.querySelector('#steps') && document.querySelector('#steps').innerText.includes('最多 1')";
                    screen.until(over).await.context("two of one place are not told")?;
                }
                screen.enter("f_nominated", &names[1]).await?;
                screen.save().await?;
            }

            // The branches without an account: one sheet.
            screen.change_to("dangban").await?;
            screen.by_list(TITLE).await?;
            let waiting = screen
                .js("return [...document.querySelectorAll('#lanes tbody tr')].map((r) => r.children[1].textContent)")
                .await?;
            let waiting: Vec<String> = serde_json::from_value(waiting)?;
            ensure!(waiting.len() == 38, "{} branches have not named anybody", waiting.len());
            for unit in waiting {
                rows.push(["2026-10-12".to_owned(), format!("推荐{TITLE}"), unit, "代录".to_owned()]);
            }
            let sheet = Sheet {
                name: "推荐名单".to_owned(),
                title: "推荐名单".to_owned(),
                columns: ["日期", "主题", "组织", "主要内容"].map(|h| Column::new(h, 20, Kind::Text)).to_vec(),
                frozen: 1,
                rows: rows.iter().map(|r| r.iter().cloned().map(Cell::Text).collect()).collect(),
            };
            let file = college.folder().join("推荐名单.xlsx");
            std::fs::write(&file, write(datetime(2026, 10, 12, 8, 0, 0, 0), &[sheet])?)?;
            screen.go("/entries/import?ledger=honour-nomination").await?;
            screen.find("input[type=file]").await?.send_keys(&file.display().to_string()).await?;
            screen.choose("读出来核对").await?;
            screen.choose("导入 38 条").await?;
            screen.until("document.querySelector('.toast') && document.querySelector('.toast').textContent.includes('已导入 38 条')").await?;

            screen.change_to("zuzhi").await?;
            screen.by_month(TITLE, "组织部审核汇总").await?;
            screen.step("组织部审核汇总", &[("f_verdict", "同意")]).await?;
            screen.waits("纪委意见", "纪委", "10月19日前").await?;
            screen.change_to("jiwei").await?;
            screen.by_list(TITLE).await?;
            screen.step("纪委意见", &[("f_opinion", "无意见")]).await?;
            screen.change_to("dangban").await?;
            screen.by_list(TITLE).await?;
            screen.step("党委会研究", &[("f_resolutions.0.verdict", "同意")]).await?;
            screen.waits("公示", "组织部", "").await
        })
        .await?;
    college
        .on("2026-10-26", async |screen| {
            screen.sign_in("zuzhi").await?;
            screen.by_month(TITLE, "公示").await?;
            let days = [
                ("f_publicity_from", "2026-10-15"),
                ("f_publicity_until", "2026-10-23"),
                ("f_heard", "没有"),
            ];
            screen.step("公示", &days).await?;
            let issue = [
                ("f_award", "优秀共产党员"),
                ("f_level", "校级"),
                ("f_granted_by", "学校党委"),
                ("f_granted_to", "各支部推荐的 40 名党员"),
            ];
            screen.step("发文表彰，入荣誉登记", &issue).await?;
            screen.ended("办结").await?;
            ensure!(screen.words("main .head").await?.contains("〔2026〕"), "no number");
            Ok(())
        })
        .await
}
