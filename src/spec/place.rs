//! From the places of two YAML parsers to bytes, and what is said of an error there.

use std::sync::Arc;

use saphyr_parser::Marker;

use crate::diagnostic::{Diagnostic, Source, Span};

/// From the parser's places (in characters) to bytes.
pub struct Places<'a> {
    text: &'a str,
    skipped: usize,
    /// The byte of every `STEP`th character; empty when all is ASCII.
    steps: Vec<usize>,
}

const STEP: usize = 64;

impl<'a> Places<'a> {
    pub fn new(text: &'a str, skipped: usize) -> Self {
        let steps = if text.is_ascii() {
            vec![]
        } else {
            text.char_indices().map(|(b, _)| b).step_by(STEP).collect()
        };
        Self { text, skipped, steps }
    }

    pub fn byte(&self, marker: Marker) -> usize {
        let index = marker.index();
        if self.steps.is_empty() {
            return self.skipped + index.min(self.text.len());
        }
        let from = self.steps.get(index / STEP).copied().unwrap_or(self.text.len());
        let rest = self.text.get(from..).unwrap_or_default();
        let within = rest.char_indices().nth(index % STEP).map_or(rest.len(), |(b, _)| b);
        self.skipped + from + within
    }
}

/// The byte of a line and a column (in characters), both counted from 1.
pub fn line_column(source: &Source, skipped: usize, line: usize, column: usize) -> usize {
    let text = source.text.get(skipped..).unwrap_or_default();
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let rest = text.get(before..).unwrap_or_default();
    let within = rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(at, _)| at);
    skipped + before + within
}

/// An error of a YAML parser at a byte of the text.
pub fn syntax(source: &Arc<Source>, at: usize, info: &str) -> Diagnostic {
    if let Some(tab) = tab_before(&source.text, at) {
        return Diagnostic::error(Some(Span::new(source, tab, tab + 1)), "a tab is used for indentation")
            .help("indent with spaces");
    }
    let width = source.text.get(at..).and_then(|t| t.chars().next()).filter(|c| !"\r\n".contains(*c));
    let span = Span::new(source, at, at + width.map_or(0, char::len_utf8));
    let diagnostic = Diagnostic::error(Some(span), format!("not YAML: {}", info.trim_end_matches('.')));
    if info.contains("mapping values") {
        diagnostic.help("quote a text that holds `: `")
    } else if line_of(&source.text, at).contains("${{") {
        diagnostic.help("quote a placeholder inside [ ] or { }: \"${{ name }}\"")
    } else {
        diagnostic
    }
}

/// A tab in the indentation of the line that holds `at`, or of the line after it or before it.
fn tab_before(text: &str, at: usize) -> Option<usize> {
    let before = text.get(..at)?;
    let line = before.rfind('\n').map_or(0, |n| n + 1);
    let next = text.get(at..)?.find('\n').map(|n| at + n + 1);
    [Some(line), next].into_iter().flatten().find_map(|start| {
        let rest = text.get(start..)?;
        let indent = rest.get(..rest.len() - rest.trim_start_matches([' ', '\t']).len())?;
        indent.find('\t').map(|tab| start + tab)
    })
}

fn line_of(text: &str, at: usize) -> &str {
    let start = text.get(..at).and_then(|t| t.rfind('\n')).map_or(0, |n| n + 1);
    text.get(start..).and_then(|t| t.lines().next()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_become_bytes() {
        let source = Source { name: "t.yaml".into(), text: "\u{feff}é: ä\r\nö: ü".into() };
        for (line, column, wanted) in
            [(1, 1, "é: ä"), (1, 4, "ä\r"), (2, 4, "ü"), (2, 99, ""), (9, 1, ""), (0, 0, "é")]
        {
            let at = line_column(&source, 3, line, column);
            assert!(source.text[at..].starts_with(wanted), "{line}:{column} {:?}", &source.text[at..]);
        }
    }
}
