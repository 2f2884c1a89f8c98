/** Finds secrets by name, ARN or partial ARN. */
import { type Random, randomAlphanumeric } from '../serving/randomness.ts';
import { Secret } from './secret.ts';
import { checkSecretId, invalidRequest, resourceNotFound } from './secrets-manager-rules.ts';

export class SecretDirectory {
  readonly #arnPrefix: string;
  readonly #random: Random;
  readonly #byName = new Map<string, Secret>();
  readonly #byArn = new Map<string, Secret>();

  constructor(origin: { region: string; accountId: string; random: Random }) {
    this.#arnPrefix = `arn:aws:secretsmanager:${origin.region}:${origin.accountId}:secret:`;
    this.#random = origin.random;
  }

  /** CreateSecret: "adds a hyphen and six random characters after the secret name at the end of the ARN". */
  add(name: string, nowMs: number): Secret {
    const arn = `${this.#arnPrefix}${name}-${randomAlphanumeric(this.#random, 6)}`;
    const secret = new Secret({ name, arn, createdAtMs: nowMs });
    this.#byName.set(name, secret);
    this.#byArn.set(arn, secret);
    return secret;
  }

  byName(name: string, nowMs: number): Secret | undefined {
    return this.#unlessGone(this.#byName.get(name), nowMs);
  }

  /** By name, ARN or partial ARN, secrets that are scheduled for deletion included. */
  find(secretId: string | undefined, nowMs: number): Secret {
    const id = checkSecretId(secretId);
    const found = this.#unlessGone(this.#byArn.get(id) ?? this.#byName.get(this.#nameIn(id)), nowMs);
    if (found === undefined) throw resourceNotFound("Secrets Manager can't find the specified secret.");
    return found;
  }

  /** As `find`, for the actions that are refused while the secret is scheduled for deletion (DeleteSecret). */
  findLive(secretId: string | undefined, nowMs: number): Secret {
    const secret = this.find(secretId, nowMs);
    if (secret.deletesAtMs !== undefined) {
      throw invalidRequest(
        "You can't perform this operation on the secret because it was marked for deletion.",
      );
    }
    return secret;
  }

  /**
   * User guide, "Find a secret from a partial ARN": the six characters may be left out, but an ARN that ends in a hyphen
   * and six characters is taken for a complete one.
   */
  #nameIn(secretId: string): string {
    if (!secretId.startsWith(this.#arnPrefix) || /-[A-Za-z0-9]{6}$/.test(secretId)) return secretId;
    return secretId.slice(this.#arnPrefix.length);
  }

  /** The service removes the secret some time after its recovery window; here it is gone at the end of the window. */
  #unlessGone(secret: Secret | undefined, nowMs: number): Secret | undefined {
    if (secret?.deletesAtMs === undefined || nowMs < secret.deletesAtMs) return secret;
    this.#byName.delete(secret.name);
    this.#byArn.delete(secret.arn);
    return undefined;
  }
}
