import { writeFileSync } from 'node:fs';
import { REQUIREMENTS_FILE, renderRequirements } from './documents/requirements.ts';

/** `npm run requirements`: writes the table of requirements and their proofs. */
writeFileSync(REQUIREMENTS_FILE, await renderRequirements());
console.log(`Wrote ${REQUIREMENTS_FILE}.`);
