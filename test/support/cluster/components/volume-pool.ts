import { join } from 'node:path';

import type { Component } from '../component.ts';
import { kubeconfigOf } from '../identities.ts';

export const volumePool = (): Component => ({
  name: 'volume-pool',
  command: process.execPath,
  args: [join(import.meta.dirname, '..', 'volume-recycler.ts'), kubeconfigOf('volumePool')],
});
