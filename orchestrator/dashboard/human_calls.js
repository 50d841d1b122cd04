/** `request_human`, as it reaches the person: what is asked, and a place for the answer. */

import * as api from './api.js';
import { h, fill, freshId } from './dom.js';
import { fleet } from './fleet_state.js';
import { ago } from './format.js';
import { icon } from './icons.js';
import { whoAmI } from './me.js';
import { living } from './view.js';

/** @typedef {import('./types').CommandSummary} CommandSummary */

export class HumanCalls {
  /** @param {string} agentId */
  constructor(agentId) {
    this.agentId = agentId;
    this.element = h('div', { class: 'calls', 'aria-live': 'polite' });
    /** @type {Map<string, HTMLElement>} */
    this.shown = new Map();
  }

  show() {
    const open = fleet.openCommands(this.agentId).filter(command => command.action === 'request_human'
      && command.state !== 'queued');
    const ids = new Set(open.map(command => command.request_id));
    for (const [id, element] of this.shown) {
      if (ids.has(id)) continue;
      element.remove();
      this.shown.delete(id);
    }
    for (const command of open) {
      if (this.shown.has(command.request_id)) continue;
      const element = this.make(command);
      this.shown.set(command.request_id, element);
      this.element.append(element);
    }
  }

  /** @param {CommandSummary} command */
  make(command) {
    const noteId = freshId();
    const reason = h('p', { class: 'call-reason' }, '…');
    const wrong = h('p', { class: 'wrong', role: 'alert', hidden: true });
    const note = h('input', { id: noteId, type: 'text', maxlength: '1000', autocomplete: 'off',
      placeholder: 'What it should know, if anything' });
    const done = h('button', { type: 'submit' }, icon('check'), 'Done, go on');
    api.command(command.request_id).then(
      whole => fill(reason, whole.withheld ? 'What it asks is not shown to visitors.'
        : String(whole.params.reason ?? '')),
      () => fill(reason, 'What it asks could not be fetched.'));
    return h('section', { class: 'call', 'aria-label': 'A person is asked for' },
      h('div', { class: 'call-head' }, icon('hand'), h('h2', {}, `${this.agentId} asks for a person`),
        h('span', { class: 'soft' }, living(() => ago(command.started_at ?? command.created_at)),
          command.page && [' · ', h('a', {
          href: `/agents/${encodeURIComponent(this.agentId)}?page=${encodeURIComponent(command.page.id)}`,
        }, `page ${command.page.id}`)])),
      reason,
      whoAmI().can_control && h('form', { on: { submit: async (/** @type {Event} */ event) => {
        event.preventDefault();
        done.disabled = true;
        wrong.hidden = true;
        const told = await this.release(command, note.value).catch(error => error.message);
        if (!told) return;
        done.disabled = false;
        wrong.hidden = false;
        fill(wrong, told);
      } } }, h('label', { for: noteId }, 'Note'), note, done), wrong);
  }

  /**
   * Say that it is done; answers what went wrong, if something did.
   * @param {CommandSummary} command
   * @param {string} note
   */
  async release(command, note) {
    const call = fleet.agents.get(this.agentId)?.browser?.human_calls?.find(
      each => each.request_id === command.request_id);
    const answer = await api.post(`/api/agents/${encodeURIComponent(this.agentId)}/commands`,
      { action: 'release_human', params: { ...(note && { note }), ...(call && { request: call.id }) } }, { wait: 10 });
    return answer.error?.message ?? '';
  }
}
