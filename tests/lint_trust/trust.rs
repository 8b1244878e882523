//! Who may assume a role.

use hatrack::policy::Policy;
use hatrack::state::{Core, Kind, Resource, ResourceId, Setting};

use super::*;

#[test]
fn anyone_trusted() {
    let star = r#"{"AWS": "*"}"#;
    each(
        Usage::Trust,
        "trust-anyone",
        true,
        &[
            assume(star, ""),
            assume(r#""*""#, ""),
            assume(r#"{"AWS": ["arn:aws:iam::111122223333:role/A", "*"]}"#, ""),
            trust(star, r#""sts:*""#, ""),
            assume(star, r#"{"StringEquals": {"sts:ExternalId": "x-1"}}"#),
            assume(star, r#"{"Bool": {"aws:MultiFactorAuthPresent": "true"}}"#),
            assume(star, r#"{"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}"#),
            assume(star, r#"{"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}"#),
            assume(star, r#"{"StringLike": {"aws:PrincipalOrgID": "o-*"}}"#),
            assume(star, r#"{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Deploy"}}"#),
            assume(star, r#"{"StringEquals": {"aws:PrincipalTag/team": "data"}}"#),
        ],
    );
    each(
        Usage::Trust,
        "trust-anyone",
        false,
        &[
            assume(star, r#"{"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}"#),
            assume(star, r#"{"StringEquals": {"AWS:PRINCIPALORGID": ["o-a1b2c3d4e5", "o-f1b2c3d4e5"]}}"#),
            assume(star, r#"{"StringEquals": {"aws:PrincipalAccount": "111122223333"}}"#),
            assume(star, r#"{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}}"#),
            assume(star, r#"{"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-a1b2c3d4e5/r-ab12/*"}}"#),
            assume(star, r#"{"StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}}"#),
            assume(r#"{"AWS": "arn:aws:iam::111122223333:role/A"}"#, ""),
            trust(star, r#""sts:TagSession""#, ""),
            assume(star, "").replace("Allow", "Deny"),
        ],
    );
}

#[test]
fn foreign_accounts_trusted() {
    let foreign = r#"{"AWS": "444455556666"}"#;
    each(
        Usage::Trust,
        "trust-foreign-account",
        true,
        &[
            assume(foreign, ""),
            assume(r#"{"AWS": "arn:aws:iam::444455556666:root"}"#, ""),
            assume(r#"{"AWS": ["111122223333", "444455556666"]}"#, ""),
            trust(foreign, r#"["sts:AssumeRole", "sts:TagSession"]"#, ""),
            assume(foreign, r#"{"StringLike": {"sts:ExternalId": "*"}}"#),
            assume(foreign, r#"{"StringEqualsIfExists": {"sts:ExternalId": "x-1"}}"#),
            assume(foreign, r#"{"StringNotEquals": {"sts:ExternalId": "x-1"}}"#),
            assume(foreign, r#"{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::444455556666:*"}}"#),
        ],
    );
    each(
        Usage::Trust,
        "trust-foreign-account",
        false,
        &[
            assume(r#"{"AWS": "111122223333"}"#, ""),
            assume(r#"{"AWS": "arn:aws:iam::444455556666:role/Partner"}"#, ""),
            assume(r#"{"AWS": "arn:aws:iam::444455556666:user/partner"}"#, ""),
            assume(foreign, r#"{"StringEquals": {"STS:externalid": "x-1"}}"#),
            assume(
                foreign,
                r#"{"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::444455556666:role/ds/Job"}}"#,
            ),
            assume(foreign, r#"{"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}"#),
            assume(foreign, r#"{"StringEquals": {"aws:PrincipalTag/team": "data"}}"#),
            assume(foreign, r#"{"Bool": {"aws:MultiFactorAuthPresent": "true"}}"#),
            assume(foreign, "").replace("Allow", "Deny"),
        ],
    );
    let unknown = broken(Usage::Trust, &assume(foreign, ""), None);
    assert_eq!(unknown, BTreeSet::from(["trust-foreign-account"]));
}

#[test]
fn services_without_a_second_factor() {
    let glue = r#"{"Service": "glue.amazonaws.com"}"#;
    let mixed = r#"{"AWS": "arn:aws:iam::111122223333:user/a", "Service": "ec2.amazonaws.com"}"#;
    let plain = assume(glue, "");
    each(
        Usage::Trust,
        "mfa-of-service",
        true,
        &[
            assume(glue, r#"{"Bool": {"aws:MultiFactorAuthPresent": "true"}}"#),
            assume(glue, r#"{"Bool": {"aws:multifactorauthpresent": true}}"#),
            assume(glue, r#"{"StringEquals": {"aws:MultiFactorAuthPresent": "true"}}"#),
            assume(glue, r#"{"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}"#),
            assume(glue, r#"{"Null": {"aws:MultiFactorAuthAge": "false"}}"#),
            assume(mixed, r#"{"Bool": {"aws:MultiFactorAuthPresent": "true"}}"#),
            format!(
                r#"{plain}, {{"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole",
                "Condition": {{"BoolIfExists": {{"aws:MultiFactorAuthPresent": "false"}}}}}}"#
            ),
        ],
    );
    each(
        Usage::Trust,
        "mfa-of-service",
        false,
        &[
            plain.clone(),
            assume(r#"{"AWS": "111122223333"}"#, r#"{"Bool": {"aws:MultiFactorAuthPresent": "true"}}"#),
            assume(glue, r#"{"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}"#),
            assume(glue, r#"{"Null": {"aws:MultiFactorAuthPresent": "true"}}"#),
            assume(glue, r#"{"StringEquals": {"aws:SourceAccount": "111122223333"}}"#),
            format!(
                r#"{plain}, {{"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole",
                "Condition": {{"Bool": {{"aws:MultiFactorAuthPresent": "false"}}}}}}"#
            ),
            format!(
                r#"{plain}, {{"Effect": "Deny", "Principal": {{"AWS": "111122223333"}}, "Action": "sts:AssumeRole",
                "Condition": {{"BoolIfExists": {{"aws:MultiFactorAuthPresent": "false"}}}}}}"#
            ),
        ],
    );
}

#[test]
fn deputies_of_roles() {
    let scheduler = r#"{"Service": "scheduler.amazonaws.com"}"#;
    each(
        Usage::Trust,
        "confused-deputy",
        true,
        &[
            assume(scheduler, ""),
            assume(r#"{"Service": "bedrock.amazonaws.com"}"#, ""),
            assume(r#"{"Service": ["ec2.amazonaws.com", "scheduler.amazonaws.com"]}"#, ""),
            assume(r#"{"Service": "scheduler.eu-west-1.amazonaws.com"}"#, ""),
            assume(scheduler, r#"{"StringLike": {"aws:SourceAccount": "*"}}"#),
            assume(scheduler, r#"{"ArnLike": {"aws:SourceArn": "arn:aws:scheduler:*:*:schedule/*"}}"#),
            assume(scheduler, r#"{"StringNotEquals": {"aws:SourceAccount": "111122223333"}}"#),
        ],
    );
    each(
        Usage::Trust,
        "confused-deputy",
        false,
        &[
            assume(r#"{"Service": "ec2.amazonaws.com"}"#, ""),
            assume(r#"{"Service": "lambda.amazonaws.com"}"#, ""),
            assume(r#"{"Service": ["glue.amazonaws.com", "sagemaker.amazonaws.com"]}"#, ""),
            assume(scheduler, r#"{"StringEquals": {"AWS:SourceAccount": "111122223333"}}"#),
            assume(
                scheduler,
                r#"{"ArnLike": {"aws:SourceArn": "arn:aws:scheduler:*:111122223333:schedule/*"}}"#,
            ),
            assume(scheduler, r#"{"StringEquals": {"aws:SourceOrgID": "o-a1b2c3d4e5"}}"#),
            assume(scheduler, r#"{"StringEqualsIfExists": {"aws:SourceAccount": "111122223333"}}"#),
            trust(scheduler, r#""sts:SetSourceIdentity""#, ""),
        ],
    );
}

const GITHUB: &str =
    r#"{"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}"#;

fn web(principal: &str, condition: &str) -> String {
    trust(principal, r#""sts:AssumeRoleWithWebIdentity""#, condition)
}

fn github(operator: &str, subject: &str) -> String {
    web(
        GITHUB,
        &format!(
            r#"{{"{operator}": {{"token.actions.githubusercontent.com:sub": {subject}}},
            "ForAllValues:StringEquals": {{"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}}}}"#
        ),
    )
}

#[test]
fn subjects_of_shared_providers() {
    let eks = r#"{"Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/AB12"}"#;
    let cognito = r#"{"Federated": "cognito-identity.amazonaws.com"}"#;
    let own = r#"{"Federated": "arn:aws:iam::111122223333:oidc-provider/login.acme.example"}"#;
    each(
        Usage::Trust,
        "trust-oidc-without-subject",
        true,
        &[
            web(GITHUB, ""),
            github("StringLike", r#""*""#),
            github("StringLike", r#""repo:*""#),
            github("StringLike", r#""repo:*/deploy:*""#),
            github("StringLike", r#""repo:acme*""#),
            github("StringLike", r#"["repo:acme/jobs:*", "repo:*/*:ref:refs/heads/main"]"#),
            github("StringEqualsIfExists", r#""repo:acme/jobs:ref:refs/heads/main""#),
            github("StringNotEquals", r#""repo:acme/jobs:ref:refs/heads/main""#),
            web(GITHUB, r#"{"StringEquals": {"gitlab.com:sub": "repo:acme/jobs:ref:refs/heads/main"}}"#),
            web(
                eks,
                r#"{"StringEquals": {"oidc.eks.eu-west-1.amazonaws.com/id/AB12:aud": "sts.amazonaws.com"}}"#,
            ),
            web(
                eks,
                r#"{"StringLike": {"oidc.eks.eu-west-1.amazonaws.com/id/AB12:sub": "system:serviceaccount:*:*"}}"#,
            ),
            web(
                r#"{"Federated": "arn:aws:iam::111122223333:oidc-provider/app.terraform.io"}"#,
                r#"{"StringLike": {"app.terraform.io:sub": "organization:*:project:data:*"}}"#,
            ),
            web(cognito, r#"{"StringEquals": {"cognito-identity.amazonaws.com:aud": "eu-west-1:1234"}}"#),
        ],
    );
    each(
        Usage::Trust,
        "trust-oidc-without-subject",
        false,
        &[
            github("StringEquals", r#""repo:acme/jobs:ref:refs/heads/main""#),
            github("StringLike", r#""repo:acme/*""#),
            github("StringLike", r#"["repo:acme/jobs:*", "repo:acme/site:environment:prod"]"#),
            github("ForAnyValue:StringLike", r#""repo:acme/jobs:*""#),
            web(
                GITHUB,
                r#"{"StringEquals": {"token.actions.githubusercontent.com:repository_owner_id": "12345"}}"#,
            ),
            web(
                eks,
                r#"{"StringLike": {"oidc.eks.eu-west-1.amazonaws.com/id/AB12:sub": "system:serviceaccount:jobs:*"}}"#,
            ),
            web(
                eks,
                r#"{"StringEquals": {"OIDC.eks.eu-west-1.amazonaws.com/id/AB12:SUB": "system:serviceaccount:a:b"}}"#,
            ),
            web(own, r#"{"StringEquals": {"login.acme.example:aud": "hatrack"}}"#),
            web(
                r#"{"Federated": "accounts.google.com"}"#,
                r#"{"StringEquals": {"accounts.google.com:aud": "1234"}}"#,
            ),
            web(
                cognito,
                r#"{"StringEquals": {"cognito-identity.amazonaws.com:aud": "eu-west-1:1234"},
                "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"}}"#,
            ),
            web(GITHUB, "").replace("Allow", "Deny"),
        ],
    );
}

#[test]
fn audiences() {
    let sub = r#""token.actions.githubusercontent.com:sub": "repo:acme/jobs:ref:refs/heads/main""#;
    let own = r#"{"Federated": "arn:aws:iam::111122223333:oidc-provider/login.acme.example"}"#;
    let amazon = r#"{"Federated": "www.amazon.com"}"#;
    each(
        Usage::Trust,
        "trust-oidc-without-audience",
        true,
        &[
            web(GITHUB, &format!(r#"{{"StringEquals": {{{sub}}}}}"#)),
            web(GITHUB, ""),
            web(own, r#"{"StringEquals": {"login.acme.example:sub": "jobs"}}"#),
            web(own, r#"{"StringEquals": {"login.other.example:aud": "jobs"}}"#),
            web(amazon, r#"{"StringEquals": {"www.amazon.com:user_id": "amzn1.account.AB"}}"#),
            trust(own, r#""sts:AssumeRoleWith*""#, ""),
            web(own, r#"{"StringNotEquals": {"login.acme.example:aud": "jobs"}}"#),
        ],
    );
    each(
        Usage::Trust,
        "trust-oidc-without-audience",
        false,
        &[
            github("StringEquals", r#""repo:acme/jobs:ref:refs/heads/main""#),
            web(own, r#"{"StringEquals": {"login.acme.example:aud": "jobs"}}"#),
            web(own, r#"{"StringLike": {"LOGIN.acme.example:AUD": ["jobs", "site"]}}"#),
            web(amazon, r#"{"StringEquals": {"www.amazon.com:app_id": "amzn1.application.AB"}}"#),
            web(own, "").replace("Allow", "Deny"),
            trust(own, r#""sts:TagSession""#, ""),
        ],
    );
    let saml = r#"{"Federated": "arn:aws:iam::111122223333:saml-provider/Corp"}"#;
    let with = |action: &str, condition: &str| trust(saml, action, condition);
    let action = r#""sts:AssumeRoleWithSAML""#;
    each(
        Usage::Trust,
        "trust-saml-without-audience",
        true,
        &[
            with(action, ""),
            with(r#"["sts:AssumeRoleWithSAML", "sts:TagSession"]"#, ""),
            with(r#""sts:*""#, ""),
            with(action, r#"{"StringEquals": {"SAML:iss": "https://login.acme.example"}}"#),
            with(action, r#"{"StringEqualsIfExists": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}"#),
            with(action, r#"{"StringNotEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}"#),
        ],
    );
    each(
        Usage::Trust,
        "trust-saml-without-audience",
        false,
        &[
            with(action, r#"{"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}"#),
            with(action, r#"{"StringEquals": {"saml:AUD": ["https://signin.aws.amazon.com/saml"]}}"#),
            with(action, r#"{"StringLike": {"SAML:aud": "https://*.signin.aws.amazon.com/saml"}}"#),
            with(action, "").replace("Allow", "Deny"),
            with(r#""sts:TagSession""#, ""),
            assume(r#"{"Service": "glue.amazonaws.com"}"#, ""),
        ],
    );
}

#[test]
fn principals_and_actions_that_never_meet() {
    let saml = r#"{"Federated": "arn:aws:iam::111122223333:saml-provider/Corp"}"#;
    let glue = r#"{"Service": "glue.amazonaws.com"}"#;
    let root = r#"{"AWS": "111122223333"}"#;
    let both =
        r#"{"Federated": "arn:aws:iam::111122223333:saml-provider/Corp", "Service": "ec2.amazonaws.com"}"#;
    each(
        Usage::Trust,
        "trust-wrong-action",
        true,
        &[
            assume(saml, ""),
            assume(GITHUB, ""),
            web(saml, ""),
            trust(GITHUB, r#""sts:AssumeRoleWithSAML""#, ""),
            web(glue, ""),
            web(root, ""),
            trust(root, r#""STS:assumerolewithsaml""#, ""),
            assume(both, ""),
            trust(glue, r#"["sts:AssumeRole", "sts:AssumeRoleWithSAML"]"#, ""),
            assume(r#"{"Federated": "cognito-identity.amazonaws.com"}"#, ""),
        ],
    );
    each(
        Usage::Trust,
        "trust-wrong-action",
        false,
        &[
            assume(glue, ""),
            assume(root, ""),
            trust(saml, r#"["sts:AssumeRoleWithSAML", "sts:TagSession", "sts:SetSourceIdentity"]"#, ""),
            trust(both, r#"["sts:AssumeRole", "sts:AssumeRoleWithSAML"]"#, ""),
            trust(GITHUB, r#""sts:AssumeRole*""#, ""),
            trust(glue, r#""sts:TagSession""#, ""),
            web(r#""*""#, ""),
            assume(saml, "").replace("Allow", "Deny"),
        ],
    );
}

/// What a trust policy and a bucket policy break that were found in the account.
fn broken_in_account(principal: &str) -> BTreeSet<&'static str> {
    let trusts = assume(principal, "");
    let lets = statement("Allow", &format!("\"Principal\": {principal}"), r#""s3:GetObject""#, LAKE, "");
    let text = format!("environment: analytics\naccount: \"{ACCOUNT}\"\nregion: eu-west-1\n");
    let file = Arc::new(Source { name: "environments/analytics.yaml".into(), text });
    let lowered = hatrack::spec::load(&[file], &[]).0.unwrap();
    let mut state = lowered.wanted.clone();
    let policy = |statement: &str| Policy::from_text(&format!(r#"{{"Statement": [{statement}]}}"#), "aws");
    let role = ResourceId::new(&ACCOUNT.parse().unwrap(), Kind::Role, "Reader");
    let bucket = ResourceId { kind: Kind::Bucket, name: "acme-lake".into(), ..role.clone() };
    let core = Core::Role {
        path: "/".into(),
        description: String::new(),
        max_session_seconds: 3600,
        trust: policy(&trusts),
    };
    state.resources.insert(role, Resource::new(core, []));
    let core = Core::Bucket { region: "eu-west-1".into() };
    state.resources.insert(bucket, Resource::new(core, [Setting::BucketPolicy(policy(&lets))]));
    let ours = state.resources.keys().cloned().collect();
    let found = lint::account(&state, &ours, &lowered.environments, date(2026, 11, 21));
    let dangling = found.iter().filter(|f| f.rule.id == "dangling-principal");
    dangling.map(|f| f.id.kind.word()).collect()
}

#[test]
fn principals_that_are_gone() {
    for gone in [
        r#"{"AWS": "AIDAJQABLZS4A3QDU576Q"}"#,
        r#"{"AWS": "AROAJQABLZS4A3QDU576Q"}"#,
        r#"{"AWS": ["arn:aws:iam::111122223333:user/alice", "AROAJQABLZS4A3QDU576Q"]}"#,
        r#"{"AWS": ["AIDAJQABLZS4A3QDU576Q", "AROAJQABLZS4A3QDU576Q"]}"#,
        r#"{"AWS": "AROAJQABLZS4A3QDU576Q", "Service": "glue.amazonaws.com"}"#,
        r#"{"AWS": "AIDA1234567890123456"}"#,
    ] {
        assert_eq!(broken_in_account(gone), BTreeSet::from(["bucket", "role"]), "{gone}");
    }
    for there in [
        r#"{"AWS": "arn:aws:iam::111122223333:user/alice"}"#,
        r#"{"AWS": "arn:aws:iam::111122223333:role/AROAJQABLZS4A3QDU576Q"}"#,
        r#"{"AWS": "111122223333"}"#,
        r#"{"Service": "glue.amazonaws.com"}"#,
        r#"{"AWS": "*"}"#,
        r#"{"CanonicalUser": "AIDAJQABLZS4A3QDU576Q"}"#,
    ] {
        assert_eq!(broken_in_account(there), BTreeSet::new(), "{there}");
    }
}
