/** What the function's calls have changed, written into the ledger; and where Momento is made to give a key of no use. */
import type { ListSchedulesOutput } from '@aws-sdk/client-scheduler';
import { encodeApiKey, type RefreshedKey } from '../../local/momento/momento.ts';
import { type Actor, PRECISION_MS, type World } from './world.ts';

export class Effects {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** @returns the answer, or what Momento is made to answer in its place */
  record(actor: Actor, operation: string, input: object, answer: unknown): unknown {
    switch (operation) {
      case 'GetSecretValue':
        if (actor.demands) this.#demanded(actor, input, answer);
        break;
      case 'ListSchedules':
        listed(actor, answer as ListSchedulesOutput);
        break;
      case 'RefreshApiKey':
        return this.#keyIssued(actor, input as { apiKey: string }, answer as RefreshedKey);
      case 'PutSecretValue': {
        const { SecretId, ClientRequestToken } = input as { SecretId: string; ClientRequestToken: string };
        const secret = this.#world.ledger.of(SecretId);
        if (!secret.versions.has(ClientRequestToken))
          secret.versionStored(
            this.#world.versionOf(
              secret,
              ClientRequestToken,
              'function',
              (input as { SecretString?: string }).SecretString ?? '',
            ),
            this.#world.now,
          );
        break;
      }
      case 'CreateSchedule':
        this.#booked(input as { Name: string; ScheduleExpression: string; Target: { Input: string } });
        break;
      case 'DeleteSchedule':
        this.cancelled((input as { Name: string }).Name);
        break;
    }
    return answer;
  }

  #demanded(actor: Actor, input: object, answer: unknown): void {
    if ((input as { VersionStage?: string }).VersionStage !== 'AWSCURRENT') return;
    actor.demands = false;
    this.#world.ledger
      .of((input as { SecretId: string }).SecretId)
      .demanded.add((answer as { VersionId: string }).VersionId);
  }

  #keyIssued(actor: Actor, { apiKey }: { apiKey: string }, answer: RefreshedKey): RefreshedKey {
    const given = this.#spoilt(apiKey, answer) ?? { key: answer, spoilt: false as const };
    const { key } = given;
    const encoded = encodeApiKey(key.endpoint, key.apiKey);
    for (const secret of [key.apiKey, encoded, key.refreshToken]) this.#world.canary.add(secret);
    const owner = this.#world.ledger.ownerOf(apiKey) ?? this.#world.ledger.of(actor.secretName ?? '');
    this.#world.assert(() => this.#world.invariants.atIssue(owner, apiKey, actor, this.#world.now));
    const issued = {
      parentApiKey: apiKey,
      issuedAtMs: this.#world.now,
      spoilt: given.spoilt !== false,
      stored: false,
      wasCurrent: false,
      taken: false,
      lost: false,
    };
    owner.keyIssued(encoded, issued);
    actor.issued.push(issued);
    if (given.spoilt !== false) owner.disturbed(given.spoilt, this.#world.now);
    return key;
  }

  /** Now and then Momento gives a key that it rejects, or one that lives no longer than the old one. */
  #spoilt(
    apiKey: string,
    answer: RefreshedKey,
  ): { key: RefreshedKey; spoilt: 'bad-key' | 'bad-expiry' } | undefined {
    const { chances } = this.#world.scenario;
    if (this.#world.dice.chance(chances['bad-key'])) {
      this.#world.count('bad-key');
      this.#world.note('bad-key', undefined);
      this.#world.momento.revoke(encodeApiKey(answer.endpoint, answer.apiKey));
      return { key: answer, spoilt: 'bad-key' };
    }
    const left = (this.#expiresAt(apiKey) ?? 0) - Math.ceil(this.#world.now / 1000);
    if (left < 2 || !this.#world.dice.chance(chances['bad-expiry'])) return undefined;
    this.#world.count('bad-expiry');
    this.#world.note('bad-expiry', undefined);
    const short = this.#world.momento.generateKey({ lifetimeSeconds: this.#world.dice.between(1, left) });
    const inner = JSON.parse(Buffer.from(short.apiKey, 'base64').toString()).api_key;
    return { key: { ...short, apiKey: inner, endpoint: answer.endpoint }, spoilt: 'bad-expiry' };
  }

  #expiresAt(apiKey: string): number | undefined {
    const current = this.#world.ledger.ownerOf(apiKey)?.current?.key;
    return current?.apiKey === apiKey ? current.expiresAt : undefined;
  }

  #booked(input: { Name: string; ScheduleExpression: string; Target: { Input: string } }): void {
    this.#world.mustNotLeak(undefined, 'a schedule', input);
    const { momento_auth_token_secret_name: secretName } = JSON.parse(input.Target.Input);
    const secret = this.#world.ledger.of(secretName);
    const atMs = Date.parse(`${input.ScheduleExpression.slice(3, -1)}Z`);
    const late =
      this.#world.firesLateByMs > PRECISION_MS
        ? secret.disturbed('late-wake-up', atMs, atMs + this.#world.firesLateByMs)
        : undefined;
    secret.bookings.set(input.Name, { atMs, late });
    this.#world.touched.add(secret);
  }

  /** An entry will not fire: it was cancelled, or a person has disabled or deleted it. */
  cancelled(name: string): void {
    for (const secret of this.#world.ledger.secrets.values()) {
      const booking = secret.bookings.get(name);
      if (booking === undefined) continue;
      // It will not be late any more: it will not come.
      if (booking.late !== undefined) booking.late.toMs = Math.max(booking.late.fromMs, this.#world.now);
      secret.bookings.delete(name);
      this.#world.touched.add(secret);
    }
  }
}

/** The name of an entry ends in its instant. */
function listed({ told }: Actor, { Schedules = [] }: ListSchedulesOutput): void {
  for (const { Name = '' } of Schedules) {
    told.bookedUntilMs = Math.max(told.bookedUntilMs, Number(Name.split('-').at(-1)) * 1000 || 0);
  }
}
