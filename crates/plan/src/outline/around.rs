//! What stands around the items: every letter of the document is in the title, a section or an item, or is told here as a
//! part of the paper or as not read.

use std::ops::Range;

use model::{Aside, AsideKind, BlockKind, NotRead, Plan, SourceText, Span, Unread};

use crate::flow::{Fate, Flow};
use crate::owners::Tag;
use crate::{ask, furniture, mark, names, outline, title};

/// What is known of a document when its items are read.
pub(crate) struct Around<'a> {
    pub(crate) source: &'a SourceText,
    /// The text outside tables.
    pub(crate) flow: &'a Flow,
    pub(crate) tags: &'a [Tag],
    /// Headings of groups, in the clean text.
    pub(crate) groups: &'a [Range<usize>],
    /// Heading rows of task tables, in the source.
    pub(crate) heads: &'a [Range<usize>],
    /// Tasks that stand in the document a second time.
    pub(crate) repeated: &'a [Span],
}

/// Lines and columns of places told one behind another: a column is counted on from the place before it in its block.
#[derive(Default)]
struct Ruler {
    block: usize,
    at: usize,
    column: usize,
}

impl Ruler {
    /// Line and column, from 1, of byte `at` in block `n`.
    fn place(&mut self, source: &SourceText, n: usize, at: usize) -> (usize, usize) {
        let begins = source.blocks.get(n).map_or(at, |b| b.span.start);
        if self.block != n || self.at > at || self.column == 0 {
            (self.block, self.at, self.column) = (n, begins, 1);
        }
        self.column += source.text.get(self.at..at).unwrap_or_default().chars().count();
        self.at = at;
        (n + 1, self.column)
    }
}

/// Where words stand that are in no item.
struct Setting {
    /// Where the first item or section begins in the source, and where the last item ends.
    first: usize,
    last: usize,
    /// Beginning, number of the items and kind of each section, by its place.
    sections: Vec<Under>,
}

/// A section as a place for words.
struct Under {
    start: usize,
    /// Whether its heading says that it tells what the plan wants and stands for.
    aims: bool,
    /// Whether its heading says so, or that it tells how the plan is carried out.
    tells: bool,
    /// Where its first item begins, when it has one.
    item: Option<usize>,
}

impl Around<'_> {
    /// Fills `plan.asides` and `plan.not_read`.
    pub(crate) fn fill(&self, plan: &mut Plan) {
        let mut known: Vec<Aside> = Vec::new();
        let mut heading = |span: Span| known.push(Aside { kind: AsideKind::Heading, span });
        self.groups.iter().for_each(|g| heading(self.flow.span(g)));
        self.heads.iter().for_each(|h| heading(Span::new(h.start, h.end)));
        self.tags.iter().for_each(|t| heading(self.flow.span(&t.range)));
        known.extend(self.repeated.iter().map(|span| Aside { kind: AsideKind::Repeated, span: *span }));
        let mut covered: Vec<Span> = plan.title_span.into_iter().collect();
        covered.extend(plan.sections.iter().map(|s| s.span));
        covered.extend(plan.items.iter().map(|i| i.span));
        covered.sort_unstable();
        let titles = plan.sections.iter().map(|s| s.span);
        let mut counted: Vec<Span> = titles
            .chain(self.groups.iter().map(|g| self.flow.span(g)))
            .filter(|s| ask::is_counted(s.of(&self.source.text)))
            .collect();
        // What an item holds already needs no second word.
        known.retain(|a| self.has_letters(a.span) && !is_covered(&covered, a.span));
        covered.extend(known.iter().map(|a| a.span));
        covered.sort_unstable();
        let setting = setting(plan);
        let mut ruler = Ruler::default();
        let mut open = covered.iter().peekable();
        for (n, block) in self.source.blocks.iter().enumerate() {
            let mut at = block.span.start;
            let mut gaps: Vec<Span> = Vec::new();
            loop {
                while open.next_if(|c| c.end <= at).is_some() {}
                let Some(next) = open.peek().filter(|c| c.start < block.span.end) else { break };
                gaps.push(Span::new(at, next.start.max(at)));
                at = next.end.min(block.span.end).max(at);
                if next.end > block.span.end || at >= block.span.end {
                    break;
                }
            }
            gaps.push(Span::new(at, block.span.end));
            for gap in gaps.into_iter().filter(|g| self.has_letters(*g)) {
                self.tell(n, gap, &setting, &mut ruler, plan);
            }
        }
        // A heading that counts (一、每月开展1次主题党日) asks for what no item holds.
        let mut ruler = Ruler::default();
        counted.sort_unstable();
        for span in counted {
            if is_item(plan, span) {
                continue;
            }
            let n = self.source.blocks.partition_point(|b| b.span.start <= span.start).saturating_sub(1);
            let (line, column) = ruler.place(self.source, n, span.start);
            let text = span.of(&self.source.text).split('\n').map(str::trim).collect();
            plan.not_read.push(NotRead { span, text, line, column, why: Unread::Timed });
        }
        plan.not_read.sort_by_key(|n| n.span);
        plan.asides.extend(known);
        plan.asides.sort_by_key(|a| a.span);
    }

    fn has_letters(&self, span: Span) -> bool {
        span.of(&self.source.text).chars().any(char::is_alphanumeric)
    }

    /// Says what the words of `gap` in block `n` are.
    fn tell(&self, n: usize, gap: Span, setting: &Setting, ruler: &mut Ruler, plan: &mut Plan) {
        let drawn = |c: char| c.is_whitespace() || matches!(c, '|' | '│' | '┃' | '¦');
        let words: String = gap.of(&self.source.text).chars().filter(|c| !drawn(*c)).collect();
        // Whoever drew up a table stands below its rows.
        let signs = setting.first < usize::MAX
            && gap.start >= setting.last
            && setting.last > 0
            && !self.is_cell_beside(n);
        let judged = match self.flow.fates.get(n) {
            Some(Fate::Dropped(kind)) => Ok(*kind),
            // 填表说明：完成时间按月填写 speaks of the form.
            Some(Fate::Task) if words.starts_with("填表") => Ok(AsideKind::Cover),
            Some(Fate::Task | Fate::Cell) if ask::is_timed(&words) => Err(Unread::Timed),
            Some(Fate::Task) if is_remark(&words) || (signs && crate::column::is_units(&words)) => {
                Ok(AsideKind::Cover)
            }
            Some(Fate::Task | Fate::Cell) => Err(Unread::Table),
            Some(Fate::Read) | None => self.judge(gap, &words, setting, plan),
        };
        match judged {
            Ok(kind) => {
                match plan.asides.last_mut().filter(|a| a.kind == kind && self.follows(a.span, gap)) {
                    Some(before) => before.span.end = gap.end,
                    None => plan.asides.push(Aside { kind, span: gap }),
                }
            }
            Err(why) => {
                let before = plan.not_read.last_mut().filter(|b| self.is_one_paragraph(b.span, gap));
                if let Some(before) = before {
                    before.span.end = gap.end;
                    before.text.push_str(gap.of(&self.source.text).trim());
                    if why == Unread::Timed {
                        before.why = why;
                    }
                    return;
                }
                let lead = gap.of(&self.source.text);
                let start = gap.start + lead.len() - lead.trim_start().len();
                let (line, column) = ruler.place(self.source, n, start);
                let span = Span::new(start, gap.start + lead.trim_end().len());
                plan.not_read.push(NotRead { span, text: lead.trim().to_owned(), line, column, why });
            }
        }
    }

    /// Whether block `n` is a cell beside another with words in its row.
    fn is_cell_beside(&self, n: usize) -> bool {
        let row = |n: Option<usize>| match self.source.blocks.get(n?)? {
            block if self.has_letters(block.span) => match block.kind {
                BlockKind::Cell { row, table, .. } => Some((table, row)),
                BlockKind::Paragraph => None,
            },
            _ => None,
        };
        let this = row(Some(n));
        this.is_some() && (row(n.checked_sub(1)) == this || row(Some(n + 1)) == this)
    }

    /// Whether nothing but white space lies between two spans.
    fn follows(&self, before: Span, after: Span) -> bool {
        self.source.text.get(before.end..after.start).is_some_and(|between| between.trim().is_empty())
    }

    /// Whether two spans with nothing between them lie in one paragraph of the clean text: a wrapped line was joined.
    fn is_one_paragraph(&self, before: Span, after: Span) -> bool {
        self.follows(before, after)
            && self.paragraph(before.start).is_some_and(|p| Some(p) == self.paragraph(after.start))
    }

    /// The number of the paragraph of the clean text in which a byte of the source stands.
    fn paragraph(&self, at: usize) -> Option<usize> {
        let clean = self.flow.at_source(at);
        let n = self.flow.paragraphs.partition_point(|p| p.range.end <= clean);
        (n < self.flow.paragraphs.len()).then_some(n)
    }

    /// What words outside tables are.
    fn judge(&self, gap: Span, words: &str, setting: &Setting, plan: &Plan) -> Result<AsideKind, Unread> {
        let paragraph = self.paragraph(gap.start);
        let whole = paragraph.map_or(words, |n| &self.flow.text[self.flow.paragraphs[n].range.clone()]);
        let before = gap.end <= setting.first;
        let after = gap.start >= setting.last;
        let timed = || ask::is_timed(words);
        if is_cover(words, whole, before, after) {
            return Ok(AsideKind::Cover);
        }
        // 附件：1.甲 over 2.乙.
        let listed = after
            && words.chars().count() <= 40
            && !words.contains('。')
            && mark::at(words).is_some_and(|m| m.value > 1)
            && plan.asides.last().is_some_and(|a| a.kind == AsideKind::Cover && self.follows(a.span, gap));
        if listed {
            return Ok(AsideKind::Cover);
        }
        if setting.first == usize::MAX {
            return Err(if timed() { Unread::Timed } else { Unread::Loose });
        }
        if before {
            let listed = paragraph
                .and_then(|n| n.checked_sub(1))
                .is_some_and(|n| self.flow.text[self.flow.paragraphs[n].range.clone()].ends_with('：'));
            let numbered = mark::at(words).is_some_and(|m| !m.bare) && !listed;
            return match (ask::is_counted(words), numbered) {
                (true, _) => Err(Unread::Timed),
                (false, true) => Err(Unread::Loose),
                (false, false) => Ok(AsideKind::Preamble),
            };
        }
        let n = setting.sections.partition_point(|s| s.start <= gap.start);
        let under = n.checked_sub(1).and_then(|n| setting.sections.get(n));
        // What the plan wants to reach (2027年前实现…) asks nobody for a day.
        let aims = under.is_some_and(|u| u.aims && u.item.is_none());
        if if aims { ask::is_counted(words) } else { timed() } {
            return Err(Unread::Timed);
        }
        if let Some(under) = under
            && (under.tells || under.item.is_some_and(|item| gap.start < item))
        {
            return Ok(AsideKind::Section);
        }
        if after && furniture::is_closing(whole) {
            return Ok(AsideKind::Closing);
        }
        Err(Unread::Loose)
    }
}

fn is_covered(covered: &[Span], span: Span) -> bool {
    let n = covered.partition_point(|c| c.start <= span.start);
    // Spans that begin before it: the last few of them reach furthest.
    covered[..n].iter().rev().take(4).any(|c| c.contains(span))
}

/// Whether a heading is an item itself: the section is one task.
fn is_item(plan: &Plan, heading: Span) -> bool {
    let n = plan.items.partition_point(|i| i.span.start < heading.end);
    n.checked_sub(1).and_then(|n| plan.items.get(n)).is_some_and(|i| i.span.overlaps(heading))
}

fn setting(plan: &Plan) -> Setting {
    let items = || plan.items.iter().map(|i| i.span);
    let heads = plan.sections.iter().map(|s| s.span.start);
    let first = items().map(|s| s.start).chain(heads).min().unwrap_or(usize::MAX);
    let last = items().map(|s| s.end).max().unwrap_or(0);
    let mut sections: Vec<Under> = plan
        .sections
        .iter()
        .map(|s| {
            let aims = outline::is_prose(&s.title) || s.title.contains("目标");
            Under { start: s.span.start, aims, tells: aims || outline::is_demand(&s.title), item: None }
        })
        .collect();
    for item in &plan.items {
        if let Some(under) = item.section.and_then(|s| sections.get_mut(s)) {
            let start = item.span.start;
            under.item = Some(under.item.map_or(start, |i| i.min(start)));
        }
    }
    sections.sort_by_key(|s| s.start);
    if plan.items.is_empty() {
        return Setting { first: usize::MAX, last, sections };
    }
    Setting { first, last, sections }
}

/// Whether a line is one of those around the words of a paper: what it is called, who issues it, to whom, when.
fn is_cover(words: &str, whole: &str, before: bool, after: bool) -> bool {
    let line = words.len() * 10 >= whole.len() * 9;
    if !line {
        return false;
    }
    let count = words.chars().count();
    let plain = count <= 40 && !words.contains(['。', '；', '，', '：', ':']);
    if furniture::is_date(words)
        || furniture::is_document_number(words)
        || title::is_paper_name(words)
        || title::is_title_tail(words)
        || (words.ends_with("日印发") && count <= 40)
    {
        return true;
    }
    let signed = plain && (names::is_unit(words) || names::is_post(words));
    let addressed = before && words.ends_with(['：', ':']) && count <= 120 && !words.contains('。');
    let attached =
        ["附件", "附表"].iter().any(|w| words.starts_with(w)) && count <= 60 && !words.contains('。');
    let edge =
        signed || addressed || after && is_signature(words) || furniture::is_tail(words) || is_remark(words);
    (furniture::is_remark(words) || attached || (before || after) && edge) && !ask::is_timed(words)
}

/// 党支部书记：张三, 附件：…, 抄送….
fn is_signature(words: &str) -> bool {
    let Some((label, name)) = words.split_once(['：', ':']) else { return false };
    let count = name.chars().count();
    (names::is_post(label) || names::is_unit(label) || label.ends_with('人'))
        && count <= 12
        && label.chars().count() <= 12
}

/// Whether a cell or row below a table is a remark on it.
fn is_remark(words: &str) -> bool {
    const STARTS: [&str; 8] = ["注：", "注:", "备注", "说明", "填表", "制表", "填报", "审核"];
    STARTS.iter().any(|s| words.starts_with(s)) || furniture::is_date(words)
}
