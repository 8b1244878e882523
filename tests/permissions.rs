//! What hatrack says it needs is what its calls need: every call of the AWS adapter is in the table, every action is one
//! that AWS has and knows for the ARNs it stands with, and every operation of real plans is allowed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails loudly"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use hatrack::access::batch;
use hatrack::diagnostic::{Severity, Source};
use hatrack::lint;
use hatrack::plan::permissions::calls::{self, Call, On};
use hatrack::plan::permissions::{Purpose, Sort, permissions, room, to_assume};
use hatrack::plan::plan;
use hatrack::policy::{Document, Element, Usage, Written, catalogue, glob};
use hatrack::spec::Lowered;
use hatrack::state::{
    AccountId, Core, Kind, Operation, Partition, PolicyReference, Resource, ResourceId, Scope, Setting,
    SettingKey, State, Verb, iam_arn, settle, within_domain,
};
use jiff::civil::date;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn load(sources: &[(&str, String)]) -> Lowered {
    let sources: Vec<_> = sources
        .iter()
        .map(|(name, text)| Arc::new(Source { name: (*name).to_owned(), text: text.clone() }))
        .collect();
    let (lowered, said) = hatrack::spec::load(&sources, &[]);
    lowered.unwrap_or_else(|| panic!("{said:#?}"))
}

fn files(paths: &[&str]) -> Lowered {
    let read = |path: &&str| (*path).to_owned();
    let texts: Vec<(String, String)> = paths
        .iter()
        .map(|path| (read(path), std::fs::read_to_string(Path::new(ROOT).join(path)).unwrap()))
        .collect();
    load(&texts.iter().map(|(name, text)| (name.as_str(), text.clone())).collect::<Vec<_>>())
}

fn small() -> Lowered {
    files(&[
        "tests/emulator/small/environments/analytics.yaml",
        "tests/emulator/small/environments/lake.yaml",
    ])
}

fn changed() -> Lowered {
    files(&["tests/emulator/small/changed/analytics.yaml", "tests/emulator/small/environments/lake.yaml"])
}

fn worked() -> Lowered {
    files(&["environments/analytics.yaml", "environments/lake.yaml"])
}

const HEADER: &str = "environment: one\naccount: \"111122223333\"\nregion: eu-west-1\n";

/// Everything that ownership can be, under a boundary that is none of ours.
const OWNERSHIP: &str = r#"
groups:
  Readers: { renamed_from: Lookers, policies: [own] }
users:
  al: { path: /ds/, boundary: "arn:aws:iam::111122223333:policy/ceiling", groups: [Readers], console: true }
policies:
  own:
    path: /deep/
    statements: [{ Effect: Allow, Action: "s3:ListBucket", Resource: "arn:aws:s3:::acme-b" }]
roles:
  Free: { trust: glue, others: keep }
  Old: { trust: ec2, adopt: true, policies: [AmazonS3ReadOnlyAccess] }
  Bound:
    path: /ds/
    trust: glue
    boundary: "arn:aws:iam::111122223333:policy/ceiling"
    policies: [own]
    inline: { data: [{ Effect: Allow, Action: "s3:GetObject", Resource: "arn:aws:s3:::acme-b/*" }] }
buckets:
  acme-b: { keep_statements: ["Other*"] }
retire: [bucket/acme-gone]
"#;

fn ownership() -> Lowered {
    load(&[("environments/one.yaml", format!("{HEADER}{OWNERSHIP}"))])
}

fn account(digits: &str) -> AccountId {
    digits.parse().unwrap()
}

const ANALYTICS: &str = "111122223333";
const LAKE: &str = "444455556666";

fn all(lowered: &Lowered, purpose: Purpose) -> BTreeMap<AccountId, Vec<Document>> {
    permissions(&lowered.wanted, &lowered.scopes.iter().collect::<Vec<_>>(), purpose)
}

fn of(lowered: &Lowered, digits: &str, purpose: Purpose) -> Vec<Document> {
    all(lowered, purpose).remove(&account(digits)).unwrap()
}

type Context<'a> = &'a [(&'a str, &'a str)];

/// Whether this is allowed, by hatrack's own decisions, and by a plain look at each statement.
fn allows(documents: &[Document], action: &str, arn: &str, context: Context<'_>) -> bool {
    let said = answer(documents, action, arn, context);
    let allowed = said["decision"] == "allowed";
    assert_eq!(allowed, seems_allowed(documents, action, arn, context), "{action} on {arn}: {said:#}");
    allowed
}

fn answer(documents: &[Document], action: &str, arn: &str, context: Context<'_>) -> serde_json::Value {
    let home = arn.split(':').nth(4).filter(|digits| digits.len() == 12).unwrap_or(ANALYTICS);
    let context: BTreeMap<&str, &str> = context.iter().copied().collect();
    let case = serde_json::json!({
        "id": "1",
        "request": {
            "principal": format!("arn:aws:iam::{home}:role/hatrack"),
            "action": action,
            "resource": arn,
            "resource_account": home,
            "context": context,
        },
        "identity_policies": documents.iter().map(Document::to_json).collect::<Vec<_>>(),
    });
    serde_json::from_str(&batch::answer(&case.to_string())).unwrap()
}

/// Whether some statement allows this, as far as the operators go that stand in these documents.
fn seems_allowed(documents: &[Document], action: &str, arn: &str, context: Context<'_>) -> bool {
    documents.iter().flat_map(|document| &document.statements).any(|statement| {
        let (Element::Is(actions), Some(Element::Is(arns))) = (&statement.action, &statement.resource) else {
            panic!("{statement:?}")
        };
        actions.iter().any(|allowed| allowed.as_str() == action)
            && arns.iter().any(|pattern| glob(pattern, arn))
            && statement.conditions.iter().all(|(operator, keys)| {
                keys.iter().all(|(key, values)| {
                    let found = context.iter().find(|(name, _)| *name == key.as_str());
                    found.is_some_and(|(_, found)| match operator.as_str() {
                        "StringEquals" | "ArnEquals" => values.contains(*found),
                        "ArnLike" => values.iter().any(|value| glob(value, found)),
                        other => panic!("{other}"),
                    })
                })
            })
    })
}

/// The parts of the table that can be asked for without a resource.
fn table() -> Vec<(String, Kind, Vec<Call>)> {
    let mut rows = vec![];
    for kind in Kind::ALL {
        let mut row =
            |what: &str, calls: &[Call]| rows.push((format!("{what} {kind}"), kind, calls.to_vec()));
        row("reading", calls::reading(kind));
        row("reading a leaving", calls::reading_leaving(kind));
        row("create", calls::create(kind));
        row("rename", calls::rename(kind));
        row("update", calls::update(kind));
        row("delete", calls::delete(kind));
        for sort in Sort::ALL {
            row(&format!("create with {sort:?}"), calls::carried(kind, *sort));
            row(&format!("put {sort:?}"), calls::put(kind, *sort));
            row(&format!("remove {sort:?}"), calls::remove(kind, *sort));
        }
    }
    rows.push(("reading all".to_owned(), Kind::Role, calls::READING.to_vec()));
    rows.push(("who changed what".to_owned(), Kind::Role, calls::WITNESS.to_vec()));
    rows.push(("audit".to_owned(), Kind::Role, calls::AUDIT.to_vec()));
    rows
}

/// The calls that the adapter's source names, as `service:operation` in small letters.
fn calls_of_the_adapter() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(Path::new(ROOT).join("src/account/aws")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        // Each file that says `client` speaks to one service.
        let of_client = match path.file_stem().unwrap().to_str().unwrap() {
            name if name.contains("sagemaker") => "sagemaker",
            "settings" => "s3control",
            _ => "s3",
        };
        let code = text.split("#[cfg(test)]").next().unwrap();
        let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        for (client, service) in [
            ("iam.", "iam"),
            ("iam_bulk.", "iam"),
            ("client.", of_client),
            ("sts.", "sts"),
            ("trail.", "cloudtrail"),
            ("analyzer.", "access-analyzer"),
        ] {
            for (at, _) in code.match_indices(client) {
                let rest = &code[at + client.len()..];
                let name: String = rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
                if rest[name.len()..].starts_with("()") && name.contains('_') {
                    found.insert(format!("{service}:{}", name.replace('_', "")));
                }
            }
        }
    }
    found
}

/// Calls that need no right of the role that hatrack works as: who one is may always be asked, one is made only of
/// stand-ins, and roles of profiles are assumed before it, by whoever runs hatrack.
const WITHOUT_RIGHTS: [&str; 3] = ["sts:getcalleridentity", "iam:listusertags", "sts:assumerole"];

#[test]
fn the_table_has_every_call_of_the_adapter_and_no_other() {
    let table: BTreeSet<String> = table()
        .iter()
        .flat_map(|(_, _, calls)| calls)
        .map(|call| call.api.to_ascii_lowercase())
        .chain(WITHOUT_RIGHTS.map(str::to_owned))
        .collect();
    let adapter = calls_of_the_adapter();
    assert!(adapter.len() > 80, "{adapter:?}");
    assert_eq!(table.difference(&adapter).collect::<Vec<_>>(), Vec::<&String>::new(), "only in the table");
    assert_eq!(adapter.difference(&table).collect::<Vec<_>>(), Vec::<&String>::new(), "only in the adapter");
}

/// The resource type of a kind, as AWS's reference calls it.
fn type_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Notebook => "notebook-instance",
        Kind::NotebookLifecycle => "notebook-instance-lifecycle-config",
        Kind::StudioLifecycle => "studio-lifecycle-config",
        kind => kind.word(),
    }
}

#[test]
fn every_action_is_one_that_aws_knows_for_what_it_is_allowed_on() {
    for (row, kind, calls) in table() {
        for Call { api, action, on } in calls {
            let (prefix, name) = action.split_once(':').unwrap();
            let known = catalogue::service(prefix).unwrap().action(name);
            let known =
                known.unwrap_or_else(|| panic!("{row}: {api} needs {action}, which AWS does not have"));
            assert_eq!(known.name, name, "{row}: spelled as AWS does");
            assert!(known.listed, "{row}: {action}");
            let types: Vec<&str> = known.resources.iter().map(|r| r.name).collect();
            let wanted = match on {
                On::Everything => {
                    assert_eq!(types, Vec::<&str>::new(), "{row}: {action} can be limited");
                    continue;
                }
                On::Itself => type_of(kind),
                On::Any(kind) => type_of(kind),
                On::AwsPolicies => "policy",
                On::AnyTrail => "trail",
                On::MfaDevices => "mfa",
                On::Named if *action == *"iam:PassRole" => "role",
                On::Named => "group",
            };
            assert!(types.contains(&wanted), "{row}: {action} is of {types:?}, not of {wanted}");
            let service =
                api.split(':').next().map(|service| if service == "s3control" { "s3" } else { service });
            assert_eq!(service, Some(prefix), "{row}");
        }
    }
}

#[test]
fn what_a_kind_can_have_can_be_put_and_removed_and_nothing_else() {
    use Sort::*;
    let put = |kind| match kind {
        Kind::Group => vec![Attached, Inline],
        Kind::User => vec![Tag, Boundary, Attached, Inline, Membership, SignIn],
        Kind::Policy => vec![Tag],
        Kind::Role => vec![Tag, Boundary, Attached, Inline],
        Kind::InstanceProfile => vec![Tag, HeldRole],
        Kind::Bucket => {
            vec![Tag, BucketPolicy, PublicAccessBlock, Encryption, Versioning, Ownership, Lifecycle]
        }
        Kind::Domain | Kind::UserProfile => vec![Tag, StudioLifecycle],
        Kind::Notebook | Kind::NotebookLifecycle | Kind::StudioLifecycle => vec![Tag],
        Kind::Space => vec![], // People make their own.
        Kind::Account => vec![PublicAccessBlock, AccountAlias, PasswordPolicy],
    };
    for kind in Kind::ALL {
        let has = |calls: fn(Kind, Sort) -> &'static [Call]| -> Vec<Sort> {
            Sort::ALL.iter().copied().filter(|sort| !calls(kind, *sort).is_empty()).collect()
        };
        assert_eq!(has(calls::put), put(kind), "{kind}");
        let mut removed: Vec<Sort> = put(kind).into_iter().filter(|sort| *sort != Versioning).collect();
        if kind == Kind::User {
            removed.extend([AccessKey, MfaDevice, SigningCertificate, SshPublicKey, ServiceSpecific]);
        }
        assert_eq!(has(calls::remove), removed, "{kind}");
        for calls in [calls::create(kind), calls::delete(kind)] {
            assert_eq!(calls.is_empty(), matches!(kind, Kind::Space | Kind::Account), "{kind}");
        }
        assert_eq!(!calls::rename(kind).is_empty(), matches!(kind, Kind::User | Kind::Group), "{kind}");
    }
}

#[test]
fn a_sort_blocks_a_deletion_as_its_settings_do() {
    let mut seen = BTreeSet::new();
    for lowered in [small(), changed(), worked(), ownership()] {
        for setting in lowered.wanted.resources.values().flat_map(|resource| resource.settings.values()) {
            let sort = Sort::of(setting);
            assert_eq!(sort.blocks_deletion(), setting.blocks_deletion(), "{sort:?}");
            seen.insert(sort);
        }
    }
    assert!(seen.len() >= 13, "{seen:?}");
}

/// The documents of an estate, with the account and the partition they are for.
fn every_document() -> Vec<(String, Document)> {
    let china = HEADER.replace("eu-west-1", "cn-north-1");
    let estates = [
        ("small", small()),
        ("changed", changed()),
        ("worked", worked()),
        ("ownership", ownership()),
        ("china", load(&[("one.yaml", format!("{china}{}", OWNERSHIP.replace("arn:aws:", "arn:aws-cn:")))])),
        ("large", large(400)),
    ];
    let mut found = vec![];
    for (name, lowered) in &estates {
        let partition = lowered.scopes[0].partition.as_str().to_owned();
        for purpose in [Purpose::Plan, Purpose::Apply] {
            for documents in all(lowered, purpose).into_values() {
                found.extend(documents.into_iter().map(|d| (format!("{partition} {name} {purpose:?}"), d)));
            }
        }
    }
    found.push((
        "aws caller".to_owned(),
        to_assume(&["arn:aws:iam::111122223333:role/hatrack".to_owned()].into()).unwrap(),
    ));
    found
}

fn large(roles: usize) -> Lowered {
    use std::fmt::Write as _;
    let mut text = format!("{HEADER}roles:\n");
    for n in 0..roles {
        writeln!(text, "  DataProcessing{n}: {{ trust: ec2, policies: [AmazonS3ReadOnlyAccess] }}").unwrap();
    }
    load(&[("environments/one.yaml", text)])
}

#[test]
fn documents_fit_are_read_by_aws_and_keep_the_rules() {
    for (name, document) in every_document() {
        assert!(room().document_size(&document) <= 6144, "{name}");
        let text = document.to_text();
        let source = Arc::new(Source { name: "policy.json".to_owned(), text });
        let (node, wrong) = hatrack::spec::document::parse_document(&source);
        assert!(wrong.is_empty(), "{name}: {wrong:?}");
        let node = node.unwrap();
        let partition = name.split(' ').next().unwrap();
        let (written, problems) = Written::read(&node.to_json(), Usage::Identity, partition);
        let home = lint::Home { partition: Some(partition.to_owned()), ..lint::Home::default() };
        let report = lint::document(lint::Single {
            written: written.as_ref(),
            problems: &problems,
            node: &node,
            ceiling: false,
            home: &home,
            today: date(2026, 11, 22),
        });
        let errors: Vec<_> = report.findings.iter().filter(|f| f.severity == Severity::Error).collect();
        assert!(errors.is_empty(), "{name}: {errors:#?}");
        for statement in &document.statements {
            let sid = statement.sid.as_deref().unwrap();
            for action in statement.action.value() {
                assert!(!action.as_str().contains('*'), "{name} {sid}: {action}");
            }
        }
    }
}

/// What may be allowed on `*`: what AWS cannot limit.
#[test]
fn a_bare_star_stands_only_where_aws_takes_nothing_else() {
    for (name, document) in every_document() {
        for statement in &document.statements {
            let arns = statement.resource.as_ref().unwrap().value();
            if !arns.contains("*") {
                continue;
            }
            for action in statement.action.value() {
                let (prefix, rest) = action.as_str().split_once(':').unwrap();
                let known = catalogue::service(prefix).unwrap().action(rest).unwrap();
                assert!(known.resources.is_empty(), "{name}: {action}");
                let reads =
                    matches!(known.level, catalogue::AccessLevel::List | catalogue::AccessLevel::Read);
                assert!(reads, "{name}: {action}");
            }
        }
    }
}

#[test]
fn reading_changes_nothing() {
    for lowered in [small(), worked(), ownership()] {
        for document in all(&lowered, Purpose::Plan).into_values().flatten() {
            for action in document.statements.iter().flat_map(|s| s.action.value()) {
                let name = action.as_str().split_once(':').unwrap().1;
                let reads = ["Get", "List", "Describe", "GenerateCredentialReport"]
                    .iter()
                    .any(|r| name.starts_with(r));
                assert!(reads, "{action}");
            }
        }
    }
}

/// Whether the steps of a plan are all allowed, call by call, on the ARNs they are made on.
fn steps_are_allowed(wanted: &State, found: &State, renames: &[Operation], documents: &[Document]) -> usize {
    let plan = plan(wanted, found, renames, &BTreeSet::new()).unwrap();
    let mut checked = 0;
    for step in &plan.steps {
        let operation = &step.operation;
        for call in calls::of(operation) {
            for (arn, context) in requests(&call, operation, wanted, found) {
                let context: Vec<(&str, &str)> = context.iter().map(|(k, v)| (*k, v.as_str())).collect();
                assert!(
                    allows(documents, call.action, &arn, &context),
                    "{} for {:?} needs {} on {arn} with {context:?}",
                    call.api,
                    operation.target.address(),
                    call.action
                );
                checked += 1;
            }
        }
    }
    checked
}

/// What AWS would be asked when a call is made: ARN, and what it knows besides.
fn requests(
    call: &Call,
    operation: &Operation,
    wanted: &State,
    found: &State,
) -> Vec<(String, Vec<(&'static str, String)>)> {
    let target = &operation.target;
    let either = |id: &ResourceId| found.resources.get(id).or_else(|| wanted.resources.get(id)).unwrap();
    let partition = Partition::new("aws");
    let arn_of = |id: &ResourceId, resource: &Resource| match resource.core.path() {
        Some(path) => iam_arn(&partition, id, path),
        None => arn_without_path(id),
    };
    let own = || {
        let moved = matches!(operation.verb, Verb::Create { .. });
        let resource = if moved { &wanted.resources[target] } else { either(target) };
        arn_of(target, resource)
    };
    let policy_arn = |policy: &PolicyReference| match policy {
        PolicyReference::Aws(name) => format!("arn:aws:iam::aws:policy/{name}"),
        PolicyReference::Customer(id) => match wanted.resources.get(id) {
            Some(policy) => arn_of(id, policy),
            None => format!("arn:aws:iam::{}:policy/some/where/{}", id.account, id.name),
        },
    };
    let mut context = vec![];
    if let Some(mark) = found.resources.get(target).and_then(|r| r.tag("hatrack:environment")) {
        context.push(("aws:ResourceTag/hatrack:environment", mark.to_owned()));
    }
    let boundary = wanted.resources.get(target).and_then(|r| r.settings.get(&SettingKey::Boundary));
    if let Some(Setting::Boundary(policy)) = boundary {
        context.push(("iam:PermissionsBoundary", policy_arn(policy)));
    }
    let setting = match &operation.verb {
        Verb::Put { wanted, .. } => Some(wanted),
        Verb::Remove { found } => Some(found),
        _ => None,
    };
    if let Some(Setting::Attached(policy)) = setting {
        context.push(("iam:PolicyARN", policy_arn(policy)));
    }
    let arn = match (call.on, setting) {
        (On::Itself, _) => own(),
        (On::Everything, _) => "*".to_owned(),
        (On::Named | On::Any(_), Some(Setting::Membership(id) | Setting::HeldRole(id))) => {
            context.push(("iam:PassedToService", "ec2.amazonaws.com".to_owned()));
            arn_of(id, either(id))
        }
        (On::Any(kind), None) if kind.is_regional() => arn_without_path(&target.sibling(kind, "any/any")),
        (On::MfaDevices, _) => format!("arn:aws:iam::{}:mfa/any", target.account),
        other => panic!("{other:?}"),
    };
    vec![(arn, context)]
}

/// AWS invents the ids of domains, and writes names in small letters.
fn arn_without_path(id: &ResourceId) -> String {
    let name = id.name.to_ascii_lowercase();
    let own = within_domain(&name).map_or(name.as_str(), |(_, own)| own);
    let rest = match id.kind {
        Kind::Domain => "domain/d-1a2b3c".to_owned(),
        Kind::UserProfile | Kind::Space => format!("{}/d-1a2b3c/{own}", id.kind),
        _ => format!("{}/{name}", type_of(id.kind)),
    };
    match &id.region {
        Some(region) => format!("arn:aws:sagemaker:{region}:{}:{rest}", id.account),
        None => format!("arn:aws:s3:::{}", id.name),
    }
}

fn empty(like: &State) -> State {
    State { accounts: like.accounts.clone(), resources: BTreeMap::new() }
}

fn only(state: &State, digits: &str) -> State {
    let here = account(digits);
    let mut state = state.clone();
    state.resources.retain(|id, _| id.account == here);
    state.accounts.retain(|id, _| *id == here);
    state
}

#[test]
fn the_steps_of_real_plans_are_allowed() {
    for (before, after) in
        [(small(), changed()), (changed(), small()), (worked(), small()), (small(), worked())]
    {
        for digits in [ANALYTICS, LAKE] {
            let documents = of(&after, digits, Purpose::Apply);
            let (before, after) = (only(&before.wanted, digits), only(&after.wanted, digits));
            // What holds data goes only if it is retired, which this is not, and what a file says nothing of is not read.
            let mut gone = before.clone();
            let stays = |id: &ResourceId| id.kind.holds_data() || id.kind.is_regional();
            gone.resources.retain(|id, _| !stays(id) || after.resources.contains_key(id));
            assert!(steps_are_allowed(&after, &empty(&after), &[], &documents) > 10);
            steps_are_allowed(&after, &gone, &[], &documents);
        }
    }
}

#[test]
fn what_is_taken_over_renamed_or_moved_may_be_changed() {
    let lowered = ownership();
    let documents = of(&lowered, ANALYTICS, Purpose::Apply);
    let mut found = lowered.wanted.clone();
    let id = |kind, name: &str| ResourceId::new(&account(ANALYTICS), kind, name);
    // Somebody else's, with another path, and no mark.
    let old = found.resources.get_mut(&id(Kind::Role, "Old")).unwrap();
    let Core::Role { path, description, .. } = &mut old.core else { panic!() };
    *path = "/legacy/".to_owned();
    *description = "as it was".to_owned();
    old.settings.clear();
    let profile = found.resources.get_mut(&id(Kind::InstanceProfile, "Old")).unwrap();
    profile.core = Core::InstanceProfile { path: "/".to_owned() };
    // Ours, but moved.
    let user = found.resources.get_mut(&id(Kind::User, "al")).unwrap();
    user.core = Core::User { path: "/".to_owned() };
    let group = found.resources.remove(&id(Kind::Group, "Readers")).unwrap();
    found.resources.insert(id(Kind::Group, "Lookers"), group);
    let user = found.resources.get_mut(&id(Kind::User, "al")).unwrap();
    user.settings.remove(&SettingKey::Membership(id(Kind::Group, "Readers")));
    user.set(Setting::Membership(id(Kind::Group, "Lookers")));
    // Dropped from the file, but ours.
    let mut gone = found.resources[&id(Kind::Role, "Bound")].clone();
    gone.settings.remove(&SettingKey::Boundary);
    found.resources.insert(id(Kind::Role, "Dropped"), gone);
    let (path, description) = ("/some/where/".to_owned(), String::new());
    let document = hatrack::policy::Policy::Normal(documents[0].clone());
    let ceiling = Resource::new(Core::Policy { path, description, document }, []);
    found.resources.insert(id(Kind::Policy, "ceiling"), ceiling);
    let settled = settle(&lowered.wanted, &lowered.scopes, &found, &[]);
    assert_eq!(settled.objections, []);
    assert_eq!(settled.renames.len(), 1);
    assert!(steps_are_allowed(&settled.wanted, &found, &settled.renames, &documents) > 10);
}

#[test]
fn rights_end_where_the_files_end() {
    let lowered = ownership();
    let documents = of(&lowered, ANALYTICS, Purpose::Apply);
    let role = |name: &str| format!("arn:aws:iam::111122223333:role/{name}");
    let ceiling = [("iam:PermissionsBoundary", "arn:aws:iam::111122223333:policy/ceiling")];
    let marked = [("aws:ResourceTag/hatrack:environment", "one")];
    let other = [("aws:ResourceTag/hatrack:environment", "two")];
    let s3_read = [("iam:PolicyARN", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")];
    let admin = [("iam:PolicyARN", "arn:aws:iam::aws:policy/AdministratorAccess")];
    let to_lambda = [("iam:PassedToService", "lambda.amazonaws.com")];
    let to_ec2 = [("iam:PassedToService", "ec2.amazonaws.com")];
    let (bucket, gone) = ("arn:aws:s3:::acme-b", "arn:aws:s3:::acme-gone");
    let cases: Vec<(bool, &str, String, Context<'_>)> = vec![
        (true, "iam:CreateRole", role("Free"), &[]),
        (false, "iam:CreateRole", role("Other"), &[]),
        (false, "iam:CreateRole", role("Other"), &marked),
        (false, "iam:CreateRole", role("ds/Free"), &[]),
        // A boundary that is declared is there from the start, and stays.
        (true, "iam:CreateRole", role("ds/Bound"), &ceiling),
        (false, "iam:CreateRole", role("ds/Bound"), &[]),
        (true, "iam:PutRolePolicy", role("ds/Bound"), &ceiling),
        (false, "iam:PutRolePolicy", role("ds/Bound"), &[]),
        (true, "iam:PutRolePermissionsBoundary", role("ds/Bound"), &ceiling),
        (false, "iam:PutRolePermissionsBoundary", role("ds/Bound"), &[]),
        (false, "iam:DeleteRolePermissionsBoundary", role("ds/Bound"), &ceiling),
        (true, "iam:DeleteRolePermissionsBoundary", role("Free"), &ceiling),
        (false, "iam:PutRolePermissionsBoundary", role("Free"), &ceiling),
        // What nobody declares, nobody gives.
        (false, "iam:PutRolePolicy", role("Free"), &[]),
        (true, "iam:AttachRolePolicy", role("Old"), &s3_read),
        (false, "iam:AttachRolePolicy", role("Old"), &admin),
        (false, "iam:AttachRolePolicy", role("Other"), &s3_read),
        // What was ours may go, and get nothing.
        (true, "iam:DeleteRole", role("Dropped"), &marked),
        (false, "iam:DeleteRole", role("Dropped"), &other),
        (false, "iam:DeleteRole", role("Dropped"), &[]),
        (false, "iam:PutRolePolicy", role("Dropped"), &marked),
        (false, "iam:UpdateAssumeRolePolicy", role("Dropped"), &marked),
        (true, "iam:PassRole", role("Old"), &to_ec2),
        (false, "iam:PassRole", role("Old"), &to_lambda),
        (false, "iam:PassRole", role("Free"), &to_ec2),
        (false, "iam:CreateAccessKey", "arn:aws:iam::111122223333:user/ds/al".into(), &marked),
        // Data stays, unless it is retired.
        (true, "s3:CreateBucket", bucket.into(), &[]),
        (false, "s3:DeleteBucket", bucket.into(), &[]),
        (true, "s3:DeleteBucket", gone.into(), &[]),
        (false, "s3:CreateBucket", gone.into(), &[]),
        (true, "s3:PutBucketPolicy", bucket.into(), &[]),
        (true, "s3:GetBucketTagging", "arn:aws:s3:::other".into(), &[]),
        (false, "s3:GetBucketPolicy", "arn:aws:s3:::other".into(), &[]),
        (false, "s3:GetObject", format!("{bucket}/key"), &[]),
        // Groups and policies are known by their path.
        (true, "iam:UpdateGroup", "arn:aws:iam::111122223333:group/hatrack/one/Lookers".into(), &[]),
        (false, "iam:UpdateGroup", "arn:aws:iam::111122223333:group/Lookers".into(), &[]),
        (false, "iam:CreatePolicyVersion", "arn:aws:iam::111122223333:policy/ceiling".into(), &[]),
        (
            true,
            "iam:CreatePolicyVersion",
            "arn:aws:iam::111122223333:policy/hatrack/one/deep/own".into(),
            &[],
        ),
        (false, "iam:DeletePolicy", "arn:aws:iam::111122223333:policy/hatrack/two/own".into(), &[]),
    ];
    for (wanted, action, arn, context) in cases {
        assert_eq!(allows(&documents, action, &arn, context), wanted, "{action} on {arn} with {context:?}");
    }
}

#[test]
fn each_account_and_each_choice_has_its_own() {
    let lowered = worked();
    let both = all(&lowered, Purpose::Apply);
    assert_eq!(both.keys().map(AccountId::as_str).collect::<Vec<_>>(), [ANALYTICS, LAKE]);
    let lake: Vec<&Scope> = lowered.scopes.iter().filter(|s| s.environment == "lake").collect();
    let alone = permissions(&lowered.wanted, &lake, Purpose::Apply);
    assert_eq!(alone.keys().map(AccountId::as_str).collect::<Vec<_>>(), [LAKE]);
    assert_eq!(alone[&account(LAKE)], both[&account(LAKE)]);
    for statement in alone[&account(LAKE)].iter().flat_map(|document| &document.statements) {
        let sid = statement.sid.as_deref().unwrap();
        assert!(!sid.contains("Users") && !sid.contains("Groups"), "the lake has none: {sid}");
        for arn in statement.resource.as_ref().unwrap().value() {
            assert!(!arn.contains(ANALYTICS) && !arn.contains("acme-alpha"), "{arn}");
        }
    }
}

#[test]
fn environments_of_one_account_come_together() {
    let of = |name: &str, body: &str| HEADER.replace("one", name) + body;
    let lowered = load(&[
        ("environments/one.yaml", of("one", "roles: { A: { trust: glue } }\n")),
        ("environments/two.yaml", of("two", "roles: { B: { trust: glue } }\n")),
    ]);
    let documents = all(&lowered, Purpose::Apply).remove(&account(ANALYTICS)).unwrap();
    assert_eq!(documents.len(), 1);
    for name in ["A", "B"] {
        assert!(allows(&documents, "iam:CreateRole", &format!("arn:aws:iam::{ANALYTICS}:role/{name}"), &[]));
    }
    for mark in ["one", "two"] {
        let context = [("aws:ResourceTag/hatrack:environment", mark)];
        assert!(allows(&documents, "iam:DeleteRole", "arn:aws:iam::111122223333:role/C", &context));
    }
}

#[test]
fn a_large_estate_loses_nothing_in_several_documents() {
    let documents = of(&large(400), ANALYTICS, Purpose::Apply);
    assert!(documents.len() > 4, "{}", documents.len());
    let s3_read = [("iam:PolicyARN", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")];
    let to_ec2 = [("iam:PassedToService", "ec2.amazonaws.com")];
    for n in 0..400 {
        let role = format!("arn:aws:iam::{ANALYTICS}:role/DataProcessing{n}");
        assert!(seems_allowed(&documents, "iam:CreateRole", &role, &[]), "{n}");
        assert!(seems_allowed(&documents, "iam:AttachRolePolicy", &role, &s3_read), "{n}");
        assert!(seems_allowed(&documents, "iam:PassRole", &role, &to_ec2), "{n}");
    }
    let sids: Vec<_> = documents.iter().flat_map(|d| &d.statements).map(|s| s.sid.clone()).collect();
    assert_eq!(sids.iter().collect::<BTreeSet<_>>().len(), sids.len(), "no Sid twice");
}

#[test]
fn the_papers_show_what_is_printed() {
    let paper = std::fs::read_to_string(Path::new(ROOT).join("docs/aws.md")).unwrap();
    let blocks: Vec<serde_json::Value> = paper
        .split("```json\n")
        .skip(1)
        .filter_map(|rest| serde_json::from_str(rest.split("```").next().unwrap()).ok())
        .collect();
    let printed = of(&worked(), LAKE, Purpose::Plan);
    let caller = to_assume(&[format!("arn:aws:iam::{LAKE}:role/hatrack")].into()).unwrap();
    assert_eq!(blocks, [printed[0].to_json(), caller.to_json()]);
    let size = format!("1 policy, {} of 6144 characters", room().document_size(&printed[0]));
    assert!(paper.contains(&size), "{size}");
}
