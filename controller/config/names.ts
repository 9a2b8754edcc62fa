/** Checks names that go into pods as they are. A wrong one would break each Task with our steps, so it is found when somebody writes it. */
import { invalidParams } from '../../shared/errors.ts';
import { parseTarget } from '../../shared/interface/places/image-reference.ts';

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names */
const LABEL = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;
const NAME_CHARACTERS = 253;

/** An image as the kubelet reads it, which knows no schemes. Throws `InvalidParams`. */
export function checkImage(image: string): void {
  if (parseTarget(image).kind === 'registry' && !image.includes('://')) return;
  throw invalidParams(
    `${JSON.stringify(image)} is not an image: it is written registry/repository:tag, or with @sha256:...`,
  );
}

/** The name of an object of Kubernetes. Throws `InvalidParams`. */
export function checkObjectName(name: string): void {
  if (name.length <= NAME_CHARACTERS && name.split('.').every((label) => LABEL.test(label))) return;
  throw invalidParams(`${JSON.stringify(name)} is not a name of Kubernetes: a-z 0-9 - and . in it`);
}
