/** The label of helper pods. With the admission policy of `manifests/overlays/stamps` no pod has it but by the controller. */
import type { KubeObject } from './kube/objects/object.ts';

export const MANAGED_BY = { 'app.kubernetes.io/managed-by': 'tekton-cache' } as const;

export function isLabelledHelper({ metadata: { labels } }: KubeObject): boolean {
  return Object.entries(MANAGED_BY).every(([name, value]) => labels?.[name] === value);
}
