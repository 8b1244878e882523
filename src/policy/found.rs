//! Documents that an account returned or that a file keeps: whatever is not IAM grammar as hatrack knows it
//! is kept as it is.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Serialize, Serializer};
use serde_json::{Map, Number, Value};

use super::{Document, Policy, Problem, read};

impl Policy {
    /// Reads a document an account returned: whatever is not IAM grammar is kept as it is.
    ///
    /// IAM sends documents percent-encoded, S3 and most emulators send them plain; a plain document may
    /// itself contain percent signs, so only what does not look like JSON is decoded, and a `+` stays a `+`.
    pub fn from_text(text: &str, partition: &str) -> Self {
        let plain = |text: &str| text.trim_start().starts_with('{');
        let decoded = match percent_encoding::percent_decode_str(text).decode_utf8() {
            Ok(decoded) if !plain(text) && plain(&decoded) => decoded.into_owned(),
            _ => text.to_owned(),
        };
        let json: Option<Unambiguous> = serde_json::from_str(&decoded).ok();
        match json.and_then(|json| read::found(&json.0, partition).ok()) {
            Some(document) => Self::Normal(document),
            None => Self::Unreadable(decoded),
        }
    }
}

impl From<Document> for Policy {
    fn from(document: Document) -> Self {
        Self::Normal(document)
    }
}

/// A document in normal form is an object, any other text a string.
impl Serialize for Policy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Normal(document) => document.to_json().serialize(serializer),
            Self::Unreadable(text) => text.serialize(serializer),
        }
    }
}

/// An object is read like a document that an account returned, account numbers in partition `aws`: what
/// hatrack wrote has none, since in normal form they are ARNs. A string is kept as it is.
impl<'de> Deserialize<'de> for Policy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Unambiguous::deserialize(deserializer)?.0 {
            Value::String(text) => Ok(Self::Unreadable(text)),
            json => match read::found(&json, "aws") {
                Ok(document) => Ok(Self::Normal(document)),
                Err(problems) => Err(de::Error::custom(match problems.first() {
                    Some(Problem { pointer, message, .. }) => {
                        format!("not a policy document: {message} (at `{pointer}`)")
                    }
                    None => "not a policy document".to_owned(),
                })),
            },
        }
    }
}

/// Reads JSON in which no key stands twice in an object.
///
/// # Errors
/// It is none, in words.
pub fn unambiguous_json(text: &str) -> Result<Value, String> {
    serde_json::from_str::<Unambiguous>(text).map(|json| json.0).map_err(|wrong| wrong.to_string())
}

/// JSON in which no key stands twice in an object: readers differ in which of the two they take.
struct Unambiguous(Value);

impl<'de> Deserialize<'de> for Unambiguous {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UnambiguousVisitor).map(Self)
    }
}

struct UnambiguousVisitor;

impl<'de> Visitor<'de> for UnambiguousVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a policy document, or the text of one")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number without end"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut list = vec![];
        while let Some(Unambiguous(item)) = access.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            let Unambiguous(value) = access.next_value()?;
            if map.insert(key.clone(), value).is_some() {
                return Err(de::Error::custom(format_args!("`{key}` stands twice in one object")));
            }
        }
        Ok(Value::Object(map))
    }
}
