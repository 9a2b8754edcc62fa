import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';

import { TEKTON_CACHES_COMMAND } from '../../../../shared/cli/tekton-caches/command.ts';

describe('a step in the place of tekton-caches', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'tekton-cache-peer-command-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it('names the directories that do not count in the key, and says what comes of that', async () => {
    const lines: string[] = [];
    const terminal = { environment: {}, print: () => {}, log: (text: string) => void lines.push(text) };
    const gone = join(dir, 'gone');
    const given = [`--target=oci://r.example/app:{{hash}}`, `--folder=${dir}/cache`, `--workingdir=${gone}`];
    expect(await TEKTON_CACHES_COMMAND.run(['fetch', ...given, '--', '**/go.sum'], terminal)).to.equal(0);
    expect(lines.find((line) => line.includes(gone))).to.include('leaves the key as it is');
  });
});
