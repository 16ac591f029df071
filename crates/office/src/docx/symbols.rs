//! Characters that Word takes from symbol fonts, whose codes mean nothing outside them.

/// The character that a reader sees for `code` of `font`.
pub(crate) fn symbol(font: &str, code: u32) -> char {
    let is_private = (0xf000..=0xf0ff).contains(&code);
    if !is_private && code > 0xff {
        return char::from_u32(code).unwrap_or('□');
    }
    let low = code & 0xff;
    let font = font.to_ascii_lowercase();
    let known = match font.as_str() {
        "wingdings" => wingdings(low),
        "wingdings 2" => wingdings_2(low),
        "symbol" => latin_symbol(low),
        _ if is_private => None,
        _ => char::from_u32(code),
    };
    known.unwrap_or('□')
}

/// The mark of a bulleted list: what stands in a symbol font is a dot of some shape.
pub(crate) fn bullet(text: &str) -> String {
    match text.chars().next() {
        Some('o') if text.len() == 1 => "○".to_owned(),
        Some('\u{f000}'..='\u{f8ff}') => "●".to_owned(),
        _ => text.to_owned(),
    }
}

fn wingdings(low: u32) -> Option<char> {
    Some(match low {
        0x6c | 0x9f => '●',
        0x6e | 0xa7 => '■',
        0x6f | 0xa8 | 0x71 => '□',
        0x74 | 0x75 => '◆',
        0x76 => '❖',
        0x81..=0x8a => char::from_u32(0x2460 + low - 0x81)?,
        0x8c..=0x95 => char::from_u32(0x2776 + low - 0x8c)?,
        0xa1 => '○',
        0xab => '★',
        0xd8 => '➢',
        0xe0 | 0xe8 => '→',
        0xfb => '✗',
        0xfc => '✓',
        0xfd => '☒',
        0xfe => '☑',
        _ => return None,
    })
}

fn wingdings_2(low: u32) -> Option<char> {
    Some(match low {
        0x4f => '✗',
        0x50 => '✓',
        0x51 => '☒',
        0x52 => '☑',
        0xa3 => '□',
        _ => return None,
    })
}

fn latin_symbol(low: u32) -> Option<char> {
    Some(match low {
        0xb7 => '•',
        0xae => '→',
        0xac => '←',
        0xb0 => '°',
        0xb1 => '±',
        0xb3 => '≥',
        0xa3 => '≤',
        0xb4 => '×',
        0x20..=0x7e => char::from_u32(low)?,
        _ => return None,
    })
}
