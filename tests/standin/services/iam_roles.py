"""IAM roles, service-linked ones too, and instance profiles."""

from services import documents
from services.iam_common import add_tags, check_free, check_quota, check_size, guard, paged, profile_shown, remove_tags, role_shown, tag_list, under
from services.iam_store import Profile, Role
from world.errors import refuse
from world.operations import op
from world.rules import on, rule
from world.state import letters

rule("delete-conflicts", "what still has something, or is in use, cannot be deleted: DeleteConflict 409, in AWS's words [W]")
rule("update-role-resets", "UpdateRole sets what it leaves out back to its default: no description, 3600 seconds [M]")
rule("boundaries-exist", "a permissions boundary is a policy that exists: NoSuchEntity [M]")
rule("profile-one-role", "an instance profile holds one role: LimitExceeded 'Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1' [W]")


def conflict(message):
    return refuse("DeleteConflict", f"Cannot delete entity, must {message} first.")


def known_boundary(call, p):
    arn = p.get("PermissionsBoundary")
    if arn and on("boundaries-exist"):
        call.iam.policy(arn, "Scope ARN: {} does not exist or is not attachable.")
    return arn


def trust_of(call, text):
    kept = documents.trust(call.world, text)
    check_size(call, "AssumeRolePolicySizeQuota", text, "ACLSizePerRole")
    return kept


@op("iam:CreateRole")
def create(call, p):
    iam = call.iam
    check_free(iam.roles, p["RoleName"], f"Role with name {p['RoleName']} already exists.")
    path = p.get("Path", "/")
    if path.startswith("/aws-service-role/") and on("service-linked"):
        raise refuse("ValidationError", "Path /aws-service-role/ is reserved for service-linked roles.")
    role = Role(iam.account, p["RoleName"], path)
    role.trust = trust_of(call, p["AssumeRolePolicyDocument"])
    role.boundary = known_boundary(call, p)
    role.tags = add_tags({}, p.get("Tags") or [], True)
    check_quota(call, "RolesQuota", len(iam.roles), "RolesPerAccount")
    role.description, role.duration = p.get("Description") or None, p.get("MaxSessionDuration", 3600)
    iam.roles[role.name] = role
    call.world.born[role.id] = role
    return {"Role": role_shown(call.world, role, True)}


@op("iam:GetRole")
def get(call, p):
    return {"Role": role_shown(call.world, call.iam.role(p["RoleName"]), True)}


@op("iam:ListRoles")
def listed(call, p):
    page = paged(call, under(call.iam.roles.values(), p), p, "Roles")
    return {**page, "Roles": [role_shown(call.world, r, False) for r in page["Roles"]]}


@op("iam:UpdateRole")
def update(call, p):
    role = guard(call.iam.role(p["RoleName"]))
    resets = on("update-role-resets")
    role.description = p.get("Description", None if resets else role.description) or None
    role.duration = p.get("MaxSessionDuration", 3600 if resets else role.duration)
    return {}


@op("iam:UpdateRoleDescription")
def describe(call, p):
    role = guard(call.iam.role(p["RoleName"]))
    role.description = p["Description"] or None
    return {"Role": role_shown(call.world, role, False)}


@op("iam:UpdateAssumeRolePolicy")
def trust(call, p):
    role = guard(call.iam.role(p["RoleName"]))
    role.trust = trust_of(call, p["PolicyDocument"])


@op("iam:DeleteRole")
def delete(call, p):
    role = guard(call.iam.role(p["RoleName"]))
    if on("delete-conflicts"):
        if any(role.name in q.roles for q in call.iam.profiles.values()):
            raise conflict("remove roles from instance profile")
        if role.attached:
            raise conflict("detach all policies")
        if role.inline:
            raise conflict("delete policies")
    for profile in call.iam.profiles.values():
        profile.roles = [r for r in profile.roles if r != role.name]
    del call.iam.roles[role.name]


@op("iam:TagRole")
def tag(call, p):
    role = guard(call.iam.role(p["RoleName"]))
    role.tags = add_tags(role.tags, p["Tags"], True)


@op("iam:UntagRole")
def untag(call, p):
    role = guard(call.iam.role(p["RoleName"]))
    role.tags = remove_tags(role.tags, p["TagKeys"], True)


@op("iam:ListRoleTags")
def tags(call, p):
    return paged(call, tag_list(call.iam.role(p["RoleName"]).tags), p, "Tags")


# --- service-linked roles ---------------------------------------------------------------------------------------

NAMES = {
    "autoscaling": "AutoScaling",
    "elasticloadbalancing": "ElasticLoadBalancing",
    "sagemaker": "SageMakerNotebooks",
    "ecs": "ECS",
    "rds": "RDS",
    "access-analyzer": "AccessAnalyzer",
    "cloudtrail": "CloudTrail",
    "organizations": "Organizations",
    "guardduty": "AmazonGuardDuty",
}


@op("iam:CreateServiceLinkedRole")
def create_linked(call, p):
    service = p["AWSServiceName"]
    if not documents.service_known(service):
        raise refuse("InvalidInput", f"Invalid service name {service}.")
    suffix = f"_{p['CustomSuffix']}" if p.get("CustomSuffix") else ""
    word = NAMES.get(service.partition(".")[0], service.partition(".")[0].capitalize())
    name = f"AWSServiceRoleFor{word}{suffix}"
    if name in call.iam.roles:
        raise refuse("InvalidInput", f"Service role name {name} has been taken in this account, please try a different suffix.")
    role = Role(call.iam.account, name, f"/aws-service-role/{service}/")
    role.service_linked, role.description = True, p.get("Description") or None
    role.trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]}
    call.iam.roles[name] = role
    call.world.born[role.id] = role
    return {"Role": role_shown(call.world, role, True)}


@op("iam:DeleteServiceLinkedRole")
def delete_linked(call, p):
    role = call.iam.role(p["RoleName"])
    if not role.service_linked:
        raise refuse("NoSuchEntity", f"{role.name} is not a service-linked role.")
    del call.iam.roles[role.name]
    task = f"task/aws-service-role/{role.path.split('/')[2]}/{role.name}/{letters('', 8).lower()}"
    call.iam.deletions[task] = "SUCCEEDED"
    return {"DeletionTaskId": task}


@op("iam:GetServiceLinkedRoleDeletionStatus")
def deletion(call, p):
    if p["DeletionTaskId"] not in call.iam.deletions:
        raise refuse("NoSuchEntity", f"Deletion task {p['DeletionTaskId']} cannot be found.")
    return {"Status": call.iam.deletions[p["DeletionTaskId"]]}


# --- instance profiles ------------------------------------------------------------------------------------------


@op("iam:CreateInstanceProfile")
def create_profile(call, p):
    iam, name = call.iam, p["InstanceProfileName"]
    check_free(iam.profiles, name, f"Instance Profile {name} already exists.")
    check_quota(call, "InstanceProfilesQuota", len(iam.profiles), "InstanceProfilesPerAccount")
    profile = Profile(iam.account, name, p.get("Path", "/"))
    profile.tags = add_tags({}, p.get("Tags") or [], False)
    iam.profiles[name] = profile
    return {"InstanceProfile": profile_shown(call, profile, True)}


@op("iam:GetInstanceProfile")
def get_profile(call, p):
    return {"InstanceProfile": profile_shown(call, call.iam.profile(p["InstanceProfileName"]), True)}


@op("iam:ListInstanceProfiles")
def list_profiles(call, p):
    page = paged(call, under(call.iam.profiles.values(), p), p, "InstanceProfiles")
    return {**page, "InstanceProfiles": [profile_shown(call, q, False) for q in page["InstanceProfiles"]]}


@op("iam:ListInstanceProfilesForRole")
def profiles_of(call, p):
    role = call.iam.role(p["RoleName"])
    page = paged(call, sorted((q for q in call.iam.profiles.values() if role.name in q.roles), key=lambda q: q.name), p, "InstanceProfiles")
    return {**page, "InstanceProfiles": [profile_shown(call, q, False) for q in page["InstanceProfiles"]]}


@op("iam:AddRoleToInstanceProfile")
def add_role(call, p):
    profile, role = call.iam.profile(p["InstanceProfileName"]), guard(call.iam.role(p["RoleName"]))
    if profile.roles and on("profile-one-role"):
        raise refuse("LimitExceeded", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1")
    profile.roles.append(role.name)


@op("iam:RemoveRoleFromInstanceProfile")
def remove_role(call, p):
    profile, role = call.iam.profile(p["InstanceProfileName"]), call.iam.role(p["RoleName"])
    if role.name not in profile.roles:
        raise refuse("NoSuchEntity", f"Role {role.name} in instance profile {profile.name} cannot be found.")
    profile.roles.remove(role.name)


@op("iam:DeleteInstanceProfile")
def delete_profile(call, p):
    profile = call.iam.profile(p["InstanceProfileName"])
    if profile.roles and on("delete-conflicts"):
        raise conflict("remove roles from instance profile")
    del call.iam.profiles[profile.name]


@op("iam:TagInstanceProfile")
def tag_profile(call, p):
    profile = call.iam.profile(p["InstanceProfileName"])
    profile.tags = add_tags(profile.tags, p["Tags"], False)


@op("iam:UntagInstanceProfile")
def untag_profile(call, p):
    profile = call.iam.profile(p["InstanceProfileName"])
    profile.tags = remove_tags(profile.tags, p["TagKeys"], False)


@op("iam:ListInstanceProfileTags")
def profile_tags(call, p):
    return paged(call, tag_list(call.iam.profile(p["InstanceProfileName"]).tags), p, "Tags")
