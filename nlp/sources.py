"""How the model does on a kind of writing it has never seen: one platform left out at a time.

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

#: A platform with fewer posts says nothing.
ENOUGH = 30


def leave_sources_out(
    corpus_dir: Path, *, say: Callable[[str], object] = print
) -> dict[str, dict[str, float]]:
    """Per platform with enough posts: F1 of intent, tenor and themes by a model without it."""
    posts = [post for post in read_posts(corpus_dir) if post.split != TEST]
    found = {}
    for platform in sorted({post.platform for post in posts}):
        unseen = [post for post in posts if post.platform == platform]
        if len(unseen) < ENOUGH:
            continue
        say(f"without {platform} …")
        weights, calibration = learn([post for post in posts if post.platform != platform])
        pipeline = make_pipeline(weights)
        report = report_on(Model(pipeline, calibration, {"name": "trial"}), unseen)
        found[platform] = {"posts": float(len(unseen))}
        found[platform] |= {g.name: g.score for g in report.groups if g.name != "emotions"}
    return found


def sources_table(found: dict[str, dict[str, float]]) -> str:
    """The result for a terminal."""
    heads = ("intent", "tenor", "themes", "flags")
    lines = [f"{'left out':<14}{'posts':>6}" + "".join(f"{head:>9}" for head in heads)]
    for platform, scores in found.items():
        numbers = "".join(f"{scores[head]:>9.3f}" for head in heads)
        lines.append(f"{platform:<14}{scores['posts']:>6.0f}{numbers}")
    return "\n".join(lines)
