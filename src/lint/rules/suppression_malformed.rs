//! A comment that speaks to hatrack but cannot be read.

use crate::diagnostic::Severity;
use crate::lint::{Check, Example, Rule};

pub(super) static RULE: Rule = Rule {
    id: "suppression-malformed",
    severity: Severity::Error,
    sentence: "A comment begins with `hatrack:` but cannot be read.",
    why: "Whoever wrote it meant to allow something. Overlooking it in silence would be worse than saying so.",
    help: "write `# hatrack: allow(rule-id): why`, or `allow(rule-id) until 2027-01-31: why`",
    source: "docs/lint.md",
    trips: Example::Environment("users:\n  # hatrack: ignore user-direct-policy\n  alice: {}\n"),
    passes: Example::Environment("users:\n  # hatrack: allow(user-direct-policy): the auditor of March 2027 has no group\n  alice:\n    policies: [AmazonEC2ReadOnlyAccess]\n"),
    check: Check::Suppression,
};
