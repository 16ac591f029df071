//! Under which number a unit is called during work.

use model::UnitId;

use crate::{Actor, Fault, Right, Work, over};

/// Characters of a number with its extension.
const NUMBER: usize = 30;

/// Says under which number a unit is called during work; an empty one takes it away. Anybody who keeps its records may.
///
/// # Errors
/// [`Fault::NotFound`] when the account keeps none of its records; [`Fault::Invalid`] when it is no number of an office.
pub async fn set_phone(work: &Work, actor: &Actor, unit: UnitId, phone: &str) -> Result<(), Fault> {
    actor.must_cover(Right::Record, unit)?;
    let phone = phone.trim();
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    let wrong = |words: &str| Err(Fault::field("phone", words));
    if let Some(words) = over(phone, NUMBER) {
        return wrong(&words);
    }
    if !phone.is_empty() && digits.len() < 3 {
        return wrong("写上电话号码，如 5601 2101 转 8。");
    }
    if digits.len() == 11 && digits.starts_with('1') {
        return wrong("这里写办公电话；个人手机号不写在这里。");
    }
    let act = actor.act(work, "unit.contact").on(unit);
    let contacts = [(unit, phone.to_owned())];
    Ok(work.store.set_contacts(actor.institution, &contacts, &act).await?)
}
