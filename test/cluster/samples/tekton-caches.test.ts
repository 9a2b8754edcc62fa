import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';

import { runCommand } from '../../support/command.ts';
import { patient } from '../../support/patience.ts';
import { installStepActions } from '../../support/product/task-runs.ts';
import { crane, pushPeerImage } from '../../support/registry/peer-image.ts';
import { readGoLog } from '../../support/samples/golang/go-log.ts';
import { useSamples } from './ground.ts';

describe('a Pipeline written for tekton-caches, with only the references of its steps changed', function () {
  this.timeout(patient(300_000));
  const samples = useSamples();
  before(async () => {
    const { product, space } = samples.ground;
    await installStepActions(product.cluster.api, space.name, product.image, 'tekton-caches');
    await samples.commit('golang');
    await samples.define('tekton-caches/pipeline.yaml');
  });

  const build = async (name: string, repository: string) => {
    const cache = `oci://${samples.repositories()}/${repository}:{{hash}}`;
    const params = { cache, insecure: 'true', flags: '-x' };
    const run = await samples.run('tekton-caches/pipelinerun.yaml', name, { params });
    return { ...run, compiled: readGoLog(run.log).compiled };
  };
  let ours = '';

  it('downloads and compiles when it is cold, and nothing again when it is warm', async () => {
    const cold = await build('cold', 'ours');
    expect(cold.fetch).to.include({ fetched: 'false', reason: 'not-found' });
    expect(cold.upload).to.include({ uploaded: 'true', reason: 'pushed' });
    expect(cold.compiled).to.be.greaterThan(10);
    expect(cold.downloads).to.be.greaterThan(0);
    const warm = await build('warm', 'ours');
    expect(warm.fetch).to.include({ fetched: 'true', reason: 'exact' });
    expect(warm).to.include({ compiled: 0, downloads: 0 });
    ours = warm.fetch['target'] ?? '';
  });

  it('downloads and compiles nothing on an image as tekton-caches pushes it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tekton-cache-peer-content-'));
    try {
      const pull = 'set -o pipefail; "$1" export --insecure "$2" - | tar -x -C "$3"';
      await runCommand('bash', ['-c', pull, 'sh', await crane(), ours, folder]);
      await pushPeerImage(folder, ours.replace('/ours:', '/theirs:'));
    } finally {
      await rm(folder, { recursive: true });
    }
    const theirs = await build('theirs', 'theirs');
    expect(theirs.fetch).to.include({ fetched: 'true', reason: 'exact' });
    expect(theirs).to.include({ compiled: 0, downloads: 0 });
  });
});
