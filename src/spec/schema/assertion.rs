//! Claims as they stand in a file. The doc comments are the help that editors show.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::spec::assertion::Unproven;
use crate::state::ResourceId;

/// A claim about who can do what.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Assertion {
    /// Who it is about: `group/NAME` (its members), `user/NAME`, `role/NAME` (names with `*` and `?` allowed),
    /// `environment/role/NAME`, `account/NUMBER`, ARNs, `outside`, `everyone`.
    #[serde(default)]
    pub who: Option<OneOrMore>,
    /// Nobody but those excepted: `{ except: [group/Readers] }`, or `true` for nobody at all. Stands with `can`.
    #[serde(default)]
    pub nobody: Option<Nobody>,
    /// What they must be able to do, or what nobody can: `list`, `read-data`, `write-data`, `delete-data`,
    /// `administer`, `become`, or IAM's actions (`s3:GetObject`, `sagemaker:Create*`).
    #[serde(default)]
    pub can: Option<OneOrMore>,
    /// What none of them can do, in the same words as `can`.
    #[serde(default)]
    pub cannot: Option<OneOrMore>,
    /// To what: `s3://BUCKET` (the bucket), `s3://BUCKET/KEY` (objects; `*` and `?` allowed), `bucket/NAME` (the bucket
    /// and all in it), ARNs with `*` and `?`, or `*`.
    #[serde(default)]
    pub on: Option<OneOrMore>,
    /// Which roles `become` is about: names with `*` and `?` allowed, `environment/NAME`, or ARNs.
    #[serde(default)]
    pub role: Option<OneOrMore>,
    /// Only requests in which these condition keys have these values: `{ "aws:MultiFactorAuthPresent": true }`.
    #[serde(default)]
    pub when: BTreeMap<String, OneOrMoreScalars>,
    /// What becomes of it when it can be neither proven nor refuted: `fail` (the default) or `warn`.
    #[serde(default)]
    pub unproven: Unproven,
    /// Why it must hold: shown when it does not.
    #[serde(default)]
    pub because: Option<String>,
}

impl Assertion {
    /// The claim on one line, in the author's own words.
    pub fn in_words(&self, holder: Option<&ResourceId>) -> String {
        let own = holder.map(ResourceId::address).unwrap_or_default();
        let who = match (&self.who, &self.nobody) {
            (Some(who), _) => and(&who.texts()),
            (None, Some(Nobody::But(Exceptions { except: Some(except) }))) if !except.texts().is_empty() => {
                format!("nobody but {}", and(&except.texts()))
            }
            (None, Some(_)) => "nobody".to_owned(),
            (None, None) => own.clone(),
        };
        // Who cannot do one thing and another can do neither.
        let join = if self.cannot.is_some() || self.nobody.is_some() { or } else { and };
        let (verb, acts) = match (&self.cannot, &self.can) {
            (Some(cannot), _) => ("cannot", cannot.texts()),
            (None, can) => ("can", can.as_ref().map(OneOrMore::texts).unwrap_or_default()),
        };
        let what = match (&self.role, &self.on) {
            (Some(role), _) => join(&role.texts().iter().map(|text| role_in_words(text)).collect::<Vec<_>>()),
            (None, Some(on)) => format!("on {}", join(&on.texts())),
            (None, None) => format!("on {own}"),
        };
        let when = self.when.iter().map(|(key, values)| format!("{key} is {}", or(&values.texts())));
        let when: Vec<String> = when.collect();
        let when = if when.is_empty() { String::new() } else { format!(" when {}", and(&when)) };
        format!("{who} {verb} {} {what}{when}", join(&acts))
    }
}

/// One text or a list of them.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum OneOrMore {
    /// One.
    One(String),
    /// A list.
    More(#[schemars(extend("uniqueItems" = true))] Vec<String>),
}

impl OneOrMore {
    /// Each text.
    pub fn texts(&self) -> Vec<String> {
        match self {
            Self::One(text) => vec![text.clone()],
            Self::More(texts) => texts.clone(),
        }
    }

    /// Each text with its pointer.
    pub fn items(&self, pointer: &str) -> Vec<(&str, String)> {
        match self {
            Self::One(text) => vec![(text, pointer.to_owned())],
            Self::More(texts) => {
                texts.iter().enumerate().map(|(n, text)| (text.as_str(), format!("{pointer}/{n}"))).collect()
            }
        }
    }
}

/// Nobody, with exceptions or without.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Nobody {
    /// `true`.
    AtAll(bool),
    /// Some are excepted.
    But(Exceptions),
}

/// Who is excepted.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "value of `nobody`")]
pub struct Exceptions {
    /// Who may nevertheless, in the same words as `who`.
    pub except: Option<OneOrMore>,
}

/// One value or a list of them.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum OneOrMoreScalars {
    /// One.
    One(Scalar),
    /// A list.
    More(Vec<Scalar>),
}

impl OneOrMoreScalars {
    /// The values with their pointers.
    pub fn items(&self, pointer: &str) -> Vec<(String, String)> {
        match self {
            Self::One(scalar) => vec![(scalar.text(), pointer.to_owned())],
            Self::More(scalars) => scalars
                .iter()
                .enumerate()
                .map(|(n, scalar)| (scalar.text(), format!("{pointer}/{n}")))
                .collect(),
        }
    }

    /// The values, as a request has them.
    pub fn texts(&self) -> Vec<String> {
        match self {
            Self::One(scalar) => vec![scalar.text()],
            Self::More(scalars) => scalars.iter().map(Scalar::text).collect(),
        }
    }
}

/// A value of a condition key.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Scalar {
    /// Text.
    Text(String),
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// Another number.
    Number(f64),
}

impl Scalar {
    fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Boolean(boolean) => boolean.to_string(),
            Self::Integer(integer) => integer.to_string(),
            Self::Number(number) => number.to_string(),
        }
    }
}

fn role_in_words(text: &str) -> String {
    match text.split_once('/') {
        _ if text.starts_with("arn:") => text.to_owned(),
        Some((environment, name)) => format!("{environment}/role/{name}"),
        None => format!("role/{text}"),
    }
}

fn and(words: &[String]) -> String {
    joined(words, "and")
}

fn or(words: &[String]) -> String {
    joined(words, "or")
}

fn joined(words: &[String], last: &str) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [start @ .., end] => format!("{} {last} {end}", start.join(", ")),
    }
}
