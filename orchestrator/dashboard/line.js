/** The banner that says when the orchestrator is away: since when, and when it is tried again. */

import { h, fill, say } from './dom.js';
import { fleet } from './fleet_state.js';
import { clock, whole } from './format.js';
import { icon } from './icons.js';
import { View } from './view.js';

/** A restart takes a moment, and nobody needs to hear of less. */
const PATIENCE_MS = 700;

class Line extends View {
  line = fleet.stream.line;

  /** @param {AbortSignal} signal */
  start(signal) {
    this.line = fleet.stream.line;
    this.since = h('span');
    this.again = h('span', { class: 'again', 'aria-hidden': 'true' });
    const now = h('button', { class: 'quiet', type: 'button', on: {
      click: () => fleet.stream.connect(),
    } }, 'Try now');
    this.banner = h('div', { class: 'banner', hidden: true }, icon('alert'), this.since,
      this.again, now);
    fill(this, h('div', { role: 'status' }, this.banner));
    /** @param {import('./events.js').Line} line */
    const listener = line => { this.line = line; this.show(); };
    fleet.lineListeners.add(listener);
    const ticks = setInterval(() => this.show(), 250);
    signal.addEventListener('abort', () => {
      fleet.lineListeners.delete(listener);
      clearInterval(ticks);
    });
    this.show();
  }

  show() {
    const { state, since, retryAt } = this.line;
    const isAway = state === 'away' && Date.now() - since > PATIENCE_MS;
    this.banner.hidden = !isAway;
    document.body.classList.toggle('is-away', isAway);
    if (!isAway) return;
    say(this.since, `The orchestrator has not answered since ${clock(since)}. `
      + 'What you see is from then.');
    const left = Math.ceil((retryAt - Date.now()) / 1000);
    say(this.again, left > 0 ? `Trying again in ${whole(left)}.` : 'Trying …');
  }
}
customElements.define('x-line', Line);
