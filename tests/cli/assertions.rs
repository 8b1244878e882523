//! Assertions and break glass where only a part of the estate is planned, and whom a broken one names.

use crate::terminal::{Project, Run};
use crate::{on_file, replace};

const X: &str = r#"environment: x
account: "111122223333"
region: eu-west-1
users:
  ann:
    inline: { r: [{ Effect: Allow, Action: s3:GetObject, Resource: "arn:aws:s3:::acme-y/*" }] }
assert:
  - { nobody: { except: user/ann }, can: read-data, on: "s3://acme-y/*" }
"#;

const Y: &str = r#"environment: y
account: "111122223333"
region: eu-west-1
users:
  bob: {}
buckets:
  acme-y: {} # hatrack: allow(bucket-without-policy): a test
"#;

const BOB_READS: (&str, &str) = (
    "bob: {}",
    r#"bob: { inline: { r: [{ Effect: Allow, Action: s3:GetObject, Resource: "arn:aws:s3:::acme-y/*" }] } }"#,
);

const BROKEN: &str = "not so: nobody but user/ann can read-data on s3://acme-y/*";

fn two() -> Project {
    let project = Project::new(&[("environments/x.yaml", X), ("environments/y.yaml", Y)]);
    let run = on_file(&project, &["apply", "--yes"]);
    assert_eq!(run.code, 0, "{}", run.shown());
    project
}

fn has(run: &Run, code: i32, texts: &[&str]) {
    assert_eq!(run.code, code, "{}", run.shown());
    for text in texts {
        assert!(run.shown().contains(text), "no {text}:\n{}", run.shown());
    }
}

#[test]
fn a_part_of_the_estate_does_not_break_what_another_asserts() {
    let project = two();
    let (from, to) = BOB_READS;
    replace(&project, "environments/y.yaml", from, to);
    let because = "environment `x` asserts it, and is not planned here";
    has(&on_file(&project, &["plan", "y"]), 3, &[BROKEN, "user/bob can s3:GetObject", because]);
    has(&on_file(&project, &["apply", "y", "--yes"]), 3, &[BROKEN, "nothing was changed"]);
    has(&project.run(&["validate", "y"]), 3, &[BROKEN]);
    has(&on_file(&project, &["plan"]), 3, &[BROKEN]);
}

#[test]
fn what_was_broken_before_is_for_its_own_environment_to_mend() {
    let project = two();
    // Somebody else reads already, which is no work of `y`.
    replace(&project, "environments/x.yaml", "user/ann", "role/Nobody");
    replace(&project, "environments/x.yaml", "users:\n", "roles: { Nobody: { trust: glue } }\nusers:\n");
    replace(&project, "environments/y.yaml", "bob: {}", "bob: { tags: { team: data } }");
    let run = on_file(&project, &["plan", "y"]);
    has(&run, 2, &[]);
    assert!(!run.shown().contains("not so:"), "{}", run.shown());
    // What comes on top is.
    replace(&project, "environments/y.yaml", "tags: { team: data }", "policies: [AmazonS3ReadOnlyAccess]");
    let run = on_file(&project, &["plan", "y"]);
    has(&run, 3, &["user/bob can s3:GetObject"]);
    assert!(!run.shown().contains("user/ann can"), "{}", run.shown());
}

#[test]
fn what_is_asserted_of_accounts_that_are_not_planned_is_said_to_be_open() {
    let lake = r#"environment: lake
account: "444455556666"
region: eu-west-1
users: { eve: {} }
assert:
  - { nobody: true, can: read-data, on: "arn:aws:s3:::acme-y/*" }
"#;
    let project = Project::new(&[("environments/y.yaml", Y), ("environments/lake.yaml", lake)]);
    let open = "1 assertion of environment `lake` was not checked";
    has(
        &on_file(&project, &["plan", "y"]),
        2,
        &[open, "its account is not part of this plan: plan it as well"],
    );
    let all = on_file(&project, &["plan"]);
    has(&all, 2, &[]);
    assert!(!all.shown().contains("was not checked"), "{}", all.shown());
}

#[test]
fn break_glass_that_is_not_there() {
    let y = Y.replace(
        "users:\n",
        "break_glass: [\"arn:aws:iam::111122223333:role/OrgAdmn\", \"arn:aws:iam::999988887777:role/X\", \
         \"arn:aws:iam::111122223333:root\"]\nroles: { OrgAdmin: { trust: ec2 } }\nusers:\n",
    );
    let project = Project::new(&[("environments/y.yaml", &y)]);
    let run = on_file(&project, &["plan"]);
    has(
        &run,
        3,
        &[
            "there is no role OrgAdmn in account 111122223333",
            "did you mean `arn:aws:iam::111122223333:role/OrgAdmin`?",
            "nobody checked whether there is a role X in account 999988887777: it is not part of this plan",
        ],
    );
    has(&on_file(&project, &["apply", "--yes"]), 3, &["there is no role OrgAdmn"]);
    replace(&project, "environments/y.yaml", "OrgAdmn", "OrgAdmin");
    let run = on_file(&project, &["plan"]);
    has(&run, 2, &[]);
    assert!(!run.shown().contains("there is no role"), "{}", run.shown());
}

#[test]
fn whom_another_environment_of_the_account_needs_is_not_locked_out() {
    let x = X.replace("except: user/ann", "except: [user/ann, user/keeper]").replace(
        "users:\n",
        "break_glass: [user/keeper]\nusers:\n  keeper: { policies: [AdministratorAccess] }\n",
    );
    let project = Project::new(&[("environments/x.yaml", &x), ("environments/y.yaml", Y)]);
    assert_eq!(on_file(&project, &["apply", "--yes"]).code, 0);
    let shut = r#"acme-y: { policy: [{ Sid: Shut, Effect: Deny, Principal: "*", Action: "s3:*", Resource: ["arn:aws:s3:::acme-y", "arn:aws:s3:::acme-y/*"], Condition: { ArnNotLike: { "aws:PrincipalArn": "arn:aws:iam::111122223333:user/bob" } } }] }"#;
    replace(&project, "environments/y.yaml", "acme-y: {}", shut);
    let run = on_file(&project, &["plan", "y"]);
    has(&run, 2, &["user/keeper (break glass) could no longer", "--accept lockout:bucket/acme-y"]);
}

#[test]
fn a_template_shows_its_own_line_where_what_it_claims_is_broken() {
    let template = r#"template: readers
kind: group
description: Readers
parameters: { bucket: { type: text, description: The bucket } }
body:
  assert:
    - { cannot: write-data, on: "arn:aws:s3:::${{ bucket }}/*" }
    - { cannot: become, role: "*Admin*" }
"#;
    let y = Y.replace(
        "users:\n  bob: {}\n",
        "groups: { G: { template: readers, with: { bucket: acme-y }, policies: [AmazonS3FullAccess] } }\nusers:\n  bob: { groups: [G] }\n",
    );
    let project = Project::new(&[("environments/y.yaml", &y), ("templates/readers.yaml", template)]);
    let run = project.run(&["validate"]);
    has(
        &run,
        3,
        &["not so: group/G cannot write-data", "templates/readers.yaml:7:7", "the template claims it here"],
    );
    assert!(
        !run.shown().contains("empty-assertion"),
        "a template may speak of roles to come: {}",
        run.shown()
    );
}
