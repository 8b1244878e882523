//! Principals: which a document names, the same document with some left out or renamed, and their grammar.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use std::collections::BTreeSet;

use super::{Document, Element, Principals, Statement, arn};

/// The principal types there are.
pub(super) const KINDS: [&str; 4] = ["AWS", "Service", "Federated", "CanonicalUser"];

impl Document {
    /// Every `AWS` principal named in an Is-principal, as written in normal form (ARNs, `*`, unique ids).
    pub fn aws_principals(&self) -> BTreeSet<&str> {
        let named = self.statements.iter().filter_map(|s| match &s.principal {
            Some(Element::Is(principals)) => principals.get("AWS"),
            Some(Element::IsNot(_)) | None => None,
        });
        named.flatten().map(String::as_str).collect()
    }

    /// Unique ids of users and roles (`AIDA…`, `AROA…`) in `Principal` or `NotPrincipal`: what AWS shows for
    /// a principal that was deleted. The statement stays dead for it even when one of the same name is made
    /// again.
    pub fn dangling_principals(&self) -> BTreeSet<&str> {
        let named = self.statements.iter().filter_map(|s| s.principal.as_ref()?.value().get("AWS"));
        named.flatten().map(String::as_str).filter(|value| is_gone(value)).collect()
    }

    /// The same document with some `AWS` principals left out, and statements that then name nobody; none if
    /// none of them is named. May have no statement left. Leaves `NotPrincipal` alone, where leaving out
    /// would say more.
    pub fn without_principals(&self, absent: &BTreeSet<String>) -> Option<Self> {
        if !self.aws_principals().iter().any(|named| absent.contains(*named)) {
            return None;
        }
        let statements = self.statements.iter().filter_map(|statement| {
            let mut statement = statement.clone();
            if let Some(Element::Is(principals)) = &mut statement.principal
                && let Some(values) = principals.get_mut("AWS")
            {
                values.retain(|value| !absent.contains(value));
                principals.retain(|_, values| !values.is_empty());
                if principals.is_empty() {
                    return None;
                }
            }
            Some(statement)
        });
        Some(Self::new(self.version, self.id.clone(), statements.collect()))
    }

    /// The same document with `AWS` principals renamed, in `Principal` and `NotPrincipal`. Condition values
    /// stay: AWS does not tie them to an identity either.
    #[must_use]
    pub fn with_principals_renamed(&self, rename: &dyn Fn(&str) -> Option<String>) -> Self {
        let renamed = |mut principals: Principals| {
            if let Some(values) = principals.get_mut("AWS") {
                *values = values.iter().map(|v| rename(v).unwrap_or_else(|| v.clone())).collect();
            }
            principals
        };
        let statement = |s: &Statement| {
            let s = s.clone();
            Statement { principal: s.principal.map(|p| p.map(renamed)), ..s }
        };
        Self::new(self.version, self.id.clone(), self.statements.iter().map(statement).collect())
    }
}

/// Whether a principal is the id that AWS shows for a user or role that was deleted.
pub(super) fn is_gone(value: &str) -> bool {
    is_unique_id(value, &["AIDA", "AROA"])
}

/// Whether text has the form of an id that AWS invents, with one of these prefixes.
fn is_unique_id(text: &str, prefixes: &[&str]) -> bool {
    text.len() >= 16
        && prefixes.iter().any(|prefix| text.starts_with(prefix))
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

/// What is wrong, and the way out.
pub(super) type Fault = (String, Option<String>);

/// Whether an author may name this principal.
pub(super) fn check(kind: &str, value: &str, partition: &str) -> Result<(), Fault> {
    match kind {
        "AWS" => check_aws(value, partition),
        "Service" => check_service(value),
        "Federated" => check_federated(value, partition),
        "CanonicalUser" if value.len() == 64 && value.bytes().all(|b| b.is_ascii_hexdigit()) => Ok(()),
        _ => Err((
            format!("`{value}` is no canonical user id"),
            Some("it has 64 hexadecimal digits".to_owned()),
        )),
    }
}

fn check_aws(value: &str, partition: &str) -> Result<(), Fault> {
    let fault = |message: String, help: &str| Err((message, Some(help.to_owned())));
    if value == "*" || arn::is_account(value) {
        return Ok(());
    }
    if is_gone(value) {
        let kind = if value.starts_with("AIDA") { "user" } else { "role" };
        return fault(
            format!("`{value}` is what AWS shows for a {kind} that was deleted, and means nobody any more"),
            "name the user or role by its ARN, or leave it out",
        );
    }
    if is_unique_id(value, &["AGPA", "AIPA", "ANPA"]) {
        return fault(format!("`{value}` is an id that AWS invented"), "name the user or role by its ARN");
    }
    let Some([_, _, service, region, account, resource]) = arn::split(value) else {
        let accounts =
            "an `AWS` principal is `*`, an account number of twelve digits, or the ARN of a user or role";
        let service = "this is a service: write it under `Service` instead of `AWS`";
        let is_service = value.contains(".amazonaws.com");
        return fault(format!("`{value}` is no AWS principal"), if is_service { service } else { accounts });
    };
    in_partition(value, partition)?;
    if value.contains(['*', '?']) {
        return fault(
            format!("`{value}` has a wildcard, which AWS does not expand in a principal"),
            "name the account and narrow it with the condition `ArnLike: { aws:PrincipalArn: … }`",
        );
    }
    let (kind, name) = resource.split_once('/').unwrap_or((resource, ""));
    if kind == "group" {
        return fault(
            format!("`{value}` is a group, and a group is no principal"),
            "name its users, or a role that they may assume",
        );
    }
    let named = !name.is_empty() && !name.starts_with('/') && !name.ends_with('/');
    let session = name.split_once('/').is_some_and(|(role, session)| !role.is_empty() && !session.is_empty());
    let account_given = arn::is_account(account);
    // CloudFront's origin access identities are users of an account of this name.
    let fits = region.is_empty()
        && !value.contains("${")
        && match (service, kind) {
            ("iam", "root") => account_given && resource == "root",
            ("iam", "user") => named && (account_given || account == "cloudfront"),
            ("iam", "role") | ("sts", "federated-user") => named && account_given,
            ("sts", "assumed-role") => session && account_given,
            _ => false,
        };
    if fits {
        return Ok(());
    }
    fault(
        format!("`{value}` is no AWS principal"),
        "it is the ARN of an account's root, a user, a role, an assumed role's session or a federated user",
    )
}

fn check_service(value: &str) -> Result<(), Fault> {
    let word = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    if value.contains('.') && value.split('.').all(word) {
        return Ok(());
    }
    let help = if word(value) {
        format!("write `{value}.amazonaws.com`")
    } else {
        "a service is named like `ec2.amazonaws.com`".to_owned()
    };
    Err((format!("`{value}` is no service principal"), Some(help)))
}

fn check_federated(value: &str, partition: &str) -> Result<(), Fault> {
    if let Some([_, _, service, _, account, resource]) = arn::split(value) {
        in_partition(value, partition)?;
        let provider = ["saml-provider/", "oidc-provider/"].iter().any(|p| {
            resource.strip_prefix(p).is_some_and(|name| !name.is_empty() && !name.contains(['*', '?']))
        });
        if service == "iam" && arn::is_account(account) && provider {
            return Ok(());
        }
    } else if value.contains('.') && !value.contains(|c: char| c.is_whitespace() || "*?:".contains(c)) {
        return Ok(());
    }
    let help = "it is the ARN of a SAML or OIDC provider, or a provider's domain name";
    Err((format!("`{value}` is no identity provider"), Some(help.to_owned())))
}

/// Whether an ARN names this partition, or leaves it open.
pub(super) fn in_partition(value: &str, partition: &str) -> Result<(), Fault> {
    let Some([_, named, ..]) = arn::split(value) else { return Ok(()) };
    if named == partition || named.contains(['*', '?']) || named.contains("${") {
        return Ok(());
    }
    let help = arn::in_partition(value, partition).map(|right| format!("write `{right}`"));
    Err((format!("`{value}` is in partition `{named}`, and the account is in `{partition}`"), help))
}
