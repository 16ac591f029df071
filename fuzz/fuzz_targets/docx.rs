//! Word documents: whole packages, and the XML inside them.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: fuzz::let_panics_be_caught(), |bytes: &[u8]| {
    let parts = ["word/document.xml", "word/numbering.xml", "word/styles.xml"];
    fuzz::read(&fuzz::package(bytes, &parts, &[]));
});
