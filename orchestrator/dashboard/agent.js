/** One agent: its pages as tabs, what it shows, what it is asked, what it was asked before. */

import * as api from './api.js';
import './console.js';
import './history.js';
import './live.js';
import { Browsing } from './browsing.js';
import { h, fill, say } from './dom.js';
import { CONDITIONS, conditionOf, fleet } from './fleet_state.js';
import { ago, moment } from './format.js';
import { HumanCalls } from './human_calls.js';
import { icon } from './icons.js';
import { shortcut } from './keys.js';
import { whoAmI } from './me.js';
import { go, title } from './router.js';
import { shareButton } from './sharing.js';
import { living, View } from './view.js';

/** @typedef {import('./types').Agent} Agent */

const PARTS = [['', 'Live'], ['run', 'Run'], ['history', 'History'], ['about', 'About']];

class AgentPage extends View {
  /** @type {{[name: string]: string}} */
  params = {};
  told = '';

  /** @param {AbortSignal} signal */
  start(signal) {
    const id = this.params.id;
    const part = this.params.part ?? '';
    const path = `/agents/${encodeURIComponent(id)}`;
    title(id);
    // A visitor may not run anything, nor see when the agent was here.
    const parts = PARTS.filter(([name]) => (whoAmI().can_control || name !== 'run')
      && (!whoAmI().agent_id || name !== 'about'));
    this.pill = h('span', { class: 'pill' });
    this.facts = h('p', { class: 'soft agent-facts' });
    this.labels = h('span', { class: 'labels' });
    this.calls = new HumanCalls(id);
    this.body = h('div', { class: 'agent-body' });
    fill(this,
      h('nav', { class: 'crumbs', 'aria-label': 'Where this is' }, h('a', { href: '/' },
        icon('back'), 'Fleet')),
      h('div', { class: 'head agent-head' }, h('h1', {}, id), this.pill, this.labels, this.facts,
        whoAmI().can_control && shareButton(id)),
      this.calls.element,
      h('nav', { class: 'parts', 'aria-label': 'Parts of this agent' }, parts.map(([name, words]) => h('a', {
        href: name ? `${path}/${name}` : path, 'aria-current': name === part && 'page',
      }, words))),
      this.body);
    fill(this.body, this.make(part, id));
    parts.forEach(([name, words], at) => shortcut(String(at + 1), `Go to “${words}” of this agent`,
      () => go(name ? `${path}/${name}` : path), signal));
    fleet.listen(changes => {
      if (changes.all || changes.agents.has(id)) this.show();
    }, signal);
    this.show();
  }

  /**
   * @param {string} part
   * @param {string} id
   * @returns {HTMLElement}
   */
  make(part, id) {
    if (part === 'run') {
      return Object.assign(document.createElement('x-console'), { agentId: id, isAddressed: true });
    }
    if (part === 'history') {
      return Object.assign(document.createElement('x-history-list'), { agentId: id });
    }
    if (part === 'about') return Object.assign(document.createElement('x-about'), { agentId: id });
    return Object.assign(new Browsing(), { agentId: id });
  }

  show() {
    const agent = fleet.agents.get(this.params.id);
    if (!agent) {
      if (fleet.isLoaded) this.missing();
      return;
    }
    const { words, tone } = CONDITIONS[conditionOf(agent)];
    const pill = /** @type {HTMLElement} */ (this.pill);
    pill.className = `pill ${tone}`;
    say(pill, words);
    const facts = [
      agent.browser && `${agent.browser.name} ${agent.browser.version}`,
      agent.versions?.hostname && `on ${agent.versions.hostname}`,
      agent.browser && (agent.browser.headless ? 'headless' : 'with a window'),
    ].filter(Boolean).join(' · ');
    const isAway = !agent.contact.connected.value;
    const told = `${facts} ${isAway}`;
    if (this.told !== told) {
      this.told = told;
      fill(/** @type {Element} */ (this.facts), facts, isAway && agent.last_seen_at
        && [facts ? ' · ' : '', 'last here ', living(() => ago(/** @type {string} */ (agent.last_seen_at)))]);
      fill(/** @type {Element} */ (this.labels), Object.entries(agent.labels).map(([name, value]) => h(
        'span', { class: 'label' }, value ? `${name}:${value}` : name)));
    }
    this.calls?.show();
  }

  missing() {
    fill(this, h('div', { class: 'empty' }, h('h1', {}, 'No such agent'),
      h('p', {}, `No agent is called “${this.params.id}”.`),
      h('a', { class: 'button', href: '/' }, 'To the fleet')));
  }
}
customElements.define('x-agent', AgentPage);

class About extends View {
  agentId = '';
  isMissing = false;

  /** @param {AbortSignal} signal */
  start(signal) {
    this.facts = h('div');
    this.sessions = h('div', { class: 'block-scroll', tabindex: '0', role: 'region',
      'aria-label': 'Sessions' });
    fill(this, this.facts, h('section', { class: 'block' },
      h('div', { class: 'block-head' }, h('h2', {}, 'When it was here')), this.sessions));
    fleet.listen(changes => {
      if (changes.all || changes.agents.has(this.agentId)) this.show();
      if (this.isMissing && (changes.all || changes.missed)) this.load();
    }, signal);
    this.show();
    this.load();
  }

  show() {
    const agent = fleet.agents.get(this.agentId);
    if (!agent) return;
    const { contact, versions, browser, session } = agent;
    /** @type {[string, import('./types').Fact, string, string][]} */
    const told = [
      ['Connected', contact.connected, 'It has a socket here.', 'It has no socket here.'],
      ['Responsive', contact.responsive, 'The loop that takes commands answers.',
        'The loop that takes commands does not answer.'],
      ['Browser', contact.browser_ok, 'Its browser answered the latest probe.',
        'Its browser did not answer the latest probe.'],
    ];
    fill(/** @type {Element} */ (this.facts), h('section', { class: 'block' },
      h('div', { class: 'block-head' }, h('h2', {}, 'Contact')),
      h('ul', { class: 'contact' }, told.map(([name, fact, yes, no]) => h('li', {},
        h('span', { class: `pill ${fact.value ? 'ok' : 'bad'}` }, `${name}: ${fact.value ? 'yes' : 'no'}`),
        h('span', {}, fact.value ? yes : no),
        h('span', { class: 'soft' }, `since ${moment(fact.since)}`))))),
    facts('Software', [
      ['Xagent', versions?.xagent], ['Python', versions?.python], ['Playwright', versions?.playwright],
      ['Platform', versions?.platform], ['Machine', versions?.hostname],
      ['Browser', browser && `${browser.name} ${browser.version}`],
      ['Launches of it', browser && String(browser.epoch)],
    ]),
    facts('Registration', [
      ['Enrolled', moment(agent.created_at)], ['Install', agent.install_id],
      ['Address', session?.remote_address],
      ['Last seen', agent.last_seen_at && moment(agent.last_seen_at)],
      ['Working on', String(fleet.openCommands(this.agentId).length)],
    ]));
  }

  async load() {
    this.isMissing = false;
    try {
      const { items } = await api.get(
        `/api/agents/${encodeURIComponent(this.agentId)}/sessions`, { limit: 50 }, this.life.signal);
      fill(/** @type {Element} */ (this.sessions), items.length ? h('table', {},
        h('thead', {}, h('tr', {}, ['From', 'Until', 'How it ended', 'Address', 'Browser'].map(
          words => h('th', { scope: 'col' }, words)))),
        h('tbody', {}, items.map((/** @type {any} */ each) => h('tr', {},
          h('td', {}, moment(each.started_at)), h('td', {}, each.ended_at ? moment(each.ended_at) : 'now'),
          h('td', {}, each.end_reason ?? '—'), h('td', {}, h('code', {}, each.remote_address)),
          h('td', {}, each.browser_version))))) : h('p', { class: 'soft' }, 'It was never here.'));
    } catch (error) {
      if (!(error instanceof api.Problem)) return;
      this.isMissing = error.code === 'unreachable';
      say(/** @type {Element} */ (this.sessions), error.message);
    }
  }
}
customElements.define('x-about', About);

/**
 * @param {string} name
 * @param {[string, string | null | undefined][]} rows
 */
function facts(name, rows) {
  return h('section', { class: 'block' }, h('div', { class: 'block-head' }, h('h2', {}, name)),
    h('dl', { class: 'facts' }, rows.filter(([, value]) => value).map(([term, value]) => h('div', {},
      h('dt', {}, term), h('dd', {}, value)))));
}
