"""Settings that keep strangers out: sessions, headers, log-in. Explained in docs/security.md."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from webcare.deployment import ALLOWED_HOSTS, DEMO, LIVE_PORT, LIVE_URL, VAR_DIR
from webcare.env import read_bool, read_choice, read_int, read_text, read_url

# --- Sessions (BIO2: locked after at most 15 minutes without a hand on the keyboard)
SESSION_IDLE_SECONDS = 60 * read_int("SESSION_IDLE_MINUTES", 15, minimum=1, maximum=8 * 60)
SESSION_COOKIE_AGE = 3600 * read_int("SESSION_HOURS", 12, minimum=1, maximum=24)
SESSION_COOKIE_NAME = "stadspraat" if DEMO else "__Host-stadspraat"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = not DEMO
SESSION_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"

# --- Transport and headers
# How many proxies of our own stand in front; only what they say about the caller is believed.
ALLAUTH_TRUSTED_PROXY_COUNT = read_int(
    "TRUSTED_PROXY_COUNT", 0 if DEMO else 1, minimum=0, maximum=5
)
if ALLAUTH_TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = not DEMO
# Asked by the machine's own health checks, inside the proxy.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 0 if DEMO else 365 * 24 * 3600
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
PERMISSIONS_POLICY = (
    "accelerometer=(), autoplay=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
    "magnetometer=(), microphone=(), midi=(), payment=(), usb=(), "
    "publickey-credentials-create=(self), publickey-credentials-get=(self)"
)
OIDC_ISSUER = read_url("OIDC_ISSUER", "", ("https", "http") if DEMO else ("https",))
# The policy's grammar knows no IPv6 addresses; on those the live port needs LIVE_URL.
_hosts = [host for host in ALLOWED_HOSTS if not host.startswith("[")]
_live = (
    [LIVE_URL]
    if LIVE_URL
    else [f"{scheme}://{host}:{LIVE_PORT}" for host in _hosts for scheme in ("ws", "wss")]
)
_issuer = ["{0.scheme}://{0.netloc}".format(urlsplit(OIDC_ISSUER))] if OIDC_ISSUER else []
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'", *_live],
        "manifest-src": ["'self'"],
        "frame-ancestors": ["'none'"],
        # A browser holds the redirect after a form to this as well: log-in goes on at the issuer.
        "form-action": ["'self'", *_issuer],
        "base-uri": ["'none'"],
    }
}
SECURITY_CONTACT = read_text(
    "SECURITY_CONTACT", "mailto:security@stadspraat.example" if DEMO else ""
)

# --- Log-in
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "webcare.organisation.login.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
# An administrator vouches for addresses; people do not change their own.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_MAX_EMAIL_ADDRESSES = 1
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Stadspraat] "
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "http" if DEMO else "https"
LOGIN_ATTEMPTS = read_int("LOGIN_ATTEMPTS", 10, minimum=3, maximum=100)
LOGIN_LOCK_MINUTES = read_int("LOGIN_LOCK_MINUTES", 15, minimum=1, maximum=24 * 60)
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    # An office shares one address, so a person is locked long before the building is.
    "login_failed": f"60/m/ip,{LOGIN_ATTEMPTS}/{LOGIN_LOCK_MINUTES}m/key",
}

MFA_ADAPTER = "webcare.organisation.login.MfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Stadspraat"
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODES_SHOW_ONCE = True
# Browsers allow passkeys on http://localhost only; production is https anyway.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEMO
REQUIRE_MFA = read_choice(
    "REQUIRE_MFA", "nobody" if DEMO else "everyone", ("nobody", "administrators", "everyone")
)
if REQUIRE_MFA == "nobody" and not DEMO:
    raise ImproperlyConfigured("REQUIRE_MFA=nobody is for the demo only (BIO2)")

# --- Single sign-on: only people who already exist, found by an address the provider verified
SOCIALACCOUNT_ADAPTER = "webcare.organisation.login.SocialAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_AUTO_SIGNUP = False
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {}
if OIDC_ISSUER:
    OIDC_CLIENT_ID = read_text("OIDC_CLIENT_ID")
    OIDC_CLIENT_SECRET = read_text("OIDC_CLIENT_SECRET")
    if not OIDC_CLIENT_ID or not OIDC_CLIENT_SECRET:
        raise ImproperlyConfigured("OIDC_ISSUER needs OIDC_CLIENT_ID and OIDC_CLIENT_SECRET")
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "OAUTH_PKCE_ENABLED": True,
        # Only for an issuer of our own that gives no `email_verified` and hands out its addresses.
        "VERIFIED_EMAIL": read_bool("OIDC_TRUST_EMAIL", False),
        "APPS": [
            {
                "provider_id": "sso",
                "name": read_text("OIDC_NAME", "Single sign-on"),
                "client_id": OIDC_CLIENT_ID,
                "secret": OIDC_CLIENT_SECRET,
                "settings": {"server_url": OIDC_ISSUER, "fetch_userinfo": True},
            }
        ],
    }

# --- Mail: forgotten passwords, invitations, news about one's own log-in
EMAIL_HOST = read_text("EMAIL_HOST")
EMAIL_PORT = read_int("EMAIL_PORT", 587, minimum=1, maximum=65535)
EMAIL_HOST_USER = read_text("EMAIL_USER")
EMAIL_HOST_PASSWORD = read_text("EMAIL_PASSWORD")
EMAIL_USE_TLS = read_bool("EMAIL_TLS", True)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = read_text("EMAIL_FROM", "stadspraat@localhost")
if DEMO and not EMAIL_HOST:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = VAR_DIR / "mail"
# Without a mail server nothing is promised: no "forgot password", no invitations.
SENDS_MAIL = DEMO or bool(EMAIL_HOST)
