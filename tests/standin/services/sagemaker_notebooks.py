"""SageMaker's notebook instances: made, started, stopped, changed while stopped."""

from services.sagemaker_store import alive, begin, check_limit, check_role, invalid, keep_tags, missing, narrowed, seen, start, times, without_ignored
from world.operations import op, page
from world.rules import on, rule
from world.state import digits

rule("notebook-not-found", "a notebook that is not there is ValidationException 'RecordNotFound', not ResourceNotFound [X]")
rule("notebook-names", "a second notebook of a name: ValidationException 'Cannot create a duplicate Notebook Instance (arn)' [X]")
rule(
    "notebook-stopped",
    "a notebook changes while Stopped, is deleted while Stopped or Failed, starts when Stopped: 'Status (InService) not in ([Stopped, Failed]). …' [X]",
)
rule("notebook-network", "security groups and no direct internet access need a subnet [D]")
rule("notebook-volume", "a volume grows, and never shrinks [T]")
rule("notebook-configs", "a lifecycle configuration that a notebook names must exist [G]")


def name_of(call, p):
    return p["NotebookInstanceName"].lower()


def arn_of(call, p):
    return call.sagemaker.arn(f"notebook-instance/{name_of(call, p)}")


def transition(call, p, states, to):
    """The notebook, if it is in one of the states that the operation wants."""
    notebook = alive(call, call.sagemaker.notebooks).get(name_of(call, p))
    if notebook is None:
        raise lost()
    if notebook.status not in states and on("notebook-stopped"):
        raise invalid(
            f"Status ({notebook.status}) not in ([{', '.join(states)}]). Unable to transition to ({to}) for Notebook Instance ({notebook.arn})"
        )
    return notebook


def lost():
    return invalid("RecordNotFound") if on("notebook-not-found") else missing("RecordNotFound")


def check_config(call, name):
    if name and name not in call.sagemaker.notebook_configs and on("notebook-configs"):
        raise invalid(f"Unable to find Notebook Instance Lifecycle Config [{name}].")


@op("sagemaker:CreateNotebookInstance")
def create(call, p):
    p = without_ignored(call, p)
    store = alive(call, call.sagemaker.notebooks)
    arn = arn_of(call, p)
    if name_of(call, p) in store and on("notebook-names"):
        raise invalid(f"Cannot create a duplicate Notebook Instance ({arn})")
    if on("notebook-network") and not p.get("SubnetId"):
        if p.get("DirectInternetAccess") == "Disabled":
            raise invalid("Direct internet access can be disabled only when a subnet is specified.")
        if p.get("SecurityGroupIds"):
            raise invalid("SecurityGroupIds cannot be specified without a SubnetId.")
    check_role(call, p["RoleArn"])
    check_config(call, p.get("LifecycleConfigName"))
    check_limit(call, "notebooks", len(store))
    tags = p.pop("Tags", [])
    for key, value in (
        ("VolumeSizeInGB", 5),
        ("DirectInternetAccess", "Enabled"),
        ("RootAccess", "Enabled"),
        ("PlatformIdentifier", "notebook-al2-v3"),
        ("InstanceMetadataServiceConfiguration", {"MinimumInstanceMetadataServiceVersion": "1"}),
    ):
        p.setdefault(key, value)
    notebook = begin(call, arn, p)
    notebook.data["Url"] = f"{name_of(call, p)}.notebook.{call.region}.sagemaker.aws"
    if p.get("SubnetId"):
        notebook.data["NetworkInterfaceId"] = digits("eni-", 17)
    store[name_of(call, p)] = notebook
    keep_tags(call, arn, tags)
    return {"NotebookInstanceArn": arn}


def shown(notebook):
    data = dict(notebook.data)
    if "LifecycleConfigName" in data:
        data["NotebookInstanceLifecycleConfigName"] = data.pop("LifecycleConfigName")
    if "SecurityGroupIds" in data:
        data["SecurityGroups"] = data.pop("SecurityGroupIds")
    return {**data, "NotebookInstanceArn": notebook.arn, "NotebookInstanceStatus": notebook.status, **times(notebook)}


@op("sagemaker:DescribeNotebookInstance")
def describe(call, p):
    notebook = seen(call, call.sagemaker.notebooks, name_of(call, p))
    if notebook is None:
        raise lost()
    return shown(notebook)


@op("sagemaker:UpdateNotebookInstance")
def update(call, p):
    notebook = transition(call, p, ["Stopped"], "Updating")
    p = without_ignored(call, p)
    check_role(call, p.get("RoleArn"))
    check_config(call, p.get("LifecycleConfigName"))
    if p.get("VolumeSizeInGB", notebook.data["VolumeSizeInGB"]) < notebook.data["VolumeSizeInGB"] and on("notebook-volume"):
        raise invalid(f"Requested volume size {p['VolumeSizeInGB']} GB is smaller than the current volume size {notebook.data['VolumeSizeInGB']} GB.")
    for key, gone in (
        ("LifecycleConfigName", "DisassociateLifecycleConfig"),
        ("DefaultCodeRepository", "DisassociateDefaultCodeRepository"),
        ("AdditionalCodeRepositories", "DisassociateAdditionalCodeRepositories"),
        ("AcceleratorTypes", "DisassociateAcceleratorTypes"),
    ):
        if p.pop(gone, False):
            if key in p:
                raise invalid(f"{key} and {gone} cannot be given together.")
            notebook.data.pop(key, None)
    notebook.data.update({k: v for k, v in p.items() if k != "NotebookInstanceName"})
    start(call, notebook, "Updating", "Stopped", "Failed")
    return {}


@op("sagemaker:StartNotebookInstance")
def begin_again(call, p):
    notebook = transition(call, p, ["Stopped"], "Pending")
    start(call, notebook, "Pending", "InService", "Failed")


@op("sagemaker:StopNotebookInstance")
def stop(call, p):
    notebook = transition(call, p, ["InService"], "Stopping")
    start(call, notebook, "Stopping", "Stopped", "Failed")


@op("sagemaker:DeleteNotebookInstance")
def delete(call, p):
    notebook = transition(call, p, ["Stopped", "Failed"], "Deleting")
    start(call, notebook, "Deleting", None, "Failed")


@op("sagemaker:ListNotebookInstances")
def listed(call, p):
    store = call.sagemaker.notebooks
    there = [n for k, n in list(store.items()) if seen(call, store, k) and p.get("StatusEquals") in (None, n.status)]
    config = p.pop("NotebookInstanceLifecycleConfigNameContains", "")
    there = [n for n in there if config in n.data.get("LifecycleConfigName", "")]
    there = narrowed(call, there, {"SortBy": "Name", **p}, lambda n: n.data["NotebookInstanceName"])
    now, token = page(call, there, p.get("NextToken"), p.get("MaxResults"), 10, invalid("Invalid NextToken."))
    keys = (
        "NotebookInstanceName",
        "NotebookInstanceArn",
        "NotebookInstanceStatus",
        "Url",
        "InstanceType",
        "CreationTime",
        "LastModifiedTime",
        "NotebookInstanceLifecycleConfigName",
        "DefaultCodeRepository",
        "AdditionalCodeRepositories",
    )
    return {"NextToken": token, "NotebookInstances": [{k: v for k, v in shown(n).items() if k in keys} for n in now]}


@op("sagemaker:CreatePresignedNotebookInstanceUrl")
def presigned(call, p):
    notebook = transition(call, p, ["InService"], "Open")
    return {"AuthorizedUrl": f"https://{notebook.data['Url']}?authToken={digits('', 64)}"}
