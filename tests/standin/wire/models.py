"""AWS's services as botocore's data files describe them: which operation a request is, and which shape it has."""

import functools
import re
import unicodedata
import urllib.parse

import botocore.loaders
from botocore.model import ServiceModel

SERVICES = ("iam", "sts", "s3", "s3control", "sagemaker", "cloudtrail", "accessanalyzer", "sns", "organizations")
# What a credential's scope calls a service, where that is not what botocore calls it.
SIGNED_AS = {"access-analyzer": "accessanalyzer"}
# Operations that share their address with others: superseded, or told apart by a header, and not done here.
SUPERSEDED = {
    "GetBucketLifecycle",
    "PutBucketLifecycle",
    "GetBucketNotification",
    "PutBucketNotification",
    "ListDirectoryBuckets",
    "CopyObject",
    "UploadPartCopy",
}
# Roots of S3's answers, which the models do not name.
ROOTS = {
    "ListBuckets": "ListAllMyBucketsResult",
    "GetBucketVersioning": "VersioningConfiguration",
    "GetBucketAcl": "AccessControlPolicy",
    "GetBucketLogging": "BucketLoggingStatus",
    "GetBucketLifecycleConfiguration": "LifecycleConfiguration",
    "GetBucketTagging": "Tagging",
    "GetObjectTagging": "Tagging",
    "GetBucketCors": "CORSConfiguration",
    "GetBucketWebsite": "WebsiteConfiguration",
    "ListObjects": "ListBucketResult",
    "ListObjectsV2": "ListBucketResult",
    "ListObjectVersions": "ListVersionsResult",
    "GetBucketNotificationConfiguration": "NotificationConfiguration",
    "GetBucketRequestPayment": "RequestPaymentConfiguration",
    "GetBucketAccelerateConfiguration": "AccelerateConfiguration",
    "DeleteObjects": "DeleteResult",
    "GetBucketAbac": "AbacStatus",
}


class Route:
    """Where an operation of a REST service lies."""

    def __init__(self, operation):
        path, _, query = operation.http["requestUri"].partition("?")
        self.operation, self.method = operation, operation.http["method"]
        self.literals = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        self.literals.pop("x-id", None)
        self.names = []
        pattern = ""
        for part in re.split(r"(\{[^}]+\})", path):
            if part.startswith("{"):
                greedy, name = part.endswith("+}"), part[1:-1].rstrip("+")
                self.names.append(name)
                pattern += "(.+)" if greedy else "([^/]+)"
            else:
                pattern += re.escape(part)
        self.pattern = re.compile(pattern.rstrip("/") + "/?", re.S)
        bound = [m for m in (operation.input_shape.members.values() if operation.input_shape else [])]
        required = operation.input_shape.required_members if operation.input_shape else []
        self.required = (
            {
                m.serialization.get("name")
                for n, m in operation.input_shape.members.items()
                if n in required and m.serialization.get("location") == "querystring"
            }
            if bound
            else set()
        )

    def fits(self, method, path, query):
        """The match of the path, or None."""
        if method != self.method or any(k not in query or v and query[k] != v for k, v in self.literals.items()):
            return None
        return self.pattern.fullmatch(path) if self.required <= set(query) else None


class Service:
    def __init__(self, name):
        description = loader().load_service_model(name, "service-2")
        self.name, self.model = name, ServiceModel(description, service_name=name)
        self.protocol = self.model.metadata["protocol"]
        self.target = self.model.metadata.get("targetPrefix")
        self.space = self.model.metadata.get("xmlNamespace") or ("http://s3.amazonaws.com/doc/2006-03-01/" if name == "s3" else None)
        self.operations = {n: self.model.operation_model(n) for n in self.model.operation_names if n not in SUPERSEDED}

    @functools.cached_property
    def routes(self):
        routes = [Route(o) for o in self.operations.values()]
        return sorted(routes, key=lambda r: (-len(r.literals), -len(r.required), r.pattern.groups > 1))

    def route(self, method, path, query):
        """(operation, what the path names), or None."""
        for route in self.routes:
            match = route.fits(method, path, query)
            if match:
                return route.operation, dict(zip(route.names, map(urllib.parse.unquote, match.groups())))
        return None


@functools.cache
def loader():
    return botocore.loaders.Loader()


@functools.cache
def service(name):
    return Service(name)


def by_target(target):
    """The service whose operations `X-Amz-Target` names so."""
    prefix = target.rpartition(".")[0]
    return next((service(n) for n in SERVICES if service(n).target == prefix), None)


# --- patterns ---------------------------------------------------------------------------------------------------


# One character that stands for every character beyond ASCII of a Unicode category.
STANDS = {"L": "a", "N": "0", "Z": " ", "M": "\ue000", "S": "\ue001", "P": "\ue002"}
CLASSES = {"L": "a-zA-Z", "N": "0-9", "Z": " ", "M": "\ue000", "S": "\ue001$+<=>^`|~", "P": "\ue002!-#%-*,-/:;?@\\[-\\]_{}"}


@functools.cache
def pattern(text):
    """A pattern of the models, or None where Python has no such pattern."""
    try:
        return re.compile(re.sub(r"\\p\{(\w)\w*\}", lambda m: CLASSES[m[1]], text), re.S | re.ASCII)
    except (re.error, KeyError):
        return None


def fits(text, value):
    """Whether a value fits a pattern as a whole."""
    compiled = pattern(text)
    if compiled is None:
        return True
    if "\\p{" in text:
        value = "".join(c if c.isascii() else STANDS.get(unicodedata.category(c)[0], c) for c in value)
    return compiled.fullmatch(value) is not None
