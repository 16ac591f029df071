//! 通报 on how the plan stands: one document, from which both the page and the file are drawn.

use jiff::civil::Date;
use model::{Organisation, Standing, UnitKind};
use office::gongwen::{Attachment, Block, Gongwen, Head, Kind, Number, Signature, Table};
use runtime::Tally;
use web::view::{day_words, long_day_words};

use super::situation::{ItemFigures, Situation};

/// What the clerk fills in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Blanks {
    /// 发文机关标志; without one the document has no red head.
    pub(crate) mark: String,
    /// 发文机关代字.
    pub(crate) office: String,
    /// 顺序号.
    pub(crate) number: Option<u32>,
    /// 署名.
    pub(crate) issuer: String,
    /// 成文日期.
    pub(crate) day: Option<Date>,
}

/// Obligations that a sentence names one by one.
const NAMED: usize = 6;

/// To whom it goes: every kind of unit that plans are asked of.
pub(crate) fn addressee(organisation: &Organisation) -> String {
    let there = |kind: UnitKind| organisation.units.iter().any(|u| u.kind == kind);
    [
        (UnitKind::GeneralBranch, "各党总支"),
        (UnitKind::Branch, "各党支部"),
        (UnitKind::Department, "各部门"),
        (UnitKind::MassOrganisation, "各群团组织"),
    ]
    .into_iter()
    .filter(|(kind, _)| there(*kind))
    .map(|(_, words)| words)
    .collect::<Vec<_>>()
    .join("、")
}

/// 《关于2026年党建工作要点第三季度落实情况的通报》, without its brackets.
pub(crate) fn title(s: &Situation) -> String {
    format!("关于{}{}落实情况的通报", s.plan, s.stretch.word())
}

/// The draft.
pub(crate) fn draft(s: &Situation, organisation: &Organisation, blanks: &Blanks) -> Gongwen {
    let mut blocks = vec![Block::Paragraph(opening(s)), Block::Heading1("总体情况".to_owned())];
    blocks.extend(overall(s).into_iter().map(Block::Paragraph));
    let title_of_parts = if s.sections.len() > 1 { "各部分落实情况" } else { "落实情况" };
    blocks.push(Block::Heading1(title_of_parts.to_owned()));
    for section in &s.sections {
        blocks.push(Block::Heading2(section.title.clone()));
        blocks.push(Block::Paragraph(format!("{}。", figures(section.due, s.stretch.this()))));
    }
    blocks.push(Block::Heading1("需要推进的条目".to_owned()));
    blocks.extend(behind(s).into_iter().map(Block::Paragraph));
    blocks.push(Block::Heading1(s.ahead.as_ref().map_or("下一步工作", |_| "下一季度工作").to_owned()));
    blocks.extend(asked(s).into_iter().map(Block::Paragraph));
    let mut attachments = vec![Attachment {
        title: format!("{}各条{}落实情况", s.plan, s.stretch.word()),
        blocks: vec![Block::Table(items(s))],
    }];
    if !s.behind.is_empty() {
        attachments.push(Attachment {
            title: format!("截至{}逾期事项清单", day_words(s.on)),
            blocks: vec![Block::Table(list(s))],
        });
    }
    if let Some(next) = s.ahead.as_ref().filter(|a| a.total > 0) {
        attachments.push(Attachment {
            title: format!("{}应办事项", next.word),
            blocks: vec![Block::Table(Table {
                columns: vec![("事项".to_owned(), 46), ("承担".to_owned(), 26), ("应于".to_owned(), 18)],
                rows: next.all.iter().map(|row| row.to_vec()).collect(),
            })],
        });
    }
    let head = (!blanks.mark.is_empty()).then(|| Head {
        mark: blanks.mark.clone(),
        number: Some(Number {
            office: blanks.office.clone(),
            year: blanks.day.unwrap_or(s.on).year(),
            number: blanks.number,
        }),
        signed_off_by: None,
    });
    Gongwen {
        kind: Kind::Circular,
        head,
        title: title(s),
        addressee: addressee(organisation),
        blocks,
        attachments,
        signature: Some(Signature { issuer: blanks.issuer.clone(), day: blanks.day, sealed: false }),
        note: String::new(),
    }
}

fn opening(s: &Situation) -> String {
    format!(
        "现将{}{}（{}至{}）落实情况通报如下。情况截至{}，数字由台账记录得出。",
        s.plan,
        s.stretch.word(),
        day_words(s.from),
        day_words(s.to),
        long_day_words(s.on)
    )
}

/// 到期应办12项，已办结10项，其中迟办1项；逾期1项；尚在办理期内1项；经批准免办2项.
fn figures(t: Tally, when: &str) -> String {
    if t.is_empty() {
        return format!("{when}没有到期的应办事项");
    }
    let mut parts = vec![format!("{when}到期应办{}项，已办结{}项", t.total(), t.done())];
    let late = t.of(Standing::MetLate);
    if late > 0
        && let Some(first) = parts.first_mut()
    {
        first.push_str(&format!("，其中迟办{late}项"));
    }
    let running = t.of(Standing::DueSoon) + t.of(Standing::Open) + t.of(Standing::NotDue);
    for (n, words) in [
        (t.of(Standing::Overdue), "逾期未办"),
        (running, "尚在办理期内"),
        (t.of(Standing::Waived), "经批准免办"),
    ] {
        if n > 0 {
            parts.push(format!("{words}{n}项"));
        }
    }
    parts.join("；")
}

fn overall(s: &Situation) -> Vec<String> {
    let mut out = vec![format!("{}。", figures(s.due, s.stretch.this()))];
    if !s.members.is_empty() {
        let own = figures(s.members, "党员个人");
        out.push(format!("其中，{own}；其余由各党组织、各部门承担。"));
    }
    if s.from.month() > 1 {
        out.push(format!("1月1日以来{}。", figures(s.so_far, "累计")));
    }
    if s.overdue > 0 {
        let older = if s.older > 0 {
            format!("，其中{}以前到期的{}项", day_words(s.from), s.older)
        } else {
            String::new()
        };
        out.push(format!(
            "截至{}，逾期未办的共{}项，涉及{}个组织{older}。",
            day_words(s.on),
            s.overdue,
            s.behind.len()
        ));
    }
    if s.backfilled > 0 {
        out.push(format!("{}有{}条记录是补录的，按活动实际发生的日期计入。", s.stretch.this(), s.backfilled));
    }
    out
}

/// 第三部分第9条“…”（牵头部门：组织部）.
fn named(item: &ItemFigures) -> String {
    let lead =
        if item.lead.is_empty() { String::new() } else { format!("（牵头部门：{}）", item.lead) };
    format!("{}“{}”{lead}", item.cited, item.title.replace('“', "‘").replace('”', "’"))
}

fn behind(s: &Situation) -> Vec<String> {
    let late: Vec<&ItemFigures> = s.items.iter().filter(|i| !i.overdue.is_empty()).collect();
    let of_items: u32 = late.iter().flat_map(|i| &i.overdue).map(|(_, n)| n).sum();
    if s.overdue == 0 {
        return vec![format!("截至{}，没有逾期未办的事项。", day_words(s.on))];
    }
    let mut out = Vec::new();
    if !late.is_empty() {
        let count = late.len();
        out.push(format!("截至{}，有逾期事项的有{count}条，按要点顺序列出，清单见附件2。", day_words(s.on)));
    }
    for item in late {
        let total: u32 = item.overdue.iter().map(|(_, n)| n).sum();
        let mut what: Vec<String> =
            item.overdue.iter().take(NAMED).map(|(title, n)| format!("{title}{n}项")).collect();
        if item.overdue.len() > NAMED {
            let rest: u32 = item.overdue.iter().skip(NAMED).map(|(_, n)| n).sum();
            what.push(format!("其他{rest}项"));
        }
        let what = what.join("、");
        out.push(format!("{}：逾期{total}项，涉及{}个组织，为{what}。", named(item), item.units));
    }
    if of_items < s.overdue {
        out.push(format!("要点之外按制度应办的事项逾期{}项。", s.overdue - of_items));
    }
    out
}

fn asked(s: &Situation) -> Vec<String> {
    let mut out = Vec::new();
    if s.overdue > 0 {
        out.push(
            "对逾期未办的事项，请承担的组织抓紧办理，办结后按实际发生的日期记录；已经办理而没有记录的，请如实补录。请牵头部门逐条对账。"
                .to_owned(),
        );
    }
    match &s.ahead {
        Some(next) if next.total > 0 => {
            let (first, last) = (day_words(next.first), day_words(next.last));
            let members = if next.members > 0 {
                format!("，其中党员个人{}项", next.members)
            } else {
                String::new()
            };
            let place = if s.behind.is_empty() { 2 } else { 3 };
            out.push(format!(
                "{}（{first}至{last}）到期应办{}项{members}，清单见附件{place}。",
                next.word, next.total
            ));
            if !next.monthly.is_empty() {
                out.push(format!("按月办理：{}。", next.monthly.join("、")));
            }
            if !next.dated.is_empty() {
                out.push(format!("限期办理：{}。", next.dated.join("；")));
            }
            if next.others > 0 {
                out.push(format!(
                    "{last}前办理：其余{}类事项，请各牵头部门提前安排，不集中到最后。",
                    next.others
                ));
            }
        }
        Some(next) => out.push(format!("{}没有要点规定的到期事项。", next.word)),
        None => {}
    }
    if out.is_empty() {
        out.push("请各单位继续按要点分工推进落实。".to_owned());
    }
    out
}

fn items(s: &Situation) -> Table {
    let columns =
        [("条目", 30), ("牵头部门", 18), ("应办", 8), ("办结", 8), ("迟办", 8), ("逾期", 8), ("免办", 8)];
    let rows = s
        .items
        .iter()
        .map(|item| {
            let mut row = vec![format!("{}　{}", item.cited, item.title), item.lead.clone()];
            let of = |n: Standing| item.due.of(n).to_string();
            row.extend([item.due.total().to_string(), item.due.done().to_string()]);
            row.extend([of(Standing::MetLate), of(Standing::Overdue), of(Standing::Waived)]);
            row
        })
        .collect();
    Table { columns: columns.map(|(head, share)| (head.to_owned(), share)).into(), rows }
}

fn list(s: &Situation) -> Table {
    let rows = s.behind.iter().map(|b| vec![b.unit.clone(), b.what.join("\n")]).collect();
    Table { columns: vec![("组织".to_owned(), 32), ("事项和应办日期".to_owned(), 58)], rows }
}
