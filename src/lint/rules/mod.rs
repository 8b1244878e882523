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
    access_key,
    all_actions,
    all_resources,
    always_true_condition,
    assume_role_any,
    broad_managed_policy_on_people,
    bucket_administered_by_others,
    bucket_locks_everyone_out,
    bucket_of_another,
    bucket_only_through_endpoint,
    bucket_public,
    bucket_without_policy,
    confused_deputy,
    dangling_principal,
    date_past,
    date_soon,
    duplicate_statement,
    for_all_values_unguarded,
    full_admin,
    inverted_guard,
    literal_account,
    literal_partition,
    literal_region,
    mfa_allow_if_exists,
    mfa_deny_without_if_exists,
    mfa_of_service,
    not_action_allow,
    not_principal_allow,
    not_principal_deny,
    not_resource_allow,
    pass_role_any,
    pass_role_without_service,
    policy_grammar,
    policy_syntax,
    principal_arn_session,
    privilege_escalation,
    redundant_element,
    secret_literal,
    service_wildcard,
    set_operator_on_single,
    shadowed_statement,
    single_operator_on_many,
    source_ip_without_via_service,
    suppression_expired,
    suppression_malformed,
    suppression_unknown_rule,
    suppression_unused,
    suppression_without_reason,
    tag_condition_never_true,
    template_unused_parameter,
    tls_not_demanded,
    trust_anyone,
    trust_foreign_account,
    trust_oidc_without_audience,
    trust_oidc_without_subject,
    trust_saml_without_audience,
    trust_wrong_action,
    unencrypted_upload_deny,
    user_direct_policy,
    wildcard_not_expanded,
}

/// The rule of an id.
pub fn find(id: &str) -> Option<&'static Rule> {
    ALL.iter().copied().find(|rule| rule.id == id)
}
