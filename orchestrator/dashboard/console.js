/** The console: any action of an agent, its form, the same for other tools, and what came of it. */

import * as api from './api.js';
import { ActionPicker } from './action_picker.js';
import { isOpen, lastedWords, outcome, statePill } from './command_view.js';
import { copyButton } from './copying.js';
import { h, fill, freshId, prose, say } from './dom.js';
import { fleet } from './fleet_state.js';
import { run } from './following.js';
import { icon } from './icons.js';
import { whoAmI } from './me.js';
import { query, setQuery } from './router.js';
import { schemaForm, Unreadable } from './schema_form.js';
import { commandLine, curl, python } from './snippets.js';
import { View } from './view.js';

/** @typedef {import('./types').Action} Action */
/** @typedef {import('./types').Command} Command */
/** @typedef {import('./types').Json} Json */

const FIRST = 'goto';

class Console extends View {
  agentId = '';
  /** Whether what is chosen stands in the address. */
  isAddressed = false;
  /** @type {() => string} */
  pageId = () => '';
  /** The token of whoever drives the page that stands beside; it is in no snippet.
   * @type {() => string | null} */
  controlToken = () => null;
  tool = 'cli';
  /** @type {AbortController | null} */
  running = null;
  /** Whether somebody chose the page here, so that it does not follow what is looked at. */
  isPageChosen = false;
  toldPages = '';
  /** What is to be repeated, until its action is another.
   * @type {Command | null} */
  repeated = null;
  isMissing = false;

  /** @param {AbortSignal} signal */
  start(signal) {
    fill(this, h('p', { class: 'wait' }, 'Loading the actions …'));
    signal.addEventListener('abort', () => this.running?.abort());
    fleet.listen(changes => {
      if (this.isMissing && (changes.all || changes.missed)) this.load();
      else if (changes.all || changes.agents.has(this.agentId)) this.showPages();
    }, signal);
    this.load();
  }

  async load() {
    /** @type {Action[]} */
    let actions;
    /** @type {Command | null} */
    let repeated = null;
    this.isMissing = false;
    let wanted = this.isAddressed ? query().get('action') ?? FIRST : FIRST;
    try {
      ({ items: actions } = await api.get(`/api/agents/${encodeURIComponent(this.agentId)}/actions`));
      const from = this.isAddressed && query().get('from');
      if (from) {
        repeated = await api.command(from);
        wanted = repeated.action;
      }
    } catch (error) {
      if (!(error instanceof api.Problem)) throw error;
      this.isMissing = error.code === 'unreachable';
      if (this.isConnected) fill(this, h('p', { class: 'fault' }, error.message));
      return;
    }
    if (!this.isConnected) return;
    if (!actions.length) {
      fill(this, h('p', { class: 'soft' }, 'It has not been here yet, and so announced no action.'));
      return;
    }
    this.build(actions);
    this.repeated = repeated;
    const first = actions.some(each => each.name === wanted) ? wanted : actions[0].name;
    /** @type {ActionPicker} */ (this.picker).choose(first);
  }

  /** @param {Action[]} actions */
  build(actions) {
    this.picker = new ActionPicker(actions, action => this.choose(action));
    this.about = h('div', { class: 'about-action' });
    this.gone = h('p', { class: 'wrong', role: 'status', hidden: true });
    this.fields = h('div');
    this.wrong = h('p', { class: 'wrong', role: 'alert', hidden: true });
    this.send = h('button', { type: 'submit' }, icon('play'), 'Run');
    this.asJson = h('input', { type: 'checkbox', on: { change: () => this.switchForm() } });
    this.outcome = h('div', { class: 'outcome', 'aria-live': 'polite' });
    this.snippet = h('code');
    this.tools = h('div', { class: 'segments', role: 'group', 'aria-label': 'Tool' },
      [['cli', 'Command line'], ['curl', 'curl'], ['python', 'Python']].map(([tool, words]) => h(
        'button', { type: 'button', 'data-tool': tool, on: { click: () => {
          this.tool = tool;
          this.showSnippet();
        } } }, words)));
    const form = h('form', { class: 'console-form', novalidate: true, on: {
      submit: (/** @type {Event} */ event) => { event.preventDefault(); this.submit(); },
      keydown: (/** @type {KeyboardEvent} */ event) => {
        if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) this.submit();
      },
    } }, this.about, this.fields, this.howItRuns(), this.gone, this.wrong,
    h('div', { class: 'console-foot' }, this.send,
      h('label', { class: 'tick' }, this.asJson, h('span', {}, 'As JSON'))));
    if (!whoAmI().can_control) {
      this.send.disabled = true;
      form.append(h('p', { class: 'soft' }, 'You are watching by a link, and may not run commands.'));
    }
    fill(this,
      h('div', { class: 'console-ask' }, this.picker.element, form),
      h('div', { class: 'console-answer' }, this.outcome,
        h('section', { class: 'block snippets' },
          h('div', { class: 'block-head' }, h('h2', {}, 'The same from'), this.tools,
            copyButton(() => this.snippet?.textContent ?? '')),
          h('div', { class: 'code-block' }, h('pre', { tabindex: '0' }, this.snippet)))));
  }

  howItRuns() {
    const changed = { on: { input: () => this.showSnippet(), change: () => this.showSnippet() } };
    const [pageId, timeoutId] = [freshId(), freshId()];
    this.page = h('select', { id: pageId, on: { change: () => {
      this.isPageChosen = true;
      this.showSnippet();
    } } });
    this.timeout = h('input', { id: timeoutId, type: 'number', min: '0.1', max: '3600', step: 'any',
      placeholder: '30', ...changed });
    this.queue = h('input', { type: 'checkbox', ...changed });
    this.record = h('input', { type: 'checkbox', ...changed });
    this.where = h('span', { class: 'soft' });
    return this.how = h('details', { class: 'more-fields' }, h('summary', {}, 'How it runs', this.where),
      h('div', { class: 'fields' },
        h('div', { class: 'field' }, h('label', { class: 'name', for: pageId }, 'page'), this.page),
        h('div', { class: 'field' }, h('label', { class: 'name', for: timeoutId }, 'timeout, in seconds'),
          this.timeout),
        h('label', { class: 'tick' }, this.queue, h('span', {}, 'Wait for the agent if it is away')),
        h('label', { class: 'tick' }, this.record, h('span', {}, 'Record a trace'))));
  }

  /** @param {Action} action */
  choose(action) {
    this.action = action;
    const { repeated } = this;
    this.repeated = null;
    const given = repeated?.params ?? action.params.examples?.[0] ?? {};
    this.asJson.checked = false;
    const [first, ...rest] = action.description.split('\n\n');
    fill(/** @type {Element} */ (this.about), h('p', {}, prose(first)), rest.map(text => h('p', { class: 'soft' }, prose(text))),
      h('p', { class: 'soft tags' }, h('span', { class: 'label' }, action.family),
        h('span', { class: 'label' }, action.reads ? 'only reads' : 'changes things'),
        action.package && h('span', { class: 'label' }, action.package)));
    this.showPages();
    this.presetHow(repeated);
    this.showForm(given);
    // A repetition of another command is none.
    if (this.isAddressed) setQuery({ action: action.name, ...(!repeated && { from: null }) });
  }

  /**
   * Have it run as what is repeated ran.
   * @param {Command | null} repeated
   */
  presetHow(repeated) {
    if (this.gone) this.gone.hidden = true;
    if (!repeated) return;
    const pageId = repeated.page?.id ?? '';
    const pages = fleet.agents.get(this.agentId)?.browser?.pages ?? [];
    const page = pages.find(each => each.id === pageId);
    this.timeout.value = repeated.timeout === 30 ? '' : String(repeated.timeout);
    this.record.checked = repeated.record === 'trace';
    if (page && !page.main) {
      this.isPageChosen = true;
      this.page.value = pageId;
    } else if (pageId && pages.length && !page) {
      this.gone.hidden = false;
      say(this.gone, `Page ${pageId}, on which it ran, is not open any more: it would run on another.`);
    }
    this.how.open = Boolean(this.page.value || this.timeout.value || this.record.checked);
  }

  /** Offer the pages that there are; the one that is looked at, until somebody chooses another. */
  showPages() {
    if (!this.page) return;
    const pages = fleet.agents.get(this.agentId)?.browser?.pages ?? [];
    const before = this.page.value;
    const told = JSON.stringify(pages.map(page => [page.id, page.title || page.url, page.main]));
    if (told !== this.toldPages || !this.page.options.length) {
      this.toldPages = told;
      fill(/** @type {Element} */ (this.page), h('option', { value: '' }, 'The main page'),
        pages.map(page => h('option', { value: page.id }, `${page.id} · ${page.title || page.url}`)));
    }
    const wanted = this.isPageChosen ? before : this.pageId();
    this.page.value = pages.some(page => page.id === wanted && (this.isPageChosen || !page.main)) ? wanted : '';
    if (this.page.value !== before) this.showSnippet();
  }

  /** @param {{[name: string]: Json}} values */
  showForm(values) {
    const action = /** @type {Action} */ (this.action);
    this.form = schemaForm(action.params, values, () => this.showSnippet());
    const isBare = !Object.keys(action.params.properties ?? {}).length;
    fill(/** @type {Element} */ (this.fields), isBare ? h('p', { class: 'soft' }, 'It takes no params.')
      : this.form.node);
    this.complain('');
    this.showSnippet();
  }

  switchForm() {
    if (!this.asJson.checked) {
      const read = this.read();
      if (read) this.showForm(read.params);
      else this.asJson.checked = true;
      return;
    }
    const before = this.form;
    const text = h('textarea', { 'aria-label': 'Params as JSON', rows: 10, spellcheck: 'false',
      class: 'wide', on: { input: () => this.showSnippet() } });
    try {
      text.value = JSON.stringify(before?.read() ?? {}, null, 2);
    } catch (error) {
      this.complain(/** @type {Error} */ (error).message);
      this.asJson.checked = false;
      return;
    }
    this.form = { node: text, read: () => {
      let value;
      try {
        value = JSON.parse(text.value);
      } catch (error) {
        throw new Unreadable(`The params are no JSON: ${/** @type {Error} */ (error).message}`);
      }
      if (value === null || typeof value !== 'object' || Array.isArray(value)) {
        throw new Unreadable('The params are an object: {"name": value}.');
      }
      return value;
    } };
    fill(/** @type {Element} */ (this.fields), text);
    this.showSnippet();
  }

  /** @returns {import('./snippets.js').Body | null} */
  read() {
    try {
      const body = { action: /** @type {Action} */ (this.action).name,
        params: /** @type {NonNullable<typeof this.form>} */ (this.form).read() };
      this.complain('');
      return {
        ...body,
        ...(this.page.value && { page: this.page.value }),
        ...(this.timeout.value && { timeout: Number(this.timeout.value) }),
        ...(this.queue.checked && { if_offline: 'queue' }),
        ...(this.record.checked && { record: 'trace' }),
      };
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.complain(error.message);
      return null;
    }
  }

  showSnippet() {
    if (!this.form) return;
    const body = this.read();
    say(/** @type {Element} */ (this.where), this.page.value ? ` on page ${this.page.value}` : '');
    for (const button of this.tools.children) {
      button.setAttribute('aria-pressed', String(button.dataset.tool === this.tool));
    }
    if (!body) return;
    const make = /** @type {{[tool: string]: () => string}} */ ({
      cli: () => commandLine(this.agentId, body, /** @type {Action} */ (this.action).params),
      curl: () => curl(location.origin, this.agentId, body),
      python: () => python(location.origin, this.agentId, body),
    });
    say(/** @type {Element} */ (this.snippet), make[this.tool]());
  }

  /** @param {string} words */
  complain(words) {
    if (!this.wrong) return;
    this.wrong.hidden = !words;
    say(this.wrong, words);
  }

  submit() {
    if (this.send.disabled) return;
    const body = this.read();
    if (!body) return;
    this.running?.abort();
    this.running = new AbortController();
    fill(this.outcome, h('p', { class: 'soft' }, 'Sending …'));
    const token = this.controlToken();
    // A second click, before the first was heard, would be a second command.
    this.send.disabled = true;
    run(this.agentId, { ...body, ...(token && { control_token: token }) }, command => {
      this.send.disabled = false;
      this.showOutcome(command);
    }, problem => {
      this.send.disabled = false;
      const told = problem.errors.map(each => h('li', {}, h('code', {}, each.field), ' ', each.message));
      fill(this.outcome, h('div', { class: 'fault' },
        h('div', { class: 'fault-head' }, h('code', {}, problem.code), 'It did not run.'),
        h('p', {}, problem.message), told.length > 0 && h('ul', {}, told)));
    }, this.running.signal);
  }

  /** @param {Command} command */
  showOutcome(command) {
    fill(this.outcome,
      h('div', { class: 'outcome-head' }, statePill(command), h('code', {}, command.action),
        h('span', { class: 'soft' }, lastedWords(command)),
        h('a', { href: `/commands/${encodeURIComponent(command.request_id)}` }, 'Details'),
        isOpen(command) && cancelButton(command)),
      ...outcome(command));
    // In a hand the form takes all of the screen, and what came of it would not be seen.
    if (!isOpen(command)) this.outcome.scrollIntoView({ block: 'nearest' });
  }
}
customElements.define('x-console', Console);

/** @param {import('./types').CommandSummary} command */
export function cancelButton(command) {
  const button = h('button', { class: 'quiet', type: 'button',
    disabled: command.cancel_requested || !whoAmI().can_control, on: { click: async () => {
      button.disabled = true;
      await api.cancel(command.request_id).catch(() => { button.disabled = false; });
    } } }, icon('stop'), command.cancel_requested ? 'Stopping …' : 'Cancel');
  return button;
}
