import { readFileSync } from 'node:fs';

/**
 * Bits that a mode loses when a file is made with it. The umask is read, and never changed: it is one for the whole process, and what else is
 * made meanwhile would be open to everybody. `process.umask()` changes it for a moment to read it.
 */
export const UMASK = readUmask();

/** Where the kernel does not tell, any bit may be lost. */
function readUmask(): number {
  try {
    const [, digits = '777'] = /^Umask:\s*([0-7]+)$/m.exec(readFileSync('/proc/self/status', 'latin1')) ?? [];
    return Number.parseInt(digits, 8);
  } catch {
    return 0o777;
  }
}
