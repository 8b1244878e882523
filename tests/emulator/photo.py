"""An account as seen by an independent client: everything hatrack manages, documents by meaning, nothing AWS invents."""

import json

from botocore.exceptions import BotoCoreError, ClientError


def meaning(document):
    """A policy document in a form in which the same meaning is the same value; ours, and no code of hatrack's."""
    if isinstance(document, str):
        document = json.loads(document)

    def texts(value):
        return sorted({str(v).lower() if isinstance(v, bool) else str(v) for v in (value if isinstance(value, list) else [value])})

    def principal(value):
        if value == "*":
            return {"AWS": ["*"]}
        return {k: sorted(f"arn:aws:iam::{p}:root" if p.isdigit() else p for p in texts(v)) for k, v in value.items()}

    def one(statement):
        out = {}
        for key, value in statement.items():
            if key in ("Principal", "NotPrincipal"):
                out[key] = principal(value)
            elif key == "Condition":
                if value:
                    out[key] = {op: {k.lower(): texts(v) for k, v in sorted(keys.items())} for op, keys in sorted(value.items())}
            elif key in ("Action", "NotAction"):
                out[key] = sorted({a.lower() for a in texts(value)})
            elif key in ("Resource", "NotResource"):
                out[key] = texts(value)
            else:
                out[key] = value
        return dict(sorted(out.items()))

    listed = document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]
    return {"Version": document.get("Version", "2008-10-17"), "Statement": sorted((one(s) for s in listed), key=json.dumps)}


def tags(listed):
    return {t["Key"]: t["Value"] for t in listed or []}


def absent(function, *codes, **arguments):
    try:
        return function(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] in codes:
            return None
        raise


def credentials(iam, user):
    try:
        return iam.list_service_specific_credentials(UserName=user)["ServiceSpecificCredentials"]
    except (ClientError, BotoCoreError):  # plain moto has none
        return []


def take(iam, s3, buckets=True):
    """{"user/alice": {…}, …}"""
    out, pages = {}, list(iam.get_paginator("get_account_authorization_details").paginate(
        Filter=["User", "Group", "Role", "LocalManagedPolicy"], PaginationConfig={"PageSize": 1000}))
    holder = lambda h, inline: {
        "path": h["Path"], "attached": sorted(p["PolicyArn"] for p in h["AttachedManagedPolicies"]),
        "inline": {p["PolicyName"]: meaning(p["PolicyDocument"]) for p in h.get(inline) or []},
    }
    boundary = lambda h: (h.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")
    for page in pages:
        for user in page["UserDetailList"]:
            name = user["UserName"]
            out[f"user/{name}"] = holder(user, "UserPolicyList") | {
                "tags": tags(user.get("Tags")), "boundary": boundary(user), "groups": sorted(user["GroupList"]),
                "keys": len(iam.list_access_keys(UserName=name)["AccessKeyMetadata"]),
                "ssh": len(iam.list_ssh_public_keys(UserName=name)["SSHPublicKeys"]),
                "service": len(credentials(iam, name)),
                "sign-in": absent(iam.get_login_profile, "NoSuchEntity", UserName=name) is not None,
            }
        for group in page["GroupDetailList"]:
            out[f"group/{group['GroupName']}"] = holder(group, "GroupPolicyList")
        for role in page["RoleDetailList"]:
            full = iam.get_role(RoleName=role["RoleName"])["Role"]
            out[f"role/{role['RoleName']}"] = holder(role, "RolePolicyList") | {
                "tags": tags(role.get("Tags")), "boundary": boundary(role), "trust": meaning(full["AssumeRolePolicyDocument"]),
                "description": full.get("Description", ""), "max_session": full["MaxSessionDuration"],
            }
        for policy in page["Policies"]:
            default = next(v for v in policy["PolicyVersionList"] if v["IsDefaultVersion"])
            out[f"policy/{policy['PolicyName']}"] = {
                "path": policy["Path"], "description": policy.get("Description", ""), "document": meaning(default["Document"]),
                "tags": tags(iam.list_policy_tags(PolicyArn=policy["Arn"])["Tags"]),
            }
    for page in iam.get_paginator("list_instance_profiles").paginate():
        for profile in page["InstanceProfiles"]:
            out[f"instance-profile/{profile['InstanceProfileName']}"] = {
                "path": profile["Path"], "roles": [r["RoleName"] for r in profile["Roles"]]}
    for bucket in s3.list_buckets()["Buckets"] if buckets else []:
        name = {"Bucket": bucket["Name"]}
        get = lambda call, code, key: (absent(call, code, **name) or {}).get(key)
        encryption = get(s3.get_bucket_encryption, "ServerSideEncryptionConfigurationNotFoundError", "ServerSideEncryptionConfiguration")
        ownership = get(s3.get_bucket_ownership_controls, "OwnershipControlsNotFoundError", "OwnershipControls")
        policy = get(s3.get_bucket_policy, "NoSuchBucketPolicy", "Policy")
        out[f"bucket/{bucket['Name']}"] = {
            "region": s3.get_bucket_location(**name)["LocationConstraint"] or "us-east-1",
            "tags": tags(get(s3.get_bucket_tagging, "NoSuchTagSet", "TagSet")),
            "policy": meaning(policy) if policy else None,
            "public-access-block": get(s3.get_public_access_block, "NoSuchPublicAccessBlockConfiguration", "PublicAccessBlockConfiguration"),
            "encryption": encryption and encryption["Rules"],
            "ownership": ownership and ownership["Rules"][0]["ObjectOwnership"],
            "versioning": s3.get_bucket_versioning(**name).get("Status"),
            "lifecycle": get(s3.get_bucket_lifecycle_configuration, "NoSuchLifecycleConfiguration", "Rules"),
        }
    return out


def differences(before, after):
    """Lines saying what differs between two photographs."""
    lines = []
    for address in sorted(before.keys() | after.keys()):
        old, new = before.get(address), after.get(address)
        if old is None or new is None:
            lines.append(f"{address}: {'is new' if old is None else 'is gone'}")
        else:
            lines += [f"{address}: {k}: {old.get(k)!r} -> {new.get(k)!r}" for k in sorted(old.keys() | new.keys()) if old.get(k) != new.get(k)]
    return lines
