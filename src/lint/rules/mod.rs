//! The rules, one a file; the file's name is the rule's id.

use super::Rule;

macro_rules! rules {
    ($($name:ident),* $(,)?) => {
        $(mod $name;)*

        /// Every rule, in the order of the ids.
        pub static ALL: &[&Rule] = &[$(&$name::RULE),*];
    };
}

rules! {
    all_actions,
    all_resources,
    assume_role_any,
    broad_managed_policy_on_people,
    full_admin,
    not_action_allow,
    not_resource_allow,
    pass_role_any,
    pass_role_without_service,
    policy_grammar,
    policy_syntax,
    privilege_escalation,
    service_wildcard,
    suppression_expired,
    suppression_malformed,
    suppression_unknown_rule,
    suppression_unused,
    suppression_without_reason,
    user_direct_policy,
}

/// The rule of an id.
pub fn find(id: &str) -> Option<&'static Rule> {
    ALL.iter().copied().find(|rule| rule.id == id)
}
