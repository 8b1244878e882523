//! One bad file for each mistake: the words, and the place.

use super::*;

#[test]
fn names_that_lead_nowhere() {
    wrong(
        "users: { ann: { groups: [Peple] } }\ngroups: { People: }\n",
        &["one.yaml:4:26: there is no group `Peple`\n  help: did you mean `People`?"],
    );
    wrong(
        "users: { ann: { policies: [AmazonS3ReadonlyAccess, requre-mfa] } }\npolicies: { require-mfa: { template: require-mfa } }\n",
        &[
            "one.yaml:4:28: `AmazonS3ReadonlyAccess` is neither a policy of this environment nor one of AWS's\n  \
         help: did you mean `AmazonS3ReadOnlyAccess`?",
            "one.yaml:4:52: `requre-mfa` is neither a policy of this environment nor one of AWS's\n  \
         help: did you mean `require-mfa`?",
        ],
    );
    wrong(
        "roles: { r: { trust: glue, can_assume: [two/x, one/R, r, r] } }\n",
        &[
            "one.yaml:4:41: there is no environment `two`\n  help: there are: one",
            "one.yaml:4:48: environment `one` has no role `R`\n  help: did you mean `one/r`?",
            "one.yaml:4:58: role `r` is named twice",
        ],
    );
}

#[test]
fn policies_of_others_cannot_be_attached() {
    wrong(
        "users: { ann: { boundary: 'arn:aws:iam::444455556666:policy/x' } }\n",
        &["one.yaml:4:27: `arn:aws:iam::444455556666:policy/x` is a policy of account 444455556666, not \
         111122223333\n  help: AWS attaches only policies of the holder's own account"],
    );
    wrong(
        "users: { ann: { policies: ['arn:aws-cn:iam::aws:policy/x', 'arn:aws:iam::aws:role/x'] } }\n",
        &[
            "one.yaml:4:28: `arn:aws-cn:iam::aws:policy/x` is in partition `aws-cn`, not `aws`",
            "one.yaml:4:60: `arn:aws:iam::aws:role/x` is not the ARN of a policy",
        ],
    );
    wrong(
        "users: { ann: { policies: [AmazonS3FullAccess, AmazonS3FullAccess] } }\n",
        &["one.yaml:4:48: policy `AmazonS3FullAccess` is attached twice\n  one.yaml:4:28: the first is here"],
    );
}

#[test]
fn tags_that_are_not_the_authors() {
    wrong(
        "users: { ann: { tags: { 'aws:x': y, 'hatrack:environment': z, Team: a, team: b } } }\n",
        &[
            "one.yaml:4:25: tag `aws:x` begins with `aws:`, which AWS keeps to itself",
            "one.yaml:4:37: tag `hatrack:environment` is hatrack's own\n  \
         help: it marks whose a resource is; the environment's name is its value",
            "one.yaml:4:72: tags `Team` and `team` differ only in case\n  help: AWS takes them for one tag of a user",
        ],
    );
    wrong(
        "tags: { 'aws:x': y }\nusers: { ann: }\n",
        &["one.yaml:4:9: tag `aws:x` begins with `aws:`, which AWS keeps to itself"],
    );
    wrong("groups: { g: { tags: { a: b } } }\n", &["one.yaml:4:16: AWS has no tags for groups"]);
    wrong(
        "tags: { cost: 42 }\n",
        &["one.yaml:4:15: expected text, found a whole number\n  help: quote it: \"42\""],
    );
}

#[test]
fn paths() {
    wrong("users: { ann: { path: x/ } }\n", &["one.yaml:4:23: `x/` is no path\n  help: write `/x/`"]);
    wrong(
        "groups: { g: { path: /hatrack/one/ } }\n",
        &["one.yaml:4:22: the path `/hatrack/one/` is hatrack's own mark\n  \
         help: write what shall stand below `/hatrack/one/`"],
    );
    wrong(
        "policies: { p: { path: /a!/, template: require-mfa } }\n",
        &["one.yaml:4:24: `/hatrack/one/a!/` is not the path of a policy\n  \
         help: `/` or `/…/`, of letters, digits and any of +=,.@_-"],
    );
    wrong("buckets: { abc: { path: /x/ } }\n", &["one.yaml:4:19: a bucket has no path"]);
}

#[test]
fn names_that_collide() {
    wrong(
        "users: { ann: , Ann: }\n",
        &[
            "one.yaml:4:17: user `Ann` and user `ann` differ only in case\n  one.yaml:4:10: the first is here\n  \
         help: AWS takes them for one name",
        ],
    );
    let two = |first: &str, second: &str| {
        let (lowered, said) = load(&[source("one.yaml", first), source("two.yaml", second)], &[]);
        assert!(lowered.is_none());
        show(&said)
    };
    let second = HEAD.replace("one", "two");
    let role = "roles: { r: { trust: ec2 } }\n";
    assert_eq!(
        two(HEAD, HEAD),
        ["two.yaml:1:14: there are two environments named `one`\n  one.yaml:1:14: the first is here"]
    );
    assert_eq!(
        two(&format!("{HEAD}{role}"), &format!("{second}{role}")),
        [
            "two.yaml:4:10: role `r` is declared by environment `one`, too\n  one.yaml:4:10: the first is here\n  \
         help: both are in one account: let one environment declare it"
        ]
    );
    let elsewhere = second.replace("111122223333", "444455556666");
    assert_eq!(
        two(&format!("{HEAD}buckets: {{ abc: }}\n"), &format!("{elsewhere}buckets: {{ abc: }}\n")),
        [
            "two.yaml:4:12: bucket `abc` is declared by environment `one`, too\n  one.yaml:4:12: the first is here\n  \
         help: a bucket's name is unique in all of AWS: let one environment declare it"
        ]
    );
    assert_eq!(
        two(&format!("{HEAD}buckets: {{ abc: }}\n"), &format!("{second}retire: [bucket/abc]\n")),
        ["two.yaml:4:10: `bucket/abc` is declared and retired at once\n  one.yaml:4:12: declared here\n  \
         help: leave one of the two"]
    );
    // The same role in another account is no collision; naming it without its environment is a slip.
    let assume = "roles: { r: { trust: ec2, can_assume: [x] } }\n";
    assert_eq!(
        two(&format!("{HEAD}{assume}"), &format!("{elsewhere}roles: {{ x: {{ trust: ec2 }} }}\n")),
        ["one.yaml:4:40: environment `one` has no role `x`\n  help: did you mean `two/x`?"]
    );
    // What an unreadable file declares is not reported as missing.
    let assume = "roles: { r: { trust: ec2, can_assume: [two/x] } }\n";
    let said = two(&format!("{HEAD}{assume}"), &format!("{elsewhere}rols: {{}}\n"));
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with("two.yaml:4:1: unknown key `rols`"), "{said:?}");
}

#[test]
fn headers() {
    let said = |text: &str| show(&load(&[source("one.yaml", text)], &[]).1);
    assert_eq!(
        said("environment: One\naccount: \"1\"\nregion: europe\n"),
        [
            "one.yaml:1:14: `One` cannot name an environment\n  \
         help: lower-case letters, digits and hyphens, beginning with a letter or digit, at most 32",
            "one.yaml:2:10: `1` is not an account number\n  \
         help: write all twelve digits in quotation marks: account: \"111122223333\"",
            "one.yaml:3:9: `europe` is no region\n  help: a region is `eu-west-1` or the like",
        ]
    );
    assert_eq!(
        said("environment: one\naccount: 111122223333\nregion: ${{ x }}\nvariables: { x: eu-west-1 }\n"),
        [
            "one.yaml:2:10: expected text, found a whole number\n  help: quote it: \"111122223333\"",
            "one.yaml:3:9: `region` cannot be a placeholder\n  \
         help: write the region out: whoever reads the file must see where it leads",
        ]
    );
    wrong(
        "variables: { account: x }\n",
        &[
            "one.yaml:4:14: `account` is a name that hatrack gives itself\n  help: take another name for the variable",
        ],
    );
    wrong(
        "assume_role: { role: ad min }\n",
        &[
            "one.yaml:4:22: `ad min` is neither a role's name nor its ARN\n  help: write NAME for a role of this account, or arn:aws:iam::ACCOUNT:role/NAME",
        ],
    );
}

#[test]
fn holders_that_say_too_little() {
    wrong(
        "roles: { r: }\n",
        &["one.yaml:4:10: role `r` does not say who may assume it\n  \
         help: add `trust: ec2`, `trust: [{ account: … }]` or a trust policy"],
    );
    wrong(
        "policies: { p: }\n",
        &["one.yaml:4:13: policy `p` says nothing\n  help: add `statements: […]` or `template: …`"],
    );
}

#[test]
fn trust_in_nobody() {
    wrong(
        "roles: { r: { trust: lamda } }\n",
        &["one.yaml:4:22: `lamda` is no service that hatrack knows\n  help: did you mean `lambda`?"],
    );
    wrong(
        "roles: { r: { trust: [] } }\n",
        &["one.yaml:4:22: nobody is named\n  help: name one of service, account, role, user, federated, org"],
    );
    wrong(
        "roles: { r: { trust: [{ acount: one }] } }\n",
        &["one.yaml:4:25: unknown key `acount`\n  help: did you mean `account`?"],
    );
    wrong(
        "roles: { r: { trust: [{ account: one, role: r }] } }\n",
        &["one.yaml:4:23: `account` and `role` stand in one item\n  \
         help: each item names one of service, account, role, user, federated, org"],
    );
    wrong(
        "roles: { r: { trust: [{ account: 111122223333 }, { account: on }] } }\n",
        &[
            "one.yaml:4:34: expected text for `account`\n  \
         help: write account numbers in quotation marks: \"111122223333\"",
            "one.yaml:4:61: there is no environment `on`\n  help: did you mean `one`?",
        ],
    );
    wrong(
        "roles: { r: { trust: [{ federated: okta }, { org: '123' }] } }\n",
        &[
            "one.yaml:4:36: `okta` is no identity provider\n  \
         help: write the ARN of an OIDC or SAML provider, or an OIDC provider's domain",
            "one.yaml:4:51: `123` is no organization id\n  help: `o-` and ten to 32 lower-case letters and digits",
        ],
    );
}

#[test]
fn trust_in_everybody_who_signs_in() {
    let help =
        "help: say who may: `conditions: { StringEquals: { \"PROVIDER:aud\": …, \"PROVIDER:sub\": … } }`";
    let said = |provider: &str| {
        format!("one.yaml:4:36: everybody who signs in with `{provider}` could assume the role\n  {help}")
    };
    wrong("roles: { r: { trust: [{ federated: accounts.google.com }] } }\n", &[&said("accounts.google.com")]);
    // GitHub's audience is the same for every repository.
    let github = "token.actions.githubusercontent.com";
    wrong(
        &format!(
            "roles: {{ r: {{ trust: [{{ federated: {github}, conditions: {{ StringEquals: {{ '{github}:aud': s }} }} }}] }} }}\n"
        ),
        &[&said(github)],
    );
}

#[test]
fn variables_in_variables() {
    let (_, said) = crate::read("variables: { project: alpha, bucket: \"acme-${{ project }}\" }\n");
    assert!(said.iter().any(|d| d.contains("one.yaml:4:44")), "{said:?}");
}

#[test]
fn trust_on_conditions() {
    wrong(
        "roles: { r: { trust: [{ service: ec2, external_id: x }] } }\n",
        &["one.yaml:4:39: `external_id` means nothing for `service`\n  \
         help: a service principal never sends it, so nobody could assume the role"],
    );
    let conditions = "external_id: x, conditions: { StringEquals: { 'sts:externalid': y } }";
    wrong(
        &format!("roles: {{ r: {{ trust: [{{ account: one, {conditions} }}] }} }}\n"),
        &["one.yaml:4:85: `sts:externalid` is tested twice with `StringEquals`"],
    );
    wrong(
        "roles: { r: { trust: [{ account: one, conditions: { StringEquls: { 'aws:username': y } } }] } }\n",
        &["one.yaml:4:53: `StringEquls` is no condition operator\n  help: did you mean `StringEquals`?"],
    );
}

#[test]
fn statements_are_told_where_they_stand() {
    wrong(
        "roles:\n  r:\n    trust: glue\n    inline:\n      data:\n        - Effect: Allow\n          \
         Action: s3:GetObject\n          Resource: '*'\n        - Effect: Alow\n          \
         Action: s3:GetObject\n          Resource: '*'\n",
        &["one.yaml:12:19: `Alow` is no effect\n  help: did you mean `Allow`?"],
    );
    wrong(
        "roles: { r: { trust: { Version: '2012-10-17', Statement: { Effect: Allow, \
         Principal: { Service: glue.amazonaws.com }, Acton: 'sts:AssumeRole' } } } }\n",
        &["one.yaml:4:119: a statement has no element `Acton`\n  help: did you mean `Action`?"],
    );
    wrong(
        "roles: { r: { trust: [glue, { Effect: Allow, Principal: { AWS: '*' }, Action: 5 }] } }\n",
        &["one.yaml:4:79: text or a list of texts is wanted here, not a number"],
    );
    wrong(
        "roles: { r: { trust: glue, can_assume: [r], inline: { hatrack-can-assume: [{ Effect: Deny, Action: '*', Resource: '*' }] } } }\n",
        &["one.yaml:4:55: `can_assume` makes an inline policy `hatrack-can-assume` itself\n  \
         help: give this one another name"],
    );
}

#[test]
fn renames_and_retirements() {
    wrong(
        "roles: { r: { trust: glue, renamed_from: s } }\n",
        &["one.yaml:4:28: AWS fixes a role's name when it is created\n  \
         help: drop `renamed_from`: `r` is created and `s`, if it is this environment's, deleted"],
    );
    wrong(
        "buckets: { abc: { renamed_from: abd } }\n",
        &["one.yaml:4:19: a bucket cannot be renamed\n  \
         help: create `abc`, copy the objects, then `retire: [bucket/abd]` once `abd` is empty"],
    );
    wrong(
        "users: { ann: { renamed_from: bob }, bob: }\n",
        &[
            "one.yaml:4:31: user `bob` is still declared\n  help: take `bob` out of the file: it becomes `ann`",
        ],
    );
    wrong(
        "buckets: { abc: }\nretire: [bucket/abc, role/x, bukket/y, abc]\n",
        &[
            "one.yaml:5:10: `bucket/abc` is declared and retired at once\n  one.yaml:4:12: declared here\n  \
         help: leave one of the two",
            "one.yaml:5:22: `role/x` holds no data, so it need not be retired\n  \
         help: take it out of the file: hatrack deletes what is its own and no longer declared",
            "one.yaml:5:30: `bukket` is no kind of resource\n  \
         help: one of group, user, policy, role, instance-profile, bucket, domain, user-profile, space, notebook, notebook-lifecycle, \
         studio-lifecycle, account",
            "one.yaml:5:40: `abc` is no address\n  help: write KIND/NAME: `bucket/acme-old`",
        ],
    );
    wrong(
        "users: { ann: }\nignore: [{ address: user/ann, reason: ' ' }]\n",
        &[
            "one.yaml:5:21: `user/ann` is declared and ignored at once\n  one.yaml:4:10: declared here",
            "one.yaml:5:39: no reason is given to ignore `user/ann`",
        ],
    );
}

#[test]
fn limits_are_told_at_their_key() {
    wrong(
        "buckets: { Abc_: }\nusers: { 'an n': }\n",
        &[
            "one.yaml:4:12: `Abc_` cannot name a bucket\n  \
         help: a bucket's name has only lower-case letters, digits, hyphens and dots",
            "one.yaml:5:10: `an n` cannot name a user\n  help: letters, digits and any of +=,.@_-",
        ],
    );
    wrong(
        "roles: { r: { trust: glue, max_session_duration: 60 } }\n",
        &["one.yaml:4:50: a session of 60 seconds is not possible\n  \
         help: from 3600 (an hour) to 43200 (twelve hours)"],
    );
    wrong(
        "users: { ann: { tags: { 'a*b': c } } }\n",
        &[
            "one.yaml:4:25: the key of tag `a*b` cannot hold `*`\n  help: letters, digits, blanks and any of _.:/=+-@",
        ],
    );
    let groups: Vec<String> = (0..11).map(|n| format!("g{n}")).collect();
    let text = format!(
        "users: {{ ann: {{ groups: [{}] }} }}\ngroups: {{ {}: }}\n",
        groups.join(", "),
        groups.join(": , ")
    );
    wrong(
        &text,
        &["one.yaml:4:25: user/ann is in 11 groups, AWS takes 10\n  \
         help: merge groups, or attach policies to the user"],
    );
}

#[test]
fn buckets_that_s3_would_refuse() {
    wrong(
        "buckets: { abc: { encryption: { kms: { dual_layer: true, bucket_key: true } } } }\n",
        &["one.yaml:4:58: S3 has no bucket keys for encryption in two layers\n  \
         help: drop `bucket_key` or `dual_layer`"],
    );
    wrong(
        "buckets: { abc: { lifecycle: [{ id: a, expire_days: 1 }, { id: a, expire_days: 2 }] } }\n",
        &["one.yaml:4:64: there are two lifecycle rules `a`"],
    );
    wrong(
        "buckets: { abc: { policy: [{ Effect: Allow, Principal: '*', Action: 's3:GetObject' }] } }\n",
        &[
            "one.yaml:4:28: the statement has no `Resource`\n  help: add `Resource`, or `NotResource` for all but some",
        ],
    );
}

#[test]
fn a_mistake_in_a_template_names_its_use() {
    let template = source(
        "templates/bad.yaml",
        "template: bad\nkind: role\ndescription: d\nbody:\n  trust: glue\n  inline:\n    data:\n      \
         - { Effect: Alow, Action: 's3:GetObject', Resource: '*' }\n",
    );
    let file = source("one.yaml", &format!("{HEAD}roles: {{ r: {{ template: bad }} }}\n"));
    let (lowered, said) = load(&[file], &[template]);
    assert!(lowered.is_none());
    assert_eq!(
        show(&said),
        ["templates/bad.yaml:8:19: `Alow` is no effect\n  one.yaml:4:10: the template is used here\n  \
         help: did you mean `Allow`?"]
    );
}

#[test]
fn all_mistakes_of_all_files_come_at_once() {
    let broken = |name: &str| {
        format!("environment: {name}\naccount: \"111122223333\"\nregion: eu-west-1\nusrs: {{}}\n")
    };
    let third = format!("{}users: {{ ann: {{ groups: [no] }} }}\n", HEAD.replace("one", "three"));
    let files = [source("a.yaml", &broken("a")), source("b.yaml", "a: [\n"), source("c.yaml", &third)];
    let (lowered, said) = load(&files, &[]);
    assert!(lowered.is_none());
    let places: Vec<String> = said.iter().map(|d| d.span.as_ref().unwrap().source.name.clone()).collect();
    assert_eq!(places, ["a.yaml", "b.yaml", "c.yaml"]);
}
