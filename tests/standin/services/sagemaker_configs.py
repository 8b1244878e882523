"""SageMaker's lifecycle configurations, model package groups, and tags."""

import base64
import binascii

from services.sagemaker_store import Thing, in_use, invalid, keep_tags, missing, narrowed
from services.sagemaker_studio import arns
from world.operations import op, page
from world.rules import on, rule
from world.state import now

rule("config-content", "the content of a lifecycle configuration is base64 of at most 16,384 characters [M]")
rule("config-in-use", "a lifecycle configuration in use cannot be deleted [G]")
rule("config-names", "a second lifecycle configuration of a name is refused; so is reading one that is not there [X]")


class Still(Thing):
    """A thing without states."""

    def __init__(self, arn, data):
        self.arn, self.data, self.created = arn, data, now()
        self.modified, self.status, self.reason, self.moving = self.created, "", None, False


def check_content(text):
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        decoded = None
    if on("config-content") and (decoded is None or len(text) > 16384):
        raise invalid("Lifecycle configuration content must be base64 encoded and have at most 16384 characters.")


# --- of notebooks -----------------------------------------------------------------------------------------------

NB, KEY = "Notebook Instance Lifecycle Config", "NotebookInstanceLifecycleConfigName"


def notebook_config(call, p, verb):
    config = call.sagemaker.notebook_configs.get(p[KEY])
    if config is None:
        arn = call.sagemaker.arn(f"notebook-instance-lifecycle-config/{p[KEY].lower()}")
        raise invalid(f"Unable to {verb} {NB} '{arn}'. (Details: {NB} does not exist.)")
    return config


def hooks(p):
    for hook in ("OnCreate", "OnStart"):
        for one in p.get(hook) or []:
            check_content(one.get("Content", ""))


@op("sagemaker:CreateNotebookInstanceLifecycleConfig")
def create_notebook_config(call, p):
    arn = call.sagemaker.arn(f"notebook-instance-lifecycle-config/{p[KEY].lower()}")
    if p[KEY] in call.sagemaker.notebook_configs and on("config-names"):
        raise invalid(f"Unable to create {NB} {arn}. (Details: {NB} already exists.)")
    hooks(p)
    tags = p.pop("Tags", [])
    call.sagemaker.notebook_configs[p[KEY]] = Still(arn, p)
    keep_tags(call, arn, tags)
    return {"NotebookInstanceLifecycleConfigArn": arn}


@op("sagemaker:DescribeNotebookInstanceLifecycleConfig")
def describe_notebook_config(call, p):
    config = notebook_config(call, p, "describe")
    return {**config.data, "NotebookInstanceLifecycleConfigArn": config.arn, "CreationTime": config.created, "LastModifiedTime": config.modified}


@op("sagemaker:UpdateNotebookInstanceLifecycleConfig")
def update_notebook_config(call, p):
    config = notebook_config(call, p, "update")
    hooks(p)
    # The whole of it: a hook that is not named is gone.
    config.data = {k: p[k] for k in (KEY, "OnCreate", "OnStart") if k in p}
    config.modified = now()
    return {}


@op("sagemaker:DeleteNotebookInstanceLifecycleConfig")
def delete_notebook_config(call, p):
    config = notebook_config(call, p, "delete")
    users = [n.arn for n in call.sagemaker.notebooks.values() if n.data.get("LifecycleConfigName") == p[KEY]]
    if users and on("config-in-use"):
        raise invalid(f"Unable to delete {NB} '{config.arn}'. (Details: {NB} is in use by Notebook Instance {users[0]}.)")
    del call.sagemaker.notebook_configs[p[KEY]]
    call.sagemaker.tags.pop(config.arn, None)


@op("sagemaker:ListNotebookInstanceLifecycleConfigs")
def list_notebook_configs(call, p):
    there = narrowed(call, list(call.sagemaker.notebook_configs.values()), p, lambda c: c.data[KEY])
    now_, token = page(call, there, p.get("NextToken"), p.get("MaxResults"), 10, invalid("Invalid NextToken."))
    return {
        "NextToken": token,
        "NotebookInstanceLifecycleConfigs": [
            {KEY: c.data[KEY], "NotebookInstanceLifecycleConfigArn": c.arn, "CreationTime": c.created, "LastModifiedTime": c.modified} for c in now_
        ],
    }


# --- of Studio --------------------------------------------------------------------------------------------------

STUDIO = "StudioLifecycleConfigName"


def studio_config(call, p):
    config = call.sagemaker.studio_configs.get(p[STUDIO])
    if config is None:
        raise missing(f"StudioLifecycleConfig [{p[STUDIO]}] does not exist.")
    return config


@op("sagemaker:CreateStudioLifecycleConfig")
def create_studio_config(call, p):
    arn = call.sagemaker.arn(f"studio-lifecycle-config/{p[STUDIO].lower()}")
    if p[STUDIO] in call.sagemaker.studio_configs and on("config-names"):
        raise in_use(f"StudioLifecycleConfig [{arn}] already exists.")
    check_content(p["StudioLifecycleConfigContent"])
    tags = p.pop("Tags", [])
    call.sagemaker.studio_configs[p[STUDIO]] = Still(arn, p)
    keep_tags(call, arn, tags)
    return {"StudioLifecycleConfigArn": arn}


@op("sagemaker:DescribeStudioLifecycleConfig")
def describe_studio_config(call, p):
    config = studio_config(call, p)
    return {**config.data, "StudioLifecycleConfigArn": config.arn, "CreationTime": config.created, "LastModifiedTime": config.modified}


@op("sagemaker:DeleteStudioLifecycleConfig")
def delete_studio_config(call, p):
    config = studio_config(call, p)
    store = call.sagemaker
    things = (*store.domains.values(), *store.profiles.values(), *store.spaces.values(), *store.apps.values())
    users = [t.arn for t in things if t.status != "Deleted" and config.arn in arns(t.data)]
    if users and on("config-in-use"):
        raise in_use(f"Unable to delete StudioLifecycleConfig [{config.arn}] because it is in use by [{users[0]}].")
    del store.studio_configs[p[STUDIO]]
    store.tags.pop(config.arn, None)


@op("sagemaker:ListStudioLifecycleConfigs")
def list_studio_configs(call, p):
    there = [c for c in call.sagemaker.studio_configs.values() if p.get("AppTypeEquals") in (None, c.data["StudioLifecycleConfigAppType"])]
    there = narrowed(call, there, p, lambda c: c.data[STUDIO])
    now_, token = page(call, there, p.get("NextToken"), p.get("MaxResults"), 10, invalid("Invalid NextToken."))
    return {
        "NextToken": token,
        "StudioLifecycleConfigs": [
            {
                STUDIO: c.data[STUDIO],
                "StudioLifecycleConfigArn": c.arn,
                "StudioLifecycleConfigAppType": c.data["StudioLifecycleConfigAppType"],
                "CreationTime": c.created,
                "LastModifiedTime": c.modified,
            }
            for c in now_
        ],
    }


# --- model package groups ---------------------------------------------------------------------------------------

GROUP = "ModelPackageGroupName"


def group_of(call, p):
    group = call.sagemaker.groups.get(p[GROUP])
    if group is None:
        raise invalid(f"ModelPackageGroup {call.sagemaker.arn('model-package-group/' + p[GROUP])} does not exist.")
    return group


@op("sagemaker:CreateModelPackageGroup")
def create_group(call, p):
    arn = call.sagemaker.arn(f"model-package-group/{p[GROUP]}")
    if p[GROUP] in call.sagemaker.groups:
        raise invalid(f"Model Package Group already exists: {arn}")
    tags = p.pop("Tags", [])
    call.sagemaker.groups[p[GROUP]] = Still(arn, p)
    keep_tags(call, arn, tags)
    return {"ModelPackageGroupArn": arn}


@op("sagemaker:DescribeModelPackageGroup")
def describe_group(call, p):
    group = group_of(call, p)
    return {**group.data, "ModelPackageGroupArn": group.arn, "CreationTime": group.created, "ModelPackageGroupStatus": "Completed", "CreatedBy": {}}


@op("sagemaker:ListModelPackageGroups")
def list_groups(call, p):
    there = narrowed(call, list(call.sagemaker.groups.values()), p, lambda g: g.data[GROUP])
    now_, token = page(call, there, p.get("NextToken"), p.get("MaxResults"), 10, invalid("Invalid NextToken."))
    return {
        "NextToken": token,
        "ModelPackageGroupSummaryList": [
            {**g.data, "ModelPackageGroupArn": g.arn, "CreationTime": g.created, "ModelPackageGroupStatus": "Completed"} for g in now_
        ],
    }


@op("sagemaker:DeleteModelPackageGroup")
def delete_group(call, p):
    group = group_of(call, p)
    del call.sagemaker.groups[p[GROUP]]
    call.sagemaker.tags.pop(group.arn, None)


@op("sagemaker:PutModelPackageGroupPolicy")
def put_policy(call, p):
    group = group_of(call, p)
    group.policy = p["ResourcePolicy"]
    return {"ModelPackageGroupArn": group.arn}


def policy_of(call, p):
    group = group_of(call, p)
    if getattr(group, "policy", None) is None:
        raise invalid(f"Cannot find Model Package Group Policy for {group.arn}.")
    return group


@op("sagemaker:GetModelPackageGroupPolicy")
def get_policy(call, p):
    return {"ResourcePolicy": policy_of(call, p).policy}


@op("sagemaker:DeleteModelPackageGroupPolicy")
def delete_policy(call, p):
    policy_of(call, p).policy = None


# --- tags -------------------------------------------------------------------------------------------------------


def tagged(call, arn):
    if arn not in call.sagemaker.known() and on("sagemaker-tags"):
        raise missing(f"Resource [{arn}] does not exist.") if "/d-" in arn else invalid(f"Could not find resource {arn}.")
    return call.sagemaker.tags.setdefault(arn, {})


@op("sagemaker:AddTags")
def add_tags(call, p):
    tags = tagged(call, p["ResourceArn"])
    new = {t["Key"]: t["Value"] for t in p["Tags"]}
    if on("sagemaker-tags"):
        if any(k.lower().startswith("aws:") for k in new):
            raise invalid("aws: prefixed tag key names are not allowed for external use.")
        if len(tags | new) > 50:
            raise invalid("The number of tags exceeds the limit of 50.")
    tags.update(new)
    return {"Tags": [{"Key": k, "Value": v} for k, v in tags.items()]}


@op("sagemaker:DeleteTags")
def delete_tags(call, p):
    tags = tagged(call, p["ResourceArn"])
    for key in p["TagKeys"]:
        tags.pop(key, None)
    return {}


@op("sagemaker:ListTags")
def list_tags(call, p):
    tags = [{"Key": k, "Value": v} for k, v in sorted(tagged(call, p["ResourceArn"]).items())]
    now_, token = page(call, tags, p.get("NextToken"), p.get("MaxResults"), 50, invalid("Invalid NextToken."))
    return {"Tags": now_, "NextToken": token}
