//! The papers keep their word: every example in them is read as hatrack reads it, and every link leads somewhere.
#![expect(clippy::unwrap_used, reason = "a test's helpers fail the test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hatrack::diagnostic::Source;
use hatrack::policy::{Document, Usage};
use hatrack::spec;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every paper: the files in capitals, and `docs/`.
fn papers() -> Vec<(PathBuf, String)> {
    let mut found = vec![];
    for folder in [root().to_owned(), root().join("docs")] {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|e| e == "md") {
                found.push((path.clone(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    assert!(found.len() >= 12, "{} papers", found.len());
    found
}

/// The fenced blocks of a language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let mut found = vec![];
    let mut open: Option<(bool, String)> = None;
    for line in text.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(word)) => open = Some((word.trim() == language, String::new())),
            (Some((wanted, block)), Some(_)) => {
                if *wanted {
                    found.push(std::mem::take(block));
                }
                open = None;
            }
            (Some((_, block)), None) => {
                block.push_str(line);
                block.push('\n');
            }
            (None, None) => {}
        }
    }
    found
}

fn source(name: &str, text: &str) -> Arc<Source> {
    Arc::new(Source { name: name.to_owned(), text: text.to_owned() })
}

#[test]
fn every_environment_shown_can_be_used() {
    let lake = fs::read_to_string(root().join("environments/lake.yaml")).unwrap();
    let mut shown = 0;
    for (path, text) in papers() {
        for block in blocks(&text, "yaml").iter().filter(|b| b.starts_with("# environments/")) {
            let files = [source("environments/shown.yaml", block), source("environments/lake.yaml", &lake)];
            let (lowered, said) = spec::load(&files, &[]);
            assert!(lowered.is_some() && said.is_empty(), "{}: {said:#?}", path.display());
            shown += 1;
        }
    }
    assert!(shown >= 2, "{shown} environments");
}

#[test]
fn every_template_shown_can_be_used() {
    let mut shown = 0;
    for (path, text) in papers() {
        for block in blocks(&text, "yaml").iter().filter(|b| b.starts_with("# templates/")) {
            let name = block.split_whitespace().nth(1).unwrap();
            let environment = "environment: e\naccount: \"111122223333\"\nregion: eu-west-1\n";
            let (_, said) = spec::load(&[source("environments/e.yaml", environment)], &[source(name, block)]);
            assert!(said.is_empty(), "{}: {said:#?}", path.display());
            shown += 1;
        }
    }
    assert!(shown >= 1);
}

#[test]
fn every_json_shown_is_json_and_every_policy_is_one() {
    let mut policies = 0;
    for (path, text) in papers() {
        for block in blocks(&text, "json") {
            let json: serde_json::Value =
                serde_json::from_str(&block).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            if json.get("Statement").is_some() {
                let read = Document::read(&json, Usage::Identity, "aws");
                let document = read.unwrap_or_else(|problems| panic!("{}: {problems:#?}", path.display()));
                assert!(document.size() <= 6144, "{}: {} characters", path.display(), document.size());
                policies += 1;
            }
        }
    }
    assert!(policies >= 3, "{policies} policies");
}

#[test]
fn every_link_leads_somewhere() {
    let papers = papers();
    for (path, text) in &papers {
        let outside: String = text.split("```").step_by(2).collect::<Vec<_>>().join("\n"); // links in examples are the reader's
        for target in outside.match_indices("](").filter_map(|(at, _)| outside[at + 2..].split(')').next()) {
            if target.starts_with("https://") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let there = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            assert!(there.exists(), "{}: no {target}", path.display());
            if !anchor.is_empty() {
                let text = fs::read_to_string(&there).unwrap();
                assert!(anchors(&text).contains(anchor), "{}: no {target}", path.display());
            }
        }
    }
}

/// As forges make them: lower case, blanks to hyphens, no other signs.
fn anchors(text: &str) -> BTreeSet<String> {
    let outside = text.split("```").step_by(2).collect::<Vec<_>>().join("\n");
    let heading = |line: &str| {
        let title = line.strip_prefix('#')?.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        Some(kept.map(|c| if c == ' ' { '-' } else { c }).collect())
    };
    outside.lines().filter_map(heading).collect()
}

#[test]
fn every_shipped_template_is_in_the_language() {
    let text = fs::read_to_string(root().join("docs/environments.md")).unwrap();
    for (name, _) in spec::shipped::TEMPLATES {
        assert!(text.contains(&format!("`{name}`")), "docs/environments.md does not name `{name}`");
    }
}
