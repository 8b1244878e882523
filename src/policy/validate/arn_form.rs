//! The parts of a resource's ARN, held against the ARNs that its service has.

use super::fit::{Form, Miss, Wanted, forms};
use super::{has_wildcard, is_open};
use crate::policy::catalogue::{closest_service, region, service};
use crate::policy::{Problem, Spot, WrittenStatement, arn};

const RULE: &str = "malformed-arn";

/// What stands for an account in ARNs of what belongs to AWS.
const OWNERS: [&str; 6] = ["aws", "cloudfront", "amazon", "aws-marketplace", "aws-managed", "third-party"];

pub(super) fn check(statement: &WrittenStatement) -> Vec<Problem> {
    statement.resources.iter().flat_map(one).collect()
}

fn one(spot: &Spot) -> Vec<Problem> {
    let Spot { text, pointer } = spot;
    let Some([_, partition, named, region, account, resource]) = arn::split(text) else { return vec![] };
    if named.is_empty() || has_wildcard(named) || is_open(named) || resource.is_empty() {
        return vec![]; // The reader said so.
    }
    let mut problems = vec![];
    let mut say = |message: String, help: Option<String>| {
        problems.push(Problem { help, ..Problem::at(RULE, pointer, message) });
    };
    if service(named).is_none() {
        if let Some(meant) = closest_service(named).filter(|_| !is_elsewhere(named)) {
            say(format!("AWS has no service `{named}`"), Some(format!("did you mean `{meant}`?")));
        }
        return problems;
    }
    if !fixed(region) || region.is_empty() || region::known(region) {
        let elsewhere = region::known(region) && fixed(partition) && region::partition(region) != partition;
        if elsewhere {
            let right = region::partition(region);
            say(
                format!("region `{region}` is in partition `{right}`, and the ARN in `{partition}`"),
                Some(format!("write a region of `{partition}`")),
            );
        }
    } else {
        let help = region::closest(region).map(|meant| format!("did you mean `{meant}`?"));
        say(format!("AWS has no region `{region}`"), help);
    }
    if fixed(account) && !account.is_empty() && !arn::is_account(account) && !OWNERS.contains(&account) {
        say(format!("`{account}` is no account"), Some("an account has twelve digits".to_owned()));
    }
    if !problems.is_empty() {
        return problems;
    }
    let Some(wanted) = Wanted::of(text) else { return problems };
    let known = forms(named);
    let known: Vec<&Form> = known.iter().filter(|form| form.takes_name(&wanted)).collect();
    let misses: Option<Vec<(Miss, &Form)>> =
        known.iter().map(|form| form.misses(&wanted).map(|miss| (miss, *form))).collect();
    // None: one of them fits.
    let Some((miss, form)) = misses.and_then(|mut misses| {
        misses.sort_by_key(|(miss, _)| *miss);
        misses.into_iter().next()
    }) else {
        return problems;
    };
    let kind = form.kind.name;
    let message = match miss {
        Miss::RegionGiven => format!("the ARN of a `{kind}` of `{named}` has no region"),
        Miss::RegionMissing => {
            format!("the ARN names no region, and that of a `{kind}` of `{named}` has one")
        }
        Miss::AccountGiven => format!("the ARN of a `{kind}` of `{named}` has no account"),
        Miss::AccountMissing => {
            format!("the ARN names no account, and that of a `{kind}` of `{named}` has one")
        }
        Miss::Other => return problems,
    };
    let (region, account) = match miss {
        Miss::RegionGiven => ("", account),
        Miss::RegionMissing => ("*", account),
        Miss::AccountGiven => (region, ""),
        _ => (region, "*"),
    };
    let right = ["arn", partition, named, region, account, resource].join(":");
    let problem = Problem::at(RULE, pointer, message).help(format!("write `{right}`"));
    match (miss, owner(resource)) {
        (Miss::AccountMissing, Owner::Aws) => {}
        (Miss::AccountMissing, Owner::Anybody) => problems.push(problem.warning()),
        _ => problems.push(problem),
    }
    problems
}

/// Whose a resource is by its name. What AWS makes for everybody has no account: `arn:aws:ssm:*::document/AWS-*`.
enum Owner {
    Aws,
    Anybody,
    Account,
}

fn owner(resource: &str) -> Owner {
    let name = resource.split_once(['/', ':']).map_or(resource, |(_, name)| name);
    let name = name.trim_start_matches('/').to_ascii_lowercase();
    if name.starts_with("aws") || name.starts_with("amazon") {
        Owner::Aws
    } else if name.starts_with(['*', '?', '$']) {
        Owner::Anybody
    } else {
        Owner::Account
    }
}

/// Whether a part says one thing only.
fn fixed(part: &str) -> bool {
    !has_wildcard(part) && !is_open(part)
}

/// Whether a name that begins no action is that of a service in the ARNs of another.
fn is_elsewhere(named: &str) -> bool {
    crate::policy::catalogue::services()
        .flat_map(crate::policy::catalogue::Service::resource_types)
        .any(|kind| arn::split(kind.arn).is_some_and(|[_, _, service, ..]| service == named))
}
