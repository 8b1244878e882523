//! A suppression whose date is past.

use crate::diagnostic::Severity;
use crate::lint::{Check, Example, Rule};

pub(super) static RULE: Rule = Rule {
    id: "suppression-expired",
    severity: Severity::Warning,
    sentence: "A suppression has ended.",
    why: "Somebody allowed this until a day that is past. Either it is to be mended now, or somebody has to look at it again and say until when.",
    help: "mend what it allowed, or give it a new date and reason",
    source: "docs/lint.md",
    trips: Example::Environment("users:\n  # hatrack: allow(user-direct-policy) until 2020-01-31: the auditor leaves in January\n  alice:\n    policies: [AmazonEC2ReadOnlyAccess]\n"),
    passes: Example::Environment("users:\n  # hatrack: allow(user-direct-policy) until 2999-01-31: the auditor leaves in January\n  alice:\n    policies: [AmazonEC2ReadOnlyAccess]\n"),
    check: Check::Suppression,
};
