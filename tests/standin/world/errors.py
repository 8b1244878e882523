"""What an operation refuses with."""


class AwsError(Exception):
    """An error as AWS words it. `status` is the HTTP status, `more` elements of S3's error document, `headers` of the answer."""

    def __init__(self, code, message, status=400, more=None, headers=None):
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status = code, message, status
        self.more, self.headers = more or {}, headers or {}


STATUS = {
    "NoSuchEntity": 404,
    "EntityAlreadyExists": 409,
    "DeleteConflict": 409,
    "LimitExceeded": 409,
    "ConcurrentModification": 409,
    "EntityTemporarilyUnmodifiable": 409,
    "ReportNotPresent": 410,
    "ReportExpired": 410,
    "ReportInProgress": 404,
    "AccessDenied": 403,
    "InvalidClientTokenId": 403,
    "MissingAuthenticationToken": 403,
    "ExpiredToken": 403,
    "OpenIdIdpCommunicationError": 400,
    "ServiceFailure": 500,
    "NotFound": 404,
}


def refuse(code, message):
    """An error of a query service, with the status that goes with the code."""
    return AwsError(code, message, STATUS.get(code, 400))
