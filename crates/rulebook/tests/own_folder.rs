//! An institution's own folder, and versions by day.

use std::fs;

use jiff::civil::{Date, date};
use model::rule::Level;
use model::{Cadence, Per};
use rulebook::{NotInForce, Rulebook};

/// The built-in rulebook with these files of an institution laid over it.
fn with(files: &[(&str, &str)]) -> Rulebook {
    let dir = tempfile::tempdir().expect("a temporary folder can be made");
    for (place, text) in files {
        let path = dir.path().join(place);
        fs::create_dir_all(path.parent().expect("the place names a folder")).expect("the folder can be made");
        fs::write(path, text).expect("the file can be written");
    }
    Rulebook::load(Some(dir.path())).unwrap_or_else(|f| panic!("{f:#?}"))
}

fn built_in() -> Rulebook {
    Rulebook::built_in().unwrap_or_else(|f| panic!("{f:#?}"))
}

fn times(rulebook: &Rulebook, id: &str, on: Date) -> u32 {
    match rulebook.obligation_on(id, on).expect("in force").cadence {
        Cadence::AtLeast { times, per: Per::Month } => times,
        ref other => panic!("{other:?}"),
    }
}

const LECTURE: &str = r#"
title = "党课"
bearers = { kind = "branch" }
cadence = { at_least = 2, per = "term" }
shown_by = { ledger = "party-lecture" }
source = { level = "school" }
"#;

#[test]
fn a_file_of_the_same_name_takes_the_place_of_the_built_in_one() {
    let (plain, own) = (built_in(), with(&[("obligations/party-lecture.toml", LECTURE)]));
    let cadence = |r: &Rulebook| r.obligation("party-lecture").expect("it is there").cadence.clone();
    assert_eq!(cadence(&plain), Cadence::AtLeast { times: 1, per: Per::Quarter });
    assert_eq!(cadence(&own), Cadence::AtLeast { times: 2, per: Per::Term });
    assert_eq!(plain.obligations().len(), own.obligations().len(), "nothing else changed");
    assert_ne!(plain.version(), own.version(), "duties say by which rules they were made");
}

#[test]
fn own_traits_that_leave_some_out_take_no_built_in_rule_with_them() {
    let roles = "[[trait]]\nid = \"committee\"\ntitle = \"设支委会\"\nkinds = [\"branch\"]\n";
    let rulebook = with(&[("roles.toml", roles)]);
    assert_eq!(rulebook.roles().traits.len(), 1);
    let rule = rulebook.obligation("fire-check").expect("it is there and binds nobody");
    assert!(!rule.bearers.allow(&std::collections::BTreeSet::new()));
}

#[test]
fn a_file_of_another_name_is_added() {
    let own = with(&[
        ("mechanisms/campus-watch.toml", "title = \"校园巡访\"\nledger = \"general-work\"\n"),
        ("lexicon/own.toml", "[[collective]]\nnames = [\"各样例支部\"]\nkinds = [\"branch\"]\n"),
        ("regulations/own.toml", "not_regulations = [\"样例手册\"]\n"),
    ]);
    assert_eq!(own.mechanism("campus-watch").map(|m| m.title.as_str()), Some("校园巡访"));
    assert!(own.lexicon().collective("各样例支部").is_some());
    assert!(own.not_regulations().iter().any(|t| t == "样例手册"));
    assert_eq!(own.mechanisms().len(), built_in().mechanisms().len() + 1);
}

#[test]
fn a_regulation_of_the_same_id_is_replaced_with_its_names() {
    let text = "[[regulation]]\nid = \"party_charter\"\ntitle = \"中国共产党章程\"\nissued = 2030-01-01\n";
    let own = with(&[("regulations/own.toml", text)]);
    let charter = own.regulation("party_charter").expect("it is there");
    assert_eq!(charter.issued, Some(date(2030, 1, 1)));
    assert!(!charter.seen, "the own entry stands alone, it does not borrow from the built-in one");
    assert_eq!(own.regulations().len(), built_in().regulations().len());
}

#[test]
fn the_version_in_force_on_the_day_is_the_one_that_counts() {
    let text = r#"
title = "例会"
bearers = { kind = "branch" }
cadence = { at_least = 1, per = "month" }
shown_by = { ledger = "general-work" }
source = { level = "school" }

[[version]]
since = 2020-01-01
until = 2024-01-01

[[version]]
since = 2024-01-01
cadence = { at_least = 2, per = "month" }

# A passing exception: named by its rank.
[[version]]
since = 2022-03-01
until = 2022-06-01
rank = 1
cadence = { at_least = 3, per = "month" }
"#;
    let own = with(&[("obligations/example.toml", text)]);
    assert_eq!(times(&own, "example", date(2020, 1, 1)), 1, "the first day counts");
    assert_eq!(times(&own, "example", date(2022, 2, 28)), 1);
    assert_eq!(times(&own, "example", date(2022, 3, 1)), 3, "the exception holds");
    assert_eq!(times(&own, "example", date(2022, 5, 31)), 3);
    assert_eq!(times(&own, "example", date(2022, 6, 1)), 1, "and passes");
    assert_eq!(times(&own, "example", date(2023, 12, 31)), 1);
    assert_eq!(times(&own, "example", date(2024, 1, 1)), 2);
    let newest = own.obligation("example").expect("it is there");
    assert_eq!(newest.since, Some(date(2024, 1, 1)));
    assert_eq!(
        own.obligation_on("example", date(2019, 12, 31)),
        Err(NotInForce::Silent { id: "example".to_owned(), on: date(2019, 12, 31) })
    );
    assert_eq!(
        own.obligation_on("nothing", date(2022, 1, 1)),
        Err(NotInForce::Unknown { id: "nothing".to_owned() })
    );
    let on = |d| own.in_force(d).into_iter().filter(|o| o.id == "example").count();
    assert_eq!((on(date(2019, 12, 31)), on(date(2022, 4, 1))), (0, 1), "never two of one id");
}

#[test]
fn an_old_record_keeps_the_form_it_was_made_with() {
    let text = r#"
title = "样例台账"
kept_by = ["branch"]
complete = ["example_note"]
columns = ["example_note"]

[[field]]
id = "example_note"
title = "说明"
type = "text"

[[version]]
until = 2027-01-01

[[version]]
since = 2027-01-01
complete = ["example_note", "example_form"]

[[version.field]]
id = "example_note"
title = "情况说明"
type = "text"

[[version.field]]
id = "example_form"
title = "形式"
type = "choice"
options = { a = "甲", b = "乙" }
"#;
    let own = with(&[("ledgers/example.toml", text)]);
    let fields = |on| own.ledger_on("example", on).expect("in force").fields.len();
    // And 附件, which every ledger has.
    assert_eq!((fields(date(2026, 12, 31)), fields(date(2027, 1, 1))), (2, 3));
    assert_eq!(
        own.ledger("example").expect("it is there").fields[1].options[1],
        ("b".to_owned(), "乙".to_owned())
    );
}

#[test]
fn a_rule_whose_source_has_run_out_becomes_a_setting() {
    let rulebook = built_in();
    let level = |on| rulebook.obligation_on("secretary-hours", on).expect("in force").source.level;
    assert_eq!(level(date(2022, 6, 1)), Level::National);
    assert_eq!(level(date(2026, 6, 1)), Level::School);
}

#[test]
fn a_built_in_procedure_that_own_ledgers_do_not_serve_is_left_out_and_told() {
    let dir = tempfile::tempdir().expect("a temporary folder can be made");
    let place = dir.path().join("ledgers/rectification-plan.toml");
    std::fs::create_dir_all(place.parent().expect("a folder")).expect("the folder can be made");
    let own = "title = \"方案\"\nkept_by = [\"branch\"]\ncomplete = [\"content\"]\n[[field]]\nid = \"content\"\ntitle = \"内容\"\ntype = \"long_text\"\n";
    std::fs::write(place, own).expect("the file can be written");
    let book = Rulebook::load(Some(dir.path())).expect("the institution's own rules hold");
    assert!(book.workflows().all(|w| w.id != "rectification"));
    assert!(book.workflows().any(|w| w.id == "request"));
    assert!(book.left_out().iter().any(|f| f.message.contains("part")), "{:?}", book.left_out());
}
