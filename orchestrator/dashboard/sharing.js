/** A link by which somebody else may look at one agent for a while, and do nothing to it. */

import { post, Problem } from './api.js';
import { copyable } from './copying.js';
import { h, fill, freshId } from './dom.js';
import { moment } from './format.js';
import { icon } from './icons.js';
import { dialog } from './palette.js';

const HOUR = 3600;
const DURATIONS = [['15 minutes', HOUR / 4], ['1 hour', HOUR], ['8 hours', 8 * HOUR], ['1 day', 24 * HOUR]];

/** @param {string} agentId */
export function shareButton(agentId) {
  return h('button', { class: 'quiet', type: 'button', on: { click: () => openSharing(agentId) } },
    icon('share'), 'Share');
}

/** @param {string} agentId */
function openSharing(agentId) {
  const box = dialog(`Share ${agentId}`);
  const durationId = freshId();
  const duration = h('select', { id: durationId }, DURATIONS.map(([words, seconds]) => h(
    'option', { value: seconds }, words)));
  duration.value = String(HOUR);
  const told = h('div', { 'aria-live': 'polite' });
  const make = h('button', { type: 'submit' }, 'Make a link');
  fill(box,
    h('div', { class: 'dialog-head' }, h('h2', {}, `Share ${agentId}`),
      h('button', { class: 'quiet icon-only', type: 'button', 'aria-label': 'Close',
        on: { click: () => box.close() } }, icon('close'))),
    h('form', { class: 'dialog-body', on: { submit: async (/** @type {Event} */ event) => {
      event.preventDefault();
      make.disabled = true;
      try {
        const share = await post(`/api/agents/${encodeURIComponent(agentId)}/shares`,
          { expires_in: Number(duration.value) });
        fill(told, copyable(share.url), h('p', { class: 'soft' },
          `It holds until ${moment(share.expires_at)}, and is shown only here.`));
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        fill(told, h('p', { class: 'wrong' }, error.message));
      }
      make.disabled = false;
    } } },
    h('p', { class: 'soft' }, 'Whoever has the link sees this agent’s pages as they are, its commands '
      + 'and how they ended. They can change nothing.'),
    h('div', { class: 'row' }, h('label', { for: durationId }, 'For'), duration, make), told));
  box.showModal();
}
