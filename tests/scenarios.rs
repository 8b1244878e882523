//! What was written, what was done behind hatrack's back, and what the person sees: a folder each under
//! `tests/scenarios/`. See the README there.
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

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use hatrack::account::embedded;
use hatrack::state::quota::Quotas;
use hatrack::state::{
    AccountId, AwsManaged, Extent, Operation, Partition, Resource, ResourceId, State, Verb,
};
use serde::Deserialize;
use serde_json::Value;
use terminal::{Project, each_folder, files_below, folders, golden, presentable};

const ACCOUNT_FILE: &str = "account.json";
const LOCK_FILE: &str = hatrack::spec::lock::LOCK_FILE;
const IGNORE_FILE: &str = hatrack::spec::ignore_file::IGNORE_FILE;
/// What AWS says in its own policies, in every account.
const AWS_MANAGED: &str = "aws-managed.json";
/// What the command before all others showed, if there is one.
const FIRST: &str = "first.txt";
const GOLDEN: [&str; 4] = ["plan.txt", "drift.txt", "apply.txt", "after.txt"];

/// Arguments beside those that every scenario has.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Arguments {
    /// For every command.
    every: Vec<String>,
    /// For `apply` only.
    apply: Vec<String>,
    /// For `drift` only.
    drift: Vec<String>,
    /// A command to be run before all others, such as `revert`.
    first: Vec<String>,
}

fn scenarios() -> Vec<(String, std::path::PathBuf)> {
    folders(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios"))
}

#[test]
fn every_scenario_is_as_a_person_saw_it() {
    each_folder(&scenarios(), scenario);
}

#[test]
fn no_scenario_is_forgotten() {
    let mut wrong = vec![];
    for (name, folder) in scenarios() {
        let files = files_below(&folder);
        let known = |file: &String| {
            let given =
                ["disturb.json", "quotas.json", "arguments.json", LOCK_FILE, AWS_MANAGED, IGNORE_FILE, FIRST];
            let known = given.into_iter().chain(GOLDEN).any(|known| known == file);
            let parts: Vec<&str> = file.split('/').collect();
            known
                || (file.ends_with(".yaml")
                    && matches!(
                        parts.as_slice(),
                        ["environments" | "templates", _] | ["before", "environments" | "templates", _]
                    ))
        };
        wrong.extend(
            files.iter().filter(|f| !known(f)).map(|f| format!("{name}/{f} is no part of a scenario")),
        );
        let missing =
            GOLDEN.iter().filter(|golden| !terminal::blessing() && !files.iter().any(|f| f == *golden));
        wrong.extend(missing.map(|golden| format!("{name}/{golden} is missing")));
        let environments: Vec<&String> = files.iter().filter(|f| f.starts_with("environments/")).collect();
        if environments.is_empty() {
            wrong.push(format!("{name} has no environments"));
        }
        let about = |f: &&&String| fs::read_to_string(folder.join(f)).unwrap().starts_with("# ");
        if !environments.iter().any(|f| about(&f)) {
            wrong.push(format!("{name} does not say what it is about"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(scenarios().len() >= 25, "only {} scenarios", scenarios().len());
}

/// Plays one scenario.
fn scenario(name: &str, folder: &Path) -> Result<(), String> {
    let project = Project::empty();
    project.copy(&folder.join("environments"), "environments");
    project.copy(&folder.join("templates"), "templates");
    let locked = fs::read(folder.join(LOCK_FILE)).ok();
    if let Some(lock) = &locked {
        project.write(LOCK_FILE, lock);
    }
    let ignoring = fs::read(folder.join(IGNORE_FILE)).ok();
    if let Some(entries) = &ignoring {
        project.write(IGNORE_FILE, entries);
    }
    let disturb = fs::read_to_string(folder.join("disturb.json")).ok();
    let arguments: Arguments = match fs::read_to_string(folder.join("arguments.json")) {
        Ok(text) => serde_json::from_str(&text).unwrap(),
        Err(_) => Arguments::default(),
    };
    let before = folder.join("before");
    let applied_earlier = if before.is_dir() {
        project.copy(&folder.join("templates"), "before/templates");
        project.copy(&before, "before");
        Some("before")
    } else {
        disturb.is_some().then_some(".")
    };
    if let Some(earlier) = applied_earlier {
        let run = project.run(&["apply", "--yes", "--account-file", ACCOUNT_FILE, "-C", earlier]);
        if run.code != 0 {
            return Err(format!("what was applied earlier could not be applied:\n{}", run.shown()));
        }
    }
    if let Some(text) = disturb {
        let operations: Vec<Operation> =
            serde_json::from_str(&text).map_err(|e| format!("disturb.json: {e}"))?;
        let mut state = account(&project);
        for operation in operations {
            by_hand(&mut state, operation);
        }
        if let Ok(text) = fs::read_to_string(folder.join(AWS_MANAGED)) {
            let said: BTreeMap<String, AwsManaged> =
                serde_json::from_str(&text).map_err(|e| format!("{AWS_MANAGED}: {e}"))?;
            for extent in state.accounts.values_mut() {
                extent.aws_managed = said.clone();
            }
        }
        project.write(ACCOUNT_FILE, embedded::to_text(&state).unwrap());
    }

    if let Ok(text) = fs::read_to_string(folder.join("quotas.json")) {
        let quotas: BTreeMap<AccountId, Quotas> =
            serde_json::from_str(&text).map_err(|e| format!("quotas.json: {e}"))?;
        let mut state = account(&project);
        for (id, quotas) in quotas {
            state.accounts.entry(id).or_insert_with(|| Extent::full(Partition::new("aws"))).quotas = quotas;
        }
        project.write(ACCOUNT_FILE, embedded::to_text(&state).unwrap());
    }

    let run = |command: &str, more: &[&str]| {
        let every = arguments.every.iter().map(String::as_str);
        let mut all = vec![command, "--account-file", ACCOUNT_FILE];
        all.extend(more.iter().copied().chain(every));
        project.screen(&all)
    };
    let own: Vec<&str> = arguments.apply.iter().map(String::as_str).collect();
    // Side by side, steps end in an order that nobody knows; one after another they are a golden text.
    let to_apply: Vec<&str> = ["--yes", "--parallelism=1"].into_iter().chain(own).collect();
    if let Some((command, more)) = arguments.first.split_first() {
        let more: Vec<&str> = more.iter().map(String::as_str).chain(["--parallelism=1"]).collect();
        let (first, _) = run(command, &more);
        presentable(FIRST, &first)?;
        golden(&folder.join(FIRST), &first)?;
    }
    let found = fs::read(project.path(ACCOUNT_FILE)).ok();
    let untouched = |what: &str| {
        let now = fs::read(project.path(ACCOUNT_FILE)).ok();
        if now == found { Ok(()) } else { Err(format!("{what} has changed the account")) }
    };
    let (plan, planned) = run("plan", &[]);
    untouched("plan")?;
    let (json, planned_as_json) = run("plan", &["--format=json"]);
    untouched("plan --format=json")?;
    let of_drift: Vec<&str> = arguments.drift.iter().map(String::as_str).collect();
    let (drift, drifted) = run("drift", &of_drift);
    untouched("drift")?;
    let state_before = account(&project);
    let (apply, applied) = run("apply", &to_apply);
    let state_after = account(&project);
    if applied == 3 {
        untouched("an apply that was refused")?;
    }
    let (after, planned_after) = run("plan", &[]);

    for (file, text) in GOLDEN.into_iter().zip([&plan, &drift, &apply, &after]) {
        presentable(file, text)?;
        golden(&folder.join(file), text)?;
    }
    if planned != planned_as_json {
        return Err(format!("plan ends with {planned}, and with {planned_as_json} as JSON"));
    }
    // What AWS changed is drift, and no plan can undo it.
    let own_drift = locked.is_some() || ignoring.is_some();
    if planned == 0 && (applied != 0 || (drifted != 0 && !own_drift)) {
        return Err(format!(
            "plan sees no difference, but drift ends with {drifted} and apply with {applied}"
        ));
    }
    // After apply, plan is empty. Always.
    if applied == 0 && planned_after != 0 {
        return Err(format!("{name} was applied, and still the second plan ends with {planned_after}"));
    }
    only_what_was_planned(&json, &state_before, &state_after)
}

fn account(project: &Project) -> State {
    let Ok(text) = fs::read_to_string(project.path(ACCOUNT_FILE)) else { return State::default() };
    let mut file: Value = serde_json::from_str(&text).unwrap();
    serde_json::from_value(file["state"].take()).unwrap()
}

/// Somebody with a console and administrator's rights, who asks for nobody's leave.
fn by_hand(state: &mut State, operation: Operation) {
    let Operation { target, verb } = operation;
    let account = target.account.clone();
    state.accounts.entry(account).or_insert_with(|| Extent::full(Partition::new("aws")));
    match verb {
        Verb::Create { core, settings } => {
            state.resources.insert(target, Resource { core, settings });
        }
        Verb::Put { found: _, wanted } => {
            state.resources.get_mut(&target).unwrap_or_else(|| panic!("no {target}")).set(wanted);
        }
        Verb::Remove { found } => {
            let resource = state.resources.get_mut(&target).unwrap_or_else(|| panic!("no {target}"));
            resource
                .settings
                .remove(&found.key())
                .unwrap_or_else(|| panic!("{target} has no {}", found.key()));
        }
        Verb::Update { found: _, wanted } => {
            state.resources.get_mut(&target).unwrap_or_else(|| panic!("no {target}")).core = wanted;
        }
        Verb::Delete { found: _ } => delete(state, &target),
        Verb::Rename { .. } => state.perform(&Operation { target, verb }).unwrap(),
    }
}

/// The console takes away what holds a thing before it deletes it.
fn delete(state: &mut State, target: &ResourceId) {
    let resource = state.resources.get_mut(target).unwrap_or_else(|| panic!("no {target}"));
    resource.settings.retain(|_, setting| !setting.blocks_deletion());
    let found = resource.core.clone();
    for other in state.resources.values_mut() {
        other.settings.retain(|key, setting| {
            let holds = setting.references().iter().any(|(id, _)| id == target);
            !holds || *key == hatrack::state::SettingKey::BucketPolicy
        });
    }
    state.perform(&Operation { target: target.clone(), verb: Verb::Delete { found } }).unwrap();
}

/// What an apply changes is what its plan names. (Renames are followed by those who are named by the name, and
/// whoever trusts a principal that goes keeps its remains: both are said in the plan, but are no steps.)
fn only_what_was_planned(plan: &str, before: &State, after: &State) -> Result<(), String> {
    let Ok(plan) = serde_json::from_str::<Value>(plan.rsplit_once("exit code").unwrap().0) else {
        return Ok(()); // There was no plan, and nothing was applied.
    };
    let Some(steps) = plan["steps"].as_array() else { return Ok(()) };
    let follows = plan["summary"]["rename"] != 0
        || plan["hazards"].as_array().unwrap().iter().any(|hazard| hazard["code"] == "breaks-trust");
    let named: Vec<String> = steps
        .iter()
        .map(|s| format!("{}:{}", s["account"].as_str().unwrap(), s["address"].as_str().unwrap()))
        .collect();
    let all: BTreeMap<&ResourceId, ()> =
        before.resources.keys().chain(after.resources.keys()).map(|id| (id, ())).collect();
    let stray: Vec<String> = all
        .into_keys()
        .filter(|id| before.resources.get(id) != after.resources.get(id))
        .map(|id| format!("{}:{}", id.account, id.address()))
        .filter(|id| !follows && !named.contains(id))
        .collect();
    if stray.is_empty() { Ok(()) } else { Err(format!("changed, and not in the plan: {stray:?}")) }
}
