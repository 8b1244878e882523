//! Policy variables: where they are expanded, and which there are.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>

use super::keys::closest_key;
use crate::policy::catalogue::{condition_key, service};
use crate::policy::condition::Family;
use crate::policy::{Problem, Spot, Version, WrittenStatement, arn};

const NOT_EXPANDED: &str = "variable-not-expanded";
const UNKNOWN: &str = "unknown-variable";

pub(super) fn check(statement: &WrittenStatement, has_variables: bool) -> Vec<Problem> {
    let mut problems = vec![];
    for spot in &statement.resources {
        let found = if has_variables { in_resource(spot) } else { in_old(spot) };
        problems.extend(found);
    }
    for test in &statement.tests {
        let Some(operator) = test.operator else { continue };
        for spot in &test.values {
            let expanded = matches!(operator.test.family(), Family::Text | Family::Arn | Family::Truth);
            problems.extend(match (has_variables, expanded) {
                (false, _) => in_old(spot),
                (true, false) => in_operator(spot, &test.word.text),
                (true, true) => each(spot, &spot.text),
            });
        }
    }
    problems
}

fn in_old(Spot { text, pointer }: &Spot) -> Vec<Problem> {
    if !text.contains("${") {
        return vec![];
    }
    let message = format!("`{text}` is taken as it stands: version {} has no variables", Version::V2008);
    vec![Problem::at(NOT_EXPANDED, pointer, message).help("write `Version: \"2012-10-17\"`")]
}

fn in_operator(Spot { text, pointer }: &Spot, operator: &str) -> Vec<Problem> {
    if !text.contains("${") {
        return vec![];
    }
    let message = format!("`{operator}` expands no variable, and compares with `{text}` as it stands");
    vec![
        Problem::at(NOT_EXPANDED, pointer, message)
            .help("variables are for `String`, `Arn` and `Bool` operators"),
    ]
}

fn in_resource(spot: &Spot) -> Vec<Problem> {
    let Spot { text, pointer } = spot;
    let Some([_, partition, service, region, account, resource]) = arn::split(text) else {
        return each(spot, text);
    };
    let mut problems = vec![];
    for (part, what) in
        [(partition, "partition"), (service, "service"), (region, "region"), (account, "account")]
    {
        if part.contains("${") && what != "service" {
            let message =
                format!("`{part}` stands for the {what}, where AWS does not promise to expand variables");
            let help =
                "AWS's page allows them behind the fifth colon only; write `*` and a condition instead";
            let problem = Problem::at(NOT_EXPANDED, pointer, message).help(help);
            // AWS's own policies have it in these two parts.
            problems.push(if what == "partition" { problem } else { problem.warning() });
        }
        problems.extend(each(spot, part));
    }
    problems.extend(each(spot, resource));
    problems
}

/// A variable in a text whose default is not in quotes, which AWS takes for no policy.
pub fn bare_default(text: &str) -> Option<&str> {
    let inside = text.split("${").skip(1).filter_map(|after| after.split_once('}')).map(|(inner, _)| inner);
    let mut bare =
        inside.filter(|i| i.split_once(',').is_some_and(|(_, default)| !is_quoted(default.trim())));
    bare.next()
}

fn is_quoted(text: &str) -> bool {
    text.len() >= 2 && text.starts_with('\'') && text.ends_with('\'')
}

/// What is wrong with the variables in a text that is expanded.
fn each(Spot { pointer, .. }: &Spot, text: &str) -> Vec<Problem> {
    let mut problems = vec![];
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("${") {
        let Some((inner, behind)) = after.split_once('}') else {
            let message = format!("`${{{after}` has no closing brace");
            problems.push(
                Problem::at(NOT_EXPANDED, pointer, message).help("write `}` behind the variable's name"),
            );
            break;
        };
        rest = behind;
        problems.extend(variable(pointer, inner));
    }
    problems
}

fn variable(pointer: &str, inner: &str) -> Option<Problem> {
    if ["*", "?", "$"].contains(&inner) {
        return None; // The character itself.
    }
    let (name, default) =
        inner.split_once(',').map_or((inner, None), |(name, rest)| (name, Some(rest.trim())));
    let name = name.trim();
    if name.is_empty() || name.contains(['$', '{']) || default.is_some_and(|text| !is_quoted(text)) {
        let message = format!("`${{{inner}}}` is no variable");
        let help = "a variable is like `${aws:username}`, with a default `${aws:PrincipalTag/team, 'none'}`";
        return Some(Problem::at(NOT_EXPANDED, pointer, message).help(help));
    }
    let Some(key) = condition_key(name) else {
        let unlisted =
            name.split_once(':').and_then(|(prefix, _)| service(prefix)).is_some_and(|s| !s.listed);
        if unlisted {
            return None;
        }
        let problem = Problem::at(UNKNOWN, pointer, format!("there is no variable `${{{name}}}`"));
        return Some(match closest_key(name) {
            Some(meant) => problem.help(format!("did you mean `${{{meant}}}`?")),
            None => problem.help("a variable is a condition key, like `${aws:username}`"),
        });
    };
    key.many.then(|| {
        let message = format!("`{name}` can have several values, and is no variable");
        Problem::at(UNKNOWN, pointer, message).help("a variable is a condition key of one value")
    })
}
