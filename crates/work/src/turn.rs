//! What each day brings by itself.

use jiff::{SignedDuration, Timestamp};
use model::Standing;
use store::{Act, Job};

use crate::fault::Fault;
use crate::jobs::{Ended, FILE_DAYS};
use crate::routine;
use crate::said::Said;
use crate::state::Work;

/// Days after which a file that was handed in, but never saved with a record nor kept in a draft, is thrown away.
const UNSAVED_DAYS: i64 = 30;
/// Days for which it is shown what became of a job.
const JOB_DAYS: i64 = 90;
/// Days after which an import of people that nobody took in is thrown away.
pub const BATCH_DAYS: i64 = 14;

/// The turn of the day: says what became due and what is late, and throws away what is old. Done again it says and throws
/// away the same.
///
/// # Errors
/// When the store cannot read or write.
pub async fn turn(work: &Work, job: &Job) -> Result<Ended, Fault> {
    let (institution, now, wall) = (job.institution, work.clock.now(), work.clock.wall());
    let day: jiff::civil::Date = job.subject.parse().map_err(anyhow::Error::from)?;
    let opened = routine::by_itself(work, institution, day.year()).await?;
    let (cases, moved) = crate::cases::turn(work, institution).await?;
    let stood = crate::sheets::turn(work, institution).await?;
    let facts = work.store.facts_changed_since(institution, None, 0).await?.facts;
    let before = day.yesterday().unwrap_or(day);
    let soon = work.settings.soon_days;
    let (due, late) = tokio::task::spawn_blocking(move || {
        let is_late = |fact, day| runtime::standing(fact, day, soon) == Some(Standing::Overdue);
        let waits = |fact| {
            let standing = runtime::standing(fact, day, soon);
            matches!(standing, Some(Standing::DueSoon | Standing::Open | Standing::NotDue))
        };
        let due = facts.iter().filter(|f| waits(f) && runtime::due_on(f, day) == day).count();
        (due, facts.iter().filter(|f| is_late(f, day) && !is_late(f, before)).count())
    })
    .await?;
    let old = |from: Timestamp, days| from - SignedDuration::from_hours(24 * days);
    work.store.sweep_sessions(wall).await?;
    let act = Act::new(None, "", now, "file.sweep").on(&job.subject);
    let files = work.store.sweep_files(institution, old(now, UNSAVED_DAYS), &act).await?;
    let (exports, _) = work.store.sweep_jobs(institution, old(wall, FILE_DAYS), old(wall, JOB_DAYS)).await?;
    let drafts = wall - SignedDuration::from_hours(24 * BATCH_DAYS);
    work.store.drop_batch(institution, None, drafts).await?;
    let mut words = format!("今天到期还没有办结的 {due} 项，今天起逾期的 {late} 项");
    if opened > 0 {
        words.push_str(&format!("；{}年度常规开始运行，排出 {opened} 项", day.year()));
    }
    if cases > 0 {
        words.push_str(&format!("；按期开办流程 {cases} 件"));
    }
    if moved > 0 {
        words.push_str(&format!("；流程有变化 {moved} 件"));
    }
    if stood > 0 {
        words.push_str(&format!("；检查的数字定下 {stood} 个单位"));
    }
    if files > 0 {
        words.push_str(&format!("；清理没有保存的附件 {files} 个"));
    }
    if exports > 0 {
        words.push_str(&format!("；清理过期的导出文件 {exports} 个"));
    }
    Ok(Ended::Done(String::new(), Said::new(format!("{words}。"))))
}
