//! `hatrack policy fmt`

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::cli::document::{self, Loaded, STANDARD_INPUT};
use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::diagnostic::Diagnostic;
use crate::policy::{Document, Policy, partition_of};
use crate::state::fit::{self, Room, Unit};

use super::Kind;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The documents; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Print nothing but the files that are written otherwise; exit code 2 if any is
    #[arg(long, conflicts_with = "write")]
    check: bool,
    /// Say the same in as few characters as can be; Sids go only if it does not fit otherwise
    #[arg(long)]
    pack: bool,
    /// Write the files anew instead of printing them; JSON files only
    #[arg(long)]
    write: bool,
    /// What they are for [default: what each looks to be for]
    #[arg(long, value_name = "KIND")]
    kind: Option<Kind>,
}

pub fn run(args: &Args, output: &Output) -> Result<ExitCode, Failure> {
    let mut wrong = vec![];
    let mut formatted = vec![];
    for path in &args.files {
        match one(path, args) {
            Ok(done) => formatted.push((path, done)),
            Err(diagnostics) => wrong.extend(diagnostics),
        }
    }
    // All or none: a file of which nothing is known stops the others from being written as well.
    if !wrong.is_empty() {
        return Err(Failure::in_text(wrong));
    }
    let mut differences = false;
    for (path, Formatted { loaded, text, size }) in formatted {
        output.say(&size);
        let same = loaded.source.text == text;
        differences |= !same;
        if args.write && !same {
            write(path, &text)
                .map_err(|error| Failure::error(format!("cannot write {}: {error}", path.display())))?;
        }
        if args.write || args.check {
            if !same {
                output.result(&format!("{}\n", loaded.source.name));
            }
        } else {
            output.result(&text);
        }
    }
    Ok(if args.check && differences { ExitCode::Differences } else { ExitCode::Done })
}

struct Formatted {
    loaded: Loaded,
    text: String,
    /// What is said of its size.
    size: String,
}

fn one(path: &Path, args: &Args) -> Result<Formatted, Vec<Diagnostic>> {
    let loaded = document::load(path).map_err(|failure| failure.diagnostics)?;
    if args.write || args.check {
        whole_json(path, &loaded)?;
    }
    let json = loaded.node.to_json();
    let partition = partition_of([&json]).unwrap_or_else(|| "aws".to_owned());
    let document = super::document(&loaded, &json, &partition, args.kind)?;
    let room = fit::for_kind(super::kind_of(args.kind, &json));
    let packed = || {
        let packed = document.packed();
        packed.packed_to_fit(&|document| room.document_size(document) <= room.most)
    };
    let shown = if args.pack { packed() } else { document.clone() };
    let mut size = format!("{}: {}", loaded.source.name, used(&shown, room));
    let over = room.document_size(&shown) > room.most;
    if over && !args.pack {
        size.push_str(&format!("; packed {}", room.document_size(&packed())));
    }
    let text = pretty(&if args.pack { shown.to_json() } else { as_ordered(&shown, &json, &partition) });
    Ok(Formatted { loaded, text, size })
}

/// `1200 of the 6144 characters of a managed policy (19 %)`.
fn used(document: &Document, room: Room) -> String {
    let Room { of, most, unit } = room;
    let size = room.document_size(document);
    let unit = match unit {
        Unit::Characters => "characters",
        Unit::Bytes => "bytes",
    };
    let part = (size * 100).div_ceil(most.max(1));
    let over = if size > most { ", too large" } else { "" };
    format!("{size} of the {most} {unit} of {of} ({part} %{over})")
}

/// The document with its statements in the author's order, which AWS does not mind.
fn as_ordered(document: &Document, authored: &Value, partition: &str) -> Value {
    let place = |list: &[Value]| {
        let each = list.iter().filter_map(|statement| {
            let alone = serde_json::json!({ "Version": document.version.word(), "Statement": [statement] });
            let alone = Policy::from_text(&alone.to_string(), partition);
            alone.document()?.statements.first().cloned()
        });
        each.collect::<Vec<_>>()
    };
    let authored = authored.get("Statement").and_then(Value::as_array).map(|list| place(list));
    let mut ordered = document.statements.clone();
    if let Some(authored) = authored {
        ordered.sort_by_cached_key(|statement| authored.iter().position(|other| other == statement));
    }
    Document { statements: ordered, ..document.clone() }.to_json()
}

fn pretty(json: &Value) -> String {
    let mut text = serde_json::to_string_pretty(json).unwrap_or_default();
    text.push('\n');
    text
}

/// Whether a file is one JSON document and nothing else, which can be written again.
fn whole_json(path: &Path, loaded: &Loaded) -> Result<(), Vec<Diagnostic>> {
    let Loaded { source, node } = loaded;
    let refused = |message: &str, help: &str| {
        Err(vec![Diagnostic::error(None, format!("{}: {message}", source.name)).help(help)])
    };
    if path.as_os_str() == STANDARD_INPUT {
        return refused("standard input is no file that can be checked or written", "name a file");
    }
    let before = source.text.get(..node.span.start).unwrap_or_default();
    if node.span.source.name != source.name || !before.trim_start_matches('\u{feff}').trim().is_empty() {
        return refused(
            "the document is only a part of the file",
            "print it without `--write` and `--check`, and keep what is printed",
        );
    }
    let json = source.text.trim_start_matches('\u{feff}');
    if serde_json::from_str::<serde::de::IgnoredAny>(json).is_err() {
        return refused(
            "a YAML file is not written anew, since its comments would be lost",
            "print it without `--write` and `--check` to have it as JSON",
        );
    }
    Ok(())
}

/// Puts a new text in a file's place in one step: nobody ever reads half of it.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let path = fs::canonicalize(path)?; // the file that a link leads to, not the link
    let folder = path.parent().ok_or_else(|| io::Error::other("it is in no folder"))?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().set_permissions(fs::metadata(&path)?.permissions())?;
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|error| error.error)?;
    Ok(())
}
