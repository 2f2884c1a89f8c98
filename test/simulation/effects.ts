/** What the function's calls have changed, written into the ledger; and where Momento is made to give a key of no use. */
import type { ListSchedulesOutput } from '@aws-sdk/client-scheduler';
import type { ApiRequest } from '../../handlers/adapters/momento-http-api.ts';
import type { KeyAnswer } from '../../local/momento/account.ts';
import { encodeApiKey, type RefreshedKey } from '../../local/momento/momento.ts';
import type { IssuedKey, SecretLedger } from './ledger.ts';
import { claimsOf } from './secret-text.ts';
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
        this.#read(actor, input, answer);
        if (actor.demands) this.#demanded(actor, input, answer);
        break;
      case 'ListSchedules':
        listed(actor, answer as ListSchedulesOutput, this.#world.now);
        break;
      case 'RefreshApiKey':
        return this.#v1KeyIssued(actor, (input as { apiKey: string }).apiKey, answer as RefreshedKey);
      case 'RefreshApiKeyV2':
      case 'GenerateApiKeyV2':
        return this.#v2KeyIssued(actor, input as ApiRequest, answer as KeyAnswer);
      case 'RevokeApiKey':
        this.#revoked(actor, (input as ApiRequest).path);
        break;
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
        this.#booked(actor, input as { Name: string; ScheduleExpression: string; Target: { Input: string } });
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

  /** Which key it saw last in a secret, and when. */
  #read({ seen }: Actor, input: object, answer: unknown): void {
    const { SecretId, VersionStage } = input as { SecretId: string; VersionStage?: string };
    if (VersionStage !== 'AWSCURRENT') return;
    const { VersionId } = answer as { VersionId: string };
    const apiKey = this.#world.ledger.of(SecretId).versions.get(VersionId)?.key?.apiKey;
    seen.set(SecretId, { apiKey, atMs: this.#world.now });
  }

  #v1KeyIssued(actor: Actor, parentApiKey: string, answer: RefreshedKey): RefreshedKey {
    const { ledger, momento } = this.#world;
    const owner = ledger.ownerOf(parentApiKey) ?? ledger.of(actor.secretName ?? '');
    const { given, spoilt } = this.#spoilt(parentApiKey, {
      given: answer,
      revoke: () => momento.revoke(encodeApiKey(answer.endpoint, answer.apiKey)),
      shorten: (lifetimeSeconds) => {
        const short = momento.generateKey({ lifetimeSeconds });
        const inner = JSON.parse(Buffer.from(short.apiKey, 'base64').toString()).api_key;
        return { ...short, apiKey: inner, endpoint: answer.endpoint };
      },
    });
    const apiKey = encodeApiKey(given.endpoint, given.apiKey);
    this.#watchFor(given.apiKey, apiKey, given.refreshToken);
    this.#keyIssued(actor, owner, { apiKey, parentApiKey, answer: given, spoilt });
    return given;
  }

  #v2KeyIssued(actor: Actor, { authorization, path }: ApiRequest, answer: KeyAnswer): KeyAnswer {
    const { ledger, momento } = this.#world;
    const { description, role_id: roleId } = answer.key_info;
    // People describe the keys that they make with the name of the secret.
    const owner = ledger.of(description);
    const isRefresh = path === '/api-keys/refresh';
    const ofToken = isRefresh ? ledger.apiKeyOf(claimsOf(authorization).akid) : undefined;
    const parentApiKey = ofToken ?? actor.seen.get(description)?.apiKey ?? '';
    const { given, spoilt } = this.#spoilt(parentApiKey, {
      given: answer,
      revoke: () => momento.account.revokeKey(answer.api_key),
      shorten: (lifetimeSeconds) => momento.account.createKey({ roleId, description, lifetimeSeconds }),
    });
    this.#watchFor(given.api_key, given.refresh_token);
    this.#keyIssued(actor, owner, { apiKey: given.api_key, parentApiKey, answer: given, spoilt });
    this.#world.tally(isRefresh ? 'v2 keys refreshed' : 'v2 keys generated with the management key');
    return given;
  }

  #keyIssued(
    actor: Actor,
    owner: SecretLedger,
    key: Pick<IssuedKey, 'apiKey' | 'parentApiKey' | 'answer'> & {
      spoilt: 'bad-key' | 'bad-expiry' | undefined;
    },
  ): void {
    const world = this.#world;
    let isExcused = false;
    world.assert(() => {
      isExcused = world.invariants.atIssue(owner, key.parentApiKey, actor, world.now);
    });
    const { current } = owner;
    const isDemanded = current?.key?.apiKey === key.parentApiKey && owner.demanded.has(current.versionId);
    const issued: IssuedKey = {
      ...key,
      isExcused,
      isRequested: actor.isRequested || isDemanded,
      issuedAtMs: world.now,
      spoilt: key.spoilt !== undefined,
      // Its process has ended, and the call came through late.
      lostBy: actor.isOver ? 'answer lost' : undefined,
      stored: false,
      wasCurrent: false,
      taken: false,
    };
    owner.keyIssued(issued);
    actor.issued.push(issued);
    world.assert(() =>
      world.invariants.afterIssue(owner, { nowMs: world.now, accepts: (key) => world.momento.accepts(key) }),
    );
    if (key.spoilt !== undefined) owner.disturbed(key.spoilt, world.now);
  }

  #watchFor(...secrets: readonly (string | undefined)[]): void {
    for (const secret of secrets) if (secret !== undefined) this.#world.canary.add(secret);
  }

  /** Now and then Momento gives a key that it rejects, or one that lives no longer than the old one. */
  #spoilt<Answer extends object>(
    parentApiKey: string,
    {
      given,
      revoke,
      shorten,
    }: { given: Answer; revoke: () => void; shorten: (lifetimeSeconds: number) => Answer },
  ): { given: Answer; spoilt: 'bad-key' | 'bad-expiry' | undefined } {
    const { chances } = this.#world.scenario;
    if (this.#world.dice.chance(chances['bad-key'])) {
      this.#world.count('bad-key');
      this.#world.note('bad-key', undefined);
      revoke();
      return { given, spoilt: 'bad-key' };
    }
    const left = (this.#expiresAt(parentApiKey) ?? 0) - Math.ceil(this.#world.now / 1000);
    if (left < 2 || !this.#world.dice.chance(chances['bad-expiry'])) return { given, spoilt: undefined };
    this.#world.count('bad-expiry');
    this.#world.note('bad-expiry', undefined);
    return { given: shorten(this.#world.dice.between(1, left)), spoilt: 'bad-expiry' };
  }

  #revoked({ seen }: Actor, path: string): void {
    const world = this.#world;
    const apiKey = world.ledger.apiKeyOf(decodeURIComponent(path.slice('/api-keys/'.length))) ?? '';
    const secret = world.ledger.ownerOf(apiKey);
    if (secret === undefined) return;
    const lookedAtMs = seen.get(secret.plan.name)?.atMs ?? Number.NEGATIVE_INFINITY;
    world.tally('keys revoked by revoke-previous');
    world.assert(() => world.invariants.atRevocation(secret, apiKey, lookedAtMs));
  }

  #expiresAt(apiKey: string): number | undefined {
    const current = this.#world.ledger.ownerOf(apiKey)?.current?.key;
    return current?.apiKey === apiKey ? current.expiresAt : undefined;
  }

  #booked(
    actor: Actor,
    input: { Name: string; ScheduleExpression: string; Target: { Input: string } },
  ): void {
    this.#world.mustNotLeak(undefined, 'a schedule', input);
    const { momento_auth_token_secret_name: secretName, bookedFor } = JSON.parse(input.Target.Input);
    const secret = this.#world.ledger.of(secretName);
    const atMs = Date.parse(`${input.ScheduleExpression.slice(3, -1)}Z`);
    const late =
      this.#world.firesLateByMs > PRECISION_MS
        ? secret.disturbed('late-wake-up', atMs, atMs + this.#world.firesLateByMs)
        : undefined;
    const isWriteTest = bookedFor?.writeRefused === true;
    secret.bookings.set(input.Name, { atMs, late, bookedBy: actor, isWriteTest });
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

/** The function takes an entry of this age for recent, even if its clock is wrong. */
const RECENT_MS = 300_000;

/** An entry that was booked just now may be one for a newer key. The name of an entry ends in its instant. */
function listed({ told }: Actor, { Schedules = [] }: ListSchedulesOutput, nowMs: number): void {
  for (const { Name = '', CreationDate } of Schedules) {
    if (Number(CreationDate) <= nowMs - RECENT_MS) continue;
    told.bookedUntilMs = Math.max(told.bookedUntilMs, Number(Name.split('-').at(-1)) * 1000 || 0);
  }
}
