"""Who works here: municipalities, teams, people, accounts, and the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class Municipality(models.Model):
    """The tenant: every row is reached through its municipality."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=100)
    inhabitants = models.PositiveIntegerField(default=0)
    # The gazetteer: [[name, kind], …], see nlp.Gazetteer.
    places = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class Team(models.Model):
    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="teams")
    slug = models.SlugField()
    name = models.CharField(max_length=100)
    # The central team watches all accounts and may move work between teams.
    central = models.BooleanField(default=False)

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=("municipality", "slug"), name="team_slug"),)

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    AGENT = "agent", _("webcaremedewerker")
    TEAM_LEAD = "team_lead", _("teamleider")
    ADVISER = "adviser", _("communicatieadviseur")
    ARCHIVIST = "archivist", _("archivaris")
    PRIVACY_OFFICER = "privacy_officer", _("privacyfunctionaris")
    ADMINISTRATOR = "administrator", _("functioneel beheerder")


class PersonManager(BaseUserManager["Person"]):
    def create_user(self, email: str, password: str | None = None, **fields: object) -> Person:
        person = self.model(email=self.normalize_email(email).lower(), **fields)
        person.set_password(password)
        person.save()
        return person

    def get_by_natural_key(self, username: str | None) -> Person:
        return self.get(email__iexact=username)


class Person(AbstractBaseUser):
    """A colleague. Accounts belong to functions: a person only has roles and teams."""

    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="people")
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=100)
    # Signs replies as ^SG; unique among colleagues.
    initials = models.CharField(max_length=5)
    roles = ArrayField(
        models.CharField(max_length=20, choices=Role.choices), default=list, blank=True
    )
    teams: models.ManyToManyField[Team, Membership] = models.ManyToManyField(
        Team, through="Membership", related_name="people"
    )
    language = models.CharField(
        max_length=2, choices=(("nl", "Nederlands"), ("en", "English")), default="nl"
    )
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects: ClassVar[PersonManager] = PersonManager()

    if TYPE_CHECKING:
        membership_set: RelatedManager[Membership]

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(fields=("municipality", "initials"), name="person_initials"),
        )

    def __str__(self) -> str:
        return self.name

    def has_role(self, *roles: str) -> bool:
        return any(role in self.roles for role in roles)


class Membership(models.Model):
    person = models.ForeignKey(Person, models.CASCADE)
    team = models.ForeignKey(Team, models.CASCADE)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("person", "team"), name="membership_once"),)

    def __str__(self) -> str:
        return f"{self.person_id} in {self.team_id}"


class Deputyship(models.Model):
    """`deputy` works in the teams of `absent` from `starts` up to and including `ends`."""

    absent = models.ForeignKey(Person, models.CASCADE, related_name="absences")
    deputy = models.ForeignKey(Person, models.CASCADE, related_name="deputyships")
    starts = models.DateField()
    ends = models.DateField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(ends__gte=models.F("starts")), name="deputyship_order"
            ),
            models.CheckConstraint(
                condition=~Q(absent=models.F("deputy")), name="deputyship_other"
            ),
        )

    def __str__(self) -> str:
        return f"{self.deputy_id} for {self.absent_id}"


class Account(models.Model):
    """The municipality's own account on a platform, owned by a team.

    Its tokens live with its source.
    """

    municipality = models.ForeignKey(Municipality, models.PROTECT, related_name="accounts")
    team = models.ForeignKey(Team, models.PROTECT, related_name="accounts")
    source = models.OneToOneField("monitoring.Source", models.PROTECT, related_name="account")
    name = models.CharField(max_length=100)
    handle = models.CharField(max_length=200)
    # Targets in minutes of calendar time, counted from when the resident posted.
    first_reaction_minutes = models.PositiveIntegerField(default=120)
    answer_minutes = models.PositiveIntegerField(default=24 * 60)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class AuditEntry(models.Model):
    """Who did what to which object, with what result. Append-only; a trigger refuses the rest.

    Holds ids and names of actions, never the content of messages (BIO2: action, object, result,
    origin, actor, time).
    """

    municipality = models.ForeignKey(Municipality, models.PROTECT, null=True)
    at = models.DateTimeField(default=timezone.now)
    actor = models.ForeignKey(Person, models.PROTECT, null=True)
    action = models.CharField(max_length=60)
    object_type = models.CharField(max_length=40, blank=True)
    object_id = models.CharField(max_length=64, blank=True)
    result = models.CharField(max_length=20, default="ok")
    # Network address or "worker".
    origin = models.CharField(max_length=64, blank=True)
    detail = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ("-id",)
        indexes = (models.Index(fields=("municipality", "-id"), name="audit_newest"),)

    def __str__(self) -> str:
        return f"{self.action} {self.object_type} {self.object_id}"
