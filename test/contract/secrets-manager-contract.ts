/** The behaviours of Secrets Manager that the project relies on, with the results that AWS documents. */
import { randomUUID } from 'node:crypto';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  RotateSecretCommand,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { type Behaviour, type Case, outcomeOf } from './behaviour.ts';

const [T1, T2, T3, T4] = [1, 2, 3, 4].map(
  (digit) => `${String(digit).repeat(8)}-0000-4000-8000-000000000000`,
) as [string, string, string, string];

class Subject {
  readonly name = `contract/${randomUUID()}`;
  readonly #client: SecretsManagerClient;

  constructor(client: SecretsManagerClient) {
    this.#client = client;
  }

  create(SecretString: string | undefined = 'one', ClientRequestToken = T1) {
    const value = SecretString === '' ? {} : { SecretString };
    return this.#client.send(new CreateSecretCommand({ Name: this.name, ClientRequestToken, ...value }));
  }

  put(ClientRequestToken: string, SecretString: string, VersionStages?: string[]) {
    const stages = VersionStages === undefined ? {} : { VersionStages };
    return this.#client.send(
      new PutSecretValueCommand({ SecretId: this.name, ClientRequestToken, SecretString, ...stages }),
    );
  }

  get(which: { VersionStage?: string; VersionId?: string } = {}, SecretId = this.name) {
    return this.#client.send(new GetSecretValueCommand({ SecretId, ...which }));
  }

  move(VersionStage: string, RemoveFromVersionId?: string, MoveToVersionId?: string) {
    return this.#client.send(
      new UpdateSecretVersionStageCommand({
        SecretId: this.name,
        VersionStage,
        ...(RemoveFromVersionId === undefined ? {} : { RemoveFromVersionId }),
        ...(MoveToVersionId === undefined ? {} : { MoveToVersionId }),
      }),
    );
  }

  rotate() {
    return this.#client.send(new RotateSecretCommand({ SecretId: this.name, ClientRequestToken: T4 }));
  }

  delete() {
    return this.#client.send(new DeleteSecretCommand({ SecretId: this.name, RecoveryWindowInDays: 7 }));
  }

  restore() {
    return this.#client.send(new RestoreSecretCommand({ SecretId: this.name }));
  }

  /** The labels of each version, in alphabetical order. */
  async stages(): Promise<Record<string, string[]>> {
    const { VersionIdsToStages = {} } = await this.#client.send(
      new DescribeSecretCommand({ SecretId: this.name }),
    );
    return Object.fromEntries(Object.entries(VersionIdsToStages).map(([id, stages]) => [id, stages.sort()]));
  }
}

/** A current version and a pending one. */
async function pending(subject: Subject): Promise<void> {
  await subject.create();
  await subject.put(T2, 'two', ['AWSPENDING']);
}

const CASES: readonly Case<Subject>[] = [
  [
    'CreateSecret with a value makes it current under the given token',
    async (subject) => {
      await subject.create();
      const { Name, VersionId, VersionStages, SecretString, ARN = '', CreatedDate } = await subject.get();
      const told = [Name === subject.name, /:secret:contract\/.{36}-[A-Za-z0-9]{6}$/.test(ARN)];
      return [...told, VersionId, VersionStages, SecretString, CreatedDate instanceof Date];
    },
    [true, true, T1, ['AWSCURRENT'], 'one', true],
  ],
  [
    'CreateSecret for a name that exists is refused',
    async (subject) => {
      await subject.create();
      return await outcomeOf(subject.create('other', T2));
    },
    'ResourceExistsException',
  ],
  [
    'GetSecretValue of a secret that does not exist is not found, and the message names no label',
    (subject) => outcomeOf(subject.get(), /staging label/i),
    'ResourceNotFoundException',
  ],
  [
    'GetSecretValue of a label that no version holds is not found, and the message names the label',
    async (subject) => {
      await subject.create();
      return await outcomeOf(subject.get({ VersionStage: 'AWSPENDING' }), /staging label/i);
    },
    'ResourceNotFoundException /staging label/i',
    'ResourceNotFoundException',
  ],
  [
    'GetSecretValue of a secret without a value is not found, and the message names the label',
    async (subject) => {
      await subject.create('');
      return await outcomeOf(subject.get({ VersionStage: 'AWSCURRENT' }), /staging label/i);
    },
    'ResourceNotFoundException /staging label/i',
    'ResourceNotFoundException',
  ],
  [
    'GetSecretValue finds a secret by its ARN',
    async (subject) => {
      const { ARN } = await subject.create();
      return (await subject.get({}, ARN)).SecretString;
    },
    'one',
  ],
  [
    'PutSecretValue under AWSPENDING leaves the current version current',
    async (subject) => {
      await pending(subject);
      return [(await subject.get()).SecretString, await subject.stages()];
    },
    ['one', { [T1]: ['AWSCURRENT'], [T2]: ['AWSPENDING'] }],
  ],
  [
    'PutSecretValue moves AWSPENDING from the version that held it',
    async (subject) => {
      await pending(subject);
      await subject.put(T3, 'three', ['AWSPENDING']);
      return await subject.stages();
    },
    { [T1]: ['AWSCURRENT'], [T3]: ['AWSPENDING'] },
    { [T1]: ['AWSCURRENT'], [T2]: [], [T3]: ['AWSPENDING'] },
  ],
  [
    'PutSecretValue without labels makes the new version current and the old one previous',
    async (subject) => {
      await subject.create();
      await subject.put(T2, 'two');
      return await subject.stages();
    },
    { [T1]: ['AWSPREVIOUS'], [T2]: ['AWSCURRENT'] },
  ],
  [
    'PutSecretValue with the token and the value of a version succeeds and does nothing',
    async (subject) => {
      await pending(subject);
      return [await outcomeOf(subject.put(T2, 'two', ['AWSPENDING'])), await subject.stages()];
    },
    ['ok', { [T1]: ['AWSCURRENT'], [T2]: ['AWSPENDING'] }],
  ],
  [
    'PutSecretValue with the token of another value is refused, and the value stays',
    async (subject) => {
      await pending(subject);
      const outcome = await outcomeOf(subject.put(T2, 'other', ['AWSPENDING']));
      return [outcome, (await subject.get({ VersionStage: 'AWSPENDING' })).SecretString];
    },
    ['ResourceExistsException', 'two'],
    ['ok', 'other'],
  ],
  [
    'PutSecretValue attaches a custom label in the same call',
    async (subject) => {
      await subject.create();
      await subject.put(T2, 'two', ['AWSPENDING', 'successor-of-1']);
      const { VersionStages = [] } = await subject.get({ VersionStage: 'AWSPENDING' });
      return VersionStages.sort();
    },
    ['AWSPENDING', 'successor-of-1'],
  ],
  [
    'PutSecretValue refuses a token of 31 characters',
    async (subject) => {
      await subject.create();
      return await outcomeOf(subject.put('x'.repeat(31), 'two', ['AWSPENDING']));
    },
    'InvalidParameterException',
  ],
  [
    'UpdateSecretVersionStage moves AWSCURRENT, and AWSPREVIOUS follows',
    async (subject) => {
      await pending(subject);
      await subject.move('AWSCURRENT', T1, T2);
      const { [T1]: first, [T2]: second = [] } = await subject.stages();
      return [first, second.includes('AWSCURRENT')];
    },
    [['AWSPREVIOUS'], true],
  ],
  [
    'UpdateSecretVersionStage refuses to move a label from a version that no longer holds it',
    async (subject) => {
      await pending(subject);
      await subject.put(T3, 'three');
      return [await outcomeOf(subject.move('AWSCURRENT', T1, T2)), (await subject.get()).SecretString];
    },
    ['InvalidParameterException', 'three'],
  ],
  [
    'UpdateSecretVersionStage refuses to move AWSCURRENT if its version is not named',
    async (subject) => {
      await pending(subject);
      return await outcomeOf(subject.move('AWSCURRENT', undefined, T2));
    },
    'InvalidParameterException',
  ],
  [
    'UpdateSecretVersionStage refuses to move a label whose version is not named',
    async (subject) => {
      await pending(subject);
      await subject.put(T3, 'three', ['ours']);
      return [await outcomeOf(subject.move('AWSPENDING', undefined, T3)), await subject.stages()];
    },
    ['InvalidParameterException', { [T1]: ['AWSCURRENT'], [T2]: ['AWSPENDING'], [T3]: ['ours'] }],
    ['ok', { [T1]: ['AWSCURRENT'], [T2]: ['AWSPENDING'], [T3]: ['AWSPENDING', 'ours'] }],
  ],
  [
    'UpdateSecretVersionStage removes AWSPENDING',
    async (subject) => {
      await pending(subject);
      return [await outcomeOf(subject.move('AWSPENDING', T2)), await subject.stages()];
    },
    ['ok', { [T1]: ['AWSCURRENT'] }],
    ['ok', { [T1]: ['AWSCURRENT'], [T2]: [] }],
  ],
  [
    'UpdateSecretVersionStage refuses to remove a label from a version that does not hold it',
    async (subject) => {
      await pending(subject);
      return await outcomeOf(subject.move('AWSPENDING', T1));
    },
    'InvalidParameterException',
  ],
  [
    'UpdateSecretVersionStage never leaves a secret without AWSCURRENT',
    async (subject) => {
      await pending(subject);
      return [await outcomeOf(subject.move('AWSCURRENT', T1)), await outcomeOf(subject.get())];
    },
    ['InvalidParameterException', 'ok'],
    ['ok', 'ok'],
  ],
  [
    'a call for a secret that is scheduled for deletion is refused until the secret is restored',
    async (subject) => {
      await subject.create();
      await subject.delete();
      const refused = [
        await outcomeOf(subject.get()),
        await outcomeOf(subject.put(T2, 'two', ['AWSPENDING'])),
      ];
      await subject.restore();
      return [...refused, (await subject.get()).SecretString];
    },
    ['InvalidRequestException', 'InvalidRequestException', 'one'],
    ['InvalidRequestException', 'ok', 'one'],
  ],
  [
    'RotateSecret without a function is refused, and the value stays current',
    async (subject) => {
      await subject.create();
      return [await outcomeOf(subject.rotate()), await subject.stages()];
    },
    ['InvalidRequestException', { [T1]: ['AWSCURRENT'] }],
    ['ok', { [T1]: ['AWSPREVIOUS'], [T4]: ['AWSCURRENT'] }],
  ],
];

export const SECRETS_MANAGER_BEHAVIOURS: readonly Behaviour<SecretsManagerClient>[] = CASES.map(
  ([sentence, run, expected, moto]) => ({
    sentence,
    run: (client) => run(new Subject(client)),
    expected,
    moto,
  }),
);
