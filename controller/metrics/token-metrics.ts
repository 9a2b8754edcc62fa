import { Metric } from './prometheus-text.ts';
import type { MetricRow } from './prometheus-text.ts';

/** What the token service counts, as a table. */
export const TOKEN_METRICS = {
  tokens: {
    name: 'tekton_cache_token_requests_total',
    type: 'counter',
    labels: ['outcome', 'reason'],
    meaning:
      'questions to the token service. `outcome`: `granted`, `partly`, `nothing` (a token that opens nothing that was asked for) or `refused`. `reason`, of those refused: `bad-request`, `too-large`, `no-login`, `bad-login`, `no-pod`, `no-run`, `too-many`, `not-yet` or `unavailable`',
  },
  statements: {
    name: 'tekton_cache_statement_requests_total',
    type: 'counter',
    labels: ['outcome', 'reason'],
    meaning:
      'questions to the token service for a [statement](provenance.md) of who writes an entry. `outcome`: `signed` or `refused`. `reason`: as of `tekton_cache_token_requests_total`, or `out-of-scope`',
  },
  scopes: {
    name: 'tekton_cache_scope_requests_total',
    type: 'counter',
    labels: ['outcome', 'reason'],
    meaning:
      'questions to the token service about where a run keeps its entries. `outcome`: `told` or `refused`. `reason`: as of `tekton_cache_token_requests_total`',
  },
  duration: {
    name: 'tekton_cache_token_duration_seconds',
    type: 'histogram',
    labels: [],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    meaning: 'time in which the token service answers a question for a token, from when it has read the question',
  },
} as const satisfies Readonly<Record<string, MetricRow>>;

export class TokenMetrics {
  readonly tokens = new Metric(TOKEN_METRICS.tokens);
  readonly statements = new Metric(TOKEN_METRICS.statements);
  readonly scopes = new Metric(TOKEN_METRICS.scopes);
  readonly duration = new Metric(TOKEN_METRICS.duration);

  /** All metrics of the token service, as Prometheus reads them. */
  text(): string {
    return this.tokens.text() + this.statements.text() + this.scopes.text() + this.duration.text();
  }
}
