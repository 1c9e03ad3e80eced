"""The Celery application. Tasks only nudge: what must happen is written in rows."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webcare.settings")

app = Celery("stadspraat")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["webcare"], related_name="pipeline")
app.autodiscover_tasks(["webcare.records"], related_name="tasks")
