//! Policies on a user rather than on a group.

use crate::diagnostic::Severity;
use crate::lint::{At, Check, Example, Hit, Live, Rule};
use crate::state::{Kind, SettingKey};

pub(super) static RULE: Rule = Rule {
    id: "user-direct-policy",
    severity: Severity::Warning,
    sentence: "A policy is attached to a user, or written into one, instead of a group.",
    why: "Rights that hang on one person are found by nobody who reviews groups, and stay when the person changes \
          teams. What a job needs belongs to a group or to a role that its members assume.",
    help: "give it to a group, and make the user a member",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html",
    trips: Example::Environment("users:\n  alice:\n    policies: [AmazonEC2ReadOnlyAccess]\n"),
    passes: Example::Environment(
        "groups:\n  Viewers:\n    policies: [AmazonEC2ReadOnlyAccess]\nusers:\n  alice: { groups: [Viewers] }\n",
    ),
    check: Check::State(check),
};

fn check(live: &Live<'_>) -> Vec<Hit> {
    let users = live.state.resources.iter().filter(|(id, _)| id.kind == Kind::User && live.ours.contains(*id));
    let direct = users.flat_map(|(id, user)| {
        user.settings.keys().filter_map(move |key| {
            let what = match key {
                SettingKey::Attached(policy) => format!("policy `{policy}`"),
                SettingKey::Inline(name) => format!("inline policy `{name}`"),
                _ => return None,
            };
            let at = At::Setting(id.clone(), Some(key.clone()));
            Some(Hit::new(at, format!("{what} is on user `{}` itself", id.name)))
        })
    });
    direct.collect()
}
