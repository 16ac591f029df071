//! 交接清单: what a secretary hands over. One document, from which both the page and the file are drawn.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use jiff::civil::Date;
use model::rule::{Ledger, Means};
use model::{Stage, Standing, UnitId, Wish};
use office::gongwen::{self, Block, Gongwen, Kind, Table};
use runtime::Tally;
use store::{CaseFilter, EntryFilter, EntryRow};
use web::download::{DOCX, file, local_now};
use web::extract::{Fields, Query};
use web::view::{Choice, Frame, Place, day_words, day_words_on, instant_words, long_day_words, page};
use web::{App, Reply};
use work::cases;
use work::privacy::{may_read, readable};
use work::{Actor, Fault, Right};

use super::gather::{self, Gathered, Owed, lacking, tally_words};
use super::sections::{People, short, table};
use crate::seen::blocks::Shown;
use crate::seen::values::words;

/// Days ahead whose due days are listed.
const AHEAD_DAYS: i64 = 90;
/// Most cases of one unit; more than any has.
const MOST: u32 = 5000;
/// Records of checks that are looked back at.
const CHECKS: usize = 3;
/// Empty rows of a part that is filled in by hand.
const BLANK: usize = 3;
/// Copies, and working days from the decision on. Colleges' rules for heads of department say 5, 7 or 10; the middle one is the
/// default, and the paper says that the college's own rule goes first.
const TERMS: &str =
    "本清单一式三份，移交人、接收人、监交人各存一份；在任免决定通知后7个工作日内办完（以本校规定为准）。";

#[derive(askama::Template)]
#[template(path = "papers/handover.html")]
struct HandoverPage {
    frame: Frame,
    way: Vec<Choice>,
    title: String,
    blocks: Vec<Shown>,
    file: String,
}

/// The page.
pub(super) async fn show(State(app): State<App>, actor: Actor, frame: Frame, Query(query): Query) -> Reply {
    let unit = query.parsed::<UnitId>("unit").ok_or_else(|| Fault::not_found("这个组织"))?;
    let document = document(&app, &actor, unit).await?;
    page(&HandoverPage {
        frame: frame.titled("交接清单").at(Place::Organisation),
        way: vec![
            Choice::new(actor.known.unit_name(unit), format!("/units/{unit}"), false),
            Choice::new("成册材料", format!("/papers?unit={unit}"), false),
            Choice::new("交接清单", "", true),
        ],
        blocks: Shown::of(&document.blocks),
        title: document.title,
        file: format!("/papers/handover.docx?unit={unit}"),
    })
}

/// The file.
pub(super) async fn docx(State(app): State<App>, actor: Actor, Query(query): Query) -> Reply {
    let unit = query.parsed::<UnitId>("unit").ok_or_else(|| Fault::not_found("这个组织"))?;
    let document = document(&app, &actor, unit).await?;
    let (made, name) = (local_now(&app), format!("{}.docx", document.title));
    let bytes = tokio::task::spawn_blocking(move || gongwen::write(made, &document)).await??;
    let act = actor.act(&app, "export.handover").on(unit);
    app.store.record(actor.institution, &act).await?;
    file(&name, "luoshi-handover.docx", DOCX, bytes)
}

/// Everything that is handed over, as of today.
async fn document(app: &App, actor: &Actor, unit: UnitId) -> Result<Gongwen, Fault> {
    actor.must_cover(Right::SeePeople, unit)?;
    let today = app.clock.today();
    let g = gather::year(app, actor, unit, today.year()).await?;
    let people = People::of(app, actor, &g).await?;
    let heads = people.heads(app, &g.unit);
    let now = if heads.is_empty() { "书记没有登记".to_owned() } else { format!("现任书记{heads}") };
    let mut blocks = vec![Block::Paragraph(format!(
        "{}，{now}。情况截至{}，由系统按台账记录列出；系统里没有的，由双方当面填写。",
        g.unit.name,
        long_day_words(today)
    ))];
    let mut part = |title: &str, inner: Vec<Block>| {
        blocks.push(Block::Heading1(title.to_owned()));
        blocks.extend(inner);
    };
    part("组织和党员", organisation(app, actor, &g, &people).await?);
    part("没有办结的要求", owed(app, actor, &g).await?);
    part("今后三个月的日子", ahead(app, &g));
    part("在办的流程", running(app, actor, &g).await?);
    part("党费", dues(app, actor, &g).await?);
    part("上一次检查和没有销号的问题", checks(app, actor, &g).await?);
    part("没有批复的申请", requests(app, actor, &g).await?);
    part("没有写完的草稿", drafts(app, actor, &g).await?);
    part("记录", records(app, actor, &g).await?);
    for title in &app.rulebook.papers().handover {
        let rows = vec![vec![String::new(); 4]; BLANK];
        let heads = [("名称", 40), ("数量", 14), ("状态", 20), ("备注", 26)];
        part(title, vec![Block::Table(table(&heads, rows))]);
    }
    part("交接", signatures());
    Ok(Gongwen::plain(Kind::Minutes, format!("{}工作交接清单", g.unit.name), blocks))
}

fn signatures() -> Vec<Block> {
    let line = |who: &str| vec![who.to_owned(), "签字：\n\n　　　　　　　　　　年　月　日".to_owned()];
    let rows = ["移交人", "接收人", "监交人（上级党组织）"].map(line).to_vec();
    vec![
        Block::Paragraph(TERMS.to_owned()),
        Block::Table(Table { columns: vec![(String::new(), 30), (String::new(), 70)], rows }),
    ]
}

fn none(words: &str) -> Vec<Block> {
    vec![Block::Paragraph(words.to_owned())]
}

async fn organisation(app: &App, actor: &Actor, g: &Gathered, people: &People) -> Result<Vec<Block>, Fault> {
    let mut out = vec![Block::Paragraph(format!("{}。", people.counts()))];
    let filter = EntryFilter { units: Some(BTreeSet::from([g.unit.id])), ..EntryFilter::default() };
    let scope = actor.scope_for(Right::SeeEntries);
    let ends = work::terms::found(app, actor.institution, &scope, filter).await?.remove(&g.unit.id);
    out.push(Block::Paragraph(match ends {
        Some(day) => format!("本届任期到{}。", long_day_words(day)),
        None => "届满日没有登记。".to_owned(),
    }));
    let stage = |wanted: Stage| people.named(|m, _| m.membership.stage == wanted);
    let of = |category: &str| people.named(|_, file| file.categories.contains(category));
    let mut rows = Vec::new();
    for (label, names) in [
        ("预备党员", stage(Stage::Probationary)),
        ("发展对象", stage(Stage::Candidate)),
        ("入党积极分子", stage(Stage::Activist)),
        ("流动党员", of("floating")),
    ] {
        if !names.is_empty() {
            rows.push(vec![label.to_owned(), names.len().to_string(), names.join("、")]);
        }
    }
    if !rows.is_empty() {
        out.push(Block::Table(table(&[("哪些人", 22), ("人数", 10), ("姓名", 68)], rows)));
    }
    Ok(out)
}

/// What is late, and what runs: the unit's own one by one, those of its people together.
async fn owed(app: &App, actor: &Actor, g: &Gathered) -> Result<Vec<Block>, Fault> {
    let today = app.clock.today();
    let mut all: Vec<&Owed> = g.owed.iter().collect();
    // What is left of the year before is handed over too.
    let last = app.book(actor.institution, today.year() - 1, None).await?;
    let pick = runtime::Pick { units: Some(g.units.clone()), ..runtime::Pick::default() };
    let before = match &last {
        Some(book) => gather::owed(app, actor, book, &pick, today).await?,
        None => Vec::new(),
    };
    let undone = |o: &&Owed| !o.line.standing.is_done() && o.line.standing != Standing::Waived;
    all.extend(before.iter().filter(undone));
    if all.is_empty() {
        return Ok(none("没有要办的事项。"));
    }
    let tally: Tally = g.owed.iter().map(|o| o.line.standing).collect();
    let mut out = vec![Block::Paragraph(format!("今年{}。", tally_words(tally)))];
    let late = lacking(&all);
    if late.is_empty() {
        out.push(Block::Paragraph("没有逾期的。".to_owned()));
    } else {
        let rows = late.iter().enumerate().map(|(at, words)| vec![(at + 1).to_string(), words.clone()]);
        out.push(Block::Table(table(&[("序号", 12), ("逾期、未见记录的", 88)], rows.collect())));
    }
    Ok(out)
}

fn ahead(app: &App, g: &Gathered) -> Vec<Block> {
    let today = app.clock.today();
    let until = today.checked_add(jiff::Span::new().days(AHEAD_DAYS)).unwrap_or(today);
    let coming = |o: &&Owed| {
        let open = matches!(o.line.standing, Standing::Open | Standing::DueSoon | Standing::NotDue);
        open && today <= o.line.due && o.line.due <= until
    };
    // Those of people are one line with how many.
    let mut of: BTreeMap<(Date, String), usize> = BTreeMap::new();
    for owed in g.owed.iter().filter(coming) {
        *of.entry((owed.line.due, owed.duty.title.clone())).or_default() += 1;
    }
    if of.is_empty() {
        return none("今后三个月没有到期的事项。");
    }
    let row = |((day, title), n): ((Date, String), usize)| {
        vec![day_words_on(today, day), if n > 1 { format!("{title}，{n}项") } else { title }]
    };
    vec![Block::Table(table(&[("到期", 22), ("要办的", 78)], of.into_iter().map(row).collect()))]
}

/// Cases that run, each with the step at which it stands.
async fn running(app: &App, actor: &Actor, g: &Gathered) -> Result<Vec<Block>, Fault> {
    let sight = cases::sight(actor);
    let mut found: BTreeMap<model::CaseId, (String, String, Date, Vec<String>)> = BTreeMap::new();
    let own = CaseFilter { own: Some(g.units.clone()), ..CaseFilter::default() };
    let bears = CaseFilter { bearers: Some(g.units.clone()), ..CaseFilter::default() };
    for filter in [own, bears] {
        for (step, row) in app.store.case_steps(actor.institution, &sight, &filter, None, MOST).await? {
            let workflow = cases::workflow_of(app, &row).map_or(row.workflow.as_str(), |w| w.title.as_str());
            let due = step.due.map_or_else(String::new, |d| format!("，{}前", long_day_words(d)));
            let words = format!("{}{due}", step.title);
            let known = found
                .entry(row.id)
                .or_insert_with(|| (workflow.to_owned(), row.title.clone(), row.opened, Vec::new()));
            if !known.3.contains(&words) {
                known.3.push(words);
            }
        }
    }
    if found.is_empty() {
        return Ok(none("没有在办的流程。"));
    }
    let mut rows: Vec<Vec<String>> = found
        .into_values()
        .map(|(workflow, title, opened, steps)| vec![workflow, title, short(Some(opened)), steps.join("\n")])
        .collect();
    rows.sort();
    let heads = [("流程", 20), ("事项", 26), ("开始", 16), ("现在等哪一步", 38)];
    Ok(vec![Block::Table(table(&heads, rows))])
}

/// The newest records in one of these ledgers, whatever the year.
async fn newest(
    app: &App,
    actor: &Actor,
    g: &Gathered,
    ledger: &str,
    most: usize,
) -> Result<Vec<EntryRow>, Fault> {
    let filter = EntryFilter {
        ledger: Some(ledger.to_owned()),
        units: Some(g.units.clone()),
        ..EntryFilter::default()
    };
    let scope = actor.scope_for(Right::SeeEntries);
    let most = u32::try_from(most).unwrap_or(1);
    Ok(app.store.entries(actor.institution, &scope, &filter, most).await?)
}

/// 党费: up to which month it was collected, and what the last record says.
async fn dues(app: &App, actor: &Actor, g: &Gathered) -> Result<Vec<Block>, Fault> {
    let Some(ledger) = app.rulebook.ledgers().iter().find(|l| l.meaning(Means::MonthOfAccount).is_some())
    else {
        return Ok(none("规则库里没有党费台账。"));
    };
    let Some(row) = newest(app, actor, g, &ledger.id, 1).await?.pop() else {
        return Ok(none("没有党费收缴记录。"));
    };
    let entry = readable(app, actor, &row.entry);
    let said = |ledger: &Ledger| {
        let one = |f: &model::rule::Field| {
            let value = entry.values.get(&f.id).filter(|_| !f.is_head())?;
            Some(vec![f.title.clone(), words(Some(f), value, &actor.known.organisation)])
        };
        ledger.fields.iter().filter_map(one).collect::<Vec<_>>()
    };
    let hidden = row.entry.values.keys().any(|id| !may_read(app, actor, &row.entry, id));
    let mut out = vec![
        Block::Paragraph(format!("最近一次收缴记在{}：", long_day_words(row.entry.day))),
        Block::Table(table(&[("项目", 30), ("内容", 70)], said(ledger))),
    ];
    if hidden {
        out.push(Block::Paragraph("有限定范围的内容，没有列。".to_owned()));
    }
    Ok(out)
}

/// The last checks with what they found, and the problems that are still open.
async fn checks(app: &App, actor: &Actor, g: &Gathered) -> Result<Vec<Block>, Fault> {
    let (ledgers, mends) = &app.rulebook.papers().found;
    let mut rows = Vec::new();
    for id in ledgers {
        let Some(ledger) = app.rulebook.ledger(id) else { continue };
        for row in newest(app, actor, g, id, CHECKS).await? {
            let entry = readable(app, actor, &row.entry);
            let long = ledger.fields.iter().filter(|f| {
                matches!(f.kind, model::rule::FieldType::LongText | model::rule::FieldType::Rows)
            });
            let said = long.filter_map(|f| {
                let value = entry.values.get(&f.id)?;
                Some(format!("{}：{}", f.title, words(Some(f), value, &actor.known.organisation)))
            });
            let said = said.collect::<Vec<_>>().join("\n");
            let said = if said.is_empty() { "没有写问题".to_owned() } else { said };
            rows.push(vec![short(Some(entry.day)), format!("{}　{}", ledger.title, entry.title), said]);
        }
    }
    rows.sort_by(|a, b| b.cmp(a));
    let mut out = if rows.is_empty() {
        none("没有检查记录。")
    } else {
        vec![Block::Table(table(&[("日期", 16), ("检查", 34), ("问题和意见", 50)], rows))]
    };
    let filter = CaseFilter {
        workflows: Some(mends.iter().cloned().collect()),
        own: Some(g.units.clone()),
        ..CaseFilter::default()
    };
    let open = app.store.cases(actor.institution, &cases::sight(actor), &filter, (0, MOST)).await?;
    out.push(Block::Paragraph(if open.is_empty() {
        "没有还没销号的整改。".to_owned()
    } else {
        let titles: Vec<&str> = open.iter().map(|r| r.title.as_str()).collect();
        format!("还没有销号的整改{}件：{}。", open.len(), titles.join("；"))
    }));
    Ok(out)
}

/// Waivers and extensions that wait for a decision.
async fn requests(app: &App, actor: &Actor, g: &Gathered) -> Result<Vec<Block>, Fault> {
    let scope = store::Scope::Units(g.units.clone());
    let waiting = app.store.exemptions(actor.institution, &scope, None, true).await?;
    if waiting.is_empty() {
        return Ok(none("没有。"));
    }
    let titles: BTreeMap<model::DutyId, &str> =
        g.owed.iter().map(|o| (o.line.duty, o.duty.title.as_str())).collect();
    let row = |a: &store::Asked| {
        let wish = match &a.request.wish {
            Wish::Extension { .. } => "延期",
            _ => "免办",
        };
        let title = titles.get(&a.duty).copied().unwrap_or("往年的事项");
        vec![instant_words(a.request.asked_at), wish.to_owned(), title.to_owned(), a.request.reason.clone()]
    };
    let heads = [("申请时间", 22), ("申请", 12), ("事项", 30), ("理由", 36)];
    Ok(vec![Block::Table(table(&heads, waiting.iter().map(row).collect()))])
}

/// What the account itself has typed for this unit and not saved.
async fn drafts(app: &App, actor: &Actor, g: &Gathered) -> Result<Vec<Block>, Fault> {
    let mut rows = Vec::new();
    for draft in app.store.drafts(actor.institution, actor.account).await? {
        let Ok(pairs) = serde_json::from_value(draft.body) else { continue };
        let typed = Fields::of(pairs);
        if typed.parsed::<UnitId>("unit").is_none_or(|u| !g.units.contains(&u)) {
            continue;
        }
        let ledger = app.rulebook.ledger(typed.text("ledger")).map_or("记录", |l| l.title.as_str());
        rows.push(vec![instant_words(draft.at), ledger.to_owned(), typed.text("title").to_owned()]);
    }
    if rows.is_empty() {
        return Ok(none("打印人的账号里没有本组织的草稿。"));
    }
    let mut out = vec![Block::Paragraph("只列打印人自己账号里的，交接前写完或者删掉。".to_owned())];
    out.push(Block::Table(table(&[("保存时间", 28), ("台账", 30), ("主题", 42)], rows)));
    Ok(out)
}

/// How many records there are of each ledger, from when to when, whatever the year.
async fn records(app: &App, actor: &Actor, g: &Gathered) -> Result<Vec<Block>, Fault> {
    let filter = EntryFilter { units: Some(g.units.clone()), ..EntryFilter::default() };
    let all = gather::all_entries(app, actor, filter).await?;
    let mut of: BTreeMap<&str, (usize, Date, Date, usize)> = BTreeMap::new();
    for row in &all {
        for ledger in &row.entry.ledgers {
            let day = row.entry.day;
            let known = of.entry(ledger).or_insert((0, day, day, 0));
            *known = (known.0 + 1, known.1.min(day), known.2.max(day), known.3 + usize::from(row.incomplete));
        }
    }
    if of.is_empty() {
        return Ok(none("没有记录。"));
    }
    let row = |(id, (n, from, to, lacks)): (&str, (usize, Date, Date, usize))| {
        let title = app.rulebook.ledger(id).map_or(id, |l| l.title.as_str());
        let lacks = if lacks == 0 { String::new() } else { format!("{lacks}条还缺内容") };
        let until = if from.year() == to.year() { day_words(to) } else { long_day_words(to) };
        vec![title.to_owned(), n.to_string(), format!("{}至{until}", long_day_words(from)), lacks]
    };
    let heads = [("台账", 30), ("条数", 10), ("起止", 38), ("说明", 22)];
    Ok(vec![Block::Table(table(&heads, of.into_iter().map(row).collect()))])
}
