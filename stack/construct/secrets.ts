/** The secrets with the keys: creates them with a placeholder, or refers to existing ones. */
import { ArnFormat, RemovalPolicy, SecretValue, Stack, Token } from 'aws-cdk-lib';
import { Grant, type IGrantable, type Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { PLACEHOLDER } from '../../handlers/names.ts';
import { acknowledge } from './acknowledgements.ts';

export interface KeySecretsProps {
  readonly secretNames: readonly string[];
  readonly createSecrets: boolean;
  /** More secrets, which exist or are created elsewhere. */
  readonly secrets: readonly ISecret[];
  /** Of the secrets that are named. */
  readonly encryptionKey?: IKey | undefined;
}

export class KeySecrets extends Construct {
  readonly names: readonly string[];
  /**
   * One ARN per name, with a pattern for the six characters that AWS adds. So a secret that a person deletes and creates again stays
   * accessible.
   */
  readonly arns: readonly string[];
  /** How CloudFormation finds each secret: by the ARN of a created secret, by the name of another. */
  readonly ids: readonly string[];
  readonly #encryptionKey: IKey | undefined;
  readonly #keyArns: readonly string[];

  constructor(scope: Construct, id: string, props: KeySecretsProps) {
    super(scope, id);
    this.#encryptionKey = props.encryptionKey;
    const { secretNames, createSecrets, secrets } = props;
    this.names = [...secretNames, ...secrets.map(({ secretName }) => secretName)];
    this.arns = [
      ...secretNames.map((name) => this.#arnPattern(name)),
      ...secrets.map((secret) => this.#arnPatternOf(secret)),
    ];
    this.ids = [
      ...secretNames.map((name) => (createSecrets ? this.#createSecret(name).secretArn : name)),
      ...secrets.map(({ secretArn }) => secretArn),
    ];
    const keys = [this.#encryptionKey, ...secrets.map(({ encryptionKey }) => encryptionKey)];
    this.#keyArns = [...new Set(keys.flatMap((key) => (key === undefined ? [] : [key.keyArn])))];
  }

  /** Lets the function read the secrets, store new versions and move their labels. */
  grantRefresh(policy: Policy): void {
    policy.addStatements(
      new PolicyStatement({
        sid: 'RefreshSecrets',
        actions: [
          'secretsmanager:DescribeSecret',
          'secretsmanager:GetSecretValue',
          'secretsmanager:PutSecretValue',
          'secretsmanager:UpdateSecretVersionStage',
        ],
        resources: [...this.arns],
      }),
    );
    if (this.#keyArns.length === 0) return;
    policy.addStatements(
      new PolicyStatement({
        sid: 'UseSecretKey',
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: [...this.#keyArns],
        conditions: this.#onlyForSecrets(),
      }),
    );
  }

  /** Lets the grantee read the secrets. */
  grantRead(grantee: IGrantable): Grant {
    const read = Grant.addToPrincipal({
      grantee,
      actions: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
      resourceArns: [...this.arns],
      scope: this,
    });
    if (this.#keyArns.length === 0) return read;
    const decrypt = Grant.addToPrincipal({
      grantee,
      actions: ['kms:Decrypt'],
      resourceArns: [...this.#keyArns],
      conditions: this.#onlyForSecrets(),
      scope: this,
    });
    return read.combine(decrypt);
  }

  #createSecret(name: string): Secret {
    // A secret's name cannot contain a colon, so two names never give the same id.
    const secret = new Secret(this, name.replaceAll('/', ':'), {
      secretName: name,
      description: 'A Momento API key, kept fresh by the Momento key refresher',
      // CloudFormation writes the value when it creates the secret, and again if this text changes. So the text must never change:
      // otherwise the placeholder would replace every key.
      secretStringValue: SecretValue.unsafePlainText(PLACEHOLDER),
      ...(this.#encryptionKey && { encryptionKey: this.#encryptionKey }),
      // Kept when the stack is deleted. Removed only if the deployment that creates it fails, so that it can be repeated.
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    acknowledge(
      secret,
      'SMG4',
      'The key is renewed by this stack shortly before it expires, whenever that is; the setting nativeRotation adds a schedule ' +
        "of Secrets Manager's for rules that ask for one.",
    );
    return secret;
  }

  #onlyForSecrets() {
    return {
      StringEquals: { 'kms:ViaService': `secretsmanager.${Stack.of(this).region}.amazonaws.com` },
      // Secrets Manager names the secret in every call to KMS, so the key opens these secrets and no others.
      StringLike: { 'kms:EncryptionContext:SecretARN': [...this.arns] },
    };
  }

  /** The name of a secret of another stack can be known only at deployment. */
  #arnPatternOf({ secretName, secretFullArn, secretArn }: ISecret): string {
    if (!Token.isUnresolved(secretName)) return this.#arnPattern(secretName);
    return secretFullArn ?? `${secretArn}-??????`;
  }

  #arnPattern(name: string): string {
    return Stack.of(this).formatArn({
      service: 'secretsmanager',
      resource: 'secret',
      resourceName: `${name}-??????`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  }
}
