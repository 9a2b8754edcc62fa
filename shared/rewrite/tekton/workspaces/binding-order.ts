import type { Json } from '../../json/json.ts';
import type { Run, WorkspaceBinding } from '../tekton.ts';

/** The workspaces that a task of ours binds, in the order of the run: Tekton goes by the last one that is on a claim. */
export function inRunOrder<T extends { readonly workspace: string }>(bindings: readonly T[], run: Run): T[] {
  const order = (run.spec.workspaces ?? []).map(({ name }) => name);
  return bindings.toSorted((a, b) => order.indexOf(a.workspace) - order.indexOf(b.workspace));
}

/**
 * A workspace that has to be bound besides, after the others. Where several workspaces are one claim, Tekton makes an affinity assistant for
 * the one that the run binds last. It tells a pod to run beside the assistant of the pod's own last workspace.
 *
 * https://github.com/tektoncd/pipeline/blob/v1.15.0/pkg/reconciler/pipelinerun/affinity_assistant.go
 */
export function missingAssistant(bound: readonly string[], run: Run): string | undefined {
  const last = (run.spec.workspaces ?? []).findLast(
    (binding) => bound.includes(binding.name) && (claimOf(binding) ?? binding.volumeClaimTemplate) !== undefined,
  );
  const claim = last === undefined ? undefined : claimOf(last);
  if (claim === undefined) return undefined;
  const assistant = run.spec.workspaces?.findLast((binding) => claimOf(binding) === claim)?.name;
  return assistant === undefined || bound.includes(assistant) ? undefined : assistant;
}

function claimOf({ persistentVolumeClaim }: WorkspaceBinding): Json | undefined {
  return persistentVolumeClaim?.['claimName'];
}
