import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { LockTerms } from '../../../shared/archive/commit/lock/lock-terms.ts';
import { openWorkspace, TookOver } from '../../../shared/archive/commit/workspace.ts';
import { uploadEntry } from '../../../shared/entry/upload/upload-entry.ts';
import { newFetchBench, type FetchBench } from '../../support/entry/fetch-bench.ts';

describe('an upload of a directory that a fetch works on', () => {
  let bench: FetchBench;

  beforeEach(() => {
    bench = newFetchBench();
    fs.writeFileSync(join(bench.target, 'file'), 'content');
  });
  afterEach(() => bench.remove());

  const upload = (signal?: AbortSignal, lock?: LockTerms) =>
    uploadEntry({
      store: bench.store,
      reference: 'v1',
      aliases: [],
      dir: bench.target,
      paths: [],
      exclude: [],
      force: false,
      ...(signal === undefined ? {} : { signal }),
      ...(lock === undefined ? {} : { lock }),
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

  it('stores nothing where another process took the directory over while it cleared up after a killed one', async () => {
    const state = join(bench.target, '.tekton-cache');
    const left = [1, 2].map((number) => join(state, `staging.${number}`));
    for (const path of left) fs.mkdirSync(path, { recursive: true });
    const rival = join(state, `lock.${Date.now() * 100 + 1_000_000}`);
    // Between the two, this process stands still for longer than the dead do.
    const clock = {
      now: () => {
        if (left.every((path) => fs.existsSync(path))) return 0;
        fs.writeFileSync(rival, '');
        return 1e9;
      },
      pause: () => Promise.reject(new Error('nobody is waited for')),
    };
    const outcome = await upload(undefined, { clock }).catch((error: unknown) => error);
    expect(outcome).to.be.instanceOf(TookOver);
    expect(await bench.store.headManifest('v1')).to.equal(undefined);
  });
});
