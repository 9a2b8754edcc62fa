import { readFileSync } from 'node:fs';

/** The version of this program. The bundle keeps its files as deep as they are here. */
export function ownVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return /"version": "([^"]+)"/.exec(text)?.[1] ?? 'unknown';
}
