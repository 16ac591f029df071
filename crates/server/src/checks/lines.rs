//! The lines of a sheet as they are shown: what is asked, how much of it there is, what lacks, and where that is mended.

use model::sheet::{Line, Measure, Source};
use model::{UnitId, Value};
use runtime::sheet::{Basis, Filled, Item, Seen};
use store::sha256;
use web::App;
use web::permit::Right;
use work::Actor;
use work::sheets::{Campaign, LaidItem, Says, Settled, Spoken};

/// A part of the sheet.
pub(super) struct PartView {
    pub(super) title: String,
    /// 待补 3; 都齐.
    pub(super) note: String,
    pub(super) lines: Vec<LineView>,
}

/// A line.
pub(super) struct LineView {
    pub(super) title: String,
    /// On what it rests.
    pub(super) source: String,
    pub(super) wanted: String,
    /// How many there are, and the list that this number opens.
    pub(super) have: usize,
    pub(super) unit: &'static str,
    pub(super) seen: Vec<ItemView>,
    /// What lacks, and what came late.
    pub(super) lacks: Vec<ItemView>,
    /// What is said where nothing lacks.
    pub(super) state: &'static str,
    pub(super) words: String,
}

/// One item.
pub(super) struct ItemView {
    pub(super) words: String,
    /// What it rests on.
    pub(super) href: String,
    /// 没有看到记录; the elements that a record lacks; 迟办.
    pub(super) how: String,
    pub(super) sign: &'static str,
    pub(super) class: &'static str,
    /// Where it is mended: way and words.
    pub(super) mend: Option<(String, &'static str)>,
    /// The name under which it is answered.
    pub(super) key: String,
    /// Whether it has no record, so that something may be said of it.
    pub(super) open: bool,
    /// What was said of it, in words, and what was said to that.
    pub(super) said: String,
    pub(super) ruled: String,
    /// Whether a claim waits for somebody to agree.
    pub(super) waits: bool,
    /// What is chosen of the answers, and the words beside it.
    pub(super) answer: String,
    pub(super) answer_words: String,
}

/// How many lines stand how.
#[derive(Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) filled: usize,
    pub(super) whole: usize,
    pub(super) lacking: usize,
    pub(super) aside: usize,
}

/// The name under which an item is answered in a form.
pub(super) fn key(basis: &Basis) -> String {
    let text = serde_json::to_string(basis).unwrap_or_default();
    hex::encode(&sha256(text.as_bytes())[..8])
}

/// How the lines that fill themselves stand.
pub(super) fn counts(campaign: &Campaign<'_>, settled: &Settled) -> Counts {
    let mut out = Counts::default();
    for line in &campaign.sheet().lines {
        if !matches!(line.source, Source::From(_)) {
            continue;
        }
        let Some(filled) = settled.lines.iter().find(|f| f.line == line.id) else { continue };
        let lacks = |i: &Item| !i.charged && matches!(i.seen, Seen::Unseen | Seen::Undone);
        match filled.applies {
            false => out.aside += 1,
            true if filled.items.iter().any(lacks) => {
                (out.filled, out.lacking) = (out.filled + 1, out.lacking + 1);
            }
            true => (out.filled, out.whole) = (out.filled + 1, out.whole + 1),
        }
    }
    out
}

/// What a line rests on, in words.
pub(super) fn source(app: &App, line: &Line) -> String {
    match line.cite.article.as_ref().and_then(|id| app.rulebook.article(id)) {
        Some(row) => {
            let title = app.rulebook.regulation(&row.regulation).map_or("", |r| r.title.as_str());
            format!("《{title}》{}", row.no)
        }
        None => line.cite.rank.map_or_else(String::new, |r| r.word().to_owned()),
    }
}

/// The parts of the sheet of a row, those that fill themselves; what a unit or somebody else says stands elsewhere.
pub(super) fn parts(
    app: &App,
    actor: &Actor,
    campaign: &Campaign<'_>,
    unit: UnitId,
    settled: &Settled,
) -> Vec<PartView> {
    let mut out = Vec::new();
    for part in &campaign.sheet().parts {
        let lines = campaign.sheet().lines.iter().filter(|l| l.part == part.id);
        let mut views = Vec::new();
        for line in lines.filter(|l| matches!(l.source, Source::From(_))) {
            let filled = settled.lines.iter().find(|f| f.line == line.id);
            views.extend(filled.map(|f| view(app, actor, unit, line, f, settled)));
        }
        if views.is_empty() {
            continue;
        }
        let lacking = views.iter().filter(|v| v.lacks.iter().any(|i| i.class != "late")).count();
        let note = if lacking > 0 { format!("待补 {lacking}") } else { "都齐".to_owned() };
        out.push(PartView { title: part.title.clone(), note, lines: views });
    }
    out
}

fn view(app: &App, actor: &Actor, unit: UnitId, line: &Line, filled: &Filled, settled: &Settled) -> LineView {
    let laid = settled.figures.laid.lines.iter().find(|l| l.line == line.id);
    let items = laid.map(|l| l.items.as_slice()).unwrap_or_default();
    // What is wanted are duties, records that are counted, the one thing that is asked; what a record must say is asked of each.
    let is_record = |i: &&Item| matches!(i.basis, Basis::Entry(_));
    let asked: Vec<&Item> = filled.items.iter().filter(|i| !is_record(i)).collect();
    let records = filled.items.iter().filter(is_record).count();
    let met = |i: &&&Item| matches!(i.seen, Seen::Met | Seen::Late);
    let (wanted, have, unit_word) = match asked.len() {
        0 if records == 0 => (String::new(), 0, ""),
        0 => ("每条记录".to_owned(), filled.count(Seen::Met) + filled.count(Seen::Late), "条"),
        n => (format!("{n} 项"), asked.iter().filter(met).count(), "项"),
    };
    let item = |i: &Item| {
        let found = items.iter().find(|l| l.item.basis == i.basis);
        item_view(actor, unit, line, i, found, settled.spoken.get(&i.basis))
    };
    let of_have = |i: &&Item| matches!(i.seen, Seen::Met | Seen::Late) && (asked.is_empty() || !is_record(i));
    let (lacking, good): (Vec<&Item>, Vec<&Item>) =
        filled.items.iter().partition(|i| i.seen != Seen::Met && !i.charged);
    let charged = filled.items.iter().filter(|i| i.charged).count();
    let words = match (filled.applies, charged) {
        (false, 0) => "没有这件事，不算缺".to_owned(),
        (_, 0) => String::new(),
        (_, n) => format!("有 {n} 项别的条目已经算过，这里不重复算"),
    };
    LineView {
        title: line.title.clone(),
        source: source(app, line),
        wanted,
        have,
        unit: unit_word,
        seen: filled.items.iter().filter(of_have).map(item).collect(),
        state: if !filled.applies {
            "none"
        } else if lacking.is_empty() && !good.is_empty() {
            "met"
        } else {
            ""
        },
        lacks: lacking.into_iter().map(item).collect(),
        words,
    }
}

fn item_view(
    actor: &Actor,
    unit: UnitId,
    line: &Line,
    item: &Item,
    laid: Option<&LaidItem>,
    spoken: Option<&Spoken>,
) -> ItemView {
    let keeps = actor.covers(Right::Record, unit);
    let case = laid.and_then(|l| l.case);
    let (href, mend) = match &item.basis {
        _ if case.is_some() => {
            let href = case.map_or_else(String::new, |c| format!("/cases/{c}"));
            (href.clone(), Some((href, "去办这一步")))
        }
        Basis::Duty(id) => (format!("/duties/{id}"), Some((format!("/record?duty={id}"), "记一笔"))),
        Basis::Entry(id) => (format!("/entries/{id}"), Some((format!("/entries/{id}/revise"), "补上"))),
        Basis::Wanted(..) | Basis::One(_) => {
            (String::new(), ledger(line).map(|l| (format!("/record?ledger={l}&unit={unit}"), "记一笔")))
        }
    };
    // What another line wants of the same record is mended there too.
    let may_mend = keeps && (case.is_some() || laid.is_none_or(|l| !l.words.is_empty()));
    let unseen = item.seen == Seen::Unseen;
    let (how, sign, class) = match item.seen {
        Seen::Met => (String::new(), "ok", "met"),
        Seen::Late => ("迟办".to_owned(), "warn", "late"),
        Seen::Unseen => ("没有看到记录".to_owned(), "warn", "soon"),
        Seen::Undone if item.lacks.is_empty() => ("没有办".to_owned(), "err", "soon"),
        Seen::Undone => (item.lacks.join("、"), "warn", "soon"),
    };
    let ruled = spoken.and_then(|s| s.ruled.as_ref()).map_or_else(String::new, |(agreed, words)| {
        let head = if *agreed { "检查的人认可" } else { "检查的人不认可" };
        if words.is_empty() { head.to_owned() } else { format!("{head}：{words}") }
    });
    ItemView {
        words: laid.map_or_else(|| line.title.clone(), |l| l.words.clone()),
        href,
        how,
        sign,
        class,
        mend: mend.filter(|_| may_mend && item.seen != Seen::Met && item.seen != Seen::Late),
        key: key(&item.basis),
        open: unseen || spoken.is_some_and(|s| s.says == Says::NotDone),
        said: spoken.map_or_else(String::new, Spoken::said),
        waits: unseen && spoken.is_some_and(|s| s.says.is_claim() && s.ruled.is_none()),
        ruled,
        answer: spoken.map_or_else(String::new, |s| s.says.id().to_owned()),
        answer_words: spoken.map_or_else(String::new, |s| s.words.clone()),
    }
}

/// The ledger by whose record a line that wants one is mended.
fn ledger(line: &Line) -> Option<&str> {
    let Source::From(measures) = &line.source else { return None };
    measures.iter().find_map(|m| match m {
        Measure::Count { ledgers, .. } | Measure::Sum { ledgers, .. } => ledgers.first().map(String::as_str),
        Measure::Latest { ledger, .. } => Some(ledger.as_str()),
        Measure::Between { since, until, .. } => [since, until].into_iter().find_map(|mark| match mark {
            model::sheet::Mark::Latest { ledger, .. } => Some(ledger.as_str()),
            _ => None,
        }),
        _ => None,
    })
}

/// An answer of a line in words.
pub(super) fn answer_words(line: &Line, value: Option<&Value>) -> String {
    let options: Vec<(&str, &str)> = match &line.source {
        Source::Ask { options, .. } => options.iter().map(|(id, t)| (id.as_str(), t.as_str())).collect(),
        Source::Judge(judged) => judged.options.iter().map(|(id, t, _)| (id.as_str(), t.as_str())).collect(),
        Source::From(_) | Source::Vote(_) => Vec::new(),
    };
    let titled = |id: &str| {
        options.iter().find(|(known, _)| *known == id).map_or_else(|| id.to_owned(), |(_, t)| (*t).to_owned())
    };
    match value {
        Some(Value::Text(text)) => text.clone(),
        Some(Value::Choice(id)) => titled(id),
        Some(Value::Choices(ids)) => ids.iter().map(|id| titled(id)).collect::<Vec<_>>().join("、"),
        Some(Value::Number(n)) => (n / 1000).to_string(),
        Some(Value::Day(day)) => web::view::long_day_words(*day),
        _ => "未答".to_owned(),
    }
}
