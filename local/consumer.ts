/** An application as the refresher's users write it: reads the secret with the AWS SDK and uses the key against Momento, all the time. */
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { MomentoKeyIssuer } from '../handlers/adapters/momento-key-issuer.ts';
import { LOCAL_CREDENTIALS } from './local-stack.ts';

export interface ConsumerOptions {
  readonly secretName: string;
  readonly awsEndpointUrl: string;
  /** host:port; undefined: Momento itself. */
  readonly momentoEndpoint: string | undefined;
  readonly pauseMs: number;
  readonly onFailure: (reason: string) => void;
}

export class Consumer {
  reads = 0;
  readsWithWorkingKey = 0;
  readonly #options: ConsumerOptions;
  readonly #secrets: SecretsManagerClient;
  readonly #momento: MomentoKeyIssuer;
  #stopped = false;
  #finished: Promise<void> = Promise.resolve();

  constructor(options: ConsumerOptions) {
    this.#options = options;
    this.#secrets = new SecretsManagerClient({
      endpoint: options.awsEndpointUrl,
      region: LOCAL_CREDENTIALS.AWS_REGION,
      credentials: {
        accessKeyId: LOCAL_CREDENTIALS.AWS_ACCESS_KEY_ID,
        secretAccessKey: LOCAL_CREDENTIALS.AWS_SECRET_ACCESS_KEY,
      },
    });
    this.#momento = new MomentoKeyIssuer(options.momentoEndpoint);
  }

  start(): void {
    this.#finished = this.#readAllTheTime();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#finished;
    this.#secrets.destroy();
  }

  async #readAllTheTime(): Promise<void> {
    while (!this.#stopped) {
      const problem = await this.#readAndUse();
      this.reads++;
      if (problem === undefined) this.readsWithWorkingKey++;
      else this.#options.onFailure(problem);
      await new Promise((resolve) => setTimeout(resolve, this.#options.pauseMs));
    }
  }

  /** @returns what was wrong, in words that hold nothing of the secret */
  async #readAndUse(): Promise<string | undefined> {
    try {
      const { SecretString = '{}' } = await this.#secrets.send(
        new GetSecretValueCommand({ SecretId: this.#options.secretName }),
      );
      const { apiKey } = JSON.parse(SecretString);
      const proof = await this.#momento.prove({ apiKey: String(apiKey) });
      return proof.result === 'accepted' ? undefined : `the key was ${proof.result} (${proof.detail})`;
    } catch (error) {
      return `the read failed (${error instanceof Error ? error.name : 'unknown'})`;
    }
  }
}
