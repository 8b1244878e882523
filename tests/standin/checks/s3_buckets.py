"""Buckets: names, regions, owners, objects."""

import concurrent.futures
import time

from botocore.exceptions import ClientError
from checks.base import EC2, J, proves


def make(t, name, region="eu-west-1", s3=None, **more):
    constraint = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region, **more.pop("configuration", {})}}
    (s3 or t.s3).create_bucket(Bucket=name, **constraint, **more)
    return name


@proves("bucket-names", "bucket-names-global", "bucket-location", "bucket-tags-on-create")
def creating(t):
    a, east = t.account, t.client("s3", region="us-east-1")
    for bad in ("Upper", "a_b", "ab", "a..b", "192.168.1.1", "-abc", "xn--abc", "abc-s3alias", "abc--ol-s3"):
        t.refused(
            f"the name {bad} is refused",
            "InvalidBucketName",
            t.s3.create_bucket,
            400,
            Bucket=bad,
            CreateBucketConfiguration={"LocationConstraint": "eu-west-1"},
        )
    name = make(t, f"eu-{a}", configuration={"Tags": [{"Key": "k", "Value": "v"}]})
    t.same("CreateBucket takes tags", t.s3.get_bucket_tagging(Bucket=name)["TagSet"], [{"Key": "k", "Value": "v"}])
    again = {"Bucket": name, "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}
    t.refused("one's own again is BucketAlreadyOwnedByYou", "BucketAlreadyOwnedByYou", t.s3.create_bucket, 409, **again)
    t.refused("another's is BucketAlreadyExists", "BucketAlreadyExists", t.client("s3", t.other()).create_bucket, 409, **again)
    t.refused(
        "without a constraint a region refuses",
        "IllegalLocationConstraintException",
        t.s3.create_bucket,
        400,
        "The unspecified location constraint is incompatible",
        Bucket=f"x-{a}",
    )
    t.refused(
        "with another's too",
        "IllegalLocationConstraintException",
        t.s3.create_bucket,
        400,
        "us-west-2",
        Bucket=f"x-{a}",
        CreateBucketConfiguration={"LocationConstraint": "us-west-2"},
    )
    t.refused(
        "us-east-1 has no constraint",
        "InvalidLocationConstraint",
        east.create_bucket,
        400,
        Bucket=f"x-{a}",
        CreateBucketConfiguration={"LocationConstraint": "us-east-1"},
    )
    make(t, f"us-{a}", "us-east-1", east)
    t.works("in us-east-1 one's own again is 200", east.create_bucket, Bucket=f"us-{a}")
    t.same("the location of us-east-1 is null", east.get_bucket_location(Bucket=f"us-{a}")["LocationConstraint"], None)
    t.same("of others their name", t.s3.get_bucket_location(Bucket=name)["LocationConstraint"], "eu-west-1")


@proves("bucket-region")
def regions(t):
    name, west = make(t, f"eu-{t.account}"), t.client("s3", region="us-west-2")
    east = t.client("s3", region="us-east-1")
    for client in (west, east):  # boto3 follows redirections; what is shown here is what it follows
        for hook in ("needs-retry.s3",):
            client.meta.events.unregister(hook, unique_id="retry-config-s3")
    status, headers, text = t.raw("GET", f"/{name}?versioning", t.signed("s3", "us-west-2"))
    t.check(
        "a bucket of another region is 301 PermanentRedirect",
        status == 301 and "<Code>PermanentRedirect</Code>" in text and f"{name}.s3.eu-west-1.amazonaws.com" in text,
        text,
    )
    t.same("which names the region", headers.get("x-amz-bucket-region"), "eu-west-1")
    status, headers, text = t.raw("GET", f"/{name}?versioning", t.signed("s3", "us-east-1"))
    t.check(
        "from us-east-1 it is AuthorizationHeaderMalformed",
        status == 400 and "the region 'us-east-1' is wrong; expecting 'eu-west-1'" in text and "<Region>eu-west-1</Region>" in text,
        text,
    )
    status, headers, text = t.raw("HEAD", f"/{name}", t.signed("s3", "us-west-2"))
    t.same("HEAD has the header alone", (status, headers.get("x-amz-bucket-region"), text), (301, "eu-west-1", ""))
    t.same("boto3 follows", t.client("s3", region="us-west-2").get_bucket_versioning(Bucket=name).get("Status"), None)
    t.works("the location is told everywhere", west.get_bucket_location, Bucket=name)
    t.same("HeadBucket tells the region", t.s3.head_bucket(Bucket=name)["BucketRegion"], "eu-west-1")


@proves("bucket-owner", "bucket-foreign")
def owners(t):
    a, b = t.account, t.other()
    name, theirs = make(t, f"own-{a}"), t.client("s3", b)
    t.works("the expected owner may be oneself", t.s3.get_bucket_versioning, Bucket=name, ExpectedBucketOwner=a)
    t.refused(
        "if it is another it is AccessDenied", "AccessDenied", t.s3.get_bucket_tagging, 403, "Access Denied", Bucket=name, ExpectedBucketOwner=b
    )
    t.refused("HEAD has no words for it", "403", t.s3.head_bucket, 403, Bucket=name, ExpectedBucketOwner=b)
    t.refused("it is an account id", "InvalidBucketOwnerAWSAccountID", t.s3.get_bucket_tagging, 400, Bucket=name, ExpectedBucketOwner="me")
    t.refused("another account is denied", "AccessDenied", theirs.get_bucket_policy, 403, Bucket=name)
    t.refused("and cannot write", "AccessDenied", theirs.put_bucket_tagging, 403, Bucket=name, Tagging={"TagSet": []})
    t.s3.put_object(Bucket=name, Key="k", Body=b"x")
    t.s3.put_bucket_policy(
        Bucket=name,
        Policy=J(
            {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Principal": {"AWS": b}, "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{name}/*"}],
            }
        ),
    )
    t.same("what the policy allows it may", theirs.get_object(Bucket=name, Key="k")["Body"].read(), b"x")
    t.refused("nothing else", "AccessDenied", theirs.put_object, 403, Bucket=name, Key="k", Body=b"y")
    t.refused(
        "a bucket that is not there is NoSuchBucket",
        "NoSuchBucket",
        t.s3.get_bucket_policy,
        404,
        "The specified bucket does not exist",
        Bucket=name + "x",
    )
    t.refused("HEAD of it is 404", "404", t.s3.head_bucket, 404, Bucket=name + "x")


@proves("list-buckets-region", "pages", "strange-marker")
def listing(t):
    a = t.account
    for i in range(5):
        make(t, f"{'ab'[i % 2]}{i}-{a}")
    plain = t.s3.list_buckets()
    t.same("ListBuckets lists one's own by name", [b["Name"] for b in plain["Buckets"]], [f"a0-{a}", f"a2-{a}", f"a4-{a}", f"b1-{a}", f"b3-{a}"])
    t.check("without a parameter it names no regions", all("BucketRegion" not in b for b in plain["Buckets"]))
    t.same("with one it does", {b["BucketRegion"] for b in t.s3.list_buckets(MaxBuckets=10)["Buckets"]}, {"eu-west-1"})
    t.same("Prefix narrows", len(t.s3.list_buckets(Prefix="a")["Buckets"]), 3)
    t.same("so does BucketRegion", t.s3.list_buckets(BucketRegion="us-east-1")["Buckets"], [])
    t.paged("ListBuckets", t.s3.list_buckets, "Buckets", 5, ("ContinuationToken", "ContinuationToken"), ("MaxBuckets", 2))
    t.refused("a strange token is refused", "InvalidArgument", t.s3.list_buckets, 400, MaxBuckets=2, ContinuationToken="x")
    t.config(page=2)
    t.same("small pages are forced everywhere", len(t.s3.list_buckets()["Buckets"]), 2)
    t.config(page=None)


@proves("bucket-not-empty", "pages")
def objects(t):
    s3, name = t.s3, make(t, f"obj-{t.account}")
    s3.put_object(Bucket=name, Key="a/b", Body=b"hello", ContentType="text/plain")
    got = s3.get_object(Bucket=name, Key="a/b")
    t.same("an object comes back", (got["Body"].read(), got["ContentType"], got["ContentLength"]), (b"hello", "text/plain", 5))
    t.refused("one that is not there is NoSuchKey", "NoSuchKey", s3.get_object, 404, Bucket=name, Key="none")
    t.refused("a bucket with objects cannot go", "BucketNotEmpty", s3.delete_bucket, 409, "The bucket you tried to delete is not empty", Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=name, Key="a/b", Body=b"again")
    marker = s3.delete_object(Bucket=name, Key="a/b")
    t.check("with versioning, deleting puts a marker", marker["DeleteMarker"] and len(marker["VersionId"]) == 32)
    t.same("the object is not listed", s3.list_objects_v2(Bucket=name)["KeyCount"], 0)
    listed = s3.list_object_versions(Bucket=name)
    t.same(
        "its versions and the marker are",
        ([v["IsLatest"] for v in listed["Versions"]], [m["IsLatest"] for m in listed["DeleteMarkers"]]),
        ([False, False], [True]),
    )
    t.same("the one from before versioning is null", listed["Versions"][1]["VersionId"], "null")
    t.refused(
        "a bucket with only versions cannot go", "BucketNotEmpty", s3.delete_bucket, 409, "You must delete all versions in the bucket.", Bucket=name
    )
    found, after = 0, {}
    while True:
        page = s3.list_object_versions(Bucket=name, MaxKeys=1, **after)
        found += len(page.get("Versions", [])) + len(page.get("DeleteMarkers", []))
        if not page["IsTruncated"]:
            break
        after = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}
    t.same("versions come in pages", found, 3)
    t.check(
        "of the size asked for",
        len(s3.list_object_versions(Bucket=name, MaxKeys=1).get("Versions", [])) <= 1
        and s3.list_object_versions(Bucket=name, MaxKeys=1)["IsTruncated"],
    )
    every = [{"Key": v["Key"], "VersionId": v["VersionId"]} for v in (*listed["Versions"], *listed["DeleteMarkers"])]
    t.same("DeleteObjects deletes versions", len(s3.delete_objects(Bucket=name, Delete={"Objects": every})["Deleted"]), 3)
    t.works("an empty bucket goes", s3.delete_bucket, Bucket=name)
    t.refused("and is gone", "404", s3.head_bucket, 404, Bucket=name)
    t.works("its name is free again", s3.create_bucket, Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    for i in range(5):
        s3.put_object(Bucket=name, Key=f"k{i}", Body=b"")
    t.paged("ListObjectsV2", s3.list_objects_v2, "Contents", 5, ("ContinuationToken", "NextContinuationToken"), ("MaxKeys", 2), Bucket=name)
    t.paged("ListObjects", s3.list_objects, "Contents", 5, ("Marker", "NextMarker"), ("MaxKeys", 2), Bucket=name)


@proves("checksum-required")
def checksums(t):
    name = make(t, f"sum-{t.account}")
    body = b'<Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>'
    status, _, text = t.raw("PUT", f"/{name}?tagging", t.signed("s3", "eu-west-1"), body)
    t.check("tagging a bucket needs a checksum", status == 400 and "Missing required header for this request: Content-MD5" in text, text)
    status, _, text = t.raw("PUT", f"/{name}?tagging", {**t.signed("s3", "eu-west-1"), "Content-MD5": "AAAAAAAAAAAAAAAAAAAAAA=="}, body)
    t.check("a wrong one is BadDigest", status == 400 and "BadDigest" in text, text)
    status, _, text = t.raw("PUT", f"/{name}?tagging", {**t.signed("s3", "eu-west-1"), "x-amz-checksum-crc32": "AAAAAA=="}, body)
    t.check("of every kind", status == 400 and "BadDigest" in text, text)
    t.works("boto3 sends the right one", t.s3.put_bucket_tagging, Bucket=name, Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})


@proves("bucket-name-blocked", "one-write")
def conflicts(t):
    name = make(t, f"busy-{t.account}")
    t.iam.create_role(RoleName="r", AssumeRolePolicyDocument=EC2)
    t.config(write_ms={"s3": 600, "iam": 600}, bucket_name_lag_s=2)

    def together(one, two):
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            first = pool.submit(one)
            time.sleep(0.2)
            try:
                two()
                return "both went well"
            except ClientError as error:
                return error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
            finally:
                first.result()

    versioning = lambda: t.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    t.same(
        "two writes to one bucket at a time are OperationAborted",
        together(versioning, lambda: t.s3.delete_bucket_policy(Bucket=name)),
        ("OperationAborted", 409),
    )
    t.same(
        "to one role ConcurrentModification",
        together(lambda: t.iam.tag_role(RoleName="r", Tags=[{"Key": "k", "Value": "v"}]), lambda: t.iam.update_role(RoleName="r")),
        ("ConcurrentModification", 409),
    )
    t.works("one after the other they are done", versioning)
    t.s3.delete_bucket(Bucket=name)
    create = {"Bucket": name, "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}
    t.refused("a deleted name is blocked for a while", "OperationAborted", t.s3.create_bucket, 409, **create)
    time.sleep(2.1)
    t.works("then it is free", t.s3.create_bucket, **create)
    t.config(write_ms={}, bucket_name_lag_s=0)
