//! hatrack as a person runs it: in a folder of its own, at 80 columns, without colour; and the golden files that say
//! what the person saw.

#![allow(dead_code, reason = "each test binary uses a part of this")]

use std::ffi::OsStr;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A folder to run in, gone when the test ends.
pub struct Project {
    folder: tempfile::TempDir,
}

/// What a run printed and how it ended.
#[derive(Clone, Debug)]
pub struct Run {
    /// Results.
    pub stdout: String,
    /// Everything about the work.
    pub stderr: String,
    /// The exit code; 128 and the signal's number for a process that a signal ended, as a shell says it.
    pub code: i32,
}

impl Run {
    /// Both streams and the code, as a snapshot shows them.
    pub fn shown(&self) -> String {
        let mut text = String::new();
        for (name, stream) in [("standard output", &self.stdout), ("standard error", &self.stderr)] {
            if !stream.is_empty() {
                text.push_str(&format!("--- {name}\n{stream}"));
            }
        }
        text + &format!("--- exit code {}\n", self.code)
    }
}

impl Project {
    pub fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// With these files.
    pub fn new(files: &[(&str, &str)]) -> Self {
        let project = Self::empty();
        for (name, text) in files {
            project.write(name, text);
        }
        project
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub fn exists(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    /// Copies a folder with everything below it; one that is not there is nothing.
    pub fn copy(&self, from: &Path, name: &str) {
        let Ok(entries) = fs::read_dir(from) else { return };
        for entry in entries {
            let path = entry.unwrap().path();
            let inner = format!("{name}/{}", path.file_name().unwrap().to_str().unwrap());
            if path.is_dir() {
                self.copy(&path, &inner);
            } else {
                self.write(&inner, fs::read(&path).unwrap());
            }
        }
    }

    /// hatrack with these arguments, ready to run: nothing of this machine's surroundings reaches it.
    pub fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        self.program(env!("CARGO_BIN_EXE_hatrack"), arguments)
    }

    /// Any program, in the same surroundings.
    pub fn program<S: AsRef<OsStr>>(&self, program: &str, arguments: &[S]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.folder.path()).env_clear();
        command.env("PATH", "/usr/bin:/bin").env("HOME", self.folder.path()).env("COLUMNS", "80");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs to the end; both streams apart, as a script sees them.
    pub fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Run {
        ended(&self.command(arguments).output().unwrap())
    }

    /// Runs to the end; both streams in the order in which they were written, as a person sees them, and the exit
    /// code in the last line.
    pub fn screen<S: AsRef<OsStr>>(&self, arguments: &[S]) -> (String, i32) {
        let (mut reader, writer) = std::io::pipe().unwrap();
        let mut command = self.command(arguments);
        command.stdout(writer.try_clone().unwrap()).stderr(writer);
        let mut child = command.spawn().unwrap();
        drop(command); // and with it our ends of the pipe
        let mut bytes = vec![];
        reader.read_to_end(&mut bytes).unwrap();
        let code = code_of(child.wait().unwrap());
        (String::from_utf8(bytes).unwrap() + &format!("exit code {code}\n"), code)
    }
}

/// What a finished run printed.
pub fn ended(output: &std::process::Output) -> Run {
    Run {
        stdout: String::from_utf8(output.stdout.clone()).unwrap(),
        stderr: String::from_utf8(output.stderr.clone()).unwrap(),
        code: code_of(output.status),
    }
}

pub fn code_of(status: std::process::ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt as _;
    status.code().or(status.signal().map(|signal| 128 + signal)).unwrap()
}

/// Whether golden files are written instead of compared: `HATRACK_BLESS=1 cargo test`.
pub fn blessing() -> bool {
    std::env::var_os("HATRACK_BLESS").is_some_and(|value| value == "1")
}

/// Compares with a golden file, or writes it.
pub fn golden(path: &Path, found: &str) -> Result<(), String> {
    let wanted = fs::read_to_string(path).ok();
    if wanted.as_deref() == Some(found) {
        return Ok(());
    }
    if blessing() {
        fs::write(path, found).unwrap();
        return Ok(());
    }
    let name = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap_or(path).display();
    let Some(wanted) = wanted else {
        return Err(format!(
            "{name} is missing; `HATRACK_BLESS=1 cargo test` writes it. It would say:\n{found}"
        ));
    };
    let diff = similar::TextDiff::from_lines(wanted.as_str(), found);
    let diff = diff.unified_diff().header("golden", "this run").to_string();
    Err(format!("{name} differs; look at it, and if it is right run `HATRACK_BLESS=1 cargo test`\n{diff}"))
}

/// What a person must never see, whatever happens.
pub fn presentable(what: &str, text: &str) -> Result<(), String> {
    for (sign, meaning) in
        [("panicked at", "a panic"), ("\u{1b}", "a terminal escape"), ("/tmp/", "a machine path")]
    {
        if text.contains(sign) {
            return Err(format!("{what} shows {meaning}:\n{text}"));
        }
    }
    Ok(())
}

/// The folders in a folder, by name.
pub fn folders(of: &Path) -> Vec<(String, PathBuf)> {
    let entries = fs::read_dir(of).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    let mut all: Vec<(String, PathBuf)> =
        entries.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), path)).collect();
    all.sort();
    all
}

/// Every file below a folder, by its name from there.
pub fn files_below(folder: &Path) -> Vec<String> {
    let mut all = vec![];
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                all.push(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    all.sort();
    all
}

/// Runs one test a folder, a few at a time, and reports all that failed. `HATRACK_ONLY=word` runs those whose name has
/// the word in it.
pub fn each_folder(folders: &[(String, PathBuf)], test: impl Fn(&str, &Path) -> Result<(), String> + Sync) {
    let only = std::env::var_os("HATRACK_ONLY").unwrap_or_default();
    let only = only.to_str().unwrap();
    let chosen: Vec<&(String, PathBuf)> = folders.iter().filter(|(name, _)| name.contains(only)).collect();
    let next = std::sync::atomic::AtomicUsize::new(0);
    let failed = std::sync::Mutex::new(vec![]);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while let Some((name, path)) =
                    chosen.get(next.fetch_add(1, std::sync::atomic::Ordering::SeqCst))
                {
                    let run = std::panic::AssertUnwindSafe(|| test(name, path));
                    let result = std::panic::catch_unwind(run)
                        .unwrap_or_else(|_| Err("the test itself failed; see above".to_owned()));
                    if let Err(why) = result {
                        failed.lock().unwrap().push((name.clone(), why));
                    }
                }
            });
        }
    });
    let mut failed = failed.into_inner().unwrap();
    failed.sort();
    for (name, why) in &failed {
        eprintln!("\n=== {name}\n{why}");
    }
    let names: Vec<&str> = failed.iter().map(|(name, _)| name.as_str()).collect();
    assert!(names.is_empty(), "{} of {} failed: {}", names.len(), chosen.len(), names.join(", "));
}
