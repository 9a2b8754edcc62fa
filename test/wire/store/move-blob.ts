/**
 * A process that moves one blob and says how much memory it took: `node move-blob.ts REFERENCE MEBIBYTES`. The source
 * makes the blob of one block that it changes each time; the sink lets the event loop turn for each chunk.
 */
import process from 'node:process';

import { openStore } from '../../../shared/store/open-store.ts';

const [, , target = '', mebibytes = '0'] = process.argv;
const { store } = openStore(target);
const block = Buffer.alloc(1024 * 1024, 'content');

const written = await store.writeBlob('application/octet-stream', async (write) => {
  for (let count = 0; count < Number(mebibytes); count++) {
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
process.stdout.write(JSON.stringify({ read, mebibytes: process.resourceUsage().maxRSS / 1024 }));
