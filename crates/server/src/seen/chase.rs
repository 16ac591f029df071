//! The chase in words: what was tried for something late, and what comes next.

use jiff::civil::Date;
use runtime::ladder::Wait;
use store::{ChaseNoteKind, RungRow};
use web::App;
use web::view::day_words;
use work::Actor;
use work::chase::{Chasing, Item, may_release, releases};

/// One thing that was tried.
pub(crate) struct Tried {
    /// 催办 5/11.
    pub(crate) words: String,
    /// What came of it, or what was said: 已看.
    pub(crate) note: String,
    /// The case that it opened, or the record that answers.
    pub(crate) href: String,
}

/// A day as a line of a table has room for: 5/11.
fn short(day: Date) -> String {
    format!("{}/{}", day.month(), day.day())
}

/// The title of a rung, as the ladder calls it today.
pub(crate) fn rung_title(chasing: &Chasing, id: &str) -> String {
    let rungs = chasing.chase.iter().flat_map(|c| &c.rungs);
    rungs.into_iter().find(|r| r.id == id).map_or_else(|| id.to_owned(), |r| r.title.clone())
}

/// Whether whom a rung is for has said that they saw it.
pub(crate) fn is_seen(item: &Item, rung: &RungRow) -> bool {
    item.notes.iter().any(|n| n.kind == ChaseNoteKind::Seen && n.at >= rung.at)
}

/// What was tried for something, in its order.
pub(crate) fn tried(chasing: &Chasing, item: &Item) -> Vec<Tried> {
    let mut out: Vec<(jiff::Timestamp, Tried)> = Vec::new();
    for rung in &item.rungs {
        let title = rung_title(chasing, &rung.rung);
        let (words, note) = if rung.skipped {
            (format!("略过{title} {}", short(rung.day)), rung.reason.clone())
        } else if is_seen(item, rung) {
            (format!("{title} {}", short(rung.day)), "已看".to_owned())
        } else {
            (format!("{title} {}", short(rung.day)), "还没看".to_owned())
        };
        let href = rung.case.map_or_else(String::new, |c| format!("/cases/{c}"));
        out.push((rung.at, Tried { words, note, href }));
    }
    for note in &item.notes {
        let (word, said) = match note.kind {
            ChaseNoteKind::Called => ("电话", note.words.clone()),
            ChaseNoteKind::Answered => ("说明情况", String::new()),
            // Said beside the rung that was seen, and beside the next one that is held.
            ChaseNoteKind::Seen | ChaseNoteKind::Held | ChaseNoteKind::Freed => continue,
        };
        let href = note.entry.map_or_else(String::new, |e| format!("/entries/{e}"));
        out.push((note.at, Tried { words: format!("{word} {}", short(note.day)), note: said, href }));
    }
    out.sort_by_key(|(at, _)| *at);
    out.into_iter().map(|(_, t)| t).collect()
}

/// Which of the piles something lies on: each lies on one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Pile {
    /// A rung waits to be released.
    Release,
    /// The day of the next rung has not come.
    Later,
    /// Something stops the climb.
    Stopped,
    /// Nothing is left of the ladder.
    Done,
}

impl Pile {
    pub(crate) const ALL: [(Self, &'static str, &'static str); 4] = [
        (Self::Release, "release", "等放行"),
        (Self::Later, "later", "没到日子"),
        (Self::Stopped, "stopped", "停着"),
        (Self::Done, "done", "没有下一级"),
    ];

    pub(crate) fn of(item: &Item) -> Self {
        match item.next.as_ref().map(|n| &n.wait) {
            None => Self::Done,
            Some(None | Some(Wait::Quiet | Wait::Today)) => Self::Release,
            Some(Some(Wait::Until(_))) => Self::Later,
            Some(Some(
                Wait::Request(_) | Wait::Answered(_) | Wait::Case(..) | Wait::Held(_) | Wait::Dropped,
            )) => Self::Stopped,
        }
    }
}

/// What comes next, in words.
pub(crate) struct Next {
    pub(crate) words: String,
    pub(crate) cap: String,
    /// Whether it waits for this account.
    pub(crate) mine: bool,
}

/// The next step of something, as an account sees it.
pub(crate) fn next(app: &App, actor: &Actor, chasing: &Chasing, item: &Item) -> Next {
    let plain = |words: &str, cap: String| Next { words: words.to_owned(), cap, mine: false };
    let Some(next) = &item.next else { return plain("没有下一级", String::new()) };
    let title = next.rung.title.as_str();
    let to = |day: &Date| format!("停到{}", day_words(*day));
    match &next.wait {
        None if next.rung.by.is_none() => plain(title, "今天在首页提醒".to_owned()),
        None if may_release(app, actor, chasing, item) => {
            Next { words: format!("{title}，等你放行"), cap: String::new(), mine: true }
        }
        None => {
            let units = releases(app, chasing, item);
            let who: Vec<&str> = units.iter().map(|u| actor.known.unit_name(*u)).collect();
            let words = match who.as_slice() {
                [] => format!("{title}，等放行"),
                who => format!("{title}，等{}放行", who.join("、")),
            };
            plain(&words, String::new())
        }
        Some(Wait::Until(day)) if next.rung.by.is_none() => plain(title, day_words(*day)),
        Some(Wait::Until(day)) => plain(title, format!("{}起可以放行", day_words(*day))),
        Some(Wait::Today) => plain(title, "今天已经发过一级".to_owned()),
        Some(Wait::Quiet) => plain(title, "上班以后可以放行".to_owned()),
        Some(Wait::Request(_)) => plain("申请了延期或免办", "等批".to_owned()),
        Some(Wait::Answered(until)) => plain("说明了情况", to(until)),
        Some(Wait::Case(..)) => plain("督办单挂起", "恢复办理再看".to_owned()),
        Some(Wait::Held(until)) => {
            let why = item.held().map_or(String::new(), |n| format!("，{}", n.words));
            plain("暂缓", format!("{}{why}", to(until)))
        }
        Some(Wait::Dropped) => plain("没有立项", "停在这里".to_owned()),
    }
}
