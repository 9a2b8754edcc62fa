import { expect } from 'chai';

import { elapsedMs } from '../../../../shared/clock.ts';
import { bearerOf, HeldTokens } from '../../../../shared/store/auth/held-tokens.ts';
import type { FreshToken } from '../../../../shared/store/auth/held-tokens.ts';

const PULL = ['repository:a:pull'];
const PUSH = ['repository:a:pull,push'];

/** A token server that counts: `token 1`, `token 2`. */
class Server {
  asked = 0;
  readonly #lifetimeMs: number;

  constructor(lifetimeMs = 60_000) {
    this.#lifetimeMs = lifetimeMs;
  }

  readonly fetch = async (): Promise<FreshToken> => {
    this.asked += 1;
    const value = `token ${this.asked}`;
    await Promise.resolve();
    return { value, expiresAt: elapsedMs() + this.#lifetimeMs };
  };
}

describe('tokens that are held', () => {
  it('are asked for once, however many requests wait for one', async () => {
    const server = new Server();
    const tokens = new HeldTokens();
    const values = await Promise.all([
      tokens.get(PULL, server.fetch),
      tokens.get(PULL, server.fetch),
      tokens.get(PULL, server.fetch),
    ]);
    expect([...values, await tokens.get(PULL, server.fetch)]).to.deep.equal(Array.from({ length: 4 }, () => 'token 1'));
    expect(server.asked).to.equal(1);
  });

  it('are one for each list of scopes', async () => {
    const server = new Server();
    const tokens = new HeldTokens();
    expect(await tokens.get(PULL, server.fetch)).to.equal('token 1');
    expect(await tokens.get(PUSH, server.fetch)).to.equal('token 2');
    expect(await tokens.get(PULL, server.fetch)).to.equal('token 1');
  });

  it('are renewed by one of the requests that find one expired', async () => {
    const tokens = new HeldTokens();
    await tokens.get(PULL, new Server(-1).fetch);
    const server = new Server();
    await Promise.all([tokens.get(PULL, server.fetch), tokens.get(PULL, server.fetch)]);
    expect(server.asked).to.equal(1);
  });

  it('are asked for again after an answer that was a failure', async () => {
    const tokens = new HeldTokens();
    const fail = async (): Promise<FreshToken> => await Promise.reject(new Error('no answer'));
    const waiting = await Promise.allSettled([tokens.get(PULL, fail), tokens.get(PULL, fail)]);
    expect(waiting.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected']);
    expect(await tokens.get(PULL, new Server().fetch)).to.equal('token 1');
  });

  it('are dropped where the registry refused them, and nowhere else', async () => {
    const server = new Server();
    const tokens = new HeldTokens();
    const refused = await tokens.get(PULL, server.fetch);
    await tokens.get(PUSH, server.fetch);
    tokens.forget(bearerOf(refused));
    expect(await tokens.get(PUSH, server.fetch)).to.equal('token 2');
    expect(await tokens.get(PULL, server.fetch)).to.equal('token 3');
    expect(server.asked).to.equal(3);
  });

  it('are dropped at once, also while another one is still asked for', async () => {
    const server = new Server();
    const tokens = new HeldTokens();
    const refused = await tokens.get(PULL, server.fetch);
    const never = tokens.get(PUSH, async () => await new Promise<FreshToken>(() => undefined));
    tokens.forget(bearerOf(refused));
    expect(await Promise.race([never, tokens.get(PULL, server.fetch)])).to.equal('token 2');
  });
});
