//! One suite, told by every engine: SQLite always, PostgreSQL where `LUOSHI_TEST_POSTGRES` gives its address.

mod accounts;
mod chase;
mod crash;
mod entries;
mod fault;
mod files;
mod fixture;
mod installation;
mod jobs;
mod moments;
mod people;
mod plans;
mod recording;
mod search;
mod sheets;
