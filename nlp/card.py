"""What anybody may know of the language model, made from its evaluation: card and register entry.

The card is for whoever uses or judges the model. The entry follows the fields of the Dutch
algorithm register (Algoritmeregister, publication standard 1.0); what only the municipality itself
can say is left empty and named.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from nlp.evaluation import Report
from nlp.labels import EMOTIONS, INTENTS, TENORS, THEMES

#: Fields of the register a municipality fills in itself.
OWN_FIELDS = (
    "organization",
    "department",
    "contact_email",
    "begin_date",
    "url",
    "lawful_basis_link",
    "impacttoetsen",
)
#: Slices named in the card, by how they are called in the evaluation.
_SLICES = ("Dutch", "other language", "under 6 words", "tag irony", "tag dialect", "tag sarcasm")
#: F1 below which a label is named as weak, and the fewest test posts to say so.
_WEAK, _ENOUGH = 0.5, 10


def model_card(report: Report, meta: Mapping[str, Any]) -> str:
    """The card as Markdown. Every number in it comes from `report` or the model's own `meta`."""
    found = report.as_dict()
    return "\n".join(
        [
            *_opening(report, meta),
            *_heads(found),
            *_strangers(found["strangers"]),
            *_labels(found["labels"]),
            *_slices(found),
            *_ending(),
        ]
    )


def register_entry(
    report: Report, meta: Mapping[str, Any], given: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The entry for the register, in Dutch. `given` fills fields of OWN_FIELDS by name.

    Raises ValueError for a field that is not the municipality's to fill in.
    """
    given = given or {}
    if unknown := sorted(set(given) - set(OWN_FIELDS)):
        raise ValueError(f"{', '.join(unknown)}: choose from {', '.join(OWN_FIELDS)}")
    heads = report.as_dict()["heads"]
    figures = "; ".join(
        f"{dutch} F1 {heads[name]['f1']:.2f}"
        f" (95%-interval {heads[name]['interval'][0]:.2f}–{heads[name]['interval'][1]:.2f})"
        for name, dutch in (
            ("intent", "bedoeling"),
            ("tenor", "teneur"),
            ("themes", "thema's"),
            ("emotions", "emoties"),
        )
    )
    return {
        "standard_version": "1.0",
        "name": "Stadspraat: labels bij berichten van inwoners",
        "description_short": (
            "Stelt bij berichten van inwoners voor wat de bedoeling, het thema en de teneur is,"
            " zodat medewerkers sneller zien wat een antwoord vraagt."
        ),
        "publication_category": "Overige algoritmes",
        "status": "In gebruik",
        "source_id": report.model,
        "goal": (
            "Medewerkers webcare helpen vragen en meldingen op volgorde te zetten, en adviseurs"
            " laten zien waar in de gemeente over gesproken wordt. Personen worden niet beoordeeld,"
            " gevolgd of ingedeeld: het algoritme leest alleen tekst en weet niet wie schreef."
        ),
        "proportionality": (
            "Zonder voorsortering raken urgente berichten zoek tussen de rest. Het algoritme neemt"
            " geen besluit, gebruikt geen kenmerken van personen en stuurt geen tekst naar derden."
        ),
        "lawful_basis": (
            "Uitvoering van een taak van algemeen belang (artikel 6, eerste lid, onder e, AVG)."
        ),
        "human_intervention": (
            "Elk label is een voorstel. Een medewerker leest het bericht, kan labels wijzigen of"
            " bevestigen en beslist over antwoord en afhandeling. Waar het algoritme onzeker is,"
            " zegt het dat."
        ),
        "risk_management": (
            "Kansen zijn gekalibreerd. Urgent en beledigend zijn afgesteld om weinig te missen, met"
            " meer vals alarm als prijs. Een nieuwe versie wordt alleen gebruikt als zij op een"
            " vaste toetsverzameling niet slechter is; terugdraaien is één opdracht. Aandelen in"
            " rapporten zijn schattingen met een marge. Ironie, dialect en andere talen gaan minder"
            " goed."
        ),
        "methods_and_models": (
            f"Lineaire modellen (logistische regressie) over woorden, woordparen, lettergroepen en"
            f" een eigen woordenlijst, in spaCy; model {report.model}. Gemeten op {report.posts}"
            f" niet eerder geziene berichten: {figures}."
        ),
        "source_data": (
            f"{meta['posts']} verzonnen en gelabelde berichten, en {meta.get('corrected', 0)}"
            " berichten aan de gemeente waarvan medewerkers labels verbeterden of bevestigden."
            " Gewiste, verwijderde en besloten berichten doen niet mee."
        ),
        "monitoring": (
            "Elke week is er een lijst met willekeurige en twijfelachtige berichten om te bekijken;"
            " een tiende daarvan is voor twee mensen."
        ),
        "provider": "Open source (EUPL-1.2)",
        **{name: given.get(name, "") for name in OWN_FIELDS},
    }


def missing_fields(entry: Mapping[str, Any]) -> list[str]:
    """What the municipality still has to fill in before the entry can be published."""
    return [name for name in OWN_FIELDS if not entry[name]]


def _opening(report: Report, meta: Mapping[str, Any]) -> list[str]:
    return [
        "# Model card",
        "",
        "Made by `manage.py model_card` from the evaluation; do not edit by hand.",
        "",
        f"**Model** {report.model}: {meta['posts']} posts to learn from, {report.posts} frozen test"
        " posts never trained or tuned on.",
        "",
        "**Meant for** suggesting labels for Dutch posts to or about a municipality to people who"
        " read those posts. Every label is a suggestion with a calibrated probability.",
        "",
        "**Not meant for** deciding anything about a person, scoring or profiling writers,"
        " moderation without a person, or texts in other fields than a municipality's.",
        "",
        f"**Says** intent ({', '.join(INTENTS)}), tenor towards the municipality"
        f" ({', '.join(TENORS)}), {len(THEMES)} themes, emotions ({', '.join(EMOTIONS)}), urgent,"
        " abuse, about us, language and places.",
        "",
        "**Reads** the text only. Handles, addresses, numbers and links are masked before anything"
        " is learned; nothing about writers is used, which a test checks.",
        "",
    ]


def _heads(found: Mapping[str, Any]) -> list[str]:
    lines = [
        "## How right it is",
        "",
        "| head | F1 | 95 % interval | calibration error | people agree (alpha) | below it |",
        "|---|---|---|---|---|---|",
    ]
    for name, head in found["heads"].items():
        low, high = head["interval"]
        people = "" if head["human_alpha"] is None else f"{head['human_alpha']:.2f}"
        below = ", ".join(f"{key} {value:.2f}" for key, value in head["baselines"].items())
        lines.append(
            f"| {name} | {head['f1']:.3f} | {low:.3f} – {high:.3f} |"
            f" {head['calibration_error']:.3f} | {people} | {below} |"
        )
    cover = ", ".join(f"{name} {share:.0%}" for name, share in found["coverage_at_90"].items())
    return [
        *lines,
        "",
        "F1 is macro, for themes micro.",
        f"Share of posts that can be decided with 90 % right: {cover}.",
        f"Language is right in {found['language_accuracy']:.1%} of texts of three words or more.",
        "",
    ]


def _strangers(found: Mapping[str, Any]) -> list[str]:
    if not found:
        return []
    names = [name for name in next(iter(found.values()))["heads"] if name != "emotions"]
    lines = [
        "## On texts by strangers",
        "",
        "Written and labelled by people who saw neither the corpus nor its guide: F1 and its"
        " interval.",
        "",
        f"| set | posts | {' | '.join(names)} |",
        "|---|---|" + "---|" * len(names),
    ]
    for name, part in found.items():
        heads = (part["heads"][head] for head in names)
        cells = [
            f"{one['f1']:.3f} ({one['interval'][0]:.3f} – {one['interval'][1]:.3f})"
            for one in heads
        ]
        lines.append(f"| {name} | {part['posts']} | {' | '.join(cells)} |")
    return [*lines, ""]


def _labels(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    lines = [
        "## Per label",
        "",
        "| head | label | precision | recall | F1 | test posts |",
        "|---|---|---|---|---|---|",
        *(
            f"| {row['head']} | {row['label']} | {row['precision']:.2f} | {row['recall']:.2f} |"
            f" {row['f1']:.2f} | {row['support']} |"
            for row in rows
        ),
        "",
    ]
    weak = [row for row in rows if row["f1"] < _WEAK and row["support"] >= _ENOUGH]
    if weak:
        names = ", ".join(f"{row['head']} {row['label']}" for row in weak)
        lines += [f"**Weak** (F1 below {_WEAK}): {names}.", ""]
    few = [f"{row['head']} {row['label']}" for row in rows if row["support"] < _ENOUGH]
    if few:
        lines += [f"**Too few test posts to say** (under {_ENOUGH}): {', '.join(few)}.", ""]
    return lines


def _slices(found: Mapping[str, Any]) -> list[str]:
    known = [name for name in _SLICES if name in found["slices"]]
    return [
        "## On kinds of text",
        "",
        "| texts | posts | intent right | tenor right | themes F1 |",
        "|---|---|---|---|---|",
        *(
            f"| {name.removeprefix('tag ')} | {part['posts']:.0f} | {part['intent']:.2f} |"
            f" {part['tenor']:.2f} | {part['themes']:.2f} |"
            for name in known
            for part in (found["slices"][name],)
        ),
        "",
    ]


def _ending() -> list[str]:
    return [
        "## Know before use",
        "",
        "* The corpus is invented: real posts differ. `manage.py evaluate --leave-out` shows how"
        " the model does on a kind of writing it never saw.",
        "* Urgent and abuse seek to miss little and raise false alarms.",
        "* Never count likeliest labels for a chart; `nlp.estimate_shares` gives a share with its"
        " interval.",
        "* Irony without a marker, an implied target, and dialect beyond single words are guesses.",
        "* A municipality may teach a model of its own; then this card is about another model:"
        " `manage.py model_card --model VAR_DIR/models/SLUG/VERSION`.",
        "",
    ]
