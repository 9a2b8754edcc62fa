import { chmod } from 'node:fs/promises';
import { dirname } from 'node:path';

import { CacheError, ERROR_CODES, messageOf } from '../../errors.ts';
import { makeDirectories } from '../../make-directories.ts';

const FOR_ALL_USERS = 0o777;

/**
 * Makes the directory of a cache that only a preset knows of. Steps of the Task may run as other users, and their tools write beside what we restore.
 * So a new directory is writable for all users of the pod, as the volume itself is.
 *
 * @throws CacheError `Unwritable`
 */
export async function provideDirectory(dir: string): Promise<void> {
  try {
    const first = makeDirectories(dir);
    if (first === undefined) return;
    for (let made = dir; made.startsWith(first); made = dirname(made)) await chmod(made, FOR_ALL_USERS);
  } catch (error) {
    const message = `The directory ${dir} cannot be made: ${messageOf(error)}. Name one below a workspace or a volume that the user of the step may write.`;
    throw new CacheError(ERROR_CODES.Unwritable, message, { cause: error });
  }
}
