//! The labelled documents that stand outside the repository, scored by the program beside them.

use std::process::Command;
use std::{env, fs};

use model::SourceText;
use serde_json::Value;

/// Macro-averages that must be reached.
const LEAST: [(&str, f64); 8] = [
    ("items", 0.99),
    ("sections", 0.99),
    ("titles", 0.98),
    ("lead", 0.98),
    ("responsible", 0.98),
    ("cadences", 0.95),
    ("deadlines", 0.95),
    ("regulations", 0.99),
];

#[test]
fn labelled_documents() {
    let Some(folder) = testkit::shared("plans") else { return };
    let scorer = folder.join("score.py");
    let out = env::temp_dir().join(format!("luoshi-scored-{}", std::process::id()));
    fs::create_dir_all(&out).expect("the folder for temporary files can be written to");
    let mut count = 0;
    for entry in fs::read_dir(&folder).expect("the folder of documents can be listed").flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|x| x == "txt") {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let text = fs::read_to_string(&path).expect("the labelled documents are UTF-8");
            let plan = plan::to_json(&plan::read(&SourceText::from_plain(&name, &text)));
            fs::write(out.join(format!("{name}.pred.json")), plan.to_string())
                .expect("a prediction can be written");
            count += 1;
        }
    }
    let run =
        Command::new("python3").arg(&scorer).args(["--json", "--pred-dir"]).arg(&out).arg(&folder).output();
    fs::remove_dir_all(&out).expect("the temporary folder can be removed");
    let Ok(run) = run else {
        return testkit::skipped("the labelled documents: python3, which runs the scorer, is not installed");
    };
    let report: Value = serde_json::from_slice(&run.stdout).unwrap_or_else(|fault| {
        panic!("the scorer printed no JSON ({fault}): {}", String::from_utf8_lossy(&run.stderr));
    });
    assert!(count > 0, "the folder holds documents");
    for (figure, least) in LEAST {
        let value = report["macro"][figure].as_f64().unwrap_or(0.0);
        assert!(value >= least, "{figure} is {value:.3}, below {least}");
    }
}
