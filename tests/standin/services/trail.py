"""CloudTrail: every write that went well, as an event."""


def record(home, call, asked, result, request_id):
    pass
