import { writeFileSync } from 'node:fs';
import { OPENAPI_FILE, renderOpenApi } from './documents/openapi.ts';

/** `npm run openapi`: writes the OpenAPI document; nothing is started. */
writeFileSync(OPENAPI_FILE, renderOpenApi());
console.log(`Wrote ${OPENAPI_FILE}.`);
