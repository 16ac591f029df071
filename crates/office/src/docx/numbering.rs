//! Automatic numbers: which paragraph gets which.

use std::collections::HashMap;
use std::io::BufRead;

use super::numerals::Format;
use super::symbols::bullet;
use super::xml::{Step, Tag, Xml};
use crate::FileFault;

/// Word's lists have nine levels.
const LEVELS: usize = 9;

/// One level of a list.
#[derive(Clone, Debug, Default)]
struct Level {
    format: Format,
    /// `%1、`: each `%n` stands for the number of level n.
    text: String,
    start: Option<u32>,
    /// Level (from 1) whose numbers make this one start anew; 0: never; none: any above.
    restart: Option<u32>,
    /// All numbers in Arabic digits, whatever their levels say.
    is_legal: bool,
    /// The paragraph style that is tied to this level.
    style: Option<String>,
}

#[derive(Clone, Debug, Default)]
struct List {
    levels: Vec<Level>,
    /// Name of the numbering style by which it is defined elsewhere.
    defined_by: Option<String>,
    /// Name of the numbering style that it defines.
    defines: Option<String>,
}

#[derive(Clone, Debug, Default)]
struct Use {
    list: u32,
    starts: HashMap<usize, u32>,
    levels: HashMap<usize, Level>,
}

#[derive(Clone, Debug, Default)]
struct Style {
    based_on: Option<String>,
    list: Option<u32>,
    level: Option<usize>,
}

/// The lists of a document and how far each has counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbering {
    lists: HashMap<u32, List>,
    uses: HashMap<u32, Use>,
    styles: HashMap<String, Style>,
    /// By list: the last number of each level.
    counts: HashMap<u32, [Option<u32>; LEVELS]>,
    /// Starts of a use that were already applied.
    started: HashMap<u32, [bool; LEVELS]>,
}

/// What a paragraph says about its own numbering.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    /// `numId`; 0 switches numbering off.
    pub(crate) list: Option<u32>,
    /// `ilvl`.
    pub(crate) level: Option<u32>,
    /// Name of the paragraph's style.
    pub(crate) style: Option<String>,
}

impl Numbering {
    /// Reads `numbering.xml`.
    pub(crate) fn read_lists<R: BufRead>(&mut self, mut xml: Xml<R>) -> Result<(), FileFault> {
        enum In {
            Nothing,
            List(u32),
            Use(u32),
        }
        let (mut within, mut level) = (In::Nothing, 0usize);
        loop {
            let (tag, at) = match xml.step()? {
                Step::Open(tag, at) => (tag, at),
                Step::End => return Ok(()),
                Step::Close | Step::Text(_) => continue,
            };
            match tag {
                Tag::AbstractNum => {
                    let id = at.get("abstractNumId").and_then(|v| v.parse().ok()).unwrap_or(u32::MAX);
                    self.lists.insert(id, List::default());
                    within = In::List(id);
                }
                Tag::Num => {
                    let id = at.get("numId").and_then(|v| v.parse().ok()).unwrap_or(u32::MAX);
                    self.uses.insert(id, Use::default());
                    within = In::Use(id);
                }
                Tag::LvlOverride | Tag::Lvl => {
                    level = at.get("ilvl").and_then(|v| v.parse().ok()).unwrap_or(0usize).min(LEVELS - 1);
                }
                Tag::AbstractNumId => {
                    if let (In::Use(id), Some(list)) = (&within, at.number())
                        && let Some(used) = self.uses.get_mut(id)
                    {
                        used.list = list;
                    }
                }
                Tag::StartOverride => {
                    if let (In::Use(id), Some(start)) = (&within, at.number())
                        && let Some(used) = self.uses.get_mut(id)
                    {
                        used.starts.insert(level, start);
                    }
                }
                Tag::NumStyleLink => {
                    if let In::List(id) = within
                        && let Some(list) = self.lists.get_mut(&id)
                    {
                        list.defined_by = at.get("val");
                    }
                }
                Tag::StyleLink => {
                    if let In::List(id) = within
                        && let Some(list) = self.lists.get_mut(&id)
                    {
                        list.defines = at.get("val");
                    }
                }
                Tag::Start | Tag::NumFmt | Tag::LvlText | Tag::LvlRestart | Tag::IsLgl | Tag::PStyle => {
                    let target = match within {
                        In::Nothing => None,
                        In::List(id) => self.lists.get_mut(&id).and_then(|list| {
                            if list.levels.len() <= level {
                                list.levels.resize_with(level + 1, Level::default);
                            }
                            list.levels.get_mut(level)
                        }),
                        In::Use(id) => {
                            self.uses.get_mut(&id).map(|used| used.levels.entry(level).or_default())
                        }
                    };
                    let Some(target) = target else { continue };
                    match tag {
                        Tag::Start => target.start = at.number(),
                        Tag::NumFmt => target.format = Format::named(&at.get("val").unwrap_or_default()),
                        // Longer than any number: it would be repeated before every paragraph.
                        Tag::LvlText => {
                            target.text = at.get("val").unwrap_or_default().chars().take(64).collect();
                        }
                        Tag::LvlRestart => target.restart = at.number(),
                        Tag::IsLgl => target.is_legal = at.is_on(),
                        _ => target.style = at.get("val"),
                    }
                }
                _ => {}
            }
        }
    }

    /// Reads `styles.xml`: which styles number their paragraphs.
    pub(crate) fn read_styles<R: BufRead>(&mut self, mut xml: Xml<R>) -> Result<(), FileFault> {
        let mut name = None;
        loop {
            let (tag, at) = match xml.step()? {
                Step::Open(tag, at) => (tag, at),
                Step::End => return Ok(()),
                Step::Close | Step::Text(_) => continue,
            };
            if tag == Tag::Style {
                name = at.get("styleId");
                if let Some(name) = &name {
                    self.styles.entry(name.clone()).or_default();
                }
            }
            let Some(style) = name.as_ref().and_then(|n| self.styles.get_mut(n)) else { continue };
            match tag {
                Tag::BasedOn => style.based_on = at.get("val"),
                Tag::NumId => style.list = at.number(),
                Tag::Ilvl => style.level = at.number().map(|l| l as usize),
                _ => {}
            }
        }
    }

    /// Follows the links between lists once both files are read.
    pub(crate) fn settle(&mut self) {
        let defined: HashMap<String, Vec<Level>> = self
            .lists
            .values()
            .filter_map(|l| l.defines.clone().map(|name| (name, l.levels.clone())))
            .collect();
        for list in self.lists.values_mut() {
            if let Some(levels) = list.defined_by.as_ref().and_then(|name| defined.get(name)) {
                list.levels.clone_from(levels);
            }
        }
    }

    /// The number that is printed before a paragraph, and counts it; none for a paragraph without one.
    pub(crate) fn label(&mut self, asked: &Asked) -> Option<String> {
        let (used_id, level) = self.place(asked)?;
        let used = self.uses.get(&used_id)?;
        let list = self.lists.get(&used.list)?;
        let levels: Vec<&Level> =
            (0..LEVELS).map_while(|i| used.levels.get(&i).or_else(|| list.levels.get(i))).collect();
        let own = *levels.get(level)?;
        let start = |i: usize| {
            let base = levels.get(i).and_then(|l| l.start).unwrap_or(1);
            used.starts.get(&i).copied().unwrap_or(base)
        };

        let counts = self.counts.entry(used.list).or_default();
        let started = self.started.entry(used_id).or_default();
        if used.starts.contains_key(&level) && !std::mem::replace(&mut started[level], true) {
            counts[level] = None;
        }
        counts[level] = Some(counts[level].map_or_else(|| start(level), |n| n.saturating_add(1)));
        for (i, count) in counts.iter_mut().enumerate() {
            if i > level {
                let restarts = match levels.get(i).and_then(|l| l.restart) {
                    Some(0) => false,
                    Some(above) => level < above as usize,
                    None => true,
                };
                if restarts {
                    *count = None;
                }
            }
        }
        if own.format == Format::Bullet {
            return Some(bullet(&own.text));
        }
        let mut out = String::new();
        let mut rest = own.text.as_str();
        while let Some((before, after)) = rest.split_once('%') {
            out.push_str(before);
            let digit = after.chars().next().and_then(|c| c.to_digit(10)).filter(|d| (1..=9).contains(d));
            if let Some(which) = digit {
                let i = which as usize - 1;
                let format = if own.is_legal {
                    Format::Decimal
                } else {
                    levels.get(i).map_or(Format::Decimal, |l| l.format)
                };
                out.push_str(&format.write(counts[i].unwrap_or_else(|| start(i))));
                rest = &after[1..];
            } else {
                out.push('%');
                rest = after;
            }
        }
        out.push_str(rest);
        let out = out.trim().to_owned();
        // A number that ends in a mark stands close, as in a typed text; 第一条 needs its space.
        let needs_space = out.chars().last().is_some_and(|c| c.is_alphanumeric());
        (!out.is_empty()).then(|| if needs_space { out + " " } else { out })
    }

    /// The use and the level that apply to a paragraph: its own, else its style's.
    fn place(&self, asked: &Asked) -> Option<(u32, usize)> {
        let own_level = asked.level.map(|l| (l as usize).min(LEVELS - 1));
        if let Some(list) = asked.list {
            return (list != 0).then(|| (list, own_level.unwrap_or(0)));
        }
        let (mut name, mut level) = (asked.style.clone()?, own_level);
        // A chain of styles is short; a circle of them is an attack.
        for _ in 0..16 {
            let style = self.styles.get(&name)?;
            level = level.or(style.level);
            if let Some(list) = style.list {
                if list == 0 {
                    return None;
                }
                let tied = || {
                    let levels = &self.lists.get(&self.uses.get(&list)?.list)?.levels;
                    levels.iter().position(|l| l.style.as_deref() == asked.style.as_deref())
                };
                return Some((list, level.or_else(tied).unwrap_or(0).min(LEVELS - 1)));
            }
            name = style.based_on.clone()?;
        }
        None
    }
}
