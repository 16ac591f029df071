//! All that differs between the engines, a name each. Everything else is one text for both.

use sea_orm::{DbBackend, Value};
use uuid::Uuid;

/// Which engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// The dialect of an open connection; the store opens none but these two.
    pub(crate) fn of(backend: DbBackend) -> Self {
        if backend == DbBackend::Postgres { Self::Postgres } else { Self::Sqlite }
    }

    /// Whether this is the engine that a migration's step names.
    ///
    /// # Errors
    /// When no engine has that name.
    pub(crate) fn is_named(self, name: &str) -> Result<bool, String> {
        match name {
            "sqlite" => Ok(self == Self::Sqlite),
            "postgres" => Ok(self == Self::Postgres),
            other => Err(format!("no engine {other:?}")),
        }
    }

    /// What stands in a migration for `{{name}}`, and in its sample rows for `{{id 7}}` and `{{hash 7}}`: an id and a
    /// hash that end in 07. `{{none}}` are no bytes, `{{day x}}` is the day in China of the instant `x`.
    pub(crate) fn slot(self, name: &str) -> Option<String> {
        if let Some(instant) = name.strip_prefix("day ") {
            return Some(match self {
                Self::Sqlite => format!("date({instant} / 1000000 + 28800, 'unixepoch')"),
                Self::Postgres => {
                    format!("cast(to_timestamp({instant} / 1000000 + 28800) at time zone 'utc' as date)")
                }
            });
        }
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
                (Self::Sqlite, "none") => "x''",
                (Self::Postgres, "none") => "cast('' as bytea)",
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
        // A list and not `any`: PostgreSQL compares each row with each element of an array that it does not know
        // when it plans, which took minutes for ten thousand duties.
        match self {
            Self::Sqlite => format!("{column} in (select unhex(value) from json_each(${n}))"),
            Self::Postgres => format!("{column} in (select unnest(cast(cast(${n} as text) as uuid[])))"),
        }
    }

    /// A column by whose index SQLite shall not look, though it could.
    pub(crate) fn unindexed(self, column: &str) -> String {
        match self {
            Self::Sqlite => format!("+{column}"),
            Self::Postgres => column.to_owned(),
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

    /// A join whose left table leads: SQLite takes the order of a cross join as it is written, and would else begin with
    /// whatever its index makes look small.
    pub(crate) fn leading_join(self) -> &'static str {
        match self {
            Self::Sqlite => "cross join",
            Self::Postgres => "join",
        }
    }

    /// What ends a query of a row that shall be changed, so that two that come at once take two rows. SQLite has one writer.
    pub(crate) fn skip_locked(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " for update skip locked",
        }
    }

    /// Where the text bound as parameter `n` first stands in text `column`, from 1; 0 when it does not. Letters are
    /// compared as they are: both sides come in lower case.
    pub(crate) fn position(self, column: &str, n: usize) -> String {
        match self {
            Self::Sqlite => format!("instr({column}, ${n})"),
            Self::Postgres => format!("strpos({column}, ${n})"),
        }
    }

    /// The first line of the words by which a record is found: its title.
    pub(crate) fn first_line(self, words: &str) -> String {
        match self {
            Self::Sqlite => format!("substr({words}, 1, instr({words} || char(10), char(10)) - 1)"),
            Self::Postgres => format!("split_part({words}, chr(10), 1)"),
        }
    }

    /// The JSON text of the field whose id is bound as parameter `n`, in a record's `body`; null when it has none.
    pub(crate) fn field(self, body: &str, n: usize) -> String {
        match self {
            Self::Sqlite => format!("json_extract({body}, '$.values.\"' || ${n} || '\"')"),
            Self::Postgres => format!("cast(cast({body} as json) -> 'values' -> cast(${n} as text) as text)"),
        }
    }

    /// The same field's day, or the first or last of its days, as text: 2026-04-20.
    pub(crate) fn field_day(self, body: &str, n: usize, last: bool) -> String {
        let place = i32::from(last);
        match self {
            Self::Sqlite => {
                let path = |rest: &str| format!("json_extract({body}, '$.values.\"' || ${n} || '\"{rest}')");
                format!("coalesce({}, {})", path(".day"), path(&format!(".days[{place}]")))
            }
            Self::Postgres => {
                let value = format!("(cast({body} as json) -> 'values' -> cast(${n} as text))");
                format!("coalesce({value} ->> 'day', {value} -> 'days' ->> {place})")
            }
        }
    }

    /// The same field's number or money.
    pub(crate) fn field_number(self, body: &str, n: usize) -> String {
        match self {
            Self::Sqlite => {
                let path = |rest: &str| format!("json_extract({body}, '$.values.\"' || ${n} || '\".{rest}')");
                format!("coalesce({}, {})", path("number"), path("money"))
            }
            Self::Postgres => {
                let value = format!("(cast({body} as json) -> 'values' -> cast(${n} as text))");
                format!("cast(coalesce({value} ->> 'number', {value} ->> 'money') as bigint)")
            }
        }
    }

    /// Takes the grams of record `$2` of institution `$1` out of the index of words.
    pub(crate) fn forget_grams(self) -> &'static str {
        match self {
            Self::Sqlite => {
                "delete from entry_gram where rowid = (select n from entry_words where institution_id = $1 and entry_id = $2)"
            }
            Self::Postgres => "delete from entry_gram where institution_id = $1 and entry_id = $2",
        }
    }

    /// A query of the index of words: that every one of these holds, each being some grams of which one must be there.
    pub(crate) fn grams(self, all: &[Vec<String>]) -> String {
        let (and, or) = match self {
            Self::Sqlite => (" AND ", " OR "),
            Self::Postgres => (" & ", " | "),
        };
        let one = |grams: &Vec<String>| match grams.as_slice() {
            [gram] => gram.clone(),
            many => format!("({})", many.join(or)),
        };
        all.iter().map(one).collect::<Vec<_>>().join(and)
    }

    /// The condition that the grams `g` of a record of institution `$1` are what the query bound as parameter `n` asks.
    pub(crate) fn holds_grams(self, n: usize) -> String {
        match self {
            // The institution is in the grams.
            Self::Sqlite => format!("g.entry_gram match ${n}"),
            // Hidden in a query of its own, so that the planner does not see the words: it knows how many records hold
            // them, but not what it costs to read grams instead of asking the index.
            Self::Postgres => {
                format!("g.institution_id = $1 and g.grams @@ cast((select cast(${n} as text)) as tsquery)")
            }
        }
    }

    /// Joins their words `w` to the grams `g` of records, which lead.
    pub(crate) fn join_words(self) -> &'static str {
        match self {
            Self::Sqlite => " cross join entry_words w on w.n = g.rowid",
            Self::Postgres => " join entry_words w on w.institution_id = $1 and w.entry_id = g.entry_id",
        }
    }

    /// The `n`th parameter of a statement that binds very many, each once and in order. SQLite finds a numbered one by
    /// walking a list, at each run: with thousands, that is most of the time.
    pub(crate) fn next_parameter(self, n: usize) -> String {
        match self {
            Self::Sqlite => "?".to_owned(),
            Self::Postgres => format!("${n}"),
        }
    }

    /// Most values that one statement may bind (SQLite's default is 32,766, PostgreSQL's limit 65,535), less enough
    /// to keep one statement's text small.
    pub(crate) const MOST_VALUES: usize = 8_000;
}
