import type { RegistryToken } from '../../../interface/places/registry-token.ts';
import type { CredentialSource } from '../../auth/credential.ts';
import type { ConnectionLimit } from '../../http/connection/connection-limit.ts';
import type { Environment } from '../../http/connection/proxy.ts';
import type { Headers, HttpRequest } from '../../http/message/http-message.ts';
import type { RetryPolicy } from '../../retry/retry-policy.ts';
import type { Transfer } from '../../transfer.ts';
import type { ContactDeadline } from './contact-deadline.ts';

export interface Timeouts {
  readonly connectMs: number;
  /** Without a byte in either direction. */
  readonly stallMs: number;
  /** For an answer that a registry works for: it moves or hashes a blob before it confirms it. */
  readonly commitMs: number;
}

export interface RegistryClientOptions {
  readonly registry: string;
  readonly repository: string;
  readonly insecure: boolean;
  readonly credentials: CredentialSource;
  readonly caFile?: string | undefined;
  /** This registry is that of the installation: how its token server is asked. */
  readonly registryToken?: RegistryToken | undefined;
  /** Where `HTTPS_PROXY` and `NO_PROXY` are looked up. */
  readonly environment: Environment;
  readonly transfer: Transfer;
  readonly timeouts: Timeouts;
  readonly retry: RetryPolicy;
  /** With the registry; the clients of its other repositories may have the same. */
  readonly contact: ContactDeadline;
  /** Of connections to each host; clients of other repositories may share it. */
  readonly connections: ConnectionLimit;
  /** Told of what is wrong but can be done without. Never holds a secret. */
  readonly warn: (message: string) => void;
}

export interface RegistryRequest extends Omit<HttpRequest, 'url'> {
  /** A path below the repository (`manifests/v1`), or an address that the registry gave. */
  readonly to: string | URL;
  /** The statuses that are an answer; every other is thrown. */
  readonly expect: readonly number[];
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
