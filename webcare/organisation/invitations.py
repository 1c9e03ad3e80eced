"""How a new colleague gets a first password: one link, once, for three days, to choose it."""

from __future__ import annotations

from urllib.parse import urljoin

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from webcare.organisation import queries
from webcare.organisation.access import check_role
from webcare.organisation.audit import record_audit
from webcare.organisation.models import Person, Role


def make_link(person: Person) -> str:
    """Return the path where `person` chooses a password; it ends when used or after three days."""
    key = default_token_generator.make_token(person)
    return reverse(
        "account_reset_password_from_key",
        kwargs={"uidb36": user_pk_to_url_str(person), "key": key},
    )


@transaction.atomic
def send_invitation(actor: Person, person_id: int, base_url: str) -> None:
    """Mail the link to the colleague. Raises ValidationError where no mail can be sent."""
    check_role(actor, Role.ADMINISTRATOR)
    person = queries.people_for(actor).get(pk=person_id)
    if not settings.SENDS_MAIL:
        raise ValidationError(_("Deze installatie verstuurt geen mail."))
    if not person.is_active:
        raise ValidationError(_("Deze collega is niet actief."))
    record_audit("person.invited", actor=actor, obj=person)
    context = {"person": person, "actor": actor, "link": urljoin(base_url, make_link(person))}
    with translation.override(person.language):
        subject = _("Je toegang tot Stadspraat")
        body = render_to_string("account/email/invitation_message.txt", context)
    try:
        # Inside the transaction: an invitation that could not be sent is not logged as sent.
        send_mail(subject, body, None, [person.email])
    except OSError:
        raise ValidationError(
            _("De mail kon niet worden verstuurd. Probeer het straks weer.")
        ) from None
