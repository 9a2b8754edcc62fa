/** Pods, as the API server's JSON has them. The generated types are classes, and have times as Dates; ours are neither. */
import type * as generated from '@kubernetes/client-node';

import type { KubeObject } from './object.ts';

type Plain<T> = T extends Date
  ? string
  : T extends readonly (infer Item)[]
    ? Plain<Item>[]
    : T extends object
      ? { [Field in keyof T]: Plain<T[Field]> }
      : T;

export type PodSpec = Plain<generated.V1PodSpec>;
export type PodSecurityContext = Plain<generated.V1PodSecurityContext>;
export type Affinity = Plain<generated.V1Affinity>;
export type Container = Plain<generated.V1Container>;
export type SecurityContext = Plain<generated.V1SecurityContext>;
export type Capabilities = Plain<generated.V1Capabilities>;
export type EnvVar = Plain<generated.V1EnvVar>;
export type ResourceRequirements = Plain<generated.V1ResourceRequirements>;
export type Volume = Plain<generated.V1Volume>;
export type VolumeMount = Plain<generated.V1VolumeMount>;

interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly running?: { readonly startedAt?: string };
  readonly terminated?: {
    readonly exitCode: number;
    readonly signal?: number;
    readonly reason?: string;
    readonly message?: string;
    readonly startedAt?: string;
    readonly finishedAt?: string;
  };
}

export interface ContainerStatus {
  readonly name: string;
  readonly state?: ContainerState;
  /** Set for a sidecar among the init containers, once the next container may start. */
  readonly started?: boolean;
}

export interface PodCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string | null;
}

export interface Pod extends KubeObject {
  readonly spec: PodSpec;
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly conditions?: readonly PodCondition[];
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}
