"""Identity providers: OpenID Connect and SAML."""

import datetime

from services.iam_common import add_tags, paged, remove_tags, tag_list
from world.errors import refuse
from world.operations import op
from world.rules import on, rule
from world.state import now

rule("providers", "a provider is there once (EntityAlreadyExists), an address is https, at most 100 client ids and 5 thumbprints [M]")
OIDC, SAML = "OpenIDConnectProviderArn", "SAMLProviderArn"


def provider(call, p, kind):
    store, key = (call.iam.oidc, OIDC) if kind == "oidc" else (call.iam.saml, SAML)
    if p[key] not in store:
        what = "OpenIDConnect Provider not found for arn" if kind == "oidc" else "Manifest not found for arn"
        raise refuse("NoSuchEntity", f"{what} {p[key]}")
    return store[p[key]]


@op("iam:CreateOpenIDConnectProvider")
def create_oidc(call, p):
    if not p["Url"].startswith("https://") and on("providers"):
        raise refuse("ValidationError", "Invalid Open ID Connect Provider URL")
    host = p["Url"].removeprefix("https://").rstrip("/")
    arn = f"arn:aws:iam::{call.iam.account}:oidc-provider/{host}"
    if arn in call.iam.oidc and on("providers"):
        raise refuse("EntityAlreadyExists", f"Provider with url {p['Url']} already exists.")
    if on("providers"):
        check_thumbprints(p.get("ThumbprintList") or [])
    tags = add_tags({}, p.get("Tags") or [], False)
    call.iam.oidc[arn] = {
        "Url": host,
        "ClientIDList": list(dict.fromkeys(p.get("ClientIDList") or [])),
        "ThumbprintList": p.get("ThumbprintList") or ["a" * 40],
        "CreateDate": now(),
        "Tags": tags,
    }
    return {OIDC: arn, **({"Tags": tag_list(tags)} if tags else {})}


def check_thumbprints(prints):
    if len(prints) > 5:
        raise refuse("LimitExceeded", "Thumbprint list must contain fewer than 5 entries.")


@op("iam:GetOpenIDConnectProvider")
def get_oidc(call, p):
    found = provider(call, p, "oidc")
    return {**found, "Tags": tag_list(found["Tags"])}


@op("iam:ListOpenIDConnectProviders")
def list_oidc(call, p):
    return {"OpenIDConnectProviderList": [{"Arn": a} for a in sorted(call.iam.oidc)]}


@op("iam:DeleteOpenIDConnectProvider")
def delete_oidc(call, p):
    provider(call, p, "oidc")
    del call.iam.oidc[p[OIDC]]


@op("iam:UpdateOpenIDConnectProviderThumbprint")
def thumbprints(call, p):
    check_thumbprints(p["ThumbprintList"])
    provider(call, p, "oidc")["ThumbprintList"] = p["ThumbprintList"]


@op("iam:AddClientIDToOpenIDConnectProvider")
def add_client(call, p):
    found = provider(call, p, "oidc")
    if p["ClientID"] not in found["ClientIDList"]:
        found["ClientIDList"].append(p["ClientID"])


@op("iam:RemoveClientIDFromOpenIDConnectProvider")
def remove_client(call, p):
    found = provider(call, p, "oidc")
    found["ClientIDList"] = [c for c in found["ClientIDList"] if c != p["ClientID"]]


@op("iam:CreateSAMLProvider")
def create_saml(call, p):
    arn = f"arn:aws:iam::{call.iam.account}:saml-provider/{p['Name']}"
    if arn in call.iam.saml and on("providers"):
        raise refuse("EntityAlreadyExists", f"Provider with name {p['Name']} already exists.")
    tags = add_tags({}, p.get("Tags") or [], False)
    call.iam.saml[arn] = {
        "SAMLMetadataDocument": p["SAMLMetadataDocument"],
        "CreateDate": now(),
        "ValidUntil": now() + datetime.timedelta(days=36500),
        "Tags": tags,
    }
    return {SAML: arn, **({"Tags": tag_list(tags)} if tags else {})}


@op("iam:GetSAMLProvider")
def get_saml(call, p):
    found = provider(call, p, "saml")
    return {**found, "Tags": tag_list(found["Tags"])}


@op("iam:UpdateSAMLProvider")
def update_saml(call, p):
    found = provider(call, p, "saml")
    if p.get("SAMLMetadataDocument"):
        found["SAMLMetadataDocument"] = p["SAMLMetadataDocument"]
    return {SAML: p[SAML]}


@op("iam:ListSAMLProviders")
def list_saml(call, p):
    return {"SAMLProviderList": [{"Arn": a, "ValidUntil": v["ValidUntil"], "CreateDate": v["CreateDate"]} for a, v in sorted(call.iam.saml.items())]}


@op("iam:DeleteSAMLProvider")
def delete_saml(call, p):
    provider(call, p, "saml")
    del call.iam.saml[p[SAML]]


def tag_operations(kind, word, key):
    @op(f"iam:Tag{word}")
    def tag(call, p):
        found = provider(call, p, kind)
        found["Tags"] = add_tags(found["Tags"], p["Tags"], False)

    @op(f"iam:Untag{word}")
    def untag(call, p):
        found = provider(call, p, kind)
        found["Tags"] = remove_tags(found["Tags"], p["TagKeys"], False)

    @op(f"iam:List{word}Tags")
    def tags(call, p):
        return paged(call, tag_list(provider(call, p, kind)["Tags"]), p, "Tags")


tag_operations("oidc", "OpenIDConnectProvider", OIDC)
tag_operations("saml", "SAMLProvider", SAML)
