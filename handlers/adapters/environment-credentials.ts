/** The AWS credentials in Lambda's environment. The bundle uses this file instead of the SDK's default credential chain. */
export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';
