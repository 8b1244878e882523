//! Condition operators: the words of the grammar, matched without case and written as AWS writes them.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>

use std::fmt;

/// A condition operator taken apart: `ForAllValues:StringLikeIfExists`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Operator {
    /// How a key with several values is compared.
    pub quantifier: Option<Quantifier>,
    /// The comparison.
    pub test: Test,
    /// Whether an absent key fulfils the condition.
    pub if_exists: bool,
}

/// How a key with several values is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quantifier {
    /// Each value of the key must match; also true of an absent key.
    ForAllValues,
    /// One value of the key must match.
    ForAnyValue,
}

impl Quantifier {
    /// Both.
    pub const ALL: [Self; 2] = [Self::ForAllValues, Self::ForAnyValue];

    /// As AWS spells it, without the colon.
    pub fn word(self) -> &'static str {
        match self {
            Self::ForAllValues => "ForAllValues",
            Self::ForAnyValue => "ForAnyValue",
        }
    }
}

macro_rules! tests {
    ($($name:ident),* $(,)?) => {
        /// A comparison, by AWS's word for it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[expect(missing_docs, reason = "the names are AWS's own")]
        pub enum Test { $($name),* }

        impl Test {
            /// Every comparison.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// As AWS spells it.
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),* }
            }
        }
    };
}

tests! {
    StringEquals, StringNotEquals, StringEqualsIgnoreCase, StringNotEqualsIgnoreCase,
    StringLike, StringNotLike,
    NumericEquals, NumericNotEquals, NumericLessThan, NumericLessThanEquals, NumericGreaterThan,
    NumericGreaterThanEquals,
    DateEquals, DateNotEquals, DateLessThan, DateLessThanEquals, DateGreaterThan, DateGreaterThanEquals,
    Bool, BinaryEquals, IpAddress, NotIpAddress,
    ArnEquals, ArnLike, ArnNotEquals, ArnNotLike,
    Null,
}

/// What the values of a comparison are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// Any text.
    Text,
    /// Numbers.
    Number,
    /// Dates, or seconds since 1970.
    Date,
    /// `true` and `false`.
    Truth,
    /// Base64.
    Binary,
    /// Addresses, and ranges of them.
    Ip,
    /// ARNs.
    Arn,
    /// Whether the key is absent: `Null`.
    Presence,
}

impl Test {
    /// Whether it compares numbers.
    pub fn is_numeric(self) -> bool {
        self.word().starts_with("Numeric")
    }

    /// Whether it is met when the key has none of the values, or is absent.
    pub fn is_negated(self) -> bool {
        self.word().contains("Not")
    }

    /// What its values are.
    pub fn family(self) -> Family {
        let word = self.word();
        let begins = [
            ("String", Family::Text),
            ("Numeric", Family::Number),
            ("Date", Family::Date),
            ("Bool", Family::Truth),
            ("Binary", Family::Binary),
            ("IpAddress", Family::Ip),
            ("NotIpAddress", Family::Ip),
            ("Arn", Family::Arn),
        ];
        begins
            .into_iter()
            .find(|(begin, _)| word.starts_with(begin))
            .map_or(Family::Presence, |(_, family)| family)
    }

    /// Whether its values are `true` and `false`.
    pub fn is_truth(self) -> bool {
        matches!(self, Self::Bool | Self::Null)
    }
}

impl Operator {
    /// The operator of this name, whatever its case; none if AWS knows no such operator.
    pub fn parse(text: &str) -> Option<Self> {
        let (quantifier, text) = match text.split_once(':') {
            Some((word, rest)) => {
                let known = Quantifier::ALL.into_iter().find(|q| q.word().eq_ignore_ascii_case(word));
                (Some(known?), rest)
            }
            None => (None, text),
        };
        let named = |word: &str| Test::ALL.iter().copied().find(|t| t.word().eq_ignore_ascii_case(word));
        if let Some(test) = named(text) {
            return Some(Self { quantifier, test, if_exists: false });
        }
        let at = text.len().checked_sub("IfExists".len())?;
        let (word, suffix) = (text.get(..at)?, text.get(at..)?);
        let test = named(word).filter(|t| *t != Test::Null && suffix.eq_ignore_ascii_case("IfExists"))?;
        Some(Self { quantifier, test, if_exists: true })
    }

    /// Every operator there is.
    pub fn all() -> impl Iterator<Item = Self> {
        let quantifiers = [None, Some(Quantifier::ForAllValues), Some(Quantifier::ForAnyValue)];
        quantifiers.into_iter().flat_map(|quantifier| {
            Test::ALL.iter().flat_map(move |&test| {
                let twice: &[bool] = if test == Test::Null { &[false] } else { &[false, true] };
                twice.iter().map(move |&if_exists| Self { quantifier, test, if_exists })
            })
        })
    }
}

/// As AWS spells it.
impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { quantifier, test, if_exists } = self;
        if let Some(quantifier) = quantifier {
            write!(f, "{}:", quantifier.word())?;
        }
        f.write_str(test.word())?;
        f.write_str(if *if_exists { "IfExists" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operator_is_read_in_any_case() {
        assert_eq!(Operator::all().count(), 3 * (26 * 2 + 1));
        for operator in Operator::all() {
            let name = operator.to_string();
            assert_eq!(Operator::parse(&name), Some(operator));
            assert_eq!(Operator::parse(&name.to_uppercase()), Some(operator));
        }
        for wrong in
            ["", "NullIfExists", "StringEqual", "ForSomeValues:StringLike", "IfExists", "StringLike:", "é"]
        {
            assert_eq!(Operator::parse(wrong), None, "{wrong}");
        }
    }
}
