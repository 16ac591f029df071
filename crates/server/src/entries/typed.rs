//! What is typed into one control, as the value that it says: lines, numbers, days, people, units, links.

use std::collections::BTreeSet;

use jiff::civil::Date;
use model::rule::{Field as Asked, FieldType, Means};
use model::{Attached, Attendance, EntryId, Participant, PersonId, Row, Value};
use web::extract::Fields;
use web::view::{Field, Input};
use work::names;
use work::units::name_below;

use super::desk::{Desk, Seat};
use super::files;
use super::form::{Control, lines_of, name_of};
use crate::seen::paper::FileLine;

/// Most characters of a line.
pub(super) const LINE: u32 = 200;
/// Most characters of a long text: minutes of a day-long meeting have about ten thousand.
const LONG: u32 = 20_000;
/// Most characters of a list of names.
const NAMES: u32 = 4000;
/// Most people or units that one list names.
pub(super) const MANY: usize = 200;
/// Fewer optional fields than this are shown with the rest.
const FEW: usize = 2;
/// Years outside these are slips of the finger: the Party was founded in the first.
const YEARS: std::ops::RangeInclusive<i16> = 1921..=2100;

/// The control of a field, with what was typed.
pub(super) fn control(asked: &Asked, sent: &Fields, desk: &Desk<'_>) -> Control {
    let name = name_of(&asked.id);
    let label = match asked.kind {
        FieldType::Money => format!("{}（元）", asked.title),
        _ if !asked.unit.is_empty() && asked.unit != asked.title => {
            format!("{}（{}）", asked.title, asked.unit)
        }
        _ => asked.title.clone(),
    };
    let held_by = asked.means == Some(Means::HeldBy);
    let kind = match asked.kind {
        _ if held_by => Input::Checks,
        FieldType::Link => Input::Select,
        FieldType::LongText => Input::Long,
        FieldType::Day | FieldType::Days => Input::Day,
        FieldType::Choice => Input::Select,
        FieldType::Choices => Input::Checks,
        FieldType::File => Input::File,
        _ => Input::Text,
    };
    let width = match asked.width {
        w @ (3 | 4 | 5 | 6 | 8) => w,
        1 | 2 => 3,
        _ => 12,
    };
    let mut field = Field::new(kind, name.clone(), label).hint(asked.hint.clone()).wide(width);
    // Whatever is missing may be saved; 选填 stands only where a complete record does without.
    let counted = asked.means == Some(Means::Hours) && desk.ledgers.iter().any(|l| l.counts_hours);
    field.optional = !counted
        && !desk.ledgers.iter().flat_map(|l| &l.complete).any(|c| c.wants() == Some(asked.id.as_str()));
    // What a complete record does without takes less of the page.
    field.rows = if field.optional { 3 } else { 5 };
    field.max = match asked.kind {
        FieldType::LongText => LONG,
        FieldType::Text | FieldType::Place | FieldType::Person => LINE,
        FieldType::Units | FieldType::People => NAMES,
        _ => 0,
    };
    field.value = sent.text(&name).to_owned();
    if asked.kind == FieldType::LongText {
        field.value = clean(&field.value);
    }
    if asked.kind == FieldType::People && field.hint.is_empty() {
        field.hint = "用顿号隔开；有分工的写在括号里，如 方以宁（组长）".to_owned();
    }
    if asked.kind == FieldType::Units && !held_by && field.hint.is_empty() {
        field.hint = "用顿号隔开；可以写“各支部”这样的统称".to_owned();
    }
    if asked.kind == FieldType::Link {
        let first = std::iter::once((String::new(), "未选".to_owned()));
        field = field.choices(first.chain(desk.linkable(asked, sent.text(&name))));
    }
    if held_by {
        let above = desk.actor.known.unit_name(desk.branch());
        let holders = desk.holders();
        let word = |u: &model::Unit| name_below(&u.name, above).to_owned();
        field = field.choices(holders.iter().map(|u| (u.name.clone(), word(u))));
        let ticked = holders.iter().filter(|u| desk.held_by.contains(&u.id));
        field.values = ticked.map(|u| u.name.clone()).collect();
        // A meeting of nobody counts for nobody, and who they are decides whose people are asked about.
        field.optional = false;
        field.refresh = "/record/preview fields";
    }
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
        let words: Vec<String> = of
            .iter()
            .flat_map(|f| &f.options)
            .filter(|(id, _)| wanted.contains(id))
            .map(|(_, word)| format!("“{word}”"))
            .collect();
        if let Some(of) = of.filter(|_| !words.is_empty() && field.hint.is_empty()) {
            field.hint = format!("“{}”选{}时填", of.title, words.join("或"));
        }
        format!("{}={}", name_of(other), wanted.join("|"))
    });
    let mut lines = Vec::new();
    if asked.kind == FieldType::Rows {
        field.width = 12;
        field.values.clear();
        let spare = if desk.case.is_some() { 0 } else { SPARE };
        lines = (0..how_many(&name, sent, spare))
            .map(|n| columns(asked, n).iter().map(|column| cell(column, sent, desk)).collect())
            .collect();
        lines.iter_mut().for_each(|line: &mut Vec<Control>| set_aside(asked, line, desk));
    }
    let mut files = Vec::new();
    if asked.kind == FieldType::File {
        field.width = 12;
        field.accept = office::attachment::ENDINGS;
        field.max = u32::try_from(desk.app.settings.file_bytes).unwrap_or(u32::MAX);
        let most = model::size_words(u64::from(field.max));
        let taken = format!(
            "PDF、OFD、Word、Excel、PPT、JPG、PNG、ZIP，每个不超过 {most}；照片会缩小，并去掉拍摄地点"
        );
        field.hint = if asked.hint.is_empty() { taken } else { format!("{}；{taken}", asked.hint) };
        field.values = sent.all(&name).map(str::to_owned).collect();
        let saved = |f: &Attached| desk.old.as_ref().is_some_and(|r| r.entry.file(f.id).is_some());
        for file in desk.files_for(asked) {
            let kept = field.values.contains(&file.id.to_string());
            let base = if saved(file) { "entries" } else { "record" };
            if kept || saved(file) {
                files.push(FileLine::of(file, &format!("/{base}/{}", desk.id), kept));
            }
        }
    }
    let when = when.unwrap_or_default();
    Control { field, second, list, when, folded: false, aside: false, files, lines, output: false }
}

/// The cells of a line of which the step that asks for the record reads nothing stand aside while they are empty.
fn set_aside(table: &Asked, cells: &mut [Control], desk: &Desk<'_>) {
    let Some(reads) = &desk.reads else { return };
    if !table.rows.iter().any(|c| reads.contains(&c.id)) {
        return;
    }
    // The first column says whom or what the line is about.
    for (column, cell) in table.rows.iter().zip(cells).skip(1) {
        cell.aside = !reads.contains(&column.id) && cell.is_empty();
    }
}

/// Empty lines that a table has beneath those that are filled in.
const SPARE: usize = 3;
/// Lines that are added when somebody asks for more.
const MORE: usize = 5;

/// How many lines a table shows: those that say something and a few more, or as many as were asked for.
fn how_many(name: &str, sent: &Fields, spare: usize) -> usize {
    let inside = format!("{name}.");
    let place = |n: &str| n.strip_prefix(&inside)?.split('.').next()?.parse::<usize>().ok();
    let filled = sent.pairs().iter().filter(|(_, v)| !v.is_empty()).filter_map(|(n, _)| place(n)).max();
    let asked = sent.parsed::<usize>(&lines_of(name)).unwrap_or_default();
    let more = if sent.text("do") == "rows" { asked + MORE } else { asked };
    (filled.map_or(0, |n| n + 1) + spare).max(more).clamp(1, MANY)
}

/// The columns of the n-th line, as fields of the form.
pub(super) fn columns(table: &Asked, n: usize) -> Vec<Asked> {
    // A line stands in one row of the form where it fits: few columns share its width.
    let share = u8::try_from(12 / table.rows.len().max(1)).unwrap_or(12).max(3);
    let width = |c: &Asked| if c.width == 12 { share } else { c.width };
    let of = |c: &Asked| Asked { id: format!("{}.{n}.{}", table.id, c.id), width: width(c), ..c.clone() };
    table.rows.iter().map(of).collect()
}

/// The control of one column of one line: empty ones are nothing to be told.
fn cell(column: &Asked, sent: &Fields, desk: &Desk<'_>) -> Control {
    let mut control = control(column, sent, desk);
    control.field.optional = false;
    control
}

/// The lines of a table that say something.
fn rows(asked: &Asked, control: &mut Control, desk: &Desk<'_>) -> Vec<Row> {
    let mut out = Vec::new();
    for (n, line) in control.lines.iter_mut().enumerate() {
        let of_line = columns(asked, n);
        let cells = asked.rows.iter().zip(&of_line).zip(line);
        let row: Row = cells
            .filter_map(|((column, field), cell)| Some((column.id.clone(), value(field, cell, desk)?)))
            .collect();
        if !row.is_empty() {
            out.push(row);
        }
    }
    out
}

/// Which of the fields are folded away under 更多: what a complete record does without, unless a proportion is computed
/// from it, or something that is not folded hangs on it. Few are not worth a fold.
pub(super) fn fold(desk: &Desk<'_>, asked: &[&Asked], controls: &mut [Control]) {
    let computed =
        |id: &String| desk.ledgers.iter().flat_map(|l| &l.warns).any(|w| w.fields().contains(&id.as_str()));
    let mut shown: BTreeSet<&str> = BTreeSet::new();
    for (field, control) in asked.iter().zip(controls.iter()).rev() {
        // What the step of a case reads is asked in sight.
        let read = desk.reads.as_ref().is_some_and(|r| r.contains(&field.id));
        let plain = control.field.optional && is_foldable(field) && !read;
        if !plain || computed(&field.id) || shown.contains(field.id.as_str()) {
            shown.insert(&field.id);
            shown.extend(field.when.iter().map(|(other, _)| other.as_str()));
        }
    }
    if asked.len().saturating_sub(shown.len()) < FEW {
        return;
    }
    for (field, control) in asked.iter().zip(controls) {
        control.folded = !shown.contains(field.id.as_str());
    }
}

/// Files, tables and what is computed are never folded away.
fn is_foldable(field: &Asked) -> bool {
    let kept = matches!(field.kind, FieldType::File | FieldType::Rows) || field.means == Some(Means::HeldBy);
    !kept && field.computed.is_none()
}

/// The value that a control says; none when it is empty or wrong. What is wrong is noted in it.
pub(super) fn value(asked: &Asked, control: &mut Control, desk: &Desk<'_>) -> Option<Value> {
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
    if asked.means == Some(Means::HeldBy) {
        return (!desk.held_by.is_empty()).then(|| Value::Units(desk.held_by.clone()));
    }
    if asked.kind == FieldType::Rows {
        let rows = rows(asked, control, desk);
        return (!rows.is_empty()).then_some(Value::Rows(rows));
    }
    if asked.kind == FieldType::File {
        let mut files: Vec<Attached> = Vec::new();
        for id in &control.field.values {
            match desk.files_for(asked).find(|f| f.id.to_string() == *id) {
                Some(file) if files.iter().all(|f| f.id != file.id) => files.push(file.clone()),
                Some(_) => {}
                None => control.field.errors.push("有一个文件已经不在了，请重新选择".to_owned()),
            }
        }
        if files.len() > files::MANY {
            return refuse(control, format!("最多 {} 个文件，现在 {} 个", files::MANY, files.len()));
        }
        return (!files.is_empty()).then_some(Value::Files(files));
    }
    if asked.kind == FieldType::Days {
        let last = control.second.as_ref().map(|f| f.value.clone()).unwrap_or_default();
        let days = [typed.as_str(), last.as_str()].map(|t| (t.is_empty(), t.parse::<Date>()));
        return match days {
            [(true, _), (true, _)] => None,
            [(_, Ok(from)), (_, Ok(to))] if !YEARS.contains(&from.year()) || !YEARS.contains(&to.year()) => {
                refuse(control, odd_year(if YEARS.contains(&from.year()) { to } else { from }))
            }
            [(_, Ok(from)), (_, Ok(to))] if from <= to => Some(Value::Days(from, to)),
            [(_, Ok(_)), (_, Ok(_))] => refuse(control, "结束早于开始".to_owned()),
            [(_, Ok(from)), (true, _)] => Some(Value::Days(from, from)),
            _ => refuse(control, "两天都写成 2022-04-22 这样".to_owned()),
        };
    }
    if typed.is_empty() {
        return None;
    }
    if control.field.max > 0
        && let Some(words) = work::over(&typed, control.field.max as usize)
    {
        return refuse(control, words);
    }
    match asked.kind {
        FieldType::Text | FieldType::LongText | FieldType::Place => Some(Value::Text(typed)),
        FieldType::Day => match typed.parse::<Date>() {
            Ok(day) if !YEARS.contains(&day.year()) => refuse(control, odd_year(day)),
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
                let found = units_named(desk, name);
                if found.is_empty() {
                    control.field.errors.push(format!("组织里没有“{name}”"));
                }
                units.extend(found.into_iter().filter(|u| !units.contains(u)).collect::<Vec<_>>());
            }
            (!units.is_empty()).then_some(Value::Units(units))
        }
        FieldType::People => {
            let people = people_named(desk, &typed, false);
            if people.len() > MANY {
                return refuse(control, format!("最多 {MANY} 人"));
            }
            if people.iter().any(|p| p.name.chars().count() > 30) {
                return refuse(control, "有名字超过 30 个字，用顿号隔开".to_owned());
            }
            (!people.is_empty()).then_some(Value::People(people))
        }
        FieldType::Link => match typed.parse::<EntryId>().ok() {
            Some(id) => Some(Value::Link(id)),
            None => refuse(control, "选一条已有的记录".to_owned()),
        },
        FieldType::Choices | FieldType::Days | FieldType::File | FieldType::Rows => None,
    }
}

/// The person of that name on the roster; a name that is on no roster stays a name. A record that names somebody who
/// has left keeps them.
fn person(desk: &Desk<'_>, asked: &Asked, typed: &str) -> Value {
    if let Some(id) = meant(desk, typed) {
        return Value::Person { id: Some(id), name: typed.to_owned() };
    }
    let old = desk.old.as_ref().map(|r| &r.entry.values);
    // A line of a table has moved with those above it, so that there the name alone is asked.
    let table = asked.id.split_once('.').map(|(table, _)| table);
    let before: Vec<&Value> = match (table, old) {
        (Some(table), Some(old)) => match old.get(table) {
            Some(Value::Rows(rows)) => rows.iter().flat_map(|row| row.values()).collect(),
            _ => Vec::new(),
        },
        (None, Some(old)) => old.get(&asked.id).into_iter().collect(),
        (_, None) => Vec::new(),
    };
    let same = before.into_iter().find(|v| matches!(v, Value::Person { name, .. } if name == typed));
    same.cloned().unwrap_or_else(|| Value::Person { id: None, name: typed.to_owned() })
}

fn unit_named(desk: &Desk<'_>, typed: &str) -> Option<model::UnitId> {
    let units = &desk.actor.known.organisation.units;
    units.iter().find(|u| u.name == typed || u.aliases.iter().any(|a| a == typed)).map(|u| u.id)
}

/// The units that a name means: one, or, for a collective (各支部), all of these kinds below the unit that writes.
fn units_named(desk: &Desk<'_>, name: &str) -> Vec<model::UnitId> {
    if let Some(one) = unit_named(desk, name) {
        return vec![one];
    }
    let Some(all) = desk.app.rulebook.lexicon().collective(name) else { return Vec::new() };
    let organisation = &desk.actor.known.organisation;
    let below = organisation.subtree(desk.unit);
    let of = |within: bool| -> Vec<model::UnitId> {
        organisation
            .units
            .iter()
            .filter(|u| all.kinds.contains(&u.kind) && u.exists_on(desk.day))
            .filter(|u| u.id != desk.unit && (!within || below.contains(&u.id)))
            .map(|u| u.id)
            .collect()
    };
    // A department has no branches below it: 各支部 means those of the institution.
    let own = of(true);
    if own.is_empty() { of(false) } else { own }
}

fn odd_year(day: Date) -> String {
    format!("{}年不对，看看是不是写错了", day.year())
}

/// The people of a list of names, each with what stands in brackets behind it as their role.
pub(super) fn people_named(desk: &Desk<'_>, typed: &str, guest: bool) -> Vec<Participant> {
    split_people(typed)
        .into_iter()
        .map(|(name, role)| {
            let person = if guest { None } else { meant(desk, &name) };
            Participant { person, name, attendance: Attendance::Present, reason: String::new(), guest, role }
        })
        .collect()
}

/// Those who are due whom a name means, however it is spaced and whatever title stands behind it.
pub(super) fn seats_of<'d>(desk: &'d Desk<'_>, name: &str) -> Vec<&'d Seat> {
    called(desk, name, desk.seats.iter(), |seat| &seat.name)
}

/// The one of the unit whom a name means, whoever is due: an activist who is looked at sits in no meeting of members.
fn meant(desk: &Desk<'_>, name: &str) -> Option<PersonId> {
    let seats = desk.seats.iter().filter_map(|s| Some((s.name.as_str(), s.person?)));
    let everybody = seats.chain(desk.named.iter().map(|(name, id)| (name.as_str(), *id)));
    let found: BTreeSet<PersonId> =
        called(desk, name, everybody, |(name, _)| name).into_iter().map(|(_, id)| id).collect();
    if found.len() == 1 { found.first().copied() } else { None }
}

/// Those whom a name means: spelt like it, else called so with a title.
fn called<T>(
    desk: &Desk<'_>,
    name: &str,
    all: impl Iterator<Item = T>,
    name_of: impl Fn(&T) -> &str,
) -> Vec<T> {
    let wanted = names::spelt(name);
    let posts: Vec<&str> = desk.app.rulebook.roles().posts.iter().map(|p| p.title.as_str()).collect();
    let (mut exact, mut titled) = (Vec::new(), Vec::new());
    for one in all {
        let own = names::spelt(name_of(&one));
        if own == wanted {
            exact.push(one);
        } else if names::called(&wanted, &own, &posts).is_some() {
            titled.push(one);
        }
    }
    if exact.is_empty() { titled } else { exact }
}

/// Names with their roles. A separator inside brackets belongs to the role.
pub(super) fn split_people(text: &str) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = Vec::new();
    let (mut name, mut role, mut inside) = (String::new(), String::new(), false);
    for c in text.chars().chain(['、']) {
        match c {
            '（' | '(' => inside = true,
            '）' | ')' => inside = false,
            '、' | '，' | ',' | '；' | ';' | '\n' if !inside => {
                if !name.trim().is_empty() {
                    out.push((name.trim().to_owned(), role.trim().to_owned()));
                }
                name.clear();
                role.clear();
            }
            _ if inside => role.push(c),
            _ => name.push(c),
        }
    }
    // A bracket that was never closed swallowed the rest: then it was no bracket.
    if inside {
        return split_names(&text.replace(['（', '('], "、"))
            .map(|n| (n.to_owned(), String::new()))
            .collect();
    }
    out
}

/// Text as it comes out of Word, without what nobody typed: the marks of bullets, soft hyphens and other characters that
/// are not seen, line breaks of three kinds, and empty lines in a row.
fn clean(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace(['\r', '\u{b}', '\u{c}', '\u{2028}', '\u{2029}'], "\n");
    let mut out = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.lines() {
        let mut kept = String::with_capacity(line.len());
        for c in line.chars() {
            match c {
                '\u{a0}' | '\u{2007}' | '\u{202f}' => kept.push(' '),
                '\t' => kept.push('　'),
                // The symbol fonts' private characters: a bullet in all but name.
                '\u{f000}'..='\u{f0ff}' => kept.push('·'),
                '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}' => {}
                c if c.is_control() => {}
                c => kept.push(c),
            }
        }
        let kept = kept.trim_end();
        empty = if kept.is_empty() { empty + 1 } else { 0 };
        if empty <= 1 {
            out.push_str(kept);
            out.push('\n');
        }
    }
    out.trim_end().trim_start_matches('\n').to_owned()
}

/// Names that are set apart by 、，, or line ends.
pub(super) fn split_names(text: &str) -> impl Iterator<Item = &str> {
    text.split(['、', '，', ',', '；', ';', '\n']).map(str::trim).filter(|n| !n.is_empty())
}

/// A number that is not negative, with up to `places` places after the point, in thousandths.
pub(super) fn thousandths(text: &str, places: usize) -> Option<i64> {
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
    fn names_come_with_their_roles() {
        let of = |text: &str| split_people(text);
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(
            of("方以宁（书记、组长）、柳知行(副组长)，\n温如许"),
            [pair("方以宁", "书记、组长"), pair("柳知行", "副组长"), pair("温如许", "")]
        );
        assert_eq!(
            of("甲（组长、乙、丙"),
            [pair("甲", ""), pair("组长", ""), pair("乙", ""), pair("丙", "")]
        );
        assert_eq!(of(" 、，"), []);
    }

    #[test]
    fn what_comes_from_word_is_cleaned() {
        let pasted = "\u{feff}一、学习\u{a0}文件\r\n\u{f0b7}\t逐条\u{ad}讨论\u{b}第二行\r\n\r\n\r\n\r\n散会\u{200b}  \r\n";
        assert_eq!(clean(pasted), "一、学习 文件\n·　逐条讨论\n第二行\n\n散会");
        assert_eq!(clean("　　首行缩进"), "　　首行缩进", "the indent of a paragraph was typed");
        assert_eq!(clean("\r\n \r\n"), "");
    }

    #[test]
    fn names_are_set_apart_as_people_write_them() {
        assert_eq!(split_names("甲、乙，丙,丁；\n戊、").collect::<Vec<_>>(), ["甲", "乙", "丙", "丁", "戊"]);
    }
}
