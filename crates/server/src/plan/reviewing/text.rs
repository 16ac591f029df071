//! Mending the document itself: a word that the compiler asks about, the text of an item, a step back; and the pages
//! that explain what the compiler says.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use model::{PlanId, Review, SourceText, Span};

use store::PlanRevision;
use web::extract::{Path, Sent};
use web::permit::{Right, Route, Rule, get, post};
use web::view::{Field, Form, Frame, Input, Place, Said, page, page_with};
use web::{App, Reply, cookie};
use work::plans::{Change, Draft, is_live};
use work::{Actor, Fault};

use super::draft::{Step, item_href};
use super::handed::MOST_ITEMS;
use super::review::{Remark, remark as remark_of};

pub(super) fn routes() -> Vec<Route> {
    let may = Rule::May(Right::EditPlan);
    vec![
        post("/plans/{id}/remark", may, remark),
        post("/plans/{id}/back", may, back),
        get("/plans/{id}/i/{item}", may, show),
        post("/plans/{id}/i/{item}", may, save),
        post("/plans/{id}/i/{item}/check", may, check),
        get("/help/{code}", Rule::May(Right::SeePlan), help),
    ]
}

/// The text with the words under `span` replaced; blocks after it move along.
fn replaced(source: &SourceText, span: Span, words: &str) -> SourceText {
    let mut out = SourceText { name: source.name.clone(), ..SourceText::default() };
    for block in &source.blocks {
        let text = block.span.of(&source.text);
        let new = if block.span.contains(span) {
            let (head, tail) = (
                source.text.get(block.span.start..span.start).unwrap_or_default(),
                source.text.get(span.end..block.span.end).unwrap_or_default(),
            );
            format!("{head}{words}{tail}")
        } else if block.span.overlaps(span) {
            // The words go over a line end: they stand in the first line, and are taken out of those after it.
            let head =
                source.text.get(block.span.start..span.start.max(block.span.start)).unwrap_or_default();
            let tail = source.text.get(span.end.min(block.span.end)..block.span.end).unwrap_or_default();
            let here = if span.start >= block.span.start { words } else { "" };
            format!("{head}{here}{tail}")
        } else {
            text.to_owned()
        };
        out.push(&new, block.kind, block.place.clone());
    }
    out
}

async fn remark(State(app): State<App>, actor: Actor, Path(id): Path<PlanId>, Sent(sent): Sent) -> Reply {
    let step = Step::on(&app, &actor, id, &sent).await?;
    let draft = &step.draft;
    let at = (sent.parsed::<usize>("start"), sent.parsed::<usize>("end"));
    let code = sent.text("code");
    let found = draft
        .diagnostics()
        .into_iter()
        .find(|d| d.code == code && (Some(d.span.start), Some(d.span.end)) == at);
    let Some(d) = found else {
        return cookie::done(&format!("/plans/{id}"), &Said::new("这条意见已经不在了。"));
    };
    let (review, source, words) = match (sent.text("do"), &d.replacement) {
        ("replace", Some(new)) => {
            let source = replaced(&draft.revision.source, d.span, new);
            let (review, _) = draft.recompiled(&app, &actor, &source).await?;
            (review, Some(source), format!("原文已改为“{new}”。"))
        }
        ("see", _) => {
            let mut review = (*draft.review).clone();
            review.seen.insert(draft.seen_key(&d));
            (review, None, "已记下：这条意见看过了。".to_owned())
        }
        _ => return Err(Fault::BadRequest("没有这样的改法。".to_owned()).into()),
    };
    let detail = serde_json::json!({ "code": code, "do": sent.text("do"), "words": draft.words(d.span) });
    let change = Change { source, ..Change::of(&review, "plan.remark", detail) };
    step.take(&app, &actor, change, &item_href(draft, d.item), words).await
}

async fn back(State(app): State<App>, actor: Actor, Path(id): Path<PlanId>, Sent(sent): Sent) -> Reply {
    let step = Step::on(&app, &actor, id, &sent).await?;
    let to = sent.parsed::<u32>("to").unwrap_or(0);
    let before = app.store.plan_revision(actor.institution, id, Some(to)).await?;
    let review: Review = before.review_as()?;
    let detail = serde_json::json!({ "to": to });
    let change = Change { source: Some(before.source), ..Change::of(&review, "plan.back", detail) };
    let words = format!("已回到第{to}稿的样子，另存为新的一稿。");
    step.take(&app, &actor, change, &format!("/plans/{id}"), words).await
}

#[derive(askama::Template)]
#[template(path = "plan/reviewing/text.html")]
struct TextPage {
    frame: Frame,
    id: PlanId,
    item: usize,
    title: String,
    back: String,
    revision: u32,
    form: Form,
    now: String,
    /// What is read in the text as it stands in the form: title and rhythm of each obligation.
    asks: Vec<(String, String)>,
    remarks: Vec<Remark>,
}

fn fields(text: &str) -> Form {
    Form::of(vec![
        Field { rows: 14, max: 20_000, ..Field::new(Input::Long, "text", "这一条的文字") }
            .filled(text)
            .hint("连编号和括号里的牵头、责任部门一起改；改完重新读，已确认的要求不会丢"),
    ])
}

async fn text_page(
    app: &App,
    actor: &Actor,
    frame: Frame,
    draft: &Draft,
    item: usize,
    form: Form,
) -> Result<TextPage, Fault> {
    let (asks, remarks) = tried(app, actor, draft, item, &typed(&form)).await?;
    Ok(TextPage {
        frame: frame.titled("改原文").at(Place::Plan),
        id: draft.head.id,
        item,
        title: draft.revision.title.clone(),
        back: item_href(draft, Some(item)),
        revision: draft.revision.revision,
        form,
        now: String::new(),
        asks,
        remarks,
    })
}

fn typed(form: &Form) -> String {
    form.value("text").replace("\r\n", "\n")
}

/// What would be read in an item with other words, and said of it; nothing is kept.
async fn tried(
    app: &App,
    actor: &Actor,
    draft: &Draft,
    item: usize,
    words: &str,
) -> Result<(Vec<(String, String)>, Vec<Remark>), Fault> {
    let Some(span) = draft.review.plan.items.get(item).map(|i| i.span) else {
        return Ok(Default::default());
    };
    // Words that nobody has touched say what the revision says.
    let trial = if words == span.of(&draft.revision.source.text) {
        draft.clone()
    } else {
        let source = spliced(&draft.revision.source, span, words);
        let (review, compiled) = draft.recompiled(app, actor, &source).await?;
        Draft {
            head: draft.head.clone(),
            revision: Arc::new(PlanRevision { source, ..(*draft.revision).clone() }),
            review: Arc::new(review),
            compiled,
        }
    };
    // One item may have become several.
    let end = span.start + words.len().max(1);
    let is_here = |i: Option<usize>| {
        i.and_then(|i| trial.review.plan.items.get(i))
            .is_some_and(|i| (span.start..end).contains(&i.span.start))
    };
    let asks = trial
        .review
        .proposals
        .iter()
        .filter(|p| is_here(p.item) && is_live(p))
        .map(|p| (p.title.clone(), p.cadence.words()))
        .collect();
    let said = trial.diagnostics();
    let open = said.iter().filter(|d| is_here(d.item) && !trial.is_seen(d));
    Ok((asks, open.map(|d| remark_of(&trial, d)).collect()))
}

/// The form with what would be read in the words as they are typed now.
async fn check(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path((id, item)): Path<(PlanId, usize)>,
    Sent(sent): Sent,
) -> Reply {
    let draft = Draft::read(&app, &actor, id).await?;
    draft.item(item)?;
    let mut form = fields("");
    form.take(&sent);
    // Saving after this is still refused when somebody else was faster than the page on which the words were typed.
    let revision = sent.parsed::<u32>("revision").unwrap_or(draft.revision.revision);
    page(&TextPage { revision, ..text_page(&app, &actor, frame, &draft, item, form).await? })
}

async fn show(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path((id, item)): Path<(PlanId, usize)>,
) -> Reply {
    let draft = Draft::read(&app, &actor, id).await?;
    let span = draft.item(item)?.span;
    let form = fields(span.of(&draft.revision.source.text));
    page(&text_page(&app, &actor, frame, &draft, item, form).await?)
}

async fn save(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path((id, item)): Path<(PlanId, usize)>,
    Sent(sent): Sent,
) -> Reply {
    let step = Step::on(&app, &actor, id, &sent).await?;
    let draft = &step.draft;
    let span = draft.item(item)?.span;
    let mut form = fields("");
    form.take(&sent);
    if form.has_errors() {
        return page_with(
            StatusCode::UNPROCESSABLE_ENTITY,
            &text_page(&app, &actor, frame, draft, item, form).await?,
        );
    }
    let words = typed(&form);
    let source = spliced(&draft.revision.source, span, &words);
    let (review, _) = draft.recompiled(&app, &actor, &source).await?;
    let count = review.plan.items.len();
    if count == 0 || count > MOST_ITEMS {
        let why = match count {
            0 => "这样改之后整份要点读不出任何条目，没有保存".to_owned(),
            _ => format!("这样改之后有 {count} 条，一份要点最多 {MOST_ITEMS} 条，没有保存"),
        };
        form.wrong("text", why);
        return page_with(
            StatusCode::UNPROCESSABLE_ENTITY,
            &text_page(&app, &actor, frame, draft, item, form).await?,
        );
    }
    let detail = serde_json::json!({ "item": item });
    let change = Change { source: Some(source), ..Change::of(&review, "plan.text", detail) };
    if let Some(newest) = step.keep(&app, &actor, change).await? {
        form.general
            .push("别人刚改过这份要点，您的改动还没有保存。上面保留着您写的；核对后再保存一次。".to_owned());
        let now = newest.review.plan.items.get(item).map(|i| newest.words(i.span)).unwrap_or_default();
        let page = TextPage { now, ..text_page(&app, &actor, frame, &newest, item, form).await? };
        return page_with(StatusCode::CONFLICT, &page);
    }
    let said = Said::new("这一条已改，要求已重新读过。");
    cookie::done(&item_href(draft, Some(item)), &said)
}

/// The text with the lines of an item replaced by others: one block a line.
fn spliced(source: &SourceText, span: Span, words: &str) -> SourceText {
    let mut out = SourceText { name: source.name.clone(), ..SourceText::default() };
    let mut put = false;
    for block in &source.blocks {
        if !(block.span.overlaps(span) || block.span.contains(span)) {
            out.push(block.span.of(&source.text), block.kind, block.place.clone());
            continue;
        }
        let head = source.text.get(block.span.start..span.start.max(block.span.start)).unwrap_or_default();
        let tail = source.text.get(span.end.min(block.span.end)..block.span.end).unwrap_or_default();
        if put {
            if !tail.trim().is_empty() {
                out.push(tail, block.kind, block.place.clone());
            }
            continue;
        }
        put = true;
        // What follows on the same line, as where a whole document stands on one, goes on after the new words.
        let ends_here = span.end <= block.span.end;
        let all = if ends_here { format!("{head}{words}{tail}") } else { format!("{head}{words}") };
        for line in all.split('\n') {
            out.push(line, block.kind, block.place.clone());
        }
    }
    out
}

#[derive(askama::Template)]
#[template(path = "plan/reviewing/help.html")]
struct HelpPage {
    frame: Frame,
    title: String,
    paragraphs: Vec<(bool, String)>,
}

/// One page about one kind of diagnostic.
async fn help(frame: Frame, Path(code): Path<String>) -> Reply {
    let text = compiler::explain(&code).ok_or_else(|| Fault::not_found("这个编号的说明"))?;
    let mut lines = text.lines();
    let title = lines.next().unwrap_or_default().trim_start_matches('#').trim().to_owned();
    let paragraphs = lines
        .map(str::trim)
        .filter(|l| !l.is_empty())
        .map(|l| (l.starts_with('#'), l.trim_start_matches('#').trim_start_matches("- ").trim().to_owned()))
        .collect();
    page(&HelpPage { frame: frame.titled(title.clone()), title, paragraphs })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_replaced_where_they_stand() {
        let source = SourceText::from_plain("p", "一、甲\n1.乙丙丁。\n2.戊。");
        let at = source.text.find("丙").expect("it is there");
        let new = replaced(&source, Span::new(at, at + "丙".len()), "己庚");
        assert_eq!(new.text, "一、甲\n1.乙己庚丁。\n2.戊。\n");
        assert_eq!(new.blocks.len(), 3);
        assert_eq!(new.blocks[2].span.of(&new.text), "2.戊。");
    }

    #[test]
    fn words_that_go_over_a_line_end_are_replaced_once() {
        let source = SourceText::from_plain("p", "1.甲乙\n丙丁。");
        let (start, end) = (source.text.find("乙").expect("there"), source.text.find("丁").expect("there"));
        assert_eq!(replaced(&source, Span::new(start, end), "戊").text, "1.甲戊\n丁。\n");
    }

    #[test]
    fn an_item_may_become_several_lines_and_the_rest_of_its_line_stays() {
        let source = SourceText::from_plain("p", "1.甲。2.乙。\n3.丙。");
        let end = source.text.find("2.").expect("there");
        let new = spliced(&source, Span::new(0, end), "1.丁。\n其中戊。");
        assert_eq!(new.text, "1.丁。\n其中戊。2.乙。\n3.丙。\n");
    }
}
