//! Packs `data/` so that the binary carries it compressed; `src/policy/catalogue/data.rs` unpacks it.

use std::env;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::DeflateEncoder;

fn main() -> io::Result<()> {
    let data = Path::new("data");
    println!("cargo::rerun-if-changed=build.rs");
    for file in ["actions.txt", "managed-policies.txt"] {
        println!("cargo::rerun-if-changed={}", data.join(file).display());
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
    pack(&out.join("actions.deflate"), &lines(&data.join("actions.txt"))?)?;
    // Names are wanted often and documents seldom, so the two are packed apart, line by line the same.
    let (mut names, mut documents) = (String::new(), String::new());
    for line in lines(&data.join("managed-policies.txt"))?.lines() {
        let (about, document) = line.rsplit_once('\t').ok_or(io::ErrorKind::InvalidData)?;
        names.extend([about, "\n"]);
        documents.extend([document, "\n"]);
    }
    pack(&out.join("managed-policies.deflate"), &names)?;
    pack(&out.join("managed-policy-documents.deflate"), &documents)
}

/// A data file without its comments.
fn lines(path: &Path) -> io::Result<String> {
    let text = fs::read_to_string(path)?;
    Ok(text.lines().filter(|line| !line.starts_with('#')).flat_map(|line| [line, "\n"]).collect())
}

fn pack(path: &Path, text: &str) -> io::Result<()> {
    let mut packed = DeflateEncoder::new(File::create(path)?, Compression::best());
    packed.write_all(text.as_bytes())?;
    packed.finish()?;
    Ok(())
}
