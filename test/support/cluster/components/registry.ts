import { join } from 'node:path';

import { PORTS, REGISTRY } from '../machine/addresses.ts';
import type { Component } from '../machine/component.ts';
import { DIRECTORIES } from '../machine/directories.ts';
import { answersOk } from '../machine/probe.ts';

const configurationFile = join(DIRECTORIES.configuration, 'registry.json');

/** On all addresses: loopback for the host and containerd, the node's for pods. Its log has one line a request. */
export const registry = (): Component => ({
  name: 'registry',
  command: 'docker-registry',
  args: ['serve', configurationFile],
  files: {
    [configurationFile]: JSON.stringify({
      version: 0.1,
      log: { level: 'warn' },
      storage: { filesystem: { rootdirectory: DIRECTORIES.registry }, delete: { enabled: true } },
      http: { addr: `0.0.0.0:${PORTS.registry}` },
    }),
  },
  ready: () => answersOk(`http://${REGISTRY}/v2/`),
});
