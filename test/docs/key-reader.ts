import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CacheClient, Configurations, CredentialProvider } from '@gomomento/sdk';

/** Must be shorter than the lead. */
const READ_EVERY_MS = 5 * 60_000;

/** A cache client whose key is the one in the secret, also after a refresh. */
export class KeyReader {
  readonly #secrets: Pick<SecretsManagerClient, 'send'>;
  readonly #secretId: string;
  #readAtMs = 0;
  #versionId: string | undefined;
  #client: CacheClient | undefined;

  constructor(secrets: Pick<SecretsManagerClient, 'send'>, secretId: string) {
    this.#secrets = secrets;
    this.#secretId = secretId;
  }

  /** Call it for each request. It reads the secret again every five minutes. Throws only if the first read fails. */
  async client(): Promise<CacheClient> {
    if (this.#client === undefined) return await this.#read();
    if (Date.now() - this.#readAtMs < READ_EVERY_MS) return this.#client;
    this.#readAtMs = Date.now();
    try {
      return await this.#read();
    } catch (error) {
      // The key at hand works until its own expiry.
      console.error(`The secret ${this.#secretId} cannot be used: ${(error as Error).name}`);
      return this.#client;
    }
  }

  async #read(): Promise<CacheClient> {
    const command = new GetSecretValueCommand({ SecretId: this.#secretId });
    const { VersionId, SecretString = '' } = await this.#secrets.send(command);
    this.#readAtMs = Date.now();
    if (this.#client !== undefined && VersionId === this.#versionId) return this.#client;
    const old = this.#client;
    this.#client = new CacheClient({
      credentialProvider: credentials(JSON.parse(SecretString)),
      configuration: Configurations.Laptop.latest(),
      defaultTtlSeconds: 60,
    });
    this.#versionId = VersionId;
    // Later, so that the calls of the old client come to their end.
    if (old !== undefined) setTimeout(() => old.close(), 30_000).unref();
    return this.#client;
  }
}

/** A v1 key has its endpoint in it. `api_key` is the name in Momento's own answer. */
function credentials({ apiKey, api_key, endpoint }: Record<string, string>): CredentialProvider {
  const key = apiKey ?? api_key ?? '';
  return endpoint === undefined
    ? CredentialProvider.fromString({ apiKey: key })
    : CredentialProvider.fromApiKeyV2({ apiKey: key, endpoint });
}
