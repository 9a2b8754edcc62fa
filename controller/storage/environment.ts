import { readPort } from '../server/port.ts';
import { DRAIN_MS } from './collection/collection.ts';

/** What a process is told at its start; everything else is in the ConfigMap. */
export interface Environment {
  /** The namespace of the installation. */
  readonly namespace: string;
  readonly port: number;
  /** The port of `/livez`, `/readyz` and `/metrics`. */
  readonly healthPort: number;
  /** Holds `tls.crt` and `tls.key`; without it notifications come by plain HTTP. */
  readonly tlsDirectory: string | undefined;
  /** File of the inventory; it may be lost. */
  readonly inventory: string;
  /** File with the token of this pod for the token service. */
  readonly podToken: string;
  /** How long a push may still go on after pushes were held; milliseconds. */
  readonly drainMs: number;
}

/** Throws for what is wrong, with what to do. Port 0 is one that is free. */
export function readEnvironment(environment: NodeJS.ProcessEnv): Environment {
  const { SYSTEM_NAMESPACE: namespace = 'tekton-cache', TLS_DIRECTORY: tlsDirectory } = environment;
  return {
    namespace,
    port: readPort('PORT', environment['PORT'] ?? '8443'),
    healthPort: readPort('HEALTH_PORT', environment['HEALTH_PORT'] ?? '8080'),
    tlsDirectory: tlsDirectory || undefined,
    inventory: environment['INVENTORY'] || '/inventory/inventory.db',
    podToken: environment['POD_TOKEN'] || '/tekton-cache/registry-token/token',
    drainMs: secondsOf('DRAIN_SECONDS', environment['DRAIN_SECONDS']) ?? DRAIN_MS,
  };
}

function secondsOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (/^\d{1,6}$/.test(text)) return Number(text) * 1000;
  throw new Error(`${name}: ${JSON.stringify(text)} is no number of seconds`);
}
