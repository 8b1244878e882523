//! Questions, and which answer is taken.

use super::*;

fn account() -> AccountId {
    "111122223333".parse().unwrap()
}

fn role() -> ResourceId {
    ResourceId::new(&account(), Kind::Role, "GlueEtl")
}

fn attached(name: &str) -> SettingKey {
    SettingKey::Attached(PolicyReference::Aws(name.to_owned()))
}

fn asked(key: &SettingKey, turn: Turn) -> TrailQuestion {
    let aws = Partition::new("aws");
    TrailQuestion::new(&role(), What::Setting(key), turn, (None, None), &aws, "eu-west-1").unwrap()
}

fn event(name: &str, second: i64, who: &str, named: &[&str]) -> TrailEvent {
    TrailEvent {
        name: name.to_owned(),
        at: Timestamp::from_second(second).unwrap(),
        arn: format!("arn:aws:iam::111122223333:user/{who}"),
        source_ip: "192.0.2.7".to_owned(),
        by_hatrack: false,
        named: named.iter().map(|name| (*name).to_owned()).collect(),
    }
}

const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

#[test]
fn iams_events_are_asked_for_where_they_are_told() {
    let question = asked(&attached("AdministratorAccess"), Turn::Came);
    assert_eq!(question.regions, ["us-east-1"]);
    assert_eq!(question.events, ["AttachRolePolicy"]);
    assert_eq!(home_region(&Partition::new("aws-us-gov")), "us-gov-west-1");
    let bucket = ResourceId::new(&account(), Kind::Bucket, "b");
    let found = Resource::new(Core::Bucket { region: "eu-central-1".into() }, []);
    let aws = Partition::new("aws");
    let what = What::Setting(&SettingKey::BucketPolicy);
    let of_bucket =
        TrailQuestion::new(&bucket, what, Turn::Changed, (Some(&found), None), &aws, "eu-west-1").unwrap();
    assert_eq!(of_bucket.regions, ["eu-central-1"]);
    let objects = What::Setting(&SettingKey::Objects);
    assert_eq!(TrailQuestion::new(&bucket, objects, Turn::Came, (None, None), &aws, "eu-west-1"), None);
}

#[test]
fn the_newest_event_that_fits_is_taken() {
    let question = asked(&attached("AdministratorAccess"), Turn::Came);
    let events = [
        event(
            "AttachRolePolicy",
            50,
            "of-another-policy",
            &["GlueEtl", "arn:aws:iam::aws:policy/ReadOnlyAccess"],
        ),
        event("AttachRolePolicy", 60, "of-another-role", &["GlueEtl2", ADMINISTRATOR]),
        event("DetachRolePolicy", 70, "the-other-way", &["GlueEtl", ADMINISTRATOR]),
        event("AttachRolePolicy", 30, "mallory", &["GlueEtl", ADMINISTRATOR]),
        event("AttachRolePolicy", 20, "earlier", &["GlueEtl", ADMINISTRATOR]),
    ];
    assert_eq!(question.newest(&events).unwrap().arn, "arn:aws:iam::111122223333:user/mallory");
    assert_eq!(question.newest(&events[..3]), None);
    let within_a_second =
        ["later", "sooner"].map(|who| event("AttachRolePolicy", 9, who, &["GlueEtl", ADMINISTRATOR]));
    assert!(question.newest(&within_a_second).unwrap().arn.ends_with("/later"));
}

#[test]
fn a_policy_whose_name_ends_alike_is_another_one() {
    let question = asked(&attached("Access"), Turn::Came);
    assert_eq!(question.newest(&[event("AttachRolePolicy", 1, "x", &["GlueEtl", ADMINISTRATOR])]), None);
}

#[test]
fn a_tag_that_came_with_the_resource_was_put_by_who_made_it() {
    let question = asked(&SettingKey::Tag("owner".into()), Turn::Came);
    let made = event("CreateRole", 5, "maker", &["GlueEtl"]);
    assert_eq!(question.newest([&made]), Some(&made));
}

fn answer(events: Vec<TrailEvent>, next: Option<&str>) -> Result<TrailAnswer, String> {
    Ok(TrailAnswer { events, next: next.map(str::to_owned) })
}

#[test]
fn each_page_is_asked_for_once() {
    let questions =
        [asked(&attached("AdministratorAccess"), Turn::Came), asked(&attached("ReadOnlyAccess"), Turn::Came)];
    let mut pages = vec![];
    let told = investigate(&questions, 50, &mut |page| {
        pages.push((page.by.clone(), page.next.clone()));
        match page.next.as_deref() {
            None if page.by == TrailKey::Resource("GlueEtl".into()) => {
                answer(vec![event("AttachRolePolicy", 9, "m", &["GlueEtl", ADMINISTRATOR])], Some("2"))
            }
            _ => answer(vec![], None),
        }
    });
    let name = || TrailKey::Resource("GlueEtl".to_owned());
    assert_eq!(
        pages,
        [(name(), None), (name(), Some("2".to_owned())), (TrailKey::Event("AttachRolePolicy".into()), None)]
    );
    assert_eq!(told.answers.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false]);
    assert_eq!((told.cut, told.silent.len()), (0, 0));
}

#[test]
fn what_names_find_nothing_of_is_asked_for_by_event() {
    let told =
        investigate(&[asked(&attached("AdministratorAccess"), Turn::Came)], 50, &mut |page| match &page.by {
            TrailKey::Resource(_) => answer(vec![], None),
            TrailKey::Event(_) => answer(
                vec![
                    event("AttachRolePolicy", 9, "other", &["Another", ADMINISTRATOR]),
                    event("AttachRolePolicy", 8, "m", &["GlueEtl", ADMINISTRATOR]),
                ],
                None,
            ),
        });
    assert!(told.answers[0].as_ref().unwrap().arn.ends_with("/m"));
}

#[test]
fn a_refusal_is_heard_once_and_a_limit_is_said() {
    let questions =
        [asked(&attached("AdministratorAccess"), Turn::Came), asked(&attached("ReadOnlyAccess"), Turn::Came)];
    let mut calls = 0;
    let told = investigate(&questions, 50, &mut |_| {
        calls += 1;
        Err("access denied".to_owned())
    });
    assert_eq!((calls, told.cut), (1, 0));
    assert_eq!(told.silent.values().collect::<Vec<_>>(), ["access denied"]);
    let told = investigate(&questions, 1, &mut |_| answer(vec![], None));
    assert_eq!((told.cut, told.answers), (2, vec![None, None]));
}

#[test]
fn whatever_can_differ_has_events_that_did_it() {
    for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::Account) {
        for turn in [Turn::Came, Turn::Went] {
            assert!(!events(kind, What::Whole, turn).is_empty(), "{kind} {turn:?}");
        }
        assert!(!events(kind, What::Field("path"), Turn::Changed).is_empty(), "{kind}");
    }
    let of_account = [SettingKey::AccountAlias, SettingKey::PasswordPolicy, SettingKey::PublicAccessBlock];
    for key in of_account {
        assert!(!events(Kind::Account, What::Setting(&key), Turn::Changed).is_empty(), "{key}");
    }
}
