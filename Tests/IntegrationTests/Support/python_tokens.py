"""Makes and reads tokens with itsdangerous and BlackSheep.

Reads a JSON list of questions from stdin and writes the list of answers to stdout. What is missing in a question takes
the library's own default.
"""
import asyncio
import hashlib
import json
import sys

import itsdangerous
from blacksheep.contents import TextContent
from blacksheep.messages import Request, Response
from blacksheep.sessions import SessionMiddleware
from blacksheep.sessions.cookies import CookieSessionStore

TIMED = ("TimestampSigner", "TimedSerializer", "URLSafeTimedSerializer")
ERRORS = [
    (itsdangerous.SignatureExpired, "expired"),
    (itsdangerous.BadSignature, "bad_signature"),
    (itsdangerous.BadPayload, "bad_payload"),
]


def timestamp_signer(now):
    """The library's way to have another clock."""
    if now is None:
        return itsdangerous.TimestampSigner
    return type("Clock", (itsdangerous.TimestampSigner,), {"get_timestamp": lambda self: now})


def options_of(question):
    options = {}
    if "derivation" in question:
        options["key_derivation"] = question["derivation"]
    if "digest" in question:
        options["digest_method"] = getattr(hashlib, question["digest"])
    return options


def maker_of(question):
    kind = question["kind"]
    salt = {"salt": question["salt"]} if "salt" in question else {}
    if kind.endswith("Signer"):
        maker = itsdangerous.Signer if kind == "Signer" else timestamp_signer(question.get("time"))
        return maker(question["secrets"], **salt, **options_of(question))
    if kind in TIMED:
        salt["signer"] = timestamp_signer(question.get("time"))
    return getattr(itsdangerous, kind)(question["secrets"], **salt, signer_kwargs=options_of(question))


def make(question):
    maker = maker_of(question)
    if question["kind"].endswith("Signer"):
        return {"token": maker.sign(question["text"]).decode()}
    value = json.loads(question["text"])
    text = maker.serializer.dumps(value, **maker.serializer_kwargs)
    token = maker.dumps(value)
    return {"token": token if isinstance(token, str) else token.decode(), "text": text}


def read(question):
    maker = maker_of(question)
    timed = {}
    if question["kind"] in TIMED:
        timed = {"max_age": question.get("maxAge"), "return_timestamp": True}
    try:
        if question["kind"].endswith("Signer"):
            value = maker.unsign(question["token"], **timed)
        else:
            value = maker.loads(question["token"], **timed)
    except itsdangerous.BadData as error:
        return {"error": next(name for kind, name in ERRORS if isinstance(error, kind))}
    answer = {}
    if timed:
        value, date = value
        answer["time"] = int(date.timestamp())
    answer["text"] = value.decode() if isinstance(value, bytes) else json.dumps(value, separators=(",", ":"))
    return answer


def session(question):
    """Sends a request through BlackSheep's middleware: what its session has, and the cookie after a change of it."""
    options = {"session_max_age": question["maxAge"]} if "maxAge" in question else {}
    if "digest" in question or "salt" in question:
        signer = itsdangerous.URLSafeTimedSerializer
        salt = {"salt": question["salt"]} if "salt" in question else {}
        options["signer"] = signer(question["secrets"], **salt, signer_kwargs=options_of(question))
    secrets = question["secrets"]
    store = CookieSessionStore(secrets[0] if len(secrets) == 1 else secrets, **options)
    headers = [(b"cookie", b"session=" + question["token"].encode())] if "token" in question else []
    request = Request("GET", b"/", headers)
    found = {}

    async def handler(request):
        found.update(request.session.to_dict())
        if "text" in question:
            request.session.update(json.loads(question["text"]))
        return Response(200, content=TextContent("done"))

    response = asyncio.run(SessionMiddleware(store)(request, handler))
    answer = {"text": json.dumps(found, separators=(",", ":"), ensure_ascii=False)}
    for name, value in response.headers.items():
        if name.lower() == b"set-cookie":
            answer["token"] = value.decode().split(";")[0].removeprefix("session=")
    return answer


ACTIONS = {"make": make, "read": read, "session": session}
json.dump([ACTIONS[question["action"]](question) for question in json.load(sys.stdin)], sys.stdout)
