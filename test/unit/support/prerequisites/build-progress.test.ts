import { expect } from 'chai';

import { runCommand } from '../../../support/command.ts';
import { progressLine } from '../../../support/prerequisites/build-progress.ts';

describe('a long build', () => {
  it('says how far it is', () => {
    const state = { built: 812, due: 1430, milliseconds: 181_000 };
    expect(progressLine('kubernetes', state)).to.equal('kubernetes: 812 of 1430 packages after 3 min');
    expect(progressLine('dns', { ...state, built: 1431 })).to.include('1430 of 1430');
  });

  it('is followed line by line, and its errors are still told', async () => {
    const lines: string[] = [];
    const script = 'echo one >&2; printf "two\\nthree" >&2; exit 7';
    const failed = runCommand('sh', ['-c', script], { onErrorLine: (line) => lines.push(line) });
    expect(String(await failed.catch((error: unknown) => error))).to.match(/ended with 7:\none\ntwo\nthree/);
    expect(lines).to.deep.equal(['one', 'two', 'three']);
  });
});
