import { expect, it } from 'vitest';
import { parseCalls } from './temporal-calls.ts';

it('counts what the frontend was asked in the namespace, and nothing that the server asks itself', () => {
  const metrics = `# TYPE service_requests counter
service_requests{namespace="_unknown_",operation="GetSystemInfo",service_name="frontend"} 1
service_requests{namespace="default",operation="PollWorkflowTaskQueue",service_name="frontend"} 2
service_requests{namespace="default",operation="PollWorkflowTaskQueue",service_name="matching"} 2
service_requests{namespace="default",operation="SignalWorkflowExecution",service_name="frontend"} 1.5e+03
service_requests{namespace="temporal_system",operation="PollActivityTaskQueue",service_name="frontend"} 30
service_latency_count{namespace="default",operation="PollWorkflowTaskQueue",service_name="frontend"} 9
`;
  expect([...parseCalls(metrics, 'default')]).toEqual([
    ['PollWorkflowTaskQueue', 2],
    ['SignalWorkflowExecution', 1500],
  ]);
});
