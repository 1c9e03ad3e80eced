from django.apps import AppConfig


class WebcareConfig(AppConfig):
    name = "webcare"
