//! Whole plans, read and compiled.

mod any_text;
mod bearers;
mod college;
mod diagnostics;
mod labelled;
mod plan_2022;
