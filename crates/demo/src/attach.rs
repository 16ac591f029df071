//! Files of a few records: a picture, a paper that the record itself makes, a signed agreement. They come in as people's
//! own files do.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context as _, anyhow};
use jiff::tz::TimeZone;
use model::rule::ATTACHMENTS;
use model::{Attached, Entry, EntryId, FileId, InstitutionId, Value};
use office::attachment::accept;
use office::gongwen::{self, Block, Gongwen, Kind};
use store::{Act, NewFile, Store, sha256};

use super::make::College;

/// Records of one ledger that get files.
const FEW: usize = 3;
/// Most bytes of one: those of the server's own setting.
const MOST: usize = 20 << 20;

const MEETING: &[u8] = include_bytes!("../data/files/meeting.jpg");
const AGREEMENT: &[u8] = include_bytes!("../data/files/agreement.pdf");

/// What is attached to one record.
#[derive(Default)]
pub(super) struct Files {
    /// Field and file.
    pub(super) files: Vec<(String, Attached)>,
    /// What stands in them.
    pub(super) texts: BTreeMap<FileId, String>,
}

impl Files {
    /// Puts them into their fields.
    pub(super) fn put_into(&self, values: &mut BTreeMap<String, Value>) {
        for (field, file) in &self.files {
            match values.get_mut(field) {
                Some(Value::Files(files)) => files.push(file.clone()),
                _ => {
                    values.insert(field.clone(), Value::Files(vec![file.clone()]));
                }
            }
        }
    }
}

/// Keeps the files of those records that have some.
pub(super) async fn attach(store: &Store, college: &College) -> anyhow::Result<HashMap<EntryId, Files>> {
    let mut out: HashMap<EntryId, Files> = HashMap::new();
    let newest = |ledger: &str| {
        let mut found: Vec<&Entry> =
            college.year.entries.iter().filter(|e| e.ledgers.first().is_some_and(|l| l == ledger)).collect();
        found.sort_by_key(|e| std::cmp::Reverse((e.day, e.id)));
        found
    };
    for entry in newest("theme-day").into_iter().take(FEW) {
        let name = format!("{}月主题党日现场.jpg", entry.day.month());
        let files = out.entry(entry.id).or_default();
        keep(store, college.institution, entry, ATTACHMENTS, &name, MEETING.to_vec(), files).await?;
        keep(
            store,
            college.institution,
            entry,
            ATTACHMENTS,
            "活动方案.docx",
            paper(entry, "活动方案")?,
            files,
        )
        .await?;
    }
    for entry in newest("party-lecture").into_iter().take(FEW) {
        let files = out.entry(entry.id).or_default();
        keep(store, college.institution, entry, "script", "党课讲稿.docx", paper(entry, "党课讲稿")?, files)
            .await?;
    }
    let agreed = |e: &&Entry| matches!(e.values.get("co_kind"), Some(Value::Choice(c)) if c == "agreement");
    for entry in newest("co-construction") {
        let field = if agreed(&entry) { "agreement_file" } else { ATTACHMENTS };
        let files = out.entry(entry.id).or_default();
        keep(store, college.institution, entry, field, "共建协议.pdf", AGREEMENT.to_vec(), files).await?;
    }
    Ok(out)
}

/// Keeps one file of a record.
pub(super) async fn keep(
    store: &Store,
    institution: InstitutionId,
    entry: &Entry,
    field: &str,
    name: &str,
    bytes: Vec<u8>,
    files: &mut Files,
) -> anyhow::Result<()> {
    let given = sha256(&bytes);
    let (called, of) = (name.to_owned(), entry.id);
    let accepted = tokio::task::spawn_blocking(move || accept(&called, bytes, MOST))
        .await?
        .map_err(|why| anyhow!("{why}"))
        .with_context(|| name.to_owned())?;
    let act = Act::new(Some(entry.entered_by), "127.0.0.1", entry.entered_at, "file.keep").on(of);
    let new = NewFile {
        entry: of,
        field: field.to_owned(),
        name: accepted.name,
        kind: accepted.kind,
        given,
        bytes: accepted.bytes,
        small: accepted.small,
        words: accepted.text.clone(),
    };
    let file = store.keep_file(institution, new, &act).await?.file;
    files.texts.insert(file.id, accepted.text);
    files.files.push((field.to_owned(), file));
    Ok(())
}

/// A paper about a record, as Word would have it.
pub(super) fn paper(entry: &Entry, what: &str) -> anyhow::Result<Vec<u8>> {
    let text = |id: &str| match entry.values.get(id) {
        Some(Value::Text(t)) => t.clone(),
        _ => String::new(),
    };
    let said = [text("content"), text("minutes")].into_iter().filter(|t| !t.is_empty());
    let document = Gongwen {
        kind: Kind::Minutes,
        head: None,
        title: format!("{}{what}", entry.title),
        addressee: String::new(),
        blocks: said.map(Block::Paragraph).collect(),
        attachments: Vec::new(),
        signature: None,
        note: String::new(),
    };
    Ok(gongwen::write(entry.entered_at.to_zoned(TimeZone::UTC).datetime(), &document)?)
}
