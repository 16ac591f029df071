//! The server: pages, sign-in, permissions.
//!
//! The way of a request is straight: the layers (`layers`), the gate of its route (`permit`), the handler (one folder
//! for each thing a user sees), the store, a view (`view`), a template beside the handler. the README of this crate says how to add a page.

mod admin;
pub mod app;
pub mod assets;
mod board;
mod cells;
pub mod clock;
mod duties;
pub mod extract;
pub mod fault;
pub mod identity;
mod jobs;
mod layers;
mod ledgers;
mod org;
mod people;
pub mod permit;
mod plan;
mod reports;
mod routes;
mod serve;
mod tasks;
pub mod view;
pub mod year;

pub use app::{App, Settings};
pub use clock::Clock;
pub use permit::{Right, Rule};
pub use routes::{router, table};
pub use serve::{Config, serve, stop_signal};
