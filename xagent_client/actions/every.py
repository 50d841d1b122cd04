"""All families in one class, and where each verb stands.

    navigate.py: goto, go_back, go_forward, reload, set_content
    pages.py: pages, new_page, close_page, bring_to_front, label_page, wait_for_new_page
    read.py: title, inner_text, text_content, inner_html, content, input_value, get_attribute,
        bounding_box, count, is_visible, is_hidden, is_enabled, is_editable, is_checked, locator,
        snapshot, find, scrape
    act.py: click, dblclick, tap, hover, drag_to, dispatch_event, fill, clear, press,
        press_sequentially, focus, blur, check, uncheck, select_option, select_text, fill_form,
        set_input_files, scroll, scroll_into_view, highlight, hide_highlight
    input.py: mouse, keyboard, touch
    wait.py: wait_for
    script.py: evaluate, add_init_script, remove_init_script, add_script_tag, add_style_tag,
        run_code
    clipboard.py: clipboard
    dialogs.py: dialog, handle_dialog, dialog_policy
    control.py: control, take_control, extend_control, return_control
    human.py: request_human, release_human
    secrets.py: secrets, fill_secret, totp
    artifacts.py: screenshot, pdf, download, downloads, wait_for_download, start_tracing,
        stop_tracing, start_har, stop_har, start_video, stop_video
    network.py: set_extra_http_headers, set_http_credentials, set_offline, throttle, route, unroute,
        routes, requests, request, fetch
    console.py: console, page_errors
    state.py: cookies, set_cookies, clear_cookies, local_storage, set_local_storage,
        session_storage, set_session_storage, storage_state, set_storage_state, grant_permissions,
        clear_permissions
    emulate.py: set_viewport_size, emulate_device, emulate_media, set_geolocation, set_locale,
        set_timezone, set_user_agent
    agent.py: browser_info, restart_browser
    batch.py: batch

Made from the agents' own actions by `python -m docs.generator`: edit those, not this.
"""

from __future__ import annotations

from xagent_client.actions.act import ActActions
from xagent_client.actions.agent import AgentActions
from xagent_client.actions.artifacts import ArtifactsActions
from xagent_client.actions.batch import BatchActions
from xagent_client.actions.clipboard import ClipboardActions
from xagent_client.actions.console import ConsoleActions
from xagent_client.actions.control import ControlActions
from xagent_client.actions.dialogs import DialogsActions
from xagent_client.actions.emulate import EmulateActions
from xagent_client.actions.human import HumanActions
from xagent_client.actions.input import InputActions
from xagent_client.actions.navigate import NavigateActions
from xagent_client.actions.network import NetworkActions
from xagent_client.actions.pages import PagesActions
from xagent_client.actions.read import ReadActions
from xagent_client.actions.script import ScriptActions
from xagent_client.actions.secrets import SecretsActions
from xagent_client.actions.state import StateActions
from xagent_client.actions.wait import WaitActions


class ActionVerbs(
    NavigateActions,
    PagesActions,
    ReadActions,
    ActActions,
    InputActions,
    WaitActions,
    ScriptActions,
    ClipboardActions,
    DialogsActions,
    ControlActions,
    HumanActions,
    SecretsActions,
    ArtifactsActions,
    NetworkActions,
    ConsoleActions,
    StateActions,
    EmulateActions,
    AgentActions,
    BatchActions,
):
    """Every standard action: each returns what it found, and raises if it failed.

    Params and what they mean are those of the agent's own actions of the same names. What the
    caller leaves out is not sent, so that the agent's defaults hold. What many have:

        target: A Playwright selector (role=button[name="Buy"], text=…, css, xpath, >> chains) that
            matches one element, or a ref as a snapshot wrote it (p1s1e5).
        frame: A selector of the iframe in which the target is looked for.
        max_chars: Longer text is cut here, with a note, and the whole becomes an artifact.
        force: Act even where a person could not.
    """
