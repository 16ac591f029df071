//! 落实: the command line. Each command is a module of [`cmd`]; this file only reads the arguments and leaves with the
//! command's exit status: 0 well, 1 the document (or the rules) has errors, 2 nothing could be done (a file that cannot
//! be read, arguments that make no sense).

mod args;
mod cmd;
mod draw;

use std::process::ExitCode;

fn main() -> ExitCode {
    match args::parse() {
        Ok(command) => cmd::run(command),
        Err(said) => said,
    }
}
