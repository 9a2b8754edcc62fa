import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import type { AccessRecord } from '../../support/mirror/access-log.ts';
import { downloads } from '../../support/mirror/access-log.ts';
import { unconfiguredRepository } from '../../support/mirror/answer.ts';
import { FileStore } from '../../support/mirror/file-store.ts';
import { goRepository, isGoPath } from '../../support/mirror/go-repository.ts';
import { npmRepository, parseNpmPath } from '../../support/mirror/npm-repository.ts';
import { mirrorServer } from '../../support/mirror/server.ts';
import { goUpstream, missingOf, npmUpstream } from '../../support/mirror/upstreams.ts';

const listen = (server: Server): Promise<string> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);
    });
  });

describe('the package mirror', () => {
  let directory: string;
  let upstream: Server;
  let mirror: Server;
  let url: string;
  let asked: string[];
  let log: AccessRecord[];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'mirror-'));
    asked = [];
    log = [];
    let upstreamUrl = '';
    upstream = createServer((request, response) => {
      asked.push(request.url ?? '');
      const contents: Readonly<Record<string, string>> = {
        '/@scope%2fone': JSON.stringify({
          name: '@scope/one',
          versions: { '1.0.0': { dist: { tarball: `${upstreamUrl}/elsewhere/one-1.0.0.tgz`, integrity: 'sha512-x' } } },
        }),
        '/elsewhere/one-1.0.0.tgz': 'tarball',
        '/example.com/!mod/@v/v1.0.0.zip': 'zip',
        '/example.com/!mod/@v/list': 'v1.0.0',
      };
      const content = contents[request.url ?? ''];
      response.writeHead(content === undefined ? 404 : 200).end(content);
    });
    upstreamUrl = await listen(upstream);
    const store = new FileStore(directory);
    mirror = mirrorServer(
      [
        npmRepository({ upstream: upstreamUrl, base: 'http://mirror/npm', store }),
        goRepository({ upstream: upstreamUrl, store }),
      ],
      (record) => log.push(record),
    );
    url = await listen(mirror);
  });

  afterEach(async () => {
    upstream.close();
    upstream.closeAllConnections();
    mirror.close();
    mirror.closeAllConnections();
    await rm(directory, { recursive: true });
  });

  const get = async (path: string): Promise<{ status: number; text: string }> => {
    const response = await fetch(`${url}${path}`);
    return { status: response.status, text: await response.text() };
  };

  it('names itself as the place of tarballs, and keeps their integrity', async () => {
    const { text } = await get('/npm/@scope%2fone');
    expect(JSON.parse(text)).to.deep.equal({
      name: '@scope/one',
      versions: {
        '1.0.0': { dist: { tarball: 'http://mirror/npm/@scope/one/-/one-1.0.0.tgz', integrity: 'sha512-x' } },
      },
    });
  });

  it('finds a tarball where the upstream has it, without being asked for the metadata before', async () => {
    expect(await get('/npm/@scope/one/-/one-1.0.0.tgz')).to.deep.equal({ status: 200, text: 'tarball' });
  });

  it('asks the upstream once for what many want', async () => {
    const paths = ['/go/example.com/!mod/@v/v1.0.0.zip', '/npm/@scope/one/-/one-1.0.0.tgz'];
    await Promise.all([...paths, ...paths].map(get));
    await Promise.all(paths.map(get));
    expect(asked.toSorted()).to.deep.equal([
      '/@scope%2fone',
      '/elsewhere/one-1.0.0.tgz',
      '/example.com/!mod/@v/v1.0.0.zip',
    ]);
  });

  it('serves what it has when the upstream is gone, and says so for the rest', async () => {
    await get('/npm/@scope/one/-/one-1.0.0.tgz');
    upstream.close();
    upstream.closeAllConnections();
    expect(await get('/npm/@scope/one/-/one-1.0.0.tgz')).to.deep.equal({ status: 200, text: 'tarball' });
    const { status, text } = await get('/npm/other');
    expect(status).to.equal(502);
    expect(text).to.match(/^upstream answered 502 to \/other/);
  });

  it('logs every request, and tells packages from what is said about them', async () => {
    await get('/npm/@scope%2fone');
    await get('/npm/@scope/one/-/one-1.0.0.tgz');
    await get('/npm/@scope/one/-/one-2.0.0.tgz');
    await get('/go/example.com/!mod/@v/list');
    await get('/go/example.com/!mod/@v/v1.0.0.zip');
    expect(log.map(({ repository, status, bytes }) => `${repository} ${status} ${bytes}`)).to.deep.equal([
      `npm 200 ${log[0]?.bytes}`,
      'npm 200 7',
      'npm 404 10',
      'go 200 6',
      'go 200 3',
    ]);
    expect(downloads(log).map(({ path }) => path)).to.deep.equal([
      '@scope/one/-/one-1.0.0.tgz',
      'example.com/!mod/@v/v1.0.0.zip',
    ]);
  });

  it('does not leave its directory', () => {
    for (const path of ['..', '../x', '-/user', 'a/../../b', '.', '@scope/..', '@scope/one/-/../x.tgz']) {
      const parsed = parseNpmPath(path);
      expect(parsed, path).to.equal(undefined);
    }
    for (const path of ['../x', 'a/../b', '/etc/passwd', 'a//b', 'a b']) expect(isGoPath(path), path).to.equal(false);
    expect(isGoPath('github.com/!burnt!sushi/toml/@v/v1.0.0+incompatible.zip')).to.equal(true);
  });

  it('takes the first proxy of a list', () => {
    expect(goUpstream('https://a.example|https://b.example,direct')).to.deep.equal({ url: 'https://a.example' });
  });

  it('says what is missing where a tool is set up without a server, and names none by itself', async () => {
    const upstreams = { npm: npmUpstream('undefined'), go: goUpstream('direct') };
    const sentences = missingOf(upstreams);
    expect(sentences).to.have.length(2);
    expect(sentences.join()).to.match(/npm config set registry.*GOPROXY is "direct".*go env -w GOPROXY/);
    expect(sentences.join()).not.to.match(/\w\.(?:org|com|io)/);

    const bare = mirrorServer([unconfiguredRepository('go', sentences[1] ?? '')], (record) => log.push(record));
    const answer = await fetch(`${await listen(bare)}/go/example.com/mod/@v/list`);
    expect(answer.status).to.equal(503);
    expect(await answer.text()).to.include('GOPROXY is "direct"');
    bare.close();
  });
});
