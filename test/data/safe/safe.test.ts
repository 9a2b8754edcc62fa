import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { codeOf } from '../../support/code-of.ts';
import { newFetchBench } from '../../support/fetch-bench.ts';
import { treePicture } from '../../support/tree-picture.ts';
import { ATTACKS } from './attacks.ts';

const PAGE = new URL('../../../docs/safety.md', import.meta.url);

describe('a hostile image', function () {
  this.timeout(30_000);

  for (const attack of ATTACKS) {
    it(`${attack.name}: ${attack.outcome}`, async () => {
      const bench = newFetchBench();
      try {
        fs.mkdirSync(join(bench.base, 'outside'));
        fs.writeFileSync(join(bench.base, 'outside/secret'), 'stays');
        fs.writeFileSync(join(bench.target, 'mine'), 'stays');
        await attack.put(bench);
        const before = [treePicture(bench.target), treePicture(join(bench.base, 'outside'))];
        const result = await bench.fetch(attack.request).catch(codeOf);
        if (attack.outcome === 'ignored') expect(result).to.include({ found: true });
        else {
          expect(result).to.equal(attack.outcome);
          expect(treePicture(bench.target)).to.deep.equal(before[0]);
          expect(fs.readdirSync(bench.target), 'nothing is left behind').to.deep.equal(['mine']);
        }
        expect(treePicture(join(bench.base, 'outside'))).to.deep.equal(before[1]);
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
      return `| ${kind ?? 'entry'} | ${attack} | ${outcome === 'ignored' ? 'left out' : `\`${outcome}\``} |`;
    });
    const listed = fs.readFileSync(PAGE, 'utf8').split('\n');
    expect(listed.filter((line) => /^\| (entry|image) \|/.test(line))).to.deep.equal(rows);
  });
});
