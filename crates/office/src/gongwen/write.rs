//! The body: head, title, text, attachments, signature.

use super::parts::{SECTION, W, escape};
use super::{Block, Gongwen, Head, Signature, Table, title};

/// Width of the text block in twips: A4 less 28 mm and 26 mm.
const WIDTH: u32 = 11906 - 1588 - 1474;

/// One character of 3号 with its spacing, in twips.
const CHARACTER: i32 = 315;

/// The part `word/document.xml`.
pub(super) fn body(document: &Gongwen) -> String {
    let mut out = Out(format!("<w:document {W}><w:body>"));
    if let Some(head) = &document.head {
        out.head(head, document.kind.goes_upwards());
    }
    out.blank(if document.head.is_some() { 2 } else { 0 });
    for line in title::lines(&document.title) {
        out.paragraph("GwTitle", "", &line);
    }
    out.blank(1);
    if !document.addressee.is_empty() {
        out.paragraph("Normal", "", &format!("{}：", document.addressee));
    }
    out.blocks(&document.blocks);
    out.named_attachments(document);
    if let Some(signature) = &document.signature {
        out.signature(signature);
    }
    if !document.note.is_empty() {
        out.paragraph("GwBody", "", &format!("（{}）", document.note));
    }
    out.attachments(document);
    out.0.push_str(SECTION);
    out.0.push_str("</w:body></w:document>");
    out.0
}

struct Out(String);

impl Out {
    /// A paragraph; `extra` are further properties, in the order that the schema asks for.
    fn paragraph(&mut self, style: &str, extra: &str, text: &str) {
        self.raw(style, extra, &run(text, ""));
    }

    fn raw(&mut self, style: &str, extra: &str, runs: &str) {
        self.0.push_str(&format!(r#"<w:p><w:pPr><w:pStyle w:val="{style}"/>{extra}</w:pPr>{runs}</w:p>"#));
    }

    fn blank(&mut self, lines: usize) {
        for _ in 0..lines {
            self.0.push_str(r#"<w:p><w:pPr><w:pStyle w:val="Normal"/></w:pPr></w:p>"#);
        }
    }

    /// 版头: the mark 35 mm under the top of the text block, two lines, the number, and 4 mm under it the red rule.
    fn head(&mut self, head: &Head, upwards: bool) {
        let characters = u32::try_from(head.mark.chars().count()).unwrap_or(u32::MAX).max(1);
        // As large as one line allows, and no larger than what looks like a head: in half points.
        let size = (WIDTH / 10 / characters).saturating_sub(1).clamp(32, 108);
        let line = size * 13;
        let properties = format!(
            r#"<w:rFonts w:ascii="方正小标宋简体" w:hAnsi="方正小标宋简体" w:eastAsia="方正小标宋简体"/><w:color w:val="FF0000"/><w:spacing w:val="0"/><w:sz w:val="{size}"/><w:szCs w:val="{size}"/>"#
        );
        let extra = format!(
            r#"<w:spacing w:before="1984" w:line="{line}" w:lineRule="exact"/><w:jc w:val="center"/>"#
        );
        self.raw("Normal", &extra, &run(&head.mark, &properties));
        self.blank(2);
        let number = head.number.as_ref().map(|n| n.words()).unwrap_or_default();
        // The line of the number is 28.95 pt high, its characters 16: half the difference is already there.
        let rule = r#"<w:pBdr><w:bottom w:val="single" w:sz="12" w:space="5" w:color="FF0000"/></w:pBdr>"#;
        match head.signed_off_by.as_ref().filter(|_| upwards) {
            Some(name) => {
                let stop = i32::try_from(WIDTH).unwrap_or(0) - CHARACTER;
                let extra = format!(
                    r#"{rule}<w:tabs><w:tab w:val="right" w:pos="{stop}"/></w:tabs><w:ind w:left="{CHARACTER}"/><w:jc w:val="left"/>"#
                );
                let kai =
                    r#"<w:rFonts w:ascii="楷体_GB2312" w:hAnsi="楷体_GB2312" w:eastAsia="楷体_GB2312"/>"#;
                let runs =
                    [run(&number, ""), "<w:r><w:tab/></w:r>".to_owned(), run("签发人：", ""), run(name, kai)];
                self.raw("Normal", &extra, &runs.concat());
            }
            None => self.paragraph("Normal", &format!(r#"{rule}<w:jc w:val="center"/>"#), &number),
        }
    }

    fn blocks(&mut self, blocks: &[Block]) {
        for (block, number) in blocks.iter().zip(super::numbers(blocks)) {
            match block {
                Block::Heading1(text) => self.paragraph("GwHeading1", "", &format!("{number}{text}")),
                Block::Heading2(text) => self.paragraph("GwHeading2", "", &format!("{number}{text}")),
                Block::Heading3(text) => self.paragraph("GwHeading3", "", &format!("{number}{text}")),
                Block::Heading(text) => self.paragraph("GwHeading1", "", text),
                Block::Paragraph(text) => self.paragraph("GwBody", "", text),
                Block::Table(table) => self.table(table),
            }
        }
    }

    fn table(&mut self, table: &Table) {
        let shares: u32 = table.columns.iter().map(|(_, share)| u32::from(*share)).sum::<u32>().max(1);
        let widths: Vec<u32> =
            table.columns.iter().map(|(_, share)| WIDTH * u32::from(*share) / shares).collect();
        let edge =
            |side: &str| format!(r#"<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>"#);
        let edges: String = ["top", "left", "bottom", "right", "insideH", "insideV"].map(edge).concat();
        self.0.push_str(&format!(
            r#"<w:tbl><w:tblPr><w:tblW w:w="{WIDTH}" w:type="dxa"/><w:jc w:val="center"/><w:tblBorders>{edges}</w:tblBorders><w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="85" w:type="dxa"/><w:right w:w="85" w:type="dxa"/></w:tblCellMar></w:tblPr><w:tblGrid>"#
        ));
        for width in &widths {
            self.0.push_str(&format!(r#"<w:gridCol w:w="{width}"/>"#));
        }
        self.0.push_str("</w:tblGrid>");
        let heads: Vec<String> = table.columns.iter().map(|(head, _)| head.clone()).collect();
        let is_form = heads.iter().all(String::is_empty);
        if !is_form {
            self.row(&heads, &widths, "GwCellHead", "<w:cantSplit/><w:tblHeader/>");
        }
        for row in &table.rows {
            self.row(row, &widths, "GwCell", if is_form { "" } else { "<w:cantSplit/>" });
        }
        self.0.push_str("</w:tbl>");
        // Two tables one after another would grow together.
        self.raw("Normal", r#"<w:spacing w:line="240" w:lineRule="exact"/>"#, "");
    }

    fn row(&mut self, cells: &[String], widths: &[u32], style: &str, properties: &str) {
        self.0.push_str(&format!("<w:tr><w:trPr>{properties}</w:trPr>"));
        for (at, width) in widths.iter().enumerate() {
            self.0.push_str(&format!(
                r#"<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/><w:vAlign w:val="center"/></w:tcPr>"#
            ));
            let text = cells.get(at).map(String::as_str).unwrap_or_default();
            // Figures stand in the middle, words at the left.
            let is_figure =
                !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || ".%/-".contains(c));
            for line in text.split('\n') {
                self.paragraph(style, if is_figure { r#"<w:jc w:val="center"/>"# } else { "" }, line);
            }
            self.0.push_str("</w:tc>");
        }
        self.0.push_str("</w:tr>");
    }

    /// 附件说明: a line under the text, two characters in; the second begins under the first one's number.
    fn named_attachments(&mut self, document: &Gongwen) {
        let count = document.attachments.len();
        if count == 0 {
            return;
        }
        self.blank(1);
        for (at, attachment) in document.attachments.iter().enumerate() {
            let label = if at == 0 { "附件：" } else { "" };
            let number = if count == 1 { String::new() } else { format!("{}.", at + 1) };
            // Where the title begins: two characters, 附件： and, of several, the number.
            let hanging = CHARACTER * 3 + if count == 1 { 0 } else { CHARACTER };
            let left = CHARACTER * 2 + hanging;
            let first = if at == 0 { hanging } else { hanging - CHARACTER * 3 };
            let extra = format!(
                r#"<w:tabs><w:tab w:val="left" w:pos="{left}"/></w:tabs><w:ind w:left="{left}" w:hanging="{first}"/>"#
            );
            let runs = if count == 1 {
                run(&format!("{label}{}", attachment.title), "")
            } else {
                [
                    run(&format!("{label}{number}"), ""),
                    "<w:r><w:tab/></w:r>".to_owned(),
                    run(&attachment.title, ""),
                ]
                .concat()
            };
            self.raw("Normal", &extra, &runs);
        }
    }

    /// 署名 and 成文日期 at the right; figures in the standard's 7.3.5.
    fn signature(&mut self, signature: &Signature) {
        let date = signature.day_words();
        let (name_width, date_width) = (half_characters(&signature.issuer), half_characters(&date));
        // All in half characters from the right edge of the text block.
        let (name_right, date_right) = if signature.sealed {
            (8 + (date_width - name_width) / 2, 8)
        } else if date_width > name_width {
            (8 + date_width - name_width, 4)
        } else {
            (4, name_width - date_width)
        };
        self.blank(if signature.sealed { 2 } else { 1 });
        for (text, right) in [(&signature.issuer, name_right), (&date, date_right)] {
            let right = right.max(0) * CHARACTER / 2;
            let extra = format!(r#"<w:keepLines/><w:ind w:right="{right}"/><w:jc w:val="right"/>"#);
            self.paragraph("Normal", &extra, text);
        }
    }

    /// Each attachment that has a text, on a page of its own.
    fn attachments(&mut self, document: &Gongwen) {
        let count = document.attachments.len();
        for (at, attachment) in document.attachments.iter().enumerate() {
            if attachment.blocks.is_empty() {
                continue;
            }
            let number = if count == 1 { String::new() } else { (at + 1).to_string() };
            let hei = r#"<w:rFonts w:ascii="黑体" w:hAnsi="黑体" w:eastAsia="黑体"/>"#;
            self.raw("Normal", "<w:pageBreakBefore/>", &run(&format!("附件{number}"), hei));
            self.blank(1);
            for line in title::lines(&attachment.title) {
                self.paragraph("GwTitle", "", &line);
            }
            self.blank(1);
            self.blocks(&attachment.blocks);
        }
    }
}

/// A run; the hint makes quotation marks and dashes take the Chinese font, in which they are as wide as a character.
fn run(text: &str, properties: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    // The hint belongs to the fonts, and there may be only one element of them.
    let properties = match properties.strip_prefix("<w:rFonts ") {
        Some(rest) => format!(r#"<w:rFonts w:hint="eastAsia" {rest}"#),
        None => format!(r#"<w:rFonts w:hint="eastAsia"/>{properties}"#),
    };
    format!(r#"<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{}</w:t></w:r>"#, escape(text))
}

/// Width in half characters.
fn half_characters(text: &str) -> i32 {
    text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}
