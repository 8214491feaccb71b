"""The counter in Spiderweb: the session lies in a database, by default SQLite."""

import base64
import os

from spiderweb import SpiderwebRouter
from spiderweb.response import HttpResponse

app = SpiderwebRouter(
    db=os.environ["COUNTER_DATABASE"],
    # Without one it makes up another in every start.
    secret_key=base64.urlsafe_b64encode(b"a benchmark's key, not a secret!").decode(),
    middleware=["spiderweb.middleware.sessions.SessionMiddleware"],
)


@app.route("/")
def count(request):
    request.SESSION["n"] = request.SESSION.get("n", 0) + 1
    return HttpResponse(body=str(request.SESSION["n"]), headers={"content-type": "text/plain"})
