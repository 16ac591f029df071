//! rulebook/obligations/*.toml.

use std::collections::BTreeSet;
use std::ops::Range;

use model::rule::{Means, ObligationRule, Source};
use model::{About, Bearers, Cadence, Conditions, Per, Stage, UnitKind};

use crate::cadence::{cadence, month_day};
use crate::condition::{Place, Reader};
use crate::dated::{self, Dated};
use crate::fault::Faults;
use crate::link::{Kind, Links};
use crate::tree::Table;
use crate::words::{CATEGORIES, KINDS, LEVELS, STAGES, meaning};

/// Reads a standing obligation with its versions.
pub(crate) fn read(
    id: &str,
    file: Table,
    faults: &mut Faults,
    links: &mut Links,
) -> Vec<Dated<ObligationRule>> {
    let mut out = Vec::new();
    let mut periods = Vec::new();
    for mut table in dated::versions(file, faults) {
        let period = dated::period(&mut table, faults);
        if let Some(mut rule) = version(id, table, faults, links) {
            rule.since = period.since;
            rule.until = period.until;
            out.push(Dated { since: period.since, until: period.until, rank: period.rank, value: rule });
        }
        periods.push(period);
    }
    dated::check_periods(&periods, faults);
    out
}

fn version(id: &str, mut table: Table, faults: &mut Faults, links: &mut Links) -> Option<ObligationRule> {
    let span = table.span.clone();
    let title = table.need_text("title", faults);
    let bearers = match table.table("bearers", faults) {
        Some(t) => bearers(t, faults, links),
        None => {
            faults.say(&span, "没有写明由谁承担（bearers）", "写成 bearers = { kind = \"branch\" }。");
            None
        }
    };
    let cadence = match table.take("cadence") {
        Some(n) => cadence(n, faults, links),
        None => {
            faults.say(&span, "没有写明频次（cadence）", "不计次的写成 cadence = { standing = true }。");
            None
        }
    };
    let shown = match table.table("shown_by", faults) {
        Some(t) => shown_by(t, faults, links),
        None => {
            faults.say(&span, "没有写明以哪本台账为证（shown_by）", "写成 shown_by = { ledger = \"…\" }。");
            None
        }
    };
    let source = match table.table("source", faults) {
        Some(t) => source(t, faults, links),
        None => {
            faults.say(&span, "没有写明依据（source）", "本校自定的写成 source = { level = \"school\" }。");
            None
        }
    };
    let months = table
        .integers("months", &(1..=12), faults)
        .into_iter()
        .filter_map(|m| i8::try_from(m).ok())
        .collect();
    let note = table.text("note", faults);
    let always = table.switch("always", faults);
    let account_until = table.spanned_text("account_until", faults).and_then(|(text, at)| {
        let day = month_day(&text);
        if day.is_none() {
            faults.say(&at, "“account_until”不是有效日期", "写成 \"03-31\"：下一年的月-日。");
        }
        if !matches!(cadence, Some(Cadence::AtLeast { per: Per::Year, .. }) | None) {
            let help = "写成 cadence = { at_least = 1, per = \"year\" }。";
            faults.say(&at, "只有按年计次的要求可以跨到下一年（account_until）", help);
        }
        if let Some((ledger, _)) = &shown {
            links.means(ledger, Means::YearOfAccount, faults.at(&at));
        }
        day
    });
    table.finish(faults);
    let (ledger, condition) = shown?;
    Some(ObligationRule {
        id: id.to_owned(),
        title: title?,
        bearers: bearers?,
        cadence: cadence?,
        ledger,
        condition,
        source: source?,
        since: None,
        until: None,
        months,
        note,
        always,
        account_until,
    })
}

/// Reads `{ kind = "branch", with = ["committee"], without = ["temporary"] }` and the like.
fn bearers(mut table: Table, faults: &mut Faults, links: &mut Links) -> Option<Bearers> {
    let span = table.span.clone();
    let before = faults.count();
    let mut kinds = kinds("kind", &mut table, faults);
    kinds.extend(self::kinds("kinds", &mut table, faults));
    let when = table.take("when").map_or_else(Vec::new, |node| {
        let mut reader = Reader { place: Place::Unit, faults, uses: Vec::new(), traits: &mut links.traits };
        reader.all(node)
    });
    // What a folder of an institution's own wrote before there was anything to exclude.
    let key = if table.has("traits") { "traits" } else { "with" };
    let with = links.traits.read(key, &mut table, faults);
    let without = links.traits.read("without", &mut table, faults);
    if let Some(both) = with.intersection(&without).next() {
        faults.say(&span, format!("既要求“{both}”又排除“{both}”，没有组织能够承担"), "删去其中一个。");
    }
    let about = table.table("about", faults).and_then(|t| about(t, faults));
    let bearers = Bearers {
        units: BTreeSet::new(),
        kinds,
        with,
        without,
        when: Conditions(when),
        members: table.switch("members", faults),
        posts: table.texts("posts", faults).into_iter().collect(),
        about,
    };
    if bearers.about.is_some() && (bearers.kinds.is_empty() || bearers.members || !bearers.posts.is_empty()) {
        let help = "写成 bearers = { kind = \"branch\", about = { stage = \"activist\" } }。";
        faults.say(&span, "关于人（about）的要求由组织承担，写明 kind，不写 members、posts", help);
    }
    table.finish(faults);
    if bearers.is_nobody() {
        if faults.count() == before {
            faults.say(&span, "没有人承担这项要求", "写明 kind、kinds、members 或 posts。");
        }
        return None;
    }
    Some(bearers)
}

/// Reads `{ stage = "activist" }`, `{ members = true, category = "abroad" }`, `{ posts = ["书记"] }`: the people about each of
/// whom it is owed.
fn about(mut table: Table, faults: &mut Faults) -> Option<About> {
    let span = table.span.clone();
    let before = faults.count();
    let stages = table.spanned_texts("stage", faults).into_iter();
    let mut stages: BTreeSet<Stage> =
        stages.filter_map(|(word, at)| meaning(&word, &at, STAGES, "党员身份", faults)).collect();
    if table.switch("members", faults) {
        stages.extend(STAGES.iter().map(|(_, stage)| *stage).filter(|stage| stage.is_member()));
    }
    let posts: BTreeSet<String> = table.texts("posts", faults).into_iter().collect();
    let categories = table.spanned_texts("category", faults);
    if let (Some((_, at)), true) = (categories.first(), stages.is_empty()) {
        faults.say(at, "人员类别（category）只能缩小党员身份的范围", "另写 stage 或 members = true。");
    }
    let category = |(word, at): (String, Range<usize>)| {
        meaning(&word, &at, CATEGORIES, "人员类别", faults).map(|_| word)
    };
    let categories: BTreeSet<String> = categories.into_iter().filter_map(category).collect();
    table.finish(faults);
    if stages.is_empty() && posts.is_empty() {
        if faults.count() == before {
            faults.say(&span, "没有写明是关于哪些人", "写明 stage、members 或 posts。");
        }
        return None;
    }
    Some(About { stages, posts, categories })
}

/// The kinds of unit under `key`.
pub(crate) fn kinds(key: &'static str, table: &mut Table, faults: &mut Faults) -> BTreeSet<UnitKind> {
    table
        .spanned_texts(key, faults)
        .into_iter()
        .filter_map(|(word, span)| meaning(&word, &span, KINDS, "组织种类", faults))
        .collect()
}

fn shown_by(mut table: Table, faults: &mut Faults, links: &mut Links) -> Option<(String, Conditions)> {
    let span = table.span.clone();
    let ledger = table.spanned_text("ledger", faults);
    let mut condition = Vec::new();
    if let Some(node) = table.take("where") {
        let place = Place::Record("条件");
        let mut reader = Reader { place, faults, uses: Vec::new(), traits: &mut links.traits };
        condition = reader.says(node);
        for used in reader.uses {
            let at = faults.at(&used.span);
            if let Some((ledger, _)) = &ledger {
                links.condition(ledger, used, at);
            }
        }
    }
    table.finish(faults);
    let Some((ledger, at)) = ledger else {
        faults.say(&span, "shown_by 缺少“ledger”", "");
        return None;
    };
    links.to(Kind::Ledger, &ledger, faults.at(&at));
    Some((ledger, Conditions(condition)))
}

/// Reads `{ regulation = "…", article = "第11条", level = "national" }`.
pub(crate) fn source(mut table: Table, faults: &mut Faults, links: &mut Links) -> Option<Source> {
    let span = table.span.clone();
    let regulation = table.spanned_text("regulation", faults);
    let article = table.text("article", faults);
    let level = match table.spanned_text("level", faults) {
        Some((word, at)) => meaning(&word, &at, LEVELS, "依据层级", faults),
        None => {
            faults.say(
                &span,
                "依据没有写明层级（level）",
                "可用：national、ministry、provincial、school、practice；只有前两级是硬性规定。",
            );
            None
        }
    };
    if let Some((id, at)) = &regulation {
        links.to(Kind::Regulation, id, faults.at(at));
    }
    table.finish(faults);
    let level = level?;
    if level.is_hard() && regulation.is_none() {
        faults.say(
            &span,
            "全国或部委层级的规定没有写明法规（regulation）",
            "本校自定的写 level = \"school\"。",
        );
        return None;
    }
    Some(Source { regulation: regulation.map(|(r, _)| r).unwrap_or_default(), article, level })
}
