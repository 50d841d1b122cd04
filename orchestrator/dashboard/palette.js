/** Going anywhere by its name (Ctrl-K or ⌘K), and the list of shortcuts (`?`). */

import { h, fill, freshId } from './dom.js';
import { CONDITIONS, conditionOf, fleet, mainPage } from './fleet_state.js';
import { icon } from './icons.js';
import { allShortcuts } from './keys.js';
import { whoAmI } from './me.js';
import { go } from './router.js';

/** @typedef {{name: string, more: string, kind: string, run: () => void}} Target */

const MOST = 50;

/** @returns {Target[]} */
function targets() {
  const here = /^\/agents\/([^/]+)/.exec(location.pathname)?.[1];
  /** @type {Target[]} */
  const found = [
    { name: 'Fleet', more: 'all agents', kind: 'view', run: () => go('/') },
    { name: 'History', more: 'all commands', kind: 'view', run: () => go('/history') },
  ];
  if (here) {
    found.unshift(
      ...(whoAmI().can_control ? [/** @type {Target} */ ({ name: 'Run a command',
        more: `on ${decodeURIComponent(here)}`, kind: 'view', run: () => go(`/agents/${here}/run`) })] : []),
      { name: 'History of this agent', more: decodeURIComponent(here), kind: 'view',
        run: () => go(`/agents/${here}/history`) },
    );
  }
  for (const agent of fleet.agents.values()) {
    const words = CONDITIONS[conditionOf(agent)].words;
    const page = mainPage(agent);
    found.push({ name: agent.agent_id, more: page?.title || words, kind: 'agent',
      run: () => go(`/agents/${encodeURIComponent(agent.agent_id)}`) });
  }
  found.push(
    { name: 'API reference', more: '/docs', kind: 'view', run: () => location.assign('/docs') },
    { name: 'Shortcuts', more: '?', kind: 'view', run: () => openHelp() },
  );
  return found;
}

/**
 * Say how well a name fits what was typed: lower is better, null is not at all.
 * @param {string} text
 * @param {string} wanted
 */
function fit(text, wanted) {
  const at = text.toLowerCase().indexOf(wanted);
  if (at >= 0) return at;
  let from = -1;
  for (const letter of wanted) {
    from = text.toLowerCase().indexOf(letter, from + 1);
    if (from < 0) return null;
  }
  return 100 + from;
}

/**
 * @param {string} label
 * @returns {HTMLDialogElement}
 */
export function dialog(label) {
  const element = h('dialog', { class: 'palette', 'aria-label': label, on: {
    close: () => element.remove(),
    /** @param {MouseEvent} event */
    click: event => { if (event.target === element) element.close(); },
  } });
  document.body.append(element);
  return element;
}

export function openPalette() {
  if (document.querySelector('dialog[open]')) return;
  const box = dialog('Jump to');
  const listId = freshId();
  const list = h('ul', { id: listId, role: 'listbox', 'aria-label': 'Where to' });
  let known = targets();
  /** @type {Target[]} */
  let shown = [];
  let chosen = 0;
  const input = h('input', {
    type: 'text', role: 'combobox', 'aria-expanded': 'true', 'aria-controls': listId,
    'aria-autocomplete': 'list', 'aria-label': 'Jump to an agent or a view',
    placeholder: 'Jump to an agent or a view', autocomplete: 'off', spellcheck: 'false',
    on: { input: () => show(), keydown: pressed },
  });
  fill(box, h('div', { class: 'palette-field' }, icon('search'), input), list);
  show();
  const life = new AbortController();
  box.addEventListener('close', () => life.abort());
  // Whoever is quick opens it before the agents are known.
  fleet.listen(changes => {
    if (!changes.all) return;
    known = targets();
    show();
  }, life.signal);
  box.showModal();

  function show() {
    const wanted = input.value.trim().toLowerCase();
    shown = known
      .map(target => ({ target, rank: wanted ? fit(target.name, wanted) : 0 }))
      .filter(each => each.rank !== null)
      .sort((a, b) => Number(a.rank) - Number(b.rank))
      .slice(0, MOST)
      .map(each => each.target);
    fill(list, shown.length ? shown.map((target, index) => h('li', {
      id: `${listId}-${index}`, role: 'option', on: { click: () => take(index) },
    }, icon(target.kind === 'agent' ? 'agent' : 'forward'), h('span', { class: 'target' }, target.name),
    h('span', { class: 'more' }, target.more)))
      : h('li', { class: 'none', role: 'option', 'aria-disabled': 'true' }, 'Nothing is called so.'));
    mark(0);
  }

  /** @param {number} index */
  function mark(index) {
    chosen = index;
    [...list.children].forEach((each, at) => {
      each.setAttribute('aria-selected', String(at === index && shown.length > 0));
    });
    list.children[index]?.scrollIntoView({ block: 'nearest' });
    input.setAttribute('aria-activedescendant', `${listId}-${index}`);
  }

  /** @param {number} index */
  function take(index) {
    const target = shown[index];
    if (!target) return;
    box.close();
    target.run();
  }

  /** @param {KeyboardEvent} event */
  function pressed(event) {
    const last = shown.length - 1;
    if (event.key === 'ArrowDown') mark(chosen >= last ? 0 : chosen + 1);
    else if (event.key === 'ArrowUp') mark(chosen <= 0 ? Math.max(0, last) : chosen - 1);
    else if (event.key === 'Enter') take(chosen);
    else return;
    event.preventDefault();
  }
}

/**
 * One key, keys that are held together, or one and then another.
 * @param {string} keys
 */
function keysOf(keys) {
  const between = keys.startsWith('Ctrl') ? '' : 'then';
  return keys.split(' ').flatMap((key, at) => [at > 0 && between, h('kbd', {}, key)]);
}

export function openHelp() {
  if (document.querySelector('dialog[open]')) return;
  const box = dialog('Shortcuts');
  const rows = [
    { keys: 'Ctrl K', means: 'Jump to an agent or a view' },
    { keys: 'Ctrl Alt Enter', means: 'Give the keyboard back' },
    ...allShortcuts(),
  ];
  fill(box,
    h('div', { class: 'dialog-head' }, h('h2', {}, 'Shortcuts'),
      h('button', { class: 'quiet icon-only', type: 'button', 'aria-label': 'Close',
        on: { click: () => box.close() } }, icon('close'))),
    h('dl', { class: 'keys' }, rows.map(({ keys, means }) => h('div', {},
      h('dt', {}, keysOf(keys)), h('dd', {}, means)))));
  box.showModal();
}

document.addEventListener('keydown', event => {
  if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey
    && event.key.toLowerCase() === 'k' && !event.defaultPrevented) {
    event.preventDefault();
    openPalette();
  }
});
