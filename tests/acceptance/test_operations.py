"""What keeps the service running sees: health, signals, reloads, a log that is full."""

from tests.acceptance.harness import Installation


def test_the_health_check_goes_through_no_proxy(tocsin: Installation) -> None:
    """Docker gives every container the proxies of its client's configuration."""
    tocsin.write([])
    tocsin.start()
    tocsin.environment = {"http_proxy": "http://127.0.0.1:1", "no_proxy": ""}

    assert "healthy" in tocsin.command("healthcheck", "--url", f"{tocsin.web}/-/healthy")
