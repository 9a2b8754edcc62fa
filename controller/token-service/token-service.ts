import { elapsedMs } from '../../shared/clock.ts';
import { messageOf } from '../../shared/errors.ts';
import type { WithheldFor } from '../../shared/interface/withheld.ts';
import type { Log } from '../../shared/log.ts';
import { signEnvelope } from '../../shared/provenance/statement/envelope.ts';
import type { ProvenanceKey } from '../../shared/provenance/statement/keys.ts';
import { writeStatement } from '../../shared/provenance/statement/statement.ts';
import { grant } from '../../shared/scope/access.ts';
import type { Access, Granting } from '../../shared/scope/access.ts';
import { grantHousekeeping, HOUSEKEEPER } from '../../shared/scope/housekeeping.ts';
import { withholdPushes } from '../../shared/scope/pushes.ts';
import type { Withholding } from '../../shared/scope/pushes.ts';
import { scopeOf } from '../../shared/scope/scope.ts';
import type { Policy } from '../../shared/scope/policy.ts';
import type { RunPlaces } from '../../shared/scope/run-places.ts';
import { ApiError } from '../kube/api/api-error.ts';
import type { TokenMetrics } from '../metrics/token-metrics.ts';
import type { Requester } from './identity/identifier.ts';
import { NotYet } from './identity/outermost-run.ts';
import { signAccessToken, TOKEN_SECONDS } from './keys/access-token.ts';
import type { SigningKey } from './keys/access-token.ts';
import type { PodLimits } from './pod-limits.ts';
import { readLogin, readQuestion } from './protocol/question.ts';
import type { Question, TokenRequest } from './protocol/question.ts';
import { isRefusal } from './protocol/refusal.ts';
import type { Refusal } from './protocol/refusal.ts';
import { readStatementQuestion } from './statement/statement-question.ts';
import type { StatementRequest } from './statement/statement-question.ts';
import { writerOf } from './statement/writer.ts';

/** The policy, and the registries that may ask; nothing as long as nobody knows them. */
export interface Rules {
  readonly policy: Policy;
  readonly services: readonly string[];
}

export interface TokenServiceOptions {
  readonly rules: () => Rules | undefined;
  readonly key: () => SigningKey | undefined;
  /** Signs statements; without it there are none. */
  readonly statements?: { readonly key: () => ProvenanceKey | undefined; readonly version: string };
  /** Throws `ApiError` without an answer of the API server, and `NotYet`. */
  readonly identify: (password: string) => Promise<Requester | Refusal>;
  /** Why pushes to a repository are held just now, where policy would let them; undefined where they are not. */
  readonly whyNoPush?: (repository: string) => Withholding | undefined;
  /** When push tokens have to end at the latest, in milliseconds since 1970; undefined where they need not. */
  readonly pushesEndAt?: () => number | undefined;
  readonly limits: PodLimits;
  readonly metrics: TokenMetrics;
  readonly log: Log;
  readonly now?: () => Date;
}

export interface Answer {
  readonly token: string;
  readonly expiresInS: number;
  readonly issuedAt: Date;
  readonly granted: readonly Access[];
  /** A sentence for each thing that was asked for and not granted. */
  readonly refused: readonly string[];
  /** Why pushes are missing that policy would grant. */
  readonly withheld: readonly WithheldFor[];
  readonly retryAfterS?: number;
}

/** A statement in its envelope. */
interface SignedStatement {
  readonly envelope: Uint8Array;
}

/** Where the run of who asks has its entries. */
interface ScopeAnswer {
  readonly places: RunPlaces;
}

/** What may be asked of it. */
export type What = 'token' | 'statement' | 'scope';

const SOON_S = 1;

/** A question -> a token for what policy grants, or a statement of who writes, or why there is none; each with a line in the log. */
export class TokenService {
  readonly #options: TokenServiceOptions;

  constructor(options: TokenServiceOptions) {
    this.#options = options;
  }

  /** Never throws: what nobody expected is logged, and refused as unavailable. */
  async answer(request: TokenRequest): Promise<Answer | Refusal> {
    const { metrics } = this.#options;
    const began = elapsedMs();
    const answer = await this.#answer(request);
    metrics.duration.observe({}, (elapsedMs() - began) / 1000);
    return answer;
  }

  /** Answers a question for a signed statement of who writes an entry. Never throws, like `answer`. */
  async state(request: StatementRequest): Promise<SignedStatement | Refusal> {
    const { metrics, log, statements, now = () => new Date() } = this.#options;
    const question = readStatementQuestion(request);
    if (isRefusal(question)) return this.refuse(question, 'statement');
    const key = statements?.key();
    if (statements === undefined || key === undefined) {
      return this.refuse(unavailable('the service has no key for statements'), 'statement');
    }
    const admitted = await this.#admit(question, 'statement');
    if (isRefusal(admitted)) return admitted;
    const { requester, policy } = admitted;
    const { service, repository, digest } = question;
    const scope = scopeOf(requester.facts, policy);
    const writer = requester.isHousekeeper ? undefined : writerOf(requester, scope, repository);
    if (writer === undefined) {
      const message = `a run that is ${scope.trust} may not write to ${repository}`;
      return this.refuse({ status: 403, reason: 'out-of-scope', message }, 'statement', requester);
    }
    const statement = writeStatement({ repository, digest, writer, service, at: now(), version: statements.version });
    metrics.statements.add({ outcome: 'signed', reason: '' });
    const { pod, run } = requester;
    const { serviceAccount, trust, place } = writer;
    log.info('statement', { pod, run, serviceAccount, trust, rule: scope.rule, service, repository, digest, place });
    return { envelope: signEnvelope(statement, key) };
  }

  /** The scope itself, for who has yet to choose a repository. Never throws either. */
  async tellScope(request: TokenRequest): Promise<ScopeAnswer | Refusal> {
    const { metrics, log } = this.#options;
    const password = readLogin(request);
    if (typeof password !== 'string') return this.refuse(password, 'scope');
    const admitted = await this.#admit({ password }, 'scope');
    if (isRefusal(admitted)) return admitted;
    const { requester, policy } = admitted;
    const { pod, run, facts } = requester;
    const { rule, places } = scopeOf(facts, policy);
    metrics.scopes.add({ outcome: 'told', reason: '' });
    log.info('scope', { pod, run, serviceAccount: facts.serviceAccount, rule, ...places });
    return { places };
  }

  /** Counts and logs. */
  refuse(refusal: Refusal, what: What = 'token', requester?: Requester): Refusal {
    const { metrics, log } = this.#options;
    const { status, reason, message } = refusal;
    metrics[`${what}s`].add({ outcome: 'refused', reason });
    const who = requester === undefined ? {} : { pod: requester.pod, run: requester.run };
    log.warn(`no ${what}`, { status, reason, why: message, ...who });
    return refusal;
  }

  async #answer(request: TokenRequest): Promise<Answer | Refusal> {
    const question = readQuestion(request);
    if (isRefusal(question)) return this.refuse(question);
    const key = this.#options.key();
    if (key === undefined) return this.refuse(unavailable('the service has no key yet'));
    const admitted = await this.#admit(question, 'token');
    return isRefusal(admitted) ? admitted : this.#sign(key, question, admitted.requester, admitted.policy);
  }

  /** Whose password it is, and whether its pod may ask just now. `service`: about which registry, where it is about one. */
  async #admit(
    { service, password }: { readonly service?: string; readonly password: string },
    what: What,
  ): Promise<{ readonly requester: Requester; readonly policy: Policy } | Refusal> {
    const { identify, rules, limits } = this.#options;
    const current = rules();
    if (current === undefined) {
      return this.refuse(unavailable('the policy is not known, or cannot be read'), what);
    }
    if (service !== undefined && !current.services.includes(service)) {
      const message = `no registry ${JSON.stringify(service.slice(0, 100))}: \`token-services\` names those that may ask`;
      return this.refuse({ status: 400, reason: 'bad-request', message }, what);
    }
    const requester = await identify(password).catch((error: unknown) => this.#failure(error));
    if (isRefusal(requester)) return this.refuse(requester, what);
    const waitMs = limits.ask(requester.podUid);
    if (waitMs <= 0) return { requester, policy: current.policy };
    const message = `the pod ${requester.pod} asks too often`;
    const retryAfterS = Math.ceil(waitMs / 1000);
    return this.refuse({ status: 429, reason: 'too-many', message, retryAfterS }, what, requester);
  }

  #sign(key: SigningKey, { service, scopes }: Question, requester: Requester, policy: Policy): Answer {
    const { whyNoPush = () => undefined, metrics, log, now = () => new Date() } = this.#options;
    const scope = scopeOf(requester.facts, policy);
    const granting = requester.isHousekeeper
      ? grantHousekeeping(scopes)
      : withholdPushes(grant(scopes, scope), whyNoPush);
    const { granted, refused, withheld = [], retryAfterS } = granting;
    metrics.tokens.add({ outcome: outcomeOf(granting), reason: '' });
    const { pod, run, facts } = requester;
    log[refused.length > 0 ? 'warn' : 'info']('token', {
      pod,
      run,
      serviceAccount: facts.serviceAccount,
      ...(requester.isHousekeeper ? { rule: HOUSEKEEPER } : { trust: scope.trust, rule: scope.rule }),
      service,
      granted: granted.map(({ type, name, actions }) => `${type}:${name}:${actions.join(',')}`),
      refused,
    });
    const issuedAt = now();
    // Registries repeat it in notifications. A pod's name has a slash, so no pod is taken for the housekeeper.
    const subject = requester.isHousekeeper ? HOUSEKEEPER : pod;
    const expiresInS = this.#secondsOf(granted, issuedAt);
    const token = signAccessToken(key, { subject, service, access: granted, now: issuedAt, seconds: expiresInS });
    const again = retryAfterS === undefined ? {} : { retryAfterS };
    return { token, expiresInS, issuedAt, granted, refused, withheld, ...again };
  }

  /** No push token may outlive the time in which the registry takes pushes. */
  #secondsOf(granted: readonly Access[], issuedAt: Date): number {
    const { pushesEndAt = () => undefined } = this.#options;
    const endAt = granted.some(({ actions }) => actions.includes('push')) ? pushesEndAt() : undefined;
    if (endAt === undefined) return TOKEN_SECONDS;
    return Math.min(TOKEN_SECONDS, Math.max(1, Math.floor((endAt - issuedAt.getTime()) / 1000)));
  }

  #failure(error: unknown): Refusal {
    if (error instanceof NotYet) return { ...unavailable(error.message), reason: 'not-yet' };
    // The log has what the API server said; the client does not get it.
    this.#options.log.error('the API server gave no answer about a token', { problem: messageOf(error) });
    if (error instanceof ApiError) return unavailable('the API server does not say whose token it is');
    return unavailable('nobody can say whose token it is');
  }
}

function outcomeOf({ granted, refused }: Granting): string {
  if (granted.length === 0 && refused.length > 0) return 'nothing';
  return refused.length > 0 ? 'partly' : 'granted';
}

const unavailable = (message: string): Refusal => ({
  status: 503,
  reason: 'unavailable',
  message,
  retryAfterS: SOON_S,
});
