import { chmod, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

const FOR_ALL_USERS = 0o777;

/**
 * Makes the directory of a cache that only a preset knows of. Steps of the Task may run as other users, and their tools write beside what we restore.
 * So a new directory is writable for all users of the pod, as the volume itself is.
 */
export async function provideDirectory(dir: string): Promise<void> {
  const first = await mkdir(dir, { recursive: true });
  if (first === undefined) return;
  for (let made = dir; made.startsWith(first); made = dirname(made)) await chmod(made, FOR_ALL_USERS);
}
