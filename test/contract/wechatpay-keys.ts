import { generateKeyPairSync } from 'node:crypto';

const PEM = {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
} as const;
export const MERCHANT = generateKeyPairSync('rsa', PEM);
export const PLATFORM = generateKeyPairSync('rsa', PEM);
export const NEXT_PLATFORM = generateKeyPairSync('rsa', PEM);
export const STRANGER = generateKeyPairSync('rsa', PEM);
export const PLATFORM_ID = 'PUB_KEY_ID_0000000000000000000001';
export const NEXT_PLATFORM_ID = 'PUB_KEY_ID_0000000000000000000002';
