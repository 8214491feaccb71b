"""Runs the conformance cases against a CGI program: one process for each request.

    CONFORMANCE_CASES=FOLDER python3 conformance-as-cgi.py --fcgi PROGRAM --topic cookies --json report.json

This is the runner of that folder with another way to send a request; what comes back it judges itself. Cases that are
about FastCGI records are left out.
"""
import os
import subprocess
import sys

sys.path.insert(0, os.environ["CONFORMANCE_CASES"])
import fcgi_client as fc  # noqa: E402
import run  # noqa: E402


# The configuration of the program, which a server would give it.
SETTINGS = {name: value for name, value in os.environb.items()
            if name.startswith(b"NESTBOX_") or name == b"CONFORMANCE_STATIC_ROOT"}


class CGITransport:
    # The header block of a CGI program's response is judged as strictly as one that came over FastCGI.
    name = "fcgi"

    def __init__(self, program, profile, timeout, _):
        self.program, self.profile, self.timeout = program, profile, timeout

    def send(self, method, target, headers, body, extra=(), unset=(), scheme="http", script_name="", timeout=None,
             profile=None):
        variables = fc.build_env(method, target, headers, None if body is None else len(body), profile or self.profile,
                                 script_name, extra, unset, scheme)
        names = [fc.to_bytes(name) for name, _ in variables]
        values = [fc.to_bytes(value) for _, value in variables]
        if any(b"\0" in text for text in names + values) or any(b"=" in name or not name for name in names):
            raise run.Result("skip", "cannot be a variable of an environment")
        if len(set(names)) < len(names):
            raise run.Result("skip", "an environment has each variable once")
        if sum(len(text) for text in names + values) > 1 << 20 or any(len(text) > 100_000 for text in values):
            raise run.Result("skip", "too large for an environment")
        if b"GATEWAY_INTERFACE" not in names and b"REQUEST_METHOD" not in names:
            raise run.Result("skip", "no CGI request")
        try:
            child = subprocess.run([self.program], input=body or b"", env={**SETTINGS, **dict(zip(names, values))},
                                   capture_output=True, timeout=timeout or self.timeout)
        except subprocess.TimeoutExpired:
            raise run.Result("error", "time-out")
        if child.returncode < 0:
            raise run.Result("error", f"ended by signal {-child.returncode}: {child.stderr[-200:]!r}")
        status, reason, fields, content, block = parse(child.stdout)
        return run.Resp(status, fields, content, reason=reason, stderr=child.stderr, app_status=child.returncode,
                        header_block=block, raw=child.stdout)


def parse(output):
    block, end, content = output.partition(b"\r\n\r\n")
    if not end:
        raise run.Result("error", f"no CGI header block in {output[:80]!r}")
    fields = []
    for line in block.split(b"\r\n"):
        name, _, value = line.partition(b":")
        fields.append((name.decode("latin-1"), value.strip(b" \t").decode("latin-1")))
    status, reason = "200", ""
    for name, value in fields:
        if name.lower() == "status":
            status, _, reason = value.partition(" ")
    return int(status), reason, fields, content, block


run.FcgiTransport = CGITransport
if __name__ == "__main__":
    sys.exit(run.main())
