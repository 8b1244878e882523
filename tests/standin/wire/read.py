"""A request's parameters, read by the model: query, rest-xml, rest-json and JSON 1.1."""

import base64
import binascii
import datetime
import email.utils
import json
import re
import urllib.parse
import xml.etree.ElementTree as ElementTree

from world.errors import AwsError

UTC = datetime.timezone.utc


def scalar(shape, text):
    """A value from text: of a form, a header, an XML element."""
    kind = shape.type_name
    try:
        if kind in ("integer", "long"):
            return int(text)
        if kind in ("float", "double"):
            return float(text)
        if kind == "boolean":
            if text.lower() not in ("true", "false"):
                raise ValueError(text)
            return text.lower() == "true"
        if kind == "timestamp":
            return moment(text)
        if kind == "blob":
            return base64.b64decode(text)
    except (ValueError, binascii.Error):
        raise AwsError("MalformedInput", f"'{text}' is no {kind}") from None
    return text


def moment(text):
    if re.fullmatch(r"[\d.]+", text):
        return datetime.datetime.fromtimestamp(float(text), UTC)
    try:
        return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return email.utils.parsedate_to_datetime(text)


# --- query ------------------------------------------------------------------------------------------------------


def query(operation, form):
    """Parameters of a form: `Tags.member.1.Key=k`. What fits no member is kept, so that the validation refuses it."""
    tree = {}
    for key, text in form.items():
        if key in ("Action", "Version"):
            continue
        node = tree
        *parents, last = key.split(".")
        for part in parents:
            node = node.setdefault(part, {})
            if not isinstance(node, dict):
                raise AwsError("MalformedQueryString", f"Keys may not contain {key}")
        node[last] = text
    if operation.input_shape is None:
        return {}
    return of_tree(operation.input_shape, tree)


def of_tree(shape, node):
    kind = shape.type_name
    if kind == "structure":
        if not isinstance(node, dict):
            raise AwsError("MalformedInput", "Start of structure or map found where not expected.")
        known = {member.serialization.get("name", name): (name, member) for name, member in shape.members.items()}
        out = {}
        for key, value in node.items():
            if key in known:
                name, member = known[key]
                out[name] = of_tree(member, value)
            else:
                out[key] = value
        return out
    if kind == "list":
        if node == "":
            return []
        inner = (
            node
            if shape.serialization.get("flattened")
            else node.get(shape.member.serialization.get("name", "member"), {}) if isinstance(node, dict) else None
        )
        if not isinstance(inner, dict) or not all(k.isdigit() for k in inner):
            raise AwsError("MalformedInput", "Unexpected list element termination")
        return [of_tree(shape.member, inner[k]) for k in sorted(inner, key=int)]
    if kind == "map":
        entries = node if shape.serialization.get("flattened") else node.get("entry", {}) if isinstance(node, dict) else None
        key, value = shape.key.serialization.get("name", "key"), shape.value.serialization.get("name", "value")
        if not isinstance(entries, dict) or not all(k.isdigit() and isinstance(e, dict) and {key, value} <= set(e) for k, e in entries.items()):
            raise AwsError("MalformedInput", "Unexpected map element termination")
        return {of_tree(shape.key, e[key]): of_tree(shape.value, e[value]) for _, e in sorted(entries.items(), key=lambda i: int(i[0]))}
    if isinstance(node, dict):
        raise AwsError("MalformedInput", "Start of structure or map found where not expected.")
    return scalar(shape, node)


# --- JSON -------------------------------------------------------------------------------------------------------

TYPES = {"string": str, "boolean": bool, "list": list, "map": dict, "structure": dict}


def of_json(shape, value, at=""):
    kind = shape.type_name
    if value is None:
        return None
    wanted = TYPES.get(kind)
    number = kind in ("integer", "long", "float", "double")
    if wanted and not isinstance(value, wanted) or number and (isinstance(value, bool) or not isinstance(value, (int, float))):
        given = {str: "STRING_VALUE", bool: "TRUE_VALUE" if value is True else "FALSE_VALUE", int: "NUMBER_VALUE", float: "NUMBER_VALUE"}.get(
            type(value)
        )
        target = {"string": "String", "integer": "Integer", "long": "Long", "boolean": "Boolean"}.get(kind, kind)
        raise AwsError(
            "SerializationException",
            (
                f"{given} can not be converted to {'an' if target[0] in 'AEIOU' else 'a'} {target}"
                if given
                else (
                    "Start of structure or map found where not expected."
                    if isinstance(value, dict)
                    else "Unrecognized collection type class java.util.List"
                )
            ),
        )
    if kind == "structure":
        known = {m.serialization.get("name", n): (n, m) for n, m in shape.members.items()}
        out = {}
        for key, one in value.items():
            name, member = known.get(key, (key, None))
            read = of_json(member, one, f"{at}.{key}") if member is not None else one
            if read is not None:
                out[name] = read
        return out
    if kind == "list":
        return [of_json(shape.member, one, at) for one in value]
    if kind == "map":
        return {k: of_json(shape.value, v, at) for k, v in value.items()}
    if kind == "timestamp":
        return datetime.datetime.fromtimestamp(value, UTC) if isinstance(value, (int, float)) else moment(value)
    if kind == "blob":
        return base64.b64decode(value)
    return value


def json_body(operation, body):
    try:
        value = json.loads(body) if body else {}
    except ValueError:
        raise AwsError("SerializationException", "Could not parse request body into json.") from None
    if not isinstance(value, dict):
        raise AwsError("SerializationException", "Start of list found where not expected")
    return of_json(operation.input_shape, value) if operation.input_shape else {}


# --- REST -------------------------------------------------------------------------------------------------------


def rest(operation, named, query_string, headers, body, as_json=False):
    """Parameters from path, query string, headers and body."""
    shape = operation.input_shape
    if shape is None:
        return {}
    out, payload = {}, shape.serialization.get("payload")
    for name, member in shape.members.items():
        where, key = member.serialization.get("location"), member.serialization.get("name", name)
        if where == "uri":
            if key in named:
                out[name] = scalar(member, named[key])
        elif where == "querystring":
            if key in query_string:
                out[name] = [query_string[key]] if member.type_name == "list" else scalar(member, query_string[key])
        elif where == "header":
            if key.lower() in headers:
                text = headers[key.lower()]
                out[name] = [t.strip() for t in text.split(",")] if member.type_name == "list" else scalar(member, text)
        elif where == "headers":
            found = {k[len(key) :]: v for k, v in headers.items() if k.startswith(key.lower())}
            if found:
                out[name] = found
    if payload:
        member = shape.members[payload]
        if member.type_name in ("blob", "string"):
            if body or member.type_name == "blob":
                out[payload] = body if member.type_name == "blob" else body.decode(errors="replace")
        elif body:
            out[payload] = of_json(member, json.loads(body)) if as_json else xml_body(member, body)
    elif body and as_json:
        out.update(of_json(shape, json.loads(body)))
    elif body and any("location" not in m.serialization for m in shape.members.values()):
        out.update(xml_body(shape, body))
    return out


MALFORMED = ("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")


def xml_body(shape, body):
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError:
        raise AwsError(*MALFORMED) from None
    return of_xml(shape, root)


def local(tag):
    return tag.rpartition("}")[2]


def of_xml(shape, element):
    kind = shape.type_name
    if kind == "structure":
        known = {}
        for name, member in shape.members.items():
            flat = member.type_name == "list" and member.serialization.get("flattened")
            tag = member.serialization.get("name") or flat and member.member.serialization.get("name") or name
            known[tag] = (name, member, flat)
        out = {}
        for attribute, text in element.attrib.items():
            for tag, (name, member, _) in known.items():
                if member.serialization.get("xmlAttribute") and local(tag.rpartition(":")[2]) == local(attribute):
                    out[name] = text
        for child in element:
            tag = local(child.tag)
            if tag not in known:
                raise AwsError(*MALFORMED, 400, {"Detail": f"no {tag} in {shape.name}"})
            name, member, flat = known[tag]
            if flat:
                out.setdefault(name, []).append(of_xml(member.member, child))
            else:
                out[name] = of_xml(member, child)
        return out
    if kind == "list":
        return [of_xml(shape.member, child) for child in element]
    if len(element):
        raise AwsError(*MALFORMED)
    try:
        return scalar(shape, (element.text or "") if kind == "string" else (element.text or "").strip())
    except AwsError:
        raise AwsError(*MALFORMED) from None


def form(text):
    """A form or a query string; the last of a key wins."""
    return dict(urllib.parse.parse_qsl(text, keep_blank_values=True))
