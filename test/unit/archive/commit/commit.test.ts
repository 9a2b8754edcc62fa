import * as fs from 'node:fs';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { commit, recover } from '../../../../shared/archive/commit/commit.ts';
import { at } from '../../../../shared/archive/files/attributes.ts';
import {
  encodeOperation,
  perform,
  revert,
  STAGED,
  stampOf,
  type Operation,
} from '../../../../shared/archive/commit/operation.ts';
import { Places } from '../../../../shared/archive/commit/places.ts';
import { Staging } from '../../../../shared/archive/commit/staging.ts';
import { openStateDirectory, type StateDirectory } from '../../../../shared/archive/commit/state-directory.ts';
import { codeOf } from '../../../support/code-of.ts';
import { until } from '../../../support/deadline.ts';
import { withRefusedCalls } from '../../../support/refused-calls.ts';

/** Every path with type, mode, time in whole milliseconds and content; the state directory is not part of it. */
function picture(root: string, dir = ''): string[] {
  const stat = fs.lstatSync(join(root, dir));
  const mode = (stat.mode & 0o7777).toString(8);
  const time = Math.floor(stat.mtimeMs);
  if (!stat.isDirectory()) {
    const content = stat.isSymbolicLink() ? fs.readlinkSync(join(root, dir)) : fs.readFileSync(join(root, dir), 'utf8');
    return [`${dir} ${mode} ${stat.isSymbolicLink() ? 'link' : time} ${content}`];
  }
  const children = fs.readdirSync(join(root, dir)).filter((name) => !(dir === '' && name === '.tekton-cache'));
  return [`${dir}/ ${mode} ${time}`, ...children.toSorted().flatMap((name) => picture(root, join(dir, name)))];
}

function write(root: string, files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    fs.mkdirSync(join(root, path, '..'), { recursive: true });
    fs.writeFileSync(join(root, path), content);
    fs.utimesSync(join(root, path), 1e9, 1e9 + content.length);
  }
}

function settle(root: string, dirs: readonly string[]): void {
  for (const dir of dirs) fs.utimesSync(join(root, dir), 1e9, 1e9 + 500 + dir.length);
}

const HOLDER = 7;
const isHeld = (): void => {};
/** What the next holder of the lock says of what was left. */
const recovered = async ({ state }: Scene): Promise<string | undefined> =>
  (await recover(state, HOLDER + 1, isHeld)).at(0);

const DIRECTORIES = ['kept', 'kept/deep', 'turns-file/inner', 'turns-file', 'gone/inner', 'gone', ''];

interface Scene {
  readonly root: string;
  readonly state: StateDirectory;
  readonly before: readonly string[];
  readonly staging: Staging;
  readonly operations: readonly Operation[];
}

/** A directory with content and, staged, one change of each kind. */
function scene(): Scene {
  const root = fs.mkdtempSync(join(tmpdir(), 'commit-'));
  write(root, {
    'kept/same': 'untouched',
    'kept/changed': 'old',
    'kept/deep/changed': 'old and deep',
    'turns-directory': 'a file',
    'turns-file/inner/file': 'a directory',
    'gone/inner/file': 'to be removed',
    touched: 'attributes only',
  });
  settle(root, DIRECTORIES);
  const before = picture(root);
  const state = openStateDirectory(root);
  const staging = Staging.create(state, HOLDER);
  write(staging.tree, {
    'kept/changed': 'new',
    'kept/deep/changed': 'new and deep',
    'kept/added': 'added',
    'fresh/a/b': 'a whole new directory',
    'turns-directory/file': 'now a directory',
    'turns-file': 'now a file',
    'sealed/in': 'a new directory that is write-protected',
  });
  settle(staging.tree, ['fresh/a', 'fresh', 'turns-directory']);
  const dir = { mode: 0o755, mtimeSec: 1_100_000_000, mtimeNs: 250_000_000 };
  const kept = (path: string): Operation & { readonly kind: 'keep' } => {
    const stat = fs.statSync(join(root, path), { bigint: true });
    const [mtimeSec, mtimeNs] = [Number(stat.mtimeNs / 1_000_000_000n), Number(stat.mtimeNs % 1_000_000_000n)];
    const mode = path === '' ? Number(state.rootBefore.mode & 0o7777n) : Number(stat.mode & 0o7777n);
    return { kind: 'keep', path, attributes: { mode, mtimeSec, mtimeNs }, open: true };
  };
  const top: Operation = {
    kind: 'keep',
    path: '',
    attributes: { mode: Number(state.rootBefore.mode & 0o7777n), mtimeSec: 1e9 + 500, mtimeNs: 0 },
    open: false,
  };
  const stamp = (path: string): string => stampOf(fs.lstatSync(join(root, path)));
  const operations: readonly Operation[] = [
    top,
    { kind: 'place', path: 'fresh' },
    { kind: 'remove', path: 'gone', slot: staging.newSlot(), stamp: stamp('gone') },
    kept('kept'),
    { kind: 'place', path: 'kept/added' },
    { kind: 'replace', path: 'kept/changed', slot: staging.newSlot(), stamp: stamp('kept/changed') },
    kept('kept/deep'),
    { kind: 'replace', path: 'kept/deep/changed', slot: staging.newSlot() },
    { kind: 'set', path: 'kept/deep', attributes: { ...dir, mode: 0o555 }, stamp: stamp('kept/deep') },
    { kind: 'set', path: 'kept', attributes: dir },
    {
      kind: 'set',
      path: 'touched',
      attributes: { ...dir, mode: 0o4711 },
      before: kept('touched').attributes,
      stamp: stamp('touched'),
    },
    { kind: 'replace', path: 'turns-directory', slot: staging.newSlot(), stamp: stamp('turns-directory') },
    { kind: 'replace', path: 'turns-file', slot: staging.newSlot(), stamp: stamp('turns-file') },
    { kind: 'place', path: 'sealed' },
    { kind: 'set', path: 'sealed', attributes: { ...dir, mode: 0o555 }, stamp: STAGED },
  ];
  for (const operation of operations) staging.add(operation);
  return { root, state, before, staging, operations };
}

/** What a run that is killed after `count` operations leaves: the decided journal and the operations so far. */
function killedAfter({ state, staging, operations }: Scene, count: number): void {
  staging.seal();
  fs.renameSync(join(staging.path, 'operations'), join(staging.path, 'commit'));
  const places = new Places(state.root, staging.path);
  for (const operation of operations.slice(0, count)) perform(operation, places, 'first');
  places.close();
}

/** File systems list a directory in an order of their own. */
async function withOrderOfNames<T>(order: number, work: () => Promise<T>): Promise<T> {
  const files = createRequire(import.meta.url)('node:fs') as typeof fs;
  const { readdirSync } = files;
  const nameOf = (one: unknown): string => (one instanceof fs.Dirent ? String(one.name) : String(one));
  const ordered = (...args: Parameters<typeof readdirSync>): unknown[] =>
    (Reflect.apply(readdirSync, files, args) as unknown[]).toSorted((a, b) => (nameOf(a) < nameOf(b) ? -order : order));
  Object.assign(files, { readdirSync: ordered });
  syncBuiltinESMExports();
  try {
    return await work();
  } finally {
    Object.assign(files, { readdirSync });
    syncBuiltinESMExports();
  }
}

/** Waits until what is made has a later time than the journal. */
async function laterThan({ root, staging }: Scene): Promise<void> {
  const { mtimeMs } = fs.statSync(join(staging.path, 'commit'));
  const probe = join(root, '.tekton-cache', 'probe');
  await until('a later time of the file system', 5000, async () => {
    fs.writeFileSync(probe, '');
    const isLater = fs.statSync(probe).birthtimeMs > mtimeMs;
    fs.rmSync(probe);
    return Promise.resolve(isLater || undefined);
  });
}

/** The first half of a replacement: the old thing is away, the new one not there. */
function halfOf(operation: Operation | undefined, { root, staging }: Scene): void {
  if (operation?.kind !== 'replace') return;
  fs.renameSync(at(root, operation.path), join(staging.old, String(operation.slot)));
}

describe('a commit', function () {
  this.timeout(30_000);
  const scenes: Scene[] = [];
  const newScene = (): Scene => {
    const made = scene();
    scenes.push(made);
    return made;
  };
  let done: readonly string[];
  let count: number;

  before(async () => {
    const one = newScene();
    count = one.operations.length;
    await commit(one.staging, isHeld);
    done = picture(one.root).slice(1);
    expect(done).to.include('kept/changed 644 1000000003000 new');
    expect(done).to.include('turns-directory/file 644 1000000015000 now a directory');
    expect(done).to.include('kept/deep/ 555 1100000000250');
    expect(done).to.include('touched 4711 1100000000250 attributes only');
    expect(done.join('\n')).not.to.include('gone');
  });
  after(() => {
    for (const { root } of scenes) fs.rmSync(root, { recursive: true, force: true });
  });

  it('is finished by the next run, wherever it was killed', async () => {
    for (let killed = 0; killed <= count; killed++) {
      for (const half of [false, true]) {
        const one = newScene();
        killedAfter(one, killed);
        if (half) halfOf(one.operations[killed], one);
        expect(await recovered(one)).to.match(/^Finished/);
        expect(picture(one.root).slice(1), `after ${killed}`).to.deep.equal(done);
        expect(fs.readdirSync(one.state.path)).to.deep.equal([]);
      }
    }
  });

  for (const forGood of [true, false]) {
    for (const order of [1, -1]) {
      it(`is finished by the run after the next, where ${forGood ? 'the next one ends at some call' : 'some call of the next one is refused'}, and names come in ${order < 0 ? 'the other' : 'one'} order`, async () => {
        let refusedCalls = 0;
        for (let at = 1; ; at++) {
          const one = newScene();
          killedAfter(one, count);
          const counts = (path: string): boolean => path.startsWith(one.state.path);
          const { call, result } = await withOrderOfNames(order, async () =>
            withRefusedCalls(
              { counts, at, forGood, code: 'EIO' },
              async () => await recover(one.state, HOLDER + 1, isHeld),
            ),
          );
          if (call === undefined) break;
          refusedCalls += 1;
          const isTakenBack = picture(one.root).join() === one.before.join();
          await recover(one.state, HOLDER + 2, isHeld);
          // A recovery that fails takes all back where it can, and says so.
          const expected = isTakenBack && result.status === 'rejected' ? one.before.slice(1) : done;
          expect(picture(one.root).slice(1), call).to.deep.equal(expected);
          expect(fs.readdirSync(one.state.path), call).to.deep.equal([]);
        }
        expect(refusedCalls).to.be.greaterThan(20);
      });
    }
  }

  it('is finished by the next run without what another program has changed since', async () => {
    const one = newScene();
    killedAfter(one, 3);
    for (const path of ['kept/added', 'kept/changed', 'turns-directory', 'fresh/a/more'])
      write(one.root, { [path]: 'newer' });
    fs.rmSync(join(one.root, 'kept/deep'), { recursive: true });
    write(one.root, { 'gone/anew': 'newer', 'sealed/own': 'newer' });
    const newer = picture(one.root).filter((line) => line.endsWith(' newer'));
    expect(await recovered(one)).to.match(/^Finished .* In 7 places something was changed since, and stays\.$/);
    const after = picture(one.root);
    expect(after).to.include.members(newer);
    expect(newer).to.have.length(6);
    expect(after).to.include('turns-file 644 1000000010000 now a file');
    expect(after).to.include('touched 4711 1100000000250 attributes only');
    expect(after.join('\n')).not.to.match(/kept\/deep|sealed\/in/);
    expect(fs.readdirSync(one.state.path)).to.deep.equal([]);
  });

  it('is finished by the next run, and leaves a directory that was to go and that another program has written into, or made anew', async () => {
    const doings: Readonly<Record<string, (root: string, directory: string) => void>> = {
      'a new file': (root, directory) => write(root, { [`${directory}/inner/more`]: 'newer' }),
      'a file that has other content': (root, directory) =>
        fs.writeFileSync(join(root, directory, 'inner/file'), 'newer'),
      'a directory made anew, with old times and mostly the old inode': (root, directory) => {
        fs.rmSync(join(root, directory), { recursive: true });
        write(root, { [`${directory}/inner/file`]: 'newer' });
        settle(root, [`${directory}/inner`, directory]);
      },
    };
    for (const [what, change] of Object.entries(doings)) {
      for (const directory of ['gone', 'turns-file']) {
        const one = newScene();
        killedAfter(one, 2);
        await laterThan(one);
        change(one.root, directory);
        const newer = picture(one.root).filter((line) => line.startsWith(directory));
        expect(await recovered(one), `${what} in ${directory}`).to.match(/In 1 places something was changed since/);
        expect(picture(one.root), `${what} in ${directory}`).to.include.members(newer);
        expect(fs.readdirSync(one.state.path)).to.deep.equal([]);
      }
    }
  });

  it('is finished by the next run and leaves mode and time of what another program has written since', async () => {
    const one = newScene();
    killedAfter(one, 3);
    write(one.root, { 'sealed/own': 'newer', touched: 'newer' });
    fs.rmSync(join(one.root, 'kept/deep'), { recursive: true });
    write(one.root, { 'kept/deep': 'newer' });
    fs.chmodSync(join(one.root, 'sealed'), 0o755);
    const newer = picture(one.root).filter((line) => /newer$|^sealed/.test(line));
    expect(newer).to.have.length(4);
    await recovered(one);
    expect(picture(one.root)).to.include.members(newer);
  });

  for (const decided of ['commit', 'undo']) {
    it(`does not stop the next run where a directory is a link by now: ${decided}`, async () => {
      const one = newScene();
      killedAfter(one, 6);
      if (decided === 'undo') fs.renameSync(join(one.staging.path, 'commit'), join(one.staging.path, 'undo'));
      fs.renameSync(join(one.root, 'kept'), join(one.root, 'moved'));
      fs.symlinkSync('moved', join(one.root, 'kept'));
      const moved = picture(one.root, 'moved');
      expect(await recovered(one)).to.match(/^(Finished|Took back)/);
      expect(picture(one.root, 'moved')).to.deep.equal(moved);
      expect(fs.readdirSync(one.state.path)).to.deep.equal([]);
    });
  }

  it('that fails is taken back, at whichever operation', async () => {
    let failures = 0;
    for (let failing = 0; failing < count; failing++) {
      const one = newScene();
      const operation = one.operations[failing];
      if (operation?.kind !== 'place' && operation?.kind !== 'replace') continue;
      fs.renameSync(at(one.staging.tree, operation.path), join(one.root, '.tekton-cache', 'hidden'));
      failures += 1;
      const error = await commit(one.staging, isHeld).catch((caught: unknown) => caught);
      expect(codeOf(error)).to.equal('Unwritable');
      expect(picture(one.root), `at ${failing}`).to.deep.equal(one.before);
    }
    expect(failures).to.equal(7);
  });

  it('that fails leaves mode and time of what another program has written since it was compared, or since it was set', async () => {
    for (const written of [0, count]) {
      const one = newScene();
      fs.renameSync(join(one.staging.tree, 'sealed'), join(one.root, '.tekton-cache', 'hidden'));
      let newer: readonly string[] = [];
      let asked = 0;
      const checkLock = (): void => {
        if (asked++ !== written) return;
        fs.writeFileSync(join(one.root, 'touched'), 'newer');
        newer = picture(one.root, 'touched');
      };
      expect(codeOf(await commit(one.staging, checkLock).catch((caught: unknown) => caught))).to.equal('Unwritable');
      const after = picture(one.root);
      expect(newer, `at ${written}`).to.have.length(1);
      expect(after, `at ${written}`).to.include.members(newer);
      const others = (lines: readonly string[]): readonly string[] =>
        lines.filter((line) => !line.startsWith('touched'));
      expect(others(after)).to.deep.equal(others(one.before));
    }
  });

  it('that cannot be taken back either is left to the next run, with all that it moved out of the way', async () => {
    const one = newScene();
    fs.renameSync(join(one.staging.tree, 'sealed'), join(one.root, '.tekton-cache', 'hidden'));
    let asked = 0;
    const checkLock = (): void => {
      asked += 1;
      // Another program, once `gone` is out of the way.
      if (asked === 5) fs.mkdirSync(join(one.root, 'gone/anew'), { recursive: true });
    };
    const error = await commit(one.staging, checkLock).catch((caught: unknown) => caught);
    expect(codeOf(error)).to.equal('Unwritable');
    expect(error)
      .to.have.property('message')
      .that.matches(
        /^"sealed" could not be moved .* \(ENOENT\), and .* could not be taken back \((ENOTEMPTY|EEXIST)\)/,
      );
    await one.staging.discard();
    fs.rmSync(join(one.root, 'gone'), { recursive: true });
    expect(await recovered(one)).to.match(/^Took back/);
    expect(picture(one.root)).to.deep.equal(one.before);
  });

  it('that was being taken back is taken back by the next run, wherever it was killed', async () => {
    for (let performed = 0; performed <= count; performed++) {
      for (let reverted = 0; reverted <= performed; reverted++) {
        const one = newScene();
        killedAfter(one, performed);
        fs.renameSync(join(one.staging.path, 'commit'), join(one.staging.path, 'undo'));
        const places = new Places(one.root, one.staging.path);
        for (const operation of one.operations.slice(performed - reverted, performed).toReversed())
          revert(operation, places);
        places.close();
        expect(await recovered(one)).to.match(/^Took back/);
        expect(picture(one.root), `performed ${performed}, reverted ${reverted}`).to.deep.equal(one.before);
      }
    }
  });

  it('is taken back without what was in a directory that another program has removed since', async () => {
    const one = newScene();
    killedAfter(one, count);
    fs.renameSync(join(one.staging.path, 'commit'), join(one.staging.path, 'undo'));
    fs.rmSync(join(one.root, 'kept'), { recursive: true });
    expect(await recovered(one)).to.match(/^Took back/);
    const others = one.before.filter((line) => !line.startsWith('kept'));
    expect(picture(one.root)).to.deep.equal(others);
  });

  for (const taken of ['has', 'has not yet'] as const) {
    it(`whose owner lost the lock is finished by who took over, and ${taken} begun to, and by nobody else, at whichever operation`, async () => {
      for (let steps = 1; steps <= count; steps++) {
        const one = newScene();
        const lost = new Error('the lock is lost');
        let asked = 0;
        const checkLock = (): void => {
          asked += 1;
          // From now on the journal is another one's.
          if (asked === steps + 1 && taken === 'has')
            fs.renameSync(one.staging.path, join(one.state.path, `staging.${HOLDER + 1}`));
          if (asked > steps) throw lost;
        };
        expect(await commit(one.staging, checkLock).catch((caught: unknown) => caught)).to.equal(lost);
        await one.staging.discard();
        const [next] = await recover(one.state, HOLDER + 2, isHeld);
        expect(next, `after ${steps}`).to.match(/^Finished/);
        expect(picture(one.root).slice(1), `after ${steps}`).to.deep.equal(done);
      }
    });
  }

  it('that was not yet decided leaves the directory alone', async () => {
    const one = newScene();
    one.staging.seal();
    expect(await recovered(one)).to.match(/^Removed/);
    fs.utimesSync(one.root, 1e9, 1e9 + 500);
    expect(picture(one.root)).to.deep.equal(one.before);
    expect(await recovered(one)).to.equal(undefined);
  });

  it('follows no journal out of the workspace', async () => {
    for (const path of ['../x', '/etc/x', 'a/../../x', 'a//b']) {
      const one = newScene();
      one.staging.seal();
      fs.writeFileSync(join(one.staging.path, 'commit'), `${JSON.stringify(['place', path])}\n`);
      expect(codeOf(await recovered(one).catch((caught: unknown) => caught)), path).to.equal('Unwritable');
    }
  });

  describe('that somebody has written, with a link to a directory outside', () => {
    const journals = {
      'in the workspace': [
        { kind: 'keep', path: 'l/in', attributes: { mode: 0o711, mtimeSec: 5, mtimeNs: 0 }, open: true },
        { kind: 'set', path: 'l/in', attributes: { mode: 0o777, mtimeSec: 5, mtimeNs: 0 } },
        { kind: 'set', path: 'l', attributes: { mode: 0o777, mtimeSec: 5, mtimeNs: 0 } },
        { kind: 'place', path: 'l/added' },
        { kind: 'replace', path: 'l/file', slot: 0 },
        { kind: 'remove', path: 'l/in', slot: 1 },
      ],
      'in the tree of staging': [
        { kind: 'place', path: 'l/file' },
        { kind: 'replace', path: 'l/in', slot: 0 },
      ],
      'for the tree of staging': [{ kind: 'place', path: 'file' }],
      'for what was replaced': [{ kind: 'remove', path: 'touched', slot: 0 }],
    } satisfies Readonly<Record<string, readonly Operation[]>>;
    const placeOf = (where: string, { root, staging }: Scene): string => {
      if (where === 'in the workspace') return join(root, 'l');
      if (where === 'in the tree of staging') return join(staging.tree, 'l');
      return where === 'for the tree of staging' ? staging.tree : staging.old;
    };
    for (const [where, operations] of Object.entries(journals)) {
      for (const operation of operations) {
        for (const decided of ['commit', 'undo']) {
          it(`${where}: ${decided} of ${JSON.stringify(operation)} changes nothing there`, async () => {
            const one = newScene();
            const outside = fs.mkdtempSync(join(tmpdir(), 'outside-'));
            write(outside, { file: 'stays', 'in/file': 'stays', '0': 'stays', '1': 'stays' });
            settle(outside, ['in', '']);
            const found = picture(outside);
            one.staging.seal();
            const place = placeOf(where, one);
            fs.rmSync(place, { recursive: true, force: true });
            fs.symlinkSync(outside, place);
            fs.writeFileSync(join(one.staging.path, decided), `${JSON.stringify(encodeOperation(operation))}\n`);
            await recovered(one).catch((caught: unknown) => expect(codeOf(caught)).to.equal('Unwritable'));
            expect(picture(outside)).to.deep.equal(found);
            fs.rmSync(outside, { recursive: true });
          });
        }
      }
    }
  });
});
