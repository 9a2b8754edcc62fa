import { readFileSync } from 'node:fs';
import { expect } from 'chai';

import { chooses, parsePattern } from '../../../../shared/cli/tekton-caches/pattern.ts';

interface Vector {
  readonly patterns: readonly string[];
  readonly path: string;
  /** What moby/patternmatcher v0.6.1 says. */
  readonly chosen: boolean;
}

const VECTORS: readonly Vector[] = JSON.parse(readFileSync(new URL('vectors.json', import.meta.url), 'utf8'));

function isChosen(patterns: readonly string[], path: string): boolean {
  return chooses(
    patterns.flatMap((text) => parsePattern(text) ?? []),
    path,
  );
}

describe('patterns of tekton-caches', () => {
  it('choose what moby/patternmatcher chooses', () => {
    const wrong = VECTORS.filter(({ patterns, path, chosen }) => isChosen(patterns, path) !== chosen);
    expect(VECTORS.filter(({ chosen }) => chosen).length).to.be.greaterThan(20);
    expect(wrong).to.deep.equal([]);
  });

  it('take ** without a slash for any end of a path, as tekton-caches does', () => {
    expect(isChosen(['**go.sum'], '/w/cargo.sum')).to.equal(true);
    expect(isChosen(['**/go.sum'], '/w/cargo.sum')).to.equal(false);
    expect(isChosen(['go.sum'], '/w/go.sum')).to.equal(false);
  });

  it('are put in order as Go does it, the sign of an exclusion being part of the first name', () => {
    expect(isChosen(['/w//go.sum'], '/w/go.sum')).to.equal(true);
    expect(isChosen(['/w/./sub/../go.sum/'], '/w/go.sum')).to.equal(true);
    expect(isChosen(['**', '!/w//go.sum'], '/w/go.sum')).to.equal(false);
    expect(isChosen(['**', '!./go.sum'], 'go.sum')).to.equal(true);
  });

  it('take no longer than the path is long, whatever the pattern', () => {
    const pattern = `${'*a'.repeat(200)}b`;
    expect(isChosen([pattern], 'a'.repeat(2000))).to.equal(false);
    expect(isChosen([`${'**/a'.repeat(100)}/b`], `${'a/'.repeat(500)}c`)).to.equal(false);
  });
});
