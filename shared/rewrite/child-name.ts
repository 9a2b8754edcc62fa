import { createHash } from 'node:crypto';

const LONGEST = 63;
const HEAD = LONGEST - 32;

/**
 * The name that Tekton gives to a child: parent and suffix, shortened by a digest where they are longer than a label may be.
 * A rule of its library (knative.dev/pkg/kmeta.ChildName) that cannot be asked for over the API.
 */
export function childName(parent: string, suffix: string): string {
  if (parent.length + suffix.length <= LONGEST) return parent + suffix;
  if (suffix.length < HEAD) return parent.slice(0, HEAD - suffix.length) + md5(parent) + suffix;
  const name = parent.slice(0, HEAD) + md5(parent + suffix);
  return (name + suffix.slice(0, Math.max(0, LONGEST - name.length))).replace(/[^a-zA-Z0-9]+$/, '');
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
