//! 校历: terms, vacations, public holidays, make-up days and exempt months of a year, as lines that can be typed or pasted.

use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::StatusCode;
use jiff::civil::Date;
use runtime::{Exemption, SchoolCalendar, Stretch};
use web::extract::{Query, Sent};
use web::permit::{Right, Route, Rule, get, post};
use web::view::{Choice, Field, Form, Frame, Input, Place, Said, page, page_with};
use web::{App, Reply, cookie};
use work::{Actor, Fault, calendar_key};

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/admin/calendar", Rule::May(Right::SetUp), show),
        post("/admin/calendar", Rule::May(Right::SetUp), save),
    ]
}

#[derive(askama::Template)]
#[template(path = "admin/calendar.html")]
struct CalendarPage {
    frame: Frame,
    form: Form,
    year: i16,
    years: Vec<Choice>,
    revision: u32,
    estimated: bool,
}

fn lines(stretches: &[Stretch]) -> String {
    stretches.iter().map(|s| format!("{} {} {}", s.name, s.first, s.last)).collect::<Vec<_>>().join("\n")
}

fn fields(c: &SchoolCalendar) -> Form {
    let long = |name: &str, label: &str, hint: &str, value: String, rows: u8| Field {
        rows,
        ..Field::new(Input::Long, name, label).filled(value).hint(hint).optional()
    };
    let makeup = c.makeup.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let exempt = c.exempt.iter().map(|e| format!("{} {}", e.month, e.reason)).collect::<Vec<_>>().join("\n");
    Form::of(vec![
        long("terms", "学期", "每行一个：名称 开始 结束", lines(&c.terms), 4),
        long("vacations", "寒暑假", "每行一个：名称 开始 结束", lines(&c.vacations), 4),
        long("holidays", "公休假日", "每行一个：名称 开始 结束，含假期中的周末", lines(&c.holidays), 9),
        long(
            "exams",
            "考试周",
            "每行一个：名称 开始 结束。月历上标出来，好避开；不影响到期日",
            lines(&c.exams),
            3,
        ),
        long("makeup", "调休上班的周末", "每行一天", makeup, 5),
        long("exempt", "不安排每月事项的月份", "每行一个：月份 理由。例：8 暑假，教师离校", exempt, 3),
    ])
}

/// The stretches written one a line; mistakes go to the field of that name.
fn stretches(form: &mut Form, name: &str) -> Vec<Stretch> {
    let text = form.value(name).to_owned();
    let mut out = Vec::new();
    for (n, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
        let parts: Vec<&str> = line.split_whitespace().collect();
        let read = match parts.as_slice() {
            [title, first, last] => match (first.parse(), last.parse()) {
                (Ok(first), Ok(last)) => Some(Stretch::new(title, first, last)),
                _ => None,
            },
            _ => None,
        };
        match read {
            Some(stretch) => out.push(stretch),
            None => form.wrong(
                name,
                format!("第 {} 行“{}”写成“春季学期 2022-02-21 2022-07-08”这样", n + 1, line.trim()),
            ),
        }
    }
    out
}

fn read(form: &mut Form, year: i16) -> SchoolCalendar {
    let terms = stretches(form, "terms");
    let vacations = stretches(form, "vacations");
    let holidays = stretches(form, "holidays");
    let exams = stretches(form, "exams");
    let mut makeup = BTreeSet::new();
    for word in form.value("makeup").to_owned().split_whitespace() {
        match word.parse::<Date>() {
            Ok(day) => {
                makeup.insert(day);
            }
            Err(_) => form.wrong("makeup", format!("“{word}”写成 2022-04-24 这样")),
        }
    }
    let mut exempt = Vec::new();
    for line in form.value("exempt").to_owned().lines().filter(|l| !l.trim().is_empty()) {
        let (month, reason) = line.trim().split_once(char::is_whitespace).unwrap_or((line.trim(), ""));
        match month.parse::<i8>() {
            Ok(month) if !reason.trim().is_empty() => {
                exempt.push(Exemption { month, reason: reason.trim().to_owned() });
            }
            _ => form.wrong("exempt", format!("“{}”写成“8 暑假，教师离校”这样，理由不能少", line.trim())),
        }
    }
    let calendar =
        SchoolCalendar { year, terms, vacations, holidays, exams, makeup, exempt, estimated: false };
    if !form.has_errors() {
        for fault in calendar.check().err().unwrap_or_default() {
            form.wrong("", fault.to_string());
        }
    }
    calendar
}

/// The year asked for, within what a calendar can be made for.
fn year_of(app: &App, asked: Option<i16>) -> i16 {
    asked.filter(|y| (2000..=2100).contains(y)).unwrap_or_else(|| app.clock.today().year())
}

async fn shown(
    app: &App,
    actor: &Actor,
    frame: Frame,
    year: i16,
    form: Option<Form>,
) -> Result<CalendarPage, Fault> {
    let own = app.store.setting::<SchoolCalendar>(actor.institution, &calendar_key(year)).await?;
    let revision = own.as_ref().map_or(0, |s| s.revision);
    let calendar = app.calendar(actor.institution, year).await?;
    let choice = |y: i16| Choice::new(format!("{y}年"), format!("/admin/calendar?year={y}"), y == year);
    Ok(CalendarPage {
        frame: frame.titled("校历").at(Place::Calendar),
        form: form.unwrap_or_else(|| fields(&calendar)),
        year,
        years: vec![choice(year - 1), choice(year), choice(year + 1)],
        revision,
        estimated: calendar.estimated,
    })
}

async fn show(State(app): State<App>, actor: Actor, frame: Frame, Query(query): Query) -> Reply {
    let year = year_of(&app, query.parsed("year"));
    page(&shown(&app, &actor, frame, year, None).await?)
}

async fn save(State(app): State<App>, actor: Actor, frame: Frame, Sent(sent): Sent) -> Reply {
    let year = year_of(&app, sent.parsed("year"));
    let mut form = fields(&SchoolCalendar { year, ..app.calendar(actor.institution, year).await? });
    form.take(&sent);
    let calendar = read(&mut form, year);
    if form.has_errors() {
        let again = shown(&app, &actor, frame, year, Some(form)).await?;
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, &again);
    }
    let based_on = sent.parsed("revision").unwrap_or(0);
    let act = actor.act(&app, "calendar.save").on(year);
    let saved =
        app.store.save_setting(actor.institution, &calendar_key(year), based_on, calendar, &act).await?;
    if let store::Saved::Stale(_) = saved {
        form.wrong("", "别人刚刚改过这一年的校历。你写的还在下面，核对后再保存一次");
        let again = shown(&app, &actor, frame, year, Some(form)).await?;
        return page_with(StatusCode::CONFLICT, &again);
    }
    app.forget(actor.institution);
    cookie::done(
        &format!("/admin/calendar?year={year}"),
        &Said::new(format!(
            "{year}年的校历已保存，各页从现在起按它算周次和期间；已经排好的应办事项，到期日不变。"
        )),
    )
}
