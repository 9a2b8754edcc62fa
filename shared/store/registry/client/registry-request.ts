import type { RegistryToken } from '../../../interface/places/registry-token.ts';
import type { CollectionWait } from '../../auth/collection-wait.ts';
import type { CredentialSource } from '../../auth/credential.ts';
import type { ConnectionLimit } from '../../http/connection/connection-limit.ts';
import type { Environment } from '../../http/connection/proxy.ts';
import type { Headers, HttpRequest } from '../../http/message/http-message.ts';
import type { RetryPolicy } from '../../retry/retry-policy.ts';
import type { Transfer } from '../../transfer.ts';
import type { ContactDeadline } from './contact-deadline.ts';

export interface Timeouts {
  readonly connectMs: number;
  /** How long no byte may move in either direction. */
  readonly stallMs: number;
  /** How long an answer may take for which the registry moves or hashes a blob. */
  readonly commitMs: number;
}

export interface RegistryClientOptions {
  readonly registry: string;
  readonly repository: string;
  readonly insecure: boolean;
  readonly credentials: CredentialSource;
  readonly caFile?: string | undefined;
  /** How the token server is asked; set where this is the registry of the installation. */
  readonly registryToken?: RegistryToken | undefined;
  /** Lets pushes wait while the registry of the installation collects its garbage. */
  readonly collectionWait?: CollectionWait | undefined;
  /** Where `HTTPS_PROXY` and `NO_PROXY` are looked up. */
  readonly environment: Environment;
  readonly transfer: Transfer;
  readonly timeouts: Timeouts;
  readonly retry: RetryPolicy;
  /** The contact with the registry; clients of its other repositories may share it. */
  readonly contact: ContactDeadline;
  /** The bound on connections to each host; clients of other repositories may share it. */
  readonly connections: ConnectionLimit;
  /** Told of what is wrong but can be done without. Never holds a secret. */
  readonly warn: (message: string) => void;
}

/**
 * Answers of storage to which a registry sends a HEAD with an address that it has signed for GET: the signature covers the method, as those of S3 do.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */
export const SIGNED_FOR_GET: readonly number[] = [401, 403];

export interface RegistryRequest extends Omit<HttpRequest, 'url'> {
  /** A path below the repository (`manifests/v1`), or an address that the registry gave. */
  readonly to: string | URL;
  /** The statuses that are an answer; every other is thrown. */
  readonly expect: readonly number[];
  /** Statuses that are an answer, too, where it comes from elsewhere: the registry itself says with them that it wants other credentials. */
  readonly expectElsewhere?: readonly number[];
  /** Another repository that is read, too. */
  readonly alsoPulls?: string;
}

/** An answer with its whole, small body. */
export interface SmallAnswer {
  readonly url: URL;
  readonly status: number;
  readonly headers: Headers;
  /** Undefined when the body was longer than allowed. */
  readonly bytes: Uint8Array | undefined;
}
