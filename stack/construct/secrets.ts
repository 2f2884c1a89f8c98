/** The secrets with the keys: creates them with a placeholder, or refers to existing ones. */
import { ArnFormat, Names, RemovalPolicy, SecretValue, Stack, Token } from 'aws-cdk-lib';
import { Grant, type IGrantable, type Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnSecret, type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
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

/** A managed secret, however it was given. */
export interface ManagedSecret {
  /** A token if the name is known only at deployment. */
  readonly name: string;
  /** The name as the app may refer to it: CDK gives a token for the name of any secret that the app creates. */
  readonly reference: string;
  /** With a pattern for the six characters that AWS adds. So a secret that a person deletes and creates again stays accessible. */
  readonly arn: string;
  /** How CloudFormation finds it: by the ARN of a created secret, by the name of another. */
  readonly id: string;
  /** For constructs of this secret: the same in whatever order the secrets are given. */
  readonly constructId: string;
  readonly keyArn: string | undefined;
}

/** The name of a secret, if it is known at synth. Else a token. */
export function nameOf({ node, secretName }: ISecret): string {
  const literal = node.defaultChild instanceof CfnSecret ? node.defaultChild.name : undefined;
  return literal === undefined || Token.isUnresolved(literal) ? secretName : literal;
}

export class KeySecrets extends Construct {
  readonly all: readonly ManagedSecret[];

  constructor(scope: Construct, id: string, props: KeySecretsProps) {
    super(scope, id);
    const { secretNames, createSecrets, secrets, encryptionKey } = props;
    this.all = [
      ...secretNames.map((name) => ({
        name,
        reference: name,
        arn: this.#arnPattern(name),
        id: createSecrets ? this.#createSecret(name, encryptionKey).secretArn : name,
        constructId: constructId(name),
        keyArn: encryptionKey?.keyArn,
      })),
      ...secrets.map((secret) => this.#given(secret)),
    ];
  }

  find(secretName: string): ManagedSecret | undefined {
    return this.all.find(({ name, reference }) => name === secretName || reference === secretName);
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
        resources: this.all.map(({ arn }) => arn),
      }),
      ...this.#keysOf(this.all).map(
        ({ keyArn, conditions }, index) =>
          new PolicyStatement({
            sid: `UseSecretKey${index === 0 ? '' : index + 1}`,
            actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
            resources: [keyArn],
            conditions,
          }),
      ),
    );
  }

  /** Lets the grantee read these secrets. */
  grantRead(grantee: IGrantable, secrets: readonly ManagedSecret[]): Grant {
    const read = Grant.addToPrincipal({
      grantee,
      actions: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
      resourceArns: secrets.map(({ arn }) => arn),
    });
    return this.#keysOf(secrets)
      .map(({ keyArn, conditions }) =>
        Grant.addToPrincipal({ grantee, actions: ['kms:Decrypt'], resourceArns: [keyArn], conditions }),
      )
      .reduce((all, one) => all.combine(one), read);
  }

  #given(secret: ISecret): ManagedSecret {
    const { secretName, secretFullArn, secretArn, encryptionKey, node } = secret;
    const name = nameOf(secret);
    const isKnown = !Token.isUnresolved(name);
    return {
      name,
      reference: secretName,
      arn: isKnown ? this.#arnPattern(name) : (secretFullArn ?? `${secretArn}-??????`),
      id: secretArn,
      constructId: isKnown ? constructId(name) : Names.nodeUniqueId(node),
      keyArn: encryptionKey?.keyArn,
    };
  }

  #createSecret(name: string, encryptionKey: IKey | undefined): Secret {
    const secret = new Secret(this, constructId(name), {
      secretName: name,
      description: 'A Momento API key, kept fresh by the Momento key refresher',
      // CloudFormation writes the value when it creates the secret, and again if this text changes. So the text must never change:
      // otherwise the placeholder would replace every key.
      secretStringValue: SecretValue.unsafePlainText(PLACEHOLDER),
      ...(encryptionKey && { encryptionKey }),
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

  /** The KMS keys, each with the conditions that let it be used for its own secrets only. */
  #keysOf(secrets: readonly ManagedSecret[]) {
    const keyArns = new Set(secrets.flatMap(({ keyArn }) => keyArn ?? []));
    return [...keyArns].map((keyArn) => ({
      keyArn,
      conditions: {
        StringEquals: { 'kms:ViaService': `secretsmanager.${Stack.of(this).region}.amazonaws.com` },
        // Secrets Manager names the secret in every call to KMS, so the key opens these secrets and no others.
        StringLike: {
          'kms:EncryptionContext:SecretARN': secrets
            .filter((secret) => secret.keyArn === keyArn)
            .map(({ arn }) => arn),
        },
      },
    }));
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

/** A secret's name cannot contain a colon, so two names never give the same id. */
function constructId(name: string): string {
  return name.replaceAll('/', ':');
}
