//! Lots: the list with its fingerprint, then the seed; who looks at whom. Anybody who runs the check may draw again, and sees that it
//! comes to the same.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use model::rule::Means;
use model::sheet::Carries;
use model::{CaseId, EntryId, PersonId, UnitId};
use store::Scope;
use web::extract::{Fields, Path, Query, Sent};
use web::permit::{Right, Route, Rule, get, post};
use web::view::{Choice, Field, Form, Frame, Input, Place, Said, page, page_with};
use web::{App, Reply, cookie};
use work::sheets::{Campaign, Drawing, Lots, Team, draw, lots, written};
use work::{Actor, Fault};

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/checks/{id}/draw", Rule::May(Right::SeeBoard), show),
        post("/checks/{id}/draw", Rule::May(Right::Record), send),
    ]
}

#[derive(askama::Template)]
#[template(path = "checks/draw.html")]
struct DrawPage {
    frame: Frame,
    crumb: Vec<Choice>,
    id: CaseId,
    print: String,
    /// The list: name, whether it was drawn lately.
    list: Vec<(String, bool)>,
    seed: String,
    /// Whom the seed brings.
    drawn: Vec<String>,
    /// What was written down: the seed, and whether list and draw come to the same now.
    kept: String,
    same: bool,
    form: Option<Form>,
    people: Vec<String>,
    entry: EntryId,
    may: bool,
}

async fn show(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path(id): Path<CaseId>,
    Query(query): Query,
) -> Reply {
    page(&built(&app, &actor, frame, id, &query, None).await?)
}

/// The check and its lots, for whoever sees all of it: the list names other units.
async fn found<'a>(app: &'a App, actor: &Actor, id: CaseId) -> Result<(Campaign<'a>, Lots), Fault> {
    let campaign = Campaign::seen(app, actor, id).await?;
    if !campaign.sees_all(actor) {
        return Err(Fault::not_found("这次检查的名单"));
    }
    let lots = lots(app, &campaign).await?.ok_or_else(|| Fault::not_found("这次检查的抽查"))?;
    Ok((campaign, lots))
}

fn fields(app: &App, actor: &Actor, campaign: &Campaign<'_>, drawn: &[UnitId]) -> Form {
    let judge = campaign.carrier(Carries::Judge).and_then(|s| campaign.workflow().step(s));
    let ledger = judge.and_then(|s| s.shown_by.iter().find_map(|x| x.ledger.as_deref()));
    let keeps = ledger.and_then(|l| app.rulebook.ledger(l)).map(|l| l.kept_by.as_slice()).unwrap_or_default();
    let today = app.clock.today();
    let may = |u: &&model::Unit| u.exists_on(today) && (keeps.is_empty() || keeps.contains(&u.kind));
    let units: Vec<_> = campaign.organisation().units.iter().filter(may).collect();
    let mut out = Vec::new();
    for unit in drawn {
        let name = actor.known.unit_name(*unit).to_owned();
        out.push(Field::text(format!("team.{unit}"), name).hint("谁去看").wide(6));
        let of = units.iter().filter(|u| u.id != *unit).map(|u| (u.id.to_string(), u.name.clone()));
        let by = Field::new(Input::Select, format!("of.{unit}"), "代表哪个组织").choices(of);
        out.push(by.filled(campaign.row.opened_by.to_string()).wide(6));
    }
    out.push(Field::text("witness", "见证人").optional().hint("抽号时在场的人").wide(6));
    Form::of(out)
}

async fn built(
    app: &App,
    actor: &Actor,
    frame: Frame,
    id: CaseId,
    query: &Fields,
    form: Option<Form>,
) -> Result<DrawPage, Fault> {
    let (campaign, lots) = found(app, actor, id).await?;
    let said = |means| written(app, &campaign, &lots.step, means).unwrap_or_default().to_owned();
    let kept = said(Means::Seed);
    let seed = match query.text("seed") {
        "" => kept.clone(),
        typed => typed.to_owned(),
    };
    let drawn = if seed.is_empty() { Vec::new() } else { lots.by(&seed) };
    let open = campaign.open.iter().any(|o| o.step == lots.step && !o.disputed);
    let may = open && campaign.runs(actor);
    let name = |unit: &UnitId| actor.known.unit_name(*unit).to_owned();
    let written: Vec<UnitId> = campaign.rows.iter().filter(|r| r.drawn.is_some()).map(|r| r.unit).collect();
    let mut again = lots.by(&kept);
    again.sort_unstable();
    let mut there = written.clone();
    there.sort_unstable();
    let people = match may && !drawn.is_empty() {
        true => roster(app, actor).await?.into_keys().collect(),
        false => Vec::new(),
    };
    Ok(DrawPage {
        frame: frame.titled("抽查").at(Place::Checks),
        crumb: vec![
            Choice::new("检查", "/checks", false),
            Choice::new(campaign.row.title.clone(), format!("/checks/{id}"), false),
        ],
        id,
        same: !kept.is_empty() && again == there && said(Means::ListPrint) == lots.print,
        print: lots.print.clone(),
        list: lots.units().map(|u| (name(&u), lots.lately.contains(&u))).collect(),
        drawn: drawn.iter().map(name).collect(),
        form: (may && !drawn.is_empty())
            .then(|| form.unwrap_or_else(|| fields(app, actor, &campaign, &drawn))),
        seed,
        kept,
        people,
        entry: query.parsed("entry").unwrap_or_else(EntryId::fresh),
        may,
    })
}

/// The people whom the account may see, by name; a name that several have leads to none of them.
async fn roster(app: &App, actor: &Actor) -> Result<BTreeMap<String, Option<PersonId>>, Fault> {
    let scope: Scope = actor.scope_for(Right::SeeOrganisation);
    let mut out: BTreeMap<String, Option<PersonId>> = BTreeMap::new();
    for member in app.store.members_on(actor.institution, &scope, app.clock.today()).await? {
        let id = Some(member.person.id);
        out.entry(member.person.name).and_modify(|known| *known = None).or_insert(id);
    }
    Ok(out)
}

async fn send(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path(id): Path<CaseId>,
    Sent(sent): Sent,
) -> Reply {
    let (campaign, lots) = found(&app, &actor, id).await?;
    let seed = sent.text("seed").to_owned();
    let drawn = lots.by(&seed);
    let mut form = fields(&app, &actor, &campaign, &drawn);
    form.take(&sent);
    let people = roster(&app, &actor).await?;
    let mut teams = BTreeMap::new();
    for unit in &drawn {
        let field = format!("team.{unit}");
        let name = work::names::spelt(form.value(&field));
        match people.get(&name) {
            _ if name.is_empty() => {}
            Some(Some(person)) => {
                let of = form.value(&format!("of.{unit}")).parse().ok();
                teams.insert(*unit, Team { person: Some(*person), name, of });
            }
            Some(None) => form.wrong(&field, format!("有几个“{name}”，在流程页记这一步，写上学工号")),
            None => form.wrong(&field, format!("名册里没有“{name}”")),
        }
    }
    if !form.has_errors() {
        let witness = form.value("witness").to_owned();
        let entry = sent.parsed("entry").unwrap_or_else(EntryId::fresh);
        let drawing = Drawing { id: entry, seed, witness, teams };
        match draw(&app, &actor, id, &drawing).await {
            Ok(_) => {
                let words = format!("抽中 {} 个单位，名单、指纹和号码都记下了。", drawn.len());
                return cookie::done(&format!("/checks/{id}?view=drawn"), &Said::new(words));
            }
            Err(Fault::Invalid(errors)) => form.wrongs(errors),
            Err(other) => return Err(other.into()),
        }
    }
    let page = built(&app, &actor, frame, id, &sent, Some(form)).await?;
    page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}
