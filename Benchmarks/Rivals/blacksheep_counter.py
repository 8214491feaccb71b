"""The counter in BlackSheep: the session lies in a signed cookie."""

from blacksheep import Application, Request, get, text

app = Application()
app.use_sessions("a key of the benchmark, not a secret")


@get("/")
def count(request: Request):
    session = request.session
    session["n"] = session.get("n", 0) + 1
    return text(str(session["n"]))
