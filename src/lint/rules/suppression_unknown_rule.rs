//! A suppression of a rule that does not exist.

use crate::diagnostic::Severity;
use crate::lint::{Check, Example, Rule};

pub(super) static RULE: Rule = Rule {
    id: "suppression-unknown-rule",
    severity: Severity::Error,
    sentence: "A suppression names a rule that does not exist.",
    why: "It suppresses nothing, and whoever wrote it thinks it does.",
    help: "write the id as it stands in brackets in the report",
    source: "docs/lint.md",
    trips: Example::Environment("users:\n  # hatrack: allow(user-direct-polices): the auditor has no group\n  alice: {}\n"),
    passes: Example::Environment("users:\n  # hatrack: allow(user-direct-policy): the auditor of March 2027 has no group\n  alice:\n    policies: [AmazonEC2ReadOnlyAccess]\n"),
    check: Check::Suppression,
};
