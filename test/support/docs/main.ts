/**
 * Writes the parts of the reference pages that come from the code, or with `--check` says which are out of date.
 *
 * A part stands between `<!-- from the code: NAME -->` and `<!-- end -->`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { WILD_TABLES } from '../../rewrite/wild/share.ts';
import { CONFIGURATION_TABLES } from './configuration-tables.ts';
import { INTERFACE_TABLES } from './interface-tables.ts';
import { PRESET_TABLES } from './preset-tables.ts';
import { RESOLVER_TABLES } from './resolver-tables.ts';

const DOCS = new URL('../../../docs/', import.meta.url);
const PAGES: Readonly<Record<string, Readonly<Record<string, () => string>>>> = {
  'interface.md': INTERFACE_TABLES,
  'configuration.md': CONFIGURATION_TABLES,
  'presets.md': PRESET_TABLES,
  'real-pipelines.md': WILD_TABLES,
  'resolvers.md': RESOLVER_TABLES,
};

const PART = /(<!-- from the code: (\w+) -->\n)[\s\S]*?(<!-- end -->)/g;

function filled(name: string, text: string, parts: Readonly<Record<string, () => string>>): string {
  const missing = new Set(Object.keys(parts));
  const page = text.replaceAll(PART, (_, begin: string, part: string, end: string) => {
    const make = parts[part];
    if (make === undefined) throw new Error(`docs/${name}: nothing in the code makes the part "${part}".`);
    missing.delete(part);
    return `${begin}\n${make()}\n${end}`;
  });
  if (missing.size > 0) throw new Error(`docs/${name}: there is no place for ${[...missing].join(', ')}.`);
  return page;
}

const check = process.argv.includes('--check');
const stale: string[] = [];
for (const [name, parts] of Object.entries(PAGES)) {
  const file = new URL(name, DOCS);
  const text = readFileSync(file, 'utf8');
  const page = filled(name, text, parts);
  if (page === text) continue;
  stale.push(`docs/${name}`);
  if (!check) writeFileSync(file, page);
}
if (stale.length > 0)
  console.log(check ? `Out of date, run \`npm run docs\`: ${stale.join(', ')}` : `Wrote ${stale.join(', ')}`);
process.exitCode = check && stale.length > 0 ? 1 : 0;
