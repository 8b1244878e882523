#!/usr/bin/env python3
"""hatrack's decisions held against an emulator that enforces policies: apply access/, act as its people, and try.

Usage: access_oracle.py BINARY [--decide OTHER] [--keep]

ministack (MIT, pinned in access-requirements.txt) with AUTH=true asks its own evaluator before each call. Each try is a
call of boto3 with somebody's own credentials; that it is let through or refused must be what the row expects, and what
`hatrack decide --batch` says of the same request and of the policies as the emulator's IAM and S3 hold them afterwards.
A binary without `decide` is not asked; --decide names another for the decisions. The emulator ends with this script;
--keep shows its words at the end.
"""

import argparse
import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

import common

SCIENCE, LAKE = "111122223333", "444455556666"
REGION = common.REGION
DENIED = {"AccessDenied", "AccessDeniedException", "403", "UnauthorizedOperation"}
# Where the emulator refuses what AWS allows, by the try's name: the page that says so.
EMULATOR_REFUSES = {
    "cy sts:AssumeRole role/Named": "https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html",
}
BATCH = ("id", "request", "identity_policies", "permissions_boundary", "session_policy", "resource_policy", "scps", "rcps")


class Emulator:
    """ministack as a child, ended with us."""

    def __init__(self):
        with contextlib.closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.folder = tempfile.TemporaryDirectory()
        self.said = tempfile.TemporaryFile("w+")
        environment = {"PATH": os.environ.get("PATH", ""), "HOME": self.folder.name, "TMPDIR": self.folder.name, "AUTH": "true",
                       "BIND_HOST": "127.0.0.1", "IOT_MTLS_ENABLED": "0", "SFTP_ENABLED": "0", "GATEWAY_PORT": str(port)}
        self.process = subprocess.Popen([sys.executable, "-m", "ministack"], env=environment, cwd=self.folder.name,
                                        stdin=subprocess.DEVNULL, stdout=self.said, stderr=subprocess.STDOUT)
        until = time.monotonic() + 30
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=2).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > until:
                    self.end()
                    raise SystemExit(f"ministack did not start\n{self.words()}") from None
                time.sleep(0.1)

    def words(self):
        self.said.seek(0)
        return self.said.read()

    def end(self):
        self.process.terminate()
        self.process.wait(10)
        self.folder.cleanup()

    def client(self, service, key, secret="x", token=None):
        """A key of twelve digits is the root user of that account."""
        config = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}, request_checksum_calculation="when_required")
        return boto3.client(service, endpoint_url=self.url, region_name=REGION, aws_access_key_id=key,
                            aws_secret_access_key=secret, aws_session_token=token, config=config)


class Somebody:
    """Credentials, the ARN they stand for, and the session policy they were got with."""

    def __init__(self, emulator, key, secret, token=None, session_policy=None):
        self.client = lambda service: emulator.client(service, key, secret, token)
        self.arn = self.client("sts").get_caller_identity()["Arn"]
        self.session_policy = session_policy


def listed(document):
    """Policies as boto3 gives them: decoded already, or text."""
    return json.loads(document) if isinstance(document, str) else document


class Policies:
    """What the two accounts hold, read by boto3 as their root users."""

    def __init__(self, emulator):
        self.users, self.roles, self.trust, self.buckets = {}, {}, {}, {}
        for account in (SCIENCE, LAKE):
            iam, s3 = emulator.client("iam", account), emulator.client("s3", account)
            details = iam.get_account_authorization_details(Filter=["User", "Role", "Group", "LocalManagedPolicy"])
            managed = {policy["Arn"]: listed(version["Document"]) for policy in details["Policies"]
                       for version in policy["PolicyVersionList"] if version["IsDefaultVersion"]}

            def held(holder, kind, managed=managed):
                inline = [listed(policy["PolicyDocument"]) for policy in holder.get(f"{kind}PolicyList", [])]
                return inline + [managed[policy["PolicyArn"]] for policy in holder["AttachedManagedPolicies"]]

            def boundary(entity, managed=managed):
                arn = entity.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
                return [managed[arn]] if arn else None

            groups = {group["GroupName"]: held(group, "Group") for group in details["GroupDetailList"]}
            for user in details["UserDetailList"]:
                policies = held(user, "User") + [policy for group in user["GroupList"] for policy in groups[group]]
                self.users[user["Arn"]] = (policies, boundary(iam.get_user(UserName=user["UserName"])["User"]))
            for role in details["RoleDetailList"]:
                self.roles[(account, role["RoleName"])] = (held(role, "Role"), boundary(iam.get_role(RoleName=role["RoleName"])["Role"]))
                self.trust[role["Arn"]] = listed(role["AssumeRolePolicyDocument"])
            for bucket in s3.list_buckets()["Buckets"]:
                self.buckets[bucket["Name"]] = (account, json.loads(s3.get_bucket_policy(Bucket=bucket["Name"])["Policy"]))

    def of(self, arn):
        account, name = arn.split(":")[4:6]
        kind, *rest = name.split("/")
        return self.roles[(account, rest[0])] if kind == "assumed-role" else self.users[arn]

    def case(self, id, somebody, action, resource, context):
        """The batch's case of a request."""
        identity, boundary = self.of(somebody.arn)
        if resource.startswith("arn:aws:s3:::"):
            account, policy = self.buckets[resource.removeprefix("arn:aws:s3:::").split("/")[0]]
        else:
            account = somebody.arn.split(":")[4] if resource == "*" else resource.split(":")[4]
            policy = self.trust.get(resource) if action == "sts:AssumeRole" else None
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        context = {"aws:SourceIp": "127.0.0.1", "aws:SecureTransport": "false", "aws:CurrentTime": now, "aws:RequestedRegion": REGION, **context}
        request = {"principal": somebody.arn, "action": action, "resource": resource, "resource_account": account, "context": context}
        return {"id": id, "request": request, "identity_policies": identity, "permissions_boundary": boundary,
                "session_policy": somebody.session_policy, "resource_policy": policy, "scps": None, "rcps": None}


def tries(people):
    """(name, who, action, resource, context, whether it is allowed, the call)."""
    alice, bob, cy = people["alice"], people["bob"], people["cy"]
    names = {somebody: name for name, somebody in people.items()}

    def row(who, allowed, action, resource, call, note="", context=None):
        short = resource.rsplit(":", 1)[-1]
        return f"{names[who]} {action} {short}{note}", who, action, resource, context or {}, allowed, call

    def get(who, allowed, bucket, key):
        return row(who, allowed, "s3:GetObject", f"arn:aws:s3:::{bucket}/{key}", lambda: who.client("s3").get_object(Bucket=bucket, Key=key))

    def put(who, allowed, bucket, key):
        return row(who, allowed, "s3:PutObject", f"arn:aws:s3:::{bucket}/{key}", lambda: who.client("s3").put_object(Bucket=bucket, Key=key, Body=b"."))

    def delete(who, allowed, bucket, key):
        return row(who, allowed, "s3:DeleteObject", f"arn:aws:s3:::{bucket}/{key}", lambda: who.client("s3").delete_object(Bucket=bucket, Key=key))

    def look(who, allowed, prefix, bucket="acme-science"):
        given, context = ({}, {}) if prefix is None else ({"Prefix": prefix}, {"s3:prefix": prefix})
        return row(who, allowed, "s3:ListBucket", f"arn:aws:s3:::{bucket}", lambda: who.client("s3").list_objects_v2(Bucket=bucket, **given),
                   f" {prefix}", context)

    def user(who, allowed, name):
        return row(who, allowed, "iam:GetUser", f"arn:aws:iam::{SCIENCE}:user/{name}", lambda: who.client("iam").get_user(UserName=name))

    def assume(who, allowed, name, account=SCIENCE, external=None):
        arn = f"arn:aws:iam::{account}:role/{name}"
        given, context, note = ({"ExternalId": external}, {"sts:ExternalId": external}, f" {external}") if external else ({}, {}, "")
        return row(who, allowed, "sts:AssumeRole", arn, lambda: who.client("sts").assume_role(RoleArn=arn, RoleSessionName="try", **given),
                   note, {"sts:RoleSessionName": "try", **context})

    science, lake = "acme-science", "acme-lake"
    analyst, narrow, capped, reader, personal = (people[name] for name in ("analyst", "narrow", "capped", "reader", "personal"))
    yes, no = True, False
    return [
        get(alice, yes, science, "data/a"), get(alice, no, science, "raw/a"), get(alice, yes, science, "home/alice/a"),
        get(alice, no, science, "home/bob/a"), get(alice, no, science, "public/a"), get(alice, no, science, "notes/a"),
        put(alice, yes, science, "home/alice/b"), put(alice, no, science, "home/bob/b"), put(alice, no, science, "data/b"),
        put(alice, no, science, "frozen/b"), put(alice, no, science, "drop/b"),
        delete(alice, yes, science, "home/alice/b"), delete(alice, no, science, "home/alice/keep/a"), delete(alice, no, science, "data/a"),
        look(alice, yes, "data/"), look(alice, yes, "home/alice/"), look(alice, no, "home/bob/"), look(alice, no, "raw/"), look(alice, no, None),
        look(alice, no, "shared/", lake),
        get(alice, yes, lake, "shared/a"), get(alice, no, lake, "open/a"), get(alice, no, lake, "secret/a"), put(alice, no, lake, "shared/b"),
        user(alice, yes, "alice"), user(alice, no, "bob"),
        row(alice, no, "iam:ListUsers", "*", lambda: alice.client("iam").list_users()),
        row(alice, no, "s3:ListAllMyBuckets", "*", lambda: alice.client("s3").list_buckets()),
        assume(alice, yes, "Analyst"), assume(alice, yes, "Capped"), assume(alice, no, "Personal"),
        assume(alice, no, "Guarded"), assume(alice, no, "Guarded", external="wrong"), assume(alice, yes, "Guarded", external="let-me-in"),
        assume(alice, yes, "LakeReader", LAKE), assume(alice, no, "Stranger", LAKE),
        get(bob, yes, science, "data/a"), look(bob, yes, "data/"), put(bob, no, science, "home/bob/b"), get(bob, yes, science, "home/bob/a"),
        put(bob, yes, science, "drop/b"), put(bob, no, science, "frozen/b"), user(bob, no, "bob"), assume(bob, no, "Analyst"),
        get(bob, yes, lake, "shared/a"),
        get(cy, yes, science, "public/a"), get(cy, no, science, "data/a"), get(cy, no, science, "notes/a"), look(cy, no, "public/"),
        assume(cy, no, "Analyst"), assume(cy, yes, "Personal"), assume(cy, yes, "Named"), assume(cy, no, "LakeReader", LAKE), get(cy, no, lake, "shared/a"),
        get(analyst, yes, science, "raw/a"), put(analyst, yes, science, "results/a"), put(analyst, no, science, "raw/b"),
        put(analyst, no, science, "frozen/b"), get(analyst, no, lake, "shared/a"), assume(analyst, no, "Capped"),
        get(narrow, yes, science, "data/a"), get(narrow, no, science, "raw/a"), put(narrow, no, science, "results/b"),
        get(capped, yes, science, "raw/a"), put(capped, no, science, "results/b"), put(capped, no, science, "drop/b"), get(capped, yes, lake, "shared/a"),
        look(capped, yes, "raw/"), delete(capped, no, science, "raw/a"),
        get(reader, yes, lake, "secret/a"), put(reader, no, lake, "secret/b"), get(reader, no, science, "data/a"),
        get(personal, no, science, "public/a"),
    ]


def outcome(call):
    """Whether the emulator let the call through: what is refused for another reason is a mistake of the table."""
    try:
        call()
        return True, ""
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code not in DENIED:
            raise
        return False, str(error)


def decisions(binary, cases):
    """hatrack's answers by id, or None where the binary does not decide."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        file.writelines(json.dumps({field: case[field] for field in BATCH}) + "\n" for case in cases)
        file.flush()
        done = subprocess.run([binary, "decide", "--batch", file.name], capture_output=True, text=True, check=False, timeout=30)
    if not done.stdout:
        return None
    return {answer["id"]: answer for answer in map(json.loads, done.stdout.splitlines())}


def prepare(emulator, checks, binary):
    """Applies the environments and makes everybody's credentials; the people by name."""
    for environment, account in (("lake", LAKE), ("science", SCIENCE)):
        ran = common.run(binary, ["-C", str(common.HERE / "access"), "apply", environment, "--yes"], account, emulator.url)
        if not checks.check(f"{environment} is applied", ran.code == 0, ran.tail()):
            return None
    ran = common.run(binary, ["-C", str(common.HERE / "access"), "plan", "science"], SCIENCE, emulator.url)
    checks.check("a plan afterwards has nothing to do", ran.code == 0, ran.tail())
    for account, bucket, keys in ((SCIENCE, "acme-science", ("data/a", "raw/a", "home/alice/a", "home/alice/keep/a", "home/bob/a", "public/a", "notes/a")),
                                  (LAKE, "acme-lake", ("shared/a", "open/a", "secret/a"))):
        s3 = emulator.client("s3", account)
        for key in keys:
            s3.put_object(Bucket=bucket, Key=key, Body=b".")
    people = {}
    iam = emulator.client("iam", SCIENCE)
    readers = next(policy["Arn"] for policy in iam.list_policies(Scope="Local")["Policies"] if policy["PolicyName"] == "readers")
    iam.put_user_permissions_boundary(UserName="bob", PermissionsBoundary=readers)
    iam.put_role_permissions_boundary(RoleName="Capped", PermissionsBoundary=readers)
    for name in ("alice", "bob", "cy"):
        key = iam.create_access_key(UserName=name)["AccessKey"]
        people[name] = Somebody(emulator, key["AccessKeyId"], key["SecretAccessKey"])
    session = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-science/data/*"}]}
    for name, by, account, role, policy in (("analyst", "alice", SCIENCE, "Analyst", None), ("narrow", "alice", SCIENCE, "Analyst", session),
                                            ("capped", "alice", SCIENCE, "Capped", None), ("reader", "alice", LAKE, "LakeReader", None),
                                            ("personal", "cy", SCIENCE, "Personal", None)):
        given = {"Policy": json.dumps(policy)} if policy else {}
        got = people[by].client("sts").assume_role(RoleArn=f"arn:aws:iam::{account}:role/{role}", RoleSessionName=name, **given)["Credentials"]
        people[name] = Somebody(emulator, got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"], policy)
    return people


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("binary")
    arguments.add_argument("--decide", help="another binary for the decisions")
    arguments.add_argument("--keep", action="store_true", help="show the emulator's words at the end")
    options = arguments.parse_args()
    checks, emulator = common.Checks(), Emulator()
    try:
        people = prepare(emulator, checks, options.binary)
        if people:
            rows, policies = tries(people), Policies(emulator)
            cases = [policies.case(name, who, action, resource, context) for name, who, action, resource, context, _, _ in rows]
            answers = decisions(options.decide or options.binary, cases)
            if answers is None:
                print("note  the binary does not decide: the emulator is held against the table alone")
            for name, _, _, _, _, allowed, call in rows:
                let, words = outcome(call)
                answer = (answers or {}).get(name, {"decision": "allowed" if allowed else "implicitDeny"})
                said = answer.get("decision") == "allowed"
                what = {True: "allowed", False: "denied"}
                if name in EMULATOR_REFUSES:
                    print(f"note  {name}: {what[allowed]}, the emulator says {what[let]}; {EMULATOR_REFUSES[name]}")
                    let = allowed
                checks.check(f"{name}: {what[allowed]}", let == said == allowed,
                             f"    the emulator: {what[let]} {words}\n    hatrack: {json.dumps(answer)}")
            checks.check("more than forty calls were tried", len(rows) > 40)
    finally:
        emulator.end()
        if options.keep:
            print(emulator.words())
    return checks.end("access against ministack")


if __name__ == "__main__":
    sys.exit(main())
