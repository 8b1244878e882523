"""Users and groups: names, tags, lists, deleting."""

from checks.base import EC2, READ, proves


@proves("unique-ids", "names-ignore-case", "boundaries-exist", "url-encoding")
def users(t):
    iam, a = t.iam, t.account
    bound = iam.create_policy(PolicyName="b", PolicyDocument=READ)["Policy"]["Arn"]
    user = iam.create_user(UserName="Alice", Path="/x/", Tags=[{"Key": "k", "Value": "v"}], PermissionsBoundary=bound)["User"]
    shown = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": bound}
    t.same("a user's ARN has its path", user["Arn"], f"arn:aws:iam::{a}:user/x/Alice")
    t.check("a user's id begins AIDA", user["UserId"].startswith("AIDA") and len(user["UserId"]) == 21, user["UserId"])
    t.same("CreateUser answers with tags and boundary", (user["Tags"], user["PermissionsBoundary"]), ([{"Key": "k", "Value": "v"}], shown))
    t.same("GetUser shows the boundary, type Policy", iam.get_user(UserName="Alice")["User"]["PermissionsBoundary"], shown)
    t.refused(
        "a second user of the name is EntityAlreadyExists",
        "EntityAlreadyExists",
        iam.create_user,
        409,
        "User with name Alice already exists.",
        UserName="Alice",
    )
    t.refused(
        "whatever the case", "EntityAlreadyExists", iam.create_user, 409, "User with name aLICE already exists.", UserName="aLICE", Path="/other/"
    )
    t.refused(
        "a boundary that does not exist is NoSuchEntity",
        "NoSuchEntity",
        iam.create_user,
        404,
        "does not exist or is not attachable",
        UserName="v",
        PermissionsBoundary=bound + "x",
    )
    t.refused(
        "a user that does not exist is NoSuchEntity",
        "NoSuchEntity",
        iam.get_user,
        404,
        "The user with name nobody cannot be found.",
        UserName="nobody",
    )
    _, _, text = t.form("iam", {"Action": "GetPolicyVersion", "Version": "2010-05-08", "PolicyArn": bound, "VersionId": "v1"})
    t.check("documents are URL-encoded on the wire, the slash too", "<Document>%7B%22Version%22" in text and "%2F" in text, text)
    t.works("DeleteUserPermissionsBoundary", iam.delete_user_permissions_boundary, UserName="Alice")
    t.refused("a second time it is NoSuchEntity", "NoSuchEntity", iam.delete_user_permissions_boundary, 404, UserName="Alice")
    iam.put_user_permissions_boundary(UserName="Alice", PermissionsBoundary=bound)
    t.same("a boundary counts in the policy", iam.get_policy(PolicyArn=bound)["Policy"]["PermissionsBoundaryUsageCount"], 1)
    t.refused(
        "putting one that does not exist is NoSuchEntity",
        "NoSuchEntity",
        iam.put_user_permissions_boundary,
        404,
        UserName="Alice",
        PermissionsBoundary=bound + "x",
    )


@proves("list-subset", "pages", "strange-marker")
def user_lists(t):
    iam = t.iam
    for i in range(5):
        iam.create_user(UserName=f"u{i}", Path="/a/" if i % 2 else "/b/", Tags=[{"Key": "k", "Value": "v"}])
        iam.create_group(GroupName=f"g{i}", Path="/a/" if i % 2 else "/b/")
    t.check("ListUsers leaves out tags", all("Tags" not in u for u in iam.list_users()["Users"]))
    t.same("PathPrefix narrows users", [u["UserName"] for u in iam.list_users(PathPrefix="/a/")["Users"]], ["u1", "u3"])
    t.same("and groups", [g["GroupName"] for g in iam.list_groups(PathPrefix="/a/")["Groups"]], ["g1", "g3"])
    t.paged("ListUsers", iam.list_users, "Users", 5)
    t.paged("ListGroups", iam.list_groups, "Groups", 5)
    t.refused("a marker that no page gave is refused", "ValidationError", iam.list_users, 400, "Invalid Marker.", Marker="x")
    t.config(page=2)
    t.same("a page may be shorter than asked for", len(iam.list_users(MaxItems=4)["Users"]), 2)
    t.config(page=None)
    for i in range(3):
        iam.add_user_to_group(GroupName=f"g{i}", UserName="u0")
        iam.add_user_to_group(GroupName="g4", UserName=f"u{i}")
        iam.put_user_policy(UserName="u0", PolicyName=f"p{i}", PolicyDocument=READ)
        iam.tag_user(UserName="u0", Tags=[{"Key": f"t{i}", "Value": ""}])
        iam.attach_user_policy(UserName="u0", PolicyArn=iam.create_policy(PolicyName=f"m{i}", PolicyDocument=READ)["Policy"]["Arn"])
        iam.put_group_policy(GroupName="g4", PolicyName=f"p{i}", PolicyDocument=READ)
        iam.attach_group_policy(GroupName="g4", PolicyArn=f"arn:aws:iam::{t.account}:policy/m{i}")
        iam.upload_ssh_public_key(UserName="u0", SSHPublicKeyBody="ssh-rsa AAAA")
        iam.create_service_specific_credential(UserName="u0", ServiceName="codecommit.amazonaws.com")
        iam.upload_signing_certificate(UserName="u0", CertificateBody="-----BEGIN CERTIFICATE-----")
        serial = iam.create_virtual_mfa_device(VirtualMFADeviceName=f"m{i}")["VirtualMFADevice"]["SerialNumber"]
        iam.enable_mfa_device(UserName="u0", SerialNumber=serial, AuthenticationCode1="111111", AuthenticationCode2="222222")
    t.paged("ListGroupsForUser", iam.list_groups_for_user, "Groups", 4, UserName="u0")
    t.paged("GetGroup", iam.get_group, "Users", 3, GroupName="g4")
    t.paged("ListUserPolicies", iam.list_user_policies, "PolicyNames", 3, UserName="u0")
    t.paged("ListUserTags", iam.list_user_tags, "Tags", 4, UserName="u0")
    t.paged("ListAttachedUserPolicies", iam.list_attached_user_policies, "AttachedPolicies", 3, UserName="u0")
    t.paged("ListGroupPolicies", iam.list_group_policies, "PolicyNames", 3, GroupName="g4")
    t.paged("ListAttachedGroupPolicies", iam.list_attached_group_policies, "AttachedPolicies", 3, GroupName="g4")
    t.paged("ListSSHPublicKeys", iam.list_ssh_public_keys, "SSHPublicKeys", 3, UserName="u0")
    t.paged("ListServiceSpecificCredentials", iam.list_service_specific_credentials, "ServiceSpecificCredentials", 3, UserName="u0")
    t.paged("ListSigningCertificates", iam.list_signing_certificates, "Certificates", 3, UserName="u0")
    t.paged("ListMFADevices", iam.list_mfa_devices, "MFADevices", 3, UserName="u0")
    t.paged("ListVirtualMFADevices", iam.list_virtual_mfa_devices, "VirtualMFADevices", 3)


@proves("rename")
def renames(t):
    iam, a = t.iam, t.account
    user = iam.create_user(UserName="u", Path="/x/", Tags=[{"Key": "k", "Value": "v"}])["User"]
    iam.create_group(GroupName="g")
    iam.add_user_to_group(GroupName="g", UserName="u")
    iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=READ)
    iam.update_user(UserName="u", NewUserName="w", NewPath="/y/")
    now = iam.get_user(UserName="w")["User"]
    t.same("a rename changes the ARN and keeps the id", (now["Arn"], now["UserId"]), (f"arn:aws:iam::{a}:user/y/w", user["UserId"]))
    t.same("and keeps the tags", now.get("Tags"), [{"Key": "k", "Value": "v"}])
    t.same(
        "and policies and groups",
        (iam.list_user_policies(UserName="w")["PolicyNames"], len(iam.list_groups_for_user(UserName="w")["Groups"])),
        (["p"], 1),
    )
    iam.update_group(GroupName="g", NewGroupName="h", NewPath="/z/")
    t.same(
        "a renamed group keeps its members",
        ([u["UserName"] for u in iam.get_group(GroupName="h")["Users"]], iam.get_group(GroupName="h")["Group"]["Arn"]),
        (["w"], f"arn:aws:iam::{a}:group/z/h"),
    )
    iam.create_user(UserName="other")
    t.refused("a taken name is EntityAlreadyExists", "EntityAlreadyExists", iam.update_user, 409, UserName="other", NewUserName="W")
    t.works("the same name in another case is one's own", iam.update_user, UserName="other", NewUserName="Other")


@proves("delete-conflicts", "mfa-in-use")
def deleting(t):
    iam = t.iam
    arn = iam.create_policy(PolicyName="p", PolicyDocument=READ)["Policy"]["Arn"]
    iam.create_group(GroupName="g")
    serial = iam.create_virtual_mfa_device(VirtualMFADeviceName="m")["VirtualMFADevice"]["SerialNumber"]
    made = {}
    cases = [
        (
            "must remove users from group first",
            lambda: iam.add_user_to_group(GroupName="g", UserName="u"),
            lambda: iam.remove_user_from_group(GroupName="g", UserName="u"),
        ),
        (
            "must delete login profile first",
            lambda: iam.create_login_profile(UserName="u", Password="Secret-123"),
            lambda: iam.delete_login_profile(UserName="u"),
        ),
        (
            "must delete access keys first",
            lambda: made.update(iam.create_access_key(UserName="u")["AccessKey"]),
            lambda: iam.delete_access_key(UserName="u", AccessKeyId=made["AccessKeyId"]),
        ),
        (
            "must detach all policies first",
            lambda: iam.attach_user_policy(UserName="u", PolicyArn=arn),
            lambda: iam.detach_user_policy(UserName="u", PolicyArn=arn),
        ),
        (
            "must delete policies first",
            lambda: iam.put_user_policy(UserName="u", PolicyName="i", PolicyDocument=READ),
            lambda: iam.delete_user_policy(UserName="u", PolicyName="i"),
        ),
        (
            "must delete MFA device first",
            lambda: iam.enable_mfa_device(UserName="u", SerialNumber=serial, AuthenticationCode1="111111", AuthenticationCode2="222222"),
            lambda: iam.deactivate_mfa_device(UserName="u", SerialNumber=serial),
        ),
        (
            "must delete SSH public keys first",
            lambda: made.update(iam.upload_ssh_public_key(UserName="u", SSHPublicKeyBody="ssh-rsa A")["SSHPublicKey"]),
            lambda: iam.delete_ssh_public_key(UserName="u", SSHPublicKeyId=made["SSHPublicKeyId"]),
        ),
        (
            "must delete signing certificates first",
            lambda: made.update(iam.upload_signing_certificate(UserName="u", CertificateBody="-----BEGIN")["Certificate"]),
            lambda: iam.delete_signing_certificate(UserName="u", CertificateId=made["CertificateId"]),
        ),
        (
            "must delete service-specific credentials first",
            lambda: made.update(iam.create_service_specific_credential(UserName="u", ServiceName="x")["ServiceSpecificCredential"]),
            lambda: iam.delete_service_specific_credential(UserName="u", ServiceSpecificCredentialId=made["ServiceSpecificCredentialId"]),
        ),
    ]
    for message, make, undo in cases:
        iam.create_user(UserName="u")
        make()
        t.refused(
            f"DeleteUser: Cannot delete entity, {message}.", "DeleteConflict", iam.delete_user, 409, f"Cannot delete entity, {message}.", UserName="u"
        )
        undo()
        iam.delete_user(UserName="u")
    for message, make, undo in (
        (
            "must remove users from group",
            lambda: (iam.create_user(UserName="u"), iam.add_user_to_group(GroupName="g", UserName="u")),
            lambda: iam.remove_user_from_group(GroupName="g", UserName="u"),
        ),
        (
            "must detach all policies",
            lambda: iam.attach_group_policy(GroupName="g", PolicyArn=arn),
            lambda: iam.detach_group_policy(GroupName="g", PolicyArn=arn),
        ),
        (
            "must delete policies",
            lambda: iam.put_group_policy(GroupName="g", PolicyName="i", PolicyDocument=READ),
            lambda: iam.delete_group_policy(GroupName="g", PolicyName="i"),
        ),
    ):
        make()
        t.refused(f"DeleteGroup: Cannot delete entity, {message} first.", "DeleteConflict", iam.delete_group, 409, message, GroupName="g")
        undo()
    t.works("an empty group goes", iam.delete_group, GroupName="g")
    iam.enable_mfa_device(UserName="u", SerialNumber=serial, AuthenticationCode1="111111", AuthenticationCode2="222222")
    t.refused(
        "an MFA device in use cannot be deleted",
        "DeleteConflict",
        iam.delete_virtual_mfa_device,
        409,
        "MFA VirtualDevice in use. Must deactivate first.",
        SerialNumber=serial,
    )
    iam.deactivate_mfa_device(UserName="u", SerialNumber=serial)
    t.works("one that is not can", iam.delete_virtual_mfa_device, SerialNumber=serial)


@proves("add-twice", "quotas")
def groups(t):
    iam = t.iam
    group = iam.create_group(GroupName="g0", Path="/p/")["Group"]
    t.check("a group's id begins AGPA", group["GroupId"].startswith("AGPA"))
    t.refused("a second group of the name", "EntityAlreadyExists", iam.create_group, 409, "Group with name G0 already exists.", GroupName="G0")
    iam.create_user(UserName="u")
    t.refused(
        "a group that is not there",
        "NoSuchEntity",
        iam.add_user_to_group,
        404,
        "The group with name none cannot be found.",
        GroupName="none",
        UserName="u",
    )
    t.refused(
        "a user that is not there",
        "NoSuchEntity",
        iam.add_user_to_group,
        404,
        "The user with name none cannot be found.",
        GroupName="g0",
        UserName="none",
    )
    iam.add_user_to_group(GroupName="g0", UserName="u")
    iam.add_user_to_group(GroupName="g0", UserName="u")
    t.same("adding twice is one membership", len(iam.list_groups_for_user(UserName="u")["Groups"]), 1)
    iam.remove_user_from_group(GroupName="g0", UserName="u")
    t.same("and removing it once removes it", iam.list_groups_for_user(UserName="u")["Groups"], [])
    for i in range(11):
        if i:
            iam.create_group(GroupName=f"g{i}")
        if i < 10:
            iam.add_user_to_group(GroupName=f"g{i}", UserName="u")
    t.refused(
        "an eleventh group is LimitExceeded",
        "LimitExceeded",
        iam.add_user_to_group,
        409,
        "Cannot exceed quota for GroupsPerUser: 10",
        GroupName="g10",
        UserName="u",
    )
    t.config(quotas={"GroupsQuota": 11})
    t.refused(
        "so is one group too many in the account",
        "LimitExceeded",
        iam.create_group,
        409,
        "Cannot exceed quota for GroupsPerAccount: 11",
        GroupName="g11",
    )
    t.config(quotas={})


@proves("tags-ignore-case", "tags-reserved", "tags-limit", "tags-twice")
def tags(t):
    iam = t.iam
    iam.create_user(UserName="u", Tags=[{"Key": "Project", "Value": "A"}, {"Key": "x", "Value": "1"}])
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=EC2, Tags=[{"Key": "Project", "Value": "A"}])
    arn = iam.create_policy(PolicyName="p", PolicyDocument=READ, Tags=[{"Key": "Project", "Value": "A"}])["Policy"]["Arn"]
    listed = lambda: sorted((g["Key"], g["Value"]) for g in iam.list_user_tags(UserName="u")["Tags"])
    iam.tag_user(UserName="u", Tags=[{"Key": "x", "Value": "2"}])
    t.same("a tag is overwritten", listed(), [("Project", "A"), ("x", "2")])
    iam.tag_user(UserName="u", Tags=[{"Key": "project", "Value": "B"}])
    t.same("tag keys of users ignore case: the newer replaces the older", listed(), [("project", "B"), ("x", "2")])
    iam.tag_role(RoleName="r", Tags=[{"Key": "PROJECT", "Value": "B"}])
    t.same("those of roles too", iam.list_role_tags(RoleName="r")["Tags"], [{"Key": "PROJECT", "Value": "B"}])
    iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "project", "Value": "B"}])
    t.same("those of policies do not", len(iam.list_policy_tags(PolicyArn=arn)["Tags"]), 2)
    iam.untag_user(UserName="u", TagKeys=["PROJECT"])
    t.same("nor does case matter to untag", listed(), [("x", "2")])
    t.refused(
        "a key twice in a request is InvalidInput",
        "InvalidInput",
        iam.tag_user,
        400,
        "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
        UserName="u",
        Tags=[{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}],
    )
    t.refused("aws: is reserved", "InvalidInput", iam.tag_user, 400, UserName="u", Tags=[{"Key": "aws:x", "Value": "1"}])
    iam.tag_user(UserName="u", Tags=[{"Key": f"k{i}", "Value": ""} for i in range(49)])
    t.refused("a 51st tag is LimitExceeded", "LimitExceeded", iam.tag_user, 409, UserName="u", Tags=[{"Key": "one-more", "Value": ""}])
    t.refused(
        "51 tags in a request have a length",
        "ValidationError",
        iam.create_user,
        400,
        "Member must have length less than or equal to 50",
        UserName="v",
        Tags=[{"Key": f"k{i}", "Value": ""} for i in range(51)],
    )
