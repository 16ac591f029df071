//! rulebook/mechanisms/*.toml.

use model::rule::Mechanism;

use crate::cadence::cadence;
use crate::fault::Faults;
use crate::link::{Kind, Links};
use crate::tree::Table;

/// Reads a mechanism.
pub(crate) fn read(id: &str, mut table: Table, faults: &mut Faults, links: &mut Links) -> Option<Mechanism> {
    let title_span = table.span.clone();
    let title = match table.spanned_text("title", faults) {
        Some((t, span)) if !t.is_empty() => {
            links.name(Kind::Mechanism, &t, id, faults.at(&span));
            Some(t)
        }
        _ => {
            faults.say(&title_span, "制度缺少“title”", "");
            None
        }
    };
    let mut aliases = Vec::new();
    for (alias, span) in table.spanned_texts("aliases", faults) {
        links.name(Kind::Mechanism, &alias, id, faults.at(&span));
        aliases.push(alias);
    }
    let mut brings = Vec::new();
    for (rule, span) in table.spanned_texts("brings", faults) {
        links.to(Kind::Obligation, &rule, faults.at(&span));
        brings.push(rule);
    }
    let ledger = table.spanned_text("ledger", faults).map(|(l, span)| {
        links.to(Kind::Ledger, &l, faults.at(&span));
        l
    });
    let suggests = table.take("suggests").and_then(|n| {
        let span = n.span.clone();
        cadence(n, faults, links).map(|c| (c, span))
    });
    let suggests_reason = table.text("suggests_reason", faults);
    if let Some((_, span)) = &suggests
        && suggests_reason.is_empty()
    {
        faults.say(span, "建议频次没有说明理由", "加一行 suggests_reason = \"…\"，经办人会看到这句话。");
    }
    let not_within = table.texts("not_within", faults);
    table.finish(faults);
    Some(Mechanism {
        id: id.to_owned(),
        title: title?,
        aliases,
        brings,
        ledger,
        suggests: suggests.map(|(c, _)| c),
        suggests_reason,
        not_within,
    })
}
