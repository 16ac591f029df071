//! 发通知: the record from which on the rows of a check are fixed.

use std::collections::BTreeSet;

use model::flow::{Lane, Path};
use model::rule::{Field, FieldType, Ledger};
use model::sheet::Carries;
use model::{CaseId, Entry, EntryId, UnitId, Value};

use super::campaign::Campaign;
use super::send::put;
use crate::{Actor, Fault, Right, Work};

/// What the record says beside its units.
#[derive(Clone, Debug)]
pub struct NoticeForm<'a> {
    /// The step.
    pub step: String,
    /// What the step is called.
    pub title: String,
    /// The ledger of the record.
    ledger: &'a Ledger,
    /// The field that names the units.
    units: String,
    /// Its long texts.
    pub fields: Vec<&'a Field>,
    /// The unit whose record it is.
    bearer: UnitId,
}

/// The form of the record that fixes the rows, for an account that may write it now; none where it is written already, or is
/// another's.
#[must_use]
pub fn notice_form<'a>(work: &'a Work, campaign: &Campaign<'_>, actor: &Actor) -> Option<NoticeForm<'a>> {
    let ask = campaign.workflow().step(campaign.carrier(Carries::Ask)?)?;
    let Some(Lane::Field(Path::Step { step, field })) = &ask.per else { return None };
    let open = campaign.open.iter().find(|o| o.step == *step && !o.disputed)?;
    let bearer = open.bearer.filter(|u| actor.covers(Right::Record, *u) && !campaign.fixed)?;
    let shown = campaign.workflow().step(step)?.shown_by.iter().find_map(|s| s.ledger.as_deref())?;
    let ledger = work.rulebook.ledger(shown)?;
    ledger.field(field).filter(|f| f.kind == FieldType::Units)?;
    let fields = ledger.fields.iter().filter(|f| f.kind == FieldType::LongText).collect();
    Some(NoticeForm {
        step: step.clone(),
        title: open.title.clone(),
        ledger,
        units: field.clone(),
        fields,
        bearer,
    })
}

/// Writes down which units are looked at: from then on they are the rows of the check. `id` is made with the form.
///
/// # Errors
/// [`Fault::NotFound`] when the account does not run the check; [`Fault::Conflict`] when its rows are fixed already;
/// [`Fault::Invalid`] when no unit is chosen, or one that is of none of the kinds that it looks at.
pub async fn notice(
    work: &Work,
    actor: &Actor,
    case: CaseId,
    (id, title): (EntryId, &str),
    units: &BTreeSet<UnitId>,
    fields: &[(String, Value)],
) -> Result<EntryId, Fault> {
    let campaign = Campaign::seen(work, actor, case).await?;
    if !campaign.runs(actor) {
        return Err(Fault::not_found("这次检查"));
    }
    let form = notice_form(work, &campaign, actor)
        .ok_or_else(|| Fault::Conflict("已经发过通知，单位定下了。".to_owned()))?;
    if title.trim().is_empty() {
        return Err(Fault::field("title", "写一句话，说明查什么。"));
    }
    let order = campaign.organisation().units.iter().map(|u| u.id);
    let meant: Vec<UnitId> = order.filter(|u| units.contains(u)).collect();
    let kinds = &campaign.sheet().scope.kinds;
    let fits = |u: &UnitId| campaign.organisation().unit(*u).is_some_and(|u| kinds.contains(&u.kind));
    if meant.is_empty() || meant.len() != units.len() || !meant.iter().all(fits) {
        return Err(Fault::field("units", "选上要查的单位。"));
    }
    let mut values: std::collections::BTreeMap<String, Value> = fields.iter().cloned().collect();
    values.insert(form.units.clone(), Value::Units(meant));
    if let Some(field) = form.ledger.fields.iter().find(|f| f.is_title()) {
        values.insert(field.id.clone(), Value::Text(title.trim().to_owned()));
    }
    let now = work.clock.now();
    let entry = Entry {
        id,
        unit: form.bearer,
        ledgers: vec![form.ledger.id.clone()],
        day: work.clock.today(),
        title: title.trim().to_owned(),
        values,
        revision: 0,
        entered_at: now,
        entered_by: actor.account,
        revised_at: now,
        withdrawn: false,
    };
    put(work, actor, case, entry).await
}
