//! `Sid`, `Effect`, `Action` and `Resource`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Elements, Reader, plain, quoted};
use crate::diagnostic::did_you_mean;
use crate::policy::principal;
use crate::policy::{Effect, Element, Folded, Usage, arn};

/// What a trust policy can allow.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html>
const TRUST_ACTIONS: [&str; 6] = [
    "sts:AssumeRole",
    "sts:AssumeRoleWithSAML",
    "sts:AssumeRoleWithWebIdentity",
    "sts:TagSession",
    "sts:SetSourceIdentity",
    "sts:SetContext",
];

const MALFORMED_ARN: &str = "malformed-arn";

impl Reader<'_> {
    pub(super) fn sid(&mut self, at: &str, value: &Value) -> Option<String> {
        let sid = self.text(at, value)?;
        let narrow = matches!(self.usage, Some(Usage::Identity | Usage::Trust));
        if narrow && !sid.bytes().all(|b| b.is_ascii_alphanumeric()) {
            let right: String = sid.chars().filter(char::is_ascii_alphanumeric).collect();
            let help = if right.is_empty() { String::new() } else { format!(": `{right}`") };
            let help = format!("IAM takes letters and digits only{help}");
            self.problem_of("invalid-sid", at, format!("`{sid}` is no Sid"), Some(help));
        }
        Some(sid.to_owned())
    }

    pub(super) fn effect(&mut self, elements: &Elements<'_>) -> Option<Effect> {
        let Some((at, value)) = elements.get("Effect") else {
            self.problem(&elements.at, "the statement has no `Effect`", Some("`Allow` or `Deny`".to_owned()));
            return None;
        };
        let text = value.as_str().unwrap_or_default();
        let effect = [Effect::Allow, Effect::Deny].into_iter().find(|e| e.word() == text);
        if effect.is_none() {
            let help = match did_you_mean(text, ["Allow", "Deny"]) {
                Some(word) => format!("did you mean `{word}`?"),
                None => "an effect is `Allow` or `Deny`".to_owned(),
            };
            self.problem(&at, format!("`{}` is no effect", plain(value)), Some(help));
        }
        effect
    }

    pub(super) fn action_of(&mut self, elements: &Elements<'_>) -> Option<Element<BTreeSet<Folded>>> {
        let Some(element) = self.either(elements, ["Action", "NotAction"])? else {
            let help = "add `Action`, or `NotAction` for all but some".to_owned();
            self.problem(&elements.at, "the statement has no `Action`", Some(help));
            return None;
        };
        let (at, value) = element.value();
        let texts = self.texts(at, value)?;
        for (at, action) in &texts {
            self.check_action(at, action);
        }
        self.places.actions = Self::spots(&texts);
        let actions = texts.into_iter().fold(BTreeSet::new(), |mut set, (_, action)| {
            set.insert(Folded(action.to_owned()));
            set
        });
        Some(element.map(|_| actions))
    }

    fn check_action(&mut self, at: &str, action: &str) {
        let Some(usage) = self.usage else { return };
        let vendor =
            |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let name = |text: &str| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-*?".contains(&b))
        };
        let fits = action == "*" || action.split_once(':').is_some_and(|(v, n)| vendor(v) && name(n));
        if !fits {
            let help = "an action is `*` or `service:Name`, in which `*` and `?` may stand in the name";
            self.problem(at, format!("`{action}` is no action"), Some(help.to_owned()));
        } else if usage == Usage::Trust {
            let known = TRUST_ACTIONS.iter().any(|known| known.eq_ignore_ascii_case(action));
            let sts = action.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("sts:"));
            if known || (sts && action.contains(['*', '?'])) {
                return;
            }
            let help = match did_you_mean(action, TRUST_ACTIONS) {
                Some(word) => format!("did you mean `{word}`?"),
                None => format!("the actions are {}", quoted(&TRUST_ACTIONS)),
            };
            self.problem(at, format!("`{action}` is no action of a trust policy"), Some(help));
        }
    }

    pub(super) fn resource_of(
        &mut self,
        elements: &Elements<'_>,
    ) -> Option<Option<Element<BTreeSet<String>>>> {
        let element = self.either(elements, ["Resource", "NotResource"])?;
        match (&element, self.usage) {
            (Some(element), Some(Usage::Trust)) => {
                let message = "a trust policy has no resource: it speaks of the role that it is on";
                self.problem_at_key(&element.value().0, message, Some("leave it out".to_owned()));
                return None;
            }
            (None, Some(Usage::Bucket)) if self.is_of_repository() => {}
            (None, Some(Usage::Identity | Usage::Bucket)) => {
                let help = "add `Resource`, or `NotResource` for all but some".to_owned();
                self.problem(&elements.at, "the statement has no `Resource`", Some(help));
                return None;
            }
            _ => {}
        }
        let Some(element) = element else { return Some(None) };
        let (at, value) = element.value();
        let texts = self.texts(at, value)?;
        for (at, resource) in &texts {
            self.check_resource(at, resource);
        }
        self.places.resources = Self::spots(&texts);
        let resources = texts.into_iter().map(|(_, text)| text.to_owned()).collect();
        Some(Some(element.map(|_| resources)))
    }

    /// Whether a statement is of a repository of ECR, whose policies have no resource.
    /// <https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html>
    fn is_of_repository(&self) -> bool {
        let of_ecr = |text: &str| text.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("ecr:"));
        !self.places.actions.is_empty() && self.places.actions.iter().all(|spot| of_ecr(&spot.text))
    }

    fn check_resource(&mut self, at: &str, text: &str) {
        if !self.authored() || text == "*" {
            return;
        }
        let Some([_, _, service, _, _, resource]) = arn::split(text) else {
            let form = format!("arn:{}:service:region:account:resource", self.partition);
            let help = format!("a resource is `*` or an ARN of six parts: `{form}`");
            return self.problem_of(MALFORMED_ARN, at, format!("`{text}` is no resource"), Some(help));
        };
        if service.is_empty() || service.contains(['*', '?', '$']) {
            let help = "IAM takes no wildcard and no variable in this part".to_owned();
            let message = format!("the ARN `{text}` does not name its service");
            return self.problem_of(MALFORMED_ARN, at, message, Some(help));
        }
        if resource.is_empty() {
            let help = "name it after the fifth colon; `*` is any".to_owned();
            let message = format!("the ARN `{text}` does not name its resource");
            return self.problem_of(MALFORMED_ARN, at, message, Some(help));
        }
        if let Err(fault) = principal::in_partition(text, self.partition) {
            self.fault(MALFORMED_ARN, at, fault);
        }
    }
}
