"""What IAM's operations share: names, tags, pages, how things are shown."""

import urllib.parse

from services.documents import shown, size
from world.errors import refuse
from world.operations import page
from world.rules import on, rule

rule("names-ignore-case", "names of users, groups, roles, policies, profiles are unique whatever their case and path: EntityAlreadyExists [M]")
rule("tags-ignore-case", "tag keys of users and roles ignore case: one replaces the other; elsewhere they do not [D]")
rule("tags-reserved", "tag keys beginning aws: are InvalidInput [D]")
rule("tags-limit", "an entity has 50 tags at most: LimitExceeded [D]")
rule("tags-twice", "a key twice in one request is InvalidInput 'Duplicate tag keys found. …' [O]")
rule("url-encoding", "IAM's documents arrive URL-encoded (RFC 3986) [M]")
rule("list-subset", "lists leave out tags, boundaries and last use; ListPolicies leaves out Description too [M]")
rule("quotas", "numbers and sizes have quotas: LimitExceeded 409 [D]")
rule("service-linked", "service-linked roles are AWS's: UnmodifiableEntity [O]")
QUOTAS = {
    "UsersQuota": 5000,
    "GroupsQuota": 300,
    "RolesQuota": 1000,
    "PoliciesQuota": 1500,
    "InstanceProfilesQuota": 1000,
    "GroupsPerUserQuota": 10,
    "AttachedPoliciesPerUserQuota": 10,
    "AttachedPoliciesPerGroupQuota": 10,
    "AttachedPoliciesPerRoleQuota": 10,
    "VersionsPerPolicyQuota": 5,
    "PolicySizeQuota": 6144,
    "UserPolicySizeQuota": 2048,
    "GroupPolicySizeQuota": 5120,
    "RolePolicySizeQuota": 10240,
    "AssumeRolePolicySizeQuota": 2048,
    "AccessKeysPerUserQuota": 2,
    "SigningCertificatesPerUserQuota": 2,
    "PolicyVersionsInUseQuota": 10000,
    "ServerCertificatesQuota": 20,
    "GlobalEndpointTokenVersion": 1,
}


def quota(call, name):
    return call.config["quotas"].get(name, QUOTAS[name])


def check_quota(call, name, there, words):
    """Refuses one more than there may be."""
    if there >= quota(call, name) and on("quotas"):
        raise refuse("LimitExceeded", f"Cannot exceed quota for {words}: {quota(call, name)}")


def check_size(call, name, text, words):
    if size(text) > quota(call, name) and on("quotas"):
        raise refuse("LimitExceeded", f"Cannot exceed quota for {words}: {quota(call, name)}")


def check_free(things, name, message):
    taken = {n.lower() for n in things} if on("names-ignore-case") else set(things)
    if (name.lower() if on("names-ignore-case") else name) in taken:
        raise refuse("EntityAlreadyExists", message)


def paged(call, items, p, key, default=100, **more):
    """A page of an IAM list as the answer's members."""
    now, marker = page(call, list(items), p.get("Marker"), p.get("MaxItems"), default, refuse("ValidationError", "Invalid Marker."))
    return {key: now, "IsTruncated": bool(marker), "Marker": marker, **more}


def under(things, p):
    """Things whose path begins so, in the order of their names."""
    prefix = p.get("PathPrefix", "/")
    return sorted((t for t in things if t.path.startswith(prefix)), key=lambda t: t.name)


def encoded(text):
    return urllib.parse.quote(text, safe="") if on("url-encoding") else text


# --- tags -------------------------------------------------------------------------------------------------------


def tag_list(tags):
    return [{"Key": k, "Value": v} for k, v in tags.items()]


def add_tags(old, given, ignore_case):
    """The tags with the given ones added."""
    fold = (lambda k: k.lower()) if ignore_case and on("tags-ignore-case") else (lambda k: k)
    keys = [fold(t["Key"]) for t in given]
    if len(keys) != len(set(keys)) and on("tags-twice"):
        raise refuse("InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    if any(k.lower().startswith("aws:") for k in keys) and on("tags-reserved"):
        raise refuse("InvalidInput", "aws: prefixed tag key names are not allowed for external use.")
    out = {k: v for k, v in old.items() if fold(k) not in keys} | {t["Key"]: t["Value"] for t in given}
    if len(out) > 50 and on("tags-limit"):
        raise refuse("LimitExceeded", "The number of tags has reached the maximum limit.")
    return out


def remove_tags(old, keys, ignore_case):
    fold = (lambda k: k.lower()) if ignore_case and on("tags-ignore-case") else (lambda k: k)
    gone = {fold(k) for k in keys}
    return {k: v for k, v in old.items() if fold(k) not in gone}


# --- as shown ---------------------------------------------------------------------------------------------------


def boundary_of(holder):
    return {"PermissionsBoundary": {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": holder.boundary}} if holder.boundary else {}


def basics(holder, kind):
    return {"Path": holder.path, f"{kind}Name": holder.name, f"{kind}Id": holder.id, "Arn": holder.arn, "CreateDate": holder.created}


def whole(holder):
    """What lists leave out."""
    return {**boundary_of(holder), **({"Tags": tag_list(holder.tags)} if holder.tags else {})}


def user_shown(user, full):
    used = {"PasswordLastUsed": user.password_used} if user.password_used else {}
    return {**basics(user, "User"), **used, **(whole(user) if full or not on("list-subset") else {})}


def group_shown(group):
    return basics(group, "Group")


def role_shown(world, role, full):
    out = {**basics(role, "Role"), "AssumeRolePolicyDocument": encoded(shown(world, role.trust)), "MaxSessionDuration": role.duration}
    if role.description:
        out["Description"] = role.description
    if full or not on("list-subset"):
        out |= {**whole(role), "RoleLastUsed": last_used(role)}
    return out


def last_used(role):
    return {"LastUsedDate": role.used[0], "Region": role.used[1]} if role.used else {}


def profile_shown(call, profile, full):
    roles = [role_shown(call.world, call.iam.roles[r], False) for r in profile.roles if r in call.iam.roles]
    tags = {"Tags": tag_list(profile.tags)} if profile.tags and (full or not on("list-subset")) else {}
    return {
        "Path": profile.path,
        "InstanceProfileName": profile.name,
        "InstanceProfileId": profile.id,
        "Arn": profile.arn,
        "CreateDate": profile.created,
        "Roles": roles,
        **tags,
    }


def guard(role):
    """Refuses to change what is AWS's."""
    if role.service_linked and on("service-linked"):
        raise refuse("UnmodifiableEntity", f"Cannot perform the operation on the protected role '{role.name}' - this role is only modifiable by AWS")
    return role
