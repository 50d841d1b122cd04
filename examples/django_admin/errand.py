"""The errand by the SDK alone: a book with a file, added, changed, fetched back and deleted."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

from xagent_client import Client

ADMIN = "http://127.0.0.1:8010/admin"


def main() -> None:
    """Do it, and say how it goes."""
    with Client() as client, TemporaryDirectory() as directory:
        agent = client.agent(os.environ.get("AGENT", "alpha"))
        text = Path(directory) / "storm.txt"
        text.write_text("It was a dark and stormy night.\n")

        agent.goto(f"{ADMIN}/")
        agent.fill_form(
            [
                {"target": "#id_username", "value": "ada"},
                {"target": "#id_password", "value": "correct-horse"},
            ]
        )
        agent.click('role=button[name="Log in"]')
        print("signed in:", agent.inner_text("h1"))

        uploaded = client.upload(text)
        agent.goto(f"{ADMIN}/library/book/add/")
        agent.fill_form(
            [
                {"target": "#id_title", "value": "Paul Clifford"},
                {"target": "#id_shelf", "options": ["Novels"]},
                {"target": "#id_text", "artifact_ids": [uploaded.artifact_id]},
            ]
        )
        agent.click("text=Save and continue editing")
        print("added:", agent.inner_text(".messagelist"))

        agent.fill("#id_title", "Paul Clifford, revised")
        agent.click("text=Save and continue editing")
        print("changed:", agent.inner_text(".messagelist"))

        file = agent.download(target=".file-upload a")
        back = Path(directory) / "back.txt"
        client.download(file, back)
        is_equal = back.read_text() == text.read_text()
        print(f"fetched: {file.size} bytes, equal: {is_equal}")

        agent.click("text=Delete")
        agent.click("#content [type=submit]")
        print("deleted:", agent.inner_text(".messagelist"))
        agent.click('role=button[name="Log out"]')
        print("signed out:", agent.title())


if __name__ == "__main__":
    main()
