/**
 * What a history is narrowed to. It stands in the address, so that it can be sent to somebody: times
 * that were chosen as moments, which are the same everywhere, and others by how far they go back.
 */

import { serverNow } from './api.js';
import { STATES } from './command_view.js';
import { h, fill, freshId } from './dom.js';
import { fleet } from './fleet_state.js';
import { whoAmI } from './me.js';
import { query, setQuery } from './router.js';

/** @typedef {import('./types').CommandSummary} CommandSummary */

const HOUR_MS = 3_600_000;
/** @type {{[span: string]: {words: string, ms: number}}} */
const SPANS = {
  hour: { words: 'Last hour', ms: HOUR_MS },
  day: { words: 'Last 24 hours', ms: 24 * HOUR_MS },
  week: { words: 'Last 7 days', ms: 7 * 24 * HOUR_MS },
};
const CHOSEN = 'chosen';

export class HistoryFilters {
  /**
   * @param {string} agentId of the one agent that it is about; empty for all
   * @param {() => void} change hears that something else is wanted
   */
  constructor(agentId, change) {
    this.agentId = agentId;
    const now = query();
    const given = (/** @type {string} */ name) => now.get(name) ?? '';
    const state = given('state');
    this.state = h('select', { 'aria-label': 'State', on: { change } },
      h('option', { value: '' }, 'Any state'),
      Object.entries(STATES).map(([name, { words }]) => h('option', { value: name }, words)));
    this.state.value = Object.hasOwn(STATES, state) ? state : '';
    this.action = field('Action', 'Any action', given('action'), change);
    this.agent = field('Agent', 'Any agent', given('agent'), change);
    this.asker = field('Asked by', 'By anybody', given('by'), change);
    this.from = moment(given('from'), change);
    this.to = moment(given('to'), change);
    this.time = h('select', { 'aria-label': 'Time', on: { change: () => {
      this.showTimes();
      change();
    } } },
    h('option', { value: '' }, 'Any time'),
    Object.entries(SPANS).map(([name, { words }]) => h('option', { value: name }, words)),
    h('option', { value: CHOSEN }, 'From … to …'));
    this.time.value = Object.hasOwn(SPANS, given('time')) ? given('time')
      : this.from.value || this.to.value ? CHOSEN : '';
    this.times = h('div', { class: 'times' }, h('label', {}, h('span', {}, 'From'), this.from),
      h('label', {}, h('span', {}, 'To'), this.to));
    this.after = this.before = '';
    this.showTimes();
    this.element = h('div', { class: 'filters history-filters' }, this.state, this.action,
      !agentId && this.agent, this.asker, this.time, this.times);
    suggest(this.agent, [...fleet.agents.keys()].slice(0, 1000));
    suggest(this.asker, [...new Set([whoAmI().name, 'token'])].filter(name => name));
  }

  showTimes() {
    const isChosen = this.time.value === CHOSEN;
    this.times.hidden = !isChosen;
    if (isChosen && !this.from.value && !this.to.value) this.from.value = local(new Date().setHours(0, 0, 0, 0));
  }

  /** Take down what is wanted now, in the address as well. */
  settle() {
    const span = SPANS[this.time.value];
    const isChosen = this.time.value === CHOSEN;
    const [from, to] = isChosen ? [utc(this.from.value), utc(this.to.value)] : ['', ''];
    this.after = span ? new Date(serverNow() - span.ms).toISOString() : from;
    this.before = to;
    setQuery({ state: this.state.value, action: this.action.value.trim(),
      ...(!this.agentId && { agent: this.agent.value.trim() }), by: this.asker.value.trim(),
      time: span ? this.time.value : '', from, to });
  }

  /** Whose commands are wanted; a visitor sees one agent's alone. */
  get wantedAgent() {
    return this.agentId || this.agent.value.trim() || whoAmI().agent_id;
  }

  /** What the API is asked for, beside whose. */
  asked() {
    return { state: this.state.value, action: this.action.value.trim(),
      requested_by: this.asker.value.trim(), created_after: this.after, created_before: this.before };
  }

  get isNarrow() {
    return Boolean((!this.agentId && this.agent.value.trim())
      || Object.values(this.asked()).some(value => value));
  }

  /** @param {CommandSummary} command */
  wants(command) {
    const { state, action, requested_by: asker } = this.asked();
    const agent = this.wantedAgent;
    const made = Date.parse(command.created_at);
    return (!state || command.state === state) && (!action || command.action === action)
      && (!agent || command.agent_id === agent) && (!asker || command.requested_by === asker)
      && !(this.after && made < Date.parse(this.after))
      && !(this.before && made >= Date.parse(this.before));
  }
}

/**
 * @param {string} label
 * @param {string} placeholder
 * @param {string} value
 * @param {() => void} change
 */
function field(label, placeholder, value, change) {
  return h('input', { type: 'search', 'aria-label': label, placeholder, value,
    // Escape, and the cross of the field, empty it without a change.
    autocomplete: 'off', spellcheck: 'false', class: 'mono', on: { change, search: change } });
}

/**
 * @param {HTMLInputElement} input
 * @param {(string | null | undefined)[]} values
 */
function suggest(input, values) {
  const id = freshId();
  const list = h('datalist', { id });
  fill(list, values.map(value => h('option', { value })));
  input.setAttribute('list', id);
  input.after(list);
}

/**
 * @param {string} value
 * @param {() => void} change
 */
function moment(value, change) {
  const time = Date.parse(value);
  return h('input', { type: 'datetime-local', on: { change },
    value: Number.isNaN(time) ? '' : local(time) });
}

/**
 * Return a time as fields for it take it: as this machine's clock on the wall would show it.
 * @param {number} time
 */
function local(time) {
  const shifted = time - new Date(time).getTimezoneOffset() * 60_000;
  return new Date(shifted).toISOString().slice(0, 19).replace(/:00$/, '');
}

/** @param {string} value of such a field */
function utc(value) {
  return value ? new Date(value).toISOString().replace('.000', '') : '';
}
