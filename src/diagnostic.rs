//! Anything said about the author's text: where it is, what is wrong, why, and the fix.
//!
//! Knows nothing of YAML, AWS or terminals; `report` draws diagnostics.

use std::fmt;
use std::sync::Arc;

/// One file as the author wrote it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    /// The path as the user would type it.
    pub name: String,
    /// The whole text, UTF-8.
    pub text: String,
}

/// What stands behind the name of a text that is not the file's own, but taken out of it or built in.
const ASIDES: [&str; 3] = [" (the text ", " (percent-decoded)", " (shipped)"];

impl Source {
    /// The file's path, without what is said of a text that was taken out of it.
    pub fn file(&self) -> &str {
        let aside = ASIDES.iter().filter_map(|aside| self.name.find(aside)).min();
        aside.and_then(|at| self.name.get(..at)).unwrap_or(&self.name)
    }

    /// Whether places in the text are places in the file.
    pub fn is_file(&self) -> bool {
        self.file() == self.name
    }
}

/// A stretch of a source, in bytes, end exclusive.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The file.
    pub source: Arc<Source>,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// A span of `source` from `start` to `end` (bytes).
    pub fn new(source: &Arc<Source>, start: usize, end: usize) -> Self {
        Self { source: Arc::clone(source), start, end: end.max(start) }
    }

    /// Line and column of the first character, both counted from 1, the column in characters.
    pub fn line_column(&self) -> (usize, usize) {
        let before = self.source.text.get(..self.start).unwrap_or(&self.source.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        (line, column)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.line_column();
        write!(f, "{}:{line}:{column}", self.source.name)
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// How bad it is, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It cannot work, or AWS would refuse it. Nothing is planned while one of these stands.
    Error,
    /// It works, and opens more than a careful person would want.
    SecurityWarning,
    /// It works, but probably not as meant.
    Warning,
    /// It could be said better.
    Suggestion,
}

impl Severity {
    /// All, the worst first.
    pub const ALL: [Self; 4] = [Self::Error, Self::SecurityWarning, Self::Warning, Self::Suggestion];

    /// In words, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::SecurityWarning => "security warning",
            Self::Warning => "warning",
            Self::Suggestion => "suggestion",
        }
    }

    /// In one word, for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Error => "ERROR",
            Self::SecurityWarning => "SECURITY_WARNING",
            Self::Warning => "WARNING",
            Self::Suggestion => "SUGGESTION",
        }
    }
}

/// One thing said about the author's text. Messages are lower case without a full stop, the user's words in
/// back-ticks, the way out in `help`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// The rule it is about, if there is a page on it: its id.
    pub rule: Option<&'static str>,
    /// What is wrong.
    pub message: String,
    /// Where; none for what concerns a whole directory.
    pub span: Option<Span>,
    /// What stands there, in a few words, written under the span.
    pub label: Option<String>,
    /// Other places that matter, each with its words.
    pub related: Vec<(Span, String)>,
    /// The way out.
    pub help: Vec<String>,
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(span: Option<Span>, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            rule: None,
            message: message.into(),
            span,
            label: None,
            related: vec![],
            help: vec![],
        }
    }

    /// A warning at a place.
    pub fn warning(span: Option<Span>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(span, message) }
    }

    /// Names the rule it is about.
    #[must_use]
    pub fn rule(mut self, rule: &'static str) -> Self {
        self.rule = Some(rule);
        self
    }

    /// Adds the words under the span.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Adds a way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// Adds another place that matters.
    #[must_use]
    pub fn related(mut self, span: Span, words: impl Into<String>) -> Self {
        self.related.push((span, words.into()));
        self
    }
}

/// Whether any of these stops the work.
pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|d| d.severity == Severity::Error)
}

/// The known word the author most likely meant, if one is near enough to be worth saying.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// `AmazonS3ReadOnly` is short for `AmazonS3ReadOnlyAccess` rather than a slip in `AmazonLexReadOnly`.
    const BEGINNING_MIN: usize = 8;
    let lower = word.to_lowercase();
    let begins = |k: &str| lower.len() >= BEGINNING_MIN && k.starts_with(&lower);
    known
        .into_iter()
        .map(|k| (k.to_lowercase(), k))
        .map(|(low, k)| (strsim::damerau_levenshtein(&lower, &low), !begins(&low), k))
        .filter(|(distance, no_beginning, k)| {
            !no_beginning || *distance <= 1.max(word.len().min(k.len()) / 3)
        })
        .min_by_key(|(distance, no_beginning, k)| (*distance > 1, *no_beginning, *distance, k.len()))
        .map(|(.., k)| k)
}
