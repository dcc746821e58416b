import type { Deps } from '../../context.ts';

/** The row protects by itself; a run that could not be started is started by the reconciler. */
export async function startCase(
  { workflows, logger }: Pick<Deps, 'workflows' | 'logger'>,
  caseNo: string,
  orderNo: string,
): Promise<void> {
  try {
    await workflows.startCase(caseNo);
    await workflows.afterSaleChanged(orderNo);
  } catch (error) {
    logger.warn({ caseNo, err: error }, 'a case could not be started; the reconciler will');
  }
}
