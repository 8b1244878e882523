//! Which actions a document speaks of, wildcards written out, and which of them come and go between two documents.
//!
//! Looks at actions alone: on which resources and under which conditions is in the statements.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::catalogue::{self, AccessLevel, Action};
use super::{Document, Effect, Element, Folded, Statement, glob};

/// An action of a service.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NamedAction {
    /// The prefix before the colon, lower case: `s3`.
    pub service: Cow<'static, str>,
    /// `GetObject`; as the document has it, wildcards and all, if the catalogue knows nothing of the sort.
    pub name: Cow<'static, str>,
    /// How far it reaches; none if the catalogue does not know it.
    pub level: Option<AccessLevel>,
}

/// The actions that come and go between two documents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActionsChange {
    /// In the later document only.
    pub came: BTreeSet<NamedAction>,
    /// In the earlier document only.
    pub went: BTreeSet<NamedAction>,
}

impl ActionsChange {
    /// Whether nothing came and nothing went.
    pub fn is_empty(&self) -> bool {
        self.came.is_empty() && self.went.is_empty()
    }
}

/// The actions that the statements of an effect name in one document and not in the other.
pub fn changed_actions(before: &Document, after: &Document, effect: Effect) -> ActionsChange {
    let mut unknown = unknown_actions(before, effect);
    unknown.extend(unknown_actions(after, effect));
    let (before, after) = (covered(before, effect, &unknown), covered(after, effect, &unknown));
    ActionsChange {
        came: after.difference(&before).cloned().collect(),
        went: before.difference(&after).cloned().collect(),
    }
}

/// The actions that the statements of an effect name.
pub fn actions(document: &Document, effect: Effect) -> BTreeSet<NamedAction> {
    covered(document, effect, &unknown_actions(document, effect))
}

/// What a document names in its own words because the catalogue knows nothing of the sort.
fn unknown_actions(document: &Document, effect: Effect) -> BTreeSet<Folded> {
    let own = document.statements.iter().filter(|statement| statement.effect == effect);
    let named = own.filter_map(|statement| match &statement.action {
        Element::Is(actions) => Some(actions),
        Element::IsNot(_) => None,
    });
    named.flatten().filter(|action| catalogue::expand(action.as_str()).is_empty()).cloned().collect()
}

/// Of all the catalogue knows, and of these besides, what the statements of an effect cover.
fn covered(document: &Document, effect: Effect, unknown: &BTreeSet<Folded>) -> BTreeSet<NamedAction> {
    let mut found = BTreeSet::new();
    for statement in document.statements.iter().filter(|statement| statement.effect == effect) {
        match &statement.action {
            Element::Is(patterns) => found.extend(expanded(patterns).iter().map(|action| known(action))),
            Element::IsNot(patterns) => {
                let not: BTreeSet<(&str, &str)> =
                    expanded(patterns).into_iter().map(|action| (action.service, action.name)).collect();
                let rest = catalogue::expand("*").into_iter();
                found.extend(rest.filter(|a| !not.contains(&(a.service, a.name))).map(known));
            }
        }
        found.extend(unknown.iter().filter(|action| names(statement, action)).map(as_written));
    }
    found
}

fn expanded(patterns: &BTreeSet<Folded>) -> Vec<&'static Action> {
    patterns.iter().flat_map(|pattern| catalogue::expand(pattern.as_str())).collect()
}

/// Whether a statement covers an action, or all that a pattern stands for.
fn names(statement: &Statement, action: &Folded) -> bool {
    let text = action.as_str().to_ascii_lowercase();
    let any = |patterns: &BTreeSet<Folded>| {
        patterns.iter().any(|pattern| {
            let pattern = pattern.as_str().to_ascii_lowercase();
            // One character of a pattern does not cover a star of another.
            pattern == text || (glob(&pattern, &text) && !(pattern.contains('?') && text.contains('*')))
        })
    };
    match &statement.action {
        Element::Is(patterns) => any(patterns),
        Element::IsNot(patterns) => !any(patterns),
    }
}

fn known(action: &'static Action) -> NamedAction {
    NamedAction {
        service: Cow::Borrowed(action.service),
        name: Cow::Borrowed(action.name),
        level: Some(action.level),
    }
}

fn as_written(action: &Folded) -> NamedAction {
    let (service, name) = action.as_str().split_once(':').unwrap_or(("", action.as_str()));
    NamedAction { service: service.to_ascii_lowercase().into(), name: name.to_owned().into(), level: None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::policy::Policy;

    fn document(statements: serde_json::Value) -> Document {
        let text = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
        Policy::from_text(&text, "aws").document().unwrap().clone()
    }

    fn allowing(actions: &[&str]) -> Document {
        document(json!([{ "Effect": "Allow", "Action": actions, "Resource": "*" }]))
    }

    fn names(actions: &BTreeSet<NamedAction>) -> Vec<String> {
        actions.iter().map(|a| format!("{}:{}", a.service, a.name)).collect()
    }

    #[test]
    fn wildcards_are_written_out() {
        let change = changed_actions(
            &allowing(&["s3:GetBucket*", "S3:putobject"]),
            &allowing(&["s3:GetBucketAcl", "s3:PutObject", "s3:DeleteObject"]),
            Effect::Allow,
        );
        assert_eq!(names(&change.came), ["s3:DeleteObject"]);
        assert!(change.went.len() > 5 && names(&change.went).contains(&"s3:GetBucketTagging".to_owned()));
        assert!(!names(&change.went).contains(&"s3:GetBucketAcl".to_owned()));
        assert!(change.came.iter().all(|a| a.level == Some(AccessLevel::Write)));
    }

    #[test]
    fn what_the_catalogue_does_not_know_counts_unless_a_wildcard_has_it_already() {
        let of = |before: &[&str], after: &[&str]| {
            names(&changed_actions(&allowing(before), &allowing(after), Effect::Allow).came)
        };
        assert_eq!(of(&["s3:GetObject"], &["s3:GetObject", "nimbus:NewThing"]), ["nimbus:NewThing"]);
        assert_eq!(of(&["nimbus:New*"], &["nimbus:New*", "nimbus:NewThing"]), [""; 0]);
        assert_eq!(of(&["nimbus:NewThing"], &["nimbus:newthing"]), [""; 0]);
        assert_eq!(of(&["nimbus:New?"], &["nimbus:New*"]), ["nimbus:New*"]);
    }

    #[test]
    fn everything_but_is_everything_else() {
        let all_but =
            document(json!([{ "Effect": "Allow", "NotAction": ["iam:*", "nimbus:*"], "Resource": "*" }]));
        let everything = allowing(&["*"]);
        let change = changed_actions(&all_but, &everything, Effect::Allow);
        assert!(change.came.iter().all(|a| a.service == "iam") && change.came.len() > 100);
        assert!(change.went.is_empty());
        let new = changed_actions(&all_but, &allowing(&["nimbus:NewThing"]), Effect::Allow);
        assert_eq!(names(&new.came), ["nimbus:NewThing"]);
    }

    #[test]
    fn denying_is_counted_apart() {
        let deny = document(json!([{ "Effect": "Deny", "Action": "s3:PutObject", "Resource": "*" }]));
        assert!(changed_actions(&allowing(&["s3:PutObject"]), &deny, Effect::Allow).came.is_empty());
        assert_eq!(names(&changed_actions(&allowing(&["*"]), &deny, Effect::Deny).came), ["s3:PutObject"]);
    }

    fn some_document() -> impl Strategy<Value = Document> {
        let patterns = [
            "s3:Get*",
            "s3:GetObject",
            "s3:*Object",
            "glue:*",
            "sqs:List?ueues",
            "SQS:SendMessage",
            "iam:Pass*",
        ];
        let patterns = proptest::collection::vec(proptest::sample::select(patterns.to_vec()), 1..4);
        let statement = (patterns, any::<bool>(), any::<bool>()).prop_map(|(patterns, allow, not)| {
            let effect = if allow { "Allow" } else { "Deny" };
            let key = if not { "NotAction" } else { "Action" };
            json!({ "Effect": effect, key: patterns, "Resource": "*" })
        });
        proptest::collection::vec(statement, 0..4).prop_map(|statements| document(json!(statements)))
    }

    proptest! {
        // Everything but some actions is twenty thousand of them.
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn what_came_and_went_are_exactly_the_differences(before in some_document(), after in some_document()) {
            for effect in [Effect::Allow, Effect::Deny] {
                let ActionsChange { came, went } = changed_actions(&before, &after, effect);
                let (then, now) = (actions(&before, effect), actions(&after, effect));
                prop_assert!(came.is_disjoint(&went));
                prop_assert!(came.is_subset(&now) && came.is_disjoint(&then));
                prop_assert!(went.is_subset(&then) && went.is_disjoint(&now));
                let turned: BTreeSet<_> = then.difference(&went).chain(&came).cloned().collect();
                prop_assert_eq!(turned, now);
                prop_assert_eq!(changed_actions(&after, &before, effect).came, went);
            }
        }
    }
}
