/**
 * The right to drive a page by hand, for a while and for one person. Its token is made here, goes
 * along with all that is done under it, and is kept by this tab alone.
 */

import { Problem, send } from './api.js';
import { run } from './following.js';

/** @typedef {import('./types').Command} Command */

const LEASE_SECONDS = 60;
const NAME_KEY = 'xagent-name';

export class Lease {
  /**
   * @param {string} agentId
   * @param {string} pageId
   */
  constructor(agentId, pageId) {
    this.agentId = agentId;
    this.pageId = pageId;
    this.isHeld = false;
    this.endsAt = 0;
    this.key = `xagent-lease ${agentId} ${pageId}`;
    // A reload of this tab does not lock out the very person who has the lease.
    this.token = sessionStorage.getItem(this.key) ?? freshToken();
    this.mayBeHeld = sessionStorage.getItem(this.key) !== null;
  }

  /**
   * Ask for it; hears of each move of the command that asks.
   * @param {string} holder
   * @param {boolean} interrupts
   * @param {(command: Command) => void} onMove
   * @param {(problem: import('./api.js').Problem) => void} onProblem
   * @param {AbortSignal} signal
   */
  take(holder, interrupts, onMove, onProblem, signal) {
    sessionStorage.setItem(this.key, this.token);
    run(this.agentId, {
      action: 'take_control', page: this.pageId, control_token: this.token, timeout: 120,
      params: { holder, seconds: LEASE_SECONDS, interrupt: interrupts },
    }, command => {
      if (command.state === 'succeeded') {
        this.isHeld = true;
        this.extend();
      } else if (command.finished_at) this.forget();
      onMove(command);
    }, problem => {
      this.forget();
      onProblem(problem);
    }, signal);
  }

  /** Note that something was done under it, which makes it last. */
  extend() {
    this.endsAt = Date.now() + LEASE_SECONDS * 1000;
  }

  /**
   * Hand the page back.
   * @param {string} note
   */
  async giveBack(note) {
    const { token } = this;
    try {
      await send(this.agentId, { action: 'return_control', page: this.pageId, control_token: token,
        params: note ? { note } : {} });
    } catch (error) {
      // Not heard, it is still held, and the note is still to be told.
      if (error instanceof Problem && error.code === 'unreachable') throw error;
      this.forget();
      throw error;
    }
    this.forget();
  }

  /** It is over; another one needs a token of its own. */
  forget() {
    this.isHeld = false;
    this.mayBeHeld = false;
    sessionStorage.removeItem(this.key);
    this.token = freshToken();
  }
}

/** @returns {string} */
export function rememberedName() {
  return localStorage.getItem(NAME_KEY) ?? '';
}

/** @param {string} name */
export function rememberName(name) {
  localStorage.setItem(NAME_KEY, name);
}

function freshToken() {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '');
}
