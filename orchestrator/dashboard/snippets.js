/** The same command for curl, for the command line and for Python, quoted so that it can be run. */

/** @typedef {import('./types').Json} Json */
/** @typedef {{action: string, params: {[name: string]: Json}, page?: string, timeout?: number,
 *   if_offline?: string, record?: string}} Body */

/**
 * Quote for a POSIX shell.
 * @param {string} text
 */
export function quoted(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replace(/'/g, "'\\''")}'`;
}

/**
 * @param {string} origin
 * @param {string} agentId
 * @param {Body} body
 */
export function curl(origin, agentId, body) {
  const url = `${origin}/api/agents/${encodeURIComponent(agentId)}/commands`;
  return [
    `curl -s ${quoted(url)} \\`,
    '  -H "Authorization: Bearer $(xagent token)" \\',
    "  -H 'Content-Type: application/json' \\",
    `  -d ${quoted(JSON.stringify(body))}`,
  ].join('\n');
}

/**
 * @param {string} agentId
 * @param {Body} body
 * @param {import('./types').Schema} schema of the params
 */
export function commandLine(agentId, body, schema) {
  const words = ['xagent', 'run', agentId, body.action];
  for (const [name, value] of Object.entries(body.params)) {
    words.push(pair(name, value, schema.properties?.[name]));
  }
  if (body.page) words.push('--page', body.page);
  if (body.timeout) words.push('--timeout', String(body.timeout));
  if (body.if_offline === 'queue') words.push('--queue');
  if (body.record) words.push('--record', body.record);
  return words.map(quoted).join(' ');
}

/**
 * @param {string} name
 * @param {Json} value
 * @param {import('./types').Schema | undefined} schema
 */
function pair(name, value, schema) {
  // Plain text is for what can only be text; all else is said outright.
  if (typeof value !== 'string' || !takesText(schema)) {
    return `${name}:=${JSON.stringify(value)}`;
  }
  return `${name}=${value.startsWith('@') ? `@${value}` : value}`;
}

/** @param {import('./types').Schema | undefined} schema @returns {boolean} */
function takesText(schema) {
  if (!schema) return false;
  if (schema.enum) return schema.enum.every((/** @type {Json} */ each) => typeof each === 'string');
  const choices = schema.anyOf ?? schema.oneOf;
  return choices ? choices.some(takesText) : schema.type === 'string';
}

/**
 * @param {string} origin
 * @param {string} agentId
 * @param {Body} body
 */
export function python(origin, agentId, body) {
  const { action, params, ...how } = body;
  const words = [literal(action), literal(params),
    ...Object.entries(how).map(([name, value]) => `${name}=${literal(value)}`)];
  return [
    'from xagent_client import Client',
    '',
    `with Client(${literal(origin)}) as client:`,
    `    command = client.agent(${literal(agentId)}).run(${words.join(', ')})`,
    '    print(command.state, command.result)',
  ].join('\n');
}

/** @param {Json | undefined} value @returns {string} */
function literal(value) {
  if (value === null || value === undefined) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value !== 'object') return JSON.stringify(value);
  return `{${Object.entries(value).map(([name, each]) => `${JSON.stringify(name)}: ${literal(each)}`).join(', ')}}`;
}
