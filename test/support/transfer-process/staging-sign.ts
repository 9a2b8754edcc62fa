import * as fs from 'node:fs';
import { join } from 'node:path';

/** Is a fetch at work in a directory, and has it come so far that its staging has a file of this name? */
export function hasStaging(dir: string, file = ''): boolean {
  const state = join(dir, '.tekton-cache');
  const names = fs.existsSync(state) ? fs.readdirSync(state) : [];
  return names.some((name) => name.startsWith('staging') && fs.existsSync(join(state, name, file)));
}
