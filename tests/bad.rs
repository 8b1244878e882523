//! What a person gets wrong, and what hatrack says: a folder each under `tests/bad/` with the files and the exact
//! text. What is too large or too odd for a repository is made here, under the name of its folder.
//!
//! `HATRACK_BLESS=1` writes the texts, `HATRACK_ONLY=word` runs those with the word in their names.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test fails loudly, and its files are its own"
)]

mod terminal;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use terminal::{Project, each_folder, files_below, folders, golden, presentable};

const HEAD: &str = "environment: one\naccount: \"111122223333\"\nregion: eu-west-1\n";
/// Longer than any mistake may take to be told, on a machine that is busy with other tests.
const PATIENCE: Duration = Duration::from_secs(20);
/// A mistake in every line is told in every line; nobody reads more than this.
const TEXT_BYTES_MAX: usize = 1 << 20;

type Make = fn() -> Vec<u8>;

/// Files made here, by the name of the folder that expects them.
const MADE: [(&str, Make); 13] = [
    ("brackets-100000", || format!("{HEAD}users: {}", "[".repeat(100_000)).into()),
    ("nested-maps-100000", || format!("{HEAD}users: {}", "{a: ".repeat(100_000)).into()),
    ("file-over-8-mib", || format!("{HEAD}{}", "# nothing\n".repeat(900_000)).into()),
    ("not-utf-8", || [HEAD.as_bytes(), b"users:\n  alice: { path: \"/caf\xe9/\" }\n"].concat()),
    ("tags-51", || {
        let tags: String = (0..51).map(|n| format!("k{n}: v, ")).collect();
        format!("{HEAD}users:\n  alice: {{ tags: {{ {tags} }} }}\n").into()
    }),
    ("groups-11", || {
        let groups: String = (0..11).map(|n| format!("  g{n}: {{}}\n")).collect();
        let names: Vec<String> = (0..11).map(|n| format!("g{n}")).collect();
        format!("{HEAD}groups:\n{groups}users:\n  alice: {{ groups: [{}] }}\n", names.join(", ")).into()
    }),
    ("managed-policy-over-quota", || {
        format!("{HEAD}policies:\n  p:\n    statements:\n{}", statements(100, "      ", "")).into()
    }),
    ("inline-policies-over-quota", || {
        let inline = |n: usize| format!("      part{n}:\n{}", statements(30, "        ", ""));
        let all: String = (0..3).map(inline).collect();
        format!("{HEAD}groups:\n  g:\n    inline:\n{all}").into()
    }),
    ("trust-policy-over-quota", || {
        let who: String = (0..150).map(|n| format!("      - {{ account: \"1111{n:08}\" }}\n")).collect();
        format!("{HEAD}roles:\n  r:\n    trust:\n{who}").into()
    }),
    ("bucket-policy-over-quota", || {
        let statements = statements(250, "      ", "Principal: \"*\", ");
        format!("{HEAD}buckets:\n  acme-alpha:\n    policy:\n{statements}").into()
    }),
    ("policies-attached-over-quota", || {
        let arns: String = (0..11).map(|n| format!("      - arn:aws:iam::aws:policy/P{n}\n")).collect();
        format!("{HEAD}groups:\n  g:\n    policies:\n{arns}").into()
    }),
    ("not-a-regular-file", Vec::new), // see `case`
    ("errors-1000", || {
        let users: String = (0..1000).map(|n| format!("  u{n}: {{ groups: [nowhere] }}\n")).collect();
        format!("{HEAD}users:\n{users}").into()
    }),
];

/// Statements that differ in two lists, so that they cannot be packed.
fn statements(count: usize, indent: &str, more: &str) -> String {
    let one = |n: usize| {
        format!(
            "{indent}- {{ Sid: S{n}, Effect: Deny, {more}Action: s3:Get*, Resource: \"arn:aws:s3:::acme-{n}/*\", \
             Condition: {{ Null: {{ aws:PrincipalTag/t{n}: true }} }} }}\n"
        )
    };
    (0..count).map(one).collect()
}

fn cases() -> Vec<(String, PathBuf)> {
    folders(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad"))
}

#[test]
fn every_mistake_is_told_as_expected() {
    each_folder(&cases(), case);
}

#[test]
fn no_mistake_is_forgotten() {
    let mut wrong = vec![];
    for (name, folder) in cases() {
        let files = files_below(&folder);
        let made = MADE.iter().any(|(made, _)| *made == name);
        if files.iter().any(|f| f.starts_with("environments/")) == made {
            wrong.push(format!("{name} has no environments, or has them twice"));
        }
        if !terminal::blessing() && !files.iter().any(|f| f == "expect.txt") {
            wrong.push(format!("{name}/expect.txt is missing"));
        }
        let known = |f: &&String| {
            let yaml =
                f.ends_with(".yaml") && (f.starts_with("environments/") || f.starts_with("templates/"));
            yaml || *f == "expect.txt"
        };
        wrong.extend(files.iter().filter(|f| !known(f)).map(|f| format!("{name}/{f} is no part of a case")));
    }
    let unexpected = MADE.iter().filter(|(made, _)| !cases().iter().any(|(name, _)| name == made));
    wrong.extend(unexpected.map(|(made, _)| format!("nobody expects {made}")));
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(cases().len() >= 45, "only {} cases", cases().len());
}

fn case(name: &str, folder: &Path) -> Result<(), String> {
    let project = Project::empty();
    project.copy(&folder.join("environments"), "environments");
    project.copy(&folder.join("templates"), "templates");
    if let Some((_, make)) = MADE.iter().find(|(made, _)| *made == name) {
        if name == "not-a-regular-file" {
            project.write("environments/two.yaml", HEAD);
            std::fs::create_dir(project.path("environments/one.yaml")).unwrap();
        } else {
            project.write("environments/one.yaml", make());
        }
    }
    let begun = Instant::now();
    let (text, code) = project.screen(&["validate"]);
    if begun.elapsed() > PATIENCE {
        return Err(format!("it took {:?}", begun.elapsed()));
    }
    if text.len() > TEXT_BYTES_MAX {
        return Err(format!("it is told in {} bytes", text.len()));
    }
    presentable("validate", &text)?;
    golden(&folder.join("expect.txt"), &text)?;
    if code != 1 {
        return Err(format!("it ends with {code}"));
    }
    // Who plans without validating hears the same, and programs hear it as JSON.
    let (plan, _) = project.screen(&["plan", "--account-file", "account.json"]);
    if plan != text {
        return Err(format!("plan says something else:\n{plan}"));
    }
    if project.exists("account.json") {
        return Err("plan has made an account file".to_owned());
    }
    let run = project.run(&["validate", "--format=json"]);
    let json: serde_json::Value =
        serde_json::from_str(&run.stdout).map_err(|e| format!("{e}:\n{}", run.stdout))?;
    let told = json["diagnostics"].as_array().unwrap();
    let errors = told.iter().filter(|d| d["severity"] == "error").count();
    let one = |line: &&str| line.starts_with("error: ") || line.starts_with("error[");
    let counted = match text.lines().filter(one).count() {
        1 => 1,
        _ => text.lines().rev().nth(1).and_then(|l| l.split(' ').next()?.parse().ok()).unwrap_or_default(),
    };
    if run.code != 1 || json["format_version"] != 1 || errors != counted {
        return Err(format!("JSON tells {errors} errors, the screen {counted}, exit code {}", run.code));
    }
    Ok(())
}
