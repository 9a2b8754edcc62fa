import { EXIT } from '../../../shared/request/protocol.ts';
import type { CacheReport } from '../../../shared/request/protocol.ts';
import type { ContainerStatus, Pod, PodCondition } from '../../kube/objects/pod.ts';
import { deletionOverdue, DELETION_MARGIN_MS } from '../pod/at-rest.ts';
import { CONTAINER } from '../pod/helper-pod.ts';
import { isFinished } from '../pod/kept-pod.ts';
import { readReport } from './report.ts';
import type { ReportSubject } from './report.ts';

/** How far a helper pod is. */
export type Outcome =
  /** The container has not started. `trouble` says why, where the wait is unusual. The reconciler looks again after `recheckMs`. */
  | { readonly phase: 'pending'; readonly trouble?: string; readonly recheckMs: number }
  | { readonly phase: 'running'; readonly recheckMs?: number }
  | { readonly phase: 'ended'; readonly report: CacheReport; readonly endedAt: string | undefined }
  /** The pod will never leave a report; `message` says why. */
  | { readonly phase: 'broken'; readonly message: string };

interface Deadlines {
  readonly schedulingDeadlineMs: number;
  readonly startDeadlineMs: number;
}

/** A pod that waits for a node no longer than this is in no trouble. */
const PATIENCE_MS = 3000;
/** Reasons of a waiting container that do not pass. */
const HOPELESS: readonly string[] = ['InvalidImageName', 'ErrImageNeverPull', 'CreateContainerConfigError'];
/** Reasons of a waiting container that may pass. */
const TROUBLE: readonly string[] = ['ErrImagePull', 'ImagePullBackOff', 'CreateContainerError', 'RunContainerError'];
/** The reason of a sidecar among the init containers that crashes again and again. The kubelet starts our own container only once. */
const CRASHES = 'CrashLoopBackOff';

/** Judged by our container, not by the pod's phase: a mesh's sidecar keeps a pod Running for ever. */
export function readOutcome(pod: Pod, subject: ReportSubject, deadlines: Deadlines, now: Date): Outcome {
  const container = pod.status?.containerStatuses?.find(({ name }) => name === CONTAINER);
  if (container?.state?.terminated) return terminated(pod, container.state.terminated, subject);
  if (isFinished(pod)) return broken(`The helper pod ended: ${podReason(pod)}.`);
  if (pod.metadata.deletionTimestamp) return deleted(pod, now);
  if (container?.state?.running) return { phase: 'running' };
  return pending(pod, container, deadlines, now);
}

type Terminated = NonNullable<NonNullable<ContainerStatus['state']>['terminated']>;

function terminated(pod: Pod, container: Terminated, subject: ReportSubject): Outcome {
  const { exitCode, signal, reason, message = '', finishedAt } = container;
  const written = readReport(message, subject);
  // A killed process may have left an early report: only an orderly exit code makes a report count.
  const report = 'report' in written && isOrderly(exitCode) ? written.report : undefined;
  const wasDeleted = pod.metadata.deletionTimestamp !== undefined;
  if (report && !(wasDeleted && report.results['reason'] === 'cancelled'))
    return { phase: 'ended', report, endedAt: finishedAt };
  if (reason === 'OOMKilled' || diedAtTheStart(reason, message)) {
    const { resources } = pod.spec.containers.find(({ name }) => name === CONTAINER) ?? {};
    const limit = resources?.limits?.['memory'] ?? 'none';
    return broken(
      `The helper needed more memory than its limit (${limit}) and was killed: raise \`resources\` in the configuration, or ` +
        '`computeResources` of this task in the PipelineRun.',
    );
  }
  if (pod.status?.reason) return broken(`The helper pod ended: ${podReason(pod)}.`);
  if (wasDeleted) return broken(`The helper pod was deleted while it worked${disruption(pod)}.`);
  const how = signal ? `signal ${signal}` : `exit code ${exitCode}`;
  if ('problem' in written) return broken(`The helper ended with ${how}, and its report is none: ${written.problem}.`);
  const last = 'report' in written ? '' : (message.trim().split('\n').at(-1) ?? '').slice(0, 300);
  return broken(`The helper ended with ${how} and no report${last === '' ? '' : `: ${last}`}.`);
}

/** The limit may be too low for the container runtime itself. The runtime says so, and the kubelet reports that as a failure to start. */
const diedAtTheStart = (reason: string | undefined, message: string): boolean =>
  reason !== undefined && ['StartError', 'ContainerCannotRun'].includes(reason) && /\bOOM\b|memory/i.test(message);

const isOrderly = (exitCode: number): boolean => Object.values<number>(EXIT).includes(exitCode);

function deleted(pod: Pod, now: Date): Outcome {
  if (deletionOverdue(pod, now))
    return broken(`The helper pod was deleted, and its node does not answer${disruption(pod)}.`);
  return { phase: 'running', recheckMs: DELETION_MARGIN_MS };
}

function pending(pod: Pod, container: ContainerStatus | undefined, deadlines: Deadlines, now: Date): Outcome {
  const scheduled = conditionOf(pod, 'PodScheduled');
  const created = Date.parse(pod.metadata.creationTimestamp ?? now.toISOString());
  if (scheduled?.status !== 'True' && !pod.spec.nodeName) {
    const why = scheduled?.message ?? 'no scheduler has looked at it yet';
    const age = now.getTime() - created;
    if (age >= deadlines.schedulingDeadlineMs) {
      return broken(`The helper pod found no node within ${seconds(deadlines.schedulingDeadlineMs)}: ${why}`);
    }
    const recheckMs = age < PATIENCE_MS ? PATIENCE_MS - age : deadlines.schedulingDeadlineMs - age;
    return { phase: 'pending', recheckMs, ...(age < PATIENCE_MS ? {} : { trouble: why }) };
  }
  const { reason = '', message = '' } = container?.state?.waiting ?? {};
  const before = initTrouble(pod);
  const why = before ?? waitingFor(reason, message);
  if (HOPELESS.includes(reason)) return broken(`The helper pod cannot start: ${why}`);
  const since = Date.parse(scheduled?.lastTransitionTime ?? '') || created;
  const age = now.getTime() - since;
  if (age >= deadlines.startDeadlineMs) {
    const late = before ?? initAtWork(pod) ?? (why || 'no container yet');
    return broken(`The helper pod did not start within ${seconds(deadlines.startDeadlineMs)}: ${late}`);
  }
  const recheckMs = deadlines.startDeadlineMs - age;
  return { phase: 'pending', recheckMs, ...(before !== undefined || TROUBLE.includes(reason) ? { trouble: why } : {}) };
}

const waitingFor = (reason: string, message: string): string => `${reason}${message === '' ? '' : `: ${message}`}`;

/**
 * The trouble of an init container that admission added. Our container waits for it, and its own status says only that the pod is being
 * initialized.
 */
function initTrouble({ status }: Pod): string | undefined {
  for (const { name, state } of status?.initContainerStatuses ?? []) {
    const { exitCode = 0 } = state?.terminated ?? {};
    if (exitCode !== 0) return `init container \`${name}\` ended with exit code ${exitCode}`;
    const { reason = '', message = '' } = state?.waiting ?? {};
    if ([...HOPELESS, ...TROUBLE, CRASHES].includes(reason)) {
      return `init container \`${name}\`: ${waitingFor(reason, message)}`;
    }
  }
  return undefined;
}

/** An init container that still runs. A sidecar that has started does not count: our container starts beside it. */
function initAtWork({ status }: Pod): string | undefined {
  const found = status?.initContainerStatuses?.find(({ state, started }) => state?.running && started !== true);
  return found && `init container \`${found.name}\` is still at work`;
}

function conditionOf(pod: Pod, type: string): PodCondition | undefined {
  return pod.status?.conditions?.find((condition) => condition.type === type);
}

function podReason(pod: Pod): string {
  const { phase = '', reason = phase, message = initTrouble(pod) ?? '' } = pod.status ?? {};
  return `${reason}${message === '' ? '' : `, ${message.replace(/\.\s*$/, '')}`}`;
}

/** Why somebody took the pod away: https://kubernetes.io/docs/concepts/workloads/pods/disruptions/ */
function disruption(pod: Pod): string {
  const target = conditionOf(pod, 'DisruptionTarget');
  return target?.status === 'True' ? ` (${target.reason ?? ''}${target.message ? `, ${target.message}` : ''})` : '';
}

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;
const broken = (message: string): Outcome => ({ phase: 'broken', message });
