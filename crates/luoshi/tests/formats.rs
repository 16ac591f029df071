//! The same plan from files of every kind: what `luoshi read --json` makes of them.

use std::path::Path;
use std::process::Command;

fn read(name: &str) -> serde_json::Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../office/tests/files").join(name);
    let run = Command::new(env!("CARGO_BIN_EXE_luoshi"))
        .args(["read", "--json"])
        .arg(path)
        .output()
        .expect("a run");
    assert!(run.status.success(), "{name}: {}", String::from_utf8_lossy(&run.stderr));
    serde_json::from_slice(&run.stdout).expect("JSON")
}

/// One line for each item: number, title, leading units, responsible units, deadlines.
fn shown(name: &str) -> String {
    let plan = read(name);
    let words = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let list = |value: &serde_json::Value| {
        let all = value.as_array().into_iter().flatten();
        all.map(|v| if v.is_string() { words(v) } else { words(&v["text"]) }).collect::<Vec<_>>().join("、")
    };
    let mut out = words(&plan["title"]) + "\n";
    for item in plan["items"].as_array().expect("items") {
        out.push_str(&format!(
            "{} {} | {} | {} | {}\n",
            words(&item["number"]),
            words(&item["title"]),
            list(&item["lead_units"]),
            list(&item["responsible_units"]),
            list(&item["deadlines"])
        ));
    }
    out
}

#[test]
fn a_task_table_in_a_workbook() {
    insta::assert_snapshot!(shown("tasks.xlsx"));
    // The last row of the second sheet is a formula, whose value only the program that wrote the old file worked out.
    let without_formula = |name| shown(name).lines().take(6).collect::<Vec<_>>().join("\n");
    assert_eq!(without_formula("tasks.xls"), without_formula("tasks.xlsx"));
}

#[test]
fn a_plan_printed_to_pdf() {
    insta::assert_snapshot!(shown("printed.pdf"));
}

#[test]
fn a_plan_with_a_table_printed_by_a_browser() {
    insta::assert_snapshot!(shown("chromium.pdf"));
}

#[test]
fn a_task_table_over_several_pages_of_pdf() {
    insta::assert_snapshot!(shown("printed-table.pdf"));
}

#[test]
fn a_saved_web_page() {
    insta::assert_snapshot!(shown("page.html"));
}
