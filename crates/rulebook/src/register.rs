//! rulebook/regulations/*.toml: titles that a document may cite.

use std::collections::BTreeMap;

use jiff::civil::Date;
use model::rule::Regulation;

use crate::fault::Faults;
use crate::link::{Kind, Links};
use crate::tree::{Table, is_id};

/// What the register files hold.
#[derive(Default)]
pub(crate) struct Register {
    pub(crate) regulations: BTreeMap<String, Regulation>,
    pub(crate) not_regulations: Vec<String>,
}

/// Reads one register file. `own` tells an institution's file, whose entries take the place of built-in ones.
pub(crate) fn read(
    mut file: Table,
    own: bool,
    register: &mut Register,
    faults: &mut Faults,
    links: &mut Links,
) {
    let mut here = Vec::new();
    for mut table in file.tables("regulation", faults) {
        let span = table.span.clone();
        let id = table.spanned_text("id", faults);
        let title = table.spanned_text("title", faults);
        let mut names = Vec::new();
        if let Some((t, at)) = &title {
            if t.contains(['《', '》']) {
                faults.say(at, "标题不带外层《》", "删去首尾的书名号；标题内的书名号写作〈〉。");
            }
            names.push((t.clone(), at.clone()));
        }
        let aliases = table.spanned_texts("aliases", faults);
        names.extend(aliases.iter().cloned());
        let issuer = table.text("issuer", faults);
        let issued = table.day("issued", faults);
        let effective = table.day("effective", faults);
        let replaced_by = table.spanned_text("replaced_by", faults);
        let replaced_on = table.spanned_day("replaced_on", faults);
        let seen = table.switch("seen", faults);
        table.finish(faults);
        let (Some((id, at)), Some((title, _))) = (id, title) else {
            faults.say(&span, "法规缺少“id”或“title”", "");
            continue;
        };
        if !is_id(&id) {
            faults.say(&at, format!("法规编号“{id}”只能用小写字母、数字、- 和 _"), "");
            continue;
        }
        if let Some((next, at)) = &replaced_by {
            links.to(Kind::Regulation, next, faults.at(at));
            if *next == id {
                faults.say(at, "法规不能由自己取代", "");
            }
        }
        if let (Some((_, at)), None) = (&replaced_on, &replaced_by) {
            faults.say(at, "写了取代日期，没有写明由哪一件取代（replaced_by）", "");
        }
        if here.contains(&id) || (!own && register.regulations.contains_key(&id)) {
            faults.say(&at, format!("法规编号“{id}”重复"), "");
            continue;
        }
        here.push(id.clone());
        if register.regulations.contains_key(&id) {
            links.forget(Kind::Regulation, &id);
        }
        for (name, at) in names {
            links.name(Kind::Regulation, &name, &id, faults.at(&at));
        }
        register.regulations.insert(
            id.clone(),
            Regulation {
                id,
                title,
                aliases: aliases.into_iter().map(|(a, _)| a).collect(),
                issuer,
                issued,
                effective,
                replaced_by: replaced_by.map(|(r, _)| r),
                replaced_on: replaced_on.map(|(d, _)| d),
                seen,
            },
        );
    }
    for title in file.texts("not_regulations", faults) {
        if !register.not_regulations.contains(&title) {
            register.not_regulations.push(title);
        }
    }
    file.finish(faults);
}

impl Register {
    /// Where a successor is known but not the day, the day on which the successor came into force stands in.
    pub(crate) fn fill_replaced_on(&mut self) {
        let starts: BTreeMap<String, Date> = self
            .regulations
            .values()
            .filter_map(|r| Some((r.id.clone(), r.effective.or(r.issued)?)))
            .collect();
        for r in self.regulations.values_mut() {
            if r.replaced_on.is_none() {
                r.replaced_on = r.replaced_by.as_ref().and_then(|next| starts.get(next).copied());
            }
        }
    }
}
