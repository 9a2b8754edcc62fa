import * as fs from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { uploadEntry } from '../../../shared/entry/upload/upload-entry.ts';
import type { UploadOutcome } from '../../../shared/entry/entry.ts';
import type { Store } from '../../../shared/store/store.ts';
import { temporaryDirectory } from '../../support/registry/temporary-directory.ts';
import { FaultBench, refusal } from './fault-bench.ts';

describe('an alias that the registry does not move', () => {
  const bench = new FaultBench().install();
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let store: Store;

  beforeEach(async () => {
    directory = await temporaryDirectory();
    store = bench.open();
    fs.writeFileSync(join(directory.path, 'file'), 'content');
  });
  afterEach(() => directory.remove());

  const upload = (): Promise<UploadOutcome> => {
    const aliases = ['protected', 'free'];
    const request = { dir: directory.path, store, reference: 'key', aliases, paths: [], exclude: [], force: false };
    bench.proxy.on('PUT', /manifests\/protected$/, refusal(403, 'DENIED'), 10);
    return uploadEntry(request);
  };

  const tags = async (): Promise<(string | undefined)[]> =>
    Promise.all(['key', 'protected', 'free'].map(async (tag) => (await store.headManifest(tag))?.digest));

  it('costs neither the entry nor the other aliases, and is told', async () => {
    const outcome = await upload();
    expect(outcome).to.include({ uploaded: true, reason: 'pushed' });
    expect(outcome.unmoved?.map(({ alias }) => alias)).to.deep.equal(['protected']);
    expect(outcome.unmoved?.[0]?.message).to.contain('DENIED');
    expect(await tags()).to.deep.equal([outcome.digest, undefined, outcome.digest]);
  });

  it('is told again where the entry was there already', async () => {
    const { digest } = await upload();
    const outcome = await upload();
    expect(outcome).to.include({ uploaded: false, reason: 'unchanged', digest });
    expect(outcome.unmoved?.map(({ alias }) => alias)).to.deep.equal(['protected']);
  });
});
