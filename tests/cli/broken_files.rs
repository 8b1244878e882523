//! Account files that are damaged, out of reach or in use, and disks that are full.

use std::process::Stdio;

use super::*;

#[test]
fn account_files_that_are_none() {
    let project = applied();
    let good = project.read("account.json");
    let version = "\"account_format_version\": 1";
    for (name, text) in [
        ("cut", good[..good.find("\"state\"").unwrap() + 3].to_owned()),
        ("empty", String::new()),
        ("text", "hello\n".to_owned()),
        ("newer", good.replace(version, "\"account_format_version\": 2")),
        ("unknown-field", good.replace(version, "\"surprise\": 1, \"account_format_version\": 1")),
        ("wrong-core", good.replace("\"111122223333:user/alice\"", "\"111122223333:role/alice\"")),
        ("wrong-account", good.replace("\"111122223333:user/alice\"", "\"999988887777:user/alice\"")),
    ] {
        project.write("account.json", &text);
        for command in
            [vec!["plan"], vec!["drift"], vec!["apply", "--yes"], vec!["snapshot", "-o", "copy.json"]]
        {
            let run = on_file(&project, &command);
            assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{name} {command:?}: {}", run.shown());
            assert_eq!(project.read("account.json"), text, "{name} {command:?}: a damaged file is evidence");
        }
        screen(&format!("account-file-{name}"), &on_file(&project, &["plan"]));
    }
    project.write("account.json", [0xff, 0xfe]);
    screen("account-file-binary", &on_file(&project, &["plan"]));
    let run = project.run(&["plan", "--account-file", "environments"]);
    assert_eq!(run.code, 1);
    screen("account-file-a-folder", &run);
}

#[test]
fn account_files_out_of_reach() {
    let project = estate();
    let run = project.run(&["plan", "--account-file", "nowhere/account.json"]);
    assert_eq!(run.code, 1, "a slip in a path is no empty account: {}", run.shown());
    screen("account-file-nowhere-plan", &run);
    let run = project.run(&["apply", "--yes", "--account-file", "nowhere/account.json"]);
    assert_eq!(run.code, 1);
    screen("account-file-nowhere-apply", &run);
}

#[test]
fn a_folder_that_cannot_be_written() {
    use std::os::unix::fs::PermissionsExt as _;
    let project = estate();
    project.write("locked/keep", "");
    std::fs::set_permissions(project.path("locked"), std::fs::Permissions::from_mode(0o555)).unwrap();
    if std::fs::write(project.path("locked/try"), "").is_ok() {
        return; // The superuser writes everywhere; `a_full_disk` stands for this there.
    }
    let run = project.run(&["apply", "--yes", "--account-file", "locked/account.json"]);
    assert_eq!(run.code, 1);
    screen("account-file-in-a-locked-folder", &run);
}

/// A limit on the size of files is the one honest way to a full disk that needs no superuser.
#[test]
fn a_full_disk() {
    for parallelism in [1, 8] {
        full_disk(parallelism);
    }
}

fn full_disk(parallelism: u16) {
    let project = estate();
    let run = project.run(&["apply", "--yes", "--account-file", "account.json"]);
    assert_eq!(run.code, 0);
    let small = std::fs::metadata(project.path("account.json")).unwrap().len() / 1024 + 2;
    let users: String = (0..60).map(|n| format!("  user{n:02}: {{ groups: [Readers] }}\n")).collect();
    project.write(
        FILE,
        ESTATE.replace(
            "  alice: { groups: [Readers] }\n",
            &format!("  alice: {{ groups: [Readers] }}\n{users}"),
        ),
    );
    let script = format!(
        "trap '' XFSZ; ulimit -f {small}; exec '{}' apply --yes --parallelism {parallelism} --account-file account.json",
        env!("CARGO_BIN_EXE_hatrack")
    );
    let run = terminal::ended(&project.program("bash", &["-c", &script]).output().unwrap());
    assert_eq!(run.code, 1, "{}", run.shown());
    assert!(run.stderr.contains("FAILED: create user/"), "{}", run.shown());
    assert!(
        run.stdout.contains("cannot write the account file account.json: File too large"),
        "{}",
        run.shown()
    );
    assert!(run.stdout.contains("Not started ("), "{}", run.shown());
    // The old file stands: it holds exactly what the report says was done.
    let file: serde_json::Value = serde_json::from_str(&project.read("account.json")).unwrap();
    let made =
        file["state"]["resources"].as_object().unwrap().keys().filter(|id| id.contains("/user")).count();
    let done = run.stderr.lines().filter(|line| line.contains("] done: create user/user")).count();
    assert_eq!(made, done, "{}", run.shown());
    assert!(done > 0 && done < 60, "the limit of {small} KiB lies not on the way: {done}");
    let left: Vec<String> =
        terminal::files_below(&project.path("")).into_iter().filter(|f| f.starts_with(".hatrack")).collect();
    assert_eq!(left, [""; 0], "half-written files are cleaned away");
    let run = on_file(&project, &["apply", "--yes"]);
    assert_eq!(run.code, 0, "{}", run.shown());
    assert_eq!(on_file(&project, &["plan"]).code, 0);
}

#[test]
fn two_applies_at_once() {
    let project = changed();
    let lock = std::fs::File::create(project.path("account.json.lock")).unwrap();
    lock.try_lock().unwrap();
    let before = project.read("account.json");
    let run = on_file(&project, &["apply", "--yes"]);
    assert_eq!((run.code, project.read("account.json") == before), (1, true), "{}", run.shown());
    screen("account-file-in-use", &run);
    assert_eq!(on_file(&project, &["plan"]).code, 2, "who only reads need not wait");
    lock.unlock().unwrap();

    // And for real: of two that start together one may wait in vain, and both together do it once.
    let arguments = ["--account-file", "account.json", "apply", "--yes"];
    let start = || project.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let both = [start(), start()].map(|child| terminal::ended(&child.wait_with_output().unwrap()));
    let codes = both.each_ref().map(|run| run.code);
    assert!(codes.contains(&0), "{codes:?}");
    for run in both.iter().filter(|run| run.code != 0) {
        assert!(run.stderr.contains("in use by another run"), "{}", run.shown());
    }
    assert_eq!(on_file(&project, &["plan"]).code, 0);
}
