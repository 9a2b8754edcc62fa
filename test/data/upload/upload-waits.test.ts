import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { openWorkspace } from '../../../shared/archive/commit/workspace.ts';
import { uploadEntry } from '../../../shared/entry/upload/upload-entry.ts';
import { newFetchBench, type FetchBench } from '../../support/entry/fetch-bench.ts';

describe('an upload of a directory that a fetch works on', () => {
  let bench: FetchBench;

  beforeEach(() => {
    bench = newFetchBench();
    fs.writeFileSync(join(bench.target, 'file'), 'content');
  });
  afterEach(() => bench.remove());

  const upload = (signal?: AbortSignal) =>
    uploadEntry({
      store: bench.store,
      reference: 'v1',
      aliases: [],
      dir: bench.target,
      paths: [],
      exclude: [],
      force: false,
      ...(signal === undefined ? {} : { signal }),
    });

  it('waits until the fetch has ended, so that half a tree is never stored', async () => {
    const fetching = await openWorkspace(bench.target);
    const early = await upload(AbortSignal.timeout(700)).catch((error: unknown) => error);
    expect(early).to.be.instanceOf(Error);
    expect(await bench.store.headManifest('v1')).to.equal(undefined);

    fs.writeFileSync(join(bench.target, 'last'), 'of the fetch');
    await fetching.close('changed');
    expect((await upload()).uploaded).to.equal(true);
  });
});
