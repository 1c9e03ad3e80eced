"""What the environment says, as a fresh process reads it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRODUCTION = {"MODE": "production", "ALLOWED_HOSTS": "desk.stad.example"}


def read_settings(*names: str, **environment: str) -> Any:
    """Return the settings called `names`, or the last line of why there are none."""
    script = (
        "import json, webcare.security_settings as s;"
        f"print(json.dumps({{n: getattr(s, n, None) for n in {names!r}}}, default=str))"
    )
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    ran = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=kept | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return json.loads(ran.stdout) if ran.returncode == 0 else ran.stderr.splitlines()[-1]


def test_production_sends_cookies_over_https_only_and_insists_on_it() -> None:
    read = read_settings(
        "SESSION_COOKIE_SECURE",
        "CSRF_COOKIE_SECURE",
        "SESSION_COOKIE_NAME",
        "SECURE_SSL_REDIRECT",
        "SECURE_HSTS_SECONDS",
        "REQUIRE_MFA",
        "SENDS_MAIL",
        **PRODUCTION,
    )
    assert read == {
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "SESSION_COOKIE_NAME": "__Host-stadspraat",
        "SECURE_SSL_REDIRECT": True,
        "SECURE_HSTS_SECONDS": 365 * 24 * 3600,
        "REQUIRE_MFA": "everyone",
        "SENDS_MAIL": False,
    }


@pytest.mark.parametrize(
    ("environment", "complaint"),
    [
        ({**PRODUCTION, "REQUIRE_MFA": "nobody"}, "REQUIRE_MFA"),
        ({"REQUIRE_MFA": "sometimes"}, "REQUIRE_MFA must be one of"),
        ({"SESSION_IDLE_MINUTES": "0"}, "SESSION_IDLE_MINUTES must be between"),
        ({"SESSION_HOURS": "soon"}, "SESSION_HOURS must be a whole number"),
        ({"OIDC_ISSUER": "https://id.example"}, "OIDC_CLIENT_ID"),
        ({**PRODUCTION, "OIDC_ISSUER": "http://id.example"}, "OIDC_ISSUER must start with https"),
    ],
)
def test_a_setting_that_cannot_be_meant_stops_the_start(
    environment: dict[str, str], complaint: str
) -> None:
    assert complaint in read_settings("REQUIRE_MFA", **environment)


def test_the_policy_names_the_live_port_and_the_issuer() -> None:
    read = read_settings(
        "CONTENT_SECURITY_POLICY",
        OIDC_ISSUER="https://id.stad.example/realms/x",
        OIDC_CLIENT_ID="desk",
        OIDC_CLIENT_SECRET="niet-echt",
        ALLOWED_HOSTS="localhost",
        PORT="9000",
    )
    directives = read["CONTENT_SECURITY_POLICY"]["DIRECTIVES"]
    assert "ws://localhost:9001" in directives["connect-src"]
    assert directives["form-action"] == ["'self'", "https://id.stad.example"]
