/** The secrets that hold the keys: creates them unseeded, or points to those that exist. Never reads or sets a key. */
import { ArnFormat, RemovalPolicy, SecretValue, Stack } from 'aws-cdk-lib';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { PLACEHOLDER } from '../../handlers/names.ts';
import { acknowledge } from './acknowledgements.ts';

export interface KeySecretsProps {
  readonly secretNames: readonly string[];
  readonly createSecrets: boolean;
  readonly encryptionKey?: IKey | undefined;
}

export class KeySecrets extends Construct {
  /**
   * One per name: the ARN with a pattern for the six characters that AWS adds, so that a secret that a person deletes and
   * creates again stays in reach.
   */
  readonly arns: readonly string[];
  /** What CloudFormation finds each by: the ARN of a created secret, the name of another. */
  readonly ids: readonly string[];
  readonly #encryptionKey: IKey | undefined;

  constructor(scope: Construct, id: string, props: KeySecretsProps) {
    super(scope, id);
    this.#encryptionKey = props.encryptionKey;
    this.arns = props.secretNames.map((name) => this.#arnPattern(name));
    this.ids = props.secretNames.map((name) =>
      props.createSecrets ? this.#createSecret(name).secretArn : name,
    );
  }

  /** Lets the grantee read the secrets, store new versions and move their labels. */
  grantRefresh(grantee: IGrantable): void {
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        sid: 'RefreshSecrets',
        actions: [
          'secretsmanager:GetSecretValue',
          'secretsmanager:PutSecretValue',
          'secretsmanager:UpdateSecretVersionStage',
        ],
        resources: [...this.arns],
      }),
    );
    if (this.#encryptionKey === undefined) return;
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        sid: 'UseSecretKey',
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: [this.#encryptionKey.keyArn],
        conditions: {
          StringEquals: { 'kms:ViaService': `secretsmanager.${Stack.of(this).region}.amazonaws.com` },
          // Secrets Manager names the secret in every call to KMS, so the key opens these secrets and no others.
          StringLike: { 'kms:EncryptionContext:SecretARN': [...this.arns] },
        },
      }),
    );
  }

  /** Lets the grantee see which version a rotation by Secrets Manager has reserved. */
  grantRotation(grantee: IGrantable): void {
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        sid: 'RotateSecrets',
        actions: ['secretsmanager:DescribeSecret'],
        resources: [...this.arns],
      }),
    );
  }

  #createSecret(name: string): Secret {
    // A colon cannot be in a secret's name, so two names never make the same id.
    const secret = new Secret(this, name.replaceAll('/', ':'), {
      secretName: name,
      description: 'A Momento API key, kept fresh by the Momento key refresher',
      // CloudFormation writes the value when it creates the secret, and again only if this text changes. So the text must
      // stay the same for ever: a change would put the placeholder in place of every key that was seeded.
      secretStringValue: SecretValue.unsafePlainText(PLACEHOLDER),
      ...(this.#encryptionKey && { encryptionKey: this.#encryptionKey }),
      // Kept when the stack is deleted; removed only if the deployment that creates it fails, so that it can be repeated.
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

  #arnPattern(name: string): string {
    return Stack.of(this).formatArn({
      service: 'secretsmanager',
      resource: 'secret',
      resourceName: `${name}-??????`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  }
}
