/** Stands for the index of `@gomomento/generated-types` in the bundle: the definitions of two of Momento's services, and of one that a client of the SDK wants. */
export * as auth from '@gomomento/generated-types/dist/auth.js';
export * as control from '@gomomento/generated-types/dist/controlclient.js';
export * as token from '@gomomento/generated-types/dist/token.js';
