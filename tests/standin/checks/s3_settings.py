"""What a bucket is set to; policies and blocks of public access."""

import json

from checks.base import EC2, J, proves, without
from checks.s3_buckets import make


@proves("bucket-defaults", "absent-settings")
def defaults(t):
    s3, name = t.s3, make(t, f"new-{t.account}")
    get = lambda call, **k: getattr(s3, call)(Bucket=name, **k)
    t.same(
        "a new bucket blocks public access",
        get("get_public_access_block")["PublicAccessBlockConfiguration"],
        {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True},
    )
    t.same("enforces its owner", get("get_bucket_ownership_controls")["OwnershipControls"]["Rules"], [{"ObjectOwnership": "BucketOwnerEnforced"}])
    rule = get("get_bucket_encryption")["ServerSideEncryptionConfiguration"]["Rules"][0]
    t.same("encrypts with SSE-S3", (rule["ApplyServerSideEncryptionByDefault"], rule["BucketKeyEnabled"]), ({"SSEAlgorithm": "AES256"}, False))
    t.same("has no versioning", without(get("get_bucket_versioning")), {})
    t.same("and no logging", without(get("get_bucket_logging")), {})
    t.same("its owner has it", [g["Permission"] for g in get("get_bucket_acl")["Grants"]], ["FULL_CONTROL"])
    for call, code in (
        ("get_bucket_policy", "NoSuchBucketPolicy"),
        ("get_bucket_policy_status", "NoSuchBucketPolicy"),
        ("get_bucket_tagging", "NoSuchTagSet"),
        ("get_bucket_lifecycle_configuration", "NoSuchLifecycleConfiguration"),
        ("get_bucket_cors", "NoSuchCORSConfiguration"),
        ("get_bucket_website", "NoSuchWebsiteConfiguration"),
        ("get_bucket_replication", "ReplicationConfigurationNotFoundError"),
        ("get_object_lock_configuration", "ObjectLockConfigurationNotFoundError"),
    ):
        t.refused(f"{call} of a new bucket is {code}", code, getattr(s3, call), 404, Bucket=name)
    s3.delete_public_access_block(Bucket=name)
    t.refused(
        "a deleted block is NoSuchPublicAccessBlockConfiguration",
        "NoSuchPublicAccessBlockConfiguration",
        s3.get_public_access_block,
        404,
        Bucket=name,
    )
    s3.delete_bucket_ownership_controls(Bucket=name)
    t.refused(
        "deleted ownership is OwnershipControlsNotFoundError", "OwnershipControlsNotFoundError", s3.get_bucket_ownership_controls, 404, Bucket=name
    )
    t.same(
        "the rest is at its default",
        (
            without(get("get_bucket_notification_configuration")),
            get("get_bucket_request_payment")["Payer"],
            get("get_bucket_abac")["AbacStatus"]["Status"],
        ),
        ({}, "BucketOwner", "Disabled"),
    )


@proves("encryption-key", "versioning-stays", "bucket-defaults", "owner-enforced")
def encryption_and_versioning(t):
    s3, name = t.s3, make(t, f"enc-{t.account}")
    rules = lambda **k: {
        "Bucket": name,
        "ServerSideEncryptionConfiguration": {"Rules": [{"ApplyServerSideEncryptionByDefault": k, "BucketKeyEnabled": True}]},
    }
    s3.put_bucket_encryption(**rules(SSEAlgorithm="aws:kms", KMSMasterKeyID="alias/k"))
    t.same(
        "encryption by KMS comes back",
        s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"][0],
        {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/k"}, "BucketKeyEnabled": True},
    )
    t.refused("a key goes with KMS only", "InvalidArgument", s3.put_bucket_encryption, 400, **rules(SSEAlgorithm="AES256", KMSMasterKeyID="alias/k"))
    s3.delete_bucket_encryption(Bucket=name)
    t.same(
        "deleted encryption is SSE-S3 again",
        s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"][0]["ApplyServerSideEncryptionByDefault"],
        {"SSEAlgorithm": "AES256"},
    )
    for status in ("Enabled", "Suspended", "Enabled"):
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": status})
        t.same(f"versioning is {status}", s3.get_bucket_versioning(Bucket=name)["Status"], status)
    t.refused(
        "it is never absent again", "IllegalVersioningConfigurationException", s3.put_bucket_versioning, 400, Bucket=name, VersioningConfiguration={}
    )
    locked = make(t, f"lock-{t.account}", ObjectLockEnabledForBucket=True)
    t.same("object lock switches versioning on", s3.get_bucket_versioning(Bucket=locked)["Status"], "Enabled")
    t.refused("and keeps it on", "InvalidBucketState", s3.put_bucket_versioning, 409, Bucket=locked, VersioningConfiguration={"Status": "Suspended"})
    t.refused("an enforced owner takes no ACL", "AccessControlListNotSupported", s3.put_bucket_acl, 400, Bucket=name, ACL="public-read")
    s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]})
    t.same("ownership comes back", s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"]["Rules"], [{"ObjectOwnership": "ObjectWriter"}])
    t.works("another ownership takes ACLs", s3.put_bucket_acl, Bucket=name, ACL="public-read")
    s3.put_bucket_abac(Bucket=name, AbacStatus={"Status": "Enabled"})
    t.same("access by tags can be switched on", s3.get_bucket_abac(Bucket=name)["AbacStatus"]["Status"], "Enabled")


@proves("bucket-tags", "lifecycle-rules", "logging-target")
def tags_lifecycle_logging(t):
    s3, name = t.s3, make(t, f"set-{t.account}")
    put = lambda *pairs: {"Bucket": name, "Tagging": {"TagSet": [{"Key": k, "Value": v} for k, v in pairs]}}
    s3.put_bucket_tagging(**put(("a", "1"), ("b", "2")))
    s3.put_bucket_tagging(**put(("A", "3"), ("c", "4")))
    t.same(
        "a put replaces all tags, and keys heed case",
        [(g["Key"], g["Value"]) for g in s3.get_bucket_tagging(Bucket=name)["TagSet"]],
        [("A", "3"), ("c", "4")],
    )
    t.refused(
        "a key twice is InvalidTag",
        "InvalidTag",
        s3.put_bucket_tagging,
        400,
        "Cannot provide multiple Tags with the same key",
        **put(("a", "1"), ("a", "2")),
    )
    t.refused("so is aws:", "InvalidTag", s3.put_bucket_tagging, 400, **put(("aws:x", "1")))
    t.refused("51 are too many", "BadRequest", s3.put_bucket_tagging, 400, **put(*((f"k{i}", "") for i in range(51))))
    s3.delete_bucket_tagging(Bucket=name)
    t.refused("deleted tags are NoSuchTagSet", "NoSuchTagSet", s3.get_bucket_tagging, 404, Bucket=name)
    rule = {
        "ID": "r",
        "Status": "Enabled",
        "Filter": {"And": {"Prefix": "x/", "Tags": [{"Key": "k", "Value": "v"}], "ObjectSizeGreaterThan": 500}},
        "Expiration": {"Days": 90},
        "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}],
        "NoncurrentVersionExpiration": {"NoncurrentDays": 7, "NewerNoncurrentVersions": 3},
    }
    other = {"ID": "s", "Status": "Disabled", "Filter": {"Prefix": ""}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}
    lifecycle = lambda *rules: {"Bucket": name, "LifecycleConfiguration": {"Rules": list(rules)}}
    s3.put_bucket_lifecycle_configuration(**lifecycle(rule, other))
    got = s3.get_bucket_lifecycle_configuration(Bucket=name)
    t.same("lifecycle rules come back as sent", got["Rules"], [rule, other])
    t.same("with the default least size", got["TransitionDefaultMinimumObjectSize"], "all_storage_classes_128K")
    t.refused(
        "ids are unique",
        "InvalidArgument",
        s3.put_bucket_lifecycle_configuration,
        400,
        "Rule ID must be unique",
        **lifecycle(rule, {**other, "ID": "r"}),
    )
    t.refused(
        "a rule does something",
        "InvalidRequest",
        s3.put_bucket_lifecycle_configuration,
        400,
        "At least one action",
        **lifecycle({k: other[k] for k in ("ID", "Status", "Filter")}),
    )
    t.refused(
        "a rule has a filter",
        "MalformedXML",
        s3.put_bucket_lifecycle_configuration,
        400,
        **lifecycle({k: v for k, v in other.items() if k != "Filter"}),
    )
    t.refused(
        "days are positive",
        "InvalidArgument",
        s3.put_bucket_lifecycle_configuration,
        400,
        "positive integer",
        **lifecycle({**other, "Expiration": {"Days": 0}}),
    )
    t.refused(
        "STANDARD_IA waits 30 days",
        "InvalidArgument",
        s3.put_bucket_lifecycle_configuration,
        400,
        "greater than or equal to 30",
        **lifecycle({**rule, "Transitions": [{"Days": 5, "StorageClass": "STANDARD_IA"}]}),
    )
    s3.delete_bucket_lifecycle(Bucket=name)
    t.refused(
        "deleted rules are NoSuchLifecycleConfiguration", "NoSuchLifecycleConfiguration", s3.get_bucket_lifecycle_configuration, 404, Bucket=name
    )
    target = make(t, f"log-{t.account}")
    logging = {"Bucket": name, "BucketLoggingStatus": {"LoggingEnabled": {"TargetBucket": target, "TargetPrefix": "p/"}}}
    t.refused(
        "the bucket of logs must let them in",
        "InvalidTargetBucketForLogging",
        s3.put_bucket_logging,
        400,
        "You must give the log-delivery group",
        **logging,
    )
    s3.put_bucket_policy(
        Bucket=target,
        Policy=J(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "logging.s3.amazonaws.com"},
                        "Action": "s3:PutObject",
                        "Resource": f"arn:aws:s3:::{target}/*",
                    }
                ],
            }
        ),
    )
    t.works("then it is switched on", s3.put_bucket_logging, **logging)
    t.same("and comes back", s3.get_bucket_logging(Bucket=name)["LoggingEnabled"], {"TargetBucket": target, "TargetPrefix": "p/"})
    t.refused(
        "the bucket of logs exists",
        "InvalidTargetBucketForLogging",
        s3.put_bucket_logging,
        400,
        "does not exist",
        Bucket=name,
        BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": target + "x", "TargetPrefix": ""}},
    )
    s3.put_bucket_logging(Bucket=name, BucketLoggingStatus={})
    t.check("an empty status switches it off", "LoggingEnabled" not in s3.get_bucket_logging(Bucket=name))
    s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]})
    t.same("CORS comes back", s3.get_bucket_cors(Bucket=name)["CORSRules"], [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}])
    s3.put_bucket_website(Bucket=name, WebsiteConfiguration={"IndexDocument": {"Suffix": "i.html"}})
    t.same("a website too", s3.get_bucket_website(Bucket=name)["IndexDocument"], {"Suffix": "i.html"})


@proves("bucket-policy-grammar", "bucket-policy-size", "principals-exist")
def bucket_policies_refused(t):
    s3, name = t.s3, make(t, f"pol-{t.account}")
    arn = f"arn:aws:s3:::{name}"
    one = {"Effect": "Allow", "Principal": {"AWS": t.account}, "Action": "s3:GetObject", "Resource": f"{arn}/*"}
    document = lambda **more: J({"Version": "2012-10-17", "Statement": [{k: v for k, v in {**one, **more}.items() if v is not None}]})
    for case, text, says in (
        ("no JSON", "{", "Policies must be valid JSON and the first byte must be '{'"),
        ("another bucket", document(Resource="arn:aws:s3:::other/*"), "Policy has invalid resource"),
        ("an unknown principal", document(Principal={"AWS": f"arn:aws:iam::{t.account}:role/none"}), "Invalid principal in policy"),
        ("an unknown action", document(Action="s3:MakeTea"), "Policy has invalid action"),
        ("an action of another service", document(Action="iam:GetRole"), "Policy has invalid action"),
        ("no principal", document(Principal=None), "Missing required field Principal"),
        ("an action of objects on the bucket", document(Resource=arn), "Action does not apply to any resource(s) in statement"),
        ("an action of the bucket on objects", document(Action="s3:ListBucket"), "Action does not apply to any resource(s) in statement"),
        ("an unknown condition key", document(Condition={"StringEquals": {"s3:colour": "red"}}), "Policy has an invalid condition key"),
        ("an effect in small letters", document(Effect="allow"), ""),
        ("a key twice", document().replace('"Effect": "Allow"', '"Effect": "Allow", "Effect": "Allow"'), ""),
    ):
        t.refused(f"bucket policy refused: {case}", "MalformedPolicy", s3.put_bucket_policy, 400, says, Bucket=name, Policy=text)
    t.refused("a bucket policy has 20 KB", "PolicyTooLarge", s3.put_bucket_policy, 400, Bucket=name, Policy=document(Sid="x" * 20500))
    t.works("a Sid may have blanks", s3.put_bucket_policy, Bucket=name, Policy=document(Sid="with blanks, and more"))
    t.works(
        "a known condition key is fine",
        s3.put_bucket_policy,
        Bucket=name,
        Policy=document(Action="s3:ListBucket", Resource=arn, Condition={"StringLike": {"s3:prefix": "x/*"}}),
    )


@proves("trust-canonical", "principals-by-id", "public-blocked", "account-block", "bucket-policy-order")
def bucket_policies(t):
    s3, iam, a, name = t.s3, t.iam, t.account, make(t, f"pub-{t.account}")
    arn = f"arn:aws:s3:::{name}"
    allow = lambda principal, **more: {"Effect": "Allow", "Principal": principal, "Action": ["s3:GetObject"], "Resource": [f"{arn}/*"], **more}
    put = lambda *statements: {"Bucket": name, "Policy": J({"Version": "2012-10-17", "Statement": list(statements)})}
    get = lambda: json.loads(s3.get_bucket_policy(Bucket=name)["Policy"])["Statement"]
    role = iam.create_role(RoleName="r", Path="/p/", AssumeRolePolicyDocument=EC2)["Role"]["Arn"]
    s3.put_bucket_policy(**put(allow({"AWS": [a]}, Sid="one"), allow({"AWS": role}, Sid="two")))
    t.same("statements may come back in another order", [s["Sid"] for s in get()], ["two", "one"])
    by = {s["Sid"]: s for s in get()}
    t.same(
        "an account id comes back as its root, lists of one as text",
        (by["one"]["Principal"], by["one"]["Action"], by["one"]["Resource"]),
        ({"AWS": f"arn:aws:iam::{a}:root"}, "s3:GetObject", f"{arn}/*"),
    )
    t.same("a role by its ARN", by["two"]["Principal"], {"AWS": role})
    iam.delete_role(RoleName="r")
    iam.create_role(RoleName="r", Path="/p/", AssumeRolePolicyDocument=EC2)
    dead = {s["Sid"]: s for s in get()}["two"]["Principal"]["AWS"]
    t.check("once deleted by its id, made anew or not", dead.startswith("AROA"), dead)
    t.same("the policy is not public", s3.get_bucket_policy_status(Bucket=name)["PolicyStatus"]["IsPublic"], False)
    t.refused(
        "a public policy is blocked",
        "AccessDenied",
        s3.put_bucket_policy,
        403,
        "because public policies are prevented by the BlockPublicPolicy setting",
        **put(allow("*")),
    )
    for case, statement in (
        ("of one's organization", allow("*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}})),
        ("of an address", allow("*", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})),
        ("that denies", allow("*", Condition={"Bool": {"aws:SecureTransport": "false"}}) | {"Effect": "Deny", "Action": "s3:*"}),
    ):
        t.works(f"a policy for everybody {case} is not public", s3.put_bucket_policy, **put(statement))
    t.refused(
        "with a wildcard it is",
        "AccessDenied",
        s3.put_bucket_policy,
        403,
        **put(allow("*", Condition={"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/x"}})),
    )
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    t.same(
        "what a block leaves out is off",
        s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"],
        {"BlockPublicAcls": True, "IgnorePublicAcls": False, "BlockPublicPolicy": False, "RestrictPublicBuckets": False},
    )
    t.works("without the block a public policy is taken", s3.put_bucket_policy, **put(allow("*")))
    t.same("and is public", s3.get_bucket_policy_status(Bucket=name)["PolicyStatus"]["IsPublic"], True)
    s3.delete_bucket_policy(Bucket=name)
    t.refused("a deleted policy is NoSuchBucketPolicy", "NoSuchBucketPolicy", s3.get_bucket_policy, 404, Bucket=name)
    # The account's own block: the SDK puts the account before the host, so it is asked without boto3.
    path = "/v20180820/configuration/publicAccessBlock"
    status, _, text = t.raw("GET", path, {**t.signed("s3", "eu-west-1"), "x-amz-account-id": a})
    t.check("an account has no block at first", status == 404 and "NoSuchPublicAccessBlockConfiguration" in text, text)
    body = b'<PublicAccessBlockConfiguration xmlns="http://awss3control.amazonaws.com/doc/2018-08-20/"><BlockPublicPolicy>true</BlockPublicPolicy></PublicAccessBlockConfiguration>'
    status, _, _ = t.raw("PUT", path, {**t.signed("s3", "eu-west-1"), "x-amz-account-id": a, "Host": f"{a}.127.0.0.1"}, body)
    t.same("it can be put, whatever host", status, 200)
    status, _, text = t.raw("GET", path, {**t.signed("s3", "eu-west-1"), "x-amz-account-id": a})
    t.check(
        "and comes back",
        status == 200 and "<BlockPublicPolicy>true</BlockPublicPolicy>" in text and "<BlockPublicAcls>false</BlockPublicAcls>" in text,
        text,
    )
    t.refused("it blocks as a bucket's does", "AccessDenied", s3.put_bucket_policy, 403, **put(allow("*")))
    status, _, text = t.raw("GET", path, {**t.signed("s3", "eu-west-1"), "x-amz-account-id": t.other()})
    t.check("another account's is denied", status == 403 and "AccessDenied" in text, text)
    status, _, _ = t.raw("DELETE", path, {**t.signed("s3", "eu-west-1"), "x-amz-account-id": a})
    t.same("it can go", status, 204)
    t.works("then the policy is taken again", s3.put_bucket_policy, **put(allow("*")))
