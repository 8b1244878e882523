//! `NotPrincipal` with Allow.

use crate::diagnostic::Severity;
use crate::lint::{Check, Example, Hit, Rule, Subject};
use crate::policy::Usage;

macro_rules! allow {
    ($principal:literal) => {
        concat!(
            r#"{"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "#,
            $principal,
            r#", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-lake/*"}, {
            "Effect": "Deny", "Principal": "*", "Action": "s3:*",
            "Resource": ["arn:aws:s3:::acme-lake", "arn:aws:s3:::acme-lake/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}"#
        )
    };
}

pub(super) static RULE: Rule = Rule {
    id: "not-principal-allow",
    severity: Severity::SecurityWarning,
    sentence: "A statement allows everybody but those it names.",
    why: "`Allow` with `NotPrincipal` lets in the whole internet, signed in or not, with a few exceptions, who can \
          come unsigned as well. AWS says never to use the two together.",
    help: "name who is let in under `Principal`",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html",
    trips: Example::Policy(
        Usage::Bucket,
        allow!(r#""NotPrincipal": {"AWS": "arn:aws:iam::111122223333:user/mallory"}"#),
    ),
    passes: Example::Policy(Usage::Bucket, allow!(r#""Principal": {"AWS": "arn:aws:iam::111122223333:user/alice"}"#)),
    check: Check::Document(check),
};

fn check(subject: &Subject<'_>) -> Vec<Hit> {
    let broad = subject.allows().filter(|s| s.is_not_principal());
    let hits = broad.map(|s| {
        let but: Vec<_> = s.principals.iter().map(|p| format!("`{}`", p.value)).collect();
        let at = format!("{}/NotPrincipal", s.pointer);
        Hit::at_key(&at, format!("this lets in everybody there is but {}", but.join(", ")))
    });
    hits.collect()
}
