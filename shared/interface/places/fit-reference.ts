import { createHash } from 'node:crypto';
import { cutName } from '../text/cut.ts';

const TAG_LENGTH = 128;
/** Registry and path together, as the reference grammar of containers counts. */
const REPOSITORY_LENGTH = 255;

/** Cuts a tag or repository that is too long and makes it unique again by a digest of all of it: `__d` and 32 hex digits. */
export function fitReference(reference: string): string {
  if (reference.includes('@')) return reference;
  const layout = /^oci:(?!\/\/)/.test(reference);
  const colon = reference.lastIndexOf(':');
  const hasTag = colon > Math.max(reference.lastIndexOf('/'), layout ? 'oci'.length : -1);
  const name = hasTag ? reference.slice(0, colon) : reference;
  const repository = layout ? name : cut(name, REPOSITORY_LENGTH);
  return hasTag ? `${repository}:${cut(reference.slice(colon + 1), TAG_LENGTH)}` : repository;
}

function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const suffix = `__d${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
  return cutName(text, limit - suffix.length) + suffix;
}
