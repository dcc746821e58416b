import type { Client, WorkflowHandle } from '@temporalio/client';
import type { Payload } from '@temporalio/common';

export type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;
export type HistoryEvent = NonNullable<History['events']>[number];

export async function eventsOf(client: Client, workflowId: string): Promise<HistoryEvent[]> {
  return (await client.workflow.getHandle(workflowId).fetchHistory()).events ?? [];
}

export const textOf = ({ data }: Payload): string => Buffer.from(data ?? []).toString('utf8');

/** The steps a workflow took, by their markers, in order. */
export function stepsOf(events: readonly HistoryEvent[]): string[] {
  return events.flatMap(({ markerRecordedEventAttributes: marker }) => {
    const [data] = marker?.details?.['data']?.payloads ?? [];
    return data ? [(JSON.parse(textOf(data)) as { activity_type: string }).activity_type] : [];
  });
}

/** How many workflow tasks it took. */
export const tasksOf = (events: readonly HistoryEvent[]): number =>
  events.filter((event) => event.workflowTaskCompletedEventAttributes).length;

/** Whether no workflow task is scheduled or under way. */
export const isIdle = (events: readonly HistoryEvent[]): boolean =>
  events.filter((event) => event.workflowTaskScheduledEventAttributes).length ===
  events.filter(
    (event) =>
      event.workflowTaskCompletedEventAttributes ??
      event.workflowTaskFailedEventAttributes ??
      event.workflowTaskTimedOutEventAttributes,
  ).length;
