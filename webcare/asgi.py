"""The websocket side. HTTP is served by `webcare.wsgi`, three to five times faster."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webcare.settings")
django_application = get_asgi_application()

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import path

from webcare.desk.queries import find_case_team
from webcare.live.consumer import Desk
from webcare.live.origin import SameSiteOnly

application = ProtocolTypeRouter(
    {
        "http": django_application,
        "websocket": SameSiteOnly(
            AuthMiddlewareStack(URLRouter([path("live", Desk.as_asgi(find_place=find_case_team))]))
        ),
    }
)
