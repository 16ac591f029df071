//! A page as somebody reads it: its words, its numbers, its rows, links and forms.

use ego_tree::Tree;
use ego_tree::iter::Edge;
use markup::{Element, Node, Place};

/// A page that came back.
pub struct Page(Tree<Node>);

/// An element of a page, with all that is in it.
#[derive(Clone, Copy)]
pub struct Part<'a>(Place<'a>);

/// A link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What it is called.
    pub words: String,
    /// Where it leads.
    pub href: String,
}

/// A form.
#[derive(Clone, Copy)]
pub struct Form<'a>(Part<'a>);

/// One field of a form.
#[derive(Clone, Copy)]
pub struct Field<'a>(Part<'a>);

/// Elements that hold a value.
const FIELDS: [&str; 4] = ["input", "select", "textarea", "button"];

/// Elements whose text nobody reads.
const UNREAD: [&str; 3] = ["script", "style", "template"];

/// Elements that stand within a line: what is in them belongs to the word before and after.
const INLINE: [&str; 14] =
    ["a", "abbr", "b", "code", "em", "i", "mark", "q", "s", "small", "span", "strong", "time", "u"];

/// The words of a text with one space where there was any.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The words of a text without any space.
fn dense(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// Where these words, given without spaces, stand in a text, whatever spaces it has; as bytes.
fn place(text: &str, words: &str) -> Option<(usize, usize)> {
    let seen: Vec<(usize, char)> = text.char_indices().filter(|(_, c)| !c.is_whitespace()).collect();
    let wanted: Vec<char> = words.chars().collect();
    let fits = |window: &&[(usize, char)]| window.iter().map(|(_, c)| c).eq(&wanted);
    let found = seen.windows(wanted.len().max(1)).find(fits)?;
    let (last, c) = *found.last()?;
    Some((found.first()?.0, last + c.len_utf8()))
}

/// The first whole number in a text, its thousands apart or not.
fn first_number(text: &str) -> Option<usize> {
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let rest = &text[start..];
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != ',').unwrap_or(rest.len());
    rest[..end].replace(',', "").parse().ok()
}

/// The last whole number in a text.
fn last_number(text: &str) -> Option<usize> {
    let end = text.rfind(|c: char| c.is_ascii_digit())? + 1;
    let start = text[..end].rfind(|c: char| !c.is_ascii_digit() && c != ',');
    let start = start.map_or(0, |at| at + text[at..].chars().next().map_or(0, char::len_utf8));
    text[start..end].replace(',', "").parse().ok()
}

impl Page {
    /// Reads it; what a browser would put right is put right.
    pub fn read(html: &str) -> Self {
        Self(markup::parse(html))
    }

    /// The whole of it.
    pub fn whole(&self) -> Part<'_> {
        Part(self.0.root())
    }

    /// See [`Part::words`].
    pub fn words(&self) -> String {
        self.whole().words()
    }

    /// See [`Part::says`].
    pub fn says(&self, words: &str) -> bool {
        self.whole().says(words)
    }

    /// See [`Part::number`].
    pub fn number(&self, label: &str) -> usize {
        self.whole().number(label)
    }

    /// See [`Part::rows`].
    pub fn rows(&self) -> Vec<Part<'_>> {
        self.whole().rows()
    }

    /// See [`Part::row`].
    pub fn row(&self, words: &str) -> Part<'_> {
        self.whole().row(words)
    }

    /// See [`Part::links`].
    pub fn links(&self) -> Vec<Link> {
        self.whole().links()
    }

    /// See [`Part::link`].
    pub fn link(&self, words: &str) -> Link {
        self.whole().link(words)
    }

    /// See [`Part::leads_to`].
    pub fn leads_to(&self, href: &str) -> bool {
        self.whole().leads_to(href)
    }

    /// See [`Part::form`].
    pub fn form(&self, action: &str) -> Form<'_> {
        self.whole().form(action)
    }

    /// See [`Part::fields`].
    pub fn fields(&self, name: &str) -> Vec<Field<'_>> {
        self.whole().fields(name)
    }

    /// See [`Part::field`].
    pub fn field(&self, name: &str) -> Field<'_> {
        self.whole().field(name)
    }

    /// See [`Part::value`].
    pub fn value(&self, name: &str) -> String {
        self.whole().value(name)
    }

    /// See [`Part::has_field`].
    pub fn has_field(&self, name: &str) -> bool {
        self.whole().has_field(name)
    }

    /// See [`Part::has_value`].
    pub fn has_value(&self, value: &str) -> bool {
        self.whole().has_value(value)
    }

    /// See [`Part::button`].
    pub fn button(&self, words: &str) -> Option<Part<'_>> {
        self.whole().button(words)
    }

    /// The element that a link to `#id` leads to.
    pub fn anchor(&self, id: &str) -> Option<Part<'_>> {
        self.whole().elements().find(|p| p.attribute("id") == Some(id))
    }

    /// See [`Part::elements`].
    pub fn elements(&self) -> impl Iterator<Item = Part<'_>> {
        self.whole().elements()
    }

    /// See [`Part::all`].
    pub fn all(&self, names: &[&str]) -> Vec<Part<'_>> {
        self.whole().all(names)
    }

    /// See [`Part::of_class`].
    pub fn of_class(&self, class: &str) -> Vec<Part<'_>> {
        self.whole().of_class(class)
    }
}

impl<'a> Part<'a> {
    fn element(self) -> Option<&'a Element> {
        self.0.value().element()
    }

    /// Every element in it, in the order of the page.
    pub fn elements(self) -> impl Iterator<Item = Part<'a>> {
        self.0.descendants().skip(1).map(Part).filter(|p| p.element().is_some())
    }

    /// The name of the element; of the whole page none.
    pub fn name(self) -> &'a str {
        self.element().map_or("", Element::name)
    }

    /// The elements of these names in it, in the order of the page.
    pub fn all(self, names: &[&str]) -> Vec<Part<'a>> {
        self.elements().filter(|p| names.contains(&p.name())).collect()
    }

    /// What looks so: a class of the look is named where nothing that is read says what is meant.
    pub fn of_class(self, class: &str) -> Vec<Part<'a>> {
        self.elements().filter(|p| p.is_of_class(class)).collect()
    }

    /// Whether it looks so.
    pub fn is_of_class(self, class: &str) -> bool {
        self.attribute("class").is_some_and(|all| all.split_ascii_whitespace().any(|c| c == class))
    }

    /// One of its attributes.
    pub fn attribute(self, name: &str) -> Option<&'a str> {
        self.element()?.attr(name)
    }

    /// What can be read in it, with one space wherever there is any; scripts and styles are not read.
    pub fn words(self) -> String {
        let mut out = String::new();
        let mut unread = 0_usize;
        for edge in self.0.traverse() {
            let (node, opens) = match edge {
                Edge::Open(node) => (node, true),
                Edge::Close(node) => (node, false),
            };
            if let Node::Text(text) = node.value()
                && opens
                && unread == 0
            {
                out.push_str(text);
            }
            let Some(name) = node.value().element().map(Element::name) else { continue };
            if UNREAD.contains(&name) {
                unread = if opens { unread + 1 } else { unread.saturating_sub(1) };
            }
            if !INLINE.contains(&name) {
                out.push(' ');
            }
        }
        squeezed(&out)
    }

    /// All characters in it, as they stand.
    fn characters(self) -> String {
        let text = |place: Place<'a>| match place.value() {
            Node::Text(text) => Some(text.as_str()),
            _ => None,
        };
        self.0.descendants().filter_map(text).collect()
    }

    /// Whether these words stand in it; spaces and marks within them do not matter.
    pub fn says(self, words: &str) -> bool {
        dense(&self.words()).contains(&dense(words))
    }

    /// The number beside a label: in the smallest element that holds both, the first number after the label, or the
    /// last before it.
    ///
    /// # Panics
    ///
    /// When there is no such label, or no number beside it.
    pub fn number(self, label: &str) -> usize {
        let label = dense(label);
        let beside = |part: &Part<'_>| {
            let words = part.words();
            let (start, end) = place(&words, &label)?;
            let number = first_number(&words[end..]).or_else(|| last_number(&words[..start]))?;
            Some((words.len(), number))
        };
        let within = self.0.descendants().map(Part);
        let found = within.filter_map(|part| beside(&part)).min_by_key(|(length, _)| *length);
        found.unwrap_or_else(|| panic!("no number beside “{label}” in: {}", self.words())).1
    }

    /// The rows of its tables, without their heads.
    pub fn rows(self) -> Vec<Part<'a>> {
        self.all(&["tbody"]).into_iter().flat_map(|body| body.all(&["tr"])).collect()
    }

    /// The first row in which these words stand.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub fn row(self, words: &str) -> Part<'a> {
        let found = self.rows().into_iter().find(|row| row.says(words));
        found.unwrap_or_else(|| panic!("no row with “{words}” in: {}", self.words()))
    }

    /// The words of a row's cells.
    pub fn cells(self) -> Vec<String> {
        self.all(&["th", "td"]).into_iter().map(Part::words).collect()
    }

    /// Its links.
    pub fn links(self) -> Vec<Link> {
        let link = |part: Part<'_>| {
            let href = part.attribute("href")?.to_owned();
            Some(Link { words: part.words(), href })
        };
        self.all(&["a"]).into_iter().filter_map(link).collect()
    }

    /// The first link of that name; the first in whose name the words stand when none is called just so.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub fn link(self, words: &str) -> Link {
        let links = self.links();
        let found = links.iter().find(|l| l.words == words).or_else(|| {
            let within = |l: &&Link| dense(&l.words).contains(&dense(words));
            links.iter().find(within)
        });
        found.unwrap_or_else(|| panic!("no link “{words}” in: {}", self.words())).clone()
    }

    /// Whether one of its links leads there.
    pub fn leads_to(self, href: &str) -> bool {
        self.links().iter().any(|link| link.href == href)
    }

    /// The first form that is sent to this address; to that of its own page, when none is given.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub fn form(self, action: &str) -> Form<'a> {
        let found =
            self.all(&["form"]).into_iter().find(|f| f.attribute("action").unwrap_or_default() == action);
        Form(found.unwrap_or_else(|| panic!("no form for {action}")))
    }

    /// The fields of that name.
    pub fn fields(self, name: &str) -> Vec<Field<'a>> {
        let named = |p: &Part<'_>| p.attribute("name") == Some(name);
        self.all(&FIELDS).into_iter().filter(named).map(Field).collect()
    }

    /// The first field of that name.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub fn field(self, name: &str) -> Field<'a> {
        let found = self.fields(name).into_iter().next();
        found.unwrap_or_else(|| panic!("no field {name} in: {}", self.words()))
    }

    /// What the first field of that name holds.
    ///
    /// # Panics
    ///
    /// When there is no such field.
    pub fn value(self, name: &str) -> String {
        self.field(name).value()
    }

    /// Whether it asks for a field of that name.
    pub fn has_field(self, name: &str) -> bool {
        !self.fields(name).is_empty()
    }

    /// Whether any of its fields holds this.
    pub fn has_value(self, value: &str) -> bool {
        self.all(&FIELDS).into_iter().any(|f| Field(f).value() == value)
    }

    /// The first button with these words, or of that value.
    pub fn button(self, words: &str) -> Option<Part<'a>> {
        let buttons = self.all(&["button", "a"]).into_iter();
        let mut buttons = buttons.filter(|b| b.name() == "button" || b.is_of_class("btn"));
        buttons.find(|b| b.words() == words || b.attribute("value") == Some(words))
    }
}

impl<'a> Form<'a> {
    /// It as a part of its page.
    pub fn part(self) -> Part<'a> {
        self.0
    }

    /// What a browser would send if nothing were changed: fields that are switched off, boxes without a tick and
    /// buttons are left out.
    pub fn filled(self) -> Vec<(String, String)> {
        let mut out = Vec::new();
        for part in self.0.all(&["input", "select", "textarea"]) {
            let Some(name) = part.attribute("name") else { continue };
            let kind = part.attribute("type").unwrap_or_default();
            let unticked = matches!(kind, "checkbox" | "radio") && part.attribute("checked").is_none();
            let is_button = matches!(kind, "submit" | "button" | "reset" | "image" | "file");
            if unticked || is_button || part.attribute("disabled").is_some() {
                continue;
            }
            out.push((name.to_owned(), Field(part).value()));
        }
        out
    }
}

impl<'a> Field<'a> {
    /// It as a part of its page.
    pub fn part(self) -> Part<'a> {
        self.0
    }

    /// What it holds: of a choice the value of what is chosen (the first when nothing is).
    pub fn value(self) -> String {
        match self.0.name() {
            "textarea" => self.0.characters(),
            "select" => {
                let options = self.0.all(&["option"]);
                let chosen = options.iter().find(|o| o.attribute("selected").is_some());
                let option = chosen.or(options.first());
                option
                    .map(|o| o.attribute("value").map_or_else(|| o.words(), str::to_owned))
                    .unwrap_or_default()
            }
            _ => self.0.attribute("value").unwrap_or_default().to_owned(),
        }
    }

    /// Whether it is ticked.
    pub fn is_ticked(self) -> bool {
        self.0.attribute("checked").is_some()
    }

    /// What can be chosen: values with their words.
    pub fn options(self) -> Vec<(String, String)> {
        let option = |o: Part<'_>| {
            let words = o.words();
            (o.attribute("value").unwrap_or(&words).to_owned(), words)
        };
        self.0.all(&["option"]).into_iter().map(option).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r##"<!doctype html><title>页</title><style>p { color: red }</style><main>
        <h2>等你确认的记录 <span class="cnt">1</span></h2>
        <p>共 <a class="num" href="/duties?a=1&#38;b=2">1,002</a> 项，其中 <b>3</b> 项逾期</p>
        <table><thead><tr><th>组织<th>应办<tbody>
        <tr><td>第一党支部<td><b>12</b><tr><td>第二党支部<td>7</table>
        <form action="/record" method="post">
        <input name="title" value="走进&quot;产业园&quot;"><textarea name="minutes">
第一行</textarea>
        <input type="checkbox" name="p" value="a" checked><input type="checkbox" name="p" value="b">
        <select name="unit"><option value="1">甲<option value="2" selected>乙</select>
        <input name="old" value="x" disabled><button name="do" value="save">保存</button></form>"##;

    #[test]
    fn numbers_are_found_beside_their_labels() {
        let page = Page::read(PAGE);
        assert_eq!(page.number("等你确认"), 1);
        assert_eq!(page.number("共"), 1_002);
        assert_eq!(page.number("项逾期"), 3);
        assert_eq!(page.row("第二党支部").number("第二党支部"), 7);
        assert_eq!(page.row("第一党支部").cells(), ["第一党支部", "12"]);
        assert_eq!(page.rows().len(), 2);
    }

    #[test]
    #[should_panic(expected = "no number beside")]
    fn a_label_that_is_not_there_has_no_number() {
        Page::read(PAGE).number("等你决定");
    }

    #[test]
    fn links_and_words_are_read_without_their_marks() {
        let page = Page::read(PAGE);
        assert_eq!(page.link("1,002").href, "/duties?a=1&b=2");
        assert!(page.leads_to("/duties?a=1&b=2") && !page.leads_to("/duties"));
        assert!(page.says("共1,002项，其中3项逾期") && !page.says("color"));
    }

    #[test]
    fn a_form_is_sent_as_a_browser_would() {
        let page = Page::read(PAGE);
        let sent = page.form("/record").filled();
        let sent: Vec<_> = sent.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let whole = [("title", "走进\"产业园\""), ("minutes", "第一行"), ("p", "a"), ("unit", "2")];
        let mut expected = whole;
        expected.sort_unstable();
        let mut sorted = sent.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, expected);
        assert!(page.fields("p")[0].is_ticked() && !page.fields("p")[1].is_ticked());
        assert_eq!(page.field("unit").options()[0], ("1".to_owned(), "甲".to_owned()));
        assert!(page.button("保存").is_some() && page.button("确认").is_none());
    }
}
