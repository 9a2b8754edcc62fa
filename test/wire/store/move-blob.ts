/**
 * A process that moves one blob and says how much memory it took: `node move-blob.ts REFERENCE MEBIBYTES`. The source
 * makes a new block each time, as packing does; the sink lets the event loop turn for each chunk.
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';

import { openStore } from '../../../shared/store/open-store.ts';

const [, , target = '', mebibytes = '0'] = process.argv;
const { store } = openStore(target);

const written = await store.writeBlob('application/octet-stream', async (write) => {
  for (let count = 0; count < Number(mebibytes); count++) {
    const block = Buffer.alloc(1024 * 1024, 'content');
    block.writeUInt32LE(count);
    await write(block);
  }
});
let read = 0;
await store.readBlob(written, async (chunk) => {
  read += chunk.length;
  await new Promise(setImmediate);
});
await store.close();
process.stdout.write(JSON.stringify({ read, mebibytes: peakMebibytes() }));

/** Of this program alone: `maxRSS` begins with the memory of the process that started it. */
function peakMebibytes(): number {
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kibibytes) / 1024;
}
