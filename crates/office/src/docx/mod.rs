//! Word documents (ECMA-376): the words of the body in their order, as a person sees them on paper.

mod body;
mod numbering;
pub(crate) mod numerals;
mod symbols;
mod xml;

use model::SourceText;

use crate::FileFault;
use crate::package::{Package, Part};
use numbering::Numbering;
use xml::{Step, Tag, Xml};

/// Reads the body of a docx. Heads, feet, footnotes and comments are left out.
pub(crate) fn read(name: &str, package: &mut Package<'_>) -> Result<SourceText, FileFault> {
    let main = main_part(package)?;
    let folder = main.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    let beside = |part: &str| if folder.is_empty() { part.to_owned() } else { format!("{folder}/{part}") };
    let mut numbering = Numbering::default();
    with_xml(package, &beside("numbering.xml"), |xml| numbering.read_lists(xml))?;
    with_xml(package, &beside("styles.xml"), |xml| numbering.read_styles(xml))?;
    numbering.settle();

    let mut read = None;
    for fields in [body::Fields::Results, body::Fields::Everything] {
        let found = with_xml(package, &main, |xml| body::read(name, xml, numbering.clone(), fields))?;
        match found {
            // A field that begins and never ends would hide the rest of the document.
            Some(body::Body { source, unclosed_field: true }) if fields == body::Fields::Results => {
                read = Some(source);
            }
            Some(body::Body { source, .. }) => return Ok(source),
            None => break,
        }
    }
    read.ok_or(FileFault::Broken { why: "找不到正文", detail: main })
}

/// Hands the part's XML to `read`; none when the package has no such part.
fn with_xml<T>(
    package: &mut Package<'_>,
    name: &str,
    read: impl FnOnce(Xml<Part<'_>>) -> Result<T, FileFault>,
) -> Result<Option<T>, FileFault> {
    package.with_part(name, |part| read(Xml::new(name, part)))
}

/// Name of the part that holds the body, as the package's relationships name it.
fn main_part(package: &mut Package<'_>) -> Result<String, FileFault> {
    let named = with_xml(package, "_rels/.rels", |mut xml| {
        loop {
            match xml.step()? {
                Step::Open(Tag::Relationship, at)
                    if at.get("Type").is_some_and(|t| t.ends_with("/officeDocument")) =>
                {
                    return Ok(at.get("Target").map(|t| t.trim_start_matches('/').to_owned()));
                }
                Step::End => return Ok(None),
                _ => {}
            }
        }
    })?;
    Ok(named.flatten().unwrap_or_else(|| "word/document.xml".to_owned()))
}
