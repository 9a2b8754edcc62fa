import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { codeOf } from '../../support/code-of.ts';
import { newFetchBench, type FetchBench } from '../../support/entry/fetch-bench.ts';
import { treePicture } from '../../support/tree/tree-picture.ts';
import { ATTACKS } from './attacks.ts';

const PAGE = new URL('../../../docs/safety.md', import.meta.url);

/** What the page says of an outcome that is no code. */
const WORDS: Readonly<Record<string, string>> = { ignored: 'left out', inside: 'inside of the directory' };

const attributesOf = ({ base }: FetchBench, name: string): string => {
  const { mode, mtimeMs } = fs.statSync(join(base, name));
  return `${mode} ${mtimeMs}`;
};

/** But the note that this entry, or a blob of it, is not to be built upon. */
function expectNothingLeft(dir: string): void {
  const left = fs.readdirSync(dir).filter((name) => name !== '.tekton-cache');
  expect(left, 'nothing is left behind').to.deep.equal(['mine']);
  const state = join(dir, '.tekton-cache');
  if (!fs.existsSync(state)) return;
  expect(fs.readdirSync(state), 'nothing is left behind').to.deep.equal(['broken']);
  expect(fs.readFileSync(join(state, 'broken'), 'latin1')).to.match(/^sha256:[0-9a-f]{64}\n$/);
}

describe('a hostile image', function () {
  this.timeout(30_000);

  for (const attack of ATTACKS) {
    it(`${attack.name}: ${attack.outcome}`, async () => {
      const bench = newFetchBench();
      try {
        fs.mkdirSync(join(bench.base, 'outside'));
        fs.mkdirSync(join(bench.base, 'outside/deep'), { mode: 0o700 });
        fs.writeFileSync(join(bench.base, 'outside/secret'), 'stays');
        for (const name of ['outside/deep', 'outside']) fs.utimesSync(join(bench.base, name), 1e9, 1e9);
        fs.writeFileSync(join(bench.target, 'mine'), 'stays');
        await attack.put(bench);
        const outside = (): string[] => [...treePicture(join(bench.base, 'outside')), attributesOf(bench, 'outside')];
        const before = [treePicture(bench.target), outside()];
        const result = await bench.fetch(attack.request).catch(codeOf);
        if (attack.outcome in WORDS) expect(result).to.include({ found: true });
        else {
          expect(result).to.equal(attack.outcome);
          expect(treePicture(bench.target)).to.deep.equal(before[0]);
          expectNothingLeft(bench.target);
        }
        expect(outside()).to.deep.equal(before[1]);
        expect(fs.readdirSync(bench.base).toSorted()).to.deep.equal(['outside', 'store', 'target']);
        expect(fs.existsSync('/tmp/evil')).to.equal(false);
      } finally {
        bench.remove();
      }
    });
  }

  it('is on the page of attacks, with what comes of it', () => {
    const rows = ATTACKS.map(({ name, outcome }) => {
      const [, kind, attack] = /^(?:(entry|image): )?(.*)$/.exec(name) ?? [];
      return `| ${kind ?? 'entry'} | ${attack} | ${WORDS[outcome] ?? `\`${outcome}\``} |`;
    });
    const listed = fs.readFileSync(PAGE, 'utf8').split('\n');
    expect(listed.filter((line) => /^\| (entry|image) \|/.test(line))).to.deep.equal(rows);
  });
});
