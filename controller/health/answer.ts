import type { Readiness } from '../kube/work/when-served.ts';

/** What the thread of the server knows of the main thread. */
interface MainThread {
  /** Since it was last heard of. */
  readonly silentMs: number;
  /** A main thread that is silent for longer counts as dead. */
  readonly stillMs: number;
  /** The readiness of each part; undefined before the main thread has sent any. */
  readonly parts: readonly Readiness[] | undefined;
}

interface HealthAnswer {
  readonly status: 200 | 404 | 503;
  readonly text: string;
}

const LIVE = ['/livez', '/healthz'];

/** `/livez`: the main thread goes on. `/readyz`: every part that is needed follows the API server; `verbose` tells of each. */
export function healthAnswer(path: string, verbose: boolean, main: MainThread): HealthAnswer {
  if (!LIVE.includes(path) && path !== '/readyz') return { status: 404, text: '404\n' };
  if (main.silentMs > main.stillMs) {
    return { status: 503, text: `the main thread has stood still for ${Math.round(main.silentMs / 1000)} s\n` };
  }
  if (path !== '/readyz') return { status: 200, text: 'ok\n' };
  const parts = main.parts ?? [{ name: 'main', ok: false, detail: 'not heard of yet' }];
  const status = parts.every(({ ok }) => ok) ? 200 : 503;
  const lines = verbose ? parts.map(lineOf).join('') : '';
  return { status, text: `${lines}${status === 200 ? 'ok' : status}\n` };
}

/** A line in the form of the API server's own: https://kubernetes.io/docs/reference/using-api/health-checks/ */
function lineOf({ name, ok, detail }: Readiness): string {
  return `[${ok ? '+' : '-'}]${name} ${detail}\n`;
}
