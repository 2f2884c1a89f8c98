/** Stands for the index of `@gomomento/sdk-core` in the bundle. */
export { getDefaultCredentialProvider } from '@gomomento/sdk-core/dist/src/auth/credential-provider.js';
export {
  isCacheItemKey,
  isCacheItemKeyPrefix,
} from '@gomomento/sdk-core/dist/src/auth/tokens/disposable-token-scope.js';
export {
  AllCacheItems,
  AllCaches,
  AllTopics,
  CacheRole,
  isCacheName,
  isTopicName,
  TopicRole,
} from '@gomomento/sdk-core/dist/src/auth/tokens/permission-scope.js';
export { ReadConcern } from '@gomomento/sdk-core/dist/src/config/read-concern.js';
export {
  CacheAlreadyExistsError,
  StoreAlreadyExistsError,
} from '@gomomento/sdk-core/dist/src/errors/errors.js';
export * as GenerateApiKey from '@gomomento/sdk-core/dist/src/messages/responses/generate-api-key.js';
export * as GenerateDisposableToken from '@gomomento/sdk-core/dist/src/messages/responses/generate-disposable-token.js';
export * as RefreshApiKey from '@gomomento/sdk-core/dist/src/messages/responses/refresh-api-key.js';
export { ExpiresAt } from '@gomomento/sdk-core/dist/src/utils/expiration.js';
