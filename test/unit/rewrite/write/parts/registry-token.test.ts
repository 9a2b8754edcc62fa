import { expect } from 'chai';

import type { JsonObject } from '../../../../../shared/rewrite/json/json.ts';
import { resolve } from '../../../../../shared/rewrite/resolve.ts';
import type { RewriteSettings } from '../../../../../shared/rewrite/resolve.ts';
import { runOf, SETTINGS } from '../../../../rewrite/case.ts';

const REGISTRY = 'registry.tekton-cache.svc:5000';
const TOKEN = {
  registry: REGISTRY,
  realm: 'https://tokens.tekton-cache.svc/token',
  tokenFile: '/tekton-cache/registry-token/token',
  ca: '-----BEGIN CERTIFICATE-----\nMIIB$(x)$$\n-----END CERTIFICATE-----',
};
const DIRECTORY = '/tekton-cache/registry-token';
const INSTALLATION: RewriteSettings = {
  ...SETTINGS,
  registryToken: TOKEN,
  target: `${REGISTRY}/{{namespace}}/{{pipeline}}/{{workspace}}:{{hash}}`,
};
const OWN: JsonObject = { name: 'tekton-cache-registry-token', emptyDir: {} };

function taskOf(params: Readonly<Record<string, string>>, spec: JsonObject = {}, settings = INSTALLATION) {
  const row = {
    about: '',
    resolver: 'cache' as const,
    params: { taskref: 't', workspaces: 'w', ...params },
    run: { kind: 'TaskRun', workspaces: [{ name: 'w', emptyDir: {} }] },
  };
  const document = {
    apiVersion: 'tekton.dev/v1',
    kind: 'Task',
    metadata: { name: 't' },
    spec: { workspaces: [{ name: 'w' }], volumes: [OWN], steps: [{ name: 'own', image: 'busybox' }], ...spec },
  };
  return resolve({ ...row, run: runOf(row), document, settings }).spec;
}

const stepsOf = (spec: ReturnType<typeof taskOf>): JsonObject[] => (Array.isArray(spec.steps) ? spec.steps : []);
const settingsOf = (step: JsonObject | undefined): JsonObject => {
  const args = step?.['args'];
  const at = Array.isArray(args) ? args.indexOf('--settings') : -1;
  return Array.isArray(args) && at >= 0 ? JSON.parse(String(args[at + 1]).replaceAll('$$', '$')) : {};
};

describe('the token for the registry of the installation', () => {
  it('is a volume of the Task beside its own, for our steps alone', () => {
    const spec = taskOf({ target: `${REGISTRY}/ns/x:1` });
    const name = 'tekton-cache-registry-token-2';
    const token = { audience: 'tekton-cache', expirationSeconds: 600, path: 'token' };
    expect(spec['volumes']).to.deep.equal([OWN, { name, projected: { sources: [{ serviceAccountToken: token }] } }]);
    const mount = { name, mountPath: DIRECTORY, readOnly: true };
    const [fetch, own, upload] = stepsOf(spec);
    expect([fetch, own, upload].map((step) => step?.['volumeMounts'])).to.deep.equal([[mount], undefined, [mount]]);
    for (const step of [fetch, upload]) expect(settingsOf(step)['registryToken']).to.deep.equal(TOKEN);
  });

  it('comes with the target that runs without one have', () => {
    const spec = taskOf({ files: 'go.sum', source: 'w', paths: 'vendor' });
    const [fetch] = stepsOf(spec);
    expect(fetch?.['args']).to.include(`${REGISTRY}/ns/{{workspace}}:{{hash}}`);
    expect(settingsOf(fetch)['registryToken']).to.deep.equal(TOKEN);
  });

  it('is not for caches elsewhere', () => {
    const spec = taskOf({ target: 'registry.example.com/x:1' });
    expect(spec['volumes']).to.deep.equal([OWN]);
    expect(JSON.stringify(spec)).to.not.include('registryToken');
  });

  it('leaves a Task alone that has something of its own at that place', () => {
    for (const mountPath of [DIRECTORY, `${DIRECTORY}/`]) {
      const stepTemplate = { volumeMounts: [{ name: 'tekton-cache-registry-token', mountPath }] };
      const spec = taskOf({ target: `${REGISTRY}/ns/x:1` }, { stepTemplate });
      expect(spec['volumes']).to.deep.equal([OWN]);
      expect(settingsOf(stepsOf(spec)[0])).to.not.have.property('registryToken');
    }
  });
});
