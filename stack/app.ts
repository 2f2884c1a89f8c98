/** The CDK app: reads the settings from the context and builds the stack. It stops if a setting is not accepted. */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Annotations, App } from 'aws-cdk-lib';
import { type ContextFile, parseSettings, settingsOfThisRun } from './app-settings.ts';
import { ensureBundle } from './bundle.ts';
import { DEFAULT_NAME, SettingsError } from './construct/settings.ts';
import { RefresherStack } from './refresher-stack.ts';

const app = new App();
const context = app.node.getAllContext();
// In the CDK CLI's order of precedence. The CLI starts the app in the folder of cdk.json.
const files = [
  contextFile('cdk.json', 'cdk.json', 'context'),
  contextFile('cdk.context.json', 'cdk.context.json'),
  contextFile('~/.cdk.json', join(homedir(), '.cdk.json'), 'context'),
];
try {
  await ensureBundle();
  const settings = parseSettings(context, files);
  const stack = new RefresherStack(app, stackName(settings.name), settings);
  for (const { name, warning } of settingsOfThisRun(context, files)) {
    Annotations.of(stack).addWarningV2(`momento-key-refresher:only-this-run-${name}`, warning);
  }
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  // No stack trace, so that the person who mistyped a setting sees the message.
  console.error(error.message);
  process.exit(1);
}

/** A second stack in the same account and region needs another name. */
function stackName(name = DEFAULT_NAME): string {
  return name === DEFAULT_NAME ? 'MomentoKeyRefresher' : name;
}

/** @param member the member with the context; absent if the whole file is context */
function contextFile(name: string, path: string, member?: string): ContextFile {
  try {
    const content = JSON.parse(readFileSync(path, 'utf8'));
    return { name, context: (member === undefined ? content : content[member]) ?? {} };
  } catch {
    // The CDK CLI has read the same files before and reports one that it cannot read.
    return { name, context: {} };
  }
}
