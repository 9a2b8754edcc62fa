import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'chai';

import { until } from '../../support/deadline.ts';
import { allowInsecure } from '../../support/product/registry/insecure-registry.ts';
import { startSilentRegistry } from '../../support/product/registry/registry-stand-ins.ts';
import type { StandIn } from '../../support/product/registry/registry-stand-ins.ts';
import { requestToken } from '../../support/product/registry/request-token.ts';
import { stamped } from '../../support/product/stamps.ts';
import { together } from '../../support/product/together.ts';
import { authFor } from '../../support/registry/docker-config.ts';
import { HTPASSWD, PASSWORD, USER } from '../../support/registry/password-file.ts';
import { startRegistry } from '../../support/registry/registry-process.ts';
import type { RunningRegistry } from '../../support/registry/registry-process.ts';
import { temporaryDirectory } from '../../support/registry/temporary-directory.ts';
import { allowed, poisonings, repositoryOf, scopesFor, written } from './attempt-list.ts';
import { AUDIENCE, useTokenService } from './ground.ts';
import type { Attempt } from './ground.ts';

const PUSH = stamped('push', 'https://git/org/app');
const FORK = stamped('pull_request', 'https://git/stranger/app', { 'pull-request': '7' });

describe('poisonings that the token service stops', () => {
  const ground = useTokenService();
  const own = () => repositoryOf(ground.namespace);
  const wanted = () => `repository:${own()}:pull,push`;
  let silent: StandIn;
  let passwords: Awaited<ReturnType<typeof temporaryDirectory>>;
  let locked: RunningRegistry;
  let disallow: () => Promise<void>;

  before(async () => {
    silent = await startSilentRegistry();
    passwords = await temporaryDirectory();
    const path = join(passwords.path, 'htpasswd');
    await writeFile(path, HTPASSWD);
    locked = await startRegistry({ auth: { htpasswd: { realm: 'tests', path } }, isOpen: true });
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
    await locked?.stop();
    await passwords?.remove();
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
      const { namespace } = ground;
      await ground.createRun('seed', await ground.attempting(written(namespace), [wanted()]), PUSH);
      expect(await ground.attempted('seed')).to.deep.equal({
        'a token of the API server as password': 401,
        'the token of the pod as password': 200,
        write: 201,
        tag: 201,
      });
      const list = [...allowed(namespace), ...poisonings(namespace)];
      await ground.createRun('attack', await ground.attempting(list, scopesFor(list)), FORK);
      const { 'the token of the pod as password': asked, ...statuses } = await ground.attempted('attack');
      const open = Object.entries(statuses).filter(([, status]) => status < 400);
      expect(asked).to.equal(200);
      expect(Object.fromEntries(open)).to.deep.equal({ 'read what trusted runs wrote': 200, 'write its own': 201 });
      // And the token of the API server.
      const refused = Object.values(statuses).filter((status) => status === 401);
      expect(refused).to.have.length(poisonings(namespace).length + 1);
    },
    'with a docker secret in the namespace each of these reaches what it is after': async () => {
      const { namespace } = ground;
      const registry = `10.250.0.1:${locked.host.split(':')[1]}`;
      const config = JSON.stringify({ auths: { [registry]: authFor(USER, PASSWORD) } });
      await ground.api.create({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'push', namespace },
        type: 'kubernetes.io/dockerconfigjson',
        stringData: { '.dockerconfigjson': config },
      });
      const attempt = async (run: string, list: readonly Attempt[], stamps: Readonly<Record<string, string>>) => {
        await ground.createRun(run, await ground.attemptingWithSecret(list, registry, 'push'), stamps);
        return await ground.attempted(run);
      };
      expect(await attempt('seed-with-secret', written(namespace), PUSH)).to.deep.equal({ write: 201, tag: 201 });
      const list = poisonings(namespace);
      const statuses = await attempt('attack-with-secret', list, FORK);
      expect(Object.keys(statuses)).to.have.length(list.length);
      expect(Object.entries(statuses).filter(([, status]) => status >= 400)).to.deep.equal([]);
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
