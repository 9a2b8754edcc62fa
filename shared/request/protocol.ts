/**
 * The contract between the asker (controller, StepAction, command line) and the helper.
 *
 * A request is plain JSON in the environment variable `CACHE_REQUEST`; a report is plain JSON in the container's termination message. Neither ever
 * holds a credential.
 */
import type { Eviction } from '../presets/preset.ts';
import type { Mode, Verb } from '../interface/params.ts';
import type { RegistryToken } from '../interface/places/registry-token.ts';
import type { Verify } from '../interface/verify.ts';
import type { Results } from '../interface/results/results.ts';

export const REQUEST_VARIABLE = 'CACHE_REQUEST';
export const TERMINATION_LOG = '/dev/termination-log';
/** The kubelet cuts a message here, at most; see docs/interface.md for the share of one container. */
export const TERMINATION_LOG_BYTES = 4096;

export interface CacheDirectory {
  /** The workspace's name: `{{workspace}}`, and the prefix of its results. */
  readonly name: string;
  /** Absolute directory of the workspace. */
  readonly dir: string;
  /** The workspace cannot be written. */
  readonly readOnly?: boolean;
  /** Templates, instead of those of the request: a resolver moves the content of this cache from task to task. */
  readonly target?: string;
  readonly fallbacks?: readonly string[];
  readonly aliases?: readonly string[];
  readonly mode?: Mode;
  /** Instead of those of the request: a preset has its own for each of its caches. */
  readonly files?: readonly string[];
  readonly paths?: readonly string[];
  readonly exclude?: readonly string[];
  /** Upload: bytes of content, above which the files that were used longest ago are removed from the directory. */
  readonly maxSize?: number;
  /** Upload: which files are removed from the directory when no build uses them any more. */
  readonly eviction?: Eviction;
  /** The directory is the tool's to make: where it is not there, there is nothing to upload. */
  readonly mayBeMissing?: boolean;
  /** The tool compares the times of its files with those of the sources: what a fetch brings must not seem newer than what it was not made of. */
  readonly comparesTimes?: true;
  /** Fetch: directories below it that have to be there, also where nothing was fetched. */
  readonly makes?: readonly string[];
  /** Fetch: where the target and the fallbacks are missing, put together what these tasks made. */
  readonly join?: Join;
  /** Upload: milliseconds after which a registry may drop the entry. */
  readonly keepMs?: number;
  /** Upload: templates of repositories, besides that of the target, from which the content may have come. */
  readonly origins?: readonly string[];
  /**
   * Upload: the handoff that later tasks of the run fetch. An alias of the entry where there is one beside it; else an entry with its own time
   * to keep.
   */
  readonly travels?: { readonly target: string; readonly keepMs: number };
}

/**
 * What tasks made of one cache, in an order in which each comes after those it builds upon; where two that do not build upon
 * each other changed the same path, the later one wins. See docs/resolvers.md.
 */
export interface Join {
  readonly nodes: readonly JoinNode[];
  /** Templates of the content before any of the tasks, tried in order; none: an empty directory. */
  readonly base: readonly string[];
}

export interface JoinNode {
  readonly task: string;
  /** The entry of the task, or one for each combination of its matrix; one that is missing changed nothing. */
  readonly targets: readonly string[];
  /** Besides `targets`, where the number of combinations is not known: 0, 1, 2, ... follow. */
  readonly prefix?: string;
  /** Indexes of the nodes whose content the task started from. */
  readonly after: readonly number[];
}

/** A mounted secret of the type kubernetes.io/basic-auth. */
export interface BasicAuth {
  /** Holds the files `username` and `password`. */
  readonly directory: string;
  /** What it is for, as docker configurations name servers: `https://registry.example.com`, `host:5000/team`. */
  readonly servers: readonly string[];
}

/** Limits from the configuration; a breach is a clear miss or `uploaded=false reason=too-large`. */
export interface Limits {
  readonly maxBytes: number;
  readonly maxFiles: number;
  readonly maxBlobBytes: number;
  /** Content bytes for one compressed byte, for a whole entry. */
  readonly maxExpansion: number;
}

export interface CacheRequest {
  readonly verb: Verb;
  /** Template; `{{workspace}}` and `{{hash}}` (and the others below) are still in it. */
  readonly target: string;
  readonly files: readonly string[];
  /** Given by the user; otherwise computed from `files` below `source`. */
  readonly hash?: string;
  /** Absolute file in which a fetch leaves the hash of each cache, for the upload of the same Task. */
  readonly hashes?: string;
  /** An upload that was to take the hash of a fetch, which has none: templates with `{{hash}}` end as `no-hash`. */
  readonly noHash?: boolean;
  /** Absolute directory with the files to hash. */
  readonly source?: string;
  readonly caches: readonly CacheDirectory[];
  /** The caches are those of the presets that the files of `source` ask for, below this directory; `caches` is empty. */
  readonly auto?: { readonly dir: string; readonly readOnly?: boolean };
  /** Globs relative to each cache, in normal form; empty: all of it. */
  readonly paths: readonly string[];
  readonly exclude: readonly string[];
  readonly fallbacks: readonly string[];
  readonly aliases: readonly string[];
  readonly mode: Mode;
  readonly onMiss: 'continue' | 'fail';
  readonly onError: 'continue' | 'fail';
  /** Entries need a statement of who wrote them; absent: they do not. */
  readonly verify?: Exclude<Verify, 'off'>;
  readonly clean: boolean;
  readonly force: boolean;
  /** Upload: what a file does that changes each time it is read; absent: `fail`. */
  readonly onChange?: 'fail' | 'leave-out';
  /** The bound for each cache that has no bound of its own, in bytes. */
  readonly maxSize?: number;
  /** Milliseconds; 0: no deadline of its own. */
  readonly maxTimeMs: number;
  /** `maxTimeMs` is the default of a step, and is for its work: a wait for the end of a garbage collection does not count. */
  readonly countsWorkAlone?: boolean;
  readonly insecure: boolean;
  /** Registries (host[:port]) for which plain HTTP or unverified TLS is allowed by configuration. */
  readonly insecureRegistries?: readonly string[];
  /** Directories searched for a docker config.json, in order. */
  readonly dockerConfigs: readonly string[];
  /** User names and passwords for registries, in the order of preference. */
  readonly basicAuths?: readonly BasicAuth[];
  /** The registry of the installation, and how the helper proves itself to it. */
  readonly registryToken?: RegistryToken;
  /** Values of the template variables other than `hash` and `workspace`: namespace, pipeline, task, arch, os, branch, image. */
  readonly variables: Readonly<Record<string, string>>;
  readonly limits?: Partial<Limits>;
  readonly compression?: 'zstd' | 'gzip';
}

/** What the helper says at its end, whatever the end is. */
export interface CacheReport {
  readonly version: 1;
  readonly results: Results;
  /** Set when the run is to fail: invalid params, or strictness asked for by the user. */
  readonly failure?: { readonly code: string; readonly message: string };
  /** The sentence of the condition, also after a failure that does not fail the run. */
  readonly message: string;
}

/** What an upload keeps with an entry. */
export const ENTRY_ANNOTATIONS = {
  /** The hash that it was uploaded under. */
  hash: 'cache.tekton.dev/hash',
  /** RFC 3339; a registry may drop the entry afterwards. */
  expires: 'cache.tekton.dev/expires',
} as const;

/**
 * What the installation decides about a helper that runs as a step, where its options are those of a user: the rest of a request.
 */
export type InstallationSettings = Pick<
  CacheRequest,
  'limits' | 'compression' | 'insecureRegistries' | 'basicAuths' | 'registryToken' | 'verify'
>;

/** Where a pod has the docker secrets of its service account, a directory for each. */
export const CREDENTIALS_DIRECTORY = '/tekton-cache/credentials';
/** Where it has the certificates that it is to trust besides, as the variable NODE_EXTRA_CA_CERTS says to Node. */
export const CA_BUNDLE = { directory: '/tekton-cache/ca', file: 'ca-bundle.crt' } as const;

/** Variables that change what Node does, or make it print what it sends. */
const NODE_VARIABLES = ['NODE_OPTIONS', 'NODE_DEBUG', 'NODE_TLS_REJECT_UNAUTHORIZED'];

/**
 * The command of a container that runs one of our programs. Others may add variables to any container: the `env` of a podTemplate beats that of a
 * step, and a webhook may change any pod. So the command itself sets and unsets variables, after all of that.
 */
export function programCommand(program: string, variables: Readonly<Record<string, string>> = {}): readonly string[] {
  const unset = NODE_VARIABLES.flatMap((name) => ['-u', name]);
  const set = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  return ['/usr/bin/env', ...unset, ...set, '/usr/local/bin/node', program];
}

/** How long a helper may take to stop in order after a signal, in milliseconds: half of what Kubernetes gives a pod by default. */
export const STOP_MS = 15_000;

/** Exit codes of the helper and of the command line. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;
