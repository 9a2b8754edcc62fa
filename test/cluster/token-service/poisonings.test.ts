import { createHash } from 'node:crypto';

import { expect } from 'chai';

import { until } from '../../support/deadline.ts';
import { allowInsecure } from '../../support/product/registry/insecure-registry.ts';
import { startSilentRegistry } from '../../support/product/registry/registry-stand-ins.ts';
import type { StandIn } from '../../support/product/registry/registry-stand-ins.ts';
import { requestToken } from '../../support/product/registry/request-token.ts';
import { stamped } from '../../support/product/stamps.ts';
import { together } from '../../support/product/together.ts';
import { AUDIENCE, useTokenService } from './ground.ts';
import type { Attempt } from './ground.ts';

const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
const BLOB = 'content of a trusted run';
const MANIFEST = JSON.stringify({ schemaVersion: 2 });
const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

const PUSH = stamped('push', 'https://git/org/app');
const FORK = stamped('pull_request', 'https://git/stranger/app', { 'pull-request': '7' });

describe('poisonings that the token service stops', () => {
  const ground = useTokenService();
  const own = () => `${ground.namespace}/app`;
  const wanted = () => `repository:${own()}:pull,push`;
  let silent: StandIn;
  let disallow: () => Promise<void>;

  /** Tries to reach all that is not a run's own, with a token for as much as it could think of. */
  const attempts = (): { readonly list: readonly Attempt[]; readonly scopes: readonly string[] } => {
    const { namespace } = ground;
    const manifest = { type: MANIFEST_TYPE, text: MANIFEST };
    const list = [
      { what: 'read what trusted runs wrote', method: 'GET', path: `${own()}/blobs/${digestOf(BLOB)}` },
      { what: 'write over what trusted runs read', method: 'PUSH', path: own(), body: 'poison' },
      { what: 'move the tag of main', method: 'PUT', path: `${own()}/manifests/main`, body: manifest },
      { what: 'push by digest', method: 'PUT', path: `${own()}/manifests/${digestOf(MANIFEST)}`, body: manifest },
      { what: 'write its own', method: 'PUSH', path: `${namespace}/untrusted/app/7/x`, body: 'mine' },
      { what: 'write of another pull request', method: 'PUSH', path: `${namespace}/untrusted/app/8/x`, body: 'poison' },
      { what: 'write of releases', method: 'PUSH', path: `${namespace}/release/x`, body: 'poison' },
      { what: 'write of a neighbour run', method: 'PUSH', path: `${namespace}/runs/another/x`, body: 'poison' },
      { what: 'write of another namespace', method: 'PUSH', path: 'another/app', body: 'poison' },
      { what: 'write of a namespace with a name alike', method: 'PUSH', path: `${namespace}x/app`, body: 'poison' },
      { what: 'read of another namespace', method: 'GET', path: 'another/app/tags/list' },
      {
        what: 'mount a blob of another namespace',
        method: 'POST',
        path: `${namespace}/untrusted/app/7/x/blobs/uploads/?mount=${digestOf(BLOB)}&from=another/app`,
      },
      { what: 'list the catalogue', method: 'GET', path: '_catalog' },
      { what: 'delete', method: 'DELETE', path: `${own()}/blobs/${digestOf(BLOB)}` },
    ];
    const repositories = list.map(({ path }) => path.split(/\/(?:blobs|manifests|tags)\//)[0] ?? '');
    const scopes = [...new Set(repositories)].map((name) => `repository:${name}:pull,push,delete,*`);
    return { list, scopes: [...scopes, 'repository:*:*', 'registry:catalog:*'] };
  };

  before(async () => {
    silent = await startSilentRegistry();
    disallow = await allowInsecure(ground.product.product.cluster, `10.250.0.1:${silent.port}`);
    await ground.product.space.createClaim('cache');
    await Promise.all([
      ground.createRun('main', ground.waiting(), PUSH),
      ground.createRun('other', ground.waiting(), PUSH),
      ground.createRun('fork', ground.waiting(), FORK),
    ]);
  });
  after(async () => {
    await disallow?.();
    silent?.stop();
  });

  const notOfRun = /belongs to no TaskRun|does not name|is gone|has ended/;
  const forged = async (name: string, metadata: object) =>
    await ground.ask(await ground.tokenOf(await ground.createPod(name, metadata)), wanted());
  const ownerOf = async (apiVersion: string, kind: string, name: string) => {
    const { metadata } = await ground.api.waitFor({ apiVersion, kind, namespace: ground.namespace, name }, () => true);
    return { apiVersion, kind, name, uid: metadata.uid ?? '', controller: true };
  };

  together({
    'a run of main reads and writes its namespace: the rest is closed': async () => {
      const asked = await ground.ask(await ground.tokenOf(await ground.podOf('main')), wanted());
      expect(asked).to.deep.include({ status: 200, granted: [`${own()}: pull,push`] });
    },
    'a pull request of a fork reads what is trusted and writes its own, from its own pod': async () => {
      await ground.createRun(
        'seed',
        await ground.attempting([{ what: 'write', method: 'PUSH', path: own(), body: BLOB }], [wanted()]),
        PUSH,
      );
      expect(await ground.attempted('seed')).to.deep.equal({
        'a token of the API server as password': 401,
        'the token of the pod as password': 200,
        write: 201,
      });
      const { list, scopes } = attempts();
      await ground.createRun('attack', await ground.attempting(list, scopes), FORK);
      const { 'the token of the pod as password': asked, ...statuses } = await ground.attempted('attack');
      const open = Object.entries(statuses).filter(([, status]) => status < 400);
      expect(asked).to.equal(200);
      expect(Object.fromEntries(open)).to.deep.equal({ 'read what trusted runs wrote': 200, 'write its own': 201 });
      expect(Object.values(statuses).filter((status) => status === 401)).to.have.length(list.length - 1);
    },
    'the token of a pod that is gone': async () => {
      const pod = await ground.podOf('other');
      const token = await ground.tokenOf(pod);
      expect((await ground.ask(token, wanted())).status).to.equal(200);
      await ground.deletePod(pod);
      const refused = await until('the answer to be forgotten', 60_000, async () => {
        const answer = await ground.askOnce(token, wanted());
        return answer.status === 401 ? answer : undefined;
      });
      expect(refused.message).to.contain('is gone');
    },
    'tokens for others, of nobody, and of no pod': async () => {
      const pod = await ground.podOf('main');
      const account = { namespace: ground.namespace, name: 'default' };
      const passwords = {
        'for the API server': await requestToken(ground.api, account),
        'for somebody else': await ground.tokenOf(pod, ['vault']),
        'bound to no pod': await requestToken(ground.api, { ...account, audiences: [AUDIENCE] }),
        'not signed by the API server': (await ground.tokenOf(pod)).replace(/[^.]*$/, 'c2lnbmF0dXJl'),
        'no token': 'hunter2',
      };
      const answers = await Promise.all(
        Object.entries(passwords).map(async ([what, password]) => [
          what,
          (await ground.ask(password, wanted())).status,
        ]),
      );
      expect(Object.fromEntries(answers)).to.deep.equal(
        Object.fromEntries(Object.keys(passwords).map((what) => [what, 401])),
      );
    },
    'a pod with the labels of a run': async () => {
      const labels = { 'tekton.dev/pipelineRun': 'main', 'tekton.dev/taskRun': 'main-build' };
      const asked = await forged('forged-labels', { labels, annotations: PUSH });
      expect(asked.status).to.equal(401);
      expect(asked.message).to.match(notOfRun);
    },
    'a pod with a run as its owner that did not make it': async () => {
      await ground.podOf('main');
      const owner = await ownerOf('tekton.dev/v1', 'TaskRun', 'main-build');
      const asked = await forged('forged-owner', { ownerReferences: [owner] });
      expect([asked.status, notOfRun.test(asked.message)]).to.deep.equal([401, true]);
    },
    'a pod with a PipelineRun as its owner': async () => {
      const owner = await ownerOf('tekton.dev/v1', 'PipelineRun', 'main');
      const asked = await forged('forged-pipeline-run', { ownerReferences: [owner] });
      expect([asked.status, notOfRun.test(asked.message)]).to.deep.equal([401, true]);
    },
    'a TaskRun with a PipelineRun as its owner that did not make it': async () => {
      const owner = await ownerOf('tekton.dev/v1', 'PipelineRun', 'main');
      await ground.api.create({
        apiVersion: 'tekton.dev/v1',
        kind: 'TaskRun',
        metadata: { name: 'forged-build', namespace: ground.namespace, ownerReferences: [owner] },
        spec: { taskSpec: ground.waiting() },
      });
      const asked = await ground.ask(await ground.tokenOf(await ground.podOf('forged')), wanted());
      expect([asked.status, notOfRun.test(asked.message)]).to.deep.equal([401, true]);
    },
    'a helper pod is known by its CustomRun, and a pod beside it is not': async () => {
      const target = `10.250.0.1:${silent.port}/x:1`;
      await ground.product.runs.createCustomRun('fetch', 'CacheFetch', {
        params: { target, insecure: 'true' },
        workspaces: [{ name: 'w', persistentVolumeClaim: { claimName: 'cache' } }],
      });
      const helper = await ground.helperPodOf('fetch');
      expect((await ground.ask(await ground.tokenOf(helper), wanted())).status).to.equal(200);
      const owner = await ownerOf('tekton.dev/v1beta1', 'CustomRun', 'fetch');
      const asked = await forged(`${helper.metadata.name}-2`, { ownerReferences: [owner] });
      expect([asked.status, notOfRun.test(asked.message)]).to.deep.equal([401, true]);
    },
    'stamps that a pod has, and its run has not': async () => {
      const pod = await ground.podOf('fork');
      const name = { apiVersion: 'v1', kind: 'Pod', namespace: ground.namespace, name: pod.metadata.name };
      await ground.api.patch(name, { metadata: { annotations: PUSH, labels: { 'tekton.dev/pipelineRun': 'main' } } });
      const asked = await ground.ask(await ground.tokenOf(pod), wanted());
      expect(asked.granted).to.deep.equal([`${own()}: pull`]);
    },
  });

  it('and no token or password is in the log of the service', () => {
    const log = ground.service.log();
    expect(log).to.contain('"message":"token"').and.to.contain('"message":"no token"');
    expect(log).to.not.match(/eyJ[\w-]{20}/);
  });
});
