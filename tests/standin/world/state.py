"""The world: accounts and what is in them, the configuration, clocks, ids."""

import copy
import datetime
import random
import re
import string
import threading
import time

from world import rules

UTC = datetime.timezone.utc
DEFAULTS = {
    "page": None,  # at most so many items in one page of any list, whatever the caller asks for
    "principal_lag_s": 0.0,  # a new user or role is unknown as a principal, and to other services, for so long
    "read_lag_s": 0.0,  # reads show an account as it was so long ago
    "trail_lag_s": 0.0,  # CloudTrail shows an event so much later; AWS: up to 15 minutes
    "without": [],  # rules that are switched off, see world/rules.py
    "trusting": False,  # an account's root user may assume any role, whether it exists or not
    "session_s": None,  # temporary credentials hold so long, whatever the caller asks for
    "rates": {},  # {"iam": 5}: more requests a second and account are throttled
    "write_ms": {},  # {"s3": 50, "iam": 20}: a write takes so long; another one to the same thing meanwhile is refused
    "bucket_name_lag_s": 0.0,  # the name of a deleted bucket is blocked for so long; AWS: up to an hour
    "quotas": {},  # {"RolesQuota": 10}: another quota than AWS's default, by its key in GetAccountSummary
    "report_polls": 1,  # so many GenerateCredentialReport answer STARTED or INPROGRESS before COMPLETE
    "report_max_age_s": 0.0,  # a credential report is not generated anew for so long; AWS: 4 hours
    "password_polls": 0,  # so many changes of a login profile are EntityTemporarilyUnmodifiable after it was made
    "sagemaker_seconds": 0.0,  # a state changes no sooner
    "sagemaker_looks": 1,  # and not before it was seen so often
    "sagemaker_fail": {},  # {"CreateDomain": "reason"}: what the operation starts ends in failure
    "sagemaker_ignores": [],  # ["UserSettings.SecurityGroups"]: taken, and silently not done
    "sagemaker_limits": {},  # {"domains": 1}
    "organization": None,  # what DescribeOrganization answers; none: AWSOrganizationsNotInUseException
    "clock_days": 0,  # so many days from today are the day of what is made and used; negative is long ago
    "root": {},  # {"AccountMFAEnabled": 0} of GetAccountSummary; password_last_used of the credential report
}


CLOCK = {"days": 0}


def now():
    return datetime.datetime.now(UTC) + datetime.timedelta(days=CLOCK["days"])


def letters(prefix, count=17, alphabet=string.ascii_uppercase + "234567"):
    return prefix + "".join(random.choices(alphabet, k=count))


def digits(prefix, count):
    return letters(prefix, count, "0123456789abcdef")


class Lagging:
    """A part of an account, and how it was before each of the last writes."""

    def __init__(self, value):
        self.value, self.history = value, []

    def before_write(self, lag):
        if lag:
            self.history.append((time.monotonic(), copy.deepcopy(self.value)))
            self.history = [(t, v) for t, v in self.history if t > time.monotonic() - 2 * lag]

    def seen(self, lag):
        """As it was `lag` seconds ago."""
        if lag:
            at = time.monotonic() - lag
            for written, before in self.history:
                if written > at:
                    return before
        return self.value


class Account:
    def __init__(self, world, number):
        from services.iam_store import Iam

        self.world, self.id = world, number
        self.lock = threading.RLock()
        self.parts = {"iam": Lagging(Iam(number)), "s3": Lagging({}), "sagemaker": Lagging({})}
        self.public_access_block = None
        self.events, self.topics, self.published, self.trails, self.analyzers = [], {}, [], {}, {}
        self.spent = {}  # service -> moments of the last requests

    @property
    def iam(self):
        return self.parts["iam"].value

    @property
    def buckets(self):
        return self.parts["s3"].value

    def sagemaker(self, region, lag=0):
        from services.sagemaker_store import SageMaker

        part = self.parts["sagemaker"].seen(lag)
        return part.setdefault(region, SageMaker(self.id, region))


class World:
    def __init__(self, **config):
        self.config = copy.deepcopy(DEFAULTS) | config
        CLOCK["days"] = self.config["clock_days"]
        self.lock = threading.Lock()
        self.wipe()

    def wipe(self):
        self.accounts, self.owners, self.sessions, self.keys, self.born = {}, {}, {}, {}, {}
        self.gone, self.busy = {}, set()  # names of deleted buckets and when; what is being written

    def configure(self, given):
        unknown = set(given) - set(DEFAULTS)
        if unknown:
            raise ValueError(f"no such setting: {', '.join(sorted(unknown))}")
        rules.switch_off(given.get("without", self.config["without"]))
        self.config.update(given)
        CLOCK["days"] = self.config["clock_days"]

    def account(self, number):
        account = self.accounts.get(number)
        if account is None:
            with self.lock:
                account = self.accounts.setdefault(number, Account(self, number))
        return account

    def entity(self, arn):
        """The user or role of an ARN, in whatever account, or None."""
        match = re.fullmatch(r"arn:aws[a-z-]*:iam::(\d{12}):(user|role)/(.+)", arn)
        if not match or match[1] not in self.accounts:
            return None
        iam = self.accounts[match[1]].iam
        found = (iam.users if match[2] == "user" else iam.roles).get(match[3].rpartition("/")[2])
        return found if found and found.arn == arn else None

    def settled(self, entity):
        """Whether other services know a user or role already."""
        return time.monotonic() - entity.born >= self.config["principal_lag_s"]


class Caller:
    """Who signed a request."""

    def __init__(self, account, arn, user_id, kind, name="", key="", mfa_at=None, role=None, session=None):
        self.account, self.arn, self.user_id, self.kind, self.name = account, arn, user_id, kind, name
        self.key, self.mfa_at, self.role, self.session = key, mfa_at, role, session


class Call:
    """One request, as an operation sees it."""

    def __init__(self, world, caller, service, operation, region, parameters, write, agent="", source="127.0.0.1"):
        self.world, self.caller, self.service, self.operation, self.region = world, caller, service, operation, region
        self.p, self.write, self.agent, self.source = parameters, write, agent, source
        self.config, self.account = world.config, world.account(caller.account)

    @property
    def lag(self):
        return 0 if self.write else self.config["read_lag_s"]

    @property
    def iam(self):
        return self.account.parts["iam"].seen(self.lag)

    @property
    def sagemaker(self):
        return self.account.sagemaker(self.region, self.lag)

    @property
    def buckets(self):
        return self.account.parts["s3"].seen(self.lag)
