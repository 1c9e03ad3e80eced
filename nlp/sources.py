"""How the model does on writing of a kind it has never seen: one hand or platform left out.

Texts that will come differ from the corpus, so this says more about them than the frozen test.
The test part stays out of it: what is left out comes from the train and calibration parts.
"""

from collections.abc import Callable
from pathlib import Path

from nlp.evaluation import report_on
from nlp.heads import make_pipeline
from nlp.model import Model
from nlp.posts import TEST, read_posts
from nlp.training import learn

#: A hand or a platform with fewer posts says nothing.
ENOUGH = 30


def leave_sources_out(
    corpus_dir: Path, *, say: Callable[[str], object] = print
) -> dict[str, dict[str, float]]:
    """Per hand and platform with enough posts: F1 of intent, tenor, themes and flags by a model
    without it."""
    posts = [post for post in read_posts(corpus_dir) if post.split != TEST]
    found = {}
    for kind in ("hand", "platform"):
        for name in sorted({getattr(post, kind) for post in posts}):
            unseen = [post for post in posts if getattr(post, kind) == name]
            seen = [post for post in posts if getattr(post, kind) != name]
            if len(unseen) < ENOUGH or not seen:
                continue
            say(f"without {kind} {name} …")
            weights, calibration = learn(seen)
            pipeline = make_pipeline(weights)
            report = report_on(Model(pipeline, calibration, {"name": "trial"}), unseen)
            found[f"{kind} {name}"] = {"posts": float(len(unseen))} | {
                group.name: group.score for group in report.groups if group.name != "emotions"
            }
    return found


def sources_table(found: dict[str, dict[str, float]]) -> str:
    """The result for a terminal."""
    heads = ("intent", "tenor", "themes", "flags")
    lines = [f"{'left out':<20}{'posts':>6}" + "".join(f"{head:>9}" for head in heads)]
    for source, scores in found.items():
        numbers = "".join(f"{scores[head]:>9.3f}" for head in heads)
        lines.append(f"{source:<20}{scores['posts']:>6.0f}{numbers}")
    return "\n".join(lines)
