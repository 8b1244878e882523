//! Who asks, and whom policies name.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use std::fmt;

use crate::policy::arn;

/// Who makes a request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Caller {
    /// The root user of an account.
    Root {
        /// Partition and account.
        home: Home,
    },
    /// An IAM user.
    User {
        /// Partition and account.
        home: Home,
        /// Path and name, as in the ARN after `user/`.
        name: String,
    },
    /// A role: any session of it.
    Role {
        /// Partition and account.
        home: Home,
        /// Path and name, as in the ARN after `role/`.
        name: String,
    },
    /// One session of a role.
    Session {
        /// Partition and account.
        home: Home,
        /// The role's name, without its path, which such an ARN does not tell.
        role: String,
        /// The session's name.
        session: String,
    },
    /// A session of a user made by `GetFederationToken`.
    FederatedUser {
        /// Partition and account.
        home: Home,
        /// The name given to the session.
        name: String,
    },
    /// A service of AWS: `glue.amazonaws.com`.
    Service(String),
    /// Somebody an identity provider vouches for, by the provider: ARN or domain.
    Federated(String),
    /// An AWS account by its canonical user id.
    Canonical(String),
    /// Nobody known: a request without signature.
    Anonymous,
}

/// Where an identity of IAM lives.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Home {
    /// The partition.
    pub partition: String,
    /// The account's twelve digits.
    pub account: String,
}

/// How a policy's principal covers a caller; what it gives differs.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics-single-account.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cover {
    /// The caller itself, or everybody.
    Direct,
    /// The role or user behind the caller's session, whose limits hold.
    Behind,
    /// The caller's account, which decides itself.
    Account,
}

/// The identity provider that is named like a service.
const COGNITO: &str = "cognito-identity.amazonaws.com";
/// The name that stands for any role: none can have it.
const ANY: &str = "*";
/// An account that nobody has.
const NOBODYS: &str = "999999999999";

impl Caller {
    /// Any identity of an account of which nothing else is known.
    pub fn somebody(partition: &str, account: &str) -> Self {
        let home = Home { partition: partition.to_owned(), account: account.to_owned() };
        Self::Role { home, name: ANY.to_owned() }
    }

    /// Any identity of an account of which nothing is known.
    pub fn stranger(partition: &str) -> Self {
        Self::somebody(partition, NOBODYS)
    }

    /// Whether it stands for any identity of its account, which is taken to let it do anything.
    pub fn is_somebody(&self) -> bool {
        matches!(self, Self::Role { name, .. } if name == ANY)
    }

    /// Whether it stands for any identity of any account of which nothing is known.
    pub fn is_stranger(&self) -> bool {
        self.is_somebody() && self.account() == Some(NOBODYS)
    }

    /// Whom people would say it is, if that is not its ARN.
    pub fn in_words(&self) -> String {
        match self {
            Self::Anonymous => "everybody".to_owned(),
            Self::Role { .. } if self.is_stranger() => "everybody with an AWS account".to_owned(),
            Self::Role { home, .. } if self.is_somebody() => format!("whoever account {} lets", home.account),
            _ => self.to_string(),
        }
    }

    /// Reads an ARN, a service's name, an account number (its root), or `*` for nobody known.
    ///
    /// # Errors
    /// What it is not, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let no = || Err(format!("`{text}` is no principal: give the ARN of a user, a role or a session"));
        if matches!(text, "*" | "anonymous") {
            return Ok(Self::Anonymous);
        }
        if arn::is_account(text) {
            let home = Home { partition: "aws".to_owned(), account: text.to_owned() };
            return Ok(Self::Root { home });
        }
        let Some([_, partition, service, region, account, resource]) = arn::split(text) else {
            let canonical = text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
            return match text {
                _ if canonical => Ok(Self::Canonical(text.to_owned())),
                _ if text.contains(['/', ':', ' ', '*']) || !text.contains('.') => no(),
                // <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_cognito.html>
                COGNITO => Ok(Self::Federated(text.to_owned())),
                _ if text.contains(".amazonaws.") => Ok(Self::Service(text.to_owned())),
                _ => Ok(Self::Federated(text.to_owned())),
            };
        };
        let home = Home { partition: partition.to_owned(), account: account.to_owned() };
        if !arn::is_account(account) || !region.is_empty() || text.contains(['*', '?']) {
            return no();
        }
        let (kind, name) = resource.split_once('/').unwrap_or((resource, ""));
        let named = !name.is_empty() && !name.ends_with('/');
        let name = name.to_owned();
        match (service, kind) {
            ("iam", "root") if name.is_empty() => Ok(Self::Root { home }),
            ("iam", "user") if named => Ok(Self::User { home, name }),
            ("iam", "role") if named => Ok(Self::Role { home, name }),
            ("iam", "saml-provider" | "oidc-provider") if named => Ok(Self::Federated(text.to_owned())),
            ("sts", "federated-user") if named => Ok(Self::FederatedUser { home, name }),
            ("sts", "assumed-role") if named => match name.rsplit_once('/') {
                Some((role, session)) if !role.is_empty() => {
                    let role = role.rsplit('/').next().unwrap_or(role).to_owned();
                    Ok(Self::Session { home, role, session: session.to_owned() })
                }
                _ => no(),
            },
            _ => no(),
        }
    }

    /// Where it lives, if it is an identity of IAM.
    pub fn home(&self) -> Option<&Home> {
        match self {
            Self::Root { home }
            | Self::User { home, .. }
            | Self::Role { home, .. }
            | Self::Session { home, .. }
            | Self::FederatedUser { home, .. } => Some(home),
            Self::Service(_) | Self::Federated(_) | Self::Canonical(_) | Self::Anonymous => None,
        }
    }

    /// Its account, if it has one.
    pub fn account(&self) -> Option<&str> {
        self.home().map(|home| home.account.as_str())
    }

    /// Whether it is a role that a service made for itself.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html>
    pub fn is_service_linked(&self) -> bool {
        match self {
            Self::Role { name, .. } => name.starts_with("aws-service-role/"),
            Self::Session { role, .. } => role.starts_with("AWSServiceRoleFor"),
            _ => false,
        }
    }
}

/// As AWS writes it.
impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut arn = |service: &str, home: &Home, resource: &str| {
            write!(f, "arn:{}:{service}::{}:{resource}", home.partition, home.account)
        };
        match self {
            Self::Root { home } => arn("iam", home, "root"),
            Self::User { home, name } => arn("iam", home, &format!("user/{name}")),
            Self::Role { home, name } => arn("iam", home, &format!("role/{name}")),
            Self::Session { home, role, session } => {
                arn("sts", home, &format!("assumed-role/{role}/{session}"))
            }
            Self::FederatedUser { home, name } => arn("sts", home, &format!("federated-user/{name}")),
            Self::Service(name) | Self::Federated(name) | Self::Canonical(name) => f.write_str(name),
            Self::Anonymous => f.write_str("*"),
        }
    }
}

/// A principal that a statement names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Named {
    /// `*`.
    Everyone,
    /// An account: its root's ARN, or its number.
    Account(String),
    /// Someone in particular.
    Caller(Caller),
    /// What names nobody who could ask: an id of a deleted identity, a pattern.
    Nobody(String),
}

impl Named {
    /// Reads a value under a principal type (`AWS`, `Service`, …).
    pub fn new(kind: &str, value: &str) -> Self {
        let value_owned = || value.to_owned();
        match kind {
            "AWS" | "*" if value == "*" => Self::Everyone,
            "AWS" => match Caller::parse(value) {
                Ok(Caller::Root { home }) => Self::Account(home.account),
                Ok(caller) if caller.home().is_some() => Self::Caller(caller),
                _ => Self::Nobody(value_owned()),
            },
            "Service" => Self::Caller(Caller::Service(value_owned())),
            "Federated" => Self::Caller(Caller::Federated(value_owned())),
            "CanonicalUser" => Self::Caller(Caller::Canonical(value_owned())),
            _ => Self::Nobody(value_owned()),
        }
    }

    /// How it covers a caller, if it does.
    pub fn covers(&self, caller: &Caller) -> Option<Cover> {
        match self {
            Self::Everyone => Some(Cover::Direct),
            Self::Account(account) => (caller.account() == Some(account)).then_some(Cover::Account),
            Self::Caller(named) => named.covers(caller),
            Self::Nobody(_) => None,
        }
    }
}

impl Caller {
    fn covers(&self, caller: &Self) -> Option<Cover> {
        if self == caller {
            // A role is not who asks: its sessions do.
            let behind = matches!(caller, Self::Role { .. });
            return Some(if behind { Cover::Behind } else { Cover::Direct });
        }
        match (self, caller) {
            (Self::Federated(any), Self::Federated(_)) if any == "*" => Some(Cover::Direct),
            (Self::Role { home, name }, Self::Session { home: theirs, role, .. }) => {
                let same = home == theirs && name.rsplit('/').next() == Some(role);
                same.then_some(Cover::Behind)
            }
            _ => None,
        }
    }
}
