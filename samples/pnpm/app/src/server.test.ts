import assert from 'node:assert';
import type { AddressInfo } from 'node:net';
import test from 'node:test';

import { app } from './server.js';

test('the application answers', async () => {
  const server = app.listen(0);
  try {
    const { port } = server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}/`);
    assert.match(await response.text(), /tekton-cache/);
  } finally {
    server.close();
  }
});
