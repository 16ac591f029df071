//! `luoshi carry`: an upper plan beside the one that carries it out.

use std::path::Path;

use compiler::{Clause, Context, Level, Upheld, compile, counts, uphold, uphold_to_json};
use model::{Cadence, Organisation};
use rulebook::Rulebook;

use super::{FAULTY, Refusal, WELL, document, json_page, real_day, say};

/// Prints clause by clause what carries it; the status says whether anything is to be said of one.
pub(super) fn run(upper: &Path, lower: &Path, json: bool) -> Result<u8, Refusal> {
    let rulebook = Rulebook::built_in().map_err(|faults| super::rulebook::refusal(&faults))?;
    let (above, below) = (document(upper)?, document(lower)?);
    let plans = [&above, &below].map(plan::read);
    let [up, low] = &plans;
    let year = up.year.or(low.year).unwrap_or_else(|| real_day().year());
    let context = Context { year, today: None };
    let nobody = Organisation::default();
    let compiled = [
        compile(&above, up, &rulebook, &nobody, &context),
        compile(&below, low, &rulebook, &nobody, &context),
    ];
    let [of_upper, of_lower] = &compiled;
    let all = uphold(
        Level { source: &above, plan: up, compilation: of_upper },
        Level { source: &below, plan: low, compilation: of_lower },
    );
    say(&if json {
        json_page(&uphold_to_json(&above, &below, &all))
    } else {
        page(&above.name, &below.name, &all)
    });
    Ok(if all.iter().all(Upheld::is_well) { WELL } else { FAULTY })
}

fn place(clause: &Clause) -> String {
    let number = if clause.number.is_empty() { (clause.item + 1).to_string() } else { clause.number.clone() };
    format!("{number}. {}", clause.text)
}

fn page(upper: &str, lower: &str, all: &[Upheld]) -> String {
    let mut out = format!("{upper} ← {lower}\n");
    for upheld in all {
        let asked =
            upheld.clause.cadence.as_ref().map(|c| format!("（{}）", Cadence::words(c))).unwrap_or_default();
        out.push_str(&format!("\n{}{asked}\n", place(&upheld.clause)));
        for (clause, _) in &upheld.by {
            let who = if clause.bearers.is_empty() {
                String::new()
            } else {
                format!("　{}", clause.bearers.join("、"))
            };
            out.push_str(&format!("  ← {}{who}\n", place(clause)));
        }
        if upheld.by.is_empty() {
            out.push_str("  没有承接\n");
        }
        for (word, told) in [("要求低了", &upheld.less), ("日子晚了", &upheld.later)] {
            if let Some(told) = told {
                let given = if told.given.is_empty() { "没有写" } else { told.given.as_str() };
                out.push_str(&format!("  {word}：上级{}，本级{given}\n", told.asked));
            }
        }
        if upheld.nobody {
            out.push_str("  没有人承担\n");
        }
    }
    let c = counts(all);
    out.push_str(&format!(
        "\n{}条：承接好的{}条，没有承接的{}条，要求低了的{}条，日子晚了的{}条，没有人承担的{}条\n",
        c.clauses, c.well, c.none, c.less, c.later, c.nobody
    ));
    out
}
