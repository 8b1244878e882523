//! What was made by hand becomes what is declared: nothing changes but marks, and the files say what was found.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test fails loudly, and its files are its own"
)]

#[path = "adopt/account.rs"]
mod account;
#[path = "adopt/in_place.rs"]
mod in_place;
#[path = "adopt/raised.rs"]
mod raised;
#[path = "adopt/refusals.rs"]
mod refusals;
#[path = "adopt/revert.rs"]
mod revert;
#[path = "adopt/studio.rs"]
mod studio;
#[path = "adopt/studio_in_place.rs"]
mod studio_in_place;
mod support;
mod terminal;

use std::path::Path;

use hatrack::account::embedded;
use hatrack::state::{AccountId, Kind, Resource, ResourceId, Setting, State};
use serde_json::Value;
use terminal::{Project, Run, golden, presentable};

const ACCOUNT_FILE: &str = "account.json";

fn number() -> AccountId {
    "111122223333".parse().unwrap()
}

fn id(address: &str) -> ResourceId {
    format!("{}:{address}", number()).parse().unwrap()
}

fn state_of(text: &str) -> State {
    let mut file: Value = serde_json::from_str(text).unwrap();
    serde_json::from_value(file["state"].take()).unwrap()
}

/// The account as somebody made it in the console.
fn handmade() -> State {
    state_of(include_str!("adopt/handmade.json"))
}

fn read_account(project: &Project) -> State {
    state_of(&project.read(ACCOUNT_FILE))
}

fn write_account(project: &Project, state: &State) {
    project.write(ACCOUNT_FILE, embedded::to_text(state).unwrap());
}

fn run(project: &Project, arguments: &[&str]) -> Run {
    project.run(&[&["--account-file", ACCOUNT_FILE], arguments].concat())
}

fn exits(project: &Project, code: i32, arguments: &[&str]) -> Run {
    let run = run(project, arguments);
    assert_eq!(run.code, code, "{arguments:?}\n{}", run.shown());
    run
}

/// Compares what a run showed with the text of that name.
fn screen(name: &str, run: &Run) {
    let text = run.shown();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/adopt/screens").join(format!("{name}.txt"));
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    if let Err(why) = presentable(name, &text).and_then(|()| golden(&path, &text)) {
        panic!("{why}");
    }
}

fn resource<'a>(state: &'a mut State, address: &str) -> &'a mut Resource {
    state.resources.get_mut(&id(address)).unwrap_or_else(|| panic!("no {address}"))
}

/// Whether a resource is of one of the kinds that bear their mark in their path.
fn by_path(kind: Kind) -> bool {
    matches!(kind, Kind::Group | Kind::Policy | Kind::InstanceProfile)
}
