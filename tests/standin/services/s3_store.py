"""What S3 keeps of a bucket, and who may see it: owner, region, policy."""

import base64
import fnmatch
import hashlib
import zlib

from services.documents import as_list, statements
from services.trust import block, is_caller
from world.errors import AwsError
from world.rules import on, rule
from world.state import now

rule("bucket-defaults", "a new bucket blocks public access, enforces the owner, encrypts with SSE-S3; deleted encryption returns to that [X]")
rule("bucket-region", "a bucket is asked in its region: 301 PermanentRedirect, AuthorizationHeaderMalformed from us-east-1; both name the region [O]")
rule("bucket-owner", "ExpectedBucketOwner that is another account is AccessDenied [D]")
rule("bucket-foreign", "another account's bucket is AccessDenied, unless its policy says otherwise [D]")
rule("checksum-required", "some writes need Content-MD5 or a checksum, and a wrong one is BadDigest [M]")
ENCRYPTION = {
    "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
    "BucketKeyEnabled": False,
    "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]},
}
BLOCK = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True}
# Actions that are not called like their operation.
ACTIONS = {
    "HeadBucket": "ListBucket",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "HeadObject": "GetObject",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteObjects": "DeleteObject",
}
OWNERS_ONLY = {"PutBucketPolicy", "DeleteBucketPolicy", "DeleteBucket"}


class Bucket:
    def __init__(self, name, account, region):
        self.name, self.account, self.region, self.created = name, account, region, now()
        fresh = on("bucket-defaults")
        self.parts = {"publicAccessBlock": dict(BLOCK), "ownershipControls": [{"ObjectOwnership": "BucketOwnerEnforced"}]} if fresh else {}
        self.encryption = dict(ENCRYPTION) if fresh else None
        self.policy, self.tags, self.versioning, self.abac = None, {}, {}, "Disabled"
        self.objects, self.uploads = {}, {}  # key -> versions, newest last

    @property
    def arn(self):
        return f"arn:aws:s3:::{self.name}"

    @property
    def enforced(self):
        return self.parts.get("ownershipControls") == [{"ObjectOwnership": "BucketOwnerEnforced"}]


def denied():
    return AwsError("AccessDenied", "Access Denied", 403)


def missing(code, message, **more):
    return AwsError(code, message, 404, more)


def bucket_of(call, p):
    """The bucket, if the caller may ask for it here."""
    name = p["Bucket"]
    bucket = call.buckets.get(name) if name in call.world.owners else None
    if bucket is None:
        raise missing("NoSuchBucket", "The specified bucket does not exist", BucketName=name)
    check_region(call, bucket)
    expected = p.get("ExpectedBucketOwner")
    if expected and on("bucket-owner"):
        if not (expected.isdigit() and len(expected) == 12):
            raise AwsError(
                "InvalidBucketOwnerAWSAccountID",
                "The value of the expected bucket owner parameter must be an AWS Account ID",
                400,
                {"Value": expected},
            )
        if expected != bucket.account:
            raise denied()
    if call.caller.account != bucket.account and on("bucket-foreign") and not shared(call, bucket, p):
        raise denied()
    check_digest(call)
    return bucket


def check_region(call, bucket):
    if call.region == bucket.region or call.operation == "GetBucketLocation" or not on("bucket-region"):
        return
    headers = {"x-amz-bucket-region": bucket.region}
    if call.region == "us-east-1" and call.operation != "HeadBucket":
        raise AwsError(
            "AuthorizationHeaderMalformed",
            f"The authorization header is malformed; the region 'us-east-1' is wrong; expecting '{bucket.region}'",
            400,
            {"Region": bucket.region},
            headers,
        )
    raise AwsError(
        "PermanentRedirect",
        "The bucket you are attempting to access must be addressed using the specified endpoint. "
        "Please send all future requests to this endpoint.",
        301,
        {"Endpoint": f"{bucket.name}.s3.{bucket.region}.amazonaws.com", "Bucket": bucket.name},
        headers,
    )


def shared(call, bucket, p):
    """Whether the bucket's policy lets another account's caller do this."""
    if bucket.policy is None or call.operation in OWNERS_ONLY:
        return False
    action = ("s3:" + ACTIONS.get(call.operation, call.operation)).lower()
    resource = f"{bucket.arn}/{p['Key']}" if p.get("Key") else bucket.arn
    names, allowed = is_caller(call.caller), False
    context = {
        "aws:principalarn": call.caller.role.arn if call.caller.role else call.caller.arn,
        "aws:principalaccount": call.caller.account,
        "aws:sourceip": call.source,
        "aws:securetransport": "false",
        "s3:prefix": p.get("Prefix", ""),
    }
    if call.config["organization"]:
        context["aws:principalorgid"] = call.config["organization"].get("Id")
    for statement in statements(bucket.policy):
        hit = (
            any(fnmatch.fnmatchcase(action, a.lower()) for a in as_list(statement.get("Action", [])))
            and any(fnmatch.fnmatchcase(resource, r) for r in as_list(statement.get("Resource", [])))
            and (names(statement["Principal"]) if "Principal" in statement else not names(statement["NotPrincipal"]))
            and all(block(op, keys, context) for op, keys in statement.get("Condition", {}).items())
        )
        if hit and statement["Effect"] == "Deny":
            return False
        allowed = allowed or hit
    return allowed


def check_digest(call):
    """Checksums of the body, where S3 wants them."""
    if not on("checksum-required"):
        return
    body, headers = call.body, call.headers
    sums = {
        "content-md5": lambda b: hashlib.md5(b).digest(),
        "x-amz-checksum-sha256": lambda b: hashlib.sha256(b).digest(),
        "x-amz-checksum-sha1": lambda b: hashlib.sha1(b).digest(),
        "x-amz-checksum-crc32": lambda b: zlib.crc32(b).to_bytes(4, "big"),
    }
    given = [k for k in headers if k == "content-md5" or k.startswith("x-amz-checksum-") or k == "x-amz-trailer"]
    if call.model.http_checksum.get("requestChecksumRequired") and not given:
        raise AwsError("InvalidRequest", "Missing required header for this request: Content-MD5 OR x-amz-checksum-*")
    for header in given:
        if header in sums and base64.b64encode(sums[header](body)).decode() != headers[header]:
            kind = "Content-MD5" if header == "content-md5" else header.rpartition("-")[2].upper()
            raise AwsError("BadDigest", f"The {kind} you specified did not match the calculated checksum.")
