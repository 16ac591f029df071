//! Text of any encoding: read, and compiled with the built-in rulebook.

#![no_main]

use std::sync::LazyLock;

use compiler::{Compiler, Context};
use libfuzzer_sys::fuzz_target;
use model::Organisation;
use rulebook::Rulebook;

static RULEBOOK: LazyLock<Rulebook> = LazyLock::new(|| Rulebook::built_in().expect("the rulebook"));
static COMPILER: LazyLock<Compiler<'static>> = LazyLock::new(|| Compiler::new(&RULEBOOK));

fuzz_target!(init: fuzz::let_panics_be_caught(), |bytes: &[u8]| {
    if let Some(source) = fuzz::read(bytes) {
        let plan = plan::read(&source);
        let _ = COMPILER.compile(&source, &plan, &Organisation::default(), &Context { year: 2026, today: None });
    }
});
