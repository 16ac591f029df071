//! The pages of the 通报 drafts: the text as it will be printed with what can still be filled in, and the file.

use axum::extract::State;
use jiff::civil::Date;
use model::Standing;
use office::gongwen::{self, Gongwen};
use runtime::{Pick, Tally};
use serde_json::json;
use web::extract::{Fields, Query};
use web::permit::{Right, Route, Rule, get};
use web::view::{Choice, Empty, Field, Form, Frame, Input, Link, Place, day_words, long_day_words, page};
use web::{App, Reply};
use work::numbers::figure;
use work::{Actor, Fault};

use crate::seen::Seen;
use crate::seen::blocks::Shown;
use crate::seen::nothing::NothingPage;
use web::download::{DOCX, file, local_now};

use super::circular::{self, Blanks};
use super::situation::situation;
use super::stretch::Portion;

pub(super) fn routes() -> Vec<Route> {
    let may = Rule::May(Right::SeeReports);
    vec![
        get("/reports/quarter", may, quarter),
        get("/reports/quarter.docx", may, quarter_file),
        get("/reports/half", may, half),
        get("/reports/half.docx", may, half_file),
        get("/reports/year", may, whole),
        get("/reports/year.docx", may, whole_file),
    ]
}

struct ShownAttachment {
    label: String,
    title: String,
    blocks: Vec<Shown>,
}

/// A figure of the text with the list that it counts.
struct Opened {
    words: String,
    count: String,
    href: String,
}

#[derive(askama::Template)]
#[template(path = "reports/draft.html")]
struct DraftPage {
    frame: Frame,
    way: Vec<Choice>,
    sub: String,
    document: Gongwen,
    number: String,
    signed: String,
    blocks: Vec<Shown>,
    attachments: Vec<ShownAttachment>,
    form: Form,
    action: &'static str,
    kept: Vec<(String, String)>,
    file: String,
    figures: Vec<Opened>,
    on: String,
    until: String,
}

async fn quarter(s: State<App>, actor: Actor, frame: Frame, Query(q): Query) -> Reply {
    let stretch = Portion::quarter(&q).ok_or_else(no_such)?;
    show(&s.0, &actor, frame, &q, stretch).await
}

async fn half(s: State<App>, actor: Actor, frame: Frame, Query(q): Query) -> Reply {
    let stretch = Portion::half(&q).ok_or_else(no_such)?;
    show(&s.0, &actor, frame, &q, stretch).await
}

async fn whole(s: State<App>, actor: Actor, frame: Frame, Query(q): Query) -> Reply {
    show(&s.0, &actor, frame, &q, Portion::Year).await
}

async fn quarter_file(s: State<App>, actor: Actor, Query(q): Query) -> Reply {
    let stretch = Portion::quarter(&q).ok_or_else(no_such)?;
    download(&s.0, &actor, &q, stretch).await
}

async fn half_file(s: State<App>, actor: Actor, Query(q): Query) -> Reply {
    let stretch = Portion::half(&q).ok_or_else(no_such)?;
    download(&s.0, &actor, &q, stretch).await
}

async fn whole_file(s: State<App>, actor: Actor, Query(q): Query) -> Reply {
    download(&s.0, &actor, &q, Portion::Year).await
}

fn no_such() -> Fault {
    Fault::not_found("这份通报稿")
}

/// The unit that issues the 通报, as the plan's owners call it.
const OFFICE: &str = "党委办公室";

/// What the clerk may fill in. The document is a draft: everything but the signature may stay empty.
fn blanks_form(actor: &Actor, today: Date) -> Form {
    let office = format!("{}{OFFICE}", actor.known.organisation.name);
    Form::of(vec![
        Field::text("mark", "发文机关标志")
            .hint("红头上的字，不填则不印红头")
            .optional()
            .filled(format!("{office}文件")),
        Field::text("office", "发文机关代字").hint("如 党办，不填则留空").optional(),
        Field::new(Input::Number, "number", "顺序号").hint("不填则留空").optional(),
        Field::text("issuer", "署名").filled(OFFICE),
        Field::new(Input::Day, "day", "成文日期").hint("清空则留空").optional().filled(today.to_string()),
    ])
}

/// The form as the query fills it, and what it says. What is wrong stands in the form and leaves its place empty.
fn blanks(actor: &Actor, query: &Fields, today: Date) -> (Form, Blanks) {
    let mut form = blanks_form(actor, today);
    if query.has("issuer") {
        form.take(query);
        let number = form.value("number").to_owned();
        let wrong = !number.is_empty() && !number.parse::<u32>().is_ok_and(|n| (1..=99_999).contains(&n));
        if let Some(field) = form.field_mut("number").filter(|f| wrong && !f.is_wrong()) {
            field.errors.push("写 1 到 99999 的整数".to_owned());
        }
    }
    let text = |name: &str| form.value(name).to_owned();
    let number = text("number").parse().ok().filter(|n| (1..=99_999).contains(n));
    let day = text("day").parse().ok();
    let filled = Blanks { mark: text("mark"), office: text("office"), number, issuer: text("issuer"), day };
    (form, filled)
}

/// Reads the year, and the day as of which it is told.
async fn year_and_day(
    app: &App,
    actor: &Actor,
    query: &Fields,
    stretch: Portion,
) -> Result<Option<(std::sync::Arc<work::Year>, Option<Date>)>, Fault> {
    let today = app.clock.today();
    let on = query.day("on").unwrap_or(today).min(today);
    let year = crate::seen::lens::looked_at(app, actor, query, on).await?;
    Ok(year.map(|year| {
        let as_of = stretch.as_of(year.number, on);
        (year, as_of)
    }))
}

async fn show(app: &App, actor: &Actor, frame: Frame, query: &Fields, stretch: Portion) -> Reply {
    let frame = frame.titled(format!("{}落实情况通报稿", stretch.word())).at(Place::Reports);
    let today = app.clock.today();
    let Some((year, as_of)) = year_and_day(app, actor, query, stretch).await? else {
        return super::nothing(frame);
    };
    let (first, last) = stretch.days(year.number);
    let Some(on) = as_of else {
        let begins = day_words(first);
        let empty = Empty::new(
            format!("{}还没有开始", stretch.word()),
            format!("从{begins}起可以起草，期间按当天的情况写，期满按最后一天。"),
        )
        .with(Link::new("回到报告", "/reports"));
        return page(&NothingPage { frame, empty });
    };
    let situation = situation(app, actor, &year, stretch, on).await?;
    let (form, filled) = blanks(actor, query, today);
    let document = circular::draft(&situation, &actor.known.organisation, &filled);
    let kept: Vec<(String, String)> = query
        .pairs()
        .iter()
        .filter(|(n, v)| matches!(n.as_str(), "quarter" | "half" | "plan" | "on") && !v.is_empty())
        .cloned()
        .collect();
    let seen = Seen::of(actor, &year, on, today);
    let sub = if on < last {
        format!("截至{}，{}还没有结束。", long_day_words(on), stretch.word())
    } else {
        format!("截至{}，期满。", long_day_words(on))
    };
    let count = document.attachments.len();
    let attachments = document
        .attachments
        .iter()
        .enumerate()
        .map(|(at, a)| ShownAttachment {
            label: if count == 1 { "附件".to_owned() } else { format!("附件{}", at + 1) },
            title: a.title.clone(),
            blocks: Shown::of(&a.blocks),
        })
        .collect();
    let head = document.head.as_ref().and_then(|h| h.number.as_ref());
    page(&DraftPage {
        way: vec![Choice::new("报告", "/reports", false), Choice::new("通报稿", "", true)],
        sub,
        number: head.map(gongwen::Number::words).unwrap_or_default(),
        signed: document.signature.as_ref().map(gongwen::Signature::day_words).unwrap_or_default(),
        blocks: Shown::of(&document.blocks),
        attachments,
        file: format!("{}.docx{}", stretch.path(), query.with("", "")),
        form,
        action: stretch.path(),
        kept,
        figures: figures(&seen, situation.due, (first, last)),
        on: on.to_string(),
        until: today.min(last).to_string(),
        document,
        frame,
    })
}

/// The figures of the stretch, each leading to the list that it counts.
fn figures(seen: &Seen<'_>, due: Tally, (first, last): (Date, Date)) -> Vec<Opened> {
    let (from, to) = (first.to_string(), last.to_string());
    let of = |words: &str, n: u32, pairs: &[(&str, &str)]| Opened {
        words: words.to_owned(),
        count: figure(n),
        href: seen.href(pairs),
    };
    let within = [("from", from.as_str()), ("to", to.as_str())];
    let mut out = vec![of("期内到期应办", due.total(), &within)];
    for count in seen.counts(due, &within) {
        out.push(Opened {
            words: format!("其中{}", count.standing.word()),
            count: figure(count.count),
            href: count.href,
        });
    }
    let all = seen.tally(&Pick::default().standing(Standing::Overdue)).of(Standing::Overdue);
    out.push(of("全年到这一天逾期", all, &[("standing", "overdue")]));
    out
}

async fn download(app: &App, actor: &Actor, query: &Fields, stretch: Portion) -> Reply {
    let today = app.clock.today();
    let (year, on) = match year_and_day(app, actor, query, stretch).await? {
        Some((year, Some(on))) => (year, on),
        _ => return Err(no_such().into()),
    };
    let situation = situation(app, actor, &year, stretch, on).await?;
    let (_, filled) = blanks(actor, query, today);
    let document = circular::draft(&situation, &actor.known.organisation, &filled);
    let made = local_now(app);
    let title = document.title.clone();
    let bytes = tokio::task::spawn_blocking(move || gongwen::write(made, &document)).await??;
    let detail = json!({ "title": title, "on": on.to_string() });
    app.store
        .record(
            actor.institution,
            &actor.act(app, "export.report").on(super::plan_sheet::subject(&year)).with(detail),
        )
        .await?;
    file(&format!("{title}（稿）.docx"), &format!("report-{on}.docx"), DOCX, bytes)
}
