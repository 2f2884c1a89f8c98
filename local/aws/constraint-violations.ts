/** Collects violations of parameter constraints and words them as the AWS services do. */
import { AwsServiceError } from './service-error.ts';

interface TextRule {
  readonly min?: number;
  readonly max: number;
  readonly pattern?: RegExp;
  /** Leaves the value out of the message, because it is long or secret. */
  readonly unquoted?: boolean;
}

export class ConstraintViolations {
  readonly #violations: string[] = [];

  required(path: string, value: unknown): void {
    if (value === undefined || value === null) this.#add('null', path, 'Member must not be null');
  }

  text(path: string, value: string | undefined, rule: TextRule): void {
    if (value === undefined) return;
    const quoted = rule.unquoted === true ? '' : `'${value}' `;
    const { min = 1 } = rule;
    if (value.length < min) {
      this.#add(quoted, path, `Member must have length greater than or equal to ${min}`);
    }
    if (value.length > rule.max) {
      this.#add(quoted, path, `Member must have length less than or equal to ${rule.max}`);
    }
    if (rule.pattern !== undefined && !rule.pattern.test(value)) {
      this.#add(quoted, path, `Member must satisfy regular expression pattern: ${rule.pattern.source}`);
    }
  }

  range(path: string, value: number | undefined, min: number, max: number): void {
    if (value === undefined) return;
    if (!(value >= min) || !Number.isInteger(value)) {
      this.#add(`'${value}' `, path, `Member must have value greater than or equal to ${min}`);
    }
    if (value > max) this.#add(`'${value}' `, path, `Member must have value less than or equal to ${max}`);
  }

  oneOf(path: string, value: string | undefined, allowed: readonly string[]): void {
    if (value === undefined || allowed.includes(value)) return;
    this.#add(`'${value}' `, path, `Member must satisfy enum value set: [${allowed.join(', ')}]`);
  }

  /** @throws ValidationException that names all violations, if there is one */
  assertNone(): void {
    const count = this.#violations.length;
    if (count === 0) return;
    throw new AwsServiceError(
      'ValidationException',
      400,
      `${count} validation error${count === 1 ? '' : 's'} detected: ${this.#violations.join('; ')}`,
    );
  }

  #add(quoted: string, path: string, constraint: string): void {
    const value = quoted.trim();
    this.#violations.push(
      `Value${value === '' ? '' : ` ${value}`} at '${path}' failed to satisfy constraint: ${constraint}`,
    );
  }
}
