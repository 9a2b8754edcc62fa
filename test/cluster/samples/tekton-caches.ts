import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';

import { runCommand } from '../../support/command.ts';
import { installStepActions } from '../../support/product/task-runs.ts';
import { crane, pushPeerImage } from '../../support/registry/peer-image.ts';
import { readGoLog } from '../../support/samples/golang/go-log.ts';
import type { Sample } from './ground.ts';

/** Cold and warm, and then on an image as tekton-caches pushes it. */
export const onlyReferencesOfStepsChange = async (sample: Sample): Promise<void> => {
  const { product, namespace, repositories } = sample;
  await installStepActions(product.cluster.api, namespace, product.image, 'tekton-caches');
  await sample.commit('golang');
  await sample.define('tekton-caches/pipeline.yaml');

  const build = async (name: string, repository: string) => {
    const cache = `oci://${repositories}/${repository}:{{hash}}`;
    const params = { cache, insecure: 'true', flags: '-x' };
    const run = await sample.run('tekton-caches/pipelinerun.yaml', name, { params });
    return { ...run, compiled: readGoLog(run.log).compiled };
  };
  const cold = await build('cold', 'ours');
  expect(cold.fetch).to.include({ fetched: 'false', reason: 'not-found' });
  expect(cold.upload).to.include({ uploaded: 'true', reason: 'pushed' });
  expect(cold.compiled).to.be.greaterThan(10);
  expect(cold.downloads).to.be.greaterThan(0);
  const warm = await build('warm', 'ours');
  expect(warm.fetch).to.include({ fetched: 'true', reason: 'exact' });
  expect(warm).to.include({ compiled: 0, downloads: 0 });

  const ours = warm.fetch['target'] ?? '';
  await pushAsTektonCaches(ours, ours.replace('/ours:', '/theirs:'));
  const theirs = await build('theirs', 'theirs');
  expect(theirs.fetch).to.include({ fetched: 'true', reason: 'exact' });
  expect(theirs).to.include({ compiled: 0, downloads: 0 });
};

const pushAsTektonCaches = async (ours: string, theirs: string): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'tekton-cache-peer-content-'));
  try {
    const pull = 'set -o pipefail; "$1" export --insecure "$2" - | tar -x -C "$3"';
    await runCommand('bash', ['-c', pull, 'sh', await crane(), ours, folder]);
    await pushPeerImage(folder, theirs);
  } finally {
    await rm(folder, { recursive: true });
  }
};
