//! Filling in a record: a value for each field of its ledgers, as somebody in that unit would have written it.

mod who;

use std::collections::BTreeMap;

use jiff::{Span, civil::Date};
use model::{
    Attendance, Participant, Person, PersonId, Row, Unit, UnitKind, Value,
    rule::{Field, FieldType, Ledger},
};

use super::{
    chance::Chance,
    material::{Audience, Topic},
    occasion::Occasion,
    world::World,
};

/// Title and fields of a record.
pub(crate) struct Filled {
    pub(crate) title: String,
    pub(crate) values: BTreeMap<String, Value>,
}

/// How carefully a unit writes: so many of a hundred records lack something.
pub(crate) type Carelessness = u32;

struct Scene<'w, 'a> {
    world: &'w World<'a>,
    occasion: &'w Occasion,
    unit: &'a Unit,
    audience: Audience,
    officers: Vec<&'a Person>,
    host: Option<&'a Person>,
    recorder: Option<&'a Person>,
    people: Vec<Participant>,
    topic: Option<&'a Topic>,
    text: &'a str,
    title: String,
    subject: String,
}

/// Fills in the record of `occasion`.
pub(crate) fn fill<'a>(
    world: &World<'a>,
    occasion: &Occasion,
    careless: Carelessness,
    chance: &mut Chance,
) -> Option<Filled> {
    let unit = world.unit(occasion.unit)?;
    let ledgers: Vec<&Ledger> = occasion.ledgers.iter().filter_map(|l| world.rulebook.ledger(l)).collect();
    let audience = world.audience(unit);
    let first = ledgers.first()?;
    let section = world.words.section(&first.id)?;
    let topic = if first.id == "theme-day" {
        chance.pick(world.words.topics(occasion.day.month(), audience))
    } else {
        None
    };
    // A title and a text that belong together stand in the same place of the two lists.
    let place = chance.index(section.titles.len());
    let quarter = (occasion.day.month() + 2) / 3;
    let (title, subject) = match topic {
        Some(t) => (format!("主题党日：{}", t.title), t.title.clone()),
        None => {
            let title = section
                .titles
                .get(place)
                .map_or("{duty}", String::as_str)
                .replace("{duty}", &occasion.about)
                .replace("{m}", &occasion.day.month().to_string())
                .replace("{q}", &quarter.to_string());
            let subject = title.split_once('：').map_or(title.clone(), |(_, s)| s.to_owned());
            (title, subject)
        }
    };
    let mut scene = Scene {
        world,
        occasion,
        unit,
        audience,
        host: None,
        recorder: None,
        officers: world.officers(unit.id, occasion.day),
        people: Vec::new(),
        topic,
        text: match section.texts.get(place) {
            Some(text) if section.texts.len() == section.titles.len() => text,
            _ => chance.word(&section.texts),
        },
        title,
        subject,
    };
    // A careless record lacks one thing: the reason of an absence, or a field.
    let slip = chance.percent(careless);
    let reasons_told = !(slip && chance.percent(60));
    scene.host = scene.officer(usize::from(chance.percent(12)));
    scene.recorder = scene.officer(if scene.officers.len() > 3 { 3 } else { 1 });
    scene.people = scene.attendance(first, reasons_told, chance);
    let needed: Vec<&str> = ledgers
        .iter()
        .flat_map(|l| l.complete.iter().filter_map(|c| c.wants()))
        .filter(|id| !matches!(*id, "people" | "hours") && !occasion.condition.contains_key(*id))
        .collect();
    let left_out = chance.pick(&needed).copied().filter(|_| slip && reasons_told);
    let mut values: BTreeMap<String, Value> =
        occasion.condition.iter().map(|(field, says)| (field.clone(), Value::Choice(says.clone()))).collect();
    let table = first.fields.iter().find_map(|f| Some((f, scene.lines(f, chance)?)));
    let by_line = table.is_some();
    values.extend(table.map(|(field, lines)| (field.id.clone(), lines)));
    // What each line says of somebody is not said above it of one.
    let of_one = |f: &Field| by_line && matches!(f.kind, FieldType::Person | FieldType::LongText);
    for ledger in &ledgers {
        for field in &ledger.fields {
            let asked = field.is_asked(&values);
            let id = field.id.as_str();
            let must = needed.contains(&id) || matches!(id, "people" | "hours" | "minutes");
            let skipped = left_out == Some(id) || !must && chance.percent(30);
            if values.contains_key(id) || !asked || skipped || of_one(field) {
                continue;
            }
            if let Some(value) = scene.value(field, chance) {
                values.insert(id.to_owned(), value);
            }
        }
    }
    Some(Filled { title: scene.title, values })
}

/// What a speech says, behind the speaker's name.
fn tail(speech: &str) -> &str {
    speech.rsplit_once('}').map_or(speech, |(_, said)| said)
}

fn later(day: Date, days: i64) -> Date {
    day.saturating_add(Span::new().days(days))
}

fn whole(number: usize) -> Value {
    Value::Number(i64::try_from(number).unwrap_or(0).saturating_mul(1000))
}

fn named(person: &Person) -> Value {
    Value::Person { id: Some(person.id), name: person.name.clone() }
}

impl<'a> Scene<'_, 'a> {
    /// Those who should come.
    fn due(&self, ledger: &Ledger) -> Vec<&'a Person> {
        let day = self.occasion.day;
        if let Some(all) = &self.occasion.people {
            return all.iter().filter_map(|p| self.world.person(*p)).collect();
        }
        match self.unit.kind {
            UnitKind::Branch if ledger.id == "committee-meeting" => self.officers.clone(),
            UnitKind::Branch | UnitKind::Group => self.world.members(self.unit, day),
            _ => self.world.board(self.unit, day),
        }
    }

    fn attendance(&self, ledger: &Ledger, reasons_told: bool, chance: &mut Chance) -> Vec<Participant> {
        let away = match self.audience {
            Audience::Staff => 7,
            Audience::Student => 9,
            Audience::Retired => 22,
        };
        let reasons = self.world.words.leave(self.audience);
        let mut out = Vec::new();
        let busy = [self.host, self.recorder].map(|p| p.map(|p| p.id));
        for person in self.due(ledger) {
            // Who leads the meeting, and who writes it down, are there.
            let absent = !busy.contains(&Some(person.id)) && chance.percent(away);
            let attendance = match absent {
                false => Attendance::Present,
                true if chance.percent(92) => Attendance::Leave,
                true => Attendance::Absent,
            };
            let told = absent && reasons_told;
            let reason = if told { chance.word(reasons).to_owned() } else { String::new() };
            out.push(Participant {
                person: Some(person.id),
                name: person.name.clone(),
                attendance,
                reason,
                guest: false,
                role: String::new(),
            });
        }
        out
    }

    fn came(&self) -> usize {
        self.people.iter().filter(|p| p.attendance == Attendance::Present).count()
    }

    fn present(&self, chance: &mut Chance) -> Option<&Participant> {
        let there: Vec<&Participant> =
            self.people.iter().filter(|p| p.attendance == Attendance::Present).collect();
        chance.pick(&there).copied()
    }

    /// The officer in this place; the last one there is, in a small unit.
    fn officer(&self, place: usize) -> Option<&'a Person> {
        self.officers.get(place).or(self.officers.last()).copied()
    }

    fn host_name(&self) -> &str {
        self.host
            .map(|p| p.name.as_str())
            .or(self.people.first().map(|p| p.name.as_str()))
            .unwrap_or("负责人")
    }

    /// What the minutes say: an opening, what it was about, who said what, and how it ended.
    fn minutes(&self, chance: &mut Chance) -> String {
        let words = self.world.words;
        let mut parts: Vec<String> = Vec::new();
        if !self.people.is_empty() {
            let everybody = self.came() == self.people.len();
            parts.push(chance.word(&words.opening).to_owned());
            parts.retain(|p| !(everybody && p.contains("请假")));
        }
        parts.push(self.topic.map_or(self.text, |t| t.text.as_str()).to_owned());
        let speeches = if self.is_board() || self.people.len() < 3 { 0 } else { chance.within(0, 2) };
        let mut speakers = Vec::new();
        for _ in 0..speeches {
            let speech = chance.word(&words.speech);
            let (one, two) = (self.speaker(&speakers, chance), self.speaker(&speakers, chance));
            if one != two && !parts.iter().any(|p| p.ends_with(tail(speech))) {
                parts.push(speech.replace("{one}", &one).replace("{two}", &two));
                speakers.extend([one, two]);
            }
        }
        let closing = if self.is_board() { &words.closing_board } else { &words.closing };
        let closing = chance.word(closing);
        let idle = closing.contains("未到会") && self.came() == self.people.len();
        if chance.percent(70) && !idle {
            parts.push(closing.to_owned());
        }
        parts
            .concat()
            .replace("{host}", self.host_name())
            .replace("{due}", &self.people.len().to_string())
            .replace("{came}", &self.came().to_string())
    }

    /// Somebody who was there, is not in the chair, and has not spoken yet.
    fn speaker(&self, spoken: &[String], chance: &mut Chance) -> String {
        let free: Vec<&str> = self
            .people
            .iter()
            .filter(|p| p.attendance == Attendance::Present && p.person != self.host.map(|h| h.id))
            .map(|p| p.name.as_str())
            .filter(|name| spoken.iter().all(|s| s != name))
            .collect();
        if free.is_empty() { "与会同志".to_owned() } else { chance.word(&free).to_owned() }
    }

    /// Whether the unit stands above the branches.
    fn is_board(&self) -> bool {
        !matches!(self.unit.kind, UnitKind::Branch | UnitKind::Group)
    }

    fn phrase(&self, id: &str, chance: &mut Chance) -> Option<String> {
        let all = self.world.words.field(id, self.is_board());
        (!all.is_empty()).then(|| {
            chance
                .word(all)
                .replace("{duty}", &self.occasion.about)
                .replace("{unit}", &self.unit.name)
                .replace("{y}", &self.occasion.day.year().to_string())
                .replace("{n}", &chance.within(3, 60).to_string())
        })
    }

    fn value(&self, field: &Field, chance: &mut Chance) -> Option<Value> {
        let day = self.occasion.day;
        Some(match field.kind {
            FieldType::Text | FieldType::LongText => Value::Text(self.text(field, chance)?),
            FieldType::Place => Value::Text(self.place(chance)),
            FieldType::Day => {
                let ahead = match field.id.as_str() {
                    "term_starts" => -self.days_of_term(),
                    "asked_on" => -self.days_of_term() - 30,
                    "replied_on" if self.occasion.ledgers.iter().any(|l| l == "branch-file") => {
                        3 - self.days_of_term()
                    }
                    // A branch committee's term is three years (支部工作条例第21条).
                    "term_ends" => 3 * 365 - self.days_of_term(),
                    "agreement_until" => chance.within(360, 720),
                    "next_milestone" => chance.within(60, 150),
                    "finish_by" => chance.within(15, 40),
                    _ => chance.within(0, 2),
                };
                let then = later(day, ahead);
                // What lies ahead of the demonstration's day has not happened yet.
                if !field.countdown && field.id != "finish_by" && then > self.world.today {
                    return None;
                }
                Value::Day(then)
            }
            FieldType::Days => Value::Days(later(day, -chance.within(3, 9)), day),
            FieldType::Number => self.number(field, chance),
            FieldType::Money => self.money(field, chance),
            FieldType::Choice => Value::Choice(self.choice(field, chance)?),
            FieldType::Choices => Value::Choices(vec![self.choice(field, chance)?]),
            FieldType::Person => self.person(field, chance)?,
            FieldType::People => self.named_people(field, chance)?,
            FieldType::Unit => Value::Unit(self.unit.id),
            FieldType::Units => Value::Units(self.some_units(field, chance)),
            FieldType::Link | FieldType::File | FieldType::Rows => return None,
        })
    }

    /// A line for each of the people whom the occasion is about, where the table's first column names them.
    fn lines(&self, field: &Field, chance: &mut Chance) -> Option<Value> {
        let who = field.rows.first().filter(|c| c.kind == FieldType::Person)?;
        let people = self.occasion.people.as_ref().filter(|_| self.occasion.of_each)?;
        let of = |id: &PersonId, chance: &mut Chance| {
            let mut line = Row::from([(who.id.clone(), named(self.world.person(*id)?))]);
            for column in field.rows.iter().skip(1) {
                let said = match column.kind {
                    FieldType::Person => self.host.map(named),
                    FieldType::Day => Some(Value::Day(self.occasion.day)),
                    FieldType::Text => self.phrase(&column.id, chance).map(Value::Text),
                    FieldType::Choice => self.choice(column, chance).map(Value::Choice),
                    _ => None,
                };
                line.extend(said.map(|value| (column.id.clone(), value)));
            }
            Some(line)
        };
        Some(Value::Rows(people.iter().filter_map(|id| of(id, chance)).collect()))
    }

    fn place(&self, chance: &mut Chance) -> String {
        let places = self.world.words.places(self.audience);
        // In the vacations people meet from where they are.
        let afar = self.world.calendar.is_vacation(self.occasion.day) && chance.percent(60);
        let online = places.iter().find(|p| p.starts_with("线上")).filter(|_| afar);
        online.map_or_else(|| chance.word(places).to_owned(), Clone::clone)
    }

    fn text(&self, field: &Field, chance: &mut Chance) -> Option<String> {
        Some(match field.id.as_str() {
            "topic" => self.subject.clone(),
            "minutes" => self.minutes(chance),
            "content" => self.text.to_owned(),
            "dues_month" => format!("{}-{:02}", self.occasion.day.year(), self.occasion.day.month()),
            id => match self.phrase(id, chance) {
                Some(said) => said,
                None if field.kind == FieldType::LongText => self.text.to_owned(),
                None => return None,
            },
        })
    }

    fn number(&self, field: &Field, chance: &mut Chance) -> Value {
        let (all, came) = (self.people.len(), self.came());
        let excellent = all / 4;
        match field.id.as_str() {
            "hours" => {
                let long = self
                    .occasion
                    .ledgers
                    .iter()
                    .any(|l| l == "training" || l == "center-group" || l == "cadre-training");
                Value::Number(if long { chance.within(4, 8) * 500 } else { chance.within(2, 4) * 500 })
            }
            "review_excellent" => whole(excellent),
            "review_qualified" => whole(all - excellent),
            "review_basic" | "review_unqualified" | "review_ungraded" | "vote_against" | "vote_abstain" => {
                whole(0)
            }
            "vote_due" => whole(self.voters(|_| true)),
            "vote_present" | "vote_for" => whole(self.voters(|p| p.attendance == Attendance::Present)),
            "first_form" => whole(usize::try_from(chance.within(0, 3)).unwrap_or(0)),
            "second_form" | "third_form" | "fourth_form" => whole(0),
            "number_of_students" => whole(7350),
            "ideology_teachers" => whole(22),
            "counsellors" => whole(35),
            "ethics_passed" => whole(self.world.members(self.unit, self.occasion.day).len().max(18)),
            "ethics_failed" => whole(0),
            "dues_people" => whole(self.world.members(self.unit, self.occasion.day).len()),
            _ if all > 0 => whole(came),
            _ => whole(usize::try_from(chance.within(20, 90)).unwrap_or(20)),
        }
    }

    /// How many of those due may vote: full members only.
    fn voters(&self, which: impl Fn(&Participant) -> bool) -> usize {
        let full = self.world.full_members(self.unit, self.occasion.day);
        self.people.iter().filter(|p| which(p) && p.person.is_some_and(|id| full.contains(&id))).count()
    }

    /// Dues by the kind of members: students pay 0.2 yuan a month (党费收缴、使用和管理的规定第6条).
    fn money(&self, field: &Field, chance: &mut Chance) -> Value {
        let each = match self.audience {
            Audience::Staff => 4200,
            Audience::Student => 20,
            Audience::Retired => 1500,
        };
        let members =
            i64::try_from(self.world.members(self.unit, self.occasion.day).len().max(1)).unwrap_or(1);
        let months = if field.id == "dues_total" { i64::from(self.occasion.day.month()) } else { 1 };
        let sum = members * each * months;
        Value::Money(if field.id == "dues_used" { sum * chance.within(10, 40) / 100 } else { sum })
    }

    /// The option whose label the clause names; else the first.
    fn choice(&self, field: &Field, chance: &mut Chance) -> Option<String> {
        let said = format!("{}{}", self.occasion.about, self.occasion.clause);
        if field.id == "vote_held" {
            let voted =
                self.title.contains("发展") || self.title.contains("接收") || self.title.contains("转正");
            return Some(if voted { "yes" } else { "no" }.to_owned());
        }
        if field.id == "lecturer_role" && self.unit.kind == UnitKind::Branch {
            return Some("branch_secretary".to_owned());
        }
        let named = field.options.iter().find(|(_, label)| {
            let start: String = label.chars().take(2).collect();
            start.chars().count() == 2 && said.contains(&start)
        });
        match named {
            Some((id, _)) => Some(id.clone()),
            None if field.id == "progress" || field.id == "study_form" => {
                chance.pick(&field.options).map(|(id, _)| id.clone())
            }
            None => field.options.first().map(|(id, _)| id.clone()),
        }
    }
}
