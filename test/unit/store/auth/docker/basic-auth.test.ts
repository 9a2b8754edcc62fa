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

  it('may be absent', async () => {
    expect(await find([['absent', 'registry.example.com']])).to.deep.equal({ user: undefined, warnings: [] });
  });
});
