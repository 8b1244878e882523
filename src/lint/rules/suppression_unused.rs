//! A suppression that suppresses nothing.

use crate::diagnostic::Severity;
use crate::lint::{Check, Example, Rule};

pub(super) static RULE: Rule = Rule {
    id: "suppression-unused",
    severity: Severity::Warning,
    sentence: "A suppression suppresses nothing.",
    why: "What it once allowed is gone, or the comment stands at the wrong place. Left behind, it would hide the next finding without anybody having looked at it.",
    help: "take the comment away, or put it where the finding is",
    source: "docs/lint.md",
    trips: Example::Environment("users:\n  # hatrack: allow(user-direct-policy): nobody knows\n  alice: {}\n"),
    passes: Example::Environment("users:\n  # hatrack: allow(user-direct-policy): the auditor of March 2027 has no group\n  alice:\n    policies: [AmazonEC2ReadOnlyAccess]\n"),
    check: Check::Suppression,
};
