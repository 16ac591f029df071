//! Writing the index of words.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use jiff::civil::Date;
use model::{EntryId, InstitutionId, UnitId};
use sea_orm::ConnectionTrait;

use super::text::{fold, grams};
use crate::{
    Store, StoreError,
    dialect::Dialect,
    row::{args, from_json},
    sql,
};

/// Records that are indexed in one transaction when a database of an older version is opened.
const AT_A_TIME: u32 = 2_000;
/// How often the terminal is told how far that is.
const TELLS: Duration = Duration::from_secs(3);
/// Characters by which a gram says whose it is.
const OWNER: usize = 11;

/// What the index holds of a record.
pub(crate) struct Indexed<'a> {
    pub(crate) entry: EntryId,
    pub(crate) unit: UnitId,
    pub(crate) day: Date,
    pub(crate) ledgers: Vec<&'a str>,
    pub(crate) withdrawn: bool,
    pub(crate) late: bool,
    pub(crate) incomplete: bool,
    pub(crate) words: &'a str,
}

/// What every gram of an institution's records begins with: the last 51 bits of its id, and whether the record stands.
/// Two institutions that share them are told apart by their rows.
pub(crate) fn owner(institution: InstitutionId, withdrawn: bool) -> String {
    let mut rest = institution.0.as_u128() & ((1 << 51) - 1);
    let mut out = String::with_capacity(OWNER);
    for _ in 1..OWNER {
        let digit = u32::try_from(rest % 36).unwrap_or(0);
        out.push(char::from_digit(digit, 36).unwrap_or('0'));
        rest /= 36;
    }
    out.push(if withdrawn { 'w' } else { 's' });
    out
}

/// The gram by which records of a unit are found. No text has such a gram: a sign stands alone or beside one other.
pub(crate) fn of_unit(unit: UnitId) -> String {
    format!("：：u{}", unit.0.simple())
}

/// The gram by which records in a ledger are found.
pub(crate) fn in_ledger(ledger: &str) -> String {
    // Letters, digits and hyphens: the hyphen is no part of a word to either engine.
    format!("：：l{}", ledger.replace('-', "－"))
}

/// The gram by which records entered late are found.
pub(crate) const LATE: &str = "：：late";
/// The gram by which incomplete records are found.
pub(crate) const INCOMPLETE: &str = "：：incomplete";

/// The grams of a record in one text, as both engines take it.
fn written(institution: InstitutionId, one: &Indexed<'_>) -> String {
    let owner = owner(institution, one.withdrawn);
    let mut out = String::new();
    let mut add = |gram: &str| {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&owner);
        out.push_str(gram);
    };
    grams(one.words).iter().for_each(|g| add(g));
    one.ledgers.iter().for_each(|l| add(&in_ledger(l)));
    add(&of_unit(one.unit));
    if one.late {
        add(LATE);
    }
    if one.incomplete {
        add(INCOMPLETE);
    }
    out
}

/// Where the records of a day begin in SQLite's index, whose rows lie in the order in which lists show them.
pub(crate) fn place_of(day: Date) -> i64 {
    let first = Date::constant(1, 1, 1);
    let days = first.until(day).map_or(0, |span| i64::from(span.get_days()));
    days.clamp(0, (1 << 22) - 1) << 40
}

/// Takes the words of a record out of the index, before it is written anew.
pub(crate) async fn forget<C: ConnectionTrait>(
    db: &C,
    dialect: Dialect,
    institution: InstitutionId,
    entry: EntryId,
) -> Result<(), StoreError> {
    sql::execute(db, dialect.forget_grams(), args![institution, entry]).await?;
    let text = "delete from entry_words where institution_id = $1 and entry_id = $2";
    sql::execute(db, text, args![institution, entry]).await?;
    Ok(())
}

/// Writes records into the index; none of them may be in it.
pub(crate) async fn write<C: ConnectionTrait>(
    db: &C,
    dialect: Dialect,
    institution: InstitutionId,
    all: &[Indexed<'_>],
) -> Result<(), StoreError> {
    match dialect {
        Dialect::Sqlite => {
            let places = places(db, all).await?;
            let rows: Vec<(&Indexed<'_>, i64)> = all.iter().zip(places).collect();
            let into = "insert into entry_words (n, institution_id, entry_id, words)";
            sql::insert_all(db, into, "", 4, &rows, |(one, n)| {
                Ok(args![*n, institution, one.entry, fold(one.words)])
            })
            .await?;
            sql::insert_all(db, "insert into entry_gram (rowid, grams)", "", 2, &rows, |(one, n)| {
                Ok(args![*n, written(institution, one)])
            })
            .await
        }
        Dialect::Postgres => {
            let into = "insert into entry_words (institution_id, entry_id, words)";
            sql::insert_all(db, into, "", 3, all, |one| Ok(args![institution, one.entry, fold(one.words)]))
                .await?;
            // Grams hold no sign that a tsvector's text gives a meaning to.
            let into = "insert into entry_gram (institution_id, entry_id, day, grams) \
                        select v.i, v.e, v.d, cast(v.g as tsvector) from (";
            sql::insert_all(db, into, ") v (i, e, d, g)", 4, all, |one| {
                Ok(args![institution, one.entry, one.day, written(institution, one)])
            })
            .await
        }
    }
}

/// A place for each record, behind those that its day has.
async fn places<C: ConnectionTrait>(db: &C, all: &[Indexed<'_>]) -> Result<Vec<i64>, StoreError> {
    let mut last: BTreeMap<Date, i64> = BTreeMap::new();
    let mut places = vec![0; all.len()];
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by_key(|&i| all[i].entry);
    for i in order {
        let day = all[i].day;
        let before = match last.get(&day) {
            Some(n) => *n,
            None => {
                let begin = place_of(day);
                let text = "select max(n) from entry_words where n >= $1 and n < $2";
                let found = sql::row(db, text, args![begin, begin + (1 << 40)], |c| c.opt::<i64>()).await?;
                found.flatten().unwrap_or(begin)
            }
        };
        places[i] = before + 1;
        last.insert(day, before + 1);
    }
    Ok(places)
}

/// A record whose words lie where programs before the index kept them.
struct Waiting {
    institution: InstitutionId,
    entry: EntryId,
    unit: UnitId,
    day: Date,
    ledgers: Vec<String>,
    withdrawn: bool,
    late: bool,
    incomplete: bool,
    words: String,
}

/// Indexes the records that were saved before there was an index; stopped half-way, it goes on at the next start.
pub(crate) async fn index_all(store: &Store) -> Result<(), StoreError> {
    let one = "select 1 + 0 from entry_text limit 1";
    if sql::row(store.writer(), one, vec![], |_| Ok(())).await?.is_none() {
        return Ok(());
    }
    let text = "select count(*) from entry_text";
    let total = sql::row(store.writer(), text, vec![], |c| c.get::<i64>()).await?.unwrap_or(0);
    tracing::info!(total, "indexing the words of {total} records");
    let (mut done, mut told) = (0_i64, Instant::now());
    loop {
        let tx = store.transaction().await?;
        // Two servers that start at once take turns, and the second finds nothing left.
        store.take_turns(&tx).await?;
        let waiting = sql::rows(
            &tx,
            "select t.institution_id, t.entry_id, e.unit_id, e.day, e.ledgers, e.withdrawn, e.late, e.incomplete, t.words \
             from entry_text t join entry e on e.institution_id = t.institution_id and e.id = t.entry_id \
             order by t.institution_id, t.entry_id limit $1",
            args![AT_A_TIME],
            |c| {
                Ok(Waiting {
                    institution: c.get()?,
                    entry: c.get()?,
                    unit: c.get()?,
                    day: c.get()?,
                    ledgers: from_json(&c.get::<String>()?)?,
                    withdrawn: c.get()?,
                    late: c.get()?,
                    incomplete: c.get()?,
                    words: c.get()?,
                })
            },
        )
        .await?;
        let mut by_institution: BTreeMap<InstitutionId, Vec<Indexed<'_>>> = BTreeMap::new();
        for one in &waiting {
            by_institution.entry(one.institution).or_default().push(Indexed {
                entry: one.entry,
                unit: one.unit,
                day: one.day,
                ledgers: one.ledgers.iter().map(String::as_str).collect(),
                withdrawn: one.withdrawn,
                late: one.late,
                incomplete: one.incomplete,
                words: &one.words,
            });
        }
        for (institution, all) in &by_institution {
            write(&tx, store.dialect, *institution, all).await?;
            if let Some(last) = all.last() {
                let text = "delete from entry_text where institution_id = $1 and entry_id <= $2";
                sql::execute(&tx, text, args![*institution, last.entry]).await?;
            }
        }
        tx.commit().await?;
        done += i64::try_from(waiting.len()).unwrap_or(0);
        if told.elapsed() > TELLS {
            tracing::info!(done, total, "words of {done} of {total} records indexed");
            told = Instant::now();
        }
        if waiting.is_empty() {
            tracing::info!(done, "words of all records indexed");
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_follow_the_days() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        assert!(place_of(day("2026-04-20")) + (1 << 40) == place_of(day("2026-04-21")));
        assert!(place_of(day("1900-01-01")) < place_of(day("2026-01-01")));
        assert!(place_of(day("-000500-01-01")) >= 0 && place_of(day("9999-12-31")) < i64::MAX / 2);
    }

    #[test]
    fn a_gram_says_whose_it_is() {
        let (one, other) = (InstitutionId::fresh(), InstitutionId::fresh());
        assert_ne!(owner(one, false), owner(other, false));
        assert_ne!(owner(one, false), owner(one, true));
        assert_eq!(owner(one, false).len(), OWNER);
    }
}
