"""Where moto does as AWS does, the stand-in does as moto: one script run against both, answers compared by value.

Each step names the row of the fidelity table of emulators whose verdict on moto is `ok`. What differs from run to run
(dates, unique ids, request ids) is taken out on both sides; of errors code and status are compared.
"""

import datetime
import json
import re

import botocore.response
from botocore.exceptions import ClientError
from checks.base import EC2, J, READ, Proof, policy, proves, started

UNIQUE = re.compile(r"\b(AIDA|AROA|AGPA|ANPA|AIPA|AKIA|APKA)[A-Z0-9]{10,}\b")
# Members that AWS has and moto lacks, or the other way round, with their row's verdict: not what is compared here.
LEFT_OUT = {
    "ResponseMetadata",
    "CreateDate",
    "UserId",
    "GroupId",
    "RoleId",
    "PolicyId",
    "InstanceProfileId",
    "UpdateDate",
    "CreationTime",
    "LastModifiedTime",
    "AccessKeyId",
    "SecretAccessKey",
    "Date",
    "CreationDate",
    "ETag",
    "Owner",
    "Location",
    "BucketArn",
    "LastModified",
    "Url",
    "PermissionsBoundaryUsageCount",
    "RequestCharged",
    "ChecksumAlgorithm",
    "ChecksumType",
    "ServerSideEncryption",
    "ChecksumCRC32",
    "Marker",
    "IsTruncated",
    "VersionId",
    "DomainId",
    "DomainArn",
    "NextToken",
    "BucketRegion",
    "AccessPointAlias",
    "TransitionDefaultMinimumObjectSize",
}
A = "111122223333"
ROLE, ARN = {"RoleName": "r"}, f"arn:aws:iam::{A}:policy/p"
B = {"Bucket": "agree"}
BLOCK = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": False, "RestrictPublicBuckets": False}
RULE = {"ID": "x", "Status": "Enabled", "Filter": {"Prefix": "a/"}, "Expiration": {"Days": 9}}
NB, NB_ARN = {"NotebookInstanceName": "nb"}, f"arn:aws:sagemaker:eu-west-1:{A}:notebook-instance/nb"
OIDC = f"arn:aws:iam::{A}:oidc-provider/id.example.com"


def bad(**more):
    return {"PolicyName": "bad", "PolicyDocument": policy(**more)}


STEPS = [
    ("user.create", "iam", "create_user", {"UserName": "u", "Path": "/x/", "Tags": [{"Key": "k", "Value": "v"}]}),
    ("user.create.dup", "iam", "create_user", {"UserName": "u"}),
    ("user.create", "iam", "create_user", {"UserName": "w"}),
    ("user.list.subset", "iam", "list_users", {}),
    ("user.pathprefix", "iam", "list_users", {"PathPrefix": "/x/"}),
    ("user.get.nosuch", "iam", "get_user", {"UserName": "none"}),
    ("user.inline", "iam", "put_user_policy", {"UserName": "u", "PolicyName": "i", "PolicyDocument": READ}),
    ("user.inline", "iam", "get_user_policy", {"UserName": "u", "PolicyName": "i"}),
    ("user.inline", "iam", "list_user_policies", {"UserName": "u"}),
    ("user.inline", "iam", "get_user_policy", {"UserName": "u", "PolicyName": "none"}),
    ("user.delete.conflict.inline", "iam", "delete_user", {"UserName": "u"}),
    ("user.inline", "iam", "delete_user_policy", {"UserName": "u", "PolicyName": "i"}),
    ("policy.create", "iam", "create_policy", {"PolicyName": "p", "PolicyDocument": READ, "Description": "d"}),
    ("policy.dup", "iam", "create_policy", {"PolicyName": "p", "PolicyDocument": READ}),
    ("policy.tags", "iam", "tag_policy", {"PolicyArn": ARN, "Tags": [{"Key": "a", "Value": "1"}]}),
    ("policy.tags", "iam", "list_policy_tags", {"PolicyArn": ARN}),
    ("policy.tags", "iam", "untag_policy", {"PolicyArn": ARN, "TagKeys": ["a"]}),
    ("policy.tags", "iam", "list_policy_tags", {"PolicyArn": ARN}),
    ("policy.list", "iam", "list_policies", {"Scope": "Local"}),
    ("user.attach", "iam", "attach_user_policy", {"UserName": "u", "PolicyArn": ARN}),
    ("policy.list", "iam", "list_policies", {"Scope": "Local", "OnlyAttached": True}),
    ("user.delete.conflict.attached", "iam", "delete_user", {"UserName": "u"}),
    ("user.attach", "iam", "list_attached_user_policies", {"UserName": "u"}),
    ("user.attach", "iam", "detach_user_policy", {"UserName": "u", "PolicyArn": ARN}),
    ("user.accesskeys", "iam", "create_access_key", {"UserName": "u"}),
    ("user.accesskeys", "iam", "create_access_key", {"UserName": "u"}),
    ("user.accesskeys", "iam", "create_access_key", {"UserName": "u"}),
    ("user.accesskeys", "iam", "list_access_keys", {"UserName": "u"}),
    ("policy.bad.not-json", "iam", "create_policy", {"PolicyName": "bad", "PolicyDocument": "{"}),
    ("policy.bad.empty-statement", "iam", "create_policy", {"PolicyName": "bad", "PolicyDocument": '{"Version":"2012-10-17","Statement":[]}'}),
    ("policy.bad.no-resource", "iam", "create_policy", bad(Resource=None)),
    ("policy.bad.bad-resource", "iam", "create_policy", bad(Resource="x")),
    (
        "policy.bad.dup-sid",
        "iam",
        "create_policy",
        {"PolicyName": "bad", "PolicyDocument": J({"Version": "2012-10-17", "Statement": [{**json.loads(READ)["Statement"][0], "Sid": "A"}] * 2})},
    ),
    ("policy.bad.action-no-vendor", "iam", "create_policy", bad(Action="GetObject")),
    ("policy.bad.effect-lowercase", "iam", "create_policy", bad(Effect="allow")),
    ("policy.bad.unknown-operator", "iam", "create_policy", bad(Condition={"StringIs": {"aws:x": "y"}})),
    ("policy.bad.bad-version", "iam", "create_policy", {"PolicyName": "bad", "PolicyDocument": READ.replace("2012-10-17", "2020-01-01")}),
    ("group.crud", "iam", "create_group", {"GroupName": "g", "Path": "/y/"}),
    ("group.dup", "iam", "create_group", {"GroupName": "g"}),
    ("group.adduser.missing", "iam", "add_user_to_group", {"GroupName": "g", "UserName": "none"}),
    ("group.adduser.missing", "iam", "add_user_to_group", {"GroupName": "none", "UserName": "u"}),
    ("group.adduser.idem", "iam", "add_user_to_group", {"GroupName": "g", "UserName": "u"}),
    ("group.adduser.idem", "iam", "add_user_to_group", {"GroupName": "g", "UserName": "u"}),
    ("group.adduser.idem", "iam", "get_group", {"GroupName": "g"}),
    ("group.crud", "iam", "list_groups_for_user", {"UserName": "u"}),
    (
        "role.create",
        "iam",
        "create_role",
        {
            **ROLE,
            "Path": "/z/",
            "AssumeRolePolicyDocument": EC2,
            "Description": "d",
            "MaxSessionDuration": 7200,
            "Tags": [{"Key": "k", "Value": "v"}],
        },
    ),
    ("role.create", "iam", "get_role", ROLE),
    ("role.create.dup", "iam", "create_role", {**ROLE, "AssumeRolePolicyDocument": EC2}),
    ("role.create.nodesc", "iam", "create_role", {"RoleName": "s", "AssumeRolePolicyDocument": EC2}),
    ("role.create.nodesc", "iam", "get_role", {"RoleName": "s"}),
    ("role.list.subset", "iam", "list_roles", {}),
    ("role.tags", "iam", "tag_role", {**ROLE, "Tags": [{"Key": "k", "Value": "w"}, {"Key": "l", "Value": "x"}]}),
    ("role.tags", "iam", "list_role_tags", ROLE),
    ("role.tags", "iam", "untag_role", {**ROLE, "TagKeys": ["k"]}),
    ("role.tags", "iam", "list_role_tags", ROLE),
    ("role.inline.ws", "iam", "put_role_policy", {**ROLE, "PolicyName": "i", "PolicyDocument": policy(10100) + " " * 5000}),
    ("role.delete.conflict.inline", "iam", "delete_role", ROLE),
    ("role.inline.ws", "iam", "delete_role_policy", {**ROLE, "PolicyName": "i"}),
    ("role.attach", "iam", "attach_role_policy", {**ROLE, "PolicyArn": ARN}),
    ("role.delete.conflict.attached", "iam", "delete_role", ROLE),
    ("ip.crud", "iam", "create_instance_profile", {"InstanceProfileName": "i", "Path": "/z/"}),
    ("ip.addrole.missing", "iam", "create_instance_profile", {"InstanceProfileName": "i"}),
    ("ip.addrole.missing", "iam", "add_role_to_instance_profile", {"InstanceProfileName": "i", "RoleName": "none"}),
    ("ip.crud", "iam", "add_role_to_instance_profile", {"InstanceProfileName": "i", "RoleName": "s"}),
    ("role.delete.conflict.ip", "iam", "delete_role", {"RoleName": "s"}),
    ("ip.crud", "iam", "list_instance_profiles_for_role", {"RoleName": "s"}),
    ("role.delete.missing", "iam", "delete_role", {"RoleName": "none"}),
    ("gaad.user", "iam", "get_account_authorization_details", {"Filter": ["User"]}),
    ("gaad.group", "iam", "get_account_authorization_details", {"Filter": ["Group"]}),
    ("gaad.fields", "iam", "get_account_authorization_details", {"Filter": ["Role"]}),
    ("acct.oidc", "iam", "create_open_id_connect_provider", {"Url": "https://id.example.com", "ClientIDList": ["c"], "ThumbprintList": ["a" * 40]}),
    ("acct.oidc", "iam", "list_open_id_connect_providers", {}),
    ("acct.oidc", "iam", "get_open_id_connect_provider", {"OpenIDConnectProviderArn": OIDC}),
    ("acct.oidc", "iam", "delete_open_id_connect_provider", {"OpenIDConnectProviderArn": OIDC}),
    ("acct.pwpolicy", "iam", "get_account_password_policy", {}),
    ("acct.alias", "iam", "create_account_alias", {"AccountAlias": "agree-alias"}),
    ("acct.alias", "iam", "list_account_aliases", {}),
    ("s3.create", "s3", "create_bucket", {**B, "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}),
    ("s3.create", "s3", "create_bucket", {**B, "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}),
    ("s3.create", "s3", "create_bucket", {"Bucket": "agree-none"}),
    ("s3.location", "s3", "get_bucket_location", B),
    ("s3.head", "s3", "head_bucket", B),
    ("s3.head", "s3", "head_bucket", {"Bucket": "agree-none"}),
    ("s3.policy", "s3", "get_bucket_policy", B),
    ("s3.bpa", "s3", "put_public_access_block", {**B, "PublicAccessBlockConfiguration": BLOCK}),
    ("s3.bpa", "s3", "get_public_access_block", B),
    (
        "s3.policy",
        "s3",
        "put_bucket_policy",
        {
            **B,
            "Policy": J(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Sid": "a",
                            "Effect": "Allow",
                            "Principal": {"AWS": f"arn:aws:iam::{A}:root"},
                            "Action": "s3:GetObject",
                            "Resource": "arn:aws:s3:::agree/*",
                        }
                    ],
                }
            ),
        },
    ),
    ("s3.policy", "s3", "get_bucket_policy", B),
    ("s3.policystatus", "s3", "get_bucket_policy_status", B),
    ("s3.policy", "s3", "delete_bucket_policy", B),
    ("s3.policy", "s3", "get_bucket_policy", B),
    ("s3.bpa", "s3", "delete_public_access_block", B),
    ("s3.bpa", "s3", "get_public_access_block", B),
    ("s3.versioning", "s3", "get_bucket_versioning", B),
    ("s3.versioning", "s3", "put_bucket_versioning", {**B, "VersioningConfiguration": {"Status": "Enabled"}}),
    ("s3.versioning", "s3", "get_bucket_versioning", B),
    ("s3.ownership", "s3", "put_bucket_ownership_controls", {**B, "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}}),
    ("s3.ownership", "s3", "get_bucket_ownership_controls", B),
    ("s3.ownership", "s3", "delete_bucket_ownership_controls", B),
    ("s3.ownership", "s3", "get_bucket_ownership_controls", B),
    ("s3.tags", "s3", "get_bucket_tagging", B),
    ("s3.tags", "s3", "put_bucket_tagging", {**B, "Tagging": {"TagSet": [{"Key": "a", "Value": "1"}]}}),
    ("s3.tags", "s3", "get_bucket_tagging", B),
    ("s3.tags", "s3", "delete_bucket_tagging", B),
    ("s3.tags", "s3", "get_bucket_tagging", B),
    ("s3.lifecycle", "s3", "get_bucket_lifecycle_configuration", B),
    ("s3.lifecycle", "s3", "put_bucket_lifecycle_configuration", {**B, "LifecycleConfiguration": {"Rules": [RULE]}}),
    ("s3.lifecycle", "s3", "get_bucket_lifecycle_configuration", B),
    ("s3.lifecycle", "s3", "delete_bucket_lifecycle", B),
    ("s3.logging", "s3", "get_bucket_logging", B),
    ("s3.delete.nonempty", "s3", "put_object", {**B, "Key": "k", "Body": b"x"}),
    ("s3.delete.nonempty", "s3", "delete_bucket", B),
    ("s3.delete.nonempty", "s3", "delete_object", {**B, "Key": "k"}),
    ("s3.delete.nonempty", "s3", "delete_bucket", B),
    ("s3.head", "s3", "head_bucket", {"Bucket": "agree-gone"}),
    ("sts.identity", "sts", "get_caller_identity", {}),
    ("org", "organizations", "describe_organization", {}),
    ("sm.nb.create", "iam", "create_role", {"RoleName": "nb", "AssumeRolePolicyDocument": EC2.replace("ec2", "sagemaker")}),
    (
        "sm.nb.create",
        "sagemaker",
        "create_notebook_instance",
        {**NB, "InstanceType": "ml.t3.medium", "RoleArn": f"arn:aws:iam::{A}:role/nb", "Tags": [{"Key": "k", "Value": "v"}]},
    ),
    ("sm.nb.create", "sagemaker", "create_notebook_instance", {**NB, "InstanceType": "ml.t3.medium", "RoleArn": f"arn:aws:iam::{A}:role/nb"}),
    ("sm.nb.list", "sagemaker", "list_notebook_instances", {"NameContains": "nothing"}),
    ("sm.nb.tags", "sagemaker", "list_tags", {"ResourceArn": NB_ARN}),
    ("sm.nb.tags", "sagemaker", "add_tags", {"ResourceArn": NB_ARN, "Tags": [{"Key": "l", "Value": "w"}]}),
    ("sm.nb.tags", "sagemaker", "delete_tags", {"ResourceArn": NB_ARN, "TagKeys": ["k"]}),
    ("sm.nb.tags", "sagemaker", "list_tags", {"ResourceArn": NB_ARN}),
    ("sm.nb.delete.running", "sagemaker", "delete_notebook_instance", NB),
    ("sm.nb.stop", "sagemaker", "stop_notebook_instance", NB),
    ("sm.nb.list", "sagemaker", "list_notebook_instances", {"StatusEquals": "Stopped"}),
    ("sm.nb.start", "sagemaker", "start_notebook_instance", NB),
    ("sm.nb.stop", "sagemaker", "stop_notebook_instance", NB),
    ("sm.nb.delete", "sagemaker", "delete_notebook_instance", NB),
    ("sm.nb.delete", "sagemaker", "describe_notebook_instance", NB),
    ("sm.domain.list", "sagemaker", "list_domains", {}),
    (
        "sm.nblc",
        "sagemaker",
        "create_notebook_instance_lifecycle_config",
        {"NotebookInstanceLifecycleConfigName": "lc", "OnStart": [{"Content": "YQ=="}]},
    ),
    ("sm.nblc", "sagemaker", "describe_notebook_instance_lifecycle_config", {"NotebookInstanceLifecycleConfigName": "lc"}),
    ("sm.nblc", "sagemaker", "delete_notebook_instance_lifecycle_config", {"NotebookInstanceLifecycleConfigName": "lc"}),
    ("sm.nblc", "sagemaker", "describe_notebook_instance_lifecycle_config", {"NotebookInstanceLifecycleConfigName": "lc"}),
    ("sm.mpg", "sagemaker", "create_model_package_group", {"ModelPackageGroupName": "g", "ModelPackageGroupDescription": "d"}),
    ("sm.mpg", "sagemaker", "list_model_package_groups", {}),
    ("ct", "cloudtrail", "describe_trails", {}),
    ("ct", "cloudtrail", "get_trail_status", {"Name": "none"}),
]
# Calls whose answers are made of chance, so that only their being taken is compared.
ONLY_TAKEN = {"create_access_key", "put_object", "delete_object"}
# Members where moto is known to differ though the row is ok: (call, member of the answer).
KNOWN = {
    ("get_caller_identity", "Arn"): "moto calls a key that it does not know …:user/moto, which is no caller of AWS",
    ("get_group", "Users"): "moto lists members with their tags",
}


def plain(value):
    """What two runs have in common."""
    if isinstance(value, dict):
        # AWS's models let an empty list or structure be absent.
        return {k: plain(v) for k, v in sorted(value.items()) if k not in LEFT_OUT and v not in ([], {}, None, "")}
    if isinstance(value, list):
        return sorted((plain(v) for v in value), key=str)
    if isinstance(value, (datetime.datetime, botocore.response.StreamingBody)):
        return "…"
    if isinstance(value, str):
        return plain(json.loads(value)) if value.startswith('{"Version"') else UNIQUE.sub("…", value)
    return value


def outcome(client, call, arguments):
    try:
        answer = getattr(client, call)(**arguments)
        return "answer", plain({k: v for k, v in answer.items() if (call, k) not in KNOWN})
    except ClientError as error:
        return "error", (error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"])


@proves()
def with_moto(t):
    with started("moto", "--plain") as moto:
        other = Proof(moto)
        # States pass at once in moto.
        t.config(sagemaker_looks=0)
        mine = {s: t.client(s, A) for s in ("iam", "s3", "sts", "sagemaker", "cloudtrail", "organizations")}
        theirs = {s: other.client(s, A) for s in mine}
        for i, (row, service, call, arguments) in enumerate(STEPS, 1):
            got, wanted = outcome(mine[service], call, arguments), outcome(theirs[service], call, arguments)
            if call in ONLY_TAKEN and got[0] == wanted[0] == "answer":
                got = wanted = "taken"
            t.same(f"as moto, {row} ({i}: {call})", got, wanted)
        t.config(sagemaker_looks=1)
