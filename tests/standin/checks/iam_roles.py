"""Roles: trust policies, what UpdateRole does, instance profiles, service-linked roles."""

import time

from checks.base import EC2, J, READ, policy, proves, trust


@proves("names-ignore-case", "boundaries-exist", "list-subset", "update-role-resets", "unique-ids")
def roles(t):
    iam, a = t.iam, t.account
    bound = iam.create_policy(PolicyName="b", PolicyDocument=READ)["Policy"]["Arn"]
    role = iam.create_role(
        RoleName="r", Path="/p/", AssumeRolePolicyDocument=EC2, Description="d", Tags=[{"Key": "k", "Value": "v"}], PermissionsBoundary=bound
    )["Role"]
    t.same("a role's ARN has its path", role["Arn"], f"arn:aws:iam::{a}:role/p/r")
    t.check("a role's id begins AROA", role["RoleId"].startswith("AROA") and len(role["RoleId"]) == 21)
    got = iam.get_role(RoleName="r")["Role"]
    t.same(
        "GetRole shows description, duration, tags, boundary, last use",
        (got["Description"], got["MaxSessionDuration"], got["Tags"], got["PermissionsBoundary"]["PermissionsBoundaryArn"], got["RoleLastUsed"]),
        ("d", 3600, [{"Key": "k", "Value": "v"}], bound, {}),
    )
    listed = iam.list_roles()["Roles"][0]
    t.check("ListRoles has description, duration, trust", {"Description", "MaxSessionDuration", "AssumeRolePolicyDocument"} <= set(listed))
    t.check("and no tags, boundary, last use", not {"Tags", "PermissionsBoundary", "RoleLastUsed"} & set(listed))
    iam.create_role(RoleName="plain", AssumeRolePolicyDocument=EC2, Description="")
    t.check("an empty description is none", "Description" not in iam.get_role(RoleName="plain")["Role"])
    t.refused(
        "a second role of the name",
        "EntityAlreadyExists",
        iam.create_role,
        409,
        "Role with name R already exists.",
        RoleName="R",
        AssumeRolePolicyDocument=EC2,
    )
    t.refused(
        "65 characters are too many",
        "ValidationError",
        iam.create_role,
        400,
        "less than or equal to 64",
        RoleName="r" * 65,
        AssumeRolePolicyDocument=EC2,
    )
    t.refused("a boundary must exist", "NoSuchEntity", iam.put_role_permissions_boundary, 404, RoleName="r", PermissionsBoundary=bound + "x")
    t.same("the boundary is counted", iam.get_policy(PolicyArn=bound)["Policy"]["PermissionsBoundaryUsageCount"], 1)
    iam.delete_role_permissions_boundary(RoleName="r")
    t.check("and can go", "PermissionsBoundary" not in iam.get_role(RoleName="r")["Role"])
    iam.update_role(RoleName="r", Description="two", MaxSessionDuration=7200)
    iam.update_role(RoleName="r", Description="three")
    t.same("UpdateRole sets the duration back that it does not name", iam.get_role(RoleName="r")["Role"]["MaxSessionDuration"], 3600)
    iam.update_role(RoleName="r", MaxSessionDuration=7200)
    t.check("and the description", "Description" not in iam.get_role(RoleName="r")["Role"])
    t.refused("100 seconds are too few", "ValidationError", iam.update_role, 400, RoleName="r", MaxSessionDuration=100)
    t.refused("a role that is not there", "NoSuchEntity", iam.delete_role, 404, "The role with name none cannot be found.", RoleName="none")
    for i in range(3):
        iam.create_role(RoleName=f"q{i}", Path="/q/", AssumeRolePolicyDocument=EC2)
        iam.put_role_policy(RoleName="r", PolicyName=f"p{i}", PolicyDocument=READ)
        iam.tag_role(RoleName="r", Tags=[{"Key": f"t{i}", "Value": ""}])
        iam.attach_role_policy(RoleName="r", PolicyArn=iam.create_policy(PolicyName=f"m{i}", PolicyDocument=READ)["Policy"]["Arn"])
    t.paged("ListRoles", iam.list_roles, "Roles", 5)
    t.paged("ListRoles of a path", iam.list_roles, "Roles", 3, PathPrefix="/q/")
    t.paged("ListRolePolicies", iam.list_role_policies, "PolicyNames", 3, RoleName="r")
    t.paged("ListRoleTags", iam.list_role_tags, "Tags", 4, RoleName="r")
    t.paged("ListAttachedRolePolicies", iam.list_attached_role_policies, "AttachedPolicies", 3, RoleName="r")


@proves("trust-grammar", "principals-exist")
def trust_refused(t):
    iam, a = t.iam, t.account
    statement = lambda **more: J(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole", **more}]}
    )
    none = statement().replace('"Principal": {"AWS": "*"}, ', "")
    for name, document, says in (
        ("no JSON", "{", "Syntax errors in policy."),
        ("no principal", none, "Missing required field Principal"),
        ("an unknown role", trust({"AWS": f"arn:aws:iam::{a}:role/none"}), f'Invalid principal in policy: "AWS":"arn:aws:iam::{a}:role/none"'),
        ("an unknown user of an unknown account", trust({"AWS": "arn:aws:iam::999999999999:user/none"}), "Invalid principal in policy"),
        ("an unknown service", trust({"Service": "nonsense.amazonaws.com"}), 'Invalid principal in policy: "SERVICE":"nonsense.amazonaws.com"'),
        ("Resource", statement(Resource="*"), "Has prohibited field Resource"),
        ("an action that is not STS's", statement(Action="s3:GetObject"), "AssumeRole policy may only specify STS AssumeRole actions."),
        ("an effect in small letters", statement(Effect="allow"), "Syntax errors"),
        ("a group", trust({"AWS": f"arn:aws:iam::{a}:group/g"}), "Invalid principal"),
        ("a wildcard in an ARN", trust({"AWS": f"arn:aws:iam::{a}:role/*"}), "Invalid principal"),
        (
            "NotPrincipal",
            statement(NotPrincipal={"AWS": "*"}).replace('"Principal": {"AWS": "*"}, ', ""),
            "AssumeRole policy may not contain NotPrincipal",
        ),
        ("an unknown operator", statement(Condition={"StringIs": {"aws:x": "y"}}), "Syntax errors"),
    ):
        t.refused(f"trust refused: {name}", "MalformedPolicyDocument", iam.create_role, 400, says, RoleName="x", AssumeRolePolicyDocument=document)
    iam.create_role(RoleName="x", AssumeRolePolicyDocument=EC2)
    t.refused(
        "UpdateAssumeRolePolicy checks the same", "MalformedPolicyDocument", iam.update_assume_role_policy, 400, RoleName="x", PolicyDocument=none
    )
    t.works(
        "a regional service principal is known",
        iam.update_assume_role_policy,
        RoleName="x",
        PolicyDocument=trust({"Service": "ec2.eu-west-1.amazonaws.com"}),
    )
    t.works(
        "an identity provider is a principal",
        iam.update_assume_role_policy,
        RoleName="x",
        PolicyDocument=trust({"Federated": f"arn:aws:iam::{a}:saml-provider/idp"}).replace("AssumeRole", "AssumeRoleWithSAML"),
    )


@proves("quotas")
def trust_size(t):
    t.refused(
        "a trust policy has 2048 characters",
        "LimitExceeded",
        t.iam.create_role,
        409,
        "Cannot exceed quota for ACLSizePerRole: 2048",
        RoleName="r",
        AssumeRolePolicyDocument=trust({"AWS": "*"}, Sid="x" * 2048),
    )
    t.works("blanks are not counted", t.iam.create_role, RoleName="r", AssumeRolePolicyDocument=EC2 + " " * 3000)
    t.works("nor are they in inline policies", t.iam.put_role_policy, RoleName="r", PolicyName="p", PolicyDocument=policy(10100) + " " * 5000)
    t.config(quotas={"RolesQuota": 1})
    t.refused(
        "roles have a number",
        "LimitExceeded",
        t.iam.create_role,
        409,
        "Cannot exceed quota for RolesPerAccount: 1",
        RoleName="s",
        AssumeRolePolicyDocument=EC2,
    )
    t.config(quotas={})


@proves("inline-size")
def role_inline_size(t):
    t.iam.create_role(RoleName="r", AssumeRolePolicyDocument=EC2)
    t.refused(
        "inline policies of a role have 10240 together",
        "LimitExceeded",
        t.iam.put_role_policy,
        409,
        "Maximum policy size of 10240 bytes exceeded for role r",
        RoleName="r",
        PolicyName="p",
        PolicyDocument=policy(10300),
    )


@proves("trust-canonical", "principals-by-id", "principals-exist")
def canonical(t):
    iam, a, b = t.iam, t.account, t.other()
    other = t.client("iam", b)
    get = lambda name="r": iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]["Statement"][0]
    iam.create_user(UserName="u")
    document = J(
        {
            "Statement": {
                "Condition": {"Bool": {"aws:MultiFactorAuthPresent": [True]}},
                "Action": ["sts:AssumeRole"],
                "Principal": {"AWS": [b]},
                "Effect": "Allow",
            }
        }
    )
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=document)
    t.same("an account id comes back as its root", get()["Principal"], {"AWS": f"arn:aws:iam::{b}:root"})
    t.same("a list of one as text", get()["Action"], "sts:AssumeRole")
    t.same("a boolean as text", get()["Condition"], {"Bool": {"aws:MultiFactorAuthPresent": "true"}})
    t.same("keys in AWS's order", list(get()), ["Effect", "Principal", "Action", "Condition"])
    t.same("no version is 2008-10-17", iam.get_role(RoleName="r")["Role"]["AssumeRolePolicyDocument"]["Version"], "2008-10-17")
    other.create_role(RoleName="o", Path="/p/", AssumeRolePolicyDocument=EC2)
    role, user = f"arn:aws:iam::{b}:role/p/o", f"arn:aws:iam::{a}:user/u"
    iam.update_assume_role_policy(RoleName="r", PolicyDocument=trust({"AWS": [user, role]}))
    t.same("principals are shown by their ARNs", get()["Principal"]["AWS"], [user, role])
    iam.update_user(UserName="u", NewUserName="w")
    t.check("they follow a rename", f"arn:aws:iam::{a}:user/w" in get()["Principal"]["AWS"])
    iam.delete_user(UserName="w")
    other.delete_role(RoleName="o")
    dead = get()["Principal"]["AWS"]
    t.same("a deleted one is shown by its id", [d[:4] for d in dead], ["AIDA", "AROA"])
    other.create_role(RoleName="o", Path="/p/", AssumeRolePolicyDocument=EC2)
    t.same("which a new one of the name does not heal", get()["Principal"]["AWS"], dead)
    details = iam.get_account_authorization_details(Filter=["Role"])["RoleDetailList"][0]["AssumeRolePolicyDocument"]["Statement"][0]
    t.same("the details show the same", details["Principal"]["AWS"], dead)
    t.refused(
        "a dead id is no principal any more",
        "MalformedPolicyDocument",
        iam.update_assume_role_policy,
        400,
        "Invalid principal",
        RoleName="r",
        PolicyDocument=trust({"AWS": dead}),
    )
    iam.update_assume_role_policy(RoleName="r", PolicyDocument=trust({"AWS": role}))
    t.same("putting the policy again heals it", get()["Principal"], {"AWS": role})
    t.config(principal_lag_s=1.5)
    iam.create_user(UserName="fresh")
    named = trust({"AWS": f"arn:aws:iam::{a}:user/fresh"})
    t.refused(
        "a fresh user is no principal for a while",
        "MalformedPolicyDocument",
        iam.update_assume_role_policy,
        400,
        "Invalid principal in policy",
        RoleName="r",
        PolicyDocument=named,
    )
    time.sleep(1.6)
    t.works("then it is", iam.update_assume_role_policy, RoleName="r", PolicyDocument=named)
    t.config(principal_lag_s=0)


@proves("delete-conflicts", "profile-one-role")
def profiles(t):
    iam, a = t.iam, t.account
    profile = iam.create_instance_profile(InstanceProfileName="i", Path="/p/", Tags=[{"Key": "k", "Value": "v"}])["InstanceProfile"]
    t.same("an instance profile has a path and no roles", (profile["Arn"], profile["Roles"]), (f"arn:aws:iam::{a}:instance-profile/p/i", []))
    t.check("its id begins AIPA", profile["InstanceProfileId"].startswith("AIPA"))
    t.refused(
        "a second of the name", "EntityAlreadyExists", iam.create_instance_profile, 409, "Instance Profile I already exists.", InstanceProfileName="I"
    )
    t.refused(
        "a role that is not there",
        "NoSuchEntity",
        iam.add_role_to_instance_profile,
        404,
        "The role with name none cannot be found.",
        InstanceProfileName="i",
        RoleName="none",
    )
    for name in ("r", "s"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=EC2)
    iam.add_role_to_instance_profile(InstanceProfileName="i", RoleName="r")
    t.refused(
        "a second role is LimitExceeded",
        "LimitExceeded",
        iam.add_role_to_instance_profile,
        409,
        "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1",
        InstanceProfileName="i",
        RoleName="s",
    )
    t.same("the role is shown in it", iam.get_instance_profile(InstanceProfileName="i")["InstanceProfile"]["Roles"][0]["RoleName"], "r")
    t.check("a list of profiles has no tags", "Tags" not in iam.list_instance_profiles()["InstanceProfiles"][0])
    iam.tag_instance_profile(InstanceProfileName="i", Tags=[{"Key": "K", "Value": "2"}])
    t.same("tag keys of profiles heed case", len(iam.list_instance_profile_tags(InstanceProfileName="i")["Tags"]), 2)
    t.paged("ListInstanceProfileTags", iam.list_instance_profile_tags, "Tags", 2, most=("MaxItems", 1), InstanceProfileName="i")
    iam.untag_instance_profile(InstanceProfileName="i", TagKeys=["K"])
    t.same("and can go", iam.list_instance_profile_tags(InstanceProfileName="i")["Tags"], [{"Key": "k", "Value": "v"}])
    t.same(
        "profiles of a role are listed",
        [p["InstanceProfileName"] for p in iam.list_instance_profiles_for_role(RoleName="r")["InstanceProfiles"]],
        ["i"],
    )
    t.refused(
        "a profile with a role cannot go",
        "DeleteConflict",
        iam.delete_instance_profile,
        409,
        "must remove roles from instance profile first.",
        InstanceProfileName="i",
    )
    t.refused("nor can the role", "DeleteConflict", iam.delete_role, 409, "must remove roles from instance profile first.", RoleName="r")
    iam.remove_role_from_instance_profile(InstanceProfileName="i", RoleName="r")
    t.refused("removed once", "NoSuchEntity", iam.remove_role_from_instance_profile, 404, InstanceProfileName="i", RoleName="r")
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=READ)
    t.refused("a role with inline policies cannot go", "DeleteConflict", iam.delete_role, 409, "must delete policies first.", RoleName="r")
    iam.delete_role_policy(RoleName="r", PolicyName="p")
    arn = iam.create_policy(PolicyName="m", PolicyDocument=READ)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="r", PolicyArn=arn)
    t.refused("nor one with attached ones", "DeleteConflict", iam.delete_role, 409, "must detach all policies first.", RoleName="r")
    iam.detach_role_policy(RoleName="r", PolicyArn=arn)
    iam.put_role_permissions_boundary(RoleName="r", PermissionsBoundary=arn)
    t.works("a boundary does not keep it", iam.delete_role, RoleName="r")
    t.works("and the empty profile goes", iam.delete_instance_profile, InstanceProfileName="i")
    for i in range(3):
        iam.create_instance_profile(InstanceProfileName=f"n{i}")
        iam.add_role_to_instance_profile(InstanceProfileName=f"n{i}", RoleName="s")
    t.paged("ListInstanceProfiles", iam.list_instance_profiles, "InstanceProfiles", 3)
    t.paged("ListInstanceProfilesForRole", iam.list_instance_profiles_for_role, "InstanceProfiles", 3, RoleName="s")


@proves("service-linked")
def service_linked(t):
    iam = t.iam
    role = iam.create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")["Role"]
    t.same(
        "a service-linked role has AWS's path",
        role["Arn"],
        f"arn:aws:iam::{t.account}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling",
    )
    name = role["RoleName"]
    for call, arguments in (
        ("delete_role", {}),
        ("tag_role", {"Tags": [{"Key": "k", "Value": "v"}]}),
        ("attach_role_policy", {"PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}),
        ("put_role_policy", {"PolicyName": "p", "PolicyDocument": READ}),
        ("update_assume_role_policy", {"PolicyDocument": EC2}),
        ("update_role", {"Description": "x"}),
        ("put_role_permissions_boundary", {"PermissionsBoundary": "arn:aws:iam::aws:policy/ReadOnlyAccess"}),
    ):
        t.refused(
            f"{call} of it is UnmodifiableEntity",
            "UnmodifiableEntity",
            getattr(iam, call),
            400,
            f"protected role '{name}'",
            RoleName=name,
            **arguments,
        )
    t.refused(
        "a role of one's own cannot have that path",
        "ValidationError",
        iam.create_role,
        400,
        RoleName="x",
        Path="/aws-service-role/x/",
        AssumeRolePolicyDocument=EC2,
    )
    task = iam.delete_service_linked_role(RoleName=name)["DeletionTaskId"]
    t.same("DeleteServiceLinkedRole ends it", iam.get_service_linked_role_deletion_status(DeletionTaskId=task)["Status"], "SUCCEEDED")
