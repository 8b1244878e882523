"""Bucket policies, and the blocks of public access: of a bucket, and of an account (s3control)."""

import ipaddress
import re

from services import documents
from services.documents import as_list, statements
from services.s3_settings import FALSE_SETTINGS, absent
from services.s3_store import bucket_of, missing
from world.errors import AwsError
from world.operations import op
from world.rules import on, rule

rule("public-blocked", "a public policy is refused where BlockPublicPolicy is on, of bucket or account: AccessDenied [D]")
rule("bucket-policy-size", "a bucket policy has 20 KB at most [D]")
rule("bucket-policy-order", "the order of statements may differ from what was sent [T]")
rule("account-block", "an account's block of public access is its own affair; none is NoSuchPublicAccessBlockConfiguration [D]")
# Condition keys whose fixed values make a policy that names everybody not public.
FIXED = {
    "aws:principalorgid",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgpaths",
    "aws:sourcearn",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourceaccount",
    "aws:sourceowner",
    "aws:userid",
    "aws:sourceorgid",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "s3:dataaccesspointarn",
    "s3:dataaccesspointaccount",
}
POSITIVE = {"stringequals", "stringlike", "stringequalsignorecase", "arnequals", "arnlike", "ipaddress"}


def is_public(document):
    """Whether S3 calls a policy public."""
    return any(
        s["Effect"] == "Allow" and everybody(s) and not any(narrow(op_, keys) for op_, keys in s.get("Condition", {}).items())
        for s in statements(document)
    )


def everybody(statement):
    principal = statement.get("Principal", "*")
    return principal == "*" or isinstance(principal, dict) and "*" in as_list(principal.get("AWS", []))


def narrow(operator, keys):
    if re.sub(r"^for\w+:", "", operator.lower()) not in POSITIVE:
        return False
    for key, values in keys.items():
        if key.lower() in FIXED and not any("*" in str(v) or "?" in str(v) or "${" in str(v) for v in as_list(values)):
            return True
        if key.lower() == "aws:sourceip" and all(small(v) for v in as_list(values)):
            return True
    return False


def small(text):
    try:
        net = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return net.prefixlen >= (8 if net.version == 4 else 32)


@op("s3:PutBucketPolicy")
def put(call, p):
    bucket = bucket_of(call, p)
    if len(p["Policy"].encode()) > 20480 and on("bucket-policy-size"):
        raise AwsError("PolicyTooLarge", "Policy exceeds the maximum allowed document size.")
    kept = documents.bucket(call.world, bucket.name, p["Policy"])
    blocks = (bucket.parts.get("publicAccessBlock") or {}, call.account.public_access_block or {})
    if any(b.get("BlockPublicPolicy") for b in blocks) and is_public(kept) and on("public-blocked"):
        raise AwsError(
            "AccessDenied",
            f'User: {call.caller.arn} is not authorized to perform: s3:PutBucketPolicy on resource: "{bucket.arn}" because public policies '
            "are prevented by the BlockPublicPolicy setting in S3 Block Public Access.",
            403,
        )
    if on("bucket-policy-order"):
        kept["Statement"] = kept["Statement"][::-1]
    bucket.policy = kept


def policy_of(call, p):
    bucket = bucket_of(call, p)
    if bucket.policy is None:
        absent("NoSuchBucketPolicy", "The bucket policy does not exist", bucket, None)
    return bucket


@op("s3:GetBucketPolicy")
def get(call, p):
    bucket = policy_of(call, p)
    return {"Policy": documents.shown(call.world, bucket.policy) if bucket.policy else ""}


@op("s3:DeleteBucketPolicy")
def delete(call, p):
    bucket_of(call, p).policy = None


@op("s3:GetBucketPolicyStatus")
def status(call, p):
    bucket = policy_of(call, p)
    return {"PolicyStatus": {"IsPublic": bool(bucket.policy) and is_public(bucket.policy)}}


# --- blocks of public access ------------------------------------------------------------------------------------


@op("s3:PutPublicAccessBlock")
def put_block(call, p):
    bucket_of(call, p).parts["publicAccessBlock"] = FALSE_SETTINGS | p["PublicAccessBlockConfiguration"]


@op("s3:GetPublicAccessBlock")
def get_block(call, p):
    bucket = bucket_of(call, p)
    if "publicAccessBlock" not in bucket.parts:
        return absent("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found", bucket, {})
    return {"PublicAccessBlockConfiguration": bucket.parts["publicAccessBlock"]}


@op("s3:DeletePublicAccessBlock")
def delete_block(call, p):
    bucket_of(call, p).parts.pop("publicAccessBlock", None)


def own(call, p):
    if p["AccountId"] != call.caller.account and on("account-block"):
        raise AwsError("AccessDenied", "Access Denied", 403)
    return call.account


@op("s3control:PutPublicAccessBlock")
def put_account(call, p):
    own(call, p).public_access_block = FALSE_SETTINGS | p["PublicAccessBlockConfiguration"]


@op("s3control:GetPublicAccessBlock")
def get_account(call, p):
    found = own(call, p).public_access_block
    if found is None:
        if on("account-block"):
            raise missing("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found", AccountId=p["AccountId"])
        found = FALSE_SETTINGS
    return {"PublicAccessBlockConfiguration": found}


@op("s3control:DeletePublicAccessBlock")
def delete_account(call, p):
    own(call, p).public_access_block = None
