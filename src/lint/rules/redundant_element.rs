//! An item of a list that another item covers.

use std::collections::BTreeMap;

use crate::diagnostic::Severity;
use crate::lint::facts::covers_resource;
use crate::lint::{At, Check, Example, Hit, Rule, Subject};
use crate::policy::{Spot, Usage, covers};

pub(super) static RULE: Rule = Rule {
    id: "redundant-element",
    severity: Severity::Suggestion,
    sentence: "An action or resource is covered by another one in the same list.",
    why: "The item changes nothing. It costs characters of a policy that may not be long, and taking it away later does \
          not take the right away.",
    help: "take it out of the list; or take out the pattern, if the pattern gives too much",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html",
    trips: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": ["s3:GetObject*", "s3:GetObjectTagging"],
            "Resource": "arn:aws:s3:::acme-alpha/*"}}"#,
    ),
    passes: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": ["s3:GetObject", "s3:GetObjectTagging"],
            "Resource": "arn:aws:s3:::acme-alpha/*"}}"#,
    ),
    check: Check::Document(check),
};

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    let mut hits = vec![];
    for statement in &subject.written.statements {
        // Case tells no actions apart.
        let actions = statement.actions.iter().map(|spot| spot.text.to_ascii_lowercase()).collect();
        hits.extend(of_list(&statement.actions, actions, &covers));
        let resources = statement.resources.iter().map(|spot| spot.text.clone()).collect();
        hits.extend(of_list(&statement.resources, resources, &|one, other| {
            covers_resource(one, other) && !is_what_is_inside(one, other)
        }));
    }
    hits
}

/// `table/x*` and `table/x*/index/*` are written together to name both kinds of resource.
fn is_what_is_inside(one: &str, other: &str) -> bool {
    let inside = other.strip_prefix(one).or_else(|| other.strip_prefix(one.trim_end_matches('*')));
    one != "*" && one.ends_with('*') && inside.is_some_and(|rest| rest.starts_with(['/', ':', '*']))
}

/// More comparisons than this are not made: the list is over every quota.
const COMPARISONS_MAX: usize = 250_000;

/// What is covered by another of the list; `texts` are what is compared.
fn of_list(spots: &[Spot], texts: Vec<String>, covers: &dyn Fn(&str, &str) -> bool) -> Vec<Hit> {
    let mut hits = vec![];
    let all = || texts.iter().zip(spots).enumerate();
    // Only what has a wildcard covers anything but itself.
    let wide: Vec<_> = all().filter(|(_, (text, _))| text.contains(['*', '?'])).collect();
    let wide = if wide.len() * spots.len() > COMPARISONS_MAX { vec![] } else { wide };
    let mut first: BTreeMap<&str, &Spot> = BTreeMap::new();
    for (number, (text, spot)) in all() {
        let same = first.get(text.as_str()).copied();
        first.entry(text).or_insert(spot);
        let wider = || {
            wide.iter().find(|(other_number, (other, _))| {
                *other_number != number
                    && other != &text
                    && covers(other, text)
                    // Of two that cover each other the later one is idle.
                    && (*other_number < number || !covers(text, other))
            })
        };
        let by = same.or_else(|| wider().map(|(_, (_, other))| *other));
        let Some(by) = by else { continue };
        let message = if spot.text.eq_ignore_ascii_case(&by.text) {
            format!("`{}` stands twice in the same list", spot.text)
        } else {
            format!("`{}` is covered by `{}` in the same list", spot.text, by.text)
        };
        hits.push(Hit::at(&spot.pointer, message).related(At::Value(by.pointer.clone()), "covered by this"));
    }
    hits
}
