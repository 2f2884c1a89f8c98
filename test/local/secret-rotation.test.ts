import { beforeEach, describe, expect, it } from 'vitest';
import type { RotationEvent } from '../../local/secrets-manager/secret-rotation.ts';
import { SecretsManager } from '../../local/secrets-manager/secrets-manager.ts';
import { seededRandom } from '../../local/serving/randomness.ts';
import { errorOf } from './error-of.ts';

const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:123456789012:function:rotates';
const [T1, T2, T3] = [1, 2, 3].map((digit) => `${String(digit).repeat(8)}-0000-4000-8000-000000000000`) as [
  string,
  string,
  string,
];

let now: number;
let calls: { functionArn: string; event: RotationEvent }[];
let step: (event: RotationEvent) => void;
let model: SecretsManager;

beforeEach(() => {
  now = Date.parse('2026-11-23T16:00:00Z');
  calls = [];
  step = () => {};
  model = new SecretsManager({
    clock: () => now,
    random: seededRandom(1),
    invokeRotation: async (functionArn, event) => {
      calls.push({ functionArn, event });
      step(event);
    },
  });
  model.createSecret({ Name: 'a', SecretString: 'one', ClientRequestToken: T1 });
});

const stages = () => model.describeSecret({ SecretId: 'a' }).VersionIdsToStages;
const configured = { SecretId: 'a', ClientRequestToken: T2, RotationLambdaARN: FUNCTION_ARN };

/** A rotation function that performs every step. */
function rotate({ Step, ClientRequestToken }: RotationEvent): void {
  if (Step === 'createSecret') {
    const value = { SecretString: 'two', VersionStages: ['AWSPENDING'] };
    model.putSecretValue({ SecretId: 'a', ClientRequestToken, ...value });
  }
  if (Step !== 'finishSecret') return;
  const move = { RemoveFromVersionId: T1, MoveToVersionId: ClientRequestToken };
  model.updateSecretVersionStage({ SecretId: 'a', VersionStage: 'AWSCURRENT', ...move });
}

describe('RotateSecret', () => {
  it('answers, and then calls the function with the ARN of the secret for each of the four steps', async () => {
    const { ARN = '', ...answer } = model.rotateSecret(configured);
    expect(answer).toEqual({ Name: 'a', VersionId: T2 });
    expect(calls).toEqual([]);

    await model.rotations.settled();
    const steps = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'];
    const events = steps.map((Step) => ({ Step, SecretId: ARN, ClientRequestToken: T2 }));
    expect(calls).toEqual(events.map((event) => ({ functionArn: FUNCTION_ARN, event })));
  });

  it('shows the rotation in DescribeSecret', async () => {
    step = rotate;
    now = Date.parse('2026-11-24T10:00:00Z');
    model.rotateSecret({ ...configured, RotationRules: { AutomaticallyAfterDays: 30 } });
    await model.rotations.settled();
    expect(model.describeSecret({ SecretId: 'a' })).toMatchObject({
      RotationEnabled: true,
      RotationLambdaARN: FUNCTION_ARN,
      RotationRules: { AutomaticallyAfterDays: 30 },
      LastRotatedDate: new Date('2026-11-24T10:00:00Z'),
    });
  });

  it('remembers the function for the next call', async () => {
    step = rotate;
    model.rotateSecret(configured);
    await model.rotations.settled();
    expect(model.rotateSecret({ SecretId: 'a', ClientRequestToken: T3 }).VersionId).toBe(T3);
  });

  it('stops at a step that fails and continues that rotation at the next call', async () => {
    step = ({ Step }) => {
      if (Step === 'testSecret') throw new Error('not now');
    };
    model.rotateSecret(configured);
    await model.rotations.settled();
    expect(calls.map(({ event }) => event.Step)).toEqual(['createSecret', 'setSecret', 'testSecret']);
    expect(model.rotations.failures).toEqual([
      { secretName: 'a', step: 'testSecret', error: new Error('not now') },
    ]);

    step = rotate;
    expect(errorOf(() => model.rotateSecret({ SecretId: 'a', ClientRequestToken: T3 }))).toBe(
      "400 InvalidRequestException: A previous rotation isn't complete. That rotation will be reattempted.",
    );
    await model.rotations.settled();
    expect(stages()).toMatchObject({ [T2]: ['AWSPENDING', 'AWSCURRENT'] });
  });

  it('gives the same answer to the same token while the rotation runs', () => {
    model.rotateSecret(configured);
    expect(model.rotateSecret(configured).VersionId).toBe(T2);
  });

  it.each([
    [
      'every 0 days',
      { RotationRules: { AutomaticallyAfterDays: 0 } },
      'InvalidParameterException: RotationRules.AutomaticallyAfterDays must be within 1-1000.',
    ],
    [
      'every 1001 days',
      { RotationRules: { AutomaticallyAfterDays: 1001 } },
      'InvalidParameterException: RotationRules.AutomaticallyAfterDays must be within 1-1000.',
    ],
  ])('is refused %s', (_, changes, error) => {
    const request = { ...configured, ...changes } as typeof configured;
    expect(errorOf(() => model.rotateSecret(request))).toBe(`400 ${error}`);
    expect(stages()).toEqual({ [T1]: ['AWSCURRENT'] });
  });

  it('is refused with the token of an existing version', () => {
    expect(errorOf(() => model.rotateSecret({ ...configured, ClientRequestToken: T1 }))).toMatch(
      /^400 ResourceExistsException: You can't use ClientRequestToken/,
    );
  });

  it('is refused if no function lets Secrets Manager invoke it', () => {
    const closed = new SecretsManager({ clock: () => now, random: seededRandom(1) });
    closed.createSecret({ Name: 'a', SecretString: 'one', ClientRequestToken: T1 });
    expect(errorOf(() => closed.rotateSecret(configured))).toMatch(
      /^400 AccessDeniedException: Secrets Manager cannot invoke the specified Lambda function\./,
    );
  });
});
