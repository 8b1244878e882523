"""What the proof's parts share: a server, boto3 clients in fresh accounts, checks with names, groups that name their rules."""

import http.client
import itertools
import json
import os
import pathlib
import sys
import urllib.parse

from botocore.exceptions import BotoCoreError, ClientError

EMULATOR = pathlib.Path(__file__).resolve().parents[2] / "emulator"
sys.path.append(str(EMULATOR))
import common  # noqa: E402  (lies beside the emulator)

GROUPS = []  # (function, the rules it proves)
ACCOUNTS = (str(n) for n in itertools.count(500000000000))
J = json.dumps
READ = J({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}]})


def proves(*rules):
    """Marks a group of checks with the rules that it would miss."""

    def register(function):
        GROUPS.append((function, rules))
        return function

    return register


def trust(principal, **more):
    return J({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more}]})


def policy(n=0, **more):
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/" + "x" * n, **more}
    return J({"Version": "2012-10-17", "Statement": [{k: v for k, v in statement.items() if v is not None}]})


EC2, SAGEMAKER = trust({"Service": "ec2.amazonaws.com"}), trust({"Service": "sagemaker.amazonaws.com"})


def started(kind, *arguments):
    """A server: the stand-in, or the emulator."""
    os.environ["HATRACK_TEST_SERVER"] = kind
    server = common.Server(*arguments)
    if kind == "standin":
        server.control("config", {"trusting": False})
    return server


class Red(Exception):
    """One check is enough: a rule that is switched off was missed."""


class Proof:
    """Runs groups: aloud with a count, or quietly until the first that fails."""

    def __init__(self, server, checks=None):
        self.server, self.checks, self.account = server, checks, None

    def run(self, function):
        self.account = next(ACCOUNTS)
        self.iam, self.s3, self.sm, self.sts = (self.client(s) for s in ("iam", "s3", "sagemaker", "sts"))
        try:
            function(self)
        except (ClientError, BotoCoreError, LookupError, StopIteration, TypeError, ValueError, AttributeError, OSError) as error:
            self.check(f"{function.__name__} goes through", False, f"    {type(error).__name__}: {error}")

    def client(self, service, account=None, region="eu-west-1", key=None, token=None, observer=False, **config):
        import boto3
        from botocore.config import Config

        settings = Config(
            parameter_validation=False,
            user_agent_extra="hatrack-observer" if observer else "",
            s3={"addressing_style": "path"},
            retries={"total_max_attempts": 1, "mode": "standard"},
            **config,
        )
        return boto3.client(
            service,
            endpoint_url=self.server.url,
            region_name=region,
            aws_access_key_id=key or account or self.account,
            aws_secret_access_key="x",
            aws_session_token=token,
            config=settings,
        )

    def of_session(self, service, credentials, **more):
        return self.client(service, key=credentials["AccessKeyId"], token=credentials["SessionToken"], **more)

    @staticmethod
    def server_operations():
        """What the stand-in does, `iam:CreateUser`."""
        from services import everything
        from world.operations import OPERATIONS

        assert everything
        return OPERATIONS

    def other(self):
        return next(ACCOUNTS)

    def config(self, **settings):
        return self.server.control("config", settings)

    # --- checks ---

    def check(self, name, good, detail=""):
        if self.checks is not None:
            return self.checks.check(name, good, detail)
        if not good:
            raise Red(name)
        return good

    def same(self, name, got, wanted):
        return self.check(name, got == wanted, f"    got    {got!r}\n    wanted {wanted!r}")

    def refused(self, name, code, function, status=None, says="", **arguments):
        """That a call is refused with this code, status and words."""
        try:
            function(**arguments)
        except ClientError as error:
            got = error.response["Error"]
            http_status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            good = got["Code"] == code and status in (None, http_status) and says in got.get("Message", "")
            return self.check(name, good, f"    got    {got['Code']} {http_status} {got.get('Message')!r}\n    wanted {code} {status or ''} {says!r}")
        return self.check(name, False, f"    accepted, not {code}")

    def works(self, name, function, **arguments):
        try:
            function(**arguments)
        except ClientError as error:
            return self.check(name, False, f"    {error}")
        return self.check(name, True)

    def paged(self, name, function, key, wanted, token=("Marker", "Marker"), most=("MaxItems", 2), **arguments):
        """That a list comes in pages of two, which together are all."""
        found, pages, after = [], 0, {}
        while pages < 60:
            answer = function(**arguments, **after, **{most[0]: most[1]})
            items = answer.get(key) or []
            pages, found = pages + 1, found + items
            if len(items) > most[1] or not answer.get(token[1]):
                break
            after = {token[0]: answer[token[1]]}
        return self.check(name, len(found) == wanted and pages == max(1, -(-wanted // most[1])), f"    {len(found)} of {wanted} in {pages} pages")

    def raw(self, method, path, headers, body=b""):
        """(status, headers, text) of a request as it is."""
        url = urllib.parse.urlsplit(self.server.url)
        connection = http.client.HTTPConnection(url.hostname, url.port, timeout=20)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace")
        connection.close()
        return answer.status, dict((k.lower(), v) for k, v in answer.getheaders()), text

    def signed(self, service, region="us-east-1", key=None, **headers):
        """Headers with a signature that nobody verifies."""
        scope = f"{key or self.account}/20261128/{region}/{service}/aws4_request"
        return {
            "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature={'0' * 64}",
            "X-Amz-Date": "20261128T000000Z",
            **{k.replace("_", "-"): v for k, v in headers.items()},
        }

    def unmodelled(self, name, operation, says, **parameters):
        """That SageMaker refuses a member that boto3 cannot send, since the operation has none such."""
        status, _, text = self.raw(
            "POST", "/", {**self.signed("sagemaker", "eu-west-1"), "X-Amz-Target": f"SageMaker.{operation}"}, J(parameters).encode()
        )
        return self.check(name, status == 400 and "ValidationException" in text and says in text, text)

    def form(self, service, parameters, **headers):
        return self.raw(
            "POST",
            "/",
            {**self.signed(service), "Content-Type": "application/x-www-form-urlencoded", **headers},
            urllib.parse.urlencode(parameters).encode(),
        )


def without(thing, *keys):
    """An answer without what differs from call to call."""
    return {k: v for k, v in thing.items() if k not in ("ResponseMetadata", *keys)}
