//! One schema as `shape` sees it: what it admits, what it calls itself, what it expects in YAML's words.

use serde_json::{Map, Value as Json};

use super::tree::Value;

/// How many references may lead from one to the next.
const REFERENCES_MAX: usize = 32;

/// One schema with references followed, and what its type is called.
#[derive(Clone)]
pub struct Shape<'a> {
    /// Where references lead.
    root: &'a Json,
    schema: &'a Json,
    /// What its type is called.
    pub name: Option<String>,
}

impl<'a> Shape<'a> {
    /// The shape at the root of a schema.
    pub fn root(schema: &'a Json) -> Self {
        Self { root: schema, schema, name: title(schema) }
    }

    /// A schema within this one.
    pub fn of(&self, schema: &'a Json) -> Self {
        Self { root: self.root, schema, name: None }
    }

    /// A schema that says more about the same value.
    pub fn more(&self, schema: &'a Json) -> Self {
        Self { schema, ..self.clone() }
    }

    pub fn field(&self, key: &str) -> Option<&'a Json> {
        self.schema.get(key)
    }

    pub fn properties(&self) -> Option<&'a Map<String, Json>> {
        self.field("properties").and_then(Json::as_object)
    }

    pub fn types(&self) -> Vec<&'a str> {
        match self.field("type") {
            Some(Json::String(one)) => vec![one],
            Some(Json::Array(many)) => many.iter().filter_map(Json::as_str).collect(),
            _ if self.properties().is_some() => vec!["object"],
            _ => vec![],
        }
    }

    /// `anyOf` or `oneOf`.
    pub fn alternatives(&self) -> Option<&'a Vec<Json>> {
        self.field("anyOf").or_else(|| self.field("oneOf")).and_then(Json::as_array)
    }

    /// The words of an enumeration; none when any text goes.
    pub fn words(&self) -> Option<Vec<&'a Json>> {
        match (self.field("const"), self.field("enum").and_then(Json::as_array)) {
            (Some(one), _) => Some(vec![one]),
            (None, Some(many)) => Some(many.iter().collect()),
            (None, None) => None,
        }
    }

    /// Whether nothing but `null` is meant.
    pub fn null(&self) -> bool {
        self.types() == ["null"] || self.field("const").is_some_and(Json::is_null)
    }

    /// Whether a value of this kind can be meant for this shape.
    pub fn admits(&self, value: &Value) -> bool {
        if *self.schema == Json::Bool(false) {
            return false;
        }
        let types = self.types();
        if types.is_empty() {
            let Some(words) = self.words() else { return true };
            return words.iter().any(|w| matches!(value, Value::Text(_)) && w.is_string() || same(value, w));
        }
        let only_null = self.null();
        types.iter().any(|t| match (*t, value) {
            ("null", Value::Null) => only_null,
            ("boolean", Value::Bool(_))
            | ("string", Value::Text(_))
            | ("integer" | "number", Value::Integer(_))
            | ("number", Value::Float(_))
            | ("array", Value::List(_))
            | ("object", Value::Map(_)) => true,
            _ => false,
        })
    }

    /// What is expected here, in YAML's words.
    pub fn expectation(&self) -> Vec<String> {
        if let Some(words) = self.words() {
            return words.iter().filter(|w| !w.is_null()).map(|w| quoted(w)).collect();
        }
        let types = self.types();
        if types.is_empty() {
            return vec!["a value".into()];
        }
        let say = |t: &&str| match *t {
            "boolean" => Some("true or false".to_owned()),
            "string" => Some("text".into()),
            "integer" => Some("a whole number".into()),
            "number" => Some("a number".into()),
            "array" => Some(self.list_words()),
            "object" => Some("a map".into()),
            _ => None,
        };
        types.iter().filter_map(say).collect()
    }

    /// Follows references and opens alternatives.
    pub fn flatten(self, into: &mut Vec<Self>) {
        self.follow(into, 0);
    }

    fn follow(self, into: &mut Vec<Self>, references: usize) {
        if references > REFERENCES_MAX {
            return;
        }
        let name = title(self.schema).or(self.name);
        let shape = Shape { name: name.clone(), ..self };
        if let Some(pointer) = shape.field("$ref").and_then(Json::as_str) {
            let Some(target) = self.root.pointer(pointer.trim_start_matches('#')) else { return };
            let name = title(target).or_else(|| pointer.rsplit('/').next().map(str::to_owned)).or(name);
            return Shape { root: self.root, schema: target, name }.follow(into, references + 1);
        }
        match shape.alternatives() {
            // A struct with a flattened enum has both, and both hold: `shape` checks them one after the other.
            Some(alternatives) if shape.properties().is_none() => {
                alternatives.iter().for_each(|schema| shape.more(schema).follow(into, references + 1));
            }
            _ => into.push(shape),
        }
    }

    /// "a list of text", when the items are of one simple kind.
    fn list_words(&self) -> String {
        let mut open = vec![];
        if let Some(schema) = self.field("items") {
            self.of(schema).flatten(&mut open);
        }
        let words: Vec<_> = open.iter().flat_map(Shape::types).collect();
        match words.as_slice() {
            ["string", rest @ ..] if rest.iter().all(|w| *w == "string") => "a list of text".into(),
            ["integer"] => "a list of whole numbers".into(),
            ["object"] => "a list of maps".into(),
            ["array"] => "a list of lists".into(),
            _ => "a list".into(),
        }
    }
}

pub const FALSE: Option<&Json> = Some(&Json::Bool(false));

pub fn closed(shape: &Shape<'_>) -> bool {
    shape.field("additionalProperties") == FALSE || shape.field("unevaluatedProperties") == FALSE
}

pub fn required<'a>(shape: &Shape<'a>) -> impl Iterator<Item = &'a str> + use<'a> {
    shape.field("required").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str)
}

pub fn same(value: &Value, word: &Json) -> bool {
    match (value, word) {
        (Value::Null, Json::Null) => true,
        (Value::Bool(a), Json::Bool(b)) => a == b,
        (Value::Text(a), Json::String(b)) => a == b,
        (Value::Integer(a), Json::Number(b)) => b.as_i64() == Some(*a),
        (Value::Float(a), Json::Number(b)) => b.as_f64() == Some(*a),
        _ => false,
    }
}

pub fn quoted(word: &Json) -> String {
    word.as_str().map_or_else(|| format!("`{word}`"), |text| format!("`{text}`"))
}

pub fn listed(words: &[&str]) -> String {
    words.iter().map(|w| format!("`{w}`")).collect::<Vec<_>>().join(", ")
}

pub fn or(words: &[String]) -> String {
    match words {
        [] => "nothing".into(),
        [one] => one.clone(),
        [start @ .., last] => format!("{} or {last}", start.join(", ")),
    }
}

pub fn first_sentence(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    line.split(". ").next().unwrap_or_default().trim_end_matches('.').to_owned()
}

fn title(schema: &Json) -> Option<String> {
    schema.get("title").and_then(Json::as_str).map(str::to_owned)
}

/// " in a role", when the type has a name.
pub fn place_of(shape: &Shape<'_>) -> String {
    shape.name.as_deref().map(|name| format!(" in {}", with_article(name))).unwrap_or_default()
}

/// `RoleBody` → "a role body"; a title that begins with an article stays as it is.
pub fn with_article(name: &str) -> String {
    if ["a ", "an ", "the "].iter().any(|article| name.starts_with(article)) {
        return name.to_owned();
    }
    let mut words = String::new();
    for c in name.chars() {
        if c.is_uppercase() && words.ends_with(char::is_lowercase) {
            words.push(' ');
        }
        words.extend(if c == '_' { ' '.to_lowercase() } else { c.to_lowercase() });
    }
    let article = if words.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
    format!("{article} {words}")
}
