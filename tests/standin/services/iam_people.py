"""IAM users, groups, and who is in which."""

from services.iam_common import add_tags, check_free, check_quota, group_shown, paged, quota, remove_tags, tag_list, under, user_shown
from services.iam_roles import conflict, known_boundary
from services.iam_store import Group, User
from world.errors import refuse
from world.operations import op
from world.rules import on, rule

rule("rename", "UpdateUser and UpdateGroup change name and path and keep everything else: id, tags, policies, members [M]")
rule("add-twice", "adding a user to a group again, or attaching a policy again, changes nothing [X]")


def mine(call, p):
    """The user that is named, or the caller."""
    if p.get("UserName"):
        return call.iam.user(p["UserName"])
    if call.caller.kind == "user":
        return call.iam.user(call.caller.name)
    raise refuse("ValidationError", "Must specify userName when calling with non-User credentials")


# --- users ------------------------------------------------------------------------------------------------------


@op("iam:CreateUser")
def create(call, p):
    iam = call.iam
    check_free(iam.users, p["UserName"], f"User with name {p['UserName']} already exists.")
    user = User(iam.account, p["UserName"], p.get("Path", "/"))
    user.boundary = known_boundary(call, p)
    user.tags = add_tags({}, p.get("Tags") or [], True)
    check_quota(call, "UsersQuota", len(iam.users), "UsersPerAccount")
    iam.users[user.name] = user
    call.world.born[user.id] = user
    return {"User": user_shown(user, True)}


@op("iam:GetUser")
def get(call, p):
    if not p.get("UserName") and call.caller.kind == "root":
        return {"User": {"Path": "/", "UserName": "root", "UserId": call.account.id, "Arn": call.caller.arn, "CreateDate": call.iam.created}}
    return {"User": user_shown(mine(call, p), True)}


@op("iam:ListUsers")
def listed(call, p):
    page = paged(call, under(call.iam.users.values(), p), p, "Users")
    return {**page, "Users": [user_shown(u, False) for u in page["Users"]]}


@op("iam:UpdateUser")
def update(call, p):
    iam, user, new = call.iam, call.iam.user(p["UserName"]), p.get("NewUserName")
    if new and new != user.name:
        check_free([n for n in iam.users if n != user.name], new, f"User with name {new} already exists.")
        del iam.users[user.name]
        for device in iam.mfa.values():
            if device["UserName"] == user.name:
                device["UserName"] = new
        user.name = new
        if not on("rename"):
            user.tags = {}
        iam.users[new] = user
        for key in user.keys:
            call.world.keys[key] = (iam.account, new)
    user.path = p.get("NewPath", user.path)


@op("iam:DeleteUser")
def delete(call, p):
    iam, user = call.iam, call.iam.user(p["UserName"])
    if on("delete-conflicts"):
        for there, message in (
            (user.groups, "remove users from group"),
            (user.attached, "detach all policies"),
            (user.inline, "delete policies"),
            (user.login, "delete login profile"),
            (user.keys, "delete access keys"),
            (any(d["UserName"] == user.name for d in iam.mfa.values()), "delete MFA device"),
            (user.certificates, "delete signing certificates"),
            (user.ssh, "delete SSH public keys"),
            (user.services, "delete service-specific credentials"),
        ):
            if there:
                raise conflict(message)
    for key in user.keys:
        call.world.keys.pop(key, None)
    del iam.users[user.name]


@op("iam:TagUser")
def tag(call, p):
    user = call.iam.user(p["UserName"])
    user.tags = add_tags(user.tags, p["Tags"], True)


@op("iam:UntagUser")
def untag(call, p):
    user = call.iam.user(p["UserName"])
    user.tags = remove_tags(user.tags, p["TagKeys"], True)


@op("iam:ListUserTags")
def tags(call, p):
    return paged(call, tag_list(call.iam.user(p["UserName"]).tags), p, "Tags")


# --- groups -----------------------------------------------------------------------------------------------------


def members(iam, group):
    return sorted((u for u in iam.users.values() if group.name in u.groups), key=lambda u: u.name)


@op("iam:CreateGroup")
def create_group(call, p):
    iam = call.iam
    check_free(iam.groups, p["GroupName"], f"Group with name {p['GroupName']} already exists.")
    check_quota(call, "GroupsQuota", len(iam.groups), "GroupsPerAccount")
    group = Group(iam.account, p["GroupName"], p.get("Path", "/"))
    iam.groups[group.name] = group
    return {"Group": group_shown(group)}


@op("iam:GetGroup")
def get_group(call, p):
    group = call.iam.group(p["GroupName"])
    page = paged(call, members(call.iam, group), p, "Users", Group=group_shown(group))
    return {**page, "Users": [user_shown(u, False) for u in page["Users"]]}


@op("iam:ListGroups")
def list_groups(call, p):
    page = paged(call, under(call.iam.groups.values(), p), p, "Groups")
    return {**page, "Groups": [group_shown(g) for g in page["Groups"]]}


@op("iam:UpdateGroup")
def update_group(call, p):
    iam, group, new = call.iam, call.iam.group(p["GroupName"]), p.get("NewGroupName")
    if new and new != group.name:
        check_free([n for n in iam.groups if n != group.name], new, f"Group with name {new} already exists.")
        for user in iam.users.values():
            user.groups = [new if g == group.name else g for g in user.groups]
        del iam.groups[group.name]
        group.name = new
        iam.groups[new] = group
    group.path = p.get("NewPath", group.path)


@op("iam:DeleteGroup")
def delete_group(call, p):
    iam, group = call.iam, call.iam.group(p["GroupName"])
    if on("delete-conflicts"):
        for there, message in (
            (members(iam, group), "remove users from group"),
            (group.attached, "detach all policies"),
            (group.inline, "delete policies"),
        ):
            if there:
                raise conflict(message)
    for user in members(iam, group):
        user.groups.remove(group.name)
    del iam.groups[group.name]


@op("iam:AddUserToGroup")
def add(call, p):
    group, user = call.iam.group(p["GroupName"]), call.iam.user(p["UserName"])
    if group.name in user.groups and on("add-twice"):
        return
    if len(user.groups) >= quota(call, "GroupsPerUserQuota") and on("quotas"):
        raise refuse("LimitExceeded", f"Cannot exceed quota for GroupsPerUser: {quota(call, 'GroupsPerUserQuota')}")
    user.groups.append(group.name)


@op("iam:RemoveUserFromGroup")
def remove(call, p):
    group, user = call.iam.group(p["GroupName"]), call.iam.user(p["UserName"])
    if group.name not in user.groups:
        raise refuse("NoSuchEntity", f"The user with name {user.name} cannot be found in the group {group.name}.")
    user.groups.remove(group.name)


@op("iam:ListGroupsForUser")
def groups_of(call, p):
    user = call.iam.user(p["UserName"])
    page = paged(call, sorted((call.iam.groups[g] for g in user.groups), key=lambda g: g.name), p, "Groups")
    return {**page, "Groups": [group_shown(g) for g in page["Groups"]]}
