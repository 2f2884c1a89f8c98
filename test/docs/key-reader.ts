import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CacheClient, Configurations, CredentialProvider } from '@gomomento/sdk';

/** A cache client whose key is the one in the secret, also after a refresh. */
export class KeyReader {
  readonly #secrets: Pick<SecretsManagerClient, 'send'>;
  readonly #secretId: string;
  #versionId: string | undefined;
  #client: CacheClient | undefined;

  constructor(secrets: Pick<SecretsManagerClient, 'send'>, secretId: string) {
    this.#secrets = secrets;
    this.#secretId = secretId;
  }

  /** Reads the secret again: call it every few minutes, not for each request. */
  async client(): Promise<CacheClient> {
    const command = new GetSecretValueCommand({ SecretId: this.#secretId });
    const { VersionId, SecretString = '' } = await this.#secrets.send(command);
    if (this.#client !== undefined && VersionId === this.#versionId) return this.#client;
    const { apiKey, endpoint } = JSON.parse(SecretString);
    const old = this.#client;
    this.#client = new CacheClient({
      credentialProvider: CredentialProvider.fromApiKeyV2({ apiKey, endpoint }),
      configuration: Configurations.Laptop.latest(),
      defaultTtlSeconds: 60,
    });
    this.#versionId = VersionId;
    // Later, so that the calls of the old client come to their end.
    if (old !== undefined) setTimeout(() => old.close(), 30_000).unref();
    return this.#client;
  }
}
