//! Many accounts in one run: a file each in a folder, shards, their reports as one, and one that cannot be read.

use super::*;

const ACCOUNTS: [&str; 7] = [
    "111122223331",
    "111122223332",
    "111122223333",
    "111122223334",
    "111122223335",
    "111122223336",
    "111122223337",
];
/// Their environments' names are in another order than their numbers.
const NAMES: [&str; 7] = ["zoo", "ape", "bee", "cat", "dog", "eel", "fox"];

fn text(n: usize, body: &str) -> String {
    let name = NAMES[n];
    format!("environment: {name}\naccount: \"{}\"\nregion: eu-west-1\n{body}", ACCOUNTS[n])
}

fn file(n: usize) -> String {
    format!("environments/{}.yaml", NAMES[n])
}

/// Seven environments in as many accounts; `later` is what they are some days later.
fn many(project: &Project, later: bool) {
    for n in 0..NAMES.len() {
        let next = (n + 1) % NAMES.len();
        let more = if later {
            format!("  New{n}: {{ trust: glue, policies: [AmazonS3FullAccess] }}\n")
        } else {
            String::new()
        };
        let lake = if later {
            format!(", \"arn:aws:iam::{}:role/New{next}\"", ACCOUNTS[next])
        } else {
            String::new()
        };
        let group = if later { "" } else { "groups:\n  Old: {}\n" };
        let body = format!(
            "roles:\n  Etl:\n    trust: glue\n    description: \"{later}\"\n  Lake:\n    trust: {{ Effect: Allow, Principal: {{ AWS: \
             [\"arn:aws:iam::{}:role/Etl\"{lake}] }}, Action: \"sts:AssumeRole\" }}\n{more}{group}\
             users:\n  ann:\n    tags: {{ at: \"{later}\" }}\n",
            ACCOUNTS[next]
        );
        project.write(&file(n), text(n, &body));
    }
}

fn estate() -> Project {
    let project = Project::empty();
    many(&project, false);
    std::fs::create_dir(project.path("accounts")).unwrap();
    let run = in_folder(&project, &["apply", "--yes"]);
    assert_eq!(run.code, 0, "{}", run.shown());
    project
}

fn in_folder(project: &Project, arguments: &[&str]) -> Run {
    project.run(&[&["--account-file", "accounts"], arguments].concat())
}

/// The reports of all shards, in files.
fn sharded(project: &Project, command: &str, of: usize) -> Vec<String> {
    let mut names = vec![];
    let mut seen = 0;
    for index in 1..=of {
        let run = in_folder(project, &[command, "--format", "json", "--shard", &format!("{index}/{of}")]);
        let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        let own = report["environments"].as_array().unwrap().len();
        seen += own;
        assert_eq!(run.stderr.contains("nothing to do"), own == 0, "{}", run.stderr);
        assert_eq!(run.code == 0, own == 0, "{}", run.shown());
        let name = format!("{command}-{index}.json");
        project.write(&name, run.stdout);
        names.push(name);
    }
    assert_eq!(seen, NAMES.len());
    names
}

fn merged(project: &Project, files: &[String], more: &[&str]) -> Run {
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    project.run(&[&["show", "--merge"], more, files.as_slice()].concat())
}

#[test]
fn the_reports_of_all_shards_are_the_report_of_the_whole() {
    let project = estate();
    many(&project, true);
    for command in ["plan", "drift"] {
        for (of, formats) in [(3, &["terminal", "json", "markdown"][..]), (12, &["json"])] {
            let files = sharded(&project, command, of);
            for format in formats {
                let whole = in_folder(&project, &[command, "--format", format]);
                let together = merged(&project, &files, &["--format", format]);
                assert_eq!(together.stdout, whole.stdout, "{command} {format} of {of}");
                assert_eq!((together.code, whole.code), (2, 2));
            }
        }
    }
    let nothing = estate();
    for command in ["plan", "drift"] {
        let files: Vec<String> = (1..=2)
            .map(|index| {
                let run =
                    in_folder(&nothing, &[command, "--format", "json", "--shard", &format!("{index}/2")]);
                let name = format!("{command}-{index}.json");
                nothing.write(&name, run.stdout);
                name
            })
            .collect();
        let run = merged(&nothing, &files, &[]);
        assert_eq!((run.code, run.stdout), (0, in_folder(&nothing, &[command]).stdout));
    }
}

#[test]
fn an_account_that_cannot_be_read_is_told_by_shards_as_by_one_run() {
    let project = estate();
    many(&project, true);
    project.write("accounts/111122223334.json", "{ \"account_format_version\": 1, ");
    for command in ["plan", "drift"] {
        let whole = in_folder(&project, &[command]);
        assert_eq!(whole.code, 1, "{}", whole.shown());
        assert!(
            whole.stdout.starts_with("1 environment not checked:\n  ? cat (account 111122223334): "),
            "{}",
            whole.stdout
        );
        let last = whole.stdout.rfind("1 environment not checked:").unwrap();
        assert!(last > whole.stdout.find("Etl").unwrap(), "{}", whole.stdout);
        let files: Vec<String> = (1..=3)
            .map(|index| {
                let run =
                    in_folder(&project, &[command, "--format", "json", "--shard", &format!("{index}/3")]);
                let name = format!("{command}-{index}.json");
                project.write(&name, run.stdout);
                name
            })
            .collect();
        if command == "drift" {
            let together = merged(&project, &files, &[]);
            assert_eq!((together.stdout, together.code), (whole.stdout, 1));
        }
    }
}

#[test]
fn what_names_an_account_that_cannot_be_read_is_held_back() {
    let project = estate();
    many(&project, true);
    let broken = "{ \"account_format_version\": 1, ";
    let good = project.read("accounts/111122223334.json");
    project.write("accounts/111122223334.json", broken);
    let run = in_folder(&project, &["apply", "--yes"]);
    assert_eq!(run.code, 1, "{}", run.shown());
    assert!(run.stderr.contains("left out, since nothing is known of them: cat"), "{}", run.stderr);
    assert_eq!(project.read("accounts/111122223334.json"), broken);
    // Of `bee`, whose role Lake names a role of `cat` that may not be there.
    assert!(run.stdout.contains("role/Lake is left as it is"), "{}", run.stdout);
    let bee = project.read("accounts/111122223333.json");
    assert!(bee.contains("New2") && !bee.contains("111122223334:role/New3"), "{bee}");
    project.write("accounts/111122223334.json", good);
    let run = in_folder(&project, &["apply", "--yes"]);
    assert_eq!(run.code, 0, "{}", run.shown());
    assert!(project.read("accounts/111122223333.json").contains("111122223334:role/New3"));
}

#[test]
fn a_saved_plan_goes_on_without_what_it_was_made_without() {
    let project = estate();
    many(&project, true);
    let good = project.read("accounts/111122223334.json");
    project.write("accounts/111122223334.json", "{");
    let run = in_folder(&project, &["plan", "-o", "saved.plan"]);
    assert_eq!(run.code, 1, "{}", run.shown());
    project.write("accounts/111122223334.json", good);
    let run = in_folder(&project, &["apply", "--yes", "saved.plan"]);
    // All of it was done; what was held back is told by the last look.
    assert_eq!(run.code, 1, "{}", run.shown());
    assert!(run.stdout.contains("Still not as declared (1)\n  role/Lake\n"), "{}", run.stdout);
    assert!(!project.read("accounts/111122223334.json").contains("New3"));
    assert!(project.read("accounts/111122223335.json").contains("New4"));
}

#[test]
fn shards_that_do_not_belong_together_are_refused() {
    let project = estate();
    many(&project, true);
    let plans = sharded(&project, "plan", 3);
    let drifts = sharded(&project, "drift", 3);
    let told = |files: &[&str], more: &[&str]| {
        let files: Vec<String> = files.iter().map(|file| (*file).to_owned()).collect();
        let run = merged(&project, &files, more);
        (run.code, run.stderr)
    };
    let (code, said) = told(&[&plans[0], &plans[2]], &[]);
    assert_eq!((code, said.contains("of shard 2/3 there is no report")), (1, true), "{said}");
    let (code, said) = told(&[&plans[0], &plans[1], &plans[2], &plans[1]], &[]);
    assert_eq!((code, said.contains("shard 2/3 is there more than once")), (1, true), "{said}");
    let (code, said) = told(&[&plans[0], &plans[1], &drifts[2]], &[]);
    assert_eq!((code, said.contains("one is of a plan, and one of drift")), (1, true), "{said}");
    let run = in_folder(&project, &["plan", "--format", "json"]);
    project.write("whole.json", run.stdout);
    let (code, said) = told(&["whole.json"], &[]);
    assert_eq!((code, said.contains("it is of no shard")), (1, true), "{said}");
    let newer = project.read(&plans[1]).replacen("\"format_version\": 1", "\"format_version\": 2", 1);
    project.write("newer.json", newer);
    let (code, said) = told(&[&plans[0], "newer.json", &plans[2]], &[]);
    assert_eq!((code, said.contains("it has format 2")), (1, true), "{said}");
    project.write("half.json", &project.read(&plans[1])[..400]);
    let (code, said) = told(&[&plans[0], "half.json", &plans[2]], &[]);
    assert_eq!((code, said.contains("or it is damaged")), (1, true), "{said}");
    let run = in_folder(&project, &["plan", "zoo", "ape", "--format", "json", "--shard", "2/3"]);
    project.write("fewer.json", run.stdout);
    let (code, said) = told(&[&plans[0], "fewer.json", &plans[2]], &[]);
    assert_eq!((code, said.contains("they are of different environments")), (1, true), "{said}");
    let one = sharded(&project, "plan", 1);
    let (code, said) = told(&[&plans[2], &one[0]], &[]);
    assert_eq!((code, said.contains("one of 3 shards")), (1, true), "{said}");
}

#[test]
fn with_partial_what_is_missing_is_not_checked() {
    let project = estate();
    let plans: Vec<String> = (1..=3)
        .map(|index| {
            let name = format!("plan-{index}.json");
            let run = in_folder(&project, &["plan", "--format", "json", "--shard", &format!("{index}/3")]);
            project.write(&name, run.stdout);
            name
        })
        .collect();
    let run = merged(&project, &plans[..2], &["--partial", "--format", "json"]);
    assert_eq!(run.code, 1, "{}", run.shown());
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let away = report["environments_not_checked"].as_array().unwrap();
    assert!(
        !away.is_empty() && away.iter().all(|one| one["text"] == "the report of shard 3/3 is missing"),
        "{away:?}"
    );
    assert_eq!(away.len() + report["environments"].as_array().unwrap().len(), NAMES.len());
}

#[test]
fn a_shard_that_cannot_be_is_said() {
    let project = estate();
    for (shard, why) in [
        ("0/3", "there is no part 0 of 3"),
        ("4/3", "there is no part 4 of 3"),
        ("x/3", "`x` is no number"),
        ("auto/3", "neither JOB_COMPLETION_INDEX nor AWS_BATCH_JOB_ARRAY_INDEX is set"),
    ] {
        for command in [&["plan"][..], &["drift"], &["snapshot", "-o", "kept.json"]] {
            let run = in_folder(&project, &[command, &["--shard", shard]].concat());
            assert_eq!(run.code, 1);
            assert!(run.stderr.contains(&format!("`--shard {shard}`: {why}")), "{}", run.stderr);
        }
    }
    let mut command = project.command(&["--account-file", "accounts", "plan", "--shard", "auto/3"]);
    let run = command.env("JOB_COMPLETION_INDEX", "2").output().unwrap();
    assert!(String::from_utf8_lossy(&run.stderr).contains("shard 3/3 has "));
}

#[test]
fn one_account_in_a_folder_does_not_hide_that_it_is_emptied() {
    let project = estate();
    project.write(&file(0), text(0, "roles:\n  Etl:\n    trust: glue\n    description: \"false\"\n"));
    let run = in_folder(&project, &["plan"]);
    assert!(run.stdout.contains("3 of 4"), "{}", run.stdout);
}

#[test]
fn snapshots_of_shards_are_a_folder_of_accounts() {
    let project = estate();
    std::fs::create_dir(project.path("kept")).unwrap();
    for index in 1..=3 {
        let run = in_folder(&project, &["snapshot", "-o", "kept", "--shard", &format!("{index}/3")]);
        assert_eq!(run.code, 0, "{}", run.shown());
    }
    for account in ACCOUNTS {
        let file = |folder: &str| project.read(&format!("{folder}/{account}.json"));
        assert_eq!(file("kept"), file("accounts"));
    }
}
