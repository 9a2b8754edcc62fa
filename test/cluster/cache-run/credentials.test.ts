import { expect } from 'chai';

import { allowInsecure } from '../../support/product/registry/insecure-registry.ts';
import { startPasswordRegistry } from '../../support/product/registry/registry-stand-ins.ts';
import type { StandIn } from '../../support/product/registry/registry-stand-ins.ts';
import { resultsOf, verdictOf } from '../../support/product/runs.ts';
import { together } from '../../support/product/together.ts';
import { useProduct } from './ground.ts';

const LOGIN = { user: 'pusher', password: 'correct-horse' };

describe('credentials of the service account', () => {
  const ground = useProduct();
  let registry: StandIn;
  const server = () => `10.250.0.1:${registry.port}`;
  let disallow: () => Promise<void>;

  before(async () => {
    const { product, space } = ground;
    registry = await startPasswordRegistry(product.cluster.state.registry.host, LOGIN);
    disallow = await allowInsecure(product.cluster, server());
    await space.createClaim('cache');
  });
  after(async () => {
    await disallow?.();
    registry?.stop();
  });

  const auth = (password: string) => ({
    [server()]: { auth: Buffer.from(`${LOGIN.user}:${password}`).toString('base64') },
  });
  const createSecret = async (
    name: string,
    type: string,
    stringData: object,
    annotations: Readonly<Record<string, string>> = {},
  ) =>
    await ground.product.cluster.api.create({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace: ground.space.name, annotations },
      type,
      stringData,
    });
  /** An upload under an account that offers the secret in one of its lists. */
  const upload = async (name: string, account: object, params: object = {}) => {
    const { product, space, runs } = ground;
    await product.cluster.api.create({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name, namespace: space.name },
      ...account,
    });
    await runs.createCustomRun(name, 'CacheFetch', {
      params: { target: `${server()}/${space.name}/${name}:x`, insecure: 'true', ...params },
      workspaces: [{ name: 'w', persistentVolumeClaim: { claimName: 'cache' } }],
      serviceAccountName: name,
    });
    const run = await runs.customRun(name);
    const log = await runs.helperLog(name);
    for (const text of [log, JSON.stringify(run), product.controller.log()])
      expect(text).to.not.contain(LOGIN.password);
    return { verdict: verdictOf(run), reason: resultsOf(run)['reason'] };
  };
  const isIn = { verdict: 'True Succeeded', reason: 'not-found' };
  const isOut = { verdict: 'True Succeeded', reason: 'unauthorized' };
  const dockerconfigjson = 'kubernetes.io/dockerconfigjson';

  together({
    'dockerconfigjson among its secrets': async () => {
      const config = JSON.stringify({ auths: auth(LOGIN.password) });
      await createSecret('one', dockerconfigjson, { '.dockerconfigjson': config });
      expect(await upload('one', { secrets: [{ name: 'one' }] })).to.deep.equal(isIn);
    },
    'dockerconfigjson among its pull secrets': async () => {
      const config = JSON.stringify({ auths: auth(LOGIN.password) });
      await createSecret('two', dockerconfigjson, { '.dockerconfigjson': config });
      expect(await upload('two', { imagePullSecrets: [{ name: 'two' }] })).to.deep.equal(isIn);
    },
    dockercfg: async () => {
      await createSecret('three', 'kubernetes.io/dockercfg', { '.dockercfg': JSON.stringify(auth(LOGIN.password)) });
      expect(await upload('three', { secrets: [{ name: 'three' }] })).to.deep.equal(isIn);
    },
    'basic-auth with an annotation for the registry': async () => {
      const annotations = { 'tekton.dev/docker-0': `http://${server()}` };
      const login = { username: LOGIN.user, password: LOGIN.password };
      await createSecret('four', 'kubernetes.io/basic-auth', login, annotations);
      expect(await upload('four', { secrets: [{ name: 'four' }] })).to.deep.equal(isIn);
    },
    'the more specific path of two': async () => {
      const auths = { ...auth('wrong'), [`${server()}/${ground.space.name}`]: auth(LOGIN.password)[server()] };
      await createSecret('five', dockerconfigjson, { '.dockerconfigjson': JSON.stringify({ auths }) });
      expect(await upload('five', { secrets: [{ name: 'five' }] })).to.deep.equal(isIn);
    },
    'none, where the registry wants some, is a result': async () => {
      expect(await upload('none', {})).to.deep.equal(isOut);
    },
    'a wrong password is a result, or a failure for those who want it': async () => {
      const config = JSON.stringify({ auths: auth('wrong') });
      await createSecret('wrong', dockerconfigjson, { '.dockerconfigjson': config });
      expect(await upload('wrong', { secrets: [{ name: 'wrong' }] })).to.deep.equal(isOut);
      expect(await upload('wrong-strict', { secrets: [{ name: 'wrong' }] }, { 'on-error': 'fail' })).to.deep.equal({
        verdict: 'False Unauthorized',
        reason: 'unauthorized',
      });
    },
    'secrets that are gone, or of other kinds, keep no pod from starting': async () => {
      await createSecret('token', 'Opaque', { token: 'not-for-us' });
      const secrets = [{ name: 'token' }, { name: 'gone' }];
      expect(await upload('other', { secrets })).to.deep.equal(isOut);
    },
  });
});
