from django.apps import AppConfig


class LiveConfig(AppConfig):
    name = "webcare.live"
    label = "live"
