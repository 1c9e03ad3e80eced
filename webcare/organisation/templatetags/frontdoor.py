"""What the pages in front of the desk need besides their form."""

from __future__ import annotations

from functools import cache

from django import template
from django.conf import settings
from django.templatetags.static import static

from webcare.organisation import demo

register = template.Library()


@cache
def _has_theme() -> bool:
    return (settings.FRONTEND_DIR / "theme.css").exists()


@register.simple_tag
def theme_css() -> str:
    """The address of the municipality's theme, where the front end has been built."""
    return static("frontend/theme.css") if _has_theme() else ""


@register.simple_tag
def demo_people() -> tuple[demo.DemoPerson, ...]:
    """Who can try the demo; nobody in production."""
    return demo.PEOPLE if settings.DEMO else ()


@register.simple_tag
def demo_password() -> str:
    return demo.PASSWORD if settings.DEMO else ""


@register.simple_tag
def sends_mail() -> bool:
    return bool(settings.SENDS_MAIL)
