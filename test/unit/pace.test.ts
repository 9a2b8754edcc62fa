import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { openWorkspace, type Workspace } from '../../shared/archive/commit/workspace.ts';
import { Staging } from '../../shared/archive/commit/staging.ts';
import { holdsExcluded } from '../../shared/archive/files/walk/excluded.ts';
import { removeTree } from '../../shared/archive/files/remove-tree.ts';
import { StateTable } from '../../shared/archive/files/state/state-table.ts';
import { walk } from '../../shared/archive/files/walk/walk.ts';
import { DirectoryAttributes } from '../../shared/archive/image/directory-attributes.ts';
import { LayerTree } from '../../shared/archive/image/layer-tree.ts';
import { overlayLayer } from '../../shared/archive/image/overlay-layer.ts';
import { BlockWriter } from '../../shared/archive/index/index-writer.ts';
import { LiveSums } from '../../shared/archive/index/live-sums.ts';
import { selectionOf } from '../../shared/archive/paths/selection.ts';
import { RestorePlan, type RestorePlanOptions } from '../../shared/archive/restore/restore-plan.ts';
import { ContentCheck } from '../../shared/archive/stat-cache/content-check.ts';
import { openStatCache } from '../../shared/archive/stat-cache/stat-cache.ts';
import {
  copyStatCache,
  equalsStatCache,
  OpenStates,
  writeStatCache,
} from '../../shared/archive/stat-cache/restored-stat-cache.ts';
import type { FileEntry, TreeEntry } from '../../shared/archive/entries/tree-entry.ts';
import { keyOf } from '../../shared/cache-key/cache-key.ts';
import { joinTrees } from '../../shared/entry/join/joined-tree.ts';
import { joinDecision } from '../../shared/entry/join/decision.ts';
import { BrokenBlobs } from '../../shared/entry/manifest/broken-blobs.ts';
import { loadBase } from '../../shared/entry/upload/base/base-entry.ts';
import { compareStatCache } from '../../shared/entry/upload/compare/compare-stat-cache.ts';
import { findPreviousTree } from '../../shared/entry/upload/compare/previous-tree.ts';
import { evict } from '../../shared/entry/upload/evict/evict.ts';
import { newIndex } from '../../shared/entry/upload/push/new-index.ts';
import { Pace, type Steps } from '../../shared/pace.ts';
import { newFetchBench, type FetchBench } from '../support/entry/fetch-bench.ts';
import { putEntry } from '../support/entry/built-entry.ts';
import { version } from '../support/tree/versions.ts';

const FILES = 1000;
/** Names that the walk and the comparison may pass by in one go. */
const IN_ONE_GO = 256;
const MIB = 1024 * 1024;
const EVERYTHING = selectionOf([], []);
const DIGEST = `sha256:${'1'.repeat(64)}`;

describe('long work', () => {
  let bench: FetchBench;
  let dir: string;
  beforeEach(() => {
    bench = newFetchBench();
    dir = bench.target;
  });
  afterEach(() => bench.remove());

  /** Ends the work at a step, as a deadline would that comes meanwhile. */
  function endingAt(step: number): { readonly pace: Pace; readonly reason: Error } {
    const reason = new Error('max-time');
    let timer: NodeJS.Timeout | undefined;
    let rests = 0;
    let isOver = false;
    const pace = new Pace(() => {
      if (isOver) throw reason;
      if (++rests >= step) timer ??= setTimeout(() => (isOver = true), 0);
    }, 0);
    return { pace, reason };
  }

  /** How often the heart could beat during the work. */
  async function restsOf(work: (pace: Pace) => Promise<unknown>): Promise<number> {
    let rests = 0;
    await work(new Pace(() => void rests++, 0));
    return rests;
  }
  const stepsOf = (steps: Steps<unknown>): Promise<number> => restsOf((pace) => pace.run(steps));
  const many = (place: string, count = FILES): void => {
    fs.mkdirSync(join(dir, place), { recursive: true });
    for (let n = 0; n < count; n++) fs.writeFileSync(join(dir, place, String(n)), '');
  };

  it('of removing a tree hears what ends it', async () => {
    many('tree');
    const { pace, reason } = endingAt(3);
    const tree = join(dir, 'tree');
    expect(await removeTree(tree, pace).catch((error: unknown) => error)).to.equal(reason);
    expect(fs.readdirSync(tree).length).to.be.within(1, FILES - 3);
    await removeTree(tree, new Pace(() => {}));
    expect(fs.existsSync(tree)).to.equal(false);
  });

  it('of looking whether a directory is as it was hears what ends it', async () => {
    await putEntry(bench.store, 'v1', { items: version('one', 100) });
    await bench.fetch();
    const statCache = openStatCache(dir, EVERYTHING)!;
    const directory = { dir, clean: true, files: statCache.sums.files };
    const { pace, reason } = endingAt(3);
    expect(await equalsStatCache(statCache, directory, EVERYTHING, pace).catch((error: unknown) => error)).to.equal(
      reason,
    );
    expect(await equalsStatCache(statCache, directory, EVERYTHING, new Pace(() => {}))).to.equal(true);
    statCache.close();
  });

  it('closes what it has open when it ends early', async () => {
    fs.writeFileSync(join(dir, 'huge'), '');
    fs.truncateSync(join(dir, 'huge'), 16 * MIB);
    const before = fs.readdirSync('/proc/self/fd').length;
    const { pace, reason } = endingAt(2);
    const content = new ContentCheck(dir, undefined);
    const found = { path: 'huge', stats: fs.lstatSync(join(dir, 'huge')) };
    expect(await pace.run(content.digest(found)).catch((error: unknown) => error)).to.equal(reason);
    expect(fs.readdirSync('/proc/self/fd').length).to.equal(before);
  });

  describe('rests', () => {
    it('while one huge file is compared', async () => {
      fs.writeFileSync(join(dir, 'huge'), '');
      fs.truncateSync(join(dir, 'huge'), 64 * MIB);
      const content = new ContentCheck(dir, undefined);
      const stats = fs.lstatSync(join(dir, 'huge'));
      expect(await stepsOf(content.isSame({ path: 'huge', type: 'file', stats }, file('huge')))).to.be.at.least(64);
    });

    it('while a walk passes by what is not selected', () => {
      many('.', FILES);
      const selection = selectionOf([], ['[0-9]*']);
      const items = [...walk(dir, selection, { special: 0 })];
      expect(items.every((item) => item === undefined)).to.equal(true);
      expect(items.length).to.be.at.least(Math.floor(FILES / IN_ONE_GO));
    });

    it('while a directory is looked through for what is excluded', async () => {
      many('d');
      expect(await stepsOf(holdsExcluded(dir, 'd', selectionOf([], ['nowhere'])))).to.be.at.least(FILES);
    });

    it('while the files that were used longest ago are looked for, and removed', async () => {
      many('.');
      for (let n = 0; n < 100; n++) fs.writeFileSync(join(dir, `large-${n}`), 'x');
      expect(await stepsOf(evict(dir, EVERYTHING, { maxSize: 0 }))).to.be.at.least(FILES + 200);
    });

    for (const clean of [false, true]) {
      it(`while a plan ${clean ? 'removes' : 'passes by'} what the entry does not have`, async () => {
        many('.');
        await withPlan({ clean }, async (plan) => {
          expect(await stepsOf(plan.finish())).to.be.at.least(FILES);
        });
      });
    }

    it('while a plan passes by what is in a directory that goes', async () => {
      many('d');
      await withPlan({ clean: true }, async (plan) => {
        expect(await stepsOf(plan.finish())).to.be.at.least(FILES);
      });
    });

    it('while a plan replaces a directory by a file', async () => {
      many('d');
      await withPlan({ clean: false }, async (plan) => {
        expect(await stepsOf(plan.add(0, file('d')))).to.be.at.least(FILES);
      });
    });

    it('while a stat cache is written, entry by entry or in blocks', async () => {
      many('.');
      const blocks = new BlockWriter();
      const entries = [...walk(dir, EVERYTHING, { special: 0 })].flatMap((item) => (item ? [file(item.path)] : []));
      for (const entry of entries) blocks.add(entry);
      const written = blocks.finish();
      const common = { dir, selection: EVERYTHING, digest: DIGEST, sums: new LiveSums(), checkLock: () => {} };
      const known = (): undefined => undefined;
      const stated = { ...common, entries, known, isAsRestored: () => true };
      expect(await restsOf((pace) => writeStatCache({ ...stated, pace }))).to.be.at.least(FILES);
      const states = new StateTable(fs.statSync(dir).dev);
      const open = new OpenStates();
      for (const [number, entry] of entries.entries()) open.add(number, entry);
      const isMoved = (): boolean => false;
      expect(await restsOf((pace) => open.resolve(dir, states, { isMoved, pace }))).to.be.at.least(FILES);
      expect(await restsOf((pace) => copyStatCache({ ...common, pace }, written, states))).to.equal(written.length);
    });

    it('while a workspace is compared that is as it was', async () => {
      const items = Array.from({ length: FILES }, (_, n) => ({ path: `f${n}`, type: 'file' as const }));
      await putEntry(bench.store, 'v1', { items });
      await bench.fetch();
      const statCache = openStatCache(dir, EVERYTHING)!;
      const settled = { ...statCache, takenAt: Date.now() + 1e9 };
      const options = { dir, selection: EVERYTHING, entries: FILES, moving: new Set<number>(), counts: { special: 0 } };
      const found = [...compareStatCache({ ...options, statCache: settled, onItem: () => {} })];
      expect(found.filter((comparison) => comparison !== undefined)).to.deep.equal([]);
      expect(found.length).to.be.at.least(Math.floor(FILES / IN_ONE_GO));
      statCache.close();
    });

    it('while the index of a known entry is read, and a new one made', async () => {
      const items = Array.from({ length: FILES }, (_, n) => ({ path: `f${n}`, type: 'file' as const }));
      await putEntry(bench.store, 'v1', { items });
      const { store } = bench;
      const known = { broken: BrokenBlobs.of(dir), compression: 'zstd' as const, signal: undefined };
      const current = await loadBase(store, 'v1', known);
      const upload = { store, reference: 'v1', dir, paths: [], exclude: [], force: false, aliases: [] };
      const read = (pace: Pace): Promise<unknown> =>
        findPreviousTree(upload, { ...known, statCache: undefined, current, pace });
      expect(await restsOf(read)).to.be.at.least(FILES);

      await bench.fetch();
      const before = openStatCache(dir, EVERYTHING)!;
      const changes = {
        layers: [],
        changed: [],
        touched: [],
        leftOut: [],
        bytesSent: 0,
        files: 0,
        bytes: 0,
        described: 0,
        efforts: [],
      };
      const make = (pace: Pace): Promise<unknown> =>
        newIndex({ kind: 'base', changes, before, statCache: undefined, pace });
      expect(await restsOf(make)).to.be.at.least(FILES);
      before.close();
    });

    it('while trees are joined', async () => {
      const entries = (name: string) => (): Iterable<TreeEntry> => names().map((path) => file(`${name}-${path}`));
      const joined = joinTrees(
        [undefined, entries('a'), entries('b')],
        joinDecision([{ versions: [1, 2], after: [] }]),
      );
      expect([...joined.entries()].length).to.be.at.least(4 * FILES);
    });

    it('while a layer of an image hides a large directory', async () => {
      many('below/d');
      fs.mkdirSync(join(dir, 'layer'));
      const below = { tree: join(dir, 'below'), directories: new DirectoryAttributes() };
      const content = { whiteouts: ['d'], opaque: [], directories: new DirectoryAttributes() };
      expect(await stepsOf(overlayLayer(join(dir, 'layer'), below, content))).to.be.at.least(FILES);
      expect(fs.readdirSync(join(dir, 'below'))).to.deep.equal([]);
    });

    it('while a layer is laid over others, and its directories get their modes', async () => {
      for (let n = 0; n < 200; n++) {
        fs.mkdirSync(join(dir, `below/${n}`), { recursive: true });
        fs.mkdirSync(join(dir, `layer/${n}/new`), { recursive: true });
      }
      const directories = new DirectoryAttributes();
      for (let n = 0; n < 200; n++) directories.imply(`${n}/new`);
      const below = { tree: join(dir, 'below'), directories: new DirectoryAttributes() };
      const content = { whiteouts: [], opaque: [], directories };
      expect(await stepsOf(overlayLayer(join(dir, 'layer'), below, content))).to.be.at.least(600);
      expect(await stepsOf(below.directories.apply(below.tree))).to.be.at.least(400);
    });

    it('before the replaced directory of a layer is removed: it is only moved away', () => {
      many('tree/d');
      const counts = { bytes: 0, members: 0, special: 0 };
      const limits = { maxBytes: 10, maxFiles: 10 };
      const replaced = join(dir, 'replaced');
      const layer = new LayerTree({ tree: join(dir, 'tree'), replaced, selection: EVERYTHING, limits, counts });
      const attributes = { mode: 0o644, mtimeSec: 1, mtimeNs: 0 };
      layer.member({ type: 'file', path: 'd', size: 0, target: '', ...attributes });
      layer.end();
      expect(fs.lstatSync(join(dir, 'tree/d')).isFile()).to.equal(true);
      expect(fs.readdirSync(join(replaced, '0')).length).to.equal(FILES);
    });

    it('while the hash of many files is made', async () => {
      const files = names().map((path) => ({ path, size: 0, sha256: '0'.repeat(64) }));
      expect(await restsOf((pace) => keyOf(files, pace))).to.be.at.least(FILES);
    });
  });

  async function withPlan(
    { clean }: Pick<RestorePlanOptions, 'clean'>,
    work: (plan: RestorePlan) => Promise<void>,
  ): Promise<void> {
    const workspace: Workspace = await openWorkspace(dir);
    const staging = Staging.create(workspace.state, workspace.holder);
    const preparation = { file: () => {}, link: () => {}, directory: () => {}, mirror: () => {} };
    try {
      await work(
        new RestorePlan({
          staging,
          root: fs.statSync(dir),
          found: walk(dir, EVERYTHING, { special: 0 }),
          selection: EVERYTHING,
          holdsExcluded: undefined,
          *hasContent() {
            yield;
            return true;
          },
          preparation,
          clean,
        }),
      );
    } finally {
      await staging.discard();
      await workspace.close('as found');
    }
  }
});

function names(): string[] {
  return Array.from({ length: FILES }, (_, n) => String(n).padStart(6, '0'));
}

function file(path: string): FileEntry {
  const place = { layer: 0, frame: 0, offset: 512, mode: 0o644, mtimeSec: 1, mtimeNs: 0 };
  return { type: 'file', path, size: 0, digest: '0'.repeat(64), ...place };
}
