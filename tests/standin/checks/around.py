"""CloudTrail, Access Analyzer, SNS, Organizations."""

import datetime
import json

from checks.base import J, READ, proves, trust
from checks.s3_buckets import make
from checks.sagemaker_studio import domain


@proves("events", "events-global", "events-one-attribute", "events-limits", "pages", "strange-marker")
def trail(t):
    iam, a = t.iam, t.account
    east, west = t.client("cloudtrail", region="us-east-1"), t.client("cloudtrail")
    began = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=2)
    iam.create_user(UserName="u")
    iam.get_user(UserName="u")
    iam.create_login_profile(UserName="u", Password="Correct-horse-7")
    key = iam.create_access_key(UserName="u")["AccessKey"]["AccessKeyId"]
    t.client("iam", key=key).put_user_policy(UserName="u", PolicyName="p", PolicyDocument=READ)
    arn = iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust({"AWS": a}))["Role"]["Arn"]
    credentials = t.sts.assume_role(RoleArn=arn, RoleSessionName="tester")["Credentials"]
    t.of_session("iam", credentials).create_group(GroupName="g")
    try:
        iam.create_user(UserName="u")
    except iam.exceptions.EntityAlreadyExistsException:
        pass
    name = make(t, f"trail-{a}")
    look = lambda client=east, **k: client.lookup_events(
        **({"LookupAttributes": [{"AttributeKey": x, "AttributeValue": y} for x, y in k.pop("by", {}).items()]} if "by" in k else {}), **k
    )["Events"]
    t.same(
        "every write that went well is told, newest first, no read and no failure",
        [e["EventName"] for e in look()],
        ["CreateGroup", "CreateRole", "PutUserPolicy", "CreateAccessKey", "CreateLoginProfile", "CreateUser"],
    )
    t.check("IAM's events are told in us-east-1 only", not [e for e in look(west) if e["EventSource"] == "iam.amazonaws.com"])
    t.same("a bucket's where it is", [e["EventName"] for e in look(west, by={"ResourceName": name})], ["CreateBucket"])
    t.same(
        "by resource",
        sorted(e["EventName"] for e in look(by={"ResourceName": "u"})),
        ["CreateAccessKey", "CreateLoginProfile", "CreateUser", "PutUserPolicy"],
    )
    t.same("by operation", len(look(by={"EventName": "CreateRole"})), 1)
    t.same("by person", [e["EventName"] for e in look(by={"Username": "u"})], ["PutUserPolicy"])
    t.same("the root user is root", len(look(by={"Username": "root"})), 4)
    t.same("a session is its name", [e["EventName"] for e in look(by={"Username": "tester"})], ["CreateGroup"])
    event = json.loads(look(by={"EventName": "CreateGroup"})[0]["CloudTrailEvent"])
    who = event["userIdentity"]
    t.same(
        "the event tells who, from where, with what",
        (
            who["type"],
            who["arn"],
            who["sessionContext"]["sessionIssuer"]["arn"],
            event["sourceIPAddress"],
            event["requestParameters"],
            event["eventSource"],
            event["awsRegion"],
        ),
        ("AssumedRole", f"arn:aws:sts::{a}:assumed-role/r/tester", arn, "127.0.0.1", {"groupName": "g"}, "iam.amazonaws.com", "us-east-1"),
    )
    t.check("and with which program", "Boto3" in event["userAgent"], event["userAgent"])
    hidden = json.loads(look(by={"EventName": "CreateLoginProfile"})[0]["CloudTrailEvent"])["requestParameters"]
    t.same("no password is told", hidden["password"], "HIDDEN_DUE_TO_SECURITY_REASONS")
    t.refused(
        "one attribute at a time",
        "InvalidLookupAttributesException",
        east.lookup_events,
        400,
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "x"}, {"AttributeKey": "Username", "AttributeValue": "u"}],
    )
    t.refused("51 events are too many", "InvalidMaxResultsException", east.lookup_events, 400, MaxResults=51)
    now = datetime.datetime.now(datetime.timezone.utc)
    t.refused("times are in order", "InvalidTimeRangeException", east.lookup_events, 400, StartTime=now, EndTime=began)
    t.same("times narrow", (len(look(StartTime=began, EndTime=now)), len(look(EndTime=began))), (6, 0))
    t.paged("LookupEvents", east.lookup_events, "Events", 6, ("NextToken", "NextToken"), ("MaxResults", 2))
    t.refused("a strange token is refused", "InvalidNextTokenException", east.lookup_events, 400, NextToken="x")
    t.config(trail_lag_s=30)
    t.same("events may be late", look(), [])
    t.config(trail_lag_s=0)
    for i in range(50):
        iam.tag_user(UserName="u", Tags=[{"Key": "k", "Value": str(i)}])
    t.same("50 at a time without being asked", len(look()), 50)
    domain(t)
    t.same("SageMaker's writes are told too", [e["EventName"] for e in look(west, by={"EventSource": "sagemaker.amazonaws.com"})], ["CreateDomain"])
    visitor = t.other()
    t.s3.put_bucket_policy(
        Bucket=name,
        Policy=J(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Principal": {"AWS": visitor}, "Action": "s3:PutBucketTagging", "Resource": f"arn:aws:s3:::{name}"}
                ],
            }
        ),
    )
    t.client("s3", visitor).put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
    both = [len(look(t.client("cloudtrail", x), by={"EventName": "PutBucketTagging"})) for x in (a, visitor)]
    t.same("a write across accounts is told in both", both, [1, 1])


@proves("trail-bucket")
def trails(t):
    ct, name = t.client("cloudtrail"), make(t, f"ct-{t.account}")
    t.same("no trail at first", ct.describe_trails()["trailList"], [])
    t.refused("a trail's bucket exists", "S3BucketDoesNotExistException", ct.create_trail, 400, Name="main", S3BucketName="none-" + name)
    t.refused(
        "and lets CloudTrail write",
        "InsufficientS3BucketPolicyException",
        ct.create_trail,
        400,
        "Incorrect S3 bucket policy",
        Name="main",
        S3BucketName=name,
    )
    t.s3.put_bucket_policy(
        Bucket=name,
        Policy=J(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "cloudtrail.amazonaws.com"},
                        "Action": "s3:PutObject",
                        "Resource": f"arn:aws:s3:::{name}/*",
                    }
                ],
            }
        ),
    )
    ct.create_trail(Name="main", S3BucketName=name, IsMultiRegionTrail=True, EnableLogFileValidation=True)
    got = ct.describe_trails()["trailList"][0]
    t.same(
        "a trail comes back",
        (got["Name"], got["IsMultiRegionTrail"], got["LogFileValidationEnabled"], got["HomeRegion"], got["IncludeGlobalServiceEvents"]),
        ("main", True, True, "eu-west-1", True),
    )
    t.same("a trail of all regions is seen in each", len(t.client("cloudtrail", region="us-west-2").describe_trails()["trailList"]), 1)
    t.same("it does not log before it is told to", ct.get_trail_status(Name="main")["IsLogging"], False)
    ct.start_logging(Name="main")
    t.same("then it does", ct.get_trail_status(Name="main")["IsLogging"], True)
    t.same("it selects management events, reads and writes", ct.get_event_selectors(TrailName="main")["EventSelectors"][0]["ReadWriteType"], "All")
    t.refused("a trail that is not there", "TrailNotFoundException", ct.get_trail_status, 400, Name="none")


@proves("analyzers", "topics", "organization", "pages")
def edges(t):
    aa, sns, org = t.client("accessanalyzer"), t.client("sns"), t.client("organizations", region="us-east-1")
    t.same("no analyzer at first", aa.list_analyzers()["analyzers"], [])
    for i in range(3):
        aa.create_analyzer(analyzerName=f"a{i}", type="ACCOUNT")
    t.same("an analyzer is CREATING", aa.list_analyzers(maxResults=1)["analyzers"][0]["status"], "CREATING")
    t.same("and then ACTIVE", aa.list_analyzers()["analyzers"][0]["status"], "ACTIVE")
    t.same("of its type", aa.list_analyzers(type="ORGANIZATION")["analyzers"], [])
    t.same("of its region", t.client("accessanalyzer", region="us-west-2").list_analyzers()["analyzers"], [])
    t.paged("ListAnalyzers", aa.list_analyzers, "analyzers", 3, ("nextToken", "nextToken"), ("maxResults", 2))
    t.refused("a second of the name", "ConflictException", aa.create_analyzer, 409, analyzerName="a0", type="ACCOUNT")
    arn = sns.create_topic(Name="news")["TopicArn"]
    t.same("a topic has an ARN, the same again", (arn, sns.create_topic(Name="news")["TopicArn"]), (f"arn:aws:sns:eu-west-1:{t.account}:news",) * 2)
    t.refused("a topic exists", "NotFound", sns.publish, 404, "Topic does not exist", TopicArn=arn + "x", Message="m")
    t.refused(
        "a subject has no line break", "InvalidParameter", sns.publish, 400, "Invalid parameter: Subject", TopicArn=arn, Message="m", Subject="a\nb"
    )
    t.refused("a message has 256 KB", "InvalidParameter", sns.publish, 400, "Message too long", TopicArn=arn, Message="m" * 262145)
    t.refused("another account's topic is its own", "AuthorizationError", t.client("sns", t.other()).publish, 403, TopicArn=arn, Message="m")
    answer = sns.publish(TopicArn=arn, Message="hello", Subject="s", MessageAttributes={"k": {"DataType": "String", "StringValue": "v"}})
    seen = t.server.control("published", account=t.account)["published"]
    t.same(
        "what was published can be seen",
        [(m["topic"], m["subject"], m["message"], m["attributes"], m["id"]) for m in seen],
        [(arn, "s", "hello", {"k": {"DataType": "String", "StringValue": "v"}}, answer["MessageId"])],
    )
    t.refused("no organization is an error", "AWSOrganizationsNotInUseException", org.describe_organization, 400, "not a member of an organization")
    t.config(organization={"Id": "o-abc1234567", "FeatureSet": "ALL"})
    t.same("one that is configured is told", org.describe_organization()["Organization"]["Id"], "o-abc1234567")
    t.iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust({"AWS": "*"}, Condition={"StringEquals": {"aws:PrincipalOrgID": "o-abc1234567"}}))
    t.works(
        "and is a condition of trust", t.client("sts", t.other()).assume_role, RoleArn=f"arn:aws:iam::{t.account}:role/r", RoleSessionName="tests"
    )
    t.config(organization=None)
    t.refused(
        "which nobody meets who is in none",
        "AccessDenied",
        t.client("sts", t.other()).assume_role,
        403,
        RoleArn=f"arn:aws:iam::{t.account}:role/r",
        RoleSessionName="tests",
    )
