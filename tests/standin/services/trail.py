"""CloudTrail: every write that went well, as an event; trails and what they select."""

import base64
import datetime
import json
import re
import uuid

from services.documents import as_list
from world.errors import AwsError
from world.operations import op, page
from world.rules import on, rule
from world.state import now

rule("events", "LookupEvents tells every write: when, what, who, from where, with what [M]")
rule("events-global", "IAM's events are told in us-east-1 only [D]")
rule("events-one-attribute", "LookupEvents takes one attribute [M]")
rule("events-limits", "LookupEvents gives 50 events at most, newest first, of 90 days; times in order [M]")
rule("trail-bucket", "a trail's bucket must exist and let cloudtrail.amazonaws.com write: InsufficientS3BucketPolicyException [D]")
GLOBAL = {"iam", "sts", "organizations"}
SOURCE = {"s3control": "s3", "accessanalyzer": "access-analyzer"}
SECRET = {"Password", "OldPassword", "NewPassword", "AuthenticationCode1", "AuthenticationCode2", "TokenCode"}


def lower(name):
    return name[:1].lower() + name[1:]


def plain(value, name=""):
    """Parameters as CloudTrail writes them: names begin with a small letter, secrets are hidden, times are texts."""
    if name in SECRET:
        return "HIDDEN_DUE_TO_SECURITY_REASONS"
    if isinstance(value, dict):
        return {lower(k) if k.isidentifier() else k: plain(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def identity(caller):
    out = {
        "type": {"root": "Root", "user": "IAMUser", "session": "AssumedRole"}[caller.kind],
        "principalId": caller.user_id,
        "arn": caller.arn,
        "accountId": caller.account,
        "accessKeyId": caller.key,
    }
    if caller.kind == "user":
        out["userName"] = caller.name
    if caller.role:
        out["sessionContext"] = {
            "sessionIssuer": {
                "type": "Role",
                "principalId": caller.role.id,
                "arn": caller.role.arn,
                "accountId": caller.account,
                "userName": caller.role.name,
            }
        }
    return out


def record(home, call, asked, result, request_id):
    """Keeps an event of a write, in the account it was made to and in the caller's."""
    moment = now()
    service = SOURCE.get(call.service, call.service)
    region = "us-east-1" if call.service in GLOBAL else call.region
    asked = {k: v for k, v in asked.items() if k != "Body"}
    event = {
        "eventVersion": "1.10",
        "userIdentity": identity(call.caller),
        "eventTime": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": f"{service}.amazonaws.com",
        "eventName": call.operation,
        "awsRegion": region,
        "sourceIPAddress": call.source,
        "userAgent": f"[{call.agent}]",
        "requestParameters": plain(asked),
        "responseElements": None,
        "requestID": request_id,
        "eventID": str(uuid.uuid4()),
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": home.id,
        "eventCategory": "Management",
    }
    if call.service == "s3" and call.operation in ("PutObject", "DeleteObject", "DeleteObjects"):
        return  # data events, which no trail of management events has
    entry = {"at": moment, "region": region, "resources": names(asked, result), "event": event}
    home.events.append(entry)
    theirs = call.world.account(call.caller.account)
    if theirs is not home:
        theirs.events.append({**entry, "event": {**event, "recipientAccountId": theirs.id}})


def names(asked, result):
    """What an event is about: the values of parameters and answers that name something."""
    found = {}

    def walk(value, key=""):
        if isinstance(value, dict):
            for k, v in value.items():
                walk(v, k)
        elif isinstance(value, str) and (key.endswith(("Name", "Arn", "Id")) or key in ("Bucket", "SerialNumber", "AccountAlias", "ResourceArn")):
            found.setdefault(value, key)

    walk(asked)
    walk(result or {})
    return [{"ResourceName": v, "ResourceType": kind(k)} for v, k in found.items()]


def kind(key):
    return {
        "UserName": "AWS::IAM::User",
        "RoleName": "AWS::IAM::Role",
        "GroupName": "AWS::IAM::Group",
        "PolicyArn": "AWS::IAM::Policy",
        "InstanceProfileName": "AWS::IAM::InstanceProfile",
        "Bucket": "AWS::S3::Bucket",
        "DomainId": "AWS::SageMaker::Domain",
        "NotebookInstanceName": "AWS::SageMaker::NotebookInstance",
    }.get(key, "AWS::Other")


@op("cloudtrail:LookupEvents")
def lookup(call, p):
    attributes = p.get("LookupAttributes") or []
    if len(attributes) > 1 and on("events-one-attribute"):
        raise AwsError("InvalidLookupAttributesException", "You can specify only one LookupAttribute.")
    if p.get("StartTime") and p.get("EndTime") and p["StartTime"] > p["EndTime"] and on("events-limits"):
        raise AwsError("InvalidTimeRangeException", "StartTime must be before EndTime.")
    latest = now() - datetime.timedelta(seconds=call.config["trail_lag_s"])
    found = []
    for entry in reversed(list(call.account.events) if on("events") else []):
        event = entry["event"]
        if entry["region"] != call.region and on("events-global") or entry["at"] > latest:
            continue
        if "StartTime" in p and entry["at"] < p["StartTime"] or "EndTime" in p and entry["at"] > p["EndTime"]:
            continue
        if all(has(entry, event, a["AttributeKey"], a["AttributeValue"]) for a in attributes):
            found.append(entry)
    most = min(p.get("MaxResults", 50), 50) if on("events-limits") else 10**6
    there, token = page(call, found, p.get("NextToken"), most, 50, AwsError("InvalidNextTokenException", "The NextToken is invalid."))
    return {"Events": [shown(e) for e in there], "NextToken": token}


def user_name(event):
    who = event["userIdentity"]
    return who.get("userName") or ("root" if who["type"] == "Root" else who["arn"].rpartition("/")[2])


def has(entry, event, key, value):
    if key == "ResourceName":
        return any(r["ResourceName"] == value for r in entry["resources"])
    if key == "ResourceType":
        return any(r["ResourceType"] == value for r in entry["resources"])
    return {
        "EventName": event["eventName"],
        "Username": user_name(event),
        "EventId": event["eventID"],
        "EventSource": event["eventSource"],
        "AccessKeyId": event["userIdentity"]["accessKeyId"],
        "ReadOnly": "false",
    }[key] == value


def shown(entry):
    event = entry["event"]
    return {
        "EventId": event["eventID"],
        "EventName": event["eventName"],
        "ReadOnly": "false",
        "AccessKeyId": event["userIdentity"]["accessKeyId"],
        "EventTime": entry["at"].replace(microsecond=0),
        "EventSource": event["eventSource"],
        "Username": user_name(event),
        "Resources": entry["resources"],
        "CloudTrailEvent": json.dumps(event),
    }


# --- trails -----------------------------------------------------------------------------------------------------


def trail_of(call, name):
    for trail in call.account.trails.values():
        if name in (trail["Name"], trail["TrailARN"]):
            return trail
    raise AwsError("TrailNotFoundException", f"Unknown trail: {name} for the user: {call.account.id}")


def without(trail):
    return {k: v for k, v in trail.items() if not k.startswith("_")}


@op("cloudtrail:CreateTrail")
def create(call, p):
    if p["Name"] in call.account.trails:
        raise AwsError("TrailAlreadyExistsException", f"Trail {p['Name']} already exists for customer: {call.account.id}")
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", p["Name"]) or not 3 <= len(p["Name"]) <= 128:
        raise AwsError(
            "InvalidTrailNameException",
            "Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), hyphens (-), and underscores (_).",
        )
    owner = call.world.owners.get(p["S3BucketName"])
    bucket = owner and call.world.account(owner).buckets[p["S3BucketName"]]
    if on("trail-bucket"):
        if not bucket:
            raise AwsError("S3BucketDoesNotExistException", f"S3 bucket {p['S3BucketName']} does not exist!")
        if bucket.policy is None or not any(
            s["Effect"] == "Allow"
            and isinstance(s.get("Principal"), dict)
            and "cloudtrail.amazonaws.com" in as_list(s["Principal"].get("Service", []))
            for s in bucket.policy["Statement"]
        ):
            raise AwsError("InsufficientS3BucketPolicyException", f"Incorrect S3 bucket policy is detected for bucket: {p['S3BucketName']}")
    trail = {
        "Name": p["Name"],
        "S3BucketName": p["S3BucketName"],
        "IncludeGlobalServiceEvents": p.get("IncludeGlobalServiceEvents", True),
        "IsMultiRegionTrail": p.get("IsMultiRegionTrail", False),
        "LogFileValidationEnabled": p.get("EnableLogFileValidation", False),
        "TrailARN": f"arn:aws:cloudtrail:{call.region}:{call.account.id}:trail/{p['Name']}",
        "IsOrganizationTrail": p.get("IsOrganizationTrail", False),
        **{k: p[k] for k in ("S3KeyPrefix", "KmsKeyId") if k in p},
    }
    call.account.trails[p["Name"]] = {
        **trail,
        "_region": call.region,
        "_logging": None,
        "_selectors": {
            "EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": [], "ExcludeManagementEventSources": []}]
        },
    }
    return trail


@op("cloudtrail:DescribeTrails")
def describe(call, p):
    names_ = p.get("trailNameList")
    there = [
        t
        for t in call.account.trails.values()
        if (t["IsMultiRegionTrail"] or t["_region"] == call.region) and (not names_ or t["Name"] in names_ or t["TrailARN"] in names_)
    ]
    return {
        "trailList": [{**without(t), "HomeRegion": t["_region"], "HasCustomEventSelectors": "_own" in t, "HasInsightSelectors": False} for t in there]
    }


@op("cloudtrail:GetTrailStatus")
def status(call, p):
    trail = trail_of(call, p["Name"])
    started = {"StartLoggingTime": trail["_logging"]} if trail["_logging"] else {}
    return {"IsLogging": trail["_logging"] is not None, **started}


@op("cloudtrail:StartLogging")
def begin(call, p):
    trail_of(call, p["Name"])["_logging"] = now()
    return {}


@op("cloudtrail:StopLogging")
def stop(call, p):
    trail_of(call, p["Name"])["_logging"] = None
    return {}


@op("cloudtrail:GetEventSelectors")
def selectors(call, p):
    trail = trail_of(call, p["TrailName"])
    return {"TrailARN": trail["TrailARN"], **trail["_selectors"]}


@op("cloudtrail:PutEventSelectors")
def put_selectors(call, p):
    trail = trail_of(call, p["TrailName"])
    trail["_selectors"] = {k: p[k] for k in ("EventSelectors", "AdvancedEventSelectors") if k in p}
    trail["_own"] = True
    return {"TrailARN": trail["TrailARN"], **trail["_selectors"]}


@op("cloudtrail:DeleteTrail")
def delete(call, p):
    del call.account.trails[trail_of(call, p["Name"])["Name"]]
    return {}
