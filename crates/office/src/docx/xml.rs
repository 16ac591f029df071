//! A part's XML, step by step, with the few names that matter told apart.

use std::io::BufRead;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::FileFault;
use crate::limits::MAX_DEPTH;
use crate::package::unread;

macro_rules! tags {
    ($($name:literal => $tag:ident),* $(,)?) => {
        /// An element that the reader knows; all others are [`Tag::Other`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Tag {
            $(#[doc = concat!("`", $name, "`.")] $tag,)*
            /// `m:t`, the text of a formula.
            MathText,
            /// Anything else.
            Other,
        }

        impl Tag {
            fn of_word(local: &str) -> Self {
                match local {
                    $($name => Self::$tag,)*
                    _ => Self::Other,
                }
            }
        }
    };
}

tags! {
    "abstractNum" => AbstractNum, "abstractNumId" => AbstractNumId, "AlternateContent" => AlternateContent,
    "basedOn" => BasedOn, "body" => Body, "br" => Br, "Choice" => Choice, "cr" => Cr, "del" => Del,
    "delInstrText" => DelInstrText, "delText" => DelText, "document" => Document, "dstrike" => Dstrike, "Fallback" => Fallback,
    "fldChar" => FldChar, "fldSimple" => FldSimple, "gridBefore" => GridBefore, "gridSpan" => GridSpan,
    "hidden" => Hidden,
    "ilvl" => Ilvl, "instrText" => InstrText, "isLgl" => IsLgl, "lvl" => Lvl, "lvlOverride" => LvlOverride,
    "lvlRestart" => LvlRestart, "lvlText" => LvlText, "moveFrom" => MoveFrom, "noBreakHyphen" => NoBreakHyphen,
    "num" => Num, "numFmt" => NumFmt, "numId" => NumId, "numPr" => NumPr, "numStyleLink" => NumStyleLink, "p" => P,
    "pPr" => PPr, "pPrChange" => PPrChange, "pStyle" => PStyle, "ptab" => Ptab, "r" => R,
    "Relationship" => Relationship, "rPr" => RPr, "rPrChange" => RPrChange, "rt" => Rt, "sdt" => Sdt,
    "sdtContent" => SdtContent, "sdtPr" => SdtPr, "sectPr" => SectPr, "showingPlcHdr" => ShowingPlcHdr,
    "softHyphen" => SoftHyphen, "start" => Start, "startOverride" => StartOverride, "strike" => Strike,
    "style" => Style,
    "styleLink" => StyleLink, "sym" => Sym, "t" => T, "tab" => Tab, "tbl" => Tbl, "tblGrid" => TblGrid,
    "tblPr" => TblPr, "tblPrChange" => TblPrChange, "tblPrEx" => TblPrEx, "tc" => Tc, "tcPr" => TcPr,
    "tcPrChange" => TcPrChange, "tr" => Tr, "trPr" => TrPr, "trPrChange" => TrPrChange,
    "txbxContent" => TxbxContent, "vanish" => Vanish, "vMerge" => VMerge,
}

/// One step through the XML.
pub(crate) enum Step<'x> {
    /// An element begins; an empty one begins and closes.
    Open(Tag, Attributes<'x>),
    /// The element that began last and is still open closes.
    Close,
    /// Characters.
    Text(std::borrow::Cow<'x, str>),
    /// Nothing is left.
    End,
}

/// The attributes of an element.
pub(crate) struct Attributes<'x>(BytesStart<'x>);

impl Attributes<'_> {
    /// The value of the attribute of that name, whatever its prefix.
    pub(crate) fn get(&self, local: &str) -> Option<String> {
        // Without checks: looking for doubles takes time with the square of their number.
        let found = self
            .0
            .attributes()
            .with_checks(false)
            .flatten()
            .find(|a| a.key.local_name().into_inner() == local);
        found.and_then(|a| a.normalized_value(XmlVersion::Implicit1_0).ok().map(std::borrow::Cow::into_owned))
    }

    /// `val` as a number.
    pub(crate) fn number(&self) -> Option<u32> {
        self.get("val")?.trim().parse().ok()
    }

    /// Whether a switch is on: present without `val`, or with one that does not say no.
    pub(crate) fn is_on(&self) -> bool {
        !matches!(self.get("val").as_deref(), Some("0" | "false" | "off" | "none"))
    }
}

/// A part being read.
pub(crate) struct Xml<R> {
    part: String,
    reader: Reader<R>,
    buffer: Vec<u8>,
    depth: usize,
    /// The prefixes that the root binds to the two vocabularies with text.
    word: String,
    math: String,
    is_root_seen: bool,
}

impl<R: BufRead> Xml<R> {
    /// Starts at the beginning of a part.
    pub(crate) fn new(part: &str, source: R) -> Self {
        let mut reader = Reader::from_reader(source);
        reader.config_mut().expand_empty_elements = true;
        Self {
            part: part.to_owned(),
            reader,
            buffer: Vec::new(),
            depth: 0,
            word: "w".to_owned(),
            math: "m".to_owned(),
            is_root_seen: false,
        }
    }

    /// How many elements are open.
    pub(crate) fn depth(&self) -> usize {
        self.depth
    }

    /// The next step.
    pub(crate) fn step(&mut self) -> Result<Step<'_>, FileFault> {
        self.buffer.clear();
        let event = match self.reader.read_event_into(&mut self.buffer) {
            Ok(event) => event,
            Err(fault) => return Err(trouble(&self.part, &fault)),
        };
        Ok(match event {
            Event::Start(start) => {
                self.depth += 1;
                if self.depth > MAX_DEPTH {
                    return Err(FileFault::Bomb { what: "嵌套过深" });
                }
                if !self.is_root_seen {
                    self.is_root_seen = true;
                    learn_prefixes(&start, &mut self.word, &mut self.math);
                }
                let tag = tag(&start, &self.word, &self.math);
                Step::Open(tag, Attributes(start))
            }
            Event::End(_) => {
                self.depth = self.depth.saturating_sub(1);
                Step::Close
            }
            Event::Text(text) => Step::Text(text.into_inner()),
            Event::CData(text) => Step::Text(text.into_inner()),
            Event::GeneralRef(entity) => {
                let named = match &*entity {
                    "amp" => Some('&'),
                    "lt" => Some('<'),
                    "gt" => Some('>'),
                    "apos" => Some('\''),
                    "quot" => Some('"'),
                    _ => entity.resolve_char_ref().ok().flatten(),
                };
                Step::Text(named.map(String::from).unwrap_or_default().into())
            }
            Event::DocType(_) => {
                // Only an attack declares entities in an Office file.
                return Err(FileFault::Broken {
                    why: "含有不该有的 DOCTYPE 声明",
                    detail: self.part.clone(),
                });
            }
            Event::Eof if self.depth > 0 => {
                return Err(FileFault::Broken { why: "内容不完整", detail: self.part.clone() });
            }
            Event::Eof => Step::End,
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => Step::Text("".into()),
        })
    }
}

/// Word, WPS and LibreOffice write the prefix `w`, but a program that rewrites XML is free to choose.
fn learn_prefixes(root: &BytesStart<'_>, word: &mut String, math: &mut String) {
    for attribute in root.attributes().with_checks(false).flatten().take(128) {
        let key = attribute.key.into_inner();
        let prefix = if key == "xmlns" { "" } else { key.strip_prefix("xmlns:").unwrap_or("-") };
        if prefix == "-" {
            continue;
        }
        match &*attribute.value {
            "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
            | "http://purl.oclc.org/ooxml/wordprocessingml/main"
            | "http://schemas.openxmlformats.org/package/2006/relationships" => prefix.clone_into(word),
            "http://schemas.openxmlformats.org/officeDocument/2006/math"
            | "http://purl.oclc.org/ooxml/officeDocument/math" => prefix.clone_into(math),
            _ => {}
        }
    }
}

fn tag(start: &BytesStart<'_>, word: &str, math: &str) -> Tag {
    let name = start.name();
    let local = name.local_name().into_inner();
    let prefix = name.prefix().map_or("", |p| p.into_inner());
    if prefix == word {
        return Tag::of_word(local);
    }
    match local {
        "t" if prefix == math => Tag::MathText,
        // Declared where it is used as often as at the root, so its prefix says nothing.
        "AlternateContent" | "Choice" | "Fallback" => Tag::of_word(local),
        _ => Tag::Other,
    }
}

fn trouble(part: &str, fault: &quick_xml::Error) -> FileFault {
    match fault {
        quick_xml::Error::Io(io) => unread(io),
        _ => FileFault::Broken { why: "内容的写法有误", detail: format!("{part}: {fault}") },
    }
}
