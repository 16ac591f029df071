//! Rows and columns of an xlsx that its author hid. The crate that reads the cells does not tell them.

use std::collections::{BTreeSet, HashMap};
use std::io::BufRead;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::FileFault;
use crate::package::{Package, unread};

/// What is hidden in one sheet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hidden {
    /// Rows, from 1.
    rows: BTreeSet<u32>,
    /// First and last column of each hidden stretch, from 0.
    columns: Vec<(u32, u32)>,
}

impl Hidden {
    /// Whether nobody sees the cell of this row (from 1) and column (from 0).
    pub(crate) fn holds(&self, row: u32, column: u32) -> bool {
        self.rows.contains(&row) || self.columns.iter().any(|(from, to)| (*from..=*to).contains(&column))
    }
}

/// Stretches of hidden columns that are believed; a sheet has a few.
const MOST_STRETCHES: usize = 256;

/// What is hidden in each sheet, by its name.
///
/// # Errors
/// When a part of the package cannot be unpacked.
pub(crate) fn look(package: &mut Package<'_>) -> Result<HashMap<String, Hidden>, FileFault> {
    let mut sheets: Vec<(String, String)> = Vec::new();
    each(package, "xl/workbook.xml", |at| {
        if is(at, "sheet")
            && let (Some(name), Some(id)) = (value(at, "name"), value(at, "id"))
        {
            sheets.push((name, id));
        }
        true
    })?;
    let mut targets: HashMap<String, String> = HashMap::new();
    each(package, "xl/_rels/workbook.xml.rels", |at| {
        if is(at, "Relationship")
            && let (Some(id), Some(target)) = (value(at, "Id"), value(at, "Target"))
        {
            targets.insert(id, target);
        }
        true
    })?;
    let mut out = HashMap::new();
    for (name, id) in sheets {
        let Some(target) = targets.get(&id) else { continue };
        let part = match target.strip_prefix('/') {
            Some(whole) => whole.to_owned(),
            None => format!("xl/{target}"),
        };
        let mut hidden = Hidden::default();
        let mut row = 0;
        each(package, &part, |at| {
            if is(at, "row") {
                row = value(at, "r").and_then(|r| r.parse().ok()).unwrap_or(row + 1);
                if is_hidden(at) {
                    hidden.rows.insert(row);
                }
            } else if is(at, "col")
                && is_hidden(at)
                && hidden.columns.len() < MOST_STRETCHES
                && let (Some(from), Some(to)) = (number(at, "min"), number(at, "max"))
            {
                hidden.columns.push((from.saturating_sub(1), to.saturating_sub(1)));
            }
            !is(at, "mergeCells")
        })?;
        out.insert(name, hidden);
    }
    Ok(out)
}

/// Hands each element of a part to `step` until that has seen enough; what is not well formed ends the part.
fn each(
    package: &mut Package<'_>,
    part: &str,
    mut step: impl FnMut(&BytesStart<'_>) -> bool,
) -> Result<(), FileFault> {
    package.with_part(part, |source| walk(&mut Reader::from_reader(source), &mut step))?;
    Ok(())
}

fn walk<R: BufRead>(
    reader: &mut Reader<R>,
    step: &mut impl FnMut(&BytesStart<'_>) -> bool,
) -> Result<(), FileFault> {
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Start(at) | Event::Empty(at)) => {
                if !step(&at) {
                    return Ok(());
                }
            }
            Ok(Event::Eof) => return Ok(()),
            Err(quick_xml::Error::Io(io)) => return Err(unread(&io)),
            // The reader of the cells has the say over what is broken.
            Err(_) => return Ok(()),
            Ok(_) => {}
        }
    }
}

fn is(at: &BytesStart<'_>, name: &str) -> bool {
    at.local_name().into_inner() == name
}

fn value(at: &BytesStart<'_>, name: &str) -> Option<String> {
    let found =
        at.attributes().with_checks(false).flatten().find(|a| a.key.local_name().into_inner() == name)?;
    found.normalized_value(quick_xml::XmlVersion::Implicit1_0).ok().map(std::borrow::Cow::into_owned)
}

fn number(at: &BytesStart<'_>, name: &str) -> Option<u32> {
    value(at, name)?.parse().ok()
}

fn is_hidden(at: &BytesStart<'_>) -> bool {
    value(at, "hidden").is_some_and(|v| v == "1" || v == "true")
}
