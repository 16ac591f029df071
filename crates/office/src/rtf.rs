//! RTF (Rich Text Format 1.9), the words only: paragraphs, tables, the numbers that Word wrote out for other programs.

mod table;

use encoding_rs::{BIG5, Encoding, GBK, SHIFT_JIS, WINDOWS_1252};
use model::{BlockKind, Omission, Place, SourceText};

use self::table::Table;
use crate::FileFault;
use crate::limits::{MAX_BLOCKS, MAX_DEPTH, MAX_TEXT};

/// Groups whose words are not those of the page.
const SILENT: [&str; 27] = [
    "fonttbl",
    "colortbl",
    "stylesheet",
    "info",
    "pict",
    "header",
    "headerl",
    "headerr",
    "headerf",
    "footer",
    "footerl",
    "footerr",
    "footerf",
    "footnote",
    "annotation",
    "listtable",
    "listoverridetable",
    "revtbl",
    "rsidtbl",
    "generator",
    "themedata",
    "fldinst",
    "objdata",
    "nonshppict",
    "filetbl",
    "xmlnstbl",
    "mmathPr",
];

/// Reads the words of an RTF file.
///
/// # Errors
/// When it is nested or long beyond measure, or holds no group at all.
pub(crate) fn read(name: &str, bytes: &[u8]) -> Result<SourceText, FileFault> {
    let mut walk = Walk {
        bytes,
        at: 0,
        out: SourceText { name: name.to_owned(), ..SourceText::default() },
        states: Vec::new(),
        state: State::default(),
        fonts: Vec::new(),
        page: WINDOWS_1252,
        raw: Vec::new(),
        line: String::new(),
        left_out: Vec::new(),
        to_skip: 0,
        table: Table::default(),
        paragraphs: 0,
    };
    walk.run()?;
    Ok(walk.out)
}

/// What a group can change and its end restores.
#[derive(Clone, Default)]
struct State {
    /// Whether the words of the group belong to nothing that is read.
    silent: bool,
    /// Whether it is the table of fonts.
    fonts: bool,
    font: i32,
    struck: bool,
    hidden: bool,
    deleted: bool,
    in_table: bool,
    /// Whether it holds the number of a paragraph, as it is printed.
    number: bool,
    /// Bytes that stand for each \u for programs that do not know it.
    fallback: Option<usize>,
}

struct Walk<'b> {
    bytes: &'b [u8],
    at: usize,
    out: SourceText,
    states: Vec<State>,
    state: State,
    /// Number and encoding of each font that has one.
    fonts: Vec<(i32, &'static Encoding)>,
    /// The encoding of the whole file.
    page: &'static Encoding,
    /// Bytes of the present encoding that wait for those that follow.
    raw: Vec<u8>,
    line: String,
    left_out: Vec<(Omission, String)>,
    /// Characters still to be passed over after \u.
    to_skip: usize,
    table: Table,
    paragraphs: u32,
}

impl Walk<'_> {
    fn run(&mut self) -> Result<(), FileFault> {
        while let Some(&byte) = self.bytes.get(self.at) {
            self.at += 1;
            match byte {
                b'{' => {
                    self.flush();
                    if self.states.len() >= MAX_DEPTH {
                        return Err(FileFault::Bomb { what: "嵌套过深" });
                    }
                    self.states.push(self.state.clone());
                    self.to_skip = 0;
                }
                b'}' => {
                    self.flush();
                    self.to_skip = 0;
                    match self.states.pop() {
                        Some(state) => self.state = state,
                        None => break,
                    }
                }
                b'\\' => self.control(),
                b'\r' | b'\n' | 0 => {}
                byte => self.byte(byte),
            }
            if self.out.text.len() + self.line.len() + self.raw.len() > MAX_TEXT {
                return Err(FileFault::Bomb { what: "文字过多" });
            }
            if self.out.blocks.len() > MAX_BLOCKS {
                return Err(FileFault::Bomb { what: "段落过多" });
            }
        }
        self.flush();
        self.end_table();
        if !self.line.trim().is_empty() {
            self.end_paragraph();
        }
        Ok(())
    }

    /// A control word or symbol; the backslash is behind.
    fn control(&mut self) {
        let Some(&first) = self.bytes.get(self.at) else { return };
        if !first.is_ascii_alphabetic() {
            self.at += 1;
            match first {
                b'\'' => {
                    let hex = self.bytes.get(self.at..self.at + 2).and_then(|h| std::str::from_utf8(h).ok());
                    if let Some(byte) = hex.and_then(|h| u8::from_str_radix(h, 16).ok()) {
                        self.at += 2;
                        self.byte(byte);
                    }
                }
                b'*' => {
                    let known = self.is_known_group();
                    self.state.silent |= !known;
                }
                b'~' => self.write("\u{a0}"),
                b'_' => self.write("-"),
                b'\\' | b'{' | b'}' => self.byte(first),
                b'\r' | b'\n' => self.paragraph(),
                _ => {}
            }
            return;
        }
        let from = self.at;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_alphabetic) && self.at - from < 40 {
            self.at += 1;
        }
        let word = std::str::from_utf8(self.bytes.get(from..self.at).unwrap_or_default()).unwrap_or_default();
        let digits = self.at;
        if self.bytes.get(self.at) == Some(&b'-') {
            self.at += 1;
        }
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) && self.at - digits < 12 {
            self.at += 1;
        }
        let number: Option<i32> = self
            .bytes
            .get(digits..self.at)
            .and_then(|d| std::str::from_utf8(d).ok())
            .and_then(|d| d.parse().ok());
        if self.bytes.get(self.at) == Some(&b' ') {
            self.at += 1;
        }
        let word = word.to_owned();
        self.word(&word, number);
    }

    /// Whether a group that programs may ignore (\*) is one whose words are printed.
    fn is_known_group(&self) -> bool {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        [b"\\shppict".as_slice(), b"\\pntext", b"\\shptxt", b"\\shpinst"].iter().any(|w| rest.starts_with(w))
    }

    fn word(&mut self, word: &str, number: Option<i32>) {
        let on = number != Some(0);
        match word {
            "u" => {
                self.flush();
                let code =
                    u32::try_from(number.map_or(0, |n| if n < 0 { n + 65_536 } else { n })).unwrap_or(0);
                self.write(char::from_u32(code).unwrap_or('\u{fffd}').encode_utf8(&mut [0; 4]));
                self.to_skip = self.state.fallback.unwrap_or(1);
            }
            "uc" => self.state.fallback = number.and_then(|n| usize::try_from(n).ok()).map(|n| n.min(16)),
            "bin" => self.at = self.at.saturating_add(usize::try_from(number.unwrap_or(0)).unwrap_or(0)),
            "ansicpg" => self.page = code_page(number.unwrap_or(0)).unwrap_or(self.page),
            "f" => {
                self.flush();
                self.state.font = number.unwrap_or(0);
            }
            "fcharset" if self.state.fonts => {
                if let Some(encoding) = charset(number.unwrap_or(0)).filter(|_| self.fonts.len() < 4096) {
                    self.fonts.push((self.state.font, encoding));
                }
            }
            "fonttbl" => (self.state.fonts, self.state.silent) = (true, true),
            "strike" | "striked" => self.switch(|s| s.struck = on),
            "v" => self.switch(|s| s.hidden = on),
            "deleted" => self.switch(|s| s.deleted = on),
            "plain" => self.switch(|s| (s.struck, s.hidden, s.deleted) = (false, false, false)),
            "pard" => self.state.in_table = false,
            "intbl" => self.state.in_table = true,
            "par" | "sect" | "page" => self.paragraph(),
            "line" | "softline" => self.paragraph(),
            "listtext" | "pntext" => self.switch(|s| s.number = true),
            // What parts a number from the words is no tab of a table.
            "tab" if self.state.number => self.flush(),
            "tab" => self.write("\t"),
            "cell" | "nestcell" => {
                self.flush();
                if !self.state.silent {
                    let line = std::mem::take(&mut self.line);
                    self.table.end_cell(&line);
                }
            }
            "trowd" => self.table.define(),
            "cellx" => self.table.cell_defined(),
            "clvmgf" => self.table.merges(true),
            "clvmrg" => self.table.merges(false),
            "row" | "nestrow" => {
                self.flush();
                if !self.state.silent {
                    self.table.end_row();
                }
            }
            "emdash" => self.write("—"),
            "endash" => self.write("–"),
            "lquote" => self.write("‘"),
            "rquote" => self.write("’"),
            "ldblquote" => self.write("“"),
            "rdblquote" => self.write("”"),
            "bullet" => self.write("•"),
            _ if SILENT.contains(&word) => {
                self.flush();
                self.state.silent = true;
            }
            _ => {}
        }
    }

    fn switch(&mut self, set: impl FnOnce(&mut State)) {
        self.flush();
        set(&mut self.state);
    }

    fn byte(&mut self, byte: u8) {
        if self.to_skip > 0 {
            self.to_skip -= 1;
        } else if !self.state.silent {
            self.raw.push(byte);
        }
    }

    /// Turns the bytes that wait into words.
    fn flush(&mut self) {
        if self.raw.is_empty() {
            return;
        }
        let raw = std::mem::take(&mut self.raw);
        let font = self.fonts.iter().rev().take(256).find(|f| f.0 == self.state.font);
        let (words, _, _) = font.map_or(self.page, |f| f.1).decode(&raw);
        self.write(&words);
    }

    fn write(&mut self, words: &str) {
        self.flush();
        if self.state.silent || self.state.deleted {
            return;
        }
        let why = match (self.state.hidden, self.state.struck) {
            (true, _) => Omission::Hidden,
            (false, true) => Omission::Struck,
            (false, false) => {
                self.line.push_str(if self.state.number { words.trim() } else { words });
                return;
            }
        };
        match self.left_out.last_mut().filter(|l| l.0 == why) {
            Some(last) => last.1.push_str(words),
            None => self.left_out.push((why, words.to_owned())),
        }
    }

    fn paragraph(&mut self) {
        self.flush();
        if self.state.silent {
            return;
        }
        if self.state.in_table {
            let line = std::mem::take(&mut self.line);
            self.table.end_line(&line);
        } else {
            self.end_table();
            self.end_paragraph();
        }
    }

    fn end_paragraph(&mut self) {
        self.paragraphs = self.paragraphs.saturating_add(1);
        for (why, words) in std::mem::take(&mut self.left_out) {
            self.out.leave_out(why, &words);
        }
        let line = std::mem::take(&mut self.line);
        self.out.push(line.trim_end(), BlockKind::Paragraph, Place::Paragraph(self.paragraphs));
    }

    fn end_table(&mut self) {
        self.table.write(&mut self.out);
        if !self.out.blocks.is_empty() {
            for (why, words) in std::mem::take(&mut self.left_out) {
                self.out.leave_out(why, &words);
            }
        }
    }
}

/// The encoding of a Windows code page.
fn code_page(number: i32) -> Option<&'static Encoding> {
    match number {
        936 | 54_936 => Some(GBK),
        950 => Some(BIG5),
        932 => Some(SHIFT_JIS),
        1252 => Some(WINDOWS_1252),
        _ => None,
    }
}

/// The encoding of a font's character set; none for the one of the file.
fn charset(number: i32) -> Option<&'static Encoding> {
    match number {
        134 => Some(GBK),
        136 => Some(BIG5),
        128 => Some(SHIFT_JIS),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(rtf: &str) -> String {
        read("a.rtf", rtf.as_bytes()).expect("words").text
    }

    /// The bytes of GBK as RTF writes them.
    fn gbk(words: &str) -> String {
        GBK.encode(words).0.iter().map(|b| format!("\\'{b:02x}")).collect()
    }

    #[test]
    fn paragraphs_in_unicode_and_in_gbk() {
        let head = "{\\rtf1\\ansi\\ansicpg936{\\fonttbl{\\f0\\fnil\\fcharset134 Song;}}{\\*\\generator WPS;}";
        assert_eq!(
            text(&format!("{head}\\f0 {}\\par {}}}", gbk("一、学习"), gbk("1.读书。"))),
            "一、学习\n1.读书。\n"
        );
        assert_eq!(
            text("{\\rtf1\\ansi\\uc1 \\u19968?\\u12289?\\par{\\header x}\\u-28589\\'3f}"),
            "一、\n道\n"
        );
        assert_eq!(
            text("{\\rtf1 {\\listtext\\tab 1.}a\\{b\\par{\\field{\\*\\fldinst HYPERLINK x}{\\fldrslt c}}}"),
            "1.a{b\nc\n"
        );
    }

    #[test]
    fn tables_with_cells_merged_downwards() {
        let row = |first: &str, merge: &str, second: &str| {
            format!(
                "\\trowd{merge}\\cellx100\\cellx200\\pard\\intbl {first}\\cell {second}\\par x\\cell\\row "
            )
        };
        let rtf = format!(
            "{{\\rtf1 t\\par {}{}\\pard end\\par}}",
            row("a", "\\clvmgf", "b"),
            row("", "\\clvmrg", "c")
        );
        let source = read("a.rtf", rtf.as_bytes()).expect("words");
        assert_eq!(source.text, "t\na\nb\nx\na\nc\nx\nend\n");
        let cell = |n: usize| source.blocks[n].kind;
        assert_eq!(cell(4), BlockKind::Cell { row: 1, column: 0, table: 0 });
        assert_eq!(cell(7), BlockKind::Paragraph);
    }

    #[test]
    fn struck_hidden_and_deleted_words() {
        let source = read("a.rtf", b"{\\rtf1 a{\\strike b}{\\v c}{\\deleted d}\\strike e\\strike0 f\\par}")
            .expect("words");
        assert_eq!(source.text, "af\n");
        let left: Vec<_> = source.left_out.iter().map(|l| (l.why, l.words.as_str())).collect();
        assert_eq!(left, [(Omission::Struck, "b"), (Omission::Hidden, "c"), (Omission::Struck, "e")]);
    }

    #[test]
    fn damaged_files_come_to_an_end() {
        for rtf in [
            "{\\rtf1",
            "{\\rtf1\\'",
            "{\\rtf1\\u",
            "}}}{{",
            "{\\rtf1\\bin999999999 a}",
            "{\\rtf1\\cell\\row\\clvmrg\\cellx1\\row}",
            "\\",
        ] {
            let _ = read("a.rtf", rtf.as_bytes()).expect("whatever is there");
        }
        let deep = "{".repeat(1_000_000);
        assert_eq!(read("a.rtf", deep.as_bytes()), Err(FileFault::Bomb { what: "嵌套过深" }));
    }
}
