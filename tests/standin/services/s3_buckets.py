"""Buckets: made, listed, found, deleted."""

import re
import time

from services.iam_store import ROOT
from services.s3_store import Bucket, bucket_of
from services.s3_settings import bucket_tags
from world.errors import AwsError
from world.operations import op, page
from world.rules import on, rule

rule("bucket-names", "names of buckets have a form: InvalidBucketName [D]")
rule("bucket-names-global", "names are everybody's: BucketAlreadyExists; one's own again: 200 in us-east-1, else BucketAlreadyOwnedByYou [D]")
rule("bucket-name-blocked", "the name of a deleted bucket may be blocked for a while: OperationAborted 409 (config bucket_name_lag_s) [W]")
rule("bucket-location", "a bucket is made in the region of the endpoint: IllegalLocationConstraintException; us-east-1 has no constraint [D]")
rule("bucket-tags-on-create", "CreateBucket takes tags [M]")
rule("bucket-not-empty", "a bucket with objects, or versions of them, cannot be deleted: BucketNotEmpty 409 [X]")
rule("list-buckets-region", "ListBuckets names regions only where the request has a parameter [M]")
LOCATIONS = {"EU": "eu-west-1"}
SERVICE_CANONICAL = "0" * 52


def regions():
    return {line.split("\t")[0] for line in (ROOT / "data" / "regions.txt").read_text().splitlines() if line and not line.startswith("#")}


def check_name(name):
    wrong = (
        not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", name)
        or ".." in name
        or re.fullmatch(r"\d+(\.\d+){3}", name)
        or name.startswith(("xn--", "sthree-", "amzn-s3-demo-"))
        or name.endswith(("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"))
    )
    if wrong and on("bucket-names"):
        raise AwsError("InvalidBucketName", "The specified bucket is not valid.", 400, {"BucketName": name})


def place(call, p):
    """The region that a new bucket gets."""
    wanted = (p.get("CreateBucketConfiguration") or {}).get("LocationConstraint")
    region = LOCATIONS.get(wanted, wanted)
    if not on("bucket-location"):
        return region or call.region
    if call.region == "us-east-1":
        if region == "us-east-1" or region and region not in regions():
            raise AwsError("InvalidLocationConstraint", "The specified location-constraint is not valid", 400, {"LocationConstraint": wanted})
        return region or "us-east-1"
    if region != call.region:
        raise AwsError(
            "IllegalLocationConstraintException",
            f"The {wanted or 'unspecified'} location constraint is incompatible for the region specific endpoint " "this request was sent to.",
        )
    return region


@op("s3:CreateBucket")
def create(call, p):
    name = p["Bucket"]
    check_name(name)
    region = place(call, p)
    tags = bucket_tags((p.get("CreateBucketConfiguration") or {}).get("Tags") or [])
    location = {"Location": f"/{name}" if region == "us-east-1" else f"http://{name}.s3.amazonaws.com/"}
    with call.world.lock:
        owner = call.world.owners.get(name)
        if owner == call.caller.account or owner and not on("bucket-names-global"):
            if region == "us-east-1" and call.world.account(owner).buckets[name].region == region:
                return location
            raise AwsError(
                "BucketAlreadyOwnedByYou",
                "Your previous request to create the named bucket succeeded and you already own it.",
                409,
                {"BucketName": name},
            )
        if owner:
            raise AwsError(
                "BucketAlreadyExists",
                "The requested bucket name is not available. The bucket namespace is shared by all users of the system. "
                "Please select a different name and try again.",
                409,
                {"BucketName": name},
            )
        if time.monotonic() - call.world.gone.get(name, -1e9) < call.config["bucket_name_lag_s"] and on("bucket-name-blocked"):
            raise AwsError(
                "OperationAborted", "A conflicting conditional operation is currently in progress against this resource. Please try again.", 409
            )
        call.world.owners[name] = call.caller.account
    bucket = Bucket(name, call.caller.account, region)
    if p.get("ObjectOwnership"):
        bucket.parts["ownershipControls"] = [{"ObjectOwnership": p["ObjectOwnership"]}]
    if p.get("ObjectLockEnabledForBucket"):
        bucket.versioning = {"Status": "Enabled"}
        bucket.parts["object-lock"] = {"ObjectLockEnabled": "Enabled"}
    bucket.tags = tags if on("bucket-tags-on-create") else {}
    call.world.account(call.caller.account).buckets[name] = bucket
    return location


@op("s3:DeleteBucket")
def delete(call, p):
    bucket = bucket_of(call, p)
    if any(bucket.objects.values()) and on("bucket-not-empty"):
        only = not any(v and not v[-1]["marker"] for v in bucket.objects.values())
        raise AwsError(
            "BucketNotEmpty",
            "The bucket you tried to delete is not empty" + (". You must delete all versions in the bucket." if only else ""),
            409,
            {"BucketName": bucket.name},
        )
    del call.account.buckets[bucket.name]
    call.world.owners.pop(bucket.name, None)
    call.world.gone[bucket.name] = time.monotonic()


@op("s3:HeadBucket")
def head(call, p):
    bucket = bucket_of(call, p)
    return {"BucketRegion": bucket.region, "AccessPointAlias": False, "BucketArn": bucket.arn}


@op("s3:GetBucketLocation")
def location(call, p):
    region = bucket_of(call, p).region
    return {"LocationConstraint": None if region == "us-east-1" else region}


@op("s3:ListBuckets")
def listed(call, p):
    there = sorted(
        (b for b in call.buckets.values() if b.name.startswith(p.get("Prefix", "")) and p.get("BucketRegion") in (None, b.region)),
        key=lambda b: b.name,
    )
    most = p.get("MaxBuckets") or call.config["page"]
    token = p.get("ContinuationToken")
    wrong = AwsError("InvalidArgument", "The continuation token provided is incorrect", 400, {"ArgumentName": "continuation-token"})
    now, after = page(call, there, token, most, 10000, wrong) if most or token else (there, None)
    named = bool(p) or not on("list-buckets-region")
    shown = [{"Name": b.name, "CreationDate": b.created, **({"BucketRegion": b.region} if named else {})} for b in now]
    prefix = {"Prefix": p["Prefix"]} if p.get("Prefix") else {}
    return {"Owner": {"ID": SERVICE_CANONICAL + call.account.id}, "Buckets": shown, "ContinuationToken": after, **prefix}
