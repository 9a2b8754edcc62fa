import { expect } from 'chai';

import { CacheError, ERROR_CODES } from '../../../../shared/errors.ts';
import { verificationOf } from '../../../../shared/helper/cache/verification.ts';
import { stricter, VERIFY_MODES } from '../../../../shared/interface/verify.ts';
import { publicPem, readPrivateKey } from '../../../../shared/provenance/statement/keys.ts';
import { renewedProvenance } from '../../../../controller/token-service/keys/provenance-key.ts';
import type { RegistryToken } from '../../../../shared/interface/places/registry-token.ts';
import { openStore } from '../../../../shared/store/open-store.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const KEY = publicPem(readPrivateKey(renewedProvenance({})!['provenance.key']).key);
const TOKEN: RegistryToken = {
  registry: 'r.example',
  realm: 'https://t.example/token',
  tokenFile: '/t',
  publicKeys: KEY,
};
const { signal } = new AbortController();

/** A store whose every read is an outage. */
const brokenStore = (name: string) => {
  const { store } = openStore(name);
  const refuse = () => Promise.reject(new CacheError(ERROR_CODES.Unreachable, 'nobody answers'));
  return Object.assign(store, { getManifest: refuse });
};

describe('verification of the entries of a request', () => {
  it('is none where nobody asks for it', () => {
    expect(verificationOf({ verb: 'fetch' }, signal)).to.equal(undefined);
  });

  it('believes nothing in other registries, which have no statements', async () => {
    for (const name of ['other.example/team-a/app', 'r.example.evil/team-a/app', 'oci:/tmp/layout']) {
      const verification = verificationOf({ verb: 'fetch', verify: 'require', registryToken: TOKEN }, signal);
      const { store } = openStore(name);
      expect(await verification?.check({ store, reference: DIGEST }), name).to.contain('have no statements');
    }
    const none = verificationOf({ verb: 'fetch', verify: 'require' }, signal);
    const { store } = openStore('undefined/team-a/app');
    expect(await none?.check({ store, reference: DIGEST })).to.contain('have no statements');
  });

  it('says once of each entry that it is not built upon, or with `warn` that it is not believed', async () => {
    for (const [verb, verify, doubted, note] of [
      ['upload', 'require', true, 'have no statements: nothing is built upon it.'],
      ['upload', 'warn', false, 'have no statements.'],
      ['fetch', 'warn', false, 'have no statements.'],
      ['fetch', 'require', true, undefined],
    ] as const) {
      const verification = verificationOf({ verb, verify, registryToken: TOKEN }, signal)!;
      const entry = { store: openStore('other.example/x').store, reference: DIGEST };
      const doubts = [await verification.check(entry), await verification.check(entry)];
      expect(doubts.map((doubt) => doubt !== undefined)).to.deep.equal([doubted, doubted]);
      expect(verification.notes).to.have.length(note === undefined ? 0 : 1);
      if (note !== undefined) expect(verification.notes[0]).to.contain(note);
    }
  });

  it('is an error where the registry does not answer, and with `warn` a line', async () => {
    const entry = { store: brokenStore('r.example/team-a/app'), reference: DIGEST };
    const required = verificationOf({ verb: 'fetch', verify: 'require', registryToken: TOKEN }, signal);
    const code = await required?.check(entry).catch((error: CacheError) => error.code);
    expect(code).to.equal('Unreachable');
    const warned = verificationOf({ verb: 'fetch', verify: 'warn', registryToken: TOKEN }, signal);
    expect(await warned?.check(entry)).to.equal(undefined);
    expect(warned?.notes[0]).to.contain('cannot be verified: nobody answers');
  });
});

describe('how strict a verification is', () => {
  it('is what the stricter of param and configuration say', () => {
    expect(VERIFY_MODES.map((one) => VERIFY_MODES.map((other) => stricter(one, other)).join(' '))).to.deep.equal([
      'off warn require',
      'warn warn require',
      'require require require',
    ]);
    expect([stricter(), stricter('warn'), stricter(undefined, 'require')]).to.deep.equal(['off', 'warn', 'require']);
  });
});
