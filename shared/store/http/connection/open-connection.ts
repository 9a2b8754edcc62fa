/** Opens a connection to the host of a URL: straight or through a proxy, with TLS or without. */
import { lookup } from 'node:dns';
import { connect, isIP } from 'node:net';
import type { LookupFunction, NetConnectOpts } from 'node:net';
import { NetworkError } from '../message/network-error.ts';
import { Connection } from './connection.ts';
import type { Trust } from './trust.ts';
import { openTunnel } from './tunnel.ts';

interface ConnectOptions {
  readonly url: URL;
  readonly trust: Trust;
  /** Goes through it; only with TLS. */
  readonly proxy?: URL | undefined;
  readonly connectMs: number;
  /** Asked of each address before it is connected to. A proxy looks names up itself: then only addresses that are written out are asked for. */
  readonly mayConnect: (address: string) => boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Fails with `NetworkError`, or with the signal's reason. */
export async function openConnection(options: ConnectOptions): Promise<Connection> {
  const { url, trust, proxy, connectMs, mayConnect, signal } = options;
  signal?.throwIfAborted();
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) && !mayConnect(host)) throw astray(host, host);
  const secure = url.protocol === 'https:';
  const port = Number(url.port) || (secure ? 443 : 80);
  // Node tries the next address after 250 ms by default, which a slow line takes for every address.
  const address = {
    host,
    port,
    noDelay: true,
    autoSelectFamilyAttemptTimeout: Math.max(connectMs / 4, 10),
    lookup: lookupAmong(mayConnect),
  };
  if (!secure) {
    const connection = new Connection((onread) => connect({ ...address, ...whenGiven({ onread }) }), 'straight');
    await connection.established('connect', { host: url.host, connectMs, signal });
    return connection;
  }
  // TLS takes 17 ms to load, which a registry on plain HTTP never needs.
  const [{ connect: connectTls }, tlsOptions] = await Promise.all([import('node:tls'), trust.tlsOptions()]);
  const tunnel = proxy && (await openTunnel({ proxy, host, port, connectMs, signal }));
  const tls = { ...tlsOptions, ...(isIP(host) ? {} : { servername: host }), ALPNProtocols: ['http/1.1'] };
  const connection = tunnel
    ? new Connection(() => connectTls({ ...tls, host, socket: tunnel }), 'tunnel')
    : new Connection((onread) => connectTls({ ...tls, ...address, ...whenGiven({ onread }) }), 'straight');
  await connection.established('secureConnect', { host: url.host, connectMs, signal });
  return connection;
}

/** Looks a name up, and gives only addresses that may be connected to. So the address that was checked is the one that is used. */
function lookupAmong(mayConnect: (address: string) => boolean): LookupFunction {
  return (name, options, done) => {
    lookup(name, { ...options, all: true }, (error, addresses) => {
      const allowed = error ? [] : addresses.filter(({ address }) => mayConnect(address));
      const [first] = allowed;
      if (error) done(error, '');
      else if (first === undefined) done(astray(name, addresses[0]?.address ?? ''), '');
      else if (options.all === true) done(null, allowed);
      else done(null, first.address, first.family);
    });
  };
}

function astray(host: string, address: string): NetworkError {
  const where = host === address ? '' : `, which is at ${address}`;
  return new NetworkError('astray', `it sends clients to ${host}${where}: nearer to this machine than it is itself`);
}

/** `net` and `tls` know `onread`; their types of options to connect know it differently. */
function whenGiven(option: { onread: NetConnectOpts['onread'] }): object {
  return option;
}
