//! What stands around the items: the part of the text that holds the plan, and what closes it.

use std::ops::Range;

use super::{Doc, Heading, Outline, Rough, is_demand, is_prose};
use crate::flow::Flow;
use crate::furniture;
use crate::mark;
use crate::owners::{self, Owner, Tag};

impl Doc<'_> {
    /// In a plan that names nobody and whose sections are called by units (（一）组织部), these are whose tasks they hold.
    pub(super) fn units_as_headings(&self, out: &mut Outline) {
        let is_unit = |s: &Heading| {
            let title = self.text(&s.title);
            title.chars().count() <= 12 && crate::names::is_office(title)
        };
        let nobody = self.tags.iter().all(|t| t.owners.is_empty());
        if !nobody || out.sections.len() < 2 || !out.sections.iter().all(is_unit) {
            return;
        }
        for item in &mut out.items {
            if let Some(section) = item.section.and_then(|s| out.sections.get(s)) {
                let range = section.title.clone();
                item.inherited.push(Owner { role: model::OwnerRole::Lead, range });
            }
        }
    }

    /// Takes what closes the document out of the last item: a last paragraph to all readers, signature, day,
    /// attachments. Where the other items end with their owners so does the last; else it has no more paragraphs than
    /// they have.
    pub(super) fn cut_closing(&self, out: &mut Outline, paper: &Range<usize>) {
        let Some((last, others)) = out.items.split_last_mut() else { return };
        let ends_with_tag = |item: &Rough| {
            self.tags_in(&item.span)
                .last()
                .is_some_and(|t| !self.has_words(&(t.range.end..item.span.end.max(t.range.end))))
        };
        let tagged = others.iter().filter(|i| ends_with_tag(i)).count();
        let mut end = last.span.end.min(paper.end);
        let tag_end = self.tags_in(&last.span).last().map(|t| t.range.end);
        let usual = !others.is_empty() && tagged * 10 >= others.len() * 6;
        match tag_end {
            Some(tag) if usual => end = end.min(tag),
            _ if others.len() >= 2 => {
                let most = others.iter().map(|i| self.paragraphs(&i.span).len()).max().unwrap_or(1);
                let all = self.paragraphs(&last.span);
                let owned = |p: &Range<usize>| !self.has_words(p) && !self.tags_in(p).is_empty();
                if let Some(paragraph) = all.iter().skip(most).find(|p| !owned(p)) {
                    end = end.min(paragraph.start);
                }
            }
            _ => {}
        }
        let paragraphs = self.paragraphs(&(last.span.start..end));
        // The first paragraph is the item's, and the second too where the first is only its heading.
        let heading_only =
            paragraphs.first().is_some_and(|p| !self.has_words(&(last.title.end.min(p.end)..p.end)));
        let mut further = paragraphs.iter().skip(if heading_only { 2 } else { 1 });
        if let Some(closing) =
            further.find(|p| furniture::is_closing(self.text(p)) && self.tags_in(p).is_empty())
        {
            end = end.min(closing.start);
        }
        if let Some(tail) = paragraphs.iter().skip(1).find(|p| furniture::is_tail(self.text(p))) {
            end = end.min(tail.start);
            // The issuer's name above the day.
            if furniture::is_date(self.text(tail))
                && let Some(name) = paragraphs.iter().skip(1).rfind(|p| p.end < tail.start)
                && self.text(name).chars().count() <= 30
                && !self.text(name).contains(['。', '，', '；'])
            {
                end = end.min(name.start);
            }
        }
        trim(self.flow, last, end);
    }
}

impl Outline {
    /// Of the clauses around a table that holds the plan, those that ask for something of their own: they name units or
    /// count, and do not stand under 工作要求.
    pub(crate) fn only_asking(&mut self, flow: &Flow, tags: &[Tag]) {
        let other = |s: &Heading| {
            let title = &flow.text[s.title.clone()];
            is_demand(title) || is_prose(title)
        };
        let sections = &self.sections;
        self.items.retain(|i| {
            let text = &flow.text[i.span.clone()];
            let rhythms = crate::cadence::rhythms(text, |_| false);
            let counts = rhythms.iter().any(|r| r.times.is_some() || r.hours.is_some());
            let named = owners::within(tags, &i.span).iter().any(|t| !t.owners.is_empty());
            let apart = i.section.and_then(|s| sections.get(s)).is_some_and(other);
            !apart && (named || !i.inherited.is_empty() || counts)
        });
    }

    /// Ends each item where a table begins inside it: `starts` are places in the source.
    pub(crate) fn cut_at(&mut self, flow: &Flow, starts: &[usize]) {
        for at in starts.iter().map(|s| flow.at_source(*s)) {
            let n = self.items.partition_point(|i| i.span.start < at);
            if let Some(item) = n.checked_sub(1).map(|n| &mut self.items[n]) {
                trim(flow, item, at);
            }
        }
    }
}

/// Ends an item at `end`, if it reaches so far.
pub(super) fn trim(flow: &Flow, item: &mut Rough, end: usize) {
    if item.span.end <= end || end <= item.span.start {
        return;
    }
    let kept = flow.text[item.span.start..end].trim_end().len();
    let end = item.span.start + kept;
    item.span.end = end;
    item.title.end = item.title.end.min(end).max(item.title.start);
    for (part, _) in &mut item.parts {
        part.end = part.end.min(end).max(part.start);
    }
}

/// The part of the text that holds the plan: where attachments begin anew on a line 附件, the part with the most
/// numbers and owners.
pub(crate) fn paper(flow: &Flow, tags: &[Tag]) -> Range<usize> {
    let mut starts = vec![0];
    for p in &flow.paragraphs {
        let words = &flow.text[p.range.clone()];
        let rest = words.strip_prefix("附件").or_else(|| words.strip_prefix("附表"));
        if rest.is_some_and(|r| {
            r.chars().count() <= 3
                && r.chars().all(|c| crate::number::digit(c).is_some() || "一二三四五：:".contains(c))
        }) {
            starts.push(p.range.end.min(flow.text.len()));
        }
    }
    let mut best = (0, 0..flow.text.len());
    let ends: Vec<usize> = starts[1..].iter().copied().chain([flow.text.len()]).collect();
    for (start, end) in starts.iter().copied().zip(ends) {
        let range = start..end;
        let from = flow.paragraphs.partition_point(|p| p.range.start < range.start);
        let inside = || flow.paragraphs[from..].iter().take_while(|p| p.range.start < range.end);
        let marked =
            inside().filter(|p| mark::at(&flow.text[p.range.clone()]).is_some_and(|m| !m.bare)).count();
        // A part that calls itself a plan is one, rather than the notice before it.
        let named = inside().take(3).any(|p| {
            let words = &flow.text[p.range.clone()];
            crate::title::is_paper_name(words) && !words.ends_with("通知")
        });
        let worth = marked + 2 * owners::within(tags, &range).len() + 3 * usize::from(named && marked > 0);
        if worth > best.0 {
            best = (worth, range);
        }
    }
    if best.0 == 0 { 0..flow.text.len() } else { best.1 }
}
