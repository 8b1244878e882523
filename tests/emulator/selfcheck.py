#!/usr/bin/env python3
"""Checks the emulator itself with boto3: every fix of awslike.py shows, every fault of server.py does as it says."""

import json
import os
import subprocess
import sys
import time

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from common import Checks, Server

EC2 = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": ["ec2.amazonaws.com"]}, "Action": ["sts:AssumeRole"]}]}
READ = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::b/*"]}]}
J = json.dumps
checks = Checks()
is_ = checks.check
accounts = (str(n) for n in range(200000000000, 300000000000))


def refused(code, function, status=None, **arguments):
    """Whether a call is refused with this code."""
    try:
        function(**arguments)
    except ClientError as error:
        got = error.response["Error"]["Code"]
        http = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if got != code or status and http != status:
            print(f"      got {got} {http}, not {code} {status or ''}")
        return got == code and (status is None or http == status)
    print(f"      accepted, not {code}")
    return False


def identities(server):
    a = next(accounts)
    iam, sts = server.client("iam", a), server.client("sts", a)
    is_("digits are the account", sts.get_caller_identity()["Account"] == a)
    is_("the caller has an ARN of AWS", sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{a}:root")
    user = iam.create_user(UserName="alice", Path="/x/", Tags=[{"Key": "k", "Value": "v"}])["User"]
    group = iam.create_group(GroupName="g")["Group"]
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=J(EC2), Description="")["Role"]
    policy = iam.create_policy(PolicyName="p", PolicyDocument=J(READ))["Policy"]
    profile = iam.create_instance_profile(InstanceProfileName="i")["InstanceProfile"]
    for thing, key, prefix in ((user, "UserId", "AIDA"), (group, "GroupId", "AGPA"), (role, "RoleId", "AROA"),
                               (policy, "PolicyId", "ANPA"), (profile, "InstanceProfileId", "AIPA")):
        is_(f"{key} begins {prefix}", thing[key].startswith(prefix), thing[key])
    is_("no empty description", "Description" not in iam.get_role(RoleName="r")["Role"])
    for name, call, arguments in (("user", iam.create_user, {"UserName": "ALICE"}), ("group", iam.create_group, {"GroupName": "G"}),
                                  ("role", iam.create_role, {"RoleName": "R", "AssumeRolePolicyDocument": J(EC2)}),
                                  ("policy", iam.create_policy, {"PolicyName": "P", "Path": "/else/", "PolicyDocument": J(READ)}),
                                  ("profile", iam.create_instance_profile, {"InstanceProfileName": "I"})):
        is_(f"{name} names ignore case", refused("EntityAlreadyExists", call, 409, **arguments))
    is_("names have a pattern", refused("ValidationError", iam.create_user, 400, UserName="a b"))
    is_("names have a length", refused("ValidationError", iam.create_role, 400, RoleName="r" * 65, AssumeRolePolicyDocument=J(EC2)))
    is_("sessions last an hour at least", refused("ValidationError", iam.create_role, 400, RoleName="s", AssumeRolePolicyDocument=J(EC2), MaxSessionDuration=1800))
    iam.update_user(UserName="alice", NewUserName="alicia", NewPath="/y/")
    is_("a renamed user keeps tags and id", iam.get_user(UserName="alicia")["User"] | {"CreateDate": 0} == user | {
        "UserName": "alicia", "Path": "/y/", "Arn": f"arn:aws:iam::{a}:user/y/alicia", "CreateDate": 0})
    iam.update_group(GroupName="g", NewPath="/z/")
    is_("a group's path changes alone", iam.get_group(GroupName="g")["Group"]["Path"] == "/z/")
    iam.create_user(UserName="bob")
    is_("a taken name is refused", refused("EntityAlreadyExists", iam.update_user, 409, UserName="bob", NewUserName="Alicia"))
    is_("NoSuchEntity is worded as AWS does", "The role with name nobody cannot be found." in str(error_of(iam.get_role, RoleName="nobody")))


def error_of(function, **arguments):
    try:
        return function(**arguments)
    except ClientError as error:
        return error


def boundaries(server):
    a = next(accounts)
    iam = server.client("iam", a)
    arn = iam.create_policy(PolicyName="b", PolicyDocument=J(READ))["Policy"]["Arn"]
    shown = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}
    iam.create_user(UserName="u", PermissionsBoundary=arn)
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=J(EC2), PermissionsBoundary=arn)
    is_("GetUser shows the boundary", iam.get_user(UserName="u")["User"].get("PermissionsBoundary") == shown)
    is_("GetRole shows the boundary", iam.get_role(RoleName="r")["Role"].get("PermissionsBoundary") == shown)
    is_("ListUsers leaves it out", "PermissionsBoundary" not in iam.list_users()["Users"][0])
    details = iam.get_account_authorization_details()
    is_("the details show a user's boundary", details["UserDetailList"][0].get("PermissionsBoundary") == shown)
    is_("and a role's", details["RoleDetailList"][0].get("PermissionsBoundary") == shown)
    is_("and count them", details["Policies"][0].get("PermissionsBoundaryUsageCount") == 2, str(details["Policies"]))
    is_("policies have names and ids there", (details["Policies"][0].get("PolicyName"), details["Policies"][0].get("PolicyId", "")[:4]) == ("b", "ANPA"))
    is_("a boundary is in use", refused("DeleteConflict", iam.delete_policy, 409, PolicyArn=arn))
    iam.delete_user_permissions_boundary(UserName="u")
    is_("a user's boundary can go", "PermissionsBoundary" not in iam.get_user(UserName="u")["User"])
    is_("but once", refused("NoSuchEntity", iam.delete_user_permissions_boundary, 404, UserName="u"))
    iam.put_user_permissions_boundary(UserName="u", PermissionsBoundary=arn)
    is_("and come again", iam.get_user(UserName="u")["User"].get("PermissionsBoundary") == shown)
    none = arn + "-none"
    is_("a boundary must exist (user)", refused("NoSuchEntity", iam.put_user_permissions_boundary, 404, UserName="u", PermissionsBoundary=none))
    is_("a boundary must exist (role)", refused("NoSuchEntity", iam.put_role_permissions_boundary, 404, RoleName="r", PermissionsBoundary=none))
    is_("a boundary must exist (create)", refused("NoSuchEntity", iam.create_user, 404, UserName="v", PermissionsBoundary=none))


def deleting(server):
    a = next(accounts)
    iam = server.client("iam", a)
    arn = iam.create_policy(PolicyName="p", PolicyDocument=J(READ))["Policy"]["Arn"]
    iam.create_group(GroupName="g")

    def conflict(name, make, undo):
        iam.create_user(UserName="u")
        make()
        is_(f"DeleteUser: {name}", refused("DeleteConflict", iam.delete_user, 409, UserName="u"))
        undo()
        iam.delete_user(UserName="u")

    conflict("in a group", lambda: iam.add_user_to_group(GroupName="g", UserName="u"), lambda: iam.remove_user_from_group(GroupName="g", UserName="u"))
    conflict("sign-in", lambda: iam.create_login_profile(UserName="u", Password="Secret-123"), lambda: iam.delete_login_profile(UserName="u"))
    key = {}
    conflict("access key", lambda: key.update(iam.create_access_key(UserName="u")["AccessKey"]),
             lambda: iam.delete_access_key(UserName="u", AccessKeyId=key["AccessKeyId"]))
    conflict("attached policy", lambda: iam.attach_user_policy(UserName="u", PolicyArn=arn), lambda: iam.detach_user_policy(UserName="u", PolicyArn=arn))
    serial = iam.create_virtual_mfa_device(VirtualMFADeviceName="m")["VirtualMFADevice"]["SerialNumber"]
    conflict("MFA device", lambda: iam.enable_mfa_device(UserName="u", SerialNumber=serial, AuthenticationCode1="111111", AuthenticationCode2="222222"),
             lambda: iam.deactivate_mfa_device(UserName="u", SerialNumber=serial))
    for name, make, undo in (
        ("members", lambda: (iam.create_user(UserName="u"), iam.add_user_to_group(GroupName="g", UserName="u")), lambda: iam.remove_user_from_group(GroupName="g", UserName="u")),
        ("attached", lambda: iam.attach_group_policy(GroupName="g", PolicyArn=arn), lambda: iam.detach_group_policy(GroupName="g", PolicyArn=arn)),
        ("inline", lambda: iam.put_group_policy(GroupName="g", PolicyName="i", PolicyDocument=J(READ)), lambda: iam.delete_group_policy(GroupName="g", PolicyName="i")),
    ):
        make()
        is_(f"DeleteGroup: {name}", refused("DeleteConflict", iam.delete_group, 409, GroupName="g"))
        undo()
    iam.attach_group_policy(GroupName="g", PolicyArn=arn)
    iam.attach_group_policy(GroupName="g", PolicyArn=arn)
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=J(EC2))
    iam.attach_role_policy(RoleName="r", PolicyArn=arn)
    iam.attach_role_policy(RoleName="r", PolicyArn=arn)
    is_("attaching twice counts once", iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 2)
    is_("DeletePolicy: attached", refused("DeleteConflict", iam.delete_policy, 409, PolicyArn=arn))
    iam.detach_group_policy(GroupName="g", PolicyArn=arn)
    iam.detach_role_policy(RoleName="r", PolicyArn=arn)
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=J(READ), SetAsDefault=True)
    is_("DeletePolicy: versions", refused("DeleteConflict", iam.delete_policy, 409, PolicyArn=arn))
    versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    is_("versions are listed newest first, without documents", [v["VersionId"] for v in versions] == ["v2", "v1"] and "Document" not in versions[0])
    iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
    iam.delete_policy(PolicyArn=arn)
    name = iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")["Role"]["RoleName"]
    is_("service-linked roles are AWS's", refused("UnmodifiableEntity", iam.delete_role, 400, RoleName=name))


def limits(server):
    a = next(accounts)
    iam = server.client("iam", a)
    iam.create_user(UserName="u")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=J(EC2))
    big = lambda n: J({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/" + "x" * n}]})
    is_("inline size of a user", refused("LimitExceeded", iam.put_user_policy, 409, UserName="u", PolicyName="p", PolicyDocument=big(2100)))
    is_("inline size of a role", refused("LimitExceeded", iam.put_role_policy, 409, RoleName="r", PolicyName="p", PolicyDocument=big(10300)))
    is_("size of a managed policy", refused("LimitExceeded", iam.create_policy, 409, PolicyName="p", PolicyDocument=big(6200)))
    for i in range(11):
        arn = iam.create_policy(PolicyName=f"p{i}", PolicyDocument=J(READ))["Policy"]["Arn"]
        iam.create_group(GroupName=f"g{i}")
        if i < 10:
            iam.attach_role_policy(RoleName="r", PolicyArn=arn)
            iam.add_user_to_group(GroupName=f"g{i}", UserName="u")
    is_("ten policies a role", refused("LimitExceeded", iam.attach_role_policy, 409, RoleName="r", PolicyArn=arn))
    is_("ten groups a user", refused("LimitExceeded", iam.add_user_to_group, 409, GroupName="g10", UserName="u"))
    for name, document in (("a principal", {**READ, "Statement": [{**READ["Statement"][0], "Principal": "*"}]}),
                           ("an odd Sid", {**READ, "Statement": [{**READ["Statement"][0], "Sid": "a b"}]})):
        is_(f"{name} is no part of a managed policy", refused("MalformedPolicyDocument", iam.create_policy, 400, PolicyName="x", PolicyDocument=J(document)))
    is_("keys are there once", refused("MalformedPolicyDocument", iam.create_policy, 400, PolicyName="x",
                                       PolicyDocument='{"Version":"2012-10-17","Version":"2012-10-17",' + J(READ)[1:]))


def documents(server):
    a, b = next(accounts), next(accounts)
    iam, other = server.client("iam", a), server.client("iam", b)
    trust = lambda principal, **more: J({"Version": "2012-10-17", "Statement": {"Action": "sts:AssumeRole", "Principal": principal, "Effect": "Allow", **more}})
    get = lambda name: iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    iam.create_user(UserName="u")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust({"AWS": [b]}, Condition={"Bool": {"aws:MultiFactorAuthPresent": [True]}}))
    statement = get("r")["Statement"][0]
    is_("an account id comes back as its root", statement["Principal"] == {"AWS": f"arn:aws:iam::{b}:root"}, str(statement))
    is_("a boolean comes back as text", statement["Condition"] == {"Bool": {"aws:MultiFactorAuthPresent": "true"}})
    is_("keys come in AWS's order", list(statement) == ["Effect", "Principal", "Action", "Condition"])
    iam.create_role(RoleName="c", AssumeRolePolicyDocument=J(EC2))
    is_("lists of one come back as text", get("c")["Statement"][0]["Principal"] == {"Service": "ec2.amazonaws.com"})
    other.create_role(RoleName="o", Path="/p/", AssumeRolePolicyDocument=trust({"Service": "ec2.amazonaws.com"}))
    role = f"arn:aws:iam::{b}:role/p/o"
    iam.update_assume_role_policy(RoleName="r", PolicyDocument=trust({"AWS": [f"arn:aws:iam::{a}:user/u", role]}))
    is_("principals are shown by ARN", get("r")["Statement"][0]["Principal"]["AWS"] == [f"arn:aws:iam::{a}:user/u", role])
    iam.update_user(UserName="u", NewUserName="w")
    is_("and follow a rename", f"arn:aws:iam::{a}:user/w" in get("r")["Statement"][0]["Principal"]["AWS"])
    iam.delete_user(UserName="w")
    other.delete_role(RoleName="o")
    dead = get("r")["Statement"][0]["Principal"]["AWS"]
    is_("and show their ids when deleted", [d[:4] for d in dead] == ["AIDA", "AROA"], str(dead))
    other.create_role(RoleName="o", Path="/p/", AssumeRolePolicyDocument=trust({"Service": "ec2.amazonaws.com"}))
    is_("which a new one of the name does not mend", get("r")["Statement"][0]["Principal"]["AWS"] == dead)
    is_("the details show the same", iam.get_account_authorization_details(Filter=["Role"])["RoleDetailList"][1]["AssumeRolePolicyDocument"] == get("r"))
    bad = {"no principal": trust(None).replace('"Principal": null, ', ""), "unknown role": trust({"AWS": f"arn:aws:iam::{a}:role/none"}),
           "unknown service": trust({"Service": "nonsense"}), "Resource": trust({"AWS": "*"}, Resource="*"),
           "another action": trust({"AWS": "*"}).replace("sts:AssumeRole", "s3:GetObject"), "no JSON": "{",
           "a group": trust({"AWS": f"arn:aws:iam::{a}:group/g"}), "a wildcard": trust({"AWS": f"arn:aws:iam::{a}:role/*"}),
           "an odd effect": trust({"AWS": "*"}).replace("Allow", "allow"), "a deleted principal": trust({"AWS": dead})}
    for name, document in bad.items():
        is_(f"trust refused: {name}", refused("MalformedPolicyDocument", iam.create_role, 400, RoleName="x", AssumeRolePolicyDocument=document))
    is_("trust has a size", refused("LimitExceeded", iam.create_role, 409, RoleName="x", AssumeRolePolicyDocument=trust({"AWS": "*"}, Sid="x" * 2048)))
    iam.update_assume_role_policy(RoleName="r", PolicyDocument=trust({"AWS": "*"}).replace('"sts:AssumeRole"', '["sts:AssumeRole","sts:TagSession","sts:SetContext"]'))
    server.control("config", {"principal_lag_s": 0.4})
    iam.create_user(UserName="fresh")
    fresh = trust({"AWS": f"arn:aws:iam::{a}:user/fresh"})
    is_("a fresh principal is unknown for a while", refused("MalformedPolicyDocument", iam.update_assume_role_policy, 400, RoleName="r", PolicyDocument=fresh))
    time.sleep(0.5)
    iam.update_assume_role_policy(RoleName="r", PolicyDocument=fresh)
    server.control("config", {"principal_lag_s": 0})
    raw = subprocess.run([sys.executable, "-c", RAW, server.url, a], capture_output=True, text=True, check=True).stdout
    is_("documents are URL-encoded", raw.count("%7B%22Version%22") == 2 and "{" not in raw, raw[:300])


RAW = """
import sys, boto3
from botocore.config import Config
c = boto3.client("iam", endpoint_url=sys.argv[1], region_name="us-east-1", aws_access_key_id=sys.argv[2], aws_secret_access_key="x",
                 config=Config(user_agent_extra="hatrack-observer"))
c.meta.events.register("before-parse.iam.*", lambda response_dict, **_: print(response_dict["body"].decode()))
c.get_account_authorization_details(Filter=["Role"])
"""


def paging(server):
    a = next(accounts)
    iam = server.client("iam", a)
    for i in range(7):
        iam.create_user(UserName=f"u{i}")
        iam.create_group(GroupName=f"g{i}", Path="/a/" if i % 2 else "/b/")
        iam.create_role(RoleName=f"r{i}", AssumeRolePolicyDocument=J(EC2))
    arn = iam.create_policy(PolicyName="p", PolicyDocument=J(READ))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="r1", PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    iam.attach_role_policy(RoleName="r1", PolicyArn=arn)
    first = iam.get_account_authorization_details(MaxItems=5)
    is_("the details come in pages", first["IsTruncated"] and sum(len(first[k]) for k in ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")) == 5)
    mixed = iam.get_account_authorization_details(MaxItems=5, Marker=first["Marker"])
    is_("which mix the kinds", len(mixed["UserDetailList"]) == 2 and len(mixed["GroupDetailList"]) == 3)
    pages = list(iam.get_paginator("get_account_authorization_details").paginate(PaginationConfig={"PageSize": 4}))
    count = lambda key: sum(len(p[key]) for p in pages)
    is_("together they are all", (count("UserDetailList"), count("GroupDetailList"), count("RoleDetailList"), count("Policies")) == (7, 7, 7, 2))
    is_("of AWS's policies those in use", sorted(p["PolicyName"] for q in pages for p in q["Policies"]) == ["AmazonS3ReadOnlyAccess", "p"])
    is_("a strange marker is refused", refused("ValidationError", iam.get_account_authorization_details, Marker="x"))
    server.control("config", {"page": 2})
    for name, key in (("list_users", "Users"), ("list_groups", "Groups"), ("list_roles", "Roles")):
        pages = list(iam.get_paginator(name).paginate())
        is_(f"{name} in pages of two", [len(p[key]) for p in pages] == [2, 2, 2, 1])
    is_("attached policies in pages", len(list(iam.get_paginator("list_attached_role_policies").paginate(RoleName="r1"))) == 1)
    is_("the details too", sum(1 for _ in iam.get_paginator("get_account_authorization_details").paginate(Filter=["Role"])) == 4)
    s3 = server.client("s3", a)
    for i in range(5):
        s3.create_bucket(Bucket=f"pages-{a}-{i}", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    pages = list(s3.get_paginator("list_buckets").paginate())
    is_("buckets in pages", [len(p["Buckets"]) for p in pages] == [2, 2, 1])
    is_("with their regions", pages[0]["Buckets"][0]["BucketRegion"] == "eu-west-1")
    server.control("config", {"page": None})
    is_("groups by path", len(iam.list_groups(PathPrefix="/a/")["Groups"]) == 3)
    iam.generate_credential_report()
    report = iam.get_credential_report()
    is_("the credential report has a root row", b"\n<root_account>,arn" in report["Content"] and report["GeneratedTime"].year > 2020)


def buckets(server):
    a, b = next(accounts), next(accounts)
    s3, other, iam = server.client("s3", a), server.client("s3", b), server.client("iam", a)
    n = f"bucket-{a}"
    s3.create_bucket(Bucket=n, CreateBucketConfiguration={"LocationConstraint": "eu-west-1", "Tags": [{"Key": "k", "Value": "v"}, {"Key": "e", "Value": ""}]})
    is_("tags of CreateBucket", {t["Key"]: t["Value"] for t in s3.get_bucket_tagging(Bucket=n)["TagSet"]} == {"k": "v", "e": ""})
    is_("four blocks on", all(s3.get_public_access_block(Bucket=n)["PublicAccessBlockConfiguration"].values()))
    is_("BucketOwnerEnforced", s3.get_bucket_ownership_controls(Bucket=n)["OwnershipControls"]["Rules"][0]["ObjectOwnership"] == "BucketOwnerEnforced")
    encryption = lambda: s3.get_bucket_encryption(Bucket=n)["ServerSideEncryptionConfiguration"]["Rules"][0]
    is_("SSE-S3", encryption()["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"})
    s3.put_bucket_encryption(Bucket=n, ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": True}]})
    is_("KMS", encryption() == {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": True}, str(encryption()))
    s3.delete_bucket_encryption(Bucket=n)
    is_("and back", encryption()["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"})
    is_("no versioning at first", "Status" not in s3.get_bucket_versioning(Bucket=n))
    is_("names have a pattern", refused("InvalidBucketName", s3.create_bucket, 400, Bucket="Under_score", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}))
    is_("a name is taken for all", refused("BucketAlreadyExists", other.create_bucket, 409, Bucket=n, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}))
    is_("our own is told apart", refused("BucketAlreadyOwnedByYou", s3.create_bucket, 409, Bucket=n, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}))
    is_("another's bucket is closed", refused("AccessDenied", other.get_bucket_policy, 403, Bucket=n))
    is_("the expected owner counts", refused("AccessDenied", s3.get_bucket_tagging, 403, Bucket=n, ExpectedBucketOwner=b))
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=J(EC2))
    allow = {"Effect": "Allow", "Sid": "a", "Principal": {"AWS": [f"arn:aws:iam::{a}:role/r", b]}, "Action": ["s3:GetObject"], "Resource": [f"arn:aws:s3:::{n}/*"]}
    tls = {"Effect": "Deny", "Sid": "t", "Principal": "*", "Action": "s3:*", "Resource": [f"arn:aws:s3:::{n}", f"arn:aws:s3:::{n}/*"], "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    put = lambda *s: s3.put_bucket_policy(Bucket=n, Policy=J({"Version": "2012-10-17", "Statement": list(s)}))
    get = lambda: json.loads(s3.get_bucket_policy(Bucket=n)["Policy"])["Statement"]
    put(allow, tls)
    is_("a bucket policy is rewritten", get() == [tls, allow | {"Principal": {"AWS": [f"arn:aws:iam::{a}:role/r", f"arn:aws:iam::{b}:root"]}, "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{n}/*"}], str(get()))
    iam.delete_role(RoleName="r")
    is_("a deleted role shows its id", get()[1]["Principal"]["AWS"][0].startswith("AROA"))
    bad = {"another bucket": allow | {"Resource": "arn:aws:s3:::other/*"}, "an unknown principal": allow, "an action of another service": tls | {"Action": "iam:GetRole"},
           "no principal": {k: v for k, v in tls.items() if k != "Principal"}}
    for name, statement in bad.items():
        is_(f"bucket policy refused: {name}", refused("MalformedPolicy", lambda: put(statement), 400))
    public = tls | {"Effect": "Allow"}
    del public["Condition"]
    is_("a public policy is blocked", refused("AccessDenied", lambda: put(public), 403))
    s3.delete_public_access_block(Bucket=n)
    is_("no block is no block", refused("NoSuchPublicAccessBlockConfiguration", s3.get_public_access_block, 404, Bucket=n))
    put(public)
    rules = [{"ID": "x", "Status": "Enabled", "Filter": {"And": {"Prefix": "p/", "ObjectSizeGreaterThan": 9, "Tags": [{"Key": "k", "Value": "v"}]}},
              "Expiration": {"Days": 3}, "NoncurrentVersionExpiration": {"NoncurrentDays": 4, "NewerNoncurrentVersions": 2},
              "Transitions": [{"Days": 1, "StorageClass": "GLACIER"}]},
             {"ID": "y", "Status": "Disabled", "Filter": {"Prefix": ""}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}]
    s3.put_bucket_lifecycle_configuration(Bucket=n, LifecycleConfiguration={"Rules": rules})
    is_("lifecycle rules come back whole", s3.get_bucket_lifecycle_configuration(Bucket=n)["Rules"] == rules, str(s3.get_bucket_lifecycle_configuration(Bucket=n)["Rules"]))
    s3.put_object(Bucket=n, Key="k", Body=b"x")
    is_("a full bucket stays", refused("BucketNotEmpty", s3.delete_bucket, 409, Bucket=n))


def faults(server):
    a = next(accounts)
    iam, watched, s3 = server.client("iam", a), server.client("iam", a, observer=False, read_timeout=3), server.client("s3", a, observer=False)
    stats = lambda: server.control("stats", account=a)
    rule = lambda **r: server.control("rules", [r], account=a)

    def raises(kind, function, **arguments):
        try:
            function(**arguments)
        except kind:
            return True
        except Exception as error:  # what came instead
            print(f"      {type(error).__name__}: {error}")
        return False

    iam.list_users()
    watched.list_users()
    watched.create_user(UserName="one")
    s3.list_buckets()
    is_("counts ours, not the observer's", stats()["by_operation"] == {"iam:CreateUser": 1, "iam:ListUsers": 1, "s3:ListBuckets": 1}, str(stats()))
    is_("accounts are counted apart", server.control("stats", account=next(accounts))["total"] == 0)
    rule(op="iam:GetUser", nth=2, do={"throttle": True})
    watched.get_user(UserName="one")
    is_("throttles the second", refused("Throttling", watched.get_user, 400, UserName="one"))
    watched.get_user(UserName="one")
    is_("and no more", stats()["log"][-2]["fault"] == {"phase": "before", "throttle": True} and stats()["log"][-1]["fault"] is None)
    server.control("reset", {}, account=a)
    rule(at=1, do={"throttle": True})
    is_("S3 says SlowDown", refused("SlowDown", s3.list_buckets, 503))
    for do, code, status in (({"status": 500}, "ServiceFailure", 500), ({"status": 503, "code": "ServiceUnavailable"}, "ServiceUnavailable", 503),
                             ({"denied": True}, "AccessDenied", 403), ({"expired": True}, "ExpiredToken", 403)):
        rule(do=do)
        is_(f"answers {code}", refused(code, watched.list_users, status))
    rule(do={"reset": True})
    is_("cuts the line before", raises(HTTPClientError, watched.create_user, UserName="two") and refused("NoSuchEntity", iam.get_user, UserName="two"))
    rule(phase="after", do={"reset": True})
    is_("loses the answer after", raises(HTTPClientError, watched.create_user, UserName="two") and iam.get_user(UserName="two"))
    rule(write=True, phase="after", do={"status": 503})
    watched.list_users()
    is_("fails after the effect", refused("ServiceFailure", watched.create_user, 503, UserName="three") and iam.get_user(UserName="three"))
    rule(do={"truncate": 0.5})
    is_("cuts an answer short", raises((HTTPClientError, BotoCoreError), watched.list_users))
    rule(do={"hang_ms": 500})
    began = time.monotonic()
    is_("hangs", raises(HTTPClientError, watched.list_users) and time.monotonic() - began > 0.45)
    watched.list_users()
    iam.create_user(UserName="four")
    rule(do={"stale": True})
    is_("answers as of old", len(watched.list_users()["Users"]) == 3 and len(watched.list_users()["Users"]) == 4)
    rule(do={"skew_s": 7200})
    skew = watched.list_users()["ResponseMetadata"]["HTTPHeaders"]["date"]
    is_("knows another time", skew != watched.list_users()["ResponseMetadata"]["HTTPHeaders"]["date"])
    victim = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    rule(op="iam:CreateUser", do={"kill": True})
    server.control("pid", {"pid": victim.pid}, account=a)
    is_("kills before", raises(HTTPClientError, watched.create_user, UserName="five") and victim.wait(5) == -9 and refused("NoSuchEntity", iam.get_user, UserName="five"))
    rule(op="iam:CreateUser", do={"hold": True})
    child = subprocess.Popen([sys.executable, "-c", RAW.replace("hatrack-observer", "x").replace('c.get_account_authorization_details(Filter=["Role"])', 'c.create_user(UserName="held")'), server.url, a], stdout=subprocess.DEVNULL)
    is_("holds", server.control("held")["held"] and refused("NoSuchEntity", iam.get_user, UserName="held"))
    server.control("release", {})
    is_("and lets go", child.wait(20) == 0 and iam.get_user(UserName="held"))


def plain(server):
    a = next(accounts)
    iam = server.client("iam", a)
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=J(EC2))
    is_("plain: moto as it is", iam.get_role(RoleName="r")["Role"]["AssumeRolePolicyDocument"] == EC2)


def main():
    with Server() as server:
        for part in (identities, boundaries, deleting, limits, documents, paging, buckets, faults):
            part(server)
    pid = server.process.pid
    is_("the server has ended with its stdin", server.process.returncode == 0 and not os.path.exists(f"/proc/{pid}"))
    with Server("--plain") as unpatched:
        plain(unpatched)
    checks.emulator(server, unpatched)
    return checks.end("selfcheck")


if __name__ == "__main__":
    sys.exit(main())
