import type { WebSocket } from '@fastify/websocket'
import type { EventRecord } from '@rondo/model'
import type { ClientMessage, LiveTopic, ServerMessage } from '@rondo/protocol'
import type { FastifyInstance } from 'fastify'
import type { Access } from '../access.ts'
import type { Authenticator } from '../authenticate.ts'
import type { WebOptions, WebPorts } from '../ports.ts'
import { isForeignOrigin } from '../protect-browsers.ts'
import { followOutput } from './follow-output.ts'
import { createLineCounter } from './line-counter.ts'

const maxChannels = 200

/** The live channel: one WebSocket a page; see the protocol's `live/messages.ts`. */
export function registerLive(
  server: FastifyInstance,
  ports: WebPorts,
  auth: Authenticator,
  access: Access,
  options: WebOptions,
): void {
  const lines = createLineCounter(ports.output)
  server.get(
    '/live',
    { websocket: true, preValidation: async (request) => void (await auth.person(request)) },
    async (socket: WebSocket, request) => {
      const channels = new Map<number, Disposable>()
      const waiting: Buffer[] = []
      let ready = false
      const send = (message: ServerMessage) => socket.send(JSON.stringify(message))

      socket.on('message', (data: Buffer) => (ready ? void receive(data) : waiting.push(data)))
      socket.on('close', () => {
        for (const channel of channels.values()) channel[Symbol.dispose]()
      })
      // A page of another origin could otherwise use the cookie of whoever looks at it.
      if (isForeignOrigin(request, options.publicUrl)) return socket.close(1008, 'origin')
      const asker = await auth.person(request)
      const { user } = asker
      ready = true
      for (const data of waiting) void receive(data)

      async function receive(data: Buffer): Promise<void> {
        let channel: number | null = null
        try {
          const message = JSON.parse(data.toString('utf8')) as ClientMessage
          channel = message.channel
          if (message.type === 'unsubscribe') {
            channels.get(message.channel)?.[Symbol.dispose]()
            channels.delete(message.channel)
          } else if (channels.size >= maxChannels) throw new Error('too many channels')
          else if (message.type === 'subscribe') await subscribe(message.channel, message.topic)
          else if (message.type === 'output') await follow(message)
        } catch {
          send({ type: 'error', channel, message: 'That cannot be followed: it does not exist, or it is not yours.' })
        }
      }

      async function subscribe(channel: number, topic: LiveTopic): Promise<void> {
        const matches = await matcher(topic)
        channels.get(channel)?.[Symbol.dispose]()
        channels.set(
          channel,
          ports.live.subscribe((event) => {
            if (!matches(event)) return
            const { kind, at, projectId, pipelineId, workflowId, jobId, data } = event
            send({
              type: 'event',
              channel,
              event: { kind, at: at.toISOString(), projectId, pipelineId, workflowId, jobId, data },
            })
          }),
        )
        send({ type: 'subscribed', channel })
      }

      /** Checked once, when the topic is opened; `all` is narrowed to the projects the user sees at that time. */
      async function matcher(topic: LiveTopic): Promise<(event: EventRecord) => boolean> {
        switch (topic.kind) {
          case 'all': {
            if (user.admin) return () => true
            const visible = new Set((await ports.accounts.projectsVisibleTo(user)).map((project) => project.id))
            return (event) => event.projectId !== null && visible.has(event.projectId)
          }
          case 'project': {
            const project = await access.projectById(asker, topic.id, 'view')
            return (event) => event.projectId === project.id
          }
          case 'pipeline': {
            const pipeline = await access.pipeline(asker, topic.id, 'view')
            const workflows = new Set((await ports.queries.workflowsOf([pipeline.id])).map((workflow) => workflow.id))
            return (event) => {
              if (event.pipelineId === pipeline.id && event.workflowId !== null) workflows.add(event.workflowId)
              return event.pipelineId === pipeline.id || (event.workflowId !== null && workflows.has(event.workflowId))
            }
          }
          case 'workflow': {
            const workflow = await access.workflow(asker, topic.id, 'view')
            return (event) => event.workflowId === workflow.id
          }
          case 'job': {
            const { job } = await access.job(asker, topic.id, 'view')
            return (event) => event.jobId === job.id
          }
        }
      }

      async function follow(what: Extract<ClientMessage, { type: 'output' }>): Promise<void> {
        const { channel, stepId, offset, lineOf = 0 } = what
        const step = await ports.queries.step(stepId)
        const offsets = [offset, lineOf].every((at) => Number.isSafeInteger(at) && at >= 0)
        if (step === undefined || !offsets) throw new Error('no such step')
        await access.job(asker, step.jobId, 'view')
        channels.get(channel)?.[Symbol.dispose]()
        channels.set(channel, followOutput({ ...ports, lines }, socket, what))
      }
    },
  )
}
