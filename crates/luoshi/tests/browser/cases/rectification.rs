//! 整改: twenty problems of an inspection come from a sheet; each has its cause, its measures, its proof; one is returned, one
//! comes back after it was closed.

use anyhow::{Context as _, Result, ensure};
use jiff::civil::datetime;
use office::sheet::{Cell, Column, Kind, Sheet, write};

use super::College;
use crate::screen::Screen;
use crate::webdriver;

/// Problems in the sheet.
const PROBLEMS: usize = 20;
const TITLE: &str = "2026年第二轮校内巡察反馈";

fn problem(n: usize) -> String {
    const OF: [&str; 5] =
        ["台账登记不及时", "会议记录要素不全", "谈心谈话没有覆盖到人", "经费报销先办后批", "公示时间不够"];
    format!("问题{}：{}", n + 1, OF[n % OF.len()])
}

fn unit(n: usize) -> &'static str {
    if n.is_multiple_of(2) {
        "智能制造学院党总支"
    } else {
        "智能制造学院学生第一党支部"
    }
}

fn login(n: usize) -> &'static str {
    if n.is_multiple_of(2) { "zongzhi01" } else { "shuji02" }
}

/// One record with a verdict on each of these problems, opened from the first of them.
async fn judged(screen: &Screen<'_>, step: &str, verdicts: &[(usize, &str)]) -> Result<()> {
    let (first, verdict) = *verdicts.first().context("no verdict")?;
    screen.by_list(&problem(first)).await?;
    if verdicts.len() == 1 {
        return screen.step(step, &[("f_verdict", verdict)]).await.map(|_| ());
    }
    screen.choose(&format!("连同另外 {} 件，一起记", verdicts.len() - 1)).await?;
    for (n, verdict) in verdicts {
        let name = screen
            .js(&format!(
                "return [...document.querySelectorAll('[name$=\".problem\"]')].find((c) => c.value === '{}')?.name",
                problem(*n)
            ))
            .await?;
        let name = name.as_str().with_context(|| format!("no line for {}", problem(*n)))?;
        screen.enter(&name.replace(".problem", ".verdict"), verdict).await?;
    }
    screen.save().await.map(|_| ())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_problems_are_put_right() -> Result<()> {
    let Some(driver) = webdriver("twenty_problems_are_put_right") else { return Ok(()) };
    let college = College::new("rectification", driver)?;
    let proof = college.paper("整改凭据.docx")?;
    let proof = proof.to_str().unwrap_or_default();
    let sheet = Sheet {
        name: "反馈问题".to_owned(),
        title: TITLE.to_owned(),
        columns: ["序号", "问题", "责任单位"].map(|h| Column::new(h, 24, Kind::Text)).to_vec(),
        frozen: 1,
        rows: (0..PROBLEMS)
            .map(|n| {
                let unit = if n == 4 { "智造总支" } else { unit(n) };
                [(n + 1).to_string(), problem(n), unit.to_owned()].map(Cell::Text).to_vec()
            })
            .collect(),
    };
    let file = college.folder().join("反馈问题.xlsx");
    std::fs::write(&file, write(datetime(2026, 10, 8, 8, 0, 0, 0), &[sheet])?)?;

    college
        .on("2026-10-12", async |screen| {
            screen.sign_in("jiwei").await?;
            screen.go("/cases").await?;
            screen.choose("新开一件").await?;
            screen.choose("问题整改").await?;
            screen.choose("从表格导入“问题清单”").await?;
            screen.find("input[type=file]").await?.send_keys(&file.display().to_string()).await?;
            // What the sheet does not say is asked, and the file is not lost from sight.
            screen.enter("title", TITLE).await?;
            screen.choose("读出来核对").await?;
            let page = screen.words("main").await?;
            ensure!(page.contains("C6 责任单位") && page.contains("智造总支"), "{page}");
            let cell = screen.js("return document.querySelector('input[name$=\".responsible_unit\"]').name").await?;
            screen.enter(cell.as_str().unwrap_or_default(), unit(4)).await?;
            screen.choose("改好了，重新核对").await?;
            let page = screen.words("main").await?;
            ensure!(page.contains("20 行：导入 1 条") && page.contains("开 20 件“问题整改”"), "{page}");
            screen.choose("导入 1 条").await?;
            screen.until("document.querySelector('.toast') && document.querySelector('.toast').textContent.includes('开了 20 件')").await?;
            ensure!(screen.client.current_url().await?.query() == Some("workflow=rectification"), "not at the cases");

            // Each unit says why, and what it will do, by when.
            for who in ["zongzhi01", "shuji02"] {
                screen.change_to(who).await?;
                for n in (0..PROBLEMS).filter(|n| login(*n) == who) {
                    screen.by_list(&problem(n)).await?;
                    screen.step("分析原因", &[("f_content", "没有专人管。")]).await?;
                    let measures = [
                        ("f_class", "限期整改"),
                        ("f_responsible", "欧阳明"),
                        ("f_finish_by", "2026-11-20"),
                        ("f_content", "定人定期查。"),
                    ];
                    screen.step("定措施、责任人、时限（立行立改／限期／长期坚持）", &measures).await?;
                    screen.waits("方案审定", "纪委", "10月26日前").await?;
                }
            }
            screen.change_to("jiwei").await?;
            let all: Vec<(usize, &str)> = (0..PROBLEMS).map(|n| (n, "同意")).collect();
            judged(screen, "方案审定", &all).await?;
            screen.waits("整改并报送凭据", unit(0), "11月20日前").await
        })
        .await?;
    let mended = async |screen: &Screen<'_>, which: &[usize]| {
        for who in ["zongzhi01", "shuji02"] {
            if !which.iter().any(|n| login(*n) == who) {
                continue;
            }
            screen.change_to(who).await?;
            for n in which.iter().copied().filter(|n| login(*n) == who) {
                screen.by_list(&problem(n)).await?;
                screen.step("整改并报送凭据", &[("f_result", "已经补齐。"), ("file_proof", proof)]).await?;
            }
        }
        anyhow::Ok(())
    };
    college
        .on("2026-11-18", async |screen| {
            screen.sign_in("zongzhi01").await?;
            let all: Vec<usize> = (0..PROBLEMS).collect();
            mended(screen, &all).await?;
            screen.change_to("jiwei").await?;
            // One is returned.
            let verdicts: Vec<(usize, &str)> =
                all.iter().map(|n| (*n, if *n == 3 { "退回" } else { "销号" })).collect();
            judged(screen, "交办方核验", &verdicts).await?;
            screen.go("/cases?workflow=rectification").await?;
            screen.by_list(&problem(0)).await?;
            screen.waits("回头看", "纪委", "2027年5月18日前").await?;
            screen.change_to(login(3)).await?;
            screen.by_month(&problem(3), "整改并报送凭据").await?;
            ensure!(screen.words("main").await?.contains("退回"), "nothing says that it was returned");
            mended(screen, &[3]).await?;
            screen.change_to("jiwei").await?;
            judged(screen, "交办方核验", &[(3, "销号")]).await
        })
        .await?;
    college
        .on("2027-05-10", async |screen| {
            screen.sign_in("jiwei").await?;
            // Looked at again: one has come back, and is open once more.
            let verdicts: Vec<(usize, &str)> =
                (0..PROBLEMS).map(|n| (n, if n == 7 { "反弹" } else { "巩固" })).collect();
            judged(screen, "回头看", &verdicts).await?;
            screen.go("/cases?workflow=rectification&state=ended").await?;
            let page = screen.words("main").await?;
            ensure!(page.contains("回头看通过") && !page.contains(&problem(7)), "{page}");
            screen.change_to(login(7)).await?;
            screen.by_list(&problem(7)).await?;
            screen.waits("整改并报送凭据", unit(7), "").await?;
            let page = screen.words("main").await?;
            ensure!(page.contains("反弹"), "{page}");
            mended(screen, &[7]).await?;
            screen.change_to("jiwei").await?;
            judged(screen, "交办方核验", &[(7, "销号")]).await?;
            screen.waits("回头看", "纪委", "2027年11月10日前").await
        })
        .await
}
