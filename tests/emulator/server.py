#!/usr/bin/env python3
"""An AWS for tests: moto, made more like AWS (awslike.py), one request at a time, counted, and broken on demand.

    server.py [--plain | --only FIX,... | --without FIX,...] [--port N] [--stay]     server.py --fixes

Prints one JSON line {"url", "port", "pid"} when ready, and ends when its stdin closes (--stay: never by itself), so that
a crashed test leaves nothing behind. Loopback only. Every account exists: the access key id of twelve digits is that
account; AssumeRole leads to the account of the role's ARN.

Control, never counted; ?account=DIGITS limits a call to requests of that account (the default is all of them):
  GET  /_proxy/stats     {"total", "by_operation": {"iam:CreateRole": 1}, "log": [{"i", "op", "write", "status", "fault", "key"}],
                          "peak": how many requests were under way at once}
  POST /_proxy/reset     forget counts, log and rules
  POST /_proxy/rules     a list of rules; POST /_proxy/pid {"pid": N} names the process that `kill` ends
  GET  /_proxy/held      waits until a request is held by a rule {"hold": true}; POST /_proxy/release lets it go on
  POST /_proxy/wipe      every account empty
  POST /_proxy/config    {"page": 3, "principal_lag_s": 0.5}

A rule: {"at": i | "op": REGEX | "write": bool, "nth": k, "every": e, "times": t, "phase": "before"|"after", "do": {...}}
  at     the i-th request since the reset, from 1      nth    from the k-th on that the rule matches, and then every e-th
  times  so often; 1 if not said, 0 = always
  phase  after: the emulator has done it, only the answer suffers
  do     throttle | status+code | reset | hang_ms | delay_ms | denied | expired | truncate (share kept) | kill | hold | skew_s
         | stale (the last answer to the same read)
Requests whose User-Agent says `hatrack-observer` are neither counted nor broken: the tests' own.
"""

import argparse
import email.utils
import io
import json
import os
import re
import signal
import socket
import struct
import sys
import threading
import time
import traceback
import urllib.parse

os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
os.environ["MOTO_S3_ALLOW_CROSSACCOUNT_ACCESS"] = "false"
os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")

OBSERVER = "hatrack-observer"
SUBRESOURCE = {
    "policy": "BucketPolicy", "policyStatus": "BucketPolicyStatus", "tagging": "BucketTagging", "acl": "BucketAcl",
    "versioning": "BucketVersioning", "encryption": "BucketEncryption", "publicAccessBlock": "PublicAccessBlock",
    "ownershipControls": "BucketOwnershipControls", "logging": "BucketLogging", "location": "BucketLocation",
    "lifecycle": "BucketLifecycleConfiguration", "cors": "BucketCors", "website": "BucketWebsite", "abac": "BucketAbac",
    "object-lock": "ObjectLockConfiguration", "replication": "BucketReplication", "notification": "BucketNotificationConfiguration",
}
READ = re.compile(r"[a-z0-9-]+:(Get|List|Head|Describe|Simulate|GenerateCredentialReport|AssumeRole)")
CREDENTIAL = re.compile(r"Credential=([^/]+)/\d{8}/([^/]*)/([^/]+)/")
ALL = "all"


def operation(environ, body):
    """(access key id, `service:Operation`) as AWS names them."""
    match = CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    key, service = (match[1], match[3]) if match else ("", "s3")
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded") and b"Action=" in body:
        return key, f"{service}:{urllib.parse.parse_qs(body.decode()).get('Action', ['?'])[0]}"
    if environ.get("HTTP_X_AMZ_TARGET"):
        return key, f"{service}:{environ['HTTP_X_AMZ_TARGET'].rpartition('.')[2]}"
    if service != "s3":
        return key, f"{service}:{environ['REQUEST_METHOD']}"
    method, query = environ["REQUEST_METHOD"], urllib.parse.parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    parts = [p for p in environ["PATH_INFO"].split("/", 2) if p]
    verb = {"GET": "Get", "PUT": "Put", "DELETE": "Delete", "HEAD": "Head", "POST": "Post"}.get(method, method)
    if not parts:
        return key, "s3:ListBuckets"
    if len(parts) > 1:
        return key, f"s3:{verb}Object"
    for name, noun in SUBRESOURCE.items():
        if name in query:
            return key, f"s3:{verb}{noun}"
    if method == "GET":
        return key, "s3:ListObjectVersions" if "versions" in query else "s3:ListObjectsV2" if "list-type" in query else "s3:ListObjects"
    return key, "s3:" + {"PUT": "CreateBucket", "DELETE": "DeleteBucket", "HEAD": "HeadBucket"}.get(method, verb)


def error_body(op, code, message):
    service = op.partition(":")[0]
    if service == "s3":
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message><RequestId>0</RequestId></Error>'
    space = {"iam": "https://iam.amazonaws.com/doc/2010-05-08/", "sts": "https://sts.amazonaws.com/doc/2011-06-15/"}.get(service, "")
    return (f'<ErrorResponse xmlns="{space}"><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>'
            "<RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>")


class Scope:
    """What is counted and broken, for one account or for all."""

    def __init__(self):
        self.rules, self.log, self.counts, self.pid = [], [], {}, None


class Emulator:
    def __init__(self, moto):
        self.moto = moto
        self.one_at_a_time = threading.Lock()  # moto answers 500 to concurrent writes
        self.state = threading.Condition()
        self.scopes, self.held, self.released, self.seen = {}, 0, 0, {}
        self.under_way, self.peak = 0, 0

    def __call__(self, environ, start):
        length = int(environ.get("CONTENT_LENGTH") or 0)
        chunked = environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked"
        body = environ["wsgi.input"].read() if chunked else environ["wsgi.input"].read(length) if length else b""
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        if environ["PATH_INFO"].startswith("/_proxy/"):
            return self.control(environ, body, start)
        key, op = operation(environ, body)
        account = self.account(key)
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = account
        if OBSERVER in environ.get("HTTP_USER_AGENT", ""):
            return self.answer(environ, start, *self.call(environ))
        with self.state:
            self.under_way += 1
            self.peak = max(self.peak, self.under_way)
        try:
            return self.request(environ, start, account, op, body, key)
        finally:
            with self.state:
                self.under_way -= 1

    def account(self, key):
        if re.fullmatch(r"\d{12}", key):
            return key
        from moto.iam.models import iam_backends

        for account, backends in list(iam_backends.items()):
            if key in backends["aws"].access_keys:
                return account
        return "123456789012"

    def call(self, environ):
        """(status, headers, body) of moto."""
        got = {}

        def start(status, headers, _=None):
            got.update(status=status, headers=headers)

        with self.one_at_a_time:
            try:
                parts = self.moto(environ, start)
                body = b"".join(parts)
                getattr(parts, "close", lambda: None)()
            except NotImplementedError as error:
                print(f"moto: {error}", file=sys.stderr, flush=True)
                return "500 Internal Server Error", [], b""
            except Exception:
                traceback.print_exc()
                return "500 Internal Server Error", [], b"the emulator failed, see its stderr"
        return got["status"], got["headers"], body

    def answer(self, environ, start, status, headers, body, keep=1.0, skew=0):
        headers = [(k, v) for k, v in headers if k.lower() not in ("content-length", "connection", "date")]
        length = len(body)
        start(status, [*headers, ("Content-Length", str(length)), ("Date", email.utils.formatdate(time.time() + skew, usegmt=True))])
        if keep < 1:
            def cut():
                yield body[: int(length * keep)]
                self.drop(environ)
            return cut()
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]

    @staticmethod
    def drop(environ):
        connection = environ["werkzeug.socket"]
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RD)
        connection.close()
        raise ConnectionResetError("dropped on purpose")

    def request(self, environ, start, account, op, body, key):
        write, chosen, entry = not READ.match(op), None, None
        with self.state:
            for name in (account, ALL):
                scope = self.scopes.setdefault(name, Scope())
                scope.counts[op] = scope.counts.get(op, 0) + 1
                entry = {"i": len(scope.log) + 1, "account": account, "op": op, "write": write, "status": None, "fault": None,
                         "key": key}
                scope.log.append(entry)
                for rule in scope.rules:
                    match = not ("at" in rule and rule["at"] != entry["i"] or "write" in rule and rule["write"] != write
                                 or "op" in rule and not re.fullmatch(rule["op"], op))
                    if match and chosen is None:
                        rule["matched"] = rule.get("matched", 0) + 1
                        beyond = rule["matched"] - rule.get("nth", 1)
                        if beyond >= 0 and beyond % rule.get("every", 1) == 0 and rule.get("fired", 0) < (rule.get("times", 1) or 10**9):
                            rule["fired"] = rule.get("fired", 0) + 1
                            chosen = rule
            entries = [self.scopes[account].log[-1], self.scopes[ALL].log[-1]]
        do = (chosen or {}).get("do", {})
        early = (chosen or {}).get("phase", "before") == "before"
        for e in entries:
            e["fault"] = {"phase": "before" if early else "after", **do} if do else None
        memory = (account, environ["PATH_INFO"], environ.get("QUERY_STRING", ""), body)
        if do and early:
            broken = self.break_it(environ, start, op, do, account)
            if broken is not None:
                return broken
        if do.get("stale") and memory in self.seen:
            return self.answer(environ, start, *self.seen[memory])
        status, headers, content = self.call(environ)
        for e in entries:
            e["status"] = int(status[:3])
        if not write:
            self.seen[memory] = (status, headers, content)
        if do and not early:
            broken = self.break_it(environ, start, op, do, account)
            if broken is not None:
                return broken
        return self.answer(environ, start, status, headers, content, do.get("truncate", 1.0), do.get("skew_s", 0))

    def break_it(self, environ, start, op, do, account):
        """The broken answer, or None to go on."""
        def refuse(status, code, message):
            return self.answer(environ, start, f"{status} {code}", [("Content-Type", "text/xml")], error_body(op, code, message).encode())

        s3 = op.startswith("s3:")
        if "delay_ms" in do:
            time.sleep(do["delay_ms"] / 1000)
        if "hold" in do:
            with self.state:
                self.held += 1
                turn = self.held
                self.state.notify_all()
                self.state.wait_for(lambda: self.released >= turn, timeout=60)
        if "kill" in do:
            with self.state:
                scopes = [self.scopes.get(name) for name in (account, ALL)]
                pid = lambda: next((s.pid for s in scopes if s and s.pid), None)
                self.state.wait_for(pid, timeout=10)
            os.kill(pid(), signal.SIGKILL)
            self.drop(environ)
        if "hang_ms" in do:
            time.sleep(do["hang_ms"] / 1000)
            self.drop(environ)
        if do.get("reset"):
            self.drop(environ)
        if do.get("throttle"):
            return refuse(503, "SlowDown", "Please reduce your request rate.") if s3 else refuse(400, "Throttling", "Rate exceeded")
        if do.get("denied"):
            return refuse(403, "AccessDenied", f"User: arn:aws:iam::{account}:user/operator is not authorized to perform: {op}")
        if do.get("expired"):
            return refuse(400 if s3 else 403, "ExpiredToken", "The provided token has expired.")
        if "status" in do:
            return refuse(do["status"], do.get("code", "InternalError" if s3 else "ServiceFailure"), do.get("message", "broken on purpose"))
        return None

    def control(self, environ, body, start):
        import awslike

        action = environ["PATH_INFO"].removeprefix("/_proxy/")
        account = urllib.parse.parse_qs(environ.get("QUERY_STRING", "")).get("account", [ALL])[0]
        given = json.loads(body) if body else None
        out = {"ok": True}
        with self.state:
            scope = self.scopes.setdefault(account, Scope())
            if action == "reset":
                if account == ALL:
                    self.scopes.clear()
                    self.seen.clear()
                    self.peak = 0
                else:
                    del self.scopes[account]
            elif action == "rules":
                scope.rules = given
            elif action == "pid":
                scope.pid = given["pid"]
                self.state.notify_all()
            elif action == "release":
                self.released = self.held
                self.state.notify_all()
            elif action == "held":
                out = {"held": self.state.wait_for(lambda: self.held > self.released, timeout=30)}
            elif action == "wipe":
                with self.one_at_a_time:
                    awslike.wipe()
            elif action == "config":
                awslike.CONFIG.update(given or {})
                out = awslike.CONFIG
            else:
                out = {"total": len(scope.log), "by_operation": dict(sorted(scope.counts.items())), "log": scope.log,
                       "peak": self.peak}
        return self.answer(environ, start, "200 OK", [("Content-Type", "application/json")], json.dumps(out).encode())


def serve(port=0, plain=False, without=(), only=()):
    """(server, emulator); the server runs in a thread of its own."""
    import logging

    import awslike
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server

    if not plain:
        awslike.apply(without, only)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)

    class Handler(MotoRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log(self, *_):
            pass

        def send_response(self, code, message=None):
            self.send_response_only(code, message)  # the date is Emulator.answer's

        def handle(self):
            try:
                super().handle()
            except (OSError, ValueError):
                pass  # the client went, or we dropped it on purpose

        def finish(self):
            try:
                super().finish()
            except (OSError, ValueError):
                pass

    def create(service):
        app = create_backend_app(service)
        app.config["PROPAGATE_EXCEPTIONS"] = True  # so that a mistake in the emulator is seen, see Emulator.call
        return app

    emulator = Emulator(DomainDispatcherApplication(create))
    server = make_server("127.0.0.1", port, emulator, threaded=True, request_handler=Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, emulator


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--plain", action="store_true", help="moto as it is")
    arguments.add_argument("--without", default="", help="fixes to leave out, by name")
    arguments.add_argument("--only", default="", help="fixes to apply, by name, and no others")
    arguments.add_argument("--port", type=int, default=0)
    arguments.add_argument("--stay", action="store_true", help="do not end when stdin closes")
    arguments.add_argument("--fixes", action="store_true", help="list the fixes")
    given = arguments.parse_args()
    if given.fixes:
        import awslike

        for name, (moto, aws, _) in awslike.FIXES.items():
            print(f"{name}\n    moto: {moto}\n    AWS:  {aws}")
        return
    names = lambda text: [n for n in text.split(",") if n]
    server, _ = serve(given.port, given.plain, names(given.without), names(given.only))
    print(json.dumps({"url": f"http://127.0.0.1:{server.server_port}", "port": server.server_port, "pid": os.getpid()}), flush=True)
    if given.stay:
        threading.Event().wait()
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main()
