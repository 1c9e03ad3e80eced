from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "webcare.desk"
    label = "desk"
