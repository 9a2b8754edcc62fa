import { expect } from 'chai';
import { CacheError, ERROR_CODES } from '../../../shared/errors.ts';
import type { AskScope } from '../../../shared/helper/find-places.ts';
import { runRequest } from '../../../shared/helper/run-request.ts';
import type { CacheReport } from '../../../shared/request/protocol.ts';
import { openStore } from '../../../shared/store/open-store.ts';
import { FakeEntries, found, pushed, request } from './fakes.ts';

const OWN = 'r.example/team-a/untrusted/app/7/deps';
const MAIN = 'r.example/team-a/deps';
const PLACES = {
  trust: 'untrusted',
  namespace: 'team-a',
  reads: ['team-a/untrusted/app/7', 'team-a'],
  writes: 'team-a/untrusted/app/7',
};

describe('the targets of a run', () => {
  let entries: FakeEntries;
  let lines: string[];
  let asked: number;
  beforeEach(() => {
    [entries, lines, asked] = [new FakeEntries(), [], 0];
  });

  const answering =
    (answer: string | undefined | Error): AskScope =>
    async () => {
      asked += 1;
      if (answer instanceof Error) throw answer;
      return answer;
    };
  async function run(
    given: Parameters<typeof request>[0],
    askScope = answering(JSON.stringify(PLACES)),
  ): Promise<CacheReport> {
    const log = { line: (text: string) => void lines.push(text) };
    const ports = { entries, askScope, openStore: async (target: string) => openStore(target), log };
    const registryToken = { registry: 'r.example', realm: 'https://tokens.example/token', tokenFile: '/token' };
    return await runRequest(
      request({ target: `${MAIN}:k1`, fallbacks: [`${MAIN}:latest`], registryToken, ...given }),
      ports,
    );
  }

  it('are read in its own place first, then where it may read besides; fallbacks come after both', async () => {
    const { results } = await run({});
    expect(entries.fetched).to.deep.equal([`${OWN}:k1`, `${MAIN}:k1`, `${OWN}:latest`, `${MAIN}:latest`]);
    expect(results).to.include({ reason: 'not-found', target: `${OWN}:k1`, match: 'miss' });
  });

  it('are an exact match in whichever place, and a fallback in whichever', async () => {
    entries.stored.set(`${MAIN}:latest`, found());
    expect((await run({})).results).to.include({ match: 'fallback', hit: 'false', target: `${MAIN}:latest` });
    entries.stored.set(`${MAIN}:k1`, found());
    expect((await run({})).results).to.include({ match: 'exact', hit: 'true', target: `${MAIN}:k1` });
    entries.stored.set(`${OWN}:k1`, found());
    expect((await run({})).results).to.include({ match: 'exact', hit: 'true', target: `${OWN}:k1` });
    expect(asked).to.equal(3);
  });

  it('are read elsewhere when the own one is broken, which is said', async () => {
    entries.errors.set(`${OWN}:k1`, new CacheError(ERROR_CODES.InvalidImage, 'broken'));
    entries.stored.set(`${MAIN}:k1`, found());
    expect((await run({})).results).to.include({ match: 'exact', target: `${MAIN}:k1` });
    expect(lines.join('\n')).to.contain('broken');
  });

  it('are written in its own place, aliases with them, and build upon what it may read', async () => {
    entries.pushed.set(`${OWN}:k1`, pushed());
    const aliases = ['latest', `${MAIN}:{{namespace}}`];
    const { results } = await run({ verb: 'upload', aliases, variables: { namespace: 'team-a' } });
    expect(results).to.include({ uploaded: 'true', target: `${OWN}:k1` });
    const [upload] = entries.uploads;
    expect(upload?.aliases).to.deep.equal(['latest', 'team-a']);
    expect(upload?.bases?.map(({ store, reference }) => `${store.name}:${reference}`)).to.deep.equal([
      `${OWN}:latest`,
      `${MAIN}:latest`,
      `${MAIN}:k1`,
    ]);
  });

  it('are what the tasks of the same run wrote, and nobody else, where their content is joined', async () => {
    const nodes = [{ task: 'build', targets: [`${MAIN}:x-1-build`], after: [] }];
    const join = { nodes, base: [`${MAIN}:k1`] };
    await run({ caches: [{ name: 'cache', dir: '/workspace/cache', join }] });
    expect(entries.joined).to.deep.equal([[`${OWN}:k1`, `${MAIN}:k1`, `${OWN}:x-1-build`]]);
  });

  it('stay as they are, and say why, where nobody tells the scope', async () => {
    const unreachable = new CacheError(ERROR_CODES.Unreachable, 'nobody there');
    for (const answer of [unreachable, '{"trust": "untrusted"}']) {
      entries.fetched.length = 0;
      await run({}, answering(answer));
      expect(entries.fetched).to.deep.equal([`${MAIN}:k1`, `${MAIN}:latest`]);
    }
    expect(lines).to.include('  targets are taken as they are written: nobody there');
    expect(lines).to.include('  targets are taken as they are written: the token server answered with something else');
  });

  it('are no news for a pod that has no token, and for a run that keeps them as they are', async () => {
    await run({}, answering(undefined));
    await run({}, answering(JSON.stringify({ ...PLACES, trust: 'trusted', reads: ['team-a'], writes: 'team-a' })));
    expect(entries.fetched.every((name) => name.startsWith(`${MAIN}:`))).to.equal(true);
    expect(lines.filter((line) => /run:|as they are/.test(line))).to.deep.equal([]);
  });

  for (const mode of ['pull-push', 'push', 'pull', 'off'] as const) {
    it(`are those of the run where content moves on to its next task, in mode ${mode}`, async () => {
      const apart = 'r.example/team-a/runs/1/deps:x-1-last';
      for (const [target, place] of [
        [`${MAIN}:x-1-last`, `${OWN}:x-1-last`],
        [apart, apart],
      ] as const) {
        [entries, asked] = [new FakeEntries(), 0];
        const caches = [{ name: 'cache', dir: '/workspace/cache', travels: { target, keepMs: 1000 } }];
        const given = { verb: 'upload', mode, target: `${MAIN}:{{hash}}`, hash: 'k1', caches } as const;
        expect((await run(given)).failure).to.equal(undefined);
        expect(asked).to.equal(1);
        const { store, reference = '', aliases = [], bases = [] } = entries.uploads.at(-1) ?? {};
        expect([reference, ...aliases].map((name) => `${store?.name}:${name}`)).to.include(place);
        expect(bases.map((base) => base.store.name)).to.include.members([MAIN]);
        expect([store, ...bases.map((base) => base.store)].map((each) => each?.name)).to.include(OWN);
      }
    });
  }

  it('are asked for by nobody who has nothing to do, or no registry that tells', async () => {
    await run({ mode: 'off' });
    await run({ registryToken: undefined });
    expect(asked).to.equal(0);
  });
});
