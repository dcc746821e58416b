import type { Contact, Privacy } from '../../db/commands/privacy.ts';
import type { OrderRow } from '../../db/queries/orders.ts';

/** Where a node goes, and which version of its address that is: 0 is the snapshot's (FU-6). */
export interface NodeContact {
  /** Null once the person was erased. */
  contact: Contact | null;
  addressVersion: number;
}

/** By order number: the newest address of each node of a subtree, a parent's being the newest of its leaves'. */
export async function openContacts(
  privacy: Privacy,
  subtree: readonly OrderRow[],
): Promise<ReadonlyMap<string, NodeContact>> {
  const opened = subtree.map(async (node) => {
    const newest = subtree
      .filter(({ orderNo, parentNo }) => orderNo === node.orderNo || parentNo === node.orderNo)
      .flatMap(({ addresses }) => addresses)
      .sort((a, b) => b.at.getTime() - a.at.getTime() || b.version - a.version)
      .at(0);
    const contact = await privacy.open(node.buyerId, newest?.sealedContact ?? node.sealedContact);
    return [node.orderNo, { contact, addressVersion: newest?.version ?? 0 }] as const;
  });
  return new Map(await Promise.all(opened));
}
