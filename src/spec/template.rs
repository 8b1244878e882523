//! Templates: looked up by name, told their arguments, and laid under what the holder says itself.
//!
//! A template sees its parameters and the builtins, never the variables of an environment: what it makes depends on
//! what is written at its use. Names are names, not paths: this room opens no file.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::expand::{Variables, expand};
use super::template_file::{self, list};
pub use super::template_file::{BUILTINS, KINDS, Parameter, ParameterKind, Template};
use super::tree::{Entry, Node, Value};
use crate::diagnostic::{Diagnostic, Source, Span, did_you_mean};

/// What the names of shipped files end with.
pub const SHIPPED: &str = " (shipped)";

/// Templates within templates.
const DEPTH_MAX: usize = 16;

/// All templates of a project, by name.
#[derive(Clone, Debug, Default)]
pub struct Templates {
    /// None for a template whose file has errors: they are told once, not again at each use.
    known: BTreeMap<String, Option<Template>>,
}

impl Templates {
    /// Reads the shipped templates (name, text) and the project's, which go before shipped ones of the same name.
    pub fn new(shipped: &[(&str, &str)], project: Vec<Arc<Source>>) -> (Self, Vec<Diagnostic>) {
        let mut files: BTreeMap<String, Arc<Source>> = BTreeMap::new();
        for (name, text) in shipped {
            let source = Source { name: format!("templates/{name}.yaml{SHIPPED}"), text: (*text).to_owned() };
            files.insert((*name).to_owned(), Arc::new(source));
        }
        let mut found = vec![];
        let mut own: BTreeMap<String, Arc<Source>> = BTreeMap::new();
        for source in project {
            let stem = stem(&source.name).to_owned();
            if let Some(first) = own.insert(stem.clone(), Arc::clone(&source)) {
                let message = format!("two files declare the template `{stem}`");
                let span = Span::new(&source, 0, 0);
                found.push(
                    Diagnostic::error(Some(span), message).related(Span::new(&first, 0, 0), "the other"),
                );
            }
        }
        files.extend(own);
        let mut known = BTreeMap::new();
        for (name, file) in files {
            let (template, more) = template_file::read(&name, &file);
            found.extend(more);
            known.insert(name, template);
        }
        (Self { known }, found)
    }

    /// A template by name.
    pub fn get(&self, name: &str) -> Option<&Template> {
        self.known.get(name)?.as_ref()
    }

    /// All templates without errors, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Template> {
        self.known.values().flatten()
    }

    /// The project's own templates without errors, by name.
    pub fn own(&self) -> impl Iterator<Item = &Template> {
        self.iter().filter(|template| !template.span.source.name.ends_with(SHIPPED))
    }

    /// Replaces every template used in the body of a holder: by `template` and `with` in the body itself, whose
    /// other keys are laid over what the template makes (maps key by key, all else replaced), and wherever a list
    /// of statements may stand. `holder_kind` is one of [`KINDS`]; with `statements` the node is such a list.
    pub fn instantiate(
        &self,
        holder_kind: &str,
        node: &Node,
        builtins: &Variables,
    ) -> (Node, Vec<Diagnostic>) {
        let mut work = Work { templates: self, builtins, chain: vec![], found: vec![] };
        let node = work.body(holder_kind, node);
        (node, work.found)
    }
}

/// `templates/x.yaml` → `x`.
fn stem(path: &str) -> &str {
    let file = path.rsplit(['/', '\\']).next().unwrap_or_default();
    file.strip_suffix(".yaml").or_else(|| file.strip_suffix(".yml")).unwrap_or(file)
}

struct Work<'a> {
    templates: &'a Templates,
    builtins: &'a Variables,
    /// The templates being instantiated, outermost first.
    chain: Vec<String>,
    found: Vec<Diagnostic>,
}

impl Work<'_> {
    fn body(&mut self, kind: &str, node: &Node) -> Node {
        if kind == "statements" {
            return self.statements(node);
        }
        let Some(entries) = map(node) else { return node.clone() };
        let used = node.get("template").is_some();
        if !used && let Some(with) = node.entry("with") {
            let message = "`with` stands without a `template`";
            self.found.push(Diagnostic::error(Some(with.key_span.clone()), message));
        }
        let own = entries.iter().filter(|e| !matches!(e.key.as_str(), "template" | "with"));
        let own: Vec<Entry> = own.map(|e| self.places(e)).collect();
        let over = Node { span: node.span.clone(), value: Value::Map(own) };
        match used.then(|| self.made(kind, node)).flatten() {
            Some(made) => merge(made, over),
            None => over,
        }
    }

    /// A key of a holder, templates in its lists of statements replaced.
    fn places(&mut self, entry: &Entry) -> Entry {
        let value = match (entry.key.as_str(), &entry.value.value) {
            ("policy" | "statements" | "trust", _) => self.statements(&entry.value),
            ("inline", Value::Map(policies)) => {
                let policies =
                    policies.iter().map(|p| Entry { value: self.statements(&p.value), ..p.clone() });
                Node { span: entry.value.span.clone(), value: Value::Map(policies.collect()) }
            }
            _ => return entry.clone(),
        };
        Entry { value, ..entry.clone() }
    }

    /// Replaces templates where statements may stand, also within a document; never inside a statement.
    fn statements(&mut self, node: &Node) -> Node {
        let value = match &node.value {
            Value::Map(_) if node.get("template").is_some() => {
                for entry in node.entries().iter().filter(|e| !matches!(e.key.as_str(), "template" | "with"))
                {
                    let message = format!("`{}` cannot stand beside a template of statements", entry.key);
                    let help = "write more statements as further items of the list";
                    self.found.push(Diagnostic::error(Some(entry.key_span.clone()), message).help(help));
                }
                let nothing = Node { span: node.span.clone(), value: Value::List(vec![]) };
                return self.made("statements", node).unwrap_or(nothing);
            }
            Value::Map(entries) if node.get("Effect").is_none() => {
                let entries = entries.iter().map(|e| Entry { value: self.statements(&e.value), ..e.clone() });
                Value::Map(entries.collect())
            }
            Value::List(items) => {
                let mut all = vec![];
                for item in items {
                    let used = item.get("template").is_some();
                    let made = self.statements(item);
                    match made.value {
                        Value::List(statements) if used => all.extend(statements),
                        _ => all.push(made),
                    }
                }
                Value::List(all)
            }
            _ => return node.clone(),
        };
        Node { span: node.span.clone(), value }
    }

    /// What the template named in a map makes; none after an error.
    fn made(&mut self, kind: &str, node: &Node) -> Option<Node> {
        let name_node = node.get("template")?;
        let Some(name) = name_node.text() else {
            let message = format!("expected the name of a template, found {}", name_node.value.words());
            self.found.push(Diagnostic::error(Some(name_node.span.clone()), message));
            return None;
        };
        let template = self.template(kind, name, name_node)?;
        let before = self.found.len();
        let arguments = self.arguments(&template, node);
        if self.found.len() > before {
            return None;
        }
        let (body, found) = expand(&template.body, &arguments);
        // What failed to expand would only be found wrong again by the templates within.
        let made = found.is_empty().then(|| {
            self.chain.push(name.to_owned());
            let made = self.body(&template.kind, &body);
            self.chain.pop();
            made
        });
        self.found.extend(found);
        for diagnostic in self.found.iter_mut().skip(before) {
            let inside =
                diagnostic.span.as_ref().is_some_and(|s| !Arc::ptr_eq(&s.source, &name_node.span.source));
            if inside {
                diagnostic.related.push((name_node.span.clone(), "used here".into()));
            }
        }
        made
    }

    fn template(&mut self, kind: &str, name: &str, node: &Node) -> Option<Template> {
        let error = |message: String| Diagnostic::error(Some(node.span.clone()), message);
        let refusal = if name.is_empty() || name.contains(['/', '\\', '\0']) || name.contains("..") {
            error(format!("`{}` is no template", name.escape_default()))
                .help("a template is named, not addressed by a path")
        } else if self.chain.iter().any(|c| c == name) {
            let from = self.chain.iter().skip_while(|c| *c != name).map(String::as_str);
            let chain = from.chain([name]).collect::<Vec<_>>().join(" -> ");
            error(format!("the template `{name}` uses itself: {chain}"))
        } else if self.chain.len() >= DEPTH_MAX {
            error(format!("more than {DEPTH_MAX} templates within one another: {}", self.chain.join(" -> ")))
        } else {
            match self.templates.known.get(name) {
                // Its file has errors, which were told.
                Some(None) => return None,
                Some(Some(template)) if template.kind == kind => return Some(template.clone()),
                Some(Some(template)) => {
                    let message = format!("the template `{name}` makes {}", article(&template.kind));
                    error(message)
                        .label(format!("{} is wanted here", article(kind)))
                        .related(template.span.clone(), "declared here")
                        .help(self.of_kind(kind))
                }
                None => {
                    let names = self.templates.known.keys().map(String::as_str);
                    let diagnostic = error(format!("there is no template `{name}`"));
                    match did_you_mean(name, names) {
                        Some(near) => {
                            diagnostic.help(format!("did you mean `{near}`?")).help(self.of_kind(kind))
                        }
                        None => diagnostic.help(self.of_kind(kind)),
                    }
                }
            }
        };
        self.found.push(refusal);
        None
    }

    /// What there is for a place.
    fn of_kind(&self, kind: &str) -> String {
        let names: Vec<_> =
            self.templates.iter().filter(|t| t.kind == kind).map(|t| t.name.as_str()).collect();
        match names.as_slice() {
            [] => format!("no template makes {}", article(kind)),
            _ => format!("for {} there are {}", article(kind), list(names)),
        }
    }

    /// What the body may name: the builtins, what `with` says, defaults for the rest.
    fn arguments(&mut self, template: &Template, node: &Node) -> Variables {
        let mut arguments = self.builtins.clone();
        let with = node.get("with");
        if let Some(with) = with
            && map(with).is_none()
        {
            let message = format!("expected a map of arguments, found {}", with.value.words());
            self.found.push(Diagnostic::error(Some(node.key_span_at("/with")), message));
            return arguments;
        }
        let given = with.map(Node::entries).unwrap_or_default();
        let names = || template.parameters.iter().map(|p| p.name.as_str());
        for entry in given.iter().filter(|e| !names().any(|n| n == e.key)) {
            let message = format!("the template `{}` has no parameter `{}`", template.name, entry.key);
            let help = match did_you_mean(&entry.key, names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if template.parameters.is_empty() => "it has no parameters".into(),
                None => format!("its parameters are {}", list(names())),
            };
            let diagnostic = Diagnostic::error(Some(entry.key_span.clone()), message);
            self.found.push(diagnostic.related(template.span.clone(), "declared here").help(help));
        }
        for parameter in &template.parameters {
            let value = match (given.iter().find(|e| e.key == parameter.name), &parameter.default) {
                (Some(entry), _) => {
                    let found = parameter.check(&entry.value);
                    self.found.extend(
                        found.into_iter().map(|d| d.related(parameter.span.clone(), "declared here")),
                    );
                    entry.value.to_json()
                }
                (None, Some(default)) => {
                    let (value, found) = expand(default, self.builtins);
                    let found = if found.is_empty() { parameter.check(&value) } else { found };
                    self.found
                        .extend(found.into_iter().map(|d| d.related(node.span_at("/template"), "used here")));
                    value.to_json()
                }
                (None, None) => {
                    let message =
                        format!("the template `{}` must be told `{}`", template.name, parameter.name);
                    let span = Some(node.span_at("/template"));
                    let diagnostic = Diagnostic::error(span, message);
                    let diagnostic = diagnostic.related(parameter.span.clone(), "declared here");
                    self.found
                        .push(diagnostic.help(format!("`{}`: {}", parameter.name, parameter.description)));
                    continue;
                }
            };
            arguments.insert(parameter.name.clone(), value);
        }
        arguments
    }
}

fn map(node: &Node) -> Option<&[Entry]> {
    if let Value::Map(entries) = &node.value { Some(entries) } else { None }
}

/// Lays `over` over `under`: maps key by key, anything else replaced. Keys that only `over` has come last.
fn merge(under: Node, over: Node) -> Node {
    match (under.value, over.value) {
        (Value::Map(mut entries), Value::Map(own)) => {
            for entry in own {
                match entries.iter_mut().find(|e| e.key == entry.key) {
                    Some(there) => {
                        let nothing = Node { span: entry.value.span.clone(), value: Value::Null };
                        let below = std::mem::replace(&mut there.value, nothing);
                        there.value = merge(below, entry.value);
                        there.key_span = entry.key_span;
                    }
                    None => entries.push(entry),
                }
            }
            // The holder's own place: what is missing is missing there.
            Node { span: over.span, value: Value::Map(entries) }
        }
        (_, value) => Node { span: over.span, value },
    }
}

fn article(kind: &str) -> String {
    if kind == "statements" { "statements".into() } else { format!("a {kind}") }
}
