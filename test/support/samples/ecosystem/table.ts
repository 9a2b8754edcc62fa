import { pythonStock } from '../../mirror/stock/python-stock.ts';
import { count } from './ecosystem.ts';
import type { Ecosystem } from './ecosystem.ts';

/** All samples with a preset, in the order of the README. */
export const ECOSYSTEMS: readonly Ecosystem[] = [
  {
    name: 'npm',
    images: { 'docker.io/library/node:24': 'node' },
    environment: (packages) => ({ npm_config_registry: `${packages}/` }),
  },
  {
    name: 'pip',
    images: { 'docker.io/library/python:3.11': 'python' },
    stock: async ({ 'requirements.txt': requirements = '' }) => await pythonStock(requirements),
    environment: (packages) => ({
      PIP_INDEX_URL: `${packages}/simple/`,
      // pip keeps nothing of a server that it does not trust.
      PIP_TRUSTED_HOST: new URL(packages).host,
    }),
    work: (lines) => ({
      downloads: count(lines, /^ *Downloading /),
      compilations: count(lines, /^ *Building wheel for \S+ .*: started/),
    }),
  },
];
