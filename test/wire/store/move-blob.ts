/**
 * A process that moves one blob and says how much memory it held at most: `node --expose-gc move-blob.ts REFERENCE MEBIBYTES`. The
 * source makes a new block each time, as packing does; the sink lets the event loop turn for each chunk. Garbage is collected
 * before each look: how much of it lies about is a matter of how busy the machine is.
 */
import process from 'node:process';

import { openStore } from '../../../shared/store/open-store.ts';

const MIB = 1024 * 1024;
/** Bytes that are moved between two looks. */
const STEP = 16 * MIB;

let held = 0;
let moved = 0;
const move = (bytes: number): void => {
  moved += bytes;
  if (moved < STEP) return;
  moved = 0;
  // The first leaves freed buffers to a thread, the second waits for it.
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  held = Math.max(held, heapUsed + external);
};

const [, , target = '', mebibytes = '0'] = process.argv;
const { store } = openStore(target);

const written = await store.writeBlob('application/octet-stream', async (write) => {
  for (let count = 0; count < Number(mebibytes); count++) {
    const block = Buffer.alloc(MIB, 'content');
    block.writeUInt32LE(count);
    await write(block);
    move(MIB);
  }
});
let read = 0;
await store.readBlob(written, async (chunk) => {
  read += chunk.length;
  move(chunk.length);
  await new Promise(setImmediate);
});
await store.close();
process.stdout.write(JSON.stringify({ read, mebibytes: held / MIB }));
