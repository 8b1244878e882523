//! The worked environments load as they are, and each mistake is told in exact words at its exact place.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test's helpers fail the test"
)]

mod assertions;
mod lowering;
mod mistakes;
mod worked;

use std::path::Path;
use std::sync::Arc;

use hatrack::diagnostic::{Diagnostic, Source};
use hatrack::policy::Policy;
use hatrack::spec::{Lowered, load};
use hatrack::state::{Core, Encryption, Kind, Ownership, PolicyReference, ResourceId, Setting, SettingKey};

fn worked(name: &str) -> Arc<Source> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("environments").join(name);
    Arc::new(Source { name: name.into(), text: std::fs::read_to_string(path).unwrap() })
}

fn source(name: &str, text: &str) -> Arc<Source> {
    Arc::new(Source { name: name.into(), text: text.into() })
}

fn show(diagnostics: &[Diagnostic]) -> Vec<String> {
    let one = |d: &Diagnostic| {
        let place = d.span.as_ref().map_or("nowhere".into(), |span| span.to_string());
        let help: String = d.help.iter().map(|h| format!("\n  help: {h}")).collect();
        let related: String = d.related.iter().map(|(span, words)| format!("\n  {span}: {words}")).collect();
        format!("{place}: {}{related}{help}", d.message)
    };
    diagnostics.iter().map(one).collect()
}

const HEAD: &str = "environment: one\naccount: \"111122223333\"\nregion: eu-west-1\n";

/// Loads one file made of the usual three lines and what follows from line 4.
fn read(body: &str) -> (Option<Lowered>, Vec<String>) {
    let (lowered, said) = load(&[source("one.yaml", &format!("{HEAD}{body}"))], &[]);
    (lowered, show(&said))
}

#[track_caller]
fn good(body: &str) -> Lowered {
    let (lowered, said) = read(body);
    assert_eq!(said, [""; 0]);
    lowered.unwrap()
}

#[track_caller]
fn wrong(body: &str, expected: &[&str]) {
    let (lowered, said) = read(body);
    assert_eq!(said, expected);
    assert!(lowered.is_none(), "nothing may be planned");
}

fn id(kind: Kind, name: &str) -> ResourceId {
    ResourceId::new(&"111122223333".parse().unwrap(), kind, name)
}

fn setting<'a>(lowered: &'a Lowered, id: &ResourceId, key: &SettingKey) -> &'a Setting {
    lowered.wanted.resources[id].settings.get(key).unwrap_or_else(|| panic!("{id} has no {key}"))
}

fn trust(lowered: &Lowered, name: &str) -> serde_json::Value {
    match &lowered.wanted.resources[&id(Kind::Role, name)].core {
        Core::Role { trust: Policy::Normal(document), .. } => document.to_json(),
        other => panic!("{other:?}"),
    }
}

fn statement(lowered: &Lowered, name: &str) -> String {
    trust(lowered, name)["Statement"].to_string()
}
