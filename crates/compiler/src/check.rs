//! Diagnostics: what in the document cannot be carried out as written, or not as well as it might be.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::civil::Date;
use model::{
    Bearers, Cadence, DeadlinePhrase, Diagnostic, Due, Item, MeasureKind, Plan, Proposal, ProposalState,
    Severity, Span, UnitKind,
};
use rulebook::Rulebook;

use crate::cite::{Finding, Register};
use crate::fold::{Folded, fold};
use crate::likeness::likeness;
use crate::measure::{Reading, Vague, Words, clip, is_calendar, within};
use crate::mention::Mentions;
use crate::numbering;
use crate::owners::leads;
use crate::propose::{ItemRead, Proposals};
use crate::resolve::Resolution;
use crate::unread;
use crate::wait::waits_for;

/// All that the checks look at.
pub(crate) struct Checker<'a> {
    pub(crate) source: &'a str,
    pub(crate) plan: &'a Plan,
    pub(crate) items: &'a [ItemRead<'a>],
    pub(crate) proposals: &'a Proposals,
    pub(crate) rulebook: &'a Rulebook,
    pub(crate) register: &'a Register<'a>,
    /// Titles of regulations as they stand in running text: index into the rulebook's regulations.
    pub(crate) running: &'a Mentions,
    pub(crate) words: &'a Words,
    /// Kinds of unit that the organisation holds, with their traits, each combination once.
    pub(crate) held: &'a BTreeSet<(UnitKind, BTreeSet<String>)>,
    pub(crate) year: i16,
    pub(crate) today: Option<Date>,
    /// The day on which the plan counts as written.
    pub(crate) day: Date,
}

pub(crate) fn say(
    code: &str,
    severity: Severity,
    span: Span,
    item: Option<usize>,
    message: String,
    help: String,
) -> Diagnostic {
    Diagnostic { code: code.to_owned(), severity, span, message, help, replacement: None, item }
}

impl Checker<'_> {
    pub(crate) fn all(&self) -> Vec<Diagnostic> {
        let mut out = Vec::new();
        if self.plan.items.is_empty() {
            out.push(self.no_items());
            unread::check(self.source, self.plan, &mut out);
            out.sort_by_key(|d| (d.severity, d.span));
            return out;
        }
        self.owners(&mut out);
        numbering::check(self.source, self.plan, &mut out);
        unread::check(self.source, self.plan, &mut out);
        let mut judged = HashMap::new();
        let mut folded = Folded::default();
        for (i, read) in self.items.iter().enumerate() {
            self.vague(i, read, &mut out);
            self.past(i, read.item, &mut out);
            self.waiting(i, read, &mut out);
            self.citations(i, read.item, &mut judged, &mut out);
            self.unmarked(i, read.item, &mut folded, &mut out);
            self.directional(i, read, &mut out);
        }
        self.told_once(&mut out);
        self.lost(&mut out);
        // An item whose day does not exist is told that; what it asks is seen when the day is mended.
        let wrong: HashSet<usize> = out.iter().filter(|d| d.code == "L020").filter_map(|d| d.item).collect();
        out.retain(|d| d.code != "L013" || d.item.is_none_or(|i| !wrong.contains(&i)));
        self.proposals(&mut out);
        self.same_record(&mut out);
        out.sort_by(|a, b| (a.span, a.severity, &a.code).cmp(&(b.span, b.severity, &b.code)));
        // The same thing is said once in an item, under its first words.
        let mut said = HashSet::new();
        out.retain(|d| d.item.is_none() || said.insert((d.code.clone(), d.item, d.message.clone())));
        out
    }

    fn no_items(&self) -> Diagnostic {
        let end = self.source.find('\n').unwrap_or(self.source.len());
        let span = self.plan.title_span.unwrap_or(Span { start: 0, end });
        say(
            "L014",
            Severity::Error,
            span,
            None,
            "没有读出任何条目".to_owned(),
            "请确认文件是工作要点或任务清单；条目用“1.”“（一）”一类编号开头，或放在表格里。".to_owned(),
        )
    }

    fn owners(&self, out: &mut Vec<Diagnostic>) {
        let nobody: Vec<usize> = (0..self.items.len()).filter(|i| self.items[*i].owners.is_empty()).collect();
        if nobody.len() == self.items.len() && nobody.len() > 1 {
            out.push(say(
                "L001",
                Severity::Error,
                self.items[0].item.title_span,
                Some(0),
                format!("全文{}个条目都没有写明由谁负责", nobody.len()),
                "在条目末尾写（牵头部门：…，责任部门：…），或在各部分标题处统一写明。".to_owned(),
            ));
        } else {
            for i in nobody {
                let item = self.items[i].item;
                out.push(say(
                    "L001",
                    Severity::Error,
                    item.title_span,
                    Some(i),
                    "这一条没有写明由谁负责".to_owned(),
                    "在条目末尾写（牵头部门：…，责任部门：…）。".to_owned(),
                ));
            }
        }
        self.nobody_named(out);
        if self.held.is_empty() {
            return;
        }
        for (i, read) in self.items.iter().enumerate() {
            for owner in &read.owners {
                let name = &owner.words.name;
                let (message, help, replacement) = match &owner.resolution {
                    Resolution::Unknown => (
                        format!("组织机构中没有“{name}”"),
                        "改为机构中的名称，或在组织机构中补上这个单位（或给已有单位加一个别名）。".to_owned(),
                        None,
                    ),
                    Resolution::Like { guess, .. } => {
                        (format!("组织机构中没有“{name}”"), format!("是否指“{guess}”？"), Some(guess.clone()))
                    }
                    Resolution::Unit(_) | Resolution::Collective { .. } => continue,
                };
                let mut d = say("L002", Severity::Error, owner.words.span, Some(i), message, help);
                d.replacement = replacement;
                out.push(d);
            }
        }
    }

    /// Items whose leading unit is 相关部门: whoever reads it may think of another.
    fn nobody_named(&self, out: &mut Vec<Diagnostic>) {
        let none = self.rulebook.lexicon().words("nobody_names");
        for (i, read) in self.items.iter().enumerate() {
            let leads: Vec<_> = leads(&read.owners).collect();
            let first = leads.first().map(|o| o.words);
            let (true, Some(words)) = (leads.iter().all(|o| none.contains(&o.words.name)), first) else {
                continue;
            };
            out.push(say(
                "L001",
                Severity::Error,
                words.span,
                Some(i),
                format!("牵头写的是“{}”，等于没有写明由谁负责", words.name),
                "写明是哪一个部门牵头；其他的放在责任部门里。".to_owned(),
            ));
        }
    }

    fn vague(&self, i: usize, read: &ItemRead<'_>, out: &mut Vec<Diagnostic>) {
        let item = read.item;
        for vague in &item.vague {
            let kind = self.words.vague(&vague.word);
            if kind == Vague::Manner {
                continue;
            }
            let s = read.readings.partition_point(|r| r.span.end <= vague.span.start);
            let Some(reading) = read.readings.get(s).filter(|r| r.span.overlaps(vague.span)) else {
                continue;
            };
            let counted = within(&item.cadences, reading.span, |c| c.span)
                .iter()
                .any(|c| c.times.is_some() || c.hours.is_some());
            let dated = within(&item.deadlines, reading.span, |d| d.span).iter().any(is_calendar);
            if counted || dated || reading.is_title {
                continue;
            }
            let first = reading.asks.partition_point(|a| a.clause.end <= vague.span.start);
            let near = reading.asks.iter().enumerate().skip(first).take(NEAR);
            let near = near.filter(|(_, a)| a.clause.overlaps(vague.span));
            let mechanism = near
                .clone()
                .map(|(_, a)| a)
                .flat_map(|a| &a.mechanisms)
                .filter_map(|m| self.rulebook.mechanisms().get(*m))
                .find(|m| m.suggests.is_some());
            // A clause that adopts rules with a rhythm of their own has its number, though the document does not print it.
            let ruled = near
                .flat_map(|(a, _)| self.proposals.outcome.get(&(i, s, a)).into_iter().flatten())
                .filter_map(|p| self.proposals.made.get(*p))
                .find(|p| {
                    matches!(p.proposal.cadence.core(), Cadence::AtLeast { .. } | Cadence::EachBy { .. })
                        && p.proposal.origin.rule().is_some()
                });
            let word = &vague.word;
            match kind {
                Vague::HowOften => {
                    let help = match (mechanism, ruled) {
                        (Some(m), _) => {
                            let cadence = m.suggests.as_ref().map(Cadence::words).unwrap_or_default();
                            format!("规则库对“{}”的建议：{cadence}（{}）。也可在发布时定为“导向性，不考核”。", m.title, m.suggests_reason.trim_end_matches('。'))
                        }
                        (None, Some(p)) => format!("“{}”已有规定：{}。", p.proposal.title, p.proposal.cadence.words()),
                        (None, None) => {
                            "规则库建议按一般工作惯例写“每季度1次”或“每半年1次”；也可在发布时定为“导向性，不考核”。".to_owned()
                        }
                    };
                    out.push(say(
                        "L004",
                        Severity::Warning,
                        vague.span,
                        Some(i),
                        format!("“{word}”没有写明多久一次"),
                        help,
                    ));
                }
                _ => out.push(say(
                    "L004",
                    Severity::Info,
                    vague.span,
                    Some(i),
                    format!("“{word}”没有写明多少天内"),
                    "要考核的，写明期限，如“5个工作日内”；不考核的，不用改。".to_owned(),
                )),
            }
        }
    }

    fn past(&self, i: usize, item: &Item, out: &mut Vec<Diagnostic>) {
        // Whose year it is nobody knows, and what recurs comes again.
        let Some(today) = self.today.filter(|_| self.plan.year.is_some()) else { return };
        let recurs = |span: Span| {
            let before = self.source.get(..span.start).unwrap_or_default().trim_end();
            ["每年", "每学年", "每年度", "历年"].iter().any(|w| before.ends_with(w))
                || item.cadences.iter().any(|c| c.span.overlaps(span))
        };
        for DeadlinePhrase { span, text, cadence, .. } in &item.deadlines {
            let Some(last) = last_day(cadence, self.year) else { continue };
            if last < today && !recurs(*span) {
                out.push(say(
                    "L005",
                    Severity::Warning,
                    *span,
                    Some(i),
                    format!("“{text}”已经过了（{}年{}月{}日）", last.year(), last.month(), last.day()),
                    "改为今天之后的日期；已经办完的，发布后补录即可。".to_owned(),
                ));
            }
        }
    }

    /// Phrases that wait for the day of an event, where something is asked by them.
    fn waiting(&self, i: usize, read: &ItemRead<'_>, out: &mut Vec<Diagnostic>) {
        let asks = || self.proposals.made.iter().map(|m| &m.proposal).filter(|p| p.item == Some(i));
        for DeadlinePhrase { span, cadence, .. } in &read.item.deadlines {
            if !asks().any(|p| p.cadence == *cadence && p.kind < MeasureKind::Directional) {
                continue;
            }
            let Some(wait) = waits_for(cadence, self.rulebook, self.year) else { continue };
            let (message, help) = wait.said();
            out.push(say("L018", Severity::Info, *span, Some(i), message, help));
        }
    }

    /// Names in 《》; a long document cites the same few, so each is judged once.
    fn citations<'s>(
        &'s self,
        i: usize,
        item: &'s Item,
        judged: &mut HashMap<&'s str, Finding<'s>>,
        out: &mut Vec<Diagnostic>,
    ) {
        for citation in &item.citations {
            let name = &citation.name;
            let finding = *judged.entry(name).or_insert_with(|| self.register.judge(name, self.day));
            let mut d = match finding {
                Finding::Right(_) | Finding::Unknown => continue,
                Finding::Misquoted(right) => {
                    let mut d = say(
                        "L009",
                        Severity::Warning,
                        citation.span,
                        Some(i),
                        format!("《{name}》与正式标题不符"),
                        format!("是否指《{}》？", right.title),
                    );
                    d.replacement = Some(right.title.clone());
                    d
                }
                Finding::Superseded { old, by } => {
                    let mut d = say(
                        "L010",
                        Severity::Warning,
                        citation.span,
                        Some(i),
                        format!("《{}》在制定本要点时已被取代", old.title),
                        if by.seen {
                            format!("是否指《{}》？", by.title)
                        } else {
                            "请核对现行文件的标题。".to_owned()
                        },
                    );
                    d.replacement = by.seen.then(|| by.title.clone());
                    d
                }
                Finding::TrialMarkMissing(right) => {
                    let mut d = say(
                        "L015",
                        Severity::Info,
                        citation.span,
                        Some(i),
                        format!("《{name}》的标题还带着“（试行）”"),
                        format!("正式标题是《{}》。", right.title),
                    );
                    d.replacement = Some(right.title.clone());
                    d
                }
            };
            // Written as the author wrote it: a title in 〈〉 inside 《》 keeps its inner marks.
            if d.replacement.as_deref() == Some(name) {
                d.replacement = None;
            }
            out.push(d);
        }
    }

    /// Titles of regulations in running text.
    fn unmarked(&self, i: usize, item: &Item, folded: &mut Folded, out: &mut Vec<Diagnostic>) {
        folded.refill(self.source, item.span);
        for found in self.running.find_in(self.source, folded) {
            let inside =
                within(&item.citations, found.span, |c| c.span).iter().any(|c| c.span.overlaps(found.span));
            let Some(regulation) = self.rulebook.regulations().get(found.mechanism).filter(|_| !inside)
            else {
                continue;
            };
            let mut d = say(
                "L016",
                Severity::Info,
                found.span,
                Some(i),
                "法规标题没有加书名号".to_owned(),
                format!("写作《{}》。", regulation.title),
            );
            if let Finding::Superseded { by, .. } = self.register.judge(&regulation.title, self.day) {
                d.help = format!("此件已被取代，现行的是《{}》。", by.title);
            }
            d.replacement = Some(format!("《{}》", regulation.title));
            out.push(d);
        }
    }

    /// One remark an item: that nothing in it can be assessed, or that most of it cannot.
    fn directional(&self, i: usize, read: &ItemRead<'_>, out: &mut Vec<Diagnostic>) {
        let body: Vec<&Reading> = read.readings.iter().filter(|r| r.kind != MeasureKind::Title).collect();
        let soft = body.iter().filter(|r| r.kind == MeasureKind::Directional).count();
        let by_title = read.readings.iter().any(|r| r.kind == MeasureKind::Title && !r.asks.is_empty());
        if soft == body.len() && !by_title {
            out.push(say(
                "L013",
                Severity::Warning,
                read.item.title_span,
                Some(i),
                "这一条没有一句可以考核".to_owned(),
                "至少写明一件要办的事：做几次、什么时候前办成、按哪项制度办，或拿出什么成果；确属导向的，可以照发，不产生应办事项。".to_owned(),
            ));
        } else if soft >= 2 && soft * 2 >= body.len() {
            let first = body
                .iter()
                .find(|r| r.kind == MeasureKind::Directional)
                .map_or(read.item.title_span, |r| r.span);
            out.push(say(
                "L003",
                Severity::Info,
                first,
                Some(i),
                format!("这一条{}句中有{soft}句是导向性的，不产生应办事项", body.len()),
                "不用逐句改；想考核哪一句，就给它写上次数、时限或成果。".to_owned(),
            ));
        }
    }

    /// Where most items have nothing to assess the document is of another kind, and is told so once.
    fn told_once(&self, out: &mut Vec<Diagnostic>) {
        let bare: Vec<usize> = out.iter().filter(|d| d.code == "L013").filter_map(|d| d.item).collect();
        if bare.len() < MANY || bare.len() * 2 <= self.items.len() {
            return;
        }
        let mut first = true;
        out.retain(|d| d.code != "L013" || std::mem::take(&mut first));
        if let Some(d) = out.iter_mut().find(|d| d.code == "L013") {
            let labels: Vec<&str> =
                bare.iter().take(MANY).filter_map(|i| self.items.get(*i)).map(|r| r.label.as_str()).collect();
            d.message = format!(
                "{}条中有{}条没有一句可以考核（第{}条等）",
                self.items.len(),
                bare.len(),
                labels.join("、")
            );
        }
    }

    fn proposals(&self, out: &mut Vec<Diagnostic>) {
        for made in &self.proposals.made {
            let p = &made.proposal;
            // What nobody turned on asks nothing of anybody.
            if p.state == ProposalState::NotAssessed {
                continue;
            }
            let Some(span) = p.origin.span() else { continue };
            if p.ledger.is_none() {
                out.push(say(
                    "L011",
                    Severity::Error,
                    span,
                    p.item,
                    format!("“{}”没有台账可以证明", p.title),
                    "为它选一本台账，或定为“导向性，不考核”；确需新台账的，在规则库里加一个文件。".to_owned(),
                ));
            }
            let owned = p.item.and_then(|i| self.items.get(i)).is_some_and(|r| !r.owners.is_empty());
            if owned && self.nobody(&p.bearers) {
                // A standing rule about units that this institution has not got asks nothing of anybody, and is no fault.
                if p.origin.rule().is_some() && !p.bearers.is_nobody() {
                    continue;
                }
                let unresolved = p
                    .item
                    .and_then(|i| self.items.get(i))
                    .is_some_and(|r| r.owners.iter().any(|o| o.resolution == Resolution::Unknown));
                // Said already under the owner's name.
                if unresolved || !self.items.iter().any(|r| !r.owners.is_empty()) || self.held.is_empty() {
                    continue;
                }
                out.push(say(
                    "L012",
                    Severity::Error,
                    span,
                    p.item,
                    format!("“{}”没有人承担", p.title),
                    "牵头和责任单位中没有适合记这本台账的；请指定承担单位，或换一本台账。".to_owned(),
                ));
            }
            if let Some(rule) = &made.below {
                out.push(say(
                    "L017",
                    Severity::Warning,
                    span,
                    p.item,
                    format!("“{}”的次数低于规定", p.title),
                    format!("{rule}；应办事项已按规定计。"),
                ));
            }
        }
    }

    /// Where a demand stands, as people say it: 第3条第2句.
    fn place(&self, p: &Proposal) -> String {
        let Some((i, read)) = p.item.and_then(|i| Some((i, self.items.get(i)?))) else {
            return "常规要求".to_owned();
        };
        let number = if read.item.number.is_empty() { (i + 1).to_string() } else { read.item.number.clone() };
        let at = p.origin.span().map_or(0, |s| s.start);
        let n = read.item.sentences.partition_point(|s| s.span.end <= at);
        match read.item.sentences.get(n).filter(|s| s.span.start <= at) {
            Some(_) if read.item.sentences.len() > 1 => format!("第{number}条第{}句", n + 1),
            _ => format!("第{number}条"),
        }
    }

    /// Whether words stand in the sentence of a demand: what one sentence says twice of one thing is no contradiction.
    fn same_sentence(&self, item: usize, span: Span, p: &Proposal) -> bool {
        let Some(read) = self.items.get(item).filter(|_| p.item == Some(item)) else { return false };
        let Some(other) = p.origin.span() else { return false };
        let n = read.item.sentences.partition_point(|s| s.span.end <= span.start);
        read.item.sentences.get(n).is_some_and(|s| s.span.contains(span) && s.span.contains(other))
    }

    /// Whether two demands ask for one thing by their words: not the verb and the month make a record the same.
    fn alike(&self, a: &Proposal, b: &Proposal) -> bool {
        let (a, b) = (fold(&a.title), fold(&b.title));
        let shorter = a.chars().count().min(b.chars().count());
        (shorter >= 4 && (a.contains(&b) || b.contains(&a))) || likeness(&a, &b) >= ALIKE
    }

    fn nobody(&self, bearers: &Bearers) -> bool {
        let has = |kind: &UnitKind| self.held.iter().any(|(k, traits)| k == kind && bearers.allow(traits));
        bearers.is_nobody()
            || (bearers.units.is_empty()
                && !bearers.members
                && bearers.posts.is_empty()
                && !self.held.is_empty()
                && !bearers.kinds.iter().any(has))
    }

    /// Clauses that ask for what another clause asks for.
    fn same_record(&self, out: &mut Vec<Diagnostic>) {
        let mut told: HashMap<(usize, usize), usize> = HashMap::new();
        for again in &self.proposals.again {
            let Some(first) = self.proposals.made.get(again.first) else { continue };
            let place = self.place(&first.proposal);
            if self.same_sentence(again.item, again.span, &first.proposal) {
                continue;
            }
            if again.differs {
                out.push(say(
                    "L006",
                    Severity::Warning,
                    again.span,
                    Some(again.item),
                    format!("“{}”前面已有要求，次数不同", again.name),
                    format!(
                        "{place}写的是{}；请统一写法，暂按较高的次数计。",
                        first.proposal.cadence.words()
                    ),
                ));
                continue;
            }
            // One remark for each place, however many rules the same words bring.
            if told.insert((again.item, again.span.start), again.first).is_none() {
                out.push(say(
                    "L006",
                    Severity::Info,
                    again.span,
                    Some(again.item),
                    format!("“{}”与{place}是同一记录", again.name),
                    "已并在一起，只记一次，两处都算。".to_owned(),
                ));
            }
        }
        let general = self.rulebook.general();
        let mut by_ledger: HashMap<&str, Vec<usize>> = HashMap::new();
        for (n, made) in self.proposals.made.iter().enumerate() {
            let p = &made.proposal;
            let clause = matches!(p.origin, model::Origin::Clause { .. }) && p.kind <= MeasureKind::Dated;
            let specific = |l: &&str| clause && general.is_none_or(|g| g.id != *l);
            let Some(ledger) = p.ledger.as_deref().filter(specific) else { continue };
            let others = by_ledger.entry(ledger).or_default();
            // A ledger that half the document asks for is no double, but how the house keeps its records.
            if others.len() > 8 {
                continue;
            }
            if made.part {
                continue;
            }
            let double = others.iter().filter_map(|o| self.proposals.made.get(*o)).find(|o| {
                let o = &o.proposal;
                o.bearers == p.bearers
                    && o.condition == p.condition
                    && same_shape(&o.cadence, &p.cadence)
                    && o.origin.span() != p.origin.span()
                    && self.alike(o, p)
            });
            if let (Some(other), Some(span)) = (double, p.origin.span()) {
                let words = other.proposal.origin.words().unwrap_or_default();
                out.push(say(
                    "L006",
                    Severity::Warning,
                    span,
                    p.item,
                    format!("与{}（{}）要的可能是同一记录", self.place(&other.proposal), clip(words)),
                    "确是一件事的，发布前把两条要求合并，基层只记一次。".to_owned(),
                ));
            }
            others.push(n);
        }
    }
}

/// Whether a remark asks nobody to do anything: sentences that are directional, demands that were put together. They are
/// counted, and shown to who asks for all.
#[must_use]
pub fn is_quiet(diagnostic: &Diagnostic) -> bool {
    diagnostic.code == "L003" || (diagnostic.code == "L006" && diagnostic.severity == Severity::Info)
}

fn same_shape(a: &Cadence, b: &Cadence) -> bool {
    match (a.core(), b.core()) {
        (Cadence::AtLeast { per: p, .. }, Cadence::AtLeast { per: q, .. }) => p == q,
        (Cadence::Hours { per: p, .. }, Cadence::Hours { per: q, .. }) => p == q,
        (Cadence::By(_), Cadence::By(_)) | (Cadence::EachBy { .. }, Cadence::EachBy { .. }) => a == b,
        _ => false,
    }
}

/// How alike, of a thousand, the names of two demands are that may be one.
const ALIKE: u32 = 750;

/// How many items without anything to assess are told one by one.
const MANY: usize = 5;

/// How many asks of a clause are looked at beside a vague word.
const NEAR: usize = 64;

/// The last day on which a deadline of the plan's year is met; none when the day is not known yet.
fn last_day(cadence: &Cadence, year: i16) -> Option<Date> {
    let month_end = |m: i8| Date::new(year, m, 1).ok().map(Date::last_of_month);
    match cadence.core() {
        Cadence::By(Due::Day(day)) => Some(*day),
        Cadence::By(Due::MonthDay { month, day }) => {
            let last = month_end(*month)?;
            Date::new(year, *month, (*day).min(last.day())).ok()
        }
        Cadence::By(Due::MonthEnd { month } | Due::Months { to: month, .. }) => month_end(*month),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::propose::Made;

    #[test]
    fn the_last_day_of_a_deadline() {
        let day = |c: Cadence| last_day(&c, 2024).map(|d| d.to_string());
        assert_eq!(day(Cadence::By(Due::MonthEnd { month: 2 })).as_deref(), Some("2024-02-29"));
        assert_eq!(day(Cadence::By(Due::MonthDay { month: 6, day: 31 })).as_deref(), Some("2024-06-30"));
        assert_eq!(day(Cadence::By(Due::Months { from: 4, to: 6 })).as_deref(), Some("2024-06-30"));
        assert_eq!(day(Cadence::before("大会")), None);
    }

    fn made(ledger: Option<&str>) -> Made {
        let span = Span { start: 0, end: "每人每年32学时".len() };
        Made {
            proposal: model::Proposal {
                key: "1.1".to_owned(),
                item: Some(0),
                title: "学时".to_owned(),
                kind: MeasureKind::Counted,
                origin: model::Origin::Clause { text: "每人每年32学时".to_owned(), span },
                bearers: Bearers { kinds: BTreeSet::from([UnitKind::Branch]), ..Bearers::default() },
                lead: Vec::new(),
                cadence: Cadence::Hours { hours: 32, per: model::Per::Year },
                ledger: ledger.map(str::to_owned),
                condition: model::Conditions::default(),
                reason: String::new(),
                added: false,
                state: model::ProposalState::Proposed,
            },
            names: Vec::new(),
            below: None,
            part: false,
        }
    }

    /// The built-in rulebook has a ledger for everything, so what it would say without one is asked of the check itself.
    #[test]
    fn l011_no_ledger_can_show_it() {
        let rulebook = Rulebook::built_in().unwrap();
        let register = Register::new([], []);
        let running = Mentions::new([], []);
        let words = Words::new(rulebook.lexicon());
        let plan = Plan::default();
        let said = |ledger| {
            let proposals = Proposals { made: vec![made(ledger)], ..Proposals::default() };
            let checker = Checker {
                source: "每人每年32学时",
                plan: &plan,
                items: &[],
                proposals: &proposals,
                rulebook: &rulebook,
                register: &register,
                running: &running,
                words: &words,
                held: &BTreeSet::new(),
                year: 2022,
                today: None,
                day: jiff::civil::date(2022, 1, 1),
            };
            let mut out = Vec::new();
            checker.proposals(&mut out);
            out.into_iter().map(|d| d.code).collect::<Vec<_>>()
        };
        assert_eq!(said(None), ["L011"]);
        assert!(said(Some("training")).is_empty());
    }
}
