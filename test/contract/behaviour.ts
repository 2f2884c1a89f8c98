/** One behaviour of a service: what a client does, and the result that the service documents. */

export interface Behaviour<Client> {
  readonly sentence: string;
  run(client: Client): Promise<unknown>;
  readonly expected: unknown;
  /** The result of moto 5.2.1, if it is another. */
  readonly moto?: unknown;
}

/** A behaviour of a service whose clients are wrapped in a `Subject`. */
export type Case<Subject> = readonly [
  sentence: string,
  run: (subject: Subject) => Promise<unknown>,
  expected: unknown,
  moto?: unknown,
];

/**
 * @param pattern added to the answer if the error's message matches it
 * @returns `ok`, or the name of the error
 */
export async function outcomeOf(call: Promise<unknown>, pattern?: RegExp): Promise<string> {
  try {
    await call;
    return 'ok';
  } catch (error) {
    const { name, message } = error as Error;
    return pattern?.test(message) ? `${name} ${pattern}` : name;
  }
}
