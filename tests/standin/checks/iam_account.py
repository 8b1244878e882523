"""The account as a whole."""

import json

from checks.base import EC2, READ, proves, without


@proves("details", "details-usage", "pages")
def details(t):
    iam = t.iam
    arn = iam.create_policy(PolicyName="p", PolicyDocument=READ, Tags=[{"Key": "k", "Value": "v"}])["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=READ)
    for i in range(4):
        iam.create_user(UserName=f"u{i}", Tags=[{"Key": "k", "Value": "v"}], PermissionsBoundary=arn)
        iam.create_group(GroupName=f"g{i}")
        iam.create_role(RoleName=f"r{i}", AssumeRolePolicyDocument=EC2, Description="d")
    iam.add_user_to_group(GroupName="g1", UserName="u0")
    iam.put_user_policy(UserName="u0", PolicyName="i", PolicyDocument=READ)
    iam.attach_role_policy(RoleName="r0", PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    iam.create_instance_profile(InstanceProfileName="i")
    iam.add_role_to_instance_profile(InstanceProfileName="i", RoleName="r0")
    whole = iam.get_account_authorization_details()
    user, role = whole["UserDetailList"][0], whole["RoleDetailList"][0]
    t.same(
        "a user's details have groups, inline, tags, boundary",
        (user["GroupList"], user["UserPolicyList"], user["Tags"], user["PermissionsBoundary"]["PermissionsBoundaryArn"]),
        (["g1"], [{"PolicyName": "i", "PolicyDocument": json.loads(READ)}], [{"Key": "k", "Value": "v"}], arn),
    )
    t.same(
        "a role's have attached policies, profiles and last use",
        (role["AttachedManagedPolicies"][0]["PolicyName"], role["InstanceProfileList"][0]["InstanceProfileName"], role["RoleLastUsed"]),
        ("AmazonS3ReadOnlyAccess", "i", {}),
    )
    t.check("and no description or duration", not {"Description", "MaxSessionDuration"} & set(role))
    names = {p.get("PolicyName"): p for p in whole["Policies"]}
    t.same("of AWS's policies those attached", sorted(filter(None, names)), ["AmazonS3ReadOnlyAccess", "p"])
    own = names.get("p", {})
    t.same(
        "a policy has every version with its document, counts, no tags",
        (
            [v["VersionId"] for v in own.get("PolicyVersionList", [])],
            own.get("PermissionsBoundaryUsageCount"),
            "Tags" in own,
            own.get("PolicyVersionList", [{}])[0].get("Document"),
        ),
        (["v2", "v1"], 4, False, json.loads(READ)),
    )
    first = iam.get_account_authorization_details(MaxItems=6)
    sizes = lambda page: {k: len(page[k]) for k in ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")}
    t.same(
        "pages mix the kinds",
        (sizes(first), first["IsTruncated"]),
        ({"UserDetailList": 4, "GroupDetailList": 2, "RoleDetailList": 0, "Policies": 0}, True),
    )
    pages = list(iam.get_paginator("get_account_authorization_details").paginate(PaginationConfig={"PageSize": 3}))
    t.same("together they are all", (len(pages), {k: sum(sizes(p)[k] for p in pages) for k in sizes(first)}), (5, sizes(whole)))
    t.same(
        "a filter narrows",
        sizes(iam.get_account_authorization_details(Filter=["Role", "LocalManagedPolicy"])),
        {"UserDetailList": 0, "GroupDetailList": 0, "RoleDetailList": 4, "Policies": 1},
    )


@proves("alias-one", "patterns", "password-policy-whole", "password-policy-none")
def account(t):
    iam = t.iam
    for bad in ("Upper", "a--b", "-ab", "ab"):
        t.refused(f"the alias {bad} is refused", "ValidationError", iam.create_account_alias, 400, AccountAlias=bad)
    t.refused("so are twelve digits", "ValidationError", iam.create_account_alias, 400, AccountAlias="123456789012")
    alias = f"alias-{t.account}"
    iam.create_account_alias(AccountAlias=alias)
    iam.create_account_alias(AccountAlias=alias + "x")
    t.same("a new alias replaces the old", iam.list_account_aliases()["AccountAliases"], [alias + "x"])
    t.refused(
        "another account's alias is taken", "EntityAlreadyExists", t.client("iam", t.other()).create_account_alias, 409, AccountAlias=alias + "x"
    )
    t.refused("an alias that is not there", "NoSuchEntity", iam.delete_account_alias, 404, AccountAlias=alias)
    iam.delete_account_alias(AccountAlias=alias + "x")
    t.same("none is an empty list", iam.list_account_aliases()["AccountAliases"], [])
    t.refused(
        "no password policy is NoSuchEntity",
        "NoSuchEntity",
        iam.get_account_password_policy,
        404,
        f"The Password Policy with domain name {t.account} cannot be found.",
    )
    iam.update_account_password_policy(MinimumPasswordLength=14, RequireSymbols=True, MaxPasswordAge=90, AllowUsersToChangePassword=True)
    iam.update_account_password_policy(RequireNumbers=True)
    t.same(
        "what an update leaves out is back at its default",
        iam.get_account_password_policy()["PasswordPolicy"],
        {
            "MinimumPasswordLength": 6,
            "RequireSymbols": False,
            "RequireNumbers": True,
            "RequireUppercaseCharacters": False,
            "RequireLowercaseCharacters": False,
            "AllowUsersToChangePassword": False,
            "ExpirePasswords": False,
        },
    )
    iam.update_account_password_policy(MaxPasswordAge=90)
    t.same("an age makes passwords expire", iam.get_account_password_policy()["PasswordPolicy"]["ExpirePasswords"], True)
    t.refused("five characters are too few", "ValidationError", iam.update_account_password_policy, 400, MinimumPasswordLength=5)
    iam.delete_account_password_policy()
    t.refused("deleted once", "NoSuchEntity", iam.delete_account_password_policy, 404)
    iam.create_user(UserName="u")
    summary = iam.get_account_summary()["SummaryMap"]
    t.same(
        "the summary counts, and tells quotas",
        {
            k: summary.get(k)
            for k in (
                "Users",
                "AccountMFAEnabled",
                "AccountAccessKeysPresent",
                "AccountPasswordPresent",
                "AttachedPoliciesPerRoleQuota",
                "AssumeRolePolicySizeQuota",
                "RolePolicySizeQuota",
                "RolesQuota",
                "InstanceProfiles",
            )
        },
        {
            "Users": 1,
            "AccountMFAEnabled": 1,
            "AccountAccessKeysPresent": 0,
            "AccountPasswordPresent": 1,
            "AttachedPoliciesPerRoleQuota": 10,
            "AssumeRolePolicySizeQuota": 2048,
            "RolePolicySizeQuota": 10240,
            "RolesQuota": 1000,
            "InstanceProfiles": 0,
        },
    )


@proves("report-states", "report-root")
def report(t):
    iam = t.iam
    iam.create_user(UserName="u")
    iam.create_login_profile(UserName="u", Password="Correct-horse-7")
    iam.create_access_key(UserName="u")
    t.config(report_polls=2)
    t.refused("no report yet", "ReportNotPresent", iam.get_credential_report, 410)
    t.same("generating one starts", iam.generate_credential_report()["State"], "STARTED")
    t.refused("and is not done at once", "ReportInProgress", iam.get_credential_report, 404)
    t.same("goes on", iam.generate_credential_report()["State"], "INPROGRESS")
    t.same("and ends", iam.generate_credential_report()["State"], "COMPLETE")
    t.config(report_polls=1)
    lines = iam.get_credential_report()["Content"].decode().splitlines()
    columns, root, user = (line.split(",") for line in lines)
    t.same("the report has 22 columns", (len(columns), columns[0], columns[-1]), (22, "user", "cert_2_last_rotated"))
    t.same("the root user comes first", root[0], "<root_account>")
    row = dict(zip(columns, user))
    t.same(
        "a row tells password, MFA and keys",
        (row["user"], row["password_enabled"], row["password_last_used"], row["mfa_active"], row["access_key_1_active"], row["access_key_2_active"]),
        ("u", "true", "no_information", "false", "true", "false"),
    )
    t.config(report_max_age_s=14400)
    iam.create_user(UserName="later")
    iam.generate_credential_report()
    t.same("a report may be four hours old", len(iam.get_credential_report()["Content"].decode().splitlines()), 3)
    t.config(report_max_age_s=0)


@proves("providers", "lengths")
def providers(t):
    iam, a = t.iam, t.account
    arn = iam.create_open_id_connect_provider(
        Url="https://token.example.com/x", ClientIDList=["c"], ThumbprintList=["a" * 40], Tags=[{"Key": "k", "Value": "v"}]
    )["OpenIDConnectProviderArn"]
    t.same("an OIDC provider's ARN has its host and path", arn, f"arn:aws:iam::{a}:oidc-provider/token.example.com/x")
    iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="d")
    iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=arn, ThumbprintList=["b" * 40])
    got = without(iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn), "CreateDate")
    t.same(
        "it comes back without https",
        got,
        {"Url": "token.example.com/x", "ClientIDList": ["c", "d"], "ThumbprintList": ["b" * 40], "Tags": [{"Key": "k", "Value": "v"}]},
    )
    iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="c")
    t.same("clients can go", iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)["ClientIDList"], ["d"])
    t.refused("a second of the address", "EntityAlreadyExists", iam.create_open_id_connect_provider, 409, Url="https://token.example.com/x")
    t.refused("an address is https", "ValidationError", iam.create_open_id_connect_provider, 400, Url="http://example.com")
    t.same("they are listed", iam.list_open_id_connect_providers()["OpenIDConnectProviderList"], [{"Arn": arn}])
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    t.refused("one that is not there", "NoSuchEntity", iam.get_open_id_connect_provider, 404, OpenIDConnectProviderArn=arn)
    t.refused(
        "SAML metadata has 1000 characters",
        "ValidationError",
        iam.create_saml_provider,
        400,
        "greater than or equal to 1000",
        Name="s",
        SAMLMetadataDocument="<x/>",
    )
    saml = iam.create_saml_provider(Name="s", SAMLMetadataDocument="<x/>" * 300)["SAMLProviderArn"]
    t.same("a SAML provider has an ARN", saml, f"arn:aws:iam::{a}:saml-provider/s")
    t.same("and its document", iam.get_saml_provider(SAMLProviderArn=saml)["SAMLMetadataDocument"], "<x/>" * 300)
    t.same("they are listed too", [p["Arn"] for p in iam.list_saml_providers()["SAMLProviderList"]], [saml])
    iam.delete_saml_provider(SAMLProviderArn=saml)
    t.refused("gone", "NoSuchEntity", iam.get_saml_provider, 404, SAMLProviderArn=saml)
