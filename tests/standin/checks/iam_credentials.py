"""Passwords, access keys, MFA devices; policies of users."""

from checks.base import J, READ, policy, proves, without


@proves("login-profile", "password-violation", "login-being-made")
def passwords(t):
    iam = t.iam
    iam.create_user(UserName="u")
    t.refused(
        "no login profile is NoSuchEntity", "NoSuchEntity", iam.get_login_profile, 404, "Login Profile for User u cannot be found.", UserName="u"
    )
    t.refused(
        "a short password violates the policy",
        "PasswordPolicyViolation",
        iam.create_login_profile,
        400,
        "minimum length of 8",
        UserName="u",
        Password="Ab1-",
    )
    t.refused("a simple one too", "PasswordPolicyViolation", iam.create_login_profile, 400, UserName="u", Password="aaaaaaaaaa")
    t.config(password_polls=1)
    profile = iam.create_login_profile(UserName="u", Password="Correct-horse-7", PasswordResetRequired=True)["LoginProfile"]
    t.same("CreateLoginProfile answers without the password", sorted(profile), ["CreateDate", "PasswordResetRequired", "UserName"])
    t.refused(
        "a profile just made cannot be changed yet",
        "EntityTemporarilyUnmodifiable",
        iam.update_login_profile,
        409,
        "Login Profile for User u cannot be modified while login profile is being created.",
        UserName="u",
        PasswordResetRequired=False,
    )
    t.config(password_polls=0)
    t.refused(
        "a second profile is EntityAlreadyExists",
        "EntityAlreadyExists",
        iam.create_login_profile,
        409,
        "Login Profile for user u already exists.",
        UserName="u",
        Password="Correct-horse-7",
    )
    iam.update_login_profile(UserName="u", PasswordResetRequired=False)
    t.same("an update without a password keeps the profile", iam.get_login_profile(UserName="u")["LoginProfile"]["PasswordResetRequired"], False)
    iam.update_account_password_policy(MinimumPasswordLength=14, RequireSymbols=True)
    t.refused(
        "the account's policy decides",
        "PasswordPolicyViolation",
        iam.update_login_profile,
        400,
        "minimum length of 14",
        UserName="u",
        Password="Correct-7",
    )
    t.refused(
        "on kinds of characters too", "PasswordPolicyViolation", iam.update_login_profile, 400, "symbol", UserName="u", Password="CorrectHorse77777"
    )
    iam.delete_login_profile(UserName="u")
    t.refused("deleted once", "NoSuchEntity", iam.delete_login_profile, 404, UserName="u")


@proves("two-keys", "unique-ids")
def access_keys(t):
    iam = t.iam
    iam.create_user(UserName="u")
    first = iam.create_access_key(UserName="u")["AccessKey"]
    t.check(
        "an access key begins AKIA and has a secret of 40",
        first["AccessKeyId"].startswith("AKIA") and len(first["AccessKeyId"]) == 20 and len(first["SecretAccessKey"]) == 40,
    )
    iam.create_access_key(UserName="u")
    t.refused("a third is LimitExceeded", "LimitExceeded", iam.create_access_key, 409, "Cannot exceed quota for AccessKeysPerUser: 2", UserName="u")
    iam.update_access_key(UserName="u", AccessKeyId=first["AccessKeyId"], Status="Inactive")
    listed = {k["AccessKeyId"]: k for k in iam.list_access_keys(UserName="u")["AccessKeyMetadata"]}
    t.same(
        "the list tells status and day, and no secret",
        (listed[first["AccessKeyId"]]["Status"], sorted(listed[first["AccessKeyId"]])),
        ("Inactive", ["AccessKeyId", "CreateDate", "Status", "UserName"]),
    )
    used = iam.get_access_key_last_used(AccessKeyId=first["AccessKeyId"])
    t.same("a key never used says N/A", (used["UserName"], used["AccessKeyLastUsed"]["ServiceName"]), ("u", "N/A"))
    t.paged("ListAccessKeys", iam.list_access_keys, "AccessKeyMetadata", 2, most=("MaxItems", 1), UserName="u")
    t.refused("a key that is not there", "NoSuchEntity", iam.delete_access_key, 404, UserName="u", AccessKeyId="AKIA" + "X" * 16)


@proves("mfa-codes")
def mfa(t):
    iam = t.iam
    iam.create_user(UserName="u")
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName="m", Path="/p/")["VirtualMFADevice"]
    t.same("a virtual device's serial is its ARN", made["SerialNumber"], f"arn:aws:iam::{t.account}:mfa/p/m")
    t.refused("a second of the name", "EntityAlreadyExists", iam.create_virtual_mfa_device, 409, VirtualMFADeviceName="m", Path="/p/")
    t.refused(
        "the same code twice is no proof",
        "InvalidAuthenticationCode",
        iam.enable_mfa_device,
        403,
        UserName="u",
        SerialNumber=made["SerialNumber"],
        AuthenticationCode1="111111",
        AuthenticationCode2="111111",
    )
    t.same("an unassigned device is listed as such", len(iam.list_virtual_mfa_devices(AssignmentStatus="Unassigned")["VirtualMFADevices"]), 1)
    iam.enable_mfa_device(UserName="u", SerialNumber=made["SerialNumber"], AuthenticationCode1="111111", AuthenticationCode2="222222")
    t.same("an enabled device is the user's", iam.list_mfa_devices(UserName="u")["MFADevices"][0]["SerialNumber"], made["SerialNumber"])
    t.same("and listed as assigned", iam.list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"][0]["User"]["UserName"], "u")


@proves("inline-size", "attach-exists", "not-attachable", "quotas", "add-twice")
def user_policies(t):
    iam = t.iam
    iam.create_user(UserName="u")
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": ["s3:Get*"], "Resource": ["*"], "Condition": {"Bool": {"aws:SecureTransport": True}}}],
    }
    iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=J(document))
    t.same(
        "an inline policy comes back as sent",
        without(iam.get_user_policy(UserName="u", PolicyName="p")),
        {"UserName": "u", "PolicyName": "p", "PolicyDocument": document},
    )
    t.refused(
        "one that is not there",
        "NoSuchEntity",
        iam.get_user_policy,
        404,
        "The user policy with name q cannot be found.",
        UserName="u",
        PolicyName="q",
    )
    t.refused(
        "inline policies have a size together",
        "LimitExceeded",
        iam.put_user_policy,
        409,
        "Maximum policy size of 2048 bytes exceeded for user u",
        UserName="u",
        PolicyName="q",
        PolicyDocument=policy(1850),
    )
    t.works("replacing one does not count it twice", iam.put_user_policy, UserName="u", PolicyName="p", PolicyDocument=policy(1800))
    iam.create_group(GroupName="g")
    t.refused(
        "of a group 5120",
        "LimitExceeded",
        iam.put_group_policy,
        409,
        "Maximum policy size of 5120 bytes exceeded for group g",
        GroupName="g",
        PolicyName="p",
        PolicyDocument=policy(5100),
    )
    arn = iam.create_policy(PolicyName="m", PolicyDocument=READ)["Policy"]["Arn"]
    t.refused(
        "attaching what does not exist",
        "NoSuchEntity",
        iam.attach_user_policy,
        404,
        "does not exist or is not attachable",
        UserName="u",
        PolicyArn=arn + "x",
    )
    t.refused(
        "a policy of service-linked roles",
        "PolicyNotAttachable",
        iam.attach_user_policy,
        400,
        UserName="u",
        PolicyArn="arn:aws:iam::aws:policy/aws-service-role/AutoScalingServiceRolePolicy",
    )
    iam.attach_user_policy(UserName="u", PolicyArn=arn)
    iam.attach_user_policy(UserName="u", PolicyArn=arn)
    t.same("attaching twice counts once", iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"], 1)
    iam.detach_user_policy(UserName="u", PolicyArn=arn)
    t.same("and detaching once counts none", iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"], 0)
    t.refused("detaching what is not attached", "NoSuchEntity", iam.detach_user_policy, 404, UserName="u", PolicyArn=arn)
    for i in range(11):
        iam.create_policy(PolicyName=f"p{i}", PolicyDocument=READ)
        if i < 10:
            iam.attach_user_policy(UserName="u", PolicyArn=f"arn:aws:iam::{t.account}:policy/p{i}")
    t.refused(
        "an eleventh is LimitExceeded",
        "LimitExceeded",
        iam.attach_user_policy,
        409,
        "Cannot exceed quota for PoliciesPerUser: 10",
        UserName="u",
        PolicyArn=arn,
    )
