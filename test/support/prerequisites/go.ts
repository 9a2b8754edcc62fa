import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { runCommand } from '../command.ts';

const MODULE = join(import.meta.dirname, '..', '..', 'tools', 'tekton');

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';

/** Go decides by itself whether it can build a module, or get a tool chain that can (GOTOOLCHAIN). */
export const requireGo = async (): Promise<void> => {
  const [, required = ''] = /^go (\S+)$/m.exec(await readFile(join(MODULE, 'go.mod'), 'utf8')) ?? [];
  const advice = `Install Go ${required} or newer (https://go.dev/dl) and put it on the PATH.`;
  await runCommand('go', ['list', '-m'], { cwd: MODULE, timeout: 300_000 }).catch((error: unknown) => {
    if (isMissing(error)) throw new Error(`Go is missing. ${advice}`, { cause: error });
    throw new Error(`Go cannot build the tools of the cluster. ${advice}\n${String(error)}`, { cause: error });
  });
};
