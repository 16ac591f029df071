//! How things stand: strips, counts, and the cards of duties, diagnostics and obligations.

use jiff::civil::Date;
use model::{MeasureKind, Severity, Standing};

/// How many stand so, and where the list of them is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// How they stand.
    pub standing: Standing,
    /// How many.
    pub count: u64,
    /// The list that is that long; empty when it does not open.
    pub href: String,
}

/// One bar of a strip, in hundredths of its width.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StripBar {
    /// Class of its colour.
    pub class: &'static str,
    /// Where it begins.
    pub x: String,
    /// How wide it is.
    pub width: String,
}

/// How a set of duties stands, as a strip: met, late, overdue, soon, waived; the rest stays paper.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Strip {
    /// What it says, for those who do not see it.
    pub label: String,
    /// The bars.
    pub bars: Vec<StripBar>,
}

impl Strip {
    /// The strip of these counts; `name` begins its label.
    #[must_use]
    pub fn of(name: &str, counts: &[(Standing, u64)]) -> Self {
        const ORDER: [Standing; 5] =
            [Standing::Met, Standing::MetLate, Standing::Overdue, Standing::DueSoon, Standing::Waived];
        let count = |s: Standing| counts.iter().filter(|(k, _)| *k == s).map(|(_, n)| n).sum::<u64>();
        let total: u64 = counts.iter().map(|(_, n)| n).sum();
        let mut bars = Vec::new();
        let mut before = 0_u64;
        for s in ORDER {
            let n = count(s);
            if n > 0 {
                let share = |n: u64| {
                    // In hundredths of a per cent, whole numbers, so that the bars never overlap by rounding.
                    let parts = n.saturating_mul(10_000) / total;
                    format!("{}.{:02}", parts / 100, parts % 100)
                };
                bars.push(StripBar { class: s.light(), x: share(before), width: share(n) });
            }
            before += n;
        }
        let said: Vec<String> = [ORDER.as_slice(), &[Standing::Open, Standing::NotDue]]
            .concat()
            .into_iter()
            .filter(|s| count(*s) > 0)
            .map(|s| format!("{}{}", s.word(), count(s)))
            .collect();
        let said = if said.is_empty() { "没有应办事项".to_owned() } else { said.join("，") };
        Self { label: format!("{name}：{said}"), bars }
    }
}

/// A duty as a line of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Todo {
    /// How it stands.
    pub standing: Standing,
    /// What is to be done.
    pub title: String,
    /// Its page.
    pub href: String,
    /// Where it comes from: 要点 三·9.
    pub source: String,
    /// The words in the document; empty when there is no link.
    pub source_href: String,
    /// The clause's own words.
    pub words: String,
    /// What is lacking, or what may be done together.
    pub lacks: String,
    /// The due day: 4月22日.
    pub due: String,
    /// Beside it: 还有 2 天.
    pub due_note: String,
    /// What the button says (记一笔); no button without `act_href`.
    pub act: String,
    /// Where the button leads.
    pub act_href: String,
    /// Whether it is one line for the duties of several people.
    pub of_people: bool,
    /// Whether it is overdue.
    pub late: bool,
    /// Whether it is done: a short line.
    pub done: bool,
}

impl Todo {
    /// The line of a duty that is due on `due`, with the button 记一笔 leading to `act_href`.
    #[must_use]
    pub fn new(
        standing: Standing,
        title: String,
        href: String,
        today: Date,
        due: Date,
        act_href: String,
    ) -> Self {
        Self {
            standing,
            title,
            href,
            source: String::new(),
            source_href: String::new(),
            words: String::new(),
            lacks: String::new(),
            due: super::day_words(due),
            due_note: super::days_left(today, due),
            act: "记一笔".to_owned(),
            act_href,
            of_people: false,
            late: standing == Standing::Overdue,
            done: standing.is_done() || standing == Standing::Waived,
        }
    }
}

/// What the compiler says, as a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiagnosticCard {
    /// How grave.
    pub severity: Severity,
    /// Code: L003.
    pub code: String,
    /// Item and sentence: 3:2.
    pub place: String,
    /// What is the matter.
    pub message: String,
    /// A few words before those in question.
    pub before: String,
    /// The words in question.
    pub words: String,
    /// A few words after them.
    pub after: String,
    /// What to do.
    pub help: String,
}

impl DiagnosticCard {
    /// Class of the card.
    #[must_use]
    pub fn class(&self) -> &'static str {
        match self.severity {
            Severity::Error => "k-err",
            Severity::Warning => "k-warn",
            Severity::Info => "k-info",
        }
    }

    /// Shape beside the word.
    #[must_use]
    pub fn shape(&self) -> &'static str {
        match self.severity {
            Severity::Error => "err",
            Severity::Warning | Severity::Info => "warn",
        }
    }
}

/// An obligation as a card beside its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObligationCard {
    /// Key that ties it to the words: 3.2.
    pub key: String,
    /// Name.
    pub title: String,
    /// Kind of the measure.
    pub kind: MeasureKind,
    /// Whether the clerk has confirmed it.
    pub confirmed: bool,
    /// 谁, 多少, 凭, 据 with their words.
    pub facts: Vec<(&'static str, String)>,
}

impl ObligationCard {
    /// Who, how often and by which ledger in one line, so that the words beside it stay a text; the rest opens.
    #[must_use]
    pub fn line(&self) -> String {
        let told = self.facts.iter().filter(|(term, _)| matches!(*term, "谁" | "多少" | "凭"));
        told.map(|(_, words)| words.as_str()).collect::<Vec<_>>().join("　")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strip_says_its_figures_and_leaves_the_rest_white() {
        let s = Strip::of("三会一课", &[(Standing::Met, 5), (Standing::Overdue, 1), (Standing::Open, 4)]);
        assert_eq!(s.label, "三会一课：已办5，逾期1，待办4");
        assert_eq!(s.bars[1], StripBar { class: "over", x: "50.00".into(), width: "10.00".into() });
        assert_eq!(s.bars.len(), 2);
        assert_eq!(Strip::of("无", &[]).label, "无：没有应办事项");
    }

    #[test]
    fn the_bars_of_a_strip_never_pass_its_end() {
        for met in 0..40 {
            let s = Strip::of(
                "",
                &[(Standing::Met, met), (Standing::Overdue, 7), (Standing::Waived, 13), (Standing::Open, 3)],
            );
            let end: f64 = s.bars.iter().map(|b| b.width.parse::<f64>().unwrap()).sum();
            assert!(end <= 100.0, "{s:?}");
        }
    }
}
