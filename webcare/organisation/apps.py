from django.apps import AppConfig


class OrganisationConfig(AppConfig):
    name = "webcare.organisation"
    label = "organisation"

    def ready(self) -> None:
        # Connects the receivers that log who logs in and out.
        from webcare.organisation import login  # noqa: F401
