import { type CaseRow, findCase } from '../db/queries/after-sales.ts';
import type { Viewer } from '../domain/order/actions.ts';
import { viewerOf } from './access.ts';
import type { Principal } from './auth/principal.ts';
import type { Deps } from './context.ts';
import { Problem } from './errors.ts';

/** A case someone may see, and as whom: its buyer, its merchant, platform staff; to others it does not exist. */
export async function accessCase(
  deps: Deps,
  principal: Principal,
  caseNo: string,
): Promise<{ row: CaseRow; viewer: Viewer }> {
  const row = await findCase(deps.db, caseNo);
  const viewer = row && viewerOf(principal, row);
  if (!row || !viewer) throw new Problem('not_found', `There is no case ${caseNo} for you.`);
  return { row, viewer };
}

/** Platform staff, who see every case. */
export const isStaff = ({ roles }: Pick<Principal, 'roles'>): boolean =>
  (['customer_service', 'operations', 'finance'] as const).some((role) => roles.has(role));

/** The buyer's words; null once the person was erased, and where the carrier opened it. */
export async function openWords({ privacy }: Deps, row: CaseRow): Promise<string | null> {
  return row.sealedWords && (await privacy.openText(row.buyerId, row.sealedWords));
}
