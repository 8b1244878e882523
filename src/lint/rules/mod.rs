//! The rules, one a file; the file's name is the rule's id.

use super::Rule;

pub(in crate::lint) use tls_not_demanded::lets_plain_http;

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
    action_resource_mismatch,
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
    condition_key_not_for_action,
    confused_deputy,
    contradictory_condition,
    dangling_principal,
    date_past,
    date_soon,
    duplicate_sid,
    duplicate_statement,
    for_all_values_unguarded,
    full_admin,
    invalid_sid,
    inverted_guard,
    literal_account,
    literal_partition,
    literal_region,
    malformed_arn,
    malformed_principal,
    malformed_value,
    mfa_allow_if_exists,
    mfa_deny_without_if_exists,
    mfa_of_service,
    missing_version,
    not_action_allow,
    not_principal_allow,
    not_principal_deny,
    not_resource_allow,
    operator_type_mismatch,
    pass_role_any,
    pass_role_without_service,
    policy_grammar,
    policy_syntax,
    principal_arn_session,
    principal_not_allowed,
    privilege_escalation,
    public_policy_refused,
    quota_exceeded,
    redundant_element,
    resource_public,
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
    unknown_action,
    unknown_condition_key,
    unknown_service,
    unknown_service_principal,
    unknown_variable,
    user_direct_policy,
    variable_not_expanded,
    wildcard_not_expanded,
}

/// The rule of an id.
pub fn find(id: &str) -> Option<&'static Rule> {
    ALL.iter().copied().find(|rule| rule.id == id)
}
