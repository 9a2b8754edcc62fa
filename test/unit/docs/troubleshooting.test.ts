import { readFileSync } from 'node:fs';
import { expect } from 'chai';

import { REASONS } from '../../../shared/interface/results/results.ts';

const PAGE = new URL('../../../docs/troubleshooting.md', import.meta.url);

describe('docs/troubleshooting.md', () => {
  it('has one row for each reason, with a cause and a remedy', () => {
    const [, byReason = ''] = /## By reason\n([\s\S]*?)\n## /.exec(readFileSync(PAGE, 'utf8')) ?? [];
    const rows = [...byReason.matchAll(/^\| `([\w-]+)` \| (\S.*?) \| (\S.*?) \|$/gm)];
    expect(rows.map(([, reason]) => reason)).to.have.members(Object.keys(REASONS));
  });
});
