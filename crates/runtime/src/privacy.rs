//! Who may read what of a record: one rule, which every way out of it asks.

use model::Entry;
use model::rule::{Field, Ledger, Privacy};
use rulebook::Rulebook;

/// The narrowest privacy of a field in these forms, a table's columns included; none when no form has it.
#[must_use]
pub fn narrowest<'a>(forms: impl IntoIterator<Item = &'a Ledger>, field: &str) -> Option<Privacy> {
    let fields = forms.into_iter().flat_map(|l| &l.fields);
    fields.filter(|f| f.id == field).map(of_whole).max()
}

/// A table is read as a whole: as narrow as the narrowest of its columns.
fn of_whole(field: &Field) -> Privacy {
    field.rows.iter().map(of_whole).fold(field.privacy, Privacy::max)
}

/// Who may read a field of a record: the narrowest of what all its ledgers say, each by the form of the record's day and
/// by the newest one. A field that its forms do not have is as narrow as it is in any form of any ledger, for an id means
/// one fact everywhere; one that no form has is for few.
#[must_use]
pub fn privacy_of(entry: &Entry, field: &str, rulebook: &Rulebook) -> Privacy {
    let then = rulebook.ledgers_of(entry);
    let now = entry.ledgers.iter().filter_map(|id| rulebook.ledger(id));
    narrowest(then.into_iter().chain(now), field)
        .or_else(|| narrowest(rulebook.ledger_forms(), field))
        .unwrap_or(Privacy::Restricted)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::{Timestamp, civil::Date};
    use model::rule::FieldType;
    use model::{AccountId, EntryId, UnitId};

    use super::*;

    fn entry(ledgers: &[&str]) -> Entry {
        Entry {
            id: EntryId::fresh(),
            unit: UnitId::fresh(),
            ledgers: ledgers.iter().map(|l| (*l).to_owned()).collect(),
            day: Date::constant(2026, 4, 20),
            title: "谈话".to_owned(),
            values: BTreeMap::new(),
            revision: 1,
            entered_at: Timestamp::UNIX_EPOCH,
            entered_by: AccountId::fresh(),
            revised_at: Timestamp::UNIX_EPOCH,
            withdrawn: false,
        }
    }

    #[test]
    fn of_several_ledgers_the_narrowest_holds_in_whatever_order() {
        let rules = &Rulebook::built_in().unwrap();
        let of = |ledgers: &[&str], field: &str| privacy_of(&entry(ledgers), field, rules);
        assert_eq!(of(&["heart-talk"], "counterpart"), Privacy::Branch);
        assert_eq!(of(&["warning-talk"], "counterpart"), Privacy::Restricted);
        assert_eq!(of(&["heart-talk", "warning-talk"], "counterpart"), Privacy::Restricted);
        assert_eq!(of(&["warning-talk", "heart-talk"], "counterpart"), Privacy::Restricted);
        assert_eq!(of(&["general-work"], "content"), Privacy::Open);
        assert_eq!(of(&["general-work", "ethics-appraisal"], "content"), Privacy::Restricted);
    }

    #[test]
    fn a_table_is_as_narrow_as_its_narrowest_column() {
        let mut reason = Field::new("reason", "缓交原因", FieldType::Text);
        reason.privacy = Privacy::Restricted;
        let mut table = Field::new("paid", "交纳情况", FieldType::Rows);
        table.rows = vec![Field::new("amount", "金额", FieldType::Money), reason];
        let ledger = Ledger::new("dues", "党费", vec![table]);
        assert_eq!(narrowest([&ledger], "paid"), Some(Privacy::Restricted));
    }

    #[test]
    fn what_no_form_has_is_for_few() {
        let rules = &Rulebook::built_in().unwrap();
        assert_eq!(privacy_of(&entry(&["general-work"]), "no-such-field", rules), Privacy::Restricted);
        assert_eq!(privacy_of(&entry(&["no-such-ledger"]), "counterpart", rules), Privacy::Restricted);
        assert_eq!(privacy_of(&entry(&["general-work"]), "counterpart", rules), Privacy::Restricted);
    }
}
