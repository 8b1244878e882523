"""Random cases for bench/decide.py: requests and policies as data science accounts have them, the same for the same seed."""

import random

HOME, LAKE, OTHER = "111122223333", "444455556666", "777788889999"
ORGANIZATION = "o-a1b2c3d4e5"
TEAMS = ["alpha", "beta", "Alpha"]
USERS = ["alice", "bob", "carol"]
ROLES = ["analyst", "engineer", "exec"]
NOW = "2026-11-22T12:00:00Z"


def s3(bucket, key=""):
    return f"arn:aws:s3:::acme-{bucket}" + (f"/{key}" if key else "")


def regional(service, name, account=HOME, region="eu-west-1"):
    return f"arn:aws:{service}:{region}:{account}:{name}"


# Each action with the resources it is asked on, patterns for them, and the keys of its own that a request may carry.
OBJECTS = [s3("alpha", "data/a.csv"), s3("alpha", "home/alice/a"), s3("beta", "data/b.csv"), s3("alpha", "raw/2026/11/x.parquet")]
OBJECT_PATTERNS = [s3("alpha", "*"), s3("alpha", "data/*"), s3("*", "*"), s3("beta", "*"), s3("alpha", "raw/*/x.parquet"), s3("alpha", "data/?.csv"),
                   s3("alpha", "home/${aws:username}/*"), s3("${aws:PrincipalTag/team, 'beta'}", "*"), "*"]
BUCKETS = [s3("alpha"), s3("beta")]
BUCKET_PATTERNS = [s3("alpha"), s3("*"), s3("${aws:PrincipalTag/team}"), "*", s3("alpha", "*")]
PREFIX = {"s3:prefix": ["data/", "home/alice/", "", "raw/"], "s3:max-keys": ["5", "10", "100"]}
JOBS = [regional("sagemaker", f"training-job/{team}-1") for team in ("alpha", "beta")]
JOB_PATTERNS = [regional("sagemaker", "training-job/alpha-*"), regional("sagemaker", "training-job/*", "*", "*"), "*"]
TAG = {"aws:ResourceTag/team": TEAMS}
NEW_TAG = {"aws:RequestTag/team": TEAMS, "aws:TagKeys": [["team"], ["team", "owner"], ["cost"], []]}
ROLE_ARNS = [f"arn:aws:iam::{HOME}:role/{role}" for role in ROLES]
ACTIONS = {
    "s3:GetObject": (OBJECTS, OBJECT_PATTERNS, {"s3:ExistingObjectTag/team": TEAMS}),
    "s3:PutObject": (OBJECTS, OBJECT_PATTERNS, {"s3:x-amz-server-side-encryption": ["aws:kms", "AES256"]}),
    "s3:DeleteObject": (OBJECTS, OBJECT_PATTERNS, {}),
    "s3:ListBucket": (BUCKETS, BUCKET_PATTERNS, PREFIX),
    "s3:GetBucketLocation": (BUCKETS, BUCKET_PATTERNS, {}),
    "s3:ListAllMyBuckets": (["*"], ["*", s3("alpha")], {}),
    "iam:PassRole": (ROLE_ARNS, [*ROLE_ARNS, f"arn:aws:iam::{HOME}:role/*", "*"], {"iam:PassedToService": ["sagemaker.amazonaws.com", "ec2.amazonaws.com"]}),
    "iam:GetRole": (ROLE_ARNS, [*ROLE_ARNS, f"arn:aws:iam::*:role/e*", "*"], {}),
    "iam:CreateAccessKey": ([f"arn:aws:iam::{HOME}:user/{user}" for user in USERS], [f"arn:aws:iam::{HOME}:user/${{aws:username}}", f"arn:aws:iam::*:user/a*", "*"], {}),
    "sagemaker:CreateTrainingJob": (JOBS, JOB_PATTERNS, NEW_TAG),
    "sagemaker:DescribeTrainingJob": (JOBS, JOB_PATTERNS, TAG),
    "sagemaker:StopTrainingJob": (JOBS, JOB_PATTERNS, TAG),
    "ec2:StartInstances": ([regional("ec2", "instance/i-0abcd1234")], [regional("ec2", "instance/*"), regional("ec2", "instance/*", "*", "*"), "*"], TAG),
    "ec2:DescribeInstances": (["*"], ["*", regional("ec2", "instance/*")], {}),
    "dynamodb:GetItem": ([regional("dynamodb", "table/features")], [regional("dynamodb", "table/*"), regional("dynamodb", "table/features", region="eu-*"), "*"],
                         {"dynamodb:Attributes": [["id"], ["id", "label"], ["secret"], []]}),
    "glue:GetTable": ([regional("glue", "table/alpha/events")], [regional("glue", "table/alpha/*"), regional("glue", "table/*/events"), "*"], {}),
    "logs:PutLogEvents": ([regional("logs", "log-group:/aws/sagemaker/jobs:log-stream:a")], [regional("logs", "log-group:/aws/sagemaker/*:log-stream:*"), "*"], {}),
    "secretsmanager:GetSecretValue": ([regional("secretsmanager", "secret:alpha-1a2b3c")], [regional("secretsmanager", "secret:alpha-??????"), "*"], TAG),
    "sqs:SendMessage": ([regional("sqs", "alpha-queue")], [regional("sqs", "alpha-queue"), regional("sqs", "*-queue", "*", "*"), "*"], {}),
}

# Keys of any request: values a request may carry, and conditions on them.
GLOBAL = {
    "aws:SourceIp": ["192.0.2.7", "198.51.100.9", "2001:db8::7"],
    "aws:CurrentTime": [NOW, "2026-11-23T20:00:00Z"],
    "aws:EpochTime": ["1795348800"],
    "aws:SecureTransport": ["true", "false"],
    "aws:MultiFactorAuthPresent": ["true", "false"],
    "aws:MultiFactorAuthAge": ["60", "7200"],
    "aws:PrincipalTag/team": TEAMS,
    "aws:PrincipalOrgID": [ORGANIZATION, "o-zzzzzzzzzz"],
    "aws:RequestedRegion": ["eu-west-1", "us-east-1"],
    "aws:SourceVpce": ["vpce-1a2b3c4d", "vpce-99999999"],
    "aws:TokenIssueTime": ["2026-11-22T11:00:00Z"],
    "aws:ViaAWSService": ["true", "false"],
    "aws:CalledVia": [["athena.amazonaws.com"], ["cloudformation.amazonaws.com", "athena.amazonaws.com"]],
    "aws:PrincipalOrgPaths": [[f"{ORGANIZATION}/r-ab12/ou-ab12-11111111/"], [f"{ORGANIZATION}/r-ab12/ou-ab12-99999999/"]],
}
STRINGS = ["StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike"]
NUMBERS = ["NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals"]
DATES = ["DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals"]
ARNS = ["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"]
MOMENTS = [NOW, "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z", "2026-11-22T13:00:00+01:00"]
OPERATORS = {
    "aws:SourceIp": (["IpAddress", "NotIpAddress"], ["192.0.2.0/24", "198.51.100.9", "2001:db8::/32", "10.0.0.0/8"]),
    "aws:CurrentTime": (DATES, MOMENTS),
    "aws:EpochTime": (DATES + NUMBERS, ["1795348800", "1800000000"]),
    "aws:TokenIssueTime": (DATES, MOMENTS),
    "aws:SecureTransport": (["Bool"], ["true", "false"]),
    "aws:MultiFactorAuthPresent": (["Bool"], ["true", "false"]),
    "aws:ViaAWSService": (["Bool"], ["true", "false"]),
    "aws:MultiFactorAuthAge": (NUMBERS, ["60", "3600"]),
    "s3:max-keys": (NUMBERS, ["10", "50"]),
    "aws:PrincipalArn": (ARNS, [f"arn:aws:iam::{HOME}:role/*", f"arn:aws:iam::{HOME}:user/alice", "arn:aws:iam::*:role/analyst"]),
}
SET_KEYS = {"aws:TagKeys": ["team", "owner", "*", "Team"], "aws:CalledVia": ["athena.amazonaws.com", "*.amazonaws.com"], "dynamodb:Attributes": ["id", "label"],
            "aws:PrincipalOrgPaths": [f"{ORGANIZATION}/r-ab12/ou-ab12-11111111/*", f"{ORGANIZATION}/*"]}


class Maker:
    """The random choices of one case."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.action = self.pick(list(ACTIONS))
        self.version = "2012-10-17"
        self.conditions, self.variables, self.nots = 0.35, False, False

    def pick(self, values):
        return self.random.choice(values)

    def chance(self, share):
        return self.random.random() < share

    def some(self, values):
        """One value, or a list of a few."""
        return self.pick(values) if self.chance(0.6) else self.random.sample(values, min(len(values), self.random.randint(1, 3)))

    def condition(self):
        own = ACTIONS[self.action][2]
        condition = {}
        for _ in range(self.random.randint(1, 2)):
            key = self.pick([*own, *GLOBAL, "aws:PrincipalArn"])
            if key in SET_KEYS:
                operator = self.pick(["ForAllValues:", "ForAnyValue:"]) + self.pick(["StringEquals", "StringLike", "StringEqualsIgnoreCase"])
                values = self.some(SET_KEYS[key])
            else:
                operators, values = OPERATORS.get(key, (STRINGS, None))
                operator = self.pick(operators)
                if values is None:
                    values = [*own.get(key, GLOBAL.get(key)), "*" if "Like" in operator else "none"]
                    if self.variables:
                        values = ["${aws:PrincipalTag/team}", "${aws:username}", "${aws:PrincipalTag/team, 'alpha'}", "al${*}", values[0]]
                values = self.some(values)
                if self.chance(0.2):
                    operator += "IfExists"
            if self.chance(0.08):
                operator, values = "Null", self.pick(["true", "false"])
            condition.setdefault(operator, {})[key] = values
        return condition

    def pattern(self):
        """A pattern of actions that is likely to hit."""
        service, name = self.action.split(":")
        verb = name[: self.random.randint(2, max(len(name) - 2, 3))]
        return self.pick([self.action, self.action, f"{service}:*", f"{service}:{verb}*", self.action.lower(), f"{service}:*{name[-4:]}", self.pick(list(ACTIONS))])

    def statement(self, effect, principal=None, resources=None, conditions=None):
        statement = {"Effect": effect}
        if principal is not None:
            statement["Principal"] = principal
        patterns = [self.pattern() for _ in range(self.pick([1, 1, 2]))]
        actions = patterns[0] if len(patterns) == 1 else sorted(set(patterns))
        statement["NotAction" if self.nots and self.chance(0.4) else "Action"] = actions
        patterns = resources or ACTIONS[self.action][1]
        if not self.variables:
            patterns = [pattern for pattern in patterns if "${" not in pattern]
        statement["NotResource" if self.nots and self.chance(0.4) else "Resource"] = self.some(patterns)
        if self.chance(self.conditions if conditions is None else conditions):
            statement["Condition"] = self.condition()
        return statement

    def document(self, allow=0.9, deny=0.25, **more):
        statements = [self.statement("Allow", **more)] if self.chance(allow) else []
        if self.chance(deny) or not statements:
            statements.append(self.statement("Deny", **{"conditions": 0.7, **more}))
        if self.chance(0.3):
            statements.append(self.statement("Allow", **more))
        return {"Version": self.version, "Statement": statements}

    def context(self):
        own = ACTIONS[self.action][2]
        return {key: self.pick(values) for key, values in {**GLOBAL, **own}.items() if self.chance(0.55)}


def everything(effect="Allow"):
    return {"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": "*", "Resource": "*"}]}


def user(maker):
    return f"arn:aws:iam::{HOME}:user/{maker.pick(USERS)}"


def session(maker):
    return f"arn:aws:sts::{HOME}:assumed-role/{maker.pick(ROLES)}/{maker.pick(USERS)}"


def principals_for(maker, principal):
    """What a resource policy names: the principal itself, its role or account, everybody, or somebody else."""
    name = principal.rsplit(":", 1)[-1].split("/")
    mine = [principal, f"arn:aws:iam::{HOME}:root", HOME]
    if name[0] == "assumed-role":
        mine[0] = f"arn:aws:iam::{HOME}:role/{name[1]}"
    return maker.pick([{"AWS": maker.pick(mine)}, {"AWS": maker.pick(mine)}, "*", {"AWS": f"arn:aws:iam::{OTHER}:root"}])


def bucket_request(maker):
    maker.action = maker.pick(["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"])


def bucket_policy(maker, principal):
    patterns = ACTIONS[maker.action][1]
    patterns = [pattern for pattern in patterns if pattern.startswith("arn:")]
    document = maker.document(deny=0.3, principal=principals_for(maker, principal), resources=patterns)
    for statement in document["Statement"]:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        statement["Action"] = [action for action in actions if action.lower().startswith("s3:")] or "s3:*"
    return document


def identity(maker, case):
    case["identity_policies"] = [maker.document() for _ in range(maker.pick([1, 1, 2]))]


def topic_identity(maker, case):
    identity(maker, case)


def topic_operators(maker, case):
    maker.conditions = 1
    identity(maker, case)


def topic_variables(maker, case):
    maker.variables, maker.conditions = True, 0.6
    identity(maker, case)


def topic_variables_2008(maker, case):
    maker.version = "2008-10-17"
    topic_variables(maker, case)


def topic_complements(maker, case):
    maker.nots = True
    identity(maker, case)


def topic_boundary(maker, case):
    identity(maker, case)
    case["permissions_boundary"] = [maker.document()]


def topic_session(maker, case):
    case["request"]["principal"] = session(maker)
    identity(maker, case)
    case["session_policy"] = maker.document()
    if maker.chance(0.3):
        case["permissions_boundary"] = [maker.document()]


def topic_scp(maker, case):
    identity(maker, case)
    case["scps"] = [[everything()] if maker.chance(0.8) else [maker.document(deny=0)] for _ in range(maker.pick([1, 2, 3]))]
    if maker.chance(0.6):
        deny = {"Version": "2012-10-17", "Statement": [maker.statement("Deny", resources=["*"], conditions=0.8)]}
        maker.pick(case["scps"]).append(deny)


def topic_bucket(maker, case):
    bucket_request(maker)
    if maker.chance(0.5):
        case["request"]["principal"] = session(maker)
    if maker.chance(0.6):
        identity(maker, case)
    if maker.chance(0.3):
        case["permissions_boundary"] = [maker.document()]
    case["resource_policy"] = bucket_policy(maker, case["request"]["principal"])


def topic_bucket_elsewhere(maker, case):
    topic_bucket(maker, case)
    case["request"]["resource_account"] = LAKE


def topic_anonymous(maker, case):
    bucket_request(maker)
    case["request"]["principal"] = "anonymous"
    case["resource_policy"] = bucket_policy(maker, user(maker))


def topic_rcp(maker, case):
    topic_bucket(maker, case)
    case["request"]["resource_account"] = maker.pick([HOME, LAKE])
    case["rcps"] = [[{"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": maker.pick(["s3:*", "s3:GetObject", ["s3:*", "sts:AssumeRole"]]), "Resource": "*", "Condition": maker.condition()}]}]]


def trust_conditions(maker):
    return maker.pick([{}, {"Bool": {"aws:MultiFactorAuthPresent": "true"}}, {"StringEquals": {"sts:ExternalId": "12345"}},
                       {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}, {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{HOME}:role/*"}},
                       {"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}])


def topic_trust(maker, case):
    account = maker.pick([HOME, LAKE])
    principal = maker.pick([user(maker), session(maker)])
    role = f"arn:aws:iam::{account}:role/lake-reader"
    trusted = principals_for(maker, principal)
    trusted = {"AWS": HOME} if trusted == "*" else trusted
    statement = {"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole", "Condition": trust_conditions(maker)}
    statements = [statement]
    if maker.chance(0.2):
        statements.append({"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}})
    if maker.chance(0.7):
        allowed = {"Effect": maker.pick(["Allow", "Allow", "Allow", "Deny"]), "Action": maker.pick(["sts:AssumeRole", "sts:*", "*", "s3:*"]), "Resource": maker.pick([role, "*", f"arn:aws:iam::*:role/lake-*"])}
        case["identity_policies"] = [{"Version": "2012-10-17", "Statement": [allowed]}]
    if maker.chance(0.6):
        case["request"]["context"]["sts:ExternalId"] = maker.pick(["12345", "99999"])
    case["request"].update(principal=principal, action="sts:AssumeRole", resource=role, resource_account=account)
    case["resource_policy"] = {"Version": "2012-10-17", "Statement": statements}


def topic_service(maker, case):
    service, trusted = maker.pick(["sagemaker.amazonaws.com", "ec2.amazonaws.com"]), maker.pick(["sagemaker.amazonaws.com", "ec2.amazonaws.com"])
    statement = {"Effect": "Allow", "Principal": {"Service": trusted}, "Action": "sts:AssumeRole"}
    if maker.chance(0.5):
        statement["Condition"] = {"StringEquals": {"aws:SourceAccount": HOME}}
        case["request"]["context"] = {"aws:SourceAccount": maker.pick([HOME, OTHER])}
    else:
        case["request"]["context"] = {}
    case["request"].update(principal=service, action="sts:AssumeRole", resource=f"arn:aws:iam::{HOME}:role/exec", resource_account=HOME)
    case["resource_policy"] = {"Version": "2012-10-17", "Statement": [statement]}


def topic_key(maker, case):
    account = maker.pick([HOME, HOME, LAKE])
    principal = maker.pick([user(maker), session(maker)])
    action = maker.pick(["kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey"])
    named = principals_for(maker, principal)
    statements = [{"Effect": "Allow", "Principal": named, "Action": maker.pick(["kms:*", action, "kms:Decrypt"]), "Resource": "*"}]
    if maker.chance(0.4):
        statements[0]["Condition"] = {maker.pick(["StringEquals", "StringEqualsIfExists"]): {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}
    if maker.chance(0.5):
        statements.append({"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "kms:*", "Resource": "*"})
    if maker.chance(0.6):
        allowed = {"Effect": maker.pick(["Allow", "Allow", "Deny"]), "Action": maker.pick([action, "kms:*", "kms:Decrypt"]), "Resource": "*"}
        case["identity_policies"] = [{"Version": "2012-10-17", "Statement": [allowed]}]
    if maker.chance(0.6):
        case["request"]["context"]["kms:ViaService"] = maker.pick(["s3.eu-west-1.amazonaws.com", "ebs.eu-west-1.amazonaws.com"])
    case["request"].update(principal=principal, action=action, resource=regional("kms", "key/1234abcd-12ab-34cd-56ef-1234567890ab", account), resource_account=account)
    case["resource_policy"] = {"Version": "2012-10-17", "Statement": statements}


TOPICS = {name.removeprefix("topic_").replace("_", "-"): make for name, make in list(globals().items()) if name.startswith("topic_")}


def cases(number, seed):
    """So many cases, the topics in turn; the ids are the topic and a number."""
    made = []
    for n in range(number):
        topic = list(TOPICS)[n % len(TOPICS)]
        maker = Maker(f"{seed}-{n}")
        case = {"id": f"{topic}-{n:05}", "request": {"principal": session(maker) if maker.chance(0.4) else user(maker), "context": {}},
                "identity_policies": [], "permissions_boundary": None, "session_policy": None, "resource_policy": None, "scps": None, "rcps": None}
        request = case["request"]
        bucket_topics = ("bucket", "bucket-elsewhere", "anonymous", "rcp")
        if topic in bucket_topics:
            bucket_request(maker)
        request.update(action=maker.action, resource=maker.pick(ACTIONS[maker.action][0]), resource_account=HOME, context=maker.context())
        TOPICS[topic](maker, case)
        if topic in bucket_topics:
            request.update(action=maker.action, resource=maker.pick(ACTIONS[maker.action][0]))
        # Keys that AWS would not send: nobody knows who an unsigned request is of, long-term keys have no time of issue.
        if not request["principal"].startswith("arn:aws:sts:"):
            request["context"].pop("aws:TokenIssueTime", None)
        if topic == "anonymous":
            request["context"] = {key: value for key, value in request["context"].items()
                                  if not key.startswith(("aws:Principal", "aws:MultiFactorAuth"))}
        made.append(case)
    return made
