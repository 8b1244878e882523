//! Interrupted anywhere, run again: it converges. An account of some hundred users makes an apply long enough to
//! interrupt, since each operation writes the whole file.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use super::*;

const USERS: usize = 200;

fn large() -> Project {
    let users: String = (0..USERS).map(|n| format!("  user{n:03}: {{ groups: [Readers] }}\n")).collect();
    let text = ESTATE.replace("  alice: { groups: [Readers] }\n", &users);
    Project::new(&[(FILE, text.as_str())])
}

/// Starts an apply, and waits until some of its steps are done.
fn begun(project: &Project, steps: usize) -> (Child, BufReader<std::process::ChildStderr>) {
    let mut command =
        project.command(&["--account-file", "account.json", "apply", "--yes", "--parallelism", "4"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    let mut done = 0;
    while done < steps {
        line.clear();
        assert_ne!(said.read_line(&mut line).unwrap(), 0, "the apply ended after {done} steps");
        done += usize::from(line.contains("] done: "));
    }
    (child, said)
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("sh").args(["-c", &format!("kill -{name} {}", child.id())]).status().unwrap();
    assert!(status.success());
}

/// Reads on to the end, so that nobody waits for a full pipe.
fn finish(child: Child, mut said: BufReader<std::process::ChildStderr>) -> Run {
    let reader = std::thread::spawn(move || {
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut said, &mut rest).map(|_| rest).unwrap()
    });
    let mut run = terminal::ended(&child.wait_with_output().unwrap());
    run.stderr = reader.join().unwrap();
    run
}

fn resources(project: &Project) -> usize {
    let file: serde_json::Value = serde_json::from_str(&project.read("account.json")).unwrap();
    file["state"]["resources"].as_object().unwrap().len()
}

fn converges(project: &Project) {
    let run = on_file(project, &["plan", "--format=json"]);
    assert_eq!(run.code, 2, "there was something left");
    let run = on_file(project, &["apply", "--yes"]);
    assert_eq!(run.code, 0, "{}", run.shown());
    assert_eq!(on_file(project, &["plan"]).code, 0);
}

#[test]
fn asked_to_stop() {
    for name in ["INT", "TERM"] {
        let project = large();
        let (child, said) = begun(&project, 10);
        signal(&child, name);
        let run = finish(child, said);
        assert_eq!(run.code, 1, "{name}: {}", run.shown());
        let count = |title: &str| -> usize {
            let line = run.stdout.lines().find(|line| line.starts_with(title)).unwrap_or_default();
            let number = line.split(['(', ')']).nth(1).unwrap_or_default();
            number.parse().unwrap_or(0)
        };
        let (done, left) = (count("Done"), count("Not started"));
        assert!(done >= 10 && left > 100, "{name}: {done} done, {left} not started");
        assert!(run.stdout.contains("run `hatrack apply` again"), "{name}");
        assert_eq!(run.stdout.matches("interrupted").count(), 1, "{name}: the reason is said once");
        // The file holds what was said to be done: all that was done so far is creations.
        let created = run.stdout.lines().filter(|line| line.starts_with("  ✓ create ")).count();
        assert_eq!(resources(&project), created, "{name}");
        converges(&project);
    }
}

#[test]
fn asked_twice() {
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let project = large();
        let (child, said) = begun(&project, 5);
        // The second may come before the first has been seen, and is then the same one: it is asked until it obeys.
        for _ in 0..50 {
            signal(&child, name);
            std::thread::sleep(std::time::Duration::from_millis(2));
            let gone = Command::new("sh")
                .args([
                    "-c",
                    &format!(
                        "kill -0 {} 2>/dev/null && ! grep -q '^State:.Z' /proc/{}/status",
                        child.id(),
                        child.id()
                    ),
                ])
                .status()
                .unwrap();
            if !gone.success() {
                break;
            }
        }
        let run = finish(child, said);
        assert_eq!(run.code, code, "{name}: {}", run.shown());
        assert!(resources(&project) >= 5, "{name}: the file is whole");
    }
}

#[test]
fn killed_at_any_moment() {
    let project = large();
    for steps in [1, 7, 40, 3] {
        let (child, said) = begun(&project, steps);
        signal(&child, "KILL");
        let run = finish(child, said);
        assert_eq!(run.code, 137);
        assert!(resources(&project) >= steps);
    }
    converges(&project);
}
