"""SageMaker's notebooks, lifecycle configurations, model package groups, tags."""

import base64

from checks.base import EC2, proves
from checks.sagemaker_studio import domain, role, states


def content(text):
    return base64.b64encode(text.encode()).decode()


@proves(
    "notebook-not-found", "notebook-names", "notebook-stopped", "notebook-network", "notebook-volume", "notebook-configs", "sagemaker-states", "pages"
)
def notebooks(t):
    sm, a, execution = t.sm, t.account, role(t)
    name, key = {"NotebookInstanceName": "Nb"}, "NotebookInstanceStatus"
    base = {"InstanceType": "ml.t3.medium", "RoleArn": execution}
    t.refused("a notebook that is not there is RecordNotFound", "ValidationException", sm.describe_notebook_instance, 400, "RecordNotFound", **name)
    t.refused("no internet needs a subnet", "ValidationException", sm.create_notebook_instance, 400, DirectInternetAccess="Disabled", **name, **base)
    t.refused("so do security groups", "ValidationException", sm.create_notebook_instance, 400, SecurityGroupIds=["sg-1"], **name, **base)
    t.refused(
        "a lifecycle configuration is there", "ValidationException", sm.create_notebook_instance, 400, LifecycleConfigName="none", **name, **base
    )
    arn = sm.create_notebook_instance(SubnetId="subnet-1", SecurityGroupIds=["sg-1"], Tags=[{"Key": "k", "Value": "v"}], **name, **base)[
        "NotebookInstanceArn"
    ]
    t.same("its ARN is in small letters", arn, f"arn:aws:sagemaker:eu-west-1:{a}:notebook-instance/nb")
    t.same("it goes from Pending to InService", states(t, sm.describe_notebook_instance, key, **name), ["Pending", "InService"])
    got = sm.describe_notebook_instance(**name)
    t.same(
        "it has defaults",
        (
            got["VolumeSizeInGB"],
            got["RootAccess"],
            got["DirectInternetAccess"],
            got["PlatformIdentifier"],
            got["InstanceMetadataServiceConfiguration"],
            got["SecurityGroups"],
        ),
        (5, "Enabled", "Enabled", "notebook-al2-v3", {"MinimumInstanceMetadataServiceVersion": "1"}, ["sg-1"]),
    )
    t.refused(
        "a second of the name is a duplicate",
        "ValidationException",
        sm.create_notebook_instance,
        400,
        f"Cannot create a duplicate Notebook Instance ({arn})",
        **name,
        **base,
    )
    t.refused(
        "while InService it cannot go",
        "ValidationException",
        sm.delete_notebook_instance,
        400,
        f"Status (InService) not in ([Stopped, Failed]). Unable to transition to (Deleting) for Notebook Instance ({arn})",
        **name,
    )
    t.refused(
        "nor change",
        "ValidationException",
        sm.update_notebook_instance,
        400,
        "Status (InService) not in ([Stopped])",
        InstanceType="ml.m5.xlarge",
        **name,
    )
    t.refused("nor start", "ValidationException", sm.start_notebook_instance, 400, **name)
    t.check("it can be opened", sm.create_presigned_notebook_instance_url(**name)["AuthorizedUrl"].startswith("https://nb.notebook.eu-west-1"))
    sm.stop_notebook_instance(**name)
    t.same("it goes from Stopping to Stopped", states(t, sm.describe_notebook_instance, key, **name), ["Stopping", "Stopped"])
    sm.create_notebook_instance_lifecycle_config(NotebookInstanceLifecycleConfigName="lc", OnStart=[{"Content": content("echo")}])
    sm.update_notebook_instance(InstanceType="ml.m5.xlarge", VolumeSizeInGB=20, LifecycleConfigName="lc", **name)
    t.same("a change goes through Updating back to Stopped", states(t, sm.describe_notebook_instance, key, **name), ["Updating", "Stopped"])
    got = sm.describe_notebook_instance(**name)
    t.same("and is there", (got["InstanceType"], got["VolumeSizeInGB"], got["NotebookInstanceLifecycleConfigName"]), ("ml.m5.xlarge", 20, "lc"))
    t.refused("a volume does not shrink", "ValidationException", sm.update_notebook_instance, 400, VolumeSizeInGB=10, **name)
    t.unmodelled("what only the creation takes is refused", "UpdateNotebookInstance", "'subnetId'", SubnetId="subnet-2", **name)
    sm.update_notebook_instance(DisassociateLifecycleConfig=True, **name)
    states(t, sm.describe_notebook_instance, key, **name)
    t.check("a lifecycle configuration can be taken off", "NotebookInstanceLifecycleConfigName" not in sm.describe_notebook_instance(**name))
    sm.start_notebook_instance(**name)
    t.same("it starts through Pending", states(t, sm.describe_notebook_instance, key, **name), ["Pending", "InService"])
    for i in range(4):
        sm.create_notebook_instance(NotebookInstanceName=f"n{i}", **base)
    t.paged("ListNotebookInstances", sm.list_notebook_instances, "NotebookInstances", 5, ("NextToken", "NextToken"), ("MaxResults", 2))
    t.same("a part of the name narrows", len(sm.list_notebook_instances(NameContains="n1")["NotebookInstances"]), 1)
    t.same("so does the state", [n["NotebookInstanceName"] for n in sm.list_notebook_instances(StatusEquals="Stopped")["NotebookInstances"]], [])
    t.config(sagemaker_fail={"StartNotebookInstance": "No capacity."})
    sm.stop_notebook_instance(**name)
    states(t, sm.describe_notebook_instance, key, **name)
    sm.start_notebook_instance(**name)
    t.same(
        "it can fail to start",
        (states(t, sm.describe_notebook_instance, key, **name), sm.describe_notebook_instance(**name)["FailureReason"]),
        (["Pending", "Failed"], "No capacity."),
    )
    t.config(sagemaker_fail={})
    sm.delete_notebook_instance(**name)
    t.same("a failed one can go", states(t, sm.describe_notebook_instance, key, **name), ["Deleting", "ValidationException"])


@proves("config-content", "config-in-use", "config-names", "studio-configs", "pages")
def lifecycle_configs(t):
    sm = t.sm
    execution, key = role(t), domain(t, DefaultUserSettings={"ExecutionRole": role(t, "d")})
    nb = lambda name="lc", **more: {"NotebookInstanceLifecycleConfigName": name, **more}
    t.refused(
        "a configuration that is not there",
        "ValidationException",
        sm.describe_notebook_instance_lifecycle_config,
        400,
        "(Details: Notebook Instance Lifecycle Config does not exist.)",
        **nb(),
    )
    t.refused(
        "content is base64", "ValidationException", sm.create_notebook_instance_lifecycle_config, 400, OnCreate=[{"Content": "no base64!"}], **nb()
    )
    t.refused(
        "of 16,384 characters",
        "ValidationException",
        sm.create_notebook_instance_lifecycle_config,
        400,
        OnCreate=[{"Content": content("x" * 13000)}],
        **nb(),
    )
    sm.create_notebook_instance_lifecycle_config(OnCreate=[{"Content": content("a")}], OnStart=[{"Content": content("b")}], **nb())
    t.refused("a second of the name", "ValidationException", sm.create_notebook_instance_lifecycle_config, 400, "already exists", **nb())
    t.same("it comes back", sm.describe_notebook_instance_lifecycle_config(**nb())["OnCreate"], [{"Content": content("a")}])
    sm.update_notebook_instance_lifecycle_config(OnStart=[{"Content": content("c")}], **nb())
    got = sm.describe_notebook_instance_lifecycle_config(**nb())
    t.same("an update is the whole of it", (got.get("OnCreate"), got["OnStart"]), (None, [{"Content": content("c")}]))
    sm.create_notebook_instance(NotebookInstanceName="n", InstanceType="ml.t3.medium", RoleArn=execution, LifecycleConfigName="lc")
    t.refused("in use it cannot go", "ValidationException", sm.delete_notebook_instance_lifecycle_config, 400, "in use", **nb())
    for i in range(3):
        sm.create_notebook_instance_lifecycle_config(**nb(f"x{i}"))
        sm.create_studio_lifecycle_config(
            StudioLifecycleConfigName=f"x{i}", StudioLifecycleConfigContent=content("x"), StudioLifecycleConfigAppType="JupyterLab"
        )
    t.paged(
        "ListNotebookInstanceLifecycleConfigs",
        sm.list_notebook_instance_lifecycle_configs,
        "NotebookInstanceLifecycleConfigs",
        4,
        ("NextToken", "NextToken"),
        ("MaxResults", 2),
    )
    sm.delete_notebook_instance_lifecycle_config(**nb("x0"))
    t.refused("deleted once", "ValidationException", sm.delete_notebook_instance_lifecycle_config, 400, "does not exist", **nb("x0"))
    studio = {"StudioLifecycleConfigName": "s"}
    t.refused(
        "Studio's content is base64 too",
        "ValidationException",
        sm.create_studio_lifecycle_config,
        400,
        StudioLifecycleConfigContent="???",
        StudioLifecycleConfigAppType="JupyterLab",
        **studio,
    )
    arn = sm.create_studio_lifecycle_config(StudioLifecycleConfigContent=content("s"), StudioLifecycleConfigAppType="JupyterLab", **studio)[
        "StudioLifecycleConfigArn"
    ]
    t.refused(
        "a second of the name is ResourceInUse",
        "ResourceInUse",
        sm.create_studio_lifecycle_config,
        400,
        StudioLifecycleConfigContent=content("s"),
        StudioLifecycleConfigAppType="JupyterLab",
        **studio,
    )
    t.same("it comes back", sm.describe_studio_lifecycle_config(**studio)["StudioLifecycleConfigContent"], content("s"))
    t.paged(
        "ListStudioLifecycleConfigs", sm.list_studio_lifecycle_configs, "StudioLifecycleConfigs", 4, ("NextToken", "NextToken"), ("MaxResults", 2)
    )
    settings = {"JupyterLabAppSettings": {"DefaultResourceSpec": {"LifecycleConfigArn": arn}, "LifecycleConfigArns": [arn]}}
    sm.update_domain(DomainId=key, DefaultUserSettings=settings)
    t.refused("named by a domain it cannot go", "ResourceInUse", sm.delete_studio_lifecycle_config, 400, **studio)
    (
        t.refused(
            "what settings name is there",
            "ValidationException",
            sm.create_user_profile,
            400,
            DomainId=key,
            UserProfileName="p",
            UserSettings={"JupyterLabAppSettings": {"LifecycleConfigArns": [arn + "x"]}},
        )
        if states(t, sm.describe_domain, DomainId=key)
        else None
    )
    sm.delete_studio_lifecycle_config(StudioLifecycleConfigName="x0")
    t.refused("deleted it is ResourceNotFound", "ResourceNotFound", sm.describe_studio_lifecycle_config, 400, StudioLifecycleConfigName="x0")


@proves("sagemaker-tags", "execution-role")
def tags_and_groups(t):
    sm, key = t.sm, domain(t)
    arn = sm.describe_domain(DomainId=key)["DomainArn"]
    sm.add_tags(ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    sm.add_tags(ResourceArn=arn, Tags=[{"Key": "a", "Value": "3"}])
    t.same("AddTags overwrites, and adds", sm.list_tags(ResourceArn=arn)["Tags"], [{"Key": "a", "Value": "3"}, {"Key": "b", "Value": "2"}])
    sm.delete_tags(ResourceArn=arn, TagKeys=["a", "none"])
    t.same("DeleteTags takes what is there", sm.list_tags(ResourceArn=arn)["Tags"], [{"Key": "b", "Value": "2"}])
    t.refused("an ARN that is nothing's has no tags", "ResourceNotFound", sm.list_tags, 400, ResourceArn=arn[:-4] + "none")
    t.refused("aws: is reserved", "ValidationException", sm.add_tags, 400, "aws:", ResourceArn=arn, Tags=[{"Key": "aws:x", "Value": "1"}])
    sm.add_tags(ResourceArn=arn, Tags=[{"Key": f"k{i}", "Value": ""} for i in range(49)])
    t.refused("50 are the most", "ValidationException", sm.add_tags, 400, ResourceArn=arn, Tags=[{"Key": "one-more", "Value": ""}])
    pages, token, found = 0, {}, 0
    while pages < 9:
        page = sm.list_tags(ResourceArn=arn, MaxResults=50, **token)
        pages, found = pages + 1, found + len(page["Tags"])
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    t.same("ListTags gives them all", found, 50)
    group = {"ModelPackageGroupName": "g"}
    made = sm.create_model_package_group(ModelPackageGroupDescription="d", Tags=[{"Key": "k", "Value": "v"}], **group)["ModelPackageGroupArn"]
    got = sm.describe_model_package_group(**group)
    t.same(
        "a model package group comes back",
        (got["ModelPackageGroupArn"], got["ModelPackageGroupStatus"], got["ModelPackageGroupDescription"]),
        (made, "Completed", "d"),
    )
    t.refused("a second of the name", "ValidationException", sm.create_model_package_group, 400, "already exists", **group)
    t.same("it is listed", [g["ModelPackageGroupName"] for g in sm.list_model_package_groups()["ModelPackageGroupSummaryList"]], ["g"])
    t.refused("it has no policy at first", "ValidationException", sm.get_model_package_group_policy, 400, **group)
    sm.put_model_package_group_policy(ResourcePolicy="{}", **group)
    t.same("then the one it was given", sm.get_model_package_group_policy(**group)["ResourcePolicy"], "{}")
    t.works("which can go", sm.delete_model_package_group_policy, **group)
    sm.delete_model_package_group(**group)
    t.refused("gone it does not exist", "ValidationException", sm.describe_model_package_group, 400, "does not exist", **group)
    t.refused(
        "a notebook's role trusts SageMaker",
        "ValidationException",
        sm.create_notebook_instance,
        400,
        "Could not assume role",
        NotebookInstanceName="n",
        InstanceType="ml.t3.medium",
        RoleArn=role(t, "e", EC2),
    )
