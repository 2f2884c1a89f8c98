/** The CDK app: reads the settings from the context and builds the stack; a faulty setting stops it before anything is built. */
import { App } from 'aws-cdk-lib';
import { parseSettings, SettingsError } from './app-settings.ts';
import { RefresherStack } from './refresher-stack.ts';

const app = new App();
try {
  new RefresherStack(app, 'MomentoKeyRefresher', parseSettings(app.node.getAllContext()));
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  // A stack trace would only hide the message from the person who mistyped a setting.
  console.error(error.message);
  process.exit(1);
}
