//! Sections, groups and items: what the numbers of a document mean.

pub(crate) mod around;
pub(crate) mod assemble;
pub(crate) mod blend;
pub(crate) mod clauses;
mod closing;
pub(crate) mod column;
mod early;
mod parts;
pub(crate) mod table;
pub(crate) mod title;
mod unnumbered;

use std::ops::Range;

pub(crate) use self::closing::paper;

use self::clauses::Node;
use crate::bracket::{self, Pair, Shape};
use crate::deadline::Setting;
use crate::flow::Flow;
use crate::mark::Kind;
use crate::owners::{self, Owner, Tag};

/// An item before its words are read. Ranges are of the clean text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rough {
    pub(crate) number: Range<usize>,
    pub(crate) section: Option<usize>,
    pub(crate) title: Range<usize>,
    /// Number, words and tags.
    pub(crate) span: Range<usize>,
    /// What is read for sentences, rhythms, deadlines and citations.
    pub(crate) parts: Vec<(Range<usize>, Setting)>,
    /// Units named in cells of its own.
    pub(crate) owners: Vec<Owner>,
    /// Units of its group or section, for an item that names none.
    pub(crate) inherited: Vec<Owner>,
}

/// A section before it is handed over.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heading {
    pub(crate) number: Range<usize>,
    pub(crate) title: Range<usize>,
    pub(crate) span: Range<usize>,
    pub(crate) owners: Vec<Owner>,
}

/// What the outline found.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    pub(crate) sections: Vec<Heading>,
    pub(crate) items: Vec<Rough>,
    /// Number and title of the outermost clauses whose title has a line of its own, whatever they turned out to be.
    pub(crate) headings: Vec<Range<usize>>,
    /// Number and title of the clauses that are headings of groups.
    pub(crate) groups: Vec<Range<usize>>,
    /// Where the first clause begins: the title stands before it.
    pub(crate) begins: usize,
}

/// Everything that the decisions look at.
struct Doc<'d> {
    flow: &'d Flow,
    pairs: &'d [Pair],
    tags: &'d [Tag],
    nodes: Vec<Node>,
    /// For each clause whether its title comes again below another of its kind's parents.
    repeated: Vec<bool>,
    /// For each clause whether most of those right below it have none below them.
    mostly_leaves: Vec<bool>,
}

/// Reads the outline of the paragraphs inside `paper`.
pub(crate) fn read(flow: &Flow, pairs: &[Pair], tags: &[Tag], paper: &Range<usize>) -> Outline {
    let nodes = clauses::read(flow, pairs, tags, paper);
    let mut doc = Doc { flow, pairs, tags, nodes, repeated: Vec::new(), mostly_leaves: Vec::new() };
    doc.repeated = doc.repeated_titles();
    doc.mostly_leaves = doc.mostly_leaves();
    let mut out = Outline { begins: paper.end, ..Outline::default() };
    let (early, roots) = doc.roots();
    if let Some(first) = early.first().or(roots.first()) {
        out.begins = doc.nodes[*first].start;
        let heads = roots.iter().filter(|r| doc.nodes[**r].kind <= Kind::Paren && !doc.runs_on(**r));
        out.headings = heads
            .map(|r| &doc.nodes[*r])
            .map(|n| n.start..doc.title(n.body, n.end).end.max(n.body))
            .collect();
        if doc.roots_are_sections(&roots) {
            early.iter().for_each(|root| doc.walk(*root, None, &[], &mut out));
            for root in &roots {
                doc.section(*root, &[], &mut out);
            }
        } else {
            doc.without_sections(&[early, roots].concat(), &mut out);
        }
    } else {
        let paragraphs = doc.paragraphs(paper);
        doc.tagged_paragraphs(&paragraphs, None, &[], &mut out);
        if out.items.is_empty() {
            doc.headed_paragraphs(&paragraphs, None, &[], &mut out);
        }
        if let Some(first) = out.items.first() {
            out.begins = first.span.start;
        }
    }
    doc.cut_closing(&mut out, paper);
    doc.units_as_headings(&mut out);
    out
}

/// Headings of sections that say what the plan is about and ask nothing.
const PROSE: [&str; 14] = [
    "目标要求",
    "附则",
    "指导思想",
    "总体要求",
    "总体思路",
    "基本原则",
    "工作原则",
    "指导方针",
    "总体目标",
    "主要目标",
    "发展目标",
    "预期目标",
    "基本思路",
    "工作思路",
];

pub(crate) fn is_prose(title: &str) -> bool {
    title.chars().count() <= 14 && PROSE.iter().any(|w| title.contains(w))
}

/// Headings under which a plan says how it is to be carried out: 保障措施, 工作要求.
pub(crate) fn is_demand(title: &str) -> bool {
    const WORDS: [&str; 7] =
        ["保障措施", "组织保障", "工作保障", "工作要求", "有关要求", "组织领导", "组织实施"];
    title.chars().count() <= 10 && WORDS.iter().any(|w| title.contains(w))
}

impl Doc<'_> {
    fn text(&self, range: &Range<usize>) -> &str {
        &self.flow.text[range.clone()]
    }

    fn tree_range(&self, n: usize) -> Range<usize> {
        self.nodes[n].start..self.nodes[n].tree_end
    }

    fn own(&self, n: usize) -> Range<usize> {
        self.nodes[n].body..self.nodes[n].end
    }

    fn tags_in(&self, range: &Range<usize>) -> &[Tag] {
        owners::within(self.tags, range)
    }

    /// The end of the paragraph in which `at` stands, not beyond `end`.
    fn line_end(&self, at: usize, end: usize) -> usize {
        let n = self.flow.paragraphs.partition_point(|p| p.range.end < at);
        self.flow.paragraphs.get(n).map_or(end, |p| p.range.end).clamp(at, end.max(at))
    }

    /// The title in the words from `body` to `end`: up to the first 。 or the end of the line, without tag.
    fn title(&self, body: usize, end: usize) -> Range<usize> {
        let mut stop = self.line_end(body, end);
        if let Some(tag) = self.tags_in(&(body..stop)).first() {
            stop = tag.range.start;
        }
        let line = self.text(&(body..stop));
        let mut cut = line.find('。').unwrap_or(line.len());
        // A 。 inside 《》 or quotation marks ends no title.
        while cut < line.len()
            && let Some(pair) = self.pairs[bracket::within(self.pairs, &(body..body + cut))]
                .iter()
                .find(|p| p.end > body + cut && p.end <= stop && p.shape != Shape::Round)
        {
            let from = pair.end - body;
            cut = line[from..].find('。').map_or(line.len(), |i| from + i);
        }
        let words = &line[..cut];
        let kept = words.trim_start_matches(|c: char| {
            matches!(c, '，' | '。' | '；' | '：' | '、' | ',' | ';' | ':' | '.' | '．')
        });
        let start = body + words.len() - kept.len();
        let kept = kept.trim_end_matches(|c: char| {
            matches!(c, '，' | '。' | '；' | '：' | '、' | ',' | ';' | ':' | '.' | '|')
        });
        start..start + kept.len()
    }

    /// Whether words other than tags follow the title in its own line: （一）标题。正文
    fn runs_on(&self, n: usize) -> bool {
        let own = self.own(n);
        let line = own.start..self.line_end(own.start, own.end);
        let title = self.title(own.start, own.end);
        self.has_words(&(title.end..line.end)) || self.lists_at_once(n, title.end)
    }

    /// Whether parts follow the title's own sentence in its line: （一）标题。1.… 2.…
    fn lists_at_once(&self, n: usize, title_end: usize) -> bool {
        let Some(child) = self.nodes[n].children.first().map(|c| &self.nodes[*c]) else { return false };
        let between = self.text(&(title_end.min(child.start)..child.start));
        child.kind >= Kind::Arabic && between == "。" && self.flow.paragraphs.len() > 2
    }

    /// Whether there is anything but tags and punctuation.
    fn has_words(&self, range: &Range<usize>) -> bool {
        let words = |from: usize, to: usize| -> bool {
            let between = self.text(&(from.min(to)..to));
            between.chars().any(|c| {
                !c.is_whitespace()
                    && !matches!(
                        c,
                        '，' | '。' | '；' | '：' | '、' | ',' | ';' | ':' | '.' | '（' | '）' | '(' | ')'
                    )
            })
        };
        let mut at = range.start;
        for tag in self.tags_in(range) {
            if words(at, tag.range.start.min(range.end)) {
                return true;
            }
            at = tag.range.end;
        }
        words(at, range.end)
    }

    /// Tags in the clause's own words that are not on its heading line.
    fn tagged_itself(&self, n: usize) -> bool {
        let own = self.own(n);
        let from = if self.runs_on(n) { own.start } else { self.line_end(own.start, own.end) };
        let first_words = self.has_words(&(self.title(own.start, own.end).end..own.end));
        first_words && !self.tags_in(&(from..own.end)).is_empty()
    }

    fn tree_tagged(&self, n: usize) -> bool {
        !self.tags_in(&self.tree_range(n)).is_empty()
    }

    /// The children that may be items: not those of a list inside a sentence, unless they have owners of their own.
    fn live(&self, n: usize) -> Vec<usize> {
        let children = &self.nodes[n].children;
        if !self.children_tagged(n) && children.first().is_some_and(|c| self.nodes[*c].listed) {
            return Vec::new();
        }
        children.clone()
    }

    /// Whether the outermost clauses are sections (一、… over 1.…) or the items themselves.
    fn roots_are_sections(&self, roots: &[usize]) -> bool {
        let Some(kind) = roots.first().map(|r| self.nodes[*r].kind) else { return false };
        let parents: Vec<usize> = roots.iter().copied().filter(|r| !self.live(*r).is_empty()).collect();
        if parents.is_empty() {
            // 一、 over paragraphs without numbers, each with its own owners or its own title.
            return kind == Kind::Hanzi && roots.iter().any(|r| self.tagged_titles(*r) >= 2)
                || kind <= Kind::Paren && self.headed_titles(roots) >= 2;
        }
        let tagged = roots.iter().filter(|r| self.tagged_itself(**r)).count();
        if tagged * 2 > roots.len() {
            return false;
        }
        if kind <= Kind::Hanzi && self.count_through(roots) {
            return true;
        }
        if matches!(kind, Kind::Chapter | Kind::Month) {
            return true;
        }
        if matches!(kind, Kind::Article | Kind::Argument) {
            return false;
        }
        let headings = parents.iter().filter(|p| !self.runs_on(**p)).count();
        // （1） and ① below 1. are mostly parts of one task.
        let fine = parents
            .iter()
            .filter(|p| self.nodes[self.nodes[**p].children[0]].kind >= Kind::ArabicParen)
            .count();
        if kind >= Kind::Arabic
            && fine * 2 > parents.len()
            && !parents.iter().any(|p| self.children_tagged(*p))
        {
            return false;
        }
        // 三、保障措施。加强领导… at the end is no task either.
        let other = |r: usize| {
            let title = self.title(self.nodes[r].body, self.nodes[r].end);
            is_prose(self.text(&title)) || is_demand(self.text(&title))
        };
        let running = roots.iter().filter(|r| self.runs_on(**r) && !other(**r)).count();
        headings * 2 > parents.len() && !(running * 2 > roots.len() && parents.len() * 2 < roots.len())
    }

    /// How many paragraphs below the heading have a title of their own and an owner tag.
    fn tagged_titles(&self, n: usize) -> usize {
        let own = self.own(n);
        let paragraphs = self.paragraphs(&(self.line_end(own.start, own.end)..own.end));
        let titled = |p: &Range<usize>| {
            let title = self.title(p.start, p.end);
            !self.tags_in(p).is_empty()
                && self.text(&title).chars().count() <= 30
                && self.has_words(&(title.end..p.end))
        };
        if self.runs_on(n) { 0 } else { paragraphs.iter().filter(|p| titled(p)).count() }
    }

    /// Whether the children have owners of their own. A tag after the last part of one task is the whole task's.
    fn children_tagged(&self, n: usize) -> bool {
        let children = &self.nodes[n].children;
        let Some(first) = children.iter().position(|c| self.tree_tagged(*c)) else { return false };
        let fine = self.nodes[children[0]].kind >= Kind::ArabicParen;
        let last_only = first > 0 && first + 1 == children.len();
        !(last_only && (fine || self.nodes[children[0]].listed || self.runs_on(n)))
    }

    /// Owners on a line of their own below the last of the children, where no child has any: they are all children's.
    fn trailing_owners(&self, children: &[usize]) -> Vec<Owner> {
        let Some((last, others)) = children.split_last() else { return Vec::new() };
        if others.is_empty() || others.iter().any(|c| self.tree_tagged(*c)) {
            return Vec::new();
        }
        let paragraphs = self.paragraphs(&self.tree_range(*last));
        let below = paragraphs.iter().skip(1).find(|p| !self.has_words(p) && !self.tags_in(p).is_empty());
        below.map_or(Vec::new(), |p| self.tags_in(p).iter().flat_map(|t| t.owners.iter().cloned()).collect())
    }

    /// Owners named on the heading line, or on the next where it holds nothing else, before the first child.
    fn heading_owners(&self, n: usize) -> Vec<Owner> {
        if self.runs_on(n) {
            return Vec::new();
        }
        let own: Vec<Owner> =
            self.tags_in(&self.own(n)).iter().flat_map(|t| t.owners.iter().cloned()).collect();
        if own.is_empty() { self.trailing_owners(&self.nodes[n].children) } else { own }
    }

    /// A section; the units of one above it answer for its items where nobody else does.
    fn section(&self, n: usize, inherited: &[Owner], out: &mut Outline) {
        let node = &self.nodes[n];
        let own = self.own(n);
        let mut title = self.title(own.start, own.end);
        if self.text(&title).chars().count() > 30
            && let Some(word) = PROSE.iter().chain(&["工作目标"]).find(|w| self.text(&title).starts_with(**w))
            && !self.text(&title)[word.len()..].starts_with(['和', '与', '及', '、', '，'])
        {
            // 一、总体要求以…为指导: the line end after the heading was lost.
            title.end = title.start + word.len();
        }
        if node.kind == Kind::Month {
            title = self.unboxed(title);
        }
        let children = self.live(n);
        let line = own.start..self.line_end(own.start, own.end);
        let owners: Vec<Owner> = if children.is_empty() {
            self.tags_in(&line).iter().flat_map(|t| t.owners.iter().cloned()).collect()
        } else {
            self.heading_owners(n)
        };
        let answering = if owners.is_empty() { inherited.to_vec() } else { owners.clone() };
        let index = out.sections.len();
        out.sections.push(Heading {
            number: node.number.clone(),
            title: title.clone(),
            span: node.start..title.end.max(node.body),
            owners: owners.clone(),
        });
        if is_prose(self.text(&title)) && !self.tree_tagged(n) {
            return;
        }
        if children.is_empty() {
            if !owners.is_empty() || (self.runs_on(n) && !self.tags_in(&own).is_empty()) {
                // The section is one task: heading, words, owners.
                self.item(n, node.tree_end, Some(index), inherited, out);
            } else {
                // Words behind the heading in its own line are a paragraph too.
                let from = if self.runs_on(n) { title.end } else { line.end };
                let paragraphs = self.paragraphs(&(from..own.end));
                let before = out.items.len();
                self.tagged_paragraphs(&paragraphs, Some(index), inherited, out);
                if out.items.len() == before {
                    self.headed_paragraphs(&paragraphs, Some(index), inherited, out);
                }
                if out.items.len() == before && !self.text(&title).contains("目标") {
                    self.counted_paragraphs(&paragraphs, index, inherited, out);
                }
            }
            return;
        }
        self.lost_first(n, &children, index, &answering, out);
        for child in children {
            // 第一篇 over 一、 over 1.: both are headings of sections.
            if node.kind == Kind::Chapter && self.nodes[child].kind <= Kind::Ordinal && self.is_group(child) {
                self.section(child, &answering, out);
            } else {
                self.walk(child, Some(index), &answering, out);
            }
        }
    }

    /// Where a section's numbers begin with 2, the paragraph before it lost its 1.
    fn lost_first(&self, n: usize, children: &[usize], section: usize, owners: &[Owner], out: &mut Outline) {
        let Some(first) = children.first().map(|c| &self.nodes[*c]) else { return };
        let through = out.items.last().is_some_and(|i| {
            crate::number::leading(self.text(&i.number)).is_some_and(|(v, _)| v + 1 == first.value)
        });
        if first.value != 2 || first.kind != Kind::Arabic || through {
            return;
        }
        let own = self.own(n);
        for paragraph in self.paragraphs(&(self.line_end(own.start, own.end)..own.end)) {
            if self.has_words(&paragraph) {
                out.items.push(self.draft(
                    paragraph.start..paragraph.start,
                    paragraph.start,
                    paragraph.end,
                    Some(section),
                    owners,
                ));
                return;
            }
        }
    }

    /// A clause below a section: a group of items, or an item.
    fn walk(&self, n: usize, section: Option<usize>, inherited: &[Owner], out: &mut Outline) {
        let node = &self.nodes[n];
        let children = self.live(n);
        if children.is_empty() {
            if !is_prose(self.text(&self.title(node.body, node.end))) || self.tree_tagged(n) {
                self.item(n, node.tree_end, section, inherited, out);
            }
            return;
        }
        let tagged = self.children_tagged(n);
        if self.is_group(n) {
            out.groups.push(node.start..self.title(node.body, node.end).end.max(node.body));
            if is_prose(self.text(&self.title(node.body, node.end))) && !tagged {
                return;
            }
            let own = self.heading_owners(n);
            let owners = if own.is_empty() { inherited } else { &own };
            for child in children {
                self.walk(child, section, owners, out);
            }
        } else if tagged {
            self.item(n, node.end, section, inherited, out);
            let own: Vec<Owner> =
                self.tags_in(&self.own(n)).iter().flat_map(|t| t.owners.iter().cloned()).collect();
            let owners = if own.is_empty() { inherited } else { &own };
            for child in children {
                self.item(child, self.nodes[child].tree_end, section, owners, out);
            }
        } else {
            self.item(n, node.tree_end, section, inherited, out);
        }
    }

    /// Whether a clause is only the heading of those below it.
    fn is_group(&self, n: usize) -> bool {
        let children = self.live(n);
        let Some(first) = children.first() else { return false };
        let tagged = self.children_tagged(n);
        let fine = self.nodes[*first].kind >= Kind::ArabicParen;
        !self.runs_on(n)
            && !self.tagged_itself(n)
            && (tagged || (!fine && !self.lists_fields(n) && !self.is_exception(n)))
    }

    fn item(&self, n: usize, end: usize, section: Option<usize>, inherited: &[Owner], out: &mut Outline) {
        let node = &self.nodes[n];
        let mut draft = self.draft(node.number.clone(), node.body, end, section, inherited);
        draft.span.start = node.start;
        if matches!(node.kind, Kind::Bullet | Kind::Month) {
            draft.number = node.body..node.body;
        }
        out.items.push(draft);
    }

    fn draft(
        &self,
        number: Range<usize>,
        body: usize,
        end: usize,
        section: Option<usize>,
        inherited: &[Owner],
    ) -> Rough {
        let end = body + self.text(&(body..end)).trim_end().len();
        Rough {
            number,
            section,
            title: self.title(body, end),
            span: body..end,
            parts: vec![(body..end, Setting::Prose)],
            owners: Vec::new(),
            inherited: inherited.to_vec(),
        }
    }

    fn paragraphs(&self, range: &Range<usize>) -> Vec<Range<usize>> {
        let all = &self.flow.paragraphs;
        let from = all.partition_point(|p| p.range.end <= range.start);
        all[from..]
            .iter()
            .map(|p| p.range.start.max(range.start)..p.range.end.min(range.end))
            .take_while(|r| r.start < range.end)
            .filter(|r| !r.is_empty())
            .collect()
    }
}
