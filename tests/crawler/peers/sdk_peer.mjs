// A server built with the official SDK, whichever version of it is installed: `sdk_peer.mjs stdio`, or
// `sdk_peer.mjs streamable-http|sse PORT`, with `--stateless` and `--json` as in sdk_peer.py.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

const [transport, port = '0', ...flags] = process.argv.slice(2);
const stateless = flags.includes('--stateless');
const enableJsonResponse = flags.includes('--json');
const about = { name: 'sdk-peer', version: '1.0.0' };
const options = { capabilities: { tools: {} }, instructions: 'Be kind.' };
const number = { type: 'number' };
const schema = { type: 'object', properties: { a: number, b: { ...number, default: 1 } }, required: ['a'] };
const tools = [
  { name: 'add', description: 'Add two numbers.', inputSchema: schema },
  { name: 'delete_note', title: 'Remove a note', description: 'Delete a note for good.', inputSchema: schema },
];
const later = await import('@modelcontextprotocol/server').catch(() => null);
const first = name => import(`@modelcontextprotocol/sdk/${name}.js`);

async function server() {
  if (later) {
    const made = new later.Server(about, options);
    made.setRequestHandler('tools/list', () => ({ tools }));
    return made;
  }
  const made = new (await first('server/index')).Server(about, options);
  made.setRequestHandler((await first('types')).ListToolsRequestSchema, () => ({ tools }));
  return made;
}

function listen(handle) {
  createServer((request, response) => handle(request, response).catch(error => {
    console.error(error);
    response.destroy();
  })).listen(Number(port), '127.0.0.1');
}

async function serveStdio() {
  if (later) {
    (await import('@modelcontextprotocol/server/stdio')).serveStdio(server);
  } else {
    await (await server()).connect(new (await first('server/stdio')).StdioServerTransport());
  }
}

async function serveSse() {
  const home = later ? await import('@modelcontextprotocol/server-legacy/sse') : await first('server/sse');
  const open = new Map();
  listen(async (request, response) => {
    if (request.method === 'GET') {
      const made = new home.SSEServerTransport('/messages', response);
      open.set(made.sessionId, made);
      await (await server()).connect(made);
      return;
    }
    const session = new URL(request.url, 'http://localhost').searchParams.get('sessionId');
    if (!open.has(session)) return response.writeHead(404).end();
    await open.get(session).handlePostMessage(request, response);
  });
}

async function serveHttp() {
  if (later) {
    const { toNodeHandler, NodeStreamableHTTPServerTransport } = await import('@modelcontextprotocol/node');
    if (stateless) return listen(toNodeHandler(later.createMcpHandler(server)));
    return sessions(NodeStreamableHTTPServerTransport);
  }
  const { StreamableHTTPServerTransport } = await first('server/streamableHttp');
  if (!stateless) return sessions(StreamableHTTPServerTransport);
  listen(async (request, response) => {
    const made = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined, enableJsonResponse });
    await (await server()).connect(made);
    await made.handleRequest(request, response);
  });
}

function sessions(Transport) {
  const open = new Map();
  listen(async (request, response) => {
    const known = open.get(request.headers['mcp-session-id']);
    if (known) return known.handleRequest(request, response);
    const made = new Transport({
      sessionIdGenerator: randomUUID, enableJsonResponse, onsessioninitialized: id => { open.set(id, made); },
    });
    await (await server()).connect(made);
    await made.handleRequest(request, response);
  });
}

await { stdio: serveStdio, sse: serveSse, 'streamable-http': serveHttp }[transport]();
