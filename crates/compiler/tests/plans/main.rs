//! Whole plans, read and compiled.

mod any_text;
mod bearers;
mod college;
mod days;
mod diagnostics;
mod labelled;
mod last_year;
mod names;
mod plan_2022;
mod scheduled;
mod upheld;
mod versions;
