//! Every verb on every kind, read back by the adapter itself. Each test works in an account of its own, which the
//! emulator makes on the fly for whoever assumes a role there.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use hatrack::account::aws::{AssumeRole, AwsAccount, AwsOptions, PasswordSink, WaitListener};
use hatrack::account::{Account, CredentialSource, ReadRequest, Reading};
use hatrack::policy::Policy;
use hatrack::state::quota::Quota;
use hatrack::state::*;
use secrecy::{ExposeSecret, SecretString};

use crate::endpoint;

pub const REGION: &str = "eu-west-1";

#[derive(Default)]
pub struct Kept(Mutex<BTreeMap<String, String>>);

impl PasswordSink for Kept {
    fn deliver(&self, _: &AccountId, user: &str, password: &SecretString) -> std::io::Result<()> {
        self.0.lock().unwrap().insert(user.to_owned(), password.expose_secret().to_owned());
        Ok(())
    }

    fn withdraw(&self, _: &AccountId, user: &str) {
        self.0.lock().unwrap().remove(user);
    }
}

/// Hears of waits and says nothing.
struct Patient;

impl WaitListener for Patient {
    fn waits(&self, _: &ResourceId, _: &str, _: std::time::Duration) {}
}

/// An account nobody has used yet.
pub fn fresh() -> AccountId {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let mut noise = [0_u8; 4];
    getrandom::fill(&mut noise).unwrap();
    let number = u32::from_le_bytes(noise) % 100_000_000;
    format!("9{number:08}{:03}", NEXT.fetch_add(1, Ordering::Relaxed)).parse().unwrap()
}

pub fn options(account: &AccountId, kept: &Arc<Kept>) -> AwsOptions {
    AwsOptions {
        profile: None,
        region: REGION.to_owned(),
        endpoint_url: Some(endpoint()),
        account: account.clone(),
        partition: Partition::new("aws"),
        assume_role: Some(AssumeRole { role: "deploy".to_owned(), external_id: None, session_name: None }),
        parallelism: 4,
        passwords: Arc::clone(kept) as Arc<dyn PasswordSink>,
        interrupted: Arc::new(AtomicBool::new(false)),
        waits: Arc::new(Patient),
        wait_max: None,
    }
}

struct Bench {
    id: AccountId,
    account: AwsAccount,
    scope: Scope,
    kept: Arc<Kept>,
}

impl Bench {
    fn new() -> Self {
        let (id, kept) = (fresh(), Arc::new(Kept::default()));
        let account = AwsAccount::connect(options(&id, &kept)).unwrap();
        let scope = Scope::new("t", id.clone(), Partition::new("aws"), REGION);
        Self { id, account, scope, kept }
    }

    fn id(&self, kind: Kind, name: &str) -> ResourceId {
        ResourceId::new(&self.id, kind, name)
    }

    fn reading(&self, credentials: CredentialSource) -> Reading {
        self.account.read(&ReadRequest { scopes: vec![self.scope.clone()], credentials }).unwrap()
    }

    #[track_caller]
    fn found(&self) -> State {
        let reading = self.reading(CredentialSource::Live);
        assert_eq!(reading.unread, []);
        reading.state
    }

    #[track_caller]
    fn does(&self, target: &ResourceId, verb: Verb) {
        let operation = Operation { target: target.clone(), verb };
        assert_eq!(self.account.perform(&operation), Ok(()), "{operation:?}");
    }

    #[track_caller]
    fn creates(&mut self, id: &ResourceId, core: Core, settings: impl IntoIterator<Item = Setting>) {
        self.scope.declared.insert(id.clone());
        let wanted = Resource::new(core, settings);
        self.does(id, Verb::Create { core: wanted.core.clone(), settings: wanted.settings.clone() });
        let mut expected = wanted;
        if id.kind == Kind::Bucket {
            new_bucket().into_iter().for_each(|setting| expected.set(setting));
        }
        assert_eq!(self.found().resources.get(id), Some(&expected));
    }

    /// Puts a setting, reads it, removes it twice, and reads that it is gone.
    #[track_caller]
    fn comes_and_goes(&self, id: &ResourceId, setting: Setting) {
        self.puts(id, None, setting.clone());
        self.does(id, Verb::Remove { found: setting.clone() });
        assert_eq!(self.found().resources[id].settings.get(&setting.key()), None);
        self.does(id, Verb::Remove { found: setting });
    }

    #[track_caller]
    fn puts(&self, id: &ResourceId, found: Option<Setting>, wanted: Setting) {
        self.does(id, Verb::Put { found, wanted: wanted.clone() });
        assert_eq!(self.found().resources[id].settings.get(&wanted.key()), Some(&wanted));
    }

    #[track_caller]
    fn updates(&self, id: &ResourceId, wanted: Core) {
        let found = self.found().resources[id].core.clone();
        self.does(id, Verb::Update { found, wanted: wanted.clone() });
        assert_eq!(self.found().resources[id].core, wanted);
    }

    #[track_caller]
    fn deletes(&self, id: &ResourceId) {
        let found = self.found().resources[id].core.clone();
        self.does(id, Verb::Delete { found: found.clone() });
        assert_eq!(self.found().resources.get(id), None);
        self.does(id, Verb::Delete { found });
    }
}

/// What AWS gives every new bucket.
fn new_bucket() -> [Setting; 3] {
    [
        Setting::PublicAccessBlock(PublicAccessBlock::default()),
        Setting::Encryption(Encryption::Aes256),
        Setting::Ownership(Ownership::BucketOwnerEnforced),
    ]
}

fn tag(key: &str, value: &str) -> Setting {
    Setting::Tag { key: key.to_owned(), value: value.to_owned() }
}

fn mark() -> Setting {
    tag(MARK_TAG, "t")
}

fn allows(action: &str) -> Policy {
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"{action}","Resource":"*"}}]}}"#
    );
    Policy::from_text(&text, "aws")
}

fn inline(name: &str, action: &str) -> Setting {
    Setting::Inline { name: name.to_owned(), document: allows(action) }
}

fn trusts(service: &str) -> Policy {
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"sts:AssumeRole",
            "Principal":{{"Service":"{service}.amazonaws.com"}}}}]}}"#
    );
    Policy::from_text(&text, "aws")
}

fn aws_policy(name: &str) -> PolicyReference {
    PolicyReference::Aws(name.to_owned())
}

fn role(service: &str, description: &str, seconds: u32) -> Core {
    Core::Role {
        path: "/hatrack/t/".to_owned(),
        description: description.to_owned(),
        max_session_seconds: seconds,
        trust: trusts(service),
    }
}

fn policy(action: &str) -> Core {
    Core::Policy {
        path: "/hatrack/t/".to_owned(),
        description: "what it is for".to_owned(),
        document: allows(action),
    }
}

#[test]
#[ignore = "run by on_the_emulator, which starts it"]
fn another_account_is_refused() {
    let kept = Arc::new(Kept::default());
    let mut wrong = options(&"111122223333".parse().unwrap(), &kept);
    wrong.assume_role = None;
    let error = AwsAccount::connect(wrong).err().unwrap();
    assert_eq!(
        error.message,
        "these credentials belong to account 123456789012, but the environment is account 111122223333"
    );
    let mut nowhere = options(&"111122223333".parse().unwrap(), &kept);
    nowhere.endpoint_url = Some("http://127.0.0.1:9".to_owned());
    nowhere.assume_role = None;
    let error = AwsAccount::connect(nowhere).err().unwrap();
    assert_eq!(error.message, "http://127.0.0.1:9 cannot be reached: connection refused");
}

#[test]
#[ignore = "run by on_the_emulator, which starts it"]
fn an_empty_account_is_read_in_full() {
    let bench = Bench::new();
    let reading = bench.reading(CredentialSource::Report);
    let Extent { partition, kinds, regions, quotas, aws_managed: _ } = &reading.state.accounts[&bench.id];
    // Nobody asks about SageMaker or the account's own settings, so nothing is said of them.
    assert_eq!((partition, kinds), (&Partition::new("aws"), &crate::support::IAM_AND_S3.into()));
    assert_eq!(regions, &None);
    for quota in Quota::ALL {
        assert_eq!(quotas.read(quota).is_some(), quota.facts().key.is_some(), "{quota:?}");
    }
    assert_eq!(reading.state.resources, BTreeMap::new());
    assert_eq!((reading.unread, reading.notes), (vec![], vec![]));
    assert_eq!(reading.callers[0].identity, Some(bench.id(Kind::Role, "deploy")));
}

#[test]
#[ignore = "run by on_the_emulator, which starts it"]
fn what_aws_says_in_its_own_policies_is_read_while_they_are_in_use() {
    let mut bench = Bench::new();
    let (user, group) = (bench.id(Kind::User, "al"), bench.id(Kind::Group, "Scientists"));
    bench.creates(&group, Core::Group { path: "/hatrack/t/".to_owned() }, []);
    bench.creates(&user, Core::User { path: "/".to_owned() }, [mark()]);
    let told = |bench: &Bench| {
        let told = bench.found().accounts[&bench.id].aws_managed.clone();
        let said = |m: &hatrack::state::AwsManaged| m.version > 0 && m.document.document().is_some();
        assert!(told.values().all(said), "{told:?}");
        told.into_keys().collect::<Vec<_>>()
    };
    let attached = Setting::Attached(aws_policy("service-role/AWSGlueServiceRole"));
    bench.puts(&group, None, attached.clone());
    assert_eq!(told(&bench), ["service-role/AWSGlueServiceRole"]);
    bench.puts(&user, None, Setting::Boundary(aws_policy("AmazonS3ReadOnlyAccess")));
    assert_eq!(told(&bench), ["AmazonS3ReadOnlyAccess", "service-role/AWSGlueServiceRole"]);
    bench.does(&group, Verb::Remove { found: attached });
    assert_eq!(told(&bench), ["AmazonS3ReadOnlyAccess"]);
}

#[test]
#[ignore = "run by on_the_emulator, which starts it"]
fn users_and_groups() {
    let mut bench = Bench::new();
    let (user, group) = (bench.id(Kind::User, "al"), bench.id(Kind::Group, "Scientists"));
    bench.creates(&group, Core::Group { path: "/hatrack/t/".to_owned() }, []);
    bench.creates(&user, Core::User { path: "/people/".to_owned() }, [mark(), tag("team", "a b+c/ü")]);

    bench.comes_and_goes(&user, tag("left", "right"));
    bench.puts(&user, Some(tag("team", "a b+c/ü")), tag("team", "b"));
    for holder in [&user, &group] {
        bench.comes_and_goes(holder, Setting::Attached(aws_policy("AmazonS3ReadOnlyAccess")));
        bench.comes_and_goes(holder, Setting::Attached(aws_policy("service-role/AWSGlueServiceRole")));
        bench.puts(holder, None, inline("data", "s3:Get*"));
        bench.puts(holder, Some(inline("data", "s3:Get*")), inline("data", "s3:*"));
        bench.does(holder, Verb::Remove { found: inline("data", "s3:*") });
    }
    bench.comes_and_goes(&user, Setting::Membership(group.clone()));
    bench.puts(&user, None, Setting::Membership(group.clone()));

    bench.updates(&user, Core::User { path: "/people/new/".to_owned() });
    // moto forgets a group's new path; the adapter notices.
    let (found, wanted) =
        (Core::Group { path: "/hatrack/t/".to_owned() }, Core::Group { path: "/b/".to_owned() });
    let moved = Operation { target: group.clone(), verb: Verb::Update { found, wanted } };
    match bench.account.perform(&moved) {
        Ok(()) => assert_eq!(bench.found().resources[&group].core.path(), Some("/b/")),
        Err(Refusal::Invalid { code, .. }) => assert_eq!(code, "NotImplemented"),
        other => panic!("{other:?}"),
    }
    let (user_new, group_new) = (bench.id(Kind::User, "alice"), bench.id(Kind::Group, "Scholars"));
    bench.scope.declared.extend([user_new.clone(), group_new.clone()]);
    bench.does(&user_new, Verb::Rename { from: "al".to_owned() });
    bench.does(&group_new, Verb::Rename { from: "Scientists".to_owned() });
    let found = bench.found();
    let settings = [mark(), tag("team", "b"), Setting::Membership(group_new.clone())];
    let renamed = Resource::new(Core::User { path: "/people/new/".to_owned() }, settings);
    assert_eq!(found.resources.get(&user_new), Some(&renamed));
    assert_eq!(found.resources.get(&user), None);

    bench.does(&user_new, Verb::Remove { found: Setting::Membership(group_new.clone()) });
    bench.deletes(&user_new);
    bench.deletes(&group_new);
}

#[test]
#[ignore = "run by on_the_emulator, which starts it"]
fn a_change_in_between_is_not_overwritten() {
    let mut bench = Bench::new();
    let group = bench.id(Kind::Group, "g");
    bench.creates(&group, Core::Group { path: "/".to_owned() }, []);
    bench.puts(&group, None, inline("data", "s3:Get*"));
    let other = AwsAccount::connect(options(&bench.id, &bench.kept)).unwrap();
    let verb = Verb::Put { found: Some(inline("data", "s3:List*")), wanted: inline("data", "s3:*") };
    let refused = other.perform(&Operation { target: group.clone(), verb });
    assert_eq!(refused, Err(Refusal::Moved(group.clone())));
    let again = Verb::Create { core: Core::Group { path: "/".to_owned() }, settings: Settings::new() };
    let refused = other.perform(&Operation { target: group.clone(), verb: again });
    assert_eq!(refused, Err(Refusal::AlreadyExists(group)));
    let missing = bench.id(Kind::User, "nobody");
    let verb = Verb::Put { found: None, wanted: tag("a", "b") };
    let refused = other.perform(&Operation { target: missing.clone(), verb });
    assert_eq!(refused, Err(Refusal::NoSuchResource(missing)));
}

#[test]
#[ignore = "run by on_the_emulator, which starts it"]
fn policies_keep_to_five_versions() {
    let mut bench = Bench::new();
    let (id, user) = (bench.id(Kind::Policy, "data"), bench.id(Kind::User, "al"));
    bench.creates(&id, policy("s3:Get*"), [tag("a", "b")]);
    bench.comes_and_goes(&id, tag("c", "d"));
    for action in ["s3:List*", "s3:Put*", "s3:*", "ec2:*", "sqs:*", "sns:*"] {
        bench.updates(&id, policy(action));
    }
    bench.creates(&user, Core::User { path: "/".to_owned() }, [mark()]);
    bench.comes_and_goes(&user, Setting::Attached(PolicyReference::Customer(id.clone())));
    // Another run has not learnt the policy's path while creating it.
    let other = AwsAccount::connect(options(&bench.id, &bench.kept)).unwrap();
    let wanted = Setting::Attached(PolicyReference::Customer(id.clone()));
    assert_eq!(
        other.perform(&Operation { target: user.clone(), verb: Verb::Put { found: None, wanted } }),
        Ok(())
    );
    bench.does(&user, Verb::Remove { found: Setting::Attached(PolicyReference::Customer(id.clone())) });
    bench.deletes(&id);
}

#[test]
#[ignore = "run by on_the_emulator, which starts it"]
fn roles_and_instance_profiles() {
    let mut bench = Bench::new();
    let (id, other) = (bench.id(Kind::Role, "Processing"), bench.id(Kind::Role, "Other"));
    let (profile, limit) = (bench.id(Kind::InstanceProfile, "Processing"), bench.id(Kind::Policy, "limit"));
    bench.creates(&limit, policy("s3:*"), []);
    let boundary = Setting::Boundary(PolicyReference::Customer(limit.clone()));
    bench.creates(&id, role("ec2", "", 3600), [mark(), boundary.clone()]);
    bench.creates(&other, role("ec2", "the other", 7200), [mark()]);

    bench.updates(&id, role("ec2", "described", 3600));
    bench.updates(&id, role("glue", "described", 43_200));
    bench.updates(&id, role("ec2", "", 3600));
    bench.puts(&id, Some(boundary), Setting::Boundary(aws_policy("ReadOnlyAccess")));
    bench.does(&id, Verb::Remove { found: Setting::Boundary(aws_policy("ReadOnlyAccess")) });
    bench.comes_and_goes(&id, Setting::Attached(aws_policy("AmazonEC2ReadOnlyAccess")));
    bench.comes_and_goes(&id, inline("data", "s3:*"));
    bench.comes_and_goes(&id, tag("a", "b"));

    bench.creates(&profile, Core::InstanceProfile { path: "/hatrack/t/".to_owned() }, []);
    bench.comes_and_goes(&profile, Setting::HeldRole(id.clone()));
    bench.puts(&profile, None, Setting::HeldRole(id.clone()));
    bench.puts(&profile, Some(Setting::HeldRole(id.clone())), Setting::HeldRole(other.clone()));
    bench.does(&profile, Verb::Remove { found: Setting::HeldRole(other.clone()) });
    for id in [&profile, &id, &other, &limit] {
        bench.deletes(id);
    }
}

#[test]
#[ignore = "run by on_the_emulator, which starts it"]
fn buckets() {
    let mut bench = Bench::new();
    for region in ["eu-west-1", "us-east-1", "ap-south-1"] {
        let id = bench.id(Kind::Bucket, &format!("hatrack-{}-{region}", bench.id));
        let core = Core::Bucket { region: region.to_owned() };
        bench.creates(&id, core.clone(), [mark(), tag("a", "b c")]);
        bench.comes_and_goes(&id, tag("c", "d"));
        bench.puts(&id, Some(tag("a", "b c")), tag("a", "z"));
        bench.does(&id, Verb::Remove { found: tag("a", "z") });
        bench.does(&id, Verb::Remove { found: mark() });
        assert_eq!(bench.found().resources[&id].settings, Resource::new(core.clone(), new_bucket()).settings);
        bench.puts(&id, None, mark());

        let policy = |sid: &str| {
            let name = &id.name;
            let text = format!(
                r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"{sid}","Effect":"Deny",
                    "Principal":{{"AWS":"*"}},"Action":"s3:*","Resource":"arn:aws:s3:::{name}/*",
                    "Condition":{{"Bool":{{"aws:SecureTransport":"false"}}}}}}]}}"#
            );
            Setting::BucketPolicy(Policy::from_text(&text, "aws"))
        };
        bench.comes_and_goes(&id, policy("One"));
        bench.puts(&id, None, policy("One"));
        bench.puts(&id, Some(policy("One")), policy("Two"));
        let open = PublicAccessBlock { block_public_acls: false, ..PublicAccessBlock::default() };
        bench.comes_and_goes(&id, Setting::PublicAccessBlock(open));
        bench.puts(&id, None, Setting::PublicAccessBlock(PublicAccessBlock::default()));
        let kms = |key: Option<&str>| Encryption::Kms {
            key: key.map(ToOwned::to_owned),
            bucket_key: true,
            dual_layer: false,
        };
        for encryption in [kms(Some("alias/data")), kms(None)] {
            bench.puts(&id, None, Setting::Encryption(encryption.clone()));
            bench.does(&id, Verb::Remove { found: Setting::Encryption(encryption) });
            let left = bench.found().resources[&id].settings[&SettingKey::Encryption].clone();
            assert_eq!(left, Setting::Encryption(Encryption::Aes256)); // no bucket of AWS is without
        }
        bench.comes_and_goes(&id, Setting::Ownership(Ownership::BucketOwnerPreferred));
        bench.comes_and_goes(&id, Setting::Ownership(Ownership::BucketOwnerEnforced));
        bench.puts(&id, None, Setting::Versioning(Versioning::Enabled));
        bench.puts(
            &id,
            Some(Setting::Versioning(Versioning::Enabled)),
            Setting::Versioning(Versioning::Suspended),
        );
        let rules = |json: serde_json::Value| Setting::Lifecycle(serde_json::from_value(json).unwrap());
        let one = rules(serde_json::json!([{ "id": "tmp", "prefix": "tmp/", "expire_days": 7 }]));
        bench.comes_and_goes(&id, one.clone());
        bench.puts(&id, None, one.clone());
        let many = rules(serde_json::json!([
            { "id": "a", "tags": { "k": "v", "l": "w" }, "expire_date": "2030-01-01" },
            { "id": "b", "enabled": false, "expire_noncurrent_days": 30, "abort_uploads_days": 2,
              "transitions": [{ "days": 30, "storage_class": "STANDARD_IA" }],
              "noncurrent_transitions": [{ "days": 30, "storage_class": "GLACIER" }] },
            { "id": "c", "tags": { "k": "v" }, "remove_expired_delete_markers": true },
        ]));
        bench.puts(&id, Some(one), many);

        let again =
            Verb::Create { core: Core::Bucket { region: region.to_owned() }, settings: Settings::new() };
        let refused = bench.account.perform(&Operation { target: id.clone(), verb: again });
        assert_eq!(refused, Err(Refusal::AlreadyExists(id.clone())));
        bench.deletes(&id);
    }
}

#[test]
#[ignore = "run by on_the_emulator, which starts it"]
fn a_bucket_with_objects_stays() {
    let mut bench = Bench::new();
    let id = bench.id(Kind::Bucket, &format!("hatrack-full-{}", bench.id));
    bench.creates(&id, Core::Bucket { region: REGION.to_owned() }, [mark()]);
    with_sdk(&bench.id, async |config| {
        let s3 = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build();
        let put = aws_sdk_s3::Client::from_conf(s3).put_object().bucket(&id.name).key("k");
        put.body(b"v".to_vec().into()).send().await.unwrap();
    });
    assert_eq!(bench.found().resources[&id].settings.get(&SettingKey::Objects), None);
    bench.scope.retire.insert(id.clone());
    let found = bench.found().resources[&id].clone();
    assert_eq!(found.settings.get(&SettingKey::Objects), Some(&Setting::Objects));
    let delete = Operation { target: id.clone(), verb: Verb::Delete { found: found.core } };
    let refused = bench.account.perform(&delete);
    assert_eq!(refused, Err(Refusal::NotEmpty { resource: id, setting: "objects".to_owned() }));
}

#[test]
#[ignore = "run by on_the_emulator, which starts it"]
fn credentials_are_found_and_removed() {
    let mut bench = Bench::new();
    let id = bench.id(Kind::User, "al");
    bench.creates(&id, Core::User { path: "/".to_owned() }, [mark()]);
    bench.puts(&id, None, Setting::SignIn);
    assert_eq!(bench.kept.0.lock().unwrap()["al"].len(), 24);
    bench.comes_and_goes(&id, tag("a", "b"));
    let again = Operation { target: id.clone(), verb: Verb::Put { found: None, wanted: Setting::SignIn } };
    assert_eq!(bench.account.perform(&again), Err(Refusal::AlreadyExists(id.clone())));
    assert_eq!(bench.kept.0.lock().unwrap().get("al"), None);

    with_sdk(&bench.id, async |config| {
        let iam = aws_sdk_iam::Client::new(&config);
        iam.create_access_key().user_name("al").send().await.unwrap();
        let device = iam.create_virtual_mfa_device().virtual_mfa_device_name("al").send().await.unwrap();
        let serial = device.virtual_mfa_device().unwrap().serial_number().to_owned();
        let enable = iam.enable_mfa_device().user_name("al").serial_number(serial);
        enable.authentication_code1("123456").authentication_code2("654321").send().await.unwrap();
    });
    // Declared, so that MFA devices are none of our business; not declared but marked, so that they must go
    // as well.
    let kinds = |bench: &Bench, source| {
        let reading = bench.reading(source);
        assert_eq!(reading.unread, []);
        let settings = reading.state.resources[&id].settings.clone();
        let kinds: Vec<String> = settings
            .keys()
            .filter_map(|key| match key {
                SettingKey::Credential(kind, _) => Some(kind.word().to_owned()),
                SettingKey::SignIn => Some("sign-in".to_owned()),
                _ => None,
            })
            .collect();
        kinds
    };
    for source in [CredentialSource::Live, CredentialSource::Report] {
        assert_eq!(kinds(&bench, source), ["sign-in", "access-key"], "{source:?}");
    }
    bench.scope.declared.clear();
    for source in [CredentialSource::Live, CredentialSource::Report] {
        assert_eq!(kinds(&bench, source), ["sign-in", "access-key", "mfa-device"], "{source:?}");
    }
    let found = bench.found().resources[&id].clone();
    for setting in
        found.settings.values().filter(|s| matches!(s, Setting::Credential { .. } | Setting::SignIn))
    {
        bench.does(&id, Verb::Remove { found: setting.clone() });
        bench.does(&id, Verb::Remove { found: setting.clone() });
    }
    assert_eq!(kinds(&bench, CredentialSource::Live), Vec::<String>::new());
    bench.deletes(&id);
}

/// Does what hatrack never does itself, as the account's role.
fn with_sdk<F: Future<Output = ()>>(account: &AccountId, work: impl FnOnce(aws_config::SdkConfig) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let config = aws_config::defaults(aws_config::BehaviorVersion::v2026_01_12())
            .region(aws_config::Region::new(REGION))
            .endpoint_url(endpoint())
            .load()
            .await;
        let role = format!("arn:aws:iam::{account}:role/deploy");
        let provider = aws_config::sts::AssumeRoleProvider::builder(role).configure(&config).build().await;
        let provider = aws_sdk_iam::config::SharedCredentialsProvider::new(provider);
        work(config.to_builder().credentials_provider(provider).build()).await;
    });
}
