//! 一会一报: a lecture is refused and comes back changed, is returned once more, approved, and its note is written after it.

use anyhow::{Result, ensure};

use super::College;
use crate::webdriver;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lecture_is_refused_changed_and_approved() -> Result<()> {
    let Some(driver) = webdriver("a_lecture_is_refused_changed_and_approved") else { return Ok(()) };
    let college = College::new("forum", driver)?;
    let outline = college.paper("讲稿提纲.docx")?;
    let outline = outline.to_str().unwrap_or_default();
    college
        .on("2026-10-12", async |screen| {
            // Nobody has looked into who speaks: told in the form while it is written.
            screen.sign_in("zongzhi01").await?;
            screen
                .open_case("报告会、讲座、论坛审批", &[("title", "数字孪生与职业教育讲座")])
                .await?;
            screen.waits("主办单位申请", "智能制造学院党总支", "").await?;
            let speaker = [
                ("f_held_on", "2026-10-28"),
                ("f_speaker", "贺教授"),
                ("f_scope", "院内"),
                ("f_foreign_speaker", "没有"),
                ("file_outline", outline),
            ];
            screen.write("主办单位申请", &speaker).await?;
            screen.enter("f_speaker_checked", "否").await?;
            let told = |words: &str| format!("document.querySelector('#steps') && document.querySelector('#steps').innerText.includes('{words}')");
            screen.until(&told("应是“是”")).await?;
            screen.enter("f_speaker_checked", "是").await?;
            screen.until(&format!("!({})", told("应是“是”"))).await?;
            screen.save().await?;
            screen.waits("宣传部审批", "宣传部", "10月15日前").await?;

            // Refused: over. The reason stands at the case.
            screen.change_to("xuanchuan").await?;
            screen.by_month("数字孪生与职业教育讲座", "宣传部审批").await?;
            let refused = [("f_verdict", "不同意"), ("f_reasons", "主题与专业无关，报告人没有相关研究。")];
            screen.step("宣传部审批", &refused).await?;
            screen.ended("不同意举办").await?;

            // Another speaker, another case; returned for its title, then approved.
            screen.change_to("zongzhi01").await?;
            screen.open_case("报告会、讲座、论坛审批", &[("title", "数控加工里的数字孪生")]).await?;
            let mut said = speaker.to_vec();
            said[1] = ("f_speaker", "卓高工");
            said.push(("f_speaker_checked", "是"));
            screen.step("主办单位申请", &said).await?;
            screen.change_to("xuanchuan").await?;
            screen.by_month("数控加工里的数字孪生", "宣传部审批").await?;
            let page = screen.words("main").await?;
            ensure!(page.contains("卓高工"), "who decides does not see who speaks: {page}");
            let back = [("f_verdict", "退回修改"), ("f_reasons", "提纲没有写互动环节怎么管。")];
            screen.step("宣传部审批", &back).await?;
            screen.waits("主办单位申请", "智能制造学院党总支", "").await?;
            screen.change_to("zongzhi01").await?;
            screen.by_month("数控加工里的数字孪生", "主办单位申请").await?;
            let page = screen.words("main").await?;
            ensure!(page.contains("提纲没有写互动环节怎么管"), "why it was returned is not told: {page}");
            // What was applied for stands in the form already; only what is to be changed is written.
            screen.write("主办单位申请", &[]).await?;
            let speaker = screen.js("return document.querySelector('[name=f_speaker]').value").await?;
            ensure!(speaker == "卓高工", "the application has to be typed again: {speaker}");
            screen.enter("f_content", "互动环节由党总支副书记主持。").await?;
            screen.enter("file_outline", outline).await?;
            screen.save().await?;
            screen.change_to("xuanchuan").await?;
            screen.by_month("数控加工里的数字孪生", "宣传部审批").await?;
            screen.step("宣传部审批", &[("f_verdict", "同意")]).await?;
            screen.waits("举办和会后登记", "智能制造学院党总支", "11月4日前").await
        })
        .await?;
    college
        .on("2026-10-29", async |screen| {
            screen.sign_in("zongzhi01").await?;
            screen.by_month("数控加工里的数字孪生", "举办和会后登记").await?;
            let note = [
                ("f_held", "是"),
                ("f_number_of_people", "86"),
                ("f_deviation", "没有"),
                ("f_content", "按提纲讲，提问三个。"),
            ];
            screen.step("举办和会后登记", &note).await?;
            screen.change_to("xuanchuan").await?;
            screen.by_month("数控加工里的数字孪生", "宣传部归档").await?;
            screen.step("宣传部归档", &[("f_receipt_number", "宣2026-31")]).await?;
            screen.ended("办结").await
        })
        .await
}
