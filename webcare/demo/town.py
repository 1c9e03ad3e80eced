"""The fictional town: its name, accounts, streets and institutions, as constants.

Nothing here exists. The tokens are demo tokens: they open a server on loopback that holds
invented posts, and nothing else. Every domain is under `.example`, which can never be registered.
"""

from __future__ import annotations

from typing import Final, NamedTuple

DEFAULT_PORT: Final = 8377
SERVER_DOMAIN: Final = "plein.example"
"""The name of the town's Mastodon server in handles; its address is loopback."""

TOWN_NAME: Final = "Elzendrecht"
TOWN_TAG: Final = "elzendrecht"
RIVER: Final = "de Elze"


class Municipality(NamedTuple):
    slug: str
    name: str
    inhabitants: int


class MunicipalAccount(NamedTuple):
    """One municipal account on the town's server. `handle` is without the leading @."""

    handle: str
    display_name: str
    token: str
    team: str
    municipality: str


MUNICIPALITIES: Final = (
    Municipality("elzendrecht", TOWN_NAME, 52_340),
    Municipality("klaverwaard", "Klaverwaard", 31_870),
)

ACCOUNTS: Final = (
    MunicipalAccount(
        "gemeente",
        "Gemeente Elzendrecht",
        "demo-token-elzendrecht",
        "webcare",
        "elzendrecht",
    ),
    MunicipalAccount(
        "parkeren",
        "Parkeren Elzendrecht",
        "demo-token-parkeren",
        "parkeren",
        "elzendrecht",
    ),
    MunicipalAccount(
        "klaverwaard",
        "Gemeente Klaverwaard",
        "demo-token-klaverwaard",
        "webcare",
        "klaverwaard",
    ),
)

NEWSPAPER: Final = "De Elzenbode"
NEWSPAPER_HANDLE: Final = "elzenbode"
NEWSPAPER_FEED: Final = "/krant/feed.xml"

NEIGHBOURHOODS: Final = (
    "Binnenstad",
    "Elzenkwartier",
    "Vogelbuurt",
    "Rivierwijk",
    "Noorderveld",
    "Zuiderkade",
    "Molenhoek",
    "Tuinstad",
    "De Beemden",
    "Oud-Drecht",
    "Kasteelpark",
    "Havenkwartier",
)

STREETS: Final = (
    "Marktveld",
    "Lange Drechtstraat",
    "Korte Drechtstraat",
    "Sint Nicolaassteeg",
    "Waagplein",
    "Bakkerssteeg",
    "Vismarkt",
    "Kerkpad",
    "Torenstraat",
    "Wijde Poort",
    "Elzenlaan",
    "Berkenhof",
    "Wilgendreef",
    "Populierenlaan",
    "Kastanjeplein",
    "Lindehof",
    "Beukenstraat",
    "Essenpad",
    "Hazelaarstraat",
    "Meidoornlaan",
    "Reigerstraat",
    "Merelhof",
    "Lijsterlaan",
    "Zwaluwplein",
    "Kievitstraat",
    "Futenpad",
    "Wulpstraat",
    "Roodborstlaan",
    "Karekiethof",
    "IJsvogelstraat",
    "Elzekade",
    "Veerdam",
    "Uiterwaardlaan",
    "Griendstraat",
    "Zalmstraat",
    "Steurplein",
    "Baarshof",
    "Snoekstraat",
    "Krabbescheerpad",
    "Dijkgraafstraat",
    "Noorderveldweg",
    "Akkerstraat",
    "Korenbloemlaan",
    "Klaprooshof",
    "Haverstraat",
    "Roggeplein",
    "Gerstlaan",
    "Ploegstraat",
    "Zuiderkade",
    "Touwslagersbaan",
    "Zeilmakerstraat",
    "Scheepstimmerlaan",
    "Ankerplein",
    "Kuiperstraat",
    "Molenhoeklaan",
    "Wiekstraat",
    "Standerdplein",
    "Maalderijpad",
    "Meelstraat",
    "Rozenstraat",
    "Dahlialaan",
    "Seringenhof",
    "Jasmijnstraat",
    "Hortensiaplein",
    "Fuchsialaan",
    "Lavendelpad",
    "Beemdweg",
    "Hooiland",
    "Klaverstraat",
    "Boterbloemhof",
    "Sloothof",
    "Weidezoom",
    "Drechterweg",
    "Oude Tolweg",
    "Smidsstraat",
    "Pastoriehof",
    "Schoolpad",
    "Slotlaan",
    "Gravenhof",
    "Valkenierstraat",
    "Jonkvrouwlaan",
    "Ridderplein",
    "Havenstraat",
    "Loswal",
    "Pakhuisplein",
    "Kraanstraat",
    "Stationsplein",
    "Stationsweg",
    "Ringbaan-West",
    "Ringbaan-Oost",
)

FACILITIES: Final = {
    "town hall": "stadskantoor",
    "pool": "De Elzenbron",
    "library": "De Letterbak",
    "sports hall": "De Kolk",
    "theatre": "De Waag",
    "community centre": "De Schakel",
    "care centre": "De Wilgenhof",
    "park": "Slotpark",
    "recycling centre": "milieustraat Loswal",
    "car park": "parkeergarage Waagplein",
    "football club": "EVV '34",
    "neighbouring club": "VV Klaverwaard",
    "school": "basisschool De Reiger",
    "bus company": "Rivierlijn",
    "grid operator": "NetDrecht",
    "factory": "Polydrecht",
    "bridge": "Elzebrug",
    "tunnel": "stationstunnel",
    "ferry": "het veer",
    "windmill": "molen De Hoop op Wind",
}
