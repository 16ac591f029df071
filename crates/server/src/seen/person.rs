//! What is held of a person, in words: for their page, for their own page, for the lines of their history.

use std::collections::BTreeMap;

use jiff::civil::Date;
use model::{
    Membership, Organisation, Outcome, PERSON_CATEGORIES, PersonId, Post, Request, SecretKind, Sex, kind_word,
};
use store::PersonState;
use web::App;
use web::view::{Field, Form, Input, long_day_words};
use work::{Actor, Fault};

use work::units::{full_name, name_below};

/// What pages show of somebody's sealed numbers, by kind.
pub(crate) type Masks = BTreeMap<SecretKind, String>;

/// What is shown of these people's numbers without a reason; in words, where one does not open.
///
/// # Errors
/// When the store cannot read.
pub(crate) async fn masks(
    app: &App,
    actor: &Actor,
    people: &[PersonId],
) -> Result<BTreeMap<PersonId, Masks>, Fault> {
    let mut out: BTreeMap<PersonId, Masks> = BTreeMap::new();
    for ((person, kind), masked) in app.store.masks(actor.institution, people).await? {
        let words = masked.unwrap_or_else(|| "打不开，密钥不符".to_owned());
        out.entry(person).or_default().insert(kind, words);
    }
    Ok(out)
}

/// The same of one person.
///
/// # Errors
/// When the store cannot read.
pub(crate) async fn masks_of(app: &App, actor: &Actor, person: PersonId) -> Result<Masks, Fault> {
    Ok(masks(app, actor, &[person]).await?.remove(&person).unwrap_or_default())
}

/// What is held, term by term; nothing where nothing is.
pub(crate) fn facts(state: &PersonState, masks: &Masks) -> Vec<(&'static str, String)> {
    let file = &state.file;
    let masked = |kind| masks.get(&kind).cloned().unwrap_or_default();
    let day = |d: Option<Date>| d.map(long_day_words).unwrap_or_default();
    [
        ("姓名", state.person.name.clone()),
        ("工号或学号", state.person.number.clone()),
        ("类别", kind_word(&state.person.kind).to_owned()),
        ("身份证号", masked(SecretKind::CitizenId)),
        ("手机号", masked(SecretKind::Phone)),
        ("性别", file.sex.map_or("", Sex::word).to_owned()),
        ("民族", file.nation.clone()),
        ("出生日期", day(file.born)),
        ("学历", file.education.clone()),
        ("工作岗位、班级", file.work.clone()),
        ("申请入党", day(file.applied)),
        ("确定为积极分子", day(file.activist)),
        ("确定为发展对象", day(file.candidate)),
        ("入党", day(file.joined)),
        ("转正", day(file.full)),
        ("其他类别", categories(state)),
    ]
    .into_iter()
    .filter(|(_, words)| !words.is_empty())
    .collect()
}

/// 流动党员、生活困难.
pub(crate) fn categories(state: &PersonState) -> String {
    let word = |id: &String| PERSON_CATEGORIES.iter().find(|(c, _)| c == id).map_or("", |(_, word)| *word);
    state.file.categories.iter().map(word).collect::<Vec<_>>().join("、")
}

/// 2015年7月1日起，2020年3月1日止.
pub(crate) fn span(since: Date, until: Option<Date>) -> String {
    match until {
        Some(until) => format!("{}起，{}止", long_day_words(since), long_day_words(until)),
        None => format!("{}起", long_day_words(since)),
    }
}

/// 智能制造学院教工第一党支部　第一党小组.
pub(crate) fn branch_words(organisation: &Organisation, m: &Membership) -> String {
    let branch = full_name(organisation, m.branch);
    match m.group.and_then(|g| organisation.unit(g)) {
        Some(group) => format!("{branch}　{}", name_below(&group.name, &branch)),
        None => branch,
    }
}

/// 正式党员，教工第一党支部，2015年7月1日起.
pub(crate) fn membership_words(actor: &Actor, m: &Membership) -> String {
    format!("{}，{}，{}", m.stage.word(), branch_words(&actor.known.organisation, m), span(m.since, m.until))
}

/// 书记，教工第一党支部，2021年3月1日起.
pub(crate) fn post_words(actor: &Actor, p: &Post) -> String {
    format!("{}，{}，{}", p.title, full_name(&actor.known.organisation, p.unit), span(p.since, p.until))
}

/// What differs between two states, each line with its old and new words.
pub(crate) fn differences(
    actor: &Actor,
    before: &PersonState,
    after: &PersonState,
) -> Vec<(String, String, String)> {
    let (old, new) = (facts(before, &Masks::new()), facts(after, &Masks::new()));
    let find = |all: &[(&'static str, String)], term: &str| {
        all.iter().find(|(t, _)| *t == term).map(|(_, w)| w.clone()).unwrap_or_default()
    };
    let mut terms: Vec<&'static str> = new.iter().map(|(t, _)| *t).collect();
    terms.extend(old.iter().map(|(t, _)| *t).filter(|t| new.iter().all(|(n, _)| n != t)));
    let mut out: Vec<(String, String, String)> = terms
        .into_iter()
        .map(|t| (t.to_owned(), find(&old, t), find(&new, t)))
        .filter(|(_, a, b)| a != b)
        .collect();
    // Of a number the history says that it changed, never what it was.
    for kind in SecretKind::ALL {
        let words = match (before.secrets.get(&kind), after.secrets.get(&kind)) {
            (None, Some(_)) => (String::new(), "填了号码"),
            (Some(_), None) => ("有号码".to_owned(), ""),
            (Some(a), Some(b)) if a != b => ("原来的号码".to_owned(), "另一个号码"),
            _ => continue,
        };
        out.push((kind.word().to_owned(), words.0, words.1.to_owned()));
    }
    let mut lists = |term: &str, old: Vec<(uuid::Uuid, String)>, new: Vec<(uuid::Uuid, String)>| {
        for (id, words) in &new {
            match old.iter().find(|(o, _)| o == id) {
                Some((_, was)) if was == words => {}
                Some((_, was)) => out.push((term.to_owned(), was.clone(), words.clone())),
                None => out.push((term.to_owned(), String::new(), words.clone())),
            }
        }
        for (_, words) in old.iter().filter(|(id, _)| new.iter().all(|(n, _)| n != id)) {
            out.push((term.to_owned(), words.clone(), String::new()));
        }
    };
    let stretches = |s: &PersonState| {
        s.memberships.iter().map(|m| (m.id.0, membership_words(actor, m))).collect::<Vec<_>>()
    };
    lists("支部和阶段", stretches(before), stretches(after));
    let posts = |s: &PersonState| s.posts.iter().map(|p| (p.id.0, post_words(actor, p))).collect::<Vec<_>>();
    lists("职务", posts(before), posts(after));
    out
}

/// The form in which one says what is wrong about a person.
pub(crate) fn correction() -> Form {
    Form::of(vec![Field {
        rows: 4,
        max: 500,
        ..Field::new(Input::Long, "words", "哪里不对，应该是什么")
            .hint("例：入党日期应为 2009-07-01，以入党志愿书为准")
    }])
}

/// How a correction stands, in a word.
pub(crate) fn word(request: &Request) -> &'static str {
    match request.decision.as_ref().map(|d| d.outcome) {
        None => "等党委办公室办",
        Some(Outcome::Approved) => "已更正",
        Some(Outcome::Refused) => "没有更正",
        Some(Outcome::Withdrawn) => "已撤回",
    }
}
