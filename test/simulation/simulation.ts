/** One run from its seed: moves the world on step by step and has the invariants checked after each, until the time is over. */
import type { Delivery } from '../../local/scheduler/schedule-firing.ts';
import type { RotationEvent } from '../../local/secrets-manager/secret-rotation.ts';
import type { Violation } from './invariants.ts';
import { Lambda } from './lambda.ts';
import { People } from './people.ts';
import type { Ending } from './process.ts';
import { type Fault, type Scenario, type ScenarioLimits, scenarioOf } from './scenario.ts';
import { breath, settled } from './virtual-time.ts';
import { forecast } from './weather.ts';
import { World } from './world.ts';

const STEPS_BETWEEN_BREATHS = 10_000;

export interface RunResult {
  readonly scenario: Scenario;
  readonly violation: Violation | undefined;
  readonly days: number;
  readonly steps: number;
  readonly invocations: number;
  readonly refreshes: number;
  /** What became of keys, each kind with its count. */
  readonly counts: ReadonlyMap<string, number>;
  readonly inspected: number;
  readonly faults: ReadonlyMap<Fault, number>;
  readonly excuses: ReadonlyMap<string, number>;
  /** Empty, as the fingerprint is, unless the run was recorded. */
  readonly lastEvents: readonly string[];
  readonly fingerprint: string;
}

/** @param recorded keeps what happened: for the fingerprint and the last events */
export async function simulate(seed: number, limits: ScenarioLimits, recorded = false): Promise<RunResult> {
  const world = new World(scenarioOf(seed, limits), { chronicle: recorded });
  const simulation = new Simulation(world);
  await simulation.run();
  return simulation.result();
}

class Simulation {
  readonly #world: World;
  readonly #lambda: Lambda;
  readonly #people: People;
  #steps = 0;

  constructor(world: World) {
    this.#world = world;
    this.#lambda = new Lambda(world);
    this.#people = new People(world, this.#lambda);
    world.onLabelUpdated = (event) => this.#announce(event.detail.name, event);
    world.onRotationStep = (event) => this.#rotationStep(event);
  }

  async run(): Promise<void> {
    const world = this.#world;
    forecast(world);
    this.#people.settleIn();
    world.managementChanged();
    if (world.scenario.mode !== 'chain') world.startSweeps();
    while (world.violation === undefined) {
      const scheduledAtMs = world.scheduler.nextDueAt() ?? Number.POSITIVE_INFINITY;
      const nextAtMs = world.time.nextAtMs();
      if (Math.min(scheduledAtMs, nextAtMs) > world.endMs) break;
      if (scheduledAtMs <= nextAtMs) this.#fire(scheduledAtMs);
      else world.time.step();
      if (world.stirred) {
        world.stirred = false;
        await settled();
      }
      this.#check();
      this.#steps++;
      if (this.#steps % STEPS_BETWEEN_BREATHS === 0) await breath();
    }
  }

  result(): RunResult {
    const {
      scenario,
      violation,
      endMs,
      now,
      runs,
      refreshes,
      counts,
      canary,
      faults,
      invariants,
      chronicle,
    } = this.#world;
    const days = scenario.days - Math.max(0, endMs - now) / 86_400_000;
    return {
      scenario,
      violation,
      days: violation === undefined ? scenario.days : days,
      steps: this.#steps,
      invocations: runs,
      refreshes,
      counts,
      inspected: canary.inspected,
      faults,
      excuses: invariants.excuses,
      lastEvents: chronicle.last,
      fingerprint: chronicle.fingerprint(),
    };
  }

  #check(): void {
    const world = this.#world;
    for (const secret of world.touched) {
      world.assert(() => world.invariants.afterStep(secret, world.now));
      const { current } = secret;
      if (current?.key !== undefined && current.key.expiresAt * 1000 <= world.now)
        this.#people.repairLater(secret);
    }
    world.touched.clear();
  }

  #fire(atMs: number): void {
    const world = this.#world;
    world.time.nowMs = Math.max(world.now, atMs);
    for (const delivery of world.scheduler.takeDue()) this.#deliver(delivery);
  }

  #deliver(delivery: Delivery): void {
    const world = this.#world;
    const { chances } = world.scenario;
    if (world.dice.chance(chances['failed-delivery'] * 0.3)) {
      world.count('failed-delivery');
      world.scheduler.failed(delivery);
      return;
    }
    world.scheduler.delivered(delivery);
    const event = JSON.parse(delivery.input);
    if (event.action === 'sweep') this.#lambda.invoke({ source: 'sweep', event, counts: true });
    else this.#wakeUp(delivery, event);
  }

  #wakeUp(delivery: Delivery, event: { momento_auth_token_secret_name: string }): void {
    const world = this.#world;
    const { chances, mode } = world.scenario;
    const secretName = event.momento_auth_token_secret_name;
    const secret = world.ledger.of(secretName);
    secret.bookings.delete(delivery.scheduleName);
    world.touched.add(secret);
    if (delivery.attempt > 1) secret.disturbed('failed-delivery', delivery.scheduledAtMs, world.now);
    const isLost = mode === 'sweep' || world.dice.chance(chances['lost-wake-up']);
    if (isLost) {
      if (mode !== 'sweep') world.count('lost-wake-up');
      secret.brokenBy ??= 'lost-wake-up';
      world.note('lost-wake-up', secretName, delivery.scheduleName);
      if (mode !== 'sweep') secret.disturbed('lost-wake-up', world.now);
      return;
    }
    world.note('fired', secretName, delivery.scheduleName);
    this.#lambda.invoke({ source: 'wake-up', event, secretName, counts: true });
  }

  /** Secrets Manager calls the function and waits for it. */
  #rotationStep(event: RotationEvent): Promise<void> {
    const world = this.#world;
    const secretName = /:secret:(.+)-\w{6}$/.exec(event.SecretId)?.[1] ?? '';
    return new Promise((resolve, reject) => {
      const onEnd = (ending: Ending) => {
        world.stirred = true;
        if (ending === 'succeeded') resolve();
        else reject(new Error(`the step ${ending}`));
      };
      this.#lambda.invoke({ source: 'rotation', event, secretName, counts: false, onEnd });
    });
  }

  #announce(secretName: string, event: object): void {
    const { dice, scenario, ledger } = this.#world;
    const { chances } = scenario;
    // The rule names the managed secrets.
    if (ledger.of(secretName).dropped !== undefined) return;
    if (dice.chance(chances['lost-label-event'])) {
      this.#world.count('lost-label-event');
      ledger.of(secretName).brokenBy ??= 'lost-label-event';
      this.#world.touched.add(ledger.of(secretName));
      return;
    }
    const isLate = dice.chance(chances['late-label-event']);
    if (isLate) this.#world.count('late-label-event');
    const delayMs = isLate ? dice.acrossScales(5000, 3_600_000) : dice.between(200, 3000);
    if (isLate)
      this.#world.disturbed('late-label-event', secretName, this.#world.now, this.#world.now + delayMs);
    this.#lambda.invoke({ source: 'label', event, secretName, counts: true }, delayMs);
  }
}
