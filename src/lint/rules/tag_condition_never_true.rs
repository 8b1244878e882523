//! A condition on a tag that no request fulfils.

use crate::diagnostic::Severity;
use crate::lint::facts::{TEXT_MATCHES, compares, passes_when_absent};
use crate::lint::{Check, Example, Hit, Rule, Subject};
use crate::policy::catalogue::{self, Action, Support};
use crate::policy::condition::{Quantifier, Test};
use crate::policy::{Usage, WrittenStatement, WrittenTest, glob};

pub(super) static RULE: Rule = Rule {
    id: "tag-condition-never-true",
    severity: Severity::Warning,
    sentence: "A condition on a tag can never be true with the actions of its statement.",
    why: "`aws:ResourceTag` is there for actions on resources that bring their tags along, `aws:RequestTag` for actions \
          that set tags, and S3 has keys of its own for the tags of objects. With any other action the key is absent: an \
          Allow gives nothing, a Deny denies nothing.",
    help: "use the key that the actions support, or move those that support none into a statement of their own",
    source: "https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
    trips: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-alpha/*",
            "Condition": {"StringEquals": {"aws:ResourceTag/Project": "Alpha"}}}}"#,
    ),
    passes: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-alpha/*",
            "Condition": {"StringEquals": {"s3:ExistingObjectTag/Project": "Alpha"}}}}"#,
    ),
    check: Check::Document(check),
};

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    let mut hits = vec![];
    for statement in &subject.written.statements {
        let then = if statement.allows() { "this allows nothing" } else { "this denies nothing" };
        for test in &statement.tests {
            if let Some(hit) = no_variable(test) {
                hits.push(hit);
            }
            if !is_of_tag(&test.key.text) || test.operator.is_none() || passes_when_absent(test) {
                continue;
            }
            let hit = unsupported(statement, test, then)
                .or_else(|| contradicted(statement, test, then))
                .or_else(|| forbidden_key(statement, test, then));
            hits.extend(hit);
        }
    }
    hits
}

/// Whether a condition key is about tags of resources or requests.
fn is_of_tag(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let (_, name) = key.split_once(':').unwrap_or(("", key.as_str()));
    ["resourcetag/", "requesttag/", "existingobjecttag/", "requestobjecttag/"].iter().any(|tag| name.starts_with(tag))
        || name == "tagkeys"
        || name == "requestobjecttagkeys"
}

/// No action of the statement brings the key.
fn unsupported(statement: &WrittenStatement, test: &WrittenTest, then: &str) -> Option<Hit> {
    if statement.is_not_action() {
        return None;
    }
    let mut actions: Vec<&'static Action> = vec![];
    for spot in &statement.actions {
        let (prefix, _) = spot.text.split_once(':')?;
        let meant = catalogue::expand(&spot.text);
        if prefix.contains(['*', '?']) || meant.is_empty() {
            return None;
        }
        actions.extend(meant);
    }
    let key = test.key.text.as_str();
    let of_objects = test.is_of("aws:ResourceTag/") && actions.iter().all(|action| is_on_objects(action));
    if actions.is_empty() || !(of_objects || actions.iter().all(|action| is_never_there(action, test))) {
        return None;
    }
    let which = match statement.actions.as_slice() {
        [one] => format!("`{}`", one.text),
        _ => "none of these actions".to_owned(),
    };
    let tag = key.split_once('/').map_or("", |(_, tag)| tag);
    let s3 = actions.iter().all(|action| action.service == "s3");
    let writes = actions.iter().any(|action| makes_objects(action));
    let hit = if statement.actions.len() == 1 {
        format!("{which} does not come with `{key}`: {then}")
    } else {
        format!("{which} comes with `{key}`: {then}")
    };
    let hit = Hit::at_key(&test.key.pointer, hit);
    Some(match (s3, writes, tag.is_empty()) {
        (true, true, false) => hit.help(format!(
            "for the tags that an upload sets write `s3:RequestObjectTag/{tag}`; it has no tags before"
        )),
        (true, false, false) if actions.iter().any(|action| action.lists("s3:ExistingObjectTag/x")) => {
            hit.help(format!("for the tags of an object write `s3:ExistingObjectTag/{tag}`"))
        }
        _ => hit,
    })
}

/// Whether requests for an action never have the key: what ends or reads sets no tags, and what is being made has none
/// yet. Tags listed with a type of resource are there for some of the actions on it only.
fn is_never_there(action: &Action, test: &WrittenTest) -> bool {
    const SETS_NONE: [&str; 7] = ["Delete", "Describe", "Get", "List", "Reboot", "Stop", "Terminate"];
    let own = |key: &str| action.lists_itself(key);
    if action.supports(&test.key.text) == Support::No {
        return true;
    }
    if test.is_of("aws:RequestTag/") {
        return action.listed && SETS_NONE.iter().any(|verb| action.name.starts_with(verb)) && !own(&test.key.text);
    }
    let made = action.name.strip_prefix("Create").map(str::to_ascii_lowercase);
    let is_made = |name: &str| Some(name.replace('-', "").to_ascii_lowercase()) == made;
    test.is_of("aws:ResourceTag/")
        && !action.resources.is_empty()
        && action.resources.iter().all(|resource| is_made(resource.name))
        && own("aws:RequestTag/x")
        && !own(&test.key.text)
}

/// Whether an action is about an object in S3, whose tags are no `aws:ResourceTag`.
fn is_on_objects(action: &Action) -> bool {
    action.service == "s3" && action.resources.iter().any(|resource| resource.name == "object")
}

/// Whether an action makes an object, and can set its tags.
fn makes_objects(action: &Action) -> bool {
    action.service == "s3" && action.name == "PutObject"
}

/// Another test of the same key asks for something else.
fn contradicted(statement: &WrittenStatement, test: &WrittenTest, then: &str) -> Option<Hit> {
    if !is_exact(test) {
        return None;
    }
    let other = statement.tests_of(&test.key.text).find(|other| {
        let plain = other.operator.is_some_and(|operator| operator.quantifier.is_none());
        let fixed = other.values.iter().all(|value| !value.text.contains('$'));
        let negated = compares(other, &[Test::StringNotEquals, Test::StringNotLike]);
        let positive = compares(other, &TEXT_MATCHES);
        let meets = |value: &str| other.values.iter().any(|o| matches(other, &o.text, value));
        *other != test
            && plain
            && fixed
            && ((positive && !test.values.iter().any(|value| meets(&value.text)))
                || (negated && test.values.iter().all(|value| meets(&value.text))))
    })?;
    let message =
        format!("`{}` is also compared under `{}`, and no value fulfils both: {then}", test.key.text, other.word.text);
    Some(Hit::at_key(&test.key.pointer, message).help("several values of one key belong into one list"))
}

/// Whether a test names the values themselves.
fn is_exact(test: &WrittenTest) -> bool {
    test.operator.is_some_and(|operator| operator.quantifier.is_none() && operator.test == Test::StringEquals)
        && !test.values.is_empty()
        && test.values.iter().all(|value| !value.text.contains('$'))
}

fn matches(test: &WrittenTest, pattern: &str, value: &str) -> bool {
    match test.operator.map(|operator| operator.test) {
        Some(Test::StringLike | Test::StringNotLike) => glob(pattern, value),
        Some(Test::StringEqualsIgnoreCase) => pattern.eq_ignore_ascii_case(value),
        _ => pattern == value,
    }
}

/// A tag is asked for whose key the same statement does not let into the request.
fn forbidden_key(statement: &WrittenStatement, test: &WrittenTest, then: &str) -> Option<Hit> {
    let tag = test.is_of("aws:RequestTag/").then(|| test.key.text.split_once('/')).flatten()?.1;
    let keys = statement.tests_of("aws:TagKeys").find(|keys| {
        keys.operator.is_some_and(|o| {
            o.quantifier == Some(Quantifier::ForAllValues) && TEXT_MATCHES.contains(&o.test)
        })
    })?;
    let lets = |key: &str| key.contains(['*', '?', '$']) || key.eq_ignore_ascii_case(tag);
    if keys.values.iter().any(|key| lets(&key.text)) {
        return None;
    }
    let message = format!("`{}` asks for a tag that `{}` keeps out: {then}", test.key.text, keys.key.text);
    Some(Hit::at_key(&test.key.pointer, message).help(format!("add `{tag}` to the values of `{}`", keys.key.text)))
}

/// A value that names the caller's tag in a way that AWS does not replace.
fn no_variable(test: &WrittenTest) -> Option<Hit> {
    const NAME: &str = "aws:principaltag";
    test.values.iter().find_map(|value| {
        let lower = value.text.to_ascii_lowercase();
        let at = lower.find(NAME)?;
        let (before, after) = (lower.get(..at)?, lower.get(at + NAME.len()..)?);
        let named = after.strip_prefix('/').and_then(|rest| rest.split_once('}')).is_some_and(|(tag, _)| !tag.is_empty());
        if before.ends_with("${") && named {
            return None;
        }
        let message = format!("`{}` is no variable: AWS compares with these very letters", value.text);
        Some(Hit::at(&value.pointer, message).help("write `${aws:PrincipalTag/Key}`"))
    })
}
