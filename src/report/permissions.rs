//! The policies that hatrack itself needs, as data and in words.

use std::collections::BTreeMap;

use serde_json::Value;

use super::json;
use crate::plan::permissions::{Purpose, room};
use crate::policy::Document;
use crate::state::AccountId;
use crate::state::quota::Quota;

/// The policies for some environments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PermissionsReport {
    /// What they are for.
    pub purpose: Purpose,
    /// One entry an account.
    pub accounts: Vec<AccountPermissions>,
    /// For whoever starts hatrack, if it works as other roles.
    pub caller: Option<Document>,
}

/// The policies of one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountPermissions {
    /// The account.
    pub account: AccountId,
    /// Its environments, by name.
    pub environments: Vec<String>,
    /// The ARN of the role that hatrack works as there; none if it works as whoever starts it.
    pub role: Option<String>,
    /// What must be allowed there. Several only where one would be over AWS's quota.
    pub documents: Vec<Document>,
}

/// The key of the caller's policies, where all others are accounts.
const CALLER: &str = "caller";

impl PermissionsReport {
    /// As JSON: account → documents, ready for AWS.
    pub fn json(&self) -> String {
        let listed = |documents: &[Document]| Value::Array(documents.iter().map(Document::to_json).collect());
        let accounts = self.accounts.iter().map(|one| (one.account.to_string(), listed(&one.documents)));
        let caller = self.caller.iter().map(|one| (CALLER.to_owned(), listed(std::slice::from_ref(one))));
        json::written(&accounts.chain(caller).collect::<BTreeMap<String, Value>>())
    }

    /// A headline and documents for each account, and for the caller.
    pub fn parts(&self) -> Vec<(String, Vec<String>)> {
        let Self { purpose, accounts, caller } = self;
        let what = match purpose {
            Purpose::Plan => "to read",
            Purpose::Apply => "to read and to change",
        };
        let pretty = |document: &Document| json::written(&document.to_json());
        let mut parts: Vec<(String, Vec<String>)> = accounts
            .iter()
            .map(|AccountPermissions { account, environments, role, documents }| {
                let who = role.as_deref().unwrap_or("whoever starts hatrack");
                let names = environments.join(", ");
                let sizes = sizes(documents);
                (
                    format!("account {account} ({names}), {what}, for {who}: {sizes}"),
                    documents.iter().map(pretty).collect(),
                )
            })
            .collect();
        parts.extend(caller.as_ref().map(|document| {
            let sizes = sizes(std::slice::from_ref(document));
            (format!("to work as these roles, for whoever starts hatrack: {sizes}"), vec![pretty(document)])
        }));
        parts
    }

    /// As Markdown.
    pub fn markdown(&self) -> String {
        let mut text = String::new();
        for (headline, documents) in self.parts() {
            text.push_str(&format!("### {}\n", super::escape::markdown(&headline)));
            for document in documents {
                text.push_str(&format!("\n```json\n{document}```\n"));
            }
            text.push('\n');
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
        text
    }
}

/// `2 policies, 6000 + 120 of 6144 characters`.
fn sizes(documents: &[Document]) -> String {
    let room = room();
    let each: Vec<usize> = documents.iter().map(|document| room.document_size(document)).collect();
    let most = Quota::ManagedPoliciesPerRole.facts().default;
    let words: Vec<String> = each.iter().map(ToString::to_string).collect();
    match each.len() {
        1 => format!("1 policy, {} of {} characters", words.join(""), room.most),
        several if several <= most => {
            format!("{several} policies, {} of {} characters", words.join(" + "), room.most)
        }
        many => format!(
            "{many} policies, more than the {most} that AWS attaches to a role unless its quota is raised"
        ),
    }
}
