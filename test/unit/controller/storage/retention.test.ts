import { createHash } from 'node:crypto';

import { expect } from 'chai';

import { readConfig } from '../../../../controller/config/config.ts';
import type { StoredEntry } from '../../../../controller/storage/inventory/stored-entry.ts';
import { referencesIn } from '../../../../controller/storage/registry/manifest-reader.ts';
import { judge } from '../../../../controller/storage/retention/retention.ts';
import { rulesOf } from '../../../../controller/storage/retention/rules.ts';

const HOUR_MS = 3_600_000;
const NOW = 100_000 * HOUR_MS;
const digestOf = (name: string): string => `sha256:${createHash('sha256').update(name).digest('hex')}`;

interface Written {
  readonly at: string;
  readonly tags?: readonly string[];
  /** Hours since its last use, and since its push. */
  readonly idle?: number;
  readonly age?: number;
  /** Blobs of ten bytes each, and manifests; its own manifest has none. */
  readonly of?: readonly string[];
}

/** An entry by its name; a tag of its own where it has no others. */
function entry(name: string, { at, tags = [name], idle = 0, age = idle, of = [name] }: Written): StoredEntry {
  return {
    repository: at,
    digest: digestOf(name),
    tags,
    bytes: 0,
    references: of.map((blob) => ({ digest: digestOf(`blob ${blob}`), bytes: 10 })),
    pushedAt: NOW - age * HOUR_MS,
    usedAt: NOW - idle * HOUR_MS,
  };
}

const names = new Map<string, string>();
function named(name: string, written: Written): StoredEntry {
  names.set(digestOf(name), name);
  return entry(name, written);
}

/** `NAME: REASON` of what goes. */
function gone(
  entries: readonly StoredEntry[],
  config: Readonly<Record<string, string>> = {},
  active: readonly string[] = [],
): readonly string[] {
  const { config: read, problems } = readConfig(config);
  expect(problems).to.deep.equal([]);
  return judge(entries, rulesOf(read), { now: NOW, activeRuns: new Set(active) }).gone.map(
    ({ entry: { digest }, reason }) => `${names.get(digest)}: ${reason}`,
  );
}

describe('retention', () => {
  it('lets go by default what nobody used for thirty days, and keeps all else, however old', () => {
    const at = 'team/app';
    const entries = [named('used', { at, idle: 719, age: 9000 }), named('unused', { at, idle: 720, age: 720 })];
    expect(gone(entries)).to.deep.equal(['unused: unused']);
  });

  it('lets go what is too old, used or not, where there is such a bound', () => {
    const entries = [named('young', { at: 'team/app', age: 9 }), named('old', { at: 'team/app', age: 10 })];
    expect(gone(entries, { 'storage-keep-at-most': '10h' })).to.deep.equal(['old: age']);
  });

  it('keeps what is of a run at work, and lets it go an hour after its last use when the run is over', () => {
    const entries = [
      named('at work', { at: 'team/runs/uid-1/deps', idle: 5000 }),
      named('just over', { at: 'team/runs/uid-2/deps', idle: 0.9 }),
      named('over', { at: 'team/runs/uid-2/deps/inner', idle: 1 }),
    ];
    expect(gone(entries, { 'storage-max-bytes': '1' }, ['uid-1'])).to.deep.equal(['over: run', 'just over: quota']);
    expect(gone(entries, {}, ['uid-1'])).to.deep.equal(['over: run']);
  });

  it('lets go what untrusted runs wrote after a week without a use', () => {
    const entries = [
      named('pull request', { at: 'team/untrusted/app/7/deps', idle: 168 }),
      named('main', { at: 'team/app/untrusted', idle: 168 }),
    ];
    expect(gone(entries)).to.deep.equal(['pull request: untrusted']);
  });

  it('keeps the entries of a repository that were used last', () => {
    const at = 'team/app';
    const entries = [3, 1, 2].map((idle) => named(`idle ${idle}`, { at, idle, age: 10 - idle }));
    const other = named('elsewhere', { at: 'team/other', idle: 50 });
    expect(gone([...entries, other], { 'storage-max-entries-per-repository': '2' })).to.deep.equal(['idle 3: count']);
    const ofRun = [3, 2, 1].map((idle) => named(`of a run ${idle}`, { at: 'team/runs/uid-1/deps', idle }));
    expect(gone(ofRun, { 'storage-max-entries-per-repository': '2' }, ['uid-1'])).to.deep.equal([]);
  });

  it('lets the least recently used go until a namespace has room, and then until all have', () => {
    const entries = [
      named('a1', { at: 'a/x', idle: 1 }),
      named('a2', { at: 'a/y', idle: 2 }),
      named('a9', { at: 'a/x', idle: 9 }),
      named('b3', { at: 'b/x', idle: 3 }),
      named('b5', { at: 'b/x', idle: 5 }),
    ];
    expect(gone(entries, { 'storage-max-bytes-per-namespace': '20' })).to.deep.equal(['a9: namespace-quota']);
    expect(gone(entries, { 'storage-max-bytes': '35' })).to.deep.equal(['a9: quota', 'b5: quota']);
    expect(gone(entries, { 'storage-max-entries-per-namespace': '1' })).to.deep.equal([
      'a9: namespace-quota',
      'a2: namespace-quota',
      'b5: namespace-quota',
    ]);
    expect(gone(entries, { 'storage-max-entries': '4' })).to.deep.equal(['a9: quota']);
    expect(gone(entries, { 'storage-max-bytes': '35', 'storage-when-full': 'refuse' })).to.deep.equal([]);
  });

  it('lets go what untrusted runs wrote before all else when there is no room, so that a pull request pushes out no others', () => {
    const entries = [
      named('main', { at: 'a/x', idle: 9 }),
      named('fork', { at: 'a/untrusted/app/7/x', idle: 0 }),
      named('older fork', { at: 'a/untrusted/app/7/x', idle: 1 }),
      named('other', { at: 'b/x', idle: 5 }),
    ];
    const quota = (key: string, value: string) => gone(entries, { [key]: value });
    expect(quota('storage-max-bytes', '20')).to.deep.equal(['older fork: quota', 'fork: quota']);
    expect(quota('storage-max-entries', '1')).to.deep.equal(['older fork: quota', 'fork: quota', 'main: quota']);
    expect(quota('storage-max-bytes-per-namespace', '10')).to.deep.equal([
      'older fork: namespace-quota',
      'fork: namespace-quota',
    ]);
  });

  it('lets nothing go that is shared for what a run holds for itself, at work or over', () => {
    const entries = [
      named('main', { at: 'a/x', idle: 9 }),
      named('newer', { at: 'a/x', idle: 8 }),
      ...[2, 1, 0.5].map((idle) => named(`own ${idle}`, { at: 'a/runs/uid-1/x', idle })),
    ];
    for (const [keys, reason] of [
      [['storage-max-bytes', 'storage-max-entries'], 'quota'],
      [['storage-max-bytes-per-namespace', 'storage-max-entries-per-namespace'], 'namespace-quota'],
    ] as const) {
      const quota = (most: number, active: readonly string[]) =>
        keys.map((key) => gone(entries, { [key]: String(key.includes('bytes') ? 10 * most : most) }, active));
      const twice = (...names: readonly string[]) => [names, names];
      expect(quota(2, ['uid-1']), 'at work').to.deep.equal(twice());
      expect(quota(1, ['uid-1']), 'too much of the others').to.deep.equal(twice(`main: ${reason}`));
      const keep = { 'storage-keep-runs': '24h' };
      const over = keys.map((key) => gone(entries, { ...keep, [key]: key.includes('bytes') ? '30' : '3' }));
      expect(over, 'over').to.deep.equal(twice(`own 2: ${reason}`, `own 1: ${reason}`));
    }
  });

  it('lets a quarter of what is shared go at once at most, the longest unused first, and all that is not shared', () => {
    const shared = Array.from({ length: 1000 }, (_, at) => named(`shared ${at}`, { at: 'a/x', idle: 5000 - at }));
    const fork = Array.from({ length: 500 }, (_, at) => named(`fork ${at}`, { at: 'a/untrusted/app/7/x', idle: 5000 }));
    const { config } = readConfig({ 'storage-max-bytes': '1' });
    const judgement = judge([...shared, ...fork], rulesOf(config), { now: NOW, activeRuns: new Set() });
    const [ofShared, ofFork] = ['shared', 'fork'].map((name) =>
      judgement.gone.map(({ entry: { digest } }) => names.get(digest)!).filter((one) => one.startsWith(name)),
    );
    expect(ofShared).to.have.members(Array.from({ length: 250 }, (_, at) => `shared ${at}`));
    expect(ofFork).to.have.length(500);
    expect(judgement.heldBack).to.equal(750);
    expect(judgement.usage.all).to.deep.equal({ entries: 750, bytes: 7500 });
  });

  it('sorts many tags about one entry', () => {
    const at = 'a/x';
    const subject = named('subject', { at });
    const end = digestOf('subject').replace(':', '-');
    const tags = Array.from({ length: 30_000 }, (_, index) => `${end}.s${index}`);
    const statements = tags.map((tag, index) => ({ ...entry(`s${index}`, { at, tags: [tag], of: [] }), tags: [tag] }));
    expect(gone([subject, ...statements])).to.deep.equal([]);
  });

  it('lets go what names more than is kept of a manifest, an hour after its last use, but not of a run at work', () => {
    const many = referencesIn(Array.from({ length: 40_000 }, (_, at) => ({ digest: digestOf(`${at}`), size: 1 })));
    expect(many.length).to.be.below(2000);
    const large = (name: string, written: Written) => named(name, { ...written, of: many });
    const entries = [
      large('large', { at: 'a/x', idle: 1 }),
      large('new', { at: 'a/x', idle: 0.9 }),
      large('at work', { at: 'a/runs/uid-1/x', idle: 1 }),
      named('ours', { at: 'a/x', idle: 1, of: many.slice(0, 100) }),
    ];
    expect(gone(entries, {}, ['uid-1'])).to.deep.equal(['large: too-large']);
  });

  it('counts what entries share once, and lets no entry go that frees too little alone', () => {
    const entries = [
      named('base', { at: 'a/x', idle: 9, of: ['shared'] }),
      named('delta', { at: 'a/x', idle: 1, of: ['shared', 'new'] }),
      named('copy', { at: 'b/x', idle: 5, of: ['shared', 'new'] }),
    ];
    const judgement = judge(entries, rulesOf(readConfig({}).config), { now: NOW, activeRuns: new Set() });
    expect(judgement.usage.all).to.deep.equal({ entries: 3, bytes: 20 });
    expect(judgement.usage.namespaces.get('a')).to.deep.equal({ entries: 2, bytes: 20 });
    expect(gone(entries, { 'storage-max-bytes': '20' })).to.deep.equal([]);
  });

  it('judges a manifest with all its tags, and keeps what an entry lists or what is about it as long as the entry', () => {
    const at = 'team/app';
    const about = (name: string): string => digestOf(name).replace(':', '-');
    const index = (name: string, written: Written, parts: readonly string[]): StoredEntry => ({
      ...named(name, written),
      references: parts.map((part) => ({ digest: digestOf(part), bytes: 10 })),
    });
    const family = (idle: number): readonly StoredEntry[] => [
      index('image', { at, idle }, ['part']),
      named('part', { at, tags: [], idle: 5000 }),
      index('statements', { at, tags: [about('part')], idle: 5000 }, ['statement']),
      named('statement', { at, tags: [], idle: 5000 }),
      named('signature', { at, tags: [`${about('image')}.sig`], idle: 5000 }),
    ];
    expect(gone(family(1))).to.deep.equal([]);
    expect(gone(family(800)).map((text) => text.split(':')[0])).to.have.members([
      'image',
      'part',
      'statements',
      'statement',
      'signature',
    ]);
    // Another entry lists the part as well.
    const other = index('other', { at, idle: 1 }, ['part']);
    expect(gone([...family(800), other])).to.deep.equal(['image: unused', 'signature: unused']);
  });

  it('lets go what no tag leads to any more, an hour after its last use: the tag may be on its way', () => {
    const at = 'team/app';
    const entries = [
      named('replaced', { at, tags: [], idle: 1 }),
      named('on its way', { at, tags: [], idle: 0.5 }),
      named('about that', { at, tags: [digestOf('replaced').replace(':', '-')], idle: 1 }),
    ];
    expect(gone(entries)).to.deep.equal(['replaced: orphan', 'about that: orphan']);
  });

  it('keeps an entry by its tag even where the tag looks as if it were about another one', () => {
    const at = 'team/deps';
    const tags = [`sha256-${'0'.repeat(64)}`, `sha256-${'0'.repeat(64)}.main`, digestOf('itself').replace(':', '-')];
    const entries = tags.map((tag, idle) =>
      named(idle === 2 ? 'itself' : tag, { at, tags: [tag], idle: 700 + 10 * idle }),
    );
    expect(gone(entries)).to.deep.equal(['itself: unused']);
    expect(gone(entries, { 'storage-keep-unused': '700h' })).to.have.length(3);
  });
});
