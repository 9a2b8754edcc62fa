import { createPrivateKey, randomUUID, sign, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

import type { Certificates } from './certificates.ts';

interface TokenServerOptions {
  readonly certificates: Certificates;
  /** Passwords by user. Users may pull and push everything; anonymous callers pull below `public/`. */
  readonly users: Readonly<Record<string, string>>;
  /** Refresh tokens that are worth a user. */
  readonly identityTokens?: readonly string[];
  /** On https, with the certificate that it signs with. */
  readonly tls?: boolean;
}

interface TokenCall {
  readonly method: string;
  readonly authorization: string | undefined;
  readonly scopes: readonly string[];
}

const ISSUER = 'token server of the tests';
const VALID_SECONDS = 300;
const SERVICE = 'registry of the tests';

/** Issues tokens that distribution's registry believes (distribution's docs, spec/auth/jwt). */
export class TokenServer {
  readonly calls: TokenCall[] = [];
  /** All that was issued: what no log may hold. */
  readonly issued: string[] = [];
  /** What it says of a token's lifetime, in seconds. */
  expiresIn = VALID_SECONDS;
  /** What it says of what it did not grant, as our token service does. */
  refused: readonly string[] = [];
  /** Actions that it grants to nobody. */
  withheld: readonly string[] = [];
  /** Words for why. */
  withheldFor: readonly string[] = [];
  readonly #options: TokenServerOptions;
  readonly #server: http.Server;

  private constructor(options: TokenServerOptions, tls: https.ServerOptions | undefined) {
    this.#options = options;
    const answer: http.RequestListener = (request, response) => void this.#answer(request, response);
    this.#server = tls === undefined ? http.createServer(answer) : https.createServer(tls, answer);
  }

  static async start(options: TokenServerOptions): Promise<TokenServer> {
    const { certificate, key } = options.certificates;
    const tls = options.tls === true ? { cert: await readFile(certificate), key: await readFile(key) } : undefined;
    const server = new TokenServer(options, tls);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get realm(): string {
    return `${this.#options.tls === true ? 'https' : 'http'}://127.0.0.1:${(this.#server.address() as AddressInfo).port}/token`;
  }

  /** The `auth` part of a registry's configuration. */
  get registryAuth(): object {
    const { authority } = this.#options.certificates;
    return { token: { realm: this.realm, service: SERVICE, issuer: ISSUER, rootcertbundle: authority } };
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const form = request.method === 'POST' ? new URLSearchParams(await text(request)) : url.searchParams;
    const { authorization } = request.headers;
    const scopes = form.getAll('scope').flatMap((scope) => scope.split(' '));
    this.calls.push({ method: request.method ?? '', authorization, scopes });

    const identity = form.get('refresh_token');
    const trusted = identity === null ? this.#knows(authorization) : this.#options.identityTokens?.includes(identity);
    if (trusted === false) {
      response.writeHead(401).end(JSON.stringify({ details: `wrong: ${authorization ?? identity}` }));
      return;
    }
    const token = await this.#issue(scopes, trusted === true);
    this.issued.push(token);
    const name = identity === null ? 'token' : 'access_token';
    response.end(
      JSON.stringify({ [name]: token, expires_in: this.expiresIn, refused: this.refused, withheld: this.withheldFor }),
    );
  }

  #knows(authorization: string | undefined): boolean | undefined {
    if (authorization === undefined) return undefined;
    const [user = '', password] = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString().split(':');
    return this.#options.users[user] === password;
  }

  async #issue(scopes: readonly string[], trusted: boolean): Promise<string> {
    const { certificate, key } = this.#options.certificates;
    const now = Math.floor(Date.now() / 1000);
    const access = scopes.map((scope) => {
      const [type = '', name = '', actions = ''] = scope.split(':');
      const wanted = actions.split(',').filter((action) => !this.withheld.includes(action));
      return {
        type,
        name,
        actions: trusted ? wanted : wanted.filter((a) => a === 'pull' && name.startsWith('public/')),
      };
    });
    const times = { iat: now - 3600, nbf: now - 3600, exp: now + VALID_SECONDS };
    const claims = { iss: ISSUER, aud: SERVICE, sub: '', jti: randomUUID(), access, ...times };
    const x5c = [new X509Certificate(await readFile(certificate)).raw.toString('base64')];
    const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
    const signed = `${encode({ typ: 'JWT', alg: 'ES256', x5c })}.${encode(claims)}`;
    const signature = sign('sha256', Buffer.from(signed), {
      key: createPrivateKey(await readFile(key)),
      dsaEncoding: 'ieee-p1363',
    });
    return `${signed}.${signature.toString('base64url')}`;
  }
}
