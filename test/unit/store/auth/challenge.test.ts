import { expect } from 'chai';
import * as fc from 'fast-check';

import { parseChallenges } from '../../../../shared/store/auth/challenge.ts';

const parse = (header: string): unknown =>
  parseChallenges(header).map(({ scheme, params }) => [scheme, Object.fromEntries(params)]);

const ROWS: readonly (readonly [string, unknown])[] = [
  ['Basic realm="registry"', [['basic', { realm: 'registry' }]]],
  [
    'Bearer realm="https://auth.example.com/token",service="registry",scope="repository:a/b:pull,push"',
    [['bearer', { realm: 'https://auth.example.com/token', service: 'registry', scope: 'repository:a/b:pull,push' }]],
  ],
  ['BEARER REALM=token , Service = "x"', [['bearer', { realm: 'token', service: 'x' }]]],
  [
    'Negotiate, Basic realm="a, b"',
    [
      ['negotiate', {}],
      ['basic', { realm: 'a, b' }],
    ],
  ],
  [
    'Basic realm="a", Bearer realm="b",service="c"',
    [
      ['basic', { realm: 'a' }],
      ['bearer', { realm: 'b', service: 'c' }],
    ],
  ],
  [
    'Negotiate YII=, Basic realm="a"',
    [
      ['negotiate', {}],
      ['basic', { realm: 'a' }],
    ],
  ],
  ['Basic realm="a \\"quoted\\" \\\\ name"', [['basic', { realm: 'a "quoted" \\ name' }]]],
  ['Basic', [['basic', {}]]],
  ['', []],
  ['="x"', []],
  ['Bearer realm="never closed', [['bearer', {}]]],
];

describe('parseChallenges', () => {
  for (const [header, challenges] of ROWS) {
    it(`reads ${header || 'an empty header'}`, () => {
      expect(parse(header)).to.deep.equal(challenges);
    });
  }

  it('comes to an end on whatever a server sends', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '"', '\\', ',', '=', ' ', '\t', 'é') }), (header) => {
        parseChallenges(header);
      }),
    );
  });
});
