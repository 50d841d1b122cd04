"""All families in one class, and where each verb stands.

    navigate.py: goto, go_back, go_forward, reload, set_content
    pages.py: pages, new_page, close_page, bring_to_front, label_page, wait_for_new_page
    read.py: title, inner_text, content, snapshot
    act.py: click, hover, fill, press, select_option
    wait.py: wait_for
    script.py: evaluate
    dialogs.py: dialog, handle_dialog, dialog_policy
    secrets.py: secrets, fill_secret, totp
    artifacts.py: screenshot
    agent.py: browser_info, restart_browser
    batch.py: batch

Made from the agents' own actions by `python -m docs.generator`: edit those, not this.
"""

from __future__ import annotations

from xagent_client.actions.act import ActActions
from xagent_client.actions.agent import AgentActions
from xagent_client.actions.artifacts import ArtifactsActions
from xagent_client.actions.batch import BatchActions
from xagent_client.actions.dialogs import DialogsActions
from xagent_client.actions.navigate import NavigateActions
from xagent_client.actions.pages import PagesActions
from xagent_client.actions.read import ReadActions
from xagent_client.actions.script import ScriptActions
from xagent_client.actions.secrets import SecretsActions
from xagent_client.actions.wait import WaitActions


class ActionVerbs(
    NavigateActions,
    PagesActions,
    ReadActions,
    ActActions,
    WaitActions,
    ScriptActions,
    DialogsActions,
    SecretsActions,
    ArtifactsActions,
    AgentActions,
    BatchActions,
):
    """Every standard action: each returns what it found, and raises if it failed.

    Params and what they mean are those of the agent's own actions of the same names. What the
    caller leaves out is not sent, so that the agent's defaults hold. What many have:

        target: A Playwright selector (role=button[name="Buy"], text=…, css, xpath, >> chains) that
            matches one element, or a ref as a snapshot wrote it (p1s1e5).
        frame: A selector of the iframe in which the target is looked for.
    """
