//! The lock file: what the AWS managed policies that a project attaches said when somebody last looked.
//!
//! Holds the documents themselves, so that a pull request shows what AWS changed, and a digest of each, so that nobody
//! edits by hand what AWS is supposed to have said.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use sha2::{Digest as _, Sha256};

use super::source;
use super::tree::{Entry, Node, Value};
use crate::diagnostic::{Diagnostic, Source, Span, has_errors};
use crate::policy::Policy;
use crate::state::{AwsManaged, Partition, aws_managed_arn};

/// Its name, in the folder that holds `environments/`.
pub const LOCK_FILE: &str = "aws-managed.lock.yaml";

/// The version of the lock file's format that this hatrack writes and reads.
pub const LOCK_FORMAT_VERSION: i64 = 1;

const ABOUT: &str = "\
# What the AWS managed policies that these environments attach said when somebody last looked. `hatrack lock` writes
# this file, and `hatrack drift` tells what AWS has changed since. Not to be edited by hand.
";

/// An AWS managed policy of a partition, by path and name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AwsPolicyName {
    /// AWS's own policies differ from partition to partition.
    pub partition: Partition,
    /// As in its ARN after `policy/`.
    pub name: String,
}

/// What a lock file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    /// The policies, as they were.
    pub policies: BTreeMap<AwsPolicyName, AwsManaged>,
    /// Where each stands in the file: `aws-managed.lock.yaml:7`. Empty for one that was not read.
    pub places: BTreeMap<AwsPolicyName, String>,
}

impl AwsPolicyName {
    /// Its ARN.
    pub fn arn(&self) -> String {
        aws_managed_arn(&self.partition, &self.name)
    }

    fn of_arn(arn: &str) -> Option<Self> {
        let (partition, name) = arn.strip_prefix("arn:")?.split_once(":iam::aws:policy/")?;
        let whole = !partition.is_empty() && !partition.contains(':') && !name.is_empty();
        whole.then(|| Self { partition: Partition::new(partition), name: name.to_owned() })
    }
}

/// The SHA-256 digest of a document in normal form, in hexadecimal digits.
pub fn digest(document: &Policy) -> String {
    let bytes = Sha256::digest(document.to_text().as_bytes());
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

impl Lock {
    /// The file's text: the same for the same policies.
    ///
    /// # Errors
    /// None in practice: a document has nothing that YAML cannot say.
    pub fn to_text(&self) -> Result<String, String> {
        let Self { policies, places: _ } = self;
        let mut written = Map::new();
        for (name, AwsManaged { version, document }) in policies {
            let mut entry = Map::new();
            entry.insert(String::from("version"), Json::from(*version));
            entry.insert(String::from("sha256"), Json::from(digest(document)));
            let document = serde_json::to_value(document).map_err(|error| error.to_string())?;
            entry.insert(String::from("document"), document);
            written.insert(name.arn(), Json::Object(entry));
        }
        let mut whole = Map::new();
        whole.insert(String::from("lock_format"), Json::from(LOCK_FORMAT_VERSION));
        whole.insert(String::from("policies"), Json::Object(written));
        let text = serde_yaml::to_string(&Json::Object(whole)).map_err(|error| error.to_string())?;
        Ok(format!("{ABOUT}{text}"))
    }

    /// Reads a lock file's text; with all that is wrong with it.
    pub fn parse(source: &Arc<Source>) -> (Option<Self>, Vec<Diagnostic>) {
        let (tree, mut said) = source::parse(source);
        let Some(tree) = tree.filter(|_| !has_errors(&said)) else { return (None, said) };
        let mut lock = Self::default();
        if !format_is_ours(&tree, &mut said) {
            return (None, said);
        }
        only(&tree, &["lock_format", "policies"], &mut said);
        let policies = tree.get("policies");
        if !policies.is_some_and(|node| matches!(node.value, Value::Map(_))) {
            let span = policies.map_or_else(|| tree.span.clone(), |node| node.span.clone());
            said.push(wrong(span, "a lock file has a map `policies`"));
        }
        for entry in policies.map(Node::entries).unwrap_or_default() {
            let Entry { key, key_span, value } = entry;
            let Some(name) = AwsPolicyName::of_arn(key) else {
                said.push(wrong(
                    key_span.clone(),
                    format!("`{key}` is not the ARN of an AWS managed policy"),
                ));
                continue;
            };
            if let Some(policy) = policy(key_span, key, value, &name.partition, &mut said) {
                lock.places.insert(name.clone(), format!("{}:{}", source.name, key_span.line_column().0));
                lock.policies.insert(name, policy);
            }
        }
        ((!has_errors(&said)).then_some(lock), said)
    }
}

fn wrong(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Some(span), message)
        .help("nobody edits this file by hand: restore it, or let `hatrack lock` write it anew and look at what changes")
}

/// Whether a newer hatrack made the file: what it says is lost if it is written anew.
pub fn is_newer(source: &Arc<Source>) -> bool {
    let (tree, _) = source::parse(source);
    let format = tree.as_ref().and_then(|tree| tree.get("lock_format")).map(|node| &node.value);
    matches!(format, Some(Value::Integer(format)) if *format > LOCK_FORMAT_VERSION)
}

/// Said before all else, so that a newer file gets a better answer than "unknown key".
fn format_is_ours(tree: &Node, said: &mut Vec<Diagnostic>) -> bool {
    match tree.get("lock_format").map(|node| (&node.value, &node.span)) {
        Some((Value::Integer(LOCK_FORMAT_VERSION), _)) => true,
        Some((Value::Integer(other), span)) => {
            let made_by = if *other > LOCK_FORMAT_VERSION { "a newer" } else { "an older" };
            let message = format!(
                "the file has lock format {other}, and this hatrack reads format {LOCK_FORMAT_VERSION}: it was made \
                 by {made_by} hatrack"
            );
            said.push(Diagnostic::error(Some(span.clone()), message));
            false
        }
        _ => {
            said.push(wrong(
                tree.span.clone(),
                "this is not a lock file of hatrack: it has no `lock_format`",
            ));
            false
        }
    }
}

fn only(node: &Node, keys: &[&str], said: &mut Vec<Diagnostic>) {
    for entry in node.entries().iter().filter(|entry| !keys.contains(&entry.key.as_str())) {
        said.push(wrong(entry.key_span.clone(), format!("a lock file has no key `{}` here", entry.key)));
    }
}

fn policy(
    place: &Span,
    arn: &str,
    node: &Node,
    partition: &Partition,
    said: &mut Vec<Diagnostic>,
) -> Option<AwsManaged> {
    only(node, &["version", "sha256", "document"], said);
    let version = node.get("version").and_then(|node| match node.value {
        Value::Integer(number) => u32::try_from(number).ok().filter(|version| *version > 0),
        _ => None,
    });
    let document = node.get("document").map(|node| match &node.value {
        Value::Text(text) => Policy::Unreadable(text.clone()),
        _ => Policy::from_text(&node.to_json().to_string(), partition.as_str()),
    });
    let sha256 = node.get("sha256").and_then(|node| Some((node.text()?, &node.span)));
    let (Some(version), Some(document), Some((sha256, digest_place))) = (version, document, sha256) else {
        let message = format!(
            "`{arn}` lacks its `version`, its `sha256` or its `document`, or one is not as it should be"
        );
        said.push(wrong(place.clone(), message));
        return None;
    };
    if sha256 != digest(&document) {
        let message =
            format!("the document of `{arn}` is not the one that was locked: its digest is another");
        said.push(wrong(digest_place.clone(), message));
        return None;
    }
    Some(AwsManaged { version, document })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock() -> Lock {
        let document = Policy::from_text(
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Get*","no"],"Resource":"*",
                "Condition":{"Bool":{"aws:SecureTransport":"true"},"NumericLessThan":{"s3:max-keys":"10"}}}]}"#,
            "aws",
        );
        let name = |name: &str| AwsPolicyName { partition: Partition::new("aws"), name: name.to_owned() };
        let policies = [
            (name("service-role/A"), AwsManaged { version: 7, document }),
            (name("B"), AwsManaged { version: 1, document: Policy::Unreadable("null: ~\n- x".to_owned()) }),
        ];
        Lock { policies: policies.into(), places: BTreeMap::new() }
    }

    fn read(text: &str) -> (Option<Lock>, Vec<String>) {
        let source = Arc::new(Source { name: LOCK_FILE.to_owned(), text: text.to_owned() });
        let (lock, said) = Lock::parse(&source);
        let place = |d: &Diagnostic| d.span.as_ref().map(|s| s.line_column().0).unwrap_or_default();
        (lock, said.iter().map(|d| format!("{}: {}", place(d), d.message)).collect())
    }

    #[test]
    fn what_was_written_is_read() {
        let text = lock().to_text().unwrap();
        let (read, said) = read(&text);
        assert_eq!(said, Vec::<String>::new());
        let read = read.unwrap();
        assert_eq!(read.policies, lock().policies);
        assert_eq!(read.to_text().unwrap(), text);
        assert_eq!(read.places.values().next().unwrap(), "aws-managed.lock.yaml:5");
    }

    #[test]
    fn a_document_that_was_edited_is_refused_where_its_digest_stands() {
        let text = lock().to_text().unwrap().replace("s3:Get*", "s3:*");
        let (lock, said) = read(&text);
        assert_eq!(lock, None);
        let line = text.lines().position(|l| l.contains("service-role/A")).unwrap() + 3;
        assert_eq!(
            said,
            [format!(
                "{line}: the document of `arn:aws:iam::aws:policy/service-role/A` is not the one that was locked: its digest is another"
            )]
        );
    }

    #[test]
    fn what_is_no_lock_file_is_told_with_its_line() {
        for (text, wanted) in [
            ("", "1: this is not a lock file of hatrack: it has no `lock_format`"),
            ("policies: {}", "1: this is not a lock file of hatrack: it has no `lock_format`"),
            (
                "lock_format: 2\nnews: 1",
                "1: the file has lock format 2, and this hatrack reads format 1: it was made by a newer hatrack",
            ),
            ("lock_format: 1", "1: a lock file has a map `policies`"),
            ("lock_format: 1\npolicies: {}\nmore: 1", "3: a lock file has no key `more` here"),
            ("lock_format: 1\npolicies:\n  A: {}", "3: `A` is not the ARN of an AWS managed policy"),
            (
                "lock_format: 1\npolicies:\n  arn:aws:iam::aws:policy/A: 1",
                "3: `arn:aws:iam::aws:policy/A` lacks its `version`, its `sha256` or its `document`, or one is not as it should be",
            ),
        ] {
            let (lock, said) = read(text);
            assert_eq!((lock, said), (None, vec![wanted.to_owned()]), "{text}");
        }
    }
}
