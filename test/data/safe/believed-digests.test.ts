import { hash } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { openStore } from '../../../shared/store/open-store.ts';
import { codeOf } from '../../support/code-of.ts';
import { putEntry } from '../../support/entry/built-entry.ts';
import { newFetchBench, type FetchBench } from '../../support/entry/fetch-bench.ts';
import { uploadEntry } from '../../../shared/entry/upload/upload-entry.ts';

const GOOD = 'what the build tool has checked';
const EVIL = 'what somebody puts in its place';

/**
 * An entry whose index gives a file the digest of good content, and whose frame holds other content: both are its author's word. Nobody may
 * come to have the evil content by another entry than this one (docs/adr/0077-each-file-of-a-fetch-is-summed.md).
 */
describe('an entry that lies about the digest of a file', function () {
  this.timeout(30_000);

  let bench: FetchBench;
  beforeEach(async () => {
    bench = newFetchBench();
    const items = [{ path: 'lib', type: 'file', content: EVIL } as const];
    const digest = hash('sha256', GOOD);
    const entry = <Entry extends { readonly type: string }>(one: Entry): Entry => ({ ...one, digest });
    await putEntry(bench.store, 'liar', { items, lies: { entry } });
    await putEntry(bench.store, 'honest', { items: [{ path: 'lib', type: 'file', content: GOOD }] });
  });
  afterEach(() => bench.remove());

  const workspace = (name: string): string => {
    const dir = join(bench.base, name);
    fs.mkdirSync(dir);
    return dir;
  };
  const read = (dir: string): string => fs.readFileSync(join(dir, 'lib'), 'utf8');
  const upload = (dir: string, tag: string): Promise<unknown> => {
    const { store } = openStore(`oci:${join(bench.base, 'store')}:${tag}`);
    const bases = [{ store: bench.store, reference: 'liar' }];
    return uploadEntry({ store, reference: tag, dir, paths: [], exclude: [], aliases: [], force: false, bases });
  };
  /** What others get of an entry: nothing, or what its author had in the workspace. */
  const expectNoEvil = async (reference: string): Promise<void> => {
    const dir = workspace(`of-${reference}`);
    const outcome = await bench.fetch({ reference, dir }).catch(codeOf);
    if (outcome === 'InvalidImage') expect(fs.existsSync(join(dir, 'lib'))).to.equal(false);
    else expect(read(dir)).to.equal(GOOD);
  };

  it('is not restored, so that what a later entry says of that content is not believed of this one', async () => {
    expect(await bench.fetch({ reference: 'liar' }).catch(codeOf)).to.equal('InvalidImage');
    await bench.fetch({ reference: 'honest' });
    expect(read(bench.target)).to.equal(GOOD);
  });

  it('is no base by which an upload of good content becomes evil', async () => {
    const dir = workspace('clean');
    fs.writeFileSync(join(dir, 'lib'), GOOD);
    fs.writeFileSync(join(dir, 'more'), 'so that there is something to upload');
    await upload(dir, 'own');
    await expectNoEvil('own');
  });

  it('is no name for good content that is all there', async () => {
    const dir = workspace('same');
    fs.writeFileSync(join(dir, 'lib'), GOOD);
    fs.utimesSync(join(dir, 'lib'), 1e9, 1e9);
    await upload(dir, 'renamed');
    await expectNoEvil('renamed');
  });

  it('that finds good content there leaves it, and an upload after that is not evil', async () => {
    const dir = workspace('restored');
    await bench.fetch({ reference: 'honest', dir });
    await bench.fetch({ reference: 'liar', dir }).catch(codeOf);
    expect(read(dir)).to.equal(GOOD);
    fs.writeFileSync(join(dir, 'more'), 'so that there is something to upload');
    await upload(dir, 'after');
    await expectNoEvil('after');
  });
});
