#!/usr/bin/env python3
"""adopt.py BINARY

An account of forty resources made by boto3 is adopted: the file is written, the plan is marks alone, applying it changes
nothing that another client can see but the marks, and the next plan is empty. Then a change by hand is adopted into the
file, and another reverted.
"""

import argparse
import json
import pathlib
import sys
import tempfile

import photo
from common import REGION, Checks, Server, run
from permissions import FREE, S3_ACTIONS

ACCOUNT = "111122223333"
MARK = "hatrack:environment"
TAGS = [{"Key": "team", "Value": "ds"}]


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def trust(principal, action="sts:AssumeRole", **more):
    return document({"Effect": "Allow", "Principal": principal, "Action": action, **more})


def handmade(iam, s3):
    """The account, as somebody would make it in the console."""
    arn = {}
    for name, path, text in (("ceiling", "/", document(allow(["s3:*", "glue:*"]))), ("lake-read", "/lake/", document(allow("s3:GetObject", "arn:aws:s3:::acme-adopt-1/*"))),
                             ("deny-keys", "/people/ops/", document({"Effect": "Deny", "Action": "iam:CreateAccessKey", "Resource": "*"})),
                             ("described", "/", document(allow("ec2:Describe*", Sid="Look")))):
        more = {"Description": "what it is for"} if name == "described" else {}
        arn[name] = iam.create_policy(PolicyName=name, Path=path, PolicyDocument=text, Tags=TAGS, **more)["Policy"]["Arn"]
    for n in range(4):
        iam.create_group(GroupName=f"group{n}", Path="/people/" if n % 2 else "/")
    iam.attach_group_policy(GroupName="group0", PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    iam.attach_group_policy(GroupName="group1", PolicyArn=arn["deny-keys"])
    iam.put_group_policy(GroupName="group2", PolicyName="own", PolicyDocument=document(allow("iam:GetUser", "arn:aws:iam::*:user/${aws:username}")))
    for n in range(10):
        more = {"PermissionsBoundary": arn["ceiling"]} if n % 3 == 0 else {}
        iam.create_user(UserName=f"user{n}", Path="/people/" if n % 2 else "/", Tags=TAGS, **more)
        iam.add_user_to_group(GroupName=f"group{n % 4}", UserName=f"user{n}")
    iam.create_access_key(UserName="user9")
    iam.create_login_profile(UserName="user8", Password="correct-Horse-7-battery")
    iam.put_user_policy(UserName="user7", PolicyName="own", PolicyDocument=document(allow("s3:ListAllMyBuckets")))
    roles = {
        "Ec2": (trust({"Service": "ec2.amazonaws.com"}), {}), "Ec2Bare": (trust({"Service": "ec2.amazonaws.com"}), {"Path": "/machines/"}),
        "Glue": (trust({"Service": "glue.amazonaws.com"}), {"MaxSessionDuration": 7200, "Description": "Nightly jobs"}),
        "Cross": (trust({"AWS": "arn:aws:iam::444455556666:root"}, Condition={"StringEquals": {"sts:ExternalId": "x-1"}}), {}),
        "Mfa": (trust({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}), {}),
        "GitHub": (trust({"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"}, "sts:AssumeRoleWithWebIdentity",
                         Condition={"StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"},
                                    "StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/data:*"}}), {}),
        "Named": (trust({"AWS": f"arn:aws:iam::{ACCOUNT}:user/user0"}), {}),
        "Two": (trust({"Service": ["lambda.amazonaws.com", "states.amazonaws.com"]}), {"PermissionsBoundary": arn["ceiling"]}),
        "Others": (trust({"Service": "lambda.amazonaws.com"}), {"Tags": [{"Key": "ManagedBy", "Value": "terraform"}]}),
    }
    for name, (policy, more) in roles.items():
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy, **{"Tags": TAGS, **more})
    iam.attach_role_policy(RoleName="Glue", PolicyArn="arn:aws:iam::aws:policy/service-role/AWSGlueServiceRole")
    iam.attach_role_policy(RoleName="Glue", PolicyArn=arn["lake-read"])
    iam.put_role_policy(RoleName="Ec2", PolicyName="data", PolicyDocument=document(allow("s3:GetObject", "arn:aws:s3:::acme-adopt-1/*")))
    for name, role in (("Ec2", "Ec2"), ("Glue", "Glue"), ("elsewhere", "Ec2Bare")):
        iam.create_instance_profile(InstanceProfileName=name)
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=role)
    for n in range(10):
        bucket = {"Bucket": f"acme-adopt-{n}"}
        s3.create_bucket(**bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_tagging(**bucket, Tagging={"TagSet": TAGS})
        if n != 2:
            s3.put_public_access_block(**bucket, PublicAccessBlockConfiguration={
                key: n != 3 for key in ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")})
        if n != 4:
            s3.put_bucket_ownership_controls(**bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]})
        if n == 5:
            s3.put_bucket_versioning(**bucket, VersioningConfiguration={"Status": "Enabled"})
        algorithm = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/lake"} if n == 6 else {"SSEAlgorithm": "AES256"}
        s3.put_bucket_encryption(**bucket, ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": algorithm, "BucketKeyEnabled": n == 6}]})
        if n == 7:
            s3.put_bucket_lifecycle_configuration(**bucket, LifecycleConfiguration={
                "Rules": [{"ID": "tidy", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 30}}]})
        if n == 8:
            s3.put_bucket_policy(**bucket, Policy=document({
                "Sid": "Tls", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [f"arn:aws:s3:::acme-adopt-{n}", f"arn:aws:s3:::acme-adopt-{n}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}}}))


def unmarked(photograph):
    """Without marks, and without what follows from a group's mark."""
    out = {}
    for address, body in photograph.items():
        body = dict(body)
        if "tags" in body:
            body["tags"] = {k: v for k, v in body["tags"].items() if k != MARK}
        if address.startswith("group/"):
            body["path"] = "/" + body["path"].removeprefix("/hatrack/byhand/").removeprefix("/")
        out[address] = body
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", type=pathlib.Path)
    binary = parser.parse_args().binary.resolve()
    checks = Checks()
    with Server() as server, tempfile.TemporaryDirectory() as scratch:
        iam, s3 = server.client("iam", ACCOUNT), server.client("s3", ACCOUNT)
        handmade(iam, s3)
        before = photo.take(iam, s3)
        checks.check("the account has forty resources", len(before) >= 40, f"    {len(before)}")
        file = pathlib.Path(scratch) / "environments" / "byhand.yaml"

        def hatrack(name, code, *arguments):
            server.control("reset", {}, ACCOUNT)
            done = run(binary, [*arguments], ACCOUNT, server.url, scratch)
            checks.check(f"{name}: exits {code}", done.code == code, f"    exit {done.code}\n{done.tail()}")
            return done

        def quietly(name, code, *arguments):
            done = hatrack(name, code, *arguments)
            writes = [e["op"] for e in server.control("stats", account=ACCOUNT)["log"] if e["write"]]
            checks.check(f"{name}: wrote nothing to the account", not writes, f"    {writes}")
            return done

        where = ["--environment", "byhand", "--account", ACCOUNT, "--region", REGION]
        done = quietly("adopt", 0, "adopt", "--all", *where, "--format", "json")
        if done.code:
            return checks.end("adopt")
        told = done.json
        log = server.control("stats", account=ACCOUNT)["log"]
        asked = {action for e in log for action in S3_ACTIONS.get(e["op"].split(":")[1], [e["op"]]) if e["op"] not in FREE}
        asked.discard("s3:GetObject")  # what the emulator takes the account's own Block Public Access for
        documents = run(binary, ["permissions", "--plan", "--adopt-all", "--format", "json"], ACCOUNT, server.url, scratch).json[ACCOUNT]
        listed = [s["Action"] for d in documents for s in d["Statement"]]
        printed = {action for actions in listed for action in ([actions] if isinstance(actions, str) else actions)}
        checks.check("adopt: what it asks is what `permissions --adopt-all` prints", asked <= printed, f"    {sorted(asked - printed)}")
        left = {line["address"] for line in told["left_out"]}
        checks.check("adopt: what another tool keeps is left out, and told", {"role/Others", "instance-profile/elsewhere"} <= left, f"    {left}")
        missing = {a for a in before if not a.startswith("instance-profile/")} - set(told["adopted"]) - left
        checks.check("adopt: everything is said or told", not missing, f"    {missing}")
        quietly("a second time", 1, "adopt", "--all", *where)

        plan = quietly("plan", 2, "plan", "--format", "json")
        words = {step["text"] if "text" in step else json.dumps(step) for step in plan.json["steps"]} if plan.code == 2 else {"?"}
        strange = [w for w in words if MARK not in w and "path" not in w]
        checks.check("plan: marks alone", not strange, f"    {strange}"[:2000])
        hatrack("apply", 0, "apply", "--yes")
        after = photo.take(iam, s3)
        lines = photo.differences(unmarked(before), unmarked(after))
        checks.check("apply: nothing changed but marks", not lines, "\n".join(lines))
        lost = [a for a in told["adopted"] if after[a].get("tags", {}).get(MARK) != "byhand" and not after[a].get("path", "").startswith("/hatrack/byhand/")]
        checks.check("apply: every adopted resource bears a mark", not lost, f"    {lost}")
        quietly("plan again", 0, "plan")

        iam.attach_role_policy(RoleName="Glue", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
        iam.tag_role(RoleName="Glue", Tags=[{"Key": "owner", "Value": "dave"}])
        quietly("drift", 2, "drift")
        quietly("adopt in place", 0, "adopt", "role/Glue/attached/ReadOnlyAccess", "--yes")
        checks.check("adopt in place: the file has it", "ReadOnlyAccess" in file.read_text(), file.read_text())
        hatrack("revert", 0, "revert", "role/Glue/tag/owner", "--yes")
        tags = {t["Key"] for t in iam.list_role_tags(RoleName="Glue")["Tags"]}
        checks.check("revert: the tag is gone", "owner" not in tags, f"    {tags}")
        quietly("plan at the end", 0, "plan")
        checks.emulator(server)
    return checks.end("adopt")


if __name__ == "__main__":
    sys.exit(main())
