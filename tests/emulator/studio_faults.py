#!/usr/bin/env python3
"""studio_faults.py BINARY [--quick] [--jobs J] [--only KIND,…]

Breaks the calls that change SageMaker, each time in an account of its own on the stand-in (tests/standin), as faults.py
does for IAM and S3: on the first apply (create), on an apply that changes everything there is (change), and on one that
retires it (retire). SageMaker's calls are not done when they answer, so that a run may also break off while AWS goes on.

  kill-after  kill -9 after write i is done, its answer not sent
  kill        kill -9 before write i is done
  kill-look   kill -9 at a look, while AWS is at work
  lost        the answers to every sixth write from write i never come, though it was done
  late-503, throttle, 500, reset    they are done and answered 503; throttled; answered 500, or cut off, and not done

After each of them apply again must finish, plan nothing, and leave the account as a clean apply does, with nothing there
twice. Whatever does not end the run, the run itself copes with, too: what did not is told at the end, by step and kind.
"""

import argparse
import concurrent.futures
import itertools
import json
import os
import pathlib
import sys
import tempfile
import threading
import time

os.environ["HATRACK_TEST_SERVER"] = "standin"
# States pass with time, as on AWS, and not by being looked at.
os.environ.setdefault("HATRACK_STANDIN_CONFIG", '{"sagemaker_looks": 0, "sagemaker_seconds": 0.3}')

import faults  # noqa: E402 (the server is chosen when common is imported)
from common import REGION, Checks, Server  # noqa: E402

HEAD = f"""environment: analytics
account: "ACCOUNT"
region: {REGION}
roles:
  Studio: {{ trust: sagemaker }}
  Alice: {{ trust: sagemaker }}
"""
CREATE = HEAD + """sagemaker:
  lifecycle_configurations:
    lab-setup: { app: JupyterLab, script: "pip list\\n" }
    spare-setup: { app: CodeEditor, script: "pip list\\n" }
    notebook-setup: { on_start: "echo one\\n" }
  domains:
    studio:
      vpc: vpc-1
      subnets: [subnet-1, subnet-2]
      execution_role: Studio
      security_groups: [sg-1]
      lifecycle_configurations: [lab-setup]
      tags: { old: tag }
      user_profiles:
        alice: { execution_role: Alice }
        bob: {}
  notebooks:
    scratch: { execution_role: Studio, lifecycle_configuration: notebook-setup }
    resting: { execution_role: Studio, running: false }
"""
# A script that is changed is taken off, made anew and put back; a notebook is stopped and started.
CHANGE = HEAD + """sagemaker:
  lifecycle_configurations:
    lab-setup: { app: JupyterLab, script: "pip freeze\\n", tags: { new: tag } }
    notebook-setup: { on_start: "echo two\\n" }
  domains:
    studio:
      vpc: vpc-1
      subnets: [subnet-1]
      execution_role: Studio
      security_groups: [sg-2]
      lifecycle_configurations: [lab-setup]
      idle_minutes: 120
      home_files: delete
      user_profiles:
        alice: { security_groups: [sg-3] }
        carol: { execution_role: Alice, lifecycle_configurations: [lab-setup] }
  notebooks:
    scratch: { execution_role: Studio, lifecycle_configuration: notebook-setup, instance_type: ml.t3.large }
    resting: { execution_role: Alice }
retire: [user-profile/studio/bob]
"""
RETIRE = HEAD + """sagemaker: {}
retire: [domain/studio, user-profile/studio/alice, user-profile/studio/bob, notebook/scratch, notebook/resting]
"""
STEPS = {"create": (None, CREATE), "change": (CREATE, CHANGE), "retire": (CREATE, RETIRE)}
STRIDE, OURS = faults.STRIDE, "sagemaker:.*"
RULES = {kind: (lambda i, rule=rule: rule(i) | {"op": OURS}) for kind, rule in faults.RULES.items()
         if kind in ("kill-after", "lost", "late-503", "throttle", "reset")} | {
    "kill": lambda i: {"op": OURS, "write": True, "nth": i, "do": {"kill": True}},
    "kill-look": lambda i: {"op": "sagemaker:Describe.*", "nth": i, "do": {"kill": True}},
    "500": lambda i: {"op": OURS, "write": True, "nth": i, "every": STRIDE, "times": 0, "do": {"status": 500}},
}
# Where the kinds begin that break a third of the writes only: each somewhere else.
FEW = {"late-503": (4, 1), "throttle": (2, 5), "500": (3, 6), "reset": (5, 2)}


class Case(faults.Case):
    """One account with SageMaker in it."""

    def write(self, text):
        (self.directory / "environments" / "analytics.yaml").write_text((STEPS["create"][1] if text == "environments" else text).replace("ACCOUNT", self.account))

    def prepare(self, step):
        before, wanted = STEPS[step]
        if before:
            done = self.apply()
            assert done.code == 0, done.tail()
        self.write(wanted)
        self.control("reset", {})

    def apply(self, pid=False):
        """`retire` deletes many things at once, which it wants to be told."""
        many = ["--accept", "many-deletions"] if "sagemaker: {}" in (self.directory / "environments" / "analytics.yaml").read_text() else []
        return self.hatrack("apply", "--yes", *many, pid=pid)

    def photograph(self):
        """All of SageMaker by address, without what AWS invents; what is there twice has a second address."""
        client, out = self.server.client("sagemaker", self.account), {}

        def show(kind, described, arn):
            tags = {t["Key"]: t["Value"] for t in client.list_tags(ResourceArn=arn)["Tags"]}
            invented = ("Time", "Arn", "Url", "DomainId", "Uid", "FileSystemId", "ResponseMetadata")
            name = next(described[k] for k in described if k.endswith("Name"))
            kept = {k: v for k, v in described.items() if not k.endswith(invented)} | {"tags": tags}
            address = f"{kind}/{name}"
            while address in out:
                address += " again"
            out[address] = kept

        pages = lambda operation, key: [x for page in client.get_paginator(operation).paginate() for x in page[key]]
        for domain in pages("list_domains", "Domains"):
            described = client.describe_domain(DomainId=domain["DomainId"])
            show("domain", {"DomainName": domain["DomainName"], **described}, described["DomainArn"])
        for profile in pages("list_user_profiles", "UserProfiles"):
            described = client.describe_user_profile(DomainId=profile["DomainId"], UserProfileName=profile["UserProfileName"])
            show("user-profile", {"UserProfileName": None, **described}, described["UserProfileArn"])
        for one in pages("list_notebook_instances", "NotebookInstances"):
            described = client.describe_notebook_instance(NotebookInstanceName=one["NotebookInstanceName"])
            show("notebook", {"NotebookInstanceName": None, **described}, described["NotebookInstanceArn"])
        for sort in ("Studio", "NotebookInstance"):
            name = f"{sort}LifecycleConfigName"
            snake = "studio" if sort == "Studio" else "notebook_instance"
            for one in pages(f"list_{snake}_lifecycle_configs", f"{sort}LifecycleConfigs"):
                described = getattr(client, f"describe_{snake}_lifecycle_config")(**{name: one[name]})
                show(f"{snake}-script", {name: None, **described}, described[f"{sort}LifecycleConfigArn"])
        text = json.dumps(out, default=str, sort_keys=True)
        return [json.loads(text.replace(self.account, "ACCOUNT")), {}]


def reference(checks, server, binary, scratch, step):
    """(log, photograph) of an apply that nothing breaks."""
    case = Case(server, binary, scratch)
    case.prepare(step)
    done = case.apply()
    log = case.control("stats")["log"]
    checks.check(f"{step}: a clean apply exits 0", done.code == 0, done.tail())
    for _ in range(3 if done.code else 0):
        case.apply()
    plan = case.hatrack("plan")
    checks.check(f"{step}: after a clean apply there is nothing to do", plan.code == 0, plan.tail())
    return log, case.photograph()


def broken(server, binary, scratch, step, kind, i, wanted):
    """(what is wrong after faults; nothing if all is well), what the run itself did not cope with."""
    case, killed = Case(server, binary, scratch), kind.startswith("kill")
    case.prepare(step)
    case.control("rules", [RULES[kind](i)])
    done = case.apply(pid=killed)
    fired = [e["op"].partition(":")[2] for e in case.control("stats")["log"] if e["fault"]]
    what = f"{step} {kind} {i} ({', '.join(fired[:8])})"
    case.control("reset", {})
    if not fired:
        return ([] if done.code == 0 else [f"{what}: exit {done.code} without a fault", done.tail()]), []
    if done.code not in ((-9,) if killed else (0, 1)):
        return [f"{what}: exit {done.code}", done.tail()], []
    again = case.apply() if done.code else done
    if again.code != 0:
        return [f"{what}: apply again: exit {again.code}", again.tail(), "    before:", done.tail()], []
    return case.wrong(what, wanted), [] if killed or done.code == 0 else [what, failures(done)]


def failures(done):
    """What a run says of what it could not do."""
    _, _, told = done.out.partition("Unknown: " if "Unknown: " in done.out else "Failed (")
    return "\n".join("    " + line for line in told.partition("Apply:")[0].splitlines()[:14])


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("binary", type=pathlib.Path)
    arguments.add_argument("--quick", action="store_true", help="few of each")
    arguments.add_argument("--jobs", type=int, default=3)
    arguments.add_argument("--only", default="")
    given = arguments.parse_args()
    checks, binary, began = Checks(), given.binary.resolve(), time.monotonic()
    chosen = {k for k in given.only.split(",") if k} or set(RULES)
    servers = [Server() for _ in range(given.jobs)]
    free, turns = threading.local(), itertools.cycle(servers)
    with tempfile.TemporaryDirectory() as scratch:
        jobs, fired, coped = [], set(), {}
        for step in STEPS:
            log, wanted = reference(checks, servers[0], binary, scratch, step)
            ours = [e for e in log if e["op"].startswith("sagemaker:")]
            writes, looks = sum(e["write"] for e in ours), sum(":Describe" in e["op"] for e in ours)
            print(f"{step}: {writes} writes, {looks} looks: {' '.join(sorted({e['op'].partition(':')[2] for e in ours if e['write']}))}", flush=True)
            fired |= {e["op"] for e in ours if e["write"]}
            some = lambda end, usual, quick: faults.spread(range(1, end + 1), quick if given.quick else usual)
            points = {kind: few[:1] if given.quick else few for kind, few in FEW.items()} | {
                "lost": some(STRIDE, 0, 2), "kill-after": some(writes, 6, 2), "kill": some(writes, 3, 1), "kill-look": some(looks, 3, 1)}
            jobs += [(f"{step} {kind} at {i}", (step, kind, i, wanted)) for kind in points if kind in chosen for i in points[kind]]

        def one(arguments):
            if not hasattr(free, "server"):
                free.server = next(turns)
            return broken(free.server, binary, scratch, *arguments)

        with concurrent.futures.ThreadPoolExecutor(given.jobs) as pool:
            running = {pool.submit(one, arguments): name for name, arguments in jobs}
            for future in concurrent.futures.as_completed(running):
                try:
                    wrong, uncoped = future.result()
                except Exception as error:
                    wrong, uncoped = [f"{type(error).__name__}: {error}"], []
                checks.check(running[future], not wrong, "\n".join(wrong))
                step, kind, *_ = running[future].split()
                if not kind.startswith("kill"):
                    coped.setdefault((step, kind), []).extend(uncoped)
        for (step, kind), uncoped in sorted(coped.items()):
            checks.check(f"{step} {kind}: the run itself copes", not uncoped, "\n".join(uncoped))
        # So that what is new in SageMaker is broken too.
        unbroken = {f"sagemaker:{verb}{kind}" for verb in ("Create", "Update", "Delete") for kind in
                    ("Domain", "UserProfile", "NotebookInstance", "NotebookInstanceLifecycleConfig", "StudioLifecycleConfig")
                    } | {f"sagemaker:{name}" for name in ("StartNotebookInstance", "StopNotebookInstance", "AddTags", "DeleteTags")}
        unbroken -= fired | {"sagemaker:UpdateStudioLifecycleConfig"}  # AWS has no such call
        checks.check("each call that changes SageMaker was among them", not unbroken, f"    {sorted(unbroken)}")
    for server in servers:
        server.__exit__()
    checks.emulator(*servers)
    print(f"{len(running)} cases in {time.monotonic() - began:.0f} s")
    return checks.end("studio-faults")


if __name__ == "__main__":
    sys.exit(main())
