//! Cases beside other things: what a record did at their steps, in words; the steps that some units have to do, as lines.

use std::collections::BTreeSet;

use jiff::civil::Date;
use model::sheet::Carries;
use model::{Standing, UnitId};
use store::CaseFilter;
use web::App;
use web::permit::Right;
use web::view::{Todo, day_words};
use work::cases::{self, Reached};
use work::{Actor, Fault};

/// Steps that are shown beside duties; the page of procedures has all.
const MOST: u32 = 60;

/// The steps that these units have to do, the earliest due first.
///
/// # Errors
/// When the store cannot read.
pub(crate) async fn todos(
    app: &App,
    actor: &Actor,
    units: &BTreeSet<UnitId>,
    today: Date,
) -> Result<Vec<Todo>, Fault> {
    if units.is_empty() {
        return Ok(Vec::new());
    }
    let filter = CaseFilter { bearers: Some(units.clone()), ..CaseFilter::default() };
    let sight = cases::sight(actor);
    let found = app.store.case_steps(actor.institution, &sight, &filter, Some(units), MOST).await?;
    let soon = app.settings.soon_days;
    let one = |(step, row): (store::CaseStepRow, store::CaseRow)| {
        let left = step.due.map(|due| today.until(due).map_or(0, |s| s.get_days()));
        let standing = match left {
            Some(days) if days < 0 => Standing::Overdue,
            Some(days) if i64::from(days) <= soon => Standing::DueSoon,
            _ => Standing::Open,
        };
        let workflow = cases::workflow_of(app, &row);
        let sheet = workflow.and_then(|w| w.sheet.as_ref()).filter(|s| s.is_check());
        let href = match sheet {
            Some(_) => format!("/checks/{}", row.id),
            None => format!("/cases/{}", row.id),
        };
        let may = step.unit.is_some_and(|u| actor.covers(Right::Record, u));
        let record = workflow
            .and_then(|w| w.step(&step.step))
            .is_some_and(|s| s.shown_by.iter().any(|x| x.ledger.is_some()));
        // What a unit answers of a check it answers on its sheet.
        let asks = sheet.and_then(|s| s.carrier(Carries::Ask)).is_some_and(|ask| ask == step.step);
        let act = match (may && record, step.disputed) {
            (true, false) if sheet.is_some_and(|s| s.carrier(Carries::Judge) == Some(step.step.as_str())) => {
                href.clone()
            }
            (true, false) if asks => match step.unit {
                Some(unit) => format!("{href}/rows/{unit}"),
                None => href.clone(),
            },
            (true, false) => {
                let line = step.line.map_or_else(String::new, |l| format!("&line={l}"));
                format!("/record?case={}&step={}{line}", row.id, step.step)
            }
            (true, true) => href.clone(),
            _ => String::new(),
        };
        let mut todo = Todo::new(standing, format!("{}：{}", row.title, step.title), href, today, today, act);
        todo.source = workflow.map_or_else(|| row.workflow.clone(), |w| w.title.clone());
        if step.lacks > 0 {
            todo.lacks = format!("还缺 {} 样", step.lacks);
        }
        match step.due {
            Some(due) => {
                todo.due = day_words(due);
                todo.due_note = web::view::days_left(today, due);
            }
            None => {
                todo.due = "没有期限".to_owned();
                todo.due_note = format!("{}起", day_words(step.since));
            }
        }
        todo
    };
    Ok(found.into_iter().map(one).collect())
}

/// One case that a record reached.
pub(crate) struct Step {
    /// The page of the case.
    pub(crate) href: String,
    /// What it is called.
    pub(crate) title: String,
    /// Kind of the remark: ok, warn, err.
    pub(crate) sign: &'static str,
    /// What became of it.
    pub(crate) words: String,
    /// What was refused or told, with its article.
    pub(crate) told: Vec<String>,
}

impl Step {
    /// The words for it.
    pub(crate) fn of(reached: &Reached) -> Self {
        let step = &reached.step;
        let (sign, words) = match reached.fate.as_str() {
            "moved" => ("ok", format!("办了“{step}”")),
            "refused" => ("err", format!("不推动“{step}”")),
            "later" => ("warn", format!("“{step}”还没有轮到，轮到时再看")),
            "disputes" => ("warn", format!("“{step}”已经过期结束，请核定")),
            _ => ("ok", format!("附在“{step}”")),
        };
        let article = |(words, article, _): &(String, String, bool)| match article.as_str() {
            "" => words.clone(),
            article => format!("{words}（{article}）"),
        };
        Self {
            href: format!("/cases/{}", reached.case),
            title: reached.title.clone(),
            sign,
            words,
            told: reached.told.iter().map(article).collect(),
        }
    }

    /// The words for what it would do.
    pub(crate) fn foreseen(reached: &Reached) -> Self {
        let step = &reached.step;
        let words = match reached.fate.as_str() {
            "moved" => format!("保存后办成“{step}”"),
            "refused" => format!("可以保存，但不推动“{step}”"),
            _ => return Self::of(reached),
        };
        Self { words, ..Self::of(reached) }
    }
}

/// What a record that was just saved did, in a few words; nothing where it concerns no case.
pub(crate) fn reached(all: &[Reached]) -> String {
    let count = |fate: &str| all.iter().filter(|r| r.fate == fate).count();
    let mut out = Vec::new();
    let (moved, refused, later) = (count("moved"), count("refused"), count("later"));
    match (moved, all.iter().find(|r| r.fate == "moved")) {
        (1, Some(one)) => out.push(format!("{}办了“{}”", one.title, one.step)),
        (n, Some(_)) => out.push(format!("办了 {n} 个流程环节")),
        _ => {}
    }
    if let Some(one) = all.iter().find(|r| r.fate == "refused") {
        let why = one.told.iter().find(|(.., refuses)| *refuses).map(|(words, ..)| words.as_str());
        let more = if refused > 1 { format!("等 {refused} 处") } else { String::new() };
        out.push(format!("没有推动“{}”{more}：{}", one.step, why.unwrap_or("条件还不具备")));
    }
    if later > 0 {
        out.push(format!("有 {later} 处还没有轮到，轮到时再看"));
    }
    if out.is_empty() { String::new() } else { format!("{}。", out.join("；")) }
}
