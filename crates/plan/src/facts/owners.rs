//! Owner tags: who leads and who answers, in every form that offices write.

use std::ops::Range;

use model::OwnerRole;

use crate::bracket::{Pair, Shape};
use crate::flow::Flow;
use crate::label::{self, Field};
use crate::mark;
use crate::names::{self, Name};

/// A unit in a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) role: OwnerRole,
    pub(crate) range: Range<usize>,
}

/// A stretch of the text that says who does it, and perhaps by when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tag {
    /// With its brackets.
    pub(crate) range: Range<usize>,
    pub(crate) owners: Vec<Owner>,
    /// What stands under 完成时限.
    pub(crate) times: Vec<Range<usize>>,
}

/// What a tag says under one of its labels, before it is known who leads.
#[derive(Debug)]
struct Said {
    field: Field,
    names: Vec<Name>,
}

/// A tag on its way: the labels of several lines (牵头单位：A / 责任单位：B) are weighed together.
struct Found {
    tag: Tag,
    said: Vec<Said>,
}

/// Every owner tag of the text, by position; none overlaps another.
pub(crate) fn tags(flow: &Flow, pairs: &[Pair]) -> Vec<Tag> {
    let mut found: Vec<Found> = Vec::new();
    // Ends of the brackets around the present one: a tag stands at most inside one other pair.
    let mut around: Vec<usize> = Vec::new();
    for pair in pairs {
        if !matches!(pair.shape, Shape::Round | Shape::Square)
            || found.last().is_some_and(|f| pair.start < f.tag.range.end)
        {
            continue;
        }
        around.retain(|end| *end > pair.start);
        around.push(pair.end);
        if around.len() > 2 {
            continue;
        }
        found.extend(bracketed(flow, pair));
    }
    let lines = label_lines(flow, &found);
    if !lines.is_empty() {
        found.extend(lines);
        found.sort_by_key(|f| f.tag.range.start);
    }
    let mut from = 0;
    while from < found.len() {
        let mut to = from + 1;
        while to < found.len() && !found[to].said.is_empty() && follows(flow, &found[to - 1], &found[to]) {
            to += 1;
        }
        settle(flow, &mut found[from..to]);
        from = to;
    }
    found.into_iter().map(|f| f.tag).collect()
}

/// Whether a tag of labels goes on where the one before ended: nothing but punctuation and a number lies between.
fn follows(flow: &Flow, before: &Found, tag: &Found) -> bool {
    if before.said.is_empty() {
        return false;
    }
    let between = &flow.text[before.tag.range.end.min(tag.tag.range.start)..tag.tag.range.start];
    let rest = between.trim_start_matches(|c: char| c.is_whitespace() || "，。；、,;".contains(c));
    let number = if between.contains('\n') { mark::at(rest).map_or(0, |m| m.len) } else { 0 };
    rest[number..].is_empty()
}

/// Gives the units of labels that stand together their roles: 责任… leads where no 牵头… does, and persons count only
/// where no unit leads.
fn settle(flow: &Flow, found: &mut [Found]) {
    let units = |s: &Said| matches!(s.field, Field::Lead | Field::Answer);
    let all = || found.iter().flat_map(|f| &f.said);
    let led = all().any(|s| s.field == Field::Lead && !s.names.is_empty());
    let persons = !all().any(|s| units(s) && !s.names.is_empty());
    for f in found {
        for said in std::mem::take(&mut f.said) {
            let role = if said.field == Field::Person && persons {
                Some(OwnerRole::Lead)
            } else {
                said.field.role(led)
            };
            if let Some(role) = role {
                give(flow, role, said.names, &mut f.tag.owners);
            }
        }
    }
}

fn bracketed(flow: &Flow, pair: &Pair) -> Option<Found> {
    let inner = pair.inner();
    let text = &flow.text[inner.clone()];
    // A number (（一）) or a short remark is seen at once.
    if text.len() < 6 {
        return None;
    }
    let range = pair.start..pair.end;
    if label::at_start(text).is_some() || unknown_start(text) {
        let (said, times) = labelled(flow, &inner);
        return Some(Found { tag: Tag { range, owners: Vec::new(), times }, said });
    }
    let owners = by_verb(flow, &inner).or_else(|| bare(flow, pair))?;
    Some(Found { tag: Tag { range, owners, times: Vec::new() }, said: Vec::new() })
}

/// Whether words in brackets begin with a label that is in no list, and hold a second label; one of them names units.
/// Only both together are a tag.
fn unknown_start(text: &str) -> bool {
    let near = text.char_indices().nth(12).map_or(text, |(i, _)| &text[..i]);
    let Some((first, _)) = near.split_once(['：', ':']) else { return false };
    let Some(field) = label::unknown(first) else { return false };
    let units = |f: Field| matches!(f, Field::Lead | Field::Answer | Field::Help);
    let colons = text.char_indices().filter(|(_, c)| matches!(c, '：' | ':')).skip(1).take(8);
    let others = colons.filter_map(|(i, _)| label::before_colon(text, i).or_else(|| unknown_before(text, i)));
    others.into_iter().any(|(other, _)| units(field) || units(other))
}

/// The label in no list that ends at the colon at byte `colon`, and where it begins: behind a mark that ends what stood
/// before.
fn unknown_before(text: &str, colon: usize) -> Option<(Field, usize)> {
    let mut from = colon;
    for (n, (i, c)) in text[..colon].char_indices().rev().enumerate() {
        if matches!(c, '；' | ';' | '，' | ',' | '。' | '、' | '：' | ':') {
            break;
        }
        if n == 10 {
            return None;
        }
        from = i;
    }
    label::unknown(&text[from..colon]).map(|field| (field, from))
}

/// Words that stand before the verb of a label.
const PREFIXES: [&str; 6] = ["其他", "其它", "其余", "具体", "院级", "校级"];

/// What `牵头部门：A，责任部门：B；完成时限：T` says, and its times; the range begins with a label.
fn labelled(flow: &Flow, range: &Range<usize>) -> (Vec<Said>, Vec<Range<usize>>) {
    let text = &flow.text[range.clone()];
    // (field, start of the label, start of what it announces)
    let mut fields: Vec<(Field, usize, usize)> = Vec::new();
    if let Some((field, len)) = label::at_start(text) {
        fields.push((field, 0, len));
    }
    for (i, c) in text.char_indices() {
        if !matches!(c, '：' | ':' | '】' | ']' | '］') {
            continue;
        }
        // 其他参与部门：, 具体承办单位：: what comes before the verb belongs to the label.
        let whole = |(field, start): (Field, usize)| {
            let prefix = PREFIXES.iter().find(|p| text[..start].ends_with(**p));
            (field, start - prefix.map_or(0, |p| p.len()))
        };
        let known = label::before_colon(text, i).map(whole);
        let found = known.or_else(|| matches!(c, '：' | ':').then(|| unknown_before(text, i)).flatten());
        if let Some((field, start)) = found.filter(|f| fields.last().is_none_or(|l| l.2 <= f.1)) {
            let len = label::at_start(&text[start..]).map_or(i + c.len_utf8(), |l| start + l.1);
            // 责任单位、其他单位：A: two labels in one.
            fields.push((field, start, len.max(i + c.len_utf8())));
        }
    }
    let mut said = Vec::new();
    let mut times = Vec::new();
    for (n, (field, _, start)) in fields.iter().enumerate() {
        let end = fields.get(n + 1).map_or(text.len(), |f| f.1);
        let words = &text[*start..end];
        // A remark may follow the names: 教务处。以下任务均需各学院配合
        let words = words.split('。').next().unwrap_or(words);
        let words = words.trim_end_matches(['，', ',', '；', ';', '、', '。']);
        let part = range.start + start..range.start + start + words.len();
        if part.is_empty() {
            continue;
        }
        if *field == Field::Time {
            times.push(part);
        } else {
            said.push(Said { field: *field, names: names::split(flow, &part) });
        }
    }
    (said, times)
}

fn add(flow: &Flow, role: OwnerRole, part: &Range<usize>, owners: &mut Vec<Owner>) {
    give(flow, role, names::split(flow, part), owners);
}

fn give(flow: &Flow, role: OwnerRole, list: Vec<Name>, owners: &mut Vec<Owner>) {
    let led_inside = list.iter().any(|n| n.leads);
    for Name { range, leads, joins } in list {
        let role = match role {
            OwnerRole::Lead if joins || (led_inside && !leads) => OwnerRole::Responsible,
            _ if leads => OwnerRole::Lead,
            role => role,
        };
        let name = &flow.text[range.clone()];
        let named = name.chars().nth(1).is_some() && name.chars().count() <= 60;
        if named && !["无", "暂无", "——", "--"].contains(&name) {
            owners.push(Owner { role, range });
        }
    }
}

/// What a clause of `A牵头，B按职责分工负责` can end with; longer endings before those that they end with.
const ENDINGS: [(&str, Field); 64] = [
    // Some copies are in traditional characters.
    ("牽頭負責", Field::Lead),
    ("牽頭", Field::Lead),
    ("按職責分工負責", Field::Answer),
    ("負責", Field::Answer),
    ("參與", Field::Help),
    ("负总责", Field::Lead),
    ("统筹协调", Field::Lead),
    ("统筹推进", Field::Lead),
    ("统筹", Field::Lead),
    ("牵头协调", Field::Lead),
    ("牵头推进", Field::Lead),
    ("牵头组织", Field::Lead),
    ("牵头抓总", Field::Lead),
    ("牵头负责", Field::Lead),
    ("牵头落实", Field::Lead),
    ("牵头组织实施", Field::Lead),
    ("牵头实施", Field::Lead),
    ("共同牵头", Field::Lead),
    ("总牵头", Field::Lead),
    ("牵头", Field::Lead),
    ("主办", Field::Lead),
    ("主责", Field::Lead),
    ("抓总", Field::Lead),
    ("总负责", Field::Lead),
    ("按照职责分工负责", Field::Answer),
    ("按职责分工负责", Field::Answer),
    ("按照职责分工落实", Field::Answer),
    ("按职责分工落实", Field::Answer),
    ("按照职责分工", Field::Answer),
    ("按职责分工", Field::Answer),
    ("按职责负责", Field::Answer),
    ("按分工负责", Field::Answer),
    ("分工负责", Field::Answer),
    ("分别负责", Field::Answer),
    ("共同负责", Field::Answer),
    ("具体负责", Field::Answer),
    ("负责落实", Field::Answer),
    ("负责实施", Field::Answer),
    ("组织实施", Field::Answer),
    ("组织落实", Field::Answer),
    ("具体落实", Field::Answer),
    ("具体实施", Field::Answer),
    ("抓好落实", Field::Answer),
    ("负责", Field::Answer),
    ("落实", Field::Answer),
    ("实施", Field::Answer),
    ("承办", Field::Answer),
    ("协同配合", Field::Help),
    ("按职责配合", Field::Help),
    ("积极配合", Field::Help),
    ("配合", Field::Help),
    ("参与", Field::Help),
    ("协助", Field::Help),
    ("协办", Field::Help),
    ("协同", Field::Help),
    ("参加", Field::Help),
    ("支持", Field::Help),
    ("指导", Field::Help),
    ("督导", Field::Help),
    ("督促", Field::Help),
    ("监督", Field::Help),
    ("执行", Field::Answer),
    ("推进", Field::Answer),
    ("承担", Field::Answer),
];

/// Units of `A牵头，B、C按职责分工负责`; none when the words are no such tag.
fn by_verb(flow: &Flow, range: &Range<usize>) -> Option<Vec<Owner>> {
    let text = &flow.text[range.clone()];
    // The last clause decides quickly that most brackets are no tag.
    let mut clauses: Vec<(Range<usize>, Option<Field>)> = Vec::new();
    for clause in clauses_of(text) {
        let words = &text[clause.clone()];
        let words = words.trim_end_matches('。');
        let ending = ENDINGS.iter().find(|(w, _)| words.ends_with(w)).map(|(w, field)| {
            // 各级党组织落实: the noun is the unit's.
            let own = w.strip_prefix("组织").filter(|_| words[..words.len() - w.len()].ends_with('党'));
            (own.unwrap_or(w), *field)
        });
        let mut end = clause.start + words.len() - ending.map_or(0, |(w, _)| w.len());
        // A、B按职责分工和权限负责, A分别牵头: an adverb may stay behind.
        let before = &text[clause.start..end];
        if let Some(cut) = before.rfind('按')
            && before[cut..].chars().count() <= 12
            && ["分工", "职责", "职能", "权限"].iter().any(|w| before[cut..].contains(w))
        {
            end = clause.start + cut;
        }
        for adverb in ["分别", "共同", "联合", "具体", "按职责分工", "按职责", "按照职责", "要"]
        {
            if let Some(rest) = text[clause.start..end].strip_suffix(adverb) {
                end = clause.start + rest.len();
            }
        }
        clauses.push((range.start + clause.start..range.start + end, ending.map(|e| e.1)));
    }
    if !clauses.iter().any(|c| c.1.is_some()) {
        return None;
    }
    let led = clauses.iter().any(|c| c.1 == Some(Field::Lead));
    let mut owners = Vec::new();
    let mut from = None;
    for (n, (clause, field)) in clauses.iter().enumerate() {
        let start = *from.get_or_insert(clause.start);
        let last = n + 1 == clauses.len();
        let field = match field {
            Some(field) => *field,
            // Commas inside a list: the verb comes later. After A牵头 it may be left out altogether.
            None if !last => continue,
            None if led => Field::Help,
            None => return None,
        };
        let names = start..clause.end;
        from = None;
        if names.is_empty() {
            // 牵头、负责 with nobody before it: A牵头、负责 is one clause in two words.
            continue;
        }
        let words = &flow.text[names.clone()];
        let before = owners.len();
        add(flow, field.role(led)?, &names, &mut owners);
        let sound = owners[before..].iter().all(|o| is_name(&flow.text[o.range.clone()], led));
        if owners.len() == before || !sound || words.contains(['。', '：']) {
            return None;
        }
    }
    (!owners.is_empty()).then_some(owners)
}

/// Ranges of the clauses of a tag, cut at commas and semicolons outside brackets, and at a 、 after a verb (A牵头、B配合).
fn clauses_of(text: &str) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut depth = 0_usize;
    let mut start = 0;
    for (i, c) in text.char_indices() {
        match c {
            '（' | '(' | '〔' => depth += 1,
            '）' | ')' | '〕' => depth = depth.saturating_sub(1),
            '、' if depth == 0 && !ENDINGS.iter().any(|(w, _)| text[start..i].ends_with(w)) => {}
            '，' | ',' | '；' | ';' | '、' | '。' if depth == 0 => {
                if i > start {
                    out.push(start..i);
                }
                start = i + c.len_utf8();
            }
            _ => {}
        }
    }
    if start < text.len() {
        out.push(start..text.len());
    }
    out
}

/// Whether words before 负责 can be a unit: with a leader named in the same tag any short noun will do, without one it
/// must end as units do, since brackets in prose say 谁主管谁负责 too.
fn is_name(name: &str, led: bool) -> bool {
    let count = name.chars().count();
    let prose = ["谁", "的", "了", "是", "并", "逐级", "层层", "各负其", "切实", "认真", "为主"]
        .iter()
        .any(|w| name.contains(w));
    (2..=40).contains(&count)
        && !prose
        && (led || names::is_unit(name) || names::is_collective(name) || names::is_post(name))
}

/// Units that stand in brackets with no word of what they are to do: （各有关单位） after the last sentence.
fn bare(flow: &Flow, pair: &Pair) -> Option<Vec<Owner>> {
    let before = flow.text[..pair.start].chars().next_back();
    let ends = flow.text[pair.end..].chars().next().is_none_or(|c| c == '\n')
        || crate::mark::at(&flow.text[pair.end..]).is_some_and(|m| !m.bare);
    if !ends {
        return None;
    }
    let inner = pair.inner();
    let mut owners = Vec::new();
    add(flow, OwnerRole::Lead, &inner, &mut owners);
    let said = matches!(before, Some('。' | '；' | '！' | '）' | '\n') | None);
    let first = owners.first()?;
    let known = said || names::is_collective(&flow.text[first.range.clone()]);
    let units = owners.iter().all(|o| {
        let name = &flow.text[o.range.clone()];
        name.chars().count() <= 25 && names::is_unit(name) && is_name(name, false)
    });
    (known && units).then_some(owners)
}

/// Bytes of the longest owner line that is believed; the same as for a tag in brackets.
const LONGEST: usize = 6_000;

/// Tags without brackets: a line of labels, or labels after the last sentence.
fn label_lines(flow: &Flow, found: &[Found]) -> Vec<Found> {
    let mut out = Vec::new();
    for paragraph in &flow.paragraphs {
        let range = paragraph.range.clone();
        let text = &flow.text[range.clone()];
        let mut done = 0;
        for (i, _) in text.char_indices().filter(|(_, c)| matches!(c, '：' | ':' | '】' | ']' | '］')) {
            if i < done {
                continue;
            }
            let Some((field, start)) = label::before_colon(text, i) else { continue };
            let at = range.start + start;
            let n = found.partition_point(|f| f.tag.range.start <= at);
            if n.checked_sub(1).is_some_and(|n| at < found[n].tag.range.end) {
                continue;
            }
            let fresh = start == 0
                || mark::at(text).is_some_and(|m| m.len == start)
                || text[..start].ends_with(['。', '；', '！', '）', ')', '】'])
                || (flow.spaced_before(at) && field != Field::Other);
            if !fresh || start < done {
                continue;
            }
            let reach = text.floor_char_boundary(start + LONGEST);
            let end = match text[start..reach].find('。') {
                Some(k) => start + k + '。'.len_utf8(),
                None if reach < text.len() => continue,
                None => reach,
            };
            let part = at..range.start + end;
            let (said, times) = labelled(flow, &part);
            // A line 落实：… that names no unit is prose.
            let units = || said.iter().filter(|s| s.field.role(false).is_some()).flat_map(|s| &s.names);
            let sound = !times.is_empty()
                || matches!(field, Field::Person | Field::Contact)
                || units().any(|n| is_name(&flow.text[n.range.clone()], false))
                || (text[start..].starts_with("牵头") && units().next().is_some());
            if sound && field != Field::Other {
                done = end;
                out.push(Found { tag: Tag { range: part, owners: Vec::new(), times }, said });
            }
        }
    }
    out
}

/// The tags that begin inside `range`.
pub(crate) fn within<'t>(tags: &'t [Tag], range: &Range<usize>) -> &'t [Tag] {
    let from = tags.partition_point(|t| t.range.start < range.start);
    let to = tags.partition_point(|t| t.range.start < range.end);
    &tags[from..to.max(from)]
}

/// The units named in a cell of a table's owner column.
pub(crate) fn in_cell(flow: &Flow, range: &Range<usize>, role: OwnerRole) -> Vec<Owner> {
    let text = &flow.text[range.clone()];
    if label::at_start(text).is_some() {
        let (said, times) = labelled(flow, range);
        let mut cell = [Found { tag: Tag { range: range.clone(), owners: Vec::new(), times }, said }];
        settle(flow, &mut cell);
        let [cell] = cell;
        return cell.tag.owners;
    }
    if let Some(owners) = by_verb(flow, range) {
        return owners;
    }
    // A remark may follow the names; a cell of prose names nobody.
    let stop = text.find('。').unwrap_or(text.len());
    let mut owners = Vec::new();
    add(flow, role, &(range.start..range.start + stop), &mut owners);
    let prose = stop + '。'.len_utf8() < text.len();
    if prose && !owners.iter().all(|o| names::is_unit(&flow.text[o.range.clone()])) {
        owners.clear();
    }
    owners
}

#[cfg(test)]
mod tests;
