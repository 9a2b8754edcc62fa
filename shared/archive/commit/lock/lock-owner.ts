/** Who holds a lock, as its file says it. */
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';

export interface Owner {
  /** Which kernel the socket is on. */
  readonly boot: string;
  readonly socket: string | undefined;
  readonly beat: number;
}

/** The running kernel, or something unique where it does not say: then only heartbeats count. */
export function bootId(): string {
  try {
    return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    return randomBytes(16).toString('hex');
  }
}

export function parseOwner(text: string): Owner | 'unclear' {
  const value = parseJson(text);
  if (typeof value !== 'object' || value === null || !('boot' in value) || typeof value.boot !== 'string')
    return 'unclear';
  const socket = 'socket' in value && typeof value.socket === 'string' ? value.socket : undefined;
  if (socket !== undefined && !/^socket\.[0-9a-f]{16}$/.test(socket)) return 'unclear';
  return { boot: value.boot, socket, beat: 'beat' in value ? Number(value.beat) : 0 };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
