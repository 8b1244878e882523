//! What is not written, and why.

use super::*;

fn with(files: &[(&str, &str)]) -> Project {
    let project = Project::new(files);
    write_account(&project, &handmade());
    project
}

const ONE: (&str, &str) = (
    "environments/one.yaml",
    "environment: one\naccount: \"111122223333\"\nregion: eu-west-1\nroles:\n  GlueEtl: { trust: glue }\n",
);
const TWO: (&str, &str) =
    ("environments/two.yaml", "environment: two\naccount: \"444455556666\"\nregion: eu-west-1\n");

#[test]
fn bad_input_is_said_with_a_way_out() {
    let new = ["--environment", "x", "--region", "eu-west-1"];
    let cases: Vec<(&str, Project, Vec<&str>)> = vec![
        ("nothing-has-the-address", with(&[]), [&["adopt", "role/GleuEtl"][..], &new].concat()),
        ("no-kind", with(&[]), [&["adopt", "roles/GlueEtl"][..], &new].concat()),
        ("no-address", with(&[]), [&["adopt", "GlueEtl"][..], &new].concat()),
        ("nothing-chosen", with(&[]), vec!["adopt"]),
        ("no-region", with(&[]), vec!["adopt", "--all", "--environment", "x"]),
        ("no-name", with(&[]), vec!["adopt", "--all"]),
        ("unknown-environment", with(&[ONE, TWO]), vec!["adopt", "--all", "--environment", "oen"]),
        ("which-environment", with(&[ONE, TWO]), vec!["adopt", "--all"]),
        ("other-account", with(&[ONE]), vec!["adopt", "--all", "--account", "444455556666"]),
        (
            "not-in-the-file",
            with(&[]),
            vec![
                "adopt",
                "--all",
                "--environment",
                "x",
                "--account",
                "444455556666",
                "--region",
                "eu-west-1",
            ],
        ),
        (
            "output-exists",
            with(&[("x.yaml", "mine\n")]),
            [&["adopt", "--all", "-o", "x.yaml"][..], &new].concat(),
        ),
        (
            "files-do-not-load",
            with(&[("environments/one.yaml", "environment: one\naccount: 5\nrolez: {}\n")]),
            vec!["adopt", "--all"],
        ),
        (
            "nothing-can-be-adopted",
            with(&[]),
            [&["adopt", "role/AWSServiceRoleForSupport", "role/Theirs"][..], &new].concat(),
        ),
        ("not-hatracks", with(&[ONE]), vec!["adopt", "role/GlueEtl"]),
    ];
    let mut shown = String::new();
    for (name, project, arguments) in cases {
        let before = terminal::files_below(&project.path(""));
        let done = run(&project, &arguments);
        assert_eq!(done.code, 1, "{name}: {}", done.shown());
        assert_eq!(terminal::files_below(&project.path("")), before, "{name} wrote something");
        shown += &format!("=== {name}: hatrack {}\n{}\n", arguments.join(" "), done.shown());
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/adopt/screens/bad-input.txt");
    golden(&path, &shown).unwrap();
}

#[test]
fn an_account_file_that_is_not_there_is_no_empty_account() {
    let project = Project::empty();
    let run = run(&project, &["adopt", "--all", "--environment", "x", "--region", "eu-west-1"]);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("there is no such file"), "{}", run.shown());
    assert!(!project.exists("environments"));
}

#[test]
fn it_can_be_printed_and_written_elsewhere() {
    let project = with(&[]);
    let printed =
        exits(&project, 0, &["adopt", "user/erin", "--environment", "x", "--region", "eu-west-1", "-o", "-"]);
    assert!(printed.stdout.contains("    boundary: PowerUserAccess\n"), "{}", printed.shown());
    assert!(!project.exists("environments"));
    exits(
        &project,
        0,
        &["adopt", "user/erin", "--environment", "x", "--region", "eu-west-1", "-o", "x.yaml"],
    );
    assert_eq!(project.read("x.yaml"), printed.stdout);
}

#[test]
fn a_group_whose_arn_is_meant_is_left_out() {
    let project = Project::empty();
    let mut state = handmade();
    let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:AddUserToGroup","Resource":"arn:aws:iam::111122223333:group/people/*"}}"#;
    let document = hatrack::policy::Policy::from_text(text, "aws");
    resource(&mut state, "user/erin").set(hatrack::state::Setting::Inline { name: "lead".into(), document });
    write_account(&project, &state);
    let run =
        exits(&project, 0, &["adopt", "--kind", "group", "--environment", "x", "--region", "eu-west-1"]);
    assert!(run.stderr.contains("group/admins: its mark is its path"), "{}", run.shown());
    assert!(run.stderr.contains("wrote 2 resources"), "{}", run.shown());
}

#[test]
fn tags_of_the_whole_file_are_put_on_nothing_that_lacks_them() {
    let project = with(&[(
        "environments/x.yaml",
        "environment: x\naccount: \"111122223333\"\nregion: eu-west-1\ntags: { owner: data, team: ds }\n",
    )]);
    let run = exits(&project, 1, &["adopt", "role/GlueEtl", "--yes"]);
    assert!(run.stderr.contains("the file puts the tag owner=data on everything"), "{}", run.shown());
    project.write("environments/x.yaml", "environment: x\naccount: \"111122223333\"\nregion: eu-west-1\nvariables: { t: ds }\ntags: { team: \"${{ t }}\" }\n");
    exits(&project, 0, &["adopt", "role/GlueEtl", "--yes"]);
    assert!(!project.read("environments/x.yaml").contains("team: ds"));
}

#[test]
fn what_looks_like_a_secret_is_not_written() {
    let project = Project::empty();
    let mut state = handmade();
    let setting = hatrack::state::Setting::Tag { key: "note".into(), value: "AKIAI44QH8DHBEXAMPLE".into() };
    resource(&mut state, "user/erin").set(setting);
    write_account(&project, &state);
    let run =
        exits(&project, 0, &["adopt", "user/erin", "user/no", "--environment", "x", "--region", "eu-west-1"]);
    assert!(run.stderr.contains("user/erin: in what it says, this looks like"), "{}", run.shown());
    let file = project.read("environments/x.yaml");
    assert!(!file.contains("AKIA") && file.contains("\"no\":"), "{file}");
}
