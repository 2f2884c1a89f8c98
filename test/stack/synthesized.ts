/** Synthesizes the stack for tests, and writes references as text so that tests can state literal values. */
import { readFileSync } from 'node:fs';
import { App, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { parseSettings } from '../../stack/app-settings.ts';
import { RefresherStack } from '../../stack/refresher-stack.ts';

interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly Metadata?: Readonly<Record<string, string>>;
}

/** Resources by their construct path below the stack's construct, references in them as `<path>` or `<path.Attribute>`. */
export type Resources = Readonly<Record<string, Resource>>;

const cdkJson = JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8')) as {
  context: Record<string, unknown>;
};

/** An app as `npx cdk` makes it from cdk.json. */
export function newApp(): App {
  return new App({
    context: {
      ...cdkJson.context,
      'aws:cdk:enable-path-metadata': true,
    },
  });
}

export function synthesizeStack(context: Readonly<Record<string, unknown>> = {}): Resources {
  return readResources(newStack(context));
}

export function newStack(context: Readonly<Record<string, unknown>> = {}): RefresherStack {
  return new RefresherStack(newApp(), 'MomentoKeyRefresher', parseSettings(context));
}

/** @param root the id of the construct that paths start from */
export function readResources(stack: Stack, root = 'KeyRefresher'): Resources {
  const resources = Template.fromStack(stack).toJSON().Resources as Record<string, Resource>;
  const paths = new Map(
    Object.entries(resources).map(([logicalId, { Metadata }]) => [
      logicalId,
      (Metadata?.['aws:cdk:path'] ?? logicalId)
        .replace(`${stack.stackName}/${root}/`, '')
        .replace(/\/Resource$/, ''),
    ]),
  );
  return Object.fromEntries(
    Object.entries(resources).map(([logicalId, resource]) => [
      paths.get(logicalId) ?? logicalId,
      writeReferences(resource, paths) as Resource,
    ]),
  );
}

/** @throws {Error} if there is none at that path: the message lists those that are there */
export function resourceAt(resources: Resources, path: string): Resource {
  const resource = resources[path];
  if (resource === undefined) throw new Error(`no ${path} among ${Object.keys(resources).join(', ')}`);
  return resource;
}

export function propertiesAt(resources: Resources, path: string): Readonly<Record<string, unknown>> {
  return resourceAt(resources, path).Properties;
}

/** The statements of a policy, a queue policy or a topic policy. */
export function statementsAt(resources: Resources, path: string): readonly unknown[] {
  const { PolicyDocument } = propertiesAt(resources, path) as {
    PolicyDocument: { Statement: readonly unknown[] };
  };
  return PolicyDocument.Statement;
}

const PSEUDO_PARAMETERS: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws',
  'AWS::Region': 'eu-west-1',
  'AWS::AccountId': '111122223333',
};

function writeReferences(value: unknown, paths: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((item) => writeReferences(item, paths));
  if (typeof value !== 'object' || value === null) return value;
  const written = Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, writeReferences(item, paths)]),
  );
  const { Ref: ref, 'Fn::GetAtt': attribute, 'Fn::Join': join } = written;
  if (typeof ref === 'string') return PSEUDO_PARAMETERS[ref] ?? `<${paths.get(ref) ?? ref}>`;
  if (Array.isArray(attribute)) return `<${paths.get(attribute[0]) ?? attribute[0]}.${attribute[1]}>`;
  if (Array.isArray(join)) return join[1].join(join[0]);
  return written;
}
