//! The AWS adapter over HTTP, against the emulator of `tests/emulator`, or the stricter `tests/standin` where
//! `HATRACK_TEST_SERVER=standin`.
//!
//! One test starts the emulator and runs the others in a process of their own, since the AWS SDK takes its credentials
//! from the environment, and a test must not change that of its neighbours.
#![cfg(feature = "aws")]
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop"
)]

mod adapter;
mod conformance;
#[path = "../support/mod.rs"]
mod support;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

const ENDPOINT: &str = "HATRACK_TEST_ENDPOINT";

/// Where the emulator listens.
fn endpoint() -> String {
    std::env::var_os(ENDPOINT).unwrap().into_string().unwrap()
}

#[test]
fn on_the_emulator() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = Command::new(home.join("scripts/emulator-venv")).output().unwrap();
    assert!(python.status.success(), "no emulator: {}", String::from_utf8_lossy(&python.stderr));
    let python = home.join(String::from_utf8(python.stdout).unwrap().trim());
    let strict = std::env::var_os("HATRACK_TEST_SERVER").is_some_and(|server| server == "standin");
    let script = if strict { "tests/standin/server.py" } else { "tests/emulator/server.py" };
    let mut server = Command::new(python)
        .arg(home.join(script))
        // The emulator trusts everybody, and has no such option.
        .args(strict.then_some("--trusting"))
        .stdin(Stdio::piped()) // it ends when this closes
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut ready = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    let ready: serde_json::Value = serde_json::from_str(&ready).unwrap();
    let tests = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--test-threads=2"])
        .env(ENDPOINT, ready["url"].as_str().unwrap())
        .envs([("AWS_ACCESS_KEY_ID", "123456789012"), ("AWS_SECRET_ACCESS_KEY", "x")])
        .envs([("AWS_CONFIG_FILE", "/dev/null"), ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")])
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .output()
        .unwrap();
    drop(server.stdin.take());
    server.wait().unwrap();
    let said = String::from_utf8_lossy(&tests.stdout);
    println!("{said}");
    assert!(tests.status.success(), "{}", String::from_utf8_lossy(&tests.stderr));
    assert!(!said.contains("running 0 tests"), "no test ran");
}
