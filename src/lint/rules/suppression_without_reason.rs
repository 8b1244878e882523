//! A suppression without a reason.

use crate::diagnostic::Severity;
use crate::lint::{Check, Example, Rule};

pub(super) static RULE: Rule = Rule {
    id: "suppression-without-reason",
    severity: Severity::Error,
    sentence: "A suppression gives no reason.",
    why: "In a year nobody knows why this is allowed, and nobody dares to take it away.",
    help: "say why after a colon: `# hatrack: allow(rule-id): why`",
    source: "docs/lint.md",
    trips: Example::Environment("users:\n  # hatrack: allow(user-direct-policy)\n  alice:\n    policies: [AmazonEC2ReadOnlyAccess]\n"),
    passes: Example::Environment("users:\n  # hatrack: allow(user-direct-policy): the auditor of March 2027 has no group\n  alice:\n    policies: [AmazonEC2ReadOnlyAccess]\n"),
    check: Check::Suppression,
};
