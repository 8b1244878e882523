//! `hatrack permissions`

use std::collections::{BTreeMap, BTreeSet};

use crate::account::Topic;
use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::options::{Format, Global};
use crate::cli::output::Output;
use crate::cli::pipeline::taken_over;
use crate::cli::project;
use crate::plan::permissions::{Purpose, Watch, permissions_to_watch, to_assume};
use crate::report::{AccountPermissions, PermissionsReport};
use crate::spec::lower::EnvironmentInfo;
use crate::state::{AccountId, Scope, role_arn};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    purpose: For,
    /// Environments, by name or file [default: all]
    #[arg(value_name = "ENVIRONMENT")]
    environments: Vec<String>,
    /// Also what it takes to adopt this existing resource, as `apply --adopt` does; may be repeated
    #[arg(long, value_name = "ADDRESS")]
    adopt: Vec<String>,
    /// Also what it takes to take over this resource, as `apply --takeover` does; may be repeated
    #[arg(long, value_name = "ADDRESS")]
    takeover: Vec<String>,
    /// Also what `drift --who` takes
    #[arg(long)]
    who: bool,
    /// Also what `adopt --all` takes, which reads all there is
    #[arg(long)]
    adopt_all: bool,
    /// Also what `audit` takes
    #[arg(long)]
    audit: bool,
    /// Also what `drift --sns-topic` takes
    #[arg(long, value_name = "ARN")]
    sns_topic: Option<Topic>,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct For {
    /// What reading takes: `plan`, `drift`, `snapshot`, `lock`
    #[arg(long)]
    plan: bool,
    /// What reading takes, and whatever `apply` could have to do
    #[arg(long)]
    apply: bool,
}

pub fn run(global: &Global, args: &Args, output: &Output) -> Result<ExitCode, Failure> {
    let project = project::load(global)?;
    output.diagnostics(&project.warnings);
    let chosen = project::choose(&project.lowered, &args.environments)?;
    let purpose = if args.purpose.apply { Purpose::Apply } else { Purpose::Plan };
    let accounts = by_account(&chosen, purpose)?;
    let names = |scope: &&Scope| chosen.iter().any(|environment| environment.name == scope.environment);
    let mut scopes: Vec<Scope> = project.lowered.scopes.iter().filter(names).cloned().collect();
    taken_over(&mut scopes, &args.adopt, &args.takeover)?;
    let scopes: Vec<&Scope> = scopes.iter().collect();
    let topic = args.sns_topic.clone().map(|Topic { arn, region: _, account }| (arn, account));
    let watch = Watch { who: args.who, audit: args.audit, everything: args.adopt_all, topic };
    let mut documents = permissions_to_watch(&project.lowered.wanted, &scopes, purpose, &watch);
    let mut roles = BTreeSet::new();
    let mut lines = vec![];
    for (account, environments) in accounts {
        let role = environments.iter().find_map(|environment| role_of(environment, purpose));
        roles.extend(role.clone());
        lines.push(AccountPermissions {
            documents: documents.remove(&account).unwrap_or_default(),
            environments: environments.iter().map(|environment| environment.name.clone()).collect(),
            account,
            role,
        });
    }
    let report = PermissionsReport { purpose, accounts: lines, caller: to_assume(&roles) };
    match output.format {
        Format::Json | Format::Sarif | Format::Github => output.result(&report.json()),
        Format::Markdown | Format::Brief => output.result(&report.markdown()),
        Format::Terminal => {
            let parts = report.parts();
            parts.iter().for_each(|(headline, _)| output.say(headline));
            let documents: Vec<&String> = parts.iter().flat_map(|(_, documents)| documents).collect();
            // One policy is printed as AWS takes it; of several nobody could tell which is whose.
            match documents.as_slice() {
                [only] => output.result(only),
                _ => output.result(&report.json()),
            }
        }
    }
    Ok(ExitCode::Done)
}

fn role_of(environment: &EnvironmentInfo, purpose: Purpose) -> Option<String> {
    let EnvironmentInfo {
        name: _,
        account,
        region: _,
        partition,
        profile: _,
        assume_role,
        source: _,
        checklist: _,
    } = environment;
    assume_role.as_ref().map(|assume| role_arn(partition, account, assume.role_to(purpose == Purpose::Apply)))
}

/// The environments by account.
///
/// # Errors
/// Two of one account that are worked on as different roles: each role needs only its own part.
fn by_account<'a>(
    chosen: &[&'a EnvironmentInfo],
    purpose: Purpose,
) -> Result<BTreeMap<AccountId, Vec<&'a EnvironmentInfo>>, Failure> {
    let mut accounts: BTreeMap<AccountId, Vec<&EnvironmentInfo>> = BTreeMap::new();
    for environment in chosen {
        let same = accounts.entry(environment.account.clone()).or_default();
        if let Some(before) =
            same.iter().find(|before| role_of(before, purpose) != role_of(environment, purpose))
        {
            return Err(Failure::refused(format!(
                "environments `{}` and `{}` are one account, but each works as another role",
                before.name, environment.name
            ))
            .help("name one of them, so that each role gets only what its own environment needs"));
        }
        same.push(environment);
    }
    Ok(accounts)
}
