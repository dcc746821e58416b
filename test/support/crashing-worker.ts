import { Worker, type WorkerOptions } from '@temporalio/worker';

/**
 * The product's worker, which dies (SIGKILL) the moment the step CRASH_AFTER has had its effect: after the commit, before
 * anything of it reaches the server. CRASH_ACTION narrows a step that serves several actions.
 */
const { CRASH_AFTER, CRASH_ACTION } = process.env;
const create = Worker.create.bind(Worker);

Worker.create = (options: WorkerOptions) =>
  create({
    ...options,
    interceptors: {
      ...options.interceptors,
      activity: [
        ...(options.interceptors?.activity ?? []),
        (context) => ({
          inbound: {
            async execute(input, next) {
              const result = await next(input);
              const [request] = input.args as [{ action?: string } | undefined];
              const meant =
                context.info.activityType === CRASH_AFTER &&
                (!CRASH_ACTION || request?.action === CRASH_ACTION);
              if (meant) process.kill(process.pid, 'SIGKILL');
              return result;
            },
          },
        }),
      ],
    },
  });

await import('../../worker.ts');
