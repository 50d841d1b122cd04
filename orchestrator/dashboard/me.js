/** Who is looking: somebody with the token, or a visitor by a link who may only watch. */

import { ask, Problem } from './api.js';

/** @type {import('./types').Me} */
let me = { kind: 'user', can_control: true, agent_id: null, expires_at: null, name: null };

/** Ask who we are; sends whoever is nobody to sign in. */
export async function learnWhoIAm() {
  try {
    me = await (await ask('/api/me')).json();
  } catch (error) {
    // An orchestrator without this call knows the user alone.
    if (!(error instanceof Problem) || error.status !== 404) throw error;
  }
}

export const whoAmI = () => me;
