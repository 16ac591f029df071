//! Small labelled texts, one for each way of writing: `cases/NAME.txt` is read and compared with `cases/NAME.json`,
//! which has the shape of [`plan::to_json`] without spans. Every mismatch of every case is listed.

use std::fs;
use std::path::Path;

use model::SourceText;
use serde_json::{Value, json};

/// The parts of a plan that the labels speak of.
fn labelled(plan: &Value) -> Value {
    let strip = |list: &Value, keys: &[&str]| -> Value {
        let objects = list.as_array().into_iter().flatten().map(|entry| {
            let kept =
                keys.iter().filter(|k| !entry[**k].is_null()).map(|k| ((*k).to_owned(), entry[*k].clone()));
            Value::Object(kept.collect())
        });
        Value::Array(objects.collect())
    };
    let items = plan["items"].as_array().into_iter().flatten().map(|item| {
        json!({
            "number": item["number"],
            "section": item["section"],
            "title": item["title"],
            "lead_units": item["lead_units"],
            "responsible_units": item["responsible_units"],
            "cadences": strip(&item["cadences"], &["text", "times", "per", "hours"]),
            "deadlines": strip(&item["deadlines"], &["text", "kind"]),
            "regulations": item["regulations"],
            "vague": item["vague"],
        })
    });
    json!({
        "title": plan["title"],
        "sections": strip(&plan["sections"], &["number", "title"]),
        "items": items.collect::<Vec<_>>(),
    })
}

/// Differences between a label and what was read, one a line. Vague words are compared where the label has them.
fn differences(path: &str, want: &Value, got: &Value, out: &mut Vec<String>) {
    match (want, got) {
        (Value::Object(a), Value::Object(b)) => {
            for (key, value) in a {
                differences(&format!("{path}.{key}"), value, b.get(key).unwrap_or(&Value::Null), out);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (n, (x, y)) in a.iter().zip(b).enumerate() {
                differences(&format!("{path}[{n}]"), x, y, out);
            }
        }
        _ if want == got => {}
        _ => out.push(format!("{path}: want {want}, got {got}")),
    }
}

#[test]
fn every_case_is_read_as_labelled() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut names: Vec<_> = fs::read_dir(&folder)
        .expect("the cases stand beside this test")
        .map(|entry| entry.expect("the folder can be listed").path())
        .filter(|path| path.extension().is_some_and(|x| x == "txt"))
        .collect();
    names.sort();
    assert!(names.len() >= 40, "only {} cases were found", names.len());
    let mut faults = Vec::new();
    for path in names {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).expect("a case is UTF-8");
        let label = fs::read_to_string(path.with_extension("json")).expect("each case has its label");
        let want: Value = serde_json::from_str(&label).expect("a label is JSON");
        let mut want_full = want.clone();
        for item in want_full["items"].as_array_mut().into_iter().flatten() {
            for cadence in item["cadences"].as_array_mut().into_iter().flatten() {
                // null and absent mean the same: no number is printed.
                if let Some(map) = cadence.as_object_mut() {
                    map.retain(|_, v| !v.is_null());
                }
            }
        }
        let got = labelled(&plan::to_json(&plan::read(&SourceText::from_plain(&name, &text))));
        differences(&name, &want_full, &got, &mut faults);
    }
    assert!(faults.is_empty(), "{} mismatches\n{}", faults.len(), faults.join("\n"));
}
