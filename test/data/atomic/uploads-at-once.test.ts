import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { restoredFrom, uploadTo } from '../../support/entry/entry-at.ts';
import { startRegistry, type RunningRegistry } from '../../support/registry/registry-process.ts';
import { itemsPicture } from '../../support/tree/tree-picture.ts';
import { version } from '../../support/tree/versions.ts';
import { writeItems } from '../../support/tree/write-items.ts';

const ROUNDS = 5;

describe('two uploads to one target at once', function () {
  this.timeout(120_000);
  let base: string;
  let registry: RunningRegistry;
  const trees = { one: version('one', 5), two: version('two', 5), first: version('first', 5) };

  before(async () => {
    base = fs.mkdtempSync(join(tmpdir(), 'at-once-'));
    registry = await startRegistry();
  });
  after(async () => {
    await registry.stop();
    fs.rmSync(base, { recursive: true, force: true });
  });

  /** The same workspace contents in two pods, which both restored what the target holds. */
  const workspace = async (name: string, target: string, isFilled: boolean): Promise<string> => {
    const dir = join(base, name);
    writeItems(dir, trees.first);
    if (isFilled) await uploadTo(target, dir);
    return dir;
  };

  for (const isFilled of [false, true]) {
    const targets = {
      'a registry': (n: string) => `${registry.host}/at-once-${n}:tag`,
      'a layout': (n: string) => `oci:${join(base, `layout-${n}`)}:tag`,
    };
    for (const [kind, targetOf] of Object.entries(targets)) {
      it(`leave one whole entry in ${kind} ${isFilled ? 'over another' : 'where none was'}`, async () => {
        for (let round = 0; round < ROUNDS; round++) {
          const name = `${kind.slice(2)}-${isFilled}-${round}`;
          const target = targetOf(name);
          const [a, b] = [
            await workspace(`a-${name}`, target, isFilled),
            await workspace(`b-${name}`, target, isFilled),
          ];
          writeItems(a, trees.one);
          writeItems(b, trees.two);
          const outcomes = await Promise.all([uploadTo(target, a), uploadTo(target, b)]);
          expect(outcomes.map(({ uploaded }) => uploaded)).to.deep.equal([true, true]);
          expect((await restoredFrom(target, base))?.join()).to.be.oneOf(
            [trees.one, trees.two].map((tree) => itemsPicture(tree).join()),
          );
        }
      });
    }
  }

  it('from one workspace go one after the other, and the second has nothing to send', async () => {
    const target = `${registry.host}/one-workspace:tag`;
    const dir = await workspace('same', target, false);
    const outcomes = await Promise.all([uploadTo(target, dir), uploadTo(target, dir), uploadTo(target, dir)]);
    expect(outcomes.map(({ reason }) => reason).toSorted()).to.deep.equal(['pushed', 'unchanged', 'unchanged']);
    expect((await restoredFrom(target, base))?.join()).to.equal(itemsPicture(trees.first).join());
  });
});
