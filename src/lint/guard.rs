//! What a condition asks of a request: whom it leaves in, and what it takes for granted.

use super::subject::Home;
use crate::policy::condition::{Quantifier, Test};
use crate::policy::{Spot, WrittenPrincipal, WrittenStatement, WrittenTest, arn, glob};

/// Whether a test lets in only requests that have the key with one of the values.
pub(super) fn narrows(test: &WrittenTest) -> bool {
    let always = |o: &crate::policy::condition::Operator| {
        !o.if_exists && o.quantifier != Some(Quantifier::ForAllValues)
    };
    names(test) && test.operator.as_ref().is_some_and(always)
}

/// Whether a test lists what may pass rather than what may not, whatever it says of a request without the key.
pub(super) fn names(test: &WrittenTest) -> bool {
    test.operator.is_some_and(|o| o.test != Test::Null && !o.test.is_negated())
}

/// Whether a test lists what may not pass; true of a request without the key.
pub(super) fn excludes(test: &WrittenTest) -> bool {
    test.operator.is_some_and(|o| o.test.is_negated() && o.quantifier.is_none())
}

/// Whether a test is of this key, in these words of AWS's, and asks for `true` or `false`.
pub(super) fn asks(test: &WrittenTest, key: &str, truth: &str) -> bool {
    test.is_of(key) && names(test) && !test.values.is_empty() && test.values.iter().all(|v| v.text == truth)
}

/// Whether its operator reads `*` and `?` as wildcards.
pub(super) fn has_wildcards(test: &WrittenTest) -> bool {
    test.operator.is_some_and(|o| {
        matches!(
            o.test,
            Test::StringLike
                | Test::StringNotLike
                | Test::ArnEquals
                | Test::ArnLike
                | Test::ArnNotEquals
                | Test::ArnNotLike
        )
    })
}

/// Whether a value says nothing: only wildcards.
pub(super) fn is_anything(value: &str) -> bool {
    !value.is_empty() && value.chars().all(|c| "*?:/".contains(c)) && value.contains('*')
}

/// Whether every value of a test of who asks, or for whom a service asks, names one account or organization.
pub(super) fn is_of_one_account(test: &WrittenTest) -> bool {
    let wild = has_wildcards(test);
    test.values.iter().all(|value| {
        let text = value.text.as_str();
        if ["aws:PrincipalArn", "aws:SourceArn"].iter().any(|key| test.is_of(key)) {
            // A bucket's ARN has no account; its name is one of its kind.
            let [.., service, _, account, resource] = match arn::split(text) {
                Some(parts) => parts,
                None => return !wild,
            };
            let bucket = service == "s3" && account.is_empty() && !resource.starts_with('*');
            return bucket || arn::is_account(account) || is_of_the_resource(account) || !wild;
        }
        let begin = text.split('/').next().unwrap_or_default();
        is_of_the_resource(text) || (!text.contains("${") && (!wild || !begin.contains(['*', '?'])))
    })
}

/// Policy variables that stand for the owner of what the policy is on.
fn is_of_the_resource(text: &str) -> bool {
    ["${aws:ResourceAccount}", "${aws:ResourceOrgID}"].iter().any(|owner| text.eq_ignore_ascii_case(owner))
        || text.get(..23).is_some_and(|begin| begin.eq_ignore_ascii_case("${aws:ResourceOrgPaths}"))
}

/// Whether an ARN value leaves open which user or role it is.
pub(super) fn is_any_arn(value: &str) -> bool {
    is_anything(value) || arn::split(value).is_some_and(|[.., resource]| is_anything(resource))
}

/// Whether everybody is named.
pub(super) fn is_for_everybody(statement: &WrittenStatement) -> bool {
    everybody(statement).is_some()
}

/// The place where everybody is named.
pub(super) fn everybody(statement: &WrittenStatement) -> Option<&WrittenPrincipal> {
    let named = || statement.principals.iter().find(|p| p.kind == "AWS" && p.value == "*");
    if statement.is_not_principal() { None } else { named() }
}

/// Whether a statement speaks of an action, which is given in lower case.
pub(super) fn speaks_of(statement: &WrittenStatement, action: &str) -> bool {
    let listed = statement.actions.iter().any(|spot| glob(&spot.text.to_ascii_lowercase(), action));
    listed != statement.is_not_action()
}

/// The account in an ARN.
pub(super) fn account_of(value: &str) -> Option<&str> {
    arn::split(value).map(|[.., account, _]| account).filter(|account| arn::is_account(account))
}

/// Whose account it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// One that the estate knows.
    Ours,
    /// Not one of them.
    Foreign,
    /// Nothing is known of where the document will stand.
    Unknown,
}

/// Whose an account is.
pub(super) fn whose(account: &str, home: &Home) -> Whose {
    if home.account.is_none() && home.accounts.is_empty() {
        return Whose::Unknown;
    }
    let own = home.account.iter().chain(&home.accounts).any(|known| known.as_str() == account);
    if own { Whose::Ours } else { Whose::Foreign }
}

/// The keys that say for whom a service acts.
pub(super) const SOURCE: [&str; 4] =
    ["aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID", "aws:SourceOrgPaths"];

/// Whether another statement denies everybody who lacks the right value of one of these keys what this one allows.
pub(super) fn is_fenced(allow: &WrittenStatement, all: &[WrittenStatement], keys: &[&str]) -> bool {
    all.iter().filter(|s| s.denies() && is_for_everybody(s)).any(|deny| {
        let fence = |test: &WrittenTest| {
            excludes(test) && keys.iter().any(|key| test.is_of(key)) && is_of_one_account(test)
        };
        let every = |spot: &Spot| matches!(spot.text.to_ascii_lowercase().as_str(), "*" | "s3:*" | "sts:*");
        let spoken = |spot: &Spot| speaks_of(deny, &spot.text.to_ascii_lowercase());
        let actions = !deny.is_not_action()
            && match allow.is_not_action() {
                true => deny.actions.iter().any(every),
                false => allow.actions.iter().all(spoken),
            };
        let covered = |text: &str| deny.resources.iter().any(|spot| glob(&spot.text, text));
        let resources = !deny.is_not_resource() && allow.resources.iter().all(|spot| covered(&spot.text));
        let fences = deny.tests.iter().any(fence) && deny.tests.iter().all(|test| is_aside(test, keys));
        fences && actions && resources
    })
}

/// Whether a denial with this test still meets whom it is meant to keep out.
fn is_aside(test: &WrittenTest, keys: &[&str]) -> bool {
    let of_service = "aws:PrincipalIsAWSService";
    let null = test.operator.is_some_and(|o| o.test == Test::Null) && !test.has_value("true");
    excludes(test)
        || asks(test, "aws:ViaAWSService", "false")
        || if keys == SOURCE {
            null || asks(test, of_service, "true")
        } else {
            asks(test, of_service, "false")
        }
}
