/** A command, told whole: how it stands, what came of it, and what it left behind. */

import { serverNow } from './api.js';
import { copyButton } from './copying.js';
import { h } from './dom.js';
import { OPEN_STATES } from './fleet_state.js';
import { duration, many, size } from './format.js';
import { icon } from './icons.js';
import { jsonTree, text } from './json_tree.js';
import { whoAmI } from './me.js';
import { living } from './view.js';

/** @typedef {import('./types').Command} Command */
/** @typedef {import('./types').CommandSummary} CommandSummary */
/** @typedef {import('./types').Artifact} Artifact */

/** @type {{[state in import('./types').State]: {words: string, tone: string}}} */
export const STATES = {
  queued: { words: 'Queued', tone: 'off' },
  dispatched: { words: 'Sent', tone: 'info' },
  running: { words: 'Running', tone: 'info' },
  succeeded: { words: 'Succeeded', tone: 'ok' },
  failed: { words: 'Failed', tone: 'bad' },
  cancelled: { words: 'Cancelled', tone: 'off' },
  expired: { words: 'Expired', tone: 'warn' },
  timed_out: { words: 'Timed out', tone: 'bad' },
  lost: { words: 'Lost', tone: 'bad' },
};

/** @type {{[effect: string]: string}} */
const EFFECTS = {
  none: 'It changed nothing.',
  partial: 'It ran in part.',
  complete: 'It ran to its end.',
  unknown: 'Nobody can know whether it ran.',
};

/** @param {CommandSummary} command */
export const isOpen = command => OPEN_STATES.includes(command.state);

/** @param {CommandSummary} command */
export function statePill(command) {
  const { words, tone } = STATES[command.state] ?? { words: command.state, tone: 'off' };
  return h('span', { class: `pill ${tone}` }, words);
}

/** @param {CommandSummary} command @returns {number | null} milliseconds */
export function lasted(command) {
  if (command.duration_ms !== null) return command.duration_ms;
  if (!command.started_at || !command.finished_at) return null;
  return Date.parse(command.finished_at) - Date.parse(command.started_at);
}

/** @param {CommandSummary} command */
export function lastedWords(command) {
  if (isOpen(command)) {
    const since = Date.parse(command.started_at ?? command.created_at);
    return living(() => duration(serverNow() - since));
  }
  const ms = lasted(command);
  return h('span', {}, ms === null ? '—' : duration(ms));
}

/** @param {Artifact} artifact */
export const artifactUrl = artifact => `/api/artifacts/${encodeURIComponent(artifact.artifact_id)}`;

/**
 * Say who asked for a command: nothing if that is not known, as of those of older releases.
 * @param {CommandSummary} command
 */
export function asker(command) {
  const by = command.requested_by ?? '';
  return by && by === whoAmI().name ? 'you' : by;
}

/** @param {Artifact} artifact */
export const isPicture = artifact => /^image\/(png|jpeg|webp|gif)$/.test(artifact.content_type);

/** @param {Artifact} artifact */
export const isTrace = artifact => /(^|\.)trace\.zip$/.test(artifact.name);

/**
 * What came of a command, without its head.
 * @param {Command} command
 * @returns {Node[]}
 */
export function outcome(command) {
  return [
    command.error && fault(command),
    command.dialog && h('p', { class: 'note' }, icon('alert'), h('span', {}, `A ${
      command.dialog.type} was shown and ${command.dialog.action}: “${command.dialog.message}”`)),
    ...command.notices.map(notice => h('p', { class: 'note' }, icon('alert'), h('span', {}, notice))),
    ...artifacts(command.artifacts),
    command.state === 'succeeded' && !command.withheld && result(command),
  ].filter(part => part instanceof Node);
}

/** @param {Command} command */
function fault(command) {
  const error = /** @type {NonNullable<Command['error']>} */ (command.error);
  return h('div', { class: 'fault' },
    h('div', { class: 'fault-head' }, h('code', {}, error.code),
      h('span', {}, EFFECTS[command.effect] ?? '')),
    h('p', {}, error.message),
    error.details && jsonTree(error.details, 1));
}

/** @param {Command} command */
function result(command) {
  const value = command.result;
  const whole = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  if (value === null) return h('p', { class: 'soft' }, 'It answered nothing, as it should.');
  return h('section', { class: 'block' },
    h('div', { class: 'block-head' }, h('h2', {}, 'Result'), copyButton(() => whole)),
    typeof value === 'string' ? h('pre', { class: 'plain', tabindex: '0' }, text(value))
      : jsonTree(value));
}

/** @param {Artifact[]} items */
function artifacts(items) {
  if (!items.length) return [];
  const pictures = items.filter(isPicture);
  const files = items.filter(item => !isPicture(item));
  return [
    pictures.length > 0 && h('div', { class: 'pictures' }, pictures.map(picture)),
    files.length > 0 && h('ul', { class: 'files', 'aria-label': many(files.length, 'file') },
      files.map(file)),
  ].filter(part => part instanceof Node);
}

/** @param {Artifact} artifact */
function picture(artifact) {
  return h('figure', {}, h('a', { href: artifactUrl(artifact), download: artifact.name,
    title: 'Download' }, h('img', { src: artifactUrl(artifact), alt: `Picture ${artifact.name}`,
    loading: 'lazy', decoding: 'async' })),
  h('figcaption', { class: 'soft' }, artifact.name, ' · ', size(artifact.size)));
}

/** @param {Artifact} artifact */
function file(artifact) {
  return h('li', {}, icon(isTrace(artifact) ? 'film' : 'file'),
    h('span', { class: 'file-name' }, artifact.name),
    h('span', { class: 'soft' }, size(artifact.size)),
    isTrace(artifact) && h('a', { class: 'button quiet', target: '_blank', rel: 'noopener',
      href: `/traces/${encodeURIComponent(artifact.artifact_id)}` }, icon('share'), 'Open the trace'),
    h('a', { class: 'button quiet', href: artifactUrl(artifact), download: artifact.name },
      icon('download'), 'Download'));
}
