//! Work that is done beside the pages: asked for by one process, done by whichever takes it.
//!
//! A job is a row. Whoever takes it writes its own number into the row and says every few seconds that it lives; a job
//! whose holder has fallen silent is taken over. So what a job does must be safe to begin twice: one transaction whose second run the
//! database's state refuses, or steps that are known by their ids.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use model::{AccountId, InstitutionId, JobId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    Act, Store, StoreError,
    dialect::Dialect,
    people::belongs,
    row::{Columns, args, from_json, to_json, to_word},
    seal::Sealed,
    sql,
    write::Touches,
};

/// Seconds of silence after which a job's holder counts as dead.
const SILENCE: i64 = 60;
/// Pauses before a job is tried again, in seconds; after the last one it is given up.
const PAUSES: [i64; 4] = [10, 60, 5 * 60, 30 * 60];
/// How often a job is begun at most.
const MOST: u32 = 1 + PAUSES.len() as u32;
/// Ended jobs that one sweep throws away.
const AT_A_TIME: i64 = 500;
/// What is said of a job that was begun too often without coming to an end.
const BROKEN_OFF: &str = "做了几次都中断了，没有做成";

/// What kind of work it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// An import of the roster.
    PeopleImport,
    /// An import of the records of a ledger.
    EntryImport,
    /// An import of the tree of units.
    UnitImport,
    /// A list of records as a spreadsheet.
    EntryExport,
    /// The handbooks of many units.
    Handbooks,
    /// 迎检材料包.
    EvidencePack,
    /// The turn of the day: what became due, what is old and goes.
    Turn,
}

impl JobKind {
    /// In Chinese.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::PeopleImport => "导入名册",
            Self::EntryImport => "导入记录",
            Self::UnitImport => "导入组织",
            Self::EntryExport => "导出记录",
            Self::Handbooks => "工作手册",
            Self::EvidencePack => "迎检材料包",
            Self::Turn => "每日结转",
        }
    }
}

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Waits to be taken, for the first time or again.
    Waiting,
    /// Some process works on it.
    Running,
    /// It is done.
    Done,
    /// It was looked at and nothing was done, for a reason that whoever asked can do something about.
    Refused,
    /// It was tried as often as a job is tried, and given up.
    Failed,
    /// Taken back before it was begun.
    Cancelled,
}

impl JobState {
    /// Whether nothing more becomes of it by itself.
    #[must_use]
    pub fn has_ended(self) -> bool {
        !matches!(self, Self::Waiting | Self::Running)
    }
}

/// 任务.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Its institution.
    pub institution: InstitutionId,
    /// Identifier.
    pub id: JobId,
    /// What kind of work it is.
    pub kind: JobKind,
    /// What it works on: an import's id, a day. At most one job of a kind is open for it.
    pub subject: String,
    /// What whoever asked for it knows it by: the name of a file.
    pub name: String,
    /// What its work needs to know.
    pub body: Value,
    /// Who asked for it; nobody for what the program does by itself.
    pub account: Option<AccountId>,
    /// From where it was asked for.
    pub address: String,
    /// How far it is.
    pub state: JobState,
    /// How often it was begun.
    pub attempts: u32,
    /// When it is taken, at the earliest.
    pub next_at: Timestamp,
    /// How far it is, in percent, as its holder said last.
    pub percent: u8,
    /// What is being done.
    pub step: String,
    /// When it was asked for.
    pub made_at: Timestamp,
    /// When it was begun last.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// What came out; null before it is done.
    pub result: Value,
    /// Why it was not done, or not yet.
    pub error: String,
    /// Whether it has a file that can still be fetched.
    pub has_file: bool,
}

/// A job that is asked for.
#[derive(Clone, Debug)]
pub struct NewJob<'a> {
    /// Identifier: fresh, or, for what is done once, [`Store::once`].
    pub id: JobId,
    /// What kind of work it is.
    pub kind: JobKind,
    /// What it works on.
    pub subject: &'a str,
    /// What whoever asked for it knows it by.
    pub name: &'a str,
    /// What its work needs to know.
    pub body: Value,
    /// Who asks; nobody for what the program does by itself.
    pub account: Option<AccountId>,
    /// From where.
    pub address: &'a str,
    /// When.
    pub at: Timestamp,
}

/// How one run of a job ended.
#[derive(Clone, Debug)]
pub enum JobEnd {
    /// It is done: what came out, and the file that it made.
    Done(Value, Option<Arc<Vec<u8>>>),
    /// Nothing was done: why, in words for whoever asked.
    Refused(String),
    /// It broke off: why. Tried again after a pause, and given up after the last one.
    Broken(String),
}

const JOB: &str = "institution_id, id, kind, subject, name, body, account_id, address, state, attempts, next_at, \
                   percent, step, made_at, started_at, ended_at, result, error, sealed_key";

fn job(c: &mut Columns<'_>) -> Result<Job, StoreError> {
    Ok(Job {
        institution: c.get()?,
        id: c.get()?,
        kind: c.word()?,
        subject: c.get()?,
        name: c.get()?,
        body: c.json()?,
        account: c.opt()?,
        address: c.get()?,
        state: c.word()?,
        attempts: c.get()?,
        next_at: c.get()?,
        percent: u8::try_from(c.get::<u32>()?).unwrap_or(100),
        step: c.get()?,
        made_at: c.get()?,
        started_at: c.opt()?,
        ended_at: c.opt()?,
        result: match c.get::<String>()? {
            empty if empty.is_empty() => Value::Null,
            text => from_json(&text)?,
        },
        error: c.get()?,
        has_file: c.get::<u32>()? > 0,
    })
}

/// The instant before which a holder must have spoken to count as alive.
fn silent_since(now: Timestamp) -> Timestamp {
    now.checked_sub(SignedDuration::from_secs(SILENCE)).unwrap_or(Timestamp::MIN)
}

/// When a job that was begun so often is tried again; none when it is given up.
fn tried_again_at(attempts: u32, now: Timestamp) -> Option<Timestamp> {
    let pause = PAUSES.get(usize::try_from(attempts).ok()?.checked_sub(1)?)?;
    now.checked_add(SignedDuration::from_secs(*pause)).ok()
}

impl Store {
    /// The id of the job of this kind that is asked for once in an institution for a subject on a day, by whichever
    /// process: asked for again, it is the same job.
    #[must_use]
    pub fn once(institution: InstitutionId, kind: JobKind, subject: &str, day: Timestamp) -> JobId {
        let hash = crate::sha256(format!("{institution}\n{kind:?}\n{subject}").as_bytes());
        let mut tail = [0; 10];
        tail.copy_from_slice(&hash[..10]);
        JobId::from_parts(u64::try_from(day.as_millisecond()).unwrap_or(0), &tail)
    }

    /// Asks for a job, unless one of its kind is open for the same subject, or it was asked for before under its id; the
    /// one that is there. None when that has been swept since.
    ///
    /// # Errors
    /// When the store cannot write.
    pub async fn ask_job(
        &self,
        institution: InstitutionId,
        new: &NewJob<'_>,
    ) -> Result<Option<Job>, StoreError> {
        let NewJob { id, kind, subject, name, body, account, address, at } = new;
        let kind = to_word(kind)?;
        self.local(
            "insert into job (institution_id, id, kind, subject, name, body, account_id, address, state, attempts, next_at, \
             percent, step, made_at, result, error, told, sealed_key, sealed_by, sealed_hash) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', 0, $9, 0, '', $10, '', '', false, 0, '', $11) \
             on conflict do nothing",
            args![
                institution, id, kind, subject, name, to_json(body)?, account, address, at, at, Vec::<u8>::new()
            ],
        )
        .await?;
        let text = format!(
            "select {JOB} from job where institution_id = $1 and kind = $2 and subject = $3 order by made_at desc, id desc limit 1"
        );
        self.row(&text, args![institution, kind, subject], job).await
    }

    /// Takes the job that has waited longest, or one whose holder has fallen silent, for the process `holder`; none when
    /// there is nothing to do. What was begun too often without coming to an end is given up on the way.
    ///
    /// # Errors
    /// When the store cannot write.
    pub async fn take_job(&self, holder: Uuid, now: Timestamp) -> Result<Option<Job>, StoreError> {
        let silent = self.counts_as_silent(now);
        // Across the institutions only to find where there is something to do.
        let due = "select institution_id from job where state in ('waiting', 'running') and next_at <= $1 \
                   and (state = 'waiting' or (beat < $2 and holder <> $3)) \
                   group by institution_id order by min(next_at)";
        let due = self.rows(due, args![now, silent, holder], |c| c.get::<InstitutionId>()).await?;
        for institution in due {
            while let Some(job) = self.take_of(institution, holder, now, silent).await? {
                if job.attempts <= MOST {
                    return Ok(Some(job));
                }
                self.give_up(&job, holder, now, BROKEN_OFF).await?;
            }
        }
        Ok(None)
    }

    /// An SQLite file is served by one process: whoever else held a job is gone.
    fn counts_as_silent(&self, now: Timestamp) -> Timestamp {
        match self.dialect {
            Dialect::Sqlite => Timestamp::MAX,
            Dialect::Postgres => silent_since(now),
        }
    }

    async fn take_of(
        &self,
        institution: InstitutionId,
        holder: Uuid,
        now: Timestamp,
        silent: Timestamp,
    ) -> Result<Option<Job>, StoreError> {
        let text = format!(
            "update job set state = 'running', holder = $2, beat = $3, started_at = $3, attempts = attempts + 1, percent = 0, \
             step = '' where institution_id = $1 and id = (select id from job where institution_id = $1 \
             and state in ('waiting', 'running') and next_at <= $3 and (state = 'waiting' or (beat < $4 and holder <> $2)) \
             order by next_at, id limit 1{}) returning {JOB}",
            self.dialect.skip_locked()
        );
        let tx = self.transaction().await?;
        let taken = sql::row(&tx, &text, args![institution, holder, now, silent], job).await?;
        tx.commit().await?;
        Ok(taken)
    }

    async fn give_up(
        &self,
        job: &Job,
        holder: Uuid,
        now: Timestamp,
        error: &str,
    ) -> Result<bool, StoreError> {
        let done = self
            .local(
                "update job set state = 'failed', ended_at = $4, error = $5, holder = null where institution_id = $1 \
                 and id = $2 and state = 'running' and holder = $3",
                args![job.institution, job.id, holder, now, error],
            )
            .await?;
        Ok(done > 0)
    }

    /// Says that the holder of a job lives and how far it is; whether it still is the holder.
    ///
    /// # Errors
    /// When the store cannot write.
    pub async fn beat_job(
        &self,
        job: &Job,
        holder: Uuid,
        now: Timestamp,
        (percent, step): (u8, &str),
    ) -> Result<bool, StoreError> {
        let done = self
            .local(
                "update job set beat = $4, percent = $5, step = $6 where institution_id = $1 and id = $2 \
                 and state = 'running' and holder = $3",
                args![job.institution, job.id, holder, now, u32::from(percent), step],
            )
            .await?;
        Ok(done > 0)
    }

    /// Says how a run of a job ended; false when another process has it by now, and nothing was written. A file is
    /// sealed and kept first.
    ///
    /// # Errors
    /// When the store cannot write.
    pub async fn end_job(
        &self,
        job: &Job,
        holder: Uuid,
        now: Timestamp,
        end: JobEnd,
    ) -> Result<bool, StoreError> {
        let (state, result, error, file) = match end {
            JobEnd::Done(result, file) => ("done", to_json(&result)?, String::new(), file),
            JobEnd::Refused(why) => ("refused", String::new(), why, None),
            JobEnd::Broken(why) => match tried_again_at(job.attempts, now) {
                None => return self.give_up(job, holder, now, &why).await,
                Some(next) => {
                    let done = self
                        .local(
                            "update job set state = 'waiting', next_at = $4, error = $5, holder = null where institution_id = $1 \
                             and id = $2 and state = 'running' and holder = $3",
                            args![job.institution, job.id, holder, next, why],
                        )
                        .await?;
                    return Ok(done > 0);
                }
            },
        };
        let sealed = match file {
            None => Sealed { key: 0, by: String::new(), bytes: Vec::new() },
            Some(bytes) => {
                let sealed = self.drawer()?.seal(&bytes, &belongs(job.institution, job.id.0, "job"))?;
                let hash = self.blobs()?.keep(job.institution, sealed.bytes).await?;
                Sealed { bytes: hash.to_vec(), ..sealed }
            }
        };
        let done = self
            .local(
                "update job set state = $4, ended_at = $5, result = $6, error = $7, percent = 100, step = '', holder = null, \
                 sealed_key = $8, sealed_by = $9, sealed_hash = $10 where institution_id = $1 and id = $2 \
                 and state = 'running' and holder = $3",
                args![
                    job.institution, job.id, holder, state, now, result, error, sealed.key, sealed.by, sealed.bytes
                ],
            )
            .await?;
        Ok(done > 0)
    }

    /// Gives back what a process holds that stops: others need not wait until it counts as dead.
    ///
    /// # Errors
    /// When the store cannot write.
    pub async fn give_back_jobs(&self, holder: Uuid) -> Result<u64, StoreError> {
        self.local(
            "update job set state = 'waiting', holder = null, attempts = attempts - 1 where state = 'running' and holder = $1",
            args![holder],
        )
        .await
    }

    /// One job.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none.
    pub async fn job(&self, institution: InstitutionId, id: JobId) -> Result<Job, StoreError> {
        let text = format!("select {JOB} from job where institution_id = $1 and id = $2");
        self.row(&text, args![institution, id], job).await?.ok_or(StoreError::NotFound)
    }

    /// The newest job of a kind for a subject that an account asked for; none when there is none.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn job_of(
        &self,
        institution: InstitutionId,
        account: AccountId,
        kind: JobKind,
        subject: &str,
    ) -> Result<Option<Job>, StoreError> {
        let text = format!(
            "select {JOB} from job where institution_id = $1 and kind = $2 and subject = $3 and account_id = $4 \
             order by made_at desc, id desc limit 1"
        );
        self.row(&text, args![institution, to_word(&kind)?, subject, account], job).await
    }

    /// The jobs of an institution, newest first: those of one account, or all.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn jobs(
        &self,
        institution: InstitutionId,
        account: Option<AccountId>,
        limit: u32,
    ) -> Result<Vec<Job>, StoreError> {
        let (of, values) = match account {
            Some(account) => (" and account_id = $3", args![institution, limit, account]),
            None => ("", args![institution, limit]),
        };
        let text = format!(
            "select {JOB} from job where institution_id = $1{of} order by made_at desc, id desc limit $2"
        );
        self.rows(&text, values, job).await
    }

    /// Marks the end of a job as told to whoever asked; whether this was the first time.
    ///
    /// # Errors
    /// When the store cannot write.
    pub async fn tell_job(&self, institution: InstitutionId, id: JobId) -> Result<bool, StoreError> {
        let told = self
            .local(
                "update job set told = true where institution_id = $1 and id = $2 and told = false \
                 and state not in ('waiting', 'running')",
                args![institution, id],
            )
            .await?;
        Ok(told > 0)
    }

    /// Takes a job back that waits.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it was begun or has ended.
    pub async fn cancel_job(
        &self,
        institution: InstitutionId,
        id: JobId,
        act: &Act,
    ) -> Result<(), StoreError> {
        let write = self.write(institution, act, Touches::Other).await?;
        let text = "update job set state = 'cancelled', ended_at = $3, told = true where institution_id = $1 and id = $2 \
                    and state = 'waiting'";
        if write.execute(text, args![institution, id, write.at]).await? == 0 {
            write.abandon().await?;
            return Err(StoreError::Conflict);
        }
        write.commit().await
    }

    /// Lets a job be tried again that was given up, or waits for its next try. `now` is the time by which jobs are taken.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it is under way, was done, or another one is open for its subject.
    pub async fn retry_job(
        &self,
        institution: InstitutionId,
        id: JobId,
        now: Timestamp,
        act: &Act,
    ) -> Result<(), StoreError> {
        let write = self.write(institution, act, Touches::Other).await?;
        let text = "update job set state = 'waiting', attempts = 0, next_at = $3, ended_at = null, told = false \
                    where institution_id = $1 and id = $2 and (state = 'failed' or state = 'waiting')";
        let done = write.execute(text, args![institution, id, now]).await;
        if matches!(done, Ok(0) | Err(StoreError::Constraint(_))) {
            write.abandon().await?;
            return Err(StoreError::Conflict);
        }
        done?;
        write.commit().await
    }

    /// The file that a job made.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when it made none or it was swept; [`StoreError::Internal`] when its bytes are not as they
    /// were kept.
    pub async fn job_file(&self, institution: InstitutionId, id: JobId) -> Result<Vec<u8>, StoreError> {
        let text = "select sealed_key, sealed_by, sealed_hash from job where institution_id = $1 and id = $2 and sealed_key > 0";
        let kept = self
            .row(text, args![institution, id], |c| {
                Ok(Sealed { key: c.get()?, by: c.get()?, bytes: c.get()? })
            })
            .await?
            .ok_or(StoreError::NotFound)?;
        let bytes = self.blobs()?.read(institution, &kept.bytes).await?;
        let bytes = bytes.map_err(|what| {
            StoreError::Internal(format!("the file of job {id} is not as it was: {what:?}"))
        })?;
        self.drawer()?.open(&Sealed { bytes, ..kept }, &belongs(institution, id.0, "job"))
    }

    /// Throws away the files of jobs that ended before `files`, and jobs that ended before `jobs`. How many files and
    /// jobs went.
    ///
    /// # Errors
    /// When the store cannot write, or the store of files does not answer.
    pub async fn sweep_jobs(
        &self,
        institution: InstitutionId,
        files: Timestamp,
        jobs: Timestamp,
    ) -> Result<(u64, u64), StoreError> {
        let old = self
            .rows(
                "select id, sealed_hash from job where institution_id = $1 and sealed_key > 0 and ended_at < $2 limit $3",
                args![institution, files, AT_A_TIME],
                |c| Ok((c.get::<JobId>()?, c.get::<Vec<u8>>()?)),
            )
            .await?;
        let mut gone = 0;
        for (id, hash) in &old {
            // The row first: bytes that nothing refers to do no harm. Sealed bytes are nobody else's.
            gone += self
                .local(
                    "update job set sealed_key = 0, sealed_by = '', sealed_hash = $3 where institution_id = $1 and id = $2",
                    args![institution, id, Vec::<u8>::new()],
                )
                .await?;
            self.blobs()?.drop(institution, hash).await?;
        }
        let text = "delete from job where institution_id = $1 and ended_at < $2 and sealed_key = 0 \
                    and state not in ('waiting', 'running')";
        Ok((gone, self.local(text, args![institution, jobs]).await?))
    }
}
