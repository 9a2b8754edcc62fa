import { homedir } from 'node:os';
import { join } from 'node:path';

/** The place of files that take long to make: tools, images, downloads. Anybody may delete it at any time. */
export const cacheDirectory = (...path: readonly string[]): string =>
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'tekton-cache', ...path);
