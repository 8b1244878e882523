//! `${{ … }}` inside scalars and keys, after YAML is parsed: a value can never become structure by accident.
//!
//! A scalar that is one placeholder takes the value as it is (a list, a number, a map); a placeholder within text is
//! rendered into it. IAM's own `${aws:username}` and `${*}` are not ours and pass through. Expressions are
//! minijinja's; only expressions, so there are no loops, includes or files, and each has a budget of steps.

use std::collections::{BTreeMap, HashMap};

use minijinja::value::Serde;
use minijinja::{ErrorKind, Value as Jinja};
use serde_json::Value as Json;

use super::engine::{
    CLOSE, ENGINE, EXPRESSION_BYTES_MAX, OPEN, Piece, STEPS_MAX, TEXT_BYTES_MAX, multiplies, pieces,
};
use super::event::duplicate;
use super::tree::{Entry, Node, Value};
use crate::diagnostic::{Diagnostic, Span, did_you_mean};

/// What placeholders may name.
pub type Variables = BTreeMap<String, Json>;

/// Replaces every placeholder under `node`. Where one fails its text stays, and the reading goes on.
pub fn expand(node: &Node, variables: &Variables) -> (Node, Vec<Diagnostic>) {
    let mut expansion = Expansion { variables, context: Jinja::from(Serde(variables)), found: vec![] };
    let node = expansion.node(node);
    (node, expansion.found)
}

/// Every name that a placeholder under `node` asks for, with the place of the scalar.
pub fn names(node: &Node) -> BTreeMap<String, Span> {
    let mut names = BTreeMap::new();
    collect_names(node, &mut names);
    names
}

fn collect_names(node: &Node, names: &mut BTreeMap<String, Span>) {
    let mut take = |text: &str, span: &Span| {
        for piece in pieces(text) {
            let Piece::Placeholder { inner, .. } = piece else { continue };
            let Ok(expression) = ENGINE.compile_expression(inner) else { continue };
            for name in expression.undeclared_variables(false) {
                names.entry(name).or_insert_with(|| span.clone());
            }
        }
    };
    match &node.value {
        Value::Text(text) => take(text, &node.span),
        Value::List(items) => items.iter().for_each(|i| collect_names(i, names)),
        Value::Map(entries) => {
            for entry in entries {
                take(&entry.key, &entry.key_span);
            }
            entries.iter().for_each(|e| collect_names(&e.value, names));
        }
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Float(_) => {}
    }
}

struct Expansion<'a> {
    variables: &'a Variables,
    /// The same for the engine.
    context: Jinja,
    found: Vec<Diagnostic>,
}

impl Expansion<'_> {
    fn node(&mut self, node: &Node) -> Node {
        let value = match &node.value {
            Value::Text(text) if text.contains(OPEN) => match self.scalar(text, &node.span) {
                Some(json) => return Node::from_json(&json, &node.span),
                None => node.value.clone(),
            },
            Value::List(items) => Value::List(items.iter().map(|i| self.node(i)).collect()),
            Value::Map(entries) => Value::Map(self.map(entries)),
            other => other.clone(),
        };
        Node { span: node.span.clone(), value }
    }

    fn map(&mut self, entries: &[Entry]) -> Vec<Entry> {
        let mut expanded: Vec<Entry> = Vec::with_capacity(entries.len());
        let mut seen: HashMap<String, Span> = HashMap::new();
        for entry in entries {
            let key = if entry.key.contains(OPEN) { self.key(entry) } else { entry.key.clone() };
            let value = self.node(&entry.value);
            if let Some(first) = seen.get(&key) {
                self.found.push(duplicate(&key, entry.key_span.clone(), first.clone()));
                continue;
            }
            seen.insert(key.clone(), entry.key_span.clone());
            expanded.push(Entry { key, key_span: entry.key_span.clone(), value });
        }
        expanded
    }

    fn key(&mut self, entry: &Entry) -> String {
        match self.scalar(&entry.key, &entry.key_span) {
            Some(Json::String(text)) => text,
            Some(json @ (Json::Number(_) | Json::Bool(_))) => json.to_string(),
            Some(json) => {
                let found = Node::from_json(&json, &entry.key_span).value.words();
                let message = format!("a key must be text, and `{}` gives {found}", entry.key);
                self.found.push(Diagnostic::error(Some(entry.key_span.clone()), message));
                entry.key.clone()
            }
            None => entry.key.clone(),
        }
    }

    /// The value of a scalar; none when something in it failed.
    fn scalar(&mut self, text: &str, span: &Span) -> Option<Json> {
        let pieces = pieces(text);
        if let [Piece::Placeholder { whole, inner, count }] = pieces.as_slice() {
            return self.placeholder(inner, &place(span, whole, *count));
        }
        let mut rendered = String::new();
        let mut failed = false;
        for piece in pieces {
            match piece {
                Piece::Text(text) => rendered.push_str(text),
                Piece::Unclosed { rest, count } => {
                    let span = place(span, rest, count);
                    let message = format!("a placeholder begins with `{OPEN}` and does not end");
                    self.found.push(
                        Diagnostic::error(Some(span), message).help(format!("close it with `{CLOSE}`")),
                    );
                    failed = true;
                }
                Piece::Placeholder { whole, inner, count } => {
                    let span = place(span, whole, count);
                    match self.placeholder(inner, &span) {
                        Some(Json::String(text)) => rendered.push_str(&text),
                        Some(json @ (Json::Number(_) | Json::Bool(_))) => {
                            rendered.push_str(&json.to_string())
                        }
                        Some(json) => {
                            let found = Node::from_json(&json, &span).value.words();
                            let message =
                                format!("`{}` gives {found}, which cannot stand within text", inner.trim());
                            let help = "let the placeholder be the whole value, or use `join(\",\")` or `each(\"…{}…\")`";
                            self.found.push(Diagnostic::error(Some(span), message).help(help));
                            failed = true;
                        }
                        None => failed = true,
                    }
                }
            }
        }
        if rendered.len() > TEXT_BYTES_MAX {
            let message = format!("the text grows beyond {TEXT_BYTES_MAX} bytes");
            self.found.push(Diagnostic::error(Some(span.clone()), message));
            failed = true;
        }
        (!failed).then_some(Json::String(rendered))
    }

    fn placeholder(&mut self, inner: &str, span: &Span) -> Option<Json> {
        let inner = inner.trim();
        if let Some(value) = self.variables.get(inner) {
            return Some(value.clone());
        }
        match self.evaluate(inner, span) {
            Ok(json) => Some(json),
            Err(diagnostics) => {
                self.found.extend(diagnostics);
                None
            }
        }
    }

    fn evaluate(&self, inner: &str, span: &Span) -> Result<Json, Vec<Diagnostic>> {
        let error = |message: String| vec![Diagnostic::error(Some(span.clone()), message)];
        if inner.is_empty() {
            return Err(error("the placeholder is empty".into()));
        }
        if inner.len() > EXPRESSION_BYTES_MAX {
            return Err(error(format!(
                "an expression may hold {EXPRESSION_BYTES_MAX} bytes, and this holds more"
            )));
        }
        let expression =
            ENGINE.compile_expression(inner).map_err(|e| self.refusal(&e, inner, span, vec![]))?;
        let mut missing: Vec<_> = expression.undeclared_variables(false).into_iter().collect();
        missing.retain(|name| !self.variables.contains_key(name));
        missing.sort();
        if multiplies(inner) && !self.only_numbers(inner, expression.undeclared_variables(false)) {
            return Err(error("`*` takes numbers only".into()));
        }
        let value = match expression.eval(self.context.clone()) {
            Ok(value) if value.is_undefined() => {
                let undefined = minijinja::Error::from(ErrorKind::UndefinedError);
                return Err(self.refusal(&undefined, inner, span, missing));
            }
            Ok(value) => value,
            Err(e) => return Err(self.refusal(&e, inner, span, missing)),
        };
        match serde_json::to_value(&value) {
            Ok(json) if !too_large(&json) => Ok(whole(json)),
            Ok(_) => Err(error(format!("`{inner}` gives a number or a text that is too large"))),
            Err(_) => Err(error(format!("`{inner}` gives something that YAML cannot say"))),
        }
    }

    /// The engine also repeats text and lists, without end; seconds from hours are what `*` is good for here.
    fn only_numbers(&self, inner: &str, names: impl IntoIterator<Item = String>) -> bool {
        let plain = inner.chars().all(|c| c.is_ascii_alphanumeric() || " _+-*/%().".contains(c));
        let number = |name: String| self.variables.get(&name).is_none_or(Json::is_number);
        plain && names.into_iter().all(number)
    }

    /// An error of the engine in our words.
    fn refusal(
        &self,
        e: &minijinja::Error,
        inner: &str,
        span: &Span,
        missing: Vec<String>,
    ) -> Vec<Diagnostic> {
        let error = |message: String| Diagnostic::error(Some(span.clone()), message);
        let detail = e.detail().unwrap_or_default();
        match e.kind() {
            ErrorKind::UndefinedError if missing.is_empty() => {
                vec![error(format!("`{inner}` asks for something that is not there"))]
            }
            ErrorKind::UndefinedError => missing
                .iter()
                .map(|name| error(format!("`{name}` is not defined")).help(self.suggestion(name)))
                .collect(),
            ErrorKind::OutOfFuel => vec![error(format!("`{inner}` takes more than {STEPS_MAX} steps"))],
            ErrorKind::UnknownFilter | ErrorKind::UnknownFunction | ErrorKind::UnknownTest => {
                vec![error(format!("`{inner}`: {detail}"))]
            }
            _ if detail.is_empty() => vec![error(format!("`{inner}` cannot be computed: {}", e.kind()))],
            _ => vec![error(format!("`{inner}` cannot be computed: {detail}"))],
        }
    }

    fn suggestion(&self, name: &str) -> String {
        let known = || self.variables.keys().map(String::as_str);
        if let Some(near) = did_you_mean(name, known()) {
            return format!("did you mean `{near}`?");
        }
        if self.variables.is_empty() {
            return "no variables are defined here".into();
        }
        format!("defined are {}", known().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", "))
    }
}

/// What cannot go into a tree: integers beyond 64 bits, endless text.
fn too_large(json: &Json) -> bool {
    match json {
        Json::Number(n) => n.is_u64() && !n.is_i64(),
        Json::String(text) => text.len() > TEXT_BYTES_MAX,
        Json::Array(items) => items.iter().any(too_large),
        Json::Object(map) => map.values().any(too_large),
        Json::Null | Json::Bool(_) => false,
    }
}

/// The engine's `/` makes `3.0` of 6 and 2; who wants seconds wants 3.
fn whole(json: Json) -> Json {
    match json.as_f64() {
        Some(f) if json.is_f64() && f.fract() == 0.0 && f.abs() < 9e15 => Json::from(f as i64),
        _ => json,
    }
}

/// Where a placeholder stands within its scalar, if the scalar is written as it reads; else the whole scalar.
fn place(span: &Span, whole: &str, count: usize) -> Span {
    let written = span.source.text.get(span.start..span.end).unwrap_or_default();
    match written.match_indices(OPEN).nth(count) {
        Some((at, _)) if written.get(at..).is_some_and(|w| w.starts_with(whole)) => {
            Span::new(&span.source, span.start + at, span.start + at + whole.len())
        }
        _ => span.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;
    use serde_json::json;
    use std::sync::Arc;

    fn read(text: &str) -> Node {
        let source = Arc::new(Source { name: "t.yaml".into(), text: text.into() });
        let (node, found) = super::super::source::parse(&source);
        assert_eq!(found, []);
        node.unwrap()
    }

    fn variables() -> Variables {
        let Json::Object(map) = json!({
            "project": "alpha", "n": 3, "on": true, "buckets": ["a", "b"], "tags": {"z": "1", "a": "2"},
            "injection": "${{ project }}: {x: y}",
        }) else {
            unreachable!()
        };
        map.into_iter().collect()
    }

    fn expanded(text: &str) -> Json {
        let (node, found) = expand(&read(text), &variables());
        assert_eq!(found, []);
        node.to_json()
    }

    /// Message, underlined text and help of each error.
    fn refused(text: &str) -> Vec<(String, String, String)> {
        let (_, found) = expand(&read(text), &variables());
        let cut = |d: &Diagnostic| {
            let span = d.span.clone().unwrap();
            (d.message.clone(), span.source.text[span.start..span.end].to_owned(), d.help.join("; "))
        };
        found.iter().map(cut).collect()
    }

    #[test]
    fn a_whole_placeholder_keeps_its_type() {
        let text = "a: ${{ n }}\nb: '${{buckets}}'\nc: ${{ tags }}\nd: ${{ on }}\ne: ${{ n + 1 }}\nf: \"${{ {'x': {'y': n}} }}\"\ng: ${{ n * 3600 }}\nh: ${{ 6 / 2 }}";
        let wanted = json!({"a": 3, "b": ["a", "b"], "c": {"z": "1", "a": "2"}, "d": true, "e": 4, "f": {"x": {"y": 3}}, "g": 10800, "h": 3});
        assert_eq!(expanded(text).to_string(), wanted.to_string());
    }

    #[test]
    fn placeholders_within_text_and_keys() {
        let text = "${{ project }}-${{ n }}: x-${{ project | upper }}-${{ on }}-${{ buckets | join('+') }}\n";
        assert_eq!(expanded(text), json!({"alpha-3": "x-ALPHA-true-a+b"}));
        let text = "r: \"${{ buckets | each('arn:aws:s3:::{}/*') }}\"\n";
        assert_eq!(expanded(text), json!({"r": ["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"]}));
        assert_eq!(expanded("a: ${{ '}}' ~ \"${{\" }}"), json!({"a": "}}${{"}));
        assert_eq!(expanded("a: ${{ absent | default('x') }}"), json!({"a": "x"}));
    }

    #[test]
    fn iam_variables_and_results_are_left_alone() {
        let text = "a: home/${aws:username}/${*}/${?}/${$}\nb: ${{ injection }}\nc: x-${{ injection }}\n";
        let wanted = json!({
            "a": "home/${aws:username}/${*}/${?}/${$}", "b": "${{ project }}: {x: y}",
            "c": "x-${{ project }}: {x: y}",
        });
        assert_eq!(expanded(text), wanted);
    }

    #[test]
    fn errors_underline_the_placeholder() {
        let one = |message: &str, under: &str, help: &str| vec![(message.into(), under.into(), help.into())];
        let undefined = one("`projet` is not defined", "${{ projet }}", "did you mean `project`?");
        assert_eq!(refused("a: é-${{ n }}-${{ projet }}-x"), undefined);
        assert_eq!(refused("a: \"é-${{ n }}-${{ projet }}-x\""), undefined);
        assert_eq!(refused("a: |\n  é\n  ${{ projet }}\n"), undefined);
        assert_eq!(refused("${{ projet }}: 1"), undefined);
        let escaped = "\"${{ projet ~ \\\"x\\\" }}\"";
        assert_eq!(refused(&format!("a: {escaped}"))[0].1, escaped);
        assert_eq!(
            refused("a: x${{ n"),
            one("a placeholder begins with `${{` and does not end", "${{ n", "close it with `}}`")
        );
        assert_eq!(
            refused("a: x-${{ buckets }}")[0].0,
            "`buckets` gives a list, which cannot stand within text"
        );
        assert_eq!(refused("${{ tags }}: 1")[0].0, "a key must be text, and `${{ tags }}` gives a map");
        assert_eq!(refused("a: ${{ tags.q }}")[0].0, "`tags.q` asks for something that is not there");
        assert_eq!(refused("a: ${{ }}")[0].0, "the placeholder is empty");
        assert!(refused("a: ${{ qqq }}")[0].2.starts_with("defined are `buckets`"));
        assert_eq!(refused("a: ${{ x1 ~ y1 }}").len(), 2);
        for bad in
            ["n +", "n | nofilter", "range(9)", "'x' | each('{}')", "buckets | each('x')", "1 / 0", "n.x.y"]
        {
            assert_eq!(refused(&format!("a: \"${{{{ {bad} }}}}\"")).len(), 1, "{bad}");
        }
    }

    #[test]
    fn keys_that_become_the_same_are_duplicates() {
        let (node, found) = expand(&read("alpha: 1\n${{ project }}: 2\n"), &variables());
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].message, "the key `alpha` stands twice in one map");
        assert_eq!(found[0].related[0].0.start, 0);
        assert_eq!(node.to_json(), json!({"alpha": 1}));
    }

    #[test]
    fn greedy_expressions_stop() {
        let start = std::time::Instant::now();
        for greedy in [
            "'x' * 1000000000",
            "['x'] * 100000000",
            "'x' | center(100000000)",
            "10 ** 100",
            "buckets * 1000000000",
            "'x' | replace('x', 'xxxxxxxxxxxxxxxx')REPEAT",
            "'%100000000d' | format(1)",
            "(buckets | join('x' * 1000000))",
            "1000000000000 * 1000000000000",
        ] {
            let greedy = greedy.replace("REPEAT", &" | replace('x', 'xxxxxxxxxxxxxxxx')".repeat(40));
            assert_eq!(refused(&format!("a: \"${{{{ {greedy} }}}}\"")).len(), 1, "{greedy}");
        }
        let deep = format!("a: \"${{{{ {}1{} }}}}\"", "(".repeat(5000), ")".repeat(5000));
        assert_eq!(refused(&deep).len(), 1);
        assert!(start.elapsed().as_secs() < 2, "{:?}", start.elapsed());
    }

    #[test]
    fn names_lists_what_is_asked_for() {
        let names = names(&read("a: ${{ x | default(y) }}\n${{ k }}: [\"${{ z.q }}\", '${aws:no}']\n"));
        assert_eq!(names.keys().collect::<Vec<_>>(), ["k", "x", "y", "z"]);
    }
}
