/** The AWS clients that the adapters send their commands with, answered by the models in this process: real commands, no network. */
import type { SchedulerClient } from '@aws-sdk/client-scheduler';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Scheduler } from '../scheduler/scheduler.ts';
import type { SecretsManager } from '../secrets-manager/secrets-manager.ts';

/** Stands between a call and the model, such as to record it, delay it, or lose its answer. */
export type Transport = (operation: string, input: object, call: () => unknown) => Promise<unknown>;

const direct: Transport = async (_operation, _input, call) => call();

export function secretsManagerClient(
  model: SecretsManager,
  transport: Transport = direct,
): Pick<SecretsManagerClient, 'send'> {
  return { send: sender(model, transport) as SecretsManagerClient['send'] };
}

export function schedulerClient(
  model: Scheduler,
  transport: Transport = direct,
): Pick<SchedulerClient, 'send'> {
  return { send: sender(model, transport) as SchedulerClient['send'] };
}

/** A command is named for its operation, and the model has a method of that name. */
function sender(model: object, transport: Transport) {
  const methods = model as Record<string, (input: object) => unknown>;
  return async (command: { readonly input: object }) => {
    const operation = command.constructor.name.replace(/Command$/, '');
    const method = operation.charAt(0).toLowerCase() + operation.slice(1);
    if (typeof methods[method] !== 'function') throw new TypeError(`the model has no ${operation}`);
    return await transport(operation, command.input, () => methods[method]?.(command.input));
  };
}
