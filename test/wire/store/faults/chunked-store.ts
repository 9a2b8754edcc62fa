import { randomBytes } from 'node:crypto';
import type { Store } from '../../../../shared/store/store.ts';
import { newTransfer } from '../../../../shared/store/transfer.ts';
import { MIB, status, UPLOADS } from '../fault-bench.ts';
import type { FaultBench } from '../fault-bench.ts';
import { writeAll } from '../store-contract.ts';

/** A store that has met a registry, or a proxy before it, that takes no stream. */
export const inChunks = async (bench: FaultBench, target = bench.open()): Promise<Store> => {
  bench.proxy.on('PATCH', UPLOADS, status(411));
  await writeAll(target, randomBytes(9 * MIB));
  bench.proxy.received.length = 0;
  Object.assign(bench.transfer, newTransfer());
  return target;
};
