//! `luoshi verify`: whether what is stored still fits together. The audit chain is checked line by line; lists of
//! records are compared with their newest revisions; every credit is held against its record and its duty, every
//! standing is computed anew from the rows it rests on, and duties and credits are added up against the chain.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use model::{
    AlsoAsked, Credit, Duty, DutyId, Entry, EntryId, FileId, InstitutionId, Obligation, ObligationId,
    Organisation, PersonId, Request, SecretKind, StandingFacts, UnitId,
};
use rulebook::Rulebook;
use runtime::{credited, gather, standing, worth};
use store::{
    Amiss, AuditFault, AuditFilter, BlobFault, Blobs, DutyFilter, Institution, Kept, KeptFault, Keys, Scope,
    SealedAmiss, SealedFault, Store, StoreError, Target, migrations,
};
use work::{Clock, clock::day_of};

use super::place::{Place, match_keys, trouble};
use super::serve::{block_on, rules};
use super::{FAULTY, Refusal, WELL, say};

/// Duties that are looked at together.
const AT_A_TIME: u32 = 4_000;
/// Differences that are printed of one institution; more of them have one cause.
const MOST_SAID: usize = 200;
/// How often it is begun again when somebody writes meanwhile.
const TRIES: usize = 3;

/// What `luoshi verify` may be told.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    place: Place,
    /// 本单位的规则文件夹，和服务器用的一样
    #[arg(long, env = "LUOSHI_RULEBOOK", value_name = "文件夹")]
    rulebook: Option<PathBuf>,
}

/// What was looked at, and what is wrong with it, in sentences.
#[derive(Default)]
struct Report {
    lines: i64,
    entries: u64,
    duties: usize,
    credits: usize,
    requests: usize,
    files: u64,
    sealed: u64,
    /// Whether what is sealed was opened.
    opened: bool,
    faults: Vec<String>,
}

/// What is looked at.
pub(super) struct Looked<'a> {
    /// The database.
    pub(super) target: Target,
    /// Where its files lie.
    pub(super) blobs: Blobs,
    /// Its file of keys.
    pub(super) keys: &'a Path,
    /// The institution's own folder of rules.
    pub(super) rulebook: Option<&'a Path>,
}

/// The database in the schema of this program: a file of an older version is copied, and the copy, which lies in the
/// folder beside it, brought up to date.
async fn of_today(target: &Target, store: Store) -> Result<(Store, Option<tempfile::TempDir>), Refusal> {
    let unreadable = |e: StoreError| trouble("不能读取数据", &e);
    let (found, ours) = (store.schema().await.map_err(unreadable)? as usize, migrations().len());
    if found == 0 {
        return Err(Refusal {
            message: "数据库里没有落实的数据".to_owned(),
            help: "--data 或 --database 要和服务器用的一样".to_owned(),
        });
    }
    if found == ours {
        return Ok((store, None));
    }
    if matches!(target, Target::Postgres(_)) {
        return Err(Refusal {
            message: format!("数据库是较早的版本（{found}，本程序是 {ours}）；核对不改动数据，所以没有核对"),
            help: "用原来版本的 luoshi 核对，或者先用本程序启动一次服务器（会升级）".to_owned(),
        });
    }
    let folder = tempfile::tempdir().map_err(|e| trouble("不能建立临时文件夹", &e))?;
    let file = folder.path().join("luoshi.db");
    store.copy_into(&file).await.map_err(|e| trouble("不能复制旧版本的数据库来核对", &e))?;
    store.close().await.map_err(unreadable)?;
    say(&format!("数据库是较早的版本（{found}）：核对的是升级到 {ours} 的一份副本，原件没有改动。\n"));
    let copy = Store::open(&Target::Sqlite(file), Clock::Real.wall())
        .await
        .map_err(|e| trouble("副本不能升级", &e))?;
    Ok((copy, Some(folder)))
}

/// The store with its keys, and whether there are any.
async fn with_keys(path: &Path, store: Store) -> Result<(Store, bool), Refusal> {
    let keys = match Keys::read(path) {
        Ok(keys) => keys,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok((store, false)),
        Err(e) => return Err(trouble(&format!("不能用密钥文件 {}", path.display()), &e)),
    };
    match_keys(&store, &keys, path).await?;
    Ok((store.with_keys(keys), true))
}

/// Checks every institution; the status says whether anything differs.
pub(super) fn run(args: &Args) -> Result<u8, Refusal> {
    args.place.must_hold_data()?;
    let file = args.place.file();
    if !args.place.is_server() && std::fs::metadata(&file).is_ok_and(|about| about.len() == 0) {
        return Err(Refusal {
            message: format!("{} 是空文件，里面没有数据", file.display()),
            help: "请从备份里取回 luoshi.db（有 luoshi.db-wal 的要一起取回）".to_owned(),
        });
    }
    block_on(verified(&Looked {
        target: args.place.target(),
        blobs: args.place.blobs_to_look()?,
        keys: &args.place.key_file(),
        rulebook: args.rulebook.as_deref(),
    }))
}

/// The same on any place; what is found is printed.
pub(super) async fn verified(looked: &Looked<'_>) -> Result<u8, Refusal> {
    let Looked { target, blobs, keys: key_file, rulebook } = looked;
    let rulebook = rules(*rulebook)?;
    let unreadable = |e: StoreError| trouble("不能读取数据", &e);
    let store = Store::look(target).await.map_err(unreadable)?;
    let engine = store.verify_engine().await.map_err(unreadable)?;
    if !engine.is_empty() {
        say(&format!("数据库文件已损坏，有{}处，后面的没有核对：\n", engine.len()));
        for said in &engine {
            say(&format!("  {said}\n"));
        }
        say("请从备份里取回数据库，再核对一次。\n");
        return Ok(FAULTY);
    }
    let (store, _copy) = of_today(target, store).await?;
    let (store, keys) = with_keys(key_file, store.with_blobs(blobs.clone())).await?;
    let institutions = store.institutions().await.map_err(unreadable)?;
    if institutions.is_empty() {
        say("数据库里还没有学校：没有什么可核对的。\n");
        return Ok(FAULTY);
    }
    let mut sound = true;
    for institution in institutions {
        let Some(report) = steady(&store, &institution, &rulebook, keys).await.map_err(unreadable)? else {
            return Err(Refusal {
                message: format!("核对时一直有人在写“{}”的数据", institution.name),
                help: "请在没有人办理的时候再核对，或者核对一份备份".to_owned(),
            });
        };
        sound &= report.faults.is_empty();
        say(&report.words(&institution.name));
        if !keys && report.sealed > 0 {
            say(&format!(
                "注意：没有密钥文件 {}，{}个加密的号码和草稿没有核对。用 --keys 指明密钥文件可以一起核对。\n",
                key_file.display(),
                report.sealed
            ));
        }
    }
    store.close().await.map_err(|e| trouble("不能关闭数据库", &e))?;
    Ok(if sound { WELL } else { FAULTY })
}

impl Report {
    fn words(&self, name: &str) -> String {
        let Self { lines, entries, duties, credits, requests, files, sealed, opened, faults } = self;
        let looked = format!(
            "日志{lines}条，记录{entries}条，应办事项{duties}项，佐证{credits}条，免办和延期{requests}件，附件{files}个"
        );
        let looked =
            if *opened && *sealed > 0 { format!("{looked}，加密的号码{sealed}个") } else { looked };
        if faults.is_empty() {
            return format!("{name}：{looked}，全部相符。\n");
        }
        let mut out = format!("{name}：{looked}，有{}处不符：\n", faults.len());
        for fault in faults.iter().take(MOST_SAID) {
            out.push_str(&format!("  {fault}\n"));
        }
        if let Some(rest) = faults.len().checked_sub(MOST_SAID).filter(|n| *n > 0) {
            out.push_str(&format!("  另有{rest}处没有列出。\n"));
        }
        out
    }
}

/// A report on one state of the data; none when it kept changing.
async fn steady(
    store: &Store,
    institution: &Institution,
    rulebook: &Rulebook,
    keys: bool,
) -> Result<Option<Report>, StoreError> {
    for _ in 0..TRIES {
        let before = last_line(store, institution.id).await?;
        let report = check(store, institution.id, rulebook, keys).await?;
        if last_line(store, institution.id).await? == before {
            return Ok(Some(report));
        }
    }
    Ok(None)
}

/// The number of the last line of the log: every write adds one.
async fn last_line(store: &Store, institution: InstitutionId) -> Result<Option<i64>, StoreError> {
    let lines = store.audit(institution, &AuditFilter::default(), 1).await?;
    Ok(lines.first().map(|line| line.seq))
}

async fn check(
    store: &Store,
    institution: InstitutionId,
    rulebook: &Rulebook,
    keys: bool,
) -> Result<Report, StoreError> {
    let mut report = Report::default();
    match store.verify_audit(institution).await? {
        Ok(lines) => report.lines = lines,
        Err(AuditFault { seq, what: _ }) => {
            let newest = last_line(store, institution).await?.unwrap_or(0);
            report.lines = newest;
            report.faults.push(if seq > newest {
                format!("日志：第{newest}条之后的缺失了")
            } else {
                format!("日志：从第{seq}条起接不上，这一条或它前面的被改动、删去或插入过")
            });
        }
    }
    let words = |entry: &Entry, texts: &BTreeMap<FileId, String>| {
        runtime::words(entry, &rulebook.ledgers_of(entry), texts)
    };
    let (entries, faults) = store.verify_entries(institution, words).await?;
    report.entries = entries;
    report
        .faults
        .extend(faults.iter().map(|f| format!("记录“{}”（{}）：{}", f.title, f.day, of_entry(f.what))));
    let (files, faults) = store.verify_files(institution).await?;
    report.files = files;
    report
        .faults
        .extend(faults.iter().map(|f| format!("附件“{}”：{}（记录 {}）", f.name, of_file(f.what), f.entry)));
    for (case, unit) in store.verify_figures(institution).await? {
        report.faults.push(format!("检查 {case} 定下的数字和指纹对不上（组织 {unit}）"));
    }
    report.sealed = store.count_sealed(institution).await?;
    report.opened = keys;
    if keys {
        for fault in store.verify_sealed(institution).await?.1 {
            report.faults.push(of_sealed(store, institution, &fault).await?);
        }
    }
    let mut all = All::read(store, institution).await?;
    let mut from = None;
    loop {
        let filter = DutyFilter { dropped: true, after: from, ..DutyFilter::default() };
        let duties = store.duties(institution, &Scope::All, &filter, AT_A_TIME).await?;
        let Some(last) = duties.last() else { break };
        from = Some((last.due, last.id));
        report.duties += duties.len();
        let ids: Vec<DutyId> = duties.iter().map(|d| d.id).collect();
        let mut credits: HashMap<DutyId, Vec<Credit>> = HashMap::new();
        let mut named: HashSet<EntryId> = HashSet::new();
        for credit in store.credits_of_duties(institution, &Scope::All, &ids).await? {
            report.credits += 1;
            named.insert(credit.entry);
            credits.entry(credit.duty).or_default().push(credit);
        }
        let named: Vec<EntryId> = named.into_iter().collect();
        let rows = store.entries_by_ids(institution, &Scope::All, &named).await?;
        let entries: HashMap<EntryId, Entry> = rows.into_iter().map(|r| (r.entry.id, r.entry)).collect();
        let mut also: HashMap<DutyId, Vec<AlsoAsked>> = HashMap::new();
        for one in store.also_asked(institution, &ids).await? {
            also.entry(one.duty).or_default().push(one);
        }
        for duty in &duties {
            let own = credits.remove(&duty.id).unwrap_or_default();
            let askers = also.remove(&duty.id).unwrap_or_default();
            let found = all.duty(duty, &own, &askers, &entries, rulebook);
            report.faults.extend(found.into_iter().map(|f| format!("{}：{f}", all.named(duty))));
        }
    }
    report.requests = all.requests;
    report.faults.extend(store.verify_kept(institution).await?.iter().map(of_kept));
    for unit in all.facts.values().map(|f| f.unit) {
        report.faults.push(format!("{}：有一项应办事项在状态的依据里，却没有它本身", all.unit(unit)));
    }
    Ok(report)
}

/// Whose value is not as it should be, by name where there is one.
async fn of_sealed(
    store: &Store,
    institution: InstitutionId,
    fault: &SealedFault,
) -> Result<String, StoreError> {
    let SealedFault { table, owner, kind, revision, what } = fault;
    let whose = match *table {
        "person_secret" => {
            let id = PersonId(*owner);
            let held = store.held(institution, &[id].into()).await?;
            let name = held.get(&id).map_or("（没有这个人）", |h| h.state.person.name.as_str());
            format!("“{name}”的{}（第{revision}版）", kind.map_or("号码", SecretKind::word))
        }
        "request" => format!("更正申请 {owner}"),
        "person_batch" => format!("名册导入的草稿 {owner}"),
        other => format!("{other} {owner}"),
    };
    Ok(match what {
        SealedAmiss::NoKey(number) => format!("{whose}：密钥文件里没有加密它的第{number}号密钥"),
        SealedAmiss::Shut => format!("{whose}：打不开，被改动过，或不是用这把密钥加密的"),
        SealedAmiss::Lookup => format!("{whose}：查找用的暗码与它不符"),
    })
}

fn of_kept(fault: &KeptFault) -> String {
    let KeptFault { what, said, found } = fault;
    let (rows, changed) = match what {
        Kept::Duties => ("应办事项", "期限、对象或数量被改动过"),
        Kept::Dropped => ("取消的应办事项", "取消的日期被改动过"),
        Kept::Credits => ("佐证", "计给谁、计多少或日期被改动过"),
        Kept::Ended => ("停止计数的佐证", "停止的日期被改动过"),
        Kept::Also => ("几处同一要求的关系", "是哪些要求、起止日期被改动过"),
        Kept::Rungs => ("催办、督办单和通报的放行", "对象、日期或理由被改动过"),
        Kept::Notes => ("催办中的暂缓、电话和说明", "日期或内容被改动过"),
        Kept::Entries => ("记录的各版", "时间或写的人被改动过"),
        Kept::People => ("名册里的人", "姓名、编号或资料被改动过"),
        Kept::Memberships => ("组织关系", "支部、身份或日期被改动过"),
        Kept::Posts => ("职务", "名称、单位或日期被改动过"),
        Kept::Accounts => ("账号", "登录名、密码或停用被改动过"),
        Kept::Grants => ("账号的角色", "角色、范围或授予、收回的时间被改动过"),
        Kept::Units => ("组织", "名称、上级、性质或日期被改动过"),
        Kept::PlanRevisions => ("要点的各稿", "标题、年份或文件被改动过"),
        Kept::Obligations => ("要求", "写的内容或止日被改动过"),
    };
    if said == found {
        format!("{rows}：有的与日志里当时的不一样，{changed}")
    } else {
        format!("{rows}：按日志应有{said}条，现有{found}条")
    }
}

fn of_entry(what: Amiss) -> &'static str {
    match what {
        Amiss::NoRevision => "最新一版缺失，或者读不出来",
        Amiss::Numbering => "各版的编号不连续",
        Amiss::Head => "列表里的单位、日期、标题、台账或撤回与最新一版不一致",
        Amiss::Words => "检索用的文字与最新一版不一致",
        Amiss::Ledgers => "所列的台账、日期或单位与最新一版不一致",
        Amiss::People => "所列的参加人与最新一版不一致",
        Amiss::Confirmation => "确认状态与最近一次确认或退回不一致",
    }
}

fn of_file(what: BlobFault) -> &'static str {
    match what {
        BlobFault::Missing => "文件不见了，请从备份里取回",
        BlobFault::Changed => "文件的内容被改动过，请从备份里取回",
    }
}

/// Who bears an obligation: the unit, or the person.
type Bearer = (ObligationId, UnitId, Option<PersonId>);

/// Everything that is not read duty by duty.
struct All {
    org: Organisation,
    obligations: HashMap<ObligationId, Obligation>,
    /// What the pages compute standing from; taken out as its duty is met.
    facts: HashMap<DutyId, StandingFacts>,
    of_duty: HashMap<DutyId, Vec<Request>>,
    requests: usize,
    /// How many duties a bearer has of an obligation.
    number: HashMap<Bearer, u32>,
    /// For which obligation and bearer a record counts already.
    counted: HashSet<(EntryId, Bearer)>,
    today: Date,
}

impl All {
    async fn read(store: &Store, institution: InstitutionId) -> Result<Self, StoreError> {
        let mut obligations = HashMap::new();
        for year in store.years(institution).await? {
            let read = store.obligations_of_year(institution, year).await?;
            obligations.extend(read.into_iter().map(|asked| (asked.obligation.id, asked.obligation)));
        }
        let facts = store.facts_changed_since(institution, None, 0).await?.facts;
        let mut number = HashMap::new();
        for f in &facts {
            *number.entry((f.obligation, f.unit, f.person)).or_default() += 1;
        }
        let asked = store.exemptions(institution, &Scope::All, None, false).await?;
        let requests = asked.len();
        let mut of_duty: HashMap<DutyId, Vec<Request>> = HashMap::new();
        for asked in asked {
            of_duty.entry(asked.duty).or_default().push(asked.request);
        }
        Ok(Self {
            org: store.organisation(institution).await?,
            obligations,
            facts: facts.into_iter().map(|f| (f.duty, f)).collect(),
            of_duty,
            requests,
            number,
            counted: HashSet::new(),
            today: Clock::Real.today(),
        })
    }

    fn unit(&self, id: UnitId) -> &str {
        self.org.unit(id).map_or("（没有这个单位）", |u| u.name.as_str())
    }

    fn named(&self, duty: &Duty) -> String {
        format!("{}“{}”（{}前）", self.unit(duty.unit), duty.title, duty.due)
    }

    /// What is wrong with one duty, its credits and its standing.
    fn duty(
        &mut self,
        duty: &Duty,
        credits: &[Credit],
        also: &[AlsoAsked],
        entries: &HashMap<EntryId, Entry>,
        rulebook: &Rulebook,
    ) -> Vec<String> {
        let mut out = Vec::new();
        let askers = also.iter().map(|a| a.by).chain([duty.obligation]);
        if askers.filter_map(|o| self.obligations.get(&o)).any(|o| o.year != duty.year) {
            out.push("它的年度与所属要求的年度不一致".to_owned());
        }
        if duty.due < duty.starts || duty.need == 0 {
            out.push("起止日期或应办数量不成立".to_owned());
        }
        for credit in credits {
            out.extend(self.credit(duty, credit, entries.get(&credit.entry), rulebook));
        }
        out.extend(self.standing(duty, credits, also));
        out
    }

    fn credit(
        &mut self,
        duty: &Duty,
        credit: &Credit,
        entry: Option<&Entry>,
        rulebook: &Rulebook,
    ) -> Vec<String> {
        let Some(entry) = entry else { return vec!["作为佐证的记录不存在".to_owned()] };
        let mut out = Vec::new();
        let mut wrong = |what: String| out.push(format!("佐证记录“{}”（{}）{what}", entry.title, entry.day));
        if credit.known < day_of(entry.entered_at) {
            wrong(format!("计入日期{}早于录入", credit.known));
        }
        match credit.ended {
            // What it counted for under an earlier revision is history.
            Some(ended) => {
                if ended < credit.known {
                    wrong(format!("停止计数的日期{ended}早于计入日期{}", credit.known));
                }
            }
            None => {
                let bearer = (duty.obligation, duty.unit, duty.person);
                let single = self.number.get(&bearer).is_none_or(|n| *n == 1);
                let Some(obligation) = self.obligations.get(&duty.obligation) else {
                    return vec!["它所属的要求不存在".to_owned()];
                };
                match worth(entry, duty, obligation, single, |l| rulebook.ledger(l)) {
                    Err(why) => wrong(format!("不应计数：{}", why.word())),
                    Ok(amount) if amount != credit.amount => {
                        wrong(format!("应计{amount}，现计{}", credit.amount));
                    }
                    Ok(_) => {}
                }
                if credit.happened != entry.day {
                    wrong(format!("计为{}发生", credit.happened));
                }
                if !self.counted.insert((entry.id, bearer)) {
                    wrong("对同一要求计了不止一次".to_owned());
                }
            }
        }
        out
    }

    /// Compares what the pages compute standing from with what the rows say.
    fn standing(&mut self, duty: &Duty, credits: &[Credit], also: &[AlsoAsked]) -> Option<String> {
        let Some(stored) = self.facts.remove(&duty.id) else {
            return Some("页面所据的状态里没有这一项".to_owned());
        };
        let requests = self.of_duty.get(&duty.id).map_or(&[][..], Vec::as_slice);
        let computed = gather(duty, stored.made, stored.dropped, credits, requests, also);
        if sorted(stored.clone()) == sorted(computed.clone()) {
            return None;
        }
        let words = |f: &StandingFacts| standing(f, self.today, 7).map_or("不再要求", model::Standing::word);
        Some(format!(
            "状态按记录为{}、办了{}，按页面为{}、办了{}",
            words(&computed),
            credited(&computed, self.today),
            words(&stored),
            credited(&stored, self.today)
        ))
    }
}

/// The facts in one order, whoever gathered them.
fn sorted(mut facts: StandingFacts) -> StandingFacts {
    facts.credits.sort_unstable();
    facts.extended.sort_unstable();
    facts.also.sort_unstable();
    facts
}
