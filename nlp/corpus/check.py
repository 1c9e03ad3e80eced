"""Check the corpus: schema, duplicates, variety, and names that give a label away.

Run from anywhere: ``python nlp/corpus/check.py``. Prints a report; exits 1 when a post breaks the
schema, two posts are near-duplicates, or a place or name predicts a label. Standard library only,
so the corpus can be judged without installing the program.
"""

import hashlib
import json
import math
import re
import statistics
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

Post = dict[str, Any]

HERE = Path(__file__).parent
INTENTS = ("question", "report", "complaint", "compliment", "opinion", "idea", "news", "other")
TENORS = ("support", "criticism", "neutral", "mixed")
THEMES = [
    "waste",
    "cleanliness",
    "roads",
    "traffic",
    "parking",
    "lighting",
    "greenery",
    "nuisance",
    "animals",
    "safety",
    "housing",
    "planning",
    "climate",
    "taxes",
    "documents",
    "income",
    "care",
    "education",
    "events",
    "economy",
    "council",
    "migration",
    "service",
]
EMOTIONS = ("anger", "indignation", "aversion", "support", "joy", "relief", "worry")
PLATFORMS = [
    "mastodon",
    "x",
    "facebook",
    "instagram",
    "mail",
    "phone",
    "newspaper",
    "rss",
    "whatsapp",
    "bluesky",
    "youtube",
    "linkedin",
    "street",
]
LANGUAGES = ("nl", "en", "de", "fr", "es", "tr", "pl", "ar", "uk")
TAGS = [
    "irony",
    "dialect",
    "typo",
    "short",
    "compound",
    "headline",
    "advert",
    "chatter",
    "youth",
    "shouting",
]
FLAGS = ("urgent", "abuse", "about_us")
FIELDS = {
    "id", "text", "lang", "platform", "intent", "tenor", "themes", "emotions",
    *FLAGS, "tags", "split",
}  # fmt: skip

# Five-grams of characters see a template with one word changed; word five-grams would not.
SHINGLE = 5
DUPLICATE = 0.5
# A name in fewer posts than this cannot be told from chance.
ENOUGH = 8
# Chance per label, corrected for the number of name-label pairs tried (Bonferroni).
CHANCE = 0.01

HANDLE = re.compile(r"@\w[\w.-]*")
NAME = re.compile(
    r"(?<![.!?:…\n“\"'] )(?<!^)\b[A-Z][a-zà-ÿ]{3,}(?:[- ][A-Z][a-zà-ÿ]+)*", re.MULTILINE
)
STREET = re.compile(
    r"\b[A-Z]\w+(?:straat|laan|weg|plein|dijk|kade|pad|hof|singel|gracht|park|steeg|wal|dam|brug)\b"
)
WORD = re.compile(r"\w+", re.UNICODE)


def split_of(identifier: str) -> str:
    """Return the split an id belongs to: about 70 % train, 12 % calibration, 18 % test."""
    bucket = int(hashlib.sha256(identifier.encode()).hexdigest(), 16) % 100
    return "train" if bucket < 70 else "calibration" if bucket < 82 else "test"


def read_posts(folder: Path = HERE) -> Iterator[tuple[str, Post]]:
    """Yield (place in the files, post) per line; ValueError on a line that is no JSON."""
    for path in sorted(folder.glob("*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                yield f"{path.name}:{number}", json.loads(line)


def find_faults(post: Post) -> list[str]:
    """Return what is wrong with one post against the schema and the labelling rules."""
    faults = []
    if set(post) != FIELDS:
        return [f"fields differ: {sorted(set(post) ^ FIELDS)}"]
    one_of = {
        "intent": INTENTS,
        "tenor": TENORS,
        "platform": PLATFORMS,
        "lang": LANGUAGES,
    }
    faults += [f"{key}: {post[key]!r}" for key, known in one_of.items() if post[key] not in known]
    many_of = {"themes": THEMES, "emotions": EMOTIONS, "tags": TAGS}
    for key, known in many_of.items():
        if len(set(post[key])) < len(post[key]) or not set(post[key]) <= set(known):
            faults.append(f"{key}: {post[key]!r}")
    faults += [f"{key} is no boolean" for key in FLAGS if not isinstance(post[key], bool)]
    if not post["text"].strip():
        faults.append("empty text")
    if post["split"] != split_of(post["id"]):
        faults.append("split does not follow from the id")
    if not post["about_us"] and post["tenor"] != "neutral":
        faults.append("tenor towards the municipality in a post that is not about it")
    return faults


def shingles(text: str) -> frozenset[str]:
    """Return the character five-grams of the lower-cased words, or the text where it has none."""
    flat = " ".join(WORD.findall(text.lower())) or text
    return frozenset(flat[i : i + SHINGLE] for i in range(max(1, len(flat) - SHINGLE + 1)))


def find_duplicates(posts: list[Post]) -> list[tuple[float, str, str]]:
    """Return (Jaccard, id, id) for every pair of posts that share half of their five-grams."""
    sets = [shingles(post["text"]) for post in posts]
    holders: dict[str, list[int]] = defaultdict(list)
    for index, grams in enumerate(sets):
        for gram in grams:
            holders[gram].append(index)
    found = []
    for index, grams in enumerate(sets):
        shared: Counter[int] = Counter()
        for gram in grams:
            shared.update(other for other in holders[gram] if other > index)
        for other, count in shared.items():
            jaccard = count / (len(grams) + len(sets[other]) - count)
            if jaccard >= DUPLICATE:
                found.append((round(jaccard, 2), posts[index]["id"], posts[other]["id"]))
    return sorted(found, reverse=True)


def find_repeated_frames(posts: list[Post], least: int = 5) -> list[tuple[int, str]]:
    """Return word five-grams used in at least `least` posts: the trace a template would leave."""
    frames: Counter[str] = Counter()
    for post in posts:
        words = WORD.findall(post["text"].lower())
        frames.update({" ".join(words[i : i + 5]) for i in range(len(words) - 4)})
    return [(count, frame) for frame, count in frames.most_common() if count >= least]


def measure_growth(posts: list[Post], steps: int = 10) -> list[tuple[int, int]]:
    """Return (posts read, distinct words seen) at equal steps through the corpus."""
    seen: set[str] = set()
    points = []
    stride = max(1, len(posts) // steps)
    for index, post in enumerate(posts, 1):
        seen.update(WORD.findall(post["text"].lower()))
        if index % stride == 0:
            points.append((index, len(seen)))
    return points


def names_in(text: str) -> set[str]:
    """Return what looks like a place or a person: capitals within a sentence, and street names.

    Handles are left out: what reads the posts sees only whose kind of handle it is.
    """
    text = HANDLE.sub(" ", text)
    return {match.group() for match in (*NAME.finditer(text), *STREET.finditer(text))}


def labels_of(post: Post) -> set[str]:
    """Return the labels of a post as one flat set, for counting."""
    flat = {f"intent={post['intent']}", f"tenor={post['tenor']}"}
    flat |= {f"theme={theme}" for theme in post["themes"]}
    return flat | {f"{flag}={post[flag]}" for flag in FLAGS}


def tail(count: int, total: int, share: float) -> float:
    """Return the chance of at least `count` out of `total` when each has probability `share`."""
    return sum(
        math.comb(total, k) * share**k * (1 - share) ** (total - k) for k in range(count, total + 1)
    )


def find_telling_names(posts: list[Post], is_name: Iterable[str] = ()) -> list[str]:
    """Return names that occur with one label far more often than chance allows.

    `is_name` limits the search; without it every name seen in `ENOUGH` posts is tried.
    """
    nl = [post for post in posts if post["lang"] == "nl"]
    base: Counter[str] = Counter(label for post in nl for label in labels_of(post))
    with_name: dict[str, list[Post]] = defaultdict(list)
    for post in nl:
        for name in names_in(post["text"]):
            with_name[name].append(post)
    tried = set(is_name) or {name for name, found in with_name.items() if len(found) >= ENOUGH}
    bound = CHANCE / max(1, len(tried) * len(base))
    telling = []
    for name in sorted(tried):
        found = with_name[name]
        for label, count in Counter(x for post in found for x in labels_of(post)).items():
            if tail(count, len(found), base[label] / len(nl)) < bound:
                telling.append(f"{name}: {label} in {count} of {len(found)} posts")
    return telling


def print_counts(title: str, counts: Counter[str]) -> None:
    """Print one line of label counts, most frequent first."""
    print(f"{title:12}" + "  ".join(f"{name} {count}" for name, count in counts.most_common()))


def main() -> int:
    """Print the report; return 1 when something must be repaired."""
    broken = []
    posts = []
    seen: set[str] = set()
    for place, post in read_posts():
        broken += [f"{place} {fault}" for fault in find_faults(post)]
        if post["id"] in seen:
            broken.append(f"{place} id {post['id']} used twice")
        seen.add(post["id"])
        posts.append(post)
    duplicates = find_duplicates(posts)
    telling = find_telling_names(posts)

    print(f"{len(posts)} posts")
    for key in ("split", "intent", "tenor", "platform", "lang"):
        print_counts(key, Counter(post[key] for post in posts))
    for key in ("themes", "emotions", "tags"):
        print_counts(key, Counter(value for post in posts for value in post[key]))
    print_counts("flags", Counter(flag for post in posts for flag in FLAGS if post[flag]))
    print_counts("no theme", Counter(f"{not post['themes']}" for post in posts))
    lengths = sorted(len(post["text"].split()) for post in posts)
    tenths = statistics.quantiles(lengths, n=10)
    print(
        f"{'words':12}min {lengths[0]}  deciles {' '.join(f'{t:.0f}' for t in tenths)}  "
        f"max {lengths[-1]}  over 100: {sum(n > 100 for n in lengths)}  "
        f"under 6: {sum(n < 6 for n in lengths)}"
    )
    growth = measure_growth(posts)
    print(f"{'vocabulary':12}" + "  ".join(f"{seen_}:{words}" for seen_, words in growth))
    once = Counter(word for post in posts for word in set(WORD.findall(post["text"].lower())))
    rare = sum(count == 1 for count in once.values()) / len(once)
    print(f"{'':12}{rare:.0%} of the words in one post")
    openers = Counter(" ".join(WORD.findall(post["text"].lower())[:2]) for post in posts)
    print_counts("openers", Counter(dict(openers.most_common(8))))
    frames = find_repeated_frames(posts)
    print(f"{'frames':12}{len(frames)} word five-grams in five posts or more")
    for count, frame in frames[:10]:
        print(f"{'':12}{count}× {frame}")
    for title, faults in (
        ("schema", broken),
        ("duplicates", [f"{jaccard} {one} {other}" for jaccard, one, other in duplicates]),
        ("names", telling),
    ):
        print(f"{title:12}{len(faults)} faults")
        for fault in faults:
            print(f"{'':12}{fault}")
    return 1 if broken or duplicates or telling else 0


if __name__ == "__main__":
    sys.exit(main())
