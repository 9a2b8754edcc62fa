import { join } from 'node:path';

import type { Component } from '../machine/component.ts';
import { kubeconfigOf } from '../machine/identities.ts';

export const volumePool = (): Component => ({
  name: 'volume-pool',
  command: process.execPath,
  args: [join(import.meta.dirname, '..', 'node', 'volume-recycler.ts'), kubeconfigOf('volumePool')],
});
