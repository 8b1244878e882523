//! Each check on an account that keeps everything but one thing.

use std::collections::BTreeMap;

use super::*;
use crate::lint;
use crate::policy::Policy;
use crate::state::{Extent, Kind, Partition, PasswordPolicy, PublicAccessBlock, State};

const NOW: &str = "2026-11-28T12:00:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn measure() -> Measure {
    Measure { now: at(NOW), limits: Limits::default() }
}

const CLOSED: PublicAccessBlock = PublicAccessBlock {
    block_public_acls: true,
    ignore_public_acls: true,
    block_public_policy: true,
    restrict_public_buckets: true,
};

fn bucket_policy(allow: &str) -> Answer<Option<Policy>> {
    let text = format!(
        r#"{{"Version": "2012-10-17", "Statement": [{allow}{{"Effect": "Deny", "Principal": "*", "Action": "s3:*",
            "Resource": ["arn:aws:s3:::acme-a", "arn:aws:s3:::acme-a/*"],
            "Condition": {{"Bool": {{"aws:SecureTransport": "false"}}}}}}]}}"#
    );
    Ok(Some(Policy::from_text(&text, "aws")))
}

const EVERYBODY: &str = r#"{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-a/*"},"#;

fn key(since: &str, used: Option<&str>) -> AccessKey {
    AccessKey { id: Some("AKIAEXAMPLE".to_owned()), since: at(since), used: used.map(at) }
}

fn trail() -> Trail {
    Trail {
        name: "main".to_owned(),
        multi_region: true,
        validated: true,
        organization: false,
        logging: Ok(true),
        delivery_error: None,
        events: Ok(ManagementEvents { reads: true, writes: true, without: [].into() }),
    }
}

/// An account that keeps everything.
fn sound() -> Facts {
    let alice = Credentials {
        password_since: Some(at("2026-01-01T00:00:00Z")),
        password_used: Some(at("2026-11-20T00:00:00Z")),
        mfa: true,
        keys: vec![key("2026-10-01T00:00:00Z", Some("2026-11-27T00:00:00Z"))],
        seen: None,
    };
    let alice = UserFacts { attached: [].into(), inline: [].into(), credentials: Ok(alice) };
    let role = RoleFacts { since: at("2020-01-01T00:00:00Z"), used: Some(at("2026-11-01T00:00:00Z")) };
    let provider = Provider {
        arn: "arn:aws:iam::111122223333:saml-provider/Corp".to_owned(),
        trusted: true,
        valid_until: Some(at("2027-11-01T00:00:00Z")),
    };
    let outside = Analyzer { name: "outside".to_owned(), external: true, active: true };
    let bucket = BucketFacts {
        policy: bucket_policy(""),
        public_access_block: Ok(Some(CLOSED)),
        versioned: Ok(true),
        logged: Ok(true),
    };
    Facts {
        account: "111122223333".parse().unwrap(),
        summary: Ok(Summary { mfa: true, password: Some(true), access_keys: 0, certificates: 0 }),
        root: Ok(RootCredentials { password_used: Some(at("2026-01-01T00:00:00Z")), key_used: None }),
        credentials: Ok(()),
        users: Ok([("alice".to_owned(), alice)].into()),
        roles: Ok([("Etl".to_owned(), role)].into()),
        providers: Ok(vec![provider]),
        password_policy: Ok(Some(PasswordPolicy::default())),
        public_access_block: Ok(Some(CLOSED)),
        trails: Ok(vec![trail()]),
        analyzers: [("eu-west-1".to_owned(), Ok(vec![outside]))].into(),
        buckets: Ok([("acme-a".to_owned(), bucket)].into()),
        notes: vec![],
    }
}

/// What is found, and what is not checked, when one thing is otherwise.
fn seen(change: impl FnOnce(&mut Facts)) -> (Vec<String>, BTreeSet<&'static str>) {
    let mut facts = sound();
    change(&mut facts);
    let audit = audit(&[facts], &measure());
    let missed = audit.not_checked.iter().flat_map(|missed| missed.checks.iter().copied()).collect();
    let told = |finding: &Finding| format!("{}: {}", finding.name(), finding.message);
    (audit.findings.iter().map(told).collect(), missed)
}

fn found(change: impl FnOnce(&mut Facts)) -> Vec<String> {
    let (found, missed) = seen(change);
    assert_eq!(missed, BTreeSet::new());
    found
}

fn alice(change: impl FnOnce(&mut Credentials)) -> Vec<String> {
    found(|facts| {
        let users = facts.users.as_mut().unwrap();
        change(users.get_mut("alice").unwrap().credentials.as_mut().unwrap());
    })
}

fn bucket(facts: &mut Facts) -> &mut BucketFacts {
    facts.buckets.as_mut().unwrap().get_mut("acme-a").unwrap()
}

fn no() -> String {
    "denied".to_owned()
}

#[test]
fn an_account_that_keeps_everything_has_nothing_to_find() {
    let audit = audit(&[sound()], &measure());
    assert_eq!((audit.findings, audit.not_checked), (vec![], vec![]));
    assert_eq!(audit.kept.len(), ALL.len());
}

#[test]
fn the_root_user() {
    assert_eq!(
        found(|f| f.summary.as_mut().unwrap().mfa = false),
        ["root-without-mfa/root: the root user has no MFA device"]
    );
    // Without a password there is nothing that a device would guard.
    let bare = Summary { mfa: false, password: Some(false), access_keys: 0, certificates: 0 };
    assert_eq!(found(|f| f.summary = Ok(bare)), [""; 0]);
    let unsaid = Summary { password: None, ..bare };
    assert_eq!(found(|f| f.summary = Ok(unsaid)).len(), 1);
    assert_eq!(
        found(|f| f.root.as_mut().unwrap().key_used = Some(at("2026-10-30T00:00:00Z"))),
        ["root-used/root-access-key: the root user's access key was used on 2026-10-30"]
    );
    assert_eq!(found(|f| f.root.as_mut().unwrap().key_used = Some(at("2026-10-29T00:00:00Z"))), [""; 0]);
}

#[test]
fn users_and_their_credentials() {
    assert_eq!(alice(|a| a.mfa = false), ["user-without-mfa/user/alice: has a password and no MFA device"]);
    assert_eq!(alice(|a| (a.mfa, a.password_since) = (false, None)), [""; 0], "a key needs no device");
    let old = alice(|a| a.keys = vec![key("2026-08-30T11:00:00Z", Some(NOW))]);
    assert_eq!(old, ["key-old/user/alice/AKIAEXAMPLE: the access key is 90 days old"]);
    assert_eq!(alice(|a| a.keys = vec![key("2026-08-30T13:00:00Z", Some(NOW))]), [""; 0]);
    let idle = alice(|a| a.keys = vec![key("2026-10-01T00:00:00Z", None)]);
    assert_eq!(idle, ["key-unused/user/alice/AKIAEXAMPLE: the access key was never used since 2026-10-01"]);
    assert_eq!(
        alice(|a| a.password_used = None),
        ["password-unused/user/alice: the password was never used since 2026-01-01"]
    );
    let gone = alice(|a| {
        a.password_used = Some(at("2026-09-01T12:00:00Z"));
        a.keys = vec![key("2026-09-05T00:00:00Z", None)];
    });
    assert_eq!(gone, ["user-unused/user/alice: was last seen 88 days ago and is still active"]);
    // A key that was used yesterday and is closed today was somebody's.
    let closed = alice(|a| {
        a.password_used = None;
        (a.keys, a.seen) = (vec![], Some(at("2026-11-27T00:00:00Z")));
    });
    assert_eq!(closed, ["password-unused/user/alice: the password was never used since 2026-01-01"]);
    assert_eq!(alice(|a| *a = Credentials::default()), [""; 0], "who has no way in is not unused");
    assert_eq!(
        alice(|a| a.keys.push(key("2026-11-27T00:00:00Z", None))),
        ["second-key/user/alice: has 2 active access keys"]
    );
    let holds = found(|f| {
        let user = f.users.as_mut().unwrap().get_mut("alice").unwrap();
        user.attached.insert("Admin".to_owned());
        user.inline.insert("own".to_owned());
    });
    assert_eq!(holds, ["user-holds-policy/user/alice: holds `Admin`, inline `own`"]);
}

#[test]
fn one_user_who_cannot_be_read_leaves_the_others() {
    let (found, missed) = seen(|f| {
        let users = f.users.as_mut().unwrap();
        let bob = UserFacts { attached: [].into(), inline: [].into(), credentials: Err(no()) };
        users.insert("bob".to_owned(), bob);
        users.get_mut("alice").unwrap().credentials.as_mut().unwrap().mfa = false;
    });
    assert_eq!(found.len(), 1);
    assert!(missed.contains("user-without-mfa") && !missed.contains("user-holds-policy"), "{missed:?}");
}

#[test]
fn settings_of_the_account() {
    let passwords = |change: fn(&mut PasswordPolicy)| {
        found(|f| change(f.password_policy.as_mut().unwrap().as_mut().unwrap()))
    };
    assert_eq!(
        passwords(|p| (p.minimum_length, p.remember) = (13, Some(23))),
        ["weak-password-policy/account: the password policy takes 13 characters and remembers 23 passwords"]
    );
    assert_eq!(
        passwords(|p| p.remember = None),
        ["weak-password-policy/account: the password policy lets passwords be used again"]
    );
    assert_eq!(found(|f| f.password_policy = Ok(None)).len(), 1);
    let partly = PublicAccessBlock { ignore_public_acls: false, ..CLOSED };
    assert_eq!(
        found(|f| f.public_access_block = Ok(Some(partly))),
        ["account-public-access/account: blocks public access without IgnorePublicAcls"],
        "the bucket's own is whole"
    );
}

#[test]
fn trails() {
    let trails = |change: fn(&mut Trail)| seen(|f| change(f.trails.as_mut().unwrap().first_mut().unwrap()));
    let lacks = |what: &str| {
        (vec![format!("no-trail/account: no trail records everything: `main` {what}")], BTreeSet::new())
    };
    assert_eq!(trails(|t| t.multi_region = false), lacks("is of one region"));
    assert_eq!(trails(|t| t.logging = Ok(false)), lacks("is switched off"));
    assert_eq!(trails(|t| t.events.as_mut().unwrap().reads = false), lacks("leaves out what reads"));
    let without =
        |t: &mut Trail| t.events.as_mut().unwrap().without = ["kms.amazonaws.com".to_owned()].into();
    assert_eq!(trails(without), lacks("leaves out kms.amazonaws.com"));
    assert_eq!(trails(|t| t.events = Err(no())), (vec![], ["no-trail"].into()));
    // What is known to be missing need not wait for what is not known.
    let both = trails(|t| {
        t.multi_region = false;
        t.events = Err(no());
    });
    assert_eq!(both, lacks("is of one region"));
    // Another that nobody could look at does not matter beside one that does it all.
    let (found, missed) = seen(|f| {
        f.trails.as_mut().unwrap().push(Trail { name: "other".to_owned(), events: Err(no()), ..trail() });
    });
    assert_eq!((found, missed), (vec![], BTreeSet::new()));
    let (found, _) = trails(|t| (t.validated, t.delivery_error) = (false, Some("AccessDenied".to_owned())));
    assert_eq!(
        found,
        [
            "trail-unvalidated/trail/main: writes without log file validation",
            "trail-undelivered/trail/main: its last delivery failed: AccessDenied",
        ]
    );
}

#[test]
fn analyzers_are_of_a_region() {
    let gone = found(|f| f.analyzers.insert("us-east-1".to_owned(), Ok(vec![])).map_or((), |_| ()));
    assert_eq!(gone, ["no-analyzer/region/us-east-1: has no access analyzer for access from outside"]);
    let unused = Analyzer { name: "unused".to_owned(), external: false, active: true };
    assert_eq!(found(|f| f.analyzers = [("a".to_owned(), Ok(vec![unused]))].into()).len(), 1);
    let failed = Analyzer { name: "x".to_owned(), external: true, active: false };
    assert_eq!(
        found(|f| f.analyzers = [("a".to_owned(), Ok(vec![failed]))].into()),
        ["no-analyzer/region/a: its access analyzer `x` is not active"]
    );
}

#[test]
fn buckets() {
    let open = |whole: Answer<Option<PublicAccessBlock>>, own: Answer<Option<PublicAccessBlock>>| {
        let (found, missed) = seen(|f| {
            f.public_access_block = whole;
            bucket(f).policy = bucket_policy(EVERYBODY);
            bucket(f).public_access_block = own;
        });
        (found.iter().any(|f| f.starts_with("bucket-open/bucket/acme-a")), missed.contains("bucket-open"))
    };
    assert_eq!(open(Ok(None), Ok(None)), (true, false));
    assert_eq!(open(Ok(Some(CLOSED)), Ok(None)), (false, false));
    assert_eq!(open(Ok(Some(CLOSED)), Err(no())), (false, false), "one switch that is on is enough");
    assert_eq!(open(Err(no()), Ok(Some(CLOSED))), (false, false));
    assert_eq!(open(Err(no()), Ok(None)), (false, true));
    let partly = PublicAccessBlock { block_public_acls: false, ..CLOSED };
    let halves = |own| {
        found(|f| {
            f.public_access_block = Ok(Some(PublicAccessBlock { ignore_public_acls: false, ..CLOSED }));
            bucket(f).public_access_block = Ok(own);
        })
    };
    let of_bucket = |found: Vec<String>| found.iter().filter(|f| f.starts_with("bucket-")).count();
    assert_eq!(of_bucket(halves(Some(partly))), 0, "what one leaves open the other closes");
    assert_eq!(of_bucket(halves(None)), 1);
    let but = r#"{"Effect": "Allow", "NotPrincipal": {"AWS": "arn:aws:iam::111122223333:user/x"},
        "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-a/*"},"#;
    let (everybody_but, _) = seen(|f| {
        (f.public_access_block, bucket(f).public_access_block) = (Ok(None), Ok(None));
        bucket(f).policy = bucket_policy(but);
    });
    assert!(everybody_but.iter().any(|f| f.starts_with("bucket-open/bucket/acme-a")), "{everybody_but:?}");
    for (statement, refused) in [
        // Identities of the account have policies of their own, and this lets no more in than they bring.
        (
            r#""Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
            "Condition": {"Bool": {"aws:SecureTransport": "true"}}"#,
            false,
        ),
        (
            r#""Effect": "Deny", "Principal": "*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}, "StringEquals": {"aws:SourceVpc": "vpc-1"}}"#,
            false,
        ),
        (
            r#""Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::444455556666:root"},
            "Condition": {"Bool": {"aws:SecureTransport": "false"}}"#,
            false,
        ),
        (
            r#""Effect": "Deny", "Principal": {"AWS": "*"},
            "Condition": {"Bool": {"aws:SecureTransport": "false"}}"#,
            true,
        ),
    ] {
        let text = format!(
            r#"{{"Version": "2012-10-17", "Statement": [{{{statement}, "Action": "s3:*",
                "Resource": ["arn:aws:s3:::acme-a", "arn:aws:s3:::acme-a/*"]}}]}}"#
        );
        let found = found(|f| bucket(f).policy = Ok(Some(Policy::from_text(&text, "aws"))));
        assert_eq!(found.is_empty(), refused, "{statement}: {found:?}");
    }
    assert_eq!(
        found(|f| bucket(f).policy = Ok(None)),
        ["bucket-plain-http/bucket/acme-a: has no policy, so nothing refuses plain HTTP"]
    );
    assert_eq!(
        found(|f| (bucket(f).versioned, bucket(f).logged) = (Ok(false), Ok(false))),
        [
            "bucket-unversioned/bucket/acme-a: keeps no versions",
            "bucket-unlogged/bucket/acme-a: has no server access log",
        ]
    );
}

#[test]
fn roles_and_providers() {
    let role = |used: Option<&str>| {
        let used = used.map(at);
        found(|f| f.roles.as_mut().unwrap().get_mut("Etl").unwrap().used = used)
    };
    assert_eq!(role(Some("2026-08-29T00:00:00Z")), ["role-unused/role/Etl: was last used 91 days ago"]);
    assert_eq!(role(Some("2026-08-31T00:00:00Z")), [""; 0]);
    let never = role(None);
    assert!(never[0].ends_with("days ago, and AWS knows of no use"), "{never:?}");
    let provider = |change: fn(&mut Provider)| found(|f| change(&mut f.providers.as_mut().unwrap()[0]));
    assert_eq!(
        provider(|p| p.trusted = false),
        ["provider-untrusted/saml-provider/Corp: no trust policy names it"]
    );
    assert_eq!(
        provider(|p| p.valid_until = Some(at("2026-12-20T00:00:00Z"))),
        ["provider-ends/saml-provider/Corp: its metadata is valid until 2026-12-20"]
    );
}

#[test]
fn names_of_findings_are_unique() {
    let facts = Facts {
        root: Ok(RootCredentials { password_used: Some(at(NOW)), key_used: Some(at(NOW)) }),
        ..sound()
    };
    let audit = audit(&[facts], &measure());
    let names: BTreeSet<String> = audit.findings.iter().map(Finding::name).collect();
    assert_eq!((names.len(), audit.findings.len()), (2, 2));
}

#[test]
fn without_users_and_without_a_report_nothing_of_credentials_is_kept() {
    let (found, missed) = seen(|f| (f.users, f.credentials) = (Ok(BTreeMap::new()), Err(no())));
    assert_eq!(found, [""; 0]);
    assert!(missed.contains("user-without-mfa") && missed.contains("key-old"), "{missed:?}");
    let (found, missed) = seen(|f| _ = f.analyzers.insert(String::new(), Err(no())));
    assert_eq!((found, missed), (vec![], ["no-analyzer"].into()));
}

#[test]
fn nothing_read_is_nothing_kept_and_nothing_found() {
    let mut facts = sound();
    facts.summary = Err(no());
    facts.root = Err(no());
    facts.users = Err(no());
    facts.roles = Err(no());
    facts.providers = Err(no());
    facts.password_policy = Err(no());
    facts.public_access_block = Err(no());
    facts.trails = Err(no());
    facts.analyzers = BTreeMap::from([("eu-west-1".to_owned(), Err(no()))]);
    facts.buckets = Err(no());
    let audit = audit(&[facts], &measure());
    assert_eq!((audit.findings, audit.kept), (vec![], BTreeSet::new()));
    let missed: BTreeSet<_> = audit.not_checked.iter().flat_map(|m| m.checks.iter().copied()).collect();
    assert_eq!(missed.len(), ALL.len());
}

#[test]
fn a_file_without_the_accounts_users_keeps_nothing_of_them() {
    let account: AccountId = "111122223333".parse().unwrap();
    let mut state = State::default();
    let kept = |state: &State| audit(&[Facts::of_state(&account, state)], &measure()).kept;
    assert_eq!(kept(&state), BTreeSet::new());
    state.accounts.insert(account.clone(), Extent::full(Partition::new("aws")));
    assert_eq!(kept(&state), [(account.clone(), "user-holds-policy")].into());
    state.accounts.get_mut(&account).unwrap().kinds.remove(&Kind::User);
    assert_eq!(kept(&state), BTreeSet::new());
}

#[test]
fn names_are_unique_and_those_of_no_rule() {
    let mut names: BTreeSet<&str> = lint::rules::ALL.iter().map(|rule| rule.id).collect();
    for check in ALL {
        assert!(names.insert(check.id), "{}", check.id);
        assert!(check.source.starts_with("https://docs.aws.amazon.com/"), "{}", check.id);
        assert!(check.sentence.ends_with('.') && check.why.ends_with('.'), "{}", check.id);
        assert!(!check.help.ends_with('.') && !check.help.starts_with(char::is_uppercase), "{}", check.id);
    }
}
