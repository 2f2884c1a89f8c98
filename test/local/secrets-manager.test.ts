/** The behaviours of the local Secrets Manager that the contract suite does not check. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { SecretLabelUpdatedEvent } from '../../local/events/secret-events.ts';
import { SecretsManager } from '../../local/secrets-manager/secrets-manager.ts';
import { seededRandom } from '../../local/serving/randomness.ts';
import { errorOf } from './error-of.ts';

const T1 = '11111111-1111-4111-8111-111111111111';
const T2 = '22222222-2222-4222-8222-222222222222';
const T3 = '33333333-3333-4333-8333-333333333333';
const START = Date.parse('2026-03-01T10:00:00.250Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let now: number;
let events: SecretLabelUpdatedEvent[];
let model: SecretsManager;

/** A secret `s`: version T1 is current, version T2 is pending. */
beforeEach(() => {
  now = START;
  events = [];
  model = new SecretsManager({
    clock: () => now,
    random: seededRandom(7),
    onLabelUpdated: (event) => events.push(event),
  });
  model.createSecret({ Name: 's', SecretString: 'one', ClientRequestToken: T1 });
  put(T2, 'two', ['AWSPENDING']);
});

function put(ClientRequestToken: string, SecretString: string, VersionStages?: string[]) {
  return model.putSecretValue({
    SecretId: 's',
    SecretString,
    ClientRequestToken,
    ...(VersionStages && { VersionStages }),
  });
}

function stages(): Record<string, string[]> {
  return model.describeSecret({ SecretId: 's' }).VersionIdsToStages ?? {};
}

describe('GetSecretValue finds a secret', () => {
  const partial = (arn: string) => arn.slice(0, -7);
  it.each<[string, (arn: string) => string]>([
    ['by its ARN without the last six characters', partial],
    ['by its name', () => 'n/m'],
  ])('%s', (_, idOf) => {
    const { ARN = '' } = model.createSecret({ Name: 'n/m', SecretString: 'x', ClientRequestToken: T1 });
    expect(model.getSecretValue({ SecretId: idOf(ARN) }).SecretString).toBe('x');
  });

  it.each<[string, (arn: string) => string]>([
    ['by an ARN with six other characters', (arn) => `${arn.slice(0, -6)}zzzzzz`],
    ['by the beginning of its name', () => 'ends'],
    ['by a partial ARN that looks like a complete one', partial],
    ['by an ARN of another account', (arn) => arn.replace('123456789012', '999999999999')],
  ])('but not %s', (_, idOf) => {
    const request = { Name: 'ends-abcdef', SecretString: 'x', ClientRequestToken: T1 };
    const { ARN = '' } = model.createSecret(request);
    expect(errorOf(() => model.getSecretValue({ SecretId: idOf(ARN) }))).toBe(
      "400 ResourceNotFoundException: Secrets Manager can't find the specified secret.",
    );
  });
});

it('GetSecretValue by version id and label returns the version that matches both', () => {
  const both = { SecretId: 's', VersionId: T2, VersionStage: 'AWSPENDING' };
  expect(model.getSecretValue(both).SecretString).toBe('two');
  expect(errorOf(() => model.getSecretValue({ ...both, VersionId: T1 }))).toBe(
    '400 InvalidRequestException: You provided a VersionStage that is not associated to the provided VersionId.',
  );
});

it('a version without labels can still be read by its id', () => {
  put(T3, 'three', ['AWSPENDING']);
  const { SecretString, VersionStages } = model.getSecretValue({ SecretId: 's', VersionId: T2 });
  expect([SecretString, VersionStages]).toEqual(['two', []]);
});

it('changing the bytes that a caller gave or got does not change the secret', () => {
  const bytes = new Uint8Array([1, 2, 3]);
  model.createSecret({ Name: 'b', SecretBinary: bytes, ClientRequestToken: T1 });
  bytes[0] = 9;
  model.getSecretValue({ SecretId: 'b' }).SecretBinary?.fill(0);
  expect(model.getSecretValue({ SecretId: 'b' }).SecretBinary).toEqual(new Uint8Array([1, 2, 3]));
});

it('the first version of a secret becomes current, whatever labels it is stored with', () => {
  model.createSecret({ Name: 'empty', ClientRequestToken: T1 });
  const first = { SecretId: 'empty', SecretString: 'x', ClientRequestToken: T2 };
  expect(model.putSecretValue({ ...first, VersionStages: ['AWSPENDING'] }).VersionStages).toEqual([
    'AWSPENDING',
    'AWSCURRENT',
  ]);
});

it('storing the same value under the same token again moves no label', () => {
  now += HOUR;
  expect(put(T2, 'two').VersionStages).toEqual(['AWSPENDING']);
  expect(model.describeSecret({ SecretId: 's' }).LastChangedDate).toEqual(new Date(START));
});

describe('PutSecretValue refuses', () => {
  const request = { SecretId: 's', SecretString: 'x', ClientRequestToken: T3 };
  it.each<[string, object, string]>([
    [
      'a request without a token',
      { ClientRequestToken: undefined },
      'InvalidRequestException: You must provide a ClientRequestToken value. We recommend a UUID-type value.',
    ],
    [
      'a token of 65 characters',
      { ClientRequestToken: 'a'.repeat(65) },
      'InvalidParameterException: ClientRequestToken must be 32-64 characters long.',
    ],
    [
      'text and bytes together',
      { SecretBinary: new Uint8Array([1]) },
      "InvalidParameterException: You can't specify both a binary secret value and a string secret value in the same secret.",
    ],
    [
      'a request without a value',
      { SecretString: undefined },
      'InvalidRequestException: You must provide either SecretString or SecretBinary.',
    ],
    [
      'an empty text',
      { SecretString: '' },
      'InvalidParameterException: SecretString must be 1-65536 bytes long.',
    ],
    [
      'a text of more than 65,536 bytes',
      { SecretString: 'é'.repeat(32_769) },
      'InvalidParameterException: SecretString must be 1-65536 bytes long.',
    ],
    [
      'an empty list of labels',
      { VersionStages: [] },
      'InvalidParameterException: VersionStages must have 1-20 members.',
    ],
    [
      'an empty label',
      { VersionStages: [''] },
      'InvalidParameterException: VersionStage must be 1-256 characters long.',
    ],
    [
      'a 21st label on one secret',
      { VersionStages: Array.from({ length: 19 }, (_, i) => `label-${i}`) },
      'LimitExceededException: You have exceeded the limit on the number of staging labels of this secret.',
    ],
  ])('%s, and changes nothing', (_, change, expected) => {
    expect(errorOf(() => model.putSecretValue({ ...request, ...change }))).toBe(`400 ${expected}`);
    expect(stages()).toEqual({ [T1]: ['AWSCURRENT'], [T2]: ['AWSPENDING'] });
  });
});

it('PutSecretValue takes a text of 65,536 bytes', () => {
  expect(put(T3, 'é'.repeat(32_768)).VersionStages).toEqual(['AWSCURRENT']);
});

it('CreateSecret refuses a name with a space', () => {
  expect(errorOf(() => model.createSecret({ Name: 'a b', ClientRequestToken: T3 }))).toBe(
    '400 ValidationException: Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!',
  );
});

describe('UpdateSecretVersionStage', () => {
  const move = { SecretId: 's', VersionStage: 'AWSCURRENT' };

  it('moves AWSPREVIOUS to the other version when AWSCURRENT moves back', () => {
    model.updateSecretVersionStage({ ...move, RemoveFromVersionId: T1, MoveToVersionId: T2 });
    model.updateSecretVersionStage({ ...move, RemoveFromVersionId: T2, MoveToVersionId: T1 });
    expect(stages()).toEqual({ [T1]: ['AWSCURRENT'], [T2]: ['AWSPENDING', 'AWSPREVIOUS'] });
  });

  it('attaches a label that no version holds', () => {
    model.updateSecretVersionStage({ SecretId: 's', VersionStage: 'mine', MoveToVersionId: T1 });
    expect(stages()[T1]).toEqual(['AWSCURRENT', 'mine']);
  });

  it('does nothing and raises no event if the label is on that version already', () => {
    model.updateSecretVersionStage({ ...move, MoveToVersionId: T1 });
    expect([stages()[T1], events]).toEqual([['AWSCURRENT'], []]);
  });

  it.each<[string, object, string]>([
    [
      'a target version that does not exist',
      { RemoveFromVersionId: T1, MoveToVersionId: T3 },
      `Not a valid version: ${T3}`,
    ],
    [
      'a source version that does not exist',
      { RemoveFromVersionId: T3, MoveToVersionId: T2 },
      `Not a valid version: ${T3}`,
    ],
    ['a request without versions', {}, 'You must specify RemoveFromVersionId, MoveToVersionId, or both.'],
    [
      'an empty label',
      { VersionStage: '', MoveToVersionId: T2 },
      'VersionStage must be 1-256 characters long.',
    ],
  ])('refuses %s', (_, change, message) => {
    expect(errorOf(() => model.updateSecretVersionStage({ ...move, ...change }))).toBe(
      `400 InvalidParameterException: ${message}`,
    );
  });
});

describe('the event Secret Label Updated', () => {
  it('is raised in the form of EventBridge when AWSCURRENT moves', () => {
    now = Date.parse('2026-03-02T03:04:05.678Z');
    model.updateSecretVersionStage({
      SecretId: 's',
      VersionStage: 'AWSCURRENT',
      RemoveFromVersionId: T1,
      MoveToVersionId: T2,
    });
    expect(events).toEqual([
      {
        version: '0',
        id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
        'detail-type': 'Secret Label Updated',
        source: 'aws.secretsmanager',
        account: '123456789012',
        time: '2026-03-02T03:04:05Z',
        region: 'us-east-1',
        resources: [model.describeSecret({ SecretId: 's' }).ARN],
        detail: { name: 's', labelUpdated: 'AWSCURRENT', versionId: T2 },
      },
    ]);
  });

  it('is raised for every label except AWSPENDING and AWSPREVIOUS', () => {
    put(T3, 'three', ['AWSPENDING', 'AWSCURRENT', 'mine']);
    expect(events.map((event) => event.detail.labelUpdated)).toEqual(['AWSCURRENT', 'mine']);
  });
});

describe('a deleted secret', () => {
  it('is described but not used during its recovery window of 30 days', () => {
    const marked =
      "400 InvalidRequestException: You can't perform this operation on the secret because it was marked for deletion.";
    model.deleteSecret({ SecretId: 's' });
    expect(model.describeSecret({ SecretId: 's' }).DeletedDate).toEqual(new Date(START + 30 * DAY));
    const label = { SecretId: 's', VersionStage: 'x', MoveToVersionId: T1 };
    expect(errorOf(() => model.updateSecretVersionStage(label))).toBe(marked);
    expect(errorOf(() => model.deleteSecret({ SecretId: 's' }))).toBe(marked);
    expect(errorOf(() => model.createSecret({ Name: 's', ClientRequestToken: T3 }))).toBe(
      "400 InvalidRequestException: You can't create this secret because a secret with this name is already scheduled for deletion.",
    );
  });

  it('is gone when its recovery window has passed, and its name is free', () => {
    model.deleteSecret({ SecretId: 's', RecoveryWindowInDays: 7 });
    now += 7 * DAY;
    expect(errorOf(() => model.describeSecret({ SecretId: 's' }))).toBe(
      "400 ResourceNotFoundException: Secrets Manager can't find the specified secret.",
    );
    expect(errorOf(() => model.createSecret({ Name: 's', ClientRequestToken: T3 }))).toBe('no error');
  });

  it.each([6, 31])('cannot be deleted with a recovery window of %i days', (RecoveryWindowInDays) => {
    expect(errorOf(() => model.deleteSecret({ SecretId: 's', RecoveryWindowInDays }))).toBe(
      '400 InvalidParameterException: The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).',
    );
  });
});

describe('old versions', () => {
  const idOf = (index: number) => `version-${String(index).padStart(32, '0')}`;
  const exists = (VersionId: string) =>
    errorOf(() => model.getSecretValue({ SecretId: 's', VersionId })) === 'no error';

  function putMany(count: number, everyMs: number): void {
    for (let index = 0; index < count; index += 1) {
      now += everyMs;
      put(idOf(index), `${index}`);
    }
  }

  it('without a label are removed when there are more than a hundred', () => {
    putMany(300, HOUR);
    // The newest, the 99 before it, and the pending version.
    expect([exists(idOf(199)), exists(idOf(201)), exists(T2)]).toEqual([false, true, true]);
  });

  it('of the last 24 hours are kept, and one write per ten minutes never reaches the quota', () => {
    putMany(1000, 10 * MINUTE);
    expect([exists(idOf(999 - 145)), exists(idOf(999 - 144))]).toEqual([false, true]);
  });

  it('of the last 24 hours are kept, and one write per minute reaches the quota', () => {
    expect(errorOf(() => putMany(200, MINUTE))).toBe(
      '400 LimitExceededException: You have exceeded the limit on the number of versions of this secret.',
    );
  });
});

describe('the gate of the local Secrets Manager', () => {
  it.each([
    ['before', ['AWSCURRENT'], undefined],
    ['after', ['AWSPREVIOUS'], ['AWSCURRENT']],
  ] as const)('can make a call fail %s its effect', (failing, oldStages, newStages) => {
    model.gate.faultHook = (operation, phase) => {
      if (operation === 'PutSecretValue' && phase === failing) throw new Error('lost');
    };
    expect(() => put(T3, 'x')).toThrow('lost');
    expect([stages()[T1], stages()[T3]]).toEqual([oldStages, newStages]);
  });

  it('refuses the calls of one second that exceed the rate', () => {
    model.gate.throttling = { requestsPerSecond: 2 };
    const get = () => errorOf(() => model.getSecretValue({ SecretId: 's' }));
    expect([get(), get(), get()]).toEqual(['no error', 'no error', '400 ThrottlingException: Rate exceeded']);
    now += 1000;
    expect(get()).toBe('no error');
  });
});

it('the ARN of a secret depends only on the seed', () => {
  const arnOf = (seed: number) =>
    new SecretsManager({ clock: () => now, random: seededRandom(seed) }).createSecret({
      Name: 's',
      ClientRequestToken: T1,
    }).ARN;
  expect(arnOf(1)).toBe(arnOf(1));
  expect(arnOf(1)).not.toBe(arnOf(2));
});
