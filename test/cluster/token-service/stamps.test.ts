import { expect } from 'chai';

import { until } from '../../support/deadline.ts';
import { openKubeApi } from '../../support/kube/kube-api.ts';
import type { KubeApi } from '../../support/kube/kube-api.ts';
import { cacheTask, claim, resultsOf, shellTask } from '../../support/product/runs.ts';
import { readObjects } from '../../support/product/yaml-files.ts';
import { useProduct } from '../cache-run/ground.ts';

const MANIFEST = 'manifests/overlays/stamps/400-stamps.yaml';
const STAMPED = { 'pipelinesascode.tekton.dev/event-type': 'push' };
const HELPER = { 'app.kubernetes.io/managed-by': 'tekton-cache' };
const FOREIGN_IMAGE = /403 .*changed by Tekton alone/;
const FORBIDDEN = /403 .*written by Pipelines-as-Code alone/;

describe('the admission policies for stamps', () => {
  const ground = useProduct({ prefix: 'stamps' });
  let platform: KubeApi;
  let controller: KubeApi;

  before(async () => {
    const { cluster } = ground.product;
    platform = openKubeApi(cluster.kubeconfigOf('tektonController'));
    controller = openKubeApi(cluster.kubeconfigOf('cacheController'));
    for (const object of await readObjects(MANIFEST)) await cluster.api.apply(object);
    // It holds some moments after it was made.
    await until('the policy to hold', 60_000, async () => {
      const answer = await create(api(), 'probe', { annotations: STAMPED });
      if (answer === 'made') await api().delete(nameOf('probe'));
      const pod = await createPod(api(), 'probe', { labels: HELPER });
      if (pod === 'made') await api().delete(podOf('probe'), 0);
      return answer !== 'made' && pod !== 'made';
    });
  });
  after(async () => {
    for (const { apiVersion, kind, metadata } of await readObjects(MANIFEST)) {
      await ground.product?.cluster.api.delete({ apiVersion, kind, name: metadata.name });
    }
    platform?.close();
    controller?.close();
  });

  const api = (): KubeApi => ground.product.cluster.api;
  const nameOf = (name: string) => ({
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    namespace: ground.space.name,
    name,
  });
  const made = () => 'made';
  const task = (name: string) => ({ ...nameOf(name), kind: 'TaskRun' });
  const ownerOf = async (name: string) => {
    const { apiVersion, kind } = nameOf(name);
    const { metadata } = await api().get(nameOf(name));
    return { apiVersion, kind, name, uid: metadata.uid ?? '', controller: true };
  };
  /** As Tekton makes those of a PipelineRun. */
  const createTask = async (by: KubeApi, name: string, owner: string, called = {}): Promise<string> => {
    const { apiVersion, kind, namespace } = task(name);
    const labels = { 'tekton.dev/pipelineRun': owner };
    const metadata = { name, namespace, labels, ownerReferences: [{ ...(await ownerOf(owner)), ...called }] };
    const spec = { status: 'TaskRunCancelled', taskSpec: { steps: [{ name: 'x', image: 'none' }] } };
    return await by.create({ apiVersion, kind, metadata, spec }).then(made, String);
  };
  const changeTask = async (name: string, metadata: object) =>
    await api().patch(task(name), { metadata }).then(made, String);
  const create = async (by: KubeApi, name: string, metadata: object): Promise<string> => {
    const { apiVersion, kind, namespace } = nameOf(name);
    const tasks = [{ name: 'x', taskSpec: { steps: [{ name: 'x', image: 'none' }] } }];
    // Nothing of it is to run.
    const spec = { status: 'PipelineRunPending', pipelineSpec: { tasks } };
    return await by.create({ apiVersion, kind, metadata: { name, namespace, ...metadata }, spec }).then(made, String);
  };
  const podOf = (name: string) => ({ apiVersion: 'v1', kind: 'Pod', namespace: ground.space.name, name });
  const createPod = async (by: KubeApi, name: string, metadata: object): Promise<string> => {
    const { apiVersion, kind, namespace } = podOf(name);
    // Nobody runs it.
    const spec = { schedulerName: 'nobody', containers: [{ name: 'x', image: 'none' }] };
    return await by.create({ apiVersion, kind, metadata: { name, namespace, ...metadata }, spec }).then(made, String);
  };
  const changePod = async (name: string, metadata: object) =>
    await api().patch(podOf(name), { metadata }).then(made, String);
  const changeImage = async (name: string, by = api()) => {
    const patch = [{ op: 'replace', path: '/spec/containers/0/image', value: `of-${name}` }];
    return await by.patch(podOf(name), patch, { type: 'json' }).then(made, String);
  };
  const change = async (name: string, metadata: object, by = api()) =>
    await by.patch(nameOf(name), { metadata }).then(made, String);

  it('lets the platform stamp runs, and everybody make runs without', async () => {
    expect(await create(platform, 'stamped', { annotations: STAMPED, labels: STAMPED })).to.equal('made');
    const others = { 'pipelinesascode.tekton.dev/on-event': '[push]', mine: '1' };
    expect(await create(api(), 'plain', { annotations: others })).to.equal('made');
    expect(await create(api(), 'bare', {})).to.equal('made');
  });

  it('keeps Tekton from copying stamps of a Pipeline into a run that is there', async () => {
    expect(await create(api(), 'of-a-pipeline', {})).to.equal('made');
    expect(await change('of-a-pipeline', { annotations: STAMPED }, platform)).to.match(FORBIDDEN);
    expect(await change('of-a-pipeline', { labels: STAMPED }, platform)).to.match(FORBIDDEN);
    expect(await change('of-a-pipeline', { annotations: { mine: '1' } }, platform)).to.equal('made');
  });

  it('keeps all others from making stamped runs', async () => {
    expect(await create(api(), 'forged', { annotations: STAMPED })).to.match(FORBIDDEN);
    expect(await create(api(), 'forged', { labels: STAMPED })).to.match(FORBIDDEN);
    for (const name of ['branch', 'pull-request', 'repository', 'repo-url', 'source-repo-url', 'sha', 'sender']) {
      const stamp = { [`pipelinesascode.tekton.dev/${name}`]: 'forged' };
      expect(await create(api(), 'forged', { annotations: stamp }), name).to.match(FORBIDDEN);
    }
  });

  it('lets Tekton alone make the runs of a PipelineRun', async () => {
    const forbidden = /403 .*is made by Tekton alone/;
    expect(await create(api(), 'outer', {})).to.equal('made');
    expect(await createTask(api(), 'forged-task', 'outer')).to.match(forbidden);
    expect(await createTask(platform, 'task', 'outer')).to.equal('made');
    expect(await changeTask('task', { labels: { mine: '1' } })).to.equal('made');
    expect(await changeTask('task', { ownerReferences: null })).to.equal('made');
    expect(await changeTask('task', { ownerReferences: [await ownerOf('outer')] })).to.match(forbidden);
    // Tekton compares the UID alone, and takes this one as well.
    const called = { apiVersion: 'example.com/v1', kind: 'Other' };
    expect(await createTask(api(), 'other', 'outer', called)).to.equal('made');
    expect(await changeTask('other', { ownerReferences: [await ownerOf('outer')] })).to.match(forbidden);
  });

  it('lets Tekton alone make the pods of a TaskRun', async () => {
    const forbidden = /403 .*with a TaskRun as its owner is made by Tekton alone/;
    expect(await create(api(), 'outside', {})).to.equal('made');
    expect(await createTask(platform, 'inside', 'outside')).to.equal('made');
    const { metadata } = await api().get(task('inside'));
    const [apiVersion, kind] = ['tekton.dev/v1', 'TaskRun'];
    const owned = {
      ownerReferences: [{ apiVersion, kind, name: 'inside', uid: metadata.uid ?? '', controller: true }],
    };
    expect(await createPod(api(), 'squatter', owned)).to.match(forbidden);
    expect(await createPod(api(), 'other-pod', {})).to.equal('made');
    expect(await changePod('other-pod', owned)).to.match(forbidden);
    expect(await createPod(platform, 'pod-of-tekton', { ...owned, labels: HELPER })).to.equal('made');
    expect(await changePod('pod-of-tekton', { labels: { mine: '1' } })).to.equal('made');
    expect(await changeImage('pod-of-tekton')).to.match(FOREIGN_IMAGE);
    expect(await changeImage('pod-of-tekton', platform)).to.equal('made');
    expect(await changePod('pod-of-tekton', { ownerReferences: null })).to.equal('made');
  });

  it('lets runs go on as before, with the pods of their tasks and their helper pods', async () => {
    const { product, runs, space } = ground;
    await space.createClaim('made');
    const target = `${product.registry}/${space.name}/made:v1`;
    await runs.createPipelineRun('run', {
      workspaces: { w: claim('made') },
      tasks: [
        shellTask('make', 'echo made > $(workspaces.w.path)/made', { workspaces: ['w'] }),
        cacheTask('upload', 'CacheUpload', {
          params: { target, insecure: 'true', 'on-error': 'fail' },
          workspaces: { w: 'w' },
          runAfter: ['make'],
        }),
      ],
      results: { uploaded: '$(tasks.upload.results.uploaded)' },
    });
    expect(resultsOf(await runs.pipelineRun('run'))).to.deep.equal({ uploaded: 'true' });
  });

  it('lets tekton-cache alone make helper pods', async () => {
    const forbidden = /403 .*managed-by: tekton-cache is made by tekton-cache alone/;
    expect(await createPod(api(), 'forged-helper', { labels: HELPER })).to.match(forbidden);
    expect(await createPod(api(), 'plain-pod', { labels: { 'app.kubernetes.io/managed-by': 'helm' } })).to.equal(
      'made',
    );
    expect(await changePod('plain-pod', { labels: HELPER })).to.match(forbidden);
    expect(await createPod(controller, 'helper', { labels: HELPER })).to.equal('made');
    expect(await changePod('helper', { labels: { mine: '1' } })).to.equal('made');
    expect(await changeImage('helper')).to.match(FOREIGN_IMAGE);
    expect(await changeImage('plain-pod')).to.equal('made');
  });

  it('keeps all others from adding, changing and removing stamps, and from nothing else', async () => {
    const [name = ''] = Object.keys(STAMPED);
    for (const key of ['annotations', 'labels']) {
      expect(await change('plain', { [key]: STAMPED })).to.match(FORBIDDEN);
      expect(await change('stamped', { [key]: { [name]: 'pull_request' } })).to.match(FORBIDDEN);
      expect(await change('stamped', { [key]: { [name]: null } })).to.match(FORBIDDEN);
      expect(await change('stamped', { [key]: { other: 'x' } })).to.equal('made');
    }
  });
});
