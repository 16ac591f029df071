//! Opening a check: first what it would ask, of whom, and how much of it is there already.

use axum::extract::State;
use axum::http::StatusCode;
use jiff::ToSpan;
use jiff::civil::Date;
use model::UnitId;
use model::flow::Workflow;
use model::sheet::{Sheet, Source};
use runtime::flow::Days;
use runtime::sheet::{LeftOut, Seen};
use web::extract::{Fields, Query, Sent};
use web::permit::{Right, Route, Rule, get, post};
use web::view::{
    Choice, Empty, Field, Form, Frame, Input, Link, Place, Said, long_day_words, page, page_with,
};
use web::{App, Reply, cookie};
use work::cases::{self, About, Open};
use work::sheets::{Allowed, Campaign, allowed, checks_of, figures};
use work::{Actor, Fault};

pub(super) fn routes() -> Vec<Route> {
    let rule = Rule::May(Right::Record);
    vec![get("/checks/new", rule, form_page), post("/checks/new", rule, send)]
}

/// Characters of a reason.
const REASON: usize = 500;

/// A kind of check to choose.
struct Offer {
    title: String,
    lines: usize,
    asks: usize,
    href: String,
}

/// What it would ask.
struct Look {
    units: usize,
    kinds: String,
    left_out: Vec<(String, String)>,
    from: String,
    cutoff: String,
    /// Lines that fill themselves, that the unit answers, that somebody judges.
    filled: usize,
    asked: Vec<String>,
    judged: usize,
    /// Items that the records show already, of how many.
    seen: usize,
    items: usize,
    steps: Vec<String>,
    relief: String,
    full: bool,
}

#[derive(askama::Template)]
#[template(path = "checks/open.html")]
struct OpenPage {
    frame: Frame,
    crumb: Vec<Choice>,
    title: String,
    offers: Vec<Offer>,
    check: String,
    form: Form,
    look: Option<Look>,
    empty: Option<Empty>,
}

async fn form_page(State(app): State<App>, actor: Actor, frame: Frame, Query(query): Query) -> Reply {
    page(&built(&app, &actor, frame, &query, None).await?)
}

/// The periods that may be looked at: that of today, and the one before it.
fn stretches(sheet: &Sheet, today: Date) -> Vec<(Date, String)> {
    let (from, _) = Days::period(today, sheet.period);
    let before = from.checked_sub(1.day()).unwrap_or(from);
    [today, before].into_iter().map(|day| (day, period_words(sheet, day))).collect()
}

/// 2026年上半年.
pub(super) fn period_words(sheet: &Sheet, day: Date) -> String {
    let (from, to) = Days::period(day, sheet.period);
    let year = from.year();
    match (from.month(), to.month()) {
        (1, 12) => format!("{year}年"),
        (1, 6) => format!("{year}年上半年"),
        (7, 12) => format!("{year}年下半年"),
        (a, b) if a == b => format!("{year}年{a}月"),
        (a, _) => format!(
            "{year}年第{}季度",
            ["一", "二", "三", "四"].get(usize::from(a.unsigned_abs() - 1) / 3).unwrap_or(&"")
        ),
    }
}

fn fields(w: &Workflow, sheet: &Sheet, actor: &Actor, may: &[UnitId], full: bool, today: Date) -> Form {
    let named = |id: &UnitId| (id.to_string(), actor.known.unit_name(*id).to_owned());
    let stretches = stretches(sheet, today);
    let first = stretches.first().map(|(day, _)| day.to_string()).unwrap_or_default();
    let title = format!("{}（{}）", w.title, period_words(sheet, today));
    let unit = may.first().map(ToString::to_string).unwrap_or_default();
    let mut out = vec![
        Field::text("title", "叫什么").filled(title),
        Field::new(Input::Select, "unit", "哪个组织来查").choices(may.iter().map(named)).filled(unit).wide(6),
        Field::new(Input::Select, "day", "看哪一段")
            .choices(stretches.into_iter().map(|(day, words)| (day.to_string(), words)))
            .filled(first)
            .wide(6),
    ];
    if full {
        let reason = Field::new(Input::Long, "reason", "为什么还要再查一次");
        out.push(reason.hint("已经到了一年的次数，写明理由才能开"));
    }
    Form::of(out)
}

async fn built(
    app: &App,
    actor: &Actor,
    frame: Frame,
    query: &Fields,
    form: Option<Form>,
) -> Result<OpenPage, Fault> {
    let today = app.clock.today();
    let may = cases::may_open_checks(app, actor);
    let chosen = may.iter().find(|(w, _)| w.id == query.text("check"));
    let mut crumb = vec![Choice::new("检查", "/checks", false)];
    if chosen.is_some() {
        crumb.push(Choice::new("开一次检查", "/checks/new", false));
    }
    let mut out = OpenPage {
        frame: frame.titled("开一次检查").at(Place::Checks),
        crumb,
        title: "开一次检查".to_owned(),
        offers: Vec::new(),
        check: String::new(),
        form: Form::default(),
        look: None,
        empty: may.is_empty().then(|| {
            Empty::new("没有你能开的检查", "能不能开，看你管的组织是哪一种。")
                .with(Link::new("看今年的检查", "/checks"))
        }),
    };
    let Some((workflow, units)) = chosen else {
        let offer = |(w, _): &(&Workflow, Vec<UnitId>)| {
            let sheet = w.sheet.as_ref()?;
            let asks = sheet.lines.iter().filter(|l| matches!(l.source, Source::Ask { .. })).count();
            let href = format!("/checks/new?check={}", w.id);
            Some(Offer { title: w.title.clone(), lines: sheet.lines.len(), asks, href })
        };
        out.offers = may.iter().filter_map(offer).collect();
        return Ok(out);
    };
    let Some(sheet) = &workflow.sheet else { return Ok(out) };
    let asked = query.parsed::<UnitId>("unit").filter(|u| units.contains(u)).or(units.first().copied());
    let Some(unit) = asked else { return Ok(out) };
    let day = query.day("day").filter(|d| *d <= today).unwrap_or(today);
    let opened = checks_of(app, actor.institution, day.year()).await?;
    let count = allowed(app, workflow, unit, &opened);
    let full = count.as_ref().is_some_and(Allowed::is_full);
    out.title = format!("开一次检查：{}", workflow.title);
    out.check.clone_from(&workflow.id);
    out.form = form.unwrap_or_else(|| {
        let mut form = fields(workflow, sheet, actor, units, full, today);
        let title = match query.text("title") {
            "" => format!("{}（{}）", workflow.title, period_words(sheet, day)),
            typed => typed.to_owned(),
        };
        let typed = [("unit", unit.to_string()), ("day", query.text("day").to_owned()), ("title", title)];
        for (name, value) in typed {
            if let Some(field) = form.field_mut(name).filter(|_| !value.is_empty()) {
                field.value = value;
            }
        }
        form
    });
    out.look = Some(look(app, actor, workflow, (unit, day), count).await?);
    Ok(out)
}

async fn look(
    app: &App,
    actor: &Actor,
    workflow: &Workflow,
    (unit, day): (UnitId, Date),
    count: Option<Allowed>,
) -> Result<Look, Fault> {
    let campaign = Campaign::foreseen(app, actor.institution, &workflow.id, (unit, day)).await?;
    let rows: Vec<_> = campaign.rows.iter().collect();
    let found = figures(app, &campaign, &rows).await?;
    let items = || found.values().flat_map(|f| &f.laid.lines).flat_map(|l| &l.items);
    let sheet = campaign.sheet();
    let of = |wanted: fn(&Source) -> bool| sheet.lines.iter().filter(|l| wanted(&l.source)).count();
    let mut kinds: Vec<String> = Vec::new();
    for kind in &sheet.scope.kinds {
        let of_kind =
            |r: &&work::sheets::Row| campaign.organisation().unit(r.unit).is_some_and(|u| u.kind == *kind);
        let n = campaign.rows.iter().filter(of_kind).count();
        if n > 0 {
            kinds.push(format!("{} {n} 个", kind.word()));
        }
    }
    let asked = sheet.lines.iter().filter(|l| matches!(l.source, Source::Ask { .. }));
    Ok(Look {
        units: campaign.rows.len(),
        kinds: kinds.join("，"),
        left_out: left_out(app, actor, &campaign.left_out),
        from: long_day_words(Days::period(day, sheet.period).0),
        cutoff: long_day_words(campaign.cutoff),
        filled: of(|s| matches!(s, Source::From(_))),
        asked: asked.map(|l| l.title.clone()).collect(),
        judged: of(|s| matches!(s, Source::Judge(_))),
        seen: items().filter(|i| i.item.seen != Seen::Unseen).count(),
        items: items().count(),
        steps: workflow.steps.iter().map(|s| s.title.clone()).collect(),
        relief: count.as_ref().map_or_else(String::new, |c| {
            let unit = actor.known.unit_name(unit);
            format!("{unit}今年已开 {} 次，按规定一年 {} 次。", c.have, c.most)
        }),
        full: count.is_some_and(|c| c.is_full()),
    })
}

/// Who does not stand on a sheet, each with the reason.
pub(super) fn left_out(app: &App, actor: &Actor, all: &[LeftOut]) -> Vec<(String, String)> {
    let title = |id: &String| {
        let found = app.rulebook.roles().traits.iter().find(|t| t.id == *id);
        found.map_or_else(|| id.clone(), |t| t.title.clone())
    };
    let of = |l: &LeftOut| {
        let mut why: Vec<String> = l.with.iter().map(title).collect();
        why.extend(l.lacks.iter().map(|t| format!("没有{}", title(t))));
        if l.young {
            why.push("成立的时间还短".to_owned());
        }
        if why.is_empty() {
            why.push("方案里没有列进来".to_owned());
        }
        (actor.known.unit_name(l.unit).to_owned(), why.join("，"))
    };
    all.iter().map(of).collect()
}

async fn send(State(app): State<App>, actor: Actor, frame: Frame, Sent(sent): Sent) -> Reply {
    let today = app.clock.today();
    let may = cases::may_open_checks(&app, &actor);
    let found = may.iter().find(|(w, _)| w.id == sent.text("check"));
    let Some((workflow, units)) = found else { return Err(Fault::not_found("这种检查").into()) };
    let Some(sheet) = &workflow.sheet else { return Err(Fault::not_found("这种检查").into()) };
    let unit = sent.parsed::<UnitId>("unit");
    let day = sent.day("day").unwrap_or(today);
    let opened = checks_of(&app, actor.institution, day.year()).await?;
    let count = unit.and_then(|u| allowed(&app, workflow, u, &opened));
    let full = count.as_ref().is_some_and(Allowed::is_full);
    let mut form = fields(workflow, sheet, &actor, units, full, today);
    form.take(&sent);
    if let Some(words) = work::over(form.value("reason"), REASON) {
        form.wrong("reason", words);
    }
    if let (false, Some(unit)) = (form.has_errors(), unit) {
        let (title, reason) = (form.value("title").to_owned(), form.value("reason").to_owned());
        let asked =
            Open { workflow: &workflow.id, about: About::Matter, title: &title, unit, day, reason: &reason };
        match cases::open(&app, &actor, &asked).await {
            Ok(id) => {
                let words = "开好了。先发通知，单位从通知里定下；发了通知，各单位才看到自己的表。";
                return cookie::done(&format!("/checks/{id}"), &Said::new(words));
            }
            Err(Fault::Invalid(errors)) => form.wrongs(errors),
            Err(Fault::Conflict(words)) => form.general.push(words),
            Err(other) => return Err(other.into()),
        }
    }
    page_with(StatusCode::UNPROCESSABLE_ENTITY, &built(&app, &actor, frame, &sent, Some(form)).await?)
}
