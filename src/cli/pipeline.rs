//! The pipeline strung together: files → wanted, account → found, both → plan.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;

use crate::access::delta::{AccessDelta, delta_among};
use crate::access::landscape::Landscape;
use crate::account::{Account, CredentialSource, ReadRequest, Reading, Unreached};
use crate::cli::address::Address;
use crate::cli::failure::Failure;
use crate::cli::options::Global;
use crate::cli::output::Output;
use crate::cli::parts::{Parts, Targets};
use crate::cli::project::{self, Project};
use crate::cli::shard::Shard;
use crate::cli::{claims, connect, findings, guardians};
use crate::diagnostic::{Diagnostic, Severity, did_you_mean};
use crate::lint;
use crate::plan::{
    AwsChange, AwsComparison, Bridge, Hazard, Plan, Surroundings, Unplannable, aws_policies, bridges,
    compare_aws, hazards, plan,
};
use crate::policy::glob;
use crate::report;
use crate::spec::lock::{LOCK_FILE, Lock};
use crate::spec::lower::EnvironmentInfo;
use crate::state::meter::over_quota;
use crate::state::{
    AccountId, Note, ResourceId, Scope, SettingKey, Settled, State, hold_back, narrow, settle,
};

/// What a command works on.
#[derive(Clone, Debug, Args)]
pub struct Selection {
    /// Environments, by name or file [default: all]
    #[arg(value_name = "ENVIRONMENT")]
    pub environments: Vec<String>,
    /// Only this resource and what it cannot be without: `role/GlueEtl`, `analytics/role/*`, one setting of it:
    /// `role/GlueEtl/attached/X`; may be repeated
    #[arg(long, value_name = "ADDRESS")]
    pub target: Vec<String>,
    /// Take this existing resource into ownership; may be repeated
    #[arg(long, value_name = "ADDRESS")]
    pub adopt: Vec<String>,
    /// Take this resource into ownership although another tool's mark is on it; may be repeated
    #[arg(long, value_name = "ADDRESS")]
    pub takeover: Vec<String>,
    /// Of these only the accounts of one shard; commands that have `--shard` set it.
    #[arg(skip)]
    pub shard: Option<Shard>,
    /// Environments that a plan was made without, since their accounts could not be looked at.
    #[arg(skip)]
    pub left_out: Vec<String>,
}

impl Selection {
    /// Whole environments.
    pub fn of(environments: &[String]) -> Self {
        Self {
            environments: environments.to_vec(),
            target: vec![],
            adopt: vec![],
            takeover: vec![],
            shard: None,
            left_out: vec![],
        }
    }
}

/// A project, the environments chosen from it, and the account they are about.
pub struct Session {
    /// The project's files.
    pub project: Project,
    /// The environments chosen, those of other shards as well.
    pub estate: Vec<EnvironmentInfo>,
    /// The environments of this run.
    pub environments: Vec<EnvironmentInfo>,
    /// What they answer for.
    pub scopes: Vec<Scope>,
    /// Where they live.
    pub account: Arc<dyn Account>,
    /// Whether a sign-in made here has a password; in an account file it has none.
    pub signs_people_in: bool,
    /// Which part of what was chosen this is.
    pub shard: Option<Shard>,
    /// Environments that a plan was made without.
    left_out: Vec<String>,
    /// Only these, if not empty.
    target: Vec<String>,
    /// Whether every target was found once. What went since, by a step of ours, is not missed.
    all_found: AtomicBool,
    /// What AWS's own policies said when somebody last looked; none without a lock file.
    lock: Option<Lock>,
}

/// What was read and what is to be done about it.
pub struct Prepared {
    /// The environments whose accounts were looked at.
    pub environments: Vec<EnvironmentInfo>,
    /// What was read.
    pub reading: Reading,
    /// What is wanted of it, in full.
    pub settled: Settled,
    /// The way there.
    pub plan: Plan,
    /// What to agree to.
    pub hazards: Vec<Hazard>,
    /// What AWS changed in its own policies since they were locked.
    pub aws: AwsComparison,
    /// What rules find in the accounts and not in the files.
    pub findings: Vec<lint::Alone>,
    /// What is wrong with the assertions on what is wanted, what others have in the accounts included.
    pub claims: Vec<Diagnostic>,
    /// Who gains and who loses what.
    pub access: AccessDelta,
    /// What spans accounts, of which the plan brings a side.
    pub bridges: Vec<Bridge>,
}

impl Session {
    /// What rules say of the chosen environments, before anything is planned from them.
    ///
    /// # Errors
    /// Something in them cannot work.
    pub fn lint(&self, output: &Output) -> Result<(), Failure> {
        let chosen: Vec<_> = self.environments.iter().collect();
        let mut report = findings::of_estate(&self.project.lowered, &chosen, findings::today());
        if report.has(Severity::Error) {
            return Err(Failure::in_text(report.findings));
        }
        // `validate` counts them, and shows only the others.
        report.suppressed.clear();
        if !report.findings.is_empty() {
            output.say(&format!("{}: `hatrack validate` shows them", report.counted()));
        }
        Ok(())
    }

    /// Reads the project and connects to the account.
    ///
    /// # Errors
    /// Errors in the files, environments that are not there, an account that cannot be reached.
    pub fn open(
        global: &Global,
        selection: &Selection,
        to_write: bool,
        interrupted: &Arc<AtomicBool>,
        output: &Output,
    ) -> Result<Self, Failure> {
        let project = project::load(global)?;
        let lock = project.lock()?;
        if lock.is_none() && !aws_policies(&project.lowered.wanted).is_empty() {
            tracing::info!(
                "no {LOCK_FILE}: what AWS changes in its own policies is not noticed; `hatrack lock` makes it"
            );
        }
        Self::of_project(global, selection, to_write, interrupted, output, project, lock)
    }

    /// As [`open`](Self::open), but for reading only, and whatever the lock file is like.
    ///
    /// # Errors
    /// Errors in the files, environments that are not there, an account that cannot be reached.
    pub fn open_without_lock(
        global: &Global,
        selection: &Selection,
        interrupted: &Arc<AtomicBool>,
        output: &Output,
    ) -> Result<Self, Failure> {
        Self::of_project(global, selection, false, interrupted, output, project::load(global)?, None)
    }

    fn of_project(
        global: &Global,
        selection: &Selection,
        to_write: bool,
        interrupted: &Arc<AtomicBool>,
        output: &Output,
        project: Project,
        lock: Option<Lock>,
    ) -> Result<Self, Failure> {
        output.diagnostics(&project.warnings);
        let environments: Vec<EnvironmentInfo> =
            project::choose(&project.lowered, &selection.environments)?.into_iter().cloned().collect();
        let estate = environments.clone();
        let environments = match selection.shard {
            Some(shard) => shard.of(environments, output),
            None => environments,
        };
        let chosen = |scope: &&Scope| environments.iter().any(|e| e.name == scope.environment);
        let mut scopes: Vec<Scope> = project.lowered.scopes.iter().filter(chosen).cloned().collect();
        taken_over(&mut scopes, &selection.adopt, &selection.takeover)?;
        let account = connect::connect(global, &environments, to_write, interrupted)?;
        let signs_people_in = global.account_file.is_none();
        let target = selection.target.clone();
        let (shard, left_out) = (selection.shard, selection.left_out.clone());
        Ok(Self {
            project,
            estate,
            environments,
            scopes,
            account,
            signs_people_in,
            shard,
            left_out,
            target,
            all_found: AtomicBool::new(false),
            lock,
        })
    }

    /// Where a resource or setting is declared: `environments/analytics.yaml:18`.
    pub fn origin(&self, id: &ResourceId, setting: Option<&SettingKey>) -> Option<String> {
        let span = self.project.lowered.origins.of(id, setting)?;
        Some(format!("{}:{}", span.source.name, span.line_column().0))
    }

    /// Reads all accounts.
    ///
    /// # Errors
    /// When nothing can be said of one of them.
    pub fn read(&self, credentials: CredentialSource) -> Result<Reading, Failure> {
        let reading = self.read_reached(credentials)?;
        if reading.unreached.is_empty() {
            return Ok(reading);
        }
        let environments = report::count(reading.unreached.len(), "environment");
        let mut failure = Failure::error(format!("{environments} could not be looked at"))
            .help("name the environments that matter here, to go on without the others");
        let line = |unreached: &Unreached| format!("{}: {}", unreached.environment, unreached.why);
        failure.details = reading.unreached.iter().map(line).collect();
        Err(failure)
    }

    /// Reads the accounts that can be reached; of the others the reading says so.
    ///
    /// # Errors
    /// When nothing can be said of the only one, or the person interrupts.
    pub fn read_reached(&self, credentials: CredentialSource) -> Result<Reading, Failure> {
        let request = ReadRequest { scopes: self.scopes.clone(), credentials };
        let mut reading = self.account.read(&request)?;
        reading.notes.sort();
        reading.notes.dedup();
        let (found, unread) = (reading.state.resources.len(), reading.unread.len());
        tracing::info!("read {found} resources; {unread} things could not be read");
        Ok(reading)
    }

    /// Settles what is wanted and plans the way there. What names something that may not be there, since its account
    /// could not be looked at, is held back.
    ///
    /// # Errors
    /// Something in the author's files cannot be planned; no such target; a bug of ours.
    pub fn prepare(&self, reading: Reading) -> Result<Prepared, Failure> {
        self.prepared(reading, true)
    }

    /// As [`prepare`](Self::prepare), to tell what differs: nothing is held back, since nothing is done.
    ///
    /// # Errors
    /// As there.
    pub fn compare(&self, reading: Reading) -> Result<Prepared, Failure> {
        self.prepared(reading, false)
    }

    fn prepared(&self, reading: Reading, to_act: bool) -> Result<Prepared, Failure> {
        let declared = &self.project.lowered.wanted;
        let away: BTreeSet<&str> = reading.unreached.iter().map(|u| u.environment.as_str()).collect();
        let looked_at = |name: &str| !away.contains(name);
        let scopes: Vec<Scope> =
            self.scopes.iter().filter(|scope| looked_at(&scope.environment)).cloned().collect();
        let environments: Vec<EnvironmentInfo> =
            self.environments.iter().filter(|e| looked_at(&e.name)).cloned().collect();
        let mut settled = settle(declared, &scopes, &reading.state, &reading.unread);
        if !self.target.is_empty() {
            let Targets { ids: targets, parts } = self.targets(&settled, &reading.state)?;
            settled.renames.retain(|rename| targets.contains(&rename.target));
            let mut start = reading.state.clone();
            for rename in &settled.renames {
                let _as_settled = start.perform(rename);
            }
            let missed = !self.all_found.swap(true, Ordering::Relaxed);
            settled.wanted = narrow(&parts.of(&settled.wanted, &start, missed)?, &start, &targets);
            settled.objections.retain(|objection| targets.contains(objection.subject()));
            settled.notes.push(Note::Narrowed(self.target.clone()));
        }
        let left_out: BTreeSet<&str> =
            away.iter().copied().chain(self.left_out.iter().map(String::as_str)).collect();
        let all = &self.project.lowered.scopes;
        if to_act {
            hold_back(&mut settled, &reading.state, all, &left_out);
        } else if !left_out.is_empty() {
            let Settled { wanted, renames, untouchable, .. } = &settled;
            if let Err(Unplannable::Missing { .. }) = plan(wanted, &reading.state, renames, untouchable) {
                hold_back(&mut settled, &reading.state, all, &left_out); // There is no telling without.
            }
        }
        // In the order of accounts and not of files, so that parts of an estate can be put together.
        settled.renames.sort_by(|a, b| a.target.account.cmp(&b.target.account));
        let over = over_quota(&settled.wanted, &reading.state, &settled.renames);
        settled.objections.extend(over);
        let lock = self.lock.as_ref();
        let aws = lock.map(|lock| compare_aws(lock, declared, &reading.state)).unwrap_or_default();
        let changed: BTreeSet<Note> = aws.changed.iter().map(changed_by_aws).collect();
        settled.notes.extend(changed);
        settled.notes.sort();
        settled.objections.sort();
        let plan = if settled.objections.is_empty() {
            plan(&settled.wanted, &reading.state, &settled.renames, &settled.untouchable)
                .map_err(|why| self.unplannable(&why))?
        } else {
            // What may not be touched is wanted as found; the rest is shown, and nothing is applied.
            plan(&settled.wanted, &reading.state, &settled.renames, &settled.untouchable).unwrap_or_default()
        };
        let callers: Vec<_> = reading.callers.iter().map(|c| (c.arn.clone(), c.identity.clone())).collect();
        let guardians = guardians::of(&environments, &self.project.lowered, &reading.callers);
        let around = Surroundings {
            guardians: &guardians,
            wanted: &settled.wanted,
            found: &reading.state,
            notes: &settled.notes,
            untouchable: &settled.untouchable,
            callers: &callers,
        };
        let hazards = hazards(&plan, &around);
        let findings = self.found_only(&reading.state, &settled, &scopes, &environments)?;
        let chosen: Vec<_> = environments.iter().collect();
        let lowered = &self.project.lowered;
        let mut claims = claims::of_plan(lowered, &chosen, &settled.wanted, &reading.state);
        claims.extend(guardians::missing(&environments, lowered, &reading.state, &settled.wanted));
        let access = access(&plan, &reading.state, &settled, &self.homes().into_keys().collect());
        let bridges = bridges(&plan, &reading.state, &settled.wanted);
        Ok(Prepared { environments, reading, settled, plan, hazards, aws, findings, claims, access, bridges })
    }

    /// The environments of the project by their accounts; of several in one account the first.
    pub fn homes(&self) -> BTreeMap<AccountId, String> {
        let environments = self.project.lowered.environments.iter().rev();
        environments.map(|environment| (environment.account.clone(), environment.name.clone())).collect()
    }

    /// What rules find in the accounts that they do not find in what is declared: `validate` tells of that. Only of
    /// what is ours to change, and was asked for.
    fn found_only(
        &self,
        found: &State,
        settled: &Settled,
        scopes: &[Scope],
        environments: &[EnvironmentInfo],
    ) -> Result<Vec<lint::Alone>, Failure> {
        let declared = scopes.iter().flat_map(|scope| &scope.declared);
        let mut ours: BTreeSet<ResourceId> =
            declared.filter(|id| !settled.untouchable.contains(*id)).cloned().collect();
        if !self.target.is_empty() {
            let targets = self.targets(settled, found)?.ids;
            ours.retain(|id| targets.contains(id));
        }
        Ok(lint::account_alone(lint::Accounts {
            found,
            declared: &self.project.lowered.wanted,
            wanted: &settled.wanted,
            ours: &ours,
            environments,
            today: findings::today(),
        }))
    }

    /// Whether a target names a resource, or a part of it.
    pub fn is_target(&self, id: &ResourceId) -> bool {
        let names = |pattern: &String| {
            let address = Address::parse(pattern, self.environments.iter().map(|e| e.name.as_str()));
            address.is_ok_and(|address| address.names(id))
        };
        self.target.iter().any(names)
    }

    fn targets(&self, settled: &Settled, found: &State) -> Result<Targets, Failure> {
        let known: BTreeSet<&ResourceId> = settled
            .wanted
            .resources
            .keys()
            .chain(found.resources.keys())
            .filter(|id| !settled.untouchable.contains(*id))
            .collect();
        let (mut targets, mut whole) = (BTreeSet::new(), BTreeSet::new());
        let mut parts = Parts::default();
        for pattern in &self.target {
            let matches = |id: &&&ResourceId| {
                glob(pattern, &id.address())
                    || self.environments.iter().any(|e| {
                        e.account == id.account && glob(pattern, &format!("{}/{}", e.name, id.address()))
                    })
            };
            let before = targets.len();
            whole.extend(known.iter().filter(matches).map(|id| (*id).clone()));
            targets.extend(whole.iter().cloned());
            if targets.len() == before {
                let in_parts = parts.named(pattern, &self.environments, &known)?;
                if !in_parts.is_empty() || self.all_found.load(Ordering::Relaxed) {
                    targets.extend(in_parts);
                    continue;
                }
                let theirs = found.resources.keys().find(|id| id.address() == *pattern);
                if let Some(id) = theirs.filter(|id| settled.untouchable.contains(*id)) {
                    let address = id.address();
                    return Err(Failure::error(format!(
                        "no environment that was chosen answers for {address}"
                    ))
                    .help(format!("`hatrack adopt {address}` writes down what nobody declares")));
                }
                let addresses: Vec<String> = known.iter().map(|id| id.address()).collect();
                return Err(no_such_address(pattern, &addresses));
            }
        }
        parts.leave(&whole);
        Ok(Targets { ids: targets, parts })
    }

    fn unplannable(&self, why: &Unplannable) -> Failure {
        let text = report::unplannable(why);
        let (id, setting) = match why {
            Unplannable::Missing { by, setting, .. } => (Some(by), setting.as_ref()),
            Unplannable::WouldReplaceData { id, .. } | Unplannable::NotEmpty { id, .. } => (Some(id), None),
            Unplannable::HeldElsewhere { target, .. } => (Some(target), None),
            Unplannable::Cycle(_) | Unplannable::Refused(..) | Unplannable::Diverges(_) => (None, None),
        };
        let span = id.and_then(|id| self.project.lowered.origins.of(id, setting)).cloned();
        let mut failure = match span {
            Some(span) => {
                let mut diagnostic = Diagnostic::error(Some(span), text.text);
                diagnostic.help = text.help;
                Failure::in_text(vec![diagnostic])
            }
            None => Failure { help: text.help, ..Failure::error(text.text) },
        };
        if matches!(
            why,
            Unplannable::WouldReplaceData { .. }
                | Unplannable::NotEmpty { .. }
                | Unplannable::HeldElsewhere { .. }
        ) {
            failure.exit = crate::cli::exit::ExitCode::Refused;
        }
        failure
    }
}

/// What a plan changes in who can do what.
pub fn access(plan: &Plan, found: &State, settled: &Settled, ours: &BTreeSet<AccountId>) -> AccessDelta {
    if plan.steps.is_empty() {
        return AccessDelta::default();
    }
    // Whoever is renamed is the same as before.
    let mut before = found.clone();
    for rename in &settled.renames {
        let _as_settled = before.perform(rename);
    }
    delta_among(&Landscape::new(&before), &Landscape::new(&settled.wanted), ours)
}

fn changed_by_aws(change: &AwsChange) -> Note {
    let AwsChange { account: _, policy, place: _, locked, found, holders: _ } = change;
    Note::AwsChanged { policy: policy.name.clone(), locked: locked.version, found: found.version }
}

/// The scopes with the addresses of `--adopt` and `--takeover`.
///
/// # Errors
/// An address that nobody declares, or several environments do.
pub fn taken_over(scopes: &mut [Scope], adopt: &[String], takeover: &[String]) -> Result<(), Failure> {
    adopt.iter().try_for_each(|address| mark(scopes, address, |scope| &mut scope.adopt))?;
    takeover.iter().try_for_each(|address| mark(scopes, address, |scope| &mut scope.takeover))
}

/// Adds an address given on the command line to one of a scope's lists.
fn mark(
    scopes: &mut [Scope],
    address: &str,
    list: fn(&mut Scope) -> &mut BTreeSet<ResourceId>,
) -> Result<(), Failure> {
    let full = |scope: &Scope, id: &ResourceId| format!("{}/{}", scope.environment, id.address());
    let mut found = vec![];
    let mut addresses = vec![];
    for scope in scopes.iter() {
        for id in &scope.declared {
            if id.address() == address || full(scope, id) == address {
                found.push((full(scope, id), id.clone()));
            }
            addresses.push(id.address());
        }
    }
    match found.as_slice() {
        [] => Err(no_such_address(address, &addresses)),
        [(_, id)] => {
            let declaring = scopes.iter_mut().filter(|scope| scope.declared.contains(id));
            declaring.for_each(|scope| {
                list(scope).insert(id.clone());
            });
            Ok(())
        }
        several => {
            let full: Vec<String> = several.iter().map(|(full, _)| format!("`{full}`")).collect();
            Err(Failure::error(format!("`{address}` is declared by several environments"))
                .help(format!("write {}", full.join(" or "))))
        }
    }
}

pub fn no_such_address(address: &str, known: &[String]) -> Failure {
    let failure = Failure::error(format!("nothing here has the address `{address}`"));
    if address.contains(['*', '?']) {
        return failure.help("a pattern stands for what there is; only `--target` takes one");
    }
    match did_you_mean(address, known.iter().map(String::as_str)) {
        Some(near) => failure.help(format!("did you mean `{near}`?")),
        None => failure.help("an address is KIND/NAME, such as `role/GlueEtl` or `bucket/acme-alpha`"),
    }
}
