import { expect } from 'chai';
import { dockerSecret } from '../../../../../shared/request/docker-secret.ts';
import { resolve } from '../../../../../shared/rewrite/resolve.ts';
import { isTask } from '../../../../../shared/rewrite/tekton/read/schema.ts';
import { runOf, SETTINGS } from '../../../../rewrite/case.ts';

const DOCUMENT = {
  apiVersion: 'tekton.dev/v1',
  kind: 'Task',
  metadata: { name: 't' },
  spec: {
    workspaces: [{ name: 'w' }],
    volumes: [{ name: 'tekton-cache-credentials', emptyDir: {} }],
    steps: [{ name: 'own', image: 'busybox' }],
  },
};

const BASIC = dockerSecret('basic', { 'tekton.dev/docker-0': 'https://r.example', 'tekton.dev/git-0': 'g' });

function rewrite(run: Readonly<Record<string, string>>) {
  const row = {
    about: '',
    resolver: 'cache' as const,
    params: { taskref: 't', workspaces: 'w', target: 'r/x' },
    run: { kind: 'TaskRun', workspaces: [{ name: 'w', emptyDir: {} }], ...run },
  };
  const settings = {
    ...SETTINGS,
    dockerSecrets: { default: [], builder: [dockerSecret('registry'), dockerSecret('gone')], pusher: [BASIC] },
  };
  const task = resolve({ ...row, run: runOf(row), document: DOCUMENT, settings });
  if (!isTask(task)) throw new Error('not a Task');
  return task.spec;
}

describe('the docker secrets of the service account', () => {
  it('are mounted into our steps only, each in a directory, and missing ones passed over', () => {
    const { volumes = [], steps = [] } = rewrite({ serviceAccountName: 'builder' });
    const volume = volumes.at(-1);
    expect(volume?.['name']).to.equal('tekton-cache-credentials-2');
    expect(JSON.stringify(volume)).to.contain('"registry/.dockerconfigjson"').and.contain('"gone/.dockercfg"');
    expect(JSON.stringify(volume).match(/"optional":true/g)).to.have.length(4);
    const mount = { name: 'tekton-cache-credentials-2', mountPath: '/tekton-cache/credentials', readOnly: true };
    expect(steps.map((step) => step['volumeMounts'])).to.deep.equal([[mount], undefined, [mount]]);
  });

  it('tell the helper of user names and passwords, which no docker configuration holds', () => {
    const { volumes = [], steps = [] } = rewrite({ serviceAccountName: 'pusher' });
    expect(JSON.stringify(volumes.at(-1)))
      .to.contain('"basic/username"')
      .and.contain('"basic/password"');
    const place = { directory: '/tekton-cache/credentials/basic', servers: ['https://r.example'] };
    for (const step of [steps[0], steps[2]]) {
      const args = step?.['args'];
      const settings = Array.isArray(args) ? args[args.indexOf('--settings') + 1] : undefined;
      expect(JSON.parse(String(settings))).to.deep.equal({ basicAuths: [place] });
    }
  });

  it('are those of an account of the run, whatever a plan that somebody wrote says', () => {
    for (const account of ['constructor', 'of-another-run']) {
      const cache = { name: 'w', workspace: 'w', fetch: {} };
      const fetch = { options: { target: 'r/x' }, strict: false };
      const plan = JSON.stringify({ version: 1, caches: [cache], fetch, hashFromFetch: false, account });
      const run = runOf({ about: '', resolver: 'cache', params: {}, run: {} });
      const settings = { ...SETTINGS, dockerSecrets: { default: [dockerSecret('registry')] } };
      const task = resolve({ resolver: 'cache', params: { taskref: 't', plan }, run, document: DOCUMENT, settings });
      expect(task.spec['volumes'], account).to.deep.equal(DOCUMENT.spec.volumes);
    }
  });

  it('are no volume where the account has none', () => {
    expect(rewrite({}).volumes).to.deep.equal(DOCUMENT.spec.volumes);
  });
});
