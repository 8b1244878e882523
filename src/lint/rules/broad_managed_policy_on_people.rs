//! AWS managed policies that open much, on people.

use std::collections::BTreeSet;

use crate::diagnostic::Severity;
use crate::lint::cover::{ROLES, is_star, resources};
use crate::lint::escalation;
use crate::lint::reach::{Guard, Reach, guard_of};
use crate::lint::{At, Check, Example, Held, Hit, Identity, Rule};
use crate::policy::catalogue::{self, AccessLevel, Action};
use crate::policy::{Effect, Folded, Written};
use crate::state::{Kind, PolicyReference};

pub(super) static RULE: Rule = Rule {
    id: "broad-managed-policy-on-people",
    severity: Severity::SecurityWarning,
    sentence: "A user or group has a managed policy of AWS that lets its holder become more than was meant.",
    why: "AWS's own policies fit every account and so no account in particular. Those whose names end in `FullAccess` \
          often pass any role of the account on to a service, or change who may do what: through a notebook or a job \
          a person then acts as the most powerful role that trusts the service.",
    help: "give people a policy of your own that names the actions, the resources and the roles they need",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html",
    trips: Example::Environment("groups:\n  Analysts:\n    policies: [AmazonSageMakerFullAccess]\n"),
    passes: Example::Environment("groups:\n  Analysts:\n    policies: [AmazonEC2ReadOnlyAccess]\n"),
    check: Check::Identity(check),
};

/// How many actions or services a message names.
const NAMED_MAX: usize = 3;

fn check(identity: &Identity<'_>) -> Vec<Hit> {
    let Some(id) = identity.id.filter(|id| matches!(id.kind, Kind::User | Kind::Group)) else { return vec![] };
    let own = identity.held.iter().enumerate().filter(|(_, held)| held.holder == Some(id));
    own.filter_map(|(number, held)| {
        let (name, opening) = of_policy(held)?;
        let message = format!("`{name}` on {} `{}` {opening}", id.kind.word(), id.name);
        Some(Hit::new(At::Held(number, String::new()), message))
    })
    .collect()
}

fn of_policy<'h>(held: &'h Held<'_>) -> Option<(&'h str, String)> {
    let Some(PolicyReference::Aws(name)) = held.managed else { return None };
    Some((name, opening(&held.written)?))
}

/// What a document opens: the worst there is to say of it.
fn opening(written: &Written) -> Option<String> {
    let reach = Reach::of_document(written, None);
    if reach.is_administrator() {
        return Some("gives every right there is".to_owned());
    }
    if let Some(all_but) = all_but(written) {
        return Some(format!("gives every right there is but {all_but}"));
    }
    let direct = escalation::direct(&reach);
    if let Some(method) = direct.first() {
        return Some(format!("lets its holder {}, with {}", method.gain, method.actions()));
    }
    if let Some(services) = passes_any_role(&reach) {
        let passes = format!("passes any role of the account to {services}");
        return Some(match escalation::by_passing(&reach).first() {
            Some(method) => format!("{passes}, so that its holder can {}", method.gain),
            None => format!("{passes}, which then acts as that role"),
        });
    }
    let opens = changes_permissions(written);
    (!opens.is_empty()).then(|| format!("changes who may do what on every resource, with {}", list(opens)))
}

/// The actions left out by a statement that allows all others everywhere.
fn all_but(written: &Written) -> Option<String> {
    let broad = written.statements.iter().find(|s| {
        s.allows() && s.is_not_action() && s.resources.iter().any(|r| is_star(&r.text)) && !s.is_not_resource()
    })?;
    Some(list(broad.actions.iter().map(|action| action.text.clone()).collect()))
}

fn passes_any_role(reach: &Reach<'_>) -> Option<String> {
    let grants = reach.grants("iam:PassRole", ROLES);
    let broad: Vec<_> = grants.iter().filter(|grant| grant.spans(ROLES, None)).collect();
    if broad.iter().any(|grant| grant.services.is_none()) {
        return Some("any service".to_owned());
    }
    let services: BTreeSet<String> = broad.iter().filter_map(|g| g.services.clone()).flatten().collect();
    (!services.is_empty()).then(|| list(services.into_iter().collect()))
}

/// Actions on all resources that change who may do what.
fn changes_permissions(written: &Written) -> Vec<String> {
    let broad = written.document.statements.iter().filter(|s| {
        let (named, is_not) = resources(s);
        s.effect == Effect::Allow
            && !s.action.is_not()
            && !is_not
            && named.iter().any(|pattern| is_star(pattern))
            && guard_of(s) == Guard::Open
    });
    let actions = broad.flat_map(|s| s.action.value()).map(Folded::as_str).flat_map(catalogue::expand);
    let opens = actions.filter(|action| opens_to_others(action));
    let names: BTreeSet<String> = opens.map(Action::full_name).collect();
    names.into_iter().collect()
}

/// Whether an action gives others access. The level alone does not tell: it is also that of actions that take access
/// away, or look at it.
fn opens_to_others(action: &Action) -> bool {
    let begins = ["Put", "Set", "Add", "Attach", "Create", "Update"];
    let ends = ["Policy", "Permission", "Permissions", "Acl"];
    let not_of_access = ["ec2:CreateNetworkInterfacePermission", "cloudformation:SetStackPolicy"];
    action.level == AccessLevel::PermissionsManagement
        && begins.iter().any(|begin| action.name.starts_with(begin))
        && ends.iter().any(|end| action.name.ends_with(end))
        && !not_of_access.contains(&action.full_name().as_str())
}

fn list(names: Vec<String>) -> String {
    let named: Vec<String> = names.iter().take(NAMED_MAX).map(|name| format!("`{name}`")).collect();
    match names.len().saturating_sub(NAMED_MAX) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}
