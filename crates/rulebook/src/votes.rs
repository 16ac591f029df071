//! rulebook/votes.toml: each rule of votes once, with its quorum, its majority and of whom both are taken; and
//! rulebook/settings.toml: what an institution may turn on and off.
//!
//! An institution's own file is laid over the built-in one: a rule or setting of the same id takes its place.

use std::collections::BTreeMap;

use model::flow::{Cite, Excluded, Rank, Rating, Setting, Share, ShareOf, VoteFields, VoteRule};

use crate::fault::Faults;
use crate::link::{Kind, Links};
use crate::tree::{Node, Table, Value, is_id};
use crate::words::meaning;

const WHOLES: &[(&str, ShareOf)] = &[("due", ShareOf::Due), ("present", ShareOf::Present)];

/// The rules of votes, and the fields by which records say the count where a rule names no others.
#[derive(Default)]
pub(crate) struct Votes {
    pub(crate) rules: BTreeMap<String, VoteRule>,
    fields: VoteFields,
}

/// Reads `[fields]` and `[vote.ID]`.
pub(crate) fn read(mut file: Table, out: &mut Votes, faults: &mut Faults, links: &mut Links) {
    if let Some(table) = file.table("fields", faults) {
        out.fields = fields(table, out.fields.clone(), faults);
    }
    let fields = out.fields.clone();
    if let Some(mut votes) = file.table("vote", faults) {
        for field in votes.rest() {
            if !is_id(&field.key) {
                faults.say(&field.span, format!("编号“{}”只能用小写字母、数字、- 和 _", field.key), "");
            }
            let Some(table) = Table::of(field.node, "表决规则", faults) else { continue };
            if let Some(rule) = rule(&field.key, table, &fields, faults, links) {
                out.rules.insert(field.key, rule);
            }
        }
    }
    file.finish(faults);
}

fn rule(
    id: &str,
    mut table: Table,
    common: &VoteFields,
    faults: &mut Faults,
    links: &mut Links,
) -> Option<VoteRule> {
    let title = table.need_text("title", faults);
    let _ = table.text("note", faults);
    let quorum = table.table("quorum", faults).and_then(|t| share(t, faults, links));
    let pass = table.table("pass", faults).and_then(|t| share(t, faults, links));
    let full_members = table.switch("full_members", faults);
    let written = table.switch("written", faults);
    let excluded = table.table("excluded", faults).map(|mut t| {
        let cite = cite(&mut t, faults, links);
        t.finish(faults);
        Excluded { cite }
    });
    let secret = table.switch("secret", faults);
    let one_by_one = match table.take("one_by_one") {
        None | Some(Node { value: Value::Bool(false), .. }) => None,
        Some(Node { value: Value::Bool(true), .. }) => Some(Cite::default()),
        Some(node) => Table::of(node, "one_by_one", faults).map(|mut t| {
            let cite = cite(&mut t, faults, links);
            t.finish(faults);
            cite
        }),
    };
    let rating = rating(&mut table, faults);
    let fields = match table.table("fields", faults) {
        Some(t) => fields(t, common.clone(), faults),
        None => common.clone(),
    };
    table.finish(faults);
    Some(VoteRule {
        id: id.to_owned(),
        title: title?,
        quorum,
        pass,
        full_members,
        written,
        excluded,
        secret,
        one_by_one,
        rating,
        fields,
    })
}

/// `kind = "rating"` with `blank`, `self`, `share_of`, `few`: a measure of opinion, not a decision.
fn rating(table: &mut Table, faults: &mut Faults) -> Option<Rating> {
    const UNRATED: &[(&str, bool)] = &[("unrated", true), ("zero", false)];
    const WHOLE: &[(&str, bool)] = &[("returned", true), ("valid", false)];
    let (kind, at) = table.spanned_text("kind", faults)?;
    meaning(&kind, &at, &[("rating", ())], "表决的种类", faults)?;
    let mut word = |key: &'static str, known: &[(&'static str, bool)]| {
        table.spanned_text(key, faults).and_then(|(w, at)| meaning(&w, &at, known, key, faults))
    };
    let blank_unrated = word("blank", UNRATED).unwrap_or(true);
    let own_unrated = word("self", UNRATED).unwrap_or(true);
    let of_returned = word("share_of", WHOLE).unwrap_or(false);
    let few = table.integer("few", 0..=100, faults).and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
    if !blank_unrated || !own_unrated {
        faults.say(
            &at,
            "没评不是零：空行和自己那行只能是 unrated",
            "写成 blank = \"unrated\"、self = \"unrated\"。",
        );
    }
    Some(Rating { of_returned, few })
}

fn cite(table: &mut Table, faults: &mut Faults, links: &mut Links) -> Cite {
    let article = table.spanned_text("cite", faults).map(|(id, at)| {
        links.to(Kind::Article, &id, faults.at(&at));
        id
    });
    let rank = table
        .spanned_text("level", faults)
        .and_then(|(word, at)| meaning(&word, &at, &Rank::IDS, "依据层级", faults));
    Cite { article, rank }
}

/// `{ more_than = [1, 2], of = "due", cite = "…" }`, or `at_least`.
fn share(mut table: Table, faults: &mut Faults, links: &mut Links) -> Option<(Share, Cite)> {
    let span = table.span.clone();
    let more = table.has("more_than");
    let ratio = table.take(if more { "more_than" } else { "at_least" }).and_then(Node::pair);
    let of = match table.spanned_text("of", faults) {
        Some((word, at)) => meaning(&word, &at, WHOLES, "分母", faults)?,
        None => ShareOf::Due,
    };
    let cite = cite(&mut table, faults, links);
    table.finish(faults);
    let Some(ratio) = ratio else {
        let help = "写成 { more_than = [1, 2], of = \"due\" } 或 { at_least = [4, 5], of = \"due\" }。";
        faults.say(&span, "表决的比例没有写明", help);
        return None;
    };
    Some((Share { ratio, more, of }, cite))
}

fn fields(mut table: Table, mut out: VoteFields, faults: &mut Faults) -> VoteFields {
    for (key, slot) in [
        ("due", &mut out.due),
        ("due_full", &mut out.due_full),
        ("excluded", &mut out.excluded),
        ("present", &mut out.present),
        ("issued", &mut out.issued),
        ("returned", &mut out.returned),
        ("yes", &mut out.yes),
        ("written", &mut out.written),
        ("line_yes", &mut out.line_yes),
    ] {
        if let Some((word, _)) = table.spanned_text(key, faults) {
            *slot = word;
        }
    }
    if table.has("excluded_needs") {
        out.excluded_needs = table.texts("excluded_needs", faults);
    }
    table.finish(faults);
    out
}

/// Reads `[setting.ID]`.
pub(crate) fn read_settings(mut file: Table, out: &mut BTreeMap<String, Setting>, faults: &mut Faults) {
    if let Some(mut settings) = file.table("setting", faults) {
        for field in settings.rest() {
            let Some(mut table) = Table::of(field.node, "设置", faults) else { continue };
            let title = table.need_text("title", faults);
            let on = table.switch("on", faults);
            table.finish(faults);
            if let Some(title) = title {
                out.insert(field.key.clone(), Setting { id: field.key, title, on });
            }
        }
    }
    file.finish(faults);
}
