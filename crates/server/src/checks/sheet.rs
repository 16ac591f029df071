//! The sheet of one unit: filled from its records, with what lacks and where that is mended; what only the unit can say; what it
//! claims and who agreed; what came after the figures stood.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use axum::http::StatusCode;
use jiff::civil::Date;
use model::rule::{Field as Asked, FieldType};
use model::sheet::{Carries, Line, Source};
use model::{AccountId, CaseId, EntryId, UnitId, Value};
use runtime::sheet::{Basis, Seen, total};
use store::{Draft, LaterRevision};
use web::extract::{Fields, Path, Sent};
use web::permit::{Right, Route, Rule, get, post};
use web::view::{
    Choice, Field, Form, Frame, Input, Place, Said, day_words_on, days_left, instant_words, long_day_words,
    page, page_with,
};
use web::{App, Reply, cookie};
use work::clock::day_of;
use work::sheets::{
    Campaign, Row, Says, Sending, Settled, asked, findings, later, lines_of, may_rule, rule, said_of, send,
    settled,
};
use work::{Actor, Fault};

use super::campaign::{Found, found_view, short};
use super::lines::{self, PartView};

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/checks/{id}/rows/{unit}", Rule::May(Right::SeeBoard), show),
        post("/checks/{id}/rows/{unit}", Rule::May(Right::Record), receive),
        post("/checks/{id}/rows/{unit}/rule", Rule::May(Right::Record), agree),
    ]
}

/// Something that was written after the figures stood.
struct Later {
    day: String,
    words: String,
    href: String,
    who: String,
}

#[derive(askama::Template)]
#[template(path = "checks/sheet.html")]
struct SheetPage {
    frame: Frame,
    crumb: Vec<Choice>,
    id: CaseId,
    unit: UnitId,
    name: String,
    fixed: bool,
    counts: lines::Counts,
    asks: usize,
    due: String,
    late: bool,
    sent: String,
    sent_href: String,
    lapsed: bool,
    looks: String,
    parts: Vec<PartView>,
    /// The form of the answers, where the sheet is still to be sent.
    form: Option<Form>,
    entry: EntryId,
    kept_draft: String,
    /// What may be said of an item.
    choices: Vec<(&'static str, &'static str)>,
    /// What was answered, and what those who looked said.
    said: Vec<(String, String)>,
    judged: Vec<(String, String, String)>,
    found: Vec<Found>,
    waits: usize,
    may_rule: bool,
    facts: Vec<(&'static str, String)>,
    print: String,
    stood_at: String,
    rules: String,
    later: Vec<Later>,
    look_href: String,
    feedback: bool,
    sum: String,
}

/// Where a unit's sheet is kept while it is not sent.
fn draft_key(case: CaseId, unit: UnitId) -> String {
    format!("check/{case}/{unit}")
}

async fn show(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path((id, unit)): Path<(CaseId, UnitId)>,
) -> Reply {
    let draft = app.store.draft(actor.institution, actor.account, &draft_key(id, unit)).await?;
    let typed = draft.and_then(|d| {
        let pairs: Vec<(String, String)> = serde_json::from_value(d.body).ok()?;
        Some((Fields::of(pairs), instant_words(d.at)))
    });
    let (typed, kept) = match typed {
        Some((fields, at)) => (Some(fields), at),
        None => (None, String::new()),
    };
    let mut built = built(&app, &actor, frame, (id, unit), typed.as_ref()).await?;
    if built.form.is_some() {
        built.kept_draft = kept;
    }
    page(&built)
}

/// The row that an account may see.
fn row_of<'c>(campaign: &'c Campaign<'_>, actor: &Actor, unit: UnitId) -> Result<&'c Row, Fault> {
    let row = campaign.row_of(unit).filter(|r| campaign.sees(actor, r));
    row.ok_or_else(|| Fault::not_found("这个单位的自查表"))
}

async fn built(
    app: &App,
    actor: &Actor,
    frame: Frame,
    (id, unit): (CaseId, UnitId),
    typed: Option<&Fields>,
) -> Result<SheetPage, Fault> {
    let today = app.clock.today();
    let campaign = Campaign::seen(app, actor, id).await?;
    let row = row_of(&campaign, actor, unit)?;
    let all = settled(app, &campaign, &[row]).await?;
    let now = all.get(&unit).ok_or_else(|| Fault::not_found("这个单位的自查表"))?;
    let may_send = row.open && actor.covers(Right::Record, unit);
    let form_of = asked(app, &campaign, Carries::Ask, &now.lines).filter(|_| may_send);
    let form = form_of.as_ref().map(|a| {
        let mut form = form(&a.lines, &a.fields);
        if let Some(typed) = typed {
            form.take(typed);
        }
        form
    });
    let mut parts = lines::parts(app, actor, &campaign, unit, now);
    if may_send {
        fill_answers(&mut parts, typed);
    } else {
        // Nothing is asked of whoever only reads.
        for item in parts.iter_mut().flat_map(|p| &mut p.lines).flat_map(|l| &mut l.lacks) {
            item.open = false;
        }
    }
    let kept = now.figures.kept.as_ref().map(|(_, at)| *at);
    let later = later(app, actor, &campaign, row, kept).await?;
    let found = findings(app, &campaign).await?;
    let none = BTreeMap::new();
    let waits = parts.iter().flat_map(|p| &p.lines).flat_map(|l| &l.lacks).filter(|i| i.waits).count();
    let crumb_way = match campaign.rows.iter().filter(|r| campaign.sees(actor, r)).count() {
        0 | 1 => String::new(),
        _ => format!("/checks/{id}"),
    };
    Ok(SheetPage {
        frame: frame
            .titled(format!("{}　{}", campaign.row.title, actor.known.unit_name(unit)))
            .at(Place::Checks),
        crumb: vec![
            Choice::new("检查", "/checks", false),
            Choice::new(campaign.row.title.clone(), crumb_way, false),
        ],
        id,
        unit,
        name: actor.known.unit_name(unit).to_owned(),
        fixed: campaign.fixed,
        counts: lines::counts(&campaign, now),
        asks: form_of.as_ref().map_or(0, |a| a.lines.len()),
        due: row
            .due
            .map_or_else(String::new, |d| format!("{}前，{}", day_words_on(today, d), days_left(today, d))),
        late: row.due.is_some_and(|d| d < today),
        sent: row.sent.filter(|_| !row.open).map_or_else(String::new, |s| long_day_words(s.day)),
        sent_href: row.sent.map_or_else(String::new, |s| format!("/entries/{}", s.entry)),
        lapsed: row.lapsed,
        looks: long_day_words(now.figures.window.cutoff),
        form,
        entry: typed.and_then(|t| t.parsed("entry")).unwrap_or_else(EntryId::fresh),
        kept_draft: String::new(),
        choices: Says::ALL.iter().map(|(_, id, word)| (*id, *word)).collect(),
        said: said(&campaign, row),
        judged: judged(&campaign, row),
        found: found.iter().filter(|f| f.unit == unit).map(|f| found_view(f, &none, today)).collect(),
        waits,
        may_rule: waits > 0 && may_rule(actor, &campaign, row),
        facts: facts(actor, &campaign, row, today),
        print: now.figures.kept.as_ref().map_or_else(String::new, |(print, _)| print.clone()),
        stood_at: now.figures.kept.as_ref().map_or_else(String::new, |(_, at)| instant_words(*at)),
        rules: short(&campaign.row.fingerprint),
        later: laters(app, actor, later).await?,
        look_href: if campaign.may_judge(actor, row) {
            format!("/checks/{id}/rows/{unit}/look")
        } else {
            String::new()
        },
        feedback: campaign.runs(actor) || row.sent.is_some(),
        sum: sum(&campaign, now, actor, row),
        parts,
    })
}

/// What the sheet comes to, where it is summed up: for whoever runs it and for the unit itself, never beside others.
fn sum(campaign: &Campaign<'_>, now: &Settled, actor: &Actor, row: &Row) -> String {
    let Some(of) = &campaign.sheet().total else { return String::new() };
    if !(campaign.runs(actor) || actor.covers(Right::Record, row.unit)) {
        return String::new();
    }
    if now.unseen() > 0 {
        return "有没看到的项，先不算".to_owned();
    }
    total(campaign.sheet(), &now.lines)
        .map_or_else(String::new, |v| format!("{} / 100", v.decimals(of.decimals)))
}

/// The form of the lines that a record carries and of its other fields.
pub(super) fn form(lines: &[&Line], fields: &[&Asked]) -> Form {
    let mut out: Vec<Field> = lines.iter().map(|l| line_field(l)).collect();
    out.extend(fields.iter().map(|f| {
        let kind = match f.kind {
            FieldType::LongText => Input::Long,
            FieldType::Day => Input::Day,
            FieldType::Choice => Input::Select,
            _ => Input::Text,
        };
        let mut field =
            Field::new(kind, format!("f.{}", f.id), f.title.clone()).optional().hint(f.hint.clone());
        if kind == Input::Select {
            let none = std::iter::once((String::new(), "不写".to_owned()));
            field = field.choices(none.chain(f.options.iter().cloned()));
        }
        field.rows = 3;
        field
    }));
    Form::of(out)
}

/// The field of a line that the unit answers or somebody judges; nothing is forced.
fn line_field(line: &Line) -> Field {
    let name = format!("l.{}", line.id);
    match &line.source {
        Source::Ask { kind, options, at_most_chars } => {
            let input = match kind {
                FieldType::LongText => Input::Long,
                FieldType::Choice => Input::Radio,
                FieldType::Number => Input::Number,
                FieldType::Day => Input::Day,
                _ => Input::Text,
            };
            let mut field =
                Field::new(input, name, line.title.clone()).optional().choices(options.iter().cloned());
            field.rows = 3;
            if let Some(most) = at_most_chars {
                field = field.hint(format!("最多 {most} 个字"));
                field.max = *most;
            }
            field
        }
        Source::Judge(judged) if judged.options.is_empty() => {
            let most = judged.scale.unwrap_or(100);
            Field::new(Input::Number, name, line.title.clone()).optional().hint(format!("0 到 {most}"))
        }
        Source::Judge(judged) => {
            let options = judged.options.iter().map(|(id, title, _)| (id.clone(), title.clone()));
            Field::new(Input::Radio, name, line.title.clone()).optional().choices(options)
        }
        Source::From(_) | Source::Vote(_) => Field::text(name, line.title.clone()).optional(),
    }
}

/// Values by the id of their line or field.
type Typed = Vec<(String, Value)>;

/// What was typed into a form of lines, as values: of the lines, and of the other fields.
pub(super) fn values(form: &Form, lines: &[&Line], fields: &[&Asked]) -> (Typed, Typed) {
    let of_line = |line: &&Line| {
        let text = form.value(&format!("l.{}", line.id));
        let kind = match &line.source {
            Source::Ask { kind, .. } => *kind,
            Source::Judge(j) if j.options.is_empty() => FieldType::Number,
            _ => FieldType::Choice,
        };
        Some((line.id.clone(), value(kind, text)?))
    };
    let of_field = |f: &&Asked| Some((f.id.clone(), value(f.kind, form.value(&format!("f.{}", f.id)))?));
    (lines.iter().filter_map(of_line).collect(), fields.iter().filter_map(of_field).collect())
}

fn value(kind: FieldType, text: &str) -> Option<Value> {
    if text.is_empty() {
        return None;
    }
    Some(match kind {
        FieldType::Choice => Value::Choice(text.to_owned()),
        FieldType::Day => Value::Day(text.parse::<Date>().ok()?),
        FieldType::Number => Value::Number(text.parse::<i64>().ok()?.saturating_mul(1000)),
        _ => Value::Text(text.to_owned()),
    })
}

/// Puts what was typed beside the items; before that, what was said of them.
fn fill_answers(parts: &mut [PartView], typed: Option<&Fields>) {
    let Some(typed) = typed else { return };
    for item in parts.iter_mut().flat_map(|p| &mut p.lines).flat_map(|l| &mut l.lacks) {
        if typed.pairs().iter().any(|(name, _)| *name == format!("a.{}", item.key)) {
            item.answer = typed.text(&format!("a.{}", item.key)).to_owned();
            item.answer_words = typed.text(&format!("w.{}", item.key)).to_owned();
        }
    }
}

/// What the unit answered with its last record.
fn said(campaign: &Campaign<'_>, row: &Row) -> Vec<(String, String)> {
    let Some(sent) = row.sent else { return Vec::new() };
    let Some((entry, _)) = campaign.ground.docket.entries.get(&sent.entry) else { return Vec::new() };
    let values = lines_of(entry);
    let asks = campaign.sheet().lines.iter().filter(|l| matches!(l.source, Source::Ask { .. }));
    asks.map(|l| (l.title.clone(), lines::answer_words(l, values.get(&l.id)))).collect()
}

/// What those who looked said: line, words, who. Unseen by one another until all are in, which of one who looks is at once.
fn judged(campaign: &Campaign<'_>, row: &Row) -> Vec<(String, String, String)> {
    let Some(drawn) = &row.drawn else { return Vec::new() };
    let mut out = Vec::new();
    for id in &drawn.looked {
        let Some((entry, _)) = campaign.ground.docket.entries.get(id) else { continue };
        let values = lines_of(entry);
        for line in campaign.sheet().lines.iter().filter(|l| matches!(l.source, Source::Judge(_))) {
            if let Some(value) = values.get(&line.id) {
                out.push((line.title.clone(), lines::answer_words(line, Some(value)), drawn.team.clone()));
            }
        }
    }
    out
}

fn facts(actor: &Actor, campaign: &Campaign<'_>, row: &Row, today: Date) -> Vec<(&'static str, String)> {
    let mut out = vec![
        ("谁来查", actor.known.unit_name(campaign.row.opened_by).to_owned()),
        ("看哪天", long_day_words(campaign.cutoff)),
    ];
    if let Some(due) = row.due {
        out.push(("什么时候交", format!("{}，{}", day_words_on(today, due), days_left(today, due))));
    }
    match &row.drawn {
        Some(drawn) => out.push(("抽查", format!("抽中，{}来看", drawn.team))),
        None if campaign.is_drawn() => out.push(("抽查", "没有抽中".to_owned())),
        None if !campaign.sheet().draws.is_empty() => out.push(("会不会来看", "还没有抽".to_owned())),
        None => {}
    }
    out
}

async fn laters(app: &App, actor: &Actor, all: Vec<LaterRevision>) -> Result<Vec<Later>, Fault> {
    let mut names: BTreeMap<AccountId, String> = BTreeMap::new();
    for id in all.iter().filter_map(|l| l.account).collect::<BTreeSet<_>>() {
        names.insert(id, app.store.account(actor.institution, id).await?.name);
    }
    let of = |l: LaterRevision| {
        let what = match (l.entry.withdrawn, l.entry.revision) {
            (true, _) => "撤回",
            (false, 1) => "补记",
            (false, _) => "改过",
        };
        Later {
            day: day_words_on(app.clock.today(), day_of(l.at)),
            words: format!("{} {}，{what}", day_words_on(app.clock.today(), l.entry.day), l.entry.title),
            href: format!("/entries/{}", l.entry.id),
            who: l.account.and_then(|a| names.get(&a).cloned()).unwrap_or_default(),
        }
    };
    Ok(all.into_iter().map(of).collect())
}

/// The answers that were sent, item by item.
fn answers(now: &Settled, sent: &Fields, form: &mut Form) -> Vec<(Basis, Says, String)> {
    let mut out = Vec::new();
    let mut known = BTreeSet::new();
    for item in now.figures.laid.lines.iter().flat_map(|l| &l.items) {
        let basis = &item.item.basis;
        if item.item.seen != Seen::Unseen || !known.insert(basis.clone()) {
            continue;
        }
        let key = lines::key(basis);
        let (says, words) = (sent.text(&format!("a.{key}")), sent.text(&format!("w.{key}")));
        match Says::of(says) {
            Some(Says::Elsewhere) if words.is_empty() => {
                form.general.push(format!("{}：写明记在哪里。", item.words));
            }
            Some(Says::NotOurs) if words.is_empty() => {
                form.general.push(format!("{}：写明为什么不归你们。", item.words));
            }
            Some(says) => out.push((basis.clone(), says, words.to_owned())),
            None if says.is_empty() && !words.is_empty() => {
                form.general.push(format!("{}：写了说明，还没有选怎么回事。", item.words));
            }
            None if says.is_empty() => {}
            None => form.general.push(format!("{}：选项里没有这一项。", item.words)),
        }
    }
    out
}

async fn receive(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path((id, unit)): Path<(CaseId, UnitId)>,
    Sent(sent): Sent,
) -> Reply {
    let key = draft_key(id, unit);
    let here = format!("/checks/{id}/rows/{unit}");
    if sent.text("do") == "keep" {
        let campaign = Campaign::seen(&app, &actor, id).await?;
        let row = row_of(&campaign, &actor, unit)?;
        actor.must_cover(Right::Record, row.unit)?;
        let body = serde_json::to_value(sent.pairs()).map_err(anyhow::Error::from)?;
        let draft = Draft { key, body, at: app.clock.now() };
        app.store.keep_draft(actor.institution, actor.account, &draft).await?;
        return cookie::done(&here, &Said::new("先存着了，还没有送出。"));
    }
    let campaign = Campaign::seen(&app, &actor, id).await?;
    let row = row_of(&campaign, &actor, unit)?;
    let all = settled(&app, &campaign, &[row]).await?;
    let now = all.get(&unit).ok_or_else(|| Fault::not_found("这个单位的自查表"))?;
    let of = asked(&app, &campaign, Carries::Ask, &now.lines)
        .ok_or_else(|| Fault::Conflict("这次检查没有要单位答的。".to_owned()))?;
    let mut form = form(&of.lines, &of.fields);
    form.take(&sent);
    let answers = answers(now, &sent, &mut form);
    if !form.has_errors() {
        let (lines, fields) = values(&form, &of.lines, &of.fields);
        let entry = sent.parsed("entry").unwrap_or_else(EntryId::fresh);
        let sending = Sending { id: entry, unit, answers, lines, fields };
        match send(&app, &actor, id, &sending).await {
            Ok(entry) => {
                app.store.drop_draft(actor.institution, actor.account, &key).await?;
                let words = "自查表送出了。待补的可以接着补，补了会注明哪天补的。";
                return cookie::done(
                    &here,
                    &Said::new(words).link("看送出的记录", format!("/entries/{entry}")),
                );
            }
            Err(Fault::Invalid(errors)) => form.wrongs(errors),
            Err(other) => return Err(other.into()),
        }
    }
    let mut page = built(&app, &actor, frame, (id, unit), Some(&sent)).await?;
    page.form = Some(form);
    page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

async fn agree(
    State(app): State<App>,
    actor: Actor,
    Path((id, unit)): Path<(CaseId, UnitId)>,
    Sent(sent): Sent,
) -> Reply {
    let campaign = Campaign::seen(&app, &actor, id).await?;
    row_of(&campaign, &actor, unit)?;
    let ticked: BTreeSet<&str> = sent.all("item").collect();
    let spoken = said_of(&app, &campaign, unit).await?.into_keys();
    let items: BTreeSet<Basis> = spoken.filter(|b| ticked.contains(lines::key(b).as_str())).collect();
    let agrees = match sent.text("do") {
        "agree" => true,
        "refuse" => false,
        _ => return Err(Fault::BadRequest("不知道要做什么，回到自查表再按一次。".to_owned()).into()),
    };
    let n = rule(&app, &actor, (id, unit), &items, agrees, sent.text("words")).await?;
    let words = if agrees {
        format!("认可了 {n} 项。")
    } else {
        format!("{n} 项没有认可，请单位再说明。")
    };
    cookie::done(&format!("/checks/{id}/rows/{unit}"), &Said::new(words))
}
