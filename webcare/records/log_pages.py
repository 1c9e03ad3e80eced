"""The public side of the log: checkpoints, keys and proofs for whoever watches, and our witness."""

from __future__ import annotations

import base64
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from archive import notes, signing, witness
from archive.models import Checkpoint, Log
from archive.tree import Tree
from webcare.records.echt import limited, show_page

HEADS_SHOWN = 3
MOST_BYTES = 20_000


@require_GET
@limited
def show_logs(request: HttpRequest) -> HttpResponse:
    logs = Log.objects.select_related("municipality").order_by("municipality__name")
    return show_page(request, "echt/log.html", {"logs": [_describe(log) for log in logs]})


def _describe(log: Log) -> dict[str, Any]:
    heads = log.checkpoints.prefetch_related("cosignatures", "time_stamps").order_by("-size")
    shown = list(heads[:HEADS_SHOWN])
    return {
        "slug": log.municipality.slug,
        "name": log.municipality.name,
        "size": shown[0].size if shown else 0,
        "key": str(signing.trusted_verifiers(log.origin)[0]),
        "heads": shown,
    }


@require_GET
@limited
def give_checkpoint(request: HttpRequest, slug: str) -> HttpResponse:
    """The newest signed head with its cosignatures, as C2SP writes it."""
    newest = get_newest(slug)
    lines = "".join(f"{one.line}\n" for one in newest.cosignatures.order_by("witness"))
    return HttpResponse(newest.note + lines, content_type="text/plain; charset=utf-8")


@require_GET
@limited
def give_key(request: HttpRequest, slug: str) -> HttpResponse:
    log = get_newest(slug).log
    keys = "".join(f"{one}\n" for one in signing.trusted_verifiers(log.origin))
    return HttpResponse(keys, content_type="text/plain; charset=utf-8")


@require_GET
@limited
def give_consistency(request: HttpRequest, slug: str, old: int) -> HttpResponse:
    """Proof that the newest head extends the one of `old` records that somebody kept."""
    newest = get_newest(slug)
    if old > newest.size:
        raise Http404
    proof = Tree(newest.log_id).prove_consistency(old, newest.size)
    return JsonResponse(
        {
            "old": old,
            "new": newest.size,
            "proof": [base64.b64encode(one).decode() for one in proof],
            "checkpoint": newest.note,
        }
    )


def get_newest(slug: str) -> Checkpoint:
    heads = Checkpoint.objects.select_related("log").filter(log__municipality__slug=slug)
    newest = heads.order_by("-size").first()
    if newest is None:
        raise Http404
    return newest


@csrf_exempt  # Machines ask; what counts is the signature in the body.
@require_POST
def add_checkpoint(request: HttpRequest) -> HttpResponse:
    """A neighbour's new head, cosigned when it extends what we saw (c2sp.org/tlog-witness)."""
    if int(request.headers.get("Content-Length") or 0) > MOST_BYTES:
        return HttpResponse("too large\n", status=413, content_type="text/plain")
    try:
        line = witness.cosign(request.body.decode("utf-8", "replace"))
    except witness.Refused as refused:
        if refused.status == 409 and refused.size is not None:
            return HttpResponse(f"{refused.size}\n", status=409, content_type="text/x.tlog.size")
        return HttpResponse(f"{refused}\n", status=refused.status, content_type="text/plain")
    return HttpResponse(f"{line}\n", content_type="text/plain; charset=utf-8")


@require_GET
def give_witness_key(request: HttpRequest) -> HttpResponse:
    try:
        verifier = witness.our_verifier()
    except (witness.Refused, notes.InvalidNote):
        raise Http404 from None
    return HttpResponse(f"{verifier}\n", content_type="text/plain; charset=utf-8")


urlpatterns = [
    path("echt/log", show_logs, name="echt-log"),
    path("echt/log/<slug:slug>/checkpoint", give_checkpoint),
    path("echt/log/<slug:slug>/key", give_key),
    path("echt/log/<slug:slug>/consistency/<int:old>", give_consistency),
    path("witness/add-checkpoint", add_checkpoint),
    path("witness/key", give_witness_key),
]
