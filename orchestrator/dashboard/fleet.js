/** The fleet: every agent on a wall, or in a list, and what it does now. */

import { makeCard } from './agent_card.js';
import { h, fill, say } from './dom.js';
import { CONDITIONS, conditionOf, fleet, mainPage } from './fleet_state.js';
import { many } from './format.js';
import { icon } from './icons.js';
import { shortcut } from './keys.js';
import { query, setQuery, title } from './router.js';
import { teaching } from './teaching.js';
import { View } from './view.js';
import { VirtualGrid } from './virtual_grid.js';

/** @typedef {import('./types').Agent} Agent */

/** @type {{[name: string]: {words: string, has: (condition: string) => boolean}}} */
const GROUPS = {
  '': { words: 'All', has: () => true },
  ready: { words: 'Ready', has: condition => condition === 'ready' },
  busy: { words: 'Busy', has: condition => condition === 'busy' || condition === 'human' },
  attention: {
    words: 'Needs attention',
    has: condition => ['human', 'silent', 'no_browser'].includes(condition),
  },
  away: { words: 'Away', has: condition => condition === 'away' },
};

const WALL = {
  gap: 16,
  columns: (/** @type {number} */ width) => Math.floor((width + 16) / (264 + 16)),
  height: (/** @type {number} */ width) => Math.round(width * 0.5625) + 136,
};
const LIST = {
  gap: 0,
  columns: () => 1,
  height: (/** @type {number} */ width) => (width < 720 ? 76 : 48),
};

class Fleet extends View {
  group = '';
  /** @type {string | null} */
  toldLabels = null;

  /** @param {AbortSignal} signal */
  start(signal) {
    title('Fleet');
    const now = query();
    const group = now.get('state') ?? '';
    this.group = GROUPS[group] ? group : '';
    this.form = now.get('view') === 'list' ? 'list' : 'wall';
    this.text = h('input', {
      type: 'search', class: 'filter-text', placeholder: 'Filter by name, title, URL or label',
      'aria-label': 'Filter agents', value: now.get('q') ?? '', autocomplete: 'off',
      spellcheck: 'false', on: { input: () => this.filter() },
    });
    this.label = h('select', { 'aria-label': 'Label', on: { change: () => this.filter() } });
    this.wantedLabel = now.get('label') ?? '';
    this.groups = h('div', { class: 'segments', role: 'group', 'aria-label': 'State' });
    this.forms = h('div', { class: 'segments', role: 'group', 'aria-label': 'Form' },
      ...[['wall', 'grid', 'Wall'], ['list', 'list', 'List']].map(([form, picture, words]) => h(
        'button', { type: 'button', 'data-form': form, 'aria-label': words, title: words, on: {
          click: () => this.showAs(/** @type {any} */ (form)),
        } }, icon(/** @type {any} */ (picture)))));
    this.count = h('p', { class: 'soft count', role: 'status' });
    this.place = h('div');
    fill(this,
      h('div', { class: 'head' }, h('h1', {}, 'Fleet'), this.count),
      this.controls = h('div', { class: 'filters' },
        this.groups,
        h('div', { class: 'field-with-icon' }, icon('search'), this.text),
        this.label, this.forms),
      this.place);
    this.makeGroups();
    this.showAs(/** @type {'wall' | 'list'} */ (this.form));
    fleet.listen(changes => this.heed(changes), signal);
    shortcut('/', 'Filter', () => this.text.focus(), signal);
    shortcut('v', 'Wall or list', () => this.showAs(this.form === 'wall' ? 'list' : 'wall'), signal);
  }

  makeGroups() {
    /** @type {Map<string, {button: HTMLElement, count: HTMLElement}>} */
    this.groupButtons = new Map();
    for (const [name, { words }] of Object.entries(GROUPS)) {
      const count = h('span', { class: 'segment-count' });
      const button = h('button', { type: 'button', on: { click: () => {
        this.group = name;
        this.filter();
      } } }, words, ' ', count);
      this.groupButtons.set(name, { button, count });
      this.groups.append(button);
    }
  }

  /** @param {'wall' | 'list'} form */
  showAs(form) {
    this.form = form;
    this.gridLife?.abort();
    this.gridLife = new AbortController();
    this.life.signal.addEventListener('abort', () => this.gridLife?.abort());
    /** @type {VirtualGrid<Agent>} */
    this.grid = new VirtualGrid({
      ...(form === 'wall' ? WALL : LIST),
      key: agent => agent.agent_id,
      make: () => makeCard(form),
      show: (cell, agent) => /** @type {import('./agent_card.js').Card} */ (cell).show(agent),
      label: 'Agents',
    }, this.gridLife.signal);
    this.grid.element.classList.add(form);
    for (const button of this.forms.children) {
      button.setAttribute('aria-pressed', String(button.dataset.form === form));
    }
    this.filter();
  }

  /** @param {import('./fleet_state.js').Changes} changes */
  heed(changes) {
    const agents = changes.all ? [...fleet.agents.values()]
      : [...changes.agents].map(id => fleet.agents.get(id)).filter(agent => agent);
    this.grid?.update(/** @type {Agent[]} */ (agents));
    this.filter();
  }

  filter() {
    if (!this.grid || !this.isConnected) return;
    const all = [...fleet.agents.values()];
    const isEmpty = fleet.isLoaded && all.length === 0;
    this.controls.hidden = isEmpty;
    this.count.hidden = isEmpty;
    if (isEmpty) {
      if (!this.place.querySelector('.teaching')) fill(this.place, teaching());
      return;
    }
    this.showLabels(all);
    const words = this.text.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const label = this.label.value;
    const fits = all.filter(agent => matches(agent, words, label));
    const found = fits.filter(agent => GROUPS[this.group].has(conditionOf(agent)));
    this.showCounts(fits);
    say(this.count, !fleet.isLoaded ? 'Loading …' : found.length === all.length
      ? many(all.length, 'agent') : `${found.length.toLocaleString('en')} of ${many(all.length, 'agent')}`);
    setQuery({ q: this.text.value.trim(), label, state: this.group,
      view: this.form === 'list' ? 'list' : null });
    if (found.length || !fleet.isLoaded) {
      if (!this.grid.element.isConnected) fill(this.place, this.grid.element);
      if (found.length) performance.mark('x-usable');
      this.grid.set(found);
    } else if (!this.place.querySelector('.empty')) fill(this.place, this.nothing());
  }

  nothing() {
    return h('div', { class: 'empty' }, h('h2', {}, 'No agent is like that'),
      h('p', {}, 'None of the agents fits what you filter by.'),
      h('button', { type: 'button', on: { click: () => {
        this.text.value = '';
        this.label.value = '';
        this.group = '';
        this.filter();
      } } }, 'Show all agents'));
  }

  /** @param {Agent[]} agents */
  showCounts(agents) {
    const conditions = agents.map(conditionOf);
    for (const [name, { button, count }] of this.groupButtons ?? []) {
      say(count, conditions.filter(GROUPS[name].has).length.toLocaleString('en'));
      button.setAttribute('aria-pressed', String(name === this.group));
    }
  }

  /** @param {Agent[]} agents */
  showLabels(agents) {
    const known = new Set();
    for (const agent of agents) {
      for (const [name, value] of Object.entries(agent.labels)) known.add(`${name}:${value}`);
    }
    if (this.wantedLabel) known.add(this.wantedLabel);
    const labels = [...known].sort();
    const told = labels.join('\n');
    if (this.toldLabels === told) return;
    this.toldLabels = told;
    const chosen = this.label.value || this.wantedLabel;
    fill(this.label, h('option', { value: '' }, 'Any label'),
      labels.map(label => h('option', { value: label }, label)));
    this.label.value = chosen;
    this.wantedLabel = '';
    this.label.hidden = labels.length === 0;
  }
}
customElements.define('x-fleet', Fleet);

/**
 * @param {Agent} agent
 * @param {string[]} words
 * @param {string} label
 */
function matches(agent, words, label) {
  const labels = Object.entries(agent.labels).map(([name, value]) => `${name}:${value}`);
  if (label && !labels.includes(label)) return false;
  if (!words.length) return true;
  const page = mainPage(agent);
  const text = [agent.agent_id, page?.title, page?.url, agent.versions?.hostname,
    CONDITIONS[conditionOf(agent)].words, ...labels].join('\n').toLowerCase();
  return words.every(word => text.includes(word));
}
