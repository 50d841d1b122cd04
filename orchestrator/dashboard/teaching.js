/** What the fleet shows while there is nobody: how the first agent comes to be. */

import { copyable } from './copying.js';
import { h } from './dom.js';

export function teaching() {
  const here = location.origin;
  return h('div', { class: 'teaching' },
    h('h2', {}, 'Your first agent'),
    h('p', {}, 'An agent is a browser with a name. It runs wherever you like, dials out to this '
      + 'orchestrator, and stays; you send it commands by its name. It appears here by itself.'),
    h('ol', {},
      h('li', {}, h('h3', {}, 'On the orchestrator’s own machine'),
        h('p', {}, 'It enrols by itself.'),
        copyable(`xagent agent alpha --url ${here}`)),
      h('li', {}, h('h3', {}, 'Or on another machine'),
        h('p', {}, 'Make a token here, good once and for an hour, and give it to the agent there.'),
        copyable('xagent token --agent shop-1'),
        copyable(`XAGENT_ENROLMENT_TOKEN=… xagent agent shop-1 --url ${here}`)),
      h('li', {}, h('h3', {}, 'Then ask it something'),
        copyable('xagent run alpha goto url=https://example.com/'))));
}
