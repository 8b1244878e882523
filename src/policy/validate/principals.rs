//! Service principals that AWS does not have.

use crate::policy::catalogue::service_principal;
use crate::policy::{Problem, WrittenPrincipal, WrittenStatement};

pub(super) fn check(statement: &WrittenStatement) -> Vec<Problem> {
    statement.principals.iter().filter_map(one).collect()
}

fn one(WrittenPrincipal { kind, value, pointer }: &WrittenPrincipal) -> Option<Problem> {
    if kind != "Service" || !value.contains('.') || service_principal::known(value) {
        return None; // One without a dot the reader refused.
    }
    let wrong_end = !has_end(value);
    let near = service_principal::closest(value).or_else(|| {
        let service = value.split('.').next().filter(|_| wrong_end)?;
        service_principal::closest(service)
    });
    let message = format!("AWS has no service principal `{value}`");
    let problem = Problem::at("unknown-service-principal", pointer, message);
    Some(match near {
        Some(meant) => problem.help(format!("did you mean `{meant}`?")),
        None if wrong_end => problem.help("a service principal ends in `.amazonaws.com`"),
        None => problem
            .warning()
            .help("AWS refuses the policy if there is no such service; look it up in its guide"),
    })
}

/// Whether a name ends as those of service principals do, in any partition.
fn has_end(value: &str) -> bool {
    let ends = [
        ".amazonaws.com",
        ".amazonaws.com.cn",
        ".amazonaws.eu",
        ".c2s.ic.gov",
        ".sc2s.sgov.gov",
        ".cloud.adc-e.uk",
        ".csp.hci.ic.gov",
    ];
    ends.iter().any(|end| value.ends_with(end))
}
