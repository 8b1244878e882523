"""Answers and errors, written by the model: query, rest-xml, rest-json and JSON 1.1."""

import base64
import datetime
import email.utils
import json
from xml.sax.saxutils import escape

from wire.models import ROOTS

XML = '<?xml version="1.0" encoding="UTF-8"?>\n'


class Wrong(Exception):
    """The stand-in itself is wrong: an answer that the model does not know."""


def stamp(value, form):
    if form == "unixTimestamp":
        return value.timestamp()
    if form == "rfc822":
        return email.utils.format_datetime(value.astimezone(datetime.timezone.utc), usegmt=True)
    return value.strftime("%Y-%m-%dT%H:%M:%S.000Z" if form == "s3" else "%Y-%m-%dT%H:%M:%SZ")


def text(shape, value, form="iso8601"):
    kind = shape.type_name
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "timestamp":
        return stamp(value, shape.serialization.get("timestampFormat", form))
    if kind == "blob":
        return base64.b64encode(value).decode()
    if kind == "string":
        return escape(value, {"\r": "&#xD;"})
    return str(value)


def xml(shape, value, tag, out, form="iso8601"):
    """Appends `<tag>value</tag>`."""
    kind = shape.type_name
    if kind == "structure":
        attributes = ""
        members = shape.members
        inside = []
        for name, given in value.items():
            if given is None:
                continue
            if name not in members:
                raise Wrong(f"{shape.name} has no {name}")
            member = members[name]
            if member.serialization.get("location"):
                continue
            if member.serialization.get("xmlAttribute"):
                attributes += f' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" {member.serialization["name"]}="{given}"'
                continue
            if member.type_name == "list" and member.serialization.get("flattened"):
                inner = member.serialization.get("name") or member.member.serialization.get("name") or name
                for one in given:
                    xml(member.member, one, inner, inside, form)
            else:
                xml(member, given, member.serialization.get("name", name), inside, form)
        out.append(f"<{tag}{attributes}>")
        out += inside
        out.append(f"</{tag}>")
    elif kind == "list":
        out.append(f"<{tag}>")
        inner = shape.member.serialization.get("name", "member")
        for one in value:
            xml(shape.member, one, inner, out, form)
        out.append(f"</{tag}>")
    elif kind == "map":
        key, val = shape.key.serialization.get("name", "key"), shape.value.serialization.get("name", "value")
        out.append(f"<{tag}>")
        for k, v in value.items():
            out.append("<entry>")
            xml(shape.key, k, key, out, form)
            xml(shape.value, v, val, out, form)
            out.append("</entry>")
        out.append(f"</{tag}>")
    else:
        out.append(f"<{tag}>{text(shape, value, form)}</{tag}>")


def to_json(shape, value):
    kind = shape.type_name
    if kind == "structure":
        out = {}
        for name, given in value.items():
            if given is None:
                continue
            if name not in shape.members:
                raise Wrong(f"{shape.name} has no {name}")
            member = shape.members[name]
            out[member.serialization.get("name", name)] = to_json(member, given)
        return out
    if kind == "list":
        return [to_json(shape.member, one) for one in value]
    if kind == "map":
        return {k: to_json(shape.value, v) for k, v in value.items()}
    if kind == "timestamp":
        form = shape.serialization.get("timestampFormat", "unixTimestamp")
        return stamp(value, form)
    if kind == "blob":
        return base64.b64encode(value).decode()
    return value


def answer(service, operation, result, request_id):
    """(status, headers, body) of an operation that went well."""
    # The model of s3control leaves out that what is deleted has no answer.
    status = operation.http.get("responseCode", 204 if service.name == "s3control" and operation.http["method"] == "DELETE" else 200)
    shape, result = operation.output_shape, result or {}
    if service.protocol == "query":
        out = [f'<{operation.name}Response xmlns="{service.space}">']
        if shape is not None:
            xml(shape, result, operation.name + "Result", out)
        out.append(f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{operation.name}Response>")
        return status, {"Content-Type": "text/xml", "x-amzn-RequestId": request_id}, "".join(out).encode()
    if service.protocol == "json":
        body = json.dumps(to_json(shape, result), separators=(",", ":")) if shape is not None else "{}" if service.name != "sagemaker" else ""
        return status, {"Content-Type": "application/x-amz-json-1.1", "x-amzn-RequestId": request_id}, body.encode()
    if service.protocol == "rest-json":
        body = json.dumps(to_json(shape, result), separators=(",", ":")) if shape is not None else "{}"
        return status, {"Content-Type": "application/json", "x-amzn-RequestId": request_id}, body.encode()
    return rest_xml(service, operation, result, request_id, status)


def rest_xml(service, operation, result, request_id, status):
    shape = operation.output_shape
    headers = {"x-amz-request-id": request_id, "x-amz-id-2": base64.b64encode(request_id.encode() * 2).decode(), "Server": "AmazonS3"}
    if shape is None:
        return status, headers, b""
    for name, member in shape.members.items():
        if result.get(name) is None:
            continue
        if member.serialization.get("location") == "header":
            form = member.serialization.get("timestampFormat", "rfc822")
            headers[member.serialization["name"]] = (
                text(member, result[name], form)
                if member.type_name == "timestamp"
                else str(result[name]).lower() if member.type_name == "boolean" else str(result[name])
            )
        elif member.serialization.get("location") == "headers":
            headers.update({member.serialization["name"] + k: v for k, v in result[name].items()})
    payload = shape.serialization.get("payload")
    if payload and shape.members[payload].type_name in ("blob", "string"):
        value = result.get(payload, b"")
        if shape.members[payload].type_name == "string":
            headers["Content-Type"] = "application/json"
        return status, headers, value.encode() if isinstance(value, str) else value
    out = []
    if payload:
        member = shape.members[payload]
        if result.get(payload) is None:
            return status, headers, b""
        tag = member.serialization.get("name") or ROOTS.get(operation.name) or member.name
        xml(member, result[payload], tag, out, "s3")
    elif operation.name == "GetBucketLocation":
        out.append(f"<LocationConstraint>{result.get('LocationConstraint') or ''}</LocationConstraint>")
    elif any("location" not in m.serialization for m in shape.members.values()):
        xml(shape, result, ROOTS.get(operation.name, operation.name + "Result"), out, "s3")
    else:
        return status, headers, b""
    space = f' xmlns="{service.space}"' if service.space else ""
    first, end = out[0].partition(">")[0], out[0].partition(">")[2]
    out[0] = f"{first}{space}>{end}"
    headers["Content-Type"] = "application/xml"
    return status, headers, (XML + "".join(out)).encode()


def error(service, failure, request_id, host_id="", operation=None):
    """(status, headers, body) of an error."""
    protocol = service.protocol if service else "query"
    headers = dict(failure.headers)
    if protocol == "query":
        space = f' xmlns="{service.space}"' if service else ""
        kind = "Sender" if failure.status < 500 else "Receiver"
        body = (
            f"<ErrorResponse{space}><Error><Type>{kind}</Type><Code>{failure.code}</Code><Message>{escape(failure.message)}</Message></Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        )
        return failure.status, {**headers, "Content-Type": "text/xml", "x-amzn-RequestId": request_id}, body.encode()
    if protocol in ("json", "rest-json"):
        body = {"__type": failure.code, "message": failure.message}
        kind = "application/x-amz-json-1.1" if protocol == "json" else "application/json"
        return (
            failure.status,
            {**headers, "Content-Type": kind, "x-amzn-RequestId": request_id, "x-amzn-ErrorType": failure.code},
            json.dumps(body).encode(),
        )
    more = "".join(f"<{k}>{escape(str(v))}</{k}>" for k, v in failure.more.items())
    inside = f"<Code>{failure.code}</Code><Message>{escape(failure.message)}</Message>{more}"
    if service.name == "s3control":
        inside = f"<Error>{inside}</Error><RequestId>{request_id}</RequestId><HostId>{host_id}</HostId>"
        body = f"{XML}<ErrorResponse>{inside}</ErrorResponse>"
    else:
        body = f"{XML}<Error>{inside}<RequestId>{request_id}</RequestId><HostId>{host_id}</HostId></Error>"
    return failure.status, {**headers, "Content-Type": "application/xml", "x-amz-request-id": request_id, "x-amz-id-2": host_id}, body.encode()
