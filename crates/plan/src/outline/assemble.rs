//! From drafts to items: the words of each are read for owners, rhythms, deadlines, names and vague words.

use std::ops::Range;

use model::{
    CadencePhrase, Citation, DeadlinePhrase, Item, OwnerRole, OwnerWords, Section, Sentence, VagueWord,
};

use crate::bracket::Pair;
use crate::citation;
use crate::deadline::{Reader, Setting};
use crate::flow::Flow;
use crate::outline::{Heading, Rough};
use crate::owners::{self, Owner, Tag};
use crate::{cadence, sentence};

/// The clean text with what was found in it.
pub(crate) struct Words<'w> {
    pub(crate) flow: &'w Flow,
    pub(crate) pairs: &'w [Pair],
    pub(crate) tags: &'w [Tag],
}

impl Words<'_> {
    /// The words of a range in one line.
    pub(crate) fn text(&self, range: &Range<usize>) -> String {
        self.flow.words(range)
    }

    pub(crate) fn section(&self, heading: &Heading) -> Section {
        Section {
            number: self.text(&heading.number),
            title: self.text(&heading.title),
            span: self.flow.span(&heading.span),
            owners: self.owners(&heading.owners),
        }
    }

    fn owners(&self, owners: &[Owner]) -> Vec<OwnerWords> {
        let mut out: Vec<OwnerWords> = Vec::with_capacity(owners.len());
        for owner in owners {
            let name = self.text(&owner.range);
            if !out.iter().any(|o| o.name == name && o.role == owner.role) {
                out.push(OwnerWords { role: owner.role, name, span: self.flow.span(&owner.range) });
            }
        }
        out
    }

    /// The item of a draft; `reader` knows the plan's year.
    pub(crate) fn item(&self, draft: &Rough, reader: &mut Reader) -> Item {
        reader.next_item();
        let mut said: Vec<Owner> = Vec::new();
        for (part, _) in &draft.parts {
            said.extend(owners::within(self.tags, part).iter().flat_map(|t| t.owners.iter().cloned()));
        }
        said.extend(draft.owners.iter().cloned());
        // 配合单位 on the item helps whoever leads its section.
        let leads = |owners: &[Owner]| owners.iter().any(|o| o.role == OwnerRole::Lead);
        if !leads(&said) && (said.is_empty() || leads(&draft.inherited)) {
            let leaders = draft.inherited.iter().filter(|o| said.is_empty() || o.role == OwnerRole::Lead);
            said.splice(0..0, leaders.cloned().collect::<Vec<_>>());
        }
        let owners = self.owners(&said);
        let mut item = Item {
            number: self.text(&draft.number),
            section: draft.section,
            title: self.text(&draft.title),
            span: self.flow.span(&draft.span),
            title_span: self.flow.span(&draft.title),
            owners,
            sentences: Vec::new(),
            cadences: Vec::new(),
            deadlines: Vec::new(),
            citations: Vec::new(),
            vague: Vec::new(),
        };
        if !draft.title.is_empty() {
            item.sentences.push(Sentence { span: item.title_span, is_title: true });
        }
        for (part, setting) in &draft.parts {
            self.part(part, *setting, draft, reader, &mut item);
        }
        item
    }

    fn part(
        &self,
        part: &Range<usize>,
        setting: Setting,
        draft: &Rough,
        reader: &mut Reader,
        item: &mut Item,
    ) {
        let text = &self.flow.text;
        // What stands before the title in its own part is its number and punctuation.
        let body = if part.start <= draft.title.start && draft.title.end <= part.end {
            draft.title.end..part.end
        } else {
            part.clone()
        };
        if setting != Setting::Time {
            for range in sentence::sentences(text, &body, self.pairs, self.tags) {
                item.sentences.push(Sentence { span: self.flow.span(&range), is_title: false });
            }
        }
        // Owner tags hold names and times, no rhythms: what lies between them is read, then their times.
        let mut at = part.start;
        for tag in owners::within(self.tags, part) {
            self.stretch(&(at..tag.range.start.max(at)), setting, reader, item);
            for time in &tag.times {
                self.stretch(time, Setting::Time, reader, item);
            }
            at = tag.range.end.min(part.end).max(at);
        }
        self.stretch(&(at..part.end), setting, reader, item);
        for range in citation::citations(self.pairs, part) {
            item.citations.push(Citation { span: self.flow.span(&range), name: self.text(&range) });
        }
    }

    fn stretch(&self, range: &Range<usize>, setting: Setting, reader: &mut Reader, item: &mut Item) {
        if range.is_empty() {
            return;
        }
        let text = &self.flow.text[range.clone()];
        let is_name = |at: usize| citation::in_book(self.pairs, range.start + at);
        let rhythms = cadence::rhythms(text, is_name);
        let moved = Moved::of(text);
        let on = |range: &Range<usize>, cadence: model::Cadence| {
            if moved.covers(range) { cadence.postponed() } else { cadence }
        };
        for rhythm in &rhythms {
            let here = range.start + rhythm.range.start..range.start + rhythm.range.end;
            item.cadences.push(CadencePhrase {
                span: self.flow.span(&here),
                text: self.text(&here),
                times: rhythm.times,
                per: rhythm.per,
                hours: rhythm.hours,
                cadence: on(&rhythm.range, rhythm.cadence()),
            });
        }
        let covered: Vec<Range<usize>> = rhythms.iter().map(|r| r.range.clone()).collect();
        for term in reader.terms(text, setting, is_name, &covered) {
            let here = range.start + term.range.start..range.start + term.range.end;
            item.deadlines.push(DeadlinePhrase {
                span: self.flow.span(&here),
                text: self.text(&here),
                kind: term.kind,
                cadence: on(&term.range, term.cadence),
            });
        }
        for (range, word) in citation::vague(text, range.start, self.pairs) {
            item.vague.push(VagueWord { word: word.to_owned(), span: self.flow.span(&range) });
        }
    }
}

/// Stretches of a text whose days are moved where nobody works on them: sentences that say 遇节假日顺延, up to these words.
struct Moved(Vec<Range<usize>>);

impl Moved {
    fn of(text: &str) -> Self {
        const FREE: [&str; 5] = ["假日", "假期", "休息日", "周末", "双休日"];
        let found = text.match_indices("顺延").filter_map(|(at, _)| {
            let from = text[..at].rfind(['。', '；', '\n']).map_or(0, |i| i + 1);
            let sentence = &text[text.ceil_char_boundary(from)..at];
            let clause = sentence.rfind('，').map_or(sentence, |i| &sentence[i..]);
            FREE.iter().any(|w| clause.contains(w)).then_some(from..at)
        });
        Self(found.collect())
    }

    fn covers(&self, range: &Range<usize>) -> bool {
        self.0.iter().any(|m| m.start <= range.start && range.end <= m.end)
    }
}
