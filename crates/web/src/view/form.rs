//! Forms: what is asked, what was typed, and what is wrong with it, in one struct that is shown again until it is right.

use work::{FieldError, Fields};

/// How a field is typed in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Input {
    /// A line.
    #[default]
    Text,
    /// Several lines.
    Long,
    /// A day.
    Day,
    /// A time of day.
    Time,
    /// A number.
    Number,
    /// A password; never shown again.
    Password,
    /// One of the options, as a list.
    Select,
    /// One of the options, as buttons.
    Radio,
    /// Some of the options, as boxes.
    Checks,
    /// A file.
    File,
}

impl Input {
    /// The `type` of the input element.
    #[must_use]
    pub fn input(self) -> &'static str {
        match self {
            Self::Text | Self::Long | Self::Select => "text",
            Self::Day => "date",
            Self::Time => "time",
            Self::Number => "number",
            Self::Password => "password",
            Self::Radio => "radio",
            Self::Checks => "checkbox",
            Self::File => "file",
        }
    }
}

/// One option of a field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choosable {
    /// What is sent.
    pub value: String,
    /// What is shown.
    pub word: String,
    /// What it is listed under; empty for nothing.
    pub group: String,
    /// What is said of it while it is chosen; empty for nothing.
    pub says: String,
}

/// One field of a form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Field {
    /// Name under which it is sent.
    pub name: String,
    /// Label.
    pub label: String,
    /// A hint under the label.
    pub hint: String,
    /// What was typed, or what is filled in beforehand.
    pub value: String,
    /// For [`Input::Checks`]: all that are ticked.
    pub values: Vec<String>,
    /// What is wrong.
    pub errors: Vec<String>,
    /// How it is typed in.
    pub kind: Input,
    /// What there is to choose from.
    pub options: Vec<Choosable>,
    /// Whether it may stay empty.
    pub optional: bool,
    /// Width in twelfths: 3, 4, 5, 6, 8 or 12.
    pub width: u8,
    /// Lines of a long text.
    pub rows: u8,
    /// Most characters; 0 for no limit of its own.
    pub max: u32,
    /// For [`Input::Checks`]: what is asked again when one is ticked, as `<url> <id of the part>`; empty for nothing.
    pub refresh: &'static str,
    /// Whether the page begins here: what is typed first goes into it.
    pub first: bool,
    /// The browser's `autocomplete`.
    pub autocomplete: &'static str,
    /// For [`Input::File`]: the endings that the browser offers first; the content decides all the same.
    pub accept: &'static str,
}

impl Field {
    /// A line of text of full width that must be filled in, 200 characters at most.
    pub fn text(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self { name: name.into(), label: label.into(), width: 12, rows: 5, max: 200, ..Self::default() }
    }

    /// A field of another kind.
    pub fn new(kind: Input, name: impl Into<String>, label: impl Into<String>) -> Self {
        let max = if kind == Input::Text || kind == Input::Password { 200 } else { 0 };
        Self { kind, max, ..Self::text(name, label) }
    }

    /// With these options.
    #[must_use]
    pub fn choices<V: Into<String>, W: Into<String>>(
        mut self,
        options: impl IntoIterator<Item = (V, W)>,
    ) -> Self {
        self.options = options
            .into_iter()
            .map(|(v, w)| Choosable { value: v.into(), word: w.into(), ..Choosable::default() })
            .collect();
        self
    }

    /// With these options under headings, each with what is said of it while it is chosen: (heading, value, word, says).
    /// Those of one heading follow one another.
    #[must_use]
    pub fn grouped(mut self, options: impl IntoIterator<Item = (String, String, String, String)>) -> Self {
        self.options = options
            .into_iter()
            .map(|(group, value, word, says)| Choosable { value, word, group, says })
            .collect();
        self
    }

    /// Whether a heading stands before the option of this number.
    #[must_use]
    pub fn begins_group(&self, at: &usize) -> bool {
        let group = |n: usize| self.options.get(n).map_or("", |o| o.group.as_str());
        !group(*at).is_empty() && (*at == 0 || group(*at - 1) != group(*at))
    }

    /// Whether the heading ends after the option of this number.
    #[must_use]
    pub fn ends_group(&self, at: &usize) -> bool {
        let group = |n: usize| self.options.get(n).map_or("", |o| o.group.as_str());
        !group(*at).is_empty() && group(*at + 1) != group(*at)
    }

    /// What is said of what is chosen now.
    #[must_use]
    pub fn says(&self) -> &str {
        self.options.iter().find(|o| self.holds(&o.value)).map_or("", |o| &o.says)
    }

    /// Whether anything is said of any option.
    #[must_use]
    pub fn has_says(&self) -> bool {
        self.options.iter().any(|o| !o.says.is_empty())
    }

    /// With this filled in beforehand.
    #[must_use]
    pub fn filled(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }

    /// With a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// As something that may stay empty.
    #[must_use]
    pub fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// With this width in twelfths.
    #[must_use]
    pub fn wide(mut self, width: u8) -> Self {
        self.width = width;
        self
    }

    /// With this `autocomplete`.
    #[must_use]
    pub fn complete(mut self, word: &'static str) -> Self {
        self.autocomplete = word;
        self
    }

    /// With these endings of files, as in `.docx,.txt`.
    #[must_use]
    pub fn accepting(mut self, endings: &'static str) -> Self {
        self.accept = endings;
        self
    }

    /// The id of its control.
    #[must_use]
    pub fn id(&self) -> String {
        format!("f-{}", self.name)
    }

    /// What the control shows; never a password.
    #[must_use]
    pub fn shown(&self) -> &str {
        if matches!(self.kind, Input::Password | Input::File) { "" } else { &self.value }
    }

    /// Whether something is wrong with it.
    #[must_use]
    pub fn is_wrong(&self) -> bool {
        !self.errors.is_empty()
    }

    /// Whether it is several buttons or boxes.
    #[must_use]
    pub fn is_group(&self) -> bool {
        matches!(self.kind, Input::Radio | Input::Checks)
    }

    /// Whether it is a list to choose from.
    #[must_use]
    pub fn is_select(&self) -> bool {
        self.kind == Input::Select
    }

    /// Whether it has several lines.
    #[must_use]
    pub fn is_long(&self) -> bool {
        self.kind == Input::Long
    }

    /// Whether it must be filled in.
    #[must_use]
    pub fn required(&self) -> bool {
        !self.optional
    }

    /// Whether this option is chosen.
    #[must_use]
    pub fn holds(&self, value: &str) -> bool {
        if self.kind == Input::Checks { self.values.iter().any(|v| v == value) } else { self.value == value }
    }

    /// The ids of its hint and errors.
    #[must_use]
    pub fn described(&self) -> String {
        let mut ids = Vec::new();
        if !self.hint.is_empty() {
            ids.push(format!("{}-h", self.id()));
        }
        ids.extend((1..=self.errors.len()).map(|n| format!("{}-e{n}", self.id())));
        ids.join(" ")
    }
}

/// A form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// Its fields in order.
    pub fields: Vec<Field>,
    /// What is wrong with the whole.
    pub general: Vec<String>,
}

impl Form {
    /// A form of these fields.
    #[must_use]
    pub fn of(fields: Vec<Field>) -> Self {
        Self { fields, general: Vec::new() }
    }

    /// Fills in what was sent, and notes what is missing, too long, no number, no day, or none of the options.
    pub fn take(&mut self, sent: &Fields) {
        for f in &mut self.fields {
            f.errors.clear();
            if f.kind == Input::File {
                continue;
            }
            if f.kind == Input::Checks {
                f.values = sent.all(&f.name).map(ToOwned::to_owned).collect();
                if f.values.iter().any(|v| f.options.iter().all(|o| o.value != *v)) {
                    f.errors.push("选项里没有这一项".to_owned());
                } else if f.values.is_empty() && !f.optional {
                    f.errors.push("至少选一项".to_owned());
                }
                continue;
            }
            let raw = f.kind == Input::Password;
            f.value = if raw { sent.raw(&f.name) } else { sent.text(&f.name) }.to_owned();
            if f.value.is_empty() {
                if !f.optional {
                    let chosen = matches!(f.kind, Input::Select | Input::Radio);
                    f.errors.push(if chosen { "没有选" } else { "没有填" }.to_owned());
                }
                continue;
            }
            let wrong = match f.kind {
                Input::Day => f.value.parse::<jiff::civil::Date>().is_err().then_some("写成 2022-04-22 这样"),
                Input::Time => f.value.parse::<jiff::civil::Time>().is_err().then_some("写成 15:30 这样"),
                Input::Number => f.value.parse::<f64>().is_err().then_some("只能写数字"),
                Input::Select | Input::Radio => {
                    f.options.iter().all(|o| o.value != f.value).then_some("选项里没有这一项")
                }
                _ => None,
            };
            f.errors.extend(wrong.map(ToOwned::to_owned));
            if f.max > 0 {
                f.errors.extend(work::over(&f.value, f.max as usize));
            }
        }
    }

    /// What was typed into the field of that name; empty when there is none.
    #[must_use]
    pub fn value(&self, name: &str) -> &str {
        self.fields.iter().find(|f| f.name == name).map_or("", |f| &f.value)
    }

    /// The field of that name.
    pub fn field_mut(&mut self, name: &str) -> Option<&mut Field> {
        self.fields.iter_mut().find(|f| f.name == name)
    }

    /// Notes that something is wrong with the field of that name, or with the whole when it has none.
    pub fn wrong(&mut self, name: &str, message: impl Into<String>) {
        let message = message.into();
        match self.field_mut(name) {
            Some(f) => f.errors.push(message),
            None => self.general.push(message),
        }
    }

    /// Notes all of these.
    pub fn wrongs(&mut self, errors: Vec<FieldError>) {
        for e in errors {
            self.wrong(&e.field, e.message);
        }
    }

    /// Whether something is wrong.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        !self.general.is_empty() || self.fields.iter().any(Field::is_wrong)
    }

    /// The heading over the errors.
    #[must_use]
    pub fn error_title(&self) -> String {
        let n = self.general.len() + self.fields.iter().map(|f| f.errors.len()).sum::<usize>();
        format!("有 {n} 处要改，什么都还没有保存")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_told_at_once() {
        let mut form = Form::of(vec![
            Field::text("name", "名称"),
            Field::new(Input::Day, "day", "日期"),
            Field::new(Input::Select, "kind", "种类").choices([("a", "甲")]),
            Field::text("note", "备注").optional(),
        ]);
        form.take(&Fields::of(vec![("day".into(), "2022-02-30".into()), ("kind".into(), "z".into())]));
        assert!(form.has_errors());
        assert_eq!(form.error_title(), "有 3 处要改，什么都还没有保存");
        assert_eq!(form.fields[0].described(), "f-name-e1");
        assert!(!form.fields[3].is_wrong());
    }

    #[test]
    fn a_password_is_never_shown_again_and_keeps_its_spaces() {
        let mut form = Form::of(vec![Field::new(Input::Password, "p", "密码")]);
        form.take(&Fields::of(vec![("p".into(), " a b ".into())]));
        assert_eq!(form.value("p"), " a b ");
        assert_eq!(form.fields[0].shown(), "");
    }
}
