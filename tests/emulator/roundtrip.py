#!/usr/bin/env python3
"""roundtrip.py BINARY [--environments DIR] [--only EDIT,…] [--plain] [--without FIX,…]

The end-to-end check: apply the environments to empty accounts, see with another client that what they declare is there,
plan nothing more, then for every edit of edits.py: make it by hand, see it as drift, apply, and find the accounts as they
were. Edits that have nothing to apply to in `environments/` are made in the small estate beside this file.
"""

import argparse
import pathlib
import sys

import edits
import photo
import yaml
from common import HERE, ROOT, Checks, Server, run

OPERATOR = {e: a for e, a in edits.ACCOUNTS.items()}


class Estate:
    """A directory of environments, the binary, and accounts."""

    def __init__(self, checks, server, binary, directory):
        self.checks, self.server, self.binary, self.directory = checks, server, binary, directory
        self.world = edits.World(server.client)

    def hatrack(self, verb, environment, *arguments):
        return run(self.binary, [verb, environment, *arguments], OPERATOR[environment], self.server.url, self.directory)

    def photograph(self):
        return {e: photo.take(self.world.iams[e], self.world.s3s[e]) for e in edits.ACCOUNTS}

    def apply(self, name):
        for environment in edits.ACCOUNTS:
            done = self.hatrack("apply", environment, "--yes")
            if not self.checks.check(f"{name}: apply {environment}", done.code == 0, f"    exit {done.code}\n{done.tail()}"):
                return False
        return True

    def settled(self, name):
        for environment in edits.ACCOUNTS:
            self.server.control("reset", {}, OPERATOR[environment])
            plan = self.hatrack("plan", environment)
            self.checks.check(f"{name}: then plan {environment} is empty", plan.code == 0, f"    exit {plan.code}\n{plan.tail()}")
            writes = [e["op"] for e in self.server.control("stats", account=OPERATOR[environment])["log"] if e["write"]]
            self.checks.check(f"{name}: plan {environment} wrote nothing", not writes, f"    {writes}")


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
        short = lambda arn: arn.partition(":policy/")[2].rpartition("/hatrack/" + name + "/")[2] if f"::{account}:" in arn else arn.partition(":policy/")[2]
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


def one_edit(estate, name, before):
    """Makes the edit and lets hatrack undo it. False if it does not apply here."""
    check, world = estate.checks.check, estate.world
    try:
        expected = edits.EDITS[name](world)
    except edits.Skip as skip:
        print(f"skip  {name}: {skip}", flush=True)
        return False
    for environment in sorted({e for e, *_ in expected}):
        drift = estate.hatrack("drift", environment, "--format", "json")
        if check(f"{name}: drift {environment} says 2", drift.code == 2, f"    exit {drift.code}\n{drift.tail()}"):
            for entry in (e for e in expected if e[0] == environment):
                good = drift_lists(drift.json, entry)
                seen = [(d.get("address"), d.get("setting"), d.get("class")) for d in drift.json["drift"]]
                check(f"{name}: drift lists {entry[1]} {entry[2] or ''} {entry[3]}", good, f"    listed: {seen}")
        done = estate.hatrack("apply", environment, "--yes")
        check(f"{name}: apply {environment}", done.code == 0, f"    exit {done.code}\n{done.tail()}")
    for environment in edits.ACCOUNTS:
        plan = estate.hatrack("plan", environment)
        check(f"{name}: then plan {environment} is empty", plan.code == 0, f"    exit {plan.code}\n{plan.tail()}")
    after, left = estate.photograph(), LEFT.get(name, ())
    lines = [f"{e} {line}" for e in before for line in photo.differences(before[e], after[e])]
    unexpected = [line for line in lines if not any(address in line for address in left)]
    check(f"{name}: the accounts are as they were", not unexpected, "\n".join("    " + line for line in unexpected))
    return True


# What nobody declared and nobody owns stays where it is.
LEFT = {"add-undeclared-user-to-group": ("user/mallory: is new",), "add-user-to-another-group": ("group/Admins: is new",)}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("binary", type=pathlib.Path)
    arguments.add_argument("--environments", type=pathlib.Path, default=ROOT, help="the directory that holds environments/")
    arguments.add_argument("--only", default="", help="edits to make, by name")
    arguments.add_argument("--plain", action="store_true", help="moto as it is, without edits: only that hatrack converges")
    arguments.add_argument("--without", default="")
    given = arguments.parse_args()
    checks, binary = Checks(), given.binary.resolve()
    wanted = [n for n in given.only.split(",") if n] or list(edits.EDITS)
    options = (["--plain"] if given.plain else []) + (["--without", given.without] if given.without else [])
    with Server(*options) as server:
        for directory in (given.environments.resolve(), HERE / "small"):
            server.control("wipe", {})
            estate = Estate(checks, server, binary, directory)
            label = "environments" if directory != HERE / "small" else "small"
            if not estate.apply(label):
                continue
            estate.settled(label)
            declared(estate)
            if given.plain:
                continue
            skipped = []
            for name in wanted:
                before = estate.photograph()
                bad = len(checks.bad)
                if not one_edit(estate, name, before):
                    skipped.append(name)
                elif len(checks.bad) > bad or name in LEFT:  # start the next from a clean account
                    server.control("wipe", {})
                    if not estate.apply(f"{label} again after {name}"):
                        break
            wanted = skipped
        for name in [] if given.plain else wanted:
            checks.check(f"edit {name} applies somewhere", False)
    return checks.end("roundtrip")


if __name__ == "__main__":
    sys.exit(main())
