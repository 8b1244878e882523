//! Who may assume a role: the short forms, each compiled to one statement of the trust policy.

use serde_json::{Map, Value, json};

use super::estate::Sought;
use super::statements::nothing;
use super::{Lowering, under};
use crate::diagnostic::did_you_mean;
use crate::policy::{Policy, Usage};
use crate::spec::tree::Node;
use crate::state::{AccountId, Kind, ResourceId};

/// Services that assume roles, by the first part of their principal. Any other is written in full.
pub(in crate::spec) const SERVICES: [&str; 40] = [
    "airflow",
    "airflow-env",
    "apigateway",
    "appflow",
    "athena",
    "backup",
    "batch",
    "bedrock",
    "cloudformation",
    "cloudtrail",
    "codebuild",
    "codepipeline",
    "comprehend",
    "config",
    "databrew",
    "datasync",
    "dms",
    "ec2",
    "ecs",
    "ecs-tasks",
    "eks",
    "elasticmapreduce",
    "emr-containers",
    "emr-serverless",
    "events",
    "firehose",
    "glue",
    "kinesisanalytics",
    "lakeformation",
    "lambda",
    "pipes",
    "quicksight",
    "redshift",
    "s3",
    "sagemaker",
    "scheduler",
    "ssm",
    "states",
    "transfer",
    "vpc-flow-logs",
];

/// Identity providers that are their own principal, without a provider made in the account.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>
pub(in crate::spec) const PUBLIC_PROVIDERS: [&str; 4] =
    ["accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com", "www.amazon.com"];

const WHO: [&str; 6] = ["service", "account", "role", "user", "federated", "org"];
const EXTRAS: [&str; 3] = ["external_id", "require_mfa", "conditions"];

/// A statement in the making.
struct Trusted {
    principal: Value,
    action: &'static str,
    conditions: Map<String, Value>,
}

impl Trusted {
    fn new(principal: Value) -> Self {
        Self { principal, action: "sts:AssumeRole", conditions: Map::new() }
    }

    /// Adds a condition; false if the key has a value already.
    fn when(&mut self, operator: &str, key: &str, value: Value) -> bool {
        let keys = self.conditions.entry(operator).or_insert_with(|| json!({}));
        let Some(keys) = keys.as_object_mut() else { return false };
        if keys.keys().any(|k| k.eq_ignore_ascii_case(key)) {
            return false;
        }
        keys.insert(key.to_owned(), value);
        true
    }

    fn statement(self) -> Value {
        let mut statement = json!({"Effect": "Allow", "Principal": self.principal, "Action": self.action});
        if let (false, Some(keys)) = (self.conditions.is_empty(), statement.as_object_mut()) {
            keys.insert("Condition".to_owned(), self.conditions.into());
        }
        statement
    }
}

impl Lowering<'_> {
    /// The trust policy that stands at a pointer.
    pub(super) fn trust(&mut self, role: &ResourceId, pointer: &str) -> Policy {
        let authored = self.home.node(pointer).map(Node::to_json).unwrap_or_default();
        let (items, listed) = match authored {
            // What is written in IAM's capitals is IAM's.
            Value::Object(keys) if keys.keys().any(|key| key.starts_with(char::is_uppercase)) => {
                return self.document(role, None, pointer, Usage::Trust);
            }
            Value::Array(items) => (items, true),
            one => (vec![one], false),
        };
        if items.is_empty() {
            let said = self.at(pointer, "nobody is named");
            self.say(said.help(format!("name one of {}", WHO.join(", "))));
        }
        // Each item makes one statement, so a problem in statement n stands in item n.
        let mut places = vec![];
        let mut statements = vec![];
        for (n, item) in items.into_iter().enumerate() {
            let place = if listed { format!("{pointer}/{n}") } else { pointer.to_owned() };
            let raw =
                item.as_object().is_some_and(|keys| keys.keys().any(|k| k.starts_with(char::is_uppercase)));
            let statement = match item {
                Value::String(service) => {
                    self.service(&service, &place).map(|principal| Trusted::new(principal).statement())
                }
                Value::Object(_) if raw => Some(item),
                Value::Object(keys) => self.trusted(&keys, &place).map(Trusted::statement),
                _ => {
                    let said = self.at(&place, "expected a service or `{ account: … }`");
                    self.say(said.help(format!("one of {}", WHO.join(", "))));
                    None
                }
            };
            if let Some(statement) = statement {
                statements.push(statement);
                places.push((place, raw));
            }
        }
        if statements.is_empty() {
            return nothing();
        }
        let home = self.home;
        let conditions = |place: &str| home.node(&under(place, "conditions")).is_some();
        let place = |at: &str| {
            let mut steps = at.trim_start_matches('/').splitn(2, '/');
            let item = steps.next().and_then(|n| n.parse::<usize>().ok()).and_then(|n| places.get(n));
            match item {
                Some((place, true)) => steps.next().map_or(place.clone(), |rest| format!("{place}/{rest}")),
                // What was compiled is put where it was said: `conditions`, or the item as a whole.
                Some((place, false)) => match steps.next().and_then(|rest| rest.strip_prefix("Condition")) {
                    Some(rest) if conditions(place) => format!("{place}/conditions{rest}"),
                    _ => place.clone(),
                },
                None => pointer.to_owned(),
            }
        };
        self.read_document(role, None, &statements.into(), Usage::Trust, &place)
    }

    fn trusted(&mut self, keys: &Map<String, Value>, place: &str) -> Option<Trusted> {
        let known = |key: &str| WHO.contains(&key) || EXTRAS.contains(&key);
        for key in keys.keys().filter(|key| !known(key)) {
            let near = did_you_mean(key, WHO.into_iter().chain(EXTRAS));
            let help = near.map_or_else(
                || format!("known here: {}, {}", WHO.join(", "), EXTRAS.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            self.say(self.at_key(&under(place, key), format!("unknown key `{key}`")).help(help));
        }
        let named: Vec<&str> = WHO.into_iter().filter(|who| keys.contains_key(*who)).collect();
        let [who] = named.as_slice() else {
            let said = match named.as_slice() {
                // A misspelt key was told already.
                [] if keys.keys().any(|key| !known(key)) => return None,
                [] => self.at(place, "nobody is named"),
                _ => self.at(place, format!("`{}` stand in one item", named.join("` and `"))),
            };
            self.say(said.help(format!("each item names one of {}", WHO.join(", "))));
            return None;
        };
        let pointer = under(place, who);
        let Some(text) = keys.get(*who).and_then(Value::as_str) else {
            let said = self.at(&pointer, format!("expected text for `{who}`"));
            let number = *who == "account";
            let help = "write account numbers in quotation marks: \"111122223333\"";
            self.say(if number { said.help(help) } else { said });
            return None;
        };
        let mut trusted = match *who {
            "service" => Trusted::new(self.service(text, &pointer)?),
            "account" => Trusted::new(json!({"AWS": self.account(text, &pointer)?})),
            "role" => self.identity(Kind::Role, text, &pointer)?,
            "user" => self.identity(Kind::User, text, &pointer)?,
            "federated" => self.federated(text, &pointer)?,
            _ => self.organization(text, &pointer)?,
        };
        self.extras(&mut trusted, keys, who, place);
        if *who == "federated" {
            self.audience(&mut trusted, text, place);
        }
        Some(trusted)
    }

    /// The conditions beside the one who is named.
    fn extras(&mut self, trusted: &mut Trusted, keys: &Map<String, Value>, who: &str, place: &str) {
        for extra in ["external_id", "require_mfa"] {
            if keys.contains_key(extra) && matches!(who, "service" | "federated") {
                let said = self.at_key(&under(place, extra), format!("`{extra}` means nothing for `{who}`"));
                self.say(
                    said.help(format!("a {who} principal never sends it, so nobody could assume the role")),
                );
            }
        }
        match keys.get("external_id") {
            None => {}
            Some(Value::String(id)) => {
                trusted.when("StringEquals", "sts:ExternalId", json!(id));
            }
            Some(_) => self.say(self.at(&under(place, "external_id"), "expected text for `external_id`")),
        }
        match keys.get("require_mfa") {
            None | Some(Value::Bool(false)) => {}
            Some(Value::Bool(true)) => {
                trusted.when("Bool", "aws:MultiFactorAuthPresent", json!("true"));
            }
            Some(_) => self.say(self.at(&under(place, "require_mfa"), "expected `true` or `false`")),
        }
        let Some(conditions) = keys.get("conditions") else { return };
        let pointer = under(place, "conditions");
        let Some(conditions) = conditions.as_object() else {
            let said = self.at(&pointer, "expected a map for `conditions`");
            return self.say(said.help("as in a statement: { StringEquals: { key: value } }"));
        };
        for (operator, tests) in conditions {
            let Some(tests) = tests.as_object() else {
                self.say(self.at(&under(&pointer, operator), format!("expected a map for `{operator}`")));
                continue;
            };
            for (key, value) in tests {
                if !trusted.when(operator, key, value.clone()) {
                    let place = under(&under(&pointer, operator), key);
                    self.say(self.at_key(&place, format!("`{key}` is tested twice with `{operator}`")));
                }
            }
        }
    }

    /// A provider signs in whoever uses it: without a word on audience or subject, anybody's app, pool, repository or
    /// pod may assume the role. SAML has one audience that fits; for the others only the author knows.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html>
    fn audience(&mut self, trusted: &mut Trusted, provider: &str, place: &str) {
        let names = |suffix: &str| {
            trusted.conditions.iter().any(|(operator, keys)| {
                let positive =
                    !operator.contains("Not") && !operator.ends_with("IfExists") && operator != "Null";
                let keys = keys.as_object().into_iter().flat_map(Map::keys);
                positive && keys.into_iter().any(|key| key.to_ascii_lowercase().ends_with(suffix))
            })
        };
        if trusted.action == "sts:AssumeRoleWithSAML" {
            if !names("saml:aud") {
                let host = match self.home.info.partition.as_str() {
                    "aws-cn" => "signin.amazonaws.cn",
                    "aws-us-gov" => "signin.amazonaws-us-gov.com",
                    _ => "signin.aws.amazon.com",
                };
                trusted.when("StringEquals", "SAML:aud", json!(format!("https://{host}/saml")));
            }
        } else if !names(":sub")
            && (provider.contains("token.actions.githubusercontent.com") || !names(":aud"))
        {
            let said = self.at(
                &under(place, "federated"),
                format!("everybody who signs in with `{provider}` could assume the role"),
            );
            self.say(said.help(
                "say who may: `conditions: { StringEquals: { \"PROVIDER:aud\": …, \"PROVIDER:sub\": … } }`",
            ));
        }
    }

    /// A service's principal, from its short or full name.
    fn service(&mut self, text: &str, pointer: &str) -> Option<Value> {
        let full = text.ends_with(".amazonaws.com") || text.ends_with(".amazonaws.com.cn");
        let principal = if full {
            text.to_owned()
        } else if text == "ec2" && self.home.info.partition.as_str() == "aws-cn" {
            // The one service of ours whose principal has the suffix of China's partition.
            "ec2.amazonaws.com.cn".to_owned()
        } else if SERVICES.contains(&text) {
            format!("{text}.amazonaws.com")
        } else {
            let help = did_you_mean(text, SERVICES).map_or_else(
                || "write its principal in full: `NAME.amazonaws.com`".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            self.say(self.at(pointer, format!("`{text}` is no service that hatrack knows")).help(help));
            return None;
        };
        Some(json!({"Service": principal}))
    }

    /// An account's root principal: everybody there whom that account lets.
    fn account(&mut self, text: &str, pointer: &str) -> Option<String> {
        let account = match self.estate.home(text) {
            Some(home) => home.info.account.clone(),
            None if self.estate.is_unread(text) => return None,
            None => match text.parse::<AccountId>() {
                Ok(account) => account,
                Err(_) => {
                    let (message, help) = self.estate.no_such_environment(text);
                    self.say(self.at(pointer, message).help(help));
                    return None;
                }
            },
        };
        Some(self.root(&account))
    }

    fn root(&self, account: &AccountId) -> String {
        format!("arn:{}:iam::{account}:root", self.home.info.partition)
    }

    /// A role or user. In the own account it is the principal itself: AWS remembers its unique id, and
    /// planning knows of that tie and puts the trust policy again when the identity is made anew. Nothing
    /// tells us when another account does so, and its identity may not even exist yet, which AWS refuses in a
    /// principal; so there the account is trusted on the condition of the ARN, which AWS compares as text.
    fn identity(&mut self, kind: Kind, text: &str, pointer: &str) -> Option<Trusted> {
        match self.estate.identity(self.home, kind, text) {
            Sought::Found { account, arn } if account == self.home.info.account => {
                Some(Trusted::new(json!({"AWS": arn})))
            }
            Sought::Found { account, arn } => {
                let mut trusted = Trusted::new(json!({"AWS": self.root(&account)}));
                trusted.when("ArnEquals", "aws:PrincipalArn", json!(arn));
                Some(trusted)
            }
            Sought::Unread => None,
            Sought::Missing { message, help } => {
                self.say(self.at(pointer, message).help(help));
                None
            }
        }
    }

    /// An OIDC or SAML provider, by ARN; an OIDC provider of the own account by its domain.
    fn federated(&mut self, text: &str, pointer: &str) -> Option<Trusted> {
        let info = &self.home.info;
        let web = "sts:AssumeRoleWithWebIdentity";
        let (provider, action) = if text.contains(":saml-provider/") {
            (text.to_owned(), "sts:AssumeRoleWithSAML")
        } else if text.contains(":oidc-provider/") || PUBLIC_PROVIDERS.contains(&text) {
            (text.to_owned(), web)
        } else if text.contains('.') && !text.contains(':') {
            (format!("arn:{}:iam::{}:oidc-provider/{text}", info.partition, info.account), web)
        } else {
            let said = self.at(pointer, format!("`{text}` is no identity provider"));
            self.say(said.help("write the ARN of an OIDC or SAML provider, or an OIDC provider's domain"));
            return None;
        };
        Some(Trusted { action, ..Trusted::new(json!({"Federated": provider})) })
    }

    fn organization(&mut self, text: &str, pointer: &str) -> Option<Trusted> {
        if !is_organization(text) {
            let said = self.at(pointer, format!("`{text}` is no organization id"));
            self.say(said.help("`o-` and ten to 32 lower-case letters and digits"));
            return None;
        }
        let mut trusted = Trusted::new(json!({"AWS": "*"}));
        trusted.when("StringEquals", "aws:PrincipalOrgID", json!(text));
        Some(trusted)
    }
}

/// Whether a text is the id of an organization.
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html>
pub(in crate::spec) fn is_organization(text: &str) -> bool {
    let id = text.strip_prefix("o-").unwrap_or_default();
    (10..=32).contains(&id.len()) && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
}
