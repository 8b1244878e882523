"""What the emulator tests share: the server as a child process, clients that are not counted, running the binary."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.request

import boto3
from botocore.config import Config

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
REGION = "eu-west-1"


class Server:
    """server.py as a child; it ends with us, however we end, because its stdin closes.

    `HATRACK_TEST_SERVER=standin` runs tests/standin instead, without the emulator's options and with the settings of
    `HATRACK_STANDIN_CONFIG`. The role of an environment is not there before it is made, so root users are trusted.
    """

    def __init__(self, *arguments):
        self.said = tempfile.TemporaryFile("w+")
        script = HERE / "server.py"
        if os.environ.get("HATRACK_TEST_SERVER") == "standin":
            script, arguments = ROOT / "tests" / "standin" / "server.py", ("--trusting", "--config", os.environ.get("HATRACK_STANDIN_CONFIG", "{}"))
        self.process = subprocess.Popen([sys.executable, script, *arguments], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=self.said, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"the emulator did not start\n{self.complaints()}")
        self.url = json.loads(line)["url"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(10)

    def complaints(self):
        """What the emulator had to say of its own failures: nothing, unless moto or a fix is wrong."""
        self.said.seek(0)
        return self.said.read()

    def control(self, action, body=None, account=None):
        url = f"{self.url}/_proxy/{action}" + (f"?account={account}" if account else "")
        data = json.dumps(body).encode() if body is not None else None
        with urllib.request.urlopen(urllib.request.Request(url, data, {"Content-Type": "application/json"}), timeout=60) as reply:
            return json.load(reply)

    def client(self, service, account, observer=True, **config):
        """A boto3 client in an account. As an observer it is neither counted nor broken."""
        config = Config(parameter_validation=False, user_agent_extra="hatrack-observer" if observer else "", s3={"addressing_style": "path"},
                        retries={"total_max_attempts": 1, "mode": "standard"}, **config)
        return boto3.client(service, endpoint_url=self.url, region_name=REGION, aws_access_key_id=account,
                            aws_secret_access_key="x", config=config)


def environment(account):
    """The environment variables the binary runs with: the account's digits are the access key id; nothing else of ours."""
    kept = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "TMPDIR", "LANG", "RUST_BACKTRACE", "RUST_LOG")}
    return {**kept, "AWS_ACCESS_KEY_ID": account, "AWS_SECRET_ACCESS_KEY": "x", "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "NO_COLOR": "1"}


class Run:
    """One run of the binary that has ended."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err

    @property
    def json(self):
        return json.loads(self.out)

    def tail(self):
        return "\n".join("    " + line for text in (self.out, self.err) for line in text.strip().splitlines()[-25:])


def run(binary, arguments, account, url, directory=ROOT, timeout=120, started=None):
    """Runs `binary ARGUMENTS --endpoint-url URL` as the account's operator."""
    process = subprocess.Popen([binary, *arguments, "--endpoint-url", url], cwd=directory, env=environment(account), text=True,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if started:
        started(process)
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        err += f"\n(ended after {timeout} s)"
    return Run(process.returncode, out, err)


class Checks:
    """One line a check, a count at the end."""

    def __init__(self):
        self.good, self.bad = 0, []

    def check(self, name, good, detail=""):
        if good:
            self.good += 1
            print(f"ok    {name}", flush=True)
        else:
            self.bad.append(name)
            print(f"FAIL  {name}" + (f"\n{detail}" if detail else ""), flush=True)
        return good

    def emulator(self, *servers):
        """That the emulator itself did its work, or else what went wrong there."""
        said = "".join(server.complaints() for server in servers)
        lines = [line for line in said.splitlines() if not line.startswith("moto: ")]
        self.check("the emulator did not fail", not lines, "\n".join(lines[-40:]))
        for line in sorted({line for line in said.splitlines() if line.startswith("moto: ")}):
            print(f"note  {line}", flush=True)

    def end(self, what):
        print(f"{what}: {self.good} good, {len(self.bad)} bad" + "".join(f"\n  FAIL {n}" for n in self.bad), flush=True)
        return 1 if self.bad else 0
