//! `luoshi rulebook procedures`: each procedure as a page, drawn from its file, for whoever knows the regulation and no TOML.

use std::fmt::Write as _;
use std::fs;
use std::path::Path as File;

use model::flow::{
    Amount, Amounts, CasesOf, Cite, Due, DueRule, Effect, EffectKind, Given, Goal, Lane, Opening, Path,
    PeopleTest, Point, Relation, Step, SubjectKind, Test, TimeBound, Who, Workflow,
};
use model::rule::{Field, Ledger, Privacy};
use model::{Condition, UnitKind};
use rulebook::{Called, Rulebook};

use super::{Refusal, WELL, say};

/// Writes a page for each procedure and a list of them into a folder.
pub(super) fn write(out: &File, dir: Option<&File>) -> Result<u8, Refusal> {
    let book = match Rulebook::load(dir) {
        Ok(book) => book,
        Err(faults) => return Ok(super::rulebook::told(&faults)),
    };
    let refused = |what: &File, error: std::io::Error| Refusal {
        message: format!("写不了 {}：{error}", what.display()),
        help: "换一个能写的文件夹".to_owned(),
    };
    fs::create_dir_all(out).map_err(|e| refused(out, e))?;
    let mut list = String::from(
        "# 流程\n\n每一页由规则库里的流程文件画出来（`luoshi rulebook procedures docs/procedures`），不要在这里改。\
         “不通过不推动”的条件，记录照样保存，只是流程不往下走；其余只提醒，写明原因可以往下走。\n\n\
         | 流程 | 关于 | 环节 |\n| --- | --- | --- |\n",
    );
    let mut count = 0;
    for workflow in book.workflows() {
        let path = out.join(format!("{}.md", workflow.id));
        fs::write(&path, page(workflow, &book)).map_err(|e| refused(&path, e))?;
        let about = workflow.subject.word();
        let _ = writeln!(
            list,
            "| [{}]({}.md) | {about} | {} |",
            workflow.title,
            workflow.id,
            workflow.steps.len()
        );
        count += 1;
    }
    let path = out.join("README.md");
    fs::write(&path, list).map_err(|e| refused(&path, e))?;
    say(&format!("写了{count}种流程：{}\n", out.display()));
    Ok(WELL)
}

/// The page of a procedure.
fn page(w: &Workflow, book: &Rulebook) -> String {
    let words = Words { w, book };
    let mut out = format!("# {}\n\n", w.title);
    let _ = writeln!(out, "- 关于：{}", w.subject.word());
    let opens: Vec<String> = w.opens.iter().map(|o| words.opening(o)).collect();
    let _ = writeln!(out, "- 怎么开：{}", or_none(&opens.join("；")));
    let privacy = match w.privacy {
        Privacy::Open => "能看台账的都能看",
        Privacy::Branch => "本支部和上级",
        Privacy::Restricted => "限定范围：承办的组织和纪检部门",
    };
    let _ = writeln!(out, "- 谁能看：{privacy}");
    if w.subject == SubjectKind::Person {
        let sees = match w.subject_sees.as_str() {
            "opened" => "从开办起".to_owned(),
            "never" => "不看".to_owned(),
            step => format!("从“{}”起", words.step(step)),
        };
        let _ = writeln!(out, "- 本人：{sees}");
    }
    if w.one_open {
        out.push_str("- 同一对象同时只有一件\n");
    }
    if !w.source.is_empty() {
        let _ = writeln!(out, "- 依据：{}", w.source);
    }
    out.push_str("\n## 各步\n");
    for (n, step) in w.steps.iter().enumerate() {
        let _ = write!(out, "\n### {}. {}\n\n", n + 1, step.title);
        words.draw(step, &mut out);
    }
    out
}

fn or_none(words: &str) -> &str {
    if words.is_empty() { "由别的流程开" } else { words }
}

fn kinds(all: &std::collections::BTreeSet<UnitKind>) -> String {
    if all.is_empty() {
        return "任何组织".to_owned();
    }
    all.iter().map(|k| k.word()).collect::<Vec<_>>().join("、")
}

/// What a procedure says, in words.
struct Words<'a> {
    w: &'a Workflow,
    book: &'a Rulebook,
}

impl Words<'_> {
    fn step(&self, id: &str) -> String {
        self.w.step(id).map_or_else(|| id.to_owned(), |s| s.title.clone())
    }

    fn ledger(&self, id: &str) -> String {
        self.book.ledger(id).map_or_else(|| id.to_owned(), |l| l.title.clone())
    }

    /// The field of any ledger that has it: an id means one fact everywhere.
    fn field(&self, id: &str) -> Option<&Field> {
        let of = |l: &'_ Ledger| l.fields.iter().any(|f| f.id == id || f.rows.iter().any(|r| r.id == id));
        let ledgers = self.w.steps.iter().flat_map(|s| &s.shown_by).filter_map(|s| s.ledger.as_ref());
        let own = ledgers.filter_map(|id| self.book.ledger(id)).find(|l| of(l));
        let ledger = own.or_else(|| self.book.ledgers().iter().find(|l| of(l)))?;
        ledger.fields.iter().flat_map(|f| std::iter::once(f).chain(&f.rows)).find(|f| f.id == id)
    }

    fn label(&self, id: &str) -> String {
        self.field(id).map_or_else(|| id.to_owned(), |f| f.title.clone())
    }

    fn option(&self, field: &str, id: &str) -> String {
        let found = self.field(field).and_then(|f| f.options.iter().find(|(o, _)| o == id));
        found.map_or_else(|| id.to_owned(), |(_, word)| word.clone())
    }

    fn unit_trait(&self, id: &str) -> String {
        let found = self.book.roles().traits.iter().find(|t| t.id == id);
        found.map_or_else(|| id.to_owned(), |t| t.title.clone())
    }

    fn role(&self, id: &str) -> String {
        self.book.roles().roles.iter().find(|r| r.id == id).map_or_else(|| id.to_owned(), |r| r.title.clone())
    }

    fn opening(&self, opening: &Opening) -> String {
        match opening {
            Opening::ByHand(of) => format!("{}开", kinds(of)),
            Opening::Entry { ledgers, rows, .. } => {
                let titles: Vec<String> = ledgers.iter().map(|l| self.ledger(l)).collect();
                let each = if rows.is_some() { "每行一件" } else { "一条一件" };
                format!("记“{}”，{each}", titles.join("、"))
            }
            Opening::Overdue { rule, by } => {
                let title = self.book.obligations().iter().find(|o| o.id == *rule);
                let title = title.map_or(rule.as_str(), |o| o.title.as_str());
                let by = by.map_or_else(String::new, |l| l.words());
                format!("“{title}”逾期{by}自己开")
            }
            Opening::Moment { point, before, bearers } => {
                format!("{}自己开：{}之前{}", kinds(&bearers.kinds), self.point(point), before.words())
            }
            Opening::Each(per, bearers) => format!("{}每{}自己开一件", kinds(&bearers.kinds), per.word()),
        }
    }

    fn who(&self, who: &Who) -> String {
        match who {
            Who::Own => "本组织".to_owned(),
            Who::Above(1) => "上一级".to_owned(),
            Who::Above(n) => format!("上 {n} 级"),
            Who::AboveLine(1) => "各单位的上一级".to_owned(),
            Who::AboveLine(n) => format!("各单位的上 {n} 级"),
            Who::NearestAbove(wanted) => format!("最近的“{}”上级", self.unit_trait(wanted)),
            Who::Role(role) => self.role(role),
            Who::Field(path) => format!("{}所写的", self.path(path)),
            Who::SameAs(None) => "开办的组织".to_owned(),
            Who::SameAs(Some(step)) => format!("办“{}”的组织", self.step(step)),
            Who::Subject => "本人（由所在支部记）".to_owned(),
            Who::Line => "各单位、各人自己".to_owned(),
            Who::Outside => "外单位".to_owned(),
        }
    }

    fn path(&self, path: &Path) -> String {
        match path {
            Path::Own(f) | Path::Line(f) | Path::Parent(f) | Path::Record(f) => {
                format!("“{}”", self.label(f))
            }
            Path::Subject(f) => format!("“{}”", self.fact(f)),
            Path::Step { step, field } => format!("“{}”里的“{}”", self.step(step), self.label(field)),
        }
    }

    fn point(&self, point: &Point) -> String {
        match point {
            Point::Opened => "开办".to_owned(),
            Point::Step { step, first: true } => format!("第一次“{}”", self.step(step)),
            Point::Step { step, .. } => format!("“{}”", self.step(step)),
            Point::Field(path) => self.path(path),
            Point::Fact { fact, ends: true } => format!("“{}”期满", self.fact(fact)),
            Point::Fact { fact, .. } => format!("“{}”", self.fact(fact)),
            Point::Period { ends: true } => "年末".to_owned(),
            Point::Period { .. } => "年初".to_owned(),
            Point::Event(id) => format!("“{}”", self.book.events().title(id)),
            Point::Due(step) => format!("“{}”的期限", self.step(step)),
            Point::Cutoff => "截止日".to_owned(),
            Point::First(all) => {
                let all: Vec<String> = all.iter().map(|p| self.point(p)).collect();
                format!("{}（先有哪个算哪个）", all.join("、"))
            }
        }
    }

    fn fact<'a>(&'a self, id: &'a str) -> &'a str {
        self.book.called(Called::Fact, id)
    }

    fn state<'a>(&'a self, id: &'a str) -> &'a str {
        self.book.called(Called::State, id)
    }

    /// Draws what a step says, a line for each thing.
    fn draw(&self, step: &Step, out: &mut String) {
        if !step.when.is_empty() {
            let when: Vec<String> = step.when.iter().map(|t| self.test(t)).collect();
            let _ = writeln!(out, "- 只在：{}", when.join("；"));
        }
        let mut by = self.who(&step.by);
        if let Some(keeper) = &step.kept_by {
            let _ = write!(by, "，由{}登记", self.who(keeper));
        }
        if !step.posts.is_empty() {
            let _ = write!(by, "（一般由{}）", step.posts.join("、"));
        }
        let _ = writeln!(out, "- 谁办：{by}{}", self.cite(&step.by_cite));
        if let Some(lane) = &step.per {
            let of = match lane {
                Lane::Field(path) => format!("{}的每一个", self.path(path)),
                Lane::Units(of, _) => format!("下面的每个{}", kinds(of)),
                Lane::People(stage) => format!("每个{}", self.state(stage)),
            };
            let _ = writeln!(out, "- 逐个办：{of}");
        }
        if let Some(after) = &step.after {
            let all: Vec<String> = after.iter().map(|s| format!("“{}”", self.step(s))).collect();
            let _ = writeln!(out, "- 等：{}都办完", all.join("、"));
        }
        if let Some(beside) = &step.beside {
            let outcome = beside
                .outcome
                .as_ref()
                .map_or_else(String::new, |o| format!("（{}）", self.outcome(&beside.step, o)));
            let _ = writeln!(out, "- 同时做，不拦别的，直到“{}”{outcome}", self.step(&beside.step));
        }
        for shown in &step.shown_by {
            match (&shown.ledger, &shown.case) {
                (Some(ledger), _) => {
                    let such: Vec<String> = shown.such.0.iter().map(|c| self.condition(c)).collect();
                    let such =
                        if such.is_empty() { String::new() } else { format!("（{}）", such.join("，")) };
                    let rows = if shown.rows.is_some() { "，一条记录可以办几件" } else { "" };
                    let when: Vec<String> = shown.when.iter().map(|t| self.test(t)).collect();
                    let when = if when.is_empty() {
                        String::new()
                    } else {
                        format!("，只在{}", when.join("，"))
                    };
                    let _ = writeln!(out, "- 记：台账“{}”{such}{rows}{when}", self.ledger(ledger));
                }
                (None, Some(case)) => {
                    let title =
                        self.book.workflows().find(|w| w.id == *case).map_or(case.as_str(), |w| &w.title);
                    let _ = writeln!(out, "- 由流程“{title}”办，它结束就过去");
                }
                (None, None) => {}
            }
        }
        if step.is_clock() {
            out.push_str("- 不用记，到期自己过去\n");
        }
        for due in &step.due {
            let _ = writeln!(out, "- 期限：{}", self.due(due));
        }
        if let Some(goal) = &step.lapse {
            let _ = writeln!(out, "- 到期没有办：{}", self.goal(goal));
        }
        for guard in &step.guard {
            let _ = writeln!(out, "- 要：{}{}", self.test(&guard.test), self.cite(&guard.cite));
        }
        if let Some(decides) = &step.decides {
            if let Some(vote) = decides.vote.as_ref().and_then(|id| self.book.vote(id)) {
                let _ = writeln!(out, "- 表决：{}", vote.title);
            }
            for (outcome, goal) in &decides.outcomes {
                let word = self.book.outcome_word(step, outcome);
                let _ = writeln!(out, "- {word} → {}", self.goal(goal));
            }
        }
        for (outcome, effects) in &step.effects {
            for effect in effects {
                let when = if outcome == "done" {
                    String::new()
                } else {
                    format!("{}：", self.outcome(&step.id, outcome))
                };
                let _ = writeln!(out, "- 结果：{when}{}", self.effect(effect));
            }
        }
        if let Some(cite) = &step.skip {
            let _ = writeln!(out, "- 可以略过，写明原因{}", self.cite(cite));
        }
        if !step.anew.is_empty() {
            let fields: Vec<String> = step.anew.iter().map(|f| format!("“{}”", self.label(f))).collect();
            let _ = writeln!(out, "- {}变了，从这一步重来", fields.join("、"));
        }
    }

    fn outcome(&self, id: &str, outcome: &str) -> String {
        self.w.step(id).map_or_else(|| outcome.to_owned(), |step| self.book.outcome_word(step, outcome))
    }

    fn goal(&self, goal: &Goal) -> String {
        match goal {
            Goal::Step(step) => format!("“{}”", self.step(step)),
            Goal::End(how) => format!("结束：{how}"),
            Goal::Pass => "往下走".to_owned(),
        }
    }

    /// On what something rests, and whether it refuses.
    fn cite(&self, cite: &Cite) -> String {
        if let Some(row) = cite.article.as_ref().and_then(|id| self.book.article(id)) {
            let title = self.book.regulation(&row.regulation).map_or("", |r| r.title.as_str());
            let force = if row.refuses { "不通过不推动" } else { "只提醒" };
            return format!("——《{title}》{}，{force}", row.no);
        }
        match cite.rank {
            Some(model::flow::Rank::Product) => "——系统约定，不通过不推动".to_owned(),
            Some(rank) => format!("——{}，只提醒", rank.word()),
            None => String::new(),
        }
    }

    fn due(&self, due: &Due) -> String {
        let mut out = match &due.rule {
            DueRule::Within(length, point) => format!("{}起{}内", self.point(point), length.words()),
            DueRule::Before(length, point) => format!("{}之前{}", self.point(point), length.words()),
            DueRule::On(point) => format!("{}那天", self.point(point)),
            DueRule::Every(length) => format!("每{}一次", length.words()),
            DueRule::Each(per) => format!("每{}一次", per.word()),
        };
        if !due.when.is_empty() {
            let when: Vec<String> = due.when.iter().map(|t| self.test(t)).collect();
            let _ = write!(out, "（{}）", when.join("，"));
        }
        if let Some(extend) = &due.extend {
            let most = extend.at_most.map_or_else(String::new, |l| format!("，最长{}", l.words()));
            let by = extend.by.as_ref().map_or_else(String::new, |w| format!("，由{}批准", self.who(w)));
            let _ = write!(out, "；可以延一次{most}{by}");
        }
        format!("{out}{}", self.cite(&due.cite))
    }

    fn amounts(&self, bound: &Amounts, unit: &str) -> String {
        let of = |a: &Amount| match a {
            Amount::Number(n) => format!("{n}{unit}"),
            Amount::Path(path) => self.path(path),
        };
        match (&bound.at_least, &bound.at_most) {
            (Some(a), Some(b)) if a == b => of(a),
            (Some(a), Some(b)) => format!("{}到{}", of(a), of(b)),
            (Some(a), None) => format!("不少于{}", of(a)),
            (None, Some(b)) => format!("不多于{}", of(b)),
            (None, None) => String::new(),
        }
    }

    fn time(&self, point: &Point, until: bool, bound: TimeBound) -> String {
        let point = self.point(point);
        let side = if until { format!("离{point}") } else { format!("{point}起") };
        match (bound.at_least, bound.at_most) {
            (Some(model::flow::Length::Days(0)), _) => format!("不早于{point}"),
            (Some(a), Some(b)) => format!("{side}满{}、不超过{}", a.words(), b.words()),
            (Some(a), None) => format!("{side}满{}", a.words()),
            (None, Some(b)) => format!("{side}不超过{}", b.words()),
            (None, None) => side,
        }
    }

    fn test(&self, test: &Test) -> String {
        match test {
            Test::Record(condition) => self.condition(condition),
            Test::OfLine(condition) => format!("这一行的{}", self.condition(condition)),
            Test::Of(step, condition) => {
                let of = step.as_ref().map_or_else(String::new, |s| format!("“{}”的", self.step(s)));
                format!("{of}{}", self.condition(condition))
            }
            Test::Time { point, until, bound } => self.time(point, *until, *bound),
            Test::Entries { ledger, since, sum, bound, .. } => {
                let since = since.as_ref().map_or_else(String::new, |p| format!("{}以来", self.point(p)));
                let what = sum.as_ref().map_or_else(|| "记录".to_owned(), |f| self.label(f));
                let unit = if sum.is_some() { "" } else { "次" };
                format!("{since}“{}”{what}{}", self.ledger(ledger), self.amounts(bound, unit))
            }
            Test::Lines { field, ratio, most, of, .. } => {
                let side = if *most { "不超过" } else { "不少于" };
                format!(
                    "“{}”的行数{side}{}的 {}/{}",
                    self.label(field),
                    self.path(of),
                    ratio.part,
                    ratio.whole
                )
            }
            Test::Against { field, bound } => format!("“{}”{}", self.label(field), self.amounts(bound, "")),
            Test::People(asked) => self.people(asked),
            Test::Quorum(vote) => {
                let rule = self.book.vote(vote);
                let share = rule
                    .and_then(|r| r.quorum.as_ref())
                    .map(|(s, cite)| format!("{}{}", s.words(), self.cite(cite)));
                format!("到会人数够：{}", share.unwrap_or_else(|| vote.clone()))
            }
            Test::Papers(papers) => {
                let all: Vec<String> = papers.iter().map(|p| self.paper(p)).collect();
                format!("有材料：{}", all.join("、"))
            }
            Test::Fact { fact, present, any_of, other, bound } => {
                let name = self.fact(fact);
                match present {
                    Some(true) => return format!("登记了“{name}”"),
                    Some(false) => return format!("没有“{name}”"),
                    None => {}
                }
                if any_of.is_empty() {
                    return format!("“{name}”{}", self.amounts(bound, ""));
                }
                let all: Vec<&str> = any_of.iter().map(|v| self.state(v)).collect();
                format!("“{name}”{}{}", if *other { "不是" } else { "是" }, all.join("或"))
            }
            Test::Was { step, outcome, bound } => {
                let outcome =
                    outcome.as_ref().map_or_else(String::new, |o| format!("（{}）", self.outcome(step, o)));
                let times = self.amounts(bound, "次");
                let times = if times.is_empty() { "办过".to_owned() } else { times };
                format!("“{}”{outcome}{times}", self.step(step))
            }
            Test::Cases { of, ended, open, bound, .. } => {
                let of = match of {
                    CasesOf::Parent => "同一批的",
                    CasesOf::Subject(_) => "同一对象别的",
                    CasesOf::Kind(_) => "本组织本年度同一类的",
                };
                let how = match (ended, open) {
                    (Some(how), _) => format!("结束为“{how}”的"),
                    (None, true) => "在办的".to_owned(),
                    (None, false) => String::new(),
                };
                let times = self.amounts(bound, "件");
                format!("{of}{how}事项{}", if times.is_empty() { "有".to_owned() } else { times })
            }
            Test::Setting(id, on) => {
                let title =
                    self.book.settings().find(|s| s.id == *id).map_or(id.as_str(), |s| s.title.as_str());
                format!("本校设置“{title}”{}", if *on { "打开" } else { "关着" })
            }
            Test::Any(all) => all.iter().map(|t| self.test(t)).collect::<Vec<_>>().join("，或者"),
            Test::Not(all) => {
                let all: Vec<String> = all.iter().map(|t| self.test(t)).collect();
                format!("不是（{}）", all.join("，"))
            }
            Test::Says(path, any_of) => {
                let field = match path {
                    Path::Own(f) | Path::Line(f) | Path::Parent(f) | Path::Record(f) | Path::Subject(f) => f,
                    Path::Step { field, .. } => field,
                };
                let all: Vec<String> = any_of.iter().map(|g| self.given(field, g)).collect();
                format!("{}为{}", self.path(path), all.join("或"))
            }
        }
    }

    fn given(&self, field: &str, given: &Given) -> String {
        match given {
            Given::Text(t) => self.option(field, t),
            Given::Number(n) => n.to_string(),
            Given::Day(d) => d.to_string(),
            Given::Path(path) => self.path(path),
            Given::Point(point) => self.point(point),
        }
    }

    fn paper(&self, id: &str) -> String {
        if let Some(field) = self.field(id) {
            return field.title.clone();
        }
        let options = self.book.ledgers();
        let mut found = options.iter().flat_map(|l| &l.fields).flat_map(|f| &f.options);
        found.find(|(o, _)| o == id).map_or_else(|| id.to_owned(), |(_, word)| word.clone())
    }

    fn people(&self, asked: &PeopleTest) -> String {
        // In a lane of people the line itself may be asked for.
        let mut out = match asked.field.as_str() {
            "line" => "这一行的人".to_owned(),
            field => format!("“{}”", self.label(field)),
        };
        let count = self.amounts(&asked.bound, "人");
        if !count.is_empty() {
            let _ = write!(out, "{count}");
        }
        if !asked.are.is_empty() {
            let all: Vec<&str> = asked.are.iter().map(|s| self.state(s)).collect();
            let _ = write!(out, "，是{}", all.join("、"));
        }
        if let Some(load) = asked.load_at_most {
            let _ = write!(out, "，同时不超过 {load} 件");
        }
        for not in &asked.not {
            let who = match not {
                Relation::Did(step) => format!("办“{}”的人", self.step(step)),
                Relation::In(path) => format!("{}所写的人", self.path(path)),
                Relation::Line => "这一行所写的人".to_owned(),
                Relation::UnitOfLine => "这一行所写单位的人".to_owned(),
                Relation::NearLine => "这一行所写的人或其近亲属".to_owned(),
                Relation::NearSubject => "当事人的近亲属".to_owned(),
                Relation::Near(path) => format!("{}所写的人的近亲属", self.path(path)),
            };
            let _ = write!(out, "，不是{who}");
        }
        out
    }

    fn condition(&self, condition: &Condition) -> String {
        match condition {
            Condition::Present { field } => format!("写了“{}”", self.label(field)),
            Condition::Is { field, any_of } => {
                let all: Vec<String> = any_of.iter().map(|o| self.option(field, o)).collect();
                format!("“{}”为{}", self.label(field), all.join("或"))
            }
            Condition::Number { field, bound } => {
                let of = |n: i64| (n / 1000).to_string();
                let words = match (bound.at_least, bound.at_most) {
                    (Some(a), Some(b)) => format!("{}到{}", of(a), of(b)),
                    (Some(a), None) => format!("不少于{}", of(a)),
                    (None, Some(b)) => format!("不多于{}", of(b)),
                    (None, None) => String::new(),
                };
                format!("“{}”{words}", self.label(field))
            }
            Condition::Rows { field, .. } => format!("“{}”各行符合", self.label(field)),
            Condition::Chars { field, at_least } => format!("“{}”不少于 {at_least} 字", self.label(field)),
            Condition::Share(share) => format!("“{}”的比例符合", self.label(&share.field)),
            Condition::Covers { field, due } => format!("“{}”都在“{}”里", self.label(due), self.label(field)),
            Condition::EveryAbsenceHasReason => "缺席的都写了原因".to_owned(),
            Condition::Quorum { percent } => format!("到会不少于 {percent}%"),
            Condition::Unit { unit, kinds: of, with, without } => {
                let which = match unit {
                    model::Which::Own => "本组织".to_owned(),
                    model::Which::Above(1) => "上一级".to_owned(),
                    model::Which::Above(n) => format!("上 {n} 级"),
                };
                let mut all = Vec::new();
                if !of.is_empty() {
                    all.push(format!("是{}", kinds(of)));
                }
                all.extend(with.iter().map(|t| format!("是“{}”", self.unit_trait(t))));
                all.extend(without.iter().map(|t| format!("不是“{}”", self.unit_trait(t))));
                format!("{which}{}", all.join("、"))
            }
            Condition::AnyOf(all) => all.iter().map(|c| self.condition(c)).collect::<Vec<_>>().join("，或者"),
            Condition::Not(all) => {
                let all: Vec<String> = all.iter().map(|c| self.condition(c)).collect();
                format!("不是（{}）", all.join("，"))
            }
        }
    }

    fn effect(&self, effect: &Effect) -> String {
        let from = effect.from.as_ref().map_or_else(String::new, |p| format!("，从{}起算", self.point(p)));
        let is = effect.is.as_ref().map_or_else(String::new, |g| format!("为{}", self.given("", g)));
        match &effect.kind {
            EffectKind::Stage(Some(stage)) => format!("身份成为“{}”{from}", self.state(stage)),
            EffectKind::Stage(None) => format!("身份{is}{from}"),
            EffectKind::Fact(fact) if effect.clear => format!("“{}”不再有", self.fact(fact)),
            EffectKind::Fact(fact) => format!("登记“{}”{is}{from}", self.fact(fact)),
            EffectKind::Post(post) => format!("任“{}”{from}", self.role(post)),
            EffectKind::Move => format!("转到新支部{from}"),
            EffectKind::Unit(act) => format!("组织变动（{act}）：到组织变动里办理"),
            EffectKind::Number(series) => format!("编“{}”的号", self.book.called(Called::Series, series)),
            EffectKind::Paper(paper) => format!("出“{}”", self.book.called(Called::Paper, paper)),
            EffectKind::Tell(who) => format!("告诉{}", self.who(who)),
            EffectKind::Open(id) | EffectKind::Close(id) => {
                let title = self.book.workflows().find(|w| w.id == *id).map_or(id.as_str(), |w| &w.title);
                let verb = if matches!(effect.kind, EffectKind::Open(_)) { "开" } else { "结束" };
                format!("{verb}流程“{title}”")
            }
        }
    }
}
