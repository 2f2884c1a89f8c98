/** Lambda's asynchronous invocations: starts processes, repeats what failed after one and two minutes, then gives it up. */
import type { Configuration } from '../../handlers/configuration.ts';
import type { SecretLedger } from './ledger.ts';
import { type Ending, FunctionProcess } from './process.ts';
import { GROUP, QUEUE_ARN, ROLE_ARN, type World } from './world.ts';

/** Two retries, one and two minutes after the failure (FACTS, Lambda). */
const RETRY_AFTER_MS = [60_000, 120_000] as const;

export interface Invocation {
  readonly source: 'wake-up' | 'sweep' | 'label' | 'manual' | 'status' | 'rotation' | 'revoke';
  readonly event: unknown;
  /** Absent for a sweep. */
  readonly secretName?: string | undefined;
  /** Somebody relies on it: Lambda has promised it. A duplicate comes or not, and a person's own call serves that person. */
  readonly counts: boolean;
  /** Its calls take time, so that another run comes in between. */
  readonly isPaced?: boolean;
  /** Told how it ended, by one who waits for it: then Lambda does not repeat it. */
  readonly onEnd?: (ending: Ending) => void;
}

export class Lambda {
  readonly #world: World;
  readonly #configuration: Configuration;
  #running = 0;

  constructor(world: World) {
    this.#world = world;
    this.#configuration = {
      secretNames: world.scenario.secrets.map(({ name }) => name),
      scheduleGroupName: GROUP,
      schedulerRoleArn: ROLE_ARN,
      deadLetterQueueArn: QUEUE_ARN,
      lead: { kind: 'default' },
      sweepEverySeconds: world.scenario.sweepEverySeconds,
      managementSecretName: world.scenario.managementSecretName,
    };
  }

  /** @param delayMs until its first run; at least once, and now and then twice */
  invoke(invocation: Invocation, delayMs = 0): void {
    const { dice, scenario } = this.#world;
    const isDoubled = this.#isDoubled(invocation);
    this.#accept({ ...invocation, isPaced: isDoubled }, delayMs);
    if (isDoubled) {
      this.#world.count('second-run');
      this.#world.disturbed('second-run', invocation.secretName);
      this.#accept({ ...invocation, isPaced: true, counts: false }, delayMs + dice.between(1, 500));
    }
    if (!dice.chance(scenario.chances.duplicate)) return;
    this.#world.count('duplicate');
    this.#accept({ ...invocation, counts: false }, delayMs + dice.acrossScales(1, 3_600_000));
  }

  /** Two runs with one refresh token that works once: the event comes twice within half a second. */
  #isDoubled({ source, secretName }: Invocation): boolean {
    const { dice, scenario, ledger } = this.#world;
    if (secretName === undefined || source === 'rotation') return false;
    const isV2 = ledger.of(secretName).plan.kind === 'v2';
    return isV2 && dice.chance(scenario.chances['second-run']);
  }

  #accept(invocation: Invocation, delayMs: number): void {
    this.#secret(invocation, (secret) => {
      if (invocation.counts) secret.expectedInvocations++;
      secret.extraChances += invocation.source === 'wake-up' && invocation.counts ? 0 : 3;
    });
    if (delayMs === 0) this.#start(invocation, 1);
    else this.#world.time.after(delayMs, () => this.#start(invocation, 1));
  }

  #start(invocation: Invocation, attempt: number, wasGuarded = false): void {
    const { dice, scenario } = this.#world;
    const isSweep = invocation.source === 'sweep';
    // Most sweeps find nothing to do: what is rarer than they are gets a greater share of the trouble.
    const troubled = dice.chance(isSweep ? scenario.troubledProcesses : 3 * scenario.troubledProcesses);
    const paced =
      invocation.isPaced === true || troubled || this.#running > 0 || dice.chance(isSweep ? 0.02 : 0.2);
    const process = new FunctionProcess(
      this.#world,
      {
        secretName: invocation.secretName,
        event: invocation.event,
        demands: isDemand(invocation),
        isRequested: invocation.source === 'rotation',
        plan: { paced, troubled },
      },
      (ending) => this.#ended({ invocation, attempt, ending, process, wasGuarded }),
    );
    this.#running++;
    this.#world.note(
      'started',
      invocation.secretName,
      () => `${invocation.source} ${attempt}${troubled ? ' troubled' : ''}`,
    );
    process.start(invocation.event, { ...this.#configuration, secretNames: this.#managed() });
  }

  #ended(end: {
    invocation: Invocation;
    attempt: number;
    ending: Ending;
    process: FunctionProcess;
    wasGuarded: boolean;
  }): void {
    const { invocation, attempt, ending, process } = end;
    const world = this.#world;
    this.#running--;
    invocation.onEnd?.(ending);
    const guarded = end.wasGuarded || process.guarded;
    const retryAfterMs = ending === 'succeeded' ? undefined : RETRY_AFTER_MS[attempt - 1];
    if (invocation.source === 'sweep' && ending === 'succeeded') {
      world.assert(() => world.invariants.afterSweep(process.startedAtMs, world.now));
    }
    if (invocation.source === 'sweep' && ending !== 'died') {
      world.assert(() => world.invariants.mustTellOfEach(process));
    }
    const isAwaited = ['manual', 'status', 'rotation', 'revoke'].includes(invocation.source);
    // Lambda repeats only what nobody waits for.
    if (retryAfterMs !== undefined && !isAwaited) {
      world.time.after(retryAfterMs, () => this.#start(invocation, attempt + 1, guarded));
      return;
    }
    if (!invocation.counts) return;
    this.#secret(invocation, (secret) => {
      secret.expectedInvocations--;
      if (ending === 'succeeded') return;
      world.note('dead-letter', secret.plan.name, invocation.source);
      // The name alone is no reason to fail: an abandoned secret is to be reported.
      if (!guarded && (secret.dropped === undefined || process.metFault)) secret.brokenBy ??= 'dead-letter';
    });
  }

  #managed(): string[] {
    const secrets = [...this.#world.ledger.secrets.values()];
    return secrets.filter(({ dropped }) => dropped === undefined).map(({ plan }) => plan.name);
  }

  #secret({ secretName }: Invocation, change: (secret: SecretLedger) => void): void {
    if (secretName === undefined) return;
    const secret = this.#world.ledger.of(secretName);
    change(secret);
    this.#world.touched.add(secret);
  }
}

/** The version that is current at the first look is the one that a person wants refreshed. */
function isDemand({ source, event }: Invocation): boolean {
  return (
    source === 'manual' || (source === 'rotation' && (event as { Step?: string }).Step === 'createSecret')
  );
}
