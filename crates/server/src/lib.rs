//! The pages: one folder for each thing that a user sees, made with the kit (`web`) on the acts (`work`).
//!
//! The way of a request is straight: the layers, the gate of its route, the handler, an act, a view, a template beside
//! the handler. The README of this crate says how to add a page.

mod admin;
mod board;
mod cases;
mod chase;
mod checks;
mod duties;
mod entries;
mod events;
pub mod identity;
mod jobs;
mod me;
mod metrics;
mod org;
mod papers;
mod people;
mod plan;
mod reports;
mod routes;
mod routine;
mod seen;
mod serve;
mod tasks;

pub use routes::{router, table};
pub use serve::{Config, serve, stop_signal};
pub use tasks::{run_jobs, run_jobs_as_of};
