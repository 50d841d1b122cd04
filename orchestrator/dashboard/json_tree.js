/** JSON as a tree that opens where one looks; what is long is shown when somebody asks for it. */

import { h, fill } from './dom.js';

/** @typedef {import('./types').Json} Json */

const LONG_TEXT = 600;
const CHUNK = 100;

/**
 * @param {Json} value
 * @param {number} [openLevels] how deep it is open at first
 * @returns {HTMLElement}
 */
export function jsonTree(value, openLevels = 2) {
  return h('div', { class: 'json', tabindex: '0', role: 'group', 'aria-label': 'JSON' },
    node(value, openLevels));
}

/**
 * @param {Json} value
 * @param {number} open
 * @param {string} [name]
 * @returns {HTMLElement}
 */
function node(value, open, name) {
  const key = name === undefined ? null : h('span', { class: 'json-key' }, `${name}: `);
  if (value === null || typeof value !== 'object') {
    return h('div', { class: 'json-line' }, key, scalar(value));
  }
  const entries = Array.isArray(value)
    ? value.map((each, at) => /** @type {[string, Json]} */ ([String(at), each]))
    : Object.entries(value);
  const isList = Array.isArray(value);
  if (!entries.length) {
    return h('div', { class: 'json-line' }, key, h('span', { class: 'soft' }, isList ? '[ ]' : '{ }'));
  }
  const rows = h('div', { class: 'json-rows' });
  const details = h('details', { prop: { open: open > 0 }, on: { toggle: () => {
    if (details.open && !rows.firstChild) more(rows, entries, open - 1, 0);
  } } }, h('summary', {}, key, h('span', { class: 'soft' },
    isList ? `[ ${entries.length} ]` : `{ ${entries.length} }`)), rows);
  if (open > 0) more(rows, entries, open - 1, 0);
  return details;
}

/**
 * @param {HTMLElement} rows
 * @param {[string, Json][]} entries
 * @param {number} open
 * @param {number} from
 */
function more(rows, entries, open, from) {
  rows.append(...entries.slice(from, from + CHUNK).map(([name, each]) => node(each, open, name)));
  const left = entries.length - from - CHUNK;
  if (left <= 0) return;
  const button = h('button', { class: 'quiet tiny', type: 'button', on: { click: () => {
    button.remove();
    more(rows, entries, open, from + CHUNK);
  } } }, `Show more (${left.toLocaleString('en')} left)`);
  rows.append(button);
}

/** @param {null | boolean | number | string} value */
function scalar(value) {
  if (typeof value !== 'string') {
    return h('span', { class: value === null ? 'soft' : 'json-number' }, String(value));
  }
  return text(value, JSON.stringify(value));
}

/**
 * Show text, and the rest of it for the asking.
 * @param {string} whole
 * @param {string} [written] as it stands among JSON
 */
export function text(whole, written = whole) {
  const element = h('span', { class: 'json-text' });
  if (written.length <= LONG_TEXT) element.append(written);
  else {
    fill(element, `${written.slice(0, LONG_TEXT)}… `, h('button', {
      class: 'quiet tiny', type: 'button', on: { click: () => fill(element, written) },
    }, `Show all ${whole.length.toLocaleString('en')} characters`));
  }
  return element;
}
