//! The labelled documents beside the repository: what the compiler says of documents that real offices published.

use std::fs;

use compiler::{Compiler, Context};
use model::{Organisation, SourceText};

use super::college::built_in;

/// Names of regulations in 《》 that the published documents themselves get wrong.
const MISTAKES: [&str; 3] = [
    "关于新形势下党内政治生活若干准则",
    "中国共产党员教育管理工作条例",
    "中国共产党统一战线工作条例（试行）",
];

#[test]
fn no_title_is_called_a_misquotation_that_is_none() {
    let Some(folder) = testkit::shared("plans") else { return };
    let entries = fs::read_dir(&folder).expect("the folder of documents can be listed");
    let rulebook = built_in();
    let compiler = Compiler::new(&rulebook);
    let mut read = 0;
    for path in entries.flatten().map(|e| e.path()).filter(|p| p.extension().is_some_and(|x| x == "txt")) {
        let text = fs::read_to_string(&path).expect("the labelled documents are UTF-8");
        let source = SourceText::from_plain("plan.txt", &text);
        let plan = plan::read(&source);
        let context = Context { year: plan.year.unwrap_or(2022), today: None };
        let out = compiler.compile(&source, &plan, &Organisation::default(), &context);
        for d in out.diagnostics.iter().filter(|d| ["L009", "L010", "L015"].contains(&d.code.as_str())) {
            let words: String = d.span.of(&source.text).split_whitespace().collect();
            assert!(MISTAKES.contains(&words.as_str()), "{}: {} {}", path.display(), d.message, d.help);
        }
        assert!(!out.diagnostics.iter().any(|d| d.code == "L007" || d.code == "L014"), "{}", path.display());
        read += 1;
    }
    assert!(read > 0, "the folder holds documents");
}
