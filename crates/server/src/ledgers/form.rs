//! The form of a record, made from the fields of its ledgers: what is asked, what was typed, what is wrong with it,
//! and the record that it says.

use std::collections::BTreeMap;

use jiff::civil::Date;
use model::rule::{Element, Field as Asked, FieldType};
use model::{Attendance, Entry, EntryId, Participant, Value};

use crate::extract::Fields;
use crate::fault::FieldError;
use crate::view::{Field, Input, long_day_words};

use super::desk::{Desk, Seat};

/// Most characters of a line.
const LINE: u32 = 200;
/// Most characters of a long text: minutes of a day-long meeting have about ten thousand.
const LONG: u32 = 20_000;
/// Most guests that are named in one record.
const GUESTS: usize = 200;

/// A control of the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Control {
    pub(super) field: Field,
    /// The second of two controls that belong together: the last of two days.
    pub(super) second: Option<Field>,
    /// Id of the list that suggests values; empty for none.
    pub(super) list: &'static str,
    /// `name=value` of the control that decides whether this one is asked; empty when it always is.
    pub(super) when: String,
}

impl Control {
    fn errors(&self) -> impl Iterator<Item = (&Field, &String)> {
        let both = std::iter::once(&self.field).chain(self.second.as_ref());
        both.flat_map(|f| f.errors.iter().map(move |e| (f, e)))
    }
}

/// A person in the list of who came, with what was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) seat: Seat,
    pub(super) attendance: Attendance,
    pub(super) reason: String,
}

impl Row {
    pub(super) fn is(&self, word: &str) -> bool {
        word_of(self.attendance) == word
    }
}

/// The form as it is shown, and the record that it says.
#[derive(Clone, Debug)]
pub(super) struct Form {
    pub(super) title: Control,
    pub(super) day: Control,
    pub(super) controls: Vec<Control>,
    pub(super) rows: Vec<Row>,
    pub(super) guests: Field,
    /// What is wrong with the whole.
    pub(super) general: Vec<String>,
    pub(super) entry: Entry,
}

/// One mistake with the way to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) href: String,
    pub(super) words: String,
}

impl Form {
    /// Everything that is wrong, in the order of the form.
    pub(super) fn wrongs(&self) -> Vec<Wrong> {
        let mut out: Vec<Wrong> =
            self.general.iter().map(|w| Wrong { href: String::new(), words: w.clone() }).collect();
        let heads = [&self.title, &self.day];
        for (field, words) in heads.into_iter().chain(&self.controls).flat_map(Control::errors) {
            out.push(Wrong { href: format!("#{}", field.id()), words: format!("{}：{words}", field.label) });
        }
        for words in &self.guests.errors {
            out.push(Wrong { href: "#f-guests".to_owned(), words: format!("列席：{words}") });
        }
        out
    }

    /// 应到、实到、缺、请假、列席 of what is chosen.
    pub(super) fn tally(&self) -> String {
        let count = |a: Attendance| self.rows.iter().filter(|r| !r.seat.guest && r.attendance == a).count();
        let (came, absent, leave) =
            (count(Attendance::Present), count(Attendance::Absent), count(Attendance::Leave));
        let guests = self.rows.iter().filter(|r| r.seat.guest).count();
        let tail = if guests > 0 { format!("；列席 {guests}") } else { String::new() };
        format!("应到 {}，实到 {came}，缺 {absent}，请假 {leave}{tail}", came + absent + leave)
    }

    /// Notes what is wrong with a field, or with the whole.
    pub(super) fn wrong(&mut self, error: &FieldError) {
        let heads = [&mut self.title, &mut self.day];
        let found = heads.into_iter().chain(&mut self.controls).find(|c| c.field.name == error.field);
        match found {
            Some(control) => control.field.errors.push(error.message.clone()),
            None => self.general.push(error.message.clone()),
        }
    }
}

pub(super) fn word_of(attendance: Attendance) -> &'static str {
    match attendance {
        Attendance::Present => "present",
        Attendance::Absent => "absent",
        Attendance::Leave => "leave",
    }
}

fn attendance_of(word: &str) -> Option<Attendance> {
    Some(match word {
        "present" => Attendance::Present,
        "absent" => Attendance::Absent,
        "leave" => Attendance::Leave,
        _ => return None,
    })
}

/// Under which name a field is sent.
pub(super) fn name_of(field: &str) -> String {
    format!("f_{field}")
}

/// The form with what was typed, and the record that it says. With `check`, what is wrong is noted beside it.
pub(super) fn read(desk: &Desk<'_>, sent: &Fields, check: bool) -> Form {
    let (label, hint) = desk.topic();
    let mut title = Field::text("title", label).hint(hint).wide(8).filled(sent.text("title"));
    let mut day = Field::new(Input::Day, "day", "哪天").wide(4).filled(sent.text("day"));
    if title.value.is_empty() {
        title.errors.push("没有填".to_owned());
    } else if too_long(&title.value, LINE) {
        title.errors.push(format!("最多 {LINE} 个字"));
    }
    day.errors.extend(day_errors(desk, &day.value));
    let title = Control { field: title, second: None, list: "", when: String::new() };
    let day = Control { field: day, second: None, list: "", when: String::new() };

    let mut values: BTreeMap<String, Value> = BTreeMap::new();
    let mut controls = Vec::new();
    for asked in desk.fields() {
        if !desk.may_read(asked) {
            // What one may not read, one does not lose either.
            if let Some(old) = desk.old.as_ref().and_then(|r| r.entry.values.get(&asked.id)) {
                values.insert(asked.id.clone(), old.clone());
            }
            continue;
        }
        let mut control = control(asked, sent, desk);
        match value(asked, &mut control, desk) {
            Some(v) if is_asked(asked, sent) => {
                values.insert(asked.id.clone(), v);
            }
            _ => {}
        }
        controls.push(control);
    }
    // Fields of ledgers that are no longer ticked, or that the form never had, stay in the record.
    if let Some(old) = &desk.old {
        let shown: Vec<&str> = desk.fields().iter().map(|f| f.id.as_str()).collect();
        for (id, v) in &old.entry.values {
            let kept = old.entry.ledgers.iter().all(|l| desk.ledgers.iter().any(|k| k.id == *l));
            if kept && id != "people" && id != "topic" && id != "title" && !shown.contains(&id.as_str()) {
                values.insert(id.clone(), v.clone());
            }
        }
    }

    let (rows, guests) = people(desk, sent);
    if desk.asks_people() {
        let mut came: Vec<Participant> = rows
            .iter()
            .map(|r| Participant {
                person: r.seat.person,
                name: r.seat.name.clone(),
                attendance: r.attendance,
                reason: if r.attendance == Attendance::Present { String::new() } else { r.reason.clone() },
                guest: r.seat.guest,
            })
            .collect();
        came.extend(split_names(&guests.value).map(|name| Participant {
            person: None,
            name: name.to_owned(),
            attendance: Attendance::Present,
            reason: String::new(),
            guest: true,
        }));
        if !came.is_empty() {
            values.insert("people".to_owned(), Value::People(came));
        }
    }

    let topic = desk.ledgers.iter().flat_map(|l| &l.fields).find(|f| f.id == "topic" || f.id == "title");
    let mut line = title.field.value.clone();
    if let Some(field) = topic.filter(|_| !line.is_empty()) {
        values.insert(field.id.clone(), Value::Text(line.clone()));
        // A record whose title says more than its topic keeps it while the topic is untouched.
        if let Some(old) = &desk.old
            && old.entry.values.get(&field.id) == Some(&Value::Text(line.clone()))
        {
            line.clone_from(&old.entry.title);
        }
    }
    let now = desk.app.clock.now();
    let entry = Entry {
        id: desk.id,
        unit: desk.unit,
        ledgers: desk.ledgers.iter().map(|l| l.id.clone()).collect(),
        day: desk.day,
        title: line,
        values,
        revision: desk.based_on,
        entered_at: desk.old.as_ref().map_or(now, |r| r.entry.entered_at),
        entered_by: desk.old.as_ref().map_or(desk.actor.account, |r| r.entry.entered_by),
        revised_at: now,
        withdrawn: false,
    };
    let mut form = Form { title, day, controls, rows, guests, general: Vec::new(), entry };
    if !check {
        let heads = [&mut form.title, &mut form.day];
        for control in heads.into_iter().chain(&mut form.controls) {
            control.field.errors.clear();
            if let Some(second) = &mut control.second {
                second.errors.clear();
            }
        }
        form.guests.errors.clear();
    }
    form
}

fn too_long(text: &str, most: u32) -> bool {
    text.chars().count() > most as usize
}

fn day_errors(desk: &Desk<'_>, typed: &str) -> Option<String> {
    let Ok(day) = typed.parse::<Date>() else {
        return Some(if typed.is_empty() { "没有填" } else { "写成 2022-04-22 这样" }.to_owned());
    };
    if day > desk.today {
        return Some(format!("{}还没到，记录只记已经发生的事", long_day_words(day)));
    }
    let other_year =
        desk.year.as_ref().is_none_or(|y| y.head.year != day.year()) && day.year() != desk.today.year();
    if other_year {
        return Some(format!("{}年没有发布的要点，这一天的记录不能计入任何事项", day.year()));
    }
    let unit = desk.actor.known.organisation.unit(desk.unit);
    if unit.is_some_and(|u| !u.exists_on(day)) {
        return Some(format!("{}这个组织还没有成立或已经撤销", long_day_words(day)));
    }
    None
}

/// Whether the field is asked, given what was chosen in another.
fn is_asked(field: &Asked, sent: &Fields) -> bool {
    field.when.as_ref().is_none_or(|(other, wanted)| sent.all(&name_of(other)).any(|v| v == wanted))
}

fn control(asked: &Asked, sent: &Fields, desk: &Desk<'_>) -> Control {
    let name = name_of(&asked.id);
    let label = match asked.kind {
        FieldType::Money => format!("{}（元）", asked.title),
        _ if !asked.unit.is_empty() && asked.unit != asked.title => {
            format!("{}（{}）", asked.title, asked.unit)
        }
        _ => asked.title.clone(),
    };
    let kind = match asked.kind {
        FieldType::LongText => Input::Long,
        FieldType::Day | FieldType::Days => Input::Day,
        FieldType::Choice => Input::Select,
        FieldType::Choices => Input::Checks,
        _ => Input::Text,
    };
    let width = match asked.width {
        w @ (3 | 4 | 5 | 6 | 8) => w,
        _ => 12,
    };
    let mut field = Field::new(kind, name.clone(), label).hint(asked.hint.clone()).wide(width);
    // Whatever is missing may be saved; 选填 stands only where a complete record does without.
    field.optional = !desk.ledgers.iter().flat_map(|l| &l.complete).any(|e| match e {
        Element::Has { field } | Element::AtLeastChars { field, .. } => *field == asked.id,
        Element::EveryAbsenceHasReason | Element::Quorum { .. } => false,
    });
    // What a complete record does without takes less of the page.
    field.rows = if field.optional { 3 } else { 5 };
    field.max = match asked.kind {
        FieldType::LongText => LONG,
        FieldType::Text | FieldType::Place | FieldType::Person => LINE,
        FieldType::Units => 2000,
        _ => 0,
    };
    field.value = sent.text(&name).to_owned();
    if matches!(asked.kind, FieldType::Choice | FieldType::Choices) {
        if asked.kind == FieldType::Choice {
            field = field
                .choices(std::iter::once((String::new(), "未选".to_owned())).chain(asked.options.clone()));
        } else {
            field = field.choices(asked.options.clone());
        }
        field.values = sent.all(&name).map(str::to_owned).collect();
    }
    let mut second = None;
    if asked.kind == FieldType::Days {
        let half = (width / 2).clamp(3, 6);
        field.width = half;
        field.label = format!("{}：从", asked.title);
        let to = format!("{name}_to");
        let mut last = Field::new(Input::Day, to.clone(), format!("{}：到", asked.title)).wide(half);
        last.optional = true;
        last.value = sent.text(&to).to_owned();
        second = Some(last);
    }
    let list = match asked.kind {
        FieldType::Person => "people-list",
        FieldType::Unit => "units-list",
        _ => "",
    };
    let when = asked.when.as_ref().map(|(other, wanted)| {
        let of = desk.fields().into_iter().find(|f| f.id == *other);
        let word =
            of.and_then(|f| f.options.iter().find(|(id, _)| id == wanted)).map(|(_, word)| word.clone());
        if let (Some(of), Some(word)) = (of, word)
            && field.hint.is_empty()
        {
            field.hint = format!("“{}”选“{word}”时填", of.title);
        }
        format!("{}={wanted}", name_of(other))
    });
    Control { field, second, list, when: when.unwrap_or_default() }
}

/// The value that a control says; none when it is empty or wrong. What is wrong is noted in it.
fn value(asked: &Asked, control: &mut Control, desk: &Desk<'_>) -> Option<Value> {
    let typed = control.field.value.clone();
    let refuse = |control: &mut Control, why: String| -> Option<Value> {
        control.field.errors.push(why);
        None
    };
    if asked.kind == FieldType::Choices {
        let chosen = control.field.values.clone();
        if let Some(odd) = chosen.iter().find(|v| asked.options.iter().all(|(id, _)| id != *v)) {
            return refuse(control, format!("选项里没有“{odd}”"));
        }
        return (!chosen.is_empty()).then_some(Value::Choices(chosen));
    }
    if asked.kind == FieldType::Days {
        let last = control.second.as_ref().map(|f| f.value.clone()).unwrap_or_default();
        let days = [typed.as_str(), last.as_str()].map(|t| (t.is_empty(), t.parse::<Date>()));
        return match days {
            [(true, _), (true, _)] => None,
            [(_, Ok(from)), (_, Ok(to))] if from <= to => Some(Value::Days(from, to)),
            [(_, Ok(_)), (_, Ok(_))] => refuse(control, "结束早于开始".to_owned()),
            [(_, Ok(from)), (true, _)] => Some(Value::Days(from, from)),
            _ => refuse(control, "两天都写成 2022-04-22 这样".to_owned()),
        };
    }
    if typed.is_empty() {
        return None;
    }
    if control.field.max > 0 && too_long(&typed, control.field.max) {
        return refuse(
            control,
            format!("最多 {} 个字，现在 {} 个", control.field.max, typed.chars().count()),
        );
    }
    match asked.kind {
        FieldType::Text | FieldType::LongText | FieldType::Place => Some(Value::Text(typed)),
        FieldType::Day => match typed.parse() {
            Ok(day) => Some(Value::Day(day)),
            Err(_) => refuse(control, "写成 2022-04-22 这样".to_owned()),
        },
        FieldType::Number => match thousandths(&typed, 3) {
            Some(n) => Some(Value::Number(n)),
            None => refuse(control, "只能写数字，如 2 或 1.5".to_owned()),
        },
        FieldType::Money => match thousandths(&typed, 2) {
            Some(n) => Some(Value::Money(n / 10)),
            None => refuse(control, "写成金额，如 1280.50".to_owned()),
        },
        FieldType::Choice => {
            if asked.options.iter().any(|(id, _)| *id == typed) {
                Some(Value::Choice(typed))
            } else {
                refuse(control, "选项里没有这一项".to_owned())
            }
        }
        FieldType::Person => Some(person(desk, asked, &typed)),
        FieldType::Unit => match unit_named(desk, &typed) {
            Some(id) => Some(Value::Unit(id)),
            None => refuse(control, format!("组织里没有“{typed}”")),
        },
        FieldType::Units => {
            let mut units = Vec::new();
            for name in split_names(&typed) {
                match unit_named(desk, name) {
                    Some(id) => units.push(id),
                    None => control.field.errors.push(format!("组织里没有“{name}”")),
                }
            }
            (!units.is_empty()).then_some(Value::Units(units))
        }
        FieldType::Link => match typed.rsplit('/').next().and_then(|id| id.parse::<EntryId>().ok()) {
            Some(id) => Some(Value::Link(id)),
            None => refuse(control, "填那条记录的网址".to_owned()),
        },
        FieldType::Choices | FieldType::Days | FieldType::People => None,
    }
}

/// The person of that name on the roster; a name that is on no roster stays a name. A record that names somebody who
/// has left keeps them.
fn person(desk: &Desk<'_>, asked: &Asked, typed: &str) -> Value {
    let mut found = desk.seats.iter().filter(|s| s.name == typed);
    if let (Some(seat), None) = (found.next(), found.next()) {
        return Value::Person { id: seat.person, name: seat.name.clone() };
    }
    match desk.old.as_ref().and_then(|r| r.entry.values.get(&asked.id)) {
        Some(old @ Value::Person { name, .. }) if name == typed => old.clone(),
        _ => Value::Person { id: None, name: typed.to_owned() },
    }
}

fn unit_named(desk: &Desk<'_>, typed: &str) -> Option<model::UnitId> {
    let units = &desk.actor.known.organisation.units;
    units.iter().find(|u| u.name == typed || u.aliases.iter().any(|a| a == typed)).map(|u| u.id)
}

/// Names that are set apart by 、，, or line ends.
fn split_names(text: &str) -> impl Iterator<Item = &str> {
    text.split(['、', '，', ',', '；', ';', '\n']).map(str::trim).filter(|n| !n.is_empty())
}

/// A number that is not negative, with up to `places` places after the point, in thousandths.
fn thousandths(text: &str, places: usize) -> Option<i64> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    let sound = digits(whole) && digits(rest) && !(whole.is_empty() && rest.is_empty());
    if !sound || rest.len() > places || whole.len() > 12 {
        return None;
    }
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let part: i64 = format!("{rest:0<3}").parse().ok()?;
    whole.checked_mul(1000)?.checked_add(part)
}

fn people(desk: &Desk<'_>, sent: &Fields) -> (Vec<Row>, Field) {
    let old = desk.old.as_ref().map(|r| r.entry.people()).unwrap_or_default();
    let rows = desk
        .seats
        .iter()
        .map(|seat| {
            let was = match seat.person {
                Some(id) => old.iter().find(|p| p.person == Some(id)),
                None => old.iter().find(|p| p.person.is_none() && p.name == seat.name),
            };
            let chosen = attendance_of(sent.text(&format!("p_{}", seat.key)));
            let attendance = chosen.or(was.map(|p| p.attendance)).unwrap_or(Attendance::Present);
            let typed = sent.text(&format!("y_{}", seat.key));
            let reason = match (chosen, was) {
                (None, Some(p)) => p.reason.clone(),
                _ => typed.chars().take(LINE as usize).collect(),
            };
            Row { seat: seat.clone(), attendance, reason }
        })
        .collect();
    let mut guests = Field::text("guests", "还有谁列席").hint("不在名单里的人，用顿号隔开").optional();
    guests.value = sent.text("guests").to_owned();
    if split_names(&guests.value).count() > GUESTS {
        guests.errors.push(format!("最多 {GUESTS} 人"));
    }
    if split_names(&guests.value).any(|n| n.chars().count() > 30) {
        guests.errors.push("有名字超过 30 个字，用顿号隔开".to_owned());
    }
    guests.max = 4000;
    (rows, guests)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_kept_in_thousandths_and_never_negative() {
        assert_eq!(thousandths("1.5", 3), Some(1500));
        assert_eq!(thousandths("2", 3), Some(2000));
        assert_eq!(thousandths(".25", 2), Some(250));
        for bad in ["-1", "1e3", "", ".", "一", "1.2345", "1.234.5", "9999999999999"] {
            assert_eq!(thousandths(bad, 3), None, "{bad}");
        }
        assert_eq!(thousandths("12.345", 2), None, "money has two places");
    }

    #[test]
    fn names_are_set_apart_as_people_write_them() {
        assert_eq!(split_names("甲、乙，丙,丁；\n戊、").collect::<Vec<_>>(), ["甲", "乙", "丙", "丁", "戊"]);
    }
}
