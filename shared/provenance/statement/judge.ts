import { readRepositoryName } from '../../scope/place.ts';
import { openEnvelope } from './envelope.ts';
import type { PublicKey } from './keys.ts';
import { readStatement } from './statement.ts';
import type { Stated, Written } from './statement.ts';

interface Expected extends Written {
  /** The keys of the signers whose statements are believed. */
  readonly keys: readonly PublicKey[];
}

export type Verdict =
  | { readonly believed: true; readonly writer: Stated['writer'] }
  /** A sentence without its subject: "is signed by none of the keys that are believed". */
  | { readonly believed: false; readonly why: string };

/** One statement that is believed is enough, whatever others there are. */
export function judge(envelopes: readonly Uint8Array[], expected: Expected): Verdict {
  let why: string | undefined;
  for (const envelope of envelopes) {
    const verdict = judgeOne(envelope, expected);
    if (verdict.believed) return verdict;
    why ??= `has a statement that ${verdict.why}`;
  }
  return { believed: false, why: why ?? 'has no statement of who wrote it' };
}

function judgeOne(envelope: Uint8Array, { keys, repository, digest }: Expected): Verdict {
  const payload = openEnvelope(envelope, keys);
  if (typeof payload === 'string') return { believed: false, why: payload };
  const stated = readStatement(payload);
  if (stated === undefined) return { believed: false, why: 'is none of the writing of an entry' };
  const ofDigest = stated.filter((one) => one.digest === digest);
  if (ofDigest.length === 0) return { believed: false, why: 'is of another digest' };
  const found = ofDigest.find((one) => one.repository === repository);
  if (found === undefined) {
    return { believed: false, why: `is of the repository ${ofDigest[0]?.repository ?? ''}, not of this one` };
  }
  const { writer } = found;
  if (mayWrite(writer, repository)) return { believed: true, writer };
  return {
    believed: false,
    why: `names ${writer.run} in ${writer.namespace}, which is ${writer.trust}, as its writer`,
  };
}

/**
 * True when a writer of this trust may write to the repository. The token service signs by the policy of its day; this rule holds under every
 * policy.
 */
function mayWrite({ namespace, runUid, trust }: Stated['writer'], repository: string): boolean {
  const name = readRepositoryName(repository);
  const isOwn = namespace === name.namespace;
  if (name.part === undefined) return trust !== 'untrusted';
  return isOwn && (name.part === 'runs' ? runUid === name.owner : trust === name.part);
}
