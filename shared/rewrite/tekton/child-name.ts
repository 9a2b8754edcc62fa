import { createHash } from 'node:crypto';
import { cutName } from '../../interface/text/cut.ts';

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
  return cutName(name + suffix, Math.max(name.length, LONGEST));
}

/**
 * The names of the TaskRuns of a matrix of `count` combinations: one alone has no index. A rule of Tekton's reconciler
 * (getNewRunNames), which appends the index to a shortened name where ChildName would have cut it off.
 */
export function childNames(run: string, task: string, count: number): string[] {
  const single = childName(run, `-${task}`);
  if (count === 1) return [single];
  return Array.from({ length: count }, (_, index) => {
    const name = childName(run, `-${task}-${index}`);
    return name.endsWith(`-${index}`) ? name : `${single.slice(0, LONGEST - `-${count}`.length)}-${index}`;
  });
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
