//! What has no number: paragraphs with owners, headings between the items.

use std::ops::Range;

use super::closing::trim;
use super::{Doc, Heading, Outline};
use crate::mark::{self, Kind};
use crate::owners::Owner;

impl Doc<'_> {
    /// Paragraphs without numbers: each that has an owner tag, at its end or on the next line, is an item.
    pub(super) fn tagged_paragraphs(
        &self,
        paragraphs: &[Range<usize>],
        section: Option<usize>,
        inherited: &[Owner],
        out: &mut Outline,
    ) {
        for (n, paragraph) in paragraphs.iter().enumerate() {
            let title = out.items.is_empty()
                && section.is_none()
                && crate::title::is_plan_noun_end(self.text(paragraph))
                && self.tags_in(paragraph).is_empty();
            if !self.has_words(paragraph) || title {
                continue;
            }
            let next = paragraphs.get(n + 1).filter(|p| !self.has_words(p) && !self.tags_in(p).is_empty());
            if self.tags_in(paragraph).iter().any(|t| !t.owners.is_empty()) || next.is_some() {
                let end = next.map_or(paragraph.end, |p| p.end);
                out.items.push(self.draft(
                    paragraph.start..paragraph.start,
                    paragraph.start,
                    end,
                    section,
                    inherited,
                ));
            }
        }
    }

    /// Paragraphs of a section without numbers in a plan that has them elsewhere: what has a rhythm or a day is a task.
    pub(super) fn counted_paragraphs(
        &self,
        paragraphs: &[Range<usize>],
        section: usize,
        inherited: &[Owner],
        out: &mut Outline,
    ) {
        for paragraph in paragraphs {
            if crate::ask::is_timed(self.text(paragraph)) {
                let start = paragraph.start;
                out.items.push(self.draft(start..start, start, paragraph.end, Some(section), inherited));
            }
        }
    }

    /// Paragraphs that begin with a title and a colon (深入开展理论学习：每月组织1次…), two or more: each is an item, and what
    /// follows without a title goes on the one above.
    pub(super) fn headed_paragraphs(
        &self,
        paragraphs: &[Range<usize>],
        section: Option<usize>,
        inherited: &[Owner],
        out: &mut Outline,
    ) {
        let titles: Vec<Option<Range<usize>>> = paragraphs.iter().map(|p| headed(self.text(p))).collect();
        let alone = section.is_none() && titles.iter().flatten().count() < 2;
        if alone {
            return;
        }
        for (n, (paragraph, title)) in paragraphs.iter().zip(&titles).enumerate() {
            let Some(title) = title else { continue };
            let next = titles[n + 1..].iter().position(Option::is_some).map_or(titles.len(), |k| n + 1 + k);
            let start = paragraph.start;
            let mut draft = self.draft(start..start, start, paragraphs[next - 1].end, section, inherited);
            draft.title = start + title.start..start + title.end;
            out.items.push(draft);
        }
    }

    /// How many paragraphs below these headings begin with a title and a colon.
    pub(super) fn headed_titles(&self, roots: &[usize]) -> usize {
        let below = |n: &usize| {
            let own = self.own(*n);
            self.paragraphs(&(self.line_end(own.start, own.end)..own.end))
        };
        roots.iter().flat_map(below).filter(|p| headed(self.text(p)).is_some()).count()
    }

    /// Items without numbered sections; short lines between them that end without a mark are headings of sections.
    pub(super) fn without_sections(&self, roots: &[usize], out: &mut Outline) {
        let headings = self.bare_headings(roots);
        for (n, root) in roots.iter().enumerate() {
            if let Some(heading) = &headings[n] {
                let title = self.unboxed(self.title(heading.start, heading.end));
                let owners = self.tags_in(heading).iter().flat_map(|t| t.owners.iter().cloned()).collect();
                out.sections.push(Heading {
                    number: heading.start..heading.start,
                    title,
                    span: heading.clone(),
                    owners,
                });
                out.begins = out.begins.min(heading.start);
            }
            let section = out.sections.len().checked_sub(1);
            let inherited = section.map_or(Vec::new(), |s| out.sections[s].owners.clone());
            let before = out.items.len();
            self.walk(*root, section, &inherited, out);
            // The heading of the next section stands at the end of this item.
            if let Some(next) = headings.get(n + 1).and_then(Option::as_ref) {
                for item in &mut out.items[before..] {
                    trim(self.flow, item, next.start);
                }
            }
        }
    }

    /// The words of a heading without 【】 around or ★ before them.
    pub(super) fn unboxed(&self, mut title: Range<usize>) -> Range<usize> {
        if let Some(m) = mark::at(self.text(&title)).filter(|m| m.kind == Kind::Bullet) {
            title.start += m.len;
        }
        let words = self.text(&title);
        match words.strip_prefix('【').and_then(|w| w.strip_suffix('】')) {
            Some(inner) if !inner.contains(['【', '】']) => {
                title.start + '【'.len_utf8()..title.end - '】'.len_utf8()
            }
            _ => title,
        }
    }

    /// For each root, the heading line right before it. They count only when there are at least two.
    pub(super) fn bare_headings(&self, roots: &[usize]) -> Vec<Option<Range<usize>>> {
        let mut out: Vec<Option<Range<usize>>> = vec![None; roots.len()];
        if roots.first().is_none_or(|r| self.nodes[*r].kind < Kind::Paren) {
            return out;
        }
        for (n, root) in roots.iter().enumerate() {
            let start = self.nodes[*root].start;
            let i = self.flow.paragraphs.partition_point(|p| p.range.start < start);
            let Some(above) = i.checked_sub(1).map(|i| self.flow.paragraphs[i].range.clone()) else {
                continue;
            };
            // It is a line of its own: neither the item's first line nor the document's title.
            let inside = n.checked_sub(1).map_or(0, |p| self.line_end(self.nodes[roots[p]].body, start));
            let words =
                self.text(&(above.start..self.tags_in(&above).first().map_or(above.end, |t| t.range.start)));
            let words = words.strip_suffix(['：', ':']).unwrap_or(words);
            let heading = above.start > inside.max(1)
                && above.end <= start
                && (2..=30).contains(&words.chars().count())
                && !words.contains(['。', '；', '：', '！', '？', ':'])
                && !crate::title::is_plan_noun_end(words);
            if heading
                || (n == 0
                    && above.start == 0
                    && above.end <= start
                    && words.chars().count() <= 12
                    && !words.contains(['。', '：', '，']))
            {
                out[n] = Some(above);
            }
        }
        if out.iter().flatten().count() < 2 || out.iter().skip(1).flatten().count() * 2 > roots.len() {
            out.fill(None);
        }
        out
    }
}

/// The title with which a paragraph begins, before a colon or in 【】, when it is one: neither a field (时间：) nor those who
/// are spoken to (各党支部：).
fn headed(words: &str) -> Option<Range<usize>> {
    const FIELDS: [&str; 20] = [
        "时间", "地点", "对象", "人员", "主题", "内容", "要求", "方式", "范围", "电话", "如下", "以下",
        "标准", "依据", "目的", "目标", "形式", "时限", "单位", "部门",
    ];
    let near = words.char_indices().nth(25).map_or(words, |(i, _)| &words[..i]);
    let boxed = near.strip_prefix('【').and_then(|inner| inner.split_once('】'));
    let (title, _) = boxed.or_else(|| near.split_once(['：', ':']))?;
    let from = if boxed.is_some() { '【'.len_utf8() } else { 0 };
    let rest = &words[from + title.len()..];
    let count = title.chars().count();
    let least = if boxed.is_some() { 2 } else { 4 };
    let sound = (least..=24).contains(&count)
        && rest.chars().nth(4).is_some()
        && title.starts_with(|c: char| ('\u{4e00}'..='\u{9fff}').contains(&c) || matches!(c, '“' | '《'))
        && !title.contains(['，', '。', '；', '！', '？', '（', '('])
        && !FIELDS.iter().any(|f| title.ends_with(f))
        && !crate::names::is_collective(title)
        && !crate::names::is_office(title)
        && !crate::names::is_post(title)
        && crate::label::at_start(words).is_none()
        && !crate::label::is_content(words);
    sound.then_some(from..from + title.len())
}
