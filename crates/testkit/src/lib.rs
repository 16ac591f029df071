//! What the tests of several crates share: reading a page by its words, what stands beside the repository, and saying
//! that a test was skipped.

mod page;

use std::io::Write as _;
use std::path::PathBuf;

pub use page::{Field, Form, Link, Page, Part};

/// Set where a test that cannot run is a failure: an engine, a browser, a program or a document is missing.
pub const REQUIRE_ALL: &str = "LUOSHI_TEST_REQUIRE_ALL";

/// Address of a PostgreSQL server on which tests may make schemas and databases.
pub const POSTGRES: &str = "LUOSHI_TEST_POSTGRES";

/// Says that something is not tested for want of `what`; where [`REQUIRE_ALL`] is set that is a failure.
///
/// # Panics
///
/// Where nothing may be missing.
pub fn skipped(what: &str) {
    passed_over(what);
    assert!(std::env::var_os(REQUIRE_ALL).is_none(), "{what}, and {REQUIRE_ALL} is set");
}

/// Says that something is not tested for want of `what`, which only the longest run brings with it.
pub fn passed_over(what: &str) {
    // Past the runner's capture, so that it is seen although the test passes.
    let _ = writeln!(std::io::stderr(), "SKIPPED: {what}");
}

/// The address in [`POSTGRES`]; none, and a word about it, when no server is named.
///
/// # Panics
///
/// As [`skipped`].
pub fn postgres() -> Option<String> {
    let given = std::env::var(POSTGRES).ok().filter(|url| !url.is_empty());
    if given.is_none() {
        skipped(&format!("PostgreSQL: {POSTGRES} names no server (`cargo xtask postgres` starts one)"));
    }
    given
}

/// A file or folder of the material that stands beside the repository; none, and a word about it, when it is not here.
///
/// # Panics
///
/// As [`skipped`].
pub fn shared(path: &str) -> Option<PathBuf> {
    let whole: PathBuf = [env!("CARGO_MANIFEST_DIR"), "..", "..", "..", "shared", path].iter().collect();
    let found = whole.canonicalize().ok();
    if found.is_none() {
        skipped(&format!("../shared/{path} is not beside the repository"));
    }
    found
}
