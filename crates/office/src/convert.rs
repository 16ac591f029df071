//! Formats that are not read here (doc, wps, odt, ods, xlsb): LibreOffice turns them into docx or xlsx, where it is
//! installed. One at a time, in a folder of its own that goes with it, and not for longer than a minute.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::{FileFault, Foreign, MAX_FILE_BYTES};

/// How long a conversion may take. LibreOffice starts in a few seconds on an old machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// LibreOffice takes two hundred megabytes; two at once are too many for a small server.
static TURN: Mutex<()> = Mutex::new(());

/// Turns a file into docx or xlsx.
///
/// # Errors
/// [`FileFault::Foreign`] where LibreOffice is not installed, [`FileFault::Conversion`] where it does not succeed.
pub(crate) fn convert(foreign: Foreign, bytes: &[u8]) -> Result<Vec<u8>, FileFault> {
    let program = program().ok_or(FileFault::Foreign(foreign))?;
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let failed = |why: &'static str| FileFault::Conversion { foreign, why };
    let folder = tempfile::tempdir().map_err(|_| failed("没有地方放临时文件"))?;
    let (from, to) = endings(foreign);
    let source = folder.path().join(format!("file.{from}"));
    std::fs::write(&source, bytes).map_err(|_| failed("没有地方放临时文件"))?;
    let mut child = start(&program, folder.path(), &source, to).map_err(|_| failed("转换程序没有启动"))?;
    let ended = wait(&mut child, PATIENCE);
    if !ended {
        stop(&mut child);
        return Err(failed("超过一分钟没有完成"));
    }
    let result = folder.path().join("out").join(format!("file.{to}"));
    let about = std::fs::metadata(&result).map_err(|_| failed("转换程序读不懂它，可能已损坏或设了密码"))?;
    if about.len() > MAX_FILE_BYTES as u64 {
        return Err(failed("转换的结果过大"));
    }
    std::fs::read(&result).map_err(|_| failed("转换的结果读不出来"))
}

/// How the file is named for the program, and what it is to become.
fn endings(foreign: Foreign) -> (&'static str, &'static str) {
    match foreign {
        Foreign::Word => ("doc", "docx"),
        Foreign::OpenText => ("odt", "docx"),
        Foreign::OpenSheets => ("ods", "xlsx"),
        Foreign::BinarySheets => ("xlsb", "xlsx"),
        // Without an ending that says otherwise the program looks at the content.
        Foreign::Other => ("wps", "docx"),
    }
}

/// Where the program is: on the path of commands, or where it installs itself.
pub(crate) fn program() -> Option<PathBuf> {
    let names = if cfg!(windows) { ["soffice.com", "soffice.exe"] } else { ["soffice", "libreoffice"] };
    let on_path = std::env::var_os("PATH");
    let folders = on_path.iter().flat_map(std::env::split_paths).chain(
        [
            "/opt/libreoffice/program",
            "/Applications/LibreOffice.app/Contents/MacOS",
            "C:\\Program Files\\LibreOffice\\program",
        ]
        .map(PathBuf::from),
    );
    folders.flat_map(|f| names.map(|n| f.join(n))).find(|p| p.is_file())
}

fn start(program: &Path, folder: &Path, source: &Path, to: &str) -> std::io::Result<Child> {
    // A profile of its own: another one that is open elsewhere would take the file over and answer nothing.
    let profile = format!(
        "-env:UserInstallation=file://{}{}",
        if cfg!(windows) { "/" } else { "" },
        folder.join("profile").display()
    );
    let mut command = Command::new(program);
    command
        .arg(profile.replace('\\', "/"))
        .args(["--headless", "--norestore", "--nolockcheck", "--nodefault", "--nofirststartwizard"])
        .args(["--convert-to", to, "--outdir"])
        .arg(folder.join("out"))
        .arg(source)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    // The command starts another process: in a group of their own both can be ended.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.spawn()
}

/// Whether it ended in time.
fn wait(child: &mut Child, patience: Duration) -> bool {
    let began = Instant::now();
    while began.elapsed() < patience {
        match child.try_wait() {
            Ok(Some(_)) => return true,
            Ok(None) => std::thread::sleep(Duration::from_millis(50)),
            Err(_) => return false,
        }
    }
    false
}

/// Ends the process and those that it started.
fn stop(child: &mut Child) {
    #[cfg(unix)]
    {
        let group = format!("-{}", child.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
    }
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_program_that_never_ends_is_ended_with_all_that_it_started() {
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 30 & sleep 30"]).stdout(Stdio::piped());
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().expect("a shell");
        let mut output = child.stdout.take().expect("its output");
        assert!(!wait(&mut child, Duration::from_millis(120)));
        stop(&mut child);
        // The output ends when the last of them is gone.
        let began = Instant::now();
        std::io::Read::read_to_end(&mut output, &mut Vec::new()).expect("the end");
        assert!(began.elapsed() < Duration::from_secs(20));
    }
}
