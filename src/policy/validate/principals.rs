//! Service principals that AWS does not have.

use super::is_open;
use crate::policy::catalogue::service_principal;
use crate::policy::{Problem, Spot, WrittenPrincipal, WrittenStatement};

pub(super) fn check(statement: &WrittenStatement) -> Vec<Problem> {
    let passed = statement.tests_of("iam:PassedToService").flat_map(|test| &test.values);
    statement.principals.iter().filter_map(one).chain(passed.filter_map(passed_to)).collect()
}

/// A service that a role may be passed to. Of one that is like no other nothing is said.
fn passed_to(Spot { text, pointer }: &Spot) -> Option<Problem> {
    if is_open(text) || text.contains(['*', '?']) || service_principal::known(text) {
        return None;
    }
    let meant = near(text)?;
    let message = format!("AWS has no service principal `{text}`, so no role can be passed to it");
    let problem = Problem::at("unknown-service-principal", pointer, message);
    Some(problem.help(format!("did you mean `{meant}`?")))
}

fn near(value: &str) -> Option<&'static str> {
    service_principal::closest(value).or_else(|| {
        let service = value.split('.').next().filter(|_| !service_principal::has_suffix(value))?;
        service_principal::closest(service)
    })
}

fn one(WrittenPrincipal { kind, value, pointer }: &WrittenPrincipal) -> Option<Problem> {
    if kind != "Service" || !value.contains('.') || service_principal::known(value) {
        return None; // One without a dot the reader refused.
    }
    let wrong_end = !service_principal::has_suffix(value);
    let message = format!("AWS has no service principal `{value}`");
    let problem = Problem::at("unknown-service-principal", pointer, message);
    Some(match near(value) {
        Some(meant) => problem.help(format!("did you mean `{meant}`?")),
        None if wrong_end => problem.help("a service principal ends in `.amazonaws.com`"),
        None => problem
            .warning()
            .help("AWS refuses the policy if there is no such service; look it up in its guide"),
    })
}
