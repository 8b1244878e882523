"""SageMaker Studio: domains, user profiles, spaces, apps, presigned addresses."""

from services.sagemaker_store import (
    alive,
    begin,
    check_limit,
    check_role,
    in_use,
    invalid,
    keep_tags,
    merged,
    missing,
    narrowed,
    seen,
    start,
    times,
    without_ignored,
)
from world.operations import op, page
from world.rules import on, rule
from world.state import digits

rule("studio-delete-conflicts", "a domain with profiles, spaces or apps and a profile with apps or spaces cannot be deleted: ResourceInUse [O]")
rule("studio-busy", "what is not InService (or failed) cannot be changed: ResourceInUse [M]")
rule("studio-names", "a user profile, space or app of a name is there once: ResourceInUse [M]")
rule("studio-not-found", "what is not there is ResourceNotFound [M]")
rule("studio-merge", "an update changes the settings it names and keeps the others [X]")
rule("studio-network", "subnets and network type change only while no app is there [M]")
rule("studio-configs", "a lifecycle configuration that settings name must exist [G]")
READY = ("InService", "Update_Failed")


def lost(message):
    return missing(message) if on("studio-not-found") else invalid(message)


def domain_of(call, p, ready=False):
    domain = alive(call, call.sagemaker.domains).get(p["DomainId"])
    if domain is None:
        raise lost(f"Domain [{p['DomainId']}] does not exist.")
    if ready and domain.status not in READY and on("studio-busy"):
        raise in_use(f"Unable to perform {call.operation} when Domain [{domain.arn}] is in [{domain.status}] state.")
    return domain


def check_settings(call, settings):
    """Roles and lifecycle configurations that settings name."""
    for part in settings:
        if not part:
            continue
        check_role(call, part.get("ExecutionRole"))
        for arn in arns(part):
            if arn not in {c.arn for c in call.sagemaker.studio_configs.values()} and on("studio-configs"):
                raise invalid(f"Studio Lifecycle Config [{arn}] does not exist.")


def arns(value, key=""):
    """Every lifecycle configuration that settings name."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from arns(one, name)
    elif isinstance(value, list):
        for one in value:
            yield from arns(one, key)
    elif key in ("LifecycleConfigArn", "LifecycleConfigArns") and value:
        yield value


def dependants(call, domain, kinds=("apps", "spaces", "profiles")):
    store = call.sagemaker
    for kind, word in (("apps", "App(s)"), ("spaces", "Space(s)"), ("profiles", "UserProfile(s)")):
        if kind in kinds:
            things = [t for t in alive(call, getattr(store, kind)).values() if t.data["DomainId"] == domain and t.status not in ("Deleted",)]
            if kind == "apps":
                things = [t for t in things if t.status != "Failed"]
            if things:
                yield word, things


# --- domains ----------------------------------------------------------------------------------------------------


@op("sagemaker:CreateDomain")
def create_domain(call, p):
    p = without_ignored(call, p)
    check_settings(call, (p["DefaultUserSettings"], p.get("DefaultSpaceSettings")))
    if not p["DefaultUserSettings"].get("ExecutionRole"):
        raise invalid("ExecutionRole is required in DefaultUserSettings.")
    if p.get("AppNetworkAccessType") == "VpcOnly" and not (p.get("VpcId") and p.get("SubnetIds")):
        raise invalid("VpcId and SubnetIds are required when AppNetworkAccessType is VpcOnly.")
    check_limit(call, "domains", len(alive(call, call.sagemaker.domains)))
    key = "d-" + digits("", 12)
    tags = p.pop("Tags", [])
    p.setdefault("AppNetworkAccessType", "PublicInternetOnly")
    p.setdefault("TagPropagation", "DISABLED")
    p["Url"] = f"https://{key}.studio.{call.region}.sagemaker.aws"
    if p.get("HomeEfsFileSystemCreation", "Enabled") == "Enabled":
        p["HomeEfsFileSystemId"] = digits("fs-", 17)
    thing = begin(call, call.sagemaker.arn(f"domain/{key}"), p)
    thing.data["DomainId"] = key
    call.sagemaker.domains[key] = thing
    keep_tags(call, thing.arn, tags)
    return {"DomainArn": thing.arn, "DomainId": key, "Url": p["Url"]}


@op("sagemaker:DescribeDomain")
def describe_domain(call, p):
    domain = seen(call, call.sagemaker.domains, p["DomainId"])
    if domain is None:
        raise lost(f"Domain [{p['DomainId']}] does not exist.")
    return {**domain.data, "DomainArn": domain.arn, "Status": domain.status, **times(domain)}


@op("sagemaker:ListDomains")
def list_domains(call, p):
    there = [d for k, d in list(call.sagemaker.domains.items()) if seen(call, call.sagemaker.domains, k)]
    there.sort(key=lambda d: d.created)
    now, token = page(call, there, p.get("NextToken"), p.get("MaxResults"), 10, invalid("Invalid NextToken."))
    keys = ("DomainId", "DomainName", "Url")
    return {
        "NextToken": token,
        "Domains": [
            {**{k: d.data[k] for k in keys}, "DomainArn": d.arn, "Status": d.status, "CreationTime": d.created, "LastModifiedTime": d.modified}
            for d in now
        ],
    }


@op("sagemaker:UpdateDomain")
def update_domain(call, p):
    domain = domain_of(call, p, ready=True)
    arn = domain.arn
    p = without_ignored(call, p)
    check_settings(call, (p.get("DefaultUserSettings"), p.get("DefaultSpaceSettings")))
    network = {"SubnetIds", "AppNetworkAccessType"} & set(p)
    if network and on("studio-network"):
        running = [t for _, ts in dependants(call, p["DomainId"], ("apps",)) for t in ts if t.status in ("InService", "Pending", "Deleting")]
        if running:
            raise in_use(f"Unable to update Domain [{arn}] because App(s) are associated with it.")
    if p.get("VpcId") and domain.data.get("VpcId") not in (None, p["VpcId"]):
        raise invalid("VpcId cannot be changed once it is set.")
    if p.get("HomeEfsFileSystemCreation") == "Disabled" and domain.data.get("HomeEfsFileSystemId"):
        raise invalid("HomeEfsFileSystemCreation cannot be changed from Enabled to Disabled.")
    for name, value in p.items():
        if name == "DomainSettingsForUpdate":
            name = "DomainSettings"
        if name != "DomainId":
            domain.data[name] = merged(domain.data.get(name), value) if on("studio-merge") else value
    if p.get("HomeEfsFileSystemCreation") == "Enabled":
        domain.data.setdefault("HomeEfsFileSystemId", digits("fs-", 17))
    start(call, domain, "Updating", "InService", "Update_Failed")
    return {"DomainArn": arn}


@op("sagemaker:DeleteDomain")
def delete_domain(call, p):
    domain = domain_of(call, p)
    if domain.status in ("Pending", "Updating", "Deleting") and on("studio-busy"):
        raise in_use(f"Unable to perform DeleteDomain when Domain [{domain.arn}] is in [{domain.status}] state.")
    if on("studio-delete-conflicts"):
        for word, _ in dependants(call, p["DomainId"]):
            raise in_use(f"Unable to delete Domain [{domain.arn}] because {word} are associated with it.")
    start(call, domain, "Deleting", None, "Delete_Failed")


# --- user profiles and spaces -----------------------------------------------------------------------------------


def member_operations(kind, container, name_key, settings_key, extra):
    """The five operations of what a domain holds: a user profile or a space."""
    word = kind

    def key_of(p):
        return p["DomainId"], p[name_key].lower()

    def get(call, p):
        thing = seen(call, getattr(call.sagemaker, container), key_of(p))
        if thing is None:
            raise lost(f"{word} [{p[name_key]}] does not exist.")
        return thing

    path = {"UserProfile": "user-profile", "Space": "space"}[kind]

    @op(f"sagemaker:Create{kind}")
    def create(call, p):
        p = without_ignored(call, p)
        domain = domain_of(call, p, ready=True)
        store = alive(call, getattr(call.sagemaker, container))
        arn = call.sagemaker.arn(f"{path}/{p['DomainId']}/{p[name_key].lower() if kind == 'UserProfile' else p[name_key]}")
        if key_of(p) in store and on("studio-names"):
            raise in_use(f"{word} [{arn}] already exists.")
        check_settings(call, (p.get(settings_key),))
        extra(call, p, domain)
        check_limit(call, container, sum(k[0] == p["DomainId"] for k in store))
        tags = p.pop("Tags", [])
        thing = begin(call, arn, p)
        if kind == "UserProfile":
            thing.data["HomeEfsFileSystemUid"] = str(200000 + len(store) * 5)
        store[key_of(p)] = thing
        keep_tags(call, arn, tags)
        return {f"{kind}Arn": arn}

    @op(f"sagemaker:Describe{kind}")
    def describe(call, p):
        thing = get(call, p)
        return {**thing.data, f"{kind}Arn": thing.arn, "Status": thing.status, **times(thing)}

    @op(f"sagemaker:Update{kind}")
    def update(call, p):
        thing = busy(call, p)
        p = without_ignored(call, p)
        check_settings(call, (p.get(settings_key),))
        if p.get(settings_key):
            thing.data[settings_key] = merged(thing.data.get(settings_key), p[settings_key]) if on("studio-merge") else p[settings_key]
        if "SpaceDisplayName" in p:
            thing.data["SpaceDisplayName"] = p["SpaceDisplayName"]
        start(call, thing, "Updating", "InService", "Update_Failed")
        return {f"{kind}Arn": thing.arn}

    def busy(call, p, deleting=False):
        store = alive(call, getattr(call.sagemaker, container))
        thing = store.get(key_of(p))
        if thing is None:
            raise lost(f"{word} [{p[name_key]}] does not exist.")
        if on("studio-busy") and (thing.status in ("Pending", "Updating", "Deleting") or not deleting and thing.status not in READY):
            raise in_use(f"Unable to perform {call.operation} when {word} [{thing.arn}] is in [{thing.status}] state.")
        return thing

    @op(f"sagemaker:Delete{kind}")
    def delete(call, p):
        thing = busy(call, p, deleting=True)
        if on("studio-delete-conflicts"):
            for found, things in dependants(call, p["DomainId"], ("apps", "spaces") if kind == "UserProfile" else ("apps",)):
                if any(
                    p[name_key]
                    in (t.data.get(name_key), (t.data.get("OwnershipSettings") or {}).get("OwnerUserProfileName") if kind == "UserProfile" else None)
                    for t in things
                ):
                    raise in_use(f"Unable to delete {word} [{thing.arn}] because {found} are associated with it.")
        start(call, thing, "Deleting", None, "Delete_Failed")

    @op(f"sagemaker:List{kind}s")
    def listed(call, p):
        store = getattr(call.sagemaker, container)
        there = [t for k, t in list(store.items()) if p.get("DomainIdEquals") in (None, k[0]) and seen(call, store, k)]
        there = narrowed(call, there, p, lambda t: t.data[name_key])
        now, token = page(call, there, p.get("NextToken"), p.get("MaxResults"), 10, invalid("Invalid NextToken."))
        return {"NextToken": token, f"{kind}s": [summary(kind, t, name_key) for t in now]}


def summary(kind, thing, name_key):
    out = {
        "DomainId": thing.data["DomainId"],
        name_key: thing.data[name_key],
        "Status": thing.status,
        "CreationTime": thing.created,
        "LastModifiedTime": thing.modified,
    }
    if kind == "Space":
        settings = thing.data.get("SpaceSettings") or {}
        out["SpaceSettingsSummary"] = {k: settings[k] for k in ("AppType", "SpaceStorageSettings") if k in settings}
        for key in ("OwnershipSettings", "SpaceSharingSettings"):
            if thing.data.get(key):
                out[key + "Summary"] = thing.data[key]
        if thing.data.get("SpaceDisplayName"):
            out["SpaceDisplayName"] = thing.data["SpaceDisplayName"]
    return out


def check_profile(call, p, domain):
    single = [k for k in ("SingleSignOnUserIdentifier", "SingleSignOnUserValue") if p.get(k)]
    if (domain.data["AuthMode"] == "SSO") != bool(single):
        raise invalid("SingleSignOnUserIdentifier and SingleSignOnUserValue are required for a Domain with AuthMode SSO, and not allowed otherwise.")


def check_space(call, p, domain):
    owner = (p.get("OwnershipSettings") or {}).get("OwnerUserProfileName")
    if bool(p.get("OwnershipSettings")) != bool(p.get("SpaceSharingSettings")):
        raise invalid("OwnershipSettings and SpaceSharingSettings must be given together.")
    if owner and (p["DomainId"], owner.lower()) not in alive(call, call.sagemaker.profiles):
        raise lost(f"UserProfile [{owner}] does not exist.")
    p.setdefault("Url", f"https://{p['DomainId']}.studio.{call.region}.sagemaker.aws/{p['SpaceName']}")


member_operations("UserProfile", "profiles", "UserProfileName", "UserSettings", check_profile)
member_operations("Space", "spaces", "SpaceName", "SpaceSettings", check_space)


# --- apps -------------------------------------------------------------------------------------------------------


def app_key(p):
    if bool(p.get("UserProfileName")) == bool(p.get("SpaceName")):
        raise invalid("Exactly one of UserProfileName and SpaceName must be given.")
    return p["DomainId"], p.get("UserProfileName") or p["SpaceName"], p["AppType"], p["AppName"]


@op("sagemaker:CreateApp")
def create_app(call, p):
    p = without_ignored(call, p)
    domain_of(call, p, ready=True)
    key = app_key(p)
    owner, word = ("profiles", "UserProfile") if p.get("UserProfileName") else ("spaces", "Space")
    holder = alive(call, getattr(call.sagemaker, owner)).get((key[0], key[1].lower()))
    if holder is None:
        raise lost(f"{word} [{key[1]}] does not exist.")
    if holder.status not in READY and on("studio-busy"):
        raise in_use(f"Unable to perform CreateApp when {word} [{holder.arn}] is in [{holder.status}] state.")
    arn = call.sagemaker.arn(f"app/{key[0]}/{key[1]}/{key[2].lower()}/{key[3]}")
    there = alive(call, call.sagemaker.apps).get(key)
    if there and there.status not in ("Deleted", "Failed") and on("studio-names"):
        raise in_use(f"App [{arn}] already exists.")
    check_limit(call, "apps", sum(a.status in ("InService", "Pending") for a in call.sagemaker.apps.values()))
    tags = p.pop("Tags", [])
    call.sagemaker.apps[key] = begin(call, arn, p)
    keep_tags(call, arn, tags)
    return {"AppArn": arn}


@op("sagemaker:DescribeApp")
def describe_app(call, p):
    app = seen(call, call.sagemaker.apps, app_key(p))
    if app is None:
        raise lost(f"App [{p['AppName']}] does not exist.")
    reason = {"FailureReason": app.reason} if app.reason else {}
    return {**app.data, "AppArn": app.arn, "Status": app.status, "CreationTime": app.created, **reason}


@op("sagemaker:DeleteApp")
def delete_app(call, p):
    app = alive(call, call.sagemaker.apps).get(app_key(p))
    if app is None or app.status == "Deleted":
        raise lost(f"App [{p['AppName']}] does not exist.")
    if app.status in ("Pending", "Deleting") and on("studio-busy"):
        raise in_use(f"Unable to perform DeleteApp when App [{app.arn}] is in [{app.status}] state.")
    start(call, app, "Deleting", "Deleted", "Failed")


@op("sagemaker:ListApps")
def list_apps(call, p):
    store = call.sagemaker.apps
    there = [
        a
        for k, a in list(store.items())
        if seen(call, store, k)
        and all(
            p.get(wanted) in (None, a.data.get(key))
            for wanted, key in (("DomainIdEquals", "DomainId"), ("UserProfileNameEquals", "UserProfileName"), ("SpaceNameEquals", "SpaceName"))
        )
    ]
    there = narrowed(call, there, p, lambda a: a.data["AppName"])
    now, token = page(call, there, p.get("NextToken"), p.get("MaxResults"), 10, invalid("Invalid NextToken."))
    keys = ("DomainId", "UserProfileName", "SpaceName", "AppType", "AppName", "ResourceSpec")
    return {"NextToken": token, "Apps": [{**{k: a.data[k] for k in keys if k in a.data}, "Status": a.status, "CreationTime": a.created} for a in now]}


@op("sagemaker:CreatePresignedDomainUrl")
def presigned(call, p):
    domain = domain_of(call, p)
    if domain.status not in READY and on("studio-busy"):
        raise invalid(f"Domain [{domain.arn}] is not InService.")
    profile = alive(call, call.sagemaker.profiles).get((p["DomainId"], p["UserProfileName"].lower()))
    if profile is None:
        raise lost(f"UserProfile [{p['UserProfileName']}] does not exist.")
    return {"AuthorizedUrl": f"{domain.data['Url']}/auth?token={digits('', 64)}"}
