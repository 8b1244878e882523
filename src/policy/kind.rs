//! A document in a file of its own: what it is for, which partition it speaks of, and whether AWS would take it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Document, Problem, Usage, arn, read, refused};

/// What a document is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DocumentKind {
    /// A managed or inline policy.
    Identity,
    /// A role's trust policy.
    Trust,
    /// A policy of a bucket, a key, a queue or another resource.
    Resource,
    /// A permissions boundary; written as an identity policy is.
    Boundary,
}

impl DocumentKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Identity, Self::Trust, Self::Resource, Self::Boundary];

    /// As one says it on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Trust => "trust",
            Self::Resource => "resource",
            Self::Boundary => "boundary",
        }
    }

    /// The grammar that documents of this kind are written in.
    pub fn usage(self) -> Usage {
        match self {
            Self::Identity | Self::Boundary => Usage::Identity,
            Self::Trust => Usage::Trust,
            Self::Resource => Usage::Bucket,
        }
    }

    /// The kind that a document looks to be of, however broken it is: with principals, no resources and only STS's
    /// actions it is a trust policy, also if services or providers are given a resource, with principals otherwise a resource's, without them an identity's. Nothing in
    /// a document tells a boundary from an identity policy.
    pub fn of(json: &Value) -> Self {
        let statements = statements(json);
        let has = |names: [&str; 2]| statements.iter().any(|(_, s)| names.iter().any(|n| s.get(n).is_some()));
        let principals = has(["Principal", "NotPrincipal"]);
        let actions =
            || statements.iter().filter_map(|(_, s)| s.get("Action").or_else(|| s.get("NotAction")));
        let sts = |action: &Value| {
            let prefix = action.as_str().and_then(|text| text.get(..4));
            prefix.is_some_and(|prefix| prefix.eq_ignore_ascii_case("sts:"))
        };
        let only_sts = actions().flat_map(one_or_more).all(sts) && actions().next().is_some();
        // A resource next to services or providers that take on a role is a mistake; next to accounts it can be the
        // policy of an endpoint.
        let takes_on = || {
            let named = statements.iter().filter_map(|(_, s)| s.get("Principal"));
            named.into_iter().all(|p| p.get("Service").is_some() || p.get("Federated").is_some())
        };
        match (principals, only_sts && (!has(["Resource", "NotResource"]) || takes_on())) {
            (true, true) => Self::Trust,
            (true, false) => Self::Resource,
            (false, _) => Self::Identity,
        }
    }
}

/// The one partition that all ARNs in some documents name; none if they name several, or there is no ARN.
pub fn partition_of<'a>(documents: impl IntoIterator<Item = &'a Value>) -> Option<String> {
    let mut named = BTreeSet::new();
    documents.into_iter().for_each(|document| partitions(document, &mut named));
    if named.len() == 1 { named.pop_first() } else { None }
}

fn partitions(json: &Value, named: &mut BTreeSet<String>) {
    match json {
        Value::String(text) => {
            let partition = arn::split(text).map(|[_, partition, ..]| partition);
            let given = partition.filter(|p| p.starts_with("aws") && !p.contains(['*', '?', '$']));
            named.extend(given.map(str::to_owned));
        }
        Value::Array(list) => list.iter().for_each(|item| partitions(item, named)),
        Value::Object(object) => object.values().for_each(|value| partitions(value, named)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

impl Document {
    /// Reads a whole document as leniently as AWS does: without a version it is of 2008-10-17, numbers and truth may
    /// be condition values, an account may be its number. What AWS refuses is refused, everything at once: in any
    /// policy, and if it is known what the document is for, in one of that kind.
    ///
    /// # Errors
    /// Each thing that makes it no policy.
    pub fn read_as_aws(
        json: &Value,
        partition: &str,
        kind: Option<DocumentKind>,
    ) -> Result<Self, Vec<Problem>> {
        let refused = refused::refused(json, kind);
        match read::found(json, partition) {
            Ok(document) if refused.is_empty() => Ok(document),
            Ok(_) => Err(refused),
            Err(problems) => Err(problems.into_iter().chain(refused).collect()),
        }
    }
}

/// The statements of a document, each with its pointer.
pub(super) fn statements(json: &Value) -> Vec<(String, &Value)> {
    match json.get("Statement") {
        Some(Value::Array(list)) => {
            list.iter().enumerate().map(|(at, s)| (format!("/Statement/{at}"), s)).collect()
        }
        Some(one) => vec![("/Statement".to_owned(), one)],
        None => vec![],
    }
}

/// The items of a list, or the one value that is none.
pub(super) fn one_or_more(value: &Value) -> &[Value] {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_document_shows_what_it_is_for() {
        let with = |statement: Value| json!({"Statement": [statement]});
        for (statement, kind) in [
            (json!({"Action": "s3:*", "Resource": "*"}), DocumentKind::Identity),
            (json!({"Action": "sts:AssumeRole", "Resource": "*"}), DocumentKind::Identity),
            (json!({"Principal": "*", "Action": ["sts:AssumeRole", "STS:TagSession"]}), DocumentKind::Trust),
            (json!({"Principal": {"AWS": "1"}, "Action": "s3:*", "Resource": "*"}), DocumentKind::Resource),
            (json!({"Principal": {"AWS": "1"}, "Action": "sts:*", "Resource": "*"}), DocumentKind::Resource),
            (
                json!({"Principal": {"Service": "a"}, "Action": "sts:AssumeRole", "Resource": "*"}),
                DocumentKind::Trust,
            ),
            (json!({"NotPrincipal": {"AWS": "1"}, "NotAction": "s3:*"}), DocumentKind::Resource),
            (json!({"Principal": "*"}), DocumentKind::Resource),
            (json!("nothing"), DocumentKind::Identity),
        ] {
            assert_eq!(DocumentKind::of(&with(statement.clone())), kind, "{statement}");
        }
    }

    #[test]
    fn the_partition_is_the_one_that_is_named() {
        for (texts, partition) in [
            (vec!["arn:aws-cn:s3:::b"], Some("aws-cn")),
            (vec!["arn:aws:s3:::b", "arn:aws-cn:s3:::b"], None),
            (vec!["arn:*:s3:::b", "arn:aws-us-gov:s3:::b"], Some("aws-us-gov")),
            (vec!["111122223333"], None),
        ] {
            assert_eq!(partition_of([&json!({"a": texts})]).as_deref(), partition, "{texts:?}");
        }
    }
}
