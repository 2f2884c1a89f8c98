/** An application that reads the secret with the AWS SDK and uses the key against Momento. */
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { MomentoKeyIssuer } from '../handlers/adapters/momento-key-issuer.ts';
import { claimsOf } from '../handlers/rules/key.ts';
import { LOCAL_CREDENTIALS } from './local-stack.ts';

export interface ConsumerOptions {
  readonly secretName: string;
  readonly awsEndpointUrl: string;
  /** host:port; undefined: Momento itself. */
  readonly momentoEndpoint: string | undefined;
}

export class Consumer {
  reads = 0;
  readsWithWorkingKey = 0;
  readonly #secretName: string;
  readonly #secrets: SecretsManagerClient;
  readonly #momento: MomentoKeyIssuer;

  constructor({ secretName, awsEndpointUrl, momentoEndpoint }: ConsumerOptions) {
    this.#secretName = secretName;
    this.#secrets = new SecretsManagerClient({
      endpoint: awsEndpointUrl,
      region: LOCAL_CREDENTIALS.AWS_REGION,
      credentials: {
        accessKeyId: LOCAL_CREDENTIALS.AWS_ACCESS_KEY_ID,
        secretAccessKey: LOCAL_CREDENTIALS.AWS_SECRET_ACCESS_KEY,
      },
    });
    this.#momento = new MomentoKeyIssuer(momentoEndpoint);
  }

  get foundWorkingKeys(): boolean {
    return this.reads > 0 && this.readsWithWorkingKey === this.reads;
  }

  /** Reads and uses the key once. @returns what was wrong, without any part of the secret; undefined if the key works */
  async read(): Promise<string | undefined> {
    this.reads++;
    const problem = await this.#readAndUse();
    if (problem === undefined) this.readsWithWorkingKey++;
    return problem;
  }

  close(): void {
    this.#secrets.destroy();
  }

  async #readAndUse(): Promise<string | undefined> {
    try {
      const { SecretString = '{}' } = await this.#secrets.send(
        new GetSecretValueCommand({ SecretId: this.#secretName }),
      );
      const { apiKey, endpoint } = JSON.parse(SecretString);
      const kind = claimsOf(String(apiKey)) === undefined ? 'v1' : 'v2';
      const proof = await this.#momento.prove({ kind, apiKey: String(apiKey), endpoint });
      return proof.result === 'accepted' ? undefined : `the key was ${proof.result} (${proof.detail})`;
    } catch (error) {
      return `the read failed (${error instanceof Error ? error.name : 'unknown'})`;
    }
  }
}
