import { expect } from 'chai';

const MICROSECONDS = /^-?\d{6,}$/;

/** Two pictures of trees (tree-picture.ts) are the same; times may differ by less than a microsecond, which is a step of one there. */
export function expectSameTree(actual: readonly string[], expected: readonly string[], message?: string): void {
  const adjusted = actual.map((line, n) => adjust(line.split(' '), (expected[n] ?? '').split(' ')).join(' '));
  expect(adjusted, message).to.deep.equal(expected);
}

function adjust(actual: readonly string[], expected: readonly string[]): string[] {
  return actual.map((word, n) => {
    const other = expected[n] ?? '';
    const times = MICROSECONDS.test(word) && MICROSECONDS.test(other);
    return times && Math.abs(Number(word) - Number(other)) <= 1 ? other : word;
  });
}
