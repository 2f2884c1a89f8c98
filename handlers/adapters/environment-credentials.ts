/** The AWS credentials that Lambda puts into the environment. In the bundle it takes the place of the SDK's default chain. */
export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';
