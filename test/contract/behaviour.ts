/** One recorded behaviour of a service: what is done, and what AWS documents that comes of it. It knows no service. */

export interface Behaviour<Client> {
  readonly sentence: string;
  run(client: Client): Promise<unknown>;
  readonly expected: unknown;
}

/**
 * What came of a call: `ok`, or the name of its error.
 * @param pattern where the error's message matches it, that is said too
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
