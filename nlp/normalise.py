"""From a text as received to a text the pipeline can read, in time linear in its length.

The result is only ever used to compute features; what is stored stays as received. Personal data
is masked here, so that no address, number or handle can become a feature of the model.
"""

import html
import re
import unicodedata

#: Characters read of one text. A post longer than this has told its subject long before.
MAX_CHARS = 20_000
#: Characters read of one unbroken word; longer is a key held down, not language.
MAX_WORD = 60

_SURROGATE = re.compile(r"[\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufe0e\ufe0f]")
_SKIN = re.compile(r"[\U0001f3fb-\U0001f3ff]")
# Stacked accents are cut before composing: canonical ordering of a long run is quadratic.
_STACKED = re.compile(
    r"([\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]{2})[\u0300-\u036f"
    r"\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+"
)
_LONG_WORD = re.compile(rf"(\S{{{MAX_WORD}}})\S+")
_EMOJI = re.compile("([\u2190-\u21ff\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff])")
_URL = re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE)
_MAIL = re.compile(r"\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+\b")
_HANDLE = re.compile(r"(?<![\w.])@(\w[\w.-]*)(?:@[\w.-]+)?")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2} ?[A-Z]{4} ?(?:\d{2,4} ?){2,5}", re.IGNORECASE)
_PHONE = re.compile(r"(?<![\w.])(?:\+\d{2}|00\d{2}|0)[ -]?(?:\(0\))?\d(?:[ -]?\d){7,9}\b")
_NINE_DIGITS = re.compile(r"\b\d{9}\b")
_POSTCODE = re.compile(r"\b[1-9]\d{3} ?[A-Z]{2}\b")
_PLATE = re.compile(
    r"\b(?:[A-Z]{2}-\d{2}-\d{2}|\d{2}-\d{2}-[A-Z]{2}|\d{2}-[A-Z]{2}-\d{2}|[A-Z]{2}-\d{2}-[A-Z]{2}"
    r"|[A-Z]{2}-[A-Z]{2}-\d{2}|\d{2}-[A-Z]{2}-[A-Z]{2}|\d{2}-[A-Z]{3}-\d|\d-[A-Z]{3}-\d{2}"
    r"|[A-Z]{2}-\d{3}-[A-Z]|[A-Z]-\d{3}-[A-Z]{2}|[A-Z]{3}-\d{2}-[A-Z]|\d-[A-Z]{2}-\d{3})\b"
)

# Whom a handle belongs to says whose business the post is; the handle itself says nothing else.
# Only whole names and words no person is called by: a resident's name must not change a verdict.
_SUFFIX = r"(?:_?(?:nl|nederland|online|reizigers|webcare|service|klantenservice|help|vragen))?$"
_TRANSPORT = re.compile(
    r"^(?:ns|prorail|gvb|ret|htm|arriva|connexxion|qbuzz|keolis|ebs|breng|syntus|hermes|bravo|"
    r"transdev|rrreis|flixbus|delijn|nmbs)" + _SUFFIX + "|vervoer"
)
_STATE = re.compile(
    r"^(?:duo|uwv|svb|cak|cjib|rdw|cbr|ind|coa|knmi|rivm|rijksoverheid|tweedekamer)"
    + _SUFFIX
    + "|ministerie|rijkswaterstaat|belastingdienst"
)
_BUSINESS = re.compile(
    r"^(?:postnl|dhl|dpd|gls|ziggo|kpn|odido|tmobile|t_mobile|tele2|vodafone|simyo|"
    r"eneco|vattenfall|essent|greenchoice|liander|enexis|stedin|vitens|evides|brabantwater|pwn|"
    r"anwb|albertheijn|ah|jumbo|lidl|aldi|action|hema|ikea|bol_?com|coolblue|mediamarkt|zalando|"
    r"klm|transavia|schiphol|tui|booking|ing|rabobank|abnamro|asnbank|bunq|netflix|spotify)"
    + _SUFFIX
    + "|klantenservice|webcare|helpdesk|verzekering|glasvezel|internet"
)


def _mask_handle(match: re.Match[str]) -> str:
    name = match.group(1).lower()
    if "gemeente" in name or "stadhuis" in name or "stadsdeel" in name:
        return " @gemeente "
    if "politie" in name or "brandweer" in name:
        return " @hulpdienst "
    if _TRANSPORT.search(name):
        return " @vervoer "
    if _STATE.search(name):
        return " @rijk "
    return " @anderen " if _BUSINESS.search(name) else " @iemand "


def clean(text: str) -> str:
    """`text` cut to MAX_CHARS, with what no reader sees taken out and accents composed (NFC)."""
    text = text[:MAX_CHARS]
    if not text.isascii():
        text = _SURROGATE.sub("\ufffd", text)
        text = _STACKED.sub(r"\1", text)
        text = _SKIN.sub("", _INVISIBLE.sub("", text))
        text = unicodedata.normalize("NFC", text)
    return _CONTROL.sub(" ", text)


def mask(text: str) -> str:
    """`text` with handles, links and personal numbers replaced by what kind of thing they are."""
    if "&" in text:
        text = html.unescape(text)
    if "://" in text or "www." in text or "WWW." in text:
        text = _URL.sub(" http ", text)
    if "@" in text:
        text = _MAIL.sub(" mailadres ", _HANDLE.sub(_mask_handle, text))
    if any(map(str.isdigit, text)):
        text = _IBAN.sub(" rekeningnummer ", text)
        text = _PHONE.sub(" telefoonnummer ", text)
        text = _NINE_DIGITS.sub(" burgernummer ", text)
        text = _POSTCODE.sub(" postcode ", text)
        text = _PLATE.sub(" kenteken ", text)
    return text


def normalise(text: str) -> str:
    """What the tokeniser reads: clean, masked, emoji set apart, one space between words,
    and a sign of its own between lines."""
    text = mask(clean(text))
    if not text.isascii():
        text = _EMOJI.sub(r" \1 ", text)
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return _LONG_WORD.sub(r"\1", " ↵ ".join(line for line in lines if line))
