"""The page at `/`, in a real browser: what it shows, that it follows what happens, and that everybody can read it."""

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
from tests.gcore_emulator.data_plane.clients import ask
from tests.gcore_emulator.data_plane.waiting import until
from tests.gcore_emulator.data_plane.world import Traffic
from tests.gcore_emulator.emulated_api import blob, member_body, monitor_body

SCREENSHOTS = Path(__file__).parents[3] / "build" / "screenshots"
"""Where the pictures are put: a folder that is never committed."""

# A browser takes long to start: its tests share one.
pytestmark = pytest.mark.xdist_group("browser")

DESKTOP, PHONE = (1280, 900), (390, 844)
PROBED = monitor_body(delay=1, timeout=0, max_retries=1)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    program, driver = find_program(CHROMIUM), find_program(CHROMEDRIVER)
    assert program and driver, "type `sudo apt-get install chromium chromium-driver`"
    options = ChromeOptions()
    options.binary_location = str(program)
    for argument in (
        "--headless=new",
        "--no-sandbox",  # which isn't possible for root, as whom CI runs
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
    """The page in the browser."""

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

    def wait_for(self, selector: str, *words: str) -> str:
        return until(lambda: self.text(selector), lambda text: all(word in text for word in words))


def look(browser: Chrome, size: tuple[int, int], scheme: str) -> None:
    """Makes the browser's window as large as this, on a machine in light or dark."""
    width, height = size
    metrics = {"width": width, "height": height, "deviceScaleFactor": 2, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


@pytest.fixture
def page(browser: Chrome, traffic: Traffic) -> Iterator[Page]:
    look(browser, DESKTOP, "light")
    traffic.api.clock.advance((datetime.now(timezone.utc) - traffic.api.clock.now()).total_seconds())
    yield Page(browser, traffic.api.url)
    # Left before the emulator ends, so that the browser has nothing to complain of.
    browser.get("about:blank")


def deploy(traffic: Traffic) -> Any:
    """A load balancer with two members, one of them bad, and a certificate that ends soon."""
    stranger = traffic.material.other_ca.issue_server(["app.example"])
    soon_over = traffic.material.ca.issue_server(["second.example"], valid_days=12)
    deployed = traffic.https(
        traffic.backend("good"),
        traffic.backend("bad", stranger),
        listener={"sni_secret_id": [traffic.secret(soon_over.to_pkcs12())]},
        healthmonitor=PROBED,
        crl_secret_id=traffic.empty_crl(),
    )
    deployed.wait_for_members("ONLINE", "ERROR")
    return deployed


def test_it_draws_what_there_is(page: Page, traffic: Traffic) -> None:
    assert f"pulumi config set gcore:baseUrl {traffic.api.url}" in page.text("#balancers"), "how to begin"
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


def test_it_follows_what_happens(page: Page, traffic: Traffic) -> None:
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
    assert page.run("return window.loadedOnce"), "it wasn't loaded anew"


def test_tasks_and_requests(page: Page, traffic: Traffic) -> None:
    api = traffic.api
    api.load_balancer()
    api.add_fault(action="fail_task", route="/cloud/v1/secrets/{project_id}/{region_id}", error="Out of vaults")
    api.start_task("POST", "/v1/secrets/@", blob("web", api.material.ca_payload))
    api.clock.advance(100)
    api.call("GET", "/v1/lbpools/@/%3Cimg%20src=x%20onerror=alert(1)%3E")
    text = page.wait_for("#tasks", "create_loadbalancer web", "create_secret", "Out of vaults", "error", "finished")
    assert text.index("create_secret") < text.index("create_loadbalancer"), "the newest first"
    bars = page.run("return [...document.querySelectorAll('.task .runs')].map((one) => one.getAttribute('class'))")
    assert bars == ["runs bad", "runs good"]
    requests = page.wait_for("#requests", "onerror")
    assert "<img src=x onerror=alert(1)>" in requests, "shown as text"
    assert page.run("return document.querySelectorAll('main img').length") == 0
    assert "404" in requests
    for _ in range(3):
        api.get("/v1/lbpools/@")
    page.wait_for("#requests", "/cloud/v1/lbpools/11/22 \N{MULTIPLICATION SIGN} 3")


def test_traffic_is_shown_with_why_it_failed(page: Page, traffic: Traffic) -> None:
    stranger = traffic.material.other_ca.issue_server(["app.example"])
    deployed = traffic.https(traffic.backend(identity=stranger), timeout_member_connect=500)
    assert ask(deployed.port).status == 503
    page.wait_for("#balancers", "Traffic, newest first")
    page.browser.find_element(By.CSS_SELECTOR, "summary").click()
    (member,) = deployed.pool()["members"]
    endpoint = f"127.0.0.1:{member['protocol_port']}"
    text = page.wait_for(".traffic", "certificate verify failed", "GET / HTTP/1.1", endpoint)
    assert member["id"] not in text, "names for ids"
    deployed.patch_pool(timeout_member_data=60_000)
    deployed.wait_for_log("stopped")
    view = httpx.get(f"{traffic.api.url}/_emulator/view").json()
    assert len(view["load_balancers"][0]["traffic"]) == 1, "nothing of the process itself"
    assert page.run("return document.querySelectorAll('.traffic .bad').length") == 1
    ask(deployed.port)
    until(lambda: page.run("return document.querySelectorAll('.traffic .bad').length"), lambda count: count == 2)
    assert page.run("return document.querySelector('details').open"), "what was opened stays open"


def test_a_long_past_is_folded(page: Page, traffic: Traffic) -> None:
    for number in range(14):
        traffic.api.load_balancer(name=f"balancer {number}")
    page.wait_for("#balancers", "balancer 13")
    page.wait_for("#tasks", "2 older")
    page.wait_for("#requests", "16 older")
    assert page.run("return document.querySelectorAll('#tasks > .tasks > .task').length") == 12
    assert page.run("return document.querySelectorAll('#tasks details .task').length") == 2
    assert page.run("return document.querySelectorAll('.balancer.alone').length") == 14


def test_all_that_objects_may_have(page: Page, traffic: Traffic) -> None:
    api = traffic.api
    balancer = api.load_balancer()
    users = [{"username": "somebody", "encrypted_password": "$6$salt$hash"}]
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


def test_it_says_when_the_emulator_is_gone(page: Page) -> None:
    # What a page sees of an emulator that was stopped.
    page.run("window.fetch = () => Promise.reject(new TypeError('Failed to fetch'))")
    page.wait_for("#connection", "does not respond")


def test_everybody_can_read_it(page: Page, traffic: Traffic) -> None:
    """Empty and with all that there is, on a desktop and on a phone, in light and dark."""
    looked_at(page, "empty", "No load balancer yet")
    deployed = deploy(traffic)
    assert ask(deployed.port).status == 200
    traffic.api.load_balancer(name="a-load-balancer-with-a-name-as-long-as-somebody-may-give-it.12")
    traffic.api.add_fault(action="fail_task", route="/cloud/v1/secrets/{project_id}/{region_id}", error="Out of vaults")
    traffic.api.fail("POST", "/v1/secrets/@", blob("web", traffic.api.material.ca_payload))
    traffic.api.start_task("POST", "/v1/loadbalancers/@", {"name": "another"})
    page.wait_for("#balancers", "error", "another")
    looked_at(page, "page", "error")


def looked_at(page: Page, name: str, word: str) -> None:
    """Looks at the page in each size and scheme, and keeps pictures."""
    for size, kind in ((DESKTOP, "desktop"), (PHONE, "phone")):
        for scheme in ("light", "dark"):
            look(page.browser, size, scheme)
            page.browser.refresh()
            page.wait_for("#balancers", word)
            where = f"{name} on a {kind} in {scheme}"
            page.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
            assert page.run("return document.documentElement.scrollWidth <= window.innerWidth"), where
            assert page.run(CONTRAST) == [], where
            assert page.run(SMALLEST) >= 12, where
            assert page.run(OVERLAPS) == [], where
            assert page.run(CUT_OFF) == [], where
            SCREENSHOTS.mkdir(parents=True, exist_ok=True)
            look(page.browser, (size[0], page.run("return document.documentElement.scrollHeight")), scheme)
            assert page.browser.save_screenshot(str(SCREENSHOTS / f"{name}-{kind}-{scheme}.png"))
    look(page.browser, DESKTOP, "light")


def test_nothing_comes_from_elsewhere(page: Page, traffic: Traffic) -> None:
    deploy(traffic)
    page.wait_for("#balancers", "error")
    loaded = page.run("return performance.getEntriesByType('resource').map((one) => one.name)")
    assert {name.split("?")[0] for name in loaded} <= {
        f"{traffic.api.url}/_emulator/{part}" for part in ("page.css", "page.js", "view")
    }
    assert page.browser.get_log("browser") == []  # type: ignore[no-untyped-call]  # Selenium has no types there


def test_no_secret_leaves_the_emulator(page: Page, traffic: Traffic) -> None:
    deploy(traffic)
    material = traffic.material
    seen = httpx.get(f"{traffic.api.url}/_emulator/view").text
    assert "PRIVATE" not in seen
    for hidden in (material.server_payload, material.client_payload, material.ca_payload):
        assert hidden[:60] not in seen


SMALLEST = """
return Math.min(...[...document.querySelectorAll('body *')].map((e) => parseFloat(getComputedStyle(e).fontSize)));
"""
"""The smallest letters, in pixels."""

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
"""Texts with less contrast than WCAG 2 asks for (4.5 to 1)."""

OVERLAPS = """
const boxes = [...document.querySelectorAll('.node')].map((e) => [e.innerText, e.getBoundingClientRect()]);
const bad = [];
boxes.forEach(([one, a], i) => boxes.slice(i + 1).forEach(([other, b]) => {
  if (a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom) bad.push([one, other]);
}));
return bad;
"""
"""Pairs of nodes that cover each other."""

CUT_OFF = """
return [...document.querySelectorAll('.node, .node *, .certificates *, .traffic div, td, .task .error')]
  .filter((e) => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline')
  .map((e) => `${e.className}: ${e.innerText}`);
"""
"""Boxes whose text is wider than they are."""
