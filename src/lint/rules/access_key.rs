//! Users with long-lived access keys.

use crate::diagnostic::Severity;
use crate::lint::{At, Check, Example, Hit, Live, Rule};
use crate::state::{CredentialKind, SettingKey};

pub(super) static RULE: Rule = Rule {
    id: "access-key",
    severity: Severity::Warning,
    sentence: "A user of the account has an access key that lives until somebody deletes it.",
    why: "Long-lived keys end up in notebooks, images and repositories, and work from anywhere until they are found. \
          Roles and sign-in sessions give credentials that end by themselves.",
    help: "delete the key; people sign in with `aws login` or assume a role, jobs run as a role",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#bp-workloads-use-roles",
    trips: Example::Account(
        "groups:\n  Scientists: {}\nusers:\n  alice: { groups: [Scientists] }\n",
        r#"{"111122223333:user/alice": {
            "core": {"user": {"path": "/"}},
            "settings": [{"credential": {"kind": "access-key", "id": "AKIAIOSFODNN7EXAMPLE"}}]}}"#,
    ),
    passes: Example::Account(
        "groups:\n  Scientists: {}\nusers:\n  alice: { groups: [Scientists] }\n",
        r#"{"111122223333:user/alice": {"core": {"user": {"path": "/"}}, "settings": ["sign-in"]}}"#,
    ),
    check: Check::State(check),
};

fn check(live: &Live<'_>) -> Vec<Hit> {
    if !live.found {
        return vec![];
    }
    let ours = live.state.resources.iter().filter(|(id, _)| live.ours.contains(*id));
    let keys = ours.flat_map(|(id, user)| {
        user.settings.keys().filter_map(move |key| {
            let SettingKey::Credential(CredentialKind::AccessKey, name) = key else { return None };
            let message = format!("user `{}` has the access key `{name}`, which does not end by itself", id.name);
            Some(Hit::new(At::Setting(id.clone(), Some(key.clone())), message))
        })
    });
    keys.collect()
}
