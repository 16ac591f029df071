//! Requests against the real router, on a store of their own: who is asking is said with each.

mod frame;
mod harness;
mod permits;
