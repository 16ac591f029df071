//! What can go wrong, in words that do not depend on the engine.

use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr, sqlx};

/// Why the store did not do what was asked. Nothing of a refused write remains.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else has changed it in the meantime.
    #[error("changed by somebody else in the meantime")]
    Conflict,
    /// There is no such thing in this institution (or not in the asker's scope).
    #[error("no such record")]
    NotFound,
    /// A rule of the schema or of the store forbids it; the name is the same on every engine: `login_pkey`,
    /// `credit_duty_id_entry_id`, `foreign_key`.
    #[error("refused by the constraint {0}")]
    Constraint(String),
    /// The database is busy (a lock was not had in time, a deadlock); the same call may succeed later.
    #[error("the database is busy")]
    Busy,
    /// The database cannot be reached; whether a commit under way went through is not known.
    #[error("the database cannot be reached")]
    Unavailable,
    /// The disk is full.
    #[error("the disk is full")]
    Full,
    /// The disk takes no writing: it was mounted for reading only, or turned so after a fault.
    #[error("the disk can only be read")]
    ReadOnly,
    /// The disk did not read or write what it was asked to; what the engine says of it.
    #[error("the disk failed: {0}")]
    Disk(String),
    /// The data and the program do not fit: a newer schema, a changed migration, a row that cannot be read.
    #[error("{0}")]
    Internal(String),
}

impl From<DbErr> for StoreError {
    fn from(err: DbErr) -> Self {
        Self::from(&err)
    }
}

impl From<&DbErr> for StoreError {
    fn from(err: &DbErr) -> Self {
        match err {
            // Every connection was in use all the while; or there is no server, which the next asker will find.
            DbErr::ConnectionAcquire(ConnAcquireErr::Timeout) => Self::Busy,
            DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed) => Self::Unavailable,
            DbErr::Conn(RuntimeErr::SqlxError(e))
            | DbErr::Exec(RuntimeErr::SqlxError(e))
            | DbErr::Query(RuntimeErr::SqlxError(e)) => from_sqlx(e),
            DbErr::Conn(_) => Self::Unavailable,
            _ => Self::Internal(err.to_string()),
        }
    }
}

fn from_sqlx(err: &sqlx::Error) -> StoreError {
    let Some(db) = err.as_database_error() else {
        return match err {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Protocol(_) => StoreError::Unavailable,
            _ => StoreError::Internal(err.to_string()),
        };
    };
    let code = db.code().unwrap_or_default();
    let found = match db.constraint() {
        Some(name) => postgres(&code, name),
        None => match code.parse::<u32>() {
            Ok(n) if code.len() < 5 => sqlite(n, db.message()),
            _ => postgres(&code, ""),
        },
    };
    found.unwrap_or_else(|| StoreError::Internal(err.to_string()))
}

/// By SQLSTATE (PostgreSQL manual, appendix A).
fn postgres(code: &str, constraint: &str) -> Option<StoreError> {
    Some(match code {
        "23503" => StoreError::Constraint("foreign_key".to_owned()),
        "23502" | "23505" | "23514" | "23P01" => StoreError::Constraint(without_shard(constraint).to_owned()),
        "40001" | "40P01" | "55P03" | "57014" => StoreError::Busy,
        "53100" => StoreError::Full,
        "58030" => StoreError::Disk(String::new()),
        "57P01" | "57P02" | "57P03" | "25006" | "53300" | "3D000" => StoreError::Unavailable,
        _ if code.starts_with("08") => StoreError::Unavailable,
        _ => return None,
    })
}

/// By extended result code (sqlite.org/rescode.html).
fn sqlite(code: u32, message: &str) -> Option<StoreError> {
    Some(match (code & 0xff, code) {
        (5 | 6, _) => StoreError::Busy,
        (8, _) => StoreError::ReadOnly,
        (10, _) => StoreError::Disk(format!("{message} ({code})")),
        (13, _) => StoreError::Full,
        (14, _) => StoreError::Unavailable,
        (19, 787) => StoreError::Constraint("foreign_key".to_owned()),
        (19, 1555) => {
            let columns = message.split_once("failed: ")?.1;
            StoreError::Constraint(format!("{}_pkey", columns.split_once('.')?.0))
        }
        (19, 2067) => StoreError::Constraint(unique_name(message.split_once("failed: ")?.1)?),
        (19, _) => {
            StoreError::Constraint(message.rsplit_once(": ").map_or(message, |(_, name)| name).to_owned())
        }
        _ => return None,
    })
}

/// The name that our unique indexes bear: the table, then its columns without the institution. SQLite reports
/// `credit.institution_id, credit.duty_id, credit.entry_id` and not the name.
fn unique_name(columns: &str) -> Option<String> {
    let mut name = String::new();
    for column in columns.split(", ") {
        let (table, column) = column.split_once('.')?;
        if name.is_empty() {
            name.push_str(table);
        }
        if column != "institution_id" {
            name.push('_');
            name.push_str(column);
        }
    }
    Some(name)
}

/// A constraint's name without the shard number that a distributed PostgreSQL appends.
fn without_shard(name: &str) -> &str {
    match name.rsplit_once('_') {
        Some((stem, digits)) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => stem,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraint_names_are_the_same_on_every_engine() {
        assert_eq!(without_shard("login_pkey_102110"), "login_pkey");
        assert_eq!(without_shard("credit_duty_id_entry_id"), "credit_duty_id_entry_id");
        let at = "UNIQUE constraint failed: credit.institution_id, credit.duty_id, credit.entry_id";
        assert!(
            matches!(sqlite(2067, at), Some(StoreError::Constraint(n)) if n == "credit_duty_id_entry_id")
        );
        let at = "UNIQUE constraint failed: login.login";
        assert!(matches!(sqlite(1555, at), Some(StoreError::Constraint(n)) if n == "login_pkey"));
        assert!(
            matches!(postgres("23505", "login_pkey_77"), Some(StoreError::Constraint(n)) if n == "login_pkey")
        );
    }

    #[test]
    fn a_full_disk_and_a_lost_server_are_told_apart() {
        assert!(matches!(sqlite(13, "database or disk is full"), Some(StoreError::Full)));
        assert!(matches!(postgres("53100", ""), Some(StoreError::Full)));
        assert!(matches!(postgres("57P01", ""), Some(StoreError::Unavailable)));
        assert!(
            matches!(postgres("3D000", ""), Some(StoreError::Unavailable)),
            "its database was taken away"
        );
        assert!(matches!(sqlite(8, "attempt to write a readonly database"), Some(StoreError::ReadOnly)));
        assert!(
            matches!(sqlite(778, "disk I/O error"), Some(StoreError::Disk(what)) if what.contains("778"))
        );
        assert!(matches!(sqlite(517, "database is locked"), Some(StoreError::Busy)));
    }
}
