//! The form of a record, made from the fields of its ledgers: what is asked, what was typed, what is wrong with it,
//! and the record that it says.

use std::collections::BTreeMap;

use jiff::civil::Date;
use model::rule::{Field as Asked, Means};
use model::{Attendance, Entry, Participant, Value};
use web::extract::Fields;
use web::view::{Field, Input, long_day_words};
use work::FieldError;
use work::days::day_words_on;

use super::desk::{Desk, Seat};
use super::files::input_of;
use super::typed::{LINE, MANY, control, fold, people_named, value};
use crate::seen::paper::FileLine;
use crate::seen::values;

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
    /// Whether it is folded away under 更多.
    pub(super) folded: bool,
    /// Whether it stands aside in its line of a table.
    pub(super) aside: bool,
    /// For a field of files: those that are there.
    pub(super) files: Vec<FileLine>,
    /// For a table: its lines, each with the controls of its columns.
    pub(super) lines: Vec<Vec<Control>>,
    /// Whether it shows a number that nobody types.
    pub(super) output: bool,
}

impl Control {
    /// A control that stands by itself.
    pub(super) fn of(field: Field) -> Self {
        Self {
            field,
            second: None,
            list: "",
            when: String::new(),
            folded: false,
            aside: false,
            files: Vec::new(),
            lines: Vec::new(),
            output: false,
        }
    }

    /// Whether it takes files.
    pub(super) fn is_files(&self) -> bool {
        self.field.kind == Input::File
    }

    /// Whether it is a table.
    pub(super) fn is_rows(&self) -> bool {
        !self.lines.is_empty()
    }

    /// Whether nothing is typed or chosen in it.
    pub(super) fn is_empty(&self) -> bool {
        let said = |f: &Field| !f.value.is_empty() || !f.values.is_empty();
        !said(&self.field) && !self.second.as_ref().is_some_and(said) && self.errors().is_empty()
    }

    /// Whether it is a table that a complete record does without, and nobody has written in it: it need not be seen.
    pub(super) fn is_bare(&self) -> bool {
        self.field.optional && self.errors().is_empty() && self.lines.iter().flatten().all(Self::is_empty)
    }

    /// Whether some cells of this line of a table stand aside.
    pub(super) fn has_aside(line: &[Self]) -> bool {
        line.iter().any(|c| c.aside)
    }

    /// Whether it stands among the short ones.
    pub(super) fn is_short(&self) -> bool {
        !self.field.is_long() && !self.is_files() && !self.is_rows()
    }

    /// Under which name the number of its lines is sent.
    pub(super) fn count(&self) -> String {
        lines_of(&self.field.name)
    }

    /// The id of the list of its files.
    pub(super) fn files_id(&self) -> String {
        format!("fl-{}", self.field.name)
    }

    /// Under which name its files are sent.
    pub(super) fn input(&self) -> String {
        input_of(self.field.name.strip_prefix("f_").unwrap_or_default())
    }

    fn errors(&self) -> Vec<(&Field, &String)> {
        let both = std::iter::once(&self.field).chain(self.second.as_ref());
        let own = both.flat_map(|f| f.errors.iter().map(move |e| (f, e)));
        own.chain(self.lines.iter().flatten().flat_map(Self::errors)).collect()
    }

    fn forgive(&mut self) {
        self.field.errors.clear();
        if let Some(second) = &mut self.second {
            second.errors.clear();
        }
        self.lines.iter_mut().flatten().for_each(Self::forgive);
    }
}

/// A person in the list of who came, with what was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) seat: Seat,
    /// None while nobody has said whether they came.
    pub(super) attendance: Option<Attendance>,
    pub(super) reason: String,
}

impl Row {
    pub(super) fn is(&self, word: &str) -> bool {
        self.attendance.is_some_and(|a| word_of(a) == word)
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
    /// Of some it is said whether they came, of others not.
    pub(super) unsaid: Option<String>,
    /// Whether it is said that all others came.
    pub(super) everybody: bool,
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
        out.extend(self.unsaid.iter().map(|words| Wrong { href: "#who".to_owned(), words: words.clone() }));
        out
    }

    /// Everything that is wrong with a control, under the name by which it is sent.
    pub(super) fn wrong_fields(&self) -> Vec<(String, String)> {
        let heads = [&self.title, &self.day];
        let controls = heads.into_iter().chain(&self.controls).flat_map(|c| {
            c.errors().into_iter().map(|(field, words)| (name_of_wrong(c, field), words.clone()))
        });
        let guests = self.guests.errors.iter().map(|words| ("guests".to_owned(), words.clone()));
        controls.chain(guests).collect()
    }

    /// What is folded away under 更多, for its heading: all of it, and what of it is filled in already.
    pub(super) fn folded(&self) -> (Vec<String>, Vec<String>) {
        // Of two days the label says from when: its first part is the name.
        let name = |c: &'_ Control| match (&c.second, c.field.label.split_once('：')) {
            (Some(_), Some((name, _))) => name.to_owned(),
            _ => c.field.label.clone(),
        };
        let all = || self.controls.iter().filter(|c| c.folded);
        let filled = all().filter(|c| !c.field.value.is_empty() || !c.field.values.is_empty());
        (all().map(name).collect(), filled.map(name).collect())
    }

    /// Whether something under 更多 has to be seen: it is wrong.
    pub(super) fn opens(&self) -> bool {
        self.controls.iter().any(|c| c.folded && !c.errors().is_empty())
    }

    /// 应到、实到、缺、请假、列席 of what is chosen.
    pub(super) fn tally(&self) -> String {
        let count =
            |a: Attendance| self.rows.iter().filter(|r| !r.seat.guest && r.attendance == Some(a)).count();
        let (came, absent, leave) =
            (count(Attendance::Present), count(Attendance::Absent), count(Attendance::Leave));
        let guests = self.rows.iter().filter(|r| r.seat.guest).count();
        let tail = if guests > 0 { format!("；列席 {guests}") } else { String::new() };
        let due = self.rows.len() - guests;
        match due - came - absent - leave {
            left if left == due && due > 0 => format!("应到 {due}，还没有点{tail}"),
            0 => format!("应到 {due}，实到 {came}，缺 {absent}，请假 {leave}{tail}"),
            left => format!("应到 {due}，实到 {came}，缺 {absent}，请假 {leave}，还没有点 {left}{tail}"),
        }
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

/// Under which name something wrong is told: of a table that of its cell, else that of the whole control.
fn name_of_wrong(control: &Control, field: &Field) -> String {
    if control.is_rows() { field.name.clone() } else { control.field.name.clone() }
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

/// Under which name it is sent that all others came.
const REST: &str = "p_rest";

/// Under which name a field is sent.
pub(super) fn name_of(field: &str) -> String {
    format!("f_{field}")
}

/// Under which name the number of lines of a table is sent, whose control is called so.
pub(super) fn lines_of(control: &str) -> String {
    format!("n_{}", control.strip_prefix("f_").unwrap_or(control))
}

/// The form with what was typed, and the record that it says. With `check`, what is wrong is noted beside it.
pub(super) fn read(desk: &Desk<'_>, sent: &Fields, check: bool) -> Form {
    let (label, hint) = desk.topic();
    let mut title = Field::text("title", label).hint(hint).wide(8).filled(sent.text("title"));
    let mut day = Field::new(Input::Day, "day", "哪天").wide(4).filled(sent.text("day"));
    if let Some((starts, due)) = desk.period().filter(|(_, due)| *due < desk.today) {
        let words = |d| day_words_on(desk.today, d);
        day = day.hint(format!("{}至{}该办；后来才办的写实际那天，算迟办", words(starts), words(due)));
    }
    title.first = desk.old.is_none() && title.value.is_empty() && !check;
    if title.value.is_empty() {
        title.errors.push("没有填".to_owned());
    } else {
        title.errors.extend(work::over(&title.value, LINE as usize));
    }
    day.errors.extend(day_errors(desk, &day.value));
    let (title, day) = (Control::of(title), Control::of(day));

    let mut values: BTreeMap<String, Value> = BTreeMap::new();
    let mut controls = Vec::new();
    let mut shown = Vec::new();
    for asked in desk.fields() {
        if asked.means == Some(Means::HeldBy) && desk.holding().is_none() {
            continue;
        }
        if !desk.may_read(asked) {
            // What one may not read, one does not lose either.
            if let Some(old) = desk.old.as_ref().and_then(|r| r.entry.values.get(&asked.id)) {
                values.insert(asked.id.clone(), old.clone());
            }
            continue;
        }
        let mut control = control(asked, sent, desk);
        if asked.computed.is_some() {
            control.output = true;
            controls.push(control);
            shown.push(asked);
            continue;
        }
        match value(asked, &mut control, desk) {
            Some(v) if is_asked(asked, sent) => {
                values.insert(asked.id.clone(), v);
            }
            _ => {}
        }
        controls.push(control);
        shown.push(asked);
    }
    fold(desk, &shown, &mut controls);
    // Fields of ledgers that are no longer ticked, or that the form never had, stay in the record.
    if let Some(old) = &desk.old {
        let shown: Vec<&str> = desk.fields().iter().map(|f| f.id.as_str()).collect();
        for (id, v) in &old.entry.values {
            let kept = old.entry.ledgers.iter().all(|l| desk.ledgers.iter().any(|k| k.id == *l));
            let head = desk.ledgers.iter().find_map(|l| l.field(id)).is_some_and(Asked::is_head);
            if kept && !head && !shown.contains(&id.as_str()) {
                values.insert(id.clone(), v.clone());
            }
        }
    }

    let (rows, guests) = people(desk, sent);
    if desk.asks_people() {
        let mut came: Vec<Participant> = rows
            .iter()
            .filter_map(|r| Some((r, r.attendance?)))
            .map(|(r, attendance)| Participant {
                person: r.seat.person,
                name: r.seat.name.clone(),
                attendance,
                reason: if attendance == Attendance::Present { String::new() } else { r.reason.clone() },
                guest: r.seat.guest,
                role: r.seat.role.clone(),
            })
            .collect();
        came.extend(people_named(desk, &guests.value, true));
        if !came.is_empty() {
            let field = desk.ledgers.iter().find_map(|l| l.meaning(Means::Attendance));
            values.extend(field.map(|f| (f.id.clone(), Value::People(came))));
        }
    }

    let topic = desk.ledgers.iter().flat_map(|l| &l.fields).find(|f| f.is_title());
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
    runtime::compute(&mut values, &desk.ledgers);
    for (asked, control) in shown.iter().zip(&mut controls).filter(|(_, c)| c.output) {
        let organisation = &desk.actor.known.organisation;
        let found = values.get(&asked.id);
        control.field.value = found.map_or(String::new(), |v| values::words(Some(asked), v, organisation));
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
    // Nobody said of anybody whether they came: the record lacks that. Of some only: that is a slip.
    let (said, unsaid): (Vec<&Row>, Vec<&Row>) =
        rows.iter().filter(|r| !r.seat.guest).partition(|r| r.attendance.is_some());
    let slip = check && desk.old.is_none() && !said.is_empty() && !unsaid.is_empty();
    let everybody = attendance_of(sent.text(REST)).is_some();
    let unsaid = slip.then(|| format!("谁来了：还有 {} 人没有点；其余都到了，勾“全部到会”", unsaid.len()));
    let mut form = Form { title, day, controls, rows, guests, unsaid, everybody, general: Vec::new(), entry };
    if !check {
        let heads = [&mut form.title, &mut form.day];
        heads.into_iter().chain(&mut form.controls).for_each(Control::forgive);
        form.guests.errors.clear();
    }
    form
}

fn day_errors(desk: &Desk<'_>, typed: &str) -> Option<String> {
    let Ok(day) = typed.parse::<Date>() else {
        return Some(if typed.is_empty() { "没有填" } else { "写成 2022-04-22 这样" }.to_owned());
    };
    if day > desk.today {
        return Some(format!("{}还没到，记录只记已经发生的事", long_day_words(day)));
    }
    // Whoever comes from a duty of another year has slipped in the year; what is written for itself is an archive record.
    let other_year =
        desk.year.as_ref().is_none_or(|y| y.number != day.year()) && day.year() != desk.today.year();
    if other_year && desk.duty.is_some() {
        return Some(format!("{}年没有发布的要点，这一天的记录不能计入任何事项", day.year()));
    }
    let unit = desk.actor.known.organisation.unit(desk.unit)?;
    if let Some(founded) = unit.founded.filter(|f| day < *f) {
        return Some(format!("{}{}才成立，之前的事不能记在它名下", unit.name, long_day_words(founded)));
    }
    let gone = unit.dissolved.filter(|d| *d <= day)?;
    let changes = &desk.actor.known.changes;
    let heirs = changes.iter().filter(|c| c.hands_on() && c.from.contains(&unit.id)).flat_map(|c| &c.to);
    let heirs: Vec<&str> = heirs.map(|u| desk.actor.known.unit_name(*u)).collect();
    let to =
        if heirs.is_empty() { String::new() } else { format!("，这天的事记在{}", heirs.join("、")) };
    Some(format!("{}{}起已撤销{to}；撤销以前的事仍可补录", unit.name, long_day_words(gone)))
}

/// Whether the field is asked, given what was chosen in another.
fn is_asked(field: &Asked, sent: &Fields) -> bool {
    field
        .when
        .as_ref()
        .is_none_or(|(other, wanted)| sent.all(&name_of(other)).any(|v| wanted.iter().any(|w| w == v)))
}

fn people(desk: &Desk<'_>, sent: &Fields) -> (Vec<Row>, Field) {
    let old = desk.old.as_ref().map(|r| r.entry.people()).unwrap_or_default();
    // 全部到会 is said by somebody: nobody came because nothing was said of them.
    let rest = attendance_of(sent.text(REST));
    let rows: Vec<Row> = desk
        .seats
        .iter()
        .map(|seat| {
            let was = match seat.person {
                Some(id) => old.iter().find(|p| p.person == Some(id)),
                None => old.iter().find(|p| p.person.is_none() && p.name == seat.name),
            };
            let chosen = attendance_of(sent.text(&format!("p_{}", seat.key)));
            let attendance = chosen.or(was.map(|p| p.attendance)).or(rest);
            let typed = sent.text(&format!("y_{}", seat.key));
            let reason = match (chosen, was) {
                (None, Some(p)) => p.reason.clone(),
                _ => typed.to_owned(),
            };
            Row { seat: seat.clone(), attendance, reason }
        })
        .collect();
    let mut guests = Field::text("guests", "还有谁列席")
        .hint("不在名单里的人，用顿号隔开，如 柳知行（园区书记）")
        .optional();
    guests.value = sent.text("guests").to_owned();
    let named = people_named(desk, &guests.value, true);
    if named.len() > MANY {
        guests.errors.push(format!("最多 {MANY} 人"));
    }
    if named.iter().any(|p| p.name.chars().count() > 30) {
        guests.errors.push("有名字超过 30 个字，用顿号隔开".to_owned());
    }
    guests.max = 4000;
    for row in &rows {
        let said = work::over(&row.reason, LINE as usize);
        guests.errors.extend(said.map(|words| format!("{}没来的事由{words}", row.seat.name)));
    }
    (rows, guests)
}
