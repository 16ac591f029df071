//! TOML as a tree with spans, and a reader of its tables that notes every mistake instead of stopping at the first.

use std::collections::BTreeSet;
use std::ops::Range;

use jiff::civil::Date;
use model::Ratio;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::fault::{Faults, did_you_mean};

type Span = Range<usize>;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) value: Value,
}

/// A value; tables keep the order of the file.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Text(String),
    Integer(i64),
    Bool(bool),
    Day(Date),
    Array(Vec<Node>),
    Table(Vec<Field>),
    /// What no rule file uses: floats, times, numbers too large.
    Other,
}

/// A key of a table with its value.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) key: String,
    pub(crate) span: Span,
    pub(crate) node: Node,
}

impl Node {
    /// What the value is, in the words of a message.
    fn word(&self) -> &'static str {
        match self.value {
            Value::Text(_) => "文字",
            Value::Integer(_) => "整数",
            Value::Bool(_) => "true 或 false",
            Value::Day(_) => "日期",
            Value::Array(_) => "列表",
            Value::Table(_) => "表",
            Value::Other => "不支持的值",
        }
    }

    /// What stands in a list; of anything else that alone: one may be written without its brackets.
    pub(crate) fn each(self) -> Vec<Self> {
        match self.value {
            Value::Array(nodes) => nodes,
            _ => vec![self],
        }
    }

    /// Two whole numbers from 1: `[6, 5]`.
    pub(crate) fn pair(self) -> Option<Ratio> {
        let Value::Array(nodes) = self.value else { return None };
        let number = |node: &Self| match node.value {
            Value::Integer(n) => u32::try_from(n).ok().filter(|n| *n > 0),
            _ => None,
        };
        match nodes.as_slice() {
            [part, whole] => Some(Ratio { part: number(part)?, whole: number(whole)? }),
            _ => None,
        }
    }

    /// Two whole numbers, or one, which is of one: `[6, 5]`, `2`.
    pub(crate) fn ratio(self) -> Option<Ratio> {
        match self.value {
            Value::Integer(n) => u32::try_from(n).ok().map(|part| Ratio { part, whole: 1 }),
            _ => self.pair(),
        }
    }

    /// The text, or a fault that says what was wanted.
    pub(crate) fn text(&self, what: &str, faults: &mut Faults) -> Option<String> {
        match &self.value {
            Value::Text(t) => Some(t.trim().to_owned()),
            _ => {
                faults.say(
                    &self.span,
                    format!("{what}应为文字，这里是{}", self.word()),
                    "文字写在双引号内。",
                );
                None
            }
        }
    }
}

/// The table of a whole file; none when it is not TOML. Of the mistakes of syntax the first in each line is told: those
/// after it mostly follow from it.
pub(crate) fn parse(text: &str, faults: &mut Faults) -> Option<Table> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut lines = BTreeSet::new();
    for e in &errors {
        let span = e.span().unwrap_or(0..0);
        if lines.insert(faults.at(&span).line) {
            faults.say(&span, format!("TOML 语法错误：{}", e.message()), "检查这一处的引号、逗号和括号。");
        }
    }
    let span = table.span();
    errors.is_empty().then(|| Table {
        what: "文件".to_owned(),
        span,
        fields: fields(table.into_inner()),
        known: Vec::new(),
    })
}

fn fields(table: DeTable<'_>) -> Vec<Field> {
    let mut all: Vec<Field> = table
        .into_iter()
        .map(|(key, value)| Field { span: key.span(), key: key.into_inner().into_owned(), node: node(value) })
        .collect();
    all.sort_by_key(|f| f.span.start);
    all
}

fn node(value: Spanned<DeValue<'_>>) -> Node {
    let span = value.span();
    let value = match value.into_inner() {
        DeValue::String(s) => Value::Text(s.into_owned()),
        DeValue::Integer(i) => {
            i64::from_str_radix(i.as_str(), i.radix()).map_or(Value::Other, Value::Integer)
        }
        DeValue::Boolean(b) => Value::Bool(b),
        DeValue::Datetime(d) => match (d.date, d.time) {
            (Some(d), None) => day(d.year, d.month, d.day).map_or(Value::Other, Value::Day),
            _ => Value::Other,
        },
        DeValue::Array(a) => Value::Array(a.into_iter().map(node).collect()),
        DeValue::Table(t) => Value::Table(fields(t)),
        DeValue::Float(_) => Value::Other,
    };
    Node { span, value }
}

fn day(year: u16, month: u8, day: u8) -> Option<Date> {
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// A table that is being read: every key must be asked for once; what nobody asked for is unknown.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// What the table is, for messages.
    what: String,
    pub(crate) span: Span,
    fields: Vec<Field>,
    known: Vec<&'static str>,
}

impl Table {
    /// Reads `node` as a table.
    pub(crate) fn of(node: Node, what: &str, faults: &mut Faults) -> Option<Self> {
        let word = node.word();
        match node.value {
            Value::Table(fields) => {
                Some(Self { what: what.to_owned(), span: node.span, fields, known: Vec::new() })
            }
            _ => {
                faults.say(&node.span, format!("{what}应为表，这里是{word}"), "写成 { 键 = 值 }。");
                None
            }
        }
    }

    /// This table with the keys of `over` put over its own.
    pub(crate) fn overlaid(&self, over: &Self) -> Self {
        let mut fields: Vec<Field> =
            self.fields.iter().filter(|f| over.fields.iter().all(|o| o.key != f.key)).cloned().collect();
        fields.extend(over.fields.iter().cloned());
        Self { what: self.what.clone(), span: over.span.clone(), fields, known: self.known.clone() }
    }

    /// Takes the value of `key` out.
    pub(crate) fn take(&mut self, key: &'static str) -> Option<Node> {
        self.known.push(key);
        let i = self.fields.iter().position(|f| f.key == key)?;
        Some(self.fields.remove(i).node)
    }

    /// Where the value of `key` stands, when it is still there.
    pub(crate) fn span_of(&self, key: &str) -> Option<Span> {
        self.fields.iter().find(|f| f.key == key).map(|f| f.node.span.clone())
    }

    /// Where `key` itself stands, when it is still there.
    pub(crate) fn place_of(&self, key: &str) -> Option<Span> {
        self.fields.iter().find(|f| f.key == key).map(|f| f.span.clone())
    }

    /// The text of `key`, when it is still there and is one.
    pub(crate) fn said(&self, key: &str) -> Option<&str> {
        match &self.fields.iter().find(|f| f.key == key)?.node.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether `key` is still there.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.fields.iter().any(|f| f.key == key)
    }

    /// Puts a key in the place of what it held.
    pub(crate) fn put(&mut self, field: Field) {
        self.fields.retain(|f| f.key != field.key);
        self.fields.push(field);
    }

    /// Takes all that is left, key by key in the order of the file.
    pub(crate) fn rest(&mut self) -> Vec<Field> {
        std::mem::take(&mut self.fields)
    }

    /// A text that must be there and not be empty.
    pub(crate) fn need_text(&mut self, key: &'static str, faults: &mut Faults) -> Option<String> {
        let Some(node) = self.take(key) else {
            faults.say(&self.span, format!("{}缺少“{key}”", self.what), "");
            return None;
        };
        let text = node.text(key, faults)?;
        if text.is_empty() {
            faults.say(&node.span, format!("“{key}”不能为空"), "");
            return None;
        }
        Some(text)
    }

    /// A text, empty when absent.
    pub(crate) fn text(&mut self, key: &'static str, faults: &mut Faults) -> String {
        self.take(key).and_then(|n| n.text(key, faults)).unwrap_or_default()
    }

    /// A text with its place, when it is there.
    pub(crate) fn spanned_text(&mut self, key: &'static str, faults: &mut Faults) -> Option<(String, Span)> {
        let node = self.take(key)?;
        Some((node.text(key, faults)?, node.span))
    }

    /// A list of texts with their places; a single text stands for a list of one.
    pub(crate) fn spanned_texts(&mut self, key: &'static str, faults: &mut Faults) -> Vec<(String, Span)> {
        match self.take(key) {
            None => Vec::new(),
            Some(Node { value: Value::Array(nodes), .. }) => {
                nodes.into_iter().filter_map(|n| Some((n.text(key, faults)?, n.span))).collect()
            }
            Some(node) => node.text(key, faults).map(|t| (t, node.span)).into_iter().collect(),
        }
    }

    /// A list of texts; a text that stands twice is a fault.
    pub(crate) fn texts(&mut self, key: &'static str, faults: &mut Faults) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        for (t, span) in self.spanned_texts(key, faults) {
            if out.contains(&t) {
                faults.say(&span, format!("“{key}”中“{t}”重复"), "删去重复的一个。");
            } else {
                out.push(t);
            }
        }
        out
    }

    /// A whole number within `range`.
    pub(crate) fn integer(
        &mut self,
        key: &'static str,
        range: std::ops::RangeInclusive<i64>,
        faults: &mut Faults,
    ) -> Option<i64> {
        let node = self.take(key)?;
        match node.value {
            Value::Integer(i) if range.contains(&i) => Some(i),
            _ => {
                let (a, b) = (range.start(), range.end());
                faults.say(&node.span, format!("“{key}”应为 {a} 至 {b} 的整数"), "");
                None
            }
        }
    }

    /// Whole numbers within `range`.
    pub(crate) fn integers(
        &mut self,
        key: &'static str,
        range: &std::ops::RangeInclusive<i64>,
        faults: &mut Faults,
    ) -> Vec<i64> {
        let Some(node) = self.take(key) else { return Vec::new() };
        let nodes = node.each();
        let mut out = Vec::new();
        for n in nodes {
            match n.value {
                Value::Integer(i) if range.contains(&i) => out.push(i),
                _ => {
                    let (a, b) = (range.start(), range.end());
                    faults.say(&n.span, format!("“{key}”应为 {a} 至 {b} 的整数"), "");
                }
            }
        }
        out
    }

    /// A switch, off when absent.
    pub(crate) fn switch(&mut self, key: &'static str, faults: &mut Faults) -> bool {
        match self.take(key) {
            None => false,
            Some(Node { value: Value::Bool(b), .. }) => b,
            Some(node) => {
                faults.say(&node.span, format!("“{key}”应为 true 或 false"), "");
                false
            }
        }
    }

    /// A day, when it is there.
    pub(crate) fn day(&mut self, key: &'static str, faults: &mut Faults) -> Option<Date> {
        self.spanned_day(key, faults).map(|(d, _)| d)
    }

    /// A list of days.
    pub(crate) fn days(&mut self, key: &'static str, faults: &mut Faults) -> Vec<Date> {
        let nodes = self.take(key).map(Node::each).unwrap_or_default();
        let mut out = Vec::new();
        for node in nodes {
            match node.value {
                Value::Day(d) => out.push(d),
                _ => faults.say(
                    &node.span,
                    format!("“{key}”应是日期的列表"),
                    "写成 on = [2028-01-25, 2029-02-12]。",
                ),
            }
        }
        out
    }

    /// A day with its place, when it is there.
    pub(crate) fn spanned_day(&mut self, key: &'static str, faults: &mut Faults) -> Option<(Date, Span)> {
        let node = self.take(key)?;
        match node.value {
            Value::Day(d) => Some((d, node.span)),
            _ => {
                faults.say(&node.span, format!("“{key}”不是有效日期"), "日期写成 2022-10-28，不加引号。");
                None
            }
        }
    }

    /// A table, when it is there.
    pub(crate) fn table(&mut self, key: &'static str, faults: &mut Faults) -> Option<Self> {
        let node = self.take(key)?;
        Self::of(node, key, faults)
    }

    /// Tables of an array (`[[key]]`).
    pub(crate) fn tables(&mut self, key: &'static str, faults: &mut Faults) -> Vec<Self> {
        match self.take(key) {
            None => Vec::new(),
            Some(Node { value: Value::Array(nodes), .. }) => {
                nodes.into_iter().filter_map(|n| Self::of(n, key, faults)).collect()
            }
            Some(node) => {
                faults.say(
                    &node.span,
                    format!("“{key}”应为列表，这里是{}", node.word()),
                    format!("写成 [[{key}]]。"),
                );
                Vec::new()
            }
        }
    }

    /// Ends the reading: every key that nobody asked for is told.
    pub(crate) fn finish(self, faults: &mut Faults) {
        for f in &self.fields {
            let mut help = did_you_mean(&f.key, self.known.iter().copied());
            if help.is_empty() {
                help = format!("可用的键：{}。", self.known.join("、"));
            }
            faults.say(&f.span, format!("{}中不认识的键“{}”", self.what, f.key), help);
        }
    }
}

/// An id as file names and references write it: small letters, digits, `-` and `_`.
pub(crate) fn is_id(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
}
