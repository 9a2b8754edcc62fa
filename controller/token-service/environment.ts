import { STOP_MS } from '../program-end.ts';
import { readPort } from '../server/port.ts';

/** What a process is told at its start; everything else is in the ConfigMap. */
export interface Environment {
  /** Where the ConfigMap and the Secret with the keys are. */
  readonly namespace: string;
  readonly port: number;
  /** The port of `/healthz`, `/readyz` and `/metrics`. */
  readonly healthPort: number;
  /** Holds `tls.crt` and `tls.key`; without it the service speaks plain HTTP. */
  readonly tlsDirectory: string | undefined;
  /** How long questions are answered after SIGTERM: nodes learn late that a pod which ends takes no connections any more. Milliseconds. */
  readonly lingerMs: number;
}

/** Throws for what is wrong, with what to do. Port 0 is one that is free. */
export function readEnvironment(environment: NodeJS.ProcessEnv): Environment {
  const { SYSTEM_NAMESPACE: namespace = 'tekton-cache', TLS_DIRECTORY: tlsDirectory } = environment;
  const lingerMs = Number(environment['LINGER_SECONDS'] ?? 3) * 1000;
  if (!(lingerMs > 0 && lingerMs < STOP_MS)) {
    throw new Error(
      `LINGER_SECONDS is no number of seconds above 0 and below ${STOP_MS / 1000}, when the process is cut off`,
    );
  }
  return {
    namespace,
    port: readPort('PORT', environment['PORT'] ?? '8443'),
    healthPort: readPort('HEALTH_PORT', environment['HEALTH_PORT'] ?? '8080'),
    tlsDirectory: tlsDirectory || undefined,
    lingerMs,
  };
}
