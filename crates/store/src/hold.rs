//! One data folder is written by one process.

use std::{
    fs::{File, TryLockError},
    path::Path,
};

use crate::seal::make_folder;

/// Name of the file whose lock says that a data folder is in use.
const LOCK: &str = "luoshi.lock";

/// The right to write into a data folder. The system takes it back when the process ends, however it ends.
#[derive(Debug)]
pub struct Hold {
    _file: File,
}

impl Hold {
    /// Takes a data folder for this process, making it when it is not there, for its owner alone; none while another
    /// process has it.
    ///
    /// # Errors
    /// When the folder or its lock cannot be made.
    pub fn take(folder: &Path) -> std::io::Result<Option<Self>> {
        make_folder(folder)?;
        let mut options = File::options();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(folder.join(LOCK))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(e)) => Err(e),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_held_once_and_is_its_owners() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("a/data");
        let held = Hold::take(&data).unwrap().unwrap();
        assert!(Hold::take(&data).unwrap().is_none());
        drop(held);
        assert!(Hold::take(&data).unwrap().is_some());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&data).unwrap().permissions().mode() & 0o777, 0o700);
        }
    }
}
