//! Requests against the real router, on a store of their own: who is asking is said with each.

mod admin;
mod board;
mod bucket;
mod duties;
mod files;
mod frame;
mod harness;
mod last_year;
mod ledgers;
mod people;
mod permits;
mod plans;
mod record;
mod reports;
mod sign_in;
mod versions;
mod year;
