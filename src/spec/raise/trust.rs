//! Trust policies in the short forms, where those say exactly the same; else statement by statement.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use super::Raising;
use super::statements::document;
use crate::policy::{Document, Effect, Element, Folded, Statement, Version};
use crate::spec::lower::trust::{PUBLIC_PROVIDERS, SERVICES, is_organization};
use crate::state::{AccountId, Kind, id_of_arn};

/// Conditions on their way into an item: operator → key → values.
type Conditions = BTreeMap<String, BTreeMap<Folded, BTreeSet<String>>>;

impl Raising<'_> {
    /// The value of `trust`.
    pub(super) fn trust(&self, trust: &Document) -> Json {
        if trust.version != Version::V2012 || trust.id.is_some() || trust.statements.is_empty() {
            return document(trust);
        }
        let items: Vec<Json> = trust.statements.iter().map(|statement| self.trusted(statement)).collect();
        match items.as_slice() {
            [only @ Json::String(_)] => only.clone(),
            _ => Json::Array(items),
        }
    }

    /// One item of `trust`: a short form if there is one, else the statement.
    pub(super) fn trusted(&self, statement: &Statement) -> Json {
        self.short(statement).unwrap_or_else(|| statement.to_json())
    }

    fn short(&self, statement: &Statement) -> Option<Json> {
        let Statement { sid, effect, principal, action, resource, conditions } = statement;
        let (Element::Is(actions), Some(Element::Is(principals))) = (action, principal) else { return None };
        if sid.is_some() || *effect != Effect::Allow || resource.is_some() {
            return None;
        }
        let action = only(actions)?.as_str();
        let (kind, values) = principals.iter().next().filter(|_| principals.len() == 1)?;
        let value = only(values)?.as_str();
        let is = |word: &str| action.eq_ignore_ascii_case(word);
        let mut conditions = conditions.clone();
        let item = match kind.as_str() {
            "Service" if is("sts:AssumeRole") => {
                let name = self.service(value);
                if conditions.is_empty() {
                    return Some(json!(name));
                }
                return Some(json!({"service": name, "conditions": tests(&conditions)}));
            }
            "Federated" => return self.federated(value, &is, &conditions),
            "AWS" if is("sts:AssumeRole") => self.principal(value, &mut conditions)?,
            _ => return None,
        };
        let mut item = item;
        if let Some(id) = single(&conditions, "StringEquals", "sts:ExternalId") {
            item.insert("external_id".to_owned(), id.into());
            take(&mut conditions, "StringEquals", "sts:ExternalId");
        }
        if single(&conditions, "Bool", "aws:MultiFactorAuthPresent").as_deref() == Some("true") {
            item.insert("require_mfa".to_owned(), true.into());
            take(&mut conditions, "Bool", "aws:MultiFactorAuthPresent");
        }
        if !conditions.is_empty() {
            item.insert("conditions".to_owned(), tests(&conditions));
        }
        Some(Json::Object(item))
    }

    fn service(&self, principal: &str) -> String {
        let china = self.around.scope.partition.as_str() == "aws-cn";
        if china && principal == "ec2.amazonaws.com.cn" {
            return "ec2".to_owned();
        }
        let short = principal.strip_suffix(".amazonaws.com").filter(|name| SERVICES.contains(name));
        short.filter(|name| !(china && *name == "ec2")).unwrap_or(principal).to_owned()
    }

    /// Who of some account; takes the condition out that a short form makes itself.
    fn principal(&self, value: &str, conditions: &mut Conditions) -> Option<Map<String, Json>> {
        let one = |key: &str, value: String| Some(Map::from_iter([(key.to_owned(), Json::String(value))]));
        if value == "*" {
            let organization = single(conditions, "StringEquals", "aws:PrincipalOrgID")?;
            if !is_organization(&organization) {
                return None;
            }
            take(conditions, "StringEquals", "aws:PrincipalOrgID");
            return one("org", organization);
        }
        if let Some(account) = self.root(value) {
            let named = single(conditions, "ArnEquals", "aws:PrincipalArn");
            let there = named.as_deref().and_then(|arn| id_of_arn(arn).map(|id| (id, arn.to_owned())));
            if let Some((id, arn)) = there
                && id.account == account
                && account != self.around.scope.account
                && matches!(id.kind, Kind::Role | Kind::User)
                && !arn.contains(['*', '?', '$'])
                && self.is_here(&arn)
            {
                take(conditions, "ArnEquals", "aws:PrincipalArn");
                return one(id.kind.word(), self.identity_name(&id, &arn));
            }
            let name = self.around.homes.get(&account).cloned();
            return one("account", name.unwrap_or_else(|| account.to_string()));
        }
        let id = id_of_arn(value)?;
        let own = id.account == self.around.scope.account && matches!(id.kind, Kind::Role | Kind::User);
        if !own || !self.is_here(value) {
            return None;
        }
        one(id.kind.word(), self.identity_name(&id, value))
    }

    /// Whether an ARN is of the environment's partition.
    fn is_here(&self, arn: &str) -> bool {
        arn.starts_with(&format!("arn:{}:", self.around.scope.partition))
    }

    fn root(&self, arn: &str) -> Option<AccountId> {
        let prefix = format!("arn:{}:iam::", self.around.scope.partition);
        arn.strip_prefix(&prefix)?.strip_suffix(":root")?.parse().ok()
    }

    /// A provider. Where the short form would ask for an audience that the statement does not name, there is none.
    fn federated(&self, value: &str, is: &dyn Fn(&str) -> bool, conditions: &Conditions) -> Option<Json> {
        let positive = |operator: &str| {
            !operator.contains("Not") && !operator.ends_with("IfExists") && operator != "Null"
        };
        let names = |suffix: &str| {
            conditions
                .iter()
                .filter(|(operator, _)| positive(operator))
                .any(|(_, keys)| keys.keys().any(|key| key.as_str().to_ascii_lowercase().ends_with(suffix)))
        };
        let name = if value.contains(":saml-provider/") {
            if !is("sts:AssumeRoleWithSAML") || !names("saml:aud") {
                return None;
            }
            value
        } else {
            let subject =
                names(":sub") || (names(":aud") && !value.contains("token.actions.githubusercontent.com"));
            if !is("sts:AssumeRoleWithWebIdentity") || !subject {
                return None;
            }
            let scope = &self.around.scope;
            let own = format!("arn:{}:iam::{}:oidc-provider/", scope.partition, scope.account);
            match value.strip_prefix(&own) {
                Some(domain)
                    if domain.contains('.')
                        && !domain.contains(':')
                        && !PUBLIC_PROVIDERS.contains(&domain) =>
                {
                    domain
                }
                _ if value.contains(":oidc-provider/") || PUBLIC_PROVIDERS.contains(&value) => value,
                _ => return None,
            }
        };
        Some(json!({"federated": name, "conditions": tests(conditions)}))
    }
}

fn only<T: Ord>(set: &BTreeSet<T>) -> Option<&T> {
    set.first().filter(|_| set.len() == 1)
}

/// The only value of a condition key under an operator.
fn single(conditions: &Conditions, operator: &str, key: &str) -> Option<String> {
    only(conditions.get(operator)?.get(&Folded(key.to_owned()))?).cloned()
}

fn take(conditions: &mut Conditions, operator: &str, key: &str) {
    if let Some(keys) = conditions.get_mut(operator) {
        keys.remove(&Folded(key.to_owned()));
        if keys.is_empty() {
            conditions.remove(operator);
        }
    }
}

/// Conditions as they are written.
fn tests(conditions: &Conditions) -> Json {
    let statement = Statement {
        sid: None,
        effect: Effect::Allow,
        principal: None,
        action: Element::Is(BTreeSet::new()),
        resource: None,
        conditions: conditions.clone(),
    };
    statement.to_json().get("Condition").cloned().unwrap_or_default()
}
