//! A region that does not fit.

use std::collections::BTreeMap;

use crate::diagnostic::Severity;
use crate::lint::facts::{TEXT_MATCHES, compares};
use crate::lint::literals::{Literal, resource_regions, test_regions};
use crate::lint::{Check, Example, Hit, Rule, Subject};
use crate::policy::condition::Test;
use crate::policy::{Usage, WrittenStatement, WrittenTest, arn};

pub(super) static RULE: Rule = Rule {
    id: "literal-region",
    severity: Severity::Warning,
    sentence: "A region is spelled out that is not the environment's, or not that of the rest of the document.",
    why: "A region copied from an example makes a statement about resources that are not there: nothing is allowed, \
          nothing is denied, and the error only says that access is denied.",
    help: "write `${{ region }}` for the environment's region",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html",
    trips: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "Condition": {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}}}"#,
    ),
    passes: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "Condition": {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}}}"#,
    ),
    check: Check::Document(check),
};

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    match subject.home.region.as_deref() {
        Some(home) => subject.written.statements.iter().flat_map(|s| of_home(subject, s, home)).collect(),
        None => {
            let hits: Vec<_> = subject.written.statements.iter().flat_map(contradictions).collect();
            if hits.is_empty() { odd_one_out(subject) } else { hits }
        }
    }
}

/// What is in another region than the environment.
fn of_home(subject: &Subject<'_>, statement: &WrittenStatement, home: &str) -> Vec<Hit> {
    let hit = |literal: &Literal<'_>| {
        let message = format!("`{}` is in `{}`, and the environment in `{home}`", literal.text, literal.word);
        Hit::at(literal.pointer, message).help("write `${{ region }}` if the environment's region is meant")
    };
    let regions = resource_regions(statement);
    let ours = |account: &str| {
        !arn::is_account(account) || subject.home.account.as_ref().is_none_or(|home| home.as_str() == account)
    };
    let foreign = regions.iter().filter(|literal| {
        let in_home = literal.text.replacen(literal.word, home, 1);
        let also_home = statement.resources.iter().any(|spot| spot.text == in_home);
        // What is in somebody else's account may be anywhere.
        literal.word != home && !also_home && arn::split(literal.text).is_some_and(|[.., account, _]| ours(account))
    });
    let mut hits: Vec<Hit> = foreign.map(hit).collect();
    for test in statement.tests.iter().filter(|test| says_where(test)) {
        let of_bucket = subject.written.usage != Usage::Trust && test.is_of("aws:SourceArn");
        let regions = test_regions(test);
        let complete = regions.len() == test.values.len();
        if complete && !of_bucket && !regions.iter().any(|literal| literal.word == home) {
            hits.extend(regions.iter().map(hit));
        }
    }
    hits
}

/// Whether a test asks for a place, or for any but a place.
fn says_where(test: &WrittenTest) -> bool {
    compares(test, &TEXT_MATCHES)
        || compares(test, &[Test::ArnEquals, Test::ArnLike])
        || test.operator.is_some_and(|o| o.test.is_negated() && test.is_of("aws:RequestedRegion"))
}

/// A condition on a region in which none of the statement's resources is.
fn contradictions(statement: &WrittenStatement) -> Vec<Hit> {
    let resources = resource_regions(statement);
    if statement.is_not_resource() || resources.len() != statement.resources.len() || resources.is_empty() {
        return vec![];
    }
    let mut hits = vec![];
    for test in statement.tests.iter().filter(|test| says_where(test) && !test.is_of("aws:SourceArn")) {
        let negated = test.operator.is_some_and(|operator| operator.test.is_negated());
        let regions = test_regions(test);
        let complete = regions.len() == test.values.len();
        let meet = regions.iter().any(|one| resources.iter().any(|other| one.word == other.word));
        if let (true, false, false, Some(first), Some(resource)) =
            (complete, meet, negated, regions.first(), resources.first())
        {
            let message = format!(
                "`{}` asks for `{}`, and the resource is in `{}`: this never matches",
                test.key.text, first.text, resource.word
            );
            hits.push(Hit::at(first.pointer, message).help(format!("write `{}` in both", resource.word)));
        }
    }
    hits
}

/// The one region of a document that is unlike all others.
fn odd_one_out(subject: &Subject<'_>) -> Vec<Hit> {
    let mut places: BTreeMap<&str, Vec<Literal<'_>>> = BTreeMap::new();
    for statement in &subject.written.statements {
        let tests = statement.tests.iter().filter(|test| !test.is_of("aws:RequestedRegion"));
        for literal in resource_regions(statement).into_iter().chain(tests.flat_map(test_regions)) {
            places.entry(literal.word).or_default().push(literal);
        }
    }
    let list = |pointer: &str| {
        let (list, last) = pointer.rsplit_once('/').unwrap_or((pointer, ""));
        if last.parse::<usize>().is_ok() { list.to_owned() } else { pointer.to_owned() }
    };
    let all: Vec<_> = places.into_iter().collect();
    let (odd, others) = match all.as_slice() {
        [(_, one), (region, many)] | [(region, many), (_, one)] if one.len() == 1 && many.len() >= 2 => {
            (one.first(), (*region, many))
        }
        _ => return vec![],
    };
    let (region, many) = others;
    let Some(odd) = odd.filter(|odd| !many.iter().any(|other| list(other.pointer) == list(odd.pointer))) else {
        return vec![];
    };
    let message = format!("`{}` is in `{}`, and everything else here is in `{region}`", odd.text, odd.word);
    vec![Hit::at(odd.pointer, message).help(format!("write `{region}` if the same region is meant"))]
}
