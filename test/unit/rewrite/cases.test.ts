import { readdirSync } from 'node:fs';
import { expect } from 'chai';
import { CacheError } from '../../../shared/errors.ts';
import { isPipeline } from '../../../shared/rewrite/tekton/read/schema.ts';
import { diffOf, documentOf, readCases, resolveCase, resolveLate } from '../../rewrite/case.ts';
import type { RewriteCase } from '../../rewrite/case.ts';

const CASES = new URL('../../rewrite/cases/', import.meta.url);

for (const file of readdirSync(CASES).sort()) {
  describe(`rewriting: ${file}`, () => {
    for (const [name, row] of Object.entries(readCases(new URL(file, CASES)))) {
      it(`${name}: ${row.about}`, () => (row.refused === undefined ? expectChange(row) : expectRefusal(row)));
    }
  });
}

function expectChange(row: RewriteCase): void {
  const result = resolveCase(row);
  expect(`${diffOf(documentOf(row), result)}\n`.trimStart()).to.equal(row.diff?.trimStart());
  for (const [task, diff] of Object.entries(row.late ?? {})) {
    if (!isPipeline(result)) throw new Error('Only a Pipeline has late Tasks.');
    const { before, after } = resolveLate(row, result, task);
    expect(`${diffOf(before, after)}\n`).to.equal(diff);
  }
}

function expectRefusal(row: RewriteCase): void {
  try {
    resolveCase(row);
  } catch (error) {
    if (!(error instanceof CacheError)) throw error;
    expect(error.message).to.equal(row.refused);
    return;
  }
  expect.fail(`not refused: ${row.refused ?? ''}`);
}
