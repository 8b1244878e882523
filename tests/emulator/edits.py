"""What people do by hand to an account that hatrack keeps: each kind of edit, and the drift it must show as.

An edit is a function of a World; it makes the edit with boto3 and returns what drift must list, at least:
(environment, address, setting or None for the resource itself, class). Names that a template or a grant chooses are
looked up in the account. What lost its mark is foreign: nobody but the author can say that it is ours.
"""

import json

from botocore.exceptions import ClientError

ANALYTICS, LAKE = "analytics", "lake"
ACCOUNTS = {ANALYTICS: "111122223333", LAKE: "444455556666"}
CHANGED, GONE, EXTRA, FOREIGN = "modified", "deleted", "unmanaged", "foreign"

GROUP, ROLE, LAKE_ROLE, POLICY = "DataScientists", "EC2DataProcessingRole", "DataLakeReader", "require-mfa"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
S3_READ = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
ANYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
EDITS = {}


class Skip(Exception):
    """The world has nothing that this edit applies to."""


def edit(function):
    EDITS[function.__name__.replace("_", "-")] = function
    return function


class World:
    """The accounts of the environments, by boto3."""

    def __init__(self, client):
        """`client(service, account)` makes a client."""
        self.iams = {e: client("iam", a) for e, a in ACCOUNTS.items()}
        self.s3s = {e: client("s3", a) for e, a in ACCOUNTS.items()}
        self.iam, self.s3 = self.iams[ANALYTICS], self.s3s[ANALYTICS]

    def policy_arn(self):
        return next(p["Arn"] for p in self.iam.list_policies(Scope="Local")["Policies"] if p["PolicyName"] == POLICY)

    def document(self):
        policy = self.iam.get_policy(PolicyArn=self.policy_arn())["Policy"]
        return self.iam.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])["PolicyVersion"]["Document"]

    def inline(self, role=ROLE):
        names = self.iam.list_role_policies(RoleName=role)["PolicyNames"]
        if not names:
            raise Skip(f"{role} has no inline policy")
        return names[0]

    def bucket(self, environment=LAKE, having=None):
        """The first bucket, or the first that has something: a function of the bucket's name."""
        for bucket in self.s3s[environment].list_buckets()["Buckets"]:
            try:
                if having is None or having(bucket["Name"]):
                    return bucket["Name"]
            except ClientError:
                pass
        raise Skip(f"no such bucket in {environment}")

    def bucket_policy(self, environment, name):
        return json.loads(self.s3s[environment].get_bucket_policy(Bucket=name)["Policy"])

    def with_policy(self, environment=LAKE):
        return self.bucket(environment, lambda name: self.bucket_policy(environment, name))

    def user(self):
        return sorted(u["UserName"] for u in self.iam.get_group(GroupName=GROUP)["Users"])[0]

    def delete_role(self, environment, name):
        iam = self.iams[environment]
        for profile in iam.list_instance_profiles_for_role(RoleName=name)["InstanceProfiles"]:
            iam.remove_role_from_instance_profile(InstanceProfileName=profile["InstanceProfileName"], RoleName=name)
            iam.delete_instance_profile(InstanceProfileName=profile["InstanceProfileName"])
        for policy in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
            iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            iam.delete_role_policy(RoleName=name, PolicyName=policy)
        iam.delete_role(RoleName=name)


# --- roles --------------------------------------------------------------------------------------------------------


@edit
def attach_administrator_to_role(w):
    w.iam.attach_role_policy(RoleName=ROLE, PolicyArn=ADMIN)
    return [(ANALYTICS, f"role/{ROLE}", "attached/AdministratorAccess", EXTRA)]


@edit
def detach_policy_from_role(w):
    for role in ("GlueEtl", "SageMakerExecution", ROLE):
        try:
            attached = w.iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
        except ClientError:
            continue
        if attached:
            w.iam.detach_role_policy(RoleName=role, PolicyArn=attached[0]["PolicyArn"])
            return [(ANALYTICS, f"role/{role}", "attached/" + attached[0]["PolicyArn"].partition("policy/")[2], GONE)]
    raise Skip("no role has an attached policy")


@edit
def trust_another_service(w):
    trust = w.iam.get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]
    for statement in trust["Statement"]:
        statement["Principal"] = {"Service": "lambda.amazonaws.com"}
    w.iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=json.dumps(trust))
    return [(ANALYTICS, f"role/{ROLE}", None, CHANGED)]


@edit
def trust_another_account(w):
    trust = w.iams[LAKE].get_role(RoleName=LAKE_ROLE)["Role"]["AssumeRolePolicyDocument"]
    trust["Statement"].append({"Effect": "Allow", "Principal": {"AWS": "999999999999"}, "Action": "sts:AssumeRole"})
    w.iams[LAKE].update_assume_role_policy(RoleName=LAKE_ROLE, PolicyDocument=json.dumps(trust))
    return [(LAKE, f"role/{LAKE_ROLE}", None, CHANGED)]


@edit
def drop_condition_from_trust(w):
    trust = w.iams[LAKE].get_role(RoleName=LAKE_ROLE)["Role"]["AssumeRolePolicyDocument"]
    if not any(s.pop("Condition", None) for s in trust["Statement"]):
        raise Skip(f"{LAKE_ROLE} has no condition in its trust policy")
    w.iams[LAKE].update_assume_role_policy(RoleName=LAKE_ROLE, PolicyDocument=json.dumps(trust))
    return [(LAKE, f"role/{LAKE_ROLE}", None, CHANGED)]


@edit
def delete_role_with_profile(w):
    w.delete_role(ANALYTICS, ROLE)
    return [(ANALYTICS, f"role/{ROLE}", None, GONE), (ANALYTICS, f"instance-profile/{ROLE}", None, GONE)]


@edit
def delete_role_that_others_name(w):
    w.delete_role(LAKE, LAKE_ROLE)
    return [(LAKE, f"role/{LAKE_ROLE}", None, GONE)]


@edit
def recreate_role_by_hand(w):
    """Deleted and made again with everything but the identity: what names it is left with a dead principal."""
    iam = w.iams[LAKE]
    role = iam.get_role(RoleName=LAKE_ROLE)["Role"]
    inline = {n: iam.get_role_policy(RoleName=LAKE_ROLE, PolicyName=n)["PolicyDocument"] for n in iam.list_role_policies(RoleName=LAKE_ROLE)["PolicyNames"]}
    attached = [p["PolicyArn"] for p in iam.list_attached_role_policies(RoleName=LAKE_ROLE)["AttachedPolicies"]]
    bucket = w.bucket(LAKE, lambda name: f"role{role['Path']}{LAKE_ROLE}" in json.dumps(w.bucket_policy(LAKE, name)))
    w.delete_role(LAKE, LAKE_ROLE)
    arguments = {"Description": role["Description"]} if role.get("Description") else {}
    iam.create_role(RoleName=LAKE_ROLE, Path=role["Path"], AssumeRolePolicyDocument=json.dumps(role["AssumeRolePolicyDocument"]),
                    MaxSessionDuration=role["MaxSessionDuration"], Tags=role.get("Tags") or [], **arguments)
    for name, document in inline.items():
        iam.put_role_policy(RoleName=LAKE_ROLE, PolicyName=name, PolicyDocument=json.dumps(document))
    for arn in attached:
        iam.attach_role_policy(RoleName=LAKE_ROLE, PolicyArn=arn)
    return [(LAKE, f"bucket/{bucket}", "policy", CHANGED)]


@edit
def add_tag_to_role(w):
    w.iam.tag_role(RoleName=ROLE, Tags=[{"Key": "CostCentre", "Value": "42"}])
    return [(ANALYTICS, f"role/{ROLE}", "tag/CostCentre", EXTRA)]


@edit
def change_mark_of_role(w):
    w.iam.tag_role(RoleName=ROLE, Tags=[{"Key": "hatrack:environment", "Value": "analytics "}])
    return [(ANALYTICS, f"role/{ROLE}", None, FOREIGN)]


@edit
def add_inline_policy_to_role(w):
    w.iam.put_role_policy(RoleName=ROLE, PolicyName="temporary", PolicyDocument=json.dumps(ANYTHING))
    return [(ANALYTICS, f"role/{ROLE}", "inline/temporary", EXTRA)]


@edit
def widen_inline_policy(w):
    name = w.inline()
    w.iam.put_role_policy(RoleName=ROLE, PolicyName=name, PolicyDocument=json.dumps(ANYTHING))
    return [(ANALYTICS, f"role/{ROLE}", f"inline/{name}", CHANGED)]


@edit
def delete_inline_policy(w):
    name = w.inline()
    w.iam.delete_role_policy(RoleName=ROLE, PolicyName=name)
    return [(ANALYTICS, f"role/{ROLE}", f"inline/{name}", GONE)]


@edit
def put_boundary_on_role(w):
    w.iam.put_role_permissions_boundary(RoleName=ROLE, PermissionsBoundary=ADMIN)
    return [(ANALYTICS, f"role/{ROLE}", "boundary", EXTRA)]


@edit
def drop_boundary(w):
    for user in w.iam.list_users()["Users"]:
        if w.iam.get_user(UserName=user["UserName"])["User"].get("PermissionsBoundary"):
            w.iam.delete_user_permissions_boundary(UserName=user["UserName"])
            return [(ANALYTICS, f"user/{user['UserName']}", "boundary", GONE)]
    for role in w.iam.list_roles()["Roles"]:
        if w.iam.get_role(RoleName=role["RoleName"])["Role"].get("PermissionsBoundary"):
            w.iam.delete_role_permissions_boundary(RoleName=role["RoleName"])
            return [(ANALYTICS, f"role/{role['RoleName']}", "boundary", GONE)]
    raise Skip("nobody has a boundary")


@edit
def lengthen_sessions(w):
    role = w.iam.get_role(RoleName=ROLE)["Role"]
    w.iam.update_role(RoleName=ROLE, Description=role.get("Description", ""), MaxSessionDuration=43200)
    return [(ANALYTICS, f"role/{ROLE}", None, CHANGED)]


@edit
def change_description(w):
    role = w.iam.get_role(RoleName=ROLE)["Role"]
    w.iam.update_role(RoleName=ROLE, Description="changed by hand", MaxSessionDuration=role["MaxSessionDuration"])
    return [(ANALYTICS, f"role/{ROLE}", None, CHANGED)]


@edit
def take_role_out_of_profile(w):
    w.iam.remove_role_from_instance_profile(InstanceProfileName=ROLE, RoleName=ROLE)
    return [(ANALYTICS, f"instance-profile/{ROLE}", "role", GONE)]


@edit
def put_another_role_into_profile(w):
    w.iam.remove_role_from_instance_profile(InstanceProfileName=ROLE, RoleName=ROLE)
    w.iam.add_role_to_instance_profile(InstanceProfileName=ROLE, RoleName="GlueEtl")
    return [(ANALYTICS, f"instance-profile/{ROLE}", "role", CHANGED)]


@edit
def delete_instance_profile(w):
    w.iam.remove_role_from_instance_profile(InstanceProfileName=ROLE, RoleName=ROLE)
    w.iam.delete_instance_profile(InstanceProfileName=ROLE)
    return [(ANALYTICS, f"instance-profile/{ROLE}", None, GONE)]


# --- groups and users ---------------------------------------------------------------------------------------------


@edit
def delete_group(w):
    for user in w.iam.get_group(GroupName=GROUP)["Users"]:
        w.iam.remove_user_from_group(GroupName=GROUP, UserName=user["UserName"])
    for policy in w.iam.list_attached_group_policies(GroupName=GROUP)["AttachedPolicies"]:
        w.iam.detach_group_policy(GroupName=GROUP, PolicyArn=policy["PolicyArn"])
    for name in w.iam.list_group_policies(GroupName=GROUP)["PolicyNames"]:
        w.iam.delete_group_policy(GroupName=GROUP, PolicyName=name)
    w.iam.delete_group(GroupName=GROUP)
    return [(ANALYTICS, f"group/{GROUP}", None, GONE)]


@edit
def detach_from_group(w):
    w.iam.detach_group_policy(GroupName=GROUP, PolicyArn=S3_READ)
    return [(ANALYTICS, f"group/{GROUP}", "attached/AmazonS3ReadOnlyAccess", GONE)]


@edit
def detach_guard_from_group(w):
    w.iam.detach_group_policy(GroupName=GROUP, PolicyArn=w.policy_arn())
    return [(ANALYTICS, f"group/{GROUP}", f"attached/{POLICY}", GONE)]


@edit
def attach_administrator_to_group(w):
    w.iam.attach_group_policy(GroupName=GROUP, PolicyArn=ADMIN)
    return [(ANALYTICS, f"group/{GROUP}", "attached/AdministratorAccess", EXTRA)]


@edit
def add_inline_policy_to_group(w):
    w.iam.put_group_policy(GroupName=GROUP, PolicyName="temporary", PolicyDocument=json.dumps(ANYTHING))
    return [(ANALYTICS, f"group/{GROUP}", "inline/temporary", EXTRA)]


@edit
def move_group(w):
    w.iam.update_group(GroupName=GROUP, NewPath="/elsewhere/")  # a group's mark is its path
    return [(ANALYTICS, f"group/{GROUP}", None, FOREIGN)]


@edit
def rename_group(w):
    w.iam.update_group(GroupName=GROUP, NewGroupName="Scientists")
    return [(ANALYTICS, f"group/{GROUP}", None, GONE), (ANALYTICS, "group/Scientists", None, EXTRA)]


@edit
def add_undeclared_user_to_group(w):
    w.iam.create_user(UserName="mallory")
    w.iam.add_user_to_group(GroupName=GROUP, UserName="mallory")
    return [(ANALYTICS, "user/mallory", f"membership/{GROUP}", EXTRA)]


@edit
def remove_user_from_group(w):
    user = w.user()
    w.iam.remove_user_from_group(GroupName=GROUP, UserName=user)
    return [(ANALYTICS, f"user/{user}", f"membership/{GROUP}", GONE)]


@edit
def add_user_to_another_group(w):
    w.iam.create_group(GroupName="Admins")
    w.iam.add_user_to_group(GroupName="Admins", UserName=w.user())
    return [(ANALYTICS, f"user/{w.user()}", "membership/Admins", EXTRA)]


@edit
def delete_user(w):
    user = w.user()
    for group in w.iam.list_groups_for_user(UserName=user)["Groups"]:
        w.iam.remove_user_from_group(GroupName=group["GroupName"], UserName=user)
    for policy in w.iam.list_attached_user_policies(UserName=user)["AttachedPolicies"]:
        w.iam.detach_user_policy(UserName=user, PolicyArn=policy["PolicyArn"])
    for name in w.iam.list_user_policies(UserName=user)["PolicyNames"]:
        w.iam.delete_user_policy(UserName=user, PolicyName=name)
    try:
        w.iam.delete_login_profile(UserName=user)
    except w.iam.exceptions.NoSuchEntityException:
        pass
    w.iam.delete_user(UserName=user)
    return [(ANALYTICS, f"user/{user}", None, GONE)]


@edit
def make_access_key(w):
    key = w.iam.create_access_key(UserName=w.user())["AccessKey"]["AccessKeyId"]
    # The credential report names no ids, so the name after the slash is the reader's own.
    return [(ANALYTICS, f"user/{w.user()}", ("access-key/", key), EXTRA)]


@edit
def upload_ssh_key(w):
    w.iam.upload_ssh_public_key(UserName="bob", SSHPublicKeyBody="ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7 bob")
    return [(ANALYTICS, "user/bob", ("ssh-public-key/", None), EXTRA)]


@edit
def make_service_credential(w):
    w.iam.create_service_specific_credential(UserName="bob", ServiceName="codecommit.amazonaws.com")
    return [(ANALYTICS, "user/bob", ("service-specific-credential/", None), EXTRA)]


@edit
def remove_sign_in(w):
    for user in w.iam.list_users()["Users"]:
        try:
            w.iam.delete_login_profile(UserName=user["UserName"])
        except w.iam.exceptions.NoSuchEntityException:
            continue
        return [(ANALYTICS, f"user/{user['UserName']}", "sign-in", GONE)]
    raise Skip("nobody signs in")


@edit
def make_sign_in(w):
    w.iam.create_login_profile(UserName="bob", Password="Correct-horse-7-battery")
    return [(ANALYTICS, "user/bob", "sign-in", EXTRA)]


@edit
def add_inline_policy_to_user(w):
    w.iam.put_user_policy(UserName=w.user(), PolicyName="temporary", PolicyDocument=json.dumps(ANYTHING))
    return [(ANALYTICS, f"user/{w.user()}", "inline/temporary", EXTRA)]


@edit
def attach_policy_to_user(w):
    w.iam.attach_user_policy(UserName=w.user(), PolicyArn=S3_READ)
    return [(ANALYTICS, f"user/{w.user()}", "attached/AmazonS3ReadOnlyAccess", EXTRA)]


@edit
def put_boundary_on_user(w):
    before = w.iam.get_user(UserName=w.user())["User"].get("PermissionsBoundary")
    w.iam.put_user_permissions_boundary(UserName=w.user(), PermissionsBoundary=ADMIN)
    return [(ANALYTICS, f"user/{w.user()}", "boundary", CHANGED if before else EXTRA)]


@edit
def move_user(w):
    w.iam.update_user(UserName=w.user(), NewPath="/elsewhere/")
    return [(ANALYTICS, f"user/{w.user()}", None, CHANGED)]


@edit
def add_tag_to_user(w):
    w.iam.tag_user(UserName=w.user(), Tags=[{"Key": "CostCentre", "Value": "42"}])
    return [(ANALYTICS, f"user/{w.user()}", "tag/CostCentre", EXTRA)]


@edit
def remove_mark_of_user(w):
    w.iam.untag_user(UserName=w.user(), TagKeys=["hatrack:environment"])
    return [(ANALYTICS, f"user/{w.user()}", None, FOREIGN)]


# --- customer managed policies ------------------------------------------------------------------------------------


@edit
def new_default_version(w):
    w.iam.create_policy_version(PolicyArn=w.policy_arn(), PolicyDocument=json.dumps(ANYTHING), SetAsDefault=True)
    return [(ANALYTICS, f"policy/{POLICY}", None, CHANGED)]


@edit
def older_version_default(w):
    """A wrong version set as default where the right one is still there, with all five versions taken."""
    arn, right = w.policy_arn(), w.document()
    versions = w.iam.list_policy_versions(PolicyArn=arn)["Versions"]
    for version in versions:
        if not version["IsDefaultVersion"]:
            w.iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
    wrong = w.iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(ANYTHING))["PolicyVersion"]["VersionId"]
    for _ in range(3):
        w.iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(right), SetAsDefault=True)
    w.iam.set_default_policy_version(PolicyArn=arn, VersionId=wrong)
    return [(ANALYTICS, f"policy/{POLICY}", None, CHANGED)]


@edit
def change_tag_of_policy(w):
    w.iam.tag_policy(PolicyArn=w.policy_arn(), Tags=[{"Key": "CostCentre", "Value": "42"}])
    return [(ANALYTICS, f"policy/{POLICY}", "tag/CostCentre", EXTRA)]


@edit
def delete_policy(w):
    arn = w.policy_arn()
    holders = w.iam.list_entities_for_policy(PolicyArn=arn, PolicyUsageFilter="PermissionsPolicy")
    for group in holders["PolicyGroups"]:
        w.iam.detach_group_policy(GroupName=group["GroupName"], PolicyArn=arn)
    for role in holders["PolicyRoles"]:
        w.iam.detach_role_policy(RoleName=role["RoleName"], PolicyArn=arn)
    for user in holders["PolicyUsers"]:
        w.iam.detach_user_policy(UserName=user["UserName"], PolicyArn=arn)
    bounded = w.iam.list_entities_for_policy(PolicyArn=arn, PolicyUsageFilter="PermissionsBoundary")
    for role in bounded["PolicyRoles"]:
        w.iam.delete_role_permissions_boundary(RoleName=role["RoleName"])
    for user in bounded["PolicyUsers"]:
        w.iam.delete_user_permissions_boundary(UserName=user["UserName"])
    for version in w.iam.list_policy_versions(PolicyArn=arn)["Versions"]:
        if not version["IsDefaultVersion"]:
            w.iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
    w.iam.delete_policy(PolicyArn=arn)
    return [(ANALYTICS, f"policy/{POLICY}", None, GONE)]


# --- buckets ------------------------------------------------------------------------------------------------------


@edit
def widen_bucket_policy(w):
    name = w.with_policy()
    policy = w.bucket_policy(LAKE, name)
    policy["Statement"].append({"Sid": "Temporary", "Effect": "Allow", "Principal": {"AWS": ACCOUNTS[ANALYTICS]},
                                "Action": "s3:*", "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]})
    w.s3s[LAKE].put_bucket_policy(Bucket=name, Policy=json.dumps(policy))
    return [(LAKE, f"bucket/{name}", "policy", CHANGED)]


@edit
def delete_bucket_policy(w):
    name = w.with_policy()
    w.s3s[LAKE].delete_bucket_policy(Bucket=name)
    return [(LAKE, f"bucket/{name}", "policy", GONE)]


@edit
def change_tag_of_bucket(w):
    s3, name = w.s3s[LAKE], w.bucket()
    tags = s3.get_bucket_tagging(Bucket=name)["TagSet"]
    key = next((t["Key"] for t in tags if not t["Key"].startswith("hatrack:")), None)
    if key is None:
        raise Skip(f"{name} has no tag of its own")
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [t if t["Key"] != key else {"Key": key, "Value": "by hand"} for t in tags]})
    return [(LAKE, f"bucket/{name}", f"tag/{key}", CHANGED)]


@edit
def remove_tags_of_bucket(w):
    name = w.bucket()
    w.s3s[LAKE].delete_bucket_tagging(Bucket=name)
    return [(LAKE, f"bucket/{name}", None, FOREIGN)]


@edit
def switch_off_public_access_block(w):
    name = w.bucket()
    w.s3s[LAKE].put_public_access_block(Bucket=name, PublicAccessBlockConfiguration={
        "BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": False, "RestrictPublicBuckets": False})
    return [(LAKE, f"bucket/{name}", "public-access-block", CHANGED)]


@edit
def delete_public_access_block(w):
    name = w.bucket()
    w.s3s[LAKE].delete_public_access_block(Bucket=name)
    return [(LAKE, f"bucket/{name}", "public-access-block", GONE)]


@edit
def suspend_versioning(w):
    name = w.bucket(LAKE, lambda n: w.s3s[LAKE].get_bucket_versioning(Bucket=n).get("Status") == "Enabled")
    w.s3s[LAKE].put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Suspended"})
    return [(LAKE, f"bucket/{name}", "versioning", CHANGED)]


@edit
def change_encryption(w):
    name = w.bucket()
    rule = w.s3s[LAKE].get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"][0]
    w.s3s[LAKE].put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [{
        **rule, "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/other"}, "BucketKeyEnabled": True}]})
    return [(LAKE, f"bucket/{name}", "encryption", CHANGED)]


@edit
def add_lifecycle_rule(w):
    name = w.bucket()
    try:
        rules = w.s3s[LAKE].get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
    except ClientError:
        rules = []
    rule = {"ID": "by-hand", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}
    w.s3s[LAKE].put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": [*rules, rule]})
    return [(LAKE, f"bucket/{name}", "lifecycle", CHANGED if rules else EXTRA)]


@edit
def delete_lifecycle(w):
    for environment, s3 in w.s3s.items():
        try:
            name = w.bucket(environment, lambda n: s3.get_bucket_lifecycle_configuration(Bucket=n)["Rules"])
        except Skip:
            continue
        s3.delete_bucket_lifecycle(Bucket=name)
        return [(environment, f"bucket/{name}", "lifecycle", GONE)]
    raise Skip("no bucket has lifecycle rules")


@edit
def change_ownership(w):
    name = w.bucket()
    w.s3s[LAKE].put_bucket_ownership_controls(Bucket=name, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]})
    return [(LAKE, f"bucket/{name}", "ownership", CHANGED)]


@edit
def delete_bucket(w):
    name = w.bucket()
    w.s3s[LAKE].delete_bucket(Bucket=name)
    return [(LAKE, f"bucket/{name}", None, GONE)]


# --- the world to try the edits on without hatrack ------------------------------------------------------------------


def build(w):
    """Something like what `environments/` declares, by boto3: enough to make every edit."""
    iam, lake_iam, s3 = w.iam, w.iams[LAKE], w.s3s[LAKE]
    mark = lambda e: [{"Key": "hatrack:environment", "Value": e}]
    trust = lambda service: json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]})
    read = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-lake/*"}]})
    policy = iam.create_policy(PolicyName=POLICY, Path="/hatrack/analytics/", PolicyDocument=read)["Policy"]["Arn"]
    iam.create_group(GroupName=GROUP, Path="/hatrack/analytics/")
    for arn in (S3_READ, "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess", "arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess", policy):
        iam.attach_group_policy(GroupName=GROUP, PolicyArn=arn)
    for user in ("alice", "bob", "cy"):
        iam.create_user(UserName=user, Tags=mark(ANALYTICS), **({"PermissionsBoundary": policy} if user == "cy" else {}))
        iam.add_user_to_group(GroupName=GROUP, UserName=user)
    iam.create_login_profile(UserName="alice", Password="Correct-horse-7-battery")
    iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=trust("ec2.amazonaws.com"), Tags=mark(ANALYTICS))
    iam.put_role_policy(RoleName=ROLE, PolicyName="data", PolicyDocument=read)
    iam.create_instance_profile(InstanceProfileName=ROLE, Path="/hatrack/analytics/")
    iam.add_role_to_instance_profile(InstanceProfileName=ROLE, RoleName=ROLE)
    iam.create_role(RoleName="GlueEtl", AssumeRolePolicyDocument=trust("glue.amazonaws.com"), Tags=mark(ANALYTICS))
    iam.attach_role_policy(RoleName="GlueEtl", PolicyArn="arn:aws:iam::aws:policy/service-role/AWSGlueServiceRole")
    lake_iam.create_role(RoleName=LAKE_ROLE, Tags=mark(LAKE), AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": ACCOUNTS[ANALYTICS]}, "Action": "sts:AssumeRole", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}]}))
    lake_iam.put_role_policy(RoleName=LAKE_ROLE, PolicyName="grants", PolicyDocument=read)
    s3.create_bucket(Bucket="acme-lake", CreateBucketConfiguration={"LocationConstraint": "eu-west-1", "Tags": [*mark(LAKE), {"Key": "classification", "Value": "internal"}]})
    s3.put_bucket_versioning(Bucket="acme-lake", VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_lifecycle_configuration(Bucket="acme-lake", LifecycleConfiguration={"Rules": [
        {"ID": "uploads", "Status": "Enabled", "Filter": {"Prefix": ""}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}}]})
    s3.put_bucket_policy(Bucket="acme-lake", Policy=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNTS[LAKE]}:role/{LAKE_ROLE}"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-lake/*"}]}))


def main():
    """Tries every edit on a world of its own, and checks that each changes what it says, and nothing else's class."""
    import sys

    import photo
    from common import Checks, Server

    checks = Checks()
    with Server() as server:
        world = World(server.client)
        for name, function in EDITS.items():
            server.control("wipe", {})
            build(world)
            before = {e: photo.take(world.iams[e], world.s3s[e]) for e in ACCOUNTS}
            expected = function(world)
            after = {e: photo.take(world.iams[e], world.s3s[e]) for e in ACCOUNTS}
            lines = [f"{e} {line}" for e in ACCOUNTS for line in photo.differences(before[e], after[e])]
            named = all(any(line.startswith(f"{e} {address}:") for line in lines) for e, address, _, _ in expected)
            checks.check(f"edit {name}: {expected[0][1]} {expected[0][2] or ''} {expected[0][3]}", lines and named, "\n".join(lines))
    sys.exit(checks.end("edits"))


if __name__ == "__main__":
    main()
