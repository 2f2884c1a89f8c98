/** AWS clients whose commands are answered by the models in this process, without a network. */
import type { SchedulerClient } from '@aws-sdk/client-scheduler';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Scheduler } from '../scheduler/scheduler.ts';
import type { SecretsManager } from '../secrets-manager/secrets-manager.ts';

/** Wraps a call to the model, to record it, delay it or lose its answer. */
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

/** The model has a method for each operation, named after it. */
function sender(model: object, transport: Transport) {
  const methods = model as Record<string, (input: object) => unknown>;
  return async (command: { readonly input: object }) => {
    const operation = command.constructor.name.replace(/Command$/, '');
    const method = operation.charAt(0).toLowerCase() + operation.slice(1);
    if (typeof methods[method] !== 'function') throw new TypeError(`the model has no ${operation}`);
    return await transport(operation, command.input, () => methods[method]?.(command.input));
  };
}
