//! What SQLite should believe about the tables.
//!
//! Every index begins with the institution, which narrows nothing in a file that holds one; without statistics SQLite
//! takes it to narrow a table to ten rows, and may walk the whole table by its key where an index leads straight to
//! the row. Measured statistics would be those of an empty file on its first day, so they are stated here instead, the
//! same for every file: the plans that were tested are the plans that run. PostgreSQL measures by itself.

use std::collections::BTreeMap;

use crate::{
    Store, StoreError,
    dialect::Dialect,
    row::args,
    sql::{execute, row, rows, run_text},
};

/// Rows that every table is taken to have.
const ROWS: u64 = 1_000_000;

/// An index of some rows only is taken to hold one in so many.
const PARTIAL: u64 = 10;

/// How many rows are left when one more column is given, of `before`.
fn left(column: &str, before: u64) -> u64 {
    let most = match column {
        // One institution a file; nearly every record stands.
        "institution_id" | "withdrawn" => before,
        "id" | "seq" | "hash" | "token_hash" | "login" | "lookup" => 1,
        "duty_id" | "entry_id" | "parent_id" | "number" | "revision" | "spelling" => 4,
        "person_id" | "group_id" | "obligation_id" => 100,
        "unit_id" | "branch_id" | "account_id" | "changed" | "subject" | "key" => 2_000,
        // Days, ledgers, plans, years, words.
        _ => 20_000,
    };
    // However little is left, a further column leaves half of it at most.
    let half = if most == before { before } else { before.div_ceil(2) };
    most.min(half).max(1)
}

/// What is known of an index.
#[derive(Default)]
struct Index {
    columns: Vec<String>,
    unique: bool,
    /// Whether it holds some rows only.
    partial: bool,
}

/// The line of `sqlite_stat1` for an index (sqlite.org/fileformat2.html#the_sqlite_stat1_table).
fn line(Index { columns, unique, partial }: &Index) -> String {
    let mut rows = if *partial { ROWS / PARTIAL } else { ROWS };
    let mut text = rows.to_string();
    for (n, column) in columns.iter().enumerate() {
        rows = if *unique && n + 1 == columns.len() { 1 } else { left(column, rows) };
        text.push_str(&format!(" {rows}"));
    }
    text
}

/// States the statistics of every index that has none yet.
pub(crate) async fn state(store: &Store) -> Result<(), StoreError> {
    if store.dialect == Dialect::Postgres {
        return Ok(());
    }
    let db = store.writer();
    let there =
        row(db, "select 1 + 0 from sqlite_schema where name = 'sqlite_stat1'", vec![], |_| Ok(())).await?;
    if there.is_none() {
        // Makes the table; the schema's number changes, so that open connections read what is put into it.
        run_text(db, "analyze institution").await?;
        // What it measured just now, of an empty table.
        run_text(db, "delete from sqlite_stat1").await?;
    }
    let columns = rows(
        db,
        "select t.name, i.name, i.\"unique\", i.origin, t.wr, i.partial, c.name from pragma_table_list t \
         join pragma_index_list(t.name) i join pragma_index_info(i.name) c \
         where t.type = 'table' and t.schema = 'main' and t.name not like 'sqlite_%' order by 1, 2, c.seqno",
        vec![],
        |c| {
            let (table, index): (String, String) = (c.get()?, c.get()?);
            let (unique, origin, clustered): (i64, String, i64) = (c.get()?, c.get()?, c.get()?);
            let partial: i64 = c.get()?;
            // The key of a table that lies in its order is known by the table's name.
            let name = if clustered == 1 && origin == "pk" { table.clone() } else { index };
            Ok(((table, name), unique == 1, partial == 1, c.get::<String>()?))
        },
    )
    .await?;
    let mut indexes: BTreeMap<(String, String), Index> = BTreeMap::new();
    for (name, unique, partial, column) in columns {
        let index = indexes.entry(name).or_insert(Index { unique, partial, ..Index::default() });
        index.columns.push(column);
    }
    let tx = store.transaction().await?;
    let mut stated = 0;
    for ((table, name), index) in &indexes {
        stated += execute(
            &tx,
            "insert into sqlite_stat1 (tbl, idx, stat) select $1, $2, $3 where not exists \
             (select 1 from sqlite_stat1 where tbl = $1 and idx = $2)",
            args![table, name, line(index)],
        )
        .await?;
    }
    tx.commit().await?;
    if stated > 0 {
        // Read by the writer now; by the readers as they are opened.
        run_text(db, "analyze sqlite_schema").await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Target;

    #[tokio::test]
    async fn what_is_stated_once_is_not_stated_again() {
        let directory = tempfile::tempdir().unwrap();
        let target = Target::Sqlite(directory.path().join("luoshi.db"));
        let schema = async |store: &Store| {
            row(store.writer(), "pragma schema_version", vec![], |c| c.get::<i64>()).await.unwrap()
        };
        let store = Store::open(&target, jiff::Timestamp::UNIX_EPOCH).await.unwrap();
        let first = schema(&store).await;
        store.close().await.unwrap();
        let store = Store::open(&target, jiff::Timestamp::UNIX_EPOCH).await.unwrap();
        let partial =
            row(store.writer(), "select stat from sqlite_stat1 where idx = 'entry_late'", vec![], |c| {
                c.get::<String>()
            });
        assert!(partial.await.unwrap().is_some_and(|stat| stat.starts_with("100000 ")));
        assert_eq!(schema(&store).await, first, "a start that states nothing leaves the schema's number");
        store.close().await.unwrap();
    }

    #[test]
    fn a_line_narrows_from_column_to_column() {
        let index = |text: &str, unique| Index {
            columns: text.split(' ').map(str::to_owned).collect(),
            unique,
            partial: false,
        };
        assert_eq!(line(&index("institution_id id", true)), "1000000 1000000 1");
        assert_eq!(line(&index("institution_id duty_id", false)), "1000000 1000000 4");
        assert_eq!(
            line(&index("institution_id unit_id withdrawn day id", false)),
            "1000000 1000000 2000 2000 1000 1"
        );
    }

    /// The plan of a query, as the store's own connections make it.
    async fn plan(store: &Store, text: &str) -> Vec<String> {
        let explain = format!("explain query plan {text}");
        rows(store.writer(), &explain, vec![], |c| {
            let (_, _, _, what): (i64, i64, i64, String) = (c.get()?, c.get()?, c.get()?, c.get()?);
            Ok(what)
        })
        .await
        .unwrap()
    }

    #[tokio::test]
    async fn queries_follow_the_indexes_made_for_them() {
        let directory = tempfile::tempdir().unwrap();
        let target = Target::Sqlite(directory.path().join("luoshi.db"));
        let store = Store::open(&target, jiff::Timestamp::UNIX_EPOCH).await.unwrap();
        let wanted = [
            (
                "select c.amount from duty d cross join credit c where d.institution_id = x'01' and d.year = 2026 and d.changed > 7 \
                 and c.institution_id = d.institution_id and c.duty_id = d.id",
                vec![
                    "duty_changed (institution_id=? AND year=? AND changed>?)",
                    "credit_of_duty (institution_id=? AND duty_id=?)",
                ],
            ),
            (
                "select id from entry where institution_id = x'01' and unit_id = x'02' and withdrawn = false \
                 order by day desc, id desc limit 50",
                vec!["entry_of_unit (institution_id=? AND unit_id=? AND withdrawn=?)"],
            ),
            (
                "select entry_id from entry_ledger where institution_id = x'01' and ledger = 'talk' and withdrawn = false \
                 order by day desc, entry_id desc limit 50",
                vec!["entry_ledger_day (institution_id=? AND ledger=? AND withdrawn=?)"],
            ),
            (
                "select count(*) from (select 1 from entry e where e.institution_id = x'01' and e.withdrawn = false \
                 and e.late limit 9)",
                vec!["COVERING INDEX entry_late (institution_id=? AND withdrawn=?)"],
            ),
            (
                "select count(*) from (select 1 from entry e where e.institution_id = x'01' and e.withdrawn = false \
                 and e.unit_id in (x'02', x'03') and e.incomplete limit 9)",
                vec!["COVERING INDEX entry_of_unit (institution_id=? AND unit_id=? AND withdrawn=?)"],
            ),
            (
                "select count(*) from (select 1 from entry e where e.institution_id = x'01' and e.withdrawn = false \
                 and e.unit_id in (x'02', x'03') limit 9)",
                vec!["COVERING INDEX entry_of_unit (institution_id=? AND unit_id=? AND withdrawn=?)"],
            ),
            (
                "select e.id, e.day from entry e where e.institution_id = x'01' and e.withdrawn = false \
                 and not e.incomplete order by e.day desc, e.id desc limit 50",
                vec!["COVERING INDEX entry_day (institution_id=? AND withdrawn=?)"],
            ),
            (
                "select count(*) from (select 1 from entry e where e.institution_id = x'01' and e.withdrawn = false \
                 and e.entered_at >= 7 and e.late limit 9)",
                vec!["COVERING INDEX entry_entered (institution_id=? AND withdrawn=? AND entered_at>?)"],
            ),
            (
                "select title from duty where institution_id = x'01' and id in (x'02', x'03')",
                vec!["PRIMARY KEY (institution_id=? AND id=?)"],
            ),
            (
                "select title from duty where institution_id = x'01' and unit_id = x'02' order by due, id limit 50",
                vec!["duty_of_unit (institution_id=? AND unit_id=?)"],
            ),
        ];
        for (text, uses) in wanted {
            let found = plan(&store, text).await;
            for one in uses {
                assert!(found.iter().any(|line| line.contains(one)), "{one} is not in {found:?}");
            }
            assert!(!found.iter().any(|line| line.contains("TEMP B-TREE")), "{text} sorts: {found:?}");
        }
        let bare = rows(
            store.writer(),
            "select name from sqlite_schema where type = 'index' and name not like 'sqlite_%' \
             and name not in (select idx from sqlite_stat1)",
            vec![],
            |c| c.get::<String>(),
        );
        assert!(bare.await.unwrap().is_empty());
        store.close().await.unwrap();
    }
}
