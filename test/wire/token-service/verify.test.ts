import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { publicPem, readPrivateKey } from '../../../shared/provenance/statement/keys.ts';
import { renewedProvenance } from '../../../controller/token-service/keys/provenance-key.ts';
import { openStore } from '../../../shared/store/open-store.ts';
import type { Store } from '../../../shared/store/store.ts';
import { OPTIONS } from '../store/fault-bench.ts';
import { statementGround } from './statement-ground.ts';
import type { StatementGround, TestRun } from './statement-ground.ts';

const MAIN: TestRun = { namespace: 'team-a', uid: 'main' };
const LATER: TestRun = { namespace: 'team-a', uid: 'later' };
const FORK: TestRun = { namespace: 'team-a', uid: 'fork', pullRequest: '7' };
const FORKS = 'team-a/untrusted/app/7/deps';
const REQUIRE = { verify: 'require' } as const;

interface Manifest {
  readonly mediaType: string;
  readonly config?: Blob;
  readonly layers?: readonly Blob[];
  readonly manifests?: readonly { readonly digest: string }[];
}
interface Blob {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** What an operator, or whoever has the registry's storage, can do: the bytes go where they like, with all their tags. */
async function copy(from: Store, to: Store, reference: string, as = reference): Promise<void> {
  const stored = await from.getManifest(reference);
  if (stored === undefined) return;
  const { bytes, descriptor } = stored;
  const { config, layers = [], manifests = [] } = JSON.parse(Buffer.from(bytes).toString()) as Manifest;
  for (const blob of [config, ...layers].filter((one) => one !== undefined)) {
    const chunks: Buffer[] = [];
    await from.readBlob(blob, (chunk) => void chunks.push(Buffer.from(chunk)));
    await to.putBlob(blob.digest, Buffer.concat(chunks));
  }
  for (const { digest } of manifests) await copy(from, to, digest);
  await to.putManifest(as, descriptor.mediaType, bytes);
}

for (const kind of ['docker-registry', 'distribution'] as const) {
  describe(`what is verified before it is used, at ${kind}`, () => {
    let ground: StatementGround;
    before(async () => {
      ground = await statementGround(kind);
      await ground.upload(MAIN, 'team-a/app:good', 'of main');
      const { report } = await ground.upload(FORK, `${FORKS}:v1`, 'of a fork');
      const digest = report.results['digest'] ?? '';
      const [theirs, ours] = [await open(FORK, FORKS), await open(MAIN, 'team-a/app')];
      await copy(theirs, ours, 'v1', 'poisoned');
      for (const tag of [digest.replace(':', '-'), `${digest.replace(':', '-')}.att`]) await copy(theirs, ours, tag);
      const moved = await open(MAIN, 'team-a/moved');
      await copy(ours, moved, 'good');
      await Promise.all([theirs, ours, moved].map(async (store) => await store.close()));
    });
    after(async () => await ground?.stop());

    const open = async (run: TestRun, target: string): Promise<Store> => {
      const registryToken = await ground.registryTokenOf(run);
      return openStore(`${ground.host}/${target}`, { ...OPTIONS, registryToken, warn: () => undefined }).store;
    };
    const reasonOf = ({ report }: { readonly report: { readonly results: Readonly<Record<string, string>> } }) =>
      report.results['reason'];

    it('is a hit of an entry that a trusted run wrote there', async () => {
      const done = await ground.fetch(LATER, 'team-a/app:good', REQUIRE);
      expect(reasonOf(done), done.lines.join('\n')).to.equal('exact');
      // A pull request of a fork reads what trusted runs wrote, and what it wrote itself.
      expect(reasonOf(await ground.fetch(FORK, 'team-a/app:good', REQUIRE))).to.equal('exact');
      expect(reasonOf(await ground.fetch(FORK, `${FORKS}:v1`, REQUIRE))).to.equal('exact');
    });

    it("is a miss of a fork's entry that somebody put into main's repository, with its statement", async () => {
      const done = await ground.fetch(LATER, 'team-a/app:poisoned', REQUIRE);
      expect(done.report.results).to.include({ reason: 'unverified', hit: 'false', fetched: 'false', match: 'miss' });
      expect(done.report.message).to.contain(`is of the repository ${FORKS}, not of this one`);
      expect(existsSync(join(done.dir, 'sub'))).to.equal(false);
    });

    it('is a miss of an entry without a statement, and goes on to fallbacks, which are verified as well', async () => {
      const moved = await ground.fetch(LATER, 'team-a/moved:good', REQUIRE);
      expect(reasonOf(moved)).to.equal('unverified');
      expect(moved.report.message).to.contain('has no statement of who wrote it, and `verify` requires one');
      const fallbacks = [`${ground.host}/team-a/app:poisoned`, `${ground.host}/team-a/app:good`];
      const done = await ground.fetch(LATER, 'team-a/moved:good', { ...REQUIRE, fallbacks });
      expect(done.report.results).to.include({ reason: 'fallback', target: fallbacks[1] ?? '' });
    });

    it('is a miss where the keys are others, or none', async () => {
      const registryToken = await ground.registryTokenOf(LATER);
      const other = publicPem(readPrivateKey(renewedProvenance({})!['provenance.key']).key);
      for (const [publicKeys, why] of [
        [other, 'signed by none of the keys'],
        ['', 'the installation has told no public keys'],
      ] as const) {
        const more = { ...REQUIRE, registryToken: { ...registryToken, publicKeys } };
        const done = await ground.fetch(LATER, 'team-a/app:good', more);
        expect([reasonOf(done), done.report.message].join(' ')).to.match(new RegExp(`^unverified .*${why}`));
      }
    });

    it('is a line in the log with `warn`, and nothing with `off`', async () => {
      const warned = await ground.fetch(LATER, 'team-a/app:poisoned', { verify: 'warn' });
      expect(reasonOf(warned)).to.equal('exact');
      expect(warned.lines.join('\n')).to.contain('is of the repository');
      const off = await ground.fetch(LATER, 'team-a/app:poisoned');
      expect([reasonOf(off), off.lines.join('\n').includes('is of the repository')]).to.deep.equal(['exact', false]);
    });

    it('is not built upon by an upload, which makes an entry of its own', async () => {
      const target = 'team-a/app:poisoned';
      const { dir } = await ground.fetch(LATER, target);
      expect(reasonOf(await ground.uploadFrom(dir, LATER, target))).to.equal('unchanged');
      const done = await ground.uploadFrom(dir, LATER, target, REQUIRE);
      expect(reasonOf(done)).to.equal('pushed');
      expect(done.lines.join('\n')).to.contain('nothing is built upon it');
      expect(reasonOf(await ground.fetch(MAIN, target, REQUIRE))).to.equal('exact');
      expect(reasonOf(await ground.uploadFrom(dir, LATER, target, REQUIRE))).to.equal('unchanged');
    });
  });
}
