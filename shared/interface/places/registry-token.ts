/** The registry of the installation, for which a pod proves itself by the projected token of its service account. */
import { invalidParams } from '../../errors.ts';
import type { CacheError } from '../../errors.ts';
import { parseTarget } from './image-reference.ts';

export interface RegistryToken {
  /** `host[:port]`, as targets name it. */
  readonly registry: string;
  /** The https address of its token server, exactly as the registry's challenge has it. */
  readonly realm: string;
  /** Holds the token; the kubelet writes it anew before it expires. */
  readonly tokenFile: string;
  /** Authorities (PEM) of the registry's and the token server's certificates, instead of the usual ones and for nobody else. */
  readonly ca?: string;
  /** Public keys (PEM) of those whose statements of who wrote an entry are believed. */
  readonly publicKeys?: string;
}

/** Where the kubelet puts the token into a pod, and what it asks of the API server for it. */
export const PROJECTED_TOKEN = {
  directory: '/tekton-cache/registry-token',
  file: 'token',
  /** The token is good for the token server, and for nothing else. */
  audience: 'tekton-cache',
  /** The least that Kubernetes grants. */
  expirationSeconds: 600,
} as const;

/** Linux gives a program no more than 128 KiB in one variable, which the whole request has to fit into. */
const CA_CHARACTERS = 32_768;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/;
const KEY_CHARACTERS = 8192;
const PUBLIC_KEY = /-----BEGIN PUBLIC KEY-----[A-Za-z0-9+/=\s]+-----END PUBLIC KEY-----/;
/** The directories where Kubernetes puts the token for its own API. */
const API_TOKENS = ['/var/run/secrets/kubernetes.io/', '/run/secrets/kubernetes.io/'];

/** Throws InvalidParams. */
export function checkRegistryToken({ registry, realm, tokenFile, ca, publicKeys }: RegistryToken): void {
  checkRegistry(registry);
  checkRealm(realm);
  if (!tokenFile.startsWith('/'))
    throw invalid(`the file of the token, ${JSON.stringify(tokenFile)}, has no absolute path`);
  if (API_TOKENS.some((directory) => tokenFile.startsWith(directory))) {
    throw invalid(`${JSON.stringify(tokenFile)} is the token for the API server, which no registry gets`);
  }
  if (ca !== undefined) checkCertificates(ca);
  if (publicKeys !== undefined) checkPublicKeys(publicKeys);
}

/** `host[:port]`. Throws InvalidParams. */
export function checkRegistry(registry: string): void {
  const target = URL.canParse(`https://${registry}/`) ? parseTarget(`${registry}/cache`) : undefined;
  if (target?.kind === 'registry' && target.registry === registry && target.repository === 'cache') return;
  throw invalid(`${JSON.stringify(registry)} is not the host[:port] of a registry`);
}

/** Throws InvalidParams. */
export function checkRealm(realm: string): void {
  const url = URL.parse(realm);
  if (url?.protocol !== 'https:') throw invalid(`the realm ${JSON.stringify(realm)} is not an address on https`);
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw invalid(`the realm ${url.origin}${url.pathname} has to be without user, password, query and fragment`);
  }
}

/** Throws InvalidParams. */
export function checkCertificates(pem: string): void {
  if (pem.length > CA_CHARACTERS) throw invalid(`the certificates are more than ${CA_CHARACTERS} characters`);
  if (!CERTIFICATE.test(pem)) throw invalid('the certificates hold no certificate in PEM');
}

/** Throws InvalidParams. */
export function checkPublicKeys(pem: string): void {
  if (pem.length > KEY_CHARACTERS) throw invalid(`the public keys are more than ${KEY_CHARACTERS} characters`);
  if (!PUBLIC_KEY.test(pem)) throw invalid('the public keys hold no public key in PEM');
}

function invalid(why: string): CacheError {
  return invalidParams(`The registry of the installation: ${why}.`);
}
