//! The lines of the data, cut into services and read when one is asked for.

use std::sync::{LazyLock, OnceLock};

use super::data;
use super::key::{ConditionKey, KeyKind};
use super::service::{AccessLevel, Action, ActionResource, ResourceType, Service};

/// The lines of one service.
pub(super) struct Section {
    pub(super) prefix: &'static str,
    name: &'static str,
    lines: &'static str,
    service: OnceLock<Service>,
}

static SECTIONS: LazyLock<Vec<Section>> = LazyLock::new(|| {
    let services = data::actions().split("\nservice\t").skip(1);
    services
        .map(|text| {
            let (head, lines) = text.split_once('\n').unwrap_or((text, ""));
            let (prefix, name) = head.split_once('\t').unwrap_or((head, ""));
            Section { prefix, name, lines, service: OnceLock::new() }
        })
        .collect()
});

/// Every service, sorted by prefix.
pub(super) fn all() -> &'static [Section] {
    &SECTIONS
}

impl Section {
    /// The service, parsed the first time.
    pub(super) fn service(&self) -> &Service {
        self.service.get_or_init(|| self.parse())
    }

    fn parse(&self) -> Service {
        let (prefix, listed) = (self.prefix, !self.name.is_empty());
        let name = if listed { self.name } else { prefix };
        let mut service = Service { prefix, name, listed, actions: vec![], types: vec![], keys: vec![] };
        for line in self.lines.lines() {
            let mut columns = line.split('\t');
            let mut next = || columns.next().unwrap_or_default();
            match next() {
                "type" => {
                    let (name, arn) = (next(), next());
                    service.types.push(ResourceType { name, arn, keys: list(next()) });
                }
                "key" => {
                    let (name, kind) = (next(), next());
                    let (kind, many) = kind.strip_suffix("[]").map_or((kind, false), |kind| (kind, true));
                    service.keys.push(ConditionKey { name, kind: key_kind(kind), many });
                }
                "action" => {
                    let (name, level, resources) = (next(), next(), next());
                    service.actions.push(Action {
                        service: prefix,
                        name,
                        level: access_level(level),
                        resources: resources.split(';').filter(|r| !r.is_empty()).map(resource).collect(),
                        keys: list(next()),
                        listed: level != "seen",
                    });
                }
                _ => {}
            }
        }
        service
    }
}

/// `bucket*=s3:a,s3:b`.
fn resource(text: &'static str) -> ActionResource {
    let (name, keys) = text.split_once('=').unwrap_or((text, ""));
    let (name, required) = name.strip_suffix('*').map_or((name, false), |name| (name, true));
    ActionResource { name, required, keys: list(keys) }
}

fn list(text: &'static str) -> Vec<&'static str> {
    text.split(',').filter(|item| !item.is_empty()).collect()
}

fn access_level(word: &str) -> AccessLevel {
    match word {
        "List" => AccessLevel::List,
        "Read" => AccessLevel::Read,
        "Write" => AccessLevel::Write,
        "Permissions" => AccessLevel::PermissionsManagement,
        "Tagging" => AccessLevel::Tagging,
        _ => AccessLevel::Unknown,
    }
}

fn key_kind(word: &str) -> KeyKind {
    match word {
        "String" => KeyKind::Text,
        "ARN" => KeyKind::Arn,
        "Bool" => KeyKind::Bool,
        "Numeric" => KeyKind::Number,
        "Date" => KeyKind::Date,
        "IPAddress" => KeyKind::Ip,
        "Binary" => KeyKind::Binary,
        _ => KeyKind::Unknown,
    }
}
