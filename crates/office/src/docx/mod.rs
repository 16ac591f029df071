//! Word documents (ECMA-376): the words of the body in their order, as a person sees them on paper.

mod body;
mod numbering;
pub(crate) mod numerals;
mod package;
mod symbols;
mod xml;

use model::SourceText;

use crate::FileFault;
use numbering::Numbering;
use package::Package;

/// Reads the body of a docx. Heads, feet, footnotes and comments are left out.
pub(crate) fn read(name: &str, bytes: &[u8]) -> Result<SourceText, FileFault> {
    let mut package = Package::open(bytes)?;
    let main = package.main_part()?;
    let folder = main.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    let beside = |part: &str| if folder.is_empty() { part.to_owned() } else { format!("{folder}/{part}") };
    let mut numbering = Numbering::default();
    package.with_part(&beside("numbering.xml"), |xml| numbering.read_lists(xml))?;
    package.with_part(&beside("styles.xml"), |xml| numbering.read_styles(xml))?;
    numbering.settle();

    let mut read = None;
    for fields in [body::Fields::Results, body::Fields::Everything] {
        let found = package.with_part(&main, |xml| body::read(name, xml, numbering.clone(), fields))?;
        match found {
            // A field that begins and never ends would hide the rest of the document.
            Some(body::Body { source, unclosed_field: true }) if fields == body::Fields::Results => {
                read = Some(source);
            }
            Some(body::Body { source, .. }) => return Ok(source),
            None => break,
        }
    }
    read.ok_or_else(|| FileFault::Broken { part: main, why: "找不到正文".to_owned() })
}
