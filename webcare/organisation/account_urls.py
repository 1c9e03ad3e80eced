"""The pages of allauth that a municipality uses: log in and out, one's password, second factors.

Left out are those with which people change who they are: an administrator vouches for addresses.
"""

from __future__ import annotations

from allauth.account import views as account
from allauth.socialaccount import views as social
from allauth.socialaccount.providers.openid_connect.urls import urlpatterns as openid_urlpatterns
from django.conf import settings
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from django.views.i18n import set_language

password_urlpatterns = [
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/set/", account.password_set, name="account_set_password"),
    path(
        "password/reset/key/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    # The link of an invitation too, also where forgotten passwords cannot be mailed.
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
]
if settings.SENDS_MAIL:
    password_urlpatterns += [
        path("password/reset/", account.password_reset, name="account_reset_password"),
        path(
            "password/reset/done/", account.password_reset_done, name="account_reset_password_done"
        ),
    ]

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="mfa_index"), name="account"),
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("language/", set_language, name="choose_language"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    # Says whom to ask: `is_open_for_signup` is always false.
    path("signup/", account.signup, name="account_signup"),
    *password_urlpatterns,
    path("2fa/", include("allauth.mfa.urls")),
    path("sso/cancelled/", social.login_cancelled, name="socialaccount_login_cancelled"),
    path("sso/error/", social.login_error, name="socialaccount_login_error"),
    path("sso/signup/", social.signup, name="socialaccount_signup"),
    *openid_urlpatterns,
]
