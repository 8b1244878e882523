#!/usr/bin/env python3
"""permissions.py BINARY [--only EDIT,…] [--cases FILE]

What `hatrack permissions` prints is what hatrack asks for. Every run of hatrack is recorded: service and operation, and
the ARN and the condition keys that AWS would decide by. Each call must be allowed by the policy that was printed from
the same files before the run: `--plan` for plan, drift, snapshot and lock, `--apply` for apply. The runs make, change,
rename, take over and end something of every kind, and put right each edit of edits.py. At the end, what `--plan` allows
and no run asked for must be in a list that says why.

How calls are called as actions is written down here once more, so that the two tables check each other. The decisions
are made here by comparing globs, and by `hatrack decide --batch` where the binary has it; `--cases` keeps what it is asked.
"""

import argparse
import fnmatch
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse

import edits
import server as emulator
from common import HERE, Checks, Server, run

MARK = "hatrack:environment"

# Operations whose action is called otherwise, or which take more than one: (action, ARN or None for the own one).
S3_ACTIONS = {
    "ListBuckets": ["s3:ListAllMyBuckets"], "HeadBucket": ["s3:ListBucket"], "ListObjectVersions": ["s3:ListBucketVersions"],
    "GetBucketEncryption": ["s3:GetEncryptionConfiguration"], "PutBucketEncryption": ["s3:PutEncryptionConfiguration"],
    "DeleteBucketEncryption": ["s3:PutEncryptionConfiguration"],
    "GetBucketLifecycleConfiguration": ["s3:GetLifecycleConfiguration"], "PutBucketLifecycleConfiguration": ["s3:PutLifecycleConfiguration"],
    "DeleteBucketLifecycleConfiguration": ["s3:PutLifecycleConfiguration"],
    "GetPublicAccessBlock": ["s3:GetBucketPublicAccessBlock"], "PutPublicAccessBlock": ["s3:PutBucketPublicAccessBlock"],
    "DeletePublicAccessBlock": ["s3:PutBucketPublicAccessBlock"],
    "DeleteBucketTagging": ["s3:PutBucketTagging"], "DeleteBucketOwnershipControls": ["s3:PutBucketOwnershipControls"],
    "CreateBucket": ["s3:CreateBucket", "s3:TagResource"],  # hatrack always sends its mark along
}
# Actions that AWS cannot limit to resources.
UNLIMITED = {"iam:GetAccountAuthorizationDetails", "iam:GetAccountSummary", "iam:GenerateCredentialReport", "iam:GetCredentialReport",
             "iam:ListRoles", "iam:ListInstanceProfiles", "iam:ListPolicies", "s3:ListAllMyBuckets"}
# Decided by the group, not by the user.
OF_GROUP = {"AddUserToGroup", "RemoveUserFromGroup"}
# Calls that take no right, or that are only made of what is not AWS.
FREE = {
    "sts:GetCallerIdentity": "anybody may ask who they are",
    "iam:ListUserTags": "asked of stand-ins only, which lose a user's tags",
}
# What `--plan` allows and no run here asks for.
UNASKED = {
    ("iam:GetRole", "role/*"): "a role made between the two bulk calls",
    ("s3:GetBucketLocation", "*"): "where the list of buckets has no regions; the emulator's has",
}


class Recorder:
    """What AWS would be asked, request by request."""

    def __init__(self, proxy):
        self.proxy, self.asked, self.pass_on = proxy, [], proxy.request
        proxy.request = self.request

    def request(self, environ, start, account, op, body, key):
        try:
            with self.proxy.one_at_a_time:
                self.asked += self.questions(environ, account, op, body)
        except Exception as error:  # a hole in the record is worse than a crash
            self.asked.append((op, account, "?", f"?{error!r}", {}))
        return self.pass_on(environ, start, account, op, body, key)

    def take(self):
        asked, self.asked = self.asked, []
        return asked

    def questions(self, environ, account, op, body):
        """(operation, account, action, ARN, context) of each right that a request takes."""
        service, name = op.split(":")
        if service == "s3":
            bucket = environ["PATH_INFO"].strip("/").split("/")[0]
            for action in S3_ACTIONS.get(name, [op]):
                yield op, account, action, "*" if action in UNLIMITED else f"arn:aws:s3:::{bucket}", {}
            return
        given = {k: v[0] for k, v in urllib.parse.parse_qs(body.decode(), keep_blank_values=True).items()}
        if service != "iam" or op in FREE or op in UNLIMITED:
            yield op, account, op, "*", {}
            return
        iam = self.backend(account)
        context = {}
        if "PolicyArn" in given and name.startswith(("Attach", "Detach")):
            context["iam:PolicyARN"] = given["PolicyArn"]
        kind = self.kind(name, given)
        if kind == "policy" and "PolicyArn" in given:
            yield op, account, op, given["PolicyArn"], context
            return
        if name == "DeleteVirtualMFADevice":
            yield op, account, op, given["SerialNumber"], context
            return
        called = given[{"instance-profile": "InstanceProfileName"}.get(kind, kind.capitalize() + "Name")]
        found = self.find(iam, kind, called)
        arn = lambda path, called: f"arn:aws:iam::{account}:{kind}{path}{called}"
        path = found.path if found and not name.startswith("Create") or name == "CreateLoginProfile" else given.get("Path", "/")
        if found:
            for tag in self.tags(iam, kind, found):
                context[f"aws:ResourceTag/{tag['Key']}"] = tag["Value"]
        boundary = given.get("PermissionsBoundary") or getattr(found, "permissions_boundary_arn", None)
        if boundary:
            context["iam:PermissionsBoundary"] = boundary
        yield op, account, op, arn(path, called), context
        if "NewPath" in given or f"New{kind.capitalize()}Name" in given:
            new = arn(given.get("NewPath", path), given.get(f"New{kind.capitalize()}Name", called))
            yield op, account, op, new, context
        if name in ("CreateUser", "CreateRole", "CreatePolicy") and "Tags.member.1.Key" in given:
            yield op, account, op.replace("Create", "Tag"), arn(path, called), context
        if name == "AddRoleToInstanceProfile":
            role = self.find(iam, "role", given["RoleName"])
            passed = f"arn:aws:iam::{account}:role{role.path if role else '/'}{given['RoleName']}"
            yield op, account, "iam:PassRole", passed, {"iam:PassedToService": "ec2.amazonaws.com"}

    @staticmethod
    def backend(account):
        from moto.iam.models import iam_backends

        return iam_backends[account]["aws"]

    @staticmethod
    def kind(name, given):
        """The kind of resource that a right is on."""
        if name in OF_GROUP:
            return "group"
        for word, key, kind in (("InstanceProfile", "InstanceProfileName", "instance-profile"), ("Role", "RoleName", "role"),
                                ("Group", "GroupName", "group"), ("User", "UserName", "user"), ("Policy", "PolicyArn", "policy"),
                                ("Policy", "PolicyName", "policy")):
            if key in given and (word in name or key != "PolicyArn"):
                return kind
        return "policy"

    @staticmethod
    def find(iam, kind, name):
        things = {"role": iam.roles, "user": iam.users, "group": iam.groups, "instance-profile": iam.instance_profiles,
                  "policy": {}}[kind]
        return next((t for t in things.values() if t.name == name), None)

    @staticmethod
    def tags(iam, kind, found):
        if kind == "user":
            return iam.tagger.list_tags_for_resource(found.arn)["Tags"]
        tags = getattr(found, "tags", None) or []
        return tags if isinstance(tags, list) else list(tags.values())


def listed(value):
    return value if isinstance(value, list) else [value]


def matches(pattern, text):
    return fnmatch.fnmatchcase(text, pattern.replace("[", "[[]"))


def holds(operator, values, found):
    if found is None:
        return False
    return found in values if operator in ("StringEquals", "ArnEquals") else any(matches(v, found) for v in values)


def statement_for(documents, action, arn, context):
    """The statement that allows this, or None."""
    for statement in (s for d in documents for s in listed(d["Statement"])):
        if (action in listed(statement["Action"]) and any(matches(r, arn) for r in listed(statement["Resource"]))
                and all(holds(o, listed(v), context.get(k)) for o, keys in statement.get("Condition", {}).items() for k, v in keys.items())):
            return statement
    return None


class Project:
    """The files of some environments, the accounts, and what is asked of them."""

    def __init__(self, checks, binary, url, recorder, folder):
        self.checks, self.binary, self.url, self.recorder, self.folder = checks, binary, url, recorder, pathlib.Path(folder)
        self.cases, self.unused, self.words = {}, {}, []
        (self.folder / "environments").mkdir()

    def write(self, name, text):
        (self.folder / "environments" / f"{name}.yaml").write_text(text)

    def read(self, name):
        return (self.folder / "environments" / f"{name}.yaml").read_text()

    def hatrack(self, account, *arguments):
        self.recorder.take()
        with tempfile.TemporaryDirectory() as elsewhere:  # where one-time passwords go
            done = run(self.binary, [*arguments, "--directory", str(self.folder)], account, self.url, elsewhere)
        return done, self.recorder.take()

    def permissions(self, purpose, environment, words=()):
        done, asked = self.hatrack("000000000000", "permissions", purpose, environment, "--format", "json", *words)
        if done.code or asked:
            self.checks.check(f"permissions {purpose} {environment} asks nobody", False, done.tail())
        documents = done.json[edits.ACCOUNTS[environment]]
        sizes = [len(re.sub(r"\s", "", json.dumps(d))) for d in documents]
        if max(sizes) > 6144:
            self.checks.check(f"permissions {purpose} {environment} fits", False, str(sizes))
        return documents

    def run(self, name, codes, verb, environment, *arguments, words=(), documents=None):
        """Runs hatrack, and checks that it was allowed all that it asked."""
        purpose = "--apply" if verb == "apply" else "--plan"
        documents = documents or self.permissions(purpose, environment, words)
        account = edits.ACCOUNTS[environment]
        done, asked = self.hatrack(account, verb, environment, *arguments, *words)
        accepted = re.findall(r"--accept [^\s`]+", done.err) if done.code == 3 else []
        if accepted:
            done, more = self.hatrack(account, verb, environment, *arguments, *words, *" ".join(dict.fromkeys(accepted)).split())
            asked += more
        good = done.code in listed(codes)
        self.checks.check(f"{name}: {verb} {environment} exits {codes}", good, f"    exit {done.code}\n{done.tail()}")
        refused = set()
        if purpose == "--plan":
            self.allow(documents, environment)
        for op, at, action, arn, context in asked:
            if op in FREE:
                continue
            statement = statement_for(documents, action, arn, context)
            if statement is None or at != account:
                refused.add(f"    {op} needs {action} on {arn} with {context}")
                continue
            self.used(purpose, action, statement)
            self.case(account, action, arn, context, documents)
        calls = len({(op, arn) for op, _, _, arn, _ in asked})
        self.checks.check(f"{name}: {verb} {environment} was allowed its {calls} calls", not refused and asked, "\n".join(sorted(refused)))
        return done

    def allow(self, documents, environment):
        """Notes what `--plan` allows, by the end of the ARNs, which is the same for every account."""
        for statement in (s for d in documents for s in listed(d["Statement"])):
            for action in listed(statement["Action"]):
                self.unused.setdefault((action, self.end(statement)), True)

    def used(self, purpose, action, statement):
        if purpose == "--plan":
            self.unused[(action, self.end(statement))] = False

    @staticmethod
    def end(statement):
        resource = listed(statement["Resource"])[0]
        what = resource.split("::")[-1].rpartition("aws:policy")
        end = "aws:policy" + what[2] if what[1] else resource.split(":")[-1]
        return end if "*" in end else end.split("/")[0] if "/" in end else "a bucket"

    def case(self, account, action, arn, context, documents):
        request = {"principal": f"arn:aws:iam::{account}:role/hatrack", "action": action, "resource": arn,
                   "resource_account": account, "context": context}
        key = json.dumps([request, documents], sort_keys=True)
        self.cases.setdefault(key, {"id": str(len(self.cases) + 1), "request": request, "identity_policies": documents,
                                    "permissions_boundary": None, "session_policy": None, "resource_policy": None, "scps": None, "rcps": None})


def every_edit(project, world, wanted):
    """Each edit by hand, seen and put right."""
    for name in wanted:
        try:
            expected = edits.EDITS[name](world)
        except edits.Skip as skip:
            print(f"skip  {name}: {skip}", flush=True)
            continue
        for environment in sorted({e for e, *_ in expected}):
            words = []
            for _, address, _, _ in (e for e in expected if e[0] == environment and e[3] == edits.FOREIGN):
                words += ["--takeover" if name == "change-mark-of-role" else "--adopt", address]
            project.run(name, 2, "drift", environment)
            project.run(name, 0, "apply", environment, "--yes", words=words)


def leaving_user(project, world):
    """A user who goes, with everything that a user can have."""
    iam, user = world.iam, "bob"
    iam.create_access_key(UserName=user)
    iam.upload_ssh_public_key(UserName=user, SSHPublicKeyBody="ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7 bob")
    iam.create_service_specific_credential(UserName=user, ServiceName="codecommit.amazonaws.com")
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="bobs-phone")["VirtualMFADevice"]["SerialNumber"]
    iam.enable_mfa_device(UserName=user, SerialNumber=device, AuthenticationCode1="123456", AuthenticationCode2="654321")
    iam.put_user_policy(UserName=user, PolicyName="more", PolicyDocument=json.dumps(edits.ANYTHING))
    iam.attach_user_policy(UserName=user, PolicyArn=edits.S3_READ)
    iam.create_group(GroupName="Strangers")
    iam.add_user_to_group(GroupName="Strangers", UserName=user)


def decide(project, binary):
    """The same questions to hatrack's own engine, where the binary has it."""
    text = "".join(json.dumps(case) + "\n" for case in project.cases.values())
    if subprocess.run([binary, "decide", "--help"], capture_output=True).returncode != 0:
        print("note  this hatrack has no `decide`: its answers were not asked for", flush=True)
        return text
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        file.write(text)
        file.flush()
        done = subprocess.run([binary, "decide", "--batch", file.name], capture_output=True, text=True)
    answers = {a["id"]: a for a in map(json.loads, done.stdout.splitlines())}
    wrong = [f"    {json.dumps(case['request'])}: {answers.get(case['id'])}" for case in project.cases.values()
             if answers.get(case["id"], {}).get("decision") != "allowed"]
    project.checks.check(f"hatrack decide allows all {len(project.cases)} of them", not wrong, "\n".join(wrong[:20]))
    return text


def can_fail(project):
    """That a right too few is noticed, whichever it is."""
    missed = []
    for case in project.cases.values():
        request = case["request"]
        without = json.loads(json.dumps(case["identity_policies"]))
        for statement in (s for d in without for s in listed(d["Statement"])):
            statement["Action"] = [a for a in listed(statement["Action"]) if a != request["action"]]
        if statement_for(without, request["action"], request["resource"], request["context"]):
            missed.append(request["action"])
    project.checks.check("a right too few is noticed", not missed and project.cases, str(missed))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("binary", type=pathlib.Path)
    arguments.add_argument("--only", default="", help="edits to make, by name")
    arguments.add_argument("--sample", type=int, default=0, help="only so many edits, evenly spread; 0 is all")
    arguments.add_argument("--cases", type=pathlib.Path, help="where to keep the questions for `hatrack decide --batch`")
    given = arguments.parse_args()
    checks, binary, began = Checks(), given.binary.resolve(), time.monotonic()
    wanted = [n for n in given.only.split(",") if n] or list(edits.EDITS)
    if given.sample:
        # A user without the mark is read by name, and an AWS policy that is only a boundary by its ARN.
        sample = [wanted[i * len(wanted) // given.sample] for i in range(min(given.sample, len(wanted)))]
        wanted = dict.fromkeys([*sample, "remove-mark-of-user", "put-boundary-on-role"])
    web, proxy = emulator.serve()
    url = f"http://127.0.0.1:{web.server_port}"
    here = type("Here", (), {"url": url, "client": Server.client})()
    world, recorder = edits.World(here.client), Recorder(proxy)
    analytics, lake = edits.ANALYTICS, edits.LAKE
    with tempfile.TemporaryDirectory() as folder:
        project = Project(checks, binary, url, recorder, folder)
        small = HERE / "small"
        for environment in edits.ACCOUNTS:
            project.write(environment, (small / "environments" / f"{environment}.yaml").read_text())

        # Made from nothing, and read in every way.
        for environment in edits.ACCOUNTS:
            project.run("empty", 2, "plan", environment)
            project.run("made", 0, "apply", environment, "--yes")
            for verb in ("plan", "drift"):
                project.run("settled", 0, verb, environment)
            project.run("settled", 0, "snapshot", environment, "-o", f"{folder}/{environment}.json")
        project.run("settled", 0, "lock", analytics)
        (project.folder / "aws-managed.lock.yaml").unlink()

        # Everything that people do by hand.
        every_edit(project, world, wanted)

        # What was declared goes, with all that it gathered; the rest becomes something else.
        leaving_user(project, world)
        project.write(analytics, (small / "changed" / "analytics.yaml").read_text())
        project.run("changed", 2, "plan", analytics)
        project.run("changed", 2, "drift", analytics)
        project.run("changed", 0, "apply", analytics, "--yes")
        project.run("changed", 0, "plan", analytics)

        # Other names, other paths, a policy that is made anew, a bucket that is retired.
        text = project.read(analytics)
        bucket = f"acme-small-{edits.ACCOUNTS[analytics]}"
        text = (text.replace("  Auditors:\n", "  Reviewers:\n    renamed_from: Auditors\n").replace("[DataScientists, Auditors]", "[DataScientists, Reviewers]")
                .replace("  cy:\n", "  cyrus:\n    renamed_from: cy\n    path: /people/\n")
                .replace("  GlueEtl:\n", "  GlueEtl:\n    path: /jobs/\n")
                .replace("The most that a person may do", "The most that anybody may do"))
        head, _, _ = text.partition("buckets:\n")
        project.write(analytics, head + f"retire: [bucket/{bucket}]\n")
        project.run("renamed", 2, "plan", analytics)
        project.run("renamed", 0, "apply", analytics, "--yes")
        project.run("renamed", 0, "plan", analytics)

        # Nothing is left; the rights are those of the files before.
        documents = project.permissions("--apply", analytics)
        project.write(analytics, "\n".join(head.splitlines()[:4]) + "\n")
        project.run("gone", 0, "apply", analytics, "--yes", documents=documents)

        unasked = {key for key, unused in project.unused.items() if unused}
        surplus = sorted(unasked - set(UNASKED))
        checks.check("`--plan` allows nothing that is never asked", not surplus, f"    {surplus}")
        if not given.only and not given.sample:
            stale = sorted(set(UNASKED) - unasked)
            checks.check("what is never asked is never asked", not stale, f"    {stale}")
        can_fail(project)
        cases = decide(project, binary)
        if given.cases:
            given.cases.write_text(cases)
    print(f"{len(project.cases)} questions, {time.monotonic() - began:.0f} s")
    return checks.end("permissions")


if __name__ == "__main__":
    sys.exit(main())
