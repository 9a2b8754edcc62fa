import { join } from 'node:path';

import { enterIsolation } from '../machine/isolation.ts';

interface OutageOptions {
  /** From the death of the processes to the start of the next ones. */
  readonly awayMs: number;
  /** etcd dies at the same moment. Its files stay. */
  readonly etcd?: boolean;
}

/** In milliseconds since the epoch. */
export interface Outage {
  readonly killedAt: number;
  /** The API server answered at `/readyz` again. */
  readonly readyAt: number;
}

const PROGRAM = join(import.meta.dirname, 'crash-and-start.ts');

/** Kills the API server of the local cluster without a word, and starts it again with the same arguments. Returns when it is ready. */
export const crashApiServer = async ({ awayMs, etcd = false }: OutageOptions): Promise<Outage> => {
  const args = [String(awayMs), ...(etcd ? ['etcd'] : [])];
  const outage: Outage = JSON.parse(await enterIsolation([process.execPath, PROGRAM, ...args]));
  return outage;
};
