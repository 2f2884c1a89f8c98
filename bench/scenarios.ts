/** What is asked of a handler, and what it finds. */
import { isDailyProofDue } from '../handlers/rules/timing.ts';
import type { SynthesizedTemplate } from '../local/synthesized-template.ts';
import { measure, Services, type Setting, type Subject } from './measure.ts';
import type { Situation } from './services.ts';

export interface Scenario {
  readonly name: string;
  /** For one measurement. */
  prepare(): { readonly setting: Setting; readonly event: object };
}

/** @param template the stack, synthesized with the function's code */
export function openScenarios(template: SynthesizedTemplate): { bundle: Subject; scenarios: Scenarios } {
  const { Code, Environment } = template.resource('AWS::Lambda::Function').properties as {
    Code: unknown;
    Environment: { Variables: Record<string, string> };
  };
  const groupName = String(template.resource('AWS::Scheduler::ScheduleGroup').properties.Name);
  // The other subjects run with Node's defaults.
  const { NODE_OPTIONS = '', ...variables } = Environment.Variables;
  const bundle = { name: 'bundle', folder: template.assetFolder(Code), nodeOptions: NODE_OPTIONS.split(' ') };
  return { bundle, scenarios: new Scenarios(bundle, variables, groupName) };
}

/** Enough for every measurement of a refresh: each takes one of its own. */
const DUE_SECRETS = 400;
const SWEEP = { action: 'sweep' };

export class Scenarios {
  readonly #services = new Services();
  readonly #variables: Readonly<Record<string, string>>;
  readonly #groupName: string;
  readonly #bundle: Subject;

  /** @param variables the function's environment, as the template sets it */
  constructor(bundle: Subject, variables: Readonly<Record<string, string>>, groupName: string) {
    this.#bundle = bundle;
    this.#variables = variables;
    this.#groupName = groupName;
  }

  /** A sweep of keys that are all fresh and booked. */
  async nothingDue(count: number): Promise<Scenario> {
    const setting = await this.#settled(count);
    return {
      name: `sweep, ${count} ${plural(count)}, nothing due`,
      prepare: () => ({ setting, event: SWEEP }),
    };
  }

  /** A sweep in which every key is due. It can be run once. */
  async allDue(count: number): Promise<Scenario> {
    const setting = await this.#open(count, 'due');
    return { name: `sweep, ${count} ${plural(count)}, all due`, prepare: () => ({ setting, event: SWEEP }) };
  }

  async status(count: number): Promise<Scenario> {
    const setting = await this.#settled(count);
    return {
      name: `status, ${count} ${plural(count)}`,
      prepare: () => ({ setting, event: { action: 'status' } }),
    };
  }

  async refresh(kind: 'v1' | 'v2'): Promise<Scenario> {
    const setting = await this.#open(DUE_SECRETS, kind === 'v1' ? 'due' : 'due-v2');
    const unused = [...setting.secretNames];
    return {
      name: `refresh, ${kind} key`,
      prepare: () => {
        const name = unused.pop() ?? '';
        return {
          setting: { ...setting, secretNames: [name] },
          event: { momento_auth_token_secret_name: name },
        };
      },
    };
  }

  /** A sweep of a secret that holds no key: its error is logged, and another one is thrown. */
  async error(): Promise<Scenario> {
    const setting = await this.#open(1, 'rubbish');
    return { name: 'error', prepare: () => ({ setting, event: SWEEP }) };
  }

  close(): void {
    this.#services.close();
  }

  /** The first sweep books. */
  async #settled(count: number): Promise<Setting> {
    const setting = await this.#open(count, 'fresh');
    await measure(this.#bundle, setting, SWEEP);
    return setting;
  }

  async #open(count: number, keys: Situation['keys']): Promise<Setting> {
    const secretNames = notProvedNow(count);
    const endpoints = await this.#services.open({ secretNames, groupName: this.#groupName, keys });
    return { services: this.#services, endpoints, secretNames, variables: this.#variables };
  }
}

/** Names whose current key no sweep of the next hours proves, so that the figures are those of a sweep with nothing to do. */
function notProvedNow(count: number): string[] {
  const threeHoursOn = Math.floor(Date.now() / 1000) + 3 * 3600;
  const names: string[] = [];
  for (let index = 0; names.length < count; index++) {
    const name = `bench/secret-${index}`;
    if (!isDailyProofDue(name, threeHoursOn, 4 * 3600)) names.push(name);
  }
  return names;
}

function plural(count: number): string {
  return count === 1 ? 'secret' : 'secrets';
}
