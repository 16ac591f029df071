//! All that differs between the engines, a name each. Everything else is one text for both.

use sea_orm::Value;
use uuid::Uuid;

/// Which engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// What stands in a migration for `{{name}}`, and in its sample rows for `{{id 7}}` and `{{hash 7}}`: an id and a
    /// hash that end in 07.
    pub(crate) fn slot(self, name: &str) -> Option<String> {
        if let Some((kind, number)) = name.split_once(' ') {
            let number: u8 = number.parse().ok()?;
            let hex = match kind {
                "id" => format!("{:0>30}{number:02x}", ""),
                "hash" => format!("{:0>62}{number:02x}", ""),
                _ => return None,
            };
            return Some(match (self, kind) {
                (Self::Sqlite, _) => format!("x'{hex}'"),
                (Self::Postgres, "id") => format!("cast('{hex}' as uuid)"),
                (Self::Postgres, _) => format!("cast('\\x{hex}' as bytea)"),
            });
        }
        Some(
            match (self, name) {
                (Self::Sqlite, "uuid" | "bytes") => "blob",
                (Self::Postgres, "uuid") => "uuid",
                (Self::Postgres, "bytes") => "bytea",
                // Rows lie in the order of the key, without a second tree: for narrow tables.
                (Self::Sqlite, "clustered") => " without rowid",
                (Self::Postgres, "clustered") => "",
                _ => return None,
            }
            .to_owned(),
        )
    }

    /// A condition that `column` is one of the ids bound (by [`Self::id_list`]) as parameter `n`: one parameter for
    /// any number of ids, so that the text of a statement, and its plan, stays the same.
    pub(crate) fn is_one_of(self, column: &str, n: usize) -> String {
        match self {
            Self::Sqlite => format!("{column} in (select unhex(value) from json_each(${n}))"),
            Self::Postgres => format!("{column} = any(cast(cast(${n} as text) as uuid[]))"),
        }
    }

    /// The ids as [`Self::is_one_of`] expects them.
    pub(crate) fn id_list(self, ids: impl Iterator<Item = Uuid>) -> Value {
        let (open, quote, close) = match self {
            Self::Sqlite => ('[', "\"", ']'),
            Self::Postgres => ('{', "", '}'),
        };
        let mut list = String::from(open);
        for (i, id) in ids.enumerate() {
            if i > 0 {
                list.push(',');
            }
            list.push_str(quote);
            list.push_str(id.simple().encode_lower(&mut Uuid::encode_buffer()));
            list.push_str(quote);
        }
        list.push(close);
        Value::String(Some(list))
    }

    /// Most values that one statement may bind (SQLite's default is 32,766, PostgreSQL's limit 65,535), less enough
    /// to keep one statement's text small.
    pub(crate) const MOST_VALUES: usize = 8_000;
}

/// A condition that text `column` holds the text bound as parameter `n`, ASCII letters in either case.
///
/// The pattern comes from [`like_pattern`]. Chinese has no case, so `lower` on both sides is the same on both engines
/// (SQLite folds ASCII only; so does PostgreSQL under the C locale).
pub(crate) fn contains(column: &str, n: usize) -> String {
    format!("lower({column}) like ${n} escape '!'")
}

/// The words as a pattern for [`contains`]: what would be a wildcard is taken as it stands.
pub(crate) fn like_pattern(words: &str) -> String {
    let mut pattern = String::from("%");
    for c in words.chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c.to_ascii_lowercase());
    }
    pattern.push('%');
    pattern
}
