import { expect } from 'chai';

import { mountCredentials } from '../../../../../controller/cache-run/pod/credentials.ts';
import { dockerSecret } from '../../../../../shared/request/docker-secret.ts';
import { secretNames } from '../../../../../controller/tekton/service-account.ts';

const account = {
  metadata: { name: 'default' },
  secrets: [{ name: 'push' }, { name: 'token' }, {}],
  imagePullSecrets: [{ name: 'pull' }, { name: 'push' }],
};

describe('credentials of a service account', () => {
  it('are its secrets, then its pull secrets, each once', () => {
    expect(secretNames(account)).to.deep.equal(['push', 'token', 'pull']);
    expect(secretNames({ metadata: { name: 'bare' } })).to.deep.equal([]);
  });

  it('come as a directory a secret, with the docker keys only, whether they are there or not', () => {
    const { dockerConfigs, basicAuths, volumes, mounts } = mountCredentials([
      dockerSecret('push'),
      dockerSecret('pull'),
    ]);
    expect(dockerConfigs).to.deep.equal(['/tekton-cache/credentials/push', '/tekton-cache/credentials/pull']);
    expect(basicAuths).to.deep.equal([]);
    expect(mounts).to.deep.equal([{ name: 'credentials', mountPath: '/tekton-cache/credentials', readOnly: true }]);
    const sources = volumes[0]?.projected?.sources ?? [];
    expect(sources.every(({ secret }) => secret?.optional === true)).to.equal(true);
    const files = sources.flatMap(({ secret }) =>
      secret?.items?.map(({ key, path }) => `${secret.name} ${key} ${path}`),
    );
    expect(files).to.deep.equal([
      'push .dockerconfigjson push/.dockerconfigjson',
      'push .dockercfg push/.dockercfg',
      'pull .dockerconfigjson pull/.dockerconfigjson',
      'pull .dockercfg pull/.dockercfg',
    ]);
  });

  it('include user and password of a secret that is annotated for registries, and of no other', () => {
    const known = [
      dockerSecret('push', {
        'tekton.dev/docker-0': 'https://registry.example.com',
        'tekton.dev/docker-1': 'other:5000',
      }),
      dockerSecret('token', { 'tekton.dev/git-0': 'https://git.example.com' }),
    ];
    const { basicAuths, volumes } = mountCredentials(known);
    expect(basicAuths).to.deep.equal([
      { directory: '/tekton-cache/credentials/push', servers: ['https://registry.example.com', 'other:5000'] },
    ]);
    const keys = volumes[0]?.projected?.sources?.flatMap(({ secret }) =>
      secret?.items?.map(({ key }) => `${secret.name} ${key}`),
    );
    expect(keys?.filter((key) => /username|password/.test(key ?? ''))).to.deep.equal([
      'push username',
      'push password',
    ]);
  });

  it('need no volume when there are none', () => {
    expect(mountCredentials([])).to.deep.equal({ dockerConfigs: [], basicAuths: [], volumes: [], mounts: [] });
  });
});
