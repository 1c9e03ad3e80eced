"""Django settings. Every value that differs between machines comes from `webcare.env`."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from webcare.archive_settings import *  # noqa: F403
from webcare.deployment import (  # noqa: F401
    ALLOWED_HOSTS,
    DEMO,
    LIVE_PORT,
    LIVE_URL,
    MODE,
    PORT,
    TOWN_PORT,
    VAR_DIR,
)
from webcare.env import BASE_DIR, read_bool, read_int, read_list, read_url
from webcare.running import servers
from webcare.security_settings import *  # noqa: F403

DEBUG = read_bool("DEBUG", False)
SECRET_KEY = servers.read_or_make_key("SECRET_KEY", VAR_DIR, demo=DEMO)
ARCHIVE_KEY = servers.read_or_make_key("ARCHIVE_KEY", VAR_DIR, demo=DEMO)
# Keys that once made control numbers and are still needed to check them, newest first.
ARCHIVE_RETIRED_KEYS = read_list("ARCHIVE_RETIRED_KEYS")
# Key for what is encrypted at rest (platform tokens); rotated by putting the new one first.
SALT_KEY = read_list("FIELD_KEYS") or [SECRET_KEY]

CSRF_TRUSTED_ORIGINS = read_list("TRUSTED_ORIGINS")
# Addresses the guarded client may fetch although they are private: host:port, comma-separated.
FETCH_ALLOW = frozenset(
    read_list("FETCH_ALLOW")
    + ([f"127.0.0.1:{TOWN_PORT}", f"localhost:{TOWN_PORT}"] if DEMO else [])
)

INSTALLED_APPS = [
    "webcare",
    "webcare.organisation",
    "webcare.desk",
    "webcare.live",
    "monitoring",
    "monitoring.town",
    "archive",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.mfa",
    "csp",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "webcare.security.add_headers",
    "webcare.api.add_api_version",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "webcare.security.ExplainOutage",
    "webcare.security.guard_session",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "webcare.urls"
WSGI_APPLICATION = "webcare.wsgi.application"
ASGI_APPLICATION = "webcare.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "webcare" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

DATABASES = {
    "default": servers.database_settings(
        read_url("DATABASE_URL", "", ("postgres", "postgresql")), VAR_DIR
    )
}
REDIS_URL = read_url("REDIS_URL", "", ("redis", "rediss", "unix")) or servers.redis_url(VAR_DIR)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Rooms below webcare point at the municipality without importing it; see docs/decisions/.
MUNICIPALITY_MODEL = "organisation.Municipality"

AUTH_USER_MODEL = "organisation.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]

# A Redis that hangs must not make people wait: everything it holds can be missed.
_impatient = {"socket_timeout": 2, "socket_connect_timeout": 2}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": _impatient,
    }
}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": REDIS_URL, **_impatient}], "prefix": "stadspraat"},
    }
}

CELERY_BROKER_URL = servers.celery_broker_url(REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
# A nudge that cannot be given at once is given up: the sweeper finds the row.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "max_retries": 0,
}
CELERY_TIMEZONE = "Europe/Amsterdam"

LANGUAGE_CODE = "nl"
LANGUAGES = [("nl", _("Nederlands")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "webcare" / "locale"]
TIME_ZONE = "Europe/Amsterdam"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "webcare" / "static"]
FRONTEND_DIR = BASE_DIR / "webcare" / "static" / "frontend"

# How long an approved answer can be taken back before it leaves, in seconds.
UNDO_SECONDS = read_int("UNDO_SECONDS", 5, maximum=600)
# How long after it began a request of ours may still reach a platform; ours last ten at most.
SETTLES_SECONDS = read_int("SETTLES_SECONDS", 40, minimum=12, maximum=600)

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["webcare.organisation.authentication.Session"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["webcare.api.OrjsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["webcare.api.OrjsonParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["webcare.organisation.throttling.WriteThrottle"],
    "EXCEPTION_HANDLER": "webcare.api.handle_exception",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Stadspraat",
    "DESCRIPTION": "The desk on which a municipality listens, answers and keeps its records.",
    "VERSION": "1.0.0",
    "CONTACT": {"name": "Stadspraat", "url": "https://stadspraat.example"},
    "LICENSE": {"name": "EUPL-1.2"},
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "CaseState": "webcare.desk.models.Case.State",
        "CloseReason": "webcare.desk.models.Case.CloseReason",
        "ClockKind": "webcare.desk.models.Clock.Kind",
        "ReplyState": "webcare.desk.models.Reply.State",
        "ReplyKind": "webcare.desk.models.Reply.Kind",
        "CaseEventKind": "webcare.desk.models.CaseEvent.Kind",
        "RecordKind": "archive.models.Kind",
    },
}
API_VERSION = "1.0.0"
