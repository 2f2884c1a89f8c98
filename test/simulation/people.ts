/** What people do to the secrets: seed them, ask for refreshes, put new keys, rubbish or the placeholder, roll back, and repair. */

import { AwsServiceError } from '../../local/aws/service-error.ts';
import type { KeyAnswer } from '../../local/momento/account.ts';
import { decodeApiKey, type GeneratedKey } from '../../local/momento/momento.ts';
import { randomUuid } from '../../local/serving/randomness.ts';
import { Dice } from './dice.ts';
import type { Lambda } from './lambda.ts';
import type { SecretLedger, Version } from './ledger.ts';
import type { Fault, SecretPlan } from './scenario.ts';
import { PLACEHOLDER_TEXT, recordText, rubbishTexts, v2RecordText, v2RubbishTexts } from './secret-text.ts';
import { definitionOf, FUNCTION_ARN, GROUP, START_MS, type World } from './world.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export class People {
  readonly #world: World;
  readonly #lambda: Lambda;
  readonly #dice: Dice;

  constructor(world: World, lambda: Lambda) {
    this.#world = world;
    this.#lambda = lambda;
    this.#dice = new Dice(world.scenario.seed, 'people');
  }

  /** The stack makes the secrets; people seed them within the first hour and do as they like from then on. */
  settleIn(): void {
    for (const secret of this.#world.ledger.secrets.values()) {
      const versionId = randomUuid(this.#dice.random);
      this.#world.byPerson(secret.plan.name, versionId, PLACEHOLDER_TEXT, () =>
        this.#world.secrets.createSecret({
          Name: secret.plan.name,
          SecretString: PLACEHOLDER_TEXT,
          ClientRequestToken: versionId,
        }),
      );
      secret.currentMoved(versionId, START_MS, 'person');
      this.#world.time.after(this.#dice.between(1, 3600) * 1000, () => this.#seed(secret));
      this.#meddleNext(secret);
      this.#breakNow(secret);
    }
    const { chances } = this.#world.scenario;
    this.#often(chances['lost-sweep'], () => this.#loseSweep());
  }

  /** What people break by hand, each kind as often as the scenario says. */
  #breakNow(secret: SecretLedger): void {
    const { chances } = this.#world.scenario;
    this.#often(chances['revoked-key'], () => this.#revoke(secret));
    this.#often(chances['disabled-entry'], () => this.#removeEntry(secret, 'disabled-entry'));
    this.#often(chances['deleted-entry'], () => this.#removeEntry(secret, 'deleted-entry'));
    // The stack refuses a management secret that is not managed.
    if (!secret.plan.isManagement) this.#often(chances['dropped-name'], () => this.#dropName(secret));
    this.#often(chances.rotation, () => this.#rotate(secret));
    if (secret.plan.kind === 'v2')
      this.#often(chances['revoke-previous'], () => this.#revokePrevious(secret));
    if (!secret.plan.isManagement) return;
    this.#often(chances['unfit-management-key'], () => this.#putUnfit(secret));
    this.#often(chances['lapsed-management-key'], () => this.#putLapsed(secret));
  }

  #often(perDay: number, happen: () => void): void {
    if (perDay === 0) return;
    this.#world.time.after(HOUR_MS + this.#dice.nextArrivalMs(perDay), () => {
      happen();
      this.#often(perDay, happen);
    });
  }

  #seed(secret: SecretLedger): void {
    this.#putKey(secret);
    const delayMs = this.#dice.between(0, 600) * 1000;
    if (this.#dice.chance(0.8)) this.#world.time.after(delayMs, () => this.#demand(secret));
  }

  #meddleNext(secret: SecretLedger): void {
    const { peoplePerDay } = this.#world.scenario;
    if (peoplePerDay === 0) return;
    this.#world.time.after(HOUR_MS + this.#dice.nextArrivalMs(peoplePerDay), () => {
      this.#meddle(secret);
      this.#meddleNext(secret);
    });
  }

  #meddle(secret: SecretLedger): void {
    const kind = this.#dice.pickWeighted([
      ['demand', 8],
      ['key', 5],
      ['short-key', 2],
      ['rollback', 2],
      ['placeholder', 1],
      ['rubbish', 2],
      ['never', 1],
      ['pending', 1],
      ['status', 2],
    ] as const);
    this.#world.note('person', secret.plan.name, kind);
    switch (kind) {
      case 'demand':
        this.#demand(secret);
        break;
      case 'key':
        this.#putKey(secret);
        break;
      case 'short-key':
        this.#putLater(secret);
        break;
      case 'rollback':
        this.#rollBack(secret);
        break;
      case 'status':
        this.#lambda.invoke({
          source: 'status',
          event: { action: 'status' },
          secretName: secret.plan.name,
          counts: false,
        });
        break;
      case 'pending':
        this.#takePendingOff(secret);
        break;
      case 'placeholder':
        this.#put(secret, PLACEHOLDER_TEXT);
        this.repairLater(secret);
        break;
      case 'never':
        this.#put(secret, this.#neverText(secret.plan));
        this.repairLater(secret);
        break;
      case 'rubbish':
        this.#put(secret, this.#dice.pick(this.#rubbishTexts(secret.plan)));
        this.repairLater(secret);
        break;
    }
  }

  /** Somebody sees the alarm, or the mistake, and puts a good key. */
  repairLater(secret: SecretLedger, withinMs = DAY_MS): void {
    const spoilt = secret.current;
    this.#world.time.after(this.#dice.acrossScales(60_000, withinMs), () => {
      if (secret.current === spoilt) this.#putKey(secret);
    });
  }

  #demand(secret: SecretLedger): void {
    const event = { momento_auth_token_secret_name: secret.plan.name };
    this.#lambda.invoke({ source: 'manual', event, secretName: secret.plan.name, counts: false });
  }

  #putKey(secret: SecretLedger): void {
    this.#put(secret, this.#keyText(secret.plan));
  }

  /** Somebody puts the wrong key into the management secret: its role may not manage keys. Another person sees that within days. */
  #putUnfit(secret: SecretLedger): void {
    this.#happened('unfit-management-key', secret);
    this.#put(secret, this.#keyText({ ...secret.plan, isManagement: false }));
    this.repairLater(secret, 3 * DAY_MS);
  }

  /** A key out of a drawer that has lapsed there. */
  #putLapsed(secret: SecretLedger): void {
    this.#happened('lapsed-management-key', secret);
    const text = this.#keyText({ ...secret.plan, lifetimeSeconds: 60 });
    this.#world.time.after(60_000, () => this.#put(secret, text));
  }

  #revokePrevious(secret: SecretLedger): void {
    const { name } = secret.plan;
    this.#happened('revoke-previous', secret);
    const event = { action: 'revoke-previous', momento_auth_token_secret_name: name };
    this.#lambda.invoke({ source: 'revoke', event, secretName: name, counts: false });
  }

  /** A key out of a drawer: a good part of its life, up to nearly all of it, is over. */
  #putLater(secret: SecretLedger): void {
    const { plan } = secret;
    const text = this.#keyText(plan);
    this.#world.time.after(this.#dice.between(1, plan.lifetimeSeconds) * 1000, () => this.#put(secret, text));
  }

  /** A person makes a key for the secret, and words its value. */
  #keyText(plan: SecretPlan): string {
    return plan.kind === 'v2'
      ? v2RecordText(plan, this.#newV2Key(plan))
      : recordText(plan, this.#newV1Key(plan));
  }

  #neverText(plan: SecretPlan): string {
    const { momento } = this.#world;
    if (plan.kind === 'v1') {
      const { apiKey } = momento.generateKey({ never: true });
      this.#remember(apiKey, decodeApiKey(apiKey));
      return JSON.stringify({ apiKey });
    }
    const answer = momento.account.createKey({ roleId: roleOf(plan), description: plan.name });
    this.#remember(answer.api_key);
    return v2RecordText(plan, answer);
  }

  #rubbishTexts(plan: SecretPlan): [string, ...string[]] {
    return plan.kind === 'v2'
      ? v2RubbishTexts(this.#newV2Key(plan), this.#newV2Key(plan))
      : rubbishTexts(this.#newV1Key(plan));
  }

  #newV1Key({ narrow, lifetimeSeconds }: SecretPlan): GeneratedKey {
    const key = this.#world.momento.generateKey({ lifetimeSeconds, narrow });
    this.#remember(key.apiKey, decodeApiKey(key.apiKey), key.refreshToken);
    return key;
  }

  #newV2Key(plan: SecretPlan): KeyAnswer {
    const { lifetimeSeconds, withoutToken: withoutRefreshToken, name: description } = plan;
    const { account } = this.#world.momento;
    const request = { roleId: roleOf(plan), description, lifetimeSeconds, withoutRefreshToken };
    const answer = account.createKey(request);
    this.#remember(answer.api_key, answer.refresh_token);
    return answer;
  }

  #remember(...secrets: readonly (string | undefined)[]): void {
    for (const secret of secrets) if (secret !== undefined) this.#world.canary.add(secret);
  }

  #put(secret: SecretLedger, text: string): void {
    const { name } = secret.plan;
    const ClientRequestToken = randomUuid(this.#dice.random);
    this.#persistently(() =>
      this.#world.byPerson(name, ClientRequestToken, text, () =>
        this.#world.secrets.putSecretValue({ SecretId: name, SecretString: text, ClientRequestToken }),
      ),
    );
  }

  /** Moves AWSCURRENT back to the version before, where that still holds a key that works. */
  #rollBack(secret: SecretLedger): void {
    const { name } = secret.plan;
    const { VersionIdsToStages = {} } = this.#world.secrets.describeSecret({ SecretId: name });
    const holder = (stage: string) =>
      Object.keys(VersionIdsToStages).find((id) => VersionIdsToStages[id]?.includes(stage));
    const [from, to] = [holder('AWSCURRENT'), holder('AWSPREVIOUS')];
    if (from === undefined || to === undefined) return;
    const key = secret.versions.get(to)?.key;
    if (key === undefined || !this.#world.momento.accepts(key.apiKey)) return;
    this.#world.secrets.updateSecretVersionStage({
      SecretId: name,
      VersionStage: 'AWSCURRENT',
      RemoveFromVersionId: from,
      MoveToVersionId: to,
    });
  }

  #takePendingOff(secret: SecretLedger): void {
    const { name } = secret.plan;
    const { VersionIdsToStages = {} } = this.#world.secrets.describeSecret({ SecretId: name });
    const pending = Object.keys(VersionIdsToStages).find((id) =>
      VersionIdsToStages[id]?.includes('AWSPENDING'),
    );
    if (pending === undefined) return;
    this.#world.secrets.updateSecretVersionStage({
      SecretId: name,
      VersionStage: 'AWSPENDING',
      RemoveFromVersionId: pending,
    });
    secret.pendingTaken(pending);
  }

  /** Someone deletes the current key in Momento's console: it is dead long before its own expiry. */
  #revoke(secret: SecretLedger): void {
    const world = this.#world;
    const { current } = secret;
    if (current?.key === undefined || !world.momento.accepts(current.key.apiKey)) return;
    this.#happened('revoked-key', secret, current.versionId);
    world.momento.revoke(current.key.apiKey);
    world.momento.account.revokeKey(current.key.apiKey);
    secret.revoked.add(current.key.apiKey);
    world.managementChanged();
    this.#repairOnceSeen(secret, current, world.now);
  }

  #repairOnceSeen(secret: SecretLedger, version: Version, revokedAtMs: number): void {
    const world = this.#world;
    world.time.after(DAY_MS + 2 * world.scenario.sweepEverySeconds * 1000, () => {
      if (secret.current !== version) return;
      if (secret.lastAlarmMs >= revokedAtMs) this.#putKey(secret);
      else {
        world.assert(() => world.invariants.atRevocationUnseen(secret, revokedAtMs, world.now));
        this.#repairOnceSeen(secret, version, revokedAtMs);
      }
    });
  }

  #removeEntry(secret: SecretLedger, kind: 'disabled-entry' | 'deleted-entry'): void {
    const { scheduler, now } = this.#world;
    const [first, ...others] = [...secret.bookings].flatMap(([name, { atMs }]) => (atMs > now ? name : []));
    if (first === undefined) return;
    const position = { Name: this.#dice.pick([first, ...others]), GroupName: GROUP };
    this.#persistently(() => {
      if (!secret.bookings.has(position.Name)) return;
      if (kind === 'deleted-entry') scheduler.deleteSchedule(position);
      else scheduler.updateSchedule({ ...definitionOf(scheduler, position), State: 'DISABLED' });
      this.#happened(kind, secret, position.Name);
      this.#world.entryRemoved(secret, position.Name);
    });
  }

  /** The sweep's schedule is deleted or disabled. The alarm of the missing sweeps tells a person, who restores it. */
  #loseSweep(): void {
    const world = this.#world;
    if (!world.isSweeping) return;
    const lastsMs = this.#dice.acrossScales(HOUR_MS, 3 * DAY_MS);
    this.#persistently(() => {
      if (!world.isSweeping) return;
      world.stopSweeps(this.#dice.pick(['deleted', 'disabled']));
      world.count('lost-sweep');
      world.note('lost-sweep', undefined, String(lastsMs));
      world.disturbed('lost-sweep', undefined, world.now, world.now + lastsMs, 'sweeps');
      world.time.after(lastsMs, () => this.#persistently(() => world.startSweeps()));
    });
  }

  /** A deployment leaves the name out of `secretNames`; a later one names it again. */
  #dropName(secret: SecretLedger): void {
    const world = this.#world;
    if (secret.dropped !== undefined) return;
    this.#happened('dropped-name', secret);
    const disturbance = secret.disturbed('dropped-name', world.now, Number.POSITIVE_INFINITY);
    secret.dropped = { hadEntry: secret.bookings.size > 0, disturbance };
    world.time.after(this.#dice.acrossScales(HOUR_MS, 10 * DAY_MS), () => {
      world.note('named-again', secret.plan.name);
      disturbance.toMs = world.now;
      secret.dropped = undefined;
      secret.brokenBy ??= 'dropped-name';
      world.touched.add(secret);
    });
  }

  /** "Rotate secret immediately". A rotation that is half-way is tried again by that. */
  #rotate(secret: SecretLedger): void {
    const world = this.#world;
    this.#happened('rotation', secret);
    world.stirred = true;
    const token = randomUuid(this.#dice.random);
    try {
      world.secrets.rotateSecret({
        SecretId: secret.plan.name,
        ClientRequestToken: token,
        RotationLambdaARN: FUNCTION_ARN,
      });
      secret.reservedAt.set(token, Math.floor(world.now / 1000));
    } catch (error) {
      if (!(error instanceof AwsServiceError)) throw error;
    }
  }

  #happened(fault: Fault, secret: SecretLedger, detail = ''): void {
    this.#world.count(fault);
    this.#world.note(fault, secret.plan.name, detail);
  }

  /** A person whose call is throttled tries again. */
  #persistently(work: () => void): void {
    try {
      work();
    } catch (error) {
      if ((error as Error).name !== 'ThrottlingException') throw error;
      this.#world.time.after(60_000, () => this.#persistently(work));
    }
  }
}

/** Keys of `r-keys` and of `r-cache` cannot list caches. */
function roleOf({ isManagement, narrow }: SecretPlan): string {
  if (isManagement) return 'r-keys';
  return narrow ? 'r-cache' : 'r-operator';
}
