#!/usr/bin/env python3
"""estate.py BINARY

Several accounts in one run: each by a profile or a role of its own; some that fail while the others go on; one-time
codes and the sessions that hatrack and botocore share; how many calls and threads there are; an interruption.
"""

import json
import os
import pathlib
import pty
import re
import select
import signal
import stat
import subprocess
import sys
import tempfile
import time

import botocore.session
from botocore.credentials import AssumeRoleCredentialFetcher
from botocore.utils import JSONFileCache

from common import REGION, Checks, Server

WRONG_CODE = {"op": "sts:AssumeRole", "do": {"status": 403, "code": "AccessDenied",
                                             "message": "MultiFactorAuthentication failed with invalid MFA one time pass code. "}}
CODE = "918273"


class Estate:
    """A project, a home with AWS configuration files, and the binary."""

    numbers = iter(range(800000000000, 900000000000))

    def __init__(self, server, binary, scratch):
        self.server, self.binary = server, binary
        self.directory = pathlib.Path(tempfile.mkdtemp(dir=scratch))
        self.home = self.directory / "home"
        (self.home / ".aws").mkdir(parents=True)
        (self.directory / "environments").mkdir()
        self.config = self.home / ".aws" / "config"
        self.config.write_text("")
        self.cache = self.home / ".aws" / "cli" / "cache"
        server.control("reset", {})

    def profile(self, name, account=None, **keys):
        """A profile with the account's access key, or with other keys."""
        if account:
            keys = {"aws_access_key_id": account, "aws_secret_access_key": "x", **keys}
        lines = "".join(f"{key} = {value}\n" for key, value in keys.items())
        self.config.write_text(self.config.read_text() + f"[profile {name}]\n{lines}")

    def environment(self, name, account, body="", **header):
        lines = "".join(f"{key}: {json.dumps(value)}\n" for key, value in header.items())
        text = f'environment: {name}\naccount: "{account}"\nregion: {REGION}\n{lines}{body}'
        (self.directory / "environments" / f"{name}.yaml").write_text(text)

    def variables(self, **more):
        kept = {k: v for k, v in os.environ.items() if k in ("PATH", "TMPDIR", "LANG")}
        return {**kept, "HOME": str(self.home), "AWS_CONFIG_FILE": str(self.config), "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "NO_COLOR": "1", "COLUMNS": "120", **more}

    def start(self, *arguments, **more):
        return subprocess.Popen([self.binary, *arguments, "--endpoint-url", self.server.url], cwd=self.directory, text=True,
                                env=self.variables(**more), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, *arguments, **more):
        process = self.start(*arguments, **more)
        out, err = process.communicate(timeout=240)
        process.out, process.err = out, err
        process.said = " ".join((out + err).split())
        return process

    def on_terminal(self, *arguments, answers):
        """Runs with a terminal for its input, and types an answer to each question."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen([self.binary, *arguments, "--endpoint-url", self.server.url], cwd=self.directory,
                                   env=self.variables(), stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        os.close(theirs)
        said, answers = b"", list(answers)
        while True:
            ready, _, _ = select.select([process.stderr], [], [], 60)
            piece = os.read(process.stderr.fileno(), 4096) if ready else b""
            if not piece:
                break
            said += piece
            if piece.rstrip(b" ").endswith(b":") and answers:
                os.write(ours, (answers.pop(0) + "\n").encode())
        out = process.stdout.read().decode()
        process.wait(60)
        os.close(ours)
        process.out, process.err = out, said.decode()
        process.said = " ".join((out + process.err).split())
        return process

    def calls(self, account=None):
        return self.server.control("stats", None, account)


def account():
    return str(next(Estate.numbers))


def role(name, trust="glue", **more):
    return {"roles": {name: {"trust": trust, **more}}}


def body(*parts):
    merged = {}
    for part in parts:
        for section, holders in part.items():
            merged.setdefault(section, {}).update(holders)
    return "".join(f"{section}: {json.dumps(holders)}\n" for section, holders in merged.items())


def not_checked(run):
    return {each["environment"]: each["text"] for each in json.loads(run.out).get("environments_not_checked", [])}


def three(new, **more):
    """Three environments, each with an account and a profile of its own."""
    estate = new()
    accounts = [account() for _ in range(3)]
    for n, number in enumerate(accounts, 1):
        estate.profile(f"p{n}", number)
        estate.environment(f"e{n}", number, body(role(f"Role{n}")), profile=f"p{n}")
    return estate, accounts


def one_fails(new, checks):
    estate, accounts = three(new)
    done = estate.run("apply", "--yes")
    checks.check("three accounts are applied in one run, each by its own profile", done.returncode == 0, done.out + done.err)
    checks.check("there is nothing to do afterwards", estate.run("plan").returncode == 0)
    named = f"arn:aws:iam::{accounts[1]}:role/New2"
    trust = [{"Effect": "Allow", "Principal": {"AWS": named}, "Action": "sts:AssumeRole"}]
    for n, number in enumerate(accounts, 1):
        new_role = {"roles": {f"New{n}": {"trust": "glue"}}}
        names_two = {"roles": {"NamesTwo": {"trust": trust}}} if n == 1 else {}
        estate.environment(f"e{n}", number, body(role(f"Role{n}"), new_role, names_two), profile=f"p{n}")
    whole = estate.run("plan", "--format", "json")
    steps = [f'{step["account"]} {step["address"]}' for step in json.loads(whole.out)["steps"]] if whole.returncode == 2 else []
    checks.check("a principal comes before the trust policy of another account that names it",
                 f"{accounts[1]} role/New2" in steps and steps.index(f"{accounts[1]} role/New2") < steps.index(f"{accounts[0]} role/NamesTwo"),
                 whole.out + whole.err)
    down = [{"op": "sts:GetCallerIdentity", "times": 0, "do": {"status": 403, "code": "InvalidClientTokenId", "message": "gone"}}]
    estate.server.control("rules", down, accounts[1])
    for command in ("plan", "drift"):
        run = estate.run(command, "--format", "json")
        there = not_checked(run) if run.returncode == 1 else {}
        heads = [e.get("environment", e).get("name") if isinstance(e.get("environment"), dict) else e["name"]
                 for e in json.loads(run.out)["environments"]] if run.out else []
        checks.check(f"{command} goes on with the rest and says what was not checked",
                     list(there) == ["e2"] and "gone" in there["e2"] and heads == ["e1", "e3"], run.out + run.err)
    text = estate.run("plan").out
    checks.check("a person reads it first and last", text.startswith("1 environment not checked:") and
                 text.rstrip().rfind("1 environment not checked:") > len(text) // 2, text)
    estate.server.control("reset", {}, accounts[0])
    estate.server.control("reset", {}, accounts[1])
    estate.server.control("rules", down, accounts[1])
    done = estate.run("apply", "--yes")
    writes = [entry["op"] for entry in estate.calls(accounts[1])["log"] if entry["write"]]
    made = {r["RoleName"] for r in estate.server.client("iam", accounts[0]).list_roles()["Roles"]}
    checks.check("apply does the rest, holds back what names the account that failed, and exits with 1",
                 done.returncode == 1 and not writes and "New1" in made and "NamesTwo" not in made and "left out" in done.err
                 and "role/NamesTwo is left as it is" in done.said, done.out + done.err)
    estate.server.control("rules", [], accounts[1])
    done = estate.run("apply", "--yes")
    made = {r["RoleName"] for r in estate.server.client("iam", accounts[0]).list_roles()["Roles"]}
    checks.check("once it is there again, one apply does the rest", done.returncode == 0 and "NamesTwo" in made, done.out + done.err)
    estate.server.control("rules", down, accounts[1])
    snapshot = estate.run("snapshot", "-o", "kept.json")
    kept = json.loads((estate.directory / "kept.json").read_text())["state"]["accounts"]
    checks.check("a snapshot has the rest, and exits with 1", snapshot.returncode == 1 and sorted(kept) == [accounts[0], accounts[2]]
                 and "e2" in snapshot.err, snapshot.err)
    asked = estate.run("who-can", "--on", "live", "sts:AssumeRole", f"arn:aws:iam::{accounts[0]}:role/Role1")
    checks.check("a question about who can do something is not answered without one", asked.returncode == 1 and "e2" in asked.err, asked.out + asked.err)


def roles_refused(new, checks):
    estate, accounts = three(new)
    estate.profile("wrong-account", account())
    for n, number, role_to_assume in ((1, accounts[0], {"role": "Deployer", "external_id": "not-this-one"}), (2, accounts[1], None)):
        header = {"assume_role": role_to_assume} if role_to_assume else {}
        estate.environment(f"e{n}", number, body(role(f"Role{n}")), profile=f"p{n}", **header)
    estate.environment("e3", accounts[2], body(role("Role3")), profile="wrong-account")
    estate.environment("e4", account(), body(role("Role4")), profile="p-none")
    message = f"User: arn:aws:iam::{accounts[0]}:user/x is not authorized to perform: sts:AssumeRole"
    estate.server.control("rules", [{"op": "sts:AssumeRole", "times": 0, "do": {"status": 403, "code": "AccessDenied", "message": message}}], accounts[0])
    run = estate.run("plan", "--format", "json")
    said = not_checked(run) if run.returncode == 1 else {}
    checks.check("a refused role, a wrong account and a missing profile leave the rest standing",
                 sorted(said) == ["e1", "e3", "e4"] and "cannot be assumed" in said["e1"] and "belong to account" in said["e3"]
                 and "there is no AWS profile `p-none`" in said["e4"], run.out + run.err)
    helps = {e["environment"]: e["help"] for e in json.loads(run.out)["environments_not_checked"]}
    checks.check("and each says what to do", any("external_id" in line for line in helps["e1"]), json.dumps(helps))
    near = estate.run("plan", "e2", "--profile", "p22")
    checks.check("a profile that is not there has a near one", near.returncode == 1 and "did you mean `p2" in near.said, near.said)


def two_roles(new, checks):
    estate = new()
    number = account()
    estate.profile("work", number)
    estate.environment("e1", number, body(role("Role1")), profile="work", assume_role={"role": "Deployer", "read_role": "Reader"})
    for code, *command in ((2, "plan"), (2, "drift"), (0, "apply", "--yes"), (0, "plan")):
        run = estate.run(*command, "-v")
        wanted = "Deployer" if command[0] == "apply" else "Reader"
        roles = set(re.findall(r"working as \S+assumed-role/(\w+)/", run.err))
        checks.check(f"{command[0]} works as {wanted}, and as nobody else", (run.returncode, roles) == (code, {wanted}), f"{run.returncode} {roles} {run.said}")
    for purpose, wanted in (("--plan", "Reader"), ("--apply", "Deployer")):
        run = estate.run("permissions", purpose)
        checks.check(f"permissions {purpose} are those of {wanted}", f"role/{wanted}" in run.said and run.said.count(":role/Deployer") + run.said.count(":role/Reader") == run.said.count(f":role/{wanted}"), run.said)


def two_ways(new, checks):
    estate, number = new(), account()
    iam = estate.server.client("iam", number)
    keys = {}
    for name in ("ann", "bob"):
        iam.create_user(UserName=name)
        keys[name] = iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
        estate.profile(name, keys[name])
        part = body(role(f"Of{name}"), {"groups": {f"G{name}": {}}})
        estate.environment(name, number, part, profile=name, ignore=[{"address": "user/*", "reason": "these test"}])
    done = estate.run("apply", "--yes")
    log = estate.calls(number)["log"]
    made = {(entry["key"], entry["op"]) for entry in log if entry["write"]}
    checks.check("two environments of one account are applied, each by its own way",
                 done.returncode == 0 and (keys["ann"], "iam:CreateRole") in made and (keys["bob"], "iam:CreateRole") in made,
                 done.out + done.err + str(made))
    again = estate.run("drift")
    checks.check("and there is no drift", again.returncode == 0, again.out + again.err)
    for name in ("ann", "bob"):
        estate.environment(name, number, body(role(f"Of{name}")), profile=name, ignore=[{"address": "user/*", "reason": "these test"}])
    estate.server.control("reset", {})
    done = estate.run("apply", "--yes")
    gone = {(entry["key"], entry["op"]) for entry in estate.calls(number)["log"] if entry["write"]}
    checks.check("what is no longer declared goes by the way of whose it is",
                 gone == {(keys["ann"], "iam:DeleteGroup"), (keys["bob"], "iam:DeleteGroup")}, done.out + done.err + str(gone))
    estate.server.control("rules", [{"op": "sts:GetCallerIdentity", "do": {"status": 403, "code": "InvalidClientTokenId", "message": "gone"}, "times": 0}], number)
    alone = estate.run("plan")
    checks.check("when both fail both are told", alone.returncode == 1 and "2 environments not checked" in alone.said, alone.out + alone.err)


def codes(new, checks):
    estate, number, base = new(), account(), account()
    serial = f"arn:aws:iam::{base}:mfa/ann"
    target = f"arn:aws:iam::{number}:role/Admin"
    estate.profile("base", base, mfa_serial=serial)
    estate.profile("work", role_arn=target, source_profile="base", mfa_serial=serial, duration_seconds=3600, role_session_name="ann")
    estate.environment("e1", number, body(role("Role1")), profile="work")
    assumed = lambda: estate.calls(base)["by_operation"].get("sts:AssumeRole", 0)
    run = estate.run("plan")
    checks.check("without a code and a terminal it says what is missing",
                 run.returncode == 1 and "there is no terminal to ask on" in run.said and serial in run.said and assumed() == 0, run.said)
    run = estate.run("plan", "--mfa-code", "12ab")
    checks.check("what is no code is not sent, and not said", run.returncode == 1 and "six digits" in run.said and "12ab" not in run.said
                 and assumed() == 0, run.said)
    estate.server.control("rules", [{**WRONG_CODE, "times": 0}], base)
    run = estate.run("plan", "-vv", "--mfa-code", CODE)
    checks.check("a wrong code is said, and is in no output", run.returncode == 1 and "did not take the code" in run.said and CODE not in run.said
                 and assumed() == 1, run.said)
    estate.server.control("rules", [], base)
    estate.server.control("reset", {}, base)
    run = estate.run("plan", "-vv", HATRACK_MFA_CODE=CODE)
    files = list(estate.cache.glob("*.json"))
    checks.check("a code in the environment opens the account", run.returncode == 2 and assumed() == 1 and CODE not in run.said, run.said)
    checks.check("the session is kept for its owner alone", len(files) == 1 and stat.S_IMODE(files[0].stat().st_mode) == 0o600, str(files))
    session = json.loads(files[0].read_text())["Credentials"] if files else {}
    checks.check("no secret of it is in any output", session and session["SecretAccessKey"] not in run.said and session["SessionToken"] not in run.said)
    run = estate.run("plan")
    checks.check("the next run takes the session without a code", run.returncode == 2 and assumed() == 1, run.said)

    def never(_):
        raise AssertionError("botocore asks for a code")

    def of_botocore(prompter):
        variables = {"AWS_CONFIG_FILE": str(estate.config), "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_ENDPOINT_URL": estate.server.url,
                     "AWS_REGION": REGION, "HOME": str(estate.home), "AWS_DEFAULT_REGION": REGION}
        before = {k: os.environ.get(k) for k in variables}
        os.environ.update(variables)
        try:
            session = botocore.session.Session(profile="work")
            provider = session.get_component("credential_provider").get_provider("assume-role")
            provider.cache, provider._prompter = JSONFileCache(str(estate.cache)), prompter
            return provider.load().get_frozen_credentials()
        finally:
            for k, v in before.items():
                os.environ.pop(k, None) if v is None else os.environ.__setitem__(k, v)

    try:
        theirs = of_botocore(never)
        checks.check("botocore takes the session that hatrack keeps", theirs.access_key == session["AccessKeyId"])
    except AssertionError as error:
        checks.check("botocore takes the session that hatrack keeps", False, str(error))
    files[0].unlink()
    estate.server.control("reset", {}, base)
    theirs = of_botocore(lambda _: CODE)
    before = assumed()
    run = estate.run("plan")
    checks.check("hatrack takes the session that botocore keeps", before == 1 and run.returncode == 2 and assumed() == 1, run.said)
    path = next(estate.cache.glob("*.json"))
    whole = path.read_text()
    for name, text in (("an ended", json.dumps({"Credentials": {**session, "Expiration": "2020-01-01T00:00:00UTC"}})), ("half a", whole[: len(whole) // 2])):
        path.write_text(text)
        estate.server.control("reset", {}, base)
        run = estate.run("plan")
        checks.check(f"{name} session is as good as none", run.returncode == 1 and "no terminal" in run.said, run.said)
        run = estate.run("plan", "--mfa-code", CODE)
        checks.check(f"{name} session is renewed", run.returncode == 2 and assumed() == 1 and json.loads(path.read_text()), run.said)
    path.unlink()
    estate.server.control("reset", {}, base)
    estate.server.control("rules", [{**WRONG_CODE, "times": 1}], base)
    run = estate.on_terminal("plan", answers=["nonsense", "111111", CODE])
    checks.check("on a terminal it asks until it has a code that AWS takes",
                 run.returncode == 2 and "a code is six digits" in run.said and "AWS did not take that code." in run.said and assumed() == 2
                 and CODE not in run.said, run.said)
    path.unlink()
    estate.server.control("reset", {}, base)
    estate.server.control("rules", [{**WRONG_CODE, "times": 0}], base)
    run = estate.on_terminal("plan", answers=["111111", "222222", "333333", "444444"])
    checks.check("but not more than three times", run.returncode == 1 and "took none of 3 codes" in run.said and assumed() == 3, run.said)
    estate.server.control("rules", [], base)
    estate.environment("e1", base, body(role("Role1")), profile="base")
    run = estate.run("plan")
    checks.check("a device beside no role says nothing, as in the AWS CLI", run.returncode == 2 and assumed() == 3, run.said)
    for n in (1, 2):
        estate.environment(f"e{n}", account(), body(role("Role1")), profile="work", assume_role={"role": "Deployer"})
    estate.server.control("reset", {})
    run = estate.run("plan", "--mfa-code", CODE)
    checks.check("one code opens all accounts whose roles are assumed from the same profile",
                 run.returncode == 2 and assumed() == 1, run.said)


def bounds(new, checks):
    estate, count = new(), 40
    for n in range(count):
        number = account()
        estate.profile(f"p{n}", number)
        estate.environment(f"e{n:02}", number, body(role("Role")), profile=f"p{n}")
    for parallelism in (1, 4):
        estate.server.control("reset", {})
        estate.server.control("rules", [{"op": "iam:.*", "times": 0, "do": {"delay_ms": 15}}])
        process, threads = estate.start("plan", "--parallelism", str(parallelism)), 0
        while process.poll() is None:
            try:
                status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
                threads = max(threads, int(status.split("Threads:")[1].split()[0]))
            except (OSError, IndexError):
                pass
            if select.select([process.stdout], [], [], 0.02)[0] and not process.stdout.read(65536):
                break
        process.communicate(timeout=120)
        peak = estate.calls()["peak"]
        checks.check(f"--parallelism {parallelism} bounds the calls of {count} accounts together: {peak}, by {threads} threads",
                     peak <= parallelism and threads <= parallelism + 10 and process.returncode == 2)
    estate.server.control("reset", {})
    estate.server.control("rules", [{"op": "iam:.*", "times": 0, "do": {"delay_ms": 300}}])
    process = estate.start("plan", "--parallelism", "2")
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    out, err = process.communicate(timeout=120)
    asked = estate.calls()["by_operation"].get("sts:GetCallerIdentity", 0)
    checks.check("an interruption ends parallel reads: no further account is begun",
                 process.returncode == 1 and "interrupted" in err and asked < count // 2 and time.monotonic() - began < 15, f"{asked}\n{out}{err}")


def main():
    binary = str(pathlib.Path(sys.argv[1]).resolve())
    checks = Checks()
    with tempfile.TemporaryDirectory() as scratch, Server() as server:
        new = lambda: Estate(server, binary, scratch)
        for part in (one_fails, roles_refused, two_roles, two_ways, codes, bounds):
            if len(sys.argv) < 3 or part.__name__ in sys.argv[2:]:
                part(new, checks)
        checks.emulator(server)
    return checks.end("estate")


if __name__ == "__main__":
    sys.exit(main())
