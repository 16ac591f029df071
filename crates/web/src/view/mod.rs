//! What pages are made of: one struct for each component of the look, drawn by the macro of the same name in
//! `templates/macros`. A page is a struct with a `frame`, these, and strings; its template stands beside its handler.

mod form;
pub mod found;
mod frame;
mod handed_in;
mod list;
mod standing;
mod units;
pub mod words;

pub use form::{Choosable, Field, Form, Input};
pub use frame::{Frame, NavEntry, Place, Who};
pub use handed_in::handed_in;
pub use list::{Choice, Empty, Link, MOST_CHOICES, Pager};
pub use standing::{Count, DiagnosticCard, ObligationCard, Strip, StripBar, Todo};
pub use work::days::{
    day_words, day_words_on, days_left, instant_words, long_day_words, month_words, weekday, weeks,
};

pub use units::{UnitRow, unit_rows, unit_rows_of};

pub use work::Said;

use axum::response::{Html, IntoResponse};

use crate::fault::Reply;

/// The answer with this page.
///
/// # Errors
/// When the template fails, which is a mistake of ours.
pub fn page<T: askama::Template>(template: &T) -> Reply {
    Ok(Html(template.render()?).into_response())
}

/// The answer with this page under a status of its own: 422 for a form that comes back with its errors.
///
/// # Errors
/// When the template fails, which is a mistake of ours.
pub fn page_with<T: askama::Template>(status: axum::http::StatusCode, template: &T) -> Reply {
    Ok((status, Html(template.render()?)).into_response())
}
