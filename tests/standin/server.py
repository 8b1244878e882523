#!/usr/bin/env python3
"""A strict stand-in for AWS: behaves like AWS on the wire where the emulator moto does not; needs botocore's data, no moto.

    server.py [--port N] [--stay] [--page N] [--trusting] [--without RULE,...] [--config JSON]     server.py --rules

Prints one JSON line {"url", "port", "pid"} when ready, and ends when its stdin closes (--stay: never by itself).
Loopback only. Every account exists: the access key id of twelve digits is that account's root user. Control, rules of
faults and `hatrack-observer` are those of tests/emulator/server.py, and more:

  GET  /_proxy/stats     {"total", "by_operation", "log"}          POST /_proxy/reset    forget counts, log and rules
  POST /_proxy/rules     a list of rules                           POST /_proxy/pid      {"pid": N}, whom `kill` ends
  GET  /_proxy/held      waits until a request is held             POST /_proxy/release  lets it go on
  POST /_proxy/wipe      every account empty                       POST /_proxy/config   see world/state.py
  GET  /_proxy/published what SNS was given, ?account=DIGITS
"""

import argparse
import email.utils
import json
import os
import signal
import socket
import struct
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from services.documents import s3_catalogue
from services.iam_store import managed
from wire import callers, front, models, write
from wire.faults import ALL, Faults
from world.errors import AwsError
from world.operations import READ
from world.rules import RULES
from world.state import World

OBSERVER = "hatrack-observer"


class Dropped(Exception):
    """The connection was cut on purpose."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16
    rbufsize = 1 << 16

    def log_message(self, *_):
        pass

    def handle(self):
        try:
            super().handle()
        except (OSError, ValueError, Dropped):
            pass  # the client went, or we dropped it on purpose

    def finish(self):
        try:
            super().finish()
        except (OSError, ValueError):
            pass

    def one(self):
        headers = {k.lower(): v for k, v in self.headers.items()}
        if headers.get("expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.wfile.flush()
        if headers.get("transfer-encoding", "").lower() == "chunked":
            body = b""
            while length := int(self.rfile.readline().partition(b";")[0], 16):
                body += self.rfile.read(length)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(headers.get("content-length") or 0))
        if self.path.startswith("/_proxy/"):
            return self.send(*control(self.server, self.path, body))
        self.server_request(front.Request(self.command, self.path, headers, body, self.client_address[0]))

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_OPTIONS = one

    def handle_expect_100(self):
        return True

    def server_request(self, request):
        world, faults = self.server.world, self.server.faults
        wrong = front.identify(request)
        if OBSERVER in request.agent:
            return self.send(*front.respond(world, request, wrong))
        op, account = request.op, front.account_of(world, request.key)
        entries, do, early = faults.count(account, op)
        memory = (account, self.path, request.headers.get("x-amz-target"), request.body)
        if do and early:
            self.break_it(request, op, do, account)
            broken = refused(request, op, do, account)
            if broken:
                return self.send(*broken)
        if do.get("stale") and memory in faults.seen:
            return self.send(*faults.seen[memory])
        answer = front.respond(world, request, wrong)
        for entry in entries:
            entry["status"] = answer[0]
        if READ.match(op):
            faults.seen[memory] = answer
        if do and not early:
            self.break_it(request, op, do, account)
            answer = refused(request, op, do, account) or answer
        self.send(*answer, keep=do.get("truncate", 1.0), skew=do.get("skew_s", 0))

    def break_it(self, request, op, do, account):
        """Whatever a rule does to the connection."""
        if "delay_ms" in do:
            time.sleep(do["delay_ms"] / 1000)
        if "hold" in do:
            self.server.faults.hold()
        if "kill" in do:
            os.kill(self.server.faults.victim(account), signal.SIGKILL)
            self.drop()
        if "hang_ms" in do:
            time.sleep(do["hang_ms"] / 1000)
            self.drop()
        if do.get("reset"):
            self.drop()

    def drop(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        # socketserver would shut the connection down in good order first.
        self.connection.shutdown(socket.SHUT_RD)
        self.wfile.close()
        self.rfile.close()
        self.connection.close()
        raise Dropped

    def send(self, status, headers, body, keep=1.0, skew=0):
        date = email.utils.formatdate(time.time() + skew, usegmt=True)
        lines = [f"HTTP/1.1 {status} {self.responses.get(status, ('',))[0]}", f"Date: {date}", *(f"{k}: {v}" for k, v in headers.items())]
        if status != 204:
            lines.append(f"Content-Length: {len(body)}")
        content = b"" if self.command == "HEAD" or status == 204 else body
        self.wfile.write("\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + content[: int(len(content) * keep)])
        self.wfile.flush()
        if keep < 1:
            self.drop()


def refused(request, op, do, account):
    """The error that a rule gives instead of an answer, in the words of the service."""
    service = request.service
    arn = f"arn:aws:iam::{account}:user/operator"
    if do.get("throttle"):
        failure = callers.failure("throttled", service)
    elif do.get("denied"):
        failure = callers.failure("denied", service, f"User: {arn} is not authorized to perform: {op}")
    elif do.get("expired"):
        failure = callers.failure("expired", service)
    elif "status" in do:
        inner = "InternalError" if op.startswith("s3:") else "ServiceFailure"
        failure = AwsError(do.get("code", inner), do.get("message", "broken on purpose"), do["status"])
    else:
        return None
    return write.error(service, failure, request.id)


def control(server, path, body):
    """(status, headers, body) of a control request."""
    path, _, query = path.removeprefix("/_proxy/").partition("?")
    account = urllib.parse.parse_qs(query).get("account", [ALL])[0]
    given = json.loads(body) if body else None
    world, faults, out = server.world, server.faults, {"ok": True}
    try:
        if path == "reset":
            faults.reset(account)
        elif path == "rules":
            faults.scope(account).rules = given
        elif path == "pid":
            with faults.state:
                faults.scope(account).pid = given["pid"]
                faults.state.notify_all()
        elif path == "release":
            faults.release()
        elif path == "held":
            out = {"held": faults.wait_held(30)}
        elif path == "wipe":
            world.wipe()
        elif path == "config":
            world.configure(given or {})
            out = world.config
        elif path == "published":
            accounts = world.accounts.values() if account == ALL else [world.account(account)]
            out = {"published": [m for a in accounts for m in a.published]}
        else:
            with faults.state:
                out = faults.scope(account).stats()
    except (ValueError, KeyError) as error:
        return 400, {"Content-Type": "application/json"}, json.dumps({"error": str(error)}).encode()
    return 200, {"Content-Type": "application/json"}, json.dumps(out).encode()


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port, world):
        super().__init__(("127.0.0.1", port), Handler)
        self.world, self.faults = world, Faults()

    def server_bind(self):
        # The standard library's looks up the host's name, which may take seconds.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.server_address

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], (OSError, Dropped)):
            super().handle_error(request, client_address)


def warm():
    """Reads ahead what the first requests would wait for."""
    for name in ("iam", "s3", "sts", "sagemaker", "s3control"):
        service = models.service(name)
        if service.protocol == "rest-xml":
            assert service.routes
    managed()
    s3_catalogue()


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--port", type=int, default=0)
    arguments.add_argument("--stay", action="store_true", help="do not end when stdin closes")
    arguments.add_argument("--page", type=int, help="at most so many items in one page of any list")
    arguments.add_argument("--trusting", action="store_true", help="root users of accounts may assume any role")
    arguments.add_argument("--without", default="", help="rules to switch off, by name")
    arguments.add_argument("--config", default="{}", help="any setting of world/state.py, as JSON")
    arguments.add_argument("--rules", action="store_true", help="list the rules")
    given = arguments.parse_args()
    if given.rules:
        for name, fact in sorted(RULES.items()):
            print(f"{name}\n    {fact}")
        return
    world = World()
    world.configure(
        {"page": given.page, "trusting": given.trusting, "without": [n for n in given.without.split(",") if n], **json.loads(given.config)}
    )
    server = Server(given.port, world)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    threading.Thread(target=warm, daemon=True).start()
    print(json.dumps({"url": f"http://127.0.0.1:{server.server_port}", "port": server.server_port, "pid": os.getpid()}), flush=True)
    if given.stay:
        threading.Event().wait()
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main()
