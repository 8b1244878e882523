//! A parameter of a template that nothing uses.

use std::collections::BTreeSet;

use crate::diagnostic::Severity;
use crate::lint::{At, Check, Example, Hit, Rule, Texts};
use crate::spec::expand;

pub(super) static RULE: Rule = Rule {
    id: "template-unused-parameter",
    severity: Severity::Warning,
    sentence: "A template declares a parameter that its body does not use.",
    why: "Whoever gives the parameter believes that it does something: limits a prefix, names a bucket. Usually a \
          placeholder was forgotten, and what should have been narrowed is not.",
    help: "use it in the body as `${{ name }}`, or take it away",
    source: "docs/environments.md",
    trips: Example::Template(
        "template: readers\nkind: group\ndescription: people who read\nparameters:\n  bucket: { type: text, description: the bucket }\n  prefix: { type: text, description: what may be read }\nbody:\n  inline:\n    data:\n      - Effect: Allow\n        Action: s3:GetObject\n        Resource: arn:${{ partition }}:s3:::${{ bucket }}/*\n",
        "groups:\n  Readers:\n    template: readers\n    with: { bucket: acme-alpha, prefix: raw/ }\n",
    ),
    passes: Example::Template(
        "template: readers\nkind: group\ndescription: people who read\nparameters:\n  bucket: { type: text, description: the bucket }\n  prefix: { type: text, description: what may be read }\nbody:\n  inline:\n    data:\n      - Effect: Allow\n        Action: s3:GetObject\n        Resource: arn:${{ partition }}:s3:::${{ bucket }}/${{ prefix }}*\n",
        "groups:\n  Readers:\n    template: readers\n    with: { bucket: acme-alpha, prefix: raw/ }\n",
    ),
    check: Check::Text(check),
};

fn check(texts: &Texts<'_>) -> Vec<Hit> {
    let mut hits = vec![];
    for template in texts.templates {
        let defaults = template.parameters.iter().filter_map(|parameter| parameter.default.as_ref());
        let used: BTreeSet<String> =
            std::iter::once(&template.body).chain(defaults).flat_map(|node| expand::names(node).into_keys()).collect();
        for parameter in template.parameters.iter().filter(|parameter| !used.contains(&parameter.name)) {
            let message = format!("nothing in template `{}` uses its parameter `{}`", template.name, parameter.name);
            let help = format!("use it in the body as `${{{{ {} }}}}`, or take it away", parameter.name);
            hits.push(Hit::new(At::Place(parameter.span.clone()), message).help(help));
        }
    }
    hits
}
