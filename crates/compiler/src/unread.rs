//! Words of the document that were read into no item: nothing is lost without being said.

use model::{Diagnostic, NotRead, Omission, Plan, Severity, SourceText, Span, Unread};

use crate::check::say;
use crate::measure::clip;

/// One remark for each stretch of words that was read into no item. What says how often or by when is a warning of its
/// own; what stands together without asking for a time is told together.
pub(crate) fn check(source: &str, plan: &Plan, out: &mut Vec<Diagnostic>) {
    let mut from = 0;
    while let Some(first) = plan.not_read.get(from) {
        let mut to = from + 1;
        while first.why != Unread::Timed
            && plan
                .not_read
                .get(to)
                .is_some_and(|next| next.why == first.why && follows(source, plan.not_read.get(to - 1), next))
        {
            to += 1;
        }
        out.push(told(first, plan.not_read.get(from..to).unwrap_or_default()));
        from = to;
    }
}

fn follows(source: &str, before: Option<&NotRead>, next: &NotRead) -> bool {
    before
        .and_then(|b| source.get(b.span.end..next.span.start))
        .is_some_and(|between| !between.chars().any(char::is_alphanumeric))
}

fn told(first: &NotRead, together: &[NotRead]) -> Diagnostic {
    let end = together.last().map_or(first.span.end, |n| n.span.end);
    let span = Span::new(first.span.start, end.max(first.span.start));
    let words = clip(&first.text);
    let (severity, help) = match first.why {
        Unread::Timed => (
            Severity::Warning,
            "写有频次或时限，却不在任何一条里，不会产生应办事项。要办的，给它编上号或并入一条；只作说明的，不用改。",
        ),
        Unread::Table => (
            Severity::Info,
            "在表格里，没有读成任务。是任务的，补上“工作任务”“责任部门”一类表头，或把它并入一行。",
        ),
        Unread::Loose => (Severity::Info, "要考核的，给它编上号或并入一条；只作说明的，不用改。"),
    };
    let message = match together.len() {
        0 | 1 => format!("“{words}”没有读进任何一条"),
        n => format!("“{words}”等{n}段没有读进任何一条"),
    };
    say("L019", severity, span, None, message, help.to_owned())
}

/// One remark for each kind of words that the file holds and nobody is meant to read.
pub(crate) fn left_out(source: &SourceText, out: &mut Vec<Diagnostic>) {
    for why in [Omission::Struck, Omission::Hidden, Omission::HiddenCells] {
        let mut places = source.left_out.iter().filter(|l| l.why == why && !l.words.trim().is_empty());
        let Some(first) = places.next() else { continue };
        let more = places.count();
        let words: Vec<&str> = first.words.split_whitespace().collect();
        let words = clip(&words.join(" "));
        let message = match more {
            0 => format!("{}没有读：“{words}”", why.words()),
            n => format!("{}没有读：“{words}”等{}处", why.words(), n + 1),
        };
        let block = source.blocks.iter().find(|b| b.span.end >= first.at && !b.span.is_empty());
        let span = block.or(source.blocks.last()).map_or(Span::default(), |b| b.span);
        let help = "要读的，在原文件里取消删除线或隐藏，再上传一次。".to_owned();
        out.push(say("L023", Severity::Info, span, None, message, help));
    }
}
