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
    absent_key_allows,
    for_all_values_unguarded,
    inverted_guard,
    mfa_allow_if_exists,
    mfa_deny_without_if_exists,
    not_action_allow,
    policy_grammar,
    source_ip_without_via_service,
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
