"""The websocket side. HTTP is served by `webcare.wsgi`, three to five times faster."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webcare.settings")
django_application = get_asgi_application()

# Models can be imported only now that Django is set up.
from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import path  # noqa: E402

from webcare.desk.queries import find_case_team  # noqa: E402
from webcare.live.closing import close_at_once  # noqa: E402
from webcare.live.consumer import Desk  # noqa: E402
from webcare.live.origin import SameSiteOnly  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": django_application,
        "websocket": close_at_once(
            SameSiteOnly(
                AuthMiddlewareStack(
                    URLRouter([path("live", Desk.as_asgi(find_place=find_case_team))])
                )
            )
        ),
    }
)
