import { expect } from 'chai';
import { platformVariables } from '../../../shared/helper/hash/platform.ts';
import { isProgress, progressLines } from '../../../shared/helper/report/progress.ts';
import { formatBytes } from '../../../shared/helper/report/text-log.ts';
import { announceOnce } from '../../../shared/helper/report/verdict.ts';

describe('log lines', () => {
  it('tell progress once a second at most, with bytes and rate', () => {
    let now = 0;
    const lines: string[] = [];
    const progress = progressLines('go', { line: (text) => lines.push(text) }, () => now);
    for (now = 100; now <= 3000; now += 100) progress({ bytes: now * 1000, files: now / 100 });
    expect(lines).to.deep.equal([
      'cache go: 1.0 MB, 10 files, 1.0 MB/s',
      'cache go: 2.0 MB, 20 files, 1.0 MB/s',
      'cache go: 3.0 MB, 30 files, 1.0 MB/s',
    ]);
    expect(lines.every(isProgress)).to.equal(true);
  });

  it('tell a verdict once, and again when it changes', () => {
    const lines: string[] = [];
    const announce = announceOnce('fetch', 'go', { line: (text) => lines.push(text) });
    announce({ fetched: 'true', reason: 'exact', target: 'r/a:b' });
    announce({ fetched: 'true', reason: 'exact', target: 'r/a:b' });
    announce({ reason: 'invalid-image', target: 'r/a:b' });
    announce({ reason: 'no-files' });
    expect(lines).to.deep.equal([
      'cache go: hit (exact) r/a:b',
      'cache go: miss (invalid-image) r/a:b',
      'cache go: miss (no-files)',
    ]);
  });

  it('write bytes for people', () => {
    expect([0, 999, 1000, 12_345, 123_456, 999_600, 5e9].map(formatBytes)).to.deep.equal([
      '0 B',
      '999 B',
      '1.0 kB',
      '12.3 kB',
      '123 kB',
      '1.0 MB',
      '5.0 GB',
    ]);
  });
});

describe('platform variables', () => {
  it('are named as images name them', () => {
    expect(platformVariables('x64', 'linux')).to.deep.equal({ arch: 'amd64', os: 'linux' });
    expect(platformVariables('arm64', 'darwin')).to.deep.equal({ arch: 'arm64', os: 'darwin' });
  });
});
