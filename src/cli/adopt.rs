//! `hatrack adopt`: what was found becomes what is declared.
//!
//! What no file declares is written down, in a new environment or in one that is there; what is declared and found
//! otherwise is edited where it stands. Nothing is written before it was read again and planned from.

mod in_place;
mod proof;
mod selected;
mod whole;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead as _, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde_json::json;

use crate::account::{Account, CredentialSource, ReadRequest, Reading, embedded, store};
use crate::cli::address::Address;
use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::options::{Format, Global};
use crate::cli::output::Output;
use crate::cli::project::{Texts, texts_or_none};
use crate::cli::{connect, progress, project};
use crate::diagnostic::{Source, has_errors};
use crate::policy::glob;
use crate::report;
use crate::spec::lower::EnvironmentInfo;
use crate::spec::raise::Around;
use crate::spec::{self, Lowered};
use crate::state::{
    ACCOUNT_SETTINGS, AccountId, Core, Kind, Partition, Resource, ResourceId, Scope, State, iam_arn,
};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// What to adopt: `role/GlueEtl`, `role/etl-*`; of what is declared also one setting: `role/GlueEtl/attached/X`
    #[arg(value_name = "ADDRESS", required_unless_present_any = ["all", "kind", "prefix", "path"])]
    addresses: Vec<String>,
    /// Everything that no environment declares
    #[arg(long)]
    all: bool,
    /// Only of this kind; may be repeated
    #[arg(long, value_name = "KIND")]
    kind: Vec<Kind>,
    /// Only what has a name that begins so; may be repeated
    #[arg(long, value_name = "TEXT")]
    prefix: Vec<String>,
    /// Only what has this IAM path, or one below it; may be repeated
    #[arg(long, value_name = "PATH")]
    path: Vec<String>,
    /// The environment that shall declare it, by name or file; one that is not there is made [default: the only one]
    #[arg(short, long, value_name = "NAME")]
    environment: Option<String>,
    /// The account of a new environment [default: the only one in the account file]
    #[arg(long, value_name = "NUMBER")]
    account: Option<AccountId>,
    /// The region of a new environment [default: that of all buckets in the account file]
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// Where to write a new environment, or the edited one; `-` prints it [default: in `environments/`]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Also what another tool or environment has marked
    #[arg(long)]
    takeover: bool,
    /// Do not ask before a file is edited
    #[arg(short, long)]
    yes: bool,
}

/// What a run works on.
struct Work<'a> {
    args: &'a Args,
    texts: Texts,
    /// What the files say; none without files.
    lowered: Option<Lowered>,
    /// Where what is adopted will be declared.
    home: EnvironmentInfo,
    /// What that answers for so far.
    scope: Scope,
    /// Whether it is in no file yet.
    is_new: bool,
    account: Arc<dyn Account>,
}

pub fn run(global: &Global, args: &Args, output: &Output) -> Result<ExitCode, Failure> {
    let interrupted = progress::on_interrupt()?;
    let work = Work::open(global, args, &interrupted)?;
    let reading = work.look()?;
    match selected::select(&work, &reading)? {
        selected::Selected::Undeclared(chosen) => whole::adopt(&work, chosen, output),
        selected::Selected::Declared(targets) => in_place::adopt(&work, &targets, output),
    }
}

impl<'a> Work<'a> {
    fn open(global: &Global, args: &'a Args, interrupted: &Arc<AtomicBool>) -> Result<Self, Failure> {
        let whole = match &global.account_file {
            // A slip in the name must not pass for an empty account.
            Some(path) => Some(embedded::read_all(path)?),
            None => None,
        };
        let texts = texts_or_none(global)?;
        let lowered = if texts.environments.is_empty() { None } else { Some(load(&texts, &[])?) };
        let home = home(args, lowered.as_ref(), whole.as_ref())?;
        let there = lowered.iter().flat_map(|l| &l.scopes).find(|scope| scope.environment == home.name);
        let is_new = there.is_none();
        let scope = there.cloned().unwrap_or_else(|| {
            Scope::new(&home.name, home.account.clone(), home.partition.clone(), &home.region)
        });
        if let Some(path) = args.output.as_ref().filter(|path| *path != Path::new("-"))
            && path.exists()
        {
            return Err(Failure::error(format!(
                "{} is there already, and is not overwritten",
                path.display()
            ))
            .help("give `--output` another name, or move the file away"));
        }
        let account = connect::connect(global, std::slice::from_ref(&home), false, interrupted)?;
        let mut work = Self { args, texts, lowered, home, scope, is_new, account };
        work.scope.sagemaker |= Kind::SAGEMAKER.into_iter().any(|kind| work.asks_for(kind));
        Ok(work)
    }

    fn read(&self, scope: &Scope, credentials: CredentialSource) -> Result<Reading, Failure> {
        Ok(self.account.read(&ReadRequest { scopes: vec![scope.clone()], credentials })?)
    }

    /// Reads what there is to choose from. An account tells of its settings, and of the people in a domain, only if they
    /// are asked about.
    fn look(&self) -> Result<Reading, Failure> {
        let mut scope = self.scope.clone();
        let settings = ResourceId::new(&self.home.account, Kind::Account, ACCOUNT_SETTINGS);
        let mut others = self.lowered.iter().flat_map(|lowered| &lowered.scopes);
        if self.asks_for(Kind::Account) && !others.any(|other| other.declared.contains(&settings)) {
            scope.declared.insert(settings);
        }
        let reading = self.read(&scope, CredentialSource::Report)?;
        let found = reading.state.resources.keys();
        let domains: Vec<ResourceId> = found.filter(|id| id.kind == Kind::Domain).cloned().collect();
        if domains.iter().all(|id| scope.declared.contains(id)) {
            return Ok(reading);
        }
        scope.declared.extend(domains);
        self.read(&scope, CredentialSource::Report)
    }

    /// Whether any of a kind may be meant.
    fn asks_for(&self, kind: Kind) -> bool {
        let means = |address: &String| {
            let address = Address::parse(address, std::iter::once(self.home.name.as_str()));
            address.is_ok_and(|a| glob(a.resource.split('/').next().unwrap_or_default(), kind.word()))
        };
        self.asks_for_all_of(kind) || self.args.addresses.iter().any(means)
    }

    /// Whether all of a kind was asked for, as far as names and paths allow.
    fn asks_for_all_of(&self, kind: Kind) -> bool {
        let Args { all, kind: kinds, prefix, path, .. } = self.args;
        let filtered = *all || !kinds.is_empty() || !prefix.is_empty() || !path.is_empty();
        let may_fit = path.is_empty() || !(kind.is_regional() || kind == Kind::Account); // They have no path.
        filtered && may_fit && (kinds.is_empty() || kinds.contains(&kind))
    }

    /// What is known around what is raised.
    fn around<'b>(&self, scope: &'b Scope, reading: &'b Reading) -> Around<'b> {
        let mut homes = BTreeMap::from([(self.home.account.clone(), self.home.name.clone())]);
        let mut elsewhere = BTreeMap::new();
        if let Some(lowered) = &self.lowered {
            for environment in &lowered.environments {
                homes.entry(environment.account.clone()).or_insert_with(|| environment.name.clone());
            }
            for other in lowered.scopes.iter().filter(|other| other.environment != self.home.name) {
                for id in other.declared.iter().filter(|id| matches!(id.kind, Kind::Role | Kind::User)) {
                    let path = lowered.wanted.resources.get(id).and_then(|wanted| wanted.core.path());
                    let arn = iam_arn(&other.partition, id, path.unwrap_or("/"));
                    elsewhere.insert(arn, format!("{}/{}", other.environment, id.name));
                }
            }
        }
        Around {
            scope,
            found: &reading.state,
            unread: &reading.unread,
            homes,
            elsewhere,
            tags: self.file_tags(),
            takeover: self.args.takeover,
            own_profiles: self.file().is_some_and(spec::read::keeps_to_own_profiles),
        }
    }

    /// Tags that the environment puts on everything.
    fn file_tags(&self) -> BTreeMap<String, String> {
        self.file().map(spec::read::tags_of).unwrap_or_default()
    }

    /// The environment's file as it was written.
    fn file(&self) -> Option<&spec::tree::Node> {
        let files = self.lowered.iter().flat_map(|lowered| &lowered.files);
        files.into_iter().find(|file| !self.is_new && file.span.source.name == self.home.source)
    }

    /// Puts a text where it belongs, and says so.
    fn write(&self, text: &str, output: &Output) -> Result<(), Failure> {
        let cannot = |path: &Path, error: io::Error| match error.kind() {
            io::ErrorKind::AlreadyExists => {
                Failure::error(format!("{} is there already, and is not overwritten", path.display()))
            }
            _ => Failure::error(format!("cannot write {}: {error}", path.display())),
        };
        match &self.args.output {
            Some(path) if path == Path::new("-") => {
                output.result(text);
                return Ok(());
            }
            Some(path) => store::save_new(path, text.as_bytes()).map_err(|error| cannot(path, error))?,
            None if self.is_new => {
                let path = self.texts.root.join(&self.home.source);
                if let Some(folder) = path.parent() {
                    std::fs::create_dir_all(folder).map_err(|error| cannot(folder, error))?;
                }
                store::save_new(&path, text.as_bytes()).map_err(|error| cannot(&path, error))?;
            }
            None => {
                let path = self.texts.root.join(&self.home.source);
                let now = std::fs::read_to_string(&path).map_err(|error| cannot(&path, error))?;
                if self.file().is_some_and(|file| file.span.source.text != now) {
                    return Err(Failure::refused(format!(
                        "{} has changed meanwhile, and was not written",
                        self.home.source
                    ))
                    .help("run this again"));
                }
                store::save_again(&path, text.as_bytes()).map_err(|error| cannot(&path, error))?;
            }
        }
        Ok(())
    }

    /// Writes a template of the project that is not there yet, and says so.
    fn write_template(&self, template: &Source, output: &Output) -> Result<(), Failure> {
        let path = self.texts.root.join(&template.name);
        let folder = path.parent().unwrap_or(Path::new("."));
        let cannot = |error: io::Error| Failure::error(format!("cannot write {}: {error}", path.display()));
        std::fs::create_dir_all(folder).map_err(cannot)?;
        store::save_new(&path, template.text.as_bytes()).map_err(cannot)?;
        output.say(&format!("wrote {}, for what several have", template.name));
        Ok(())
    }

    /// What the result is called.
    fn target_name(&self) -> String {
        match &self.args.output {
            Some(path) => path.display().to_string(),
            None => self.home.source.clone(),
        }
    }

    /// Shows how a file changes, and asks for it.
    fn agree(&self, before: &str, after: &str, output: &Output) -> Result<(), Failure> {
        if self.is_new || self.args.output.is_some() {
            return Ok(()); // No file is edited.
        }
        let diff = similar::TextDiff::from_lines(before, after);
        let diff =
            diff.unified_diff().context_radius(3).header(&self.home.source, &self.home.source).to_string();
        if output.format == Format::Terminal {
            let lines: String = diff.lines().map(|line| report::harmless(line) + "\n").collect();
            output.result(&lines);
        }
        if self.args.yes {
            return Ok(());
        }
        let stdin = io::stdin();
        if !stdin.is_terminal() {
            return Err(Failure::refused("nothing was written: there is no terminal to ask on")
                .help("look at the change, then run it again with `--yes`"));
        }
        output.say(&format!("Write this to {}? Only `yes` is taken for a yes.", self.home.source));
        let mut answer = String::new();
        let read = stdin.lock().read_line(&mut answer);
        if read.is_ok() && answer.trim() == "yes" {
            Ok(())
        } else {
            Err(Failure::refused("nothing was written"))
        }
    }

    /// Prints the outcome where it is asked for as data.
    fn tell(&self, outcome: &serde_json::Value, output: &Output) {
        if matches!(output.format, Format::Json) && self.args.output.as_deref() != Some(Path::new("-")) {
            let mut json =
                json!({"format_version": 1, "environment": self.home.name, "file": self.target_name()});
            if let (Some(all), Some(more)) = (json.as_object_mut(), outcome.as_object()) {
                all.extend(more.clone());
            }
            output.result(&format!("{json:#}\n"));
        }
    }
}

/// The files with some in the place of those of the same name, lowered.
fn load(texts: &Texts, edited: &[Arc<Source>]) -> Result<Lowered, Failure> {
    match lower(texts, edited, &[]) {
        (Some(lowered), said) if !has_errors(&said) => Ok(lowered),
        (_, said) => Err(Failure::in_text(said)),
    }
}

fn lower(
    texts: &Texts,
    edited: &[Arc<Source>],
    templates: &[Arc<Source>],
) -> (Option<Lowered>, Vec<crate::diagnostic::Diagnostic>) {
    let stays = |source: &&Arc<Source>| !edited.iter().any(|other| other.name == source.name);
    let all: Vec<Arc<Source>> = texts.environments.iter().filter(stays).chain(edited).cloned().collect();
    let templates: Vec<Arc<Source>> = texts.templates.iter().chain(templates).cloned().collect();
    spec::load(&all, &templates)
}

/// The environment that shall declare what is adopted.
fn home(args: &Args, lowered: Option<&Lowered>, whole: Option<&State>) -> Result<EnvironmentInfo, Failure> {
    let known: Vec<&EnvironmentInfo> = lowered.iter().flat_map(|l| &l.environments).collect();
    let Some(name) = &args.environment else {
        let names: Vec<&str> = known.iter().map(|e| e.name.as_str()).collect();
        return match known.as_slice() {
            [only] => there(args, only),
            [] => Err(Failure::error("there is no environment yet, and a new one needs a name")
                .help("give it one: `--environment NAME`")),
            _ => Err(Failure::error("which environment shall declare it?")
                .help(format!("name one of {} with `--environment`, or a new one", names.join(", ")))),
        };
    };
    let is_file = name.ends_with(".yaml") || name.ends_with(".yml");
    if is_file || known.iter().any(|e| e.name == *name) {
        let Some(lowered) = lowered else {
            return Err(Failure::error(format!("there is no environment file `{name}`"))
                .help("give a new environment a name: `--environment NAME`"));
        };
        return match project::choose(lowered, std::slice::from_ref(name))?.as_slice() {
            [only, ..] => there(args, only),
            [] => Err(Failure::error(format!("no environment `{name}`"))),
        };
    }
    let near = crate::diagnostic::did_you_mean(name, known.iter().map(|e| e.name.as_str()));
    if let (Some(near), None, None) = (near, &args.account, &args.region) {
        return Err(Failure::error(format!("no environment `{name}`"))
            .help(format!("did you mean `{near}`?"))
            .help("a new environment needs `--account` and `--region`"));
    }
    let unknown = |what: &str, help: &str| {
        Failure::error(format!("`{name}` is no environment, and for a new one its {what} is not known"))
            .help(help)
    };
    let account = match (&args.account, whole.map(|state| state.accounts.keys().collect::<Vec<_>>())) {
        (Some(account), Some(there)) if !there.contains(&account) => {
            return Err(Failure::error(format!("account {account} is not in the account file")));
        }
        (Some(account), _) => account.clone(),
        (None, Some(there)) if there.len() == 1 => {
            there.first().map(|id| (*id).clone()).ok_or_else(|| unknown("account", ""))?
        }
        (None, _) => return Err(unknown("account", "say which: `--account NUMBER`")),
    };
    let region = args.region.clone().or_else(|| only_region(whole?, &account));
    let region = region.ok_or_else(|| unknown("region", "say which: `--region REGION`"))?;
    let partition = match whole.and_then(|state| state.accounts.get(&account)) {
        Some(extent) => extent.partition.clone(),
        None => Partition::of_region(&region),
    };
    Ok(EnvironmentInfo {
        name: name.clone(),
        account,
        partition,
        region,
        profile: None,
        assume_role: None,
        source: format!("environments/{name}.yaml"),
        checklist: vec![],
    })
}

/// The region of all buckets of an account; without any, that of what SageMaker has.
fn only_region(whole: &State, account: &AccountId) -> Option<String> {
    let here = || whole.resources.iter().filter(|(id, _)| id.account == *account);
    let of_bucket = |(_, resource): (_, &Resource)| match &resource.core {
        Core::Bucket { region } => Some(region.clone()),
        _ => None,
    };
    let mut regions: BTreeSet<String> = here().filter_map(of_bucket).collect();
    if regions.is_empty() {
        regions = here().filter_map(|(id, _)| id.region.clone()).collect();
    }
    regions.first().filter(|_| regions.len() == 1).cloned()
}

/// An environment that is there has its own account and region.
fn there(args: &Args, info: &EnvironmentInfo) -> Result<EnvironmentInfo, Failure> {
    if args.account.as_ref().is_some_and(|account| *account != info.account) {
        return Err(Failure::error(format!("environment `{}` is account {}", info.name, info.account))
            .help("leave `--account` out, or name a new environment"));
    }
    if args.region.as_ref().is_some_and(|region| *region != info.region) {
        return Err(Failure::error(format!("environment `{}` is in {}", info.name, info.region))
            .help("leave `--region` out, or name a new environment"));
    }
    Ok(info.clone())
}
