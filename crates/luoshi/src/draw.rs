//! Diagnostics as a compiler draws them: the line with the words underlined, the help below.

use std::io::IsTerminal;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use model::{Diagnostic, Severity, SourceText, Span};
use rulebook::RuleFault;
use unicode_width::UnicodeWidthChar;

/// Columns of a terminal that the drawing keeps to.
const WIDTH: usize = 100;

/// Columns of words that are underlined. The renderer cuts a long line around the words, but shows those whole; where a
/// sentence of a thousand characters is meant, its beginning is enough to find it.
const MOST_MARKED: usize = 60;

/// Lines of one diagnostic that are shown; more of a wrapped sentence tells nothing.
const MOST_LINES: usize = 4;

/// How to draw.
pub(crate) struct Drawing {
    renderer: Renderer,
}

impl Drawing {
    /// In colour on a terminal, plain elsewhere and where `NO_COLOR` asks for it.
    pub(crate) fn for_terminal() -> Self {
        let coloured = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let renderer = if coloured { Renderer::styled() } else { Renderer::plain() };
        Self { renderer: renderer.term_width(WIDTH) }
    }

    /// A diagnostic of a plan.
    pub(crate) fn diagnostic(&self, source: &SourceText, diagnostic: &Diagnostic) -> String {
        let level = match diagnostic.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Info => Level::INFO,
        };
        let title = level
            .with_name(diagnostic.severity.word())
            .primary_title(diagnostic.message.as_str())
            .id(diagnostic.code.as_str());
        let (shown, first_line, marked) = lines_under(source, diagnostic.span);
        self.draw(title.element(snippet(&source.name, shown, first_line, marked)), &diagnostic.help)
    }

    /// A mistake in a rule file; `text` is the file's content, empty when it is not at hand.
    pub(crate) fn rule_fault(&self, fault: &RuleFault, text: &str) -> String {
        let title = Level::ERROR.with_name(Severity::Error.word()).primary_title(fault.message.as_str());
        let line = text.lines().nth(fault.line.saturating_sub(1)).unwrap_or_default();
        let from = line.char_indices().nth(fault.column.saturating_sub(1)).map_or(line.len(), |(i, _)| i);
        let value = &line[from..];
        let value = value[..value.find(['=', '#', ',', ']', '}']).unwrap_or(value.len())].trim_end();
        let group = if line.is_empty() {
            let origin = annotate_snippets::Origin::path(fault.file.as_str());
            title.element(origin.line(fault.line).char_column(fault.column))
        } else {
            title.element(snippet(&fault.file, line, fault.line, std::iter::once(from..from + value.len())))
        };
        self.draw(group, &fault.help)
    }

    fn draw(&self, group: Group<'_>, help: &str) -> String {
        let group = if help.is_empty() {
            group
        } else {
            group.element(Level::HELP.with_name("帮助").message(help))
        };
        self.renderer.render(&[group]) + "\n"
    }
}

fn snippet<'a>(
    path: &'a str,
    lines: &'a str,
    first_line: usize,
    marked: impl IntoIterator<Item = Range<usize>>,
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let marks = marked.into_iter().map(|words| {
        let words = words.start..words.start + narrow(&lines[words.clone()]).len();
        AnnotationKind::Primary.span(words)
    });
    Snippet::source(lines).path(path).line_start(first_line).annotations(marks)
}

/// The beginning of the words that is underlined.
fn narrow(words: &str) -> &str {
    let mut columns = 0;
    let end = words.char_indices().find(|(_, c)| {
        columns += c.width().unwrap_or(0);
        columns > MOST_MARKED
    });
    &words[..end.map_or(words.len(), |(at, _)| at)]
}

/// The lines under a span, the number of the first, and what of each is under the span.
fn lines_under(source: &SourceText, span: Span) -> (&str, usize, Vec<Range<usize>>) {
    let first = source.blocks.partition_point(|b| b.span.start <= span.start).saturating_sub(1);
    let under: Vec<Span> = source
        .blocks
        .iter()
        .skip(first)
        .take(MOST_LINES)
        .map(|b| b.span)
        .take_while(|line| line.start <= span.start || line.start < span.end)
        .collect();
    let (Some(top), Some(bottom)) = (under.first(), under.last()) else { return ("", 1, Vec::new()) };
    let within = |line: &Span, at: usize| at.clamp(line.start, line.end) - top.start;
    let marked =
        under.iter().filter(|l| !l.is_empty()).map(|l| within(l, span.start)..within(l, span.end)).collect();
    (Span::new(top.start, bottom.end).of(&source.text), first + 1, marked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(text: &str, words: &str) -> String {
        let source = SourceText::from_plain("要点.txt", text);
        let start = text.find(words).expect("the words");
        let diagnostic = Diagnostic {
            code: "L004".to_owned(),
            severity: Severity::Warning,
            span: Span::new(start, start + words.len()),
            message: "没有写明多久一次".to_owned(),
            help: "写明次数".to_owned(),
            replacement: None,
            item: None,
        };
        Drawing { renderer: Renderer::plain().term_width(WIDTH) }.diagnostic(&source, &diagnostic)
    }

    #[test]
    fn the_words_are_underlined_by_their_width() {
        insta::assert_snapshot!(drawn("一、总则\n1.定期召开例会。\n", "定期"));
    }

    #[test]
    fn words_over_a_line_end_are_underlined_on_both_lines() {
        insta::assert_snapshot!(drawn("一、总则\n1.每个支部都要定\n期召开例会。\n", "定\n期"));
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        use unicode_width::UnicodeWidthStr;
        for (before, inside, after) in
            [(1500, 1, 1500), (0, 1, 3000), (3000, 1, 0), (10, 1, 3000), (500, 900, 500)]
        {
            let words = "定期".repeat(inside);
            let page = drawn(&format!("{}{words}{}", "前".repeat(before), "后".repeat(after)), &words);
            assert!(page.contains("^^^^"), "{page}");
            assert!(page.contains("定期"), "{page}");
            let widest = page.lines().map(UnicodeWidthStr::width).max();
            assert!(widest <= Some(WIDTH), "{before} {inside} {after}: {widest:?}\n{page}");
        }
    }
}
