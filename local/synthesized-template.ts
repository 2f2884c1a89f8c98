/** The stack as CDK synthesizes it, with the values that CloudFormation would fill in. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { App } from 'aws-cdk-lib';
import { parseSettings } from '../stack/app-settings.ts';
import { RefresherStack } from '../stack/refresher-stack.ts';

export const LOCAL_ACCOUNT = '000000000000';
export const LOCAL_REGION = 'us-east-1';

export interface Resource {
  readonly logicalId: string;
  readonly type: string;
  /** With all references filled in. */
  readonly properties: Record<string, unknown>;
}

/** @throws {TypeError} for an intrinsic function that the template does not use */
export class SynthesizedTemplate {
  /** The synthesized files, in a temporary folder. The caller removes it. */
  readonly folder: string;
  readonly #template: Template;

  constructor(template: Template, folder: string) {
    this.#template = template;
    this.folder = folder;
  }

  resources(type: string): Resource[] {
    return Object.entries(this.#template.Resources)
      .filter(([, resource]) => resource.Type === type)
      .map(([logicalId, { Properties = {} }]) => ({
        logicalId,
        type,
        properties: this.#resolve(Properties) as Record<string, unknown>,
      }));
  }

  /** The only resource of its type. */
  resource(type: string): Resource {
    const [resource, ...others] = this.resources(type);
    if (resource === undefined || others.length > 0) throw new TypeError(`not exactly one ${type}`);
    return resource;
  }

  outputs(): Record<string, string> {
    return Object.fromEntries(
      Object.entries(this.#template.Outputs ?? {}).map(([name, { Value }]) => [
        name,
        String(this.#resolve(Value)),
      ]),
    );
  }

  /** The folder that would be zipped and uploaded as the function's code. */
  assetFolder(code: unknown): string {
    const { S3Key } = code as { S3Key: string };
    return join(this.folder, `asset.${S3Key.replace('.zip', '')}`);
  }

  #resolve(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.#resolve(item));
    if (typeof value !== 'object' || value === null) return value;
    const [[key, argument] = ['', undefined], ...others] = Object.entries(value);
    if (others.length === 0 && (key === 'Ref' || key.startsWith('Fn::')))
      return this.#evaluate(key, argument);
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, this.#resolve(item)]));
  }

  #evaluate(intrinsic: string, argument: unknown): unknown {
    switch (intrinsic) {
      case 'Ref':
        return PSEUDO_PARAMETERS[String(argument)] ?? this.#reference(String(argument));
      case 'Fn::GetAtt': {
        const [logicalId = '', attribute = ''] = argument as string[];
        return attribute === 'Arn' ? this.#arn(logicalId) : this.#name(logicalId);
      }
      case 'Fn::Join': {
        const [separator, parts] = argument as [string, unknown[]];
        return parts.map((part) => this.#resolve(part)).join(separator);
      }
      case 'Fn::Sub':
        return String(argument).replaceAll(
          /\$\{([^}]+)\}/g,
          (_, name) => PSEUDO_PARAMETERS[name] ?? this.#reference(name),
        );
      default:
        throw new TypeError(`no local value for ${intrinsic}`);
    }
  }

  /** What `Ref` gives: an ARN for secrets and topics, a URL for queues, the name for the others. */
  #reference(logicalId: string): string {
    const type = this.#template.Resources[logicalId]?.Type;
    if (type === 'AWS::SecretsManager::Secret' || type === 'AWS::SNS::Topic') return this.#arn(logicalId);
    const name = this.#name(logicalId);
    return type === 'AWS::SQS::Queue'
      ? `https://sqs.${LOCAL_REGION}.amazonaws.com/${LOCAL_ACCOUNT}/${name}`
      : name;
  }

  #name(logicalId: string): string {
    const resource = this.#template.Resources[logicalId];
    if (resource === undefined) return logicalId;
    const property = NAME_PROPERTIES[resource.Type];
    const name = property === undefined ? undefined : resource.Properties?.[property];
    return name === undefined ? logicalId : String(this.#resolve(name));
  }

  #arn(logicalId: string): string {
    const type = this.#template.Resources[logicalId]?.Type ?? '';
    const name = this.#name(logicalId);
    const prefix = ARN_PREFIXES[type];
    if (prefix === undefined) throw new TypeError(`no local ARN for ${type}`);
    const [service, resource] = prefix;
    const region = service === 'iam' ? '' : LOCAL_REGION;
    const suffix = type === 'AWS::SecretsManager::Secret' ? '-AbCdEf' : '';
    const tail = type === 'AWS::Logs::LogGroup' ? ':*' : '';
    return `arn:aws:${service}:${region}:${LOCAL_ACCOUNT}:${resource}${name}${suffix}${tail}`;
  }
}

export interface Template {
  readonly Resources: Readonly<Record<string, { Type: string; Properties?: Record<string, unknown> }>>;
  readonly Outputs?: Readonly<Record<string, { Value: unknown }>>;
}

const PSEUDO_PARAMETERS: Readonly<Record<string, string>> = {
  'AWS::AccountId': LOCAL_ACCOUNT,
  'AWS::Region': LOCAL_REGION,
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
  'AWS::StackName': 'MomentoKeyRefresher',
};

const NAME_PROPERTIES: Readonly<Record<string, string>> = {
  'AWS::CloudWatch::Alarm': 'AlarmName',
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::Logs::LogGroup': 'LogGroupName',
  'AWS::Scheduler::ScheduleGroup': 'Name',
  'AWS::Scheduler::Schedule': 'Name',
  'AWS::SecretsManager::Secret': 'Name',
};

const ARN_PREFIXES: Readonly<Record<string, readonly [service: string, resource: string]>> = {
  'AWS::CloudWatch::Alarm': ['cloudwatch', 'alarm:'],
  'AWS::Events::Rule': ['events', 'rule/'],
  'AWS::IAM::Role': ['iam', 'role/'],
  'AWS::Lambda::Function': ['lambda', 'function:'],
  'AWS::Logs::LogGroup': ['logs', 'log-group:'],
  'AWS::Scheduler::Schedule': ['scheduler', 'schedule/'],
  'AWS::Scheduler::ScheduleGroup': ['scheduler', 'schedule-group/'],
  'AWS::SecretsManager::Secret': ['secretsmanager', 'secret:'],
  'AWS::SNS::Topic': ['sns', ''],
  'AWS::SQS::Queue': ['sqs', ''],
};

type Settings = Readonly<Record<string, string | boolean>>;

const STACK_NAME = 'MomentoKeyRefresher';

/** @param settings CDK context, as `npx cdk deploy -c name=value` would set it */
export function synthesizeTemplate(settings: Settings = {}): SynthesizedTemplate {
  const folder = mkdtempSync(join(tmpdir(), 'momento-key-refresher-'));
  try {
    return new SynthesizedTemplate(synthesizeInto(folder, settings), folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Bundles the function and synthesizes the stack, in a process of its own.
 * @param folder where the files go; the caller removes it
 * @throws {Error} with the last lines of CDK's or esbuild's output
 */
export async function synthesizeWithBundle(
  folder: string,
  settings: Settings,
  signal?: AbortSignal,
): Promise<SynthesizedTemplate> {
  const program = join(import.meta.dirname, 'synthesize.ts');
  const run = promisify(execFile)(process.execPath, [program, folder, JSON.stringify(settings)], {
    ...(signal && { signal }),
    env: { ...process.env, TMPDIR: folder },
  });
  await run.catch((error: { stderr?: string }) => {
    const lines = (error.stderr ?? '').trimEnd().split('\n').slice(-8);
    throw new Error(`The stack cannot be synthesized:\n${lines.join('\n')}`);
  });
  const text = readFileSync(join(folder, `${STACK_NAME}.template.json`), 'utf8');
  return new SynthesizedTemplate(JSON.parse(text), folder);
}

export function synthesizeInto(outdir: string, settings: Settings): Template {
  const { context } = JSON.parse(readFileSync(join(import.meta.dirname, '../cdk.json'), 'utf8'));
  const app = new App({ outdir, context });
  new RefresherStack(app, STACK_NAME, parseSettings(settings));
  return app.synth().getStackByName(STACK_NAME).template;
}
