/** The page: its frame, its views by their paths, and what can be reached from everywhere. */

import './line.js';
import './agent.js';
import './command.js';
import './fleet.js';
import './history.js';
import { h, fill } from './dom.js';
import { fleet } from './fleet_state.js';
import { icon } from './icons.js';
import { shortcut } from './keys.js';
import { learnWhoIAm, whoAmI } from './me.js';
import { openHelp, openPalette } from './palette.js';
import { go, otherwise, route, start, title } from './router.js';

/**
 * @param {string} tag
 * @returns {(params: {[name: string]: string}) => HTMLElement}
 */
const view = tag => params => Object.assign(document.createElement(tag), { params });

route('/', view('x-fleet'));
route('/agents/:id', view('x-agent'));
for (const part of ['run', 'history', 'about']) {
  route(`/agents/:id/${part}`, params => view('x-agent')({ ...params, part }));
}
route('/history', view('x-history'));
route('/commands/:id', view('x-command'));
otherwise(() => {
  title('Not found');
  return h('div', { class: 'empty' }, h('h1', {}, 'There is nothing here'),
    h('p', {}, 'No view has this address. '), h('a', { class: 'button', href: '/' }, 'To the fleet'));
});

shortcut('?', 'This list', () => openHelp());
shortcut('g f', 'Go to the fleet', () => go('/'));
shortcut('g h', 'Go to the history', () => go('/history'));

function showTools() {
  const isVisitor = !whoAmI().can_control;
  const onMac = /mac|iphone|ipad/i.test(navigator.userAgent);
  fill(/** @type {Element} */ (document.getElementById('tools')),
    isVisitor && h('span', { class: 'pill info' }, h('span', {}, 'Watching', h('span', { class: 'wide-only' }, ' only'))),
    h('button', { class: 'jump', type: 'button', 'aria-keyshortcuts': 'Control+K Meta+K', on: {
      click: () => openPalette(),
    } }, icon('search'), h('span', { class: 'jump-words' }, 'Jump to …'),
    h('kbd', {}, onMac ? '⌘K' : 'Ctrl K')),
    h('button', { class: 'quiet icon-only help', type: 'button', 'aria-label': 'Shortcuts', on: {
      click: () => openHelp(),
    } }, icon('help')),
    h('form', { method: 'post', action: '/sign-out', class: 'sign-out' },
      h('button', { class: 'quiet leave', type: 'submit' }, 'Sign out')));
}

function markNav() {
  for (const link of document.querySelectorAll('.nav a')) {
    const path = link.getAttribute('href');
    const isHere = path === location.pathname || (path === '/' && /^\/agents\//.test(location.pathname))
      || (path === '/history' && /^\/commands\//.test(location.pathname));
    if (isHere) link.setAttribute('aria-current', path === location.pathname ? 'page' : 'true');
    else link.removeAttribute('aria-current');
  }
}

addEventListener('x-routed', markNav);
/** Nothing is asked for before it is known who asks: a visitor sees one agent, by its own paths. */
async function begin() {
  showTools();
  await learnWhoIAm();
  showTools();
  fleet.start();
  start();
}

begin().catch(error => {
  if (error.status === 401) return;
  fill(/** @type {Element} */ (document.getElementById('main')), h('div', { class: 'empty' },
    h('h1', {}, 'The orchestrator does not answer'), h('p', {}, error.message),
    h('button', { type: 'button', on: { click: () => location.reload() } }, 'Try again')));
});
