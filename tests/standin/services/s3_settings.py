"""What a bucket is set to: tags, versioning, encryption, ownership, lifecycle, logging, and the rest."""

from services.documents import as_list
from services.s3_store import ENCRYPTION, bucket_of, missing
from world.errors import AwsError
from world.operations import op
from world.rules import on, rule
from world.state import letters

rule("absent-settings", "what a bucket does not have is 404 with a code of its own: NoSuchTagSet, NoSuchBucketPolicy, … [D]")
rule("bucket-tags", "tags of a bucket: keys once, not aws:, 50 at most; a put replaces all of them [D]")
rule("versioning-stays", "versioning is Enabled or Suspended, and never again absent; object lock keeps it Enabled [D]")
rule("lifecycle-rules", "lifecycle rules have ids of their own, something to do, and sensible numbers of days [D]")
rule("logging-target", "the bucket of access logs must let logging.s3.amazonaws.com write: InvalidTargetBucketForLogging [D]")
rule("owner-enforced", "a bucket that enforces its owner takes no ACLs: AccessControlListNotSupported [D]")
rule("encryption-key", "a KMS key goes with aws:kms only: InvalidArgument [D]")
FALSE_SETTINGS = {"BlockPublicAcls": False, "IgnorePublicAcls": False, "BlockPublicPolicy": False, "RestrictPublicBuckets": False}


def absent(code, message, bucket, empty):
    """404, or an empty answer where the rule is off."""
    if on("absent-settings"):
        raise missing(code, message, BucketName=bucket.name)
    return empty


# --- tags -------------------------------------------------------------------------------------------------------


def bucket_tags(given):
    keys = [t["Key"] for t in given]
    if on("bucket-tags"):
        if len(keys) != len(set(keys)):
            raise AwsError("InvalidTag", "Cannot provide multiple Tags with the same key")
        if any(k.lower().startswith("aws:") for k in keys):
            raise AwsError("InvalidTag", "System tags cannot be added/updated by requester")
        if any(len(t["Key"]) > 128 or len(t["Value"]) > 256 for t in given):
            raise AwsError("InvalidTag", "The TagKey or TagValue you have provided is invalid")
        if len(keys) > 50:
            raise AwsError("BadRequest", "Bucket tag count cannot be greater than 50")
    return {t["Key"]: t["Value"] for t in given}


@op("s3:PutBucketTagging")
def put_tags(call, p):
    bucket = bucket_of(call, p)
    new = bucket_tags(p["Tagging"]["TagSet"])
    bucket.tags = new if on("bucket-tags") else bucket.tags | new


@op("s3:GetBucketTagging")
def get_tags(call, p):
    bucket = bucket_of(call, p)
    if not bucket.tags:
        return absent("NoSuchTagSet", "The TagSet does not exist", bucket, {"TagSet": []})
    return {"TagSet": [{"Key": k, "Value": v} for k, v in bucket.tags.items()]}


@op("s3:DeleteBucketTagging")
def delete_tags(call, p):
    bucket_of(call, p).tags = {}


# --- versioning and encryption ----------------------------------------------------------------------------------


@op("s3:PutBucketVersioning")
def put_versioning(call, p):
    bucket, wanted = bucket_of(call, p), p["VersioningConfiguration"]
    status = wanted.get("Status")
    if on("versioning-stays"):
        if status is None:
            raise AwsError("IllegalVersioningConfigurationException", "The Versioning element must be specified")
        if status == "Suspended" and "object-lock" in bucket.parts:
            raise AwsError(
                "InvalidBucketState", "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.", 409
            )
    bucket.versioning = {k: v for k, v in (("Status", status), ("MFADelete", wanted.get("MFADelete"))) if v}


@op("s3:GetBucketVersioning")
def get_versioning(call, p):
    return dict(bucket_of(call, p).versioning)


@op("s3:PutBucketEncryption")
def put_encryption(call, p):
    bucket = bucket_of(call, p)
    rules = p["ServerSideEncryptionConfiguration"]["Rules"]
    if len(rules) != 1:
        raise AwsError("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
    default = rules[0].get("ApplyServerSideEncryptionByDefault") or {}
    if default.get("KMSMasterKeyID") and not default["SSEAlgorithm"].startswith("aws:kms") and on("encryption-key"):
        raise AwsError("InvalidArgument", "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse")
    bucket.encryption = {"BucketKeyEnabled": False, **rules[0]}


@op("s3:GetBucketEncryption")
def get_encryption(call, p):
    bucket = bucket_of(call, p)
    if bucket.encryption is None:
        return absent("ServerSideEncryptionConfigurationNotFoundError", "The server side encryption configuration was not found", bucket, {})
    return {"ServerSideEncryptionConfiguration": {"Rules": [bucket.encryption]}}


@op("s3:DeleteBucketEncryption")
def delete_encryption(call, p):
    bucket_of(call, p).encryption = dict(ENCRYPTION) if on("bucket-defaults") else None


# --- ownership and ACLs -----------------------------------------------------------------------------------------


@op("s3:PutBucketOwnershipControls")
def put_ownership(call, p):
    bucket_of(call, p).parts["ownershipControls"] = p["OwnershipControls"]["Rules"]


@op("s3:GetBucketOwnershipControls")
def get_ownership(call, p):
    bucket = bucket_of(call, p)
    if "ownershipControls" not in bucket.parts:
        return absent("OwnershipControlsNotFoundError", "The bucket ownership controls were not found", bucket, {})
    return {"OwnershipControls": {"Rules": bucket.parts["ownershipControls"]}}


@op("s3:DeleteBucketOwnershipControls")
def delete_ownership(call, p):
    bucket_of(call, p).parts.pop("ownershipControls", None)


@op("s3:GetBucketAcl")
def get_acl(call, p):
    owner = {"ID": "0" * 52 + bucket_of(call, p).account}
    return {"Owner": owner, "Grants": [{"Grantee": {**owner, "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"}]}


@op("s3:PutBucketAcl")
def put_acl(call, p):
    bucket = bucket_of(call, p)
    if bucket.enforced and p.get("ACL") != "private" and on("owner-enforced"):
        raise AwsError("AccessControlListNotSupported", "The bucket does not allow ACLs")


# --- lifecycle --------------------------------------------------------------------------------------------------

ACTS = ("Expiration", "Transitions", "NoncurrentVersionTransitions", "NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload")


def invalid(message):
    return AwsError("InvalidArgument", message)


def check_lifecycle(rules):
    ids = [r["ID"] for r in rules if r.get("ID")]
    if len(ids) != len(set(ids)):
        raise invalid("Rule ID must be unique. Found same ID for more than one rule")
    for one in rules:
        if "Filter" not in one and "Prefix" not in one:
            raise AwsError("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
        if not any(one.get(a) for a in ACTS):
            raise AwsError("InvalidRequest", "At least one action needs to be specified in a rule")
        if len(one.get("ID", "")) > 255:
            raise invalid("ID length should not exceed allowed limit of 255")
        if (one.get("Expiration") or {}).get("Days", 1) <= 0:
            raise invalid("'Days' for Expiration action must be a positive integer")
        for move in one.get("Transitions") or []:
            if move.get("StorageClass") in ("STANDARD_IA", "ONEZONE_IA") and move.get("Days", 30) < 30:
                raise invalid(f"'Days' in Transition action must be greater than or equal to 30 for storageClass '{move['StorageClass']}'")
            expires = (one.get("Expiration") or {}).get("Days")
            if expires is not None and "Days" in move and expires <= move["Days"]:
                raise invalid("'Days' in the Expiration action for filter must be greater than 'Days' in the Transition action")


@op("s3:PutBucketLifecycleConfiguration")
def put_lifecycle(call, p):
    bucket = bucket_of(call, p)
    rules = (p.get("LifecycleConfiguration") or {}).get("Rules") or []
    if on("lifecycle-rules"):
        check_lifecycle(rules)
    for one in rules:
        one.setdefault("ID", letters("", 32).lower())
    size = p.get("TransitionDefaultMinimumObjectSize", "all_storage_classes_128K")
    bucket.parts["lifecycle"] = (rules, size)
    return {"TransitionDefaultMinimumObjectSize": size}


@op("s3:GetBucketLifecycleConfiguration")
def get_lifecycle(call, p):
    bucket = bucket_of(call, p)
    if "lifecycle" not in bucket.parts:
        return absent("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist", bucket, {"Rules": []})
    rules, size = bucket.parts["lifecycle"]
    return {"Rules": rules, "TransitionDefaultMinimumObjectSize": size}


@op("s3:DeleteBucketLifecycle")
def delete_lifecycle(call, p):
    bucket_of(call, p).parts.pop("lifecycle", None)


# --- logging ----------------------------------------------------------------------------------------------------


@op("s3:PutBucketLogging")
def put_logging(call, p):
    bucket, wanted = bucket_of(call, p), p["BucketLoggingStatus"].get("LoggingEnabled")
    if wanted and on("logging-target"):
        target = call.account.buckets.get(wanted["TargetBucket"])
        if target is None:
            raise AwsError(
                "InvalidTargetBucketForLogging", "The target bucket for logging does not exist", 400, {"TargetBucket": wanted["TargetBucket"]}
            )
        if target.region != bucket.region:
            raise AwsError("CrossLocationLoggingProhibited", "Cross S3 location logging not allowed.", 403)
        if not lets_logs(target):
            raise AwsError(
                "InvalidTargetBucketForLogging",
                "You must give the log-delivery group WRITE and READ_ACP permissions to the target bucket",
                400,
                {"TargetBucket": target.name},
            )
    bucket.parts["logging"] = wanted


def lets_logs(bucket):
    return bucket.policy is not None and any(
        s["Effect"] == "Allow" and isinstance(s.get("Principal"), dict) and "logging.s3.amazonaws.com" in as_list(s["Principal"].get("Service", []))
        for s in as_list(bucket.policy["Statement"])
    )


@op("s3:GetBucketLogging")
def get_logging(call, p):
    wanted = bucket_of(call, p).parts.get("logging")
    return {"LoggingEnabled": wanted} if wanted else {}


# --- the rest ---------------------------------------------------------------------------------------------------


def plain(part, put, get, delete, member, code, message, whole=True):
    """A sub-document that is kept as it is; `whole`: the answer is the document itself."""

    if put:

        @op(f"s3:{put}")
        def putter(call, p):
            bucket_of(call, p).parts[part] = p[member]

    @op(f"s3:{get}")
    def getter(call, p):
        bucket = bucket_of(call, p)
        if part not in bucket.parts:
            return absent(code, message, bucket, {}) if code else {}
        return dict(bucket.parts[part]) if whole else {member: bucket.parts[part]}

    if delete:

        @op(f"s3:{delete}")
        def deleter(call, p):
            bucket_of(call, p).parts.pop(part, None)


plain(
    "cors",
    "PutBucketCors",
    "GetBucketCors",
    "DeleteBucketCors",
    "CORSConfiguration",
    "NoSuchCORSConfiguration",
    "The CORS configuration does not exist",
)
plain(
    "website",
    "PutBucketWebsite",
    "GetBucketWebsite",
    "DeleteBucketWebsite",
    "WebsiteConfiguration",
    "NoSuchWebsiteConfiguration",
    "The specified bucket does not have a website configuration",
)
plain(
    "replication",
    "PutBucketReplication",
    "GetBucketReplication",
    "DeleteBucketReplication",
    "ReplicationConfiguration",
    "ReplicationConfigurationNotFoundError",
    "The replication configuration was not found",
    whole=False,
)
plain(
    "object-lock",
    "PutObjectLockConfiguration",
    "GetObjectLockConfiguration",
    None,
    "ObjectLockConfiguration",
    "ObjectLockConfigurationNotFoundError",
    "Object Lock configuration does not exist for this bucket",
    whole=False,
)
plain("notification", "PutBucketNotificationConfiguration", "GetBucketNotificationConfiguration", None, "NotificationConfiguration", None, "")
plain("accelerate", "PutBucketAccelerateConfiguration", "GetBucketAccelerateConfiguration", None, "AccelerateConfiguration", None, "")


@op("s3:GetBucketRequestPayment")
def payer(call, p):
    return {"Payer": bucket_of(call, p).parts.get("payer", "BucketOwner")}


@op("s3:PutBucketRequestPayment")
def put_payer(call, p):
    bucket_of(call, p).parts["payer"] = p["RequestPaymentConfiguration"]["Payer"]


@op("s3:GetBucketAbac")
def get_abac(call, p):
    return {"AbacStatus": {"Status": bucket_of(call, p).abac}}


@op("s3:PutBucketAbac")
def put_abac(call, p):
    bucket_of(call, p).abac = p["AbacStatus"].get("Status", "Disabled")
