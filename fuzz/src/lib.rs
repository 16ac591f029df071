//! What the fuzz targets share: bytes become a document, and the document a plan.

use std::io::{Cursor, Write};

use model::SourceText;
use zip::write::SimpleFileOptions;

/// Lets a panic be caught where the program catches it. Without this the first one ends the run, caught or not; one that
/// nobody catches still ends it.
pub fn let_panics_be_caught() {
    std::panic::set_hook(Box::new(|panic| eprintln!("{panic}")));
}

/// Reads a file as the program does, up to the plan. None when it is refused.
pub fn read(bytes: &[u8]) -> Option<SourceText> {
    let source = office::read_directly("file", bytes).ok()?;
    let plan = plan::read(&source);
    for item in &plan.items {
        assert!(source.text.get(item.span.start..item.span.end).is_some(), "a span outside the text");
    }
    Some(source)
}

/// A package whose parts of these names stand in `bytes` one behind the other, with a line `----` between them; the rest
/// of the package is `fixed`. Bytes that are a package already stay what they are. In this way the fuzzer changes the XML
/// and not its checksum.
pub fn package(bytes: &[u8], names: &[&str], fixed: &[(&str, &str)]) -> Vec<u8> {
    if bytes.starts_with(b"PK") {
        return bytes.to_vec();
    }
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let mut add = |name: &str, part: &[u8]| {
        zip.start_file(name, stored).expect("a part");
        zip.write_all(part).expect("its bytes");
    };
    for (name, part) in fixed {
        add(name, part.as_bytes());
    }
    let mut rest = bytes;
    for (n, name) in names.iter().enumerate() {
        const MARK: &[u8] = b"\n----\n";
        let cut = rest.windows(MARK.len()).position(|w| w == MARK).filter(|_| n + 1 < names.len());
        let (part, after) = match cut {
            Some(at) => (&rest[..at], &rest[at + MARK.len()..]),
            None => (rest, &[][..]),
        };
        add(name, part);
        rest = after;
    }
    zip.finish().expect("a package").into_inner()
}
