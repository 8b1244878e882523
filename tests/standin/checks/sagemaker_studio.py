"""SageMaker Studio: domains, user profiles, spaces, apps, and their states."""

import time

from checks.base import EC2, SAGEMAKER, proves, without


def role(t, name="exec", document=SAGEMAKER):
    return t.iam.create_role(RoleName=name, Path="/ds/", AssumeRolePolicyDocument=document)["Role"]["Arn"]


def domain(t, ready=True, **more):
    arguments = {"DomainName": "d", "AuthMode": "IAM", "SubnetIds": ["subnet-1"], "VpcId": "vpc-1", **more}
    if "DefaultUserSettings" not in arguments:
        arguments["DefaultUserSettings"] = {"ExecutionRole": role(t)}
    made = t.sm.create_domain(**arguments)["DomainId"]
    if ready:
        states(t, t.sm.describe_domain, DomainId=made)
    return made


def states(t, describe, key="Status", most=8, **arguments):
    """The states that a thing goes through while it is looked at."""
    seen = []
    for _ in range(most):
        try:
            state = describe(**arguments)[key]
        except t.sm.exceptions.ClientError as error:
            return [*seen, error.response["Error"]["Code"]]
        if not seen or seen[-1] != state:
            seen.append(state)
        if state in ("InService", "Stopped", "Failed", "Deleted", "Update_Failed", "Delete_Failed"):
            return seen
    return seen


@proves("sagemaker-states", "studio-busy", "studio-merge", "studio-not-found", "pages", "strange-marker", "unknown-parameters")
def domains(t):
    sm, a = t.sm, t.account
    execution = role(t)
    made = sm.create_domain(
        DomainName="d",
        AuthMode="IAM",
        SubnetIds=["subnet-1"],
        VpcId="vpc-1",
        DefaultUserSettings={
            "ExecutionRole": execution,
            "SecurityGroups": ["sg-1"],
            "JupyterLabAppSettings": {"DefaultResourceSpec": {"InstanceType": "ml.t3.medium"}},
        },
        Tags=[{"Key": "k", "Value": "v"}],
    )
    key, arn = made["DomainId"], made["DomainArn"]
    t.same(
        "CreateDomain answers with id, ARN and address",
        (key[:2], arn, made["Url"]),
        ("d-", f"arn:aws:sagemaker:eu-west-1:{a}:domain/{key}", f"https://{key}.studio.eu-west-1.sagemaker.aws"),
    )
    t.refused(
        "a domain that is Pending cannot be changed",
        "ResourceInUse",
        sm.update_domain,
        400,
        "Pending",
        DomainId=key,
        AppSecurityGroupManagement="Service",
    )
    t.refused("nor have profiles", "ResourceInUse", sm.create_user_profile, 400, DomainId=key, UserProfileName="p")
    t.refused("nor go", "ResourceInUse", sm.delete_domain, 400, "Pending", DomainId=key)
    t.same("a domain goes from Pending to InService", states(t, sm.describe_domain, DomainId=key), ["Pending", "InService"])
    got = sm.describe_domain(DomainId=key)
    t.same(
        "DescribeDomain shows what was asked for, and defaults",
        (
            got["AuthMode"],
            got["VpcId"],
            got["SubnetIds"],
            got["AppNetworkAccessType"],
            got["HomeEfsFileSystemId"][:3],
            got["DefaultUserSettings"]["ExecutionRole"],
        ),
        ("IAM", "vpc-1", ["subnet-1"], "PublicInternetOnly", "fs-", execution),
    )
    t.same("tags are asked for by ARN", sm.list_tags(ResourceArn=arn)["Tags"], [{"Key": "k", "Value": "v"}])
    sm.update_domain(
        DomainId=key,
        DefaultUserSettings={
            "SecurityGroups": ["sg-2", "sg-3"],
            "JupyterLabAppSettings": {"CodeRepositories": [{"RepositoryUrl": "https://x.example/y"}]},
        },
    )
    t.same("an update goes through Updating", states(t, sm.describe_domain, DomainId=key), ["Updating", "InService"])
    settings = sm.describe_domain(DomainId=key)["DefaultUserSettings"]
    t.same("it changes what it names, lists as a whole", settings["SecurityGroups"], ["sg-2", "sg-3"])
    t.same(
        "and keeps the rest",
        (settings.get("ExecutionRole"), sorted(settings["JupyterLabAppSettings"])),
        (execution, ["CodeRepositories", "DefaultResourceSpec"]),
    )
    t.unmodelled("what only CreateDomain takes is refused", "UpdateDomain", "'authMode'", DomainId=key, AuthMode="SSO")
    t.refused("a VPC cannot be changed", "ValidationException", sm.update_domain, 400, "VpcId", DomainId=key, VpcId="vpc-2")
    t.refused(
        "a home cannot be taken away",
        "ValidationException",
        sm.update_domain,
        400,
        "HomeEfsFileSystemCreation",
        DomainId=key,
        HomeEfsFileSystemCreation="Disabled",
    )
    t.works(
        "a second domain of the name is another domain",
        sm.create_domain,
        DomainName="d",
        AuthMode="IAM",
        DefaultUserSettings={"ExecutionRole": execution},
        SubnetIds=["subnet-1"],
        VpcId="vpc-1",
    )
    sm.create_domain(DomainName="e", AuthMode="IAM", DefaultUserSettings={"ExecutionRole": execution}, SubnetIds=["subnet-1"], VpcId="vpc-1")
    t.paged("ListDomains", sm.list_domains, "Domains", 3, ("NextToken", "NextToken"), ("MaxResults", 2))
    t.same("domains are of a region", t.client("sagemaker", region="us-west-2").list_domains()["Domains"], [])
    t.refused("a strange token is refused", "ValidationException", sm.list_domains, 400, NextToken="x")
    sm.delete_domain(DomainId=key, RetentionPolicy={"HomeEfsFileSystem": "Delete"})
    t.same("a domain goes through Deleting", states(t, sm.describe_domain, DomainId=key), ["Deleting", "ResourceNotFound"])
    t.refused("and is ResourceNotFound", "ResourceNotFound", sm.delete_domain, 400, f"[{key}] does not exist", DomainId=key)


@proves("execution-role", "pass-role-account", "sagemaker-limits")
def execution_roles(t):
    sm, a = t.sm, t.account
    good, ec2, foreign = role(t), role(t, "ec2", EC2), t.client("iam", t.other())
    foreign = foreign.create_role(RoleName="r", AssumeRolePolicyDocument=SAGEMAKER)["Role"]["Arn"]
    create = {"DomainName": "d", "AuthMode": "IAM", "SubnetIds": ["subnet-1"], "VpcId": "vpc-1"}
    none = f"arn:aws:iam::{a}:role/ds/none"
    says = "Please ensure that the role exists and allows principal 'sagemaker.amazonaws.com' to assume the role."
    t.refused(
        "an execution role must exist",
        "ValidationException",
        sm.create_domain,
        400,
        f"Could not assume role {none}. {says}",
        DefaultUserSettings={"ExecutionRole": none},
        **create,
    )
    t.refused(
        "and trust SageMaker",
        "ValidationException",
        sm.create_domain,
        400,
        f"Could not assume role {ec2}. {says}",
        DefaultUserSettings={"ExecutionRole": ec2},
        **create,
    )
    t.refused(
        "and be the account's own",
        "ValidationException",
        sm.create_domain,
        400,
        "Cross-account pass role is not allowed.",
        DefaultUserSettings={"ExecutionRole": foreign},
        **create,
    )
    t.refused(
        "a domain needs one",
        "ValidationException",
        sm.create_domain,
        400,
        "ExecutionRole is required",
        DefaultUserSettings={"SecurityGroups": ["sg-1"]},
        **create,
    )
    t.refused(
        "a notebook too",
        "ValidationException",
        sm.create_notebook_instance,
        400,
        "Could not assume role",
        NotebookInstanceName="n",
        InstanceType="ml.t3.medium",
        RoleArn=ec2,
    )
    key = domain(t, DefaultUserSettings={"ExecutionRole": good})
    t.refused(
        "so does a profile's",
        "ValidationException",
        sm.create_user_profile,
        400,
        "Could not assume role",
        DomainId=key,
        UserProfileName="p",
        UserSettings={"ExecutionRole": ec2},
    )
    t.refused(
        "and a changed one",
        "ValidationException",
        sm.update_domain,
        400,
        "Could not assume role",
        DomainId=key,
        DefaultUserSettings={"ExecutionRole": none},
    )
    t.config(principal_lag_s=30)
    t.refused(
        "a fresh role is not known yet",
        "ValidationException",
        sm.create_domain,
        400,
        "Could not assume role",
        DefaultUserSettings={"ExecutionRole": role(t, "fresh")},
        **create,
    )
    t.config(principal_lag_s=0, sagemaker_limits={"domains": 1})
    t.refused(
        "domains have a number",
        "ResourceLimitExceeded",
        sm.create_domain,
        400,
        "The account-level service limit 'Maximum number of domains allowed per account' is 1 Domains, with current utilization of 1 Domains "
        "and a request delta of 1 Domains.",
        DefaultUserSettings={"ExecutionRole": good},
        **create,
    )
    t.config(sagemaker_limits={})


@proves("studio-names", "studio-busy", "studio-merge", "studio-not-found", "sagemaker-states", "pages")
def user_profiles(t):
    sm, a, key = t.sm, t.account, domain(t)
    made = sm.create_user_profile(DomainId=key, UserProfileName="Alice", UserSettings={"SecurityGroups": ["sg-1"]}, Tags=[{"Key": "k", "Value": "v"}])
    t.same("a profile's ARN has its domain", made["UserProfileArn"], f"arn:aws:sagemaker:eu-west-1:{a}:user-profile/{key}/alice")
    name = {"DomainId": key, "UserProfileName": "Alice"}
    t.refused("while it is Pending it cannot be changed", "ResourceInUse", sm.update_user_profile, 400, UserSettings={}, **name)
    t.same("it goes from Pending to InService", states(t, sm.describe_user_profile, **name), ["Pending", "InService"])
    t.refused("a second of the name is ResourceInUse", "ResourceInUse", sm.create_user_profile, 400, "already exists", **name)
    t.refused(
        "in a domain that is not there ResourceNotFound", "ResourceNotFound", sm.create_user_profile, 400, DomainId="d-none", UserProfileName="p"
    )
    sm.update_user_profile(UserSettings={"StudioWebPortal": "ENABLED"}, **name)
    t.same("an update goes through Updating", states(t, sm.describe_user_profile, **name), ["Updating", "InService"])
    t.same(
        "and keeps what it does not name",
        sm.describe_user_profile(**name)["UserSettings"],
        {"SecurityGroups": ["sg-1"], "StudioWebPortal": "ENABLED"},
    )
    t.refused(
        "single sign-on goes with a domain that has it",
        "ValidationException",
        sm.create_user_profile,
        400,
        DomainId=key,
        UserProfileName="q",
        SingleSignOnUserIdentifier="UserName",
        SingleSignOnUserValue="q",
    )
    t.same("tags are there", sm.list_tags(ResourceArn=made["UserProfileArn"])["Tags"], [{"Key": "k", "Value": "v"}])
    for i in range(4):
        sm.create_user_profile(DomainId=key, UserProfileName=f"p{i}")
    t.paged("ListUserProfiles", sm.list_user_profiles, "UserProfiles", 5, ("NextToken", "NextToken"), ("MaxResults", 2), DomainIdEquals=key)
    t.same(
        "a part of the name narrows", [p["UserProfileName"] for p in sm.list_user_profiles(UserProfileNameContains="lic")["UserProfiles"]], ["Alice"]
    )
    url = sm.create_presigned_domain_url(**name)["AuthorizedUrl"]
    t.check("a presigned address opens the domain", url.startswith(f"https://{key}.studio.eu-west-1.sagemaker.aws/auth?token="), url)
    t.refused("of a profile that is there", "ResourceNotFound", sm.create_presigned_domain_url, 400, DomainId=key, UserProfileName="none")
    sm.delete_user_profile(**name)
    t.same("it goes through Deleting", states(t, sm.describe_user_profile, **name), ["Deleting", "ResourceNotFound"])


@proves("studio-names", "studio-delete-conflicts", "studio-network", "pages")
def spaces_and_apps(t):
    sm, key = t.sm, domain(t)
    arn = sm.describe_domain(DomainId=key)["DomainArn"]
    profile, space = {"DomainId": key, "UserProfileName": "p"}, {"DomainId": key, "SpaceName": "s"}
    sm.create_user_profile(**profile)
    t.refused(
        "a domain with profiles cannot go",
        "ResourceInUse",
        sm.delete_domain,
        400,
        f"Unable to delete Domain [{arn}] because UserProfile(s) are associated with it.",
        DomainId=key,
    )
    states(t, sm.describe_user_profile, **profile)
    t.refused(
        "the owner of a space is there",
        "ResourceNotFound",
        sm.create_space,
        400,
        OwnershipSettings={"OwnerUserProfileName": "none"},
        SpaceSharingSettings={"SharingType": "Private"},
        **space,
    )
    sm.create_space(
        OwnershipSettings={"OwnerUserProfileName": "p"},
        SpaceSharingSettings={"SharingType": "Private"},
        SpaceSettings={"AppType": "JupyterLab"},
        SpaceDisplayName="S",
        **space,
    )
    t.same("a space goes from Pending to InService", states(t, sm.describe_space, **space), ["Pending", "InService"])
    t.refused("a second of the name", "ResourceInUse", sm.create_space, 400, **space)
    sm.update_space(SpaceDisplayName="T", **space)
    t.same("an update goes through Updating", states(t, sm.describe_space, **space), ["Updating", "InService"])
    t.same(
        "the list summarises",
        {k: v for k, v in sm.list_spaces()["Spaces"][0].items() if k in ("SpaceDisplayName", "SpaceSettingsSummary", "OwnershipSettingsSummary")},
        {"SpaceDisplayName": "T", "SpaceSettingsSummary": {"AppType": "JupyterLab"}, "OwnershipSettingsSummary": {"OwnerUserProfileName": "p"}},
    )
    t.refused("who owns a space cannot go", "ResourceInUse", sm.delete_user_profile, 400, "because Space(s) are associated with it.", **profile)
    app = {**space, "AppType": "JupyterLab", "AppName": "default"}
    made = sm.create_app(ResourceSpec={"InstanceType": "ml.t3.medium"}, **app)["AppArn"]
    t.check("an app's ARN has its owner and type", made.endswith(f":app/{key}/s/jupyterlab/default"), made)
    t.same("it goes from Pending to InService", states(t, sm.describe_app, **app), ["Pending", "InService"])
    t.refused("a second of the name is ResourceInUse", "ResourceInUse", sm.create_app, 400, **app)
    t.refused("an app is of a profile or of a space", "ValidationException", sm.create_app, 400, UserProfileName="p", **app)
    t.refused("a space with apps cannot go", "ResourceInUse", sm.delete_space, 400, "because App(s) are associated with it.", **space)
    t.refused("nor can its domain", "ResourceInUse", sm.delete_domain, 400, "because App(s) are associated with it.", DomainId=key)
    t.refused("subnets do not change while apps run", "ResourceInUse", sm.update_domain, 400, DomainId=key, SubnetIds=["subnet-2"])
    other = {**profile, "AppType": "JupyterServer", "AppName": "default"}
    sm.create_app(**other)
    t.refused("a profile with apps cannot go", "ResourceInUse", sm.delete_user_profile, 400, "Unable to delete UserProfile [", **profile)
    t.refused("an app that is Pending cannot go", "ResourceInUse", sm.delete_app, 400, **other)
    states(t, sm.describe_app, **other)
    t.paged("ListApps", sm.list_apps, "Apps", 2, ("NextToken", "NextToken"), ("MaxResults", 1))
    t.same("apps of a profile", [x["AppType"] for x in sm.list_apps(UserProfileNameEquals="p")["Apps"]], ["JupyterServer"])
    for one in (app, other):
        sm.delete_app(**one)
        t.same("a deleted app stays listed as Deleted", states(t, sm.describe_app, **one), ["Deleting", "Deleted"])
    t.refused("it cannot be deleted again", "ResourceNotFound", sm.delete_app, 400, **app)
    sm.update_domain(DomainId=key, SubnetIds=["subnet-2"])
    t.same("without apps subnets change", states(t, sm.describe_domain, DomainId=key), ["Updating", "InService"])
    for i in range(2):
        sm.create_space(DomainId=key, SpaceName=f"n{i}")
    t.paged("ListSpaces", sm.list_spaces, "Spaces", 3, ("NextToken", "NextToken"), ("MaxResults", 2))
    for name in ("n0", "n1", "s"):
        states(t, sm.describe_space, DomainId=key, SpaceName=name)
        sm.delete_space(DomainId=key, SpaceName=name)
        t.same(f"space {name} goes", states(t, sm.describe_space, DomainId=key, SpaceName=name), ["Deleting", "ResourceNotFound"])
    sm.delete_user_profile(**profile)
    states(t, sm.describe_user_profile, **profile)
    t.works("then the domain goes", sm.delete_domain, DomainId=key)


@proves("sagemaker-states")
def failures(t):
    sm = t.sm
    execution = role(t)
    t.config(
        sagemaker_fail={
            "CreateDomain": "No capacity.",
            "UpdateDomain": "No change.",
            "DeleteDomain": "In the way.",
            "CreateUserProfile": "No room.",
            "CreateApp": "No app.",
        }
    )
    key = domain(t, ready=False, DefaultUserSettings={"ExecutionRole": execution})
    t.same("a domain can fail to be made", states(t, sm.describe_domain, DomainId=key), ["Pending", "Failed"])
    t.same("and says why", sm.describe_domain(DomainId=key)["FailureReason"], "No capacity.")
    t.config(sagemaker_fail={"UpdateDomain": "No change.", "DeleteDomain": "In the way.", "CreateUserProfile": "No room."})
    other = domain(t, DefaultUserSettings={"ExecutionRole": execution})
    sm.update_domain(DomainId=other, AppSecurityGroupManagement="Service")
    t.same("to be changed", states(t, sm.describe_domain, DomainId=other), ["Updating", "Update_Failed"])
    sm.create_user_profile(DomainId=other, UserProfileName="p")
    t.same("a profile too", states(t, sm.describe_user_profile, DomainId=other, UserProfileName="p"), ["Pending", "Failed"])
    sm.delete_user_profile(DomainId=other, UserProfileName="p")
    t.same("a failed one can go", states(t, sm.describe_user_profile, DomainId=other, UserProfileName="p"), ["Deleting", "ResourceNotFound"])
    sm.delete_domain(DomainId=other)
    t.same(
        "a domain can fail to go",
        (states(t, sm.describe_domain, DomainId=other), sm.describe_domain(DomainId=other)["FailureReason"]),
        (["Deleting", "Delete_Failed"], "In the way."),
    )
    t.config(sagemaker_fail={}, sagemaker_looks=3)
    slow = domain(t, ready=False, DefaultUserSettings={"ExecutionRole": execution})
    t.same(
        "states last as many looks as configured", [sm.describe_domain(DomainId=slow)["Status"] for _ in range(4)], ["Pending"] * 3 + ["InService"]
    )
    t.config(sagemaker_looks=0, sagemaker_seconds=1.5)
    sm.update_domain(DomainId=slow, AppSecurityGroupManagement="Service")
    first = sm.describe_domain(DomainId=slow)["Status"]
    time.sleep(1.6)
    t.same("or as many seconds", (first, sm.describe_domain(DomainId=slow)["Status"]), ("Updating", "InService"))
    t.config(sagemaker_looks=1, sagemaker_seconds=0, sagemaker_ignores=["UserSettings.SecurityGroups"])
    sm.create_user_profile(DomainId=slow, UserProfileName="p", UserSettings={"SecurityGroups": ["sg-1"], "StudioWebPortal": "ENABLED"})
    t.same(
        "a setting can be ignored silently",
        sm.describe_user_profile(DomainId=slow, UserProfileName="p")["UserSettings"],
        {"StudioWebPortal": "ENABLED"},
    )
    t.config(sagemaker_ignores=[])
    t.check("nothing else changed", "FailureReason" not in without(sm.describe_domain(DomainId=slow)))
