//! Connections that tell nothing, and running statements on one or in a transaction.

use std::{fmt::Write as _, time::Duration};

use sea_orm::{ConnectOptions, ConnectionTrait, Statement, Value};
use uuid::Uuid;

use crate::{
    StoreError,
    dialect::Dialect,
    row::{Bind, Columns},
};

/// How long one waits for a connection before being told that the database cannot be reached; a PostgreSQL cluster
/// that changes its leader takes longer, and whoever asks is refused politely until it has one.
pub(crate) const FOR_CONNECTION: Duration = Duration::from_secs(5);

pub(crate) fn quiet(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(FOR_CONNECTION)
        .connect_timeout(FOR_CONNECTION)
        // Statements hold people's data; errors are logged by the server, once, at its boundary.
        .sqlx_logging(false)
        .record_stmt_in_spans(false);
    options
}

/// Runs text that the program itself holds, without parameters.
pub(crate) async fn run_text<C: ConnectionTrait>(db: &C, text: &str) -> Result<(), StoreError> {
    db.execute_unprepared(text).await?;
    Ok(())
}

/// Every row that `sql` gives, each made into a `T`.
pub(crate) async fn rows<C: ConnectionTrait, T>(
    db: &C,
    sql: &str,
    args: Vec<Value>,
    mut read: impl FnMut(&mut Columns<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let found =
        db.query_all_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, args)).await?;
    found.iter().map(|row| read(&mut Columns::of(row))).collect()
}

/// The first row that `sql` gives.
pub(crate) async fn row<C: ConnectionTrait, T>(
    db: &C,
    sql: &str,
    args: Vec<Value>,
    mut read: impl FnMut(&mut Columns<'_>) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    let found =
        db.query_one_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, args)).await?;
    found.map(|row| read(&mut Columns::of(&row))).transpose()
}

/// Runs `sql`; the number of rows that it touched.
pub(crate) async fn execute<C: ConnectionTrait>(
    db: &C,
    sql: &str,
    args: Vec<Value>,
) -> Result<u64, StoreError> {
    let done = db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, args)).await?;
    Ok(done.rows_affected())
}

/// Inserts many rows with few statements; `head` is `insert into t (a, b)`, `row` makes each item's values, `tail` is
/// what follows them (`on conflict …`).
pub(crate) async fn insert_all<C: ConnectionTrait, T>(
    db: &C,
    head: &str,
    tail: &str,
    columns: usize,
    items: &[T],
    row: impl Fn(&T) -> Result<Vec<Value>, StoreError>,
) -> Result<(), StoreError> {
    for some in items.chunks((Dialect::MOST_VALUES / columns).max(1)) {
        let mut values = Vec::with_capacity(some.len() * columns);
        for item in some {
            values.extend(row(item)?);
        }
        insert_values(db, head, tail, columns, values).await?;
    }
    Ok(())
}

async fn insert_values<C: ConnectionTrait>(
    db: &C,
    head: &str,
    tail: &str,
    columns: usize,
    values: Vec<Value>,
) -> Result<(), StoreError> {
    let dialect = Dialect::of(db.get_database_backend());
    let mut sql = format!("{head} values ");
    for n in 1..=values.len() {
        sql.push_str(match (n, n % columns) {
            (1, _) => "(",
            (_, 1) => ", (",
            (_, _) if columns == 1 => ", (",
            _ => ", ",
        });
        sql.push_str(&dialect.next_parameter(n));
        if n % columns == 0 {
            sql.push(')');
        }
    }
    sql.push(' ');
    sql.push_str(tail);
    execute(db, &sql, values).await?;
    Ok(())
}

/// A statement put together from parts: the text and its arguments grow together.
pub(crate) struct Parts {
    pub(crate) dialect: Dialect,
    pub(crate) sql: String,
    pub(crate) args: Vec<Value>,
}

impl Parts {
    pub(crate) fn new(dialect: Dialect, sql: &str, args: Vec<Value>) -> Self {
        Self { dialect, sql: sql.to_owned(), args }
    }

    /// Appends text.
    pub(crate) fn push(&mut self, sql: &str) {
        self.sql.push_str(sql);
    }

    /// Binds a value; the number of its parameter.
    pub(crate) fn bind(&mut self, value: &(impl Bind + ?Sized)) -> usize {
        self.args.push(value.bind());
        self.args.len()
    }

    /// Appends `before $n after` with `value` bound as `$n`.
    pub(crate) fn with(&mut self, before: &str, value: &(impl Bind + ?Sized), after: &str) {
        let n = self.bind(value);
        let _ = write!(self.sql, "{before}${n}{after}");
    }

    /// Appends `before` and the condition that `column`, which no index leads to here, is one of `ids`.
    pub(crate) fn some_of(&mut self, before: &str, column: &str, ids: impl Iterator<Item = Uuid>) {
        self.args.push(self.dialect.id_list(ids));
        let n = self.args.len();
        self.sql.push_str(before);
        self.sql.push_str(&self.dialect.is_one_of(&self.dialect.unindexed(column), n));
    }

    /// Appends `before` and the condition that `column` is one of `ids`. One alone is compared directly, so that an
    /// index that begins with it can give the order too.
    pub(crate) fn one_of(
        &mut self,
        before: &str,
        column: &str,
        mut ids: impl ExactSizeIterator<Item = Uuid>,
    ) {
        self.sql.push_str(before);
        if ids.len() == 1 {
            self.args.push(Value::Uuid(ids.next()));
            let n = self.args.len();
            let _ = write!(self.sql, "{column} = ${n}");
        } else {
            self.args.push(self.dialect.id_list(ids));
            let n = self.args.len();
            self.sql.push_str(&self.dialect.is_one_of(column, n));
        }
    }
}
