//! What inspectors see and find: the records to be opened, drawn by the same lots; the judged lines; findings, each of which
//! becomes a case.

use axum::extract::State;
use axum::http::StatusCode;
use model::rule::{Field as Asked, FieldType};
use model::sheet::Carries;
use model::{CaseId, Condition, EntryId, UnitId, Value};
use web::extract::{Fields, Path, Sent};
use web::permit::{Right, Route, Rule, get, post};
use web::view::{Choice, Field, Form, Frame, Input, Place, Said, long_day_words, page, page_with};
use web::{App, Reply, cookie};
use work::sheets::{Campaign, Row, Sending, asked, barred, find, judge, sampled, settled};
use work::{Actor, Fault};

use super::lines::{self, PartView};
use super::sheet::{form, values};

pub(super) fn routes() -> Vec<Route> {
    let rule = Rule::May(Right::Record);
    vec![get("/checks/{id}/rows/{unit}/look", rule, show), post("/checks/{id}/rows/{unit}/look", rule, send)]
}

/// A record to be opened.
struct Drawn {
    href: String,
    title: String,
    day: String,
    ledger: String,
}

#[derive(askama::Template)]
#[template(path = "checks/look.html")]
struct LookPage {
    frame: Frame,
    crumb: Vec<Choice>,
    id: CaseId,
    unit: UnitId,
    name: String,
    looks: String,
    sample: Vec<Drawn>,
    /// Lines that this account must not judge.
    barred: bool,
    form: Form,
    entry: EntryId,
    finding: EntryId,
    parts: Vec<PartView>,
    claims: usize,
}

/// The row that an account has to look at, or at which it has looked with this record: sent twice it is one.
fn row_of<'c>(
    campaign: &'c Campaign<'_>,
    actor: &Actor,
    unit: UnitId,
    sent: Option<EntryId>,
) -> Result<&'c Row, Fault> {
    let again = |r: &Row| sent.is_some_and(|id| r.drawn.as_ref().is_some_and(|d| d.looked.contains(&id)));
    let row = campaign.row_of(unit).filter(|r| campaign.may_judge(actor, r) || again(r));
    row.ok_or_else(|| Fault::not_found("这个单位的自查表"))
}

async fn show(State(app): State<App>, actor: Actor, frame: Frame, Path(at): Path<(CaseId, UnitId)>) -> Reply {
    page(&built(&app, &actor, frame, at, None).await?)
}

/// The fields of the ledger of findings that a complete record fills, beside the table.
fn of_findings<'a>(app: &'a App, campaign: &Campaign<'_>) -> Vec<&'a Asked> {
    let ledger = campaign.sheet().findings.as_deref().and_then(|l| app.rulebook.ledger(l));
    let Some(ledger) = ledger else { return Vec::new() };
    let wanted = ledger.complete.iter().filter_map(|c| match c {
        Condition::Present { field } => ledger.field(field),
        _ => None,
    });
    wanted.filter(|f| f.kind == FieldType::Choice).collect()
}

/// The form: the judged lines, what else the record says, and what was found.
fn whole(lines: &[&model::sheet::Line], fields: &[&Asked], findings: &[&Asked]) -> Form {
    let mut out = form(lines, fields);
    let problems = Field::new(Input::Long, "problems", "发现的问题").optional();
    out.fields.push(problems.hint("一行一个，逐条开整改，责任单位就是这个单位；没有就空着"));
    for field in findings {
        let none = std::iter::once((String::new(), "不写".to_owned()));
        let choices = none.chain(field.options.iter().cloned());
        let select = Field::new(Input::Select, format!("p.{}", field.id), field.title.clone()).optional();
        out.fields.push(select.choices(choices));
    }
    out
}

async fn built(
    app: &App,
    actor: &Actor,
    frame: Frame,
    (id, unit): (CaseId, UnitId),
    typed: Option<(&Fields, Form)>,
) -> Result<LookPage, Fault> {
    let campaign = Campaign::seen(app, actor, id).await?;
    let row = row_of(&campaign, actor, unit, None)?;
    let all = settled(app, &campaign, &[row]).await?;
    let now = all.get(&unit).ok_or_else(|| Fault::not_found("这个单位的自查表"))?;
    let of = asked(app, &campaign, Carries::Judge, &now.lines)
        .ok_or_else(|| Fault::Conflict("这次检查没有由人评判的。".to_owned()))?;
    let is_barred = !barred(app, actor, row, &of.lines).await?.is_empty();
    let name = actor.known.unit_name(unit).to_owned();
    let sample = sampled(app, &campaign, row).await?;
    let (form, entry, finding) = match typed {
        Some((sent, form)) => (form, sent.parsed("entry"), sent.parsed("finding")),
        None => (whole(&of.lines, &of.fields, &of_findings(app, &campaign)), None, None),
    };
    let title = |e: &model::Entry| {
        let ledger = e.ledgers.first().and_then(|l| app.rulebook.ledger(l));
        ledger.map_or_else(String::new, |l| l.title.clone())
    };
    let parts = lines::parts(app, actor, &campaign, unit, now);
    let claims = parts.iter().flat_map(|p| &p.lines).flat_map(|l| &l.lacks).filter(|i| i.waits).count();
    Ok(LookPage {
        frame: frame.titled(format!("去看{name}")).at(Place::Checks),
        crumb: vec![
            Choice::new("检查", "/checks", false),
            Choice::new(campaign.row.title.clone(), format!("/checks/{id}"), false),
            Choice::new(name.clone(), format!("/checks/{id}/rows/{unit}"), false),
        ],
        id,
        unit,
        looks: long_day_words(now.figures.window.cutoff),
        sample: sample
            .iter()
            .map(|e| Drawn {
                href: format!("/entries/{}", e.id),
                title: e.title.clone(),
                day: long_day_words(e.day),
                ledger: title(e),
            })
            .collect(),
        barred: is_barred,
        form,
        entry: entry.unwrap_or_else(EntryId::fresh),
        finding: finding.unwrap_or_else(EntryId::fresh),
        parts: parts
            .into_iter()
            .map(|mut p| {
                p.lines.retain(|l| !l.lacks.is_empty());
                p
            })
            .filter(|p| !p.lines.is_empty())
            .collect(),
        claims,
        name,
    })
}

async fn send(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path((id, unit)): Path<(CaseId, UnitId)>,
    Sent(sent): Sent,
) -> Reply {
    let campaign = Campaign::seen(&app, &actor, id).await?;
    let row = row_of(&campaign, &actor, unit, sent.parsed("entry"))?;
    let all = settled(&app, &campaign, &[row]).await?;
    let now = all.get(&unit).ok_or_else(|| Fault::not_found("这个单位的自查表"))?;
    let of = asked(&app, &campaign, Carries::Judge, &now.lines)
        .ok_or_else(|| Fault::Conflict("这次检查没有由人评判的。".to_owned()))?;
    let findings = of_findings(&app, &campaign);
    let mut form = whole(&of.lines, &of.fields, &findings);
    form.take(&sent);
    let problems: Vec<String> = sent.text("problems").lines().map(str::to_owned).collect();
    let most = problems.iter().filter(|p| p.trim().chars().count() > 200).count();
    if most > 0 {
        form.wrong("problems", "一行写一个问题，每行最多 200 个字");
    }
    if !form.has_errors() {
        let (lines, fields) = values(&form, &of.lines, &of.fields);
        let entry = sent.parsed("entry").unwrap_or_else(EntryId::fresh);
        let finding = sent.parsed("finding").unwrap_or_else(EntryId::fresh);
        let sending = Sending { id: entry, unit, answers: Vec::new(), lines, fields };
        let said = |f: &&Asked| {
            let chosen = form.value(&format!("p.{}", f.id));
            (!chosen.is_empty()).then(|| (f.id.clone(), Value::Choice(chosen.to_owned())))
        };
        let of_finding: Vec<(String, Value)> = findings.iter().filter_map(said).collect();
        match judge(&app, &actor, id, &sending).await {
            Ok(entry) => {
                let n = find(&app, &actor, (id, unit), (finding, entry), &problems, &of_finding).await?;
                let words = match n {
                    0 => "记下了，没有发现问题。".to_owned(),
                    n => format!("记下了，发现 {n} 个问题，逐条开了整改。"),
                };
                return cookie::done(&format!("/checks/{id}/rows/{unit}"), &Said::new(words));
            }
            Err(Fault::Invalid(errors)) => form.wrongs(errors),
            Err(other) => return Err(other.into()),
        }
    }
    let page = built(&app, &actor, frame, (id, unit), Some((&sent, form))).await?;
    page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}
