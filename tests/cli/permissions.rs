//! `hatrack permissions`: what hatrack itself needs, printed without asking any account.

use serde_json::Value;

use super::{FILE, Project, estate, screen};

/// Two accounts, of which one is worked on as a role.
fn two_accounts() -> Project {
    let other = "environment: two\naccount: \"444455556666\"\nregion: eu-west-1\n\
                 assume_role: { role: ops/hatrack }\nroles:\n  Reader: { trust: glue }\n";
    let project = estate();
    project.write("environments/two.yaml", other);
    project
}

#[test]
fn to_read_and_to_change() {
    let project = estate();
    for purpose in ["plan", "apply"] {
        let run = project.run(&["permissions", &format!("--{purpose}")]);
        assert_eq!(run.code, 0);
        screen(&format!("permissions-{purpose}"), &run);
        // Standard output is the policy, and nothing but the policy.
        let policy: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(policy["Version"], "2012-10-17");
    }
}

#[test]
fn as_a_role_of_another_account() {
    let project = two_accounts();
    screen("permissions-role", &project.run(&["permissions", "--plan", "two"]));
    // Which policy is whose stands on standard output as well.
    for environments in [vec![], vec!["two"]] {
        let arguments = [vec!["permissions", "--plan"], environments].concat();
        let json = project.run(&[arguments.clone(), vec!["--format", "json"]].concat());
        assert_eq!(project.run(&arguments).stdout, json.stdout);
    }
    let json = project.run(&["permissions", "--plan", "--format", "json"]);
    let accounts: Value = serde_json::from_str(&json.stdout).unwrap();
    let keys: Vec<&String> = accounts.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["111122223333", "444455556666", "caller"]);
    let caller = &accounts["caller"][0]["Statement"][0];
    assert_eq!(caller["Action"], "sts:AssumeRole");
    assert_eq!(caller["Resource"], "arn:aws:iam::444455556666:role/ops/hatrack");
    screen("permissions-markdown", &project.run(&["permissions", "--plan", "two", "--format", "markdown"]));
}

#[test]
fn two_roles_in_one_account_are_two_policies() {
    let project = estate();
    let other = project.read(FILE).split("groups:").next().unwrap().replace("one", "two");
    project.write("environments/two.yaml", format!("{other}assume_role: {{ role: hatrack }}\n"));
    let run = project.run(&["permissions", "--plan"]);
    assert_eq!(run.code, 3);
    screen("permissions-two-roles", &run);
    assert_eq!(project.run(&["permissions", "--plan", "one"]).code, 0);
}

#[test]
fn what_is_adopted_may_be_anywhere() {
    let project = estate();
    let anywhere = "arn:aws:iam::111122223333:group/*/Readers";
    assert!(!project.run(&["permissions", "--apply"]).stdout.contains(anywhere));
    let run = project.run(&["permissions", "--apply", "--adopt", "group/Readers"]);
    assert!(run.stdout.contains(anywhere), "{}", run.stdout);
    screen("permissions-adopt-unknown", &project.run(&["permissions", "--apply", "--adopt", "group/Reader"]));
}

#[test]
fn asked_wrongly() {
    let project = estate();
    screen("permissions-for-nothing", &project.run(&["permissions"]));
    screen("permissions-for-both", &project.run(&["permissions", "--plan", "--apply"]));
    screen("permissions-unknown", &project.run(&["permissions", "--plan", "on"]));
}
