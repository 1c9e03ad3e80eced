from django.apps import AppConfig


class OrganisationConfig(AppConfig):
    name = "webcare.organisation"
    label = "organisation"
