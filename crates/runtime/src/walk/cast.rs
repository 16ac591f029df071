//! The institution of a walk, and the values of its records.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use model::rule::{Field, FieldType, Ledger, Means};
use model::{
    AccountId, Attached, Attendance, Entry, EntryId, FileId, FileKind, Participant, PersonId, Row, Unit,
    UnitId, UnitKind, Value,
};
use rulebook::{Rulebook, Said, Walk, WalkLine};

use crate::flow::{Days, Docket, Fact, Someone, Subject};

/// The day from which everything was always so.
const ALWAYS: Date = Date::constant(1900, 1, 1);

/// Identifiers in a row: the same walk gives the same ones.
#[derive(Default)]
pub(super) struct Ids(u64);

impl Ids {
    fn bytes(&mut self) -> [u8; 10] {
        self.0 += 1;
        let mut out = [0; 10];
        out[2..].copy_from_slice(&self.0.to_be_bytes());
        out
    }

    fn case(&mut self) -> model::CaseId {
        model::CaseId::from_parts(0, &self.bytes())
    }
}

/// Who and what there is.
pub(super) struct Cast<'r> {
    pub(super) docket: Docket<'r>,
    ids: Ids,
}

/// What could not be understood: line of the file, what.
pub(super) type Trouble = (usize, String);

impl<'r> Cast<'r> {
    pub(super) fn of(walk: &Walk, rulebook: &'r Rulebook, days: Days, trouble: &mut Vec<Trouble>) -> Self {
        let mut cases = Ids::default();
        let fresh = move || cases.case();
        let docket = Docket::new(rulebook, Arc::new(days), Arc::default(), fresh);
        let mut out = Self { docket, ids: Ids::default() };
        out.docket.settings = walk.settings.iter().cloned().collect();
        for (place, unit) in walk.units.iter().enumerate() {
            let Some((_, kind)) = UnitKind::IDS.iter().find(|(id, _)| *id == unit.kind) else {
                trouble.push((unit.at, format!("没有“{}”这种组织", unit.kind)));
                continue;
            };
            for wanted in &unit.traits {
                if !rulebook.roles().traits.iter().any(|t| t.id == *wanted) {
                    trouble.push((unit.at, format!("没有“{wanted}”这种组织性质")));
                }
            }
            let parent = match &unit.under {
                None => None,
                Some(name) => match out.unit(name) {
                    Some(id) => Some(id),
                    None => {
                        trouble.push((unit.at, format!("上级“{name}”没有写在前面")));
                        None
                    }
                },
            };
            let id = UnitId::from_parts(0, &out.ids.bytes());
            Arc::make_mut(&mut out.docket.organisation).units.push(Unit {
                id,
                parent,
                kind: *kind,
                name: unit.name.clone(),
                aliases: Vec::new(),
                traits: unit.traits.iter().cloned().collect(),
                sort: i32::try_from(place).unwrap_or(0),
                founded: None,
                dissolved: None,
            });
        }
        for person in &walk.people {
            let id = PersonId::from_parts(0, &out.ids.bytes());
            let unit = person.branch.as_ref().and_then(|name| {
                let found = out.unit(name);
                if found.is_none() {
                    trouble.push((person.at, format!("没有组织“{name}”")));
                }
                found
            });
            let someone = Someone {
                name: person.name.clone(),
                stages: person.stage.iter().map(|s| (ALWAYS, s.clone())).collect(),
                branches: unit.map(|u| (ALWAYS, u)).into_iter().collect(),
                posts: unit
                    .map(|u| person.posts.iter().map(|p| (u, p.clone(), ALWAYS, None)).collect())
                    .unwrap_or_default(),
                near: Vec::new(),
            };
            out.docket.people.insert(id, someone);
        }
        for person in &walk.people {
            let near: Vec<PersonId> = person.near.iter().filter_map(|n| out.person(n)).collect();
            if near.len() < person.near.len() {
                trouble.push((person.at, "near 里有没有写进 people 的人".to_owned()));
            }
            let id = out.person(&person.name);
            if let Some(id) = id
                && let Some(someone) = out.docket.people.get_mut(&id)
            {
                someone.near = near;
                for (name, said) in &person.facts {
                    out.tell(Subject::Person(id), name, said, ALWAYS);
                }
            }
        }
        for unit in &walk.units {
            if let Some(id) = out.unit(&unit.name) {
                for (name, said) in &unit.facts {
                    out.tell(Subject::Unit(id), name, said, ALWAYS);
                }
            }
        }
        out
    }

    pub(super) fn unit(&self, name: &str) -> Option<UnitId> {
        self.docket.organisation.units.iter().find(|u| u.name == name).map(|u| u.id)
    }

    pub(super) fn person(&self, name: &str) -> Option<PersonId> {
        self.docket.people.iter().find(|(_, p)| p.name == name).map(|(id, _)| *id)
    }

    /// A fact is told: a value, or `{ from, ends, is }`.
    pub(super) fn tell(&mut self, subject: Subject, name: &str, said: &Said, known: Date) {
        let mut fact = Fact { known, value: None, from: None, ends: None, cleared: false };
        match said {
            Said::Table(fields) => {
                for (key, said) in fields {
                    match (key.as_str(), said) {
                        ("from", Said::Day(d)) => fact.from = Some(*d),
                        ("ends", Said::Day(d)) => fact.ends = Some(*d),
                        (_, said) => fact.value = self.plain(said),
                    }
                }
            }
            Said::Text(t) if t == "clear" => fact.cleared = true,
            said => fact.value = self.plain(said),
        }
        self.docket.facts.entry((subject, name.to_owned())).or_default().push(fact);
    }

    /// A value of which no field says the type.
    pub(super) fn plain(&self, said: &Said) -> Option<Value> {
        Some(match said {
            Said::Text(t) => match self.unit(t) {
                Some(unit) => Value::Unit(unit),
                None => match self.person(t) {
                    Some(id) => Value::Person { id: Some(id), name: t.clone() },
                    None => Value::Choice(t.clone()),
                },
            },
            Said::Number(n) => Value::Number(n.saturating_mul(1000)),
            Said::Day(d) => Value::Day(*d),
            Said::List(_) | Said::Table(_) => return None,
        })
    }

    /// The record that a line says.
    pub(super) fn entry(
        &mut self,
        line: &WalkLine,
        on: Date,
        known: Date,
        rulebook: &Rulebook,
        trouble: &mut Vec<Trouble>,
    ) -> Option<Entry> {
        let Some(unit) = line.unit.as_ref().and_then(|name| self.unit(name)) else {
            trouble.push((line.at, format!("没有组织“{}”", line.unit.as_deref().unwrap_or_default())));
            return None;
        };
        let mut ledgers: Vec<&Ledger> = Vec::new();
        for id in &line.record {
            match rulebook.ledger_on(id, on).ok().or_else(|| rulebook.ledger(id)) {
                Some(ledger) => ledgers.push(ledger),
                None => trouble.push((line.at, format!("没有台账“{id}”"))),
            }
        }
        let mut title = String::new();
        let mut values = BTreeMap::new();
        for (key, said) in &line.fields {
            let Some(field) = ledgers.iter().find_map(|l| l.field(key)) else {
                trouble.push((line.at, format!("台账“{}”没有字段“{key}”", line.record.join("、"))));
                continue;
            };
            match self.value(field, said) {
                Ok(value) => {
                    if field.means == Some(Means::Title)
                        && let Value::Text(t) = &value
                    {
                        title.clone_from(t);
                    }
                    values.insert(key.clone(), value);
                }
                Err(why) => trouble.push((line.at, format!("字段“{}”（{key}）：{why}", field.title))),
            }
        }
        // The day on which it became known is all that is asked of the time.
        let stamp = known.to_zoned(TimeZone::UTC).map_or(Timestamp::UNIX_EPOCH, |z| z.timestamp());
        Some(Entry {
            id: EntryId::from_parts(0, &self.ids.bytes()),
            unit,
            ledgers: line.record.clone(),
            day: on,
            title,
            values,
            revision: 1,
            entered_at: stamp,
            entered_by: AccountId::from_parts(0, &[0; 10]),
            revised_at: stamp,
            withdrawn: false,
        })
    }

    /// What a walk says of a field.
    pub(super) fn value(&mut self, field: &Field, said: &Said) -> Result<Value, String> {
        let one = |said: &Said| -> Result<String, String> {
            match said {
                Said::Text(t) => Ok(t.clone()),
                Said::Number(n) => Ok(n.to_string()),
                _ => Err("应为文字".to_owned()),
            }
        };
        let all = |said: &Said| -> Vec<Said> {
            match said {
                Said::List(all) => all.clone(),
                other => vec![other.clone()],
            }
        };
        let option = |word: String| -> Result<String, String> {
            if field.options.iter().any(|(id, _)| *id == word) {
                return Ok(word);
            }
            let by_title = field.options.iter().find(|(_, title)| *title == word);
            by_title.map(|(id, _)| id.clone()).ok_or_else(|| {
                let known: Vec<&str> = field.options.iter().map(|(id, _)| id.as_str()).collect();
                format!("没有选项“{word}”，可用：{}", known.join("、"))
            })
        };
        Ok(match (field.kind, said) {
            (FieldType::Text | FieldType::LongText | FieldType::Place, said) => Value::Text(one(said)?),
            (FieldType::Day, Said::Day(d)) => Value::Day(*d),
            (FieldType::Days, Said::List(days)) => match days.as_slice() {
                [Said::Day(a), Said::Day(b)] => Value::Days(*a, *b),
                _ => return Err("应为两个日期".to_owned()),
            },
            (FieldType::Number, Said::Number(n)) => Value::Number(n.saturating_mul(1000)),
            (FieldType::Money, Said::Number(n)) => Value::Money(n.saturating_mul(100)),
            (FieldType::Choice, said) => Value::Choice(option(one(said)?)?),
            (FieldType::Choices, said) => {
                let words = all(said).iter().map(|s| option(one(s)?)).collect::<Result<_, String>>();
                Value::Choices(words?)
            }
            (FieldType::Person, said) => {
                let name = one(said)?;
                Value::Person { id: self.person(&name), name }
            }
            (FieldType::People, said) => {
                let people = all(said).iter().map(|s| self.participant(s)).collect::<Result<_, String>>();
                Value::People(people?)
            }
            (FieldType::Unit, said) => Value::Unit(self.named_unit(&one(said)?)?),
            (FieldType::Units, said) => {
                let units =
                    all(said).iter().map(|s| self.named_unit(&one(s)?)).collect::<Result<_, String>>();
                Value::Units(units?)
            }
            (FieldType::Link, said) => {
                let title = one(said)?;
                let found =
                    self.docket.entries.values().rev().find(|(e, _)| e.title == title).map(|(e, _)| e.id);
                Value::Link(found.ok_or_else(|| format!("前面没有主题是“{title}”的记录"))?)
            }
            (FieldType::File, said) => {
                let mut files = Vec::new();
                for file in all(said) {
                    let id = FileId::from_parts(0, &self.ids.bytes());
                    files.push(Attached { id, name: one(&file)?, kind: FileKind::Pdf, size: 1 });
                }
                Value::Files(files)
            }
            (FieldType::Rows, said) => {
                let mut rows = Vec::new();
                for line in all(said) {
                    let Said::Table(cells) = line else {
                        return Err("每行写成 { 列 = 值 }".to_owned());
                    };
                    let mut row = Row::new();
                    for (key, said) in cells {
                        let column = field.rows.iter().find(|f| f.id == key);
                        let column = column.ok_or_else(|| format!("没有列“{key}”"))?;
                        row.insert(key, self.value(column, &said)?);
                    }
                    rows.push(row);
                }
                Value::Rows(rows)
            }
            (FieldType::Day | FieldType::Days, _) => return Err("应为日期".to_owned()),
            (FieldType::Number | FieldType::Money, _) => return Err("应为整数".to_owned()),
        })
    }

    fn named_unit(&self, name: &str) -> Result<UnitId, String> {
        self.unit(name).ok_or_else(|| format!("没有组织“{name}”"))
    }

    fn participant(&self, said: &Said) -> Result<Participant, String> {
        let of = |name: &str| Participant {
            person: self.person(name),
            name: name.to_owned(),
            attendance: Attendance::Present,
            reason: String::new(),
            guest: false,
            role: String::new(),
        };
        match said {
            Said::Text(name) => Ok(of(name)),
            Said::Table(cells) => {
                let text = |key: &str| {
                    cells.iter().find(|(k, _)| k == key).and_then(|(_, v)| match v {
                        Said::Text(t) => Some(t.clone()),
                        _ => None,
                    })
                };
                let mut out = of(&text("name").ok_or("名单里每人写 name")?);
                out.role = text("role").unwrap_or_default();
                out.reason = text("reason").unwrap_or_default();
                out.attendance = match text("attendance").as_deref() {
                    Some("absent") => Attendance::Absent,
                    Some("leave") => Attendance::Leave,
                    _ => Attendance::Present,
                };
                Ok(out)
            }
            _ => Err("名单写成姓名".to_owned()),
        }
    }
}
