"""`gcore-tls orphans --delete` deletes orphans, and never an object that something else uses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gcore_tls_provider.cli.app import app
from tests.cli.orphans.conftest import SECRET_ROUTE, Account, generated_name
from tests.fake_engine.stack import urn_of


class TestDeletion:
    def orphans_of_each_kind(self, account: Account) -> list[str]:
        """Create one orphan of each kind, and return their IDs in deletion order."""
        balancer = account.load_balancer(account.interrupt_create("LoadBalancer", "web"))
        listener = account.listener(account.interrupt_create("Listener", "web"), balancer)
        secret = account.secret(account.interrupt_create("CertificateAuthority", "ca"))
        pool = account.pool(account.interrupt_create("Pool", "web"), listener_id=listener, ca_secret_id=secret)
        return [pool, listener, balancer, secret]

    def test_users_are_deleted_before_the_objects_that_they_use(self, account: Account) -> None:
        foreign = account.load_balancer("theirs")
        ids = self.orphans_of_each_kind(account)
        assert [each["id"] for each in account.list_orphans()] == ids
        result = account.run("--delete", "--yes")
        assert (result.exit_code, result.stdout.count("deleted  ")) == (0, 4)
        assert account.existing_ids() == {foreign}
        assert account.emulator.audit().intact

    @pytest.mark.parametrize(("keyboard_input", "remain"), [("y\n", 0), ("n\n", 4), ("", 4)])
    def test_deletion_needs_confirmation(
        self, account: Account, keyboard_input: str, remain: int, tmp_path: Path
    ) -> None:
        self.orphans_of_each_kind(account)
        (tmp_path / "state.json").write_text(account.state)
        result = CliRunner().invoke(
            app,
            ["orphans", "--export", str(tmp_path / "state.json"), "--delete"],
            input=keyboard_input,
            env=account.environment,
        )
        assert "Delete 4 orphans?" in result.stderr
        assert (result.exit_code, len(account.existing_ids())) == (int(remain > 0), remain)

    def test_uncertain_orphans_are_deleted_only_with_the_option_or_their_id(self, account: Account) -> None:
        account.resources["1"] = urn_of("CertificateAuthority", "ca")
        one, two = (account.secret(generated_name("CertificateAuthority", "ca", each)) for each in ("y", "z"))
        orphan_id = account.secret(account.interrupt_create("CertificateAuthority", "ca"))
        assert {each["id"] for each in account.list_orphans()} == {one, two, orphan_id}
        assert account.run("--delete", "--yes").exit_code == 1
        assert account.existing_ids() == {one, two}
        assert [each["deleted"] for each in account.list_orphans("--delete", "--yes", "--id", one)].count(True) == 1
        assert account.existing_ids() == {two}
        assert account.run("--delete", "--yes", "--uncertain").exit_code == 0
        assert account.existing_ids() == set()

    def test_orphan_that_no_longer_exists_counts_as_deleted(self, account: Account) -> None:
        account.secret(account.interrupt_create("CertificateAuthority", "ca"))
        rule = {"action": "respond", "status": 404, "body": {"exception_class": "NotFoundError", "message": "gone"}}
        account.http.post("/_emulator/faults", json=[{**rule, "route": SECRET_ROUTE}])
        assert account.run("--delete", "--yes").exit_code == 0

    def test_failed_deletion_does_not_stop_the_others(self, account: Account) -> None:
        pool, *_ = ids = self.orphans_of_each_kind(account)
        other = account.secret(account.interrupt_create("CertificateAuthority", "other"))
        account.http.post(
            "/_emulator/faults", json=[{"action": "respond", "status": 403, "body": {}, "method": "DELETE", "nth": 1}]
        )
        orphans = {each["id"]: each for each in account.list_orphans("--delete", "--yes")}
        assert "403" in orphans[pool]["kept"]
        assert orphans[ids[1]]["kept"] == f"in use by pool '{orphans[pool]['name']}' ({pool})"
        assert orphans[other]["deleted"]
        assert account.existing_ids() == set(ids)


def foreign_pool_with_secret(account: Account) -> str:
    secret = account.secret(account.interrupt_create("CertificateAuthority", "ca"))
    account.pool("theirs", load_balancer_id=account.load_balancer("theirs"), ca_secret_id=secret)
    return secret


def foreign_listener_on_load_balancer(account: Account) -> str:
    balancer = account.load_balancer(account.interrupt_create("LoadBalancer", "web"))
    account.listener("theirs", balancer)
    return balancer


def foreign_pool_on_load_balancer(account: Account) -> str:
    balancer = account.load_balancer(account.interrupt_create("LoadBalancer", "web"))
    account.pool("theirs", load_balancer_id=balancer)
    return balancer


def foreign_pool_behind_listener(account: Account) -> str:
    listener = account.listener(account.interrupt_create("Listener", "web"), account.load_balancer("theirs"))
    account.pool("theirs", listener_id=listener)
    return listener


def pool_behind_foreign_listener(account: Account) -> str:
    listener = account.listener("theirs", account.load_balancer("theirs"))
    return account.pool(account.interrupt_create("Pool", "web"), listener_id=listener)


@pytest.mark.parametrize(
    "create_used_orphan",
    [
        foreign_pool_with_secret,
        foreign_listener_on_load_balancer,
        foreign_pool_on_load_balancer,
        foreign_pool_behind_listener,
        pool_behind_foreign_listener,
    ],
)
def test_orphan_that_a_foreign_object_uses_is_kept(
    account: Account, create_used_orphan: Callable[[Account], str]
) -> None:
    orphan_id = create_used_orphan(account)
    before = account.existing_ids()
    result = account.run("--delete", "--yes")
    assert result.exit_code == 1
    assert "in use by" in result.stdout
    assert account.existing_ids() == before
    assert [each["id"] for each in account.list_orphans()] == [orphan_id]


def test_pool_on_the_listener_that_it_was_created_for_is_deleted(account: Account) -> None:
    listener = account.listener("theirs", account.load_balancer("theirs"))
    pool = account.pool(account.interrupt_create("Pool", "web", {"listener_id": listener}), listener_id=listener)
    assert account.run("--delete", "--yes").exit_code == 0
    assert pool not in account.existing_ids()
    assert listener in account.existing_ids()
