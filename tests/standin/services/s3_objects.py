"""Objects, as much as a bucket needs that is not empty: versions, delete markers, lists."""

import hashlib

from services.s3_store import bucket_of, missing
from world.errors import AwsError
from world.operations import op
from world.rules import on
from world.state import letters, now


def versions(bucket, key):
    return bucket.objects.setdefault(key, [])


def add(bucket, key, entry):
    """Adds a version; without versioning, or while it is suspended, in place of the one that has none."""
    status = bucket.versioning.get("Status")
    entry["id"] = letters("", 32) if status == "Enabled" else "null"
    kept = versions(bucket, key)
    if status != "Enabled":
        kept[:] = [v for v in kept if v["id"] != "null"]
    kept.append(entry)
    return entry


def latest(bucket, key, version=None):
    found = [v for v in bucket.objects.get(key, []) if version in (None, v["id"])]
    if not found or version is None and found[-1]["marker"]:
        code = "NoSuchVersion" if version and bucket.objects.get(key) else "NoSuchKey"
        raise missing(code, "The specified key does not exist." if code == "NoSuchKey" else "The specified version does not exist.", Key=key)
    return found[-1]


@op("s3:PutObject")
def put(call, p):
    bucket = bucket_of(call, p)
    body = p.get("Body") or b""
    entry = add(
        bucket, p["Key"], {"marker": False, "body": body, "tag": f'"{hashlib.md5(body).hexdigest()}"', "at": now(), "type": p.get("ContentType")}
    )
    return {"ETag": entry["tag"], **shown_version(bucket, entry), "ServerSideEncryption": "AES256"}


def shown_version(bucket, entry):
    return {"VersionId": entry["id"]} if bucket.versioning else {}


@op("s3:GetObject", "s3:HeadObject")
def get(call, p):
    bucket = bucket_of(call, p)
    entry = latest(bucket, p["Key"], p.get("VersionId"))
    body = {"Body": entry["body"]} if call.operation == "GetObject" else {}
    return {
        **body,
        "ETag": entry["tag"],
        "LastModified": entry["at"],
        "ContentType": entry["type"] or "binary/octet-stream",
        **shown_version(bucket, entry),
    }


def remove(bucket, key, version):
    if version:
        found = [v for v in bucket.objects.get(key, []) if v["id"] == version]
        bucket.objects[key] = [v for v in bucket.objects.get(key, []) if v["id"] != version]
        out = {"VersionId": version, **({"DeleteMarker": True} if found and found[0]["marker"] else {})}
    elif bucket.versioning:
        out = {"VersionId": add(bucket, key, {"marker": True, "at": now()})["id"], "DeleteMarker": True}
    else:
        bucket.objects.pop(key, None)
        out = {}
    if not bucket.objects.get(key):
        bucket.objects.pop(key, None)
    return out


@op("s3:DeleteObject")
def delete(call, p):
    return remove(bucket_of(call, p), p["Key"], p.get("VersionId"))


@op("s3:DeleteObjects")
def delete_many(call, p):
    bucket, out = bucket_of(call, p), []
    for one in p["Delete"]["Objects"]:
        gone = remove(bucket, one["Key"], one.get("VersionId"))
        out.append(
            {
                "Key": one["Key"],
                **({"VersionId": one["VersionId"]} if one.get("VersionId") else {}),
                **(
                    {"DeleteMarker": True, "DeleteMarkerVersionId": gone["VersionId"]}
                    if gone.get("DeleteMarker") and not one.get("VersionId")
                    else {}
                ),
            }
        )
    return {} if p["Delete"].get("Quiet") else {"Deleted": out}


def size_of(call, p):
    return min(p.get("MaxKeys", 1000), call.config["page"] or 1000, 1000) if on("pages") else 10**9


def current(bucket, prefix):
    return [(k, v[-1]) for k, v in sorted(bucket.objects.items()) if k.startswith(prefix) and v and not v[-1]["marker"]]


def content(key, entry):
    return {"Key": key, "LastModified": entry["at"], "ETag": entry["tag"], "Size": len(entry["body"]), "StorageClass": "STANDARD"}


@op("s3:ListObjects")
def list_old(call, p):
    bucket = bucket_of(call, p)
    most = size_of(call, p)
    found = [(k, e) for k, e in current(bucket, p.get("Prefix", "")) if k > p.get("Marker", "")]
    more = {"NextMarker": found[most - 1][0]} if len(found) > most else {}
    return {
        "IsTruncated": len(found) > most,
        **more,
        "Contents": [content(*f) for f in found[:most]],
        "Name": bucket.name,
        "Prefix": p.get("Prefix", ""),
        "MaxKeys": p.get("MaxKeys", 1000),
    }


@op("s3:ListObjectsV2")
def list_new(call, p):
    bucket = bucket_of(call, p)
    most = size_of(call, p)
    after = p.get("ContinuationToken", p.get("StartAfter", ""))
    found = [(k, e) for k, e in current(bucket, p.get("Prefix", "")) if k > after]
    more = {"NextContinuationToken": found[most - 1][0]} if len(found) > most else {}
    return {
        "IsTruncated": len(found) > most,
        **more,
        "Contents": [content(*f) for f in found[:most]],
        "Name": bucket.name,
        "Prefix": p.get("Prefix", ""),
        "MaxKeys": p.get("MaxKeys", 1000),
        "KeyCount": min(len(found), most),
    }


@op("s3:ListObjectVersions")
def list_versions(call, p):
    bucket = bucket_of(call, p)
    if p.get("VersionIdMarker") and not p.get("KeyMarker"):
        raise AwsError("InvalidArgument", "A version-id marker cannot be specified without a key marker.")
    found = [(k, e, e is v[-1]) for k, v in sorted(bucket.objects.items()) if k.startswith(p.get("Prefix", "")) for e in reversed(v)]
    if p.get("KeyMarker"):
        at = [i for i, (k, e, _) in enumerate(found) if k == p["KeyMarker"] and p.get("VersionIdMarker") in (None, e["id"])]
        start = at[-1] + 1 if at else next((i for i, f in enumerate(found) if f[0] > p["KeyMarker"]), len(found))
        found = found[start:]
    most = size_of(call, p)
    now_, cut = found[:most], len(found) > most
    more = {"NextKeyMarker": now_[-1][0], "NextVersionIdMarker": now_[-1][1]["id"]} if cut else {}
    owner = {"ID": "0" * 52 + bucket.account}
    base = lambda k, e, newest: {"Key": k, "VersionId": e["id"], "IsLatest": newest, "LastModified": e["at"], "Owner": owner}
    return {
        "IsTruncated": cut,
        **more,
        "Name": bucket.name,
        "Prefix": p.get("Prefix", ""),
        "MaxKeys": p.get("MaxKeys", 1000),
        "KeyMarker": p.get("KeyMarker", ""),
        "Versions": [{**base(k, e, n), "ETag": e["tag"], "Size": len(e["body"]), "StorageClass": "STANDARD"} for k, e, n in now_ if not e["marker"]],
        "DeleteMarkers": [base(k, e, n) for k, e, n in now_ if e["marker"]],
    }
