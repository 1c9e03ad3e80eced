"""Counters behind the talk of the town."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class HourCount(models.Model):
    """How many mentions of a theme and tenor were posted in one hour.

    Maintained in the transaction that labels or corrects a mention; equal to a recount at any
    moment. Theme "" counts mentions whatever their themes.
    """

    municipality = models.ForeignKey(settings.MUNICIPALITY_MODEL, models.PROTECT, db_index=False)
    hour = models.DateTimeField()
    theme = models.CharField(max_length=20, blank=True)
    tenor = models.CharField(max_length=10, blank=True)
    count = models.IntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("municipality", "hour", "theme", "tenor"), name="hour_count_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H} {self.theme} {self.tenor} {self.count}"
