//! Web pages, saved or pasted: the words of the page itself, without what its site puts around every page.

mod furniture;
mod walk;

use encoding_rs::{Encoding, GB18030};
use model::SourceText;

use crate::limits::{MAX_OPEN, MAX_PAGE_BYTES};
use crate::{FileFault, text};

pub(crate) use walk::Rows;

/// Reads a web page. Tables with rows and columns stay tables; menus, link lists, buttons and notices of the site are left
/// out.
pub(crate) fn read(name: &str, bytes: &[u8]) -> Result<SourceText, FileFault> {
    walk::read(name, &markup::parse(&page_of(bytes)?))
}

/// The tables of a web page, as many systems hand them out under the name of a workbook (.xls): of each its rows, of each
/// row its cells with their columns, from 0.
pub(crate) fn tables(bytes: &[u8]) -> Result<Vec<Rows>, FileFault> {
    walk::tables(&markup::parse(&page_of(bytes)?))
}

/// The characters of a page that is neither too large nor too deep.
fn page_of(bytes: &[u8]) -> Result<String, FileFault> {
    if bytes.len() > MAX_PAGE_BYTES {
        return Err(FileFault::TooLarge { bytes: bytes.len() as u64, limit: MAX_PAGE_BYTES as u64 });
    }
    let page = decode(bytes)?;
    if open_at_most(&page) > MAX_OPEN {
        return Err(FileFault::Bomb { what: "嵌套过深" });
    }
    Ok(page)
}

/// The characters of a page: by its own word about its encoding, else as any text.
fn decode(bytes: &[u8]) -> Result<String, FileFault> {
    let marked = Encoding::for_bom(bytes).map(|(encoding, _)| encoding);
    let declared = || {
        let head = bytes.get(..2048).unwrap_or(bytes);
        let head = String::from_utf8_lossy(head).to_ascii_lowercase();
        let after = head.split("charset").nth(1)?.trim_start_matches([' ', '=', '"', '\'']);
        let label: String =
            after.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect();
        // Pages that say gb2312 use what came after it.
        if label.starts_with("gb") { Some(GB18030) } else { Encoding::for_label(label.as_bytes()) }
    };
    if std::str::from_utf8(bytes).is_ok() && !bytes.contains(&0) {
        return text::decode(bytes);
    }
    match marked.or_else(declared) {
        Some(encoding) => Ok(encoding.decode(bytes).0.into_owned()),
        None => text::decode(bytes),
    }
}

/// How many elements may be open at once, at most: a parser takes time with the depth for every tag.
fn open_at_most(markup: &str) -> usize {
    // These close by themselves.
    const LOOSE: [&str; 24] = [
        "p", "li", "td", "th", "tr", "br", "hr", "img", "meta", "link", "input", "option", "dt", "dd",
        "tbody", "thead", "tfoot", "col", "wbr", "area", "base", "source", "embed", "param",
    ];
    let (mut open, mut most) = (0_usize, 0_usize);
    let bytes = markup.as_bytes();
    for (at, _) in markup.match_indices('<') {
        let rest = bytes.get(at + 1..).unwrap_or_default();
        let name = rest.get(..8).unwrap_or(rest);
        let letters = name.iter().take_while(|b| b.is_ascii_alphanumeric()).count();
        if rest.first() == Some(&b'/') {
            open = open.saturating_sub(1);
        } else if letters > 0 && rest.first().is_some_and(u8::is_ascii_alphabetic) {
            let name = String::from_utf8_lossy(&name[..letters]).to_ascii_lowercase();
            if !LOOSE.contains(&name.as_str()) {
                open += 1;
                most = most.max(open);
            }
        }
    }
    most
}
