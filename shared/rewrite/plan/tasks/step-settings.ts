import type { InstallationSettings } from '../../../request/protocol.ts';
import type { JsonObject } from '../../json/json.ts';
import type { DockerSecrets } from '../identity/credentials.ts';

/** What the installation decides about our steps. */
export interface StepSettings extends Omit<InstallationSettings, 'basicAuths'> {
  /** The helper image, by digest. */
  readonly image: string;
  readonly imagePullPolicy?: string;
  /** Memory and CPU of a step: Kubernetes' ResourceRequirements. */
  readonly resources: JsonObject;
  /** The user of our steps where neither the Task nor the podTemplate names one; absent: the user of the image. */
  readonly securityContext?: JsonObject;
  /** What the namespace wants of every container, where the Task says nothing else. */
  readonly requiredContext?: JsonObject;
  readonly dockerSecrets?: DockerSecrets;
  /** A ConfigMap in the namespace of the run: certificates to trust besides. */
  readonly caBundle?: string;
}
