import type { EnvVar, PodSpec } from '../kube/objects/pod.ts';

/**
 * The fields of Tekton's PodTemplate that a helper pod takes over:
 * https://github.com/tektoncd/pipeline/blob/v1.15.0/docs/podtemplates.md
 *
 * Not `volumes`, which no container of ours mounts, and not `automountServiceAccountToken`: a helper never has a token.
 */
export const POD_TEMPLATE_FIELDS = [
  'nodeSelector',
  'tolerations',
  'affinity',
  'securityContext',
  'runtimeClassName',
  'schedulerName',
  'hostNetwork',
  'hostUsers',
  'dnsPolicy',
  'dnsConfig',
  'enableServiceLinks',
  'priorityClassName',
  'imagePullSecrets',
  'hostAliases',
  'topologySpreadConstraints',
] as const satisfies readonly (keyof PodSpec)[];

type PodTemplateFields = Pick<PodSpec, (typeof POD_TEMPLATE_FIELDS)[number]>;
export type PodTemplate = PodTemplateFields & { readonly env?: EnvVar[] };

/**
 * Merges templates by the rule of Tekton's MergePodTemplateWithDefault: the first that has a field wins it, and variables are merged by name.
 */
export function mergePodTemplates(...templates: readonly (PodTemplate | null | undefined)[]): PodTemplate {
  const given = templates.filter((template) => template !== null && template !== undefined);
  const env = new Map<string, EnvVar>();
  let merged: PodTemplate = {};
  for (const template of given.toReversed()) {
    merged = { ...merged, ...podFields(template) };
    for (const variable of template.env ?? []) env.set(variable.name, variable);
  }
  return env.size === 0 ? merged : { ...merged, env: [...env.values()] };
}

/** What of a template is a field of the pod itself. */
export function podFields(template: PodTemplate): PodTemplateFields {
  return Object.fromEntries(
    POD_TEMPLATE_FIELDS.filter((field) => template[field] !== undefined && template[field] !== null).map((field) => [
      field,
      template[field],
    ]),
  );
}
