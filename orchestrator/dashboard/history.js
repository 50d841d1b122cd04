/** The past of an agent or of the fleet: what was asked, how long it took, what came of it. */

import * as api from './api.js';
import {
  artifactUrl, asker, isOpen, isPicture, isTrace, lasted, lastedWords, statePill, STATES,
} from './command_view.js';
import { h, fill, say } from './dom.js';
import { commandsPath, fleet } from './fleet_state.js';
import { clock, day, shortUrl } from './format.js';
import { HistoryFilters } from './history_filters.js';
import { icon } from './icons.js';
import { title } from './router.js';
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
  isLoading = false;
  /** Whether nothing was where it was looked first, and it is looked further back. */
  isSearching = false;
  isStopped = false;
  /**
   * What events told while the list was being fetched anew, which may be from before them.
   * @type {CommandSummary[] | null}
   */
  heard = null;

  /** @param {AbortSignal} signal */
  start(signal) {
    /** @type {HistoryFilters | null} */
    this.filters = this.isBeside ? null : new HistoryFilters(this.agentId, () => this.begin());
    this.list = h('div', { class: 'history-rows' });
    this.more = h('button', { class: 'quiet', type: 'button', hidden: true, on: {
      click: () => this.goOnOrStop() } });
    this.told = h('p', { class: 'soft history-told', role: 'status' });
    fill(this, this.filters?.element, this.list, this.told,
      h('div', { class: 'history-more' }, this.more));
    fleet.listen(({ commands, missed }) => {
      if (missed) this.begin();
      else commands.forEach(command => this.take(command));
    }, signal);
    this.observer = new IntersectionObserver(([seen]) => {
      if (seen.isIntersecting && !this.isBeside && !this.isStopped) this.load();
    }, { rootMargin: '400px' });
    signal.addEventListener('abort', () => this.observer?.disconnect());
    this.begin();
  }

  begin() {
    this.filters?.settle();
    this.cursor = '';
    this.heard = [];
    this.load(true);
  }

  goOnOrStop() {
    if (!this.isLoading) this.load();
    else if (this.isSearching) this.isStopped = true;
    this.tell();
  }

  /** @param {boolean} [isFirst] */
  async load(isFirst = false) {
    if (!isFirst && (!this.cursor || this.isLoading)) return;
    this.asked += 1;
    const asked = this.asked;
    this.isLoading = true;
    this.isSearching = this.isStopped = false;
    this.tell();
    try {
      await this.gather(asked, isFirst);
      if (asked !== this.asked) return;
      this.isLoading = false;
      this.tell();
      // If there is still room for more on the screen, that is to be heard of once again.
      this.observer?.unobserve(this.more);
      this.observer?.observe(this.more);
    } catch (error) {
      if (!(error instanceof api.Problem)) {
        if (this.life.signal.aborted) return;
        throw error;
      }
      if (asked !== this.asked) return;
      this.isLoading = false;
      // What stood there before is no answer to what is asked now; but it may be all there is to see.
      if (isFirst && error.code !== 'unreachable') this.show([], true);
      this.tell(error.message);
    }
  }

  /**
   * Fetch until there is a page of them: where no index leads to what is wanted, the API looks
   * through so many commands at a time, and may have found none of them.
   * @param {number} asked
   * @param {boolean} isFirst
   */
  async gather(asked, isFirst) {
    const agentId = this.filters ? this.filters.wantedAgent : this.agentId;
    const wanted = this.isBeside ? 20 : PAGE;
    let isNew = isFirst;
    for (let found = 0; found < wanted && !this.isStopped;) {
      const page = await api.get(commandsPath(agentId), {
        limit: wanted, cursor: this.cursor, ...this.filters?.asked(),
      }, this.life.signal);
      if (asked !== this.asked) return;
      this.show(page.items, isNew);
      isNew = false;
      found += page.items.length;
      this.cursor = page.next_cursor ?? '';
      if (!this.cursor || this.isBeside) return;
      this.isSearching = found < wanted;
      this.tell();
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
    if (!isFirst) return;
    const { heard } = this;
    this.heard = null;
    heard?.forEach(command => this.take(command));
  }

  /**
   * Say how far it is.
   * @param {string} [problem]
   */
  tell(problem = '') {
    const isSearching = this.isLoading && this.isSearching && !this.isStopped;
    this.more.hidden = !this.cursor || this.isBeside;
    say(this.more, isSearching ? 'Stop looking' : this.isStopped ? 'Look further back' : 'Show more');
    say(this.told, problem || this.words(isSearching));
    this.told.classList.toggle('is-searching', isSearching);
  }

  /** @param {boolean} isSearching */
  words(isSearching) {
    const [none, some] = [!this.rows.size, this.rows.size > 0];
    if (isSearching) return 'Looking further back …';
    if (this.isLoading) return none ? 'Loading …' : '';
    if (this.cursor) return none ? 'Nothing was found so far.' : '';
    if (some) return this.isBeside ? '' : 'That is all.';
    return this.filters?.isNarrow ? 'No command is like that.' : 'Nothing has been asked yet.';
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
    this.heard?.push(command);
    const known = this.rows.get(command.request_id);
    if (!this.wants(command)) {
      if (!known) return;
      // It was one of these, and has moved on.
      known.row.remove();
      this.rows.delete(command.request_id);
      this.tell();
      return;
    }
    const row = makeRow(command, !this.agentId);
    if (known) known.row.replaceWith(row);
    else this.put(command, row);
    this.rows.set(command.request_id, { command, row });
    this.tell();
  }

  /**
   * Put a row where it belongs: before the first that was asked for no later.
   * @param {CommandSummary} command
   * @param {HTMLElement} row
   */
  put(command, row) {
    const made = Date.parse(command.created_at);
    const isNewer = (/** @type {HTMLElement} */ other) => Date.parse(
      other.querySelector('time')?.getAttribute('datetime') ?? '') > made;
    const rows = [...this.list.querySelectorAll('.history-row')];
    if (rows.length && isNewer(rows[0])) {
      const above = rows.filter(isNewer).pop();
      above?.after(row);
      return;
    }
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
    if (this.filters) return this.filters.wants(command);
    return !this.agentId || command.agent_id === this.agentId;
  }
}
customElements.define('x-history-list', HistoryList);

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
    h('span', { class: 'row-by soft', title: command.requested_by ?? '' }, asker(command)),
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
