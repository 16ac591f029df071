//! The kit of the pages: everything that a page folder is made with, and nothing that one of them shows.
//!
//! The way of a request is straight: the layers ([`layers`]), the gate of its route ([`permit`]), a handler, an act of
//! `work`, a view ([`view`]), a template beside the handler. The README of the crate `server` says how to add a page.

// The shared templates are compiled here and in the server: `web::` leads to the same place in both.
extern crate self as web;

pub mod app;
pub mod assets;
pub mod cookie;
pub mod download;
pub mod extract;
pub mod fault;
pub mod jobs;
pub mod layers;
pub mod permit;
mod refused;
pub mod session;
pub mod view;

pub use app::App;
pub use fault::{Refusal, Reply};
