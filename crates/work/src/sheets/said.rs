//! What a unit answers of items without a record, and what another agrees to. Nothing that was said is changed: who says
//! something else says it after.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use model::{AccountId, CaseId, UnitId};
use runtime::sheet::{Answer, Basis, Fraction, Seen};
use serde_json::json;
use store::{SheetSaid, StoreError};
use uuid::Uuid;

use super::campaign::{Campaign, Row};
use super::figures::{Figures, figures};
use super::send::values;
use crate::{Actor, Fault, Right, Work};

/// Characters of what is said of an item.
pub(super) const WORDS: usize = 200;

/// What a unit says of an item without a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Says {
    /// It was not done.
    NotDone,
    /// It was done, and is recorded somewhere else.
    Elsewhere,
    /// It was done, and has been entered since.
    Since,
    /// It is not theirs.
    NotOurs,
}

impl Says {
    /// Every answer with its id and its word.
    pub const ALL: [(Self, &'static str, &'static str); 4] = [
        (Self::NotDone, "not_done", "没有办"),
        (Self::Elsewhere, "elsewhere", "办了，记在别处"),
        (Self::Since, "since", "办了，后来补记了"),
        (Self::NotOurs, "not_ours", "不归我们"),
    ];

    /// The answer of this id.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known, _)| *known == id).map(|(says, ..)| *says)
    }

    /// Its id.
    #[must_use]
    pub fn id(self) -> &'static str {
        Self::ALL.iter().find(|(says, ..)| *says == self).map_or("", |(_, id, _)| id)
    }

    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(says, ..)| *says == self).map_or("", |(.., word)| word)
    }

    /// Whether it is a claim, to which another has to agree. Only that something was not done is taken at its word.
    #[must_use]
    pub fn is_claim(self) -> bool {
        self != Self::NotDone
    }
}

/// What was said of an item last, and what another said to that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// What.
    pub says: Says,
    /// In which words.
    pub words: String,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub account: Option<AccountId>,
    /// Whether somebody agreed, with their words; none while nobody has said so or otherwise.
    pub ruled: Option<(bool, String)>,
}

impl Spoken {
    /// What it makes of the item.
    #[must_use]
    pub fn answer(&self) -> Answer {
        let agreed = matches!(self.ruled, Some((true, _)));
        match (self.says, agreed) {
            (Says::NotDone, _) => Answer::NotDone,
            (Says::NotOurs, true) => Answer::NotOurs,
            (_, true) => Answer::Agreed,
            (_, false) => Answer::Claimed,
        }
    }

    /// What was said, in words.
    #[must_use]
    pub fn said(&self) -> String {
        match self.words.as_str() {
            "" => self.says.word().to_owned(),
            words => format!("{}：{words}", self.says.word()),
        }
    }
}

/// What stands of all that was said of a row.
#[must_use]
pub(super) fn spoken<'s>(all: impl Iterator<Item = &'s SheetSaid>) -> BTreeMap<Basis, Spoken> {
    let mut out: BTreeMap<Basis, Spoken> = BTreeMap::new();
    for said in all {
        let Ok(basis) = serde_json::from_str::<Basis>(&said.item) else { continue };
        if let Some(says) = Says::of(&said.says) {
            let words = said.words.clone();
            out.insert(basis, Spoken { says, words, at: said.at, account: said.account, ruled: None });
        } else if let Some(spoken) = out.get_mut(&basis) {
            spoken.ruled = Some((said.says == AGREED, said.words.clone()));
        }
    }
    out
}

/// What stands of all that was said of a row of a check.
///
/// # Errors
/// When the store cannot read.
pub async fn said_of(
    work: &Work,
    campaign: &Campaign<'_>,
    unit: UnitId,
) -> Result<BTreeMap<Basis, Spoken>, Fault> {
    let said = work.store.sheet_said(campaign.institution(), campaign.row.id, Some(unit.0)).await?;
    Ok(spoken(said.iter()))
}

const AGREED: &str = "agreed";
const REFUSED: &str = "refused";

pub(super) fn row_of(
    case: CaseId,
    unit: UnitId,
    basis: &Basis,
    says: &str,
    words: &str,
) -> Result<SheetSaid, Fault> {
    Ok(SheetSaid {
        id: Uuid::now_v7(),
        case,
        row: unit.0,
        item: serde_json::to_string(basis).map_err(anyhow::Error::from)?,
        says: says.to_owned(),
        words: words.trim().to_owned(),
        at: Timestamp::UNIX_EPOCH,
        account: None,
    })
}

/// Whether an account may say something to what a unit claims: it runs the check or looks at the row, and answers for
/// somebody else than the unit.
#[must_use]
pub fn may_rule(actor: &Actor, campaign: &Campaign<'_>, row: &Row) -> bool {
    let own = actor.own_units(Right::Record).contains(&row.unit);
    !own && (campaign.runs(actor) || campaign.looks_at(actor, row))
}

/// Agrees to what a unit claims of these items, or does not.
///
/// # Errors
/// [`Fault::NotFound`] when the account may not; [`Fault::Conflict`] when nothing is claimed, or by the account itself.
pub async fn rule(
    work: &Work,
    actor: &Actor,
    (case, unit): (CaseId, UnitId),
    items: &BTreeSet<Basis>,
    agrees: bool,
    words: &str,
) -> Result<usize, Fault> {
    let campaign = Campaign::seen(work, actor, case).await?;
    let row = campaign.row_of(unit).ok_or_else(|| Fault::not_found("这个单位的自查表"))?;
    if !may_rule(actor, &campaign, row) {
        return Err(Fault::not_found("这个单位的自查表"));
    }
    if words.chars().count() > WORDS {
        return Err(Fault::field("words", format!("最多 {WORDS} 个字。")));
    }
    if !agrees && words.trim().is_empty() {
        return Err(Fault::field("words", "不认可的，写明为什么。"));
    }
    let stands = said_of(work, &campaign, unit).await?;
    let mut all = Vec::new();
    for basis in items {
        if !stands.get(basis).is_some_and(|s| s.says.is_claim() && s.ruled.is_none()) {
            return Err(Fault::Conflict("这一项没有等认可的说明，刷新再看。".to_owned()));
        }
        all.push(row_of(case, unit, basis, if agrees { AGREED } else { REFUSED }, words)?);
    }
    if all.is_empty() {
        return Err(Fault::field("item", "先勾选要认可的。"));
    }
    let authors: Vec<AccountId> = items.iter().filter_map(|b| stands.get(b)?.account).collect();
    let act = actor.act(work, "sheet.rule").on(case).with(json!({
        "title": campaign.row.title, "unit": actor.known.unit_name(unit), "items": all.len(), "agrees": agrees,
    }));
    match work.store.say_to(actor.institution, &all, &authors, &act).await {
        Ok(()) => Ok(all.len()),
        Err(StoreError::Constraint(name)) if name == "own_request" => {
            Err(Fault::Conflict("自己说的，由别人认可。".to_owned()))
        }
        Err(other) => Err(other.into()),
    }
}

/// A row, filled: its figures with all that was said of it.
pub struct Settled {
    /// What the Book shows.
    pub figures: Figures,
    /// What was said of items.
    pub spoken: BTreeMap<Basis, Spoken>,
    /// The lines, in the order of the sheet.
    pub lines: Vec<runtime::sheet::Filled>,
}

impl Settled {
    /// How many items nobody has answered.
    #[must_use]
    pub fn unseen(&self) -> usize {
        self.lines.iter().map(|l| l.count(Seen::Unseen)).sum()
    }

    /// How many lines lack something: an item without a record, one that was not done, or one without what it asks.
    #[must_use]
    pub fn lacking(&self) -> usize {
        let lacks = |l: &&runtime::sheet::Filled| {
            l.items.iter().any(|i| !i.charged && matches!(i.seen, Seen::Unseen | Seen::Undone))
        };
        self.lines.iter().filter(lacks).count()
    }
}

/// What a late item is worth: a half.
fn half() -> Fraction {
    Fraction { part: 1, whole: 2 }
}

/// These rows, filled, each with what was said of it.
///
/// # Errors
/// When the store cannot read.
pub async fn settled(
    work: &Work,
    campaign: &Campaign<'_>,
    rows: &[&Row],
) -> Result<BTreeMap<UnitId, Settled>, Fault> {
    let only = match rows {
        [one] => Some(one.unit.0),
        _ => None,
    };
    let said = work.store.sheet_said(campaign.institution(), campaign.row.id, only).await?;
    let mut out = BTreeMap::new();
    for (unit, figures) in figures(work, campaign, rows).await? {
        let Some(row) = rows.iter().find(|r| r.unit == unit) else { continue };
        out.insert(unit, filled(campaign, row, figures, &said));
    }
    Ok(out)
}

/// The figures of a row with what was said of it.
pub(super) fn filled(campaign: &Campaign<'_>, row: &Row, figures: Figures, said: &[SheetSaid]) -> Settled {
    let spoken = spoken(said.iter().filter(|s| s.row == row.unit.0));
    let answers = spoken.iter().map(|(basis, s)| (basis.clone(), s.answer())).collect();
    let said =
        runtime::sheet::Said { answers, values: values(campaign, row), ..runtime::sheet::Said::default() };
    let lines = runtime::sheet::settle(campaign.sheet(), &figures.laid.bare(), &said, half());
    Settled { figures, spoken, lines }
}
