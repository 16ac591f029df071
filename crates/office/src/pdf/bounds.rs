//! What the streams of a PDF may unpack to, looked at before anything else reads them.

use std::io::Read;

use crate::FileFault;
use crate::limits::{MAX_STATES, MAX_STREAM, MAX_UNPACKED};

/// Unpacks every stream that is packed in the usual way and counts its bytes; pictures are left alone, for nobody unpacks
/// them here.
pub(super) fn check(bytes: &[u8]) -> Result<(), FileFault> {
    let mut total = 0;
    for (head, packed) in streams(bytes) {
        if find(head, b"/Image").is_some() {
            continue;
        }
        let packings = [&b"FlateDecode"[..], b"/Fl ", b"/Fl]", b"LZWDecode", b"RunLengthDecode"];
        if packings.iter().map(|name| count(head, name)).sum::<usize>() > 1 {
            return Err(FileFault::Bomb { what: "多层压缩" });
        }
        let mut left = MAX_STREAM + 1;
        let mut unpacked = flate2::read::ZlibDecoder::new(packed).take(left);
        // What is not packed, or damaged further on, counts as far as it goes.
        let mut states = States::default();
        let count = std::io::copy(&mut unpacked, &mut states);
        if states.deepest > MAX_STATES {
            return Err(FileFault::Bomb { what: "图形过多" });
        }
        left = unpacked.limit();
        total += count.unwrap_or(MAX_STREAM + 1 - left);
        if left == 0 || total > MAX_UNPACKED {
            return Err(FileFault::Bomb { what: "解压后过大" });
        }
    }
    Ok(())
}

/// Whether `says` so of what one of the streams unpacks to, pictures among them; of each as much is looked at as a stream may
/// have.
pub(super) fn any(bytes: &[u8], says: fn(&[u8]) -> bool) -> bool {
    let mut left = MAX_UNPACKED;
    streams(bytes).any(|(_, packed)| {
        let mut unpacked = Vec::new();
        // What is not packed, or damaged further on, counts as far as it goes.
        let _ = flate2::read::ZlibDecoder::new(packed).take(left.min(MAX_STREAM)).read_to_end(&mut unpacked);
        left = left.saturating_sub(unpacked.len() as u64);
        says(&unpacked)
    })
}

/// The streams, each with what stands before it, back to the beginning of its object.
fn streams(bytes: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut before = 0;
    std::iter::from_fn(move || {
        loop {
            let start = before + find(bytes.get(before..)?, b"stream")?;
            before = start + b"stream".len();
            if start >= 3 && bytes.get(start - 3..start) == Some(b"end") {
                continue;
            }
            let head = bytes.get(start.saturating_sub(1024)..start).unwrap_or_default();
            let head = find_last(head, b"obj").and_then(|n| head.get(n..)).unwrap_or(head);
            let rest = bytes.get(before..).unwrap_or_default();
            let packed = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n")).unwrap_or(rest);
            return Some((head, packed));
        }
    })
}

/// How many states of drawing a stream keeps one upon the other, were it one that draws.
struct States {
    depth: usize,
    deepest: usize,
    /// The last two bytes.
    before: [u8; 2],
}

impl Default for States {
    fn default() -> Self {
        Self { depth: 0, deepest: 0, before: [b' '; 2] }
    }
}

impl std::io::Write for States {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        for byte in bytes {
            if let [first, operator @ (b'q' | b'Q')] = self.before
                && first.is_ascii_whitespace()
                && byte.is_ascii_whitespace()
            {
                self.depth = if operator == b'q' { self.depth + 1 } else { self.depth.saturating_sub(1) };
                self.deepest = self.deepest.max(self.depth);
            }
            self.before = [self.before[1], *byte];
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn find(bytes: &[u8], word: &[u8]) -> Option<usize> {
    bytes.windows(word.len()).position(|w| w == word)
}

fn find_last(bytes: &[u8], word: &[u8]) -> Option<usize> {
    bytes.windows(word.len()).rposition(|w| w == word)
}

fn count(bytes: &[u8], word: &[u8]) -> usize {
    bytes.windows(word.len()).filter(|w| *w == word).count()
}
