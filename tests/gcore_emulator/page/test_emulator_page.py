"""Page at `/` in a real browser: content, updates, and readability."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import httpx
import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

from bootstrap.system_packages import CHROMEDRIVER, CHROMIUM, find_program
from tests.gcore_emulator.data_plane.clients import fetch
from tests.gcore_emulator.data_plane.traffic import Traffic
from tests.gcore_emulator.data_plane.waiting import until
from tests.gcore_emulator.emulated_api import blob, member_body, monitor_body

SCREENSHOTS = Path(__file__).parents[3] / "build" / "screenshots"
"""Folder of the screenshots, which is never committed."""

# The tests share one browser, because it starts slowly.
pytestmark = pytest.mark.xdist_group("browser")

DESKTOP, PHONE = (1280, 900), (390, 844)
PROBED = monitor_body(delay=1, timeout=0, max_retries=1)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    program, driver = find_program(CHROMIUM), find_program(CHROMEDRIVER)
    assert program and driver, "run `sudo apt-get install chromium chromium-driver`"
    options = ChromeOptions()
    options.binary_location = str(program)
    for argument in (
        "--headless=new",
        "--no-sandbox",  # Chromium has no sandbox for root, the user of CI
        "--disable-dev-shm-usage",
        "--no-proxy-server",
        "--disable-background-networking",
        f"--user-data-dir={tmp_path_factory.mktemp('browser')}",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    found = Chrome(options=options, service=Service(str(driver)))
    try:
        yield found
    finally:
        found.quit()


class Page:
    """Page in the browser."""

    def __init__(self, browser: Chrome, url: str) -> None:
        self.browser = browser
        browser.get(url)
        until(lambda: self.text("#summary"), lambda text: "load balancer" in text)

    def text(self, selector: str) -> str:
        return " ".join(self.run(f"return document.querySelector({selector!r})?.innerText ?? ''").split())

    def run(self, script: str) -> Any:
        return self.browser.execute_script(script)

    def nodes(self) -> list[str]:
        found = self.run("return [...document.querySelectorAll('.node')].map((one) => one.innerText)")
        return [" ".join(text.split()) for text in found]

    def wait_for(self, selector: str, *texts: str) -> str:
        return until(lambda: self.text(selector), lambda found: all(text in found for text in texts))


def set_display(browser: Chrome, size: tuple[int, int], scheme: str) -> None:
    """Set the size of the browser's window, and the light or dark color scheme."""
    width, height = size
    metrics = {"width": width, "height": height, "deviceScaleFactor": 2, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


@pytest.fixture
def page(browser: Chrome, traffic: Traffic) -> Iterator[Page]:
    set_display(browser, DESKTOP, "light")
    traffic.api.clock.advance((datetime.now(timezone.utc) - traffic.api.clock.now()).total_seconds())
    yield Page(browser, traffic.api.url)
    # Leave the page before the emulator ends, so that the browser logs no errors.
    browser.get("about:blank")


def deploy(traffic: Traffic) -> Any:
    """Create a load balancer with two members, one of which it rejects, and a certificate that expires soon."""
    other_ca_server = traffic.material.other_ca.issue_server(["app.example"])
    expires_soon = traffic.material.ca.issue_server(["second.example"], valid_days=12)
    deployed = traffic.https(
        traffic.backend("good"),
        traffic.backend("bad", other_ca_server),
        listener={"sni_secret_id": [traffic.secret(expires_soon.to_pkcs12())]},
        healthmonitor=PROBED,
        crl_secret_id=traffic.empty_crl(),
    )
    deployed.wait_for_members("ONLINE", "ERROR")
    return deployed


def test_page_shows_objects_with_their_statuses_and_certificates(page: Page, traffic: Traffic) -> None:
    assert f"pulumi config set gcore:baseUrl {traffic.api.url}" in page.text("#balancers"), "the first step"
    assert "No task yet" in page.text("#tasks")
    assert "No request yet" in page.text("#requests")
    deployed = deploy(traffic)
    page.wait_for("#balancers", "error")
    balancer, listener, pool, good, bad = page.nodes()
    assert balancer.startswith("LOAD BALANCER web degraded")
    assert f"here at 127.0.0.1:{deployed.port}" in listener
    assert "listener app.example, www.app.example 36" in listener
    assert re.search(r"SNI second.example 1[12] days", listener)
    assert "client load-balancer.example" in pool
    assert "CA Backends CA" in pool
    assert "CRL Backends CA, 0 revoked" in pool
    assert "online" in good
    assert "error" in bad
    assert page.run("return document.querySelectorAll('.edges path').length") == 4
    assert page.run("return document.querySelectorAll('.edges path.bad').length") == 1
    assert page.run("return document.querySelectorAll('.days.warn').length") == 1


def test_page_shows_changes_without_a_reload(page: Page, traffic: Traffic) -> None:
    api = traffic.api
    deployed = deploy(traffic)
    page.wait_for("#balancers", "error")
    page.run("window.loadedOnce = true")
    deployed.patch_pool(name="renamed")
    page.wait_for("#balancers", "renamed")
    task = api.start_task("PATCH", f"/v2/lbpools/@/{deployed.pool_id}", {"name": "slow"})
    page.wait_for("#balancers", "pending update")
    page.wait_for("#tasks", "new")
    api.finish(task)
    page.wait_for("#balancers", "slow")
    assert page.run("return window.loadedOnce"), "the page was not loaded again"


def test_page_lists_tasks_and_requests_and_escapes_their_text(page: Page, traffic: Traffic) -> None:
    api = traffic.api
    api.load_balancer()
    api.add_fault(action="fail_task", route="/cloud/v1/secrets/{project_id}/{region_id}", error="Out of vaults")
    api.start_task("POST", "/v1/secrets/@", blob("web", api.material.ca_payload))
    api.clock.advance(100)
    api.call("GET", "/v1/lbpools/@/%3Cimg%20src=x%20onerror=alert(1)%3E")
    text = page.wait_for("#tasks", "create_loadbalancer web", "create_secret", "Out of vaults", "error", "finished")
    assert text.index("create_secret") < text.index("create_loadbalancer"), "newest first"
    bars = page.run("return [...document.querySelectorAll('.task .runs')].map((one) => one.getAttribute('class'))")
    assert bars == ["runs bad", "runs good"]
    requests = page.wait_for("#requests", "onerror")
    assert "<img src=x onerror=alert(1)>" in requests, "the page shows it as text"
    assert page.run("return document.querySelectorAll('main img').length") == 0
    assert "404" in requests
    for _ in range(3):
        api.get("/v1/lbpools/@")
    page.wait_for("#requests", "/cloud/v1/lbpools/11/22 \N{MULTIPLICATION SIGN} 3")


def test_page_shows_failed_requests_with_their_reason(page: Page, traffic: Traffic) -> None:
    other_ca_server = traffic.material.other_ca.issue_server(["app.example"])
    deployed = traffic.https(traffic.backend(identity=other_ca_server), timeout_member_connect=500)
    assert fetch(deployed.port).status == 503
    page.wait_for("#balancers", "Traffic, newest first")
    page.browser.find_element(By.CSS_SELECTOR, "summary").click()
    (member,) = deployed.pool()["members"]
    endpoint = f"127.0.0.1:{member['protocol_port']}"
    text = page.wait_for(".traffic", "certificate verify failed", "GET / HTTP/1.1", endpoint)
    assert member["id"] not in text, "the page shows names instead of IDs"
    deployed.patch_pool(timeout_member_data=60_000)
    deployed.wait_for_log("stopped")
    view = httpx.get(f"{traffic.api.url}/_emulator/view").json()
    assert len(view["load_balancers"][0]["traffic"]) == 1, "only lines about traffic"
    assert page.run("return document.querySelectorAll('.traffic .bad').length") == 1
    fetch(deployed.port)
    until(lambda: page.run("return document.querySelectorAll('.traffic .bad').length"), lambda count: count == 2)
    assert page.run("return document.querySelector('details').open"), "opened details stay open"


def test_page_collapses_older_tasks_and_requests(page: Page, traffic: Traffic) -> None:
    for number in range(14):
        traffic.api.load_balancer(name=f"balancer {number}")
    page.wait_for("#balancers", "balancer 13")
    page.wait_for("#tasks", "2 older")
    page.wait_for("#requests", "16 older")
    assert page.run("return document.querySelectorAll('#tasks > .tasks > .task').length") == 12
    assert page.run("return document.querySelectorAll('#tasks details .task').length") == 2
    assert page.run("return document.querySelectorAll('.balancer.alone').length") == 14


def test_page_shows_optional_fields_without_password_hashes(page: Page, traffic: Traffic) -> None:
    api = traffic.api
    balancer = api.load_balancer()
    users = [{"username": "user", "encrypted_password": "$6$salt$hash"}]
    listener = api.listener(balancer, allowed_cidrs=["192.0.2.0/24", "198.51.100.0/24"], user_list=users)
    member = member_body("2001:db8::5", 8443, backup=True, weight=7)
    api.pool(load_balancer_id=balancer, listener_id=listener, members=[member])
    api.pool(load_balancer_id=balancer, name="spare", healthmonitor=monitor_body())
    page.wait_for("#balancers", "spare")
    nodes = " / ".join(page.nodes())
    assert "HTTP, port 80, from 2 networks only, 1 user" in nodes
    assert "[2001:db8::5]:8443" in nodes
    assert "backup, weight 7" in nodes
    assert "spare" in nodes
    assert "hash" not in nodes


def test_page_reports_that_the_emulator_does_not_respond(page: Page) -> None:
    # Simulate a stopped emulator.
    page.run("window.fetch = () => Promise.reject(new TypeError('Failed to fetch'))")
    page.wait_for("#connection", "does not respond")


def test_page_is_readable_in_every_size_and_color_scheme(page: Page, traffic: Traffic) -> None:
    """Check it without objects and with all kinds of objects, on a desktop and a phone, in light and dark."""
    check_readability(page, "empty", "No load balancer yet")
    deployed = deploy(traffic)
    assert fetch(deployed.port).status == 200
    traffic.api.load_balancer(name="a-load-balancer-with-a-name-of-the-maximum-allowed-length-0.12")
    traffic.api.add_fault(action="fail_task", route="/cloud/v1/secrets/{project_id}/{region_id}", error="Out of vaults")
    traffic.api.fail("POST", "/v1/secrets/@", blob("web", traffic.api.material.ca_payload))
    traffic.api.start_task("POST", "/v1/loadbalancers/@", {"name": "another"})
    page.wait_for("#balancers", "error", "another")
    check_readability(page, "page", "error")


def check_readability(page: Page, name: str, text: str) -> None:
    """Check the page in each size and scheme, and save screenshots."""
    for size, kind in ((DESKTOP, "desktop"), (PHONE, "phone")):
        for scheme in ("light", "dark"):
            set_display(page.browser, size, scheme)
            page.browser.refresh()
            page.wait_for("#balancers", text)
            where = f"{name} on a {kind} in {scheme}"
            page.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
            assert page.run("return document.documentElement.scrollWidth <= window.innerWidth"), where
            assert page.run(CONTRAST) == [], where
            assert page.run(SMALLEST) >= 12, where
            assert page.run(OVERLAPS) == [], where
            assert page.run(CUT_OFF) == [], where
            SCREENSHOTS.mkdir(parents=True, exist_ok=True)
            set_display(page.browser, (size[0], page.run("return document.documentElement.scrollHeight")), scheme)
            assert page.browser.save_screenshot(str(SCREENSHOTS / f"{name}-{kind}-{scheme}.png"))
    set_display(page.browser, DESKTOP, "light")


def test_page_loads_nothing_from_other_servers(page: Page, traffic: Traffic) -> None:
    deploy(traffic)
    page.wait_for("#balancers", "error")
    loaded = page.run("return performance.getEntriesByType('resource').map((one) => one.name)")
    assert {name.split("?")[0] for name in loaded} <= {
        f"{traffic.api.url}/_emulator/{part}" for part in ("page.css", "page.js", "view")
    }
    assert page.browser.get_log("browser") == []  # type: ignore[no-untyped-call]  # Selenium has no types there


def test_page_data_contains_no_secret(page: Page, traffic: Traffic) -> None:
    deploy(traffic)
    material = traffic.material
    seen = httpx.get(f"{traffic.api.url}/_emulator/view").text
    assert "PRIVATE" not in seen
    for hidden in (material.server_payload, material.client_payload, material.ca_payload):
        assert hidden[:60] not in seen


SMALLEST = """
return Math.min(...[...document.querySelectorAll('body *')].map((e) => parseFloat(getComputedStyle(e).fontSize)));
"""
"""Script: smallest font size in pixels."""

CONTRAST = """
const channel = (value) => (value /= 255) <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
const ground = (e) => {
  for (; e; e = e.parentElement) {
    const color = numbers(getComputedStyle(e).backgroundColor);
    if (color.length < 4 || color[3] > 0) return color;
  }
  return [255, 255, 255];
};
const bad = [];
for (const e of document.querySelectorAll('body *')) {
  if (![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) || !e.offsetParent) continue;
  const [a, b] = [luminance(numbers(getComputedStyle(e).color)), luminance(ground(e))];
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  if (ratio < 4.5) bad.push(`${e.className}: ${e.innerText} ${ratio.toFixed(2)}`);
}
return bad;
"""
"""Script: texts with less contrast than WCAG 2 requires (4.5 to 1)."""

OVERLAPS = """
const boxes = [...document.querySelectorAll('.node')].map((e) => [e.innerText, e.getBoundingClientRect()]);
const bad = [];
boxes.forEach(([one, a], i) => boxes.slice(i + 1).forEach(([other, b]) => {
  if (a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom) bad.push([one, other]);
}));
return bad;
"""
"""Script: pairs of nodes that overlap."""

CUT_OFF = """
return [...document.querySelectorAll('.node, .node *, .certificates *, .traffic div, td, .task .error')]
  .filter((e) => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline')
  .map((e) => `${e.className}: ${e.innerText}`);
"""
"""Script: boxes with text that does not fit."""
