//! How long a plan of many accounts takes, kept in files, and how that grows: `cargo bench --no-default-features --bench
//! estate`, or with numbers of accounts. The whole command is measured, as a child process: files read, accounts read,
//! settled, planned, access compared, report made.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a benchmark is for the one who runs it"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

const ROLES: usize = 50;

fn main() {
    let given: Vec<usize> = std::env::args().filter_map(|word| word.parse().ok()).collect();
    let numbers = if given.is_empty() { vec![25, 50, 100, 200] } else { given };
    println!(
        "{:>8} {:>6} {:>12} {:>12} {:>12} {:>12}",
        "accounts", "roles", "first s", "no change s", "5 % s", "drift 5 % s"
    );
    for number in numbers {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        fs::create_dir(at.join("environments")).unwrap();
        fs::create_dir(at.join("accounts")).unwrap();
        write(at, number, &|_| false);
        let first = seconds(at, &["plan"], 2);
        let applied = seconds(at, &["apply", "--yes", "--parallelism", "64"], 0);
        let same = seconds(at, &["plan"], 0);
        write(at, number, &|n| n % 20 == 0);
        let some = seconds(at, &["plan"], 2);
        let drift = seconds(at, &["drift"], 2);
        println!(
            "{number:>8} {:>6} {first:>12.2} {same:>12.2} {some:>12.2} {drift:>12.2}   (apply: {applied:.1})",
            number * ROLES
        );
    }
}

fn seconds(at: &Path, arguments: &[&str], code: i32) -> f64 {
    let start = Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_hatrack"));
    command.current_dir(at).args(["--account-file", "accounts"]).args(arguments);
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert_eq!(status.code(), Some(code), "{arguments:?}");
    start.elapsed().as_secs_f64()
}

/// Environments of 50 roles, each with an inline policy and an AWS managed one; some are another way.
fn write(at: &Path, number: usize, other: &dyn Fn(usize) -> bool) {
    for n in 0..number {
        let mut text = format!(
            "environment: e{n:03}\naccount: \"{:012}\"\nregion: eu-west-1\nroles:\n",
            100_000_000_000_usize + n
        );
        for r in 0..ROLES {
            let service = ["glue", "sagemaker", "lambda", "athena"][r % 4];
            let managed = ["AmazonS3ReadOnlyAccess", "AmazonEC2ReadOnlyAccess"][r % 2];
            let more = if other(n * ROLES + r) { ", s3:PutObject" } else { "" };
            let reader = if r == 0 {
                format!(", {{ account: \"{:012}\" }}", 100_000_000_000_usize + (n + 1) % number)
            } else {
                String::new()
            };
            let _written = write!(
                text,
                "  Role{r}:\n    trust: [{service}{reader}]\n    policies: [{managed}]\n    inline:\n      data:\n        - {{ Sid: \
                 Read, Effect: Allow, Action: [s3:GetObject{more}], Resource: \"arn:aws:s3:::acme-{n}/team{r}/*\" }}\n"
            );
        }
        fs::write(at.join(format!("environments/e{n:03}.yaml")), text).unwrap();
    }
}
