//! Plain text: which encoding it is in.

use encoding_rs::{GB18030, UTF_16BE, UTF_16LE};

use crate::FileFault;

/// The characters of a text file. Line ends stay as they are, page breaks become line ends, other control characters
/// are dropped: they are no words, and a terminal would obey some of them.
pub(crate) fn decode(bytes: &[u8]) -> Result<String, FileFault> {
    let text = characters(bytes)?;
    let stray = text.chars().filter(|&c| is_stray(c)).count();
    if stray * 200 > text.chars().count() {
        return Err(FileFault::Binary);
    }
    if stray == 0 && !text.contains(['\u{b}', '\u{c}']) {
        return Ok(text);
    }
    Ok(text
        .chars()
        .filter(|&c| !is_stray(c))
        .map(|c| if matches!(c, '\u{b}' | '\u{c}') { '\n' } else { c })
        .collect())
}

/// Control characters other than tab, line ends and page breaks. An old end-of-file mark (1A) counts as one.
fn is_stray(c: char) -> bool {
    c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}')
}

fn characters(bytes: &[u8]) -> Result<String, FileFault> {
    for (mark, encoding) in [([0xff, 0xfe], UTF_16LE), ([0xfe, 0xff], UTF_16BE)] {
        if let Some(rest) = bytes.strip_prefix(&mark) {
            let text = encoding.decode_without_bom_handling_and_without_replacement(rest);
            return text.map(|t| t.into_owned()).ok_or(FileFault::Encoding { line: 1 });
        }
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let fault = match std::str::from_utf8(bytes) {
        // Zero bytes are the Latin letters and line ends of wide characters, all of which may be below 128 in both bytes.
        Ok(text) => return Ok(wide(bytes).unwrap_or_else(|| text.to_owned())),
        Err(fault) => fault,
    };
    if bytes.contains(&0) {
        return wide(bytes).ok_or(FileFault::Binary);
    }
    match GB18030.decode_without_bom_handling_and_without_replacement(bytes) {
        Some(text) if is_likely_chinese(bytes) => Ok(text.into_owned()),
        _ => {
            let good = bytes.get(..fault.valid_up_to()).unwrap_or_default();
            Err(FileFault::Encoding { line: good.iter().filter(|&&b| b == b'\n').count() + 1 })
        }
    }
}

/// UTF-16 that does not say so. Line ends, spaces and digits have a zero byte, always on the same side, and the words
/// are Chinese: half of the characters at least.
fn wide(bytes: &[u8]) -> Option<String> {
    if !bytes.contains(&0) || bytes.len() % 2 == 1 {
        return None;
    }
    let side = |odd: usize| bytes.iter().skip(odd).step_by(2).filter(|&&b| b == 0).count();
    let encoding = match (side(0), side(1)) {
        (0, _) => UTF_16LE,
        (_, 0) => UTF_16BE,
        _ => return None,
    };
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?;
    let chinese = text
        .chars()
        .filter(|c| matches!(c, '\u{3000}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}' | '\u{ff00}'..='\u{ffef}'));
    (chinese.count() * 2 >= text.chars().count()).then(|| text.into_owned())
}

/// Whether bytes that GB18030 can decode were written in it. Big5 or a damaged UTF-8 text also decodes, into rare
/// characters; a real text is made of the marks of rows A1–A3 and of the 3,755 common characters of rows B0–D7.
fn is_likely_chinese(bytes: &[u8]) -> bool {
    let (mut pairs, mut common) = (0usize, 0usize);
    let mut rest = bytes;
    while let [lead, after @ ..] = rest {
        if *lead < 0x80 {
            rest = after;
            continue;
        }
        let [trail, after @ ..] = after else { break };
        pairs += 1;
        if matches!(lead, 0xa1..=0xa3 | 0xb0..=0xd7) && *trail >= 0xa1 {
            common += 1;
        }
        rest = after;
    }
    common * 5 >= pairs * 3
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: &str = "1.坚持把理论学习放在首位，每季度至少举行１次集体学习。（牵头部门：党委办公室，责任部门：各支部）\r\n";

    #[test]
    fn the_same_words_come_out_of_every_encoding() {
        let utf16 = |mark: [u8; 2], order: fn(u16) -> [u8; 2]| -> Vec<u8> {
            mark.into_iter().chain(WORDS.encode_utf16().flat_map(order)).collect()
        };
        let written = [
            WORDS.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", WORDS.as_bytes()].concat(),
            utf16([0xff, 0xfe], u16::to_le_bytes),
            utf16([0xfe, 0xff], u16::to_be_bytes),
            utf16([0xff, 0xfe], u16::to_le_bytes).split_off(2),
            utf16([0xfe, 0xff], u16::to_be_bytes).split_off(2),
            GB18030.encode(WORDS).0.into_owned(),
        ];
        for bytes in written {
            assert_eq!(decode(&bytes).as_deref(), Ok(WORDS), "{:?}", &bytes[..4]);
        }
    }

    #[test]
    fn four_byte_characters_of_gb18030_are_read() {
        let text = "责任人：㐂某、\u{2070e}某，各支部按时完成各项工作任务";
        assert_eq!(decode(&GB18030.encode(text).0).as_deref(), Ok(text));
    }

    #[test]
    fn big5_is_refused_and_not_taken_for_rare_characters() {
        let text = "一、堅持黨的全面領導，認真學習貫徹會議精神。\n二、加強組織建設，落實各項任務。\n";
        let (bytes, _, _) = encoding_rs::BIG5.encode(text);
        assert_eq!(decode(&bytes), Err(FileFault::Encoding { line: 1 }));
    }

    #[test]
    fn a_damaged_utf8_text_names_the_line() {
        let mut bytes = "一、总体要求\n二、主要任务\n".as_bytes().to_vec();
        bytes[25] = 0xff;
        assert_eq!(decode(&bytes), Err(FileFault::Encoding { line: 2 }));
    }

    #[test]
    fn control_characters_are_dropped_and_data_is_refused() {
        let text = format!("{}\u{1b}[31m{}\u{c}第二页\u{1a}", "要".repeat(500), "点".repeat(500));
        let read = decode(text.as_bytes()).expect("two stray characters in a thousand");
        assert!(!read.contains(['\u{1b}', '\u{1a}', '\u{c}']));
        assert!(read.ends_with("\n第二页"));
        assert_eq!(decode(&[1, 2, 3, 4, 5, 0, 7, 0xff]), Err(FileFault::Binary));
        assert_eq!(decode(b"\x01\x02\x03abc"), Err(FileFault::Binary));
    }
}
