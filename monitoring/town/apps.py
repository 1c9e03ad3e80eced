from django.apps import AppConfig


class TownConfig(AppConfig):
    name = "monitoring.town"
    label = "town"
