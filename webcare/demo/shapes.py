"""The world as Mastodon's JSON: Instance, Account, Status, Notification (API 4.7)."""

from __future__ import annotations

from typing import Any

from webcare.demo import markup
from webcare.demo.snowflakes import iso
from webcare.demo.things import Account, Notification, Status
from webcare.demo.town import NEWSPAPER_HANDLE, SERVER_DOMAIN, TOWN_NAME
from webcare.demo.world import World

VERSION = "4.4.0"
Json = dict[str, Any]


class Shapes:
    """Renders the world for one public address, `base` (no trailing slash)."""

    def __init__(self, world: World, base: str) -> None:
        self.world = world
        self.base = base

    def _profile(self, account: Account) -> str:
        return f"{self.base}/@{account.acct}"

    def _address_of(self, name: str, domain: str) -> str | None:
        account = self.world.find_account(name, domain)
        return self._profile(account) if account else None

    def status_url(self, status: Status) -> str:
        return f"{self._profile(self.world.accounts[status.account])}/{status.id}"

    def html(self, text: str) -> str:
        return markup.to_html(text, self.base, self._address_of)

    def account(self, account: Account) -> Json:
        municipal = bool(account.token)
        picture = f"{self.base}/avatars/{account.username}.svg"
        last = account.statuses[-1] if account.statuses else 0
        return {
            "id": str(account.id),
            "username": account.username,
            "acct": account.acct,
            "display_name": account.name,
            "locked": False,
            "bot": account.username == NEWSPAPER_HANDLE,
            "discoverable": True,
            "indexable": True,
            "group": False,
            "created_at": iso(account.created - account.created % 86_400_000),
            "note": self.html(account.note) if account.note else "",
            "url": self._profile(account),
            "uri": f"{self.base}/users/{account.username}",
            "avatar": picture,
            "avatar_static": picture,
            "header": f"{self.base}/headers/town.svg",
            "header_static": f"{self.base}/headers/town.svg",
            "followers_count": account.followers,
            "following_count": 2 if municipal else account.followers // 2,
            "statuses_count": len(account.statuses),
            "last_status_at": iso(last >> 16)[:10] if last else None,
            "hide_collections": None,
            "noindex": False,
            "emojis": [],
            "roles": [],
            "fields": [],
        }

    def own_account(self, account: Account) -> Json:
        """An account as its owner sees it (CredentialAccount)."""
        source = {
            "privacy": "public",
            "sensitive": False,
            "language": "nl",
            "note": account.note,
            "fields": [],
            "follow_requests_count": 0,
        }
        role = {
            "id": "-99",
            "name": "",
            "permissions": "0",
            "color": "",
            "highlighted": False,
        }
        return {**self.account(account), "source": source, "role": role}

    def status(self, status: Status, viewer: Account | None = None) -> Json:
        world = self.world
        author = world.accounts[status.account]
        parent = world.statuses.get(status.reply_to)
        url = self.status_url(status)
        mentioned = (world.accounts[number] for number in status.mentions)
        shape: Json = {
            "id": str(status.id),
            "created_at": iso(status.created),
            "in_reply_to_id": str(parent.id) if parent else None,
            "in_reply_to_account_id": str(parent.account) if parent else None,
            "sensitive": False,
            "spoiler_text": "",
            "visibility": status.visibility,
            "language": status.language or None,
            "uri": f"{self.base}/users/{author.username}/statuses/{status.id}",
            "url": url,
            "replies_count": len(world.replies.get(status.id, ())),
            "reblogs_count": 0,
            "favourites_count": status.favourites,
            "quotes_count": 0,
            "edited_at": iso(status.edited) if status.edited else None,
            "content": self.html(status.text),
            "reblog": None,
            "application": {"name": "Stadspraat", "website": None} if author.token else None,
            "account": self.account(author),
            "media_attachments": [],
            "mentions": [
                {
                    "id": str(one.id),
                    "username": one.username,
                    "url": self._profile(one),
                    "acct": one.acct,
                }
                for one in mentioned
            ],
            "tags": [{"name": tag, "url": f"{self.base}/tags/{tag}"} for tag in status.tags],
            "emojis": [],
            "card": None,
            "poll": None,
            "quote": None,
        }
        if viewer is not None:
            shape |= {
                "favourited": False,
                "reblogged": False,
                "muted": False,
                "bookmarked": False,
                "pinned": False,
                "filtered": [],
            }
        return shape

    def notification(self, notification: Notification, viewer: Account) -> Json:
        status = self.world.statuses.get(notification.status)
        shape: Json = {
            "id": str(notification.id),
            "type": notification.type,
            "created_at": iso(notification.created),
            "group_key": f"ungrouped-{notification.id}",
            "account": self.account(self.world.accounts[notification.sender]),
        }
        if status is not None:
            shape["status"] = self.status(status, viewer)
        return shape

    def configuration(self) -> Json:
        return {
            "accounts": {"max_featured_tags": 10, "max_pinned_statuses": 5},
            "statuses": {
                "max_characters": markup.MAX_CHARACTERS,
                "max_media_attachments": 4,
                "characters_reserved_per_url": markup.URL_CHARACTERS,
            },
            "media_attachments": {
                "supported_mime_types": ["image/jpeg", "image/png", "image/webp"],
                "description_limit": 1500,
                "image_size_limit": 16_777_216,
                "image_matrix_limit": 33_177_600,
                "video_size_limit": 103_809_024,
                "video_frame_rate_limit": 120,
                "video_matrix_limit": 8_294_400,
            },
            "polls": {
                "max_options": 4,
                "max_characters_per_option": 50,
                "min_expiration": 300,
                "max_expiration": 2_629_746,
            },
        }

    def _description(self) -> str:
        return f"Het plein van {TOWN_NAME}: een verzonnen stad voor demo's en proeven."

    def instance_v1(self) -> Json:
        return {
            "uri": SERVER_DOMAIN,
            "title": f"Het plein van {TOWN_NAME}",
            "short_description": self._description(),
            "description": self._description(),
            "email": f"beheer@{SERVER_DOMAIN}",
            "version": VERSION,
            "urls": {"streaming_api": "ws" + self.base.removeprefix("http")},
            "stats": {
                "user_count": len(self.world.accounts),
                "status_count": len(self.world.statuses),
                "domain_count": 2,
            },
            "thumbnail": f"{self.base}/headers/town.svg",
            "languages": ["nl"],
            "registrations": False,
            "approval_required": False,
            "invites_enabled": False,
            "configuration": self.configuration(),
            "contact_account": None,
            "rules": [],
        }

    def instance_v2(self) -> Json:
        urls = {
            "streaming": "ws" + self.base.removeprefix("http"),
            "status": None,
            "about": f"{self.base}/about",
            "privacy_policy": None,
            "terms_of_service": None,
        }
        return {
            "domain": SERVER_DOMAIN,
            "title": f"Het plein van {TOWN_NAME}",
            "version": VERSION,
            "source_url": "https://github.com/mastodon/mastodon",
            "description": self._description(),
            "usage": {"users": {"active_month": len(self.world.accounts)}},
            "thumbnail": {
                "url": f"{self.base}/headers/town.svg",
                "blurhash": None,
                "versions": {},
            },
            "icon": [],
            "languages": ["nl"],
            "configuration": {
                "urls": urls,
                "vapid": {"public_key": ""},
                **self.configuration(),
                "translation": {"enabled": False},
                "timelines_access": {
                    "live_feeds": {"local": "public", "remote": "authenticated"},
                    "hashtag_feeds": {"local": "public", "remote": "authenticated"},
                },
                "limited_federation": False,
            },
            "registrations": {
                "enabled": False,
                "approval_required": False,
                "reason_required": False,
                "message": None,
                "min_age": None,
                "url": None,
            },
            "api_versions": {"mastodon": 6},
            "contact": {"email": f"beheer@{SERVER_DOMAIN}", "account": None},
            "rules": [],
        }
