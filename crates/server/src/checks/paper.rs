//! The papers of a check: the office's report and a unit's feedback as documents, the sheets as a spreadsheet. Each figure comes
//! from the sheets; each judgement is left open for a person.

use std::collections::BTreeMap;

use axum::extract::State;
use model::sheet::Source;
use model::{CaseId, UnitId};
use office::gongwen::{self, Block, Gongwen, Kind, Signature, Table};
use office::sheet::{self, Cell, Column, Kind as Of, Sheet};
use runtime::sheet::Seen;
use serde_json::json;
use web::download::{DOCX, XLSX, file, local_now};
use web::extract::Path;
use web::permit::{Right, Route, Rule, get};
use web::view::{day_words, long_day_words};
use web::{App, Reply};
use work::sheets::{Campaign, Finding, Row, Settled, findings, lines_of, settled};
use work::{Actor, Fault};

use super::lines;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/checks/{id}/report", Rule::May(Right::Record), report),
        get("/checks/{id}/xlsx", Rule::May(Right::Export), export),
        get("/checks/{id}/rows/{unit}/feedback", Rule::May(Right::SeeBoard), feedback),
    ]
}

/// Left open for whoever signs the paper.
const OPEN: &str = "（由起草人写）";

/// A finding with how it stands.
fn finding_words(f: &Finding) -> String {
    match &f.case {
        Some(case) => match &case.ended {
            Some((how, on)) => format!("{}（{how}，{}）", f.problem, long_day_words(*on)),
            None => format!("{}（整改中）", f.problem),
        },
        None => f.problem.clone(),
    }
}

async fn report(State(app): State<App>, actor: Actor, Path(id): Path<CaseId>) -> Reply {
    let campaign = Campaign::seen(&app, &actor, id).await?;
    if !campaign.runs(&actor) {
        return Err(Fault::not_found("这次检查的报告").into());
    }
    let rows: Vec<&Row> = campaign.rows.iter().collect();
    let filled = settled(&app, &campaign, &rows).await?;
    let found = findings(&app, &campaign).await?;
    let document = of_report(&app, &actor, &campaign, &filled, &found);
    let made = local_now(&app);
    let bytes = tokio::task::spawn_blocking(move || gongwen::write(made, &document)).await??;
    let act = actor.act(&app, "export.check-report").on(id).with(json!({ "title": campaign.row.title }));
    app.store.record(actor.institution, &act).await?;
    file(&format!("{}的报告.docx", campaign.row.title), "luoshi-check.docx", DOCX, bytes)
}

fn of_report(
    app: &App,
    actor: &Actor,
    campaign: &Campaign<'_>,
    filled: &BTreeMap<UnitId, Settled>,
    found: &[Finding],
) -> Gongwen {
    let total = campaign.rows.len();
    let sent = campaign.rows.iter().filter(|r| r.sent.is_some() && !r.open).count();
    let drawn = campaign.rows.iter().filter(|r| r.drawn.is_some()).count();
    let looked =
        campaign.rows.iter().filter(|r| r.drawn.as_ref().is_some_and(|d| !d.looked.is_empty())).count();
    let stood = filled.values().filter(|s| s.figures.kept.is_some()).count();
    let closed = found.iter().filter(|f| f.case.as_ref().is_some_and(|c| c.ended.is_some())).count();
    let by = actor.known.unit_name(campaign.row.opened_by).to_owned();
    let mut blocks = vec![
        Block::Paragraph(format!(
            "{by}组织了{}，看到{}的记录。现将情况报告如下。表由台账记录填出，没有看到记录的由单位作答，不当作没有办；{}。",
            campaign.row.title,
            long_day_words(campaign.cutoff),
            if stood == total && total > 0 {
                "数字已经定下，以后补的另列".to_owned()
            } else {
                format!("其中{stood}个单位的数字已经定下")
            }
        )),
        Block::Heading1("基本情况".to_owned()),
        Block::Paragraph(format!(
            "应查{total}个单位，已送自查表{sent}个；抽查{drawn}个，看了{looked}个；发现问题{}个，已销号{closed}个。",
            found.len()
        )),
        Block::Heading1("各条情况".to_owned()),
        Block::Table(by_line(campaign, filled)),
        Block::Heading1("发现的问题".to_owned()),
    ];
    // A report says that there are such; whose they are stands in each unit's own feedback.
    if found.is_empty() {
        blocks.push(Block::Paragraph("没有发现问题。".to_owned()));
    } else {
        let mut counts: Vec<(String, usize)> = Vec::new();
        for f in found {
            match counts.iter_mut().find(|(p, _)| *p == f.problem) {
                Some((_, n)) => *n += 1,
                None => counts.push((f.problem.clone(), 1)),
            }
        }
        for (problem, n) in counts {
            let who = if n == 1 { "个别单位" } else { "有的单位" };
            blocks.push(Block::Paragraph(format!("{who}：{problem}。")));
        }
    }
    blocks.push(Block::Heading1("评价和建议".to_owned()));
    blocks.push(Block::Paragraph(OPEN.to_owned()));
    Gongwen {
        kind: Kind::Report,
        head: None,
        title: format!("关于{}的报告", campaign.row.title),
        addressee: String::new(),
        blocks,
        attachments: Vec::new(),
        signature: Some(Signature { issuer: by, day: Some(app.clock.today()), sealed: false }),
        note: String::new(),
    }
}

/// Line by line at how many units it applies, is whole, lacks something, is not seen.
fn by_line(campaign: &Campaign<'_>, filled: &BTreeMap<UnitId, Settled>) -> Table {
    let mut rows = Vec::new();
    for line in campaign.sheet().lines.iter().filter(|l| matches!(l.source, Source::From(_))) {
        let of: Vec<_> = filled
            .values()
            .filter_map(|s| s.lines.iter().find(|f| f.line == line.id))
            .filter(|f| f.applies)
            .collect();
        let with = |seen| of.iter().filter(|f| f.count(seen) > 0).count();
        let whole = of.iter().filter(|f| f.count(Seen::Unseen) + f.count(Seen::Undone) == 0).count();
        rows.push(vec![
            line.title.clone(),
            of.len().to_string(),
            whole.to_string(),
            with(Seen::Unseen).to_string(),
            with(Seen::Undone).to_string(),
        ]);
    }
    let columns = [("查什么", 40), ("适用", 15), ("齐全", 15), ("未见记录", 15), ("没有办、记不全", 15)];
    Table { columns: columns.map(|(head, share)| (head.to_owned(), share)).to_vec(), rows }
}

async fn feedback(State(app): State<App>, actor: Actor, Path((id, unit)): Path<(CaseId, UnitId)>) -> Reply {
    let campaign = Campaign::seen(&app, &actor, id).await?;
    let nowhere = || Fault::not_found("这个单位的反馈单");
    let row = campaign.row_of(unit).filter(|r| campaign.sees(&actor, r)).ok_or_else(nowhere)?;
    let all = settled(&app, &campaign, &[row]).await?;
    let now = all.get(&unit).ok_or_else(nowhere)?;
    let found = findings(&app, &campaign).await?;
    let own: Vec<&Finding> = found.iter().filter(|f| f.unit == unit).collect();
    let document = of_feedback(&app, &actor, &campaign, row, now, &own);
    let made = local_now(&app);
    let bytes = tokio::task::spawn_blocking(move || gongwen::write(made, &document)).await??;
    let name = format!("{}反馈单（{}）.docx", campaign.row.title, actor.known.unit_name(unit));
    file(&name, "luoshi-feedback.docx", DOCX, bytes)
}

fn of_feedback(
    app: &App,
    actor: &Actor,
    campaign: &Campaign<'_>,
    row: &Row,
    now: &Settled,
    found: &[&Finding],
) -> Gongwen {
    let counts = lines::counts(campaign, now);
    let mut blocks = vec![
        Block::Paragraph(format!(
            "{}看到{}的记录：填出{}条，齐全{}条，待补{}条，不适用{}条。",
            campaign.row.title,
            long_day_words(now.figures.window.cutoff),
            counts.filled,
            counts.whole,
            counts.lacking,
            counts.aside
        )),
        Block::Heading1("待补的".to_owned()),
    ];
    let mut any = false;
    for part in lines::parts(app, actor, campaign, row.unit, now) {
        for line in &part.lines {
            for item in line.lacks.iter().filter(|i| i.class != "late") {
                any = true;
                let said = if item.said.is_empty() {
                    String::new()
                } else {
                    format!("（你们说：{}）", item.said)
                };
                blocks
                    .push(Block::Paragraph(format!("{}：{}，{}{said}。", line.title, item.words, item.how)));
            }
        }
    }
    if !any {
        blocks.push(Block::Paragraph("没有。".to_owned()));
    }
    blocks.push(Block::Heading1("发现的问题".to_owned()));
    if found.is_empty() {
        let words = if row.drawn.is_some() { "没有发现问题。" } else { "这次没有抽到。" };
        blocks.push(Block::Paragraph(words.to_owned()));
    }
    blocks.extend(found.iter().map(|f| Block::Paragraph(format!("{}。", finding_words(f)))));
    blocks.push(Block::Heading1("意见".to_owned()));
    blocks.push(Block::Paragraph(OPEN.to_owned()));
    if let Some((print, at)) = &now.figures.kept {
        blocks.push(Block::Paragraph(format!(
            "数字{}定下，指纹 {print}；以后补的另列，不改这些数。",
            web::view::instant_words(*at)
        )));
    }
    Gongwen {
        kind: Kind::Letter,
        head: None,
        title: format!("{}反馈单", campaign.row.title),
        addressee: actor.known.unit_name(row.unit).to_owned(),
        blocks,
        attachments: Vec::new(),
        signature: Some(Signature {
            issuer: actor.known.unit_name(campaign.row.opened_by).to_owned(),
            day: Some(app.clock.today()),
            sealed: false,
        }),
        note: String::new(),
    }
}

/// The sheets that the account sees: a table of units and lines, one of all that lacks, one of what units answered.
async fn export(State(app): State<App>, actor: Actor, Path(id): Path<CaseId>) -> Reply {
    let campaign = Campaign::seen(&app, &actor, id).await?;
    let rows: Vec<&Row> = campaign.rows.iter().filter(|r| campaign.sees(&actor, r)).collect();
    let filled = settled(&app, &campaign, &rows).await?;
    let sheets = vec![
        by_unit(&actor, &campaign, &rows, &filled),
        lacking(&app, &actor, &campaign, &rows, &filled),
        answered(&actor, &campaign, &rows),
    ];
    let made = local_now(&app);
    let bytes = tokio::task::spawn_blocking(move || sheet::write(made, &sheets))
        .await
        .map_err(anyhow::Error::from)?;
    let bytes = bytes.map_err(anyhow::Error::from)?;
    let act = actor
        .act(&app, "export.check")
        .on(id)
        .with(json!({ "title": campaign.row.title, "count": rows.len() }));
    app.store.record(actor.institution, &act).await?;
    file(&format!("{}.xlsx", campaign.row.title), "luoshi-check.xlsx", XLSX, bytes)
}

fn head(campaign: &Campaign<'_>, name: &str, columns: Vec<Column>) -> Sheet {
    let title = format!("{}　看到{}的记录", campaign.row.title, long_day_words(campaign.cutoff));
    Sheet { name: name.to_owned(), title, columns, frozen: 1, rows: Vec::new() }
}

fn by_unit(
    actor: &Actor,
    campaign: &Campaign<'_>,
    rows: &[&Row],
    filled: &BTreeMap<UnitId, Settled>,
) -> Sheet {
    let lines: Vec<_> =
        campaign.sheet().lines.iter().filter(|l| matches!(l.source, Source::From(_))).collect();
    let mut columns = vec![Column::new("单位", 26, Of::Text), Column::new("送出", 12, Of::Day)];
    columns.extend(lines.iter().map(|l| Column::new(l.title.clone(), 14, Of::Text)));
    columns.push(Column::new("指纹", 40, Of::Text));
    let mut out = head(campaign, "各单位", columns);
    for row in rows {
        let Some(now) = filled.get(&row.unit) else { continue };
        let mut cells = vec![
            Cell::Text(actor.known.unit_name(row.unit).to_owned()),
            row.sent.filter(|_| !row.open).map_or(Cell::Empty, |s| Cell::Day(s.day)),
        ];
        for line in &lines {
            let filled = now.lines.iter().find(|f| f.line == line.id).filter(|f| f.applies);
            cells.push(filled.map_or_else(
                || Cell::Text("不适用".to_owned()),
                |f| {
                    let met = f.count(Seen::Met) + f.count(Seen::Late);
                    let unseen = f.count(Seen::Unseen);
                    let more = if unseen > 0 { format!("，未见 {unseen}") } else { String::new() };
                    Cell::Text(format!("{met} / {}{more}", f.items.iter().filter(|i| !i.charged).count()))
                },
            ));
        }
        let print = now.figures.kept.as_ref();
        cells.push(print.map_or(Cell::Empty, |(p, _)| Cell::Text(p.clone())));
        out.rows.push(cells);
    }
    out
}

fn lacking(
    app: &App,
    actor: &Actor,
    campaign: &Campaign<'_>,
    rows: &[&Row],
    filled: &BTreeMap<UnitId, Settled>,
) -> Sheet {
    let column = |title: &str, width| Column::new(title, width, Of::Text);
    let columns = vec![
        column("单位", 26),
        column("查什么", 24),
        column("哪一项", 30),
        column("怎么样", 28),
        column("单位说", 36),
    ];
    let mut out = head(campaign, "待补", columns);
    for row in rows {
        let Some(now) = filled.get(&row.unit) else { continue };
        for line in lines::parts(app, actor, campaign, row.unit, now).iter().flat_map(|p| &p.lines) {
            for item in &line.lacks {
                out.rows.push(vec![
                    Cell::Text(actor.known.unit_name(row.unit).to_owned()),
                    Cell::Text(line.title.clone()),
                    Cell::Text(item.words.clone()),
                    Cell::Text(item.how.clone()),
                    Cell::Text(item.said.clone()),
                ]);
            }
        }
    }
    out
}

fn answered(actor: &Actor, campaign: &Campaign<'_>, rows: &[&Row]) -> Sheet {
    let asks: Vec<_> =
        campaign.sheet().lines.iter().filter(|l| matches!(l.source, Source::Ask { .. })).collect();
    let mut columns = vec![Column::new("单位", 26, Of::Text), Column::new("送出", 12, Of::Text)];
    columns.extend(asks.iter().map(|l| Column::new(l.title.clone(), 30, Of::Text)));
    let mut out = head(campaign, "单位自己说", columns);
    for row in rows {
        let Some(sent) = row.sent else { continue };
        let Some((entry, _)) = campaign.ground.docket.entries.get(&sent.entry) else { continue };
        let values = lines_of(entry);
        let mut cells =
            vec![Cell::Text(actor.known.unit_name(row.unit).to_owned()), Cell::Text(day_words(sent.day))];
        cells.extend(asks.iter().map(|l| Cell::Text(lines::answer_words(l, values.get(&l.id)))));
        out.rows.push(cells);
    }
    out
}
