/** The past of an agent or of the fleet: what was asked, how long it took, what came of it. */

import * as api from './api.js';
import { artifactUrl, isOpen, isPicture, isTrace, lasted, lastedWords, statePill, STATES } from './command_view.js';
import { h, fill, freshId, say } from './dom.js';
import { commandsPath, fleet } from './fleet_state.js';
import { clock, day, shortUrl } from './format.js';
import { icon } from './icons.js';
import { whoAmI } from './me.js';
import { query, setQuery, title } from './router.js';
import { View } from './view.js';

/** @typedef {import('./types').CommandSummary} CommandSummary */

const PAGE = 50;
/** A bar is as long as the logarithm of the time: a click and an upload are told apart alike. */
const LONGEST_MS = 60_000;

class HistoryList extends View {
  /** Whose history; everybody's if empty. */
  agentId = '';
  /** Whether it stands beside something else, and not by itself. */
  isBeside = false;
  /** @type {Map<string, {command: CommandSummary, row: HTMLElement}>} */
  rows = new Map();
  cursor = '';
  asked = 0;
  lastDay = '';

  /** @param {AbortSignal} signal */
  start(signal) {
    const now = this.isBeside ? new URLSearchParams() : query();
    const change = () => this.begin();
    this.state = h('select', { 'aria-label': 'State', on: { change } },
      h('option', { value: '' }, 'Any state'),
      Object.entries(STATES).map(([state, { words }]) => h('option', { value: state }, words)));
    const [agentsId, actionsId] = [freshId(), freshId()];
    this.action = field('Action', 'Any action', actionsId, now.get('action') ?? '', change);
    this.agent = field('Agent', 'Any agent', agentsId, now.get('agent') ?? '', change);
    this.state.value = STATES[/** @type {import('./types').State} */ (now.get('state') ?? '')] ? now.get('state') ?? '' : '';
    this.list = h('div', { class: 'history-rows' });
    this.more = h('button', { class: 'quiet', type: 'button', hidden: true, on: {
      click: () => this.load() } }, 'Show more');
    this.told = h('p', { class: 'soft history-told', role: 'status' });
    fill(this,
      !this.isBeside && h('div', { class: 'filters' }, this.state, this.action,
        !this.agentId && this.agent,
        h('datalist', { id: agentsId }, [...fleet.agents.keys()].slice(0, 1000).map(id => h('option', { value: id }))),
        this.actions = h('datalist', { id: actionsId })),
      this.list, this.told, h('div', { class: 'history-more' }, this.more));
    fleet.listen(({ commands, missed }) => {
      if (missed) this.begin();
      else commands.forEach(command => this.take(command));
    }, signal);
    const observer = new IntersectionObserver(([seen]) => {
      if (seen.isIntersecting && !this.isBeside) this.load();
    }, { rootMargin: '400px' });
    observer.observe(this.more);
    signal.addEventListener('abort', () => observer.disconnect());
    this.begin();
  }

  begin() {
    if (!this.isBeside) {
      setQuery({ state: this.state.value, action: this.action.value.trim(),
        ...(!this.agentId && { agent: this.agent.value.trim() }) });
    }
    this.isFresh = true;
    this.cursor = '';
    this.load(true);
  }

  /** @param {boolean} [isFirst] */
  async load(isFirst = false) {
    if (!isFirst && (!this.cursor || this.isLoading)) return;
    this.asked += 1;
    const asked = this.asked;
    this.isLoading = true;
    if (!this.rows.size) say(this.told, 'Loading …');
    try {
      const agentId = this.agentId || this.agent.value.trim() || whoAmI().agent_id;
      const page = await api.get(commandsPath(agentId), {
        limit: this.isBeside ? 20 : PAGE, cursor: this.cursor, state: this.state.value,
        action: this.action.value.trim(),
      }, this.life.signal);
      if (asked !== this.asked) return;
      this.show(page.items, isFirst);
      this.cursor = page.next_cursor ?? '';
      this.more.hidden = !this.cursor || this.isBeside;
    } catch (error) {
      if (error instanceof api.Problem && asked === this.asked) say(this.told, error.message);
    } finally {
      if (asked === this.asked) this.isLoading = false;
    }
  }

  /**
   * @param {CommandSummary[]} commands
   * @param {boolean} isFirst
   */
  show(commands, isFirst) {
    if (isFirst) {
      this.rows.clear();
      fill(this.list);
      this.lastDay = '';
    }
    for (const command of commands) {
      if (this.rows.has(command.request_id)) continue;
      const heading = this.dayHeading(command);
      if (heading) this.list.append(heading);
      const row = makeRow(command, !this.agentId);
      this.rows.set(command.request_id, { command, row });
      this.list.append(row);
    }
    this.tellCount();
  }

  tellCount() {
    const isFiltered = this.state.value || this.action.value || (!this.agentId && this.agent.value);
    say(this.told, this.rows.size ? '' : isFiltered ? 'No command is like that.'
      : 'Nothing has been asked yet.');
  }

  /** @param {CommandSummary} command */
  dayHeading(command) {
    const its = day(command.created_at);
    if (this.isBeside || its === this.lastDay) return null;
    this.lastDay = its;
    return h('h2', { class: 'day', 'data-day': its }, its);
  }

  /**
   * Take in what an event told.
   * @param {CommandSummary} command
   */
  take(command) {
    const known = this.rows.get(command.request_id);
    if (!known && !this.wants(command)) return;
    const row = makeRow(command, !this.agentId);
    if (known) known.row.replaceWith(row);
    else this.putFirst(command, row);
    this.rows.set(command.request_id, { command, row });
    this.tellCount();
  }

  /**
   * @param {CommandSummary} command
   * @param {HTMLElement} row
   */
  putFirst(command, row) {
    const its = day(command.created_at);
    const top = this.list.querySelector('.day');
    if (!this.isBeside && top?.dataset.day !== its) {
      this.list.prepend(h('h2', { class: 'day', 'data-day': its }, its), row);
      this.lastDay ||= its;
    } else if (this.isBeside) this.list.prepend(row);
    else top.after(row);
  }

  /** @param {CommandSummary} command */
  wants(command) {
    const action = this.action.value.trim();
    const agent = this.agentId || this.agent.value.trim();
    return (!this.state.value || command.state === this.state.value)
      && (!action || command.action === action) && (!agent || command.agent_id === agent);
  }
}
customElements.define('x-history-list', HistoryList);

/**
 * @param {string} label
 * @param {string} placeholder
 * @param {string} listId
 * @param {string} value
 * @param {() => void} change
 */
function field(label, placeholder, listId, value, change) {
  return h('input', { type: 'search', 'aria-label': label, placeholder, list: listId, value,
    autocomplete: 'off', spellcheck: 'false', class: 'mono', on: { change } });
}

/**
 * @param {CommandSummary} command
 * @param {boolean} namesAgent
 */
function makeRow(command, namesAgent) {
  const ms = lasted(command);
  const bar = h('span', { class: `bar-line ${STATES[command.state]?.tone ?? ''}`, 'aria-hidden': 'true' });
  const share = ms === null ? 0 : Math.min(1, Math.log10(ms + 1) / Math.log10(LONGEST_MS + 1));
  bar.style.width = `${isOpen(command) ? 100 : Math.max(2, share * 100)}%`;
  if (isOpen(command)) bar.classList.add('is-open');
  const page = command.page;
  const what = command.error ? h('span', { class: 'row-error', title: command.error.message },
    h('code', {}, command.error.code), ' ', command.error.message)
    : h('span', { class: 'soft', title: page?.url ?? '' }, page?.title || shortUrl(page?.url ?? ''));
  return h('a', { class: 'history-row', href: `/commands/${encodeURIComponent(command.request_id)}` },
    h('time', { class: 'soft', datetime: command.created_at }, clock(command.created_at)),
    statePill(command),
    h('span', { class: 'row-action mono' }, command.action),
    namesAgent && h('span', { class: 'row-agent' }, command.agent_id),
    h('span', { class: 'row-what' }, what),
    h('span', { class: 'row-artifacts' }, command.artifacts.slice(0, 3).map(artifact => (isPicture(artifact)
      ? h('img', { src: artifactUrl(artifact), alt: `Picture ${artifact.name}`, loading: 'lazy' })
      : h('span', { title: artifact.name }, icon(isTrace(artifact) ? 'film' : 'file'))))),
    h('span', { class: 'row-time' }, h('span', { class: 'bar-track' }, bar), lastedWords(command)));
}

class History extends View {
  start() {
    title('History');
    const list = document.createElement('x-history-list');
    fill(this, h('div', { class: 'head' }, h('h1', {}, 'History'),
      h('p', { class: 'soft count' }, 'Every command of every agent, newest first')), list);
  }
}
customElements.define('x-history', History);
