//! 新开一件: which procedure, for which unit, about whom.

use axum::extract::State;
use axum::http::StatusCode;
use jiff::civil::Date;
use model::flow::{Opening, SubjectKind, Workflow};
use model::rule::Ledger;
use model::{PERSON_KINDS, PersonId, UnitId, UnitKind};
use store::{CaseFilter, Running};
use web::extract::{Fields, Query, Sent};
use web::permit::{Right, Route, Rule, get, post};
use web::view::{Choice, Empty, Field, Form, Frame, Input, Link, Place, Said, page, page_with};
use web::{App, Reply, cookie};
use work::cases::{self, About, Open};
use work::{Actor, Fault};

pub(super) fn routes() -> Vec<Route> {
    let rule = Rule::May(Right::Record);
    vec![get("/cases/new", rule, form_page), post("/cases/new", rule, send)]
}

/// A procedure to choose.
struct Offer {
    title: String,
    steps: usize,
    href: String,
}

/// The procedures that are about the same: a person, a unit, a matter.
struct Offers {
    about: &'static str,
    offers: Vec<Offer>,
}

#[derive(askama::Template)]
#[template(path = "cases/start.html")]
struct StartPage {
    frame: Frame,
    crumb: Vec<Choice>,
    title: String,
    offers: Vec<Offers>,
    workflow: String,
    steps: Vec<String>,
    /// Ledgers of which each line opens one, and the way to hand in a sheet of them.
    batches: Vec<(String, String)>,
    form: Form,
    empty: Option<Empty>,
}

/// What opening a case of a procedure asks.
fn fields(w: &Workflow, actor: &Actor, may: &[UnitId], today: Date) -> Form {
    let named = |id: &UnitId| (id.to_string(), actor.known.unit_name(*id).to_owned());
    let mut out = Vec::new();
    let unit = match may {
        [only] => {
            Field::new(Input::Select, "unit", "哪个组织办").choices([named(only)]).filled(only.to_string())
        }
        many => Field::new(Input::Select, "unit", "哪个组织办").choices(many.iter().map(named)),
    };
    out.push(unit.wide(6));
    match w.subject {
        SubjectKind::Person => {
            out.push(Field::text("name", "姓名").hint("名册里有的写姓名，同名的写学工号").wide(4));
            let kinds = PERSON_KINDS.iter().map(|(id, word)| ((*id).to_owned(), (*word).to_owned()));
            let number = Field::text("number", "学工号").optional();
            out.push(number.hint("名册里还没有这个人时写，随这件事登记").wide(4));
            let known = std::iter::once((String::new(), "名册里已有".to_owned()));
            let kind = Field::new(Input::Select, "kind", "类别").choices(known.chain(kinds));
            out.push(kind.optional().wide(4));
        }
        SubjectKind::Unit => {}
        SubjectKind::Record | SubjectKind::Matter => {
            out.push(Field::text("title", "什么事").hint("一句话；一件事开一件").wide(12));
        }
    }
    out.push(Field::new(Input::Day, "day", "从哪天起").filled(today.to_string()).wide(4));
    Form::of(out)
}

/// The ledgers of which each line opens a case of a procedure, as far as the account keeps them.
fn batches(app: &App, actor: &Actor, w: &Workflow) -> Vec<(String, String)> {
    let covered = actor.units_for(Right::Record);
    let kinds: Vec<UnitKind> =
        covered.iter().filter_map(|id| actor.known.unit(*id)).map(|u| u.kind).collect();
    let by_line = w.opens.iter().filter_map(|o| match o {
        Opening::Entry { ledgers, rows: Some(_), .. } => Some(ledgers),
        _ => None,
    });
    let kept = |l: &&Ledger| l.kept_by.is_empty() || l.kept_by.iter().any(|k| kinds.contains(k));
    let way = |l: &Ledger| (l.title.clone(), format!("/entries/import?ledger={}", l.id));
    by_line.flatten().filter_map(|id| app.rulebook.ledger(id)).filter(kept).map(way).collect()
}

async fn form_page(State(app): State<App>, actor: Actor, frame: Frame, Query(query): Query) -> Reply {
    page(&built(&app, &actor, frame, query.text("workflow"), None)?)
}

fn built(app: &App, actor: &Actor, frame: Frame, id: &str, form: Option<Form>) -> Result<StartPage, Fault> {
    let today = app.clock.today();
    let may = cases::may_open(app, actor);
    let chosen = may.iter().find(|(w, _)| w.id == id);
    let mut crumb = vec![Choice::new("流程", "/cases", false)];
    if chosen.is_some() {
        crumb.push(Choice::new("新开一件", "/cases/new", false));
    }
    let offer = |(w, _): &(&Workflow, Vec<UnitId>)| Offer {
        title: w.title.clone(),
        steps: w.steps.len(),
        href: format!("/cases/new?workflow={}", w.id),
    };
    let mut offers: Vec<Offers> = Vec::new();
    for one in may.iter().filter(|_| chosen.is_none()) {
        let about = one.0.subject.word();
        match offers.iter_mut().find(|o| o.about == about) {
            Some(of) => of.offers.push(offer(one)),
            None => offers.push(Offers { about, offers: vec![offer(one)] }),
        }
    }
    Ok(StartPage {
        frame: frame.titled("新开一件").at(Place::Cases),
        crumb,
        title: chosen.map_or_else(|| "新开一件".to_owned(), |(w, _)| format!("新开一件：{}", w.title)),
        offers,
        workflow: chosen.map_or_else(String::new, |(w, _)| w.id.clone()),
        steps: chosen.map(|(w, _)| w.steps.iter().map(|s| s.title.clone()).collect()).unwrap_or_default(),
        batches: chosen.map(|(w, _)| batches(app, actor, w)).unwrap_or_default(),
        form: form
            .or_else(|| chosen.map(|(w, units)| fields(w, actor, units, today)))
            .unwrap_or_else(|| Form::of(Vec::new())),
        empty: may.is_empty().then(|| {
            Empty::new("没有你能开的流程", "能不能开，看你管的组织是哪一种。")
                .with(Link::new("看在办的", "/cases"))
        }),
    })
}

async fn send(State(app): State<App>, actor: Actor, frame: Frame, Sent(sent): Sent) -> Reply {
    let today = app.clock.today();
    let may = cases::may_open(&app, &actor);
    let found = may.iter().find(|(w, _)| w.id == sent.text("workflow"));
    let Some((workflow, units)) = found else { return Err(Fault::not_found("这个流程").into()) };
    let mut form = fields(workflow, &actor, units, today);
    form.take(&sent);
    let unit = form.value("unit").parse::<UnitId>().ok();
    let day = form.value("day").parse::<Date>().unwrap_or(today);
    let about = match (workflow.subject, unit) {
        (_, None) => None,
        (SubjectKind::Person, Some(unit)) => about(&app, &actor, unit, &sent, &mut form).await?,
        (SubjectKind::Unit, Some(unit)) => Some(About::Unit(unit)),
        (SubjectKind::Record | SubjectKind::Matter, Some(_)) => Some(About::Matter),
    };
    if let (false, Some(unit), Some(about)) = (form.has_errors(), unit, about) {
        let title = form.value("title").to_owned();
        let asked = Open { workflow: &workflow.id, about, title: &title, unit, day, reason: "" };
        match cases::open(&app, &actor, &asked).await {
            Ok(id) => {
                let words = format!("“{}”开了一件。下面是现在等哪一步。", workflow.title);
                return cookie::done(&format!("/cases/{id}"), &Said::new(words));
            }
            Err(Fault::Invalid(errors)) => form.wrongs(errors),
            Err(Fault::Conflict(words)) => form.general.push(words),
            Err(other) => return Err(other.into()),
        }
    }
    let id = workflow.id.clone();
    page_with(StatusCode::UNPROCESSABLE_ENTITY, &built(&app, &actor, frame, &id, Some(form))?)
}

/// Whom a case is about: somebody on the roster, or somebody who comes onto it with the case.
async fn about(
    app: &App,
    actor: &Actor,
    unit: UnitId,
    sent: &Fields,
    form: &mut Form,
) -> Result<Option<About>, Fault> {
    let (name, number, kind) = (sent.text("name"), sent.text("number"), sent.text("kind"));
    let fits = |p: &model::Person| {
        p.name == name && (number.is_empty() || p.number == number) || (!name.is_empty() && p.number == name)
    };
    // First among the unit's own people, then among all whom the account may see: an office opens cases about others'.
    let mut found: Vec<PersonId> = Vec::new();
    let own = store::Scope::Units(actor.known.below([unit]));
    for scope in [own, actor.scope_for(Right::SeeOrganisation)] {
        if found.is_empty() {
            let members = app.store.members_on(actor.institution, &scope, app.clock.today()).await?;
            found.extend(members.iter().filter(|m| fits(&m.person)).map(|m| m.person.id));
        }
    }
    // Whoever came onto the roster with a case and is in no branch yet is known by that case.
    if found.is_empty() && !name.is_empty() {
        let filter = CaseFilter { text: name.to_owned(), running: Running::All, ..CaseFilter::default() };
        let sight = cases::sight(actor);
        let rows = app.store.all_cases(actor.institution, &sight, &filter).await?;
        let of_person = rows.iter().filter(|r| r.subject == "person" && r.title == name);
        found.extend(of_person.map(|r| PersonId(r.subject_id)));
    }
    found.sort_unstable();
    found.dedup();
    Ok(match found.as_slice() {
        [only] => Some(About::Person(*only)),
        [] if kind.is_empty() => {
            let unit = actor.known.unit_name(unit);
            form.wrong("name", format!("{unit}的名册里没有“{name}”；还没有登记的，把类别选上，随这件事登记"));
            None
        }
        [] => Some(About::New { name: name.to_owned(), number: number.to_owned(), kind: kind.to_owned() }),
        _ => {
            form.wrong("name", format!("有 {} 个“{name}”，再写上学工号", found.len()));
            None
        }
    })
}
