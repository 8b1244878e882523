//! Everything on everything.

use crate::diagnostic::Severity;
use crate::lint::cover::is_every_action;
use crate::lint::reach::{Guard, guard_of, is_everything};
use crate::lint::{Check, Example, Hit, Rule, Subject};
use crate::policy::Usage;

pub(super) static RULE: Rule = Rule {
    id: "full-admin",
    severity: Severity::SecurityWarning,
    sentence: "A statement allows every action on every resource.",
    why: "Whoever holds it owns the account: reads all data, deletes it, makes users, and takes rights from everybody \
          else. What limits all other people does not limit him, since he can take the limits away.",
    help: "name the actions and resources that are needed; keep administrators to a role that few people may assume, \
           with MFA",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege",
    trips: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#,
    ),
    passes: Example::Policy(
        Usage::Identity,
        r#"{"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-alpha/*"},
            {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}]}"#,
    ),
    check: Check::Document(check),
};

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    if !subject.gives_rights() {
        return vec![];
    }
    let all = |s: &&crate::policy::WrittenStatement| {
        is_everything(&s.statement) && guard_of(&s.statement) == Guard::Open
    };
    let spots = subject.allows().filter(all).filter_map(|s| {
        let spot = s.actions.iter().find(|spot| is_every_action(&spot.text))?;
        Some(Hit::at(&spot.pointer, "every action on every resource: whoever holds this owns the account"))
    });
    spots.collect()
}
