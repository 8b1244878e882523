//! What a claim is about, as requests: resources as they are named, and of roles those that there are.

use std::collections::BTreeSet;

use super::Checking;
use crate::access::pattern::Pattern;
use crate::access::reach::region;
use crate::access::rule::{Comparison, Operand, Rule};
use crate::policy::condition::{Operator, Test};
use crate::policy::{AccessWord, arn, catalogue, glob};
use crate::spec::assertion::{Act, Claim, Target};
use crate::state::Kind;

/// Something a claim is about.
pub(super) struct Asked {
    /// By ARN pattern.
    pub(super) pattern: String,
    /// What of it is not meant, since everything there is known and asked about by itself.
    pub(super) but: Vec<String>,
    /// The requests that a claim which takes away is about; none if there are none.
    pub(super) rule: Option<Rule>,
}

impl Checking<'_, '_, '_> {
    /// What it is about. A role that is not there is nobody's to become: of accounts whose roles are known, each that
    /// fits is asked about; of others, whatever a pattern covers.
    pub(super) fn targets(&mut self) -> Vec<Asked> {
        let mut all: Vec<Asked> = vec![];
        let mut fitting: BTreeSet<&str> = BTreeSet::new();
        let mut named: BTreeSet<&str> = BTreeSet::new();
        for target in &self.assertion.on {
            let pattern = match target {
                Target::Resource(pattern) => {
                    all.push(self.asked(pattern.clone(), vec![]));
                    continue;
                }
                Target::Role(pattern) => pattern,
            };
            let (found, unread) = self.roles(pattern);
            named.insert(name(pattern));
            if unread || !found.is_empty() {
                fitting.insert(name(pattern));
            }
            all.extend(found);
        }
        // A template is written for any estate, and speaks of roles that may never come.
        let missing = named.difference(&fitting).filter(|_| self.assertion.template.is_none());
        let missing = missing.map(|name| format!("no role, declared or found, fits `{name}`"));
        self.idle.extend(missing);
        all
    }

    /// The roles that a pattern means, and whether there may be some that could not be read.
    fn roles(&mut self, pattern: &str) -> (Vec<Asked>, bool) {
        let state = self.landscape.state();
        let account = arn::split(pattern).map_or("*", |[_, _, _, _, account, _]| account);
        let here: Vec<_> = state.accounts.iter().filter(|(id, _)| glob(account, id.as_str())).collect();
        let unread = here.iter().filter(|(_, extent)| !extent.kinds.contains(&Kind::Role));
        let unread: Vec<String> =
            unread.map(|(id, _)| format!("not all roles of account {id} could be read")).collect();
        let roles = state.resources.keys().filter(|id| id.kind == Kind::Role);
        let arns = roles.filter_map(|id| state.principal_arn(id)).filter(|arn| glob(pattern, arn));
        let mut found: Vec<Asked> = arns.map(|pattern| self.asked(pattern, vec![])).collect();
        let elsewhere = here.is_empty() || account.contains(['*', '?']);
        // Nobody can be meant to have every role that a pattern could cover in accounts of others.
        let every = matches!(self.assertion.claim, Claim::Can(_)) && !found.is_empty();
        if elsewhere && !every {
            let of_account =
                |(id, extent): &(_, &crate::state::Extent)| format!("arn:{}:iam::{id}:*", extent.partition);
            found.push(self.asked(pattern.to_owned(), here.iter().map(of_account).collect()));
        }
        let some = !unread.is_empty();
        self.unproven.extend(unread);
        (found, some)
    }

    fn asked(&self, pattern: String, but: Vec<String>) -> Asked {
        let service = pattern.split(':').nth(2).unwrap_or("*");
        let mut actions: BTreeSet<String> = BTreeSet::new();
        for act in &self.assertion.acts {
            match act {
                Act::Word(AccessWord::Become) => drop(actions.insert("sts:AssumeRole".to_owned())),
                Act::Word(_) => {
                    actions.extend(act.actions(service).into_iter().map(catalogue::Action::full_name));
                }
                Act::Actions(pattern) => drop(actions.insert(pattern.clone())),
            }
        }
        let actions: Vec<&str> = actions.iter().map(String::as_str).collect();
        let mut rule = region(&actions, &[&pattern]);
        for (key, values) in &self.assertion.when {
            rule.comparisons.push(equals(key, values));
        }
        let rule = (!actions.is_empty()).then_some(rule);
        Asked { pattern, but, rule }
    }
}

/// What a pattern for roles says of their names; one with a path before the name says the same as one without.
fn name(pattern: &str) -> &str {
    let name = pattern.split_once(":role/").map_or(pattern, |(_, name)| name);
    name.strip_prefix("*/").unwrap_or(name)
}

fn equals(key: &str, values: &BTreeSet<String>) -> Comparison {
    let operator = Operator { quantifier: None, test: Test::StringEquals, if_exists: false };
    Comparison {
        operator: Some(operator),
        word: operator.to_string(),
        key: key.to_owned(),
        key_written: key.to_owned(),
        values: values.iter().map(|value| Operand::Text(Pattern::exactly(value))).collect(),
        values_written: values.iter().cloned().collect(),
    }
}
