//! Edits of a YAML text by the places of its parts: what is not edited stays byte for byte.

use std::ops::Range;

use serde_json::Value as Json;

use crate::spec::raise::yaml;
use crate::spec::tree::{Entry, Node, Value};

/// Text put in the place of other text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Bytes of the text as it is.
    pub range: Range<usize>,
    /// What stands there then.
    pub text: String,
}

/// Why a text is not edited: it is written in a way that is left to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Irregular(pub String);

/// A text with edits done.
///
/// # Errors
/// Two of them are about the same place.
pub fn apply(text: &str, mut edits: Vec<Edit>) -> Result<String, Irregular> {
    edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
    let crlf = text.contains("\r\n");
    let mut out = String::with_capacity(text.len() + 1024);
    let mut at = 0;
    for Edit { range, text: new } in edits {
        let (Some(before), true) = (text.get(at..range.start), range.start >= at) else {
            return Err(Irregular("two of the changes are about the same lines".to_owned()));
        };
        out.push_str(before);
        let unended = !out.is_empty() && !out.ends_with('\n') && range.start == text.len();
        if unended && new.ends_with('\n') {
            out.push_str(if crlf { "\r\n" } else { "\n" });
        }
        if crlf {
            out.push_str(&new.replace('\n', "\r\n"))
        } else {
            out.push_str(&new)
        }
        at = range.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    Ok(out)
}

/// A YAML text with the places of one of its trees.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a>(pub &'a str);

impl<'a> Text<'a> {
    fn from(&self, at: usize) -> &'a str {
        self.0.get(at..).unwrap_or_default()
    }

    /// The first byte of the line that holds a place.
    fn line_start(&self, at: usize) -> usize {
        self.0.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |n| n + 1)
    }

    /// The first byte after the line that holds a place.
    fn after_line(&self, at: usize) -> usize {
        self.from(at).find('\n').map_or(self.0.len(), |n| at + n + 1)
    }

    /// The end of the line that holds a place, its line break left out.
    fn line_end(&self, at: usize) -> usize {
        let line = self.from(at).split('\n').next().unwrap_or_default();
        at + line.trim_end_matches('\r').len()
    }

    /// How many blanks stand before a place, if nothing else does.
    fn indent(&self, at: usize) -> Option<usize> {
        let start = self.line_start(at);
        let before = self.0.get(start..at)?;
        before.chars().all(|c| c == ' ').then_some(before.len())
    }

    /// Whether a collection stands in braces or brackets.
    pub fn is_flow(&self, node: &Node) -> bool {
        matches!(node.value, Value::Map(_) | Value::List(_))
            && self.from(node.span.start).starts_with(['{', '['])
    }

    /// One past the last byte of a value.
    pub fn end(&self, node: &Node) -> usize {
        let last = match &node.value {
            Value::Map(entries) => entries.last().map(|entry| self.entry_end(entry)),
            Value::List(items) => items.last().map(|item| self.end(item)),
            _ => None,
        };
        if self.is_flow(node) {
            return self.closed(last.unwrap_or(node.span.start + 1)).unwrap_or(node.span.end);
        }
        last.unwrap_or(node.span.end).max(node.span.end)
    }

    /// One past the brace or bracket that closes what ends with a part.
    fn closed(&self, after: usize) -> Option<usize> {
        let mut rest = self.from(after);
        loop {
            rest = rest.trim_start_matches([' ', '\t', '\r', '\n', ',']);
            match rest.chars().next()? {
                '#' => rest = rest.split_once('\n').map_or("", |(_, below)| below),
                ']' | '}' => return Some(self.0.len() - rest.len() + 1),
                _ => return None,
            }
        }
    }

    /// One past the last byte of a key with its value.
    fn entry_end(&self, entry: &Entry) -> usize {
        self.end(&entry.value).max(self.colon(entry))
    }

    /// One past the colon after a key.
    fn colon(&self, entry: &Entry) -> usize {
        let at = entry.key_span.end;
        self.from(at).find(':').map_or(at, |n| at + n + 1)
    }

    /// The dash before an item of a list in lines.
    fn dash(&self, item: &Node) -> Result<usize, Irregular> {
        let before = self.0.get(..item.span.start).unwrap_or_default();
        let before = before.trim_end_matches(' ');
        let at = before.len().saturating_sub(1);
        match before.ends_with('-') && self.indent(at).is_some() {
            true => Ok(at),
            false => Err(Irregular("the list is written in a way that only a person should edit".to_owned())),
        }
    }

    /// An item more at the end of a list.
    ///
    /// # Errors
    /// The list is written in an unusual way.
    pub fn add_item(&self, list: &Node, value: &Json) -> Result<Edit, Irregular> {
        let Value::List(items) = &list.value else { return Err(Irregular("it is no list".to_owned())) };
        let Some(last) = items.last() else {
            return Ok(Edit {
                range: list.span.start..self.end(list),
                text: format!("[{}]", yaml::flow(value)),
            });
        };
        if self.is_flow(list) {
            let at = self.end(last);
            return Ok(Edit { range: at..at, text: format!(", {}", yaml::flow(value)) });
        }
        let dash = self.dash(last)?;
        let at = self.after_line(self.end(last).max(dash));
        Ok(Edit { range: at..at, text: yaml::item(value, dash - self.line_start(dash)) })
    }

    /// A list without one of its items, of which there is another.
    ///
    /// # Errors
    /// The list is written in an unusual way.
    pub fn remove_item(&self, list: &Node, n: usize) -> Result<Edit, Irregular> {
        let (Value::List(items), Some(range)) = (&list.value, self.part(list, n)) else {
            return Err(Irregular("there is no such item".to_owned()));
        };
        if self.is_flow(list) {
            return Ok(self.out_of_braces(range, items.len() > n + 1));
        }
        let item = items.get(n).ok_or_else(|| Irregular("there is no such item".to_owned()))?;
        let start = self.line_start(self.dash(item)?);
        Ok(Edit { range: start..self.after_line(range.end), text: String::new() })
    }

    /// Another item in the place of one.
    ///
    /// # Errors
    /// The list is written in an unusual way.
    pub fn replace_item(&self, list: &Node, n: usize, value: &Json) -> Result<Edit, Irregular> {
        let none = || Irregular("there is no such item".to_owned());
        let Value::List(items) = &list.value else { return Err(none()) };
        let item = items.get(n).ok_or_else(none)?;
        if self.is_flow(list) || self.is_flow(item) {
            return Ok(Edit { range: item.span.start..self.end(item), text: yaml::flow(value) });
        }
        let dash = self.dash(item)?;
        let text = yaml::item(value, dash - self.line_start(dash));
        // A comment at the end of the last line stays.
        let text = text.trim_start().trim_end().to_owned();
        Ok(Edit { range: dash..self.end(item), text })
    }

    fn part(&self, list: &Node, n: usize) -> Option<Range<usize>> {
        let Value::List(items) = &list.value else { return None };
        let item = items.get(n)?;
        Some(item.span.start..self.end(item))
    }

    /// A part of braces or brackets, and the comma that went with it.
    fn out_of_braces(&self, part: Range<usize>, more: bool) -> Edit {
        let text = String::new();
        if more {
            let comma = self.from(part.end).find(',').map_or(part.end, |n| part.end + n + 1);
            let blanks =
                self.from(comma).len() - self.from(comma).trim_start_matches([' ', '\n', '\r']).len();
            return Edit { range: part.start..comma + blanks, text };
        }
        let before = self.0.get(..part.start).unwrap_or_default();
        let trimmed = before.trim_end_matches([' ', '\n', '\r']);
        let start = trimmed.strip_suffix(',').map_or(part.start, str::len);
        Edit { range: start..part.end, text }
    }

    /// A map without one of its keys, of which there is another.
    ///
    /// # Errors
    /// The map is written in an unusual way.
    pub fn remove_key(&self, map: &Node, key: &Entry) -> Result<Edit, Irregular> {
        let range = key.key_span.start..self.entry_end(key);
        if self.is_flow(map) {
            let more = map.entries().last().is_some_and(|last| last.key_span != key.key_span);
            return Ok(self.out_of_braces(range, more));
        }
        if self.indent(range.start).is_none() {
            return Err(Irregular("the key does not begin its line".to_owned()));
        }
        Ok(Edit { range: self.line_start(range.start)..self.after_line(range.end), text: String::new() })
    }

    /// A key of a map that is not there yet. `after` are the keys that go before it.
    ///
    /// # Errors
    /// The map is written in an unusual way.
    pub fn add_key(
        &self,
        parent: &Entry,
        key: &str,
        value: &Json,
        after: &[&str],
    ) -> Result<Edit, Irregular> {
        let map = &parent.value;
        let in_braces = || format!("{}: {}", yaml::scalar(key, true), yaml::flow(value));
        let Some(last) = map.entries().last() else {
            if self.is_flow(map) {
                return Ok(Edit {
                    range: map.span.start..self.end(map),
                    text: format!("{{ {} }}", in_braces()),
                });
            }
            // Nothing was said: the lines go below the key.
            let Some(indent) = self.indent(parent.key_span.start) else {
                let at = self.colon(parent);
                return Ok(Edit { range: at..at, text: format!(" {{ {} }}", in_braces()) });
            };
            let at = self.after_line(self.colon(parent));
            return Ok(Edit { range: at..at, text: yaml::entry(key, value, indent + 2) });
        };
        let before =
            map.entries().iter().rev().find(|entry| after.contains(&entry.key.as_str())).unwrap_or(last);
        let end = self.entry_end(before);
        if self.is_flow(map) {
            return Ok(Edit { range: end..end, text: format!(", {}", in_braces()) });
        }
        let first = map.entries().first().unwrap_or(last);
        let Some(indent) = self.indent(first.key_span.start) else {
            return Err(Irregular("its keys do not begin their lines".to_owned()));
        };
        let at = self.after_line(end);
        Ok(Edit { range: at..at, text: yaml::entry(key, value, indent) })
    }

    /// Another value for a key. Comments beside the key and at the end of the value stay.
    ///
    /// # Errors
    /// The map is written in an unusual way.
    pub fn replace_value(&self, map: &Node, entry: &Entry, value: &Json) -> Result<Vec<Edit>, Irregular> {
        let (colon, end) = (self.colon(entry), self.end(&entry.value));
        let start = entry.value.span.start;
        if self.is_flow(map) || (self.line_end(colon) >= end && !value_needs_lines(value)) {
            // On the line of its key.
            let (range, text) = if start < colon || entry.value.value == Value::Null {
                (colon..colon, format!(" {}", yaml::flow(value)))
            } else {
                (start..end, yaml::flow(value))
            };
            return Ok(vec![Edit { range, text }]);
        }
        let Some(indent) = self.indent(entry.key_span.start) else {
            return Err(Irregular("the key does not begin its line".to_owned()));
        };
        let lines = yaml::entry(&entry.key, value, indent);
        let said = lines.trim_end_matches('\n');
        let said = said.trim_start().get(yaml::scalar(&entry.key, false).len() + 1..).unwrap_or_default();
        let (beside, below) = said.split_once('\n').map_or((said, ""), |(a, b)| (a, b));
        let key_line = self.line_end(colon);
        if start >= key_line || self.is_block_text(entry) {
            // The old value stands below: what is beside the key but for a comment goes, and so does what is below.
            let comment = self.from(colon).get(..key_line - colon).and_then(|rest| rest.find(" #"));
            let kept = comment.map_or(key_line, |n| colon + n);
            let body = if below.is_empty() { String::new() } else { format!("\n{below}") };
            return Ok(vec![
                Edit { range: colon..kept, text: beside.trim_end().to_owned() },
                Edit { range: key_line..self.line_end(end), text: body },
            ]);
        }
        if below.is_empty() {
            return Ok(vec![Edit { range: start..end, text: beside.trim_start().to_owned() }]);
        }
        // From the line of the key to lines of its own; a comment stays beside the key.
        let stop = self.line_end(end);
        Ok(vec![
            Edit { range: colon..end, text: beside.trim_end().to_owned() },
            Edit { range: stop..stop, text: format!("\n{below}") },
        ])
    }

    /// Whether a value is written as a text of several lines.
    fn is_block_text(&self, entry: &Entry) -> bool {
        let rest = self.from(self.colon(entry)).trim_start_matches(' ');
        matches!(entry.value.value, Value::Text(_)) && rest.starts_with(['|', '>'])
    }

    /// Lines more below a key that begins its line: those of further keys, at the indentation of the others.
    ///
    /// # Errors
    /// What is there stands in braces.
    pub fn add_lines(&self, parent: &Entry, lines: &dyn Fn(usize) -> String) -> Result<Edit, Irregular> {
        let map = &parent.value;
        let in_braces = || Irregular(format!("`{}` stands in braces: write it in lines first", parent.key));
        let (Some(first), Some(last)) = (map.entries().first(), map.entries().last()) else {
            let indent = self.indent(parent.key_span.start).ok_or_else(in_braces)? + 2;
            if self.is_flow(map) {
                // A comment beside it stays beside the key.
                let (end, line_end) = (self.end(map), self.line_end(self.end(map)));
                let comment = self.0.get(end..line_end).unwrap_or_default();
                let text = format!("{comment}\n{}", lines(indent).trim_end());
                return Ok(Edit { range: self.colon(parent)..line_end, text });
            }
            let at = self.after_line(self.colon(parent));
            return Ok(Edit { range: at..at, text: lines(indent) });
        };
        match self.indent(first.key_span.start) {
            Some(indent) if !self.is_flow(map) => {
                let at = self.after_line(self.entry_end(last));
                Ok(Edit { range: at..at, text: lines(indent) })
            }
            _ => Err(in_braces()),
        }
    }

    /// Items more at the end of a list.
    ///
    /// # Errors
    /// The list is written in an unusual way.
    pub fn add_items(&self, list: &Node, values: &[Json]) -> Result<Edit, Irregular> {
        let mut all: Option<Edit> = None;
        for value in values {
            let one = self.add_item(list, value)?;
            all = Some(match all {
                None => one,
                Some(Edit { range, text }) if range.is_empty() => Edit { range, text: text + &one.text },
                Some(_) => Edit { range: one.range, text: yaml::flow(&Json::Array(values.to_vec())) },
            });
        }
        all.ok_or_else(|| Irregular("there is nothing to add".to_owned()))
    }

    /// Lines at the end of the text.
    pub fn at_end(&self, lines: String) -> Edit {
        Edit { range: self.0.len()..self.0.len(), text: lines }
    }
}

/// Whether a person would give a value lines of its own.
fn value_needs_lines(value: &Json) -> bool {
    match value {
        Json::Array(items) => items.iter().any(|item| item.is_object()),
        Json::Object(map) => map.values().any(|value| value.is_object() || value.is_array()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::diagnostic::Source;

    fn tree(text: &str) -> Node {
        let source = Arc::new(Source { name: "t.yaml".into(), text: text.into() });
        let (node, found) = crate::spec::source::parse(&source);
        assert_eq!(found, [], "{text}");
        node.unwrap()
    }

    /// Edits, and what the text then says of `role`.
    fn edited(text: &str, edit: impl Fn(Text<'_>, &Node, &Entry) -> Result<Vec<Edit>, Irregular>) -> String {
        let node = tree(text);
        let edits = edit(Text(text), &node, node.entry("r").unwrap()).unwrap();
        let after = apply(text, edits).unwrap();
        tree(&after);
        after
    }

    #[test]
    fn lists() {
        let add = |text: &str| {
            edited(text, |t, _, r| Ok(vec![t.add_item(r.value.get("p").unwrap(), &json!("new"))?]))
        };
        assert_eq!(add("r:\n  p: [a, b] # why\n"), "r:\n  p: [a, b, new] # why\n");
        assert_eq!(add("r: { p: [] } # x\n"), "r: { p: [new] } # x\n");
        assert_eq!(add("r: { p: [ a, # b\n  c, ] } # x\n"), "r: { p: [ a, # b\n  c, new, ] } # x\n");
        assert_eq!(
            add("r:\n  p:\n    - a # one\n  # then\n  q: 1\n"),
            "r:\n  p:\n    - a # one\n    - new\n  # then\n  q: 1\n"
        );
        assert_eq!(add("r:\n  p:\n  - a"), "r:\n  p:\n  - a\n  - new\n");
        assert_eq!(add("r:\r\n  p:\r\n  - a\r\nz: 1\r\n"), "r:\r\n  p:\r\n  - a\r\n  - new\r\nz: 1\r\n");
        let remove =
            |text: &str, n| edited(text, |t, _, r| Ok(vec![t.remove_item(r.value.get("p").unwrap(), n)?]));
        assert_eq!(remove("r: { p: [a, b, c] }\n", 0), "r: { p: [b, c] }\n");
        assert_eq!(remove("r: { p: [a, b, c] }\n", 2), "r: { p: [a, b] }\n");
        assert_eq!(
            remove("r:\n  p:\n    # of a\n    - a # x\n    - b\n", 1),
            "r:\n  p:\n    # of a\n    - a # x\n"
        );
    }

    #[test]
    fn keys() {
        let add =
            |text: &str, value: Json| edited(text, |t, _, r| Ok(vec![t.add_key(r, "k", &value, &["a"])?]));
        assert_eq!(add("r:\n  a: 1 # one\n  z: 2\n", json!("v")), "r:\n  a: 1 # one\n  k: v\n  z: 2\n");
        assert_eq!(add("r: # hm\nq: 1\n", json!(true)), "r: # hm\n  k: true\nq: 1\n");
        assert_eq!(add("r: {} # hm\n", json!("v")), "r: { k: v } # hm\n");
        assert_eq!(add("r: { a: 1, z: 2 }\n", json!(["x"])), "r: { a: 1, k: [x], z: 2 }\n");
        let remove = |text: &str| {
            edited(text, |t, _, r| Ok(vec![t.remove_key(&r.value, r.value.entry("k").unwrap())?]))
        };
        assert_eq!(remove("r:\n  k:\n    - a\n    - b # x\n  # of z\n  z: 1\n"), "r:\n  # of z\n  z: 1\n");
        assert_eq!(remove("r: { k: [ { a: 1 } ], z: 1 }\n"), "r: { z: 1 }\n");
        assert_eq!(remove("r: { k: [ a ] } # x\n"), "r: {  } # x\n");
        assert_eq!(remove("r: { z: 1, k: [a] }\n"), "r: { z: 1 }\n");
    }

    #[test]
    fn values_keep_the_comments_around_them() {
        let to = |text: &str, value: Json| {
            edited(text, |t, _, r| t.replace_value(&r.value, r.value.entry("k").unwrap(), &value))
        };
        assert_eq!(to("r:\n  k: old # why\n  z: 1\n", json!("new")), "r:\n  k: new # why\n  z: 1\n");
        assert_eq!(to("r: { k: old, z: 1 } # why\n", json!({"a": 1})), "r: { k: { a: 1 }, z: 1 } # why\n");
        let lines = json!([{"Effect": "Allow"}]);
        assert_eq!(
            to("r:\n  k: ec2 # why\n  z: 1\n", lines.clone()),
            "r:\n  k: # why\n    - Effect: Allow\n  z: 1\n"
        );
        assert_eq!(
            to("r:\n  k: # why\n    - a: 1 # in\n  z: 1\n", json!("ec2")),
            "r:\n  k: ec2 # why\n  z: 1\n"
        );
        assert_eq!(
            to("r:\n  k: # why\n    - a: 1\n    - b: 2\n# on\n", lines),
            "r:\n  k: # why\n    - Effect: Allow\n# on\n"
        );
        assert_eq!(to("r:\n  k: |\n    one\n    two\n  z: 1\n", json!("x")), "r:\n  k: x\n  z: 1\n");
        assert_eq!(to("r:\n  k: x # c\n", json!("one\ntwo")), "r:\n  k: \"one\\ntwo\" # c\n");
        assert_eq!(to("r:\n  k:\n  z: 1\n", json!("x")), "r:\n  k: x\n  z: 1\n");
    }
}
