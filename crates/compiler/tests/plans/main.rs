//! Whole plans, read and compiled.

mod any_text;
mod college;
mod diagnostics;
mod plan_2022;
