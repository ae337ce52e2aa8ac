"""`gcore-tls orphans` recognizes the orphans of a stack, and which of them are certain."""

from __future__ import annotations

import json
from pathlib import Path

from gcore_tls_provider.lifecycle.inputs.naming import ObjectNaming
from tests.cli.orphans.conftest import IN_COMPONENT, OTHER_IDENTITY, Account, generated_name
from tests.fake_engine.recording_engine import IDENTITY
from tests.fake_engine.stack import urn_of


class TestRecognition:
    def test_object_of_an_interrupted_create_is_a_certain_orphan(self, account: Account) -> None:
        orphan_id = account.load_balancer(account.interrupt_create("LoadBalancer", "web"))
        result = account.run()
        assert result.exit_code == 1
        assert orphan_id in result.stdout
        assert "1 orphan: 1 certain, 0 not." in result.stdout
        (orphan,) = account.list_orphans()
        assert (orphan["kind"], orphan["id"], orphan["certain"]) == ("load balancer", orphan_id, True)
        assert orphan["urn"] == urn_of("LoadBalancer", "web")
        assert (orphan["project_id"], orphan["region_id"], orphan["provider_config"]) == (1, 7, None)

    def test_object_with_another_generated_name_of_a_resource_is_not_certain(self, account: Account) -> None:
        account.resources["1"] = urn_of("CertificateAuthority", "ca")
        kept = account.secret(generated_name("CertificateAuthority", "ca"))
        (orphan,) = account.list_orphans()
        assert (orphan["id"], orphan["certain"]) == (kept, False)
        assert "retained" in orphan["reason"]

    def test_object_of_a_resource_that_left_the_state_is_not_certain(self, account: Account) -> None:
        kept = account.secret(generated_name("RevocationList", "gone"))
        balancer = account.load_balancer("theirs")
        pool = account.pool(ObjectNaming.of_urn(IDENTITY, IN_COMPONENT).name("z"), load_balancer_id=balancer)
        orphans = {each["id"]: each for each in account.list_orphans()}
        assert orphans.keys() == {kept, pool}
        assert orphans[pool]["urn"] == IN_COMPONENT
        assert not any(each["certain"] for each in orphans.values())

    def test_object_with_an_exact_name_is_not_certain(self, account: Account) -> None:
        account.interrupt_create("LoadBalancer", "web", {"name": "production"})
        orphan_id = account.load_balancer("production")
        (orphan,) = account.list_orphans()
        assert (orphan["id"], orphan["certain"]) == (orphan_id, False)
        assert "exact name" in orphan["reason"]

    def test_managed_and_foreign_objects_are_not_orphans(self, account: Account) -> None:
        name = account.interrupt_create("LoadBalancer", "web")
        account.resources["1"] = urn_of("LoadBalancer", "web")
        account.ids.append(account.load_balancer(generated_name("LoadBalancer", "web", "y")))
        account.load_balancer("web")
        account.load_balancer("web-01234567-012345")
        account.load_balancer(generated_name("LoadBalancer", "web", identity=OTHER_IDENTITY))
        account.secret(name)
        account.resources[f"unknown:{generated_name('LoadBalancer', 'web', 'x')}"] = urn_of("LoadBalancer", "web")
        account.load_balancer(generated_name("LoadBalancer", "web", "x"))
        result = account.run()
        assert (result.exit_code, result.stdout, result.stderr) == (0, "No orphans.\n", "")

    def test_before_option_finds_the_orphans_of_a_destroyed_stack(self, account: Account, tmp_path: Path) -> None:
        account.resources["1"] = urn_of("LoadBalancer", "web")
        before = json.loads(account.state)
        kept = account.load_balancer(generated_name("LoadBalancer", "web"))
        account.resources.clear()
        account.identity = None
        without_identity = account.run()
        assert (without_identity.exit_code, without_identity.stdout) == (0, "No orphans.\n")
        assert "Add an earlier state with --before FILE" in without_identity.stderr
        for state in (before, {"version": 3, "checkpoint": {"stack": "x", "latest": before["deployment"]}}):
            (tmp_path / "before.json").write_text(json.dumps(state))
            (orphan,) = account.list_orphans("--before", str(tmp_path / "before.json"))
            assert (orphan["id"], orphan["certain"]) == (kept, False)

    def test_pending_create_of_an_earlier_state_makes_no_orphan_certain(self, account: Account, tmp_path: Path) -> None:
        account.load_balancer(account.interrupt_create("LoadBalancer", "web"))
        (tmp_path / "before.json").write_text(account.state)
        account.pending_creates.clear()
        (orphan,) = account.list_orphans("--before", str(tmp_path / "before.json"))
        assert not orphan["certain"]
