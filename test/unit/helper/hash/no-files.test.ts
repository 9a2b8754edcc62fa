import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { computeKey } from '../../../../shared/cache-key/cache-key.ts';
import { findHash } from '../../../../shared/helper/hash/find-hash.ts';

describe('files to hash', () => {
  let source: string;
  beforeEach(() => {
    source = mkdtempSync(join(tmpdir(), 'tekton-cache-files-'));
    for (const path of ['package-lock.json', 'app/(shop)/page.json', 'app/[id]/page.json', 'app/i/page.json']) {
      mkdirSync(join(source, path, '..'), { recursive: true });
      writeFileSync(join(source, path), path);
    }
  });
  afterEach(() => rmSync(source, { recursive: true }));

  const matched = async (...files: string[]): Promise<string[]> =>
    ((await computeKey({ source, files }))?.files ?? []).map(({ path }) => path);

  it('may have parentheses and brackets in their names', async () => {
    expect(await matched('app/(shop)/page.json')).to.deep.equal(['app/(shop)/page.json']);
    expect(await matched('app/(shop)/*.json')).to.deep.equal(['app/(shop)/page.json']);
    expect(await matched('app/*/*.json', '!app/(shop)/**')).to.deep.equal(['app/[id]/page.json', 'app/i/page.json']);
    expect(await matched('app/[id]/page.json')).to.deep.equal(['app/[id]/page.json', 'app/i/page.json']);
    expect(await matched('app/@(i|x)/page.json')).to.deep.equal(['app/i/page.json']);
  });

  it('that are not there are named, with where it was looked and the nearest name there', async () => {
    const none = await findHash({ files: ['package.lock.json', 'api/go.sum', 'app/*.json'], source });
    expect(none).to.include({ reason: 'no-files' });
    expect(none)
      .to.have.property('sentence')
      .that.includes('`package.lock.json` (looked at the top of `source`, where there is `package-lock.json`)');
    expect(none).to.have.property('sentence').that.includes('`api/go.sum` (there is no directory api)');
    expect(none).to.have.property('sentence').that.includes('`app/*.json` (looked in app)');
    const some = await findHash({ files: ['package-lock.json', 'go.sum'], source });
    expect(some)
      .to.have.property('lines')
      .that.satisfies((lines: string[]) => lines.some((line) => line.includes('`go.sum`')));
  });

  it('that a glob does not match beside others that do are named in the log in the same way', async () => {
    const files = [
      '*.json',
      'app/(shop)/pages.json',
      'app/*/go.{sum,mod}',
      '**/package-locks.json',
      '!app/*/x',
      '{go.sum,package-lock.json}',
    ];
    const some = await findHash({ files, source });
    expect(some)
      .to.have.property('lines')
      .that.includes(
        '  nothing is matched by `app/(shop)/pages.json` (looked in app/(shop), where there is `page.json`), ' +
          '`app/*/go.{sum,mod}` (looked in app), ' +
          '`**/package-locks.json` (looked at the top of `source`, where there is `package-lock.json`)',
      );
    const preset = await findHash({ files, source, ofPreset: true });
    expect(preset)
      .to.have.property('lines')
      .that.satisfies((lines: string[]) => !lines.join().includes('nothing'));
  });
});
