/** Who wrote a manifest, as an in-toto statement with a SLSA predicate: docs/provenance.md lists the fields. */
import { TRUSTS } from '../../scope/place.ts';
import type { Trust } from '../../scope/place.ts';

/** What the platform knows of the run that writes. */
export interface Writer {
  readonly namespace: string;
  readonly serviceAccount: string;
  /** The outermost run: `PipelineRun NAME`. */
  readonly run: string;
  readonly runUid: string;
  /** The run whose pod asked: `TaskRun NAME`. */
  readonly task: string;
  /** What was checked out, where the platform says so. */
  readonly source?: { readonly url?: string; readonly commit: string };
  readonly trust: Trust;
  /** The place by which the repository is open to it: a repository, or `PATH/*`. */
  readonly place: string;
}

/** The subject of a statement: one manifest in one repository. */
export interface Written {
  readonly repository: string;
  /** `sha256:` and 64 hex digits. */
  readonly digest: string;
}

export interface Writing extends Written {
  readonly writer: Writer;
  /** The registry, as it names itself to the token service. */
  readonly service: string;
  readonly at: Date;
  /** The version of the program that signs. */
  readonly version: string;
}

/** What a judgement needs of a statement. */
export interface Stated extends Written {
  readonly writer: Pick<Writer, 'namespace' | 'run' | 'runUid' | 'trust'>;
}

const STATEMENT = 'https://in-toto.io/Statement/v1';
export const PREDICATE_TYPE = 'https://slsa.dev/provenance/v1';
const BUILD_TYPE = 'https://cache.tekton.dev/entry/v1';
const BUILDER = 'https://cache.tekton.dev/token-service/v1';

export function writeStatement({ repository, digest, writer, service, at, version }: Writing): Uint8Array {
  const { namespace, serviceAccount, run, runUid, task, source, trust, place } = writer;
  const statement = {
    _type: STATEMENT,
    subject: [{ name: repository, digest: { sha256: digest.replace(/^sha256:/, '') } }],
    predicateType: PREDICATE_TYPE,
    predicate: {
      buildDefinition: {
        buildType: BUILD_TYPE,
        externalParameters: { namespace, serviceAccount, run, task },
        internalParameters: { trust, place, service },
        ...(source === undefined ? {} : { resolvedDependencies: [dependencyOf(source)] }),
      },
      runDetails: {
        builder: { id: BUILDER, version: { 'tekton-cache': version } },
        metadata: { invocationId: runUid, finishedOn: at.toISOString() },
      },
    },
  };
  return Buffer.from(JSON.stringify(statement));
}

/** What the statement says; nothing where it is none of ours. */
export function readStatement(payload: Uint8Array): readonly Stated[] | undefined {
  const statement = parse(payload);
  const definition = at(statement, 'predicate', 'buildDefinition');
  const isOurs =
    at(statement, '_type') === STATEMENT &&
    at(statement, 'predicateType') === PREDICATE_TYPE &&
    at(definition, 'buildType') === BUILD_TYPE;
  const trust = TRUSTS.find((known) => known === at(definition, 'internalParameters', 'trust'));
  const subjects = at(statement, 'subject');
  if (!isOurs || trust === undefined || !Array.isArray(subjects)) return undefined;
  const writer = {
    namespace: textAt(definition, 'externalParameters', 'namespace'),
    run: textAt(definition, 'externalParameters', 'run'),
    runUid: textAt(statement, 'predicate', 'runDetails', 'metadata', 'invocationId'),
    trust,
  };
  return subjects.map((subject: unknown) => ({
    repository: textAt(subject, 'name'),
    digest: `sha256:${textAt(subject, 'digest', 'sha256')}`,
    writer,
  }));
}

/** A repository of sources at a commit, as SLSA names it. */
function dependencyOf({ url, commit }: NonNullable<Writer['source']>): object {
  return { ...(url === undefined ? {} : { uri: `git+${url}` }), digest: { gitCommit: commit } };
}

function parse(payload: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(payload).toString('utf8'));
  } catch {
    return undefined;
  }
}

function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, name) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, name) : undefined),
    value,
  );
}

function textAt(value: unknown, ...path: readonly string[]): string {
  const text = at(value, ...path);
  return typeof text === 'string' ? text : '';
}
