//! Where the papers are had: of one unit at once, of many as a job.

use axum::extract::State;
use axum::http::StatusCode;
use model::{UnitId, UnitKind};
use serde_json::json;
use store::{JobKind, sha256};
use web::download::{DOCX, file};
use web::extract::{Fields, Query, Sent};
use web::view::{Choice, Field, Form, Frame, Input, Place, Said, page as shown, page_with};
use web::{App, Reply, cookie};
use work::{Actor, Fault, Right, jobs};

use super::{evidence, gather, handbook as book};

/// Years back of which papers are offered.
const YEARS: i16 = 3;

#[derive(askama::Template)]
#[template(path = "papers/page.html")]
struct PapersPage {
    frame: Frame,
    way: Vec<Choice>,
    /// The unit that the page is about, and its name.
    unit: String,
    name: String,
    /// What its yearly volume is called.
    title: &'static str,
    units: Vec<(String, String, bool)>,
    years: Vec<i16>,
    /// How many branches' handbooks come together; 0 or 1 where there are not several.
    branches: usize,
    evidence: Form,
    handover: bool,
}

/// What is asked for a pack.
async fn evidence_form(app: &App, actor: &Actor, unit: Option<UnitId>) -> Result<Form, Fault> {
    let today = app.clock.today();
    let mut units: Vec<(String, String)> = vec![(String::new(), "不限组织（按要求或制度装）".to_owned())];
    units.extend(gather::covered(actor, |_| true).into_iter().map(|(id, name)| (id.to_string(), name)));
    let mut demands = vec![(String::new(), "全部记录（按组织装）".to_owned())];
    if let Some(year) = app.book(actor.institution, today.year(), None).await? {
        demands.extend(evidence::demands(app, &year));
    }
    let first = today.first_of_year();
    Ok(Form::of(vec![
        Field::new(Input::Select, "unit", "哪个组织")
            .choices(units)
            .filled(unit.map(|u| u.to_string()).unwrap_or_default())
            .hint("连同下级组织")
            .optional()
            .wide(6),
        Field::new(Input::Select, "demand", "或者哪项要求、制度")
            .choices(demands)
            .hint("选了组织就不用选；只选这里，装各组织办这一项的记录")
            .optional()
            .wide(6),
        Field::new(Input::Day, "from", "从").filled(first.to_string()).wide(3),
        Field::new(Input::Day, "to", "到").filled(today.to_string()).wide(3),
    ]))
}

async fn built(
    app: &App,
    actor: &Actor,
    frame: Frame,
    asked: Option<UnitId>,
    form: Option<Form>,
) -> Result<PapersPage, Fault> {
    let today = app.clock.today();
    let units = gather::covered(actor, |_| true);
    let unit = gather::meant(app, actor, asked, &units).await?;
    let kind = actor.known.unit(unit).map_or(UnitKind::Branch, |u| u.kind);
    let evidence = match form {
        Some(form) => form,
        None => evidence_form(app, actor, Some(unit)).await?,
    };
    let name = work::units::full_name(&actor.known.organisation, unit);
    Ok(PapersPage {
        frame: frame.titled("成册材料").at(Place::Organisation),
        way: vec![
            Choice::new(name.clone(), format!("/units/{unit}"), false),
            Choice::new("成册材料", "", true),
        ],
        unit: unit.to_string(),
        name,
        title: book::name(kind),
        units: units.into_iter().map(|(id, name)| (id.to_string(), name, id == unit)).collect(),
        years: (0..=YEARS).map(|back| today.year() - back).collect(),
        branches: book::branches(actor, today.year(), today).len(),
        evidence,
        handover: actor.covers(Right::SeePeople, unit),
    })
}

/// The page.
pub(super) async fn show(State(app): State<App>, actor: Actor, frame: Frame, Query(query): Query) -> Reply {
    shown(&built(&app, &actor, frame, query.parsed("unit"), None).await?)
}

/// 2000 to 2100, which a year of records is in.
fn year_of(fields: &Fields) -> Result<i16, Fault> {
    let year = fields.parsed::<i16>("year").filter(|y| (2000..=2100).contains(y));
    year.ok_or_else(|| Fault::BadRequest("年份写成 2026 这样。".to_owned()))
}

/// The handbook of one unit.
pub(super) async fn handbook(State(app): State<App>, actor: Actor, Query(query): Query) -> Reply {
    let unit = query.parsed::<UnitId>("unit").ok_or_else(|| Fault::not_found("这个组织"))?;
    let year = year_of(&query)?;
    let (name, bytes) = book::made(&app, &actor, unit, year).await?;
    let act = actor.act(&app, "export.handbook").on(unit).with(json!({ "year": year }));
    app.store.record(actor.institution, &act).await?;
    file(&name, "luoshi-handbook.docx", DOCX, bytes)
}

/// The handbooks of all branches, beside the page.
pub(super) async fn handbooks(State(app): State<App>, actor: Actor, Sent(sent): Sent) -> Reply {
    let year = year_of(&sent)?;
    let count = book::branches(&actor, year, app.clock.today()).len();
    if count == 0 {
        return Err(Fault::BadRequest(format!("{year}年没有你能看的党支部。")).into());
    }
    let subject = hex::encode(&sha256(format!("{}\n{year}", actor.account).as_bytes())[..16]);
    let name = format!("{year}年，{count} 个支部");
    jobs::ask(&app, &actor, JobKind::Handbooks, &subject, &name, jobs::body_of(&sent)).await?;
    cookie::done(web::jobs::MINE, &Said::new("正在汇编。做好了在这里下载，离开也会做完。"))
}

/// A pack, beside the page.
pub(super) async fn evidence(State(app): State<App>, actor: Actor, frame: Frame, Sent(sent): Sent) -> Reply {
    let unit = sent.parsed::<UnitId>("unit");
    let mut form = evidence_form(&app, &actor, unit).await?;
    form.take(&sent);
    let asked = evidence::asked(&app, &actor, &sent).await;
    if let Err(Fault::Invalid(errors)) = &asked {
        for error in errors {
            let known = form.fields.iter().any(|f| f.name == error.field && f.is_wrong());
            if !known {
                form.wrong(&error.field, error.message.clone());
            }
        }
    }
    if form.has_errors() {
        let again = built(&app, &actor, frame, unit, Some(form)).await?;
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, &again);
    }
    let (name, subject) = evidence::called(&actor, &asked?);
    jobs::ask(&app, &actor, JobKind::EvidencePack, &subject, &name, jobs::body_of(&sent)).await?;
    cookie::done(web::jobs::MINE, &Said::new("正在装材料包。做好了在这里下载，离开也会做完。"))
}
