//! 修改经过: who made which revision when, and back to one of them; the text as a document again.

use axum::extract::State;
use model::{BlockKind, PlanId};
use office::gongwen::{self, Block, Gongwen, Kind, Table};
use web::extract::Path;
use web::permit::{Right, Route, Rule, get};
use web::view::{Frame, Place, instant_words, page};
use web::{App, Reply};
use work::plans::Draft;
use work::{Actor, Fault};

use web::download::{DOCX, file, local_now};

use super::list::name_of;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/plans/{id}/history", Rule::May(Right::EditPlan), history),
        get("/plans/{id}/text.docx", Rule::May(Right::EditPlan), document),
    ]
}

struct Past {
    number: u32,
    at: String,
    who: String,
    newest: bool,
    published: bool,
}

#[derive(askama::Template)]
#[template(path = "plan/reviewing/history.html")]
struct HistoryPage {
    frame: Frame,
    id: PlanId,
    title: String,
    revision: u32,
    past: Vec<Past>,
}

async fn history(State(app): State<App>, actor: Actor, frame: Frame, Path(id): Path<PlanId>) -> Reply {
    let head = app.store.plan(actor.institution, id).await?;
    let published: Vec<u32> =
        app.store.publications(actor.institution, id).await?.iter().map(|p| p.revision).collect();
    let accounts = app.store.accounts(actor.institution).await?;
    let past = app
        .store
        .plan_history(actor.institution, id)
        .await?
        .into_iter()
        .map(|(number, at, account)| Past {
            number,
            at: instant_words(at),
            who: name_of(&accounts, account),
            newest: number == head.revision,
            published: published.contains(&number),
        })
        .collect();
    page(&HistoryPage {
        frame: frame.titled("修改经过").at(Place::Plan),
        id,
        title: head.title,
        revision: head.revision,
        past,
    })
}

/// The newest text as a document: as it was written, laid out as an official document.
async fn document(State(app): State<App>, actor: Actor, Path(id): Path<PlanId>) -> Reply {
    let draft = Draft::read(&app, &actor, id).await?;
    let (title, number) = (draft.revision.title.clone(), draft.revision.revision);
    let made = local_now(&app);
    let text = laid_out(&draft);
    let bytes = tokio::task::spawn_blocking(move || gongwen::write(made, &text))
        .await
        .map_err(|e| Fault::Internal(e.into()))??;
    let detail = serde_json::json!({ "title": title, "revision": number });
    app.store.record(actor.institution, &actor.act(&app, "export.plan").on(id).with(detail)).await?;
    file(&format!("{title}（第{number}稿）.docx"), &format!("plan-{number}.docx"), DOCX, bytes)
}

/// The text of a draft in blocks: every line in its own words, those of one table as a table again.
fn laid_out(draft: &Draft) -> Gongwen {
    let (source, plan) = (&draft.revision.source, &draft.review.plan);
    let words = |b: &model::Block| b.span.of(&source.text).trim().to_owned();
    let first = source.blocks.iter().find(|b| !words(b).is_empty());
    // A title is set as one only where the document begins with it.
    let head = plan.title_span.filter(|t| first.is_some_and(|b| t.start <= b.span.end));
    let mut blocks: Vec<Block> = Vec::new();
    let mut in_table = None;
    for b in source.blocks.iter().filter(|b| head.is_none_or(|t| b.span.start >= t.end)) {
        let text = words(b);
        match b.kind {
            BlockKind::Cell { row, column, table } => {
                if in_table != Some(table) {
                    in_table = Some(table);
                    blocks.push(Block::Table(Table { columns: Vec::new(), rows: Vec::new() }));
                }
                if let Some(Block::Table(t)) = blocks.last_mut() {
                    put(t, row as usize, column as usize, text);
                }
            }
            BlockKind::Paragraph => {
                in_table = None;
                if text.is_empty() {
                    continue;
                }
                let is_section = plan.sections.iter().any(|s| b.span.contains(s.span));
                blocks.push(if is_section { Block::Heading(text) } else { Block::Paragraph(text) });
            }
        }
    }
    let title = head.and(plan.title.clone()).unwrap_or_default();
    Gongwen::plain(Kind::Notice, title, blocks)
}

/// Writes a cell; the first row is the head. A table wider than any document's is cut rather than filled with blanks.
fn put(table: &mut Table, row: usize, column: usize, text: String) {
    const MOST: usize = 64;
    if column >= MOST {
        return;
    }
    if row == 0 {
        while table.columns.len() <= column {
            table.columns.push((String::new(), 1));
        }
        if let Some((head, _)) = table.columns.get_mut(column) {
            *head = text;
        }
        return;
    }
    // Rows come in order; one that is left out has no words.
    while table.rows.len() < row && table.rows.len() < 10_000 {
        table.rows.push(Vec::new());
    }
    if let Some(cells) = table.rows.get_mut(row - 1) {
        while cells.len() <= column {
            cells.push(String::new());
        }
        if let Some(cell) = cells.get_mut(column) {
            *cell = text;
        }
    }
}
