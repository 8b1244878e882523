//! Managed policies by the names people use: attachments and boundaries.

use std::collections::BTreeMap;

use super::Lowering;
use super::holder::Holder;
use crate::diagnostic::did_you_mean;
use crate::policy::catalogue::aws_managed;
use crate::state::{AccountId, Kind, PolicyReference, ResourceId, Setting};

impl Lowering<'_> {
    /// The policies attached to a holder.
    pub(super) fn attached(&mut self, holder: &mut Holder, policies: &[String]) {
        let mut seen: BTreeMap<PolicyReference, usize> = BTreeMap::new();
        for (n, text) in policies.iter().enumerate() {
            let pointer = format!("{}/{n}", holder.key("policies"));
            let Some(reference) = self.policy_reference(text, &pointer) else { continue };
            if let Some(first) = seen.get(&reference) {
                let first = self.at(&format!("{}/{first}", holder.key("policies")), "").span;
                let mut twice = self.at(&pointer, format!("policy `{reference}` is attached twice"));
                twice.related.extend(first.map(|span| (span, "the first is here".to_owned())));
                self.say(twice);
                continue;
            }
            seen.insert(reference.clone(), n);
            self.set(holder, &pointer, Setting::Attached(reference));
        }
    }

    /// The permissions boundary of a holder.
    pub(super) fn boundary(&mut self, holder: &mut Holder, boundary: Option<&str>) {
        let Some(text) = boundary else { return };
        let pointer = holder.key("boundary");
        if let Some(reference) = self.policy_reference(text, &pointer) {
            self.set(holder, &pointer, Setting::Boundary(reference));
        }
    }

    /// The environment's own policy of that name first, then AWS's, then an ARN.
    fn policy_reference(&mut self, text: &str, pointer: &str) -> Option<PolicyReference> {
        let own = &self.home.loaded.environment.policies;
        let account = &self.home.info.account;
        if own.contains_key(text) {
            return Some(PolicyReference::Customer(ResourceId::new(account, Kind::Policy, text)));
        }
        if text.starts_with("arn:") {
            return self.policy_by_arn(text, pointer);
        }
        match aws_managed::resolve(text) {
            Ok(name) => Some(PolicyReference::Aws(name.to_owned())),
            Err(near) => {
                let near = did_you_mean(text, own.keys().map(String::as_str).chain(near));
                let help = near.map_or_else(
                    || "declare it under `policies`, or write its ARN".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                let message = format!("`{text}` is neither a policy of this environment nor one of AWS's");
                self.say(self.at(pointer, message).help(help));
                None
            }
        }
    }

    fn policy_by_arn(&mut self, arn: &str, pointer: &str) -> Option<PolicyReference> {
        let info = &self.home.info;
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let refusal = match parts.as_slice() {
            [_, partition, "iam", "", _, _] if *partition != info.partition.as_str() => {
                self.at(pointer, format!("`{arn}` is in partition `{partition}`, not `{}`", info.partition))
            }
            [_, _, "iam", "", owner, resource] => match resource.strip_prefix("policy/") {
                Some(name) if *owner == "aws" => return Some(PolicyReference::Aws(name.to_owned())),
                Some(name) if *owner == info.account.as_str() => {
                    let name = name.rsplit('/').next().unwrap_or(name);
                    let id = ResourceId::new(&info.account, Kind::Policy, name);
                    return Some(PolicyReference::Customer(id));
                }
                Some(_) if owner.parse::<AccountId>().is_ok() => {
                    let message = format!("`{arn}` is a policy of account {owner}, not {}", info.account);
                    self.at(pointer, message).help("AWS attaches only policies of the holder's own account")
                }
                _ => self.at(pointer, format!("`{arn}` is not the ARN of a policy")),
            },
            _ => self.at(pointer, format!("`{arn}` is not the ARN of a policy")),
        };
        self.say(refusal);
        None
    }
}
