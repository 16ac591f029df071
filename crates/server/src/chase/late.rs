//! 谁逾期了: by unit in the order of the tree, with the secretary and the work telephone once, what was tried, the next step.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use axum::extract::State;
use jiff::ToSpan;
use jiff::civil::Date;
use model::{ObligationId, UnitId};
use office::sheet::{Cell, Column, Kind, Sheet};
use serde_json::json;
use web::download::Writing;
use web::extract::{Fields, Query};
use web::permit::{Right, Route, Rule, get};
use web::view::{Choice, Empty, Frame, Link, Pager, Place, day_words, long_day_words, page};
use web::{App, Reply};
use work::chase::{About, Item, may_release};
use work::{Actor, Fault};

use super::lines::{Lines, family, href};
use crate::seen::chase::{Next, Pile, Tried, next, tried};

/// Lines on one page.
const PER: u64 = 50;

pub(super) fn routes() -> Vec<Route> {
    vec![get("/late", Rule::May(Right::SeeBoard), show), get("/late.xlsx", Rule::May(Right::Export), export)]
}

/// What a list was asked for.
#[derive(Default)]
struct Asked {
    /// Steps of cases instead of duties.
    steps: bool,
    pile: Option<Pile>,
    under: Option<UnitId>,
    lead: Option<UnitId>,
    obligation: Option<ObligationId>,
    /// Due on this day or later.
    from: Option<Date>,
    /// Due before this day.
    before: Option<Date>,
    text: String,
}

impl Asked {
    fn of(query: &Fields, today: Date) -> Self {
        let back = |months: i32| today.checked_sub(months.months()).ok();
        Self {
            steps: query.text("what") == "steps",
            pile: Pile::ALL.iter().find(|(_, id, _)| *id == query.text("state")).map(|(p, ..)| *p),
            under: query.parsed("under"),
            lead: query.parsed("lead"),
            obligation: query.parsed("obligation"),
            from: (query.text("since") == "month").then(|| today.first_of_month()),
            before: match query.text("since") {
                "1" => back(1),
                "3" => back(3),
                _ => None,
            },
            text: query.text("q").trim().to_owned(),
        }
    }

    /// Whether something is meant, but for one of the conditions, of which each choice is counted.
    fn means(&self, sees: &Sees<'_>, item: &Item, but: &str) -> bool {
        (but == "state" || self.pile.is_none_or(|p| Pile::of(item) == p))
            && (but == "under"
                || self.under.is_none_or(|u| sees.actor.known.is_below(item.unit, &[u].into())))
            && (but == "lead" || self.lead.is_none_or(|u| sees.lines.leads(item).contains(&u)))
            && (but == "obligation" || self.obligation.is_none_or(|o| item.obligation == Some(o)))
            && self.from.is_none_or(|d| item.due >= d)
            && self.before.is_none_or(|d| item.due < d)
            && (self.text.is_empty() || sees.says(item, &self.text))
    }
}

/// What is late for an account, with the titles by which it is searched.
struct Sees<'a> {
    app: &'a App,
    actor: &'a Actor,
    lines: &'a Lines,
    titles: HashMap<About, String>,
}

impl Sees<'_> {
    fn says(&self, item: &Item, words: &str) -> bool {
        let head = self.lines.head(item.unit);
        self.titles.get(&item.about).is_some_and(|t| t.contains(words))
            || self.actor.known.unit_name(item.unit).contains(words)
            || head.is_some_and(|(_, name)| name.contains(words))
    }
}

struct Row {
    about: String,
    title: String,
    href: String,
    source: String,
    lead: String,
    due: String,
    days: String,
    tried: Vec<Tried>,
    next: Next,
    first: bool,
}

struct UnitView {
    name: String,
    href: String,
    /// 书记 韩立本.
    head: String,
    phone: String,
    rows: Vec<Row>,
    /// What one may say on the telephone.
    say: String,
    id: usize,
}

impl UnitView {
    /// Lines that its head spans: its own, and that of the words to say.
    fn span(&self) -> usize {
        self.rows.len() + 1
    }
}

struct Family {
    name: String,
    cap: String,
    phone: String,
    units: Vec<UnitView>,
}

struct Facet {
    title: &'static str,
    choices: Vec<Choice>,
}

#[derive(askama::Template)]
#[template(path = "chase/late.html")]
struct LatePage {
    frame: Frame,
    day: String,
    total: usize,
    all_href: String,
    units: usize,
    waiting: usize,
    waiting_href: String,
    what: Vec<Choice>,
    piles: Vec<Choice>,
    facets: Vec<Facet>,
    kept: Vec<(String, String)>,
    since: Vec<(&'static str, &'static str, bool)>,
    text: String,
    families: Vec<Family>,
    /// Whether something of the page can be ticked.
    may_pick: bool,
    may_release: bool,
    found: usize,
    pager: Pager,
    empty: Option<Empty>,
    export: String,
    steps: bool,
}

async fn sees<'a>(
    app: &'a App,
    actor: &'a Actor,
    lines: &'a Lines,
    asked: &Asked,
) -> Result<Sees<'a>, Fault> {
    let all = if asked.steps { &lines.steps } else { &lines.duties };
    let titles = if asked.text.is_empty() {
        HashMap::new()
    } else {
        lines.titles(app, actor, &all.iter().collect::<Vec<_>>()).await?
    };
    Ok(Sees { app, actor, lines, titles })
}

async fn show(State(app): State<App>, actor: Actor, frame: Frame, Query(query): Query) -> Reply {
    let today = app.clock.today();
    let asked = Asked::of(&query, today);
    let lines = Lines::of(&app, &actor).await?;
    let sees = sees(&app, &actor, &lines, &asked).await?;
    let all = if asked.steps { &lines.steps } else { &lines.duties };
    let meant: Vec<&Item> = all.iter().filter(|i| asked.means(&sees, i, "")).collect();
    let skip = usize::try_from((query.page() - 1) * PER).unwrap_or(usize::MAX);
    let shown: Vec<&Item> =
        meant.iter().copied().skip(skip).take(usize::try_from(PER).unwrap_or(50)).collect();
    let titles = lines.titles(&app, &actor, &shown).await?;
    let mine = |i: &&Item| i.waits_for_release() && may_release(&app, &actor, &lines.chasing, i);
    let waiting = lines.duties.iter().chain(&lines.steps).filter(mine).count();
    let of = |name: &str, value: &str| format!("/late{}", query.with(name, value));
    let families = families(&sees, &shown, &meant, &titles, today);
    let what = [("", "应办事项", lines.duties.len()), ("steps", "流程环节", lines.steps.len())];
    let what = what.map(|(id, word, n)| {
        let href = if id.is_empty() { "/late".to_owned() } else { format!("/late?what={id}") };
        Choice::new(word, href, asked.steps == (id == "steps")).counting(n)
    });
    let by_pile = |pile: Option<Pile>| {
        let fits = |i: &&&Item| pile.is_none_or(|p| Pile::of(i) == p);
        all.iter().filter(|i| asked.means(&sees, i, "state")).collect::<Vec<_>>().iter().filter(fits).count()
    };
    let mut piles = vec![Choice::new("全部", of("state", ""), asked.pile.is_none()).counting(by_pile(None))];
    piles.extend(Pile::ALL.map(|(p, id, word)| {
        Choice::new(word, of("state", id), asked.pile == Some(p)).counting(by_pile(Some(p)))
    }));
    let kept = query.pairs().iter().filter(|(n, _)| !matches!(n.as_str(), "q" | "since" | "page")).cloned();
    let units: BTreeSet<UnitId> = lines.duties.iter().map(|i| i.unit).collect();
    let since = [("", "不论多久"), ("month", "这个月新逾期"), ("1", "一个月以上"), ("3", "三个月以上")];
    let total = if asked.steps { lines.steps.len() } else { lines.duties.len() };
    let empty = match (total, meant.len()) {
        (0, _) if lines.year.is_none() => {
            Some(Empty::new("还没有应办事项", "要点发布、常规运行之后，过了日子没有办的在这里。"))
        }
        (0, _) => Some(Empty::new("没有逾期的", "到今天，你看得到的都没有过日子。")),
        (_, 0) => Some(Empty::new("没有符合的", "换个条件再看。").with(Link::new("看全部", "/late"))),
        _ => None,
    };
    let found = u64::try_from(meant.len()).unwrap_or(u64::MAX);
    let built = LatePage {
        frame: frame.titled("谁逾期了").at(Place::Late).wide(),
        day: day_words(today),
        total: lines.duties.len(),
        all_href: "/late".to_owned(),
        units: units.len(),
        waiting,
        waiting_href: "/chase".to_owned(),
        what: what.into(),
        piles,
        facets: facets(&sees, all, &asked, &query),
        kept: kept.collect(),
        since: since.map(|(id, word)| (id, word, query.text("since") == id)).into(),
        text: asked.text.clone(),
        may_pick: families.iter().flat_map(|f| &f.units).flat_map(|u| &u.rows).any(|r| r.next.mine),
        may_release: waiting > 0,
        families,
        found: meant.len(),
        pager: Pager::of(query.page(), PER, found, &query),
        empty,
        export: format!("/late.xlsx{}", query.with("page", "")),
        steps: asked.steps,
    };
    page(&built)
}

/// The counts by which a list is narrowed, in the order of the tree and of the plan, never by size.
fn facets(sees: &Sees<'_>, all: &[Item], asked: &Asked, query: &Fields) -> Vec<Facet> {
    let lines = sees.lines;
    let of = |name: &str, value: &str| format!("/late{}", query.with(name, value));
    let units = |name: &'static str, chosen: Option<UnitId>, by: &dyn Fn(&Item) -> Vec<UnitId>| {
        let mut counts: BTreeMap<(usize, UnitId), usize> = BTreeMap::new();
        for item in all.iter().filter(|i| asked.means(sees, i, name)) {
            for unit in by(item) {
                *counts.entry((sees.actor.known.place(unit), unit)).or_default() += 1;
            }
        }
        let one = |((_, unit), n): ((usize, UnitId), usize)| {
            let here = chosen == Some(unit);
            let to = if here { String::new() } else { unit.to_string() };
            Choice::new(sees.actor.known.unit_name(unit), of(name, &to), here).counting(n)
        };
        counts.into_iter().map(one).collect::<Vec<_>>()
    };
    let mut out = Vec::new();
    if !asked.steps {
        let leads = units("lead", asked.lead, &|i| lines.leads(i).to_vec());
        out.push(Facet { title: "牵头部门", choices: leads });
        let mut counts: HashMap<ObligationId, usize> = HashMap::new();
        for o in all.iter().filter(|i| asked.means(sees, i, "obligation")).filter_map(|i| i.obligation) {
            *counts.entry(o).or_default() += 1;
        }
        let asks = lines.year.iter().flat_map(|y| y.obligations());
        let choices = asks.filter_map(|o| {
            let here = asked.obligation == Some(o.id);
            let to = if here { String::new() } else { o.id.to_string() };
            let n = counts.get(&o.id)?;
            Some(Choice::new(o.title.clone(), of("obligation", &to), here).counting(n))
        });
        out.push(Facet { title: "事项", choices: choices.collect() });
    }
    let under = units("under", asked.under, &|i| family(sees.actor, i.unit).into_iter().collect());
    out.push(Facet { title: "党总支", choices: under });
    out.retain(|f| f.choices.len() > 1 || f.choices.iter().any(|c| c.here));
    out
}

/// The lines of a page by unit; `meant` is the whole list, of which the heads say how long it is.
fn families(
    sees: &Sees<'_>,
    shown: &[&Item],
    meant: &[&Item],
    titles: &HashMap<About, String>,
    today: Date,
) -> Vec<Family> {
    let (app, actor, lines) = (sees.app, sees.actor, sees.lines);
    let mut out: Vec<Family> = Vec::new();
    let (mut last_family, mut last_unit) = (None, None);
    for item in shown {
        let of = family(actor, item.unit);
        if last_family != Some(of) {
            let here = |i: &&&Item| family(actor, i.unit) == of;
            let count = meant.iter().filter(here).count();
            let units: BTreeSet<UnitId> = meant.iter().filter(here).map(|i| i.unit).collect();
            let mut cap = format!("{count} 项，{} 个组织", units.len());
            let mut phone = String::new();
            if let Some(unit) = of
                && let Some((title, name)) = lines.head(unit)
            {
                cap.push_str(&format!("　总支{title} {name}"));
                phone = lines.phone(unit).to_owned();
            }
            let name = of.map_or("不在党总支下的组织", |f| actor.known.unit_name(f)).to_owned();
            out.push(Family { name, cap, phone, units: Vec::new() });
            (last_family, last_unit) = (Some(of), None);
        }
        let Some(family) = out.last_mut() else { continue };
        if last_unit != Some(item.unit) {
            let head = lines.head(item.unit);
            let theirs: Vec<&Item> = meant.iter().copied().filter(|i| i.unit == item.unit).collect();
            let id = shown.iter().position(|i| i.unit == item.unit).unwrap_or(0);
            family.units.push(UnitView {
                name: actor.known.unit_name(item.unit).to_owned(),
                href: format!("/units/{}", item.unit),
                say: say(sees, item.unit, head, &theirs, titles),
                head: head.map_or(String::new(), |(title, name)| format!("{title} {name}")),
                phone: lines.phone(item.unit).to_owned(),
                rows: Vec::new(),
                id,
            });
            last_unit = Some(item.unit);
        }
        let Some(unit) = family.units.last_mut() else { continue };
        let leads: Vec<&str> = lines.leads(item).iter().map(|u| actor.known.unit_name(*u)).collect();
        let first = unit.rows.is_empty();
        unit.rows.push(Row {
            about: item.about.to_string(),
            title: titles.get(&item.about).cloned().unwrap_or_default(),
            href: href(&item.about),
            source: lines.source(app, item),
            lead: leads.join("、"),
            due: day_words(item.due),
            days: format!("{} 天", days_late(today, item.due)),
            tried: tried(&lines.chasing, item),
            next: next(app, actor, &lines.chasing, item),
            first,
        });
    }
    out
}

fn days_late(today: Date, due: Date) -> i32 {
    due.until(today).map_or(0, |s| s.get_days())
}

/// What one may say on the telephone or send: what is late, and what may be done about it. Of a long list the first ten.
fn say(
    sees: &Sees<'_>,
    unit: UnitId,
    head: Option<&(String, String)>,
    items: &[&Item],
    titles: &HashMap<About, String>,
) -> String {
    const NAMED: usize = 10;
    let name = sees.actor.known.unit_name(unit);
    let hello = head.map_or_else(|| "您好".to_owned(), |(title, who)| format!("{who}{title}您好"));
    let named: Vec<String> = items
        .iter()
        .filter_map(|i| Some(format!("{}（{}前该办）", titles.get(&i.about)?, day_words(i.due))))
        .take(NAMED)
        .collect();
    let more = if items.len() > named.len() { "等" } else { "" };
    format!(
        "{hello}，我是{}。{name}有 {} 项过了日子：{}{more}。按时办了、没有记的，补一笔就行，注明“补录”；办晚了的也记，注明“迟办”，\
         照样算完成。现在办不了的，请在“说明情况”里写一句卡在哪里。",
        sees.actor.name,
        items.len(),
        named.join("；"),
    )
}

async fn export(State(app): State<App>, actor: Actor, Query(query): Query) -> Reply {
    let today = app.clock.today();
    let asked = Asked::of(&query, today);
    let lines = Lines::of(&app, &actor).await?;
    let sees = sees(&app, &actor, &lines, &asked).await?;
    let all = if asked.steps { &lines.steps } else { &lines.duties };
    let meant: Vec<&Item> = all.iter().filter(|i| asked.means(&sees, i, "")).collect();
    let titles = lines.titles(&app, &actor, &meant).await?;
    let sheet = Sheet {
        name: "逾期事项".to_owned(),
        title: format!("{}　逾期事项（{}）", actor.known.organisation.name, long_day_words(today)),
        columns: vec![
            Column::new("党总支", 24, Kind::Text),
            Column::new("组织", 28, Kind::Text),
            Column::new("负责人", 14, Kind::Text),
            Column::new("办公电话", 14, Kind::Text),
            Column::new("事项", 30, Kind::Text),
            Column::new("依据", 24, Kind::Text),
            Column::new("牵头部门", 18, Kind::Text),
            Column::new("应于", 12, Kind::Day),
            Column::new("已逾期（天）", 12, Kind::Whole),
            Column::new("做过什么", 36, Kind::Long),
            Column::new("下一步", 28, Kind::Text),
        ],
        frozen: 2,
        rows: Vec::new(),
    };
    let rows: Vec<Vec<Cell>> = meant
        .iter()
        .map(|item| {
            let leads: Vec<&str> = lines.leads(item).iter().map(|u| actor.known.unit_name(*u)).collect();
            let head = lines.head(item.unit);
            let tried: Vec<String> = tried(&lines.chasing, item)
                .into_iter()
                .map(|t| if t.note.is_empty() { t.words } else { format!("{}（{}）", t.words, t.note) })
                .collect();
            let next = next(&app, &actor, &lines.chasing, item);
            let family = family(&actor, item.unit).map_or("", |f| actor.known.unit_name(f));
            vec![
                Cell::Text(family.to_owned()),
                Cell::Text(actor.known.unit_name(item.unit).to_owned()),
                Cell::Text(head.map_or(String::new(), |(title, name)| format!("{title} {name}"))),
                Cell::Text(lines.phone(item.unit).to_owned()),
                Cell::Text(titles.get(&item.about).cloned().unwrap_or_default()),
                Cell::Text(lines.source(&app, item)),
                Cell::Text(leads.join("、")),
                Cell::Day(item.due),
                Cell::Whole(i64::from(days_late(today, item.due))),
                Cell::Text(tried.join("；")),
                Cell::Text(format!("{}　{}", next.words, next.cap).trim().to_owned()),
            ]
        })
        .collect();
    let act =
        actor.act(&app, "export.late").with(json!({ "count": rows.len(), "query": query.with("", "") }));
    app.store.record(actor.institution, &act).await?;
    let writing = Writing::begin(&app, sheet);
    writing.add(rows).await;
    writing.end("逾期事项", today).await
}
