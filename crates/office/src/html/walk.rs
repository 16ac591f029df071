//! The walk through a page: paragraphs and tables in their order.

use std::collections::HashMap;

use ego_tree::Tree;
use ego_tree::iter::Edge;
use markup::{Element, Node};
use model::{BlockKind, Omission, Place, SourceText};

use super::furniture::{is_notice, is_site, omission};
use crate::FileFault;
use crate::limits::{MAX_BLOCKS, MAX_COLUMNS, MAX_TEXT};

type Id = ego_tree::NodeId;

/// Rows of cells, each with its column.
pub(crate) type Rows = Vec<Vec<(u32, String)>>;

/// What an element holds, all below it together.
#[derive(Clone, Copy, Default)]
struct Weight {
    characters: usize,
    /// Of these the ones inside links.
    linked: usize,
    links: usize,
    tables: usize,
    /// Whether it belongs to the site.
    is_site: bool,
}

/// Reads the page.
pub(super) fn read(name: &str, page: &Tree<Node>) -> Result<SourceText, FileFault> {
    let weights = weigh(page);
    let mut walk = Walk {
        out: SourceText { name: name.to_owned(), ..SourceText::default() },
        weights: &weights,
        line: String::new(),
        lists: Vec::new(),
        skipped: None,
        paragraphs: 0,
        tables: 0,
    };
    walk.run(page.root())?;
    Ok(walk.out)
}

/// The tables of a page that stand in no other.
pub(super) fn tables(page: &Tree<Node>) -> Result<Vec<Rows>, FileFault> {
    let weights = weigh(page);
    let mut out = Vec::new();
    for table in page.root().descendants().filter(|n| is(*n, &["table"])) {
        if !table.ancestors().any(|n| is(n, &["table"])) {
            out.extend(rows(table, &weights)?);
        }
    }
    Ok(out)
}

/// The weights of all elements, from the leaves up.
fn weigh(page: &Tree<Node>) -> HashMap<Id, Weight> {
    let mut out: HashMap<Id, Weight> = HashMap::new();
    for edge in page.root().traverse() {
        let Edge::Close(node) = edge else { continue };
        let mut own = out.get(&node.id()).copied().unwrap_or_default();
        match node.value() {
            Node::Text(words) => own.characters = words.chars().filter(|c| !c.is_whitespace()).count(),
            Node::Element(element) => {
                own.is_site = is_site(element);
                match element.name() {
                    "a" => {
                        own.linked = own.characters;
                        own.links += usize::from(own.characters > 0);
                    }
                    "table" => own.tables += 1,
                    _ => {}
                }
            }
            _ => continue,
        }
        let counts = !own.is_site;
        out.insert(node.id(), own);
        if let (true, Some(parent)) = (counts, node.parent()) {
            let above = out.entry(parent.id()).or_default();
            above.characters += own.characters;
            above.linked += own.linked;
            above.links += own.links;
            above.tables += own.tables;
        }
    }
    out
}

/// Elements that begin and end a line.
fn breaks(element: &Element) -> bool {
    matches!(
        element.name(),
        "address"
            | "article"
            | "blockquote"
            | "body"
            | "center"
            | "dd"
            | "details"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figure"
            | "figcaption"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "hr"
            | "html"
            | "li"
            | "main"
            | "ol"
            | "p"
            | "pre"
            | "section"
            | "summary"
            | "table"
            | "tbody"
            | "td"
            | "tfoot"
            | "th"
            | "thead"
            | "tr"
            | "ul"
    )
}

struct Walk<'w> {
    out: SourceText,
    weights: &'w HashMap<Id, Weight>,
    line: String,
    /// The next number of each open list; none for a list without numbers.
    lists: Vec<Option<u32>>,
    /// The element whose content is left out.
    skipped: Option<Id>,
    paragraphs: u32,
    tables: u32,
}

impl Walk<'_> {
    fn run(&mut self, root: markup::Place<'_>) -> Result<(), FileFault> {
        for edge in root.traverse() {
            match edge {
                Edge::Open(node) if self.skipped.is_none() => self.open(node)?,
                Edge::Open(_) => {}
                Edge::Close(node) => {
                    if self.skipped == Some(node.id()) {
                        self.skipped = None;
                    } else if self.skipped.is_none() {
                        self.close(node);
                    }
                }
            }
            if self.out.text.len() + self.line.len() > MAX_TEXT {
                return Err(FileFault::Bomb { what: "文字过多" });
            }
            if self.out.blocks.len() > MAX_BLOCKS {
                return Err(FileFault::Bomb { what: "段落过多" });
            }
        }
        self.end_line();
        Ok(())
    }

    fn open(&mut self, node: markup::Place<'_>) -> Result<(), FileFault> {
        match node.value() {
            Node::Text(words) => self.write(words),
            Node::Element(element) => {
                if let Some(why) = omission(element) {
                    let breaks = breaks(element);
                    self.end_line_if(breaks);
                    self.out.leave_out(why, &plain_words(node));
                    self.skipped = Some(node.id());
                    return Ok(());
                }
                let weight = self.weights.get(&node.id()).copied().unwrap_or_default();
                if weight.is_site || is_link_list(element, weight) {
                    self.end_line_if(breaks(element));
                    self.skipped = Some(node.id());
                    return Ok(());
                }
                match element.name() {
                    "br" => self.end_line(),
                    "ol" => {
                        self.end_line();
                        let start = element.attr("start").and_then(|s| s.trim().parse().ok()).unwrap_or(1);
                        self.lists.push(Some(start));
                    }
                    "ul" => {
                        self.end_line();
                        self.lists.push(None);
                    }
                    "li" => {
                        self.end_line();
                        if let Some(Some(next)) = self.lists.last_mut() {
                            self.line = format!("{next}.");
                            *next = next.saturating_add(1);
                        }
                    }
                    // A table of tables lays out the page.
                    "table" if weight.tables == 1 => {
                        self.end_line();
                        if let Some(rows) = rows(node, self.weights)? {
                            for (why, words) in omitted(node) {
                                self.out.leave_out(why, &words);
                            }
                            self.write_table(rows)?;
                            self.skipped = Some(node.id());
                        }
                    }
                    _ => self.end_line_if(breaks(element)),
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, node: markup::Place<'_>) {
        if let Node::Element(element) = node.value() {
            self.end_line_if(breaks(element));
            if matches!(element.name(), "ol" | "ul") {
                self.lists.pop();
            }
        }
    }

    fn write(&mut self, words: &str) {
        write(&mut self.line, words);
    }

    fn end_line_if(&mut self, ends: bool) {
        if ends {
            self.end_line();
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let words = line.trim_end();
        // A list may number what is numbered already.
        let own = words.trim_start().trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix('.');
        let words = match own {
            Some(rest) if begins_with_number(rest) => rest,
            _ => words,
        };
        if words.trim().is_empty() || is_notice(words) {
            return;
        }
        self.paragraphs += 1;
        self.out.push(words, BlockKind::Paragraph, Place::Paragraph(self.paragraphs));
    }

    fn write_table(&mut self, rows: Rows) -> Result<(), FileFault> {
        let table = self.tables;
        self.tables += 1;
        for (row, cells) in (0..).zip(rows) {
            for (column, words) in cells {
                let place = Place::Cell { table: (table + 1).to_string(), row: row + 1, column: column + 1 };
                let kind = BlockKind::Cell { row, column, table };
                let mut lines = words.lines().filter(|l| !l.trim().is_empty()).peekable();
                if lines.peek().is_none() {
                    self.out.push("", kind, place.clone());
                }
                for line in lines {
                    self.out.push(line.trim(), kind, place.clone());
                }
                if self.out.text.len() > MAX_TEXT || self.out.blocks.len() > MAX_BLOCKS {
                    return Err(FileFault::Bomb { what: "文字过多" });
                }
            }
        }
        Ok(())
    }
}

/// All words below an element in one line.
fn plain_words(node: markup::Place<'_>) -> String {
    let mut out = String::new();
    for text in node.descendants().filter_map(|n| match n.value() {
        Node::Text(words) => Some(words),
        _ => None,
    }) {
        write(&mut out, text);
    }
    out
}

/// What is struck or hidden inside a table, outermost elements only.
fn omitted(table: markup::Place<'_>) -> Vec<(Omission, String)> {
    let mut out = Vec::new();
    let mut inside = None;
    for edge in table.traverse() {
        match edge {
            Edge::Open(node) if inside.is_none() => {
                if let Some(why) = node.value().element().and_then(omission) {
                    out.push((why, plain_words(node)));
                    inside = Some(node.id());
                }
            }
            Edge::Close(node) if inside == Some(node.id()) => inside = None,
            _ => {}
        }
    }
    out.retain(|o| !o.1.trim().is_empty());
    out
}

/// Adds words as a browser shows them: white space in the markup is one blank, a wide blank is a letter.
fn write(line: &mut String, words: &str) {
    for c in words.chars() {
        let is_blank = c.is_whitespace() && c != '\u{3000}';
        if !is_blank {
            line.push(c);
        } else if !line.is_empty() && !line.ends_with([' ', '\n']) {
            line.push(' ');
        }
    }
}

/// 1. 一、 （一） 第一章: a number that the author wrote.
fn begins_with_number(words: &str) -> bool {
    let words = words.trim_start();
    let first = words.chars().next();
    let second = words.chars().nth(1);
    match first {
        Some('（' | '(') => second.is_some_and(|c| c.is_ascii_digit() || "一二三四五六七八九十".contains(c)),
        Some(c) if c.is_ascii_digit() || "一二三四五六七八九十".contains(c) => {
            let rest =
                words.trim_start_matches(|c: char| c.is_ascii_digit() || "一二三四五六七八九十".contains(c));
            rest.starts_with(['、', '.', '．'])
        }
        Some('第') => second.is_some_and(|c| "一二三四五六七八九十".contains(c)),
        _ => false,
    }
}

/// A list, box or row of which most is links: a menu, whatever it calls itself.
fn is_link_list(element: &Element, weight: Weight) -> bool {
    let may_be = matches!(
        element.name(),
        "ul" | "ol" | "dl" | "div" | "section" | "table" | "tr" | "td" | "header" | "p"
    );
    let (least, share) = if element.name() == "p" { (3, 8) } else { (3, 6) };
    may_be
        && weight.links >= least
        && weight.linked * 10 > weight.characters * share
        && weight.characters < 3000
}

fn is(node: markup::Place<'_>, names: &[&str]) -> bool {
    node.value().element().is_some_and(|e| names.contains(&e.name()))
}

/// The rows of a table with rows and columns, each cell with its column; none for a table that only frames its text.
/// What reaches over several rows counts in each.
fn rows(table: markup::Place<'_>, weights: &HashMap<Id, Weight>) -> Result<Option<Rows>, FileFault> {
    let mut out: Rows = Vec::new();
    // By column: for how many more rows which words reach down.
    let mut reaching: Vec<(u32, String)> = Vec::new();
    let mut text = 0;
    let shown = |n: &markup::Place<'_>| n.value().element().is_none_or(|e| omission(e).is_none());
    for row in table.descendants().filter(|n| is(*n, &["tr"]) && shown(n)) {
        let mut cells: Vec<(u32, String)> = Vec::new();
        let mut column = 0_usize;
        let mut own = row.children().filter(|n| is(*n, &["td", "th"]));
        loop {
            if let Some((left, words)) = reaching.get_mut(column).filter(|r| r.0 > 0) {
                *left -= 1;
                text += words.len();
                cells.push((u32::try_from(column).unwrap_or(0), words.clone()));
                column += 1;
                continue;
            }
            let Some(cell) = own.next() else {
                if column < reaching.len() {
                    column += 1;
                    continue;
                }
                break;
            };
            let number = |name: &str| cell.value().element()?.attr(name)?.trim().parse::<u32>().ok();
            let wide = number("colspan").unwrap_or(1).clamp(1, MAX_COLUMNS);
            let deep = number("rowspan").unwrap_or(1).clamp(1, 65_534);
            let words = words(cell, weights);
            text += words.len();
            if reaching.len() <= column {
                reaching.resize(column + 1, (0, String::new()));
            }
            if let Some(slot) = reaching.get_mut(column) {
                *slot = (deep - 1, if deep > 1 { words.clone() } else { String::new() });
            }
            cells.push((u32::try_from(column).unwrap_or(0), words));
            column += wide as usize;
            if column > MAX_COLUMNS as usize {
                break;
            }
        }
        if text > MAX_TEXT {
            return Err(FileFault::Bomb { what: "文字过多" });
        }
        out.push(cells);
    }
    let is_table = out.iter().filter(|r| r.len() >= 2).count() >= 2;
    Ok(is_table.then_some(out))
}

/// The words of a cell, its lines apart.
fn words(cell: markup::Place<'_>, weights: &HashMap<Id, Weight>) -> String {
    let mut out = String::new();
    let mut skipped = None;
    for edge in cell.traverse() {
        match edge {
            Edge::Open(node) if skipped.is_none() => match node.value() {
                Node::Text(text) => write(&mut out, text),
                Node::Element(element)
                    if weights.get(&node.id()).is_some_and(|w| w.is_site) || omission(element).is_some() =>
                {
                    skipped = Some(node.id());
                }
                Node::Element(element) if element.name() == "br" || breaks(element) => out.push('\n'),
                _ => {}
            },
            Edge::Close(node) if skipped == Some(node.id()) => skipped = None,
            _ => {}
        }
    }
    out.trim().to_owned()
}
