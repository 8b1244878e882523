"""IAM of the account as a whole: authorization details, summary, alias, password policy, credential report."""

import datetime

from services.documents import shown
from services.iam_common import QUOTAS, basics, boundary_of, encoded, last_used, paged, profile_shown, quota, tag_list
from services.iam_holders import attached_shown
from services.iam_policies import Usage, counted, version_shown
from services.iam_store import managed
from world.errors import refuse
from world.operations import op
from world.rules import on, rule
from world.state import now

rule(
    "details",
    "GetAccountAuthorizationDetails mixes the kinds in pages, of AWS's policies lists those attached, has no role descriptions and no policy tags [M]",
)
rule("details-usage", "policies there have names, ids, and counts of attachments and boundaries [M]")
rule("alias-one", "an account has one alias; a new one replaces it; it has a form [M]")
rule("password-policy-whole", "UpdateAccountPasswordPolicy sets what it leaves out back to its default [M]")
rule("password-policy-none", "no password policy is NoSuchEntity [M]")
rule("report-states", "a credential report is generated first: STARTED, INPROGRESS, COMPLETE; ReportNotPresent, ReportInProgress [M]")
rule("report-root", "the credential report begins with <root_account> [D]")


@op("iam:GetAccountAuthorizationDetails")
def details(call, p):
    iam, usage = call.iam, Usage(call.iam)
    wanted = p.get("Filter") or ["User", "Group", "Role", "LocalManagedPolicy", "AWSManagedPolicy"]
    name = lambda thing: thing.name
    items = [("UserDetailList", u) for u in sorted(iam.users.values(), key=name)] if "User" in wanted else []
    items += [("GroupDetailList", g) for g in sorted(iam.groups.values(), key=name)] if "Group" in wanted else []
    items += [("RoleDetailList", r) for r in sorted(iam.roles.values(), key=name)] if "Role" in wanted else []
    items += [("Policies", q) for q in sorted(iam.policies.values(), key=lambda q: q.arn)] if "LocalManagedPolicy" in wanted else []
    if "AWSManagedPolicy" in wanted:
        items += [("Policies", q) for q in managed().values() if usage.attached[q.arn] or not on("details")]
    page = paged(call, items, p, "all")
    out = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": []}
    by_role = {}
    for profile in iam.profiles.values():
        for role in profile.roles:
            by_role.setdefault(role, []).append(profile)
    for key, thing in page.pop("all"):
        out[key].append(SHOWN[key](call, thing, by_role if key == "RoleDetailList" else usage))
    return {**page, **out}


def inline(holder):
    return [{"PolicyName": n, "PolicyDocument": encoded(d)} for n, d in sorted(holder.inline.items())]


def attached(call, holder):
    return attached_shown([call.iam.policy(a) for a in holder.attached])


def user_detail(call, user, _):
    return {
        **basics(user, "User"),
        "UserPolicyList": inline(user),
        "GroupList": sorted(user.groups),
        "AttachedManagedPolicies": attached(call, user),
        "Tags": tag_list(user.tags),
        **boundary_of(user),
    }


def group_detail(call, group, _):
    return {**basics(group, "Group"), "GroupPolicyList": inline(group), "AttachedManagedPolicies": attached(call, group)}


def role_detail(call, role, by_role):
    return {
        **basics(role, "Role"),
        "AssumeRolePolicyDocument": encoded(shown(call.world, role.trust)),
        "RolePolicyList": inline(role),
        "InstanceProfileList": [profile_shown(call, q, False) for q in by_role.get(role.name, ())],
        "AttachedManagedPolicies": attached(call, role),
        "Tags": tag_list(role.tags),
        "RoleLastUsed": last_used(role),
        **boundary_of(role),
    }


def policy_detail(call, policy, usage):
    described = {"Description": policy.description} if policy.description else {}
    out = {**counted(policy, usage), **described, "PolicyVersionList": [version_shown(policy, v, document=True) for v in reversed(policy.versions)]}
    if not on("details-usage"):
        for key in ("PolicyName", "PolicyId", "PermissionsBoundaryUsageCount"):
            del out[key]
    return out


SHOWN = {"UserDetailList": user_detail, "GroupDetailList": group_detail, "RoleDetailList": role_detail, "Policies": policy_detail}


@op("iam:GetAccountSummary")
def summary(call, p):
    iam = call.iam
    counts = {
        "Users": len(iam.users),
        "Groups": len(iam.groups),
        "Roles": len(iam.roles),
        "Policies": len(iam.policies),
        "InstanceProfiles": len(iam.profiles),
        "MFADevices": len(iam.mfa),
        "MFADevicesInUse": sum(1 for d in iam.mfa.values() if d["UserName"]),
        "Providers": len(iam.oidc) + len(iam.saml),
        "PolicyVersionsInUse": sum(len(q.versions) for q in iam.policies.values()),
        "ServerCertificates": 0,
        "AccountMFAEnabled": 1,
        "AccountAccessKeysPresent": int(bool(iam.root_keys)),
        "AccountPasswordPresent": 1,
        "AccountSigningCertificatesPresent": 0,
    }
    return {"SummaryMap": {**{k: quota(call, k) for k in QUOTAS}, **counts, **{k: v for k, v in call.config["root"].items() if k in counts}}}


# --- alias and password policy ----------------------------------------------------------------------------------


@op("iam:CreateAccountAlias")
def create_alias(call, p):
    if on("alias-one") and p["AccountAlias"].isdigit():
        raise refuse("ValidationError", "The specified value for accountAlias is invalid. It must not be twelve digits.")
    for account in list(call.world.accounts.values()):
        if account is not call.account and account.iam.alias == p["AccountAlias"]:
            raise refuse("EntityAlreadyExists", f"The account alias {p['AccountAlias']} already exists.")
    call.iam.alias = p["AccountAlias"]


@op("iam:DeleteAccountAlias")
def delete_alias(call, p):
    if call.iam.alias != p["AccountAlias"]:
        raise refuse("NoSuchEntity", f"The account alias {p['AccountAlias']} does not exist.")
    call.iam.alias = None


@op("iam:ListAccountAliases")
def aliases(call, p):
    return paged(call, [call.iam.alias] if call.iam.alias else [], p, "AccountAliases")


PASSWORDS = {
    "MinimumPasswordLength": 6,
    "RequireSymbols": False,
    "RequireNumbers": False,
    "RequireUppercaseCharacters": False,
    "RequireLowercaseCharacters": False,
    "AllowUsersToChangePassword": False,
}
NO_POLICY = "The Password Policy with domain name {} cannot be found."


@op("iam:UpdateAccountPasswordPolicy")
def update_passwords(call, p):
    before = PASSWORDS if on("password-policy-whole") or not call.iam.password_policy else call.iam.password_policy
    policy = {**before, **p}
    policy["ExpirePasswords"] = bool(policy.get("MaxPasswordAge"))
    call.iam.password_policy = policy


@op("iam:GetAccountPasswordPolicy")
def get_passwords(call, p):
    if call.iam.password_policy is None:
        if on("password-policy-none"):
            raise refuse("NoSuchEntity", NO_POLICY.format(call.account.id))
        return {"PasswordPolicy": {**PASSWORDS, "ExpirePasswords": False}}
    return {"PasswordPolicy": call.iam.password_policy}


@op("iam:DeleteAccountPasswordPolicy")
def delete_passwords(call, p):
    if call.iam.password_policy is None and on("password-policy-none"):
        raise refuse("NoSuchEntity", "The account policy with name PasswordPolicy cannot be found.")
    call.iam.password_policy = None


# --- credential report ------------------------------------------------------------------------------------------

COLUMNS = (
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,"
    "access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,"
    "access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,"
    "cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated"
)


def stamp(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%S+00:00")


def key_columns(keys):
    out = []
    for key in [*keys, None, None][:2]:
        used = key and key["Used"]
        out += [
            str(bool(key) and key["Status"] == "Active").lower(),
            stamp(key["CreateDate"]) if key else "N/A",
            *((stamp(used[0]), "us-east-1", used[1]) if used else ("N/A", "N/A", "N/A")),
        ]
    return out


def report_of(call):
    iam = call.iam
    root = {"AccountMFAEnabled": 1, **call.config["root"]}
    keys = list(iam.root_keys.values()) or [{"Status": "Active", "CreateDate": iam.created, "Used": None}] * bool(
        root.get("AccountAccessKeysPresent")
    )
    rows = [COLUMNS]
    if on("report-root"):
        rows.append(
            ",".join(
                [
                    "<root_account>",
                    f"arn:aws:iam::{iam.account}:root",
                    stamp(iam.created),
                    "not_supported",
                    root.get("password_last_used", "no_information"),
                    "not_supported",
                    "not_supported",
                    str(bool(root["AccountMFAEnabled"])).lower(),
                    *key_columns(keys),
                    "false",
                    "N/A",
                    "false",
                    "N/A",
                ]
            )
        )
    policy = iam.password_policy or {}
    for user in sorted(iam.users.values(), key=lambda u: u.name):
        login, certificates = user.login, [*user.certificates.values(), None, None][:2]
        rotation = "N/A"
        if login and policy.get("MaxPasswordAge"):
            rotation = stamp(login["changed"] + datetime.timedelta(days=policy["MaxPasswordAge"]))
        row = [
            user.name,
            user.arn,
            stamp(user.created),
            str(bool(login)).lower(),
            (stamp(user.password_used) if user.password_used else "no_information") if login else "N/A",
            stamp(login["changed"]) if login else "N/A",
            rotation,
            str(any(d["UserName"] == user.name for d in iam.mfa.values())).lower(),
            *key_columns(user.keys.values()),
        ]
        for one in certificates:
            row += [str(bool(one)).lower(), stamp(one["UploadDate"]) if one else "N/A"]
        rows.append(",".join(row))
    return "\n".join(rows)


@op("iam:GenerateCredentialReport")
def generate(call, p):
    iam = call.account.iam
    age = call.config["report_max_age_s"]
    if iam.report and (now() - iam.report[0]).total_seconds() < age:
        return {"State": "COMPLETE"}
    polls = call.config["report_polls"] if on("report-states") else 0
    if iam.report_polls < polls:
        iam.report_polls += 1
        return {
            "State": "STARTED" if iam.report_polls == 1 else "INPROGRESS",
            "Description": "No report exists. Starting a new report generation task",
        }
    iam.report, iam.report_polls = (now(), report_of(call)), 0
    return {"State": "COMPLETE"}


@op("iam:GetCredentialReport")
def get_report(call, p):
    iam = call.account.iam
    if iam.report is None:
        if on("report-states"):
            raise (
                refuse("ReportInProgress", "Report is being generated.")
                if iam.report_polls
                else refuse("ReportNotPresent", "No report available. Please generate one.")
            )
        iam.report = (now(), report_of(call))
    if (now() - iam.report[0]).total_seconds() > 4 * 3600:
        raise refuse("ReportExpired", "Report expired. Please generate one.")
    return {"Content": iam.report[1].encode(), "ReportFormat": "text/csv", "GeneratedTime": iam.report[0]}
