//! The audit chain: each line holds the hash of the one before it, so that no line can be changed, taken out or put
//! in unnoticed. The number and hash of the last line stand with the institution, so that cutting the end off shows.

use jiff::Timestamp;
use model::{AccountId, InstitutionId};
use sha2::{Digest as _, Sha256};

use crate::{
    Act, Store, StoreError,
    row::{Columns, args, to_json},
    sql::{self, Parts},
    tally,
    tx::Tx,
};

/// The hash before the first line.
pub(crate) const GENESIS: [u8; 32] = [0; 32];
/// Lines that a check reads at a time.
const AT_A_TIME: i64 = 5_000;

/// One line of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditLine {
    /// Number in the institution's chain, from 1.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// Who; none for the program itself.
    pub account: Option<AccountId>,
    /// From where.
    pub address: String,
    /// What: `entry.save`.
    pub action: String,
    /// To what.
    pub subject: String,
    /// What else, JSON.
    pub detail: String,
    /// Hash of the line before.
    pub prev_hash: Vec<u8>,
    /// Hash of this line.
    pub hash: Vec<u8>,
}

/// Where a chain is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditFault {
    /// Number of the first line that does not fit (one past the last, when lines are missing at the end).
    pub seq: i64,
    /// What is wrong with it.
    pub what: &'static str,
}

/// Which lines of the log are asked for.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Only this account's.
    pub account: Option<AccountId>,
    /// Only this action, or all that begin with it when it ends in a dot (`entry.`).
    pub action: Option<String>,
    /// Only those on this subject.
    pub subject: Option<String>,
    /// Only those whose subject or detail hold these words.
    pub words: Option<String>,
    /// From this instant on.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub to: Option<Timestamp>,
    /// Only lines before this number: the last line of the page before.
    pub before: Option<i64>,
}

const LINE: &str = "seq, at, account_id, address, action, subject, detail, prev_hash, hash";

fn line(c: &mut Columns<'_>) -> Result<AuditLine, StoreError> {
    Ok(AuditLine {
        seq: c.get()?,
        at: c.get()?,
        account: c.opt()?,
        address: c.get()?,
        action: c.get()?,
        subject: c.get()?,
        detail: c.get()?,
        prev_hash: c.get()?,
        hash: c.get()?,
    })
}

impl AuditLine {
    /// What else it says to a reader: its detail without the tally, which only a check can read.
    #[must_use]
    pub fn said(&self) -> String {
        tally::without_tally(&self.detail)
    }

    /// SHA-256 over the line before and every field, each with its length, so that no two lines have the same bytes.
    fn compute(&self, institution: InstitutionId) -> [u8; 32] {
        let Self { seq, at, account, address, action, subject, detail, prev_hash, hash: _ } = self;
        let mut hash = Sha256::new();
        let mut field = |bytes: &[u8]| {
            // A field is far shorter than 2^64 bytes.
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        };
        field(prev_hash);
        field(institution.0.as_bytes());
        field(&seq.to_be_bytes());
        field(&at.as_microsecond().to_be_bytes());
        field(account.as_ref().map_or(&[][..], |a| a.0.as_bytes()));
        field(address.as_bytes());
        field(action.as_bytes());
        field(subject.as_bytes());
        field(detail.as_bytes());
        hash.finalize().into()
    }
}

/// Writes the next line; the caller holds the institution's row.
pub(crate) async fn append(
    tx: &Tx,
    institution: InstitutionId,
    seq: i64,
    prev: &[u8],
    act: &Act,
) -> Result<(), StoreError> {
    let Act { account, address, at, action, subject, detail } = act;
    let mut line = AuditLine {
        seq,
        at: *at,
        account: *account,
        address: address.clone(),
        action: action.clone(),
        subject: subject.clone(),
        detail: if detail.is_null() { String::new() } else { to_json(detail)? },
        prev_hash: prev.to_vec(),
        hash: Vec::new(),
    };
    line.hash = line.compute(institution).to_vec();
    sql::execute(
        tx,
        "insert into audit (institution_id, seq, at, account_id, address, action, subject, detail, prev_hash, hash) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        args![
            institution, line.seq, line.at, line.account, line.address, line.action, line.subject, line.detail,
            line.prev_hash, line.hash
        ],
    )
    .await?;
    sql::execute(tx, "update institution set audit_hash = $2 where id = $1", args![institution, line.hash])
        .await?;
    Ok(())
}

impl Store {
    /// Lines of the log, newest first, at most `limit`. The next page begins before the last line's number.
    ///
    /// # Errors
    /// When the store cannot read.
    pub async fn audit(
        &self,
        institution: InstitutionId,
        filter: &AuditFilter,
        limit: u32,
    ) -> Result<Vec<AuditLine>, StoreError> {
        let AuditFilter { account, action, subject, words, from, to, before } = filter;
        let text = format!("select {LINE} from audit where institution_id = $1");
        let mut query = Parts::new(self.dialect, &text, args![institution]);
        if let Some(account) = account {
            query.with(" and account_id = ", account, "");
        }
        match action.as_deref() {
            Some(family) if family.ends_with('.') => {
                let n = query.bind(family);
                query.push(&format!(" and {} = 1", self.dialect.position("action", n)));
            }
            Some(action) => query.with(" and action = ", action, ""),
            None => {}
        }
        if let Some(subject) = subject {
            query.with(" and subject = ", subject, "");
        }
        if let Some(words) = words {
            let n = query.bind(&words.to_lowercase());
            let (subject, detail) =
                (self.dialect.position("lower(subject)", n), self.dialect.position("lower(detail)", n));
            query.push(&format!(" and ({subject} > 0 or {detail} > 0)"));
        }
        if let Some(from) = from {
            query.with(" and at >= ", from, "");
        }
        if let Some(to) = to {
            query.with(" and at < ", to, "");
        }
        if let Some(before) = before {
            query.with(" and seq < ", before, "");
        }
        query.with(" order by seq desc limit ", &limit, "");
        self.rows(&query.sql, query.args, line).await
    }

    /// Checks the institution's whole chain: the number of its lines when it is sound, else the first fault.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such institution.
    pub async fn verify_audit(
        &self,
        institution: InstitutionId,
    ) -> Result<Result<i64, AuditFault>, StoreError> {
        let tx = self.snapshot().await?;
        let head = sql::row(
            &tx,
            "select audit_seq, audit_hash from institution where id = $1",
            args![institution],
            |c| Ok((c.get::<i64>()?, c.get::<Vec<u8>>()?)),
        )
        .await?;
        let Some((last, last_hash)) = head else {
            return Err(StoreError::NotFound);
        };
        let text =
            format!("select {LINE} from audit where institution_id = $1 and seq > $2 order by seq limit $3");
        let mut prev = GENESIS.to_vec();
        let mut seen = 0;
        loop {
            let lines = sql::rows(&tx, &text, args![institution, seen, AT_A_TIME], line).await?;
            for found in &lines {
                let what = if found.seq != seen + 1 {
                    "a line is missing before it"
                } else if found.prev_hash != prev {
                    "it does not follow the line before it"
                } else if found.hash != found.compute(institution) {
                    "its content does not fit its hash"
                } else {
                    seen = found.seq;
                    prev.clone_from(&found.hash);
                    continue;
                };
                let seq = if found.seq == seen + 1 { found.seq } else { seen + 1 };
                return Ok(Err(AuditFault { seq, what }));
            }
            if lines.is_empty() {
                break;
            }
        }
        tx.commit().await?;
        if seen != last {
            return Ok(Err(AuditFault {
                seq: seen + 1,
                what: "the end of the chain does not fit the institution's count",
            }));
        }
        if prev != last_hash {
            return Ok(Err(AuditFault {
                seq: seen,
                what: "the last line does not fit the institution's hash",
            }));
        }
        Ok(Ok(seen))
    }
}
