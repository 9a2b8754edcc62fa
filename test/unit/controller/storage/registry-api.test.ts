import { hash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { expect } from 'chai';

import { Inventory } from '../../../../controller/storage/inventory/inventory.ts';
import { measure } from '../../../../controller/storage/registry/measure.ts';
import { RegistryApi } from '../../../../controller/storage/registry/registry-api.ts';
import { RegistryError } from '../../../../controller/storage/registry/registry-error.ts';
import { UnreadTags } from '../../../../controller/storage/registry/unread-tags.ts';
import { walkRepositories } from '../../../../controller/storage/registry/walk.ts';
import type { WalkParts } from '../../../../controller/storage/registry/walk.ts';
import { createLog } from '../../../../shared/log.ts';

describe('the registry as the housekeeper asks it', () => {
  it('is asked again for its name where a proxy answered for it, which does not know it', async () => {
    let isAway = true;
    await withServer(
      (request, response) => {
        const { pathname, searchParams } = new URL(request.url ?? '/', 'http://registry');
        if (pathname === '/token') response.writeHead(searchParams.get('service') === 'the registry' ? 200 : 400);
        else if (isAway) response.writeHead(502);
        else if (pathname === '/v2/') {
          response.writeHead(401, { 'www-authenticate': 'Bearer realm="http://x/token",service="the registry"' });
        }
        response.end(JSON.stringify({ token: 'token', tags: ['v1'] }));
      },
      async (api) => {
        const tags = async () => await api.tags('team/a', AbortSignal.timeout(10_000)).catch(String);
        expect(await tags()).to.contain('gives no token: 400');
        isAway = false;
        expect(await tags()).to.deep.equal(['v1']);
      },
    );
  });

  it('is called by the name that it gives itself, however its challenge is written', async () => {
    for (const challenge of [
      'Bearer realm=http://x/token,service=registry.example.com:5000',
      'BEARER Realm = "http://x/token" , SERVICE="registry.example.com:5000"',
      ['Basic realm="r",service="another"', 'Bearer realm="http://x/token",service="registry.example.com:5000"'],
      'Bearer scope="service=\\"x\\"",realm="http://x/token",service="registry.example.com:5000"',
    ]) {
      const asked: (string | null)[] = [];
      await withServer(
        (request, response) => {
          const { pathname, searchParams } = new URL(request.url ?? '/', 'http://registry');
          if (pathname === '/token') asked.push(searchParams.get('service'));
          if (pathname === '/v2/') response.writeHead(401, { 'www-authenticate': challenge });
          response.end(JSON.stringify({ token: 'token', tags: ['v1'] }));
        },
        async (api) => void (await api.tags('team/a', AbortSignal.timeout(10_000))),
      );
      expect(asked, String(challenge)).to.deep.equal(['registry.example.com:5000']);
    }
  });

  /** Answers to HEAD and GET of a blob; a number is a status. */
  const BLOBS = {
    'has it itself': { head: 12, get: 500 },
    'has no HEAD': { head: 405, get: 12 },
    'tells no length': { head: 'chunked', get: 12 },
    'sends readers to storage that is signed for GET': { head: 'elsewhere', get: 'elsewhere' },
    'has an empty one': { head: 403, get: 0 },
  } as const;
  for (const [what, { head, get }] of Object.entries(BLOBS)) {
    it(`says how many bytes a blob has where it ${what}`, async () => {
      const sent: (string | undefined)[] = [];
      await withServer(
        (request, response) => {
          const { url = '', method, headers } = request;
          const answer = url.startsWith('/storage') ? (method === 'HEAD' ? 403 : 12) : method === 'HEAD' ? head : get;
          if (url.startsWith('/token')) response.end(JSON.stringify({ token: 'token' }));
          else if (!url.startsWith('/v2/') && !url.startsWith('/storage')) response.end();
          else if (answer === 'elsewhere') response.writeHead(307, { location: '/storage?signature=x' }).end();
          else if (answer === 'chunked') response.writeHead(200, { 'transfer-encoding': 'chunked' }).end();
          else if (answer > 399) response.writeHead(answer).end();
          else if (method === 'HEAD') response.writeHead(200, { 'content-length': answer }).end();
          else if (answer === 0) response.writeHead(416, { 'content-range': 'bytes */0' }).end();
          else response.writeHead(206, { 'content-range': `bytes 0-0/${answer}`, 'content-length': 1 }).end('x');
          if (url.startsWith('/storage')) sent.push(headers.authorization);
        },
        async (api) => {
          const size = await api.sizeOf('team/a', DIGEST, AbortSignal.timeout(10_000));
          expect(size).to.equal(what === 'has an empty one' ? 0 : 12);
        },
      );
      expect(
        sent.filter((token) => token !== undefined),
        'tokens that storage was sent',
      ).to.deep.equal([]);
    });
  }

  it('is asked by GET for the digest of a tag where it has no HEAD', async () => {
    await withServer(
      ({ url = '', method }, response) => {
        if (url.startsWith('/token')) response.end(JSON.stringify({ token: 'token' }));
        else if (method === 'HEAD') response.writeHead(405).end();
        else response.writeHead(200, { 'docker-content-digest': DIGEST }).end(MANIFEST);
      },
      async (api) => {
        expect(await api.digestOf('team/a', 'v1', AbortSignal.timeout(10_000))).to.equal(DIGEST);
      },
    );
  });

  /** What the housekeeper does in a repository where the registry answers questions about one thing with this status. */
  const workOn = async (
    work: (parts: WalkParts) => Promise<unknown>,
    broken: string,
    status: number,
    answer?: (name: string, response: ServerResponse) => boolean,
  ) => {
    const inventory = Inventory.open(':memory:', createLog({ silent: true }));
    inventory.recordPush({ repository: 'team/a', digest: DIGEST, bytes: 1, references: BLOBS_OF_IT }, 'c', 1);
    const failed: string[] = [];
    const asked = new Set<string>();
    const unread = new UnreadTags();
    await withServer(
      ({ url = '' }, response) => {
        const name = url.slice(url.lastIndexOf('/') + 1);
        asked.add(name);
        if (url.startsWith('/token')) response.end(JSON.stringify({ token: 'token' }));
        else if (name === 'list') response.end(JSON.stringify({ tags: ['a', 'b', 'c'] }));
        else if (name === broken) response.writeHead(status).end();
        else if (answer?.(name, response) === true) return;
        else if (answer !== undefined) {
          const digest = BLOBS_OF_IT.find((one) => one.endsWith(name));
          response.writeHead(200, { 'docker-content-digest': digest ?? DIGEST }).end();
        } else response.writeHead(200, { 'content-length': 7, 'docker-content-digest': DIGEST }).end('content');
      },
      async (api) => {
        const onFailure = (_: string, error: unknown): void => void failed.push(String(error));
        const onUnread = (): void => undefined;
        await work({ api, inventory, signal: AbortSignal.timeout(10_000), now: Date.now, unread, onUnread, onFailure });
      },
      answer === undefined ? {} : { timeoutMs: 1500 },
    );
    const sizes = inventory.find('team/a', DIGEST)?.references.map(({ bytes }) => bytes);
    inventory.close();
    return { failed, asked, sizes, unread: unread.count };
  };
  const BLOBS_OF_IT = ['a', 'b', 'c'].map((digit) => `sha256:${digit.repeat(64)}`);
  const walkIt = async (parts: WalkParts) => await walkRepositories(parts, ['team/a']);

  it('is asked for all other sizes where it has no answer about one blob', async () => {
    const [broken = ''] = BLOBS_OF_IT;
    const { failed, sizes } = await workOn(measure, broken, 500);
    expect(sizes).to.have.members([0, 7, 7]);
    expect(failed).to.deep.equal([`RegistryError: the registry does not tell the size of /v2/team/a/blobs/${broken}`]);
  });

  it('is asked for all other tags where it has no answer about one', async () => {
    const { failed, asked, unread } = await workOn(walkIt, 'a', 500);
    expect([failed.length, unread, asked.has('b'), asked.has('c')]).to.deep.equal([0, 1, true, true]);
  });

  for (const status of [401, 429, 502, 503, 504]) {
    it(`is left in peace until the next look where it has no time, or takes no token: ${status}`, async () => {
      const [first = '', ...others] = BLOBS_OF_IT;
      const measured = await workOn(measure, first, status);
      expect(measured.failed).to.have.lengthOf(1);
      for (const other of others) expect([...measured.asked]).to.not.include(other);
      const walked = await workOn(walkIt, 'a', status);
      expect(walked.failed).to.have.lengthOf(1);
      expect([...walked.asked]).to.not.include('b');
      expect(walked.unread, 'tags that are taken for broken').to.equal(0);
    });
  }

  /** Manifests begin to come. */
  for (const [what, isBrokenOff, unread] of [
    ['is asked for all other tags where a manifest breaks off', true, 3],
    ['is left in peace until the next look where a manifest does not come to its end', false, 0],
  ] as const) {
    it(what, async () => {
      const { asked, ...told } = await workOn(walkIt, 'none', 500, (name, response) => {
        if (!BLOBS_OF_IT.includes(name)) return false;
        response.writeHead(200, { 'content-length': 7 }).write('con', () => isBrokenOff && response.destroy());
        return true;
      });
      expect(told.unread).to.equal(unread);
      expect(told.failed).to.have.lengthOf(isBrokenOff ? 0 : 1);
      expect(asked.has('b')).to.equal(isBrokenOff);
    });
  }

  /** What each question comes to where all answers have this body, these headers, and this status. */
  const answers = async (
    body: string,
    headers: Readonly<Record<string, string>> = {},
    status = 200,
  ): Promise<unknown[]> => {
    const given: unknown[] = [];
    await withServer(
      (request, response) => {
        const isToken = request.url?.startsWith('/token') === true;
        response.writeHead(isToken ? 200 : status, headers).end(isToken ? JSON.stringify({ token: 'token' }) : body);
      },
      async (api) => {
        const signal = AbortSignal.timeout(10_000);
        const questions = [
          async () => await pagesOf(api.catalogue(signal)),
          async () => await api.tags('team/a', signal),
          async () => await api.digestOf('team/a', 'v1', signal),
          async () => await api.manifest('team/a', DIGEST, signal),
        ];
        for (const ask of questions) given.push(await ask().catch((error: unknown) => error));
      },
    );
    return given;
  };

  for (const [what, body] of [
    ['a page', '<!doctype html><title>Sign in</title>'],
    ['an object about something else', '{"status":"under maintenance"}'],
    ['lists of something else', '{"repositories":[{"name":"team/a"}],"tags":["v1",{"name":"v2"}]}'],
    ['texts in the place of lists', '{"repositories":"team/a","tags":"v1"}'],
    ['another manifest', '{"schemaVersion":2,"layers":[]}'],
  ] as const) {
    it(`does not say what is there with ${what}: what it does not name is not gone`, async () => {
      for (const one of await answers(body)) expect(one).to.be.instanceOf(RegistryError);
    });
  }

  for (const body of ['', '404 page not found', '{}', '{"errors":[]}', '{"errors":["gone"],"code":404}']) {
    it(`does not say that something is gone with a 404 of something before it: ${body}`, async () => {
      for (const one of await answers(body, {}, 404)) expect(one).to.be.instanceOf(RegistryError);
    });
  }

  it('says with its own 404 that there is no repository, no tag and no manifest', async () => {
    const [, ...gone] = await answers('{"errors":[{"code":"NAME_UNKNOWN","message":"not known"}]}', {}, 404);
    expect(gone).to.deep.equal([[], undefined, undefined]);
  });

  it('says that nothing is there with empty lists, which some registries write as null', async () => {
    for (const list of ['[]', 'null']) {
      const [catalogue, tags] = await answers(`{"repositories":${list},"tags":${list}}`);
      expect([catalogue, tags]).to.deep.equal([[[]], []]);
    }
  });

  it('is asked for each page, however it writes the way to the next one', async () => {
    for (const link of [
      '</v2/team/a/tags/list?last=v1>; rel="next"',
      '</v2/team/a/tags/list?last=v1>;rel=next',
      '<http://elsewhere:5000/v2/team/a/tags/list?last=v1>; title="a, b"; REL="last next"',
      '</v2/>; rel="first", <list?last=v1> ; rel="next"',
      '<?last=v1>; rel=next; title=x',
    ]) {
      expect(await tagsOf({ '/v2/team/a/tags/list': link }), link).to.deep.equal(['v1', 'v2']);
    }
    for (const link of ['</v2/>; rel="first"', '<x>; rel="nextish"']) {
      expect(await tagsOf({ '/v2/team/a/tags/list': link }), link).to.deep.equal(['v1']);
    }
  });

  it('does not say what is there where nobody can read where the next page is, where pages lead in circles, or where one is away', async () => {
    const [first, second] = ['/v2/team/a/tags/list', '/v2/team/a/tags/list?last=v1'];
    const next = `<${second}>; rel="next"`;
    for (const links of [
      { [first]: 'next: page 2' },
      { [first]: '<http://[>; rel="next"' },
      { [first]: next, [second]: next },
      { [first]: next, [second]: `<${first}>; rel="next"` },
      { [first]: '</v2/gone>; rel="next"' },
    ]) {
      expect(await tagsOf(links), JSON.stringify(links)).to.be.instanceOf(RegistryError);
    }
  });

  it('is believed about a manifest that has the digest, of whatever algorithm', async () => {
    const [, , digest, manifest] = await answers(MANIFEST, { 'docker-content-digest': DIGEST });
    expect(digest).to.equal(DIGEST);
    expect(manifest).to.include({ bytes: MANIFEST.length });
  });
});

const MANIFEST = JSON.stringify({ schemaVersion: 2, config: {}, layers: [] });
const DIGEST = `sha512:${hash('sha512', MANIFEST)}`;

/** The tags of a repository with two pages, by the header `Link` of each path; or the error. */
async function tagsOf(links: Readonly<Record<string, string>>): Promise<unknown> {
  let tags: unknown;
  await withServer(
    (request, response) => {
      const { url = '' } = request;
      const link = links[url];
      response.writeHead(url === '/v2/gone' ? 404 : 200, link === undefined ? {} : { link });
      const names = url.includes('last=v1') ? ['v2'] : ['v1'];
      response.end(JSON.stringify(url.startsWith('/token') ? { token: 'token' } : { name: 'team/a', tags: names }));
    },
    async (api) => {
      tags = await api.tags('team/a', AbortSignal.timeout(10_000)).catch((error: unknown) => error);
    },
  );
  return tags;
}

async function pagesOf<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const page of pages) all.push(page);
  return all;
}

async function withServer(
  listener: RequestListener,
  work: (api: RegistryApi) => Promise<void>,
  options: { readonly timeoutMs?: number } = {},
): Promise<void> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  try {
    await once(server, 'listening');
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await work(
      new RegistryApi({ origin, realm: `${origin}/token`, readPodToken: () => Promise.resolve('pod'), ...options }),
    );
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
