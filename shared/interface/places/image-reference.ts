/**
 * Where an entry lives: `registry/repository[:tag][@digest]` as the distribution spec has it, or `oci:DIR[:TAG]`,
 * an OCI layout in a directory. `oci://` and `docker://` in front mean a registry.
 */
import { invalidParams } from '../../errors.ts';
import type { CacheError } from '../../errors.ts';

export interface RegistryTarget {
  readonly kind: 'registry';
  /** `host[:port]`, as written; `docker.io` when none is given. */
  readonly registry: string;
  readonly repository: string;
  /** Tag or digest; the digest where both are given. */
  readonly reference: string;
}

export interface LayoutTarget {
  readonly kind: 'layout';
  readonly dir: string;
  readonly reference: string;
}

export type Target = RegistryTarget | LayoutTarget;

export const DOCKER_HUB = 'docker.io';

/** Where none is written. */
export const DEFAULT_TAG = 'latest';
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const HOST =
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9a-fA-F:.]+\])(?::\d{1,5})?$/;
/** The spec's limit for registry and repository together. */
const NAME_CHARACTERS = 255;

const LAYOUT_PREFIX = 'oci:';
const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;
/** The schemes by which other tools name what is in a registry: Helm and Flux, and skopeo. */
const REGISTRY_SCHEMES = ['oci://', 'docker://'];

export function isDigest(value: unknown): value is `sha256:${string}` {
  return typeof value === 'string' && DIGEST.test(value);
}

/** Can a repository have this name, without its registry? */
export function isRepository(name: string): boolean {
  return name.length < NAME_CHARACTERS && name.split('/').every((component) => COMPONENT.test(component));
}

/** Throws `InvalidParams`, in the words of whoever wrote the target. */
export function parseTarget(target: string): Target {
  const scheme = SCHEME.exec(target)?.[0];
  if (scheme === undefined) return target.startsWith(LAYOUT_PREFIX) ? parseLayout(target) : parseRegistry(target);
  if (REGISTRY_SCHEMES.includes(scheme.toLowerCase())) return parseRegistry(target.slice(scheme.length));
  throw invalid(target, `leave out "${scheme}": it is written registry/repository:tag`);
}

function parseLayout(target: string): LayoutTarget {
  const rest = target.slice(LAYOUT_PREFIX.length);
  const [dir, reference] = splitReference(rest);
  if (dir === '') throw invalid(target, 'a layout is written oci:DIR:TAG and this one names no directory');
  return { kind: 'layout', dir, reference };

  function splitReference(text: string): [string, string] {
    const at = text.lastIndexOf('@');
    if (at >= 0 && isDigest(text.slice(at + 1))) return [withoutTag(text.slice(0, at)), text.slice(at + 1)];
    const dir = withoutTag(text);
    return [dir, dir === text ? DEFAULT_TAG : text.slice(dir.length + 1)];
  }
}

function parseRegistry(target: string): RegistryTarget {
  if (target === '') throw invalid(target, 'it is empty');

  const at = target.indexOf('@');
  const digest = at < 0 ? undefined : target.slice(at + 1);
  if (digest !== undefined && !isDigest(digest)) {
    throw invalid(target, `"${digest}" is not a digest: it is "sha256:" and 64 lower-case hex digits`);
  }

  const tagged = at < 0 ? target : target.slice(0, at);
  const colon = tagged.indexOf(':', tagged.lastIndexOf('/') + 1);
  const name = colon < 0 ? tagged : tagged.slice(0, colon);
  const tag = colon < 0 ? undefined : tagged.slice(colon + 1);
  if (tag !== undefined && !TAG.test(tag)) {
    throw invalid(target, `"${tag}" is not a tag: at most 128 of A-Z a-z 0-9 _ . -, not starting with . or -`);
  }

  const [registry, repository] = splitRegistry(name);
  if (!isHost(registry)) throw invalid(target, `"${registry}" is not a host[:port]`);
  for (const component of repository.split('/')) {
    if (!COMPONENT.test(component)) {
      throw invalid(
        target,
        component === ''
          ? 'a part of the repository is empty'
          : `"${component}" cannot be part of a repository: lower-case a-z 0-9, joined by . _ __ or -`,
      );
    }
  }
  if (registry.length + 1 + repository.length > NAME_CHARACTERS) {
    throw invalid(target, `registry and repository have more than ${NAME_CHARACTERS} characters`);
  }
  return { kind: 'registry', registry, repository, reference: digest ?? tag ?? DEFAULT_TAG };
}

/** `host[:port]`. A port of 70000, a host of 256.1.1.1 and one of [::1::] have only the form of it. */
export function isHost(registry: string): boolean {
  return HOST.test(registry) && URL.canParse(`https://${registry}/`);
}

/** Docker's rule: what stands before the first slash is a host when it looks like one; otherwise it is Docker Hub's. */
function splitRegistry(name: string): [string, string] {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const isHost = first === 'localhost' || /[.:[]/.test(first) || first !== first.toLowerCase();
  if (isHost && !isDockerHub(first)) return [first, name.slice(slash + 1)];
  const repository = isHost ? name.slice(slash + 1) : name;
  return [DOCKER_HUB, repository.includes('/') ? repository : `library/${repository}`];
}

/** Docker Hub goes by several names, in targets and in credential files. */
export function isDockerHub(host: string): boolean {
  return host === DOCKER_HUB || host === 'index.docker.io' || host === 'registry-1.docker.io';
}

/** `localhost` and loopback addresses, with or without a port: plain HTTP is allowed there, as everywhere in this field. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/:\d+$/, '').toLowerCase();
  return name === 'localhost' || name.endsWith('.localhost') || /^127(\.\d{1,3}){3}$/.test(name) || name === '[::1]';
}

function withoutTag(text: string): string {
  const colon = text.lastIndexOf(':');
  return colon >= 0 && TAG.test(text.slice(colon + 1)) ? text.slice(0, colon) : text;
}

function invalid(target: string, why: string): CacheError {
  return invalidParams(`"${target}" is not an image reference: ${why}`);
}
