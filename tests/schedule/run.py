"""Runs each file of templates/schedule once, with the hatrack binary, on accounts in a file of which somebody changed one
by hand. There is no AWS, no forge, no cluster and no systemd: the commands are taken out of the files and run as those
would; what stands in for what is said at each."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import artefacts
import machine
from tally import Tally

ROOT = Path(__file__).resolve().parents[2]
SCHEDULE = ROOT / "templates/schedule"
ACCOUNT = "111122223333"


@dataclass
class Bench:
    """A project with accounts, and a `hatrack` on the path that works on them."""

    folder: Path
    binary: Path
    count: Tally
    has: set[str] = field(default_factory=set)

    @property
    def project(self) -> Path:
        return self.folder / "project"

    @property
    def path(self) -> Path:
        return self.folder / "bin"

    def accounts(self, state: str) -> Path:
        """`kept`: as declared; `changed`: with a change by hand; `broken`: no account file, so that nothing can be read."""
        return self.folder / f"{state}.json"

    def environment(self, state: str, **more: str) -> dict[str, str]:
        return {"PATH": f"{self.path}:{os.environ['PATH']}", "HOME": str(self.folder), "HATRACK_ACCOUNTS": str(self.accounts(state)),
                "LANG": "C.UTF-8", "AWS_REGION": "eu-west-1", **more}

    def run(self, command: list[str], environment: dict[str, str], folder: Path | None = None) -> subprocess.CompletedProcess:
        return subprocess.run(command, cwd=folder or self.project, env=environment, capture_output=True, text=True, timeout=300)

    def can(self, name: str, *options: str) -> bool:
        """Whether the binary has these; if not, that is said and the run is left out."""
        missing = [option for option in options if option not in self.has]
        if missing:
            self.count.skip(name, f"this hatrack has no {', '.join(missing)}")
        return not missing


def lay(folder: Path, binary: Path, count: Tally) -> Bench:
    bench = Bench(folder, binary, count)
    shutil.copytree(ROOT / "environments", bench.project / "environments")
    shutil.copytree(SCHEDULE, bench.project / ".github")
    (bench.project / "templates").mkdir()
    bench.path.mkdir()
    # PRETEND is for an exit code that this account cannot bring about.
    program(bench.path / "hatrack", f'#!/bin/sh\n"{binary}" "$@" --account-file "$HATRACK_ACCOUNTS"\nexit "${{PRETEND:-$?}}"\n')
    program(bench.path / "gh", f'#!/bin/sh\nexec "{sys.executable}" "{ROOT}/tests/schedule/gh.py" "$@"\n')
    (folder / "hatrack/bin").mkdir(parents=True)  # ~/hatrack/bin, where the workflow has it
    (folder / "hatrack/bin/hatrack").symlink_to(bench.path / "hatrack")
    done = bench.run(["hatrack", "apply", "--yes"], bench.environment("kept"))
    assert done.returncode == 0, done.stderr
    accounts = json.loads(bench.accounts("kept").read_text())
    group = accounts["state"]["resources"][f"{ACCOUNT}:group/DataScientists"]
    group["settings"].append({"attached": {"aws": "AdministratorAccess"}})
    bench.accounts("changed").write_text(json.dumps(accounts))
    group["settings"].append({"attached": {"aws": "IAMFullAccess"}})
    bench.accounts("changed-more").write_text(json.dumps(accounts))
    bench.accounts("broken").write_text("{")
    drift = bench.run(["hatrack", "drift", "--help"], bench.environment("kept")).stdout
    show = bench.run(["hatrack", "show", "--help"], bench.environment("kept")).stdout
    for option, text in [("--report", drift), ("--shard", drift), ("--webhook", drift), ("--merge", show)]:
        if re.search(rf"{option}\b", text):
            bench.has.add(option)
    if re.search(r"^\s*- brief:", drift, re.MULTILINE):
        bench.has.add("--format brief")
    return bench


def program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def issue_script(bench: Bench) -> None:
    """A life of the one issue. The report is hatrack's Markdown, which this hatrack has whatever else it lacks."""
    store = bench.folder / "issues.json"
    say = bench.environment("kept", GH_TOKEN="t", GH_REPO="acme/accounts", GH_ISSUES=str(store))
    report = bench.folder / "brief.md"

    def step(name: str, code: str, text: str | None, says: str, **wanted) -> None:
        report.unlink(missing_ok=True)
        if text is not None:
            report.write_text(text)
        done = bench.run(["sh", str(SCHEDULE / "drift-issue"), code, str(report)], say)
        issues = json.loads(store.read_text()) if store.exists() else []
        last = issues[-1] if issues else {"state": None, "title": "", "body": "", "comments": []}
        found = {"issues": len(issues), "state": last["state"], "comments": len(last["comments"])}
        text = last["title"] + last["body"]
        good = done.returncode == 0 and found == wanted and says in text
        bench.count.note(f"drift-issue: {name}", good, f"{done.stderr}\nfound {found}\nwanted {wanted}, {says!r} in\n{text[:2000]}")

    first = bench.run(["hatrack", "drift", "--format", "markdown"], bench.environment("changed")).stdout
    more = bench.run(["hatrack", "drift", "--format", "markdown"], bench.environment("changed-more")).stdout
    step("no drift, no issue", "0", "", issues=0, state=None, comments=0, says="")
    step("drift opens it", "2", first, issues=1, state="open", comments=0, says="AdministratorAccess")
    step("the same again says nothing", "2", first, issues=1, state="open", comments=0, says="AdministratorAccess")
    step("more drift is told in it", "2", more, issues=1, state="open", comments=1, says="IAMFullAccess")
    step("not known keeps it open", "1", None, issues=1, state="open", comments=2, says="nobody knows")
    step("a crash is not known", "101", None, issues=1, state="open", comments=2, says="There is no report")
    step("refused is told", "3", "", issues=1, state="open", comments=3, says="refused")
    step("no drift closes it", "0", "", issues=1, state="closed", comments=4, says="")
    step("no drift again leaves it", "0", "", issues=1, state="closed", comments=4, says="")
    step("drift opens it again", "2", first, issues=1, state="open", comments=5, says="AdministratorAccess")
    step("a report of 2 MB is cut at a line", "2", "an – address\n" * 150_000, issues=1, state="open", comments=6, says="the rest is in")


EXPRESSIONS = {"github.token": "t", "github.repository": "acme/accounts", "vars.AWS_REGION": "eu-west-1",
               "steps.aws.outputs.aws-access-key-id": "AKIAEXAMPLE", "steps.aws.outputs.aws-secret-access-key": "s",
               "steps.aws.outputs.aws-session-token": "s"}


def steps(bench: Bench, job: dict, state: str, here: Path, variables: dict[str, str], known: dict[str, str]) -> tuple[int, dict, str]:
    """Runs the `run` steps of a job as a runner does: bash -e, outputs, conditions. Steps that use an action are left out."""
    here.mkdir(parents=True, exist_ok=True)
    shutil.copytree(bench.project, here, dirs_exist_ok=True)
    outputs: dict[str, str] = {}
    result, log = 0, ""
    summary = here / "summary"
    for step in job["steps"]:
        if "run" not in step:
            continue
        condition = step.get("if", "")
        assert condition in ("", "${{ !cancelled() }}", "steps.cache.outputs.cache-hit != 'true'"), condition
        if result and not condition:
            continue

        def value(match: re.Match) -> str:
            expression = match[1].strip()
            if expression == "steps.drift.outputs.code || '1'":
                return outputs.get("code") or "1"
            return {**EXPRESSIONS, **known}[expression]

        own = {name: re.sub(r"\$\{\{(.*?)\}\}", value, str(text)) for name, text in step.get("env", {}).items()}
        output = here / "output"
        output.write_text("")
        assert "${{" not in step["run"], "an expression in a script is a way in"
        environment = bench.environment(state, GITHUB_OUTPUT=str(output), GITHUB_STEP_SUMMARY=str(summary), GITHUB_RUN_ID="7",
                                        GITHUB_SERVER_URL="https://github.com", GITHUB_REPOSITORY="acme/accounts",
                                        GH_ISSUES=str(bench.folder / "flow-issues.json"), **variables, **own)
        done = bench.run(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]], environment, here)
        outputs |= dict(line.split("=", 1) for line in output.read_text().splitlines())
        log += done.stdout + done.stderr
        result = result or done.returncode
    return result, outputs, log + (summary.read_text() if summary.exists() else "")


def issues(bench: Bench) -> list[dict]:
    store = bench.folder / "flow-issues.json"
    return json.loads(store.read_text()) if store.exists() else []


def workflow(bench: Bench) -> None:
    """The build is left out (cargo install), as are the actions; `gh` is one that keeps issues in a file."""
    if not bench.can("github-actions.yml", "--report"):
        return
    job = artefacts.read(SCHEDULE / "github-actions.yml")["jobs"]["drift"]
    for state, pretend, red, wanted in [("changed", "", 0, "open"), ("changed", "3", 3, "open"), ("broken", "", 1, "open"), ("kept", "", 0, "closed")]:
        more = {"PRETEND": pretend} if pretend else {}
        result, outputs, log = steps(bench, job, state, bench.folder / f"flow-{state}{pretend}", more, {})
        found = [issue["state"] for issue in issues(bench)]
        told = state != "changed" or "AdministratorAccess" in log
        bench.count.note(f"github-actions.yml: {state}{pretend and ', refused'} → exit code {red}, the issue is {wanted}",
                         result == red and found == [wanted] and told, f"{result} {outputs} {found}\n{log}")
    report = json.loads((bench.folder / "flow-changed/drift.json").read_text())
    bench.count.note("github-actions.yml: the artifact is JSON", report["summary"]["drift"] == 1, str(report["summary"]))


def sharded_workflow(bench: Bench) -> None:
    if not bench.can("github-actions-sharded.yml", "--report", "--shard", "--merge", "--format brief"):
        return
    jobs = artefacts.read(SCHEDULE / "github-actions-sharded.yml")
    variables = {"SHARDS": jobs["env"]["SHARDS"]}
    numbers = jobs["jobs"]["shard"]["strategy"]["matrix"]["shard"]
    bench.count.note("github-actions-sharded.yml: as many shards as SHARDS", numbers == list(range(1, int(variables["SHARDS"]) + 1)))
    joined = bench.folder / "joined"
    (joined / "shards").mkdir(parents=True)
    for number in numbers:
        here = bench.folder / f"shard-{number}"
        result, _, log = steps(bench, jobs["jobs"]["shard"], "changed", here, variables, {"matrix.shard": str(number)})
        bench.count.note(f"github-actions-sharded.yml: shard {number} has a report", result == 0, log)
        shutil.copy(here / f"shard-{number}.json", joined / "shards")
    result, outputs, log = steps(bench, jobs["jobs"]["drift"], "broken", joined, variables, {})
    whole = same_as_whole(bench, joined / "drift.json")
    bench.count.note("github-actions-sharded.yml: joined, as one job would have it", result == 0 and outputs["code"] == "2" and whole == "", f"{log}\n{whole}")
    next((joined / "shards").iterdir()).unlink()
    result, outputs, log = steps(bench, jobs["jobs"]["drift"], "broken", joined, variables, {})
    bench.count.note("github-actions-sharded.yml: a missing shard is not known", result == 1 and "Only 3 of 4" in log, log)


def same_as_whole(bench: Bench, joined: Path) -> str:
    """What differs between the findings of a joined report and those of one run over everything."""
    whole = json.loads(bench.run(["hatrack", "drift", "--format", "json"], bench.environment("changed")).stdout)
    parts = json.loads(joined.read_text())
    keys = ["drift", "summary", "not_checked"]
    return "" if all(whole[k] == parts[k] for k in keys) else json.dumps({k: [whole[k], parts[k]] for k in keys})


def gitlab(bench: Bench) -> None:
    if not bench.can("gitlab-ci.yml", "--report", "--format brief"):
        return
    job = artefacts.read(SCHEDULE / "gitlab-ci.yml")["drift"]
    script = artefacts.gitlab_script(SCHEDULE)
    for state, wanted in [("kept", 0), ("broken", 1), ("changed", 2)]:
        environment = bench.environment(state, AWS_ID_TOKEN="token", DRIFT_ROLE_ARN=f"arn:aws:iam::{ACCOUNT}:role/x")
        done = bench.run(["sh", "-ec", script], environment)
        bench.count.note(f"gitlab-ci.yml: {state} → exit code {wanted}", done.returncode == wanted, done.stdout + done.stderr)
    bench.count.note("gitlab-ci.yml: drift alone is a warning", job["allow_failure"]["exit_codes"] == [2])
    there = [path for path in job["artifacts"]["paths"] if (bench.project / path).exists()]
    bench.count.note("gitlab-ci.yml: the artifacts are there", there == job["artifacts"]["paths"], str(there))


def systemd(bench: Bench) -> None:
    """No systemd: the commands of the units, with their environment, %S a folder, and the variables that it would set."""
    folder = SCHEDULE / "systemd"
    state_folder = bench.folder / "state"
    (state_folder / "hatrack-drift").mkdir(parents=True)
    notice = bench.folder / "notice"

    def start(unit: str, state: str, **more: str) -> subprocess.CompletedProcess:
        done = None
        own = {key: value.replace("%S", str(state_folder)) for key, value in artefacts.unit_environment(folder / unit).items()}
        for _, words in artefacts.unit_commands(folder / unit):
            words = [word.replace("%S", str(state_folder)) for word in words]
            words = [{"/usr/local/bin/hatrack": "hatrack", "/usr/local/lib/hatrack/drift-notify": str(folder / "drift-notify")}.get(word, word) for word in words]
            done = bench.run(words, bench.environment(state) | own | more)
        return done

    settings = dict(artefacts.unit(folder / "hatrack-drift.service"))
    bench.count.note("hatrack-drift.service: 2 alone is success beside 0, and both ends are told",
                     settings["SuccessExitStatus"] == "2" and settings["OnSuccess"] == settings["OnFailure"] == "hatrack-drift-notify@%N.service")
    brief = state_folder / "hatrack-drift/drift.brief.md"
    for code, priority, words in [("2", 4, "drift: "), ("1", 3, "not known"), ("3", 3, "refused"), ("101", 3, "not known"), ("", 3, "not known")]:
        brief.write_text("a report\nof two lines\n")
        notice.unlink(missing_ok=True)
        done = start("hatrack-drift-notify@.service", "kept", MONITOR_EXIT_STATUS=code, HATRACK_NOTIFY=f"cat >{notice}")
        lines = done.stdout.splitlines()
        good = done.returncode == 0 and lines[0].startswith(f"<{priority}>{words}") and all(line.startswith(f"<{priority}>") for line in lines)
        bench.count.note(f"hatrack-drift-notify@.service: {code or 'no code'} → {words}", good and "of two lines" in notice.read_text(), done.stdout + done.stderr)
    notice.unlink()
    done = start("hatrack-drift-notify@.service", "kept", MONITOR_EXIT_STATUS="0", HATRACK_NOTIFY=f"cat >{notice}")
    bench.count.note("hatrack-drift-notify@.service: no drift wakes nobody", done.returncode == 0 and not notice.exists(), done.stdout + done.stderr)
    if not bench.can("hatrack-drift.service", "--report"):
        return
    for state, wanted in [("changed", 2), ("kept", 0), ("broken", 1)]:
        done = start("hatrack-drift.service", state)
        good = done.returncode == wanted and brief.exists() == (state != "broken")
        bench.count.note(f"hatrack-drift.service: {state} → exit code {wanted}", good, done.stdout + done.stderr)


def cronjob(bench: Bench) -> None:
    path = SCHEDULE / "kubernetes/cronjob.yaml"
    rules = artefacts.pod_job(path)["podFailurePolicy"]["rules"]
    at_once = rules[0]["onExitCodes"]["values"]
    bench.count.note("cronjob.yaml: drift and refusals are not tried again, errors are", at_once == [2, 3] and rules[0]["action"] == "FailJob")
    if not bench.can("cronjob.yaml, eventbridge-ecs.yaml", "--format brief"):
        return
    task = artefacts.read(SCHEDULE / "aws/eventbridge-ecs.yaml")["Resources"]["Task"]["Properties"]["ContainerDefinitions"][0]
    for name, words in [("cronjob.yaml", artefacts.container(path)["args"]), ("eventbridge-ecs.yaml", task["Command"])]:
        for state, wanted in [("kept", 0), ("broken", 1), ("changed", 2)]:
            done = bench.run(["hatrack", *words], bench.environment(state))
            bench.count.note(f"{name}: {state} → exit code {wanted}", done.returncode == wanted, done.stdout + done.stderr)


def indexed_job(bench: Bench) -> None:
    """Nine processes at once, each with its index; /reports is a folder here."""
    if not bench.can("indexed-job.yaml", "--report", "--shard", "--merge", "--format brief"):
        return
    path = SCHEDULE / "kubernetes/indexed-job.yaml"
    job, container = artefacts.pod_job(path), artefacts.container(path)
    own = {variable["name"]: variable.get("value", "hatrack-drift-1") for variable in container["env"]}
    shards = int(own["SHARDS"])
    bench.count.note("indexed-job.yaml: one index more than shards", job["completions"] == job["parallelism"] == shards + 1)
    reports = bench.folder / "reports"
    script = artefacts.indexed_script(SCHEDULE).replace("/reports", str(reports))

    def pod(index: int, **more: str) -> subprocess.CompletedProcess:
        return bench.run(["sh", "-euc", script], bench.environment("changed") | own | {"JOB_COMPLETION_INDEX": str(index)} | more)

    with ThreadPoolExecutor(shards + 1) as pods:
        done = list(pods.map(pod, reversed(range(shards + 1))))  # the join first: it has to wait
    codes = [one.returncode for one in reversed(done)]
    whole = same_as_whole(bench, reports / own["JOB_NAME"] / "drift.json")
    bench.count.note("indexed-job.yaml: nine pods, joined as one would have it", codes == [0] * shards + [2] and whole == "",
                     f"{codes}\n{whole}\n" + "\n".join(one.stdout + one.stderr for one in done))
    # One that has an environment: there may be more shards than environments.
    told = [path for path in sorted((reports / own["JOB_NAME"]).glob("shard-*.json")) if json.loads(path.read_text())["environments"]]
    told[0].unlink()
    last = pod(shards, WAIT_SECONDS="2")
    bench.count.note("indexed-job.yaml: a missing shard is not known", last.returncode == 1 and "Only 7 of 8" in last.stdout, last.stdout + last.stderr)
    failed = pod(int(told[0].stem.removeprefix("shard-")), HATRACK_ACCOUNTS=str(bench.accounts("broken")))
    bench.count.note("indexed-job.yaml: a shard without a report fails", failed.returncode == 1 and not told[0].exists(), failed.stdout + failed.stderr)


def codebuild(bench: Bench) -> None:
    if not bench.can("eventbridge-codebuild.yaml", "--format brief"):
        return
    import yaml

    stack = artefacts.read(SCHEDULE / "aws/eventbridge-codebuild.yaml")["Resources"]
    build = yaml.safe_load(stack["Project"]["Properties"]["Source"]["BuildSpec"])
    [variable] = build["env"]["exported-variables"]
    [command] = build["phases"]["build"]["commands"]
    told = stack["Drift"]["Properties"]["EventPattern"]["detail"]["additional-information"]["exported-environment-variables"]
    bench.count.note("eventbridge-codebuild.yaml: the rule waits for what the build exports", told == {"name": [variable], "value": ["2"]})
    script = command.replace("/accounts", str(bench.project))
    for state, pretend, code, succeeds in [("kept", "", "0", True), ("changed", "", "2", True), ("broken", "", "1", False), ("changed", "3", "3", False)]:
        more = {"PRETEND": pretend} if pretend else {}
        done = bench.run(["sh", "-c", f"{script}\nresult=$?\necho; sh -c 'echo exported ${variable}'\nexit $result"], bench.environment(state, **more))
        good = (done.returncode == 0) == succeeds and f"exported {code}" in done.stdout
        bench.count.note(f"eventbridge-codebuild.yaml: {state} → {code}, the build {'succeeds' if succeeds else 'fails'}", good, done.stdout + done.stderr)


def drift_role(bench: Bench) -> None:
    """The environment of the roles: it can be applied, leaves no drift, and allows what `permissions` prints."""
    project = bench.folder / "roles"
    (project / "environments").mkdir(parents=True)
    file = project / "environments/drift.yaml"
    text = (SCHEDULE / "drift-role.yaml").read_text()
    file.write_text(text)
    environment = bench.environment("roles")

    def hatrack(*words: str) -> subprocess.CompletedProcess:
        return bench.run(["hatrack", *words], environment, project)

    for words, wanted in [(["apply", "--yes"], 0), (["drift"], 0)]:
        done = hatrack(*words)
        bench.count.note(f"drift-role.yaml: {' '.join(words)} → exit code {wanted}", done.returncode == wanted, done.stdout + done.stderr)
    found = json.loads(bench.accounts("roles").read_text())["state"]["resources"]
    document = found[f"{ACCOUNT}:policy/hatrack-drift"]["core"]["policy"]["document"]
    ours = project / "ours.json"
    ours.write_text(json.dumps(document))
    printed = bench.run(["hatrack", "permissions", "--plan", "--format", "json", "analytics"], bench.environment("kept"))
    policies = json.loads(printed.stdout)[ACCOUNT]
    for number, policy in enumerate(policies):
        needed = project / f"needed-{number}.json"
        needed.write_text(json.dumps(policy))
        done = hatrack("policy", "compare", str(needed), str(ours), "--format", "json")
        compared = json.loads(done.stdout)
        bench.count.note("drift-role.yaml: allows all that `hatrack permissions --plan` prints", compared["relation"] in ("equivalent", "broader"), done.stdout)
    # What must not get through: a trust without a condition, a right to write, another's way in.
    objects = "      - { Sid: Peek, Effect: Allow, Action: s3:GetObject, Resource: 'arn:aws:s3:::acme-alpha/raw/*' }\n"
    condition = text[text.index("        conditions:\n          StringEquals:\n            token"):text.index("\n  # GitLab: one")]
    for name, good, broken, says in [
        ("a federated trust without conditions", condition, "", "conditions"),
        ("a right to write", "Action: cloudtrail:LookupEvents", "Action: iam:AttachRolePolicy", "they change nothing"),
        ("a right to read objects", "      # Who did it", objects + "      # Who did it", "they read settings and no objects"),
    ]:
        assert good in text, name
        file.write_text(text.replace(good, broken, 1))
        done = hatrack("validate")
        bench.count.note(f"drift-role.yaml: {name} is refused", done.returncode in (1, 3) and says in done.stderr + done.stdout, done.stdout + done.stderr)
    file.write_text(text)


def everything(binary: Path, count: Tally) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        bench = lay(Path(temporary), binary, count)
        for part in [drift_role, issue_script, workflow, sharded_workflow, gitlab, systemd, cronjob, indexed_job, codebuild]:
            part(bench)
        answers = machine.function(bench)
        machine.accounts(bench, answers)


if __name__ == "__main__":
    tally = Tally()
    everything(Path(sys.argv[1]).resolve(), tally)
    sys.exit(tally.close("schedule runs"))
