"""Managed policies: customers' and AWS's own, their versions, who uses them."""

import collections

from services.documents import identity
from services.iam_common import add_tags, check_free, check_quota, check_size, encoded, paged, quota, remove_tags, tag_list
from services.iam_store import Managed, Policy, managed
from world.errors import refuse
from world.operations import op
from world.rules import on, rule
from world.state import now

rule("policy-versions", "a policy has 5 versions at most, ids are never used again, the default cannot be deleted [D]")
rule("versions-list", "ListPolicyVersions names the newest first, without documents [M]")
rule("usage", "ListEntitiesForPolicy and ListPolicies tell attachments from boundaries: PolicyUsageFilter [M]")
rule("aws-managed", "AWS's own policies exist, and nobody changes them [P]")


class Usage:
    """How often each policy is attached, and how often it is a boundary."""

    def __init__(self, iam):
        self.attached, self.bounding = collections.Counter(), collections.Counter()
        for holder in iam.holders():
            self.attached.update(holder.attached)
            if holder.boundary:
                self.bounding[holder.boundary] += 1


def counted(policy, usage):
    return {
        "PolicyName": policy.name,
        "PolicyId": policy.id,
        "Arn": policy.arn,
        "Path": policy.path,
        "DefaultVersionId": policy.default,
        "AttachmentCount": usage.attached[policy.arn],
        "PermissionsBoundaryUsageCount": usage.bounding[policy.arn],
        "IsAttachable": not policy.path.startswith("/aws-service-role/"),
        "CreateDate": policy.created,
        "UpdateDate": policy.updated,
    }


def whole(policy, usage):
    described = {"Description": policy.description} if policy.description else {}
    return {**counted(policy, usage), **described, "Tags": tag_list(policy.tags)}


def own(call, arn):
    """A policy that may be changed."""
    policy = call.iam.policy(arn)
    if isinstance(policy, Managed) and on("aws-managed"):
        raise refuse("AccessDenied", f"User: {call.caller.arn} is not authorized to perform: iam:{call.operation} on resource: policy {arn}")
    return policy


def version_of(policy, version):
    if version not in policy.versions:
        raise refuse("NoSuchEntity", f"Policy {policy.arn} version {version} does not exist or is not attachable.")
    return policy.versions[version]


def version_shown(policy, version, document=False):
    text, created = policy.versions[version]
    return {
        "VersionId": version,
        "IsDefaultVersion": version == policy.default,
        "CreateDate": created,
        **({"Document": encoded(text)} if document else {}),
    }


@op("iam:CreatePolicy")
def create(call, p):
    iam, name = call.iam, p["PolicyName"]
    identity(p["PolicyDocument"], managed=True)
    check_size(call, "PolicySizeQuota", p["PolicyDocument"], "PolicySize")
    check_free([q.name for q in iam.policies.values()], name, f"A policy called {name} already exists. Duplicate names are not allowed.")
    check_quota(call, "PoliciesQuota", len(iam.policies), "PoliciesPerAccount")
    policy = Policy(iam.account, name, p.get("Path", "/"), p.get("Description"), p["PolicyDocument"])
    policy.tags = add_tags({}, p.get("Tags") or [], False)
    iam.policies[policy.arn] = policy
    tags = {"Tags": tag_list(policy.tags)} if policy.tags else {}
    return {"Policy": {**counted(policy, Usage(iam)), **tags}}


@op("iam:GetPolicy")
def get(call, p):
    return {"Policy": whole(call.iam.policy(p["PolicyArn"], "Policy {} was not found."), Usage(call.iam))}


@op("iam:GetPolicyVersion")
def get_version(call, p):
    policy = call.iam.policy(p["PolicyArn"], "Policy {} was not found.")
    version_of(policy, p["VersionId"])
    return {"PolicyVersion": version_shown(policy, p["VersionId"], document=True)}


@op("iam:ListPolicies")
def listed(call, p):
    usage, scope = Usage(call.iam), p.get("Scope", "All")
    there = [] if scope == "AWS" else sorted(call.iam.policies.values(), key=lambda q: q.arn)
    there += [] if scope == "Local" else managed().values()
    there = [q for q in there if q.path.startswith(p.get("PathPrefix", "/"))]
    filtered = p.get("PolicyUsageFilter") if on("usage") else None
    if p.get("OnlyAttached"):
        there = [
            q
            for q in there
            if filtered != "PermissionsBoundary" and usage.attached[q.arn] or filtered != "PermissionsPolicy" and usage.bounding[q.arn]
        ]
    page = paged(call, there, p, "Policies")
    return {**page, "Policies": [counted(q, usage) if on("list-subset") else whole(q, usage) for q in page["Policies"]]}


@op("iam:ListPolicyVersions")
def versions(call, p):
    policy = call.iam.policy(p["PolicyArn"], "Policy {} was not found.")
    ids = list(policy.versions)
    page = paged(call, ids[::-1] if on("versions-list") else ids, p, "Versions")
    return {**page, "Versions": [version_shown(policy, v, document=not on("versions-list")) for v in page["Versions"]]}


@op("iam:CreatePolicyVersion")
def create_version(call, p):
    policy = own(call, p["PolicyArn"])
    identity(p["PolicyDocument"], managed=True)
    check_size(call, "PolicySizeQuota", p["PolicyDocument"], "PolicySize")
    if len(policy.versions) >= quota(call, "VersionsPerPolicyQuota") and on("policy-versions"):
        raise refuse(
            "LimitExceeded", "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version."
        )
    policy.last += 1
    version = f"v{policy.last}"
    policy.versions[version] = (p["PolicyDocument"], now())
    policy.updated = now()
    if p.get("SetAsDefault"):
        policy.default = version
    return {"PolicyVersion": version_shown(policy, version)}


@op("iam:SetDefaultPolicyVersion")
def set_default(call, p):
    policy = own(call, p["PolicyArn"])
    version_of(policy, p["VersionId"])
    policy.default, policy.updated = p["VersionId"], now()


@op("iam:DeletePolicyVersion")
def delete_version(call, p):
    policy = own(call, p["PolicyArn"])
    version_of(policy, p["VersionId"])
    if p["VersionId"] == policy.default and on("policy-versions"):
        raise refuse("DeleteConflict", "Cannot delete the default version of a policy.")
    del policy.versions[p["VersionId"]]
    if not on("policy-versions"):
        policy.last = max(int(v[1:]) for v in policy.versions) if policy.versions else 0


@op("iam:DeletePolicy")
def delete(call, p):
    policy, usage = own(call, p["PolicyArn"]), Usage(call.iam)
    if on("delete-conflicts"):
        if usage.attached[policy.arn] or usage.bounding[policy.arn]:
            raise refuse("DeleteConflict", "Cannot delete a policy attached to entities.")
        if len(policy.versions) > 1:
            raise refuse(
                "DeleteConflict",
                "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. "
                "The default version is deleted with the policy.",
            )
    call.iam.policies.pop(policy.arn, None)


@op("iam:TagPolicy")
def tag(call, p):
    policy = own(call, p["PolicyArn"])
    policy.tags = add_tags(policy.tags, p["Tags"], False)


@op("iam:UntagPolicy")
def untag(call, p):
    policy = own(call, p["PolicyArn"])
    policy.tags = remove_tags(policy.tags, p["TagKeys"], False)


@op("iam:ListPolicyTags")
def tags(call, p):
    return paged(call, tag_list(call.iam.policy(p["PolicyArn"]).tags), p, "Tags")


@op("iam:ListEntitiesForPolicy")
def entities(call, p):
    policy = call.iam.policy(p["PolicyArn"], "Policy {} was not found.")
    usage, wanted, found = p.get("PolicyUsageFilter") if on("usage") else None, p.get("EntityFilter"), []
    for kind, holders in (("Group", call.iam.groups), ("User", call.iam.users), ("Role", call.iam.roles)):
        if wanted in (None, kind):
            for holder in sorted(holders.values(), key=lambda h: h.name):
                used = (
                    usage != "PermissionsBoundary" and policy.arn in holder.attached or usage != "PermissionsPolicy" and holder.boundary == policy.arn
                )
                if used and holder.path.startswith(p.get("PathPrefix", "/")):
                    found.append((kind, holder))
    page = paged(call, found, p, "all")
    now_ = page.pop("all")
    shown = lambda kind: [{f"{kind}Name": h.name, f"{kind}Id": h.id} for k, h in now_ if k == kind]
    return {**page, "PolicyUsers": shown("User"), "PolicyGroups": shown("Group"), "PolicyRoles": shown("Role")}
