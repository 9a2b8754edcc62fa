import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { expect } from 'chai';

import { FrameDownloads } from '../../../../shared/entry/fetch/frame-downloads.ts';
import type { LayerSource } from '../../../../shared/entry/fetch/frame-downloads.ts';
import { sha256 } from '../../../../shared/store/digest.ts';
import { openStore } from '../../../../shared/store/open-store.ts';
import { newTransfer } from '../../../../shared/store/transfer.ts';
import { MIB, OPTIONS } from '../fault-bench.ts';

const FRAMES = 60;
const LAYER_BYTES = FRAMES * 2 * MIB;

describe('a registry that ignores ranges', () => {
  let server: Server;
  const content = randomBytes(LAYER_BYTES);

  before(async () => {
    server = createServer((request, response) => {
      response.writeHead(200, request.url === '/v2/' ? {} : { 'content-length': LAYER_BYTES });
      response.end(request.url === '/v2/' ? '' : content);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(() => server.close());

  it('is found out once, and its layers are read as streams', async () => {
    const transfer = newTransfer();
    const target = `127.0.0.1:${(server.address() as AddressInfo).port}/app`;
    const { store } = openStore(target, { ...OPTIONS, transfer });
    const frames = Array.from({ length: FRAMES }, () => ({ size: 2 * MIB }) as LayerSource['frames'][number]);
    const descriptor = { mediaType: 'x', digest: sha256(content), size: LAYER_BYTES };
    const layer: LayerSource = { id: 0, frames, descriptor };
    const downloads = new FrameDownloads({
      store,
      layers: new Map([[0, layer]]),
      budget: 24 * MIB,
      onBytes: () => undefined,
    });
    for (let frame = 0; frame < FRAMES; frame++) downloads.want({ layer: 0, frame });
    for (let frame = 0; frame < FRAMES; frame++) {
      const bytes = await downloads.take(frame);
      expect(Buffer.compare(bytes, content.subarray(frame * 2 * MIB, (frame + 1) * 2 * MIB))).to.equal(0);
      downloads.release(frame, bytes.buffer);
    }
    downloads.close();
    await store.close();
    // Three connections begin before it is known.
    expect(transfer.requests).to.be.lessThan(8);
    expect(transfer.bytesReceived / LAYER_BYTES).to.be.lessThan(2.5);
  });
});
