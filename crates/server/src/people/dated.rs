//! What the forms of a dated line share: the page, its day, the state that it was made from, and how it is saved.

use axum::http::StatusCode;
use jiff::civil::Date;
use model::PersonId;
use store::{Held, PersonSave, PersonState};
use web::extract::Fields;
use web::view::{Form, Frame, Place, page, page_with};
use web::{App, Reply};
use work::cells::day;
use work::{Actor, Fault};

use super::edit::keep;

#[derive(askama::Template)]
#[template(path = "people/moves.html")]
pub(super) struct MovePage {
    frame: Frame,
    id: PersonId,
    name: String,
    revision: String,
    title: String,
    now: String,
    verb: &'static str,
    deletes: &'static str,
    form: Form,
}

impl MovePage {
    /// With a button that strikes the line.
    pub(super) fn deleting(self, words: &'static str) -> Self {
        Self { deletes: words, ..self }
    }
}

/// The page of a form of this person.
pub(super) fn shown(
    frame: Frame,
    held: &Held,
    title: &str,
    now: String,
    verb: &'static str,
    form: Form,
) -> MovePage {
    let name = held.state.person.name.clone();
    MovePage {
        frame: frame.titled(format!("{name}：{title}")).at(Place::People),
        id: held.state.person.id,
        name,
        revision: held.revision.to_string(),
        title: title.to_owned(),
        now,
        verb,
        deletes: "",
        form,
    }
}

/// A day that the form must hold, not in the future.
pub(super) fn day_in(form: &mut Form, name: &str, today: Date) -> Option<Date> {
    let text = form.value(name).to_owned();
    if text.is_empty() {
        return None;
    }
    day(&text, today).map_err(|why| form.wrong(name, why)).ok()
}

/// That the form was made from the person as they are now.
pub(super) fn same_state(form: &mut Form, sent: &Fields, held: &Held) {
    if sent.parsed::<u32>("revision") != Some(held.revision) {
        form.wrong("", "别人刚刚改过这个人，请核对后再保存一次");
    }
}

/// Saves a state made by a form; mistakes go to the form.
pub(super) async fn finish(
    app: &App,
    actor: &Actor,
    held: &Held,
    state: PersonState,
    note: String,
    form: &mut Form,
) -> Result<bool, Fault> {
    if form.has_errors() {
        return Ok(false);
    }
    let save =
        PersonSave { state, based_on: Some(held.revision), secrets: std::collections::BTreeMap::new(), note };
    match keep(app, actor, &save, "person.move").await {
        Ok(()) => Ok(true),
        Err(Fault::Invalid(errors)) => {
            form.wrongs(errors);
            Ok(false)
        }
        Err(other) => Err(other),
    }
}

/// The page of a form: as it is opened, or, when something is wrong with it, once more.
pub(super) fn answer(built: &MovePage) -> Reply {
    if built.form.has_errors() { page_with(StatusCode::UNPROCESSABLE_ENTITY, built) } else { page(built) }
}
