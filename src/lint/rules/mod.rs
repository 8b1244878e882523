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
    action_resource_mismatch,
    condition_key_not_for_action,
    contradictory_condition,
    duplicate_sid,
    invalid_sid,
    malformed_arn,
    malformed_principal,
    malformed_value,
    missing_version,
    not_action_allow,
    operator_type_mismatch,
    policy_grammar,
    policy_syntax,
    principal_not_allowed,
    quota_exceeded,
    suppression_expired,
    suppression_malformed,
    suppression_unknown_rule,
    suppression_unused,
    suppression_without_reason,
    unknown_action,
    unknown_condition_key,
    unknown_service,
    unknown_service_principal,
    unknown_variable,
    user_direct_policy,
    variable_not_expanded,
}

/// The rule of an id.
pub fn find(id: &str) -> Option<&'static Rule> {
    ALL.iter().copied().find(|rule| rule.id == id)
}
