"""Managed policies: grammar, versions, usage, AWS's own."""

from checks.base import EC2, J, READ, policy, proves


@proves("policy-grammar", "policy-version")
def grammar(t):
    iam = t.iam
    wrap = lambda *statements, **more: J({"Version": "2012-10-17", "Statement": list(statements), **more})
    one = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    for name, document, says in (
        ("no JSON", "{", "Syntax errors in policy."),
        ("no statement", wrap(), "Syntax errors"),
        ("a principal", policy(Principal="*"), "Policy document should not specify a principal."),
        ("no resource", policy(Resource=None), "Policy statement must contain resources."),
        ("no action", policy(Action=None), "Policy statement must contain actions."),
        ("a resource that is no ARN", policy(Resource="bucket"), 'Resource bucket must be in ARN format or "*".'),
        ("an ARN of no partition", policy(Resource="arn:amazon:s3:::b"), 'Partition "amazon" is not valid'),
        ("a region in an S3 ARN", policy(Resource="arn:aws:s3:eu-west-1::b"), "can not contain region information."),
        ("one Sid twice", wrap({**one, "Sid": "A"}, {**one, "Sid": "A"}), "Statement IDs (SID) in a single policy must be unique."),
        ("a Sid with a blank", policy(Sid="a b"), "Statement IDs (SID) must be alpha-numeric."),
        ("an action without a vendor", policy(Action="GetObject"), "Actions/Conditions must be prefaced by a vendor"),
        ("an effect in small letters", policy(Effect="allow"), "Syntax errors"),
        ("an unknown operator", policy(Condition={"StringIs": {"aws:x": "y"}}), "Syntax errors"),
        ("a condition key without a vendor", policy(Condition={"StringEquals": {"x": "y"}}), "prefaced by a vendor"),
        ("an unknown version", READ.replace("2012-10-17", "2020-01-01"), "Syntax errors"),
        ("an old version", READ.replace("2012-10-17", "2008-10-17"), "Policy document must be version 2012-10-17 or greater."),
        ("no version", READ.replace('"Version": "2012-10-17", ', ""), "Policy document must be version 2012-10-17 or greater."),
        ("a character beyond Latin-1", policy(Resource="arn:aws:s3:::☃"), ""),
        ("a key twice", READ.replace('"Effect": "Allow"', '"Effect": "Allow", "Effect": "Allow"'), "Syntax errors"),
        ("an unknown key", policy(Colour="red"), "Syntax errors"),
        ("both Action and NotAction", policy(NotAction="s3:PutObject"), "Syntax errors"),
    ):
        document = document if name != "a character beyond Latin-1" else document.replace("\\u2603", "☃")
        t.refused(f"policy refused: {name}", "MalformedPolicyDocument", iam.create_policy, 400, says, PolicyName="x", PolicyDocument=document)
    iam.create_user(UserName="u")
    t.works(
        "an inline policy needs no version",
        iam.put_user_policy,
        UserName="u",
        PolicyName="p",
        PolicyDocument=READ.replace('"Version": "2012-10-17", ', ""),
    )
    t.refused(
        "but the same grammar",
        "MalformedPolicyDocument",
        iam.put_user_policy,
        400,
        UserName="u",
        PolicyName="p",
        PolicyDocument=policy(Principal="*"),
    )


@proves("names-ignore-case", "unique-ids", "quotas", "list-subset")
def policies(t):
    iam, a = t.iam, t.account
    made = iam.create_policy(PolicyName="p", Path="/x/", Description="d", PolicyDocument=READ, Tags=[{"Key": "k", "Value": "v"}])["Policy"]
    t.same(
        "CreatePolicy answers with version, counts and tags, without description",
        (
            made["Arn"],
            made["DefaultVersionId"],
            made["AttachmentCount"],
            made["PermissionsBoundaryUsageCount"],
            made["IsAttachable"],
            made["Tags"],
            "Description" in made,
        ),
        (f"arn:aws:iam::{a}:policy/x/p", "v1", 0, 0, True, [{"Key": "k", "Value": "v"}], False),
    )
    t.check("a policy's id begins ANPA", made["PolicyId"].startswith("ANPA"))
    got = iam.get_policy(PolicyArn=made["Arn"])["Policy"]
    t.same("GetPolicy adds description and tags", (got["Description"], got["Tags"]), ("d", [{"Key": "k", "Value": "v"}]))
    listed = iam.list_policies(Scope="Local")["Policies"]
    t.check("ListPolicies leaves both out", len(listed) == 1 and not {"Description", "Tags"} & set(listed[0]))
    t.refused(
        "a second of the name",
        "EntityAlreadyExists",
        iam.create_policy,
        409,
        "A policy called p already exists. Duplicate names are not allowed.",
        PolicyName="p",
        PolicyDocument=READ,
    )
    t.refused("whatever path and case", "EntityAlreadyExists", iam.create_policy, 409, PolicyName="P", Path="/y/", PolicyDocument=READ)
    t.refused(
        "a policy has 6144 characters",
        "LimitExceeded",
        iam.create_policy,
        409,
        "Cannot exceed quota for PolicySize: 6144",
        PolicyName="q",
        PolicyDocument=policy(6200),
    )
    t.works("blanks apart", iam.create_policy, PolicyName="q", PolicyDocument=policy(5900) + " " * 2000)
    t.refused("a policy that is not there", "NoSuchEntity", iam.get_policy, 404, "was not found", PolicyArn=made["Arn"] + "x")
    t.refused("a path of policies is stricter", "ValidationError", iam.create_policy, 400, PolicyName="z", Path="/a b/", PolicyDocument=READ)


@proves("policy-versions", "versions-list", "delete-conflicts")
def versions(t):
    iam = t.iam
    arn = iam.create_policy(PolicyName="p", PolicyDocument=READ)["Policy"]["Arn"]
    second = iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy(1))["PolicyVersion"]
    t.same(
        "a new version is not the default unless asked",
        (second["VersionId"], second["IsDefaultVersion"], iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]),
        ("v2", False, "v1"),
    )
    for i in range(3):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy(i + 2), SetAsDefault=True)
    t.refused(
        "a sixth is LimitExceeded",
        "LimitExceeded",
        iam.create_policy_version,
        409,
        "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.",
        PolicyArn=arn,
        PolicyDocument=READ,
    )
    t.refused(
        "the default cannot be deleted",
        "DeleteConflict",
        iam.delete_policy_version,
        409,
        "Cannot delete the default version of a policy.",
        PolicyArn=arn,
        VersionId="v5",
    )
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    iam.delete_policy_version(PolicyArn=arn, VersionId="v5")
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=READ)
    listed = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    t.same("ids are never used again, and the newest comes first", [v["VersionId"] for v in listed], ["v6", "v4", "v3", "v2", "v1"])
    t.check("the list has no documents", all("Document" not in v for v in listed))
    t.paged("ListPolicyVersions", iam.list_policy_versions, "Versions", 5, PolicyArn=arn)
    t.same(
        "each version has its document",
        iam.get_policy_version(PolicyArn=arn, VersionId="v2")["PolicyVersion"]["Document"]["Statement"][0]["Resource"],
        "arn:aws:s3:::b/x",
    )
    t.refused("a version that is not there", "NoSuchEntity", iam.get_policy_version, 404, PolicyArn=arn, VersionId="v9")
    t.refused(
        "a policy with versions cannot go",
        "DeleteConflict",
        iam.delete_policy,
        409,
        "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. "
        "The default version is deleted with the policy.",
        PolicyArn=arn,
    )
    for version in ("v2", "v3", "v4", "v6"):
        iam.delete_policy_version(PolicyArn=arn, VersionId=version)
    iam.create_user(UserName="u", PermissionsBoundary=arn)
    t.refused("nor one that bounds somebody", "DeleteConflict", iam.delete_policy, 409, "Cannot delete a policy attached to entities.", PolicyArn=arn)
    iam.delete_user_permissions_boundary(UserName="u")
    iam.attach_user_policy(UserName="u", PolicyArn=arn)
    t.refused("nor one that is attached", "DeleteConflict", iam.delete_policy, 409, "Cannot delete a policy attached to entities.", PolicyArn=arn)
    iam.detach_user_policy(UserName="u", PolicyArn=arn)
    t.works("one in nobody's use goes", iam.delete_policy, PolicyArn=arn)


@proves("usage", "aws-managed")
def usage(t):
    iam = t.iam
    arn = iam.create_policy(PolicyName="p", PolicyDocument=READ, Path="/x/")["Policy"]["Arn"]
    bound = iam.create_policy(PolicyName="b", PolicyDocument=READ)["Policy"]["Arn"]
    iam.create_policy(PolicyName="unused", PolicyDocument=READ)
    iam.create_user(UserName="u", PermissionsBoundary=bound)
    iam.create_group(GroupName="g")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=EC2, PermissionsBoundary=bound)
    iam.attach_user_policy(UserName="u", PolicyArn=arn)
    iam.attach_group_policy(GroupName="g", PolicyArn=arn)
    iam.attach_role_policy(RoleName="r", PolicyArn=arn)
    who = lambda **k: {
        key: [e[name] for e in iam.list_entities_for_policy(**k)[key]]
        for key, name in (("PolicyUsers", "UserName"), ("PolicyGroups", "GroupName"), ("PolicyRoles", "RoleName"))
    }
    t.same("ListEntitiesForPolicy lists who has it", who(PolicyArn=arn), {"PolicyUsers": ["u"], "PolicyGroups": ["g"], "PolicyRoles": ["r"]})
    t.same(
        "and whom it bounds",
        who(PolicyArn=bound, PolicyUsageFilter="PermissionsBoundary"),
        {"PolicyUsers": ["u"], "PolicyGroups": [], "PolicyRoles": ["r"]},
    )
    t.same(
        "and tells the two apart",
        who(PolicyArn=bound, PolicyUsageFilter="PermissionsPolicy"),
        {"PolicyUsers": [], "PolicyGroups": [], "PolicyRoles": []},
    )
    t.same("of a kind", who(PolicyArn=arn, EntityFilter="Role"), {"PolicyUsers": [], "PolicyGroups": [], "PolicyRoles": ["r"]})
    first = iam.list_entities_for_policy(PolicyArn=arn, MaxItems=2)
    rest = iam.list_entities_for_policy(PolicyArn=arn, MaxItems=2, Marker=first["Marker"])
    t.same("its pages go across the kinds", sum(len(p[k]) for p in (first, rest) for k in ("PolicyUsers", "PolicyGroups", "PolicyRoles")), 3)
    t.same(
        "OnlyAttached leaves out the unused",
        sorted(p["PolicyName"] for p in iam.list_policies(Scope="Local", OnlyAttached=True)["Policies"]),
        ["b", "p"],
    )
    t.same("PathPrefix narrows policies", [p["PolicyName"] for p in iam.list_policies(Scope="Local", PathPrefix="/x/")["Policies"]], ["p"])
    t.paged("ListPolicies", iam.list_policies, "Policies", 3, Scope="Local")
    for i in range(3):
        iam.tag_policy(PolicyArn=arn, Tags=[{"Key": f"k{i}", "Value": ""}])
    t.paged("ListPolicyTags", iam.list_policy_tags, "Tags", 3, PolicyArn=arn)
    for name in (
        "AmazonS3ReadOnlyAccess",
        "AmazonSageMakerFullAccess",
        "AmazonEC2ReadOnlyAccess",
        "service-role/AWSGlueServiceRole",
        "AdministratorAccess",
    ):
        t.works(f"AWS's {name} exists", iam.get_policy, PolicyArn=f"arn:aws:iam::aws:policy/{name}")
    t.refused("what AWS does not have is NoSuchEntity", "NoSuchEntity", iam.get_policy, 404, PolicyArn="arn:aws:iam::aws:policy/NoSuchPolicy")
    t.refused(
        "nobody changes AWS's policies",
        "AccessDenied",
        iam.create_policy_version,
        403,
        PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess",
        PolicyDocument=READ,
    )
    t.check("there are many", len([p for page in iam.get_paginator("list_policies").paginate(Scope="AWS") for p in page["Policies"]]) > 1500)
