"""The first moment of a municipality here: its row, its central team, its first administrator."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import transaction

from webcare.organisation.audit import from_origin, record_audit
from webcare.organisation.models import Municipality, Person, Role, Team
from webcare.organisation.people import check_email, check_initials


@transaction.atomic
def found_municipality(
    slug: str, name: str, *, inhabitants: int, administrator: str, email: str, initials: str
) -> Person:
    """Return the first administrator, who has no password yet and adds everybody else.

    Raises ValidationError when the slug is taken or what is given about the person cannot be.
    """
    validate_slug(slug)
    if Municipality.objects.filter(slug=slug).exists():
        raise ValidationError(f"There is a municipality {slug} already.")
    municipality = Municipality.objects.create(slug=slug, name=name, inhabitants=inhabitants)
    Team.objects.create(municipality=municipality, slug="webcare", name="Webcare", central=True)
    person = Person(
        municipality=municipality,
        name=administrator,
        email=check_email(email),
        roles=[str(Role.ADMINISTRATOR)],
    )
    person.initials = check_initials(person, initials)
    person.set_unusable_password()
    person.save()
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    with from_origin("command"):
        record_audit("person.added", actor=None, obj=person, detail={"roles": person.roles})
    return person
