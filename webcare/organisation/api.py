"""Every address of the organisation under /api/v1."""

from __future__ import annotations

from webcare.organisation import api_audit, api_me, api_people, api_sources, api_teams

urlpatterns = [
    *api_me.urlpatterns,
    *api_people.urlpatterns,
    *api_teams.urlpatterns,
    *api_sources.urlpatterns,
    *api_audit.urlpatterns,
]
