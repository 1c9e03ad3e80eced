"""Every address of the HTTP side. Rooms bring their own; see docs for who may call what."""

from __future__ import annotations

from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularJSONAPIView

from webcare import directory, health, imports, security, shell, town
from webcare.api import show_missing
from webcare.desk import api as desk_api
from webcare.desk import api_labelling
from webcare.organisation import api as organisation_api
from webcare.records import api as records_api
from webcare.records import echt, log_pages

api_urlpatterns = [
    path(
        "openapi.json",
        SpectacularJSONAPIView.as_view(authentication_classes=[], permission_classes=[]),
    ),
    *organisation_api.urlpatterns,
    *directory.urlpatterns,
    *desk_api.urlpatterns,
    *api_labelling.urlpatterns,
    *town.urlpatterns,
    *imports.urlpatterns,
    *records_api.urlpatterns,
]

urlpatterns = [
    *health.urlpatterns,
    *security.urlpatterns,
    *echt.urlpatterns,
    *log_pages.urlpatterns,
    path("api/v1/", include(api_urlpatterns)),
    re_path(r"^api/", show_missing),
    path("accounts/", include("webcare.organisation.account_urls")),
    # Everything else is a page of the desk; the front end's router takes it from there.
    re_path(r"^(?!api/|static/|hooks/).*$", shell.show_desk, name="desk"),
]

handler500 = "webcare.api.show_failure"
