import { expect } from 'chai';
import { formatDuration, parseDuration } from '../../../shared/interface/text/duration.ts';
import { allows, narrowMode } from '../../../shared/interface/mode.ts';
import { nearest } from '../../../shared/interface/text/nearest.ts';
import { parseRunAs } from '../../../shared/interface/run-as.ts';
import { splitList } from '../../../shared/interface/text/split-list.ts';

describe('lists as one string', () => {
  it('are split on newlines, and on commas outside of brackets', () => {
    expect(splitList(' a , b\nc,,\n\r\n d ')).to.deep.equal(['a', 'b', 'c', 'd']);
    expect(splitList('**/*.{mod,sum},[a,b]c,+(x,y),d')).to.deep.equal(['**/*.{mod,sum}', '[a,b]c', '+(x,y)', 'd']);
    expect(splitList('{a,{b,c}},d')).to.deep.equal(['{a,{b,c}}', 'd']);
  });

  it('leave what a template takes as a value whole, whatever is in it', () => {
    expect(splitList('r:{{slug(a,b)}},r:{{slug(c[(d)}},r:main')).to.deep.equal([
      'r:{{slug(a,b)}}',
      'r:{{slug(c[(d)}}',
      'r:main',
    ]);
    expect(splitList('{{slug(a,b),c')).to.deep.equal(['{{slug(a,b),c']);
  });

  it('do not count brackets that a backslash makes ordinary, nor closing ones too many', () => {
    expect(splitList('\\{a,b')).to.deep.equal(['\\{a', 'b']);
    expect(splitList('a},b')).to.deep.equal(['a}', 'b']);
  });
});

describe('durations', () => {
  it('are read as Go writes them', () => {
    expect(['1h5m30s', '1.5h', '250ms', '0', '0s', '2m'].map(parseDuration)).to.deep.equal([
      3_930_000, 5_400_000, 250, 0, 0, 120_000,
    ]);
  });

  it('are nothing else', () => {
    for (const text of ['', '5', '5 m', 'm', '1d', '-1m', '1h ', 'x1h'])
      expect(parseDuration(text), text).to.equal(undefined);
  });

  it('are written so that they can be read', () => {
    expect([0, 250, 61_000, 3_600_000].map(formatDuration)).to.deep.equal(['0s', '250ms', '1m1s', '1h']);
  });
});

describe('modes', () => {
  it('allow a fetch to read and an upload to write', () => {
    const modes = ['pull-push', 'pull', 'push', 'off'] as const;
    expect(modes.map((mode) => allows(mode, 'fetch'))).to.deep.equal([true, true, false, false]);
    expect(modes.map((mode) => allows(mode, 'upload'))).to.deep.equal([true, false, true, false]);
  });

  it('are only ever narrowed by the annotation', () => {
    expect(narrowMode('pull-push', 'pull')).to.equal('pull');
    expect(narrowMode('push', 'push')).to.equal('push');
    expect(narrowMode('off', 'push')).to.equal('off');
    expect(narrowMode('pull', undefined)).to.equal('pull');
  });
});

describe('run-as', () => {
  it('has a uid, and may have a gid and an fsGroup', () => {
    expect(parseRunAs('0')).to.deep.equal({ uid: 0 });
    expect(parseRunAs('1001:0')).to.deep.equal({ uid: 1001, gid: 0 });
    expect(parseRunAs('1001:0:65532')).to.deep.equal({ uid: 1001, gid: 0, fsGroup: 65532 });
  });
});

describe('nearest', () => {
  it('finds what was meant, or nothing', () => {
    const known = ['target', 'files', 'fallbacks', 'on-error'];
    expect(nearest('tagret', known)).to.equal('target');
    expect(nearest('on_error', known)).to.equal('on-error');
    expect(nearest('OnEror', known)).to.equal('on-error');
    expect(nearest('workspace', known)).to.equal(undefined);
    expect(nearest('nmp', ['go', 'npm', 'pip'])).to.equal('npm');
  });
});
