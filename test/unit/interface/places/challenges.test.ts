import { expect } from 'chai';
import * as fc from 'fast-check';

import { chooseChallenge, parseChallenges } from '../../../../shared/interface/places/challenges.ts';

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
  [
    'Bearer realm=https://auth.example.com/token?a=b,service=registry.example.com:5000',
    [['bearer', { realm: 'https://auth.example.com/token?a=b', service: 'registry.example.com:5000' }]],
  ],
  [
    'bearer\trealm = "https://auth.example.com/token"\t,  service\t=x ,, Basic realm="y"',
    [
      ['bearer', { realm: 'https://auth.example.com/token', service: 'x' }],
      ['basic', { realm: 'y' }],
    ],
  ],
  [
    'Bearer realm="https://auth.example.com/token" service="x"',
    [['bearer', { realm: 'https://auth.example.com/token', service: 'x' }]],
  ],
  [
    'Custom x="1" "y" z, Bearer realm=, service="s", scope="" , Basic realm=a',
    [
      ['custom', { x: '1' }],
      ['bearer', { service: 's', scope: '' }],
      ['basic', { realm: 'a' }],
    ],
  ],
  ['Bearer realm="never closed', [['bearer', {}]]],
];

describe('parseChallenges', () => {
  for (const [header, challenges] of ROWS) {
    it(`reads ${header || 'an empty header'}`, () => {
      expect(parse(header)).to.deep.equal(challenges);
    });
  }

  it('are answered where there is a token server, else with a password', () => {
    const chosen = (header: string): unknown => {
      const { scheme, params } = chooseChallenge(parseChallenges(header)) ?? {};
      return scheme === undefined ? undefined : [scheme, params?.get('realm')];
    };
    expect(chosen('Basic realm=r, Bearer realm=https://x/t')).to.deep.equal(['bearer', 'https://x/t']);
    expect(chosen('Bearer scope=a, Bearer realm="https://x/t"')).to.deep.equal(['bearer', 'https://x/t']);
    expect(chosen('Bearer, Basic realm="r"')).to.deep.equal(['basic', 'r']);
    expect(chosen('Bearer realm="Azure"')).to.deep.equal(['bearer', 'Azure']);
    expect(chosen('Negotiate')).to.equal(undefined);
  });

  it('comes to an end on whatever a server sends', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '"', '\\', ',', '=', ' ', '\t', 'é') }), (header) => {
        parseChallenges(header);
      }),
    );
  });
});
