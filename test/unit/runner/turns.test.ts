import { expect } from 'chai';

import { Turns } from '../../runner/turns.ts';

describe('output of suites that run side by side', () => {
  let shown: string;
  let turns: Turns;

  beforeEach(() => {
    shown = '';
    turns = new Turns(['a', 'b', 'c'], (text) => (shown += text));
  });

  const say = (name: string, text: string): void => turns.printerOf(name)(text);

  it('shows the first as it comes, and the others whole when it is their turn', () => {
    say('b', 'b1 ');
    say('a', 'a1 ');
    say('b', 'b2 ');
    say('a', 'a2 ');
    expect(shown).to.equal('a1 a2 ');
    turns.end('a');
    expect(shown).to.equal('a1 a2 b1 b2 ');
    say('b', 'b3 ');
    expect(shown).to.equal('a1 a2 b1 b2 b3 ');
  });

  it('shows what ended before its turn', () => {
    say('c', 'c ');
    turns.end('c');
    say('b', 'b ');
    turns.end('b');
    expect(shown).to.equal('');
    turns.end('a');
    expect(shown).to.equal('b c ');
  });
});
