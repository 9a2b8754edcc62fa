import type { Ecosystem } from './ecosystem.ts';

/** All samples with a preset, in the order of the README. */
export const ECOSYSTEMS: readonly Ecosystem[] = [
  {
    name: 'npm',
    images: { 'docker.io/library/node:24': 'node' },
    environment: (packages) => ({ npm_config_registry: `${packages}/` }),
  },
];
