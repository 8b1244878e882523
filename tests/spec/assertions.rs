//! Claims: what they say in words, whom and what they name, and each mistake at its place.

use super::*;
use hatrack::policy::AccessWord;
use hatrack::spec::{Act, Assertion, Claim, Subject, Target, Unproven};

const PEOPLE: &str = "groups: { Readers: {}, Data.Scientists: {} }\nusers: { alice: {} }\nroles:\n  Etl: { trust: \
                      glue }\n  DeepAdmin: { trust: ec2, path: /deep/ }\nbuckets: { acme-lake: {} }\n";

#[track_caller]
fn claims(items: &str) -> Vec<Assertion> {
    good(&format!("{PEOPLE}assert:\n{items}")).assertions
}

#[track_caller]
fn claim(item: &str) -> Assertion {
    let mut all = claims(&format!("  - {item}\n"));
    assert_eq!(all.len(), 1);
    all.remove(0)
}

fn resources(patterns: &[&str]) -> Vec<Target> {
    patterns.iter().map(|p| Target::Resource((*p).to_owned())).collect()
}

fn roles(patterns: &[&str]) -> Vec<Target> {
    patterns.iter().map(|p| Target::Role((*p).to_owned())).collect()
}

#[test]
fn a_claim_in_words() {
    for (item, words) in [
        (
            "{ nobody: { except: [group/Readers, role/Etl] }, can: read-data, on: \"s3://acme-lake/pii/*\" }",
            "nobody but group/Readers and role/Etl can read-data on s3://acme-lake/pii/*",
        ),
        (
            "{ nobody: true, can: [list, administer], on: bucket/acme-lake }",
            "nobody can list or administer on bucket/acme-lake",
        ),
        ("{ nobody: {}, can: list, on: \"*\" }", "nobody can list on *"),
        ("{ nobody: { except: [] }, can: list, on: \"*\" }", "nobody can list on *"),
        (
            "{ who: group/Readers, cannot: become, role: \"*Admin*\" }",
            "group/Readers cannot become role/*Admin*",
        ),
        (
            "{ who: group/Readers, can: become, role: [one/Etl, \"arn:aws:iam::*:role/x\"] }",
            "group/Readers can become one/role/Etl and arn:aws:iam::*:role/x",
        ),
        (
            "{ who: [group/Readers, user/alice, role/Etl], can: [list, read-data], on: [s3://acme-lake, \
             s3://acme-lake/*], when: { aws:MultiFactorAuthPresent: true, aws:SourceIp: [10.0.0.1, 10.0.0.2] } }",
            "group/Readers, user/alice and role/Etl can list and read-data on s3://acme-lake and s3://acme-lake/* when \
             aws:MultiFactorAuthPresent is true and aws:SourceIp is 10.0.0.1 or 10.0.0.2",
        ),
        (
            "{ who: outside, cannot: [\"s3:Get*\", write-data], on: [s3://acme-lake/a, s3://acme-lake/b] }",
            "outside cannot s3:Get* or write-data on s3://acme-lake/a or s3://acme-lake/b",
        ),
    ] {
        assert_eq!(claim(item).text, words, "{item}");
    }
}

#[test]
fn a_claim_has_all_that_was_said() {
    let all = claims(
        "  - nobody: { except: group/Readers }\n    can: [read-data, s3:GetObjectTagging]\n    on: s3://acme-lake/pii/*\n    \
         when: { aws:SecureTransport: [true, \"true\", false], AWS:TagKeys: 1.5 }\n    unproven: warn\n    because: \
         register 7\n",
    );
    let Assertion {
        environment,
        account,
        partition,
        region,
        claim,
        acts,
        on,
        when,
        unproven,
        because,
        text: _,
        span,
        template,
    } = &all[0];
    assert_eq!((environment.as_str(), account.as_str()), ("one", "111122223333"));
    assert_eq!((partition.as_str(), region.as_str()), ("aws", "eu-west-1"));
    let except = vec![Subject::Declared(id(Kind::Group, "Readers"))];
    assert_eq!(*claim, Claim::NobodyCan { except });
    let wanted = [Act::Word(AccessWord::ReadData), Act::Actions("s3:GetObjectTagging".to_owned())];
    assert_eq!(acts.iter().cloned().collect::<Vec<_>>(), wanted);
    assert_eq!(*on, resources(&["arn:aws:s3:::acme-lake/pii/*"]));
    let when: Vec<(&str, Vec<&str>)> = when
        .iter()
        .map(|(key, values)| (key.as_str(), values.iter().map(String::as_str).collect()))
        .collect();
    assert_eq!(when, [("aws:securetransport", vec!["false", "true"]), ("aws:tagkeys", vec!["1.5"])]);
    assert_eq!((*unproven, because.as_deref()), (Unproven::Warn, Some("register 7")));
    assert_eq!((span.to_string().as_str(), template), ("one.yaml:11:5", &None));
}

#[test]
fn subjects_by_name_pattern_account_and_arn() {
    let account = "111122223333".parse::<hatrack::state::AccountId>().unwrap();
    let matching =
        |kind, pattern: &str| Subject::Matching { kind, account: account.clone(), pattern: pattern.into() };
    for (text, subject) in [
        ("user/alice", Subject::Declared(id(Kind::User, "alice"))),
        ("one/role/Etl", Subject::Declared(id(Kind::Role, "Etl"))),
        ("\"role/*tl\"", matching(Kind::Role, "*tl")),
        ("\"one/group/R?aders\"", matching(Kind::Group, "R?aders")),
        ("account/one", Subject::Account(account.clone())),
        ("account/444455556666", Subject::Account("444455556666".parse().unwrap())),
        ("arn:aws:iam::111122223333:role/Etl", Subject::Declared(id(Kind::Role, "Etl"))),
        ("arn:aws:iam::111122223333:role/deep/DeepAdmin", Subject::Declared(id(Kind::Role, "DeepAdmin"))),
        // Another path is another role.
        (
            "arn:aws:iam::111122223333:role/DeepAdmin",
            Subject::Arn("arn:aws:iam::111122223333:role/DeepAdmin".into()),
        ),
        ("arn:aws:iam::444455556666:root", Subject::Arn("arn:aws:iam::444455556666:root".into())),
        ("\"arn:aws:iam::*:role/x*\"", Subject::Arn("arn:aws:iam::*:role/x*".into())),
        ("outside", Subject::Outside),
        ("everyone", Subject::Everyone),
    ] {
        let found = claim(&format!("{{ who: {text}, cannot: list, on: \"*\" }}")).claim;
        assert_eq!(found, Claim::Cannot(vec![subject]), "{text}");
    }
}

#[test]
fn targets_are_spelled_out() {
    for (text, patterns) in [
        ("s3://acme-lake", vec!["arn:aws:s3:::acme-lake"]),
        ("s3://acme-lake/", vec!["arn:aws:s3:::acme-lake"]),
        ("s3://acme-lake/a/b", vec!["arn:aws:s3:::acme-lake/a/b"]),
        ("s3://acme-lake/a/", vec!["arn:aws:s3:::acme-lake/a/*"]),
        ("s3://acme-*/", vec!["arn:aws:s3:::acme-*"]),
        ("bucket/acme-lake", vec!["arn:aws:s3:::acme-lake", "arn:aws:s3:::acme-lake/*"]),
        ("\"*\"", vec!["*"]),
        ("\"arn:*:kms:*:*:key/*\"", vec!["arn:*:kms:*:*:key/*"]),
    ] {
        assert_eq!(
            claim(&format!("{{ nobody: true, can: list, on: {text} }}")).on,
            resources(&patterns),
            "{text}"
        );
    }
    for (text, patterns) in [
        ("Etl", vec!["arn:aws:iam::111122223333:role/Etl"]),
        ("one/DeepAdmin", vec!["arn:aws:iam::111122223333:role/deep/DeepAdmin"]),
        ("\"*Admin\"", vec!["arn:aws:iam::111122223333:role/*Admin"]),
        ("E?l", vec!["arn:aws:iam::111122223333:role/E?l", "arn:aws:iam::111122223333:role/*/E?l"]),
        ("\"arn:aws:iam::*:role/Admin\"", vec!["arn:aws:iam::*:role/Admin"]),
    ] {
        let item = format!("{{ nobody: true, can: become, role: {text} }}");
        assert_eq!(claim(&item).on, roles(&patterns), "{text}");
    }
}

#[test]
fn other_environments_are_named() {
    let lake = "environment: lake\naccount: \"444455556666\"\nregion: eu-west-1\nroles: { Reader: { trust: ec2 } \
                }\nbuckets: { acme-lake: {} }\n";
    let here = format!(
        "{HEAD}assert:\n  - {{ who: lake/role/Reader, can: read-data, on: s3://acme-lake/* }}\n  - {{ who: account/lake, \
         cannot: become, role: [lake/Reader, \"lake/*\"] }}\n"
    );
    let (lowered, said) = load(&[source("one.yaml", &here), source("lake.yaml", lake)], &[]);
    assert_eq!(show(&said), [""; 0]);
    let all = lowered.unwrap().assertions;
    let account = "444455556666".parse::<hatrack::state::AccountId>().unwrap();
    let reader = ResourceId::new(&account, Kind::Role, "Reader");
    assert_eq!(all[0].claim, Claim::Can(vec![Subject::Declared(reader)]));
    assert_eq!(all[1].claim, Claim::Cannot(vec![Subject::Account(account)]));
    let patterns = ["arn:aws:iam::444455556666:role/Reader", "arn:aws:iam::444455556666:role/*"];
    assert_eq!(all[1].on, roles(&patterns));
}

#[test]
fn what_a_holder_claims_is_about_itself() {
    let lowered = good(
        "users:\n  alice:\n    assert: [{ cannot: become, role: \"*\" }]\nbuckets:\n  acme-lake:\n    template: \
         private-bucket\n    with: { accounts: [\"444455556666\"] }\n  acme-open:\n    template: private-bucket\n    \
         assert: []\n  acme-own:\n    assert:\n      - { nobody: true, can: read-data }\n      - { who: account/one, can: \
         list, on: s3://acme-lake }\n",
    );
    let texts: Vec<&str> = lowered.assertions.iter().map(|a| a.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "user/alice cannot become role/*",
            "nobody but account/111122223333 and account/444455556666 can read-data, write-data, delete-data or \
             administer on bucket/acme-lake",
            "nobody can read-data on bucket/acme-own",
            "account/one can list on s3://acme-lake",
        ]
    );
    assert_eq!(lowered.assertions[0].claim, Claim::Cannot(vec![Subject::Declared(id(Kind::User, "alice"))]));
    assert_eq!(lowered.assertions[1].on, resources(&["arn:aws:s3:::acme-lake", "arn:aws:s3:::acme-lake/*"]));
    // A template's claim stands where the template is used.
    assert_eq!(lowered.assertions[1].span.to_string(), "one.yaml:8:3");
}

#[test]
fn break_glass_is_one_by_one() {
    let lowered = good(&format!(
        "{PEOPLE}break_glass: [user/alice, \"arn:aws:iam::111122223333:role/Etl\", \
         \"arn:aws:iam::444455556666:role/OrgAdmin\"]\n"
    ));
    let who: Vec<Subject> = lowered.break_glass.iter().map(|one| one.principal.clone()).collect();
    let wanted = [
        Subject::Declared(id(Kind::User, "alice")),
        Subject::Declared(id(Kind::Role, "Etl")),
        Subject::Arn("arn:aws:iam::444455556666:role/OrgAdmin".to_owned()),
    ];
    assert_eq!(who, wanted);
    assert_eq!(lowered.break_glass[2].span.to_string(), "one.yaml:10:65");
    assert_eq!(
        (lowered.break_glass[0].environment.as_str(), lowered.break_glass[0].account.as_str()),
        ("one", "111122223333")
    );
}

#[test]
fn what_is_only_probably_wrong_is_a_warning() {
    let (lowered, said) = read(&format!(
        "{PEOPLE}assert:\n  - {{ nobody: true, can: list, on: s3://acme-lkae, when: {{ aws:SorceIp: 10.0.0.1 }} }}\n  - {{ \
         nobody: true, can: list, on: s3://of-somebody-else }}\n"
    ));
    assert_eq!(
        said,
        [
            "one.yaml:11:36: no environment declares bucket `acme-lkae`\n  help: did you mean `s3://acme-lake`?",
            "one.yaml:11:60: AWS has no condition key `aws:SorceIp`\n  help: did you mean `aws:SourceIp`?",
            "one.yaml:12:36: no environment declares bucket `of-somebody-else`\n  help: declare it, or write the ARN of a \
             bucket that is not in this estate: `arn:aws:s3:::of-somebody-else`",
        ]
    );
    assert_eq!(lowered.unwrap().assertions.len(), 2);
}

#[test]
fn the_documents_name_every_shipped_template_that_claims_something() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/assertions.md");
    let page = std::fs::read_to_string(page).unwrap();
    let section = page.split("| template | what it claims |").nth(1).unwrap().split("\n## ").next().unwrap();
    let named: Vec<&str> =
        section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    let (templates, said) =
        hatrack::spec::template::Templates::new(hatrack::spec::shipped::TEMPLATES, vec![]);
    assert_eq!(show(&said), [""; 0]);
    let claiming = templates.iter().filter(|template| template.body.get("assert").is_some());
    let mut claiming: Vec<&str> = claiming.map(|template| template.name.as_str()).collect();
    claiming.sort_by_key(|name| named.iter().position(|other| other == name));
    assert_eq!(claiming, named);
    assert!(!named.is_empty());
}
