#!/usr/bin/env python3
"""faults.py BINARY [--sample N] [--jobs J] [--only KIND,…]

Breaks an apply of the small estate at every request, each time in an account of its own, and looks at what is left.

  kill       kill -9 at request i; apply again must finish and plan nothing, and the account is as after a clean apply
  lost       the answer to write i never comes, though it was done: the same run must cope
  late-503   write i is done, and answered 503: the same
  throttle   write i is throttled twice: the same
  reset      the connection breaks before write i: the same
  blind      on a settled account, a kind of read is denied, expired, cut short or fails for good: apply must write nothing

Both for the first apply (create) and for an apply of small/changed over it (change), which changes and deletes.
"""

import argparse
import concurrent.futures
import itertools
import json
import pathlib
import random
import sys
import tempfile
import threading
import time

import photo
from common import HERE, Checks, Server, run

RULES = {
    "kill": lambda i: {"at": i, "do": {"kill": True}},
    "kill-after": lambda i: {"write": True, "nth": i, "phase": "after", "do": {"kill": True}},
    "lost": lambda i: {"write": True, "nth": i, "phase": "after", "do": {"reset": True}},
    "late-503": lambda i: {"write": True, "nth": i, "phase": "after", "do": {"status": 503, "code": "ServiceUnavailable"}},
    "throttle": lambda i: {"write": True, "nth": i, "times": 2, "do": {"throttle": True}},
    "reset": lambda i: {"write": True, "nth": i, "do": {"reset": True}},
}
BLIND = {
    "denied": {"denied": True},
    "expired": {"expired": True},
    "cut": {"truncate": 0.5},
    "500": {"status": 500},
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
        return run(self.binary, list(arguments), self.account, self.server.url, self.directory, started=started)

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


def reference(server, binary, scratch, step):
    """(requests, writes, photograph) of an apply that nothing breaks."""
    case = Case(server, binary, scratch)
    case.prepare(step)
    done = case.apply()
    assert done.code == 0, f"a clean apply ({step}) fails: exit {done.code}\n{done.tail()}"
    log = case.control("stats")["log"]
    assert case.hatrack("plan").code == 0, f"a clean apply ({step}) leaves something to do"
    return len(log), sum(e["write"] for e in log), case.photograph()


def broken(server, binary, scratch, step, kind, i, wanted):
    """What is wrong after one fault; nothing if all is well."""
    case, killed = Case(server, binary, scratch), kind.startswith("kill")
    case.prepare(step)
    case.control("rules", [RULES[kind](i)])
    done = case.apply(pid=killed)
    fired = [e for e in case.control("stats")["log"] if e["fault"]]
    if not fired:
        return [] if done.code == 0 else [f"exit {done.code} without a fault", done.tail()]
    what = f"{step} {kind} {i} ({fired[0]['op']})"
    case.control("reset", {})
    if killed and done.code == 0:
        return [f"{what}: was not killed"]
    if killed:
        done = case.apply()
        if done.code != 0:
            return [f"{what}: apply again: exit {done.code}", done.tail()]
    elif done.code != 0:
        return [f"{what}: exit {done.code}", done.tail()]
    plan = case.hatrack("plan")
    if plan.code != 0:
        return [f"{what}: plan is not empty: exit {plan.code}", plan.tail()]
    (taken, versions), (clean, clean_versions) = case.photograph(), wanted
    lines = photo.differences(clean, taken)
    lines += [f"policy/{n}: {v} versions, not {clean_versions.get(n)}" for n, v in versions.items() if v > clean_versions.get(n, 0)]
    return [f"{what}: the account is not as after a clean apply", *("    " + l for l in lines)] if lines else []


def blind(server, binary, scratch, op, kind):
    case = Case(server, binary, scratch)
    done = case.apply()
    assert done.code == 0, done.tail()
    case.control("reset", {})
    case.control("rules", [{"op": op, "times": 0, "do": BLIND[kind]}])
    done = case.apply()
    log = case.control("stats")["log"]
    writes, what = [e["op"] for e in log if e["write"]], f"blind {op} {kind}"
    if writes:
        return [f"{what}: wrote {writes}", done.tail()]
    if any(e["fault"] for e in log) and done.code != 1:
        return [f"{what}: exit {done.code}, though not all could be read", done.tail()]
    return []


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("binary", type=pathlib.Path)
    arguments.add_argument("--sample", type=int, default=0, help="of each kind only so many, evenly spread; 0 is all")
    arguments.add_argument("--jobs", type=int, default=2)
    arguments.add_argument("--only", default="")
    given = arguments.parse_args()
    checks, binary, began = Checks(), given.binary.resolve(), time.monotonic()
    kinds = [k for k in given.only.split(",") if k] or [*RULES, "blind"]

    def sample(cases):
        return cases if not given.sample or len(cases) <= given.sample else [cases[i * len(cases) // given.sample] for i in range(given.sample)]

    with Server() as server, tempfile.TemporaryDirectory() as scratch:
        jobs = []
        for step in ("create", "change"):
            requests, writes, wanted = reference(server, binary, scratch, step)
            print(f"{step}: {requests} requests, {writes} of them writes", flush=True)
            for kind in RULES:
                if kind in kinds:
                    points = sample(range(1, (requests if kind == "kill" else writes) + 1))
                    jobs += [(kind, f"{step} {kind} at {i}", broken, (step, kind, i, wanted)) for i in points]
        if "blind" in kinds:
            case = Case(server, binary, scratch)
            case.prepare("change")
            case.write("environments")
            assert case.hatrack("plan").code == 0
            reads = sorted(case.control("stats")["by_operation"])
            jobs += [("blind", f"blind {op} {kind}", blind, (op, kind)) for op, kind in sample(list(itertools.product(reads, BLIND)))]
        random.Random(1).shuffle(jobs)  # so that a run that is cut short has seen something of each
        with concurrent.futures.ThreadPoolExecutor(given.jobs) as pool:
            running = {pool.submit(job[2], server, binary, scratch, *job[3]): job for job in jobs}
            for future in concurrent.futures.as_completed(running):
                name = running[future][1]
                try:
                    wrong = future.result()
                except Exception as error:
                    wrong = [f"{name}: {type(error).__name__}: {error}"]
                checks.check(name, not wrong, "\n".join(wrong))
    print(f"{len(jobs)} cases in {time.monotonic() - began:.0f} s")
    return checks.end("faults")


if __name__ == "__main__":
    sys.exit(main())
