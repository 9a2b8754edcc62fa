import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { main } from '../../../shared/cli/main.ts';

/** A registry with passwords and nothing in it, which notes who comes. */
describe('credentials of the command line', () => {
  let dir: string;
  let server: Server;
  let users: Set<string>;
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'cli-credentials-'));
    users = new Set();
    server = createServer(({ headers: { authorization } }, response) => {
      if (authorization === undefined) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="tests"' }).end();
        return;
      }
      const [user = ''] = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString().split(':');
      users.add(user);
      response.writeHead(404).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => {
    rmSync(dir, { recursive: true });
    server.closeAllConnections();
    server.close();
  });

  const host = (): string => `127.0.0.1:${(server.address() as AddressInfo).port}`;
  /** Writes a docker configuration with one user for the registry. */
  const configOf = (user: string, file: string): string => {
    const auth = Buffer.from(`${user}:password`).toString('base64');
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, JSON.stringify({ auths: { [host()]: { auth } } }));
    return file;
  };
  const usersOf = async (environment: NodeJS.ProcessEnv, ...more: readonly string[]): Promise<string[]> => {
    const args = ['fetch', '--target', `${host()}/app:v1`, '--workspace', `c=${dir}/cache`, ...more];
    await main(args, { environment: { HOME: dir, ...environment }, print: () => undefined, log: () => undefined });
    return [...users];
  };

  it('are read from the file that REGISTRY_AUTH_FILE names, whatever its name', async () => {
    expect(await usersOf({ REGISTRY_AUTH_FILE: configOf('podman', join(dir, 'auth.json')) })).to.deep.equal(['podman']);
  });

  it('of REGISTRY_AUTH_FILE come before those of DOCKER_CONFIG and HOME, and after docker-config', async () => {
    configOf('home', join(dir, '.docker/config.json'));
    configOf('docker', join(dir, 'docker/config.json'));
    const environment = { DOCKER_CONFIG: join(dir, 'docker') };
    const REGISTRY_AUTH_FILE = configOf('podman', join(dir, 'auth.json'));
    expect(await usersOf({})).to.deep.equal(['home']);
    users.clear();
    expect(await usersOf(environment)).to.deep.equal(['docker']);
    users.clear();
    expect(await usersOf({ ...environment, REGISTRY_AUTH_FILE })).to.deep.equal(['podman']);
    users.clear();
    const given = configOf('given', join(dir, 'given/config.json'));
    const option = ['--docker-config', join(given, '..')];
    expect(await usersOf({ ...environment, REGISTRY_AUTH_FILE }, ...option)).to.deep.equal(['given']);
  });

  it('are those of the next place where REGISTRY_AUTH_FILE is empty, or names nothing', async () => {
    configOf('home', join(dir, '.docker/config.json'));
    expect(await usersOf({ REGISTRY_AUTH_FILE: '' })).to.deep.equal(['home']);
    users.clear();
    expect(await usersOf({ REGISTRY_AUTH_FILE: join(dir, 'nope.json') })).to.deep.equal(['home']);
  });
});
