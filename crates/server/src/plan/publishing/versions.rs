//! 修改稿: handing in a later version of a plan, and the page that says what differs and what that changes in the year.

use axum::extract::State;
use axum::http::StatusCode;
use compiler::ItemChange;
use model::{ObligationId, Origin, Plan, PlanId, Proposal, Severity};
use runtime::{Fate, Outcome};
use web::extract::{Path, Query, Upload};
use web::permit::{Right, Route, Rule, get, post};
use web::view::{Form, Frame, Place, Said, day_words, page, page_with};
use web::{App, Reply, cookie};
use work::Actor;
use work::plans::{Change, Draft, Ground, Later, differing};

use crate::plan::reviewing::draft::{Step, item_href};
use crate::plan::reviewing::handed::{self, Handed};
use crate::plan::words::{change_words, differs, item_words, summary};

pub(super) fn routes() -> Vec<Route> {
    let may = Rule::May(Right::EditPlan);
    vec![
        get("/plans/{id}/version", may, ask),
        post("/plans/{id}/version", may, take).limit(handed::UPLOAD),
        get("/plans/{id}/difference", may, show),
    ]
}

#[derive(askama::Template)]
#[template(path = "plan/publishing/version.html")]
struct VersionPage {
    frame: Frame,
    id: PlanId,
    title: String,
    revision: u32,
    published: bool,
    form: Form,
}

fn version_page(frame: Frame, draft: &Draft, form: Form) -> VersionPage {
    VersionPage {
        frame: frame.titled("上传修改稿").at(Place::Plan),
        id: draft.head.id,
        title: draft.revision.title.clone(),
        revision: draft.revision.revision,
        published: draft.head.published.is_some(),
        form,
    }
}

fn fields() -> Form {
    Form::of(vec![handed::field("修改后的要点文件")])
}

async fn ask(State(app): State<App>, actor: Actor, frame: Frame, Path(id): Path<PlanId>) -> Reply {
    let draft = Draft::read(&app, &actor, id).await?;
    page(&version_page(frame, &draft, fields()))
}

async fn take(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path(id): Path<PlanId>,
    sent: Result<Upload, web::Refusal>,
) -> Reply {
    let mut form = fields();
    let Some(sent) = handed::received(&mut form, sent)? else {
        let draft = Draft::read(&app, &actor, id).await?;
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, &version_page(frame, &draft, form));
    };
    let step = Step::on(&app, &actor, id, &sent.fields).await?;
    let draft = &step.draft;
    if let Some(Handed { file, source, plan }) = handed::read(&app, &mut form, &sent).await? {
        let year = draft.revision.year;
        match plan.year.filter(|y| *y != year) {
            Some(other) => form.wrong(
                "file",
                format!("这份文件是{other}年的，不是{year}年这份要点的修改稿；请回“要点文稿”另行上传"),
            ),
            None if source.text == draft.revision.source.text => {
                form.wrong("file", format!("和现在的第{}稿一字不差，没有另存", draft.revision.revision));
            }
            None => {
                let fresh =
                    work::compile::compile(&app, &actor, &source, &plan, year).await?.proposals.clone();
                let (decided, text) = (draft.clone(), source.clone());
                let carry = move || compiler::carry(decided.decided(), plan, &text, fresh);
                let review = app.heavy.run(carry).await?;
                let detail = serde_json::json!({ "file": file.name, "items": review.plan.items.len() });
                let change = Change {
                    source: Some(source),
                    file: Some(file),
                    ..Change::of(&review, "plan.version", detail)
                };
                if step.keep(&app, &actor, change).await?.is_none() {
                    let said = Said::new("修改稿已读入，已定的照字句带了过来；看过对照再发布。");
                    let from = draft.head.published.as_ref().map_or(draft.revision.revision, |p| p.revision);
                    return cookie::done(&format!("/plans/{id}/difference?from={from}"), &said);
                }
                form.general
                    .push("别人刚改过这份要点，修改稿没有读入；请看过最新的情况，再上传一次。".to_owned());
                let newest = Draft::read(&app, &actor, id).await?;
                return page_with(StatusCode::CONFLICT, &version_page(frame, &newest, form));
            }
        }
    }
    page_with(StatusCode::UNPROCESSABLE_ENTITY, &version_page(frame, draft, form))
}

/// What becomes of one obligation, in words.
struct FateLine {
    class: &'static str,
    word: &'static str,
    title: String,
    /// Each thing that it asks differently now: what, before, now.
    changes: Vec<(&'static str, String, String)>,
    words: String,
}

struct Row {
    tag: &'static str,
    class: &'static str,
    /// Where it stands and stood.
    place: String,
    href: String,
    words: Vec<(&'static str, String)>,
    fates: Vec<FateLine>,
}

impl Row {
    /// What becomes of the obligations that change.
    fn changed(&self) -> Vec<&FateLine> {
        self.fates.iter().filter(|f| !f.class.is_empty()).collect()
    }

    /// Those that go on, in a line.
    fn goes_on(&self) -> String {
        let names: Vec<String> = self
            .fates
            .iter()
            .filter(|f| f.class.is_empty())
            .map(|f| format!("{}（{}）", f.title, f.words))
            .collect();
        names.join("、")
    }
}

#[derive(askama::Template)]
#[template(path = "plan/publishing/difference.html")]
struct DifferencePage {
    frame: Frame,
    id: PlanId,
    title: String,
    from: u32,
    to: u32,
    /// Whether the one it is compared with is the published one.
    from_published: bool,
    summary: String,
    counted: Vec<(&'static str, String)>,
    rows: Vec<Row>,
    same: Vec<Row>,
    standing: Vec<FateLine>,
    /// Why it cannot be published yet; empty when it may.
    why_not: String,
    may_publish: bool,
}

struct Fates<'a> {
    app: &'a App,
    actor: &'a Actor,
    draft: &'a Draft,
    later: &'a Later,
    since: String,
}

impl Fates<'_> {
    fn old(&self, id: Option<ObligationId>) -> Option<&Proposal> {
        let running = self.later.running.iter().find(|o| Some(o.id) == id)?;
        self.later.before.review.proposals.iter().find(|p| p.key == running.key)
    }

    /// The item that an outcome belongs to: of the new plan, else of the old one.
    fn place(&self, o: &Outcome) -> (Option<usize>, Option<usize>) {
        match o.proposal.and_then(|i| self.draft.review.proposals.get(i)) {
            Some(p) => (p.item, None),
            None => (None, self.later.running.iter().find(|r| Some(r.id) == o.before).and_then(|r| r.item)),
        }
    }

    fn line(&self, o: &Outcome) -> Option<FateLine> {
        let new = o.proposal.and_then(|i| self.draft.review.proposals.get(i));
        let old = self.old(o.before);
        let running = self.later.running.iter().find(|r| Some(r.id) == o.before);
        let title = new.map(|p| &p.title).or(running.map(|r| &r.title))?.clone();
        let changes = match (old, new) {
            (Some(old), Some(new)) => differs(self.app, self.actor, old, new),
            _ => Vec::new(),
        };
        let (class, word) = match o.fate {
            Fate::Shown => return None,
            Fate::Kept => ("", "照旧"),
            // A progress note bears the number of its item.
            Fate::Remade if is_renamed_note(new, &changes) => ("", "随编号改名"),
            Fate::Remade => ("df-mod", "重排"),
            Fate::Ended => ("df-gone", "不再要求"),
            Fate::New => ("df-new", "新增"),
        };
        let words = if o.fate == Fate::Kept {
            format!("{} 项", o.kept)
        } else {
            duties_words((o.kept, o.dropped, o.made), &format!("自{}", self.since))
        };
        Some(FateLine { class, word, title, changes, words })
    }
}

/// What happens to duties: so many stay, are closed, are made.
fn duties_words((kept, dropped, made): (u32, u32, u32), since: &str) -> String {
    let parts = [
        (kept, format!("已办、到期的 {kept} 项不动")),
        (dropped, format!("还没到期的 {dropped} 项{since}取消")),
        (made, format!("排 {made} 项应办")),
    ];
    let said: Vec<String> = parts.into_iter().filter(|(n, _)| *n > 0).map(|(_, words)| words).collect();
    if said.is_empty() { "没有应办要动".to_owned() } else { said.join("，") }
}

fn is_renamed_note(new: Option<&Proposal>, changes: &[(&str, String, String)]) -> bool {
    let note = new.is_some_and(|p| matches!(p.origin, Origin::Progress { .. }));
    note && matches!(changes, [("叫什么", ..)])
}

/// What happens to obligations and duties, counted.
pub(super) fn counted(later: &Later) -> Vec<(&'static str, String)> {
    let mut out = Vec::new();
    for (fate, word) in
        [(Fate::Kept, "照旧"), (Fate::Remade, "重排"), (Fate::Ended, "不再要求"), (Fate::New, "新增")]
    {
        let (n, kept, dropped, made) = later.count(fate);
        if n == 0 {
            continue;
        }
        let duties = match fate {
            Fate::Kept => format!("{kept} 项应办都不动"),
            _ => duties_words((kept, dropped, made), ""),
        };
        out.push((word, format!("{n} 项要求，{duties}")));
    }
    out
}

async fn show(
    State(app): State<App>,
    actor: Actor,
    frame: Frame,
    Path(id): Path<PlanId>,
    Query(query): Query,
) -> Reply {
    let draft = Draft::read(&app, &actor, id).await?;
    let newest = draft.revision.revision;
    let published = draft.head.published.as_ref().map(|p| p.revision);
    let from = query.parsed::<u32>("from").or(published).unwrap_or(newest.saturating_sub(1)).clamp(1, newest);
    let ground = Ground::read(&app, &actor, draft.revision.year).await?;
    let later = match published {
        Some(p) if p == from && p != newest => Later::of(&app, &actor, &draft, &ground).await?,
        _ => None,
    };
    let before;
    let (difference, old) = match &later {
        Some(later) => (later.difference.clone(), &later.before),
        None => {
            before = Draft::at(&app, &actor, id, from).await?;
            (differing(&app, &before, &draft).await?, &before)
        }
    };
    let mut rows: Vec<Row> = difference.items.iter().map(|c| row(&draft, &old.review.plan, c)).collect();
    let mut standing = Vec::new();
    if let Some(later) = &later {
        let fates =
            Fates { app: &app, actor: &actor, draft: &draft, later, since: day_words(ground.today()) };
        for o in &later.amendment.outcomes {
            let Some(line) = fates.line(o) else { continue };
            let (new, old) = fates.place(o);
            let at = difference
                .items
                .iter()
                .position(|c| (new.is_some() && c.new == new) || (old.is_some() && c.old == old));
            match at.and_then(|at| rows.get_mut(at)) {
                Some(row) => row.fates.push(line),
                None => standing.push(line),
            }
        }
    }
    standing.retain(|l| !l.class.is_empty());
    let is_same = |r: &Row| r.class.is_empty() && r.fates.iter().all(|f| f.class.is_empty());
    let (same, rows): (Vec<Row>, Vec<Row>) = rows.into_iter().partition(is_same);
    let all = draft.diagnostics();
    let errors = all.iter().filter(|d| d.severity == Severity::Error).count();
    let unseen = all.iter().filter(|d| d.severity == Severity::Warning && !draft.is_seen(d)).count();
    let why_not = match (errors, unseen) {
        (0, 0) => String::new(),
        (0, n) => format!("还有 {n} 条警告没有看过"),
        (n, _) => format!("还有 {n} 处错误没有解决"),
    };
    page(&DifferencePage {
        frame: frame.titled("新旧对照").at(Place::Plan),
        id,
        title: draft.revision.title.clone(),
        from,
        to: newest,
        from_published: published == Some(from),
        summary: summary(&difference),
        counted: later.as_ref().map(counted).unwrap_or_default(),
        rows,
        same,
        standing,
        why_not,
        may_publish: later.is_some(),
    })
}

fn row(draft: &Draft, old: &Plan, c: &ItemChange) -> Row {
    let (tag, class, place) = change_words(old, &draft.review.plan, c);
    let href = c.new.map_or_else(String::new, |n| item_href(draft, Some(n)));
    Row { tag, class, place, href, words: item_words(&c.words), fates: Vec::new() }
}
