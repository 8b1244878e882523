//! The same policy in fewer characters, for the sake of AWS's quotas. Nothing is widened: what is left out was said
//! already, and what is put together gives the same on its own.

use std::collections::{BTreeMap, BTreeSet};

use super::{Document, Element, Folded, Principals, Statement, arn, covers};

/// More comparisons of one value with another are not made: lists that would take them are over every quota.
const COMPARISONS_MAX: usize = 250_000;
/// More statements are over every quota.
const STATEMENTS_MAX: usize = 500;

impl Document {
    /// The same access in fewer characters, every Sid kept. Values that another value of their list covers are left
    /// out, and so are statements that another one covers; statements that differ in nothing but one of their lists
    /// become one.
    #[must_use]
    pub fn packed(&self) -> Self {
        let Self { version, id, statements } = self;
        let tidy: Vec<_> = statements.iter().cloned().map(without_covered_values).collect();
        let start = Self::new(*version, id.clone(), tidy);
        // Which lists are put together first decides how far one gets.
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        let mut best = start.clone();
        for order in orders {
            let tried = Self::new(*version, id.clone(), merged(start.statements.clone(), order));
            if tried.to_text().len() < best.to_text().len() {
                best = tried;
            }
            if best.statements.len() <= 1 {
                break;
            }
        }
        best
    }

    /// The same access in fewer characters still: without Sids, no statement is kept for its name.
    #[must_use]
    pub fn packed_without_sids(&self) -> Self {
        let bare = self.statements.iter().cloned().map(|statement| Statement { sid: None, ..statement });
        Self::new(self.version, self.id.clone(), bare.collect()).packed()
    }

    /// The document as it is if it fits, else packed, else packed without Sids; which may not fit either.
    #[must_use]
    pub fn packed_to_fit(&self, fits: &dyn Fn(&Self) -> bool) -> Self {
        if fits(self) {
            return self.clone();
        }
        let packed = self.packed();
        if fits(&packed) { packed } else { self.packed_without_sids() }
    }
}

/// Whether a resource covers another, part by part: AWS's stars do not cross the colons of an ARN.
fn covers_resource(wider: &str, narrower: &str) -> bool {
    if wider == "*" || wider == narrower {
        return true;
    }
    let plain = wider.split(['*', '?', '$']).next().unwrap_or_default();
    if !narrower.starts_with(plain) {
        return false;
    }
    let (Some(wider), Some(narrower)) = (arn::split(wider), arn::split(narrower)) else { return false };
    wider.iter().zip(narrower).all(|(wider, narrower)| covers(wider, narrower))
}

/// The same in a `NotResource`, where a variable that a request has no value for makes the statement apply to nothing:
/// what has one says more than what it excepts.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>
fn covers_exception(wider: &str, narrower: &str) -> bool {
    wider == narrower || (!narrower.contains("${") && covers_resource(wider, narrower))
}

fn covers_action(wider: &Folded, narrower: &Folded) -> bool {
    covers(&wider.0.to_ascii_lowercase(), &narrower.0.to_ascii_lowercase())
}

/// The values that no other one covers; of two that cover each other the first.
fn uncovered<T: Clone + Ord + AsRef<str>>(values: BTreeSet<T>, covers: fn(&T, &T) -> bool) -> BTreeSet<T> {
    // Nothing but a glob covers anything else.
    let globs: Vec<&T> = values.iter().filter(|value| value.as_ref().contains(['*', '?'])).collect();
    if globs.is_empty() || globs.len().saturating_mul(values.len()) > COMPARISONS_MAX {
        return values;
    }
    let covered = |value: &&T| {
        let by = |glob: &&&T| **glob != *value && covers(glob, value);
        globs.iter().filter(by).any(|glob| !(covers(value, glob) && *value < *glob))
    };
    values.iter().filter(|value| !covered(value)).cloned().collect()
}

fn without_covered_values(statement: Statement) -> Statement {
    let Statement { sid, effect, principal, action, resource, conditions } = statement;
    // In a `Not…` list as well: what is not in one glob, and not in a narrower one, is not in the one.
    let action = action.map(|values| uncovered(values, covers_action));
    let resource = resource.map(|resource| match resource {
        Element::Is(values) => Element::Is(uncovered(values, |a, b| covers_resource(a, b))),
        Element::IsNot(values) => Element::IsNot(uncovered(values, |a, b| covers_exception(a, b))),
    });
    Statement { sid, effect, principal, action, resource, conditions }
}

/// Statements put together along their lists, in this order, until nothing can be.
fn merged(mut statements: Vec<Statement>, order: [usize; 3]) -> Vec<Statement> {
    loop {
        let before = statements.len();
        statements = without_covered(statements);
        for list in order {
            statements = merged_along(statements, list);
        }
        if statements.len() == before {
            return statements;
        }
    }
}

/// Puts statements together that differ in nothing but one list: their actions, resources or principals. Lists of a
/// `Not…` element stay apart: all but one and all but another is everything.
fn merged_along(statements: Vec<Statement>, list: usize) -> Vec<Statement> {
    let mut groups: BTreeMap<Statement, Vec<Statement>> = BTreeMap::new();
    for statement in statements {
        groups.entry(key(&statement, list)).or_default().push(statement);
    }
    let mut all = vec![];
    for statements in groups.into_values() {
        let several = statements.len() > 1;
        if let Some(one) = statements.into_iter().reduce(joined) {
            all.push(if several { without_covered_values(one) } else { one });
        }
    }
    all
}

/// A statement without one list, if the list may grow: what has the same key can be put together.
fn key(statement: &Statement, list: usize) -> Statement {
    let Statement { sid: _, effect: _, principal, action, resource, conditions: _ } = statement;
    let mut key = statement.clone();
    match (list, action, resource, principal) {
        (0, Element::Is(_), ..) => key.action = Element::Is(BTreeSet::new()),
        (1, _, Some(Element::Is(_)), _) => key.resource = Some(Element::Is(BTreeSet::new())),
        (2, _, _, Some(Element::Is(_))) => key.principal = Some(Element::Is(Principals::new())),
        _ => {}
    }
    key
}

/// Two statements of one key as one.
fn joined(one: Statement, other: Statement) -> Statement {
    let Statement { sid, effect, principal, action, resource, conditions } = one;
    let principal = match (principal, other.principal) {
        (Some(Element::Is(mut all)), Some(Element::Is(more))) => {
            for (kind, values) in more {
                all.entry(kind).or_default().extend(values);
            }
            Some(Element::Is(all))
        }
        (principal, _) => principal,
    };
    let action = match (action, other.action) {
        (Element::Is(mut all), Element::Is(more)) => {
            all.extend(more);
            Element::Is(all)
        }
        (action, _) => action,
    };
    let resource = match (resource, other.resource) {
        (Some(Element::Is(mut all)), Some(Element::Is(more))) => {
            all.extend(more);
            Some(Element::Is(all))
        }
        (resource, _) => resource,
    };
    Statement { sid, effect, principal, action, resource, conditions }
}

/// The statements of which no other one says all; one with a Sid stays.
fn without_covered(statements: Vec<Statement>) -> Vec<Statement> {
    if statements.len() > STATEMENTS_MAX {
        return statements;
    }
    let mut kept = statements.clone();
    for statement in statements.iter().filter(|statement| statement.sid.is_none()) {
        let by_another = kept.iter().any(|other| other != statement && covers_statement(other, statement));
        if by_another {
            kept.retain(|other| other != statement);
        }
    }
    kept
}

/// Whether one statement of the same effect says all that another says.
fn covers_statement(wider: &Statement, narrower: &Statement) -> bool {
    let Statement { sid: _, effect, principal, action, resource, conditions } = wider;
    let same =
        *effect == narrower.effect && *principal == narrower.principal && *conditions == narrower.conditions;
    same && covers_list(action, &narrower.action, covers_action)
        && match (resource, &narrower.resource) {
            (None, None) => true,
            (Some(wider), Some(narrower)) if wider.is_not() => {
                covers_list(wider, narrower, |a, b| covers_exception(a, b))
            }
            (Some(wider), Some(narrower)) => covers_list(wider, narrower, |a, b| covers_resource(a, b)),
            _ => false,
        }
}

fn covers_list<T: Ord>(
    wider: &Element<BTreeSet<T>>,
    narrower: &Element<BTreeSet<T>>,
    covers: fn(&T, &T) -> bool,
) -> bool {
    let each_in = |inner: &BTreeSet<T>, outer: &BTreeSet<T>| {
        inner.is_subset(outer)
            || (inner.len().saturating_mul(outer.len()) <= COMPARISONS_MAX / STATEMENTS_MAX
                && inner.iter().all(|inner| outer.iter().any(|outer| covers(outer, inner))))
    };
    match (wider, narrower) {
        (Element::Is(wider), Element::Is(narrower)) => each_in(narrower, wider),
        // The fewer are left out, the more are meant.
        (Element::IsNot(wider), Element::IsNot(narrower)) => each_in(wider, narrower),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;
    use serde_json::{Value, json};

    fn read(statements: Value) -> Document {
        let text = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
        Policy::from_text(&text, "aws").document().unwrap().clone()
    }

    #[test]
    fn what_is_said_already_is_left_out() {
        let document = read(json!([
            {"Effect": "Allow", "Action": ["s3:Get*", "S3:GetObject", "s3:Put?bject"],
             "Resource": ["arn:aws:s3:::b/*", "arn:aws:s3:::b/${aws:username}/*", "arn:aws:s3:::c"]},
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/x"},
            {"Effect": "Deny", "NotAction": ["s3:*", "s3:GetObject"], "NotResource": "arn:aws:s3:::b"},
        ]));
        let wanted = read(json!([
            {"Effect": "Allow", "Action": ["s3:Get*", "s3:Put?bject"],
             "Resource": ["arn:aws:s3:::b/*", "arn:aws:s3:::c"]},
            {"Effect": "Deny", "NotAction": "s3:*", "NotResource": "arn:aws:s3:::b"},
        ]));
        assert_eq!(document.packed(), wanted);
        assert_eq!(wanted.packed(), wanted);
    }

    #[test]
    fn statements_that_differ_in_one_list_become_one() {
        let trust =
            |principal: Value| json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"});
        let two = read(json!([
            trust(json!({"AWS": "arn:aws:iam::111122223333:root"})),
            trust(json!({"Service": "glue.amazonaws.com"})),
        ]));
        let one = read(json!([trust(json!({"AWS": "111122223333", "Service": "glue.amazonaws.com"})),]));
        assert_eq!(two.packed(), one);
        let four = ["a", "b"].iter().flat_map(|bucket| {
            ["s3:GetObject", "s3:PutObject"].map(|action| {
                json!({"Effect": "Allow", "Action": action, "Resource": format!("arn:aws:s3:::{bucket}/*")})
            })
        });
        assert_eq!(read(four.collect()).packed().statements.len(), 1);
    }

    #[test]
    fn what_says_something_else_stays_apart() {
        let document = read(json!([
            {"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"},
            {"Effect": "Deny", "NotAction": "ec2:*", "Resource": "*"},
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"},
            {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::b"},
            {"Effect": "Allow", "Action": "glue:*", "Resource": "*", "Condition": {"Bool": {"a:b": "true"}}},
            {"Effect": "Allow", "Action": "glue:Get*", "Resource": "*", "Condition": {"Bool": {"a:b": "false"}}},
        ]));
        assert_eq!(document.packed(), document);
    }

    #[test]
    fn an_exception_with_a_variable_stays() {
        // Whoever has no user name is denied nothing by the first, and everything but `b` by what `b/*` alone says.
        let document = read(json!([
            {"Effect": "Deny", "Action": "s3:*",
             "NotResource": ["arn:aws:s3:::b/*", "arn:aws:s3:::b/${aws:username}"]},
            {"Effect": "Deny", "Action": "s3:*", "NotResource": "arn:aws:s3:::b/*"},
        ]));
        assert_eq!(document.packed().statements, [document.statements[1].clone()]);
        let alone = read(json!([
            {"Effect": "Allow", "Action": "s3:*",
             "NotResource": ["arn:aws:s3:::b/*", "arn:aws:s3:::b/${aws:username}"]},
            {"Effect": "Allow", "Action": "s3:Get*", "NotResource": ["arn:aws:s3:::b/*", "arn:aws:s3:::c"]},
        ]));
        assert_eq!(alone.packed(), alone);
        let wider = read(json!([
            {"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::b/${aws:username}"},
            {"Effect": "Allow", "Action": "s3:Get*", "NotResource": "arn:aws:s3:::b/*"},
        ]));
        assert_eq!(wider.packed(), wider);
    }

    #[test]
    fn sids_go_last() {
        let document = read(json!([
            {"Sid": "One", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
            {"Sid": "Two", "Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"},
        ]));
        assert_eq!(document.packed(), document);
        assert_eq!(document.packed_without_sids().statements.len(), 1);
        let room = |characters: usize| document.packed_to_fit(&|d: &Document| d.size() <= characters);
        assert_eq!(room(1000), document);
        assert_eq!(room(150), document.packed_without_sids());
    }

    #[test]
    fn stars_do_not_cross_the_colons_of_an_arn() {
        assert!(covers_resource("arn:aws:s3:::*", "arn:aws:s3:::b/c"));
        assert!(!covers_resource("arn:aws:*", "arn:aws:s3:::b/c"));
        assert!(!covers_resource("arn:aws:logs:*:*:*", "arn:aws:s3:::b"));
        assert!(covers_resource("*", "arn:aws:s3:::b"));
    }
}
