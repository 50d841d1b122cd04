/** What a page asks of whoever drives it: an answer to its dialog, or files. */

import { ask } from './api.js';
import { freshId, h, say } from './dom.js';
import { icon } from './icons.js';

/** @typedef {(message: {type: string, [key: string]: unknown}) => void} Answer */

/**
 * @param {import('./types').Dialog} dialog
 * @param {Answer} answer
 */
export function dialogForm(dialog, answer) {
  const input = dialog.type === 'prompt' ? h('input', { type: 'text', 'aria-label': 'Answer',
    value: dialog.default ?? '' }) : null;
  const close = (/** @type {boolean} */ accept) => answer(
    { type: 'dialog', accept, text: accept && input ? input.value : null });
  return h('section', { class: 'call', 'aria-label': 'A dialog of the page' },
    h('div', { class: 'call-head' }, icon('alert'), h('h2', {}, `The page shows: ${dialog.type}`)),
    h('p', { class: 'call-reason' }, dialog.message),
    h('form', { on: { submit: (/** @type {Event} */ event) => {
      event.preventDefault();
      close(true);
    } } }, input, h('button', { type: 'submit' }, 'OK'), dialog.type !== 'alert' && h('button', {
      class: 'quiet', type: 'button', on: { click: () => close(false) } }, 'Cancel')));
}

/**
 * @param {{number: number, multiple: boolean}} chooser
 * @param {Answer} answer
 */
export function chooserForm(chooser, answer) {
  const id = freshId();
  const input = h('input', { id, type: 'file', multiple: chooser.multiple });
  const wrong = h('p', { class: 'wrong', role: 'alert', hidden: true });
  const give = (/** @type {string[]} */ ids) => answer(
    { type: 'files', chooser: chooser.number, artifact_ids: ids });
  const ready = h('button', { type: 'submit' }, 'Give to the page');
  return h('section', { class: 'call', 'aria-label': 'The page asks for files' },
    h('div', { class: 'call-head' }, icon('file'), h('h2', {}, 'The page asks for files')),
    h('form', { on: { submit: async (/** @type {Event} */ event) => {
      event.preventDefault();
      ready.disabled = true;
      try {
        give(await Promise.all([...input.files ?? []].map(upload)));
      } catch (error) {
        wrong.hidden = false;
        say(wrong, /** @type {Error} */ (error).message);
      }
      ready.disabled = false;
    } } }, h('label', { for: id }, 'Files of your machine'), input, ready,
    h('button', { class: 'quiet', type: 'button', on: { click: () => give([]) } }, 'Choose nothing')), wrong);
}

/**
 * @param {File} file
 * @returns {Promise<string>} the id of the artifact that it is now
 */
async function upload(file) {
  const answer = await ask(`/api/artifacts?name=${encodeURIComponent(file.name)}`, {
    method: 'POST', body: file,
    headers: { 'Content-Type': file.type || 'application/octet-stream' },
  });
  return (await answer.json()).artifact_id;
}
