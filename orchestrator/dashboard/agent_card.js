/** One agent in the fleet, as a card of the wall or as a line of the list. */

import { h, fill, say } from './dom.js';
import { CONDITIONS, conditionOf, fleet, mainPage } from './fleet_state.js';
import { ago, duration, shortUrl } from './format.js';
import { serverNow } from './api.js';
import { icon } from './icons.js';
import { Thumbnail } from './thumbnail.js';
import { living } from './view.js';

/** @typedef {import('./types').Agent} Agent */
/** @typedef {HTMLElement & {show: (agent: Agent) => void}} Card */

const MOST_LABELS = 4;

/**
 * Make a card without an agent; `show` gives it one, and then another.
 * @param {'wall' | 'list'} form
 * @returns {Card}
 */
export function makeCard(form) {
  const link = h('a', { class: 'card-link' });
  const pill = h('span', { class: 'pill' });
  const title = h('span', { class: 'card-title' });
  const url = h('span', { class: 'card-url' });
  const work = h('span', { class: 'card-work' });
  const labels = h('span', { class: 'labels' });
  const thumbnail = form === 'wall' ? new Thumbnail() : null;
  const card = h('div', { class: `card ${form}`, role: 'listitem' },
    thumbnail,
    h('div', { class: 'card-head' }, h('h2', {}, link), pill),
    h('div', { class: 'card-page' }, title, url),
    labels,
    work);
  let workOf = '';
  card.show = /** @param {Agent} agent */ agent => {
    const id = agent.agent_id;
    if (link.textContent !== id) {
      link.textContent = id;
      link.href = `/agents/${encodeURIComponent(id)}`;
    }
    const condition = conditionOf(agent);
    pill.className = `pill ${CONDITIONS[condition].tone}`;
    say(pill, CONDITIONS[condition].words);
    const page = mainPage(agent);
    say(title, !page ? 'No page known' : page.title
      || (page.url === 'about:blank' ? 'Blank page' : 'Untitled page'));
    say(url, page ? shortUrl(page.url) : '—');
    title.title = page?.title ?? '';
    url.title = page?.url ?? '';
    showLabels(labels, agent);
    thumbnail?.show(agent);
    const [key, make] = workFor(agent);
    if (workOf === key) return;
    workOf = key;
    fill(work, make());
  };
  return card;
}

/**
 * @param {HTMLElement} element
 * @param {Agent} agent
 */
function showLabels(element, agent) {
  const pairs = Object.entries(agent.labels);
  const words = pairs.map(([name, value]) => (value ? `${name}:${value}` : name));
  const told = words.join(' ');
  if (element.dataset.told === told) return;
  element.dataset.told = told;
  element.title = told;
  const rest = words.length - MOST_LABELS;
  fill(element, words.slice(0, MOST_LABELS).map(text => h('span', { class: 'label' }, text)),
    rest > 0 && h('span', { class: 'label' }, `+${rest}`));
}

/**
 * Say what an agent does now, and how to tell whether that is still so.
 * @param {Agent} agent
 * @returns {[string, () => (Node | string)[]]}
 */
function workFor(agent) {
  const commands = fleet.openCommands(agent.agent_id);
  if (!commands.length) {
    const { connected } = agent.contact;
    if (connected.value) return ['idle', () => [h('span', { class: 'soft' }, 'Nothing running')]];
    const seen = agent.last_seen_at;
    if (!seen) return ['never', () => [h('span', { class: 'soft' }, 'Never here yet')]];
    return [`away ${seen}`, () => [icon('clock'),
      h('span', { class: 'soft' }, 'Last here ', living(() => ago(seen)))]];
  }
  const first = commands.find(command => command.state === 'running') ?? commands[0];
  const more = commands.length - 1;
  return [`${first.request_id} ${first.state} ${more}`, () => [
    icon(first.action === 'request_human' ? 'hand' : 'terminal'),
    h('span', { class: 'card-action' }, first.action),
    first.state === 'queued' ? h('span', { class: 'soft' }, 'queued')
      : living(() => duration(serverNow() - Date.parse(first.started_at ?? first.created_at))),
    more > 0 ? h('span', { class: 'soft' }, `+${more}`) : '',
  ]];
}
