//! 迎检材料包: the records of a unit and a stretch, or what shows a demand in all units, as one zip with an index, their
//! attachments, the sums of all files, and a page that says openly what is not there.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use model::{Attached, Entry, EntryId, Obligation, ObligationId, UnitId};
use office::bundle::Bundle;
use office::gongwen;
use office::sheet;
use runtime::Pick;
use serde_json::json;
use store::{EntryFilter, EntryRow, Job, Scope, sha256};
use web::App;
use web::download::local_now;
use web::extract::Fields;
use web::view::day_words;
use work::entries::lacks;
use work::jobs::{self, Ended, Progress};
use work::privacy::may_read;
use work::{Actor, Fault, Right, Year};

use super::gather::{self, Owed, lacking, reads_all};
use super::index::{Contents, Item, Line, gaps_paper, index, sheet_of};
use crate::seen::entries::titles;
use crate::seen::{paper, source};

/// Most that the attachments of one pack may hold together: it is put together in memory.
const MOST_BYTES: u64 = 300 * 1024 * 1024;
/// Most records of one pack.
const MOST: usize = 20_000;

/// What a pack is about.
pub(super) enum About {
    /// All records of a unit and those below it.
    Unit(UnitId),
    /// What counts for these demands, in every unit that the account sees.
    Demand(String, BTreeSet<ObligationId>),
}

/// What is packed.
pub(super) struct Asked {
    pub(super) about: About,
    pub(super) from: Date,
    pub(super) to: Date,
}

/// The demands of a year that may be packed, by the word for which a form asks: mechanisms first, then the demands that
/// records show.
pub(super) fn demands(app: &App, year: &Year) -> Vec<(String, String)> {
    let asked: Vec<&Obligation> = year.obligations().iter().filter(|o| o.ledger.is_some()).collect();
    let mechanisms = app.rulebook.mechanisms().iter().filter(|m| {
        m.brings.len() > 1
            && asked.iter().any(|o| o.origin.rule().is_some_and(|r| m.brings.iter().any(|b| b == r)))
    });
    let mut out: Vec<(String, String)> =
        mechanisms.map(|m| (format!("m:{}", m.id), format!("制度：{}", m.title))).collect();
    for o in asked {
        let label = source::of(o, year, &app.rulebook).label;
        out.push((format!("o:{}", o.id), format!("{}（{label}）", o.title)));
    }
    out
}

/// What a form asks for.
///
/// # Errors
/// [`Fault::Invalid`] at the field that is wrong; [`Fault::NotFound`] for a unit that the account does not see.
pub(super) async fn asked(app: &App, actor: &Actor, sent: &Fields) -> Result<Asked, Fault> {
    let (Some(from), Some(to)) = (sent.day("from"), sent.day("to")) else {
        return Err(Fault::field("from", "起止日期写成 2026-01-01 这样"));
    };
    if to < from {
        return Err(Fault::field("to", "止的一天早于起的一天"));
    }
    if let Some(unit) = sent.parsed::<UnitId>("unit") {
        actor.must_cover(Right::SeeEntries, unit)?;
        return Ok(Asked { about: About::Unit(unit), from, to });
    }
    let word = sent.text("demand");
    let none = || Fault::field("demand", "选一个组织，或者选一项要求、一种制度");
    let (kind, id) = word.split_once(':').ok_or_else(none)?;
    let mechanism = if kind == "m" { app.rulebook.mechanism(id) } else { None };
    let is_meant = |o: &&Obligation| match mechanism {
        Some(m) => o.origin.rule().is_some_and(|r| m.brings.iter().any(|b| b == r)),
        None => o.id.to_string() == id,
    };
    // Each year asks by obligations of its own.
    let (mut title, mut wanted) = (mechanism.map(|m| m.title.clone()), BTreeSet::new());
    for book in gather::books(app, actor, (from, to)).await? {
        for one in book.obligations().iter().filter(is_meant) {
            wanted.insert(one.id);
            title.get_or_insert_with(|| one.title.clone());
        }
    }
    let title = title.ok_or_else(none)?;
    Ok(Asked { about: About::Demand(title, wanted), from, to })
}

/// What the job that makes a pack is called, and by what two that are the same are known: units and demands may share a name.
pub(super) fn called(actor: &Actor, asked: &Asked) -> (String, String) {
    let (about, known) = match &asked.about {
        About::Unit(unit) => (work::units::full_name(&actor.known.organisation, *unit), unit.to_string()),
        About::Demand(title, wanted) => {
            let ids: Vec<String> = wanted.iter().map(ToString::to_string).collect();
            (format!("{title}（各组织）"), ids.join(" "))
        }
    };
    let name = format!("{about} {}至{}", asked.from, asked.to);
    let subject = format!("{}\n{known}\n{}\n{}", actor.account, asked.from, asked.to);
    (name, hex::encode(&sha256(subject.as_bytes())[..16]))
}

/// Makes a pack, for a job.
pub(super) async fn packed(app: &App, actor: &Actor, job: &Job, progress: &Progress) -> Result<Ended, Fault> {
    if !actor.may(Right::Export) {
        return Ok(Ended::Not("你的账号现在不能导出。"));
    }
    let asked = asked(app, actor, &jobs::sent_of(job)).await?;
    let (name, _) = called(actor, &asked);
    progress.at("找记录");
    let contents = contents(app, actor, &asked).await?;
    if contents.items.len() > MOST {
        let words = format!("超过{MOST}条记录，装不进一个包。请分期或者分组织来装。");
        return Err(Fault::BadRequest(words));
    }
    let bytes = written(app, actor, &asked, &contents, progress).await?;
    let act = actor.act(app, "export.evidence").with(json!({
        "about": name, "records": contents.items.len(), "bytes": bytes.len(),
    }));
    app.store.record(actor.institution, &act).await?;
    Ok(Ended::File(format!("迎检材料包 {name}.zip"), bytes))
}

async fn contents(app: &App, actor: &Actor, asked: &Asked) -> Result<Contents, Fault> {
    let today = app.clock.today();
    let pick = match &asked.about {
        About::Unit(unit) => Pick { units: Some(actor.known.organisation.subtree(*unit)), ..Pick::default() },
        About::Demand(_, wanted) => Pick { obligations: Some(wanted.clone()), ..Pick::default() },
    };
    // What was due in the stretch, from every Book that reaches into it.
    let mut owed: Vec<Owed> = Vec::new();
    let mut titles: BTreeMap<ObligationId, String> = BTreeMap::new();
    for book in gather::books(app, actor, (asked.from, asked.to)).await? {
        let pick = Pick { due: Some((asked.from, asked.to)), ..pick.clone() };
        owed.extend(gather::owed(app, actor, &book, &pick, today).await?);
        titles.extend(book.obligations().iter().map(|o| (o.id, o.title.clone())));
    }
    let (rows, closed) = match &asked.about {
        About::Unit(_) => {
            let filter = EntryFilter {
                units: pick.units.clone(),
                from: Some(asked.from),
                to: Some(asked.to),
                ..EntryFilter::default()
            };
            (gather::all_entries(app, actor, filter).await?, 0)
        }
        About::Demand(..) => credited(app, actor, &owed).await?,
    };
    let counts = counts(app, actor, &rows, &titles).await?;
    let items = rows
        .into_iter()
        .map(|row| Item {
            folder: match &asked.about {
                About::Unit(_) => folder(app, &row.entry),
                About::Demand(..) => String::new(),
            },
            counts: counts.get(&row.entry.id).cloned().unwrap_or_default(),
            row,
        })
        .collect();
    let mut contents = Contents {
        title: match &asked.about {
            About::Unit(unit) => work::units::full_name(&actor.known.organisation, *unit),
            About::Demand(title, _) => title.clone(),
        },
        items,
        closed,
        tally: owed.iter().map(|o| o.line.standing).collect(),
        gaps: gaps(actor, &owed),
    };
    match asked.about {
        About::Unit(_) => contents.items.sort_by(|a, b| {
            let key = |i: &Item| (i.row.entry.day, i.row.entry.id);
            a.folder.cmp(&b.folder).then_with(|| key(a).cmp(&key(b)))
        }),
        About::Demand(..) => by_unit(actor, &mut contents.items),
    }
    Ok(contents)
}

/// The records that count for these duties, the oldest first, and how many more there are that the account may not see: whoever
/// leads for a demand sees how it stands in units whose records are closed to them.
async fn credited(app: &App, actor: &Actor, owed: &[Owed]) -> Result<(Vec<EntryRow>, usize), Fault> {
    let duties: Vec<model::DutyId> = owed.iter().map(|o| o.line.duty).collect();
    let mut ids: BTreeSet<EntryId> = BTreeSet::new();
    for some in duties.chunks(500) {
        let credits = app.store.credits_of_duties(actor.institution, &Scope::All, some).await?;
        ids.extend(credits.into_iter().filter(|c| c.ended.is_none()).map(|c| c.entry));
    }
    let ids: Vec<EntryId> = ids.into_iter().collect();
    let scope = actor.scope_for(Right::SeeEntries);
    let mut out = Vec::new();
    for some in ids.chunks(500) {
        out.extend(app.store.entries_by_ids(actor.institution, &scope, some).await?);
    }
    let closed = ids.len().saturating_sub(out.len());
    out.retain(|r| !r.entry.withdrawn);
    out.sort_by_key(|r| (r.entry.day, r.entry.id));
    Ok((out, closed))
}

/// For what each of these records counts, by title.
async fn counts(
    app: &App,
    actor: &Actor,
    rows: &[EntryRow],
    titles: &BTreeMap<ObligationId, String>,
) -> Result<BTreeMap<EntryId, Vec<String>>, Fault> {
    let mut out: BTreeMap<EntryId, Vec<String>> = BTreeMap::new();
    for some in rows.chunks(500) {
        let ids: Vec<EntryId> = some.iter().map(|r| r.entry.id).collect();
        let credits = app.store.credits_of_entries(actor.institution, &Scope::All, &ids).await?;
        let duties: Vec<model::DutyId> = credits.iter().map(|c| c.duty).collect();
        let duties = app.duties(actor.institution, &Scope::All, &duties).await?;
        for credit in credits.iter().filter(|c| c.ended.is_none()) {
            let title = duties.get(&credit.duty).and_then(|d| titles.get(&d.obligation));
            let Some(title) = title else { continue };
            let known = out.entry(credit.entry).or_default();
            if !known.contains(title) {
                known.push(title.clone());
            }
        }
    }
    Ok(out)
}

/// The folder of a record: that of the part which names its first ledger.
fn folder(app: &App, entry: &Entry) -> String {
    let parts = &app.rulebook.papers().evidence;
    let of = |ledger: &String| parts.iter().position(|p| p.ledgers.contains(ledger));
    let found = entry.ledgers.iter().find_map(of).or_else(|| parts.iter().position(|p| p.rest));
    match found.and_then(|at| Some((at, parts.get(at)?))) {
        Some((at, part)) => format!("{:02}-{}", at + 1, part.title),
        None => "00-记录".to_owned(),
    }
}

/// Puts records into the folders of their units, in the order of the tree.
fn by_unit(actor: &Actor, items: &mut [Item]) {
    let order = work::units::in_order(&actor.known.organisation);
    let place: BTreeMap<UnitId, usize> = order.iter().enumerate().map(|(at, (u, _))| (u.id, at)).collect();
    let names = work::units::full_names(&actor.known.organisation);
    items.sort_by_key(|i| {
        let entry = &i.row.entry;
        (place.get(&entry.unit).copied().unwrap_or(usize::MAX), entry.day, entry.id)
    });
    let mut numbers: BTreeMap<UnitId, usize> = BTreeMap::new();
    for item in items {
        let next = numbers.len() + 1;
        let number = *numbers.entry(item.row.entry.unit).or_insert(next);
        let name = names.get(&item.row.entry.unit).map_or("", String::as_str);
        item.folder = format!("{number:02}-{name}");
    }
}

/// What was due and is not there, unit by unit in the order of the tree.
fn gaps(actor: &Actor, owed: &[Owed]) -> Vec<(String, Vec<String>)> {
    let names = work::units::full_names(&actor.known.organisation);
    let mut of: BTreeMap<UnitId, Vec<&Owed>> = BTreeMap::new();
    for one in owed {
        of.entry(one.line.unit).or_default().push(one);
    }
    work::units::in_order(&actor.known.organisation)
        .into_iter()
        .filter_map(|(unit, _)| {
            let words = lacking(of.get(&unit.id)?);
            (!words.is_empty()).then(|| (names.get(&unit.id).cloned().unwrap_or_default(), words))
        })
        .collect()
}

async fn written(
    app: &App,
    actor: &Actor,
    asked: &Asked,
    contents: &Contents,
    progress: &Progress,
) -> Result<Vec<u8>, Fault> {
    let attached: u64 = contents
        .items
        .iter()
        .flat_map(|i| i.row.entry.files().filter(|(field, _)| may_read(app, actor, &i.row.entry, field)))
        .map(|(_, f)| f.size)
        .sum();
    if attached > MOST_BYTES {
        let words = format!(
            "附件一共 {} MB，一个包最多 {} MB。请分期或者分组织来装。",
            attached / 1024 / 1024,
            MOST_BYTES / 1024 / 1024
        );
        return Err(Fault::BadRequest(words));
    }
    progress.at("整理记录");
    let (mut bundle, mut sums) = (Bundle::default(), String::new());
    let made = local_now(app);
    let mut lines = Vec::new();
    let most = contents.items.len().max(1);
    for (at, item) in contents.items.iter().enumerate() {
        lines.push(add_record(app, actor, &mut bundle, &mut sums, (at, item)).await?);
        progress.passed(u8::try_from(at * 90 / most).unwrap_or(90));
    }
    progress.at("写目录");
    let index = index(asked, contents, &lines);
    let bytes = tokio::task::spawn_blocking(move || gongwen::write(made, &index)).await?;
    let bytes = bytes.map_err(anyhow::Error::from)?;
    add(&mut bundle, &mut sums, (&[], "00-材料目录.docx"), bytes).await?;
    let listed = [sheet_of(contents, &lines)];
    let bytes = tokio::task::spawn_blocking(move || sheet::write(made, &listed)).await?;
    let bytes = bytes.map_err(anyhow::Error::from)?;
    add(&mut bundle, &mut sums, (&[], "00-材料目录.xlsx"), bytes).await?;
    let gaps = gaps_paper(app, asked, contents, &lines);
    let bytes = tokio::task::spawn_blocking(move || gongwen::write(made, &gaps)).await?;
    let bytes = bytes.map_err(anyhow::Error::from)?;
    add(&mut bundle, &mut sums, (&[], "00-缺项说明.docx"), bytes).await?;
    let path = bundle.path(&[], "SHA256SUMS");
    bundle.add(&path, sums.as_bytes()).map_err(anyhow::Error::from)?;
    Ok(bundle.finish().map_err(anyhow::Error::from)?)
}

/// Adds a file and its sum, as `sha256sum -c` reads it; its path in the pack. A file of many megabytes is packed where nobody's
/// page waits for it.
async fn add(
    bundle: &mut Bundle,
    sums: &mut String,
    (folders, name): (&[&str], &str),
    bytes: Vec<u8>,
) -> Result<String, Fault> {
    let path = bundle.path(folders, name);
    let mut whole = std::mem::take(bundle);
    let pack = move || {
        let added = whole.add(&path, &bytes);
        (whole, path, sha256(&bytes), added)
    };
    let (whole, path, sum, added) = tokio::task::spawn_blocking(pack).await?;
    *bundle = whole;
    added.map_err(anyhow::Error::from)?;
    sums.push_str(&format!("{}  {path}\n", hex::encode(sum)));
    Ok(path)
}

async fn add_record(
    app: &App,
    actor: &Actor,
    bundle: &mut Bundle,
    sums: &mut String,
    (at, item): (usize, &Item),
) -> Result<Line, Fault> {
    let entry = &item.row.entry;
    let paper = paper::of(app, actor, entry).await?;
    let bytes = gongwen::write(local_now(app), &paper.document()).map_err(anyhow::Error::from)?;
    let stem = format!("{:03} {} {}", at + 1, entry.day, entry.title);
    let path = add(bundle, sums, (&[&item.folder], &format!("{stem}.docx")), bytes).await?;
    let files: Vec<&Attached> =
        entry.files().filter(|(field, _)| may_read(app, actor, entry, field)).map(|(_, f)| f).collect();
    let beside = format!("{:03} 附件", at + 1);
    for file in &files {
        let bytes = app.store.file_bytes(actor.institution, file.id, false).await?;
        add(bundle, sums, (&[&item.folder, &beside], &file.name), bytes).await?;
    }
    let entered = work::clock::day_of(entry.entered_at);
    let mut remark: Vec<String> = Vec::new();
    if item.row.incomplete {
        remark.extend(lacks(app, entry).into_iter().map(|m| m.words));
    }
    if !reads_all(app, actor, entry) {
        remark.push("有限定范围的内容，没有装".to_owned());
    }
    Ok(Line {
        path,
        day: entry.day,
        unit: actor.known.unit_name(entry.unit).to_owned(),
        ledgers: titles(app, entry),
        title: entry.title.clone(),
        counts: item.counts.join("、"),
        attachments: files.len(),
        entered: if item.row.late {
            format!("新建，{}补录", day_words(entered))
        } else {
            "原始".to_owned()
        },
        remark: remark.join("；"),
    })
}
