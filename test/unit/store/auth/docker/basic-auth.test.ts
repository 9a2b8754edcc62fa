import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { dockerCredentials } from '../../../../../shared/store/auth/docker/docker-credentials.ts';

describe('basic-auth secrets', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tekton-cache-auth-'));
  });
  afterEach(async () => await rm(directory, { recursive: true }));

  const secret = async (name: string, password: string) => {
    await mkdir(join(directory, name));
    await writeFile(join(directory, name, 'username'), name);
    await writeFile(join(directory, name, 'password'), password);
    return join(directory, name);
  };
  const find = async (servers: readonly (readonly [string, string])[], repository = 'team/app') => {
    const basicAuths = servers.map(([name, server]) => ({ directory: join(directory, name), servers: [server] }));
    const warnings: string[] = [];
    const source = dockerCredentials({ directories: [directory], basicAuths, warn: (text) => warnings.push(text) });
    const found = await source.find('registry.example.com', repository);
    return { user: found?.kind === 'password' ? `${found.username}:${found.password}` : undefined, warnings };
  };

  it('are for the server of their annotation only', async () => {
    await secret('pusher', 'pass:word');
    expect((await find([['pusher', 'https://registry.example.com']])).user).to.equal('pusher:pass:word');
    expect((await find([['pusher', 'https://other.example.com']])).user).to.equal(undefined);
  });

  it('compete with docker configurations by path: the most specific wins', async () => {
    await secret('team', 'secret');
    const auth = { auths: { 'registry.example.com': { auth: Buffer.from('general:secret').toString('base64') } } };
    await writeFile(join(directory, 'config.json'), JSON.stringify(auth));
    expect((await find([['team', 'registry.example.com/team']])).user).to.equal('team:secret');
    expect((await find([['team', 'registry.example.com/team']], 'other')).user).to.equal('general:secret');
    expect((await find([['team', 'registry.example.com']])).user).to.equal('general:secret');
  });

  it('go before an entry of a docker configuration that holds no user, of which a sentence tells without what is in it', async () => {
    await secret('pusher', 'secret');
    const file = join(directory, 'config.json');
    const written = [
      { auth: Buffer.from('only-a-token').toString('base64') },
      { auth: '*not base64*' },
      { auth: Buffer.from(':only-a-token').toString('base64') },
      { password: 'only-a-token' },
    ];
    for (const entry of written) {
      const auths = { 'registry.example.com/team': entry, 'other.example.com': entry };
      await writeFile(file, JSON.stringify({ auths }));
      const { user, warnings } = await find([['pusher', 'registry.example.com']]);
      expect(user).to.equal('pusher:secret');
      const [warning, ...others] = warnings;
      expect(others).to.deep.equal([]);
      expect(warning).to.contain('no credentials for registry.example.com').and.contain(file);
      expect(warning).to.contain('USER:PASSWORD in base64').and.not.contain('only-a-token');
      expect(warning).to.not.contain(Object.values(entry)[0]);
    }
  });

  it('may be absent', async () => {
    expect(await find([['absent', 'registry.example.com']])).to.deep.equal({ user: undefined, warnings: [] });
  });
});
