//! What is wrong in the author's text: drawn under the line it stands in, or as JSON.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde::Serialize;

use super::page::Terminal;
use super::style::Label;
use super::{FORMAT_VERSION, escape, json, words};
use crate::diagnostic::{Diagnostic, Severity, Source, Span};

/// Nobody reads more at once, and each is drawn with its file.
const SHOWN_MAX: usize = 50;

/// The rule that finds secrets; what it underlines is not to stand in a log.
const OF_SECRETS: &str = "secret-literal";

/// Diagnostics as text for a terminal, in the order given, and how many there are.
pub fn diagnostics_terminal(diagnostics: &[Diagnostic], terminal: Terminal) -> String {
    let renderer = if terminal.colour {
        let [error, warning, help] = [Label::Error, Label::Hazard, Label::Help].map(Label::style);
        Renderer::styled().error(error).warning(warning).help(help)
    } else {
        Renderer::plain()
    };
    let renderer = renderer.term_width(terminal.width).decor_style(DecorStyle::Unicode);
    let mut out = String::new();
    if diagnostics.is_empty() {
        return out;
    }
    let of_secrets = diagnostics.iter().filter(|d| d.rule == Some(OF_SECRETS));
    let secrets: Vec<&Span> = of_secrets.filter_map(|d| d.span.as_ref()).collect();
    for diagnostic in diagnostics.iter().take(SHOWN_MAX) {
        out.push_str(&renderer.render(&[group(diagnostic, &secrets)]));
        out.push_str("\n\n");
    }
    let of = |severity| diagnostics.iter().filter(|d| d.severity == severity).count();
    let counted: Vec<_> = Severity::ALL
        .into_iter()
        .map(|severity| (of(severity), severity.words()))
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| words::count(n, what))
        .collect();
    if diagnostics.len() > 1 {
        out.push_str(&counted.join(", "));
        if diagnostics.len() > SHOWN_MAX {
            out.push_str(&format!("; the first {SHOWN_MAX} are shown"));
        }
        out.push('\n');
    } else {
        out.truncate(out.trim_end().len());
        out.push('\n');
    }
    out
}

fn group(diagnostic: &Diagnostic, secrets: &[&Span]) -> Group<'static> {
    let Diagnostic { severity, rule, message, span, label, related, help } = diagnostic;
    let level = match severity {
        Severity::Error => Level::ERROR,
        Severity::SecurityWarning => Level::WARNING.with_name(severity.words()),
        Severity::Warning => Level::WARNING,
        Severity::Suggestion => Level::INFO.with_name(severity.words()),
    };
    let mut title = level.primary_title(escape::text(message));
    if let Some(rule) = rule {
        title = title.id(*rule);
    }
    let mut group = Group::with_title(title);
    let mut places: Vec<(&Span, Option<&str>, bool)> = vec![];
    places.extend(span.as_ref().map(|span| (span, label.as_deref(), true)));
    places.extend(related.iter().map(|(span, words)| (span, Some(words.as_str()), false)));
    let mut sources: Vec<&Source> = vec![];
    for (span, ..) in &places {
        if !sources.contains(&&*span.source) {
            sources.push(&span.source);
        }
    }
    for source in sources {
        let harmless = Harmless::new(&without(source, secrets));
        let mut snippet = Snippet::source(harmless.text.clone()).path(escape::text(&source.name));
        for (span, words, primary) in places.iter().filter(|(span, ..)| *span.source == *source) {
            let kind = if *primary { AnnotationKind::Primary } else { AnnotationKind::Context };
            let place = harmless.place(span.start)..harmless.place(span.end);
            snippet = snippet.annotation(kind.span(place).label(words.map(escape::text)));
        }
        group = group.element(snippet);
    }
    for each in help {
        group = group.element(Level::HELP.message(escape::text(each)));
    }
    group
}

/// The text of a source with asterisks for its secrets, byte by byte, so that every place stays where it is.
fn without(source: &Source, secrets: &[&Span]) -> String {
    let here: Vec<_> = secrets.iter().filter(|span| *span.source == *source).collect();
    let hides = |at: usize| here.iter().any(|span| (span.start..span.end).contains(&at));
    let mut text = String::with_capacity(source.text.len());
    for (at, c) in source.text.char_indices() {
        if c != '\n' && c != '\r' && hides(at) {
            text.extend(std::iter::repeat_n('*', c.len_utf8()));
        } else {
            text.push(c);
        }
    }
    text
}

/// A source text that can be shown: lines stay lines, everything else that could do harm is spelled out.
struct Harmless {
    text: String,
    /// Byte in the source → byte here, for every place where a spelled-out character ends.
    shifts: Vec<(usize, usize)>,
}

impl Harmless {
    fn new(raw: &str) -> Self {
        let mut text = String::with_capacity(raw.len());
        let mut shifts = vec![];
        for (at, c) in raw.char_indices() {
            let line_end = c == '\n' || (c == '\r' && raw.get(at + 1..).is_some_and(|r| r.starts_with('\n')));
            if line_end || c == '\t' || !escape::is_harmful(c) {
                text.push(c);
            } else {
                text.extend(c.escape_unicode());
                shifts.push((at + c.len_utf8(), text.len()));
            }
        }
        Self { text, shifts }
    }

    /// Where a byte of the source is here; a place within a character or beyond the end moves to the next border.
    fn place(&self, at: usize) -> usize {
        let before = self.shifts.partition_point(|(from, _)| *from <= at);
        let (from, to) =
            before.checked_sub(1).and_then(|last| self.shifts.get(last)).copied().unwrap_or((0, 0));
        let mut place = (to + (at - from)).min(self.text.len());
        while !self.text.is_char_boundary(place) {
            place += 1;
        }
        place
    }
}

#[derive(Serialize)]
struct Written {
    format_version: u32,
    diagnostics: Vec<One>,
}

/// One diagnostic, for programs.
#[derive(Serialize)]
pub(super) struct One {
    severity: &'static str,
    rule: Option<&'static str>,
    message: String,
    place: Option<Place>,
    label: Option<String>,
    related: Vec<Related>,
    help: Vec<String>,
}

#[derive(Serialize)]
struct Related {
    place: Place,
    text: String,
}

/// Lines and columns count from 1, columns in characters; the end is exclusive.
#[derive(Serialize)]
pub(super) struct Place {
    pub file: String,
    pub line: usize,
    pub column: usize,
    pub end_line: usize,
    pub end_column: usize,
}

/// Where a span begins and ends.
pub(super) fn place(span: &Span) -> Place {
    let (line, column) = span.line_column();
    let (end_line, end_column) = Span::new(&span.source, span.end, span.end).line_column();
    Place { file: span.source.name.clone(), line, column, end_line, end_column }
}

/// The same for services that open the file: its first character, for what stands in a text that was taken out of it.
pub(super) fn place_in_file(span: &Span) -> Place {
    let file = span.source.file().to_owned();
    if span.source.is_file() {
        Place { file, ..place(span) }
    } else {
        Place { file, line: 1, column: 1, end_line: 1, end_column: 1 }
    }
}

/// What is said to such a service: the message, where that is if the file cannot show it, and the help.
pub(super) fn lines_for_services(diagnostic: &Diagnostic) -> String {
    let Diagnostic { severity: _, rule: _, message, span, label: _, related: _, help } = diagnostic;
    let taken = span.as_ref().filter(|span| !span.source.is_file()).map(|span| format!("at {span}"));
    let lines = std::iter::once(message).chain(&taken).chain(help).map(|line| escape::text(line));
    lines.collect::<Vec<_>>().join("\n")
}

/// Diagnostics as JSON, in the order given.
pub fn diagnostics_json(diagnostics: &[Diagnostic]) -> String {
    json::written(&Written {
        format_version: FORMAT_VERSION,
        diagnostics: diagnostics.iter().map(one).collect(),
    })
}

/// A diagnostic as data.
pub(super) fn one(diagnostic: &Diagnostic) -> One {
    let Diagnostic { severity, rule, message, span, label, related, help } = diagnostic;
    One {
        severity: severity.words(),
        rule: *rule,
        message: message.clone(),
        place: span.as_ref().map(place),
        label: label.clone(),
        related: related.iter().map(|(s, text)| Related { place: place(s), text: text.clone() }).collect(),
        help: help.clone(),
    }
}
