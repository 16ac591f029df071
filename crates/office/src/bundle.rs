//! Many files as one zip, under names that Windows, macOS and Linux all take.

use std::collections::BTreeSet;
use std::io::{Cursor, Write as _};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::WriteFault;

/// Most characters of a file's or folder's name, its ending included: a Chinese character takes three bytes, and most
/// systems take 255; Windows takes 260 characters of the whole path.
const LONGEST: usize = 60;

/// Names that Windows keeps for devices, whatever ending they have.
const DEVICES: [&str; 22] = [
    "CON", "PRN", "AUX", "NUL", "COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7", "COM8", "COM9",
    "LPT1", "LPT2", "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9",
];

/// A name made safe: without what some system does not take, not too long, its ending kept.
#[must_use]
pub fn safe_name(name: &str) -> String {
    let kept: String = name
        .chars()
        .map(|c| match c {
            '\\' | '/' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '_',
            // What turns the direction of writing hides an ending.
            '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => '_',
            c if c.is_control() => '_',
            c => c,
        })
        .collect();
    let (stem, ending) = match kept.rsplit_once('.') {
        Some((stem, ending)) if ending.chars().count() <= 8 && !stem.trim().is_empty() => {
            (stem, ending.trim())
        }
        _ => (kept.as_str(), ""),
    };
    let room = LONGEST.saturating_sub(ending.chars().count() + 1);
    let stem: String = stem.trim().chars().take(room).collect();
    let mut stem = stem.trim_end_matches(['.', ' ', '　']).trim_start_matches(['.', ' ', '-']).to_owned();
    if stem.is_empty() {
        stem.push('_');
    }
    if DEVICES.contains(&stem.split('.').next().unwrap_or_default().to_uppercase().as_str()) {
        stem.push('_');
    }
    if ending.is_empty() { stem } else { format!("{stem}.{ending}") }
}

/// A zip that is being put together.
pub struct Bundle {
    zip: ZipWriter<Cursor<Vec<u8>>>,
    /// What is taken already, in small letters: Windows knows no others.
    taken: BTreeSet<String>,
}

impl Default for Bundle {
    fn default() -> Self {
        Self { zip: ZipWriter::new(Cursor::new(Vec::new())), taken: BTreeSet::new() }
    }
}

impl Bundle {
    /// The path under which a file of this name goes into these folders: each part made safe, and another number behind
    /// the name where it is taken.
    pub fn path(&mut self, folders: &[&str], name: &str) -> String {
        let folders: String = folders.iter().map(|f| format!("{}/", safe_name(f))).collect();
        let name = safe_name(name);
        let (stem, ending) = name
            .rsplit_once('.')
            .map_or((name.as_str(), String::new()), |(stem, ending)| (stem, format!(".{ending}")));
        let paths = std::iter::once(format!("{folders}{stem}{ending}"))
            .chain((2..).map(|n: u32| format!("{folders}{stem}（{n}）{ending}")));
        let mut free = paths.filter(|p| !self.taken.contains(&p.to_lowercase()));
        let path = free.next().unwrap_or_default();
        self.taken.insert(path.to_lowercase());
        path
    }

    /// Adds a file under a path that [`Bundle::path`] gave.
    ///
    /// # Errors
    /// When the zip cannot be written.
    pub fn add(&mut self, path: &str, bytes: &[u8]) -> Result<(), WriteFault> {
        self.zip.start_file(path, SimpleFileOptions::default())?;
        self.zip.write_all(bytes).map_err(zip::result::ZipError::from)?;
        Ok(())
    }

    /// The whole zip.
    ///
    /// # Errors
    /// When it cannot be finished.
    pub fn finish(self) -> Result<Vec<u8>, WriteFault> {
        Ok(self.zip.finish()?.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_such_as_every_system_takes() {
        assert_eq!(safe_name("关于“三会一课”的说明.docx"), "关于“三会一课”的说明.docx");
        assert_eq!(safe_name("a/b\\c:d*e?f\"g<h>i|j.txt"), "a_b_c_d_e_f_g_h_i_j.txt");
        assert_eq!(safe_name("con.txt"), "con_.txt");
        assert_eq!(safe_name("..\\..\\etc"), "_._etc");
        assert_eq!(safe_name("记录. "), "记录");
        assert_eq!(safe_name(" . "), "_");
        assert_eq!(safe_name("甲\u{202e}xcod.exe"), "甲_xcod.exe");
        let long = safe_name(&format!("{}.docx", "长".repeat(100)));
        assert!(long.ends_with(".docx") && long.chars().count() == LONGEST, "{long}");
    }

    #[test]
    fn the_same_name_twice_is_two_files() {
        let mut bundle = Bundle::default();
        assert_eq!(bundle.path(&["01-甲"], "A.docx"), "01-甲/A.docx");
        assert_eq!(bundle.path(&["01-甲"], "a.docx"), "01-甲/a（2）.docx");
        assert_eq!(bundle.path(&["02-乙"], "a.docx"), "02-乙/a.docx");
        bundle.add("01-甲/A.docx", b"one").expect("room");
        let zip = bundle.finish().expect("a zip");
        let mut read = zip::ZipArchive::new(Cursor::new(zip)).expect("a zip");
        assert_eq!(read.by_index(0).expect("a file").name().expect("a name"), "01-甲/A.docx");
    }
}
