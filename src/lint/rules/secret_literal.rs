//! A secret written into a file.

use std::collections::BTreeSet;

use crate::diagnostic::{Severity, Span};
use crate::lint::secrets::{by_looks, is_secret_name, is_secret_value};
use crate::lint::{At, Check, Example, Hit, Rule, Texts};
use crate::spec::tree::{Node, Value};

pub(super) static RULE: Rule = Rule {
    id: "secret-literal",
    severity: Severity::Error,
    sentence: "A file holds a secret: an access key, a password, a token, a private key.",
    why: "Files of this kind are kept in repositories, shown in reviews and copied to build machines. A secret that stood \
          in one is known to whoever can read its history, and has to be replaced, not just deleted.",
    help: "replace the secret where it is used, and keep the new one in Secrets Manager or in the pipeline's own store",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/securing_access-keys.html",
    trips: Example::Environment(
        "variables:\n  warehouse_password: Tr0ub4dor-and-3\ngroups:\n  Viewers:\n    policies: [AmazonEC2ReadOnlyAccess]\n",
    ),
    passes: Example::Environment(
        "variables:\n  warehouse_secret: alpha/warehouse\ngroups:\n  Viewers:\n    policies: [AmazonEC2ReadOnlyAccess]\n",
    ),
    check: Check::Text(check),
};

fn check(texts: &Texts<'_>) -> Vec<Hit> {
    let mut found: Vec<(Span, String)> = vec![];
    let mut read = BTreeSet::new();
    let templates = texts.templates.iter().map(|template| &template.body);
    for node in texts.files.iter().chain(templates) {
        if read.insert(std::sync::Arc::clone(&node.span.source)) {
            let source = &node.span.source;
            found.extend(by_looks(&source.text).into_iter().map(|secret| {
                (Span::new(source, secret.start, secret.end), format!("this looks like {}", secret.what))
            }));
        }
        named(node, &mut found);
    }
    for parameter in texts.templates.iter().flat_map(|template| &template.parameters) {
        if let Some(default) = &parameter.default {
            of_name(&parameter.name, default, &mut found);
        }
    }
    found.sort();
    // A secret that is found by its looks is not said again for its name.
    found.dedup_by(|later, first| first.0.source == later.0.source && later.0.start < first.0.end);
    found.into_iter().map(|(span, message)| Hit::new(At::Place(span), message)).collect()
}

/// Values whose key says that they are secret.
fn named(node: &Node, found: &mut Vec<(Span, String)>) {
    match &node.value {
        Value::Map(entries) => {
            for entry in entries {
                of_name(&entry.key, &entry.value, found);
                named(&entry.value, found);
            }
        }
        Value::List(items) => items.iter().for_each(|item| named(item, found)),
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Float(_) | Value::Text(_) => {}
    }
}

fn of_name(name: &str, value: &Node, found: &mut Vec<(Span, String)>) {
    // A condition key such as `sts:ExternalId` is compared with, and is no secret.
    if name.contains(':') || !is_secret_name(name) {
        return;
    }
    if value.text().is_some_and(|text| is_secret_value(name, text)) {
        found.push((value.span.clone(), format!("`{name}` looks like a secret, written out")));
    }
}
