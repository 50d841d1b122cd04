/** One command, followed to its end by events, and through whatever cuts them. */

import * as api from './api.js';
import { isOpen } from './command_view.js';
import { fleet } from './fleet_state.js';

/** @typedef {import('./types').Command} Command */

const AGAIN_MS = 1000;

/**
 * Tell how a command stands, now and at each move, until it is over or the signal says so.
 * @param {string} requestId
 * @param {(command: Command) => void} onMove hears it whole at first and at last
 * @param {(problem: api.Problem) => void} onProblem
 * @param {AbortSignal} signal
 */
export function follow(requestId, onMove, onProblem, signal) {
  const life = new AbortController();
  signal.addEventListener('abort', () => life.abort());
  /** @type {Command | null} */
  let known = null;

  const fetchIt = async () => {
    try {
      const command = await api.command(requestId);
      if (life.signal.aborted) return;
      known = command;
      if (!isOpen(command)) life.abort();
      onMove(command);
    } catch (error) {
      if (!(error instanceof api.Problem) || life.signal.aborted) return;
      // Of an orchestrator that is away the banner tells; we go on when it is back.
      if (error.code === 'unreachable') {
        setTimeout(() => life.signal.aborted || fetchIt(), AGAIN_MS);
        return;
      }
      life.abort();
      onProblem(error);
    }
  };
  fleet.listen(({ commands, missed }) => {
    const moved = commands.filter(each => each.request_id === requestId).pop();
    if (missed || (moved && !isOpen(moved))) fetchIt();
    else if (moved && known) onMove({ ...known, ...moved });
  }, life.signal);
  fetchIt();
}

/** Return a name for a command; chosen here, it makes sending it a second time harmless. */
function freshRequestId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `ui-${[...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('')}`;
}

/**
 * Ask an agent to act, and follow that.
 * @param {string} agentId
 * @param {{[name: string]: any}} body
 * @param {(command: Command) => void} onMove
 * @param {(problem: api.Problem) => void} onProblem
 * @param {AbortSignal} signal
 */
export async function run(agentId, body, onMove, onProblem, signal) {
  const requestId = freshRequestId();
  try {
    onMove(await api.send(agentId, { ...body, request_id: requestId }));
  } catch (error) {
    if (!(error instanceof api.Problem)) throw error;
    if (error.code !== 'unreachable') {
      onProblem(error);
      return;
    }
    // It may have been heard all the same: its name will tell.
  }
  follow(requestId, onMove, onProblem, signal);
}
