/**
 * The command `npm run template`: writes a plain CloudFormation template and the function's code into dist/template, for
 * `aws cloudformation package` and `deploy`. Takes the CDK CLI's arguments, such as -c name=value.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const CDK_OUTPUT = join(ROOT, 'dist/cdk.out');
const TEMPLATE_FOLDER = join(ROOT, 'dist/template');

interface Template {
  readonly Parameters?: Readonly<Record<string, unknown>>;
  readonly Rules?: Readonly<Record<string, unknown>>;
  readonly Resources: Readonly<Record<string, Resource>>;
}

interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly Metadata?: Readonly<Record<string, unknown>>;
}

/**
 * The template without what only the CDK CLI understands: the check of the bootstrap stack, and the code's place in its bucket.
 * @param codeFolder relative to the template
 */
export function plainTemplate(template: Template, codeFolder: string): Template {
  const { Parameters, Rules, Resources, ...rest } = template;
  const { BootstrapVersion: _version, ...parameters } = Parameters ?? {};
  const { CheckBootstrapVersion: _check, ...rules } = Rules ?? {};
  return {
    ...rest,
    ...(Object.keys(parameters).length > 0 && { Parameters: parameters }),
    ...(Object.keys(rules).length > 0 && { Rules: rules }),
    Resources: Object.fromEntries(
      Object.entries(Resources).map(([id, resource]) => [id, plainResource(resource, codeFolder)]),
    ),
  };
}

function plainResource({ Metadata = {}, ...resource }: Resource, codeFolder: string): Resource {
  const metadata = Object.entries(Metadata).filter(([name]) => !/^aws:(cdk|asset):/.test(name));
  return {
    ...resource,
    ...(resource.Type === 'AWS::Lambda::Function' && {
      Properties: { ...resource.Properties, Code: codeFolder },
    }),
    ...(metadata.length > 0 && { Metadata: Object.fromEntries(metadata) }),
  };
}

/** @returns the path of the template */
export function writeTemplate(args: readonly string[]): string {
  rmSync(CDK_OUTPUT, { recursive: true, force: true });
  const cdk = join(ROOT, 'node_modules/.bin/cdk');
  execFileSync(cdk, ['synth', '--quiet', '--output', CDK_OUTPUT, ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const files = readdirSync(CDK_OUTPUT);
  const templateFile = files.find((name) => name.endsWith('.template.json'));
  const codeFolder = files.find((name) => name.startsWith('asset.'));
  if (templateFile === undefined || codeFolder === undefined) throw new Error('cdk synth wrote no template');
  rmSync(TEMPLATE_FOLDER, { recursive: true, force: true });
  mkdirSync(TEMPLATE_FOLDER, { recursive: true });
  cpSync(join(CDK_OUTPUT, codeFolder), join(TEMPLATE_FOLDER, 'function'), { recursive: true });
  const template = plainTemplate(
    JSON.parse(readFileSync(join(CDK_OUTPUT, templateFile), 'utf8')),
    'function',
  );
  const path = join(TEMPLATE_FOLDER, 'template.json');
  writeFileSync(path, `${JSON.stringify(template, undefined, 2)}\n`);
  return path;
}

if (import.meta.main) console.log(writeTemplate(process.argv.slice(2)));
