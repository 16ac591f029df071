//! The parts of the handbook that are no records: who is in the unit, what was asked, how often was met.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use model::{Attendance, Membership, PersonFile, PersonId, Post, Sex, Stage, Standing, Unit, UnitKind};
use office::gongwen::Table;
use office::volume::Block;
use runtime::{Tally, flow};
use store::{CaseFilter, Member, RosterFilter, Running, Scope};
use web::App;
use web::view::{day_words, long_day_words};
use work::cases;
use work::privacy::may_read;
use work::units::name_below;
use work::{Actor, Fault, Right};

use super::gather::Gathered;
use crate::seen::entries::titles;
use crate::seen::person::{Masks, masks};
use crate::seen::source;

/// Most people of one unit; more than any has.
const MOST: u32 = 5000;

/// The people of the unit on the day as of which it is told.
pub(super) struct People {
    members: Vec<Member>,
    posts: Vec<Post>,
    names: BTreeMap<PersonId, String>,
    files: BTreeMap<PersonId, PersonFile>,
    masks: BTreeMap<PersonId, Masks>,
    /// Whether the account may read the roster, and not only who belongs to the unit.
    full: bool,
}

pub(super) fn table(heads: &[(&str, u16)], rows: Vec<Vec<String>>) -> Table {
    Table { columns: heads.iter().map(|(head, share)| ((*head).to_owned(), *share)).collect(), rows }
}

/// 2021.06 of a day; nothing of none.
fn month(day: Option<Date>) -> String {
    day.map(|d| format!("{}.{:02}", d.year(), d.month())).unwrap_or_default()
}

/// 2021.06.09 of a day; nothing of none.
pub(super) fn short(day: Option<Date>) -> String {
    day.map(|d| format!("{}.{:02}.{:02}", d.year(), d.month(), d.day())).unwrap_or_default()
}

impl People {
    /// Those of the unit and its groups.
    ///
    /// # Errors
    /// When the store cannot read.
    pub(super) async fn of(app: &App, actor: &Actor, g: &Gathered) -> Result<Self, Fault> {
        let scope = Scope::Units(g.units.clone());
        let full = actor.covers(Right::SeePeople, g.unit.id);
        let mut members = app.store.members_on(actor.institution, &scope, g.on).await?;
        let posts = app.store.posts_on(actor.institution, &scope, g.on).await?;
        // In the order of the roster: by the name as it is spelled.
        let filter = RosterFilter { branches: Some(g.units.clone()), ..RosterFilter::on(g.on) };
        let order = app.store.roster(actor.institution, &scope, &filter, 0, MOST).await?;
        let place: BTreeMap<PersonId, usize> =
            order.iter().enumerate().map(|(at, row)| (row.person.id, at)).collect();
        members.sort_by_key(|m| place.get(&m.person.id).copied().unwrap_or(usize::MAX));
        let mut names: BTreeMap<PersonId, String> =
            members.iter().map(|m| (m.person.id, m.person.name.clone())).collect();
        let others: Vec<PersonId> =
            posts.iter().map(|p| p.person).filter(|p| !names.contains_key(p)).collect();
        names.extend(app.store.names(actor.institution, &others).await?);
        let (mut files, mut shown) = (BTreeMap::new(), BTreeMap::new());
        if full {
            let ids: BTreeSet<PersonId> = names.keys().copied().collect();
            let held = app.store.held(actor.institution, &ids).await?;
            files = held.into_iter().map(|(id, held)| (id, held.state.file)).collect();
            shown = masks(app, actor, &ids.into_iter().collect::<Vec<_>>()).await?;
        }
        Ok(Self { members, posts, names, files, masks: shown, full })
    }

    fn file(&self, id: PersonId) -> PersonFile {
        self.files.get(&id).cloned().unwrap_or_default()
    }

    fn posts_of(&self, id: PersonId) -> String {
        let held = self.posts.iter().filter(|p| p.person == id);
        held.map(|p| p.title.as_str()).collect::<Vec<_>>().join("、")
    }

    /// The names of those who hold a post in the unit that heads it.
    pub(super) fn heads(&self, app: &App, unit: &Unit) -> String {
        let roles = app.rulebook.roles();
        let held = self.posts.iter().filter(|p| p.unit == unit.id && roles.is_head(&p.title));
        let names = held.filter_map(|p| self.names.get(&p.person).map(String::as_str));
        names.collect::<Vec<_>>().join("、")
    }

    /// How many there are at each stage.
    pub(super) fn counts(&self) -> String {
        let n = |stage: Stage| self.members.iter().filter(|m| m.membership.stage == stage).count();
        let (full, probationary) = (n(Stage::Full), n(Stage::Probationary));
        format!(
            "党员{}人，其中正式党员{full}人、预备党员{probationary}人；发展对象{}人，入党积极分子{}人",
            full + probationary,
            n(Stage::Candidate),
            n(Stage::Activist)
        )
    }

    /// 班子和届期.
    ///
    /// # Errors
    /// When the store cannot read.
    pub(super) async fn committee(
        &self,
        app: &App,
        actor: &Actor,
        g: &Gathered,
    ) -> Result<Vec<Block>, Fault> {
        let filter = store::EntryFilter {
            units: Some(BTreeSet::from([g.unit.id])),
            to: Some(g.on),
            ..store::EntryFilter::default()
        };
        let scope = actor.scope_for(Right::SeeEntries);
        let ends = work::terms::found(app, actor.institution, &scope, filter).await?.remove(&g.unit.id);
        let mut out = vec![Block::Paragraph(format!("{}。", self.counts()))];
        out.push(match ends {
            Some(day) => Block::Paragraph(format!("本届任期到{}。", long_day_words(day))),
            None => Block::Missing("届满日没有登记。".to_owned()),
        });
        let mut own: Vec<&Post> = self.posts.iter().filter(|p| p.unit == g.unit.id).collect();
        own.sort_by_key(|p| (app.rulebook.roles().rank(&p.title), p.since));
        if own.is_empty() {
            out.push(Block::Missing("书记、委员没有登记。".to_owned()));
            return Ok(out);
        }
        let row = |p: &&Post| {
            let file = self.file(p.person);
            vec![
                p.title.clone(),
                self.names.get(&p.person).cloned().unwrap_or_default(),
                file.sex.map_or("", Sex::word).to_owned(),
                month(file.born),
                short(file.joined),
                short(Some(p.since)),
            ]
        };
        let heads =
            [("职务", 24), ("姓名", 18), ("性别", 10), ("出生年月", 14), ("入党日期", 17), ("任职起", 17)];
        out.push(Block::Table(table(&heads, own.iter().map(row).collect())));
        out.extend(self.narrowed());
        Ok(out)
    }

    /// What is said where the account may not read the roster.
    fn narrowed(&self) -> Option<Block> {
        let words = "出生年月、入党日期等栏只有本支部书记和党委办公室打印时才有。";
        (!self.full).then(|| Block::Missing(words.to_owned()))
    }

    /// 党小组.
    pub(super) fn groups(&self, actor: &Actor, g: &Gathered) -> Vec<Block> {
        let organisation = &actor.known.organisation;
        let groups = organisation
            .units
            .iter()
            .filter(|u| u.kind == UnitKind::Group && g.units.contains(&u.id) && u.exists_on(g.on));
        let row = |u: &Unit| {
            let held = self.posts.iter().filter(|p| p.unit == u.id);
            let names: Vec<String> = held
                .map(|p| format!("{}（{}）", self.names.get(&p.person).cloned().unwrap_or_default(), p.title))
                .collect();
            let here = self.members.iter().filter(|m| m.membership.group == Some(u.id));
            let members: Vec<&str> = here.map(|m| m.person.name.as_str()).collect();
            vec![
                name_below(&u.name, &g.unit.name).to_owned(),
                if names.is_empty() { "没有登记".to_owned() } else { names.join("、") },
                members.len().to_string(),
                members.join("、"),
            ]
        };
        let rows: Vec<Vec<String>> = groups.map(row).collect();
        if rows.is_empty() {
            return vec![Block::Paragraph("没有设党小组。".to_owned())];
        }
        vec![Block::Table(table(&[("党小组", 22), ("组长", 26), ("人数", 10), ("成员", 42)], rows))]
    }

    /// 党员名册.
    pub(super) fn roster(&self) -> Vec<Block> {
        let members: Vec<&Member> = self.members.iter().filter(|m| m.membership.stage.is_member()).collect();
        if members.is_empty() {
            return vec![Block::Missing("名册里没有登记党员。".to_owned())];
        }
        let mut out = Vec::new();
        if self.full {
            let heads = [
                ("序号", 7),
                ("姓名", 11),
                ("性别", 7),
                ("民族", 8),
                ("学历", 11),
                ("出生年月", 12),
                ("入党日期", 15),
                ("转正日期", 15),
                ("党内职务", 14),
                ("手机尾号", 10),
                ("备注", 12),
            ];
            let row = |(at, m): (usize, &&Member)| {
                let (id, file) = (m.person.id, self.file(m.person.id));
                let masks = self.masks.get(&id);
                let tail = masks.and_then(|m| m.get(&model::SecretKind::Phone));
                let mut notes = Vec::new();
                if m.membership.stage == Stage::Probationary {
                    notes.push("预备");
                }
                let category = |c: &String| model::PERSON_CATEGORIES.iter().find(|(id, _)| id == c);
                notes.extend(file.categories.iter().filter_map(|c| category(c).map(|(_, word)| *word)));
                vec![
                    (at + 1).to_string(),
                    m.person.name.clone(),
                    file.sex.map_or("", Sex::word).to_owned(),
                    file.nation.clone(),
                    file.education.clone(),
                    month(file.born),
                    short(file.joined),
                    short(file.full),
                    self.posts_of(id),
                    tail.map(|words| words.trim_start_matches('*').to_owned()).unwrap_or_default(),
                    notes.join("、"),
                ]
            };
            out.push(Block::Narrow(table(&heads, members.iter().enumerate().map(row).collect())));
        } else {
            let heads = [("序号", 12), ("姓名", 28), ("身份", 30), ("党内职务", 30)];
            let row = |(at, m): (usize, &&Member)| {
                vec![
                    (at + 1).to_string(),
                    m.person.name.clone(),
                    m.membership.stage.word().to_owned(),
                    self.posts_of(m.person.id),
                ]
            };
            out.push(Block::Table(table(&heads, members.iter().enumerate().map(row).collect())));
            out.extend(self.narrowed());
        }
        out
    }

    /// 申请人、积极分子、发展对象.
    pub(super) fn applicants(&self) -> Vec<Block> {
        let here: Vec<&Member> = self.members.iter().filter(|m| !m.membership.stage.is_member()).collect();
        if here.is_empty() {
            return vec![Block::Paragraph("没有登记的积极分子、发展对象。".to_owned())];
        }
        let heads =
            [("姓名", 18), ("现在", 20), ("申请入党", 20), ("确定为积极分子", 21), ("确定为发展对象", 21)];
        let row = |m: &&Member| {
            let file = self.file(m.person.id);
            vec![
                m.person.name.clone(),
                m.membership.stage.word().to_owned(),
                short(file.applied),
                short(file.activist),
                short(file.candidate),
            ]
        };
        let mut out = vec![Block::Table(table(&heads, here.iter().map(row).collect()))];
        out.extend(self.narrowed());
        out
    }

    /// Those at a stage, or of a category, by name: for the hand-over.
    pub(super) fn named(&self, wanted: impl Fn(&Member, &PersonFile) -> bool) -> Vec<String> {
        let found = self.members.iter().filter(|m| wanted(m, &self.file(m.person.id)));
        found.map(|m| m.person.name.clone()).collect()
    }
}

/// 党员变动: who came, who went, whose stage changed.
///
/// # Errors
/// When the store cannot read.
pub(super) async fn moves(app: &App, actor: &Actor, g: &Gathered) -> Result<Vec<Block>, Fault> {
    let scope = Scope::Units(BTreeSet::from([g.unit.id]));
    let stretches = app.store.members_between(actor.institution, &scope, g.from, g.on).await?;
    let mut of: BTreeMap<PersonId, Vec<&Member>> = BTreeMap::new();
    for m in &stretches {
        of.entry(m.person.id).or_default().push(m);
    }
    let within = |day: Date| g.from <= day && day <= g.on;
    let mut rows: Vec<(Date, Vec<String>)> = Vec::new();
    for all in of.values() {
        let mut before: Option<&Membership> = None;
        for m in all {
            let now = &m.membership;
            // One stretch that follows on another is a change of stage or group, no coming and going.
            let goes_on = before.is_some_and(|b| b.until == Some(now.since));
            let what = match before {
                Some(b) if goes_on && b.stage != now.stage => format!("成为{}", now.stage.word()),
                _ if goes_on => String::new(),
                _ => format!("来到本支部（{}）", now.stage.word()),
            };
            if !what.is_empty() && within(now.since) {
                rows.push((now.since, vec![short(Some(now.since)), m.person.name.clone(), what]));
            }
            before = Some(now);
        }
        if let Some((last, day)) = all.last().and_then(|m| Some((m, m.membership.until?)))
            && within(day)
        {
            let what = format!("离开本支部（{}）", last.membership.stage.word());
            rows.push((day, vec![short(Some(day)), last.person.name.clone(), what]));
        }
    }
    rows.sort();
    if rows.is_empty() {
        return Ok(vec![Block::Paragraph("本年没有变动。".to_owned())]);
    }
    let rows = rows.into_iter().map(|(_, row)| row).collect();
    Ok(vec![Block::Table(table(&[("日期", 24), ("姓名", 26), ("变动", 50)], rows))])
}

/// 年度要求和落实: each demand with its source and how it stands.
pub(super) fn asks(app: &App, g: &Gathered) -> Vec<Block> {
    let Some(book) = &g.book else {
        return vec![Block::Missing("本年没有发布的要点，也没有运行的年度常规。".to_owned())];
    };
    let mut of: BTreeMap<model::ObligationId, Tally> = BTreeMap::new();
    for owed in &g.owed {
        of.entry(owed.line.obligation).or_default().count(owed.line.standing);
    }
    let row = |(at, (o, tally)): (usize, (&model::Obligation, &Tally))| {
        let from = source::of(o, book, &app.rulebook);
        vec![
            (at + 1).to_string(),
            o.title.clone(),
            from.label,
            tally.total().to_string(),
            tally.done().to_string(),
            tally.of(Standing::MetLate).to_string(),
            tally.of(Standing::Overdue).to_string(),
            tally.of(Standing::Waived).to_string(),
        ]
    };
    let asked = book.obligations().iter().filter_map(|o| Some((o, of.get(&o.id)?)));
    let rows: Vec<Vec<String>> = asked.enumerate().map(row).collect();
    if rows.is_empty() {
        return vec![Block::Paragraph("本年没有要本支部办的事项。".to_owned())];
    }
    let tally: Tally = g.owed.iter().map(|o| o.line.standing).collect();
    let heads = [
        ("序号", 8),
        ("要求", 30),
        ("依据", 30),
        ("应办", 8),
        ("办结", 8),
        ("迟办", 8),
        ("逾期", 8),
        ("免办", 8),
    ];
    vec![
        Block::Paragraph(format!("{}。", tally_words_of(tally, app.clock.today()))),
        Block::Narrow(table(&heads, rows)),
    ]
}

fn tally_words_of(tally: Tally, on: Date) -> String {
    format!("截至{}，{}", long_day_words(on), super::gather::tally_words(tally))
}

/// 发展党员: everybody whose case ran in the year, with the days of the steps.
///
/// # Errors
/// When the store cannot read.
pub(super) async fn development(
    app: &App,
    actor: &Actor,
    g: &Gathered,
    workflows: &[String],
) -> Result<Vec<Block>, Fault> {
    let filter = CaseFilter {
        workflows: Some(workflows.iter().cloned().collect()),
        own: Some(g.units.clone()),
        running: Running::All,
        ..CaseFilter::default()
    };
    let sight = cases::sight(actor);
    let rows = app.store.cases(actor.institution, &sight, &filter, (0, MOST)).await?;
    // One that had ended before the year is another year's.
    let rows: Vec<_> = rows
        .into_iter()
        .filter(|r| r.opened <= g.on && r.ended.as_ref().is_none_or(|(_, on)| *on >= g.from))
        .collect();
    if rows.is_empty() {
        return Ok(vec![Block::Paragraph("本年没有在办的发展党员事项。".to_owned())]);
    }
    let ids: BTreeSet<model::CaseId> = rows.iter().map(|r| r.id).collect();
    let events = app.store.case_events(actor.institution, &ids).await?;
    let open = CaseFilter { ids: Some(ids), ..CaseFilter::default() };
    let steps = app.store.case_steps(actor.institution, &sight, &open, None, MOST).await?;
    let mut out = Vec::new();
    for row in &rows {
        let workflow = cases::workflow_of(app, row);
        let title = |id: &str| {
            workflow.and_then(|w| w.step(id)).map_or_else(|| id.to_owned(), |step| step.title.clone())
        };
        let mut done: Vec<String> = Vec::new();
        for event in events.iter().filter(|e| e.case == row.id && e.day <= g.on) {
            let what: flow::What = serde_json::from_value(event.body.clone()).map_err(anyhow::Error::from)?;
            let day = short(Some(event.day));
            match what {
                flow::What::Done { step, .. } => done.push(format!("{day}　{}", title(&step))),
                flow::What::Returned(step) => done.push(format!("{day}　退回到“{}”", title(&step))),
                flow::What::Ended(how) => done.push(format!("{day}　结束：{how}")),
                _ => {}
            }
        }
        let now: Vec<String> = steps
            .iter()
            .filter(|(_, of)| of.id == row.id)
            .map(|(step, _)| match step.due {
                Some(due) => format!("{}，{}前", step.title, long_day_words(due)),
                None => step.title.clone(),
            })
            .collect();
        let now = match &row.ended {
            Some((how, on)) => format!("{how}（{}）", long_day_words(*on)),
            None => now.join("\n"),
        };
        out.push(vec![row.title.clone(), short(Some(row.opened)), done.join("\n"), now]);
    }
    let heads = [("姓名", 16), ("开始", 17), ("办过的环节和日期", 40), ("现在", 27)];
    Ok(vec![Block::Narrow(table(&heads, out))])
}

/// 三会一课统计: how often was met, month by month, and how many came.
pub(super) fn counts(app: &App, actor: &Actor, g: &Gathered, ledgers: &[String]) -> Vec<Block> {
    let mut heads = vec![("会议", 20)];
    let months: Vec<String> = (1..=12).map(|m| format!("{m}月")).collect();
    heads.extend(months.iter().map(|m| (m.as_str(), 6)));
    heads.extend([("次数", 8), ("应到", 8), ("实到", 8)]);
    let mut rows = Vec::new();
    for id in ledgers {
        let Some(ledger) = app.rulebook.ledger(id) else { continue };
        let (mut of, mut due, mut came) = ([0u32; 12], 0, 0);
        for row in g.rows.iter().filter(|r| r.entry.ledgers.contains(id)) {
            let place = usize::try_from(row.entry.day.month() - 1).unwrap_or(0);
            if let Some(n) = of.get_mut(place).filter(|_| row.entry.day.year() == g.from.year()) {
                *n += 1;
            }
            if may_read(app, actor, &row.entry, "people") {
                let own = || row.entry.people().iter().filter(|p| !p.guest);
                due += own().count();
                came += own().filter(|p| p.attendance == Attendance::Present).count();
            }
        }
        let all = g.rows.iter().filter(|r| r.entry.ledgers.contains(id)).count();
        let mut cells = vec![ledger.title.clone()];
        cells.extend(of.iter().map(|n| if *n == 0 { String::new() } else { n.to_string() }));
        cells.extend([all.to_string(), due.to_string(), came.to_string()]);
        rows.push(cells);
    }
    vec![
        Block::Narrow(table(&heads, rows)),
        Block::Paragraph(
            "应到、实到是写明到会人员的记录的人次。一次会几项内容合着开的，在每一行各算一次。".to_owned(),
        ),
    ]
}

/// 附件目录: the files of the records, as far as they may be read.
pub(super) fn files(app: &App, actor: &Actor, g: &Gathered) -> Vec<Block> {
    let mut rows = Vec::new();
    for row in &g.rows {
        let entry = &row.entry;
        for (_, file) in entry.files().filter(|(field, _)| may_read(app, actor, entry, field)) {
            rows.push(vec![
                (rows.len() + 1).to_string(),
                file.name.clone(),
                format!("{}　{}", file.kind.word(), file.size_words()),
                format!("{}　{}　{}", day_words(entry.day), titles(app, entry), entry.title),
            ]);
        }
    }
    if rows.is_empty() {
        return vec![Block::Paragraph("本年的记录没有附件。".to_owned())];
    }
    let heads = [("序号", 8), ("文件", 34), ("种类和大小", 20), ("哪条记录的", 38)];
    vec![Block::Narrow(table(&heads, rows))]
}
