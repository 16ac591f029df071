//! The numbered clauses of a text and how they nest.

mod glued;

use std::ops::Range;

use crate::bracket::{self, Pair, Shape};
use crate::flow::Flow;
use crate::label::{self, Field};
use crate::mark::{self, Kind};
use crate::number;
use crate::owners::Tag;

/// A numbered clause, with its place in the tree.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) value: u32,
    pub(crate) number: Range<usize>,
    /// Where its mark begins, and where its words do.
    pub(crate) start: usize,
    pub(crate) body: usize,
    /// Where its own words end: at the next clause of any rank.
    pub(crate) end: usize,
    /// Where its last descendant ends.
    pub(crate) tree_end: usize,
    pub(crate) parent: Option<usize>,
    pub(crate) children: Vec<usize>,
    /// In a list that begins inside a sentence, after a colon.
    pub(crate) listed: bool,
}

/// The clauses of the paragraphs inside `paper`, in the order of the text.
pub(crate) fn read(flow: &Flow, pairs: &[Pair], tags: &[Tag], paper: &Range<usize>) -> Vec<Node> {
    tree(marks(flow, pairs, tags, paper), paper.end)
}

/// A mark where it stands in the text.
struct Seen {
    kind: Kind,
    value: u32,
    number: Range<usize>,
    start: usize,
    body: usize,
    listed: bool,
    /// Its bullet and how far that stands from the edge.
    bullet: Option<(char, usize)>,
}

/// What the search for marks remembers.
#[derive(Default)]
struct Search {
    /// The value last seen, by kind.
    last: [u32; Kind::COUNT],
    /// Kinds of the clauses that are open, outermost first.
    open: Vec<Kind>,
    /// Whether no sentence has ended since the last mark.
    heading: bool,
}

impl Search {
    fn accept(&mut self, kind: Kind, value: u32) {
        while self.open.last().is_some_and(|k| *k >= kind) {
            self.open.pop();
        }
        self.open.push(kind);
        self.last[kind as usize] = value;
        self.heading = true;
    }

    /// Whether a mark in the middle of a line is one: it goes on a sequence or begins one below what is open, and
    /// stands where a sentence has ended or right after a heading.
    fn believes(&self, m: &mark::Mark, before: Option<char>) -> bool {
        let last = self.last[m.kind as usize];
        let next = last > 0 && m.value == last + 1;
        let below = self.open.last().is_none_or(|k| *k < m.kind);
        let first = m.value == 1 && below;
        let after = |marks: &str| before.is_some_and(|c| marks.contains(c));
        if m.bare {
            return false;
        }
        match m.kind {
            Kind::Paren => {
                (after("。！？；：）)】]”") || (self.heading && below && !self.open.is_empty()))
                    && (next || first)
            }
            Kind::Hanzi => after("。！？；）)】]") && (next || (m.value == 1 && self.open.is_empty())),
            Kind::Arabic => {
                let skipped = after("。") && m.value <= last + 2 && m.value > last;
                // 一、标题1.正文: the line end between heading and item was lost.
                let lost_line = self.heading
                    && below
                    && !self.open.is_empty()
                    && (next || first)
                    && !before.is_some_and(|c| c.is_ascii());
                lost_line
                    || after("。！？；：）)】];")
                        && ((next && self.open.contains(&m.kind)) || first || (next && below) || skipped)
            }
            Kind::ArabicParen | Kind::Circled => {
                after("。！？；：）)】]，")
                    && (next || m.value == 1)
                    && (below || self.open.contains(&m.kind))
            }
            Kind::Article => after("。；") && next,
            Kind::Chapter | Kind::Month | Kind::Ordinal | Kind::Dotted | Kind::Argument | Kind::Bullet => {
                false
            }
        }
    }
}

fn marks(flow: &Flow, pairs: &[Pair], tags: &[Tag], paper: &Range<usize>) -> Vec<Seen> {
    let mut out = Vec::new();
    let mut search = Search::default();
    let mut tags = tags.iter().peekable();
    let inside = flow.paragraphs.iter().filter(|p| p.range.start >= paper.start && p.range.end <= paper.end);
    let (paragraphs, indents): (Vec<&Range<usize>>, Vec<usize>) =
        inside.map(|p| (&p.range, p.indent)).unzip();
    let heads = Heads::look(flow, &paragraphs);
    let floor = paper.start;
    for (n, range) in paragraphs.into_iter().enumerate() {
        let mut at = range.start;
        if let Some(value) = heads.months[n] {
            search.accept(Kind::Month, value);
            search.heading = false;
            let number = at..at;
            out.push(Seen {
                kind: Kind::Month,
                value,
                number,
                start: at,
                body: at,
                listed: false,
                bullet: None,
            });
            continue;
        }
        let mut before: Option<char> = None;
        let outer = |k: &Kind| matches!(k, Kind::Chapter | Kind::Hanzi | Kind::Month | Kind::Bullet);
        if heads.led[n] && search.open.last().is_none_or(outer) {
            search.accept(Kind::Bullet, 0);
            let number = at..at;
            out.push(Seen {
                kind: Kind::Bullet,
                value: 0,
                number,
                start: at,
                body: at,
                listed: false,
                bullet: None,
            });
        }
        while at < range.end {
            while tags.next_if(|t| t.range.end <= at).is_some() {}
            if let Some(tag) = tags.next_if(|t| t.range.start <= at) {
                at = tag.range.end.min(range.end);
                before = Some('）');
                continue;
            }
            let rest = &flow.text[at..range.end];
            let Some(c) = rest.chars().next() else { break };
            let head = at == range.start;
            let plain = || if head { heads.at(n, rest) } else { mark::at(rest) };
            let first = search.open.is_empty() && mark::may_begin(c);
            if (head || before.is_none() || first || may_follow(c, before, search.heading))
                && let Some(m) = plain()
            {
                let taken = if head && heads.is_field(&m, &rest[m.len..]) {
                    false
                } else if head {
                    at_head(&search, &m)
                } else {
                    (before.is_none() && !m.bare && search.open.last().is_none_or(|k| *k < m.kind))
                        || search.believes(&m, before)
                        || (first && glued::behind_title(flow, range.start, at, &m))
                };
                if taken {
                    if m.value != search.last[m.kind as usize] + 1
                        && let Some(lost) = glued::before(flow, &out, floor, &m, at)
                    {
                        glued::insert(&mut out, lost);
                    }
                    search.accept(m.kind, m.value);
                    let bullet = (m.kind == Kind::Bullet).then_some((c, indents[n]));
                    out.push(Seen {
                        bullet,
                        kind: m.kind,
                        value: m.value,
                        number: at + m.number.0..at + m.number.1,
                        start: at,
                        body: at + m.len,
                        listed: if head { heads.announced[n] } else { before == Some('：') },
                    });
                    at += m.len;
                    // 一、（一）: the next mark may follow at once.
                    before = None;
                    continue;
                }
            }
            if let Some(pair) = bracket::opens_at_char(c).then(|| bracket::opens_at(pairs, at)).flatten()
                && pair.shape != Shape::InnerBook
            {
                at = pair.end.min(range.end);
                before = flow.text[..at].chars().next_back();
                continue;
            }
            if c == '。' {
                search.heading = false;
            }
            before = Some(c);
            at += c.len_utf8();
        }
        search.heading = false;
    }
    out
}

/// What the heads of the paragraphs say together: some marks are believed only because others stand beside them.
struct Heads {
    /// Numbers with a space instead of a point: 1 加强学习, 一　总体要求.
    spaced: Vec<Option<mark::Mark>>,
    /// Lines that name a month or quarter and nothing else, over what is to be done then.
    months: Vec<Option<u32>>,
    /// Lines that begin with a month and tell what is done then, three or more in a document.
    led: Vec<bool>,
    /// Paragraphs after one that announces a list and is no heading (具体措施：).
    announced: Vec<bool>,
    /// Kinds of number that head the fields of a task (（二）责任部门：…) and no clauses.
    fields: Vec<Kind>,
    /// Lines that name a project (项目名称：…), two or more in a document: each heads a clause without a number.
    named: Vec<Option<mark::Mark>>,
    /// Lines that go on a list of attachments (附件：1.…).
    attached: Vec<bool>,
}

impl Heads {
    fn look(flow: &Flow, paragraphs: &[&Range<usize>]) -> Self {
        let text = |r: &Range<usize>| &flow.text[r.clone()];
        let mut spaced: Vec<Option<mark::Mark>> = paragraphs
            .iter()
            .map(|r| {
                let words = text(r);
                let (mut value, mut len) = number::leading(words).filter(|(v, _)| (1..100).contains(v))?;
                // 3.1　期初检查: with the space no 3.1期.
                let dotted = words[len..].strip_prefix('.').and_then(number::arabic);
                if let Some((second, more)) = dotted.filter(|(v, _)| (1..=40).contains(v)) {
                    (value, len) = (second, len + '.'.len_utf8() + more);
                }
                let next = words[len..].chars().next()?;
                let han = ('\u{4e00}'..='\u{9fff}').contains(&next) || matches!(next, '“' | '《' | '"');
                let kind = match (dotted, number::arabic(words)) {
                    (Some(_), _) => Kind::Dotted,
                    (None, Some(_)) => Kind::Arabic,
                    (None, None) => Kind::Hanzi,
                };
                (han && flow.spaced_before(r.start + len)).then_some(mark::Mark {
                    kind,
                    value,
                    number: (0, len),
                    len,
                    bare: false,
                })
            })
            .collect();
        for kind in [Kind::Arabic, Kind::Hanzi, Kind::Dotted] {
            // They count from one, on or anew; a space that strayed into a word does neither.
            let mut last = 0;
            let mut kept = 0;
            for m in spaced.iter_mut().filter(|m| m.is_some_and(|m| m.kind == kind)) {
                match m {
                    Some(mark) if mark.value == last + 1 || mark.value == 1 => {
                        last = mark.value;
                        kept += 1;
                    }
                    _ => *m = None,
                }
            }
            if kept < 2 {
                spaced.iter_mut().filter(|m| m.is_some_and(|m| m.kind == kind)).for_each(|m| *m = None);
            }
        }
        let mut months: Vec<Option<u32>> = paragraphs.iter().map(|r| mark::month(text(r))).collect();
        if months.iter().flatten().count() < 2 {
            months.fill(None);
        }
        let mut led: Vec<bool> = paragraphs.iter().map(|r| is_led(flow, r)).collect();
        if led.iter().filter(|l| **l).count() < 3 {
            led.fill(false);
        }
        let mut fields = Vec::new();
        for r in paragraphs {
            if let Some(m) = mark::at(text(r)).filter(|m| !m.bare && !fields.contains(&m.kind))
                && label::at_start(&text(r)[m.len..]).is_some_and(|l| l.0 != Field::Other)
            {
                fields.push(m.kind);
            }
        }
        let announces = |r: &Range<usize>| {
            let words = text(r);
            words.ends_with('：') && mark::at(words).is_none()
        };
        let announced = (0..paragraphs.len()).map(|n| n > 0 && announces(paragraphs[n - 1])).collect();
        let words: Vec<&str> = paragraphs.iter().map(|r| text(r)).collect();
        Self { spaced, months, led, announced, fields, named: named(&words), attached: attached(&words) }
    }

    /// The mark at the head of paragraph `n`, which says `words`.
    fn at(&self, n: usize, words: &str) -> Option<mark::Mark> {
        if self.attached[n] {
            return None;
        }
        self.named[n].or(self.spaced[n]).or_else(|| mark::at(words)).or_else(|| mark::argument(words))
    }

    /// Whether a mark heads a field of a task: an owner, a time, or in a document that numbers these its content.
    fn is_field(&self, m: &mark::Mark, rest: &str) -> bool {
        if label::at_start(rest).is_some_and(|l| l.0 != Field::Other) {
            return true;
        }
        self.fields.contains(&m.kind) && label::is_content(rest)
    }
}

/// The marks of lines that give a project or task its name.
fn named(paragraphs: &[&str]) -> Vec<Option<mark::Mark>> {
    const NAMES: [&str; 6] = ["项目名称", "任务名称", "工作名称", "活动名称", "工作任务", "重点任务"];
    let mut value = 0;
    let mut out: Vec<Option<mark::Mark>> = Vec::with_capacity(paragraphs.len());
    for words in paragraphs {
        let name = NAMES.iter().find(|w| words.starts_with(**w));
        let len = name
            .and_then(|w| {
                words[w.len()..]
                    .chars()
                    .next()
                    .filter(|c| matches!(c, '：' | ':'))
                    .map(|c| w.len() + c.len_utf8())
            })
            .filter(|len| *len < words.len());
        out.push(len.map(|len| {
            value += 1;
            mark::Mark { kind: Kind::Paren, value, number: (0, 0), len, bare: false }
        }));
    }
    if value < 2 {
        out.fill(None);
    }
    out
}

/// Whether each paragraph goes on the list of attachments that a line 附件：1.… began.
fn attached(paragraphs: &[&str]) -> Vec<bool> {
    let mut next = None;
    let begins = |words: &str| {
        let rest = words.strip_prefix("附件")?.trim_start_matches(['：', ':']);
        mark::at(rest).filter(|m| m.kind == Kind::Arabic && m.value == 1).map(|_| 2)
    };
    let goes_on = |words: &str, next: u32| {
        mark::at(words).is_some_and(|m| m.kind == Kind::Arabic && m.value == next)
            && words.chars().count() <= 40
            && !words.contains('。')
    };
    let mut out = Vec::with_capacity(paragraphs.len());
    for words in paragraphs {
        let listed = next.is_some_and(|n| goes_on(words, n));
        next = if listed { next.map(|n| n + 1) } else { begins(words) };
        out.push(listed);
    }
    out
}

/// 第3周, 第5-6周
fn is_week(head: &str) -> bool {
    let inner = head.strip_prefix('第').and_then(|h| h.strip_suffix('周'));
    inner.is_some_and(|i| {
        !i.is_empty()
            && i.chars()
                .all(|c| number::digit(c).is_some() || number::is_hanzi(c) || "-—–至、周第".contains(c))
    })
}

/// Whether a paragraph begins with a month and goes on: 3月：召开大会, 1月　召开大会.
fn is_led(flow: &Flow, range: &Range<usize>) -> bool {
    let words = &flow.text[range.clone()];
    let ends = words
        .char_indices()
        .take(12)
        .filter(|(i, c)| matches!(c, '：' | ':') || (*i > 0 && flow.spaced_before(range.start + i)));
    ends.map(|(i, _)| &words[..i]).any(|head| mark::month(head).is_some() || is_week(head))
}

/// Whether a mark can begin with `c` in the middle of a line; most characters are passed by this alone.
fn may_follow(c: char, before: Option<char>, heading: bool) -> bool {
    matches!(c, '（' | '(')
        || (heading && number::digit(c).is_some())
        || before.is_some_and(|b| {
            matches!(b, '。' | '！' | '？' | '；' | ';' | '：' | '）' | ')' | '】' | ']' | '”' | '，')
        })
}

/// Whether a mark at the head of a paragraph is one.
fn at_head(search: &Search, m: &mark::Mark) -> bool {
    if m.bare {
        let last = search.last[Kind::Arabic as usize];
        return last > 0 && m.value == last + 1;
    }
    if m.kind == Kind::Article || m.kind == Kind::Argument {
        let last = search.last[m.kind as usize];
        return m.value == 1 || m.value == last + 1 || (last == 0 && m.kind == Kind::Article);
    }
    // 第一，… inside an item counts arguments; it heads clauses where nothing else does, and right below 一、.
    m.kind != Kind::Ordinal
        || search.open.last().is_none_or(|k| *k <= Kind::Ordinal)
        || (search.open.contains(&Kind::Ordinal) && m.value == search.last[m.kind as usize] + 1)
}

/// Whether a bullet is of the list below another: it stands further from the edge (● over ○, or dashes over dashes), or
/// its kind never begins a list in this document and so only stands below one that does; `ranks` tells which.
fn is_below(ranks: &[(char, usize)], above: Option<(char, usize)>, this: Option<(char, usize)>) -> bool {
    let (Some((over, edge)), Some((mark, indent))) = (above, this) else { return false };
    let rank = |c: char| ranks.iter().find(|r| r.0 == c).map_or(0, |r| r.1);
    (indent > edge && (mark != over || matches!(mark, '-' | '*' | '·'))) || rank(mark) > rank(over)
}

/// The bullets of a document and their ranks: 0 for those with which a list begins, and 1, 2… in the order in which they
/// appear for those that only ever stand behind another.
fn bullet_ranks(seen: &[Seen]) -> Vec<(char, usize)> {
    let mut out: Vec<(char, usize)> = Vec::new();
    let mut begins = true;
    for s in seen {
        if let Some((c, _)) = s.bullet {
            let next = out.iter().map(|r| r.1 + 1).max().unwrap_or(0);
            match out.iter_mut().find(|r| r.0 == c) {
                Some(rank) if begins => rank.1 = 0,
                None => out.push((c, if begins { 0 } else { next.max(1) })),
                Some(_) => {}
            }
        }
        begins = s.bullet.is_none();
    }
    out
}

fn tree(seen: Vec<Seen>, end: usize) -> Vec<Node> {
    let starts: Vec<usize> = seen.iter().map(|s| s.start).collect();
    let mut nodes: Vec<Node> = Vec::with_capacity(seen.len());
    let mut open: Vec<usize> = Vec::new();
    let bullets: Vec<Option<(char, usize)>> = seen.iter().map(|s| s.bullet).collect();
    let ranks = bullet_ranks(&seen);
    for (n, s) in seen.into_iter().enumerate() {
        while open
            .last()
            .is_some_and(|i| nodes[*i].kind >= s.kind && !is_below(&ranks, bullets[*i], bullets[n]))
        {
            if let Some(i) = open.pop() {
                nodes[i].tree_end = s.start;
            }
        }
        let parent = open.last().copied();
        if let Some(p) = parent {
            nodes[p].children.push(n);
        }
        // A list begun after a colon goes on with every number in it.
        let listed = s.listed
            || parent
                .and_then(|p| nodes[p].children.iter().rev().nth(1))
                .is_some_and(|i| nodes[*i].listed && s.value > 1);
        nodes.push(Node {
            kind: s.kind,
            value: s.value,
            number: s.number,
            start: s.start,
            body: s.body,
            end: starts.get(n + 1).copied().unwrap_or(end),
            tree_end: end,
            parent,
            children: Vec::new(),
            listed,
        });
        open.push(n);
    }
    nodes
}
