#!/usr/bin/env python3
"""roundtrip.py BINARY [--environments DIR] [--only EDIT,…] [--plain] [--without FIX,…] [--jobs J]

The end-to-end check: apply the environments to empty accounts, see with another client that what they declare is there,
plan nothing more, live and from a snapshot, lock what AWS says in its own
policies and see it change, save plans and apply them, then for every edit of edits.py: see no drift, make
the edit by hand, see it as drift, apply, plan nothing, and find the accounts as they were. Edits that have nothing to
apply to in `environments/` are made in the small estate beside this file. Each job has accounts of its own.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import queue
import shutil
import sys
import tempfile
import time

import edits
import photo
import yaml
from common import HERE, ROOT, Checks, Server, run

OPERATOR = {e: a for e, a in edits.ACCOUNTS.items()}


class Estate:
    """A directory of environments, the binary, and accounts."""

    def __init__(self, checks, server, binary, directory):
        self.checks, self.server, self.binary, self.directory = checks, server, binary, directory
        self.label = "small" if directory == HERE / "small" else "environments"
        self.world = edits.World(server.client)

    def hatrack(self, verb, environment, *arguments):
        arguments = [verb, *([environment] if environment else []), *arguments, "--directory", str(self.directory)]
        with tempfile.TemporaryDirectory() as elsewhere:  # where one-time passwords go
            return run(self.binary, arguments, OPERATOR[environment or edits.ANALYTICS], self.server.url, elsewhere)

    def photograph(self):
        return {e: photo.take(self.world.iams[e], self.world.s3s[e]) for e in edits.ACCOUNTS}

    def exits(self, name, code, verb, environment, *arguments):
        """Runs hatrack and checks how it exits."""
        done = self.hatrack(verb, environment, *arguments)
        said = " ".join([verb, environment, *(a for a in arguments if a.startswith("-"))])
        good = self.checks.check(f"{name}: {said} exits {code}", done.code == code, f"    exit {done.code}\n{done.tail()}")
        return done if good else None

    def writes(self, environment):
        return [e["op"] for e in self.server.control("stats", account=OPERATOR[environment])["log"] if e["write"]]

    def quietly(self, name, code, verb, environment, *arguments):
        """The same, and that nothing was written."""
        self.server.control("reset", {}, OPERATOR[environment])
        done = self.exits(name, code, verb, environment, *arguments)
        writes = self.writes(environment)
        self.checks.check(f"{name}: {verb} {environment} wrote nothing", not writes, f"    {writes}")
        return done

    def fresh(self, name):
        """Empty accounts, and the environments applied to them."""
        self.server.control("wipe", {})
        return all(self.exits(name, 0, "apply", environment, "--yes") for environment in edits.ACCOUNTS)


def settled(estate, name):
    for environment in edits.ACCOUNTS:
        estate.quietly(name, 0, "plan", environment)


def snapshots(estate):
    """A plan against a snapshot is the plan against the account, both when there is nothing to do and when there is."""
    name, world = f"snapshot of {estate.label}", estate.world
    with tempfile.TemporaryDirectory() as scratch:
        for when in ("settled", "edited"):
            if when == "edited":
                edits.EDITS["attach-administrator-to-role"](world)
                edits.EDITS["make-access-key"](world)
                edits.EDITS["widen-bucket-policy"](world)
            for environment in edits.ACCOUNTS:
                file, code = f"{scratch}/{when}-{environment}.json", 2 if when == "edited" else 0
                estate.quietly(f"{name} {when}", 0, "snapshot", environment, "-o", file)
                live = estate.exits(f"{name} {when}", code, "plan", environment, "--format", "json")
                kept = estate.exits(f"{name} {when}", code, "plan", environment, "--format", "json", "--account-file", file)
                if live and kept:
                    of_the_reading = lambda note: note.get("code") == "reading"
                    one, other = ({**r.json, "notes": [n for n in r.json["notes"] if not of_the_reading(n)]} for r in (live, kept))
                    lines = [f"    {k}: {one.get(k)}\n    not {other.get(k)}" for k in one.keys() | other.keys() if one.get(k) != other.get(k)]
                    estate.checks.check(f"{name} {when}: the same plan of {environment}", not lines, "\n".join(lines))
        for environment in edits.ACCOUNTS:
            estate.exits(f"{name} put right", 0, "apply", environment, "--yes")


def saved_plans(estate):
    """A saved plan is applied if nothing it is bound to has moved, and refused with the difference named if it has."""
    world, role, other = estate.world, edits.ROLE, "GlueEtl"
    moves = {
        "the same role": (lambda: world.iam.tag_role(RoleName=role, Tags=[{"Key": "moved", "Value": "x"}]), (f"role/{role}", "tag/moved")),
        "its trust": (lambda: edits.EDITS["trust-another-service"](world), (f"role/{role}", "trust policy")),
        "another role of ours": (lambda: world.iam.attach_role_policy(RoleName=other, PolicyArn=edits.S3_READ), (f"role/{other}", "AmazonS3ReadOnlyAccess")),
        "a user's key": (lambda: edits.EDITS["make-access-key"](world), ("user/alice", "access-key")),
        "gone": (lambda: world.delete_role(edits.ANALYTICS, role), (f"role/{role}", "deleted")),
    }
    with tempfile.TemporaryDirectory() as scratch:
        for what, (move, words) in moves.items():
            name, plan = f"saved plan of {estate.label}, moved: {what}", f"{scratch}/{what.replace(' ', '-')}.plan"
            edits.EDITS["attach-administrator-to-role"](world)
            estate.quietly(name, 2, "plan", edits.ANALYTICS, "-o", plan)
            move()
            estate.server.control("reset", {}, OPERATOR[edits.ANALYTICS])
            done = estate.hatrack("apply", None, plan)
            estate.checks.check(f"{name}: is refused", done.code == 3, f"    exit {done.code}\n{done.tail()}")
            estate.checks.check(f"{name}: and named", all(w in done.err for w in words), done.tail())
            writes = estate.writes(edits.ANALYTICS)
            estate.checks.check(f"{name}: nothing was written", not writes, f"    {writes}")
            estate.exits(name, 0, "apply", edits.ANALYTICS, "--yes")
        name, plan = f"saved plan of {estate.label}", f"{scratch}/good.plan"
        before = estate.photograph()
        edits.EDITS["attach-administrator-to-role"](world)
        estate.quietly(name, 2, "plan", edits.ANALYTICS, "-o", plan)
        world.iam.create_user(UserName="stranger")  # nothing of ours
        done = estate.hatrack("apply", None, plan)
        estate.checks.check(f"{name}: is applied", done.code == 0, f"    exit {done.code}\n{done.tail()}")
        world.iam.delete_user(UserName="stranger")
        lines = [line for e, taken in estate.photograph().items() for line in photo.differences(before[e], taken)]
        estate.checks.check(f"{name}: does what it says", not lines, "\n".join(lines))
        again = estate.hatrack("apply", None, plan)
        estate.checks.check(f"{name}: a second time is refused", again.code == 3, f"    exit {again.code}\n{again.tail()}")


def locked(estate):
    """What AWS says in a policy that is attached, compared with a lock: as it is, and as if AWS had changed it since."""
    check, name, environment = estate.checks.check, f"lock of {estate.label}", edits.ANALYTICS
    with tempfile.TemporaryDirectory() as scratch:
        for folder in ("environments", "templates"):
            if (estate.directory / folder).is_dir():
                shutil.copytree(estate.directory / folder, f"{scratch}/project/{folder}")
        own = Estate(estate.checks, estate.server, estate.binary, pathlib.Path(scratch) / "project")
        own.quietly(name, 2, "lock", environment, "--check")
        own.quietly(name, 0, "lock", environment)
        own.quietly(name, 0, "lock", environment, "--check")
        own.quietly(f"{name} unchanged", 0, "drift", environment)

        # The lock of an account in which AWS said less.
        file, policy = pathlib.Path(scratch) / "then.json", "AmazonS3ReadOnlyAccess"
        own.quietly(name, 0, "snapshot", environment, "-o", str(file))
        then = json.loads(file.read_text())
        told = then["state"]["accounts"][OPERATOR[environment]]["aws_managed"]
        there = estate.photograph()[environment]
        used = {arn.partition(":policy/")[2] for body in there.values() for arn in body.get("attached", []) if arn.startswith("arn:aws:iam::aws:")}
        check(f"{name}: the snapshot has what AWS says in the policies in use, and no more", set(told) == used, f"    {sorted(told)}\n    not {sorted(used)}")
        told[policy] = {"version": 1, "document": {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["s3:Get*", "sns:Publish"], "Resource": "*"}]}}
        file.write_text(json.dumps(then))
        own.exits(name, 0, "lock", environment, "--account-file", str(file))
        drift = own.quietly(f"{name} changed", 2, "drift", environment, "--format", "json")
        found = [f for f in drift.json["drift"] if f["class"] == "aws-changed"] if drift else []
        check(f"{name} changed: one finding", [f["address"] for f in found] == [f"aws-managed/{policy}"], f"    {found}"[:2000])
        for finding in found:
            allows = {side: {line["action"] for line in finding["aws_managed"]["allows"][side]} for side in ("came", "went")}
            check(f"{name} changed: what came", "s3:ListBucket" in allows["came"] and "s3:GetObject" not in allows["came"], f"    {allows}"[:2000])
            check(f"{name} changed: what went", allows["went"] == {"sns:Publish"}, f"    {allows}"[:2000])
        plan = own.quietly(f"{name} changed", 0, "plan", environment, "--format", "json")
        check(f"{name} changed: the plan says so", plan and "aws-changed" in {n["code"] for n in plan.json["notes"]})
        own.quietly(name, 0, "lock", environment)
        own.quietly(f"{name} taken over", 0, "drift", environment)


def declared(estate):
    """Looks up with boto3 what the files say in plain words; what templates make is left to `plan`."""
    check = estate.checks.check
    for path in sorted((estate.directory / "environments").glob("*.yaml")):
        spec = yaml.safe_load(path.read_text())
        name, account = spec["environment"], spec["account"]
        values = {**(spec.get("variables") or {}), "account": account, "partition": "aws", "region": spec["region"], "environment": name}
        fill = lambda v: ({fill(k): fill(x) for k, x in v.items()} if isinstance(v, dict) else [fill(x) for x in v] if isinstance(v, list)
                          else filled(v, values) if isinstance(v, str) else v)
        spec, there = fill(spec), photo.take(estate.world.iams[name], estate.world.s3s[name])
        short = lambda arn: arn.partition(":policy/")[2].removeprefix(f"hatrack/{name}/")
        common = spec.get("tags") or {}
        for kind, section in (("group", "groups"), ("user", "users"), ("policy", "policies"), ("role", "roles"), ("bucket", "buckets")):
            for key, body in (spec.get(section) or {}).items():
                body, found = body or {}, there.get(f"{kind}/{key}")
                if not check(f"declared: {name} {kind}/{key} is there", found is not None):
                    continue
                plain = "template" not in body
                if kind in ("group", "policy"):
                    check(f"declared: {name} {kind}/{key} carries the mark", found["path"].startswith(f"/hatrack/{name}/"), found["path"])
                else:
                    tags = {**common, **(body.get("tags") or {}), "hatrack:environment": name}
                    check(f"declared: {name} {kind}/{key} has its tags", tags.items() <= found["tags"].items(), f"{found['tags']} for {tags}")
                if "policies" in body and plain:
                    check(f"declared: {name} {kind}/{key} has its policies", sorted(map(short, found["attached"])) == sorted(body["policies"]), str(found["attached"]))
                for inline, document in (body.get("inline") or {}).items():
                    if isinstance(document, list):
                        same = found["inline"].get(inline) == photo.meaning({"Version": "2012-10-17", "Statement": document})
                        check(f"declared: {name} {kind}/{key} inline/{inline} says so", same, str(found["inline"].get(inline)))
                if kind == "user":
                    check(f"declared: {name} user/{key} is in its groups", found["groups"] == sorted(body.get("groups") or []), str(found["groups"]))
                if kind == "policy" and isinstance(body.get("statements"), list):
                    same = found["document"] == photo.meaning({"Version": "2012-10-17", "Statement": body["statements"]})
                    check(f"declared: {name} policy/{key} says so", same, str(found["document"]))
                if kind == "role" and isinstance(body.get("trust"), str):
                    trust = found["trust"]["Statement"][0]
                    check(f"declared: {name} role/{key} trusts {body['trust']}", trust.get("Principal") == {"Service": [f"{body['trust']}.amazonaws.com"]}, str(trust))
                    if body["trust"] == "ec2":
                        check(f"declared: {name} role/{key} has its profile", there.get(f"instance-profile/{key}", {}).get("roles") == [key])
                if kind == "bucket":
                    check(f"declared: {name} bucket/{key} is private", all((found["public-access-block"] or {"": False}).values()))
                    check(f"declared: {name} bucket/{key} is in {spec['region']}", found["region"] == spec["region"])
                    if "versioning" in body:
                        check(f"declared: {name} bucket/{key} versioning", (found["versioning"] or "").lower() == body["versioning"])
                    if isinstance(body.get("policy"), list):
                        same = found["policy"] == photo.meaning({"Version": "2012-10-17", "Statement": body["policy"]})
                        check(f"declared: {name} bucket/{key} policy says so", same, str(found["policy"]))


def filled(text, values):
    for key, value in values.items():
        text = text.replace("${{ %s }}" % key, str(value))
    return text


def drift_lists(report, expected):
    """Whether the drift lists an entry of this address, setting and class; the setting may be a prefix and a free rest."""
    environment, address, setting, kind = expected
    for entry in report["drift"]:
        got = entry.get("setting")
        fits = got == setting if not isinstance(setting, tuple) else (got or "").startswith(setting[0])
        if entry["environment"] == environment and entry["address"] == address and fits and entry["class"] == kind:
            return True
    return False


# What nobody declared and nobody owns stays where it is.
LEFT = {"add-undeclared-user-to-group": ("user/mallory: is new",), "add-user-to-another-group": ("group/Admins: is new",)}


def one_edit(estate, name, before):
    """Makes the edit and lets hatrack undo it. False if it does not apply here."""
    check, world = estate.checks.check, estate.world
    for environment in edits.ACCOUNTS:
        estate.exits(f"{name}: before", 0, "drift", environment)
    try:
        expected = edits.EDITS[name](world)
    except edits.Skip as skip:
        print(f"skip  {name}: {skip}", flush=True)
        return False
    for environment in sorted({e for e, *_ in expected}):
        drift = estate.quietly(name, 2, "drift", environment, "--format", "json")
        for entry in (e for e in expected if drift and e[0] == environment):
            seen = [(d.get("address"), d.get("setting"), d.get("class")) for d in drift.json["drift"]]
            check(f"{name}: drift lists {entry[1]} {entry[2] or ''} {entry[3]}", drift_lists(drift.json, entry), f"    listed: {seen}")
        words = []
        for _, address, _, _ in (e for e in expected if e[0] == environment and e[3] == edits.FOREIGN):
            estate.quietly(f"{name}: without a word", 3, "apply", environment, "--yes")
            words += ["--takeover" if name == "change-mark-of-role" else "--adopt", address]
        estate.exits(name, 0, "apply", environment, "--yes", *words)
        estate.exits(name, 0, "plan", environment)
    after, left = estate.photograph(), LEFT.get(name, ())
    lines = [f"{e} {line}" for e in before for line in photo.differences(before[e], after[e])]
    unexpected = [line for line in lines if not any(address in line for address in left)]
    check(f"{name}: the accounts are as they were", not unexpected, "\n".join("    " + line for line in unexpected))
    return True


def work(estate, waiting, skipped):
    """Makes edits in one estate until there are no more."""
    clean = estate.fresh(estate.label)
    before = estate.photograph()
    while clean:
        try:
            name = waiting.get_nowait()
        except queue.Empty:
            return
        bad = len(estate.checks.bad)
        if not one_edit(estate, name, before):
            skipped.append(name)
        if len(estate.checks.bad) > bad or name in LEFT:  # start the next from a clean account
            clean = estate.fresh(f"{estate.label} again after {name}")
            before = estate.photograph()


def every_edit(checks, servers, binary, directory, wanted):
    """Makes the edits, shared out among the servers; returns those that do not apply to this estate."""
    waiting, skipped = queue.SimpleQueue(), []
    for name in wanted:
        waiting.put(name)
    with concurrent.futures.ThreadPoolExecutor(len(servers)) as pool:
        jobs = [pool.submit(work, Estate(checks, server, binary, directory), waiting, skipped) for server in servers]
        for job in jobs:
            job.result()
    while not waiting.empty():
        skipped.append(waiting.get())
    return skipped


def without_studio(directory, into):
    """moto has no people of Studio domains, lists no lifecycle configurations, and tells nothing of a notebook's metadata
    service: a copy of the environments without them. The domain and the notebook stay."""
    for folder in ("environments", "templates"):
        shutil.copytree(directory / folder, into / folder)
    for path in (into / "environments").glob("*.yaml"):
        kept, skipped = [], None
        for line in path.read_text().splitlines(keepends=True):
            depth = len(line) - len(line.lstrip())
            if skipped is not None and (depth > skipped or not line.strip()):
                continue
            skipped = depth if line.strip() in ("user_profiles:", "lifecycle_configurations:") else None
            if skipped is None and not line.strip().startswith("lifecycle_configuration:"):
                kept.append(line)
            if line == "    scratch:\n":
                kept.append("      metadata_version: 1\n")
        path.write_text("".join(kept))
    return into


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("binary", type=pathlib.Path)
    arguments.add_argument("--environments", type=pathlib.Path, default=ROOT, help="the directory that holds environments/")
    arguments.add_argument("--only", default="", help="edits to make, by name")
    arguments.add_argument("--sample", type=int, default=0, help="only so many edits, evenly spread; 0 is all")
    arguments.add_argument("--plain", action="store_true", help="moto as it is, without edits: only that hatrack converges")
    arguments.add_argument("--without", default="")
    arguments.add_argument("--jobs", type=int, default=2)
    given = arguments.parse_args()
    checks, binary, began = Checks(), given.binary.resolve(), time.monotonic()
    wanted = [n for n in given.only.split(",") if n] or list(edits.EDITS)
    if given.sample:
        wanted = [wanted[i * len(wanted) // given.sample] for i in range(min(given.sample, len(wanted)))]
    # moto has no boundaries of users, so `small` stays out.
    options = ["--plain"] if given.plain else ["--without", given.without] if given.without else []
    worked = given.environments.resolve()
    scratch = None
    if os.environ.get("HATRACK_TEST_SERVER") != "standin":
        scratch = tempfile.TemporaryDirectory()
        worked = without_studio(worked, pathlib.Path(scratch.name))
    estates = [worked, *([] if given.plain else [HERE / "small"])]
    servers = [Server(*options) for _ in range(1 if given.plain else given.jobs)]
    try:
        for directory in estates:
            estate = Estate(checks, servers[0], binary, directory)
            if not estate.fresh(estate.label):
                continue
            settled(estate, estate.label)
            if not given.plain:
                declared(estate)
                if not given.only:
                    locked(estate)
                    snapshots(estate)
                    saved_plans(estate)
                wanted = every_edit(checks, servers, binary, directory, wanted)
        for name in [] if given.plain or given.sample else wanted:
            checks.check(f"edit {name} applies somewhere", False)
    finally:
        for server in servers:
            server.__exit__()
    checks.emulator(*servers)
    print(f"{time.monotonic() - began:.0f} s")
    return checks.end("roundtrip --plain" if given.plain else "roundtrip")


if __name__ == "__main__":
    sys.exit(main())
