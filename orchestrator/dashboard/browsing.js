/** An agent's browser, as one uses a browser: tabs, an address, back and forward, and the page. */

import { artifactUrl } from './command_view.js';
import { cancelButton } from './console.js';
import { h, fill } from './dom.js';
import { fleet, mainPage } from './fleet_state.js';
import { run } from './following.js';
import { icon } from './icons.js';
import { Live } from './live.js';
import { whoAmI } from './me.js';
import { query, setQuery } from './router.js';
import { View } from './view.js';

/** @typedef {import('./types').Page} Page */
/** @typedef {import('./types').Command} Command */

export class Browsing extends View {
  agentId = '';
  pageId = '';
  told = '';
  toldDialog = '';
  /** What is wrong, and where that was so; null while nothing is.
   * @type {{code: string, pageId: string, url: string} | null} */
  wrong = null;
  /** The address that was asked for last, which an error page does not have. */
  wanted = '';
  /** Whether the address is being typed, and not to be overwritten. */
  isTyping = false;

  /** @param {AbortSignal} signal */
  start(signal) {
    this.pageId = query().get('page') ?? '';
    const button = (/** @type {any} */ picture, /** @type {string} */ label, /** @type {string} */ action) => h(
      'button', { class: 'quiet icon-only', type: 'button', 'aria-label': label, title: label,
        disabled: !whoAmI().can_control, on: { click: () => this.act(action) } }, icon(picture));
    this.tabs = h('div', { class: 'tabs', role: 'tablist', 'aria-label': 'Pages', on: {
      keydown: (/** @type {KeyboardEvent} */ event) => this.moveAmongTabs(event),
    } });
    this.address = h('input', { type: 'text', class: 'address', 'aria-label': 'Address',
      inputmode: 'url', autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false',
      readonly: !whoAmI().can_control, placeholder: 'Go to a URL', on: {
        focus: () => this.address.select(),
        input: () => { this.isTyping = true; },
        blur: () => { this.isTyping = false; this.show(); },
      } });
    this.status = h('div', { class: 'browse-status', role: 'status' });
    this.dialog = h('div');
    this.live = Object.assign(new Live(), { agentId: this.agentId, id: 'live-page' });
    this.live.setAttribute('role', 'tabpanel');
    this.side = h('aside', { class: 'side', 'aria-label': 'Commands' });
    const adding = h('button', { class: 'quiet icon-only', type: 'button', 'aria-label': 'New page',
      title: 'New page', disabled: !whoAmI().can_control, on: { click: () => this.act('new_page', {}, false) },
    }, icon('plus'));
    fill(this, h('div', { class: 'browse' },
      h('div', { class: 'window' },
        h('div', { class: 'tab-strip' }, this.tabs, adding),
        h('div', { class: 'toolbar' }, button('back', 'Back', 'go_back'),
          button('forward', 'Forward', 'go_forward'), button('reload', 'Reload', 'reload'),
          h('form', { class: 'address-form', on: { submit: (/** @type {Event} */ event) => {
            event.preventDefault();
            this.goTo();
          } } }, this.address)),
        this.status, this.dialog, this.live),
      this.side));
    this.addEventListener('x-control', () => this.show());
    this.showSide(whoAmI().can_control ? 'run' : 'history');
    fleet.listen(changes => {
      if (changes.all || changes.agents.has(this.agentId)) this.show();
    }, signal);
    this.show();
  }

  /** @param {'run' | 'history'} part */
  showSide(part) {
    const parts = [['run', 'Run'], ['history', 'Latest']].map(([name, words]) => h('button', {
      type: 'button', 'aria-pressed': String(name === part),
      on: { click: () => this.showSide(/** @type {any} */ (name)) } }, words));
    // Where there is nothing to choose from, a title is enough.
    const head = whoAmI().can_control
      ? h('div', { class: 'segments', role: 'group', 'aria-label': 'What is shown here' }, parts)
      : h('h2', {}, 'Latest commands');
    const content = part === 'run'
      ? Object.assign(document.createElement('x-console'), { agentId: this.agentId, pageId: () => this.page?.id ?? '',
        controlToken: () => this.live?.controlToken ?? null })
      : Object.assign(document.createElement('x-history-list'), { agentId: this.agentId, isBeside: true });
    this.console = part === 'run' ? /** @type {any} */ (content) : null;
    fill(/** @type {Element} */ (this.side), head, content);
  }

  /**
   * Say no more of what is wrong where that is over.
   * @param {Page | null} page
   */
  forgetWrong(page) {
    const { wrong } = this;
    if (!wrong) return;
    if (!wrong.pageId) Object.assign(wrong, { pageId: page?.id ?? '', url: page?.url ?? '' });
    const isBack = wrong.code === 'agent_offline' && fleet.agents.get(this.agentId)?.contact.connected.value;
    const isElsewhere = page && (page.id !== wrong.pageId || (page.url !== wrong.url && !isErrorPage(page)));
    if (isBack || isElsewhere) this.tellStatus([]);
  }

  /** @returns {Page[]} */
  get pages() {
    return fleet.agents.get(this.agentId)?.browser?.pages ?? [];
  }

  /** @returns {Page | null} */
  get page() {
    const agent = fleet.agents.get(this.agentId);
    return this.pages.find(page => page.id === this.pageId) ?? (agent ? mainPage(agent) : null);
  }

  show() {
    const agent = fleet.agents.get(this.agentId);
    if (!agent) return;
    const page = this.page;
    this.showTabs(page);
    if (!this.isTyping && page && this.address !== undefined) {
      const url = page.url === 'about:blank' ? '' : isErrorPage(page) ? this.wanted : page.url;
      if (this.address.value !== url) this.address.value = url;
    }
    this.forgetWrong(page);
    this.console?.showPages();
    this.showDialog(page);
    this.live?.look(page?.id ?? '');
  }

  /** @param {Page | null} current */
  showTabs(current) {
    const told = JSON.stringify([current?.id, this.pages.map(page => [page.id, page.title, page.url, page.label, page.isolated, page.controlled_by])]);
    if (told === this.told) return;
    this.told = told;
    const focused = this.tabs.contains(document.activeElement);
    fill(this.tabs, this.pages.flatMap(page => this.tab(page, page.id === current?.id)));
    if (focused) this.tabs.querySelector('[aria-selected=true]')?.focus();
    this.live?.setAttribute('aria-label', current?.title || 'Page');
  }

  /**
   * @param {Page} page
   * @param {boolean} isCurrent
   */
  tab(page, isCurrent) {
    const name = page.title || (page.url === 'about:blank' ? 'New page' : page.url);
    const tab = h('button', { class: 'tab', role: 'tab', type: 'button', 'aria-selected': String(isCurrent),
      'aria-controls': 'live-page', tabindex: isCurrent ? '0' : '-1', title: `${page.id} · ${name}\n${page.url}`,
      'data-page': page.id, on: {
        click: () => this.pick(page.id),
        keydown: (/** @type {KeyboardEvent} */ event) => { if (event.key === 'Delete') this.close(page.id); },
        auxclick: (/** @type {MouseEvent} */ event) => { if (event.button === 1) this.close(page.id); },
      } }, h('span', { class: 'tab-name' }, name),
    page.controlled_by && h('span', { class: 'tab-driven', title: `${page.controlled_by} has control` }, icon('hand')),
    page.label && h('span', { class: 'label' }, page.label),
    page.isolated && h('span', { class: 'label' }, 'isolated'));
    if (!isCurrent || !whoAmI().can_control) return [tab];
    // Beside the tab and not in it: a control may not stand in another.
    return [tab, h('button', { class: 'quiet icon-only tab-close', type: 'button', tabindex: '-1',
      'aria-hidden': 'true', title: 'Close the page (Delete)',
      on: { click: () => this.close(page.id) } }, icon('close'))];
  }

  /** @param {KeyboardEvent} event */
  moveAmongTabs(event) {
    const step = /** @type {{[key: string]: number}} */ ({ ArrowRight: 1, ArrowLeft: -1 })[event.key];
    if (!step) return;
    const at = this.pages.findIndex(page => page.id === this.page?.id) + step;
    const next = this.pages[(at + this.pages.length) % this.pages.length];
    if (!next) return;
    event.preventDefault();
    this.pick(next.id);
  }

  /** @param {string} pageId */
  pick(pageId) {
    this.pageId = pageId;
    setQuery({ page: this.page?.main ? null : pageId });
    this.show();
  }

  /** @param {string} pageId */
  close(pageId) {
    if (whoAmI().can_control) this.act('close_page', {}, true, pageId);
  }

  goTo() {
    const typed = this.address.value.trim();
    if (!typed) return;
    const url = /^[a-z][a-z0-9+.-]*:/i.test(typed) && !/^[\w.-]+:\d+(\/|$)/.test(typed) ? typed
      : /^(localhost|127\.|\[)/.test(typed) ? `http://${typed}` : `https://${typed}`;
    this.isTyping = false;
    this.address.blur();
    this.address.value = url;
    this.wanted = url;
    this.act('goto', { url });
  }

  /**
   * @param {string} action
   * @param {{[name: string]: any}} [params]
   * @param {boolean} [isOnPage]
   * @param {string} [pageId]
   */
  act(action, params = {}, isOnPage = true, pageId = this.page?.id) {
    this.acting?.abort();
    this.acting = new AbortController();
    this.life.signal.addEventListener('abort', () => this.acting?.abort());
    const token = pageId === this.live?.pageId ? this.live?.controlToken : null;
    const body = { action, params, ...(isOnPage && pageId && { page: pageId }),
      ...(token && { control_token: token }) };
    this.tellStatus([h('span', { class: 'soft' }, `${action} …`)], true);
    run(this.agentId, body, command => this.showMove(command), problem => this.tellWrong(
      problem.code, problem.message), this.acting.signal);
  }

  /** @param {Command} command */
  showMove(command) {
    if (!command.finished_at) {
      this.tellStatus([h('span', { class: 'soft' }, `${command.action} …`), cancelButton(command)], true);
      return;
    }
    if (command.action === 'new_page' && command.page) this.pick(command.page.id);
    if (!command.error) this.tellStatus([]);
    else this.tellWrong(command.error.code, command.error.message, command.artifacts.slice(0, 1).map(
      each => h('a', { href: artifactUrl(each) }, each.name)));
  }

  /**
   * @param {string} code
   * @param {string} message
   * @param {Node[]} [more]
   */
  tellWrong(code, message, more = []) {
    this.tellStatus([icon('alert'), h('code', {}, code), ` ${message}`, ...more]);
    this.wrong = { code, pageId: this.page?.id ?? '', url: this.page?.url ?? '' };
  }

  /**
   * @param {any[]} parts
   * @param {boolean} [isBusy]
   */
  tellStatus(parts, isBusy = false) {
    this.wrong = null;
    this.status.className = `browse-status${isBusy ? ' is-busy' : parts.length ? ' is-wrong' : ''}`;
    fill(this.status, ...parts);
  }

  /** @param {Page | null} page */
  showDialog(page) {
    // Whoever drives the page answers under their lease, above the picture.
    const dialog = page?.dialog?.action === 'open' && !this.live?.controlToken ? page.dialog : null;
    const told = dialog ? `${page?.id} ${dialog.type} ${dialog.message}` : '';
    if (this.toldDialog === told) return;
    this.toldDialog = told;
    if (!dialog) {
      fill(/** @type {Element} */ (this.dialog));
      return;
    }
    const input = dialog.type === 'prompt' ? h('input', { type: 'text', 'aria-label': 'Answer',
      value: dialog.default ?? '' }) : null;
    const answer = (/** @type {boolean} */ accept) => this.act('handle_dialog', {
      accept, ...(accept && input && { prompt_text: input.value }) });
    fill(/** @type {Element} */ (this.dialog), h('section', { class: 'call', 'aria-label': 'A dialog of the page' },
      h('div', { class: 'call-head' }, icon('alert'), h('h2', {}, `The page shows: ${dialog.type}`)),
      h('p', { class: 'call-reason' }, dialog.message),
      whoAmI().can_control && h('form', { on: { submit: (/** @type {Event} */ event) => {
        event.preventDefault();
        answer(true);
      } } }, input, h('button', { type: 'submit' }, 'OK'),
      dialog.type !== 'alert' && h('button', { class: 'quiet', type: 'button', on: { click: () => answer(false) } }, 'Cancel'))));
  }
}
customElements.define('x-browsing', Browsing);

/** @param {Page} page */
function isErrorPage(page) {
  return page.url.startsWith('chrome-error:');
}

