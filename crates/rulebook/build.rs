//! Compiles the crate again when a rule file changes; the embedding macro does not watch the folder by itself.

fn main() {
    println!("cargo::rerun-if-changed=../../rulebook");
    println!("cargo::rerun-if-changed=build.rs");
}
