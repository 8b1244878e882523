"""Services at the edge: Access Analyzer, SNS, Organizations."""

import re
import uuid

from world.errors import AwsError, refuse
from world.operations import op, page
from world.rules import on, rule
from world.state import now

rule("analyzers", "analyzers are of a region and a type; CREATING before ACTIVE [M]")
rule("topics", "a message goes to a topic that exists: NotFound; it has a size, a subject one line of 100 characters [D]")
rule("organization", "without an organization: AWSOrganizationsNotInUseException [M]")


@op("accessanalyzer:CreateAnalyzer")
def create(call, p):
    here = call.account.analyzers.setdefault(call.region, {})
    if p["analyzerName"] in here:
        raise AwsError("ConflictException", f"Analyzer {p['analyzerName']} already exists", 409)
    arn = f"arn:aws:access-analyzer:{call.region}:{call.account.id}:analyzer/{p['analyzerName']}"
    here[p["analyzerName"]] = {
        "arn": arn,
        "name": p["analyzerName"],
        "type": p["type"],
        "createdAt": now(),
        "tags": p.get("tags") or {},
        "status": "CREATING",
    }
    return {"arn": arn}


@op("accessanalyzer:ListAnalyzers")
def listed(call, p):
    there = [a for a in call.account.analyzers.get(call.region, {}).values() if p.get("type") in (None, a["type"])]
    shown, token = page(
        call, [dict(a) for a in there], p.get("nextToken"), p.get("maxResults"), 100, AwsError("ValidationException", "Invalid nextToken.")
    )
    if not on("analyzers"):
        shown = [{**a, "status": "ACTIVE"} for a in shown]
    for analyzer in there:
        analyzer["status"] = "ACTIVE"
    return {"analyzers": shown, "nextToken": token}


@op("accessanalyzer:GetAnalyzer")
def get(call, p):
    found = call.account.analyzers.get(call.region, {}).get(p["analyzerName"])
    if found is None:
        raise AwsError("ResourceNotFoundException", f"Analyzer {p['analyzerName']} not found", 404)
    shown, found["status"] = dict(found), "ACTIVE"
    return {"analyzer": shown}


@op("accessanalyzer:DeleteAnalyzer")
def delete(call, p):
    if call.account.analyzers.get(call.region, {}).pop(p["analyzerName"], None) is None:
        raise AwsError("ResourceNotFoundException", f"Analyzer {p['analyzerName']} not found", 404)


# --- SNS --------------------------------------------------------------------------------------------------------


@op("sns:CreateTopic")
def create_topic(call, p):
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}(\.fifo)?", p["Name"]):
        raise refuse("InvalidParameter", "Invalid parameter: Topic Name")
    arn = f"arn:aws:sns:{call.region}:{call.account.id}:{p['Name']}"
    call.account.topics.setdefault(arn, {"attributes": p.get("Attributes") or {}})
    return {"TopicArn": arn}


@op("sns:ListTopics")
def topics(call, p):
    there = [{"TopicArn": a} for a in sorted(call.account.topics) if a.split(":")[3] == call.region]
    shown, token = page(call, there, p.get("NextToken"), 100, 100, refuse("InvalidParameter", "Invalid parameter: NextToken"))
    return {"Topics": shown, "NextToken": token}


@op("sns:DeleteTopic")
def delete_topic(call, p):
    call.account.topics.pop(p["TopicArn"], None)


@op("sns:Publish")
def publish(call, p):
    arn = p.get("TopicArn") or p.get("TargetArn")
    if not arn:
        raise refuse("InvalidParameter", "Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter")
    parts = arn.split(":")
    if len(parts) != 6 or parts[2] != "sns":
        raise refuse("InvalidParameter", f"Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not {len(parts)}")
    if on("topics"):
        if parts[3] != call.region:
            raise refuse("InvalidParameter", "Invalid parameter: TopicArn")
        if parts[4] != call.account.id:
            raise AwsError("AuthorizationError", f"User: {call.caller.arn} is not authorized to perform: SNS:Publish on resource: {arn}", 403)
        if arn not in call.account.topics:
            raise refuse("NotFound", "Topic does not exist")
        if not p["Message"]:
            raise refuse("InvalidParameter", "Invalid parameter: Empty message")
        if len(p["Message"].encode()) > 262144:
            raise refuse("InvalidParameter", "Invalid parameter: Message too long")
        if "Subject" in p and not re.fullmatch(r"[\x20-\x7e]{1,100}", p["Subject"]):
            raise refuse("InvalidParameter", "Invalid parameter: Subject")
    identifier = str(uuid.uuid4())
    call.account.published.append(
        {"topic": arn, "subject": p.get("Subject"), "message": p["Message"], "attributes": p.get("MessageAttributes") or {}, "id": identifier}
    )
    return {"MessageId": identifier}


@op("organizations:DescribeOrganization")
def organization(call, p):
    known = call.config["organization"]
    if known is None:
        if on("organization"):
            raise AwsError("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
        known = {}
    return {"Organization": known}
