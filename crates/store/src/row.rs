//! Values into statements and out of rows: jiff's days and instants, ids, JSON.

use chrono::{Datelike, NaiveDate};
use jiff::{Timestamp, civil::Date};
use model::{
    AccountId, ArrivalId, BatchId, CaseId, CreditId, DutyId, EntryId, FileId, GrantId, InstitutionId, JobId,
    MembershipId, MomentId, ObligationId, PersonId, PlanId, PostId, RequestId, RoutineId, UnitChangeId,
    UnitId,
};
use sea_orm::{QueryResult, TryGetable, Value};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::StoreError;

/// What can be bound to a parameter.
pub(crate) trait Bind {
    fn bind(&self) -> Value;
    /// The null of this type; PostgreSQL wants to know which.
    fn null() -> Value;
}

/// What can be read from a column.
pub(crate) trait Column: Sized {
    type Raw: TryGetable;
    fn column(raw: Self::Raw) -> Result<Self, StoreError>;
}

impl<T: Bind> Bind for Option<T> {
    fn bind(&self) -> Value {
        self.as_ref().map_or_else(T::null, Bind::bind)
    }
    fn null() -> Value {
        T::null()
    }
}

impl<T: Bind + ?Sized> Bind for &T {
    fn bind(&self) -> Value {
        (*self).bind()
    }
    fn null() -> Value {
        T::null()
    }
}

macro_rules! ids {
    ($($id:ident)*) => {$(
        impl Bind for $id {
            fn bind(&self) -> Value {
                Value::Uuid(Some(self.0))
            }
            fn null() -> Value {
                Value::Uuid(None)
            }
        }
        impl Column for $id {
            type Raw = Uuid;
            fn column(raw: Uuid) -> Result<Self, StoreError> {
                Ok(Self(raw))
            }
        }
    )*};
}

ids! { AccountId ArrivalId BatchId CaseId CreditId DutyId EntryId FileId GrantId InstitutionId JobId MembershipId MomentId ObligationId PersonId PlanId
PostId RequestId RoutineId UnitChangeId UnitId }

macro_rules! plain {
    ($($ty:ty, $raw:ty, $variant:ident, $bind:expr, $column:expr;)*) => {$(
        impl Bind for $ty {
            fn bind(&self) -> Value {
                let bind: fn(&$ty) -> $raw = $bind;
                Value::$variant(Some(bind(self)))
            }
            fn null() -> Value {
                Value::$variant(None)
            }
        }
        impl Column for $ty {
            type Raw = $raw;
            fn column(raw: $raw) -> Result<Self, StoreError> {
                let column: fn($raw) -> Option<$ty> = $column;
                column(raw).ok_or_else(|| StoreError::Internal("a stored value is out of range".to_owned()))
            }
        }
    )*};
}

plain! {
    Uuid, Uuid, Uuid, |v| *v, Some;
    bool, bool, Bool, |v| *v, Some;
    i64, i64, BigInt, |v| *v, Some;
    i32, i64, BigInt, |v| i64::from(*v), |v| v.try_into().ok();
    i16, i64, BigInt, |v| i64::from(*v), |v| v.try_into().ok();
    u32, i64, BigInt, |v| i64::from(*v), |v| v.try_into().ok();
    String, String, String, Clone::clone, Some;
    Vec<u8>, Vec<u8>, Bytes, Clone::clone, Some;
    Timestamp, i64, BigInt, |v| v.as_microsecond(), |v| Timestamp::from_microsecond(v).ok();
    Date, NaiveDate, ChronoDate, |v| to_chrono(*v), from_chrono;
}

impl Bind for str {
    fn bind(&self) -> Value {
        Value::String(Some(self.to_owned()))
    }
    fn null() -> Value {
        Value::String(None)
    }
}

impl Bind for [u8] {
    fn bind(&self) -> Value {
        Value::Bytes(Some(self.to_vec()))
    }
    fn null() -> Value {
        Value::Bytes(None)
    }
}

/// chrono's calendar reaches further than jiff's (years -9999 to 9999), so every day has its counterpart.
fn to_chrono(day: Date) -> NaiveDate {
    let (month, dom) = (day.month().unsigned_abs().into(), day.day().unsigned_abs().into());
    NaiveDate::from_ymd_opt(day.year().into(), month, dom).unwrap_or_default()
}

fn from_chrono(day: NaiveDate) -> Option<Date> {
    Date::new(day.year().try_into().ok()?, day.month().try_into().ok()?, day.day().try_into().ok()?).ok()
}

/// The JSON text of a value.
pub(crate) fn to_json<T: Serialize + ?Sized>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|e| StoreError::Internal(e.to_string()))
}

/// The value of a JSON text that the store wrote.
pub(crate) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|e| StoreError::Internal(format!("stored JSON cannot be read: {e}")))
}

/// The word by which a value of a plain enum is stored: the one that serde gives it.
pub(crate) fn to_word<T: Serialize>(value: &T) -> Result<String, StoreError> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        _ => Err(StoreError::Internal("not a plain enum".to_owned())),
    }
}

/// The columns of a row, read from left to right in the order of the `select`.
pub(crate) struct Columns<'r> {
    row: &'r QueryResult,
    next: usize,
}

impl<'r> Columns<'r> {
    pub(crate) fn of(row: &'r QueryResult) -> Self {
        Self { row, next: 0 }
    }

    /// The next column.
    pub(crate) fn get<T: Column>(&mut self) -> Result<T, StoreError> {
        let at = self.next;
        self.next += 1;
        T::column(self.row.try_get_by_index(at)?)
    }

    /// The next column, which may be null.
    pub(crate) fn opt<T: Column>(&mut self) -> Result<Option<T>, StoreError> {
        let at = self.next;
        self.next += 1;
        let raw: Option<T::Raw> = self.row.try_get_by_index(at)?;
        raw.map(T::column).transpose()
    }

    /// The next column, JSON.
    pub(crate) fn json<T: DeserializeOwned>(&mut self) -> Result<T, StoreError> {
        from_json(&self.get::<String>()?)
    }

    /// The next column, the word of a plain enum.
    pub(crate) fn word<T: DeserializeOwned>(&mut self) -> Result<T, StoreError> {
        let word: String = self.get()?;
        serde_json::from_value(serde_json::Value::String(word))
            .map_err(|e| StoreError::Internal(format!("stored word cannot be read: {e}")))
    }
}

/// The arguments of a statement, in the order of their numbers.
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::row::Bind::bind(&$value)),*] };
}
pub(crate) use args;
