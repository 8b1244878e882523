//! The root user, who may do everything and whom no policy of the account limits.

use crate::audit::{Check, Facts, Measure, Seen};
use crate::diagnostic::Severity;

const SUBJECT: &str = "root";

/// For how long a use of the root user is news.
const USED_DAYS: u16 = 30;

pub(super) static WITHOUT_MFA: Check = Check {
    id: "root-without-mfa",
    severity: Severity::SecurityWarning,
    sentence: "The root user signs in without an MFA device.",
    why: "Whoever learns its password, or can read its mailbox and reset it, owns the account.",
    help: "sign in as root and add a passkey or a hardware device under Security credentials; members of an \
           organization can have no root credentials at all",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-best-practices.html",
    look: |facts, _, seen| {
        let Some(summary) = seen.known(&facts.summary) else { return };
        if !summary.mfa && summary.password != Some(false) {
            seen.hit(SUBJECT, "the root user has no MFA device");
        }
    },
};

pub(super) static ACCESS_KEY: Check = Check {
    id: "root-access-key",
    severity: Severity::SecurityWarning,
    sentence: "The root user has an access key.",
    why: "The key may do everything, from anywhere, without MFA, and no policy of the account can limit it.",
    help: "sign in as root and delete it, after whatever uses it has a role",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-best-practices.html",
    look: |facts, _, seen| {
        let Some(summary) = seen.known(&facts.summary) else { return };
        if summary.access_keys > 0 {
            seen.hit(SUBJECT, "the root user has an access key");
        }
    },
};

pub(super) static CERTIFICATE: Check = Check {
    id: "root-certificate",
    severity: Severity::SecurityWarning,
    sentence: "The root user has a signing certificate.",
    why: "It signs requests as root does, as an access key would.",
    help: "sign in as root and delete it",
    source: "https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html",
    look: |facts, _, seen| {
        let Some(summary) = seen.known(&facts.summary) else { return };
        if summary.certificates > 0 {
            seen.hit(SUBJECT, "the root user has a signing certificate");
        }
    },
};

pub(super) static USED: Check = Check {
    id: "root-used",
    severity: Severity::Warning,
    sentence: "The root user was used within the last 30 days.",
    why: "Few things need it. A use that nobody planned is the first sign that somebody else has it.",
    help: "find out who it was and what for: CloudTrail has it under the user name `root`",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-tasks.html",
    look: used,
};

fn used(facts: &Facts, measure: &Measure, seen: &mut Seen) {
    let Some(root) = seen.known(&facts.root) else { return };
    let ways = [("password", "password", root.password_used), ("access-key", "access key", root.key_used)];
    for (name, what, used) in ways {
        if let Some(used) = used.filter(|used| !measure.is_over(*used, USED_DAYS)) {
            seen.hit(
                format!("{SUBJECT}-{name}"),
                format!("the root user's {what} was used on {}", super::day(used)),
            );
        }
    }
}
