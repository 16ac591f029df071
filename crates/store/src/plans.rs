//! Plans: every save of a draft is a revision; publishing makes the obligations and duties of the year.

use std::io::{Read as _, Write as _};

use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};
use jiff::{Timestamp, civil::Date};
use model::{AccountId, Duty, DutyId, InstitutionId, Obligation, ObligationId, PlanId, SourceText, UnitId};
use sea_orm::Value;

use crate::{
    Act, Opening, Store, StoreError,
    act::Saved,
    book,
    row::{Columns, args, from_json, to_json},
    sha256,
    sql::Parts,
    tally::Kept,
    write::{Touches, Write},
};

/// A file as it was handed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What a save of a plan brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanSave {
    /// Title.
    pub title: String,
    /// The year that it plans.
    pub year: i16,
    /// The unit that issues it; none for the institution's own.
    pub issuer: Option<UnitId>,
    /// The file, when one was handed in with this save; the file of the revision before stays otherwise.
    pub file: Option<File>,
    /// The text read from it; that of the revision before stays otherwise. A first save must bring one.
    pub source: Option<SourceText>,
    /// What the compiler and the clerk made of it, JSON, opaque to the store.
    pub review: String,
}

/// A plan without its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanHead {
    /// Identifier.
    pub id: PlanId,
    /// Title.
    pub title: String,
    /// The year that it plans.
    pub year: i16,
    /// The unit that issues it; none for the institution's own.
    pub issuer: Option<UnitId>,
    /// Its newest revision.
    pub revision: u32,
    /// When it was handed in.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: Option<AccountId>,
    /// Day from which the first publication of it is known; none while it is a draft.
    pub since: Option<Date>,
    /// The newest publication; none while it is a draft. When its revision is not the plan's, changes wait.
    pub published: Option<Published>,
}

/// That a revision of a plan was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// Which revision.
    pub revision: u32,
    /// Day from which its duties are known.
    pub made: Date,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub account: Option<AccountId>,
}

/// One revision of a plan, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanRevision {
    /// Which plan.
    pub plan: PlanId,
    /// From 1.
    pub revision: u32,
    /// Title.
    pub title: String,
    /// The year that it plans.
    pub year: i16,
    /// Name of the file.
    pub file_name: String,
    /// SHA-256 of the file, by which [`Store::blob`] gives it; none when there was none.
    pub file_hash: Option<Vec<u8>>,
    /// The text.
    pub source: SourceText,
    /// What the compiler and the clerk made of it, JSON.
    pub review: String,
    /// When it was saved.
    pub at: Timestamp,
    /// By whom.
    pub account: Option<AccountId>,
}

/// What publishing brings about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Publication {
    /// Day from which the duties are known.
    pub made: Date,
    /// What begins to be asked, the standing rules that run with it among that; and what was written down for dropped
    /// duties and counts for new ones.
    pub opening: Opening,
    /// Obligations of an earlier version that this one no longer asks.
    pub end_obligations: Vec<ObligationId>,
    /// Duties of an earlier version that are dropped from `made` on.
    pub drop_duties: Vec<DutyId>,
    /// Obligations of an earlier version that go on, as they are written and where they stand now. What they demand
    /// is not changed by it.
    pub follow: Vec<Obligation>,
    /// The institution's change number as of which this was worked out, where it rests on how duties stand; publishing
    /// is refused when something was written since.
    pub as_of: Option<i64>,
}

const HEAD: &str = "select p.id, p.title, p.year, p.issuer_id, p.revision, p.created_at, p.created_by, (select min(f.made) from publication f \
                    where f.institution_id = p.institution_id and f.plan_id = p.id), b.revision, b.made, b.at, \
                    b.account_id from plan p left join publication b on b.institution_id = p.institution_id \
                    and b.plan_id = p.id and b.revision = (select max(x.revision) from publication x \
                    where x.institution_id = p.institution_id and x.plan_id = p.id) where p.institution_id = $1";

fn head(c: &mut Columns<'_>) -> Result<PlanHead, StoreError> {
    Ok(PlanHead {
        id: c.get()?,
        title: c.get()?,
        year: c.get()?,
        issuer: c.opt()?,
        revision: c.get()?,
        created_at: c.get()?,
        created_by: c.opt()?,
        since: c.opt()?,
        published: {
            let (revision, made, at, account): (Option<u32>, Option<Date>, Option<Timestamp>, _) =
                (c.opt()?, c.opt()?, c.opt()?, c.opt()?);
            match (revision, made, at) {
                (Some(revision), Some(made), Some(at)) => Some(Published { revision, made, at, account }),
                _ => None,
            }
        },
    })
}

const REVISION: &str = "select r.plan_id, r.revision, r.title, r.year, r.file_name, r.file_hash, s.bytes, r.review, \
                        r.packed, r.at, r.account_id from plan_revision r join blob s on s.institution_id = r.institution_id \
                        and s.hash = r.source_hash where r.institution_id = $1 and r.plan_id = $2 and r.revision = $3";

fn revision(c: &mut Columns<'_>) -> Result<PlanRevision, StoreError> {
    Ok(PlanRevision {
        plan: c.get()?,
        revision: c.get()?,
        title: c.get()?,
        year: c.get()?,
        file_name: c.get()?,
        file_hash: c.opt()?,
        source: {
            let bytes: Vec<u8> = c.get()?;
            serde_json::from_slice(&bytes)
                .map_err(|e| StoreError::Internal(format!("the stored text cannot be read: {e}")))?
        },
        review: {
            let (plain, packed): (String, Option<Vec<u8>>) = (c.get()?, c.opt()?);
            packed.map_or(Ok(plain), |bytes| unpacked(&bytes))?
        },
        at: c.get()?,
        account: c.opt()?,
    })
}

/// A review, deflated. Every revision keeps its own whole: packed it is a tenth, and any of them can be shown or gone
/// back to without the others, which keeping only what changed would not allow.
fn packed(review: &str) -> Result<Vec<u8>, StoreError> {
    let mut out = DeflateEncoder::new(Vec::new(), Compression::default());
    out.write_all(review.as_bytes())
        .and_then(|()| out.finish())
        .map_err(|e| StoreError::Internal(format!("the review cannot be packed: {e}")))
}

fn unpacked(bytes: &[u8]) -> Result<String, StoreError> {
    let mut out = String::new();
    DeflateDecoder::new(bytes)
        .read_to_string(&mut out)
        .map_err(|e| StoreError::Internal(format!("the stored review cannot be read: {e}")))?;
    Ok(out)
}

pub(crate) fn duty_row(institution: InstitutionId, made: Date, change: i64, duty: &Duty) -> Vec<Value> {
    let Duty { id, obligation, unit, person, title, starts, planned, due, seq, need, rules, year } = duty;
    args![
        institution,
        id,
        obligation,
        unit,
        person,
        title,
        starts,
        planned,
        due,
        seq,
        need,
        rules,
        year,
        made,
        change
    ]
}

impl Store {
    /// Keeps bytes, once; their SHA-256, by which they are found.
    ///
    /// # Errors
    /// [`StoreError::Full`] when the disk is full.
    pub async fn keep_blob(
        &self,
        institution: InstitutionId,
        bytes: &[u8],
        act: &Act,
    ) -> Result<[u8; 32], StoreError> {
        let write = self.write(institution, act, Touches::Other).await?;
        let hash = keep(&write, bytes).await?;
        write.commit().await?;
        Ok(hash)
    }

    /// The bytes with this SHA-256.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when the institution has none such.
    pub async fn blob(&self, institution: InstitutionId, hash: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.row(
            "select bytes from blob where institution_id = $1 and hash = $2",
            args![institution, hash],
            |c| c.get(),
        )
        .await?
        .ok_or(StoreError::NotFound)
    }

    /// Keeps a new plan as its first revision. The same id sent again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Constraint`] `plan_source` when the save brings no text.
    pub async fn create_plan(
        &self,
        institution: InstitutionId,
        id: PlanId,
        save: &PlanSave,
        act: &Act,
    ) -> Result<Saved<PlanRevision>, StoreError> {
        self.save_plan(institution, id, 0, save, act).await
    }

    /// Keeps a plan's next revision, when `based_on` is still the newest; else nothing is changed, and the newest
    /// comes back, so that the page can show both.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such plan and `based_on` is not 0.
    pub async fn save_plan(
        &self,
        institution: InstitutionId,
        id: PlanId,
        based_on: u32,
        save: &PlanSave,
        act: &Act,
    ) -> Result<Saved<PlanRevision>, StoreError> {
        let PlanSave { title, year, issuer, file, source, review } = save;
        let write = self.write(institution, act, Touches::Other).await?;
        let newest = write
            .row(
                "select revision from plan where institution_id = $1 and id = $2",
                args![institution, id],
                |c| c.get::<u32>(),
            )
            .await?;
        if newest.unwrap_or(0) != based_on {
            let Some(newest) = newest else {
                return Err(StoreError::NotFound);
            };
            let newest = read_revision(&write, id, newest).await?;
            let next = read_revision(&write, id, based_on + 1).await?;
            write.abandon().await?;
            let same = next.title == *title
                && next.year == *year
                && next.review == *review
                && source.as_ref().is_none_or(|s| *s == next.source);
            return Ok(if same { Saved::Already(newest) } else { Saved::Stale(newest) });
        }
        let before = match newest {
            Some(revision) => Some(
                write
                    .row(
                        "select file_name, file_hash, source_hash from plan_revision \
                         where institution_id = $1 and plan_id = $2 and revision = $3",
                        args![institution, id, revision],
                        |c| Ok((c.get::<String>()?, c.opt::<Vec<u8>>()?, c.get::<Vec<u8>>()?)),
                    )
                    .await?
                    .ok_or(StoreError::NotFound)?,
            ),
            None => None,
        };
        let (mut file_name, mut file_hash, mut source_hash) = match before {
            Some((name, file, source)) => (name, file, Some(source)),
            None => (String::new(), None, None),
        };
        if let Some(source) = source {
            source_hash = Some(keep(&write, to_json(source)?.as_bytes()).await?.to_vec());
            file_name.clone_from(&source.name);
        }
        if let Some(File { name, bytes }) = file {
            file_hash = Some(keep(&write, bytes).await?.to_vec());
            file_name.clone_from(name);
        }
        let Some(source_hash) = source_hash else {
            return Err(StoreError::Constraint("plan_source".to_owned()));
        };
        let next = based_on + 1;
        write.changes(Kept::PlanRevisions, [id.0]).await?;
        write
            .execute(
                "insert into plan (institution_id, id, title, year, issuer_id, revision, created_at, created_by) \
                 values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (institution_id, id) \
                 do update set title = excluded.title, year = excluded.year, issuer_id = excluded.issuer_id, \
                 revision = excluded.revision",
                args![institution, id, title, year, issuer, next, write.at, write.account],
            )
            .await?;
        write
            .execute(
                "insert into plan_revision (institution_id, plan_id, revision, title, year, file_name, file_hash, \
                 source_hash, review, packed, at, account_id, address) \
                 values ($1, $2, $3, $4, $5, $6, $7, $8, '', $9, $10, $11, $12)",
                args![
                    institution,
                    id,
                    next,
                    title,
                    year,
                    file_name,
                    file_hash,
                    source_hash,
                    packed(review)?,
                    write.at,
                    write.account,
                    write.address
                ],
            )
            .await?;
        let saved = read_revision(&write, id, next).await?;
        write.commit().await?;
        Ok(Saved::Done(saved))
    }

    /// Every plan, the newest year first.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn plans(&self, institution: InstitutionId) -> Result<Vec<PlanHead>, StoreError> {
        self.rows(&format!("{HEAD} order by p.year desc, p.id desc"), args![institution], head).await
    }

    /// One plan, without its text.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none.
    pub async fn plan(&self, institution: InstitutionId, id: PlanId) -> Result<PlanHead, StoreError> {
        self.row(&format!("{HEAD} and p.id = $2"), args![institution, id], head)
            .await?
            .ok_or(StoreError::NotFound)
    }

    /// A revision of a plan with its text; the newest when none is named.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none.
    pub async fn plan_revision(
        &self,
        institution: InstitutionId,
        id: PlanId,
        number: Option<u32>,
    ) -> Result<PlanRevision, StoreError> {
        let number = match number {
            Some(number) => number,
            None => self.plan(institution, id).await?.revision,
        };
        self.row(REVISION, args![institution, id, number], revision).await?.ok_or(StoreError::NotFound)
    }

    /// Who saved which revision of a plan when, newest first.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn plan_history(
        &self,
        institution: InstitutionId,
        id: PlanId,
    ) -> Result<Vec<(u32, Timestamp, Option<AccountId>)>, StoreError> {
        self.rows(
            "select revision, at, account_id from plan_revision where institution_id = $1 and plan_id = $2 \
             order by revision desc",
            args![institution, id],
            |c| Ok((c.get()?, c.get()?, c.opt()?)),
        )
        .await
    }

    /// Every publication of a plan, newest first.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn publications(
        &self,
        institution: InstitutionId,
        id: PlanId,
    ) -> Result<Vec<Published>, StoreError> {
        self.rows(
            "select revision, made, at, account_id from publication where institution_id = $1 and plan_id = $2 \
             order by revision desc",
            args![institution, id],
            |c| Ok(Published { revision: c.get()?, made: c.get()?, at: c.get()?, account: c.opt()? }),
        )
        .await
    }

    /// Publishes revision `based_on` of a plan: its obligations and duties are there, all or none. Published already,
    /// nothing happens; another revision being the newest, nothing happens either, and the plan comes back as it is.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such plan, or a duty that is to be dropped has been dropped before;
    /// [`StoreError::Conflict`] when something was written after `as_of`.
    pub async fn publish(
        &self,
        institution: InstitutionId,
        id: PlanId,
        based_on: u32,
        publication: &Publication,
        act: &Act,
    ) -> Result<Saved<PlanHead>, StoreError> {
        let Publication { made, opening, end_obligations, drop_duties, follow, as_of } = publication;
        let write = self.write(institution, act, Touches::Facts).await?;
        let since = write.change - 1;
        let stands = write
            .row(&format!("{HEAD} and p.id = $2"), args![institution, id], head)
            .await?
            .ok_or(StoreError::NotFound)?;
        if stands.published.as_ref().is_some_and(|p| p.revision == based_on) {
            write.abandon().await?;
            return Ok(Saved::Already(stands));
        }
        if stands.revision != based_on {
            write.abandon().await?;
            return Ok(Saved::Stale(stands));
        }
        if as_of.is_some_and(|change| change != since) {
            write.abandon().await?;
            return Err(StoreError::Conflict);
        }
        write
            .execute(
                "insert into publication (institution_id, plan_id, revision, made, at, account_id, address) \
                 values ($1, $2, $3, $4, $5, $6, $7)",
                args![institution, id, based_on, made, write.at, write.account, write.address],
            )
            .await?;
        let changed = end_obligations.iter().copied().chain(follow.iter().map(|o| o.id));
        write.changes(Kept::Obligations, changed.map(|o| o.0)).await?;
        let ends = end_obligations.iter().map(|o| o.0);
        let mut end = Parts::new(
            self.dialect,
            "update obligation set ended = $2, ended_revision = $3 where institution_id = $1 and ended is null",
            args![institution, made, based_on],
        );
        end.one_of(" and ", "id", ends);
        expect_all(write.execute(&end.sql, end.args).await?, end_obligations.len())?;
        write.drop_duties(drop_duties, *made).await?;
        write.open(opening, Some((id, based_on)), *made).await?;
        for o in follow {
            let touched = write
                .execute(
                    "update obligation set key = $3, body = $4 where institution_id = $1 and id = $2",
                    args![institution, o.id, o.key, to_json(o)?],
                )
                .await?;
            expect_all(touched, 1)?;
        }
        let stands = write
            .row(&format!("{HEAD} and p.id = $2"), args![institution, id], head)
            .await?
            .ok_or(StoreError::NotFound)?;
        write.commit().await?;
        Ok(Saved::Done(stands))
    }

    /// What a plan asks, with the day from which it no longer does; in the order of publishing.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn obligations(
        &self,
        institution: InstitutionId,
        plan: PlanId,
    ) -> Result<Vec<(Obligation, Option<Date>)>, StoreError> {
        self.rows(
            "select body, year, ended from obligation where institution_id = $1 and plan_id = $2 order by id",
            args![institution, plan],
            |c| Ok((book::obligation(c)?, c.opt()?)),
        )
        .await
    }

    /// One obligation.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none.
    pub async fn obligation(
        &self,
        institution: InstitutionId,
        id: ObligationId,
    ) -> Result<Obligation, StoreError> {
        self.row(
            "select body, year from obligation where institution_id = $1 and id = $2",
            args![institution, id],
            book::obligation,
        )
        .await?
        .ok_or(StoreError::NotFound)
    }
}

/// That a statement touched every row that was named.
pub(crate) fn expect_all(touched: u64, named: usize) -> Result<(), StoreError> {
    if usize::try_from(touched) == Ok(named) { Ok(()) } else { Err(StoreError::NotFound) }
}

async fn keep(write: &Write, bytes: &[u8]) -> Result<[u8; 32], StoreError> {
    let hash = sha256(bytes);
    write
        .execute(
            "insert into blob (institution_id, hash, bytes, at) values ($1, $2, $3, $4) \
             on conflict (institution_id, hash) do nothing",
            args![write.institution, &hash[..], bytes, write.at],
        )
        .await?;
    Ok(hash)
}

async fn read_revision(write: &Write, id: PlanId, number: u32) -> Result<PlanRevision, StoreError> {
    write.row(REVISION, args![write.institution, id, number], revision).await?.ok_or(StoreError::NotFound)
}

impl PlanRevision {
    /// The review as the type that was saved.
    ///
    /// # Errors
    /// [`StoreError::Internal`] when it is not a `T`.
    pub fn review_as<T: serde::de::DeserializeOwned>(&self) -> Result<T, StoreError> {
        from_json(&self.review)
    }
}
