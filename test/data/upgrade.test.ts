/** What a release of 28 November 2026 leaves behind is taken over as it is meant: see test/support/older-release. */
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { openWorkspace } from '../../shared/archive/commit/workspace.ts';
import { fetchEntry } from '../../shared/entry/fetch/fetch-entry.ts';
import type { EntryFetch, FetchOutcome } from '../../shared/entry/entry.ts';
import { uploadEntry } from '../../shared/entry/upload/upload-entry.ts';
import { openStore } from '../../shared/store/open-store.ts';
import { REQUEST_VARIABLE } from '../../shared/request/protocol.ts';
import { OLDER, unpackOlder } from '../support/older-release/older-release.ts';
import { startProgram } from '../support/process/program.ts';
import { treePicture } from '../support/tree/tree-picture.ts';

describe('an upgrade', () => {
  let base: string;
  let trees: Readonly<Record<'one' | 'two', readonly string[]>>;
  before(async () => {
    base = fs.mkdtempSync(join(tmpdir(), 'upgrade-'));
    await unpackOlder(base);
    trees = { one: await restored('one'), two: await restored('two') };
  });
  after(() => fs.rmSync(base, { recursive: true, force: true }));

  const fetch = async (reference: string, dir: string, more: Partial<EntryFetch> = {}): Promise<FetchOutcome> => {
    const { store } = openStore(`oci:${join(base, 'store')}`);
    return await fetchEntry({ store, reference, dir, paths: [], exclude: [], clean: true, ...more });
  };
  const restored = async (reference: string): Promise<readonly string[]> => {
    const dir = fs.mkdtempSync(join(base, 'out-'));
    expect((await fetch(reference, dir)).found, reference).to.equal(true);
    return treePicture(dir);
  };

  it('fetches the entries of before, and what was laid over them', () => {
    expect(trees).to.deep.equal({ one: OLDER.one, two: OLDER.two });
  });

  it('uploads upon an entry of before, which it has fetched', async () => {
    const dir = fs.mkdtempSync(join(base, 'upload-'));
    await fetch('two', dir);
    fs.writeFileSync(join(dir, 'go/mod/new.go'), 'package new\n');
    const { store } = openStore(`oci:${join(base, 'store')}`);
    const upload = { store, reference: 'three', dir, paths: [], exclude: [], aliases: [], force: false };
    const { bytesSent } = await uploadEntry(upload);
    expect(bytesSent, 'not all of it again').to.be.below(fs.statSync(join(dir, 'large')).size);
    expect(await restored('three')).to.deep.equal(treePicture(dir));
  });

  it('sees what was changed since a stat cache of before was written', async () => {
    const dir = join(base, 'fetched');
    expect(treePicture(dir)).to.deep.equal(OLDER.one);
    const changed = join(dir, 'go/bin/tool');
    const { mtime } = fs.statSync(changed);
    fs.writeFileSync(changed, '#!/bin/sh\nexit 1\n');
    fs.utimesSync(changed, mtime, mtime);
    await fetch('one', dir);
    expect(treePicture(dir)).to.deep.equal(OLDER.one);
  });

  it('finishes a fetch of before that was killed when it had moved a part', async () => {
    const dir = join(base, 'killed');
    expect(treePicture(dir)).not.to.deep.equal(OLDER.one);
    expect(treePicture(dir)).not.to.deep.equal(OLDER.two);
    const workspace = await openWorkspace(dir);
    await workspace.close('changed');
    expect(workspace.notes.join()).to.contain('Finished a fetch');
    expect(treePicture(dir)).to.deep.equal(OLDER.two);
    expect(fs.existsSync(join(dir, '.tekton-cache/staging'))).to.equal(false);
  });

  it('does what a controller of before asks of a helper', async () => {
    const dir = fs.mkdtempSync(join(base, 'helper-'));
    const report = join(base, 'report');
    const request = OLDER.request.replaceAll('/workspace/cache', dir).replaceAll('/store', join(base, 'store'));
    const given = { [REQUEST_VARIABLE]: request };
    const { code, err } = await startProgram('shared/helper/main.ts', ['--termination-log', report], given).ended;
    expect(code, err).to.equal(0);
    expect(JSON.parse(fs.readFileSync(report, 'utf8')).results).to.include({ hit: 'true', reason: 'exact' });
    expect(treePicture(dir)).to.deep.equal(OLDER.one);
  });
});
