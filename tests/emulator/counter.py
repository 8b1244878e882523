#!/usr/bin/env python3
"""counter.py BINARY [N]

Counts what a plan of an account with N roles costs (500: with N/10 groups, N/5 users, N/10 policies, N/20 buckets). The
account is written straight into the emulator, as hatrack would have left it, and hatrack must have nothing to do.

The same of SageMaker, which hatrack itself made on the stand-in (tests/standin): lists by the page of ten that AWS gives
unasked, and a description and the tags of each thing. Without `sagemaker` in the file SageMaker is asked nothing.
"""

import argparse
import json
import math
import os
import pathlib
import sys
import tempfile
import time
from types import SimpleNamespace

import server as emulator
from common import REGION, Checks, Server, run

ACCOUNT, ENVIRONMENT = "111122223333", "model"
PATH, MARK = f"/hatrack/{ENVIRONMENT}/", "hatrack:environment"
SERVICES = ("sagemaker", "glue", "ec2", "lambda")
READS_OF_A_BUCKET = ("GetBucketTagging", "GetBucketPolicy", "GetPublicAccessBlock", "GetBucketVersioning", "GetBucketEncryption",
                     "GetBucketOwnershipControls", "GetBucketLifecycleConfiguration")


def model(n):
    """The account as data."""
    policies = [f"ds-policy-{i:04d}" for i in range(max(1, n // 10))]
    buckets = [f"ds-bucket-{i:04d}" for i in range(max(1, n // 20))]
    groups = [f"ds-group-{i:04d}" for i in range(max(1, n // 10))]
    roles = [f"ds-role-{i:04d}" for i in range(n)]
    pick = lambda names, i: names[i % len(names)]
    return {
        "policies": {p: {"description": f"Policy {p}", "statements": [
            {"Sid": "Read", "Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"],
             "Resource": [f"arn:aws:s3:::{pick(buckets, i)}", f"arn:aws:s3:::{pick(buckets, i)}/*"]}]} for i, p in enumerate(policies)},
        "roles": {r: {"description": f"Role {r}", "trust": pick(SERVICES, i), "tags": {"owner": f"team-{i % 7}"},
                      "policies": ["AmazonS3ReadOnlyAccess", pick(policies, i)],
                      "inline": {"work": [{"Sid": "Work", "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"],
                                           "Resource": f"arn:aws:s3:::{pick(buckets, i)}/{r}/*"}]}} for i, r in enumerate(roles)},
        "groups": {g: {"policies": ["AmazonSageMakerFullAccess", pick(policies, i)]} for i, g in enumerate(groups)},
        "users": {f"ds-user-{i:04d}": {"groups": [pick(groups, i)]} for i in range(max(1, n // 5))},
        "buckets": {b: {"policy": [
            {"Sid": "Lake", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/{roles[i]}"},
             "Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"arn:aws:s3:::{b}/*"},
            {"Sid": "Tls", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [f"arn:aws:s3:::{b}", f"arn:aws:s3:::{b}/*"],
             "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]} for i, b in enumerate(buckets)},
    }


def seed(account):
    """Writes the account into moto's backends."""
    from moto.iam.models import iam_backends
    from moto.s3.models import s3_backends

    iam, s3 = iam_backends[ACCOUNT]["aws"], s3_backends[ACCOUNT]["aws"]
    document = lambda statements: json.dumps({"Version": "2012-10-17", "Statement": statements})
    tags = lambda own={}: {"team": "data-science", MARK: ENVIRONMENT, **own}  # what a path cannot mark
    listed = lambda tags: [{"Key": k, "Value": v} for k, v in tags.items()]
    named = {}
    for name, body in account["policies"].items():
        named[name] = iam.create_policy(body["description"], PATH, document(body["statements"]), name, listed({"team": "data-science"}))
    arns = {f"arn:aws:iam::aws:policy/{n}": n for n in ("AmazonS3ReadOnlyAccess", "AmazonSageMakerFullAccess")}
    named.update({arns[a]: p for a, p in iam.managed_policies.items() if a in arns})
    for name, body in account["roles"].items():
        trust = document([{"Effect": "Allow", "Principal": {"Service": f"{body['trust']}.amazonaws.com"}, "Action": "sts:AssumeRole"}])
        role = iam.create_role(name, trust, "/", None, body["description"], listed(tags(body["tags"])), 3600)
        for policy in body["policies"]:
            named[policy].attach_to(role)
        for key, statements in body["inline"].items():
            role.put_policy(key, document(statements))
        if body["trust"] == "ec2":
            iam.create_instance_profile(name, PATH, [name])
    for name, body in account["groups"].items():
        group = iam.create_group(name, PATH)
        for policy in body["policies"]:
            named[policy].attach_to(group)
    for name, body in account["users"].items():
        iam.create_user(REGION, name, "/", listed(tags()))
        for group in body["groups"]:
            iam.add_user_to_group(group, name)
    for name, body in account["buckets"].items():
        s3.create_bucket(name, REGION)
        s3.put_bucket_tagging(name, tags())
        s3.put_bucket_policy(name, document(body["policy"]).encode())


def studio(checks, binary):
    """What SageMaker costs: two domains of ours and one of others, people, notebooks, scripts."""
    people, notebooks, scripts = 12, 11, 3
    domain = lambda n: {"vpc": "vpc-1", "subnets": ["subnet-1"], "execution_role": "Studio", "user_profiles": {f"person-{i}": {} for i in range(n)}}
    head = {"environment": ENVIRONMENT, "account": ACCOUNT, "region": REGION, "roles": {"Studio": {"trust": "sagemaker"}}}
    body = {
        "domains": {"large": domain(people), "small": domain(1)},
        "notebooks": {f"notebook-{i}": {"execution_role": "Studio"} for i in range(notebooks)},
        "lifecycle_configurations": {f"lab-{i}": {"app": "JupyterLab", "script": "true"} for i in range(scripts)}
        | {f"start-{i}": {"on_start": "true"} for i in range(scripts)},
    }
    os.environ["HATRACK_TEST_SERVER"], os.environ["HATRACK_STANDIN_CONFIG"] = "standin", json.dumps({"sagemaker_looks": 0})
    with Server() as server, tempfile.TemporaryDirectory() as directory:
        (pathlib.Path(directory) / "environments").mkdir()

        def hatrack(name, file, *arguments):
            (pathlib.Path(directory) / "environments" / f"{ENVIRONMENT}.yaml").write_text(json.dumps(file))
            server.control("reset", {})
            done = run(binary, list(arguments), ACCOUNT, server.url, directory, timeout=300)
            checks.check(f"{name}: {arguments[0]} exits 0", done.code == 0, f"    exit {done.code}\n{done.tail()}")
            return server.control("stats")["by_operation"]

        hatrack("SageMaker", {**head, "sagemaker": body}, "apply", "--yes")
        sagemaker = server.client("sagemaker", ACCOUNT)
        role = f"arn:aws:iam::{ACCOUNT}:role/Studio"
        foreign = sagemaker.create_domain(DomainName="theirs", AuthMode="IAM", DefaultUserSettings={"ExecutionRole": role}, VpcId="vpc-1", SubnetIds=["subnet-1"])
        sagemaker.describe_domain(DomainId=foreign["DomainArn"].rsplit("/", 1)[1])  # it is in service when it was looked at
        sagemaker.create_user_profile(DomainId=foreign["DomainArn"].rsplit("/", 1)[1], UserProfileName="stranger")
        pages = lambda *n: (len(n), sum(math.ceil(one / 10) for one in n))  # larger pages are as good
        wanted = {
            "ListDomains": 1, "DescribeDomain": 3, "ListApps": 3, "ListSpaces": 3,
            # Of others' domains nobody asks who is in them.
            "ListUserProfiles": pages(people, 1), "DescribeUserProfile": people + 1,
            "ListNotebookInstances": pages(notebooks), "DescribeNotebookInstance": notebooks,
            "ListStudioLifecycleConfigs": 1, "DescribeStudioLifecycleConfig": scripts,
            "ListNotebookInstanceLifecycleConfigs": 1, "DescribeNotebookInstanceLifecycleConfig": scripts,
            "ListTags": 3 + people + 1 + notebooks + 2 * scripts,
        }
        got = hatrack("SageMaker", {**head, "sagemaker": body}, "plan")
        got = {op.partition(":")[2]: count for op, count in got.items() if op.startswith("sagemaker:")}
        for op in sorted(wanted | got):
            least, most = wanted[op] if isinstance(wanted.get(op), tuple) else (wanted.get(op, 0),) * 2
            checks.check(f"sagemaker:{op}: {least}{'' if most == least else f' to {most}'}", least <= got.get(op, 0) <= most, f"    {got.get(op)}")
        got = hatrack("without SageMaker", head, "plan")
        asked = {op: count for op, count in got.items() if op.startswith(("sagemaker:", "s3control:"))}
        checks.check("without SageMaker and account settings: neither is asked anything", not asked, f"    {asked}")
        checks.emulator(server)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("binary", type=pathlib.Path)
    arguments.add_argument("roles", type=int, nargs="?", default=500)
    given = arguments.parse_args()
    checks, account = Checks(), model(given.roles)
    web, proxy = emulator.serve()
    began = time.monotonic()
    seed(account)
    sizes = SimpleNamespace(**{kind: len(things) for kind, things in account.items()})
    print(f"seeded {vars(sizes)} in {time.monotonic() - began:.1f} s", flush=True)
    with tempfile.TemporaryDirectory() as directory:
        (pathlib.Path(directory) / "environments").mkdir()
        # JSON is YAML.
        (pathlib.Path(directory) / "environments" / f"{ENVIRONMENT}.yaml").write_text(json.dumps(
            {"environment": ENVIRONMENT, "account": ACCOUNT, "region": REGION, "tags": {"team": "data-science"}, **account}, indent=1))
        began = time.monotonic()
        plan = run(given.binary.resolve(), ["plan"], ACCOUNT, f"http://127.0.0.1:{web.server_port}", directory, timeout=600)
        took = time.monotonic() - began
    checks.check("the plan is empty", plan.code == 0, f"    exit {plan.code}\n{plan.tail()}")
    counts = dict(proxy.scopes[ACCOUNT].counts) if ACCOUNT in proxy.scopes else {}
    for op, count in sorted(counts.items()):
        print(f"      {count:5} {op}")
    print(f"      {sum(counts.values()):5} requests, {took:.2f} s")
    profiles = sum(r["trust"] == "ec2" for r in account["roles"].values())

    def costs(op, least, most=None):
        got, most = counts.pop(op, 0), least if most is None else most
        checks.check(f"{op}: {least}{'' if most == least else f' to {most}'}", least <= got <= most, f"    {got}")

    # AWS's own policies in use come along.
    own = len({p for h in ("roles", "groups") for body in account[h].values() for p in body["policies"]} - set(account["policies"]))
    iam = sizes.users + sizes.groups + sizes.roles + sizes.policies + own
    costs("iam:GetAccountAuthorizationDetails", math.ceil(iam / 1000))
    costs("iam:ListRoles", math.ceil(sizes.roles / 1000))
    costs("iam:ListInstanceProfiles", math.ceil(profiles / 1000))
    costs("iam:GetPolicy", sizes.policies)
    costs("iam:GenerateCredentialReport", 0, 2)
    costs("iam:GetCredentialReport", 0, 2)
    costs("iam:GetAccountSummary", 1)
    costs("sts:GetCallerIdentity", 1, 2)
    costs("s3:ListBuckets", 1)
    for op in READS_OF_A_BUCKET:
        costs(f"s3:{op}", sizes.buckets)
    costs("s3:GetBucketLocation", 0, sizes.buckets)
    checks.check("nothing else, and nothing for each role, user or group", not counts, f"    {counts}")
    studio(checks, given.binary.resolve())
    return checks.end("counter")


if __name__ == "__main__":
    sys.exit(main())
