"""How allauth is bent to a municipality: nobody signs up, everything is logged, keys are sealed."""

from __future__ import annotations

from typing import Any

from allauth.account import signals as account_signals
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa import signals as mfa_signals
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.contrib.auth.signals import user_logged_out
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import translation
from encrypted_fields.fields import EncryptedTextField

from webcare.organisation.audit import get_origin, record_audit
from webcare.organisation.models import Person


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Colleagues are added by an administrator, never by themselves."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        # An unknown address shares one counter: throttled together rather than let through.
        return get_origin(request) or "0.0.0.0"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            _record_refusal("person.login_locked", credentials)
            raise

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        _record_refusal("person.login_failed", credentials)

    def render_mail(
        self,
        template_prefix: str,
        email: str | list[str],
        context: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> EmailMessage:
        """Mail speaks the language of whoever gets it, not of whoever caused it."""
        reader = context.get("user")
        with translation.override(getattr(reader, "language", settings.LANGUAGE_CODE)):
            return super().render_mail(template_prefix, email, context, headers)


class SocialAdapter(DefaultSocialAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Single sign-on opens the door to people already known here, and to nobody else."""
        return False


class MfaAdapter(DefaultMFAAdapter):
    """Seals the secrets of authenticator apps with the same keys as platform tokens."""

    _vault = EncryptedTextField()

    def encrypt(self, text: str) -> str:
        return self._vault.f.encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return self._vault.f.decrypt(encrypted_text.encode()).decode()


def _record_refusal(action: str, credentials: dict[str, Any]) -> None:
    """Log whom a refused log-in was aimed at. What was typed is not kept: it may be a password."""
    person = Person.objects.filter(email__iexact=credentials.get("email") or "").first()
    record_audit(action, actor=None, obj=person, result="refused")


@receiver(account_signals.user_logged_in)
def _logged_in(request: HttpRequest, user: Person, **_: Any) -> None:
    methods = [one["method"] for one in request.session.get("account_authentication_methods", [])]
    record_audit("person.logged_in", actor=user, obj=user, detail={"methods": methods})


@receiver(user_logged_out)
def _logged_out(request: HttpRequest, user: Person | None, **_: Any) -> None:
    if user is not None:
        record_audit("person.logged_out", actor=user, obj=user)


@receiver(account_signals.password_changed)
@receiver(account_signals.password_set)
@receiver(account_signals.password_reset)
def _password_changed(request: HttpRequest, user: Person, **_: Any) -> None:
    record_audit("person.password_changed", actor=user, obj=user)


# On the rows themselves, not on allauth's own signals: those come after the commit.
@receiver(post_save, sender=Authenticator)
def _factor_added(instance: Authenticator, created: bool, **_: Any) -> None:
    if created:
        _record_factor("person.second_factor_added", instance)


@receiver(post_delete, sender=Authenticator)
def _factor_removed(instance: Authenticator, **_: Any) -> None:
    _record_factor("person.second_factor_removed", instance)


def _record_factor(action: str, factor: Authenticator) -> None:
    record_audit(action, actor=factor.user, obj=factor.user, detail={"type": factor.type})


@receiver(mfa_signals.authentication_failed)
def _factor_failed(user: Person, **_: Any) -> None:
    record_audit("person.second_factor_failed", actor=None, obj=user, result="refused")
