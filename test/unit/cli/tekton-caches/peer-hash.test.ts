import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';

import { peerHash } from '../../../../shared/cli/tekton-caches/peer-hash.ts';

describe('the key of tekton-caches', () => {
  let work: string;
  beforeEach(() => {
    work = mkdtempSync(join(tmpdir(), 'tekton-cache-peer-hash-'));
    writeFileSync(join(work, 'go.sum'), 'one');
  });
  afterEach(() => rmSync(work, { recursive: true }));

  const sha256 = (...texts: readonly string[]): string => createHash('sha256').update(texts.join('')).digest('hex');

  it('counts files below names that are no UTF-8, in the order of their bytes', () => {
    const latin1 = Buffer.concat([Buffer.from(`${work}/`), Buffer.from('\xe9t\xe9', 'latin1')]);
    mkdirSync(latin1);
    writeFileSync(Buffer.concat([latin1, Buffer.from('/go.sum')]), 'three');
    mkdirSync(join(work, 'sub'));
    writeFileSync(join(work, 'sub', 'go.sum'), 'two');
    expect(peerHash(work, ['**/go.sum']).hash).to.equal(sha256('one', 'two', 'three'));
    expect(peerHash(work, ['*.sum']).hash, 'below the directory').to.equal(sha256('one'));
  });

  it('leaves out links in a circle, and links to nothing', () => {
    symlinkSync('circle', join(work, 'circle'));
    symlinkSync('nowhere', join(work, 'nothing'));
    expect(peerHash(work, ['**']).hash).to.equal(sha256('one'));
  });

  it('names what it passes over: a directory that cannot be read', () => {
    const gone = join(work, 'gone');
    expect(peerHash(gone, ['**'])).to.deep.equal({ files: [], passedOver: [gone] });
  });
});
