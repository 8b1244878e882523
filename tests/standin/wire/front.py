"""A request becomes an operation, and its result an answer: the only place that knows both the wire and the services."""

import base64
import contextlib
import os
import re
import sys
import time
import traceback
import uuid

from services import everything  # noqa: F401  (fills the table of operations)
from services.trail import record
from wire import callers, models, read, validate, write
from wire.faults import too_many
from world.errors import AwsError
from world.operations import OPERATIONS, READ
from world.rules import on, rule
from world.state import Call

rule("unknown-operation", "an operation that a service does not have is InvalidAction, UnknownOperationException, MethodNotAllowed [O]")
rule("one-write", "two writes to one bucket at a time are OperationAborted 409, to one IAM entity ConcurrentModification 409 [W]")
rule("throttling", "too many requests a second are throttled: Throttling, ThrottlingException, SlowDown [D]")
VIRTUAL = re.compile(r"(?P<bucket>[a-z0-9][a-z0-9.-]*?)\.(s3[.-]|localhost$|127\.0\.0\.1$|standin$)", re.I)
VERSIONS = {"2010-05-08": "iam", "2011-06-15": "sts", "2010-03-31": "sns"}


class Request:
    def __init__(self, method, target, headers, body, source):
        self.method, self.headers, self.body, self.source = method, headers, body, source
        path, _, self.query_text = target.partition("?")
        self.path = path
        self.query = read.form(self.query_text)
        self.id = str(uuid.uuid4())
        self.service = self.operation = self.account = None
        self.named, self.form = {}, {}
        self.region, self.key = "us-east-1", ""

    @property
    def op(self):
        name = (
            self.operation.name
            if self.operation is not None
            else self.form.get("Action") or self.headers.get("x-amz-target", "").rpartition(".")[2] or self.method
        )
        return f"{self.service.name if self.service else 's3'}:{name}"

    @property
    def agent(self):
        return self.headers.get("user-agent", "")


def identify(request):
    """Finds service and operation; an AwsError if that fails, to be raised when the request is answered."""
    headers = request.headers
    scope = callers.scope(headers, request.query)
    if scope:
        request.key, request.region, signed = scope
        request.service = service_of(request, models.SIGNED_AS.get(signed, signed))
    else:
        request.service = service_of(request, None)
    service = request.service
    if service is None:
        return AwsError("SignatureDoesNotMatch", "Credential should be scoped to correct service.", 403)
    if "aws-chunked" in headers.get("content-encoding", "") or headers.get("x-amz-content-sha256", "").startswith("STREAMING-"):
        request.body = unchunked(request.body)
    wrong = find(request, service)
    if scope is None or scope is False:
        if on("authorization"):
            return callers.failure("missing" if scope is None else "malformed", service)
        request.key = "123456789012"
    return wrong


def service_of(request, name):
    if name == "s3" or name is None and not request.headers.get("x-amz-target") and not form_like(request):
        return models.service("s3control" if request.path.startswith("/v20180820/") else "s3")
    if name is None and request.headers.get("x-amz-target"):
        return models.by_target(request.headers["x-amz-target"])
    if name is None:
        name = VERSIONS.get(read.form(request.body.decode(errors="replace")).get("Version"))
    return models.service(name) if name in models.SERVICES else None


def form_like(request):
    return request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded") and b"Action=" in request.body


def find(request, service):
    """Sets the operation; what is wrong if there is none."""
    if service.protocol == "query":
        request.form = read.form(request.body.decode(errors="replace")) or request.query
        name = request.form.get("Action", "")
        request.operation = service.operations.get(name)
        if request.operation is None and on("unknown-operation"):
            version = request.form.get("Version", "")
            return (
                AwsError("InvalidAction", f"Could not find operation {name} for version {version}")
                if name
                else AwsError("MissingAction", "The request must contain the parameter Action.")
            )
    elif service.protocol == "json":
        name = request.headers.get("x-amz-target", "").rpartition(".")[2]
        request.operation = service.operations.get(name)
        if request.operation is None and on("unknown-operation"):
            return AwsError("UnknownOperationException", "The requested operation is not supported.")
    else:
        path = request.path
        host = request.headers.get("host", "").partition(":")[0]
        virtual = VIRTUAL.match(host) if service.name == "s3" else None
        if virtual:
            path = "/" + virtual["bucket"] + (path if path != "/" else "")
        elif service.name == "s3" and len(path) > 1 and path.endswith("/") and path.count("/") == 2:
            path = path[:-1]
        found = service.route(request.method, path or "/", request.query)
        if found:
            request.operation, request.named = found
        elif on("unknown-operation"):
            return AwsError("MethodNotAllowed", "The specified method is not allowed against this resource.", 405)
    return None if request.operation is not None else AwsError("InternalFailure", "no such operation", 500)


def unchunked(body):
    """The content of an `aws-chunked` body."""
    out, rest = b"", body
    while rest:
        head, _, rest = rest.partition(b"\r\n")
        length = int(head.partition(b";")[0], 16)
        if length == 0:
            break
        out, rest = out + rest[:length], rest[length + 2 :]
    return out


def parameters(request):
    service, operation = request.service, request.operation
    if service.protocol == "query":
        return read.query(operation, request.form)
    if service.protocol == "json":
        return read.json_body(operation, request.body)
    return read.rest(operation, request.named, request.query, request.headers, request.body, service.protocol == "rest-json")


def perform(world, request):
    """The result of the operation; refuses as AWS does."""
    service, operation = request.service, request.operation
    function = OPERATIONS.get(request.op)
    caller = callers.caller_of(world, request.key, request.headers.get("x-amz-security-token") or request.query.get("X-Amz-Security-Token"), service)
    rate = world.config["rates"].get(service.name)
    if rate and on("throttling") and too_many(world.account(caller.account), service.name, rate):
        raise callers.failure("throttled", service)
    if function is None:
        print(f"standin: no {request.op}", file=sys.stderr, flush=True)
        raise AwsError("NotImplemented", "A header you provided implies functionality that is not implemented", 501)
    given = parameters(request)
    validate.check(service.name, operation, given)
    call = Call(world, caller, service.name, operation.name, request.region, given, not READ.match(request.op), request.agent, request.source)
    call.headers, call.body, call.model = request.headers, request.body, operation
    home = home_of(call)
    with alone(call), home.lock:
        if call.write and call.config["read_lag_s"]:
            for part in home.parts.values():
                part.before_write(call.config["read_lag_s"])
        asked = dict(given)
        result = function(call, given)
        if call.write:
            record(home, call, asked, result, request.id)
    return result


@contextlib.contextmanager
def alone(call):
    """Lets a write take its time, and refuses another one to the same thing meanwhile."""
    keys = {"s3": ("Bucket",), "iam": ("RoleName", "UserName", "GroupName", "PolicyArn", "InstanceProfileName")}.get(call.service, ())
    thing = next(((call.caller.account, k, call.p[k]) for k in keys if call.p.get(k)), None)
    took = call.config["write_ms"].get(call.service)
    if not (call.write and took and thing and on("one-write")):
        yield
        return
    with call.world.lock:
        if thing in call.world.busy:
            raise (
                AwsError(
                    "OperationAborted", "A conflicting conditional operation is currently in progress against this resource. Please try again.", 409
                )
                if call.service == "s3"
                else AwsError(
                    "ConcurrentModification",
                    "The request was rejected because multiple requests to change this object were submitted simultaneously.",
                    409,
                )
            )
        call.world.busy.add(thing)
    try:
        yield
        time.sleep(took / 1000)
    finally:
        with call.world.lock:
            call.world.busy.discard(thing)


def home_of(call):
    """The account that the operation is about, whose lock it takes: mostly the caller's."""
    if call.service == "s3" and call.p.get("Bucket") in call.world.owners:
        call.account = call.world.account(call.world.owners[call.p["Bucket"]])
    elif call.operation == "AssumeRole" and call.p["RoleArn"].count(":") >= 5 and call.p["RoleArn"].split(":")[4].isdigit():
        return call.world.account(call.p["RoleArn"].split(":")[4])
    return call.account


def respond(world, request, wrong):
    """(status, headers, body) of a request."""
    service = request.service
    try:
        if wrong:
            raise wrong
        result = perform(world, request)
        return write.answer(service, request.operation, result, request.id)
    except AwsError as failure:
        return refusal(request, failure)
    except Exception:
        traceback.print_exc()
        sys.stderr.flush()
        return refusal(
            request, AwsError("InternalError" if service and service.name == "s3" else "InternalFailure", "the stand-in failed, see its stderr", 500)
        )


def refusal(request, failure):
    host_id = base64.b64encode(os.urandom(24)).decode()
    if (
        request.service
        and request.service.name == "s3"
        and request.named.get("Bucket")
        and "BucketName" not in failure.more
        and failure.code.startswith("NoSuchB")
    ):
        failure.more["BucketName"] = request.named["Bucket"]
    return write.error(request.service, failure, request.id, host_id)


def account_of(world, key):
    """The account that a request counts for."""
    if re.fullmatch(r"\d{12}", key):
        return key
    if key in world.sessions:
        return world.sessions[key].account
    return world.keys[key][0] if key in world.keys else "123456789012"
