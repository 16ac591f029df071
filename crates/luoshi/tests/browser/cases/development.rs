//! 发展党员: from the application to full membership, over three years of the demonstration.

use anyhow::{Result, ensure};

use super::College;
use crate::screen::Screen;
use crate::webdriver;

const WHO: &str = "司马青";
const BRANCH: &str = "智能制造学院学生第一党支部";
const ABOVE: &str = "智能制造学院党总支";
const COMMITTEE: &str = "青梧职业技术学院委员会";

/// Members of the branch's committee, from the form that asks who came.
async fn members(screen: &Screen<'_>) -> Result<Vec<String>> {
    let told = screen
        .js("return [...document.querySelectorAll('#who .pr legend')].filter((l) => !l.textContent.includes('预备'))
             .map((l) => l.firstChild.textContent)")
        .await?;
    let names: Vec<String> = serde_json::from_value(told)?;
    ensure!(names.len() > 4, "{names:?}");
    Ok(names)
}

/// The figures of a vote about the only candidate.
fn vote(due: usize, came: usize, yes: usize) -> [(&'static str, String); 5] {
    [
        ("f_candidates.0.vote_due", due.to_string()),
        ("f_candidates.0.vote_present", came.to_string()),
        ("f_candidates.0.ballots_issued", came.to_string()),
        ("f_candidates.0.ballots_returned", came.to_string()),
        ("f_candidates.0.vote_for", yes.to_string()),
    ]
}

/// A step of a branch or of the committee whose record is a meeting with a vote.
async fn voted(screen: &Screen<'_>, step: &str, figures: &[(&str, String)]) -> Result<()> {
    screen.write(step, &[]).await?;
    for (name, value) in figures {
        screen.enter(name, value).await?;
    }
    screen.save().await.map(|_| ())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_the_application_to_full_membership() -> Result<()> {
    let Some(driver) = webdriver("from_the_application_to_full_membership") else { return Ok(()) };
    let college = College::new("development", driver)?;
    let paper = college.paper("推优表.docx")?;
    let paper = paper.to_str().unwrap_or_default();
    let mut named: Vec<String> = Vec::new();

    college
        .on("2026-10-08", async |screen| {
            screen.sign_in("shuji02").await?;
            let who = [("name", WHO), ("number", "20261001"), ("kind", "学生")];
            screen.open_case("发展党员", &who).await?;
            screen.waits("递交入党申请书", BRANCH, "").await?;
            screen.step("递交入党申请书", &[("f_received_on", "2026-10-08")]).await?;
            screen.waits("派人谈话", BRANCH, "11月8日前").await?;
            screen.step("派人谈话", &[("f_content", "谈入党动机。")]).await?;
            screen.waits("推荐和确定入党积极分子", BRANCH, "").await?;
            // Without the recommendation the meeting was held, and moves nothing: told before it is saved.
            screen.write("推荐和确定入党积极分子", &[("f_candidates.0.verdict", "同意")]).await?;
            screen
                .until("document.querySelector('#steps') && document.querySelector('#steps').innerText.includes('可以保存，但不推动')")
                .await?;
            let told = screen.words("#steps").await?;
            ensure!(told.contains("推荐") && told.contains("第8条"), "{told}");
            named = members(screen).await?;
            Ok(())
        })
        .await?;

    college
        .on("2027-01-11", async |screen| {
            screen.sign_in("shuji02").await?;
            screen.by_month(WHO, "推荐和确定入党积极分子").await?;
            // The form of October was not saved; it is gone on with, on another day.
            let meeting = [
                ("day", "2027-01-11"),
                ("f_candidates.0.verdict", "同意"),
                ("file_recommendation", paper),
                ("f_sent_on", "2027-01-11"),
            ];
            screen.step("推荐和确定入党积极分子", &meeting).await?;
            screen.waits("总支审议（积极分子）", ABOVE, "").await?;
            screen.change_to("zongzhi01").await?;
            screen.by_month(WHO, "总支审议（积极分子）").await?;
            screen.step("总支审议（积极分子）", &[("f_verdict", "同意")]).await?;
            screen.waits("上级党委备案（积极分子）", COMMITTEE, "2月11日前").await?;
            screen.change_to("dangban").await?;
            screen.by_list(WHO).await?;
            screen.step("上级党委备案（积极分子）", &[("f_verdict", "同意")]).await?;
            screen.change_to("shuji02").await?;
            screen.by_month(WHO, "指定培养联系人").await?;
            screen.step("指定培养联系人", &[("f_mentors", &format!("{}、{}", named[1], named[2]))]).await?;
            let page = screen.words("main").await?;
            ensure!(page.contains("积极分子") && page.contains("2027年1月11日起"), "{page}");
            screen.waits("培养教育考察（每半年）", BRANCH, "6月30日前").await?;
            screen.waits("思想汇报（每季度）", BRANCH, "3月31日前").await?;
            screen.waits("确定发展对象", BRANCH, "").await
        })
        .await?;

    college
        .on("2027-06-28", async |screen| {
            screen.sign_in("shuji02").await?;
            // What was due in March is late, and says so.
            screen.go("/cases?late=1").await?;
            ensure!(screen.words("main").await?.contains(WHO), "the report of the first quarter is not late");
            screen.by_month(WHO, "培养教育考察（每半年）").await?;
            screen.step("培养教育考察（每半年）", &[("f_content", "表现稳定。")]).await?;
            screen.step("思想汇报（每季度）", &[("f_content", "学习体会。")]).await?;
            screen.waits("培养教育考察（每半年）", BRANCH, "12月31日前").await?;
            // Not a year yet: saved, and refused with the article.
            screen.write("确定发展对象", &[("f_candidates.0.verdict", "同意")]).await?;
            let page = screen.save().await?;
            ensure!(page.contains("记了，但没有推动流程") && page.contains("第13条"), "{page}");
            screen.waits("确定发展对象", BRANCH, "").await
        })
        .await?;

    college
        .on("2027-12-27", async |screen| {
            screen.sign_in("shuji02").await?;
            screen.by_month(WHO, "培养教育考察（每半年）").await?;
            screen.step("培养教育考察（每半年）", &[("f_content", "表现稳定。")]).await.map(|_| ())
        })
        .await?;

    college
        .on("2028-03-06", async |screen| {
            screen.sign_in("shuji02").await?;
            screen.by_month(WHO, "确定发展对象").await?;
            screen.step("确定发展对象", &[("f_candidates.0.verdict", "同意")]).await?;
            publicity(screen).await?;
            screen.waits("报上级党委备案（发展对象）", COMMITTEE, "4月6日前").await?;
            screen.change_to("dangban").await?;
            screen.by_list(WHO).await?;
            screen.step("报上级党委备案（发展对象）", &[("f_verdict", "同意")]).await?;
            screen.write("集中培训", &[("f_hours", "24"), ("f_training_days", "3")]).await?;
            screen.save().await?;
            screen.change_to("shuji02").await?;
            screen.by_month(WHO, "确定入党介绍人").await?;
            // One is too few.
            screen.write("确定入党介绍人", &[("f_introducers", &named[1])]).await?;
            screen.until("document.querySelector('#steps').innerText.includes('可以保存，但不推动')").await?;
            screen.enter("f_introducers", &format!("{}、{}", named[1], named[2])).await?;
            screen.save().await?;
            let review = [("f_verdict", "合格"), ("file_conclusion", paper), ("f_floating", "否")];
            screen.step("政治审查", &review).await?;
            screen.waits("支部委员会审查", BRANCH, "").await?;
            screen.step("支部委员会审查", &[("f_candidates.0.fit", "合格")]).await?;
            screen.change_to("dangban").await?;
            screen.by_list(WHO).await?;
            screen.step("上级党委预审", &[("f_passed", "合格")]).await?;
            screen.change_to("shuji02").await?;
            screen.by_month(WHO, "填写入党志愿书（只记编号和日期）").await?;
            let form = [("f_form_number", "2028-0107"), ("f_filled_on", "2028-03-06")];
            screen.step("填写入党志愿书（只记编号和日期）", &form).await?;
            // No quorum: held, and moves nothing; then with one.
            voted(screen, "支部大会讨论接收", &vote(20, 10, 10)).await?;
            let page = screen.words("main").await?;
            ensure!(page.contains("记了，但没有推动流程") && page.contains("第20条"), "{page}");
            voted(screen, "支部大会讨论接收", &vote(20, 16, 15)).await?;
            screen.waits("党总支审议接收", ABOVE, "").await
        })
        .await?;

    college
        .on("2028-03-20", async |screen| {
            screen.sign_in("zongzhi01").await?;
            screen.by_month(WHO, "党总支审议接收").await?;
            screen.step("党总支审议接收", &[("f_verdict", "同意")]).await?;
            screen.change_to("dangban").await?;
            screen.by_list(WHO).await?;
            screen.step("上级派人谈话", &[("f_content", "谈对党的认识。")]).await?;
            screen.waits("上级党委审批接收", COMMITTEE, "6月6日前").await?;
            voted(screen, "上级党委审批接收", &vote(9, 8, 8)).await?;
            let page = screen.words("main").await?;
            ensure!(page.contains("预备党员") && page.contains("2028年3月6日起"), "{page}");
            screen.step("备案（回执、日期）", &[("f_receipt_number", "2028-31")]).await?;
            screen.change_to("shuji02").await?;
            screen.by_month(WHO, "编入党支部和党小组").await?;
            screen.step("编入党支部和党小组", &[]).await?;
            screen.waits("入党宣誓", BRANCH, "2月6日前").await?;
            screen.waits("继续教育考察（每半年）", BRANCH, "6月30日前").await?;
            // They are on the roster as what they are now.
            screen.go(&format!("/people?q={WHO}")).await?;
            ensure!(screen.words("main").await?.contains("预备党员"), "the roster does not know it");
            Ok(())
        })
        .await?;

    college
        .on("2028-07-01", async |screen| {
            screen.sign_in("shuji02").await?;
            screen.by_month(WHO, "入党宣誓").await?;
            // One record is the theme day of July as well.
            screen.write("入党宣誓", &[]).await?;
            screen.find("[data-all=present]").await?.click().await?;
            screen.save().await?;
            screen.step("继续教育考察（每半年）", &[("f_content", "按时参加活动。")]).await.map(|_| ())
        })
        .await?;

    college
        .on("2029-03-05", async |screen| {
            screen.sign_in("shuji02").await?;
            screen.by_month(WHO, "提出转正申请").await?;
            screen.step("提出转正申请", &[]).await?;
            screen.waits("支部大会讨论（转正、延长、取消）", BRANCH, "4月6日前").await
        })
        .await?;

    college
        .on("2029-03-12", async |screen| {
            screen.sign_in("shuji02").await?;
            screen.by_month(WHO, "支部大会讨论（转正、延长、取消）").await?;
            let mut full = vec![("f_candidates.0.motion", "按期转正".to_owned())];
            full.extend(vote(20, 17, 17));
            voted(screen, "支部大会讨论（转正、延长、取消）", &full).await?;
            screen.change_to("dangban").await?;
            screen.by_list(WHO).await?;
            voted(screen, "上级党委审批（转正）", &vote(9, 9, 9)).await?;
            let page = screen.words("main").await?;
            ensure!(page.contains("正式党员") && page.contains("2029年3月6日起"), "{page}");
            screen.change_to("shuji02").await?;
            screen.by_month(WHO, "材料归档").await?;
            screen.write("材料归档", &[]).await?;
            for paper in ["form", "application", "political-review", "full-application", "cultivation"] {
                screen.enter("f_archived", paper).await?;
            }
            screen.save().await?;
            screen.ended("办结").await?;
            let dossier =
                screen.js("return document.querySelector('a[href$=\"/docx\"]').getAttribute('href')").await?;
            let dossier = screen.download(dossier.as_str().unwrap_or_default()).await?;
            ensure!(dossier.disposition.contains("docx"), "{}", dossier.disposition);
            Ok(())
        })
        .await
}

/// The notice of those who are to be candidates, where the college puts it up.
async fn publicity(screen: &Screen<'_>) -> Result<()> {
    let holds = screen.holds().await?;
    if holds.iter().any(|h| h.contains("公示（发展对象）")) {
        let days =
            [("f_publicity_from", "2028-02-25"), ("f_publicity_until", "2028-03-05"), ("f_heard", "没有")];
        screen.step("公示（发展对象）", &days).await?;
    }
    Ok(())
}
