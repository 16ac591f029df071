//! Formats that LibreOffice turns into those that are read here. Without LibreOffice only the refusal is tested.

use office::{FileFault, Foreign, read_directly, read_document, sheet};

fn file(name: &str) -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/files/");
    std::fs::read(format!("{path}{name}")).expect("a file of this folder")
}

/// Whether LibreOffice is there; says loudly when it is not.
fn is_installed() -> bool {
    let there = office::can_convert();
    if !there {
        testkit::passed_over(
            "conversions: LibreOffice is not installed (`cargo xtask test --all` installs it)",
        );
    }
    there
}

#[test]
fn documents_of_other_programs_say_the_same_as_the_docx() {
    if !is_installed() {
        return;
    }
    let docx = read_document("a.docx", &file("libreoffice.docx")).expect("the docx").text;
    let without_numbers = |text: &str| text.replace([' ', '\t', '\n'], "");
    for name in ["libreoffice.doc", "libreoffice.odt"] {
        let source = read_document(name, &file(name)).unwrap_or_else(|fault| panic!("{name}: {fault:?}"));
        assert_eq!(source.name, name);
        for words in ["1.每月召开1次教研会。（责任部门：教务处）", "检修水电"] {
            assert!(source.text.contains(words), "{name}: {}", source.text);
        }
        assert_eq!(without_numbers(&source.text), without_numbers(&docx), "{name}");
    }
}

#[test]
fn sheets_of_other_programs_are_read() {
    if !is_installed() {
        return;
    }
    let sheets = sheet::read(&file("tasks.ods")).expect("sheets");
    assert_eq!(sheets[0].rows[2].words(2), "每季度至少举行1次中心组集体学习");
    let source = read_document("任务.ods", &file("tasks.ods")).expect("a document");
    assert!(source.text.contains("选树表彰一批先进支部"));
}

#[test]
fn a_damaged_document_is_told_from_one_that_cannot_be_converted() {
    if !is_installed() {
        return;
    }
    let mut bytes = file("libreoffice.odt");
    // The content is gone, the package is whole: LibreOffice has nothing to write.
    let at = bytes.windows(11).position(|w| w == b"content.xml").expect("the part");
    bytes[at..at + 400].fill(7);
    let fault = read_document("a.odt", &bytes).expect_err("a fault");
    assert!(
        matches!(fault, FileFault::Conversion { .. } | FileFault::Broken { .. } | FileFault::Archive),
        "{fault:?}"
    );
}

#[test]
fn without_help_the_refusal_names_the_format_and_the_way_out() {
    let cases = [
        ("libreoffice.doc", Foreign::Word, ".docx"),
        ("libreoffice.odt", Foreign::OpenText, ".docx"),
        ("tasks.ods", Foreign::OpenSheets, ".xlsx"),
    ];
    for (name, foreign, way) in cases {
        let fault = read_directly("要点.docx", &file(name)).expect_err("a fault");
        assert_eq!(fault, FileFault::Foreign(foreign), "{name}");
        assert!(fault.to_string().contains("LibreOffice") && fault.help().contains(way), "{name}");
    }
}

/// WPS Office writes .wps and .et as the compound documents that .doc and .xls are; LibreOffice has no name of its own for
/// them, so files that it wrote in that form stand for them under WPS's endings.
#[test]
fn files_of_wps_are_read_by_what_they_hold() {
    let compound = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
    let words = |name: &str, of: &str| {
        let bytes = file(of);
        assert!(bytes.starts_with(&compound), "{of} is a compound document");
        read_document(name, &bytes).unwrap_or_else(|fault| panic!("{name}: {fault:?}"))
    };
    // Sheets are read without help.
    let et = words("台账.et", "libreoffice.xls");
    assert_eq!(et.name, "台账.et");
    assert_eq!(et.text, words("台账.xls", "libreoffice.xls").text);
    assert!(!et.text.trim().is_empty());
    if is_installed() {
        let wps = words("要点.wps", "libreoffice.doc");
        assert_eq!(wps.text, words("要点.doc", "libreoffice.doc").text);
        assert!(wps.text.contains("1.每月召开1次教研会。（责任部门：教务处）"), "{}", wps.text);
    }
    let fault = read_directly("要点.wps", &file("libreoffice.doc")).expect_err("a fault");
    assert!(fault.to_string().contains(".wps") && fault.help().contains(".docx"), "{fault}");
}
