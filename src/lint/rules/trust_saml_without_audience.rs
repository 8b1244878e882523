//! SAML sign-in without a word on the audience.

use crate::diagnostic::Severity;
use crate::lint::guard::{narrows, speaks_of};
use crate::lint::{Check, Example, Hit, Rule, Subject};
use crate::policy::Usage;

pub(super) static RULE: Rule = Rule {
    id: "trust-saml-without-audience",
    severity: Severity::Warning,
    sentence: "A trust policy takes SAML assertions that were made for somebody else.",
    why: "Without `SAML:aud` an assertion that the provider made for another application can be brought to AWS. AWS's \
          own examples ask for the address of its sign-in page.",
    help: "add `StringEquals: { SAML:aud: https://signin.aws.amazon.com/saml }`",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_saml.html",
    trips: Example::Policy(
        Usage::Trust,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/Corp"},
            "Action": "sts:AssumeRoleWithSAML"}}"#,
    ),
    passes: Example::Policy(
        Usage::Trust,
        r#"{"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Principal": {"Federated": "arn:aws:iam::111122223333:saml-provider/Corp"},
            "Action": "sts:AssumeRoleWithSAML",
            "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}}}"#,
    ),
    check: Check::Document(check),
};

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    let audience = ["SAML:aud", "SAML:recipient"];
    let open = subject.allows().filter(|s| {
        subject.written.usage == Usage::Trust
            && speaks_of(s, "sts:assumerolewithsaml")
            && !s.tests.iter().any(|test| narrows(test) && audience.iter().any(|key| test.is_of(key)))
    });
    let providers = open.flat_map(|s| &s.principals).filter(|p| p.kind == "Federated");
    let hits = providers.filter(|p| p.value.contains(":saml-provider/")).map(|p| {
        Hit::at(&p.pointer, format!("an assertion that `{}` made for any application is taken", p.value))
    });
    hits.collect()
}
