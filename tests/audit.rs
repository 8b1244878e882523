//! The page about `hatrack audit` has every check, as the program has it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails loudly")]
#![allow(clippy::disallowed_methods, reason = "a page that is half written is seen by git")]

use std::fs;
use std::path::Path;

use hatrack::audit::{ALL, Check};

#[test]
fn the_page_has_every_check() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/audit.md");
    let page = fs::read_to_string(&path).unwrap();
    let row = |check: &&Check| {
        let Check { id, severity, sentence, why, help: _, source, look: _ } = check;
        format!("| `{id}` | {} | {sentence} {why} | [AWS]({source}) |\n", severity.words())
    };
    let table: String = ALL.iter().map(row).collect();
    let head = "| check | severity | finds | source |\n|---|---|---|---|\n";
    let (before, rest) = page.split_once(head).expect("the table");
    let (_, after) = rest.split_once("\n- Keys, ").expect("the end of the table");
    let wanted = format!("{before}{head}{table}\n- Keys, {after}");
    if std::env::var_os("HATRACK_BLESS").is_some() {
        return fs::write(&path, &wanted).unwrap();
    }
    assert!(
        page == wanted,
        "docs/audit.md is not as the program is: HATRACK_BLESS=1 cargo test --test audit"
    );
}
