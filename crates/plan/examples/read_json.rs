//! Prints what the reader makes of a UTF-8 text file: `cargo run -p plan --example read_json -- FILE`.
#![expect(clippy::print_stdout, reason = "printing is what this program is for")]

use std::process::ExitCode;

use model::SourceText;

fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("usage: read_json FILE");
        return ExitCode::from(2);
    };
    match std::fs::read_to_string(&path) {
        Ok(text) => {
            let plan = plan::read(&SourceText::from_plain(&path, &text));
            println!("{:#}", plan::to_json(&plan));
            ExitCode::SUCCESS
        }
        Err(fault) => {
            eprintln!("{path}: {fault}");
            ExitCode::FAILURE
        }
    }
}
