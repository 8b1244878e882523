//! Every command as a person or a script meets it: what it prints, where, and how it ends. `HATRACK_BLESS=1` writes
//! the texts under `tests/cli/screens/`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test fails loudly, and its files are its own"
)]

#[path = "../terminal/mod.rs"]
mod terminal;

mod access;
mod access_diff;
mod asking;
mod assertions;
mod broken_files;
mod decide;
mod estate;
mod formats;
mod interruption;
mod lint;
mod lock;
mod permissions;
mod policy_documents;
mod rewritten;
mod saved_plans;
mod usage;

use std::path::Path;

use terminal::{Project, Run, golden, presentable};

/// A small estate with something of everything.
const ESTATE: &str = r#"environment: one
account: "111122223333"
region: eu-west-1
groups:
  Readers: { policies: [AmazonS3ReadOnlyAccess] }
users:
  alice: { groups: [Readers] }
roles:
  GlueEtl:
    trust: glue
    inline:
      data:
        - { Sid: Read, Effect: Allow, Action: s3:GetObject, Resource: "arn:aws:s3:::acme-alpha/*" }
buckets:
  acme-alpha: {} # hatrack: allow(bucket-without-policy): nothing is in it yet
"#;

/// The same, some days later.
const LATER: &str = r#"environment: one
account: "111122223333"
region: eu-west-1
groups:
  Readers: { policies: [AmazonS3ReadOnlyAccess] }
users:
  bob: { groups: [Readers] }
roles:
  GlueEtl:
    trust: glue
    description: Nightly jobs
buckets:
  acme-alpha: { versioning: enabled } # hatrack: allow(bucket-without-policy): nothing is in it yet
"#;

const FILE: &str = "environments/one.yaml";

fn estate() -> Project {
    Project::new(&[(FILE, ESTATE)])
}

/// The estate, applied to `account.json`.
fn applied() -> Project {
    let project = estate();
    let run = project.run(&["apply", "--yes", "--account-file", "account.json"]);
    assert_eq!(run.code, 0, "{}", run.shown());
    project
}

/// The estate, applied, and the files of some days later.
fn changed() -> Project {
    let project = applied();
    project.write(FILE, LATER);
    project
}

/// Runs on the account file.
fn on_file(project: &Project, arguments: &[&str]) -> Run {
    project.run(&[&["--account-file", "account.json"], arguments].concat())
}

/// Compares what a run showed with the text of that name.
fn screen(name: &str, run: &Run) {
    let text = run.shown();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/screens").join(format!("{name}.txt"));
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let checked = presentable(name, &text).and_then(|()| golden(&path, &text));
    if let Err(why) = checked {
        panic!("{why}");
    }
}

/// The first lines of a long text.
fn head(run: &Run, lines: usize) -> Run {
    let cut = |text: &str| text.lines().take(lines).map(|line| format!("{line}\n")).collect::<String>();
    Run { stdout: cut(&run.stdout), ..run.clone() }
}

/// Changes a file on disk as an editor would.
fn replace(project: &Project, file: &str, from: &str, to: &str) {
    let text = project.read(file);
    assert!(text.contains(from), "{file} has no {from}:\n{text}");
    project.write(file, text.replacen(from, to, 1));
}
