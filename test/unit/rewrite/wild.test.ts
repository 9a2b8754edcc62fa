import { expect } from 'chai';
import { isJson } from '../../../shared/rewrite/json/json.ts';
import { saysItself } from '../../rewrite/wild/judge.ts';
import { comesOf, outcomeOfPipeline, outcomeOfTask } from '../../rewrite/wild/rewritten.ts';
import { PIPELINES, TASKS } from '../../rewrite/wild/row.ts';
import type { TaskRow } from '../../rewrite/wild/row.ts';
import { lineShare } from '../../rewrite/wild/share.ts';

describe('Tasks as they occur in public', () => {
  for (const [file, rows] of TASKS) {
    for (const row of rows) {
      it(`${file}: ${row.task}: ${row.comes}`, () => {
        expect(comesOf(row), outcomeOfTask(row, false).why).to.equal(row.comes);
        if (row.comes === 'edit' || row.comes === 'not') expect(row.why).to.be.a('string');
        // Otherwise the row would take the Task for one that goes by a variable.
        if (row.keeps === undefined && row.comes !== 'none') expect(saysItself(row, row.spec)).to.equal(false);
        if (row.comes !== 'not') expect(outcomeOfTask(row, row.comes === 'edit').documents).to.not.be.empty;
      });
    }
  }

  it('say in the log of the fetch where a script has its own way', () => {
    const own = [...TASKS.values()].flat().filter((row) => row.comes !== 'none' && saysItself(row, row.spec));
    expect(own).to.have.length.at.least(8);
    for (const row of own) {
      const params = { source: row.source ?? 'source', preset: `build=${row.downloads ?? ''}` };
      const asked: TaskRow = { ...row, params };
      const { documents, refused } = outcomeOfTask(asked, false);
      expect(refused, row.task).to.equal(undefined);
      expect(JSON.stringify(documents), row.task).to.match(/"--note","[^"]+ not cached\./);
    }
  });

  it('work by the line of the PipelineRun alone in 7 of 10 cases or more, of those that download', () => {
    expect(lineShare(TASKS)).to.be.at.least(70);
    expect([...TASKS.values()].flat()).to.have.length.at.least(60);
  });
});

describe('Pipelines as they occur in public', () => {
  for (const [file, rows] of PIPELINES) {
    for (const row of rows) {
      it(`${file}: ${row.pipeline}: ${row.comes}`, () => {
        const { why, refused, documents } = outcomeOfPipeline(row, false);
        expect(comesOf(row), why).to.equal(row.comes);
        if (row.comes === 'edit' || row.comes === 'not') expect(row.why).to.be.a('string');
        if (row.refused === undefined) expect(refused).to.equal(undefined);
        else expect(refused).to.contain(row.refused);
        expect(isJson(documents)).to.equal(true);
      });
    }
  }

  it('are sixty or more', () => {
    expect([...PIPELINES.values()].flat()).to.have.length.at.least(60);
  });
});
