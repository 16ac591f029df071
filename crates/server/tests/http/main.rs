//! Requests against the real router, on a store of their own: who is asking is said with each. `LUOSHI_TEST_ENGINE`
//! chooses what the store is kept in.

mod admin;
mod board;
mod book;
mod bucket;
mod cases;
mod duties;
mod engine;
mod entries;
mod events;
mod files;
mod find;
mod forms;
mod frame;
mod harness;
mod import;
mod jobs;
mod last_year;
mod people;
mod people_duties;
mod permits;
mod plans;
mod privacy;
mod record;
mod recording;
mod reports;
mod sentences;
mod sign_in;
mod size;
mod tables;
mod two;
mod units;
mod versions;
mod walked;
mod year;
