//! Style that matters is a test: the order of the rooms, the edges of the system, the length of files, the papers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms, each using only what stands before it. The same order as in `src/lib.rs` and ARCHITECTURE.md.
const ROOMS: [&str; 12] = [
    "diagnostic",
    "policy",
    "state",
    "spec",
    "access",
    "lint",
    "plan",
    "audit",
    "account",
    "apply",
    "report",
    "cli",
];

const FILE_LINES_MAX: usize = 700;

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = vec![];
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().to_owned(), text));
            }
        }
    }
    assert!(!found.is_empty());
    found
}

fn room_of(path: &Path) -> Option<usize> {
    let room = path.components().nth(1)?.as_os_str().to_str()?.trim_end_matches(".rs").to_owned();
    ROOMS.iter().position(|r| *r == room)
}

/// The rooms a text names as `crate::room`, tests and comments left out.
fn rooms_used(text: &str) -> BTreeSet<usize> {
    let code = text.split("#[cfg(test)]").next().unwrap();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines
        .flat_map(|line| line.match_indices("crate::").map(move |(at, _)| &line[at + 7..]))
        .filter_map(|rest| {
            let word: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            ROOMS.iter().position(|room| *room == word)
        })
        .collect()
}

#[test]
fn each_room_uses_only_what_stands_before_it() {
    let mut wrong = vec![];
    for (path, text) in sources("src") {
        let Some(room) = room_of(&path) else { continue };
        for used in rooms_used(&text) {
            if used > room {
                wrong.push(format!("{} uses `{}`", path.display(), ROOMS[used]));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_rooms_stand_in_lib_rs_in_their_order() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let rooms: Vec<&str> =
        text.lines().filter_map(|l| l.strip_prefix("pub mod ")).map(|l| l.trim_end_matches(';')).collect();
    assert_eq!(rooms, ROOMS);
}

#[test]
fn only_the_edge_touches_the_world() {
    let edge = ["account", "apply", "cli"].map(|room| ROOMS.iter().position(|r| *r == room).unwrap());
    for (path, text) in sources("src") {
        let Some(room) = room_of(&path) else { continue };
        let code = text.split("#[cfg(test)]").next().unwrap();
        if !edge.contains(&room) {
            for word in
                ["std::fs", "std::net", "std::env", "std::process", "SystemTime", "Instant::now", "getrandom"]
            {
                assert!(!code.contains(word), "{} uses {word}", path.display());
            }
        }
        if !path.starts_with("src/account/aws") {
            assert!(!code.contains("aws_sdk"), "{} knows the SDK", path.display());
        }
    }
}

#[test]
fn every_file_says_what_it_is_for_and_is_of_a_size_to_read() {
    for (path, text) in sources("src") {
        assert!(text.starts_with("//! "), "{} does not say what it is for", path.display());
        let lines = text.lines().count();
        assert!(lines <= FILE_LINES_MAX, "{} has {lines} lines", path.display());
    }
}

#[test]
fn every_command_is_in_the_readme() {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let commands = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli/mod.rs")).unwrap();
    let variants = commands.split("enum Command {").nth(1).unwrap().split('}').next().unwrap();
    let names: Vec<String> = variants
        .lines()
        .filter_map(|line| line.trim().split_once('(').map(|(name, _)| kebab(name)))
        .collect();
    assert!(names.len() >= 8, "{names:?}");
    for name in names {
        assert!(readme.contains(&format!("hatrack {name}")), "README.md does not show `hatrack {name}`");
    }
}

/// `WhoCan` as it is typed: `who-can`.
fn kebab(name: &str) -> String {
    let parted = |(at, c): (usize, char)| {
        let dash = (at > 0 && c.is_uppercase()).then_some('-');
        dash.into_iter().chain(c.to_lowercase())
    };
    name.char_indices().flat_map(parted).collect()
}

#[test]
fn no_line_of_the_project_names_a_machine_path() {
    for (path, text) in sources("src").into_iter().chain(sources("tests")) {
        for word in [concat!("/wo", "rk/"), concat!("/ro", "ot/")] {
            assert!(!text.contains(word), "{} names {word}", path.display());
        }
    }
}
