"""Names, IDs and values of Gcore never become code in the generated program."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from gcore_tls_provider.api.connection import Location
from gcore_tls_provider.cli.app import app
from gcore_tls_provider.cli.discover.account import DiscoveredObject, DiscoveredSecret, Discovery, ResourceKind
from gcore_tls_provider.cli.discover.program import SecretHandling, render_program
from tests.gcore_emulator.emulated_api import Api, environment_of, serving_api
from tests.hostile_text import HOSTILE_TEXTS, is_harmless
from tests.material import LoadBalancerPki

KINDS: tuple[ResourceKind, ...] = ("ListenerCertificate", "ClientCertificate", "CertificateAuthority", "RevocationList")
CLASSES = {"LoadBalancer", "Listener", "Pool", *KINDS}
ARGUMENTS = {
    *("existing_id", "provider_config", "project_id", "region_id", "load_balancer", "listener", "certificate"),
    *("sni_certificates", "ca", "client_certificate", "crl", "revocation_list", "private_key", "tags", "flavor"),
    *("protocol", "protocol_port", "allowed_cidrs", "members", "session_persistence", "lb_algorithm", "health_monitor"),
    *("admin_state_up", "logging"),
}

CODE = [
    'x\nimport os; os.system("id")',
    "x\r__import__('os').system('id')",
    '"""\nimport os\n"""',
    '"); import os #',
    "'); import os #",
    "\\",
    '\\"',
    '"""',
    "{__import__('os')}",
    "{id}",
    "# -*- coding: utf-7 -*-",
    "+AAo-import os",
    "material('x')",
    "pulumi",
    "class",
    "None",
    "",
    *HOSTILE_TEXTS.values(),
]
TEXTS = st.one_of(
    st.sampled_from(CODE), st.text(max_size=30), st.text(alphabet="\"'\\\n\r #{}()x\u2028\x0c", max_size=30)
)
NUMBERS = st.integers(-1, 10**6)


def mappings(**values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=values)


MEMBERS = mappings(address=TEXTS, protocol_port=NUMBERS, weight=NUMBERS, backup=st.booleans(), subnet_id=TEXTS)
BALANCERS = mappings(flavor=TEXTS, tags=st.dictionaries(TEXTS, TEXTS, max_size=3))
LISTENERS = mappings(
    load_balancer_id=TEXTS,
    secret_id=TEXTS,
    sni_secret_id=st.lists(TEXTS, max_size=2),
    protocol=TEXTS,
    protocol_port=NUMBERS,
    allowed_cidrs=st.lists(TEXTS, max_size=2),
)
POOLS = mappings(
    load_balancer_id=TEXTS,
    listener_id=TEXTS,
    ca_secret_id=TEXTS,
    secret_id=TEXTS,
    crl_secret_id=TEXTS,
    protocol=TEXTS,
    lb_algorithm=TEXTS,
    session_persistence=mappings(type=TEXTS, cookie_name=TEXTS),
    admin_state_up=st.booleans(),
)


@st.composite
def discoveries(draw: st.DrawFn) -> Discovery:
    """Draw a load balancer with attached objects, of which all texts are arbitrary."""
    ids = iter(draw(st.lists(TEXTS, min_size=8, max_size=8, unique=True)))

    def found(kind: ResourceKind, properties: st.SearchStrategy[dict[str, Any]]) -> DiscoveredObject:
        return DiscoveredObject(kind, next(ids), draw(TEXTS), draw(properties))

    users = st.lists(TEXTS, max_size=2).map(tuple)
    secrets = tuple(
        DiscoveredSecret(kind, next(ids), draw(TEXTS), {}, draw(users))
        for kind in draw(st.lists(st.sampled_from(KINDS), max_size=3))
    )
    balancer = found("LoadBalancer", BALANCERS)
    listeners = tuple(found("Listener", LISTENERS) for _ in range(draw(st.integers(0, 2))))
    pools = tuple(found("Pool", POOLS) for _ in range(draw(st.integers(0, 2))))
    return Discovery(balancer, listeners, pools, secrets)


def texts_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from texts_in(key)
            yield from texts_in(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from texts_in(inner)


class Program:
    """Checks that a program has the expected shape, and collects the literals of its resources."""

    def __init__(self, text: str) -> None:
        self.literals: list[str] = []
        self.variables = {"config"}
        docstring, *statements, export = ast.parse(text).body
        assert isinstance(docstring, ast.Expr) and isinstance(docstring.value, ast.Constant)
        for statement in statements:
            self._check_statement(statement)
        assert isinstance(export, ast.Expr)
        assert ast.unparse(export).startswith("pulumi.export('load_balancer_id', ")
        name = ast.unparse(export).removeprefix("pulumi.export('load_balancer_id', ").removesuffix(".id)")
        assert name in self.variables

    def _check_statement(self, statement: ast.stmt) -> None:
        if isinstance(statement, ast.Import):
            assert ast.unparse(statement) == "import pulumi"
        elif isinstance(statement, ast.ImportFrom):
            assert statement.module == "gcore_tls_provider"
            assert {each.name for each in statement.names} <= CLASSES | {"from_file"}
            assert all(each.asname is None for each in statement.names)
        elif isinstance(statement, ast.FunctionDef):
            assert statement.name == "material"
            assert ast.unparse(statement.body[-1]) == "return from_file(config.require(key))"
            assert len(statement.body) == 2
        else:
            assert isinstance(statement, ast.Assign), ast.unparse(statement)
            (target,) = statement.targets
            assert isinstance(target, ast.Name)
            assert target.id.isascii()
            if ast.unparse(statement) != "config = pulumi.Config()":
                self._check_resource(statement.value)
                assert target.id not in self.variables
                self.variables.add(target.id)

    def _check_resource(self, call: ast.expr) -> None:
        assert isinstance(call, ast.Call)
        assert isinstance(call.func, ast.Name) and call.func.id in CLASSES
        (name,) = call.args
        assert isinstance(name, ast.Constant) and isinstance(name.value, str)
        for keyword in call.keywords:
            assert keyword.arg in ARGUMENTS
            self._check_value(keyword.value)

    def _check_value(self, value: ast.expr) -> None:
        if isinstance(value, ast.Constant):
            if isinstance(value.value, str):
                self.literals.append(value.value)
            else:
                assert value.value is None or isinstance(value.value, int)
        elif isinstance(value, ast.List):
            for each in value.elts:
                self._check_value(each)
        elif isinstance(value, ast.Dict):
            for key, each in zip(value.keys, value.values, strict=True):
                assert key is not None
                self._check_value(key)
                self._check_value(each)
        elif isinstance(value, ast.Call):
            assert ast.unparse(value.func) == "material"
            assert all(isinstance(each, ast.Constant) for each in value.args) and not value.keywords
        elif isinstance(value, ast.UnaryOp):
            assert isinstance(value.op, ast.USub) and isinstance(value.operand, ast.Constant)
        else:
            assert ast.unparse(value).removesuffix(".id") in self.variables, ast.unparse(value)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(discovery=discoveries(), secrets=st.sampled_from(["adopt", "refer"]), provider_config=st.none() | TEXTS)
@example(
    Discovery(
        DiscoveredObject("LoadBalancer", CODE[2], CODE[0], {"tags": {CODE[3]: CODE[4]}}),
        (),
        (),
        (DiscoveredSecret("CertificateAuthority", CODE[1], CODE[0], {}, (CODE[0], CODE[1])),),
    ),
    "adopt",
    CODE[0],
)
def test_program_contains_only_the_expected_statements_and_literals(
    discovery: Discovery, secrets: SecretHandling, provider_config: str | None
) -> None:
    text = render_program(discovery, secrets=secrets, location=Location(provider_config=provider_config))
    assert is_harmless(text)
    assert "coding" not in "".join(text.splitlines(keepends=True)[1:2])
    program = Program(text)
    objects: list[DiscoveredObject] = [
        discovery.load_balancer,
        *discovery.listeners,
        *discovery.pools,
        *discovery.secrets,
    ]
    expected = {text for each in objects for text in (each.id, *texts_in(each.properties))} | {provider_config}
    assert set(program.literals) <= expected
    assert {each.id for each in (discovery.load_balancer, *discovery.listeners, *discovery.pools)} <= set(
        program.literals
    )
    comments = [each for each in tokenize.generate_tokens(io.StringIO(text).readline) if each.type == tokenize.COMMENT]
    assert all(each.line.startswith("# ") for each in comments)


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    with serving_api(LoadBalancerPki.generate()) as served:
        yield served


def discover(api: Api, load_balancer_id: str) -> Result:
    return CliRunner().invoke(app, ["discover", "--load-balancer", load_balancer_id], env=environment_of(api))


@pytest.mark.parametrize("name", [*CODE[:6], *(each for each in HOSTILE_TEXTS.values() if "\ud800" not in each)])
def test_hostile_names_in_an_account_stay_in_comments_and_literals(api: Api, name: str) -> None:
    """The listener of another load balancer uses the same secret, so its name is in a comment."""
    api.emulator.reset()
    secret_id = api.server_secret()
    balancers = [api.load_balancer(name=each) for each in ("mine", "theirs")]
    for balancer in balancers:
        api.listener(balancer, protocol="TERMINATED_HTTPS", secret_id=secret_id)
    account = api.emulator.account
    for object_id, balancer_stored in account.load_balancers.items():
        account.load_balancers[object_id] = replace(balancer_stored, name=name)
    for object_id, listener_stored in account.listeners.items():
        account.listeners[object_id] = replace(listener_stored, name=name)
    account.secrets[secret_id] = replace(account.secrets[secret_id], name=name)
    result = discover(api, balancers[0])
    assert (result.exit_code, result.stderr) == (0, "")
    assert is_harmless(result.stdout)
    Program(result.stdout)
    assert f"# {secret_id}: listener '" in result.stdout


@pytest.mark.parametrize("load_balancer_id", ["..", "../../x", "%2e%2e", "x?y", "a/b", "\x1b[2J"])
def test_discover_sends_no_request_for_a_text_that_is_no_id(api: Api, load_balancer_id: str) -> None:
    api.emulator.reset()
    result = discover(api, load_balancer_id)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "is not the ID of an object at Gcore" in result.stderr
    assert is_harmless(result.stderr)
    assert api.emulator.requests == []
