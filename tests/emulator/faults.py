#!/usr/bin/env python3
"""faults.py BINARY [--quick | --thorough] [--jobs J] [--only KIND,…]

Breaks applies of the small estate, each time in an account of its own, and looks at what is left. Both for the first
apply (create) and for an apply of small/changed over it (change), which changes and deletes:

  kill-after  kill -9 after write i is done, its answer not sent; apply again must finish, plan nothing, and leave the
              account as a clean apply does
  kill        kill -9 at request i: the same (a read, or a write that is not done)
  expire      the credentials expire at write i: it says so, begins nothing more, exits 1; then as after a kill
  lost        the answers to every sixth write from write i never come, though it was done: the same run must cope
  late-503    they are done, and answered 503: the same
  throttle    they are throttled twice: the same
  reset       the connection breaks before them: the same

And on a settled account, where a kind of read fails for good, whether plan, apply and drift say so and exit 1, and write nothing:

  denied, expired, cut (the answer breaks off), 500

And with a changed specification: a kind of read is denied while applying (denied-change). What is not seen is not written,
what can be done may be, exit 1; once it is allowed again one apply finishes. The same when only the last look is denied.
"""

import argparse
import concurrent.futures
import itertools
import json
import pathlib
import random
import re
import sys
import tempfile
import threading
import time

import photo
from common import HERE, Checks, Server, run

STRIDE = 6
RULES = {
    "kill": lambda i: {"at": i, "do": {"kill": True}},
    "kill-after": lambda i: {"write": True, "nth": i, "phase": "after", "do": {"kill": True}},
    "expire": lambda i: {"write": True, "nth": i, "times": 0, "do": {"expired": True}},
    "lost": lambda i: {"write": True, "nth": i, "every": STRIDE, "times": 0, "phase": "after", "do": {"reset": True}},
    "late-503": lambda i: {"write": True, "nth": i, "every": STRIDE, "times": 0, "phase": "after",
                           "do": {"status": 503, "code": "ServiceUnavailable"}},
    "throttle": lambda i: {"write": True, "nth": i, "every": STRIDE, "times": 0, "do": {"throttle": True}},
    "reset": lambda i: {"write": True, "nth": i, "every": STRIDE, "times": 0, "do": {"reset": True}},
}
ENDING = ("kill", "kill-after", "expire")  # the run cannot go on after these
BLIND = {
    "denied": {"denied": True},
    "expired": {"expired": True},
    "cut": {"truncate": 0.5},
    "500": {"status": 500},
}
PATIENT = ("cut", "500")  # hatrack asks again for two minutes
# What no change depends on: without it hatrack goes on, and says so.
DISPENSABLE = ("iam:GetAccountSummary",)
# What must not be written when a read is denied, beside what the read is about.
HIDES = {
    "iam:GetAccountAuthorizationDetails": "iam:(?!.*InstanceProfile).*", "iam:ListRoles": "iam:.*Role(?!.*InstanceProfile).*",
    "iam:ListInstanceProfiles": "iam:.*InstanceProfile.*", "iam:GetPolicy": "iam:(Tag|Untag)Policy",
    "iam:ListAccessKeys": "iam:(DeleteUser|DeleteAccessKey|CreateLoginProfile|DeleteLoginProfile)",
    "iam:GetLoginProfile": "iam:(DeleteUser|CreateLoginProfile|DeleteLoginProfile)",
    "iam:ListMFADevices": "iam:(DeleteUser|DeactivateMFADevice)",
    "iam:ListSSHPublicKeys": "iam:(DeleteUser|DeleteSSHPublicKey)",
    "iam:ListSigningCertificates": "iam:(DeleteUser|DeleteSigningCertificate)",
    "iam:ListServiceSpecificCredentials": "iam:(DeleteUser|DeleteServiceSpecificCredential)",
    "sts:GetCallerIdentity": ".*", "s3:ListBuckets": "s3:.*", "s3:GetBucketTagging": "s3:.*",
    "s3:GetBucketPolicy": "s3:.*BucketPolicy", "s3:GetBucketVersioning": "s3:.*Versioning",
    "s3:GetBucketEncryption": "s3:.*Encryption", "s3:GetPublicAccessBlock": "s3:.*PublicAccessBlock",
    "s3:GetBucketOwnershipControls": "s3:.*OwnershipControls", "s3:GetBucketLifecycleConfiguration": "s3:.*Lifecycle.*",
}


class Case:
    """One account and one directory of its own."""

    numbers = itertools.count(700000000000)
    taking = threading.Lock()

    def __init__(self, server, binary, scratch):
        with Case.taking:
            self.account = str(next(Case.numbers))
        self.server, self.binary = server, binary
        self.directory = pathlib.Path(scratch) / self.account
        (self.directory / "environments").mkdir(parents=True)
        self.write("environments")

    def write(self, of):
        text = (HERE / "small" / of / "analytics.yaml").read_text().replace("111122223333", self.account)
        (self.directory / "environments" / "analytics.yaml").write_text(text)

    def control(self, action, body=None):
        return self.server.control(action, body, self.account)

    def hatrack(self, *arguments, pid=False):
        started = (lambda process: self.control("pid", {"pid": process.pid})) if pid else None
        return run(self.binary, list(arguments), self.account, self.server.url, self.directory, timeout=300, started=started)

    def apply(self, pid=False):
        return self.hatrack("apply", "--yes", pid=pid)

    def photograph(self):
        """The account with its number taken out, and how many versions its policies have."""
        iam = self.server.client("iam", self.account)
        taken = photo.take(iam, self.server.client("s3", self.account))
        versions = {p["PolicyName"]: len(iam.list_policy_versions(PolicyArn=p["Arn"])["Versions"])
                    for p in iam.list_policies(Scope="Local")["Policies"]}
        return json.loads(json.dumps([taken, versions]).replace(self.account, "ACCOUNT"))

    def prepare(self, step):
        """Brings the account to where the step begins."""
        if step == "change":
            done = self.apply()
            assert done.code == 0, done.tail()
            self.write("changed")
        self.control("reset", {})

    def wrong(self, what, wanted):
        """What is not as a clean apply leaves it."""
        plan = self.hatrack("plan")
        if plan.code != 0:
            return [f"{what}: plan is not empty: exit {plan.code}", plan.tail()]
        (taken, versions), (clean, clean_versions) = self.photograph(), wanted
        lines = photo.differences(clean, taken)
        lines += [f"policy/{n}: {v} versions, not {clean_versions.get(n)}" for n, v in versions.items() if v > clean_versions.get(n, 0)]
        passwords = self.directory / "hatrack-one-time-passwords.txt"
        known = passwords.read_text().split() if passwords.exists() else []
        lines += [f"{name}: signs in, but nobody has the password" for name, user in taken.items()
                  if user.get("sign-in") and name.removeprefix("user/") not in known]
        return [f"{what}: the account is not as after a clean apply", *("    " + line for line in lines)] if lines else []


def reference(server, binary, scratch, step):
    """(log, photograph) of an apply that nothing breaks."""
    case = Case(server, binary, scratch)
    case.prepare(step)
    done = case.apply()
    assert done.code == 0, f"a clean apply ({step}) fails: exit {done.code}\n{done.tail()}"
    log = case.control("stats")["log"]
    assert case.hatrack("plan").code == 0, f"a clean apply ({step}) leaves something to do"
    return log, case.photograph()


def broken(server, binary, scratch, step, kind, i, wanted):
    """What is wrong after faults; nothing if all is well."""
    case, killed = Case(server, binary, scratch), kind.startswith("kill")
    case.prepare(step)
    case.control("rules", [RULES[kind](i)])
    done = case.apply(pid=killed)
    log = case.control("stats")["log"]
    fired = [e for e in log if e["fault"]]
    if not fired:
        return [] if done.code == 0 else [f"exit {done.code} without a fault", done.tail()]
    what = f"{step} {kind} {i} ({', '.join(e['op'] for e in fired[:8])})"
    case.control("reset", {})
    if kind == "expire":
        said = re.search("credentials .*(valid|expired|ran out)", done.out + done.err)
        if done.code != 1 or not said:
            return [f"{what}: exit {done.code}, or it does not say why", done.tail()]
    if kind in ENDING:
        if killed and done.code != -9:
            return [f"{what}: was not killed: exit {done.code}", done.tail()]
        done = case.apply()
        if done.code != 0:
            return [f"{what}: apply again: exit {done.code}", done.tail()]
    elif done.code != 0:
        return [f"{what}: exit {done.code}", done.tail()]
    return case.wrong(what, wanted)


def settled(server, binary, scratch):
    case = Case(server, binary, scratch)
    case.prepare("create")
    done = case.apply()
    assert done.code == 0, done.tail()
    return case


def blind(server, binary, scratch, op, kind, verbs, case=None):
    """A settled account of which a kind of read fails for good."""
    case, wrong = case or settled(server, binary, scratch), []
    for verb in verbs:
        case.control("reset", {})
        case.control("rules", [{"op": op, "times": 0, "do": BLIND[kind]}])
        done = case.hatrack(verb, *(["--yes"] if verb == "apply" else []))
        log, what = case.control("stats")["log"], f"{verb} blind to {op}: {kind}"
        case.control("reset", {})
        writes, faults = [e["op"] for e in log if e["write"]], [e for e in log if e["fault"]]
        said = (done.out + done.err).replace("\n", " ")
        words = "not valid" if kind == "expired" else op.partition(":")[2] if kind == "denied" else "failed|reached|cut|breaks off"
        if writes:
            wrong += [f"{what}: wrote {writes}", done.tail()]
        elif not faults:
            if done.code != 0:
                wrong += [f"{what}: exit {done.code} though nothing failed", done.tail()]
        elif done.code != (0 if op in DISPENSABLE and kind != "expired" else 1):
            wrong += [f"{what}: exit {done.code}, though not all could be read", done.tail()]
        elif not re.search(words, said):
            wrong += [f"{what}: does not say so", done.tail()]
    return wrong


def denied(server, binary, scratch, step, op, wanted):
    """Changes wanted, and a kind of read is denied."""
    case = Case(server, binary, scratch)
    case.prepare(step)
    case.control("rules", [{"op": op, "times": 0, "do": BLIND["denied"]}])
    done = case.apply()
    log, what = case.control("stats")["log"], f"{step} with {op} denied"
    if not any(e["fault"] for e in log):
        return [] if done.code == 0 else [f"{what}: exit {done.code} though nothing was denied", done.tail()]
    if done.code != (0 if op in DISPENSABLE else 1):
        return [f"{what}: exit {done.code}", done.tail()]
    if not re.search("denied|not authorized", (done.out + done.err).replace("\n", " ")):
        return [f"{what}: does not say so", done.tail()]
    hidden = [e["op"] for e in log if e["write"] and step == "change" and op in HIDES and re.fullmatch(HIDES[op], e["op"])]
    if hidden:
        return [f"{what}: wrote {hidden}", done.tail()]
    case.control("reset", {})
    done = case.apply()
    if done.code != 0:
        return [f"{what}: apply again: exit {done.code}", done.tail()]
    return case.wrong(what, wanted)


def spread(points, most):
    points = list(points)
    return points if not most or len(points) <= most else [points[i * len(points) // most] for i in range(most)]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("binary", type=pathlib.Path)
    arguments.add_argument("--quick", action="store_true", help="few of each")
    arguments.add_argument("--thorough", action="store_true", help="kill and expire at every request, and every blind read in every way")
    arguments.add_argument("--jobs", type=int, default=2)
    arguments.add_argument("--only", default="")
    given = arguments.parse_args()
    checks, binary, began = Checks(), given.binary.resolve(), time.monotonic()
    chosen = {k for k in given.only.split(",") if k} or {*RULES, *BLIND, "denied-change"}
    most = lambda quick, usual: quick if given.quick else 0 if given.thorough else usual
    servers = [Server() for _ in range(given.jobs)]
    free = threading.local()
    turns = itertools.cycle(servers)
    # Those who wait for two minutes wait side by side, but are prepared one after another.
    preparing = threading.Lock()

    with tempfile.TemporaryDirectory() as scratch:
        jobs, logs, photographs = [], {}, {}
        for step in ("create", "change"):
            logs[step], photographs[step] = reference(servers[0], binary, scratch, step)
            requests, writes = len(logs[step]), sum(e["write"] for e in logs[step])
            print(f"{step}: {requests} requests, {writes} of them writes", flush=True)
            points = {kind: spread(range(1, STRIDE + 1), most(2, 0)) for kind in RULES} | {
                "kill": spread(range(1, requests + 1), most(3, 10)),
                "kill-after": spread(range(1, writes + 1), most(6, 0)),
                "expire": spread(range(1, writes + 1), most(2, 4)),
            }
            jobs += [(f"{step} {kind} at {i}", broken, (step, kind, i, photographs[step])) for kind in points if kind in chosen for i in points[kind]]
        looks = sorted({e["op"] for e in logs["change"] if not e["write"]})
        case = settled(servers[0], binary, scratch)
        case.control("reset", {})
        for verb in ("plan", "drift"):
            assert case.hatrack(verb).code == 0
        reads = sorted(case.control("stats")["by_operation"])
        for op in reads:
            jobs += [(f"blind to {op}: {kind}", blind, (op, kind, ("plan", "apply", "drift"))) for kind in ("denied", "expired") if kind in chosen]
        if "denied-change" in chosen:
            jobs += [(f"change with {op} denied", denied, ("change", op, photographs["change"])) for op in spread(looks, most(4, 0))]
            # Before the first apply there is no bucket to ask of: only its last look is blind.
            jobs += [(f"last look with {op} denied", denied, ("create", op, photographs["create"]))
                     for op in looks if re.match("s3:Get(?!.*Encryption|.*Policy|.*Lifecycle)", op)]
        slow = [(f"blind to {op}: {kind}", (op, kind, ("apply",))) for i, op in enumerate(reads) for j, kind in enumerate(PATIENT)
                if kind in chosen and not given.quick and (given.thorough or i % 2 == j)]
        random.Random(1).shuffle(jobs)  # so that a run that is cut short has seen something of each

        def one(what, arguments):
            if not hasattr(free, "server"):
                free.server, free.settled = next(turns), None
            extra = {}
            if what is blind:
                free.settled = free.settled or settled(free.server, binary, scratch)
                extra["case"] = free.settled
            wrong = what(free.server, binary, scratch, *arguments, **extra)
            if wrong:
                free.settled = None
            return wrong

        def patient(arguments):
            with preparing:
                server = next(turns)
                case = settled(server, binary, scratch)
            return blind(server, binary, scratch, *arguments, case=case)

        with concurrent.futures.ThreadPoolExecutor(given.jobs) as pool, concurrent.futures.ThreadPoolExecutor(max(1, len(slow))) as waiting:
            running = {waiting.submit(patient, arguments): name for name, arguments in slow}
            running |= {pool.submit(one, what, arguments): name for name, what, arguments in jobs}
            for future in concurrent.futures.as_completed(running):
                name = running[future]
                try:
                    wrong = future.result()
                except Exception as error:
                    wrong = [f"{name}: {type(error).__name__}: {error}"]
                checks.check(name, not wrong, "\n".join(wrong))
    for server in servers:
        server.__exit__()
    checks.emulator(*servers)
    print(f"{len(running)} cases in {time.monotonic() - began:.0f} s")
    return checks.end("faults")


if __name__ == "__main__":
    sys.exit(main())
