//! rulebook/chase.toml: the ladder by which what is late is chased, and the selectors by which it, checks and appraisals
//! say which duties they mean.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use jiff::civil::Time;
use model::follow::{
    Addressee, Chase, Except, Instant, Named, Overlay, QuietDay, Rung, RungTest, RungsOf, Selector,
    SourceKind, Stop,
};

use crate::condition::{Use, Wants};
use crate::dated::{self, Dated};
use crate::fault::{At, Faults, did_you_mean};
use crate::link::{Kind, Links};
use crate::obligation::kinds;
use crate::tree::{Field, Node, Table, Value, is_id};
use crate::words::{PERS, meaning};
use crate::workflow::Reading;

type Span = Range<usize>;

const QUIET: &[(&str, QuietDay)] = &[
    ("rest_day", QuietDay::RestDay),
    ("holiday", QuietDay::Holiday),
    ("school_holiday", QuietDay::SchoolHoliday),
];
const NAMED: &[(&str, Named)] = &[("praise", Named::Praise), ("blame", Named::Blame)];
const OF: &[(&str, RungsOf)] = &[("duty", RungsOf::Duty), ("own", RungsOf::Own)];
/// The channels by which something goes.
const WAYS: &[(&str, &str)] = &[("app", "app"), ("mail", "mail"), ("chat", "chat")];
/// The requests that somebody may have put and nobody answered yet.
const REQUESTS: &[(&str, &str)] =
    &[("extension", "extension"), ("waiver", "waiver"), ("account", "account"), ("correction", "correction")];

/// Reads the ladder with its versions.
pub(crate) fn read(file: Table, faults: &mut Faults, links: &mut Links) -> Vec<Dated<Chase>> {
    let mut out = Vec::new();
    let mut periods = Vec::new();
    for mut table in dated::versions(file, faults) {
        let period = dated::period(&mut table, faults);
        let (since, until, rank) = (period.since, period.until, period.rank);
        periods.push(period);
        let mut reader = Reader {
            flow: Reading::bare(faults, links),
            rungs: Vec::new(),
            places: Vec::new(),
            dues: Vec::new(),
            now: String::new(),
        };
        if let Some(value) = reader.chase(table) {
            out.push(Dated { since, until, rank, value });
        }
    }
    dated::check_periods(&periods, faults);
    out
}

struct Reader<'r, 'f> {
    flow: Reading<'r, 'f>,
    /// Ids of the rungs, from the bottom.
    rungs: Vec<String>,
    /// Where they stand.
    places: Vec<Span>,
    /// Steps of the cases that rungs open, of whose due days the ladder speaks.
    dues: Vec<(String, String, At)>,
    /// The rung that is being read; empty elsewhere.
    now: String,
}

impl Reader<'_, '_> {
    fn say(&mut self, span: &Span, message: impl Into<String>, help: impl Into<String>) {
        self.flow.faults.say(span, message, help);
    }

    fn words<T: Copy + Ord>(
        &mut self,
        table: &mut Table,
        key: &'static str,
        vocabulary: &[(&'static str, T)],
        what: &str,
    ) -> BTreeSet<T> {
        let words = table.spanned_texts(key, self.flow.faults);
        words.iter().filter_map(|(w, at)| meaning(w, at, vocabulary, what, self.flow.faults)).collect()
    }

    fn time(&mut self, table: &mut Table, key: &'static str) -> Option<Time> {
        let (word, span) = table.spanned_text(key, self.flow.faults)?;
        let read = word.split_once(':').and_then(|(h, m)| {
            Time::new(h.parse().ok()?, m.parse().ok()?, 0, 0).ok().filter(|_| m.len() == 2)
        });
        if read.is_none() {
            self.say(&span, format!("时刻“{word}”不认识"), "写成 \"08:00\"。");
        }
        read
    }

    fn chase(&mut self, mut table: Table) -> Option<Chase> {
        let title = table.need_text("title", self.flow.faults);
        let _ = table.text("note", self.flow.faults);
        let _ = self.flow.cite(&mut table);
        let (mut digest_at, mut digest_ways) = (None, Vec::new());
        if let Some(mut digest) = table.table("digest", self.flow.faults) {
            digest_at = self.time(&mut digest, "at");
            digest_ways = self.ways(&mut digest).unwrap_or_default();
            digest.finish(self.flow.faults);
        }
        let (mut quiet_days, mut quiet_hours) = (BTreeSet::new(), None);
        if let Some(mut quiet) = table.table("quiet", self.flow.faults) {
            quiet_days = self.words(&mut quiet, "days", QUIET, "安静的日子");
            quiet_hours = self.time(&mut quiet, "from").zip(self.time(&mut quiet, "to"));
            quiet.finish(self.flow.faults);
        }
        let hold = table.table("hold", self.flow.faults).and_then(|mut t| {
            let by = t.take("by").and_then(|n| self.flow.who(n));
            let at_most = self.flow.length_at(&mut t, "at_most");
            t.finish(self.flow.faults);
            by.zip(at_most)
        });
        let stops =
            table.take("stops").into_iter().flat_map(Node::each).filter_map(|n| self.stop(n)).collect();
        let mut rungs = Vec::new();
        for field in fields(&mut table, "rung") {
            if !is_id(&field.key) {
                let message = format!("梯级的编号“{}”只能用小写字母、数字、- 和 _", field.key);
                self.say(&field.span, message, "");
            }
            self.now.clone_from(&field.key);
            self.places.push(field.span.clone());
            rungs.extend(self.rung(field));
            self.rungs.push(std::mem::take(&mut self.now));
        }
        if rungs.is_empty() {
            self.say(&table.span, "催办没有梯级", "至少写一个 [rung.编号]。");
        }
        let mut excepts: Vec<(Except, Span)> = Vec::new();
        for field in fields(&mut table, "except") {
            let span = field.span.clone();
            excepts.extend(self.except(field).map(|e| (e, span)));
        }
        table.finish(self.flow.faults);
        let chase = Chase {
            title: title?,
            digest_at,
            digest_ways,
            quiet_days,
            quiet_hours,
            hold,
            stops,
            rungs,
            excepts: excepts.iter().map(|(e, _)| e.clone()).collect(),
        };
        for (rung, step, at) in std::mem::take(&mut self.dues) {
            let opens = chase.rungs.iter().filter(|r| r.id == rung).flat_map(|r| &r.opens);
            for workflow in opens {
                self.flow.links.step(workflow, &step, at.clone());
            }
        }
        self.order(&chase, &excepts);
        self.past_due(&chase, &excepts);
        Some(chase)
    }

    fn ways(&mut self, table: &mut Table) -> Option<Vec<String>> {
        table.has("ways").then(|| {
            let words = table.spanned_texts("ways", self.flow.faults);
            let known = words.iter().filter_map(|(w, at)| meaning(w, at, WAYS, "渠道", self.flow.faults));
            known.map(str::to_owned).collect()
        })
    }

    fn stop(&mut self, node: Node) -> Option<Stop> {
        let span = node.span.clone();
        let mut table = Table::of(node, "stops", self.flow.faults)?;
        let read = if table.has("request") {
            let kinds = self.words(&mut table, "request", REQUESTS, "申请");
            let is = table.text("is", self.flow.faults);
            if !is.is_empty() && is != "open" {
                self.say(&span, format!("申请“{is}”不停催办"), "只有还没有答复的：is = \"open\"。");
            }
            Some(Stop::Request(kinds.into_iter().map(str::to_owned).collect()))
        } else if table.has("entries") {
            let ledgers = table.spanned_texts("entries", self.flow.faults);
            for (ledger, at) in &ledgers {
                self.flow.links.to(Kind::Ledger, ledger, self.flow.faults.at(at));
            }
            let mut has = BTreeSet::new();
            for (field, at) in table.spanned_texts("has", self.flow.faults) {
                for (ledger, _) in &ledgers {
                    let used = Use { field: field.clone(), wants: Wants::Any, span: at.clone() };
                    self.flow.links.condition(ledger, used, self.flow.faults.at(&at));
                }
                has.insert(field);
            }
            let since = table.text("since", self.flow.faults);
            if !since.is_empty() && since != "rung" {
                self.say(
                    &span,
                    format!("停催从“{since}”起算不认识"),
                    "写成 since = \"rung\"：上一级以后的记录。",
                );
            }
            let within = self.flow.length_at(&mut table, "within");
            if within.is_none() {
                self.say(&span, "停催没有写明停多久（within）", "写成 within = \"10 working days\"。");
            }
            let ledgers = ledgers.into_iter().map(|(l, _)| l).collect();
            within.map(|within| Stop::Entries { ledgers, has, within })
        } else if let Some((workflow, at)) = table.spanned_text("cases", self.flow.faults) {
            self.flow.links.to(Kind::Workflow, &workflow, self.flow.faults.at(&at));
            let of = table.text("of", self.flow.faults);
            if !of.is_empty() && of != "duty" {
                self.say(&span, format!("“{of}”的事项不停催办"), "写成 of = \"duty\"。");
            }
            let are = table.texts("are", self.flow.faults).into_iter().collect();
            Some(Stop::Cases { workflow, are })
        } else {
            self.say(&span, "stops 的写法不认识", "可用：request、entries、cases。");
            return None;
        };
        table.finish(self.flow.faults);
        read
    }

    fn rung(&mut self, field: Field) -> Option<Rung> {
        let mut table = Table::of(field.node, "梯级", self.flow.faults)?;
        let title = table.need_text("title", self.flow.faults);
        let _ = table.text("note", self.flow.faults);
        let when = self.tests(&mut table);
        if when.as_ref().is_none_or(Vec::is_empty) {
            let help = "写成 when = [{ since = \"due\", at_least = \"5 working days\" }]。";
            self.say(&field.span, format!("梯级“{}”没有写明什么时候（when）", field.key), help);
        }
        let by = table.take("by").and_then(|n| self.flow.who(n));
        let to = self.addressees(&mut table, "to").unwrap_or_default();
        if to.is_empty() {
            let help = "写成 to = [\"own\"]。";
            self.say(&field.span, format!("梯级“{}”没有写明给谁（to）", field.key), help);
        }
        let copy = self.addressees(&mut table, "copy").unwrap_or_default();
        let ways = self.ways(&mut table).unwrap_or_default();
        let mut opens = Vec::new();
        for mut effect in table.tables("effect", self.flow.faults) {
            if let Some((id, at)) = effect.spanned_text("open", self.flow.faults) {
                self.flow.links.to(Kind::Workflow, &id, self.flow.faults.at(&at));
                opens.push(id);
            }
            effect.finish(self.flow.faults);
        }
        let gather = table
            .spanned_text("gather", self.flow.faults)
            .and_then(|(word, at)| meaning(&word, &at, PERS, "周期", self.flow.faults));
        let names = self.words(&mut table, "names", NAMED, "点名");
        table.finish(self.flow.faults);
        if !opens.is_empty() && by.is_none() {
            let message = format!("梯级“{}”会开出事项，却没有写明由谁放行（by）", field.key);
            self.say(&field.span, message, "写成 by = { role = \"角色\" }。");
        }
        Some(Rung { id: field.key, title: title?, when: when?, by, to, copy, ways, opens, gather, names })
    }

    fn addressees(&mut self, table: &mut Table, key: &'static str) -> Option<Vec<Addressee>> {
        let node = table.take(key)?;
        Some(node.each().into_iter().filter_map(|n| self.addressee(n)).collect())
    }

    fn addressee(&mut self, node: Node) -> Option<Addressee> {
        let with_posts = matches!(&node.value, Value::Table(fields) if fields.iter().any(|f| f.key == "by" || f.key == "posts"));
        if !with_posts {
            return self.flow.who(node).map(|who| Addressee { who, posts: Vec::new() });
        }
        let mut table = Table::of(node, "给谁", self.flow.faults)?;
        let who = table.take("by").and_then(|n| self.flow.who(n)).unwrap_or(model::flow::Who::Own);
        let posts = table.spanned_texts("posts", self.flow.faults);
        for (post, at) in &posts {
            self.flow.links.post(post, self.flow.faults.at(at));
        }
        table.finish(self.flow.faults);
        Some(Addressee { who, posts: posts.into_iter().map(|(p, _)| p).collect() })
    }

    fn tests(&mut self, table: &mut Table) -> Option<Vec<RungTest>> {
        let node = table.take("when")?;
        Some(node.each().into_iter().filter_map(|n| self.test(n)).collect())
    }

    fn test(&mut self, node: Node) -> Option<RungTest> {
        let span = node.span.clone();
        let mut table = Table::of(node, "when", self.flow.faults)?;
        let before = self.flow.faults.count();
        let read = self.form(&mut table);
        if read.is_none() {
            if self.flow.faults.count() == before {
                let help = "写法：{ since = \"due\", at_least = \"5 working days\" }、{ until = \"due\", at_most = \"3 days\" }、\
{ since = \"opened\", until = \"due\", at_least = \"30 days\" }、{ setting = \"…\" }、{ rungs = [\"…\"], of = \"duty\", at_least = 2 }。";
                self.say(&span, "梯级的条件不认识", help);
            }
            return None;
        }
        table.finish(self.flow.faults);
        read
    }

    fn form(&mut self, table: &mut Table) -> Option<RungTest> {
        if let Some((id, at)) = table.spanned_text("setting", self.flow.faults) {
            self.flow.links.to(Kind::Setting, &id, self.flow.faults.at(&at));
            return Some(RungTest::Setting(id));
        }
        if table.has("rungs") {
            let words = table.spanned_texts("rungs", self.flow.faults);
            for (word, at) in &words {
                self.named(word, at);
            }
            let of = table
                .spanned_text("of", self.flow.faults)
                .and_then(|(w, at)| meaning(&w, &at, OF, "谁的梯级", self.flow.faults))?;
            let since = self.instant(table, "since");
            let at_least = table.integer("at_least", 1..=100, self.flow.faults)?;
            let rungs = words.into_iter().map(|(w, _)| w).collect();
            let at_least = u32::try_from(at_least).ok()?;
            return Some(RungTest::Rungs { rungs, of, since, at_least });
        }
        let (since, until) = (self.instant(table, "since"), self.instant(table, "until"));
        let least = self.flow.length_at(table, "at_least");
        let most = self.flow.length_at(table, "at_most");
        match (since, until, least, most) {
            (Some(since), None, Some(at_least), None) => Some(RungTest::Since { since, at_least }),
            (None, Some(until), None, Some(at_most)) => Some(RungTest::Until { until, at_most }),
            (Some(since), Some(until), Some(at_least), None) => {
                Some(RungTest::Between { since, until, at_least })
            }
            _ => None,
        }
    }

    /// That a rung is there and stands below the one that is being read.
    fn named(&mut self, id: &str, at: &Span) {
        if !self.rungs.iter().any(|r| r == id) {
            let help = did_you_mean(id, self.rungs.iter().map(String::as_str));
            let help = if help.is_empty() { "只能说到写在前面的梯级。".to_owned() } else { help };
            self.say(at, format!("前面没有梯级“{id}”"), help);
        }
    }

    fn instant(&mut self, table: &mut Table, key: &'static str) -> Option<Instant> {
        let (word, at) = table.spanned_text(key, self.flow.faults)?;
        Some(match word.as_str() {
            "opened" => Instant::Opened,
            "due" => Instant::Due,
            "first:due" => Instant::FirstDue,
            "rung" => Instant::Latest,
            "year.starts" => Instant::YearStarts,
            _ => match word.strip_prefix("due:").and_then(|rest| rest.split_once('.')) {
                Some((rung, step)) => {
                    self.named(rung, &at);
                    self.dues.push((rung.to_owned(), step.to_owned(), self.flow.faults.at(&at)));
                    Instant::DueOf { rung: rung.to_owned(), step: step.to_owned() }
                }
                None => {
                    self.named(&word, &at);
                    Instant::Rung(word)
                }
            },
        })
    }

    fn except(&mut self, field: Field) -> Option<Except> {
        let mut table = Table::of(field.node, "例外", self.flow.faults)?;
        let of = table.take("where").and_then(|n| selector(n, self.flow.faults, self.flow.links));
        let remain = table.has("rungs").then(|| {
            let words = table.spanned_texts("rungs", self.flow.faults);
            for (word, at) in &words {
                self.named(word, at);
            }
            words.into_iter().map(|(w, _)| w).collect::<BTreeSet<String>>()
        });
        let mut overlays = BTreeMap::new();
        for over in fields(&mut table, "rung") {
            self.named(&over.key.clone(), &over.span);
            let Some(mut t) = Table::of(over.node, "梯级", self.flow.faults) else { continue };
            let overlay = Overlay {
                when: self.tests(&mut t),
                by: t.take("by").and_then(|n| self.flow.who(n)),
                to: self.addressees(&mut t, "to"),
                copy: self.addressees(&mut t, "copy"),
                ways: self.ways(&mut t),
            };
            t.finish(self.flow.faults);
            overlays.insert(over.key, overlay);
        }
        let over = table.texts("over", self.flow.faults).into_iter().collect();
        table.finish(self.flow.faults);
        if remain.is_none() && overlays.is_empty() {
            self.say(
                &field.span,
                format!("例外“{}”什么也没有改", field.key),
                "写 rungs 或 rung.编号 = { … }。",
            );
        }
        Some(Except { id: field.key, of, rungs: remain, overlays, over })
    }

    /// Two exceptions that can both hold and set the same need an order.
    fn order(&mut self, chase: &Chase, excepts: &[(Except, Span)]) {
        for (except, span) in excepts {
            for other in &except.over {
                if !chase.excepts.iter().any(|e| e.id == *other) {
                    let help = did_you_mean(other, chase.excepts.iter().map(|e| e.id.as_str()));
                    self.say(span, format!("没有例外“{other}”"), help);
                }
            }
            if chase.goes_over(&except.id, &except.id) {
                self.say(span, format!("例外“{}”绕回来排在自己之上", except.id), "去掉一个 over。");
            }
        }
        for (at, (a, _)) in excepts.iter().enumerate() {
            for (b, span) in excepts.iter().skip(at + 1) {
                let both = match (&a.of, &b.of) {
                    (Some(a), Some(b)) => a.meets(b),
                    // What is named for one duty may be named for any.
                    _ => true,
                };
                let Some(same) = same_key(a, b) else { continue };
                if both && !chase.goes_over(&a.id, &b.id) && !chase.goes_over(&b.id, &a.id) {
                    let message = format!("例外“{}”和“{}”会同时成立，又都改“{same}”", a.id, b.id);
                    self.say(span, message, format!("写明先后：over = [\"{}\"]。", a.id));
                }
            }
        }
    }

    /// What is late is released by a person, on every rung and under every exception.
    fn past_due(&mut self, chase: &Chase, excepts: &[(Except, Span)]) {
        let late = |when: &[RungTest]| when.iter().any(RungTest::is_after_due);
        for rung in chase.rungs.iter().filter(|r| r.by.is_none()) {
            let whole = excepts.iter().find_map(|(e, span)| {
                let when = e.overlays.get(&rung.id)?.when.as_ref()?;
                late(when).then(|| span.clone())
            });
            let place = self.rungs.iter().position(|r| *r == rung.id).and_then(|at| self.places.get(at));
            let own = late(&rung.when).then(|| place.cloned().unwrap_or_default());
            if let Some(at) = own.or(whole) {
                let message = format!("梯级“{}”在到期以后，却没有写明由谁放行（by）", rung.id);
                self.say(&at, message, "到期以后的每一级都由人放行：by = { role = \"角色\" }。");
            }
        }
    }
}

/// A key that both set, if there is one.
fn same_key(a: &Except, b: &Except) -> Option<String> {
    if a.rungs.is_some() && b.rungs.is_some() {
        return Some("rungs".to_owned());
    }
    a.overlays.iter().find_map(|(rung, mine)| {
        let theirs = b.overlays.get(rung)?;
        let key = mine.keys().find(|k| theirs.keys().any(|t| t == *k))?;
        Some(format!("rung.{rung}.{key}"))
    })
}

/// The tables under a key (`[rung.ID]`), in the order of the file.
pub(crate) fn fields(table: &mut Table, key: &'static str) -> Vec<Field> {
    match table.take(key) {
        Some(Node { value: Value::Table(fields), .. }) => fields,
        _ => Vec::new(),
    }
}

/// Which duties are meant: an obligation, several, or a table.
pub(crate) fn selector(node: Node, faults: &mut Faults, links: &mut Links) -> Option<Selector> {
    let mut out = Selector::default();
    if !matches!(node.value, Value::Table(_)) {
        for node in node.each() {
            if let Some(id) = node.text("要求", faults) {
                links.to(Kind::Obligation, &id, faults.at(&node.span));
                out.obligations.insert(id);
            }
        }
        return Some(out);
    }
    let span = node.span.clone();
    let mut table = Table::of(node, "哪些应办事项", faults)?;
    for (id, at) in table.spanned_texts("obligation", faults) {
        links.to(Kind::Obligation, &id, faults.at(&at));
        out.obligations.insert(id);
    }
    out.source = table
        .spanned_text("source", faults)
        .and_then(|(word, at)| meaning(&word, &at, &SourceKind::IDS, "来源", faults));
    out.issuers = kinds("issuer", &mut table, faults);
    for (id, at) in table.spanned_texts("workflow", faults) {
        links.to(Kind::Workflow, &id, faults.at(&at));
        out.workflows.insert(id);
    }
    for (step, at) in table.spanned_texts("step", faults) {
        for workflow in &out.workflows {
            links.step(workflow, &step, faults.at(&at));
        }
        out.steps.insert(step);
    }
    if let Some(mut bearers) = table.table("bearers", faults) {
        out.kinds = kinds("kind", &mut bearers, faults);
        out.kinds.extend(kinds("kinds", &mut bearers, faults));
        out.members = bearers.has("members").then(|| bearers.switch("members", faults));
        bearers.finish(faults);
    }
    for (id, at) in table.spanned_texts("ledger", faults) {
        links.to(Kind::Ledger, &id, faults.at(&at));
        out.ledgers.insert(id);
    }
    table.finish(faults);
    if out.steps.is_empty() || !out.workflows.is_empty() {
        return (out != Selector::default()).then_some(out).or_else(|| {
            faults.say(
                &span,
                "没有写明是哪些应办事项",
                "写 obligation、source、workflow、bearers 或 ledger。",
            );
            None
        });
    }
    faults.say(
        &span,
        "写了环节（step），没有写流程（workflow）",
        "写成 { workflow = \"…\", step = \"…\" }。",
    );
    None
}
