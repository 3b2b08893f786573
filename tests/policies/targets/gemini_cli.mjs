// Asks Gemini CLI's own policy engine what it does with files of rules.
// node gemini_cli.mjs FOLDER-OF-THE-PACKAGE FILE: the file is a list of {text, tools}, stdout a list of {tool: decision}.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [, , core, file] = process.argv;
const from = (name) => import(pathToFileURL(join(core, 'dist', 'src', name)).href);
const { loadPoliciesFromToml } = await from('policy/toml-loader.js');
const { PolicyEngine } = await from('policy/policy-engine.js');
const { generateValidName } = await from('tools/mcp-tool.js');
console.debug = () => {};

const USER_TIER = 4;
const YOLO = { toolName: '*', decision: 'allow', priority: 1.998, modes: ['yolo'] };
const folder = mkdtempSync(join(tmpdir(), 'gemini-'));
const found = [];
for (const { text, tools } of JSON.parse(readFileSync(file, 'utf8'))) {
  writeFileSync(join(folder, 'server.toml'), text);
  const { rules, errors } = await loadPoliciesFromToml([folder], () => USER_TIER);
  const faults = errors.filter((error) => error.severity !== 'warning');
  if (faults.length) throw new Error(JSON.stringify(faults));
  const engine = new PolicyEngine({ rules: [...rules, YOLO], approvalMode: 'yolo' });
  const names = new Map(tools.map((tool) => [tool, generateValidName(`server_${tool}`)]));
  const metadata = new Map([...names.values()].map((name) => [name, { _serverName: 'server' }]));
  const excluded = engine.getExcludedTools(metadata, new Set(names.values()));
  const decisions = [];
  for (const [tool, name] of names) {
    const { decision } = await engine.check({ name, args: { a: 1 } }, 'server', { _serverName: 'server' });
    decisions.push([tool, excluded.has(name) ? 'hidden' : decision]);
  }
  found.push(decisions);
}
rmSync(folder, { recursive: true });
process.stdout.write(JSON.stringify(found));
