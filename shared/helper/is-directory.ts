import { statSync } from 'node:fs';

/** False as well for what cannot be looked at: a link in a circle, a name that is too long, a way that is not this user's. */
export function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
