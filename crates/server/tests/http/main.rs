//! Requests against the real router, on a store of their own: who is asking is said with each.

mod admin;
mod frame;
mod harness;
mod permits;
mod sign_in;
