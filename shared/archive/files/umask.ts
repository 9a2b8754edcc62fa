let running = 0;
let outer = 0;

/**
 * Runs work under the umask 0, so that files get their modes as they are made. The umask is one for the whole process: it is
 * put back when the last of several works ends.
 */
export async function withoutUmask<T>(work: () => Promise<T>): Promise<T> {
  if (running++ === 0) outer = process.umask(0);
  try {
    return await work();
  } finally {
    if (--running === 0) process.umask(outer);
  }
}
