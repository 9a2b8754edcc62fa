import { join } from 'node:path';

import { cacheDirectory } from '../../cache-directory.ts';
import type { MirrorConfiguration } from '../../mirror/main.ts';
import type { Upstreams } from '../../mirror/upstreams.ts';
import { MIRROR, NETWORK, PORTS } from '../machine/addresses.ts';
import type { Component } from '../machine/component.ts';
import { DIRECTORIES, FILES } from '../machine/directories.ts';
import { probe } from '../machine/probe.ts';

const configurationFile = join(DIRECTORIES.configuration, 'mirror.json');

/** Where builds in pods get their packages from, because they cannot reach anything else. */
export const mirror = (upstreams: Upstreams): Component => {
  const configuration: MirrorConfiguration = {
    address: NETWORK.nodeAddress,
    port: PORTS.mirror,
    directory: cacheDirectory('mirror'),
    accessLog: FILES.mirrorLog,
    upstreams,
  };
  return {
    name: 'mirror',
    command: process.execPath,
    // The machine's own certificate authorities and proxy settings are those that reach its upstreams.
    args: ['--use-system-ca', join(import.meta.dirname, '..', '..', 'mirror', 'main.ts'), configurationFile],
    env: { NODE_USE_ENV_PROXY: '1' },
    files: { [configurationFile]: JSON.stringify(configuration) },
    ready: async () => (await probe(`${MIRROR}/`))?.status === 404,
  };
};
