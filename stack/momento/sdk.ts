/** Stands for the index of `@gomomento/sdk` in the bundle: what the function uses of it, and what those parts use of it themselves. */

export { AuthClient } from '@gomomento/sdk/dist/src/auth-client.js';
export * as AuthClientConfigurations from '@gomomento/sdk/dist/src/config/auth-client-configurations.js';
export * as Configurations from '@gomomento/sdk/dist/src/config/configurations.js';
export {
  StaticGrpcConfiguration,
  StaticTransportStrategy,
} from '@gomomento/sdk/dist/src/config/transport/cache/transport-strategy.js';
export { CacheControlClient } from '@gomomento/sdk/dist/src/internal/cache-control-client.js';
export { CredentialProvider } from '@gomomento/sdk-core/dist/src/auth/credential-provider.js';
export { NoopMomentoLoggerFactory } from '@gomomento/sdk-core/dist/src/config/logging/noop-momento-logger.js';
export {
  AuthenticationError,
  BadRequestError,
  CancelledError,
  FailedPreconditionError,
  InternalServerError,
  InvalidArgumentError,
  LimitExceededError,
  MomentoErrorCode,
  PermissionError,
  SdkError,
  ServerUnavailableError,
  TimeoutError,
  UnknownError,
  UnknownServiceError,
} from '@gomomento/sdk-core/dist/src/errors/errors.js';
export { CacheInfo } from '@gomomento/sdk-core/dist/src/messages/cache-info.js';
export * as CacheFlush from '@gomomento/sdk-core/dist/src/messages/responses/cache-flush.js';
export * as CreateCache from '@gomomento/sdk-core/dist/src/messages/responses/create-cache.js';
export * as DeleteCache from '@gomomento/sdk-core/dist/src/messages/responses/delete-cache.js';
export * as ListCaches from '@gomomento/sdk-core/dist/src/messages/responses/list-caches.js';
export * as RefreshApiKey from '@gomomento/sdk-core/dist/src/messages/responses/refresh-api-key.js';
