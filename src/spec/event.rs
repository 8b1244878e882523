//! One pass over the events of the text: where everything stands, and what is refused before anything else reads it.
//!
//! Refused here, since a second parser must never see it: nesting that would take minutes, aliases (and with them
//! every alias bomb), more than one document. Also what would be read differently from how it looks: duplicate
//! keys, keys that are not text, tags, merge keys.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError};

use super::place::{Places, syntax};
use crate::diagnostic::{Diagnostic, Source, Span};

/// No spec is this deep; a policy document reaches about 8.
pub const DEPTH_MAX: usize = 64;
/// An account at every quota of IAM stays under a third of it.
pub const NODES_MAX: usize = 1_000_000;

/// A value as the events show it; scalars not yet told apart.
pub struct Raw {
    pub range: Range<usize>,
    pub value: RawValue,
}

pub enum RawValue {
    Scalar { text: String, plain: bool },
    List(Vec<Raw>),
    Map(Vec<RawEntry>),
}

pub struct RawEntry {
    pub key: String,
    pub key_range: Range<usize>,
    pub value: Raw,
}

/// What the pass found. Without `tree` nothing more can be said.
pub struct Pass {
    pub tree: Option<Raw>,
    pub found: Vec<Diagnostic>,
}

/// Reads the events of `source`, whose YAML begins at byte `skipped` (after a byte order mark).
pub fn pass(source: &Arc<Source>, skipped: usize) -> Pass {
    let text = source.text.get(skipped..).unwrap_or_default();
    let mut builder = Builder {
        places: Places::new(text, skipped),
        source,
        stack: vec![],
        root: None,
        nodes: 0,
        documents: 0,
        found: vec![],
    };
    let mut parser = Parser::new_from_str(text);
    let mut whole = true;
    while let Some(event) = parser.next_event() {
        let go_on = match event {
            Ok((event, span)) => builder.take(event, span),
            Err(error) => {
                builder.refuse_syntax(&error);
                false
            }
        };
        if !go_on {
            whole = false;
            break;
        }
    }
    Pass { tree: if whole { builder.root } else { None }, found: builder.found }
}

/// A collection being read.
struct Frame {
    range: Range<usize>,
    flow: bool,
    /// Whether it stands where a key should.
    key: bool,
    items: Items,
}

enum Items {
    List(Vec<Raw>),
    Map { entries: Vec<RawEntry>, key: Option<Key>, seen: HashMap<String, Range<usize>> },
}

/// The key whose value comes next.
struct Key {
    text: String,
    range: Range<usize>,
    /// A key that was refused: its value is read over.
    refused: bool,
}

struct Builder<'a> {
    source: &'a Arc<Source>,
    places: Places<'a>,
    stack: Vec<Frame>,
    root: Option<Raw>,
    nodes: usize,
    documents: usize,
    found: Vec<Diagnostic>,
}

impl Builder<'_> {
    /// Takes one event; false when reading must stop.
    fn take(&mut self, event: Event<'_>, span: saphyr_parser::Span) -> bool {
        let range = self.places.byte(span.start)..self.places.byte(span.end);
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    self.refuse(
                        range,
                        "a second document begins here",
                        "one file is one document: use two files",
                    );
                    return false;
                }
            }
            Event::Alias(_) => {
                self.refuse_alias(range);
                return false;
            }
            Event::Scalar(text, style, anchor, tag) => {
                let bare = self.properties(&range, anchor, tag.is_some());
                let plain = style == ScalarStyle::Plain;
                // A missing value may come with the span of what follows it.
                let range = match style {
                    ScalarStyle::Plain if text.is_empty() => bare.start..bare.start,
                    // The parser's span of a quoted scalar may run on over a comment.
                    ScalarStyle::SingleQuoted => bare.start..self.quoted_end(&bare, '\''),
                    ScalarStyle::DoubleQuoted => bare.start..self.quoted_end(&bare, '"'),
                    _ => self.trim(bare),
                };
                return self.count(&range) && self.scalar(text.into_owned(), plain, range);
            }
            Event::SequenceStart(anchor, tag) => {
                let bare = self.properties(&range, anchor, tag.is_some());
                return self.count(&bare) && self.open(bare, Items::List(vec![]));
            }
            Event::MappingStart(anchor, tag) => {
                let bare = self.properties(&range, anchor, tag.is_some());
                let items = Items::Map { entries: vec![], key: None, seen: HashMap::new() };
                return self.count(&bare) && self.open(bare, items);
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(range.end),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
        }
        true
    }

    fn scalar(&mut self, text: String, plain: bool, range: Range<usize>) -> bool {
        if self.awaits_key() {
            self.key(text, plain, range);
        } else {
            if plain && text.len() >= 18 && overflows(&text) {
                let message = format!("`{text}` is too large for a number");
                self.refuse(range.clone(), &message, &format!("if text was meant, quote it: \"{text}\""));
            }
            self.put(Raw { range, value: RawValue::Scalar { text, plain } });
        }
        true
    }

    fn awaits_key(&self) -> bool {
        matches!(self.stack.last(), Some(Frame { items: Items::Map { key: None, .. }, .. }))
    }

    fn key(&mut self, text: String, plain: bool, range: Range<usize>) {
        let refusal = if plain && text == "<<" {
            let help = "use a template or a variable for what is shared";
            Some(Diagnostic::error(Some(self.span(range.clone())), "merge keys are not read").help(help))
        } else {
            self.key_type(&text, plain, &range)
        };
        let mut refused = refusal.is_some();
        self.found.extend(refusal);
        let mut twice = None;
        if let Some(Frame { items: Items::Map { key, seen, .. }, .. }) = self.stack.last_mut() {
            if !refused {
                if let Some(first) = seen.get(&text) {
                    twice = Some(first.clone());
                    refused = true;
                } else {
                    seen.insert(text.clone(), range.clone());
                }
            }
            *key = Some(Key { text: text.clone(), range: range.clone(), refused });
        }
        if let Some(first) = twice {
            self.found.push(duplicate(&text, self.span(range), self.span(first)));
        }
    }

    fn key_type(&self, text: &str, plain: bool, range: &Range<usize>) -> Option<Diagnostic> {
        if !plain {
            return None;
        }
        let what = match resolve(text) {
            serde_yaml::Value::String(_) => return None,
            serde_yaml::Value::Null if text.is_empty() => {
                let span = Some(self.span(range.clone()));
                return Some(Diagnostic::error(span, "a key is missing before the `:`"));
            }
            serde_yaml::Value::Null => "null",
            serde_yaml::Value::Bool(_) => "true or false",
            _ => "a number",
        };
        let span = Some(self.span(range.clone()));
        let message = format!("a key must be text, and `{text}` is read as {what}");
        Some(Diagnostic::error(span, message).help(format!("quote it: \"{text}\"")))
    }

    fn open(&mut self, range: Range<usize>, items: Items) -> bool {
        if self.stack.len() >= DEPTH_MAX {
            self.refuse_depth(range);
            return false;
        }
        let key = self.awaits_key();
        // Of keys within keys only the outermost is told.
        if key && !self.stack.iter().any(|f| f.key) {
            let what = if matches!(items, Items::List(_)) { "a list" } else { "a map" };
            let end = self.first_line(range.start);
            let span = Some(self.span(range.start..end));
            let mut diagnostic = Diagnostic::error(span, format!("a key must be text, and this is {what}"));
            if self.source.text.get(range.start..end).is_some_and(|t| t.starts_with('{')) {
                diagnostic = diagnostic.help("quote a text that begins with `{`");
            }
            self.found.push(diagnostic);
        }
        let flow = self.source.text.get(range.clone()).is_some_and(|t| t.ends_with(['[', '{']));
        self.stack.push(Frame { range, flow, key, items });
        true
    }

    fn close(&mut self, end: usize) {
        let Some(frame) = self.stack.pop() else { return };
        let start = frame.range.start;
        let (value, children) = match frame.items {
            Items::List(items) => {
                let ends = items.iter().map(|i| i.range.end).collect::<Vec<_>>();
                (RawValue::List(items), ends)
            }
            Items::Map { entries, .. } => {
                let ends = entries.iter().flat_map(|e| [e.key_range.end, e.value.range.end]).collect();
                (RawValue::Map(entries), ends)
            }
        };
        let end = if frame.flow {
            end
        } else {
            // Of a block only the first line, up to the last value that ends on it.
            let line = self.first_line(start);
            children.into_iter().filter(|end| (start + 1..=line).contains(end)).max().unwrap_or(line)
        };
        self.put(Raw { range: start..end, value });
    }

    /// Puts a finished value where it belongs.
    fn put(&mut self, raw: Raw) {
        match self.stack.last_mut() {
            None => self.root = Some(raw),
            Some(Frame { items: Items::List(items), .. }) => items.push(raw),
            Some(Frame { items: Items::Map { entries, key, .. }, .. }) => match key.take() {
                // A collection as a key, refused when it opened.
                None => *key = Some(Key { text: String::new(), range: raw.range, refused: true }),
                Some(Key { refused: true, .. }) => {}
                Some(Key { text, range, .. }) => {
                    let mut raw = raw;
                    if raw.range.is_empty() {
                        // Nothing was written: the key is what one can point at.
                        raw.range = range.clone();
                    }
                    entries.push(RawEntry { key: text, key_range: range, value: raw });
                }
            },
        }
    }

    /// Refuses an anchor or a tag; gives the range of the value without them.
    fn properties(&mut self, range: &Range<usize>, anchor: usize, tagged: bool) -> Range<usize> {
        let mut start = range.start;
        while (anchor > 0 || tagged) && start < range.end {
            let rest = self.source.text.get(start..range.end).unwrap_or_default();
            let word = rest.split(char::is_whitespace).next().unwrap_or_default();
            if !word.starts_with(['&', '!']) {
                break;
            }
            start += word.len();
            start += rest.get(word.len()..).map_or(0, |r| r.len() - r.trim_start().len());
        }
        let place = if start > range.start { range.start..start } else { range.clone() };
        let place = self.trim(place);
        if anchor > 0 {
            self.refuse(
                place.clone(),
                "anchors are not read",
                "use a template or a variable for what is shared",
            );
        }
        if tagged {
            self.refuse(
                place,
                "tags are not read",
                "leave the tag out, or quote a text that begins with `!`",
            );
        }
        start..range.end
    }

    fn count(&mut self, range: &Range<usize>) -> bool {
        self.nodes += 1;
        if self.nodes > NODES_MAX {
            let message = format!("the file holds more than {NODES_MAX} values");
            self.refuse(range.clone(), &message, "split the environment");
        }
        self.nodes <= NODES_MAX
    }

    /// The range without white space at its end.
    fn trim(&self, range: Range<usize>) -> Range<usize> {
        let text = self.source.text.get(range.clone()).unwrap_or_default();
        range.start..range.start + text.trim_end().len()
    }

    /// One past the quote that closes. (Two single quotes within read as an end and a beginning.)
    fn quoted_end(&self, range: &Range<usize>, quote: char) -> usize {
        let text = self.source.text.get(range.clone()).unwrap_or_default();
        let mut open = false;
        let mut chars = text.char_indices().peekable();
        while let Some((at, c)) = chars.next() {
            if c == quote {
                open = !open;
                if !open && chars.peek().is_none_or(|(_, next)| *next != quote) {
                    return range.start + at + 1;
                }
            } else if c == '\\' && quote == '"' {
                chars.next();
            }
        }
        range.end
    }

    /// Where the line that holds `start` ends.
    fn first_line(&self, start: usize) -> usize {
        let rest = self.source.text.get(start..).unwrap_or_default();
        let line = rest.find('\n').and_then(|end| rest.get(..end)).unwrap_or(rest);
        start + line.strip_suffix('\r').unwrap_or(line).len()
    }

    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.source, range.start, range.end)
    }

    fn refuse(&mut self, range: Range<usize>, message: &str, help: &str) {
        self.found.push(Diagnostic::error(Some(self.span(range)), message).help(help));
    }

    fn refuse_depth(&mut self, range: Range<usize>) {
        let message = format!("nested deeper than {DEPTH_MAX} levels");
        self.found.push(Diagnostic::error(Some(self.span(range)), message));
    }

    /// `*x`, or a star that nobody quoted. YAML knows no difference.
    fn refuse_alias(&mut self, range: Range<usize>) {
        let text = self.source.text.get(range.clone()).unwrap_or_default().to_owned();
        if text == "*" {
            let message = "a bare `*` begins an alias";
            self.refuse(range, message, "quote the star: \"*\"");
            return;
        }
        let diagnostic = Diagnostic::error(Some(self.span(range)), "aliases are not read")
            .help(format!("if a star was meant, quote it: \"{text}\""))
            .help("use a template or a variable for what is shared");
        self.found.push(diagnostic);
    }

    fn refuse_syntax(&mut self, error: &ScanError) {
        let start = self.places.byte(*error.marker());
        let rest = self.source.text.get(start..).unwrap_or_default();
        if error.info().contains("recursion limit") {
            self.refuse_depth(start..start + 1);
        } else if rest.starts_with('*') && error.info().contains("anchor") {
            let word =
                rest.split(|c: char| c.is_whitespace() || ",[]{}".contains(c)).next().unwrap_or_default();
            self.refuse_alias(start..start + word.len());
        } else {
            self.found.push(syntax(self.source, start, error.info()));
        }
    }
}

/// A key that stands twice, said at the second.
pub fn duplicate(key: &str, second: Span, first: Span) -> Diagnostic {
    Diagnostic::error(Some(second), format!("the key `{key}` stands twice in one map"))
        .label("again here")
        .related(first, "first here")
        .help("keep one of the two")
}

/// How YAML 1.2 reads a plain scalar, by the parser that reads the whole. Only what may be something other than
/// text is put to it.
pub fn resolve(text: &str) -> serde_yaml::Value {
    let text_for_sure = || serde_yaml::Value::String(text.to_owned());
    if text.is_empty() {
        return serde_yaml::Value::Null;
    }
    let number = text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
    let word = text == "~" || ["null", "true", "false"].contains(&text.to_ascii_lowercase().as_str());
    if !(number || word) || text.len() > 400 || text.contains(char::is_whitespace) {
        return text_for_sure();
    }
    match serde_yaml::from_str(text) {
        Ok(value @ (serde_yaml::Value::Null | serde_yaml::Value::Bool(_) | serde_yaml::Value::Number(_))) => {
            value
        }
        _ => text_for_sure(),
    }
}

/// Whether a plain scalar is a number that the reader of the whole cannot hold.
fn overflows(text: &str) -> bool {
    let number = text.starts_with(|c: char| c.is_ascii_digit() || "+-".contains(c))
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-".contains(c));
    number && text.len() <= 400 && serde_yaml::from_str::<serde_yaml::Value>(text).is_err()
}
