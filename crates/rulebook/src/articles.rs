//! rulebook/articles.toml: what each article asks, how, and whether it may refuse a step.
//!
//! An institution's own file is laid over the built-in one: a row of the same id takes its place.

use std::collections::BTreeMap;

use model::flow::{Article, Modality, Rank};

use crate::fault::Faults;
use crate::link::{Kind, Links};
use crate::tree::Table;
use crate::words::meaning;

/// Reads `[article]`: a row for each demand, by its id.
pub(crate) fn read(
    mut file: Table,
    out: &mut BTreeMap<String, Article>,
    faults: &mut Faults,
    links: &mut Links,
) {
    if let Some(mut rows) = file.table("article", faults) {
        for field in rows.rest() {
            let Some((regulation, _)) = field.key.split_once(':') else {
                let help = "写成 \"法规编号:条\"，如 \"branch_2018:11d\"。";
                faults.say(&field.span, format!("条款的编号“{}”没有写明法规", field.key), help);
                continue;
            };
            links.to(Kind::Regulation, regulation, faults.at(&field.span));
            let Some(mut table) = Table::of(field.node, "条款", faults) else { continue };
            let no = table.text("no", faults);
            let says = table.text("says", faults);
            let modality = match table.spanned_text("modality", faults) {
                Some((word, at)) => meaning(&word, &at, &Modality::IDS, "约束程度", faults),
                None => None,
            };
            let rank = match table.spanned_text("level", faults) {
                Some((word, at)) => meaning(&word, &at, &Rank::IDS, "依据层级", faults),
                None => None,
            };
            let read = table.switch("read", faults);
            let refuses_at = table.span_of("refuses");
            let refuses = table.switch("refuses", faults);
            table.finish(faults);
            let (Some(modality), Some(rank)) = (modality, rank) else {
                faults.say(
                    &field.span,
                    format!("条款“{}”没有写明约束程度（modality）和层级（level）", field.key),
                    "",
                );
                continue;
            };
            if refuses && !(read && matches!(rank, Rank::National | Rank::Ministry)) {
                let help = "没有读过原文、或者不是全国和部委层级的，只提醒，不写 refuses。";
                let at = refuses_at.unwrap_or(field.span.clone());
                faults.say(&at, format!("条款“{}”不能拒绝环节", field.key), help);
            }
            let row = Article {
                id: field.key.clone(),
                regulation: regulation.to_owned(),
                no,
                says,
                modality,
                rank,
                read,
                refuses,
            };
            out.insert(field.key, row);
        }
    }
    file.finish(faults);
}
