import { beforeEach, describe, expect, it } from 'vitest';
import type { SecretLabelUpdatedEvent } from '../../local/events/secret-events.ts';
import { SecretsManager, type SecretsManagerOptions } from '../../local/secrets-manager/secrets-manager.ts';
import { seededRandom } from '../../local/serving/randomness.ts';
import { errorOf } from './error-of.ts';

const T1 = '11111111-1111-4111-8111-111111111111';
const T2 = '22222222-2222-4222-8222-222222222222';
const T3 = '33333333-3333-4333-8333-333333333333';
const START = Date.parse('2026-03-01T10:00:00.250Z');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let now: number;
let events: SecretLabelUpdatedEvent[];

function create(options: Partial<SecretsManagerOptions> = {}): SecretsManager {
  return new SecretsManager({
    clock: () => now,
    random: seededRandom(7),
    onLabelUpdated: (event) => events.push(event),
    ...options,
  });
}

/** A secret `s` whose version T1 is current and whose version T2 is pending. */
function pendingRefresh(options?: Partial<SecretsManagerOptions>): SecretsManager {
  const model = create(options);
  model.createSecret({ Name: 's', SecretString: 'one', ClientRequestToken: T1 });
  model.putSecretValue({
    SecretId: 's',
    SecretString: 'two',
    ClientRequestToken: T2,
    VersionStages: ['AWSPENDING'],
  });
  return model;
}

function stagesOf(model: SecretsManager): Record<string, string[]> {
  return model.describeSecret({ SecretId: 's' }).VersionIdsToStages ?? {};
}

beforeEach(() => {
  now = START;
  events = [];
});

describe('a secret is created', () => {
  it('with an ARN of its name, a hyphen and six characters, and AWSCURRENT on its first version', () => {
    const model = create();
    const created = model.createSecret({ Name: 'a/b', SecretString: 'x', ClientRequestToken: T1 });
    expect(created.ARN).toMatch(/^arn:aws:secretsmanager:us-east-1:123456789012:secret:a\/b-[A-Za-z0-9]{6}$/);
    expect(model.getSecretValue({ SecretId: 'a/b' })).toEqual({
      ARN: created.ARN,
      Name: 'a/b',
      VersionId: T1,
      SecretString: 'x',
      VersionStages: ['AWSCURRENT'],
      CreatedDate: new Date('2026-03-01T10:00:00.250Z'),
    });
    expect(events).toEqual([]);
  });

  it('without a value: then there is none to read', () => {
    const model = create();
    expect(model.createSecret({ Name: 's', ClientRequestToken: T1 })).not.toHaveProperty('VersionId');
    expect(errorOf(() => model.getSecretValue({ SecretId: 's' }))).toBe(
      "400 ResourceNotFoundException: Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
    );
  });

  it('once more by the same request, and the answer is the first one', () => {
    const model = create();
    const first = model.createSecret({ Name: 's', SecretString: 'x', ClientRequestToken: T1 });
    expect(model.createSecret({ Name: 's', SecretString: 'x', ClientRequestToken: T1 })).toEqual(first);
  });
});

describe('a secret is found', () => {
  const model = create();
  const { ARN: arn = '' } = model.createSecret({ Name: 'n/m', SecretString: 'x', ClientRequestToken: T1 });
  const { ARN: hyphenArn = '' } = model.createSecret({
    Name: 'ends-abcdef',
    SecretString: 'x',
    ClientRequestToken: T1,
  });
  it.each([
    ['by name', 'n/m', 'no error'],
    ['by ARN', arn, 'no error'],
    ['by the ARN without its six characters', arn.slice(0, -7), 'no error'],
    ['not by an ARN with other six characters', `${arn.slice(0, -6)}zzzzzz`, 'not found'],
    ['not by a prefix of the name', 'n', 'not found'],
    ['by ARN though its name ends like one', hyphenArn, 'no error'],
    ['not by a partial ARN that looks complete', hyphenArn.slice(0, -7), 'not found'],
    ['not in another account', arn.replace('123456789012', '999999999999'), 'not found'],
  ])('%s', (_, secretId, expected) => {
    const error = errorOf(() => model.getSecretValue({ SecretId: secretId }));
    expect(error).toBe(
      expected === 'not found'
        ? "400 ResourceNotFoundException: Secrets Manager can't find the specified secret."
        : 'no error',
    );
  });
});

describe('a value is read', () => {
  it.each([
    ['by its label', { VersionStage: 'AWSPENDING' }, 'two'],
    ['by its version', { VersionId: T2 }, 'two'],
    ['by both', { VersionId: T2, VersionStage: 'AWSPENDING' }, 'two'],
    ['by default under AWSCURRENT', {}, 'one'],
  ])('%s', (_, selection, expected) => {
    expect(pendingRefresh().getSecretValue({ SecretId: 's', ...selection }).SecretString).toBe(expected);
  });

  it.each([
    [
      'whose label is on another version',
      { VersionId: T1, VersionStage: 'AWSPENDING' },
      '400 InvalidRequestException: You provided a VersionStage that is not associated to the provided VersionId.',
    ],
    [
      'of a version that does not exist',
      { VersionId: T3 },
      `400 ResourceNotFoundException: Secrets Manager can't find the specified secret value for VersionId: ${T3}`,
    ],
    [
      'of a label that no version holds',
      { VersionStage: 'AWSPREVIOUS' },
      "400 ResourceNotFoundException: Secrets Manager can't find the specified secret value for staging label: AWSPREVIOUS",
    ],
    [
      'of a version id that is too short',
      { VersionId: 'short' },
      '400 InvalidParameterException: VersionId must be 32-64 characters long.',
    ],
  ])('but not one %s', (_, selection, expected) => {
    expect(errorOf(() => pendingRefresh().getSecretValue({ SecretId: 's', ...selection }))).toBe(expected);
  });

  it('as bytes, and what the caller does to them changes nothing', () => {
    const model = create();
    const bytes = new Uint8Array([1, 2, 3]);
    model.createSecret({ Name: 's', SecretBinary: bytes, ClientRequestToken: T1 });
    bytes[0] = 9;
    const answer = model.getSecretValue({ SecretId: 's' });
    expect(answer.SecretBinary).toEqual(new Uint8Array([1, 2, 3]));
    expect(answer).not.toHaveProperty('SecretString');
    answer.SecretBinary?.fill(0);
    expect(model.getSecretValue({ SecretId: 's' }).SecretBinary).toEqual(new Uint8Array([1, 2, 3]));
  });
});

describe('a value is put', () => {
  it('under AWSCURRENT by default, and AWSPREVIOUS goes to the version before', () => {
    const model = pendingRefresh();
    const answer = model.putSecretValue({ SecretId: 's', SecretString: 'three', ClientRequestToken: T3 });
    expect(answer.VersionStages).toEqual(['AWSCURRENT']);
    expect(stagesOf(model)).toEqual({ [T1]: ['AWSPREVIOUS'], [T2]: ['AWSPENDING'], [T3]: ['AWSCURRENT'] });
  });

  it('under the labels given, which leave the version that had them', () => {
    const model = pendingRefresh();
    model.putSecretValue({
      SecretId: 's',
      SecretString: 'three',
      ClientRequestToken: T3,
      VersionStages: ['AWSPENDING', 'mine'],
    });
    expect(stagesOf(model)).toEqual({ [T1]: ['AWSCURRENT'], [T3]: ['AWSPENDING', 'mine'] });
  });

  it('as the first version: AWSCURRENT comes with it, whatever the labels given', () => {
    const model = create();
    model.createSecret({ Name: 's', ClientRequestToken: T1 });
    model.putSecretValue({
      SecretId: 's',
      SecretString: 'x',
      ClientRequestToken: T2,
      VersionStages: ['AWSPENDING'],
    });
    expect(stagesOf(model)).toEqual({ [T2]: ['AWSPENDING', 'AWSCURRENT'] });
  });

  it('a second time with the same token: nothing happens, no label moves', () => {
    const model = pendingRefresh();
    now += HOUR;
    const answer = model.putSecretValue({ SecretId: 's', SecretString: 'two', ClientRequestToken: T2 });
    expect(answer.VersionStages).toEqual(['AWSPENDING']);
    expect(stagesOf(model)).toEqual({ [T1]: ['AWSCURRENT'], [T2]: ['AWSPENDING'] });
    expect(model.describeSecret({ SecretId: 's' }).LastChangedDate).toEqual(new Date(START));
  });

  it('and an older version keeps its value when it has lost its last label', () => {
    const model = pendingRefresh();
    model.putSecretValue({
      SecretId: 's',
      SecretString: 'three',
      ClientRequestToken: T3,
      VersionStages: ['AWSPENDING'],
    });
    const deprecated = model.getSecretValue({ SecretId: 's', VersionId: T2 });
    expect([deprecated.SecretString, deprecated.VersionStages]).toEqual(['two', []]);
    const ids = (IncludeDeprecated: boolean) =>
      model.listSecretVersionIds({ SecretId: 's', IncludeDeprecated }).Versions?.map((v) => v.VersionId);
    expect([ids(false), ids(true)]).toEqual([
      [T1, T3],
      [T1, T2, T3],
    ]);
  });
});

describe('a write is refused', () => {
  const put = { SecretId: 's', SecretString: 'x', ClientRequestToken: T3 };
  it.each<[string, Parameters<SecretsManager['putSecretValue']>[0], string]>([
    [
      'with the token of another value',
      { ...put, ClientRequestToken: T2 },
      "ResourceExistsException: You can't use ClientRequestToken 22222222-2222-4222-8222-222222222222 because that value is already in use for a version of secret ARN.",
    ],
    [
      'without a token',
      { SecretId: 's', SecretString: 'x' },
      'InvalidRequestException: You must provide a ClientRequestToken value. We recommend a UUID-type value.',
    ],
    [
      'with a token of 31 characters',
      { ...put, ClientRequestToken: 'a'.repeat(31) },
      'InvalidParameterException: ClientRequestToken must be 32-64 characters long.',
    ],
    [
      'with a token of 65 characters',
      { ...put, ClientRequestToken: 'a'.repeat(65) },
      'InvalidParameterException: ClientRequestToken must be 32-64 characters long.',
    ],
    [
      'with a text and bytes',
      { ...put, SecretBinary: new Uint8Array([1]) },
      "InvalidParameterException: You can't specify both a binary secret value and a string secret value in the same secret.",
    ],
    [
      'without a value',
      { SecretId: 's', ClientRequestToken: T3 },
      'InvalidRequestException: You must provide either SecretString or SecretBinary.',
    ],
    [
      'with an empty text',
      { ...put, SecretString: '' },
      'InvalidParameterException: SecretString must be 1-65536 bytes long.',
    ],
    [
      'with a text of more than 65,536 bytes',
      { ...put, SecretString: 'é'.repeat(32_769) },
      'InvalidParameterException: SecretString must be 1-65536 bytes long.',
    ],
    [
      'with no labels in the list',
      { ...put, VersionStages: [] },
      'InvalidParameterException: VersionStages must have 1-20 members.',
    ],
    [
      'with a label of no characters',
      { ...put, VersionStages: [''] },
      'InvalidParameterException: VersionStage must be 1-256 characters long.',
    ],
    [
      'that brings the labels of the secret to 21',
      { ...put, VersionStages: Array.from({ length: 19 }, (_, i) => `label-${i}`) },
      'LimitExceededException: You have exceeded the limit on the number of staging labels of this secret.',
    ],
    [
      'for a secret that does not exist',
      { ...put, SecretId: 'other' },
      "ResourceNotFoundException: Secrets Manager can't find the specified secret.",
    ],
  ])('%s', (_, request, expected) => {
    const model = pendingRefresh();
    const { ARN: arn = '' } = model.describeSecret({ SecretId: 's' });
    expect(errorOf(() => model.putSecretValue(request)).replace(arn, 'ARN')).toBe(`400 ${expected}`);
    expect(stagesOf(model)).toEqual({ [T1]: ['AWSCURRENT'], [T2]: ['AWSPENDING'] });
  });

  it('with a text of 65,536 bytes it is taken', () => {
    const model = pendingRefresh();
    model.putSecretValue({ ...put, SecretString: 'é'.repeat(32_768) });
    expect(stagesOf(model)[T3]).toEqual(['AWSCURRENT']);
  });

  it.each([
    [
      'a name with a space',
      'a b',
      '400 ValidationException: Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!',
    ],
    [
      'an empty name',
      '',
      '400 ValidationException: Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!',
    ],
    [
      'a name that exists',
      's',
      '400 ResourceExistsException: The operation failed because the secret s already exists.',
    ],
  ])('to create %s', (_, Name, expected) => {
    const request = { Name, SecretString: 'x', ClientRequestToken: T3 };
    expect(errorOf(() => pendingRefresh().createSecret(request))).toBe(expected);
  });
});

describe('a label is moved', () => {
  const move = { SecretId: 's', VersionStage: 'AWSCURRENT' };

  it('from the version that holds it, and AWSPREVIOUS follows AWSCURRENT', () => {
    const model = pendingRefresh();
    model.updateSecretVersionStage({ ...move, RemoveFromVersionId: T1, MoveToVersionId: T2 });
    expect(stagesOf(model)).toEqual({ [T1]: ['AWSPREVIOUS'], [T2]: ['AWSPENDING', 'AWSCURRENT'] });
  });

  it('back again: AWSPREVIOUS changes sides', () => {
    const model = pendingRefresh();
    model.updateSecretVersionStage({ ...move, RemoveFromVersionId: T1, MoveToVersionId: T2 });
    model.updateSecretVersionStage({ ...move, RemoveFromVersionId: T2, MoveToVersionId: T1 });
    expect(stagesOf(model)).toEqual({ [T1]: ['AWSCURRENT'], [T2]: ['AWSPENDING', 'AWSPREVIOUS'] });
  });

  it('off a version, by naming no other', () => {
    const model = pendingRefresh();
    model.updateSecretVersionStage({ SecretId: 's', VersionStage: 'AWSPENDING', RemoveFromVersionId: T2 });
    expect(stagesOf(model)).toEqual({ [T1]: ['AWSCURRENT'] });
  });

  it('onto a version where no version holds it, without a version to take it from', () => {
    const model = pendingRefresh();
    model.updateSecretVersionStage({ SecretId: 's', VersionStage: 'mine', MoveToVersionId: T1 });
    expect(stagesOf(model)[T1]).toEqual(['AWSCURRENT', 'mine']);
  });

  it('to where it is already: nothing happens and nothing is announced', () => {
    const model = pendingRefresh();
    model.updateSecretVersionStage({ ...move, MoveToVersionId: T1 });
    expect([stagesOf(model)[T1], events]).toEqual([['AWSCURRENT'], []]);
  });

  it.each<[string, Partial<Parameters<SecretsManager['updateSecretVersionStage']>[0]>, string]>([
    [
      'from a version that does not hold it',
      { RemoveFromVersionId: T2, MoveToVersionId: T2 },
      `Version stage AWSCURRENT not found in version ${T2}`,
    ],
    [
      'without naming its holder',
      { MoveToVersionId: T2 },
      `The parameter RemoveFromVersionId can't be empty. Staging label AWSCURRENT is currently attached to version ${T1}, so you must explicitly reference that version in RemoveFromVersionId.`,
    ],
    [
      'off its version, if it is AWSCURRENT',
      { RemoveFromVersionId: T1 },
      "You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.",
    ],
    [
      'to no version that exists',
      { RemoveFromVersionId: T1, MoveToVersionId: T3 },
      `Not a valid version: ${T3}`,
    ],
    [
      'from no version that exists',
      { RemoveFromVersionId: T3, MoveToVersionId: T2 },
      `Not a valid version: ${T3}`,
    ],
    ['from nowhere to nowhere', {}, 'You must specify RemoveFromVersionId, MoveToVersionId, or both.'],
    [
      'off a version that does not hold it',
      { VersionStage: 'mine', RemoveFromVersionId: T1 },
      `Version stage mine not found in version ${T1}`,
    ],
    [
      'without a name',
      { VersionStage: '', MoveToVersionId: T2 },
      'VersionStage must be 1-256 characters long.',
    ],
  ])('but not %s', (_, change, message) => {
    const model = pendingRefresh();
    const error = errorOf(() => model.updateSecretVersionStage({ ...move, ...change }));
    expect(error).toBe(`400 InvalidParameterException: ${message}`);
    expect(stagesOf(model)).toEqual({ [T1]: ['AWSCURRENT'], [T2]: ['AWSPENDING'] });
  });
});

describe('a version that a rotation has reserved', () => {
  const reserved = () => {
    const model = create();
    model.createSecret({ Name: 's', SecretString: 'one', ClientRequestToken: T1 });
    model.reserveVersion('s', T2);
    return model;
  };

  it('has no value to read', () => {
    const get = { SecretId: 's', VersionStage: 'AWSPENDING' };
    expect(errorOf(() => reserved().getSecretValue(get))).toBe(
      "400 ResourceNotFoundException: Secrets Manager can't find the specified secret value for staging label: AWSPENDING",
    );
  });

  it('takes the first value that comes with its token, and no other after it', () => {
    const model = reserved();
    const put = { SecretId: 's', ClientRequestToken: T2, VersionStages: ['AWSPENDING'] };
    model.putSecretValue({ ...put, SecretString: 'two' });
    expect(stagesOf(model)).toEqual({ [T1]: ['AWSCURRENT'], [T2]: ['AWSPENDING'] });
    expect(errorOf(() => model.putSecretValue({ ...put, SecretString: 'three' }))).toMatch(
      /^400 ResourceExistsException/,
    );
  });

  it('does not become current while it is empty', () => {
    const move = {
      SecretId: 's',
      VersionStage: 'AWSCURRENT',
      RemoveFromVersionId: T1,
      MoveToVersionId: T2,
    };
    expect(errorOf(() => reserved().updateSecretVersionStage(move))).toBe(
      `400 InvalidRequestException: Version ${T2} has no secret value.`,
    );
  });
});

describe('Secret Label Updated', () => {
  it('is announced in the envelope of EventBridge when AWSCURRENT moves', () => {
    const model = pendingRefresh();
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

  it('is announced for each label but AWSPENDING and AWSPREVIOUS', () => {
    const model = pendingRefresh();
    model.putSecretValue({
      SecretId: 's',
      SecretString: 'three',
      ClientRequestToken: T3,
      VersionStages: ['AWSPENDING', 'AWSCURRENT', 'mine'],
    });
    expect(events.map((event) => event.detail.labelUpdated)).toEqual(['AWSCURRENT', 'mine']);
  });
});

describe('a secret is updated', () => {
  it('with a value: a new current version', () => {
    const model = pendingRefresh();
    now += HOUR;
    expect(
      model.updateSecret({ SecretId: 's', SecretString: 'three', ClientRequestToken: T3 }).VersionId,
    ).toBe(T3);
    expect(stagesOf(model)).toEqual({ [T1]: ['AWSPREVIOUS'], [T2]: ['AWSPENDING'], [T3]: ['AWSCURRENT'] });
  });

  it('with a description only: no version, no event', () => {
    const model = pendingRefresh();
    now += HOUR;
    expect(
      model.updateSecret({ SecretId: 's', Description: 'd', ClientRequestToken: T3 }),
    ).not.toHaveProperty('VersionId');
    expect(model.describeSecret({ SecretId: 's' })).toMatchObject({
      Description: 'd',
      CreatedDate: new Date(START),
      LastChangedDate: new Date(START + HOUR),
    });
    expect(events).toEqual([]);
  });

  it('but not with the token of a version that exists, not even with its value', () => {
    const update = { SecretId: 's', SecretString: 'one', ClientRequestToken: T1 };
    expect(errorOf(() => pendingRefresh().updateSecret(update))).toMatch(/^400 ResourceExistsException: /);
  });
});

describe('a secret is deleted', () => {
  const marked =
    "400 InvalidRequestException: You can't perform this operation on the secret because it was marked for deletion.";
  it('after 30 days by default; until then it is described but not used', () => {
    const model = pendingRefresh();
    expect(model.deleteSecret({ SecretId: 's' }).DeletionDate).toEqual(new Date(START + 30 * DAY));
    expect(model.describeSecret({ SecretId: 's' }).DeletedDate).toEqual(new Date(START + 30 * DAY));
    const put = { SecretId: 's', SecretString: 'x', ClientRequestToken: T3 };
    expect([
      errorOf(() => model.getSecretValue({ SecretId: 's' })),
      errorOf(() => model.putSecretValue(put)),
      errorOf(() => model.updateSecret(put)),
      errorOf(() =>
        model.updateSecretVersionStage({ SecretId: 's', VersionStage: 'x', MoveToVersionId: T1 }),
      ),
      errorOf(() => model.deleteSecret({ SecretId: 's' })),
    ]).toEqual([marked, marked, marked, marked, marked]);
    expect(errorOf(() => model.createSecret({ Name: 's', ClientRequestToken: T3 }))).toBe(
      "400 InvalidRequestException: You can't create this secret because a secret with this name is already scheduled for deletion.",
    );
  });

  it('and restored within the window', () => {
    const model = pendingRefresh();
    model.deleteSecret({ SecretId: 's', RecoveryWindowInDays: 7 });
    now += 7 * DAY - 1;
    model.restoreSecret({ SecretId: 's' });
    now += DAY;
    expect(model.getSecretValue({ SecretId: 's' }).SecretString).toBe('one');
  });

  it('and gone once the window is over; its name is free then', () => {
    const model = pendingRefresh();
    model.deleteSecret({ SecretId: 's', RecoveryWindowInDays: 7 });
    now += 7 * DAY;
    expect(errorOf(() => model.describeSecret({ SecretId: 's' }))).toBe(
      "400 ResourceNotFoundException: Secrets Manager can't find the specified secret.",
    );
    expect(errorOf(() => model.createSecret({ Name: 's', ClientRequestToken: T3 }))).toBe('no error');
  });

  it('by force at once, existing or not', () => {
    const model = pendingRefresh();
    model.deleteSecret({ SecretId: 's', ForceDeleteWithoutRecovery: true });
    expect(errorOf(() => model.describeSecret({ SecretId: 's' }))).toMatch(/ResourceNotFoundException/);
    expect(errorOf(() => model.deleteSecret({ SecretId: 's', ForceDeleteWithoutRecovery: true }))).toBe(
      'no error',
    );
  });

  it.each([6, 31])('but not with a window of %i days', (RecoveryWindowInDays) => {
    expect(errorOf(() => pendingRefresh().deleteSecret({ SecretId: 's', RecoveryWindowInDays }))).toBe(
      '400 InvalidParameterException: The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).',
    );
  });

  it('but not by force with a window', () => {
    const request = { SecretId: 's', RecoveryWindowInDays: 7, ForceDeleteWithoutRecovery: true };
    expect(errorOf(() => pendingRefresh().deleteSecret(request))).toMatch(/^400 InvalidParameterException/);
  });
});

describe('old versions', () => {
  function putMany(model: SecretsManager, count: number, everyMs: number): void {
    for (let i = 0; i < count; i += 1) {
      now += everyMs;
      const ClientRequestToken = `version-${String(i).padStart(32, '0')}`;
      model.putSecretValue({ SecretId: 's', SecretString: `${i}`, ClientRequestToken });
    }
  }
  const count = (model: SecretsManager) => {
    let versions = 0;
    let NextToken: string | undefined;
    do {
      const page = model.listSecretVersionIds({ SecretId: 's', IncludeDeprecated: true, NextToken });
      versions += page.Versions?.length ?? 0;
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    return versions;
  };

  it('are dropped beyond a hundred, those with a label never', () => {
    const model = pendingRefresh();
    putMany(model, 300, HOUR);
    expect(count(model)).toBe(101);
    expect(stagesOf(model)[T2]).toEqual(['AWSPENDING']);
    expect(errorOf(() => model.getSecretValue({ SecretId: 's', VersionId: T1 }))).toMatch(
      /ResourceNotFoundException/,
    );
  });

  it('of the last day are kept: one write per ten minutes can go on', () => {
    const model = pendingRefresh();
    putMany(model, 1000, 10 * 60_000);
    // The new one, the 144 of the 24 hours before it, and the one under AWSPENDING.
    expect(count(model)).toBe(146);
  });

  it('of the last day are kept: one write per minute ends at the quota', () => {
    const model = pendingRefresh();
    expect(errorOf(() => putMany(model, 200, 60_000))).toBe(
      '400 LimitExceededException: You have exceeded the limit on the number of versions of this secret.',
    );
    expect(count(model)).toBe(150);
  });

  it('are listed in pages', () => {
    const model = pendingRefresh();
    const first = model.listSecretVersionIds({ SecretId: 's', MaxResults: 1 });
    expect(first.Versions?.map((v) => v.VersionId)).toEqual([T1]);
    const second = model.listSecretVersionIds({ SecretId: 's', MaxResults: 1, NextToken: first.NextToken });
    expect([second.Versions?.map((v) => v.VersionId), second.NextToken]).toEqual([[T2], undefined]);
    expect(errorOf(() => model.listSecretVersionIds({ SecretId: 's', NextToken: 'x' }))).toBe(
      '400 InvalidNextTokenException: The NextToken value is invalid.',
    );
    expect(errorOf(() => model.listSecretVersionIds({ SecretId: 's', MaxResults: 101 }))).toBe(
      '400 InvalidParameterException: MaxResults must be between 1 and 100.',
    );
  });
});

describe('faults and throttling', () => {
  it('fail a call before its effect or after it, by the hook', () => {
    const model = pendingRefresh();
    const put = { SecretId: 's', SecretString: 'x', ClientRequestToken: T3 };
    for (const [failing, survives] of [
      ['before', false],
      ['after', true],
    ] as const) {
      model.gate.faultHook = (operation, phase) => {
        if (operation === 'PutSecretValue' && phase === failing) throw new Error(`lost ${phase}`);
      };
      expect(() => model.putSecretValue(put)).toThrow(`lost ${failing}`);
      model.gate.faultHook = undefined;
      expect(stagesOf(model)[T3] !== undefined).toBe(survives);
    }
  });

  it('refuse what is beyond the rate within one second', () => {
    const model = pendingRefresh();
    model.gate.throttling = { requestsPerSecond: 2, operations: ['GetSecretValue'] };
    const get = () => errorOf(() => model.getSecretValue({ SecretId: 's' }));
    expect([get(), get(), get()]).toEqual(['no error', 'no error', '400 ThrottlingException: Rate exceeded']);
    expect(errorOf(() => model.describeSecret({ SecretId: 's' }))).toBe('no error');
    now += 1000;
    expect(get()).toBe('no error');
  });

  it('give the same ids for the same seed', () => {
    const arnOf = (seed: number) =>
      create({ random: seededRandom(seed) }).createSecret({ Name: 's', ClientRequestToken: T1 }).ARN;
    expect(arnOf(1)).toBe(arnOf(1));
    expect(arnOf(1)).not.toBe(arnOf(2));
  });
});
