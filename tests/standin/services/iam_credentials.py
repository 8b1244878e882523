"""What people sign in with: passwords, access keys, MFA devices, SSH keys, certificates, service-specific credentials."""

import re

from services.iam_common import add_tags, paged, quota, remove_tags, tag_list, user_shown
from services.iam_people import mine
from world.errors import AwsError, refuse
from world.operations import op
from world.rules import on, rule
from world.state import letters, now

rule("login-profile", "a login profile is there once (EntityAlreadyExists), or not (NoSuchEntity); an update without a password keeps it [X]")
rule("password-violation", "a password that the account's policy does not allow is PasswordPolicyViolation [M]")
rule("login-being-made", "a login profile just made is EntityTemporarilyUnmodifiable for a while (config password_polls) [T]")
rule("two-keys", "a user has two access keys at most: LimitExceeded [X]")
rule("mfa-in-use", "a virtual MFA device in use cannot be deleted: DeleteConflict [X]")
rule("mfa-codes", "two different codes enable a device: InvalidAuthenticationCode; eight devices a user [M]")
SYMBOLS = "!@#$%^&*()_+-=[]{}|'"


def violation(message):
    return refuse("PasswordPolicyViolation", message)


def check_password(call, user, password):
    policy = call.iam.password_policy
    if not on("password-violation"):
        return
    least = policy["MinimumPasswordLength"] if policy else 8
    if len(password) < least:
        raise violation(f"Password should have a minimum length of {least}")
    kinds = {
        "RequireUppercaseCharacters": ("[A-Z]", "uppercase letter"),
        "RequireLowercaseCharacters": ("[a-z]", "lowercase letter"),
        "RequireNumbers": ("[0-9]", "number"),
        "RequireSymbols": ("[" + re.escape(SYMBOLS) + "]", "symbol"),
    }
    has = {key: re.search(pattern, password) is not None for key, (pattern, _) in kinds.items()}
    if policy:
        for key, (_, word) in kinds.items():
            if policy[key] and not has[key]:
                raise violation(f"Password should have at least one {word}")
    elif sum(has.values()) < 3 or password.lower() == user.name.lower():
        raise violation("Password should have at least three of: uppercase letters, lowercase letters, numbers, symbols")


# --- passwords --------------------------------------------------------------------------------------------------


def login_of(call, p):
    user = mine(call, p)
    if not user.login:
        raise refuse("NoSuchEntity", f"Login Profile for User {user.name} cannot be found.")
    return user


def login_shown(user):
    return {"UserName": user.name, "CreateDate": user.login["created"], "PasswordResetRequired": user.login["reset"]}


def changing(call, user):
    if user.login["busy"] > 0 and on("login-being-made"):
        user.login["busy"] -= 1
        raise refuse("EntityTemporarilyUnmodifiable", f"Login Profile for User {user.name} cannot be modified while login profile is being created.")


@op("iam:CreateLoginProfile")
def create_login(call, p):
    user = mine(call, p)
    if user.login and on("login-profile"):
        raise refuse("EntityAlreadyExists", f"Login Profile for user {user.name} already exists.")
    check_password(call, user, p.get("Password", ""))
    user.login = {
        "password": p.get("Password"),
        "reset": p.get("PasswordResetRequired", False),
        "created": now(),
        "changed": now(),
        "busy": call.config["password_polls"],
    }
    return {"LoginProfile": login_shown(user)}


@op("iam:GetLoginProfile")
def get_login(call, p):
    return {"LoginProfile": login_shown(login_of(call, p))}


@op("iam:UpdateLoginProfile")
def update_login(call, p):
    user = login_of(call, p)
    changing(call, user)
    if "Password" in p:
        check_password(call, user, p["Password"])
        user.login |= {"password": p["Password"], "changed": now()}
    if "PasswordResetRequired" in p:
        user.login["reset"] = p["PasswordResetRequired"]
    if not on("login-profile") and "Password" not in p:
        user.login = None


@op("iam:DeleteLoginProfile")
def delete_login(call, p):
    user = login_of(call, p)
    changing(call, user)
    user.login = None


@op("iam:ChangePassword")
def change(call, p):
    if call.caller.kind != "user":
        raise refuse("InvalidUserType", "Only IAM Users can change their own password")
    user = call.iam.user(call.caller.name)
    if not user.login or user.login["password"] != p["OldPassword"]:
        raise refuse("AccessDenied", "The old password was incorrect.")
    check_password(call, user, p["NewPassword"])
    user.login |= {"password": p["NewPassword"], "changed": now(), "reset": False}


# --- access keys ------------------------------------------------------------------------------------------------


def keys_of(call, p):
    """(whose, keys): the root user's own where no user is named."""
    if not p.get("UserName") and call.caller.kind == "root":
        return None, call.iam.root_keys
    user = mine(call, p)
    return user.name, user.keys


@op("iam:CreateAccessKey")
def create_key(call, p):
    name, keys = keys_of(call, p)
    if len(keys) >= quota(call, "AccessKeysPerUserQuota") and on("two-keys"):
        raise refuse("LimitExceeded", f"Cannot exceed quota for AccessKeysPerUser: {quota(call, 'AccessKeysPerUserQuota')}")
    key = letters("AKIA" if on("unique-ids") else "XXXX", 16)
    keys[key] = {"Status": "Active", "CreateDate": now(), "Used": None}
    if name:
        call.world.keys[key] = (call.iam.account, name)
    return {
        "AccessKey": {
            "UserName": name or "root",
            "AccessKeyId": key,
            "Status": "Active",
            "SecretAccessKey": letters("", 40),
            "CreateDate": keys[key]["CreateDate"],
        }
    }


def key_of(call, p):
    _, keys = keys_of(call, p)
    if p["AccessKeyId"] not in keys:
        raise refuse("NoSuchEntity", f"The Access Key with id {p['AccessKeyId']} cannot be found.")
    return keys


@op("iam:ListAccessKeys")
def list_keys(call, p):
    name, keys = keys_of(call, p)
    return paged(
        call,
        [{"UserName": name or "root", "AccessKeyId": k, "Status": v["Status"], "CreateDate": v["CreateDate"]} for k, v in keys.items()],
        p,
        "AccessKeyMetadata",
    )


@op("iam:UpdateAccessKey")
def update_key(call, p):
    key_of(call, p)[p["AccessKeyId"]]["Status"] = p["Status"]


@op("iam:DeleteAccessKey")
def delete_key(call, p):
    del key_of(call, p)[p["AccessKeyId"]]
    call.world.keys.pop(p["AccessKeyId"], None)


@op("iam:GetAccessKeyLastUsed")
def key_used(call, p):
    for user in call.iam.users.values():
        if p["AccessKeyId"] in user.keys:
            used = user.keys[p["AccessKeyId"]]["Used"]
            shown = {"LastUsedDate": used[0], "ServiceName": used[1], "Region": "us-east-1"} if used else {"ServiceName": "N/A", "Region": "N/A"}
            return {"UserName": user.name, "AccessKeyLastUsed": shown}
    raise refuse(
        "AccessDenied", f"User: {call.caller.arn} is not authorized to perform: iam:GetAccessKeyLastUsed on resource: access key {p['AccessKeyId']}"
    )


# --- MFA --------------------------------------------------------------------------------------------------------


def device_of(call, serial):
    if serial not in call.iam.mfa:
        raise refuse("NoSuchEntity", f"VirtualMFADevice with serial number {serial} doesn't exist.")
    return call.iam.mfa[serial]


@op("iam:CreateVirtualMFADevice")
def create_mfa(call, p):
    serial = f"arn:aws:iam::{call.iam.account}:mfa{p.get('Path', '/')}{p['VirtualMFADeviceName']}"
    if serial in call.iam.mfa:
        raise refuse("EntityAlreadyExists", "MFADevice entity at the same path and name already exists.")
    call.iam.mfa[serial] = {"UserName": None, "EnableDate": None, "Tags": add_tags({}, p.get("Tags") or [], False)}
    return {"VirtualMFADevice": {"SerialNumber": serial, "Base32StringSeed": letters("", 64).encode(), "QRCodePNG": b"\x89PNG"}}


@op("iam:EnableMFADevice")
def enable_mfa(call, p):
    user, device = mine(call, p), device_of(call, p["SerialNumber"])
    if on("mfa-codes"):
        if p["AuthenticationCode1"] == p["AuthenticationCode2"]:
            raise AwsError("InvalidAuthenticationCode", "Authentication code for device is not valid.", 403)
        if sum(d["UserName"] == user.name for d in call.iam.mfa.values()) >= 8:
            raise refuse("LimitExceeded", "Cannot exceed quota for MFADevicesPerUser: 8")
    if device["UserName"]:
        raise refuse("EntityAlreadyExists", "MFA Device is already in use.")
    device |= {"UserName": user.name, "EnableDate": now()}


@op("iam:DeactivateMFADevice")
def deactivate_mfa(call, p):
    user, device = mine(call, p), device_of(call, p["SerialNumber"])
    if device["UserName"] != user.name:
        raise refuse("NoSuchEntity", f"MFA Device invalid for user {user.name}.")
    device |= {"UserName": None, "EnableDate": None}


@op("iam:DeleteVirtualMFADevice")
def delete_mfa(call, p):
    if device_of(call, p["SerialNumber"])["UserName"] and on("mfa-in-use"):
        raise refuse("DeleteConflict", "MFA VirtualDevice in use. Must deactivate first.")
    del call.iam.mfa[p["SerialNumber"]]


@op("iam:ListMFADevices")
def list_mfa(call, p):
    if not p.get("UserName") and call.caller.kind == "root":
        return paged(call, [], p, "MFADevices")
    user = mine(call, p)
    return paged(
        call,
        [{"UserName": user.name, "SerialNumber": s, "EnableDate": d["EnableDate"]} for s, d in call.iam.mfa.items() if d["UserName"] == user.name],
        p,
        "MFADevices",
    )


@op("iam:ListVirtualMFADevices")
def list_virtual(call, p):
    wanted = {"Assigned": (True,), "Unassigned": (False,)}.get(p.get("AssignmentStatus"), (True, False))
    shown = []
    for serial, device in call.iam.mfa.items():
        if bool(device["UserName"]) in wanted:
            user = {"User": user_shown(call.iam.users[device["UserName"]], False), "EnableDate": device["EnableDate"]} if device["UserName"] else {}
            shown.append({"SerialNumber": serial, **user})
    return paged(call, shown, p, "VirtualMFADevices")


@op("iam:TagMFADevice")
def tag_mfa(call, p):
    device = device_of(call, p["SerialNumber"])
    device["Tags"] = add_tags(device["Tags"], p["Tags"], False)


@op("iam:UntagMFADevice")
def untag_mfa(call, p):
    device = device_of(call, p["SerialNumber"])
    device["Tags"] = remove_tags(device["Tags"], p["TagKeys"], False)


@op("iam:ListMFADeviceTags")
def mfa_tags(call, p):
    return paged(call, tag_list(device_of(call, p["SerialNumber"])["Tags"]), p, "Tags")


# --- other credentials ------------------------------------------------------------------------------------------


def credential_operations(where, upload, list_name, delete, id_key, prefix, answer, list_key, body, subset, words):
    """Three operations of one kind of credential that is uploaded or made."""

    @op(f"iam:{upload}")
    def create(call, p):
        user = mine(call, p)
        there = getattr(user, where)
        key = letters(prefix, 17 if prefix else 32)
        there[key] = {"UserName": user.name, id_key: key, "Status": "Active", **body(call, user, p)}
        return {answer: there[key]}

    @op(f"iam:{list_name}")
    def listed(call, p):
        user = mine(call, p)
        shown = [
            {k: v for k, v in c.items() if k in subset} | {"UserName": user.name}
            for c in getattr(user, where).values()
            if p.get("ServiceName") in (None, c.get("ServiceName"))
        ]
        return paged(call, shown, p, list_key)

    @op(f"iam:{delete}")
    def gone(call, p):
        if getattr(mine(call, p), where).pop(p[id_key], None) is None:
            raise refuse("NoSuchEntity", words.format(p[id_key]))


credential_operations(
    "ssh",
    "UploadSSHPublicKey",
    "ListSSHPublicKeys",
    "DeleteSSHPublicKey",
    "SSHPublicKeyId",
    "APKA",
    "SSHPublicKey",
    "SSHPublicKeys",
    lambda call, user, p: {"SSHPublicKeyBody": p["SSHPublicKeyBody"], "Fingerprint": ":".join(["00"] * 16), "UploadDate": now()},
    ("SSHPublicKeyId", "Status", "UploadDate"),
    "The Public Key with id {} cannot be found.",
)
credential_operations(
    "certificates",
    "UploadSigningCertificate",
    "ListSigningCertificates",
    "DeleteSigningCertificate",
    "CertificateId",
    "",
    "Certificate",
    "Certificates",
    lambda call, user, p: {"CertificateBody": p["CertificateBody"], "UploadDate": now()},
    ("CertificateId", "Status", "UploadDate", "CertificateBody"),
    "The Certificate with id {} cannot be found.",
)
credential_operations(
    "services",
    "CreateServiceSpecificCredential",
    "ListServiceSpecificCredentials",
    "DeleteServiceSpecificCredential",
    "ServiceSpecificCredentialId",
    "ACCA",
    "ServiceSpecificCredential",
    "ServiceSpecificCredentials",
    lambda call, user, p: {
        "ServiceName": p["ServiceName"],
        "ServiceUserName": f"{user.name}-at-{call.iam.account}",
        "ServicePassword": letters("", 44),
        "CreateDate": now(),
    },
    ("ServiceSpecificCredentialId", "Status", "ServiceName", "ServiceUserName", "CreateDate"),
    "No such credential {} exists.",
)
