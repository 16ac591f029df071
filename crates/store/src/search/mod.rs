//! The words of records: their index, and how a search is written in it.
//!
//! Words are found by an index of grams (see [`text`]), an FTS5 table on SQLite and a `tsvector` under GIN on PostgreSQL,
//! which the program writes in the transaction that saves the record. Each gram begins with the institution and with
//! whether the record stands, so that one institution's search never walks another's records; unit and ledgers are
//! grams as well, so that a narrow search of a common word costs no more than its narrower half.

pub(crate) mod index;
pub(crate) mod text;
