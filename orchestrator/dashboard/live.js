/** The live picture of a page. */

import { h, fill } from './dom.js';
import { icon } from './icons.js';
import { View } from './view.js';

export class Live extends View {
  agentId = '';
  pageId = '';

  start() {
    fill(this, h('div', { class: 'stage-empty' }, icon('agent'),
      h('p', {}, 'This orchestrator gives no live picture.')));
  }

  /** @param {string} pageId */
  look(pageId) {
    this.pageId = pageId;
  }
}
customElements.define('x-live', Live);
