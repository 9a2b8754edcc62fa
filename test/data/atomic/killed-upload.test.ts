/**
 * Uploads that are killed at random moments, as often as ATOMIC_KILLS says. After each the target is what it was, or the whole new entry,
 * and the next upload has nothing to clear away.
 */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { openWorkspace } from '../../../shared/archive/commit/workspace.ts';
import { restoredFrom, uploadTo } from '../../support/entry/entry-at.ts';
import { KILLS, killAfter } from '../../support/transfer-process/kill-after.ts';
import { startRegistry, type RunningRegistry } from '../../support/registry/registry-process.ts';
import { itemsPicture } from '../../support/tree/tree-picture.ts';
import { version } from '../../support/tree/versions.ts';
import { writeItems } from '../../support/tree/write-items.ts';

const PROGRAM = fileURLToPath(new URL('../../support/transfer-process/upload-process.ts', import.meta.url));
/** When a kill may come: up to so long after a sign in the registry. */
interface Moment {
  readonly sign: (repository: string, start: Start) => boolean;
  readonly withinMs: number;
}
type Start = 'empty' | 'filled';

const count = (directory: string): number => (fs.existsSync(directory) ? fs.readdirSync(directory).length : 0);
const MOMENTS: readonly Moment[] = [
  { sign: () => true, withinMs: 600 },
  { sign: (repository) => count(join(repository, '_uploads')) > 0, withinMs: 150 },
  {
    sign: (repository, start) => count(join(repository, '_manifests/revisions/sha256')) > (start === 'empty' ? 0 : 1),
    withinMs: 10,
  },
];

describe(`an upload that is killed (${KILLS} times each)`, function () {
  this.timeout(60_000 + KILLS * 10_000);
  let base: string;
  let registry: RunningRegistry;
  const versions = { old: version('old', 6), new: version('new', 6) };

  before(async () => {
    base = fs.mkdtempSync(join(tmpdir(), 'killed-upload-'));
    registry = await startRegistry();
  });
  after(async () => {
    await registry.stop();
    fs.rmSync(base, { recursive: true, force: true });
  });

  const started = (target: string, dir: string) =>
    spawn(process.execPath, [PROGRAM, target, dir], { stdio: ['ignore', 'ignore', 'inherit'] });

  for (const start of ['empty', 'filled'] as const) {
    it(`leaves the target as it was, or wholly new, and hinders nobody: ${start}`, async () => {
      const next = itemsPicture(versions.new);
      const ends = { before: 0, after: 0, late: 0 };
      for (let round = 0; round < KILLS; round++) {
        const moment = MOMENTS[round % MOMENTS.length]!;
        const withRecord = Math.floor(round / MOMENTS.length) % 2 === 0;
        const name = `${start}-${round}`;
        const target = `${registry.host}/${name}:tag`;
        const dir = join(base, name);
        writeItems(dir, versions.old);
        await uploadTo(start === 'filled' ? target : target.replace(':tag', '-elsewhere:tag'), dir);
        const previous = start === 'filled' ? itemsPicture(versions.old) : undefined;
        if (!withRecord) fs.rmSync(join(dir, '.tekton-cache'), { recursive: true });
        writeItems(dir, versions.new);

        const repository = join(registry.storage, 'docker/registry/v2/repositories', name);
        const killed = await killAfter(
          started(target, dir),
          () => moment.sign(repository, start),
          Math.random() * moment.withinMs,
        );
        const found = await restoredFrom(target, base);
        const isNew = found?.join() === next.join();
        ends[!killed ? 'late' : isNew ? 'after' : 'before'] += 1;
        if (!isNew) expect(found, `round ${round}`).to.deep.equal(previous);

        ageSockets(join(dir, '.tekton-cache'));
        await expectNoWait(dir, `round ${round}`);
        await uploadTo(target, dir);
        expect(await restoredFrom(target, base), `round ${round}`).to.deep.equal(next);
        const left = fs
          .readdirSync(join(dir, '.tekton-cache'))
          .filter((file) => !/^(\.gitignore|record-[^.]+|index-[^.]+)$/.test(file));
        expect(left, `round ${round}`).to.deep.equal([]);
        fs.rmSync(dir, { recursive: true });
      }
      console.log(
        `      killed in time ${KILLS - ends.late} of ${KILLS}: as before ${ends.before}, wholly new ${ends.after}`,
      );
      expect(ends.before, 'some were killed before their end').to.be.greaterThan(0);
    });
  }
});

/** What was killed holds no lock that somebody has to take for abandoned, which takes its time. */
async function expectNoWait(dir: string, round: string): Promise<void> {
  const workspace = await openWorkspace(dir);
  await workspace.close('changed');
  expect(workspace.notes.join(), round).not.to.include('Waited');
}

/** A socket that does not accept is left alone while it may be one that is about to. */
function ageSockets(state: string): void {
  const names = fs.existsSync(state) ? fs.readdirSync(state) : [];
  for (const name of names.filter((each) => each.startsWith('socket.'))) fs.utimesSync(join(state, name), 1e9, 1e9);
}
