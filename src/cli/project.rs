//! The files of a project: `environments/*.yaml` and `templates/*.yaml`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cli::failure::Failure;
use crate::cli::options::Global;
use crate::diagnostic::{Diagnostic, Source, did_you_mean};
use crate::spec;
use crate::spec::lock::{LOCK_FILE, Lock, is_newer};
use crate::spec::lower::{EnvironmentInfo, Lowered};

/// A project whose files were read without error.
pub struct Project {
    /// What the files say.
    pub lowered: Lowered,
    /// Warnings about them.
    pub warnings: Vec<Diagnostic>,
    /// The folder that holds `environments/`.
    pub root: PathBuf,
}

impl Project {
    /// Where the lock of the AWS managed policies is, or would be.
    pub fn lock_path(&self) -> PathBuf {
        self.root.join(LOCK_FILE)
    }

    /// The lock of the AWS managed policies; none if there is no such file.
    ///
    /// # Errors
    /// A file that cannot be read, or that is no lock file, or that was edited by hand.
    pub fn lock(&self) -> Result<Option<Lock>, Failure> {
        let Some(source) = self.lock_source()? else { return Ok(None) };
        match Lock::parse(&source) {
            (Some(lock), _) => Ok(Some(lock)),
            (None, said) => Err(Failure::in_text(said)),
        }
    }

    /// Whether a newer hatrack made the lock file.
    pub fn lock_is_newer(&self) -> bool {
        matches!(self.lock_source(), Ok(Some(source)) if is_newer(&source))
    }

    fn lock_source(&self) -> Result<Option<Arc<Source>>, Failure> {
        let path = self.lock_path();
        let bytes = match read_file(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Failure::error(format!("cannot read {}: {error}", path.display()))),
        };
        let source = spec::source::decode(LOCK_FILE, bytes).map_err(|said| Failure::in_text(vec![said]))?;
        Ok(Some(source))
    }
}

/// Files larger than this are refused before they are read whole.
pub const FILE_BYTES_MAX: u64 = 8 << 20;

/// Reads the project's files; all errors of all files at once.
///
/// # Errors
/// No project here, unreadable files, errors in them.
pub fn load(global: &Global) -> Result<Project, Failure> {
    let (lowered, diagnostics) = read(global)?;
    match lowered {
        Some(lowered) if !crate::diagnostic::has_errors(&diagnostics) => {
            let root = root(global)?;
            Ok(Project { lowered, warnings: diagnostics, root })
        }
        _ => Err(Failure::in_text(diagnostics)),
    }
}

/// Reads the project's files, and says what is wrong with them. What they say comes only if nothing is.
///
/// # Errors
/// No project here, or an unreadable folder.
pub fn read(global: &Global) -> Result<(Option<Lowered>, Vec<Diagnostic>), Failure> {
    let (texts, mut diagnostics) = texts(root(global)?)?;
    if texts.environments.is_empty() && diagnostics.is_empty() {
        let folder = texts.root.join("environments");
        return Err(Failure::error(format!("no environment in {}", folder.display()))
            .help("an environment is a file such as `environments/analytics.yaml`; README.md shows one"));
    }
    let (lowered, said) = spec::load(&texts.environments, &texts.templates);
    diagnostics.extend(said);
    Ok((lowered, diagnostics))
}

/// The texts of a project.
pub struct Texts {
    /// The folder that holds `environments/`.
    pub root: PathBuf,
    /// Its environment files.
    pub environments: Vec<Arc<Source>>,
    /// Its own templates.
    pub templates: Vec<Arc<Source>>,
}

/// The texts of the project, or of none: then of the folder given, or of this one.
///
/// # Errors
/// Files that cannot be read.
pub fn texts_or_none(global: &Global) -> Result<Texts, Failure> {
    let root = root(global).unwrap_or_else(|_| global.directory.clone().unwrap_or_default());
    match texts(root)? {
        (texts, said) if said.is_empty() => Ok(texts),
        (_, said) => Err(Failure::in_text(said)),
    }
}

fn texts(root: PathBuf) -> Result<(Texts, Vec<Diagnostic>), Failure> {
    let mut diagnostics = vec![];
    let environments = read_folder(&root.join("environments"), &root, &mut diagnostics)?;
    let templates = read_folder(&root.join("templates"), &root, &mut diagnostics)?;
    Ok((Texts { root, environments, templates }, diagnostics))
}

/// The environments asked for, by name or by file; all if none is.
///
/// # Errors
/// One that is not there.
pub fn choose<'a>(lowered: &'a Lowered, asked: &[String]) -> Result<Vec<&'a EnvironmentInfo>, Failure> {
    if asked.is_empty() {
        return Ok(lowered.environments.iter().collect());
    }
    let mut chosen = vec![];
    for name in asked {
        let stem = Path::new(name).file_stem().and_then(|stem| stem.to_str()).unwrap_or(name);
        let by_file = name.ends_with(".yaml") || name.ends_with(".yml");
        let found = lowered.environments.iter().find(|e| {
            e.name == *name || (by_file && Path::new(&e.source).file_stem().is_some_and(|s| s == stem))
        });
        match found {
            Some(environment) => chosen.push(environment),
            None => {
                let names = lowered.environments.iter().map(|e| e.name.as_str());
                let failure = Failure::error(format!("no environment `{name}`"));
                return Err(match did_you_mean(name, names.clone()) {
                    Some(near) => failure.help(format!("did you mean `{near}`?")),
                    None => failure.help(format!("there is: {}", names.collect::<Vec<_>>().join(", "))),
                });
            }
        }
    }
    chosen.sort_by(|a, b| a.name.cmp(&b.name));
    chosen.dedup_by(|a, b| a.name == b.name);
    Ok(chosen)
}

/// The folder that holds `environments/`: the one given, or the nearest upwards, as cargo finds its manifest.
fn root(global: &Global) -> Result<PathBuf, Failure> {
    if let Some(folder) = &global.directory {
        return if folder.join("environments").is_dir() {
            Ok(folder.clone())
        } else {
            Err(Failure::error(format!("{} has no folder `environments`", folder.display())))
        };
    }
    let here =
        std::env::current_dir().map_err(|error| Failure::error(format!("no current folder: {error}")))?;
    if Path::new("environments").is_dir() {
        return Ok(PathBuf::new()); // so that files are named as the user would type them
    }
    here.ancestors().find(|folder| folder.join("environments").is_dir()).map(Path::to_path_buf).ok_or_else(
        || {
            Failure::error(format!("no folder `environments` in {} or above it", here.display()))
                .help("run hatrack in a project, or name one with `-C DIR`")
        },
    )
}

/// The YAML files of a folder, in the order of their names. A folder that is not there has none.
fn read_folder(
    folder: &Path,
    root: &Path,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Vec<Arc<Source>>, Failure> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(vec![]),
        Err(error) => return Err(Failure::error(format!("cannot read {}: {error}", folder.display()))),
    };
    let yaml = |path: &PathBuf| path.extension().is_some_and(|e| e == "yaml" || e == "yml");
    let hidden = |path: &PathBuf| path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
    let mut paths: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
    paths.retain(|path| yaml(path) && !hidden(path));
    paths.sort();
    let mut sources = vec![];
    for path in paths {
        let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        match read_file(&path) {
            Ok(bytes) => match spec::source::decode(&name, bytes) {
                Ok(source) => sources.push(source),
                Err(diagnostic) => diagnostics.push(diagnostic),
            },
            Err(error) => diagnostics.push(Diagnostic::error(None, format!("cannot read `{name}`: {error}"))),
        }
    }
    Ok(sources)
}

/// A file's text, under the name that messages have for it; none if it is not there.
///
/// # Errors
/// A file that cannot be read, or that is no text.
pub fn read_text(path: &Path, name: &str) -> Result<Option<Arc<Source>>, Diagnostic> {
    match read_file(path) {
        Ok(bytes) => spec::source::decode(name, bytes).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Diagnostic::error(None, format!("cannot read `{name}`: {error}"))),
    }
}

/// A regular file's bytes.
fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    let about = fs::metadata(path)?;
    if about.is_file() && about.len() <= FILE_BYTES_MAX {
        fs::read(path)
    } else if about.is_file() {
        Err(io::Error::other("it is larger than 8 MiB"))
    } else {
        Err(io::Error::other("it is not a regular file"))
    }
}
