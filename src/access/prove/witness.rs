//! A request that was found, evaluated as any other before it is shown.

use std::collections::BTreeMap;

use super::formula::Formula;
use super::{Frame, RuleId};
use crate::access::principal::Caller;
use crate::access::request::{Context, Others};
use crate::access::rule::Rule;
use crate::access::truth::Truth;

/// A request as a formula says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// Who asks; none if that does not matter.
    pub principal: Option<Caller>,
    /// In AWS's spelling.
    pub action: String,
    /// An ARN, or `*` for actions on nothing in particular.
    pub resource: String,
    /// The condition keys that it has to have, in small letters.
    pub context: BTreeMap<String, Vec<String>>,
    /// The rules that the formula asks for and that it lies in, those it was looked for in first.
    pub within: Vec<RuleId>,
}

impl Witness {
    /// Everything that is known of the request's keys; it has no others.
    pub fn full_context(&self, frame: &Frame) -> Context {
        let mut context = Context::new(Others::Absent);
        context.values.extend(frame.context.values.clone());
        context.values.extend(self.context.clone());
        if let Some(caller) = &self.principal {
            caller.describe(&mut context);
        }
        context
    }

    /// Whether it is as a formula says, by the evaluation of single requests.
    pub fn satisfies(&self, formula: &Formula, rules: &[Rule], frame: &Frame) -> bool {
        let context = self.full_context(frame);
        formula.holds(&|id| rules.get(id.0).is_some_and(|rule| self.lies_in(rule, frame, &context)))
    }

    /// Whether a rule covers it.
    pub fn lies_in(&self, rule: &Rule, frame: &Frame, context: &Context) -> bool {
        let callers = match (&frame.caller, &self.principal) {
            (None, Some(caller)) => rule.covers_caller(caller).is_some(),
            (Some(_), _) | (None, None) => true,
        };
        callers
            && rule.covers_action(&self.action.to_ascii_lowercase())
            && rule.covers_resource(&self.resource, context) == Truth::Yes
            && rule.comparisons.iter().all(|test| test.holds(context) == Truth::Yes)
    }
}
