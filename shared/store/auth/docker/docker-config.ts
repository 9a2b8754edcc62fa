/** Docker's `config.json` (and the older `.dockercfg`): which credentials it holds for what. */
import { isDockerHub, DOCKER_HUB } from '../../reference.ts';
import type { Credential } from '../credential.ts';

/** Credentials for a registry, or for the repositories below a path of it. */
export interface CredentialEntry {
  /** `host[:port]`; nothing: every registry. */
  readonly host?: string;
  /** The path of the repositories, without slashes at its ends; empty: the whole registry. */
  readonly path: string;
  /** The name of the server in the file, for credential helpers. */
  readonly server?: string;
  readonly credential: Credential | CredentialHelper | UnusableCredential;
}

/** `docker-credential-NAME` knows. */
interface CredentialHelper {
  readonly kind: 'helper';
  readonly origin: string;
  readonly name: string;
}

/** An entry that was meant as a credential, and is none. */
interface UnusableCredential {
  readonly kind: 'unusable';
  /** The end of a sentence, without any of the entry's content. */
  readonly why: string;
}

/** Thrown without any of the file's content, which is secret. */
export class DockerConfigError extends Error {}

/** The entries of one file, in order of preference where they are equally specific. */
export function parseDockerConfig(text: string, file: string): readonly CredentialEntry[] {
  const config = parseObject(text, file);
  // A .dockercfg is what `auths` is in a config.json.
  const auths = objectAt(config, 'auths') ?? (isLegacy(config) ? config : {});
  const entries: CredentialEntry[] = [];
  for (const [server, name] of Object.entries(objectAt(config, 'credHelpers') ?? {})) {
    if (typeof name === 'string') entries.push({ ...place(server), server, credential: helper(name, file) });
  }
  for (const [server, value] of Object.entries(auths)) {
    const credential = isObject(value) ? parseAuth(value, file) : undefined;
    if (credential) entries.push({ ...place(server), server, credential });
  }
  const store = config['credsStore'];
  if (typeof store === 'string' && store !== '') entries.push({ path: '', credential: helper(store, file) });
  return entries;
}

/** The entries for a repository, the most specific path first; of equally specific ones, the earlier first. */
export function selectEntries(
  entries: readonly CredentialEntry[],
  registry: string,
  repository: string,
): readonly CredentialEntry[] {
  const host = canonicalHost(registry);
  return entries
    .filter((entry) => (entry.host === undefined || hostMatches(entry.host, host)) && isBelow(repository, entry.path))
    .toSorted((a, b) => specificity(b) - specificity(a));
}

function specificity({ host, path }: CredentialEntry): number {
  if (host === undefined) return -1;
  return path.length + (host.includes('*') || host.includes('?') ? 0 : 0.5);
}

/**
 * Part by part between the dots, where `*` and `?` stand for what is in one part: as the kubelet reads `*.dkr.ecr.*.amazonaws.com`.
 * https://kubernetes.io/docs/concepts/containers/images/#config-json
 */
function hostMatches(pattern: string, host: string): boolean {
  const [patterns, parts] = [pattern.split('.'), host.split('.')];
  return patterns.length === parts.length && patterns.every((part, at) => partMatches(part, parts[at] ?? ''));
}

/** Whether a pattern matches, in one pass: what came before the last `*` is never looked at again. */
function partMatches(pattern: string, text: string): boolean {
  let [p, t, star, resume] = [0, 0, -1, 0];
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = p++;
      resume = t;
    } else if (pattern[p] === '?' || pattern[p] === text[t]) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

function isBelow(repository: string, path: string): boolean {
  return path === '' || repository === path || repository.startsWith(`${path}/`);
}

/** `https://index.docker.io/v1/`, `registry.example.com:5000/team`, ... */
function place(server: string): { host: string; path: string } {
  const [host = '', ...parts] = server.replace(/^https?:\/\//i, '').split('/');
  const path = parts.filter((part) => part !== '').join('/');
  // An API version is no path of repositories.
  return { host: canonicalHost(host), path: /^v[12]$/.test(path) ? '' : path };
}

/** Port 443 is the one of https, written out or not. */
function canonicalHost(host: string): string {
  const lower = host.toLowerCase().replace(/:443$/, '');
  return isDockerHub(lower) ? DOCKER_HUB : lower;
}

function parseAuth(
  value: Readonly<Record<string, unknown>>,
  file: string,
): Credential | UnusableCredential | undefined {
  const origin = file;
  const text = (key: string): string => (typeof value[key] === 'string' ? value[key] : '');
  if (text('identitytoken') !== '') return { kind: 'identity-token', token: text('identitytoken'), origin };
  if (text('registrytoken') !== '') return { kind: 'registry-token', token: text('registrytoken'), origin };

  // Some tools fill the text up with NUL.
  const [decoded = ''] = Buffer.from(text('auth'), 'base64').toString('utf8').split('\0', 1);
  const colon = decoded.indexOf(':');
  const username = colon > 0 ? decoded.slice(0, colon) : text('username');
  const password = colon > 0 ? decoded.slice(colon + 1) : text('password');
  if (username !== '') return { kind: 'password', username, password, origin };
  if (text('auth') === '' && password === '') return undefined;
  return {
    kind: 'unusable',
    why: `${file} has an entry for it that holds no user: \`auth\` is USER:PASSWORD in base64`,
  };
}

function helper(name: string, file: string): CredentialHelper {
  return { kind: 'helper', name, origin: `docker-credential-${name} (named in ${file})` };
}

function parseObject(text: string, file: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // JSON.parse quotes the text in its message.
  }
  throw new DockerConfigError(`${file} is not a docker configuration: it is not a JSON object`);
}

function isLegacy(config: Readonly<Record<string, unknown>>): boolean {
  return Object.values(config).some((value) => isObject(value) && 'auth' in value);
}

function objectAt(
  parent: Readonly<Record<string, unknown>>,
  key: string,
): Readonly<Record<string, unknown>> | undefined {
  const value = parent[key];
  return isObject(value) ? value : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
