//! Whether a request meets one key of a condition.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

use std::borrow::Cow;

use super::pattern::{ArnPattern, Missing, Variable};
use super::request::{Context, Known};
use super::rule::{Comparison, Operand};
use super::truth::Truth;
use super::value::{self, Instant, Number};
use crate::policy::catalogue;
use crate::policy::condition::{Operator, Quantifier, Test};

impl Comparison {
    /// Whether a request with these keys meets it.
    pub fn holds(&self, context: &Context) -> Truth {
        // What AWS would make of it nobody knows; it does not take such a policy.
        let Some(operator) = self.operator else { return Truth::Unknown };
        let known = context.get(&self.key);
        if operator.test == Test::Null {
            let asks = |absent: bool| Truth::from(self.values.contains(&Operand::Truth(absent)));
            return match known {
                Known::Absent => asks(true),
                Known::Values(_) => asks(false),
                Known::Unknown if asks(true) == asks(false) => asks(true),
                Known::Unknown => Truth::Unknown,
            };
        }
        let values = match known {
            Known::Absent => return Truth::from(holds_when_absent(operator)),
            Known::Unknown => return self.holds_whatever(operator),
            Known::Values(values) => values,
        };
        match operator.quantifier {
            Some(Quantifier::ForAllValues) => {
                Truth::all(values.iter().map(|value| self.meets(operator.test, value, context)))
            }
            Some(Quantifier::ForAnyValue) => {
                Truth::any(values.iter().map(|value| self.meets(operator.test, value, context)))
            }
            None => match values {
                [value] => self.meets(operator.test, value, context),
                // Several values need a set operator; without one nothing is equal to them.
                _ => Truth::from(operator.test.is_negated()),
            },
        }
    }

    /// What can be said when nobody knows whether the request has the key: that it is met by every value there
    /// could be, or by none.
    fn holds_whatever(&self, operator: Operator) -> Truth {
        let absent = holds_when_absent(operator);
        let everything = self.values.iter().any(|value| match value {
            Operand::Text(pattern) => pattern.is_everything(),
            Operand::Arn(pattern) => *pattern == ArnPattern::All,
            _ => false,
        });
        // Several values match nothing without a set operator.
        let single = || catalogue::condition_key(&self.key).is_some_and(|key| !key.many);
        let everything = everything && (operator.quantifier.is_some() || single());
        let nothing = self.values.iter().all(|value| *value == Operand::Malformed);
        let present = match (operator.test.is_negated(), everything, nothing) {
            (false, true, _) | (true, _, true) => Truth::Yes,
            (true, true, _) | (false, _, true) => Truth::No,
            (_, false, false) => Truth::Unknown,
        };
        if present == Truth::from(absent) { present } else { Truth::Unknown }
    }

    /// Whether one value of the key meets it: equal to one of the values, or for negated operators to none.
    fn meets(&self, test: Test, value: &str, context: &Context) -> Truth {
        let negated = test.is_negated();
        let mut met = Truth::No;
        for operand in &self.values {
            met = met.or(match operand.equals(test, value, context) {
                Ok(equal) => Truth::from(equal),
                // A variable without text equals nothing, so that a negated operator holds.
                Err(Missing::Absent) => Truth::No,
                Err(Missing::Unknown) => Truth::Unknown,
            });
        }
        if negated { !met } else { met }
    }
}

/// Whether the operator holds for an absent key.
pub fn holds_when_absent(operator: Operator) -> bool {
    let Operator { quantifier, test, if_exists } = operator;
    match quantifier {
        Some(Quantifier::ForAllValues) => true,
        Some(Quantifier::ForAnyValue) => if_exists,
        None => if_exists || test.is_negated(),
    }
}

impl Operand {
    /// Whether the value of a key is equal to it, or stands to it as the operator says; the `Not` of an operator is
    /// left out.
    fn equals(&self, test: Test, value: &str, context: &Context) -> Result<bool, Missing> {
        Ok(match self {
            Self::Text(pattern) => {
                let folds = matches!(test, Test::StringEqualsIgnoreCase | Test::StringNotEqualsIgnoreCase);
                let text_of = |variable: &Variable| {
                    let text = text_of(variable, context)?;
                    Ok(if folds { Cow::Owned(text.to_lowercase()) } else { text })
                };
                let pattern = pattern.resolve(&text_of)?;
                if folds { pattern.matches(&value.to_lowercase()) } else { pattern.matches(value) }
            }
            Self::Arn(pattern) => {
                pattern.resolve(&|variable: &Variable| text_of(variable, context))?.matches(value)
            }
            Self::Number(number) => {
                Number::parse(value).is_some_and(|found| ordered(test, found.cmp(number)))
            }
            Self::Instant(instant) => {
                Instant::parse(value).is_some_and(|found| ordered(test, found.cmp(instant)))
            }
            Self::Truth(wanted) => value::truth(value) == Some(*wanted),
            Self::Binary(bytes) => bytes == value,
            Self::Range(range) => value::range(value).is_some_and(|found| range.contains(&found)),
            Self::Malformed => false,
        })
    }
}

/// Whether an order is the one that the operator asks for; that of equality for a negated one.
pub fn ordered(test: Test, order: std::cmp::Ordering) -> bool {
    match test {
        Test::NumericLessThan | Test::DateLessThan => order.is_lt(),
        Test::NumericLessThanEquals | Test::DateLessThanEquals => order.is_le(),
        Test::NumericGreaterThan | Test::DateGreaterThan => order.is_gt(),
        Test::NumericGreaterThanEquals | Test::DateGreaterThanEquals => order.is_ge(),
        _ => order.is_eq(),
    }
}

/// What a policy variable stands for: the one value of its key, else its default.
///
/// # Errors
/// It has neither, or nobody knows.
pub fn text_of<'c>(variable: &Variable, context: &'c Context) -> Result<Cow<'c, str>, Missing> {
    let default = || variable.default.clone().map(Cow::Owned).ok_or(Missing::Absent);
    match context.get(&variable.key) {
        Known::Values([value]) => Ok(Cow::Borrowed(value)),
        // A key with several values cannot be a variable.
        Known::Values(_) => Err(Missing::Absent),
        Known::Absent => default(),
        Known::Unknown => Err(Missing::Unknown),
    }
}
