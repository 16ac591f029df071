//! The words of a document in one run: furniture dropped, wrapped lines joined, stray spaces taken out, and for each
//! byte where it stands in the source.

use std::ops::Range;

use model::{AsideKind, BlockKind, Place, SourceText, Span};

use crate::furniture;
use crate::mark::{self, Kind};

/// Clean text with a way back. Paragraphs are ended by `\n`, which stands nowhere else.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    pub(crate) text: String,
    /// (offset in the clean text, offset in the source) where a copied run begins, ascending in both.
    map: Vec<(usize, usize)>,
    /// Where a wrapped line was joined to the one before.
    joints: Vec<usize>,
    /// Whether `.` ends the sentences of the document; it is read as 。 then.
    half_width: bool,
    /// Whether `**` marks words and stands for none.
    markdown: bool,
    /// Where a 。 stands for a `.` of the source.
    stops: Vec<usize>,
    pub(crate) paragraphs: Vec<Paragraph>,
    /// What became of each block of the source, for the text outside tables.
    pub(crate) fates: Vec<Fate>,
}

/// What became of a block of the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is in the clean text.
    Read,
    /// It is furniture.
    Dropped(AsideKind),
    /// It belongs to a task table.
    Task,
    /// It is a cell of another table.
    Cell,
}

/// A paragraph of the clean text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Paragraph {
    /// Its words, without the `\n`.
    pub(crate) range: Range<usize>,
    /// Number of the block in which it begins.
    pub(crate) block: usize,
    /// How far its first line stands from the edge, in half-width characters.
    pub(crate) indent: usize,
}

impl Flow {
    /// Where a byte of the clean text stands in the source.
    pub(crate) fn source(&self, at: usize) -> usize {
        let i = self.map.partition_point(|m| m.0 <= at);
        i.checked_sub(1).map_or(at, |i| self.map[i].1 + (at - self.map[i].0))
    }

    /// Where the first word at or after byte `source` of the source stands in the clean text.
    pub(crate) fn at_source(&self, source: usize) -> usize {
        let i = self.map.partition_point(|m| m.1 < source);
        self.map.get(i).map_or(self.text.len(), |m| m.0)
    }

    /// The source span of a range of the clean text; empty ranges give an empty span.
    pub(crate) fn span(&self, range: &Range<usize>) -> Span {
        if range.is_empty() {
            let at = self.source(range.start.min(self.text.len().saturating_sub(1)));
            return Span::new(at, at);
        }
        let last = range.start + self.text[range.clone()].char_indices().next_back().map_or(0, |(i, _)| i);
        let len = if self.stops.binary_search(&last).is_ok() { 1 } else { range.end - last };
        Span::new(self.source(range.start), self.source(last) + len)
    }

    /// The words of a range as the document has them, in one line.
    pub(crate) fn words(&self, range: &Range<usize>) -> String {
        let mut out = String::with_capacity(range.len());
        let mut at = range.start;
        let first = self.stops.partition_point(|s| *s < range.start);
        for stop in self.stops[first..].iter().take_while(|s| **s < range.end) {
            out.push_str(&self.text[at..*stop]);
            out.push('.');
            at = stop + '。'.len_utf8();
        }
        out.push_str(&self.text[at.min(range.end)..range.end]);
        out.retain(|c| c != '\n');
        out
    }

    /// Whether white space inside a line was taken out of the source just before this byte.
    pub(crate) fn spaced_before(&self, at: usize) -> bool {
        self.map.binary_search_by_key(&at, |m| m.0).is_ok() && self.joints.binary_search(&at).is_err()
    }

    /// An empty text for words of `source`.
    pub(crate) fn of(source: &SourceText) -> Self {
        Self { markdown: is_markdown(&source.text), ..Self::default() }
    }

    /// Copies `words`, which begin at `from` in the source, to the paragraph being written.
    pub(crate) fn push(&mut self, words: &str, from: usize) {
        let bytes = words.as_bytes();
        let mut run = 0;
        let mut at = 0;
        while at < bytes.len() {
            let gap = if bytes[at] == b'*' && !self.markdown { 0 } else { gap(bytes, at) };
            if gap == 0 {
                at += 1;
                continue;
            }
            self.copy(&words[run..at], from + run);
            at += gap;
            run = at;
        }
        self.copy(&words[run..], from + run);
    }

    fn copy(&mut self, words: &str, from: usize) {
        if words.is_empty() {
            return;
        }
        // Between two Latin words the space has a meaning. It stands for the word after it: what was between them in the
        // source may be one byte or several, or a line end with an indent.
        let joins = |c: u8| c.is_ascii_alphanumeric();
        let after = self.text.as_bytes().last().copied().is_some_and(|c| c.is_ascii_alphabetic());
        let before = words.as_bytes().first().copied().is_some_and(joins);
        if after && before && from > 0 && !self.text.is_empty() {
            self.map.push((self.text.len(), from));
            self.text.push(' ');
        }
        let mut at = 0;
        if self.half_width {
            for (i, _) in words.match_indices('.') {
                if !is_stop(&self.text, &words[at..i]) {
                    continue;
                }
                self.map.push((self.text.len(), from + at));
                self.text.push_str(&words[at..i]);
                self.map.push((self.text.len(), from + i));
                self.stops.push(self.text.len());
                self.text.push('。');
                at = i + 1;
            }
        }
        if at < words.len() {
            self.map.push((self.text.len(), from + at));
            self.text.push_str(&words[at..]);
        }
    }

    /// Ends the paragraph that began at `start`; an empty one leaves no trace.
    pub(crate) fn end(&mut self, start: usize, block: usize, indent: usize) {
        if self.text.len() > start {
            self.paragraphs.push(Paragraph { range: start..self.text.len(), block, indent });
            self.text.push('\n');
        }
    }
}

/// Whether a `.` after `words`, which follow `text`, ends a sentence: it stands after Chinese words or what closes them,
/// and not after the number of a clause (一.).
fn is_stop(text: &str, words: &str) -> bool {
    let near = &text[text.floor_char_boundary(text.len().saturating_sub(40))..];
    let paragraph = near.rfind('\n').map_or(near, |i| &near[i + 1..]);
    let mut back = words.chars().rev().chain(paragraph.chars().rev());
    let Some(last) = back.next() else { return false };
    let closes = ('\u{4e00}'..='\u{9fff}').contains(&last) || "”）)》】’\"".contains(last);
    // A number of a clause is short: a few characters before it the paragraph began.
    let number = |c: char| crate::number::is_hanzi(c) || "（）()".contains(c);
    closes && (!number(last) || back.by_ref().take(5).any(|c| !number(c)))
}

/// Whether `**` marks words, as Markdown has it: a heading with #, or a line that begins with words between two of them.
/// Elsewhere stars stand for what was masked (**学院, 每月**日).
fn is_markdown(text: &str) -> bool {
    text.contains("**")
        && text.lines().any(|line| {
            let line = line.trim_start();
            let words = line.trim_start_matches(|c: char| c.is_ascii_digit() || " .、-|#".contains(c));
            let bold = words.strip_prefix("**").and_then(|w| w.split_once("**"));
            (line.starts_with('#') && line.trim_start_matches('#').starts_with(' '))
                || bold.is_some_and(|(inner, _)| inner.chars().count() >= 3)
        })
}

/// Whether the document ends its sentences with `.` instead of 。.
fn ends_with_points(lines: &[Line<'_>]) -> bool {
    let (mut points, mut stops) = (0_usize, 0_usize);
    for line in lines {
        let mut before = None;
        for c in line.words.chars() {
            points += usize::from(c == '.' && before.is_some_and(|b| ('\u{4e00}'..='\u{9fff}').contains(&b)));
            stops += usize::from(c == '。');
            before = Some(c);
        }
    }
    points >= 3 && points > stops * 2
}

/// Length of the white space or zero-width character at byte `at`, 0 when there is none. `**` of Markdown counts too.
fn gap(bytes: &[u8], at: usize) -> usize {
    match bytes[at] {
        b' ' | b'\t' | b'\r' | b'\n' | 0x0b | 0x0c => 1,
        b'*' if bytes.get(at + 1) == Some(&b'*') => 2,
        0xc2 if bytes.get(at + 1) == Some(&0xa0) => 2,
        0xe3 if bytes[at + 1..].starts_with(&[0x80, 0x80]) => 3,
        0xe2 if bytes.get(at + 1) == Some(&0x80)
            && bytes
                .get(at + 2)
                .is_some_and(|b| (0x80..=0x8f).contains(b) || *b == 0xa8 || *b == 0xa9 || *b == 0xaf) =>
        {
            3
        }
        0xe2 if bytes[at + 1..].starts_with(&[0x81, 0xa0]) => 3,
        0xef if bytes[at + 1..].starts_with(&[0xbb, 0xbf]) => 3,
        _ => 0,
    }
}

/// A line of the source that is not empty and no furniture.
struct Line<'t> {
    words: &'t str,
    from: usize,
    block: usize,
    /// Width in full-width characters, rounded up; long lines are not counted beyond 200.
    width: usize,
    /// How far it stands from the edge, in half-width characters.
    indent: usize,
    mark: Option<Kind>,
    /// A paragraph of a file that knows its paragraphs: it is whole as it stands.
    whole: bool,
}

impl Line<'_> {
    fn indented(&self) -> bool {
        self.indent >= 4
    }
}

/// The clean text of the paragraphs of `source` that stand outside tables: those for which `skip` is false. Cells are
/// read as paragraphs where tables only lay out the page: when most of the text stands in them and none is a task table.
pub(crate) fn prose(source: &SourceText, skip: &[bool]) -> Flow {
    let in_cells: usize = source
        .blocks
        .iter()
        .filter(|b| matches!(b.kind, BlockKind::Cell { .. }))
        .map(|b| b.span.end - b.span.start)
        .sum();
    let laid_out = !skip.contains(&true) && in_cells * 2 > source.text.len();
    let texts: Vec<&str> = source.blocks.iter().map(|b| b.span.of(&source.text)).collect();
    let heads = furniture::running_heads(&texts);
    let contents = furniture::contents(&texts);
    let mut lines = Vec::new();
    let mut fates = Vec::with_capacity(texts.len());
    for (n, block) in source.blocks.iter().enumerate() {
        let fate = if skip[n] {
            Fate::Task
        } else if crate::table::is_sheet_name(source, block) {
            Fate::Dropped(AsideKind::Heading)
        } else if heads[n] {
            Fate::Dropped(AsideKind::Page)
        } else if contents[n] {
            Fate::Dropped(AsideKind::Contents)
        } else if !laid_out && matches!(block.kind, BlockKind::Cell { .. }) {
            Fate::Cell
        } else {
            match line(texts[n], block.span.start, n) {
                Ok(mut line) => {
                    line.whole = matches!(block.place, Place::Paragraph(_) | Place::Cell { .. });
                    lines.push(line);
                    Fate::Read
                }
                Err(kind) => Fate::Dropped(kind),
            }
        };
        fates.push(fate);
    }
    Flow { fates, ..join(&lines, Flow::of(source)) }
}

/// A line of the source, or what it is when it is furniture.
fn line(words: &str, from: usize, block: usize) -> Result<Line<'_>, AsideKind> {
    let is_blank =
        |c: char| c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{2060}');
    let lead = words.len() - words.trim_start_matches(is_blank).len();
    let mut at = lead;
    let mut trimmed = words[lead..].trim_end_matches(is_blank);
    // Headings of Markdown.
    let hashes = trimmed.len() - trimmed.trim_start_matches(['#', '>']).len();
    if hashes > 0 {
        let rest = trimmed[hashes..].trim_start_matches(is_blank);
        at += trimmed.len() - rest.len();
        trimmed = rest;
    }
    if trimmed.is_empty() || furniture::is_page_number(trimmed) {
        return Err(AsideKind::Page);
    }
    if furniture::is_chrome(trimmed) {
        return Err(AsideKind::Site);
    }
    let indent: usize = words[..lead].chars().map(|c| if c == '\u{3000}' { 2 } else { 1 }).sum();
    Ok(Line {
        words: trimmed,
        from: from + at,
        block,
        width: width(trimmed) + indent.min(16) / 2,
        indent,
        mark: head_mark(trimmed),
        whole: false,
    })
}

/// The kind of number at the head of a line, whatever spaces stand in it.
fn head_mark(words: &str) -> Option<Kind> {
    let first = words.chars().next()?;
    if !mark::may_begin(first) {
        return None;
    }
    if !words.chars().take(12).any(|c| matches!(c, ' ' | '\u{3000}')) {
        let near = words.char_indices().nth(12).map_or(words, |(i, _)| &words[..i]);
        return mark::at(near).filter(|m| !m.bare).map(|m| m.kind);
    }
    let near: String = words.chars().filter(|c| !matches!(c, ' ' | '\u{3000}')).take(12).collect();
    mark::at(&near).filter(|m| !m.bare).map(|m| m.kind)
}

fn width(words: &str) -> usize {
    let halves: usize = words.chars().take(200).map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
    halves.div_ceil(2)
}

/// The width at which the lines of a document are broken, where they are: a third of the lines fill it, or a fifth that
/// mostly end in the middle of a sentence.
fn wrap_width(lines: &[Line<'_>]) -> Option<usize> {
    if lines.len() < 8 {
        return None;
    }
    let mut widths: Vec<usize> = lines.iter().map(|l| l.width).collect();
    widths.sort_unstable();
    let wide = widths[(widths.len() * 9 / 10).min(widths.len() - 1)];
    let full: Vec<&Line<'_>> =
        lines.iter().filter(|l| (wide.saturating_sub(2)..=wide + 2).contains(&l.width)).collect();
    // Where headings and owners have many short lines, full lines that break off in a word tell as much.
    let broken =
        full.iter().filter(|l| !l.words.ends_with(['。', '；', '：', '）', ')', '】', '.', ';'])).count();
    let many = full.len() * 3 >= lines.len();
    let telling = full.len() >= 4 && full.len() * 5 >= lines.len() && broken * 4 >= full.len() * 3;
    ((15..=64).contains(&wide) && (many || telling)).then_some(wide)
}

/// What the joining must know of the paragraph written so far.
#[derive(Default)]
struct Open {
    /// Unclosed brackets, and how many lines ago the first was opened.
    depth: usize,
    since: usize,
    period: bool,
    comma: bool,
    last: Option<char>,
    mark: Option<Kind>,
    lines: usize,
    width: usize,
    /// Whether it ends as titles do: 某某方案（2025-2030年）.
    title: bool,
}

impl Open {
    fn read(&mut self, line: &Line<'_>, half_width: bool) {
        if self.lines == 0 {
            self.mark = line.mark;
        }
        self.lines += 1;
        self.width = line.width;
        for c in line.words.chars() {
            match c {
                '（' | '(' | '《' | '“' | '【' | '〔' | '［' => self.depth += 1,
                '）' | ')' | '》' | '”' | '】' | '〕' | '］' => {
                    self.depth = self.depth.saturating_sub(1);
                }
                '。' => self.period = true,
                '.' if half_width => self.period = true,
                '，' | '、' | ',' => self.comma = true,
                _ => {}
            }
        }
        if self.depth == 0 {
            self.since = 0;
        } else {
            self.since += 1;
        }
        self.last = line.words.chars().next_back();
        self.title =
            !self.period && !self.comma && self.mark.is_none() && crate::title::is_plan_noun_end(line.words);
    }

    /// Whether the sentence goes on in the next line.
    fn goes_on(&self, next: &Line<'_>, doc: &Shape) -> bool {
        let first = next.words.chars().next();
        if first.is_some_and(|c| "，。、；：）》”】〕］！？,;)%％".contains(c)) {
            return true;
        }
        // Four lines are more than any bracket of an owner tag needs after a page break.
        if self.depth > 0 && self.since <= 4 && (next.mark.is_none() || self.last == Some('、')) {
            return true;
        }
        if next.mark.is_some_and(|k| k != Kind::Bullet || doc.bulleted) || begins_anew(next.words) {
            return false;
        }
        // Digits and Latin letters let a full line fall short by more than one character.
        let full_line = doc.wrap.is_some_and(|full| self.width + 3 >= full);
        match self.last {
            None => return false,
            Some(c) if self.title || "。！？；：:;!?".contains(c) => return false,
            Some('.') if self.period => return false,
            Some('）' | ')' | '】' | ']' | '］' | '〕') if self.period && !full_line => return false,
            Some('，' | '、' | ',' | '和' | '及' | '与') => return true,
            Some(_) => {}
        }
        if doc.indented && next.indented() {
            return false;
        }
        if doc.wrap.is_some() {
            return full_line || self.period;
        }
        let heading = self.mark.is_some_and(|k| doc.headings[k as usize]);
        self.period || (self.comma && !heading && self.width >= 40)
    }
}

/// A line that begins a paragraph of its own whatever stands before it.
fn begins_anew(words: &str) -> bool {
    words.starts_with(['★', '—', '|'])
        || crate::label::at_start(words).is_some()
        || words.starts_with("附件")
        || furniture::is_date(words)
}

/// What the lines of the whole document say about how it is laid out.
struct Shape {
    wrap: Option<usize>,
    indented: bool,
    bulleted: bool,
    /// Per kind of number: whether the lines that it heads are mostly headings without a period.
    headings: [bool; Kind::COUNT],
}

fn shape(lines: &[Line<'_>]) -> Shape {
    let mut marked = [0_usize; Kind::COUNT];
    let mut periods = [0_usize; Kind::COUNT];
    for line in lines {
        if let Some(kind) = line.mark {
            marked[kind as usize] += 1;
            periods[kind as usize] += usize::from(line.words.contains(['。', '；']));
        }
    }
    Shape {
        wrap: wrap_width(lines),
        indented: lines.iter().filter(|l| l.indented()).count() * 10 >= lines.len() * 3,
        bulleted: marked[Kind::Bullet as usize] > 1,
        headings: std::array::from_fn(|k| marked[k] > 0 && periods[k] * 10 <= marked[k] * 3),
    }
}

fn join(lines: &[Line<'_>], empty: Flow) -> Flow {
    let doc = shape(lines);
    let mut flow = Flow { half_width: ends_with_points(lines), ..empty };
    let mut start = 0;
    let (mut block, mut indent) = (0, 0);
    let mut open = Open::default();
    for (n, line) in lines.iter().enumerate() {
        if n > 0 && (line.whole || !open.goes_on(line, &doc)) {
            flow.end(start, block, indent);
            open = Open::default();
        }
        if open.lines == 0 {
            start = flow.text.len();
            (block, indent) = (line.block, line.indent);
        } else {
            flow.joints.push(flow.text.len());
        }
        flow.push(line.words, line.from);
        open.read(line, flow.half_width);
    }
    flow.end(start, block, indent);
    flow
}
