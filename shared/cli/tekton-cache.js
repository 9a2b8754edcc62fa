#!/usr/bin/env node
// Plain JavaScript for any Node: an old one gets a sentence instead of a syntax error of TypeScript.
const WANTED = 24;

if (Number(process.versions.node.split('.')[0]) < WANTED) {
  process.stderr.write(`tekton-cache needs Node.js ${WANTED} or later, and this is ${process.versions.node}.\n`);
  process.exit(2);
}
// An import would look at each name of a module of Node, and so load what is behind some of them.
const { existsSync } = process.getBuiltinModule('node:fs');
process.getBuiltinModule('node:module').enableCompileCache();
// Node strips no types below node_modules, so that a published package holds JavaScript.
const stripped = new URL('main.js', import.meta.url);
const { endWithProgram } = await import(
  existsSync(stripped) ? stripped.href : new URL('main.ts', import.meta.url).href
);
await endWithProgram(process.argv.slice(2));
