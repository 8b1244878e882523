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
    bucket_administered_by_others,
    bucket_locks_everyone_out,
    bucket_of_another,
    bucket_only_through_endpoint,
    bucket_public,
    bucket_without_policy,
    confused_deputy,
    dangling_principal,
    mfa_of_service,
    not_action_allow,
    not_principal_allow,
    not_principal_deny,
    policy_grammar,
    policy_syntax,
    suppression_expired,
    suppression_malformed,
    suppression_unknown_rule,
    suppression_unused,
    suppression_without_reason,
    tls_not_demanded,
    trust_anyone,
    trust_foreign_account,
    trust_oidc_without_audience,
    trust_oidc_without_subject,
    trust_saml_without_audience,
    trust_wrong_action,
    unencrypted_upload_deny,
    user_direct_policy,
}

/// The rule of an id.
pub fn find(id: &str) -> Option<&'static Rule> {
    ALL.iter().copied().find(|rule| rule.id == id)
}
