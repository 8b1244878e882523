"""Counting requests, and breaking them on demand: the control protocol's rules, as in tests/emulator/server.py."""

import re
import threading
import time

from world.operations import READ

ALL = "all"


class Scope:
    """What is counted and broken, for one account or for all."""

    def __init__(self):
        self.rules, self.log, self.counts, self.pid = [], [], {}, None

    def stats(self):
        return {"total": len(self.log), "by_operation": dict(sorted(self.counts.items())), "log": self.log}


class Faults:
    def __init__(self):
        self.state = threading.Condition()
        self.scopes, self.held, self.released, self.seen = {}, 0, 0, {}

    def scope(self, account):
        return self.scopes.setdefault(account, Scope())

    def count(self, account, op):
        """(log entries, what the rules say to do, whether before the operation is done)."""
        write = not READ.match(op)
        chosen, entries = None, []
        with self.state:
            for name in (account, ALL):
                scope = self.scope(name)
                scope.counts[op] = scope.counts.get(op, 0) + 1
                entry = {"i": len(scope.log) + 1, "account": account, "op": op, "write": write, "status": None, "fault": None}
                scope.log.append(entry)
                entries.append(entry)
                for rule in scope.rules:
                    if chosen is None and fits(rule, entry) and due(rule):
                        chosen = rule
        do = (chosen or {}).get("do", {})
        early = (chosen or {}).get("phase", "before") == "before"
        for entry in entries:
            entry["fault"] = {"phase": "before" if early else "after", **do} if do else None
        return entries, do, early

    def wait_held(self, timeout):
        with self.state:
            return self.state.wait_for(lambda: self.held > self.released, timeout=timeout)

    def hold(self):
        with self.state:
            self.held += 1
            turn = self.held
            self.state.notify_all()
            self.state.wait_for(lambda: self.released >= turn, timeout=60)

    def release(self):
        with self.state:
            self.released = self.held
            self.state.notify_all()

    def reset(self, account):
        with self.state:
            if account == ALL:
                self.scopes.clear()
                self.seen.clear()
            else:
                self.scopes.pop(account, None)

    def victim(self, account):
        """The process that `kill` ends."""
        with self.state:
            pid = lambda: next((self.scopes[n].pid for n in (account, ALL) if n in self.scopes and self.scopes[n].pid), None)
            self.state.wait_for(pid, timeout=10)
            return pid()


def fits(rule, entry):
    return not (
        "at" in rule
        and rule["at"] != entry["i"]
        or "write" in rule
        and rule["write"] != entry["write"]
        or "op" in rule
        and not re.fullmatch(rule["op"], entry["op"])
    )


def due(rule):
    rule["matched"] = rule.get("matched", 0) + 1
    beyond = rule["matched"] - rule.get("nth", 1)
    if beyond >= 0 and beyond % rule.get("every", 1) == 0 and rule.get("fired", 0) < (rule.get("times", 1) or 10**9):
        rule["fired"] = rule.get("fired", 0) + 1
        return True
    return False


def too_many(account, service, rate):
    """Whether an account has spent its requests of this second."""
    now = time.monotonic()
    spent = [t for t in account.spent.get(service, []) if now - t < 1]
    account.spent[service] = spent
    if len(spent) >= rate:
        return True
    spent.append(now)
    return False
