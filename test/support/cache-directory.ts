import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where everything lives that is dear to make and may be deleted at any time: tools, images, downloads. */
export const cacheDirectory = (...path: readonly string[]): string =>
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'tekton-cache', ...path);
