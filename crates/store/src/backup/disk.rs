//! Files of a backup: written for their owner alone, synced, known by size and SHA-256; each error with its place.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::BackupError;

/// Bytes that are copied at a time.
const AT_A_TIME: usize = 1 << 20;

/// Makes an error of a file's into ours.
pub(super) fn at(path: &Path) -> impl FnOnce(std::io::Error) -> BackupError + '_ {
    move |error| BackupError::File { path: path.to_owned(), error }
}

/// Creates a file that is not there, for its owner alone.
fn create(path: &Path) -> Result<File, BackupError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(at(path))
}

/// Writes a new file; done when a power cut cannot take it back, but for its name in the folder.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), BackupError> {
    let mut file = create(path)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(at(path))
}

/// Waits until a file is on the disk.
pub(super) fn sync(path: &Path) -> Result<(), BackupError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(at(path))
}

/// Waits until the names in a folder are on the disk.
pub(super) fn sync_folder(folder: &Path) -> Result<(), BackupError> {
    if cfg!(unix) { sync(folder) } else { Ok(()) }
}

/// Renames within a folder, for good.
pub(super) fn rename(from: &Path, to: &Path) -> Result<(), BackupError> {
    fs::rename(from, to).map_err(at(to))?;
    sync_folder(to.parent().unwrap_or(Path::new(".")))
}

/// Size and SHA-256, in hexadecimal, of a file.
pub(super) fn known_by(path: &Path) -> Result<(u64, String), BackupError> {
    pass(path, &mut std::io::sink(), path)
}

/// Copies a file to where none is, synced; size and SHA-256 of what was copied.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(u64, String), BackupError> {
    let mut file = create(to)?;
    let known = pass(from, &mut file, to)?;
    file.sync_all().map_err(at(to))?;
    Ok(known)
}

fn pass(from: &Path, into: &mut impl Write, to: &Path) -> Result<(u64, String), BackupError> {
    let mut file = File::open(from).map_err(at(from))?;
    let (mut hash, mut size, mut room) = (Sha256::new(), 0u64, vec![0; AT_A_TIME]);
    loop {
        let n = file.read(&mut room).map_err(at(from))?;
        let Some(some) = room.get(..n).filter(|some| !some.is_empty()) else { break };
        hash.update(some);
        into.write_all(some).map_err(at(to))?;
        // A file is far shorter than 2^64 bytes.
        size += n as u64;
    }
    Ok((size, hex::encode(hash.finalize())))
}
