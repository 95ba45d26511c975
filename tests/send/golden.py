"""Write the golden files anew: `python -m tests.send.golden`, then read the diff."""

from pathlib import Path

from monitor.model import Kind
from monitor.send import mail, render
from tests.send.examples import NOW, hostile_notice, notice

FOLDER = Path(__file__).parent / "golden"


def rendered() -> dict[str, bytes]:
    """Return what each golden file has to hold, by name."""
    files: dict[str, bytes] = {}
    for name, example in (
        ("new", notice()),
        ("update", notice(kind=Kind.UPDATE)),
        ("correction", notice(kind=Kind.CORRECTION)),
        ("hostile", hostile_notice()),
    ):
        envelope = mail.Envelope(
            sender="tocsin@example.org",
            recipient="desk@example.org",
            delivery_id="dlv_1",
            date=NOW,
        )
        files[f"{name}.json"] = render.payload(example, "dlv_1") + b"\n"
        files[f"{name}.txt"] = render.text(example).encode()
        files[f"{name}.html"] = render.html(example).encode()
        files[f"{name}.console"] = ("\n".join(render.console(example)) + "\n").encode()
        files[f"{name}.eml"] = mail.alert_message(example, envelope)
    files["ping.json"] = render.ping("desk", "dlv_1", NOW) + b"\n"
    return files


if __name__ == "__main__":
    for name, content in rendered().items():
        (FOLDER / name).write_bytes(content)
