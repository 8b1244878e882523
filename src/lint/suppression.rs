//! Suppressions: `# hatrack: allow(rule-id) until 2027-01-31: the reason` in a YAML file.
//!
//! At the end of a line it covers what is found on that line; on a line of its own it covers the block that
//! begins on the next one.

use std::sync::Arc;

use jiff::civil::Date;

use crate::diagnostic::{Diagnostic, Source, Span, did_you_mean};

const MARK: &str = "hatrack:";

/// What was found and is not reported, since somebody said why.
#[derive(Clone, Debug)]
pub struct Suppressed {
    /// What was found.
    pub finding: Diagnostic,
    /// Why it is allowed.
    pub reason: String,
    /// The last day on which it is.
    pub until: Option<Date>,
    /// Where that is said.
    pub said: Span,
}

/// One suppression in a file.
#[derive(Clone, Debug)]
pub(super) struct Suppression {
    /// The rules, each with its place.
    pub rules: Vec<(String, Span)>,
    /// Why.
    pub reason: String,
    /// The last day.
    pub until: Option<Date>,
    /// The whole comment.
    pub span: Span,
    /// The lines it covers, counted from 1, both ends inclusive.
    pub lines: (usize, usize),
}

/// The suppressions of a file, and what is wrong with them. `within` tells whether a byte of it is inside of a
/// text, where a `#` begins no comment.
pub(super) fn read(
    source: &Arc<Source>,
    known: &[&'static str],
    within: &dyn Fn(usize) -> bool,
) -> (Vec<Suppression>, Vec<Diagnostic>) {
    let mut suppressions = vec![];
    let mut diagnostics = vec![];
    let lines: Vec<&str> = source.text.split('\n').collect();
    let mut start = 0;
    for (number, line) in lines.iter().enumerate() {
        if let Some((at, said)) = comment(line)
            && !within(start + at)
        {
            let span = Span::new(source, start + at, start + line.trim_end().len());
            let own_line = line.trim_start().starts_with('#');
            let covers = if own_line { block(&lines, number + 1) } else { Some((number + 1, number + 1)) };
            match parse(said, source, start + line.len() - said.len(), &span, known) {
                Ok((rules, until, reason)) => {
                    let lines = covers.unwrap_or((number + 1, number + 1));
                    suppressions.push(Suppression { rules, reason, until, span, lines });
                }
                Err(diagnostic) => diagnostics.push(*diagnostic),
            }
        }
        start += line.len() + 1;
    }
    (suppressions, diagnostics)
}

/// The comment of a line that speaks to hatrack: where its `#` is, and what follows the mark.
fn comment(line: &str) -> Option<(usize, &str)> {
    for (at, _) in line.match_indices('#') {
        let before = line.get(..at)?;
        let begins = before.is_empty() || before.ends_with([' ', '\t']);
        let rest = line.get(at + 1..)?.trim_start();
        if begins && let Some(said) = rest.strip_prefix(MARK) {
            return Some((at, said));
        }
    }
    None
}

/// The lines of the block that begins at or after line `from` (counted from 0), counted from 1: what is indented
/// deeper than its first line, and the items of a list that belongs to it.
fn block(lines: &[&str], from: usize) -> Option<(usize, usize)> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let blank = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
    let (first, line) = lines.iter().enumerate().skip(from).find(|(_, line)| !blank(line))?;
    let depth = indent(line);
    let is_item = line.trim_start().starts_with("- ");
    let mut last = first;
    for (number, line) in lines.iter().enumerate().skip(first + 1) {
        let own_item = !is_item && indent(line) == depth && line.trim_start().starts_with("- ");
        if blank(line) {
            continue;
        } else if indent(line) > depth || own_item {
            last = number;
        } else {
            break;
        }
    }
    Some((first + 1, last + 1))
}

type Parsed = (Vec<(String, Span)>, Option<Date>, String);

/// `allow(rule, rule) until DATE: reason`
fn parse(
    said: &str,
    source: &Arc<Source>,
    said_at: usize,
    span: &Span,
    known: &[&'static str],
) -> Result<Parsed, Box<Diagnostic>> {
    let wrong = |rule, span: &Span, message: String| {
        Box::new(
            Diagnostic::error(Some(span.clone()), message)
                .rule(rule)
                .help("write `# hatrack: allow(rule-id): why`, or `allow(rule-id) until 2027-01-31: why`"),
        )
    };
    let malformed = |message: &str| wrong("suppression-malformed", span, message.to_owned());
    let inner = said
        .trim_start()
        .strip_prefix("allow(")
        .ok_or_else(|| malformed("this comment speaks to hatrack but says nothing that hatrack knows"))?;
    let (names, rest) = inner.split_once(')').ok_or_else(|| malformed("the parenthesis is not closed"))?;
    let names_at = said_at + (said.len() - said.trim_start().len()) + "allow(".len();
    let mut rules = vec![];
    let mut at = names_at;
    for part in names.split(',') {
        let name = part.trim();
        let begin = at + (part.len() - part.trim_start().len());
        let place = Span::new(source, begin, begin + name.len());
        if !known.contains(&name) {
            let mut diagnostic =
                wrong("suppression-unknown-rule", &place, format!("there is no rule `{name}`"));
            if let Some(near) = did_you_mean(name, known.iter().copied()) {
                diagnostic.help = vec![format!("did you mean `{near}`?")];
            }
            return Err(diagnostic);
        }
        rules.push((name.to_owned(), place));
        at += part.len() + 1;
    }
    let (until, reason) = rest.split_once(':').unwrap_or((rest, ""));
    let until =
        match until.trim() {
            "" => None,
            words => {
                let date = words.strip_prefix("until ").and_then(|date| date.trim().parse::<Date>().ok());
                Some(date.ok_or_else(|| {
                    malformed("between `)` and `:` may stand `until` and a date, year first")
                })?)
            }
        };
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(wrong("suppression-without-reason", span, "the suppression gives no reason".to_owned()));
    }
    Ok((rules, until, reason.to_owned()))
}
